// ASK_AHEAD(unit, bytes): asks a CPU's caches for the lines that a run over weights reads some kilobytes later: matrices are read
// once and in short runs, which the processor's own prefetching begins anew each time. ASK_FOR(p): for the line of p, to
// come into the second cache: where a kernel reads two things in turn the first has no room for the one while it reads the other.
//
// Tunable: AHEAD, bytes; 0: nothing is asked for.

#ifndef AHEAD_CL
#define AHEAD_CL

#ifndef AHEAD
#define AHEAD 0
#endif

#define ASK_AHEAD(unit, bytes)
#define ASK_FOR(p)
#if AHEAD > 0 && defined(__has_builtin)
#if __has_builtin(__builtin_prefetch)
#undef ASK_AHEAD
#undef ASK_FOR
#define ASK_FOR(p) __builtin_prefetch(p, 0, 2)
#define ASK_AHEAD(unit, bytes)                          \
    _Pragma("unroll")                                   \
    for (int line = 0; line < (bytes); line += 64) {    \
        __builtin_prefetch((unit) + AHEAD + line);      \
    }
#endif
#endif

#endif

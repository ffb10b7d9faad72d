// Bits of `flags` for what happens to heads between their projection and attention (rope.cl, attention_split.cl).

#ifndef HEADS_CL
#define HEADS_CL

#define NORM_Q 1     // each query head is RMS-normalised
#define NORM_K 2     // each key head is RMS-normalised
#define HALVES 4     // pair i is elements i and i + pairs, not 2 i and 2 i + 1
#define APPEND 8     // keys and values go to the cache

#endif

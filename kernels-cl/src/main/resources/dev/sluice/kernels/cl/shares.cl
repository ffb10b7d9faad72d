// Which of a launch's tiles a work-group computes: FOR_SHARE(t, tiles), a loop over them.
//
// Alone, a kernel's groups have equal adjoining shares. In a launch of many layers all groups wait for the slowest between two
// phases, and on a shared machine that is now the one, now the other: there (HELPING) a group takes its share in portions, each half
// of what is left, and when nothing is left goes on with the shares behind its own in the same way. Which tile is computed by whom
// changes no bit of it.
//
// taken      HELPING: global words, how many portions of each share were taken; zero at the beginning

#ifndef SHARES_CL
#define SHARES_CL

#if HELPING
// Words between two counters: a cache line, for most are changed by one group alone.
#define SHARE_STEP 16
// How many shares a group looks at, its own included: each costs a line that others have.
#define MOST_SHARES 4

static inline int share_at(int tiles, int share, int shares) {
    return (int)((long)tiles * share / shares);
}

static inline int shares_of(int tiles, int shares) {
    return tiles < 2 * shares ? 1 : min(shares, MOST_SHARES);
}

// What is left of a share when so many portions were taken.
static inline int left_of(int size, int portions) {
    return size >> min(portions, 31);
}

#define FOR_SHARE(t, tiles)                                                                                            \
    for (int near = 0; near < shares_of(tiles, groups_0); near++)                                                      \
        for (int share = (group_0 + near) % groups_0, end = share_at(tiles, share + 1, groups_0),                      \
                 size = end - share_at(tiles, share, groups_0), portion = atomic_inc(taken + SHARE_STEP * share);      \
             left_of(size, portion) > 0; portion = atomic_inc(taken + SHARE_STEP * share))                             \
            for (int t = end - left_of(size, portion); t < end - left_of(size, portion + 1); t++)
#else
#define FOR_SHARE(t, tiles)                                                                  \
    for (int t = (int)((long)(tiles) * get_group_id(0) / get_num_groups(0)),                 \
             last = (int)((long)(tiles) * (get_group_id(0) + 1) / get_num_groups(0));        \
         t < last; t++)
#endif

#endif

// Reads memory and does next to nothing with it: what no kernel that reads its weights once can pass.
//
// x      words [work-items][each]
// sums   uint [work-items]: of all that was read, so that nothing is left out
//
// each is a multiple of 4.
//
// Tunable: ITEMS, LANES (peak.cl), AHEAD (ahead.cl).

#include "peak.cl"
#include "ahead.cl"

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1)))
void peak_read(const global words *x, int each, global uint *sums) {
    words a = 0;
    words b = 0;
    words c = 0;
    words d = 0;
    for (int i = 0; i < each; i += 4) {
#if AHEAD > 0
        ASK_AHEAD((const global uchar *)(x + AT(i)), 256);
#endif
        a += x[AT(i)];
        b += x[AT(i + 1)];
        c += x[AT(i + 2)];
        d += x[AT(i + 3)];
    }
    words all = (a ^ b) ^ (c ^ d);
    uint4 sum = all.s0123;
#if LANES > 1
    sum ^= all.s4567 ^ all.s89ab ^ all.scdef;
#endif
    sums[get_global_id(0)] = sum.s0 ^ sum.s1 ^ sum.s2 ^ sum.s3;
}

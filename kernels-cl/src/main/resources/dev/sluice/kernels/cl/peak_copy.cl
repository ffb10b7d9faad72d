// Copies memory.
//
// x, y   words [work-items][each]
//
// each is a multiple of 4.
//
// Tunable: ITEMS, LANES (peak.cl).

#include "peak.cl"

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1)))
void peak_copy(const global words *x, int each, global words *y) {
    for (int i = 0; i < each; i += 4) {
        y[AT(i)] = x[AT(i)];
        y[AT(i + 1)] = x[AT(i + 1)];
        y[AT(i + 2)] = x[AT(i + 2)];
        y[AT(i + 3)] = x[AT(i + 3)];
    }
}

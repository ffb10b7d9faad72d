// ids[row] = index of the largest of `width` floats of x[row], the first of equals. NaN is never the largest; a row
// of nothing else gives -1.
//
// A work-group of ITEMS work-items has one row (dimension 0): first the maximum, then where it is first met.
//
// Tunable: ITEMS.

#ifndef ITEMS
#define ITEMS 1
#endif
#include "vectors.cl"

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1)))
void argmax(const global float *x, int width, global int *ids) {
    int item = get_local_id(0);
    size_t row = get_group_id(0);
    x += row * width;
    int whole = width & ~15;
    float16 most = -INFINITY;
    for (int i = 16 * item; i < whole; i += 16 * ITEMS) {
        most = fmax(most, vload16(0, x + i));
    }
    float best = max16(most);
    for (int i = whole + item; i < width; i += ITEMS) {
        best = fmax(best, x[i]);
    }
#if ITEMS > 1
    local float all[ITEMS];
    all[item] = best;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < ITEMS; i++) {
        best = fmax(best, all[i]);
    }
#endif
    int found = INT_MAX;
    for (int i = 16 * item; i < whole && found == INT_MAX; i += 16 * ITEMS) {
        if (any(vload16(0, x + i) == best)) {
            for (int j = 15; j >= 0; j--) {
                found = x[i + j] == best ? i + j : found;
            }
        }
    }
    for (int i = whole + item; i < width && found == INT_MAX; i += ITEMS) {
        if (x[i] == best) {
            found = i;
        }
    }
#if ITEMS > 1
    local int where[ITEMS];
    where[item] = found;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < ITEMS; i++) {
        found = min(found, where[i]);
    }
#endif
    if (item == 0) {
        ids[row] = found == INT_MAX ? -1 : found;
    }
}

// RMS norm of consecutive runs: y = x * gain / sqrt(mean(x * x) + eps) (+ residual).
//
// x, y, residual   f32 from elements x_at, y_at, residual_at: `runs` runs of `width` floats in each row, rows `x_stride`,
//                  `y_stride`, `residual_stride` apart; y may be x or the residual
// gain             f32 [width]
//
// A work-group of ITEMS work-items normalises one run (dimension 0 of the groups) of one row (dimension 1).
//
// Tunable: ITEMS.

#ifndef ITEMS
#define ITEMS 1
#endif
#include "vectors.cl"

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1)))
void rmsnorm(const global float *x, int x_at, int x_stride, const global float *gain, int width, float eps,
             int add_residual, const global float *residual, int residual_at, int residual_stride, global float *y,
             int y_at, int y_stride) {
    int item = get_local_id(0);
    size_t row = get_group_id(1);
    size_t run = get_group_id(0) * (size_t)width;
    x += x_at + row * x_stride + run;
    y += y_at + row * y_stride + run;
    residual += residual_at + row * residual_stride + run;
    int whole = width & ~15;
    float16 squares = 0.0f;
    for (int i = 16 * item; i < whole; i += 16 * ITEMS) {
        float16 v = vload16(0, x + i);
        squares += v * v;
    }
    float sum = sum16(squares);
    for (int i = whole + item; i < width; i += ITEMS) {
        sum += x[i] * x[i];
    }
#if ITEMS > 1
    local float sums[ITEMS];
    sums[item] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    sum = 0.0f;
    for (int i = 0; i < ITEMS; i++) {
        sum += sums[i];
    }
#endif
    float factor = 1.0f / sqrt(sum / width + eps);
    for (int i = 16 * item; i < whole; i += 16 * ITEMS) {
        float16 v = vload16(0, x + i) * (factor * vload16(0, gain + i));
        if (add_residual) {
            v += vload16(0, residual + i);
        }
        vstore16(v, 0, y + i);
    }
    for (int i = whole + item; i < width; i += ITEMS) {
        float v = x[i] * (factor * gain[i]);
        y[i] = add_residual ? v + residual[i] : v;
    }
}

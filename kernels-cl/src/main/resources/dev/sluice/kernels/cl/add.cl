// y = a + b over rows of `width` floats, `*_stride` apart, from elements a_at, b_at, y_at. y may be a or b.
//
// Dimension 1 of the work-items is the row; in dimension 0 any number; each takes runs of 16 floats.

kernel void add(const global float *a, int a_at, int a_stride, const global float *b, int b_at, int b_stride,
                global float *y, int y_at, int y_stride, int width) {
    size_t row = get_global_id(1);
    a += a_at + row * a_stride;
    b += b_at + row * b_stride;
    y += y_at + row * y_stride;
    int whole = width / 16;
    for (int i = get_global_id(0); i < whole; i += get_global_size(0)) {
        vstore16(vload16(i, a) + vload16(i, b), i, y);
    }
    for (int i = 16 * whole + get_global_id(0); i < width; i += get_global_size(0)) {
        y[i] = a[i] + b[i];
    }
}

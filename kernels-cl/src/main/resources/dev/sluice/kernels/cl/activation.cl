// y = activation(gate) * up over `elements` floats: SiLU, or with `gelu` its tanh form (see linear.cl for the fused way,
// which needs both matrices in one format). y may be gate or up.
//
// Any number of work-items; each takes runs of 16 floats.

static inline float16 activate16(float16 x, int gelu) {
    float16 z = gelu ? 1.5957691216057308f * x * (1.0f + 0.044715f * x * x) : x;
    return x / (1.0f + exp(-z));
}

kernel void activation(const global float *gate, const global float *up, global float *y, int elements, int gelu) {
    int whole = elements / 16;
    for (int i = get_global_id(0); i < whole; i += get_global_size(0)) {
        vstore16(activate16(vload16(i, gate), gelu) * vload16(i, up), i, y);
    }
    for (int i = 16 * whole + get_global_id(0); i < elements; i += get_global_size(0)) {
        y[i] = activate16((float16)gate[i], gelu).s0 * up[i];
    }
}

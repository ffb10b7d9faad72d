// y = activation(gate) * up over `elements` floats: SiLU, or with `gelu` its tanh form (matvec.cl and matmul.cl do
// it on the way where both matrices have one format). y may be gate or up.
//
// Any number of work-items; each takes runs of 16 floats.

#include "activate.cl"

kernel void activation(const global float *gate, const global float *up, global float *y, int elements, int gelu) {
    int whole = elements / 16;
    for (int i = get_global_id(0); i < whole; i += get_global_size(0)) {
        vstore16(activate(vload16(i, gate), gelu) * vload16(i, up), i, y);
    }
    for (int i = 16 * whole + get_global_id(0); i < elements; i += get_global_size(0)) {
        y[i] = activate((float16)gate[i], gelu).s0 * up[i];
    }
}

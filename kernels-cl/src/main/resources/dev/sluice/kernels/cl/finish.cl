// Four finished rows of a tile, with or without their gates: what linear.cl does with one.

#ifndef FINISH_CL
#define FINISH_CL

static inline void finish_quad(float4 value, float4 gate, place_t p, int lane, const global float *bias,
                               const global float *residual, global float *y, int flags) {
    if (flags & GATED) {
        value.x *= activate(gate.x, flags & GELU);
        value.y *= activate(gate.y, flags & GELU);
        value.z *= activate(gate.z, flags & GELU);
        value.w *= activate(gate.w, flags & GELU);
    }
    finish(value.x, p, lane, bias, residual, y, flags);
    finish(value.y, p, lane + 1, bias, residual, y, flags);
    finish(value.z, p, lane + 2, bias, residual, y, flags);
    finish(value.w, p, lane + 3, bias, residual, y, flags);
}

#endif

// DOT4(a, b, c) = c + the products of four signed bytes each in two ints, summed.
//
// Tunable: DOT, how a device does it: 0 plain C, 1 cl_khr_integer_dot_product (OpenCL C 3.0), 2 NVIDIA's dp4a by inline PTX (compute
// capability 6.1), 3 AMD's sdot4 (gfx906 and later).

#ifndef DOT_CL
#define DOT_CL

#ifndef DOT
#define DOT 0
#endif

#if DOT == 1
#define DOT4(a, b, c) ((c) + dot_4x8packed_ss_int(as_uint(a), as_uint(b)))
#elif DOT == 2
static inline int dot4_ptx(int a, int b, int c) {
    int d;
    __asm__("dp4a.s32.s32 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(c));
    return d;
}
#define DOT4(a, b, c) dot4_ptx(a, b, c)
#elif DOT == 3
#define DOT4(a, b, c) __builtin_amdgcn_sdot4(a, b, c, false)
#else
static inline int dot4_plain(int a, int b, int c) {
    char4 p = as_char4(a);
    char4 q = as_char4(b);
    return c + (p.x * q.x + p.y * q.y) + (p.z * q.z + p.w * q.w);
}
#define DOT4(a, b, c) dot4_plain(a, b, c)
#endif

#endif

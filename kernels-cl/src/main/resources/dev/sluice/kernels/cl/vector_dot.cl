// Integer dot products: VECTOR_DOT(acc, bytes, address) adds to each lane of acc the products of the lane's four unsigned bytes with
// the four signed ones at an address, which are the same for all lanes.
//
// VECTOR_DOT_X86_VNNI   AVX-512 VNNI by inline assembly, 16 lanes (a CPU runtime that takes assembly; probed before it is used)
// otherwise      plain OpenCL C

#ifndef VECTOR_DOT_CL
#define VECTOR_DOT_CL

#if VECTOR_DOT_X86_VNNI && LANES == 16
#define VECTOR_DOT(acc, bytes, address) \
    __asm__("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(bytes), "m"(*(address)))
#else
static inline words_t dot_of(words_t acc, words_t bytes, int x) {
    return acc + (bytes & 0xff) * (x << 24 >> 24) + ((bytes >> 8) & 0xff) * (x << 16 >> 24)
            + ((bytes >> 16) & 0xff) * (x << 8 >> 24) + ((bytes >> 24) & 0xff) * (x >> 24);
}
#define VECTOR_DOT(acc, bytes, address) ((acc) = dot_of((acc), (bytes), *(address)))
#endif

#endif

// Integer dot products: VECTOR_DOT(acc, bytes, address) adds to each lane of acc the products of the lane's four unsigned bytes with
// the four signed ones at an address, which are the same for all lanes.
//
// VECTOR_DOT_X86_VNNI        AVX-512 VNNI by inline assembly, 16 lanes (a CPU runtime that takes assembly; probed before it is used)
// VECTOR_DOT_X86_VNNI_LLVM   the same by LLVM's intrinsic: clang leaves names that begin so as they are, and the code generator knows
//                            them. As LLVM 22 has it; others end the process (probed, as above)
// otherwise                  plain OpenCL C

#ifndef VECTOR_DOT_CL
#define VECTOR_DOT_CL

#if VECTOR_DOT_X86_VNNI && LANES == 16
#define VECTOR_DOT(acc, bytes, address) \
    __asm__("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(bytes), "m"(*(address)))
#elif VECTOR_DOT_X86_VNNI_LLVM && LANES == 16
typedef char bytes64_t __attribute__((ext_vector_type(64)));
int16 x86_vpdpbusd(int16 acc, bytes64_t u, bytes64_t s) __asm("llvm.x86.avx512.vpdpbusd.512");
#define VECTOR_DOT(acc, bytes, address) \
    ((acc) = x86_vpdpbusd(acc, __builtin_astype(bytes, bytes64_t), __builtin_astype((int16)(*(address)), bytes64_t)))
#else
static inline words_t dot_of(words_t acc, words_t bytes, int x) {
    return acc + (bytes & 0xff) * (x << 24 >> 24) + ((bytes >> 8) & 0xff) * (x << 16 >> 24)
            + ((bytes >> 16) & 0xff) * (x << 8 >> 24) + ((bytes >> 24) & 0xff) * (x >> 24);
}
#define VECTOR_DOT(acc, bytes, address) ((acc) = dot_of((acc), (bytes), *(address)))
#endif

#endif

// One capability at a time, tried: y[i] = what plain C would give. See the host's Capability.
//
// a, b   int32 [64]: four bytes each, of a unsigned below 128, of b signed
// c      int32 [64]
// y      int32 [64]
//
// 64 work-items in one group (X86_VNNI*: the first does all). What y must hold:
//   FP16                          the f16 bits of (half)(c) * 0.5 + 1, c small
//   INTEGER_DOT, *_DP4A, *_DOT4   c + the products of the bytes of a and b
//   SUB_GROUPS                    1 if the sum over the sub-group is what its members have, else 0
//   PTX_SHUFFLE                   c of the neighbour, i ^ 1
//   X86_VNNI, X86_VNNI_LLVM       as INTEGER_DOT, of b[0] for all i
//   COMMAND_BUFFERS               3 y + b
//
// Macros: one of these names.

#if FP16
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#endif
#if SUB_GROUPS && defined(cl_khr_subgroups)
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
#endif

#if X86_VNNI_LLVM
typedef char bytes64_t __attribute__((ext_vector_type(64)));
int16 x86_vpdpbusd(int16 acc, bytes64_t u, bytes64_t s) __asm("llvm.x86.avx512.vpdpbusd.512");
#endif

kernel __attribute__((reqd_work_group_size(64, 1, 1)))
void probe(const global int *a, const global int *b, const global int *c, global int *y) {
    int i = get_local_id(0);
#if FP16
    half h = (half)c[i] * (half)0.5f + (half)1.0f;
    y[i] = as_ushort(h);
#elif INTEGER_DOT
    y[i] = c[i] + dot_4x8packed_us_int((uint)a[i], (uint)b[i]);
#elif SUB_GROUPS
    int size = get_sub_group_size();
    int sum = sub_group_reduce_add(1);
    y[i] = sum == size && size >= 4;
#elif PTX_DP4A
    int d;
    __asm__ volatile("dp4a.s32.s32 %0, %1, %2, %3;" : "=r"(d) : "r"(a[i]), "r"(b[i]), "r"(c[i]));
    y[i] = d;
#elif PTX_SHUFFLE
    int d;
    __asm__ volatile("shfl.sync.bfly.b32 %0, %1, 1, 0x1f, 0xffffffff;" : "=r"(d) : "r"(c[i]));
    y[i] = d;
#elif AMD_DOT4
    y[i] = __builtin_amdgcn_sdot4(a[i], b[i], c[i], false);
#elif COMMAND_BUFFERS
    y[i] = 3 * y[i] + b[i];
#elif X86_VNNI
    if (i == 0) {
        for (int j = 0; j < 4; j++) {
            int16 acc = vload16(j, c);
            int16 bytes = vload16(j, a);
            __asm__("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(bytes), "m"(*b));
            vstore16(acc, j, y);
        }
    }
#elif X86_VNNI_LLVM
    if (i == 0) {
        bytes64_t first = __builtin_astype((int16)b[0], bytes64_t);
        for (int j = 0; j < 4; j++) {
            vstore16(x86_vpdpbusd(vload16(j, c), __builtin_astype(vload16(j, a), bytes64_t), first), j, y);
        }
    }
#endif
}

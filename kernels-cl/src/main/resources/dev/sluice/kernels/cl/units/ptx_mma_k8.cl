// NVIDIA's tensor cores of sm_75, which multiply eight columns at a time.
#define PTX_MMA_K 8
#include "units/ptx_mma.cl"

// How the kernels that measure a device's peaks cut memory into the work-items' shares.
//
// A work-group has ITEMS work-items. A compiler that knows that there is but one does not spread several over a vector.
//
// Tunable: ITEMS; LANES 1: neighbouring work-items read neighbouring 16 bytes, as GPUs want it; 16: each has a run of its own and
// reads 64 bytes at a time, as vector units want it.

#ifndef LANES
#define LANES 1
#endif

#ifndef ITEMS
#define ITEMS 1
#endif

#if LANES == 1
typedef uint4 words;
#define AT(i) (get_global_id(0) + (size_t)(i) * get_global_size(0))
#else
typedef uint16 words;
#define AT(i) (get_global_id(0) * (size_t)each + (i))
#endif

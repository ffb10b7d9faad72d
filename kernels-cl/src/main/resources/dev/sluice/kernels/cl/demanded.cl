// DEMANDED: the attribute of a kernel that wants sub-groups of a size.
//
// Tunable: SUB_GROUP, the size, demanded of drivers with cl_intel_required_subgroup_size; 0: their choice.

#ifndef DEMANDED_CL
#define DEMANDED_CL

#ifndef SUB_GROUP
#define SUB_GROUP 0
#endif
#if SUB_GROUP
#define DEMANDED __attribute__((intel_reqd_sub_group_size(SUB_GROUP)))
#else
#define DEMANDED
#endif

#endif

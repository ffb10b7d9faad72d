// A meeting of all work-groups of a launch, of one work-item each: nobody goes on before all have come, and then everybody
// sees what the others wrote. OpenCL does not promise that all groups run at once, so a group waits for so long only; then the
// meeting is broken, for all and for good, and the host has to do the work otherwise.
//
// meeting    global words: how often groups have come, whether the meeting is broken
// groups     of the launch
// patience   how often a group looks for the others

#ifndef MEETING_CL
#define MEETING_CL

#define BROKEN 1

static inline int meet(volatile global int *meeting, int groups, int patience) {
    mem_fence(CLK_GLOBAL_MEM_FENCE);
    int target = (atomic_inc(meeting) / groups + 1) * groups;
    for (int i = 0; *meeting < target; i++) {
        if (i == patience || meeting[BROKEN]) {
            meeting[BROKEN] = 1;
            return 0;
        }
    }
    mem_fence(CLK_GLOBAL_MEM_FENCE);
    return 1;
}

#endif

// A meeting of all work-groups of a launch, of one work-item each: nobody goes on before all have come, and then everybody
// sees what the others wrote. OpenCL does not promise that all groups run at once, so a group waits for so long only; then the
// meeting is broken, for all and for good, and the host has to do the work otherwise.
//
// meeting    global words: how often groups have come, whether the meeting is broken; from COUNTERS the counts of shares.cl, in
//            three sets that phases use in turn: while one is in use the next is made zero, which nobody has used since the last
//            meeting
// groups     of the launch
// patience   how often a group looks for the others

#ifndef MEETING_CL
#define MEETING_CL

#define BROKEN 1
#define COUNTERS 16
#define COUNTER_STEP 16
#define SETS 3

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

// The phase, in the order of sets, that a launch begins with. By `turn` a launch is one on from the launch before, whose last phase
// was followed by no meeting. (Of the groups of a launch some may have come to its first meeting already, but not all.)
static inline int first_phase(volatile global int *meeting, int groups, int turn) {
    return (*meeting / groups + turn) % SETS;
}

// The counts of a phase.
static inline volatile global int *counts_of(volatile global int *meeting, int group, int groups, int phase) {
    volatile global int *sets = meeting + COUNTERS;
    atomic_xchg(sets + ((phase + 1) % SETS * groups + group) * COUNTER_STEP, 0);
    return sets + phase % SETS * groups * COUNTER_STEP;
}

#endif

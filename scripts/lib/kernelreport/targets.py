"""The GPUs that kernels are compiled for, and what one of their compute units holds at a time.

Published: NVIDIA's CUDA C++ programming guide (table of compute capabilities), AMD's instruction set guides and LLVM's
AMDGPUBaseInfo, Intel's oneAPI GPU optimization guide (table of Xe-cores).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """A compute unit (SM, CU, Xe-core). Threads are warps, waves or hardware threads; each runs `width` work-items."""

    threads: int
    groups: int
    local_bytes: int
    local_granule: int
    local_reserved: int = 0
    width: int = 0
    # Vector registers of each of `parts` equal parts of the unit, counted as a thread's; 0 where a thread's are fixed.
    parts: int = 4
    registers: int = 0
    register_granule: int = 8


@dataclass(frozen=True)
class Target:
    """`tuned_as` is what the engine (AbsentGpus) calls the GPUs that it tunes kernels for like this one."""

    vendor: str
    tuned_as: str
    name: str
    known_as: str
    unit: Unit


def nvidia(threads, groups, local_kb, reserved=1024, granule=128):
    # 65,536 registers of 32 work-items in four parts: 512 a thread.
    return Unit(threads, groups, local_kb * 1024, granule, reserved, 32, 4, 512, 8)


TARGETS = [
    Target("nvidia", "nvidia-turing", "sm_75", "GeForce RTX 20, T4", nvidia(32, 16, 64, 0, 256)),
    Target("nvidia", "nvidia", "sm_86", "GeForce RTX 30, A10", nvidia(48, 16, 100)),
    Target("nvidia", "nvidia", "sm_89", "GeForce RTX 40, L4", nvidia(48, 24, 100)),
    Target("nvidia", "nvidia", "sm_90", "H100, H200", nvidia(64, 32, 228)),
    Target("amd", "amd-cdna", "gfx90a", "Instinct MI210, MI250", Unit(32, 16, 65536, 512, 0, 64, 4, 512, 8)),
    Target("amd", "amd", "gfx1030", "Radeon RX 6800 to 6900", Unit(32, 16, 65536, 512, 0, 32, 2, 1024, 16)),
    Target("amd", "amd-rdna3", "gfx1100", "Radeon RX 7900", Unit(32, 16, 65536, 1024, 0, 32, 2, 1536, 24)),
    Target("intel", "intel", "tgllp", "Iris Xe of Tiger Lake", Unit(112, 32, 131072, 1024)),
    Target("intel", "intel-arc", "dg2", "Arc A380 to A770", Unit(128, 32, 131072, 1024)),
    Target("intel", "intel-max", "pvc", "Data Center GPU Max", Unit(64, 32, 131072, 1024)),
]

VENDORS = {"nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel"}


def of_vendor(vendor):
    return [target for target in TARGETS if target.vendor == vendor]

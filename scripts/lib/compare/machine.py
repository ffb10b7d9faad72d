"""What the figures were measured on."""

import os
import platform
import re
import subprocess
from pathlib import Path

# Those that the speed of matrix products hangs on, as Linux names them.
TELLING = (
    "ssse3 sse4_1 sse4_2 avx f16c fma avx2 avx_vnni avx512f avx512bw avx512vl avx512_vnni avx512_bf16 avx512_fp16"
    " amx_int8 amx_bf16 asimd asimddp i8mm sve sve2 sme bf16 rvv"
).split()


def describe():
    return {
        "cpu": cpu_name(),
        "processors": usable_processors(),
        "instruction_sets": instruction_sets(),
        "memory_bytes": memory_bytes(),
        "system": "%s %s" % (platform.system(), platform.release()),
        "architecture": platform.machine(),
    }


def usable_processors():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_name():
    return first_match(cpuinfo(), r"^model name\s*:\s*(.+)$") or sysctl("machdep.cpu.brand_string") or platform.processor() or "unknown processor"


def instruction_sets():
    flags = first_match(cpuinfo(), r"^(?:flags|Features)\s*:\s*(.+)$")
    if flags is None:
        flags = (sysctl("machdep.cpu.features") + " " + sysctl("machdep.cpu.leaf7_features")).lower()
    present = set(flags.split())
    return [name for name in TELLING if name in present]


def memory_bytes():
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def cpuinfo():
    try:
        return Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return ""


def first_match(text, pattern):
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip() if found else None


def sysctl(name):
    try:
        return subprocess.run(["sysctl", "-n", name], capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""

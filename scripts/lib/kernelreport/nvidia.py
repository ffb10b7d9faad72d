"""NVIDIA: clang makes PTX once, NVIDIA's ptxas machine code of it for each GPU."""

import re

import clang
import programs
import variants
from figures import Figures

# The oldest PTX that all targets take, and with inline instructions that it lacks.
PTX = ("sm_70", "ptx60")
PTX_OF_UNITS = {"PTX_MMA_K8": ("sm_75", "ptx65"), "PTX_MMA": ("sm_80", "ptx70")}


class Nvidia:
    def __init__(self):
        self.clang = clang.find("nvptx64")
        self.ptxas = programs.need("ptxas", "scripts/kernel-report --fetch (PyPI: nvidia-cuda-nvcc-cu12)")

    def compiler(self):
        return "%s; ptxas %s" % (self.clang.version, programs.version([self.ptxas, "--version"]))

    def compile(self, variant, targets, work):
        ptx = work / (variant.source.stem + ".ptx")
        self.clang.run(variant.source, ptx, ["-target", "nvptx64-nvidia-cuda", *front_end(variant), *variant.options], work)
        for target in targets:
            said = programs.run([self.ptxas, "-v", "-O3", "-arch=" + target.name, ptx, "-o", "/dev/null"], work)
            yield target, figures(said, variant)


def front_end(variant):
    unit = variants.shown("MATRIX_UNIT", variant.macros.get("MATRIX_UNIT", ""))
    processor, ptx = PTX_OF_UNITS.get(unit, PTX)
    return ["-Xclang", "-target-cpu", "-Xclang", processor, "-Xclang", "-target-feature", "-Xclang", "+" + ptx]


def figures(said, variant):
    def number(pattern):
        found = re.search(pattern, said)
        return int(found.group(1)) if found else 0

    stores = number(r"(\d+) bytes spill stores")
    loads = number(r"(\d+) bytes spill loads")
    return Figures(
        registers=number(r"Used (\d+) registers"),
        spilled=max(stores, loads),
        local_bytes=number(r"(\d+) bytes smem") + variant.local_arguments,
        private_bytes=number(r"(\d+) bytes stack frame"),
        items=variant.items,
    )

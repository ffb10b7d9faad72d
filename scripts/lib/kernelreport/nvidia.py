"""NVIDIA: clang makes PTX once, NVIDIA's ptxas machine code of it for each GPU."""

import re

import clang
import programs
from figures import Figures

# The oldest PTX that all targets take.
PTX = ["-Xclang", "-target-cpu", "-Xclang", "sm_70", "-Xclang", "-target-feature", "-Xclang", "+ptx60"]


class Nvidia:
    def __init__(self):
        self.clang = clang.find("nvptx64")
        self.ptxas = programs.need("ptxas", "scripts/kernel-report --fetch (PyPI: nvidia-cuda-nvcc-cu12)")

    def compiler(self):
        return "%s; ptxas %s" % (self.clang.version, programs.version([self.ptxas, "--version"]))

    def compile(self, variant, targets, work):
        ptx = work / (variant.source.stem + ".ptx")
        self.clang.run(variant.source, ptx, ["-target", "nvptx64-nvidia-cuda", *PTX, *variant.options], work)
        for target in targets:
            said = programs.run([self.ptxas, "-v", "-O3", "-arch=" + target.name, ptx, "-o", "/dev/null"], work)
            yield target, figures(said, variant)


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

"""Intel: ocloc's front-end makes SPIR-V once, its back-end machine code of it for each GPU."""

import re
import struct

import programs
from figures import Figures
from errors import CompileError

# The binary format that tells what a kernel takes; newer versions know no other.
INTERNAL = ["-internal_options", "-ze-allow-zebin"]
FRONT_END = "tgllp"
# Matrix functions are declared where their extension is, which this front-end has to be told of.
UNITS = "-Dcl_intel_subgroup_matrix_multiply_accumulate=1"


class Intel:
    def __init__(self):
        self.ocloc = programs.need("ocloc", "apt-get install intel-opencl-icd")

    def compiler(self):
        package = programs.package("intel-opencl-icd")
        return "ocloc" + (" of intel-opencl-icd " + package if package else "")

    def compile(self, variant, targets, work):
        name = variant.source.stem
        self.run(variant, ["-file", variant.source, "-spv_only", "-device", FRONT_END, "-output", name], work)
        spirv = one_file(work, name + "_*.spv")
        for target in targets:
            output = name + "-" + target.name
            back_end = ["-file", spirv, "-spirv_input", "-device", target.name, "-output", output, *INTERNAL]
            said = self.run(variant, back_end, work)
            yield target, figures(ze_info(one_file(work, output + "_*.bin").read_bytes()), said, variant)

    def run(self, variant, arguments, work):
        units = [UNITS] if "MATRIX_UNIT" in variant.macros else []
        options = ["-options", " ".join([*variant.options, *units])]
        said = programs.run([self.ocloc, "compile", *arguments, *options, "-out_dir", work], work)
        if re.search("^Build failed|error:", said, re.M):
            raise CompileError(programs.first_words(said))
        return said


def one_file(folder, pattern):
    """ocloc puts the GPU's name, in a spelling of its own, behind the one that it is given."""
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise CompileError("ocloc wrote %d files %s, not one" % (len(found), pattern))
    return found[0]


def ze_info(binary):
    """The section of a 64-bit ELF file in which the compiler describes the kernel, as YAML."""
    table, count, names = struct.unpack_from("<40xQ12xHH", binary)
    sections = [struct.unpack_from("<II8xQQQ", binary, table + 64 * i) for i in range(count)]
    start = sections[names][3]
    for name, _, _, at, size in sections:
        end = binary.index(b"\0", start + name)
        if binary[start + name : end] == b".ze_info":
            return binary[at : at + size].decode()
    raise CompileError("ocloc's binary does not say what the kernel takes (no .ze_info)")


def figures(info, said, variant):
    def number(key):
        found = re.search(r"^ *%s: *(\d+)" % key, info, re.M)
        return int(found.group(1)) if found else 0

    # Scratch memory of a thread holds private variables and spilled registers; the compiler tells of the latter.
    spilled = re.search(r"spilled around (\d+)", said)
    scratch = re.findall(r"- type: *scratch\n *usage: *(\w+)\n *size: *(\d+)", info)
    spills = sum(int(size) for usage, size in scratch if usage == "spill_fill_space")
    width = number("simd_size") or 1
    return Figures(
        registers=number("grf_count"),
        spilled=max(spills, int(spilled.group(1)) if spilled else 0),
        local_bytes=number("slm_size") + variant.local_arguments,
        private_bytes=sum(int(size) for _, size in scratch) // width,
        items=variant.items,
        width=width,
    )

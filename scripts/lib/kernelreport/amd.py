"""AMD: clang makes machine code and says in its listing what that takes."""

import re

import clang
from figures import Figures


class Amd:
    def __init__(self):
        self.clang = clang.find("amdgcn")

    def compiler(self):
        return self.clang.version

    def compile(self, variant, targets, work):
        """Yields (target, figures) for each target; nothing before machine code is the same for two of them."""
        for target in targets:
            listing = work / (variant.source.stem + "." + target.name + ".s")
            self.clang.run(
                variant.source,
                listing,
                ["-target", "amdgcn-amd-amdhsa", "-mcpu=" + target.name, "-nogpulib", *variant.options],
                work,
            )
            yield target, figures(listing.read_text(), variant)


def figures(listing, variant):
    def number(key):
        found = re.search(r"\.%s:\s*(\d+)" % key, listing)
        return int(found.group(1)) if found else 0

    scalars = number("sgpr_spill_count")
    # Scalar registers spill into lanes of a vector register, which takes no memory; it does if there is scratch too.
    spilled = 4 * number("vgpr_spill_count")
    private = number("private_segment_fixed_size")
    return Figures(
        registers=number("vgpr_count") + number("agpr_count"),
        spilled=spilled + (4 * scalars if private else 0),
        local_bytes=number("group_segment_fixed_size") + variant.local_arguments,
        private_bytes=private,
        items=variant.items,
        detail="%d SGPR kept in vector lanes" % scalars if scalars and not private else "",
    )

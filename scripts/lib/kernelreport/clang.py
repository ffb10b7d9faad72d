"""clang with the OpenCL library libclc: the front-end for GPUs whose vendors' own is not to be had alone."""

import os
import re
import shutil
from pathlib import Path

import programs
from errors import ReportError

# Newest first; 14 is the oldest that was tried.
VERSIONS = range(22, 13, -1)
LIBRARIES = {"nvptx64": "nvptx64--nvidiacl.bc", "amdgcn": "amdgcn--amdhsa.bc"}
FOLDERS = [os.environ.get("LIBCLC", "/usr/lib/clc"), "/usr/share/clc"]
PACKAGES = "apt-get install clang-15 libclc-15 (or another version of both)"


class Clang:
    def __init__(self, program, library):
        self.program = program
        self.library = library
        self.version = "clang " + re.sub(r".*version ([\d.]+).*", r"\1", programs.version([program, "--version"]))

    def run(self, source, output, options, folder):
        """Machine code or PTX as text. Built-in functions are declared by clang itself: its header takes longer than a kernel."""
        builtins = ["-Xclang", "-fdeclare-opencl-builtins", "-Xclang", "-finclude-default-header"]
        library = ["-Xclang", "-mlink-builtin-bitcode", "-Xclang", self.library]
        programs.run(
            [self.program, "-x", "cl", *builtins, *library, "-O3", "-w", *options, "-S", source, "-o", output], folder
        )


def find(architecture):
    """The newest clang that has its libclc beside it."""
    seen = None
    for number in VERSIONS:
        program = shutil.which("clang-%d" % number)
        if program is None:
            continue
        seen = program
        for folder in FOLDERS:
            library = Path(folder, LIBRARIES[architecture])
            if library.is_file():
                return Clang(program, library)
    if seen:
        raise ReportError("libclc for %s is missing: %s" % (seen, PACKAGES))
    raise ReportError("clang is missing: %s" % PACKAGES)

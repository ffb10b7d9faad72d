"""clang with the OpenCL library libclc: the front-end for GPUs whose vendors' own is not to be had alone."""

import os
import shutil
import subprocess
from pathlib import Path

import programs
from errors import ReportError

# 15 is the oldest that knows gfx1100, and the one that was tried most; clang reads libclc of its own version or an older one.
VERSIONS = range(15, 23)
LIBRARIES = {"nvptx64": "nvptx64--nvidiacl.bc", "amdgcn": "amdgcn--amdhsa.bc"}
FOLDERS = [os.environ.get("LIBCLC", "/usr/lib/clc"), "/usr/share/clc"]
PACKAGES = "apt-get install clang-15 libclc-15 (or a newer version of both)"


class Clang:
    def __init__(self, program, library):
        self.program = program
        self.library = library
        self.version = "clang " + programs.version([program, "--version"])

    def run(self, source, output, options, folder):
        """Machine code or PTX as text. Built-in functions are declared by clang itself: its header takes longer than a kernel."""
        builtins = ["-Xclang", "-fdeclare-opencl-builtins", "-Xclang", "-finclude-default-header"]
        library = ["-Xclang", "-mlink-builtin-bitcode", "-Xclang", self.library]
        programs.run(
            [self.program, "-x", "cl", *builtins, *library, "-O3", "-w", *options, "-S", source, "-o", output], folder
        )


def reads(program, architecture, library):
    """Whether bitcode is not of a newer LLVM."""
    options = ["-target", architecture, "-nogpulib", "-Xclang", "-mlink-builtin-bitcode", "-Xclang", str(library)]
    done = subprocess.run(
        [program, "-x", "cl", *options, "-w", "-S", "-o", "/dev/null", "-"],
        input=b"",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0


def find(architecture):
    """The first clang that can do with the libclc that is there."""
    seen = None
    for number in VERSIONS:
        program = shutil.which("clang-%d" % number)
        if program is None:
            continue
        seen = program
        for folder in FOLDERS:
            library = Path(folder, LIBRARIES[architecture])
            if library.is_file() and reads(program, architecture, library):
                return Clang(program, library)
    if seen:
        raise ReportError("%s finds no libclc that it can read: %s" % (seen, PACKAGES))
    raise ReportError("clang is missing: %s" % PACKAGES)

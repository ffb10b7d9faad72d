"""Runs the compilers, and finds them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from errors import CompileError, ReportError

# A kernel that takes this long would keep a user waiting as long.
SECONDS = 300


def run(command, folder):
    """Standard output and standard error together; CompileError with the first lines of them if the program fails."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CompileError("%s: stopped after %d s" % (Path(command[0]).name, SECONDS))
    text = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise CompileError(first_words(text) or "%s: exit code %d" % (Path(command[0]).name, done.returncode))
    return text


def first_words(text, lines=3):
    kept = [line.strip() for line in text.splitlines() if re.search("error|fatal|assert", line, re.I)]
    return " / ".join((kept or [line.strip() for line in text.splitlines() if line.strip()])[:lines])


def need(name, package):
    """The path of a program, or one message that names its package."""
    found = os.environ.get(name.upper()) or shutil.which(name)
    if not found:
        raise ReportError("%s is missing: install it with %s" % (name, package))
    return found


def package(name):
    """The version of an installed Debian package; nothing where there is none."""
    if not shutil.which("dpkg-query"):
        return ""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def version(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    return next((found.group(0) for found in (re.search(r"\d+\.\d+(\.\d+)?", line) for line in lines) if found), "?")

"""Runs the engines' programs, one at a time."""

import os
import selectors
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Optional

from errors import Unavailable


@dataclass
class Finished:
    """What a program left: its output, the time to its first visible byte on standard output, its peak memory."""

    out: str
    err: str
    first_output_seconds: Optional[float]
    seconds: float
    peak_bytes: int


def run(command, environment=None, prefix=(), timeout=1800):
    """Runs a program to its end. Raises Unavailable with the last lines of what it said if it fails."""
    command = [*prefix, *command]
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    except OSError as error:
        raise Unavailable("%s cannot be run: %s" % (command[0], error.strerror))
    try:
        out, err, first = read_all(process, started, timeout)
        # wait4 gives this child's memory, where getrusage would give the most of all children so far. (On Linux it is at
        # least what this script takes, about 25 MB, as the child began as its copy.)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        if process.returncode is None:
            kill_group(process)
        process.stdout.close()
        process.stderr.close()
    seconds = time.monotonic() - started
    if process.returncode != 0:
        raise Unavailable("exit code %d: %s" % (process.returncode, last_words(err or out)))
    unit = 1 if sys.platform == "darwin" else 1024
    return Finished(out, err, first, seconds, usage.ru_maxrss * unit)


def read_all(process, started, timeout):
    """Standard output, standard error, and when the first byte that is no white space came."""
    chunks = {process.stdout: [], process.stderr: []}
    first = None
    with selectors.DefaultSelector() as selector:
        for stream in chunks:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            left = timeout - (time.monotonic() - started)
            if left <= 0:
                raise Unavailable("stopped after %d s (--timeout)" % timeout)
            for key, _ in selector.select(left):
                data = os.read(key.fd, 65536)
                if not data:
                    selector.unregister(key.fileobj)
                    continue
                chunks[key.fileobj].append(data)
                if first is None and key.fileobj is process.stdout and data.strip():
                    first = time.monotonic() - started
    text = [b"".join(parts).decode(errors="replace") for parts in chunks.values()]
    return text[0], text[1], first


def kill_group(process):
    """Wrappers and what they started are one session."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def last_words(text, lines=3):
    kept = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(kept[-lines:]) or "it said nothing"


def show(command):
    return " ".join(shlex.quote(str(part)) for part in command)

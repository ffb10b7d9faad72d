"""Compiles all variants for all targets, several at a time, and writes the report."""

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import report
import roofline
import variants
from amd import Amd
from errors import CompileError, ReportError
from intel import Intel
from nvidia import Nvidia
from occupancy import occupancy
from results import Result
from targets import TARGETS, of_vendor

BACK_ENDS = {"nvidia": Nvidia, "amd": Amd, "intel": Intel}


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="scripts/kernel-report",
        description="Compiles every variant of every OpenCL kernel with the vendors' own back-ends for GPUs that are "
        "not in this machine, and tells registers, spills, local and private memory and the occupancy that follows. "
        "The exit code is 1 if a variant does not compile or spills registers.",
    )
    parser.add_argument("--kernels", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the tables go (target/kernel-report)")
    parser.add_argument("--condensed", type=Path, metavar="FILE", help="also a short table, such as docs/kernel-report.md")
    parser.add_argument("--only", metavar="TEXT", default="", help="only variants whose name holds the text")
    parser.add_argument("--vendor", choices=sorted(BACK_ENDS), action="append", help="only this vendor's GPUs; may be repeated")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="compilers at a time (processors)")
    return parser.parse_args(argv)


def main(argv):
    options = arguments(argv)
    started = time.monotonic()
    columns, everything = variants.read(options.kernels.resolve())
    chosen = [v for v in everything if options.only.lower() in (v.kernel + " " + v.label).lower()]
    if not chosen:
        raise ReportError("no kernel's name holds %r" % options.only)
    back_ends = {name: BACK_ENDS[name]() for name in options.vendor or BACK_ENDS}
    with tempfile.TemporaryDirectory(prefix="kernel-report-") as work:
        results = compile_all(chosen, back_ends, Path(work), options.jobs)
    run = {
        "compilers": {name: back_end.compiler() for name, back_end in back_ends.items()},
        "options": ", ".join(sorted({"`%s`" % " ".join(v.options) for v in chosen})),
        "columns": columns,
        "variants": len(chosen),
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "report.json").write_text(report.to_json(run, results), encoding="utf-8")
    (options.out / "report.md").write_text(report.to_markdown(run, results), encoding="utf-8")
    if options.condensed:
        options.condensed.write_text(report.condensed(run, results), encoding="utf-8")
    if len(chosen) == len(everything) and len(back_ends) == len(BACK_ENDS):
        (options.out / "roofline.md").write_text(roofline.to_markdown(results), encoding="utf-8")
    print("\n".join([report.summary(results), *report.faults(results)]))
    say("%s/report.md written after %d s" % (options.out, time.monotonic() - started))
    return 1 if any(r.bad() for r in results) else 0


def compile_all(chosen, back_ends, work, jobs):
    """Results in the order of variants and targets. A task is a variant for all GPUs of a vendor, which share what they can."""
    tasks = []
    for name in back_ends:
        for v in chosen:
            targets = [t for t in of_vendor(name) if t.tuned_as in v.gpus]
            tasks += [(v, name, targets)] if targets else []
    found = {}
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(one, v, back_ends[name], targets, work) for v, name, targets in tasks]
        for done, future in enumerate(as_completed(waiting), 1):
            for result in future.result():
                found[result.variant, result.target.name] = result
            if sys.stderr.isatty():
                sys.stderr.write("\r%d of %d" % (done, len(waiting)) + ("\n" if done == len(waiting) else ""))
    return [found[v, t.name] for v in chosen for t in TARGETS if (v, t.name) in found]


def one(variant, back_end, targets, work):
    results = []
    try:
        for target, figures in back_end.compile(variant, targets, work):
            share = occupancy(target.unit, figures.registers, figures.local_bytes, figures.items, figures.width)
            results.append(Result(variant, target, figures, share))
    except CompileError as error:
        done = {r.target for r in results}
        results += [Result(variant, t, failure=str(error)) for t in targets if t not in done]
    return results


def say(text):
    print(text, file=sys.stderr, flush=True)

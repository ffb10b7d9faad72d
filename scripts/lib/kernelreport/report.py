"""The results as Markdown, in full and condensed, and as JSON."""

import json
from dataclasses import asdict

from targets import TARGETS, VENDORS

SCHEMA = 1


def to_json(run, results):
    rows = []
    for r in results:
        row = {"kernel": r.variant.kernel, "variant": r.variant.label, "macros": r.variant.macros, "target": r.target.name}
        if r.failure:
            row["failure"] = r.failure
        else:
            row.update(asdict(r.figures), occupancy=round(r.occupancy, 3))
        rows.append(row)
    return json.dumps({"schema": SCHEMA, **run, "results": rows}, indent=1, ensure_ascii=False) + "\n"


def summary(results):
    failed = sum(bool(r.failure) for r in results)
    spilled = sum(not r.failure and r.figures.spilled > 0 for r in results)
    variants = len({r.variant for r in results})
    targets = len({r.target.name for r in results})
    return "%d variants, %d GPUs, %d programs: %d do not compile, %d spill registers" % (
        variants,
        targets,
        len(results),
        failed,
        spilled,
    )


def faults(results):
    """A line for each variant and complaint, with the GPUs it is about."""
    found = {}
    for r in results:
        if r.bad():
            found.setdefault((r.variant.kernel, r.variant.label, r.why()), []).append(r.target.name)
    return ["%s %s for %s: %s" % (kernel, label, ", ".join(names), why) for (kernel, label, why), names in found.items()]


def to_markdown(run, results):
    lines = ["# Kernels on GPUs, in full", "", *preamble(run, results), ""]
    lines += ["| kernel | variant | GPU | registers | width | spilled B | local B | private B | group | occupancy | |"]
    lines += ["|---|---|---|---:|---:|---:|---:|---:|---:|---:|---|"]
    for r in results:
        head = [r.variant.kernel, r.variant.label, r.target.name]
        if r.failure:
            lines.append("| %s | | | | | | | | **does not compile**: %s |" % (" | ".join(head), r.failure.replace("|", "/")))
            continue
        f = r.figures
        numbers = [f.registers, f.width or "", f.spilled, f.local_bytes, f.private_bytes, f.items or "any", percent(r.occupancy)]
        lines.append("| %s | %s | %s |" % (" | ".join(head), " | ".join(map(str, numbers)), f.detail))
    return "\n".join(lines) + "\n"


def percent(share):
    return "%.0f %%" % (100 * share)


def preamble(run, results):
    lines = [summary(results) + ". Compiled with %s by" % run["options"]]
    lines += ["", *["- %s: %s" % (VENDORS[name], version) for name, version in run["compilers"].items()], ""]
    lines += [
        "Occupancy is on paper: how many of the threads that a compute unit holds are resident, as registers, local memory and",
        "groups allow; local memory of `matvec` is counted for matrices of %d columns." % run["columns"],
    ]
    return lines


def condensed(run, results):
    """A row a kernel, a column a GPU: what its variants take at least and at most."""
    shown = [t for t in TARGETS if any(r.target == t for r in results)]
    lines = ["# Kernels on GPUs that were not there", ""]
    lines += ["`scripts/kernel-report` compiles every kernel variant with the vendors' own back-ends and fails if one does not"]
    lines += ["compile or spills registers. This is its table, condensed; `target/kernel-report` has it in full.", ""]
    lines += [*preamble(run, results), ""]
    lines += ["| GPU | known as |", "|---|---|"]
    lines += ["| %s | %s |" % (t.name, t.known_as) for t in shown]
    lines += ["", "Registers and occupancy, lowest to highest of a kernel's variants. On NVIDIA and AMD registers are those of a"]
    lines += ["work-item; Intel's compiler gives each thread 128 registers and chooses how many work-items a thread has: these.", ""]
    lines += ["| kernel | variants | %s |" % " | ".join(t.name for t in shown), "|---|---:|" + "---|" * len(shown)]
    for kernel in dict.fromkeys(r.variant.kernel for r in results):
        own = [r for r in results if r.variant.kernel == kernel]
        cells = [cell([r for r in own if r.target == t]) for t in shown]
        lines.append("| %s | %d | %s |" % (kernel, len({r.variant for r in own}), " | ".join(cells)))
    return "\n".join(lines) + "\n"


def cell(results):
    if not results:
        return "–"
    good = [r for r in results if not r.failure]
    parts = []
    if good:
        sizes = [r.figures.width or r.figures.registers for r in good]
        word = "wide" if good[0].figures.width else "regs"
        parts = ["%s %s" % (span(sizes), word), "%s %%" % span([round(100 * r.occupancy) for r in good])]
    in_memory = sum(r.figures.private_bytes > 0 and not r.figures.spilled for r in good)
    parts += ["%d with private memory" % in_memory] if in_memory else []
    failed = len(results) - len(good)
    spilled = sum(r.figures.spilled > 0 for r in good)
    parts += ["**%d fail**" % failed] if failed else []
    parts += ["**%d spill**" % spilled] if spilled else []
    return ", ".join(parts)


def span(values):
    return str(min(values)) if min(values) == max(values) else "%d–%d" % (min(values), max(values))

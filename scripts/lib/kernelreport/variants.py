"""The kernels as the engine wrote them down (KernelDump)."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from errors import ReportError


@dataclass(frozen=True)
class Variant:
    """A kernel with its macros; `label` tells it from the others of the same kernel."""

    kernel: str
    label: str
    source: Path
    macros: dict
    local_arguments: int
    items: int
    gpus: tuple
    options: tuple

    def __hash__(self):
        return hash(self.source)


def read(folder):
    """(columns that local memory is counted for, variants)."""
    try:
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError("%s: %s; scripts/kernel-report writes the kernels there itself" % (folder, error.strerror))
    entries = index["variants"]
    return index["columns"], [variant(folder, e, varying(e, entries)) for e in entries]


def varying(entry, entries):
    """The macros in which the variants of a kernel differ."""
    same = [e["macros"] for e in entries if e["kernel"] == entry["kernel"]]
    return [name for name in entry["macros"] if len({m.get(name) for m in same}) > 1]


def variant(folder, entry, names):
    return Variant(
        entry["kernel"],
        ", ".join(shown(name, entry["macros"][name]) for name in names),
        folder / entry["file"],
        entry["macros"],
        entry["local_arguments"],
        group_items((folder / entry["file"]).read_text(encoding="utf-8"), entry["macros"]),
        tuple(entry["gpus"]),
        tuple(entry["options"].split()),
    )


def group_items(text, macros):
    """Work-items of a group as the kernel demands them: `16 / LANES, SPLIT, 1`; 0 where it does not."""
    found = re.search(r"reqd_work_group_size\(([^)]*)\)", text)
    items = 1 if found else 0
    for size in found.group(1).split(",") if found else []:
        factors = [int(macros.get(part.strip(), part)) for part in size.split("/")]
        items *= factors[0] // (factors[1] if len(factors) > 1 else 1)
    return items


def shown(name, value):
    if value.endswith('.cl"'):
        return value.strip('"').split("/")[-1].replace(".cl", "").upper()
    if name == "KV_BITS":
        return {"32": "f32", "16": "f16", "8": "q8_0"}[value]
    return "%s %s" % (name.lower().replace("_", " "), value)

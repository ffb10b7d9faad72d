"""The results as Markdown and as JSON."""

import json

SCHEMA = 1


def document(run, results):
    """Everything, for other programs. `run` says when, where and with what it was measured."""
    return {"schema": SCHEMA, **run, "reference": results.reference, "results": results.as_json()}


def to_json(run, results):
    return json.dumps(document(run, results), indent=2, ensure_ascii=False) + "\n"


def to_markdown(run, results):
    machine = run["machine"]
    lines = [
        "Measured on %s: %s, %d processors, %s; %s threads each, %d rounds in turn, medians."
        % (
            run["date"],
            machine["cpu"],
            machine["processors"],
            ", ".join(machine["instruction_sets"]) or "instruction sets unknown",
            run["threads"],
            run["rounds"],
        ),
        "A ratio is the median over the rounds of an engine's figure to that of %s in the same round," % results.reference,
        "in brackets its lowest and highest; more than 1 is better, for times and memory too.",
        "",
    ]
    lines += ["- %s: %s" % (e["name"], e["version"]) for e in run["engines"]]
    lines += ["- %s is missing: %s" % (a["name"], a["reason"]) for a in run["absent"]]
    for unit in ordered({test.unit: None for _, test in results.rows}):
        lines += ["", *table(run, results, unit)]
    failures = notes(results)
    if failures:
        lines += ["", *failures]
    return "\n".join(lines) + "\n"


def ordered(units):
    return list(units)


def table(run, results, unit):
    names = [e["name"] for e in run["engines"]]
    others = [name for name in names if name != results.reference]
    shown = ([results.reference] if results.reference in names else []) + others
    head = ["file", "test"] + ["%s %s" % (name, unit) for name in shown] + ["%s ratio" % name for name in others]
    lines = ["| %s |" % " | ".join(head), "|---|---|" + "---:|" * (len(head) - 2)]
    for (file, test), cells in results.rows.items():
        if test.unit != unit:
            continue
        row = [file, test.label]
        row += [figure(cells.get(name), unit) for name in shown]
        row += [ratio(list(results.ratios(file, test, name).values())) for name in others]
        lines.append("| %s |" % " | ".join(row))
    return lines


def figure(cell, unit):
    if cell is None or cell.value() is None:
        return "failed" if cell is not None and cell.failure else "–"
    value = cell.value()
    return "%.2f" % value if unit == "s" else "%.0f" % value if value >= 100 else "%.1f" % value


def ratio(values):
    if not values:
        return "–"
    middle = sorted(values)[len(values) // 2]
    if len(values) % 2 == 0:
        middle = (middle + sorted(values)[len(values) // 2 - 1]) / 2
    if len(values) == 1:
        return "**%.2f**" % middle
    return "**%.2f** (%.2f–%.2f)" % (middle, min(values), max(values))


def notes(results):
    seen = {}
    for (file, test), cells in results.rows.items():
        for name, cell in cells.items():
            if cell.failure:
                seen.setdefault((name, file, cell.failure), []).append(test.label)
    return ["- %s, %s (%s): %s" % (name, file, ", ".join(labels), why) for (name, file, why), labels in seen.items()]

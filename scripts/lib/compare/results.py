"""The figures of all rounds, their medians and ratios."""

from statistics import median


class Cell:
    """What one engine measured in one test on one file, round by round."""

    def __init__(self):
        self.rounds = {}
        self.failure = None

    def value(self):
        """The median of the rounds, or None."""
        return median(self.rounds.values()) if self.rounds else None


class Results:
    """Cells by file, test and engine, in the order in which they came."""

    def __init__(self, reference):
        self.reference = reference
        self.rows = {}
        self.details = {}

    def cell(self, file, test, engine):
        return self.rows.setdefault((file, test), {}).setdefault(engine, Cell())

    def add(self, round_number, file, test, engine, value):
        self.cell(file, test, engine).rounds[round_number] = value

    def fail(self, file, tests, engine, reason):
        for test in tests:
            self.cell(file, test, engine).failure = reason

    def detail(self, file, test, engine, found):
        """Keeps what the engine said of a test beside the figure: the last round's."""
        self.details[(file, test, engine)] = found

    def ratios(self, file, test, engine):
        """By round: how many times better than the reference in the same round. More than 1 is better, always."""
        cells = self.rows[(file, test)]
        mine, theirs = cells.get(engine), cells.get(self.reference)
        if mine is None or theirs is None:
            return {}
        pairs = {n: (mine.rounds[n], theirs.rounds[n]) for n in mine.rounds if n in theirs.rounds}
        return {n: a / b if test.more_is_better else b / a for n, (a, b) in pairs.items() if a > 0 and b > 0}

    def as_json(self):
        rows = []
        for (file, test), cells in self.rows.items():
            engines = {}
            for name, cell in cells.items():
                entry = {"median": cell.value(), "rounds": list(cell.rounds.values())}
                ratios = list(self.ratios(file, test, name).values())
                if ratios and name != self.reference:
                    entry["ratio"] = summary(ratios)
                if cell.failure:
                    entry["failure"] = cell.failure
                if (file, test, name) in self.details:
                    entry["detail"] = self.details[(file, test, name)]
                engines[name] = entry
            rows.append(
                {
                    "file": file,
                    "test": test.label,
                    "unit": test.unit,
                    "more_is_better": test.more_is_better,
                    "engines": engines,
                }
            )
        return rows


def summary(values):
    return {"median": median(values), "min": min(values), "max": max(values), "rounds": values}

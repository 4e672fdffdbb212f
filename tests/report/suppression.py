"""Small figures that could point at a person (docs/REPORTS.md, "Small figures")."""
import math

BELOW = 5
TOLD, SMALL, HIDDEN, BLANK = "told", "below", "hidden", "blank"
BANDS = ["child", "youth", "adult", "elder"]
PERSONS = {"visits": ["women"] + BANDS, "A4": ["women"], "A5": ["women"], "A6": ["women"]}


class Cell:
    def __init__(self, value, fixed=False):
        self.value = value
        self.fixed = fixed  # of those of whom it was not said: blank at most
        self.shown = SMALL if 1 <= value < BELOW and not fixed else TOLD

    def bounds(self, least_told):
        if self.shown == TOLD:
            return self.value, self.value
        if self.shown == SMALL:
            return 1, BELOW - 1
        if self.shown == HIDDEN:
            return BELOW, max(self.value, least_told)
        return 0, math.inf

    def printed(self):
        if self.shown == TOLD:
            return self.value
        return {"below": BELOW} if self.shown == SMALL else None


class Line:
    """Cells of which the sum is known, as far as `bounds` of the sum go."""

    def __init__(self, cells, total=None):
        self.cells = cells
        self.total = total

    def known_sum(self):
        if self.total is None:
            value = sum(cell.value for cell in self.cells)
            return value, value
        return self.total.bounds(math.inf)

    def candidates(self):
        return [c for c in self.cells if c.shown == TOLD and c.value >= BELOW and not c.fixed]

    def intervals(self):
        """What is left for each hidden cell."""
        least = min((c.value for c in self.candidates()), default=math.inf)
        all_ = [(cell, *cell.bounds(least)) for cell in self.cells]
        low_sum, high_sum = self.known_sum()
        if self.total is not None and self.total.shown != TOLD:
            least_sum = sum(lo for _, lo, _ in all_)
            most_sum = sum(hi for _, _, hi in all_)
            yield max(low_sum, least_sum), min(high_sum, most_sum)
        for cell, low, high in all_:
            if cell.shown != TOLD:
                others = [(lo, hi) for other, lo, hi in all_ if other is not cell]
                least_others = sum(lo for lo, _ in others)
                most_others = sum(hi for _, hi in others)
                yield max(low, low_sum - most_others), min(high, high_sum - least_others)

    def is_safe(self):
        return all(high > low for low, high in self.intervals())

    def make_safe(self):
        before = [cell.shown for cell in self.cells]
        while not self.is_safe():
            more = self.candidates()
            if more:
                min(more, key=lambda cell: cell.value).shown = HIDDEN
                continue
            left = [c for c in self.cells if c.shown != BLANK]
            if not left:
                break
            for cell in left:
                cell.shown = BLANK
        return [cell.shown for cell in self.cells] != before


def persons(code, by):
    """The columns that count parts of the persons, and those of them that split a row."""
    if code == "visits" and by in ("band", "purpose"):
        return ["visits"], []
    columns = PERSONS.get(code, [])
    return columns, [c for c in columns if c in BANDS]


def cells_of(code, by, columns, keys, rows, total):
    """Cells by row and column, those of the total last, before anything is hidden but small ones."""
    names, _ = persons(code, by)
    split = by in ("band", "purpose")
    places = [list(columns).index(name) for name in names]
    table = [
        {at: Cell(row[at], split and key is None) for at in places} for key, row in zip(keys, rows)
    ]
    return table, {at: Cell(total[at], split) for at in places}, places


def suppress(code, by, columns, keys, rows, total):
    """Hide what is to be hidden in ROWS and TOTAL; how many cells of rows."""
    table, totals, places = cells_of(code, by, columns, keys, rows, total)
    _, split = persons(code, by)
    bands = [list(columns).index(name) for name in split]
    if bands:
        Line([totals[at] for at in bands]).make_safe()
    lines = [Line([row[at] for row in table], totals[at]) for at in places]
    lines += [Line([row[at] for at in bands]) for row in table if bands]
    while any([line.make_safe() for line in lines]):
        pass
    for row, cells in zip(rows + [total], table + [totals]):
        for at, cell in cells.items():
            row[at] = cell.printed()
    return sum(cell.shown != TOLD for row in table for cell in row.values())

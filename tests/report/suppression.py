"""Small figures that could point at a person (docs/REPORTS.md, "Small figures")."""
import math

import rings

BELOW = 5
TOLD, SMALL, HIDDEN, BLANK = "told", "below", "hidden", "blank"
BANDS = ["child", "youth", "adult", "elder"]
CAME = {"visits": ["visits"], "A4": ["uses"], "A5": ["attendance"], "A6": ["workers", "collaborators"]}
PERSONS = {"visits": ["women"] + BANDS, "A4": ["women"], "A5": ["women"], "A6": ["women"]}


class Cell:
    def __init__(self, value, fixed=False, came=math.inf):
        self.value = value
        self.fixed = fixed  # of those of whom it was not said: blank at most
        self.came = came  # how many it can be at most, as is told
        self.shown = SMALL if 1 <= value < BELOW and not fixed else TOLD
        if came == 1:
            self.shown = BLANK

    def bounds(self, least_told):
        if self.shown == TOLD:
            return self.value, self.value
        if self.shown == SMALL:
            low, high = 1, BELOW - 1
        elif self.shown == HIDDEN:
            low, high = BELOW, max(self.value, least_told)
        else:
            low, high = 0, math.inf
        return low, min(high, self.came)

    def may_be_hidden(self):
        return self.shown == TOLD and self.value >= BELOW and not self.fixed and self.came > BELOW

    def printed(self):
        if self.shown == TOLD:
            return self.value
        return {"below": BELOW} if self.shown == SMALL else None


class Line:
    """Cells of which the sum is known, as far as `bounds` of the sum go."""

    def __init__(self, cells, total=None, total_hides=False):
        self.cells = cells
        self.total = total
        self.total_hides = total_hides

    def known_sum(self):
        if self.total is None:
            value = sum(cell.value for cell in self.cells)
            return value, value
        return self.total.bounds(math.inf)

    def candidates(self):
        return [cell for cell in self.cells if cell.may_be_hidden()]

    def least(self):
        return min((cell.value for cell in self.candidates()), default=math.inf)

    def intervals(self):
        """What is left for each hidden cell."""
        all_ = [(cell, *cell.bounds(self.least())) for cell in self.cells]
        low_sum, high_sum = self.known_sum()
        if self.total is not None and self.total.shown != TOLD:
            least_sum = sum(lo for _, lo, _ in all_)
            most_sum = sum(hi for _, _, hi in all_)
            yield max(low_sum, least_sum), min(high_sum, most_sum)
        for cell, low, high in all_:
            if cell.shown != TOLD and cell.value:
                others = [(lo, hi) for other, lo, hi in all_ if other is not cell]
                least_others = sum(lo for lo, _ in others)
                most_others = sum(hi for _, hi in others)
                yield max(low, low_sum - most_others), min(high, high_sum - least_others)

    def is_safe(self):
        return all(high > low for low, high in self.intervals())

    def hide_one(self):
        """Whether there was one to be hidden."""
        more = self.candidates()
        if more:
            min(more, key=lambda cell: cell.value).shown = HIDDEN
        return bool(more)

    def blank(self):
        """Whether any cell was not blank that is now."""
        left = [cell for cell in self.cells if cell.shown != BLANK and cell.came > 0]
        for cell in left:
            cell.shown = BLANK
        return bool(left)

    def make_safe(self):
        changed = False
        while not self.is_safe() and (self.hide_one() or self.blank()):
            changed = True
        if self.total_hides and self.total.shown != BLANK and not self.is_safe():
            self.total.shown = BLANK
            changed = True
        return changed


class Bands:
    """The cells child to elder, whose rows and columns bind each other."""

    def __init__(self, rows, totals):
        self.cells = rows
        self.rows = [Line(row) for row in rows]
        self.columns = [Line([row[at] for row in rows]) for at in range(len(totals))]
        self.totals = Line(totals)

    def bounds(self):
        """Of each row's cells, then of the totals."""
        leasts = [column.least() for column in self.columns]
        found = [
            [cell.bounds(max(row.least(), least)) for cell, least in zip(row.cells, leasts)]
            for row in self.rows
        ]
        return found + [[cell.bounds(self.totals.least()) for cell in self.totals.cells]]

    def first_that_follows(self):
        """Its row and column; None: no figure does."""
        rows = self.cells + [self.totals.cells]
        table = rings.Table([[cell.value for cell in row] for row in rows], self.bounds())
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if cell.shown != TOLD and 1 <= cell.value < BELOW and not table.is_open(r, c):
                    return r, c
        return None

    def hide_beside(self, r, c):
        row = self.totals if r == len(self.rows) else self.rows[r]
        return (
            self.columns[c].hide_one()
            or row.hide_one()
            or row.blank()
            or self.totals.blank()
            or any(line.cells[c].value > 0 and line.blank() for line in self.rows)
        )


def persons(code, by):
    """The columns that count parts of the persons, and those of them that split a row."""
    if code == "visits" and by in ("band", "purpose"):
        return ["visits"], []
    columns = PERSONS.get(code, [])
    return columns, [c for c in columns if c in BANDS]


def came(code, by, columns, row):
    """How many came in ROW, of whom `women` are a part."""
    if by in ("band", "purpose") or code not in CAME:
        return math.inf
    names = list(columns)
    return max(sum(row[names.index(name)] for name in CAME[code]), row[names.index("women")])


def cells_of(code, by, columns, keys, rows, total):
    """Cells by row and column, those of the total last, before anything is hidden but small ones."""
    names, bands = persons(code, by)
    split = by in ("band", "purpose")
    places = [list(columns).index(name) for name in names]
    table = []
    for key, row in zip(keys + ["total"], rows + [total]):
        most = came(code, by, columns, row) if names else math.inf
        fixed = split and (key is None or row is total)
        table.append(
            {at: Cell(row[at], fixed, math.inf if columns[at] in bands else most) for at in places}
        )
    return table[:-1], table[-1], places


def suppress(code, by, columns, keys, rows, total):
    """Hide what is to be hidden in ROWS and TOTAL; how many cells of rows."""
    table, totals, places = cells_of(code, by, list(columns), list(keys), rows, total)
    _, split = persons(code, by)
    bands = [list(columns).index(name) for name in split]
    lines = [
        Line([row[at] for row in table], totals[at], by not in ("band", "purpose"))
        for at in places
    ]
    if bands:
        grid = Bands([[row[at] for at in bands] for row in table], [totals[at] for at in bands])
        grid.totals.make_safe()
        lines += grid.rows + [grid.totals]
    while table:
        while any([line.make_safe() for line in lines]):
            pass
        found = grid.first_that_follows() if bands else None
        if not found:
            break
        assert grid.hide_beside(*found)
    for row, cells in zip(rows + [total], table + [totals]):
        for at, cell in cells.items():
            row[at] = cell.printed()
    return sum(cell.shown != TOLD for row in table for cell in row.values())

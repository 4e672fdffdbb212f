"""Whoever has a sheet in hand and subtracts: does any small figure follow?

Of each line of the sheet that adds up (docs/REPORTS.md, "Small figures") all numbers are tried
that what is shown leaves open. A hidden cell for which only one fits, from 1 to 4, is found
out. Then all lines of the bands are taken together: a cell is found out too if every table
that fits the whole sheet has the same number there. How many of a row said their band counts
as known, as the page has it.
"""
import math

import rings
import suppression

LARGEST = 300  # a sum above leaves more open than is worth trying


def options(cell, most):
    """What a cell of a sheet can be, up to MOST."""
    if isinstance(cell, int):
        return [cell] if cell <= most else []
    if isinstance(cell, dict):
        return range(1, min(suppression.BELOW - 1, most) + 1)
    return range(0, most + 1)


def left_open(cells, total, came):
    """For each of CELLS, at most as many as CAME, the numbers that it can be if they add up to TOTAL."""
    sums = [{0}]  # that the first cells can come to
    for cell, most in zip(cells, came):
        sums.append({a + b for a in sums[-1] for b in options(cell, min(total - a, most))})
    behind, found = {total}, []
    for before, cell, most in zip(sums[-2::-1], reversed(cells), reversed(came)):
        pairs = [(b - v, v) for b in behind for v in options(cell, min(b, most)) if b - v in before]
        behind = {rest for rest, _ in pairs}
        found.append({value for _, value in pairs})
    return found[::-1]


def follows(cells, total, came):
    """The places of hidden CELLS that are found out, given their sum."""
    if not isinstance(total, int) or total > LARGEST:
        return []
    if all(isinstance(cell, int) for cell in cells):
        return []
    small = range(1, suppression.BELOW)
    return [
        at
        for at, can in enumerate(left_open(cells, total, came))
        if not isinstance(cells[at], int) and len(can) == 1 and min(can) in small
    ]


def bounds(cell):
    """What a cell can be by the way it is shown."""
    if isinstance(cell, int):
        return cell, cell
    return (1, suppression.BELOW - 1) if isinstance(cell, dict) else (0, math.inf)


def follow_together(shown, bands):
    """Row and column of the hidden cells that follow from all of SHOWN. BANDS: what they are."""
    table = rings.Table(bands, [[bounds(cell) for cell in row] for row in shown])
    return [
        (r, c)
        for r, row in enumerate(shown)
        for c, cell in enumerate(row)
        if not isinstance(cell, int) and 1 <= bands[r][c] < suppression.BELOW
        and not table.is_open(r, c)
    ]


def attack(code, sheet, bands):
    """Cells that are found out, as text. BANDS: of each row, and of the total, those of each band."""
    names = sheet["columns"]
    width = len(names) - len(sheet["total"])
    persons, split = suppression.persons(code, sheet["by"])
    columns = {name: list(names).index(name) for name in persons}
    found = []
    total = list(sheet["total"])
    for name, at in columns.items():
        cells = [row[at] for row in sheet["rows"]]
        came = [math.inf] * len(cells)
        if name == "women":
            heads = [names.index(column) for column in suppression.CAME[code]]
            came = [sum(row[head] for head in heads) for row in sheet["rows"]]
            came = [max(most, cell) if isinstance(cell, int) else most
                    for cell, most in zip(cells, came)]
        if not isinstance(total[at - width], int) and all(isinstance(c, int) for c in cells):
            total[at - width] = sum(cells)  # hidden for nothing
        found += ["row %d, %s" % (i, name) for i in follows(cells, sheet["total"][at - width], came)]
    if split:
        heads = [None] * width
        shown = [[row[columns[name]] for name in split] for row in sheet["rows"] + [heads + total]]
        for i, (cells, values) in enumerate(zip(shown, bands)):
            came = [math.inf] * len(cells)
            found += ["row %d, %s" % (i, split[at]) for at in follows(cells, sum(values), came)]
        found += ["row %d, %s, of all lines" % (r, split[c]) for r, c in follow_together(shown, bands)]
    return found

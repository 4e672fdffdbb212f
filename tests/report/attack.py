"""Whoever has a sheet in hand and subtracts: does any small figure follow?

Of each line of the sheet that adds up (docs/REPORTS.md, "Small figures") all numbers are tried
that what is shown leaves open. A hidden cell for which only one fits, from 1 to 4, is found
out. How many of a row said their band counts as known, as the page has it.
"""
import suppression

LARGEST = 300  # a sum above leaves more open than is worth trying


def options(cell, most):
    """What a cell of a sheet can be, up to MOST."""
    if isinstance(cell, int):
        return [cell] if cell <= most else []
    if isinstance(cell, dict):
        return range(1, min(suppression.BELOW - 1, most) + 1)
    return range(0, most + 1)


def left_open(cells, total):
    """For each of CELLS the numbers that it can be if they add up to TOTAL."""
    sums = [{0}]  # that the first cells can come to
    for cell in cells:
        sums.append({a + b for a in sums[-1] for b in options(cell, total - a)})
    behind, found = {total}, []
    for before, cell in zip(sums[-2::-1], reversed(cells)):
        pairs = [(b - v, v) for b in behind for v in options(cell, b) if b - v in before]
        behind = {rest for rest, _ in pairs}
        found.append({value for _, value in pairs})
    return found[::-1]


def follows(cells, total):
    """The places of hidden CELLS that are found out, given their sum."""
    if not isinstance(total, int) or total > LARGEST:
        return []
    if all(isinstance(cell, int) for cell in cells):
        return []
    small = range(1, suppression.BELOW)
    return [
        at
        for at, can in enumerate(left_open(cells, total))
        if not isinstance(cells[at], int) and len(can) == 1 and min(can) in small
    ]


def attack(code, sheet, said):
    """Cells that are found out, as text. SAID: of each row, and of the total, who said their band."""
    names = sheet["columns"]
    width = len(names) - len(sheet["total"])
    persons, split = suppression.persons(code, sheet["by"])
    columns = {name: list(names).index(name) for name in persons}
    found = []
    total = list(sheet["total"])
    for name, at in columns.items():
        cells = [row[at] for row in sheet["rows"]]
        if not isinstance(total[at - width], int) and all(isinstance(c, int) for c in cells):
            total[at - width] = sum(cells)  # hidden for nothing
        found += ["row %d, %s" % (i, name) for i in follows(cells, sheet["total"][at - width])]
    if split:
        heads = [None] * width
        for i, (row, came) in enumerate(zip(sheet["rows"] + [heads + total], said)):
            cells = [row[columns[name]] for name in split]
            found += ["row %d, %s" % (i, split[at]) for at in follows(cells, came)]
    return found

"""Whoever has a sheet in hand and subtracts: does any small figure follow?

Of each line of the sheet that adds up (docs/REPORTS.md, "Small figures") all numbers are tried
that what is shown leaves open. A hidden cell for which only one fits, from 1 to 4, is found
out. Then all lines of the bands are taken together: a cell is found out too if every table
that fits the whole sheet has the same number there. How many of a row said their band counts
as known, as the page has it.

together() does so with what was printed of a sheet and what is told of it later: whoever has
both takes it that persons were only added.
"""
import math

import rings
import suppression

LARGEST = 300  # a sum above leaves more open than is worth trying
LARGEST_OF_BOTH, MORE = 60, 6  # the same of two sheets, and by how much the later one is more


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


def pairs(was, now, most, more):
    """What a cell can be in both: (in the first, by how much it is more in the second)."""
    later = set(options(now, most + more))
    return [(a, b - a) for a in options(was, most) for b in range(a, a + more + 1) if b in later]


def both_open(was, now, sums):
    """For each place what its cell can be in WAS and in NOW, which come to SUMS, if it is no less."""
    most, more = sums[0], sums[1] - sums[0]
    choices = [pairs(a, b, most, more) for a, b in zip(was, now)]
    reach = [{(0, 0)}]
    for choice in choices:
        reach.append({(a + p, b + d) for a, b in reach[-1] for p, d in choice if a + p <= most and b + d <= more})
    behind, found = {(most, more)}, []
    for before, choice in zip(reach[-2::-1], reversed(choices)):
        ways = [((a - p, b - d), (p, d)) for a, b in behind for p, d in choice if (a - p, b - d) in before]
        behind = {rest for rest, _ in ways}
        found.append(({p for _, (p, _) in ways}, {p + d for _, (p, d) in ways}))
    return found[::-1]


def both_follow(was, now, sums, truth):
    """The places of cells that are hidden in either, are 1 to 4 there, and are found out."""
    if not all(isinstance(n, int) for n in sums) or not 0 <= sums[1] - sums[0] <= MORE or sums[0] > LARGEST_OF_BOTH:
        return []
    if all(isinstance(cell, int) for cell in was + now):
        return []
    return [
        at
        for at, can in enumerate(both_open(was, now, sums))
        for cell, left, true in zip((was[at], now[at]), can, truth[at])
        if not isinstance(cell, int) and left == {true} and 1 <= true < suppression.BELOW
    ]


def together(printed, now, truth):
    """What is found out of a sheet as PRINTED and as it is NOW. TRUTH: of both (rows by key, totals)."""
    parts, split = suppression.persons(now["report"], now["by"])
    names = now["columns"]
    width = len(names) - len(now["total"])
    shown = [{row[0]: dict(zip(names[width:], row[width:])) for row in sheet["rows"]} for sheet in (printed, now)]
    totals = [dict(zip(names[width:], sheet["total"])) for sheet in (printed, now)]
    keys = sorted(set(shown[0]) | set(shown[1]), key=str)
    cell = lambda where, key, name: where.get(key, {}).get(name, 0)
    found = []

    def line(words, was_now, sums, true):
        for at in both_follow(*was_now, sums, true):
            found.append("%s, %s, of both" % (words, at))

    for name in parts:
        cells = [[cell(sheet, key, name) for key in keys] for sheet in shown]
        true = [[cell(rows, key, name) for rows, _ in truth] for key in keys]
        line("column %s" % name, cells, [total[name] for total in totals], true)
    for key in keys + ["total"]:
        where = shown if key != "total" else [{key: total} for total in totals]
        real = [rows.get(key, {}) if key != "total" else total for rows, total in truth]
        values = [[lines.get(name, 0) for name in split] for lines in real]
        if split:
            cells = [[cell(sheet, key, name) for name in split] for sheet in where]
            line("row %s" % key, cells, [sum(bands) for bands in values], list(zip(*values)))
        if "women" in parts:
            came = [sum(lines.get(name, 0) for name in suppression.CAME[now["report"]]) for lines in real]
            women = [lines.get("women", 0) for lines in real]
            if all(most >= part for most, part in zip(came, women)):
                cells = [[cell(sheet, key, "women"), None] for sheet in where]
                line("row %s, women" % key, cells, came, [women, (0, 0)])  # of the others nothing is hidden
    return found

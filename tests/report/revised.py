"""Sheets that were issued, and pages typed in after that: what must be said to have changed, and
what of it must not (docs/REPORTS.md, "What was printed")."""
import copy

import attack
import independent
import suppression

SPLITS = ("band", "purpose")


def figures(sheet):
    """(key of a row, column) -> cell; None for the row of the totals."""
    names = [column["name"] for column in sheet["columns"]]
    found = {}
    for row in sheet["rows"]:
        for name, cell in zip(names, row):
            found[("row", row[0]), name] = cell
    for name, cell in zip(names, sheet.get("total", [])):
        found[("total", None), name] = cell
    return found


def heads(sheet):
    """How many columns say what a row is about."""
    return {"commune": 2, "site": 3}.get(sheet["by"], 1)


def standing(sheet):
    """What stands around the lines and may be revised: name -> figure."""
    found = {"rule": (sheet["rule"]["name"], sheet["rule"]["version"])}
    for name in ("numerator", "denominator", "mean"):
        if name in sheet:
            found[name] = sheet[name]
    for year, value in sheet["targets"].items():
        found["target", year] = value
    return found


def restated(printed, now):
    """Of that what differs."""
    before, after = standing(printed), standing(now)
    for name in set(before) | set(after):
        if before.get(name) != after.get(name):
            yield ("standing", name, repr(before.get(name)), repr(after.get(name)))


def is_hidden(cell):
    return not isinstance(cell, int)


def hides(sheet, place):
    """Whether a part of the persons in a line, or in the totals, does not stand as its number."""
    names, _ = suppression.persons(sheet["report"], sheet["by"])
    found = figures(sheet)
    if sheet["by"] in SPLITS:
        return any(is_hidden(found[row, name]) for row, name in found if row[0] == "row" and name in names)
    return any(is_hidden(found[place, name]) for name in names if (place, name) in found)


def expected(printed, now):
    """What differs in two sheets; the cells as (what the row is about, column, printed, now)."""
    before, after = figures(printed), figures(now)
    parts, _ = suppression.persons(now["report"], now["by"])
    splits = now["by"] in SPLITS
    names = [column["name"] for column in now["columns"]][heads(now) :]
    found = set(restated(printed, now))
    for place in {row for row, _ in list(before) + list(after)}:
        quiet = any(hides(sheet, at) for sheet in (printed, now) for at in (place, ("total", None)))
        for name in names:
            old, new = before.get((place, name)), after.get((place, name))
            gone = (place, name) not in before or (place, name) not in after
            if old == new or gone and {repr(old), repr(new)} <= {"None", "0"}:
                continue
            about = place[1] if place[0] == "row" else "total"
            if name in parts and quiet and not (splits and place[0] == "total"):
                found.add(("total" if splits else about, "parts"))
            else:
                found.add((about, name, repr(old), repr(new)))
    return found


def keyed(sheet):
    """Of a sheet as independent.sheet() has it: key of a row -> its figures, by column."""
    width = len(sheet["columns"]) - len(sheet["total"])
    names = sheet["columns"][width:]
    return {row[0]: dict(zip(names, row[width:])) for row in sheet["rows"]}, dict(zip(names, sheet["total"]))


def withheld(printed, ours):
    """OURS, a sheet by itself, as it is to be told once PRINTED was given away."""
    parts, _ = suppression.persons(ours["report"], ours["by"])
    if not parts:
        return ours
    (before, sum_before), (after, sum_after) = keyed(printed), keyed(ours)
    hidden = lambda line: any(is_hidden(line[name]) for name in parts if name in line)

    def moved(was, now):
        nothing = dict.fromkeys(was or now, 0)
        was, now = was or nothing, now or nothing
        return any((was[name] or 0) != (now[name] or 0) if nothing in (was, now) else was[name] != now[name]
                   for name in now if name in was)

    keys = set(before) | set(after)
    some = {k for k in keys if moved(before.get(k), after.get(k))}
    tells = {k for k in keys if hidden(before.get(k, {})) or hidden(after.get(k, {}))}
    all_moved = moved(sum_before, sum_after)
    if ours["by"] in SPLITS:
        blank = keys if tells and (some or all_moved) else set()
        total = False
    else:
        blank = some & tells
        total = bool(blank) or all_moved and (hidden(sum_before) or hidden(sum_after))
        total = total or any(k not in after and hidden(before[k]) for k in before)
    found = copy.deepcopy(ours)
    width = len(ours["columns"]) - len(ours["total"])
    for name in parts:
        at = ours["columns"].index(name)
        for row in found["rows"]:
            row[at] = None if row[0] in blank else row[at]
        found["total"][at - width] = None if total else found["total"][at - width]
    places = [ours["columns"].index(name) for name in parts]
    found["suppressed"] = sum(is_hidden(row[at]) for row in found["rows"] for at in places)
    return found


def as_counted(ledger, code, period, by):
    """Of a sheet with nothing hidden: key of a row -> its figures, by column; and the totals."""
    columns, keys, rows, total, _ = independent.body(independent.Scope(ledger, independent.Span(period), by), code)
    front = [independent.head(ledger, by, key)[0] for key in keys]
    names = list(columns)
    return {key: dict(zip(names, row)) for key, row in zip(front, rows)}, dict(zip(names, total))


# --- made-up sheets ---

NAMES = ["visits", "women"] + suppression.BANDS


def made_up(by, counted):
    """A sheet of COUNTED ({key: figures}) with its small figures hidden."""
    keys = sorted(counted, key=lambda key: (key is None, key or 0))
    names = ["visits"] if by in SPLITS else NAMES
    rows = [[counted[key][name] for name in names] for key in keys]
    total = [sum(column) for column in zip(*rows)]
    hidden = suppression.suppress("visits", by, names, keys, rows, total)
    return {"report": "visits", "by": by, "columns": [by] + names, "total": total, "suppressed": hidden,
            "rows": [[key] + row for key, row in zip(keys, rows)]}


def some_counted(rng, by):
    if by in SPLITS:
        return {key: {"visits": rng.choice([0, 0, rng.randrange(1, 5), rng.randrange(5, 12)])}
                for key in [0, 1, 2, 3] + [None] * rng.randrange(2)}
    found = {}
    for key in range(rng.randrange(1, 5)):
        line = {name: rng.choice([0, 0, rng.randrange(1, 5), rng.randrange(5, 12)]) for name in suppression.BANDS}
        line["visits"] = sum(line.values()) + rng.choice([0, 0, 3])
        line["women"] = rng.randrange(line["visits"] + 1)
        found[key] = line
    return {key: line for key, line in found.items() if line["visits"]} or some_counted(rng, by)


def later(rng, by, counted):
    """COUNTED with one to three visits more."""
    found = copy.deepcopy(counted)
    for _ in range(rng.randrange(1, 4)):
        line = found[rng.choice(list(found))]
        line["visits"] += 1
        if by not in SPLITS:
            line["women"] += rng.randrange(2)
            line[rng.choice(suppression.BANDS)] += 1
    return found


def totals_of(counted):
    names = list(next(iter(counted.values())))
    return {name: sum(line[name] for line in counted.values()) for name in names}


def try_made_up(rng, count):
    """(pairs in which something followed, what, in how many it would were nothing withheld)."""
    found, words, bare = 0, [], 0
    for _ in range(count):
        by = rng.choice(["kind", "kind", "kind", "band"])
        before = some_counted(rng, by)
        after = later(rng, by, before)
        printed, now = made_up(by, before), made_up(by, after)
        truth = ((before, totals_of(before)), (after, totals_of(after)))
        bare += bool(attack.together(printed, now, truth))
        told = withheld(printed, now)
        follows = attack.together(printed, told, truth)
        if by not in SPLITS:
            bands = [[line[name] for name in suppression.BANDS] for line in [*after.values(), totals_of(after)]]
            follows += attack.attack("visits", told, bands)
        found += bool(follows)
        words += ["%s: printed %s, now %s" % (text, printed["rows"], told["rows"]) for text in follows]
    return found, words, bare


def said(sheet):
    """The same of what packhorsed lists."""
    return {spelt(item) for item in sheet.get("revised", [])}


def spelt(item):
    if "parts" in item:
        return (item["row"][0] if item["row"] is not None else "total", "parts")
    printed, now = item["printed"], item["now"]
    if item.get("what") == "rule":
        printed, now = ((rule["name"], rule["version"]) for rule in (printed, now))
    if "what" in item:
        about = ("standing", ("target", item["year"]) if "year" in item else item["what"])
    else:
        about = (item["row"][0] if item["row"] is not None else "total", item["column"])
    return about + (repr(printed), repr(now))

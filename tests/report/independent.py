#!/usr/bin/python3
"""independent.py CODE --period P [--by B] [--commune C] HISTORY: one report, reckoned a second time.

From what `packhorsed history` printed, by docs/REPORTS.md, docs/MERGE.md and docs/KINDS.md
alone: nothing here was written with the C of the reports in view. Prints the sheet as
JSON, with the members that the page defines.
"""
import argparse
import json

import count_rows
import exported
from grid import Scope, head, head_columns
import plan_rows
from spans import Span
import suppression
import tally_rows

ROWS = {**plan_rows.ROWS, **count_rows.ROWS, **tally_rows.ROWS}
TREND = 8
ALWAYS = {by: range(len(exported.enum_names("visit", by))) for by in ("band", "purpose")}


def sort_key(by, key):
    return (key is None, key if key is not None else 0)


def body(scope, code):
    """The rows of a sheet with their totals, before anything is suppressed."""
    grid, totals, part = ROWS[code](scope)
    keys = set(grid.cells)
    always = scope.span.months() if scope.by == "month" else ALWAYS.get(scope.by, [])
    if always:
        keys = {k for k in keys | set(always) if k is not None or grid.value(k, grid.columns[0])}
        for key in keys:
            grid.want(key)
    elif code not in ("M1", "M2", "M4"):
        keys = {k for k in keys if any(grid.value(k, c) for c in grid.columns)}
    keys = sorted(keys, key=lambda key: sort_key(scope.by, key))
    rows = [[grid.value(key, column) for column in grid.columns] for key in keys]
    total = [totals[c] if c in totals else grid.total(c) for c in grid.columns]
    return grid.columns, keys, rows, total, part


def main_figure(total, part):
    if part is not None:
        return plan_rows.percent(*part)
    return total[0] if isinstance(total[0], int) else None


def trend(ledger, code, span, by, commune, units):
    found = []
    for back in range(TREND, 0, -1):
        then = span.moved(-back)
        if then is None:
            continue
        scope = Scope(ledger, then, by, commune, units, span.last)
        columns, keys, rows, total, part = body(scope, code)
        suppression.suppress(code, by, columns, keys, rows, total)
        value = main_figure(total, part)
        found.append({"period": then.name, "value": value})
    return found


def targets(ledger, code):
    found = dict(plan_rows.TARGETS.get(code, {}))
    puts = {}
    for fact in ledger.of("target-put"):
        if fact["indicator"] == code:
            puts.setdefault(fact["year"], []).append(fact)
    for year, own in puts.items():
        value = exported.shown(own, "value")
        if value is not None:
            found[str(year)] = value
    return found


class Device:
    def __init__(self, id_, state, last):
        admissions, _, retires, cuts = (state + [None] * 4)[:4]
        self.id = id_
        self.site = self.role = None
        if admissions:
            _, self.site, self.role, *_ = admissions[-1]
        self.is_sites = bool(admissions and self.role & 1)
        self.in_use = self.is_sites and not retires and not cuts
        self.last = last


def devices(ledger):
    stamps = ledger.last_stamps()
    states = ledger.fold.of(exported.naming.DEVICE)
    found = [Device(id_, state, stamps.get(id_)) for id_, state in states.items()]
    return [device for device in found if device.is_sites]


def day_of(second):
    return (second + exported.ZONE) // exported.DAY


def tells_of(device, day):
    """Whether all that a device did until a day has come."""
    return device.last is not None and day_of(device.last) > day


def strays(ledger, span, commune):
    """What names a commune that nobody named: (commune, site, kind) of each entry, counted."""
    if commune or not ledger.commune_puts:
        return []
    found = []
    for fact in ledger.of("tally"):
        if fact["commune"] and fact["from"] <= span.last and fact["to"] >= span.first:
            found.append((fact["commune"], fact.site, "tally"))
    for site, stops in ledger.stops.items():
        for stop in stops:
            told = stop.commune and stop.commune != ledger.site(site, "commune")
            if told and span.first <= stop.fact.day() <= span.last:
                found.append((stop.commune, site, "mobile-stop"))
    for site in ledger.site_puts:
        if ledger.site(site, "commune"):
            found.append((ledger.site(site, "commune"), site, "site-put"))
    found += [(fact["commune"], fact.site, "model-put") for fact in ledger.of("model-put")]
    found = [item for item in found if item[0] not in ledger.commune_puts]
    number = {"mobile-stop": 72, "model-put": 85, "tally": 86, "site-put": 100}
    shown = []
    for one in sorted(set(found), key=lambda item: (item[0], item[1], number[item[2]])):
        item = {"commune": one[0], "site": one[1], "kind": one[2], "entries": found.count(one)}
        if ledger.site(one[1], "code"):
            item["code"] = ledger.site(one[1], "code")
        shown.append(item)
    return shown


def open_sites(ledger, commune, day):
    """The sites of a commune, as they lie now, that had been named by a day and were not closed on it."""
    for number, puts in ledger.site_puts.items():
        until = [fact for fact in puts if fact.day() <= day]
        if until and exported.shown(until, "status") != exported.CLOSED:
            if exported.shown(puts, "commune") == commune:
                yield number


def complete(ledger, period, code, commune=None):
    """How far the figures of row CODE in a period are complete, and who is missing."""
    span = Span(period)
    units = ledger.units(span.last, code in plan_rows.TARGETS)
    scope = Scope(ledger, span, "commune", commune, units)
    asked = span.last if span.last < ledger.today else ledger.today - 1
    good, missing = 0, []
    known = [d for d in devices(ledger) if d.in_use or tells_of(d, asked)]
    for code in scope.units:
        own = [d for d in known if ledger.site(d.site, "commune") == code]
        late = [d for d in own if not tells_of(d, asked)]
        bare = [s for s in open_sites(ledger, code, asked) if all(d.site != s for d in own)]
        good += bool(own) and not late and not bare
        name = ledger.commune_name(code)
        if not own and not bare:
            missing.append({"code": code, "name": name})
        for number, id_ in sorted([(d.site, d.id) for d in late] + [(s, b"") for s in bare]):
            item = {"code": code, "name": name, "site": ledger.site(number, "code") or str(number)}
            missing.append(dict(item, device=id_.hex()) if id_ else item)
    return {
        "communes": good,
        "of": len(scope.units),
        "up_to": Span.text(asked) if asked >= span.first else None,
        "missing": missing,
        "strays": strays(ledger, span, commune),
    }


def sheet(ledger, code, period, by, commune=None):
    """What packhorsed must say, as far as the page defines it."""
    span = Span(period)
    scope = Scope(ledger, span, by, commune)
    columns, keys, rows, total, part = body(scope, code)
    hidden = suppression.suppress(code, by, columns, keys, rows, total)
    heads = [head(ledger, by, key) for key in keys]
    found = {
        "report": code,
        "period": {"name": span.name, "from": Span.text(span.first), "to": Span.text(span.last)},
        "by": by,
        "rule": plan_rows.rule(ledger, code, span.last),
        "columns": head_columns(by) + list(columns),
        "rows": [front + row for front, row in zip(heads, rows)],
        "total": total,
        "targets": targets(ledger, code),
        "trend": trend(ledger, code, span, by, commune, scope.units),
        "suppressed": hidden,
    }
    if part is not None:
        found["numerator"], found["denominator"] = part
        found["value"] = plan_rows.percent(*part)
    if code == "M4":
        found["mean"] = plan_rows.mean_growth(scope)
    return found


def bands(ledger, period, by, commune=None):
    """Of each row of `visits`, and of the total, how many were of each band."""
    columns, _, rows, total, _ = body(Scope(ledger, Span(period), by, commune), "visits")
    places = [columns.index(name) for name in suppression.BANDS if name in columns]
    return [[row[at] for at in places] for row in rows + [total]]


def comparable(theirs, ours):
    """What packhorsed said, in the shape of sheet(): without titles, words of rules and the like."""
    if "rows" not in theirs:
        return theirs
    found = {name: theirs[name] for name in ours if name in theirs}
    found["rule"] = {name: value for name, value in theirs["rule"].items() if name not in ("en", "vi")}
    found["columns"] = [column["name"] for column in theirs["columns"]]
    width = len(theirs["columns"]) - len(ours["total"])
    found["total"] = theirs["total"][width:] if "total" in theirs else None
    found["targets"] = theirs.get("targets", {})
    return found


def comparable_complete(theirs):
    """The same of complete()."""
    if "complete" not in theirs:
        return theirs
    names = ("code", "name", "site", "device")
    found = dict(theirs["complete"])
    found["missing"] = [
        {name: item[name] for name in names if item.get(name) is not None}
        for item in found["missing"]
    ]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("code", choices=list(ROWS))
    parser.add_argument("history")
    parser.add_argument("--period", required=True)
    parser.add_argument("--by", default="commune")
    parser.add_argument("--commune")
    asked = parser.parse_args()
    with open(asked.history, encoding="utf-8") as file:
        ledger = exported.Ledger(file)
    found = sheet(ledger, asked.code, asked.period, asked.by, asked.commune)
    found["complete"] = complete(ledger, asked.period, asked.code, asked.commune)
    print(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()

"""M1 to M4: the four targets of the plan (docs/REPORTS.md)."""
from exported import PROVINCIAL, VAN, enum_names, shown
from grid import Grid
from history import ref_bytes, ref_text
from spans import Span
import tally_rows

RECOGNISED = 2
COLLABORATOR, VOLUNTEER = 2, 3


def percent(part, whole):
    """Hundredths of a per cent, half away from zero; None of nothing."""
    if whole == 0:
        return None
    top = abs(part) * 10000
    found = (2 * top + whole) // (2 * whole)
    return found if part >= 0 else -found


def m1(scope):
    ledger = scope.ledger
    grid = Grid(["status", "decision", "date", "recognised"])
    names = enum_names("model-put", "status")
    for code in scope.units:
        puts = [f for f in ledger.of("model-put") if f["commune"] == code]
        puts = [f for f in puts if (f.day() if f["date"] is None else f["date"]) <= scope.span.last]
        status, date = shown(puts, "status"), shown(puts, "date")
        grid.put(code, "status", None if status is None else names[status])
        grid.put(code, "decision", shown(puts, "decision"))
        grid.put(code, "date", None if date is None else Span.text(date))
        grid.put(code, "recognised", int(status == RECOGNISED))
    totals = {c: None for c in ("status", "decision", "date")}
    return grid, totals, (grid.total("recognised"), len(scope.units))


def m2(scope):
    ledger = scope.ledger
    columns = ["rotations", "stops", "digital", "activities"]
    grid = Grid(columns + ["services", "effective"])
    least = ledger.least(scope.rule_day)
    units = set(scope.units)
    for fact in scope.during("crate-dispatch"):
        ends = {s for s in (fact["from"], fact["to"]) if ledger.is_grassroots(s)}
        for code in {ledger.site(site, "commune") for site in ends} & units:
            grid.add(code, "rotations", 1)
    for fact in scope.during("mobile-stop"):
        if fact["stop"] is None and ledger.commune_of(fact) in units:
            grid.add(ledger.commune_of(fact), "stops", 1)
    for fact in scope.during("digital-use", "activity"):
        kind = ledger.site(fact.site, "site_kind")
        if kind == PROVINCIAL or kind == VAN and not ledger.stop_of(fact):
            continue
        code = ledger.commune_of(fact)
        if code in units and fact.kind == "activity":
            grid.add(code, "activities", 1)
        elif code in units:
            grid.add(code, "digital", fact["count"] or 1)
    for code in scope.units:
        grid.want(code)
        services = sum(grid.value(code, column) > 0 for column in columns)
        grid.put(code, "services", services)
        grid.put(code, "effective", int(services >= least))
    return grid, {}, (grid.total("effective"), len(scope.units))


class Worker:
    def __init__(self, first, puts):
        self.role = shown(puts, "role")
        self.begins, self.ends = shown(puts, "from"), shown(puts, "to")
        if self.begins is None:
            self.begins = first.day()
        site = shown(puts, "site")
        self.site = first.site if site is None else site

    def counts(self, ledger, day):
        return (
            self.role not in (COLLABORATOR, VOLUNTEER)
            and self.begins <= day
            and (self.ends is None or self.ends >= day)
            and ledger.is_grassroots(self.site)
        )


def m3(scope):
    ledger, day = scope.ledger, scope.span.last
    grid = Grid(["workers", "trained", "share"])
    trained = set()
    for fact in ledger.of("training"):
        if fact.day() <= day:
            trained |= {ref_bytes(ref) for ref in fact["attendees"] or []}
    puts = {}
    for fact in ledger.of("worker-put"):
        puts.setdefault(ref_bytes(fact["worker"] or fact.ref), []).append(fact)
    for id_, own in puts.items():
        first = [f for f in own if ref_bytes(f.ref) == id_]
        if not first:
            continue
        worker = Worker(first[0], own)
        commune = ledger.site(worker.site, "commune")
        if not worker.counts(ledger, day) or ledger.xa_only(scope.rule_day) and commune not in scope.units:
            continue
        key = scope.key(worker.site, commune, day)
        grid.add(key, "workers", 1)
        grid.add(key, "trained", int(id_ in trained))
    for key in grid.cells:
        grid.put(key, "share", percent(grid.value(key, "trained"), grid.value(key, "workers")))
    part, whole = grid.total("trained"), grid.total("workers")
    return grid, {"share": percent(part, whole)}, (part, whole)


def turns(scope, span):
    """Unit, or None for all that is of none, to the user turns of SPAN."""
    ledger = scope.ledger
    recorded, told = {}, {}
    unit = lambda code: code if code in scope.units else None
    for fact in ledger.of("visit", "digital-use"):
        if span.has(fact.day()):
            code = unit(ledger.commune_of(fact))
            recorded[code] = recorded.get(code, 0) + (fact["count"] or 1)
    for tally in tally_rows.flows(ledger, span, "user-turns"):
        code = unit(tally_rows.commune_of(ledger, tally))
        told[code] = told.get(code, 0) + tally["value"]
    found = {c: max(recorded.get(c, 0), told.get(c, 0)) for c in set(recorded) | set(told)}
    if ledger.xa_only(scope.rule_day) or scope.commune is not None or not found.get(None):
        found.pop(None, None)
    return found


def m4(scope):
    grid = Grid(["turns", "before", "growth"])
    now = turns(scope, scope.span)
    before = turns(scope, scope.span.in_year(scope.span.year - 1))
    for code in scope.units:
        grid.want(code)
    for code in set(now) | set(before):
        grid.put(code, "turns", now.get(code, 0))
        grid.put(code, "before", before.get(code, 0))
    for code in grid.cells:
        old = grid.value(code, "before")
        grid.put(code, "growth", percent(grid.value(code, "turns") - old, old))
    old = grid.total("before")
    grown = grid.total("turns") - old
    return grid, {"growth": percent(grown, old)}, (grown, old)


def mean_growth(scope):
    """The mean growth a year since 2025, of M4."""
    span = scope.span
    if span.year <= 2025:
        return None
    start = sum(turns(scope, span.in_year(2025)).values())
    if start == 0:
        return None
    ratio = sum(turns(scope, span).values()) / start
    exact = (ratio ** (1 / (span.year - 2025)) - 1) * 10000
    return int(exact + 0.5) if exact >= 0 else -int(-exact + 0.5)


ROWS = {"M1": m1, "M2": m2, "M3": m3, "M4": m4}
RULES = {"M1": "units", "M2": None, "M3": "ever-trained", "M4": "year-before"}
TARGETS = {
    "M1": {"2026": 1500, "2030": 5000, "2045": 9000},
    "M2": {"2026": 1500, "2030": 5000, "2045": 9000},
    "M3": {"2026": 4000, "2030": 6000, "2045": 9000},
    "M4": {"2026": 1000, "2030": 1500, "2045": 3000},
}  # fmt: skip


def rule_name(ledger, code, day):
    """The name of the rule by which CODE is reckoned, as of a day."""
    xa = ledger.xa_only(day)
    if code == "M1":
        return "xa" if xa else "units"
    if code == "M2":
        return "%d-of-4%s" % (ledger.least(day), "-xa" if xa else "")
    return RULES[code] + ("-xa" if xa else "") if code in RULES else "count"


def told_rule(ledger, code, day):
    """Version and text of the rule as the targets of CODE name it by a day."""
    best = (0, None)
    puts = {}
    for fact in ledger.of("target-put"):
        if fact["indicator"] == code:
            puts.setdefault(fact["year"], []).append(fact)
    for year in sorted(puts):
        version = ledger.written_last(puts[year], "version", day) or 0
        if version > best[0] or version == best[0] and best[1] is None:
            best = (version, ledger.written_last(puts[year], "rule", day))
    return best


def rule(ledger, code, last):
    """The rule of CODE for a period that ends on a day: as `rule` of the answer, without its words."""
    policies = ["report-xa-only"] * (code in RULES) + ["report-m2-least"] * (code == "M2")
    puts = [f for f in ledger.of("policy-put") if f["name"] in policies]
    puts += [f for f in ledger.of("target-put") if f["indicator"] == code]
    days = {}
    for fact in sorted(puts, key=ledger.written):
        if fact.day() <= last:
            days[fact.day()] = fact
    state = lambda day: (rule_name(ledger, code, day), told_rule(ledger, code, day))
    before = state(-(1 << 60))
    found = {"version": 1}
    for day in sorted(days):
        now = state(day)
        if now != before:
            named = now[1][0] if now[1][0] != before[1][0] else 0
            found = {"version": named or found["version"] + 1, "since": Span.text(day), "put": ref_text(days[day].ref)}
        before = now
    found["name"] = rule_name(ledger, code, last)
    if told_rule(ledger, code, last)[1]:
        found["told"] = told_rule(ledger, code, last)[1]
    return found


__all__ = ["ROWS", "TARGETS", "mean_growth", "percent", "rule"]

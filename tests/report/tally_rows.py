"""A9 to A14, and what else tallies tell (docs/REPORTS.md, "Tallies")."""
from exported import enum_names, told_order
from grid import Grid

CODES = {name: at for at, name in enumerate(enum_names("tally", "code"))}


def told(ledger, code):
    """The tallies of CODE that count: of several for one thing and time the last."""
    last = {}
    for fact in sorted(ledger.of("tally"), key=told_order):
        if fact["code"] == CODES[code]:
            last[(fact.site, fact["commune"], fact["from"], fact["to"])] = fact
    return list(last.values())


def flows(ledger, span, code):
    return [t for t in told(ledger, code) if span.first <= t["from"] and t["to"] <= span.last]


def levels(ledger, span, code):
    best = {}
    for tally in told(ledger, code):
        if tally["to"] <= span.last:
            best.setdefault((tally.site, tally["commune"]), []).append(tally)
    rank = lambda tally: (tally["to"], tally["from"])
    return [max(own, key=rank) for own in best.values()]


def commune_of(ledger, tally):
    return tally["commune"] or ledger.site(tally.site, "commune")


def add(scope, grid, column, tallies):
    for tally in tallies:
        commune = commune_of(scope.ledger, tally)
        grid.add(scope.key(tally.site, commune, tally.day()), column, tally["value"])


def sheet_of(columns, choose):
    def row(scope):
        grid = Grid(list(columns))
        for column, code in columns.items():
            add(scope, grid, column, choose(scope.ledger, scope.span, code))
        return grid, {}, None

    return row


ROWS = {
    "A9": sheet_of({"commendations": "commendations"}, flows),
    "A10": sheet_of({"media": "media"}, flows),
    "A11": sheet_of({"premises": "premises"}, levels),
    "A12": sheet_of({"state": "budget-state", "other": "budget-other"}, flows),
    "A13": sheet_of({"inspections": "inspections"}, flows),
    "A14": sheet_of({"families": "learning-families"}, levels),
    "tallies": sheet_of({name: name for name in ("staff", "collaborators", "computers")}, levels),
}

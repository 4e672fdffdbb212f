"""The rows that count what was recorded: A1 to A8, A15, and those with names (docs/REPORTS.md)."""
from exported import CLOSED, shown
from grid import Grid
import tally_rows

ETHNIC = {
    "blt", "twh", "tyr", "hmn", "hnj", "mww", "mtq", "ium", "mji", "kjg", "puo", "kjm", "lha", "lao",
}  # fmt: skip
BANDS = ["child", "youth", "adult", "elder"]
LAW = 1


def n(fact, field):
    return fact[field] or 0


def n1(fact, field):
    return 1 if fact[field] is None else fact[field]


def a1(scope):
    grid = Grid(["sites"])
    for puts in scope.ledger.site_puts.values():
        until = [f for f in puts if f.day() <= scope.span.last]
        if until and shown(until, "status") != CLOSED and scope.wants(shown(puts, "commune")):
            key = shown(puts, "commune" if scope.by == "commune" else "site_kind")
            grid.add(key, "sites", 1)
    return grid, {}, None


def a2(scope):
    grid = Grid(["crates", "copies", "titles", "sites"])
    ledger = scope.ledger
    for fact in scope.during("crate-dispatch"):
        to = fact["to"]
        key = scope.key(to, ledger.site(to, "commune"), fact.day())
        grid.add(key, "crates", 1)
        grid.add(key, "copies", len(fact["copies"]))
        grid.note(key, "sites", to)
        for copy in fact["copies"]:
            title = ledger.copy_of(copy).title
            if title is not None:
                grid.note(key, "titles", title)
    return grid, {}, None


def a3(scope):
    grid = Grid(["stops", "users", "loans", "uses"])
    for fact in scope.during("mobile-stop"):
        if fact["stop"] is None:
            grid.add(scope.key_of(fact), "stops", 1)
    for fact in scope.during("visit", "loan", "uncoded-loan", "in-house-use"):
        if not scope.ledger.stop_of(fact):
            continue
        key = scope.key_of(fact)
        if fact.kind == "visit":
            grid.add(key, "users", n1(fact, "count"))
        elif fact.kind == "in-house-use":
            grid.add(key, "uses", n1(fact, "count"))
        else:
            grid.add(key, "loans", 1 if fact.kind == "loan" else n(fact, "count"))
    return grid, {}, None


def sums(kind, own, columns):
    """A row that adds up entries of one KIND: COLUMNS, name to a function of the entry."""

    def row(scope):
        grid = Grid(list(columns))
        for fact in scope.during(kind):
            key = scope.key_of(fact, fact[own] if own else None)
            for column, amount in columns.items():
                grid.add(key, column, amount(fact))
        return grid, {}, None

    return row


def field(name):
    return lambda fact: n(fact, name)


def one(fact):
    return 1


def split(scope, fact, copy):
    """The row of a loan or use of COPY: where it was written, or by the language of its title."""
    return scope.key_of(fact, copy.language)


def of_copies(scope, grid, wanted):
    for fact in scope.during("loan", "in-house-use"):
        copy = scope.ledger.copy_of(fact["copy"])
        if not wanted(copy):
            continue
        key = split(scope, fact, copy)
        if fact.kind == "loan":
            grid.add(key, "loans", 1)
        else:
            grid.add(key, "uses", n1(fact, "count"))


def in_stock(scope, grid, wanted):
    ledger = scope.ledger
    for copy in ledger.copies():
        if not wanted(copy) or not copy.in_stock(scope.span.last):
            continue
        key = scope.key(copy.owner, ledger.site(copy.owner, "commune"), copy.added(), copy.language)
        grid.add(key, "copies", 1)
        if copy.title is not None:
            grid.note(key, "titles", copy.title)


def a7(scope):
    grid = Grid(["copies", "titles", "loans", "uses"])
    ethnic = lambda copy: copy.language in ETHNIC
    in_stock(scope, grid, ethnic)
    of_copies(scope, grid, ethnic)
    return grid, {}, None


def a15(scope):
    grid = Grid(["loans", "uses"])
    of_copies(scope, grid, lambda copy: copy.law == LAW)
    return grid, {}, None


def stock(scope):
    grid = Grid(["copies", "titles", "uncatalogued"])
    in_stock(scope, grid, lambda copy: True)
    totals = {}
    if scope.by != "language":
        levels = tally_rows.levels(scope.ledger, scope.span, "uncatalogued-stock")
        tally_rows.add(scope, grid, "uncatalogued", levels)
    else:
        totals["uncatalogued"] = None
        for key in grid.cells:
            grid.put(key, "uncatalogued", None)
    return grid, totals, None


def additions(scope):
    grid = Grid(["copies", "value"])
    ledger = scope.ledger
    for copy in ledger.copies():
        if copy.first and scope.span.has(copy.added()):
            own = copy.language if scope.by == "language" else copy.acquisition
            key = scope.key(copy.owner, ledger.site(copy.owner, "commune"), copy.added(), own)
            grid.add(key, "copies", 1)
            grid.add(key, "value", copy.price or 0)
    return grid, {}, None


def kinds(columns):
    """A row that adds up entries of several kinds: COLUMNS, name to (kind, amount)."""

    def row(scope):
        grid = Grid(list(columns))
        for column, (kind, amount) in columns.items():
            for fact in scope.during(kind):
                grid.add(scope.key_of(fact), column, amount(fact))
        return grid, {}, None

    return row


def visits(scope):
    if scope.by in ("band", "purpose"):
        return sums("visit", scope.by, {"visits": lambda fact: n1(fact, "count")})(scope)
    columns = {"visits": lambda fact: n1(fact, "count"), "women": field("women")}
    for at, band in enumerate(BANDS):
        columns[band] = lambda fact, at=at: n1(fact, "count") if fact["band"] == at else 0
    return sums("visit", None, columns)(scope)


LOANS = {
    "loans": ("loan", one), "renewals": ("renew", one), "returns": ("return", one),
    "uncoded": ("uncoded-loan", field("count")),
}  # fmt: skip


def loans(scope):
    if scope.by != "language":
        return kinds(LOANS)(scope)
    grid = Grid(["loans"])
    of_copies(scope, Only(grid, "loans"), lambda copy: True)
    return grid, {}, None


def uses(scope):
    if scope.by != "language":
        return kinds({"uses": ("in-house-use", lambda fact: n1(fact, "count"))})(scope)
    grid = Grid(["uses"])
    of_copies(scope, Only(grid, "uses"), lambda copy: True)
    return grid, {}, None


class Only:
    """A grid of which one column is filled."""

    def __init__(self, grid, column):
        self.grid, self.column = grid, column

    def add(self, key, column, amount):
        if column == self.column:
            self.grid.add(key, column, amount)


def is_new_reader(fact):
    return int(fact["reader"] is None)


ROWS = {
    "A1": a1,
    "A2": a2,
    "A3": a3,
    "A4": sums("digital-use", "form", {"uses": lambda f: n1(f, "count"), "women": field("women")}),
    "A5": sums(
        "activity", "occasion",
        {"activities": one, "attendance": field("attendance"), "women": field("women")},
    ),
    "A6": sums(
        "training", None,
        {"trainings": one, **{c: field(c) for c in ("workers", "collaborators", "women")}},
    ),
    "A7": a7,
    "A8": sums(
        "donation", "donor",
        {"donations": one, **{c: field(c) for c in ("foreign", "money", "copies", "titles")}},
    ),
    "A15": a15,
    "stock": stock,
    "additions": additions,
    "withdrawals": kinds({"withdrawn": ("withdrawn", one), "reinstated": ("reinstated", one)}),
    "cards": kinds({
        "cards": ("card-issue", one), "readers": ("reader-put", is_new_reader),
        "stopped": ("card-stop", one),
    }),
    "visits": visits,
    "loans": loans,
    "uses": uses,
}  # fmt: skip

"""Cells of a sheet: what entries add, under the keys that the sheet is counted by."""
from exported import KINDS_OF_SITES, enum_names
from spans import Span

NOTHING = object()  # a key that belongs to no row at all


class Grid:
    """Sums, and sets of which the size is told, by (key, column)."""

    def __init__(self, columns):
        self.columns = columns
        self.cells = {}

    def add(self, key, column, amount):
        if key is not NOTHING:
            self.cells.setdefault(key, {})
            self.cells[key][column] = self.cells[key].get(column, 0) + amount

    def put(self, key, column, value):
        self.cells.setdefault(key, {})[column] = value

    def note(self, key, column, item):
        """One more of those that COLUMN counts once each; also across rows, in the total."""
        if key is not NOTHING:
            self.cells.setdefault(key, {}).setdefault(column, set()).add(item)

    def want(self, key):
        """A row that stands even if all of it is 0."""
        self.cells.setdefault(key, {})

    def value(self, key, column):
        found = self.cells[key].get(column, 0)
        return len(found) if isinstance(found, set) else found

    def total(self, column):
        found = [row[column] for row in self.cells.values() if column in row]
        if any(isinstance(item, set) for item in found):
            return len(set().union(*found))
        return sum(item for item in found if isinstance(item, int))


class Scope:
    """What a sheet is asked for: a span, what it is counted by, and perhaps one commune.

    Rules are those of the last day of the span, or of RULE_DAY."""

    def __init__(self, ledger, span, by, commune=None, units=None, rule_day=None):
        self.ledger = ledger
        self.span = span
        self.rule_day = span.last if rule_day is None else rule_day
        self.by = by
        self.commune = commune
        self.units = ledger.units(span.last) if units is None else units
        if commune is not None:
            self.units = [code for code in self.units if code == commune]

    def wants(self, commune):
        return self.commune is None or commune == self.commune

    def key(self, site, commune, day, own=None):
        """The row of something at SITE, in COMMUNE, on DAY; OWN: by a field of its own."""
        if not self.wants(commune):
            return NOTHING
        if self.by == "commune":
            return commune
        if self.by == "site":
            return site
        if self.by == "kind":
            return self.ledger.site(site, "site_kind")
        if self.by == "month":
            return Span.month_of(day)
        return own

    def key_of(self, fact, own=None):
        """The row of an entry, where it was written or, of a van's, where the van stood."""
        return self.key(fact.site, self.ledger.commune_of(fact), fact.day(), own)

    def during(self, *kinds):
        return [f for f in self.ledger.of(*kinds) if self.span.has(f.day())]


def head(ledger, by, key):
    """The cells in front of a row."""
    if by == "commune":
        return [key, ledger.commune_name(key) if key is not None else None]
    if by == "site":
        return [key, ledger.site(key, "code"), ledger.site(key, "name")]
    names = {
        "kind": KINDS_OF_SITES, "form": enum_names("digital-use", "form"),
        "occasion": enum_names("activity", "occasion"), "donor": enum_names("donation", "donor"),
        "acquisition": enum_names("copy-put", "acquisition"), "band": enum_names("visit", "band"),
        "purpose": enum_names("visit", "purpose"),
    }.get(by)  # fmt: skip
    return [key if key is None or names is None else names[key]]


def head_columns(by):
    return {"commune": ["commune", "name"], "site": ["site", "code", "name"]}.get(by, [by])

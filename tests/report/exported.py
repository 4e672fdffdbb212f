"""What `packhorsed history` gives away, folded by the second fold (tests/reference).

Beside the facts: sites and communes as they show, stops of vans and what lies in them, classes
of copies and titles, devices. The rules are those of docs/MERGE.md and docs/REPORTS.md; the C
that reckons reports was not looked at.
"""
import bisect
import datetime
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reference"))

import fold  # noqa: E402
import naming  # noqa: E402
from history import BY_NAME, History, id_bytes, ref_bytes  # noqa: E402
from kinds import KINDS  # noqa: E402
from registers import put_fields, heads  # noqa: E402
from spans import Span  # noqa: E402

DAY = 86400
ZONE = 25200
PROVINCIAL, VAN = 0, 10
CLOSED = 1
BELONGS_TO_STOP = {
    "visit", "loan", "renew", "return", "in-house-use", "uncoded-loan", "uncoded-return",
    "digital-use", "activity",
}  # fmt: skip


def field_index(kind, name):
    return KINDS[BY_NAME[kind]].index(name)


def enum_names(kind, name):
    return KINDS[BY_NAME[kind]].fields[field_index(kind, name)].values


KINDS_OF_SITES = enum_names("site-put", "site_kind")


def shown(puts, name):
    """What the register NAME of PUTS, in the order, shows; None if it was never put."""
    if not puts:
        return None
    key = field_index(puts[0].kind, name)
    left = heads([p for p in puts if key in put_fields(p)], key)
    return left[-1][name] if left else None


def told_order(fact):
    """By effective second, then log id, then number."""
    return fact.second, fact.ref[0], fact.ref[1]


class Stop:
    def __init__(self, fact):
        self.fact = fact
        self.site = fact.site
        self.first = fact.second
        self.commune = fact["commune"]
        self.end = None  # the last second that is in it


class Ledger:
    """All that the entries say; everything is reckoned as of now unless a day is given."""

    def __init__(self, lines):
        history = History()
        for line in lines:
            history.add(json.loads(line))
        self.history = history
        self.entries = len(history.records)
        self.fold = fold.fold(history)
        self.effects = self.fold.effects
        self.all_facts = self.effects.facts
        self.facts = [f for f in self.all_facts if not f.twin]
        self.by_kind = {}
        for fact in self.facts:
            self.by_kind.setdefault(fact.kind, []).append(fact)
        self.entity = {}  # (type, id) -> puts
        self._find_sites()
        self._find_stops()
        self._find_titles()
        self._copies = {}
        self.today = (int(datetime.datetime.now().timestamp()) + ZONE) // DAY

    def of(self, *kinds):
        return [fact for kind in kinds for fact in self.by_kind.get(kind, [])]

    def digest(self):
        return fold.digest(fold.encoded(self.fold))

    def had(self):
        """What there was in it that could mislead."""
        effects, records = self.effects, self.history.records
        branches = sum(len(log.branches) - 1 for log in self.history.logs.values())
        told = {
            "logs": len(self.history.logs),
            "branches beside": branches,
            "cut": sum(effects.cut(record) for record in records),
            "voided": sum(effects.voided(record) for record in effects.may_speak),
            "told late": sum(record.told is not None for record in records),
            "twins": sum(r.source is not None for r in effects.may_speak)
            - sum(f.record.source is not None and not f.twin for f in self.all_facts),
            "stops": sum(len(own) for own in self.stops.values()),
            "for others": sum(r.site != r.log.site for r in effects.may_speak),
        }
        return ", ".join("%d %s" % (n, what) for what, n in told.items())

    # --- sites, communes, policies ---

    def _find_sites(self):
        self.site_puts, self.commune_puts = {}, {}
        for fact in self.of("site-put"):
            self.site_puts.setdefault(fact["site"], []).append(fact)
        for fact in self.of("commune-put"):
            self.commune_puts.setdefault(fact["code"], []).append(fact)

    def site(self, site, name):
        """A register of a site as it shows now; None also for a site that nobody named."""
        return shown(self.site_puts.get(site), name)

    def is_grassroots(self, site):
        if site not in self.site_puts:
            return False
        return self.site(site, "site_kind") not in (PROVINCIAL, VAN)

    def commune_name(self, code):
        return shown(self.commune_puts.get(code), "name")

    def policy(self, name):
        return shown([f for f in self.of("policy-put") if f["name"] == name], "value")

    def written_last(self, puts, name, day):
        """What of PUTS that hold by a day was said last of NAME, by when it was written; None: nothing."""
        found = [f for f in puts if f.day() <= day and f[name] is not None]
        return max(found, key=self.written)[name] if found else None

    def written(self, fact):
        return self.effects.judged(fact.record), fact.ref

    def policy_by(self, name, day):
        """What a policy said that was in force on a day."""
        return self.written_last([f for f in self.of("policy-put") if f["name"] == name], "value", day)

    def units(self, last_day, has_target=True):
        """The codes of the communes that count as units on a day, in a row that has a target or none."""
        begins = {code: shown(puts, "from") for code, puts in self.commune_puts.items()}
        there = [code for code, day in begins.items() if day is None or day <= last_day]
        gone = set()
        for code in there:
            before = shown(self.commune_puts[code], "predecessor")
            if begins[code] is not None and before != code:
                gone.add(before)
        found = [code for code in there if code not in gone]
        if has_target and self.xa_only(last_day):
            found = [c for c in found if shown(self.commune_puts[c], "type") in (None, 0)]
        return sorted(found)

    def xa_only(self, day):
        return self.policy_by("report-xa-only", day) == "yes"

    def least(self, day):
        return int(self.policy_by("report-m2-least", day) or 1)

    # --- stops of vans ---

    def _find_stops(self):
        stops = {}
        for fact in self.of("mobile-stop"):
            if fact["stop"] is None:
                stops.setdefault(fact.site, []).append(Stop(fact))
        closes = {}
        for fact in self.of("mobile-stop"):
            if fact["stop"] is not None:
                closes.setdefault(ref_bytes(fact["stop"]), fact)
        for own in stops.values():
            own.sort(key=lambda stop: told_order(stop.fact))
            for at, stop in enumerate(own):
                close = closes.get(ref_bytes(stop.fact.ref))
                stop.end = (stop.fact.day() + 1) * DAY - ZONE - 1
                if close and close.second >= stop.first:
                    stop.end = close.second
                if at + 1 < len(own):
                    stop.end = min(stop.end, own[at + 1].first - 1)
        self.stops = stops

    def stop_of(self, fact):
        """The stop in which a van wrote FACT, or None."""
        if fact.kind not in BELONGS_TO_STOP or self.site(fact.site, "site_kind") != VAN:
            return None
        own = self.stops.get(fact.site, [])
        at = bisect.bisect_right([stop.first for stop in own], fact.second)
        found = [stop for stop in own[:at] if fact.second <= stop.end]
        return found[-1] if found else None

    def commune_of(self, fact):
        """The commune that FACT belongs to, or None."""
        if fact.kind == "mobile-stop":
            return fact["commune"] or self.site(fact.site, "commune")
        stop = self.stop_of(fact)
        return stop and stop.commune or self.site(fact.site, "commune")

    # --- titles and copies ---

    def _find_titles(self):
        self.title_puts = {}
        for fact in self.all_facts:
            if fact.kind == "title-put":
                id_ = ref_bytes(fact["title"] or fact.ref)
                self.title_puts.setdefault(id_, []).append(fact)

    def title_says(self, id_, name):
        """A register of a title; where it has none that of the root of its class."""
        own = shown(self.title_puts.get(id_), name)
        if own is None:
            own = shown(self.title_puts.get(self.fold.root(naming.TITLE, id_)), name)
        return own

    def copy_of(self, copy_id):
        """The class of copies that COPY_ID, as in an entry, is of."""
        id_ = id_bytes(copy_id)
        root = self.fold.root(naming.COPY, id_)
        if root not in self._copies:
            self._copies[root] = Copy(self, root)
        return self._copies[root]

    def copies(self):
        """Every class of copies, once."""
        ids = [id_ for type_, id_ in self.fold.states if type_ == naming.COPY]
        found = {}
        for id_ in ids:
            root = self.fold.root(naming.COPY, id_)
            if root not in self._copies:
                self._copies[root] = Copy(self, root)
            found[root] = self._copies[root]
        return list(found.values())

    # --- devices ---

    def last_stamps(self):
        """Device id -> the largest judged stamp (second) of the end of any of its logs."""
        found = {}
        for log in self.history.logs.values():
            for branch in log.branches:
                last = branch.records[-1]
                stamps = [self.effects.judged(last)]
                stamps += [self.effects.judged(mark) for mark in self.effects.marks_before(last)]
                found[log.device] = max(found.get(log.device, 0), max(stamps)[0])
        return found

    # --- periods worth asking for ---

    def some_periods(self, rng, count):
        """Names of periods in which something happened, of each length, and one before all."""
        days = sorted(f.day() for f in self.facts if f.kind not in ("open", "clock-mark"))
        days = [d for d in days if Span.day_of(2001, 1, 1) < d <= self.today]
        names = {Span.name_at(self.today, "year"), Span.name_at(self.today, "month")}
        ends = sorted((second + ZONE) // DAY for second in self.last_stamps().values())
        ends = [day for day in ends if Span.day_of(2001, 1, 1) < day <= self.today]
        for length in ("month", "quarter", "month")[: count - 2]:
            names.add(Span.name_at(rng.choice(ends), length))
        for length in ("year", "quarter", "month")[: max(0, count - 5)]:
            names.add(Span.name_at(rng.choice(days), length))
        for _ in range(10 * count):
            if len(names) < count:
                names.add(Span.name_at(rng.choice(days), rng.choice(["quarter", "month"])))
        return sorted(names)


class Copy:
    """A class of copies: what it shows, when it was added, when it went."""

    def __init__(self, ledger, root):
        facts = ledger.fold.class_facts(naming.COPY, root)
        puts = [f for f in facts if f.kind == "copy-put"]
        self.root = root
        self.life = [f for f in facts if f.kind in ("withdrawn", "reinstated")]
        self.first = puts[0] if puts else None
        self.price = shown(puts, "price")
        self.acquisition = shown(puts, "acquisition")
        owner = shown(puts, "owner")
        self.owner = owner if owner is not None else self.first.site if self.first else None
        title = shown(puts, "title")
        self.title = self.language = self.law = None
        id_ = ref_bytes(title) if title is not None else None
        if (naming.TITLE, id_) in ledger.fold.states:
            self.title = ledger.fold.root(naming.TITLE, id_)
            self.language = ledger.title_says(id_, "language")
            self.law = ledger.title_says(id_, "law")

    def added(self):
        """The day on which it was added; None if no copy-put names it."""
        return self.first.day() if self.first else None

    def in_stock(self, day):
        if not self.first or self.first.day() > day:
            return False
        until = [f for f in self.life if f.day() <= day]
        return not until or until[-1].kind != "withdrawn"

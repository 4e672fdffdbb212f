"""What stands beside a case: whom it concerns, when it began, whether it waits."""
from cases import CLOSED, LISTED
from classes import at
from copies import IN_CRATE, MISSING
from entry import blake
from history import id_bytes, ref_bytes
import naming

OWNER_REGISTER, DECISIONS = 2, 0
REGISTERS, CUSTODY, LOANS, CONDITION = 0, 1, 2, 4
OF_COPIES = {1, 2, 3, 4, 8}
OF_LOGS = {9, 10, 11, 12, 15, 16}
OF_INVITES = {13, 17}


def case_id(kind, anchor):
    return blake(16, b"packhorse case 1", bytes([kind]), anchor)


def facts_digest(refs):
    return blake(16, b"packhorse case facts 1", *[ref_bytes(ref) for ref in refs])


def loan_at(kind):
    """Which fact of a case of kind 1, 2, 3 or 8 is the loan that anchors it."""
    return 0 if kind == 8 else -1


def state_sites(state):
    """The sites that the state of a copy names (docs/MERGE.md, "Scope")."""
    registers = at(state, REGISTERS) or {}
    custody, condition = at(state, CUSTODY), at(state, CONDITION) or {}
    loans = at(state, LOANS) or []
    sites = {registers[OWNER_REGISTER][1]} if OWNER_REGISTER in registers else set()
    if custody:
        sites.add(custody[4] if custody[0] == IN_CRATE else custody[2])
    if loans and len(loans[-1]) <= CLOSED:
        sites.add(loans[-1][1])
    if MISSING in condition:
        sites.add(condition[MISSING][1])
    return sites


class Concern:
    def __init__(self, ledger):
        self.ledger = ledger
        self.effects = ledger.effects
        self.by_ref = {}
        for record in ledger.effects.history.records:
            self.by_ref.setdefault(tuple(record.ref), []).append(record)
        self.facts = {tuple(fact.ref): fact for fact in ledger.effects.facts}

    def line(self, kind, anchor, refs):
        """Sites, second and status, as README.md has them."""
        sites = sorted(self.sites(kind, anchor, refs) - {0})
        if kind == 5:
            facts = self.ledger.facts[(naming.CRATE, anchor)]  # receives stand where they were lifted
            second = min(fact.second for fact in facts)
        else:
            second = min(self.second(ref) for ref in refs[:LISTED])
        return "%s\t%d\t%s" % (",".join(map(str, sites)), second, self.status(kind, anchor, refs[:LISTED]))

    # Whom

    def sites(self, kind, anchor, refs):
        if kind in OF_LOGS:
            log = refs[0][0] if kind == 9 else anchor
            return self.log_sites(lambda one: one.id == log) | self.open_sites(kind, log, refs)
        if kind == 14:
            return self.log_sites(lambda one: one.device == anchor)
        facts = [self.facts[tuple(ref)] for ref in refs]
        if kind in OF_INVITES:
            return {fact["site"] for fact in facts}
        sites = {fact.site for fact in facts if kind != 5 or fact.kind != "crate-dispatch"}
        for fact in facts if kind in (3, 5) else []:
            if fact.kind == "crate-dispatch":
                sites |= {fact["from"], fact["to"]}
        if kind in OF_COPIES:
            copy = anchor if kind == 4 else id_bytes(self.facts[tuple(refs[loan_at(kind)])]["copy"])
            sites |= self.copy_sites(copy)
        if kind == 18:
            for reader in (anchor[:32], anchor[32:]):
                first = at(self.ledger.states[(naming.READER, reader)], 1)
                sites |= {first[0]} if first else set()
        return sites

    def log_sites(self, is_one):
        return {log.site for log in self.effects.history.logs.values() if is_one(log)}

    def open_sites(self, kind, log, refs):
        """Of the opens that a case of LOG lists."""
        if kind not in (10, 11):
            return set()
        return {self.facts[tuple(ref)].site for ref in refs if ref[0] != log}

    def copy_sites(self, id_):
        """Whom a copy concerns now: by what each of its class says, and all together."""
        members = self.ledger.class_of(naming.COPY, id_)
        states = [self.ledger.states.get((naming.COPY, member), []) for member in members]
        return set().union(*map(state_sites, states + [self.ledger.class_copy(id_)]))

    # When

    def second(self, ref):
        """The effective second of an entry, whether it folds or not; of several branches the earliest."""
        if hasattr(ref, "records"):
            return min(map(self.second_of, ref.records))
        if tuple(ref) in self.facts:
            return self.facts[tuple(ref)].second
        return min(self.second_of(record) for record in self.by_ref[tuple(ref)])

    def second_of(self, record):
        if not record.branches[0].fits():
            return self.alone(record)
        if record.entry.sound:
            return self.effects.time(record)[0]
        marks = self.effects.marks_before(record)
        return max([self.effects.judged(mark)[0] for mark in marks], default=0)

    def alone(self, record):
        """In a log that does not fit no clock-mark governs anything."""
        if not record.entry.sound:
            return 0
        if record.told:
            return self.effects.time(record)[0]
        return record.entry.second

    # Whether

    def status(self, kind, anchor, refs):
        decisions = self.ledger.states.get((naming.CASE, case_id(kind, anchor)))
        if not decisions:
            return "open"
        last = decisions[DECISIONS][-1]
        return "decided" if last[2] == facts_digest(refs) else "reopened"

"""A copy: custody, loans, condition, claims (docs/MERGE.md, "Copy").

The facts go by in the order, each once. Custody is None or a list that begins with one
of ON_SHELF, WITH_READER, IN_CRATE and has the entry that says so as its fourth item.
"""
from history import id_bytes
from registers import heads, registers

ON_SHELF, WITH_READER, IN_CRATE = 1, 2, 3
RETURNED, INFERRED = 1, 2
MISSING, LOST, DAMAGED, WITHDRAWN = 1, 2, 3, 4
TWO_PLACES, MAYBE_RETURNED, LENT_IN_CRATE, TWO_TITLES = 1, 2, 3, 4
UNDONE, LENT_WITHDRAWN = 1, 2
TITLE_REGISTER = 1
MOVES = {"loan", "return", "sighting", "hold-ready", "crate-dispatch", "crate-receive"}


class Loan:
    def __init__(self, fact):
        self.fact = fact
        self.card = fact["card"]
        self.due = promised(fact)
        self.renewals = []
        self.names = [fact.ref]
        self.closed = None

    def renew(self, fact):
        self.renewals.append(fact.ref)
        if fact.kind == "loan":
            self.names.append(fact.ref)
        days = [day for day in (self.due, promised(fact)) if day is not None]
        self.due = max(days, default=None)

    def encode(self):
        fact = self.fact
        items = [fact.ref, fact.site, self.card, fact.second, self.due, self.renewals or None]
        items.append(self.closed)
        while items[-1] is None:
            items.pop()
        return items


def promised(fact):
    """The day that a loan or renewal promises, or None."""
    if fact["due"] is not None:
        return fact["due"]
    return None if fact["term"] is None else fact.day() + fact["term"]


class Copy:
    def __init__(self, facts):
        self.facts = facts
        self.puts = [fact for fact in facts if fact.kind == "copy-put"]
        self.custody = None
        self.placed = False  # whether custody was ever known
        self.loans = []
        self.uses = 0
        self.condition = {}
        self.claims = []
        self.aliases = []
        self.cases = []
        self.notices = []
        self.road = []  # (fact, whether it found an open loan) of those that move it

    def open_loan(self):
        return self.loans[-1] if self.loans and not self.loans[-1].closed else None

    def close(self, fact, how):
        loan = self.open_loan()
        if loan:
            loan.closed = [how, fact.ref, fact.site, fact.second]

    def shelve(self, fact):
        self.custody = [ON_SHELF, fact.second, fact.site, fact.ref]

    def on_put(self, fact):
        """A site's own new copy begins on its shelf; nobody is said to have held it."""
        if fact["owner"] == fact.site and not self.placed:
            self.shelve(fact)

    def hold(self, fact):
        """Somebody had it in hand: it is neither missing nor lost."""
        for what in (MISSING, LOST):
            if what in self.condition:
                self.notices.append([UNDONE, fact.ref, self.condition.pop(what)[0]])

    def on_loan(self, fact):
        loan = self.open_loan()
        if loan and loan.card == fact["card"]:
            loan.renew(fact)
        else:
            self.lend(fact, loan)
        self.hold(fact)
        if WITHDRAWN in self.condition:
            self.notices.append([LENT_WITHDRAWN, fact.ref, self.condition[WITHDRAWN][0]])

    def lend(self, fact, before):
        if before and before.fact.site != fact.site:
            self.cases.append([TWO_PLACES, [before.fact.ref, fact.ref]])
        self.close(fact, INFERRED)
        if self.custody and self.custody[0] == IN_CRATE and self.custody[4] != fact.site:
            self.cases.append([LENT_IN_CRATE, [self.custody[3], fact.ref]])
        self.loans.append(Loan(fact))
        self.custody = [WITH_READER, fact.second, fact.site, fact.ref, fact["card"]]
        self.claims = []

    def on_renew(self, fact):
        loan = self.open_loan()
        if (
            loan
            and fact["card"] in (None, loan.card)
            and (fact["loan"] is None or fact["loan"] in loan.names)
        ):
            loan.renew(fact)

    def on_return(self, fact):
        self.close(fact, RETURNED)
        self.shelve(fact)
        self.hold(fact)

    def on_seen(self, fact):
        self.close(fact, INFERRED)
        self.shelve(fact)
        self.hold(fact)

    def on_ready(self, fact):
        self.on_seen(fact)
        if fact["hold"] not in [claim[0] for claim in self.claims]:
            self.claims.append([fact["hold"], fact.ref, fact.site, fact.second])

    def on_dispatch(self, fact):
        self.close(fact, INFERRED)
        road = [fact["from"], fact.ref, fact["to"]]
        self.custody = [IN_CRATE, fact.second, *road, fact["crate"]]

    def on_missing(self, fact):
        if self.custody and self.custody[0] == ON_SHELF and self.custody[2] == fact.site:
            self.condition[MISSING] = [fact.ref, fact.site]
            self.custody = None

    def on_lost(self, fact):
        loan = self.open_loan()
        if loan and fact["loan"] in loan.names:
            self.condition[LOST] = [fact.ref, fact["loan"]]

    def receive(self, fact, scanned):
        """Whether the receive says anything of this copy."""
        if scanned:
            self.on_seen(fact)
            return True
        if self.custody and self.custody[0] == IN_CRATE and self.custody[5] == fact["crate"]:
            self.shelve(fact)
            return True
        return False

    def step(self, fact, own_ids):
        kind = fact.kind
        found_open = self.open_loan() is not None
        said = True
        if kind == "copy-put":
            self.on_put(fact)
        elif kind == "loan":
            self.on_loan(fact)
        elif kind == "renew":
            self.on_renew(fact)
        elif kind == "return":
            self.on_return(fact)
        elif kind == "sighting":
            self.on_seen(fact)
        elif kind == "hold-ready":
            self.on_ready(fact)
        elif kind == "crate-dispatch":
            self.on_dispatch(fact)
        elif kind == "crate-receive":
            scanned = any(id_bytes(copy) in own_ids for copy in fact["copies"] or [])
            said = self.receive(fact, scanned)
        elif kind == "in-house-use":
            self.uses += fact["count"] or 1
        elif kind == "copy-missing":
            self.on_missing(fact)
        elif kind == "reader-lost":
            self.on_lost(fact)
        elif kind == "damaged":
            self.condition[DAMAGED] = [fact.ref, fact["degree"]]
        elif kind == "repaired":
            self.condition.pop(DAMAGED, None)
        elif kind == "withdrawn":
            self.condition[WITHDRAWN] = [fact.ref, fact["decision"]]
        elif kind == "reinstated":
            self.condition.pop(WITHDRAWN, None)
        elif kind == "copy-alias":
            sides = [fact["copy"], fact["other"]]
            other = sides[1] if id_bytes(sides[0]) in own_ids else sides[0]
            self.aliases.append([fact.ref, other])
        self.placed = self.placed or self.custody is not None
        if kind in MOVES and said:
            self.road.append((fact, found_open))

    def find_maybe_returned(self):
        loan = self.open_loan()
        if not loan:
            return
        at = [fact for fact, _ in self.road].index(loan.fact)
        if at == 0:
            return
        before, found_open = self.road[at - 1]
        if before.kind != "return" or found_open:
            return
        same_clock = before.ref[0] == loan.fact.ref[0]
        told = before.record.told or loan.fact.record.told
        apart = loan.fact.second - before.second
        if apart < before.unsure + loan.fact.unsure and not (same_clock and not told):
            self.cases.append([MAYBE_RETURNED, [before.ref, loan.fact.ref]])

    def find_two_titles(self):
        titles = heads(self.puts, TITLE_REGISTER)
        if any(put["title"] != titles[0]["title"] for put in titles):
            self.cases.append([TWO_TITLES, [put.ref for put in titles]])

    def encode(self):
        return [
            registers(self.puts),
            self.custody,
            [loan.encode() for loan in self.loans] or None,
            self.uses or None,
            self.condition or None,
            self.claims or None,
            self.aliases or None,
            sorted(self.cases) or None,
            self.notices or None,
        ]


def copy_state(facts, own_ids):
    """The fold of FACTS, in the order; OWN_IDS: bytes of the ids that are this copy."""
    copy = Copy(facts)
    for fact in facts:
        copy.step(fact, own_ids)
    copy.find_maybe_returned()
    copy.find_two_titles()
    return copy

"""The state of every entity but copies and tallies (docs/MERGE.md, "States").

Each function takes the id of the entity and its facts in the order, and returns the
state as a list, from which fold.py drops trailing nils.
"""
from copies import copy_state
from history import BY_NAME, id_bytes, ref_bytes
from kinds import KINDS
import naming
from registers import registers, shown_value


def some(items):
    """ITEMS, or None when there are none."""
    return items or None


def without_trailing_nils(items):
    items = list(items)
    while items and items[-1] is None:
        items.pop()
    return items


def of_kind(facts, *kinds):
    return [fact for fact in facts if fact.kind in kinds]


def first_of(items):
    return next(iter(items), None)


def puts_only(id_, facts):
    return [registers(facts)]


def device(id_, facts):
    admissions = [
        [f["key"], f["site"], f["role"], f["invite"], f.ref, f.second]
        for f in of_kind(facts, "device-admit")
    ]
    confirms = [f.ref for f in of_kind(facts, "device-confirm")]
    retires = [[f.ref, f["reason"]] for f in of_kind(facts, "device-retire")]
    cuts = [f.ref for f in of_kind(facts, "device-cut")]
    return [some(admissions), some(confirms), some(retires), some(cuts)]


def invite(id_, facts):
    uses = [[f["device"], f.ref, f.second] for f in of_kind(facts, "device-admit")]
    return [some(uses), some([f.ref for f in of_kind(facts, "invite-cancel")])]


def log(id_, facts):
    own = first_of(f for f in facts if f.ref[0] == id_)
    opened = own and [own["site"], own.second, own["continues"], own["why"]]
    continued = [
        [f.ref[0], f["continues"][1], f["continues"][2], f["why"], f.second]
        for f in facts
        if f["continues"] and f["continues"][0] == id_
    ]
    return [opened and without_trailing_nils(opened), some(continued)]


def first(id_, facts):
    """What is known of the entry that made the entity: its site, second and source."""
    for fact in of_kind(facts, "title-put", "reader-put", "worker-put"):
        if ref_bytes(fact.ref) == id_:
            return without_trailing_nils([fact.site, fact.second, fact.record.source])
    return None


def merges(id_, facts, kind, field):
    found = []
    for fact in of_kind(facts, kind):
        sides = [fact[field], fact["other"]]
        found.append([fact.ref, sides[1] if ref_bytes(sides[0]) == id_ else sides[0]])
    return found


def title(id_, facts):
    found = merges(id_, facts, "title-merge", "title")
    return [registers(of_kind(facts, "title-put")), first(id_, facts), some(found)]


def reader(id_, facts):
    blocks = []
    for block in of_kind(facts, "reader-block"):
        lifts = [f.ref for f in of_kind(facts, "reader-unblock") if block.ref in f["blocks"]]
        found = [block.ref, block["reason"], block["until"], first_of(lifts)]
        blocks.append(without_trailing_nils(found))
    consents = [[f.ref, f["given"]] for f in of_kind(facts, "consent")]
    erased = first_of(f.ref for f in of_kind(facts, "reader-erase"))
    return [
        registers(of_kind(facts, "reader-put")),
        first(id_, facts),
        some(blocks),
        some(merges(id_, facts, "reader-merge", "reader")),
        some(consents),
        erased,
    ]


def worker(id_, facts):
    return [registers(facts), first(id_, facts)]


def card(id_, facts):
    issues = [[f["reader"], f.ref, f.site, f.second] for f in of_kind(facts, "card-issue")]
    stops = [[f.ref, f["reason"], f.site, f.second] for f in of_kind(facts, "card-stop")]
    erased = first_of(f.ref for f in of_kind(facts, "reader-erase"))
    return [some(issues), some(stops), erased]


def crate(id_, facts):
    sent = of_kind(facts, "crate-dispatch")
    received = of_kind(facts, "crate-receive")
    dispatches = [[f.ref, f["from"], f["to"], f.second, f["due_back"]] for f in sent]
    receives = [
        [f.ref, f.site, f.second, f["listed"] or 0, f["final"] or 0] for f in received
    ]
    short = over = None
    if any(f["final"] for f in received):
        named = {id_bytes(c): c for f in sent for c in f["copies"]}
        scanned = {id_bytes(c): c for f in received for c in f["copies"] or []}
        if not any(f["listed"] for f in received):
            short = some([named[key] for key in sorted(named) if key not in scanned])
        over = some([scanned[key] for key in sorted(scanned) if key not in named])
    return [some(dispatches), some(receives), short, over]


def hold(id_, facts):
    place = first_of(of_kind(facts, "hold-place"))
    cancel = first_of(of_kind(facts, "hold-cancel"))
    loan = first_of(of_kind(facts, "loan"))
    readies = of_kind(facts, "hold-ready")
    ready = first_of(
        f
        for f in readies
        if (not cancel or f.key() < cancel.key())
        and (not place or f.day() <= place["expires"])
    )
    return [
        place
        and [
            place["card"], place["expires"], place["pickup"], place["title"], place["copy"],
            place.site, place.second,
        ],  # fmt: skip
        cancel and [cancel.ref, cancel.site, cancel.second],
        ready and [ready.ref, ready["copy"], ready.site, ready.second],
        loan and [loan.ref, loan["copy"], loan.site, loan.second],
        some([f.ref for f in readies if f is not ready]),
    ]


def account(id_, facts):
    charges = [
        [f.ref, f["amount"], f["reason"], f.site, f.second] for f in of_kind(facts, "charge")
    ]
    payments = [
        [f.ref, f["amount"], f["charge"], f.site, f.second] for f in of_kind(facts, "payment")
    ]
    lent = sum(f["count"] for f in of_kind(facts, "uncoded-loan"))
    back = sum(f["count"] for f in of_kind(facts, "uncoded-return"))
    return [some(charges), some(payments), lent or None, back or None]


def stop(id_, facts):
    opening = first_of(f for f in facts if f["stop"] is None)
    closing = first_of(f for f in facts if f["stop"] is not None)
    return [
        opening and [opening.site, opening.second, opening["commune"], opening["place"]],
        closing and [closing.ref, closing.site, closing.second],
    ]


def event(id_, facts):
    (fact,) = facts
    kind = KINDS[BY_NAME[fact.kind]]
    plain = {
        i: shown_value(field, fact[field.name])
        for i, field in enumerate(kind.fields)
        if field.name not in ("sets", "commit") and fact[field.name] is not None
    }
    return [kind.number, fact.site, fact.second, some(plain)]


def case(id_, facts):
    return [[[f.ref, f["choice"], f["facts"], f.second] for f in facts]]


def report(id_, facts):
    issue = first_of(of_kind(facts, "report-issue"))
    signoffs = [
        [f.ref, f.site, f["commune"], f["agrees"] or 0]
        for f in of_kind(facts, "report-signoff")
    ]
    return [
        issue and [issue["report"], issue["from"], issue["to"], issue.second],
        some(signoffs),
    ]


def erasure(id_, facts):
    erase = first_of(of_kind(facts, "reader-erase"))
    dones = [[f.ref[0], f.site, f.second] for f in of_kind(facts, "erase-done")]
    return [erase and erase.second, some(dones)]


def copy(id_, facts):
    return copy_state(facts, {id_}).encode()


STATES = {
    naming.SITE: puts_only,
    naming.COMMUNE: puts_only,
    naming.POLICY: puts_only,
    naming.TARGET: puts_only,
    naming.MODEL: puts_only,
    naming.DEVICE: device,
    naming.INVITE: invite,
    naming.LOG: log,
    naming.TITLE: title,
    naming.READER: reader,
    naming.CARD: card,
    naming.COPY: copy,
    naming.CRATE: crate,
    naming.HOLD: hold,
    naming.ACCOUNT: account,
    naming.WORKER: worker,
    naming.STOP: stop,
    naming.EVENT: event,
    naming.CASE: case,
    naming.REPORT: report,
    naming.ERASURE: erasure,
}

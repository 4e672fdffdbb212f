"""Which entry names which entity (the table "Entities" of docs/MERGE.md)."""
from entry import number
from history import id_bytes, ref_bytes

SITE, COMMUNE, POLICY, DEVICE, INVITE, TARGET, LOG, MODEL = 1, 2, 3, 4, 5, 6, 7, 8
TITLE, READER, CARD, COPY, CRATE, HOLD, ACCOUNT = 10, 11, 12, 13, 14, 15, 16
WORKER, STOP, EVENT, TALLY, CASE, REPORT, ERASURE = 17, 18, 19, 20, 21, 22, 23

OF_COPY = {
    "copy-put", "loan", "renew", "return", "in-house-use", "sighting", "copy-missing",
    "reader-lost", "damaged", "repaired", "withdrawn", "reinstated", "hold-ready",
}  # fmt: skip
OF_DEVICE = {"device-admit", "device-confirm", "device-retire", "device-cut"}
OF_READER = {"consent", "reader-block", "reader-unblock"}
OF_EVENT = {
    "activity", "training", "digital-use", "donation", "day-open", "shift", "tally", "note",
}  # fmt: skip
OF_ACCOUNT = {"charge", "payment", "uncoded-loan", "uncoded-return"}
OF_HOLD = {"hold-cancel", "hold-ready", "loan"}
ITSELF_OR = {
    "title-put": (TITLE, "title"),
    "reader-put": (READER, "reader"),
    "worker-put": (WORKER, "worker"),
    "mobile-stop": (STOP, "stop"),
}
BY_CODE = {
    "commune-put": (COMMUNE, "code"),
    "policy-put": (POLICY, "name"),
    "model-put": (MODEL, "commune"),
}


def names(fact, facts):
    """The entities, but for the tally, that FACT names; FACTS: all that fold."""
    found = _plain(fact) + _copies(fact, facts) + _readers(fact)
    if fact.kind == "title-merge" and fact["title"] != fact["other"]:
        found += [(TITLE, ref_bytes(fact["title"])), (TITLE, ref_bytes(fact["other"]))]
    if fact.kind == "open":
        found.append((LOG, fact.ref[0]))
        if fact["continues"]:
            found.append((LOG, fact["continues"][0]))
    return set(found)


def _plain(fact):
    kind = fact.kind
    found = []
    if kind in ITSELF_OR:
        type_, field = ITSELF_OR[kind]
        found.append((type_, ref_bytes(fact[field] or fact.ref)))
    if kind in BY_CODE:
        type_, field = BY_CODE[kind]
        found.append((type_, fact[field].encode("utf-8")))
    if kind == "site-put":
        found.append((SITE, number(fact["site"])))
    if kind in OF_DEVICE:
        found.append((DEVICE, fact["device"]))
    if kind == "invite-cancel" or kind == "device-admit" and fact["invite"]:
        found.append((INVITE, fact["invite"]))
    if kind == "target-put":
        found.append((TARGET, number(fact["year"]) + fact["indicator"].encode("utf-8")))
    if kind in OF_ACCOUNT and fact["card"]:
        found.append((ACCOUNT, id_bytes(fact["card"])))
    if kind in ("card-issue", "card-stop"):
        found.append((CARD, id_bytes(fact["card"])))
    if kind in ("crate-dispatch", "crate-receive"):
        found.append((CRATE, id_bytes(fact["crate"])))
    if kind == "hold-place":
        found.append((HOLD, ref_bytes(fact.ref)))
    if kind in OF_HOLD and fact["hold"]:
        found.append((HOLD, ref_bytes(fact["hold"])))
    if kind in OF_EVENT:
        found.append((EVENT, ref_bytes(fact.ref)))
    if kind == "case-decide":
        found.append((CASE, fact["case"]))
    if kind in ("report-issue", "report-signoff"):
        report = fact.ref if kind == "report-issue" else fact["report"]
        found.append((REPORT, ref_bytes(report)))
    if kind in ("reader-erase", "erase-done"):
        erase = fact.ref if kind == "reader-erase" else fact["erase"]
        found.append((ERASURE, ref_bytes(erase)))
    return found


def _copies(fact, facts):
    kind = fact.kind
    ids = []
    if kind in OF_COPY:
        ids = [fact["copy"]]
    elif kind == "copy-alias" and fact["copy"] != fact["other"]:
        ids = [fact["copy"], fact["other"]]
    elif kind == "crate-dispatch":
        ids = fact["copies"]
    elif kind == "crate-receive":
        ids = list(fact["copies"] or [])
        if fact["listed"] == 1:
            for other in facts:
                if other.kind == "crate-dispatch" and other["crate"] == fact["crate"]:
                    ids += other["copies"]
    return [(COPY, id_bytes(id_)) for id_ in ids]


def _readers(fact):
    kind = fact.kind
    if kind in OF_READER:
        return [(READER, ref_bytes(fact["reader"]))]
    if kind == "reader-merge" and fact["reader"] != fact["other"]:
        return [(READER, ref_bytes(fact["reader"])), (READER, ref_bytes(fact["other"]))]
    if kind == "reader-erase":
        readers = [(READER, ref_bytes(ref)) for ref in fact["readers"]]
        return readers + [(CARD, id_bytes(card)) for card in fact["cards"] or []]
    return []


def entities(facts):
    """Facts by entity, each list in the order in which that entity sees them."""
    found = {}
    for fact in facts:
        for entity in names(fact, facts):
            found.setdefault(entity, []).append(fact)
    return {entity: in_order(own) for entity, own in found.items()}


def in_order(facts):
    """FACTS of one entity, a crate's receives not before the dispatches they can be of."""
    return sorted([_lift(fact, facts) for fact in facts], key=lambda fact: fact.key())


def _lift(fact, facts):
    if fact.kind != "crate-receive":
        return fact
    sent = [
        (other.second, other.tick)
        for other in facts
        if other.kind == "crate-dispatch" and other["crate"] == fact["crate"]
    ]
    return fact.lifted(*max(sent + [(fact.second, fact.tick)]))

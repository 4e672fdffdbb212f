"""What each entry adds to the tally of its site and day (docs/MERGE.md, "Tally")."""
from entry import number

VISITS, WOMEN = 1, 2
BAND, PURPOSE, OCCASION, FORM, DONOR, FOREIGN = 32, 64, 96, 104, 112, 120
ONE_EACH = {
    "loan": 3, "return": 4, "renew": 5, "card-issue": 8, "activity": 12, "training": 15,
    "donation": 20, "crate-dispatch": 25, "withdrawn": 28, "day-open": 31, "sighting": 80,
    "hold-place": 81, "card-stop": 82, "copy-missing": 83, "reader-lost": 84, "damaged": 85,
    "hold-ready": 86, "reinstated": 87,
}  # fmt: skip
SUMS = {
    "activity": {13: "attendance", 14: "women"},
    "training": {16: "workers", 17: "collaborators"},
    "digital-use": {19: "women"},
    "donation": {21: "money", 22: "copies"},
    "uncoded-loan": {23: "count"},
    "uncoded-return": {24: "count"},
    "charge": {29: "amount"},
    "payment": {30: "amount"},
}


def counts(fact):
    """Counter to count, of one fact; a count may be 0."""
    kind = fact.kind
    if fact.twin:
        return {}
    found = {counter: fact[field] or 0 for counter, field in SUMS.get(kind, {}).items()}
    if kind in ONE_EACH:
        found[ONE_EACH[kind]] = 1
    if kind == "visit":
        count = fact["count"] or 1
        found[VISITS] = count
        found[WOMEN] = fact["women"] or 0
        if fact["band"] is not None:
            found[BAND + fact["band"]] = count
        if fact["purpose"] is not None:
            found[PURPOSE + fact["purpose"]] = count
    elif kind == "in-house-use":
        found[6] = fact["count"] or 1
    elif kind == "reader-put" and fact["reader"] is None:
        found[7] = 1
    elif kind == "copy-put" and fact["seen"] is None:
        found[9] = 1
    elif kind == "title-put" and fact["title"] is None:
        found[10] = 1
    elif kind == "mobile-stop" and fact["stop"] is None:
        found[11] = 1
    elif kind == "activity":
        found[OCCASION + fact["occasion"]] = 1
    elif kind == "digital-use":
        count = fact["count"] or 1
        found[18] = count
        found[FORM + fact["form"]] = count
    elif kind == "donation":
        found[DONOR + fact["donor"]] = 1
        found[FOREIGN] = fact["foreign"] or 0
    elif kind == "crate-dispatch":
        found[26] = len(fact["copies"])
    elif kind == "crate-receive":
        found[27] = fact["final"] or 0
    return found


def tallies(facts):
    """Counters by id of the tally; those that are 0 are left out, and empty tallies too."""
    found = {}
    for fact in facts:
        day = fact.day()
        id_ = number(fact.site) + (day & (1 << 64) - 1).to_bytes(8, "big")
        for counter, count in counts(fact).items():
            if count:
                own = found.setdefault(id_, {})
                own[counter] = own.get(counter, 0) + count
    return found

"""Cases: what a human must see (docs/MERGE.md, "Cases"), as far as entries alone tell.

Left out: 6 same-reader (needs names) and 17 late-invite (needs the invite's date). Each
function gives (kind, anchor, refs); refs in the order that the digest of facts takes.
"""
import unicodedata

from classes import at
from copies import LENT_IN_CRATE, MAYBE_RETURNED, TWO_PLACES, TWO_TITLES
from history import id_bytes, ref_bytes, ref_of
import naming

REGISTERS, COPY_LOANS, COPY_CASES = 0, 2, 7
CARD_ISSUES, BLOCKS = 0, 2
TITLE_NAME, TITLE_AUTHOR, TITLE_YEAR, TITLE_ISBN, TITLE_VOLUME = 1, 2, 3, 4, 8
CLOSED = 6
WHY_RESTORED, WHY_REPLACED = 1, 3
LISTED = 64  # of the facts of a case so many are listed; all of them say whom it concerns


def cases(ledger):
    found = (
        of_copies(ledger)
        + of_crates(ledger)
        + same_titles(ledger)
        + stamps(ledger)
        + continued_logs(ledger)
        + forks(ledger)
        + invites(ledger)
        + after_cuts(ledger)
        + opaque_logs(ledger)
        + foreign_logs(ledger)
        + erased_merged(ledger)
    )
    return sorted(found)


class Placed(list):
    """A reference, and the RECORDS that a case found under it: of several branches perhaps."""

    def __init__(self, records):
        super().__init__(records[0].ref)
        self.records = records


def placed(records):
    """RECORDS by their references, in order, each reference once."""
    by_ref = {}
    for record in records:
        by_ref.setdefault(tuple(record.ref), []).append(record)
    return [Placed(by_ref[ref]) for ref in sorted(by_ref)]


def refs_in_order(ledger, records):
    return [record.ref for record in sorted(records, key=ledger.effects.order)]


def of_copies(ledger):
    """1 two-places, 2 maybe-returned, 3 lent-in-crate, 4 two-titles, 8 blocked-card."""
    found = []
    for root in {ledger.root(naming.COPY, id_) for id_ in ledger.of(naming.COPY)}:
        state = ledger.class_copy(root)
        facts = {tuple(f.ref): f for f in ledger.class_facts(naming.COPY, root)}
        for kind, refs in at(state, COPY_CASES) or []:
            if kind in (TWO_PLACES, MAYBE_RETURNED, LENT_IN_CRATE):
                found.append((kind, ref_bytes(refs[1]), refs))
            elif kind == TWO_TITLES and not one_class(ledger, facts, refs):
                found.append((kind, root, refs))
        loans = at(state, COPY_LOANS) or []
        if loans and len(loans[-1]) <= CLOSED:
            found += blocked_card(ledger, facts[tuple(loans[-1][0])])
    return found


def one_class(ledger, facts, refs):
    """Whether the titles that the puts REFS of a copy name are one by now."""
    titles = [ref_bytes(facts[tuple(ref)]["title"]) for ref in refs]
    return len({ledger.class_of(naming.TITLE, title) for title in titles}) == 1


def of_crates(ledger):
    """5 crate-count."""
    found = []
    for id_, state in ledger.of(naming.CRATE).items():
        if at(state, 2) or at(state, 3):
            refs = [item[0] for index in (0, 1) for item in at(state, index) or []]
            found.append((5, id_, refs))
    return found


# 7 same-title


def folded(text):
    if text is None:
        return ""
    plain = unicodedata.normalize("NFD", text.casefold())
    plain = [char for char in plain if not unicodedata.category(char).startswith("M")]
    kept = [char if unicodedata.category(char)[0] in "LN" else " " for char in plain]
    return " ".join("".join(kept).replace("đ", "d").split())


def isbn13(text):
    """The 13 digits of a valid ISBN-13 in TEXT, or None."""
    plain = (text or "").replace("-", "").replace(" ", "")
    if len(plain) != 13 or not plain.isascii() or not plain.isdigit():
        return None
    check = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(plain)) % 10
    return plain if check == 0 and plain[:3] in ("978", "979") else None


def match_keys(state):
    registers = at(state, REGISTERS) or {}
    shown = {key: item[1] for key, item in registers.items() if len(item) > 1}
    keys = []
    if TITLE_NAME in shown:
        author = (shown.get(TITLE_AUTHOR) or "").partition(";")[0]
        words = [folded(text) for text in (shown[TITLE_NAME], author, shown.get(TITLE_VOLUME))]
        keys.append(("name", shown.get(TITLE_YEAR) or 0, *words))
    if isbn13(shown.get(TITLE_ISBN)):
        keys.append(("isbn", isbn13(shown[TITLE_ISBN])))
    return keys


def same_titles(ledger):
    groups = {}
    for id_, state in ledger.of(naming.TITLE).items():
        if at(state, 1):
            for key in match_keys(state):
                groups.setdefault(key, set()).add(id_)
    found = {}
    for members in groups.values():
        least = {}
        for id_ in sorted(members):
            least.setdefault(ledger.class_of(naming.TITLE, id_), id_)
        shown = sorted(least.values())
        if len(shown) > 1:
            found.setdefault(b"".join(shown[:2]), set()).update(shown)
    return [
        (7, anchor, [ref_of(member) for member in sorted(members)])
        for anchor, members in found.items()
    ]


# 8 blocked-card


def blocked_card(ledger, loan):
    against = blocks_of_card(ledger, loan)
    if not against:
        return []
    refs = [block.ref for block in sorted(against, key=lambda block: block.key())]
    return [(8, ref_bytes(loan.ref), [loan.ref] + refs)]


def blocks_of_card(ledger, loan):
    """The facts that stood against LOAN when it was written."""
    facts = ledger.facts.get((naming.CARD, id_bytes(loan["card"])), [])
    before = [f for f in facts if f.key() < loan.key()]
    against = {id(f.record): f for f in before if f.kind in ("card-stop", "reader-erase")}
    issues = [f for f in facts if f.kind == "card-issue"]
    if issues:
        reader = ref_bytes(issues[-1]["reader"])
        for one in ledger.class_of(naming.READER, reader):
            for fact in blocks_of_reader(ledger, one, loan):
                against[id(fact.record)] = fact
    return list(against.values())


def blocks_of_reader(ledger, reader, loan):
    facts = ledger.facts.get((naming.READER, reader), [])
    lifted = [ref for f in facts if f.kind == "reader-unblock" for ref in f["blocks"]]
    for fact in facts:
        if fact.key() > loan.key():
            continue
        if fact.kind == "reader-erase":
            yield fact
        if fact.kind == "reader-block" and fact.ref not in lifted:
            if fact["until"] is None or loan.day() <= fact["until"]:
                yield fact


# 9 to 17: devices and logs


def stamps(ledger):
    """9 stamp."""
    effects = ledger.effects
    found = []
    for mark in placed(effects.by_kind["clock-mark"]):
        judge = effects.judge_of(mark.records[0])
        if judge and judge["clamp"] is not None:
            found.append((9, ref_bytes(mark), [mark, judge.ref]))
    return found


def continued_logs(ledger):
    """10 restored, 11 cloned."""
    found = []
    for id_ in ledger.of(naming.LOG):
        facts = ledger.facts[(naming.LOG, id_)]
        on = [f for f in facts if f["continues"] and f["continues"][0] == id_]
        restored = [f.ref for f in on if f["why"] == WHY_RESTORED]
        if restored:
            found.append((10, id_, restored))
        if len({f.ref[0] for f in on}) > 1 or any(went_on_after(ledger, id_, f) for f in on):
            found.append((11, id_, [f.ref for f in on] + outgrown(ledger, id_, on)))
    return found


def outgrown(ledger, id_, on):
    """The entries one above the lowest number at which one goes on that does not replace it."""
    log = ledger.effects.history.logs.get(id_)
    ended = [f["continues"][1] for f in on if f["why"] != WHY_REPLACED]
    if not ended or log is None:
        return []
    return placed(b.records[min(ended)] for b in log.branches if len(b.records) > min(ended))


def went_on_after(ledger, id_, opening):
    """Whether the old log has entries above where OPENING says that it ended."""
    log = ledger.effects.history.logs.get(id_)
    ended = opening["continues"][1]
    return (
        opening["why"] != WHY_REPLACED
        and log is not None
        and any(len(branch.records) > ended for branch in log.branches)
    )


def forks(ledger):
    """12 forked: every entry that has a rival right behind the same entry."""
    found = []
    for log in ledger.effects.history.logs.values():
        after = {}
        for branch in log.branches:
            for n, record in enumerate(branch.records):
                before = branch.records[n - 1].chain if n else None
                after.setdefault(before, {})[record.chain] = record
        rivals = [list(children.values()) for children in after.values() if len(children) > 1]
        if rivals:
            found.append((12, log.id, placed(record for children in rivals for record in children)))
    return found


def invites(ledger):
    """13 invite-used-twice."""
    found = []
    for id_, state in ledger.of(naming.INVITE).items():
        uses = at(state, 0) or []
        if len({device for device, _, _ in uses}) > 1:
            found.append((13, id_, [ref for _, ref, _ in uses]))
    return found


def after_cuts(ledger):
    """14 after-cut."""
    effects = ledger.effects
    found = []
    for device in {log.device for log in effects.history.logs.values()}:
        cuts = effects.cuts_of(device)
        first = {}
        for record in effects.history.records:
            if cuts and record.log.device == device and effects.cut(record):
                first.setdefault(record.log.id, []).append(record)
        if first:
            refs = [placed(first[log])[0] for log in sorted(first)]
            facts = ledger.facts[(naming.DEVICE, device)]
            cuts = [fact.ref for fact in facts if fact.kind == "device-cut"]
            found.append((14, device, cuts + refs))
    return found


def opaque_logs(ledger):
    """15 opaque."""
    found = []
    for log in ledger.effects.history.logs.values():
        opaque = placed(
            record
            for branch in log.branches
            for record in branch.records
            if branch.fits() and record.entry.form in ("malformed", "later-form")
        )
        if opaque:
            found.append((15, log.id, opaque[:1]))
    return found


def foreign_logs(ledger):
    """16 foreign-log."""
    found = []
    for log in ledger.effects.history.logs.values():
        refs = [branch.records[0].ref for branch in log.branches if not branch.fits()]
        if refs:
            found.append((16, log.id, [min(refs)]))
    return found


def erased_merged(ledger):
    """18 erased-merged."""
    found = {}
    for (type_, id_), facts in ledger.facts.items():
        if type_ != naming.READER:
            continue
        for merge in (f for f in facts if f.kind == "reader-merge"):
            pair = sorted([ref_bytes(merge["reader"]), ref_bytes(merge["other"])])
            sides = [
                [f for f in ledger.facts[(naming.READER, side)] if f.kind == "reader-erase"]
                for side in pair
            ]
            erases = sides[0] + sides[1]
            if bool(sides[0]) != bool(sides[1]):
                case = found.setdefault(b"".join(pair), ({}, {}))
                case[0][id(merge.record)] = merge.record
                case[1].update((id(erase.record), erase.record) for erase in erases)
    return [
        (18, anchor, refs_in_order(ledger, m.values()) + refs_in_order(ledger, e.values()))
        for anchor, (m, e) in found.items()
    ]

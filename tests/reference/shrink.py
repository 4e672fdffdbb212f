"""Takes entries out of a history as long as it stays as interesting as it was.

An entry that goes moves those behind it: numbers, hashes and chains change, and so do the
references and heads by which others name them. They are written anew; what names an entry
that is gone names nothing.
"""
from entry import blake
from history import History, chain_start
import mp


class Rewriter:
    """One history without some of its records."""

    def __init__(self, history, kept):
        self.history = history
        self.kept = kept
        self.by_ref = {}
        for record in sorted(history.records, key=lambda record: record in kept):
            self.by_ref[tuple(record.ref)] = record
        self.by_chain = {record.chain: record for record in history.records}
        self._raw = {}
        self._place = {}
        self._open = set()  # places that are being found

    def raw(self, record):
        if record not in self._raw:
            try:
                value = self.value(mp.decode(record.entry.raw))
                self._raw[record] = mp.encode(value)
            except mp.Malformed:
                self._raw[record] = record.entry.raw
        return self._raw[record]

    def before(self, record):
        """The record before RECORD on its chain that is kept, or None."""
        chain = record.branches[0].records
        return next((r for r in reversed(chain[: record.n - 1]) if r in self.kept), None)

    def place(self, record):
        """Number and chain hash of a record that is kept."""
        if record not in self._place:
            self._open.add(record)
            before = self.before(record)
            n, chain = 0, chain_start(record.log.id, record.log.key)
            if before:
                n, chain = self.place(before)
            self._place[record] = n + 1, blake(32, chain, blake(32, self.raw(record)))
            self._open.discard(record)
        return self._place[record]

    def value(self, value):
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        if not isinstance(value, list):
            return value
        if is_name(value, 8):
            return self.ref(value)
        if is_name(value, 32):
            return self.head(value)
        items = [self.value(item) for item in value]
        if items and all(is_name(item, 8) or is_name(item, 32) for item in items):
            items = [list(item) for item in sorted({tuple(item) for item in items})]
        return items

    def ref(self, ref):
        record = self.by_ref.get(tuple(ref))
        if record not in self.kept or record in self._open:
            return ref  # of what is gone; or equal bytes on two branches, in a circle
        return [ref[0], self.place(record)[0], blake(32, self.raw(record))[:8]]

    def head(self, head):
        record = self.by_chain.get(head[2])
        if record is None or record.n != head[1]:
            return head
        last = record if record in self.kept else self.before(record)
        return [head[0], *self.place(last)] if last else head

    def lines(self):
        found = []
        for log in self.history.logs.values():
            chains = [[r for r in b.records if r in self.kept] for b in log.branches]
            whole = []
            for chain in sorted(chains, key=len, reverse=True):
                if chain and not any(other[: len(chain)] == chain for other in whole):
                    whole.append(chain)
            for branch, chain in enumerate(whole):
                found.append(
                    {
                        "log": log.id.hex(),
                        "branch": branch,
                        "site": log.site,
                        "role": log.role,
                        "key": log.key.hex(),
                        "entries": [self.raw(record).hex() for record in chain],
                    }
                )
        return found


def is_name(value, size):
    """Whether VALUE has the form of a reference (8) or a head (32)."""
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], bytes)
        and len(value[0]) == 16
        and isinstance(value[1], int)
        and isinstance(value[2], bytes)
        and len(value[2]) == size
    )


def history_of(lines):
    history = History()
    for line in lines:
        history.add(line)
    return history


def shrink(lines, is_interesting):
    """Fewer LINES that are still interesting; IS_INTERESTING takes lines."""
    history = history_of(lines)
    kept = list(history.records)
    size = len(kept) // 2
    while size:
        before = len(kept)
        kept = without_some(history, kept, size, is_interesting)
        if size > 1:
            size //= 2
        elif len(kept) == before:
            break
    return Rewriter(history, set(kept)).lines()


def without_some(history, kept, size, is_interesting):
    """KEPT without those runs of SIZE that nobody misses."""
    at = 0
    while at < len(kept):
        fewer = kept[:at] + kept[at + size :]
        if fewer and is_interesting(Rewriter(history, set(fewer)).lines()):
            kept = fewer
        else:
            at += size
    return kept

"""For the self-tests: logs written by hand, folded, and looked into."""
from entry import BEHALF, OPERATOR, SOURCE, WHEN, blake
from fold import fold
from history import BY_NAME, History, chain_start, id_bytes, log_id, ref_bytes
from kinds import KINDS
import mp

T0 = 1790038800  # 2026-09-22T08:00:00+07:00
DAY0 = 20718  # that day
C1, C2, C3 = [0, "c1"], [0, "c2"], [0, "c3"]
K1, K2 = [0, "k1"], [0, "k2"]
CRATE = [0, "t1"]


class Desk:
    """One log (or branch) and its device; `at` is in seconds after T0."""

    def __init__(self, room, key, site, role=1, nonce=b"n"):
        self.room, self.site, self.role = room, site, role
        self.key = blake(32, key)
        self.nonce = blake(16, nonce)
        self.log = log_id(self.key, self.nonce)
        self.raw = []
        self.hashes = [chain_start(self.log, self.key)]

    def append(self, raw):
        self.raw.append(raw)
        self.hashes.append(blake(32, self.hashes[-1], blake(32, raw)))
        return [self.log, len(self.raw), blake(32, raw)[:8]]

    def add(self, entry, at, /, tick=0, operator=False, **fields):
        """An entry of that kind; FIELDS also by `from_`, and the extras when, source, behalf."""
        kind = KINDS[BY_NAME[entry]]
        pairs = ((WHEN, "when"), (SOURCE, "source"), (BEHALF, "behalf"))
        extras = {key: fields.pop(name) for key, name in pairs if name in fields}
        if operator:
            extras[OPERATOR] = bytes(96)
        items = [kind.number, (T0 + at) * 65536 + tick, extras or None]
        for name in [field.name for field in kind.fields]:
            items.append(fields.pop(name + "_", fields.pop(name, None)))
        assert not fields, fields
        while items[-1] is None:
            items.pop()
        return self.append(mp.encode(items))

    def open(self, at=-1000, **more):
        fields = {"device_key": self.key, "nonce": self.nonce, "site": self.site}
        return self.add("open", at, **{**fields, **more})

    def mark(self, at, sure=3):
        return self.add("clock-mark", at, boot=bytes(8), mono=0, wall=T0 + at, sure=sure)

    def head(self, n=None):
        n = len(self.raw) if n is None else n
        return [self.log, n, self.hashes[n]]

    def fork(self, n):
        """Another branch, equal up to entry N."""
        other = Desk(self.room, b"", self.site, self.role)
        other.key, other.nonce, other.log = self.key, self.nonce, self.log
        other.raw, other.hashes = self.raw[:n], self.hashes[: n + 1]
        self.room.desks.append(other)
        return other


class Room:
    def __init__(self):
        self.desks = []

    def desk(self, key, site, role=1, nonce=b"n", open_=True, **more):
        desk = Desk(self, key, site, role, nonce)
        self.desks.append(desk)
        if open_:
            desk.open(**more)
        return desk

    def hub(self, nonce=b"control"):
        return self.desk(b"hub", 0, 4, nonce)

    def fold(self, order=None):
        history = History()
        for desk in order or self.desks:
            history.add(
                {
                    "log": desk.log.hex(),
                    "site": desk.site,
                    "role": desk.role,
                    "key": desk.key.hex(),
                    "entries": [raw.hex() for raw in desk.raw],
                }
            )
        return fold(history)


def state(ledger, type_, id_):
    """The state of an entity by its number, its id as bytes, its reference or [ns, code]."""
    if isinstance(id_, list):
        id_ = ref_bytes(id_) if len(id_) == 3 else id_bytes(id_)
    return ledger.states.get((type_, id_))


def part(ledger, type_, id_, index):
    found = state(ledger, type_, id_) or []
    return found[index] if index < len(found) else None

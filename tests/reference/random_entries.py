"""Random entries: fields for every kind, drawn from small pools so that facts collide."""
from entry import BEHALF, OPERATOR, SOURCE, STAFF, WHEN, id_key
from history import BY_NAME
from kinds import KINDS
import mp

ABSENT = [[bytes([0xAB]) * 16, 3, bytes([0xCD]) * 8], [bytes([0xAC]) * 16, 1, bytes(8)]]
ISBN = "978-604-1-00001-8"
TEXTS = ["a", "b", "Đất rừng phương Nam", "Dế Mèn"]
COMMUNES = ["03646", "03647", "04000"]
ZONE, DAY, TICKS = 25200, 86400, 65536

# The kinds whose entries a field of references is about; * is any.
ABOUT = {
    "about": "*", "reader": "reader-put", "readers": "reader-put", "blocks": "reader-block",
    "title": "title-put", "loan": "loan", "hold": "hold-place", "charge": "charge",
    "attendees": "worker-put", "worker": "worker-put", "stop": "mobile-stop", "target": "*",
    "mark": "clock-mark", "entries": "*", "erase": "reader-erase", "report": "report-issue",
    "aliases": "copy-alias",
}  # fmt: skip
ABOUT_IN = {
    ("title-merge", "other"): "title-put",
    ("reader-merge", "other"): "reader-put",
    ("title-unmerge", "merges"): "title-merge",
    ("reader-unmerge", "merges"): "reader-merge",
}
# How often a field that may stay unset is set; 1 in 2 where nothing is said.
SET = {
    ("loan", "hold"): 0.25, ("loan", "due"): 0.2, ("renew", "due"): 0.2, ("visit", "count"): 0.4,
    ("crate-receive", "listed"): 0.2, ("crate-receive", "final"): 0.4,
    ("crate-receive", "copies"): 0.8, ("device-cut", "heads"): 0.9, ("open", "continues"): 0,
    ("open", "why"): 0, ("clock-judge", "ahead"): 0.6, ("clock-judge", "behind"): 0.2,
    ("copy-put", "title"): 0.7, ("reader-block", "until"): 0.3, ("reader-erase", "cards"): 0.6,
    ("mobile-stop", "stop"): 0.6,
}  # fmt: skip
MAKERS = {"title-put": "title", "reader-put": "reader", "worker-put": "worker"}
MADE_MAX = 4
ACTING = ["device-cut", "log-adopt", "clock-judge", "reader-erase", "title-unmerge"]
SMALL = {"count": 4, "amount": 50000, "year": 1, "attendance": 40, "women": 5, "workers": 6, "term": 21}


class Drawer:
    """Draws fields and extras; WORLD has the pools and what was written so far."""

    def __init__(self, world):
        self.world = world
        self.random = world.random

    def chance(self, p):
        return self.random.random() < p

    def some_of(self, pool, least, most):
        pool = list(pool)
        count = self.random.randint(least, max(least, min(most, len(pool))))
        return self.random.sample(pool, min(count, len(pool)))

    def ref(self, about):
        """A reference to an entry of that kind, mostly."""
        refs = self.world.refs
        pool = refs.get(MAKERS.get(about) or about) if about != "*" else self.world.every
        if self.chance(0.07) or not pool:
            pool = self.world.every if self.chance(0.5) and self.world.every else ABSENT
        if self.chance(0.5):
            pool = pool[-6:]
        return self.random.choice(pool)

    def refs(self, about, most):
        found = [self.ref(about) for _ in range(self.random.randint(1, min(most, 3)))]
        return sorted({tuple(ref) for ref in found})

    def head(self, device=None):
        """Where some chain, of DEVICE if given, stood; now and then where none did."""
        chains = [c for c in self.world.chains if device in (None, c.device) and c.entries]
        if not chains or self.chance(0.06):
            return [ABSENT[0][0], 2, bytes(32)]
        chain = self.random.choice(chains)
        n = len(chain.entries)
        n = n if self.chance(0.6) else self.random.randint(1, n)
        hash_ = chain.hashes[n] if self.chance(0.94) else bytes(32)
        return [chain.log, n, hash_]

    def heads(self, device):
        logs = {}
        for _ in range(self.random.randint(1, 5)):
            head = self.head(device)
            logs.setdefault((head[0], head[2]), head)
        return sorted(logs.values())

    def day(self):
        now = (self.world.now + ZONE) // DAY
        return now + self.random.choice([-40, -2, -1, 0, 0, 1, 2, 14, 30])

    def uint(self, field):
        if field.name in ("site", "owner", "pickup", "from", "to") and field.max == 999999:
            return self.random.choice(self.world.sites + [999])
        most = max(field.min, min(field.max, SMALL.get(field.name, field.max)))
        values = [field.min, min(field.min + 1, most), most]
        values.append(self.random.randint(field.min, most))
        return field.max if self.chance(0.01) else self.random.choice(values)

    def value(self, kind, field):
        world, choice = self.world, self.random.choice
        about = ABOUT_IN.get((kind.name, field.name)) or ABOUT.get(field.name)
        type_ = field.type
        if type_ == "uint":
            return self.uint(field)
        if type_ == "enum":
            return self.random.randrange(len(field.values))
        if type_ == "day":
            return self.day()
        if type_ == "text":
            return choice([text for text in TEXTS if len(text.encode()) <= field.max])
        if type_ == "digits":
            return choice(COMMUNES)
        if type_ == "letters":
            return choice(["vie", "hmn"])
        if type_ == "bytes":
            return self.random.randbytes(self.random.choice([1, 3, 40]))
        if type_ == "fixed":
            return self.fixed(field)
        if type_ == "ref":
            return self.ref(about)
        if type_ == "refs":
            return self.refs(about, field.max)
        if type_ == "head":
            return self.head()
        if type_ == "id":
            pool = {"card": world.cards, "crate": world.crates}.get(field.name, world.copies)
            return choice(pool)
        if type_ == "ids":
            pool = world.cards if field.name == "cards" else world.copies
            return sorted(self.some_of(pool, 1, 4), key=id_key)
        if type_ == "uints":
            return sorted(self.some_of(world.sites, 1, 3))
        if type_ == "texts":
            return sorted(self.some_of(COMMUNES, 1, 2))
        if type_ == "sets":
            return self.random.randint(1, kind.sets_max())
        return None

    def fixed(self, field):
        if field.name == "device":
            return self.random.choice(self.world.devices)
        if field.name == "invite":
            return self.random.choice(self.world.invites)
        if field.name == "case":
            return self.random.choice(self.world.case_ids)
        return self.random.choice([bytes(field.max), bytes([7]) * field.max])

    def fields(self, name, chain=None):
        """Fields for the kind NAME, written in CHAIN, that make a sound entry."""
        kind = KINDS[BY_NAME[name]]
        fields = {}
        for field in kind.fields:
            set_ = field.required or self.chance(SET.get((name, field.name), 0.5))
            if field.name in MAKERS.values() and name in MAKERS and field.type == "ref":
                made = self.world.refs.get(MAKERS[name], [])
                set_ = bool(made) and self.chance(0.95 if len(made) >= MADE_MAX else 0.5)
            fields[field.name] = self.value(kind, field) if set_ else None
        if "sets" in fields:
            fields["commit"] = bytes([9]) * 32 if fields["sets"] is not None else None
        if name == "device-cut" and fields["heads"]:
            fields["heads"] = self.heads(fields["device"])
        if self.chance(0.6):
            self.steer(name, fields, chain)
        self.keep_pair(kind, fields)
        if "seen" in fields:
            fields["seen"] = self.seen(kind, fields)
        return fields

    def steer(self, name, fields, chain):
        """Makes FIELDS fit what was written lately, so that they have an effect."""
        world, choice = self.world, self.random.choice
        written = world.written
        if name == "void":
            fields["target"] = self.own_target(chain)
        loans = written.get("loan", [])[-4:]
        if loans and name in ("renew", "return", "reader-lost"):
            ref, loan = choice(loans)
            fields["copy"] = loan["copy"]
            if fields.get("loan"):
                renewals = [r for r, f in written.get("renew", []) if f["copy"] == loan["copy"]]
                fields["loan"] = choice(renewals) if renewals and self.chance(0.15) else ref
            if fields.get("card"):
                fields["card"] = loan["card"]
        if name == "loan" and written.get("card-issue"):
            fields["card"] = choice(written["card-issue"])[1]["card"]
        sent = written.get("crate-dispatch", [])[-3:]
        if sent and name == "crate-receive":
            _, dispatch = choice(sent)
            fields["crate"] = dispatch["crate"]
            if fields["copies"] and self.chance(0.5):
                fields["copies"] = sorted(self.some_of(dispatch["copies"], 1, 4), key=id_key)
        here = [copy for copy, at in world.shelved.items() if chain and at == chain.site]
        if here and name == "copy-missing":
            fields["copy"] = next(copy for copy in world.copies if repr(copy) in here)
        if name == "reader-unblock" and written.get("reader-block"):
            fields["reader"] = choice(written["reader-block"][-3:])[1]["reader"]
        if name == "title-put" and fields["title"] is None:
            same = {"name": TEXTS[2], "isbn": ISBN} if self.chance(0.5) else {"name": TEXTS[3]}
            fields.update({"author": None, "year": None, "volume": None, "isbn": None, **same})
        if name in ("device-cut", "device-admit", "device-retire"):
            fields["device"] = choice(world.devices[:2])
            if fields.get("heads"):
                fields["heads"] = self.heads(fields["device"])

    def own_target(self, chain):
        """Something that CHAIN may void, mostly; in logs of the hub often what acts."""
        own = [ref for ref in self.world.every if chain and ref[0] == chain.log]
        if chain and chain.site == 0:
            acts = [r for name in ACTING for r in self.world.refs.get(name, []) if r in own]
            own = acts if acts and self.chance(0.6) else own
        return self.random.choice(own[-12:]) if own else self.ref("*")

    def keep_pair(self, kind, fields):
        if not kind.pair:
            return
        rule, a, b = kind.pair
        if rule in ("not-both", "one-of") and fields[a] is not None:
            fields[b] = None
        if rule == "one-of" and fields[a] is None and fields[b] is None:
            fields[a] = self.value(kind, kind.fields[kind.index(a)])
        if rule == "not-above" and fields[a] is not None:
            least = kind.fields[kind.index(b)].min
            fields[a] = min(fields[a], least if fields[b] is None else fields[b])

    def seen(self, kind, fields):
        """What the writer saw: of puts of this entity, now and then of others."""
        pool = self.world.puts.get(self.put_of(kind, fields), [])
        if self.chance(0.08):
            pool = pool + ABSENT + self.world.every[-3:]
        keys = {i for i, f in enumerate(kind.fields) if f.register}
        set_ = {i for i in keys if fields[kind.fields[i].name] is not None}
        sealed = {32 + i for i, f in enumerate(kind.sealed) if f.register}
        set_ |= {key for key in sealed if (fields.get("sets") or 0) >> (key - 32) & 1}
        seen = {}
        for key in keys | sealed:
            if pool and self.chance(0.6 if key in set_ else 0.1):
                refs = {tuple(ref) for ref in self.some_of(pool[-5:], 1, 2)}
                seen[key] = sorted(refs)
        while sum(map(len, seen.values())) > 32:
            seen.popitem()
        return seen or None

    def put_of(self, kind, fields):
        """A name for the entity that a put is of; None: a new one."""
        first = fields[kind.fields[0].name]
        return (kind.name, repr(first)) if first is not None else None

    def extras(self, name, chain):
        random, world = self.random, self.world
        extras = {}
        if self.chance(world.told) and name not in ("open", "clock-mark"):
            at = world.now + random.choice([-5 * DAY, -DAY, -3600, -60, 0, 60, 3600, DAY])
            minute = max(0, at // 60)
            extras[WHEN] = [1, minute] if self.chance(0.6) else [2, (at + ZONE) // DAY]
        often = 4 if name in MAKERS else 1
        if self.chance(often * world.sourced) and (name not in world.unsourced or world.odd):
            extras[SOURCE] = random.choices(world.sources, [4, 1])[0]
        if self.chance(0.04):
            extras[STAFF] = "Hoa"
        if self.chance(world.behalf):
            extras[BEHALF] = random.choice(world.sites)
        operator = KINDS[BY_NAME[name]].operator
        hub_void = chain.site == 0 and name == "void"
        if self.chance(0.9 if operator else 0.5 if hub_void else 0.02):
            extras[OPERATOR] = bytes([5]) * 96
        return extras

    def encode(self, name, stamp, fields, extras):
        kind = KINDS[BY_NAME[name]]
        items = [kind.number, stamp, extras or None] + [fields[f.name] for f in kind.fields]
        while items[-1] is None:
            items.pop()
        return mp.encode(items)

    # What folds as nothing

    def spoil(self, name, stamp, fields, extras):
        """Bytes of an entry that is not sound, mostly."""
        kind = KINDS[BY_NAME[name]]
        items = [kind.number, stamp, extras or None] + [fields[f.name] for f in kind.fields]
        good = self.encode(name, stamp, fields, extras)
        of_type = lambda *types: [
            i for i, f in enumerate(kind.fields) if f.type in types and fields[f.name] is not None
        ]
        enums, texts, sets = of_type("enum"), of_type("text"), of_type("sets")
        how = self.random.randrange(16)
        if how == 0:
            return good[: self.random.randrange(len(good))] or b"\xc0"
        if how == 1:
            return good + b"\xc0"
        if how == 2:
            return mp.encode(items + [None])
        if how == 3:
            return mp.encode(items + [self.random.choice([1, "x", [2], {3: 4}])])
        if how == 4:
            return mp.encode([self.random.choice([0, 5, 99, 130, 70000]), *items[1:], 1])
        if how == 5:
            extras = {**extras, self.random.choice([0, 6, 99]): 1}
            return mp.encode([*items[:2], extras, *items[3:], 1])
        if how == 6 and enums:
            items[3 + self.random.choice(enums)] = self.random.choice([60, 255, 256])
            return mp.encode(items)
        if how == 7:
            at = self.random.randrange(3, len(items))
            odd = [-1, "e\u0301", "\n", b"", [], {}, 1 << 40, [1, "c1"]]
            items[at] = self.random.choice(odd)
            return mp.encode(items)
        if how == 8:
            extras = {**extras, WHEN: [self.random.choice([0, 3, 256]), 5]}
            return mp.encode([*items[:2], extras, *items[3:]])
        if how == 9 and texts:
            items[3 + self.random.choice(texts)] = self.random.choice(["e\u0301", "a\tb", ""])
            return mp.encode(items)
        if how == 10 and sets:
            items[3 + sets[0]] = self.random.choice([0, 1 << len(kind.sealed), 1 << 32])
            return mp.encode(items)
        if how in (11, 12):  # what no table explains: true, -1, a tab, a text that is not NFC
            if how == 12:
                items[0] = self.random.choice([5, 99, 130, 70000])
            tail = self.random.choice([b"\xc3", b"\xff", b"\xa1\t", b"\xa3e\xcc\x81"])
            return mp.encode(items + [1])[:-1] + tail
        at = self.random.randrange(len(good))
        return good[:at] + bytes([good[at] ^ 1 << self.random.randrange(8)]) + good[at + 1 :]

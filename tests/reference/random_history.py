#!/usr/bin/python3
"""Random histories, in the form of README.md.

  random_history.py [--seed N] [--count M] [--odd] [--size ENTRIES]

Writes the histories of the seeds N to N + M - 1, each followed by {"end": seed}. One seed
gives one history, for ever on the same version of this program and of Python. --odd adds
what QUESTIONS.md calls odd.
"""
import argparse
import json
import random

from entry import BEHALF, blake
from history import BY_NAME, chain_start, device_id, log_id
from keys import KEYS
from random_entries import DAY, MAKERS, TICKS, Drawer
import random_scenes as scenes

START = 1790038800
COPIES = [[0, "8931"], [0, "89310"], [101, "000123"], [102, "000123"], [101, "e\u0301"]]
CLOCKS = [-START, -40 * DAY, -3600, -200, 200, 3600, 3 * DAY, 3650 * DAY]

SITE_WEIGHTS = {
    "circulation": {
        "loan": 16, "return": 9, "renew": 5, "in-house-use": 1, "sighting": 3, "reader-lost": 5,
        "copy-missing": 5, "damaged": 1, "repaired": 1, "withdrawn": 2, "reinstated": 1,
        "uncoded-loan": 1, "uncoded-return": 1,
    },
    "crates": {"crate-dispatch": 7, "crate-receive": 9, "loan": 4, "return": 1, "sighting": 1},
    "readers": {
        "reader-put": 8, "consent": 1, "card-issue": 4, "card-stop": 2, "reader-block": 3,
        "reader-unblock": 2, "reader-merge": 3, "reader-unmerge": 1, "loan": 2,
    },
    "catalogue": {
        "title-put": 9, "title-merge": 4, "title-unmerge": 2, "copy-put": 8, "copy-alias": 3,
        "copy-unalias": 1,
    },
    "holds": {
        "hold-place": 4, "hold-cancel": 2, "hold-ready": 5, "loan": 4, "return": 2, "charge": 2,
        "payment": 2,
    },
    "counting": {
        "day-open": 1, "visit": 5, "mobile-stop": 4, "activity": 2, "training": 2,
        "digital-use": 2, "donation": 2, "worker-put": 4, "shift": 1, "model-put": 3, "tally": 2,
        "note": 1, "erase-done": 1, "report-signoff": 2,
    },
}  # fmt: skip
ALWAYS = {"clock-mark": 5, "void": 5}
CONTROL_WEIGHTS = {
    "site-put": 5, "commune-put": 4, "device-admit": 5, "device-confirm": 2, "device-retire": 2,
    "device-cut": 1.5, "invite-cancel": 1, "policy-put": 3, "target-put": 3, "reader-erase": 2,
    "void": 5,
}  # fmt: skip
DESK_WEIGHTS = {
    "log-adopt": 3, "clock-judge": 9, "case-decide": 4, "report-issue": 3, "void": 5,
    "title-merge": 2, "title-unmerge": 2, "reader-merge": 2, "reader-unmerge": 2,
    "copy-alias": 1, "copy-unalias": 1, "card-stop": 1, "reader-block": 1, "reader-unblock": 1,
    "withdrawn": 1, "worker-put": 1, "model-put": 1, "tally": 1, "training": 1, "note": 1,
    "clock-mark": 1,
}  # fmt: skip
UNSOURCED = {
    "open", "clock-mark", "void", "device-cut", "log-adopt", "clock-judge", "title-unmerge",
    "reader-unmerge", "copy-unalias", "title-merge", "reader-merge", "copy-alias", "worker-put",
    "mobile-stop", "hold-place", "reader-erase", "report-issue", "crate-dispatch",
}  # fmt: skip


class Chain:
    """One branch of a log as it is written."""

    def __init__(self, world, key, site, role, nonce=None):
        self.world = world
        self.key = key
        self.device = device_id(key)
        self.site = site
        self.role = role
        self.nonce = nonce or world.random.randbytes(16)
        self.log = log_id(key, self.nonce)
        self.entries = []
        self.hashes = [chain_start(self.log, key)]
        self.branch = 0
        self.last = 0
        self.ahead = world.clock_error() if site else 0

    def fork(self, n, branch):
        other = Chain(self.world, self.key, self.site, self.role, self.nonce)
        other.log = self.log
        other.entries = self.entries[:n]
        other.hashes = self.hashes[: n + 1]
        other.branch = branch
        other.last = self.last
        other.ahead = self.ahead
        return other

    def stamp(self):
        tick = self.world.random.choice([0, 0, 0, 1, 2])
        stamp = max(0, self.world.now + self.ahead) * TICKS + tick
        if stamp <= self.last and self.world.random.random() < 0.97:
            stamp = self.last + 1
        self.last = max(stamp, self.last)
        return stamp

    def append(self, raw):
        hash_ = blake(32, raw)
        self.entries.append(raw)
        self.hashes.append(blake(32, self.hashes[-1], hash_))
        return [self.log, len(self.entries), hash_[:8]]

    def line(self):
        return {
            "log": self.log.hex(),
            "branch": self.branch,
            "site": self.site,
            "role": self.role,
            "key": self.key.hex(),
            "entries": [raw.hex() for raw in self.entries],
        }


class World:
    def __init__(self, seed, size=None, odd=False):
        self.random = rng = random.Random(seed)
        self.odd = odd
        sizes = [rng.randint(20, 60), rng.randint(60, 140), rng.randint(60, 300)]
        self.size = size or rng.choice(sizes)
        self.now = START
        paces = [[0, 0, 1], [0, 1, 60, 400], [0, 60, 3600, DAY], [0, 1, 10, DAY]]
        self.pace = rng.choice(paces)
        self.told = rng.choice([0, 0.03, 0.1, 0.25])
        self.sourced = rng.choice([0, 0.03, 0.1, 0.3])
        self.behalf = rng.choice([0, 0.05, 0.15])
        self.spoiled = rng.choice([0, 0.02, 0.06])
        self.wrong = rng.choice([0, 0.02, 0.05])
        self.bad_clocks = rng.choice([0, 0.3, 0.7])
        self.unsourced = UNSOURCED
        self.sites = [101, 102, 103, 104, 105][: rng.randint(2, 5)]
        self.copies = COPIES[: rng.choice([1, 2, 2, 3, 5])]
        self.cards = [[0, "14037"], [101, "k1"], [0, "140370"]][: rng.randint(1, 3)]
        self.crates = [[0, "T1"], [101, "T2"], [0, "T3"], [0, "T4"]][: rng.randint(1, 4)]
        self.invites = [rng.randbytes(16) for _ in range(3)]
        self.case_ids = [rng.randbytes(16) for _ in range(2)]
        self.sources = [rng.randbytes(16) for _ in range(2)]
        self.refs, self.puts, self.every, self.chains = {}, {}, [], []
        self.written = {}  # by kind: (ref, fields) of what is sound
        self.shelved = {}  # by copy: the site where it was last put down
        self.drawer = Drawer(self)
        count = rng.randint(3, 8) if self.size > 60 else rng.randint(3, 4)
        keys = [bytes.fromhex(key) for key in rng.sample(KEYS, count + 1)]
        self.hub, self.keys = keys[0], keys[1:]
        self.devices = [device_id(key) for key in self.keys]
        self.weights = self.pick_weights()
        self.control_weights = self.vary(CONTROL_WEIGHTS)
        self.desk_weights = self.vary(DESK_WEIGHTS)

    def chance(self, p):
        return self.random.random() < p

    def clock_error(self):
        if not self.chance(self.bad_clocks):
            return self.random.choice([0, 0, 1, -1])
        return self.random.choice(CLOCKS)

    def pick_weights(self):
        weights = dict(ALWAYS)
        for group in SITE_WEIGHTS.values():
            factor = self.random.choice([0, 0.2, 1, 1, 4])
            for name, weight in group.items():
                weights[name] = weights.get(name, 0) + weight * factor
        return weights

    def vary(self, weights):
        return {name: w * self.random.choice([0.2, 1, 1, 5]) for name, w in weights.items()}

    # Logs

    def open(self, key, site, role, continues=None):
        chain = Chain(self, key, site, role)
        fields = self.drawer.fields("open")
        fields.update(device_key=key, nonce=chain.nonce, site=site)
        if continues:
            fields["continues"] = continues
            fields["why"] = self.random.choice([None, 0, 1, 1, 2, 3])
        spoiled = False
        if self.chance(0.03):
            spoiled = True
            change = self.random.choice(["site", "nonce", "device_key", "all"])
            if change == "site":
                fields["site"] = 0 if site else 101
            elif change != "all":
                fields[change] = self.random.randbytes(len(fields[change]))
        self.chains.append(chain)
        if spoiled and self.chance(0.3):
            self.write(chain, "visit")
        else:
            extras = {}
            if self.odd and self.chance(0.3):
                extras = self.drawer.extras("open", chain)
            self.put(chain, "open", fields, extras)
        if self.chance(0.8):
            self.mark(chain)
        return chain

    def mark(self, chain):
        fields = self.drawer.fields("clock-mark")
        self.put(chain, "clock-mark", fields, {})

    def start(self):
        self.control = self.open(self.hub, 0, 4)
        self.desk = self.open(self.hub, 0, 4)
        for key in self.keys:
            role = self.random.choice([1, 1, 1, 3, 3, 2])
            self.open(key, self.random.choice(self.sites), role)

    def site_chains(self):
        return [chain for chain in self.chains if chain.site]

    def fork(self):
        pool = self.chains if self.odd else self.site_chains()
        chain = self.random.choice(pool)
        branch = sum(1 for other in self.chains if other.log == chain.log)
        if branch < 4:
            n = self.random.randint(0 if self.odd else 1, len(chain.entries))
            other = chain.fork(n, branch)
            self.chains.append(other)
            if n == 0:
                fields = self.drawer.fields("open")
                fields.update(device_key=chain.key, nonce=chain.nonce, site=chain.site)
                self.put(other, "open", fields, {})
            elif n < len(chain.entries) and self.odd and self.chance(0.3):
                self.write(other)
                for raw in chain.entries[n + 1 : n + 4]:
                    other.append(raw)

    def go_on(self):
        """The device of some log goes on under a new one."""
        old = self.random.choice(self.site_chains())
        head = self.drawer.head(old.device)
        self.open(old.key, old.site, old.role, head)

    # Entries

    def put(self, chain, name, fields, extras):
        raw = self.drawer.encode(name, chain.stamp(), fields, extras)
        ref = chain.append(raw)
        self.note(name, fields, ref, extras.get(BEHALF, chain.site))
        return ref

    def note(self, name, fields, ref, site):
        """Remember what was written, so that others can name it."""
        self.every.append(ref)
        self.refs.setdefault(name, []).append(ref)
        self.written.setdefault(name, []).append((ref, fields))
        if name in ("return", "sighting", "hold-ready"):
            self.shelved[repr(fields["copy"])] = site
        elif name in ("loan", "copy-missing"):
            self.shelved.pop(repr(fields["copy"]), None)
        elif name == "copy-put" and fields["owner"] == site:
            self.shelved.setdefault(repr(fields["copy"]), site)
        maker = MAKERS.get(name)
        if maker and fields[maker] is None:
            self.refs.setdefault(maker, []).append(ref)
            self.puts.setdefault((name, repr(ref)), []).append(ref)
        elif "seen" in fields:
            first = next(iter(fields.values()))
            self.puts.setdefault((name, repr(first)), []).append(ref)

    def write(self, chain, name=None, extras=None, **fixed):
        """Write an entry, mostly of the kind NAME with FIXED fields; gives its reference."""
        if name is None:
            name = self.kind_for(chain)
        fields = {**self.drawer.fields(name, chain), **fixed}
        extras = {**self.drawer.extras(name, chain), **(extras or {})}
        if chain.entries and self.chance(self.spoiled):
            raw = self.drawer.spoil(name, chain.stamp(), fields, extras)
            self.every.append(chain.append(raw))
            return self.every[-1]
        ref = self.put(chain, name, fields, extras)
        if name == "clock-mark" and chain.site and self.chance(0.5):
            chain.ahead = self.clock_error()
        return ref

    def kind_for(self, chain):
        if self.chance(self.wrong):
            name = self.random.choice(sorted(BY_NAME))
            return name if self.odd or name != "open" else "visit"
        weights = self.weights
        if chain.site == 0:
            desk = chain.log == self.desk.log
            weights = self.desk_weights if desk else self.control_weights
        return self.random.choices(list(weights), list(weights.values()))[0]

    def step(self):
        self.now += self.random.choice(self.pace)
        if self.chance(0.008):
            self.go_on()
        if self.chance(0.008):
            self.fork()
        if self.chance(0.02):
            self.random.choice(scenes.SCENES)(self)
        if self.chance(0.18):
            chain = self.random.choice([c for c in self.chains if not c.site])
        else:
            chain = self.random.choice(self.site_chains())
        self.write(chain)

    def tell(self):
        self.start()
        while sum(len(chain.entries) for chain in self.chains) < self.size:
            self.step()
        for copy in self.copies:
            if self.chance(0.3):
                scenes.maybe_returned(self, copy)
        for _ in range(self.random.choice([0, 1, 2])):
            scenes.acquired(self)
        return self.lines()

    def lines(self):
        return [chain.line() for chain in self.chains if not self.is_prefix(chain)]

    def is_prefix(self, chain):
        """Whether another branch of the log begins with all of CHAIN: it is none then."""
        return any(
            other.log == chain.log
            and other.hashes[: len(chain.hashes)] == chain.hashes
            and (len(other.hashes) > len(chain.hashes) or other.branch < chain.branch)
            for other in self.chains
            if other is not chain
        )


def main():
    parser = argparse.ArgumentParser(description="Random histories for the fold.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--size", type=int, help="entries; default: 20 to 300, drawn")
    parser.add_argument("--odd", action="store_true", help="also what is odd")
    asked = parser.parse_args()
    for seed in range(asked.seed, asked.seed + asked.count):
        for line in World(seed, asked.size, asked.odd).tell():
            print(json.dumps(line))
        print(json.dumps({"end": seed}))


if __name__ == "__main__":
    main()

"""A history: all logs with all their branches, and every entry in its place.

The form of the file is in README.md. A *record* is one entry in its place: equal log,
number and chain hash are one record, in however many branches it stands.
"""
import json
import sys

from entry import BEHALF, OPERATOR, SOURCE, WHEN, Entry, blake, number
from kinds import KINDS

OPEN = 1
BY_NAME = {kind.name: number_ for number_, kind in KINDS.items()}


def device_id(key):
    return blake(16, b"packhorse device 1", key)


def log_id(key, nonce):
    return blake(16, b"packhorse log id 1", key, nonce)


def chain_start(log, key):
    return blake(32, b"packhorse log 1", log, key)


class Log:
    def __init__(self, line):
        self.id = bytes.fromhex(line["log"])
        self.site = line["site"]
        self.role = line["role"]
        self.key = bytes.fromhex(line["key"])
        self.device = device_id(self.key)
        self.branches = []

    def says(self):
        return self.site, self.role, self.key

    def writer(self):
        """What a kind must allow of s, c and h for this log to write it."""
        if self.site == 0:
            return {"h"}
        return {letter for bit, letter in ((1, "s"), (2, "c")) if self.role & bit}


class Branch:
    """One chain of a log, from its first entry to its last."""

    def __init__(self, log):
        self.log = log
        self.records = []
        self._fits = None

    def hash_at(self, n):
        return self.records[n - 1].chain if n <= len(self.records) else None

    def fits(self):
        """Whether entry 1 is a good `open` of this very log."""
        if self._fits is None:
            self._fits = self._entry_one_fits(self.records[0].entry)
        return self._fits

    def _entry_one_fits(self, first):
        return (
            first.sound
            and first.kind.number == OPEN
            and first["device_key"] == self.log.key
            and log_id(self.log.key, first["nonce"]) == self.log.id
            and first["site"] == self.log.site
        )


class Record:
    def __init__(self, log, n, entry, chain):
        self.log = log
        self.n = n
        self.entry = entry
        self.chain = chain
        self.branches = []
        self.ref = [log.id, n, entry.hash[:8]]
        self.kind = entry.kind.name if entry.kind else None
        self.site = entry.extras.get(BEHALF, log.site) if entry.sound else log.site
        self.source = entry.extras.get(SOURCE)
        self.told = entry.extras.get(WHEN)
        self.by_operator = OPERATOR in entry.extras

    def __getitem__(self, name):
        return self.entry.fields[name]

    def creates(self):
        """Whether it makes a title or a reader, which others then name by it."""
        return (
            self.kind == "title-put"
            and self["title"] is None
            or self.kind == "reader-put"
            and self["reader"] is None
        )


class History:
    """What lines of one history say; `records` in no order that means anything."""

    def __init__(self):
        self.logs = {}
        self.records = []
        self._places = {}
        self._entries = {}

    def add(self, line):
        log = self.logs.setdefault(bytes.fromhex(line["log"]), Log(line))
        if log.says() != Log(line).says():
            raise ValueError("another site, role or key than an earlier line of this log")
        branch = Branch(log)
        chain = chain_start(log.id, log.key)
        for n, text in enumerate(line["entries"], 1):
            entry = self._entry(text)
            chain = blake(32, chain, entry.hash)
            record = self._record(log, n, entry, chain)
            record.branches.append(branch)
            branch.records.append(record)
        if branch.records:
            log.branches.append(branch)

    def _entry(self, text):
        if text not in self._entries:
            self._entries[text] = Entry(bytes.fromhex(text))
        return self._entries[text]

    def _record(self, log, n, entry, chain):
        place = (log.id, n, chain)
        if place not in self._places:
            self._places[place] = Record(log, n, entry, chain)
            self.records.append(self._places[place])
        return self._places[place]


def read_histories(stream):
    """Each history of STREAM with the name that its `end` line gives; the last needs none."""
    history = History()
    empty = True
    for at, text in enumerate(stream, 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
            if "end" in line:
                yield history, line["end"]
                history = History()
                empty = True
                continue
            history.add(line)
        except KeyError as error:
            sys.exit("line %d of the history lacks %s" % (at, error))
        except (ValueError, TypeError) as error:
            sys.exit("line %d of the history: %s" % (at, error))
        empty = False
    if not empty:
        yield history, None


def ref_bytes(ref):
    return ref[0] + number(ref[1]) + ref[2]


def ref_of(raw):
    return [raw[:16], int.from_bytes(raw[16:24], "big"), raw[24:]]


def id_bytes(value):
    return number(value[0]) + value[1].encode("utf-8")


def ref_text(ref):
    return "%s.%d.%s" % (ref[0].hex(), ref[1], ref[2].hex())

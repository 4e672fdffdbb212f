#!/usr/bin/python3
"""The slow reference of the fold: histories in, digests, states and cases out.

  fold.py [--states] [--cases] [--classes] [FILE]

Reads one or many histories (README.md) from FILE or the standard input. It is written
from the documents alone and shares nothing with the C programs.
"""
import argparse
import hashlib
import os
import sys

from cases import LISTED, cases
from classes import Ledger
from concern import Concern
from effects import Effects
from entry import number
from history import read_histories, ref_text
import mp
import naming
from states import STATES, without_trailing_nils
from tallies import tallies


def fold(history):
    """The ledger that follows from HISTORY."""
    effects = Effects(history)
    facts = naming.entities(effects.facts)
    states = {
        (type_, id_): without_trailing_nils(STATES[type_](id_, own))
        for (type_, id_), own in facts.items()
    }
    for id_, counters in tallies(effects.facts).items():
        states[(naming.TALLY, id_)] = [counters]
    return Ledger(effects, facts, states)


def encoded(ledger):
    """(type, id, state bytes) of all entities, in the order of the digest."""
    return [(t, id_, mp.encode(state)) for (t, id_), state in sorted(ledger.states.items())]


def digest(entities):
    whole = hashlib.blake2b(digest_size=32)
    for type_, id_, state in entities:
        whole.update(bytes([type_]) + number(len(id_)) + id_ + number(len(state)) + state)
    return whole.hexdigest()


def class_lines(ledger):
    """Each member of a class of more than one, and its root; for a root of copies the fold of all."""
    lines = []
    for type_, classes in ledger.classes.items():
        for id_, members in classes.items():
            if len(members) < 2:
                continue
            root = ledger.root(type_, id_)
            line = "%d\t%s\t%s" % (type_, id_.hex(), root.hex())
            if type_ == naming.COPY and id_ == root:
                line += "\t" + mp.encode(ledger.class_copy(id_)).hex()
            lines.append(line)
    return sorted(lines)


def lines(ledger, name, asked):
    """What is printed of one history, as README.md has it."""
    entities = encoded(ledger)
    found = [digest(entities) + ("" if name is None else "\t%s" % name)]
    if asked.states:
        found += ["%d\t%s\t%s" % (t, id_.hex(), s.hex()) for t, id_, s in entities]
    if asked.cases:
        concern = Concern(ledger)
        for kind, anchor, refs in cases(ledger):
            listed = ",".join(ref_text(ref) for ref in refs[:LISTED])
            more = concern.line(kind, anchor, refs)
            found.append("%d\t%s\t%s\t%s" % (kind, anchor.hex(), listed, more))
    return found + (class_lines(ledger) if asked.classes else [])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", nargs="?", help="history; default: standard input")
    parser.add_argument("--states", action="store_true", help="TYPE, id, state of each entity")
    parser.add_argument("--cases", action="store_true", help="KIND, anchor, refs of each case")
    parser.add_argument("--classes", action="store_true", help="TYPE, id, root of each member")
    asked = parser.parse_args()
    try:
        stream = open(asked.file, encoding="utf-8") if asked.file else sys.stdin
    except OSError as error:
        sys.exit("cannot read %s: %s" % (asked.file, error.strerror))
    with stream:
        for history, name in read_histories(stream):
            print("\n".join(lines(fold(history), name, asked)))


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)

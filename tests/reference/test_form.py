#!/usr/bin/python3
"""The codec, the forms of entries, and the table of kinds against docs/KINDS.md."""
import os
import re
import unittest

import mp
import tap
from entry import Entry, blake
from kinds import KINDS

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs")
PAGE = os.path.join(DOCS, "KINDS.md")
LOG_PAGE = os.path.join(DOCS, "LOG.md")
WRITERS = {
    "everybody": "sch", "sites": "s", "the hub": "h", "sites, the hub": "sh",
}  # fmt: skip
STAMP = 1790038800 << 16
REF = [bytes(16), 1, bytes(8)]
PAIRS = (
    ("not-both", r"^Not both of `(\w+)` and `(\w+)`\."),
    ("one-of", r"^(?:Exactly one|One) of `(\w+)` and `(\w+)`"),
    ("not-above", r"^`(\w+)` is at most `(\w+)`"),
)
TYPES = {
    "uint": "uint", "enum": "enum", "day": "day", "seen": "seen", "head": "head",
    "reference": "ref", "copy id": "id", "card id": "id", "crate id": "id",
    "references": "refs", "copy ids": "ids", "card ids": "ids", "heads": "heads",
    "uints": "uints", "texts": "texts",
}  # fmt: skip


def field_text(field, kind):
    """TYPE MIN MAX FLAGS RULE [VALUES] of a field, as docs/LOG.md has them."""
    names = "uint enum day text bytes fixed ref copy card head seen crate"
    names = (names + " refs copies cards heads uints texts").split()
    type_, least, most, rule = field.type, field.min, field.max, 0
    if type_ in ("text", "bytes", "refs", "ids", "heads", "uints", "texts"):
        least = 1
    if type_ in ("fixed", "digits", "letters"):
        least = most
    if type_ in ("digits", "letters", "texts"):
        rule = 2 if type_ == "letters" else 1
        type_ = "texts" if type_ == "texts" else "text"
    if type_ == "sets":
        type_, least, most = "uint", 1, kind.sets_max()
    if type_ == "id":
        type_ = field.name if field.name in ("card", "crate") else "copy"
        least, most = 1, 64
    if type_ == "ids":
        type_ = "cards" if field.name == "cards" else "copies"
    least, most = {
        "enum": (0, len(field.values)),
        "day": (0, 376199),
        "seen": (0, 32),
        "ref": (0, 0),
        "head": (0, 0),
    }.get(type_, (least, most))
    flags = field.required + 2 * field.register
    values = " " + ",".join(field.values) if field.values else ""
    return "%d %d %d %d %d%s" % (names.index(type_), least, most, flags, rule, values)


def table_text():
    """The canonical text of the table of kinds."""
    lines = []
    for number, kind in sorted(KINDS.items()):
        writers = sum({"s": 1, "c": 2, "h": 4}[letter] for letter in kind.writers)
        lines.append("kind %d %s %d %d" % (number, kind.name, writers, kind.name == "open"))
        for word, fields in (("field", kind.fields), ("sealed", kind.sealed)):
            for i, field in enumerate(fields):
                lines.append("%s %d %s %s" % (word, i, field.name, field_text(field, kind)))
        if kind.pair:
            rule = ["not-both", "not-above", "one-of"].index(kind.pair[0]) + 1
            a, b = (kind.index(name) for name in kind.pair[1:])
            lines.append("pair %d %d %d" % (rule, a, b))
    return "".join(line + "\n" for line in lines)


class Codec(unittest.TestCase):
    def test_there_and_back(self):
        values = [0, 127, 128, 255, 256, 65535, 65536, (1 << 32) - 1, 1 << 32, (1 << 64) - 1]
        values += [None, "", "x" * 31, "x" * 32, "x" * 256, b"", bytes(255), bytes(256)]
        values += [bytes(65536), [], [1] * 15, [1] * 16, {}, {1: 2, 300: [None]}]
        for value in values:
            self.assertEqual(mp.decode(mp.encode(value)), value)

    def test_known_bytes(self):
        for value, raw in ((-1, "ff"), (-33, "d0df"), (-129, "d1ff7f"), (200, "ccc8"), ("é", "a2c3a9")):
            self.assertEqual(mp.encode(value).hex(), raw)

    def test_not_canonical(self):
        bad = "cc7f cd00ff ce0000ffff cf00000000ffffffff c2 c3 ca00000000 ff d0ff c7000100 d4"
        bad += " d90161 da000161 dc000101 de00010101 820101 82020101 8201010101 a1ff a2c0af"
        bad += " a3eda080 01c0 c1 81a16101 c5000161 9101ff 92"
        for raw in bad.split():
            with self.assertRaises(mp.Malformed, msg=raw):
                mp.decode(bytes.fromhex(raw))

    def test_depth_and_count(self):
        mp.decode(b"\x91" * 7 + b"\x90")
        mp.decode(b"\xdc\x10\x00" + b"\x01" * 4096)
        for raw in (b"\x91" * 8 + b"\x90", b"\xdc\x10\x01" + b"\x01" * 4097):
            with self.assertRaises(mp.Malformed):
                mp.decode(raw)


class Forms(unittest.TestCase):
    def form(self, *items):
        return Entry(mp.encode(list(items))).form

    def test_example_of_the_documents(self):
        raw = (
            "990acf00006ab1d3c40000c093c41055595a19fe00695d72edffc74cd11a7b03c4086ae12a84a3cf4adec002"
            "02c42055555555555555555555555555555555555555555555555555555555555555558202" + "9193c410"
            "55595a19fe00695d72edffc74cd11a7b03c4086ae12a84a3cf4ade219193c41055595a19fe00695d72edffc7"
            "4cd11a7b03c4086ae12a84a3cf4ade"
        )
        entry = Entry(bytes.fromhex(raw))
        self.assertEqual((entry.form, entry.second, entry["band"]), ("sound", 1790038980, 2))
        self.assertEqual(sorted(entry["seen"]), [2, 33])

    def test_forms(self):
        copy, card, ref = [0, "c"], [0, "k"], REF
        wrong, later, other = "malformed", "later-form", "unknown-kind"
        for form, items in (
            ("sound", [71, STAMP]),
            ("sound", [30, STAMP, None, [0, "e\u0301"], card]),
            (wrong, [71]),
            (wrong, [0, STAMP]),
            (wrong, [71, 1 << 63]),
            (wrong, [71, STAMP, None]),
            (wrong, [71, STAMP, {}]),
            (wrong, [71, STAMP, {0: 1}]),
            (later, [71, STAMP, {6: 1}]),
            (wrong, [71, STAMP, {1: [0, 5]}]),
            (later, [71, STAMP, {1: [3, 5]}]),
            (wrong, [71, STAMP, {1: [256, 5]}]),
            (wrong, [71, STAMP, {1: [1, 541727580]}]),
            (wrong, [71, STAMP, {2: bytes(15)}]),
            (wrong, [71, STAMP, {4: 0}]),
            (wrong, [71, STAMP, {5: bytes(95)}]),
            (wrong, [71, STAMP, None, 1, None, 2]),
            (wrong, [71, STAMP, None, None, None, 2]),
            ("sound", [71, STAMP, None, 2, None, 2]),
            (later, [71, STAMP, None, 1, 4]),
            (wrong, [71, STAMP, None, 1, 256]),
            (later, [71, STAMP, None, 1, None, None, None, 1]),
            (wrong, [71, STAMP, None, 0, 4]),
            (wrong, [30, STAMP, None, copy, card, 1, 1]),
            (wrong, [30, STAMP, None, copy]),
            (wrong, [30, STAMP, None, [1000000, "c"], card]),
            (wrong, [30, STAMP, None, [0, "\x85"], card]),
            (wrong, [54, STAMP, None, card, 1, 1]),
            (wrong, [54, STAMP, None, card, 1, 1, ref, copy]),
            ("sound", [54, STAMP, None, card, 1, 1, ref]),
            (wrong, [20, STAMP, None, None, "e\u0301"]),
            (wrong, [10, STAMP, None, None, None, None, 1]),
            (later, [10, STAMP, None, None, None, None, 64, bytes(32)]),
            (wrong, [10, STAMP, None, None, None, None, 1 << 32, bytes(32)]),
            (later, [20, STAMP, None, None, "a"] + [None] * 10 + [{30: [ref]}]),
            (wrong, [20, STAMP, None, None, "a"] + [None] * 10 + [{1: [ref, ref]}]),
            (wrong, [20, STAMP, None, None, "a"] + [None] * 10 + [{1: []}]),
            (wrong, [22, STAMP, None, []]),
            (wrong, [60, STAMP, None, copy, 1, 2, [[0, "b"], [0, "a"]]]),
            ("sound", [60, STAMP, None, copy, 1, 2, [[0, "a"], [0, "ab"], [0, "b"]]]),
            (other, [200, STAMP, None, 1, ["e\u0301"], {1: 2}]),
            (other, [200, STAMP, {9: 1}]),
            (wrong, [200, STAMP, None, "\n"]),
        ):
            self.assertEqual(self.form(*items), form, items)


class Table(unittest.TestCase):
    """docs/KINDS.md, made from the C table, says of each kind what kinds.py says."""

    def sections(self):
        with open(PAGE, encoding="utf-8") as page:
            parts = re.split(r"^## (\d+) (\S+)$", page.read(), flags=re.MULTILINE)
        return [(int(parts[i]), parts[i + 1], parts[i + 2]) for i in range(1, len(parts), 3)]

    def test_each_kind(self):
        sections = self.sections()
        self.assertEqual([number for number, _, _ in sections], sorted(KINDS))
        for number, name, text in sections:
            with self.subTest(kind=name):
                kind = KINDS[number]
                self.assertEqual(kind.name, name)
                writers = re.search(r"Written by ([^.]*)\.", text)[1]
                self.assertEqual(kind.writers, set(WRITERS[writers]))
                plain = re.findall(r"^\| (\d+) \| `(\w+)` \| (.*)$", text, flags=re.MULTILINE)
                sealed = re.findall(r"^\| sealed (\d+) \| `(\w+)` \| (.*)$", text, flags=re.MULTILINE)
                self.compare(kind.fields, plain, kind)
                self.compare(kind.sealed, sealed, kind)
                self.assertEqual(kind.pair, self.pair(text))

    def pair(self, text):
        """The rule between two fields that stands behind the table of a kind, or None."""
        for rule, form in PAIRS:
            found = re.search(form, text, flags=re.MULTILINE)
            if found:
                return (rule, found[1], found[2])
        return None

    def test_hash(self):
        """The hash of the canonical text of the table, as docs/LOG.md tells it."""
        with open(LOG_PAGE, encoding="utf-8") as page:
            told = re.search(r"table of this version gives `(\w+)`", page.read())[1]
        self.assertEqual(blake(32, table_text().encode())[:8].hex(), told)

    def compare(self, fields, rows, kind):
        self.assertEqual([field.name for field in fields], [name for _, name, _ in rows])
        for field, (_, _, rest) in zip(fields, rows):
            type_, limits, is_, _ = [cell.strip() for cell in rest.split("|")[:4]]
            with self.subTest(field=field.name):
                self.assertEqual(is_ == "required", field.required)
                self.assertEqual(is_ == "register", field.register)
                self.compare_limits(field, type_, limits, kind)

    def compare_limits(self, field, type_, limits, kind):
        numbers = [int(number) for number in re.findall(r"\d+", limits)]
        if field.type == "enum":
            names = re.findall(r"\d+ ([\w-]+)", limits)
            self.assertEqual((type_, names), ("enum", field.values))
        elif field.type == "sets":
            self.assertEqual((type_, numbers), ("uint", [1, kind.sets_max()]))
        elif field.type == "uint":
            self.assertEqual((type_, numbers), ("uint", [field.min, field.max]))
        elif field.type in ("digits", "letters", "fixed"):
            self.assertIn(type_, ("text", "bytes"))
            self.assertEqual(numbers, [field.max])
        elif field.type in ("text", "bytes"):
            self.assertEqual((type_, numbers), (field.type, [1, field.max]))
        else:
            self.assertEqual(TYPES[type_], field.type)
            if field.max and field.type not in ("seen", "id"):
                self.assertIn(field.max, numbers)


if __name__ == "__main__":
    tap.main()

"""One entry: bytes to fields, or the reason why it folds as nothing (docs/LOG.md, "Entry").

Four ends: `sound`; `malformed`; `later-form`, a known kind with something that is not
known; `unknown-kind`. Only what is sound folds; the others differ in what people are told.
"""
import hashlib
import unicodedata

import mp
from kinds import KINDS

SITE_MAX = 999999
DAY_MAX = 376199
MINUTE_MAX = 541727579
NUMBER_MAX = (1 << 63) - 1
ENTRY_MAX = 32768
CODE_MAX = 64
SEEN_MAX = 32
SEALED_KEY = 32

WHEN, SOURCE, STAFF, BEHALF, OPERATOR = 1, 2, 3, 4, 5


class Later(Exception):
    """Sound as far as one can tell, but of a later table."""


def blake(size, *parts):
    return hashlib.blake2b(b"".join(parts), digest_size=size).digest()


def number(value):
    return value.to_bytes(8, "big")


def check(true):
    if not true:
        raise mp.Malformed()


def is_uint(value, least=0, most=(1 << 64) - 1):
    return isinstance(value, int) and least <= value <= most


def is_bin(value, size):
    return isinstance(value, bytes) and len(value) == size


def has_control(text):
    return any(char < " " or "\x7f" <= char <= "\x9f" for char in text)


def is_text(value, least, most):
    return (
        isinstance(value, str)
        and least <= len(value.encode("utf-8")) <= most
        and not has_control(value)
        and unicodedata.is_normalized("NFC", value)
    )


def is_ref(value):
    return (
        isinstance(value, list)
        and len(value) == 3
        and is_bin(value[0], 16)
        and is_uint(value[1], 1, NUMBER_MAX)
        and is_bin(value[2], 8)
    )


def is_head(value):
    return (
        isinstance(value, list)
        and len(value) == 3
        and is_bin(value[0], 16)
        and is_uint(value[1], 1, NUMBER_MAX)
        and is_bin(value[2], 32)
    )


def is_id(value):
    return (
        isinstance(value, list)
        and len(value) == 2
        and is_uint(value[0], 0, SITE_MAX)
        and isinstance(value[1], str)
        and 1 <= len(value[1].encode("utf-8")) <= CODE_MAX
        and not has_control(value[1])
    )


def id_key(value):
    return (value[0], value[1].encode("utf-8"))


def is_digits(value, size):
    return is_of(value, size, "0", "9")


def is_of(value, size, least, most):
    return (
        isinstance(value, str)
        and len(value) == size
        and all(least <= char <= most for char in value)
    )


def check_list(value, most, is_item, key):
    check(isinstance(value, list) and 1 <= len(value) <= most)
    check(all(is_item(item) for item in value))
    check(all(key(a) < key(b) for a, b in zip(value, value[1:])))


def check_enum(value, names):
    check(is_uint(value, 0, 255))
    if value >= len(names):
        raise Later()


def check_sets(value, kind):
    check(is_uint(value, 1, (1 << 32) - 1))
    if value > kind.sets_max():
        raise Later()


def check_seen(value, kind):
    check(isinstance(value, dict) and value)
    for refs in value.values():
        check_list(refs, SEEN_MAX, is_ref, tuple)
    check(sum(len(refs) for refs in value.values()) <= SEEN_MAX)
    registers = {i for i, field in enumerate(kind.fields) if field.register}
    registers |= {SEALED_KEY + i for i, field in enumerate(kind.sealed) if field.register}
    if not set(value) <= registers:
        raise Later()


CHECKS = {
    "uint": lambda v, f, k: check(is_uint(v, f.min, f.max)),
    "enum": lambda v, f, k: check_enum(v, f.values),
    "day": lambda v, f, k: check(is_uint(v, 0, DAY_MAX)),
    "text": lambda v, f, k: check(is_text(v, 1, f.max)),
    "digits": lambda v, f, k: check(is_digits(v, f.max)),
    "letters": lambda v, f, k: check(is_of(v, f.max, "a", "z")),
    "bytes": lambda v, f, k: check(isinstance(v, bytes) and 1 <= len(v) <= f.max),
    "fixed": lambda v, f, k: check(is_bin(v, f.max)),
    "ref": lambda v, f, k: check(is_ref(v)),
    "head": lambda v, f, k: check(is_head(v)),
    "id": lambda v, f, k: check(is_id(v)),
    "refs": lambda v, f, k: check_list(v, f.max, is_ref, tuple),
    "heads": lambda v, f, k: check_list(v, f.max, is_head, tuple),
    "ids": lambda v, f, k: check_list(v, f.max, is_id, id_key),
    "uints": lambda v, f, k: check_list(v, f.max, lambda i: is_uint(i, 0, SITE_MAX), int),
    "texts": lambda v, f, k: check_list(v, f.max, lambda i: is_digits(i, 5), str),
    "sets": lambda v, f, k: check_sets(v, k),
    "seen": lambda v, f, k: check_seen(v, k),
}


def check_when(value):
    check(isinstance(value, list) and len(value) == 2 and is_uint(value[0], 1, 255))
    if value[0] > 2:
        raise Later()
    check(is_uint(value[1], 0, MINUTE_MAX if value[0] == 1 else DAY_MAX))


EXTRAS = {
    WHEN: check_when,
    SOURCE: lambda value: check(is_bin(value, 16)),
    STAFF: lambda value: check(is_text(value, 1, 32)),
    BEHALF: lambda value: check(is_uint(value, 1, SITE_MAX)),
    OPERATOR: lambda value: check(is_bin(value, 96)),
}


def check_strings(value):
    """What no table explains: text of whatever form, but no control characters."""
    if isinstance(value, str):
        check(not has_control(value))
    elif isinstance(value, list):
        for item in value:
            check_strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            check_strings(item)


def check_pair(kind, fields):
    if not kind.pair:
        return
    rule, first, second = kind.pair
    a, b = fields[first], fields[second]
    if rule == "not-both":
        check(a is None or b is None)
    elif rule == "one-of":
        check((a is None) != (b is None))
    elif rule == "not-above":
        least = kind.fields[kind.index(second)].min
        check(a is None or a <= (least if b is None else b))


class Entry:
    """What the bytes say. `fields` by name, None where unset; `extras` by key."""

    def __init__(self, raw):
        self.raw = raw
        self.hash = blake(32, raw)
        self.kind = None
        self.fields = {}
        self.extras = {}
        self.second = self.tick = 0
        try:
            self.form = self._read()
        except mp.Malformed:
            self.form = "malformed"
        self.sound = self.form == "sound"

    def _read(self):
        check(len(self.raw) <= ENTRY_MAX)
        items = mp.decode(self.raw)
        check(isinstance(items, list) and len(items) >= 2 and items[-1] is not None)
        check(is_uint(items[0], 1, NUMBER_MAX) and is_uint(items[1], 0, NUMBER_MAX))
        self.second, self.tick = items[1] >> 16, items[1] & 0xFFFF
        later = self._read_extras(items[2] if len(items) > 2 else None)
        if items[0] not in KINDS:
            check_strings(items[3:])
            return "unknown-kind"
        self.kind = KINDS[items[0]]
        later = self._read_fields(items[3:]) or later
        return "later-form" if later else "sound"

    def _read_extras(self, extras):
        if extras is None:
            return False
        check(isinstance(extras, dict) and extras)
        later = False
        for key, value in extras.items():
            check(key != 0)
            try:
                if key not in EXTRAS:
                    check_strings(value)
                    raise Later()
                EXTRAS[key](value)
            except Later:
                later = True
        self.extras = extras
        return later

    def _read_fields(self, values):
        known = self.kind.fields
        later = len(values) > len(known)
        check_strings(values[len(known) :])
        values = values[: len(known)] + [None] * (len(known) - len(values))
        for field, value in zip(known, values):
            self.fields[field.name] = value
            if value is None:
                check(not field.required)
                continue
            try:
                CHECKS[field.type](value, field, self.kind)
            except Later:
                later = True
        if "sets" in self.fields:
            check((self.fields["sets"] is None) == (self.fields["commit"] is None))
        check_pair(self.kind, self.fields)
        return later

    def __getitem__(self, name):
        return self.fields[name]

"""MessagePack as the log and the states use it: one form for each value.

decode() takes only canonical bytes (docs/LOG.md, "Canonical form"): shortest integers,
lengths and counts, no negative integers, booleans, floats or extension types, map keys
unsigned and strictly rising. So encode(decode(b)) == b, and a value can be carried from
an entry to a state as a Python value.

encode() also takes negative integers, which only states could hold.
"""
import struct

DEPTH_MAX = 8
ITEMS_MAX = 4096


class Malformed(Exception):
    pass


def encode(value):
    out = bytearray()
    _put(out, value)
    return bytes(out)


def _put(out, value):
    if value is None:
        out.append(0xC0)
    elif isinstance(value, bool):
        raise TypeError("no booleans")
    elif isinstance(value, int):
        _put_int(out, value)
    elif isinstance(value, bytes):
        _put_head(out, len(value), None, None, (0xC4, 0xC5, 0xC6))
        out += value
    elif isinstance(value, str):
        raw = value.encode("utf-8")
        _put_head(out, len(raw), 0xA0, 31, (0xD9, 0xDA, 0xDB))
        out += raw
    elif isinstance(value, (list, tuple)):
        _put_head(out, len(value), 0x90, 15, (None, 0xDC, 0xDD))
        for item in value:
            _put(out, item)
    elif isinstance(value, dict):
        _put_head(out, len(value), 0x80, 15, (None, 0xDE, 0xDF))
        for key in sorted(value):
            _put(out, key)
            _put(out, value[key])
    else:
        raise TypeError("cannot encode %r" % (value,))


def _put_int(out, value):
    if 0 <= value < 0x80 or -32 <= value < 0:
        out.append(value & 0xFF)
        return
    forms = (">BB", ">BH", ">BI", ">BQ") if value >= 0 else (">Bb", ">Bh", ">Bi", ">Bq")
    first = 0xCC if value >= 0 else 0xD0
    for step, form in enumerate(forms):
        try:
            out += struct.pack(form, first + step, value)
            return
        except struct.error:
            continue
    raise OverflowError("more than 64 bits")


def _put_head(out, length, fix, fix_max, codes):
    if fix is not None and length <= fix_max:
        out.append(fix | length)
    elif length <= 0xFF and codes[0] is not None:
        out += struct.pack(">BB", codes[0], length)
    elif length <= 0xFFFF:
        out += struct.pack(">BH", codes[1], length)
    else:
        out += struct.pack(">BI", codes[2], length)


def decode(raw):
    """The one value in RAW; nothing may follow it."""
    value, end = _take(raw, 0, 1)
    if end != len(raw):
        raise Malformed("bytes behind the end")
    return value


def _number(raw, at, size, least):
    """The SIZE bytes at AT, big-endian; below LEAST a shorter form would have done."""
    if at + size > len(raw):
        raise Malformed("cut short")
    value = int.from_bytes(raw[at : at + size], "big")
    if value < least:
        raise Malformed("not the shortest form")
    return value, at + size


def _take(raw, at, depth):
    if at >= len(raw):
        raise Malformed("cut short")
    first = raw[at]
    at += 1
    if first < 0x80:
        return first, at
    if first < 0x90:
        return _take_map(raw, at, first & 15, depth)
    if first < 0xA0:
        return _take_array(raw, at, first & 15, depth)
    if first < 0xC0:
        return _take_str(raw, at, first & 31)
    if first == 0xC0:
        return None, at
    if first in _INTS:
        return _number(raw, at, *_INTS[first])
    if first not in _HEADS:
        raise Malformed("a type that is not used: %02x" % first)
    size, least, take = _HEADS[first]
    length, at = _number(raw, at, size, least)
    if take is _take_map or take is _take_array:
        return take(raw, at, length, depth)
    return take(raw, at, length)


def _slice(raw, at, length):
    if length > len(raw) - at:
        raise Malformed("cut short")
    return raw[at : at + length], at + length


def _take_bin(raw, at, length):
    return _slice(raw, at, length)


def _take_str(raw, at, length):
    part, at = _slice(raw, at, length)
    try:
        return part.decode("utf-8"), at
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None


def _enter(count, depth):
    if depth > DEPTH_MAX:
        raise Malformed("nested too deep")
    if count > ITEMS_MAX:
        raise Malformed("too many items")


def _take_array(raw, at, count, depth):
    _enter(count, depth)
    items = []
    for _ in range(count):
        item, at = _take(raw, at, depth + 1)
        items.append(item)
    return items, at


def _take_map(raw, at, count, depth):
    _enter(count, depth)
    pairs = {}
    before = -1
    for _ in range(count):
        key, at = _take(raw, at, depth + 1)
        if not isinstance(key, int) or key <= before:
            raise Malformed("map keys are not rising numbers")
        before = key
        pairs[key], at = _take(raw, at, depth + 1)
    return pairs, at


_INTS = {0xCC: (1, 0x80), 0xCD: (2, 0x100), 0xCE: (4, 0x10000), 0xCF: (8, 1 << 32)}
_HEADS = {
    0xC4: (1, 0, _take_bin),
    0xC5: (2, 0x100, _take_bin),
    0xC6: (4, 0x10000, _take_bin),
    0xD9: (1, 32, _take_str),
    0xDA: (2, 0x100, _take_str),
    0xDB: (4, 0x10000, _take_str),
    0xDC: (2, 16, _take_array),
    0xDD: (4, 0x10000, _take_array),
    0xDE: (2, 16, _take_map),
    0xDF: (4, 0x10000, _take_map),
}

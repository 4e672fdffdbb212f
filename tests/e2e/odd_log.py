#!/usr/bin/python3
"""odd_log.py FOLDER [options]: one more log of a device, as no `packhorse` writes it.

Some entries come only from a program with a fault, or from one of another year: an `open`
of another site, entries that no table explains, a log that goes on after a restore. This
puts such a log into the folder of a device (docs/STORE.md, docs/LOG.md); the real
`packhorse sync` seals it with the device's key and sends it. Prints a line for each entry,
its reference and h(n).

  --site N           the site that `open` says; without it, the device's own
  --restored HEAD    `open` goes on from HEAD, <log id>.<n>.<h>, as restored
  --entry TEXT...    further entries, each a JSON array [kind, STAMP, ...]: null is nil, an
                     object a map with numbers for keys, "stamp" the time of now, and
                     "ref:<log id>.<n>.<hash>" a reference
"""
import argparse
import hashlib
import json
import os
import sqlite3
import struct
import time


def head(major, length):
    """The first bytes of a str (0xa0), array (0x90) or map; short ones are enough here."""
    if length < (32 if major == 0xa0 else 16):
        return bytes([major | length])
    return {0xa0: b"\xd9", 0x90: b"\xdc\x00"}[major] + bytes([length])


def pack(value):
    """Canonical MessagePack (docs/LOG.md, "Entry") of what an entry can hold."""
    if value is None or isinstance(value, bool):
        return b"\xc0" if value is None else b"\xc3" if value else b"\xc2"
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, dict):
        pairs = sorted((int(key), item) for key, item in value.items())
        return bytes([0x80 | len(pairs)]) + b"".join(pack(key) + pack(item) for key, item in pairs)
    if isinstance(value, bytes):
        return b"\xc4" + bytes([len(value)]) + value
    if isinstance(value, str) and value.startswith("ref:"):
        log, n, start = value[4:].split(".")
        return pack([bytes.fromhex(log), int(n), bytes.fromhex(start)])
    if isinstance(value, str):
        text = value.encode()
        return head(0xa0, len(text)) + text
    if isinstance(value, list):
        return head(0x90, len(value)) + b"".join(map(pack, value))
    if -32 <= value < 128:
        return bytes([value & 0xff])
    if value < 0:
        return b"\xd1" + value.to_bytes(2, "big", signed=True)
    for mark, size in ((b"\xcc", 1), (b"\xcd", 2), (b"\xce", 4), (b"\xcf", 8)):
        if value < 1 << (8 * size):
            return mark + value.to_bytes(size, "big")
    raise ValueError(value)


def blake(size, *parts):
    return hashlib.blake2b(b"".join(parts), digest_size=size).digest()


def keys_of(folder):
    """The public signing key in a key file: [title, seed, public key, ...]."""
    with open(os.path.join(folder, "keys"), "rb") as file:
        data = file.read()
    at = 2 + (data[1] & 0x1f)
    assert data[0] == 0x97 and data[at:at + 2] == b"\xc4\x20", "keys has another form"
    return data[at + 36:at + 68]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--site", type=int)
    parser.add_argument("--restored")
    parser.add_argument("--entry", nargs="*", default=[])
    args = parser.parse_args()
    db = sqlite3.connect(os.path.join(args.folder, "site.db"))
    key, nonce = keys_of(args.folder), os.urandom(16)
    log_id = blake(16, b"packhorse log id 1", key, nonce)
    device = blake(16, b"packhorse device 1", key)
    site, role = db.execute("SELECT site, role FROM log WHERE device_id = ?", (device,)).fetchone()
    stamp = int(time.time()) << 16

    opening = [1, stamp, None, key, nonce, site if args.site is None else args.site]
    if args.restored:
        of, n, h = args.restored.split(".")
        opening += [None, None, [bytes.fromhex(of), int(n), bytes.fromhex(h)], 1]
    entries = [opening]
    for text in args.entry:
        stamp += 1
        entry = json.loads(text)
        entries.append([stamp if item == "stamp" else item for item in entry] if isinstance(entry, list) else entry)

    row = db.execute("SELECT max(row) + 1 FROM log").fetchone()[0]
    h, body = blake(32, b"packhorse log 1", log_id, key), b""
    for n, entry in enumerate(map(pack, entries), 1):
        assert len(entry) < 1 << 14
        length = bytes([len(entry)]) if len(entry) < 128 else bytes([len(entry) & 127 | 128, len(entry) >> 7])
        body += length + entry
        h = blake(32, h, blake(32, entry))
        print(f"{log_id.hex()}.{n}.{blake(32, entry)[:8].hex()} {h.hex()}")
    db.execute("INSERT INTO log(row, id, branch, parent, base, device_id, key, site, role)"
               " VALUES(?, ?, 0, 0, 0, ?, ?, ?, ?)", (row, log_id, device, key, site, role))
    db.execute("INSERT INTO run(id, last, h, bytes) VALUES(?, ?, ?, ?)",
               (row << 40 | 1, len(entries), h, body))
    db.commit()
    db.close()


if __name__ == "__main__":
    main()

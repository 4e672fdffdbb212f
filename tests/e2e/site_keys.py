"""site_keys.py FOLDER: generation and number of hub keys of the key list that a site holds."""
import sqlite3
import sys

from_hex = sqlite3.connect(sys.argv[1] + "/site.db").execute("SELECT value FROM meta WHERE name = 'keylist'")
data = bytes(from_hex.fetchone()[0])


def head(at):
    """A MessagePack item at AT: what it is, and where the next one begins."""
    first = data[at]
    if first < 0x80:
        return first, at + 1
    if 0x90 <= first < 0xa0:
        return first - 0x90, at + 1
    if first == 0xdc:
        return int.from_bytes(data[at + 1:at + 3], "big"), at + 3
    if first in (0xcc, 0xcd, 0xce, 0xcf):
        size = 1 << first - 0xcc
        return int.from_bytes(data[at + 1:at + 1 + size], "big"), at + 1 + size
    if first in (0xc4, 0xc5):
        size = first - 0xc3
        length = int.from_bytes(data[at + 1:at + 1 + size], "big")
        return length, at + 1 + size + length
    raise SystemExit("byte %#x at %d" % (first, at))


body = data[1] in (0xc4, 0xc5) and (3 if data[1] == 0xc4 else 4)
_, at = head(body)           # the array
_, at = head(at)             # form
generation, at = head(at)
_, at = head(at)             # issued
_, at = head(at)             # root
hubs, at = head(at)
print(generation, hubs)

"""Bombs that only show when they are unpacked: zstd, in packed segments, in messages.

docs/PACK.md gives the form. A frame of zstd is made by hand: a block of RLE is four bytes
and stands for 128 KiB, so 33 kB are a GiB. What its header says of its size is true, or
a lie that is just what may be. Bombs are carried as PACKED by a device that the hub knows
(docs/WIRE.md), in its first message, or in a bundle on a stick (docs/BUNDLE.md), written
anew here from the documents.
"""

import hashlib
import os
import re
import sqlite3
import struct

from rig import PARTIAL, ROOT, must
from room import HAS_NOISE, Device, key_file

if HAS_NOISE:
    from dissononce.processing.handshakepatterns.oneway.X import XHandshakePattern
    from room import (Blake2bHash, ChaChaPolyCipher, CipherState, HandshakeState, KeyPair,
                      PrivateKey, PublicKey, SymmetricState, X25519DH)

PACKED_MAX = 65536
BLOCK = 131072
RLE = 1
CHUNK = 60000
SEAL = b"\x5a" * 64
NIL = b"\xc0"
MORE, REFUSE, PACKED, HELLO, END = b"\x03", b"\x09", b"\x0e", b"\x20", b"\x23"  # messages
PROTOCOL = b"\x05"  # status


class Port:
    """What room.py's peers need to know of the hub of WORLD."""

    def __init__(self, world):
        self.port = world.port
        self.public = key_file(world.path("hub", "keys", "online"))[1]


# --- zstd ---

def blocks(rng, size, room):
    """So many bytes by blocks of RLE, or as many as ROOM bytes can tell of."""
    out = bytearray()
    while size > 0 and len(out) + 4 <= room:
        n = min(size, BLOCK)
        size -= n
        out += struct.pack("<I", n << 3 | RLE << 1 | (size == 0))[:3]
        out.append(rng.randrange(256))
    if size > 0:
        out[-4] |= 1
    return bytes(out)


def frame(rng, room):
    """A frame without its magic that gives much more than it may, or says so."""
    size = rng.choice([1 << 30, 1 << 28, 64 << 20, 4 << 20, (1 << 20) + 1, 70000])
    body = blocks(rng, size, room - 9)
    kind = rng.randrange(8)
    if kind < 2:
        return b"\xa0" + struct.pack("<I", size) + body  # an honest one
    if kind < 4:
        return b"\xa0" + struct.pack("<I", rng.choice([1, 60000, 65536, 1 << 20])) + body
    if kind == 4:
        return b"\x60" + struct.pack("<H", 65535 - 256) + body
    if kind == 5:
        return b"\xe0" + struct.pack("<Q", 1 << rng.randrange(30, 63)) + body
    if kind == 6:
        return b"\x00" + rng.randbytes(1) + body  # a window, and no size
    return b"\x20" + rng.randbytes(1) + body + b"\x28\xb5\x2f\xfd\xa0" + body


# --- packed segments ---

def leb(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out) + bytes([n])


def sections(rng):
    """What follows the header of a packed segment."""
    room = rng.choice([200, 2000, 33000, 65000])
    text = b"\x01" + frame(rng, room)
    kind = rng.randrange(10)
    if kind == 0:  # lengths that nothing stands behind
        return leb(rng.choice([1 << 40, (1 << 64) - 1, 70000])) + leb(len(text)) + text
    if kind == 1:
        return leb(0) + leb(rng.choice([1 << 32, (1 << 64) - 1])) + text
    coded = rng.choice([b"", b"\0" * 8, b"\xff" * 8, rng.randbytes(40)])
    return leb(0) + leb(len(text)) + text + coded


def form():
    with open(os.path.join(ROOT, "docs", "PACK.md"), encoding="utf-8") as file:
        return bytes.fromhex(re.search(r"the form is `([0-9a-f]{8})`", file.read())[1])


def segment(rng):
    return (b"\x01\x01" + form() + sections(rng))[:PACKED_MAX]


def fuzz_input(rng):
    """As tests/fuzz/fuzz_pack.c takes it: a byte that says so, first, how many more."""
    return bytes([2 * rng.randrange(128), rng.randrange(256), rng.randrange(256)]) + sections(rng)


# --- messages ---

def bin_of(data):
    """In the shortest form, as all that follows."""
    if len(data) < 256:
        return b"\xc4" + bytes([len(data)]) + data
    return b"\xc5" + struct.pack(">H", len(data)) + data


def array(*members):
    return bytes([0x90 | len(members)]) + b"".join(members)


def number(n):
    if n < 128:
        return bytes([n])
    for code, form_ in ((0xcc, ">B"), (0xcd, ">H"), (0xce, ">I"), (0xcf, ">Q")):
        if n < 1 << 8 * struct.calcsize(form_):
            return bytes([code]) + struct.pack(form_, n)
    raise ValueError(n)


class Sender:
    """A device with its folder: its log, its certificate as the hub keeps it (while it does
    not run), its keys."""

    def __init__(self, world, name):
        self.secret, self.public = key_file(world.path(name, "keys"))
        self.hub_public = key_file(world.path("hub", "keys", "online"))[1]
        with sqlite3.connect(f"file:{world.path('hub', 'hub.db')}?mode=ro", uri=True) as hub:
            row = hub.execute("SELECT id, cert FROM device WHERE box = ?", (self.public,))
            self.device, self.cert = row.fetchone()
        hub.close()
        self.log, self.last = log_of(world.told[name])

    def packed(self, body):
        """PACKED, and as much of MORE as it takes."""
        first, last = self.last + 1, self.last + 1 + len(body) % 200
        whole = hashlib.blake2b(self.log + struct.pack(">QQ", first, last) + SEAL + body,
                                digest_size=16).digest()
        messages = [array(PACKED, bin_of(self.log), number(first), number(last),
                          bin_of(SEAL), bin_of(whole), number(len(body)), number(0),
                          bin_of(body[:CHUNK]))]
        if len(body) > CHUNK:
            messages.append(array(MORE, bin_of(body[CHUNK:])))
        return messages

    def head(self):
        return array(bin_of(self.log), number(self.last), bin_of(bytes(32)), number(1))

    def hello(self, body):
        """A hello with BODY as its first flight."""
        flight = array(number(0), number(self.last + 1), number(self.last + 2),
                       bin_of(SEAL), bin_of(body), number(1))
        return array(number(1), NIL, array(self.head()), *[NIL] * 5, array(flight))

    def bundle(self, header, messages):
        """MESSAGES sealed for the hub, behind a HELLO; HEADER is that of a genuine one."""
        state = HandshakeState(
            SymmetricState(CipherState(ChaChaPolyCipher()), Blake2bHash()), X25519DH())
        state.initialize(XHandshakePattern(), True, header,
                         s=KeyPair(PublicKey(self.public), PrivateKey(self.secret)),
                         rs=PublicKey(self.hub_public))
        sealed = bytearray()
        seal = state.write_message(self.cert, sealed)[0]
        counter = struct.unpack_from(">Q", header, 42)[0]
        hello = array(number(1), NIL, array(self.head()), NIL, NIL, number(counter))
        items = sum(message[1:2] == PACKED for message in messages)
        frames = [bytes(sealed)] + [
            seal.encrypt_with_ad(b"", message)
            for message in [array(HELLO, bin_of(hello)), *messages, array(END, number(items))]]
        return header + b"".join(struct.pack(">H", len(frame_)) + frame_ for frame_ in frames)


def log_of(refs):
    """(log id, number of the last entry) of those that a site printed."""
    parts = [ref.split(".") for ref in refs]
    log = parts[-1][0]
    return bytes.fromhex(log), max(int(n) for id_, n, _ in parts if id_ == log)


# --- to the programs ---

def refused(peer, messages):
    """Whether the hub says that this breaks the protocol, and not something else."""
    try:
        for message in messages:
            peer.say(message)
        while True:
            heard = peer.hear()
            if heard[1:2] == REFUSE:
                return heard[2:3] == PROTOCOL
    except (OSError, EOFError):
        return False


def to_hub(world, sender, count, rng):
    """Bombs by a device that the hub knows; what was not refused as it must."""
    wrong = []
    for i in range(count):
        hub = Port(world)
        peer = Device(hub, world.path("b"), source=f"127.0.{1 + i % 200}.1")
        try:
            welcome = peer.greet()
            if welcome[1:2] != b"\0":
                wrong.append(f"{i}: no session: {welcome[:4].hex()}")
            elif not refused(peer, sender.packed(segment(rng))):
                wrong.append(f"{i}: not refused")
        except (OSError, EOFError) as error:
            wrong.append(f"{i}: {error!r}")
        finally:
            peer.close()
        must(world.alive(), "the hub fell to a packed bomb:", world.hub_log())
    return wrong


def in_hello(world, sender, count, rng):
    """As the first flight: the welcome must say that it breaks the protocol."""
    wrong = []
    for i in range(count):
        peer = Device(Port(world), world.path("b"), source=f"127.0.{1 + i % 200}.2")
        try:
            welcome = peer.greet(sender.hello(segment(rng)[:60000]))
            if welcome[1:2] != PROTOCOL:
                wrong.append(f"{i}: welcome {welcome[:8].hex()}")
        except (OSError, EOFError) as error:
            wrong.append(f"{i}: {error!r}")
        finally:
            peer.close()
        must(world.alive(), "the hub fell to a packed first flight:", world.hub_log())
    return wrong


def on_stick(world, sender, count, rng):
    """Bundles with bombs, for a hub that does not run; and one without, which is taken."""
    stick = world.path("stick")
    os.mkdir(stick)
    got = world.site("b", "pack-stick", stick)
    must(got.code == 0, got)
    with open(spool_of(stick)[0], "rb") as file:
        header = bytearray(file.read(64))
    wrong = []
    for i in range(count + 1):
        struct.pack_into(">Q", header, 42, 1000 + i)
        messages = sender.packed(segment(rng)) if i > 0 else []
        put_on_stick(stick, sender.bundle(bytes(header), messages))
        got = world.hub("take-stick", stick, "--json")
        taken = got.json() if got.out.strip().endswith("}") else {"refused": None}
        if not got.code == (0 if i == 0 else PARTIAL) or len(taken["refused"]) != (i > 0):
            wrong.append(f"{i}: {got}")
    return wrong


def spool_of(stick):
    folder = os.path.join(stick, "packhorse")
    return [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".phb")]


def put_on_stick(stick, bundle):
    for name in spool_of(stick):
        os.unlink(name)
    name = hashlib.blake2b(bundle, digest_size=32).hexdigest() + ".phb"
    with open(os.path.join(stick, "packhorse", name), "wb") as file:
        file.write(bundle)

#!/usr/bin/python3
"""Live handshakes between our Noise and dissononce, an independent implementation.

    noise_dissononce.py PEER [--count N] [--seed S]

PEER is tests/vectors/noise_peer. N handshakes with dissononce as initiator and N
with dissononce as responder; each is followed by transport messages both ways, of
random sizes that include none and the most. Then messages that were tampered with,
which the peer must refuse. Prints TAP; without dissononce it skips, and says so.
"""

import argparse
import os
import random
import struct
import subprocess
import sys

try:
    from dissononce.cipher.chachapoly import ChaChaPolyCipher
    from dissononce.dh.x25519.x25519 import X25519DH
    from dissononce.exceptions.decrypt import DecryptFailedException
    from dissononce.hash.blake2b import Blake2bHash
    from dissononce.processing.handshakepatterns.interactive.IK import IKHandshakePattern
    from dissononce.processing.impl.cipherstate import CipherState
    from dissononce.processing.impl.handshakestate import HandshakeState
    from dissononce.processing.impl.symmetricstate import SymmetricState
except ImportError as error:
    print(f"1..0 # SKIP no dissononce ({error}); on Debian: python3-dissononce")
    sys.exit(0)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from given import at_least_one  # noqa: E402

MESSAGE_MAX = 65535
TAG = 16
OVERHEAD_1, OVERHEAD_2 = 96, 48
EXIT_HANDSHAKE, EXIT_TRANSPORT = 3, 4
TRANSPORT_MESSAGES = 4


class Peer:
    """The C program, with our frames on its pipes."""

    def __init__(self, program, *args):
        self.process = subprocess.Popen(
            [program, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send_raw(self, data):
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the exit status tells

    def send(self, body):
        self.send_raw(struct.pack(">H", len(body)) + body)

    def receive_raw(self, length):
        data = self.process.stdout.read(length)
        if len(data) != length:
            raise AssertionError(
                f"peer ended with status {self.process.wait()} after {len(data)} bytes")
        return data

    def receive(self):
        return self.receive_raw(struct.unpack(">H", self.receive_raw(2))[0])

    def finish(self):
        """End its input. Its exit status, and whether it sent anything more."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        rest = self.process.stdout.read()
        self.process.stdout.close()
        return self.process.wait(timeout=20), len(rest)


def handshake_state():
    return HandshakeState(
        SymmetricState(CipherState(ChaChaPolyCipher()), Blake2bHash()), X25519DH())


def some_size(rng, limit):
    return rng.choice(
        (0, 1, limit, rng.randrange(64), rng.randrange(2000), rng.randrange(limit)))


def flip(rng, data):
    bit = rng.randrange(len(data) * 8)
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def equal(got, expected, what):
    if got != expected:
        raise AssertionError(f"{what}: got {got[:40]!r}, expected {expected[:40]!r}")


def prologue_for(public):
    return b"PH\x01" + public.data[:4]


class Session:
    """One handshake: `dissononce` says which side dissononce is."""

    def __init__(self, program, rng, dissononce):
        self.rng = rng
        self.ours = X25519DH().generate_keypair()
        self.theirs = X25519DH().generate_keypair()  # the peer's
        self.state = handshake_state()
        self.initiates = dissononce == "initiator"
        secret = self.theirs.private.data.hex()
        if self.initiates:
            self.prologue = prologue_for(self.theirs.public)
            self.peer = Peer(program, "responder", secret)
            self.state.initialize(IKHandshakePattern(), True, self.prologue,
                                  s=self.ours, rs=self.theirs.public)
        else:
            self.prologue = prologue_for(self.ours.public)
            self.size = some_size(rng, MESSAGE_MAX - OVERHEAD_1)
            self.peer = Peer(program, "initiator", secret,
                             self.ours.public.data.hex(), str(self.size))
            self.state.initialize(IKHandshakePattern(), False, self.prologue, s=self.ours)

    def first(self):
        """The initiator's preamble and message 1; from us: returned, not sent."""
        if self.initiates:
            self.payload = self.rng.randbytes(
                some_size(self.rng, MESSAGE_MAX - OVERHEAD_1))
            message = bytearray()
            self.state.write_message(self.payload, message)
            return bytes(message)
        equal(self.peer.receive_raw(7), self.prologue, "preamble")
        got = bytearray()
        self.state.read_message(self.peer.receive(), got)
        self.payload = bytes(i % 251 for i in range(self.size))
        equal(bytes(got), self.payload, "payload 1")
        return None

    def second(self):
        """Message 2; from us: returned, not sent."""
        if self.initiates:
            got = bytearray()
            self.send, self.receive = self.state.read_message(self.peer.receive(), got)
            equal(bytes(got), self.payload[::-1], "payload 2")
            return None
        message = bytearray()
        self.receive, self.send = self.state.write_message(self.payload[::-1], message)
        return bytes(message)

    def handshake(self):
        message = self.first()
        if message is not None:
            self.peer.send_raw(self.prologue)
            self.peer.send(message)
        message = self.second()
        if message is not None:
            self.peer.send(message)
        proof = self.receive.decrypt_with_ad(b"", self.peer.receive())
        equal(proof[:64], self.state.symmetricstate.get_handshake_hash(), "hash")
        equal(proof[64:], self.ours.public.data, "static that the peer saw")
        equal(self.state.rs.data, self.theirs.public.data, "static that we saw")

    def transport(self):
        for _ in range(TRANSPORT_MESSAGES):
            plain = self.rng.randbytes(some_size(self.rng, MESSAGE_MAX - TAG))
            self.peer.send(self.send.encrypt_with_ad(b"", plain))
            back = self.receive.decrypt_with_ad(b"", self.peer.receive())
            equal(back, plain[::-1], "message back")

    def finish(self, expected):
        status, extra = self.peer.finish()
        if status != expected or extra != 0:
            raise AssertionError(
                f"peer ended with {status} and {extra} bytes, expected {expected}, none")


def live(program, rng, dissononce):
    session = Session(program, rng, dissononce)
    session.handshake()
    session.transport()
    session.finish(0)


def tampered_first(program, rng):
    session = Session(program, rng, "initiator")
    session.peer.send_raw(session.prologue)
    session.peer.send(flip(rng, session.first()))
    session.finish(EXIT_HANDSHAKE)


def tampered_second(program, rng):
    session = Session(program, rng, "responder")
    session.first()
    session.peer.send(flip(rng, session.second()))
    session.finish(EXIT_HANDSHAKE)


def tampered_transport(program, rng):
    session = Session(program, rng, rng.choice(("initiator", "responder")))
    session.handshake()
    session.peer.send(flip(rng, session.send.encrypt_with_ad(b"", b"a loan")))
    session.finish(EXIT_TRANSPORT)


def replayed_transport(program, rng):
    session = Session(program, rng, rng.choice(("initiator", "responder")))
    session.handshake()
    message = session.send.encrypt_with_ad(b"", b"a loan")
    session.peer.send(message)
    session.receive.decrypt_with_ad(b"", session.peer.receive())
    session.peer.send(message)
    session.finish(EXIT_TRANSPORT)


def other_prologue(program, rng):
    session = Session(program, rng, "initiator")
    session.state = handshake_state()
    session.state.initialize(IKHandshakePattern(), True, session.prologue + b"x",
                             s=session.ours, rs=session.theirs.public)
    session.peer.send_raw(session.prologue)
    session.peer.send(session.first())
    session.finish(EXIT_HANDSHAKE)


def other_version(program, rng):
    session = Session(program, rng, "initiator")
    session.peer.send_raw(b"PH\x02" + session.prologue[3:])
    session.finish(EXIT_HANDSHAKE)


def tampered_back(program, rng):
    """Of our own trust in the test: what the peer sends, changed, dissononce refuses."""
    session = Session(program, rng, "initiator")
    session.peer.send_raw(session.prologue)
    session.peer.send(session.first())
    try:
        session.state.read_message(flip(rng, session.peer.receive()), bytearray())
    except DecryptFailedException:
        session.peer.finish()
        return
    raise AssertionError("dissononce took a message 2 that was changed")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("peer", help="tests/vectors/noise_peer")
    parser.add_argument("--count", type=at_least_one,
                        default=200 if os.environ.get("PACKHORSE_FULL") == "1" else 20,
                        help="handshakes in each direction (%(default)s)")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed
    if seed is None:
        seed = int(os.environ.get("PACKHORSE_SEED") or random.randrange(2**32))
    rng = random.Random(seed)
    hostile = max(1, options.count // 10)
    groups = [
        ("dissononce initiates", options.count, lambda: live(options.peer, rng, "initiator")),
        ("dissononce responds", options.count, lambda: live(options.peer, rng, "responder")),
    ] + [(case.__name__.replace("_", " "), hostile, lambda case=case: case(options.peer, rng))
         for case in (tampered_first, tampered_second, tampered_transport,
                      replayed_transport, other_prologue, other_version, tampered_back)]

    print(f"1..{len(groups)}")
    print(f"# seed {seed}")
    failed = 0
    for number, (name, count, run) in enumerate(groups, 1):
        try:
            for done in range(count):
                run()
        except Exception as error:  # any of them fails this group only
            failed += 1
            print(f"not ok {number} - {name}")
            print(f"# run {done + 1} of {count}: {type(error).__name__}: {error}")
            continue
        print(f"ok {number} - {name}, {count} times")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

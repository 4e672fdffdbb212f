"""What the end-to-end tests in Python share: TAP, a hub in a folder, hostile peers.

A hub listens on 127.0.0.1, port 0. Peers may come from any loopback address, so that
one machine can play many networks. A Device speaks the protocol by dissononce, an
independent implementation of Noise; it takes the keys of a folder that `packhorse join`
made, so the hub knows it.
"""

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

try:
    from dissononce.cipher.chachapoly import ChaChaPolyCipher
    from dissononce.dh.x25519.keypair import KeyPair
    from dissononce.dh.x25519.private import PrivateKey
    from dissononce.dh.x25519.public import PublicKey
    from dissononce.dh.x25519.x25519 import X25519DH
    from dissononce.hash.blake2b import Blake2bHash
    from dissononce.processing.handshakepatterns.interactive.IK import IKHandshakePattern
    from dissononce.processing.impl.cipherstate import CipherState
    from dissononce.processing.impl.handshakestate import HandshakeState
    from dissononce.processing.impl.symmetricstate import SymmetricState

    HAS_NOISE = True
except ImportError:
    HAS_NOISE = False

BUILD = os.path.abspath(os.environ.get("PACKHORSE_BUILD", "build"))
DAEMON = os.path.join(BUILD, "daemon", "packhorsed")
CLIENT = os.path.join(BUILD, "client", "packhorse")
HAS_CLIENT = os.access(CLIENT, os.X_OK)
FULL = os.environ.get("PACKHORSE_FULL", "0") == "1"

HELLO, PING = b"\x91\x01", b"\x91\x0a"  # [1] and [10]


# --- TAP ---

class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, name, passed, *diagnostics):
        self.count += 1
        if not passed:
            self.failed += 1
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}")
        if not passed:
            for item in diagnostics:
                for line in str(item).splitlines():
                    print(f"# {line}")
        sys.stdout.flush()
        return passed

    def equal(self, name, got, want):
        return self.ok(name, got == want, f"got:    {got!r}", f"wanted: {want!r}")

    def between(self, name, got, low, high):
        return self.ok(name, low <= got <= high, f"got {got}, wanted {low} to {high}")

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}")

    def done(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed or not self.count else 0)


def wait_for(condition, seconds=10.0):
    """The first true value of CONDITION, or its last one when time is up."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.01)


def room():
    folder = tempfile.mkdtemp(prefix="packhorse-e2e.")
    if os.environ.get("PACKHORSE_KEEP") == "1":
        print(f"# kept {folder}")
    return folder


def leave(folder):
    if os.environ.get("PACKHORSE_KEEP") != "1":
        shutil.rmtree(folder, ignore_errors=True)


def run(*args, **options):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=60, check=False, **options)


# --- key files: one MessagePack array of a title and byte strings ---

def key_file(path):
    """(secret, public) of the Noise static key."""
    with open(path, "rb") as file:
        data = file.read()
    items, at = [], 2 + (data[1] & 0x1f)  # array of 7, fixstr title
    if data[0] != 0x97 or data[1] & 0xe0 != 0xa0:
        raise AssertionError(f"{path} has another form")
    while at < len(data):
        if data[at] != 0xc4:
            raise AssertionError(f"{path} has another form")
        items.append(data[at + 2:at + 2 + data[at + 1]])
        at += 2 + data[at + 1]
    return items[2], items[3]


# --- the hub ---

class Hub:
    def __init__(self, folder):
        self.folder = folder
        self.process = None
        self.log_path = folder + ".log"
        self.passphrase = folder + ".pass"
        with open(self.passphrase, "w", encoding="utf-8") as file:
            file.write("một câu dài\n")

    def command(self, *args):
        return run(DAEMON, "-d", self.folder, *args)

    def init(self):
        made = self.command("init", "--listen", "127.0.0.1:0", "--kdf-memory-mib", "8",
                            "--passphrase-file", self.passphrase)
        if made.returncode != 0:
            raise AssertionError(made.stderr)
        made = self.command("site", "add", "14-0371", "--commune", "03646", "--kind",
                            "commune-library", "--name", "Xã Chiềng Khoa")
        if made.returncode != 0:
            raise AssertionError(made.stderr)

    def configure(self, limits=(), listen=("127.0.0.1:0",)):
        with open(os.path.join(self.folder, "packhorsed.conf"), "w",
                  encoding="utf-8") as file:
            file.write("[server]\n")
            file.writelines(f"listen = {address}\n" for address in listen)
            file.write("[limits]\n")
            file.writelines(f"{name} = {value}\n" for name, value in dict(limits).items())

    def start(self, *args):
        with open(self.log_path, "ab") as log:
            self.log_from = log.tell()
            self.process = subprocess.Popen(
                [DAEMON, "-d", self.folder, "serve", *args], stdout=subprocess.PIPE,
                stderr=log)
        line = self.process.stdout.readline().decode()
        if not line.startswith("listening "):
            raise AssertionError(f"packhorsed said {line!r}\n{self.log()}")
        self.address = line.split()[1]
        self.port = int(self.address.rsplit(":", 1)[1])

    def stop(self, how=signal.SIGTERM):
        """Its exit status, and how long it took."""
        begun = time.monotonic()
        self.process.send_signal(how)
        status = self.process.wait(timeout=30)
        self.process.stdout.close()
        self.process = None
        return status, time.monotonic() - begun

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def log(self):
        """What it logged since it was started."""
        with open(self.log_path, encoding="utf-8") as file:
            file.seek(self.log_from)
            return file.read()

    def logged(self, pattern, seconds=10.0):
        return bool(wait_for(lambda: re.search(pattern, self.log()), seconds))

    def status(self):
        got = self.command("status", "--json")
        if got.returncode != 0:
            raise AssertionError(got.stderr)
        return json.loads(got.stdout)

    def join(self, folder):
        """A device that the hub knows."""
        invite = folder + ".invite"
        got = self.command("invite", "--site", "14-0371", "--role", "site", "--out",
                           invite, "--hub", "127.0.0.1:1", "--passphrase-file",
                           self.passphrase)
        if got.returncode == 0:
            got = run(CLIENT, "-d", folder, "join", invite)
        if got.returncode == 0:
            got = self.sync(folder)
        if got.returncode != 0:
            raise AssertionError(got.stderr)

    def sync(self, folder):
        return run(CLIENT, "-d", folder, "sync", "--hub", f"127.0.0.1:{self.port}",
                   "--json")

    @property
    def public(self):
        return key_file(os.path.join(self.folder, "keys", "online"))[1]


# --- peers ---

class Peer:
    """A connection from a loopback address; says nothing by itself."""

    def __init__(self, hub, source="127.0.0.1", receive_buffer=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.bind((source, 0))
        self.socket.settimeout(20)
        self.begun = time.monotonic()
        try:
            self.socket.connect(("127.0.0.1", hub.port))
        except ConnectionResetError:
            pass  # turned away before we looked; what is asked next says so

    def send(self, data):
        self.socket.sendall(data)

    def is_open(self):
        """The hub has not closed it."""
        self.socket.setblocking(False)
        try:
            return self.socket.recv(65536) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            self.socket.settimeout(20)

    def closed_after(self, seconds=20.0):
        """Seconds from the beginning until the hub closed it."""
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(65536):
                pass
        except socket.timeout:
            return float("inf")
        except OSError:
            pass
        return time.monotonic() - self.begun

    def close(self):
        self.socket.close()


class Device(Peer):
    """A peer that can do the handshake; KEYS: a device's folder, or None for a stranger."""

    def __init__(self, hub, keys=None, **options):
        super().__init__(hub, **options)
        public = hub.public
        self.preamble = b"PH\x01" + public[:4]
        if keys:
            secret, own = key_file(os.path.join(keys, "keys"))
            static = KeyPair(PublicKey(own), PrivateKey(secret))
        else:
            static = X25519DH().generate_keypair()
        self.state = HandshakeState(
            SymmetricState(CipherState(ChaChaPolyCipher()), Blake2bHash()), X25519DH())
        self.state.initialize(IKHandshakePattern(), True, self.preamble, s=static,
                              rs=PublicKey(public))

    def first(self, hello=HELLO):
        message = bytearray()
        self.state.write_message(hello, message)
        return self.preamble + struct.pack(">H", len(message)) + bytes(message)

    def exactly(self, length):
        data = b""
        while len(data) < length:
            more = self.socket.recv(length - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def frame(self):
        return self.exactly(struct.unpack(">H", self.exactly(2))[0])

    def greet(self, hello=HELLO):
        """Send message 1 and take message 2: the welcome."""
        self.send(self.first(hello))
        welcome = bytearray()
        self.seal, self.open = self.state.read_message(self.frame(), welcome)
        return bytes(welcome)

    def sealed(self, message):
        body = self.seal.encrypt_with_ad(b"", message)
        return struct.pack(">H", len(body)) + body

    def say(self, message=PING):
        self.send(self.sealed(message))

    def hear(self):
        return self.open.decrypt_with_ad(b"", self.frame())

"""Memory bombs: few bytes that ask for much, under an address space of 128 MiB.

10,000 (a share of them without --full) go to the decoders, through the programs that
replay the fuzz corpora: lengths that promise gigabytes, at the front and anywhere in
genuine messages, nesting without end, thousands of empty things, JSON and MARC likewise.
Then a sample goes to a running packhorsed over its port (raw, in message 1, in frames of a
device that it knows) and its local socket, and to packhorse record and packhorse import,
all with that limit. No program may end but in order, and what they take is measured.
"""

import json
import os
import random
import re
import resource
import shutil
import socket
import struct
import subprocess
import time

import packed
from rig import (BUILD, CASES, CLIENT, DAEMON, OTHER, PLAIN, ROOT, UNREACHABLE, USAGE, World,
                 check_all, folder_for, must, now, say)
from room import HAS_NOISE, Device
from script import make_worlds
from script_sync import MAIN

SPACE = 128 << 20
BATCH = 100
FEW = 65536  # bytes of a bomb
TARGETS = ("walk", "announce", "entry", "cert", "invite", "receipt", "segment", "page", "message",
           "frame", "noise", "handshake", "session", "bundle", "manifest", "pack", "json",
           "keyfile", "config", "marc", "courier", "spool", "netlink", "web", "front",
           "command", "agent", "import", "sheet", "backup", "code", "scenario", "settings")
HUGE = [b"\xdd", b"\xdf", b"\xc6", b"\xdb", b"\xc9"]  # array, map, bin, str, ext of 32 bits
BIG = [b"\xdc", b"\xde", b"\xc5", b"\xda", b"\xc8"]  # of 16


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (SPACE, SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# --- bombs ---

def promise(rng):
    """A header that promises more than there is."""
    if rng.random() < 0.6:
        size = rng.choice([0xffffffff, 0x7fffffff, 0x40000000, 0x10000000, 0x00100000])
        return rng.choice(HUGE) + struct.pack(">I", size)
    return rng.choice(BIG) + struct.pack(">H", rng.choice([0xffff, 0x7fff, 0x1001]))


def pure(rng):
    kind = rng.randrange(8)
    n = rng.choice([9, 33, 1000, 60000])
    if kind == 0:
        return promise(rng)
    if kind == 1:
        return promise(rng) * n
    if kind == 2:
        return b"\x91" * n
    if kind == 3:
        return b"\x81\x00" * n
    if kind == 4:
        return b"\xdc\xff\xff" + rng.choice([b"\xc0", b"\x90", b"\x80", b"\xa0"]) * 0xffff
    if kind == 5:
        return b"\xdd\x00\x01\x00\x00" + b"\x90" * 65536
    if kind == 6:
        return b"\x9f" + (b"\xdc\x10\x00" + b"\x90" * 4096) * 15
    return b"\xff\xff\xff\xff\x0f" * n  # lengths as LEB128


def in_seed(seed, rng):
    """A genuine input with something in it that promises more."""
    at = rng.randrange(len(seed) + 1)
    kind = rng.randrange(4)
    if kind == 0:
        return seed[:at] + promise(rng) + seed[at:]
    if kind == 1:
        return seed[:at] + promise(rng)
    if kind == 2:
        return seed[:at] + pure(rng) + seed[at:]
    return seed[:at] + rng.choice([b"\xff", b"\xff\xff", b"\xff\xff\xff\x7f"]) + \
        seed[at + 1:]


def json_bomb(rng):
    n = rng.choice([10, 1000, 20000, 65000])
    kind = rng.randrange(9)
    if kind == 0:
        return b"[" * n
    if kind == 1:
        return b'{"a":' * n
    if kind == 2:
        return b'{"kind":"visit","count":' + b"9" * n + b"}"
    if kind == 3:
        return b'{"kind":"title-put","name":"' + b"\\u0041" * n + b'"}'
    if kind == 4:
        return b'{"kind":"visit","count":1e' + b"9" * (n % 1000 + 1) + b"}"
    if kind == 5:
        return (b"{" + b",".join(b'"k%d":[]' % i for i in range(n // 8)) + b"}")
    if kind == 6:
        return b'{"kind":"loan","copy":{"ns":1,"code":"' + b"x" * n + b'"},"term":14}'
    if kind == 7:
        return b'{"kind":"crate-dispatch","copies":[' + b'"1",' * n + b'"1"]}'
    return b'{"kind":"reader-put","seen":{"name":[' + b'"' + b"a" * n + b'"]}}'


def marc_bomb(rng):
    n = rng.choice([100, 5000, 100000])
    kind = rng.randrange(6)
    if kind == 0:
        return b"99999nam a2200049   4500" + b"245" + b"9" * n
    if kind == 1:
        return b"00024nam a2299999   4500" + b"245000500000" * (n // 12) + b"\x1e\x1d"
    if kind == 2:
        return b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + b"".join(
            b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10)
            for i in range(9)) + b"]><collection><record><leader>&j;</leader>"
    if kind == 3:
        return b"<collection>" + b"<record>" * n
    if kind == 4:
        return (b'<collection><record><leader>00000nam a2200000 a 4500</leader>'
                b'<datafield tag="245" ind1=" " ind2=" ">' +
                b'<subfield code="a">x</subfield>' * n + b"</datafield></record>"
                b"</collection>")
    return rng.randbytes(24) + b"\x1f" * n + b"\x1d"


def seeds_of(target):
    folder = os.path.join(ROOT, "tests", "fuzz", f"fuzz_{target}.in")
    seeds = []
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            seeds.append(file.read())
    return seeds


def request_bomb(rng):
    """Of HTTP, as fuzz_web.c parts it."""
    n = rng.choice([10, 1000, 20000])
    line = rng.choice([b"POST /s", b"GET /s/" + b"%2F" * n, b"GET /s?" + b"a=1&" * n])
    return b"\0".join((b"Host: x\r\n" * (n % 3000), line, json_bomb(rng)))


def command_bomb(rng):
    """A line for the hub's local socket."""
    return rng.choice([b'{"command":"record","entries":[%s]}\n', b'{"command":"query","what":%s}\n',
                       b'{"command":"commune-add","communes":[%s]}\n', b"%s\n"]) % json_bomb(rng)


def book_bomb(rng):
    n = rng.choice([10, 1000, 20000])
    return rng.choice([
        json_bomb(rng), b'{"sheets":[' + b'{"columns":[],"rows":[]},' * n + b"{}]}",
        b'{"sheets":[{"columns":[' + b'{"title":"a"},' * n + b'{"title":"b"}],"rows":[]}]}',
        b'{"sheets":[{"columns":[{"title":"a"}],"rows":[' + b"[%s]," % (b"9" * 20) * (n // 8) + b"[1]]}]}"])


# Where a byte says what the rest is, it stands before it (fuzz_marc.c, fuzz_front.c, fuzz_import.c,
# fuzz_agent.c).
OWN = {"json": json_bomb, "pack": packed.fuzz_input, "web": request_bomb, "command": command_bomb,
       "sheet": book_bomb,
       "front": lambda rng: rng.choice([b"\x03/api/v1/loans\n", b"\xff"]) + json_bomb(rng),
       "import": lambda rng: bytes([rng.randrange(8)]) + json_bomb(rng),
       "agent": lambda rng: rng.choice([b"\0", b"\1\0"]) + json_bomb(rng) + b"\n",
       "marc": lambda rng: bytes([rng.randrange(60)]) + marc_bomb(rng)[:FEW]}


def bomb_for(target, seeds, rng):
    if target in OWN and rng.random() < 0.6:
        return OWN[target](rng)
    if rng.random() < 0.3:
        return pure(rng)
    return in_seed(rng.choice(seeds), rng)


# --- the decoders ---

def replay(target, folder):
    """(exit status, output, peak KiB, 0 of one that fell) of the bombs in FOLDER."""
    program = os.path.join(BUILD, "tests", "fuzz", f"replay_{target}")
    with subprocess.Popen([program, folder], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, preexec_fn=limited,
                          env=PLAIN) as process:
        out = process.stdout.read().decode(errors="replace")
    peak = re.search(r"^# peak (\d+) kB$", out, re.MULTILINE)
    return process.returncode, out, int(peak[1]) if peak else 0


def decoders(tap, options, rng, folder):
    count = options.count or (12000 if options.full else 1500)
    begun = now()
    peak, done, broken = {}, 0, []
    each = -(-count // (len(TARGETS) * BATCH))
    for target in TARGETS:
        seeds = seeds_of(target)
        for batch in range(each):
            where = os.path.join(folder, f"{target}-{batch}")
            os.mkdir(where)
            for i in range(BATCH):
                with open(os.path.join(where, f"{i:03d}"), "wb") as file:
                    file.write(bomb_for(target, seeds, rng))
            code, out, kib = replay(target, where)
            done += BATCH
            peak[target] = max(peak.get(target, 0), kib)
            if code != 0:
                shutil.copytree(where, os.path.join("/tmp", os.path.basename(folder) +
                                                    f"-{target}-{batch}"))
                broken.append(f"{target}: exit {code}; the bombs are kept in /tmp: " +
                              " ".join(out.strip().splitlines()[-2:]))
            shutil.rmtree(where)
    worst = max(peak, key=peak.get)
    say(f"bombs: {done} to {len(TARGETS)} decoders under {SPACE >> 20} MiB, most taken "
        f"{peak[worst] >> 10} MiB ({worst}), {now() - begun:.0f} s, seed {options.seed}")
    tap.ok("bombs: no decoder falls", not broken, *broken)
    tap.ok("bombs: none takes more than 32 MiB",
           0 < min(peak.values()) and max(peak.values()) < 32 << 10, peak)


# --- the programs ---

def peak_of(pid):
    """(address space, memory) at most, in KiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["VmPeak"].split()[0]), int(fields["VmHWM"].split()[0])


class Limited(World):
    """A world whose hub and sites have the limit."""

    def run(self, *args, plan=None, stdin=None, who=None):
        return super().run("prlimit", f"--as={SPACE}", "--core=0", *args, plan=plan,
                           stdin=stdin, who=who)

    def serve(self, plan=None):
        started = super().serve(plan)
        if started:
            resource.prlimit(self.server.pid, resource.RLIMIT_AS, (SPACE, SPACE))
        return started


def throw(world, bomb, how, number, rng):
    """One bomb at the running hub, from one address of many. Whether it was read: the hub
    says something or hangs up. (For a raw one that announces more than it brings, it waits.)"""
    keys = world.path("b") if how == "frame" or (how == "hello" and number % 2) else None
    peer = Device(packed.Port(world), keys, source=f"127.0.{number % 250}.{number // 250 + 3}")
    try:
        if how == "raw":
            peer.send((peer.preamble if rng.random() < 0.7 else b"") +
                      rng.choice([b"\xff\xff", b""]) + bomb)
        elif how == "hello":
            peer.send(peer.first(bomb[:60000]))
        else:
            must(peer.greet()[1:2] == b"\0", "a device that it knows is not served")
            peer.send(peer.sealed(bomb[:65000]))
        peer.socket.settimeout(0.05 if how == "raw" else 5)
        return peer.socket.recv(4096) is not None
    except OSError as error:
        return isinstance(error, ConnectionError)
    finally:
        peer.close()


def local(world, bomb):
    """At the local socket. Whether it answered, or hung up in the middle of it."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(20)
        peer.connect(world.path("hub", "socket"))
        try:
            peer.sendall(bomb[:200000] + b"\n")
            return peer.recv(65536) is not None
        except OSError as error:
            return isinstance(error, ConnectionError)


def programs(tap, options, rng, folder):
    count = (options.count or (1000 if options.full else 150)) // 10
    begun = now()
    world = Limited.copy(make_worlds(folder, {}, MAIN)[None], os.path.join(folder, "w"))
    done = 0
    try:
        sender = packed.Sender(world, "b") if HAS_NOISE else None
        must(world.serve(), "the hub does not start", world.hub_log())
        seeds = seeds_of("message")
        deaf = dict.fromkeys(["raw", "hello", "frame", "local"], 0)
        for how in (["raw", "hello", "frame"] if HAS_NOISE else []):
            for _ in range(count):
                deaf[how] += not throw(world, bomb_for("message", seeds, rng), how, done, rng)
                done += 1
                must(world.alive(), f"the hub fell to a bomb ({how}):", world.hub_log())
        if HAS_NOISE:
            wrong = (packed.to_hub(world, sender, count, rng) +
                     packed.in_hello(world, sender, count, rng))
            done += 2 * count
            tap.ok("bombs: packed ones are refused as breaking the protocol", not wrong, *wrong[:5])
        for _ in range(count):
            deaf["local"] += not local(world, json_bomb(rng))
            done += 1
            must(world.alive(), "the hub fell to a bomb (local):", world.hub_log())
        space, memory = peak_of(world.server.pid)
        say(f"bombs: {done} to a running hub, which took {memory >> 10} MiB of memory, "
            f"{space >> 10} MiB of addresses")
        tap.ok("bombs: the hub has read them", deaf["hello"] + deaf["frame"] + deaf["local"] == 0,
               deaf)
        tap.ok("bombs: it takes less than 64 MiB", memory < 64 << 10, memory)
        got, tries = world.sync("a"), 1
        while got.code == UNREACHABLE and tries < 20:
            time.sleep(0.2)  # its address has used up the new connections of a second
            got, tries = world.sync("a"), tries + 1
        tap.ok("bombs: an honest device syncs", got.code in (0, CASES), got)
        must(world.stop() == 0, "the hub does not end well:", world.hub_log())
        if HAS_NOISE:
            wrong = packed.on_stick(world, sender, count, rng)
            tap.ok(f"bombs: a hub refuses {count} bundles with packed ones, and takes one without",
                   not wrong, *wrong[:5])
        bad = []
        for _ in range(count):
            got = world.site("a", "record", "-", stdin=json_bomb(rng) + b"\n")
            if got.code not in (0, OTHER) or '"ok":' not in got.out:
                bad.append(str(got)[:300])
            with open(world.path("bomb.mrc"), "wb") as file:
                file.write(marc_bomb(rng))
            got = world.site("a", "import", "bomb.mrc")
            if got.code not in (0, OTHER, USAGE) or not got.err.strip() + got.out.strip():
                bad.append(str(got)[:300])
        say(f"bombs: {count} to record, {count} to import, {now() - begun:.0f} s")
        tap.ok("bombs: record and import end in order", not bad, *bad[:5])
        check_all(world)
        tap.ok("bombs: nothing is lost, all agrees", True)
    finally:
        world.kill()


def run(tap, options):
    rng = random.Random(f"{options.seed} bombs")
    folder = folder_for("bombs")
    try:
        decoders(tap, options, rng, folder)
        programs(tap, options, rng, folder)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)

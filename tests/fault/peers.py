"""Slow, half-open, never-reading and flooding peers, while an honest device syncs.

The hub has its own default limits. Processes of their own hold thousands of connections
from many loopback addresses, and open others for those that the hub closes, so many a
second: silent ones,
ones that drip a genuine first message byte by byte, half a message, a recorded whole one,
noise, and ones that send as fast as they can. A device that the hub knows opens sessions
and never reads, or drips a frame. The honest one records and syncs all the time; how long
that takes is measured by its own clock, from the start of the program to its end.
"""

import errno
import multiprocessing
import os
import random
import select
import shutil
import socket
import time

from rig import CASES, Broken, World, check_all, folder_for, must, now, say
from room import HAS_NOISE, Device, key_file, wait_for
from script import make_worlds
from script_sync import MAIN

BUSY_MS = 1000  # a sync without anybody hostile takes some tens
SLOW_MS = 150  # slower, the newcomer that it is may be the oldest of so many a second
LEFT = 3  # times as slow, and as costly, as before: what the attack left behind
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
TARGET_S = 2.0
TRIES = "20"
BURST = 50.0
ELSEWHERE = "127.254.7.1"  # not the honest device's address, whose rate would be used up
KINDS = ("silent", "drip", "half", "replay", "noise", "flood")


class Hub:
    """What room.py's peers need to know of it."""

    def __init__(self, world):
        self.port = world.port
        self.public = key_file(world.path("hub", "keys", "online"))[1]


class Bad:
    """One hostile connection; it never reads."""

    def __init__(self, kind, number, first, rng):
        self.kind = kind
        self.rest = {"drip": first, "half": first[:-5], "replay": first,
                     "noise": rng.randbytes(200)}.get(kind, b"")
        self.flood = rng.randbytes(8192) if kind == "flood" else None
        self.next = now()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.bind((f"127.{1 + number % 200}.{number // 200 % 250}."
                          f"{1 + number // 50000 % 250}", 0))

    def open(self, port):
        try:
            self.socket.connect(("127.0.0.1", port))
        except BlockingIOError:
            pass

    def step(self):
        """False when the hub has closed it."""
        try:
            if self.flood:
                self.socket.send(self.flood)
            elif self.rest:
                n = 1 if self.kind == "drip" else len(self.rest)
                sent = self.socket.send(self.rest[:n])
                self.rest = self.rest[sent:]
                self.next = now() + (0.5 if self.kind == "drip" else 60)
            else:
                self.next = now() + 60
            return True
        except BlockingIOError:
            self.next = now() + 0.05
            return True
        except OSError as error:
            self.next = now() + 0.05
            return error.errno in (errno.ENOTCONN, errno.EINPROGRESS)


def attack(port, first, count, rate, seed, stop, totals):
    """Hold COUNT connections open, with RATE new ones a second; TOTALS: opened, closed by
    the hub."""
    rng = random.Random(seed)
    poll = select.epoll()
    open_ = {}
    number = rng.randrange(1 << 20)
    may, last = BURST, now()
    while not stop.is_set():
        at = now()
        may, last = min(BURST, may + rate * (at - last)), at  # who is late does not catch up
        while len(open_) < count and may >= 1:
            number += 1
            may -= 1
            bad = Bad(KINDS[number % len(KINDS)], number, first, rng)
            try:
                bad.open(port)
            except OSError:
                bad.socket.close()
                continue
            open_[bad.socket.fileno()] = bad
            poll.register(bad.socket, select.EPOLLRDHUP | select.EPOLLHUP |
                          select.EPOLLERR)
            totals[0] += 1
        gone = {fd for fd, _ in poll.poll(0.02)}
        at = now()
        for fd, bad in open_.items():
            if fd not in gone and bad.next <= at and not bad.step():
                gone.add(fd)
        for fd in gone:
            poll.unregister(fd)
            open_.pop(fd).socket.close()
            totals[1] += 1
    totals[2] += len(open_)
    for bad in open_.values():
        bad.socket.close()


def never_read(world, keys, stop, totals):
    """Sessions of a device that the hub knows, which ask and never read, or drip."""
    hub = Hub(world)
    while not stop.is_set():
        peers = []
        try:
            for i in range(6):
                peer = Device(hub, keys, receive_buffer=4096, source=ELSEWHERE)
                peers.append(peer)
                peer.greet()
                peer.socket.settimeout(0.05)
                totals[3] += 1
                if i % 2:
                    peer.send(b"\xea\x60")
            for _ in range(40):
                for i, peer in enumerate(peers):
                    try:
                        if i % 2:
                            peer.send(b"x")
                        else:
                            for _ in range(20):
                                peer.say()
                    except OSError:
                        pass
                if stop.wait(0.25):
                    break
        except (OSError, EOFError):
            time.sleep(0.1)
        for peer in peers:
            peer.close()


def honest(world, seconds):
    """Seconds of each sync, how often it tried in all, and what did not go through."""
    times, tries, bad = [], [], []
    end = now() + seconds
    while now() < end:
        got = world.site("a", "record", "-", stdin=b'{"kind":"visit","count":2}\n' * 3)
        must(got.code == 0, got)
        begun = now()
        try:
            got = world.site("a", "sync", "--hub", f"127.0.0.1:{world.port}", "--wait",
                             "--tries", TRIES, "--json")
        except Broken as broken:
            times.append(now() - begun)
            bad.append(str(broken))
            continue
        times.append(now() - begun)
        tries.append(got.json()["tries"])
        if got.code not in (0, CASES):
            bad.append(f"{got.code}: {got.err.strip()}")
    return sorted(times), sum(tries), bad


def processor(pids):
    """Seconds of the processor that PIDS have used."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def cost(world, seconds):
    """The times of honest syncs with nobody hostile, and milliseconds of the hub's processor that one takes."""
    used = processor([world.server.pid])
    times, _, bad = honest(world, seconds)
    must(not bad, "without anybody hostile:", *bad)
    return times, (processor([world.server.pid]) - used) * 1000 / len(times)


def share(times, part):
    return times[min(len(times) - 1, int(len(times) * part))] * 1000


def run(tap, options):
    if not HAS_NOISE:
        tap.skip("peers: an honest device among hostile ones", "no python3-dissononce")
        return
    count = options.count or (4000 if options.full else 1000)
    seconds = options.seconds or (45 if options.full else 5)
    rate = count // 4 + 100
    folder = folder_for("peers")
    stop = multiprocessing.Event()
    totals = multiprocessing.Array("q", 4, lock=False)
    hostile = []
    world = None
    try:
        world = World.copy(make_worlds(folder, {}, MAIN)[None], os.path.join(folder, "w"))
        must(world.serve(), "the hub does not start", world.hub_log())
        alone, alone_ms = cost(world, min(3, seconds))
        recorder = Device(Hub(world), world.path("b"))
        first = recorder.first()
        recorder.close()
        for i in range(2):
            hostile.append(multiprocessing.Process(
                target=attack, args=(world.port, first, count // 2, rate // 2,
                                     options.seed * 2 + i, stop, totals)))
        hostile.append(multiprocessing.Process(
            target=never_read, args=(world, world.path("b"), stop, totals)))
        for process in hostile:
            process.start()
        tried = wait_for(lambda: totals[0] >= count, 60)
        begun = now()
        pids = [world.server.pid], [process.pid for process in hostile]
        used = [processor(some) for some in pids]
        opened = totals[0]
        times, tries, bad = honest(world, seconds)
        lasted = now() - begun
        used = [processor(some) - before for some, before in zip(pids, used)]
        opened = totals[0] - opened
        status = world.hub("status", "--json").json()
        stop.set()
        for process in hostile:
            process.join()
        say(f"peers: {count} hostile connections at once, {totals[2]} of them open at the end, "
            f"{totals[0]} opened, {totals[1]} "
            f"closed by the hub, {totals[3]} sessions that never read or drip, "
            f"{lasted:.0f} s, seed {options.seed}")
        tap.ok("peers: all of them came, and sessions that never read",
               tried and totals[3] > 0, *totals)
        say(f"peers: {len(times)} honest syncs ({tries} tries): median {share(times, 0.5):.0f} ms, p99 "
            f"{share(times, 0.99):.0f} ms, slowest {times[-1] * 1000:.0f} ms (target p99 < "
            f"{TARGET_S * 1000:.0f} ms); alone: median {share(alone, 0.5):.0f} ms, p99 "
            f"{share(alone, 0.99):.0f} ms")
        say(f"peers: meanwhile {opened / lasted:.0f} new connections a second took "
            f"{used[0]:.1f} s of the processor at the hub and {used[1]:.1f} s of those who "
            f"made them")
        say(f"peers: the hub has {status['sessions']} sessions, "
            f"{status['rss_bytes'] >> 20} MiB, limits hit "
            f"{ {k: v for k, v in status['limits_hit'].items() if v} }")
        tap.ok("peers: every honest sync goes through", not bad, *bad[:5])
        tap.ok("peers: the limits were reached", sum(status["limits_hit"].values()) > 0,
               status["limits_hit"])
        left = wait_for(lambda: world.hub("status", "--json").json()["sessions"] == 0, 15)
        tap.ok("peers: afterwards no session is left", left)
        again, again_ms = cost(world, min(3, seconds))  # who else was at work may have begun meanwhile
        quiet = max(share(alone, 0.5), share(again, 0.5))
        # others make the clock run, not the hub's own processor time
        slow = share(again, 0.5) > max(SLOW_MS, LEFT * share(alone, 0.5))
        tap.ok("peers: what they leave behind does not slow the hub",
               not (slow and again_ms > LEFT * alone_ms + TICK_MS),
               f"median {share(again, 0.5):.0f} ms behind it, {again_ms:.0f} ms of the hub's processor a sync; "
               f"before {share(alone, 0.5):.0f} ms, {alone_ms:.0f} ms")
        for name, busy, good in (
                ("peers: p99 within three times its target", BUSY_MS,
                 share(times, 0.99) < 3000 * TARGET_S),
                # who is turned away comes again, and so through; but hardly anybody is
                ("peers: hardly a sync needs a second try", SLOW_MS,
                 tries <= 1.25 * len(times) + 1)):
            if quiet > busy:
                tap.skip(name, f"alone it takes {quiet:.0f} ms: others use the machine")
            else:
                tap.ok(name, good, f"p99 {share(times, 0.99):.0f} ms, {tries} tries of {len(times)}")
        world.stop()
        check_all(world)
        tap.ok("peers: nothing is lost, all agrees", True)
    finally:
        stop.set()
        for process in hostile:
            process.join()
        if world:
            world.kill()
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)

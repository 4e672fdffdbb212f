"""tests/bench/peers/peer.py - what every peer can do, so that one harness measures all.

A peer has a folder with `site` and `hub` in it. make() lets the site record, offline, what
the workload gives, after the registers (base) have gone to the hub over a good link;
serve() starts the hub, client() is the command that carries what waits and exits with 0
when all of it is there, and delivered() reads the rows back out of the hub's store, closed,
and compares. All programs run under `bench peak`, which says how much memory they had.
"""

import json
import os
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import workload  # noqa: E402
from rig import PATIENCE, Failure  # noqa: E402

LONG = 3600   # seconds, for what may take long on a busy machine
NOT_YET = (12, 14, 75)  # exits of a client that was cut off


def filled(row):
    """A row of the plain CSV as an object: what is empty is left out."""
    return {name: value if isinstance(value, int) else str(value)
            for name, value in zip(("time", "kind") + workload.COLUMNS, row) if value != ""}


def rows_of(events):
    return [filled(row) for row in workload.to_rows(events)]


def rows_of_csv(text):
    return [filled(row) for row in workload.from_csv(text)]


def to_json_lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def first_difference(got, want):
    """Words about where two lists of rows, of one length, part; None if they do not."""
    as_text = [[{key: str(value) for key, value in row.items()} for row in rows]
               for rows in (got, want)]
    for i, (one, other) in enumerate(zip(*as_text)):
        if one != other:
            return "row %d is %s, not %s" % (i + 1, one, other)
    return None


def tree_bytes(folder):
    """Bytes of the files below FOLDER, and what they take up on the disk."""
    size = used = 0
    for where, _, names in os.walk(folder):
        for name in names:
            found = os.lstat(os.path.join(where, name))
            size += found.st_size
            used += found.st_blocks * 512
    return size, used


def free_port():
    """A port nobody has now, for servers that cannot be given port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise Failure("nothing listens on port %d" % port)


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as line:
            return [int(word) for word in line.read().split()]
    except OSError:
        return []


class Server:
    """A hub that serves, under `bench peak`; stop() gives its peak in KiB."""

    def __init__(self, rig, argv, port=None, env=None):
        self.rig = rig
        self.process = rig.start(rig.bench, "peak", *argv, env=env)
        if port is None:
            line = self.process.stdout.readline().decode()
            if not line.startswith("listening "):
                raise Failure("%s: %s" % (argv[0], rig.words(self.process)))
            self.address = line.split()[1]
        else:
            wait_for_port(port)
            self.address = "127.0.0.1:%d" % port

    def stop(self):
        # what it started for the last connection may still be at work: its memory counts
        end = time.monotonic() + PATIENCE
        while (any(children(pid) for pid in children(self.process.pid))
               and time.monotonic() < end):
            time.sleep(0.05)
        self.rig.stop(self.process)
        words = self.rig.words(self.process).split()
        if "peak_kib" not in words:
            raise Failure("a hub ended without its peak: %s" % " ".join(words[-20:]))
        return int(words[words.index("peak_kib") + 1])


class Peer:
    name = ""
    what = ""       # which program, and how each event is recorded
    does = ""       # what it does less and more than Packhorse
    registers = True  # are at the hub before anything is measured

    def __init__(self, rig, build):
        self.rig, self.build = rig, build

    def missing(self):
        """Why it cannot run here, or None."""
        return None

    def version(self):
        return None

    def env(self):
        return None

    def run(self, *argv, stdin=None):
        """A program to its end, which must be good; its standard output."""
        done = subprocess.run([str(arg) for arg in argv], input=stdin, env=self.env(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=LONG)
        if done.returncode != 0:
            raise Failure("%s: exit %d: %s" % (
                " ".join(map(str, argv[:4])), done.returncode,
                done.stderr.decode(errors="replace").strip()[-400:]))
        return done.stdout

    def make(self, folder, base, events):
        raise NotImplementedError

    def copied(self, folder):
        """FOLDER is a copy of what make() made."""

    def serve(self, folder):
        raise NotImplementedError

    def client(self, folder, address):
        raise NotImplementedError

    def progress(self, folder):
        """Something that is another once more has come to the hub, if that can be told."""
        return None

    def rows(self, folder):
        """What the hub's store has, as rows, in order."""
        raise NotImplementedError

    def delivered(self, folder, base, events):
        """A Failure unless the hub has the registers and then every event, and no more."""
        got, begun = self.rows(folder), len(base) if self.registers else 0
        if len(got) != begun + len(events):
            raise Failure("the hub has %d rows, not %d" % (len(got), begun + len(events)))
        wrong = first_difference(got[begun:], self.wanted(events))
        if wrong:
            raise Failure("what is at the hub: " + wrong)

    def wanted(self, events):
        return rows_of(events)

    def carry(self, folder, address):
        """One run of the client: exit status, seconds, peak in KiB."""
        start = time.monotonic()
        done = subprocess.run([self.rig.bench, "peak"]
                              + [str(arg) for arg in self.client(folder, address)],
                              env=self.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=LONG)
        took = time.monotonic() - start
        words = done.stderr.decode(errors="replace").split()
        if "peak_kib" not in words:
            raise Failure("%s: %s" % (self.name, " ".join(words[-40:])))
        self.said = done.stdout, " ".join(words[-60:])
        return done.returncode, took, int(words[words.index("peak_kib") + 1])

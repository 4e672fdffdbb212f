"""What the fault harnesses share: the shim's plan, the real programs, and the invariants.

A Plan is the file that tests/fault/shim.h describes; programs run with its environment
count their calls in it. A World is a folder with a hub and some sites, in which the steps
of a script (script.py) are done one after the other. What a program acknowledged is kept
beside the folders (World.told), so that a copy of a World knows what must not be lost.
"""

import errno
import hashlib
import json
import mmap
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib

from state import saved_at

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get("PACKHORSE_BUILD", os.path.join(ROOT, "build")))
DAEMON = os.path.join(BUILD, "daemon", "packhorsed")
CLIENT = os.path.join(BUILD, "client", "packhorse")
SHIM = os.path.join(BUILD, "tests", "fault", "fault_shim.so")

# shim.h
COUNT, KILL, TORN, ERRNO, SHORT, STACKS = range(6)
WRITE, SYNC, NAME, LENGTH, CREATE, READ, TALK, ALLOC = (1 << i for i in range(8))
DISK = WRITE | SYNC | NAME | LENGTH | CREATE
CLASSES = {WRITE: "write", SYNC: "sync", NAME: "rename, unlink or mkdir",
           LENGTH: "ftruncate", CREATE: "open to create", READ: "read",
           TALK: "send", ALLOC: "allocation"}
FOREVER = (1 << 64) - 1
HEAD = struct.Struct("<IIIIQQQQIIIIII")
OF_SHIM = 8  # bytes at its end
TRACE = 262144
MAGIC = 0x50684631

OTHER, USAGE, NOT_ENROLLED, CUT, UNREACHABLE, CASES, PARTIAL, DAMAGED, IN_USE, LATER = (
    1, 2, 10, 11, 12, 13, 14, 15, 17, 75)
SITES = {"a": "14-0371", "b": "14-0372"}


def forget_machine(folder):
    """A copy of a site's folder is no doubt here: its witness is as a power cut may leave it."""
    for where, _, names in os.walk(folder):
        if "witness" in names:
            os.truncate(os.path.join(where, "witness"), 0)


class Broken(Exception):
    """An invariant does not hold."""

def must(condition, *words):
    if not condition:
        raise Broken(" ".join(str(word) for word in words))

# --- the plan ---

class Plan:
    def __init__(self, path):
        self.path = path
        with open(path, "wb") as file:
            file.truncate(HEAD.size + 4 * TRACE)
        self.file = open(path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), HEAD.size + 4 * TRACE)
        self.set(COUNT, 0)

    def set(self, mode, classes, at=0, until=None, error=0, wanted=0):
        """From now on; counts begin anew. UNTIL: FOREVER, else only the one."""
        last = HEAD.size - OF_SHIM
        self.map[:last] = HEAD.pack(MAGIC, COUNT, *[0] * 12)[:last]
        self.map[:last] = HEAD.pack(MAGIC, mode, classes, error, at, until or at,
                                    *[0] * 5, wanted, 0, 0)[:last]

    def off(self):
        """The fault has gone; the counts stay."""
        fields = list(HEAD.unpack(self.map[:HEAD.size]))
        struct.pack_into("<II", self.map, 4, COUNT, 0)
        return fields[6]

    @property
    def count(self):
        return HEAD.unpack(self.map[:HEAD.size])[6]

    @property
    def hits(self):
        return HEAD.unpack(self.map[:HEAD.size])[7]

    @property
    def hit_class(self):
        return HEAD.unpack(self.map[:HEAD.size])[8]

    @property
    def way(self):
        """To the first allocation that was hit."""
        return HEAD.unpack(self.map[:HEAD.size])[9]

    @property
    def uv_gave_up(self):
        """libuv ended a process for lack of memory, which is its way."""
        return HEAD.unpack(self.map[:HEAD.size])[10] > 0

    @property
    def timed(self):
        """So many threads wait for a time to come."""
        return HEAD.unpack(self.map[:HEAD.size])[12]

    @property
    def what(self):
        """Which call was hit, in words."""
        return CLASSES.get(self.hit_class, "nothing")

    def trace(self):
        n = min(self.count, TRACE)
        return list(struct.unpack_from(f"<{n}I", self.map, HEAD.size))

    def environment(self):
        return {**PLAIN, "PACKHORSE_FAULT": self.path, "LD_PRELOAD": SHIM, **EXTRA}

    def close(self):
        self.map.close()
        self.file.close()

EXTRA = {}  # environment of every program that the shim is loaded into (sanitizers)
PLAIN = {**os.environ, "LC_ALL": "C.UTF-8"}

# --- what was run ---

class Done:
    def __init__(self, args, code, out, err):
        self.args, self.code, self.out, self.err = args, code, out, err

    def json(self):
        return json.loads(self.out.strip().splitlines()[-1])

    def __str__(self):
        return f"{' '.join(self.args)}: exit {self.code}\n{self.out}{self.err}"

# commands of the hub whose output says what is saved
HUB_WRITES = {"record", "site", "devices", "report", "target", "tally", "model", "worker",
              "training", "donation", "case", "policy"}
REF = re.compile(r"\b[0-9a-f]{32}\.[0-9]+\.[0-9a-f]{16}\b")

class World:
    """The folders hub, a, b and what else a script has under FOLDER; DAEMON and CLIENT may
    be those of another build."""

    def __init__(self, folder, daemon=DAEMON, client=CLIENT):
        self.folder, self.daemon, self.client = folder, daemon, client
        self.saved = None  # what it is a copy of
        self.server = None
        self.status = None  # of the hub that ended last
        self.port = 0
        self.running = {}
        self.limit = 60
        self.still = None  # (wall seconds, ms since the boot): the clocks stand there
        self.drawn = 0  # processes whose chance stands still, each at another place
        self.heard = hashlib.blake2b()  # of all that programs said, and how they ended
        self.told = {"a": [], "b": [], "hub": [], "receipted": {}, "vars": {},
                     "script": "sync", "sites": dict(SITES)}

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def sites(self):
        """Devices that are enrolled, and no courier."""
        return [name for name in self.told["sites"] if os.path.exists(self.path(name, "site.db"))]

    # -- copies --

    def save(self, folder):
        must(self.server is None, "a world is copied while its hub runs")
        with open(self.path("told.json"), "w", encoding="utf-8") as file:
            json.dump(self.told, file)
        shutil.copytree(self.folder, folder)
        forget_machine(folder)

    @classmethod
    def copy(cls, source, folder, **options):
        shutil.rmtree(folder, ignore_errors=True)
        world = cls(folder, **options)
        world.saved = saved_at(source)
        world.saved.put(folder)
        world.told = json.loads(world.saved.files["told.json"].data)
        return world

    def later(self, seconds):
        """Clocks that stand go on by so much; what is drawn does not depend on what was before."""
        self.still = self.still[0] + seconds, self.still[1] + 1000 * seconds
        self.drawn = self.still[0]

    # -- programs --

    def environment(self, plan, who):
        env = plan.environment() if plan else PLAIN
        if self.still is None:
            return env
        self.drawn += 1
        seed = zlib.crc32(f"{who} {self.drawn}".encode())
        return {**env, **EXTRA, "LD_PRELOAD": SHIM,
                "PACKHORSE_STILL": "{} {} {}".format(*self.still, seed)}

    def run(self, *args, plan=None, stdin=None, who=None):
        """WHO: under which name others find the process while it runs."""
        process = subprocess.Popen(
            args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self.environment(plan, who), cwd=self.folder)
        self.running[who] = process
        try:
            out, err = process.communicate(stdin, timeout=self.limit)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise Broken(f"it hangs: {' '.join(args)}\n{out!r}\n{err!r}") from None
        finally:
            self.running.pop(who, None)
        got = Done(args, process.returncode, out.decode(errors="replace"),
                   err.decode(errors="replace"))
        self.heard.update(f"{got}\n".replace(self.folder, "").encode())
        return got

    def site(self, name, *args, plan=None, stdin=None):
        """A command of a site; what it says is saved, and what has a receipt, is noted."""
        got = self.run(self.client, "-d", self.path(name), *args, plan=plan,
                       stdin=stdin, who=name)
        self.told.setdefault(name, []).extend(acknowledged(args, got))
        if got.code == 0 and args[0] == "status" and "--json" in args:
            state = got.json()
            before = 0 if self.told.get("receipts-anew") else self.told["receipted"].get(name, 0)
            must(state["receipted"] >= before,
                 f"{name} had a receipt up to {before}, and now up to", state["receipted"])
            self.told["receipted"][name] = state["receipted"]
        return got

    def hub(self, *args, plan=None, stdin=None):
        got = self.run(self.daemon, "-d", self.path("hub"), *args, plan=plan,
                       stdin=stdin, who="hub")
        if args[0] in HUB_WRITES:
            self.told["hub"] += acknowledged(args, got)
        return got

    def serve(self, plan=None, who="hub"):
        """The hub, or the courier in folder WHO. False when it ended before it listened: how,
        says self.status."""
        args = ([self.daemon, "-d", self.path("hub"), "serve", "--listen", "127.0.0.1:0"]
                if who == "hub" else
                [self.client, "-d", self.path(who), "courier", "--listen", "127.0.0.1:0",
                 "--quiet"])
        # errors to a file that is begun anew: of a start that fails, its words
        with open(self.path("serve.err"), "wb") as err:
            self.server = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=err,
                                           env=self.environment(plan, "server"), cwd=self.folder)
        line = self.server.stdout.readline().decode()
        if not line.startswith("listening "):
            self.ended()
            return False
        self.port = int(line.rsplit(":", 1)[1])
        return True

    def hub_log(self):
        if not os.path.exists(self.path("serve.err")):
            return "no hub has served"
        with open(self.path("serve.err"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def ended(self, seconds=30):
        """The exit status of the hub that ends, or has."""
        try:
            status = self.server.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Broken("the hub does not end\n" + self.hub_log()) from None
        self.server.stdout.close()
        self.server = None
        self.status = status
        return status

    def alive(self):
        return self.server is not None and self.server.poll() is None

    def stop(self):
        if self.server is None:
            return 0
        self.server.send_signal(signal.SIGTERM)
        return self.ended()

    def kill(self):
        """How the hub ended, if there is one."""
        if self.server is None:
            return None
        self.server.kill()
        return self.ended()

    def sync(self, name, *more, plan=None, by="--hub"):
        return self.site(name, "sync", by, f"127.0.0.1:{self.port}", "--json", *more, plan=plan)

def acknowledged(args, got):
    """The references that a command says are saved, however it ended: a person who saw it
    believes it. Each line begins with its own, and may name others."""
    said = got.out.splitlines()
    if args[0] == "record":
        said = [line for line in said if '"ok":true' in line]
    elif "--plain" not in args and args[:2] != ("report", "issue"):
        said = []
    return [ref for line in said for ref in REF.findall(line)[:1]]

# --- the invariants ---

def log_refs(world, name):
    got = world.site(name, "log", "--limit", "100000", "--json")
    must(got.code == 0, got)
    return got.json()

def check_site(world, name):
    """What a site acknowledged is in its log, once; no code was given out twice, nothing
    imported twice; and it is whole."""
    log = log_refs(world, name)
    refs = [entry["ref"] for entry in log["entries"]]
    must(len(refs) == len(set(refs)), "double in the log of", name)
    lost = [ref for ref in world.told[name] if ref not in set(refs)]
    must(not lost, f"LOST at {name}, though acknowledged:", *lost)
    codes = [entry["entry"]["copy"]["code"] for entry in log["entries"]
             if entry["entry"]["kind"] == "copy-put"]
    must(len(codes) == len(set(codes)), "a code was given out twice at", name, *codes)
    sources = [(entry["entry"]["kind"], entry["entry"]["source"])
               for entry in log["entries"] if "source" in entry["entry"]]
    must(len(sources) == len(set(sources)), "imported twice at", name, *sources)
    got = world.site(name, "verify")
    must(got.code == 0, got)

def check_receipts(world):
    """The hub holds what it has signed for, by number. To be asked before anybody sends
    again; not of a hub that was put back from a backup."""
    if world.told.get("rolled-back"):
        return
    states = {}
    for name in world.sites():
        got = world.site(name, "status", "--json")
        must(got.code == 0, got)
        states[name] = got.json()
    got = world.hub("devices", "--json")
    must(got.code == 0, got)
    held = {d["device"]: d["entries"] for d in got.json()["devices"]}
    for name, state in states.items():
        must(held.get(state["device"], 0) >= state["receipted"],
             f"LOST at the hub: {name} has a receipt for {state['receipted']}, "
             f"there are {held.get(state['device'], 0)}")

def digest(world, name):
    got = (world.hub("digest", "--site", world.told["sites"][name[4:]], "--json")
           if name.startswith("hub.") else
           world.hub("digest", "--json") if name == "hub" else
           world.site(name, "digest", "--json"))
    must(got.code == 0, got)
    return got.json()["digest"]

def is_quiet(said):
    return (said["complete"] and said["entries"] == 0 and said["parts_sent"] == 0 and
            said["fed"]["pages"] == 0)

def settle(world, *names, tries=6):
    """Sync until nothing waits and nothing came: what one sends may be news to the other."""
    for _ in range(tries):
        news = False
        for name in names:
            got = world.sync(name)
            must(got.code in (0, CASES), "sync does not recover:", got, world.hub_log())
            news |= not is_quiet(got.json())
        if not news:
            break
    states = {name: world.site(name, "status", "--json").json() for name in names}
    for name, state in states.items():
        must(state["pending"] == 0 and state["parts_pending"] == 0,
             f"{name} does not get its receipts:", state)
    return states

def check_hub_alone(world, script=None, before=None):
    """The hub's own words are there, it is whole, and the same after a rebuild. BEFORE: its
    digest, if that is known."""
    if script and script.alone:
        script.alone(world, "hub")
    got = world.hub("log", "--limit", "10000")
    must(got.code == 0, got)
    refs = [json.loads(line)["ref"] for line in got.out.splitlines()]
    must(len(refs) == len(set(refs)), "double in the logs at the hub")
    lost = [ref for ref in world.told["hub"] if ref not in set(refs)]
    must(not lost, "LOST at the hub, though acknowledged:", *lost)
    got = world.hub("verify")
    must(got.code == 0, got)
    before = before or digest(world, "hub")
    got = world.hub("rebuild", "--json")
    must(got.code == 0 and got.json()["digest"] == before,
         "the hub is another after a rebuild:", got)

def check_site_alone(world, name, script=None, before=None):
    if script and script.alone:
        script.alone(world, name)
    check_site(world, name)
    before = before or digest(world, name)
    got = world.site(name, "rebuild", "--json")
    must(got.code == 0 and got.json()["digest"] == before,
         f"{name} is another after a rebuild:", got)

def check_kept(world):
    """Each confirmed device keeps all that the hub said in its desk log, as it tells itself."""
    if not world.told["vars"].get("said"):
        return
    got = world.hub("status", "--json")
    must(got.code == 0, got)
    must(got.json()["desk_keepers"] == len(world.sites()),
         "not all keep what the hub said in its desk log:", got)

def check_all(world, script=None):
    """Start again, finish, and look at everything; also at what SCRIPT asks."""
    if world.server is None:
        must(world.serve(), "the hub does not start again:", world.hub_log())
    check_receipts(world)
    if script and script.settle:
        script.settle(world)
    sites = world.sites()
    for name in sites:
        got = world.site(name, "record", "-", stdin=b'{"kind":"visit","count":2}\n')
        must(got.code == 0, "recording does not go on:", got)
    states = settle(world, *sites)
    check_kept(world)
    digests = {}
    for name in sites:
        digests[name] = digest(world, name)
        if world.told["vars"].get("confirmed"):
            must(digests[name] == digest(world, "hub." + name),
                 f"{name} and the hub do not agree over its scope")
    devices = world.hub("devices", "--json").json()["devices"]
    for name in sites:
        held = [d["entries"] for d in devices if d["device"] == states[name]["device"]]
        must(held == [states[name]["entries"]],
             f"{name} has {states[name]['entries']} entries, the hub {held}")
    must(world.stop() == 0, "the hub does not end with 0:", world.hub_log())
    for name in sites:
        check_site_alone(world, name, script, digests[name])
    check_hub_alone(world, script)
    if script and script.end:
        script.end(world)

def is_crash(code):
    """Ended by a signal, or by a sanitizer."""
    return code < 0 or code == 99

def errno_name(number):
    return errno.errorcode.get(number, str(number))

def folder_for(name):
    """A folder in memory where there is room: what is tested here are processes that
    end, not disks that forget."""
    base = os.environ.get("TMPDIR") or ("/dev/shm" if os.access("/dev/shm", os.W_OK)
                                        else "/tmp")
    folder = os.path.join(base, f"packhorse-fault.{os.getpid()}.{name}")
    os.makedirs(folder)
    return folder

def say(*words):
    """As comments of TAP, however many lines."""
    for line in " ".join(str(word) for word in words).splitlines():
        print("#", line)
    sys.stdout.flush()

def now():
    return time.monotonic()

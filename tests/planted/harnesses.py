"""What may catch a plant: how each harness is built, run, and what its first complaint is.

Those of random histories get a seed here, so that a plant which is caught today is caught
tomorrow; the runs of ./test draw theirs.
"""
import functools
import os
import re
import signal
import subprocess
import tempfile
import threading
import time

PROGRAMS = ["client/packhorse", "client/marc/packhorse-marc", "common/xlsx/packhorse-xlsx", "daemon/packhorsed", "tests/link/relay"]
EXPIRED = "tests/e2e/expired_invite"
LOADED = {  # what a script loads into them, or runs beside them
    "93-rights": ["tests/fault/forbidden.so"],
    "22-invites": [EXPIRED],
    "32-copies": [EXPIRED],
    "63-case-kinds": [EXPIRED],
}
DATA = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../shared"))
FIRST = 900  # seconds for a run of the copy as it is
LIMIT = 120  # seconds at least for one with a plant
SEEDS = re.compile(r"^[a-z-]+:\d+(,\d+)*$")  # sim/INVARIANT:SEED,…
POINT = re.compile(r"^(not )?ok\b")
SKIP = re.compile(r"# *SKIP", re.IGNORECASE)
ALARM = re.compile(r"ERROR: \w+Sanitizer|runtime error:|Assertion|assertion failed", re.IGNORECASE)


def unit(name, *args):
    return ["tests/unit/test_" + name], ["{build}/tests/unit/test_" + name, *args]


# name: (targets, command). {build} and {tree} are those of the copy.
TABLE = {
    "permute": unit("permute", "--count", "60", "--seed", "1"),
    "permute_cases": unit("permute_cases", "--count", "20", "--seed", "1"),
    "scope": unit("scope", "--count", "60", "--seed", "1"),
    "fed_fold": unit("fed_fold", "--count", "40", "--seed", "1"),
    "session_cut": unit("session_cut"),
    "session_bits": unit("session_bits", "--count", "20000", "--seed", "1"),
    "journal_order": unit("journal_order"),
    "sim": (["tests/sim/sim"], ["{tree}/tests/sim/run", "--count", "30", "--seed", "1", "--jobs", "1"]),
    "rehearse": (
        ["tests/sim/packhorse-rehearse"],
        ["{build}/tests/sim/packhorse-rehearse", "{tree}/tests/sim/rehearse/quiet.scenario"],
    ),
    "power": (["tests/power/power"], ["{tree}/tests/power/run", "--count", "8000", "--seed", "2"]),
    "compare": (
        ["tests/reference/ledger"],
        ["{tree}/tests/reference/compare", "--ledger", "{build}/tests/reference/ledger",
         "--count", "200", "--seed", "1", "--jobs", "1"],
    ),
    "compare_odd": (
        ["tests/reference/ledger"],
        ["{tree}/tests/reference/compare", "--ledger", "{build}/tests/reference/ledger",
         "--odd", "--count", "100", "--seed", "1", "--jobs", "1"],
    ),
    "live": (
        ["tests/vectors/noise_peer"],
        ["/usr/bin/python3", "{tree}/tests/e2e/noise_dissononce.py", "{build}/tests/vectors/noise_peer",
         "--count", "20", "--seed", "1"],
    ),
    "reports": (
        PROGRAMS,
        ["{tree}/tests/report/run", "--build", "{build}", "--seeds", "1-6", "--periods", "6"],
    ),
}  # fmt: skip

# The groups of tests/fault/run: how much of each.
FAULTS = {
    "kills": ["--count", "200"], "crash": ["--count", "20"], "disk": ["--count", "60"],
    "alloc": ["--count", "60"], "peers": ["--count", "1000", "--seconds", "5"],
    "bombs": ["--count", "600"], "places": [],
}  # fmt: skip
DECODERS = [
    "agent", "announce", "backup", "bundle", "cert", "code", "command", "config", "courier", "entry", "frame",
    "front", "handshake", "import", "invite", "json", "keyfile", "manifest", "marc", "message",
    "netlink", "noise", "pack", "page", "receipt", "scenario", "segment", "session", "settings",
    "sheet", "spool", "walk", "web",
]  # fmt: skip


IN_MEMORY = [
    "unshare", "--mount", "sh", "-c",
    'mount -t tmpfs tmpfs /tmp && mount -t tmpfs tmpfs /dev/shm && exec "$@"', "in-memory",
]  # fmt: skip
OWN_FOLDERS = ("/tmp", "/dev/shm")
SETTLE_S = 0.5  # in which one that has complained says the rest of it
POLL_S = 0.05


class Unknown(Exception):
    pass


class Result:
    def __init__(self, caught, seconds, line):
        self.caught, self.seconds, self.line = caught, seconds, line  # line: of the complaint, or skip


class Harness:
    def __init__(self, name):
        self.name = name
        self.group, _, which = name.partition("/")
        self.lock = threading.Lock()
        self.usual = None  # seconds of a run of the unmutated copy
        self.invariant = ""  # of the simulator's the one that is to break, and no other
        if name in TABLE:
            self.targets, self.command = TABLE[name]
        elif self.group == "unit" and which:
            self.targets, self.command = unit(which)
        elif self.group == "sim" and SEEDS.match(which):
            self.invariant, _, seeds = which.partition(":")
            self.targets = ["tests/sim/sim"]
            self.command = ["{tree}/tests/sim/seeds", self.invariant, *seeds.split(",")]
        elif self.group == "fault" and which in FAULTS:
            self.targets = PROGRAMS + ["tests/fault/fault_shim.so"]
            self.targets += ["tests/fuzz/replay_" + name for name in DECODERS if which == "bombs"]
            self.command = ["{tree}/tests/fault/run", "--only", which, "--seed", "1", "--jobs", "1"]
            self.command += FAULTS[which]
        elif self.group == "vectors" and which:
            self.targets = ["tests/vectors/test_%s_vectors" % which]
            self.command = ["{build}/" + self.targets[0]]
        elif self.group == "fuzz" and which:
            self.targets = ["tests/fuzz/replay_" + which]
            self.command = ["{build}/tests/fuzz/replay_" + which, "{tree}/tests/fuzz/fuzz_%s.in" % which]
        elif self.group == "e2e" and which:
            self.targets = PROGRAMS + LOADED.get(which, [])
            self.command = ["bash", "{tree}/tests/e2e/%s.sh" % which]
        else:
            raise Unknown("there is no harness " + name)

    def limit(self):
        """A run that takes so many seconds hangs: ten times what it takes by itself."""
        return FIRST if self.usual is None else max(LIMIT, 10 * self.usual)

    def run(self, tree, build, keep, to_its_end):
        """A Result; caught says that the run failed. What it says goes to the file KEEP. If not
        TO_ITS_END, it is ended at its first complaint."""
        command = [part.format(tree=tree, build=build) for part in self.command]
        command = in_memory(os.environ.get("PACKHORSE_TESTDATA", DATA), tree) + command
        environment = dict(
            os.environ,
            LC_ALL="C.UTF-8",
            PACKHORSE_TESTDATA=os.environ.get("PACKHORSE_TESTDATA", DATA),
            CMOCKA_MESSAGE_OUTPUT="TAP",
            PACKHORSE_SOURCE=tree,
            PACKHORSE_BUILD=build,
            PACKHORSE_FULL="0",
        )
        begun = time.monotonic()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(
                command, cwd=tree, env=environment, stdin=subprocess.DEVNULL,
                stdout=out, stderr=err, start_new_session=True,
            )  # fmt: skip
            try:
                how = self.wait(process, out, to_its_end)
            finally:
                end(process, signal.SIGKILL)  # what it left behind, also when we are ended
            out, err = whole(out), whole(err)
        seconds = time.monotonic() - begun
        with open(keep, "wb") as file:
            file.write(out + err)
        out, err = (text.decode("utf-8", "replace") for text in (out, err))
        if how == "hangs":
            return Result(True, seconds, "no end in %.0f s" % self.limit())
        if how == "itself" and process.returncode == 0 and not complaints(out):
            return Result(False, seconds, skips(out))
        line = first_line(out, err, process.returncode)
        return Result(to_its_end or self.is_meant(line), seconds, line)

    def is_meant(self, line):
        """Whether it complains of what it is to catch."""
        return not self.invariant or ": %s (" % self.invariant in line


    def wait(self, process, out, to_its_end):
        """How it ended: "itself", "complained", "hangs"."""
        begun, complained = time.monotonic(), None
        while True:
            try:
                process.wait(timeout=POLL_S)
                return "itself"
            except subprocess.TimeoutExpired:
                pass
            now = time.monotonic()
            if now - begun > self.limit():
                end(process, signal.SIGTERM)
                return "hangs"
            if to_its_end or (complained and now - complained < SETTLE_S):
                continue
            if complained:
                end(process, signal.SIGTERM)
                return "complained"
            if complaints(whole(out).decode("utf-8", "replace")):
                complained = now


def whole(file):
    """What was written to it, by us or others, without moving where they write."""
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


@functools.cache
def in_memory(*needed):
    """Words before a command that give it a /tmp and a /dev/shm of its own: then no test waits
    for a disk, and nothing is left behind. None where that is not allowed, or they would hide
    what is NEEDED."""
    hidden = any(os.path.realpath(path).startswith(tuple(own + "/" for own in OWN_FOLDERS))
                 for path in needed)
    if hidden:
        return []
    done = subprocess.run([*IN_MEMORY, "true"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return IN_MEMORY if done.returncode == 0 else []


def end(process, how):
    """End what PROCESS started, which is a group of its own, and wait a little for it."""
    try:
        os.killpg(process.pid, how)
        process.wait(timeout=5)
    except (ProcessLookupError, PermissionError):
        pass
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def complaints(out):
    return [
        line for line in out.splitlines() if line.startswith("not ok") and not SKIP.search(line)
    ]


def skips(out):
    """Why nothing was looked at at all, if that is so."""
    points = [line for line in out.splitlines() if POINT.match(line)]
    skipped = [line for line in points if SKIP.search(line)]
    if points and len(skipped) < len(points):
        return ""
    return next((line for line in out.splitlines() if SKIP.search(line)), "")


def first_line(out, err, status):
    """What it says first of what is wrong."""
    lines = out.splitlines()
    found = complaints(out)
    died = "died of %s" % signal.Signals(-status).name if status < 0 else ""
    alarm = next((line for line in (out + "\n" + err).splitlines() if ALARM.search(line)), "")
    if found:
        after = lines[lines.index(found[0]) + 1 :]
        why = after[0].lstrip("# ").strip() if after and after[0].startswith("#") else ""
        if not why or why.endswith("error: Failure!"):  # what fail_msg() says goes to stderr
            why = next((line for line in err.splitlines() if line.startswith("ERROR: ")), why)
        return " ".join(filter(None, [found[0][len("not ok ") :], why and "(%s)" % why]))
    said = [line.strip() for line in (err + "\n" + out).splitlines() if line.strip()]
    return ": ".join(filter(None, [died, alarm.strip() or (said[0] if said else "")])) or (
        "exit status %d" % status
    )

"""tests/bench/rig.py - the real programs for the benchmark: hub, sites, relay.

Everything lives in one temporary folder; what is started is stopped by its own process
id, also when a measurement fails. A program that fails is a Failure with its own words.
"""

import contextlib
import glob
import json
import os
import platform
import shutil
import signal
import subprocess
import time

PATIENCE = 120  # seconds, for any program that should end by itself
DAY = 86400
FAKETIME = "/usr/lib/*/faketime/libfaketime.so.1"


class Failure(Exception):
    pass


def dated_now(lines, behind=0):
    """Registers are written at the time of who takes them, BEHIND seconds ago: a hub that hears
    stamps of days to come says so, and the site would go on in another log."""
    now = int(time.time() - behind)
    return b"".join(json.dumps(dict(json.loads(line), at=now), ensure_ascii=False).encode()
                    + b"\n" for line in lines.splitlines())


def copy_site(folder, to):
    """FOLDER once more, which does not notice it: a witness that is garbled is what a power cut
    leaves, while a copy that notices asks the hub for its own log."""
    shutil.copytree(folder, to)
    os.truncate(os.path.join(to, "witness"), 60)


class Rig:
    def __init__(self, build, work):
        self.packhorse = os.path.join(build, "client/packhorse")
        self.packhorsed = os.path.join(build, "daemon/packhorsed")
        self.bench = os.path.join(build, "tests/bench/bench")
        self.relay = os.path.join(build, "tests/link/relay")
        for program in (self.packhorse, self.packhorsed, self.bench, self.relay):
            if not os.path.exists(program):
                raise Failure("%s is not there: build first" % program)
        self.work = work
        self.running = []
        self.behind = 0  # seconds, that programs are in the past
        self.passphrase = self.path("passphrase")
        with open(self.passphrase, "w") as out:
            out.write("only for measuring\n")

    def path(self, name):
        return os.path.join(self.work, name)

    @contextlib.contextmanager
    def past(self, moment):
        """Programs that are started meanwhile have the clock of MOMENT, from which it goes on."""
        if not glob.glob(FAKETIME):
            raise Failure("there is no faketime: the Debian package faketime has it")
        self.behind = int(time.time() - moment)
        try:
            yield
        finally:
            self.behind = 0

    def env(self):
        """What a program is started with; None: what we were."""
        if not self.behind:
            return None
        return {**os.environ, "LD_PRELOAD": glob.glob(FAKETIME)[0], "FAKETIME": "-%d" % self.behind,
                "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def call(self, *args, stdin=None, status=(0,)):
        """Run a program to its end; its standard output. Exits other than STATUS fail."""
        done = subprocess.run([str(arg) for arg in args], input=stdin, timeout=PATIENCE * 10,
                              env=self.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode not in status:
            raise Failure("%s: exit %d: %s" % (
                " ".join(map(str, args[:4])), done.returncode,
                done.stderr.decode(errors="replace").strip()[-400:]))
        return done.returncode, done.stdout

    def call_json(self, *args, stdin=None):
        return json.loads(self.call(*args, stdin=stdin)[1].splitlines()[-1])

    def start(self, *args, stdin=None, env=None):
        process = subprocess.Popen([str(arg) for arg in args], stdin=stdin, env=env or self.env(),
                                   stdout=subprocess.PIPE,
                                   stderr=open(self.path("err.%d" % len(self.running)), "wb"))
        process.errors = self.path("err.%d" % len(self.running))
        self.running.append(process)
        return process

    def words(self, process):
        with open(process.errors, "rb") as lines:
            return lines.read().decode(errors="replace").strip()[-400:]

    def stop(self, process):
        """SIGTERM, and what it still printed."""
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            return process.communicate(timeout=PATIENCE)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failure("%s did not stop" % process.args[0])

    def stop_all(self):
        for process in self.running:
            if process.poll() is None:
                process.kill()
                process.wait()

    def join(self, hub, name, number, code):
        """A new device of site NUMBER, enrolled; its folder."""
        hub.site_add(number, code)
        invite, folder = self.path(name + ".invite"), self.path(name)
        self.call(self.packhorsed, "-d", hub.dir, "invite", "--site", code, "--role", "site",
                  "--out", invite, "--passphrase-file", self.passphrase)
        self.call(self.packhorse, "-d", folder, "join", invite)
        return folder

    def write(self, folder, lines):
        return self.call_json(self.bench, "write", folder, stdin=lines)

    def settle(self, hub, name, number, code, lines):
        """A site that has sent its registers, is confirmed, and has its feed and the control
        log; HUB serves from now on."""
        folder = self.join(hub, name, number, code)
        self.write(folder, dated_now(lines, self.behind))
        hub.start()
        self.sync_whole(folder, hub.address)
        hub.confirm(folder)
        self.catch_up(folder, hub.address)
        self.sync_whole(folder, hub.address)
        return folder

    def settle_before(self, moment, hub_name, name, number, code, lines):
        """The same three days before MOMENT, with which days begin that a hub of today does not
        find ahead: the hub, stopped, and the folder."""
        with self.past(moment - 3 * DAY):
            hub = Hub(self, hub_name)
            folder = self.settle(hub, name, number, code, lines)
            hub.stop()
        # it was switched off, and perhaps for longer than a hub believes
        self.call(self.packhorsed, "-d", hub.dir, "clock", "accept")
        return hub, folder

    def state(self, folder):
        return self.call_json(self.packhorse, "-d", folder, "status", "--json")

    def catch_up(self, folder, address):
        """Sessions of a device that is confirmed, until one brings nothing more: their bytes."""
        took = []
        for _ in range(PATIENCE):
            answer = self.sync_whole(folder, address)
            took.append(answer["bytes_up"] + answer["bytes_down"])
            if answer["fed"]["pages"] == 0:
                break
        else:
            raise Failure("%s: the feed comes to no end" % folder)
        if not self.state(folder)["confirmed"]:
            raise Failure("%s: not confirmed, so no feed is for it" % folder)
        return took

    def peak(self, *args):
        """What a program printed last, as JSON, and its resident memory at its highest, KiB."""
        done = subprocess.run([self.bench, "peak"] + [str(arg) for arg in args],
                              timeout=PATIENCE * 10, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        words = done.stderr.decode(errors="replace").strip()
        if done.returncode != 0:
            raise Failure("%s: exit %d: %s" % (args[3], done.returncode, words[-400:]))
        return json.loads(done.stdout.splitlines()[-1]), int(words.split()[-1])

    def sync(self, folder, address):
        """One session. Its JSON, with the exit status in it."""
        status, out = self.call(self.packhorse, "-d", folder, "sync", "--hub", address,
                                "--json", status=(0, 12, 14, 75))
        answer = json.loads(out.splitlines()[-1]) if out.strip() else {}
        answer["exit"] = status
        return answer

    def sync_whole(self, folder, address):
        answer = self.sync(folder, address)
        if answer["exit"] != 0:
            raise Failure("sync: exit %d, %s" % (answer["exit"], answer.get("reason")))
        return answer


class Hub:
    """A hub's folder, and packhorsed serving it between start() and stop()."""

    def __init__(self, rig, name, make=True):
        self.rig, self.dir = rig, rig.path(name)
        self.process, self.address, self.sites = None, None, set()
        if make:
            # 8 MiB: how hard the passphrase is to guess is not what we measure
            rig.call(rig.packhorsed, "-d", self.dir, "init", "--listen", "127.0.0.1:7415",
                     "--passphrase-file", rig.passphrase, "--kdf-memory-mib", 8)
            rig.call(rig.packhorsed, "-d", self.dir, "commune", "add", "03646",
                     "--name", "Tô Hiệu", "--type", "phuong")

    def copy(self, name):
        """A stopped hub's folder again under another name."""
        shutil.copytree(self.dir, self.rig.path(name),
                        ignore=lambda _, names: [n for n in names if n == "socket"])
        return Hub(self.rig, name, make=False)

    def site_add(self, number, code):
        if number not in self.sites:
            self.rig.call(self.rig.packhorsed, "-d", self.dir, "site", "add", code,
                          "--commune", "03646", "--kind", "commune", "--name",
                          "Thư viện %04d" % (number % 10000))
            self.sites.add(number)

    def confirm(self, folder):
        """The device of FOLDER, which has been heard, by its fingerprint."""
        state = self.rig.state(folder)
        self.rig.call(self.rig.packhorsed, "-d", self.dir, "devices", "confirm",
                      state["device"], "--fingerprint", state["fingerprint"])

    def start(self):
        self.process = self.rig.start(self.rig.packhorsed, "-d", self.dir, "serve",
                                      "--listen", "127.0.0.1:0")
        line = self.process.stdout.readline().decode()
        if not line.startswith("listening "):
            raise Failure("packhorsed serve: %s" % self.rig.words(self.process))
        self.address = line.split()[1]
        return self

    def stop(self):
        self.rig.stop(self.process)
        if self.process.returncode != 0:
            raise Failure("packhorsed: exit %d: %s" % (self.process.returncode,
                                                       self.rig.words(self.process)))

    def memory_kib(self, what):
        with open("/proc/%d/status" % self.process.pid) as lines:
            for line in lines:
                if line.startswith(what + ":"):
                    return int(line.split()[1])
        raise Failure("no " + what)

    def rss(self):
        """Resident memory in bytes."""
        return self.memory_kib("VmRSS") * 1024

    def peak(self):
        """The most there ever was of it, KiB."""
        return self.memory_kib("VmHWM")

    def cpu_ms(self):
        """Processor time of all its threads."""
        tasks, total = "/proc/%d/task" % self.process.pid, 0
        for task in os.listdir(tasks):
            with open(os.path.join(tasks, task, "schedstat")) as line:
                total += int(line.read().split()[0])
        return total / 1e6

    def status(self):
        return self.rig.call_json(self.rig.packhorsed, "-d", self.dir, "status", "--json")

    def settled(self, patience=PATIENCE):
        """Wait until what came last is folded: until the process uses no time any more."""
        def used():
            with open("/proc/%d/stat" % self.process.pid) as line:
                return line.read().rsplit(")", 1)[1].split()[11:13]
        before, end = None, time.monotonic() + patience
        while time.monotonic() < end:
            now = used()
            if now == before:
                return
            before = now
            time.sleep(0.3)
        raise Failure("packhorsed does not come to rest")


class Relay:
    """with Relay(rig, address, options...) as relay: ...; afterwards relay.counts."""

    def __init__(self, rig, to, *options):
        self.rig, self.counts = rig, None
        self.process = rig.start(rig.relay, "--listen", "127.0.0.1:0", "--to", to, "--json",
                                 *options)
        line = self.process.stdout.readline().decode()
        if not line.startswith("listening "):
            raise Failure("relay: %s" % rig.words(self.process))
        self.address = line.split()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        out = self.rig.stop(self.process).decode().strip()
        self.counts = json.loads(out.splitlines()[-1])


# --- what was run where ---

def output_of(*command):
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=20).stdout.decode().strip() or None
    except OSError:
        return None


def machine(folder):
    """What this is; the file system is that of FOLDER, in which was measured."""
    def field(path, name):
        try:
            with open(path) as lines:
                for line in lines:
                    if line.startswith(name):
                        return line.split(":", 1)[1].strip()
        except OSError:
            pass
        return None
    memory = field("/proc/meminfo", "MemTotal")
    return {"cpu": field("/proc/cpuinfo", "model name"), "cores": os.cpu_count(),
            "memory_mib": int(memory.split()[0]) // 1024 if memory else None,
            "kernel": platform.release(), "arch": platform.machine(),
            "filesystem": output_of("stat", "-f", "-c", "%T", folder)}

#!/usr/bin/python3
"""packhorsed serve as a service sees it. Prints TAP; e2e/41-serve.sh runs it."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True

from room import (CLIENT, DAEMON, HAS_CLIENT, HAS_NOISE, Device, Hub, Peer, Tap, leave, room,
                  run, wait_for)

LINE_MAX = 128 * 1024
tap = Tap()


class Local:
    """A connection to DIR/socket."""

    def __init__(self, hub):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        folder = os.open(hub.folder, os.O_PATH)
        self.socket.connect(f"/proc/self/fd/{folder}/socket")
        os.close(folder)
        self.file = self.socket.makefile("rwb", buffering=0)

    def send(self, data):
        self.file.write(data)

    def answer(self):
        line = self.file.readline()
        return json.loads(line) if line else None

    def ask(self, **request):
        self.send(json.dumps(request).encode() + b"\n")
        return self.answer()

    def close(self):
        self.file.close()
        self.socket.close()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def serve(hub, *args):
    return run(DAEMON, "-d", hub.folder, "serve", *args)


def refusals(hub):
    got = run(DAEMON, "-d", hub.folder + "-none", "serve")
    tap.equal("a folder that holds no hub: exit 10", got.returncode, 10)
    conf = os.path.join(hub.folder, "packhorsed.conf")
    for name, text, line in (
            ("an unknown setting", "[limits]\nsession = 1\n", 2),
            ("a value out of range", "[limits]\n\nsessions = 0\n", 3),
            ("no address", "[server]\nlisten = here\n", 2)):
        write(conf, text)
        got = serve(hub)
        tap.equal(f"{name}: exit 78", got.returncode, 78)
        tap.ok("it names file and line", f"packhorsed.conf:{line}: " in got.stderr,
               got.stderr)
    write(conf, "")
    drop_in = os.path.join(hub.folder, "conf.d", "a.conf")
    write(drop_in, "[limits]\nsessions = none\n")
    got = serve(hub)
    tap.ok("the same in conf.d", got.returncode == 78 and "conf.d/a.conf:2: " in got.stderr,
           got.stderr)
    os.unlink(drop_in)
    got = serve(hub, "--listen", "127.0.0.1")
    tap.equal("--listen without a port: exit 2", got.returncode, 2)
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    address = f"127.0.0.1:{taken.getsockname()[1]}"
    got = serve(hub, "--listen", address)
    tap.equal("an address in use: exit 1", got.returncode, 1)
    tap.ok("it is named", address in got.stderr and "in use" in got.stderr, got.stderr)
    taken.close()
    tap.ok("no socket is left behind", not os.path.exists(hub.folder + "/socket"))


def holder(hub):
    hub.configure()
    hub.start()
    got = serve(hub)
    tap.equal("a second daemon: exit 17", got.returncode, 17)
    tap.ok("it names the first", f"process {hub.process.pid}" in got.stderr, got.stderr)
    tap.equal("--listen overrides the settings", hub.stop()[0], 0)
    hub.start("--listen", "127.0.0.99:0")
    tap.ok("with its address", hub.address.startswith("127.0.0.99:"), hub.address)
    tap.equal("SIGINT stops it, too", hub.stop(signal.SIGINT)[0], 0)
    tap.ok("start and stop are logged",
           re.search(r"^serve\.start .*\n(.*\n)*serve\.stop .*result=done", hub.log()),
           hub.log())


def prefix(hub):
    write(os.path.join(hub.folder, "packhorsed.conf"),
          "[server]\nlisten = 127.0.0.1:0\n[log]\nprefix = yes\n")
    hub.start()
    hub.stop()
    tap.ok("with prefix = yes each line has its level, and no time",
           all(re.match(r"<\d>[a-z.]+ (?!time=)", line)
               for line in hub.log().splitlines()), hub.log())


def local_socket(hub):
    hub.configure({"commands": 2})
    # what a killed daemon leaves
    hub.start()
    hub.kill()
    tap.ok("a killed daemon leaves its socket", os.path.exists(hub.folder + "/socket"))
    tap.equal("commands do without the daemon", hub.command("status").returncode, 0)
    hub.start()
    mode = os.stat(hub.folder + "/socket")
    tap.equal("the next one replaces it, for its user alone",
              (stat.S_ISSOCK(mode.st_mode), stat.S_IMODE(mode.st_mode)), (True, 0o600))

    one = Local(hub)
    tap.equal("a command", one.ask(command="status")["exit"], 0)
    tap.equal("and another over the same connection", one.ask(command="status")["running"],
              True)
    one.send(b'{"command":"status"}\n{"command":"devices"}\n')
    tap.equal("two lines at once are answered in turn",
              ("uptime_s" in one.answer(), "devices" in one.answer()), (True, True))
    tap.equal("an unknown command is an error, not the end",
              (one.ask(command="dance")["exit"] != 0, one.ask(command="status")["exit"]),
              (True, 0))
    two = Local(hub)
    tap.equal("a second connection", two.ask(command="status")["exit"], 0)
    three = Local(hub)
    tap.equal("a third, over the limit, is told to try later", three.answer()["exit"], 75)
    tap.equal("and closed", three.answer(), None)
    tap.equal("which is counted", one.ask(command="status")["limits_hit"]["commands"], 1)
    two.close()
    wait_for(lambda: Local(hub).ask(command="status")["exit"] == 0)
    one.close()
    time.sleep(0.1)

    for name, line in (("no JSON", b"hello\n"), ("no object", b"[1]\n"),
                       ("no command", b"{}\n"), ("a command that is no text",
                                                 b'{"command":1}\n'),
                       ("duplicate keys", b'{"command":"status","command":"status"}\n'),
                       ("a nul byte", b'{"command":"sta\0tus"}\n')):
        bad = Local(hub)
        bad.send(line)
        tap.equal(f"{name} is refused", bad.answer()["exit"], 2)
        tap.equal("and the connection closed", bad.answer(), None)
        bad.close()
    for extra, want in ((0, 0), (1, 2)):
        longest = Local(hub)
        text = b'{"command":"status"'
        text += b" " * (LINE_MAX + extra - len(text) - 1) + b"}\n"
        longest.send(text)
        tap.equal(f"a line of {len(text) - 1} bytes", longest.answer()["exit"], want)
        longest.close()
    half = Local(hub)
    half.send(b'{"command":"status"}\n')
    half.socket.shutdown(socket.SHUT_WR)
    tap.equal("a client that sends and says it is done is answered", half.answer()["exit"],
              0)
    half.close()
    gone = Local(hub)
    gone.send(b'{"command":"verify"}\n')
    gone.close()
    tap.ok("one that does not wait harms nobody",
           wait_for(lambda: hub.command("status").returncode == 0))
    tap.equal("the daemon stops with 0", hub.stop()[0], 0)
    tap.ok("and takes its socket away", not os.path.exists(hub.folder + "/socket"))


def reload(hub):
    hub.configure({"sessions": 100, "first-byte-ms": 60000})
    hub.start()
    old = hub.port
    waiting = Peer(hub)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        fresh = probe.getsockname()[1]
    hub.configure({"sessions": 0})
    hub.process.send_signal(signal.SIGHUP)
    tap.ok("a bad new setting is logged and the old ones kept",
           hub.logged(r"config\.reload .*result=kept why=.*packhorsed\.conf:4: sessions"),
           hub.log())
    tap.ok("it serves on", waiting.is_open() and Peer(hub).is_open())
    hub.configure({"sessions": 100, "first-byte-ms": 200},
                  listen=("127.0.0.1:0", f"127.0.0.1:{fresh}"))
    hub.process.send_signal(signal.SIGHUP)
    tap.ok("a good one is applied", hub.logged(r"config\.reload .*result=applied"),
           hub.log())
    tap.equal("the new address is printed", hub.process.stdout.readline().decode(),
              f"listening 127.0.0.1:{fresh}\n")
    tap.between("the new time holds for newcomers", Peer(hub).closed_after(), 0.15, 6)
    tap.ok("those who were there keep theirs", waiting.is_open())
    hub.configure(listen=(f"127.0.0.1:{fresh}",))
    hub.process.send_signal(signal.SIGHUP)
    wait_for(lambda: len(hub.status()["listen"]) == 1)
    try:
        Peer(hub)
        closed = False
    except ConnectionRefusedError:
        closed = True
    tap.ok("an address that is not named any more is closed", closed)
    tap.ok("its connections stay", waiting.is_open())
    hub.port = fresh
    tap.ok("the one that stayed was not closed in between", Peer(hub).is_open())
    hub.port = old
    tap.equal("the daemon stops with 0", hub.stop()[0], 0)


def told_to_stop_again_and_again(hub):
    """Whoever is impatient does not cost the daemon its exit status."""
    ends = []
    for _ in range(8):
        hub.start()
        while hub.process.poll() is None:
            hub.process.send_signal(signal.SIGTERM)
            time.sleep(0.0002)
        ends.append(hub.stop()[0])
    tap.equal("SIGTERM again and again: each time it stops with 0", ends, [0] * 8)


def long_path(folder):
    deep = folder + "/" + "d" * 100 + "/" + "e" * 100
    os.makedirs(deep)
    hub = Hub(deep + "/hub")
    hub.init()
    hub.configure()
    hub.start()
    tap.equal("a folder whose path is too long for a socket works all the same",
              (hub.status()["running"], os.path.exists(hub.folder + "/socket")),
              (True, True))
    tap.equal("and its daemon stops with 0", hub.stop()[0], 0)


def notify(hub):
    """What it tells a service manager."""
    path = hub.folder + ".notify"
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(path)
    manager.settimeout(1)
    said = []

    def listen(seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                said.append(manager.recv(4096).decode())
            except socket.timeout:
                return

    hub.configure()
    os.environ.update(NOTIFY_SOCKET=path, WATCHDOG_USEC="200000")
    os.environ.pop("WATCHDOG_PID", None)
    try:
        hub.start()
    finally:
        del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]
    begun = time.monotonic()
    while said.count("WATCHDOG=1") < 3 and time.monotonic() - begun < 10:
        listen(0.1)
    seconds = time.monotonic() - begun
    tap.equal("READY comes first", said[:1], ["READY=1"])
    tap.ok("then WATCHDOG, in half its time",
           3 <= said.count("WATCHDOG=1") <= 2 + seconds / 0.1, said, seconds)
    said.clear()
    hub.process.send_signal(signal.SIGHUP)
    begun = time.monotonic()
    while "READY=1" not in said and time.monotonic() - begun < 10:
        listen(0.1)
    tap.ok("a reload tells its beginning and end",
           any(s.startswith("RELOADING=1\nMONOTONIC_USEC=") for s in said) and
           "READY=1" in said, said)
    hub.stop()
    listen(0.1)
    tap.ok("STOPPING at the end", "STOPPING=1" in said, said)
    manager.close()


def stop_in_the_middle(hub, folder):
    """SIGTERM while devices sync: each gets its receipts or will resume; all is kept."""
    if not HAS_CLIENT:
        tap.skip("SIGTERM while devices sync", f"no {CLIENT}")
        return
    hub.configure({"handshake-rate": 1000, "handshake-burst": 1000})
    hub.start()
    device = folder + "/a"
    hub.join(device)
    sleepers = []
    if HAS_NOISE:
        for _ in range(5):
            sleepers.append(Device(hub, device))
            sleepers[-1].greet()
            sleepers[-1].say()
            sleepers[-1].hear()
    stuck = Peer(hub)
    codes = []
    ended = threading.Event()

    def sync():
        while not ended.is_set():
            codes.append(hub.sync(device).returncode)

    worker = threading.Thread(target=sync)
    worker.start()
    wait_for(lambda: len(codes) >= 3)
    status, seconds = hub.stop()
    ended.set()
    worker.join()
    tap.equal("SIGTERM in the middle of sessions: exit 0", status, 0)
    tap.between("within ten seconds, and much sooner when nothing hangs", seconds, 0, 9)
    tap.ok("syncs were done, or cut, or found nobody", set(codes) <= {0, 12, 14} and 0 in codes,
           codes)
    tap.ok("open sessions were closed",
           all(p.closed_after(1) < 60 for p in [stuck, *sleepers]))
    tap.equal("the store is whole", hub.command("verify").returncode, 0)
    hub.start()
    tap.equal("the device goes on", hub.sync(device).returncode, 0)
    hub.stop()


def traced(pid):
    """Every thread has its tracer."""
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="utf-8") as file:
            if "\nTracerPid:\t0\n" in file.read():
                return False
    return True


def io_error(hub):
    """The disk fails under the store: exit 15, nothing acknowledged; then it goes on."""
    if not HAS_CLIENT:
        tap.skip("an I/O error of the store", f"no {CLIENT}")
        return
    device = os.path.dirname(hub.folder) + "/b"
    hub.configure()
    hub.start()
    hub.join(device)
    try:
        tracer = subprocess.Popen(
            ["strace", "-f", "-q", "-o", "/dev/null", "-e", "trace=fdatasync,fsync",
             "-e", "inject=fdatasync,fsync:error=EIO", "-p", str(hub.process.pid)],
            stderr=subprocess.PIPE)
    except FileNotFoundError:
        tap.skip("an I/O error of the store", "no strace")
        hub.stop()
        return
    wait_for(lambda: traced(hub.process.pid))
    got = hub.command("site", "add", "14-0372", "--commune", "03646", "--kind",
                      "commune-library", "--name", "Xã Mường Do")
    hub.sync(device)
    try:
        status = hub.process.wait(timeout=12)
    except subprocess.TimeoutExpired:
        status = None
    if tracer.poll() is None:
        tracer.terminate()
    tracer.wait()
    if status is None:
        tap.skip("an I/O error of the store", "strace cannot attach here")
        hub.stop()
        return
    hub.process.stdout.close()
    hub.process = None
    tap.ok("the command that met it failed", got.returncode != 0, got.stderr)
    tap.equal("an I/O error of the store: exit 15", status, 15)
    tap.ok("store.failed is logged", hub.logged(r"^store\.failed ", 1) or
           "store.failed" in hub.log(), hub.log())
    tap.equal("started again the store is whole", hub.command("verify").returncode, 0)
    hub.start()
    tap.equal("and the device goes on", hub.sync(device).returncode, 0)
    hub.stop()


def main():
    folder = room()
    hub = Hub(folder + "/hub")
    try:
        hub.init()
        refusals(hub)
        for test in (holder, prefix, local_socket, reload, notify):
            test(hub)
        told_to_stop_again_and_again(hub)
        long_path(folder)
        stop_in_the_middle(hub, folder)
        io_error(hub)
    finally:
        hub.kill()
        leave(folder)
    tap.done()


main()

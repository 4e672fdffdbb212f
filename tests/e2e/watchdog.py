#!/usr/bin/python3
"""A store that hangs: the service manager hears nothing while it does, and hears again after.

  watchdog.py hub PACKHORSED HUB PACKHORSE SITE
  watchdog.py agent PACKHORSE SITE

Serves HUB, or runs the agent of SITE, with a socket of ours in place of the service manager's, has
strace hold up the first fdatasync of each of its threads for HOLD seconds, and lets SITE sync
meanwhile, or record a visit. Prints lines "what: True" for the script. Exit 77: strace may not do
that here.
"""
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

HOLD = 4.0
WATCH = 1.0  # seconds of the watchdog


def traced(pid):
    """Whether every thread is held by a tracer."""
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/status" % (pid, task), encoding="ascii", errors="replace") as file:
            if re.search(r"^TracerPid:\s0$", file.read(), re.M):
                return False
    return True


def wait(seconds, condition):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def programs(which, *args):
    """What is watched, what it prints or logs when it is there, and what makes it write."""
    if which == "hub":
        hubd, hub, pack, site = args
        return ([hubd, "-d", hub, "serve", "--listen", "127.0.0.1:0"], r"^listening (\S+)",
                [pack, "-d", site, "sync", "--hub"])
    pack, site = args
    return [pack, "-d", site, "agent"], r"^agent\.start ", [pack, "-d", site, "visit", "2", "--band", "adult"]


def main():
    serve, there, work = programs(*sys.argv[1:])
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    path = os.path.abspath("manager")
    manager.bind(path)
    said = []

    def listen():
        while True:
            try:
                said.append((time.monotonic(), manager.recv(4096).decode()))
            except OSError:
                return

    def beats(since):
        return [t for t, text in said if "WATCHDOG=1" in text and t >= since]

    threading.Thread(target=listen, daemon=True).start()
    env = dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC=str(int(WATCH * 1e6)))
    env.pop("WATCHDOG_PID", None)
    with open("watch.out", "w") as out, open("watch.log", "w") as log:
        server = subprocess.Popen(serve, env=env, stdout=out, stderr=log)
    strace = None
    try:
        def found():
            return re.search(there, open("watch.out").read() + open("watch.log").read(), re.M)

        wait(30, found)
        work += found().groups()
        print("beats while well:", wait(30, lambda: len(beats(0)) >= 3))
        strace = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", "strace.out", "-p", str(server.pid), "-e", "trace=fdatasync,fsync",
             "-e", "inject=fdatasync,fsync:delay_enter=%d:when=1" % int(HOLD * 1e6)],
            stderr=open("strace.err", "w"))
        if not wait(20, lambda: strace.poll() is not None or traced(server.pid)) or strace.poll() is not None:
            print("strace:", open("strace.err").read().strip())
            return 77
        begun = time.monotonic()
        subprocess.run(work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        # it is told until the store has hung for WATCH, and again when it answers
        print("told again after:", wait(30, lambda: len(beats(begun + HOLD)) >= 2))
        times = beats(begun - WATCH)
        gap = max(b - a for a, b in zip(times, times[1:]))
        print("silent while it hung:", gap > HOLD - 2 * WATCH, "(%.1f s)" % gap)
        log = open("watch.log").read()
        print("the log says so:", "store.hangs" in log and "store.answers" in log)
        print("nobody was ended:", server.poll() is None)
    finally:
        if strace and strace.poll() is None:
            strace.send_signal(signal.SIGINT)
            strace.wait(10)
        server.send_signal(signal.SIGTERM)
        print("it stops as ever:", server.wait(30) == 0)
    return 0


sys.exit(main())

#!/usr/bin/python3
"""A store that hangs: the service manager hears nothing while it does, and hears again after.

  watchdog.py PACKHORSED HUB PACKHORSE SITE

Serves HUB with a socket of ours in place of the service manager's, has strace hold up the
first fdatasync of the store's thread for HOLD seconds, and lets SITE sync meanwhile. Prints
lines "what: True" for the script. Exit 77: strace may not do that here.
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


def main():
    hubd, hub, pack, site = sys.argv[1:5]
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

    threading.Thread(target=listen, daemon=True).start()
    env = dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC=str(int(WATCH * 1e6)))
    env.pop("WATCHDOG_PID", None)
    with open("watch.out", "w") as out, open("watch.log", "w") as log:
        server = subprocess.Popen([hubd, "-d", hub, "serve", "--listen", "127.0.0.1:0"], env=env,
                                  stdout=out, stderr=log)
    strace = None
    try:
        at = None
        for _ in range(200):
            found = re.search(r"^listening (\S+)", open("watch.out").read(), re.M)
            if found:
                at = found.group(1)
                break
            time.sleep(0.05)
        time.sleep(2 * WATCH)
        beats = [t for t, text in said if "WATCHDOG=1" in text]
        print("beats while well:", len(beats) >= 3)
        strace = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", "strace.out", "-p", str(server.pid), "-e", "trace=fdatasync,fsync",
             "-e", "inject=fdatasync,fsync:delay_enter=%d:when=1" % int(HOLD * 1e6)],
            stderr=open("strace.err", "w"))
        time.sleep(1)
        if strace.poll() is not None or "not permitted" in open("strace.err").read():
            print("strace:", open("strace.err").read().strip())
            return 77
        begun = time.monotonic()
        subprocess.run([pack, "-d", site, "sync", "--hub", at], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=60)
        time.sleep(2 * WATCH)
        times = [t for t, text in said if "WATCHDOG=1" in text and t >= begun - WATCH]
        gap = max(b - a for a, b in zip(times, times[1:]))
        # it is told until the store has hung for WATCH, and again when it answers
        print("silent while it hung:", HOLD - 2 * WATCH < gap < HOLD + 2 * WATCH, "(%.1f s)" % gap)
        print("told again after:", times[-1] > begun + HOLD)
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

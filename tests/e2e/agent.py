#!/usr/bin/env python3
"""agent.py FOLDER TEST...: what a bad neighbour does to the socket of `packhorse agent`.

Each test prints TAP-like "ok" or "not ok" lines without numbers; 80-agent.sh counts them.
"""
import json
import os
import random
import socket
import sys
import time

FOLDER = sys.argv[1]
LINE_MAX = 128 * 1024


def say(good, name, detail=""):
    print(("ok" if good else "not ok") + " - " + name, flush=True)
    if not good and detail:
        print("# " + str(detail), flush=True)


def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(60)
    s.connect(os.path.join(FOLDER, "socket"))
    return s


def answer(s):
    """Its line as JSON; None if the other end hung up first."""
    got = b""
    while not got.endswith(b"\n"):
        try:
            more = s.recv(65536)
        except ConnectionError:
            return None
        if not more:
            return None
        got += more
        if b"\n" in got:
            break
    return json.loads(got.split(b"\n")[0])


def ask(line):
    s = connect()
    try:
        s.sendall(line)
    except BrokenPipeError:
        pass
    got = answer(s)
    s.close()
    return got


def request(**members):
    whole = {"command": "run", "version": "0.1.0", "name": "status", "options": [],
             "words": [], "json": True, "plain": False, "dir": FOLDER, "vietnamese": False}
    whole.update(members)
    return json.dumps(whole).encode() + b"\n"


def patiently(line):
    """Its answer, once the machine finds the time to give one within five seconds."""
    end = time.monotonic() + 120
    got = ask(line)
    while got is not None and got["exit"] == 17 and time.monotonic() < end:
        got = ask(line)
    return got


def alive(name):
    got = patiently(request())
    say(got is not None and got["exit"] == 0 and got["out"] > 0, name, got)


def garbage():
    rng = random.Random(7)
    for line in (b"\n", b"{}\n", b"[]\n", b"nonsense\n", b'{"command":1}\n', b'{"command":"x"}\n',
                 b"\0\0\0\n", b'{"command":"run","command":"run"}\n', b"[" * 100000 + b"\n",
                 bytes(rng.randrange(256) for _ in range(2000)).replace(b"\n", b"") + b"\n"):
        got = ask(line)
        say(got is not None and got["exit"] == 2, "refused: %r" % line[:24], got)
    for members in ({"name": "no such"}, {"name": 5}, {"name": "agent"}, {"name": "record"},
                    {"options": 1}, {"options": [["no such", "x"]]}, {"options": [["limit"]]},
                    {"options": [["x", "y"]] * 65}, {"words": "x"}, {"words": [1]}, {"dir": ""},
                    {"dir": None}, {"version": "9.9.9"}, {"version": None}):
        got = ask(request(**members))
        say(got is not None and got["again"] is True, "nothing is done for %s" % members, got)
    got = ask(b"x" * (LINE_MAX + 1) + b"\n")
    say(got is not None and got["exit"] == 2, "a line that is too long", got)
    got = patiently(request(words=["x"] * 10, name="find"))
    say(got is not None and got["exit"] == 0, "many words are a matter of the command", got)
    got = patiently(request(words=["x"], name="status"))
    say(got is not None and got["exit"] == 2, "too many words are refused as ever", got)
    alive("after all that it answers")


def half():
    some = [connect() for _ in range(3)]
    some[0].sendall(b'{"command":"run"')
    some[1].sendall(b"x")
    began = time.monotonic()
    for s in some:
        try:
            say(s.recv(10) == b"", "half a question: hung up on")
        except ConnectionError:
            say(True, "half a question: hung up on")
    took = time.monotonic() - began
    say(3 < took < 40, "after some seconds", took)
    one = connect()
    one.sendall(request()[:40])
    one.close()
    alive("after one that went away in the middle it answers")


def many():
    held = []
    busy = 0
    for _ in range(60):
        s = connect()
        held.append(s)
    deadline = time.monotonic() + 60
    for s in held:
        s.settimeout(max(0.1, deadline - time.monotonic()))
        got = answer(s)
        busy += got is not None and got["exit"] == 75
    say(busy >= 40, "beyond the limit each is told to try later", busy)
    for s in held:
        s.close()
    end = time.monotonic() + 30
    got = None
    while time.monotonic() < end and not (got and got["exit"] == 0):
        got = ask(request())
        time.sleep(0.1)
    say(got is not None and got["exit"] == 0, "and then it answers again", got)


def mute():
    """Asks and never reads; the answer is far more than a socket holds."""
    held = []
    for _ in range(10):
        s = connect()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        s.sendall(request(name="list", words=["out"], options=[["limit", "2000"]]))
        held.append(s)
    got = patiently(request(name="list", words=["out"], options=[["limit", "2000"]]))
    say(got is not None and got["exit"] == 0 and got["out"] > 250000, "the answer is far more than a socket holds", got)
    alive("while ten do not read it answers")
    end = time.monotonic() + 60
    open_ones = held
    while open_ones and time.monotonic() < end:
        time.sleep(0.5)
        still = []
        for s in open_ones:
            # without taking what is there: a socket that was hung up on says so
            if not (hung_up(s)):
                still.append(s)
        open_ones = still
    say(not open_ones, "whoever takes no answer is hung up on", len(open_ones))
    for s in held:
        s.close()


def hung_up(s):
    import select
    p = select.poll()
    p.register(s, select.POLLRDHUP if hasattr(select, "POLLRDHUP") else select.POLLHUP)
    return any(e & (select.POLLHUP | select.POLLRDHUP) for _, e in p.poll(0))


def loan():
    s = connect()
    s.sendall(json.dumps({"command": "lend", "who": "a test", "wait_ms": 5000}).encode() + b"\n")
    got = answer(s)
    say(got == {"schema": 1, "exit": 0}, "the folder is lent", got)
    t = connect()
    t.sendall(json.dumps({"command": "lend", "who": "another", "wait_ms": 300}).encode() + b"\n")
    got = answer(t)
    say(got is not None and got["exit"] == 17 and "a test" in got["error"],
        "nobody else has it meanwhile, and hears who does", got)
    t.close()
    waiting = connect()
    waiting.sendall(request())
    time.sleep(0.2)
    s.sendall(b"a borrower does not talk\n")
    try:
        say(s.recv(10) == b"", "one that talks is hung up on")
    except ConnectionError:
        say(True, "one that talks is hung up on")
    s.close()
    got = answer(waiting)
    say(got is not None and got["exit"] in (0, 17), "and who waited is next, or has waited too long", got)
    waiting.close()
    for wait in (10**15, "x", None):
        s = connect()
        s.sendall(json.dumps({"command": "lend", "wait_ms": wait}).encode() + b"\n")
        got = answer(s)
        say(got == {"schema": 1, "exit": 0}, "a wait of %r is one" % wait, got)
        s.close()
    gone = [connect() for _ in range(8)]
    for s in gone:
        s.sendall(json.dumps({"command": "lend", "who": "gone"}).encode() + b"\n")
        s.close()
    alive("after eight who went away before they had it, it answers")


def hold():
    """Has the folder lent until standard input ends."""
    s = connect()
    s.sendall(json.dumps({"command": "lend", "who": "a test"}).encode() + b"\n")
    print("lent" if answer(s) == {"schema": 1, "exit": 0} else "not lent", flush=True)
    sys.stdin.read()


for test in sys.argv[2:]:
    globals()[test]()

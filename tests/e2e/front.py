#!/usr/bin/python3
"""The API of a site over a real socket. Prints TAP; e2e/99-desk-api.sh runs it."""

import glob
import http.client
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

from examples import differs, examples, filled
from hammer import Hammer, cpu_seconds
import slow
import unlock
from room import CLIENT, Hub, Tap, leave, room, run, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAME = "Cầm Thị Hoài Thương"
LEAST = 30000  # requests that are offered, for each second of processor that the agent takes
tap = Tap()


class Site:
    """A site whose agent serves the desk, or not."""

    def __init__(self, hub, folder, serve=True):
        self.folder = folder
        self.log_path = folder + ".log"
        self.process = None
        self.hub = hub
        hub.join(folder)
        self.configure("serve = 1\n" if serve else "")

    def configure(self, desk):
        with open(os.path.join(self.folder, "agent.conf"), "w", encoding="utf-8") as file:
            file.write("[sync]\nspread-ms = 3600000\nquiet-ms = 3600000\nlatest-ms = 3600000\n"
                       f"[courier]\nfind = 0\n[hub]\naddress = {self.hub.address}\n[desk]\n" + desk)

    def start(self):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([CLIENT, "-d", self.folder, "agent"], stderr=log,
                                            stdout=subprocess.DEVNULL)
        if not wait_for(lambda: "agent.start" in self.log(), 20):
            raise AssertionError(self.log())
        found = re.search(r"desk.listen .*address=127\.0\.0\.1:(\d+)", self.log())
        self.port = int(found[1]) if found else None

    def log(self):
        with open(self.log_path, encoding="utf-8") as file:
            return file.read()

    def end(self, how=signal.SIGTERM):
        """Its exit status, and how long it took."""
        begun = time.monotonic()
        self.process.send_signal(how)
        status = self.process.wait(timeout=30)
        self.process = None
        return status, time.monotonic() - begun

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def command(self, *words, **options):
        return run(CLIENT, "-d", self.folder, *words, **options)

    def token(self):
        got = self.command("desk")
        if got.returncode != 0:
            raise AssertionError(got.stderr)
        address, token = got.stdout.strip().split("#")
        assert address == f"http://127.0.0.1:{self.port}/"
        return token

    def ask(self, method, path, body=None, bearer=None, headers=(), raw=None):
        """(status, what came as JSON or text, headers)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        send = {}
        if bearer:
            send["Authorization"] = "Bearer " + bearer
        if body is not None or raw is not None:
            send["Content-Type"] = "application/json"
            raw = json.dumps(body).encode() if raw is None else raw
        send.update(headers)
        connection.request(method, path, raw, send)
        reply = connection.getresponse()
        data = reply.read()
        connection.close()
        if reply.getheader("Content-Type", "").startswith("application/json"):
            data = json.loads(data)
        return reply.status, data, reply.headers

    def enter(self, language="en"):
        got = self.ask("POST", "/api/v1/session", {"token": self.token(), "language": language})
        assert got[0] == 200, got
        return got[1]["bearer"]

    def maps(self):
        with open(f"/proc/{self.process.pid}/maps", encoding="utf-8") as file:
            return file.read()


def refused(site, name, status, error, *args, **options):
    got = site.ask(*args, **options)
    word = got[1].get("error") if isinstance(got[1], dict) else None
    return tap.equal(name, (got[0], word), (status, error))


# --- off, and on ---

def test_off(site):
    got = site.command("desk")
    tap.equal("no agent: there is no desk", got.returncode, 1)
    tap.ok("and it is said what to do", "packhorse agent" in got.stderr, got.stderr)
    site.start()
    got = site.command("desk")
    tap.equal("an agent that was not told to: 78", got.returncode, 78)
    tap.ok("and how to tell it", "serve = 1 under [desk]" in got.stderr, got.stderr)
    tap.ok("it has loaded nothing for HTTP", "microhttpd" not in site.maps())
    tap.equal("it ends", site.end()[0], 0)


def test_taken(site):
    """A port that another process has."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        site.configure(f"serve = 1\nport = {other.getsockname()[1]}\n")
        site.start()
        tap.ok("a port that is taken is told", "desk.listen" in site.log() and
               "result=failed" in site.log(), site.log())
        tap.equal("and the agent serves commands", site.command("status").returncode, 0)
        tap.equal("the desk is not there: 78", site.command("desk").returncode, 78)
        tap.equal("it ends", site.end()[0], 0)
    site.configure("serve = 1\n")


# --- the page ---

def test_examples(site):
    bearer = site.enter()
    known = {}
    count = 0
    for method, path, who, body, status, want in examples(
            os.path.join(ROOT, "docs", "API-SITE.md")):
        path, body = filled(path, known), filled(body, known)
        got = site.ask(method, path, body, bearer if who == "desk" else None)
        found = differs(got[1], want, known=known)
        tap.ok(f"{method} {path} ({who})", got[0] == status and found is None, got[0], found,
               json.dumps(got[1], ensure_ascii=False, default=repr))
        count += 1
        time.sleep(0.02)  # a session may ask 50 times a second
    tap.ok("the page has examples", count >= 20, count)


# --- who ---

def test_door(site):
    token = site.token()
    got = site.ask("POST", "/api/v1/session", {"token": token})
    tap.equal("a token opens a session", got[0], 200)
    bearer = got[1]["bearer"]
    refused(site, "once", 403, "token", "POST", "/api/v1/session", {"token": token})
    refused(site, "it is no session itself", 401, "token", "GET", "/api/v1/status",
            bearer=token)
    tap.equal("the session is one", site.ask("GET", "/api/v1/status", bearer=bearer)[0], 200)
    got = site.ask("GET", "/api/v1/cards/nobody", bearer=bearer)
    tap.ok("sentences are Vietnamese where nothing else was said", "chưa có" in got[1]["what"],
           got[1])
    refused(site, "a language that is none", 400, "usage", "POST", "/api/v1/session",
            {"token": site.token(), "language": "xx"})
    for language, word in (("en", "takes a session"), ("vi", "cần phiên làm việc")):
        got = site.ask("GET", "/api/v1/status", headers={"Accept-Language": language})[1]
        tap.ok(f"no session, in {language}: how to come by one", word in got["what"] and
               "packhorse desk" in got["do"], got)
    other = site.enter()
    tap.equal("a session ends", site.ask("POST", "/api/v1/session/end", {}, bearer)[0], 200)
    refused(site, "and is none any more", 401, "token", "GET", "/api/v1/status", bearer=bearer)
    tap.equal("the other goes on", site.ask("GET", "/api/v1/status", bearer=other)[0], 200)
    tap.equal("what this is, anybody may know", site.ask("GET", "/")[0], 200)
    for path in ("/api/v1/plan", "/api/v1/cards/T001", "/api/v1/events"):
        refused(site, f"without a session: {path}", 401, "token", "GET", path)
    refused(site, "nor a change", 401, "token", "POST", "/api/v1/visits",
            {"band": "child"})
    return other


def test_heads(site, bearer):
    refused(site, "another Host", 403, "host", "GET", "/api/v1/status", bearer=bearer,
            headers={"Host": "thuvien.example"})
    refused(site, "a change from another page", 403, "origin", "POST", "/api/v1/visits",
            {"band": "child"}, bearer, {"Origin": "http://thuvien.example"})
    refused(site, "a form", 415, "content-type", "POST", "/api/v1/visits",
            raw=b"band=child", bearer=bearer,
            headers={"Content-Type": "application/x-www-form-urlencoded"})
    refused(site, "a body over 65,536 bytes", 413, "size", "POST", "/api/v1/find",
            raw=b'{"text":"' + b"x" * 65536 + b'"}', bearer=bearer)
    refused(site, "a name twice", 400, "json", "POST", "/api/v1/visits",
            raw=b'{"band":"child","band":"adult"}', bearer=bearer)
    refused(site, "a list for a text", 400, "type", "POST", "/api/v1/visits",
            {"band": ["child"]}, bearer)
    refused(site, "an object in a list", 400, "type", "POST", "/api/v1/returns",
            {"copies": [{}]}, bearer)
    refused(site, "a command that is none", 404, "not-found", "POST", "/api/v1/agent", {},
            bearer)
    refused(site, "export to a file is not to be had", 400, "unknown", "POST", "/api/v1/find",
            {"text": "x", "xlsx": "/tmp/x"}, bearer)
    refused(site, "codes from standard input are none", 400, "usage", "POST",
            "/api/v1/returns", {"copies": []}, bearer)
    before = site.ask("GET", "/api/v1/status", bearer=bearer)[1]["entries"]
    got = site.ask("POST", "/api/v1/visits", {"band": "child"}, bearer,
                   {"Origin": f"http://127.0.0.1:{site.port}"})
    tap.equal("our own page may", got[0], 200)
    after = site.ask("GET", "/api/v1/status", bearer=bearer)
    tap.equal("of all that one entry was written", after[1]["entries"], before + 1)
    tap.equal("nothing may keep an answer", after[2]["Cache-Control"], "no-store")
    with socket.socket() as other:
        other.settimeout(5)
        address = next((line.split()[1].split("/")[0] for line in
                        run("ip", "-4", "-o", "addr").stdout.splitlines()
                        for line in [line[line.find("inet"):]] if "127." not in line), None)
        if address:
            tap.ok("other machines find nothing", other.connect_ex((address, site.port)) != 0)
        else:
            tap.skip("other machines find nothing", "this machine has no other address")
    for path in ("sightings", "returns"):
        refused(site, f"{path}: more copies than a list may have", 400, "list", "POST", f"/api/v1/{path}",
                {"copies": [f"{i:06d}" for i in range(401)]}, bearer)


# --- pages that ask without end ---

def request_of(path, bearer=None):
    whose = f"Authorization: Bearer {bearer}\r\n" if bearer else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{whose}\r\n".encode()


def test_flood(site, bearer):
    """One page that asks as fast as it can, on several connections, while the desk works and syncs."""
    codes = []
    begun, cpu = time.monotonic(), cpu_seconds(site.process.pid)
    with Hammer(site.port, [request_of("/api/v1/status", bearer)] * 4) as pages:
        while time.monotonic() - begun < 4 or len(codes) < 10:
            codes.append(site.command("visit", "3", "--band", "adult").returncode)
            codes.append(site.hub.sync(site.folder).returncode)
        took = time.monotonic() - begun
    cost = pages.offered / (cpu_seconds(site.process.pid) - cpu)
    answers = pages.answers
    print(f"# {len(codes)} commands; answers {answers}")
    tap.ok(f"{pages.offered / took:.0f} requests a second are borne, {cost:.0f} for a second of "
           f"processor (at least {LEAST})", cost >= LEAST)
    tap.ok("each is answered or refused, or not read", set(answers) <= {200, 429, 503}, answers)
    tap.ok("what is too much is refused", answers[429] > 0 and answers[200] > 0, answers)
    tap.ok("some tens of times a second, and no more", answers[429] < 100 * took, answers, took)
    tap.ok("commands record and sync all the while",
           codes and all(code in (0, 13) for code in codes), codes)
    wait_for(lambda: None, 2.5)  # until the page may ask a hundred times again


def test_strangers(site):
    """Who has no session asks without end: a token opens one all the same, and guesses are few."""
    with Hammer(site.port, [request_of("/api/v1/status")]) as pages:
        wait_for(lambda: pages.answers[429] > 5, 60)
        bearer = site.enter()
        tap.equal("a stranger asks without end: a token opens a session",
                  site.ask("GET", "/api/v1/status", bearer=bearer)[0], 200)
        tap.equal("and anybody is told what this is",
                  {site.ask("GET", "/")[0] for _ in range(20)}, {200})
    tap.ok("at most told that he needs a session", set(pages.answers) == {401, 429}, pages.answers)
    body = json.dumps({"token": "0" * 64}).encode()
    guess = (b"POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\n"
             b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)) + body
    with Hammer(site.port, [guess]) as pages:
        wait_for(lambda: pages.answers[429] > 5, 60)
        tap.equal("guesses at the door: who is inside works on",
                  site.ask("GET", "/api/v1/status", bearer=bearer)[0], 200)
    tap.ok("and most guesses are not even looked at, most not read", set(pages.answers) == {403, 429} and
           pages.asked < 400, pages.answers)
    tap.ok("of many", pages.offered > pages.asked, pages.offered)


def face(site, bearer):
    whose = f"Host: 127.0.0.1\r\nAuthorization: Bearer {bearer}\r\n"
    return slow.Face(tap, site.port, 32, lambda: site.ask("GET", "/api/v1/status", bearer=bearer)[0],
                     half=b"GET /api/v1/status HTTP/1.1\r\nHost: ",
                     post=(f"POST /api/v1/sync HTTP/1.1\r\n{whose}Content-Type: application/json\r\n"
                           "Content-Length: 1000\r\n\r\n{").encode(),
                     events=f"GET /api/v1/events HTTP/1.1\r\n{whose}\r\n".encode(), followers=8,
                     work=("a visit is recorded",
                           lambda: site.command("visit", "1", "--band", "adult").returncode == 0))


# --- what is hidden ---

def test_hidden(site, bearer):
    """No name is in any process's arguments, in the log, or in a file of the folder."""
    seen, stop = set(), threading.Event()

    def watch():
        while not stop.is_set():
            for path in glob.glob("/proc/[0-9]*/cmdline"):
                try:
                    with open(path, "rb") as file:
                        text = file.read()
                except OSError:
                    continue
                if "Hoài".encode() in text or token.encode() in text:
                    seen.add(text)

    token = site.token()
    watcher = threading.Thread(target=watch)
    watcher.start()
    for i in range(5):
        got = site.ask("POST", "/api/v1/readers",
                       {"name": NAME, "band": "adult", "card": f"H{i}"}, bearer)
        found = site.ask("POST", "/api/v1/find", {"text": "hoai thuong"}, bearer)
    session = site.ask("POST", "/api/v1/session", {"token": token})[1]["bearer"]
    stop.set()
    watcher.join()
    tap.equal("a reader registers", got[0], 200)
    tap.equal("and is found, all five times", len(found[1]["readers"]), 5)
    tap.equal("neither a name nor a token is in the arguments of a process", seen, set())
    log = site.log()
    tap.ok("nor in the log", "Hoài" not in log and token not in log and session not in log)
    inside = [path for path in glob.glob(site.folder + "/**", recursive=True)
              if os.path.isfile(path) and any(
                  text.encode() in open(path, "rb").read() for text in (NAME, token, session))]
    tap.equal("nor in a file of the folder", inside, [])


def test_browser(site):
    """--open: the browser is given a file, not the token."""
    bin_dir = site.folder + ".bin"
    os.mkdir(bin_dir)
    with open(os.path.join(bin_dir, "xdg-open"), "w", encoding="utf-8") as file:
        file.write('#!/bin/sh\nprintf "%s\\n" "$@" >"$0.said"\n')
    os.chmod(os.path.join(bin_dir, "xdg-open"), 0o755)
    got = site.command("desk", "--open",
                       env=dict(os.environ, PATH=bin_dir + ":" + os.environ["PATH"]))
    tap.equal("desk --open", (got.returncode, got.stdout), (0, ""))
    with open(os.path.join(bin_dir, "xdg-open.said"), encoding="utf-8") as file:
        path = file.read().strip()
    tap.equal("the browser is given the file", path, os.path.join(site.folder, "desk.html"))
    tap.equal("which is this person's alone", stat.S_IMODE(os.stat(path).st_mode), 0o600)
    with open(path, encoding="utf-8") as file:
        token = re.search(r"url=http://127\.0\.0\.1:\d+/#([0-9a-f]{64})", file.read())[1]
    tap.equal("and sends it on", site.ask("POST", "/api/v1/session", {"token": token})[0], 200)
    got = site.command("desk", "--open", env=dict(os.environ, PATH=bin_dir + ".none"))
    tap.equal("no browser to be found", got.returncode, 1)


# --- events, waiting, the end ---

def test_events(site, bearer):
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as peer:
        peer.sendall((f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                      f"Authorization: Bearer {bearer}\r\n\r\n").encode())
        got = b""
        while b"\r\n\r\n" not in got:
            got += peer.recv(4096)
        tap.ok("events are followed", b"text/event-stream" in got, got)
        site.command("visit", "2", "--band", "adult")
        while b"event: entries" not in got:
            more = peer.recv(4096)
            if not more:
                break
            got += more
        tap.ok("what a command records is told", b"event: entries" in got, got)


def sync_events(site, bearer, n):
    """N sessions that are asked for, one after the other: what the events told of each."""
    told = []
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as peer:
        peer.sendall((f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                      f"Authorization: Bearer {bearer}\r\n\r\n").encode())
        got = b""
        while b"\r\n\r\n" not in got:
            got += peer.recv(4096)
        for i in range(n):
            answer = site.ask("POST", "/api/v1/sync", {}, bearer)
            while got.count(b"event: sync") <= i:
                more = peer.recv(4096)
                if not more:
                    return told
                got += more
            told.append((answer[0], answer[1].get("sync")))
        told.append(re.findall(rb'data: (\{"complete":.*\})', got))
    return told


def test_sync(hub, site, bearer):
    """A session when the page wants one, though the timer is an hour away."""
    wait_for(lambda: not site.ask("GET", "/api/v1/status", bearer=bearer)[1]["agent"]["syncing"],
             20)
    asked = re.compile(r"^.*sync\.begin .*why=asked", re.M)
    before = len(asked.findall(site.log()))
    told = sync_events(site, bearer, 2)
    tap.equal("a session begins when it is asked for", told[:2], [(200, "begun")] * 2)
    tap.equal("and both came through",
              [json.loads(text) for text in told[2]],
              [{"complete": True, "reason": "done"}] * 2)
    tap.equal("the log says who wanted them",
              len(asked.findall(site.log())) - before, 2)
    state = site.ask("GET", "/api/v1/status", bearer=bearer)[1]
    tap.equal("nothing waits", state["pending"], 0)
    got = site.ask("GET", "/api/v1/log", bearer=bearer)
    tap.equal("the last entries are at the hub", (len(got[1]["entries"]), {
        entry["level"] for entry in got[1]["entries"]}), (20, {"hub"}))
    figures = site.ask("GET", "/api/v1/figures?period=" + time.strftime("%Y"), bearer=bearer)[1]
    report = "1" * 32 + ".5." + "2" * 16
    got = site.ask("POST", "/api/v1/signoffs", {"report": report, "seen": figures["seen"],
                                                "period": figures["period"]["name"]}, bearer)
    tap.equal("what was shown is signed", (got[0], got[1]["entries"][0]["seen"], "said" in got[1]),
              (200, figures["seen"], False))
    tap.equal("and stands", site.ask("POST", "/api/v1/visits", {"band": "child"}, bearer)[0], 200)
    got = site.ask("POST", "/api/v1/signoffs", {"report": report, "seen": figures["seen"],
                                                "period": figures["period"]["name"]}, bearer)
    tap.equal("what is not so any more is refused", (got[0], got[1]["error"]), (400, "usage"))


def test_no_hub(hub, site, bearer):
    hub.kill()
    answer = sync_events(site, bearer, 1)
    tap.equal("no hub there: it begins all the same", answer[0], (200, "begun"))
    tap.equal("and the event says so", json.loads(answer[1][0])["complete"], False)


def lend(site):
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(30)
    peer.connect(os.path.join(site.folder, "socket"))
    peer.sendall(b'{"command":"lend","who":"a test","wait_ms":10000}\n')
    assert b'"exit":0' in peer.recv(4096)
    return peer


def ask_many(site, bearer, n):
    """N at once; the statuses."""
    got = [None] * n

    def one(i):
        got[i] = site.ask("POST", "/api/v1/visits", {"band": "elder"}, bearer)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    return threads, got


def test_waiting(site, bearer):
    before = site.ask("GET", "/api/v1/status", bearer=bearer)[1]["entries"]
    peer = lend(site)
    begun = time.monotonic()
    threads, got = ask_many(site, bearer, 20)
    for thread in threads:
        thread.join()
    tap.equal("the folder is lent: all are told to come again",
              [reply[0] for reply in got], [503] * 20)
    tap.ok("who has it is said", any("a test" in reply[1]["what"] for reply in got),
           [reply[1]["what"] for reply in got])
    tap.between("after five seconds", time.monotonic() - begun, 4.5, 20)
    peer.close()
    got = site.ask("GET", "/api/v1/status", bearer=bearer)
    tap.equal("nothing of it was written", (got[0], got[1]["entries"]), (200, before))
    peer = lend(site)
    threads, got = ask_many(site, bearer, 4)
    wait_for(lambda: None, 1)
    peer.close()
    for thread in threads:
        thread.join()
    tap.equal("given back in time: all are done", [reply[0] for reply in got], [200] * 4)


def test_end(site, bearer):
    peer = lend(site)
    threads, got = ask_many(site, bearer, 3)
    wait_for(lambda: None, 1)
    status, seconds = site.end()
    for thread in threads:
        thread.join()
    tap.equal("SIGTERM while requests wait: they are told", [r[0] for r in got], [503] * 3)
    tap.equal("and the agent ends", status, 0)
    tap.ok("soon", seconds < 5, seconds)
    peer.close()
    tap.equal("with all that was said", site.command("verify").returncode, 0)


def fill(site):
    """Copies enough that a list of them is more than sockets hold."""
    title = json.loads(site.command("title", "add", "--name", "Sách dày " * 20, "--json").stdout)
    ref = title["entries"][0]["ref"]
    lines = "".join(json.dumps({"kind": "copy-put", "copy": f"{500000 + i}", "title": ref,
                                "owner": 140371}) + "\n" for i in range(4000))
    got = site.command("record", "--batch", input=lines)
    if got.returncode != 0:
        raise AssertionError(got.stderr)


def test_deaf(site):
    """A page that takes no answer keeps nobody from ending."""
    site.start()
    bearer = site.enter()
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.connect(("127.0.0.1", site.port))
        peer.sendall((f"GET /api/v1/lists/here?limit=10000 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                      f"Authorization: Bearer {bearer}\r\n\r\n").encode())
        wait_for(lambda: None, 2)
        status, seconds = site.end()
        tap.equal("a page that takes no answer: the agent ends", status, 0)
        tap.ok("within five seconds", seconds < 5, seconds)
        tap.ok("and in order", "agent.stop" in site.log() and "result=done" in site.log(),
               site.log())


def main():
    folder = room()
    hub = Hub(os.path.join(folder, "hub"))
    hub.init()
    hub.configure()
    hub.start()
    off = Site(hub, os.path.join(folder, "off"), serve=False)
    site = Site(hub, os.path.join(folder, "site"))
    locked = Site(hub, os.path.join(folder, "locked"))
    try:
        test_off(off)
        test_taken(site)
        site.start()
        tap.ok("the desk is served", site.port is not None and "microhttpd" in site.maps())
        test_examples(site)
        bearer = test_door(site)
        test_heads(site, bearer)
        test_hidden(site, bearer)
        test_browser(site)
        test_events(site, bearer)
        test_sync(hub, site, bearer)
        test_flood(site, bearer)
        test_strangers(site)
        slow.run(face(site, bearer))
        test_no_hub(hub, site, bearer)
        test_waiting(site, bearer)
        test_end(site, bearer)
        fill(site)
        test_deaf(site)
        unlock.run(tap, locked)
    finally:
        hub.kill()
        off.kill()
        site.kill()
        locked.kill()
        leave(folder)
    tap.done()


if __name__ == "__main__":
    main()

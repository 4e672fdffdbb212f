"""What pages write: lists at their limit, lists of which one item is wrong, and devices meanwhile. api.py runs it."""

import json
import os
import socket
import threading
import time

from room import CLIENT, run

ITEMS = 400  # of a list in a request
LEAST_MS = 1000  # a session that waits for a write may be as long, in any case


def communes(first, count):
    return {"communes": [{"code": f"{first + i:05d}", "name": f"Xã {first + i}", "type": "xa"}
                         for i in range(count)]}


def notes(count, text="x"):
    return {"entries": [{"kind": "note", "text": f"{text} {i}"} for i in range(count)]}


def entries(hub):
    return hub.ask("GET", "/api/v1/status", role="operator")[1]["entries"]


def limits(tap, hub):
    """Lists as long as they may be, and one item longer."""
    for name, path, member, make in (
            ("communes", "/api/v1/communes", "communes", lambda n: communes(20000, n)),
            ("entries", "/api/v1/record", "entries", notes)):
        before = entries(hub)
        got = hub.ask("POST", path, make(ITEMS + 1), "admin")
        tap.equal(f"{name}: a list of {ITEMS + 1} is refused", (got[0], got[1].get("error"),
                  got[1].get("where")), (400, "list", member))
        tap.equal(f"{name}: and what to do is said", got[1].get("do"), "send it in parts")
        tap.equal(f"{name}: nothing of it was written", entries(hub), before)
        tap.equal(f"{name}: one of {ITEMS} is taken",
                  hub.ask("POST", path, make(ITEMS), "admin")[0], 200)
        tap.equal(f"{name}: whole", entries(hub), before + ITEMS)


def wrong_ones(tap, hub):
    """One entry of several is wrong: the answer is no 200, names it, and nothing is written."""
    right = {"kind": "note", "text": "a"}
    before = entries(hub)
    for name, wrong, status, error in (
            ("no such kind", {"kind": "nix"}, 400, "usage"),
            ("a member that is none", {"kind": "note", "txt": "a"}, 400, "usage"),
            ("no entry at all", 7, 400, "usage"),
            ("what a site writes", {"kind": "visit", "count": 1}, 409, "denied")):
        for at, list_ in enumerate(([wrong, right], [right, wrong], [right, right, wrong])):
            got = hub.ask("POST", "/api/v1/record", {"entries": list_}, "admin")
            tap.equal(f"record: {name}, entry {at + 1} of {len(list_)}",
                      (got[0], got[1].get("error"), got[1].get("where")),
                      (status, error, f"entries[{at}]"))
            tap.ok("and it says which, and that nothing was written",
                   f"entry {at + 1} of {len(list_)}: " in got[1].get("what", "") and
                   got[1]["what"].endswith("; nothing was written"), got)
    got = hub.ask("POST", "/api/v1/record", {"entries": [right, {"kind": "nix"}]}, "admin",
                  headers={"Accept-Language": "vi"})
    tap.ok("in Vietnamese, too", "giao dịch 2 trong 2: " in got[1].get("what", ""), got)
    tap.equal("nothing was written by these", entries(hub), before)


def beside(tap, hub, site):
    """Somebody writes as much as he may, and a device syncs."""
    def syncs(count):
        took = []
        for _ in range(count):
            run(CLIENT, "-d", site, "visit", "1", "--band", "adult")
            begun = time.monotonic()
            code = hub.sync(site).returncode
            took.append((code, time.monotonic() - begun))
        return took

    quiet = syncs(3)
    codes, over = [], threading.Event()

    def write():
        at = 0
        while not over.is_set() and at < 60:
            codes.append(hub.ask("POST", "/api/v1/communes", communes(30000 + ITEMS * at, ITEMS),
                                 "admin")[0])
            codes.append(hub.ask("POST", "/api/v1/record", notes(ITEMS, f"{at}"), "admin")[0])
            at += 1

    writer = threading.Thread(target=write)
    writer.start()
    took = syncs(6)
    over.set()
    writer.join(60)
    most = max(LEAST_MS / 1000, 3 * max(seconds for _, seconds in quiet))
    print(f"# syncs of {[round(1000 * s) for _, s in took]} ms beside {len(codes)} lists, "
          f"{[round(1000 * s) for _, s in quiet]} before")
    tap.equal("somebody writes as much as he may: he is served", set(codes), {200})
    tap.ok("and devices sync", {code for code, _ in took} <= {0, 13}, took)
    tap.ok(f"half of them within {most:.1f} s", sorted(s for _, s in took)[3] <= most, took)


def ended_within(peer, seconds):
    """Whether what is followed by PEER ends in time."""
    begun = time.monotonic()
    peer.settimeout(seconds)
    data = b""
    try:
        while not data.endswith(b"0\r\n\r\n"):
            more = peer.recv(65536)
            if not more:
                return True
            data += more
            peer.settimeout(max(0.1, seconds - (time.monotonic() - begun)))
        return True
    except socket.timeout:
        return False


def taken_away(tap, hub):
    """Who follows with a token that is taken away is told nothing more; a page that is loaded again and again follows on."""
    def follow(bearer):
        peer = socket.create_connection(("127.0.0.1", hub.web), timeout=20)
        peer.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {bearer}\r\n\r\n".encode())
        return peer, peer.recv(4096)

    def secret(words):
        path = hub.folder + ".secret"
        with open(path, "w", encoding="utf-8") as file:
            file.write(words + "\n")
        return path

    bearers = {name: hub.account(name, "viewer") for name in ("gone", "revoked", "changed", "stays")}
    bearers["changed"] = hub.ask("POST", "/api/v1/login", {"name": "changed", "password": "mật khẩu của changed"},
                                 role="nobody")[1]["token"]
    peers = {name: follow(bearer)[0] for name, bearer in bearers.items()}
    token = json.loads(hub.command("account", "list", "--json").stdout)
    token = next(account for account in token["accounts"] if account["name"] == "revoked")["tokens"][0]["token"]
    for words in (("remove", "gone"), ("revoke", "revoked", str(token)),
                  ("password", "changed", "--password-file", secret("một mật khẩu khác"))):
        got = hub.command("account", *words)
        tap.equal(f"account {words[0]}", (got.returncode, got.stderr) if got.returncode else 0, 0)
        tap.equal("its token is none any more", hub.ask("GET", "/api/v1/me", role=bearers[words[1]])[0], 401)
        tap.ok("and who followed with it is told nothing more", ended_within(peers[words[1]], 5))
    tap.ok("another one is", not ended_within(peers["stays"], 0.5))
    for peer in peers.values():
        peer.close()
    heads = []
    for _ in range(20):
        peer, head = follow(bearers["stays"])
        heads.append(head[9:12])
        peer.close()
    tap.equal("a page that is loaded twenty times follows each time", set(heads), {b"200"})


def run_all(tap, hub, folder):
    hub.ask("POST", "/api/v1/record", notes(1), "admin")  # that of the desk log has begun
    limits(tap, hub)
    wrong_ones(tap, hub)
    beside(tap, hub, os.path.join(folder, "site"))
    taken_away(tap, hub)

"""A desk that is unlocked over its API: who may, tries, what is left of card and PIN, memory, time.

front.py calls run() with a site of its own, whose agent does not run.
"""

import os
import re
import signal
import threading
import time

from room import wait_for

PIN = "271828"
WRONG = "314159"
NAME = "Lường Thị Khóa"
IDLE_MS = 3000


def card_file(site):
    return site.folder + ".card"


def make_pin(site, old=None, memory=8):
    """Give the desk a PIN, or change it: the lines are (old,) new."""
    words = ("--card" if old else "--new-card", card_file(site))
    lines = "".join(line + "\n" for line in (old, PIN) if line)
    got = site.command("desk", "pin", *words, "--memory", str(memory), input=lines)
    if got.returncode != 0:
        raise AssertionError(got.stderr)


def desk(site, bearer):
    return site.ask("GET", "/api/v1/status", bearer=bearer)[1]["desk"]


def unlock(site, bearer, card, pin=PIN):
    return site.ask("POST", "/api/v1/desk/unlock", {"card": card, "pin": pin}, bearer)


def lock(site, bearer):
    return site.ask("POST", "/api/v1/desk/lock", {}, bearer)


def resident(site, name):
    """KiB: VmRSS, or VmHWM, the most that it was."""
    with open(f"/proc/{site.process.pid}/status", encoding="utf-8") as file:
        return int(re.search(name + r":\s+(\d+)", file.read())[1])


# What a thread sanitizer keeps of a program's memory is terabytes, and holds no text of it.
SHADOW = 1 << 30


def in_memory(site, secrets):
    """Which of SECRETS stand in the agent's memory; None: it may not be read."""
    found = set()
    try:
        with open(f"/proc/{site.process.pid}/maps", encoding="utf-8") as file:
            areas = [line.split() for line in file]
        with open(f"/proc/{site.process.pid}/mem", "rb", buffering=0) as memory:
            for area in areas:
                if not area[1].startswith("rw"):
                    continue
                begin, end = (int(word, 16) for word in area[0].split("-"))
                if end - begin > SHADOW:
                    continue
                try:
                    memory.seek(begin)
                    text = memory.read(end - begin)
                except OSError:  # it is there no more
                    continue
                found |= {secret for secret in secrets if secret.encode() in text}
    except PermissionError:
        return None
    return found


def tail(card):
    """Of a block that was freed, and not wiped, the beginning goes first."""
    return card[-20:]


def argument_of(secrets, stop, seen):
    """Watch what stands in the arguments of processes."""
    while not stop.is_set():
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    text = file.read()
            except OSError:
                continue
            seen.update(secret for secret in secrets if secret.encode() in text)


def test_refused(tap, site, bearer, card):
    def refused(name, status, error, body, words=None, who=bearer):
        got = site.ask("POST", "/api/v1/desk/unlock", body, who)
        tap.equal(name, (got[0], got[1].get("error")), (status, error))
        if words:
            tap.ok("and says so: " + words, words in got[1]["what"], got[1])

    tries = os.path.join(site.folder, "desk-tries")
    refused("without a session", 401, "token", {"card": card, "pin": PIN}, who=None)
    refused("no PIN", 400, "missing", {"card": card})
    refused("a card that is no text", 400, "type", {"card": [card], "pin": PIN})
    refused("a card that was typed wrongly", 400, "usage", {"card": card[:-1], "pin": PIN},
            "no desk card")
    refused("another desk's card", 422, "refused", {"card": "1" * 40, "pin": PIN},
            "not the card")
    refused("no PIN at all", 400, "usage", {"card": card, "pin": ""}, "a PIN has")
    tap.ok("of all that nothing counts as a try", not os.path.exists(tries))
    refused("a wrong PIN", 422, "refused", {"card": card, "pin": WRONG}, "PIN is wrong")
    tap.ok("that does", os.path.exists(tries))
    tap.equal("it stays locked", desk(site, bearer), "locked")
    got = unlock(site, site.enter("vi"), card, WRONG)
    tap.ok("sentences are in the language of the session", "mã PIN sai" in got[1]["what"], got[1])


def test_open(tap, site, bearer, card, ref):
    def name():
        return site.ask("GET", f"/api/v1/readers/{ref}", bearer=bearer)[1].get("name")

    secrets = (card, PIN, WRONG)
    seen, stop = set(), threading.Event()
    watcher = threading.Thread(target=argument_of, args=(secrets, stop, seen))
    watcher.start()
    tap.equal("locked, a reader has no name", name(), None)
    got = unlock(site, bearer, " ".join(card[i:i + 4] for i in range(0, 40, 4)))
    tap.equal("card and PIN", (got[0], got[1]), (200, {"schema": 1, "exit": 0, "desk": "open"}))
    tap.equal("and she has one", name(), NAME)
    tap.ok("no wrong try counts any more",
           not os.path.exists(os.path.join(site.folder, "desk-tries")))
    tap.equal("locked again", (lock(site, bearer)[0], name()), (200, None))
    unlock(site, bearer, card, WRONG)
    unlock(site, bearer, card)
    stop.set()
    watcher.join()
    tap.equal("neither card nor PIN is in the arguments of a process", seen, set())
    tap.ok("nor in the log", not any(secret in site.log() for secret in secrets))
    left = in_memory(site, (tail(card), PIN, WRONG))
    if left is None:
        tap.skip("nor left in the agent's memory", "this user may not read it")
    else:
        tap.equal("nor left in the agent's memory", left, set())


def test_cost(tap, site, bearer, card):
    """The memory that the PIN takes by itself, 128 MiB: taken off the loop, and given back."""
    make_pin(site, old=PIN, memory=128)
    lock(site, bearer)
    before = resident(site, "VmRSS")
    got, answered = [], []

    def one():
        begun = time.monotonic()
        got.append(unlock(site, bearer, card))
        got.append(time.monotonic() - begun)

    thread = threading.Thread(target=one)
    thread.start()
    wait_for(lambda: resident(site, "VmRSS") > 32768)
    held = None
    while thread.is_alive():
        status = site.ask("GET", "/")[0]
        if thread.is_alive():
            answered.append(status)
            held = held or in_memory(site, (tail(card),))
        wait_for(lambda: None, 0.05)  # it takes 50 a second
    thread.join()
    peak, after = resident(site, "VmHWM"), resident(site, "VmRSS")
    print(f"# unlocked with 128 MiB in {got[1]:.2f} s: {before} KiB before, {peak} at the peak, "
          f"{after} after; {len(answered)} other requests meanwhile")
    tap.equal("128 MiB: opened", got[0][0], 200)
    tap.ok("the card is in its memory just then", held is None or held == {tail(card)}, held)
    tap.ok("the agent answers others meanwhile", len(answered) >= 1 and set(answered) == {200},
           answered)
    name = "at its peak it is within what its service leaves it, MiB"
    if os.environ.get("PACKHORSE_SANITIZED"):
        tap.skip(name, "a sanitizer's memory is not the program's")
    else:
        tap.between(name, peak / 1024, 128, 160)
    tap.ok("and that is given back", after < before + 4096, before, after)
    make_pin(site, old=PIN, memory=136)
    lock(site, bearer)
    got = unlock(site, bearer, card)
    tap.equal("a PIN that takes more is not tried here", (got[0], got[1].get("error")),
              (422, "refused"))
    tap.ok("and it is said where", "in a terminal" in got[1]["what"], got[1])
    tap.ok("that was no try", not os.path.exists(os.path.join(site.folder, "desk-tries")))
    got = site.command("desk", "unlock", "--card", card_file(site), input=PIN + "\n")
    tap.equal("there it is", (got.returncode, desk(site, bearer)), (0, "open"))
    make_pin(site, old=PIN)


def keeps_open(site, bearer, ask):
    """Whether a desk stays open while ASK is done again and again, for thrice its time."""
    begun = time.monotonic()
    while time.monotonic() - begun < 3 * IDLE_MS / 1000:
        if ask()[0] != 200:
            raise AssertionError("refused")
        if desk(site, bearer) == "locked":
            return False
        wait_for(lambda: None, 0.2)
    return True


def test_idle(tap, site, card):
    site.configure(f"serve = 1\nidle-ms = {IDLE_MS}\n")
    site.start()
    bearer = site.enter()

    def read(headers=(), path="/api/v1/lists/out"):
        return lambda: site.ask("GET", path, bearer=bearer, headers=headers)

    for name, ask, want in (
            ("a page that reads lists does not keep the desk open", read(), False),
            ("nor one that reads a reader again and again", read(path="/api/v1/cards/K1"), False),
            ("one that says that a person reads does", read({"Packhorse-Person": "1"}), True),
            ("so does one that searches", lambda: site.ask(
                "POST", "/api/v1/find", {"text": "khoa"}, bearer), True),
            ("status does not, whoever asks", read({"Packhorse-Person": "1"}, "/api/v1/status"),
             False)):
        if unlock(site, bearer, card)[0] != 200:
            raise AssertionError("not unlocked")
        tap.equal(name, keeps_open(site, bearer, ask), want)
        lock(site, bearer)
    got = read({"Packhorse-Person": "yes"})()
    tap.equal("a person who is neither there nor not", (got[0], got[1].get("where")),
              (400, "Packhorse-Person"))
    return bearer


def test_tries(tap, site, bearer, card):
    """The same counter for the page and the terminal."""
    for _ in range(3):
        unlock(site, bearer, card, WRONG)
    for _ in range(2):
        site.command("desk", "unlock", "--card", card_file(site), input=WRONG + "\n")
    got = unlock(site, bearer, card)
    tap.equal("after five, by page and terminal, one waits", (got[0], got[1]["error"],
                                                             got[1]["exit"]), (503, "busy", 75))
    tap.ok("how long is said", "seconds" in got[1]["what"], got[1])
    tap.equal("and in the terminal", site.command(
        "desk", "unlock", "--card", card_file(site), input=PIN + "\n").returncode, 75)
    tap.equal("it stays locked", desk(site, bearer), "locked")


def test_reload(tap, site, bearer):
    """SIGHUP: the page ends, and begins anew on another port."""
    def reload(desk_settings):
        count = site.log().count("config.reload")
        site.configure(desk_settings)
        site.process.send_signal(signal.SIGHUP)
        if not wait_for(lambda: site.log().count("config.reload") > count, 20):
            raise AssertionError(site.log())

    reload("serve = 1\nidle-ms = 60000\n")
    tap.equal("SIGHUP, serve and port as before: sessions go on",
              site.ask("GET", "/api/v1/status", bearer=bearer)[0], 200)
    reload("serve = 0\n")

    def is_off():
        return site.command("desk").returncode == 78

    tap.ok("not served any more", wait_for(is_off, 20))
    try:
        site.ask("GET", "/")
        tap.ok("nobody listens", False)
    except ConnectionRefusedError:
        tap.ok("nobody listens", True)
    old = site.port
    count = site.log().count("address=127.0.0.1:")
    reload("serve = 1\n")
    tap.ok("served again", wait_for(lambda: site.log().count("address=127.0.0.1:") > count, 20))
    site.port = int(re.findall(r"address=127\.0\.0\.1:(\d+)", site.log())[-1])
    got = site.ask("GET", "/api/v1/status", bearer=bearer)
    tap.equal("by sessions of its own", got[0], 401)
    site.enter()
    count = site.log().count("address=127.0.0.1:")
    reload(f"serve = 1\nport = {old}\n")
    tap.ok("on the port that is wanted",
           wait_for(lambda: site.log().count(f"address=127.0.0.1:{old}\n") > 1, 20), site.log())
    site.port = old
    tap.ok("where a session begins", site.enter() != "")


def run(tap, site):
    site.start()
    bearer = site.enter()
    added = site.ask("POST", "/api/v1/readers", {"name": NAME, "band": "adult", "card": "K1"},
                     bearer)[1]
    got = unlock(site, bearer, "1" * 40)
    tap.equal("a desk that has no PIN", (got[0], got[1].get("error")), (422, "refused"))
    tap.ok("is told how to get one", "desk pin" in got[1]["what"], got[1])
    make_pin(site)
    with open(card_file(site), encoding="utf-8") as file:
        card = file.read().strip()
    lock(site, bearer)
    test_refused(tap, site, bearer, card)
    test_open(tap, site, bearer, card, added["entries"][0]["ref"])
    test_cost(tap, site, bearer, card)
    tap.equal("it ends", site.end()[0], 0)
    bearer = test_idle(tap, site, card)
    test_tries(tap, site, bearer, card)
    test_reload(tap, site, bearer)
    tap.equal("it ends", site.end()[0], 0)

"""Scripts of what people do at the hub: backups, keys, erasures, cases, reports, a cut."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys

from rig import CASES, CUT, OTHER, REF, ROOT, SITES, must
from script import PASS, Act, Keep, KeepCode, Know, Script, Step, founded, lines, quiet
from scripts_roads import make_stick, stick, syncs, work

IMAGES = os.path.join(ROOT, "tests", "e2e", "images.py")


# --- backups, and a hub that is put back ---

def make_far(world):
    os.makedirs(world.path("far"), exist_ok=True)


def is_dead(world):
    """The hub's disk. What the hub has signed for since the backup, devices will bring back."""
    shutil.move(world.path("hub"), world.path("dead"))
    world.told["rolled-back"] = True
    # what it said since is at devices, and comes back from there
    world.told["words"], world.told["hub"] = world.told["hub"], []


def is_noted(world):
    """Whatever lies in the folder by a backup's name, the hub knows of the folder: the certificates of
    erasures name it."""
    if not any(name.endswith(".backup") for name in os.listdir(world.path("far"))):
        return
    copy = world.path("looked-at.db")
    for end in ("", "-wal"):
        if os.path.exists(world.path("hub", "hub.db") + end):
            shutil.copy(world.path("hub", "hub.db") + end, copy + end)
    with sqlite3.connect(copy) as database:
        noted = database.execute("SELECT count(*) FROM meta WHERE name LIKE 'backup_in.%/far'").fetchone()[0]
    database.close()
    for end in ("", "-wal", "-shm"):
        if os.path.exists(copy + end):
            os.unlink(copy + end)
    must(noted, "a backup lies in a folder that the hub does not know of")


class Backup(Step):
    """What it said that it made is there. However it ended, its folder is noted."""

    def do_again(self, world):
        if not self.serves:
            is_noted(world)
        return super().do_again(world)

    def do(self, world, plan=None):
        got = super().do(world, plan)
        if got.code == 0:
            world.told.setdefault("backups", []).append(os.path.basename(got.json()["file"]))
        return got


def backups_are_whole(world, who):
    """What bears a backup's name opens and is whole, and those that were told are there."""
    if who != "hub":
        return
    names = os.listdir(world.path("far"))
    lost = [name for name in world.told.get("backups", []) if name not in names]
    must(not lost, "LOST, though it was said to be made:", *lost)
    for name in names:
        if name.endswith(".backup"):
            got = world.hub("backup", "check", os.path.join("far", name), "--recovery-key",
                            "secret")
            must(got.code == 0, "a backup that is none:", got)


def words_are_back(world):
    """What the hub said in its desk log, and a device kept, is there again."""
    got = world.hub("log", "--limit", "10000")
    must(got.code == 0, got)
    must(len(world.told["words"]) == 2, "two words of its desk log are known, or:", *world.told["words"])
    lost = [ref for ref in world.told["words"] if ref not in set(REF.findall(got.out))]
    must(not lost, "LOST at the hub, though a device keeps it:", *lost)


def is_served_again(world):
    """Who was there before calls, and then everything is served."""
    if not world.told.get("rolled-back"):
        return
    for name in world.sites():
        got = world.sync(name)
        must(got.code in (0, CASES), "a hub that was put back:", got, world.hub_log())
    words_are_back(world)
    if world.hub("status", "--json").json()["collecting"]:
        got = world.hub("restore", "end", "--anyway")
        must(got.code == 0, got)


def has_no_doubt(world):
    """Whatever takes itself for an older copy says so in its status."""
    state = world.hub("status", "--json").json()
    must("put_back" not in state, "it takes itself for an older copy:", state)


def restore_again(world, step):
    """While there is no hub, the one that was there before is put back, and goes on."""
    if not os.path.exists(world.path("hub", "hub.db")):
        os.makedirs(world.path("hub"), mode=0o700, exist_ok=True)
        os.rename(world.path("hub"), world.path("begun"))
        shutil.copytree(world.path("dead"), world.path("hub"))
        shutil.copytree(world.path("hub-witness"), world.path("witness"))
        has_no_doubt(world)
        for made, back in (("hub", "begun"), ("hub-witness", "witness")):
            shutil.rmtree(world.path(made))
            os.rename(world.path(back), world.path(made))
    got = step.do(world)
    has_no_doubt(world)
    return got


def other_key(world, _):
    """One that was broken off may be made anew, to another file."""
    got = world.hub("recovery-key", "--out", "secret.again", "--replace")
    if got.code == 0:
        os.replace(world.path("secret.again"), world.path("secret"))
    return got


def decides(name):
    """A step that prepares: a word in the hub's desk log."""
    line = {"kind": "training", "topic": "Sao lưu", "workers": 7}
    return quiet(Step(name, "hub", ["record", "-"], json.dumps(line).encode() + b"\n"))[0]


BACKUP = Script("backup", [
    *founded(SITES),
    Act("far", make_far),
    *work("trước", "a"), decides("decided"), *syncs("a", "b"),
    Step("recovery-key", "hub", ["recovery-key", "--out", "secret"], again=True,
         twice=other_key),
    Backup("backup", "hub", ["backup", "far", "--json"], again=True),
    *work("sau", "a"), *quiet(Step("sync-later", "a", ["sync"], serves=True)),
    Backup("backup-serving", "hub", ["backup", "far", "--json"], serves=True, again=True),
    *work("tuần mất", "a"),
    decides("decided-lost"),
    Step("sync-lost", "a", ["sync"], serves=True, again=True),
    Act("dead", is_dead),
    Step("restore", "hub", ["restore", "far", "--recovery-key", "secret"], again=True,
         has=("is a hub",), twice=restore_again),
    Step("sync-a", "a", ["sync"], serves=True, again=True),
    Step("sync-b", "b", ["sync"], serves=True, again=True),
    Step("restore-end", "hub", ["restore", "end", "--anyway"], again=True, has=("collecting", "ended")),
    Step("sync-a-again", "a", ["sync"], serves=True, again=True),
], alone=backups_are_whole, settle=is_served_again)


# --- keys ---

def passphrase_again(world, step):
    """By the old passphrase, else by the new one: one of them opens the key."""
    got = step.do(world)
    if got.code != OTHER:
        return got
    return world.hub("keys", "passphrase", "root", "--passphrase-file", "pass2",
                     "--new-passphrase-file", "pass2")


def receipts_anew(world):
    """Those of keys that are in wrong hands are none any more: they are given anew."""
    world.told["receipts-anew"] = True


ROOT_PASS = ("--passphrase-file", "pass2")
KEYS = Script("keys", [
    *founded(SITES),
    *work("khóa", "a", 4), *syncs("a"),
    Step("add", "hub", ["keys", "add", "anna", *PASS, "--new-passphrase-file", "anna",
                        "--kdf-memory-mib", "8"], again=True, has=("anna",)),
    Step("invite", "hub", ["invite", "--site", "14-0371", "--role", "site", "--out", "c.invite",
                           "--operator", "anna", "--passphrase-file", "anna"], again=True),
    Step("passphrase", "hub", ["keys", "passphrase", "root", *PASS, "--new-passphrase-file",
                               "pass2"], again=True, twice=passphrase_again),
    Step("rotate", "hub", ["keys", "rotate", *ROOT_PASS], again=True),
    Step("word", "hub", ["record", "-"],
         b'{"kind":"target-put","indicator":"M1","year":2026,"value":1500}\n'),
    Step("sync", "a", ["sync"], serves=True, again=True),
    Step("sync-again", "a", ["sync"], serves=True, again=True),
    Step("revoke", "hub", ["keys", "revoke", "anna", *ROOT_PASS], again=True,
         has=("revoked already",)),
    Step("revoke-serving", "hub", ["keys", "revoke", "anna", *ROOT_PASS], serves=True,
         codes=(OTHER,), again=True),
    Act("keys-stolen", receipts_anew),
    Step("stolen", "hub", ["keys", "rotate", "--stolen", *ROOT_PASS], again=True),
    Step("sync-b", "b", ["sync"], serves=True, again=True),
    Step("sync-a", "a", ["sync"], serves=True, again=True),
])


# --- a reader is erased ---

def learn(world):
    """What lies where of her, so that it can be looked for."""
    done = subprocess.run([sys.executable, IMAGES, "learn", world.path("known"),
                           world.path("hub"), world.path("a"), world.path("b")],
                          capture_output=True, text=True, check=False)
    must(done.returncode == 0 and int(done.stdout or 0) > 2, "nothing was learned:", done)
    must(traces(world, "hub") and traces(world, "a"), "she is nowhere before she is erased")


def traces(world, *where):
    done = subprocess.run([sys.executable, IMAGES, "find", world.path("known"), "--ref",
                           world.told["vars"]["reader"], *[world.path(name) for name in where]],
                          capture_output=True, text=True, check=False)
    must(done.returncode == 0, "images.py:", done)
    return done.stdout.strip()


def is_erased(world):
    """The order is carried out by all, and nothing of her is anywhere."""
    got = world.hub("erasures", "--json")
    orders = [e for e in got.json()["erasures"] if e["at_hub"]]
    must(orders and all(e["out"] == 0 and e["confirmed"] >= 1 for e in orders),
         "not everybody has carried it out:", got)
    found = traces(world, "hub", "a", "b")
    must(not found, "of who was erased there is still:", found)


ERASE = Script("erase", [
    *founded(SITES),
    *quiet(Step("reader", "a", ["reader", "add", "--name", "Lò Thị Tuyệt", "--telephone",
                                "0912333444", "--commune", "03646", "--plain"],
                then=Keep("reader")),
           Step("card", "a", ["card", "issue", "{reader}", "--print-card", "--plain"],
                then=KeepCode("card")),
           Step("consent", "a", ["reader", "consent", "{reader}", "given", "--guardian",
                                 "Lò Văn Khuyên", "--plain"]),
           Step("stays", "a", ["reader", "add", "--name", "Quàng Văn Ở", "--commune", "03646",
                               "--plain"])),
    *syncs("a", "b", "a"),
    Act("learn", learn),
    Step("erase", "hub", ["erase", "{card}", *PASS], again=True, has=("erased",)),
    Step("late", "b", ["record", "-"], lines(2, "muộn")),
    Step("sync-a", "a", ["sync"], serves=True, again=True),
    Step("sync-b", "b", ["sync"], serves=True, again=True),
    Step("sync-a-again", "a", ["sync"], serves=True, again=True),
], end=is_erased)


# --- cases ---

def lent(name, who, code, card, day):
    line = {"kind": "loan", "copy": {"ns": 0, "code": code}, "card": {"ns": 0, "code": card},
            "term": 14, "when": f"2026-09-{day}T08:00"}
    return quiet(Step(name, who, ["record", "-"], json.dumps(line).encode() + b"\n"))


def know_cases(world, _):
    got = world.hub("cases", "--json")
    for i, case in enumerate(got.json()["cases"]):
        world.told["vars"][f"case{i}"] = case["id"]


CODES = ("1400000000017", "1400000000024", "1400000000031")
CASES_SCRIPT = Script("cases", [
    *founded(SITES),
    *[step for i, code in enumerate(CODES)
      for step in (*lent(f"lent-a-{i}", "a", code, "9001", f"0{i + 1}"),
                   *lent(f"lent-b-{i}", "b", code, "9002", f"1{i + 1}"))],
    *syncs("a", "b", "a"),
    *quiet(Step("cases", "hub", ["cases"], then=know_cases)),
    Step("later", "hub", ["case", "decide", "{case0}", "later", "--plain"], again=True,
         has=("decided", "no case", "closed")),
    Step("seen", "hub", ["case", "decide", "{case1}", "seen", "--plain"], serves=True, again=True,
         has=("decided", "no case", "closed")),
    Step("sync-a", "a", ["sync"], serves=True, again=True),
    Step("sync-b", "b", ["sync"], serves=True, again=True),
    Step("returned", "hub", ["case", "decide", "{case2}", "returned", "--site", "14-0371",
                             "--plain"], again=True, has=("decided", "no case", "closed")),
    Step("sync-a-again", "a", ["sync"], serves=True, again=True),
])


# --- reports ---

PERIOD = ("--period", "2026-Q3")
REPORT = Script("report", [
    *founded(SITES),
    *quiet(Step("commune", "hub", ["commune", "add", "03646", "--name", "Chiềng Khoa", "--type",
                                   "xa"]),
           Step("visits", "a", ["visit", "16", "--band", "adult", "--when", "2026-08-03"]),
           Step("told", "b", ["tally", "put", "premises", "2", "--from", "2026-07-01", "--to",
                              "2026-07-31"])),
    *syncs("a", "b"),
    Step("model", "hub", ["model", "put", "03646", "14-0371", "--status", "recognised",
                          "--decision", "5/QĐ", "--date", "2026-05-20", "--plain"]),
    Step("target", "hub", ["target", "set", "M1", "2026", "20%", "--plain"], serves=True),
    Step("worker", "hub", ["worker", "add", "--name", "Cà Văn Hai", "--site", "14-0372",
                           "--role", "part-time", "--from", "2026-01-01", "--plain"]),
    Step("issue", "hub", ["report", "issue", "visits", *PERIOD, "--json"], then=Keep("report")),
    Step("policy", "hub", ["policy", "set", "loan-term-days", "21"], again=True),
    Step("hears", "a", ["sync"], serves=True, again=True),
    Step("signoff", "a", ["signoff", "{report}", "--commune", "03646", "--plain"]),
    Step("late", "a", ["visit", "2", "--band", "adult", "--when", "2026-09-20", "--plain"]),
    Step("sync-late", "a", ["sync"], serves=True, again=True),
    Step("issue-again", "hub", ["report", "issue", "visits", *PERIOD, "--by", "site", "--json"],
         serves=True),
    Step("sync-b", "b", ["sync"], serves=True, again=True),
])


# --- a device is stolen ---

STOLEN_SITES = {"a": "14-0371", "a2": "14-0371", "b": "14-0372"}
THIEFS = 1000


def is_stolen(world):
    """Nothing is asked of it any more, as of a site."""
    world.told["sites"].pop("a")


def counts_for_nothing(world):
    """What it brings is kept and does not count, but for what was adopted."""
    got = world.hub("devices", "--json")
    states = {d["device"]: d["state"] for d in got.json()["devices"]}
    must(states[world.told["vars"]["a"]] == "cut", "it is not cut off:", got)
    got = world.hub("report", "figures", "--from", "2000-01-01", "--to", "2999-12-31", "--json")
    must(got.code == 0, got)
    visits = sum(site["figures"].get("visits", 0) for site in got.json()["sites"])
    must(0 < visits < THIEFS, "visitors of a device that was cut off count:", visits)
    got = world.site("a", "verify")
    must(got.code == 0, got)


STOLEN = Script("stolen", [
    *founded(STOLEN_SITES),
    *work("trước", "a"), *work("trước", "a2", 4), *syncs("a", "a2", "b", "a"),
    Act("is-stolen", is_stolen),
    Act("stick", make_stick),
    *work("chưa gửi", "a", 4),
    Step("cut", "hub", ["cut", "{a}", "--reason", "stolen", *PASS], again=True,
         has=("cut off already", "is cut")),
    Step("plays", "a", ["visit", str(THIEFS), "--band", "adult", "--plain"]),
    Step("calls", "a", ["sync"], serves=True, again=True, codes=(CUT,)),
    Step("tells", "a2", ["sync"], serves=True, again=True),
    *quiet(Step("plays-on", "a", ["visit", str(THIEFS), "--band", "adult"])),
    stick("packs", "a", "pack-stick"),
    stick("takes", "hub", "take-stick"),
    Step("replace", "hub", ["invite", "--site", "14-0371", "--role", "site", "--replaces", "{a}",
                            "--out", "a3.invite", "--hub", "127.0.0.1:1", *PASS], again=True),
    Step("joins", "a3", ["join", "a3.invite"], again=True),
    Step("first", "a3", ["sync"], serves=True, again=True, then=Know("a3")),
    Step("sync-a2", "a2", ["sync"], serves=True, again=True),
], sites=STOLEN_SITES, end=counts_for_nothing)

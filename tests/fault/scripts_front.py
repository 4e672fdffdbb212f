"""A script of sessions that break as something long comes down: the front of it is kept, and the next
sessions go on with it, or it goes with a reader who is erased (client/site_unfinished.c)."""

import json
import os
import random
import shutil
import sqlite3
import subprocess

from rig import BUILD, CASES, PARTIAL, PLAIN, log_refs, must
from script import PASS, Act, KeepCode, Keep, Script, Step, founded, quiet

RELAY = os.path.join(BUILD, "tests", "link", "relay")
PCS = {"a": "14-0371", "c": "14-0371"}
LINK = 7000  # bytes until it dies, both ways: a frame of a hub and a half
NEEDLES = ((1000, 64), (1200, 64))  # of what is stored of a front: two, since a page may part one
READERS = 24


def readers(seed):
    """JSON lines of readers of whom much is to be said, which packs badly."""
    rng = random.Random(seed)
    return "".join(json.dumps({"kind": "reader-put", "name": f"Lò Văn {i}", "note": rng.randbytes(400).hex()}) + "\n"
                   for i in range(READERS)).encode()


class Poor(Step):
    """A sync of WHO over a link that dies in the middle; behind others it may be whole."""

    def __init__(self, name, who, **options):
        super().__init__(name, who, ["sync"], serves=True, again=True, codes=(0, CASES, PARTIAL), **options)

    def do(self, world, plan=None):
        with subprocess.Popen([RELAY, "--listen", "127.0.0.1:0", "--to", f"127.0.0.1:{world.port}",
                               "--cut-after", str(LINK), "--cut-exact"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, env=PLAIN, cwd=world.folder) as relay:
            try:
                line = relay.stdout.readline().decode()
                must(line.startswith("listening "), "the relay does not start:", line)
                return world.site(self.who, "sync", "--hub", line.split()[1], "--json", plan=plan)
            finally:
                relay.kill()


def state(world, name):
    got = world.site(name, "status", "--json")
    must(got.code == 0, got)
    return got.json()


def is_kept(world, _):
    must("unfinished" in state(world, "c"), "the link broke, and no front was kept")


def is_gone(world, _):
    must("unfinished" not in state(world, "c"), "there is a front behind a whole session")


def sealed(world):
    """What lies in the store of c; None: nothing."""
    copy = world.path("looked-at.db")
    for end in ("", "-wal"):
        if os.path.exists(world.path("c", "site.db") + end):
            shutil.copy(world.path("c", "site.db") + end, copy + end)
    with sqlite3.connect(copy) as database:
        row = database.execute("SELECT value FROM meta WHERE name = 'sync.unfinished'").fetchone()
    database.close()
    for end in ("", "-wal", "-shm"):
        if os.path.exists(copy + end):
            os.unlink(copy + end)
    return row and bytes(row[0])


def learn(world):
    """What the front looks like, so that it can be looked for."""
    front = sealed(world)
    must(front, "no front is kept, of which there is to be nothing")
    world.told["front"] = [front[at:at + size].hex() for at, size in NEEDLES]
    must(lies(world), "the front is nowhere while it is kept")


def lies(world):
    """The files of c that have it."""
    needles = [bytes.fromhex(needle) for needle in world.told.get("front", [])]
    found = []
    for where, _, names in os.walk(world.path("c")):
        for name in names:
            with open(os.path.join(where, name), "rb") as file:
                data = file.read()
            found += [name for needle in needles if needle in data]
    return found


def whole_or_none(world, name):
    """A front is less than its item; of one that was there when a reader was erased there is nothing."""
    if name != "c":
        return
    front = state(world, name).get("unfinished")
    must(front is None or 0 < front["bytes"] < front["of"], "what is kept is no front:", front)
    if any(entry["entry"]["kind"] == "erase-done" for entry in log_refs(world, name)["entries"]):
        must(not lies(world), "a reader was erased, and the front of before is there:", *lies(world))


def has_all(world):
    one, other = state(world, "a"), state(world, "c")
    must(other["of_site"] == one["entries"], "c has", other["of_site"], "of", one["entries"], "entries")
    must("unfinished" not in other, "a front is left:", other.get("unfinished"))


FRONT = Script("front", [
    *founded(PCS),
    *quiet(Step("reader", "a", ["reader", "add", "--name", "Lò Thị Tuyệt", "--plain"], then=Keep("reader")),
           Step("card", "a", ["card", "issue", "{reader}", "--print-card", "--plain"], then=KeepCode("card")),
           Step("write", "a", ["record", "--batch", "-"], readers(1)),
           Step("up", "a", ["sync"], serves=True)),
    Poor("cut", "c", then=is_kept),
    Poor("grown", "c", then=is_kept),
    Step("whole", "c", ["sync"], serves=True, again=True, then=is_gone),
    *quiet(Step("write-more", "a", ["record", "--batch", "-"], readers(2)),
           Step("up-again", "a", ["sync"], serves=True),
           Poor("cut-again", "c", then=is_kept)),
    Act("learn", learn),
    *quiet(Step("erase", "hub", ["erase", "{card}", *PASS])),
    Step("hears", "c", ["sync"], serves=True, again=True, then=is_gone),
], sites=PCS, alone=whole_or_none, end=has_all)

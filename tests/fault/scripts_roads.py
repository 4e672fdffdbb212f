"""Scripts of the roads: sticks, a courier, a folder that was put back, the agent."""

import os
import re
import shutil
import signal
import subprocess
import time

from rig import CASES, OTHER, PARTIAL, REF, SITES, UNREACHABLE, Done, must
from script import Act, Script, Step, founded, lines, quiet

OF_STICK = ("stick is full", "write-protected", "gives back other bytes", "cannot be read")


def pending(world, name):
    state = world.site(name, "status", "--json").json()
    return state["pending"] + state["parts_pending"]


def work(name, who, n=8):
    """A step that prepares: N entries are written."""
    return quiet(Step(name, who, ["record", "-"], lines(n, name)))


def syncs(*names):
    """Steps that prepare: NAMES sync, one after the other."""
    return quiet(*(Step(f"quiet-{i}-{name}", name, ["sync"], serves=True)
                   for i, name in enumerate(names)))


# --- sticks ---

def make_stick(world):
    os.makedirs(world.path("stick"), exist_ok=True)


def carry_stick(world):
    """What waits goes up by the stick, and its receipt comes home, before anybody has a network."""
    for who, args in (("a", ["pack-stick"]), ("hub", ["take-stick"]),
                      ("hub", ["pack-stick", "--site", "14-0371"]), ("a", ["take-stick"])):
        run = world.hub if who == "hub" else lambda *more: world.site("a", *more)
        got = run(args[0], "stick", *args[1:])
        must(got.code == 0, "the stick does not go its way:", got)
    must(pending(world, "a") == 0, "the receipt did not come home by the stick")


def stick(name, who, *args, serves=False):
    return Step(name, who, [args[0], "stick", *args[1:]], again=True, serves=serves,
                may=(PARTIAL,), says=OF_STICK)


STICK = Script("stick", [
    *founded(SITES),
    Act("stick", make_stick),
    *work("gậy", "a"),
    stick("up", "a", "pack-stick"),
    stick("hub-takes", "hub", "take-stick"),
    stick("hub-packs", "hub", "pack-stick", "--site", "14-0371"),
    stick("down", "a", "take-stick"),
    *quiet(Step("word", "hub", ["record", "-"],
                b'{"kind":"target-put","indicator":"M1","year":2026,"value":1500}\n')),
    *work("gậy hai", "a"),
    stick("up-again", "a", "pack-stick"),
    stick("hub-takes-serving", "hub", "take-stick", serves=True),
    stick("hub-packs-serving", "hub", "pack-stick", "--site", "14-0371", serves=True),
    stick("down-again", "a", "take-stick"),
], settle=carry_stick)


# --- a courier ---

VAN = {**SITES, "van": "14-0900"}


def at_base(world):
    """The van hands over what it has."""
    got = world.sync("van")
    must(got.code in (0, CASES) and got.json()["courier"]["complete"],
         "the van does not hand over what it carries:", got, world.hub_log())
    state = world.site("a", "status", "--json").json()
    held = {d["device"]: d["entries"] for d in world.hub("devices", "--json").json()["devices"]}
    must(held.get(state["device"], 0) >= state["entries"] - state["levels"]["here"],
         "LOST on the van: of", state["entries"], "entries", state["levels"]["here"],
         "are said to be here alone, and the hub has", held)


def van_is_whole(world):
    got = world.run(world.client, "-d", world.path("van"), "courier", "--list", "--json")
    must(got.code == 0, "what is carried cannot be listed:", got)
    got = world.site("van", "verify")
    must(got.code == 0, got)


def meets(name):
    # who breaks off before it has proved to be a courier is none: 1
    return Step(name, "a", ["sync"], serves="van", again=True, may=(OTHER,))


def at_hub(name):
    # a bundle that cannot be read comes anew from who gave it: 14
    return Step(name, "van", ["sync"], serves=True, again=True, may=(PARTIAL,),
                says=("cannot be read as it was handed over",))


COURIER = Script("courier", [
    *founded(VAN),
    *work("xe", "a"),
    meets("meet"),
    at_hub("base"),
    meets("home"),
    *quiet(Step("word", "hub", ["record", "-"],
                b'{"kind":"target-put","indicator":"M1","year":2026,"value":1500}\n')),
    *work("xe hai", "a"),
    meets("meet-again"),
    at_hub("base-again"),
    meets("home-again"),
], sites=VAN, settle=at_base, end=van_is_whole)


# --- a folder that was put back ---

def keep_image(world):
    shutil.rmtree(world.path("image"), ignore_errors=True)
    shutil.copytree(world.path("a"), world.path("image"))


def put_back(world):
    """As it was when the image was made: what was saved since is at the hub."""
    for name in os.listdir(world.path("a")):
        if name not in os.listdir(world.path("image")):
            os.unlink(world.path("a", name))
    shutil.copytree(world.path("image"), world.path("a"), dirs_exist_ok=True)
    world.told["since"] = world.told.get("since", []) + world.told["a"]
    world.told["a"] = []
    world.told["receipted"].pop("a", None)


def is_back(world):
    """All that was ever saved at the site is in its log again, and at the hub."""
    got = world.hub("log", "--limit", "10000")
    must(got.code == 0, got)
    at_hub = set(REF.findall(got.out))
    got = world.site("a", "log", "--limit", "100000", "--json")
    must(got.code == 0, got)
    saved = world.told["since"] + world.told["a"]
    for where, there in (("the hub", at_hub), ("a", {e["ref"] for e in got.json()["entries"]})):
        lost = [ref for ref in saved if ref not in there]
        must(not lost, f"LOST at {where}, of what was saved before the folder was put back:", *lost)


PUT_BACK = Script("put-back", [
    *founded(SITES),
    *work("ảnh", "a"),
    *syncs("a", "b"),
    Act("image", keep_image),
    *work("ngày", "a", 4),
    *quiet(Step("sync-day", "a", ["sync"], serves=True)),
    Act("put-back", put_back),
    # nobody is there; what is recorded from now on goes into a new log
    Step("restored-far", "a", ["sync", "--restored", "--hub", "127.0.0.1:1"], again=True,
         codes=(UNREACHABLE,)),
    Step("record", "a", ["record", "-"], lines(4, "sau")),
    Step("sync", "a", ["sync"], serves=True, again=True),
    Act("put-back-again", put_back),
    Step("restored", "a", ["sync", "--restored"], serves=True, again=True),
    Step("record-again", "a", ["record", "-"], lines(4, "sau nữa")),
    Step("sync-again", "a", ["sync"], serves=True, again=True),
], end=is_back)


# --- the agent ---

SETTINGS = """[sync]
spread-ms = 0
quiet-ms = 300
latest-ms = 1000
backoff-ms = 200
backoff-max-ms = 500
"""
PATIENCE_S = 20


class Agent:
    """`packhorse agent` in a site's folder while it runs."""

    def __init__(self, world, name, plan, hub=None):
        self.world, self.log = world, world.path("agent.err")
        with open(self.log, "wb") as err:
            self.process = subprocess.Popen(
                [world.client, "-d", world.path(name), "agent",
                 *(["--hub", f"127.0.0.1:{hub}"] if hub else [])],
                stdout=subprocess.DEVNULL, stderr=err, cwd=world.folder,
                env=world.environment(plan, "agent"))

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def alive(self):
        return self.process.poll() is None

    def wait(self, condition, seconds=PATIENCE_S):
        end = time.monotonic() + seconds
        while self.alive() and time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.02)
        return False

    def starts(self):
        return self.wait(lambda: re.search("^agent.start", self.said(), re.M))

    def stop(self):
        """How it ended, with what it said."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            must(False, "the agent does not end:", self.said())
        return Done(self.process.args, code, "", self.said())


def fair(got):
    """How a command may end whose agent has trouble: done, or with words, and never the data
    blamed that another has."""
    must(got.code >= 0, "crashed:", got)
    must(got.code in (0, CASES) or (got.err + got.out).strip(), "failed without a word:", got)


class ByAgent(Step):
    """Commands that the agent of WHO carries out; then it syncs by itself, if a hub SERVES."""

    waits = True

    def __init__(self, name, who, commands, serves=False, **options):
        super().__init__(name, who, ["agent"], serves=serves, helped=True, **options)
        self.commands = commands

    def do(self, world, plan=None):
        with open(world.path(self.who, "agent.conf"), "w", encoding="utf-8") as file:
            file.write(SETTINGS)
        agent = Agent(world, self.who, plan, world.port if self.serves else 1)
        try:
            if agent.starts():
                for args, stdin in self.commands:
                    got = world.site(self.who, *[arg.format(**world.told["vars"])
                                                 for arg in args], stdin=stdin)
                    if not plan and agent.alive() and not (self.serves and not world.alive()):
                        must(got.code in self.codes, got, agent.said())
                    fair(got)
                if self.serves:
                    self.goes(world, agent, plan)
        finally:
            got = agent.stop()
        return got

    def goes(self, world, agent, plan):
        """What was recorded is sent by itself; while a disk fails, it is tried."""
        if plan:
            agent.wait(lambda: plan.hits or self.is_through(world), 3)
        else:
            agent.wait(lambda: self.is_through(world) or not world.alive(), 3)

    def is_through(self, world):
        got = world.run(world.client, "-d", world.path(self.who), "status", "--json")
        return got.code == 0 and got.json()["pending"] + got.json()["parts_pending"] == 0

    def do_again(self, world):
        """By itself, all of it."""
        got = self.do(world)
        must(not self.serves or pending(world, self.who) == 0,
             "the agent does not send what waits:", got)
        return got


VISIT = ["visit", "3", "--band", "adult", "--plain"]
AGENT = Script("agent", [
    *founded(SITES),
    *work("máy", "a", 4),
    ByAgent("day", "a", [(VISIT, None), (["record", "-"], lines(4, "tự gửi")),
                         (["reader", "add", "--name", "Lò Thị Máy", "--print-card", "--plain"],
                          None)], serves=True),
    ByAgent("away", "a", [(VISIT, None), (["title", "add", "--name", "Lúa nương", "--plain"],
                                          None)]),
    ByAgent("back", "a", [(VISIT, None)], serves=True),
])

"""A script: steps of the real programs, one after the other, and what must hold behind each.

The points of a group (points.py) are calls of a step's programs; a step that only prepares
has none. scripts.py has all scripts by name.
"""

import json
import os

from rig import CASES, OTHER, PARTIAL, REF, SITES, UNREACHABLE, LATER, World, must
from state import saved_at

PASS = ("--passphrase-file", "pass")
PASSES = {"pass": "một câu dài\n", "pass2": "một câu dài khác\n", "anna": "câu của Anna\n"}
HAS_ALREADY = ("is a hub already", "is enrolled already", "there is a site",
               "is there already", "confirmed already", "is confirmed")
# how a session, and a command of the hub's own, may end when its hub has gone
WITHOUT_HUB = (UNREACHABLE, PARTIAL, LATER), (OTHER,)


class Step:
    """What is done, by which side, with which sides running: SERVES is False, True for the hub,
    or the folder of a courier. AGAIN: it can be given a second time after a crash, and then
    comes out the same. HELPED: another program works for it at the same time, so the calls of
    both come in another order each time. CODES: how it ends when all is well; MAY: with which
    statuses, and behind which words, it may refuse besides when its disk fails. HAS: what else
    its second time may say. THEN: of the world and what was said, what later steps need.
    TWICE: how it is given a second time. POINTS: False, it only prepares. STARTS: the start and
    the end of its hub have points of memory of their own."""

    waits = False  # one without memory waits for better times, and who asks it with it

    def __init__(self, name, who, args, stdin=None, serves=False, again=False, helped=False,
                 codes=(0, CASES), may=(), says=(), has=(), then=None, twice=None, points=True,
                 starts=False):
        self.name, self.who, self.args, self.stdin = name, who, args, stdin
        self.serves, self.again, self.helped = serves, again, helped
        self.codes, self.may, self.says, self.has = codes, may, says, has
        self.then, self.twice, self.points, self.starts = then, twice, points, starts

    def do(self, world, plan=None):
        """By the side that acts."""
        args = [arg.format(**world.told["vars"]) for arg in self.args]
        if self.who == "hub":
            return world.hub(*args, plan=plan, stdin=self.stdin)
        if args[0] == "sync" and self.serves:
            by = "--hub" if self.serves is True else "--courier"
            return world.sync(self.who, *args[1:], plan=plan, by=by)
        return world.site(self.who, *args, plan=plan, stdin=self.stdin)

    def do_again(self, world):
        """By programs that nothing happens to; how it ended."""
        if self.twice:
            return self.twice(world, self)
        got = self.do(world)
        if self.args[0] == "invite" and got.code == OTHER:
            got = world.hub(*[arg.format(**world.told["vars"]) for arg in self.args], "--force")
        return got

    def serve(self, world, plan=None):
        """As World.serve()."""
        return world.serve(plan, who="hub" if self.serves is True else self.serves)

    def has_gone(self):
        """The statuses that it may end with, when who serves has gone."""
        return (*self.codes, *WITHOUT_HUB[self.who == "hub"], *self.may)

    def is_done_already(self, got):
        words = (*HAS_ALREADY, *self.has) if self.again and not self.serves else self.has
        return any(said in got.err for said in words)

    def after(self, world, got):
        if self.then:
            self.then(world, got)


class Act(Step):
    """What a person does between two commands; WHAT takes the world."""

    def __init__(self, name, what):
        super().__init__(name, None, [name], points=False)
        self.what = what

    def do(self, world, plan=None):
        self.what(world)


def quiet(*steps):
    """STEPS, which only prepare."""
    for step in steps:
        step.points = False
    return list(steps)


class Script:
    """STEPS; SITES: the codes of those who join, by their folders. ALONE (of the world, and who:
    hub, or a site) is looked at behind each step, SETTLE while the hub serves, before all is
    compared, END at the end of all."""

    def __init__(self, name, steps, sites=None, alone=None, settle=None, end=None):
        self.name, self.steps, self.sites = name, steps, sites or SITES
        self.alone, self.settle, self.end = alone, settle, end

    def points(self):
        return [step for step in self.steps if step.points]


# --- what steps have in common ---

def no_reserve(world, _):
    """Thousands of copies of a world need no reserve file each."""
    with open(world.path("hub/packhorsed.conf"), "a", encoding="utf-8") as file:
        file.write("[limits]\ndisk-reserve-mib = 0\n")


class Know:
    """THEN of a site's first session: device and fingerprint, as {NAME} and {words_NAME}."""

    def __init__(self, name):
        self.name = name

    def __call__(self, world, _):
        state = world.site(self.name, "status", "--json").json()
        world.told["vars"][self.name] = state["device"]
        world.told["vars"]["words_" + self.name] = state["fingerprint"]


class Keep:
    """THEN of a step that says a reference: as {NAME}."""

    def __init__(self, name):
        self.name = name

    def __call__(self, world, got):
        world.told["vars"][self.name] = REF.findall(got.out)[-1]


class KeepCode:
    """THEN of a step that says a printed code: as {NAME}."""

    def __init__(self, name):
        self.name = name

    def __call__(self, world, got):
        world.told["vars"][self.name] = got.out.strip().splitlines()[-1].split("\t")[2]


def all_confirmed(world, _):
    world.told["vars"]["confirmed"] = True


def has_said(world, _):
    """THEN of a word in the hub's desk log, of which devices keep pieces."""
    world.told["vars"]["said"] = True


COURIER = "14-0900"


def founded(sites):
    """Steps that prepare: a hub, its SITES invited, joined, known and confirmed."""
    steps = [Step("init", "hub", ["init", "--listen", "127.0.0.1:7415", "--kdf-memory-mib", "8",
                                  *PASS], then=no_reserve)]
    steps += [Step("site-" + code, "hub",
                   ["site", "add", code, "--commune", "03646", "--kind",
                    "van" if code == COURIER else "commune-library", "--name", "Điểm " + code])
              for code in sorted(set(sites.values()))]
    for name, code in sites.items():
        steps += [Step("invite-" + name, "hub",
                       ["invite", "--site", code, "--role",
                        "courier" if code == COURIER else "site", "--out", name + ".invite",
                        "--hub", "127.0.0.1:1", *PASS]),
                  Step("join-" + name, name, ["join", name + ".invite"])]
    steps += [Step("first-" + name, name, ["sync"], serves=True, then=Know(name))
              for name in sites]
    steps += [Step("confirm-" + name, "hub", ["devices", "confirm", "{%s}" % name,
                                              "--fingerprint", "{words_%s}" % name])
              for name in sites if sites[name] != COURIER]
    steps[-1].then = all_confirmed
    steps += [Step("hears-" + name, name, ["sync"], serves=True) for name in sites]
    return quiet(*steps)


def books(n):
    """MARCXML of N titles without copies."""
    return ('<collection xmlns="http://www.loc.gov/MARC21/slim">' + "".join(
        "<record><leader>00000nam a2200000 a 4500</leader>"
        f'<controlfield tag="001">{i}</controlfield>'
        '<datafield tag="245" ind1="1" ind2="0">'
        f'<subfield code="a">Sách thứ {i}</subfield></datafield></record>'
        for i in range(n)) + "</collection>")


def lines(n, of):
    """N entries of a site as JSON lines; some have sealed parts."""
    made = []
    for i in range(n):
        if i % 4 == 0:
            made.append({"kind": "reader-put", "name": f"Lò Văn {of} {i}", "born": 1990,
                         "band": "adult"})
        elif i % 4 == 1:
            made.append({"kind": "visit", "count": i % 7 + 1, "band": "youth"})
        else:
            made.append({"kind": "loan", "copy": {"ns": 140371, "code": f"{i % 5:06d}"},
                         "card": {"ns": 140371, "code": f"C{i % 3}"}, "term": 14})
    return "".join(json.dumps(line) + "\n" for line in made).encode()


def make_worlds(folder, programs, script):
    """Do SCRIPT once, in order; a copy of the world before each step that has points, by its
    name, and of that behind all, by None."""
    saved_at.cache_clear()  # another script's worlds may have lain in the same place
    world = World(os.path.join(folder, "first"), **programs)
    world.told["script"] = script.name
    world.told["sites"] = {n: code for n, code in script.sites.items() if code != COURIER}
    os.makedirs(world.folder)
    for name, text in {**PASSES, "books.xml": books(5)}.items():
        with open(world.path(name), "w", encoding="utf-8") as file:
            file.write(text)
    before = {}
    try:
        for step in script.steps:
            if step.points:
                before[step.name] = os.path.join(folder, "before-" + step.name)
                world.save(before[step.name])
            if step.serves:
                must(step.serve(world), "it does not start", world.hub_log())
            got = step.do(world)
            must(got is None or got.code in step.codes, "the script itself fails:", got,
                 world.hub_log())
            step.after(world, got)
            if step.serves:
                must(world.stop() == 0, "it does not end", world.hub_log())
    finally:
        world.kill()
    before[None] = os.path.join(folder, "after")
    world.save(before[None])
    return before

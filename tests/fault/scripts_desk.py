"""Scripts of a desk: card and PIN, and a day of every sort of record."""

import os

from rig import OTHER, REF, SITES, must
from script import Keep, KeepCode, Script, Step, founded, quiet
from scripts_roads import Agent, ByAgent, fair, syncs

# --- a desk with a card and a PIN ---

FIRST, SECOND, THIRD = "271828", "161803", "141421"


def state_of_desk(world):
    got = world.site("a", "status", "--json")
    must(got.code == 0, got)
    return got.json()["desk"]


def stdin(*lines):
    return "".join(line + "\n" for line in lines).encode()


def opens(world, cards, pins):
    """By one of CARDS and one of PINS the desk that is locked opens; which did."""
    agent = Agent(world, "a", None, 1)
    try:
        must(agent.starts(), "the agent does not start:", agent.said())
        tried = []
        for card in cards:
            for pin in pins:
                if os.path.exists(world.path(card)):
                    got = world.site("a", "desk", "unlock", "--card", card, stdin=stdin(pin))
                    tried.append(got)
                    if got.code == 0:
                        return card, pin
        must(False, "the desk is locked, and nothing that was given opens it:", *tried)
    finally:
        agent.stop()


def cards_of(world):
    return [name for name in ("card", "card.again", "card2", "card2.again")
            if os.path.exists(world.path(name))]


def desk_opens(world, who):
    """Whoever has the cards and knows the PINs is not locked out; with a PIN, the desk is."""
    if who != "a" or state_of_desk(world) == "no-pin":
        return
    must(state_of_desk(world) == "locked", "a desk with a PIN is open without an agent")
    opens(world, cards_of(world), (FIRST, SECOND, THIRD))


def pin_again(world, step):
    """What was broken off is done with another card, or was done with that one."""
    if state_of_desk(world) == "no-pin":
        return world.site("a", "desk", "pin", "--new-card", "card.again", "--memory", "8",
                          stdin=step.stdin)
    opens(world, ("card",), (FIRST,))
    return world.site("a", "status")


def other_pin_again(world, step):
    """The one PIN or the other."""
    got = step.do(world)
    if got.code == OTHER:
        opens(world, ("card",), (SECOND,))
        return world.site("a", "status")
    return got


class OtherCard(ByAgent):
    """A card is lost: another one is made at the desk that is open."""

    def do(self, world, plan=None):
        agent = Agent(world, "a", plan, 1)
        card = "card2" if not os.path.exists(world.path("card2")) else "card2.again"
        try:
            if agent.starts():
                for held, pin in [(held, pin) for held in cards_of(world)
                                  for pin in (SECOND, THIRD)]:
                    got = world.site("a", "desk", "unlock", "--card", held, stdin=stdin(pin))
                    fair(got)
                    if got.code == 0:
                        break
                got = world.site("a", "desk", "card", "--new-card", card, "--memory", "8",
                                 stdin=stdin(THIRD))
                fair(got)
                must(plan or got.code == 0, "no other card is made:", got)
                fair(world.site("a", "desk", "lock"))
        finally:
            got = agent.stop()
        return got


DESK = Script("desk", [
    *founded(SITES),
    *quiet(Step("reader", "a", ["reader", "add", "--name", "Lò Thị Tuyệt", "--plain"],
                then=Keep("reader"))),
    *syncs("a"),
    Step("pin", "a", ["desk", "pin", "--new-card", "card", "--memory", "8"], stdin(FIRST),
         again=True, twice=pin_again),
    Step("locked", "a", ["reader", "add", "--name", "Quàng Văn Khóa", "--telephone",
                         "0987654321", "--plain"]),
    Step("sync-locked", "a", ["sync"], serves=True, again=True),
    ByAgent("unlock", "a", [
        (["desk", "unlock", "--card", "card"], stdin(FIRST)),
        (["reader", "set", "{reader}", "--telephone", "0912333444", "--plain"], None),
        (["desk", "lock"], None)]),
    Step("other-pin", "a", ["desk", "pin", "--card", "card", "--memory", "8"],
         stdin(FIRST, SECOND), again=True, twice=other_pin_again),
    OtherCard("other-card", "a", []),
    Step("sync", "a", ["sync"], serves=True, again=True),
], alone=desk_opens)


# --- a day of records, as a person writes them ---

def desk(name, *args, who="a", then=None, stdin=None, has=()):
    return Step(name, who, [*args, "--plain"], stdin, then=then, has=has)


class KeepRow:
    """THEN of a step that says several references: the one of KIND, as {NAME}."""

    def __init__(self, kind, name):
        self.kind, self.name = kind, name

    def __call__(self, world, got):
        world.told["vars"][self.name] = next(
            REF.findall(line)[0] for line in got.out.splitlines()
            if line.startswith(self.kind + "\t"))


PLAIN = Script("plain", [
    *founded(SITES),
    desk("open", "day", "open", "--from", "08:00", "--to", "11:00"),
    desk("shift", "shift", "begin", "H1"),
    *quiet(desk("reader", "reader", "add", "--name", "Lò Thị Hoa", "--band", "adult",
                then=Keep("reader")),
           desk("other", "reader", "add", "--name", "Lò Thi Hoa", "--band", "adult",
                then=Keep("other")),
           desk("title", "title", "add", "--name", "Truyện Kiều", then=Keep("title")),
           desk("twin", "title", "add", "--name", "Truyện Kiêu", then=Keep("twin")),
           desk("first", "copy", "add", "--print-code", "--title", "{title}",
                then=KeepCode("copy")),
           desk("second", "copy", "add", "--print-code", "--title", "{title}",
                then=KeepCode("copy2"))),
    desk("card", "card", "issue", "{reader}", "--print-card", then=KeepCode("card")),
    desk("loan", "loan", "{card}", "{copy}"),
    desk("renew", "renew", "{copy}"),
    desk("hold", "hold", "place", "{card}", "--title", "{title}", then=Keep("hold")),
    desk("ready", "hold", "ready", "{hold}", "{copy2}",
         has=("laid aside for this hold already",)),
    desk("return", "return", "{copy}"),
    desk("charge", "charge", "{card}", "5000"),
    desk("payment", "payment", "{card}", "5000"),
    desk("merge", "reader", "merge", "{reader}", "{other}"),
    desk("one-title", "title", "merge", "{title}", "{twin}"),
    desk("relabel", "copy", "relabel", "{copy}", "--print-code", then=KeepCode("copy")),
    desk("sighting", "sighting", "-", stdin=b"000001\n000002\n"),
    desk("note", "note", "Hay quên kính", "--about", "{reader}"),
    desk("replace", "card", "replace", "{card}", "--print-card"),
    desk("activity", "activity", "reading-day", "30", "--women", "12"),
    desk("training", "training", "Biên mục", "--workers", "3"),
    desk("donation", "donation", "enterprise", "--money", "1000000", "--name", "Công ty Mía"),
    desk("worker", "worker", "add", "--name", "Cà Văn Hai", "--role", "part-time"),
    desk("tally", "tally", "put", "premises", "2", "--from", "2026-01-01", "--to", "2026-06-30"),
    desk("dispatch", "crate", "dispatch", "{copy}", "--to", "14-0372",
         then=KeepRow("crate-dispatch", "dispatch")),
    desk("void", "void", "{dispatch}", "--reason", "mistake"),
    desk("end", "shift", "end", "H1"),
    Step("sync", "a", ["sync"], serves=True, again=True),
    Step("sync-b", "b", ["sync"], serves=True, again=True),
    desk("elsewhere", "visit", "4", "--band", "child", who="b"),
    Step("sync-b-again", "b", ["sync"], serves=True, again=True),
])

"""A disk that is full, fails, or takes half: at the n-th call, once and from then on.

A run is a copy of the world before a step, the step with the fault, then the fault has
gone. The one that acts must end with a status that it may end with and with words that
say what it is; a hub on a full disk must go on without a restart, one that saw an I/O
error must end with 15 and start again. Then the same command again, and the checks of
rig.py. Writes that come short are nobody's fault: nothing may be seen of them.
"""

import errno
import os
import random
import shutil

import leaks
from points import (Point, called, chosen_by_name, pick, report, run_points, sides,
                    wait_for_fold)
from rig import (COUNT, CREATE, DAMAGED, DISK, ERRNO, FOREVER, LATER, LENGTH, NAME, OTHER,
                 PARTIAL, READ, SHORT, SYNC, UNREACHABLE, WRITE, Plan, World, folder_for,
                 is_crash, must, now, say, settle)
from script import make_worlds

KEPT = "clear words and status, nothing acknowledged lost, recovers by itself"
FAULTS = {
    "full": (ERRNO, errno.ENOSPC, WRITE | CREATE | NAME),
    "error": (ERRNO, errno.EIO, WRITE | CREATE | NAME | SYNC | LENGTH),
    "unread": (ERRNO, errno.EIO, READ),
    "short": (SHORT, 0, WRITE),
}
# SQLite takes a sector that cannot be read for a damaged file, and so do we
WORDS = {"full": ["disk is full", "has room"],
         "error": ["reported an error", "could not be written whole"],
         "unread": ["reported an error", "keep this folder", "disk is sound"]}


class Fault(Point):
    def __init__(self, step, side, fault, n, on, calls):
        super().__init__(step, side, n, calls)
        self.fault, self.on = fault, on
        self.name = f"{step.name}/{side}/{fault}/{n}/"

    def __str__(self):
        return self.name + ("on" if self.on else "once")

    def once(self):
        return self.name + "once" if self.on else None

    def put(self, plan):
        mode, error, classes = FAULTS[self.fault]
        plan.set(mode, classes, self.n, FOREVER if self.on else self.n, error)

    def play(self, world, plan):
        (hub_fails if self.side == "server" else site_fails)(world, self, plan)


def says(point, text, plan):
    if any(words in text for words in (*WORDS[point.fault], *point.step.says)):
        return True
    # SQLite does not tell why it could not make a file, and by now it can be made
    return not point.on and plan.hit_class == CREATE and WORDS["error"][0] in text


def judge(point, got, hub_log, plan):
    """What the one that acted may end with."""
    must(not is_crash(got.code), "crashed:", got)
    if got.code in point.step.codes:
        return
    must(point.fault != "short", "a short write was noticed:", got)
    must(got.err.strip() or got.out.strip(), "failed without a word:", got)
    if point.side == "server":
        must(got.code in (OTHER, UNREACHABLE, PARTIAL, LATER, DAMAGED, *point.step.may),
             "exit status:", got, hub_log)
        return
    must(got.code in (OTHER, *point.step.may) or (got.code == DAMAGED and point.fault == "unread"),
         "exit status:", got)
    must(says(point, got.err + got.out, plan), "does not say what it is:", got)


def hub_fails(world, point, plan):
    """The hub of a session with the fault: what of it is seen while it lasts and after."""
    point.put(plan)
    if not point.step.serve(world, plan):
        plan.off()
        must(point.fault != "short", "a short write was noticed:", world.hub_log())
        must(world.status == OTHER or (world.status == DAMAGED and point.fault != "full"),
             f"it does not start, and ends with {world.status}:", world.hub_log())
        must(says(point, world.hub_log(), plan), "does not start, and says", world.hub_log())
        return
    got = point.step.do(world)
    judge(point, got, world.hub_log(), plan)
    wait_for_fold(world, plan)
    if not plan.hits:
        closing_fails(world, point, plan)
        return
    plan.off()
    # it says so before it ends, which takes a moment more
    failed = "store.failed" in world.hub_log() or not world.alive()
    if point.fault in ("error", "unread") and failed:
        status = world.ended()
        must(status == DAMAGED and "store.failed" in world.hub_log(),
             f"the hub ended with {status}:", world.hub_log())
        return
    must(world.alive(), "the hub is gone:", world.hub_log())
    if point.step.serves is not True:
        got = point.step.do(world)
        must(got.code in point.step.codes, "it does not go on without a restart:", got)
    elif point.fault in ("full", "short") and point.step.who in world.sites():
        settle(world, point.step.who)  # by itself, without a restart
    status = world.stop()
    must(status == 0 or (point.fault in ("error", "unread") and status == DAMAGED),
         f"the hub ended with {status}:", world.hub_log())


def closing_fails(world, point, plan):
    """The call comes behind the fold, where the hub closes what it has open."""
    status = world.stop()
    plan.off()
    if status == 0:
        return
    must(point.fault != "short", "a short write was noticed:", world.hub_log())
    must(status == OTHER or (status == DAMAGED and point.fault != "full"),
         f"the hub that was asked to end did with {status}:", world.hub_log())
    must(says(point, world.hub_log(), plan), "does not say why it ended so:", world.hub_log())


def site_fails(world, point, plan):
    if point.step.serves:
        must(point.step.serve(world), "it does not start", world.hub_log())
    point.put(plan)
    got = point.step.do(world, plan)
    plan.off()
    judge(point, got, "", plan)
    if point.step.serves:
        must(world.stop() == 0, "the hub does not end well:", world.hub_log())


def count_points(script, before, folder, programs):
    """(step, side, fault, calls) of all of SCRIPT."""
    found = []
    plan = Plan(os.path.join(folder, "count.plan"))
    every = DISK | READ
    for step in script.points():
        for side in sides(step):
            world = World.copy(before[step.name], os.path.join(folder, "count"),
                               **programs)
            plan.set(COUNT, every)
            if step.serves:
                must(step.serve(world, plan if side == "server" else None), world.hub_log())
            if side != "server":
                plan.set(COUNT, every)
            got = step.do(world, None if side == "server" else plan)
            must(got.code in step.codes, got)
            if side == "server":
                wait_for_fold(world, plan)
                world.stop()
            calls = plan.trace()
            found += [(step, side, fault, sum(bool(call & classes) for call in calls))
                      for fault, (_, _, classes) in FAULTS.items()]
            world.kill()
    plan.close()
    return found


def all_points(found):
    return [Fault(step, side, fault, n, on, calls) for step, side, fault, calls in found
            for n in range(1, calls + 1) for on in (False, True)]


def run(tap, options, programs=None):
    leaks.look(options)
    programs = programs or {}
    rng = random.Random(f"{options.seed} disk")
    script, name = options.played, called(options, "disk")
    folder = folder_for("disk")
    begun = now()
    try:
        before = make_worlds(folder, programs, script)
        points = all_points(count_points(script, before, folder, programs))
        total = len(points)
        if options.point:
            points = chosen_by_name(points, options)
        elif options.count or not options.full:
            points = pick(points, options.count or 40, rng)
        rng.shuffle(points)
        say(f"{name}: {total} points (each call of {len(script.points())} steps; full, error, unread, short; "
            f"once, from then on), {len(points)} are run, seed {options.seed}")
        ran = run_points(options, before, folder, points, programs)
        report(tap, options, name, KEPT, ran, points, begun)
        leaks.again(tap, options, "disk", KEPT, before, folder, points)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)

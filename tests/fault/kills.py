"""kill -9 at every call that changes a disk, and at every send, of the whole script.

First a run that counts: so many calls has each step, by the side that acts and, where a
hub serves meanwhile, by the hub from its start to its end. Then one run a point: a copy
of the world before the step, the step with that process killed in place of the call (or,
"torn", behind half of it), then the same command again and the checks of rig.py.
"""

import os
import random
import shutil
import signal

from points import (Point, called, chosen_by_name, pick, report, run_points, sides,
                    wait_for_fold)
from rig import (COUNT, DISK, KILL, SYNC, TALK, TORN, Plan, World, folder_for, must, now,
                 say)
from script import make_worlds

WHAT = DISK | TALK


class Kill(Point):
    tries = 10
    may_miss = False

    def __init__(self, step, side, mode, n, calls):
        super().__init__(step, side, n, calls)
        self.mode = mode
        self.name = f"{step.name}/{side}/{'torn' if mode == TORN else 'kill'}/{n}"

    def __str__(self):
        return self.name

    def play(self, world, plan):
        run_step(world, self.step, self.side, plan, self.mode, self.n)


def run_step(world, step, side, plan, mode=COUNT, n=0):
    """Do STEP with SIDE killed at its Nth call; 0: at none."""
    if side == "server":
        plan.set(mode, WHAT, n)
        if not step.serve(world, plan):
            must(plan.hits, "it does not start:", world.hub_log())
            return
        got = step.do(world)
        must(got.code in step.has_gone(), "of who is gone:", got)
        wait_for_fold(world, plan)
        status = world.ended() if plan.hits else world.stop()
        must(status == (-signal.SIGKILL if plan.hits else 0), f"it ended with {status}:",
             world.hub_log())
        return
    if step.serves:
        must(step.serve(world), "it does not start", world.hub_log())
    plan.set(mode, WHAT, n)
    got = step.do(world, plan)
    if plan.hits:
        must(got.code == -signal.SIGKILL, "not killed:", got)
    elif n == 0:
        must(got.code in step.codes, "the script itself fails:", got)
    if step.serves:
        must(world.stop() == 0, "it does not end well:", world.hub_log())


def count_points(script, before, folder, programs):
    """(step, side, classes of its calls) of all of SCRIPT."""
    found = []
    plan = Plan(os.path.join(folder, "count.plan"))
    for step in script.points():
        for side in sides(step):
            world = World.copy(before[step.name], os.path.join(folder, "count"),
                               **programs)
            run_step(world, step, side, plan)
            found.append((step, side, plan.trace()))
            world.kill()
    plan.close()
    return found


def all_points(found):
    """Each by kill and torn, but that a kill in place of a sync and one behind it leave the
    same: what was written is with the kernel."""
    return [Kill(step, side, mode, n, len(calls)) for step, side, calls in found
            for n, call in enumerate(calls, 1) for mode in (KILL, TORN)
            if mode == KILL or call != SYNC or side == "server"]


def run(tap, options, programs=None):
    programs = programs or {}
    rng = random.Random(f"{options.seed} kills")
    script, name = options.played, called(options, "kills")
    folder = folder_for("kills")
    begun = now()
    try:
        before = make_worlds(folder, programs, script)
        found = count_points(script, before, folder, programs)
        points = all_points(found)
        total = len(points)
        if options.point:
            points = chosen_by_name(points, options)
        elif options.count or not options.full:
            points = pick(points, options.count or 40, rng)
        # by kill first: if time is short, it goes to them
        rng.shuffle(points)
        points.sort(key=lambda p: p.mode)
        say(f"{name}: {len(script.points())} steps have {sum(len(calls) for _, _, calls in found)} calls "
            f"to be killed at, {total} points with torn ones; {len(points)} are run, seed "
            f"{options.seed}")
        ran = run_points(options, before, folder, points, programs)
        report(tap, options, name,
               "nothing acknowledged is lost, all recovers, all agrees", ran, points, begun)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)

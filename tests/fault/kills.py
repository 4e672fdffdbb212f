"""kill -9 at every call that changes a disk, and at every send, of the whole script.

First a run that counts: so many calls has each step, by the side that acts and, where a
hub serves meanwhile, by the hub from its start to its end. Then one run a point: a copy
of the world before the step, the step with that process killed in place of the call (or,
"torn", behind half of it), then the same command again and the checks of rig.py.

What a step alone changed is checked at once and alone; the whole way, with the hub
started, all synced and equal, after every step with a session and every tenth other.
"""

import os
import random
import shutil
import signal
import time
from concurrent.futures import ProcessPoolExecutor

from rig import (CASES, COUNT, DISK, KILL, OTHER, SCRIPT, TALK, TORN, Broken, Plan, World,
                 check_all, check_hub_alone, check_site_alone, fill_in, folder_for,
                 is_crash, make_worlds, must, now, say)

WHAT = DISK | TALK
FOLD_S = 0.5  # a hub folds 0.2 s after the last session

HAS_ALREADY = ("is a hub already", "is enrolled already", "there is a site",
               "is there already", "confirmed already", "is confirmed")


class Point:
    def __init__(self, step, side, mode, n, whole):
        self.step, self.side, self.mode, self.n, self.whole = step, side, mode, n, whole

    def __str__(self):
        how = "torn" if self.mode == TORN else "kill"
        return f"{self.step.name}/{self.side}/{how}/{self.n}"


def sides(step):
    return [step.who] + (["server"] if step.serves else [])


def run_step(world, step, side, plan, mode, n):
    """Do STEP with SIDE killed at its Nth call. What the one that acts ended with."""
    got = None
    if side == "server":
        plan.set(mode, WHAT if n else 0, n)
        if n == 0:
            plan.set(COUNT, WHAT)
        if world.serve(plan):
            got = step.do(world)
            end = now() + FOLD_S
            while now() < end and world.alive():
                time.sleep(0.01)
                if n and plan.count < n and now() > end - FOLD_S + 0.3:
                    break
            if world.alive():
                world.stop()
            else:
                world.ended()
        return got
    if step.serves:
        must(world.serve(), "the hub does not start", world.hub_log())
    plan.set(mode if n else COUNT, WHAT, n)
    got = step.do(world, plan)
    if plan.hits:
        must(got.code == -signal.SIGKILL, "not killed:", got)
    elif n == 0:
        must(got.code in (0, CASES), "the script itself fails:", got)
    if step.serves:
        must(world.stop() == 0, "the hub does not end well:", world.hub_log())
    return got


def again(world, step):
    """The same command once more, by programs that nothing happens to."""
    if step.serves:
        must(world.serve(), "the hub does not start again:", world.hub_log())
    if step.serves and step.again:
        got = step.do(world)
        must(got.code in (0, CASES), "not the second time either:", got,
             world.hub_log())
    elif step.again:
        got = step.do(world)
        if step.args[0] == "invite" and got.code == OTHER:
            got = world.hub(*step.args, "--force")
        must(got.code in (0, CASES) or
             any(words in got.err for words in HAS_ALREADY),
             "not the second time either:", got)
        fill_in(step, world, got)
    else:
        got = step.do(world)
        must(got.code in (0, CASES), "not the second time either:", got)


def one(job):
    """(None or what broke, whether the point was reached)."""
    source, folder, point, programs = job
    world = None
    plan = None
    try:
        world = World.copy(source, os.path.join(folder, str(os.getpid())), **programs)
        plan = Plan(os.path.join(folder, f"{os.getpid()}.plan"))
        run_step(world, point.step, point.side, plan, point.mode, point.n)
        reached = plan.hits > 0
        plan.off()
        if not reached:
            return None, False
        if point.step.serves or point.whole:
            again(world, point.step)
            check_all(world)
        elif point.step.who == "hub":
            again(world, point.step)
            check_hub_alone(world)
        else:
            again(world, point.step)
            check_site_alone(world, point.step.who)
        return None, True
    except Broken as broken:
        return f"{point}: {broken}", True
    finally:
        if world:
            world.kill()
        if plan:
            plan.close()


def count_points(before, folder, programs):
    """(step, side, calls) of all the script."""
    found = []
    plan = Plan(os.path.join(folder, "count.plan"))
    for step in SCRIPT:
        for side in sides(step):
            world = World.copy(before[step.name], os.path.join(folder, "count"),
                               **programs)
            run_step(world, step, side, plan, COUNT, 0)
            found.append((step, side, plan.count))
            world.kill()
    plan.close()
    return found


def all_points(found, modes=(KILL, TORN)):
    points = []
    for step, side, calls in found:
        for n in range(1, calls + 1):
            for mode in modes:
                points.append(Point(step, side, mode, n, n % 10 == 0))
    return points


def pick(points, count, rng):
    """COUNT of them, each step and side as often as another."""
    groups = {}
    for point in points:
        groups.setdefault((point.step.name, point.side), []).append(point)
    for group in groups.values():
        rng.shuffle(group)
    chosen = []
    while len(chosen) < count and any(groups.values()):
        for group in groups.values():
            if group and len(chosen) < count:
                chosen.append(group.pop())
    return chosen


def run(tap, options, programs=None):
    programs = programs or {}
    rng = random.Random(f"{options.seed} kills")
    folder = folder_for("kills")
    begun = now()
    try:
        before = make_worlds(folder, programs)
        found = count_points(before, folder, programs)
        points = all_points(found)
        total = len(points)
        sum_calls = sum(calls for _, _, calls in found)
        if options.point:
            points = [p for p in points if str(p).startswith(options.point)]
        elif options.count:
            points = pick(points, options.count, rng)
        elif options.all:
            pass
        elif options.full:
            # each call by kill; torn writes as many again as fit
            points = [p for p in points if p.mode == KILL or rng.random() < 0.15]
        else:
            points = pick(points, 40, rng)
        # by kill first, so that the budget goes to them
        rng.shuffle(points)
        points.sort(key=lambda p: p.mode)
        say(f"kills: {len(SCRIPT)} steps have {sum_calls} calls to be killed at, "
            f"{total} points with torn ones; {len(points)} are run, seed {options.seed}")
        broken, reached, done = [], 0, 0
        with ProcessPoolExecutor(options.jobs) as pool:
            jobs = [(before[p.step.name], folder, p, programs) for p in points]
            for words, was in pool.map(one, jobs, chunksize=1):
                done += 1
                reached += was
                if words:
                    broken.append(words)
                    if len(broken) <= options.show:
                        say(words)
                if options.budget and now() - begun > options.budget:
                    pool.shutdown(cancel_futures=True)
                    break
        say(f"kills: {done} runs of {len(points)}, {reached} reached their point, "
            f"{now() - begun:.0f} s")
        tap.ok("kills: nothing acknowledged is lost, all recovers, all agrees",
               not broken, *broken[:5])
        tap.ok("kills: nearly all points were reached", reached >= 0.8 * done,
               f"{reached} of {done}")
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)

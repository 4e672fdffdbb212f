"""No memory: the n-th allocation of a step gives NULL, once, or from then on.

SQLite's, libuv's and jansson's allocations are among them, and those of the C library.
The calls of a step are told apart by who called (shim.h, STACKS): each way to an
allocation is tried once and from then on, the same way twice only with --all. Nothing may
crash, what fails says so with its status, and what was acknowledged is there; the hub of a
session must go on, or end in order, and then start again.

With programs that carry AddressSanitizer (build-leak/, or $PACKHORSE_LEAK_BUILD) the same
runs look for leaks and for what is used after it was freed: gcc's sanitizer is a shared
library, so the shim stands before it and asks it for memory.
"""

import errno
import os
import random
import shutil
import threading
import time
from concurrent.futures import ProcessPoolExecutor

import rig
from kills import again, pick, sides
from rig import (ALLOC, CASES, CLIENT, DAEMON, ERRNO, FOREVER, LATER, OTHER, PARTIAL,
                 ROOT, SCRIPT, STACKS, UNREACHABLE, USAGE, Broken, Plan, World, check_all,
                 check_hub_alone, check_site_alone, folder_for, is_crash, make_worlds,
                 must, now, say)

FOLD_S = 0.4
GONE_S = 1.0
LEAK_BUILD = os.environ.get("PACKHORSE_LEAK_BUILD", os.path.join(ROOT, "build-leak"))
SANITIZER = {
    "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=1:exitcode=99:"
                    "allocator_may_return_null=1:handle_segv=1",
}


class Point:
    def __init__(self, step, side, n, on):
        self.step, self.side, self.n, self.on = step, side, n, on

    def __str__(self):
        return f"{self.step.name}/{self.side}/{self.n}/{'on' if self.on else 'once'}"

    def put(self, plan):
        plan.set(ERRNO, ALLOC, self.n, FOREVER if self.on else self.n, errno.ENOMEM)


def judge(point, got, log):
    must(not is_crash(got.code) and "Sanitizer" not in got.err, "crashed:", got)
    if got.code in (0, CASES):
        return
    must(got.err.strip() or got.out.strip(), "failed without a word:", got)
    if point.side == "server":
        must(got.code in (OTHER, UNREACHABLE, PARTIAL, LATER), "exit status:", got, log)
    else:
        # of a file that cannot be read, import says 2
        must(got.code in (OTHER, UNREACHABLE, PARTIAL) or
             (got.code == USAGE and point.step.name == "import"), "exit status:", got)
        must("damaged" not in got.err, "blames the data:", got)


def hub_fails(world, point, plan):
    """Memory is short from after its start on (that is a point of its own) to its end."""
    plan.set(ERRNO, 0)
    must(world.serve(plan), "the hub does not start", world.hub_log())
    point.put(plan)
    # a hub that cannot even accept waits for better times, and its peer with it
    gone = threading.Timer(GONE_S, plan.off)
    gone.start()
    got = point.step.do(world)
    end = now() + FOLD_S
    while now() < end and world.alive() and plan.hits == 0:
        time.sleep(0.01)
    gone.cancel()
    gone.join()
    plan.off()
    if not world.alive():
        status = world.ended()
        must(status in (OTHER, 15), f"the hub ended with {status}:", world.hub_log())
    judge(point, got, world.hub_log())
    if world.alive():
        must(world.stop() == 0, "the hub does not end with 0:", world.hub_log())
    must("Sanitizer" not in world.hub_log(), world.hub_log())


def start_fails(world, point, plan):
    """Memory is short while a hub starts."""
    point.put(plan)
    world.serve(plan)
    plan.off()
    if world.alive():
        status = world.stop()
        must(status == 0, f"the hub ended with {status}:", world.hub_log())
    must("Sanitizer" not in world.hub_log(), world.hub_log())


def site_fails(world, point, plan):
    if point.step.serves:
        must(world.serve(), "the hub does not start", world.hub_log())
    point.put(plan)
    got = point.step.do(world, plan)
    plan.off()
    judge(point, got, "")
    if point.step.serves:
        must(world.stop() == 0, "the hub does not end well:", world.hub_log())


HOW = {"server": hub_fails, "start": start_fails}


def one(job):
    source, folder, point, programs, extra = job
    rig.EXTRA.update(extra)
    world = plan = None
    try:
        world = World.copy(source, os.path.join(folder, str(os.getpid())), **programs)
        plan = Plan(os.path.join(folder, f"{os.getpid()}.plan"))
        HOW.get(point.side, site_fails)(world, point, plan)
        if plan.hits == 0:
            return None, False
        world.daemon, world.client = DAEMON, CLIENT  # what follows needs no sanitizer
        if point.n % 20 == 0:
            again(world, point.step)
            check_all(world)
        elif point.step.who == "hub" or point.side in HOW:
            if point.step.who == "hub":
                again(world, point.step)
            check_hub_alone(world)
        elif point.step.again or os.path.exists(world.path(point.step.who, "site.db")):
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


def ways(plan):
    """(all calls, the first of each way)."""
    seen, firsts = set(), []
    trace = plan.trace()
    for n, hash_ in enumerate(trace, 1):
        if hash_ not in seen:
            seen.add(hash_)
            firsts.append(n)
    return len(trace), firsts


def count_points(before, folder, programs):
    found = []
    plan = Plan(os.path.join(folder, "count.plan"))
    for step in SCRIPT:
        for side in sides(step) + (["start"] if step.name == "sync-first" else []):
            world = World.copy(before[step.name], os.path.join(folder, "count"),
                               **programs)
            plan.set(STACKS, ALLOC if side == "start" else 0)
            if step.serves:
                must(world.serve(plan if side in HOW else None), world.hub_log())
            if side == "server":
                plan.set(STACKS, ALLOC)
            if side != "start":
                plan.set(STACKS, ALLOC)
                got = step.do(world, None if side in HOW else plan)
                must(got.code in (0, CASES), got)
                if side == "server":
                    time.sleep(FOLD_S)
            calls, firsts = ways(plan)
            found.append((step, side, calls, firsts))
            world.kill()
    plan.close()
    return found


def all_points(found, every):
    points = []
    for step, side, calls, firsts in found:
        for n in (range(1, calls + 1) if every else firsts):
            points += [Point(step, side, n, False), Point(step, side, n, True)]
    return points


def leak_programs():
    daemon = os.path.join(LEAK_BUILD, "daemon", "packhorsed")
    client = os.path.join(LEAK_BUILD, "client", "packhorse")
    if os.access(daemon, os.X_OK) and os.access(client, os.X_OK):
        return {"daemon": daemon, "client": client}
    return None


def run_points(tap, options, name, before, folder, points, programs, extra):
    begun = now()
    broken, reached, done = [], 0, 0
    with ProcessPoolExecutor(options.jobs) as pool:
        jobs = [(before[p.step.name], folder, p, programs, extra) for p in points]
        for words, was in pool.map(one, jobs, chunksize=4):
            done += 1
            reached += was
            if words:
                broken.append(words)
                if len(broken) <= options.show:
                    say(words)
            if options.budget and now() - begun > options.budget:
                pool.shutdown(cancel_futures=True)
                break
    say(f"{name}: {done} runs of {len(points)}, {reached} reached their point, {len(broken)} broken, "
        f"{now() - begun:.0f} s")
    tap.ok(f"{name}: no crash, words and status, nothing acknowledged lost",
           not broken, *broken[:5])
    tap.ok(f"{name}: nearly all points were reached", reached >= 0.8 * done,
           f"{reached} of {done}")


def run(tap, options):
    rng = random.Random(f"{options.seed} alloc")
    folder = folder_for("alloc")
    try:
        before = make_worlds(folder, {})
        found = count_points(before, folder, {})
        points = all_points(found, options.all)
        calls = sum(calls for _, _, calls, _ in found)
        n_ways = sum(len(firsts) for _, _, _, firsts in found)
        total = len(points)
        if options.point:
            points = [p for p in points if str(p).startswith(options.point)]
        elif options.count or not options.full:
            points = pick(points, options.count or 60, rng)
        elif not options.all:
            points = pick(points, 2000, rng)
        rng.shuffle(points)
        say(f"alloc: {calls} allocations by {n_ways} ways, {total} points; {len(points)} "
            f"are run, seed {options.seed}")
        run_points(tap, options, "alloc", before, folder, points, {}, {})
        programs = leak_programs()
        if programs is None and options.full:
            tap.skip("alloc: no leak", "no programs with AddressSanitizer in build-leak; "
                     "docs/TESTING.md, \"Faults on purpose\"")
        if programs is None:
            return
        points = points[:max(1, len(points) // 4)]
        run_points(tap, options, "alloc under AddressSanitizer", before, folder, points,
                   programs, SANITIZER)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)

"""No memory: the n-th allocation of a step gives NULL, once, or from then on.

SQLite's, libuv's and jansson's allocations are among them, and those of the C library.
The calls of the script are told apart by the way that leads to them (shim.c, way()): all
callers in our own code, and the two innermost in libraries. Each way is tried once and
from then on, in one of the steps in which it is gone; with --every-step in each. With
--all, each call. Nothing may crash, what fails says so with its status, and what was
acknowledged is there; the hub of a session must go on, or end in order, and then start
again. Of a step with STARTS the start of the hub has points of its own, and so has its end.

A session does not make the same calls in the same order each time, so a run that tells its
call by number may come by another way than it set out for. Ways that none came by are tried
again by the way itself, which takes longer, as the shim looks at the way of each call from
about there on.

Some are run once more by programs that look for leaks (leaks.py).
"""

import errno
import os
import random
import shutil
import signal
import threading

import leaks
from points import (Point, called, chosen_by_name, clocks_of, pick, report, run_points,
                    sides, wait_for_fold)
from rig import (ALLOC, ERRNO, FOREVER, LATER, OTHER, PARTIAL,
                 STACKS, UNREACHABLE, USAGE, Plan, World, folder_for, is_crash,
                 must, now, say)
from script import make_worlds

KEPT = "no crash, words and status, nothing acknowledged lost"
GONE_S = 0.5
POLL_S = 0.02
NEAR = 300  # calls that a session may make less, or earlier
ROUNDS = 2  # counts and runs, at most, until each way was gone
LEFT = 0.05  # of the ways, that sessions may not go again
# a sanitizer itself without memory for a thread that begins; libyaz (docs/TESTING.md)
NOT_OURS = ("AddressSanitizer: CHECK failed: sanitizer_", "in yaz_mutex_create ")


class Short(Point):
    """By WAY, as the count told; the first that comes by it, or the Nth of all calls."""

    def __init__(self, step, side, n, on, way, calls, by_way=False):
        super().__init__(step, side, n, calls)
        self.on, self.way = on, way
        self.wanted = way[-1] if by_way else 0
        self.tries = 2 if by_way else self.tries
        self.name = f"{step.name}/{side}/{f'way-{way[-1]:08x}' if by_way else n}/"

    def __str__(self):
        return self.name + ("on" if self.on else "once")

    def once(self):
        return self.name + "once" if self.on else None

    def put(self, plan):
        # to know a way takes time: it is looked for from a little before where it was on
        at = max(1, self.n - self.n // 8 - NEAR) if self.wanted else self.n
        plan.set(ERRNO, ALLOC, at, FOREVER if self.on else at, errno.ENOMEM, self.wanted)

    def move(self, calls):
        if self.wanted:
            self.n = 1  # from the beginning on
        else:
            super().move(calls)

    def play(self, world, plan):
        HOW.get(self.side, site_fails)(world, self, plan)

    def looks(self, world, whole):
        step = self.step
        if whole:
            return True, "all"
        if step.who == "hub" or self.side in HOW:
            return step.who == "hub" or step.serves is not True, "hub"
        is_there = step.again or os.path.exists(world.path(step.who, "site.db"))
        return is_there, step.who if is_there else None


def is_of_others(text):
    return any(words in text for words in NOT_OURS)


def judge(point, got, log, plan):
    if got.code == -signal.SIGABRT and plan.uv_gave_up and point.side not in HOW:
        return
    if is_of_others(got.err):
        return
    must(not is_crash(got.code) and "Sanitizer" not in got.err, "crashed:", got)
    if got.code in point.step.codes:
        return
    must(got.err.strip() or got.out.strip(), "failed without a word:", got)
    if point.side == "server":
        must(got.code in (OTHER, UNREACHABLE, PARTIAL, LATER, *point.step.may),
             "exit status:", got, log)
    else:
        # of a file that cannot be read, import says 2
        must(got.code in (OTHER, UNREACHABLE, PARTIAL, *point.step.may) or
             (got.code == USAGE and point.step.name == "import"), "exit status:", got)
        must("damaged" not in got.err, "blames the data:", got)


def ended_well(world, status, plan):
    """A hub that memory was too short for: it says so, with 1."""
    if (status == -signal.SIGABRT and plan.uv_gave_up) or is_of_others(world.hub_log()):
        return
    must(status == OTHER, f"the hub ended with {status}:", world.hub_log())
    must("memory" in world.hub_log(), "the hub does not say what it lacked:",
         world.hub_log())


def hub_fails(world, point, plan):
    """Memory is short from after its start on (that is a point of its own) until it is
    asked to end."""
    plan.set(ERRNO, 0)
    must(point.step.serve(world, plan), "it does not start", world.hub_log())
    point.put(plan)
    # a hub that cannot even accept waits for better times, and its peer with it
    gone = threading.Timer(GONE_S, plan.off)
    gone.start()
    got = point.step.do(world)
    wait_for_fold(world, plan)
    gone.cancel()
    gone.join()
    plan.off()
    if not world.alive():
        ended_well(world, world.ended(), plan)
    judge(point, got, world.hub_log(), plan)
    if world.alive():
        must(world.stop() == 0, "the hub does not end with 0:", world.hub_log())
    must("Sanitizer" not in world.hub_log() or is_of_others(world.hub_log()), world.hub_log())


def start_fails(world, point, plan):
    """Memory is short while a hub starts."""
    point.put(plan)
    listens = point.step.serve(world, plan)
    plan.off()
    # one that listens may have seen it behind that, and end by itself
    status = world.stop() if listens else world.status
    if status != 0 or not listens:
        ended_well(world, status, plan)
    must("Sanitizer" not in world.hub_log() or is_of_others(world.hub_log()), world.hub_log())


def closing_fails(world, point, plan):
    """Memory is short from when a hub that has served is asked to end."""
    must(point.step.serve(world, plan), "it does not start", world.hub_log())
    got = point.step.do(world)
    must(got.code in point.step.codes, got)
    wait_for_fold(world, plan)
    point.put(plan)
    status = world.stop()
    plan.off()
    if status != 0:
        ended_well(world, status, plan)
    must("Sanitizer" not in world.hub_log() or is_of_others(world.hub_log()), world.hub_log())


def relents(plan):
    """Memory is short for so long, behind the first call that was hit: who cannot even accept
    waits for better times, and its peer with it. What ends this is to be called."""
    ended = threading.Event()

    def wait():
        while not plan.hits and not ended.wait(POLL_S):
            pass
        if not ended.wait(GONE_S):
            plan.off()

    thread = threading.Thread(target=wait)
    thread.start()
    return lambda: (ended.set(), thread.join())


def site_fails(world, point, plan):
    if point.step.serves:
        must(point.step.serve(world), "it does not start", world.hub_log())
    point.put(plan)
    ended = relents(plan) if point.step.waits else None
    got = point.step.do(world, plan)
    if ended:
        ended()
    plan.off()
    judge(point, got, "", plan)
    if point.step.serves:
        must(world.stop() == 0, "the hub does not end well:", world.hub_log())


HOW = {"server": hub_fails, "start": start_fails, "closing": closing_fails}


def count_step(step, side, before, folder, programs, plan):
    """The ways of its calls, in order."""
    world = World.copy(before[step.name], os.path.join(folder, "count"), **programs)
    world.still = clocks_of(before[step.name])
    plan.set(STACKS, ALLOC if side == "start" else 0)
    if step.serves:
        must(step.serve(world, plan if side in HOW else None), world.hub_log())
    if side != "start":
        plan.set(STACKS, ALLOC)
        got = step.do(world, None if side in HOW else plan)
        must(got.code in step.codes, got)
        if side in ("server", "closing"):
            wait_for_fold(world, plan)
    if side == "closing":
        plan.set(STACKS, ALLOC)
        must(world.stop() == 0, world.hub_log())
    ways = plan.trace()
    world.kill()
    return ways


def count_points(script, before, folder, programs):
    """(step, side, ways) of all of SCRIPT."""
    found = []
    plan = Plan(os.path.join(folder, "count.plan"))
    for step in script.points():
        for side in sides(step) + (["start", "closing"] if step.starts else []):
            found.append((step, side, count_step(step, side, before, folder, programs,
                                                 plan)))
    plan.close()
    return found


def program_of(step, side):
    if side in HOW:
        return "packhorsed" if step.serves is True else "packhorse"
    return "packhorsed" if step.who == "hub" else "packhorse"


def points_of(found, options, came=frozenset(), by_way=False):
    """One for each way; not those that CAME already. (Of whichever step a seed draws.)"""
    order = list(found)
    random.Random(options.seed).shuffle(order)
    points = []
    taken = set(came)
    for step, side, ways in order:
        for n, way in enumerate(ways, 1):
            which = (step.name, side, way) if options.every_step else (
                program_of(step, side), way)
            if options.all or which not in taken:
                points += [Short(step, side, n, on, which, len(ways), by_way)
                           for on in (False, True)]
            taken.add(which)
    return points


def run_some(tap, options, name, before, folder, points, is_each_asked=True):
    begun = now()
    ran = run_points(options, before, folder, points)
    report(tap, options, name, KEPT, ran, points, begun, is_each_asked)
    return ran


def ways_that_came(ran, points, options):
    """Both once and from then on. A run knows the way that it came by."""
    came = {False: set(), True: set()}
    known = {outcome.point: outcome for outcome in ran.outcomes}
    for point in points:
        outcome = known.get(str(point))
        if outcome and outcome.reached:
            came[point.on].add((*point.way[:-1], outcome.way))
    return came[False] & came[True]


def run(tap, options):
    leaks.look(options)
    rng = random.Random(f"{options.seed} alloc")
    script, name = options.played, called(options, "alloc")
    folder = folder_for("alloc")
    try:
        before = make_worlds(folder, {}, script)
        found = count_points(script, before, folder, {})
        every = points_of(found, options)
        calls = sum(len(ways) for _, _, ways in found)
        points = every
        if options.point:
            found = [f for f in found if options.point.startswith(f"{f[0].name}/{f[1]}/")]
            points = chosen_by_name(
                [Short(step, side, n, on, (0, way), len(ways), by_way)
                 for step, side, ways in found for n, way in enumerate(ways, 1)
                 for on in (False, True) for by_way in (False, True)], options)
            points = list({str(point): point for point in points}.values())
        elif options.count or not options.full:
            points = pick(points, options.count or 60, rng)
        rng.shuffle(points)
        say(f"{name}: {calls} allocations, {len(every)} points; {len(points)} are run, "
            f"seed {options.seed}")
        ran = run_some(tap, options, name, before, folder, points)
        if len(points) == len(every) and len(ran.outcomes) == len(points):
            try_rest(tap, options, before, folder, ran, points)
        leaks.again(tap, options, "alloc", KEPT, before, folder, points)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


def try_rest(tap, options, before, folder, ran, points):
    """What was set out for and not come by."""
    wanted = {p.way for p in points}
    came = ways_that_came(ran, points, options)
    for _ in range(ROUNDS):
        rest = points_of(count_points(options.played, before, folder, {}), options, came, by_way=True)
        if not rest or (options.deadline and now() > options.deadline):
            break
        ran = run_some(tap, options, called(options, "alloc again"), before, folder, rest,
                       is_each_asked=False)  # that is asked below, of all
        came |= ways_that_came(ran, rest, options)
    name = called(options, "alloc")
    say(f"{name}: by {len(wanted & came)} of {len(wanted)} ways memory was short, once and "
        f"from then on, and by {len(came - wanted)} that only later counts had")
    tap.ok(f"{name}: nearly all ways were gone", len(wanted - came) <= LEFT * len(wanted),
           *[f"{way}" for way in list(wanted - came)[:10]])

"""What kills, disk and alloc have in common: a point of the script, and a run of one.

A run is a copy of the world before a step, the step with something done to one process of
it (Point.play), and then, when nothing happens any more, the same command again and the
checks of rig.py (Point.look). While something is done, clocks and chance stand still
(shim.c), so that most runs leave what another has left before. The same state, told the
same, after the same step, is looked at once: state_of() says what is the same.

A step without a session makes the same calls each time, so each of its points must be
reached; that a fault lasts makes no difference where no call came behind it. Sessions make
a few calls more or less: a point behind the last call is tried again, as far from the end.
One point in a hundred is run twice and must come out the same.
"""

import copy
import hashlib
import json
import os
import random
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor

import rig
import scripts
from rig import CLIENT, DAEMON, Broken, Plan, World, check_receipts, must, now, say
from state import state_of

QUIET_S = 0.35  # a hub folds 0.2 s after what it stored last
STILL_S = 0.03  # and nothing is to come if its worker waits for no time
POLL_S = 0.01
LATER_S = 3600  # by the clocks that stand, between a run, the same command again and the checks
WORKERS = 4  # for each processor, since those with a hub wait for it
LATEST_S = 20
WHOLE = 10  # of states that no session left, each tenth is looked at with the hub
TRIES = 5  # of a session, until it comes by a point
TWICE = 100  # one point of so many is run twice
FEW = 0.01  # of all, that sessions may not come by


def sides(step):
    return [step.who] + (["server"] if step.serves else [])


class Point:
    """SIDE: who it is done to, at its Nth call of CALLS that the count had."""

    def __init__(self, step, side, n, calls):
        self.step, self.side, self.n, self.left = step, side, n, calls - n
        self.wanted = 0  # the way of the call, if that tells which it is

    tries = TRIES
    may_miss = True  # a few of those of sessions

    def is_fixed(self):
        """It makes the same calls each time."""
        return not (self.step.serves or self.step.helped)

    def once(self):
        """The name of the point that is this one, if no call comes behind it."""
        return None

    def move(self, calls):
        """There were only so many."""
        self.n = max(1, calls - self.left)

    def play(self, world, plan):
        """Do the step, and judge what is seen of it. False: the call did not come."""
        raise NotImplementedError

    def looks(self, world, whole):
        """What is to be looked at behind it: (whether the same command is given again, a key
        of scripts.check() or None)."""
        return True, "all" if self.step.serves or whole else self.step.who


def again(world, step):
    """The same command once more, by programs that nothing happens to."""
    if step.serves:
        must(step.serve(world), "it does not start again:", world.hub_log())
    if step.serves is True:
        check_receipts(world)
    got = step.do_again(world)
    must(got.code in step.codes or step.is_done_already(got),
         "not the second time either:", got, world.hub_log() if step.serves else "")
    if step.again and not step.serves:
        step.after(world, got)


def sleeps(pid):
    """All threads of PID wait for something."""
    tasks = f"/proc/{pid}/task"
    for task in os.listdir(tasks):
        with open(os.path.join(tasks, task, "stat"), encoding="utf-8", errors="replace") as file:
            if file.read().rsplit(")", 1)[1].split()[0] != "S":
                return False
    return True


def wait_for_fold(world, plan, until_hit=True):
    """Until the hub has done what it still wants to: it sleeps, and no thread of it waits for
    a time to come, or for longer than it waits before a fold. A machine with much else to do
    only makes that later."""
    begun = quiet = now()
    count = plan.count
    while world.alive() and not (until_hit and plan.hits) and now() < begun + LATEST_S:
        try:
            still = plan.count == count and sleeps(world.server.pid)
        except OSError:
            continue  # a thread has just ended
        if not still:
            quiet, count = now(), plan.count
        elif now() > quiet + (QUIET_S if plan.timed else STILL_S):
            return
        time.sleep(POLL_S)


# --- one run ---

class Outcome:
    def __init__(self, point):
        self.point = str(point)
        self.is_fixed = point.is_fixed()
        self.broken = None  # the words
        self.reached = False
        self.was_last = False  # no call came behind it
        self.was_known = False  # the state, from another run
        self.was_proven = False  # to be another point, which was run
        self.left = None  # what was said, told and left, by hashes
        self.way = 0
        self.twice = None  # how the same once more came out

    def agrees(self):
        """Of a session only whether it broke."""
        if self.is_fixed:
            return self.left == self.twice.left and self.reached == self.twice.reached
        return bool(self.broken) == bool(self.twice.broken)


def is_news(folder, *what):
    """(whether nobody has looked at WHAT yet, its key)"""
    key = hashlib.blake2b(json.dumps(what, sort_keys=True).encode()).hexdigest()
    return not os.path.exists(os.path.join(folder, "seen", key)), key


def look(point, world, folder, state, scratch):
    """True: such a state has been looked at already; as it was left, or behind the same
    command given again."""
    news, key = is_news(folder, point.step.name, point.side, world.told, state)
    if not news:
        return True
    gives_again, check = point.looks(world, int(key[:8], 16) % WHOLE == 0)
    world.later(LATER_S)
    if gives_again:
        again(world, point.step)
    must(world.stop() == 0, "it does not end well:", world.hub_log())
    news, then = is_news(folder, check, world.told, state_of(world, scratch))
    if news and check:
        world.later(LATER_S)
        scripts.check(world, check)
    for done in (then, key):
        with open(os.path.join(folder, "seen", done), "wb"):
            pass
    return not news


def play(source, own, point, programs, outcome):
    """The world behind the point, and what the plan has of it."""
    world = World.copy(source, own, **programs)
    world.still = clocks_of(source)
    plan = Plan(own + ".plan")
    try:
        point.play(world, plan)
        must(world.server is None, "a hub is left over")
        return world
    finally:
        plan.off()
        world.kill()
        outcome.reached = plan.hits > 0
        outcome.was_last = outcome.reached and plan.count == point.n and not point.wanted
        outcome.way = plan.way
        outcome.calls = plan.count
        plan.close()


def play_and_look(job, own):
    source, folder, point, programs, _ = job
    outcome = Outcome(point)
    point = copy.copy(point)
    world = None
    try:
        # another build than that which was counted may make a call less
        for _ in range(1 if point.is_fixed() and not programs else point.tries):
            world = play(source, own, point, programs, outcome)
            if outcome.reached:
                break
            point.move(outcome.calls)
        state = state_of(world, own + ".db")
        outcome.left = json.dumps([world.heard.hexdigest(), world.told, state, outcome.calls])
        if outcome.reached:
            world.daemon, world.client = DAEMON, CLIENT  # no sanitizer is needed now
            outcome.was_known = look(point, world, folder, state, own + ".db")
    except Broken as broken:
        outcome.broken = str(broken)
    except Exception:  # a harness that breaks is no run that went well
        outcome.broken = traceback.format_exc()
    finally:
        if world:
            world.kill()
    return outcome


def one(job):
    _, folder, _, _, extra, twice = job
    rig.EXTRA.update(extra)
    own = os.path.join(folder, str(os.getpid()))
    os.makedirs(own + ".db", exist_ok=True)
    os.makedirs(os.path.join(folder, "seen"), exist_ok=True)
    outcome = play_and_look(job[:5], own)
    if twice:
        outcome.twice = play_and_look(job[:5], own)
    return outcome


def clocks_of(source):
    """Where the clocks stand for a step: when the world before it was saved, so what is
    done later has later dates."""
    saved = os.stat(os.path.join(source, "told.json")).st_mtime
    boot = time.clock_gettime(time.CLOCK_BOOTTIME) - (time.time() - saved)
    return int(saved) + 1, int(boot) * 1000


# --- many ---

def pick(points, count, rng):
    """COUNT of them, each step and side as often as another. Of how many a group has
    depends as little as can be, since a session has a call more or less each time."""
    groups = {}
    for point in points:
        groups.setdefault((point.step.name, point.side), []).append(point)
    rngs = {key: random.Random(f"{rng.random()}") for key in groups}
    chosen = []
    while len(chosen) < count and groups:
        for key, group in list(groups.items()):
            if len(chosen) < count:
                chosen.append(group.pop(int(rngs[key].random() * len(group))))
            if not group:
                del groups[key]
    return chosen


def chosen_by_name(points, options):
    """Those of that name, or below it: step/side, or step/side/kill, are many."""
    name = options.point.rstrip("/")
    chosen = [p for p in points if f"{p}/".startswith(f"{name}/")]
    if not chosen:
        print(f"tests/fault/run: no point here is called {options.point}", file=sys.stderr)
        raise SystemExit(2)
    return chosen


class Ran:
    def __init__(self):
        self.outcomes = []

    def broken(self):
        return [o for o in self.outcomes if o.broken]

    def count(self, member):
        return sum(bool(getattr(o, member)) for o in self.outcomes)

    def unreached(self, fixed):
        return [o.point for o in self.outcomes if o.is_fixed == fixed and not o.reached]

    def twice(self):
        return [o for o in self.outcomes if o.twice]


def proven(points, ran):
    """(outcomes, the rest): POINTS that are another point, by what RAN."""
    known = {outcome.point: outcome for outcome in ran.outcomes}
    outcomes, rest = [], []
    for point in points:
        twin = known.get(point.once())
        if twin and twin.is_fixed and twin.was_last:
            outcome = copy.copy(twin)
            outcome.point, outcome.was_proven = str(point), True
            outcome.was_known, outcome.twice = False, None
            outcomes.append(outcome)
        else:
            rest.append(point)
    return outcomes, rest


def run_points(options, before, folder, points, programs=None, extra=None):
    """Until all were run or the time is up. What may be another point comes after it."""
    ran = Ran()
    names = {str(point) for point in points}
    later = [point for point in points if point.once() in names]
    first = [point for point in points if point.once() not in names]
    twice = {str(point) for point in first[:-(-len(points) // TWICE)]}
    with ProcessPoolExecutor(WORKERS * options.jobs) as pool:
        for some in (first, later):
            outcomes, some = proven(some, ran)
            ran.outcomes += outcomes
            jobs = [(before[p.step.name], folder, p, programs or {}, extra or {},
                     str(p) in twice) for p in some]
            if not run_jobs(options, pool, jobs, ran):
                break
    return ran


def run_jobs(options, pool, jobs, ran):
    """False: the time is up."""
    for outcome in pool.map(one, jobs, chunksize=1):
        ran.outcomes.append(outcome)
        if outcome.broken and len(ran.broken()) <= options.show:
            say(f"{outcome.point}: {outcome.broken}")
        if options.deadline and now() > options.deadline:
            pool.shutdown(cancel_futures=True)
            return False
    return True


def by_script(options):
    return "" if options.played is scripts.MAIN else f"--script {options.played.name} "


def called(options, group):
    """GROUP, as a run of it is called."""
    return group if options.played is scripts.MAIN else f"{group} of {options.played.name}"


def report(tap, options, name, what, ran, points, begun, is_each_asked=True):
    """The lines and points of TAP on what ran. IS_EACH_ASKED: whether each has to be reached."""
    broken, twice = ran.broken(), ran.twice()
    done, known = len(ran.outcomes), ran.count("was_proven")
    reached = ran.count("reached")
    say(f"{name}: {done} of {len(points)} points, {known} of them without a run since "
        f"nothing came behind the fault, {reached} reached, "
        f"{reached - known - ran.count('was_known')} states looked at, {len(broken)} broken, "
        f"{now() - begun:.0f} s")
    words = []
    for outcome in broken[:5]:
        words += [f"{outcome.point}: {outcome.broken}",
                  f"again: tests/fault/run --only {name.split()[0]} {by_script(options)}--seed "
                  f"{options.seed} --point {outcome.point}"]
    tap.ok(f"{name}: {what} ({done} of {len(points)})", done and not broken,
           f"{len(broken)} of {done}, seed {options.seed}", *words)
    if options.full or not options.seconds:
        tap.ok(f"{name}: none was left out", done == len(points), f"{done} of {len(points)}")
    if is_each_asked and points:
        report_missed(tap, name, ran, points, done)
    differ = [f"{o.point}: {o.twice.broken or o.twice.left}" for o in twice if not o.agrees()]
    tap.ok(f"{name}: {len(twice)} run twice came out the same", twice and not differ, *differ)


def report_missed(tap, name, ran, points, done):
    missed = ran.unreached(True)
    tap.ok(f"{name}: each point of a step without a session was reached", not missed,
           f"{len(missed)}:", *missed[:5])
    missed = ran.unreached(False)
    tap.ok(f"{name}: of sessions too, in {points[0].tries} tries",
           len(missed) <= (max(1, FEW * done) if points[0].may_miss else 0),
           f"{len(missed)}:", *missed[:5])

"""kill -9 of hub and sites by the clock, while both sites record and sync all the time.

A round is a world in which the sites are known and confirmed, and ten kills at random
moments (the hub, what a site runs just then, or both at once), each followed by a start
of the hub, which must hold all it has signed for, by number, before a site syncs again; at
the end of the round, the checks of rig.py. What a site was told is saved counts from the
line on in which it was told.

A kill counts if it ended a process in the middle of its work: a command of a site that had
not ended, or a hub that a session of a site was under way with. Others are told apart.
"""

import os
import random
import shutil
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor

from rig import (CASES, LATER, PARTIAL, UNREACHABLE, Broken, World, check_all,
                 check_receipts, folder_for, must, now, say)
from script import lines, make_worlds
from script_sync import MAIN

KILLS = 10
WORK_S = 0.02  # what a command takes of a machine that has nothing else to do, and more
PATIENCE_S = 30


class Writer(threading.Thread):
    """One site that records and syncs until it is told to end; who holds ROAD keeps it
    from syncing."""

    def __init__(self, world, name, rng):
        super().__init__()
        self.world, self.name_, self.rng = world, name, rng
        self.road = threading.Lock()
        self.stop = False
        self.broken = None
        self.done = 0

    def run(self):
        try:
            while not self.stop:
                got = self.world.site(self.name_, "record", "-",
                                      stdin=lines(self.rng.randrange(1, 6),
                                                  f"{self.name_}{self.done}"))
                must(got.code in (0, -9), got)
                with self.road:
                    got = self.world.sync(self.name_)
                must(got.code in (0, -9, CASES, UNREACHABLE, PARTIAL, LATER), got,
                     self.world.hub_log())
                self.done += 1
        except Broken as broken:
            self.broken = broken


def is_running(process, command=None):
    return process is not None and process.poll() is None and (
        command is None or command in process.args)


def wait_for_work(world, who, command=None):
    """Until one of WHO runs, and a random part of the time that such a thing takes."""
    end = now() + 5
    while now() < end:
        if any(is_running(world.running.get(name), command) for name in who):
            return
        time.sleep(0.001)


def kill_something(world, rng):
    """(whether the hub was, how many were killed at work, how many were not)."""
    hub = rng.random() < 0.6
    who = rng.choice("ab") if not hub or rng.random() < 0.3 else None
    wait_for_work(world, who or "ab", "sync" if hub else None)
    time.sleep(rng.uniform(0, WORK_S))
    hits = misses = 0
    process = world.running.get(who)
    if process:
        process.kill()
        if process.wait() == -signal.SIGKILL:
            hits += 1
    misses += who is not None and hits == 0
    if hub:
        busy = any(is_running(world.running.get(name), "sync") for name in "ab")
        killed = world.kill() == -signal.SIGKILL
        must(killed, "the hub had ended before it was killed:", world.hub_log())
        hits += busy
        misses += not busy
    return hub, hits, misses


class Round:
    def __init__(self):
        self.broken = None
        self.hits = self.misses = self.done = 0


def kill_and_check(world, writers, kills, rng, result):
    end = now() + PATIENCE_S * kills
    while result.hits < kills:
        must(now() < end, f"only {result.hits} kills met anybody at work")
        time.sleep(rng.expovariate(1 / 0.03))
        hub, hits, misses = kill_something(world, rng)
        result.hits += hits
        result.misses += misses
        if hub:
            with writers[0].road, writers[1].road:
                must(world.serve(), "the hub does not start again", world.hub_log())
                check_receipts(world)
        for writer in writers:
            if writer.broken:
                raise writer.broken


def one_round(job):
    source, folder, seed, kills, programs = job
    rng = random.Random(seed)
    world = World.copy(source, os.path.join(folder, str(os.getpid())), **programs)
    writers = []
    result = Round()
    try:
        must(world.serve(), "the hub does not start", world.hub_log())
        writers = [Writer(world, name, random.Random(f"{seed} {name}")) for name in "ab"]
        try:
            for writer in writers:
                writer.start()
            kill_and_check(world, writers, kills, rng, result)
        finally:
            for writer in writers:
                writer.stop = True
            for writer in writers:
                writer.join()
                result.done += writer.done
            world.kill()
        for writer in writers:
            if writer.broken:
                raise writer.broken
        check_all(world)
    except Broken as broken:
        result.broken = f"round {seed}: {broken}"
    finally:
        world.kill()
    return result


def run(tap, options, programs=None):
    programs = programs or {}
    folder = folder_for("crash")
    count = options.count or (300 if options.full else 10)
    begun = now()
    try:
        before = make_worlds(folder, programs, MAIN)
        jobs = [(before[None], folder, f"{options.seed} {i}", min(KILLS, count - i * KILLS),
                 programs) for i in range((count + KILLS - 1) // KILLS)]
        if options.point:
            count = KILLS
            jobs = [(before[None], folder, options.point, KILLS, programs)]
        rounds = []
        with ProcessPoolExecutor(options.jobs) as pool:
            for result in pool.map(one_round, jobs):
                rounds.append(result)
                if result.broken:
                    say(result.broken)
                if options.deadline and now() > options.deadline:
                    pool.shutdown(cancel_futures=True)
                    break
        report(tap, options, rounds, count, begun)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


def report(tap, options, rounds, count, begun):
    kills = sum(result.hits for result in rounds)
    misses = sum(result.misses for result in rounds)
    done = sum(result.done for result in rounds)
    broken = [result.broken for result in rounds if result.broken]
    say(f"crash: {kills} processes killed at work, {misses} besides that were not at work; "
        f"{done} times a site recorded and synced meanwhile, {now() - begun:.0f} s, seed "
        f"{options.seed}")
    tap.ok(f"crash: nothing acknowledged is lost, all recovers, all agrees ({kills} kills)",
           not broken, *broken[:5])
    if options.full or not options.seconds:
        tap.ok(f"crash: {count} were killed at work", kills >= count, kills)
    tap.ok("crash: work went on between the kills", done >= kills / 4, f"{done} rounds")

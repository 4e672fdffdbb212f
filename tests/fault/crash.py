"""kill -9 of hub and sites by the clock, while both sites record and sync all the time.

A round is a world in which the sites are known and confirmed, some ten kills at random
moments (the hub, what a site runs just then, or both at once), each followed by a start
of the hub, which must hold all it has signed for; at the end of the round, the checks of
rig.py. What a site was told is saved counts from the line on in which it was told.
"""

import os
import random
import shutil
import threading
import time
from concurrent.futures import ProcessPoolExecutor

from rig import (CASES, LATER, PARTIAL, UNREACHABLE, Broken, World, check_all,
                 check_receipts, folder_for, lines, make_worlds, must, now, say)

KILLS = 10


class Writer(threading.Thread):
    """One site that records and syncs until it is told to end."""

    def __init__(self, world, name, rng):
        super().__init__()
        self.world, self.name_, self.rng = world, name, rng
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
                got = self.world.sync(self.name_)
                must(got.code in (0, -9, CASES, UNREACHABLE, PARTIAL, LATER), got,
                     self.world.hub_log())
                self.done += 1
        except Broken as broken:
            self.broken = broken


def kill_something(world, rng):
    """Who was killed."""
    hub = rng.random() < 0.6
    who = rng.choice("ab") if not hub or rng.random() < 0.3 else None
    process = world.running.get(who)
    if process:
        process.kill()
    if hub:
        world.kill()
    return hub


def one_round(job):
    """(None or what broke, kills, rounds of record and sync)."""
    source, folder, seed, kills, programs = job
    rng = random.Random(seed)
    world = World.copy(source, os.path.join(folder, str(os.getpid())), **programs)
    writers = []
    done = 0
    try:
        must(world.serve(), "the hub does not start", world.hub_log())
        writers = [Writer(world, name, random.Random(f"{seed} {name}")) for name in "ab"]
        for writer in writers:
            writer.start()
        for _ in range(kills):
            time.sleep(rng.expovariate(1 / 0.06))
            hub = kill_something(world, rng)
            done += 1
            if hub:
                must(world.serve(), "the hub does not start again", world.hub_log())
                check_receipts(world)
            for writer in writers:
                if writer.broken:
                    raise writer.broken
    except Broken as broken:
        return f"round {seed}: {broken}", done, 0
    finally:
        for writer in writers:
            writer.stop = True
        for writer in writers:
            if writer.ident:
                writer.join()
        world.kill()
    try:
        for writer in writers:
            if writer.broken:
                raise writer.broken
        check_all(world)
        return None, done, sum(writer.done for writer in writers)
    except Broken as broken:
        return f"round {seed}: {broken}", done, 0
    finally:
        world.kill()


def run(tap, options, programs=None):
    programs = programs or {}
    folder = folder_for("crash")
    count = options.count or (300 if options.full else 10)
    begun = now()
    try:
        before = make_worlds(folder, programs)
        jobs = [(before[None], folder, f"{options.seed} {i}", KILLS, programs)
                for i in range((count + KILLS - 1) // KILLS)]
        if options.point:
            jobs = [(before[None], folder, options.point, KILLS, programs)]
        broken, kills, done = [], 0, 0
        with ProcessPoolExecutor(options.jobs) as pool:
            for words, killed, written in pool.map(one_round, jobs):
                kills += killed
                done += written
                if words:
                    broken.append(words)
                    say(words)
                if options.budget and now() - begun > options.budget:
                    pool.shutdown(cancel_futures=True)
                    break
        say(f"crash: {kills} kills at random, {done} times a site recorded and synced "
            f"between them, {now() - begun:.0f} s, seed {options.seed}")
        tap.ok("crash: nothing acknowledged is lost, all recovers, all agrees",
               not broken, *broken[:5])
        tap.ok("crash: work went on between the kills", done >= kills / 4,
               f"{done} rounds")
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)

#!/usr/bin/python3
"""transits.py [--count N] [--seed S] [--keep DIR]: real movements of books as crates between sites.

Each row of librarieswest/transits.csv moves a copy of its item type that stands at the
library `from`, or one newly acquired there, to the library `to`. Rows of one day and one way
are one crate. Every library is a site with a folder of its own; it writes its own dispatches
and receives through packhorse, and the sites sync with one packhorsed out of order, some only
after weeks. Where every copy stands in the end follows by construction; crates that are lost,
receives that come in months late or twice, and crates with a copy too few or too many are
planted, and the cases must be exactly these. Every site, which holds its own entries and what it
was fed, must say the same of its own shelves and of what is on the way to it.

Prints what it ran and what it found; exits 1 at the first difference.
"""
import argparse
import csv
import os
import random
import shutil
import tempfile
import time

from province import DATA, Province, check

WAVES = 3


def read_rows(count):
    path = os.path.join(DATA, "librarieswest", "transits.csv")
    with open(path, newline="", encoding="utf-8") as file:
        rows = [(r["date_transited"], r["item_type"], r["from_library"], r["to_library"])
                for r in csv.DictReader(file)]
    rows = [r for r in rows if r[2] != r[3]]
    rows.sort(key=lambda r: r[0])
    return rows[:count] if count else rows


class World:
    """What really happens, and what each site writes down of it."""

    def __init__(self, rows, rng):
        self.rng = rng
        self.names = sorted({r[2] for r in rows} | {r[3] for r in rows})
        self.number = {name: 140001 + i for i, name in enumerate(self.names)}
        self.shelf = {}  # (library, type) -> copies that stand there
        self.goes_to = {}  # crate -> library
        self.place = {}  # copy -> ("site", number) or ("crate", code)
        self.lines = {name: [] for name in self.names}  # (wave, line)
        self.planted = {"lost": 0, "late": 0, "doubled": 0, "short": 0, "over": 0}
        self.count_cases = set()
        self.n_copies = self.n_crates = 0
        days = sorted({r[0] for r in rows})
        self.wave_of = {day: i * WAVES // len(days) for i, day in enumerate(days)}
        self.play(rows)

    def write(self, library, day, line, wave=None):
        self.lines[library].append((self.wave_of[day] if wave is None else wave, line))

    def take_copy(self, library, kind, day):
        stock = self.shelf.setdefault((library, kind), [])
        if stock:
            return stock.pop(self.rng.randrange(len(stock)))
        self.n_copies += 1
        copy = (self.number[library], f"B{self.n_copies:06d}")
        self.write(library, day, {"kind": "copy-put", "copy": {"ns": copy[0], "code": copy[1]},
                                  "owner": self.number[library], "shelf": kind, "when": day})
        return copy

    def play(self, rows):
        by_day = {}
        for day, kind, start, end in rows:
            by_day.setdefault(day, {}).setdefault((start, end), []).append(kind)
        for day in sorted(by_day):
            arrived = []
            for (start, end), kinds in by_day[day].items():
                copies = [(self.take_copy(start, kind, day), kind) for kind in kinds]
                for at in range(0, len(copies), 400):
                    arrived += self.crate(day, start, end, copies[at:at + 400])
            for library, kind, copy in arrived:  # what came today leaves tomorrow at the earliest
                self.shelf.setdefault((library, kind), []).append(copy)

    def stray(self, start):
        """A copy that lies at START and is put into a crate without being listed."""
        for (library, kind), stock in self.shelf.items():
            if library == start and stock:
                return stock.pop(), kind
        return None

    def crate(self, day, start, end, copies):
        self.n_crates += 1
        crate = {"ns": self.number[start], "code": f"K{self.n_crates:06d}"}
        self.goes_to[crate["code"]] = end
        ids = [{"ns": c[0], "code": c[1]} for c, _ in copies]
        self.write(start, day, {"kind": "crate-dispatch", "crate": crate, "from": self.number[start],
                                "to": self.number[end], "copies": ids, "when": f"{day}T08:00"})
        for copy, _ in copies:
            self.place[copy] = ("crate", crate["code"])
        chance = self.rng.random()
        if chance < 1 / 400:
            self.planted["lost"] += 1
            return []
        got, wave, times = list(copies), None, 1
        if chance < 1 / 400 + 1 / 300 and len(copies) > 1:
            self.planted["short"] += 1
            self.count_cases.add(crate["code"])
            got.pop(self.rng.randrange(len(got)))
        elif chance < 1 / 400 + 2 / 300 and (extra := self.stray(start)):
            self.planted["over"] += 1
            self.count_cases.add(crate["code"])
            got.append(extra)
        elif chance < 1 / 400 + 2 / 300 + 1 / 100:
            self.planted["late"] += 1
            wave = WAVES  # typed in from the notebook at the very end
        elif chance < 1 / 400 + 2 / 300 + 2 / 100:
            self.planted["doubled"] += 1
            times = 2
        for i in range(times):
            self.write(end, day, {"kind": "crate-receive", "crate": crate, "final": 1,
                                  "copies": [{"ns": c[0], "code": c[1]} for c, _ in got],
                                  "when": f"{day}T18:{i:02d}"}, wave)
        for copy, _ in got:
            self.place[copy] = ("site", self.number[end])
        return [(end, kind, copy) for copy, kind in got]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=0, help="rows; 0: all")
    parser.add_argument("--seed", type=int, default=20200301)
    parser.add_argument("--keep", help="folder to work in and to leave")
    args = parser.parse_args()
    if not os.path.exists(os.path.join(DATA, "librarieswest", "transits.csv")):
        print("SKIP the movements are not here (PACKHORSE_TESTDATA)")
        return
    rng = random.Random(args.seed)
    rows = read_rows(args.count)
    world = World(rows, rng)
    print(f"{len(rows)} rows, {len(world.names)} sites, {world.n_crates} crates, {world.n_copies} copies, "
          f"planted {world.planted}, seed {args.seed}")
    folder = args.keep or tempfile.mkdtemp(prefix="packhorse-transits.")
    os.makedirs(folder, exist_ok=True)
    province = Province(world.number, folder, rng)
    began = time.monotonic()
    try:
        play(world, province, rng)
        judge(world, province)
    finally:
        province.stop()
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"passed in {time.monotonic() - began:.0f} s")


def play(world, province, rng):
    province.serve()
    away = set()
    for wave in range(WAVES + 1):
        away = {n for n in world.names if rng.random() < 0.3} if wave < WAVES else set()
        for name in world.names:
            province.record(name, [line for w, line in world.lines[name] if w == wave])
        province.sync(n for n in world.names if n not in away)
        if wave > 0:
            province.confirm()
    province.sync(world.names)
    province.sync(world.names)  # the last ones had things to say to the first ones


def places(province, name=None):
    """Copy -> where it is, as the hub lists it, or the site NAME what is there or comes there."""
    found = {}
    for item in province.listed("here", name):
        found[item["copy"]["ns"], item["copy"]["code"]] = ("site", item["site"])
    for item in province.listed("expected", name):
        found[item["copy"]["ns"], item["copy"]["code"]] = ("crate", item["crate"]["code"])
    return found


def judge_sites(world, province):
    wanted = {name: {} for name in world.names}
    at = {number: name for name, number in world.number.items()}
    for copy, place in world.place.items():
        name = at[place[1]] if place[0] == "site" else world.goes_to[place[1]]
        wanted[name][copy] = place
    got = {name: places(province, name) for name in world.names}
    check(f"each of {len(got)} sites says so of its own", got, wanted)
    print(f"  the sites were fed {sum(province.site_json(n, 'status')['fed']['facts'] for n in world.names)} facts")


def judge(world, province):
    province.stop()
    print(f"  the hub holds {province.hub_json('status').get('entries')} entries")
    check("every copy is where it must be", places(province), world.place)
    cases = province.hub_json("query", "cases")["cases"]
    check("cases of other kinds", [c for c in cases if c["case"] != "crate-count"], [])
    judge_sites(world, province)
    check("crates that are short or over", sorted(c["crate"]["code"] for c in cases), sorted(world.count_cases))


if __name__ == "__main__":
    main()

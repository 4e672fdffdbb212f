#!/usr/bin/env python3
"""tests/bench/test_dictionary.py BENCH - what the dictionary of compact segments has from where. TAP.

How much of the benchmark stands in it, as docs/BENCHMARKS.md ("Packing") says; and that
`tests/bench/train` makes the bytes of proto/pack_dict_1.h, where zstd is the version that made it.
BENCH: the built program.
"""
import importlib.machinery
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
HEADER = os.path.join(ROOT, "proto", "pack_dict_1.h")
TRAIN = os.path.join(HERE, "train")
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import workload

NAMES = ("FAMILY", "MIDDLE_WOMAN", "MIDDLE_MAN", "GIVEN_WOMAN", "GIVEN_MAN")
LISTS = NAMES + ("PLACE_NAMES", "TITLES")
EVENTS = 10000
points = 0


def check(words, held, *shown):
    global points
    points += 1
    print("%s %d - %s" % ("ok" if held else "not ok", points, words), flush=True)
    if not held:
        for one in shown:
            print("# %r" % (one,))


def skip(words, why):
    global points
    points += 1
    print("ok %d - %s # SKIP %s" % (points, words, why), flush=True)


def load_train():
    loader = importlib.machinery.SourceFileLoader("train", TRAIN)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("train", loader))
    loader.exec_module(module)
    return module


def header_bytes(path):
    with open(path, encoding="ascii") as file:
        text = file.read()
    return bytes(int(n) for n in re.findall(r"(\d+),", text[text.index("{"):]))


def texts_of(events):
    return {event.row[column] for event in events for column in ("name", "title", "author")
            if column in event.row}


def titles_of(lists):
    return ({form for form, _ in lists["TITLES"]}
            | {word for _, words in lists["TITLES"] for word in words if word})


def compare_lists(mine, trained):
    both = {name: sorted(set(mine[name]) & set(trained[name])) for name in NAMES}
    check("family names in both lists: 12", len(both["FAMILY"]) == 12, both)
    check("middle names: Thị and Văn",
          (both["MIDDLE_WOMAN"], both["MIDDLE_MAN"]) == (["Thị"], ["Văn"]), both)
    check("given names: Loan and Oanh",
          (both["GIVEN_WOMAN"], both["GIVEN_MAN"]) == (["Loan", "Oanh"], []), both)
    places = set(mine["PLACE_NAMES"]) & set(trained["PLACE_NAMES"])
    check("no place", not places, places)
    titles = titles_of(mine) & titles_of(trained)
    check("no form of a title, and no word that fills one", not titles, titles)


def count_texts(site, text):
    registers, events = texts_of(site.base()), texts_of(site.events(EVENTS))
    every = registers | events
    found = sorted(one for one in every if one.encode() in text)
    check("the benchmark has 2,667 texts", len(every) == 2667, len(every))
    check("two of them are in the dictionary",
          found == ["Bùi Thị Oanh", "Hoàng Thị Oanh"], found)
    check("none of the events'", not set(found) & events, found)
    check("others are found that are there", "Lê Trọng Đức".encode() in text)
    with open(os.path.join(ROOT, "docs", "BENCHMARKS.md"), encoding="utf-8") as file:
        said = file.read()
    lacking = [word for word in ["2,667 texts"] + found if word not in said]
    check("BENCHMARKS.md says so", not lacking, lacking)


def zstd_version():
    if not shutil.which("zstd"):
        return None
    out = subprocess.run(["zstd", "--version"], stdout=subprocess.PIPE, check=True, text=True).stdout
    found = re.search(r"v([0-9.]+)", out)
    return found.group(1) if found else out.strip()


def train_again(train, bench):
    words = "tests/bench/train makes the bytes of proto/pack_dict_1.h"
    version = zstd_version()
    if version != train.ZSTD:
        skip(words, "zstd is %s, %s made it" % (version or "not here", train.ZSTD))
        return
    folder = tempfile.mkdtemp()
    out = os.path.join(folder, "made.h")
    build = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(bench))))
    done = subprocess.run([TRAIN, "--build", build, out], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    same = False
    if done.returncode == 0:
        with open(out, "rb") as made, open(HEADER, "rb") as shipped:
            same = made.read() == shipped.read()
    check(words, same, done.returncode, done.stdout)
    shutil.rmtree(folder)


def main():
    mine = {name: getattr(workload, name) for name in LISTS}
    site = workload.Site(140371, 1, workload.next_monday(1790000000))
    data = header_bytes(HEADER)
    text = data[4:4 + int.from_bytes(data[2:4], "big")]
    count_texts(site, text)
    train = load_train()  # puts its own lists into workload
    compare_lists(mine, {name: getattr(workload, name) for name in LISTS})
    train_again(train, sys.argv[1])
    print("1..%d" % points)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""tests/fuzz/test_plan.py - what is said of the fuzz targets in several places agrees. TAP.

Each target of meson.build has a line in PLAN, a row in docs/TESTING.md, one in the table of what is
reached there, and inputs, and nothing else has; how many there are is said there; memory bombs go to each, but for some that are named; each
source and function that is named is there; each local command of the hub has
its place. And sides.py, by examples: only an allocation that fails is memory.
"""
import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from plan import LONGEST, PLAN, WITH
from sides import ONLY_MEMORY, WRITERS, lacking

# No bomb goes to these: whose inputs are steps (some of keep's), picks among what is held
# (control), a timetable (schedule), or what the program itself is given bombs as (record).
NO_BOMBS = {"control", "feed", "keep", "ledger", "province", "record", "schedule", "sibling", "site", "stick"}

# A condition, what stands before it, and the side that only lack of memory takes.
CONDITIONS = (
    ("items == NULL", "items = calloc(n, sizeof(*items));", "true"),
    ("!bigger", "bigger = realloc(old, size);", "true"),
    ("session->noise", "session->noise = calloc(1,\n\t\t8);", "false"),
    ("item != NULL", "struct ph_item *item = ph_item_new(type);", "false"),
    ("ph_buf_put(out, data, len) != 0", "", "true"),
    ("rc == 0", "int rc = ph_buf_reserve(out, len);", "false"),
    ("rc == 0", "int rc = ph_buf_reserve(out, len); rc = read_body(out);", None),
    ("ph_json_shortages() != shortages", "", "true"),
    ("json_object_get(object, names[n]) == NULL", "", None),  # json_value.c
    ("kind == NULL", "kind = ph_kind_find(number);", None),  # entry_check.c
    ("partial->item == NULL", "", None),  # session_message.c
    ("rc < 0", "rc = ph_ledger_catch_up(ledger);", None),
)


def read(*names):
    with open(os.path.join(ROOT, *names), encoding="utf-8") as file:
        return file.read()


def of_meson():
    text = read("tests", "fuzz", "meson.build")
    return set(re.findall(r"^  '(\w+)':", text[:text.index("\n}")], re.MULTILINE))


def rows(head):
    """Names in the first column of the table of targets whose HEAD is so."""
    text = read("docs", "TESTING.md")
    text = text[text.index("\n## Fuzzing\n"):]
    table = text[text.index("\n| target |" + head) + 1:].split("\n\n")[0]
    return {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])}


def counts_differ():
    """How many targets and executions "Figures, and what was reached" tells of."""
    text = read("docs", "TESTING.md")
    said = "%d targets | %.1f million (`PLAN`" % (len(PLAN), sum(n for n, _ in PLAN.values()) / 1000)
    return [] if said in text else ["it does not say: " + said]


def corpora():
    folders = glob.glob(os.path.join(HERE, "fuzz_*.in"))
    return {os.path.basename(folder)[5:-3] for folder in folders if os.listdir(folder)}


def differs(have, want):
    return ["lacks " + name for name in sorted(want - have)] + \
        ["has none: " + name for name in sorted(have - want)]


def bombed():
    """Targets that memory bombs go to; those that a harness of the planted faults builds for them."""
    return [set(re.findall(r'"(\w+)"', re.search(pattern, read("tests", *path), re.DOTALL)[1])) for path, pattern in (
        (("fault", "bombs.py"), r"\nTARGETS = \((.*?)\)\n"),
        (("planted", "harnesses.py"), r"\nDECODERS = \[(.*?)\]"))]


def sources():
    return {path for _, paths in PLAN.values() for path in paths}


def undefined(functions):
    """What of FUNCTIONS is not defined in its source, or whose source is in no line of PLAN."""
    wrong = [path for path in functions if path not in sources()]
    for path, names in functions.items():
        defined = re.findall(r"^[a-z][\w *]*?(\w+)\([^;{}]*\)\n\{", read(*path.split("/")), re.MULTILINE)
        wrong += ["%s: %s" % (path, name) for name in sorted(names - set(defined))]
    return wrong


def misjudged():
    return ["%s: %s" % (condition, lacking(condition, before)) for condition, before, side in CONDITIONS
            if lacking(condition, before) != side] + \
        ([] if lacking("rc < 0", "", True) == "true" else ["rc < 0"])


def main():
    targets = of_meson()
    bombs, built = bombed()
    commands = {os.path.relpath(path, ROOT)
                for path in glob.glob(os.path.join(ROOT, "daemon", "hub_command*.c"))}
    points = (
        ("PLAN has each target of meson.build", differs(set(PLAN), targets)),
        ("TESTING.md has each in its table", differs(rows(""), targets)),
        ("and in that of what they reach", differs(rows(" lines | branches |"), targets)),
        ("and counts them and their executions", counts_differ()),
        ("each has inputs", differs(corpora(), targets)),
        ("WITH and LONGEST name targets",
         sorted((set(WITH) | set(LONGEST) | {one for more in WITH.values() for one in more}) - targets)),
        ("each source of PLAN is there",
         [path for path in sorted(sources()) if not os.path.exists(os.path.join(ROOT, path))]),
        ("each local command of the hub is in PLAN", sorted(commands - sources())),
        ("bombs go to each but those of steps", differs(bombs | NO_BOMBS, targets) + sorted(bombs & NO_BOMBS)),
        ("and the planted faults build those", differs(built, bombs)),
        ("the functions that write are there", undefined(WRITERS)),
        ("and those that fail for memory alone", undefined(ONLY_MEMORY)),
        ("only an allocation that fails is memory", misjudged()),
    )
    print("1..%d" % len(points))
    for number, (what, wrong) in enumerate(points, 1):
        print("%sok %d - %s" % ("not " if wrong else "", number, what))
        for line in wrong:
            print("# " + line)
    return 1 if any(wrong for _, wrong in points) else 0


if __name__ == "__main__":
    sys.exit(main())

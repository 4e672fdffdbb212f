#!/usr/bin/env python3
"""tests/fuzz/test_seeds.py BUILD - the programs still make seeds for the fuzz targets. TAP.

tests/fuzz/seeds is run into a folder of its own: each target that it is for gets some, and the
targets of docs/TESTING.md that it makes none for are those that get none.
"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from plan import PLAN

# Those for which the encoders made all seeds (docs/TESTING.md, "Fuzzing", says why).
BY_ENCODERS = {"announce", "bundle", "control", "courier", "frame", "front", "netlink", "noise", "pack", "page", "schedule",
               "session", "sheet", "spool", "web"}


def named():
    """The targets that TESTING.md says so of."""
    with open(os.path.join(ROOT, "docs", "TESTING.md"), encoding="utf-8") as file:
        text = file.read()
    found = re.search(r"The encoders alone made those of (.*?):", text, re.DOTALL)
    return set(re.findall(r"`(\w+)`", found[1])) if found else set()


def main():
    with tempfile.TemporaryDirectory(prefix="packhorse-made.") as into:
        done = subprocess.run([os.path.join(HERE, "seeds"), "--build", sys.argv[1], "--into", into],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        made = {name[5:-3]: len(os.listdir(os.path.join(into, name))) for name in os.listdir(into)}
    wanted = set(PLAN) - BY_ENCODERS
    said = re.search(r"^(\d+) seeds$", done.stdout, re.MULTILINE)
    points = (
        ("the programs make seeds", [done.stderr] if done.returncode or done.stderr else []),
        ("each target that they are for gets some", sorted(wanted - set(made))),
        ("and no other", sorted(set(made) - wanted)),
        ("as many as it says, under a name each",
         [] if said and int(said[1]) == sum(made.values()) else [done.stdout + str(sum(made.values()))]),
        ("docs/TESTING.md names the targets that get none", sorted(named() ^ BY_ENCODERS)),
    )
    print("1..%d" % len(points))
    for number, (what, wrong) in enumerate(points, 1):
        print("%sok %d - %s" % ("not " if wrong else "", number, what))
        for line in "\n".join(wrong).splitlines():
            print("# " + line)
    return 1 if any(wrong for _, wrong in points) else 0


if __name__ == "__main__":
    sys.exit(main())

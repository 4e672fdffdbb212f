#!/usr/bin/python3
"""docs/check-security.py ROOT - each row of the threats in docs/SECURITY.md names tests, and they are there.

TAP: one point a row, one a table that must be there. A row may be open, and then says so in
italics; it is told as a comment.
"""
import os
import re
import sys

ROWS = 25  # of the threat model: one that is taken out is missed
TEST = re.compile(r"`(tests/[^`]+)`")
SECTIONS = ["Threats", "Processes", "Stolen keys", "Keys", "Readers' data"]


def section(text, name):
    found = re.search(r"^## %s\n(.*?)(?=^## |\Z)" % re.escape(name), text, re.M | re.S)
    return found[1] if found else ""


def rows(text):
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


class Points:
    def __init__(self):
        self.n = self.failed = 0

    def told(self, good, name, why=""):
        self.n += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.n, name))
        if not good:
            print("# " + why)


def look(points, root, row):
    tests = TEST.findall(row[-1])
    is_open = "*Open*" in row[-1]
    gone = [test for test in tests if not os.path.isfile(os.path.join(root, test))]
    why = "not there: " + ", ".join(gone) if gone else "names no test"
    points.told(not gone and (tests or is_open), "%s: %s" % (row[0], row[1]), why)
    if is_open:
        print("# open: " + row[-1].split("*Open*")[1].lstrip(": "))


def main(root):
    with open(os.path.join(root, "docs/SECURITY.md"), encoding="utf-8") as file:
        text = file.read()
    points = Points()
    for name in SECTIONS:
        points.told(section(text, name).strip(), "section " + name, "it is empty or not there")
    threats = rows(section(text, "Threats"))
    points.told(len(threats) >= ROWS, "%d threats" % ROWS, "only %d rows" % len(threats))
    for row in threats:
        look(points, root, row)
    gone = [t for t in TEST.findall(text) if not os.path.isfile(os.path.join(root, t))]
    points.told(not gone, "every test that the page names is there", ", ".join(gone))
    print("1..%d" % points.n)
    return points.failed == 0


sys.exit(0 if main(sys.argv[1]) else 1)

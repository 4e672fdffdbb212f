#!/usr/bin/python3
"""Count test results, for ./test.

  tally.py tap FILE NAME STATUS < output   one program's TAP output
  tally.py meson FILE LABEL TESTLOG STATUS < output   the testlog.json of `meson test`, and how that ended
  tally.py check FILE NAME STATUS < output a step that passes or fails as a whole
  tally.py report FILE                     failures, then "N passed, N failed"

FILE collects one JSON object a line. What counts is the TAP point, not the program. A
program that exits non-zero without a "not ok", dies of a signal, runs into its time
limit, prints no TAP or fewer points than its plan counts as one failure more: a crash
must never look like a shorter success. "# SKIP" counts as skipped, whatever stands
before it (cmocka writes "not ok N # SKIP name").
"""
import json
import re
import sys

POINT = re.compile(r"^(not )?ok\b[ \t]*(\d+)?[ \t]*(?:- )?(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)[ \t]*(?:# *(SKIP.*))?$", re.IGNORECASE)
SKIP = re.compile(r"# *SKIP\S*[ \t]*(.*)$", re.IGNORECASE)
SANITIZER = re.compile(r"==\d+==\s*ERROR|: runtime error: ")
TAIL = 25


def record(name, kind="test"):
    return {"name": name, "kind": kind, "passed": 0, "failed": [], "skipped": [], "tail": ""}


def read_tap(name, output, trouble):
    """TROUBLE: None, or how the program itself ended badly."""
    result = record(name)
    plan = None
    points = 0
    for line in output.splitlines():
        found = PLAN.match(line)
        if found:
            plan = (plan or 0) + int(found[1])
            if found[1] == "0":
                result["skipped"].append(found[2] or "nothing to run")
            continue
        found = POINT.match(line)
        if not found:
            if line.startswith("Bail out!"):
                trouble = trouble or line
            continue
        points += 1
        skip = SKIP.search(found[3])
        if skip:
            before = found[3][: skip.start()].strip()
            result["skipped"].append(" ".join(filter(None, [before, skip[1]])))
        elif found[1]:
            result["failed"].append(found[3].strip() or "point %d" % points)
        else:
            result["passed"] += 1
    if not trouble and plan is None:
        trouble = "no plan (1..N): ended early, or is no TAP"
    if not trouble and points != plan:
        trouble = "planned %d tests, saw %d" % (plan, points)
    if trouble and (not result["failed"] or points != plan):
        result["failed"].append(trouble)
    return result


def ending(status):
    if status == 0:
        return None
    if status == 124:
        return "ran into its time limit"
    if status > 128:
        return "died of signal %d" % (status - 128)
    return "exit status %d" % status


def excerpt(output):
    """Each "not ok" with the comments after it, what a sanitizer said first, the tail."""
    lines = output.splitlines()
    shown, after, report = [], False, 0
    for line in lines[:-TAIL]:
        bad = line.startswith("not ok") and not SKIP.search(line)
        after = bad or (after and line.startswith("#"))
        report = 12 if SANITIZER.search(line) else report - 1
        if after or report > 0:
            shown.append(line)
    return "\n".join(shown[:5 * TAIL] + (["..."] if shown else []) + lines[-TAIL:])


def append(path, result, output):
    if result["failed"]:
        result["tail"] = excerpt(output)
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")
    return result


def show(result):
    print("  %-44s %5d passed%s%s" % (
        result["name"], result["passed"],
        ", %d FAILED" % len(result["failed"]) if result["failed"] else "",
        ", %d skipped" % len(result["skipped"]) if result["skipped"] else ""))


def read_log(log):
    """The tests of meson's log, and whether it is whole: a full disk cuts it short."""
    tests = []
    with open(log, encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                tests.append(json.loads(line))
            except ValueError:
                return tests, False
    return tests, True


def from_meson(path, label, log, status):
    tests, is_whole = read_log(log)
    failures = 0
    for test in tests:
        output = test.get("stdout") or ""
        code = test.get("returncode") or 0
        trouble = None
        if test["result"] == "TIMEOUT":
            trouble = "ran into its time limit"
        elif code:
            trouble = "died of signal %d" % -code if code < 0 else ending(code)
        result = read_tap("%s: %s" % (label, test["name"].split(" / ")[-1]), output, trouble)
        # meson takes cmocka's "not ok N # SKIP" for a failure; it is none
        verdict_holds = test["result"] != "FAIL" or code or not result["skipped"]
        if test["result"] not in ("OK", "SKIP") and verdict_holds and not result["failed"]:
            result["failed"].append("meson: " + test["result"])
        failures += len(result["failed"]) + (test["result"] not in ("OK", "SKIP"))
        show(append(path, result, output + (test.get("stderr") or "")))
    if not is_whole or (status != 0 and failures == 0):
        result = record(label + ": meson test", "check")
        result["failed"].append(ending(status) if is_whole else "its log ends in the middle")
        show(append(path, result, sys.stdin.buffer.read().decode("utf-8", "replace")))
    return 0


def report(path):
    try:
        with open(path, encoding="utf-8") as file:
            results = [json.loads(line) for line in file]
    except FileNotFoundError:
        results = []
    for result in results:
        for skipped in result["skipped"]:
            print("skipped: %s: %s" % (result["name"], skipped))
    for result in results:
        if result["failed"]:
            print("\n--- FAILED: " + result["name"])
            for name in result["failed"]:
                print("not ok: " + name)
            for line in result["tail"].splitlines():
                print("    " + line)
    passed = sum(result["passed"] for result in results)
    failed = sum(len(result["failed"]) for result in results)
    skipped = sum(len(result["skipped"]) for result in results)
    if not any(result["kind"] == "test" and result["passed"] for result in results):
        print("\nNo test has passed: that is a failure.")
        failed = failed or 1
    print("\n%d passed, %d failed%s" % (passed, failed, ", %d skipped" % skipped if skipped else ""))
    return 1 if failed else 0


def main():
    what, path, *rest = sys.argv[1:]
    if what == "report":
        return report(path)
    if what == "meson":
        return from_meson(path, rest[0], rest[1], int(rest[2]))
    name, status = rest[0], int(rest[1])
    output = sys.stdin.buffer.read().decode("utf-8", "replace")
    if what == "tap":
        result = read_tap(name, output, ending(status))
    else:
        result = record(name, "check")
        if status:
            result["failed"].append(ending(status))
        else:
            result["passed"] = 1
    show(append(path, result, output))
    return 0


sys.exit(main())

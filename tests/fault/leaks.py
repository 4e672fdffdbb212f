"""Points of a group once more, with programs that carry AddressSanitizer (build-leak/, or
$PACKHORSE_LEAK_BUILD): they look for leaks and for what is used after it was freed. gcc's
sanitizer is a shared library, so the shim stands before it and asks it for memory.
"""

import os
import sys

from points import called, report, run_points
from rig import HERE, ROOT, now

BUILD = os.environ.get("PACKHORSE_LEAK_BUILD", os.path.join(ROOT, "build-leak"))
SANITIZER = {
    "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=1:exitcode=99:"
                    "allocator_may_return_null=1:handle_segv=1",
    "LSAN_OPTIONS": "print_suppressions=0:suppressions=" + os.path.join(HERE, "leaks.supp"),
}
# runs of a group, unless --leaks says how many: a quarter, at most so many
MOST = {"alloc": 500, "disk": 250}


def programs():
    daemon = os.path.join(BUILD, "daemon", "packhorsed")
    client = os.path.join(BUILD, "client", "packhorse")
    if os.access(daemon, os.X_OK) and os.access(client, os.X_OK):
        return {"daemon": daemon, "client": client}
    return None


def look(options):
    """Before anything is run: whether what was asked for can be."""
    if options.leaks and programs() is None:
        sys.exit(f"--leaks: no programs with AddressSanitizer in {BUILD}; docs/TESTING.md, "
                 '"Faults on purpose"')


def how_many(asked, group, count):
    if asked is None:
        return min(max(1, count // 4), MOST[group])
    return count if asked == "all" else min(asked, count)


def again(tap, options, group, what, before, folder, points):
    """The first of POINTS, as many as are due; WHAT they have to keep."""
    if programs() is None:
        if options.full:
            tap.skip(f"{group}: no leak", "no programs with AddressSanitizer in build-leak; "
                     "docs/TESTING.md, \"Faults on purpose\"")
        return
    points = points[:how_many(options.leaks, group, len(points))]
    options.deadline = options.seconds and now() + options.seconds
    begun = now()
    ran = run_points(options, before, folder, points, programs(), SANITIZER)
    report(tap, options, called(options, f"{group} under AddressSanitizer"), what, ran, points,
           begun)

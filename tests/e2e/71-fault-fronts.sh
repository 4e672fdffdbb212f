#!/bin/bash
# Kills, disks that fail and no memory in sessions that break as something comes down, and in those
# that go on with it (tests/fault/scripts_front.py): a few, with --full some more; all of them are a
# run of its own: tests/fault/run --script front --full.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
count=$([ "${PACKHORSE_FULL:-0}" = 1 ] && echo 20 || echo 4)
# programs that look for leaks are 70-faults'; what lies in their place may be of another state
export PACKHORSE_BUILD=${PACKHORSE_BUILD:-$here/../../build} PACKHORSE_FULL=0 PACKHORSE_LEAK_BUILD=none
exec "$here/../fault/run" --seed 1 --script front --only kills,disk,alloc --count "$count"

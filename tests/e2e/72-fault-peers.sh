#!/bin/bash
# Slow, half-open, never-reading and flooding peers while an honest device syncs, by itself
# since its syncs are timed. The other faults on purpose are 70-faults; see tests/fault/run.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PACKHORSE_BUILD=${PACKHORSE_BUILD:-$here/../../build}
if [ "${PACKHORSE_FULL:-0}" = 1 ]; then
  exec "$here/../fault/run" --only peers
fi
exec "$here/../fault/run" --only peers --seed 1

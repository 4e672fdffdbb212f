#!/bin/bash
# Faults on purpose, with a reduced count and always the same points (PACKHORSE_FULL=1: all,
# of a seed that is drawn, and programs that look for leaks are built for it): see
# tests/fault/run. Slow and hostile peers, which are timed, are 72-fault-peers.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
groups=kills,crash,disk,alloc,bombs,places
export PACKHORSE_BUILD=${PACKHORSE_BUILD:-$root/build}
if [ "${PACKHORSE_FULL:-0}" = 1 ]; then
  {
    CC=gcc "$root/tests/lib/configure.sh" "$root/build-leak" -Dtests=disabled -Db_sanitize=address \
      -Db_lundef=false &&
      ninja -C "$root/build-leak" -j "${PACKHORSE_JOBS:-2}"
  } >&2 || {
    echo "Bail out! the programs that look for leaks do not build"
    exit 1
  }
  exec "$here/../fault/run" --only "$groups"
fi
exec "$here/../fault/run" --only "$groups" --seed 1

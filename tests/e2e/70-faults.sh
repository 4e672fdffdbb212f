#!/bin/bash
# Faults on purpose, with a reduced count (PACKHORSE_FULL=1: all): processes killed at each
# call that changes a disk, and at random; see tests/fault/run.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PACKHORSE_BUILD=${PACKHORSE_BUILD:-$here/../../build}
exec "$here/../fault/run"

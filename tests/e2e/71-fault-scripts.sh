#!/bin/bash
# A few faults in two of the further scripts, so that those still play; all of them are a run of
# its own: tests/fault/run --script all.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PACKHORSE_BUILD=${PACKHORSE_BUILD:-$here/../../build} PACKHORSE_FULL=0
exec "$here/../fault/run" --seed 1 --script stick,keys --only kills --count 4

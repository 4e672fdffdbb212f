#!/bin/bash
# Real movements and a real library system as history, through the real programs
# (tests/proof). Reduced: the first 1,500 movements; PACKHORSE_FULL=1: 4,000. All 37,615
# of them: tests/proof/transits.py.
. "$(dirname "$0")/lib.sh"

export PACKHORSE_BUILD=$BUILD PACKHORSE_TESTDATA=$TESTDATA
count=1500
[ "$FULL" = 1 ] && count=4000

# proof NAME FILE script…: the points that the script says are ok, and how it ended.
proof() {
  local name=$1 file=$2 line
  shift 2
  if [ ! -e "$TESTDATA/data/$file" ]; then
    skip "$name" "no $file in the test data"
    return
  fi
  "$PYTHON" "$ROOT/tests/proof/$1" "${@:2}" >"$T/proof.out" 2>"$T/proof.err"
  local rc=$?
  while IFS= read -r line; do
    case $line in
    '  ok '*) pass "$name: ${line#  ok }" ;;
    *) diag "$line" ;;
    esac
  done <"$T/proof.out"
  if [ "$rc" = 0 ]; then
    pass "$name: to its end"
  else
    fail "$name: to its end"
    diag "$(tail -c 2000 "$T/proof.err")"
  fi
}

proof "crates between 160 sites" librarieswest/transits.csv transits.py --count "$count"
proof "a library system as history" evergreen/asset.copy.sql evergreen.py
done_testing

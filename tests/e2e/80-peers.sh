#!/bin/bash
# The benchmark against peers itself, with 20 events: it delivers, it says what it measured,
# it passes over who is not there, and it finds out a peer that brings one event too few.
. "$(dirname "$0")/lib.sh"

run="nice $ROOT/tests/bench/peers/run --build $BUILD"
present=packhorse
for program in xz git; do
  if command -v "$program" >/dev/null; then
    present=$present,$program
  else
    skip "$program carries 20 events" "$program is not installed"
  fi
done

ok "20 events through $present" $run --quick --json --only "$present"
tail -n 1 ok.out >got
for peer in ${present//,/ }; do
  is "$peer says what it cost" \
    "$(json got 'j["peers"]["'"$peer"'"]["events"]["20"]["bytes"] > 100')" true
done
status "one event too few is found out" 1 $run --quick --plant --json --only "$present"
tail -n 1 ok.out >got
for peer in ${present//,/ }; do
  like "of $peer" "$(json got 'j["peers"]["'"$peer"'"].get("broken", "")')" 'rows, not'
done
status "a peer that is none" 2 $run --only abacus

ok "a folder without packages from npm" mkdir -p bare/tests bare/client bare/daemon
ln -s "$BUILD/tests/bench" "$BUILD/tests/link" bare/tests/
ln -s "$BUILD/client/packhorse" bare/client/
ln -s "$BUILD/daemon/packhorsed" bare/daemon/
rm bare/tests/bench && mkdir bare/tests/bench && ln -s "$BUILD/tests/bench/bench" bare/tests/bench/
status "who is not there is passed over, and nothing carried is no success" 1 \
  $run --build "$T/bare" --quick --json --only automerge
tail -n 1 ok.out >got
like "aloud" "$(json got 'j["peers"]["automerge"]["skipped"]')" 'not (installed|there)'
done_testing

#!/bin/sh
# tests/sim/limit.sh SIM - a province that has no end is ended, counts as died with its seed,
# and holds no other up; one that waits likewise; and --seconds ends a run. TAP.
sim=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
points=0

# NAME, the exit status, words that are said (a pattern of grep -E); then the command's own.
says()
{
	name=$1
	wanted=$2
	word=$3
	shift 3
	points=$((points + 1))
	timeout 200 "$sim" "$@" >"$dir/out" 2>&1
	rc=$?
	if [ $rc -eq "$wanted" ] && grep -q -E -e "$word" "$dir/out"; then
		echo "ok $points - $name"
	else
		echo "not ok $points - $name"
		echo "# $rc"
		sed 's/^/# /' "$dir/out" | head -20
	fi
}

# whether the others were played is what the last of these asks
says "one of four hangs" 1 '^# seed 2 at .* died .*it hangs: no end in 2 s of the processor|^# seed 2 at .* died .*it hangs: no end in 20 s by the clock' \
	--seeds 1-4 --jobs 2 --limit 2 --hang 2
points=$((points + 1))
if grep -q '^# 4 provinces (seeds 1 to 4) ' "$dir/out" && grep -q '^# broken 1 times: died$' "$dir/out" &&
	! grep -q 'shrunk' "$dir/out"; then
	echo "ok $points - and the others are played to their end"
else
	echo "not ok $points - and the others are played to their end"
	sed 's/^/# /' "$dir/out" | head -20
fi
says "one alone hangs" 1 '^# seed 3 at .* died .*it hangs: no end in' --seed 3 --limit 1 --hang 3
says "one waits for ever" 1 '^# seed 3 at .* died .*it hangs: no end in 10 s by the clock' --seed 3 --limit 1 --sleep 3
says "none is begun after its time" 0 '^ok 1 - [1-9][0-9]* provinces' --seed 1 --seconds 3 --tap
echo "1..$points"

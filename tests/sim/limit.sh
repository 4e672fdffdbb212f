#!/bin/sh
# tests/sim/limit.sh SIM - a province that has no end is ended, counts as died with its seed,
# and holds no other up; one that waits likewise; and --seconds ends a run. And what people look
# into a province with: --shrink, whose script breaks the same; a script is played as its seed is;
# --seeds exits by the result. TAP.
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

# NAME, an exit status that is 0 when it is as it should be.
point()
{
	points=$((points + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $points - $1"
	else
		echo "not ok $points - $1"
		sed 's/^/# /' "$dir/out" | head -20
	fi
}

# whether the others were played is what the last of these asks
says "one of four hangs" 1 '^# seed 2 at .* died .*it hangs: no end in 2 s of the processor|^# seed 2 at .* died .*it hangs: no end in 20 s by the clock' \
	--seeds 1-4 --jobs 2 --limit 2 --hang 2
grep -q '^# 4 provinces (seeds 1 to 4) ' "$dir/out" && grep -q '^# broken 1 times: died$' "$dir/out" &&
	! grep -q 'shrunk' "$dir/out"
point "and the others are played to their end" $?
says "one alone hangs" 1 '^# seed 3 at .* died .*it hangs: no end in' --seed 3 --limit 1 --hang 3
says "one waits for ever" 1 '^# seed 3 at .* died .*it hangs: no end in 10 s by the clock' --seed 3 --limit 1 --sleep 3
says "none is begun after its time" 0 '^ok 1 - [1-9][0-9]* provinces' --seed 1 --seconds 3 --tap

# --- shrinking: what breaks whatever happens needs no event, and one device ---
says "one that breaks is shrunk when that is asked for" 1 '^# seed 3 shrunk to 0 events; replay with --script FILE$' \
	--seed 3 --limit 1 --hang 3 --shrink
grep -v '^#' "$dir/out" >"$dir/short"
[ "$(cat "$dir/short")" = 'province 3 1' ]
point "to a script of what it takes" $?
says "which breaks the same" 1 '^# seed 3 at .* died .*it hangs: no end in' --limit 1 --hang 3 --script "$dir/short"
says "and without the fault holds" 0 '^# seed 3: all invariants held' --script "$dir/short"

# --- and one that breaks by two of its events, and otherwise by one of them ---
says "one that needs two events is shrunk to them" 1 '^# seed 3 shrunk to 2 events; replay with --script FILE$' \
	--seed 3 --fall 3 --shrink
grep -q '^# healthy: power fails 2 times$' "$dir/out"
point "it breaks the same as before, not by what one of them does" $?
grep -v '^#' "$dir/out" >"$dir/short"
timeout 200 "$sim" --seed 3 --print >"$dir/long"
[ "$(sed -n 1p "$dir/short")" = 'province 3 1' ] &&
	[ "$(awk '$2 == "power" { print $2, $3, $4 }' "$dir/long")" = "$(awk 'NR > 1 { print $2, $3, $4 }' "$dir/short")" ] &&
	[ "$(wc -l <"$dir/long")" -gt 10 ]
point "they are the two that there were, of many" $?
when='{ at += NR > 1 ? $1 : 0 } $2 == "power" { print at }'
[ "$(awk "$when" "$dir/long")" = "$(awk "$when" "$dir/short")" ]
point "and happen when they did" $?
says "the script of it breaks the same" 1 '^# seed 3 at .* healthy .*power fails 2 times$' --fall 3 --script "$dir/short"
sed '$d' "$dir/short" >"$dir/shorter"
says "without its last event it breaks otherwise" 1 '^# seed 3 at .* live .*power fails 1 times$' --fall 3 --script "$dir/shorter"

# --- a seed and its script are one province ---
# as says(), of standard output alone, which stays in FILE
traced()
{
	name=$1
	file=$2
	shift 2
	timeout 200 "$sim" --trace "$@" >"$dir/$file" 2>"$dir/out"
	point "$name" $?
}

traced "a seed is played with all that happens" seed --seed 4
says "its script is printed" 0 '^province 4 [1-9]' --seed 4 --print
cp "$dir/out" "$dir/script"
traced "and is played" file --script "$dir/script"
[ "$(wc -l <"$dir/seed")" -gt 50 ] && cmp "$dir/seed" "$dir/file" >"$dir/out" 2>&1
point "the same happens, to the letter" $?
sed '$d' "$dir/script" >"$dir/shorter"
traced "without its last event it is played, too" less --script "$dir/shorter"
! cmp -s "$dir/seed" "$dir/less"
point "and is another" $?
says "no script is none" 2 '^/dev/null: no script' --script /dev/null

# --- closely: one seed of a hundred, a script that says so, or any ---
looks()
{
	sed -n 's/^# seed .* \([0-9]*\) looks at a whole store$/\1/p' "$dir/out"
}

says "a seed is looked at" 0 '^# seed 4: all invariants held' --seed 4
few=$(looks)
says "and closely when that is asked for" 0 '^# seed 4: all invariants held' --seed 4 --closely
many=$(looks)
[ "$few" -le 4 ] && [ "$many" -gt 40 ]
point "which is behind each event, not at most four times" $?
says "its script says so" 0 '^province 4 [1-9][0-9]* closely$' --seed 4 --closely --print
cp "$dir/out" "$dir/script"
says "and is looked at as closely" 0 " $many looks at a whole store$" --script "$dir/script"
says "one seed of a hundred is without being asked" 0 '^province 150 [1-9][0-9]* closely$' --seed 150 --print
sed '1s/closely/loosely/' "$dir/script" >"$dir/wrong"
says "no other word stands there" 2 'the first line is: province SEED DEVICES \[closely\]' --script "$dir/wrong"

# --- several ---
says "of several that hold the exit is 0" 0 '^# 3 provinces \(seeds 1 to 3\) ' --seeds 1-3
! grep -q 'broken' "$dir/out"
point "and none is told" $?
grep -q '^# same-ledger: [1-9][0-9]* ledgers compared, [0-9]* excused$' "$dir/out"
point "and how many ledgers were compared is" $?
says "one seed of them alone, too" 0 '^# seed 2: all invariants held' --seeds 2-2
says "what is no range is not played" 2 '^usage: ' --seeds 3-1
echo "1..$points"

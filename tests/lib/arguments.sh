#!/bin/sh
# tests/lib/arguments.sh SOURCE SIM POWER PEER TEST... - harnesses refuse arguments that they cannot take, with what
# is wrong and 2; none is taken for one that was not given, and none runs nothing and passes. SIM,
# POWER and PEER are tests/sim/sim, tests/power/power and tests/vectors/noise_peer; each TEST is
# one that takes --count and --seed (tests/unit/seed_args.h). TAP.
source=$1
sim=$2
power=$3
peer=$4
shift 4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
points=0

# A word of what is said, then the command.
refuses()
{
	word=$1
	shift
	points=$((points + 1))
	timeout 60 "$@" >"$dir/out" 2>"$dir/talk"
	rc=$?
	if [ $rc -eq 2 ] && grep -q -e "$word" "$dir/talk" && ! grep -q Traceback "$dir/talk"; then
		echo "ok $points - ${1##*/tests/} $2 '${3##*/}'"
	else
		echo "not ok $points - ${1##*/tests/} $2 '${3##*/}'"
		echo "# $rc"
		sed 's/^/# /' "$dir/talk" | tail -5
	fi
}

# NAME, then the command: asked for so many that none would be run, or for what is no number.
refuses_none()
{
	option=$1
	shift
	for value in 0 many "" -1 +1 1.5 "1 " 99999999999999999999; do
		refuses "no whole number from 1" "$@" "$option" "$value"
	done
}

refuses "no whole number" "$source/tests/fault/run" --count 0
refuses "no whole number" "$source/tests/fault/run" --count many
refuses "no whole number" "$source/tests/fault/run" --jobs 0
refuses "no number of seconds" "$source/tests/fault/run" --seconds 0
refuses "no number of seconds" "$source/tests/fault/run" --seconds nan
refuses "nothing is named" "$source/tests/fault/run" --only ""
refuses "nothing is named" "$source/tests/fault/run" --point ""
refuses "no group" "$source/tests/fault/run" --only kills,
refuses "no script 'stik'; there are sync stick" "$source/tests/fault/run" --script stik
refuses "no script ''" "$source/tests/fault/run" --script stick,
refuses "nothing is named" "$source/tests/fault/run" --script ""
refuses "script: does nothing for crash" "$source/tests/fault/run" --script stick --only crash
refuses "no whole number" "$source/tests/fault/run" --leaks 0
refuses "no whole number" "$source/tests/fault/run" --leaks some
refuses "leaks: does nothing for kills" "$source/tests/fault/run" --leaks all --only kills
refuses "say by --only of which group" "$source/tests/fault/run" --point nosuch
refuses "no plant is called nosuch" "$source/tests/planted/run" --only nosuch
refuses "no harness nosuch" "$source/tests/planted/run" --with nosuch
refuses "neither a number nor auto" "$source/tests/planted/run" --quarter x
refuses "neither a number nor auto" "$source/tests/planted/run" --quarter ""
refuses "no whole number" "$source/tests/planted/run" --count 0
refuses "no whole number" "$source/tests/fuzz/run" --count 0
refuses "no whole number" "$source/tests/fuzz/run" --seconds 0
for option in --count --jobs --seconds --limit; do
	refuses_none $option "$sim"
done
refuses "no whole number from 0" "$sim" --seeds 5-
refuses usage "$sim" --seeds 5-3
for test in "$power" "$@"; do
	refuses_none --count "$test"
	refuses "no whole number from 0" "$test" --seed ""
	refuses usage "$test" --count
done
for test in "$@"; do
	case $test in
	*/test_permute) refuses_none --orders "$test" ;;
	esac
done
refuses_none --seconds "$power"
refuses usage "$power" --seconds 5 --plant all
refuses "no whole number from 0" "$power" --script ""
for option in --count --size --jobs --most; do
	refuses "no whole number" "$source/tests/reference/compare" $option 0
done
refuses "no whole number" "$source/tests/reference/compare" --count many
refuses "no whole number" "$source/tests/reference/compare" --count ""
refuses "no whole number" "$source/tests/reference/compare" --count -1
refuses "nothing is named" "$source/tests/reference/compare" --file ""
for option in --count --size --periods; do
	refuses "no whole number" "$source/tests/report/run" $option 0
done
# the one of Debian has dissononce; without it there is nothing to refuse
python=/usr/bin/python3
[ -x $python ] || python=python3
if $python -c "import dissononce" 2>/dev/null; then
	for value in 0 many "" -1; do
		refuses "no whole number" $python "$source/tests/e2e/noise_dissononce.py" "$peer" --count "$value"
	done
fi
printf 'province 1 4\n60 work 99 7\n' >"$dir/far"
refuses "far:2: WHO is 0 to 15" "$sim" --script "$dir/far"
printf 'province 1 4\n60 work 3 7 8\n' >"$dir/long"
refuses "long:2: an event is" "$sim" --script "$dir/long"
points=$((points + 1))
if "$sim" --help | grep -q '^usage:' && "$sim" --help >/dev/null; then
	echo "ok $points - sim --help"
else
	echo "not ok $points - sim --help"
fi
echo "1..$points"

#!/bin/sh
# tests/lib/arguments.sh SOURCE SIM - harnesses refuse arguments that they cannot take, with what
# is wrong and 2; none is taken for one that was not given. TAP.
source=$1
sim=$2
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

refuses "no whole number" "$source/tests/fault/run" --count 0
refuses "no whole number" "$source/tests/fault/run" --count many
refuses "no whole number" "$source/tests/fault/run" --jobs 0
refuses "no number of seconds" "$source/tests/fault/run" --seconds 0
refuses "no number of seconds" "$source/tests/fault/run" --seconds nan
refuses "nothing is named" "$source/tests/fault/run" --only ""
refuses "nothing is named" "$source/tests/fault/run" --point ""
refuses "no group" "$source/tests/fault/run" --only kills,
refuses "neither a number nor auto" "$source/tests/planted/run" --quarter x
refuses "neither a number nor auto" "$source/tests/planted/run" --quarter ""
refuses "no whole number" "$source/tests/planted/run" --count 0
refuses "no whole number" "$source/tests/fuzz/run" --count 0
refuses "no whole number" "$source/tests/fuzz/run" --seconds 0
refuses usage "$sim" --count -1
refuses usage "$sim" --count 0
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

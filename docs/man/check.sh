#!/bin/sh
# docs/man/check.sh PROGRAM PAGE - PAGE (scdoc source) names every command and every
# option that PROGRAM's own help names. A page that fell behind fails. TAP: a point a
# command.
program=$1
page=$2
points=0

# Each of the words must stand in the page in bold; one point for all of them.
check()
{
	name=$1
	missing=
	for word in "$@"; do
		grep -q -F -e "*$word*" "$page" || missing="$missing \"$word\""
	done
	points=$((points + 1))
	if [ -z "$missing" ]; then
		echo "ok $points - $name"
	else
		echo "not ok $points - $name"
		echo "# $page does not name$missing"
	fi
}

commands=$("$program" help all | sed -n 's/^  \([a-z-]\{1,\}\( [a-z-]\{1,\}\)\{0,1\}\)  .*/\1/p')
if [ -z "$commands" ]; then
	echo "Bail out! $program help lists no commands"
	exit 1
fi
IFS='
'
for command in $commands; do
	# shellcheck disable=SC2046,SC2086 -- a name of two words is two arguments
	check "$command" $(IFS=' '; "$program" help $command | sed -n 's/^  \(--[a-z-]*\).*/\1/p')
done
echo "1..$points"

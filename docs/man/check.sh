#!/bin/sh
# docs/man/check.sh PROGRAM PAGE - PAGE (scdoc source) names every command and every
# option that PROGRAM's own help names. A page that fell behind fails.
program=$1
page=$2
failed=0

need()
{
	grep -q -F -e "*$1*" "$page" || {
		echo "$page does not name \"$1\""
		failed=1
	}
}

commands=$("$program" help | sed -n 's/^  \([a-z]\{1,\}\( [a-z]\{1,\}\)\{0,1\}\)  .*/\1/p')
if [ -z "$commands" ]; then
	echo "$program help lists no commands"
	exit 1
fi
IFS='
'
for command in $commands; do
	need "$command"
	# shellcheck disable=SC2086 -- a name of two words is two arguments
	options=$(IFS=' '; "$program" help $command | sed -n 's/^  \(--[a-z-]*\).*/\1/p')
	for option in $options; do
		need "$option"
	done
done
exit $failed

#!/bin/sh
# docs/man/check.sh PROGRAM PAGE BOOK - PAGE (scdoc source) and the page BOOK name every
# command and every option that PROGRAM's own help names. What fell behind fails. TAP: a
# point a command.
program=$1
page=$2
book=$3
points=0
# what BOOK tells once for all commands that have it, and has no row of its own
once='--when --staff --behalf --passphrase-file --operator --csv --xlsx --yes'

# The rows of the command NAME in the book: those whose first cell names it, or a line
# that begins with it.
rows()
{
	awk -v name="$1" '{
		cell = $0
		gsub(/\\\|/, " ", cell)
		if (cell ~ /^\|/) {
			split(cell, part, "|")
			cell = part[2]
		} else if (cell !~ /^`/) {
			next
		}
		if (index(cell, "`" name " ") || index(cell, "`" name "`")) {
			print
		}
	}' "$book"
}

# Whether ROWS, or a row of its own, tell of the option WORD. " ..." behind a command
# stands for the options of the one before.
is_told()
{
	case " $once " in *" $1 "*) return 0 ;; esac
	printf '%s\n' "$rows" | grep -q -e "\`$name[^\`]* \.\.\.\`" -e "$1\([^a-z-]\|\$\)" ||
		grep -q -e "^| \`$1[ \`]" "$book"
}

# Each of the words must stand in the page in bold, and in the book; one point for all of them.
check()
{
	name=$1
	missing=
	for word in "$@"; do
		grep -q -F -e "*$word*" "$page" || missing="$missing \"$word\""
	done
	rows=$(rows "$name")
	untold=
	[ -n "$rows" ] || untold=" \"$name\""
	shift
	for word in "$@"; do
		[ -z "$rows" ] || is_told "$word" || untold="$untold \"$word\""
	done
	points=$((points + 1))
	if [ -z "$missing$untold" ]; then
		echo "ok $points - $name"
	else
		echo "not ok $points - $name"
		[ -z "$missing" ] || echo "# $page does not name$missing"
		[ -z "$untold" ] || echo "# $book has no row for$untold"
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

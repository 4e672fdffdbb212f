#!/bin/sh
# tests/sim/rehearse/test.sh REHEARSE PACKHORSE - what packhorse-rehearse reports, and how it
# refuses a bad scenario. TAP.
rehearse=$1
packhorse=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
points=0

ok()
{
	name=$1
	shift
	points=$((points + 1))
	if "$@" >"$dir/out" 2>&1; then
		echo "ok $points - $name"
	else
		echo "not ok $points - $name"
		sed 's/^/# /' "$dir/out" | tail -5
	fi
}

cat >"$dir/plan" <<'END'
days 6
link 3g rate 24000 delay 300 up 80 cut 100000
link base rate 1000000
sites 3 kind commune-library link 3g work 14 devices 2 sync 10:00,16:00
sites 2 kind border-post link 3g work 6 sync 09:00 on mon,thu
vans 1 link base work 20 sync 17:30 on mon,thu
hub down 2 2
site 1 offline 3 5
power 3 4
clock 1 2 1970
full 3 3 4
END
cp "$dir/plan" "$dir/disaster"
echo "pc 2 dies 3" >>"$dir/disaster"

# What python3 finds true of the report in $dir/json.
says()
{
	python3 -c "
import json, sys
r = json.load(open('$dir/json'))
sys.exit(0 if ($1) else 1)"
}

"$rehearse" --json "$dir/plan" >"$dir/json" 2>"$dir/talk"
ok "a month without a lost disk ends well" test $? -eq 0
ok "nothing is said on standard error" test ! -s "$dir/talk"
ok "and nothing is lost" says "r['schema'] == 1 and r['lost'] == 0 and r['entries'] > 200"
ok "what waits is less than what was recorded" says "r['waiting'] < r['entries'] / 2"
ok "a site that was offline for three days was stale for three" says \
	"70 <= r['sites'][0]['stale_worst_hours'] <= 130"
ok "bytes went over both roads, both ways" says \
	"all(l['bytes_up'] > 1000 and l['bytes_down'] > 1000 for l in r['links'])"
ok "the sites add up" says "sum(s['entries'] for s in r['sites']) == r['entries']"
ok "each entry is somewhere" says \
	"all(x['entries'] == x['at_hub'] + x['waiting'] + x['lost'] for x in r['sites'] + [r])"
"$rehearse" --json "$dir/plan" >"$dir/again" 2>/dev/null
ok "the same scenario gives the same report" sh -c \
	"grep -v seconds '$dir/json' >'$dir/a'; grep -v seconds '$dir/again' | cmp - '$dir/a'"
# What each disaster does, by itself: LINE; NAME of a machine, and what the trace says of it.
head -6 "$dir/plan" >"$dir/calm"
strikes()
{
	{ cat "$dir/calm" && echo "$1"; } >"$dir/struck"
	"$rehearse" --json --trace "$dir/struck" >"$dir/json" 2>"$dir/trace"
	ok "$1: all goes on, and the trace tells of it" sh -c \
		"[ $? -eq 0 ] && grep -q -e '$2' '$dir/trace'"
}
"$rehearse" --json "$dir/calm" >"$dir/json" 2>/dev/null
ok "without a disaster nothing is lost, and no case tells of one" says \
	"r['lost'] == 0 and not {'stamp', 'cloned'} & set(r['cases'])"
calm=$(python3 -c "import json; print(json.load(open('$dir/json'))['sites'][0]['entries'])")
strikes "clock 2 2 864000" "the clock of d2 is 864000 s off"
ok "what a clock ten days ahead stamped is a case" says "r['cases']['stamp'] == 1"
strikes "clock 1 2 1970" "the clock of d0 is -[0-9]\{10\} s off"
strikes "restore 1 5 3" "the folder of d0 is put back as it was"
ok "a folder that was put back is a case" says "r['cases']['cloned'] == 1 and r['sites'][0]['lost'] == r['lost']"
strikes "full 1 3 4" "the disk of d0 is full"
ok "a site whose disk is full records less" says "r['sites'][0]['entries'] < 0.9 * $calm and r['lost'] == 0"
ok "until it has room again" awk '/disk of d0 is full/ { full = 1 }
	/d0 writes/ && full && !room { early++ }
	/disk of d0 has room again/ { room = 1 }
	/d0 writes/ && room { late++ }
	END { exit !(early < 3 && late > 5) }' "$dir/trace"
strikes "power 1 3" "d0 loses power in the middle of a write"
ok "and works on when it is back" awk '/d0 loses power/ { cut = 1 }
	/d0 writes/ && cut { late++ }
	END { exit !(late > 5) }' "$dir/trace"
strikes "hub down 2 2" "the hub loses power"
strikes "site 1 offline 3 5" "no road leads to site 1 today"
"$rehearse" --json "$dir/disaster" >"$dir/json" 2>/dev/null
ok "what a disk that died had not sent, is lost, and said to be" says \
	"r['lost'] > 0 and r['sites'][1]['lost'] == r['lost']"
# A machine of site 2 dies on day 3; there is no hub, or no road, on that day and the next.
for bad in "hub down 3 4" "site 2 offline 3 4"; do
	grep -v -e down -e offline "$dir/plan" >"$dir/later"
	printf 'pc 2 dies 3\n%s\n' "$bad" >>"$dir/later"
	"$rehearse" --trace "$dir/later" 2>"$dir/trace" >/dev/null
	ok "$bad: another joins for the machine that died when that is over" awk '
		/ dies, / { died = $2 }
		/ joins / && died && !came { came = $2 }
		END { exit !(died && came - died > 1.9 && came - died < 2.1) }' "$dir/trace"
done
ok "for people, too" sh -c "'$rehearse' '$dir/disaster' 2>/dev/null | grep -q 'were lost'"
ok "packhorse rehearse does the same" sh -c \
	"PACKHORSE_REHEARSE='$rehearse' '$packhorse' rehearse --json '$dir/disaster' 2>/dev/null |
	 grep -v seconds >'$dir/b'; grep -v seconds '$dir/json' | cmp - '$dir/b'"
cat >"$dir/carried" <<'END'
days 9
link 3g rate 24000 delay 300
sites 2 kind commune-library link 3g work 10 sync 16:00
sites 3 kind law-bookcase link none work 5
courier xe1 stops 3-4 on mon,wed,fri
stick usb1 stops 5 on tue,thu leaves 08:00 base 15:00
END
cp "$dir/carried" "$dir/unlucky"
printf 'lost xe1 3\nlost usb1 4\n' >>"$dir/unlucky"
"$rehearse" --json "$dir/carried" >"$dir/json" 2>"$dir/talk"
ok "sites without a network are carried" test $? -eq 0
ok "most of what they record comes to the hub" says \
	"all(s['at_hub'] > s['waiting'] and s['entries'] > 20 for s in r['sites'][2:])"
ok "by courier and by stick, in bytes" says \
	"all(r['roads'][x][y] > 4000 for x in ('courier', 'stick') for y in ('bytes_up', 'bytes_down'))"
ok "the roads are the sums of links and tours" says \
	"r['roads']['network']['bytes_up'] == r['links'][0]['bytes_up'] and
	 r['roads']['stick']['bytes_down'] == r['tours'][1]['bytes_down']"
ok "each round ended at the hub" says "[(t['rounds'], t['missed']) for t in r['tours']] == [(4, 0), (3, 0)]"
"$rehearse" --json "$dir/unlucky" >"$dir/json" 2>"$dir/talk"
ok "a van and a stick that are lost lose nothing" says "r['lost'] == 0 and r['sites'][3]['at_hub'] > 0"

ok "the scenario of its own can be read" sh -c "'$rehearse' --print | grep -q '^days 30'"

# LINE, and a word of what is said about it.
refuses()
{
	printf 'days 5\nlink 3g rate 20000\nsites 3 kind post-office link 3g sync 16:00\n%s\n' "$1" >"$dir/bad"
	"$rehearse" "$dir/bad" >/dev/null 2>"$dir/talk"
	[ $? -eq 78 ] && grep -q "bad:$3: .*$2" "$dir/talk"
}
ok "an unknown word" refuses "sleds 3" "not understood" 4
ok "an unknown link" refuses "sites 2 kind post-office link 4g sync 16:00" "no link \"4g\"" 4
ok "a bad time" refuses "sites 2 kind post-office link 3g sync 25:00" "no time of the day" 4
ok "a bad day" refuses "vans 1 link 3g sync 16:00 on monday" "is no day" 4
ok "a bad number" refuses "link x rate many" "not a whole number" 4
ok "a bad kind" refuses "sites 2 kind shop link 3g sync 16:00" "kind: one of" 4
ok "a site that there is not" refuses "pc 4 dies 2" "from 1 to 3" 4
ok "a day before another" refuses "hub down 4 3" "before" 4
ok "a day after the last" refuses "hub down 3 9" "say days 9" 5
ok "a site that nobody carries for" refuses "sites 1 kind post-office link none" "nobody stops there" 5
ok "a site without a link that syncs" refuses "sites 1 kind post-office link none sync 16:00" "does not sync" 4
ok "a stop that there is not" refuses "courier xe stops 2-4 on mon" "from 2 to 3" 4
ok "a tour without its days" refuses "courier xe stops 2" "on is missing" 4
ok "a courier that there is not" refuses "lost xe 2" "no courier or stick" 4
ok "a value that is missing" refuses "link x rate 2000 up" "its value is missing" 4
ok "a link of a name that there is" refuses "link 3g rate 5000" "there is a link" 4
ok "a link that is called none" refuses "link none rate 5000" "no link is called none" 4
ok "a value twice" refuses "link x rate 2000 up 50 rate 3000" "\"rate\" stands twice" 4
ok "days twice" refuses "days 6" "days stands above" 4
ok "no time of the day" refuses "sites 2 kind post-office link 3g sync ," "which time" 4
ok "no day of the week" refuses "vans 1 link 3g sync 16:00 on ," "which days" 4
many=$(printf '%0130d' 0 | tr 0 ,)
ok "times behind more than is read" refuses "sites 2 kind post-office link 3g sync 16:00${many}25:00" "sync: more than 119" 4
ok "days behind more than is read" refuses "vans 1 link 3g sync 16:00 on mon${many}monday" "on: more than 59" 4
ok "stops behind more than is read" refuses "courier xe stops 2${many}${many}${many}${many}4 on mon" "stops: more than 399" 4
ok "a clock beyond all numbers" refuses "clock 1 2 -99999999999999999999" "no number of seconds" 4

# What is no text, and a file that is none.
bytes()
{
	printf "days 5\nlink 3g rate 20000\n$1" >"$dir/bad"
	"$rehearse" "$dir/bad" >/dev/null 2>"$dir/talk"
	[ $? -eq 78 ] && grep -q "bad:3: $2" "$dir/talk" && ! LC_ALL=C grep -q '[^ -~]' "$dir/talk"
}
ok "a byte of zero, and all behind it" bytes 'sites 3 kind\000 post-office link 3g sync 16:00\nsleds' "a byte of zero"
ok "a character that steers a terminal" bytes 'link zz\033]0;x\007 rate 2000' "word 2 is no plain text"
ok "bytes that are no UTF-8" bytes 'link z\377\376 rate 2000' "word 2 is no plain text"
ok "one that turns the writing around" bytes 'link z\342\200\256a rate 2000' "word 2 is no plain text"
{
	cat "$dir/carried"
	head -c 1100000 /dev/zero | tr '\0' '#'
	printf '\nsleds 3\n'
} >"$dir/large"
# FILE, and a word of what is said about it.
no_file()
{
	"$rehearse" "$1" >/dev/null 2>"$dir/talk"
	[ $? -eq 78 ] && grep -q "$2" "$dir/talk" && [ "$(wc -l <"$dir/talk")" = 1 ]
}
ok "a file that is too large" no_file "$dir/large" "larger than 1048576 bytes"
ok "a folder" no_file "$dir" "is a folder, not a file"
echo "sleds 3" >"$dir/bad"
ok "a long path, and the words behind it" no_file "$dir/$(printf './%.0s' $(seq 1500))bad" ":1: \"sleds\" is not understood"
printf 'sleds 3\n' >"$dir/esc$(printf '\033')"
ok "a name that steers a terminal" sh -c "
	'$rehearse' '$dir'/esc* 2>'$dir/talk'
	! LC_ALL=C grep -q '[^ -~]' '$dir/talk'"
ok "standard input is a file, too" sh -c "'$rehearse' --seed 3 - <'$dir/carried' | grep -q 'nothing was lost'"

# Where standard output takes nothing: that is said, and 1.
for args in "--print" "--help" "$dir/carried" "--json $dir/carried"; do
	"$rehearse" $args >/dev/full 2>"$dir/talk"
	ok "standard output is full: ${args%%/*}" test $? -eq 1 -a "$(grep -c 'standard output cannot be written' "$dir/talk")" = 1
done
"$rehearse" --seed 99999999999999999999 >/dev/null 2>&1
ok "a seed beyond all numbers" test $? -eq 2
"$rehearse" --frobnicate >/dev/null 2>&1
ok "wrong arguments" test $? -eq 2
"$rehearse" "$dir/nothing" >/dev/null 2>&1
ok "a file that is not there" test $? -eq 78
if [ "${PACKHORSE_FULL:-0}" = 1 ]; then
	# 75 sites, 30 days: the target is a minute; beyond three it fails
	"$rehearse" --json >"$dir/json" 2>"$dir/talk"
	ok "the month of the whole province ends well" test $? -eq 0
	ok "in its time" says "r['days'] == 30 and len(r['sites']) >= 75 and r['seconds'] < 180"
	sed -n 's/.*"seconds": *\([0-9.]*\).*/# \1 s/p' "$dir/json"
fi
echo "1..$points"

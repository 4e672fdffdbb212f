#!/bin/bash
# PCs that begin in 1970 at each start, over forty days (docs/DRILLS.md): one by session, one that
# lives by stick. Each start has a boot id of its own, in a mount namespace. Due days and totals are
# those of the days on which it happened, and what another lent since closes when it is given back.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P=$BUILD/client/packhorse
H="$hubd -d hub"
starts_of_machines "clocks that begin in 1970 at each start"
# off OFFSET command…
off() { env LD_PRELOAD="$faketime" FAKETIME="$1" "${@:2}"; }
# in_boot N command…: in the Nth start of a machine whose battery is empty
in_boot() { at_start "$1" -20000d "${@:2}"; }
# the hub's clock, in the file that it looks at each time
hub_clock() { printf '%s\n' "$1" >hub.clock.new && mv hub.clock.new hub.clock; }
day() { TZ=UTC-7 date -d "$1" +%F; }
member() { "$P" -d "$1" status --json | json "d['$2']"; }
total() { # SITE FROM TO: loans that the hub reports of those days
  $H report figures --from "$(day "$2")" --to "$(day "$3")" --json |
    json "sum(s['figures'].get('loans', 0) for s in d['sites'] if s['code'] == '$1')"
}
due() { $H list out --json | json "[i['due'] for i in d['items'] if i['copy']['code'] == '$1']"; }
runs() { # NAME command…: exit 0, or 16, which is of the clock
  "${@:2}" >run.out 2>&1
  case $? in
    0 | 16) return ;;
    *) fail "$1" && diag "$(cat run.out)" ;;
  esac
}

hub_clock +0
printf 'mot cau dai\n' >pass
mkdir stick
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
for n in 1 2 3; do
  $H site add "14-037$n" --commune 03646 --kind commune --name "Điểm $n" 2>/dev/null
  $H invite --site "14-037$n" --role site --out "i$n" --passphrase-file pass 2>/dev/null
done
start serve env LD_PRELOAD="$faketime" FAKETIME_TIMESTAMP_FILE="$T/hub.clock" FAKETIME_NO_CACHE=1 \
  "$hubd" -d hub serve --listen 127.0.0.1:0
at=127.0.0.1:$(listen_port serve)
confirm() { $H devices confirm "$(member "$1" device)" --fingerprint "$(member "$1" fingerprint)" >/dev/null 2>&1; }

# s1 by session, s3 by stick, both in 1970; s2 has the right clock, and the books
in_boot 1 "$P" -d s1 join i1 >/dev/null 2>&1
in_boot 1 "$P" -d s1 sync --hub "$at" >/dev/null 2>&1
"$P" -d s2 join i2 >/dev/null 2>&1
title=$("$P" -d s2 title add --name 'Dế Mèn' --json | json 'd["entries"][0]["ref"]')
new_copy() { "$P" -d s2 copy add --print-code --title "$title" --json | json 'd["entries"][0]["copy"]["code"]'; }
one=$(new_copy)
two=$(new_copy)
"$P" -d s2 sync --hub "$at" >/dev/null 2>&1
in_boot 1 "$P" -d s3 join i3 >/dev/null 2>&1
in_boot 1 "$P" -d s3 visit 1 --band child >/dev/null 2>&1
in_boot 1 "$P" -d s3 pack-stick stick >/dev/null 2>&1
$H take-stick stick >/dev/null 2>&1
for s in s1 s2 s3; do confirm $s; done

# lends DAY: s2 lends both books, by the right clock
lends() {
  runs "s2 lends, day $1" off "+$1d" "$P" -d s2 loan "C$1" "$one" "$two" --term 14
  runs "s2 syncs, day $1" off "+$1d" "$P" -d s2 sync --hub "$at"
}
lends 0
for round in 1 2 3 4 5 6 7 8 9 10; do
  d=$((4 * round))
  hub_clock "+${d}d"
  $H clock accept >/dev/null 2>&1
  # before it hears anything it lends: nobody knows yet on which day
  runs "s1 lends before it hears, day $d" in_boot $((round + 1)) "$P" -d s1 loan "A$d" "B$d" --term 14
  # what was lent four days ago is read, and comes back; and a book of its own goes out
  runs "s1 hears, day $d" in_boot $((round + 1)) "$P" -d s1 sync --hub "$at"
  runs "s1 takes back, day $d" in_boot $((round + 1)) "$P" -d s1 return "$one"
  runs "s1 lends, day $d" in_boot $((round + 1)) "$P" -d s1 loan "D$d" "E$d" --term 14
  runs "s1 syncs, day $d" in_boot $((round + 1)) "$P" -d s1 sync --hub "$at"
  runs "the hub packs, day $d" $H pack-stick stick --site 14-0373
  runs "s3 takes the stick, day $d" in_boot $((round + 1)) "$P" -d s3 take-stick stick
  # the machine is started once more before anybody comes
  runs "s3 takes back, day $d" in_boot $((round + 101)) "$P" -d s3 return "$two"
  runs "s3 lends, day $d" in_boot $((round + 101)) "$P" -d s3 loan "F$d" "G$d" --term 14
  runs "s3 packs, day $d" in_boot $((round + 101)) "$P" -d s3 pack-stick stick
  runs "the hub takes the stick, day $d" $H take-stick stick
  is "day $d: what was read as lent is back" "$(due "$one") $(due "$two")" "[] []"
  is "day $d: what it lends is due in two weeks, by session" "$(due "E$d")" "['$(day "+$((d + 14)) days")']"
  is "day $d: what it lent before it heard, too" "$(due "B$d")" "['$(day "+$((d + 14)) days")']"
  is "day $d: and by stick" "$(due "G$d")" "['$(day "+$((d + 14)) days")']"
  lends "$d"
done
is "the first twenty days have ten loans by session, five by stick" "$(total 14-0371 '+2 days' '+22 days') $(total 14-0373 '+2 days' '+22 days')" '10 5'
is "the next twenty have as many" "$(total 14-0371 '+23 days' '+42 days') $(total 14-0373 '+23 days' '+42 days')" '10 5'
is "no stamp was ahead: the hub put none back" "$($H log --limit 1000 | grep '"kind":"clock-judge"' | grep -c '"clamp"')" 0
is "of each start what was written before it heard was shifted, once" "$($H log --limit 1000 | grep '"kind":"clock-judge"' | grep -c '"behind"') $(grep session.end serve.err | grep -c ' shifted=1')" '10 10'
runs "s1 hears of it" in_boot 12 "$P" -d s1 sync --hub "$at"
is "and shows the day" "$(in_boot 12 "$P" -d s1 list out --json | json "sorted(i['due'] for i in d['items'] if i['copy']['code'] == 'B40')")" "['$(day "+54 days")']"
# the last thing of a start is a sync; the next morning the hub is heard before anything is lent
hub_clock +44d
$H clock accept >/dev/null 2>&1
runs "s1 lends by day" in_boot 40 "$P" -d s1 loan A99 B99 --term 14
runs "s1 hears in the evening" in_boot 40 "$P" -d s1 sync --hub "$at"
hub_clock +45d
$H clock accept >/dev/null 2>&1
runs "s1 hears in the morning" in_boot 41 "$P" -d s1 sync --hub "$at"
runs "s1 lends in the morning" in_boot 41 "$P" -d s1 loan A98 B98 --term 14
runs "s1 syncs" in_boot 41 "$P" -d s1 sync --hub "$at"
is "what was lent before the evening's sync is of its day" "$(due B99) $(due B98)" "['$(day "+58 days")'] ['$(day "+59 days")']"
before=$($H digest)
ok "made anew from the logs" $H rebuild
is "the books are the same" "$($H digest)" "$before"
ok "the hub is whole" $H verify
for s in s1 s2 s3; do ok "$s is whole" "$P" -d "$s" verify; done
done_testing

#!/bin/bash
# Clocks that are wrong by two months and could be right (docs/DRILLS.md): one PC is ahead, one behind
# of the truth but not of anything that it ever heard, and a third is right. One book goes round the
# three while no road is open for eighty days; then all come. What the hub cannot know it does not
# guess: what counts then on other days is told here, and comes right, for order, due days and totals,
# when an operator has judged the clock-marks. Pages typed in by the day need none of it.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
starts_of_machines "clocks that are two months wrong"
# pc DAY WRONG command…: on that day, by a clock that is WRONG days off, at a machine started that day
pc() { at_start "$1" "$(printf '%+dd' $(($1 + $2)))" "${@:3}"; }
one() { pc "$1" 60 "$P" -d s1 "${@:2}"; }
two() { pc "$1" -60 "$P" -d s2 "${@:2}"; }
three() { pc "$1" 0 "$P" -d s3 "${@:2}"; }
# the hub's clock, in the file that it looks at each time
hub_clock() { printf '%s\n' "$1" >hub.clock.new && mv hub.clock.new hub.clock; }
day() { TZ=UTC-7 date -d "+$1 days" +%F; }
second() { date -d "+$1 days" +%s; }
# total SITE COUNTER DAY: what the hub reports of that day, the one before and the one after
total() {
  $H report figures --from "$(day $(($3 - 1)))" --to "$(day $(($3 + 1)))" --json |
    json "sum(s['figures'].get('$2', 0) for s in d['sites'] if s['code'] == '$1')"
}
out() { json "sorted((i['card']['code'], i['due']) for i in d['items'] if i['copy']['code'] == '$1')"; }
has() { $H list out --json | out "$1"; }
cases() { $H cases --json | json "sorted(c['kind'] for c in d['cases'])"; }
syncs() { status "$1" "$2" "${@:3}" sync --hub "$at"; }

# --- day 0: all clocks are right, and the hub is heard ---
hub_clock +0
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
for n in 1 2 3; do
  $H site add "14-037$n" --commune 03646 --kind commune --name "Điểm $n" 2>/dev/null
  $H invite --site "14-037$n" --role site --out "i$n" --passphrase-file pass 2>/dev/null
  pc 0 0 "$P" -d "s$n" join "i$n" >/dev/null
done
hub_start first env LD_PRELOAD="$faketime" FAKETIME_TIMESTAMP_FILE="$T/hub.clock" FAKETIME_NO_CACHE=1
title=$(three 0 title add --name 'Dế Mèn' --json | json 'd["entries"][0]["ref"]')
K=$(three 0 copy add --print-code --title "$title" --json | json 'd["entries"][0]["copy"]["code"]')
for n in 3 2 1; do
  pc_sync "s$n" pc 0 0
  pc_confirm "s$n" 2>/dev/null
done
for n in 3 2 1; do pc_sync "s$n" pc 0 0; done
is "all were heard by a right clock" "$rc" 0

# --- eighty days without a road ---
ok "day 10, ahead: the book is lent" one 10 loan C1 "$K" --term 14
ok "day 10, ahead: and one of its own" one 10 loan C11 M1 --term 14
ok "day 10, ahead: visitors" one 10 visit 3 --band adult
ok "day 20, right: it comes back" three 20 return "$K"
ok "day 20, right: and goes out" three 20 loan C3 "$K" --term 14
ok "day 66, behind: it comes back" two 66 return "$K"
ok "day 66, behind: and goes out" two 66 loan C2 "$K" --term 14
ok "day 66, behind: and one of its own" two 66 loan C22 M2 --term 14
ok "day 66, behind: visitors" two 66 visit 5 --band child
ok "day 70, ahead: it comes back" one 70 return "$K"
ok "day 70, ahead: and goes out" one 70 loan C12 "$K" --term 14
ok "day 70, ahead: visitors" one 70 visit 4 --band adult
ok "day 72, ahead: a page of day 68" one 72 loan D1 N1 --term 14 --when "$(day 68)"
ok "day 72, behind: a page of day 68, which is yet to come by that clock" two 72 loan D2 N2 --term 14 --when "$(day 68)"
like "it says so" "$(cat ok.out)" 'later than today'
ok "day 72, behind: its visitors" two 72 visit 11 --band elder --when "$(day 68)"

# --- day 80: the road is open, and nobody is turned away ---
hub_clock +80d
ok "day 80: the hub's clock is right" $H clock accept
syncs "day 80: who is ahead syncs, and is told" 16 one 80
like "by how much" "$(cat ok.out)" '(59|60) d .*ahead of the hub'
syncs "day 80: who is behind syncs, and is told" 16 two 80
like "by how much" "$(cat ok.out)" '(59|60) d .*behind the hub'
syncs "day 80: who is right syncs" 0 three 80
for n in 1 2 3; do is "s$n: all has receipts" "$(pc 80 0 "$P" -d "s$n" status --json | json 'd["pending"]')" 0; done

# --- what nobody can know yet, as it stands (docs/DRILLS.md) ---
is "as they came: who was behind has its visitors two months early" "$(total 14-0372 visits 66) $(total 14-0372 visits 6)" '0 5'
is "as they came: and its book due two months early" "$(has M2)" "[('C22', '$(day 20)')]"
is "as they came: of who was ahead, what was over by then is two months late" "$(total 14-0371 visits 10) $(total 14-0371 visits 70)" '0 3'
is "as they came: and its book due two months late" "$(has M1)" "[('C11', '$(day 84)')]"
is "as they came: what was yet to come is of the day of the receipt" "$(total 14-0371 visits 80)" 4
is "pages are of their day" "$(has N1) $(has N2) $(total 14-0372 visits 68)" "[('D1', '$(day 82)')] [('D2', '$(day 82)')] 11"

# --- an operator judges the clock-marks by what the PCs said of their clocks ---
# judge SITE FROM TO MEMBER: the marks of that site whose wall clock says a day FROM to TO
judge() {
  $H log --limit 10000 | "$PYTHON" -c '
import json, sys
site, first, last, member = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
for e in map(json.loads, sys.stdin):
    if e.get("kind") == "clock-mark" and e["log_site"] == site and first <= e["wall"] <= last:
        print(json.dumps({"kind": "clock-judge", "mark": e["ref"], member: 60 * 86400}))' \
    "$1" "$(second "$2")" "$(second "$3")" "$4" >marks
  $H record --batch marks >judged 2>&1
}
ok "who was ahead is judged" judge 140371 65 200 ahead
is "each start of it" "$(wc -l <marks)" 3
ok "who was behind is judged" judge 140372 3 30 behind
is "each start of it" "$(wc -l <marks)" 2

is "judged: one book is with whom it was lent last, due by the day" "$(has "$K")" "[('C12', '$(day 84)')]"
is "judged: who was ahead, its own book" "$(has M1)" "[('C11', '$(day 24)')]"
is "judged: who was behind, its own book" "$(has M2)" "[('C22', '$(day 80)')]"
is "judged: each has its visitors on their day" \
  "$(total 14-0371 visits 10) $(total 14-0371 visits 70) $(total 14-0372 visits 66)" '3 4 5'
is "judged: and on no other" "$(total 14-0371 visits 80) $(total 14-0371 visits 130) $(total 14-0372 visits 6)" '0 0 0'
is "judged: each loan is counted on its day" \
  "$(total 14-0371 loans 10) $(total 14-0373 loans 20) $(total 14-0372 loans 66) $(total 14-0371 loans 70)" '2 1 2 1'
is "pages are where they were" "$(has N1) $(has N2) $(total 14-0372 visits 68)" "[('D1', '$(day 82)')] [('D2', '$(day 82)')] 11"
is "judged: and nothing is left to be asked" "$(cases)" '[]'

# --- the clocks are set; the verdicts come down ---
hub_clock +81d
ok "day 81: the hub's clock is right" $H clock accept
for n in 1 2 3; do
  syncs "s$n, its clock set, syncs" 0 pc 81 0 "$P" -d "s$n"
  is "s$n has the hub's books" "$(pc 81 0 "$P" -d "s$n" digest --json | json 'd["digest"]')" \
    "$($H digest --device "$(pc 81 0 "$P" -d "s$n" status --json | json 'd["device"]')" --json | json 'd["digest"]')"
done
is "who was ahead sees its own due day" "$(pc 81 0 "$P" -d s1 list out --json | out M1)" "[('C11', '$(day 24)')]"
is "who was behind sees its own due day" "$(pc 81 0 "$P" -d s2 list out --json | out M2)" "[('C22', '$(day 80)')]"
ok "day 81: the book comes back where it began" three 81 return "$K"
syncs "and that is told" 0 three 81
is "it is back" "$(has "$K")" '[]'
before=$($H digest)
ok "made anew from the logs" $H rebuild
is "the books are the same" "$($H digest)" "$before"
ok "the hub is whole" $H verify
for n in 1 2 3; do ok "s$n is whole" pc 81 0 "$P" -d "s$n" verify; done
done_testing

#!/bin/bash
# A device whose clock is a year ahead: the hub judges its stamps when they come, and from
# then on order, due days and totals are right, there and after a rebuild.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P=$BUILD/client/packhorse
H="$hubd -d hub"
if ! command -v faketime >/dev/null; then
  skip "clocks that are ahead" "no faketime"
  done_testing
fi
# The wall clock alone is wrong: monotonic time goes on, as on a real machine.
export FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1
ahead() { faketime -f +365d "$@"; }
day() { TZ=UTC-7 date -d "$1" +%F; }
judged() { $H log --limit 1000 | grep -c '"kind":"clock-judge"'; }

printf 'mot cau dai\n' >pass
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
for site in 14-0371 14-0372; do
  $H site add $site --commune 03646 --kind commune --name "$site" 2>/dev/null
  $H invite --site $site --role site --out $site --passphrase-file pass 2>/dev/null
done
start serve "$hubd" -d hub serve
at=$(wait_for_line serve '^listening ' | cut -d' ' -f2)

# --- the device that is a year ahead ---
ahead "$P" -d s1 join 14-0371 --even-if-expired >/dev/null 2>&1
title=$(ahead "$P" -d s1 title add --name 'Dế Mèn' --json | json 'd["entries"][0]["ref"]')
copy=$(ahead "$P" -d s1 copy add --print-code --title "$title" --json | json 'd["entries"][0]["copy"]["code"]')
other=$(ahead "$P" -d s1 copy add --print-code --title "$title" --json | json 'd["entries"][0]["copy"]["code"]')
ok "it lends two books" ahead "$P" -d s1 loan C1 "$copy" "$other" --term 14
is "due, as it thinks, in a year" "$("$P" -d s1 list out --json | json 'd["items"][0]["due"]')" "$(day '+379 days')"
status "and syncs; it is told that its clock is wrong" 16 ahead "$P" -d s1 sync --hub "$at"
wait_until 5 grep -q session.end serve.err
like "the log says how many stamps were ahead" "$(grep session.end serve.err)" ' clamped=[1-9]'
is "one verdict, of its clock-mark" "$(judged)" 1
is "no later than now" "$($H log --limit 1000 | grep '"kind":"clock-judge"' |
  json 'abs(d["clamp"] - d["stamp"] // 65536) <= 1')" True

# --- what follows ---
is "the loans are due from today" "$($H list out --json | json '{i["due"] for i in d["items"]}')" "{'$(day '+14 days')'}"
ok "another site, its clock right, takes one back" bash -c "$P -d s2 join 14-0372 && $P -d s2 return $copy && $P -d s2 sync --hub $at"
is "which closes that loan: it came before" "$($H list out --json | json '[i["copy"]["code"] for i in d["items"]]')" "['$other']"
ok "it writes on" ahead "$P" -d s1 visit 3 --band adult
status "and syncs" 16 ahead "$P" -d s1 sync --hub "$at"
is "in a log that runs on the hub's time: no other verdict" "$(judged)" 1
# loans FROM TO: how many the ahead site has in these days
loans() {
  $H report figures --from "$(day "$1")" --to "$(day "$2")" --json |
    json '[s["figures"].get("loans", 0) for s in d["sites"] if s["code"] == "14-0371"] or [0]'
}
is "the month's total has them" "$(loans '-15 days' '+15 days')" '[2]'
is "and that of the next year has not" "$(loans '+350 days' '+380 days')" '[0]'
before=$($H digest)
ok "made anew from the logs" $H rebuild
is "the books are the same" "$($H digest)" "$before"
ok "all is whole" $H verify
done_testing

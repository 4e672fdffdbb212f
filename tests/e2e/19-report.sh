#!/bin/bash
# A month is printed; then pages of a notebook are typed in late, an entry is voided, a
# device is cut off, a clock is judged: the past month's figures move, and the report says
# by how much and by which entries.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
pass="--passphrase-file pass"
pick() { "$PYTHON" -c 'import json,sys; d=json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
sync() { "$P" -d "$1" sync --hub "$at" >/dev/null 2>&1; }
# figure SITE COUNTER FROM TO: what a site has counted, as it is known now
figure() {
  $H report figures --from "$3" --to "$4" --json |
    pick "[s['figures'].get('$2', 0) for s in d['sites'] if s.get('code') == '$1'] or [0]"
}
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 $pass 2>/dev/null
for site in 14-0371 14-0372; do
  $H site add $site --commune 03646 --kind commune --name "$site" 2>/dev/null
  $H invite --site $site --role site --out $site $pass 2>/dev/null
done
start serve "$hubd" -d hub serve
at=$(wait_for_line serve '^listening ' | cut -d' ' -f2)
for site in 14-0371 14-0372; do
  "$P" -d "$site.d" join "$site" >/dev/null 2>&1
done
A=14-0371.d
B=14-0372.d

# --- what happened in August, and what happens today ---
today=$(TZ=UTC-7 date +%F)
ok "visits in August, a loan" bash -c "
  $P -d $A visit 10 --band adult --women 4 --when 2026-08-03 && $P -d $A visit 7 --band child --when 2026-08-31 &&
  $P -d $A loan C1 K1 --when 2026-08-05T09:30 && $P -d $A visit 5 --band adult"
ok "and at another site" "$P" -d $B visit 20 --band elder --when 2026-08-15
sync $A
sync $B
is "August, as it is known" "$(figure 14-0371 visits 2026-08-01 2026-08-31)" '[17]'
is "by age" "$(figure 14-0371 visits_by_band.child 2026-08-01 2026-08-31)" '[7]'
is "today" "$(figure 14-0371 visits "$today" "$today")" '[5]'
status "a period that ends before it begins" 2 $H report figures --from 2026-08-31 --to 2026-08-01
status "a day that is none" 2 $H report figures --from 2026-02-30 --to 2026-08-01
status "a period without its end" 2 $H report figures --from 2026-02-01

# --- printed ---
status "a report that is not there" 1 $H report changed tháng-8
status "a name of 65 bytes" 2 $H report issue "$(printf 'x%.0s' {1..65})" --from 2026-08-01 --to 2026-08-31
ok "report issue" $H report issue tháng-8 --from 2026-08-01 --to 2026-08-31
is "report list" "$($H report list --plain | cut -f1-3)" "$(printf 'tháng-8\t2026-08-01\t2026-08-31')"
is "report show: what was printed" "$($H report show tháng-8 --plain | grep -E 'visits	|loans')" \
  "$(printf '14-0371\tvisits\t17\n14-0371\tloans\t1\n14-0372\tvisits\t20')"
is "nothing has changed" "$($H report changed tháng-8 --json | pick 'd["changed"], d["entries"]')" '([], [])'
like "to people too" "$($H report changed tháng-8 2>&1)" 'as they were printed'

# --- late pages, and a void ---
ok "today's visits are no change of August" "$P" -d $A visit 3 --band adult
sync $A
is "none" "$($H report changed tháng-8 --json | pick 'd["changed"]')" '[]'
ok "a page of the notebook, typed in late" bash -c "
  $P -d $A visit 6 --band adult --women 1 --when 2026-08-20 && $P -d $A loan C2 K2 --when 2026-08-21T10:00"
void=$("$P" -d $B log --limit 1 --json | pick 'd["entries"][0]["ref"]')
ok "and a void" "$P" -d $B void "$void" --reason duplicate
sync $A
sync $B
$H report changed tháng-8 --json >changed
is "exactly what is different" "$(json changed '[(c["code"], c["counter"], c["printed"], c["now"]) for c in j["changed"]]')" \
  '[["14-0371", "visits", 17, 23], ["14-0371", "women", 4, 5], ["14-0371", "loans", 1, 2], ["14-0371", "visits_by_band.adult", 10, 16], ["14-0372", "visits", 20, 0], ["14-0372", "visits_by_band.elder", 20, 0]]'
is "by which entries, and why" "$(json changed 'sorted((e["code"], e["kind"], e["time"][:10], e["why"], sorted(e["counts"].items())) for e in j["entries"])')" \
  '[["14-0371", "loan", "2026-08-21", "late", [["loans", 1]]], ["14-0371", "visit", "2026-08-20", "late", [["visits", 6], ["visits_by_band.adult", 6], ["women", 1]]], ["14-0372", "visit", "2026-08-15", "voided", [["visits", -20], ["visits_by_band.elder", -20]]]]'
is "all is explained" "$(json changed 'j["unexplained"]')" '[]'
is "the device is named" "$(json changed 'j["entries"][0]["device"]')" "$("$P" -d $A status --json | pick 'd["device"]')"
is "and when it came" "$(json changed 'j["entries"][0]["arrived"][:10]')" "$today"
is "and which entry voids" "$(json changed '[e["by"].split(".")[0] == e["ref"].split(".")[0] for e in j["entries"] if e["why"] == "voided"]')" '[true]'
is "the past month moved" "$(figure 14-0371 visits 2026-08-01 2026-08-31)" '[23]'
is "and this one did not" "$(figure 14-0371 visits "$today" "$today")" '[8]'
is "what was printed stays" "$($H report show tháng-8 --plain | grep -c '14-0371	visits	17')" 1
like "to people: printed and now" "$($H report changed tháng-8 | tr -s ' ')" '14-0371 visits 17 23'

# --- a second edition, a cut and its release ---
ok "issued again" $H report issue tháng-8 --from 2026-08-01 --to 2026-08-31
is "the name means the last one" "$($H report changed tháng-8 --json | pick 'd["changed"]')" '[]'
first=$($H report list --json | pick '[r["ref"] for r in d["reports"]][0]')
is "the first is found by its reference" "$($H report changed "$first" --json | pick 'len(d["entries"])')" 3
device=$("$P" -d $A status --json | pick 'd["device"]')
log=$($H log --site 14-0371 | head -n 1 | pick 'd["log"]')
ok "the device is cut off at its second visit" $H cut "${device:0:8}" --reason misuse --at "$log:4" $pass
is "what it wrote is gone" "$($H report changed tháng-8 --json | pick '[(e["kind"], e["why"]) for e in d["entries"]]')" \
  "[('loan', 'cut'), ('visit', 'cut'), ('loan', 'cut')]"
ok "released" $H void "$($H log --limit 100 | "$PYTHON" -c 'import json,sys
print([x["ref"] for x in map(json.loads, sys.stdin) if x["kind"] == "device-cut"][0])')" $pass
is "all is as printed" "$($H report changed tháng-8 --json | pick 'd["changed"]')" '[]'

# --- a site agrees ---
ok "a site signs it off" "$P" -d $B signoff "$($H report list --json | pick 'd["reports"][-1]["ref"]')"
sync $B
is "the list says so" "$($H report list --json | pick '[(r["agree"], r["disagree"]) for r in d["reports"]]')" '[(0, 0), (1, 0)]'

# --- what is given to the province itself is of no site, and hides none ---
ok "issued once more" $H report issue tháng-này --from "$today" --to "$today"
ok "a donation to the province" $H donation person --money 5
is "site 0" "$($H report figures --from "$today" --to "$today" --json |
  pick '[(s["site"], s.get("code"), s["figures"]) for s in d["sites"] if s["site"] == 0]')" \
  "[(0, None, {'donations': 1, 'donated_money': 5, 'donations_by_donor.person': 1})]"
is "the others are there" "$(figure 14-0371 visits "$today" "$today")" '[8]'
is "August too" "$(figure 14-0371 visits 2026-08-01 2026-08-31)" '[23]'
is "to people: the province" "$($H report figures --from "$today" --to "$today" | grep -c '^the province  *donations ')" 1
is "to programs: 0" "$($H report figures --from "$today" --to "$today" --plain | grep -c '^0	donations	1')" 1
is "what changed" "$($H report changed tháng-này --json |
  pick '[(c["site"], c["counter"], c["printed"], c["now"]) for c in d["changed"]], [(e["site"], e["kind"], e["why"]) for e in d["entries"]], d["unexplained"]')" \
  "([(0, 'donations', 0, 1), (0, 'donated_money', 0, 5), (0, 'donations_by_donor.person', 0, 1)], [(0, 'donation', 'late')], [])"
before=$($H digest)
ok "made anew from the logs" $H rebuild
is "the books are the same" "$($H digest)" "$before"
is "and so is what changed" "$($H report changed "$first" --json | pick 'len(d["entries"])')" 3
ok "all is whole" $H verify
done_testing

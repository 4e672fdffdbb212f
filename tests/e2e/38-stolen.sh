#!/bin/bash
# A PC is stolen: it is cut off over all its logs and on every road (session, stick, courier, the
# LAN and another PC of its site, a new log that continues the old one, dates of long ago); what it
# brings is kept apart until it is let in; the hub says whose data was on it; its site goes on with another PC.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P=$BUILD/client/packhorse
H="$hubd -d hub"
member() { "$P" -d "$1" status --json | json "d['$2']"; }
sync() { "$P" -d "$1" sync --hub "$at" --json; }
visitors() { $H report figures --from 2000-01-01 --to 2999-12-31 --json |
  json 'sum(s["figures"].get("visits", 0) for s in d["sites"])'; }
at_hub() { $H devices --json | json "[x['entries'] for x in d['devices'] if x['device'] == '$thief'][0]"; }
invite() { $H invite --site "$1" --role "$2" --hub "$at" --out "$3" --passphrase-file pass 2>/dev/null; }
confirm() { $H devices confirm "$(member "$1" device)" --fingerprint "$(member "$1" fingerprint)" 2>/dev/null; }

printf 'mot cau dai\n' >pass
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
for site in 14-0371:commune 14-0372:commune 14-0900:van; do
  $H site add "${site%:*}" --commune 03646 --kind "${site#*:}" --name "${site%:*}" 2>/dev/null
done
start serve $H serve --listen 127.0.0.1:0
hub=$started_pid
at=$(wait_for_line serve '^listening ' | cut -d' ' -f2)
invite 14-0371 site i1
invite 14-0371 site i2
invite 14-0372 site i3
invite 14-0900 courier i4
for i in 1 2 3; do
  "$P" -d s$i join i$i >/dev/null
  sync s$i >/dev/null
done
"$P" -d van join i4 >/dev/null
sync van >/dev/null
for i in 1 2 3; do confirm s$i; done
thief=$(member s1 device)

# --- a working day: two PCs of one site, their readers ---
"$P" -d s1 reader add --name 'Lò Văn Pánh' --band adult --print-card >/dev/null
"$P" -d s1 visit 3 --band adult >/dev/null
"$P" -d s2 reader add --name 'Cầm Thị Ban' --band adult --print-card >/dev/null
"$P" -d s2 visit 5 --band adult >/dev/null
"$P" -d s3 reader add --name 'Giàng A Páo' --band adult --print-card >/dev/null
for i in 1 2 3 1; do sync s$i >/dev/null; done
counted=$(visitors)
is "both PCs' visitors count" "$counted" 8

# --- recorded before the theft, and under way by stick and by van when it is cut off ---
mkdir stick
"$P" -d s1 visit 10 --band adult >/dev/null
ok "the PC packs a stick" "$P" -d s1 pack-stick stick
start van.out "$P" -d van courier --listen 127.0.0.1:0
van=$started_pid
van_at=127.0.0.1:$(listen_port van.out)
ok "and gives the van what waits" "$P" -d s1 sync --courier "$van_at"
stop "$van"

# --- cut off ---
is "nobody is cut off without the passphrase" "$($H cut "${thief:0:8}" --reason stolen </dev/null >/dev/null 2>&1; echo $?)" 2
ok "the operator cuts it off" $H cut "${thief:0:8}" --reason stolen --passphrase-file pass
like "and is told whose data was on it" "$(cat ok.out)" 'it had the data of [0-9]+ readers.*devices held'
held=$($H devices held "${thief:0:8}" --json)
is "as many are listed" "$(grep -o 'data of [0-9]*' ok.out | grep -o '[0-9]*')" "$(json 'len(d["readers"])' <<<"$held")"
is "without names, unless somebody asks for them" "$(grep -c 'Pánh' <<<"$held")" 0
names=$($H devices held "${thief:0:8}" --names)
like "its own reader" "$names" 'Lò Văn Pánh'
like "that of the other PC of its site" "$names" 'Cầm Thị Ban'
like "with their cards" "$names" '[0-9]{13}'
like "for people: what it had read cannot be called back" "$($H devices held "${thief:0:8}" 2>&1)" 'cannot be called back|không thể thu hồi'
is "a courier had no reader's data" "$($H devices held "$(member van device)" --json | json '[d["all"], d["readers"]]')" '[False, []]'
status "no such device" 1 $H devices held 00000000

# --- every road ---
nothing_more() { is "$1: nothing of it counts" "$(visitors)" "$counted"; }
before=$(at_hub)
"$P" -d s1 visit 20 --band adult >/dev/null
"$P" -d s1 visit 30 --band adult --when "$(date -d '-40 days' +%F)" >/dev/null
status "a session: it is told, and what it brings is kept" 11 sync s1
ok "kept" test "$(at_hub)" -gt "$before"
nothing_more "a session, entries of today and of long ago"
"$P" -d s2 reader add --name 'Vàng Thị Mỷ' --band adult >/dev/null
sync s2 >/dev/null
sync s1 >got
is "nothing that others wrote goes to it" "$(json '[d["entries_of_site"], d["parts_received"], d["entries_back"], d["fed"]["facts"]]' <got)" '[0, 0, 0, 0]'

before=$(at_hub)
"$P" -d s1 sync --restored --hub 127.0.0.1:1 >/dev/null 2>&1
"$P" -d s1 visit 40 --band adult >/dev/null 2>fresh
like "a fresh log that continues the old one" "$(cat fresh)" 'in a new log'
"$P" -d s1 visit 50 --band adult --when "$(date -d '-80 days' +%F)" >/dev/null
status "in a session" 11 sync s1
ok "kept" test "$(at_hub)" -gt "$before"
nothing_more "a fresh log"

ok "the stick from before the cut is taken" $H take-stick stick
nothing_more "a stick from before the cut"
"$P" -d s1 visit 60 --band adult >/dev/null
before=$(at_hub)
ok "a new stick" "$P" -d s1 pack-stick stick
ok "is taken" $H take-stick stick
ok "kept" test "$(at_hub)" -gt "$before"
nothing_more "a stick"
rm -r stick/*
$H pack-stick stick --device "$thief" >/dev/null 2>&1
"$P" -d s1 take-stick stick >/dev/null 2>&1
is "a stick brings it no name" "$("$P" -d s1 find 'Mỷ' 2>/dev/null | grep -c 'Mỷ')" 0

ok "the van comes to the base with what it was given" "$P" -d van sync --hub "$at"
nothing_more "a courier"
start van.out "$P" -d van courier --listen 127.0.0.1:0
van=$started_pid
van_at=127.0.0.1:$(listen_port van.out)
"$P" -d s1 visit 70 --band adult >/dev/null
"$P" -d s1 sync --courier "$van_at" >/dev/null 2>&1
stop "$van"
"$P" -d van sync --hub "$at" >/dev/null 2>&1
nothing_more "a courier, later"

# --- after a restart and from the logs alone it is the same ---
stop "$started_pid" 2>/dev/null
digest=$($H digest)
$H rebuild >/dev/null
is "made anew, the books are the same" "$($H digest) $(visitors)" "$digest $counted"

# --- a person lets something in, and takes that back ---
logs=$($H log --site 14-0371 --limit 10000 | "$PYTHON" -c '
import json, sys
logs = {}
for e in map(json.loads, sys.stdin):
    if e["kind"] == "visit" and e.get("count") in (10, 40):
        log, n = e["ref"].split(".")[:2]
        logs[e["count"]] = log + ":" + n
print(logs.get(10, ""), logs.get(40, ""))')
ten=${logs% *}
ok "what was honest is let in, up to an entry" $H adopt "$ten" --passphrase-file pass
is "it counts, and no more" "$(visitors)" $((counted + 10))
adopted=$($H log --limit 10000 | "$PYTHON" -c 'import json,sys
print([x["ref"] for x in map(json.loads, sys.stdin) if x["kind"] == "log-adopt"][-1])')
ok "that is taken back" $H void "$adopted" --passphrase-file pass
nothing_more "taken back"
rc=0
$H cases --json >cases.json || rc=$?
like "the hub lists what waits for a person" "$(json '{c["case"] for c in d["cases"]}' <cases.json)" 'cut'

# --- more logs than one cut can name: each start without a witness begins one ---
invite 14-0372 site i6
"$P" -d s6 join i6 >/dev/null
sync s6 >/dev/null
confirm s6
before=$(visitors)
for ((i = 1; i <= 65; i++)); do
  [ $i = 1 ] || rm -f s6/witness
  "$P" -d s6 visit $((i < 65 ? 1 : 1000)) --band adult >/dev/null 2>&1
  [ $((i % 8)) -gt 1 ] || sync s6 >/dev/null
done
sync s6 >/dev/null
thief=$(member s6 device)
opened() { $H log --site 14-0372 --limit 10000 | "$PYTHON" -c 'import json, sys
logs = {e["ref"].split(".")[0]: e["count"] for e in map(json.loads, sys.stdin) if e["kind"] == "visit"}
print(len(logs), *[log for log in logs if logs[log] == 1000])'; }
read -r logs last < <(opened)
is "it has 65 logs, which count" "$logs $(visitors)" "65 $((before + 1064))"
ok "it is cut off nevertheless" $H cut "${thief:0:8}" --reason stolen --passphrase-file pass
like "and it is said that not all of it counts, and what to do" "$(cat ok.out)" '1 of its logs counts for nothing until .packhorsed adopt LOG'
is "the 64 that came first count" "$(visitors)" $((before + 64))
status "it is told" 11 sync s6
like "the cases have the one that does not" "$($H cases --kind after-cut --json)" "$last\.1\."
ok "the last is let in" $H adopt "$last" --passphrase-file pass
is "and counts" "$(visitors)" $((before + 1064))
counted=$(visitors)

# --- the site goes on ---
invite 14-0371 site i5
"$P" -d s5 join i5 >/dev/null
sync s5 >/dev/null
confirm s5
sync s5 >/dev/null
like "the new PC knows the readers" "$("$P" -d s5 find 'Pánh')" 'Lò Văn Pánh'
for i in 2 5 2; do sync s$i >/dev/null; done
is "and has its site's books" "$("$P" -d s5 digest)" "$($H digest --site 14-0371)"
is "as has the other" "$("$P" -d s2 digest)" "$("$P" -d s5 digest)"

# --- the new one is stolen, too, and meets the other PC, which has not heard of it, on the LAN ---
thief=$(member s5 device)
ok "it is cut off" $H cut "${thief:0:8}" --reason stolen --passphrase-file pass
lan_at=127.0.0.1:$("$PYTHON" "$ROOT/tests/e2e/lan.py" port)
printf '[hub]\naddress = 127.0.0.1:1\nconnect-ms = 200\n[lan]\nlisten = %s\n' "$lan_at" >s2/agent.conf
meets() { # VISITORS: that it records before
  "$P" -d s5 visit "$1" --band adult >/dev/null
  start lan.out "$P" -d s2 agent
  lan=$started_pid
  wait_until 20 grep -q '^agent.start' lan.out.err
  "$P" -d s5 sync --sibling "$lan_at" --json >lan.json 2>lan.err
  stop "$lan"
  is "the other PC takes what it wrote" "$(json 'd["complete"], d["entries_sent"] > 0' <lan.json)" '(True, True)'
}
meets 80
mkdir second
ok "and has it on a stick of its own" "$P" -d s2 pack-stick second
before=$(at_hub)
ok "which is taken" $H take-stick second
ok "kept" test "$(at_hub)" -gt "$before"
nothing_more "the LAN, and the stick of another PC"
if command -v faketime >/dev/null; then
  meets 90
  stop "$hub"
  # the hub asks for the log of a PC that was not heard for a day
  later="env LD_PRELOAD=$(faketime -f +2d printenv LD_PRELOAD) FAKETIME=+2d FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1"
  start serve.later $later $H serve --listen 127.0.0.1:0
  at=127.0.0.1:$(listen_port serve.later)
  $H clock accept >/dev/null
  before=$(at_hub)
  $later "$P" -d s2 sync --hub "$at" --json >carried
  is "the other PC brings it in a session" "$(json 'd["complete"], d["entries_carried"] > 0' <carried)" '(True, True)'
  ok "kept" test "$(at_hub)" -gt "$before"
  nothing_more "the LAN, and a session of another PC"
  $later "$P" -d s2 sync --hub "$at" --json >carried
  is "where it counts for nothing either, by now" "$($later "$P" -d s2 digest)" "$($H digest --site 14-0371)"
else
  skip "the other PC brings it in a session" "no faketime"
fi
ok "the hub is whole" $H verify
done_testing

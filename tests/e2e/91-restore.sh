#!/bin/bash
# The hub is rolled back a week: its disk is dead, a backup of a week ago is all there is. In
# that week devices were admitted, confirmed and cut off, rules and sites given.
# Devices come back, the thief first; the ledger is what it was, and the thief stays cut.
# PACKHORSE_DEVICES: how many devices (8; 75 with ./test --full).
. "$(dirname "$0")/lib.sh"

hub_and_pcs
N=${PACKHORSE_DEVICES:-$([ "$FULL" = 1 ] && echo 75 || echo 8)}
member() { "$P" -d "$1" status --json | json "d['$2']"; }
digest() { "$@" digest --json | json 'd["digest"]'; }
sync() { "$P" -d "$1" sync --hub "$at"; }
serve() { start serve $H serve --listen 127.0.0.1:0; at=127.0.0.1:$(listen_port serve); serving=$started_pid; }
enrol() { # DIR SITE
  $H invite --site "$2" --role site --out "$1.invite" --passphrase-file pass 2>/dev/null
  "$P" -d "$1" join "$1.invite" >/dev/null 2>&1
}
confirm() { $H devices confirm "$(member "$1" device)" --fingerprint "$(member "$1" fingerprint)" >/dev/null 2>&1; }
reader() { "$P" -d "$1" reader add --name "$2" --band adult --json | json 'd["entries"][0]["ref"]'; }

# Those whose ledger is not what the hub says they have, or that have something to send.
compare() {
  local d
  for d in d1 d2 d3 new $(seq -f 'd%g' 5 "$N"); do
    [ "$(digest "$P" -d "$d")" = "$(hub_digest "$d")" ] || printf '%s ' "$d"
    [ "$(member "$d" pending)" = 0 ] || printf '%s(pending) ' "$d"
  done
}
hub_digest() { $H digest --device "$(member "$1" device)" --json | json 'd["digest"]'; }

mkdir far
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H recovery-key --out secret 2>/dev/null
for i in 1 2 3; do
  $H site add "14-037$i" --commune 03646 --kind commune --name "Điểm $i" 2>/dev/null
done
for i in $(seq "$N"); do enrol "d$i" "14-037$((i % 3 + 1))"; done
serve
for i in $(seq "$N"); do
  title=$("$P" -d "d$i" title add --name "Sách $((i % 4))" --json | json 'd["entries"][0]["ref"]')
  "$P" -d "d$i" copy add "$((100000 + i))" --title "$title" >/dev/null
  "$P" -d "d$i" visit "$i" --band adult >/dev/null
  sync "d$i" >/dev/null
done
for i in $(seq $((N - 1))); do confirm "d$i"; done
for i in $(seq "$N"); do sync "d$i" >/dev/null; done

ok "a backup is made" $H backup far
week=$(digest $H)
cp -r d3 d3.old # nobody syncs this copy

# --- the week ---
panh=$(reader d1 'Lò Văn Pánh')
"$P" -d d2 visit 40 --band child >/dev/null
enrol new 14-0371
"$P" -d new visit 7 --band child >/dev/null
for d in d1 d2 new; do sync "$d" >/dev/null; done
confirm "d$N"
confirm new
$H policy set loan-term-days 21 >/dev/null 2>&1
$H site add 14-0379 --commune 03646 --kind commune --name 'Điểm mới' 2>/dev/null
"$P" -d d3 visit 11 --band adult >/dev/null
sync d3 >/dev/null
ok "a device is stolen and cut off" $H cut "$(member d4 device)" --reason stolen --passphrase-file pass
for i in 1 2 3 $(seq 5 "$N"); do sync "d$i" >/dev/null; done
sync new >/dev/null
"$P" -d d4 visit 99 --band adult >/dev/null # the thief plays with it
sync d4 >/dev/null
for i in $(seq "$N"); do sync "d$i" >/dev/null; done
sync new >/dev/null
is "each device has what the hub says it has" "$(compare)" ''
before=$(digest $H)
control=$($H status --json | json 'd["control_entries"]')
entries=$($H status --json | json 'd["entries"]')
is "the week left its mark" "$([ "$week" != "$before" ] && echo another)" another

# --- the disk is dead ---
stop "$serving"
mv hub dead
status "a folder that is not empty is not restored into" 1 $hubd -d d1 restore far --recovery-key secret
status "without the key nothing is" 2 $H restore far

# one that is killed: it has its folder, and waits for the first bytes of a backup
mkfifo pipe
exec 7<>pipe
start killed $H restore pipe --recovery-key secret
wait_until 10 test -s hub/restore.unfinished
stop "$started_pid" KILL
exec 7>&-
begun() { # NAME: what is said of the folder that it left
  status "$1: there is no hub" 10 $H status
  like "$1: status says what to do" "$($H status 2>&1)" 'was being restored into hub, and that is not finished.*`packhorsed -d hub restore` again'
  like "$1: nor is it served" "$($H serve 2>&1)" 'was being restored into hub'
  like "$1: in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H serve 2>&1)" 'đang phục hồi bản sao lưu vào hub mà chưa xong'
  status "$1: no other hub is made there" 10 $H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass
}
begun "a restore that was killed"
cp -r dead/keys hub/
begun "later on"
ok "the newest backup is restored" $H restore far --recovery-key secret
like "it says what is next" "$(cat ok.out)" 'restore end'
is "the hub is as it was a week ago" "$(digest $H)" "$week"
is "in a new epoch" "$($H status --json | json '[d["epoch"], d["collecting"]]')" '[2, True]'
is "nothing is left over" "$(ls hub | sort | xargs)" "$(ls dead | grep -v 'socket\|backup\|reserve' | sort | xargs)"
status "nor is a hub restored over" 1 $H restore far --recovery-key secret
ok "what is there is whole" $H verify

# --- the thief calls first ---
serve
"$P" -d d4 sync --hub "$at" >/dev/null 2>&1
cp -r d5 d5.copy
is "nobody gets what others wrote yet" "$(sync new >new.out 2>&1; $H status --json | json 'd["collecting"]')" True
"$P" -d d5 sync --hub "$at" --json >d5.out 2>&1
is "the control log came back" "$($H status --json | json 'd["control_entries"]')" "$control"
is "with the cut" "$($H devices --json | json 'sorted(set(x["state"] for x in d["devices"]))')" "['confirmed', 'cut']"
for i in 1 2 3 $(seq 6 "$N"); do sync "d$i" >/dev/null || diag "d$i did not sync"; done
is "and all that devices had recorded" "$($H status --json | json 'd["entries"]')" "$entries"
is "the ledger is what it was" "$(digest $H)" "$before"
like "status says how many have called" "$($H status)" 'restore end'
ok "the operator ends the collecting" $H restore end
status "once" 1 $H restore end
is "that changes nothing" "$(digest $H)" "$before"

# --- everything is served again ---
for r in 1 2; do
  for i in 1 2 3 $(seq 5 "$N"); do sync "d$i" >/dev/null || diag "d$i did not sync"; done
  sync new >/dev/null
done
wrong=$(compare)
is "each device has what the hub says it has, again" "$wrong" ''
like "a name of the lost week is read at its site" "$("$P" -d "d$([ "$N" -ge 7 ] && echo 7 || echo 1)" reader show "$panh" 2>&1; "$P" -d d1 reader show "$panh")" 'Lò Văn Pánh'
status "the thief gets nothing" 11 "$P" -d d4 sync --hub "$at"
is "and what it wrote counts for nothing" "$(digest $H)" "$before"

# --- life goes on ---
$H policy set loan-term-days 28 >/dev/null 2>&1
"$P" -d d1 visit 5 --band adult >/dev/null
for r in 1 2; do for d in d1 d2 new; do sync "$d" >/dev/null; done; done
is "new words reach devices" "$(digest "$P" -d d2)" "$(hub_digest d2)"
is "and cost nothing more than what is new" "$("$P" -d d2 sync --hub "$at" --json | json 'd["entries_received"]')" 0
ok "a new device joins" enrol late 14-0372
sync late >/dev/null
confirm late
sync late >/dev/null
is "and hears all of it" "$(digest "$P" -d late)" "$(hub_digest late)"
ok "the hub is whole" $H verify
ok "so is a device" "$P" -d d2 verify
ok "a backup of it is made" $H backup far

# --- the same old backup once more ---
stop "$serving"
mv hub dead2
old=$(ls far/*.backup | head -1)
ok "the old backup is restored a second time" $H restore "$old" --recovery-key secret
before=$(digest $hubd -d dead2)
serve
sync d1 >/dev/null
like "it goes above what devices have heard of" "$($H status --json | json 'd["epoch"]')" '^[3-9]$'
for r in 1 2; do for d in d1 d2 d3 new late $(seq -f 'd%g' 5 "$N"); do sync "$d" >/dev/null; done; done
is "and is again what it was" "$(digest $H)" "$before"
ok "ends" $H restore end
ok "and is whole" $H verify
stop "$serving"
done_testing

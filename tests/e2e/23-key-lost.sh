#!/bin/bash
# The hub's disk is dead, and its keys had been replaced after the last backup: devices know a key
# that nobody has any more. They call by the one before by themselves, and the next rotation
# makes a key list above the one that they hold.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
member() { "$P" -d "$1" status --json | json "d['$2']"; }
list_of() { "$PYTHON" "$ROOT/tests/e2e/site_keys.py" "$1"; }
serve() { start serve $H serve --listen 127.0.0.1:0; at=127.0.0.1:$(listen_port serve); serving=$started_pid; }
sync() { "$P" -d "$1" sync --hub "$at" --json >"$1.sync"; }
synced() { json '[d["complete"], d["pending_entries"], d["tries"]]' <"$1.sync"; }

mkdir far
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H recovery-key --out secret 2>/dev/null
$H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null
for d in one two; do
  $H invite --site 14-0371 --role site --hub 127.0.0.1:1 --out $d.invite --passphrase-file pass 2>/dev/null
  "$P" -d $d join $d.invite >/dev/null
done
serve
for d in one two; do
  sync $d
  $H devices confirm "$(member $d device)" --fingerprint "$(member $d fingerprint)" >/dev/null 2>&1
  sync $d
done
ok "a backup is made" $H backup far
says() { # DAYS: a word to all, and one to the desk log
  $H policy set loan-term-days "$1" >/dev/null 2>&1
  printf '{"kind": "training", "topic": "hạn %s ngày", "workers": 3}\n' "$1" >word
  $H record word >/dev/null
  for d in one two; do sync $d; sync $d; done
}
said() { # DAYS: whether each is what the hub says
  $H policy list --plain | grep -c "^loan-term-days	$1	" | tr '\n' ' '
  $H log --limit 1000 | grep -c "hạn $1 ngày"
}
says 21
is "the hub says something" "$(said 21)" '1 1'
stop "$serving"
ok "then the hub gets other keys" $H keys rotate --passphrase-file pass
serve
"$P" -d one visit 8 --band child >/dev/null
says 28
is "and something else" "$(said 28)" '1 1'
is "which the devices know" "$(list_of one) $(list_of two)" '2 2 2 2'
stop "$serving"

# --- the disk is dead ---
mv hub dead
ok "the backup is restored" $H restore far --recovery-key secret
is "it has the keys of before" "$($H keys --json | json '[d["generation"], len(d["hubs"])]')" '[1, 1]'
serve
"$P" -d one visit 9 --band child >/dev/null
sync one
is "a device calls by the older key at its second try" "$(synced one)" '[True, 0, 2]'
is "what it had sent before the disk died is there again" "$($H log --limit 1000 | grep -c '"kind": *"visit"')" 2
sync one
is "the next time at the first" "$(synced one)" '[True, 0, 1]'
is "it keeps the list that it has" "$(list_of one)" '2 2'
sync two
is "what the hub had said by the key of the backup is back, in both of its logs" "$(said 21)" '1 1'
is "what it said by the lost one is not, in either" "$(said 28)" '0 0'
$H restore end >/dev/null
stop "$serving"
ok "the keys are replaced again" $H keys rotate --passphrase-file pass
is "by a list above the one that devices hold" "$($H keys --json | json 'd["generation"]')" 3
serve
for d in one two; do "$P" -d $d visit 1 --band adult >/dev/null; sync $d; sync $d; done
is "and they take it" "$(list_of one) $(list_of two)" '3 2 3 2'
is "all is at the hub" "$(synced one) $(synced two)" '[True, 0, 1] [True, 0, 1]'
ok "it is whole" $H verify
done_testing

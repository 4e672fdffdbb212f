#!/bin/bash
# Somebody has copied the hub's folder, and plays the hub to real devices, with its online keys and
# no passphrase: beside the true hub, which goes on; then in a new epoch, in logs of his own. He sets
# rules, confirms a device that nobody telephoned, takes visits away, signs for what is recorded, and
# packs sticks. Then `keys rotate --stolen`: all that he said is undone, and nothing that the
# devices recorded is lost.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P=$BUILD/client/packhorse
served=0
H() { "$hubd" -d "${hub:-hub}" "$@"; }
member() { "$P" -d "$1" status --json | json "d['$2']"; }
serve() { # FOLDER
  served=$((served + 1)) # a file each: the last one's address must not be read
  start "serve.$served" "$hubd" -d "$1" serve --listen 127.0.0.1:0
  at=127.0.0.1:$(listen_port "serve.$served")
  serving=$started_pid
}
rest() { stop "$serving"; }
sync() { "$P" -d "$1" sync --hub "$at" --json >"$1.sync" 2>/dev/null; }
synced() { json '[d["complete"], d["pending_entries"]]' <"$1.sync"; }
confirm() { H devices confirm "$(member "$1" device)" --fingerprint "$(member "$1" fingerprint)" >/dev/null 2>&1; }
digests() { # of a device, here and as the hub has it
  echo "$("$P" -d "$1" digest --json | json 'd["digest"]')" "$(H digest --device "$(member "$1" device)" --json | json 'd["digest"]')"
}
same() { # "name" DEVICE…
  local name=$1 d here there; shift
  for d in "$@"; do
    read -r here there <<<"$(digests "$d")"
    is "$name: $d" "$here" "$there"
  done
}
visitors() {
  H report figures --from 2000-01-01 --to 2999-12-31 --json | json 'sum(s["figures"].get("visits", 0) for s in d["sites"])'
}
term() { H policy list --plain | grep loan-term | cut -f1,2; }

printf 'mot cau dai\n' >pass
H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
for i in 1 2 3; do H site add "14-037$i" --commune 03646 --kind commune --name "Điểm $i" 2>/dev/null; done
H policy set loan-term-days 14 >/dev/null 2>&1
serve hub
# d1 and d2 stand in one library, d4 joined with an invite that lay about and is not confirmed
for place in d1:1 d2:1 d3:2 d4:1 d5:3; do
  d=${place%:*}
  H invite --site "14-037${place#*:}" --role site --hub "$at" --out $d.invite --passphrase-file pass 2>/dev/null
  "$P" -d $d join $d.invite >/dev/null 2>&1
  sync $d
done
for d in d1 d2 d3 d5; do confirm $d; done
"$P" -d d1 reader add --name 'Lò Văn Pánh' --band adult >/dev/null 2>&1
lost=$("$P" -d d1 visit 5 --band adult --json | json 'd["entries"][0]["ref"]')
"$P" -d d2 visit 3 --band child >/dev/null
"$P" -d d3 visit 2 --band child >/dev/null
for d in d1 d2 d3 d4 d5 d1 d2; do sync $d; done
same "before the theft the books are the same" d1 d2 d3
rest

# --- the folder is copied; the true hub goes on, which some hear ---
cp -r hub thief
serve hub
H policy set loan-term-days 21 >/dev/null 2>&1
"$P" -d d3 visit 4 --band child >/dev/null
sync d3
is "the true hub goes on" "$(synced d3) $(visitors)" '[True, 0] 14'
rest

# --- the thief plays the hub, at the same address ---
hub=thief
serve thief
status "he cuts nobody off without the passphrase" 2 H cut "$(member d2 device)" --reason stolen </dev/null
H policy set loan-term-days 99 >/dev/null 2>&1
printf '{"kind": "commune-put", "code": "03646", "name": "Kẻ trộm", "type": "phuong"}\n{"kind": "training", "topic": "kẻ trộm", "workers": 9}\n' >words
ok "he writes as the hub" H record words
ok "takes a visit away" H void "$lost"
ok "confirms whom nobody has telephoned" confirm d4
"$P" -d d1 visit 7 --band adult >/dev/null
for d in d1 d2 d4 d1; do sync $d; done
is "devices that have not heard take him for the hub" "$(synced d1) $(synced d2)" '[True, 0] [True, 0]'
same "and believe him" d1 d2
is "also the device that he let in" "$(member d4 state)" confirmed
mkdir stick5
"$P" -d d5 visit 6 --band child >/dev/null
"$P" -d d5 pack-stick stick5 >/dev/null 2>&1
H take-stick stick5 >/dev/null 2>&1
H pack-stick stick5 --site 14-0373 >/dev/null 2>&1
ok "a stick of his is taken" "$P" -d d5 take-stick stick5
is "and it is thought to be at the hub" "$("$P" -d d5 status --json | json 'd["pending"]')" 0
rest

# --- he restores a backup of his copy: a new epoch, and other logs under the stolen key ---
H recovery-key --out his.key >/dev/null 2>&1
mkdir copies
ok "he makes a backup" H backup copies
hub=thief2
ok "and a hub of it" H restore copies --recovery-key his.key
H restore end --anyway >/dev/null 2>&1
H policy set loan-term-days 77 >/dev/null 2>&1
serve thief2
"$P" -d d2 visit 8 --band child >/dev/null
for d in d1 d2 d1 d2; do sync $d; done
is "they follow him there" "$(synced d1) $(synced d2)" '[True, 0] [True, 0]'
same "and believe him" d1 d2
mkdir late
H pack-stick late >/dev/null 2>&1
rest

# --- it comes to light ---
hub=hub
ok "the keys are replaced, as stolen" H keys rotate --stolen --passphrase-file pass
serve hub
for d in d1 d2 d3 d4 d5; do "$P" -d $d visit 1 --band adult >/dev/null; done
for d in d1 d2 d3 d4 d5 d1 d2 d3 d4 d5; do sync $d; done
for d in d1 d2 d3 d4 d5; do is "all of $d is at the true hub" "$(synced $d)" '[True, 0]'; done
is "whoever had signed for it: 14 of before, 7 and 8 of the thief's days, 6 by stick, 5 since" "$(visitors)" 40
is "the rule is the true hub's" "$(term)" "$(printf 'loan-term-days\t21')"
same "and so are the books" d1 d2 d3 d5
is "whom the thief let in is not confirmed" "$(member d4 state)" unconfirmed
for d in d1 d2 d3 d5; do
  sync $d
  is "$d is not told all of it again" "$(json 'd["bytes_down"] < 300' <$d.sync)" True
done
unlike() { [[ "$2" =~ $3 ]] && fail "$1" || pass "$1"; }
for d in d1 d2; do
  unlike "nobody has to call the library for $d" "$("$P" -d $d status)" 'put back'
  ok "$d is whole" "$P" -d $d verify
  before=$("$P" -d $d digest --json | json 'd["digest"]')
  "$P" -d $d take-stick late >late.out 2>&1
  is "a stick that the thief packed changes nothing at $d" "$("$P" -d $d digest --json | json 'd["digest"]')" "$before"
done
ok "the hub is whole" H verify
H invite --site 14-0371 --role site --hub "$at" --out new.invite --passphrase-file pass 2>/dev/null
"$P" -d new join new.invite >/dev/null 2>&1
sync new
confirm new
for d in new new d1; do sync $d; done
same "a new device reads the same" new d1
rest
serve thief2
"$P" -d d1 visit 1 --band adult >/dev/null
status "the thief is no hub to anybody any more" 1 sync d1
rest
done_testing

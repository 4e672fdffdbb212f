#!/bin/bash
# The keys of a province: operators' keys made, used, revoked; passphrases changed; the hub's
# online keys replaced while a site is away for a year; stolen ones shut out. Years pass by
# faketime, which all programs of a step see.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P=$BUILD/client/packhorse
here=$ROOT/tests/e2e
day=0 served=0 hub=hub
H() { timed "$hubd" -d "$hub" "$@"; }
P() { timed "$P" "$@"; }
export FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1
timed() { if [ "$day" = 0 ]; then "$@"; else faketime -f "+${day}d" "$@"; fi; }
faketime=$(echo /usr/lib/*/faketime/libfaketime.so.1)
[ -e "$faketime" ] || { skip "the keys of a province" "no faketime"; done_testing; }
for who in root root2 anna anna2 binh; do printf 'mot cau dai cua %s\n' "$who" >"$who.pass"; done
member() { P -d "$1" status --json | json "d['$2']"; }
list_of() { "$PYTHON" "$here/site_keys.py" "$1"; }
operators() { H keys --json | json 'sorted((o.get("name", "?"), o["state"]) for o in d["operators"])'; }
serve() { # [FOLDER]; not by the command faketime, which stays in between and does not pass signals on
  local ahead=(env); [ "$day" = 0 ] || ahead=(env "LD_PRELOAD=$faketime" "FAKETIME=+${day}d")
  served=$((served + 1)) # a file each: the last one's address must not be read
  start "serve.$served" "${ahead[@]}" "$hubd" -d "${1:-$hub}" serve --listen 127.0.0.1:0
  at=127.0.0.1:$(listen_port "serve.$served")
  serving=$started_pid
}
rest() { stop "$serving"; }
later() { # DAY: years pass by the clock alone, so the operator says that it is right
  day=$1
  H clock accept >/dev/null
}
sync() { P -d "$1" sync --hub "$at" --json >"$1.sync"; }
synced() { json '[d["complete"], d["pending_entries"]]' <"$1.sync"; }
enrol() { # DIR SITE [option…]
  H invite --site "$2" --role site --hub 127.0.0.1:1 --out "$1.invite" --expires-days 3000 "${@:3}" 2>/dev/null &&
    P -d "$1" join "$1.invite" >/dev/null 2>&1
}
confirm() { H devices confirm "$(member "$1" device)" --fingerprint "$(member "$1" fingerprint)" >/dev/null 2>&1; }
same() { # what the hub says that a device has, and what it has
  is "$1" "$(P -d "$2" digest --json | json 'd["digest"]')" "$(H digest --device "$(member "$2" device)" --json | json 'd["digest"]')"
}

H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file root.pass 2>/dev/null
for i in 1 2 3; do H site add "14-037$i" --commune 03646 --kind commune --name "Điểm $i" 2>/dev/null; done

# --- operators ---
is "a new province has one operator" "$(operators)" "[('operator', 'valid')]"
status "another one needs the root's passphrase" 1 H keys add anna --passphrase-file anna.pass --new-passphrase-file anna.pass --kdf-memory-mib 8
ok "and nothing is made without it" test ! -e hub/keys/operator-anna
ok "anna gets a key of her own" H keys add anna --passphrase-file root.pass --new-passphrase-file anna.pass --kdf-memory-mib 8
is "it is listed" "$(operators)" "[('anna', 'valid'), ('operator', 'valid')]"
is "for nobody else to read" "$(stat -c %a hub/keys/operator-anna)" 600
status "a name is given once" 1 H keys add anna --passphrase-file root.pass --new-passphrase-file anna.pass
status "her key opens with her passphrase alone" 1 H invite --site 14-0371 --role site --out x --operator anna --passphrase-file root.pass
ok "she invites" enrol away 14-0371 --operator anna --passphrase-file anna.pass
enrol home 14-0372 --passphrase-file root.pass
enrol early 14-0372 --operator anna --passphrase-file anna.pass # joins now, is heard when she is gone
enrol lost 14-0373 --passphrase-file root.pass
P -d early visit 4 --band child >/dev/null
serve
for d in away home lost; do sync $d; confirm $d; done
P -d away reader add --name 'Lò Văn Pánh' --band adult >/dev/null 2>&1
for d in away home lost; do sync $d; done
is "devices hold the list that names her" "$(list_of away) $(list_of home)" '2 1 2 1'
ok "she cuts off a device" H cut "$(member lost device)" --reason lost --operator anna --passphrase-file anna.pass

# what a thief has who copied the folder, and knows anna's passphrase
rest
cp -r hub thief
serve
status "the only one with the root's passphrase revokes her" 1 H keys revoke anna --passphrase-file anna.pass
ok "while the hub serves" H keys revoke anna --passphrase-file root.pass
is "her key is named no more" "$(operators)" "[('anna', 'revoked'), ('operator', 'valid')]"
status "revoked once" 1 H keys revoke anna --passphrase-file root.pass
like "the second time it says so" "$(cat ok.out)" 'anna, [0-9a-f]{16}, is revoked already'
mv hub/keys/operator-anna held && head -c 40 held >hub/keys/operator-anna
status "nor is a key that cannot be read taken for none" 15 H keys revoke anna --passphrase-file root.pass
like "it names the file" "$(cat ok.out)" 'operator-anna'
mv held hub/keys/operator-anna
status "she invites nobody any more" 1 H invite --site 14-0371 --role site --out x --operator anna --passphrase-file anna.pass
like "and is told why" "$(cat ok.out)" 'not any more'
status "nor cuts anybody off" 1 H cut "$(member home device)" --reason other --operator anna --passphrase-file anna.pass
status "the last operator stays" 1 H keys revoke operator --passphrase-file root.pass
sync home
is "devices hear of it with the next session" "$(list_of home)" '3 1'
sync home
is "once" "$(json 'd["bytes_down"] < 200' <home.sync)" True
sync early
is "whom she had invited before is let in, though heard after" "$(synced early)" '[True, 0]'
status "what she cut off before stays cut off" 11 sync lost
timed "$hubd" -d thief invite --site 14-0371 --role site --hub 127.0.0.1:1 --out forged.invite --operator anna --passphrase-file anna.pass 2>/dev/null
P -d forged join forged.invite >/dev/null
status "who comes with an invite that the thief made is not" 1 sync forged
like "and hears that the library does not accept it" "$(P -d forged sync --hub "$at" 2>&1)" 'does not accept'

# --- passphrases ---
ok "the root's passphrase is changed" H keys passphrase root --passphrase-file root.pass --new-passphrase-file root2.pass
status "the old one opens nothing" 1 H keys add binh --passphrase-file root.pass --new-passphrase-file binh.pass --kdf-memory-mib 8
ok "the new one does" H keys add binh --passphrase-file root2.pass --new-passphrase-file binh.pass --kdf-memory-mib 8
# a passphrase need not lie where the service's user may read it
by() { bash -c "$1"' | "$@"' - "$hubd" -d hub "${@:2}"; }
ok "passphrases come by standard input, a line each" by 'cat binh.pass root.pass' keys passphrase binh --passphrase-file - --new-passphrase-file -
status "an empty line is none" 2 by 'echo' keys passphrase binh --passphrase-file - --new-passphrase-file -
like "it says where it was looked for" "$(cat ok.out)" 'standard input: the first line is empty'
status "nor is the end of it" 2 by 'true' keys passphrase binh --passphrase-file - --new-passphrase-file -
status "entries and a passphrase do not come by one pipe" 2 by 'echo {}' record --passphrase-file -
ok "the key opens with the line that was given" by 'cat root.pass binh.pass' keys passphrase binh --passphrase-file - --new-passphrase-file -
ok "an operator's passphrase is changed" H keys passphrase binh --passphrase-file binh.pass --new-passphrase-file anna2.pass
status "the old one opens nothing" 1 H invite --site 14-0371 --role site --out x --operator binh --passphrase-file binh.pass
ok "the new one does" H invite --site 14-0371 --role site --out x --operator binh --passphrase-file anna2.pass
ok "the operator's first key is as it was" H invite --site 14-0371 --role site --out y --passphrase-file root.pass
is "each list had a number of its own" "$(H keys --json | json 'd["generation"]')" 4

# --- other keys for the hub, while a site is away for a year ---
status "not while it serves" 17 H keys rotate --passphrase-file root2.pass
rest
P -d away visit 11 --band adult >/dev/null
mkdir stick
P -d away pack-stick stick >/dev/null 2>&1 # sealed to the first key; it comes a year later
later 30
status "not without the root" 1 H keys rotate --passphrase-file root.pass
is "and nothing was changed" "$(ls hub/keys/online*)" 'hub/keys/online'
ok "the hub gets other keys" H keys rotate --passphrase-file root2.pass
printf '{"kind": "training", "topic": "khóa mới", "workers": 3}\n' >word
ok "the first word under them is for the desk log" H record word
is "the old ones are kept, for nobody else to read" "$(stat -c %a hub/keys/online.2*)" 600
is "it has no more than two" "$(H keys --json | json '[h["state"] for h in d["hubs"]]')" "['in-use', 'was-in-use']"
ok "the hub is whole" H verify
serve
sync home
is "who calls by the old key is answered, and hears of the new ones" "$(synced home) $(list_of home)" '[True, 0] 5 2'
P -d home visit 2 --band child >/dev/null
sync home
is "calls by them, and gets receipts of theirs" "$(synced home)" '[True, 0]'
H policy set loan-term-days 21 >/dev/null 2>&1 # the control log goes on under the new key
sync home
same "and follows the control log into its next one" home
rest
later 200
ok "a second time" H keys rotate --passphrase-file root2.pass

# --- the site comes back ---
later 400
P -d away visit 12 --band adult >/dev/null
H take-stick stick --json >taken
is "a bundle that was sealed a year ago is taken" "$(json '[d["entries"] > 0, d["refused"]]' <taken)" '[True, []]'
serve
sync away
is "the site that was away a year is answered" "$(synced away)" '[True, 0]'
is "and holds the newest list" "$(list_of away)" '6 3'
sync away
is "by the newest key all is said" "$(synced away)" '[True, 0]'
same "it has all that it should" away
is "names that were sealed under the first key still open" \
  "$(H query readers 'Pánh' --names --json | grep -c 'Lò Văn Pánh')" 1
enrol new 14-0371 --passphrase-file root.pass
sync new && confirm new && sync new
same "a device that joins now reads the control log from its beginning" new
rest

# --- broken off between the list and the change of names ---
later 410
old=$(ls hub/keys/online.2* | tail -1)
cp hub/keys/online before
H keys rotate --passphrase-file root2.pass 2>/dev/null
mv hub/keys/online hub/keys/online.next
cp before hub/keys/online
ok "a rotation that was broken off is ended by whoever opens the hub" H verify
ok "with the keys that the list names" test ! -e hub/keys/online.next
is "the old ones once" "$(H keys --json | json '[h["state"] for h in d["hubs"]]')" "['in-use', 'was-in-use', 'was-in-use', 'was-in-use']"
rm before

# --- the hub's keys are stolen ---
cp -r hub thief2
later 420
ok "keys that are in wrong hands are shut out" H keys rotate --stolen --passphrase-file root2.pass
is "none of the old ones is valid" "$(H keys --json | json '[h["state"] for h in d["hubs"]]')" "['in-use', 'closed', 'closed', 'closed', 'closed']"
H policy set loan-term-days 28 >/dev/null 2>&1
serve
for d in away home new; do P -d $d visit 1 --band child >/dev/null; sync $d; sync $d; done
is "devices that call by the old key are answered, and told" "$(list_of away) $(list_of home)" '8 1 8 1'
is "all is at the hub, with receipts of the new key" "$(synced away) $(synced new)" '[True, 0] [True, 0]'
same "and the books are the same" home
enrol last 14-0371 --passphrase-file root.pass
sync last && confirm last && sync last
same "a new device reads what the old keys had said until then" last
ok "the hub is whole" H verify
for d in away last; do ok "so is $d" P -d $d verify; done
rest

# --- planned rotations end before the emergency does ---
for n in 6 7 8 9 10 11 12; do
  H keys rotate --passphrase-file root2.pass 2>/dev/null || diag "set $n was not made"
done
is "planned rotations make twelve sets of keys" "$(H keys --json | json 'len(d["hubs"])')" 12
generation=$(H keys --json | json 'd["generation"]')
status "and no more" 1 H keys rotate --passphrase-file root2.pass
like "which says what is full, and what to do" "$(cat ok.out)" 'used 12 of its 16 sets of keys.*keys in use stay.*keys rotate --stolen'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 H keys rotate --passphrase-file root2.pass 2>&1)" 'đã dùng 12 trong 16 bộ khóa.*keys rotate --stolen'
is "nothing was changed" "$(H keys --json | json 'd["generation"]')" "$generation"
like "the status tells it" "$(H status)" 'Control logs, key sets +[0-9]+ of 16, 12 of 16: what is left is for restores and stolen keys'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 H status)" 'Nhật ký, bộ khóa đã dùng +[0-9]+/16, 12/16: phần còn lại'
ok "stolen ones are replaced all the same" H keys rotate --stolen --passphrase-file root2.pass
serve
for d in away home last; do sync $d; sync $d; done
is "and all hear of it" "$(list_of away) $(list_of home) $(synced last)" "$((generation + 1)) 1 $((generation + 1)) 1 [True, 0]"
rest
serve thief2
P -d home visit 1 --band adult >/dev/null
status "the thief is no hub to who has heard of it" 1 sync home
is "and nothing was told to it" "$(json 'd["reason"]' <home.sync)" wrong-key
rest

# --- files of keys are lost (docs/DRILLS.md, "A key is lost"), in a new province with one operator ---
hub=lone day=0
begins() { H keys --json | json '[o["key"][:16] for o in d["operators"] if "name" not in o][0]'; } # whose file is not here
H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file root.pass 2>/dev/null
H site add 14-0371 --commune 03646 --kind commune --name "Điểm 1" 2>/dev/null
serve
mv lone/keys/operator found
like "a key whose file is gone is listed without a name" "$(H keys --plain)" 'operator elsewhere'
lost=$(begins)
status "that of the only operator is not revoked first" 1 H keys revoke "$lost" --passphrase-file root.pass
like "it says what is" "$(cat ok.out)" 'the only operator.*packhorsed keys add'
ok "another is made" H keys add anna --passphrase-file root.pass --new-passphrase-file anna.pass --kdf-memory-mib 8
like "and whoever makes it hears how it begins" "$(cat ok.out)" "$(H keys --json | json '[o["key"][:16] for o in d["operators"] if o.get("name") == "anna"][0]')"
status "no name leads to the lost one" 1 H keys revoke operator --passphrase-file root.pass
like "it says what does" "$(cat ok.out)" 'whose file is not in keys/.*give how the key begins'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 H keys revoke operator --passphrase-file root.pass 2>&1)" 'tệp không có trong keys/.*ghi phần đầu của khóa'
ok "by how it begins it is revoked" H keys revoke "$lost" --passphrase-file root.pass
invite() { H invite --site 14-0371 --role site --out none --passphrase-file anna.pass "$@"; }
status "without --operator nobody signs now" 1 invite
like "it says who can" "$(cat ok.out)" 'no operator.s key at lone/keys/operator: name one with .--operator NAME. \(anna\)'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 invite 2>&1)" 'không có khóa người vận hành ở lone/keys/operator: .*--operator NAME. \(anna\)'
status "nor does one whom there is not" 1 invite --operator nobody
like "it says likewise" "$(cat ok.out)" 'lone/keys/operator-nobody: .*\(anna\)'
mv lone/keys/operator-anna anna.key
status "where no key is at all" 1 invite
like "it says what to do" "$(cat ok.out)" 'lone/keys/operator: put a copy.*--operator FILE.*A key is lost'
mv anna.key lone/keys/operator-anna
ok "by her name anna signs" invite --operator anna
mv found lone/keys/operator
status "it signs nothing, should it be found" 1 H invite --site 14-0371 --role site --out found --passphrase-file root.pass
like "and says why" "$(cat ok.out)" 'not any more'
mkdir stick2
H keys add binh --out stick2/binh --passphrase-file root.pass --new-passphrase-file binh.pass --kdf-memory-mib 8 2>/dev/null
ok "a key signs from a stick" enrol post 14-0371 --operator stick2/binh --passphrase-file binh.pass
rm -r stick2
status "nor has a lost stick a name" 1 H keys revoke binh --passphrase-file root.pass
ok "it is revoked likewise" H keys revoke "$(begins)" --passphrase-file root.pass
is "and anna alone may sign" "$(operators)" "[('anna', 'valid'), ('operator', 'revoked')]"
rest

# --- the root's file is gone ---
H keys add chi --passphrase-file root.pass --new-passphrase-file binh.pass --kdf-memory-mib 8 2>/dev/null # so that anna is not the only one
mv lone/keys/root copy
serve
ok "without the root's file the hub serves, and an operator invites" enrol other 14-0371 --operator anna --passphrase-file anna.pass
for d in post other; do sync $d; confirm $d; sync $d; done
P -d post visit 7 --band adult >/dev/null
sync post
is "devices sync" "$(synced post) $(synced other)" '[True, 0] [True, 0]'
ok "an operator cuts off" H cut "$(member other device)" --reason lost --operator anna --passphrase-file anna.pass
status "who then hears it" 11 sync other
ok "the hub is whole" H verify
state_of_keys() { H keys --json | json 'd["generation"]'; cat lone/keys/* | cksum; }
held=$(state_of_keys)
needs_root() { # NAME ARGUMENT…: what only the root can do
  status "$1 is refused" 1 H "${@:2}" --passphrase-file root.pass
  like "it says what is missing, and what to do" "$(cat ok.out)" 'root key is not at lone/keys/root.*copy.*--root FILE.*A key is lost'
}
needs_root "another operator" keys add binh2 --new-passphrase-file binh.pass --kdf-memory-mib 8
needs_root "to revoke one" keys revoke anna
status "another passphrase for the root is refused" 1 H keys passphrase root --passphrase-file root.pass --new-passphrase-file root2.pass
like "it says likewise" "$(cat ok.out)" 'root key is not at lone/keys/root.*put a copy'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 H keys add binh2 --passphrase-file root.pass --new-passphrase-file binh.pass 2>&1)" 'không có khóa gốc ở lone/keys/root.*bản sao.*--root FILE'
rest
needs_root "to give the hub other keys" keys rotate
is "nothing was changed" "$(state_of_keys)" "$held"
serve
ok "with a copy another operator is made" H keys add binh2 --root copy --passphrase-file root.pass --new-passphrase-file binh.pass --kdf-memory-mib 8
ok "one is revoked" H keys revoke anna --root copy --passphrase-file root.pass
is "as the list says" "$(H keys --json | json 'sorted(o["name"] for o in d["operators"] if o["state"] == "valid")')" "['binh2', 'chi']"
rest
ok "and the hub gets other keys" H keys rotate --root copy --passphrase-file root.pass
serve
for i in 1 2; do sync post; done
is "of which devices hear" "$(synced post) $(list_of post)" "[True, 0] $(H keys --json | json 'd["generation"]') 2"
ok "the copy is put back" cp copy lone/keys/root
ok "and all is as it was" H keys add anna2 --passphrase-file root.pass --new-passphrase-file anna2.pass --kdf-memory-mib 8
rest
done_testing

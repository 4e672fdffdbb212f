#!/bin/bash
# packhorsed without a network: setting up, asking, checking, and everything that a
# person can get wrong on the way.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
H="$hubd -d $T/hub"
printf 'mot cau dai\n' >"$T/pass"
printf 'another\n' >"$T/wrong"
: >"$T/empty"
init="init --listen 127.0.0.1:7415 --kdf-memory-mib 8"

# --- init ---
status "init without a passphrase file" 2 $H $init
status "init with an empty passphrase" 2 $H $init --passphrase-file "$T/empty"
status "init with a passphrase file that is not there" 1 $H $init --passphrase-file "$T/none"
for bad in nonsense :7415 1.2.3.4: 1.2.3.4:99999 ::1:7415; do
  status "init refuses to listen at $bad" 2 $H init --listen "$bad" --passphrase-file "$T/pass"
done
status "no hub yet: exit 10" 10 $H status
mkdir "$T/full"
touch "$T/full/other"
status "init in a folder that holds something else" 1 "$hubd" -d "$T/full" $init --passphrase-file "$T/pass"
is "that folder is untouched" "$(ls -A "$T/full")" other
ok "init" $H $init --passphrase-file "$T/pass"
status "init again" 1 $H $init --passphrase-file "$T/pass"
is "the folder is the owner's alone" "$(stat -c %a "$T/hub")" 700
is "no file is readable by others" "$(find "$T/hub" -type f -perm /077 | wc -l)" 0
ok "an init that was interrupted can be given again" bash -c "
  cp -r '$T/hub' '$T/again' && mv '$T/again/hub.db' '$T/again/hub.db.new' && touch '$T/again/init.unfinished' &&
  '$hubd' -d '$T/again' $init --passphrase-file '$T/pass' && '$hubd' -d '$T/again' verify"

cp -r "$T/hub" "$T/lost"
rm "$T/lost/hub.db"
status "a hub that lost its database is damaged, not new" 15 "$hubd" -d "$T/lost" status
status "and init does not write over its keys" 15 "$hubd" -d "$T/lost" $init --passphrase-file "$T/pass"
ok "they are as they were" diff -r "$T/hub/keys" "$T/lost/keys"
for key in online list; do
  rm -rf "$T/lost" && cp -r "$T/hub" "$T/lost" && rm "$T/lost/keys/$key"
  status "keys/$key is lost" 15 "$hubd" -d "$T/lost" status
  like "which is said, and what to do" "$("$hubd" -d "$T/lost" status 2>&1)" "keys/$key is missing.*restore a backup"
done
printf 'chín ký t\n' >"$T/nine"
status "nine characters are no passphrase for a new hub" 2 "$hubd" -d "$T/short" $init --passphrase-file "$T/nine"
is "nothing is made" "$(ls "$T/short" 2>&1 | grep -c 'No such')" 1
status "nor a new one for a key" 2 $H keys passphrase operator --passphrase-file "$T/pass" --new-passphrase-file "$T/nine"
like "which is said" "$($H keys passphrase operator --passphrase-file "$T/pass" --new-passphrase-file "$T/nine" 2>&1)" 'at least 10 characters'

# --- sites, communes, policies ---
ok "site add with a number in its code" $H site add 14-0371 --commune 03646 --kind commune --name 'Thư viện Tô Hiệu'
is "its number" "$($H site list --json | json 'd["sites"][0]["number"]')" 140371
is "its kind" "$($H site list --json | json 'd["sites"][0]["kind"]')" commune-library
ok "site add with any other code" $H site add BP.1 --commune 04231 --kind border-post --name 'Đồn biên phòng'
is "it gets a free number" "$($H site list --json | json 'd["sites"][1]["number"]')" 149999
status "the same code again" 1 $H site add 14-0371 --commune 03646 --kind van --name x
ok "--update changes it" $H site add 14-0371 --update --name 'Thư viện phường Tô Hiệu'
is "the new name" "$($H site list --json | json 'd["sites"][0]["name"]')" 'Thư viện phường Tô Hiệu'
is "what was not named stays" "$($H site list --json | json 'd["sites"][0]["kind"]')" commune-library
status "--update of a site that is not there" 1 $H site add 14-0999 --update --name x
status "a number that is taken" 1 $H site add 14-9999 --commune 03646 --kind van --name x
status "a kind that is none" 2 $H site add 14-0002 --commune 03646 --kind castle --name x
status "a kind that could be two" 2 $H site add 14-0002 --commune 03646 --kind library --name x
status "a commune that is no five digits" 2 $H site add 14-0002 --commune 3646 --kind van --name x
status "a code with a blank" 2 $H site add '14 2' --commune 03646 --kind van --name x
status "a code of 33 letters" 2 $H site add "$(printf 'x%.0s' {1..33})" --commune 03646 --kind van --name x
ok "a code of 32 letters" $H site add "$(printf 'x%.0s' {1..32})" --commune 03646 --kind van --name x
status "a name that is no UTF-8" 2 $H site add 14-0002 --commune 03646 --kind van --name $'\xff'
status "a name with a control character" 2 $H site add 14-0002 --commune 03646 --kind van --name $'a\tb'
ok "a name in NFD is stored in NFC" $H site add 14-0003 --commune 03646 --kind van --name $'To\xcc\x82'
is "as one letter" "$($H site list --json | json '[s["name"] for s in d["sites"] if s["code"] == "14-0003"][0]')" 'Tô'
status "options that are missing" 2 $H site add 14-0002 --kind van
ok "commune add" $H commune add 03646 --name 'Tô Hiệu' --type phuong
is "what a site has besides: open, no timetable, no route" "$($H site list --json | json '[d["sites"][0][m] for m in ("status", "schedule", "route")]')" "['open', '', []]"
status "a route through a commune that nobody named" 1 $H site set 14-0003 --route 04231,03646
like "says so" "$($H site set 14-0003 --route 04231,03646 2>&1)" 'route: there is no commune 04231'
ok "a commune that came from another" $H commune add 04231 --name 'Chiềng Sơn'
ok "site set" $H site set 14-0003 --status closed --schedule 'mon thu' --route 04231,03646
is "site list: status, schedule, route" "$($H site list --json | json '[[s["status"], s["schedule"], s["route"]] for s in d["sites"] if s["code"] == "14-0003"][0]')" "['closed', 'mon thu', ['03646', '04231']]"
is "in a table" "$($H site list --plain | grep ^14-0003 | cut -f6-)" "$(printf 'closed\tmon thu\t03646 04231')"
ok "open again, at no time" $H site set 14-0003 --status open
is "a commune of which little is known" "$($H commune list --json | json 'sorted(d["communes"][0])')" "['code', 'name', 'type']"
status "which must be there, too" 1 $H commune set 04231 --predecessor 04240
ok "once it is" $H commune add 04240 --name 'Chiềng Sơn cũ'
ok "its day and the one before" $H commune set 04231 --type xa --from 2025-07-01 --predecessor 04240
is "commune list: type, day, predecessor" "$($H commune list --json | json '[[c[m] for m in ("type", "from", "predecessor")] for c in d["communes"] if c["code"] == "04231"][0]')" "['xa', '2025-07-01', '04240']"
is "in a table, empty where nothing is known" "$($H commune list --plain)" "$(printf '03646\tTô Hiệu\tphuong\t\t\n04231\tChiềng Sơn\txa\t2025-07-01\t04240\n04240\tChiềng Sơn cũ\t\t\t')"
ok "policy set" $H policy set loan-term-days 21
is "policy list" "$($H policy list --plain | grep loan)" "$(printf 'loan-term-days\t21\t\t')"
ok "a rule of a day to come" bash -c "$H policy set report-m2-least 2 --when 2026-01-01 && $H policy set report-m2-least 3 --when 2999-01-01"
is "is listed as one" "$($H policy list --plain | grep m2)" "$(printf 'report-m2-least\t3\t2999-01-01\t2')"
status "a rule that makes no sense" 2 $H policy set loan-term-days abc
status "a loan of no days" 2 $H policy set loan-term-days 0
is "none of these is warned of" "$($H policy set hold-days 7 2>&1; $H policy set loan-term-days 21 2>&1)" \
  "$(printf 'set; it reaches each device with its next sync\n%.0s' 1 2)"
ok "whether readers are charged" $H policy set money no
status "is yes or no" 2 $H policy set money 0
status "a hold of no days" 2 $H policy set hold-days 0
like "the warning names those that are heeded" "$($H policy set colour red 2>&1)" 'loan-term-days, hold-days, money'
like "a rule that nobody heeds is set with a warning" "$($H policy set colour blue 2>&1)" 'no program heeds'
printf '[{"Wards":[{"Code":"04048","Name":"Vân Hồ","FullName":"Xã Vân Hồ"}]}]' >"$T/c.json"
ok "commune import" $H commune import "$T/c.json"
is "a second time changes nothing" "$($H commune import "$T/c.json" --json | json 'd["added"]')" 0
printf '[{"Wards":[{"Code":"04048","Code":"04049"}]}]' >"$T/bad.json"
status "commune import refuses duplicate keys" 1 $H commune import "$T/bad.json"
if [ -f "$TESTDATA/communes/son_la_2025.json" ]; then
  is "the province's 75 communes" "$($H commune import "$TESTDATA/communes/son_la_2025.json" --json | json 'd["added"] + d["unchanged"]')" 75
elif [ -f "$TESTDATA/data/communes/son_la_2025.json" ]; then
  is "the province's 75 communes" "$($H commune import "$TESTDATA/data/communes/son_la_2025.json" --json | json 'd["added"] + d["unchanged"]')" 75
else
  skip "the province's 75 communes" "no test data"
fi

# --- invites ---
invite="invite --site 14-0371 --role site --hub 127.0.0.1:7415"
ok "invite" $H $invite --out "$T/i1" --passphrase-file "$T/pass"
like "it is one line of text" "$(cat "$T/i1")" '^PACKHORSE1:[A-Za-z0-9_-]+$'
is "readable by its owner alone" "$(stat -c %a "$T/i1")" 600
ok "another to standard output" bash -c "$H $invite --out - --passphrase-file '$T/pass' >'$T/i2'"
status "an invite does not overwrite another" 1 $H $invite --out "$T/i1" --passphrase-file "$T/pass"
ok "unless told to" $H $invite --out "$T/i1" --passphrase-file "$T/pass" --force
printf '\xef\xbb\xbfmot cau dai\r\n' >"$T/bom"
ok "a passphrase file with a byte order mark opens the keys" $H $invite --out "$T/i4" --passphrase-file "$T/bom"
ok "no two invites are equal" bash -c "! cmp -s '$T/i1' '$T/i2'"
status "a wrong passphrase" 1 $H $invite --out "$T/i3" --passphrase-file "$T/wrong"
ok "leaves no file" test ! -e "$T/i3"
status "an unknown site" 1 $H invite --site nowhere --role site --out "$T/i3" --passphrase-file "$T/pass"
status "an unknown role" 2 $H invite --site 14-0371 --role king --out "$T/i3" --passphrase-file "$T/pass"
for bad in nonsense '' :7415 hub.example hub.example:99999 "$(printf '%0300d' 0):7415" 0.0.0.0:7415 '[::]:7415' hub.example:0; do
  status "an address of the hub that no device can call: \"${bad:0:20}\"" 2 $H invite --site 14-0371 --role site --hub "$bad" --out "$T/i3" --passphrase-file "$T/pass"
  like "which names the option, and an example" "$(cat ok.out)" '--hub .*example hub\.example:7415'
done
ok "nor is a file left" test ! -e "$T/i3"
ok "a name and a port are one" $H invite --site 14-0371 --role site --hub hub.example:7415 --out "$T/i3" --passphrase-file "$T/pass" --force
rm "$T/i3"
status "an output folder that is not there" 1 $H $invite --out "$T/no/i3" --passphrase-file "$T/pass"
ok "the passphrase stands in no file of the hub" bash -c "! grep -rqa 'mot cau dai' '$T/hub'"

# --- asking and checking ---
for what in "status" "devices" "digest" "verify" "site list" "query summary" "query loans" "query cases" "cases"; do
  ok "$what --json is JSON with a schema" bash -c "$H $what --json | '$PYTHON' -c 'import json,sys; assert json.load(sys.stdin)[\"schema\"] == 1'"
done
status "query of an unknown copy" 1 $H query copy 123
status "query of nonsense" 2 $H query nonsense
status "query title wants a reference" 2 $H query title x
status "digest of an unknown site" 1 $H digest --site nowhere
before=$($H digest)
ok "rebuild" $H rebuild
is "gives the same bytes" "$($H digest)" "$before"
is "--plain gives keys and values" "$($H digest --plain | grep -c "^digest	")" 1
status "digest of a device that is not there" 1 $H digest --device abcd
like "verify counts what it saw" "$($H verify)" 'entries'
status "an unknown command" 2 $H frobnicate
status "an unknown option" 2 $H status --frobnicate
status "too many arguments" 2 $H status now
like "help names every command" "$("$hubd" help)" 'invite.*serve.*query'
like "help of one command" "$("$hubd" help site add)" 'commune CODE'
is "-d after the command" "$("$hubd" digest -d "$T/hub")" "$before"

# --- trouble ---
# without -F a child of flock would hold the lock, and outlive it
start holder flock -F "$T/hub/lock" sleep 20
sleep 0.3
status "in use by another process: exit 17" 17 $H status
stop "$started_pid"
cp -r "$T/hub" "$T/torn"
rm -f "$T/torn/hub.db-wal" "$T/torn/hub.db-shm"
"$PYTHON" - "$T/torn/hub.db" <<'P'
import sys
path = sys.argv[1]
data = bytearray(open(path, "rb").read())
at = data.find(b"loan-term-days")
data[at] ^= 1
open(path, "wb").write(data)
P
status "verify finds one flipped bit: exit 15" 15 "$hubd" -d "$T/torn" verify
rm -rf "$T/torn"
cp -r "$T/hub" "$T/torn"
"$PYTHON" - "$T/torn/hub.db" <<'P'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("DELETE FROM seal")
db.commit()
P
status "a store whose seals are gone: exit 15" 15 "$hubd" -d "$T/torn" verify
like "it says where" "$("$hubd" -d "$T/torn" verify 2>&1)" 'log [0-9a-f]+, entry 1: entries without a seal'
like "in Vietnamese as well" "$(LC_ALL=vi_VN.UTF-8 "$hubd" -d "$T/torn" verify 2>&1)" 'không có dấu niêm'
"$PYTHON" - "$T/torn/hub.db" <<'P'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("DROP TABLE seal")
db.commit()
P
status "a store that lacks a table: exit 15" 15 "$hubd" -d "$T/torn" verify
head -c 5000 /dev/urandom >"$T/torn/hub.db"
status "a database that is none: not a hub's store" 15 "$hubd" -d "$T/torn" status
done_testing

#!/bin/bash
# Two PCs of one site: the second gets what the first wrote, readers' names among it, once
# the operator has confirmed it by its fingerprint; until then, and elsewhere, nothing.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
serve() {
  $H serve --listen 127.0.0.1:0 >"serve.$1" 2>>serve.log &
  server=$!
  started+=("$server")
  for _ in $(seq 100); do
    at=$(awk '/^listening/ { print $2; exit }' "serve.$1" 2>/dev/null)
    [ -n "$at" ] && return
    sleep 0.05
  done
}
sync() { "$P" -d "$1" sync --hub "$at" --json; }
member() { "$P" -d "$1" status --json | json "d['$2']"; }

$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null
$H site add 14-0372 --commune 03646 --kind commune --name 'Chiềng La' 2>/dev/null
for i in 1:14-0371 2:14-0371 3:14-0372; do
  $H invite --site "${i#*:}" --role site --out "i${i%:*}" --passphrase-file pass 2>/dev/null
  "$P" -d "s${i%:*}" join "i${i%:*}" >/dev/null
done
serve 1

# --- the first PC works, the second comes ---
reader=$("$P" -d s1 reader add --name 'Lò Văn Pánh' --band adult --json | json 'd["entries"][0]["ref"]')
ok "the first PC syncs a reader and a visit" bash -c "$P -d s1 visit 3 --band child >/dev/null && $P -d s1 sync --hub $at"
for s in s2 s3; do
  ok "$s syncs" sync $s
done
is "an unconfirmed PC gets nothing of it" "$(sync s2 | json '[d["entries_of_site"], d["parts_received"]]')" '[0, 0]'
is "and says so" "$(member s2 of_site)" 0
like "and what to do" "$("$P" -d s2 status)" 'not confirmed yet|chưa được xác nhận'
is "in JSON too" "$(member s2 confirmed)" False
status "it does not know the reader" 1 "$P" -d s2 reader show "$reader"

# --- the fingerprint ---
words=$(member s2 fingerprint)
like "status shows four syllables" "$("$P" -d s2 status)" "$words"
id=$(member s2 device)
like "so does the hub, of a device that is not confirmed" "$($H devices)" "\\? $words"
is "and in JSON" "$($H devices --json | json "[(x['state'], x['fingerprint']) for x in d['devices'] if x['device'] == '$id'][0]")" "('unconfirmed', '$words')"
status "the words of another device are refused" 1 $H devices confirm "${id:0:8}" --fingerprint "$(member s1 fingerprint)"
like "saying why" "$($H devices confirm "${id:0:8}" --fingerprint "$(member s1 fingerprint)" 2>&1)" 'is not the fingerprint of this device'
status "words that are none are refused" 2 $H devices confirm "${id:0:8}" --fingerprint "mot hai ba bon"
status "with nobody to ask it asks for the words" 2 $H devices confirm "${id:0:8}" </dev/null
status "no such device" 1 $H devices confirm ffffffffffff --fingerprint "$words"
is "nothing was confirmed" "$($H devices --json | json "[x['state'] for x in d['devices']]")" "['unconfirmed', 'unconfirmed', 'unconfirmed']"
ok "the right words confirm it, parted by blanks as well" $H devices confirm "${id:0:8}" --fingerprint "${words//-/ }"
is "the hub shows it" "$($H devices --json | json "[x['state'] for x in d['devices'] if x['device'] == '$id'][0]")" confirmed
like "a second time nothing more is to do" "$($H devices confirm "${id:0:8}" --fingerprint "$words" 2>&1)" 'was confirmed before|đã được xác nhận trước'

# --- the second PC gets the log, and reads the name ---
is "its next sync brings the other's entries" "$(sync s2 | json 'd["entries_of_site"] > 0 and d["parts_received"] == 1')" True
like "it knows the reader by name" "$("$P" -d s2 reader show "$reader")" 'Lò Văn Pánh'
is "and knows that it is confirmed" "$(member s2 confirmed)" True
is "as many entries as the first has" "$(member s2 of_site)" "$(member s1 entries)"
is "nothing comes twice" "$(sync s2 | json 'd["entries_of_site"]')" 0

# --- more at once than one connection carries: what came of it is kept, and the next one goes on ---
"$PYTHON" -c 'for i in range(1500): print("{\"kind\":\"reader-put\",\"name\":\"Quàng Văn %d\"}" % i)' |
  "$P" -d s1 record --batch >/dev/null
sync s1 >/dev/null
through() { # relay options: the hub over a poor link is at $cut_at
  rm -f relay.out
  "$RELAY" --listen 127.0.0.1:0 --to "$at" "$@" >relay.out 2>/dev/null &
  started+=($!)
  for _ in $(seq 100); do
    cut_at=$(awk '/^listening/ { print $2; exit }' relay.out 2>/dev/null)
    [ -n "$cut_at" ] && break
    sleep 0.05
  done
}
through --cut-after 16384
through_cuts() { timeout 120 "$P" -d s2 sync --hub "$cut_at" --json "$@"; }
status "a link that dies after 16 KiB brings a part of it" 14 through_cuts
is "which is kept" "$(member s2 of_site) $("$P" -d s2 status --json | json '0 < d["unfinished"]["bytes"] < d["unfinished"]["of"]')" "$(($(member s1 entries) - 1500)) True"
ok "with others it gets there" through_cuts --wait --tries 40
is "all of it" "$(member s2 of_site)" "$(member s1 entries)"
is "and nothing is kept" "$("$P" -d s2 status --json | json '"unfinished" in d')" False
like "with names" "$("$P" -d s2 find 'Quàng Văn 1499' 2>&1)" 'Quàng Văn 1499'

# --- and over a link that dies before a frame of 4 KiB is down ---
sync s2 >/dev/null # whole, whatever the hub saw of the end of the one before
"$PYTHON" -c 'for i in range(300): print("{\"kind\":\"reader-put\",\"name\":\"Cà Văn %d\"}" % i)' |
  "$P" -d s1 record --batch >/dev/null
sync s1 >/dev/null
before=$(member s2 of_site)
through --cut-after 3000 --cut-exact
status "a link that dies after 3,000 bytes brings nothing at first" 14 through_cuts
is "indeed nothing" "$(member s2 of_site) $("$P" -d s2 status --json | json '"unfinished" in d')" "$before False"
ok "but the hub has seen it, makes shorter frames, and it gets there" through_cuts --wait --tries 40
is "all of it, too" "$(member s2 of_site)" "$(member s1 entries)"
like "with the last name" "$("$P" -d s2 find 'Cà Văn 299' 2>&1)" 'Cà Văn 299'

# --- the other site is confirmed, and gets nothing of this one ---
id3=$(member s3 device)
ok "another site's PC is confirmed" $H devices confirm "$id3" --fingerprint "$(member s3 fingerprint)"
sync s3 >/dev/null
is "and gets nothing of this site's logs" "$(sync s3 | json 'd["entries_of_site"]')" 0
status "nor its readers" 1 "$P" -d s3 reader show "$reader"

# --- a courier of the first site carries, and reads nothing ---
$H invite --site 14-0371 --role courier --out i4 --passphrase-file pass 2>/dev/null
"$P" -d s4 join i4 >/dev/null
ok "a courier syncs" sync s4
id4=$(member s4 device)
like "confirming it says what it gets" "$($H devices confirm "$id4" --fingerprint "$(member s4 fingerprint)" 2>&1)" 'as a courier: it still gets nothing|là máy chuyển tin: máy vẫn không nhận'
sync s4 >/dev/null
is "it gets nothing of the site" "$(sync s4 | json '[d["entries_of_site"], d["parts_received"]]')" '[0, 0]'
is "though it knows that it is confirmed" "$(member s4 confirmed)" True
stored() {
  "$PYTHON" - "$1" <<'E'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(*[db.execute("SELECT count(*) FROM " + table).fetchone()[0]
        for table in ("log WHERE site <> 0", "part", "fed_entry")])
E
}
is "its store has its own log, and no sibling's, no seed and nothing that was fed" "$(stored s4/site.db)" '1 0 0'

# --- both ways: equal books ---
id1=$(member s1 device)
ok "the first is confirmed too" $H devices confirm "$id1" --fingerprint "$(member s1 fingerprint)"
"$P" -d s2 visit 4 --band adult >/dev/null
second=$("$P" -d s2 reader add --name 'Cầm Thị Ban' --band adult --json | json 'd["entries"][0]["ref"]')
sync s2 >/dev/null
like "sync says what came" "$("$P" -d s1 sync --hub "$at")" 'From other machines of this site: [0-9]+ entries|Từ máy khác của điểm: [0-9]+ giao dịch'
like "status says what is held" "$("$P" -d s1 status)" 'Other machines of this site|Máy khác của điểm này'
for s in s2 s1 s2 s1; do
  sync $s >/dev/null
done
like "the first reads what the second wrote" "$("$P" -d s1 reader show "$second")" 'Cầm Thị Ban'
is "one site, one digest" "$("$P" -d s1 digest)" "$("$P" -d s2 digest)"
is "and it is the hub's for this site" "$($H digest --site 14-0371)" "$("$P" -d s1 digest)"
# over the telephone: four syllables, the same in text and JSON, at the site and at the hub
words=$("$P" -d s1 digest | sed -n 2p)
like "a digest has four syllables" "$words" '^[^- ]+-[^- ]+-[^- ]+-[^- ]+$'
is "in JSON the same" "$("$P" -d s1 digest --json | json 'd["words"]')" "$words"
is "equal books, equal words" "$("$P" -d s2 digest --json | json 'd["words"]') $($H digest --site 14-0371 --json | json 'd["words"]')" "$words $words"
is "with --plain, too" "$("$P" -d s1 digest --plain | grep -c "^words	$words$") $($H digest --site 14-0371 --plain | grep -c "^words	$words$")" '1 1'
is "other books, other words" "$(for of in "--site 14-0371" "--site 14-0372" ""; do $H digest $of --json | json 'd["words"]'; done | sort -u | wc -l)" 3
"$P" -d s1 visit 1 --band adult >/dev/null
like "one visit more, other words" "$("$P" -d s1 digest --json | json "d['words'] != '$words'")" True
sync s1 >/dev/null
sync s2 >/dev/null
is "and equal ones once all is told" "$($H digest --site 14-0371 --json | json 'd["words"]')" "$("$P" -d s2 digest --json | json 'd["words"]')"
is "rebuilding tells the same words" "$("$P" -d s1 rebuild --json | json 'd["words"]')" "$("$P" -d s1 digest | sed -n 2p)"
ok "stores are whole" bash -c "$P -d s1 verify && $P -d s2 verify && $H verify"
is "rebuilding gives the same" "$("$P" -d s2 rebuild --json | json 'd["digest"]')" "$("$P" -d s1 digest | head -n 1)"

# --- one of them is replaced: what it no longer gets does not hold back the other ---
ok "the second PC is retired" $H devices retire "${id:0:8}" --reason replaced
sync s1 >/dev/null
is "the digest is that of the first" "$($H digest --site 14-0371)" "$("$P" -d s1 digest)"
sync s2 >/dev/null
is "it knows that it is retired" "$(member s2 state) $(member s2 confirmed)" 'retired False'
like "and says what that means" "$("$P" -d s2 status)" 'retired: to be used no more; what it wrote counts'
is "there are no words to read, and not all is well" "$("$P" -d s2 status | grep -cE 'read these words|✓')" 0
like "in Vietnamese too" "$(LC_ALL=vi_VN.UTF-8 "$P" -d s2 status)" 'máy này đã được cho nghỉ'
is "of one device" "$($H digest --site 14-0371 --json | json '[d["devices"], d["control_waiting"]]')" '[1, 0]'
retire=$($H log --limit 100 | "$PYTHON" -c 'import json,sys
print([x["ref"] for x in map(json.loads, sys.stdin) if x["kind"] == "device-retire"][0])')
ok "that is taken back" $H void "$retire"
for s in s2 s1; do
  sync $s >/dev/null
done
is "it knows that it is confirmed again" "$(member s2 state) $(member s2 confirmed)" 'confirmed True'
is "and both count again" "$($H digest --site 14-0371 --json | json '[d["devices"], d["control_waiting"]]')" '[2, 0]'
is "with one digest" "$($H digest --site 14-0371)" "$("$P" -d s2 digest)"
ok "the second PC is cut off" $H cut "${id:0:8}" --reason stolen --passphrase-file pass
sync s1 >/dev/null
is "the digest is that of the first again" "$($H digest --site 14-0371)" "$("$P" -d s1 digest)"
ok "the second does not know yet, and records" "$P" -d s2 visit 9 --band adult
before=$($H devices --json | json "[x['entries'] for x in d['devices'] if x['device'] == '$id'][0]")
status "a device that was cut off is told so when it syncs" 11 "$P" -d s2 sync --hub "$at" --json
is "though the session went through" "$(json '[d["complete"], d["pending_entries"], d["entries_sent"] > 0]' < <(head -n 1 ok.out))" '[True, 0, True]'
is "and what it sent is kept" "$($H devices --json | json "[x['entries'] for x in d['devices'] if x['device'] == '$id'][0] > $before")" True
like "in words" "$("$P" -d s2 sync --hub "$at" 2>&1)" 'has cut this device off'
like "in Vietnamese too" "$(LC_ALL=vi_VN.UTF-8 "$P" -d s2 sync --hub "$at" 2>&1)" 'đã ngừng máy này'
is "status knows it" "$(member s2 state) $(member s2 confirmed)" 'cut False'
like "and says what that means" "$("$P" -d s2 status)" 'cut off: what it writes is kept apart'
is "not that all is well" "$("$P" -d s2 status | grep -cE 'read these words|✓')" 0
cut=$($H log --limit 100 | "$PYTHON" -c 'import json,sys
print([x["ref"] for x in map(json.loads, sys.stdin) if x["kind"] == "device-cut"][0])')
ok "the cut is taken back" $H void "$cut" --passphrase-file pass
ok "and it syncs as ever" sync s2
is "confirmed" "$(member s2 state)" confirmed

done_testing

#!/bin/bash
# Folders that were copied to a second PC, put back from an image, rolled back twice, or lost
# their store or witness alone: nothing is lost, recording goes on at once, what is missing
# comes back with the next sync, and each has the hub's books again.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P=$BUILD/client/packhorse
H="$hubd -d hub"
for m in 1 2 3; do
  mkdir -p m$m/etc
  printf 'machine %d\n' $m >m$m/etc/machine-id
done
at1() { PACKHORSE_MACHINE=$T/m1 "$@"; }
at2() { PACKHORSE_MACHINE=$T/m2 "$@"; }
at3() { PACKHORSE_MACHINE=$T/m3 "$@"; }
s1() { at1 "$P" -d s1 "$@"; }
s2() { at2 "$P" -d s2 "$@"; }
member() { "$@" status --json | json "d['$key']"; }
field() { # NAME site: of `status --json`
  "$2" status --json | json "d['$1']"
}
lines() { "$PYTHON" -c 'import json,sys; print("\n".join(x["ref"] for x in json.load(sys.stdin)["entries"]))'; }
# What was ever saved here is written down, by reference: it must all be at the hub in the end.
note() { "$1" log --limit 10000 --json | lines >>saved; }
visits=0
visit() { # site count: so many visitors, saved
  "$1" visit "$2" --band adult >visit.out 2>visit.err || return
  visits=$((visits + $2))
  note "$1"
}
sync() { "$1" sync --hub "$at" --json >sync.json 2>sync.err || { cat sync.err sync.json; return 1; }; }
logs_of() { # folder: logs of this device in its store
  "$PYTHON" - "$1/site.db" <<'PY'
import sqlite3, sys
print(sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True).execute(
    "SELECT count(DISTINCT id) FROM log WHERE site = 140371").fetchone()[0])
PY
}
hub_says() { $H devices --json | json "d['devices'][0]['$1']"; }
# all_well NAME site...: all that was saved is at the hub and counts, and each has its books
all_well() {
  local name=$1 site
  $H log --site 14-0371 --limit 10000 --json | lines | sort >at.hub
  is "$name: all that was saved is at the hub" "$(sort -u saved | comm -23 - at.hub | wc -l)" 0
  is "$name: none of it twice" "$(uniq -d at.hub | wc -l)" 0
  is "$name: all visitors count" "$($H report figures --from 2000-01-01 --to 2999-12-31 --json |
    json 'd["sites"][0]["figures"]["visits"]')" "$visits"
  is "$name: all readers' details are there" "$(hub_says parts_missing)" 0
  for site in "${@:2}"; do
    is "$name: $site waits for nothing" "$(field pending $site) $(field parts_pending $site)" '0 0'
    is "$name: $site has the hub's books" "$($site digest)" "$($H digest --site 14-0371)"
    ok "$name: $site is whole" $site verify
  done
}
back() { json <sync.json 'd["entries_back"] > 0'; }

printf 'mot cau dai\n' >pass
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null
$H invite --site 14-0371 --role site --out i1 --passphrase-file pass 2>/dev/null
start serve $H serve --listen 127.0.0.1:0
at=$(wait_for_line serve '^listening ' | cut -d' ' -f2)
ok "a device joins" at1 "$P" -d s1 join i1
ok "and syncs" sync s1
ok "and is confirmed" $H devices confirm "$(field device s1)" --fingerprint "$(field fingerprint s1)"
s1 reader add --name 'Lò Văn Pánh' --band adult >/dev/null 2>&1
visit s1 3
ok "and syncs" sync s1
is "no doubt, no new log" "$(field new_log s1) $(cat visit.err) $(logs_of s1)" 'None  1'

# --- the folder is copied to a second PC, and both are used ---
cp -r s1 s2
like "the copy knows it, before anything is recorded" "$(s2 status)" 'This folder +was copied here'
is "in JSON too" "$(field new_log s2)" "{'why': 'cloned', 'since': None}"
like "and in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 s2 status)" 'Thư mục này +được sao chép sang đây'
cp -r s1 third
like "as who records there is told" "$(LC_ALL=vi_VN.UTF-8 at2 "$P" -d third visit 1 --band adult 2>&1)" \
  'thư mục này được sao chép sang đây.*trong một nhật ký mới\. Không mất gì, không cần làm gì.*xin thư viện tỉnh thư mời'
rm -r third
visit s1 5
is "the first one is as ever" "$(cat visit.err)" ''
visit s2 7
like "the copy says what happened" "$(cat visit.err)" 'copied here.*in a new log.*Nothing is lost, and nothing has to be done'
visit s2 2
is "once" "$(cat visit.err)" ''
s2 reader add --name 'Giàng A Páo' --band adult >/dev/null
ok "the first syncs" sync s1
ok "and the copy" sync s2
ok "which gets what the first wrote meanwhile" back
is "two logs, and no fork" "$(logs_of s2) $(hub_says forked)" '2 False'
ok "the first syncs again" sync s1
ok "and gets what the copy wrote, readers' details too" back
like "by name" "$(s1 reader find Páo 2>/dev/null || s1 find Páo)" 'Giàng A Páo'
all_well "a copy" s1 s2
sync s1
is "nothing comes twice" "$(json <sync.json '(d["entries_back"], d["entries_of_site"], d["entries_sent"], d["tries"])')" '(0, 0, 0, 1)'
visit s1 1
visit s2 1
for s in s1 s2 s1; do sync $s; done
all_well "both go on" s1 s2
is "in their two logs" "$(logs_of s1)" 2
rm -r s2

# --- yesterday's image, put back in place; the hub tells ---
cp -a s1 image
visit s1 11
s1 reader add --name 'Cầm Thị Ban' --band adult >/dev/null
ok "the day goes up" sync s1
put_back() { # the whole folder as it was, the witness with it, by the same files
  for file in site.db witness codes keys; do cat image/$file >s1/$file; done
  rm -f s1/site.db-wal s1/site.db-shm
}
put_back
before=$(logs_of s1)
ok "the folder of yesterday syncs" sync s1
ok "and has its day back" back
is "in one command" "$(json <sync.json "d[\"complete\"]") $(field pending s1)" "True 0"
all_well "an image" s1
visit s1 1
like "what is recorded next goes into a new log, and says so" "$(cat visit.err)" 'put back from an older copy.*Nothing is lost'
like "status too" "$(s1 status)" 'was put back from an older copy'
like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 s1 status)" 'được khôi phục từ bản sao cũ'
is "one more" "$(logs_of s1)" $((before + 1))
ok "it syncs" sync s1
all_well "an image, gone on with" s1

# --- the same, and the day's work begins before any sync: two branches, both count ---
rm -r image
cp -a s1 image
visit s1 13
ok "the day goes up" sync s1
put_back
visit s1 17
is "nobody could know" "$(cat visit.err)" ''
ok "it syncs" sync s1
ok "and has the other branch back" back
is "the hub shows the fork" "$(hub_says forked)" True
all_well "a fork" s1
visit s1 1
like "it goes on in a new log" "$(cat visit.err)" 'in a new log'
ok "it syncs" sync s1
all_well "a fork, gone on with" s1
forks=$($H status --json | json 'd["forked_logs"]')

# --- a person says so: no fork, though the hub is out of reach ---
rm -r image
cp -a s1 image
visit s1 2
ok "the day goes up" sync s1
put_back
status "--restored, with no network" 12 s1 sync --restored --hub 127.0.0.1:1
visit s1 4
like "a new log" "$(cat visit.err)" 'in a new log'
ok "it syncs" sync s1
is "no further fork" "$($H status --json | json 'd["forked_logs"]')" "$forks"
all_well "--restored" s1

# --- a snapshot of the whole disk, rolled back twice ---
rm -r image
cp -a s1 image
visit s1 1
ok "a day" sync s1
put_back
visit s1 2
ok "rolled back: a day" sync s1
put_back
visit s1 3
ok "rolled back again: a day" sync s1
for i in 1 2; do sync s1; done
all_well "rolled back twice" s1
visit s1 1
ok "and one more day" sync s1
all_well "rolled back twice, gone on with" s1

# --- the store alone put back ---
forks=$($H status --json | json 'd["forked_logs"]')
cp s1/site.db store
visit s1 6
ok "a day" sync s1
cat store >s1/site.db
rm -f s1/site.db-wal s1/site.db-shm
like "the witness tells" "$(s1 status)" 'was put back from an older copy'
visit s1 8
like "a new log" "$(cat visit.err)" 'put back from an older copy'
ok "it syncs" sync s1
ok "and has back what was missing" back
is "no further fork" "$($H status --json | json 'd["forked_logs"]')" "$forks"
all_well "the store alone" s1

# --- the witness alone is gone ---
before=$(logs_of s1)
rm s1/witness
visit s1 1
like "that is a doubt" "$(cat visit.err)" 'in a new log'
is "which costs a log" "$(logs_of s1)" $((before + 1))
visit s1 1
is "one" "$(cat visit.err) $(logs_of s1)" " $((before + 1))"
ok "it syncs" sync s1
all_well "no witness" s1
dd if=/dev/zero of=s1/witness bs=64 count=1 conv=notrunc 2>/dev/null
visit s1 1
is "one that a power cut garbled is no doubt" "$(cat visit.err) $(logs_of s1)" " $((before + 1))"

# --- the disk is moved to another PC, the old one is dead ---
visit() { s1 visit "$2" --band adult >visit.out 2>visit.err && visits=$((visits + $2)) && note s1; }
s1() { at3 "$P" -d s1 "$@"; }
visit s1 1
like "on another machine" "$(cat visit.err)" 'put back on another machine'
ok "it syncs" sync s1
all_well "another PC" s1

# --- people at the hub are told, and nothing waits for them ---
rc=0
$H cases --json >cases.json || rc=$?
like "the hub lists what happened" "$(json <cases.json '{c["case"] for c in d["cases"]}')" "restored"
ok "the hub is whole" $H verify
digest=$($H digest)
is "made anew from the logs the books are the same" "$($H rebuild >/dev/null && $H digest)" "$digest"
done_testing

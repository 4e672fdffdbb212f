#!/bin/bash
# What was said once is said again: first messages and whole sessions to the hub, also after it
# was started again and after its keys were replaced; the hub's answers to a site; old bundles,
# up and down, with their receipts, feed pages and control log; another's. No effect, no regress.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P=$BUILD/client/packhorse
H="$hubd -d hub"
REPLAY="$PYTHON $ROOT/tests/e2e/replay.py"
TIMES=25
[ "$FULL" = 1 ] && TIMES=500
member() { "$P" -d "$1" status --json | json "d['$2']"; }
serve() { # NAME of what it prints
  start "$1" "$hubd" -d hub serve --listen 127.0.0.1:0
  serving=$started_pid
  hub=127.0.0.1:$(listen_port "$1")
  start "tap.$1" $REPLAY tap "$hub" "said.$1"
  at=127.0.0.1:$(listen_port "tap.$1")
}
# all that the hub holds and says of anybody
hub_state() {
  $H digest
  $H status --json | json '[d[k] for k in ("entries", "control_entries", "desk_entries", "devices", "logs", "cases", "last_heard")]'
  $H devices --json | json 'sorted((i["device"], i["entries"], i["sessions"], i["heard"], i["control_entries"]) for i in d["devices"])'
}
site_state() { # SITE
  "$P" -d "$1" digest
  "$P" -d "$1" status --json | json '[d[k] for k in ("entries", "pending", "parts_pending", "state")]'
  "$PYTHON" - "$1/site.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True)
tell = lambda sql: print(db.execute(sql).fetchall())
for table in "log", "receipt", "run", "seal", "device":
    tell("SELECT * FROM %s ORDER BY 1, 2" % table)
tell("SELECT name, value FROM meta WHERE name IN ('hub_epoch', 'keylist', 'control_log', 'own_log', 'heard') ORDER BY 1")
for table in "fed_meta", "fed_log", "fed_entry", "fed_fact":
    tell("SELECT * FROM %s ORDER BY 1, 2, 3" % table)
PY
}

printf 'mot cau dai\n' >pass
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
printf '[limits]\nhandshake-rate = 100000\nhandshake-burst = 100000\n' >>hub/packhorsed.conf # it is all from one address
for n in 1 2; do
  $H site add "14-037$n" --commune 03646 --kind commune --name "Điểm $n" 2>/dev/null
  $H invite --site "14-037$n" --role site --out "i$n" --passphrase-file pass 2>/dev/null
  "$P" -d "s$n" join "i$n" >/dev/null
done
serve first
for n in 1 2; do
  "$P" -d "s$n" sync --hub "$at" >/dev/null 2>&1
  $H devices confirm "$(member "s$n" device)" --fingerprint "$(member "s$n" fingerprint)" >/dev/null 2>&1
done
"$P" -d s1 visit 3 --band adult >/dev/null
"$P" -d s1 reader add --name 'Lò Văn Pánh' --band adult --card C1 >/dev/null
ok "a session that brings something, on a line that is listened to" "$P" -d s1 sync --hub "$at"
"$P" -d s2 visit 4 --band child >/dev/null
ok "and another site's" "$P" -d s2 sync --hub "$at"
is "four sessions were written down" "$(ls said.first/*.up | wc -l)" 4
is "no name is in them" "$(cat said.first/* | grep -c 'Pánh')" 0

# --- to the hub ---
replays() { # NAME: all that was said, again and again
  local before
  before=$(hub_state)
  for up in said.first/*.up; do
    $REPLAY say "$hub" "$up" "$TIMES" >back
    head -c 600 "$up" >part # not even a whole first message
    $REPLAY say "$hub" part 3 >/dev/null
  done
  wait_until 10 eval '[ "$($H status --json | json "d[\"sessions\"]")" = 0 ]'
  is "$1: nothing comes of it" "$(hub_state)" "$before"
}
replays "sessions that are said again, $TIMES times each"
before=$(hub_state; site_state s1)
"$P" -d s1 visit 1 --band adult >/dev/null
"$P" -d s1 sync --hub "$at" >/dev/null 2>&1
ok "what is looked at moves with a real session" test "$before" != "$(hub_state; site_state s1)"
replays "after newer ones"
is "and the site goes on as before" "$("$P" -d s1 sync --hub "$at" --json | json '[d["complete"], d["pending_entries"]]')" '[True, 0]'
stop "$serving"
serve second
replays "after the hub was started again"
stop "$serving"
ok "the hub gets other keys" $H keys rotate --passphrase-file pass
serve third
replays "after its keys were replaced"
"$P" -d s1 sync --hub "$at" >/dev/null 2>&1
"$P" -d s1 sync --hub "$at" >/dev/null 2>&1

# --- to a site: what the hub said once ---
before=$(site_state s1)
for down in said.first/3.down said.first/4.down said.first/1.down; do
  start "pose.$(basename "$down")" $REPLAY pose "$down"
  "$P" -d s1 sync --hub "127.0.0.1:$(listen_port "pose.$(basename "$down")")" >out 2>&1
  like "what the hub said in another session is no answer" "$?" '^(1|12|14)$'
done
is "and the site is as it was" "$(site_state s1)" "$before"

# --- bundles up, old ones again ---
mkdir up1 up2 down1 down2 foreign
"$P" -d s1 visit 10 --band adult >/dev/null
"$P" -d s1 pack-stick up1 >/dev/null 2>&1
"$P" -d s1 visit 20 --band adult >/dev/null
"$P" -d s1 pack-stick up2 >/dev/null 2>&1
cp -r up1 up1.old
cp -r up2 up2.old
$H take-stick up1 >/dev/null 2>&1
$H pack-stick down1 --site 14-0371 >/dev/null 2>&1
$H policy set loan-term-days 21 >/dev/null 2>&1
$H take-stick up2 >/dev/null 2>&1
"$P" -d s2 reader add --name 'Giàng A Páo' --band adult --card C9 >/dev/null
"$P" -d s2 sync --hub "$at" >/dev/null 2>&1
$H policy set loan-term-days 28 >/dev/null 2>&1
$H pack-stick down2 --site 14-0371 >/dev/null 2>&1
$H pack-stick foreign --site 14-0372 >/dev/null 2>&1
for d in down1 down2 foreign; do cp -r $d $d.old; done
before=$(hub_state)
for i in 1 2 3; do
  for d in up1.old up2.old up1.old; do
    cp -r $d again
    $H take-stick again >/dev/null 2>&1
    rm -r again
  done
done
is "bundles of a site, fed nine times more" "$(hub_state)" "$before"

# --- bundles down: receipts, pages, control log ---
"$P" -d s1 take-stick down2 >/dev/null 2>&1
is "the newer bundle says all" "$(member s1 pending) $("$P" -d s1 loan C1 B1 --json | json '(__import__("datetime").date.fromisoformat(d["entries"][0]["due"]) - __import__("datetime").date.today()).days in (27, 28, 29)')" '0 True'
"$P" -d s1 return B1 >/dev/null
"$P" -d s1 sync --hub "$at" >/dev/null 2>&1
before=$(site_state s1)
for i in 1 2 3; do
  for d in down1.old down2.old foreign.old up1.old; do
    cp -r $d again
    "$P" -d s1 take-stick again --json >out 2>out.err
    echo "$d $? $(json <out '[d[k] for k in ("bundles", "others", "refused")]')"
    rm -r again
  done
done >taken
is "twelve times what is its own is read to the end, and another's and its own words are left; nothing is refused" \
  "$(sort taken | uniq -c | sed "s,^ *,,")" \
  "3 down1.old 0 [1, 0, []]
3 down2.old 0 [1, 0, []]
3 foreign.old 0 [0, 1, []]
3 up1.old 0 [0, 0, []]"
is "old and foreign bundles, fed twelve times" "$(site_state s1)" "$before"
is "the rule of then is not back" "$("$P" -d s1 loan C1 B2 --json | json '(__import__("datetime").date.fromisoformat(d["entries"][0]["due"]) - __import__("datetime").date.today()).days in (27, 28, 29)')" True

# --- and all is well after it ---
for n in 1 2; do
  ok "s$n syncs" "$P" -d "s$n" sync --hub "$at"
  "$P" -d "s$n" sync --hub "$at" >/dev/null 2>&1 # what follows from it comes back
  is "s$n has the hub's books" "$("$P" -d "s$n" digest --json | json 'd["digest"]')" \
    "$($H digest --device "$(member "s$n" device)" --json | json 'd["digest"]')"
  ok "s$n is whole" "$P" -d "s$n" verify
done
ok "the hub is whole" $H verify
is "no visit was counted twice" "$($H report figures --from "$(date -d '-3 days' +%F)" --to "$(date -d '+3 days' +%F)" --json | json 'sorted(s["figures"].get("visits", 0) for s in d["sites"])[-2:]')" '[4, 34]'
done_testing

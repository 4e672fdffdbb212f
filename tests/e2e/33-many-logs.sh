#!/bin/bash
# A device with more own logs than one hello names (8): each start without a witness begins one. Who
# says that all is at the hub, or on the stick, has brought all of them.
. "$(dirname "$0")/lib.sh"

hub_of_one_site
hub_start 1
pc_join s 14-0371
pc_sync s
pc_confirm s

# begin N [FOLDER]: N visits, each in a log of its own.
begin() {
  local i folder=${2:-s}
  for ((i = 0; i < $1; i++)); do
    rm -f "$folder/witness"
    "$P" -d "$folder" visit 1 --band child >/dev/null 2>&1
  done
}
logs() { $H log --site 14-0371 --limit 10000 | "$PYTHON" -c 'import json, sys
print(len({e["ref"].split(".")[0] for e in map(json.loads, sys.stdin) if e["kind"] == "visit"}))'; }
# spent FOLDER: bytes over the network, this month.
spent() { "$P" -d "$1" budget --json | json 'sum(d["network"]["spent"]["network"].values())'; }

# --- by network ---
begin 20
is "twenty logs wait, of three entries each" "$(member s pending)" 60
"$P" -d s plan --json >plan.json
is "a plan has all of them, by each road" "$(json plan.json '[j["network"]["entries"], j["stick"]["entries"], j["network"]["fits"]]')" '[60, 60, true]'
spent=$(spent s)
"$P" -d s sync --hub "$at" >s.out 2>s.err
is "one sync ends well" $? 0
like "says that all is at the hub" "$(cat s.out)" 'Sent 60 entries; all is at the hub'
planned=$(json plan.json 'j["network"]["bytes"]')
spent=$(($(spent s) - spent))
ok "for about what was planned ($planned bytes; $spent)" test "$planned" -gt $((spent * 85 / 100)) -a "$planned" -lt $((spent * 115 / 100))
is "and then nothing waits" "$(member s pending)" 0
is "and the hub has them" "$(logs)" 20
begin 12
"$P" -d s budget set 100kB >/dev/null
is "within a data budget a plan has them" "$("$P" -d s plan --json | json 'd["network"]["fits"], d["network"]["entries_fit"]')" '(True, 36)'
pc_sync s
"$P" -d s budget set none >/dev/null
is "and a sync brings them; for scripts, too" "$rc $(json s.json '[j["complete"], j["pending_entries"], j["entries_sent"], j["tries"] > 1]')" '0 [true, 0, 36, true]'
pc_sync s
is "where nothing waits one session does" "$rc $(json s.json '[j["complete"], j["tries"]]')" '0 [true, 1]'

# --- by the agent: not at its next interval, which is minutes off ---
begin 20
printf '[hub]\naddress = %s\n' "$at" >s/agent.conf
start agent "$P" -d s agent
agent_pid=$started_pid
sent() { [ "$(member s pending)" = 0 ]; }
ok "all goes within seconds" wait_until 60 sent
stop "$agent_pid"
is "and the hub has them" "$(logs)" 52

# --- by stick: in as many bundles as it takes ---
begin 20
mkdir stick
"$P" -d s pack-stick stick --json >pack.json
is "all that waits is on the stick" "$? $(json pack.json '[j["complete"], j["entries"]]')" '0 [true, 60]'
"$P" -d s pack-stick stick --json >pack.json
is "and so it is when it is packed again" "$? $(json pack.json '[j["complete"], j["entries"]]')" '0 [true, 60]'
ok "the hub takes it" $H take-stick stick
is "and has them" "$(logs)" 72
$H pack-stick stick >/dev/null
ok "the receipts come home" "$P" -d s take-stick stick
is "of all of them" "$(member s pending)" 0

# --- a folder that was put back asks for its own logs: once, not in each of the sessions of one sync ---
"$P" -d s sync --hub "$at" --restored --json >asked.json
is "a folder that was put back has all" "$? $(json asked.json '[j["complete"], j["tries"], j["bytes_down"] > 2000]')" '0 [true, 1, true]'
begin 20
pc_sync s
is "twenty more logs go in several sessions" "$rc $(json s.json '[j["complete"], j["pending_entries"], j["tries"] > 2]')" '0 [true, 0, true]'
once=$(json asked.json 'j["bytes_down"]')
down=$(json s.json 'j["bytes_down"]')
ok "what the hub has comes down once ($down bytes, $once alone), not in each" test "$down" -lt $((2 * once))
is "and the hub has all" "$(logs)" 92

# --- what a backup of the hub has: that is told of each log, in as many sessions as it takes ---
far=$(mktemp -d /dev/shm/packhorse-e2e.XXXXXX 2>/dev/null)
trap 'rm -rf ${far:+"$far"}; cleanup' EXIT
backed() { json member.json 'j["levels"]["backup"] == j["entries"]'; }
if [ -n "$far" ] && [ "$(stat -c %d "$far")" != "$(stat -c %d .)" ]; then
  $H recovery-key --out secret
  ok "the hub is backed up" $H backup "$far"
  pc_sync s
  is "the device hears of the log that it writes" "$rc $(member s levels >/dev/null; backed)" '0 false'
  for ((i = 0; i < 20; i++)); do
    pc_sync s
    member s levels >/dev/null
    [ "$(backed)" = true ] && break
  done
  is "and by and by of the others, without another backup" "$(backed)" true
  begin 20
  pc_sync s
  is "and what waits then goes as ever" "$rc $(json s.json '[j["complete"], j["reason"], j["pending_entries"]]')" '0 [true, "", 0]'
else
  skip "the hub is backed up" "no second disk here"
  skip "the device hears of the log that it writes" "no second disk here"
  skip "and by and by of the others, without another backup" "no second disk here"
  skip "and what waits then goes as ever" "no second disk here"
fi

# --- what does not become less is left: it says so ---
# ahead FOLDER: it has heard of an epoch that is none of this hub's, as of stolen keys. By receipts of an older
# one it does not know what the hub has.
ahead() {
  "$PYTHON" - "$1/site.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
assert db.execute("UPDATE meta SET value = 5000 WHERE name = 'hub_epoch'").rowcount == 1
db.commit()
PY
}
ahead s
pc_sync s
is "it says that the hub may lack some" "$rc $(json s.json '[j["complete"], j["reason"], j["tries"] < 5]')" '14 [false, "left", true]'
like "in words" "$(cat s.err)" 'sync again'

# ... and if it is a courier as well, it hands over what it carries all the same
$H invite --site 14-0371 --role both --out invite.b --passphrase-file pass 2>/dev/null
"$P" -d b join invite.b >/dev/null
pc_sync b
pc_confirm b
start courier "$P" -d b courier --listen 127.0.0.1:0
courier_pid=$started_pid
"$P" -d s visit 2 --band child >/dev/null 2>&1
ok "a site gives it what waits" "$P" -d s sync --courier "127.0.0.1:$(listen_port courier)"
stop "$courier_pid"
begin 10 b
ahead b
pc_sync b
is "of the courier's own logs some are left" "$rc $(json b.json '[j["complete"], j["reason"]]')" '14 [false, "left"]'
is "and what it carries is handed over" "$(json b.json '[j["courier"]["complete"], j["courier"]["given"] > 0]')" '[true, true]'

$H cut "$(member s device)" --reason stolen --passphrase-file pass >/dev/null 2>&1
begin 1
pc_sync s
is "of a device that was cut off, that comes first" "$rc $(json s.json '[j["complete"], j["reason"]]')" '11 [false, "left"]'
like "in words, which do not say that all is there" "$(cat s.err)" '^[^;]*the provincial library has cut this device off: what it writes does not count'

done_testing

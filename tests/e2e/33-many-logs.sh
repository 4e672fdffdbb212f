#!/bin/bash
# A device with more own logs than one hello names (8): each start without a witness begins one. Who
# says that all is at the hub, or on the stick, has brought all of them.
. "$(dirname "$0")/lib.sh"

hub_of_one_site
hub_start 1
pc_join s 14-0371
pc_sync s
pc_confirm s

# begin N: N visits, each in a log of its own.
begin() {
  local i
  for ((i = 0; i < $1; i++)); do
    rm -f s/witness
    "$P" -d s visit 1 --band child >/dev/null 2>&1
  done
}
logs() { $H log --site 14-0371 --limit 10000 | "$PYTHON" -c 'import json, sys
print(len({e["ref"].split(".")[0] for e in map(json.loads, sys.stdin) if e["kind"] == "visit"}))'; }

# --- by network ---
begin 20
is "twenty logs wait, of three entries each" "$(member s pending)" 60
"$P" -d s sync --hub "$at" >s.out 2>s.err
is "one sync ends well" $? 0
like "says that all is at the hub" "$(cat s.out)" 'Sent 60 entries; all is at the hub'
is "and then nothing waits" "$(member s pending)" 0
is "and the hub has them" "$(logs)" 20
begin 12
pc_sync s
is "for scripts, too" "$rc $(json s.json '[j["complete"], j["pending_entries"], j["entries_sent"], j["tries"] > 1]')" '0 [true, 0, 36, true]'
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

# --- logs that the hub's backups lack are told first; so some wait at the end of a sync ---
# behind: of the log that is written now, the backups hold an entry.
behind() {
  "$PYTHON" - s/site.db <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("INSERT INTO receipt SELECT (SELECT max(row) FROM log), 3, 1, h, epoch, epoch_random, time, bytes"
           " FROM receipt WHERE level = 2 LIMIT 1")
db.commit()
PY
}
begin 20
behind
pc_sync s
is "it says that some wait" "$rc $(json s.json '[j["complete"], j["reason"], j["pending_entries"] > 0]')" '14 [false, "left", true]'
$H cut "$(member s device)" --reason stolen --passphrase-file pass >/dev/null 2>&1
begin 1
behind
pc_sync s
is "of a device that was cut off, that comes first" "$rc $(json s.json '[j["complete"], j["reason"]]')" '11 [false, "left"]'
like "in words, which do not say that all is there" "$(cat s.err)" '^[^;]*the provincial library has cut this device off: what it writes does not count'

done_testing

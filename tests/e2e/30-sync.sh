#!/bin/bash
# packhorse sync against a real hub: over good links and cut ones, past wrong hubs, with
# both sides killed at any moment. Nothing may be lost, doubled, or told twice.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
pack=$BUILD/client/packhorse
H="$hubd -d $T/hub"
S="$pack -d $T/s"
seed=${PACKHORSE_SEED:-$RANDOM}
RANDOM=$seed
diag "seed $seed"
rounds=6
n=0
[ "$FULL" = 1 ] && rounds=60

# --- a hub and a site ---

# hub_start DIR: serve it on a free port; sets hub_pid and port.
hub_start() {
  n=$((n + 1))
  start "$T/serve.$n" "$hubd" -d "$1" serve --listen 127.0.0.1:0
  hub_pid=$started_pid
  port=$(listen_port "$T/serve.$n")
}

# relay_start options…: sets relay_pid and relay_port.
relay_start() {
  n=$((n + 1))
  start "$T/relay.$n" "$RELAY" --listen 127.0.0.1:0 --to "127.0.0.1:$port" "$@"
  relay_pid=$started_pid
  relay_port=$(listen_port "$T/relay.$n")
}

make_hub() {
  "$hubd" -d "$1" init --listen 127.0.0.1:7415 --kdf-memory-mib 8 --passphrase-file "$T/pass" &&
    "$hubd" -d "$1" site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' &&
    "$hubd" -d "$1" invite --site 14-0371 --role site --out "$2" --passphrase-file "$T/pass"
}

# lines N: so many entries as JSON lines; every fifth has personal fields.
lines() {
  "$PYTHON" - "$1" <<'PY'
import json, sys
for i in range(int(sys.argv[1])):
    if i % 5 == 0:
        print(json.dumps({"kind": "reader-put", "name": f"Lò Văn {i}", "born": 1990, "band": "adult"}))
    elif i % 5 == 1:
        print(json.dumps({"kind": "visit", "count": i % 7 + 1, "band": "youth"}))
    else:
        print(json.dumps({"kind": "loan", "copy": {"ns": 140371, "code": f"{i % 500:06d}"},
                          "card": {"ns": 140371, "code": f"C{i % 90}"}, "term": 14}))
PY
}

record() {
  lines "$1" | "$pack" -d "${2:-$T/s}" record --batch >record.out
}

entries_here() {
  "$pack" -d "${1:-$T/s}" status --json >here.json
  json here.json 'j["entries"]'
}
pending_here() {
  "$pack" -d "${1:-$T/s}" status --json >here.json
  json here.json 'j["pending"]'
}
# Entries that the hub holds of the device with the folder $1.
entries_there() {
  "$pack" -d "${1:-$T/s}" status --json >here.json
  $H devices --json >there.json
  json there.json 'next((d["entries"] for d in j["devices"] if d["device"] == "'"$(json here.json 'j["device"]')"'"), 0)'
}
digest_here() {
  "$pack" -d "${1:-$T/s}" digest --json >here.json
  json here.json 'j["digest"]'
}
digest_there() {
  $H digest --site 14-0371 --json >there.json
  json there.json 'j["digest"]'
}

# same NAME: site and hub hold the same, and both are whole.
same() {
  is "$1: all entries are at the hub" "$(entries_there)" "$(entries_here)"
  is "$1: each with a receipt" "$(pending_here)" 0
  is "$1: equal books" "$(digest_there)" "$(digest_here)"
  ok "$1: the site is whole" $S verify
  ok "$1: the hub is whole" $H verify
}

printf 'mot cau dai\n' >"$T/pass"
ok "a hub" make_hub "$T/hub" "$T/i"
ok "an invite for a second device" $H invite --site 14-0371 --role site --out "$T/i2" --passphrase-file "$T/pass"
ok "join" $S join "$T/i"
ok "an offline day" record 50

# --- no hub ---
$S sync --hub 127.0.0.1:1 --json >s0 2>s0.err
is "nobody there: exit 12" "$?" 12
is "--json says why" "$(json s0 'j["reason"]')" unreachable
like "so do words" "$(cat s0.err)" 'cannot reach the hub'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 $S sync --hub 127.0.0.1:1 2>&1)" 'không nối được tới máy chủ ở 127.0.0.1:1'
status "a name that does not exist: exit 12" 12 $S sync --hub hub.invalid:7415 --connect-ms 5000
is "the queue stays" "$(pending_here)" 52
like "status says why" "$($S status)" 'could not be reached'
printf '[hub]\naddress = 127.0.0.1:2\n' >"$T/s/agent.conf"
status "the address of agent.conf comes before the invite's" 12 $S sync
like "as it says" "$(cat ok.out)" 'cannot reach the hub at 127.0.0.1:2'
$S status --json >s0
is "status shows it" "$(json s0 'j["hub"]')" 127.0.0.1:2
printf '[hub]\naddress = nowhere\n' >"$T/s/agent.conf"
status "an agent.conf that is wrong is told (78)" 78 $S sync
status "but not where --hub is given" 12 $S sync --hub 127.0.0.1:1
like "status says it, and all the rest" "$($S status)" 'agent.conf.*nowhere'
rm "$T/s/agent.conf"
for bad in nonsense 127.0.0.1 127.0.0.1: :7415 ::1:7415 127.0.0.1:0 127.0.0.1:65536 127.0.0.1:7415x; do
  status "an address that is none: $bad" 2 $S sync --hub "$bad"
done
status "--frame-max below its least" 2 $S sync --frame-max 255
status "--wait gives up after --tries" 12 $S sync --hub 127.0.0.1:1 --wait --tries 2

# --- the first sessions ---
hub_start "$T/hub"
ok "the hub serves" test -n "$port"
ok "sync" $S sync --hub "127.0.0.1:$port" --json
cp ok.out s1
is "it is complete" "$(json s1 'j["complete"]')" true
is "it sent all" "$(json s1 'j["entries_sent"]')" 52
is "and the sealed parts" "$(json s1 'j["parts_sent"]')" 10
is "nothing waits" "$(json s1 'j["pending_entries"]')" 0
is "the control log came" "$(json s1 'j["entries_received"] > 0')" true
is "members of --json" "$(json s1 'sorted(j)')" \
  '["bytes_down", "bytes_up", "complete", "elapsed_ms", "entries", "entries_back", "entries_carried", "entries_of_site", "entries_received", "entries_sent", "fed", "parts_received", "parts_sent", "pending_entries", "reason", "receipts", "round_trips", "schema", "tries"]'
same "after the first sync"
$S log --json --limit 1000 >l1
is "log: all are at the hub" "$(json l1 'sorted({e["level"] for e in j["entries"]})')" '["hub"]'
ok "sync again" $S sync --hub "127.0.0.1:$port" --json
cp ok.out s2
is "an idle check is one round trip" "$(json s2 'j["round_trips"]')" 1
is "of at most 320 bytes" "$(json s2 'j["bytes_up"] + j["bytes_down"] <= 320')" true
ok "one more visit" bash -c "printf '%s\n' '{\"kind\":\"visit\",\"count\":1}' | $S record"
ok "sync of one entry" $S sync --hub "127.0.0.1:$port" --json
cp ok.out s3
is "costs at most 512 bytes" "$(json s3 'j["bytes_up"] + j["bytes_down"] <= 512')" true
diag "idle $(json s2 'j["bytes_up"] + j["bytes_down"]') bytes, one entry $(json s3 'j["bytes_up"] + j["bytes_down"]')"
ok "the hub adds a site" $H site add 14-0372 --commune 03646 --kind van --name 'Xe sách'
ok "sync" $S sync --hub "127.0.0.1:$port" --json
is "it comes down" "$(json ok.out 'j["entries_received"]')" 1
same "with the control log"

# --- wrong hubs ---
ok "another province" make_hub "$T/hub2" "$T/i3"
first_pid=$hub_pid first_port=$port
hub_start "$T/hub2"
record 5
status "another hub: exit 1" 1 $S sync --hub "127.0.0.1:$port"
like "it says that the key is wrong" "$(cat ok.out)" 'does not hold the key'
is "only after a second look" "$($S sync --hub "127.0.0.1:$port" --json 2>/dev/null >w.json; json w.json 'j["tries"]')" 2
is "which --tries can forbid" "$($S sync --hub "127.0.0.1:$port" --json --tries 1 2>/dev/null >w.json; json w.json 'j["tries"]')" 1
is "--wait ends too" "$($S sync --hub "127.0.0.1:$port" --json --wait --tries 3 2>/dev/null >w.json; json w.json '[j["tries"], j["reason"]]')" '[3, "wrong-key"]'
is "the queue stays" "$(pending_here)" 5
like "status says so" "$($S status)" 'not the one'
is "that hub knows nothing of us" "$("$hubd" -d "$T/hub2" status --json | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["devices"])')" 0
stop "$hub_pid"
hub_pid=$first_pid port=$first_port
# something that is no hub: talks before it is asked, answers nonsense, or hangs up
cat >talker.py <<'PY'
import socket, sys
s = socket.create_server(("127.0.0.1", 0))
print("listening 127.0.0.1:%d" % s.getsockname()[1], flush=True)
while True:
    c, _ = s.accept()
    if sys.argv[1] == "http":
        c.recv(65536)
        c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200)
    elif sys.argv[1] == "ssh":
        c.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        c.recv(65536)
    elif sys.argv[1] == "mute":
        c.recv(65536)
    c.close()
PY
for kind in http mute; do
  start "$T/talker.$kind" "$PYTHON" talker.py $kind
  status "no hub at all ($kind): exit 1" 1 $S sync --hub "127.0.0.1:$(listen_port "$T/talker.$kind")"
  stop "$started_pid"
done
start "$T/talker.ssh" "$PYTHON" talker.py ssh
$S sync --hub "127.0.0.1:$(listen_port "$T/talker.ssh")" >out 2>&1
like "no hub at all (ssh): exit 1 or 14" $? '^(1|14)$'
stop "$started_pid"
is "the queue stays" "$(pending_here)" 5

# --- damage in the first message, which looks like a wrong key ---
relay_start --corrupt-after 150 --corrupts 3
status "damaged twice: exit 1" 1 $S sync --hub "127.0.0.1:$relay_port"
like "it says that it may be damage" "$(cat ok.out)" 'does not hold the key.*or the first message was damaged on the way'
is "the queue stays" "$(pending_here)" 5
ok "damaged once: the second try is through" $S sync --hub "127.0.0.1:$relay_port" --json
is "within the same sync" "$(json ok.out 'j["tries"]')" 2
stop "$relay_pid"
record 5
relay_start --corrupt-after 150 --corrupts 5
ok "--wait goes on past five damaged greetings" $S sync --hub "127.0.0.1:$relay_port" --wait --json
is "and then is through" "$(json ok.out 'j["tries"]')" 6
stop "$relay_pid"
record 5

# --- bad links ---

# through NAME options…: sync over a relay until all is there; last JSON in $T/t.json.
through() {
  local name=$1
  shift
  relay_start "$@"
  timeout 300 $S sync --hub "127.0.0.1:$relay_port" --json --wait --tries 2000 >t.json 2>t.err
  is "$name: through in the end" "$?" 0 || diag "$(cat t.json t.err)"
  stop "$relay_pid"
  diag "$name: $(json t.json '[j["tries"], j["bytes_up"], j["entries_sent"], j["parts_sent"]]') tries, bytes, entries, parts"
}

through "a slow line" --rate 256k --delay-ms 20
for after in 65536 16384 4000; do
  record 1500
  through "cut every $after bytes" --cut-after $after --seed $seed
done
record 60
through "cut every 1200 bytes" --cut-after 1200 --seed $seed
record 800
through "bytes altered on the way" --corrupt-after 9000 --corrupts 4 --seed $seed
record 300
through "stalls" --stall-after 5000 --stall-ms 1500 --seed $seed
same "after bad links"

# --- the desk works on while a sync waits ---
record 20
relay_start --delay-ms 700
$S sync --hub "127.0.0.1:$relay_port" --json >w.json 2>w.err &
sync_pid=$!
sleep 0.5
before=$EPOCHREALTIME
ok "a visit is recorded while a sync waits" bash -c "printf '%s\n' '{\"kind\":\"visit\",\"count\":2}' | $S record"
took=$("$PYTHON" -c "print($EPOCHREALTIME - $before)")
is "at once" "$("$PYTHON" -c "print($took < 1)")" True
ok "the sync still runs" kill -0 "$sync_pid"
wait "$sync_pid"
is "and ends well" "$?" 0
stop "$relay_pid"
ok "two syncs at once" bash -c "
  printf '%s\n' '{\"kind\":\"visit\",\"count\":3}' | $S record >/dev/null &&
  { $S sync --hub 127.0.0.1:$port >/dev/null & $S sync --hub 127.0.0.1:$port >/dev/null; a=\$?; wait \$!; b=\$?; [ \$a = 0 ] && [ \$b = 0 ]; }"
$S sync --hub "127.0.0.1:$port" >/dev/null
same "after all that"

# --- a second device of the site ---
ok "a second device joins" "$pack" -d "$T/b" join "$T/i2"
ok "and records" record 30 "$T/b"
ok "and syncs" "$pack" -d "$T/b" sync --hub "127.0.0.1:$port"
is "its entries are at the hub" "$(entries_there "$T/b")" "$(entries_here "$T/b")"
is "and ours are what they were" "$(entries_there)" "$(entries_here)"

# --- a folder put back from an older copy ---
cp -r "$T/b" "$T/old"
ok "the device goes on" record 10 "$T/b"
ok "and syncs" "$pack" -d "$T/b" sync --hub "127.0.0.1:$port"
ok "the older copy syncs" "$pack" -d "$T/old" sync --hub "127.0.0.1:$port"
like "status says what it is" "$("$pack" -d "$T/old" status)" 'older copy|copied here'
ok "it can record on" record 3 "$T/old"
ok "what it records is a log of its own at the hub" "$pack" -d "$T/old" sync --hub "127.0.0.1:$port"
is "beside what the other wrote" "$(entries_there "$T/b")" $(($(entries_here "$T/b") + 5))
ok "the hub is whole" $H verify

# --- a link that breaks, and the hub does not hear of it ---
# The first session stands still with the hub, which has the front of a segment from it. The
# next one goes on from there. It stands still when nothing more comes; before that it may
# have the folder.
record 3000
ok "a day goes up" $S sync --hub "127.0.0.1:$port" --json
day=$(json ok.out 'j["bytes_up"]')
record 3000
relay_start --stall-after 12000 --stall-ms 600000
$S sync --hub "127.0.0.1:$relay_port" --frame-max 1024 >/dev/null 2>&1 &
sync_pid=$!
session_bytes() { $H status --json | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["session_bytes"])'; }
stands_still() {
  local had
  had=$(session_bytes)
  [ "$had" -gt 8000 ] && sleep 1 && [ "$(session_bytes)" = "$had" ]
}
ok "a session stands still" wait_until 30 stands_still
kill -STOP "$sync_pid"
ok "the next one is through" $S sync --hub "127.0.0.1:$port" --json
rest=$(json ok.out 'j["bytes_up"]')
diag "a day: $day bytes; behind one of which 12,000 had come: $rest"
ok "it went on where the other stood" test "$rest" -lt $((day - 8000))
is "all is at the hub" "$(entries_there)" "$(entries_here)"
kill -KILL "$sync_pid" 2>/dev/null
wait "$sync_pid" 2>/dev/null
stop "$relay_pid"

# --- killed at any moment ---
# The link is slow enough that a session outlasts the longest sleep. A kill counts when
# the program died of it: one that had ended before was not killed in a session.
lost=0 client_kills=0 hub_kills=0
for ((i = 0; i < rounds; i++)); do
  record 400
  relay_start --rate 100k --delay-ms 20
  $S sync --hub "127.0.0.1:$relay_port" --wait --tries 20 >/dev/null 2>&1 &
  sync_pid=$!
  sleep "0.$(printf %03d $((RANDOM % 300)))"
  if ((i % 2)); then
    kill -9 "$sync_pid" 2>/dev/null
    wait "$sync_pid" 2>/dev/null
    [ "$?" = 137 ] && client_kills=$((client_kills + 1))
  else
    stop "$hub_pid" KILL
    [ "$?" = 137 ] && hub_kills=$((hub_kills + 1))
    hub_start "$T/hub"
    kill "$sync_pid" 2>/dev/null
    wait "$sync_pid" 2>/dev/null
  fi
  stop "$relay_pid"
  # what has a receipt is at the hub
  $S status --json >r.json
  [ "$(entries_there)" -ge "$(json r.json 'j["receipted"]')" ] || lost=$((lost + 1))
done
diag "killed in a session: the site's side $client_kills times, the hub $hub_kills times"
ok "the site's side was killed in a session" test "$client_kills" -gt 0
ok "the hub was killed" test "$hub_kills" -gt 0
is "what was receipted is at the hub after every kill" "$lost" 0
ok "a last sync" $S sync --hub "127.0.0.1:$port"
is "all entries are at the hub" "$(entries_there)" "$(entries_here)"
is "each with a receipt" "$(pending_here)" 0
ok "the site is whole" $S verify
ok "the hub is whole" $H verify
stop "$hub_pid"
is "the hub stopped in order" "$?" 0

done_testing

#!/bin/bash
# packhorse agent with the real programs: commands through it and past it, sessions by
# themselves, a hub that goes away, links that stall, kill -9, and bad neighbours.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
pack=$BUILD/client/packhorse
H="$hubd -d $T/hub"
S="$pack -d $T/s"
here=$ROOT/tests/e2e
n=0
rounds=4
[ "$FULL" = 1 ] && rounds=12

# --- what is needed ---

# hub_start [PORT]: sets hub_pid and port.
hub_start() {
  n=$((n + 1))
  start "$T/serve.$n" "$hubd" -d "$T/hub" serve --listen "127.0.0.1:${1:-0}"
  hub_pid=$started_pid
  port=$(listen_port "$T/serve.$n")
}

# settings ADDRESS [LINE...]: of the agent of $T/s.
settings() {
  {
    printf '[hub]\naddress = %s\n' "$1"
    shift
    printf '[sync]\nspread-ms = 0\nquiet-ms = 300\nlatest-ms = 3000\nbackoff-ms = 200\nbackoff-max-ms = 1500\n'
    [ $# = 0 ] || printf '%s\n' "$@"
  } >"$T/s/agent.conf"
}

# agent_start [command before it...]: sets agent_pid and log; it serves when this returns 0.
agent_start() {
  n=$((n + 1))
  log=$T/agent.$n.err
  start "$T/agent.$n" "$@" "$pack" -d "$T/s" agent
  agent_pid=$started_pid
  wait_until 20 grep -q '^agent.start' "$log"
}

entries_here() {
  $S status --json >here.json && json here.json 'j["entries"]'
}
entries_there() {
  $S status --json >here.json
  $H devices --json >there.json
  json there.json 'next((d["entries"] for d in j["devices"] if d["device"] == "'"$(json here.json 'j["device"]')"'"), 0)'
}
all_there() { [ "$(entries_there)" = "$(entries_here)" ]; }
nothing_waits() { $S status --json >here.json && [ "$(json here.json 'j["pending"] + j["parts_pending"]')" = 0 ]; }
is_running() { $S status --json >here.json && [ "$(json here.json 'j["agent"] is not None')" = true ]; }
sessions() { grep -c "^sync.begin${1:+ .*why=$1}" "$log"; }

# neighbour TEST...: each line of agent.py is a test of ours.
neighbour() {
  local line
  "$PYTHON" "$here/agent.py" "$T/s" "$@" >neighbour.out 2>neighbour.err
  is "agent.py $* ends well" "$?" 0 || diag "$(cat neighbour.err)"
  while IFS= read -r line; do
    case $line in
      'ok - '*) pass "${line#ok - }" ;;
      'not ok - '*) fail "${line#not ok - }" ;;
      *) diag "$line" ;;
    esac
  done <neighbour.out
}

visit='{"kind":"visit","count":1,"band":"youth"}'
printf 'mot cau dai\n' >"$T/pass"
ok "a hub" $H init --listen 127.0.0.1:7415 --kdf-memory-mib 8 --passphrase-file "$T/pass"
ok "a site" $H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa'
ok "an invite" $H invite --site 14-0371 --role site --out "$T/i" --passphrase-file "$T/pass"
status "no agent where nobody joined: exit 10" 10 $S agent
ok "join" $S join "$T/i"
ok "a morning without an agent" bash -c "for i in 1 2 3; do echo '$visit'; done | $S record"
hub_start

# --- settings ---
settings "127.0.0.1:$port" 'interval-ms = 5'
status "a setting out of range: exit 78" 78 $S agent
like "it says where" "$(cat ok.out)" 'agent.conf:[0-9]+: interval-ms'
settings "127.0.0.1" # no port
status "an address that is none: exit 78" 78 $S agent
settings "127.0.0.1:$port"

# --- it starts, and syncs ---
ok "the agent starts" agent_start
is "its socket is for its user only" "$(stat -c %a "$T/s/socket")" 600
ok "status comes through it" is_running
ok "the first session comes by itself" wait_until 60 all_there
like "status tells of it" "$($S status)" 'syncs by itself since'
like "and in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $S status)" 'tự gửi từ'
status "a second agent: exit 17" 17 $S agent
like "and it says who has the folder" "$(cat ok.out)" 'agent'
wait_until 20 flock -n "$T/s/lock" true # between two orders nobody holds the folder
status "nor between two orders" 17 timeout 60 $S agent
like "it names the one that runs" "$(cat ok.out)" "in use by agent \(process $agent_pid\)"
ok "which has kept its socket" is_running

# --- commands through it and without it say the same ---
$S title add --name 'Lúa nương' --json >t.json
title=$(json t.json 'j["entries"][0]["ref"]')
ok "a copy" $S copy add 000123 --title "$title"
cat >same.sh <<'SH'
"$@" list here --json
"$@" list out --plain
"$@" find lua --json
"$@" find nobody
"$@" copy show 000123
"$@" loan C1 'Đ000451'; echo $?
"$@" loan; echo $?
"$@" list nowhere; echo $?
"$@" title show 00; echo $?
"$@" status --no-such; echo $?
"$@" cases --json; echo $?
SH
for lang in C.UTF-8 vi_VN.UTF-8; do
  LC_ALL=$lang bash same.sh $S >through.out 2>through.err
  stop "$agent_pid"
  is "the agent stops in order" "$?" 0
  ok "it leaves no socket" test ! -e "$T/s/socket"
  LC_ALL=$lang bash same.sh $S >past.out 2>past.err
  is "$lang: the same on standard output, and the same statuses" "$(cat through.out)" "$(cat past.out)"
  is "$lang: and on standard error" "$(cat through.err)" "$(cat past.err)"
  ok "the agent starts again" agent_start
done
is "from another folder, by a relative path" "$(cd "$T/s" && "$pack" -d . status --json | "$PYTHON" -c 'import json,sys; j = json.load(sys.stdin); print(j["folder"], j["agent"] is not None)')" ". True"
$S list here >/dev/full 2>full.err
is "a full disk behind >: exit 1" "$?" 1
like "in the usual words" "$(cat full.err)" 'standard output cannot be written'

# --- several at once ---
before=$(entries_here)
pids=()
for i in {1..12}; do
  $S visit $i --band youth >"v.$i" 2>&1 &
  pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=$((failed + 1)); done
is "twelve commands at once, all done" "$failed" 0
is "each once" "$(entries_here)" $((before + 12))
before=$(entries_here)
$S visit 1 --band child >v1 & a=$!
echo "$visit" | $S record >r1 & b=$!
$S sync --hub "127.0.0.1:$port" >s1 & c=$!
wait $a; is "a command, beside" $? 0
wait $b; is "one that reads its input, beside" $? 0
wait $c; is "a sync by hand" $? 0
is "both entries are there" "$(entries_here)" $((before + 2))

# --- one that waits for its input keeps nobody up ---
coproc SLOW { exec $S record; }
slow_pid=$SLOW_PID
exec 7>&"${SLOW[1]}" 8<&"${SLOW[0]}"
echo "$visit" >&7
IFS= read -r -t 60 line <&8
like "a line is answered" "$line" '"ok":true'
failed=0
for i in 1 2 3; do
  $S visit 2 --band adult >/dev/null 2>&1 || failed=$((failed + 1))
done
is "others work while it waits for the next" "$failed" 0
echo "$visit" >&7
IFS= read -r -t 60 line <&8
like "and it goes on" "$line" '"ok":true'
exec 7>&-
eval "exec ${SLOW[1]}>&-"
wait "$slow_pid"
is "to its end" $? 0
exec 8<&-

# --- entries go by themselves ---
ok "all is at the hub" wait_until 60 all_there
ok "a loan" $S loan C1 000123
ok "reaches the hub by itself" wait_until 60 all_there
ok "wait until it is quiet" wait_until 60 nothing_waits
before=$(sessions entry)
for i in {1..10}; do $S visit 1 --band elder >/dev/null; done
ok "ten visits reach it" wait_until 60 all_there
made=$(($(sessions entry) - before))
ok "in fewer sessions than there are visits ($made)" test "$made" -lt 10 -a "$made" -gt 0

# --- the hub goes away and comes back ---
stop "$hub_pid"
ok "a visit without a hub" $S visit 3 --band youth
ok "it is tried again and again" wait_until 60 grep -q '^sync.end .*result=unreachable .*failures=4 next=retry' "$log"
grep '^sync.end .*next=retry' "$log" | sed 's/.*failures=\([0-9]*\) .*next_ms=\([0-9]*\).*/\1 \2/' >waits
ok "each wait within its bound" "$PYTHON" -c '
import sys
waits = [tuple(map(int, l.split())) for l in open("waits")]
sys.exit(not (waits and all(w <= min(200 << (n - 1), 1500) for n, w in waits)))'
like "status says why, and when it is tried again" "$($S status)" 'could not be reached.*Next try'
hub_start "$port"
ok "it is back, and gets the visit" wait_until 60 all_there
ok "and the next session is the timer's" wait_until 60 grep -q '^sync.end .*result=closed .*failures=0 next=timer' "$log"

# --- SIGHUP ---
settings "127.0.0.1:$port" 'settle-ms = x'
kill -HUP "$agent_pid"
ok "bad settings are told" wait_until 20 grep -q '^config.reload .*result=kept why=.*settle-ms' "$log"
n=$((n + 1))
start "$T/relay.$n" "$RELAY" --listen 127.0.0.1:0 --to "127.0.0.1:$port" --stall-after 200 --stall-ms 900000
relay_pid=$started_pid
relay_port=$(listen_port "$T/relay.$n")
settings "127.0.0.1:$relay_port"
kill -HUP "$agent_pid"
ok "good ones are applied" wait_until 20 grep -q '^config.reload .*result=applied' "$log"

# --- a network that stalls without a word ---
before=$(grep -c '^sync.end' "$log")
ok "a visit into it" $S visit 1 --band child
ok "a session begins" wait_until 30 bash -c "[ \$(grep -c '^sync.begin' '$log') -gt $before ]"
began=$SECONDS
for i in 1 2 3; do $S visit 1 --band child >/dev/null || fail "a visit while the session hangs"; done
ok "the desk works on meanwhile" test $((SECONDS - began)) -lt 20
ok "the stall is noticed" wait_until 90 bash -c "[ \$(grep -c '^sync.end' '$log') -gt $before ]"
like "as a link that broke" "$(grep '^sync.end' "$log" | tail -n 1)" 'result=(cut|wrong-key) '
began=$EPOCHREALTIME
stop "$agent_pid"
is "told to stop in such a network, it does" "$?" 0
ok "within five seconds" "$PYTHON" -c "import sys; sys.exit($EPOCHREALTIME - $began > 6)"
ok "in order" grep -q '^agent.stop .*result=' "$log"
stop "$relay_pid"
settings "127.0.0.1:$port"
ok "on a good network" agent_start
ok "all of it goes" wait_until 60 all_there

# --- kill -9 ---
lost=0 acked=0
for ((i = 0; i < rounds; i++)); do
  : >acks
  (
    while :; do
      $S visit 1 --band youth --json >ack.$i 2>/dev/null || break
      json ack.$i 'j["entries"][0]["ref"]' >>acks
    done
  ) &
  loop_pid=$!
  (while :; do echo "$visit"; sleep 0.01; done) | $S record >acks.record 2>/dev/null &
  record_pid=$!
  wait_until 60 test -s acks -a -s acks.record
  sleep "0.$((RANDOM % 5))"
  stop "$agent_pid" KILL
  kill "$loop_pid" 2>/dev/null
  wait "$loop_pid" 2>/dev/null
  kill "$record_pid" 2>/dev/null
  wait "$record_pid" 2>/dev/null
  [ -S "$T/s/socket" ] || fail "the socket of the dead agent is there"
  $S log --json --limit 1000000 >log.json
  "$PYTHON" - <<'PY' >lost.out
import json
have = {e["ref"] for e in json.loads(open("log.json").read())["entries"]}
want = [l.strip() for l in open("acks")]
for line in open("acks.record"):
    try:
        want.append(json.loads(line)["ref"])
    except (ValueError, KeyError):
        pass  # the last one may be torn
print(len(want), len([r for r in want if r not in have]))
PY
  read -r made gone <lost.out
  acked=$((acked + made)) lost=$((lost + gone))
  agent_start || fail "the agent starts after kill -9"
done
diag "$acked entries acknowledged before $rounds kills"
ok "entries were acknowledged before it was killed" test "$acked" -gt "$rounds"
is "none of them is lost" "$lost" 0
ok "after all that it serves" is_running
ok "and syncs" wait_until 60 all_there
ok "the store is whole" $S verify
stop "$agent_pid" KILL
ok "a stale socket keeps no command from the folder" $S visit 1 --band adult
ok "nor the next agent" agent_start

# --- bad neighbours ---
neighbour garbage half many loan
for ((i = 700000; i < 701500; i++)); do
  echo "{\"kind\":\"loan\",\"copy\":\"$i\",\"card\":\"C9\",\"term\":14}"
done >loans
ok "many loans" $S record --batch loans
neighbour mute
mkfifo hold
"$PYTHON" "$here/agent.py" "$T/s" hold <hold >held &
holder=$!
exec 9>hold
ok "somebody has the folder" wait_until 30 grep -q '^lent$' held
status "a command waits, and then is told: exit 17" 17 $S visit 1 --band youth
like "who it is" "$(cat ok.out)" 'in use by .packhorse a test.'
status "one that needs the folder itself too" 17 bash -c "echo '$visit' | $S record"
exec 9>&-
wait "$holder"
ok "when it is given back, commands go on" $S visit 1 --band youth
ok "the agent is the same" kill -0 "$agent_pid"
ok "and syncs" wait_until 60 all_there
ok "the store is whole after them" $S verify

# --- a stall in the middle of a transfer, of which a minute passes before it is one ---
if [ "$FULL" = 1 ]; then
  n=$((n + 1))
  start "$T/relay.$n" "$RELAY" --listen 127.0.0.1:0 --to "127.0.0.1:$port" --stall-after 9000 --stall-ms 900000
  relay_pid=$started_pid
  settings "127.0.0.1:$(listen_port "$T/relay.$n")"
  kill -HUP "$agent_pid"
  before=$(grep -c '^sync.end .*result=cut' "$log")
  # what does not pack: 1,500 loans would be through before the link stalls
  "$PYTHON" -c 'import json, random
for i in range(300):
    print(json.dumps({"kind": "note", "text": "%0200x" % random.getrandbits(800)}))' >more
  ok "many notes" $S record --batch more
  ok "the stall is noticed" wait_until 300 bash -c "[ \$(grep -c '^sync.end .*result=cut' '$log') -gt $before ]"
  stop "$relay_pid"
  settings "127.0.0.1:$port"
  kill -HUP "$agent_pid"
  ok "and all of it goes in the end" wait_until 120 all_there
fi

# --- memory ---
rss=$(sed -n 's/^VmRSS:[ \t]*\([0-9]*\) kB/\1/p' "/proc/$agent_pid/status")
peak=$(sed -n 's/^VmHWM:[ \t]*\([0-9]*\) kB/\1/p' "/proc/$agent_pid/status")
diag "resident $rss KiB, at most $peak KiB; aim 12288"
if grep -aqE '__[at]san_init' "$pack"; then
  skip "resident memory within three times its aim" "built with a sanitizer"
else
  ok "resident memory within three times its aim" test "$rss" -le $((3 * 12288))
fi
stop "$agent_pid"
is "it stops in order" "$?" 0

# --- a service manager ---
cat >manager.py <<'PY'
import os, signal, socket, subprocess, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("manager")
s.settimeout(20)
os.environ.update(NOTIFY_SOCKET=os.path.abspath("manager"), WATCHDOG_USEC="400000")
p = subprocess.Popen(sys.argv[1:], stderr=subprocess.DEVNULL)
said = []
def hear(what):
    while True:
        said.append(s.recv(4096).decode())
        if said[-1].startswith(what):
            return
try:
    hear("READY=1")
    hear("WATCHDOG=1")
    hear("WATCHDOG=1")
    p.send_signal(signal.SIGHUP)
    hear("RELOADING=1\nMONOTONIC_USEC=")
    hear("READY=1")
    p.send_signal(signal.SIGTERM)
    hear("STOPPING=1")
except socket.timeout:
    print("heard", said)
    p.kill()
sys.exit(p.wait())
PY
ok "READY, WATCHDOG, RELOADING, STOPPING" "$PYTHON" manager.py "$pack" -d "$T/s" agent

# --- the network changes ---
if unshare -Urn true 2>/dev/null && command -v ip >/dev/null; then
  settings 127.0.0.1:1 'backoff-ms = 3600000' 'backoff-max-ms = 3600000' 'settle-ms = 100'
  sed -i '/^backoff-ms = 200$/d; /^backoff-max-ms = 1500$/d' "$T/s/agent.conf"
  ok "an agent where there is no network" agent_start unshare -Urn bash -c '
    ip link set lo up
    "$@" &
    agent=$!
    trap "kill $agent" TERM
    until [ -e go ]; do sleep 0.1; done
    ip addr add 10.9.9.1/24 dev lo
    wait $agent
    wait $agent' bash
  ok "its first session fails" wait_until 30 grep -q '^sync.end .*result=unreachable' "$log"
  touch go
  ok "a network comes" wait_until 30 grep -q '^network.change' "$log"
  ok "and is tried at once" wait_until 30 grep -q '^sync.begin .*why=network' "$log"
  stop "$agent_pid"
else
  skip "a network that comes" "no network namespaces here"
fi

stop "$hub_pid"
done_testing

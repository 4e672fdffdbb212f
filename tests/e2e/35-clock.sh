#!/bin/bash
# Clocks that are wrong: a year ahead, in 1970, stepping back. Nothing is refused or lost;
# once the hub was heard dates are right again, and a person is told to set the clock.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
pack=$BUILD/client/packhorse
H="$hubd -d $T/hub"
S="$pack -d $T/s"

if ! command -v faketime >/dev/null; then
  skip "clocks that are wrong" "no faketime"
  done_testing
fi

# The wall clock alone is wrong: monotonic time goes on, as on a real machine.
export FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1

# at OFFSET command…: run it with the wall clock shifted.
at() {
  faketime -f "$1" "${@:2}"
}
# The same with all clocks shifted: what the hub said is then as long ago as they say.
long_after() {
  FAKETIME_DONT_FAKE_MONOTONIC=0 DONT_FAKE_MONOTONIC=0 faketime -f "$1" "${@:2}"
}

make_hub() {
  $H init --listen 127.0.0.1:7415 --kdf-memory-mib 8 --passphrase-file pass &&
    $H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' &&
    $H invite --site 14-0371 --role site --out i --passphrase-file pass
}
sync_site() {
  "$@" $S sync --hub "127.0.0.1:$port"
}
# member NAME: of `status --json`, under the command given first, if any
member() {
  "${@:2}" $S status --json >status.json
  json status.json "j[\"$1\"]"
}
# Days from now to the due day of a loan of copy $1, under the command behind it.
loan_days() {
  "${@:2}" $S loan "$1" C1 --json >loan.json
  json loan.json '(__import__("datetime").date.fromisoformat(j["entries"][0]["due"]) - __import__("datetime").datetime.now(__import__("datetime").timezone(__import__("datetime").timedelta(hours=7))).date()).days'
}
# Logs of this device at the hub, by what the store says.
logs_of() {
  "$PYTHON" - "$1" <<'PY'
import sqlite3, sys
db = sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True)
print(db.execute("SELECT count(*) FROM log WHERE site = 140371").fetchone()[0])
PY
}
# all_there NAME LOGS
all_there() {
  is "$1: each entry has a receipt" "$(member pending)" 0
  is "$1: logs here" "$(logs_of "$T/s/site.db")" "$2"
  is "$1: entries at the hub" "$($H devices --json | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["devices"][0]["entries"])')" "$(member entries)"
  $S digest --json >here.json
  $H digest --site 14-0371 --json >there.json
  is "$1: equal books" "$(json there.json 'j["digest"]')" "$(json here.json 'j["digest"]')"
  ok "$1: the site is whole" $S verify
  ok "$1: the hub is whole" $H verify
}

printf 'mot cau dai\n' >pass
ok "a hub" make_hub
ok "join" $S join i
start serve "$hubd" -d "$T/hub" serve --listen 127.0.0.1:0
port=$(listen_port serve)
term=$(loan_days K0)
is "nothing was heard: no word of the clock" "$(member clock)" null

# --- ten years ahead for one visit; then the clock is right ---
ok "a visit, ten years ahead" at +3650d $S visit --band adult
like "its time stays in this log" "$(loan_days K1)" '^36[0-9][0-9]$'
ok "sync, the clock being right" sync_site
is "no word of the clock" "$(member clock)" null
is "the next loan is due as it should be" "$(loan_days K2)" "$term"
is "and the one after it" "$(loan_days K3)" "$term"
ok "sync again" sync_site
all_there "after ten years" 2
ok "and again" sync_site
ok "a visit" $S visit --band adult
all_there_pending=$(member pending)
is "one entry waits, and no third log" "$all_there_pending" 1
ok "it goes up" sync_site
all_there "no third log" 2

# --- a year ahead, and nobody sets it ---
is "a loan a year ahead" "$(loan_days K4 long_after +365d)" $((term + 365))
status "sync is done, and says that the clock is wrong: exit 16" 16 sync_site at +365d
like "in words" "$(cat ok.out)" 'ahead of the hub.*set it.*othing is lost'
LC_MESSAGES=vi_VN.UTF-8 LC_ALL= sync_site at +365d >out 2>&1
is "in Vietnamese too: exit" $? 16
like "in Vietnamese too" "$(cat out)" 'nhanh hơn máy chủ'
at +365d $S sync --hub "127.0.0.1:$port" --json >sync.json 2>/dev/null
is "--json: it was complete" "$(json sync.json 'j["complete"]')" true
like "status says so" "$(at +365d $S status)" 'ahead of the hub'
like "and what to do" "$(at +365d $S status)" 'set the clock'
like "in Vietnamese too" "$(LC_MESSAGES=vi_VN.UTF-8 LC_ALL= at +365d $S status)" 'chỉnh đồng hồ'
member clock at +365d >/dev/null
like "--json says by how much" "$(json status.json 'j["clock"]["ahead_s"]')" '^3153(599[0-9]|600[0-9])$'
is "a loan by the wrong clock is due as it should be" "$(loan_days K5 at +365d)" "$term"
is "also by another wrong one" "$(loan_days K6 at +720d)" "$term"
is "and when it is set right" "$(loan_days K7)" "$term"
is "status is content then" "$(member clock)" null
ok "sync" sync_site
all_there "after a year" 3

# --- 1970 ---
ok "a visit in 1970" at -20000d $S visit --band child
is "a loan in 1970 is due as if today" "$(loan_days K8 at -20000d)" "$term"
status "sync in 1970: exit 16" 16 sync_site at -20000d
like "in words" "$(cat ok.out)" 'behind the hub'
like "status says so" "$(at -20000d $S status)" 'behind the hub'
all_there "in 1970" 3

# --- steps back: the order of the day stays ---
for i in 1 2 3 4; do
  ok "a visit $i minutes back" at "-$((i * 60))" $S visit "$i" --band child
done
$S log --json --limit 8 >log.json
is "in the order they were made" "$(json log.json '(lambda t: t == sorted(t) or t == sorted(t, reverse=True))([e["time"] for e in j["entries"]])')" true
ok "a step back of less than 5 minutes is no error" sync_site at -240
all_there "after steps back" 3

# --- no hub: a wrong clock is no reason to say anything else ---
stop "$started_pid"
is "the hub has as many logs" "$(logs_of "$T/hub/hub.db")" 3
ok "a year ahead without a hub, it records" at +365d $S visit --band elder
status "no hub: exit 12, whatever the clock" 12 at +365d $S sync --hub 127.0.0.1:1

done_testing

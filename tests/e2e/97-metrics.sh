#!/bin/bash
# Metrics: by a command and by the daemon that serves, clean by promtool, with every name that
# was promised and nothing personal; a file for node_exporter; alert rules that fire, and not too
# early; a Grafana board that asks for nothing that is not there; and a watchdog that is told
# nothing while the store hangs.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
monitor=$ROOT/daemon/monitor
faketime=$(echo /usr/lib/*/faketime/libfaketime.so.1)
pick() { "$PYTHON" -c 'import json,sys; d=json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
value() { awk -v name="$1" 'index($0, name) == 1 { print $NF; found = 1; exit } END { if (!found) print "none" }' metrics; }
look() { $H metrics >metrics; }
promises() { # promtool's word on the file that `look` wrote
  command -v promtool >/dev/null || { skip "$1" "no promtool"; return; }
  promtool check metrics <metrics >promtool.out 2>&1
  is "$1" "$? $(cat promtool.out)" "0 "
}
serve() {
  start serve "$hubd" -d hub serve --listen 127.0.0.1:0
  serving=$started_pid
  at=127.0.0.1:$(listen_port serve)
}

$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
for i in 1 2 3; do $H site add "14-000$i" --commune 03646 --kind commune --name "Điểm Chiềng $i" 2>/dev/null; done
$H site set 14-0003 --status closed >/dev/null
for i in 1 2; do
  $H invite --site "14-000$i" --role site --hub 127.0.0.1:1 --out "i$i" --passphrase-file pass 2>/dev/null
  "$P" -d "s$i" join "i$i" >/dev/null 2>&1
done

# --- without a daemon ---
ok "a hub that is not running tells what its store holds" look
promises "clean by promtool"
is "and that it does not serve" "$(value packhorse_up)" 0
is "of sessions nothing is known" "$(value packhorse_sessions_total)" none
is "never backed up: no age" "$(value packhorse_backup_age_seconds)" none
is "never heard: no lag" "$(value 'packhorse_site_lag_seconds{')" none
is "two sites, the closed one is left out" "$(grep -c '^packhorse_site_overdue_seconds{' metrics)" 2
is "every entry, by kind" "$(awk '/^packhorse_entries_total/ { n += $NF } END { print n }' metrics)" "$($H status --json | pick 'd["entries"]')"

# --- the plan ---
$H commune add 03646 --name 'Chiềng Khoa' --type xa >/dev/null 2>&1
$H commune add 03651 --name 'Mường Bám' --type xa >/dev/null 2>&1
$H model put 03646 --status recognised --date 2026-01-01 >/dev/null
$H target set M1 2999 70% >/dev/null
look
is "one of two communes has the model" "$(value 'packhorse_plan_actual{kind="M1"}')" 0.5
is "where nothing can be told of it, nothing is" "$(value 'packhorse_plan_actual{kind="M3"}')" none
is "what the plan aims at is that of the nearest year" "$(value 'packhorse_plan_target{kind="M1"}')" \
  "$($H report M1 --period "$(TZ=UTC-7 date +%Y)" --json | pick 'd["targets"][min(y for y in d["targets"] if y >= d["period"]["name"])] / 10000')"

# --- sessions ---
serve
reader=$("$P" -d s1 reader add --name 'Lò Văn Pánh' --band adult --json | pick 'd["entries"][0]["ref"]')
"$P" -d s1 card issue 000777 --reader "$reader" >/dev/null 2>&1
ok "a site syncs" "$P" -d s1 sync --hub "$at"
"$PYTHON" -c '
import json, random
rng = random.Random(7)
for i in range(3000):
    print(json.dumps({"kind": "visit", "count": rng.randrange(1, 9), "when": "2026-%02d-%02d" % (rng.randrange(1, 11), rng.randrange(1, 29))}))' |
  "$P" -d s2 record --batch - >/dev/null 2>&1
# cut after 3,000 bytes, again and again
start relay "$RELAY" --listen 127.0.0.1:0 --to "$at" --cut-after 3000
"$P" -d s2 sync --hub "127.0.0.1:$(listen_port relay)" --wait --tries 200 >/dev/null 2>&1
ok "another comes through over a line that is cut" "$P" -d s2 sync --hub "$at"
is "all of it" "$("$P" -d s2 status --json | pick 'd["pending"]')" 0
$H recovery-key --out rk >/dev/null 2>&1
mkdir backups
ok "a backup is made" $H backup backups
done_of() { look && [ "$(value 'packhorse_sessions_total{result="cut"')" != none ] && [ "$(value 'packhorse_sessions_total{result="closed",reason="done"}')" -ge 2 ]; }
wait_until 10 done_of
promises "clean by promtool while it serves"
is "it serves" "$(value packhorse_up)" 1
like "sessions that ended well" "$(value 'packhorse_sessions_total{result="closed",reason="done"}')" '^[2-9]'
like "and those that were cut" "$(value 'packhorse_sessions_total{result="cut"')" '^[1-9]'
is "every session has its time" "$(value packhorse_session_seconds_count)" "$(awk '/^packhorse_sessions_total/ { n += $NF } END { print n }' metrics)"
like "some went on where one was cut" "$(value packhorse_resumed_total)" '^[1-9]'
ok "unpacked it is more than what came over the wire" test "$(value 'packhorse_bytes_total{direction="in",stage="plain"}')" -gt "$(value 'packhorse_bytes_total{direction="in",stage="wire"}')"
is "3,000 visits" "$(value 'packhorse_entries_total{kind="visit"}')" 3000
is "two devices" "$(value 'packhorse_devices{state="unconfirmed"}')" 2
is "nothing is overdue" "$(awk '/^packhorse_site_overdue_seconds/ { n += $NF } END { print n }' metrics)" 0
ok "a lag of seconds" test "$(value 'packhorse_site_lag_seconds{site="14-0001"')" -lt 300
is "nothing more is to come up" "$(value 'packhorse_site_pending_entries{site="14-0002",kind="commune-library",direction="up"}')" 0
ok "the backup is of now" test "$(value packhorse_backup_age_seconds)" -lt 300
missing=
for name in site_lag_seconds site_overdue_seconds site_pending_entries sessions_total session_seconds_bucket resumed_total bytes_total \
  entries_total cases_open quarantined_entries clock_offset_seconds devices store_bytes wal_bytes backup_age_seconds plan_target plan_actual build_info; do
  grep -q "^packhorse_$name[{ ]" metrics || missing+=" $name"
done
is "every name that was promised" "$missing" ''
labels=$(grep -o '[a-z_]*="' metrics | sort -u | tr -d '="\n')
is "labels are these alone" "$labels" "$(printf '%s' direction kind le reason result site stage state version)"
like "the hub has her name" "$($H query reader "$reader" --names)" 'Lò Văn Pánh'
is "a reader's name is in no line, nor in the answer behind them" "$({ cat metrics; $H metrics --json; } | grep -ciE 'Lò Văn|Pánh|Panh|\\u00e1nh')" 0
is "no name of anybody, no card, no device, no name of a place" \
  "$(grep -cE "Pánh|000777|Chiềng|$("$P" -d s1 status --json | pick 'd["device"]' | cut -c1-8)|${reader%%.*}" metrics)" 0
is "--json is the answer behind it" "$($H metrics --json | pick 'd["schema"], len(d["sites"]), d["server"]["version"] != ""')" '(1, 2, True)'

# --- a clock that is ahead ---
if [ -e "$faketime" ]; then
  is "no clock is off" "$(awk '/^packhorse_clock_offset_seconds/ { n += $NF } END { print n }' metrics)" 0
  faketime -f +2h "$P" -d s1 visit 2 --band adult >/dev/null 2>&1
  "$P" -d s1 sync --hub "$at" >/dev/null 2>&1
  look
  like "a site's is two hours ahead" "$(value 'packhorse_clock_offset_seconds{site="14-0001"')" '^7[12][0-9][0-9]$'
  is "the hub's is not" "$(value 'packhorse_clock_offset_seconds{kind="hub"}')" 0
  is "the board says so" "$($H board --json | pick '[w["code"] for s in d["sites"] if s["site"] == "14-0001" for w in s["why"]]')" "['clock']"
else
  skip "a clock that is ahead" "no faketime"
fi

# --- a file for node_exporter ---
mkdir out
ok "into a file" $H metrics --out out/packhorse.prom
is "for another user to read" "$(stat -c %a out/packhorse.prom)" 644
is "the same metrics" "$(sed 's/[{ ].*//' out/packhorse.prom | sort -u | grep -vc '^#')" "$(sed 's/[{ ].*//' metrics | sort -u | grep -vc '^#')"
is "nothing else is left there" "$(ls out)" packhorse.prom
status "a file that nobody would read" 2 $H metrics --out out/packhorse.txt
like "it says why" "$($H metrics --out x 2>&1)" 'must end in .prom'
status "a folder that is not there" 1 $H metrics --out nowhere/x.prom
status "a word too many" 2 $H metrics now
stop "$serving"

# --- over HTTP, by a real Prometheus ---
printf 'mat khau cua nguoi xem\n' >secret
ok "an account that may look" $H account add monitor --role viewer --password-file secret
$H account token monitor --json | pick 'd["bearer"]' >token
printf '[server]\nlisten = 127.0.0.1:0\n[web]\nlisten = 127.0.0.1:0\n' >hub/packhorsed.conf
start web "$hubd" -d hub serve
serving=$started_pid
web=$(wait_for_line web '^web http' | sed 's|.*//||')
"$PYTHON" "$ROOT/tests/e2e/scrape.py" "$web" token "$monitor/alerts.yml" >scrape
rc=$?
while IFS= read -r line; do like "${line%%:*}" "$line" ': True'; done <scrape
promises "clean by promtool over HTTP"
if [ "$rc" = 77 ]; then skip "a real Prometheus" "none is installed"; else is "all of it" "$rc $(wc -l <scrape)" '0 7'; fi
stop "$serving"

# --- by the calendar ---
if [ -e "$faketime" ]; then
  faketime -f +9d "$hubd" -d hub metrics >metrics
  ok "nine days on, a site is overdue" test "$(value 'packhorse_site_overdue_seconds{site="14-0001"')" -gt 86400
  is "and the hub's clock in doubt or not, the text is whole" "$(tail -c 1 metrics | od -An -tx1 | tr -d ' ')" 0a
else
  skip "nine days on" "no faketime"
fi

# --- alerts and the board ---
ok "the files are installed" grep -q "monitor/alerts.yml" "$ROOT/daemon/meson.build"
if command -v promtool >/dev/null; then
  cp "$monitor/alerts.yml" "$ROOT/tests/monitor/alerts_test.yml" .
  ok "the rules are rules" promtool check rules alerts.yml
  ok "each fires, and not too early" promtool test rules alerts_test.yml
  for alert in $(sed -n 's/.*- alert: //p' alerts.yml); do
    "$PYTHON" -c '
import re, sys
text = open(sys.argv[1]).read()
found = re.subn(r"(- alert: %s\n\s+expr: ).*" % sys.argv[2], r"\1vector(0) > 1", text)
assert found[1] == 1
open("alerts.yml", "w").write(found[0])' "$monitor/alerts.yml" "$alert"
    status "without $alert the test fails" 1 promtool test rules alerts_test.yml
  done
else
  skip "the rules" "no promtool"
fi
"$PYTHON" - "$monitor" "$ROOT/daemon/metrics.c" "$monitor/alerts.yml" >named <<'PY'
import json, re, sys
known = set(re.findall(r'"(packhorse_[a-z_]+)"', open(sys.argv[2]).read()))
known |= {n + s for n in known for s in ("_bucket", "_sum", "_count")}
board = json.load(open(sys.argv[1] + "/grafana.json"))
exprs = [t["expr"] for p in board["panels"] for t in p["targets"]]
named = set(re.findall(r"packhorse_[a-z_]+", " ".join(exprs)))
rules = set(re.findall(r"packhorse_[a-z_]+", open(sys.argv[3]).read()))
shown = {re.sub("_(bucket|sum|count)$", "", n) for n in named}
print("unknown:", sorted((named | rules) - known))
print("not shown:", sorted(n for n in known if not re.search("_(bucket|sum|count)$", n) and n not in shown))
print("places that overlap:", len(board["panels"]) - len({(p["gridPos"]["x"], p["gridPos"]["y"]) for p in board["panels"]}))
PY
is "board and rules name only what there is" "$(sed -n 1p named)" 'unknown: []'
is "and the board shows all of it" "$(sed -n 2p named)" 'not shown: []'
is "each panel has a place" "$(sed -n 3p named)" 'places that overlap: 0'

# --- the watchdog ---
"$P" -d s1 visit 3 --band child >/dev/null
if command -v strace >/dev/null; then
  for words in "hub $hubd hub $P s1" "agent $P s1"; do
    # shellcheck disable=SC2086 # they are words
    "$PYTHON" "$ROOT/tests/e2e/watchdog.py" $words >watch
    rc=$?
    if [ "$rc" = 77 ]; then
      skip "the watchdog of the ${words%% *}: a store that hangs" "strace may not: $(grep strace: watch)"
    else
      while IFS= read -r line; do like "the watchdog of the ${words%% *}: ${line%%:*}" "$line" ': True'; done <watch
      is "all of it" "$rc $(wc -l <watch)" '0 6'
    fi
    rm -f manager
  done
else
  skip "a store that hangs" "no strace"
fi
like "the unit has a watchdog" "$(cat "$ROOT/daemon/packhorsed.service")" 'WatchdogSec=60s'
done_testing

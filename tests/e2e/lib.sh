# tests/e2e/lib.sh - what every end-to-end script sources (bash).
#
#   . "$(dirname "$0")/lib.sh"
#   ok "name" command args…        passes when the command exits 0
#   is "name" "$got" "$want"       passes when both are the same text
#   status "name" 12 command args… passes when the command exits 12
#   like "name" "$got" 'regex'     passes when bash's =~ finds it
#   skip "name" "why"              counted as skipped
#   done_testing                   the plan; last line of every script
#   hub_and_pcs, hub_of_one_site, hub_start, pc_join, pc_sync, pc_confirm, member    a hub and PCs (below)
#
# The script runs in a temporary folder of its own ($T), removed at the end (kept and
# named when PACKHORSE_KEEP=1). Programs come from $PACKHORSE_BUILD (default: build in
# the project's root). What is started with `start` is stopped at the end, by its own
# process id. A script that ends before done_testing prints no plan and so fails.

set -u
export LC_ALL=C.UTF-8

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$(cd "${PACKHORSE_BUILD:-$ROOT/build}" && pwd) || exit 1
TESTDATA=${PACKHORSE_TESTDATA:-$ROOT/../shared}
PYTHON=/usr/bin/python3
RELAY=$BUILD/tests/link/relay
EXPIRED_INVITE=$BUILD/tests/e2e/expired_invite # FILE KEY PASSPHRASE-FILE: the invite is over
FULL=${PACKHORSE_FULL:-0}

T=$(mktemp -d "${TMPDIR:-/tmp}/packhorse-e2e.XXXXXX") || exit 1
cd "$T" || exit 1

tap_count=0
tap_failed=0
started=()

cleanup() {
  local pid
  for pid in "${started[@]}"; do
    kill "$pid" 2>/dev/null
  done
  for pid in "${started[@]}"; do
    wait "$pid" 2>/dev/null
  done
  cd /
  if [ "${PACKHORSE_KEEP:-0}" = 1 ]; then
    echo "# kept $T"
  else
    rm -rf "$T"
  fi
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Every line as a TAP comment.
diag() {
  printf '%s\n' "$*" | sed 's/^/# /'
}

pass() {
  tap_count=$((tap_count + 1))
  printf 'ok %d - %s\n' "$tap_count" "$1"
}

fail() {
  tap_count=$((tap_count + 1))
  tap_failed=$((tap_failed + 1))
  printf 'not ok %d - %s\n' "$tap_count" "$1"
}

skip() {
  tap_count=$((tap_count + 1))
  printf 'ok %d - %s # SKIP %s\n' "$tap_count" "$1" "$2"
}

# The output of the command is kept in ok.out and shown when it failed.
ok() {
  local name=$1 rc
  shift
  "$@" >ok.out 2>&1
  rc=$?
  if [ "$rc" = 0 ]; then
    pass "$name"
    return 0
  fi
  fail "$name"
  diag "exit $rc: $*"
  tail -n 20 ok.out | sed 's/^/# /'
  return 1
}

status() {
  local name=$1 want=$2 rc
  shift 2
  "$@" >ok.out 2>&1
  rc=$?
  if [ "$rc" = "$want" ]; then
    pass "$name"
    return 0
  fi
  fail "$name"
  diag "exit $rc, not $want: $*"
  tail -n 20 ok.out | sed 's/^/# /'
  return 1
}

is() {
  if [ "$2" = "$3" ]; then
    pass "$1"
    return 0
  fi
  fail "$1"
  diag "got:    $2"
  diag "wanted: $3"
  return 1
}

like() {
  if [[ $2 =~ $3 ]]; then
    pass "$1"
    return 0
  fi
  fail "$1"
  diag "got:          $2"
  diag "wanted match: $3"
  return 1
}

done_testing() {
  printf '1..%d\n' "$tap_count"
  [ "$tap_failed" = 0 ] && [ "$tap_count" -gt 0 ]
  exit
}

# start OUT command…: run it in the background, output to OUT, errors to OUT.err; its
# process id is in $started_pid. OUT is empty before it runs: what an earlier program of
# the same name wrote there is not taken for its words.
start() {
  local out=$1
  shift
  : >"$out" >"$out.err"
  "$@" >"$out" 2>"$out.err" &
  started_pid=$!
  started+=("$started_pid")
}

# stop PID [SIGNAL]: end what `start` began and wait for it; its exit status is ours.
stop() {
  local pid left=()
  kill "-${2:-TERM}" "$1" 2>/dev/null
  for pid in "${started[@]}"; do
    [ "$pid" = "$1" ] || left+=("$pid")
  done
  started=("${left[@]}")
  wait "$1" 2>/dev/null
}

# wait_until SECONDS command…: poll until the command succeeds.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}

# wait_for_port ADDR PORT [SECONDS]: until something accepts there.
wait_for_port() {
  wait_until "${3:-10}" bash -c "exec 3<>/dev/tcp/$1/$2"
}

# wait_for_line FILE REGEX [SECONDS]: print the first line that matches.
wait_for_line() {
  wait_until "${3:-10}" grep -qE -- "$2" "$1" || return 1
  grep -m 1 -E -- "$2" "$1"
}

# listen_port FILE: the port of the line "listening ADDR:PORT" that programs given
# port 0 print first.
listen_port() {
  local line
  line=$(wait_for_line "$1" '^listening ') || return 1
  printf '%s\n' "${line##*:}"
}

# json FILE EXPRESSION: evaluate a Python expression over the JSON object j on the
# last line of FILE, e.g. json out 'j["bytes_up"]'. json EXPRESSION: over d, which is what
# standard input holds; it is printed as Python has it.
json() {
  if [ $# = 1 ]; then
    "$PYTHON" -c 'import json,sys; d=json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"
    return
  fi
  "$PYTHON" -c '
import json, sys
j = json.loads(open(sys.argv[1], encoding="utf-8").read().strip().splitlines()[-1])
value = eval(sys.argv[2])
print(json.dumps(value) if isinstance(value, (bool, type(None), dict, list)) else value)
' "$1" "$2"
}

# clear_faketime: libfaketime names two files in /dev/shm by the id of its process and fails where
# one is there already: a killed process leaves its own, and a long run comes round to that id.
clear_faketime() {
  local file
  for file in /dev/shm/faketime_shm_* /dev/shm/sem.faketime_sem_*; do
    [ ! -e "$file" ] || [ -d "/proc/${file##*_}" ] || rm -f "$file" 2>/dev/null
  done
}
clear_faketime

# --- a hub in ./hub, and PCs of its sites, each in a folder of its name ---
#
# RUN, where it is said, are words that stand before each program: another clock.

# starts_of_machines WHAT: from here on at_start can be used; else WHAT is skipped, and the script
# is over. The wall clock alone is wrong then: the time since a machine's start goes on, as on a
# real one.
starts_of_machines() {
  local why=
  boot_id=/proc/sys/kernel/random/boot_id
  faketime=$(echo /usr/lib/*/faketime/libfaketime.so.1)
  printf '00000000-0000-4000-8000-000000000000\n' >boot.0
  [ -e "$faketime" ] || why="no faketime"
  unshare -m mount --bind "$T/boot.0" $boot_id 2>/dev/null || why="no mount namespace"
  if [ -n "$why" ]; then
    skip "$1" "$why"
    done_testing
  fi
  export FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1
}

# at_start N OFFSET command…: in the Nth start of a machine, which has a boot id of its own, by a
# clock that is off by OFFSET, as faketime takes it
at_start() {
  clear_faketime
  printf '00000000-0000-4000-8000-%012d\n' "$1" >"boot.$1"
  unshare -m bash -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' at_start "$T/boot.$1" $boot_id \
    env LD_PRELOAD="$faketime" FAKETIME="$2" "${@:3}"
}

# hub_and_pcs: they have names: hubd, H (of ./hub) and P; and there is a passphrase, in ./pass.
hub_and_pcs() {
  hubd=$BUILD/daemon/packhorsed
  H="$hubd -d hub"
  P=$BUILD/client/packhorse
  printf 'mot cau dai\n' >pass
}

# hub_of_one_site [RUN…]: there is a hub, and the site 14-0371. Sets hubd, H, P and LAN.
hub_of_one_site() {
  hub_and_pcs
  LAN="$PYTHON $ROOT/tests/e2e/lan.py"
  "$@" $H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
  "$@" $H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null
}

# hub_start NAME [RUN…]: it serves; its output is in serve.NAME. Sets hub_pid and at, its address.
hub_start() {
  start "serve.$1" "${@:2}" "$hubd" -d hub serve --listen 127.0.0.1:0
  hub_pid=$started_pid
  at=127.0.0.1:$(listen_port "serve.$1")
}

# pc_join FOLDER SITE [RUN…]: by an invite of its own.
pc_join() {
  "${@:3}" $H invite --site "$2" --role site --out "invite.$1" --passphrase-file pass 2>/dev/null
  "${@:3}" "$P" -d "$1" join "invite.$1" >/dev/null
}

# pc_confirm FOLDER [RUN…]: it has been heard by the hub once.
pc_confirm() {
  "${@:2}" $H devices confirm "$(member "$1" device)" --fingerprint "$(member "$1" fingerprint)" >/dev/null
}

# pc_sync FOLDER [RUN…]: with the hub. Sets rc; what it says is in FOLDER.json and FOLDER.err.
pc_sync() {
  "${@:2}" "$P" -d "$1" sync --hub "$at" --json >"$1.json" 2>"$1.err"
  rc=$?
}

# member FOLDER NAME: of its `status --json`.
member() {
  "$P" -d "$1" status --json >member.json
  json member.json "j['$2']"
}

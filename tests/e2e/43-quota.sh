#!/bin/bash
# What a device may make the hub keep: its allowance, at the edge, and what becomes of
# the rest; a device that brings all it can; room on the hub's disk, its reserve, and a
# disk that others fill to the last byte. Others are served as ever, and nothing is lost.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
pack=$BUILD/client/packhorse
D=$T/hub # where the hub is
echo 'một câu dài' >"$T/pass"

pick() { "$PYTHON" -c 'import json, sys; print(eval(sys.argv[1], {"d": json.load(sys.stdin), "sum": sum}))' "$1"; }
hub() { "$hubd" -d "$D" "$@"; }
site() { local at=$1; shift; "$pack" -d "$T/s$at" "$@"; }
sync() { site "$1" sync --hub "127.0.0.1:$port" --json; }
make_site() { # number
  hub site add "14-000$1" --commune "0364$1" --kind commune-library --name "Điểm $1" &&
    hub invite --site "14-000$1" --role site --hub 127.0.0.1:1 --out "$T/s$1.invite" --passphrase-file "$T/pass" &&
    "$pack" -d "$T/s$1" join "$T/s$1.invite"
}
limits() { printf '[server]\nlisten = 127.0.0.1:0\n[limits]\nhandshake-rate = 10000\nhandshake-burst = 1000\n' && printf '%s\n' "$@"; }
serve() { # settings…
  limits "$@" >"$D/packhorsed.conf"
  start "$T/serve" "$hubd" -d "$D" serve
  serve_pid=$started_pid
  port=$(listen_port "$T/serve")
}
reload() { # settings…
  local before
  before=$(grep -c 'config.reload .*result=applied' "$T/serve.err")
  limits "$@" >"$D/packhorsed.conf"
  kill -HUP "$serve_pid"
  wait_until 10 bash -c "[ \$(grep -c 'config.reload .*result=applied' '$T/serve.err') -gt $before ]"
}
visits() { # site count
  local i
  for ((i = 1; i <= $2; i++)); do echo "{\"kind\":\"visit\",\"count\":$i}"; done | site "$1" record --batch - --json
}
left() { hub devices --json | pick "[e['allowance'] for e in d['devices'] if e['site'] == '14-000$1'][0]"; }
told() { hub devices --json | pick "[e['control_entries'] for e in d['devices'] if e['site'] == '14-000$1'][0]"; }
held() { hub devices --json | pick "[e['entries'] for e in d['devices'] if e['site'] == '14-000$1'][0]"; }
waiting() { site "$1" status --json | pick 'd["pending"]'; }
hits() { hub status --json | pick "d['limits_hit']['$1']"; }

# --- the allowance ---

ok "a hub" hub init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file "$T/pass"
for i in 1 2; do ok "site $i joins" make_site "$i"; done
serve 'entries-a-day = 1' 'entries-saved-up = 100'
for i in 1 2; do ok "site $i is admitted" sync "$i"; done

visits 1 1 >/dev/null
sync 1 >/dev/null
now=$(left 1)
visits 1 1 >/dev/null
cost=$(waiting 1)
ok "one more entry" sync 1
is "takes one of the allowance" "$(left 1)" "$((now - cost))"
visits 1 $(($(left 1) - 10)) >/dev/null
ok "and many take as many" sync 1
is "which leaves ten" "$(left 1)" 10
visits 1 9 >/dev/null
ok "nine come in" sync 1
visits 1 1 >/dev/null
ok "so does the tenth" sync 1
is "with nothing left" "$(left 1)" 0
before=$(held 1)
visits 1 1 >/dev/null
status "the eleventh is put off" 75 sync 1
like "in words that say that nothing is lost" "$(site 1 sync --hub "127.0.0.1:$port" 2>&1)" 'nothing is lost, try again later'
is "the hub took nothing" "$(held 1)" "$before"
is "it waits at the site" "$(waiting 1)" 1
ok "which is counted" [ "$(hits entries-a-day)" -ge 2 ]
like "and in the log" "$(cat "$T/serve.err")" 'limit.hit .*name=entries-a-day'
ok "the hub says something new to all" hub site add 14-0009 --commune 03641 --kind commune-library --name 'Điểm 9'
status "the site that waits" 75 sync 1
is "has heard it" "$(told 1)" "$(hub status --json | pick 'd["control_entries"]')"
visits 2 20 >/dev/null
ok "another site is served as ever" sync 2
is "and has all of it there" "$(waiting 2)" 0
ok "the settings change while it runs" reload 'entries-a-day = 864000' 'entries-saved-up = 100'
ok "with ten more a second it goes by itself" wait_until 20 sync 1
is "and nothing waits" "$(waiting 1)" 0

# --- a device that brings all it can ---

saved_up() { [ "$(left 1)" -ge 20 ]; }
ok "the honest one saves something up" wait_until 20 saved_up
visits 1 1 >/dev/null
ok "and is heard, so that it is noted at that rate" sync 1
ok "little a day" reload 'entries-a-day = 10' 'entries-saved-up = 60'
for _ in 1 2 3; do visits 2 700 >/dev/null; done
sync 2 >/dev/null # what is more than all of its allowance comes in when that is whole
visits 2 700 >/dev/null
before=$(held 2)
for _ in 1 2 3; do status "put off, again and again" 75 sync 2; done
is "the hub holds no more for that" "$(held 2)" "$before"
size=$(hub status --json | pick 'd["store_bytes"] + d["wal_bytes"]')
sync 2 >/dev/null
is "nor does its store grow" "$(hub status --json | pick "d['store_bytes'] + d['wal_bytes'] - $size < 65536")" True
visits 1 10 >/dev/null
ok "an honest one is served" sync 1
ok "without a bound" reload 'entries-a-day = 0'
ok "all of it comes in" sync 2
is "and nothing waits there" "$(waiting 2)" 0
is "its books are the hub's" "$(site 2 digest)" "$(hub digest --site 14-0002)"
ok "the hub ends" stop "$serve_pid"
ok "and is whole" hub verify

# --- room on the disk ---

mkdir "$T/disk"
if ! mount -t tmpfs -o size=24m tmpfs "$T/disk" 2>/dev/null; then
  skip "a disk that is nearly full" "no small file system can be mounted here"
  done_testing
fi
trap 'for pid in "${started[@]}"; do kill "$pid"; wait "$pid"; done 2>/dev/null; started=(); umount "$T/disk"; cleanup' EXIT
cp -a "$T/hub" "$T/disk/hub"
D=$T/disk/hub
room() { df -B1 --output=avail "$T/disk" | tail -n 1; }
# Others take the disk, but for so many bytes.
fill() { rm -f "$T/disk/others" && head -c $(($(room) - $1)) /dev/zero >"$T/disk/others"; }

serve 'disk-reserve-mib = 4' 'entries-a-day = 0'
ok "a hub with a reserve" sync 1
is "keeps it" "$(hub status --json | pick 'd["disk_reserve"]')" kept
is "as a file" "$(stat -c '%s %a' "$D/reserve")" "4194304 600"
fill 5000000
visits 1 30 >/dev/null
ok "with more than that free a site is served" sync 1
fill 3500000
visits 1 30 >/dev/null
status "with less it is put off" 75 sync 1
is "with nothing lost" "$(waiting 1)" 30
ok "which is counted" [ "$(hits disk-reserve-mib)" -ge 1 ]
is "and shown" "$(hub status --json | pick 'd["disk_low"]')" True
like "also to people" "$(hub status)" 'devices wait'
ok "who has nothing to bring is served" sync 2
ok "the hub still does what it is told" hub site add 14-0008 --commune 03641 --kind commune-library --name 'Điểm 8'
fill 0
ok "on a disk that is full to the last byte, too" hub site add 14-0007 --commune 03641 --kind commune-library --name 'Điểm 7'
is "by its reserve" "$(hub status --json | pick 'd["disk_reserve"]')" given-up
device=$(site 2 status --json | pick 'd["device"]')
ok "a device is retired there" hub devices retire "$device"
status "sites are put off" 75 sync 1
rm "$T/disk/others"
ok "with room again all goes on by itself" sync 1
is "nothing waits" "$(waiting 1)" 0
is "and there is a reserve again" "$(hub status --json | pick 'd["disk_reserve"]')" kept
ok "the hub ends" stop "$serve_pid"
ok "and is whole" hub verify
done_testing

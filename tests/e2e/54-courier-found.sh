#!/bin/bash
# A site's agent and the couriers on its network: one at a fixed address; one that it finds by
# DNS-SD, through Avahi with a bus of its own in a network of its own; and no Avahi at all.
# Where Avahi is not installed, or networks cannot be made, that part is skipped, aloud.
. "$(dirname "$0")/lib.sh"

PATH=$PATH:/usr/sbin:/sbin
has_all() { for program; do command -v "$program" >/dev/null || return 1; done; }
if [ -z "${PACKHORSE_IN_NET:-}" ] && has_all avahi-daemon avahi-publish avahi-browse dbus-daemon unshare ip &&
  unshare -n -m sh -c 'ip link add v0 type veth peer name v1' 2>/dev/null; then
  cleanup
  trap - EXIT
  cd "$ROOT" || exit 1
  PACKHORSE_IN_NET=1 exec unshare -n -m "$ROOT/tests/e2e/54-courier-found.sh"
fi

hub_and_pcs
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null
$H site add 14-0900 --commune 03646 --kind van --name 'Xe thư viện' 2>/dev/null
$H invite --site 14-0371 --role site --out i1 --passphrase-file pass 2>/dev/null
$H invite --site 14-0900 --role courier --out iv --passphrase-file pass 2>/dev/null
"$P" -d s1 join i1 >/dev/null
"$P" -d van join iv >/dev/null
[ -z "${PACKHORSE_IN_NET:-}" ] || ip link set lo up
settings() { # what stands in [courier]
  printf '[hub]\naddress = 127.0.0.1:1\n[sync]\nspread-ms = 0\nbackoff-ms = 500\nbackoff-max-ms = 1000\n[courier]\n%s\n' "$1" >s1/agent.conf
}
with_courier() { "$P" -d s1 status --json | "$PYTHON" -c 'import json,sys; d=json.load(sys.stdin); sys.exit(d["levels"]["here"] != 0 or d["levels"]["courier"] < 2)'; }
agent() {
  start "$1" "$P" -d s1 agent
  agent_pid=$started_pid
  wait_until 20 test -S s1/socket
}

# --- no Avahi, and a fixed address ---
mkdir nothing
ln -s "$(command -v env)" nothing/env
start van.out env PATH="$T/nothing" "$P" -d van courier --listen 127.0.0.1:0
van=$started_pid
port=$(listen_port van.out)
like "a courier without Avahi says so, and carries" "$(wait_for_line van.out.err courier.announce)" 'result=silent .*avahi-publish is not installed'
status "another of the same folder: 17" 17 timeout 30 "$P" -d van courier --listen 127.0.0.1:0
like "and it says who has it" "$(cat ok.out)" 'van is in use by courier \(process'
settings "address = 127.0.0.1:$port
find = 0"
"$P" -d s1 visit 3 --band adult >/dev/null
agent agent1
like "the agent, which cannot reach the hub, meets the courier" "$(wait_for_line agent1.err '^courier.met' 30)" 'site=14-0900 result=closed given=1'
ok "all is with the courier" wait_until 20 with_courier
like "the session with the hub is told as what it was" "$(grep '^sync.end' agent1.err | head -1)" 'result=unreachable'
"$P" -d s1 visit 4 --band adult >/dev/null
ok "what is new goes with the next try" wait_until 30 with_courier
stop "$agent_pid"
is "the agent stops in order" "$?" 0
stop "$van"
settings "address = 127.0.0.1:$port
find = 0"
agent agent2
like "a courier that has driven off is no error" "$(wait_for_line agent2.err '^courier.met' 30)" 'site=- result=unreachable given=0'
stop "$agent_pid"
printf '[courier]\naddress = nowhere\n' >s1/agent.conf
status "an address that is none is told (78)" 78 "$P" -d s1 agent

# --- an Avahi that does not stay (no daemon), and one that does ---
mkdir ends stays
printf '#!/bin/sh\nexit 1\n' >ends/avahi-publish
printf '#!/bin/sh\nexec sleep 60\n' >stays/avahi-publish
chmod +x ends/avahi-publish stays/avahi-publish
start van3.out env PATH="$T/ends:$PATH" "$P" -d van courier --listen 127.0.0.1:0
van=$started_pid
like "one whose avahi-publish ends is silent" "$(wait_for_line van3.out.err courier.announce 20)" 'result=silent .*does avahi-daemon run'
sleep 3
is "and says nothing else" "$(grep -c courier.announce van3.out.err)" 1
stop "$van"
start van4.out env PATH="$T/stays:$PATH" "$P" -d van courier --listen 127.0.0.1:0
van=$started_pid
like "one whose stays has told" "$(wait_for_line van4.out.err courier.announce 20)" 'result=told'
stop "$van"

# --- DNS-SD ---
skip_all() {
  skip "a courier announces itself" "$1"
  skip "the agent finds it by itself" "$1"
  skip "all is with it" "$1"
  skip "Avahi gone, the courier goes on" "$1"
  done_testing
}
[ -n "${PACKHORSE_IN_NET:-}" ] || skip_all "no Avahi here, or no network of its own"
mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/avahi-daemon
ip link add v0 type veth peer name v1
ip addr add 10.9.9.1/24 dev v0
ip link set v0 up
ip link set v1 up
cat >bus.conf <<B
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=$T/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>
B
printf '[server]\nuse-ipv6=no\nallow-interfaces=v0\ndisallow-other-stacks=no\n[publish]\npublish-workstation=no\n' >avahi.conf
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$T/bus
start dbus.out dbus-daemon --config-file=bus.conf --nofork --nopidfile
wait_until 10 test -S bus
start avahi avahi-daemon -f "$T/avahi.conf" --no-drop-root --no-chroot --no-rlimits
avahi=$started_pid
wait_until 10 grep -q 'startup complete' avahi avahi.err || skip_all "avahi-daemon does not start here"
settings "find = 1"
"$P" -d s1 visit 5 --band adult >/dev/null
start van2.out "$P" -d van courier --listen 10.9.9.1:0
van=$started_pid
like "a courier announces itself" "$(wait_for_line van2.out.err courier.announce 20)" 'result=told type=_packhorse-van._tcp'
wait_until 20 bash -c "avahi-browse -rptk _packhorse-van._tcp | grep -q '^=.*10.9.9.1'"
agent agent3
like "the agent finds it by itself" "$(wait_for_line agent3.err '^courier.met.*result=closed' 60)" 'site=14-0900 result=closed given=1'
ok "all is with it" wait_until 20 with_courier
stop "$agent_pid"
stop "$avahi"
ok "Avahi gone, the courier goes on" "$P" -d s1 sync --courier "10.9.9.1:$(listen_port van2.out)"
stop "$van"
done_testing

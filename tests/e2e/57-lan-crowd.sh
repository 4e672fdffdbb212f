#!/bin/bash
# A crowd on the LAN: strangers who only connect to the agent of a site's PC, from one address or from
# many, and come again as soon as they are hung up on. The other PC of the site gets through.
. "$(dirname "$0")/lib.sh"

hub_of_one_site
hub_start 1
for s in s1 s2; do
  pc_join $s 14-0371
  pc_sync $s
  pc_confirm $s 2>/dev/null
done
for s in s1 s2; do pc_sync $s; done
stop "$hub_pid"
port=$($LAN port)
printf '[hub]\naddress = 127.0.0.1:1\nconnect-ms = 200\n[lan]\nlisten = 127.0.0.1:%s\n' "$port" >s2/agent.conf
start s2.out "$P" -d s2 agent
agent_pid=$started_pid
wait_until 20 grep -q '^agent.start' s2.out.err

# crowd NAME N ADDRESS…: while they hold on, five visits in a row
crowd() {
  local name=$1 good=0 i
  shift
  start crowd "$PYTHON" "$ROOT/tests/e2e/lan.py" hold "$port" "$@"
  local crowd_pid=$started_pid
  wait_until 10 grep -q held crowd
  sleep 4 # by then each of them was found out once
  for i in 1 2 3 4 5; do
    "$P" -d s1 visit "$i" --band child >/dev/null
    "$P" -d s1 sync --sibling "127.0.0.1:$port" --json >s1.json 2>s1.err && good=$((good + 1))
  done
  is "$name: each visit is served" "$good" 5
  is "all came" "$(member s2 of_site)" "$(member s1 entries)"
  kill "$crowd_pid" 2>/dev/null
  wait "$crowd_pid" 2>/dev/null
}
crowd "four from another address" 4 127.0.0.2
crowd "many from many addresses" 4 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.6
like "the agent says that it hung up" "$(cat s2.out.err)" 'limit.hit .*name=lan peer=127.0.0.[2-6]'
ok "the agent has few threads" test "$(ls "/proc/$agent_pid/task" | wc -l)" -lt 20
stop "$agent_pid"
is "it stops as ever" "$?" 0
ok "stores are whole" bash -c "$P -d s1 verify && $P -d s2 verify"

done_testing

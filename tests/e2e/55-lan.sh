#!/bin/bash
# Two PCs of one site on a LAN, no hub in reach: each has the other's loans. A stranger, a PC of
# another site, one that is not confirmed, one that was cut off and a replay are given nothing,
# by bytes. Both call at once. An old control log on either side. The hub gets all in the end.
. "$(dirname "$0")/lib.sh"

# settings FOLDER LISTEN [SIBLING]: no hub is to be found there
interval=2000
settings() {
  printf '[hub]\naddress = 127.0.0.1:1\nconnect-ms = 200\n[lan]\nlisten = 127.0.0.1:%s\ninterval-ms = %s\n' "$2" "$interval" >"$1/agent.conf"
  [ -z "${3:-}" ] || printf 'sibling = 127.0.0.1:%s\n' "$3" >>"$1/agent.conf"
}
# agent FOLDER: sets agent_pid; its log is FOLDER.log
agent() {
  start "$1.out" "$P" -d "$1" agent
  agent_pid=$started_pid
  wait_until 20 grep -q '^agent.start' "$1.out.err"
}
lan() { "$P" -d "$1" sync --sibling "127.0.0.1:$2" --json >"$1.json" 2>"$1.err"; }
lines() { grep -c '^lan.end' "$1.out.err"; }
# visit N: the N-th session that the agent of s2 has ended, once it has
visit() { wait_until 20 test_lines "$1" && grep '^lan.end' s2.out.err | sed -n "$1p"; }
test_lines() { [ "$(lines s2)" -ge "$1" ]; }
loan() { "$P" -d "$1" loan "$2" "$3" --when 2026-09-22T08:01 >/dev/null; }
has_loan() { "$P" -d "$1" copy show "$2" | grep -q "$3"; }

# --- a site of two, one of another site, one that nobody has confirmed ---
hub_of_one_site
$H site add 14-0372 --commune 03646 --kind commune --name 'Chiềng La' 2>/dev/null
for i in s1:14-0371 s2:14-0371 s3:14-0372 s4:14-0371 s5:14-0371; do pc_join "${i%:*}" "${i#*:}"; done
hub_start 1
for s in s1 s2 s3 s4; do pc_sync $s; done
for s in s1 s2 s3; do ok "$s is confirmed" pc_confirm $s; done
for s in s1 s2 s3 s4; do pc_sync $s; done
stop "$hub_pid"

# --- they meet ---
port=$($LAN port)
status "nobody listens: not reached, all is kept" 12 "$P" -d s1 sync --sibling "127.0.0.1:$port"
settings s2 "$port"
agent s2
like "the agent says where it listens" "$(cat s2.out.err)" "lan.listen .*address=127.0.0.1:$port"
for s in s1 s2; do
  "$P" -d $s reader add --name "Bạn đọc của $s" --band adult --json >reader.$s
  loan $s "C-$s" "B-$s"
done
reader1=$(json reader.s1 'j["entries"][0]["ref"]')
reader2=$(json reader.s2 'j["entries"][0]["ref"]')
settings s1 "$port"
status "a port that is taken: the agent says so and does not start" 78 timeout 20 "$P" -d s1 agent
like "in words" "$(cat ok.out)" "lan. listen = 127.0.0.1:$port: address already in use"
rm s1/agent.conf
pending=$(member s1 pending)
"$P" -d s1 plan --json >planned
like "plan knows of the other machine" "$("$P" -d s1 plan)$(LC_ALL=vi_VN.UTF-8 "$P" -d s1 plan)" 'Other PC of the site +[0-9]+ byte at most, to 1 machine; no cost.*Máy khác của điểm +nhiều nhất [0-9]+ byte, tới 1 máy; không tốn phí'
ok "two machines of the site meet" lan s1 "$port"
is "as plan said: to so many, as many entries and details as waited" "$(json planned '[j["lan"]["machines"], j["lan"]["entries"], j["lan"]["parts"], j["lan"]["cost"]]') $(json s1.json '[j["entries_sent"], j["parts_sent"]]')" '[1, 2, 1, 0] [2, 1]'
is "both ways" "$(json s1.json '[j["complete"], j["entries_sent"] > 0, j["entries_of_site"] > 0, j["parts_sent"], j["parts_received"]]')" '[true, true, true, 1, 1]'
ok "each shows the other's loan" has_loan s1 B-s2 C-s2
ok "both do" has_loan s2 B-s1 C-s1
like "each reads the other's reader by name" "$("$P" -d s1 reader show "$reader2")$("$P" -d s2 reader show "$reader1")" 'của s2.*của s1'
third=$(member s4 entries) # which the hub has sent to both
is "as many entries as the other wrote" "$(member s2 of_site) $(member s1 of_site)" "$(($(member s1 entries) + third)) $(($(member s2 entries) + third))"
is "no receipt is to be had there: all still waits for the hub" "$(member s1 pending)" "$pending"
like "the agent's log has it" "$(visit 1)" 'side=answers result=closed .*received=[1-9]'
lan s1 "$port"
is "a second time nothing goes" "$(json s1.json '[j["entries_sent"], j["entries_of_site"]]')" '[0, 0]'
like "how it came is told" "$("$P" -d s2 why --json reader "$reader1" 2>/dev/null | grep -o '"by": *"lan"' | head -n 1)" lan

# --- who is given nothing ---
given() { # NAME VISIT RESULT: neither an entry nor a part went to it, or came from it
  like "$1 is given nothing" "$(visit "$2")" "result=$3 .*entries=0 parts=0 received=0"
}
status "a PC of another site is refused" 1 lan s3 "$port"
like "and says why" "$(cat s3.err)" 'not admitted|of no desk of this site'
given "another site" 3 '(not-of-this-site|not-accepted)'
status "one that is not confirmed is refused" 1 lan s4 "$port"
given "an unconfirmed one" 4 '(not-of-this-site|not-accepted)'
printf 'GET / HTTP/1.0\r\n\r\n' >http
is "a stranger gets no byte" "$($LAN play "$port" http)" 0
printf 'P?\1\0\0\0\0' >ask
cert=$($LAN play "$port" ask)
is "who asks is shown a certificate, and no more for asking twice" "$((cert > 200 && cert < 4098)) $(cat ask ask >ask2; $LAN play "$port" ask2)" "1 $cert"

# --- a recording ---
tap=$($LAN port)
start tap "$PYTHON" "$ROOT/tests/e2e/lan.py" relay "$tap" "$port" said
tap_pid=$started_pid
wait_until 10 grep -q listening tap
"$P" -d s1 visit 3 --band child >/dev/null
ok "somebody listens in on a session" lan s1 "$tap"
wait "$tap_pid"
before=$(member s2 of_site)
first=$((14 + 2 + $("$PYTHON" -c 'd=open("said","rb").read(); print(d[14] * 256 + d[15])')))
loan s2 C-again B-again
n=$(lines s2)
back=$($LAN play "$port" said "$first")
like "message 1 again: the certificate, heads, and nothing else" "$((back - cert))" '^[1-9][0-9]{1,2}$'
like "no entry, no part" "$(visit $((n + 1)))" 'entries=0 parts=0 received=0'
$LAN play "$port" said >/dev/null
like "nor all of it again" "$(visit $((n + 2)))" 'entries=0 parts=0 received=0'
is "nothing came of it" "$(member s2 of_site)" "$before"

# --- both call ---
stop "$agent_pid"
other=$($LAN port)
interval=20000 # so what comes sooner comes since somebody wrote
settings s1 "$other" "$port"
settings s2 "$port" "$other"
agent s1
one=$agent_pid
agent s2
two=$agent_pid
for k in 1 2 3; do
  loan s1 "C-s1-$k" "B-s1-$k" & a=$!
  loan s2 "C-s2-$k" "B-s2-$k" & b=$!
  wait $a $b
done
both() { has_loan s1 B-s2-3 C-s2-3 && has_loan s2 B-s1-3 C-s1-3; }
ok "both call, and each has the other's loans" wait_until 60 both
began=${EPOCHREALTIME/[.,]/}
loan s1 C-late B-late
ok "one more is there within five seconds" wait_until 5 has_loan s2 B-late C-late
ok "and here one of the other" loan s2 C-later B-later
ok "likewise" wait_until 5 has_loan s1 B-later C-later
diag "both ways in $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) ms, commands and looking among it"
is "one site, one digest" "$("$P" -d s1 digest)" "$("$P" -d s2 digest)"
stop $one
is "the agent stops as ever" "$?" 0
stop $two
is "so does the other" "$?" 0
interval=2000

# --- an old control log on either side ---
hub_start 2
pc_sync s5
ok "s5 is confirmed" pc_confirm s5
pc_sync s5
stop "$hub_pid"
rm s1/agent.conf
settings s2 "$port"
: >s2.out.err
agent s2
status "who has not heard of a new machine gives it nothing" 1 lan s5 "$port"
like "and says so" "$(cat s5.err)" 'has not heard yet that the provincial library confirmed'
given "a new one" 1 not-of-this-site
stop "$agent_pid"
"$P" -d s5 visit 5 --band adult >/dev/null
settings s5 "$port"
start s5.out "$P" -d s5 agent
agent_pid=$started_pid
wait_until 20 grep -q '^agent.start' s5.out.err
status "nor does it go on with one that it calls" 1 lan s2 "$port"
like "saying so" "$(cat s2.err)" 'the certificate it shows is of a device that the provincial library has not admitted'
is "nothing was taken" "$(json s2.json '[j["entries_sent"], j["entries_of_site"]]')" '[0, 0]'
hub_start 3
pc_sync s2
ok "once it has heard, they meet" lan s2 "$port"
is "and have the same" "$("$P" -d s2 digest)" "$("$P" -d s5 digest)"

# --- cut off ---
pc_sync s1
ok "s1 is cut off" $H cut "$(member s1 device)" --reason stolen --passphrase-file pass
pc_sync s5
"$P" -d s1 visit 9 --band adult >/dev/null
status "who was cut off and has not heard is told, and given nothing" 11 lan s1 "$port"
is "not an entry" "$(json s1.json '[j["entries_sent"], j["entries_of_site"]]')" '[0, 0]'
stop "$agent_pid"
cut=$($H log --limit 200 | "$PYTHON" -c 'import json,sys
print([x["ref"] for x in map(json.loads, sys.stdin) if x["kind"] == "device-cut"][0])')
ok "the cut is taken back" $H void "$cut" --passphrase-file pass

# --- the hub gets all, each from its own device ---
for s in s1 s2 s5 s1 s2 s5; do pc_sync $s; done
is "all is at the hub" "$(member s1 pending) $(member s2 pending) $(member s5 pending)" "0 0 0"
is "one site, one digest" "$("$P" -d s1 digest) $("$P" -d s2 digest)" "$("$P" -d s5 digest) $("$P" -d s5 digest)"
is "and it is the hub's for this site" "$($H digest --site 14-0371)" "$("$P" -d s1 digest)"
ok "stores are whole" bash -c "$P -d s1 verify && $P -d s2 verify && $P -d s5 verify && $H verify"

done_testing

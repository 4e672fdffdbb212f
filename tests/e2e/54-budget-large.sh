#!/bin/bash
# Under a budget that has room: what is too large for a slice of it goes all the same, since the
# next session is given more. Down, what another PC of the site sealed in one; up, the same by
# that PC, when its writer is not heard again; and one entry that is large by itself.
. "$(dirname "$0")/lib.sh"

spent() { "$P" -d "$1" budget --json >budget.json; json budget.json "sum(j['network']['spent']['network'].values())"; }
readers() {
  "$PYTHON" - "$1" "$2" <<'PY'
import json, random, sys
rng = random.Random(int(sys.argv[2]))
for i in range(int(sys.argv[1])):
    print(json.dumps({"kind": "reader-put", "name": "Lò Văn %06d" % rng.randrange(10**6), "born": 1950 + rng.randrange(60), "band": "adult"}))
PY
}

ago=
days=
if command -v faketime >/dev/null; then
  export FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1
  ago="env LD_PRELOAD=$(faketime -f -2d printenv LD_PRELOAD) FAKETIME=-2d"
  days=2
fi

# --- a site of two PCs, both confirmed ---
hub_of_one_site $ago
for s in s1 s2; do pc_join $s 14-0371 $ago; done
hub_start 1 $ago
for s in s1 s2; do pc_sync $s $ago; done
for s in s1 s2; do pc_confirm $s $ago 2>/dev/null; done
for s in s1 s2; do pc_sync $s $ago; done

# --- down: 3,000 readers of the other PC, in seals of many ---
readers 3000 1 | $ago "$P" -d s1 record --batch >/dev/null
pc_sync s1 $ago
is "one PC records 3,000 readers, and sends them" "$rc $(member s1 pending)" '0 0'
$ago "$P" -d s2 budget set 100MB >/dev/null
pc_sync s2 $ago
is "under a budget with room the other gets them all" "$rc $(member s2 of_site) $(json s2.json 'j["parts_received"]')" "0 $(member s1 entries) 3000"
ok "in few sessions ($(json s2.json 'j["tries"]'))" test "$(json s2.json 'j["tries"]')" -le 20
is "one digest, here and there" "$($H digest --device "$(member s2 device)")" "$("$P" -d s2 digest)"
pc_sync s2 $ago
is "then there is nothing more" "$rc $(json s2.json 'j["tries"]')" '0 1'
$ago "$P" -d s2 budget set $(($(spent s2) + 9000)) >/dev/null
readers 3000 2 | $ago "$P" -d s1 record --batch >/dev/null
pc_sync s1 $ago
before=$(spent s2)
pc_sync s2 $ago
is "with no room for one seal of them it stops (14)" "$rc $(json s2.json 'j["reason"]')" '14 budget'
ok "and not a byte too many" test "$(spent s2)" -le $((before + 9000))
ok "nor for sessions that cannot help ($(($(spent s2) - before)))" test $(($(spent s2) - before)) -le 2500
$ago "$P" -d s2 budget set 100MB >/dev/null
pc_sync s2 $ago
is "with room again all of it comes" "$rc $(member s2 of_site)" "0 $(member s1 entries)"

# --- up: one entry that is no small one ---
"$PYTHON" -c 'import json; print(json.dumps({"kind": "note", "text": "".join(chr(0x4e00 + i * 7919 % 20000) for i in range(330))}))' |
  $ago "$P" -d s2 record >note.json 2>note.err
is "a long note is one entry" "$(member s2 pending)" 1
pc_sync s2 $ago
is "it goes, though it is more than was guessed" "$rc $(member s2 pending)" '0 0'

# --- what plan says of many parts ---
notes() { "$PYTHON" -c 'import json; [print(json.dumps({"kind": "note", "text": "Ghi chú %d" % (i * 7919 % 100003)})) for i in range(3000)]'; }
notes | $ago "$P" -d s2 record --batch >/dev/null
for left in 15000 40000 90000; do
  $ago "$P" -d s2 budget set $(($(spent s2) + left)) >/dev/null
  parts=$(member s2 parts_pending)
  $ago "$P" -d s2 plan --json >plan.json
  is "of $left bytes: each part goes or waits" "$(json plan.json '[j["parts"], j["network"]["parts_fit"] + j["network"]["parts_wait"]]')" "[$parts, $parts]"
  mkdir -p "stick.$left"
  $ago "$P" -d s2 pack-stick "stick.$left" --json >pack.json
  is "the stick has the size that plan said" "$(json pack.json '[j["bytes"], j["bundles"], j["parts"]]')" "$(json plan.json '[j["stick"]["bytes"], j["stick"]["bundles"], j["parts"]]')"
  said=$(json plan.json 'j["network"]["parts_fit"]')
  pc_sync s2 $ago
  went=$((parts - $(member s2 parts_pending)))
  ok "what plan said goes of them: $said, really $went" test $((said * 97)) -le $((went * 100)) -a $((went * 10)) -le $((said * 11 + 10))
done
$ago "$P" -d s2 budget set 100MB >/dev/null
pc_sync s2 $ago
is "then the rest" "$rc $(member s2 parts_pending)" '0 0'

# --- up: what its writer will not bring any more ---
if [ -n "$days" ]; then
  port=$($LAN port)
  printf '[hub]\naddress = 127.0.0.1:1\nconnect-ms = 200\n[lan]\nlisten = 127.0.0.1:%s\n' "$port" >s1/agent.conf
  readers 3000 3 | $ago "$P" -d s1 record --batch >/dev/null
  start s1.out $ago "$P" -d s1 agent
  agent_pid=$started_pid
  wait_until 20 grep -q '^agent.start' s1.out.err
  $ago "$P" -d s2 sync --sibling "127.0.0.1:$port" --json >lan.json 2>lan.err
  stop "$agent_pid"
  is "the other PC has 3,000 more by the LAN" "$(member s2 of_site)" "$(member s1 entries)"
  stop "$hub_pid"
  hub_start 2
  $H clock accept >/dev/null # its clock has gone two days on, at once
  "$P" -d s2 budget set 100MB >/dev/null
  pc_sync s2
  is "under a budget with room it brings them all" "$rc $(json s2.json '[j["entries_carried"], j["parts_sent"]]')" '0 [3000, 3000]'
  pc_sync s2
  is "and no more of them" "$rc $(json s2.json 'j["entries_carried"]')" '0 0'
  $H digest --site 14-0371 >hub.digest
  pc_sync s1
  is "the writer itself has nothing left to send" "$(member s1 pending)" 0
  is "and the books stay as they were" "$($H digest --site 14-0371)" "$(cat hub.digest)"
else
  skip "what its writer will not bring any more" "no faketime"
fi
ok "stores are whole" bash -c "$P -d s1 verify && $P -d s2 verify"
done_testing

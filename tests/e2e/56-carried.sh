#!/bin/bash
# A PC that will never call again: the other PC of its site has its log over the LAN and brings it
# to the hub, in a session, by a stick and by a van's courier. Not while its own PC still calls;
# each entry counts once, also when that PC comes back; who carried hears that it is there.
. "$(dirname "$0")/lib.sh"

if ! command -v faketime >/dev/null; then
  skip "a PC that is not heard for two days" "no faketime"
  done_testing
  exit
fi
export FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1

hub_and_pcs
LAN="$PYTHON $ROOT/tests/e2e/lan.py"
# the first two days of the story; faketime itself would stay before what is started
ago="env LD_PRELOAD=$(faketime -f -2d printenv LD_PRELOAD) FAKETIME=-2d"

member() { "$P" -d "$1" status --json >member.json; json member.json "j['$2']"; }
hub_start() { # NAME [faketime ...]
  start "serve.$1" "${@:2}" "$hubd" -d hub serve --listen 127.0.0.1:0
  hub_pid=$started_pid
  at=127.0.0.1:$(listen_port "serve.$1")
}
sync() { "${@:2}" "$P" -d "$1" sync --hub "$at" --json >"$1.json"; }
board_road() { $H board --json >board.json && json board.json "[d['road'] for s in j['sites'] for d in s['devices'] if d['device'] == '$1'][0]"; }
carried() { json s1.json 'j["entries_carried"]'; }
# lan [faketime ...]: what s2 has comes to s1
lan() {
  start s2.out "$@" "$P" -d s2 agent
  agent_pid=$started_pid
  wait_until 20 grep -q '^agent.start' s2.out.err
  "$@" "$P" -d s1 sync --sibling "127.0.0.1:$port" --json >lan.json 2>lan.err
  stop "$agent_pid"
}
loan() { "$@" --json | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["entries"][0]["ref"])'; }
# road READER MEMBER…: how it came, as the hub, or a site (PROGRAM), tells
road() { "$@" --json | "$PYTHON" -c '
import json, sys
def find(x):
    if isinstance(x, dict):
        if "road" in x:
            print(x["road"]["by"], x.get("receipt", {}).get("level"))
            sys.exit()
        for y in x.values(): find(y)
    if isinstance(x, list):
        for y in x: find(y)
find(json.load(sys.stdin))'; }
heard() { $H devices --json | "$PYTHON" -c 'import json,sys; print([x["heard"] for x in json.load(sys.stdin)["devices"] if x["device"] == sys.argv[1]][0])' "$1"; }
entries() { $H status --json >hub.json; json hub.json 'j["entries"]'; }

# --- two days ago: a site of two PCs, both confirmed; a van ---
$ago $H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$ago $H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null
$ago $H site add 14-0900 --commune 03646 --kind van --name 'Xe thư viện' 2>/dev/null
for i in 1:14-0371:site:s1 2:14-0371:site:s2 3:14-0900:courier:van; do
  IFS=: read -r n site role folder <<<"$i"
  $ago $H invite --site "$site" --role "$role" --out "i$n" --passphrase-file pass 2>/dev/null
  $ago "$P" -d "$folder" join "i$n" >/dev/null
done
hub_start 1 $ago
for s in s1 s2; do sync $s $ago; done
for s in s1 s2; do
  ok "$s is confirmed" $ago $H devices confirm "$(member $s device)" --fingerprint "$(member $s fingerprint)"
done
for s in s1 s2; do sync $s $ago; done
sync van $ago
port=$($LAN port)
printf '[hub]\naddress = 127.0.0.1:1\nconnect-ms = 200\n[lan]\nlisten = 127.0.0.1:%s\n' "$port" >s2/agent.conf
one=$(loan $ago "$P" -d s2 reader add --name 'Lò Văn Pánh' --band adult)
$ago "$P" -d s2 loan C-000123 B-000123 >/dev/null
lan $ago
ok "s1 has what s2 wrote" "$P" -d s1 reader show "$one"
is "by the LAN, and no hub knows" "$(road "$P" -d s1 why reader "$one")" 'lan None'
sync s1 $ago
is "while s2 itself calls it is waited for" "$(carried)" 0
second=$(member s2 device)
before=$(heard "$second")
stop "$hub_pid"
cp -r s2 s2.alive

# --- today: s2 was not heard since ---
hub_start 2
$H clock accept >/dev/null # its clock has gone two days on, at once
sync s1
is "s1 brings what s2 wrote" "$(json s1.json '[j["complete"], j["entries_carried"], j["parts_sent"]]')" '[true, 2, 1]'
is "it is there, by another machine of its site" "$(road $H why reader "$one")" 'lan None'
like "with the name" "$($H why reader "$one" --names)" 'Lò Văn Pánh'
is "s1 knows by the hub's receipt" "$(road "$P" -d s1 why reader "$one")" 'lan hub'
is "s2 counts as heard when it was heard" "$(heard "$second")" "$before"
is "the board says by whom it was heard" "$(board_road "$second")" sibling
sync s1
is "a second time nothing goes" "$(json s1.json '[j["entries_carried"], j["entries_sent"], j["receipts"]]')" '[0, 0, 0]'
is "one digest, here and there" "$($H digest --device "$(member s1 device)")" "$("$P" -d s1 digest)"

# --- by a stick, unasked ---
two=$(loan "$P" -d s2 reader add --name 'Cầm Thị Ban' --band adult)
lan
is "they met" "$(json lan.json 'j["entries_of_site"] > 0')" true
mkdir stick
ok "s1 packs a stick" "$P" -d s1 pack-stick stick
ok "the hub takes it" $H take-stick stick
is "it is there, by stick" "$(road $H why reader "$two")" 'stick None'
ok "the hub packs it for home" $H pack-stick stick
ok "s1 takes it" "$P" -d s1 take-stick stick
is "and knows that it is there" "$(road "$P" -d s1 why reader "$two")" 'lan hub'

# --- by the van ---
three=$(loan "$P" -d s2 reader add --name 'Quàng Văn Ín' --band adult)
lan
start van.out "$P" -d van courier --listen 127.0.0.1:0
van_at=127.0.0.1:$(listen_port van.out)
ok "s1 meets the van" "$P" -d s1 sync --courier "$van_at"
ok "the van is at base" "$P" -d van sync --hub "$at"
wait_for_line serve.2.err 'courier.end' >/dev/null
is "it is there, by the courier" "$(road $H why reader "$three")" 'courier None'
like "as the hub says to people" "$($H why reader "$three")" 'courier'
ok "the van is at base again" "$P" -d van sync --hub "$at"
ok "s1 meets it again" "$P" -d s1 sync --courier "$van_at"
is "and knows that it is there" "$(road "$P" -d s1 why reader "$three")" 'lan hub'

# --- s2 comes back ---
count=$(entries)
sync s2
is "nothing of it counts twice" "$(entries)" "$count"
is "all of it is receipted" "$(member s2 pending)" 0
sync s1
is "one site, one digest" "$("$P" -d s1 digest) $($H digest --site 14-0371)" "$("$P" -d s2 digest) $("$P" -d s2 digest)"
ok "stores are whole" bash -c "$P -d s1 verify && $P -d s2 verify && $H verify"

done_testing

#!/bin/bash
# A folder that was copied to another PC with work waiting in it, over a link that dies after each 16 KiB: of the log that
# both wrote it is sent what it lacks alone, so that what waits goes up and what others wrote comes down.
. "$(dirname "$0")/lib.sh"

RELAY=$BUILD/tests/link/relay
hub_of_one_site
pc_join s1 14-0371
hub_start 1
pc_sync s1
ok "a PC is confirmed" pc_confirm s1
# names that nothing packs: FOLDER FROM TO
readers() {
  "$PYTHON" -c '
import hashlib, sys
for i in range(int(sys.argv[1]), int(sys.argv[2])):
    print("{\"kind\":\"reader-put\",\"band\":\"adult\",\"name\":\"%s\"}" % hashlib.sha256(b"%d" % i).hexdigest()[:40])' "$2" "$3" |
    "$P" -d "$1" record --batch >/dev/null 2>"$1.said"
}
over_cuts() { # FOLDER: sessions until one is whole; its last words in FOLDER.json
  timeout 300 "$P" -d "$1" sync --hub "$relay" --wait --tries 40 --json >"$1.json" 2>"$1.err"
}
ok "it has 2,000 readers" readers s1 0 2000
pc_sync s1
pc_sync s1
is "which are at the hub" "$(json s1.json 'j["pending_entries"]')" 0
ok "and 800 that are not" readers s1 2000 2800
cp -r s1 copy
is "the copy knows what it is" "$(member copy new_log)" '{"why": "cloned", "since": null}'

start relay "$RELAY" --listen 127.0.0.1:0 --to "$at" --rate 256k --delay-ms 50 --cut-after 16384 --cut-exact --json
relay_pid=$started_pid
relay=127.0.0.1:$(listen_port relay)
cp -r copy waits
ok "over such a link it gets there" over_cuts waits
is "with what waited" "$(json waits.json 'j["pending_entries"]') $(member waits parts_pending)" '0 0'
is "and nothing came back that it has" "$(json waits.json 'j["entries_back"]')" 0
like "not even for nothing" "$(json waits.json 'j["bytes_down"]')" '^[0-9]{1,4}$'
diag "$(json waits.json '[j["tries"], j["bytes_up"], j["bytes_down"]]') sessions, bytes up, bytes down"
is "it has the hub's books" "$("$P" -d waits digest)" "$($H digest --site 14-0371)"

# the other one had the same waiting, and went on
ok "the first PC goes on" readers s1 3000 3800
pc_sync s1
is "and all of it is at the hub" "$(json s1.json 'j["pending_entries"]')" 0
ok "so does the copy, with others that wait" readers copy 4000 4100
ok "the copy gets there, too" over_cuts copy
is "with what it had waiting" "$(json copy.json 'j["pending_entries"]') $(member copy parts_pending)" '0 0'
diag "$(json copy.json '[j["tries"], j["bytes_up"], j["bytes_down"]]') sessions, bytes up, bytes down"
stop "$relay_pid"
ok "what the first wrote meanwhile is there" "$P" -d copy find "$("$PYTHON" -c 'import hashlib; print(hashlib.sha256(b"3799").hexdigest()[:40])')"
is "it has the hub's books" "$("$P" -d copy digest)" "$($H digest --site 14-0371)"
pc_sync s1
pc_sync s1
is "and so has the first" "$("$P" -d s1 digest)" "$($H digest --site 14-0371)"
ok "the hub is whole" $H verify
ok "so is the copy" "$P" -d copy verify
done_testing

#!/bin/bash
# A link that breaks while the site is at work: what came before it broke is taken, though
# nothing can be said to the hub any more. The site is at work as long as somebody else has its folder.
. "$(dirname "$0")/lib.sh"

RELAY=$BUILD/tests/link/relay
hub_of_one_site
pc_join s1 14-0371
hub_start 1
pc_sync s1
ok "it is confirmed" pc_confirm s1
pc_sync s1
# of readers who live nowhere and owe nothing the hub says, one by one, that they stand outside
"$PYTHON" -c 'for i in range(1500): print("{\"kind\":\"reader-put\",\"band\":\"adult\",\"name\":\"Lò Văn %d\"}" % i)' >readers
ok "1,500 readers" "$P" -d s1 record --batch <readers
pc_sync s1
is "they are at the hub" "$(json s1.json 'j["pending_entries"]')" 0

start relay "$RELAY" --listen 127.0.0.1:0 --to "$at" --delay-ms 1000 --stall-after 360 --stall-ms 800 \
  --cut-after 30000 --cut-exact --json
relay_pid=$started_pid
# its details do not go with the hello, so it has something to say when it is answered
"$P" -d s1 reader add --name "Quàng Thị Mai" --band adult >/dev/null
relay=127.0.0.1:$(listen_port relay)
"$P" -d s1 sync --hub "$relay" --json >cut.json 2>cut.err &
sync_pid=$!
heard() { $H status --json >hub.json && [ "$(json hub.json 'j["sessions"]')" = 1 ]; }
ok "the hub hears it" wait_until 10 heard
# the answer comes, at which it goes to work; then all that follows, and the link breaks
flock s1/lock sleep 3
wait "$sync_pid"
is "it broke off" "$? $(json cut.json 'j["reason"]')" '14 cut'
like "all that came was counted" "$(json cut.json 'j["bytes_down"]')" '^29[0-9]{3}$'
is "and what was whole of it taken" "$(json cut.json 'j["fed"]["pages"] >= 3 and j["fed"]["left"] > 300')" true
stop "$relay_pid"
pc_sync s1
is "the rest comes with the next session" "$rc $(json s1.json 'j["complete"] and j["fed"]["left"] > 0')" '0 true'
is "site and hub agree" "$("$P" -d s1 digest)" "$($H digest --site 14-0371)"
done_testing

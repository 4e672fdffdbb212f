#!/bin/bash
# A link that breaks while the hub has more to send than the link takes, which keeps it from reading: what came up
# before it broke is taken, though nothing can be said to the device any more.
. "$(dirname "$0")/lib.sh"

RELAY=$BUILD/tests/link/relay
hub_of_one_site
mkdir -p hub/conf.d
printf '[limits]\nwrite-queue-bytes = 1024\n' >hub/conf.d/queue.conf
pc_join s1 14-0371
pc_join s2 14-0371
hub_start 1
pc_sync s1
pc_sync s2
# names that nothing packs: FOLDER FROM TO
readers() {
  "$PYTHON" -c '
import hashlib, sys
for i in range(int(sys.argv[1]), int(sys.argv[2])):
    print("{\"kind\":\"reader-put\",\"band\":\"adult\",\"name\":\"%s\"}" % hashlib.sha512(b"%d" % i).hexdigest()[:100])' "$2" "$3" |
    "$P" -d "$1" record --batch >/dev/null 2>"$1.said"
}
ok "one PC has 4,000 readers" readers s1 0 4000
pc_sync s1
is "they are at the hub" "$(json s1.json 'j["pending_entries"]')" 0
ok "another of its site is confirmed, so that they are for it" pc_confirm s2
ok "it has 60 of its own that wait" readers s2 5000 5060
of_s2() { # NAME: of what the hub says of it
  $H devices --json | json "[x['$1'] for x in d['devices'] if x['device'] == '$id'][0]"
}
id=$(member s2 device)
before=$(of_s2 entries)

start relay "$RELAY" --listen 127.0.0.1:0 --to "$at" --rate 512k --delay-ms 50 --queue 8192 --cut-after 60000 --cut-exact --json
relay_pid=$started_pid
"$P" -d s2 sync --hub "127.0.0.1:$(listen_port relay)" --json >cut.json 2>cut.err
is "it broke off" "$? $(json cut.json 'j["reason"]')" '14 cut'
stop "$relay_pid"
up=$(json relay 'j["delivered_up"]')
# the hub's word of that session
ended() { grep "session.end .*peer=${id:0:8} .* reason=reset " serve.1.err; }
ok "which the hub has seen" wait_until 10 ended
like "much had come up by then" "$up" '^[0-9]{4,}$'
is "it has read all that came" "$(ended | sed 's/.* in=\([0-9]*\) .*/\1/')" "$up"
is "and taken it" "$(of_s2 entries)" $((before + 60))
for _ in 1 2 3; do pc_sync s2; done
is "the rest comes with the next sessions" "$rc $(json s2.json 'j["pending_entries"]')" '0 0'
is "site and hub agree" "$("$P" -d s2 digest)" "$($H digest --site 14-0371)"
done_testing

#!/bin/bash
# The hub cuts a device off and has a reader erased, and of all devices only a post without a network hears
# it, by stick. Then the hub's disk dies, and yesterday's backup is restored. What the post has heard comes back
# by stick, and `restore end` waits for it.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
member() { "$P" -d "$1" status --json | json "d['$2']"; }
sync() { "$P" -d "$1" sync --hub "$at"; }
serve() { start "$1" $H serve --listen 127.0.0.1:0; at=127.0.0.1:$(listen_port "$1"); serving=$started_pid; }
enrol() { # DIR SITE
  $H invite --site "$2" --role site --out "$1.invite" --passphrase-file pass 2>/dev/null
  "$P" -d "$1" join "$1.invite" >/dev/null 2>&1
}
confirm() { $H devices confirm "$(member "$1" device)" --fingerprint "$(member "$1" fingerprint)" >/dev/null 2>&1; }
up() { "$P" -d post pack-stick stick --json && $H take-stick stick --json >took; }
down() { $H pack-stick stick --device "$(member post device)" --json >packed && "$P" -d post take-stick stick --json; }
state_of() { $H devices --json | json "[x['state'] for x in d['devices'] if x['device'] == '$1']"; }
words() { $H log --limit 10000 | grep -c "\"kind\":\"$1\""; }
said() { $H status --json | json 'd["control_entries"]'; }

mkdir far stick
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H recovery-key --out secret 2>/dev/null
$H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null
$H site add 14-0372 --commune 03646 --kind commune --name 'Chiềng La' 2>/dev/null
enrol post 14-0371
enrol near 14-0372
enrol stolen 14-0372
serve serve.1
reader=$("$P" -d near reader add --name 'Lò Văn Pánh' --band adult --json | json 'd["entries"][0]["ref"]')
for d in near stolen; do "$P" -d "$d" visit 3 --band adult >/dev/null; sync "$d" >/dev/null; done
"$P" -d post visit 12 --band child >/dev/null
up >/dev/null
for d in post near stolen; do confirm "$d"; done
down >/dev/null
for d in near stolen; do sync "$d" >/dev/null; done
up >/dev/null
ok "a backup is made" $H backup far
yesterday=$(said)

# --- today: a post without a network is the only one that hears it ---
ok "a device is cut off" $H cut "$(member stolen device)" --reason stolen --passphrase-file pass
ok "a reader is to be erased" $H erase "$reader" --passphrase-file pass
"$P" -d post visit 7 --band adult >/dev/null
up >/dev/null
down >/dev/null
up >/dev/null
today=$(said)
is "the hub has said two things" "$((today - yesterday))" 2

# --- the hub's disk is dead ---
stop "$serving"
mv hub dead
ok "yesterday's backup is restored" $H restore far --recovery-key secret
serve serve.2
is "of today it knows nothing" "$(said) $(words device-cut) $(words reader-erase)" "$yesterday 0 0"
for d in near stolen; do sync "$d" >/dev/null 2>&1; done
is "nor do the devices that call" "$(said) $(state_of "$(member stolen device)")" "$yesterday ['confirmed']"
status "it waits for the post" 75 $H restore end
like "and says for whom" "$(cat ok.out)" '1 of 3 devices have not called since the restore \(sites 14-0371\)'

# --- the stick comes, from a post that has not heard of the restore ---
"$P" -d post visit 9 --band adult >/dev/null
sleep 1 # it is made since, by the second
up >/dev/null
is "it brings what the post wrote, and not what it knows" "$(json 'len(d["bundles"])' <took) $(said)" "1 $yesterday"
status "the hub waits for it all the same" 75 $H restore end
like "and says for whom, and what for" "$(cat ok.out)" '1 of 3 devices.*\(sites 14-0371\).*1 of these have come by stick or courier.*the bundle that they make when one that the hub'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 $H restore end 2>&1)" '1 máy trong số đó đã gửi bằng thẻ USB hoặc xe chuyển'
is "which status counts" "$($H status --json | json '[d["devices_back"], d["devices_awaited"]]')" '[2, 3]'

# --- the stick goes there and back ---
is "the post takes what the hub has packed since" "$(down | json 'd["refused"]')" '[]'
up >/dev/null
is "and gives back what the hub had said" "$(said)" "$today"
is "the device is cut off again" "$(state_of "$(member stolen device)")" "['cut']"
is "the reader is to be erased again" "$(words reader-erase)" 1
"$P" -d post visit 1 --band adult >/dev/null
ok "nobody is waited for any more" $H restore end
status "the thief gets nothing" 11 "$P" -d stolen sync --hub "$at"
sync near >/dev/null
like "and she is erased at the other site" "$("$P" -d near reader show "$reader" --json)" '"erased"'
is "which the post had told before as well" "$($H erasures --json | json 'len(d["erasures"])')" 1

# --- once it is known to be there it is given no more ---
down >/dev/null
up >/dev/null
down >/dev/null
is "with nothing new nothing goes up" "$("$P" -d post pack-stick stick --json | json 'd["entries"]')" 0
ok "the stores are whole" bash -c "$P -d post verify && $H verify"
done_testing

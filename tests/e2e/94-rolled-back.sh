#!/bin/bash
# A hub's folder is copied back, by hand or as a snapshot, not by `restore`: nothing in it knows. A
# device was cut off meanwhile. The first device that calls has what the hub said since, under
# the hub's own key: the hub finds that out, begins a new epoch, and serves nobody before the
# operator says so; the thief gets nothing.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
member() { "$P" -d "$1" status --json | json "d['$2']"; }
sync() { "$P" -d "$1" sync --hub "$at" >sync.out 2>&1; }
serve() { start serve $H serve --listen 127.0.0.1:0; at=127.0.0.1:$(listen_port serve); serving=$started_pid; }
enrol() { # DIR SITE
  $H invite --site "$2" --role site --out "$1.invite" --passphrase-file pass 2>/dev/null
  "$P" -d "$1" join "$1.invite" >/dev/null 2>&1
}
confirm() { $H devices confirm "$(member "$1" device)" --fingerprint "$(member "$1" fingerprint)" >/dev/null 2>&1; }
state_of() { $H devices --json | json "[x['state'] for x in d['devices'] if x['device'] == '$1']"; }
epoch() { $H status --json | json '[d["epoch"], d.get("collecting"), bool(d.get("put_back"))]'; }

$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
for i in 1 2; do
  $H site add "14-037$i" --commune 03646 --kind commune --name "Điểm $i" 2>/dev/null
done
enrol x1 14-0371
enrol x2 14-0371
serve
for d in x1 x2; do sync $d; confirm $d; sync $d; done
stop "$serving"
keep_copy() { rm -rf copy copy-witness; cp -r hub copy; cp -r hub-witness copy-witness; }
put_back() { rm -rf hub; cp -r copy hub; }
with_witness() { rm -rf hub-witness; cp -r copy-witness hub-witness; }
keep_copy
cp -r x2 x2.old # which has not heard of what comes

# --- what the copy does not know ---
serve
ok "a device is cut off" $H cut "$(member x2 device)" --reason stolen --passphrase-file pass
name=$("$P" -d x1 reader add --name 'Lò Văn Pánh' --band adult --json | json 'd["entries"][0]["ref"]')
ok "another hears of it" sync x1
stop "$serving"

# --- the copy is put back ---
put_back
with_witness
serve
is "the copy knows nothing of it" "$(epoch)" '[1, None, False]'
status "a device that knows more is told why it was not served" 75 sync x1
like "in words of its own" "$(cat sync.out)" 'it is an older copy of itself that was put back; nothing is lost. Sync again'
like "its status, too" "$("$P" -d x1 status)" 'the hub found that it is an older copy of itself'
is "the device that knows more shows it: a new epoch" "$(epoch)" '[2, True, True]'
like "status says what happened" "$($H status)" 'hub.db is an older copy'
like "and the log" "$(cat serve.err)" 'hub.put-back epoch=2'
is "the cut is back" "$(state_of "$(member x2 device)")" "['cut']"
status "the thief hears that it is cut off" 11 sync x2
is "and has no name" "$("$P" -d x2 reader show "$name" --json 2>&1 | grep -c 'Pánh')" 0
ok "the first goes on" sync x1
is "and nobody is shown a name meanwhile" "$($H query reader "$name" --names --json 2>/dev/null | grep -c 'Pánh')" 0
$H policy set loan-term-days 21 >/dev/null 2>&1
ok "what the hub says now reaches it" sync x1
like "the operator ends the collecting, and hears what came back" "$($H restore end)" ' 1 entry of its own had come back, 0 devices were'
ok "and it is served" sync x1
is "names are shown again" "$($H query reader "$name" --names --json | grep -c 'Pánh')" 1
is "books are equal" "$("$P" -d x1 digest --json | json 'd["digest"]')" \
  "$($H digest --device "$(member x1 device)" --json | json 'd["digest"]')"
status "the thief stays out" 11 sync x2
ok "all is whole" $H verify
stop "$serving"

# --- once more, and now the hub has spoken before anybody called ---
put_back
with_witness
mv x2 x2.gone
mv x2.old x2
$H policy set loan-term-days 28 >/dev/null 2>&1
serve
LC_ALL=vi_VN.UTF-8 sync x1
like "which a device is told in Vietnamese" "$(cat sync.out)" 'máy chủ thấy mình là bản sao cũ được chép lại; không mất gì. Hãy đồng bộ lại'
is "that is found, too" "$($H status --json | json "[d.get(\"collecting\"), bool(d.get(\"put_back\"))]")" "[True, True]"
is "the cut is taken in beside what was said in its place" "$(state_of "$(member x2 device)")" "['cut']"
ok "the first goes on" sync x1
sync x2
ok "the operator ends the collecting" $H restore end
ok "the first is served" sync x1
is "the name is at the hub" "$($H query reader "$name" --names --json | grep -c 'Pánh')" 1
sync x2
is "the thief, who was not there when it was cut off, is not served by it" \
  "$(grep -c 'From other machines' sync.out) $("$P" -d x2 reader show "$name" --json 2>&1 | grep -c 'Pánh')" '0 0'
ok "all is whole" $H verify

# --- the folder alone is put back, and the thief calls first ---
enrol x3 14-0371 # of the site of the first: it would be given the reader's name
sync x3
confirm x3
sync x3
is "it is given names while it is trusted" "$("$P" -d x3 reader show "$name" --json | grep -c 'Pánh')" 1
stop "$serving"
keep_copy
serve
ok "it is cut off" $H cut "$(member x3 device)" --reason stolen --passphrase-file pass
later=$("$P" -d x1 reader add --name 'Quàng Thị Hặc' --band adult --json | json 'd["entries"][0]["ref"]')
ok "the first records another reader, and hears of it" sync x1
stop "$serving"
put_back
serve
like "the hub knows at its start" "$(cat serve.err)" "hub.put-back epoch=[0-9]*: hub/hub.db is an older copy: its witness tells of more"
is "by its witness" "$($H status --json | json '[d["collecting"], d["put_back_by"], d["devices_back"], d["witness"]]')" \
  "[True, 'witness', 0, 'ok']"
like "and says what to do" "$($H status)" 'hub.db is an older copy: its witness tells of more'
like "also in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H status)" 'Thư mục bị chép lại'
sync x3
is "the thief calls first, and is given nobody's name" "$("$P" -d x3 reader show "$later" --json 2>&1 | grep -c 'Hặc')" 0
ok "the first brings what was lost" sync x1
is "the cut is back" "$(state_of "$(member x3 device)")" "['cut']"
status "the thief hears of it" 11 sync x3
is "and is none of those who are waited for" "$($H status --json | json '[d["devices_awaited"], d["devices"]]')" '[1, 3]'
enrol x4 14-0372
sync x4
like "the operator ends the collecting: who came meanwhile is admitted" "$($H restore end)" ', 1 device was admitted'
cut=$($H log --limit 100 --json | json '[e["ref"] for e in d["entries"] if e["kind"] == "device-cut"][0]')
said=$($H status --json | json 'd["entries"]')
status "what the hub said before that is voided no more" 2 $H void "$cut" --passphrase-file pass
like "it says why, and what to do" "$($H void "$cut" --passphrase-file pass 2>&1)" 'closed by a restore.*nothing was written. Instead, give that PC an invite'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 $H void "$cut" --passphrase-file pass 2>&1)" 'đã đóng khi phục hồi.*chưa ghi gì. Thay vào đó, hãy cấp giấy mời'
is "nothing was written" "$($H status --json | json 'd["entries"]')" "$said"
ok "the first is served" sync x1
is "it was told once" "$($H status 2>&1 | grep -c 'older copy')" 0
stop "$serving"

# --- folder and witness are put back, and in the lost days the hub itself had said nothing ---
keep_copy
serve
was=$(epoch)
"$P" -d x1 visit 3 --band adult >/dev/null
ok "a device records, and brings it" sync x1
is "it has its receipt" "$(member x1 pending)" 0
entries=$($H status --json | json 'd["entries"]')
stop "$serving"
put_back
with_witness
serve
ok "the copy lacks it" test "$($H status --json | json 'd["entries"]')" -lt "$entries"
ok "the device compares with its receipt, and brings it again" sync x1
is "all is here" "$($H status --json | json 'd["entries"]') $(member x1 pending)" "$entries 0"
is "by nobody's doubt: no word of the hub was lost, and so none is another" "$(epoch)" "$was"
ok "its feed, which had gone further than this hub remembers, begins anew" sync x1
is "books are equal after that, those of who took the other branch" "$("$P" -d x1 digest --json | json 'd["digest"]')" \
  "$($H digest --device "$(member x1 device)" --json | json 'd["digest_beside"]')"
stop "$serving"

# --- a restore that comes to nothing says nothing against the hub that was there ---
mkdir far medium medium/"$(basename hub-witness/*.witness .witness)".hublog
ok "a recovery key" $H recovery-key --out secret
ok "a backup" $H backup far
$H policy set loan-term-days 35 >/dev/null 2>&1 # behind the backup
was=$(epoch)
mv hub dead
status "what is to be the second medium's file is a folder: nothing is restored" 1 \
  $H restore far --recovery-key secret --second-medium medium
rm -rf hub
mv dead hub
is "the hub that was there has no doubt" "$($H status 2>&1 >/dev/null) $(epoch)" " $was"
mv hub dead
ok "without it, it is restored" $H restore far --recovery-key secret
is "in a new epoch, by nobody's doubt" "$($H status --json | json '[d["collecting"], d.get("put_back_by"), d["witness"]]')" \
  "[True, None, 'ok']"
rm -rf hub
mv dead hub
like "from then on the witness counts" "$($H status 2>&1 >/dev/null)" 'its witness tells of more'
ok "which the operator ends" $H restore end --anyway

# --- a witness that is none ---
rm hub-witness/*
like "one that is gone is told" "$($H status 2>&1 >/dev/null)" 'hub.witness-new hub-witness/'
is "once" "$($H status 2>&1 >/dev/null)" ''
file=$(echo hub-witness/*.witness)
rm "$file" && mkdir "$file"
like "a folder in its place is told" "$($H status 2>&1)" 'Witness.*it is no file'
is "and nothing is made of it" "$(test -d "$file" && $H status --json 2>/dev/null | json 'd.get("collecting")')" False
done_testing

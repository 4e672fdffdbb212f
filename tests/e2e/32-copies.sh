#!/bin/bash
# Folders that were copied or put back, an invite used twice, a hub put back: nothing is
# lost, and whoever looks is told. Here nobody notices before the hub does: the witness of a
# copy is emptied, as a power cut may leave it. What is noticed: 37-put-back.sh.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P=$BUILD/client/packhorse
printf 'mot cau dai\n' >pass
serve() {
  "$hubd" -d hub serve >"serve.$1" 2>>serve.log &
  server=$!
  started+=("$server")
  for _ in $(seq 100); do
    at=$(awk '/^listening/ { print $2; exit }' "serve.$1" 2>/dev/null)
    [ -n "$at" ] && return
    sleep 0.05
  done
}
halt() {
  kill "$server"
  wait "$server" 2>/dev/null
}
"$hubd" -d hub init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
"$hubd" -d hub site add 14-0371 --commune 03646 --kind van --name 'Xe' 2>/dev/null
for i in 1 2; do
  "$hubd" -d hub invite --site 14-0371 --role site --out i$i --passphrase-file pass 2>/dev/null
done
serve 1

# --- one invite, two machines ---
ok "a device joins and syncs" bash -c "$P -d s1 join i1 && $P -d s1 sync --hub $at"
ok "so does another with the same invite: what it recorded is not lost" bash -c "$P -d s2 join i1 && $P -d s2 sync --hub $at"
is "the hub shows which one came second" "$("$hubd" -d hub devices --json | json '[x["invite_reused"] for x in d["devices"]]')" "[False, True]"
like "to people too" "$("$hubd" -d hub devices)" 'invite used before'
like "and logs it" "$(cat serve.log)" 'device.admit .*late=0 reused=1'
"$hubd" -d hub invite --site 14-0371 --role site --out late --passphrase-file pass 2>/dev/null
"$EXPIRED_INVITE" late hub/keys/operator pass
sleep 1.1
ok "a late device is let in" bash -c "$P -d s3 join late --even-if-expired && $P -d s3 sync --hub $at"
is "and marked" "$("$hubd" -d hub devices --json | json 'd["devices"][2]["invite_late"]')" True
for s in s1 s2; do
  id=$("$P" -d $s status --json | json 'd["device"]')
  is "digest --device is the digest of $s" "$("$hubd" -d hub digest --device "${id:0:8}")" "$("$P" -d $s digest)"
done

# --- printed codes that somebody typed in before they were printed ---
title=$("$P" -d s3 title add --name 'Dế Mèn' --json | json 'd["entries"][0]["ref"]')
first=$("$P" -d s3 copy add --print-code --title "$title" --json | json 'd["entries"][0]["copy"]["code"]')
next=$("$PYTHON" -c '
import sys
c = sys.argv[1][:8] + "%04d" % (int(sys.argv[1][8:12]) + 1)
print(c + str(-sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(c)) % 10))' "$first")
ok "the next code, typed in" "$P" -d s3 copy add "$next" --title "$title"
third=$("$P" -d s3 copy add --print-code --title "$title" --json | json 'd["entries"][0]["copy"]["code"]')
ok "is not printed again" test "$third" != "$next" -a "$third" != "$first"
ref=$("$P" -d s3 visit 9 --band child >/dev/null && "$P" -d s3 log --limit 1 --json | json 'd["entries"][0]["ref"]')
ok "log shows the reference by which void takes an entry back" "$P" -d s3 void "$ref" --reason mistake

# --- codes printed by a folder, its copy, and itself put back ---
prints() { # folder: a code on a copy, one on a card and one on a crate
  "$P" -d "$1" copy add --print-code --title "$title" --plain
  "$P" -d "$1" reader add --name X --print-card --plain | tail -n 1
  "$P" -d "$1" crate dispatch "$first" --to 140399 --plain
}
cp -r s3 s3.older
cp -r s3 s3.copy
for folder in s3 s3.copy s3 s3.copy; do prints $folder; done >codes.txt 2>&1
cp -r s3.older/. s3/
for round in 1 2; do prints s3; done >>codes.txt 2>&1
cp -r s3.older/. s3/
prints s3 >>codes.txt 2>&1
is "none is printed twice" "$(cut -f3 codes.txt | sort | uniq -d | wc -l) $(cut -f3 codes.txt | sort -u | grep -c '^14[0-9]\{11\}$')" "0 21"
ok "the folder is whole" "$P" -d s3 verify

# --- a folder that was copied, both used ---
hub_says() { "$hubd" -d hub devices --json | json "[x['$1'] for x in d['devices'] if x['device'] == '$id'][0]"; }
held() { "$P" -d "$1" status --json | json "d['$2']"; }
refs() { "$P" -d "$1" log --limit 1000 --json | json '"\n".join(x["ref"] for x in d["entries"])'; }
at_hub() { "$hubd" -d hub log --site 14-0371 --limit 1000 --json | json '"\n".join(x["ref"] for x in d["entries"])'; }
# every entry of both folders is at the hub, and none of them twice
all_there() {
  at_hub | sort >at.hub
  { refs s1; refs copy; } | sort -u >of.both
  [ -z "$(uniq -d at.hub)" ] && [ -z "$(comm -13 at.hub of.both)" ]
}
id=$(held s1 device)
ok "an entry, synced" bash -c "$P -d s1 visit 1 --band adult && $P -d s1 sync --hub $at"
before=$(hub_says entries)
is "one folder, one history" "$(hub_says forked)" False
unnoticed() { cp -r "$1" "$2" && : >"$2/witness"; }
unnoticed s1 copy
unnoticed s1 idle
halt
cp -r hub older
serve 1b
ok "both record" bash -c "$P -d s1 visit 2 --band adult && $P -d s1 reader add --name 'Lò Thị Mai' &&
  $P -d copy reader add --name 'Giàng A Páo' --born 1980 && $P -d copy visit 3 --band child && $P -d copy visit 4 --band elder"
ok "the first one syncs" "$P" -d s1 sync --hub "$at"
ok "so does the second: its first entry has a sealed part, so the hub sees it late" "$P" -d copy sync --hub "$at"
is "nothing waits in either" "$(held s1 pending)$(held copy pending)$(held s1 parts_pending)$(held copy parts_pending)" 0000
is "the hub has both, and what they share once" "$(hub_says entries)" $((before + 2 + 3))
ok "each entry by its reference" all_there
is "and both sealed parts" "$(hub_says parts_missing)" 0
is "it shows that there are two" "$(hub_says forked)" True
like "to people too" "$("$hubd" -d hub devices)" 'two copies'
like "and logs it" "$(cat serve.log)" 'log.fork .*peer='
is "status counts the log once" "$("$hubd" -d hub status --json | json '(d["logs"], d["forked_logs"])')" '(4, 1)'
is "nothing new is nothing sent" "$("$P" -d s1 sync --hub "$at" --json | json 'd["entries_sent"]')" 0
is "nor by the other" "$("$P" -d copy sync --hub "$at" --json | json 'd["entries_sent"]')" 0
forks=$("$hubd" -d hub status --json | json 'd["forked_logs"]')
for i in 1 2 3; do
  "$P" -d s1 visit $i --band adult >/dev/null
  "$P" -d copy visit $i --band child >/dev/null
  "$P" -d copy sync --hub "$at" >/dev/null 2>&1 && "$P" -d s1 sync --hub "$at" >/dev/null 2>&1 || break
done
is "both go on, in turns, each in a log of its own" "$i $("$hubd" -d hub status --json | json 'd["forked_logs"]')" "3 $forks"
ok "with all that they wrote" all_there
digest=$("$hubd" -d hub digest)
is "the ledger made anew is the same" "$("$hubd" -d hub rebuild)" "$digest"
ok "the hub is whole" "$hubd" -d hub verify
ok "a third copy that has recorded nothing syncs" "$P" -d idle sync --hub "$at"
like "and says in status what happened" "$("$P" -d idle status)" 'older copy, or copied'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 "$P" -d idle status)" 'khôi phục từ bản sao cũ, hoặc đã được sao chép'
rm -r idle

# --- and the hub put back from before it knew of two ---
halt
mv hub later
cp -r older hub
serve 1c
ok "one brings its own again" "$P" -d s1 sync --hub "$at"
ok "and so does the other, whose branch the hub has lost" "$P" -d copy sync --hub "$at"
ok "each entry by its reference" all_there
halt
rm -r hub
cp -r older hub
serve 1d
ok "the same when both have recorded meanwhile" bash -c "$P -d s1 visit 1 --band adult && $P -d copy visit 1 --band youth &&
  $P -d s1 sync --hub $at && $P -d copy sync --hub $at"
is "nothing waits in either" "$(held s1 pending)$(held copy pending)$(held s1 parts_pending)$(held copy parts_pending)" 0000
ok "all of both is there" all_there
is "with all sealed parts" "$(hub_says parts_missing)" 0
ok "the hub is whole" "$hubd" -d hub verify

# --- a hub put back from an older copy ---
halt
rm -rf older later
cp -r hub older
serve 2
ok "entries after the copy was made" bash -c "$P -d s1 visit 5 --band adult && $P -d s1 sync --hub $at"
halt
rm -rf hub
mv older hub
serve 3
ok "the device brings again what the hub lost" "$P" -d s1 sync --hub "$at"
ok "its entries are at the hub again" all_there

# --- the same, with other words in the control log since ---
halt
cp -r hub older
serve 4
"$hubd" -d hub policy set loan-term-days 20 2>/dev/null
ok "the device hears a new rule" bash -c "$P -d s1 visit 6 --band adult && $P -d s1 sync --hub $at"
halt
rm -rf hub hub-witness # the witness lies beside it: with that the hub would know by itself (94-rolled-back.sh)
mv older hub
serve 5
"$hubd" -d hub policy set loan-term-days 30 2>/dev/null
"$P" -d s1 visit 7 --band adult >/dev/null
status "the hub finds that it was put back, and asks to be called again" 75 "$P" -d s1 sync --hub "$at"
"$P" -d s1 sync --hub "$at" >sync.out 2>&1
is "its own entries get through all the same" "$("$P" -d s1 status --json | json 'd["pending"]')" 0
like "and it says that the hub's own log is another one" "$(cat sync.out; "$P" -d s1 status 2>&1)" 'put back'
like "and what is to be done" "$("$P" -d s1 status)" 'To do +call the provincial library'
ok "the hub is whole" "$hubd" -d hub verify
ok "the site is whole" "$P" -d s1 verify

# --- more histories of one log than the hub keeps ---
halt
rm -rf hub hub-witness
"$hubd" -d hub init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
"$hubd" -d hub site add 14-0371 --commune 03646 --kind van --name 'Xe' 2>/dev/null
"$hubd" -d hub invite --site 14-0371 --role site --out i9 --passphrase-file pass 2>/dev/null
serve 6
ok "a folder of which there will be 17 copies" bash -c "$P -d many join i9 && $P -d many sync --hub $at"
for i in $(seq 16); do
  unnoticed many "many.$i"
  { "$P" -d "many.$i" visit "$i" --band adult && "$P" -d "many.$i" sync --hub "$at"; } >many.out 2>&1 || break
done
is "sixteen that went on alone come through" "$i $(held many.16 pending)" '16 0'
"$P" -d many visit 17 --band adult >/dev/null
said=$("$P" -d many sync --hub "$at" 2>&1 >/dev/null)
is "the 17th does not" $? 75
like "it is told why" "$said" 'the hub has 16 histories of this folder and takes no other'
like "what may be the cause" "$said" "something puts this machine's disk back again and again"
like "that nothing is lost, and what to do" "$said" 'Nothing is lost .*Switch that off, .*call the provincial library'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 "$P" -d many sync --hub "$at" 2>&1 >/dev/null)" \
  'máy chủ đã giữ 16 nhánh ghi chép của thư mục này và không nhận thêm: .*Không mất gì, .*gọi cho thư viện tỉnh'
like "by its status as well" "$("$P" -d many status)" '16 histories of this folder'
is "it keeps what the hub has not" "$(held many pending)" 1
like "the hub says whose it is" "$("$hubd" -d hub status)" 'A 17th copy of a folder'
done_testing

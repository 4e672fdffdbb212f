#!/bin/bash
# A van's courier: a site without a network hands over what waits for the hub, the courier brings
# it to base and what is for the site out again; what it carries it cannot read. Then who is given
# nothing, links that break, and files that somebody put into the van.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
VAN="$PYTHON $ROOT/tests/e2e/van.py"
member() { "$P" -d "$1" status --json | json "d['$2']"; }
meet() { "$P" -d "$1" sync --courier "$2" --json; }
carried() { "$P" -d van courier --list --json | json "$1"; }
facts() { "$P" -d "$1" status --json | json 'd["fed"]["facts"]'; }
invite() { $H invite --site "$1" --role "$2" --out "$3" --passphrase-file pass 2>/dev/null; }

$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null
$H site add 14-0372 --commune 03646 --kind commune --name 'Chiềng La' 2>/dev/null
$H site add 14-0900 --commune 03646 --kind van --name 'Xe thư viện' 2>/dev/null
start serve $H serve --listen 127.0.0.1:0
hub=$started_pid
at=127.0.0.1:$(listen_port serve)

# --- a site without a network, from an invite on a stick ---
mkdir stick
invite 14-0371 site stick/chieng-khoa.invite
ok "a site joins from the stick" "$P" -d s1 join stick/chieng-khoa.invite
"$P" -d s1 reader add --name 'Lò Văn Pánh' --band adult --json | json 'd["entries"][0]["ref"]' >reader
"$P" -d s1 visit 12 --band child >/dev/null
title=$("$P" -d s1 title add --name 'Dế mèn phiêu lưu ký' --json | json 'd["entries"][0]["ref"]')
"$P" -d s1 copy add 000123 --title "$title" >/dev/null
invite 14-0900 courier van.invite
like "a courier joins, and is told what it is" "$("$P" -d van join van.invite)" 'is now the courier Xe thư viện \(14-0900\)'
like "which is none to the hub before its first session" \
  "$("$P" -d van courier --list)" 'Nothing is carried'
ok "at base it syncs" "$P" -d van sync --hub "$at"
status "a site's device is no courier" 2 "$P" -d s1 courier
status "an agent does not keep a courier's" 2 "$P" -d van agent
like "and says who does" "$(cat ok.out)" 'run .packhorse courier. here'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 "$P" -d van agent 2>&1)" 'máy này là máy chuyển tin'
status "an address that is in use is no place to listen" 1 "$P" -d van courier --listen "$at"
like "which is said, with what to do" "$(cat ok.out)" "$at: the address is in use.*--listen"
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 "$P" -d van courier --listen "$at" 2>&1)" "$at: địa chỉ này đang được dùng"
start van.out "$P" -d van courier --listen 127.0.0.1:0
van=$started_pid
van_at=127.0.0.1:$(listen_port van.out)

# --- Monday: the van is at the site ---
meet s1 "$van_at" >met
is "what waits is handed over" "$(json '[d["complete"], d["packed"], d["given"], d["taken"]]' <met)" '[True, 1, 1, 0]'
is "the bytes are in the site's account" "$("$P" -d s1 budget --json | json 'sum(d["network"]["spent"]["courier"].values())')" "$(json 'd["bytes"]' <met)"
is "to the van" "$(json '[d["courier"]["site"], d["courier"]["name"]]' <met)" "['14-0900', 'Xe thư viện']"
is "nothing counts as sent" "$(member s1 pending)" "$(member s1 entries)"
is "all is with the courier" "$("$P" -d s1 status --json | json '[d["levels"]["here"], d["levels"]["courier"] == d["entries"], d["courier"]["name"]]')" "[0, True, 'Xe thư viện']"
like "as status says to people" "$("$P" -d s1 status)" 'With a courier +[0-9]+ entries since .*Xe thư viện'
like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 "$P" -d s1 status)" 'Đang được chuyển'
"$P" -d s1 plan --json >planned
is "and plan: what it has, and that another courier would be given all of it" "$(json '[d["courier"]["carried"]["entries"] == d["entries"], d["courier"]["carried"]["name"], d["courier"]["entries"] == d["entries"], d["courier"]["cost"]]' <planned)" "[True, 'Xe thư viện', True, 0]"
like "to people" "$("$P" -d s1 plan)" 'Courier +.*no cost\. [0-9]+ entries are with one since'
"$P" -d s1 visit 3 --band adult >/dev/null
is "what is new is here alone" "$("$P" -d s1 status --json | json 'd["levels"]["here"]')" 1
meet s1 "$van_at" >met
is "met again, it is handed over, too" "$(json 'd["given"]' <met) $("$P" -d s1 status --json | json 'd["levels"]["here"]')" '1 0'
meet s1 "$van_at" >met
again=$(ls van/carried/packhorse/*.phb)
meet s1 "$van_at" >met
is "and once more, without a word that is new" "$(json '[d["complete"], d["bytes"] < 2500]' <met) $(ls van/carried/packhorse/*.phb)" "[True, True] $again"
is "the courier has one bundle, the last" "$(carried '[len(d["bundles"]), d["bundles"][0]["direction"], d["bundles"][0]["site"]]')" "[1, 'up', '14-0371']"
like "it shows for whom and since when" "$("$P" -d van courier --list)" 'to the hub +14-0371 +Chiềng Khoa'
like "as a file too, and nothing else" "$("$P" -d van courier --list --csv | tail -1)" '^"to the hub","14-0371","Chiềng Khoa","[0-9a-f]{8}",[0-9]+,'
like "with a manifest beside" "$(ls van/carried/packhorse)" '\.phm'

# --- the courier's keys open nothing of it ---
found=0
for word in 'Pánh' 'Dế mèn' '000123' 'phiêu'; do
  grep -rqF "$word" van && found=$((found + 1))
done
is "nothing of what it carries is in its folder in the clear" "$found" 0
status "it cannot take what is not for it" 0 "$P" -d van take-stick van/carried
like "as it says" "$("$P" -d van take-stick van/carried)" 'Nothing on this stick is for this device'

# --- base: all in one go ---
spent=$("$P" -d van budget --json | json 'sum(d["network"]["spent"]["network"].values())')
"$P" -d van sync --hub "$at" --json >base
ok "what the van sent is in its account" test "$("$P" -d van budget --json | json 'sum(d["network"]["spent"]["network"].values())')" \
  -gt $((spent + $(json 'd["courier"]["bytes_given"] + d["courier"]["bytes_taken"] + 300' <base)))
is "it is handed over, and what is for the site taken" "$(json '[d["courier"]["complete"], d["courier"]["given"], d["courier"]["taken"]]' <base)" '[True, 1, 1]'
wait_for_line serve.err 'courier.end .*admitted=1' >/dev/null
is "the device is admitted" "$($H devices --json | json 'sum(x["site"] == "14-0371" for x in d["devices"])')" 1
like "the hub knows by which road" "$($H why reader "$(cat reader)" --json)" '"by": ?"courier"'
is "the board, too" "$($H board --site 14-0371 --json | json 'd["sites"][0]["road"]')" courier
is "nothing is left of the pieces" "$(ls hub/courier van/carried | grep -c piece)" 0
is "the van carries the answer" "$(carried '[(b["direction"], b["site"]) for b in d["bundles"]]')" "[('down', '14-0371')]"
"$P" -d van sync --hub "$at" --json >base
is "base again: nothing is sent twice" "$(json '[d["courier"]["given"], d["courier"]["taken"], d["courier"]["bytes_taken"]]' <base)" '[0, 0, 0]'

# --- Thursday: the receipt comes home ---
meet s1 "$van_at" >met
is "receipts come home" "$(json '[d["taken"], d["receipts"], d["pending_entries"]]' <met)" '[1, 1, 0]'
is "nothing is with a courier any more" "$("$P" -d s1 status --json | json '[d["pending"], d["levels"]["courier"], d["courier"]]')" '[0, 0, None]'
is "and the courier carries what the site now tells" "$(carried '[b["direction"] for b in d["bundles"]]')" "['up']"
ok "it is confirmed by telephone" $H devices confirm "$(member s1 device)" --fingerprint "$(member s1 fingerprint)"

# --- its share, by the van alone ---
invite 14-0371 site i3
"$P" -d s3 join i3 >/dev/null
third=$("$P" -d s3 reader add --name 'Cầm Thị Ban' --band adult --json | json 'd["entries"][0]["ref"]')
ok "the site's second PC has a network" "$P" -d s3 sync --hub "$at"
invite 14-0372 site i5
"$P" -d s5 join i5 >/dev/null
loan=$(printf '{"kind":"loan","copy":{"ns":140371,"code":"000123"},"card":{"ns":140372,"code":"K7"}}\n' | "$P" -d s5 record | json 'd["ref"]')
ok "another site, with a network, lends its book" "$P" -d s5 sync --hub "$at"
ok "the van is at base" "$P" -d van sync --hub "$at"
is "the site knows nothing of it: on its shelf it is" "$(facts s1) $("$P" -d s1 copy show 000123 --json | json '[d["custody"]["at"], d["custody"]["site"]]')" "0 ['site', 140371]"
meet s1 "$van_at" >met
is "the site is told what its second PC wrote" "$(json '[d["entries_of_site"] > 0, d["parts_received"]]' <met)" '[True, 1]'
like "and reads it" "$("$P" -d s1 reader show "$third")" 'Cầm Thị Ban'
is "and with pages of the feed a fact of the other site" "$(json 'd["pages"] > 0' <met) $(facts s1)" 'True 1'
is "its book is with a reader there" "$("$P" -d s1 copy show 000123 --json | json '[d["custody"]["at"], d["custody"]["site"], [(x["loan"], x["site"]) for x in d["loans"]]]')" "['reader', 140372, [('$loan', 140372)]]"
is "by the hub's word" "$("$P" -d s1 why copy 000123 --json | json '[(f["site"], f["vouched"]) for f in d["facts"] if f["kind"] == "loan"]')" "[(140372, 'hub')]"
"$P" -d van sync --hub "$at" >/dev/null
meet s1 "$van_at" >/dev/null
"$P" -d van sync --hub "$at" >/dev/null
is "one site, one digest, without a network" "$("$P" -d s1 digest)" "$($H digest --device "$(member s1 device)")"
is "who has all is not packed for" "$(ls hub/courier | grep -c phb)" 0
is "who has a network is not on the tour" "$(carried 'sum(b["direction"] == "down" and b["device"] == "'"$(member s3 device)"'" for b in d["bundles"])')" 0

# --- what the hub has packed for couriers goes when a reader is erased ---
guest=$("$P" -d s3 reader add --name 'Vì Văn Tạm' --band adult --json | json 'd["entries"][0]["ref"]')
"$P" -d s3 sync --hub "$at" >/dev/null
"$P" -d van sync --hub "$at" >/dev/null
is "what the second PC wrote of him lies at the hub, packed" "$(ls hub/courier | grep -c phb)" 1
ok "he is erased" $H erase "$guest" --passphrase-file pass
is "and with him what was packed" "$(ls hub/courier | grep -c 'phb\|piece')" 0
"$P" -d van sync --hub "$at" >/dev/null
is "the next tour takes along what is packed anew" "$(ls hub/courier | grep -c phb) $(carried 'sum(b["direction"] == "down" for b in d["bundles"])')" '1 1'

# --- who is given nothing ---
"$P" -d s1 visit 8 --band adult >/dev/null
status "the hub is no courier to a site" 1 "$P" -d s1 sync --courier "$at"
$VAN card "$van_at" card >behind
is "a stranger who asks is shown the certificate and nothing else" "$(cat behind) $(($(stat -c %s card) > 300))" '0 1'
start false $VAN impostor card heard
impostor=$started_pid
false_at=127.0.0.1:$(listen_port false)
status "somebody who shows that certificate is found out" 1 "$P" -d s1 sync --courier "$false_at"
like "which is said" "$("$P" -d s1 sync --courier 127.0.0.1:1 2>&1)" 'cannot reach'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 "$P" -d s1 sync --courier 127.0.0.1:1 2>&1)" 'không nối được tới 127.0.0.1:1: không có chương trình nào nhận ở đó'
status "a courier or the hub, not both" 2 "$P" -d s1 sync --hub "$at" --courier "$van_at"
wait "$impostor" 2>/dev/null
is "all it was given: a question, and one message for the key that it does not hold" "$(($(stat -c %s heard) < 1400)) $(grep -c 'PHBUNDLE' heard)" '1 0'
printf 'PH\001abcdGET / HTTP/1.0\r\n\r\n' >noise
is "noise is answered by nothing" "$($VAN says "$van_at" noise)" 0
head -c $((7 + 7)) heard >replay
tail -c +8 heard >replay2
is "what a site said once, said again, is answered by one sealed word at most" "$(($($VAN says "$van_at" replay2) < 80))" 1

# another province
printf 'mot cau dai\n' >pass2
O="$hubd -d other"
$O init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass2 2>/dev/null
$O site add 15-0001 --commune 03646 --kind commune --name 'Nơi khác' 2>/dev/null
$O site add 15-0900 --commune 03646 --kind van --name 'Xe khác' 2>/dev/null
$O invite --site 15-0001 --role site --out o1 --passphrase-file pass2 2>/dev/null
$O invite --site 15-0900 --role courier --out o2 --passphrase-file pass2 2>/dev/null
"$P" -d stranger join o1 >/dev/null
"$P" -d othervan join o2 >/dev/null
"$P" -d stranger visit 2 --band adult >/dev/null
status "a site of another province does not take this courier for one" 1 "$P" -d stranger sync --courier "$van_at"
start othervan.out "$P" -d othervan courier --listen 127.0.0.1:0
other=$started_pid
other_at=127.0.0.1:$(listen_port othervan.out)
status "nor a site of this one another's courier" 1 "$P" -d s1 sync --courier "$other_at"
like "and says why" "$("$P" -d s1 sync --courier "$other_at" 2>&1)" 'no courier to deal with'
is "it carries nothing" "$("$P" -d othervan courier --list --json | json 'len(d["bundles"])')" 0
stop "$other"

# --- links that break ---
"$PYTHON" -c '
import random
for i in range(900):
    print("{\"kind\":\"title-put\",\"name\":\"%0180x\"}" % random.Random(i).getrandbits(720))' >lines
"$P" -d s1 record --batch <lines >/dev/null
size=0
start road "$RELAY" --listen 127.0.0.1:0 --to "$van_at" --cut-after 30000 --seed "${PACKHORSE_SEED:-1}" --json
relay=$started_pid
road_at=127.0.0.1:$(listen_port road)
tries=0
until meet s1 "$road_at" >met 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || break
done
is "a link that is cut again and again is got through" "$(json 'd["complete"]' <met)" True
size=$(carried 'd["bytes"]')
stop "$relay"
moved=$(json 'd["delivered_up"] + d["delivered_down"]' <<<"$(tail -1 road)")
diag "$tries cuts, a bundle of $size bytes, $moved bytes moved"
ok "in several pieces" test "$tries" -ge 2 -a "$size" -gt 60000
ok "a cut costs what was in flight" test "$moved" -lt $((size + (tries + 1) * 24000))
start road "$RELAY" --listen 127.0.0.1:0 --to "$at" --cut-after 40000 --seed 5 --json
relay=$started_pid
road_at=127.0.0.1:$(listen_port road)
tries=0
until "$P" -d van sync --hub "$road_at" --json >base 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || break
done
stop "$relay"
is "at base likewise" "$(json 'd["courier"]["complete"]' <base) $(carried 'sum(b["direction"] == "up" for b in d["bundles"])')" 'True 0'
is "the hub has all" "$($H digest --device "$(member s1 device)" >/dev/null; meet s1 "$van_at" | json '[d["pending_entries"], d["receipts"]]')" '[0, 1]'

# --- at base a person sees how far it is; who is no terminal, only what came of it ---
"$PYTHON" -c '
import random
for i in range(500):
    print("{\"kind\":\"title-put\",\"name\":\"%0180x\"}" % random.Random(-9 - i).getrandbits(720))' >lines
"$P" -d s1 record --batch <lines >/dev/null
meet s1 "$van_at" >/dev/null
start road "$RELAY" --listen 127.0.0.1:0 --to "$at" --rate 200000 --json
relay=$started_pid
# what `sync` writes to standard error, a terminal; its standard output is a file
"$PYTHON" - "$P" -d van sync --hub "127.0.0.1:$(listen_port road)" >watched <<'PY'
import json, os, pty, re, subprocess, sys
master, slave = pty.openpty()
with open("said", "wb") as said:
    child = subprocess.Popen(sys.argv[1:], stdout=said, stderr=slave, env=dict(os.environ, NO_COLOR=""))
os.close(slave)
seen = b""
try:
    while piece := os.read(master, 4096):
        seen += piece
except OSError:
    pass
seen = seen.decode()
rows = [[int(re.sub("[^0-9]", "", n)) for n in row] for row in
        re.findall(r"\r(\d+) of (\d+) bundles handed over, (\d+) taken; ([0-9., ]+) bytes up, ([0-9., ]+) down", seen)]
print(json.dumps({"exit": child.wait(), "rows": rows, "clean": seen.endswith("\r\033[K")}))
PY
stop "$relay"
is "it goes through" "$(json 'd["exit"]' <watched)" 0
is "meanwhile it is told how much went, again and again, and never less" \
  "$(json 'len(d["rows"]) >= 3, d["rows"] == sorted(d["rows"], key=lambda r: (r[0], r[3], r[4])), d["rows"][-1][3] > d["rows"][0][3]' <watched)" '(True, True, True)'
handed=$(sed -n 's/^Handed over 1 bundle of sites (\([0-9., ]*\) bytes).*/\1/p' said | tr -cd 0-9)
is "of the one bundle there is, and no more than went in the end" "$(json '{r[1] for r in d["rows"] if r[1]}, all(r[3] <= '"$handed"' + 3000 for r in d["rows"])' <watched)" '({1}, True)'
is "and nearly all of it, before the line is cleared" "$(json 'd["rows"][-1][3] > 0.7 * '"$handed"', d["clean"]' <watched)" '(True, True)'
is "standard output, a file, has only what came of it" "$(grep -c $'\r' said) $((handed > 45000))" '0 1'
"$P" -d s1 visit 9 --band adult >/dev/null
meet s1 "$van_at" >/dev/null
"$P" -d van sync --hub "$at" >said 2>said.err
is "without a terminal nothing is told meanwhile" "$? $(grep -c $'\r' said said.err | tr '\n' ' ')$(grep -c '^Handed over 1 bundle' said)" '0 said:0 said.err:0 1'

# --- what somebody put into the van ---
"$P" -d s1 visit 4 --band adult >/dev/null
meet s1 "$van_at" >/dev/null
spool=van/carried/packhorse
good=$(ls -t $spool/*.phb | head -1)
bent=$($VAN bend "$good" 900 $spool)
head=$($VAN bend "$good" 12 $spool)
name() { printf '%s/%064d.phb' $spool "$1"; }
ln -s /etc/passwd "$(name 1)"
mkfifo "$(name 2)"
mkdir "$(name 3)"
truncate -s 9000000 "$(name 4)"
printf 'PK\003\004' >"$(name 5)"
head -c 3000 "$good" >"$(name 6)"
cp "$good" "$(name 7)"
"$P" -d van sync --hub "$at" --json >base 2>base.err
is "at the hub the good ones are taken, the bent refused one by one" \
  "$(json '[d["courier"]["complete"], d["courier"]["given"], d["courier"]["refused"]]' <base)" '[True, 1, 2]'
is "and dropped" "$(ls $spool | grep -c -e "$bent" -e "$head")" 0
back=$(ls $spool/*.phb | xargs -n1 basename | grep -v '^0000' | head -1)
bent=$($VAN bend "$spool/$back" 800 $spool)
meet s1 "$van_at" >met
is "a site, too, takes the good one and refuses the bent" "$(json '[d["taken"], d["refused"], d["pending_entries"]]' <met)" '[1, 1, 0]'
rm -r $spool/0000*

# --- a bundle that is damaged in the van, under its own name ---
"$P" -d van sync --hub "$at" >/dev/null
"$P" -d s1 visit 5 --band adult >/dev/null
meet s1 "$van_at" >/dev/null
bent=$(carried '[b["file"] for b in d["bundles"] if b["direction"] == "up"][0]')
printf 'xyz' | dd of="$spool/$bent" bs=1 seek=500 conv=notrunc 2>/dev/null
"$P" -d van sync --hub "$at" --json >base 2>base.err
is "it is not handed over, and that is told (exit 14)" \
  "$? $(json '[d["courier"]["complete"], d["courier"]["reason"], d["courier"]["given"], d["courier"]["damaged"]]' <base)" "14 [False, 'damaged', 0, 1]"
like "with what to do" "$(cat base.err)" 'cannot be read as it was handed over.*at the next visit'
is "it is let go of" "$(ls $spool | grep -c "$bent")" 0
like "the site does not know yet" "$("$P" -d s1 status)" 'the courier brings the receipt'
if command -v faketime >/dev/null; then
  like "but does not wait for it for ever" "$(faketime -f '+36d' "$P" -d s1 status)" 'should be home by now: meet the courier again'
else
  skip "but does not wait for it for ever" "no faketime"
fi
meet s1 "$van_at" >met
"$P" -d van sync --hub "$at" --json >base
is "met again it is handed over again, and goes" "$(json '[d["given"]]' <met) $(json '[d["courier"]["given"], d["courier"]["damaged"]]' <base)" '[1] [1, 0]'
meet s1 "$van_at" >/dev/null

# --- bundles that nobody took ---
"$P" -d s1 visit 6 --band adult >/dev/null
meet s1 "$van_at" >/dev/null
if command -v faketime >/dev/null; then
  is "after 90 days a bundle is not carried any more" "$(faketime -f '+91d' "$P" -d van courier --list --json | json 'len(d["bundles"])')" 0
else
  skip "after 90 days a bundle is not carried any more" "no faketime"
fi
meet s1 "$van_at" >met
is "a bundle that was lost with the van is packed again" "$(json '[d["given"], d["complete"]]' <met)" '[1, True]'

# --- a device without a network that was cut off hears of it ---
invite 14-0372 site i2
"$P" -d s2 join i2 >/dev/null
"$P" -d s2 visit 5 --band adult >/dev/null
meet s2 "$van_at" >/dev/null
"$P" -d van sync --hub "$at" >/dev/null
meet s2 "$van_at" >/dev/null
ok "it is cut off" $H cut "$(member s2 device)" --reason stolen --passphrase-file pass
"$P" -d van sync --hub "$at" >/dev/null
is "the van carries the word of it" "$(carried '[b["direction"] for b in d["bundles"] if b["device"] == "'"$(member s2 device)"'"]')" "['down']"
"$P" -d s2 sync --courier "$van_at" --json >met 2>met.err
is "it hears of it (exit 11), and gets nothing of others" "$? $(json '[d["complete"], d["taken"], d["entries_of_site"], d["pages"]]' <met)" '11 [True, 1, 0, 0]'
like "in words" "$(cat met.err)" 'has cut this device off'
is "and knows it" "$(member s2 state)" cut
"$P" -d van sync --hub "$at" >/dev/null
is "once: nothing more is carried for it" "$(carried 'sum(b["device"] == "'"$(member s2 device)"'" for b in d["bundles"])')" 0

# --- one that is retired, too ---
invite 14-0372 site i4
"$P" -d s4 join i4 >/dev/null
"$P" -d s4 visit 7 --band adult >/dev/null
meet s4 "$van_at" >/dev/null
"$P" -d van sync --hub "$at" >/dev/null
ok "it is retired" $H devices retire "$(member s4 device)" --reason replaced
"$P" -d van sync --hub "$at" >/dev/null
meet s4 "$van_at" >met
is "it hears of it, with its receipts" "$(json '[d["complete"], d["taken"], d["pending_entries"], d["pages"]]' <met) $(member s4 state)" '[True, 1, 0, 0] retired'
like "in words" "$("$P" -d s4 status)" 'retired: to be used no more; what it wrote counts'
"$P" -d van sync --hub "$at" >/dev/null
is "once, too" "$(carried 'sum(b["device"] == "'"$(member s4 device)"'" for b in d["bundles"])')" 0

# --- a courier that was cut off ---
ok "the van is stolen, and cut off" $H cut "$(member van device)" --reason stolen --passphrase-file pass
"$P" -d van sync --hub "$at" >cut.out 2>&1
is "the hub serves it no more (exit 11)" "$?" 11
is "what it had is not taken" "$($H devices --json | json 'sum(x["state"] == "cut" for x in d["devices"])')" 2
like "the log says why" "$(grep courier.end serve.err | tail -1)" 'reason=cut-off.*why="cut off or retired"'
ok "a site that hears of it by another road" "$P" -d s1 sync --hub "$at"
status "does not deal with it" 1 "$P" -d s1 sync --courier "$van_at"
like "and says so" "$("$P" -d s1 sync --courier "$van_at" 2>&1)" 'cut off or retired'

stop "$van"
is "the courier stops when it is told" "$?" 0
stop "$hub"
ok "stores are whole" bash -c "$P -d s1 verify && $P -d s3 verify && $H verify"
done_testing

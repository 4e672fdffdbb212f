#!/bin/bash
# A site that has never had a network: it joins from an invite on a stick, records, is carried
# in by stick, admitted, receipted, confirmed, and gets its share back by stick. Then sticks that
# are lost, shown twice, damaged, full of other things; and a hub that serves meanwhile.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
member() { "$P" -d "$1" status --json | json "d['$2']"; }
up() { "$P" -d "$1" pack-stick "$2" --json; }
down() { "$P" -d "$1" take-stick "$2" --json; }
facts() { "$P" -d "$1" status --json | json 'd["fed"]["facts"]'; }

$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null
$H site add 14-0372 --commune 03646 --kind commune --name 'Chiềng La' 2>/dev/null

# --- the invite goes out on a stick, with somebody's photos on it ---
mkdir stick stick/photos
printf 'ảnh cưới\n' >stick/photos/a.jpg
$H invite --site 14-0371 --role site --out stick/chieng-khoa.invite --passphrase-file pass 2>/dev/null
ok "it joins from the stick" "$P" -d s1 join stick/chieng-khoa.invite
rm stick/chieng-khoa.invite
reader=$("$P" -d s1 reader add --name 'Lò Văn Pánh' --band adult --json | json 'd["entries"][0]["ref"]')
"$P" -d s1 visit 12 --band child >/dev/null
title=$("$P" -d s1 title add --name 'Dế mèn phiêu lưu ký' --json | json 'd["entries"][0]["ref"]')
"$P" -d s1 copy add 000123 --title "$title" >/dev/null

# --- Monday: up ---
status "a stick that is not there is not made" 1 "$P" -d s1 pack-stick nothing/here
like "it asks whether it is plugged in" "$("$P" -d s1 pack-stick nothing/here 2>&1)" 'plugged in'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 "$P" -d s1 pack-stick nothing/here 2>&1)" 'nothing/here không phải là thư mục: đã cắm thẻ USB chưa'
like "a stick without a name" "$("$P" -d s1 pack-stick '' 2>&1)" '"" is no folder'
like "so does the hub" "$($H take-stick nothing/here 2>&1)$(LC_ALL=vi_VN.UTF-8 $H pack-stick nothing/here 2>&1)" 'is the stick plugged in.*đã cắm thẻ USB chưa'
is "nor is anything made" "$(ls nothing 2>&1 | grep -c 'No such')" 1
status "an empty stick has nothing to take" 1 "$P" -d s1 take-stick stick
packed=$(up s1 stick)
is "all is packed" "$(json '[d["complete"], d["bundles"], d["parts"]]' <<<"$packed")" '[True, 1, 1]'
is "every entry" "$(json 'd["entries"]' <<<"$packed")" "$(member s1 entries)"
is "one bundle and one manifest" "$(ls stick/packhorse | sed 's/.*\.//' | sort | xargs)" 'phb phm'
like "named by its hash" "$(ls stick/packhorse/*.phb)" '^stick/packhorse/[0-9a-f]{64}\.phb$'
is "of the size of a class" "$(($(stat -c %s stick/packhorse/*.phb) % 256))" 0
is "nobody who carries it reads a name" "$(grep -c 'Pánh' stick/packhorse/*)" "$(printf '%s\n' stick/packhorse/* | sed 's/$/:0/')"
is "nothing counts as sent" "$(member s1 pending)" "$(member s1 entries)"
like "status says that a stick was packed" "$("$P" -d s1 status)" '[Ss]tick'
up s1 stick >/dev/null
is "packing again replaces it" "$(ls stick/packhorse/*.phb | wc -l)" 1

# --- at the hub, which has never heard of it ---
taken=$($H take-stick stick --json)
is "the hub takes it and admits the device" "$(json '[d["admitted"], len(d["bundles"]), d["parts"], d["refused"]]' <<<"$taken")" '[1, 1, 1, []]'
is "all of it" "$(json 'd["entries"]' <<<"$taken")" "$(member s1 entries)"
is "from its site" "$(json 'd["bundles"][0]["site"]' <<<"$taken")" 14-0371
is "the stick is as it was" "$(ls stick/packhorse/*.phb | wc -l) $(cat stick/photos/a.jpg)" '1 ảnh cưới'
is "again, it brings nothing new" "$($H take-stick stick --json | json '[d["entries"], d["admitted"], d["bundles"][0]["live"]]')" '[0, 0, False]'
like "it is told for people, too" "$($H take-stick stick)" '14-0371'
back=$($H pack-stick stick --json)
is "without a name it packs for who came by stick" "$(json '[len(d["devices"]), d["receipts"], d["complete"]]' <<<"$back")" '[1, 1, True]'

# --- Thursday: home ---
home=$(down s1 stick)
is "the receipt comes home" "$(json '[d["receipts"], d["pending"], d["refused"]]' <<<"$home")" '[1, 0, []]'
is "and shows in status" "$(member s1 pending) $(member s1 parts_pending)" '0 0'
is "what served is taken off the stick" "$(ls stick/packhorse/*.phb | wc -l)" 1
is "not confirmed: no more than the control log" "$(member s1 state) $(json 'd["pages"]' <<<"$home")" 'unconfirmed 0'
ok "it is confirmed by telephone" $H devices confirm "$(member s1 device)" --fingerprint "$(member s1 fingerprint)"

# --- another site is online, and lends what concerns the first ---
$H invite --site 14-0372 --role site --out i2 --passphrase-file pass 2>/dev/null
$H invite --site 14-0371 --role site --out i3 --passphrase-file pass 2>/dev/null
"$P" -d s2 join i2 >/dev/null
"$P" -d s3 join i3 >/dev/null
start serve $H serve --listen 127.0.0.1:0
at=127.0.0.1:$(listen_port serve)
ok "a site with a network syncs" "$P" -d s2 sync --hub "$at"
loan=$(printf '{"kind":"loan","copy":{"ns":140371,"code":"000123"},"card":{"ns":140372,"code":"K7"}}\n' | "$P" -d s2 record | json 'd["ref"]')
ok "it lends a book of the first, and syncs" "$P" -d s2 sync --hub "$at"
is "of which that knows nothing: on its shelf it is" "$(facts s1) $("$P" -d s1 copy show 000123 --json | json '[d["custody"]["at"], d["custody"]["site"]]')" "0 ['site', 140371]"
"$P" -d s3 visit 4 --band adult >/dev/null
third=$("$P" -d s3 reader add --name 'Cầm Thị Ban' --band adult --json | json 'd["entries"][0]["ref"]')
ok "the first site's second PC is online" "$P" -d s3 sync --hub "$at"
"$P" -d s1 visit 7 --band adult >/dev/null
up s1 stick >/dev/null

# --- the hub serves, and takes and packs all the same ---
is "a hub that serves takes a stick" "$($H take-stick stick --json | json '[len(d["bundles"]), d["refused"]]')" '[1, []]'
is "and packs one" "$($H pack-stick stick --site 14-0371 --json | json 'len(d["devices"])')" 2
status "for a site that is none" 1 $H pack-stick stick --site 14-9999
cp -r s1 s1.old
home=$(down s1 stick)
is "of two on the stick, one is for this device" "$(json '[d["bundles"], d["others"], d["pending"]]' <<<"$home")" '[1, 1, 0]'
is "with pages of the feed: a fact of another site" "$(json 'd["pages"] > 0' <<<"$home") $(facts s1)" 'True 1'
is "its book is with a reader of the other site" "$("$P" -d s1 copy show 000123 --json | json '[d["custody"]["at"], d["custody"]["site"], [(x["loan"], x["site"]) for x in d["loans"]]]')" "['reader', 140372, [('$loan', 140372)]]"
is "by the hub's word" "$("$P" -d s1 why copy 000123 --json | json '[(f["site"], f["vouched"]) for f in d["facts"] if f["kind"] == "loan"]')" "[(140372, 'hub')]"
is "it knows that it is confirmed" "$(member s1 state)" confirmed
like "it reads what the second PC wrote" "$("$P" -d s1 reader show "$third")" 'Cầm Thị Ban'
up s1 stick >/dev/null
like "the hub's tables are in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 $H take-stick stick)" 'điểm +máy +tạo lúc +giao dịch +phần riêng +tình trạng'
like "of what it packs as well" "$(LC_ALL=vi_VN.UTF-8 $H pack-stick stick)" 'điểm +máy +gói +biên nhận +giao dịch +trang +byte'
down s1 stick >/dev/null
is "one site, one digest, without a network" "$("$P" -d s1 digest)" "$($H digest --device "$(member s1 device)")"

# --- a stick is lost; another one is as good; the first is found ---
mkdir lost
"$P" -d s1 visit 3 --band adult >/dev/null
up s1 lost >/dev/null
"$P" -d s1 visit 5 --band adult >/dev/null
rm -r stick/packhorse
up s1 stick >/dev/null
$H take-stick stick >/dev/null
is "what was lost came with the next" "$($H pack-stick stick --json | json 'd["receipts"] > 0')" True
# an older copy of the folder has not what this goes on from
$H site add 14-0399 --commune 03646 --kind commune --name 'Mường Lựm' 2>/dev/null
$H pack-stick stick >/dev/null
cp -r stick stick.old
older=$(LC_ALL=C "$P" -d s1.old take-stick stick.old 2>&1)
like "a folder that cannot go on from it says so" "$older" '[0-9]+ items? do(es)? not go on from what is here'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 "$P" -d s1.old take-stick stick.old 2>&1)" 'không nối tiếp dữ liệu ở máy này'
is "and so does JSON" "$(down s1.old stick.old | json 'd["left"] > 0')" True
rm -r s1.old stick.old
down s1 stick >/dev/null
is "nothing is pending" "$(member s1 pending)" 0
is "the lost one, found, adds nothing" "$($H take-stick lost --json | json '[d["entries"], d["refused"], d["bundles"][0]["live"]]')" '[0, [], False]'

# --- by stick and by network: once ---
"$P" -d s1 visit 2 --band adult >/dev/null
up s1 stick >/dev/null
ok "then the network comes" "$P" -d s1 sync --hub "$at"
is "the stick adds nothing" "$($H take-stick stick --json | json 'd["entries"]')" 0

# --- what a budget held up comes by stick ---
"$P" -d s1 visit 1 --band adult >/dev/null
"$P" -d s1 budget set 0 >/dev/null
status "a budget holds it up" 75 "$P" -d s1 sync --hub "$at"
like "which status says" "$("$P" -d s1 status)" 'data budget has no room'
up s1 stick >/dev/null
$H take-stick stick >/dev/null
$H pack-stick stick >/dev/null
down s1 stick >/dev/null
is "and no more when it came by stick" "$(member s1 pending) $("$P" -d s1 status | grep -c 'data budget has no room\|by stick, or next month')" '0 0'
"$P" -d s1 budget set none >/dev/null

# --- hostile files stop nothing ---
"$P" -d s1 visit 9 --band adult >/dev/null
up s1 stick >/dev/null
good=$(ls -t stick/packhorse/*.phb | head -1)
name() { printf 'stick/packhorse/%064d.phb' "$1"; }
ln -s /etc/passwd "$(name 1)"
mkfifo "$(name 2)"
mkdir "$(name 3)"
truncate -s 9000000 "$(name 4)"
: >"$(name 5)"
printf 'PK\003\004' >"$(name 6)"
ln -s /dev/zero "$(name 7)"
head -c 3000 "$good" >"$(name 8)"
printf 'x' | dd of=stick/packhorse/cut bs=1 2>/dev/null
taken=$($H take-stick stick --json 2>taken.err)
rc=$?
is "they are refused one by one (exit 14)" "$rc $(json 'len(d["refused"])' <<<"$taken")" '14 8'
is "and what is good is taken" "$(json 'd["entries"] > 0' <<<"$taken")" True
is "each with its reason" "$(json '" ".join(sorted(set(r["reason"] for r in d["refused"])))' <<<"$taken")" 'cut-short no-bundle not-a-file too-big'
status "a site likewise" 14 "$P" -d s1 take-stick stick
for who in "$H" "$P -d s1"; do
  like "people hear why, and what to do" "$($who take-stick stick 2>&1)" 'was refused: it is cut short.*Pack again where it came from'
  like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $who take-stick stick 2>&1)" 'bị từ chối: gói bị cụt.*ghi lại ở nơi gửi'
done
is "nothing of them is touched" "$(ls stick/packhorse | grep -c '^0000')" 8
rm -r stick/packhorse/0000*

# --- more junk than a list of bundles holds hides none ---
rm -r stick/packhorse
"$P" -d s1 visit 11 --band adult >/dev/null
up s1 stick >/dev/null
old=$(ls stick/packhorse/*.phb)
seq 9000 | xargs printf 'stick/packhorse/%064d.phb\n' | xargs touch
taken=$($H take-stick stick --json 2>taken.err)
is "beside 9,000 empty files the good bundle is taken (exit 14)" "$? $(json '[d["entries"] > 0, len(d["bundles"]), len(d["refused"]), d["refused_more"], d["more"]]' <<<"$taken")" '14 [True, 1, 256, 8744, False]'
like "people hear how many more, and what to do" "$(cat taken.err)" '8744 files more were refused. Delete.*9000 files on the stick were refused'
$H pack-stick stick --device "$(member s1 device)" >/dev/null
"$P" -d s1 visit 12 --band adult >/dev/null
up s1 stick >/dev/null
ok "who packs again finds its old one, and removes it" test ! -e "$old"
is "a site finds the hub's" "$(down s1 stick 2>/dev/null | json '[d["bundles"], len(d["refused"]), d["refused_more"], d["more"]]')" '[1, 256, 8744, False]'
like "and says so in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 "$P" -d s1 take-stick stick 2>&1)" 'Còn 8744 tệp nữa bị từ chối. Hãy xóa'

# --- more that says it is the hub's than its manifest holds ---
rm -r stick/packhorse
$H pack-stick stick --device "$(member s3 device)" >/dev/null
mine=$(ls stick/packhorse/*.phb)
/usr/bin/python3 -c "import sys
head = open(sys.argv[1], 'rb').read(64)
for i in range(600):
    with open('stick/packhorse/%064d.phb' % i, 'wb') as out:
        out.write(head[:26] + i.to_bytes(16, 'big') + bytes(8) + head[50:])" "$mine"
$H pack-stick stick --device "$(member s1 device)" >/dev/null
ok "600 files that name the hub as their sender: what it packed for another stays" test -e "$mine"
is "and reaches it" "$(down s3 stick 2>/dev/null | json '[d["bundles"], d["missing"]]')" '[1, []]'

# --- a bundle that was altered, and one for somebody else ---
"$P" -d s1 visit 6 --band adult >/dev/null
rm -r stick/packhorse
up s1 stick >/dev/null
good=$(ls stick/packhorse/*.phb)
cp "$good" good
printf '\377' | dd of="$good" bs=1 seek=900 conv=notrunc 2>/dev/null
status "an altered bundle is refused" 14 $H take-stick stick
like "with words" "$($H take-stick stick 2>&1)" 'damaged, or was altered'
cp good "$good"
status "mended, it is taken" 0 $H take-stick stick
$H pack-stick stick --device "$(member s1 device)" >/dev/null
is "what is for the first is nothing to the second" "$(down s2 stick | json '[d["bundles"], d["others"] > 0]')" '[0, True]'
like "which it says" "$("$P" -d s2 take-stick stick)" 'Nothing on this stick is for this device'
like "in Vietnamese too" "$(LC_ALL=vi_VN.UTF-8 "$P" -d s2 take-stick stick)" 'không có gì cho máy này'

# --- bundles that were packed and are not on the stick: told, and nothing is refused for it ---
missing() { json '[(x["packed"], x["here"]) for x in d["missing"]]'; }
mkdir few
"$P" -d s1 visit 8 --band adult >/dev/null
up s1 few >/dev/null
first=$(ls few/packhorse/*.phb)
ls few/packhorse/* >theirs
mv "$first" aside
ok "a bundle is gone: the hub takes nothing" bash -c "$H take-stick few --json >few.json 2>few.err"
is "and tells what is not" "$(missing <few.json) $(json 'len(d["bundles"])' <few.json)" '[(1, 0)] 0'
is "of which device" "$(json 'd["missing"][0]["device"]' <few.json)" "$(member s1 device)"
like "in words" "$(cat few.err)" "Only 0 of 1 bundles that $(member s1 device | cut -c1-8) has packed"
mv aside "$first"
is "nothing is missing" "$($H take-stick few --json | missing)" '[]'
$H pack-stick few --device "$(member s1 device)" >/dev/null
ls few/packhorse/* | grep -vxFf theirs >hubs
cp -r few home
for file in $(grep phb hubs); do rm "home/${file#few/}"; done
ok "the hub's are gone: a site takes nothing" bash -c "'$P' -d s1 take-stick home --json >few.json 2>few.err"
is "and is told" "$(missing <few.json) $(json 'd["bundles"]' <few.json)" '[(1, 0)] 0'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 "$P" -d s1 take-stick home 2>&1)" 'chỉ có 0 trong 1 gói'
manifest=$(grep phm hubs)
printf x >>"home/${manifest#few/}"
is "of a damaged list nothing is known" "$(down s1 home 2>few.err | missing)" '[(None, None)]'
like "which is said" "$(cat few.err)" 'is damaged: whether all of it is on this stick is not known'
is "from the whole stick all comes home" "$(down s1 few | json '[d["missing"], d["pending"], d["removed"]]')" '[[], 0, 1]'
is "what has served is not missing" "$(test ! -e "$first" && $H take-stick few --json | missing)" '[]'

# --- a number in a header takes nothing from what an erasure would name ---
notes() { # of a copy, so that nothing is beside the store
  rm -rf looked && mkdir looked && cp s1/site.db* looked &&
    /usr/bin/python3 -c "import sqlite3
rows = sqlite3.connect('looked/site.db').execute(\"SELECT name FROM meta WHERE name LIKE 'away.%'\")
print(sorted(int(name[5:], 16) for name, in rows))"
}
mkdir one another
up s1 one >/dev/null
ours=$(ls one/packhorse/*.phb)
before=$(notes)
mkdir another/packhorse
/usr/bin/python3 -c "import sys
head = open(sys.argv[1], 'rb').read(64)
for i in range(200):
    with open('another/packhorse/%064d.phb' % i, 'wb') as out:
        out.write(head[:42] + i.to_bytes(8, 'big') + head[50:])" "$ours"
is "what says it is this device's is removed" "$(up s1 another | json 'd["removed"]')" 200
is "bundles on other sticks stay noted, whatever numbers that bore" "$(/usr/bin/python3 -c "print(set($before) < set($(notes)))")" True
number=$((16#$(od -An -tx1 -j42 -N8 "$ours" | tr -d ' ')))
up s1 one >/dev/null
is "what is swept from its own stick does not" "$(/usr/bin/python3 -c "print($number in $before, $number in $(notes))")" 'True False'

# --- the book comes back to the other site: a page waits for the first, until it is cut off ---
printf '{"kind":"return","copy":{"ns":140371,"code":"000123"}}\n' | "$P" -d s2 record >/dev/null
ok "the other site takes its book back" "$P" -d s2 sync --hub "$at"
mkdir page
is "a page waits for the first" "$($H pack-stick page --device "$(member s1 device)" --json | json 'd["pages"] > 0')" True

# --- no room ---
mkdir small
if mount -t tmpfs -o size=256k tmpfs small 2>/dev/null; then
  /usr/bin/python3 -c "import random
r = random.Random(7)
for i in range(4000):
    print('{\"kind\":\"loan\",\"copy\":\"%06d\",\"card\":\"%06d\"}' % (r.randrange(10**6), r.randrange(10**6)))" >lines
  "$P" -d s2 record --batch 100 <lines >/dev/null 2>&1 || "$P" -d s2 record <lines >/dev/null 2>&1
  head -c 240k /dev/zero >small/film
  status "a full stick is said to be full" 14 "$P" -d s2 pack-stick small
  like "and why" "$(cat ok.out)" 'the stick is full'
  is "somebody's film is still there" "$(stat -c %s small/film)" 245760
  rm small/film
  umount small
else
  skip "a full stick is said to be full" "no mount here"
  skip "somebody's film is still there" "no mount here"
fi

# --- a device that was cut off ---
ok "the first device is cut off" $H cut "$(member s1 device)" --reason stolen --passphrase-file pass
rm -r stick/packhorse
up s1 stick >/dev/null
$H take-stick stick >/dev/null
is "that is packed for it, as for a van, and nothing that others wrote" "$($H pack-stick stick --json | json '[len(d["devices"]), d["pages"]]')" '[1, 0]'
status "it hears of it" 11 "$P" -d s1 take-stick stick
up s1 stick >/dev/null
$H take-stick stick >/dev/null
is "and has told that it knows: nothing more goes to it" "$($H pack-stick stick --json | json 'len(d["devices"])')" 0
$H pack-stick stick --device "$(member s1 device)" >/dev/null
status "but when it is named" 11 "$P" -d s1 take-stick stick

# --- one that is retired, likewise, with its receipts ---
$H invite --site 14-0372 --role site --out i4 --passphrase-file pass 2>/dev/null
"$P" -d s4 join i4 >/dev/null
"$P" -d s4 visit 2 --band adult >/dev/null
mkdir retired
up s4 retired >/dev/null
$H take-stick retired >/dev/null
ok "it is retired" $H devices retire "$(member s4 device)" --reason replaced
is "it is not passed over" "$($H pack-stick retired --json | json '[[x["device"] for x in d["devices"]] == ["'"$(member s4 device)"'"], d["receipts"] > 0]')" '[True, True]'
is "it knows, and all it wrote is receipted" "$(down s4 retired | json 'd["pending"]') $(member s4 state)" '0 retired'
up s4 retired >/dev/null
$H take-stick retired >/dev/null
is "then nothing waits" "$($H pack-stick retired --json | json 'len(d["devices"])')" 0
stop "$started_pid"
ok "stores are whole" bash -c "$P -d s1 verify && $P -d s3 verify && $H verify"
# --- what has served is removed after 90 days ---
mkdir old
up s3 old >/dev/null
ok "before that it stays" $H take-stick old
is "for whoever needs it" "$(ls old/packhorse/*.phb | wc -l)" 1
if command -v faketime >/dev/null; then
  status "a clock that jumps by 91 days is doubted" 16 faketime -f '+91d' $H take-stick old
  faketime -f '+91d' $H clock accept >/dev/null
  ok "91 days later" faketime -f '+91d' $H take-stick old
  is "it is removed" "$(ls old/packhorse | grep -c phb)" 0
else
  skip "a clock that jumps by 91 days is doubted" "no faketime"
  skip "91 days later" "no faketime"
  skip "it is removed" "no faketime"
fi
is "nothing is left in the hub's spool" "$(ls hub/spool | grep -c phb)" 0
done_testing

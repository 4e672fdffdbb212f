#!/bin/bash
# A reader asks to be erased: what the hub, devices of one site and of another, a van, sticks, a
# backup and the hub's second medium hold of her before, by every byte of every file; the order, who has carried it out, who is
# out; that nothing is left, and that nothing comes back: not by a late change, a card used again, an old
# stick, or yesterday's backup. And everything that is held about a reader, for who asks.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
secret="--passphrase-file pass"
pick() { "$PYTHON" -c 'import json, sys; print(eval(sys.argv[1], {"d": json.load(sys.stdin)}))' "$1"; }
image=$ROOT/tests/e2e/images.py
image() { "$PYTHON" "$image" "$@"; }
site() { local at=$1; shift; "$P" -d "$at" "$@"; }
sync() { site "$1" sync --hub "$at" --json >sync.out 2>sync.err; }
member() { site "$1" status --json | pick "d['$2']"; }
ref() { site "$@" --plain | tail -n 1 | cut -f2; }
code() { site "$@" --plain | tail -n 1 | cut -f3; }
invite() { # SITE CODE NAME ROLE: as the folder NAME
  $H invite --site "$1" --role "$3" --hub "$at" --out "$2.invite" $secret 2>/dev/null
  site "$2" join "$2.invite" >/dev/null
}
confirm() { $H devices confirm "$(member "$1" device)" --fingerprint "$(member "$1" fingerprint)" >/dev/null 2>&1; }

$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 $secret 2>/dev/null
mkdir medium
printf '[backup]\nsecond-medium = %s\n' "$T/medium" >>hub/packhorsed.conf
$H site add 14-0001 --commune 03641 --kind commune-library --name 'Điểm một' 2>/dev/null
$H site add 14-0002 --commune 03641 --kind post-office --name 'Điểm hai' 2>/dev/null
$H site add 14-0003 --commune 03642 --kind commune-library --name 'Điểm ba' 2>/dev/null
$H site add 14-0900 --commune 03642 --kind van --name 'Xe' 2>/dev/null
start serve $H serve --listen 127.0.0.1:0
serve=$started_pid
at=127.0.0.1:$(listen_port serve)
invite 14-0001 a site
invite 14-0001 a2 site
invite 14-0002 b site
invite 14-0003 c site
invite 14-0900 van courier
for x in a a2 b c van; do sync $x || fail "$x syncs"; done
for x in a a2 b c van; do confirm $x; done
for x in b van; do sync $x; done

# --- what is recorded ---
hoa=$(ref a reader add --name 'Lò Thị Tuyệt' --born 1987 --telephone 0912333444 --address 'Bản Nà Phặc' --commune 03641)
card=$(code a card issue "$hoa" --print-card)
[ -n "$card" ] || fail "a card"
consent=$(ref a reader consent "$hoa" given --guardian 'Lò Văn Khuyên')
note=$(ref a note 'Tuyệt hay quên kính' --about "$hoa")
twin=$(ref b reader add --name 'LÒ THỊ TUYỆT' --born 1987 --commune 03641)
card2=$(code b card issue "$twin" --print-card)
ok "two registrations are one person" site b reader merge "$twin" "$hoa"
stays=$(ref a reader add --name 'Quàng Văn Ở' --born 1990 --commune 03641)
truyen=$(ref a title add --name 'Truyện Kiều')
book=$(code a copy add --print-code --title "$truyen")
ok "a loan that came back" bash -c "'$P' -d a loan $card $book --when 2026-03-01T08:00 && '$P' -d a return $book --when 2026-03-09T08:00"
ok "a loan that is open" site a loan "$card" "$book" --when 2026-03-10T08:00
lent=$(site a privacy "$card" --json | pick '[f["ref"] for f in d["facts"] if f["kind"] == "loan"][-1]')
note2=$(ref a note 'Tuyệt làm mất sách' --about "$lent")
# --- what the second site has goes by van as well, which stays out until all have been erased ---
start van.out "$P" -d van courier --listen 127.0.0.1:0
van=$started_pid
ok "the second site gives the van what it has" site b sync --courier "127.0.0.1:$(listen_port van.out)"
stop "$van"
carried() { site van courier --list --json | pick '[(x["direction"], x["site"]) for x in d["bundles"]]'; }
is "which carries it" "$(carried)" "[('up', '14-0002')]"
mkdir up
ok "the first packs a stick, which is forgotten in a drawer" site a pack-stick up
for x in a b c a b a2 c; do sync $x; done
is "the second site reads her name" "$(site b reader show "$hoa" --json | pick 'd["name"]')" 'Lò Thị Tuyệt'
is "and so does the second PC of the first" "$(site a2 reader show "$hoa" --json | pick 'd["name"]')" 'Lò Thị Tuyệt'
mkdir stick old backup
ok "a stick is packed for the second site" $H pack-stick stick --site 14-0002
ok "a recovery key" $H recovery-key --out recovery
ok "a backup" $H backup backup
image text 'Tuyệt' hub a a2 b c van stick backup serve serve.err >found
is "before: no file has her name in the clear" "$(cat found)" ''
image text '0912333444' hub a a2 b c van stick backup >found
is "nor her telephone" "$(cat found)" ''
mkdir learned && cp -r hub a a2 b c van learned/
known=$(image learn known learned/hub learned/a learned/a2 learned/b learned/c)
[ "${known:-0}" -ge 20 ] && pass "parts and seeds are known: $known" || fail "parts and seeds are known: ${known:-0}"
refs="--ref $hoa --ref $twin --ref $consent --ref $note --ref $note2"
image find known $refs c van stick backup >found
is "outside of her sites nothing of her, not even sealed" "$(cat found)" ''
image find known --ref "$hoa" hub a a2 b >found
is "in scope it is there, sealed: hub, two PCs, the other site" "$(grep -c ciphertext found) $(grep -c box found) $(grep -c seed found)" '4 4 0'

# --- what is held about her ---
site a privacy "$card" --json >privacy
is "privacy: all that is held, by a card" "$(pick 'sorted({f["kind"] for f in d["facts"]})' <privacy)" \
  "['card-issue', 'consent', 'loan', 'note', 'reader-merge', 'reader-put', 'return']"
is "with what is sealed" "$(pick '[[f["entry"].get(k) for k in ("name", "telephone", "guardian", "text")] for f in d["facts"] if f["ref"] in ("'"$hoa"'", "'"$consent"'", "'"$note"'")]' <privacy)" \
  "[['Lò Thị Tuyệt', '0912333444', None, None], [None, None, 'Lò Văn Khuyên', None], [None, None, None, 'Tuyệt hay quên kính']]"
is "in their order" "$(pick '[f["time"] for f in d["facts"]] == sorted(f["time"] for f in d["facts"])' <privacy)" True
is "both loans, both registrations" "$(pick '[sum(f["kind"] == k for f in d["facts"]) for k in ("loan", "reader-put")]' <privacy)" '[2, 2]'
is "when the first came back, and by what" "$(pick '[(f["closed"]["how"], f["closed"]["time"][:16], [g["kind"] for g in d["facts"] if g["ref"] == f["closed"]["by"]]) if "closed" in f else None for f in d["facts"] if f["kind"] == "loan"]' <privacy)" \
  "[('return', '2026-03-09T08:00', ['return']), None]"
like "for people, too" "$(site a privacy "$card")" '0912333444'
like "when it came back, as well" "$(site a privacy "$card" | tr '\n' '|')" '. loan  2026-03-01 08:00.*came back 2026-03-09 08:00.*. return  2026-03-09 08:00'
like "in Vietnamese, at the hub" "$(LC_ALL=vi_VN.UTF-8 LANGUAGE=vi $H privacy "$card" | tr '\n' '|')" '. mượn  2026-03-01 08:00.*đã trả 2026-03-09 08:00.*. trả  2026-03-09 08:00'
is "her other site tells what it was fed: of loans the one that is open" "$(site b privacy "$card" --json | pick 'sorted(f["kind"] for f in d["facts"])')" \
  "['card-issue', 'card-issue', 'consent', 'loan', 'reader-merge', 'reader-put', 'reader-put']"
is "the hub says the same of her" "$($H privacy "$card" --json | pick 'sorted((f["ref"], str(f["entry"].get("name"))) for f in d["facts"])')" \
  "$(pick 'sorted((f["ref"], str(f["entry"].get("name"))) for f in d["facts"])' <privacy)"
status "of nobody" 1 $H privacy 9999
like "which is said" "$($H privacy 9999 2>&1)" '9999'
is "but what may be a name is not repeated" "$( ($H privacy 'Lò Thị Tuyệt'; $H erase 'Lò Thị Tuyệt' $secret; true) 2>&1 | grep -c 'neither a reference') $( ($H privacy 'Lò Thị Tuyệt'; $H erase 'Lò Thị Tuyệt' $secret; true) 2>&1 | grep -c 'Tuyệt')" '2 0'
status "nobody is erased by a card that is unknown" 1 $H erase 9999 $secret
status "nor by a reference" 1 $H erase "${hoa%.*}.0000000000000000" $secret
is "of another reader nothing of hers" "$(site a privacy "$stays" --json | grep -c 'Tuyệt')" 0

# --- what the hub itself wrote of her is on the second medium, too ---
printf '{"kind":"note","about":"%s","text":"Tuyệt nợ sách, nhà ở Nà Phặc"}\n' "$hoa" >w
ok "the hub notes something about her" $H record w
printf '{"kind":"note","about":"%s","text":"Ở hay đến muộn"}\n' "$stays" >w
ok "and about the other reader" $H record w
cp -r hub learned/hub1 && image learn known1 learned/hub1 >/dev/null
image find known1 medium >found
is "both notes are on the second medium, sealed" "$(grep -c ciphertext found) $(grep -c box found) $(image text 'Tuyệt' medium)" '1 1 '
hers=$("$PYTHON" - known1 known <<'PY'
import json, sys
known1, known = ({(log, n) for log, n, what, data in json.load(open(f))} for f in sys.argv[1:])
print(" ".join("--ref %s.%d" % pair for pair in sorted(known1 - known)[:1]))
PY
)
is "of both the ciphertext is known" "$(image find known1 $hers medium | grep -c ciphertext)" 1

# --- the order ---
status "only an operator erases" 2 $H erase "$card"
ok "the order, by her card" $H erase "$card" $secret
order=$($H erasures --json | pick 'd["erasures"][0]["erasure"]')
is "the hub has done it at once" "$($H erasures --json | pick '[d["erasures"][0][k] for k in ("at_hub", "confirmed", "out", "gone")]')" '[True, 0, 4, 0]'
is "it names both registrations and both cards" "$($H erasures "${order:0:20}" --json | pick '[len(d["certificate"][k]) for k in ("readers", "cards", "sticks")]')" '[2, 2, 1]'
status "who is erased already is not erased once more" 1 $H erase "$card" $secret
like "which says since when, by which order, and that nothing was written" "$(cat ok.out)" "erased already, by the order of 20[0-9-]*T[^ ]*: nothing was written .packhorsed erasures $order"
status "nor by another of her registrations" 1 $H erase "$twin" $secret
like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H erase "$card2" $secret 2>&1)" "đã xóa rồi, theo lệnh ngày 20.*không ghi gì thêm .packhorsed erasures $order"
is "there is one order" "$($H erasures --json | pick 'len(d["erasures"])')" 1
image find known $refs hub >found
is "nothing of her is left in the hub's files" "$(cat found)" ''
image find known1 $hers hub medium >found
is "nor in those of the second medium" "$(cat found)" ''
is "where the other note is" "$(image find known1 medium | grep -c ciphertext)" 1
is "which the certificate says" "$($H erasures "$order" --json | pick 'd["certificate"]["second_medium"]')" erased
image find known --ref "$stays" hub >found
is "the other reader is there" "$(grep -c 'ciphertext' found)" 1
is "the hub still reads him, not her" "$($H query reader "$stays" --names --json | grep -c 'Quàng Văn Ở') $($H query reader "$hoa" --names --json | grep -ci 'tuyệt')" '1 0'
ok "the hub's chains and seals verify" $H verify
is "and what is gone is not missing" "$($H verify --json | pick '[d["parts_missing"], d["parts_erased"]]')" '[0, 6]'

# --- the devices ---
is "until it hears of it a device shows her" "$(site a reader show "$hoa" --json | pick 'd["name"]')" 'Lò Thị Tuyệt'
late=$(ref b reader set "$hoa" --telephone 0988777666)
late2=$(ref b note 'Tuyệt nhờ cháu ký' --about "$consent")
late3=$(ref b note 'Tuyệt hẹn tuần sau' --about "$lent")
cp -r b learned/b2 && image learn known2 learned/b2 >/dev/null
is "what that site has changed of her since, and noted, is in its files" \
  "$(for x in "$late" "$late2" "$late3"; do image find known2 --ref "$x" b | grep -c ciphertext; done | xargs)" '1 1 1'
again=$(ref c reader add --name 'Lò Thị Tuyệt Mai' --born 1987 --commune 03642)
ok "a site that has not heard gives her card to her again" site c card issue "$card" "$again"
cp -r c learned/c2 && image learn known3 learned/c2 >/dev/null
ok "the first PC syncs" sync a
image find known $refs a >found
is "nothing of her is left in its files" "$(cat found)" ''
like "it shows no name" "$(site a reader show "$hoa" --json)" '"erased"'
is "and finds none" "$(site a find tuyet --json | grep -ci 'tuyệt')" 0
# --- what cannot be removed from its folder is told, by the machine itself ---
stuck=a/courier/$(printf '0%.0s' {1..64}).piece
mkdir -p "$stuck"
sync a
like "what was packed for couriers and stays is told" "$(cat sync.err)" 'an erasure is not done here.* a/courier .Is a directory.\. See that'
sync a
is "once" "$(cat sync.err)" ''
is "and by status, each time" "$(member a erase_stuck)" 'Is a directory'
like "for people, with what to do" "$(site a status | tr -s ' \n' ' ')" 'Readers erased.*cannot be removed .Is a directory..*courier/ of this site can be written'
like "in the language of who asks" "$(LC_ALL=vi_VN.UTF-8 site a status 2>/dev/null | tr -s ' \n' ' ')" 'Xóa bạn đọc.*chưa xóa xong.*(là thư mục, không phải là tệp).*xem thư mục courier/'
is "the province counts it as out" "$($H erasures "$order" --json | pick '[d["certificate"][k] for k in ("confirmed", "out")]')" '[0, 4]'
rmdir "$stuck"

for x in a a2 c b; do sync $x; done
for x in a2 c b; do sync $x; done
is "and no more once it can be removed" "$(site a status --json | grep -c erase_stuck)" 0
image find known $refs hub a a2 b c >found
is "nothing anywhere once all have heard" "$(cat found)" ''
image find known3 --ref "$again" hub a b c >found
is "who has an erased card is erased: hub and device keep no part" "$(cat found)" ''
status "of a registration that no order names one is given, which an operator signs" 2 $H erase "$again"
is "and shows no name" "$(site c reader show "$again" --json | grep -c Mai) $($H query reader "$again" --names --json | grep -c Mai)" '0 0'
is "a change that came later has left no part, nor have notes" "$(image find known2 --ref "$late" --ref "$late2" --ref "$late3" hub a a2 b 2>&1)" ''
is "which nobody waits for" "$($H devices --json | pick 'sum(x["parts_missing"] for x in d["devices"])') $(for x in a a2 b c; do member $x parts_pending; done | xargs)" '0 0 0 0 0'
for x in a a2 b c; do sync $x; done
$H erasures "$order" --json >certificate
is "all have confirmed" "$(pick '[d["certificate"][k] for k in ("confirmed", "out", "gone")]' <certificate)" '[4, 0, 0]'
is "who had something of her" "$(pick 'sorted((x["site"], x["held"]) for x in d["certificate"]["devices"])' <certificate)" \
  "[('14-0001', True), ('14-0001', True), ('14-0002', True), ('14-0003', False)]"
like "the certificate, for people" "$($H erasures "$order")" '4 erased, 0 still out'
is "as a sheet, a row for each device" "$($H erasures "$order" --csv 2>/dev/null | tr -d '\r' | cut -d, -f 3,6 | sort | uniq -c | tr -s ' ')" ' 1 "erased","no"
 3 "erased","yes"
 1 "state","held"'
like "names the stick" "$($H erasures "$order")" "$(member b device | cut -c1-8)  1  20"
like "and the folder with a backup of before" "$($H erasures "$order")" "  $(realpath backup)  20[^ ]*  20.*made there after 20[0-9-]*T"
for x in a b c; do
  is "$x and the hub have the same books" "$(site $x digest)" "$($H digest --device "$(member $x device)")"
done
for x in a a2 b; do ok "$x verifies" site $x verify; done
# --- what her sites had packed for the hub before ---
one=$(member b device)
two=$(member a device)
away() { $H erasures "$order" --json | pick 'sorted((x["device"] == "'"$one"'", x["road"], x["out"], x["last"] - x["first"] + 1) for x in d["certificate"]["away"])'; }
is "the stick and the van that have not come are still out" "$(away)" "[(False, 'stick', 1, 1), (True, 'courier', 1, 1)]"
like "for people, too" "$($H erasures "$order")" "${one:0:8}  up  [0-9]*  20[0-9-]*  for a courier"
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 LANGUAGE=vi $H erasures "$order")" 'Chưa về: .* gói'
is "what was packed for a van and lies in the folder went with her" "$(ls b/courier/packhorse | grep -c phb)" 0
last=$($H erasures "$order" --json | pick 'next(x["last"] for x in d["certificate"]["away"] if x["device"] == "'"$two"'")')
status "of what is destroyed a person says so, by its number" 2 $H bundle gone "$two" up x
ok "which is given" $H bundle gone "$two" up "$last"
is "and it is out no more" "$(away)" "[(True, 'courier', 1, 1)]"

# --- what comes back, does not ---
site b take-stick stick --json >taken 2>taken.err
is "the old stick is taken all the same: its bundle is read to the end, none is refused" \
  "$? $(pick '[d[k] for k in ("bundles", "others", "refused", "refused_more")]' <taken)" '0 [1, 0, [], 0]'
image find known $refs b >found
is "nothing came back by it" "$(cat found)" ''
is "the van has carried her bundle all the time" "$(carried)" "[('up', '14-0002')]"
image text 'Tuyệt' van >found
image find known $refs van >>found
is "in which nothing of her is to be read" "$(cat found)" ''
ok "it comes home" sync van
image find known $refs hub van >found
is "and brings nothing of her back" "$(cat found)" ''
is "then nothing that was packed of her is out" "$(away)" '[]'
like "for people, too" "$($H erasures "$order")" 'none that may have something of the reader is still out'
ok "the bundle that was made for her other site is destroyed" $H bundle gone "$one" down 1
is "and named no more" "$($H erasures "$order" --json | pick 'd["certificate"]["sticks"]')" '[]'
folders() { $H erasures "$order" --json | pick '[x["folder"] for x in d["certificate"]["backups"]]'; }
is "the folder of backups is" "$(folders)" "['$(realpath backup)']"
status "of one that the hub has not noted nobody can say that it is destroyed" 2 $H backup gone stick
like "which is said" "$(cat ok.out)" 'as the certificate of an erasure shows it'
ok "of that one somebody does" $H backup gone backup
is "and it is named no more" "$(folders)" '[]'
ok "the hub is whole" $H verify
status "her card is handed out no more where that is known" 2 site c card issue --again "$card" "$(ref c reader add --name 'Vì Thị Hiền' --commune 03642)"
like "which is said" "$(site c card issue --again "$card" "$(ref c reader add --name 'Vì Thị Hiên' --commune 03642)" 2>&1)" 'erased'
status "nor is anything of her written down" 2 site a reader set "$hoa" --telephone 0977
status "not as a note about her loan either" 2 site a note 'Tuyệt làm rách bìa' --about "$lent"
printf '{"kind":"note","about":"%s","text":"Tuyệt làm rách bìa"}\n' "$lent" >w
status "nor at the hub" 1 $H record w
like "which says why" "$($H record w 2>&1)" 'of a reader who was erased'
wrong='{"kind":"reader-put","name":"TENBIMAT","born":"TENBIMAT"}
{"kind":"reader-put","name":TENBIMAT}
{"kind":"reader-put","name":"TENBIMAT\u0001"}
{"kind":"reader-put","nam":"TENBIMAT"}'
is "errors repeat nothing that may be a name" "$(site c record <<<"$wrong" 2>&1 | grep -c '"ok":false') $(site c record <<<"$wrong" 2>&1 | grep -c TENBIMAT)" '4 0'
ok "a ledger made anew is the same" site a rebuild
image find known $refs a >found
is "and brings nothing back" "$(cat found)" ''
cp -r hub learned/hub2
stop "$serve"
mkdir -p hub/backup/copy.db
like "what a killed backup left and cannot be removed is told by the hub's status" "$($H status 2>left.err)" 'Cannot be removed .*backup/: Is a directory .OPERATIONS, hub.backup-stays'
like "in the language of who asks" "$(LC_ALL=vi_VN.UTF-8 $H status 2>/dev/null)" 'Không gỡ được .*backup/: là thư mục, không phải là tệp'
like "and said, with what to do" "$(cat left.err)" "^hub.backup-stays .*See that the service's user may write there"
rmdir hub/backup/copy.db
ok "yesterday's backup is restored" bash -c "$hubd restore -d hub3 \$(ls backup/*.backup) --recovery-key recovery || $hubd -d hub3 restore \$(ls backup/*.backup) --recovery-key recovery"
image find known --ref "$hoa" hub3 >found
is "it knows her again" "$(grep -c ciphertext found)" 1
start serve3 $hubd -d hub3 serve --listen 127.0.0.1:0
at=127.0.0.1:$(listen_port serve3)
H3="$hubd -d hub3"
$H3 query readers tuyet --names --json >asked 2>asked.err
$H3 query reader "$hoa" --names --json >>asked 2>>asked.err
$H3 privacy "$card" --json >>asked 2>>asked.err
$H3 why reader "$hoa" --names --json >>asked 2>>asked.err
is "before a device has called it shows nobody who she is" "$(grep -c 'Tuyệt\|0912333444\|Khuyên' asked)" 0
is "and says why: to people, to programs" "$(grep -c 'withheld until .packhorsed restore end' asked.err) $(grep -c '"withheld"' asked)" '4 4'
ok "a device calls" sync a
status "it is not ended while four of five have not" 75 $H3 restore end
like "which says how many, and of which sites" "$(cat ok.out)" '4 of 5 devices.*14-0001, 14-0002, 14-0003, 14-0900'
is "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 LANGUAGE=vi $H3 restore end 2>&1 | grep -c '4 trên 5 máy chưa gọi về')" 1
is "it collects as before" "$($H3 status --json | pick 'd["collecting"]')" True
ok "the collecting ends when the operator says so all the same" $H3 restore end --anyway
like "the other reader is shown again" "$($H3 query reader "$stays" --names)" 'Quàng Văn Ở'
image find known $refs hub3 >found
is "what the device knew has erased her there, before anybody was served" "$(cat found)" ''

# --- a second medium that was away meanwhile ---
is "the second medium is gone on with" "$($hubd -d hub3 status --json | pick 'd["second_medium"]')" ok
printf '{"kind":"note","about":"%s","text":"Ở hay quên thẻ"}\n' "$stays" >w
ok "a note about the other reader" $hubd -d hub3 record w
cp -r hub3 learned/hub3 && image learn known4 learned/hub3 >/dev/null
image find known4 medium >found
is "is on the medium" "$(grep -c ciphertext found)" 1
stop "$started_pid"
mv medium away
start serve4 $hubd -d hub3 serve --listen 127.0.0.1:0
listen_port serve4 >/dev/null
ok "he is erased, too" $hubd -d hub3 erase "$stays" $secret
order2=$($hubd -d hub3 erasures --json | pick 'max(d["erasures"], key=lambda e: e["out"])["erasure"]')
is "the certificate names the medium" "$($hubd -d hub3 erasures "$order2" --json | pick '[d["certificate"][k] for k in ("at_hub", "second_medium")]')" "[True, 'out']"
like "for people, too" "$($hubd -d hub3 erasures "$order2")" 'second medium: still out'
stop "$started_pid"
mv away medium
is "what was away has it still" "$(image find known4 medium | grep -c ciphertext)" 1
is "as is said without a daemon" "$($hubd -d hub3 erasures "$order2" --json | pick 'd["certificate"]["second_medium"]')" out
start serve5 $hubd -d hub3 serve --listen 127.0.0.1:0
listen_port serve5 >/dev/null
ok "it is there again, and something is said" $hubd -d hub3 policy set loan-term-days 21
image find known4 medium hub3 >found
is "now nothing of him is left on it" "$(cat found)" ''
is "as the certificate says" "$($hubd -d hub3 erasures "$order2" --json | pick 'd["certificate"]["second_medium"]')" erased
is "and no half of a file" "$(ls medium | grep -c part)" 0
ok "and it is good for a restore" $hubd -d hub4 restore $(ls backup/*.backup) --recovery-key recovery --second-medium medium
ok "that is whole" $hubd -d hub4 verify
# --- a reader of whom there is more than one order can name ---
at=127.0.0.1:$(listen_port serve5)
many=$(ref a reader add --name 'Lường Văn Nhiều' --born 1979 --commune 03641)
for ((i = 0; i < 65; i++)); do printf '{"kind":"card-issue","card":"N%s","reader":"%s"}\n' $i "$many"; done >cards
ok "a site gives a reader 65 cards" site a record cards
sync a
ok "one command writes all orders, with the passphrase once" bash -c "head -1 pass | $hubd -d hub3 erase $many --json --passphrase-file - >many.out"
is "says what it wrote, and that nothing is left" "$(pick '[len(d["entries"]), d["readers_left"], d["cards_left"], "also" in d]' <many.out)" '[2, 0, 0, False]'
sync a
sync a
$hubd -d hub3 log --limit 10000 >log.out
$hubd -d hub3 erasures --json >erasures.out
is "each card once, and the certificates of both are right: a device has done it" "$("$PYTHON" -c 'import json, sys
orders = [e for e in map(json.loads, open("log.out")) if e["kind"] == "reader-erase" and sys.argv[1] in e["readers"]]
done = {e["erasure"]: [e["at_hub"], e["confirmed"]] for e in json.load(open("erasures.out"))["erasures"]}
print([len(e["cards"]) for e in orders], len({c["code"] for e in orders for c in e["cards"]}), [done[e["ref"]] for e in orders])' "$many")" \
  '[64, 1] 65 [[True, 1], [True, 1]]'
image text 'Tuyệt' hub hub3 hub4 medium a a2 b c van stick backup serve serve.err serve3 serve3.err sync.err >found
is "no log, no file name, no file has the name" "$(cat found) $(find . -path ./learned -prune -o -name '*uy*t*' -print | grep -c 'Tuyệt')" ' 0'
is "and no process leaves its memory behind" "$(awk '/core file/ { print $5, $6 }' "/proc/$started_pid/limits")" '0 0'

# --- orders that are broken off: a daemon that refuses the second ---
mkdir fake
start fake.said "$PYTHON" -c 'import json, socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind("fake/socket")
server.listen()
for answer in sys.argv[1:]:
    call, _ = server.accept()
    with call, call.makefile("rw") as line:
        print(json.loads(line.readline()).get("also"), flush=True)
        line.write(answer + "\n")' '{"exit": 0, "entries": [], "readers_left": 36, "cards_left": 2, "also": ["x"]}' '{"exit": 75, "error": "no room now"}'
for ((i = 0; i < 100; i++)); do [ -S fake/socket ] && break; sleep 0.1; done
status "who hears of a part alone is told" 14 $hubd -d fake erase "$many" $secret
like "why, what is left, and what to do" "$(tr '\n' ' ' <ok.out)" "no room now.*left: registrations 36, cards 2.*Say it again now.*erase $many"
is "the second request was for whom the first answer named" "$(cat fake.said)" "None
['x']"
done_testing

#!/bin/bash
# Every kind of entry that a site may write, by its command and by `record`; what is not
# known here; bad input; codes from standard input.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
pack=$BUILD/client/packhorse
P="$pack -d $T/s"

run() {
  "$@" >out 2>err
  rc=$?
}
entry() { # member [index] of what the last `run … --json` printed
  json out "j['entries'][${2:-0}]['$1']"
}
# name, kind, command…: it saves one entry of that kind, and nothing in it is unknown here
saves() {
  local name=$1 kind=$2
  shift 2
  run "$@" --json
  is "$name" "$rc $(json out '[(e["kind"], e["known"]) for e in j["entries"]]' 2>/dev/null)" \
    "0 [[\"$kind\", true]]" || sed 's/^/# /' err
}
entries_here() {
  $P status --json >here.json
  json here.json 'j["entries"]'
}
ref_of() { # command…: the reference of the entry that it writes
  "$@" --plain | cut -f2
}

make_site() {
  echo 'secret words' >pass &&
    "$hubd" -d "$T/hub" init --listen 127.0.0.1:7415 --kdf-memory-mib 8 --passphrase-file pass &&
    "$hubd" -d "$T/hub" site add 14-0371 --commune 03646 --kind van --name 'Xe thư viện' &&
    "$hubd" -d "$T/hub" invite --site 14-0371 --role site --out invite --passphrase-file pass &&
    $P join invite
}
ok "a site is made and joined" make_site
title=$(ref_of $P title add --name 'Dế Mèn phiêu lưu ký')
other=$(ref_of $P title add --name 'Dế mèn phiêu lưu kí')
$P copy add B1 --title "$title" --price 45000 --shelf 'V21' --acquisition budget >/dev/null
for b in B2 B3 B4; do $P copy add $b --title "$title" >/dev/null; done
for c in T1 T2 T3; do $P reader add --name "Người $c" --card $c >/dev/null; done
reader=$(json <($P reader show T1 --json) 'j["reader"]')

# --- readers, money ---

saves "consent" consent $P reader consent T1 given --who guardian --guardian 'Bà Lò' --day 2026-09-01
is "the guardian's name is not told" "$(grep -c 'Lò' out)" 0
saves "consent, taken back" consent $P reader consent "$reader" withdrawn
saves "block" reader-block $P reader block T1 --reason debt --until 2099-06-30
saves "merge" reader-merge $P reader merge T2 T3
saves "card stop" card-stop $P card stop T3 --reason lost
run $P card replace T2 --print-card --reason damaged --json
is "card replace: stopped and issued" \
  "$rc $(json out '[(e["kind"], e["card"]["ns"], e.get("reason")) for e in j["entries"]]')" \
  '0 [["card-stop", 140371, "damaged"], ["card-issue", 0, null]]'
new=$(json out 'j["entries"][1]["card"]["code"]')
is "the new card is the reader's" "$(json <($P card show "$new" --json) 'j["reader"]["name"]')" "Người T2"
ok "and again, with a card of our own" $P card replace "$new" T22
saves "charge" charge $P charge T1 5000 --reason overdue --copy B1
charge=$(entry ref)
saves "payment" payment $P payment T1 5000 --charge "$charge"
run $P charge T1 3000 --reason card
is "a charge in words" "$(cat out)" "saved ✓ charge T1  amount 3000, reason card"

run $P card show T1 --json
is "card show: what is owed and paid" \
  "$(json out 'j["account"]["charged"], j["account"]["paid"], len(j["account"]["charges"]), j["account"]["payments"][0]["charge"]')" \
  "(8000, 5000, 2, '$charge')"
is "and its reader's block and consents" \
  "$(json out 'j["reader"]["blocks"][0]["reason"], j["reader"]["blocks"][0]["until"], [c["given"] for c in j["reader"]["consents"]]')" \
  "('debt', '2099-06-30', ['given', 'withdrawn'])"
run $P card show T3 --json
is "card show: stopped" "$(json out 'j["stops"][0]["reason"], j["known"]')" "('lost', True)"
ok "a card that nobody had" $P charge T77 1000
run $P card show T77 --json
is "may owe" "$rc $(json out 'j["account"]["charged"], j["known"]')" "0 (1000, False)"
run $P loan T1 B2
is "a loan to who is blocked: recorded, and said" "$rc $(cat err)" "0 packhorse: T1: this reader is blocked"
run $P loan T3 B2
is "to a stopped card" "$rc $(cat err)" "0 packhorse: T3: this card was stopped"
run $P loan T22 B2
is "to one that is neither" "$rc $(cat err)" "0 "
ok "it comes back" $P return B2

# --- the catalogue ---

saves "title merge" title-merge $P title merge "$title" "$other"
saves "title merge, the other way" title-merge $P title merge "$other" "$title"
saves "copy alias" copy-alias $P copy alias B2 B3 --reason same
run $P copy relabel B1 N1 --json
is "relabel: put and alias in one commit" \
  "$rc $(json out '[(e["kind"], e["copy"]["code"]) for e in j["entries"]]')" \
  '0 [["copy-put", "N1"], ["copy-alias", "N1"]]'
is "relabel: the alias says how" "$(entry reason 1) $(json out 'j["entries"][1]["other"]["code"]')" "relabelled B1"
is "relabel: the registers come along" \
  "$(json <($P copy show N1 --json) 'j["title"], j["price"], j["shelf"], j["acquisition"], j["owner"]')" \
  "('$title', 45000, 'V21', 'budget', 140371)"
run $P copy relabel B4 --print-code --json
is "relabel --print-code" "$rc $(json out 'j["entries"][0]["copy"]["ns"]')" "0 0"
printed=$(json out 'j["entries"][0]["copy"]["code"]')

# --- copies ---

saves "sighting" sighting $P sighting B2 --purpose stock-take
saves "missing" copy-missing $P copy missing B3
run $P copy add B9 --title "$title"
run $P copy missing B9
is "missing, of a copy that was only added: it counts" "$rc $(cat err)" "0 "
run $P copy show B9 --json
is "it is nowhere, and missing here" "$(json out 'j["custody"]["at"], j["condition"]["missing"]["site"]')" "('unknown', 140371)"
run $P copy missing A99
like "missing, but not known to be on the shelf: said" "$(cat err)" 'A99: as far as is known here it is not on this site'
ok "a loan" $P loan T1 B3
saves "lost names the loan that is open" reader-lost $P copy lost B3
is "and which" "$(json out '"loan" in j["entries"][0]')" true
status "lost, but not out" 2 $P copy lost B4
like "says what to do" "$(cat ok.out)" 'no loan of it is open here.*--loan REF.*copy missing'
saves "damaged" damaged $P copy damaged B2 --degree worn
saves "repaired" repaired $P copy repaired B2
saves "withdrawn" withdrawn $P copy withdraw B2 --decision '12/QĐ-TV' --reason worn
saves "reinstated" reinstated $P copy reinstate B2 --decision '13/QĐ-TV'
run $P copy damaged B2 B3 B4 --json
is "several copies, an entry each" "$rc $(json out 'len(j["entries"])')" "0 3"

# --- without codes ---

saves "uncoded loan" uncoded-loan $P uncoded loan 5 --card T1 --term 10 --when 2026-09-22
is "with its due day" "$(entry due) $(entry count)" "2026-10-02 5"
run $P uncoded loan 2 --due 2026-12-31
is "uncoded loan in words" "$(cat out)" "saved ✓ uncoded loan  count 2  due 2026-12-31"
saves "uncoded return" uncoded-return $P uncoded return 5 --card T1

# --- holds ---

saves "hold of a title" hold-place $P hold place T1 --title "$title" --when 2026-09-22
is "for thirty days, here" "$(entry expires) $(entry pickup)" "2026-10-22 140371"
hold=$(ref_of $P hold place T1 --title "$title")
saves "hold of a copy" hold-place $P hold place T1 --copy B2 --expires 2099-12-31 --pickup 140372
run $P hold place T1 --copy B2 --expires 2099-12-31
like "a hold is named by what it prints" "$(cat out)" \
  '^saved ✓ hold [0-9a-f]{32}\.[0-9]+\.[0-9a-f]{16}  card T1, expires 2099-12-31, pickup 140371, copy B2$'
saves "hold ready" hold-ready $P hold ready "$hold" B2
is "the claim is shown" "$(json <($P copy show B2 --json) 'j["claims"][0]["hold"]')" "$hold"
status "ready twice" 2 $P hold ready "$hold" "$printed"
like "says why" "$(cat ok.out)" 'a copy is laid aside for this hold already'
run $P loan T22 B2
like "lent to another: said" "$(cat err)" 'B2: it was laid aside for another reader'
run $P copy show B2 --json
is "and recorded" "$rc $(json out '"claims" in j')" "0 false"
alien=$(ref_of $P title add --name 'Số đỏ')
$P copy add A1 --title "$alien" >/dev/null
hold=$(ref_of $P hold place T1 --title "$title")
status "a copy of another title" 2 $P hold ready "$hold" A1
like "says so" "$(cat ok.out)" 'this hold is of another title'
ok "a copy of a title that is the same" bash -c "$P copy add O1 --title $other && $P hold ready $hold O1"
run $P loan T1 O1 --json
is "lent to whom it was laid aside for: it fills the hold" "$rc $(entry hold)" "0 $hold"
status "a hold that is filled" 2 $P hold ready "$hold" B2
like "says so too" "$(cat ok.out)" 'this hold is filled'
hold=$(ref_of $P hold place T1 --copy N1)
ok "the other code of that copy" $P hold ready "$hold" B1
hold=$(ref_of $P hold place T1 --copy N1)
status "another copy" 2 $P hold ready "$hold" B2
saves "hold cancel" hold-cancel $P hold cancel "$hold" --reason reader
status "a hold that was cancelled" 2 $P hold ready "$hold" N1
hold=$(ref_of $P hold place T1 --copy N1 --when 2026-01-01 --expires 2026-02-01)
status "a hold that is over" 2 $P hold ready "$hold" N1
saves "but was not then" hold-ready $P hold ready "$hold" N1 --when 2026-01-05
run $P hold ready "${title%.*}.0000000000000000" N1 --json
is "a hold that is not here yet" "$rc $(entry known)" "0 false"
saves "a loan with its hold named" loan $P loan T1 N1 --hold "$hold"

# --- crates ---

run $P crate dispatch B2 "$printed" --to 140372 --due-back 2026-12-01 --json
is "dispatch prints a new code" "$rc $(entry kind) $(json out 'j["entries"][0]["crate"]["ns"], len(j["entries"][0]["copies"])')" \
  "0 crate-dispatch (0, 2)"
is "from here, due back" "$(entry from) $(entry to) $(entry due_back) $(entry known)" "140371 140372 2026-12-01 true"
crate=$(json out 'j["entries"][0]["crate"]["code"]')
run $P crate dispatch B2 --to 140372 --crate "$crate" --json
is "more into the same crate" "$(json out 'j["entries"][0]["crate"]["code"]')" "$crate"
run $P crate dispatch B2 B2 X1 X2 --to 140372
is "dispatch in words: a copy scanned twice is one" \
  "$(sed 's/[0-9]\{13\}/CODE/' out)" "saved ✓ dispatch CODE  from 140371, to 140372, copies 3  (not known here: X1, X2)"
seq 1 900 | sed 's/^/Z/' >codes
run $P crate dispatch --to 140372 --json <codes
is "over 400 copies: several entries of one journey" \
  "$rc $(json out '[len(e["copies"]) for e in j["entries"]], len({e["crate"]["code"] for e in j["entries"]})')" \
  "0 ([400, 400, 100], 1)"
is "which are not known here" "$(json out 'sum(len(e["unknown_copies"]) for e in j["entries"]), j["entries"][0]["unknown"]')" "(900, ['copy'])"
for n in 400 401; do
  run $P crate dispatch --to 140372 --json < <(head -$n codes)
  is "$n copies" "$rc $(json out '[len(e["copies"]) for e in j["entries"]]')" \
    "0 $([ $n = 400 ] && echo '[400]' || echo '[400, 1]')"
done
run $P crate receive "$crate" B2 --final --json
is "receive" "$rc $(entry kind) $(entry final) $(entry known)" "0 crate-receive 1 true"
is "and who stands there hears what is short" "$(grep -c "short of the list.*: $printed\$" err)" 1
run $P crate show "$crate" --json
is "crate show: what came" "$(json out '[(c["copy"]["code"], c["sent"], c["came"]) for c in j["copies"]]')" \
  "[[\"$printed\", true, false], [\"B2\", true, true]]"
is "final: it is short of one" "$(json out 'j["final"], [c["code"] for c in j["short"]], j["over"]')" "(True, ['$printed'], [])"
run $P crate show "$crate"
like "for people" "$(cat out)" "copies.copy $printed, title_name Dế Mèn phiêu lưu ký, sent yes, came no"
status "more into a crate that has arrived" 2 $P crate dispatch B4 --to 140372 --crate "$crate"
like "says why" "$(cat ok.out)" 'this crate has arrived; each journey has a code of its own'
run $P crate dispatch B3 --to 140372 --json
on_way=$(json out 'j["entries"][0]["crate"]["code"]')
status "into a crate to elsewhere" 2 $P crate dispatch B4 --to 140373 --crate "$on_way"
run $P crate show "$on_way" --json
is "before a receive is final nothing is short" "$(json out 'j["final"], "short" in j, j["known"]')" "(False, False, True)"
run $P copy show B3 --json
is "and the copy is under way" "$(json out 'j["custody"]["at"], j["custody"]["crate"]["code"]')" "('crate', '$on_way')"
status "a crate that nobody knows" 1 $P crate show 8901234567999
run $P crate receive "$crate" - --listed --final --json <codes
is "receive 900 from standard input: the last entry says that it is all" \
  "$(json out '[(len(e["copies"]), e.get("listed"), e.get("final")) for e in j["entries"]]')" \
  '[[400, null, null], [400, null, null], [100, 1, 1]]'
run $P crate receive 8901234567890 --listed
is "a crate that nobody here has heard of" "$(cat out)" "saved ✓ receive 8901234567890  listed  (not known here: the crate)"

# --- printed codes are of one thing ---

next=$("$PYTHON" -c '
import sys
c = sys.argv[1][:8] + "%04d" % (int(sys.argv[1][8:12]) + 1)
print(c + str(-sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(c)) % 10))' "$on_way")
ok "a crate is given the next code by hand" $P crate dispatch B4 --to 140372 --crate "$next"
for what in "copy add --print-code --title $title" "card issue --print-card T1" "crate dispatch B4 --to 140372"; do
  run $P $what --json
  grep -o '"code":"14[0-9]*"' out
done | sort >printed
is "copies, cards and crates share one row of codes, and none has it" \
  "$(uniq printed | wc -l) $(grep -c "$next" printed)" "3 0"

# --- the day ---

saves "day open" day-open $P day open --from 07:30 --to 24:00
is "in minutes" "$(entry from) $(entry to)" "450 1440"
saves "shift" shift $P shift begin Hoa
is "begins" "$(entry code) $(entry phase)" "Hoa begin"
saves "shift ends" shift $P shift end Hoa
saves "stop" mobile-stop $P stop open --commune 03646 --place 'Bản Nà Lốc'
stop=$(entry ref)
status "which of two" 2 bash -c "$P stop open --commune 03646 && $P stop close"
saves "stop close" mobile-stop $P stop close "$stop"
saves "the other one" mobile-stop $P stop close
status "none is open" 2 $P stop close
saves "activity" activity $P activity reading-day 40 --women 12 --name 'Ngày sách' --partner 'Trường THCS'
saves "training" training $P training 'Biên mục' --workers 3 --collaborators 2 --women 4
saves "digital use" digital-use $P digital-use lookup 12 --women 5
saves "donation" donation $P donation enterprise --money 1000000 --copies 20 --titles 4 --foreign --name 'Công ty A'
is "the donor's name is not told" "$(grep -c 'Công ty' out)" 0
run $P day open --from 08:00
is "a day in words" "$(cat out)" "saved ✓ day open  from 08:00"
run env LANG=vi_VN.UTF-8 LC_ALL=vi_VN.UTF-8 $P activity talk 3
is "in Vietnamese" "$(cat out)" "đã lưu ✓ hoạt động  dịp talk, số người 3"

# --- the programme ---

saves "worker add" worker-put $P worker add --name 'Lò Thị Hoa' --role librarian --from 2026-01-01 --telephone 0912
is "at this site, unnamed" "$(entry site) $(grep -c 'Hoa' out)" "140371 0"
worker=$(entry ref)
run $P worker set "$worker" --role manager --json
is "worker set names the worker" "$rc $(entry worker) $(entry known)" "0 $worker true"
run $P training 'Xếp giá' "$worker" "$worker" --json
is "training: who came, each once" "$rc $(entry attendees)" "0 [\"$worker\"]"
saves "model put" model-put $P model put 03646 14-0371 140372 --status planned --decision 4/QĐ --date 2026-05-01
is "with its sites" "$(entry sites)" "[140371, 140372]"
ok "model put again" $P model put 03646 --status building
saves "tally" tally $P tally put computers 4 --from 2026-01-01 --to 2026-12-31
saves "note" note $P note 'mái bị dột' --about "$title"
is "the words are not told" "$(grep -c 'dột' out)" 0
run $P note <<<'từ một dòng'
is "note from standard input" "$rc $(cat out)" "0 saved ✓ note"
elsewhere=0102030405060708090a0b0c0d0e0f10.7.0102030405060708
run $P signoff "$elsewhere" --commune 03646 --disagrees --json
is "signoff" "$rc $(entry kind) $(entry agrees)" "0 report-signoff 0"
run $P erase-done "$elsewhere" --json
is "erase-done" "$rc $(entry kind)" "0 erase-done"
# what is here and something else is refused where it is named
wrong() { # name, command…
  local name=$1
  shift
  run "$@"
  is "$name" "$rc $(grep -c 'this entry is title-put, and not' err)" "2 1"
}
wrong "a title is no report" $P signoff "$title" --commune 03646
wrong "nor a reader" $P card issue QQ1 "$title"
wrong "nor a reader to block" $P reader block "$title"
wrong "nor a hold" $P loan K1 B1 --hold "$title"
wrong "nor a loan" $P copy lost B1 --loan "$title"
wrong "nor a charge" $P payment K1 5 --charge "$title"

# --- what takes back ---

run $P reader block T1 --reason conduct
run $P reader unblock T1 --json
is "unblock names the blocks that are in force" \
  "$rc $(entry kind) $(entry known) $(json out 'len(j["entries"][0]["blocks"])')" "0 reader-unblock true 2"
status "then none is" 2 $P reader unblock T1
like "and that is said" "$(cat ok.out)" 'no block of this reader is in force'
run $P reader block T3
run $P reader unblock T2 --json
is "a block of a registration that was merged with this one" "$rc $(json out 'len(j["entries"][0]["blocks"])')" "0 1"
run $P title unmerge "$title" "$other" --json
is "unmerge names all merges between the two" "$rc $(entry kind) $(json out 'len(j["entries"][0]["merges"])')" \
  "0 title-unmerge 2"
status "then there is none" 2 $P title unmerge "$other" "$title"
like "and that is said" "$(cat ok.out)" 'nothing that is known here makes these two one'
third=$(ref_of $P title add --name 'Dế Mèn')
ok "a circle of merges" bash -c "$P title merge $title $other && $P title merge $other $third && $P title merge $third $title"
ok "one of them undone" $P title unmerge "$title" "$third"
status "the two are one through the third" 2 $P title unmerge "$title" "$third"
like "which is named" "$(cat ok.out)" "one only through $other: take that one apart"
saves "unmerge of readers" reader-unmerge $P reader unmerge T2 T3
saves "unalias" copy-unalias $P copy unalias N1 B1

never=${title%.*}.0000000000000000
run $P title unmerge --merges "$never" --json
is "unmerge of what is not here yet" "$rc $(entry kind) $(entry known)" "0 title-unmerge false"
run $P void "$never"
like "void of what is not here yet" "$(cat out)" 'not known here'
run $P visit 3 --band child --json
ok "void" $P void "$(entry ref)"
void=$(json <($P log --limit 1 --json) 'j["entries"][0]["ref"]')
status "void of a void" 2 $P void "$void"
like "says why, and what to do" "$(cat ok.out)" 'a void of a void has no effect: record anew'
status "void of what the log made" 2 $P void "$(json <($P log --limit 100000 --json) 'j["entries"][0]["ref"]')"

# --- standard input ---

printf 'B2\n\n  B3 \r\nĐ9\nX7\n%0100d\n' 0 >codes
run $P sighting --purpose stock-take --plain <codes
is "sighting: a line each, told at once, wrong ones passed over" \
  "$rc $(cut -f1,3,5 out | tr '\t' ' ' | tr '\n' ';')" "1 sighting B2 known;sighting B3 known;sighting X7 unknown;"
like "the line that a keyboard driver changed is named" "$(cat err)" 'line 4: Đ9: .*bộ gõ'
like "and the one that is too long" "$(cat err)" 'line 6: a code has 1 to 64 bytes'
run $P sighting - </dev/null
is "sighting of nothing" "$rc $(cat out)" "0 "
before=$(entries_here)
run $P crate dispatch --to 140372 <codes
is "dispatch: a bad line refuses all" "$rc $(entries_here)" "2 $before"
like "and is named" "$(cat err)" 'line 4: Đ9'
printf 'A\0B\n' >codes
status "a zero byte in a line" 2 $P crate dispatch --to 140372 - <codes
is "nothing of it was written" "$(entries_here)" "$before"

# At a terminal a person is told at once, and scans again.
"$PYTHON" - $P crate dispatch --to 140372 >typed <<'EOF_PTY'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
for line in (b"B4\n", "Đ9\n".encode(), b"O1\n", b"\x04"):
    os.write(fd, line)
try:
    while data := os.read(fd, 4096):
        seen += data
except OSError:
    pass
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
sys.stdout.buffer.write(seen)
EOF_PTY
is "dispatch at a terminal: what is no good is left out" "$(head -1 typed) $(grep -c 'copies 2' typed)" "0 1"
like "and said at once" "$(tr -d '\r' <typed)" 'line 2: Đ9'

# --- the Vietnamese keyboard, for crates ---

status "a crate with letters that no scanner sends" 2 $P crate receive Đ12 --listed
status "a crate with a wrong check digit" 2 $P crate receive "${crate%?}$(((${crate: -1} + 1) % 10))" --listed
ok "taken as it is, if that is said" $P crate receive Đ12 --listed --as-is

# --- bad arguments ---

before=$(entries_here)
while IFS='|' read -r name want args; do
  eval "status \"bad: $name\" 2 \$P $args"
  like "bad: $name: said" "$(cat ok.out)" "$want"
done <<'EOF_CASES'
consent of no kind|given: "maybe" is not one of given, withdrawn|reader consent T1 maybe
consent of nobody|no reader is known here by the card T99|reader consent T99 given
day in 1900|day: is not a day from 1970-01-01|reader consent T1 given --day 1900-01-01
day in 3000|day: "3000-01-01" is not a day|reader consent T1 given --day 3000-01-01
no such day|day: "2026-02-30" is not a day|reader consent T1 given --day 2026-02-30
when in 1900|when: is not from 1970 to 2999|activity talk --when 1900-01-01
when in 3000|when: "3000-01-01" is not|activity talk --when 3000-01-01
when with seconds|seconds are not kept|activity talk --when 2026-01-01T07:00:30
merge of one|both are the same|title merge $title $title
merge of a card|"T1" is not the reference of a title|title merge T1 T2
alias of one|both are the same|copy alias B2 B2
unmerge of one thing|name the two|title unmerge $title
unmerge that is none|this entry is title-put, and not title-merge|title unmerge --merges $title
relabel without a code|give the new code|copy relabel B2
relabel with both|give the new code|copy relabel B2 N2 --print-code
relabel of what is unknown|X99: this copy is not known here|copy relabel X99 N2
relabel into what is there|names a copy already|copy relabel B2 B3
replace by itself|both are the same|card replace T1 T1
replace of nobody's card|no reader is known here by the card T99|card replace T99 T1
replace without a card|give the new card|card replace T1
withdrawn without a decision|say --decision: number of the decision|copy withdraw B2
no such degree|degree: "bent" is not one of worn|copy damaged B2 --degree bent
charge of nothing|AMOUNT: "0" is not a whole number from 1 to 1000000000000|charge T1 0
charge of too much|from 1 to 1000000000000|charge T1 1000000000001
charge below nothing|-5... is a number below 0|charge T1 -5
count of minus one|--women: "-1" is not a whole number from 0 to 1000000|activity talk --women -1
count of a billion|ATTENDANCE: "1000000000" is not a whole number from 0 to 1000000|activity talk 1000000000
count that is no number|COUNT: "many" is not a whole number from 1 to 1000|uncoded loan many
count above its limit|COUNT: "1001" is not a whole number from 1 to 1000|uncoded loan 1001
term and due|stands beside|uncoded loan 3 --term 3 --due 2026-12-31
more women than people|women: 5 is more than attendance, which is 4|activity talk 4 --women 5
women of nobody|women: 5 is more than attendance|activity talk --women 5
hold of nothing|give --title or --copy|hold place T1
hold of both|give --title or --copy|hold place T1 --title $title --copy B2
hold that is none|"B2" is not the reference of a hold|hold cancel B2
crate to nowhere|say where it goes|crate dispatch B2
crate to where it is|goes to the site that it leaves|crate dispatch B2 --to 140371
crate to no site|no site Nowhere is known here|crate dispatch B2 --to Nowhere
crate of nothing|there is no copy|crate dispatch --to 140372 </dev/null
receive of nothing|give the copies|crate receive 8901234567890
crate code with a tab|control character|crate receive $'a\tb' --listed
copy code with a newline|control character|sighting $'a\nb'
copy code that is no text|is not UTF-8|sighting $'\xff'
card code too long|1 to 64 bytes|card stop aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg
no time of day|--from: "7:30" is not a time of day|day open --from 7:30
time of day past midnight|--to: "24:01" is not a time of day|day open --to 24:01
shift of nobody|too few arguments|shift begin
shift with a long code|code: 33 bytes; at most 32|shift begin aaaaaaaaaabbbbbbbbbbccccccccccddd
stop without a commune|say --commune|stop open
commune of four digits|commune: 4 bytes; it must be exactly 5|stop open --commune 0364
commune of letters|commune: "0364a" is not 5 digits|stop open --commune 0364a
no such occasion|occasion: "party" is not one of reading-day|activity party
no such donor|donor: "cat" is not one of person|donation cat
worker without a name|say --name|worker add --role manager
worker set of nothing|say what is to be changed|worker set $worker
worker who leaves before coming|to: the last day is before the first|worker add --name x --from 2026-03-02 --to 2026-03-01
worker who left before that|to: the last day is before the first|worker set $worker --to 2025-12-31
no such role|role: "boss" is not one of librarian|worker set $worker --role boss
too many attendees|attendees|training T $(seq -f "${title%%.*}.%.0f.0000000000000000" 1 65)
model without a status|say --status|model put 03646
tally without days|say --from: first day|tally put computers 4
tally of no code|code: "cows" is not one of budget-state|tally put cows 4 --from 2026-01-01 --to 2026-12-31
note of nothing|say what is to be noted|note </dev/null
note too long|text: 1001 bytes; at most 1000|note "$(printf '%01001d' 0)"
no such option|no option --colour|activity talk --colour red
EOF_CASES
is "bad arguments wrote nothing" "$(entries_here)" "$before"

# --- record ---

cat >lines <<'EOF_LINES'
{"kind":"title-put","name":"Một"}
{"kind":"title-put","name":"Hai"}
{"kind":"title-merge","title":"@1","other":"@2"}
{"kind":"title-merge","title":"@2","other":"@1"}
{"kind":"title-unmerge","merges":["@4","@3","@3"]}
{"kind":"reader-put","name":"A"}
{"kind":"reader-put","name":"B"}
{"kind":"card-issue","card":"R1","reader":"@6"}
{"kind":"consent","reader":"@6","given":"given","guardian":"G"}
{"kind":"reader-block","reader":"@6","reason":"debt","until":"2026-12-31"}
{"kind":"reader-unblock","reader":"@6","blocks":["@10"]}
{"kind":"reader-merge","reader":"@6","other":"@7"}
{"kind":"reader-unmerge","merges":["@12"]}
{"kind":"card-stop","card":"R1","reason":"lost"}
{"kind":"copy-put","copy":"Q1","title":"@1"}
{"kind":"copy-put","copy":"Q2","title":"@1"}
{"kind":"copy-alias","copy":"Q1","other":"Q2","reason":"relabelled"}
{"kind":"copy-unalias","aliases":["@17"]}
{"kind":"loan","copy":"Q1","card":"R1","term":7}
{"kind":"renew","copy":"Q1","loan":"@19","term":7}
{"kind":"reader-lost","copy":"Q1","loan":"@19"}
{"kind":"return","copy":"Q1"}
{"kind":"in-house-use","copy":"Q1"}
{"kind":"sighting","copy":"Q1","purpose":"found"}
{"kind":"uncoded-loan","count":3,"card":"R1","term":5}
{"kind":"uncoded-return","count":3}
{"kind":"copy-missing","copy":"Q1"}
{"kind":"damaged","copy":"Q1","degree":"unusable"}
{"kind":"repaired","copy":"Q1"}
{"kind":"withdrawn","copy":"Q1","decision":"1/QĐ"}
{"kind":"reinstated","copy":"Q1"}
{"kind":"charge","card":"R1","amount":2000,"loan":"@19"}
{"kind":"payment","card":"R1","amount":2000,"charge":"@32"}
{"kind":"hold-place","card":"R1","expires":"2026-12-31","pickup":140371,"title":"@1"}
{"kind":"hold-ready","hold":"@34","copy":"Q1"}
{"kind":"hold-cancel","hold":"@34","reason":"expired"}
{"kind":"crate-dispatch","crate":"8901234567890","from":140371,"to":140372,"copies":["Q1","Q2","Q1"]}
{"kind":"crate-receive","crate":"8901234567890","copies":["Q1"],"final":1}
{"kind":"day-open","from":450,"to":1020}
{"kind":"visit","band":"child"}
{"kind":"mobile-stop","commune":"03646"}
{"kind":"mobile-stop","stop":"@41"}
{"kind":"activity","occasion":"talk","attendance":4}
{"kind":"worker-put","name":"W","site":140371}
{"kind":"training","topic":"T","attendees":["@44"]}
{"kind":"digital-use","form":"video"}
{"kind":"donation","donor":"person","donor_name":"D"}
{"kind":"shift","code":"W","phase":"begin"}
{"kind":"model-put","commune":"03646","status":"recognised","sites":[140372,140371]}
{"kind":"tally","code":"media","value":3,"from":"2026-01-01","to":"2026-06-30"}
{"kind":"note","text":"x","about":"@1"}
{"kind":"void","target":"@40"}
{"kind":"erase-done","erase":"@1"}
{"kind":"report-signoff","report":"@1","agrees":1}
EOF_LINES
run $P record lines
is "record takes every kind" "$rc $(grep -c '"ok":true' out)" "0 $(wc -l <lines)" || grep -v '"ok":true' out | sed 's/^/# /'

# What of KINDS.md a site may write: all of it is in the log now, but for nothing.
sed -n 's/^| [0-9]* | \([a-z-]*\) | [a-z ]* | .*\(sites\|everybody\).*/\1/p' "$ROOT/docs/KINDS.md" | sort >kinds
is "KINDS.md names the kinds of a site" "$(($(wc -l <kinds) > 50))" 1
$P log --limit 100000 --json >log.json
json log.json '"\n".join(sorted({e["entry"]["kind"] for e in j["entries"]}))' >written
is "each has been written" "$(comm -23 kinds written | tr '\n' ' ')" ""

while IFS='|' read -r name want line; do
  echo "$line" >lines
  run $P record lines
  is "record refuses: $name" "$rc $(grep -c '"line":1,"ok":false' out)" "1 1"
  like "record refuses: $name: said" "$(json out 'j["error"]')" "$want"
done <<'EOF_CASES'
a kind of the hub|only the provincial library writes these|{"kind":"reader-erase","readers":["0123456789abcdef0123456789abcdef.3.0123456789abcdef"]}
a kind of the log|the log writes these by itself|{"kind":"clock-mark","boot":"0011223344556677","mono":1,"wall":1}
count of minus one|count: must be a whole number from 1 to 1000, not a negative number|{"kind":"uncoded-loan","count":-1}
count of a billion|count: 1000000000 is not in 1 to 1000|{"kind":"uncoded-loan","count":1000000000}
count of more than 64 bits|too big integer|{"kind":"uncoded-loan","count":99999999999999999999}
count of a half|count: must be a whole number from 1 to 1000, not a number with a fraction|{"kind":"uncoded-loan","count":1.5}
count as text|count: "3" is not a whole number from 1 to 1000|{"kind":"uncoded-loan","count":"3"}
flag of two|listed: 2 is not in 0 to 1|{"kind":"crate-receive","crate":"8901234567890","listed":2}
day in 1900|expires: is not a day from 1970-01-01 to 2999-12-31|{"kind":"hold-place","card":"R1","pickup":1,"copy":"Q1","expires":"1900-01-01"}
no hold of nothing|title|{"kind":"hold-place","card":"R1","pickup":1,"expires":"2900-01-01"}
what is missing|decision: is missing|{"kind":"withdrawn","copy":"Q1"}
a control character|copy.code: holds a control character|{"kind":"sighting","copy":{"ns":140371,"code":"a\u0007b"}}
a control character in a list|copies.*control character|{"kind":"crate-receive","crate":"8901234567890","copies":["Q1","a\nb"]}
a list that is none|copies: must be an array|{"kind":"crate-receive","crate":"8901234567890","copies":{}}
an empty list|merges: must be an array|{"kind":"title-unmerge","merges":[]}
a list of the wrong things|merges|{"kind":"title-unmerge","merges":["@1",7]}
a line that wrote nothing|@99 is not a line before this one|{"kind":"title-unmerge","merges":["@99"]}
a crate from a keyboard driver|bộ gõ|{"kind":"crate-receive","crate":"Đ9","listed":1}
a site beyond all numbers|to: 1000000 is not in 1 to 999999|{"kind":"crate-dispatch","crate":"8901234567890","from":1,"to":1000000,"copies":["Q1"]}
a member of another kind|band: is not a member of day-open|{"kind":"day-open","band":"child"}
EOF_CASES
"$PYTHON" -c '
import json
print(json.dumps({"kind": "crate-dispatch", "crate": "8901234567890", "from": 1, "to": 2, "copies": ["C%d" % i for i in range(401)]}))' >lines
run $P record lines
like "record refuses 401 copies in one entry" "$rc $(json out 'j["error"]')" '^1 .*400'
printf '{"kind":"hold-place","card":"R1","pickup":1,"copy":"Q1","expires":"2900-01-01"}\n' >lines
ok "a day in 2900 is a day" $P record lines

ok "all of it verifies" $P verify
ok "and folds" $P rebuild
done_testing

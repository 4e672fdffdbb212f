#!/bin/bash
# The desk, with no link at all: every command that writes, find, record; bad input; a
# full disk, a folder in use, a damaged store; and SIGKILL in the middle of `record`.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
pack=$BUILD/client/packhorse
P="$pack -d $T/s"

# out NAME command…: run it, its output to out, its exit status in rc.
run() {
  "$@" >out 2>err
  rc=$?
}
# member of the (first) entry that the last `run … --json` printed
entry() {
  json out "j['entries'][${2:-0}]['$1']"
}
entries_here() {
  $P status --json >here.json
  json here.json 'j["entries"]'
}

make_site() {
  echo 'secret words' >pass &&
    "$hubd" -d "$T/hub" init --listen 127.0.0.1:7415 --kdf-memory-mib 8 --passphrase-file pass &&
    "$hubd" -d "$T/hub" site add 14-0371 --commune 03646 --kind commune-library \
      --name 'Chiềng Khoa' &&
    "$hubd" -d "$T/hub" invite --site 14-0371 --role site --out invite --passphrase-file pass &&
    $P join invite
}

ok "a site is made and joined" make_site
status "a folder that is nobody's" 10 "$pack" -d "$T/nobody" loan C1 B1

# --- every command once ---

run $P title add --name 'Lý thuyết đường sắt' --author 'Nguyễn Văn Ân' --year 2001 \
  --isbn 9786041234567 --language vie --publisher 'Văn học' --json
is "title add" "$rc $(entry kind) $(entry known)" "0 title-put true"
title=$(entry ref)
run $P title set "$title" --year 2002 --class 385
like "title set names the title" "$(cat out)" "saved ✓ title $title"
run $P title show "$title" --json
is "title show" "$(json out 'j["name"], j["year"], j["author"], j["class"]')" \
  "('Lý thuyết đường sắt', 2002, 'Nguyễn Văn Ân', '385')"

run $P copy add 000123 --title "$title" --acquisition budget --price 45000 --shelf '385 L12' --json
is "copy add" "$rc $(entry copy)" '0 {"ns": 140371, "code": "000123"}'
run $P copy add --print-code --title "$title" --json
is "copy add --print-code" "$rc $(entry copy)" '0 {"ns": 0, "code": "1403710000015"}'
printed=$(json out 'j["entries"][0]["copy"]["code"]')
status "a code names one copy only" 2 $P copy add 000123 --title "$title"
run $P copy set 000123 --shelf '385 L13'
like "copy set" "$(cat out)" 'saved ✓ copy 000123'
run $P copy show 000123 --json
is "copy show" "$(json out 'j["shelf"], j["price"], j["acquisition"], j["title_name"], j["owner"]')" \
  "('385 L13', 45000, 'budget', 'Lý thuyết đường sắt', 140371)"
is "it is on the shelf here since it was added" "$(json out 'j["custody"]["at"], j["custody"]["site"]')" "('site', 140371)"
run $P list here --json
is "list here" "$(json out '" ".join(i["copy"]["code"] for i in j["items"])')" "1403710000015 000123"
run $P copy add E1 --title "$title" --owner 140372
run $P list here --json
is "another site's copy is not" "$(json out 'len(j["items"])')" 2

run $P reader add --name 'Lò Thị Đượm' --born 1990 --telephone 0912 --address 'Bản Nà Lốc' \
  --commune 03646 --band adult --card T001 --json
is "reader add with a card" "$rc $(entry kind) $(entry kind 1)" "0 reader-put card-issue"
reader=$(entry ref)
run $P reader add --name 'Lò Văn Út' --born 2014 --guardian 'Lò Thị Đượm' --band child \
  --print-card --json
is "reader add --print-card" "$rc $(entry card 1)" '0 {"ns": 0, "code": "1403710000022"}'
run $P reader set T001 --telephone 0987 --note 'hay mượn sách nông nghiệp'
like "reader set by a card" "$(cat out)" "saved ✓ reader $reader"
run $P reader show "$reader" --json
is "reader show opens what this desk sealed" \
  "$(json out 'j["name"], j["born"], j["telephone"], j["address"], j["cards"][0]["code"]')" \
  "('Lò Thị Đượm', 1990, '0987', 'Bản Nà Lốc', 'T001')"
ok "card issue" $P card issue T002 "$reader"
status "another reader's card" 2 $P card issue T001 1403710000022
ok "another reader's card, meant" $P card issue T002 1403710000022 --again
run $P card issue --print-card T001 --json
is "card issue --print-card" "$rc $(entry card)" '0 {"ns": 0, "code": "1403710000039"}'
run $P card show T001 --json
is "card show" "$(json out 'j["reader"]["name"], j["known"]')" "('Lò Thị Đượm', True)"

run $P loan T001 000123 "$printed" --when 2026-09-22T08:01 --staff Hoa --json
is "loan" "$rc $(entry due) $(entry due 1) $(entry known)" "0 2026-10-06 2026-10-06 true"
run $P loan T001 000123 --when 2026-09-22 --term 30
like "loan --term, told to a person" "$(cat out)" '^saved ✓ loan 000123  due 2026-10-22$'
run $P loan T001 000123 --due 2026-12-31
like "loan --due" "$(cat out)" 'due 2026-12-31$'
run $P renew 000123 --term 60 --json
is "renew names the loan that is open" "$rc $(json out '"loan" in j["entries"][0]')" "0 true"
ok "renew by the card" $P renew "$printed" --card T001
run $P return 000123 "$printed" --json
is "return" "$rc $(entry kind) $(entry kind 1)" "0 return return"
run $P copy show 000123 --json
is "the loan is closed" "$(json out 'j["custody"]["at"], j["loans"][-1]["closed"]["how"]')" \
  "('site', 'return')"
ok "use" $P use 000123 --count 3
ok "visit" $P visit 12 --band child --women 7 --purpose reading --when 2026-09-22
ok "visit of one" $P visit --band elder
ok "written for another site" $P loan T9 B9 --behalf 140372
run env LANG=vi_VN.UTF-8 LC_ALL=vi_VN.UTF-8 $P return 000123
like "in Vietnamese" "$(cat out)" '^đã lưu ✓ trả 000123'
run $P return 000123 --plain
is "plain: kind, reference, what, due, known" "$(awk -F'\t' '{ print NF, $1, $3, $5 }' out)" \
  "5 return 000123 known"

# --- what is not known here ---

run $P loan X-CARD X-COPY
is "unknown card and copy: recorded all the same" "$rc" 0
like "unknown card and copy: marked" "$(cat out)" 'copy and card not known here'
run $P loan T001 X-OTHER --json
is "unknown copy" "$rc $(entry known) $(entry unknown)" '0 false ["copy"]'
run $P return X-NEVER
like "unknown return" "$(cat out)" '\(not known here\)'
run $P renew 000123
like "nothing to renew is known here" "$(cat out)" '\(not known here\)'
status "unknown title" 1 $P title show "${title%.*}.0000000000000000"
status "unknown reader" 1 $P reader show NOBODY
status "unknown card" 1 $P card show NOBODY

# --- the Vietnamese keyboard ---

before=$(entries_here)
run $P loan T001 Đ000451
is "letters that no scanner sends" "$rc" 2
like "the keyboard is named" "$(cat err)" 'bộ gõ tiếng Việt'
status "a printed code with a wrong check digit" 2 $P return 1403710000016
status "a card too" 2 $P loan 1403710000016 000123
status "one bad copy of three: none" 2 $P loan T001 000123 BÔK12 "$printed"
is "nothing of it was written" "$(entries_here)" "$before"
ok "taken as it is, if that is said" $P loan T001 Đ000451 --as-is
ok "known here, no question" $P copy add BÔK12 --title "$title" --as-is
ok "known here, not refused" $P return BÔK12
ok "thirteen digits of another prefix" $P return 8901234567890

# --- bad arguments ---

before=$(entries_here)
while IFS='|' read -r name args; do
  eval "status \"bad: $name\" 2 \$P $args"
done <<'EOF_CASES'
no copy|loan C1
no card|loan
both term and due|loan C1 B1 --term 3 --due 2026-10-10
term not a number|loan C1 B1 --term soon
term too long|loan C1 B1 --term 3651
no such day|loan C1 B1 --due 2026-02-30
no such time|loan C1 B1 --when 2026-09-22T25:00
seconds are not kept|loan C1 B1 --when 2026-09-22T08:01:30
no such site|loan C1 B1 --behalf Nowhere
staff code too long|loan C1 B1 --staff aaaaaaaaaabbbbbbbbbbccccccccccddd
code too long|return aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg
empty code|return ''
not UTF-8|return $'\xff\xfe'
control character|return $'a\tb'
no band|visit 3
no such band|visit 3 --band toddler
nobody came|visit 0 --band child
more women than people|visit 3 --band child --women 4
use of nothing|use
used never|use B1 --count 0
title without a name|title add --author A
language of two letters|title add --name N --language vi
year too large|title add --name N --year 3000
nothing to set|title set $title
not a reference|title set 123 --year 2001
copy without a title|copy add B7
copy without a code|copy add --title $title
code and print-code|copy add B7 --print-code --title $title
no such acquisition|copy add B7 --title $title --acquisition theft
reader without a name|reader add --born 1990
card twice|reader add --name N --card A --print-card
commune of four digits|reader add --name N --commune 0364
card for nobody|card issue T009 NOBODY
void of nothing|void
void of no reference|void 000123
no such reason|void $title --reason because
no such option|loan C1 B1 --colour red
find nothing|find
no such file|record no-such-file
EOF_CASES
is "bad arguments wrote nothing" "$(entries_here)" "$before"

# --- what is somebody's is repeated in no error ---
while IFS='|' read -r name secret code args; do
  eval "run $P $args"
  is "$name: refused, and the error does not repeat it" "$rc $(grep -c -- "$secret" err)" "$code 0"
done <<'EOF_CASES'
a year of birth that is none|19O9|2|reader add --name 'Lò Thị Ín' --born 19O9
one that is too late|19999|2|reader add --name 'Lò Thị Ín' --born 19999
one of another sort|"a man"|2|reader add --name 'Lò Thị Ín' --born '"a man"'
a name where a card should be|Ín|1|reader show 'Lò Thị Ín'
what a reader consents to|Ín|2|reader consent 'Lò Thị Ín' given
in a line of JSON|19O9|1|record <<<'{"kind":"reader-put","name":"N","born":"19O9"}'
EOF_CASES

# --- void ---

run $P visit 40 --band adult --json
wrong=$(entry ref)
run $P void "$wrong" --reason mistake
like "void" "$(cat out)" "saved ✓ void $wrong"
run $P void "${wrong%.*}.0000000000000000" --json
is "void of what is not here yet" "$rc $(entry known)" "0 false"

# --- find ---

run $P find ly thuyet --json
is "find without marks" "$(json out 'j["titles"][0]["title"]')" "$title"
is "find: its copies and where" \
  "$(json out 'sorted((c["copy"]["code"], c["lent"]) for c in j["titles"][0]["items"])[0]')" \
  "('000123', False)"
for words in duong 'DUONG SAT' 'đường' 'nguyen an' 9786041234567; do
  run $P find $words --json
  is "find: $words" "$(json out 'len(j["titles"])')" 1
done
run $P find lo duom --json
is "find a reader" "$(json out '[r["name"] for r in j["readers"]]')" '["L\u00f2 Th\u1ecb \u0110\u01b0\u1ee3m"]'
run $P find 000123 --json
is "find a copy by its code" "$(json out 'j["copies"][0]["title_name"]')" "Lý thuyết đường sắt"
run $P find T001 --json
is "find a card" "$(json out 'j["cards"][0]["reader"]["name"]')" "Lò Thị Đượm"
run $P find khongcogi
is "find nothing" "$rc $(cat out) $(cat err)" "0  nothing found"
run $P find duong
like "find, for people" "$(cat out)" 'Lý thuyết đường sắt'

# --- record ---

cat >lines <<'EOF_LINES'
{"kind":"title-put","name":"Một"}

{"kind":"copy-put","copy":"K1","title":"@1"}
{"kind":"loan","copy":"K1","card":"T001","term":7,"when":"2026-01-02"}
{"kind":"loan","copy":"K1","copy":"K2","card":"T001"}
rubbish
{"kind":"loan","copy":"K1"}
{"kind":"loan","copy":"Đ1","card":"T001"}
{"kind":"loan","copy":{"ns":140371,"code":"Đ1"},"card":"T001"}
{"kind":"site-put","site":140372}
{"kind":"void","target":"@4"}
{"kind":"void","target":"@5"}
{"kind":"void","target":"@99"}
{"kind":"loan","copy":"K1","card":"T001","color":"red"}
[1,2,3]
{"kind":"visit","band":"child"} {"kind":"visit","band":"child"}
EOF_LINES
run $P record lines
is "record: some lines are wrong" "$rc" 1
is "record: an answer each, blank lines none" \
  "$("$PYTHON" -c 'import json;print([(j["line"], j["ok"]) for j in map(json.loads, open("out"))])')" \
  "[(1, True), (3, True), (4, True), (5, False), (6, False), (7, False), (8, False), (9, True), (10, False), (11, True), (12, False), (13, False), (14, False), (15, False), (16, False)]"
like "record: a duplicate key is named" "$(grep '"line":5,' out)" 'duplicate object key'
like "record: what is missing is named" "$(grep '"line":7,' out)" 'card'
like "record: an unknown member is named" "$(grep '"line":14,' out)" 'color'
run $P title show "$(json <(head -1 out) 'j["ref"]')" --json
is "record: @1 was the title" "$(json out 'j["copies"][0]["copy"]["code"]')" K1

# References in a list may be lines too; a crate's codes are resolved one by one.
cat >lines <<'EOF_LINES'
{"kind":"title-put","name":"Ba"}
{"kind":"title-put","name":"BA"}
{"kind":"title-merge","title":"@1","other":"@2"}
{"kind":"title-unmerge","merges":["@3","@3"]}
{"kind":"title-unmerge","merges":["@3","@98"]}
{"kind":"crate-dispatch","crate":"J1","from":140371,"to":140372,"copies":["K1",{"ns":7,"code":"B"},"000123"]}
{"kind":"crate-dispatch","crate":"J1","from":140371,"to":140372,"copies":[]}
EOF_LINES
run $P record lines
is "record: lists" \
  "$("$PYTHON" -c 'import json;print([j["ok"] for j in map(json.loads, open("out"))])')" \
  "[True, True, True, True, False, True, False]"
like "record: a wrong line in a list is named" "$(grep '"line":5,' out)" 'merges\[1\]: @98 is not a line before'
merge=$("$PYTHON" -c 'import json;print([json.loads(l)["ref"] for l in open("out") if "ref" in l][2])')
run $P log --json
is "record: the list, each once" \
  "$(json out '[e["entry"]["merges"] for e in j["entries"] if e["entry"]["kind"] == "title-unmerge"]')" \
  "[[\"$merge\"]]"
is "record: the crate's copies, in order" \
  "$(json out '[[c["ns"] for c in e["entry"]["copies"]] for e in j["entries"] if e["entry"]["kind"] == "crate-dispatch"]')" \
  "[[7, 140371, 140371]]"
cat >lines <<EOF_LINES
{"kind":"void","target":"${merge%.*}.0000000000000000"}
{"kind":"title-unmerge","merges":["$merge","${merge%.*}.0000000000000000"]}
{"kind":"title-unmerge","merges":["$merge"]}
{"kind":"void","target":"@3"}
EOF_LINES
run $P record --batch lines
is "record: whether what a line refers to is here" \
  "$("$PYTHON" -c 'import json;print([j["known"] for j in map(json.loads, open("out"))])')" \
  "[False, False, True, True]"

before=$(entries_here)
printf '%s\n' '{"kind":"visit","band":"child"}' '{"kind":"visit","band":"boy"}' >lines
run $P record --batch lines
is "record --batch: all or nothing" "$rc $(grep -c '"ok":false' out) $(entries_here)" "1 2 $before"
printf '%s\n' '{"kind":"title-put","name":"Hai"}' '{"kind":"copy-put","copy":"K2","title":"@1"}' >lines
run $P record --batch lines
is "record --batch" "$rc $(grep -c '"ok":true' out) $(entries_here)" "0 2 $((before + 2))"
run $P record - <lines
is "record from standard input" "$rc $(wc -l <out)" "0 2"

# A line at its limit, and entries at theirs.
line_of() { # bytes in all, of a valid entry
  "$PYTHON" -c '
import sys
n = int(sys.argv[1])
line = "{\"kind\":\"visit\",\"band\":\"child\"" + " " * (n - 31) + "}"
assert len(line) == n
print(line)' "$1"
}
for n in 131071 131072 131073; do
  line_of "$n" >lines
  run $P record lines
  is "record: a line of $n bytes" "$rc $(grep -c 'too long' out)" \
    "$([ "$n" -le 131072 ] && echo '0 0' || echo '1 1')"
done
{ line_of 400000; line_of 60; } >lines
run $P record lines
is "record: the line after one too long" "$rc $(tail -1 out | grep -c '"line":2,"ok":true')" "1 1"
rest_of() { # bytes of `rest`
  "$PYTHON" -c 'import sys; print("{\"kind\":\"title-put\",\"name\":\"R\",\"rest\":\"" + "ab" * int(sys.argv[1]) + "\"}")' "$1"
}
for n in 24575 24576 24577; do
  rest_of "$n" >lines
  run $P record lines
  is "record: a field of $n bytes" "$rc" "$([ "$n" -le 24576 ] && echo 0 || echo 1)"
done

# --- SIGKILL in the middle ---

"$PYTHON" -c '
for i in range(200000):
    print("{\"kind\":\"visit\",\"band\":\"adult\",\"count\":%d}" % (i % 100 + 1))' >many
lost=0
for delay in 0.05 0.12 0.2 0.33; do
  before=$(entries_here)
  start killed $P record many
  sleep "$delay"
  stop "$started_pid" KILL
  answered=$(grep -c '"ok":true}$' killed)
  after=$(entries_here)
  # an answer may be missing for an entry that was safe already, never the other way
  [ $((after - before)) -ge "$answered" ] && [ $((after - before)) -le $((answered + 3)) ] ||
    lost=1
  last=$(grep '"ok":true}$' killed | tail -1)
  if [ -n "$last" ]; then
    echo "$last" >last
    $P log --limit $((after - before + 5)) --json >log.json
    grep -q "\"n\":$(json last 'j["n"]'),\|\"n\": $(json last 'j["n"]')," log.json || lost=2
  fi
  diag "killed after $delay s: $answered answered, $((after - before)) there"
done
is "SIGKILL: what was answered is there" "$lost" 0
ok "SIGKILL: the store is whole" $P verify

# --- an output that cannot be written ---

before=$(entries_here)
$P visit --band child >/dev/full 2>err
is "visit to a full output: exit 1" $? 1
like "says that it is saved" "$(cat err)" 'saved, do not enter it again; standard output cannot be written'
is "and it is" "$(entries_here)" $((before + 1))
printf '%s\n' '{"kind":"visit"}' '{"kind":"visit"}' | $P record >/dev/full 2>err
is "record to a full output: exit 1" $? 1
like "says how many lines are saved" "$(cat err)" 'saved 1 lines; standard output cannot be written'
is "and nothing of a disk" "$(grep -c 'disk reported' err)" 0
is "and they are" "$(entries_here)" $((before + 2))
printf '%s\n' '{"kind":"visit"}' '{"kind":"visit"}' | $P record --batch >/dev/full 2>err
is "record --batch likewise" "$? $(grep -c 'saved 2 lines;' err) $(entries_here)" "1 1 $((before + 4))"
$P find 000123 >/dev/full 2>err
is "find to a full output: exit 1" $? 1
like "find says so" "$(cat err)" 'standard output cannot be written'

# --- for scripts: the same in every language ---

for what in status verify rebuild "copy show 000123" "find no-such-thing-at-all"; do
  LC_ALL=vi_VN.UTF-8 $P $what --plain >vi 2>/dev/null
  $P $what --plain >en 2>/dev/null
  is "$what --plain is not translated" "$(cat vi)" "$(cat en)"
  is "$what --plain is name and value" "$(awk -F'\t' 'NF != 2' en)" ""
done
is "find says on standard error that there is nothing" "$(wc -c <en)" 0
$P status --plain >en
is "status --plain names the site" "$(grep -c '^code	14-0371$' en)" 1
$P verify --plain >en
is "verify --plain" "$(grep -c '^ok	true$' en)" 1

# --- in use, full disk, damage ---

exec 9>>s/lock
flock 9
start waiting $P visit --band child
sleep 0.3
flock -u 9
exec 9>&-
wait "$started_pid"
is "a command waits for whoever holds the folder" "$?" 0
exec 9>>s/lock
flock 9
status "in use for too long" 17 $P visit --band child
exec 9>&-

before=$(entries_here)
trap 'umount "$T/small" 2>/dev/null; cleanup' EXIT
# Fill what is left of the small disk, to the last byte.
fill_up() {
  dd if=/dev/zero of=small/filler bs=4k 2>/dev/null
  cat /dev/zero >>small/filler 2>/dev/null
  sync
}
if mkdir small && mount -t tmpfs -o size=3m tmpfs small 2>/dev/null; then
  cp -r s/. small/
  S="$pack -d $T/small"
  fill_up
  for command in 'visit --band adult' 'record --batch many'; do
    run $S $command
    is "full disk: ${command%% *} is refused" "$rc" 1
    like "full disk: ${command%% *} says so" "$(tail -n 1 err)" 'disk is full'
    is "full disk: ${command%% *} blames nothing else" "$(grep -c 'reported an error' err)" 0
  done
  # what is not in the ledger on the disk yet is shown all the same
  for command in status log verify digest 'find duong' 'copy show K1'; do
    ok "full disk: $command" $S $command
  done
  run $S find duong
  like "full disk: find finds" "$(cat out)" 'Lý thuyết đường sắt'
  run $S record many
  acknowledged=$(grep -c '"ok":true' out)
  is "full disk: record ends" "$rc" 1
  like "full disk: record says so" "$(cat out err)" 'disk is full'
  rm -f small/filler
  $S status --json >here.json
  is "full disk: nothing half-written" "$(json here.json 'j["entries"]')" \
    "$((before + acknowledged))"
  ok "full disk: goes on when there is room" $S visit --band child
  ok "full disk: the store is whole" $S verify
  rm -rf small/*
  cp -r hub/. small/
  H="$hubd -d $T/small"
  fill_up
  run $H site add 14-0372 --commune 03646 --kind commune-library --name X
  is "full disk: the hub refuses" "$rc" 1
  like "full disk: the hub says so" "$(cat err)" 'disk is full'
  for command in status devices 'site list' verify; do
    ok "full disk: the hub's $command" $H $command
  done
  rm -f small/filler
  ok "full disk: the hub goes on when there is room" $H site add 14-0372 \
    --commune 03646 --kind commune-library --name X
  umount small
else
  skip "full disk" "no small file system can be mounted here"
fi

cp -r s broken
"$PYTHON" -c '
import os
size = os.path.getsize("broken/site.db")
with open("broken/site.db", "r+b") as f:
    for page in range(2, size // 4096):
        f.seek(page * 4096)
        f.write(b"\xa5" * 64)'
touch broken/site.db-wal
status "a damaged store" 15 "$pack" -d "$T/broken" visit --band child
status "verify of it" 15 "$pack" -d "$T/broken" verify
like "what, where and what to do" "$(cat ok.out)" "$T/broken/site.db is damaged.*keep this folder as it is and call the provincial library"
is "not in a circle, nor to a clone" "$(grep -cE 'run .verify|backup' ok.out)" 0
printf 'not a database' >broken/site.db
rm -f broken/site.db-wal
status "no store at all" 15 "$pack" -d "$T/broken" find duong

# --- something of the folder is missing, or not ours to read ---

lacks() { # what is missing: 15, and named
  rm -rf lacking
  cp -r s lacking
  rm "lacking/$1"
  status "without $1" 15 "$pack" -d "$T/lacking" status
  like "without $1: named" "$(cat ok.out)" "lacking/$1 is missing.*call the provincial library"
}
lacks keys
lacks site.db
: >lacking/site.db
status "an empty store" 15 "$pack" -d "$T/lacking" status
rm lacking/site.db
touch lacking/site.db.new
status "an interrupted join is no damage" 10 "$pack" -d "$T/lacking" status
status "a file is no folder" 1 "$pack" -d "$T/many" status
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  mkdir closed && chmod 700 closed
  status "a folder that is not ours to enter" 1 setpriv --reuid=65534 --clear-groups \
    "$pack" -d "$T/closed" status
  like "a folder that is not ours to enter: said" "$(cat ok.out)" 'closed: no permission'
else
  skip "a folder that is not ours to enter" "needs root and setpriv"
fi

ok "all of it verifies" $P verify
# a scanner that walks along the shelves holds nobody up, and a wrong year is remarked
mkfifo scans
$P sighting - <scans >scans.out 2>&1 &
walk=$!
exec 9>scans
echo WALK1 >&9
for _ in $(seq 100); do grep -q WALK1 scans.out && break; sleep 0.05; done
ok "while a scanner waits, others work" timeout 3 $P status
echo WALK2 >&9
exec 9>&-
wait "$walk"
is "and both scans are safe" "$? $(grep -c 'saved' scans.out)" "0 2"
# nor is a scan lost while somebody else has the folder for longer than a command waits
flock s/lock sleep 6 &
holder=$!
sleep 0.2
echo WALK3 | $P sighting - --when 2099-09-22 >out 2>err
is "a scan waits for a long sync" "$? $(grep -c saved out) $(grep -c 'in use' err)" "0 1 1"
is "a wrong year is remarked once" "$(grep -c 'is the year right' err)" 1
wait "$holder"
# readers stand by their given names, in Vietnamese order
n=0
for name in 'Vì Văn Yên' 'Vì Thị Ẩn' 'Vì Văn Đức' 'Vì Bình' 'Vì An' 'Vì Dung'; do
  n=$((n + 1))
  $P reader add --name "$name" --born 1990 --card "V$n" --commune 03646 >out 2>err
done
is "readers are found in the order of given names" \
  "$($P find 'vi' --json | json /dev/stdin '", ".join(r["name"] for r in j["readers"] if r["name"].startswith("Vì"))')" \
  'Vì An, Vì Thị Ẩn, Vì Bình, Vì Dung, Vì Văn Đức, Vì Văn Yên'
is "of more than the limit the first" \
  "$($P find 'vi' --limit 2 --json | json /dev/stdin '", ".join(r["name"] for r in j["readers"])')" 'Vì An, Vì Thị Ẩn'

$P visit --band adult --when 2099-09-22 >out 2>err
is "a time to come is written, and remarked" "$? $(grep -c 'is the year right' err)" "0 1"
$P visit --band adult --when 2025-09-22 >out 2>err
is "one that is past is not" "$? $(grep -c 'is the year right' err)" "0 0"

# what is somebody's comes by standard input, where no other user of the machine sees it
run $P reader add --commune 03646 --stdin --json <<<'{"name":"Cà Văn Ín","born":1988,"telephone":"0977","card":"S1"}'
is "a reader by --stdin" "$rc $(entry kind) $(entry kind 1)" "0 reader-put card-issue"
run $P reader set --stdin --json <<<'{"words":["S1"],"address":"Bản Lùn"}'
run $P find --stdin --json <<<'{"words":["cà văn ín"]}'
is "changed and found by it" "$rc $(json out 'len(j["readers"]), j["readers"][0]["name"], j["readers"][0]["born"]')" "0 (1, 'Cà Văn Ín', 1988)"
run $P find --stdin <<<'{"Cà Văn Ín":1}'
is "an error repeats nothing of it" "$rc $(grep -c 'member 1' err) $(grep -c Ín err)" "2 1 0"

done_testing

#!/bin/bash
# Lists as CSV and XLSX: what was typed in at the desk, hostile titles included, is read back
# exactly, by the words of docs/EXPORTS.md and by LibreOffice. With --full more random books.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P="$BUILD/client/packhorse -d $T/s"
H="$hubd -d $T/hub"
xlsx=$BUILD/common/xlsx/packhorse-xlsx
sheets() { "$PYTHON" "$ROOT/tests/e2e/sheets.py" "$@"; }

# a title for each way in which a spreadsheet could go wrong, and some that are only Vietnamese
titles=(
  'Lý thuyết đường sắt' 'Ô! Ế, Ẵng — “Ữ”' 'Quám tô mương ꪀꪫꪱꪣ ꪼꪕ' '0012' '1e5' '2026-09-30' '12,5'
  '=1+1' '=HYPERLINK("http://x.invalid","bấm")' '+84 912' '-5' '@SUM(A1)' "=cmd|'/C calc'!A0"
  ' =1+1' '＝1+1' '＋1' '－1' '＠x' "'=1+1" "''@x" "'" "'quoted'" $'\u00a0=1' $'\u202e=1' '"' 'a,b;c' '<b>&amp;</b>'
  '_x0041_' '_x005F_' 'https://x.invalid/' 'TRUE' '#REF!' '{=1}' '%0A=1' '🐴 ngựa thồ'
)
make() {
  echo 'secret words' >pass && $H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass &&
    $H site add 14-0371 --commune 03646 --kind commune-library --name '=Chiềng Khoa' &&
    $H invite --site 14-0371 --role site --out invite --passphrase-file pass && $P join invite || return
  local i=0 ref
  for title in "${titles[@]}"; do
    i=$((i + 1))
    ref=$($P title add --name "$title" --author "$title" --json | json /dev/stdin 'j["entries"][0]["ref"]') || return
    $P copy add "$(printf '%06d' $i)" --title "$ref" || return
  done
}
ok "a site with ${#titles[@]} odd titles" make
want=$(printf '%s\n' "${titles[@]}" | "$PYTHON" -c 'import json,sys; print(json.dumps(sorted(sys.stdin.read().split("\n")[:-1])))')
codes=$(seq 1 ${#titles[@]} | "$PYTHON" -c 'import json,sys; print(json.dumps(["%06d" % int(n) for n in sys.stdin]))')

# --- a site's list ---
$P list here --csv >here.csv 2>err
is "list --csv, with no word on standard error" "$(cat err)" ''
sheets strict here.csv >here.json
is "by RFC 4180 and the page on exports: the titles" "$(json here.json 'sorted(r[2] for r in j[0][1:])')" "$want"
is "the copies, zeros and all" "$(json here.json 'sorted(r[1] for r in j[0][1:])')" "$codes"
is "its headings" "$(json here.json 'j[0][0]')" '["SITE", "COPY", "TITLE", "CONDITION", "SITE NUMBER"]'
is "in Vietnamese" "$(LANG=vi_VN.UTF-8 LC_ALL=vi_VN.UTF-8 $P list here --csv | head -1)" \
  $'\ufeff"ĐIỂM","BẢN SÁCH","NHAN ĐỀ","TÌNH TRẠNG","SỐ ĐIỂM"\r'
is "no cell begins a formula" "$($P list here --csv | grep -cE '(^|,)"?[[:space:]]*[-=+@]')" 0
ok "list --xlsx" $P list here --xlsx here.xlsx
is "nobody else reads it" "$(stat -c %a here.xlsx)" 600
is "XML in all parts, no formula, no link" "$(sheets parts here.xlsx)" '{"formulas": 0, "links": 0}'
status "it is not written over" 1 $P list out --xlsx here.xlsx
like "and that is said" "$(cat ok.out)" 'here.xlsx is there already; name another file, or --yes'
cp here.xlsx before.xlsx
ok "unless one says so" $P list out --xlsx here.xlsx --yes
status "then it is another" 1 cmp -s here.xlsx before.xlsx
mv before.xlsx here.xlsx
ok "standard output" bash -c "$P list here --xlsx - >again.xlsx"
ok "is the same kind of file" sheets parts again.xlsx
is "a list with a limit" "$($P list here --csv --limit 3 2>/dev/null | wc -l)" 4
is "an empty list has its headings" "$($P list out --csv 2>/dev/null | wc -l)" 1
ok "find" $P find Ly thuyet --csv
like "both tables have headings" "$(cat ok.out)" '"TITLE","AUTHOR","YEAR","COPIES","REFERENCE"'
ok "cases, log, copy show" bash -c "$P cases --csv && $P log --xlsx log.xlsx && $P copy show 000001 --xlsx copy.xlsx"
ok "are workbooks" bash -c "'$PYTHON' '$ROOT/tests/e2e/sheets.py' parts log.xlsx && '$PYTHON' '$ROOT/tests/e2e/sheets.py' parts copy.xlsx"

$P title list --csv >titles.csv
sheets strict titles.csv >titles.json
is "title list: each, with the number of its copies" "$(json titles.json 'sorted(r[0] for r in j[0][1:] if r[7] == "1")')" "$want"
ok "readers" bash -c "$P reader add --name 'Lò Văn Ế' --born 1990 --card K1 --telephone 0912345678 &&
  $P reader add --name '=Đinh Thị An' --card K2 && $P reader add --name 'Bùi Áng' && $P loan K1 000001"
$P reader list --csv >readers.csv
sheets strict readers.csv >readers.json
is "reader list: by given name; telephone, cards, loans" "$(json readers.json '[[r[0], r[3], r[4], r[5]] for r in j[0][1:]] == [["=Đinh Thị An", "", "K2", "0"], ["Bùi Áng", "", "", "0"], ["Lò Văn Ế", "0912345678", "K1", "1"]]')" true
for what in 'why copy 000001' 'why title Lý' 'privacy K1' 'log --limit 1000' budget; do
  $P $what --csv >out.csv 2>err
  ok "$what: of its own form" sheets strict out.csv
  cp ok.out out.json
  is "$what: no word on standard error" "$(cat err)" ''
done
$P why copy 000001 --csv >out.csv && sheets strict out.csv >out.json
$P log --csv --limit 2 >out.csv 2>err
is "log of fewer than there are: it is said" "$(cat err)" "only the last 2 of $($P log --limit 1000 --plain | wc -l) entries: --limit N for more"
is "and in JSON" "$($P log --limit 2 --json | json /dev/stdin '[j["more"], len(j["entries"])]') $($P log --limit 1000 --json | json /dev/stdin 'j["more"]')" '[true, 2] false'
$P log --limit 2 >/dev/null 2>err
is "a person who asked for the last ones is told no more" "$(cat err)" ''
is "why: what it is, then the entries behind it" "$(json out.json '[j[0][0], [r[0] for r in j[1][1:]] == ["copy-put", "loan"], j[1][0][0], j[1][0][-1]]')" '[["member", "value"], true, "kind", "reference"]'

# the entries of a kind
ok "what the day brought" bash -ec "
  $P donation person --money 5000000 --copies 3 --name '=Lò Văn Ế' --when 2026-03-02
  $P activity talk 40 --women 12 --name '@Hội sách Mường' --when 2026-04-05
  $P activity contest 9 --when 2026-07-01
  $P charge K1 5000"
$P list activity --csv >out.csv && sheets strict out.csv >out.json
is "list activity: a column a field" "$(json out.json 'j[0][0]')" \
  '["SITE", "TIME", "occasion", "attendance", "women", "name", "partner", "STAFF", "DEVICE", "COUNTS", "REFERENCE", "SITE NUMBER"]'
is "its rows" "$(json out.json '[r[2:7] + [r[9]] for r in j[0][1:]] == [["talk", "40", "12", "@Hội sách Mường", "", "yes"], ["contest", "9", "", "", "", "yes"]]')" true
is "of a quarter, of some days" "$($P list activity --period 2026-Q2 --plain | cut -f3) $($P list activity --from 2026-06-01 --plain | cut -f3)" "talk contest"
LC_ALL=vi_VN.UTF-8 $P list activity --csv --period 2026-Q2 >out.csv
like "in Vietnamese: headings" "$(head -1 out.csv)" '"ĐIỂM","LÚC","dịp","số người","nữ","tên","phối hợp","NGƯỜI GHI","MÁY","ĐƯỢC TÍNH","THAM CHIẾU","SỐ ĐIỂM"'
like "and values" "$(tail -1 out.csv)" '"nói chuyện, giới thiệu sách",40,12,'
ok "one is taken back" $P void "$($P list activity --json | json /dev/stdin 'j["items"][1]["ref"]')"
is "it is listed, and said" "$($P list activity --plain | cut -f10 | tr '\n' ' ')" "yes voided "
status "a kind that is none" 2 $P list novels
like "is told from lists" "$(cat ok.out)" 'lists are here, .*, tallies, or a kind of entries \(docs/KINDS.md\)'
status "a period of what is now" 2 $P list here --period 2026
status "a period and days" 2 $P list activity --period 2026 --to 2026-12-31

$P privacy K1 --csv >out.csv && sheets strict out.csv >out.json
is "privacy: the name, whole" "$(json out.json '["name", "Lò Văn Ế"] in j[0] and "0912345678" in str(j[1])')" true
ok "and as a workbook" $P privacy K1 --xlsx privacy.xlsx
ok "of two sheets" sheets parts privacy.xlsx
ok "taken back" $P return 000001
ok "as a workbook" $P reader list --xlsx readers.xlsx

# --- the hub's ---
start serve "$hubd" -d hub serve
at=$(wait_for_line serve '^listening ' | cut -d' ' -f2)
ok "all of it at the hub" $P sync --hub "$at"
$H list here --csv >hub.csv 2>err
sheets strict hub.csv >hub.json
is "packhorsed list --csv, all pages" "$(json hub.json 'sorted(r[2] for r in j[0][1:])')" "$want"
is "a site's name" "$(json hub.json '{r[0] for r in j[0][1:]}')" "{'=Chiềng Khoa'}"
ok "and as XLSX" $H list here --xlsx hub.xlsx
for what in 'site list' 'commune list' 'policy list' devices 'invite list' keys 'report list' erasures 'restore words' 'account list' board cases 'query summary' 'query titles a'; do
  $H $what --csv >out.csv 2>/dev/null
  ok "$what" sheets strict out.csv
done
is "query that finds nothing has its headings" "$($H query titles '' --csv 2>/dev/null | tr -d '\r')" $'\ufeff"title","name","author","year","copies"'
is "each column of a query, though its first row lacks some" "$($H query titles a --csv 2>/dev/null | head -1 | tr -d '\r')" $'\ufeff"title","name","author","year","copies"'
turned=$($H list titles --limit 1000 --json 2>/dev/null | json /dev/stdin '[t["title"] for t in j["items"] if t["name"][0] == "\u202e"][0]')
shown() { $P title list && $P find 1 && $P title show "$turned" && $P why title "$turned" && $H list titles --limit 1000 && $H query titles 1 && $H query title "$turned" && $H why title "$turned"; }
ok "what turns the writing around" shown
is "is never printed" "$(grep -c $'\u202e' ok.out)" 0
like "but as ?" "$(cat ok.out)" '[?]=1'
is "numbers are numbers" "$($H devices --csv | tail -1 | cut -d, -f4,5)" "$($H devices --json | json /dev/stdin 'j["devices"][0]["entries"]'),0"

ok "what the programme is about" bash -c "$H target set M2 2030 50% && $H model put 03646 14-0371 --status building &&
  $H tally put budget-state 1200000 --from 2026-01-01 --to 2026-12-31 && $H worker add --name '=Quàng Thị Ế' --role librarian"
rows() { $H list "$@" --csv >out.csv 2>/dev/null && sheets strict out.csv >out.json && json out.json 'sorted(j[0][1:])'; }
$H list titles --csv >out.csv
sheets strict out.csv >out.json
is "list titles: all, by their names" "$(json out.json 'sorted(r[0] for r in j[0][1:])')" "$want"
rows readers >/dev/null
is "list readers: no names unasked, but cards" "$(json out.json '[sorted(r[0] for r in j[0][1:]), sorted(r[4] for r in j[0][1:])]')" '[["", "", ""], ["", "K1", "K2"]]'
rows readers --names >/dev/null
is "with --names who they are" "$(json out.json 'sorted(r[0] for r in j[0][1:]) == ["=Đinh Thị An", "Bùi Áng", "Lò Văn Ế"]')" true
rows readers --names --commune 99999 >/dev/null
is "of a commune that has no site: nothing is written" "$($H list readers --names --commune 99999 --csv 2>/dev/null | wc -c)" 0
rows workers --names >/dev/null
is "list workers" "$(json out.json '[r[1:3] for r in j[0][1:]] == [["=Quàng Thị Ế", "librarian"]]')" true
rows models >/dev/null
is "list models" "$(json out.json '[[r[0], r[2]] for r in j[0][1:]]')" '[["03646", "building"]]'
rows targets >/dev/null
is "list targets" "$(json out.json '[r[:3] for r in j[0][1:]]')" '[["M2", "2030", "5000"]]'
rows tallies >/dev/null
is "list tallies" "$(json out.json '[r[:4] for r in j[0][1:]]')" '[["budget-state", "1200000", "2026-01-01", "2026-12-31"]]'
rows donation >/dev/null
is "list donation: who gave is not told unasked" "$(json out.json '[r[2:8] for r in j[0][1:]]')" '[["person", "", "5000000", "3", "", ""]]'
rows donation --names --period 2026-Q1 >/dev/null
is "but with --names" "$(json out.json '[r[7] for r in j[0][1:]] == ["=Lò Văn Ế"]')" true
mkdir kinds
for kind in $(sed -n 's/^| [0-9]* | \([a-z-]*\) | [a-z ]* | .*/\1/p' "$ROOT/docs/KINDS.md"); do
  $H list "$kind" --names --csv >"kinds/$kind.csv" 2>/dev/null
done
is "every kind of the table gives one sheet, each line of as many cells" "$(sheets shapes kinds/*.csv)" '[65, [1], []]'
ok "donations as a workbook" $H list donation --names --xlsx donation.xlsx
for what in 'why copy 000001' 'privacy K1' log history; do
  $H $what --csv >out.csv 2>err
  ok "$what" sheets strict out.csv
  cp ok.out out.json
done
is "history: an entry a line, as many as there are" "$(json out.json 'len(j[0]) - 1')" "$($H history | "$PYTHON" -c 'import json,sys; print(sum(len(json.loads(l)["entries"]) for l in sys.stdin))')"
is "log of all there is says no more" "$($H log --csv --limit 1000 2>&1 >out.csv)" ''
is "in JSON, too" "$($H log --limit 1000 --json | json /dev/stdin 'j["more"]')" false
is "log of fewer says so" "$($H log --csv --limit 3 2>&1 >out.csv)" 'only the last 3 of each log: --limit N for more, `history` for all'
is "as a workbook, too" "$($H log --xlsx - --limit 3 2>&1 >few.xlsx)" 'only the last 3 of each log: --limit N for more, `history` for all'
is "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H log --csv --limit 3 2>&1 >out.csv)" 'chỉ 3 giao dịch cuối của mỗi nhật ký: --limit N để xem thêm, `history` để xem hết'
is "in JSON that there are more" "$($H log --limit 3 --json | json /dev/stdin 'j["more"]')" true
$H log --csv --limit 3 >out.csv 2>/dev/null && sheets strict out.csv >out.json
is "log: the last of each log" "$(json out.json 'j[0][0]')" '["site", "log", "n", "time", "when", "kind", "what", "source", "ref"]'
source=000102030405060708090a0b0c0d0e0f
printf '{"kind":"tally","code":"media","value":1,"from":"2026-01-01","to":"2026-01-31","when":"2026-02-03","source":"%s"}\n' $source >late.jsonl
ok "a page that came late, from elsewhere" bash -c "$H record <late.jsonl"
$H log --csv --limit 1 >out.csv 2>/dev/null && sheets strict out.csv >out.json
is "the time that was told, and from where" "$(json out.json '[[r[4], r[5], r[7]] for r in j[0][1:] if r[5] == "tally"]')" "[[\"2026-02-03\", \"tally\", \"$source\"]]"
ok "and as a workbook" $H list readers --names --xlsx all.xlsx
ok "without a formula" sheets parts all.xlsx
is "a page has at most so many, and says how to go on" "$($H list titles --limit 5 --plain 2>&1 | grep -c .)" 6
$H list readers --names --json >readers.json
ok "a reader is erased" $H erase "$(json readers.json '[r["reader"] for r in j["items"] if r["name"] == "Bùi Áng"][0]')" --passphrase-file pass
rows readers --names >/dev/null
is "and stands in no list" "$(json out.json 'sorted(r[0] for r in j[0][1:]) == ["=Đinh Thị An", "Lò Văn Ế"]')" true

# --- LibreOffice ---
if command -v soffice >/dev/null; then
  ok "LibreOffice opens them" sheets office here.xlsx hub.xlsx here.csv donation.xlsx
  cp ok.out office.json
  is "a donation there: the formula is a text, money a number" "$(json office.json '[v.replace(".", "").replace(",", "") for v in list(j["donation.xlsx"].values())[0][1][2:8]] == ["person", "", "5000000", "3", "", "=Lò Văn Ế"]')" true
  for of in here.xlsx hub.xlsx; do
    is "$of there: the titles" "$(json office.json "sorted(r[2] for r in list(j['$of'].values())[0][1:])")" "$want"
    is "$of there: the copies" "$(json office.json "sorted(r[1] for r in list(j['$of'].values())[0][1:])")" "$codes"
  done
  is "the CSV there: the copies" "$(json office.json "sorted(r[1] for r in list(j['here.csv'].values())[0][1:])")" "$codes"
  is "the CSV there: as the page says, cell by cell" \
    "$(json office.json "[[c for c in r] for r in list(j['here.csv'].values())[0]]")" \
    "$("$PYTHON" -c 'import csv,json,sys; print(json.dumps(list(csv.reader(open("here.csv", encoding="utf-8-sig", newline="")))))')"
else
  skip "LibreOffice reads the titles back" "there is no soffice: the Debian package libreoffice-calc-nogui has it"
fi

# --- with an agent ---
$P list here --csv >here.csv 2>err
start agent $P agent --hub "$at"
wait_until 10 test -S s/socket
$P list here --csv >agent.csv 2>err
ok "an agent lends the folder: the same" cmp agent.csv here.csv
stop "$started_pid"

# --- what is refused ---
status "two forms at once" 2 $P list here --csv --json
status "and these" 2 $P list here --csv --xlsx x.xlsx
status "a command that has no table" 2 $P loan 000001 K1 --csv
status "and wrote nothing" 1 bash -c "$P list out --plain | grep -q ."
status "a certificate that is not there" 2 $H erasures abc --csv
status "words that are said" 2 $H restore words --say --csv
status "a courier that is to stay" 2 $P courier --csv
status "what is not known" 1 $P copy show 999999 --xlsx unknown.xlsx
status "has no file" 1 test -e unknown.xlsx
status "a folder that is not there" 1 $P list here --xlsx nowhere/x.xlsx
status "no program for XLSX" 1 env PACKHORSE_XLSX="$T/nothing" $P list here --xlsx x.xlsx
like "is named" "$(cat ok.out)" "$T/nothing: "
status "one that says no" 1 env PACKHORSE_XLSX=/bin/false $P list here --xlsx x.xlsx
ok "leaves no file" bash -c '! ls x.xlsx*'
status "standard output is full" 1 bash -c "$P list here --csv >/dev/full"

# --- packhorse-xlsx by itself ---
book() { "$xlsx" <"$1" >book.xlsx 2>err; }
bad() {
  printf '%s' "$2" >book.json
  status "$1" 2 book book.json
  like "$1: said" "$(cat err)" "$3"
  is "$1: nothing came" "$(wc -c <book.xlsx)" 0
}
bad "no JSON" '{"sheets":[' 'no JSON: line 1'
bad "a member twice" '{"sheets":[],"sheets":[]}' 'duplicate'
bad "no sheets" '[]' 'no list of sheets'
bad "a sheet that is none" '{"sheets":[7]}' 'sheet 1'
bad "a cell that is none" '{"sheets":[{"columns":[],"rows":[[1.5]]}]}' 'a cell is no text, whole number'
"$PYTHON" -c 'import json; print(json.dumps({"sheets": [{"columns": [], "rows": [[]] * 1048576}]}))' >book.json
status "a row too many" 2 book book.json
like "a row too many: said" "$(cat err)" '1048577 rows .* can hold 1048576'
"$PYTHON" -c 'import json; print(json.dumps({"sheets": [{"name": "x" * 31, "columns": [{"title": "a"}], "rows": [["đ" * 32767], ["đ" * 32768], ["🐴" * 16384], ["_x0041_" * 2600]]}, {"name": "X" * 40, "columns": [], "rows": []}, {"name": "[]:*?/\\", "columns": [], "rows": []}, {"name": "History", "columns": [], "rows": []}, {"name": "", "columns": [], "rows": []}]}))' >book.json
status "a cell of 32,767 letters, and one more" 0 book book.json
like "the cut is said" "$(cat err)" '3 texts of over 32767 characters were cut.* sheet 1, row 3, column 1'
is "names of sheets are made fit" "$(sheets names book.xlsx)" \
  '["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "XXXXXXXXXXXXXXXXXXXXXXXXXXX (2)", "-------", "Sheet4", "Sheet5"]'
count=60
[ "$FULL" = 1 ] && count=2000
ok "$count random books, of texts that a format could trip over" sheets random "$xlsx" --count $count
diag "$(cat ok.out)"
mkfifo fifo
start waiting bash -c "exec '$xlsx' <fifo"
exec 7>fifo
wait_until 10 grep -q '^Seccomp:.2$' "/proc/$started_pid/status"
ok "its calls of the system are few" grep -q '^Seccomp:.2$' "/proc/$started_pid/status"
exec 7>&-
done_testing

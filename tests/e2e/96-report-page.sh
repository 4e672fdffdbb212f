#!/bin/bash
# The rows of the plan as CSV, as a workbook, and all of them as a page to be printed: read by
# other programs, and compared with what `report --json` says. Names are hostile.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P="$BUILD/client/packhorse -d $T/s"
H="$hubd -d $T/hub"
sheets() { "$PYTHON" "$ROOT/tests/e2e/sheets.py" "$@"; }

make() {
  echo 'secret words' >pass && $H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass &&
    $H commune add 03646 --name '=Chiềng <script>alert(1)</script> & "Khoa"' --type xa &&
    $H commune add 03651 --name 'Mường ꪀꪫꪱꪣ' --type xa &&
    $H site add 14-0371 --commune 03646 --kind commune-library --name '</td>A' &&
    $H site set 14-0371 --status open --when 2025-01-01 &&
    $H invite --site 14-0371 --role site --out invite --passphrase-file pass && $P join invite &&
    $H model put 03646 --status recognised --date 2026-08-01 --decision '<b>&' &&
    $P visit 1234 --band adult --women 3 --when 2026-08-03 && $P digital-use lookup 7 --when 2026-08-04
}
ok "a province with two communes" make
start serve "$hubd" -d hub serve
at=$(wait_for_line serve '^listening ' | cut -d' ' -f2)
ok "all at the hub" $P sync --hub "$at"

# --- one row ---
for row in M1 M2 M4 A1 visits; do
  $H report $row --period 2026-Q3 --json >json
  $H report $row --period 2026-Q3 --csv >csv 2>err
  sheets strict csv >strict
  is "$row: the lines and what stands around them, their headings" "$(json strict 'len(j), j[0][0]')" "(2, $(json json '[c["en"] for c in j["columns"]] + ["rule", "version"]' | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin))'))"
  is "$row: each cell" "$("$PYTHON" - <<'END'
import json
report = json.load(open("json", encoding="utf-8"))
rows = json.load(open("strict", encoding="utf-8"))[0][1:]
def cell(value, column):
    if value is None: return ""
    if isinstance(value, dict): return "<%d" % value["below"]
    if column["type"] == "percent": return "%.2f%%" % (value / 100)
    return str(value)
want = [[cell(*pair) for pair in zip(row, report["columns"])] for row in report["rows"]]
if "total" in report:
    want.append([cell(*pair) for pair in zip(["total" if report["total"][0] is None else report["total"][0]] + report["total"][1:], report["columns"])])
rule = [report["rule"]["name"], str(report["rule"]["version"])]
want = [line + rule for line in want]
print(rows == want or (rows, want))
END
)" True
  is "$row: rule, share, targets, trend, how far complete, who is missing" "$("$PYTHON" - <<'END'
import json
report = json.load(open("json", encoding="utf-8"))
head, *lines = json.load(open("strict", encoding="utf-8"))[1]
def of(name): return [value for what, value in lines if what == name]
def share(value): return "–" if value is None else "{:,.2f} %".format(value / 100)
def figure(value):
    if "denominator" in report: return share(value)
    return "–" if value is None else "{:,}".format(value)
complete, period, rule = report["complete"], report["period"], report["rule"]
told = [
    (head, ["WHAT", "VALUE"]),
    (of("report"), ["%s  %s" % (report["report"], report["title"]["en"])]),
    (of("period"), ["%s (%s – %s)" % (period["name"], period["from"], period["to"])]),
    (of("how far complete"), ["Complete for %d of %d communes up to %s" % (complete["communes"], complete["of"], complete["up_to"])]),
    (of("rule"), [rule["en"]]),
    (of("name and version of the rule"), ["%s, version %d" % (rule["name"], rule["version"])]),
    (of("value"), [share(report["value"])] if "denominator" in report else []),
    (of("numerator"), [str(report["numerator"])] if "denominator" in report else []),
    (of("denominator"), [str(report["denominator"])] if "denominator" in report else []),
    (of("figures of few persons, not told"), [str(report["suppressed"])]),
    (of("missing"), ["%s %s (no device)" % (one["code"], one["name"]) for one in complete["missing"]]),
]
told += [(of("target " + year), [share(value)]) for year, value in report["targets"].items()]
told += [(of("before: " + then["period"]), [figure(then["value"])]) for then in report["trend"]]
print([pair for pair in told if pair[0] != pair[1]] or len(report["targets"]) >= 3 * ("denominator" in report))
END
)" True
  ok "$row: a workbook" $H report $row --period 2026-Q3 --xlsx $row.xlsx
  is "$row: no formula in it" "$(sheets parts $row.xlsx)" '{"formulas": 0, "links": 0}'
  is "$row: lines, and what stands around them" "$(sheets names $row.xlsx)" "[\"$row\", \"notes\"]"
done
ok "in Vietnamese" env LC_ALL=vi_VN.UTF-8 $H report M1 --period 2026-Q3 --xlsx vi.xlsx
like "words instead of codes" "$(LC_ALL=vi_VN.UTF-8 $H report M1 --period 2026-Q3 --csv)" '"được công nhận"'
is "its sheets" "$(sheets names vi.xlsx)" '["M1", "ghi chú"]'
ok "which rows there are" $H report codes --csv
if command -v soffice >/dev/null; then
  ok "LibreOffice opens it" sheets office M1.xlsx
  like "with the name of a commune as it is" "$(cat ok.out)" '"=Chiềng <script>alert\(1\)</script> & \\"Khoa\\""'
else
  skip "LibreOffice opens it" "there is no soffice: the Debian package libreoffice-calc-nogui has it"
fi

# --- the page ---
ok "report page" bash -c "$H report page --period 2026-Q3 --agency 'SỞ <VH> & DU LỊCH' --place 'Sơn La' >page.html"
sheets page page.html >page
is "is XML, runs nothing, loads nothing" "$(json page 'j["loads"]')" '[]'
$H report codes --json >codes
# the rows of the plan with their codes, the others by their titles alone
is "has every row, in its order" "$(json page '[h for h in j["headings"] if not h.startswith(("Các chỉ", "Số "))]')" \
  "$(json codes '[(r["report"] + ". " if r["report"][0].isupper() else "") + r["title"]["vi"] for r in j["reports"]]')"
has() { "$PYTHON" -c 'import json,sys; print(sys.argv[1] in json.load(open("page", encoding="utf-8"))["text"])' "$1"; }
for text in 'SỞ <VH> & DU LỊCH' '=Chiềng <script>alert(1)</script> & "Khoa"' 'Mường ꪀꪫꪱꪣ' '<b>&' '1.241' '1.241 trên 0' 'quý III năm 2026' \
  'Kết quả: 50,00 % = 1 trên 2' 'mục tiêu 2045: 90,00 %' 'Đủ số liệu của 1 trên 2 xã, phường đến 30/09/2026' 'chưa có máy' \
  'được công nhận' 'thư viện xã' 'Bản nháp' 'NGƯỜI LẬP BIỂU' 'CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM' '< 5'; do
  is "has: $text" "$(has "$text")" True
done
is "a rule beside each of the four" "$(json page '[r[7].count("quy tắc") for r in j["tables"][1][1:]]')" '[1, 1, 1, 1]'
is "nothing was issued" "$($H report list --plain | wc -l)" 0
status "a file that is there" 1 $H report page --period 2026-Q3 --issue --out page.html
is "nothing was issued for it" "$($H report list --plain | wc -l)" 0
status "a folder that is not there" 1 $H report page --period 2026-Q3 --issue --out nowhere/p.html
like "is named" "$(cat ok.out)" 'nowhere/p.html: no such file or folder'
mkdir folder
status "a FILE that is a folder" 1 $H report page --period 2026-Q3 --issue --out folder --yes
is "nothing was issued for either" "$($H report list --plain | wc -l) $(ls -A folder) $(ls -d ./*.part 2>/dev/null)" "0  "
ok "issued, into a file" $H report page --period 2026-Q3 --issue --out issued.html
is "each row" "$($H report list --plain | wc -l)" "$(json codes 'len(j["reports"])')"
sheets page issued.html >page
is "it is no draft" "$(has 'Bản nháp')" False
is "and names what was issued" "$(has "$($H report M2 --period 2026-Q3 --json | json /dev/stdin 'j["issued"]["ref"]')")" True
ok "a late page of the notebook" $P visit 100 --band adult --when 2026-09-01
ok "comes" $P sync --hub "$at"
$H report page --period 2026-Q3 >later.html
sheets page later.html >page
is "what was printed, and what it is now" "$(has 'đã in 1.241, nay là 1.341')" True
$H report M4 --period 2026-Q3 --xlsx revised.xlsx
is "in the workbook too" "$(sheets names revised.xlsx)" '["M4", "notes", "revised"]'

# --- few persons came, and one more is typed in after the sheet was printed ---
ok "3 adults and 7 children" bash -ec "
  $P visit 3 --band adult --when 2025-03-03
  $P visit 7 --band child --when 2025-03-04"
ok "at the hub" $P sync --hub "$at"
ok "printed" bash -ec "$H report issue visits --period 2025; $H report issue visits --period 2025 --by band"
ok "an elder" $P visit 1 --band elder --when 2025-03-05
ok "comes late" $P sync --hub "$at"
$H report visits --period 2025 --json >json
is "no part of who came is told" "$(json json 'j["rows"][0][2:], j["total"][2:], j["suppressed"]')" \
  '([11, None, None, None, None, None], [11, None, None, None, None, None], 5)'
is "what was printed of the parts is not said beside it" "$(json json '[(r.get("column"), r.get("printed"), r.get("now"), r.get("parts")) for r in j["revised"]]')" \
  '[["visits", 10, 11, null], [null, null, null, true], ["visits", 10, 11, null], [null, null, null, true]]'
is "nor by band" "$($H report visits --period 2025 --by band --json >json; json json '[r[1] for r in j["rows"]], j["total"], [r.get("row", 0) for r in j["revised"]]')" \
  '([None, None, None, None], [None, 11], [None, None])'
$H report visits --period 2025 >table
is "in the table" "$(grep -c 'its parts are revised, and not told: few persons' table) $(grep -Ec '(elder|child|adult) was' table)" '2 0'
$H report page --period 2025 >page.html
sheets page page.html >page
is "on the page" "$(has 'số liệu từng nhóm đã sửa, không nêu vì ít người') $(has 'cao tuổi: đã in') $(has 'thiếu nhi: đã in')" 'True False False'
$H report visits --period 2025 --xlsx few.xlsx
is "in the workbook" "$(sheets names few.xlsx) $(sheets cells few.xlsx | "$PYTHON" -c 'import json,sys; print([line[1] for line in json.load(sys.stdin)[1:]])')" \
  '["visits", "notes", "revised"] ['"'visits', 'its parts are revised, and not told: few persons', 'visits', 'its parts are revised, and not told: few persons'"']'
ok "printed again" $H report issue visits --period 2025
is "it is told no more than before" "$($H report visits --period 2025 --json >json; json json 'j["rows"][0][2:], "revised" in j')" '([11, None, None, None, None, None], False)'

$H report M4 --period 2026-Q3 --csv >csv
is "and as CSV, behind the others" "$(sheets strict csv | "$PYTHON" -c 'import json,sys; j = json.load(sys.stdin); print(len(j), j[2][0], [r for r in j[2][1:] if r[1] == "the numerator"])')" \
  "3 ['ROW', 'COLUMN', 'PRINTED', 'NOW'] [['', 'the numerator', '1,241', '1,341']]"
status "no period" 2 $H report page
status "a period that is none" 2 $H report page --period 2026-13
status "JSON" 2 $H report page --period 2026-Q3 --json
status "standard output is full" 1 bash -c "$H report page --period 2026-Q3 --issue >/dev/full"
like "what was issued is said" "$(cat ok.out)" 'issued, do not issue it again'
done_testing

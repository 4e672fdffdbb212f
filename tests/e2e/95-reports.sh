#!/bin/bash
# The rows of the province's plan, from what the provincial library, two communes' libraries and
# a van have recorded: each figure is known beforehand. Then a sheet is issued, signed off, and
# a late page revises it. And what is asked for wrongly says what there is.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
pass="--passphrase-file pass"
sync() { "$P" -d "$1" sync --hub "$at" >/dev/null 2>&1; }
# row CODE [option…]: the lines of a sheet of 2026-Q3, and its total, as JSON; also in sheet.json
row() {
  local code=$1
  shift
  $H report "$code" --period 2026-Q3 "$@" --json >sheet.json
  of 'j["rows"] + [j["total"]]'
}
of() { spell "$(json sheet.json "$1")"; }
spell() { printf '%b' "$1"; } # letters as letters

$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 $pass 2>/dev/null
$H commune add 03646 --name 'Chiềng Khoa' --type xa >/dev/null 2>&1
$H commune add 03651 --name 'Mường Bám' --type xa >/dev/null 2>&1
$H commune add 03658 --name 'Tô Hiệu' --type phuong >/dev/null 2>&1
add() { # CODE COMMUNE KIND
  $H site add "$1" --commune "$2" --kind "$3" --name "$1" >/dev/null 2>&1
  $H site set "$1" --status open --when 2025-01-01 >/dev/null 2>&1
  $H invite --site "$1" --role site --out "$1" $pass 2>/dev/null
}
add 14-0001 03658 provincial-library
add 14-0371 03646 commune-library
add 14-0372 03651 school-library
add 14-0009 03658 van
start serve "$hubd" -d hub serve
at=$(wait_for_line serve '^listening ' | cut -d' ' -f2)
for site in 14-0001 14-0371 14-0372 14-0009; do
  "$P" -d "$site.d" join "$site" >/dev/null 2>&1
  sync "$site.d"
done
A="$P -d 14-0371.d"
B="$P -d 14-0372.d"
V="$P -d 14-0009.d"
L="$P -d 14-0001.d"

# --- what happened ---
ok "a library: visits, books, an event" bash -ec "
  $A visit 10 --band adult --women 4 --when 2026-08-03
  $A visit 6 --band child --purpose reading --when 2026-07-04
  $A visit 20 --band adult --when 2025-08-03
  $A title add --name 'Truyện cổ Mông' --language hmn --when 2026-07-01 --json >t1
  $A title add --name 'Luật Đất đai' --language vie --law --when 2026-07-01 --json >t2"
hmn=$(json t1 'j["entries"][0]["ref"]')
law=$(json t2 'j["entries"][0]["ref"]')
ok "its copies, lent and read, and sent to the school" bash -ec "
  $A copy add C1 --title $hmn --owner 14-0371 --price 50000 --acquisition budget --when 2026-07-01
  $A copy add C2 --title $hmn --owner 14-0371 --price 50000 --acquisition donation --when 2026-07-02
  $A copy add C3 --title $law --owner 14-0371 --when 2026-07-02
  $A copy add C4 --title $law --owner 14-0371 --when 2025-07-02
  $A loan K1 C1 --when 2026-08-05T09:00
  $A return C1 --when 2026-08-15T09:00
  $A use C3 --count 2 --when 2026-08-06
  $A copy withdraw C4 --decision 12/QĐ --when 2026-09-01
  $A crate dispatch C1 C2 C3 --to 14-0372 --when 2026-09-02
  $A activity reading-day 30 --women 12 --when 2026-09-10"
ok "a school: the network, and figures that were told" bash -ec "
  $B digital-use reading 7 --women 3 --when 2026-07-02
  $B digital-use lookup 5 --when 2026-07-03
  $B tally put user-turns 40 --from 2025-07-01 --to 2025-09-30
  $B tally put budget-state 3000000 --from 2026-07-01 --to 2026-07-31
  $B tally put budget-state 2000000 --from 2026-07-01 --to 2026-07-31
  $B tally put premises 2 --from 2026-01-01 --to 2026-06-30
  $B tally put commendations 1 --from 2026-08-01 --to 2026-08-01
  $B tally put staff 9 --from 2026-01-01 --to 2026-03-31
  $B tally put staff 3 --from 2026-04-01 --to 2026-06-30
  $B tally put collaborators 2 --from 2026-04-01 --to 2026-06-30
  $B tally put computers 1 --from 2026-01-01 --to 2026-06-30"
ok "a van: a stop, and what was before and after it" bash -ec "
  $V stop open --commune 03651 --when 2026-08-10T08:00
  $V visit 9 --band child --when 2026-08-10T08:30
  $V loan K9 C9 --when 2026-08-10T08:40
  $V use C9 --when 2026-08-10T08:50
  $V stop close --when 2026-08-10T10:00
  $V visit 5 --band adult --when 2026-08-10T11:00"
ok "the provincial library: its own visits and events" bash -ec "
  $L activity talk 100 --when 2026-09-03
  $L visit 50 --band adult --when 2026-08-03
  $L digital-use catalogue 8 --when 2026-08-04"
for site in 14-0001 14-0371 14-0372 14-0009; do sync "$site.d"; done
$H model put 03646 14-0371 --status recognised --decision 5/QĐ --date 2026-05-20 >/dev/null
$H model put 03651 --status planned --date 2026-05-20 >/dev/null
$H worker add --name 'Lò Thị Hoa' --site 14-0371 --role librarian --from 2026-01-01 --json >w1 2>/dev/null
$H worker add --name 'Cà Văn Hai' --site 14-0372 --role part-time --from 2026-01-01 --json >w2 2>/dev/null
$H worker add --name 'Vì Thị Ba' --site 14-0372 --role volunteer --from 2026-01-01 >/dev/null 2>&1
$H training 'Biên mục' --workers 12 --collaborators 3 --women 9 --when 2026-03-01 \
  --attendees "$(json w1 'j["entries"][0]["ref"]')" >/dev/null
$H donation enterprise --foreign --money 1000000 --copies 20 --titles 5 --when 2026-08-20 >/dev/null

for words in board "list here" cases; do
  read -ra words <<<"$words"
  like "a commune that nobody named: ${words[*]}" "$($H "${words[@]}" --commune 99999 2>&1)" 'there is no commune 99999; .packhorsed commune list. shows those there are$'
done

# --- the four rows that have a target ---
is "M1" "$(row M1)" '[["03646", "Chiềng Khoa", "recognised", "5/QĐ", "2026-05-20", 1], ["03651", "Mường Bám", "planned", null, "2026-05-20", 0], ["03658", "Tô Hiệu", null, null, null, 0], [null, null, null, null, null, 1]]'
is "its share, and the plan's targets" "$(of '[j["numerator"], j["denominator"], j["value"], j["targets"]]')" \
  '[1, 3, 3333, {"2026": 1500, "2030": 5000, "2045": 9000}]'
is "its trend: since the second quarter" "$(of '[t["value"] for t in j["trend"]][-3:]')" '[0, 0, 3333]'
is "M2" "$(row M2)" '[["03646", "Chiềng Khoa", 1, 0, 0, 1, 2, 1], ["03651", "Mường Bám", 1, 1, 12, 0, 3, 1], ["03658", "Tô Hiệu", 0, 0, 0, 0, 0, 0], [null, null, 2, 1, 12, 1, 5, 2]]'
is "M3" "$(row M3)" '[["03646", "Chiềng Khoa", 1, 1, 10000], ["03651", "Mường Bám", 1, 0, 0], [null, null, 2, 1, 5000]]'
is "M4: the van's turns are the commune's" "$(row M4)" \
  '[["03646", "Chiềng Khoa", 16, 20, -2000], ["03651", "Mường Bám", 21, 40, -4750], ["03658", "Tô Hiệu", 63, 0, null], [null, null, 100, 60, 6667]]'
is "its mean growth since 2025" "$(of '[j["numerator"], j["denominator"], j["value"], j["mean"]]')" '[40, 60, 6667, 6667]'
rule() { row "$1" >/dev/null; of '[j["rule"]["name"], j["rule"]["version"], j["rule"].get("since")]'; }
xa() { $H policy set report-xa-only "$1" --when 2026-09-01 >/dev/null 2>&1; }
least() { $H policy set report-m2-least "$1" --when 2026-09-01 >/dev/null 2>&1; }
tomorrow=$(date -d tomorrow +%F)
ok "a rule that holds since a later day" $H policy set report-xa-only yes --when "$tomorrow"
is "a period that was over keeps its own" "$(row M1 >/dev/null; of '[j["denominator"], j["rule"]["name"], j["rule"]["version"]]')" '[3, "units", 1]'
xa yes
is "by rule of xã alone" "$(row M1 >/dev/null; of '[j["denominator"], j["rule"]["name"], j["complete"]["of"]]')" '[2, "xa", 2]'
is "its version, and since when" "$(rule M1)" '["xa", 2, "2026-09-01"]'
words() { row "$1" >/dev/null; of '[j["rule"]["en"], j["rule"]["vi"]]'; }
is "M1: the rule in words" "$(words M1)" \
  '["communes recognised, of all communes of type xã; phường left out", "số xã được công nhận trên tổng số xã; không tính phường"]'
left_out='^\["[^"]* of type xã[^"]*[,;] phường left out", "[^"]*; [^"]*không tính phường"\]$'
for code in M2 M3 M4; do
  like "$code: the words leave the phường out" "$(words $code)" "$left_out"
done
like "complete of xã alone, to people" "$($H report M2 --period 2026-Q3)" 'complete for 2 of 2 communes of type xã up to 2026-09-30'
like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H report M2 --period 2026-Q3)" 'đủ số liệu của 2 trên 2 xã \(không tính phường\) đến 2026-09-30'
like "in the workbook's notes" "$(LC_ALL=vi_VN.UTF-8 $H report M2 --period 2026-Q3 --csv)" '"Đủ số liệu của 2 trên 2 xã \(không tính phường\) đến 2026-09-30"'
is "a row that only counts has every commune behind it" "$(row visits >/dev/null; of '[j["total"][2], j["rule"]["name"], j["complete"]["communes"], j["complete"]["of"]]')" '[80, "count", 3, 3]'
$H commune add 03659 --name 'Chiềng Cơi' --type phuong >/dev/null 2>&1
is "and says which phường is missing" "$(row visits >/dev/null; of 'j["complete"]["missing"]')" '[{"code": "03659", "name": "Chiềng Cơi"}]'
is "also of that alone" "$(row visits --commune 03659 >/dev/null; of '[j["complete"]["communes"], j["complete"]["of"]]')" '[0, 1]'
is "M1 does not" "$(row M1 >/dev/null; of 'j["complete"]["missing"]')" '[]'
$H report page --period 2026-Q3 >page.html
like "the page: rows of xã" "$(cat page.html)" 'Đủ số liệu của 2 trên 2 xã \(không tính phường\) đến 30/09/2026'
like "the page: other rows" "$(cat page.html)" 'Đủ số liệu của 3 trên 4 xã, phường đến 30/09/2026'
like "the page: who is missing of either" "$(cat page.html)" '<td>03659</td><td>Chiềng Cơi</td>'
$H commune set 03659 --from 2999-01-01 >/dev/null 2>&1 # none of these times
like "to people" "$($H report M1 --period 2026-Q3)" '\(xa, version 2 since 2026-09-01\)'
is "the quarter before is of the first one" "$($H report M1 --period 2026-Q2 --json | json /dev/stdin 'j["rule"]["name"], j["rule"]["version"]')" "('units', 1)"
is "in the CSV" "$($H report M1 --period 2026-Q3 --csv | sed '/^\r$/,$d' | tr -d '\r' | cut -d, -f7- | tail -n +2 | sort -u)" '"xa",2'
like "on the page" "$($H report page --period 2026-Q3)" 'quy tắc xa, bản 2 từ 01/09/2026'
xa no
is "without it the words have both" "$(words M1)" '["communes recognised, of all communes", "số xã, phường được công nhận trên tổng số xã, phường"]'
least 3
is "three of four" "$(row M2 >/dev/null; of '[j["numerator"], j["rule"]["name"]]')" '[1, "3-of-4"]'
status "a rule whose name is a slip" 2 $H policy set report-xa-onli yes
like "says which it may be" "$(cat ok.out)" 'there is no rule "report-xa-onli"; is it report-xa-only[?]'
is "it is not written" "$($H policy list --plain | grep -c onli)" 0
status "five of four is no rule" 2 $H policy set report-m2-least 5
status "a day for what devices heed at once" 2 $H policy set loan-term-days 9 --when 2026-09-01
least 1
is "as it was, no version is another" "$(rule M1) $(rule M2)" '["units", 1, null] ["1-of-4", 1, null]'
$H target set M1 2026 20% --when 2026-09-02 >/dev/null
is "a target of the province's own" "$(row M1 >/dev/null; of 'j["targets"]["2026"]')" 2000
$H target set A1 2030 500 --rule 'hai phần ba' --version 7 --when 2026-09-02 >/dev/null
like "a target names rule and version" "$($H report A1 --period 2026-Q3)" '\(count, version 7 since 2026-09-02: hai phần ba\)'

# --- the others ---
is "A1" "$(row A1)" '[["provincial-library", 1], ["commune-library", 1], ["school-library", 1], ["van", 1], [null, 4]]'
is "A2" "$(row A2)" '[["03651", "Mường Bám", 1, 3, 2, 1], [null, null, 1, 3, 2, 1]]'
is "A3" "$(row A3)" '[["03651", "Mường Bám", 1, 9, 1, 1], [null, null, 1, 9, 1, 1]]'
is "A4 by form: few women are not told" "$(row A4)" '[["catalogue", 8, 0], ["reading", 7, {"below": 5}], ["lookup", 5, 0], [null, 20, {"below": 5}]]'
is "A5 by occasion" "$(row A5)" '[["reading-day", 1, 30, 12], ["talk", 1, 100, 0], [null, 2, 130, 12]]'
is "A6 in March" "$($H report A6 --period 2026-03 --json >sheet.json; of 'j["rows"]')" '[[null, null, 1, 12, 3, 9]]'
is "A7" "$(row A7)" '[["hmn", 2, 1, 1, 0], [null, 2, 1, 1, 0]]'
is "A8" "$(row A8)" '[["enterprise", 1, 1, 1000000, 20, 5], [null, 1, 1, 1000000, 20, 5]]'
is "A9" "$(row A9)" '[["03651", "Mường Bám", 1], [null, null, 1]]'
is "A11: what was last told" "$(row A11)" '[["03651", "Mường Bám", 2], [null, null, 2]]'
is "what stands in no other row" "$(row tallies)" '[["03651", "Mường Bám", 3, 2, 1], [null, null, 3, 2, 1]]'
is "A12: the last figure of a month puts the first right" "$(row A12)" '[["03651", "Mường Bám", 2000000, 0], [null, null, 2000000, 0]]'
is "A15" "$(row A15)" '[["03646", "Chiềng Khoa", 0, 2], [null, null, 0, 2]]'
is "stock" "$(row stock)" '[["03646", "Chiềng Khoa", 3, 2, 0], [null, null, 3, 2, 0]]'
is "its trend: one copy before, since withdrawn" "$(of '[t["value"] for t in j["trend"]][-6:]')" '[0, 0, 1, 1, 1, 1]'
is "additions by how they were come by" "$(row additions --by acquisition)" \
  '[["budget", 1, 50000], ["donation", 1, 50000], [null, 1, 0], [null, 3, 100000]]'
is "withdrawals" "$(row withdrawals --by site)" '[[140371, "14-0371", "14-0371", 1, 0], [null, null, null, 1, 0]]'
is "visits by commune" "$(row visits)" \
  '[["03646", "Chiềng Khoa", 16, {"below": 5}, 6, 0, 10, 0], ["03651", "Mường Bám", 9, 0, 9, 0, 0, 0], ["03658", "Tô Hiệu", 55, 0, 0, 0, 55, 0], [null, null, 80, {"below": 5}, 15, 0, 65, 0]]'
is "visits by site: the van's are its own" "$(row visits --by site >/dev/null; of '[[r[1], r[3]] for r in j["rows"]]')" '[["14-0001", 50], ["14-0009", 14], ["14-0371", 16]]'
is "visits by band" "$(row visits --by band)" '[["child", 15], ["youth", 0], ["adult", 65], ["elder", 0], [null, 80]]'
is "visits by month" "$(row visits --by month >/dev/null; of '[r[:2] for r in j["rows"]]')" '[["2026-07", 6], ["2026-08", 74], ["2026-09", 0]]'
is "of one commune alone" "$(row visits --by purpose --commune 03646)" '[["reading", 6], ["borrowing", 0], ["study", 0], ["internet", 0], ["event", 0], ["other", 0], [null, 10], [null, 16]]'
is "loans" "$(row loans)" '[["03646", "Chiềng Khoa", 1, 0, 1, 0], ["03651", "Mường Bám", 1, 0, 0, 0], [null, null, 2, 0, 1, 0]]'
is "loans by language" "$(row loans --by language)" '[["hmn", 1], [null, 1], [null, 2]]'
is "what sites told, by their kind" "$(row A12 --by kind)" '[["school-library", 2000000, 0], [null, 2000000, 0]]'
is "what the province told is of no kind" "$(row A8 --by kind)" '[[null, 1, 1, 1000000, 20, 5], [null, 1, 1, 1000000, 20, 5]]'
is "uses by kind" "$(row uses --by kind)" '[["commune-library", 2], ["van", 1], [null, 3]]'
is "every row there is can be given by all that it says" "$(
  $H report codes --json >codes.json
  json codes.json '"\n".join(r["report"] + " " + b for r in j["reports"] for b in r["by"])' | while read -r code by; do
    $H report "$code" --period 2026 --by "$by" --json >one.json || echo "$code $by"
    [ "$(json one.json '[len(r) == len(j["columns"]) for r in j["rows"] + [j["total"]]].count(False)')" = 0 ] || echo "$code $by: cells"
  done
)" ''

# --- how far they are complete ---
is "complete for" "$(row M1 >/dev/null; of '[j["complete"]["communes"], j["complete"]["of"], j["complete"]["up_to"], j["complete"]["missing"]]')" \
  '[3, 3, "2026-09-30", []]'
$H commune add 03660 --name 'Chiềng An' --type phuong >/dev/null 2>&1
is "a commune without a device is missing" "$(row M1 >/dev/null; of '[j["complete"]["communes"], j["complete"]["of"], j["complete"]["missing"]]')" \
  '[3, 4, [{"code": "03660", "name": "Chiềng An"}]]'
like "and is named to people" "$($H report M1 --period 2026-Q3)" 'complete for 3 of 4 communes up to 2026-09-30; missing: 03660 Chiềng An \(no device\)'
$H site add 14-0777 --commune 03646 --kind law-bookcase --name 'Tủ sách' >/dev/null 2>&1
$H site set 14-0777 --status open --when 2026-08-01 >/dev/null 2>&1
is "so is an open site without one, where another has one" "$(row visits >/dev/null; of '[j["complete"]["communes"], j["complete"]["missing"][0]]')" \
  '[2, {"code": "03646", "name": "Chiềng Khoa", "site": "14-0777"}]'
like "to people" "$($H report M1 --period 2026-Q3)" 'complete for 2 of 4 communes up to 2026-09-30; missing: 03646 Chiềng Khoa \(14-0777, no device\); 03660'
like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H report M1 --period 2026-Q3 --csv)" '"còn thiếu","03646 Chiềng Khoa \(14-0777, chưa có máy\)"'
like "on the page" "$($H report page --period 2026-Q3)" '<td>Chiềng Khoa</td><td>14-0777</td><td>chưa có máy</td>'
is "not before it opened" "$($H report visits --period 2026-Q2 --json >q.json; json q.json 'j["complete"]["communes"]')" 3
$H site set 14-0777 --status closed --when 2026-09-30 >/dev/null 2>&1
is "nor when it is closed" "$(row visits >/dev/null; of 'j["complete"]["communes"]')" 3
like "as is the share" "$($H report M1 --period 2026-Q3)" '25.00 % = 1 of 4; target 2026: 20.00 %'
like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H report M1 --period 2026-Q3)" '25,00 % = 1 trên 4; mục tiêu 2026: 20,00 %'

is "nothing strays" "$(row A10 >/dev/null; of 'j["complete"]["strays"]')" '[]'
ok "a site tells a figure of a commune that is none" $B tally put media 1 --from 2026-09-01 --to 2026-10-31 --commune 99999
sync 14-0372.d
is "it is told beside the figures" "$(row A10 >/dev/null; of 'j["complete"]["strays"]')" \
  '[{"commune": "99999", "site": 140372, "code": "14-0372", "kind": "tally", "entries": 1}]'
like "to people" "$($H report A10 --period 2026-Q3)" '99999: no such commune; named by 1 of kind tally, site 140372'
printf '{"kind":"model-put","commune":"99998","status":"planned"}\n' >model.json
ok "a site puts the model of another that is none" $B record model.json
sync 14-0372.d
is "it is told, too" "$(row A10 >/dev/null; of '[[s["commune"], s["kind"], s["site"], s["entries"]] for s in j["complete"]["strays"]]')" \
  '[["99998", "model-put", 140372, 1], ["99999", "tally", 140372, 1]]'
ok "until it is taken back" $B void "$($B log --json --limit 1 | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["entries"][0]["ref"])')"
sync 14-0372.d
is "of a time that it does not touch it is not" "$($H report A10 --period 2026-Q2 --json >q.json; json q.json 'j["complete"]["strays"]')" '[]'

# --- issued, signed off, revised ---
ok "report issue of a row" bash -c "$H report issue visits --period 2026-Q3 --json >issued.json 2>/dev/null"
ref=$(json issued.json 'j["entries"][0]["ref"]')
ok "and by site" bash -c "$H report issue visits --period 2026-Q3 --by site >/dev/null 2>&1"
is "report list" "$($H report list --plain | cut -f1-3)" "$(printf 'visits 2026-Q3\t2026-07-01\t2026-09-30\nvisits 2026-Q3 by site\t2026-07-01\t2026-09-30')"
is "nothing is revised yet" "$(row visits >/dev/null; of '[j["issued"]["ref"] == "'"$ref"'", "revised" in j]')" '[true, false]'
ok "a commune signs it off, another does not" bash -ec "$A signoff $ref --commune 03646; $B signoff $ref --commune 03651 --disagrees"
ok "and a page is typed in late" bash -ec "$A visit 2 --band adult --when 2026-09-20"
sync 14-0371.d
sync 14-0372.d
row visits >/dev/null
is "who signed it off" "$(of '[j["issued"]["agree"], j["issued"]["disagree"], sorted([s["commune"], s["code"], s["agrees"]] for s in j["issued"]["signoffs"])]')" \
  '[1, 1, [["03646", "14-0371", true], ["03651", "14-0372", false]]]'
is "nobody strays" "$(of 'j["issued"]["strays"]')" '[]'
ok "a library says something of its neighbours' commune, and of one that is none" bash -ec "
  $A signoff $ref --commune 03651; $A signoff $ref --commune 99999"
ok "and the other changes its mind" $B signoff $ref
sync 14-0371.d
sync 14-0372.d
row visits >/dev/null
is "the last word counts, once" "$(of '[j["issued"]["agree"], j["issued"]["disagree"], sorted([s["commune"], s["code"], s["agrees"]] for s in j["issued"]["signoffs"])]')" \
  '[2, 0, [["03646", "14-0371", true], ["03651", "14-0372", true]]]'
is "a stray word does not" "$(of 'sorted([s["commune"], s["code"], s["agrees"], s["why"]] for s in j["issued"]["strays"])')" \
  '[["03651", "14-0371", true, "foreign-site"], ["99999", "14-0371", true, "unknown-commune"]]'
is "the list of reports says the same" "$($H report list --json >list.json; json list.json '[(r["agree"], r["disagree"]) for r in j["reports"] if r["ref"] == "'"$ref"'"]')" '[[2, 0]]'
like "it is told to people" "$($H report visits --period 2026-Q3)" '03651 14-0371: agrees; not counted: the site does not lie in that commune'
like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H report visits --period 2026-Q3)" '99999 14-0371: đồng ý; không tính: không có xã, phường mang mã ấy'
like "and on the page" "$($H report page --period 2026-Q3)" 'Không tính: 14-0371 đồng ý về 03651: điểm không thuộc xã, phường ấy; không nói đã xem số liệu nào\.'
is "what is revised" "$(of '[[r["row"], r["column"], r["printed"], r["now"]] for r in j["revised"] if r.get("column") == "visits"]')" \
  '[[["03646", "Chiềng Khoa"], "visits", 16, 18], [null, "visits", 80, 82]]'
like "to people" "$($H report visits --period 2026-Q3)" 'revised: 03646 visits was 16, is 18'
is "what was printed stays" "$($H report show 'visits 2026-Q3' --json >shown.json; spell "$(json shown.json 'j["sheet"]["rows"][0][:3]')")" '["03646", "Chiềng Khoa", 16]'
is "and its entries are found as ever" "$($H report changed 'visits 2026-Q3' --json >changed.json; json changed.json '[e["why"] for e in j["entries"]]')" '["late"]'
for code in M1 M4; do $H report issue $code --period 2026-Q3 >/dev/null 2>&1; done
$H model put 03651 --status recognised --date 2026-09-20 >/dev/null
ok "another late page" $A visit 2 --band adult --when 2026-09-21
sync 14-0371.d
like "shares are shares" "$($H report M4 --period 2026-Q3)" 'revised: 03646 growth was -10.00 %, is 0.00 %'
vi() { LC_ALL=vi_VN.UTF-8 $H report "$@" --period 2026-Q3; }
like "in Vietnamese" "$(vi M4)" 'sửa: tổng tăng trước là '
like "and its words" "$(vi M1)" 'sửa: 03651 tình trạng trước là dự kiến, nay là được công nhận'
like "on the page" "$($H report page --period 2026-Q3)" 'Sửa: 03651 Mường Bám, tình trạng: đã in dự kiến, nay là được công nhận\.'
standing() { of '[[r["what"], r.get("year"), r["printed"], r["now"]] for r in j["revised"] if "what" in r]'; }
is "so is what it is reckoned from" "$(row M1 >/dev/null; standing)" '[["numerator", null, 1, 2]]'
$H target set M1 2026 25% >/dev/null
xa yes
is "another rule and another target are told" "$(row M1 >/dev/null; standing)" \
  '[["rule", null, {"name": "units", "version": 1}, {"name": "xa", "version": 2}], ["numerator", null, 1, 2], ["denominator", null, 4, 2], ["target", "2026", 2000, 2500]]'
like "to people" "$($H report M1 --period 2026-Q3)" 'revised: the rule was units \(version 1\), is xa \(version 2\)'
like "the target in Vietnamese" "$(vi M1)" 'sửa: mục tiêu 2026 trước là 20,00 %, nay là 25,00 %'
like "the denominator on the page" "$($H report page --period 2026-Q3)" 'Sửa: mẫu số: đã in 4, nay là 2\.'
$H target set M1 2026 20% >/dev/null
xa no
is "and no more, when all is as it was" "$(row M1 >/dev/null; standing)" '[["numerator", null, 1, 2]]'
alike() { # of the headings of a command, those that are no other in Vietnamese, or stand there twice
  $H "$@" --csv 2>/dev/null >en.csv
  LC_ALL=vi_VN.UTF-8 $H "$@" --csv 2>/dev/null >vi.csv
  "$PYTHON" -c '
import csv
en, vi = (next(csv.reader(open(name, encoding="utf-8-sig"))) for name in ("en.csv", "vi.csv"))
print(len(en) > 1 and [e for e, v in zip(en, vi) if e == v or vi.count(v) > 1])'
}
for words in "report codes" "report list" "report figures --from 2026-07-01 --to 2026-09-30" "report show visits.2026-Q3" "report changed visits.2026-Q3" \
  log "query loans" "query titles Mông" "query summary" "query readers a --names" "query cases" devices "site list" "commune list" "policy list" "invite list" "account list" erasures; do
  read -ra words <<<"$words"
  is "headings in Vietnamese: ${words[*]}" "$(alike "${words[@]//./ }")" '[]'
done
like "what a site counts, in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H report figures --from 2026-07-01 --to 2026-09-30)" '14-0371 +lượt bạn đọc +[0-9]'
is "but for programs" "$($H report figures --from 2026-07-01 --to 2026-09-30 --plain | grep -c '^14-0371	visits	')" 1
like "what has changed of it" "$(LC_ALL=vi_VN.UTF-8 $H report changed 'visits 2026-Q3')" '14-0371 +lượt bạn đọc +16 '
ok "issued by site" bash -c "$H report issue visits --period 2026-Q3 --by site >/dev/null 2>&1"
is "of what nobody had signed no more is said" "$($H report issue 'Q3 khác' --from 2026-07-01 --to 2026-09-30 2>&1 >/dev/null | grep -c .)" 1
$H report issue visits --period 2026-Q3 2>again >/dev/null
like "what was signed before is said to be of the one before" "$(cat again)" 'visits 2026-Q3 was issued before, and signed 2 times: that is of the one before'
is "so that it is not signed" "$(row visits >/dev/null; of '[j["issued"]["agree"], j["issued"]["disagree"]]')" '[0, 0]'
ok "and another late page" $A visit 1 --band adult --when 2026-09-22
sync 14-0371.d
like "what names a site has no points" "$(vi visits --by site)" 'sửa: 140371 lượt trước là 20, nay là 21'

# --- a time that ends before it begins ---
back='--from 2026-09-30 --to 2026-07-01'
status "a tally that ends before it begins" 2 $B tally put budget-state 7 $back
like "says so" "$($B tally put budget-state 7 $back 2>&1)" 'from: 2026-09-30 is after to, which is 2026-07-01'
echo '{"kind":"tally","code":"budget-state","value":7,"from":"2026-09-30","to":"2026-07-01"}' >back.json
status "from a script" 1 $B record back.json
status "at the hub" 1 $H record back.json
"$PYTHON" "$ROOT/tests/e2e/odd_log.py" 14-0372.d --entry '[86, "stamp", null, 0, 7, 20726, 20635]' >odd
ok "one that an earlier program wrote comes to the hub" sync 14-0372.d
is "and is there" "$($H log --limit 10000 | grep -c "$(tail -1 odd | cut -d' ' -f1)")" 1
is "but counts in no quarter" "$(for q in 1 2 3; do $H report A12 --period 2026-Q$q --json >q.json; json q.json 'j["total"]'; done)" \
  "$(printf '[null, null, 0, 0]\n[null, null, 0, 0]\n[null, null, 2000000, 0]')"
is "and is a case" "$($H cases --kind opaque --json >cases.json; json cases.json '[c["facts"] for c in j["cases"]]')" "[[\"$(tail -1 odd | cut -d' ' -f1)\"]]"

# --- what cannot be ---
status "a site in a commune that nobody named" 1 $H site add 14-0999 --commune 99999 --kind van --name x
like "says so" "$($H site add 14-0999 --commune 99999 --kind van --name x 2>&1)" 'commune: there is no commune 99999; .*commune list'
status "a figure of it" 1 $H tally put media 1 --from 2026-01-01 --to 2026-01-31 --commune 99999
status "its model" 1 $H model put 99999 --status planned
status "a commune on a van's route" 1 $H site set 14-0371 --route 03646,99999
like "says so" "$($H site set 14-0371 --route 03646,99999 2>&1)" 'route: there is no commune 99999'
status "a commune before another that nobody named" 1 $H commune set 03646 --predecessor 99999
status "a worker who leaves before he comes" 2 $H worker add --name x --role librarian --from 2026-03-02 --to 2026-03-01
status "a commune before itself" 2 $H commune set 03646 --predecessor 03646
status "a target of a row that is none" 2 $H target set M9 2026 10%
status "twice the whole" 2 $H target set M1 2026 200%
ok "growth may be more" $H target set M4 2045 200%
wrong() { # NAME REGEX option…
  local name=$1 regex=$2
  shift 2
  status "$name" 2 $H report "$@"
  like "$name: says so" "$($H report "$@" 2>&1)" "$regex"
}
wrong "no such row" 'no report "M9"; there are M1, M2, .*uses' M9 --period 2026
wrong "a month that is none" '"2026-13" is none; .*2026-Q3' M1 --period 2026-13
wrong "a quarter that is none" 'is none' M1 --period 2026-Q5
wrong "a year of two digits" 'is none' M1 --period 26
wrong "a year before the plan's time" 'is none' M1 --period 1999
wrong "what comes" '2999-Q1 has not begun; its first day is 2999-01-01' M1 --period 2999-Q1
wrong "two periods" '--period is given twice' M1 --period 2026-Q3 --period 2026-Q2
wrong "two periods of an issue" '--period is given twice' issue M1 --period 2026-Q3 --period 2026-Q2
wrong "two periods of a page" '--period is given twice' page --period 2026-Q3 --period 2026-Q2
wrong "two communes" '--commune is given twice' M1 --period 2026-Q3 --commune 03646 --commune 03651
wrong "days that are to come" 'from: 2999-01-01 is still to come' issue x --from 2999-01-01 --to 2999-12-31
wrong "no period" '--period is needed' M1
wrong "by what it is not" 'M2 is not given by "band"; it is by commune' M2 --period 2026 --by band
status "a commune that is not there is nothing found" 1 $H report visits --period 2026 --commune 99999
like "and it is named" "$(cat ok.out)" 'no commune 99999'
is "a table is what it is" "$($H report M1 --period 2026-Q3 --table)" "$($H report M1 --period 2026-Q3)"
wrong "a table and JSON" 'one of --table' M1 --period 2026 --table --json
wrong "a table and CSV" 'one of --table' M1 --period 2026 --table --csv
wrong "both ways of naming a time" 'not both' issue M1 --period 2026 --from 2026-01-01 --to 2026-02-01
ok "a digest that is right" $H verify
done_testing

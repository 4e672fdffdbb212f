#!/bin/bash
# What a site signs: its own figures of a period, the digest of them, and what the hub says of a
# signature: that it counts the same, that it did when it printed, that it does not, or that
# nobody said.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
pass="--passphrase-file pass"
sync() { "$P" -d "$1" sync --hub "$at" >/dev/null 2>&1; }
A="$P -d a1"
B="$P -d b"
C="$P -d c"

$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 $pass 2>/dev/null
n=0
for site in 14-0371 14-0372 14-0373; do
  n=$((n + 1))
  $H commune add 0364$n --name "Xã $n" --type xa >/dev/null 2>&1
  $H site add $site --commune 0364$n --kind commune-library --name "Điểm $n" >/dev/null 2>&1
done
start serve "$hubd" -d hub serve
at=$(wait_for_line serve '^listening ' | cut -d' ' -f2)
join() { # DIR SITE
  $H invite --site "$2" --role site --out "$1.invite" $pass 2>/dev/null
  "$P" -d "$1" join "$1.invite" >/dev/null 2>&1
  sync "$1"
  $H devices confirm "$("$P" -d "$1" status --json | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["device"])')" \
    --fingerprint "$("$P" -d "$1" status --json | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["fingerprint"])')" >/dev/null 2>&1
  sync "$1"
}
join a1 14-0371
join a2 14-0371
join b 14-0372
join c 14-0373

ok "a day's work" bash -ec "
  $A visit 10 --band adult --women 4 --when 2026-08-03
  $A visit 6 --band child --purpose reading --when 2026-07-04
  $A visit 20 --band adult --when 2025-08-03
  $A title add --name 'Truyện cổ Mông' --language hmn --when 2026-07-01 --json >t1"
ref=$(json t1 'j["entries"][0]["ref"]')
ok "books come, leave, and go" bash -ec "
  $A copy add C1 --title $ref --owner 14-0371 --when 2026-07-01
  $A copy add C2 --title $ref --owner 14-0371 --when 2026-07-02
  $A copy add C3 --title $ref --owner 14-0372 --when 2026-07-02
  $A card issue K1 $($A reader add --name 'Lò Văn Pánh' --band adult --json --when 2026-07-02 | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["entries"][0]["ref"])') --when 2026-07-02
  $A loan K1 C1 --when 2026-08-05T09:00
  $A return C1 --when 2026-08-15T09:00
  $A copy withdraw C2 --decision 12/QĐ --when 2026-09-01"

# --- the sheet ---
# digest FILE: what docs/REPORTS.md, "What a site signs", says of the sheet in it
digest() {
  "$PYTHON" - "$1" <<'EOF'
import hashlib, json, sys
KEYS = {"visits": 1, "women": 2, "loans": 3, "returns": 4, "readers": 7, "cards": 8, "copies": 9, "titles": 10,
        "withdrawn": 28, "visits_by_band.child": 32, "visits_by_band.adult": 34, "visits_by_purpose.reading": 64}
sheet = json.load(open(sys.argv[1]))
text = "packhorse figures 1\nsite %d\nfrom %s\nto %s\n" % (sheet["site"], sheet["period"]["from"], sheet["period"]["to"])
for key, count in sorted((KEYS[name], count) for name, count in sheet["figures"].items()):
    text += "%d %d\n" % (key, count)
print(hashlib.blake2b(text.encode(), digest_size=16).hexdigest())
EOF
}
ok "the figures of a quarter" bash -c "$A figures --period 2026-Q3 --json >sheet.json"
is "are what was recorded in it" "$(json sheet.json 'sorted(j["figures"].items())')" \
  '[["cards", 1], ["copies", 3], ["loans", 1], ["readers", 1], ["returns", 1], ["titles", 1], ["visits", 16], ["visits_by_band.adult", 10], ["visits_by_band.child", 6], ["visits_by_purpose.reading", 6], ["withdrawn", 1], ["women", 4]]'
is "of which days and which site" "$(json sheet.json '[j["period"], j["site"]]')" '[{"name": "2026-Q3", "from": "2026-07-01", "to": "2026-09-30"}, 140371]'
is "what it owns and was not withdrawn" "$(json sheet.json 'j["stock"]')" '{"copies": 1, "titles": 1}'
is "its digest is as the page says" "$(json sheet.json 'j["seen"]')" "$(digest sheet.json)"
is "what waits is told" "$(json sheet.json 'j["pending"] > 0')" true
seen=$(json sheet.json 'j["seen"]')
ok "of any days" bash -c "$A figures --from 2026-07-01 --to 2026-09-30 --json >days.json"
is "the same days, the same digest" "$(json days.json '[j["seen"], "name" in j["period"]]')" "[\"$seen\", false]"
$A figures --period 2025 --json >year.json
is "of another year" "$(json year.json '[j["figures"]["visits"], j["seen"] == "'"$seen"'"]')" '[20, false]'
$A figures --period 2024 --json >none.json
is "of a year of which there is nothing" "$(json none.json 'j["figures"]')" '{}'
is "the digest of nothing" "$(json none.json 'j["seen"]')" "$(digest none.json)"
like "to people" "$($A figures --period 2026-Q3)" 'visits: child +6'
like "with what to sign by" "$($A figures --period 2026-Q3)" "packhorse signoff REPORT --seen $seen"
like "and what waits" "$($A figures --period 2026-Q3)" 'entries wait here: the hub does not count them yet'
like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $A figures --period 2026-Q3)" 'lượt bạn đọc: thiếu nhi +6'
is "without a word of English" "$(LC_ALL=vi_VN.UTF-8 $A figures --period 2026-Q3 | grep -c -E 'visits|copies|loans')" 0
like "as CSV" "$($A figures --period 2026-Q3 --csv)" '"visits_by_band.child",6'
like "the digest too" "$($A figures --period 2026-Q3 --csv)" "\"seen\",\"$seen\""
is "plain" "$($A figures --period 2026-Q3 --plain | grep ^seen)" "$(printf 'seen\t%s' "$seen")"

# --- signed ---
for dir in a1 b c; do sync $dir; done
is "nothing waits" "$($A figures --period 2026-Q3 --json >sheet.json; json sheet.json '[j["pending"], j["seen"]]')" "[0, \"$seen\"]"
sync a2
is "another machine of the site has the same sheet" "$($P -d a2 figures --period 2026-Q3 --json >other.json; json other.json 'j["seen"]')" "$seen"
ok "the hub issues a row" bash -c "$H report issue visits --period 2026-Q3 --json >issued.json 2>/dev/null"
report=$(json issued.json 'j["entries"][0]["ref"]')
ok "a site signs what it saw" bash -c "$A signoff $report --commune 03641 --seen $seen --period 2026-Q3 --json >signed.json 2>signed.err"
is "and is told so" "$(json signed.json 'j["entries"][0]["seen"]') $(wc -c <signed.err)" "$seen 0"
ok "another signs other figures" $B signoff $report --commune 03642 --seen 000102030405060708090a0b0c0d0e0f
ok "a third does not say which" bash -c "$C signoff $report --commune 03643 2>c.err"
like "and is told what to do" "$(cat c.err)" 'does not say which figures were seen: .packhorse figures --period P.'
# told: of each site the last word about the sheet that it signed
told() {
  for dir in a1 b c; do sync $dir; done
  $H report visits --period 2026-Q3 --json >visits.json
  json visits.json 'sorted({s["code"]: s["seen"] for s in j["issued"]["signoffs"]}.items())'
}
is "the hub tells of each" "$(told)" '[["14-0371", "counted"], ["14-0372", "other"], ["14-0373", "none"]]'
words=$($H report visits --period 2026-Q3)
like "in words: the same" "$words" '03641 14-0371: agrees; signed what the hub counts of it'
like "others" "$words" '03642 14-0372: agrees; signed other figures than the hub counts of it'
like "not said" "$words" '03643 14-0373: agrees; did not say which figures it saw'
like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H report visits --period 2026-Q3)" '03641 14-0371: đồng ý; đã ký đúng số liệu mà tỉnh đang tính'
$H report show "visits 2026-Q3" --json >show.json
is "what was issued, shown again, tells it, too" "$(json show.json '[sorted({s["code"]: s["seen"] for s in j["signoffs"]}.items()), j["agree"], j["disagree"], j["strays"]]')" \
  '[[["14-0371", "counted"], ["14-0372", "other"], ["14-0373", "none"]], 3, 0, []]'
like "in words" "$($H report show 'visits 2026-Q3')" '03642 14-0372: agrees; signed other figures than the hub counts of it'
is "its rows alone with --plain" "$($H report show 'visits 2026-Q3' --plain)" "$($H report visits --period 2026-Q3 --plain)"
like "on the page to be printed" "$($H report page --period 2026-Q3)" \
  'Trong đó 1 nơi đã ký đúng số liệu mà tỉnh đang tính; 1 nơi đã ký số liệu khác với số liệu ở tỉnh \(14-0372\); 1 nơi không nói đã xem số liệu nào\.'
ok "in the workbook" bash -c "$H report visits --period 2026-Q3 --xlsx - | '$PYTHON' -c 'import io,sys,zipfile; z=zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read())); print(\"\".join(z.read(n).decode() for n in z.namelist() if n.endswith(\".xml\")))'"
like "who signed, and what he saw" "$(cat ok.out)" '03642 14-0372: agrees; signed other figures than the hub counts of it'
ok "a page is typed in late" $A visit 2 --band adult --when 2026-09-20
is "what was signed was so when it was printed" "$(told)" '[["14-0371", "printed"], ["14-0372", "other"], ["14-0373", "none"]]'
like "in words" "$($H report visits --period 2026-Q3)" '14-0371: agrees; signed what was printed; since then the hub counts otherwise'
status "what was seen is not so any more: refused" 2 $A signoff $report --commune 03641 --seen $seen --period 2026-Q3
like "with what it is now" "$(cat ok.out)" "the figures of 2026-Q3 here have the digest $($A figures --period 2026-Q3 --json | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["seen"])')"
$A figures --period 2026-Q3 --json >sheet.json
ok "looked at again, and signed again" $A signoff $report --commune 03641 --seen "$(json sheet.json 'j["seen"]')" --period 2026-Q3
is "it is what the hub counts" "$(told)" '[["14-0371", "counted"], ["14-0372", "other"], ["14-0373", "none"]]'
ok "with a period alone" bash -c "$C signoff $report --commune 03643 --period 2026-Q3 2>c.err"
$C figures --period 2026-Q3 --json >c.json
like "its digest is told, and not signed" "$(cat c.err)" "those of 2026-Q3 here have the digest $(json c.json 'j["seen"]')"
is "by record, too" "$(printf '{"kind":"report-signoff","report":"%s","commune":"03643","agrees":1,"seen":"%s"}\n' "$report" "$(json c.json 'j["seen"]')" | $C record >/dev/null; told)" \
  '[["14-0371", "counted"], ["14-0372", "other"], ["14-0373", "counted"]]'
like "the log shows it" "$($A log --json --limit 3)" '"seen":"[0-9a-f]{32}"'

# --- what cannot be ---
entries() { $A status --json | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["entries"])'; }
before=$(entries)
wrong() { # NAME REGEX word…
  local name=$1 regex=$2
  shift 2
  status "$name" 2 $A "$@"
  like "$name: says so" "$($A "$@" 2>&1)" "$regex"
}
wrong "no period" 'or --from and --to are needed' figures
wrong "half of the days" 'or --from and --to are needed' figures --from 2026-07-01
wrong "both ways of naming a time" 'not both' figures --period 2026 --from 2026-07-01 --to 2026-07-02
wrong "a month that is none" '"2026-13" is none; there are years' figures --period 2026-13
wrong "an empty one" '"" is none' figures --period ''
wrong "what comes" '2999-Q1 has not begun; its first day is 2999-01-01' figures --period 2999-Q1
wrong "a day that is none" '"2026-02-30" is not a day' figures --from 2026-02-30 --to 2026-03-01
wrong "days the wrong way round" 'no day lies between' figures --from 2026-07-02 --to 2026-07-01
wrong "a word too many" 'usage' figures --period 2026 more
wrong "a digest that is short" 'seen: ' signoff $report --seen 00010203
wrong "one that is long" 'seen: ' signoff $report --seen ${seen}00
wrong "one that is no hex" 'seen: ' signoff $report --seen ${seen%??}zz
wrong "an empty one" 'seen: ' signoff $report --seen ''
wrong "another period than was seen" 'have the digest' signoff $report --seen $seen --period 2025
wrong "a period that is none, signed" 'is none' signoff $report --period 26
wrong "a sheet of one site for another" 'not with --behalf' signoff $report --period 2026-Q3 --behalf 14-0372
is "nothing of that was written" "$(entries)" "$before"
ok "a digest for another, as it was told" $A signoff $report --commune 03642 --behalf 14-0372 --seen "$($B figures --period 2026-Q3 --json | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["seen"])')"
sync a1
is "counts for that site" "$($H report visits --period 2026-Q3 --json >visits.json; json visits.json '[s["seen"] for s in j["issued"]["signoffs"] if s["code"] == "14-0372"][-1]')" counted
ok "of another commune" $A signoff $report --commune 03643 --seen "$(json sheet.json 'j["seen"]')"
sync a1
is "what does not count is told of, too" "$($H report visits --period 2026-Q3 --json >visits.json; json visits.json '[[s["code"], s["commune"], s["seen"]] for s in j["issued"]["strays"]]')" '[["14-0371", "03643", "counted"]]'
like "in words" "$($H report visits --period 2026-Q3)" '03643 14-0371: agrees; not counted: [a-z ]+; signed what the hub counts of it'
# --- a word against it ---
ok "one does not agree" bash -c "$B signoff $report --disagrees --seen $seen >against.out 2>&1"
like "and is told so" "$(cat against.out)" "saved ✓ does not agree $report"
ok "another says so in Vietnamese" bash -c "LC_ALL=vi_VN.UTF-8 $C signoff $report --disagrees --seen $seen >against.out 2>&1"
like "không đồng ý" "$(cat against.out)" "đã lưu ✓ không đồng ý $report"
like "who agrees is told that" "$(LC_ALL=vi_VN.UTF-8 $A signoff $report --seen $seen)" "đã lưu ✓ xác nhận báo cáo $report"
like "the log tells them apart" "$(LC_ALL=vi_VN.UTF-8 $C log --limit 1)" 'không đồng ý báo cáo'
# --- a slip in the reference ---
digit=${report: -1}
wrong=${report%?}$([ "$digit" = 0 ] && echo 1 || echo 0)
is "no word is of no report so far" "$($H report list --json >list.json; json list.json 'j["strays"]')" '[]'
ok "a site signs with one digit wrong" $B signoff $wrong --seen $seen
ok "another, against it" $C signoff $wrong --commune 03643 --disagrees --seen $seen
for dir in b c; do sync $dir; done
$H report list --json >list.json
is "the list tells who said it" "$(json list.json 'sorted([s["code"], s["agrees"], s.get("commune"), s["why"], s["report"] == "'"$wrong"'"] for s in j["strays"])')" \
  '[["14-0372", true, "03642", "unknown-report", true], ["14-0373", false, "03643", "unknown-report", true]]'
is "the reports are as before" "$(json list.json '[r["report"] for r in j["reports"]]')" '["visits 2026-Q3"]'
like "in words" "$($H report list 2>&1)" "a sign-off of a report that is not known: 14-0372 agrees; it names $wrong. Let the site sign again"
like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H report list 2>&1)" "xác nhận một báo cáo không có ở đây: 14-0373 không đồng ý; nêu $wrong"
is "a table of reports has reports alone" "$($H report list --plain 2>/dev/null | wc -l)" 1
ok "said again, rightly" $B signoff $report --seen $seen
ok "and the slip is voided" $B void "$($B log --json --limit 2 | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["entries"][0]["ref"])')"
sync b
is "it is told no more" "$($H report list --json >list.json; json list.json '[s["code"] for s in j["strays"]]')" '["14-0373"]'
later=$($H log --limit 1000 | "$PYTHON" -c 'import json,sys; print([e["ref"] for e in map(json.loads, sys.stdin) if e["kind"] == "report-issue"][-1])')
ok "a report has more parts than one" test "$later" != "$report"
ok "a part of a report is signed" $B signoff "$later" --seen $seen
sync b
is "that is no word on the report, and told" "$($H report list --json >list.json; json list.json '[[s["code"], s["report"] == "'"$later"'"] for s in j["strays"] if s["why"] == "later-part"]')" '[["14-0372", true]]'
status "what is no reference is refused" 2 $B signoff ${report%.*}
like "and where it stands is said" "$(cat ok.out)" 'is not the reference of a report: .* as the hub shows it \(.packhorsed report list.\)'
like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $B signoff ${report%.*} 2>&1)" 'không phải tham chiếu của một báo cáo: .* như thư viện tỉnh cho biết'
ok "verify" $A verify
ok "verify at the hub" $H verify
done_testing

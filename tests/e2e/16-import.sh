#!/bin/bash
# packhorse import: MARC files good and bad, twice, interrupted; real ones where they are.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
pack=$BUILD/client/packhorse
P="$pack -d $T/s"

run() {
  "$@" >out 2>err
  rc=$?
}
# What the last import --json counted.
counts() {
  json out 'j["records"], j["titles"], j["copies"], j["known"], j["failed"]'
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

# marc.py OUT: records from a JSON array on standard input. A record is a list of
# [tag, text], with '$' for the subfield mark; a string is put there as it is.
cat >marc.py <<'PY'
import json, sys
def record(fields, leader="00000nam a2200000 a 4500"):
    directory = data = b""
    for tag, text in fields:
        field = text.encode().replace(b"$", b"\x1f") + b"\x1e"
        directory += b"%s%04d%05d" % (tag.encode(), len(field), len(data))
        data += field
    base = 24 + len(directory) + 1
    length = base + len(data) + 1
    head = b"%05d" % length + leader[5:12].encode() + b"%05d" % base + leader[17:].encode()
    return head + directory + b"\x1e" + data + b"\x1d"
with open(sys.argv[1], "wb") as out:
    for one in json.load(sys.stdin):
        out.write(one.encode("latin-1") if isinstance(one, str) else record(one))
PY
marc() {
  "$PYTHON" marc.py "$1"
}

# --- a small file with everything ---

marc small.mrc <<'JSON'
[
  [["001", "1"], ["020", "  $a0306406152"], ["041", "0 $avie"], ["082", "04$a895.922"],
   ["100", "1 $aNguyễn Du"], ["245", "10$aTruyện Kiều"], ["260", "  $aH. :$bVăn học,$c2001"],
   ["952", "  $p000123$oVV 12$g45.000"], ["952", "  $p000124; 000125"]],
  "rubbish that is no record\u001d",
  [["001", "2"], ["245", "00$aSách không có bản"]],
  [["001", "3"], ["500", "  $aKhông có nhan đề"]],
  [["001", "4"], ["245", "00$aLuật đường bộ"], ["852", "  $pL0001$h340$iL12"]]
]
JSON
run $P import small.mrc --dry-run --json
is "dry run counts" "$rc $(counts) $(json out 'j["dry_run"]')" "1 (5, 3, 4, 0, 2) true"
is "dry run writes nothing" "$($P find kieu --json >found; json found 'len(j["titles"])')" 0

run $P import small.mrc --acquisition donation
is "import: some were malformed" "$rc" 1
is "import: told to a person" "$(cat out)" \
  "saved ✓ 3 titles, 4 copies; of 5 records 0 known already, 2 malformed"
like "import: number, place and reason" "$(cat err)" \
  'record 2 \(byte [0-9]+\): .*record 4 \(byte [0-9]+\): it has no title'
like "import: what was guessed is said" "$(cat err)" 'record 1 .*note: 952: several barcodes'
run $P copy show 000123 --json
is "a copy of Koha's field" \
  "$(json out 'j["shelf"], j["price"], j["acquisition"], j["owner"], j["title_name"]')" \
  "('VV 12', 45000, 'donation', 140371, 'Truyện Kiều')"
run $P find truyen kieu --json
is "its title" \
  "$(json out '[(t["author"], t["year"], t["isbn"], t["language"], t["class"], t["place"], t["publisher"]) for t in j["titles"]]')" \
  '[["Nguy\u1ec5n Du", 2001, "9780306406157", "vie", "895.922", "H.", "V\u0103n h\u1ecdc"]]'
run $P copy show L0001 --json
is "a copy of Evergreen's field" "$(json out 'j["shelf"], j["title_name"]')" \
  "('340 L12', 'Luật đường bộ')"
run $P list here --json
is "what was imported is on the shelf here" "$(json out '" ".join(sorted(i["copy"]["code"] for i in j["items"]))')" \
  "000123 000124 000125 L0001"

# --- twice ---

digest() {
  $P digest --json >digest
  json digest 'j["digest"]'
}
before=$(digest)
entries=$($P status --json >here; json here 'j["entries"]')
run $P import small.mrc --acquisition budget --json
is "twice: all is known" "$rc $(counts)" "1 (5, 0, 0, 3, 2)"
is "twice: nothing changes" "$(digest) $($P status --json >here; json here 'j["entries"]')" \
  "$before $entries"
run $P import small.mrc --print-codes --json
is "with --print-codes: only the copy that lacked" "$(counts)" "(5, 0, 1, 2, 2)"
run $P import small.mrc --print-codes --json
is "with --print-codes, twice" "$(counts)" "(5, 0, 0, 3, 2)"
run $P find sach khong co ban --json
is "its code is of this device's block" "$(json out 'j["titles"][0]["items"][0]["copy"]')" \
  '{"ns": 0, "code": "1403710000015"}'
run $P find luat duong bo --json
ok "void a title" $P void "$(json out 'j["titles"][0]["title"]')"
run $P import small.mrc --json
is "what was voided comes again" "$(counts)" "(5, 1, 0, 2, 2)"

# --- other forms ---

cat >small.xml <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<collection xmlns="http://www.loc.gov/MARC21/slim"><record>
<leader>00000nam a2200000 a 4500</leader>
<datafield tag="245" ind1="0" ind2="0"><subfield code="a">Trồng ngô trên nương</subfield></datafield>
<datafield tag="952" ind1=" " ind2=" "><subfield code="p">N77</subfield></datafield>
</record></collection>
XML
run $P import small.xml --json
is "MARCXML" "$rc $(counts)" "0 (1, 1, 1, 0, 0)"
run $P import - --format marcxml --json <small.xml
is "from standard input, known" "$rc $(counts)" "0 (1, 0, 0, 1, 0)"
sed 's/Trồng ngô/Trồng lúa/' small.xml | head -c 300 >cut.xml
run $P import cut.xml --json
is "XML that ends early" "$rc $(json out 'j["failed"], j["complete"]')" "1 (1, False)"
: >empty
run $P import empty --json
is "an empty file" "$rc $(counts)" "0 (0, 0, 0, 0, 0)"
printf '[[["245", "00$aMột"]]]' | marc one.mrc
{ cat one.mrc; head -c 40 one.mrc; } >cut.mrc
run $P import cut.mrc --json
is "a record cut short" "$rc $(counts)" "1 (2, 1, 0, 0, 1)"
printf '[[["245", "00$aA"], ["949", "  $iS0001$aQA 76"]]]' | marc sirsi.mrc
run $P import sirsi.mrc --items 949 --json
is "items where they are said to be" "$rc $(counts)" "0 (1, 1, 1, 0, 0)"

# --- what cannot be read ---

status "no such file" 2 $P import nowhere.mrc
status "a folder" 2 $P import .
printf 'PK\003\004' >zip
status "neither form" 2 $P import zip
status "no such format" 2 $P import small.mrc --format csv
status "no such field" 2 $P import small.mrc --items 999
status "no such charset" 2 $P import small.mrc --charset klingon
status "no such acquisition" 2 $P import small.mrc --acquisition theft
status "no file named" 2 $P import
status "not enrolled" 10 "$pack" -d nobody import small.mrc
status "no program to read it" 1 env PACKHORSE_MARC="$T/nothing" $P import small.mrc
cat >early <<'SH'
#!/bin/sh
echo '{"record":1,"offset":0,"title":{"name":"Nửa chừng","source":"00112233445566778899aabbccddeeff"},"items":[],"notes":[]}'
exit 1
SH
chmod +x early
run env PACKHORSE_MARC="$T/early" $P import small.mrc --json
is "the program ends early: what came is in" "$rc $(counts)" "1 (1, 1, 0, 0, 0)"
printf '#!/bin/sh\necho nonsense\n' >nonsense
chmod +x nonsense
status "the program talks nonsense" 1 env PACKHORSE_MARC="$T/nonsense" $P import small.mrc

# --- large, interrupted ---

"$PYTHON" -c '
import json
print(json.dumps([[["001", str(i)], ["245", "00$aNhan đề số %d" % i],
                   ["952", "  $pB%06d$oK1" % i]] for i in range(6000)]))' | marc large.mrc
entries_here() {
  $P status --json >here
  json here 'j["entries"]'
}
# A reader slowed down, so that the signal comes in the middle.
cat >slow <<SH
#!/bin/bash
"$BUILD/client/marc/packhorse-marc" "\$@" | while IFS= read -r line; do
  printf '%s\n' "\$line"
  case \$line in *'"record":'*00,*) sleep 0.02 ;; esac
done
SH
chmod +x slow
before=$(entries_here)
start interrupted env PACKHORSE_MARC="$T/slow" $P import large.mrc --json
sleep 0.7
stop "$started_pid" INT
rc=$?
cp interrupted out
titles=$(json out 'j["titles"]')
is "SIGINT: said so" "$rc $(json out 'j["interrupted"]')" "1 true"
is "SIGINT: whole records" "$(json out 'j["titles"] == j["copies"]') $(($(entries_here) - before))" \
  "true $((2 * titles))"
[ "$titles" -gt 0 ] && [ "$titles" -lt 6000 ] && in_middle=1 || in_middle=0
is "SIGINT: came in the middle" "$in_middle" 1
start killed env PACKHORSE_MARC="$T/slow" $P import large.mrc --json
sleep 1
stop "$started_pid" KILL
run $P import large.mrc --json
is "again: the rest" "$rc $(json out 'j["known"] + j["titles"], j["copies"] == j["titles"]')" \
  "0 (6000, True)"
run $P import large.mrc --json
is "again: nothing" "$rc $(counts)" "0 (6000, 0, 0, 6000, 0)"

# --- real files ---

real() { # FILE WANTED-COUNTS options…
  local file=$TESTDATA/data/$1 want=$2
  shift 2
  if [ ! -f "$file" ]; then
    skip "$(basename "$file")" "$file is not there"
    return
  fi
  run $P import "$file" --json "$@"
  is "$(basename "$file")" "$rc $(counts)" "$want"
  run $P import "$file" --json "$@"
  is "$(basename "$file"), twice" "$(json out 'j["titles"] + j["copies"]')" 0
}
real evergreen/jazz_1k.mrc '0 (1000, 1000, 1238, 0, 0)' --items 949
real evergreen/lul_fre_500.mrc '0 (500, 500, 500, 0, 0)' --print-codes
real evergreen/nepali.marc '0 (96, 96, 0, 0, 0)'
real evergreen/hebrew.marc '0 (20, 20, 0, 0, 0)'
real evergreen/oss.marc '0 (42, 42, 0, 0, 0)'
real evergreen/badisbns.xml '0 (10, 10, 0, 0, 0)'
real pymarc/marc.dat '0 (20, 20, 0, 0, 0)'
real pymarc/test.dat '0 (10, 10, 0, 0, 0)'
real pymarc/1251.dat '1 (6, 0, 0, 0, 6)'
real pymarc/bad_subfield_code.dat '1 (1, 0, 0, 0, 1)'
real pymarc/regression45.dat '0 (12, 12, 0, 0, 0)'
real pymarc/utf8_with_leader_flag.dat '0 (1, 1, 0, 0, 0)'
real pymarc/utf8_without_leader_flag.dat '0 (1, 1, 0, 0, 0)'
real pymarc/alphatag.dat '0 (1, 1, 0, 0, 0)'
real pymarc/batch.xml '0 (2, 2, 0, 0, 0)'
if [ -f "$TESTDATA/data/pymarc/1251.dat" ]; then
  run $P import "$TESTDATA/data/pymarc/1251.dat" --charset windows-1251 --json
  is "a charset that was named" "$rc $(counts)" "0 (6, 6, 0, 0, 0)"
  run $P find психологический --json
  is "and can be found" "$(json out 'len(j["titles"]) > 0')" true
fi

ok "all of it verifies" $P verify
before=$(digest)
ok "rebuild" $P rebuild
is "rebuild gives the same" "$(digest)" "$before"
done_testing

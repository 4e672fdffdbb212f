#!/bin/bash
# Facts that are wrong, or come in the wrong order, through the real programs: merges in a
# circle, what takes back what is not there, crates nobody has heard of, counts, days and
# codes beyond all sense, feeds that do not go on from where a site is, and a program with a
# fault. Refused where it is written, saying what and where, or kept and counted by the
# rules; and whatever it was, the next good entry goes through and is receipted.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
pack=$BUILD/client/packhorse
H="$hubd -d $T/hub"
D=2026-03-02
echo 'một câu dài' >"$T/pass"

pick() { "$PYTHON" -c 'import json, sys; print(eval(sys.argv[1], {"d": json.load(sys.stdin)}))' "$1"; }
site() { local at=$1; shift; "$pack" -d "$T/s$at" "$@"; }
sync() { site "$1" sync --hub "127.0.0.1:$port" --json; }
ref() { site "$@" --plain | tail -n 1 | cut -f2; }
code() { site "$@" --plain | tail -n 1 | cut -f3; }
status_of() { site "$1" status --json | pick "d['$2']"; }
add_device() { # name site
  $H invite --site "14-000$2" --role site --hub 127.0.0.1:1 --out "$1.invite" --passphrase-file "$T/pass" &&
    site "$1" join "$1.invite" && sync "$1" &&
    $H devices confirm "$(status_of "$1" device)" --fingerprint "$(status_of "$1" fingerprint)"
}
serve() {
  start "$T/serve.$1" $H serve --listen 127.0.0.1:0
  served=$started_pid
  port=$(listen_port "$T/serve.$1")
}
round() {
  local i
  for i in 1 b 2 1 b 2; do sync "$i" >/dev/null || return 1; done
}
visits() { $H query summary --json | pick 'sum(s["visits"] for s in d["summary"])'; }
here() { status_of "$1" entries; }
# good WHEN [MORE]: a visit at either site goes up, is receipted and counts (with MORE that wait),
# and all books are equal
good() {
  local i before
  before=$(visits)
  for i in 1 2; do site "$i" visit --band adult >/dev/null || fail "$1: a visit at site $i"; done
  ok "$1: all sync" round
  is "$1: what came behind it is receipted" "$(status_of 1 pending)$(status_of b pending)$(status_of 2 pending)" 000
  is "$1: and counts" "$(visits)" $((before + 2 + ${2:-0}))
  for i in 1 b 2; do
    is "$1: books of $i" "$(site "$i" digest)" "$($H digest --device "$(status_of "$i" device)")"
  done
}
# not_here NAME command…: written (exit 0), and marked as not known here
not_here() {
  local name=$1
  shift
  "$@" >out 2>err
  is "$name: exit" $? 0
  like "$name: said" "$(cat out)" 'not known here'
}
same_title() { $H query title "$1" --json | pick 'd["title"].get("same_as", "")'; }

ok "a hub" $H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file "$T/pass"
for i in 1 2; do
  ok "site $i" $H site add "14-000$i" --commune "0364$i" --kind commune-library --name "Điểm $i"
done
serve 1
ok "its machine" add_device 1 1
ok "another" add_device b 1
ok "and that of site 2" add_device 2 2
good "at first"

# --- merges in a circle, by both sites, some twice ---

for i in 1 2 3; do t[i]=$(ref 1 title add --name "Sách $i"); done
for i in 1 2 3; do r[i]=$(ref 1 reader add --name "Người $i"); done
for i in 1 2 3; do c[i]=$(code 1 copy add --print-code --title "${t[1]}"); done
ok "all hear of it" round
cut_one=$(ref 1 title merge "${t[1]}" "${t[2]}")
two=$(ref 2 title merge "${t[2]}" "${t[3]}")
three=$(ref 2 title merge "${t[3]}" "${t[1]}")
again=$(ref 1 title merge "${t[2]}" "${t[1]}")
ok "readers too" bash -c "for p in '${r[1]} ${r[2]}' '${r[2]} ${r[3]}'; do '$pack' -d s1 reader merge \$p; done"
ok "the circle" site b reader merge "${r[3]}" "${r[1]}"
ok "and copies" bash -c "'$pack' -d s1 copy alias ${c[1]} ${c[2]} && '$pack' -d s2 copy alias ${c[2]} ${c[3]} --as-is && '$pack' -d s2 copy alias ${c[3]} ${c[1]} --as-is"
good "a circle"
is "the three are one" "$(for i in 1 2 3; do same_title "${t[i]}"; done | sort -u | grep -c .)" 1
ok "a loan under one code" site 1 loan K1 "${c[1]}" --when ${D}T08:00
ok "a return under another" site 2 return "${c[3]}" --when ${D}T09:00
ok "two of them are taken apart" site 1 title unmerge --merges "$cut_one" "$again"
good "a circle that was cut"
is "the loan is closed" "$($H list out --json | pick 'len(d["items"])')" 0
is "two are one by way of the third" "$(for i in 1 2 3; do same_title "${t[i]}"; done | sort -u | grep -c .)" 1
ok "the others too" site 2 title unmerge --merges "$two" "$three"
good "no circle"
is "they are three" "$(for i in 1 2 3; do same_title "${t[i]}"; done | grep -c .)" 0
before=$(here 1)
for what in "title merge ${t[1]} ${t[1]}" "reader merge ${r[1]} ${r[1]}" "copy alias ${c[1]} ${c[1]}"; do
  status "$what: refused" 2 site 1 $what
  like "says why" "$(cat ok.out)" 'both are the same: name two'
done
is "nothing was written" "$(here 1)" "$before"
for k in title reader; do
  printf '{"kind":"%s-merge","%s":"%s","other":"%s"}\n' $k $k "${t[1]}" "${t[1]}"
done >lines
ok "a script may write it" site 1 record lines
good "one with itself"
is "it names nothing" "$(same_title "${t[1]}")" ""

# --- taking back what is not there ---

never=${t[1]%.*}.0000000000000000
merge=$(ref 2 title merge "${t[1]}" "${t[2]}")
not_here "unmerge of what site 2 has yet to send" site 1 title unmerge --merges "$merge"
not_here "unmerge of what never was" site 1 title unmerge --merges "$never"
not_here "of readers" site 1 reader unmerge --merges "$never"
not_here "of copies" site 1 copy unalias "--merges" "$never"
visit=$(ref b visit 50 --band child)
not_here "void of what the other machine has yet to send" site 1 void "$visit"
not_here "void of what never was" site 1 void "$never"
theirs=$(ref 1 visit 60 --band child)
not_here "void of what another site has yet to send" site 2 void "$theirs"
before=$(visits)
ok "the voids come first" bash -c "'$pack' -d s1 sync --hub 127.0.0.1:$port && '$pack' -d s2 sync --hub 127.0.0.1:$port"
ok "then what they name" sync b
is "of one site it counts for nothing; that of a stranger has no effect" "$(visits)" $((before + 60))
good "back before it was there"
is "the merge is undone" "$(same_title "${t[1]}")$(same_title "${t[2]}")" ""
status "void of another site's entry, once it is known" 2 site 2 void "${t[1]}"
like "says why" "$(cat ok.out)" 'another site'
void=$(site 1 log --limit 1000 --json | pick '[e["ref"] for e in d["entries"] if e["entry"]["kind"] == "void"][0]')
status "void of a void" 2 site 1 void "$void"
like "says why, and what to do" "$(cat ok.out)" 'a void of a void has no effect: record anew'
status "void of a clock-mark" 2 site 1 void "$(site 1 log --limit 1000 --json | pick '[e["ref"] for e in d["entries"] if e["entry"]["kind"] == "clock-mark"][0]')"
before=$(visits)
cat >lines <<E
{"kind":"visit","count":9}
{"kind":"void","target":"@1"}
{"kind":"void","target":"@2"}
{"kind":"void","target":"@3"}
{"kind":"void","target":"$never"}
{"kind":"title-unmerge","merges":["$never"]}
{"kind":"title-unmerge","merges":["@1"]}
E
site 1 record lines >out
is "a script may write them" $? 0
is "it is told what is not here" "$("$PYTHON" -c 'import json; print([json.loads(l)["known"] for l in open("out")])')" \
  "[True, True, True, True, False, False, True]"
good "a void of a void of a void"
is "has no effect: what was voided stays so" "$(visits)" $((before + 2))
$H void "$never" >out 2>err
is "at the hub, void of what never was: exit" $? 0
like "it says that it is not here" "$(cat out)" 'not known here'
good "the hub's void"

# --- crates and journeys ---

for i in 1 2 3 4; do b[i]=$(code 1 copy add --print-code --title "${t[1]}"); done
ok "all hear of it" round
ok "a crate leaves" site 1 crate dispatch --to 14-0002 "${b[1]}" "${b[2]}" --when ${D}T08:00
way=$(site 1 copy show "${b[1]}" --json | pick 'd["custody"]["crate"]["code"]')
not_here "it comes before anybody has heard of it" site 2 crate receive "$way" --listed --final --when ${D}T10:00
not_here "one that nobody has sent" site 2 crate receive NIE --listed --final
not_here "one with copies" site 2 crate receive NIE-2 "${b[3]}" X77 --final
status "show of it" 1 site 1 crate show NIE
ok "site 2 syncs first" sync 2
is "the hub has no dispatch of it" "$($H log --limit 10000 | grep -c '"kind":"crate-dispatch"')" 0
good "crates from nowhere"
is "once the dispatch is there its copies are at site 2" \
  "$(for i in 1 2; do $H query copy "${b[i]}" --ns 0 --json | pick 'd["copy"]["custody"]["site"]'; done | xargs)" "140002 140002"
is "what was scanned is where it was scanned" "$($H query copy "${b[3]}" --ns 0 --json | pick 'd["copy"]["custody"]["site"]')" 140002
is "of the one that nobody sent two copies are over: a case" \
  "$($H cases --json | pick '[(c["case"], c["crate"]["code"]) for c in d["cases"]]')" "[('crate-count', 'NIE-2')]"
# the same journey by two sites
printf '{"kind":"crate-dispatch","crate":{"ns":0,"code":"%s"},"from":140002,"to":140001,"copies":[{"ns":0,"code":"%s"}]}\n' \
  "$way" "${b[4]}" >lines
ok "one journey for two ways" site 2 record lines
good "one journey for two ways"
status "a crate to where it is" 2 site 1 crate dispatch --to 14-0001 "${b[4]}"
like "says so" "$(cat ok.out)" 'goes to the site that it leaves'
status "a crate to no site" 2 site 1 crate dispatch --to 14-9999x "${b[4]}"
like "names it" "$(cat ok.out)" '14-9999x'

# --- counts, days, codes ---

before=$(here 1)
while IFS='|' read -r name want args; do
  eval "status \"\$name: refused\" 2 site 1 $args"
  like "$name: said" "$(cat ok.out)" "$want"
  is "$name: nothing that a terminal obeys" "$(grep -c $'[\x01-\x08\x0b-\x1f\x7f]' ok.out)" 0
done <<'E'
minus one|a number below 0|visit -1 --band adult
a billion|COUNT: "1000000000" is not a whole number from 1 to 100000|visit 1000000000 --band adult
a number of forty digits|COUNT: .* is not a whole number from 1|visit 1111111111111111111111111111111111111111 --band adult
one and a half|COUNT: "1.5" is not|visit 1.5 --band adult
women, minus one|--women: "-1" is not a whole number from 0|visit 3 --band adult --women -1
minus one on the spot|--count: "-1" is not|use ${b[3]} --count -1
a term of minus one|--term: "-1" is not|loan K1 ${b[3]} --term -1
a term of a billion|--term: "1000000000" is not|loan K1 ${b[3]} --term 1000000000
a price below nothing|--price: "-1" is not|copy add Q1 --title ${t[1]} --price -1
due in 1900|due: is not a day from 1970-01-01 to 2999-12-31|loan K1 ${b[3]} --due 1900-01-01
due in 3000|due: "3000-01-01" is not a day from 1970-01-01 to 2999-12-31|loan K1 ${b[3]} --due 3000-01-01
back in 1900|when: is not from 1970 to 2999|return ${b[3]} --when 1900-01-01
in 3000|when: "3000-01-01T08:00" is not a day or minute from 1970 to 2999|return ${b[3]} --when 3000-01-01T08:00
on 30 February|when: "2026-02-30" is not a day|return ${b[3]} --when 2026-02-30
born in 0|--born: must be a whole number from 1 to|reader add --name A --born 0
a copy with a tab|copy.code: holds a control character|loan K1 $'B\t1'
a copy with an escape|copy.code: holds a control character|return $'\e[2JB1'
a copy with a bell|copy.code: holds a control character|copy add $'B\a1' --title ${t[1]}
a copy with a C1 control|control character|copy add $'B\xc2\x851' --title ${t[1]} --as-is
a card with a delete|card.code: holds a control character|card stop $'K\x7f1'
a crate with a newline|crate.code: holds a control character|crate receive $'a\nb' --listed
a name with an escape|name: holds a control character|title add --name $'\e]0;Sách\a'
a note with a bell|text: holds a control character|note $'x\ay'
a code that is no text|is not UTF-8|copy add $'B\xff' --title ${t[1]} --as-is
an empty code|a code has 1 to 64 bytes, this one has 0|loan K1 ""
E
is "nothing of it was written" "$(here 1)" "$before"
status "what is shown of a strange code is harmless" 1 site 1 copy show $'\e[2Jnone'
is "to a terminal" "$(grep -c $'\e' ok.out)" 0

cat >lines <<'E'
{"kind":"visit","count":-1}
{"kind":"visit","count":1000000000}
{"kind":"visit","count":9223372036854775807}
{"kind":"visit","count":99999999999999999999}
{"kind":"visit","count":1.5}
{"kind":"visit","count":1,"women":-1}
{"kind":"visit","when":"1900-01-01"}
{"kind":"visit","when":"3000-01-01"}
{"kind":"loan","copy":"A","card":"K","due":"1900-01-01"}
{"kind":"loan","copy":"A","card":"K","term":1000000000}
{"kind":"loan","copy":"A\u0000B","card":"K"}
{"kind":"loan","copy":"A\u0009B","card":"K"}
{"kind":"loan","copy":{"ns":-1,"code":"A"},"card":"K"}
{"kind":"loan","copy":{"ns":1000000,"code":"A"},"card":"K"}
{"kind":"loan","copy":"A","card":"K\u001b[2J"}
{"kind":"crate-receive","crate":{"ns":0,"code":"x\u0001"},"listed":1}
{"kind":"crate-dispatch","crate":"C1","from":140001,"to":140002,"copies":[]}
{"kind":"visit","count":2}
E
before=$(visits)
status "a script is told of each line" 1 site 1 record lines
cp ok.out out
is "what was wrong in which, and the one that is right is written" "$("$PYTHON" -c 'import json
for line in open("out"):
    a = json.loads(line)
    print(a["line"], "ok" if a["ok"] else a["error"].split(":")[0])' | paste -sd, | sed 's/column [0-9]*/column/g')" \
  "1 count,2 count,3 count,4 column,5 count,6 women,7 when,8 when,9 due,10 term,11 column,12 copy.code,13 copy.ns,14 copy.ns,15 card.code,16 crate.code,17 copies,18 ok"
like "a zero byte: in words" "$(sed -n 11p out)" 'a text holds .*u0000, and none can'
good "counts, days and codes" 2
is "the two of the last line are counted" "$(visits)" $((before + 4))

# --- 2900 is a year like any other; only a person can know that it is wrong ---

slip=$(ref 1 loan K1 "${b[4]}" --when 2900-01-01T08:00)
ok "a visit in 2900" site 1 visit 7 --band child --when 2900-06-01
ok "a book of 1900, a reader born then" bash -c "'$pack' -d s1 title add --name 'Cổ' --year 1900 && '$pack' -d s1 reader add --name 'Cụ' --born 1900"
good "2900" 7
is "its visitors are in its report" "$($H report figures --from 2900-01-01 --to 2900-12-31 --json | pick '[s["figures"]["visits"] for s in d["sites"]]')" "[7]"
is "the loan is out until then" "$(site 1 list out --json | pick '[(i["copy"]["code"], i["due"]) for i in d["items"]]')" "[('${b[4]}', '2900-01-15')]"
ok "it is taken back" site 1 void "$slip"
ok "and the book lent today" site 1 loan K2 "${b[4]}"
good "after 2900"
is "due in days" "$(site 1 list out --json | pick '[i["due"][:2] for i in d["items"]]')" "['20']"

# --- a program with a fault: what `packhorse` would refuse comes sealed and in order ---

before=$(visits)
"$PYTHON" "$ROOT/tests/e2e/odd_log.py" "$T/s1" --entry \
  '[71, "stamp", null, -1]' \
  '[71, "stamp", null, 1000000000]' \
  '[71, "stamp", null, 1.5]' \
  '[71, "stamp", {"1": [2, 400000]}, 3]' \
  '[71, "stamp", {"1": [2, -25567]}, 3]' \
  '[30, "stamp", null, [0, "A\u0001"], [140001, "K1"], 14]' \
  '[30, "stamp", null, [140001, "A\ud7a4\u0000"], [140001, "K1"], 14]' \
  '[30, "stamp", null, [140001, "A9"], [140001, "K1"], null, 376200]' \
  '[61, "stamp", null, [0, "x\u001b[2J"], null, 1]' \
  '[60, "stamp", null, [0, "C9"], 140001, 140002, []]' \
  '[90, "stamp"]' \
  '[22, "stamp", null, []]' \
  "[21, \"stamp\", null, \"ref:${t[1]}\", \"ref:${t[1]}\"]" \
  "[90, \"stamp\", null, \"ref:$void\"]" \
  '[]' '[71]' '"no array"' 'true' \
  '[71, "stamp", null, 11]' >odd
log=$(head -1 odd | cut -d. -f1)
good "a program with a fault" 11
is "all of it is at the hub" "$($H log --limit 10000 | grep -c "\"log\":\"$log\"")" 20
is "what makes no sense counts for nothing, what does counts" "$(visits)" $((before + 2 + 11))
is "that there is something is a case, once, of the first" \
  "$($H cases --kind opaque --json | pick '[(c["log"], c["facts"]) for c in d["cases"]]')" "[('$log', ['$(sed -n 2p odd | cut -d' ' -f1)'])]"
ok "the hub is whole" $H verify
ok "made anew" $H rebuild
good "made anew"

# --- a feed that does not go on from where the site is ---

lend() { # copy: site 1 sends it to site 2, so that there is something to tell
  site 1 crate dispatch --to 14-0002 "$1" >/dev/null && sync 1 >/dev/null
}
cursor() { "$PYTHON" - "$T/s2/site.db" "$1" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for statement in sys.argv[2].split(";"):
    row = db.execute(statement).fetchone()
    if row:
        print(*row)
db.commit()
db.close()
PY
}
expects() { # copy
  is "site 2 expects the copy" "$(site 2 list expected --json | pick '[i["copy"]["code"] for i in d["items"] if i["copy"]["code"] == "'"$1"'"]')" "['$1']"
}
for i in 1 2 3 4 5; do f[i]=$(code 1 copy add --print-code --title "${t[1]}"); done
good "before"
cp -r s2 s2.older
ok "something to tell" lend "${f[1]}"
ok "site 2 hears of it, and confirms that" bash -c "for i in 1 2; do '$pack' -d s2 sync --hub 127.0.0.1:$port; done"
rm -r s2
mv s2.older s2
ok "site 2 is put back from before" sync 2
ok "its feed begins anew, and comes with the next session" sync 2
expects "${f[1]}"
good "a site that was put back"
cursor "UPDATE fed_meta SET number = number + 1000"
ok "something to tell" lend "${f[2]}"
ok "site 2 claims to have what it was never told" sync 2
ok "and again" sync 2
expects "${f[2]}"
good "a cursor beyond the feed"
cursor "UPDATE fed_meta SET number = number - 1"
ok "something to tell" lend "${f[3]}"
ok "site 2 claims to lack what it had" bash -c "for i in 1 2; do '$pack' -d s2 sync --hub 127.0.0.1:$port; done"
expects "${f[3]}"
good "a gap"
stop "$served"
cp -r hub hub.older
serve 2
ok "something to tell" lend "${f[4]}"
ok "site 2 hears of it" sync 2
stop "$served"
rm -r hub
mv hub.older hub
serve 3
good "a hub that was put back"
expects "${f[4]}"

# --- what is meant for another machine ---

# The hub is made to take site 2's machine for another one of that site, and tells it what is
# meant for that one, rightly signed: pages of its feed, and the log of the machine itself.
# Which of the two is refused first is not told; test_site_pages.c and test_site_take.c have each by itself.
ok "another machine of site 2" add_device c 2
ok "syncs" sync c
ok "something to tell" lend "${f[5]}"
stop "$served"
cp -r hub hub.right
"$PYTHON" - "$T/hub/hub.db" "$(status_of 2 device)" "$(status_of c device)" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
of = lambda id: db.execute("SELECT row, box FROM device WHERE id = ?", (bytes.fromhex(id),)).fetchone()
one, other = of(sys.argv[2]), of(sys.argv[3])
for row, box in ((one[0], bytes(32)), (other[0], one[1]), (one[0], other[1])):
    db.execute("UPDATE device SET box = ? WHERE row = ?", (box, row))
db.commit()
PY
serve 4
told=$(cursor "SELECT number FROM fed_meta")
status "site 2 refuses what it is told" 1 site 2 sync --hub "127.0.0.1:$port"
like "says so, and what to do" "$(cat ok.out)" 'the hub broke the protocol.*nothing of that was kept. Call the provincial library'
wait_until 5 grep -q session.end serve.4.err
like "the hub's log too" "$(cat serve.4.err)" 'session.end .*result=refused reason=protocol'
is "nothing of it is taken" "$(cursor "SELECT number FROM fed_meta")" "$told"
stop "$served"
rm -r hub
mv hub.right hub
serve 5
ok "with the right hub it goes on" sync 2
expects "${f[5]}"
good "what is meant for another"
for i in 1 b 2; do ok "$i is whole" site "$i" verify; done
ok "the hub is whole" $H verify
done_testing

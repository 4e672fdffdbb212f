#!/bin/bash
# What each kind of case can come to: every choice that writes something, decided at a hub over
# what real sites recorded, and what the state is then, at the hub and at the sites.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
pack=$BUILD/client/packhorse
H="$hubd -d $T/hub"
D=2026-03-02
echo 'một câu dài' >"$T/pass"
secret="--passphrase-file $T/pass"

pick() { "$PYTHON" -c 'import json, sys; print(eval(sys.argv[1], {"d": json.load(sys.stdin)}))' "$1"; }
site() { local at=$1; shift; "$pack" -d "$T/s$at" "$@"; }
sync() { site "$1" sync --hub "127.0.0.1:$port" --json; }
round() { sync 1 && sync 2 && sync 1 && sync 2; }
# ref SITE command…: the reference of the last entry that it writes; code: what it is about
ref() { site "$@" --plain | tail -n 1 | cut -f2; }
code() { site "$@" --plain | tail -n 1 | cut -f3; }
status_of() { site "$1" status --json | pick "d['$2']"; }
print_copy() { code 1 copy add --print-code --title "$truyen"; }
# the case of a kind, about this copy (or the only one)
case_of() { $H cases --kind "$1" --json | pick "[c['short'] for c in d['cases'] if '${2:-}' in ('', c.get('copy', {}).get('code'))][0]"; }
copy_of() { $H query copy "$1" --json | pick "$2"; }
# decide NAME ID CHOICE KINDS STATUS option…: what it wrote, and what the case is then
decide() {
  local name=$1 id=$2 choice=$3 kinds=$4 status=$5
  shift 5
  if ! $H case decide "$id" "$choice" --json "$@" >decided.json 2>decided.err; then
    fail "$name"
    diag "$(cat decided.err)"
    return
  fi
  is "$name" "$(pick '" ".join(e["kind"] for e in d["entries"]) + " " + d["status"]' <decided.json)" "$kinds $status"
}

ok "a hub" "$hubd" -d "$T/hub" init --listen 127.0.0.1:0 --kdf-memory-mib 8 $secret
for i in 1 2; do
  ok "site $i" $H site add "14-000$i" --commune "0364$i" --kind commune-library --name "Điểm $i"
  ok "its invite" $H invite --site "14-000$i" --role site --hub 127.0.0.1:1 --out "$T/s$i.invite" $secret
  ok "it joins" site "$i" join "$T/s$i.invite"
done
start "$T/serve" $H serve --listen 127.0.0.1:0
port=$(listen_port "$T/serve")
ok "both are admitted" round
for i in 1 2; do
  ok "site $i is confirmed" $H devices confirm "$(status_of "$i" device)" --fingerprint "$(status_of "$i" fingerprint)"
done

# --- what they record ---
truyen=$(ref 1 title add --name 'Truyện Kiều' --author 'Nguyễn Du' --year 1820)
for x in A B C; do # lent in two places
  eval "$x=\$(print_copy)"
  ok "copy $x is lent twice" bash -c "'$pack' -d '$T/s1' loan K1 ${!x} --when ${D}T08:00 && '$pack' -d '$T/s2' loan K2 ${!x} --when ${D}T09:00"
done
M=$(print_copy) N=$(print_copy)
for x in "$M" "$N"; do
  ok "a return and a loan within a minute" bash -c "'$pack' -d '$T/s2' return $x --when ${D}T08:00 && '$pack' -d '$T/s1' loan K1 $x --when ${D}T08:01"
done
P=$(print_copy)
ok "a crate leaves" site 1 crate dispatch --to 14-0002 "$P" --when ${D}T08:00
ok "a copy in it is lent" site 1 loan K1 "$P" --when ${D}T08:30
so_do=$(ref 2 title add --name 'Số đỏ' --author 'Vũ Trọng Phụng' --year 1936)
T1=$(print_copy) T2=$(print_copy)
ok "a copy with two titles" site 2 copy add "$T1" --title "$so_do"
wrong=$(ref 2 copy add "$T2" --title "$so_do")
E=$(print_copy) F=$(print_copy)
ok "a crate of two" site 1 crate dispatch --to 14-0002 "$E" "$F" --when ${D}T08:00
way=$(site 1 copy show "$E" --json | pick 'd["custody"]["crate"]["code"]')
ok "comes short" site 2 crate receive "$way" "$E" --final --when ${D}T10:00
here=$(ref 1 reader add --name 'Lò Văn Pánh' --born 1980 --commune 03641)
there=$(ref 2 reader add --name 'LÒ VĂN PÁNH' --born 1980 --commune 03641)
men=$(ref 1 title add --name 'Dế Mèn phiêu lưu ký' --author 'Tô Hoài' --year 1941)
men2=$(ref 2 title add --name 'Dế mèn phiêu lưu ký' --author 'Tô Hoài' --year 1941)
G=$(print_copy)
card=$(code 1 reader add --name 'Quàng Thị Xôm' --born 1970 --commune 03641 --print-card)
ok "a card is stopped" site 1 card stop "$card" --reason lost --when ${D}T07:00
ok "and lent to" site 2 loan "$card" "$G" --when ${D}T08:00
erased=$(ref 1 reader add --name 'Hà Thị Phóng' --born 1972 --commune 03641)
other=$(ref 2 reader add --name 'Hà Thị Phong' --born 1973 --commune 03642)
ok "all is sent" round
ok "a reader is erased" $H erase "$erased" $secret
ok "and joined with another" site 2 reader merge "$other" "$erased"
ok "all is sent" round

# --- what it comes to ---
decide "two places: the later loan is right" "$(case_of two-places "$A")" later "void case-decide" gone
is "the copy is at site 2" "$(copy_of "$A" '[l["site"] for l in d["copy"]["loans"]]')" '[140002]'
decide "two places: the earlier loan is right" "$(case_of two-places "$B")" earlier "void case-decide" gone
is "the copy is at site 1" "$(copy_of "$B" '[l["site"] for l in d["copy"]["loans"]]')" '[140001]'
decide "two places: it is back" "$(case_of two-places "$C")" returned "return case-decide" decided --site 14-0002
is "the copy is on the shelf of site 2" "$(copy_of "$C" '(d["copy"]["custody"]["at"], d["copy"]["custody"]["site"])')" "('site', 140002)"
decide "maybe returned: it was" "$(case_of maybe-returned "$M")" returned "return case-decide" gone
is "the copy is where it came back" "$(copy_of "$M" '(d["copy"]["custody"]["at"], d["copy"]["custody"]["site"])')" "('site', 140002)"
decide "maybe returned: it was not" "$(case_of maybe-returned "$N")" still-out "case-decide" decided
is "the reader has it" "$(copy_of "$N" 'd["copy"]["custody"]["at"]')" reader
decide "lent in a crate: it is in the crate" "$(case_of lent-in-crate "$P")" earlier "void case-decide" gone
is "the copy is on its way" "$(copy_of "$P" 'd["copy"]["custody"]["at"]')" crate
decide "two titles: the other put is wrong" "$(case_of two-titles "$T2")" different "void case-decide" gone --void "$wrong"
is "the copy has the first title" "$(copy_of "$T2" 'd["copy"]["title_name"]')" 'Truyện Kiều'
decide "a crate short: found" "$(case_of crate-count)" found "sighting case-decide" decided --site 14-0002
is "the copy is on the shelf of site 2" "$(copy_of "$F" '(d["copy"]["custody"]["at"], d["copy"]["custody"]["site"])')" "('site', 140002)"
id=$(case_of same-reader)
is "no name is opened unasked" "$($H case show "$id" --json | grep -ci 'pánh')" 0
is "but when asked: both, side by side" "$($H case show "$id" --names --json | pick '[f["born"] for f in d["case"]["facts"]]')" '[1980, 1980]'
like "for people" "$($H case show "$id" --names)" '= L[òÒ] V[ăĂ]N? ?.*, born 1980'
decide "same reader: one" "$id" same "reader-merge case-decide" gone
is "they are one" "$(for r in "$here" "$there"; do $H query reader "$r" --json; done | grep -c same_as)" 1
decide "same title: one" "$(case_of same-title)" same "title-merge case-decide" gone
decide "a stopped card: it is back" "$(case_of blocked-card)" returned "return case-decide" gone --site 14-0002
decide "erased and merged: two persons" "$(case_of erased-merged)" different "reader-unmerge case-decide" gone
# last: it makes one title of what two copies are of
decide "two titles: they are one" "$(case_of two-titles "$T1")" same "title-merge case-decide" gone
status "nothing waits" 0 $H cases

# --- and at the sites ---
ok "all hear of it" round
for i in 1 2; do
  status "nothing waits at site $i" 0 site "$i" cases
  is "site $i and the hub have the same books" "$(site "$i" digest)" "$($H digest --site "14-000$i")"
done
is "what the hub wrote stands at site 2 as the hub's word" \
  "$(site 2 why copy "$C" --json | pick '[(f["log_site"], f["site"], f["vouched"]) for f in d["facts"] if f["kind"] == "return"]')" "[(0, 140002, 'hub')]"
before=$($H digest)
ok "made anew from the logs" $H rebuild
is "gives the same" "$($H digest)" "$before"
ok "the hub is whole" $H verify
done_testing

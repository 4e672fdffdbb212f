#!/bin/bash
# Each site its share: what one site writes reaches those it concerns through the hub's
# feed, to confirmed devices only; the books of both sides agree, by their digests.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
pack=$BUILD/client/packhorse
H="$hubd -d $T/hub"
echo 'một câu dài' >"$T/pass"

# An expression over what a command said, d.
pick() { "$PYTHON" -c 'import json, sys; print(eval(sys.argv[1], {"d": json.load(sys.stdin), "len": len}))' "$1"; }

make_site() { # number
  $H site add "14-000$1" --commune "0364$1" --kind commune-library --name "Điểm $1" &&
    $H invite --site "14-000$1" --role site --hub 127.0.0.1:1 --out "$T/s$1.invite" --passphrase-file "$T/pass" &&
    "$pack" -d "$T/s$1" join "$T/s$1.invite"
}
site() { local at=$1; shift; "$pack" -d "$T/s$at" "$@"; }
sync() { site "$1" sync --hub "127.0.0.1:$port" --json; }
confirm() { # number: by the words that the site reads
  local words device
  device=$(site "$1" status --json | pick 'd["device"]')
  words=$(site "$1" status --json | pick 'd["fingerprint"]')
  $H devices confirm "$device" --fingerprint "$words"
}
same_books() { # name number
  is "$1" "$(site "$2" digest)" "$($H digest --site "14-000$2")"
}

ok "a hub" "$hubd" -d "$T/hub" init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file "$T/pass"
for i in 1 2 3; do ok "site $i joins" make_site "$i"; done
start "$T/serve" "$hubd" -d "$T/hub" serve --listen 127.0.0.1:0
port=$(listen_port "$T/serve")
for i in 1 2 3; do ok "site $i is admitted" sync "$i"; done

# what site 1 has and does
ok "a title" site 1 title add --name 'Dế Mèn phiêu lưu ký' --author 'Tô Hoài'
title=$(site 1 log --json | pick '[e["ref"] for e in d["entries"] if e["entry"]["kind"] == "title-put"][0]')
ok "two copies" site 1 copy add B1 --title "$title"
ok "and another" site 1 copy add B2 --title "$title"
ok "a reader of its commune" site 1 reader add --name 'Lò Thị Hoa' --born 1990 --card K1 --commune 03641
ok "a loan" site 1 loan K1 B1
ok "a crate to site 2" site 1 crate dispatch --to 14-0002 B2
ok "site 1 syncs" sync 1

# not confirmed: nothing of others
ok "site 2 syncs" sync 2
is "an unconfirmed device gets nothing of others" "$(site 2 status --json | pick 'd["fed"]["facts"]')" 0
like "and knows no crate" "$(site 2 list expected --json)" '"items":\[\]'
for i in 1 2 3; do ok "site $i is confirmed by its fingerprint" confirm "$i"; done
status "words of another device are refused" 1 $H devices confirm \
  "$(site 3 status --json | pick 'd["device"]')" --fingerprint "$(site 1 status --json | pick 'd["fingerprint"]')"

# confirmed: the crate before the crate
ok "site 2 syncs again" sync 2
is "the copy on its way is known" "$(site 2 list expected --json | pick 'd["items"][0]["copy"]["code"]')" B2
like "with its title" "$(site 2 find 'de men')" 'Dế Mèn'
is "no reader of another commune came along" "$(site 2 find 'lo thi hoa' --json | pick 'len(d["readers"])')" 0
ok "site 1 syncs" sync 1
ok "site 3 syncs" sync 3
is "site 3 is concerned by none of it" "$(site 3 status --json | pick 'd["fed"]["facts"]')" 0
for i in 1 2 3; do same_books "site $i and the hub have the same books" "$i"; done

# the crate comes; the copy leaves site 1's shelf for site 2's
crate=$(site 2 list expected --json | pick 'd["items"][0]["crate"]["code"]')
is "its dispatch is listed, as the hub told it; site 3 has none" \
  "$(site 2 list crate-dispatch --json | pick '[[i["site"], i["vouched"], i["counts"], [c["code"] for c in i["entry"]["copies"]]] for i in d["items"]]') $(site 3 list crate-dispatch --json | pick 'd["items"]')" \
  "[[140001, 'hub', True, ['B2']]] []"
is "where it was written it is the site's own" "$(site 1 list crate-dispatch --json | pick '[i.get("vouched") for i in d["items"]]')" "[None]"
ok "site 2 takes the crate in by its list" site 2 crate receive "$crate" --listed --final
ok "site 2 sends it" sync 2
ok "site 1 hears of it" sync 1
is "the hub knows where the copy is" \
  "$($H query copy B2 --ns "$(site 1 list out --json | pick 'd["items"][0]["copy"]["ns"]')" --json | pick 'd["copy"]["custody"]["site"]')" 140002
for i in 1 2; do same_books "after the crate: site $i and the hub" "$i"; done

# A reader of site 1 brings the copy back elsewhere; it was lent before, though it be in the
# same second: site 2 has heard since of a time after the loan.
bring_back() { printf '{"kind":"return","copy":{"ns":140001,"code":"B1"}}\n' | site 2 record; }
ok "the reader brings the copy back at site 2" bring_back
ok "site 2 sends it" sync 2
ok "site 1 hears of it" sync 1
is "nothing is out at site 1 any more" "$(site 1 list out --json | pick 'len(d["items"])')" 0
ok "and again, for what that moved" sync 2
for i in 1 2; do same_books "after the return: site $i and the hub" "$i"; done

# a reader of site 1 borrows what is no concern of site 1, at site 2: site 1 sees that loan
lend_elsewhere() {
  site 2 copy add C1 --title "$title" &&
    printf '{"kind":"loan","copy":{"ns":140002,"code":"C1"},"card":{"ns":140001,"code":"K1"}}\n' | site 2 record
}
loans_of_k1() { site 1 card show K1 --json | pick 'len(d["loans"])'; }
is "the reader has nothing" "$(loans_of_k1)" 0
ok "she borrows at site 2" lend_elsewhere
for i in 2 1 2; do ok "site $i syncs" sync "$i"; done
is "her own library sees it" "$(loans_of_k1)" 1
is "but lent nothing itself" "$(site 1 list out --json | pick 'len(d["items"])')" 0
for i in 1 2; do same_books "after a loan elsewhere: site $i and the hub" "$i"; done
bring_c1() { printf '{"kind":"return","copy":{"ns":140002,"code":"C1"}}\n' | site 2 record; }
ok "she brings it back" bring_c1
for i in 2 1 2; do ok "site $i syncs" sync "$i"; done
is "and has nothing again" "$(loans_of_k1)" 0
for i in 1 2; do same_books "after that: site $i and the hub" "$i"; done

# Once more it comes to site 1, which sends it home; there it is lent. What site 1 wrote of it is
# still at site 1, what came after is not: it must be in no list there.
listed_c1() { for list in here out expected; do site 1 list "$list" --json | pick '[i["copy"]["code"] for i in d["items"]].count("C1")'; done | tr '\n' ' '; }
foreign_c1() { printf '{"kind":"return","copy":{"ns":140002,"code":"C1"}}\n' | site 1 record; }
send_c1() { printf '{"kind":"crate-dispatch","crate":{"ns":140001,"code":"X9"},"from":140001,"to":140002,"copies":[{"ns":140002,"code":"C1"}]}\n' | site 1 record; }
lend_home() { site 2 crate receive "$1" --listed --final && printf '{"kind":"loan","copy":{"ns":140002,"code":"C1"},"card":{"ns":140002,"code":"K2"}}\n' | site 2 record; }
ok "it turns up at site 1" foreign_c1
for i in 1 2 1; do ok "site $i syncs" sync "$i"; done
is "where it is on the shelf" "$(listed_c1)" "1 0 0 "
ok "site 1 sends it home" send_c1
for i in 1 2; do ok "site $i syncs" sync "$i"; done
home=$(site 2 list expected --json | pick '[i["crate"]["code"] for i in d["items"] if i["copy"]["code"] == "C1"][0]')
ok "where it comes, and is lent" lend_home "$home"
for i in 2 1 2 1; do ok "site $i syncs" sync "$i"; done
is "what is no more its own is in no list of site 1" "$(listed_c1)" "0 0 0 "
for i in 1 2; do same_books "and its books are those of the hub: site $i" "$i"; done

# Two sites say that they lent one copy, and it goes on to a third: what is open about it is
# there before the crate is, and what was decided of it too.
copy=$(site 1 copy add --print-code --title "$title" --plain | tail -n 1 | cut -f3)
lend_at_both() {
  site 1 loan K1 "$copy" --when 2026-03-02T08:00 &&
    site 3 loan K3 "$copy" --when 2026-03-02T09:00 &&
    site 3 return "$copy" --when 2026-03-03T08:00
}
ok "a copy is lent at site 1 and at site 3" lend_at_both
ok "and goes on to site 2" site 3 crate dispatch --to 14-0002 "$copy" --when 2026-03-03T09:00
for i in 1 3 2; do ok "site $i syncs" sync "$i"; done
is "the copy is on its way" "$(site 2 list expected --json | pick 'd["items"][0]["copy"]["code"]')" "$copy"
case=$($H cases --json | pick '[c["id"] for c in d["cases"] if c["case"] == "two-places"][0]')
is "what is open about it is there before" \
  "$(site 2 cases --json | pick '[(c["id"], c["status"]) for c in d["cases"]]')" "[('$case', 'open')]"
ok "the hub decides" $H case decide "$case" seen
for i in 1 2 3; do ok "site $i hears of it" sync "$i"; done
for i in 1 2 3; do
  is "it is decided at site $i" "$(site "$i" case show "$case" --json | pick 'd["case"]["status"]')" decided
  is "and nothing waits at site $i" "$(site "$i" cases --json | pick 'd["cases"]')" '[]'
done
# found there or only told: what it came to is said
for i in 1 2; do
  is "what was decided is said at site $i" \
    "$(site "$i" case show "$case" --json | pick '[(x["choice"], x["means"][:13], x["fits"], x["vouched"]) for x in d["case"]["decisions"]]')" \
    "[('seen', 'both happened', True, 'hub')]"
done
like "for people too" "$(site 2 case show "$case")" 'decided.*seen +on these facts.*both happened'
like "and in Vietnamese" "$(env LC_ALL=vi_VN.UTF-8 "$pack" -d "$T/s2" case show "$case")" 'đã quyết.*seen +trên đúng các sự việc này.*cả hai đều đúng'
like "why says it" "$(site 2 why case "$case" --json)" '"choice":"seen"'
for i in 1 2 3; do same_books "after that: site $i and the hub" "$i"; done

# a site that keeps no register of readers: nobody's name lies there
ok "site 4 joins" make_site 4
ok "it is in the commune of site 1" $H site set 14-0004 --commune 03641
ok "site 4 is admitted" sync 4
ok "and confirmed" confirm 4
ok "site 4 syncs" sync 4
readers_at_4() { site 4 find 'lo thi hoa' --json | pick 'len(d["readers"])'; }
is "it has the readers of its commune" "$(readers_at_4)" 1
ok "a title there" site 4 title add --name 'Luật Biên phòng'
title4=$(site 4 log --json | pick '[e["ref"] for e in d["entries"] if e["entry"]["kind"] == "title-put"][0]')
ok "a copy there" site 4 copy add D1 --title "$title4"
ok "lent to her" bash -c "printf '%s\n' '{\"kind\":\"loan\",\"copy\":{\"ns\":140004,\"code\":\"D1\"},\"card\":{\"ns\":140001,\"code\":\"K1\"}}' | '$pack' -d '$T/s4' record"
ok "site 4 syncs" sync 4
ok "the province sets it to keep no register" $H site set 14-0004 --no-readers
for i in 4 4; do ok "site 4 syncs" sync "$i"; done
is "the readers have left it, also who owes it a book" "$(readers_at_4)" 0
is "the loan is still its own" "$(site 4 list out --json | pick '[i["copy"]["code"] for i in d["items"]], "reader" in d["items"][0]')" "(['D1'], False)"
same_books "site 4 and the hub have the same books" 4
no_register='keeps no register of readers.*loan CARD|không lập sổ bạn đọc.*loan THẺ'
refused() { # what command…
  local what=$1; shift
  status "$what is refused there" 2 site 4 "$@"
  like "$what: why, and what to do" "$(site 4 "$@" 2>&1)" "$no_register"
}
her=$(site 1 card show K1 --json | pick 'd["issues"][0]["reader"]')
refused "a reader" reader add --name 'Vì Văn An' --card K4
refused "a change of one" reader set "$her" --telephone 0912
refused "a card" card issue K4 "$her"
refused "a card by another card" card issue K5 K1
refused "a consent" reader consent "$her" given
entries=$(site 4 status --json | pick 'd["entries"]')
for line in '{"kind":"reader-put","name":"Vì Văn An"}' "{\"kind\":\"card-issue\",\"card\":\"K4\",\"reader\":\"$her\"}" "{\"kind\":\"consent\",\"reader\":\"$her\",\"given\":\"given\"}"; do
  like "record refuses ${line:9:10} there" "$(printf '%s\n' "$line" | site 4 record)" "$no_register"
done
is "nothing was written" "$(site 4 status --json | pick 'd["entries"]')" "$entries"
ok "another copy there" site 4 copy add D2 --title "$title4"
is "a bare card borrows, and nobody asks who that is" "$(site 4 loan XA-77 D2 --json | pick 'd["entries"][0]["known"]')" True
ok "site 4 syncs" sync 4
same_books "and after that" 4
ok "the province lets it keep one again" $H site set 14-0004 --readers
for i in 4 4; do ok "site 4 syncs" sync "$i"; done
is "the readers are back" "$(readers_at_4)" 1
ok "a charge" site 4 charge XA-77 2000 --reason overdue
ok "the province charges nobody any more" $H policy set money no
ok "site 4 hears of it" sync 4
status "a charge is refused" 2 site 4 charge XA-77 3000
like "and why" "$(site 4 charge XA-77 3000 2>&1)" 'not charged|không thu tiền'
like "also of record" "$(printf '%s\n' '{"kind":"charge","card":{"ns":0,"code":"XA-77"},"amount":1}' | site 4 record)" 'not charged|không thu tiền'
ok "what is owed may be paid" site 4 payment XA-77 2000
ok "site 4 syncs" sync 4
ok "and it registers one" site 4 reader add --name 'Vì Văn An' --card K4
ok "site 4 syncs" sync 4
same_books "then too" 4

# a device that is retired is fed no more
ok "the operator retires site 3's device" $H devices retire "$(site 3 status --json | pick 'd["device"]')"
ok "site 3 still sends" sync 3
ok "the site's ledger made anew gives the same" site 2 rebuild
same_books "after a rebuild" 2
ok "the hub's ledger made anew gives the same" $H rebuild
same_books "and at the hub" 1
done_testing

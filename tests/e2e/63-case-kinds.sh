#!/bin/bash
# Every kind of case (docs/MERGE.md, "Cases"), reached through the real programs at one hub:
# there once, under the id that its kind and anchor give, with the facts that make it; told
# to the sites that it concerns and to no other; the same after a rebuild and when other
# things happen; gone when the fact comes that dissolves it.
#
# Times are told (--when), so that the order does not hang on how fast the scripts run. Three
# things no `packhorse` writes yet, or ever, and odd_log.py does in its place: a log that
# goes on after a restore, entries that no table explains, an `open` of another site.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
pack=$BUILD/client/packhorse
H="$hubd -d $T/hub"
D=2026-03-02
echo 'một câu dài' >"$T/pass"
secret="--passphrase-file $T/pass"

pick() { "$PYTHON" -c 'import json, sys; print(eval(sys.argv[1], {"d": json.load(sys.stdin)}))' "$1"; }
# of the hub's log, one JSON object a line: an expression for each entry e, if there is one
from_log() { $H log --limit 10000 | "$PYTHON" -c 'import json, sys
for e in map(json.loads, sys.stdin):
    if "kind" in e and eval(sys.argv[1]): print(eval(sys.argv[2]))' "$1" "$2"; }
site() { local at=$1; shift; "$pack" -d "$T/s$at" "$@"; }
sync() { site "$1" sync --hub "127.0.0.1:$port" --json; }
# ref DEVICE command…: the reference of the last entry that it writes; code: what it is about
ref() { site "$@" --plain | tail -n 1 | cut -f2; }
code() { site "$@" --plain | tail -n 1 | cut -f3; }
make_site() { # number
  $H site add "14-000$1" --commune "0364$1" --kind commune-library --name "Điểm $1"
}
make_invite() { # name site [option…]
  $H invite --site "14-000$2" --role site --hub 127.0.0.1:1 --out "$1.invite" $secret "${@:3}"
}
join() { site "$1" join "${2:-$1}.invite" "${@:3}"; }
status_of() { site "$1" status --json | pick "d['$2']"; }
confirm() { $H devices confirm "$(status_of "$1" device)" --fingerprint "$(status_of "$1" fingerprint)"; }
add_device() { make_invite "$1" "$2" && join "$1" && sync "$1"; }
# n and h of the head of a log that a site holds
head_of() { # device log
  "$PYTHON" - "$T/s$1/site.db" "$2" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
row = db.execute("SELECT row FROM log WHERE id = ?", (bytes.fromhex(sys.argv[2]),)).fetchone()[0]
last, h = db.execute("SELECT last, h FROM run WHERE id >> 40 = ? ORDER BY id DESC LIMIT 1", (row,)).fetchone()
print("%s.%d.%s" % (sys.argv[2], last, h.hex()))
PY
}

# --- what must be there ---

cat >check.py <<'PY'
"""check.py hub|site|ids …: the cases that are wanted against those that are there.

A line of `want`: kind, anchor, facts, sites, parted by tabs. An anchor is a reference,
two of them, <namespace>:<code>, or hex. Facts stand in their order; behind a ~ in any."""
import hashlib
import json
import sys

KINDS = ("two-places maybe-returned lent-in-crate two-titles crate-count same-reader same-title blocked-card"
         " stamp restored cloned forked invite-used-twice after-cut opaque foreign-log late-invite"
         " erased-merged").split()


def ref(text):
    log, n, head = text.split(".")
    return bytes.fromhex(log) + int(n).to_bytes(8, "big") + bytes.fromhex(head)


def anchor(text):
    if ":" in text:
        space, code = text.split(":")
        return int(space).to_bytes(8, "big") + code.encode()
    if "." in text:
        return b"".join(sorted(map(ref, text.split())))
    return bytes.fromhex(text)


def case_id(kind, text):
    number = bytes([KINDS.index(kind) + 1])
    return hashlib.blake2b(b"packhorse case 1" + number + anchor(text), digest_size=16).hexdigest()


def wanted():
    for line in open("want", encoding="utf-8"):
        kind, at, facts, sites = line.rstrip("\n").split("\t")
        facts = sorted(facts[1:].split()) if facts[0] == "~" else facts.split()
        yield kind, case_id(kind, at), facts, ["14000" + s for s in sites.split()], line[0] and "~" in line


def say(good, name, detail=""):
    print(("ok " if good else "bad ") + name + ("" if good else "|%s" % detail))


def hub(path):
    there = json.load(open(path, encoding="utf-8"))["cases"]
    count = {}
    for kind, case, facts, sites, loose in wanted():
        count[kind] = count.get(kind, 0) + 1
        found = [c for c in there if c["id"] == case]
        name = kind + ("" if count[kind] == 1 else " (%d)" % count[kind])
        say(len(found) == 1 and found[0]["case"] == kind, name + ": at the hub once, by its id",
            "%s: %s" % (case, [(c["id"], c["facts"]) for c in there if c["case"] == kind]))
        for c in found:
            got = sorted(c["facts"]) if loose else c["facts"]
            say(got == facts, name + ": its facts", "%s, wanted %s" % (got, facts))
            got = [str(s["site"]) for s in c["sites"]]
            say(got == sites, name + ": the sites that it concerns", "%s, wanted %s" % (got, sites))
            say(c["status"] == "open", name + ": it waits", c["status"])
    ids = [case for _, case, _, _, _ in wanted()]
    say(len(ids) == len(set(ids)), "no case is wanted twice", ids)
    others = [c for c in there if c["id"] not in ids]
    say(not others, "no other case", others)


def site(number, path):
    """What a site must know: the cases that concern it, as the hub has them, and no other."""
    held = {c["id"]: c for c in json.load(open(path, encoding="utf-8"))["cases"]}
    rows = list(wanted())
    mine = {case for _, case, _, sites, _ in rows if "14000" + number in sites}
    for kind, case, facts, sites, loose in rows:
        if case in mine:
            got = held.get(case, {"case": "", "facts": [], "status": "", "sites": []})
            say((got["case"], sorted(got["facts"]) if loose else got["facts"], got["status"]) == (kind, facts, "open"),
                "%s: site %s is told" % (kind, number), "%s: %s" % (case, got))
            got = [str(s["site"]) for s in got["sites"]]
            say(got == sites, "%s: site %s says whom it concerns" % (kind, number), "%s, wanted %s" % (got, sites))
    say(set(held) <= mine, "site %s is told of no other" % number,
        [(c["case"], c["id"], c["sites"]) for c in held.values() if c["id"] not in mine])


{"hub": hub, "site": site}[sys.argv[1]](*sys.argv[2:])
PY
# want KIND ANCHOR FACTS SITES
want() { printf '%s\t%s\t%s\t%s\n' "$@" >>want; }
unwant() { # kinds
  local kind
  for kind in $1; do
    grep -v "^$kind	" want >want.new
    mv want.new want
  done
}
cases() { $H cases --all --limit 1000 --json "$@"; }
# check WHEN hub|site…: each line that check.py says is one point
check() {
  local word rest
  while read -r word rest; do
    if [ "$word" = ok ]; then pass "$1: $rest"; else
      fail "$1: ${rest%%|*}"
      diag "${rest#*|}"
    fi
  done < <("$PYTHON" check.py "${@:2}" 2>&1)
}
at_hub() { # when
  cases >there.json
  check "$1" hub there.json
}
page_by_page() { # ids, three at a time
  local next=
  while :; do
    $H cases --json --limit 3 ${next:+--after "$next"} >page.json
    pick '"\n".join(c["id"] for c in d["cases"])' <page.json
    next=$(pick 'd.get("next", "")' <page.json)
    [ -n "$next" ] || break
  done
}
at_sites() { # when
  local i
  for i in 1 2 3 4; do
    site "$i" cases --all --limit 1000 --json >held.json
    check "$1" site "$i" held.json
    is "$1: site $i counts them" "$(status_of "$i" cases)" "$(pick 'len(d["cases"])' <held.json)"
  done
}
# all sites hear of what all have sent
round() {
  local i
  for i in 1 2 3 4 1 2 3 4; do sync "$i" >/dev/null || return 1; done
}
ids_there() { cases | pick 'sorted((c["id"], c["case"], c["status"], tuple(c["facts"])) for c in d["cases"])'; }

ok "a hub" $H init --listen 127.0.0.1:0 --kdf-memory-mib 8 $secret
start "$T/serve" $H serve --listen 127.0.0.1:0
port=$(listen_port "$T/serve")
for i in 1 2 3 4; do
  ok "site $i" make_site "$i"
  ok "its machine" add_device "$i" "$i"
  ok "is confirmed" confirm "$i"
done
ok "all hear of it" round
status "no case yet" 0 $H cases

# --- copies: what two sites say of one ---

truyen=$(ref 1 title add --name 'Truyện Kiều' --author 'Nguyễn Du' --year 1820)
print_copy() { code 1 copy add --print-code --title "$truyen"; }

A=$(print_copy)
first=$(ref 1 loan K1 "$A" --when ${D}T08:00)
later=$(ref 2 loan K2 "$A" --when ${D}T09:00)
want two-places "$later" "$first $later" "1 2"

B=$(print_copy)
back=$(ref 2 return "$B" --when ${D}T08:00)
loan=$(ref 1 loan K1 "$B" --when ${D}T08:01)
want maybe-returned "$loan" "$back $loan" "1 2"

C=$(print_copy)
dispatch=$(ref 1 crate dispatch --to 14-0002 "$C" --when ${D}T08:00)
way_c=$(site 1 copy show "$C" --json | pick 'd["custody"]["crate"]["code"]')
loan=$(ref 3 loan K3 "$C" --when ${D}T09:00)
want lent-in-crate "$loan" "$dispatch $loan" "1 2 3"

so_do=$(ref 2 title add --name 'Số đỏ' --author 'Vũ Trọng Phụng' --year 1936)
put=$(site 1 copy add --print-code --title "$truyen" --plain)
one=$(cut -f2 <<<"$put")
twice=$(cut -f3 <<<"$put")
two=$(ref 2 copy add "$twice" --title "$so_do")
want two-titles "0:$twice" "~$one $two" "1 2"

E=$(print_copy)
F=$(print_copy)
sent=$(ref 1 crate dispatch --to 14-0002 "$E" "$F" --when ${D}T08:00)
way_e=$(site 1 copy show "$E" --json | pick 'd["custody"]["crate"]["code"]')
came=$(ref 2 crate receive "$way_e" "$E" --final --when ${D}T10:00)
want crate-count "0:$way_e" "$sent $came" "1 2"

# --- described or registered twice ---

here=$(ref 1 reader add --name 'Lò Văn Pánh' --born 1980 --commune 03641)
there=$(ref 3 reader add --name 'LÒ VĂN PÁNH' --born 1980 --commune 03641)
readers="$here $there"
want same-reader "$readers" "~$readers" "1 3"
men=$(ref 1 title add --name 'Dế Mèn phiêu lưu ký' --author 'Tô Hoài' --year 1941)
men3=$(ref 3 title add --name 'Dế mèn phiêu lưu ký' --author 'Tô Hoài' --year 1941)
want same-title "$men $men3" "~$men $men3" "1 3"

# --- cards ---

G=$(print_copy)
card=$(code 1 reader add --name 'Quàng Thị Xôm' --born 1970 --commune 03641 --print-card)
stop=$(ref 1 card stop "$card" --reason lost --when ${D}T07:00)
loan=$(ref 2 loan "$card" "$G" --when ${D}T08:00)
want blocked-card "$loan" "$loan $stop" "1 2"

G2=$(print_copy)
card2=$(code 1 reader add --name 'Cầm Văn Hặc' --born 1971 --commune 03641 --print-card)
block=$(ref 1 reader block "$card2" --when ${D}T07:00)
loan=$(ref 2 loan "$card2" "$G2" --when ${D}T08:00)
want blocked-card "$loan" "$loan $block" "1 2"

G3=$(print_copy)
erased=$(site 1 reader add --name 'Hà Thị Phóng' --born 1972 --commune 03641 --print-card --json |
  pick 'd["entries"][0]["ref"] + " " + d["entries"][1]["card"]["code"]')
card3=${erased#* }
erased=${erased% *}
other=$(ref 2 reader add --name 'Hà Thị Phong' --born 1973 --commune 03642)
ok "all is sent" round
ok "a reader is erased" $H erase "$erased" $secret
order=$(from_log 'e["kind"] == "reader-erase"' 'e["ref"]')
merge=$(ref 2 reader merge "$other" "$erased")
want erased-merged "$other $erased" "$merge $order" "1 2"

# --- invites ---

ok "an invite" make_invite twice 4
ok "a machine joins with it" join i twice
ok "and another" join j twice
ok "which both say" bash -c "'$pack' -d '$T/si' sync --hub 127.0.0.1:$port && '$pack' -d '$T/sj' sync --hub 127.0.0.1:$port"
invite_of() { from_log "e['kind'] == 'device-admit' and e['device'] == '$(status_of "$1" device)'" 'e["invite"]'; }
invite=$(invite_of i)
want invite-used-twice "$invite" \
  "$(from_log "e['kind'] == 'device-admit' and e.get('invite') == '$invite'" 'e["ref"]' | xargs)" 4

make_invite late 4
ok "an invite that is over at once" "$EXPIRED_INVITE" late.invite "$T/hub/keys/operator" pass
sleep 2.1 # stamps of the hub's logs run by the monotonic clock, and can be a second behind
ok "a machine joins late" join l late --even-if-expired
ok "and syncs" sync l
invite=$(invite_of l)
want late-invite "$invite" "$(from_log "e['kind'] == 'device-admit' and e.get('invite') == '$invite'" 'e["ref"]')" 4

# a second later than the erasure, in any case
loan=$(ref 2 loan "$card3" "$G3")
want blocked-card "$loan" "$loan $order" "1 2"

# --- logs ---

ok "a machine" add_device f 4
log=$(site f log --limit 1 --json | pick 'd["entries"][0]["ref"].split(".")[0]')
cp -r sf sg && : >sg/witness # nobody notices before the hub does
fork="$(ref f visit 3 --band child) $(ref g visit 4 --band adult)"
ok "a folder and its copy sync" bash -c "'$pack' -d '$T/sf' sync --hub 127.0.0.1:$port && '$pack' -d '$T/sg' sync --hub 127.0.0.1:$port"
want forked "$log" "~$fork" 4

if command -v faketime >/dev/null; then
  export FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1
  # A machine that is a year ahead until it hears the hub; then folder and copy, their clocks
  # right, each go on in a log of its own. What was ahead is judged.
  ok "an invite" make_invite c 4
  ok "a machine that is a year ahead" faketime -f +365d "$pack" -d "$T/sc" join c.invite --even-if-expired
  ok "a visit in a year" faketime -f +365d "$pack" -d "$T/sc" visit 5 --band adult
  log=$(site c log --limit 1 --json | pick 'd["entries"][0]["ref"].split(".")[0]')
  cp -r sc sd
  ok "its clock set, it syncs" sync c
  ok "so does its copy" sync d
  ok "both go on" bash -c "'$pack' -d '$T/sc' visit 1 --band adult && '$pack' -d '$T/sd' visit 2 --band child"
  ok "and sync" sync c
  ok "both" sync d
  mark=$(from_log 'e["kind"] == "clock-judge"' 'e["mark"] + " " + e["ref"]')
  judge=${mark#* }
  mark=${mark% *}
  want stamp "$mark" "$mark $judge" 4
  clones=$(from_log "e['kind'] == 'open' and '$log' in str(e.get('continues'))" 'e["ref"]' | xargs)
  want cloned "$log" "~$clones" 4
else
  skip "stamps and clones" "no faketime"
fi

ok "a machine" add_device w 4
log=$(site w log --limit 1 --json | pick 'd["entries"][0]["ref"].split(".")[0]')
odd() { "$PYTHON" "$ROOT/tests/e2e/odd_log.py" "$T/sw" "$@" | cut -d' ' -f1 | xargs; }
next=$(odd --restored "$(head_of w "$log")")
want restored "$log" "$next" 4
made=$(odd --entry '[30, "stamp", null, "no copy"]' '[30, "stamp", null, "again"]')
want opaque "${made%%.*}" "$(cut -d' ' -f2 <<<"$made")" 4
made=$(odd --entry '[71, "stamp", null, 1, 2, null, null, "of a later table"]')
want opaque "${made%%.*}" "$(cut -d' ' -f2 <<<"$made")" 4
ok "an unknown kind is none" test -n "$(odd --entry '[9999, "stamp"]')"
made=$(odd --site 140003)
want foreign-log "${made%%.*}" "${made%% *}" 4
ok "it syncs" sync w
is "all of it has a receipt" "$(status_of w pending)" 0

ok "a machine" add_device x 4
ok "is cut" $H cut "$(status_of x device)" --reason lost $secret
cut=$(from_log 'e["kind"] == "device-cut"' 'e["ref"]')
behind=$(ref x visit 6 --band adult)
sync x >/dev/null 2>&1
want after-cut "$(status_of x device)" "$cut $behind" 4

# --- they are there ---

[ -z "${judge:-}" ] || is "every kind of the list was brought about" "$(cut -f1 want | sort -u | xargs)" \
  "$(sed -n '/^## Cases/,/^## /s/^| [0-9]* | \([a-z-]*\) |.*/\1/p' "$ROOT/docs/MERGE.md" | sort -u | xargs)"
ok "all hear of it" round
status "there are cases: exit 13" 13 $H cases
at_hub "cases"
is "page by page each comes once" "$(page_by_page | sort)" "$(pick '"\n".join(sorted(c["id"] for c in d["cases"]))' <there.json)"
for i in 1 2 3 4; do
  is "by their site: 14-000$i" "$(cases --site "14-000$i" | pick 'sorted(c["id"] for c in d["cases"])')" \
    "$(pick 'sorted(c["id"] for c in d["cases"] if {"site": 14000'$i', "name": "Điểm '$i'"} in c["sites"])' <there.json)"
done
at_sites "cases"
shown() { # device: each of its cases, by its id
  local id
  for id in $(site "$1" cases --json --limit 1000 | pick '" ".join(c["id"] for c in d["cases"])'); do
    site "$1" case show "$id" --json >one.json || return 1
    [ "$(pick 'd["case"]["id"]' <one.json)" = "$id" ] || return 1
  done
}
for i in 1 2 3 4; do
  status "site $i has some: exit 13" 13 site "$i" cases
  ok "each is shown by its id" shown "$i"
done
same_books() { # when
  local i
  for i in 1 2 3 4; do
    is "$1: site $i and the hub have the same books" "$(site "$i" digest)" \
      "$($H digest --device "$(status_of "$i" device)")"
  done
}
same_books "cases"

# --- and stay what they are ---

before=$(ids_there)
ok "made anew from the logs" $H rebuild
is "the hub has the same cases" "$(ids_there)" "$before"
for i in 1 2 3 4; do ok "site $i makes its ledger anew" site "$i" rebuild; done
at_sites "after a rebuild"
for i in 1 2 3 4; do
  ok "site $i goes on" bash -c "'$pack' -d '$T/s$i' visit $i --band adult &&
    '$pack' -d '$T/s$i' title add --name 'Sách $i$i' --author 'Tác giả $i' && '$pack' -d '$T/s$i' loan Z$i Z$i"
done
ok "all hear of it" round
is "the hub has the same cases" "$(ids_there)" "$before"
at_sites "after other things"

# --- what dissolves them ---

ok "the first reader had brought it back" site 1 return "$A" --when ${D}T08:30
ok "it came back after all" site 1 return "$B" --when ${D}T10:00
ok "the crate had arrived" site 2 crate receive "$way_c" "$C" --final --when ${D}T08:30
ok "the two titles are one" site 1 title merge "$truyen" "$so_do"
ok "the copy that was short is found" site 2 crate receive "$way_e" "$F"
ok "the two readers are one" site 1 reader merge "$here" "$there"
ok "the two titles are one" site 3 title merge "$men3" "$men"
ok "the card was not stopped" site 1 void "$stop"
ok "the block is lifted" site 1 reader unblock "$card2"
ok "the copy comes back from who was erased" site 2 return "$G3"
ok "the readers are two" site 2 reader unmerge "$other" "$erased"
ok "the cut is released" $H void "$cut" --reason mistake $secret
unwant "two-places maybe-returned lent-in-crate two-titles crate-count same-reader same-title blocked-card erased-merged after-cut"
if [ -n "${judge:-}" ]; then
  ok "the clock was right" $H void "$judge"
  of=$(status_of d device)
  gone=${clones#* }
  ok "one of the clones is cut off" $H cut "$of" --reason misuse --at "${gone%%.*}:0" $secret
  unwant "stamp cloned"
  want after-cut "$of" "$(from_log "e['kind'] == 'device-cut' and e['device'] == '$of'" 'e["ref"]') $gone" 4
fi
of=$(status_of w device)
ok "what was restored is cut off" $H cut "$of" --reason misuse --at "${next%%.*}:0" $secret
unwant restored
want after-cut "$of" "$(from_log "e['kind'] == 'device-cut' and e['device'] == '$of'" 'e["ref"]') $next" 4
ok "all hear of it" round
at_hub "dissolved"
at_sites "dissolved"
same_books "dissolved"
before=$(ids_there)
ok "made anew from the logs" $H rebuild
is "the hub has the same cases" "$(ids_there)" "$before"

# --- and what brings one back ---

ok "nobody had brought it back" site 1 void "$(site 1 log --limit 1000 --json | pick '[e["ref"] for e in d["entries"]
  if e["entry"]["kind"] == "return" and e["entry"]["copy"]["code"] == "'"$A"'"][0]')"
want two-places "$later" "$first $later" "1 2"
ok "all hear of it" round
at_hub "back"
at_sites "back"
ok "the hub is whole" $H verify
for i in 1 2 3 4; do ok "site $i is whole" site "$i" verify; done
done_testing

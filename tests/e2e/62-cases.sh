#!/bin/bash
# What a person must look at, from finding it to having decided: cases, case show, case decide,
# and why: from what is shown to the entries behind it, at the hub and at a site.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
pack=$BUILD/client/packhorse
H="$hubd -d $T/hub"
echo 'một câu dài' >"$T/pass"

# An expression over what a command said, d.
pick() { "$PYTHON" -c 'import json, sys; print(eval(sys.argv[1], {"d": json.load(sys.stdin), "len": len, "set": set, "any": any, "all": all, "sorted": sorted}))' "$1"; }
site() { local at=$1; shift; "$pack" -d "$T/s$at" "$@"; }
sync() { site "$1" sync --hub "127.0.0.1:$port" --json; }
lend() { printf '{"kind":"loan","copy":{"ns":0,"code":"%s"},"card":{"ns":0,"code":"%s"},"term":14,"when":"%s"}\n' "$2" "$3" "$4" | site "$1" record; }

ok "a hub" "$hubd" -d "$T/hub" init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file "$T/pass"
for i in 1 2; do
  ok "site $i" $H site add "14-000$i" --commune "0364$i" --kind commune-library --name "Điểm $i"
  ok "its invite" $H invite --site "14-000$i" --role site --hub 127.0.0.1:1 --out "$T/s$i.invite" --passphrase-file "$T/pass"
  ok "it joins" site "$i" join "$T/s$i.invite"
done
start "$T/serve" "$hubd" -d "$T/hub" serve --listen 127.0.0.1:0
port=$(listen_port "$T/serve")
for i in 1 2; do
  ok "site $i is admitted" sync "$i"
  ok "and confirmed" $H devices confirm "$(site "$i" status --json | pick 'd["device"]')" \
    --fingerprint "$(site "$i" status --json | pick 'd["fingerprint"]')"
done

# --- contradictions: one copy lent at two sites, with no road between ---
status "nothing to look at" 0 $H cases
is "as JSON" "$($H cases --json)" '{"cases":[],"schema":1}'
ok "a title" site 1 title add --name 'Dế Mèn phiêu lưu ký' --author 'Tô Hoài'
title=$(site 1 log --json | pick '[e["ref"] for e in d["entries"] if e["entry"]["kind"] == "title-put"][0]')
for c in 1400000000017 1400000000024 1400000000031; do
  printf '{"kind":"copy-put","copy":{"ns":0,"code":"%s"},"title":"%s"}\n' "$c" "$title" | site 1 record >/dev/null
  ok "copy $c is lent at site 1" lend 1 "$c" 9001 "2026-09-0${c: -1}T08:00"
  ok "and at site 2" lend 2 "$c" 9002 "2026-09-1${c: -1}T08:00"
done
for i in 1 2 1; do ok "site $i syncs" sync "$i"; done

# --- cases ---
status "cases wait: exit 13" 13 $H cases
cases=$($H cases --json)
is "three, the oldest first" "$(pick '[c["copy"]["code"][-4:] for c in d["cases"]]' <<<"$cases")" "['0031', '0024', '0017']"
is "each names its kind, sites and facts" \
  "$(pick 'set((c["case"], c["status"], len(c["facts"]), tuple(s["site"] for s in c["sites"])) for c in d["cases"])' <<<"$cases")" \
  "{('two-places', 'open', 2, (140001, 140002))}"
is "ids in their short form" "$(pick 'all(c["id"].startswith(c["short"]) and len(c["short"]) >= 8 for c in d["cases"])' <<<"$cases")" True
page=$($H cases --limit 2 --json)
is "a page of two" "$(pick 'len(d["cases"])' <<<"$page")" 2
rest=$($H cases --limit 2 --json --after "$(pick 'd["next"]' <<<"$page")")
is "and the rest, where it ends" "$(pick '[len(d["cases"]), "next" in d]' <<<"$rest")" '[1, False]'
is "of one site" "$($H cases --site 14-0002 --json | pick 'len(d["cases"])')" 3
is "of the sites of a commune" "$($H cases --commune 03641 --json | pick 'len(d["cases"])')" 3
vi=$(LC_ALL=vi_VN.UTF-8 $H cases)
like "in Vietnamese the kinds too" "$vi" 'mượn ở hai nơi'
like "of a site likewise" "$(LC_ALL=vi_VN.UTF-8 "$pack" -d "$T/s1" cases)" 'mượn ở hai nơi'
is "but as they are for programs" "$(LC_ALL=vi_VN.UTF-8 $H cases --plain | cut -f2 | sort -u)" two-places
like "and the lines of entries" "$(LC_ALL=vi_VN.UTF-8 $H case show "$(pick 'd["cases"][0]["id"]' <<<"$cases")")" '1\. mượn  .*bản sách [0-9]+, thẻ [0-9]+'
like "and the log" "$(LC_ALL=vi_VN.UTF-8 "$pack" -d "$T/s1" log)" 'mượn .*bản sách [0-9]+, thẻ [0-9]+'
is "of another kind" "$($H cases --kind maybe-returned --json)" '{"cases":[],"schema":1}'
status "a kind that does not exist" 2 $H cases --kind nonsense
status "a page that never ended" 2 $H cases --after nonsense
status "a site that does not exist" 1 $H cases --site nowhere
like "for people" "$($H cases)" 'two-places +2026-09-01 08:00 +1400000000031 Dế Mèn phiêu lưu ký +Điểm 1; Điểm 2 +open'
is "for scripts" "$($H cases --plain | head -1 | cut -f 2-4)" $'two-places\t2026-09-01T08:00:00+07:00\t1400000000031 Dế Mèn phiêu lưu ký'

# --- case show: what each device says, and what could be made of it ---
nth() { pick "d['cases'][$1]['short']" <<<"$cases"; }
first=$(nth 0) second=$(nth 1) third=$(nth 2)
show=$($H case show "$first" --json)
is "by the beginning of its id" "$(pick 'd["case"]["id"].startswith("'"$first"'")' <<<"$show")" True
is "its facts, each with its site" "$(pick '[(f["kind"], f["site"], f["counts"]) for f in d["case"]["facts"]]' <<<"$show")" \
  "[('loan', 140001, True), ('loan', 140002, True)]"
is "when it was, by whom it is told" "$(pick '[(f["time"][:16], f["told"], f["stamped"] > f["time"]) for f in d["case"]["facts"]]' <<<"$show")" \
  "[('2026-09-01T08:00', 'minute', True), ('2026-09-11T08:00', 'minute', True)]"
is "by which road, and how safe" "$(pick 'set((f["road"]["by"], f["road"]["level"]) for f in d["case"]["facts"])' <<<"$show")" "{('session', 'hub')}"
is "two devices" "$(pick 'len(set(f["device"] for f in d["case"]["facts"]))' <<<"$show")" 2
is "the choices" "$(pick '[c["choice"] for c in d["case"]["choices"]]' <<<"$show")" "['seen', 'later', 'earlier', 'returned', 'other']"
is "what one would write" "$(pick '[(w["kind"], w["target"] == d["case"]["facts"][0]["ref"]) for w in d["case"]["choices"][1]["writes"]]' <<<"$show")" "[('void', True)]"
is "what one needs" "$(pick '[c.get("needs") for c in d["case"]["choices"]][3:]' <<<"$show")" "['--site SITE', '--void REF']"
like "for people" "$($H case show "$first")" 'two-places: lent in two places.*1\. loan  2026-09-01 08:00  Điểm 1.*the time was told.*came by session.*2\. loan .*case decide.*later +the later loan is right'
is "for scripts, a line a fact" "$($H case show "$first" --plain | cut -f 2,5,7,11)" $'loan\t140001\tsession\tyes\nloan\t140002\tsession\tyes'
status "an id that none begins with" 1 $H case show 0000000000000000000000000000beef
status "what begins no id" 2 $H case show xyz

# --- the same at the sites: told by the hub ---
for i in 1 2; do ok "site $i hears of them" sync "$i"; done
for i in 1 2; do
  status "they wait at site $i: exit 13" 13 site "$i" cases
  is "the same ones, in the same order" "$(site "$i" cases --json | pick '[c["id"] for c in d["cases"]]')" "$(pick '[c["id"] for c in d["cases"]]' <<<"$cases")"
done
is "a page of two, and the rest" \
  "$(site 1 cases --limit 2 --json | pick 'len(d["cases"])') $(site 1 cases --json --after "$(site 1 cases --limit 2 --json | pick 'd["next"]')" | pick 'len(d["cases"])')" '2 1'
is "of another kind" "$(site 1 cases --kind crate-count --json)" '{"schema":1,"cases":[]}'
status "a kind that does not exist" 2 site 1 cases --kind nonsense
status "a page that never ended" 2 site 1 cases --after nonsense
like "for people" "$(site 1 cases)" 'two-places +2026-09-01 08:00 +1400000000031'
is "its facts: one's own, and one of which the hub told who wrote it" \
  "$(site 1 case show "$first" --json | pick '[(f.get("kind"), f.get("vouched"), f.get("here", True), f["log_site"], f["device"] == "'"$(site 2 status --json | pick 'd["device"]')"'") for f in d["case"]["facts"]]')" \
  "[('loan', None, True, 140001, False), (None, 'hub', False, 140002, True)]"
like "for people, and who sees the rest" "$(site 1 case show "$first")" '1\. loan .*2\. not here  written at Điểm 2.*device .*packhorsed case show '"$first"
is "a site has no choices" "$(site 1 case show "$first" --json | pick '"choices" in d["case"]')" False
status "and does not decide" 2 site 1 case decide "$first" later
like "says who does" "$(site 1 case decide "$first" later 2>&1)" 'the provincial library does'
status "an id that none begins with" 1 site 1 case show 0000000000000000000000000000beef
status "what begins no id" 2 site 1 case show xyz
like "status says where to look" "$(site 1 status)" '3 \(packhorse cases\)'
like "and the hub's" "$($H status)" '3 \(packhorsed cases\)'

# --- case decide: what is refused, and leaves nothing behind ---
before=$($H digest)
status "an unknown case" 1 $H case decide 0000000000000000000000000000beef later
status "a word that is no choice" 2 $H case decide "$first" nonsense
like "it says what would be one" "$($H case decide "$first" nonsense 2>&1)" 'seen, later, earlier, returned, other'
status "a choice of other kinds of cases" 2 $H case decide "$first" found
status "a choice that needs an entry" 2 $H case decide "$first" other
like "it says which option" "$($H case decide "$first" other 2>&1)" '\-\-void REF'
status "a choice that needs a site" 2 $H case decide "$first" returned
status "a site that does not exist" 2 $H case decide "$first" returned --site nowhere
status "an entry that is no reference" 2 $H case decide "$first" other --void nonsense
status "an entry that is not here" 1 $H case decide "$first" other --void 00112233445566778899aabbccddeeff.1.0011223344556677
status "facts that are not those" 1 $H case decide "$first" later --facts 00112233445566778899aabbccddeeff
is "none of it wrote anything" "$($H digest)" "$before"
ok "a third invite" $H invite --site 14-0001 --role site --hub 127.0.0.1:1 --out "$T/s3.invite" --passphrase-file "$T/pass"
invite=$($H invite list --json | pick '[i["invite"] for i in d["invites"] if i["state"] == "open"][0]')
signed=$($H invite cancel "$invite" --passphrase-file "$T/pass" --json | pick 'd["entries"][0]["ref"]')
before=$($H digest)
status "what an operator signed is not voided so" 2 $H case decide "$first" later --void "$signed"
like "that has its own command" "$($H case decide "$first" later --void "$signed" 2>&1)" 'nothing was decided.*operator'
is "and the other void was not written" "$($H digest)" "$before"
printf '{"kind":"case-decide","case":"abcdef01000000000000000000000000","choice":"seen","facts":"00000000000000000000000000000000"}\n' >decide.json
status "nor is a case decided that there is none of" 1 $H record decide.json
like "it says what decides one" "$($H record decide.json 2>&1)" 'no case abcdef01.*case decide'
is "and nothing was written" "$($H digest)" "$before"

# --- a decision that takes an entry away ---
ok "what it would write" $H case decide "$first" later --dry-run --json
is "is the void" "$(json ok.out '[w["kind"] for w in j["writes"]]')" '["void"]'
is "and nothing was written" "$($H cases --json | pick 'len(d["cases"])')" 3
ok "the later loan is right" $H case decide "$first" later --facts "$(pick 'd["case"]["digest"]' <<<"$show")" --json
is "the void and the decision, in the hub's own log" "$(json ok.out '[[e["kind"], e["log"]] for e in j["entries"]]')" '[["void", "desk"], ["case-decide", "desk"]]'
is "the contradiction is gone" "$(json ok.out 'j["status"]')" gone
is "two are left" "$($H cases --json | pick 'len(d["cases"])')" 2
is "the copy has one loan" "$($H query copy 1400000000031 --json | pick '[(l["site"], l["card"]["code"]) for l in d["copy"]["loans"]]')" "[(140002, '9002')]"
is "what was decided is told" "$($H case show "$first" --json | pick '(d["case"]["status"], d["case"]["decisions"][0]["choice"], len(d["case"]["decisions"][0]["entries"]))')" "('gone', 'later', 1)"
status "nothing is left to decide" 1 $H case decide "$first" seen

# --- a decision that only closes, and a later fact that opens the case again ---
digest=$($H case show "$second" --json | pick 'd["case"]["digest"]')
ok "both loans happened" $H case decide "$second" seen
like "it is decided" "$($H cases --all --json)" '"status":"decided"'
is "and waits no more" "$($H cases --json | pick 'len(d["cases"])')" 1
ok "site 1 hears of it" sync 1
is "as of nothing to look at" "$(json ok.out 'j["fed"]["cases"]')" 0
is "though it has it" "$(site 1 case show "$second" --json | pick 'd["case"]["status"]')" decided
ok "a loan between the two comes to light" lend 1 1400000000024 9003 2026-09-10T08:00
for i in 1 2; do ok "site $i syncs" sync "$i"; done
is "the case is open again" "$($H case show "$second" --json | pick '(d["case"]["status"], [x["fits"] for x in d["case"]["decisions"]])')" "('reopened', [False])"
status "who saw the old facts decides nothing" 1 $H case decide "$second" earlier --facts "$digest"
ok "the copy came back at site 2" $H case decide "$second" returned --site 14-0002 --json
is "a return on behalf of that site" "$($H why copy 1400000000024 --json | pick '[(f["kind"], f["site"], f["log_site"]) for f in d["facts"]][-1]')" "('return', 140002, 0)"
is "the copy is on its shelf" "$($H query copy 1400000000024 --json | pick '(d["copy"]["custody"]["at"], d["copy"]["custody"]["site"])')" "('site', 140002)"
is "decided on what it is now" "$($H case show "$second" --json | pick '(d["case"]["status"], [x["fits"] for x in d["case"]["decisions"]])')" "('decided', [False, True])"

# --- the sites hear what was decided ---
for i in 1 2; do ok "site $i hears of it" sync "$i"; done
is "one waits, one is decided" "$(site 2 cases --all --json | pick '[(c["id"][:8], c["status"]) for c in d["cases"]]')" "[('${third:0:8}', 'open'), ('${second:0:8}', 'decided')]"
is "decided at site 1 too" "$(site 1 case show "$second" --json | pick 'd["case"]["status"]')" decided
is "why of it" "$(site 1 why case "$second" --json | pick 'd["state"]["status"]')" decided

# --- a case that closes itself ---
ok "the return at site 1 is typed in late" bash -c "printf '%s\n' '{\"kind\":\"return\",\"copy\":{\"ns\":0,\"code\":\"1400000000017\"},\"when\":\"2026-09-10T09:00\"}' | '$pack' -d '$T/s1' record"
ok "site 1 syncs" sync 1
for i in 1 2; do ok "site $i hears of it" sync "$i"; done
status "nothing waits any more" 0 $H cases
status "the case is known no more" 1 $H case show "$third"

for i in 1 2; do status "nothing at site $i" 0 site "$i" cases; done

# --- why, at the hub ---
why=$($H why copy 1400000000031 --json)
is "each entry, and whether it counts" "$(pick '[(f["kind"], f["counts"]) for f in d["facts"]]' <<<"$why")" "[('loan', False), ('loan', True), ('copy-put', True)]"
is "what takes the first away" "$(pick '(d["facts"][0]["not_counted"]["why"], d["facts"][0]["not_counted"]["by"] == "'"$($H case show "$first" --json | pick 'd["case"]["decisions"][0]["entries"][0]')"'")' <<<"$why")" "('voided', True)"
is "what the others give" "$(pick '[f.get("says") for f in d["facts"][1:]]' <<<"$why")" "[['custody', 'loan'], ['title']]"
is "the title by its words" "$($H why title 'de men' --json | pick '(d["what"], [f["kind"] for f in d["facts"]], d["facts"][0]["says"])')" "('title', ['title-put'], ['name', 'author'])"
is "the title by its reference" "$($H why title "$title" --json | pick 'd["state"]["name"]')" 'Dế Mèn phiêu lưu ký'
is "a case that is gone: its decision and what that wrote" "$($H why case "$first" --json | pick '[(f["kind"], f["says"]) for f in d["facts"]]')" \
  "[('void', ['what was decided']), ('case-decide', ['decision'])]"
like "for people" "$($H why copy 1400000000031)" 'because.*does not count: voided'
is "a card by its loans" "$($H why card 9002 --json | pick 'sorted((f["kind"], f["entry"]["copy"]["code"], f["says"]) for f in d["facts"])')" \
  "[('loan', '1400000000017', ['loan']), ('loan', '1400000000031', ['loan'])]"
status "why of an unknown copy" 1 $H why copy 999
status "why of nonsense" 2 $H why nonsense 1
status "words that no title has" 1 $H why title nowords

# --- why, at a site: what it wrote itself, and what the hub fed ---
printf '{"kind":"copy-put","copy":{"ns":0,"code":"1400000000024"},"title":"%s"}\n' "$title" | site 2 record >/dev/null
ok "a reader of site 2" site 2 reader add --name 'Lò Thị Hoa' --born 1990 --card K1 --commune 03642
for i in 2 1 2; do ok "site $i syncs" sync "$i"; done
why=$(site 2 why copy 1400000000031 --json)
is "its own loan has no road and the hub's receipt, what was fed has neither" \
  "$(pick '[(f["kind"], f["site"], "road" in f, f.get("receipt", {}).get("level"), f.get("vouched")) for f in d["facts"]]' <<<"$why")" \
  "[('loan', 140002, False, 'hub', None), ('copy-put', 140001, False, None, 'hub')]"
is "both devices are named" "$(pick 'sorted(f["device"] for f in d["facts"])' <<<"$why")" \
  "$(for i in 1 2; do site "$i" status --json | pick 'd["device"]'; done | sort | "$PYTHON" -c 'import sys; print(sys.stdin.read().split())')"
is "the void that the hub wrote takes it away at site 1 too" \
  "$(site 1 why copy 1400000000031 --json | pick '(d["facts"][0]["counts"], d["facts"][0]["not_counted"]["why"])')" "(False, 'voided')"
like "for people" "$(site 2 why copy 1400000000031)" 'written here; receipt: hub .*fed by the hub, which alone vouches for it'
is "the title by its words" "$(site 2 why title 'de men' --json | pick '[f["kind"] for f in d["facts"]]')" "['title-put']"
is "the card, and whose it is" "$(site 2 why card K1 --json | pick '(d["state"]["reader"]["name"], d["facts"][0]["name"], d["facts"][0]["says"])')" "('Lò Thị Hoa', 'Lò Thị Hoa', ['reader'])"
is "at the hub no name is opened unasked" "$($H why card K1 --json | grep -c 'Lò Thị')" 0
is "but when asked" "$($H why card K1 --names --json | pick 'd["facts"][0]["name"]')" 'Lò Thị Hoa'
status "why of an unknown copy" 1 site 2 why copy 999
status "why of nonsense" 2 site 2 why nonsense 1
status "why of what begins no id" 2 site 2 why case xyz

# --- two people at one case ---
before=$($H log --limit 1000 | wc -l)
status "what was decided on these facts is not decided again in passing" 1 $H case decide "$second" seen
like "and it is said" "$(cat ok.out)" 'decided already.*case show.*--again'
is "nothing was written" "$($H log --limit 1000 | wc -l)" "$before"
ok "with --again it is" $H case decide "$second" seen --again
is "the last decision counts" "$($H case show "$second" --json | pick 'd["case"]["decisions"][-1]["choice"]')" seen
done_testing

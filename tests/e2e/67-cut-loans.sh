#!/bin/bash
# The province cuts loans of long ago from their cards: at the hub, at the site that lent and at the site that
# was fed, in what is shown and in what was fed; counts stay; digests agree; and back.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
secret="--passphrase-file pass"
pick() { "$PYTHON" -c 'import json, sys; print(eval(sys.argv[1], {"d": json.load(sys.stdin)}))' "$1"; }
site() { local at=$1; shift; "$P" -d "$at" "$@"; }
round() { for x in a b a b; do site $x sync --hub "$at" --json >/dev/null || return 1; done; }
member() { site "$1" status --json | pick "d['$2']"; }
loans() { pick '[(l["card"]["code"], "closed" in l) for l in (d["copy"] if "loans" in d["copy"] else d)["loans"]]'; }
# How many entries that the hub fed, or that a ledger holds of what was fed, have CODE in them.
fed_with() { # FOLDER CODE
  "$PYTHON" - "$1" "$2" <<'P'
import shutil, sqlite3, sys, os, tempfile
folder, code = sys.argv[1], sys.argv[2].encode()
with tempfile.TemporaryDirectory() as t:
    for end in ("", "-wal"):
        if os.path.exists(f"{folder}/site.db{end}"):
            shutil.copy(f"{folder}/site.db{end}", f"{t}/site.db{end}")
    db = sqlite3.connect(f"{t}/site.db")
    fed = [bytes(b) for b, in db.execute("SELECT bytes FROM fed_entry")]
    fed += [bytes(b) for b, in db.execute("SELECT entry FROM ledger_fact WHERE log < 0 AND entry IS NOT NULL")]
    fed += [bytes(b) for b, in db.execute("SELECT state FROM ledger_entity WHERE type = 13")]
    print(sum(code in b for b in fed))
P
}

$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 $secret 2>/dev/null
for i in 1 2; do
  $H site add "14-000$i" --commune "0364$i" --kind commune-library --name "Điểm $i" 2>/dev/null
  x=$([ $i = 1 ] && echo a || echo b)
  $H invite --site "14-000$i" --role site --hub 127.0.0.1:1 --out "$x.invite" $secret 2>/dev/null
  site $x join "$x.invite" >/dev/null
done
start serve $H serve --listen 127.0.0.1:0
at=127.0.0.1:$(listen_port serve)
ok "both sites call" round
for x in a b; do $H devices confirm "$(member $x device)" --fingerprint "$(member $x fingerprint)" >/dev/null 2>&1; done

truyen=$(site a title add --name 'Truyện Kiều' --plain | tail -n 1 | cut -f2)
book=$(site a copy add --print-code --title "$truyen" --plain | tail -n 1 | cut -f3)
two=$(site a copy add --print-code --title "$truyen" --plain | tail -n 1 | cut -f3)
site a reader add --name 'Lò Văn Tâm' --commune 03641 --card THETHANG1 >/dev/null 2>&1
ok "a loan of January, renewed, came back" bash -c "'$P' -d a loan THETHANG1 $book --when 2026-01-05T08:00 &&
  '$P' -d a renew $book --when 2026-01-10T08:00 && '$P' -d a return $book --when 2026-01-20T08:00"
ok "one of March, too" bash -c "'$P' -d a loan THETHANG3 $book --when 2026-03-02T08:00 && '$P' -d a return $book --when 2026-03-09T08:00"
ok "one of January is still out" site a loan THECHUATRA "$two" --when 2026-01-07T08:00
ok "the book goes to the other site" bash -c "'$P' -d a crate dispatch --to 14-0002 $book --when 2026-03-10T08:00"
ok "all is sent" round
is "the other site has its life" "$(site b copy show "$book" --json | loans)" "[('THETHANG1', True), ('THETHANG3', True)]"
is "with the cards" "$(($(fed_with b THETHANG1) > 0)) $(($(fed_with b THETHANG3) > 0))" '1 1'
before=$($H report figures --from 2026-01-01 --to 2026-03-31 --json | pick 'd["sites"]')

like "who asks for what is held about the card is told of the loan" "$(site a privacy THETHANG1 --json)" "$book"

# --- the policy ---
status "what is no date is refused" 2 $H policy set cut-loans-before 'tháng hai'
ok "loans that ended before February are cut" $H policy set cut-loans-before 2026-02-01
is "the hub shows the one of March" "$($H query copy "$book" --json | loans)" "[('THETHANG3', True)]"
is "and tells of no other" "$($H why copy "$book" --json | grep -c 'THETHANG1')" 0
is "what is out stays with its card" "$($H query copy "$two" --json | grep -c 'THECHUATRA')" 1
ok "the sites hear of it" round
for x in a b; do
  is "so does $x" "$(site $x copy show "$book" --json | loans)" "[('THETHANG3', True)]"
  is "and tells of no other" "$(site $x why copy "$book" --json | grep -c 'THETHANG1')" 0
  is "$x and the hub have the same books" "$(site $x digest)" "$($H digest --device "$(member $x device)")"
done
is "what was fed has gone" "$(fed_with b THETHANG1) $(($(fed_with b THETHANG3) > 0))" '0 1'
held="[('loan', True), ('renew', True), ('return', False), ('reader-put', False), ('card-issue', False)]"
held() { pick 'sorted(((f["kind"], f.get("forgotten", False)) for f in d["facts"]), key=lambda f: not f[1])'; }
is "who asks is told what the log has still" "$(site a privacy THETHANG1 --json | held)" "$held"
is "by the hub as well" "$($H privacy "$(site a privacy THETHANG1 --json | pick '[f["ref"] for f in d["facts"] if f["kind"] == "reader-put"][0]')" --json | held)" "$held"
named() { pick 'sorted({e["ref"] for e in d[[k for k in ("facts", "entries") if k in d][0]] if "THETHANG1" in str(e)})'; }
is "which is what the log itself shows" "$(site a privacy THETHANG1 --json | named)" "$(site a log --json | named)"
like "people are told that nothing else shows it" "$(site a privacy THETHANG1)" 'nowhere else'
is "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 "$P" -d a privacy THETHANG1 | grep -c 'nhật ký vẫn còn')" 2
is "the figures are the same" "$($H report figures --from 2026-01-01 --to 2026-03-31 --json | pick 'd["sites"]')" "$before"
ok "a late return of January" site a return "$two" --when 2026-01-30T08:00
ok "is sent" round
is "then that loan is cut, too" "$($H query copy "$two" --json | grep -c 'THECHUATRA') $(site a copy show "$two" --json | grep -c 'THECHUATRA')" '0 0'
for x in a b; do ok "$x verifies" site $x verify; done
ok "and the hub" $H verify

# --- and back, as long as the logs are there ---
ok "the day is set back" $H policy set cut-loans-before 2026-01-01
ok "all hear of it" round
is "the raw log has it still" "$(site a copy show "$book" --json | loans) $(site b copy show "$book" --json | loans)" \
  "[('THETHANG1', True), ('THETHANG3', True)] [('THETHANG1', True), ('THETHANG3', True)]"
for x in a b; do
  is "$x and the hub have the same books" "$(site $x digest)" "$($H digest --device "$(member $x device)")"
done
done_testing

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
is "of another kind" "$($H cases --kind maybe-returned --json)" '{"cases":[],"schema":1}'
status "a kind that does not exist" 2 $H cases --kind nonsense
status "a page that never ended" 2 $H cases --after nonsense
status "a site that does not exist" 1 $H cases --site nowhere
like "for people" "$($H cases)" 'two-places +2026-09-01 08:00 +1400000000031 Dế Mèn phiêu lưu ký +Điểm 1; Điểm 2 +open'
is "for scripts" "$($H cases --plain | head -1 | cut -f 2-4)" $'two-places\t2026-09-01T08:00:00+07:00\t1400000000031 Dế Mèn phiêu lưu ký'
done_testing

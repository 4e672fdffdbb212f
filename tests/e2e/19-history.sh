#!/bin/bash
# The whole history of a hub, given away: a stranger's fold of it comes to the hub's digest.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
fold() { $H history >history && "$PYTHON" "$ROOT/tests/reference/fold.py" history; }

$H init --listen 127.0.0.1:7415 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
is "a hub without sites: two lines at most" "$($H history | grep -c '"site":0,"role":4')" "$($H history | wc -l)"
is "its fold is the hub's" "$(fold)" "$($H digest | head -n 1)"
mkdir stick
for site in 14-0371 14-0372; do
  $H site add $site --commune 03646 --kind commune --name "$site" 2>/dev/null
  $H invite --site $site --role site --out $site --hub 127.0.0.1:7415 --passphrase-file pass 2>/dev/null
  "$P" -d $site.d join $site >/dev/null 2>&1
  "$P" -d $site.d visit 3 --band adult >/dev/null
  "$P" -d $site.d loan C1 K1 >/dev/null
  "$P" -d $site.d reader add --name 'Lò Thị Hoa' --card K1 --commune 03646 >/dev/null
done
# more than one page of entries: 400 titles with long names
"$PYTHON" -c 'import json
for i in range(400): print(json.dumps({"kind": "title-put", "name": "%d " % i + "x" * 900}))' >titles
ok "many titles" "$P" -d 14-0371.d record --batch titles
for site in 14-0371 14-0372; do "$P" -d $site.d pack-stick stick >/dev/null 2>&1; done
ok "all comes to the hub" $H take-stick stick
is "the fold of what it gives away is the hub's" "$(fold)" "$($H digest | head -n 1)"
is "a line is a branch of a log" "$("$PYTHON" -c 'import json
print(sorted((d["site"], d["role"], d["branch"]) for d in map(json.loads, open("history"))))')" \
  "[(0, 4, 0), (140371, 1, 0), (140372, 1, 0)]"
is "as many entries as there are" "$("$PYTHON" -c 'import json
print(sum(len(json.loads(l)["entries"]) for l in open("history")))')" "$($H status --json | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["entries"])')"
is "no name is in it" "$(grep -c "$(printf 'Hoa' | od -An -tx1 | tr -d ' \n')" history)" 0
cp history whole
start serve "$hubd" -d hub serve --listen 127.0.0.1:0
wait_for_line serve '^listening ' >/dev/null
ok "from the daemon" $H history
is "the same, but for what it wrote at its start" "$(grep -vc '"site":0' ok.out)" 2
is "lines of sites are equal" "$(grep -v '"site":0' ok.out)" "$(grep -v '"site":0' whole)"
is "of one site" "$($H history --site 14-0372 | cut -d, -f2,3)" '"branch":0,"site":140372'
status "of a site that is none" 1 $H history --site 14-0999
like "says so" "$(cat ok.out)" '14-0999'
status "a word too many" 2 $H history all
done_testing

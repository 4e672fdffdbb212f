#!/bin/bash
# A hub's folder is copied back with its witness, and it says something before anybody calls. What it had
# said in the lost days (a PC cut off, a reader erased, a site, a PC confirmed) counts there again when a PC
# brings it, but goes down to nobody who had not heard it; nor what it said in the place to who had. The
# operator says all of it again, or nothing; then both are one, and the hub, too.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
secret="--passphrase-file pass"
digest() { "$P" -d "$1" digest --json | json 'd["digest"]'; }
at_hub() { $H digest --device "$(member "$1" device)" --json | json "d['${2-digest}']"; }
name_at() { "$P" -d "$1" reader show "$2" --json 2>&1 | grep -c "$3"; }
words() { $H restore words --json | json '[w["kind"] + " " + w["by"] for w in d["words"]]'; }
add_reader() { "$P" -d "$1" reader add --name "$2" --band adult --plain | tail -n 1 | cut -f2; }
days=0
term() { # FOLDER: for how many days a book is lent there
  days=$((days + 1))
  "$P" -d "$1" loan "T00$days" "00090$days" --json | "$PYTHON" -c '
import datetime, json, sys
here = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7)))
print((datetime.date.fromisoformat(json.load(sys.stdin)["entries"][0]["due"]) - here.date()).days)'
}
sync() {
  pc_sync "$1"
  return "$rc"
}

$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 $secret 2>/dev/null
$H site add 14-0371 --commune 03646 --kind commune --name 'Điểm một' 2>/dev/null
$H site add 14-0372 --commune 03646 --kind commune --name 'Điểm hai' 2>/dev/null
hub_start first
for x in x1 x4; do pc_join $x 14-0371; done
pc_join x2 14-0372
for x in x1 x4 x2; do sync $x; pc_confirm $x; done
gone=$(add_reader x1 'Lò Văn Pánh')
stays=$(add_reader x1 'Quàng Thị Hặc')
for x in x1 x4 x2; do ok "$x has what the others have" sync $x; done
is "another PC of the site has the names" "$(name_at x4 "$gone" Pánh) $(name_at x4 "$stays" Hặc)" '1 1'
stop "$hub_pid"
cp -r hub copy
cp -r hub-witness copy-witness

# --- the lost days, of which only x1 hears ---
hub_start lost
ok "a PC is cut off" $H cut "$(member x2 device)" --reason stolen $secret
ok "a reader is erased" $H erase "$gone" $secret
ok "a site is made" $H site add 14-0373 --commune 03646 --kind commune --name 'Điểm ba'
pc_join x3 14-0371
sync x3
ok "a PC is confirmed" pc_confirm x3
for x in x1 x1 x3; do ok "$x hears of it" sync $x; done
is "the reader is erased there" "$(name_at x1 "$gone" Pánh)" 0
stop "$hub_pid"

# --- the copy is put back, and speaks ---
rm -rf hub hub-witness
mv copy hub
mv copy-witness hub-witness
$H policy set loan-term-days 28 >/dev/null 2>&1
is "nothing is known to be lost" "$(words)" '[]'
like "which it says" "$($H restore words)" 'nothing is left to be said again'
hub_start back
status "who brings what was lost is told to sync again" 75 sync x1
like "status says what to do" "$($H status)" 'Words not heard by all.* 6 of the control log.*packhorsed restore words'
like "also in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H status)" 'Lời chưa tới mọi máy.* 6 lời.*packhorsed restore words'
for x in x1 x3 x4; do ok "$x calls" sync $x; done
like "who had heard what was lost says that the hub was put back" "$("$P" -d x1 status)" 'its rules differ from those held here'
is "who had not heard of the erasure has the name" "$(name_at x4 "$gone" Pánh)" 1
# Both branches are of one second here: which of two rules comes first is left to their references.
is "what is to be said again, who keeps out first" "$(words | sed "s/'policy-put hub', 'site-put hub'/'site-put hub', 'policy-put hub'/")" \
  "['device-cut operator', 'site-put hub', 'policy-put hub', 'device-admit hub', 'reader-erase operator', 'device-confirm hub']"
like "for people, too" "$($H restore words)" 'device-cut.*an operator signs it'
like "and in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H restore words)" '6 lời của nhật ký điều hành'
status "an order that not all hear may be given again, and signed" 2 $H erase "$gone"
like "the end of the collecting reminds of it" "$($H restore end)" '6 words of the control log'
for x in x1 x3 x4; do sync $x; done
is "and alone changes nothing about it" "$(name_at x4 "$gone" Pánh)" 1
is "nor has who heard what was lost the rule that was set in its place" "$(term x1) $(term x4)" '14 28'

# --- it is said again ---
printf 'khong phai\n' >wrong
status "not with a wrong passphrase" 1 $H restore words --say --passphrase-file wrong
is "then nothing is written" "$(words | tr ',' '\n' | grep -c .)" 6
ok "the operator says it again" bash -c "$H restore words --say $secret >said 2>said.err"
is "what the operator signs is shown" "$(grep -c 'signing' said.err)" 2
is "and what was written" "$(grep -c 'saved' said)" 6
is "nothing is left" "$(words) $($H status --json | json 'd["words_unheard"]')" '[] 0'
ok "once more is nothing" $H restore words --say $secret
status "the reader is erased already" 1 $H erase "$gone" $secret
status "the PC is cut off already" 1 $H cut "$(member x2 device)" --reason stolen $secret
for x in x4 x1 x3 x4 x1 x3; do ok "$x is served" sync $x; done
is "who had not heard of the erasure has carried it out" "$(name_at x4 "$gone" Pánh) $(name_at x4 "$stays" Hặc)" '0 1'
is "who had heard what was lost has the rule" "$(term x1) $(term x4)" '28 28'
for x in x4 x1 x3 x4 x1 x3; do sync $x; done
is "who erased the reader is told where the order was said again, by those who had heard it and those who had not" \
  "$($H erasures --json | json '[(x["confirmed"], x["out"], x["gone"]) for x in d["erasures"] if "again" not in x]')" '[(3, 0, 1)]'
first=$($H erasures --json | json '[x["erasure"] for x in d["erasures"] if "again" in x][0]')
like "the first order says so" "$($H erasures "$first")" 'Said again, and devices answer to that: packhorsed erasures'
like "also in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H erasures "$first")" 'Đã nói lại, và các máy trả lời lệnh đó'
for x in x1 x3 x4; do
  is "$x and the hub are one" "$(digest $x)" "$(at_hub $x $([ $x = x4 ] || echo digest_beside))"
done
status "the thief hears of it at last" 11 sync x2
ok "a new PC hears all of it" bash -c "$H invite --site 14-0373 --role site --out invite.x5 $secret 2>/dev/null && $P -d x5 join invite.x5"
sync x5
pc_confirm x5
ok "and is of the site that was made in the lost days" sync x5
is "it and the hub are one" "$(digest x5)" "$(at_hub x5)"
for x in x1 x3 x4 x5; do ok "$x is whole" "$P" -d $x verify; done
is "no PC asks to call the library any more" "$(for x in x1 x3 x4; do "$P" -d $x status; done | grep -c 'call the provincial library')" 0
ok "the hub is whole" $H verify
stop "$hub_pid"
done_testing

#!/bin/bash
# A month's data budget between real programs: never a byte more than it, as a relay counts
# them; orderly ends; what goes first; both sides killed in between; the month's turn; what
# `plan` says of it, and the account of every road.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P="$BUILD/client/packhorse -d s"
H="$hubd -d hub"
printf 'mot cau dai\n' >pass
state() { $P status --json | json "$1"; }
net() { $P budget --json | json "d['network']$1"; }

# lines N FROM: loans and readers by turns.
lines() {
  "$PYTHON" - "$1" "$2" <<'PY'
import json, random, sys
rng = random.Random(int(sys.argv[2]))
for i in range(int(sys.argv[1])):
    if i % 2:
        print(json.dumps({"kind": "reader-put", "name": "Lò Văn %06d" % rng.randrange(10**6), "born": 1950 + rng.randrange(60), "band": "adult"}))
    else:
        print(json.dumps({"kind": "loan", "copy": {"ns": 140371, "code": "%06d" % rng.randrange(10**6)},
                          "card": {"ns": 140371, "code": "C%d" % rng.randrange(900)}, "term": 14}))
PY
}
record() { lines "$1" "${2:-1}" | $P record --batch >/dev/null; }

# over OPTIONS…: one sync through a relay that counts; sets rc, bytes. sync.json is what it said.
# The relay has the options in ROAD besides, as words.
n=0
ROAD=
over() {
  n=$((n + 1)) # a file of its own: in an old one stands an old port
  start "relay.$n" "$RELAY" --listen 127.0.0.1:0 --to "$at" --json $ROAD
  local pid=$started_pid
  $P sync --hub "127.0.0.1:$(listen_port "relay.$n")" --json "$@" >sync.json 2>sync.err
  rc=$?
  stop "$pid"
  bytes=$(tail -n 1 "relay.$n" | json 'd["bytes_up"] + d["bytes_down"]')
}

$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null
$H invite --site 14-0371 --role site --out i --passphrase-file pass 2>/dev/null
$P join i >/dev/null
start serve $H serve --listen 127.0.0.1:0
at=127.0.0.1:$(listen_port serve)

# planned_is NAME ENTRIES: so many went, which is what plan had said, or up to a tenth more
planned_is() {
  local said
  said=$(json 'd["network"]["entries_fit"]' <planned)
  ok "$1 what plan said goes: $said, really $2" test "$said" -le "$2" -a $(($2 * 10)) -le $((said * 11 + 10))
}

# --- the setting ---
is "no budget, no bound" "$(net '["budget"], d["network"]["left"]')" '(None, None)'
for bad in 5XB MB -1 '' 1.500MB 1001GB 99999999999999999999; do
  status "a size that is none: \"$bad\"" 2 $P budget set "$bad"
done
ok "what budget prints can be set" $P budget set '2.9 MB'
is "and is that" "$(net '["budget"]')" 2900000
ok "20MB" $P budget set 20MB
is "is twenty million bytes" "$(net '["budget"]')" 20000000
ok "none takes it away" $P budget set none
is "and it is gone" "$(net '["budget"]')" None
like "what is wrong is said" "$($P budget set 5XB 2>&1)" '"5XB" is no size'
ok "the first session" $P sync --hub "$at"
is "is counted" "$($P budget --json | json 'd["network"]["spent"]["network"]["up"] > 200 and d["network"]["spent"]["network"]["down"] > 200')" True
spent() { $P budget --json | json 'sum(d["network"]["spent"]["network"].values())'; }

# --- at its edge: too little to begin, and just enough ---
record 40
for more in 0 1024 2047; do
  $P budget set $(($(spent) + more)) >/dev/null
  over
  is "with $more bytes left nothing goes, not even a greeting (exit 75)" "$rc $bytes" '75 0'
done
like "with words" "$(cat sync.err)" "data budget is used up"
is "status says why" "$(state 'd["last_session"]["reason"]')" budget
like "and for people what to do" "$($P status)" 'by stick, or next month'
$P budget set none >/dev/null
is "without a budget it is none that holds it up" "$($P status | grep -c 'data budget has no room\|by stick, or next month')" 0
$P budget set $(($(spent) + 2048)) >/dev/null
over
is "with 2048 all 40 entries go" "$rc $(state 'd["pending"]')" '0 0'
ok "and no byte too many" test "$bytes" -le 2048

# --- more than fits: it stops orderly, and goes on next month ---
record 2400 2
for left in 2500 4000 6000 9000; do
  $P budget set $(($(spent) + left)) >/dev/null
  before=$(state 'd["pending"]')
  $P plan --json >planned
  over
  planned_is "of $left bytes" $((before - $(state 'd["pending"]')))
  ok "of $left bytes it takes none too many ($bytes)" test "$bytes" -le "$left"
  is "the account has what the relay has" "$(net '["left"]')" $((left - bytes))
  is "and stops with 14, in order" "$rc $(json 'd["reason"]' <sync.json)" "14 budget"
  ok "what went is receipted" test "$(state 'd["pending"]')" -lt "$before"
done
is "entries and readers' details go together" "$(state 'd["parts_pending"] <= d["pending"]')" True
plan=$($P plan --json)
is "plan: what waits" "$(json 'd["entries"]' <<<"$plan")" "$(state 'd["pending"]')"
is "by class" "$(json 'd["classes"]["circulation"]["entries"] + d["classes"]["readers"]["entries"]' <<<"$plan")" "$(state 'd["pending"]')"
is "each road would carry it: entries, readers' details" "$(json '[(d[r]["entries"], d[r]["parts"]) == (d["entries"], d["parts"]) for r in ("network", "courier", "stick")]' <<<"$plan")" '[True, True, True]'
is "what costs, is the network" "$(json '[d[r]["cost"] for r in ("lan", "courier", "stick")], d["network"]["cost"] < d["network"]["bytes"]' <<<"$plan")" '([0, 0, 0], True)'
is "no other machine of the site is known, no courier has any, no stick was packed" "$(json '[d["lan"]["machines"], d["lan"]["entries"], d["lan"]["bytes"], d["courier"]["carried"], d["stick"]["packed"]]' <<<"$plan")" '[0, 0, 0, None, None]'
is "fits no more" "$(json 'd["network"]["fits"], d["network"]["entries_fit"]' <<<"$plan")" '(False, 0)'
$P budget set $(($(spent) + 1000000)) >/dev/null
plan=$($P plan --json)
is "with a megabyte it would" "$(json 'd["network"]["fits"], d["network"]["entries_wait"]' <<<"$plan")" '(True, 0)'
is "and cost what all of it takes, by a tenth" "$(json '0.9 < d["network"]["cost"] / d["network"]["bytes"] < 1.1' <<<"$plan")" True
like "for people" "$($P plan)" 'fits the budget'
rows=$($P plan | tr '\n' ';')
like "a row of each road" "$rows" 'Network +[0-9.]+ kB of the month.s budget *;.*Other PC of the site +none is known here *;.*Courier +[0-9.]+ kB; no cost *;.*Stick +[0-9.]+ kB; no cost *;'
like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $P plan | tr '\n' ';')" 'đủ dung lượng.*Mạng +[0-9,.]+ kB trong dung lượng của tháng.*Máy khác của điểm +máy này chưa biết máy nào.*Xe chuyển .*không tốn phí.*Thẻ USB .*không tốn phí'
is "plan changes nothing" "$(state 'd["sessions"]') $($P plan --json | json 'd["entries"]')" "$(state 'd["sessions"]') $(state 'd["pending"]')"
estimate=$(json 'd["network"]["bytes"]' <<<"$plan")
stick=$(json 'd["stick"]["bytes"]' <<<"$plan")
mkdir stick
is "the stick has the size that plan said" "$($P pack-stick stick --json | json 'd["bytes"]')" "$stick"
is "and is in the account" "$($P budget --json | json 'd["network"]["spent"]["stick"]["up"]')" "$stick"
like "plan says when, too" "$($P plan --json | json 'd["stick"]["packed"]')" '^20[0-9-]+T'
like "and for people" "$($P plan)" 'Stick .*no cost\. Last packed [0-9]{2}/[0-9]{2}'
over
is "then all of it goes" "$rc $(state 'd["pending"], d["parts_pending"]')" '0 (0, 0)'
ok "for what plan said ($estimate, really $bytes)" test $((bytes * 100)) -le $((estimate * 102)) -a $((estimate * 100)) -le $((bytes * 102))
is "equal books" "$($P digest --json | json 'd["digest"]')" "$($H digest --site 14-0371 --json | json 'd["digest"]')"

# --- being told to exceed it; a network that costs nothing ---
record 100 3
$P budget set 0 >/dev/null
over
is "with none nothing goes" "$rc $bytes" '75 0'
over --lan
is "but over a LAN" "$rc $(state 'd["pending"]')" '0 0'
is "counted apart" "$($P budget --json | json 'sum(d["network"]["spent"]["lan"].values())')" "$bytes"
record 100 4
before=$(spent)
over --over-budget
is "or told to" "$rc $(state 'd["pending"]')" '0 0'
is "and it is counted" "$(spent)" $((before + bytes))

# --- more than a slice: one sync goes on with the next ---
record 6000 5
$P budget set $(($(spent) + 200000)) >/dev/null
over
is "200 kB in several sessions" "$rc $(state 'd["pending"]') $(json 'd["tries"] > 1' <sync.json)" '0 0 True'
ok "and none too many" test "$bytes" -le 200000

# --- what a slice has no room for is sent by the next, and counted once ---
"$PYTHON" - <<'PY' | $P record --batch >/dev/null
import json, random
rng = random.Random(7)
for i in range(1500):
    print(json.dumps({"kind": "title-put", "name": "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(100))}))
PY
before=$(state 'd["pending"]')
$P budget set $(($(spent) + 1000000)) >/dev/null
over
is "of long entries as many are sent as wait, in several sessions" "$rc $(json 'd["entries_sent"], d["tries"] > 1' <sync.json)" "0 ($before, True)"

# --- down, too: another PC of the site has to catch up with little ---
$H devices confirm "$(state 'd["device"]')" --fingerprint "$(state 'd["fingerprint"]')" >/dev/null 2>&1
$H invite --site 14-0371 --role site --out i2 --passphrase-file pass 2>/dev/null
first=$P
P="$BUILD/client/packhorse -d s2"
$P join i2 >/dev/null
$P sync --hub "$at" >/dev/null
$H devices confirm "$(state 'd["device"]')" --fingerprint "$(state 'd["fingerprint"]')" >/dev/null 2>&1
for left in 3000 5000 20000; do
  $P budget set $(($(spent) + left)) >/dev/null
  over
  ok "of $left bytes the hub and the PC together take none too many ($bytes)" test "$bytes" -le "$left"
  is "there is more (exit 14)" "$rc" 14
done
is "the control log came first" "$(state 'd["state"]')" confirmed
$P budget set none >/dev/null
over
is "then all of it" "$rc $(state 'd["of_site"] > 6000')" '0 True'
is "and the same books as the hub has for it" "$($P digest)" "$($H digest --device "$(state 'd["device"]')")"
P=$first

# --- killed in between: never too little in the account, too much by a slice at most ---
record 4000 6
total=0
$P budget set $(($(spent) + 800000)) >/dev/null # what is cut goes again
before=$(spent)
for i in 1 2 3; do
  n=$((n + 1))
  start "relay.$n" "$RELAY" --listen 127.0.0.1:0 --to "$at" --rate 100k --delay-ms 20 --json
  pid=$started_pid
  $P sync --hub "127.0.0.1:$(listen_port "relay.$n")" >/dev/null 2>&1 &
  victim=$!
  sleep 0.$((3 * i))
  kill -9 $victim 2>/dev/null
  wait $victim 2>/dev/null
  stop "$pid"
  total=$((total + $(tail -n 1 "relay.$n" | json 'd["bytes_up"] + d["bytes_down"]')))
done
counted=$(($(spent) - before))
ok "three kills: $total went, $counted are counted" test "$counted" -ge "$total"
ok "at most a slice more for each" test "$counted" -le $((total + 3 * 65536))
is "what is unsure is told" "$($P budget --json | json 'd["network"]["spent"]["network"]["unsure"] <= 3 * 65536')" True
for _ in 1 2 3 4 5; do # the hub may still be at work on a session that was killed
  over
  [ "$rc" = 0 ] && break
  diag "again: $(cat sync.err)"
done
is "what is left is enough to go on" "$rc" 0

# --- a link that stalls with much in our own queues, and then breaks: they have cost nothing ---
# The relay takes 1 byte and a read more than it delivers, and its kernel a few kB.
record 9000 9
ROAD='--queue 1 --window 4096 --stall-after 20000 --stall-ms 60000 --seconds 3'
slack=8192 # in the relay's kernel when it goes away: it left us, and the relay has not seen it
for bound in none 10MB; do
  $P budget set "$bound" >/dev/null
  before=$(spent)
  unsure=$(net '["spent"]["network"]["unsure"]')
  over
  is "$bound: it broke off (14)" "$rc $(json 'd["reason"]' <sync.json)" '14 cut'
  said=$(json 'd["bytes_up"] + d["bytes_down"]' <sync.json)
  ok "$bound: what it says went ($said) is what the relay had ($bytes), and what was on the way" test "$said" -ge "$bytes" -a "$said" -le $((bytes + slack))
  is "$bound: and so is the account" "$(($(spent) - before)) $(net '["spent"]["network"]["unsure"]')" "$said $unsure"
done
ROAD=
$P budget set none >/dev/null
over
is "what stood in the queues goes with the next" "$rc $(state 'd["pending"], d["parts_pending"]')" '0 (0, 0)'

# --- a courier at base: what it carries is bounded, too ---
P="$BUILD/client/packhorse -d van"
$H site add 14-0900 --commune 03646 --kind van --name 'Xe thư viện' 2>/dev/null
$H site add 14-0372 --commune 03646 --kind commune --name 'Chiềng La' 2>/dev/null
for i in 14-0900:courier:van 14-0371:site:s3 14-0372:site:s4; do
  IFS=: read -r site role folder <<<"$i"
  $H invite --site "$site" --role "$role" --out "i.$folder" --passphrase-file pass 2>/dev/null
  "$BUILD/client/packhorse" -d "$folder" join "i.$folder" >/dev/null
done
$P sync --hub "$at" >/dev/null
start van.out $P courier --listen 127.0.0.1:0
van_pid=$started_pid
van_at=127.0.0.1:$(listen_port van.out)
lines 3000 8 | "$BUILD/client/packhorse" -d s3 record --batch >/dev/null
"$BUILD/client/packhorse" -d s4 visit 3 --band adult >/dev/null
for s in s3 s4; do "$BUILD/client/packhorse" -d "$s" sync --courier "$van_at" >/dev/null; done
carried() { $P courier --list --json | json "$1"; }
large=$(carried 'max(b["size"] for b in d["bundles"])')
for left in 2600 3200 8000; do
  $P budget set $(($(spent) + left)) >/dev/null
  over
  ok "of $left bytes no more than those go, though $large are carried ($bytes)" test "$bytes" -le "$left"
  is "and it says so (exit 14)" "$rc $(json 'd["courier"]["complete"], d["courier"]["reason"], d["courier"]["given"], d["courier"]["waiting"]' <sync.json)" "14 (False, 'budget', 0, 2)"
done
like "in words, with what to do" "$(cat sync.err)" 'data budget has no room.*--over-budget'
is "the account has what the relay has" "$(net '["left"]')" $((left - bytes))
$P budget set $(($(spent) + 24000)) >/dev/null
over
is "of 24,000 the small one goes, and its answer comes" "$rc $(json 'd["courier"]["given"], d["courier"]["taken"], d["courier"]["waiting"]' <sync.json)" '14 (1, 1, 1)'
ok "and none too many ($bytes)" test "$bytes" -le 24000
is "and the account is right" "$(net '["left"]')" $((24000 - bytes))
over --lan
is "over a LAN all of it goes" "$rc $(carried 'sum(b["direction"] == "up" for b in d["bundles"])')" '0 0'
"$BUILD/client/packhorse" -d s3 visit 3 --band adult >/dev/null
"$BUILD/client/packhorse" -d s3 sync --courier "$van_at" >/dev/null
$P budget set $(($(spent) + 2500)) >/dev/null
before=$(spent)
over --over-budget
is "or told to exceed it" "$rc $(carried 'sum(b["direction"] == "up" for b in d["bundles"])')" '0 0'
is "and that is counted" "$(spent)" $((before + bytes))
stop "$van_pid"
P=$first

# --- the month's turn ---
if command -v faketime >/dev/null; then
  record 10 7
  $P budget set 0 >/dev/null
  $P budget set $(($(spent) + 100)) >/dev/null
  over
  is "at the end of the month nothing goes" "$rc" 75
  next=$(date -u -d "$(date -u +%Y-%m-15) +1 month" +'%Y-%m-%d 00:00:00')
  is "in the next it begins anew" "$(faketime "$next" $P budget --json | json 'd["network"]["spent"]["network"]["up"], d["network"]["left"] > 100')" '(0, True)'
  is "this month's account is as it was" "$(net '["left"]')" 100
else
  skip "at the end of the month nothing goes" "no faketime"
fi
ok "stores are whole" bash -c "$P verify && $BUILD/client/packhorse -d s2 verify"
done_testing

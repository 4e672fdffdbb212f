#!/bin/bash
# Clocks that are wrong, drill by drill (docs/DRILLS.md): a PC in 1970, one ten years ahead, one
# that steps back all day, a hub whose clock jumps, two PCs months apart, notebook pages that
# are typed in late. Nobody is locked out, nothing is lost; after the hub's judgement order, due
# days and the month's totals are those of the days on which it happened.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P=$BUILD/client/packhorse
H="$hubd -d hub"
faketime=$(echo /usr/lib/*/faketime/libfaketime.so.1)
if [ ! -e "$faketime" ]; then
  skip "clocks that are wrong" "no faketime"
  done_testing
fi
# The wall clock alone is wrong: the time since the machine's start goes on, as on a real one.
export FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1
# off OFFSET command…
off() { env LD_PRELOAD="$faketime" FAKETIME="$1" "${@:2}"; }
# the hub's clock, in the file that it looks at each time
hub_clock() { printf '%s\n' "$1" >hub.clock.new && mv hub.clock.new hub.clock; }
at_hub() { env LD_PRELOAD="$faketime" FAKETIME_TIMESTAMP_FILE="$T/hub.clock" FAKETIME_NO_CACHE=1 "$@"; }
day() { TZ=UTC-7 date -d "$1" +%F; }
member() { "$P" -d "$1" status --json | json "d['$2']"; }
# total SITE COUNTER FROM TO: what the hub reports of those days
total() {
  $H report figures --from "$(day "$3")" --to "$(day "$4")" --json |
    json "sum(s['figures'].get('$2', 0) for s in d['sites'] if s['code'] == '$1')"
}
# told_of FOLDER CODE: what its status says of the clock, and the hub's board of the site's
told_of() { echo "$(member "$1" clock) $($H board --json | json "[w['code'] for s in d['sites'] if s['site'] == '$2' for w in s['why'] if w['code'] == 'clock']")"; }
due() { $H list out --json | json "[i['due'] for i in d['items'] if i['copy']['code'] == '$1']"; }
saves() { # NAME command…: exit 0 and a reference, whatever the clock
  ok "$1: it records" "${@:2}"
}
syncs() { # SITE [OFFSET]: whatever is said of the clock, all of it has receipts
  off "${2:-+0}" "$P" -d "$1" sync --hub "$at" >sync.out 2>&1
  case $? in
    0 | 16) is "$1 syncs, and all has receipts" "$(member "$1" pending)" 0 ;;
    *) fail "$1 syncs" && diag "$(cat sync.out)" ;;
  esac
}
same() {
  "$P" -d "$1" sync --hub "$at" >/dev/null 2>&1
  is "$1 has the hub's books" "$("$P" -d "$1" digest --json | json 'd["digest"]')" \
    "$($H digest --device "$(member "$1" device)" --json | json 'd["digest"]')"
}

hub_clock +0
printf 'mot cau dai\n' >pass
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
for n in 1 2 3 4 5; do
  $H site add "14-037$n" --commune 03646 --kind commune --name "Điểm $n" 2>/dev/null
  $H invite --site "14-037$n" --role site --out "i$n" --passphrase-file pass 2>/dev/null
done
serve() { # NAME of what it prints
  start "$1" env LD_PRELOAD="$faketime" FAKETIME_TIMESTAMP_FILE="$T/hub.clock" FAKETIME_NO_CACHE=1 \
    "$hubd" -d hub serve --listen 127.0.0.1:0
  serving=$started_pid
  at=127.0.0.1:$(listen_port "$1")
}
serve first
enrol() { # SITE OFFSET: joined, heard and confirmed by that clock
  off "$2" "$P" -d "s$1" join "i$1" --even-if-expired >/dev/null 2>&1
  off "$2" "$P" -d "s$1" sync --hub "$at" >/dev/null 2>&1
  $H devices confirm "$(member "s$1" device)" --fingerprint "$(member "s$1" fingerprint)" >/dev/null 2>&1
}

# --- 1. a PC whose battery is empty: it is 1970, from before it ever heard the hub ---
off -20000d "$P" -d s1 join i1 >/dev/null 2>&1
saves "1970" off -20000d "$P" -d s1 visit 5 --band child
saves "1970, a loan" off -20000d "$P" -d s1 loan C1 B1 --term 14
saves "1970, a page of last month" off -20000d "$P" -d s1 loan C0 B0 --term 14 --when "$(day '-30 days')"
is "1970, the hub never heard: what is overdue is told" \
  "$(off -20000d "$P" -d s1 list overdue --json | json "[(i['copy']['code'], i['due']) for i in d['items']]")" "[('B0', '$(day '-16 days')')]"
ok "1970, the hub never heard: the month's figures" off -20000d "$P" -d s1 figures --period "$(TZ=UTC-7 date +%Y-%m)"
like "1970, the hub never heard: status says that the clock is wrong" "$(off -20000d "$P" -d s1 status)" 'at least .* behind'
like "in Vietnamese too" "$(LC_MESSAGES=vi_VN.UTF-8 LC_ALL= off -20000d "$P" -d s1 status)" 'chậm ít nhất'
syncs s1 -20000d
is "1970: due two weeks from when it joined, not in 1970" "$(due B1)" "['$(day '+14 days')']"
is "1970: the visit is of this month" "$(total 14-0371 visits '-3 days' '+3 days')" 5
is "1970: and there is nothing of 1970" "$(total 14-0371 visits '1970-01-01' '2020-01-01')" 0
saves "1970, the clock set since" "$P" -d s1 return B1
syncs s1
is "1970: the return comes after the loan" "$(due B1)" '[]'
is "1970: no word of the clock is left, here or at the hub" "$(told_of s1 14-0371)" 'None []'

# --- 2. ten years ahead ---
enrol 2 +0
saves "ten years ahead" off +3650d "$P" -d s2 visit 7 --band adult
saves "ten years ahead, a loan" off +3650d "$P" -d s2 loan C2 B2 --term 14
syncs s2 +3650d
is "ten years ahead: judged, due two weeks from now" "$(due B2)" "['$(day '+14 days')']"
is "ten years ahead: the visit is of this month" "$(total 14-0372 visits '-3 days' '+3 days')" 7
is "ten years ahead: nothing is left in that year" "$(total 14-0372 visits '+3600 days' '+3700 days')" 0
saves "ten years ahead, the clock set since" "$P" -d s2 return B2
syncs s2
is "ten years ahead: the return comes after the loan" "$(due B2)" '[]'
is "ten years ahead: no word of the clock is left, here or at the hub" "$(told_of s2 14-0372)" 'None []'

# --- 3. a clock that steps back all day ---
for i in 1 2 3 4; do
  saves "stepping back, $((i * 20)) minutes" off "-$((i * 20))m" "$P" -d s2 loan "C2$i" "B2" --term 7
  saves "stepping back, a return" off "-$((i * 20 + 10))m" "$P" -d s2 return B2
done
saves "stepping back, at last" off -120m "$P" -d s2 loan C29 B2 --term 10
syncs s2
is "stepping back: who had it last has it" "$(due B2)" "['$(day '+10 days')']"
is "stepping back: each loan is counted" "$(total 14-0372 loans '-3 days' '+3 days')" 6

# --- 4. the hub's clock jumps, while it serves ---
before=$($H digest)
said=$($H status --json | json 'd["control_entries"] + d["desk_entries"]')
hub_clock +90d
saves "the hub's clock jumps" "$P" -d s2 visit 1 --band adult
status "the hub's clock jumps: devices are told to come later" 75 "$P" -d s2 sync --hub "$at"
ok "the hub's clock jumps: the visit waits, no receipt was given" test "$(member s2 pending)" -gt 0
wait_until 5 grep -q "clock is wrong" first.err
like "the log says why" "$(grep session.end first.err | tail -1)" 'reason=later.*clock is wrong'
status "the hub's clock jumps: it writes nothing" 16 $H policy set loan-term-days 21
like "and says what to do" "$(cat ok.out)" 'packhorsed clock accept'
status "nor does an operator" 16 $H cut "$(member s1 device)" --reason stolen --passphrase-file pass
status "clock says so to a monitor" 16 $H clock
like "status to people" "$($H status)" 'clock is doubted'
like "in Vietnamese too" "$(LC_MESSAGES=vi_VN.UTF-8 LC_ALL= $H status)" 'Đồng hồ có vẻ sai'
is "nothing was said meanwhile" "$($H status --json | json 'd["control_entries"] + d["desk_entries"]')" "$said"
is "the books are as they were" "$($H digest)" "$before"
stop "$serving"
serve second
like "another process knows, too" "$(wait_for_line second.err serve.clock)" 'result=wrong'
status "another process: later" 75 "$P" -d s2 sync --hub "$at"
hub_clock +0
ok "the clock is set: the hub believes it" $H clock
is "its status has no word of it, either" "$($H status | grep -c 'clock is doubted') $($H status --json | json 'd["clock"]["wrong"]')" '0 False'
syncs s2
is "the visit is of this month" "$(total 14-0372 visits '-3 days' '+3 days')" 8
hub_clock -30d
status "back by a month: later" 75 "$P" -d s2 sync --hub "$at"
ok "an operator looks at it, and accepts" $H clock accept
status "then the PC is ahead, as the hub sees it" 16 "$P" -d s2 sync --hub "$at"
hub_clock +0
status "and when that was a mistake" 16 $H clock
ok "it is taken back the same way" $H clock accept
syncs s2
ok "and rules are given again" $H policy set loan-term-days 21

# --- 5. two PCs that are months apart: what was read comes before what is written ---
enrol 3 +100d
enrol 4 -100d
title=$("$P" -d s3 title add --name 'Dế Mèn' --json | json 'd["entries"][0]["ref"]')
B3=$("$P" -d s3 copy add --print-code --title "$title" --json | json 'd["entries"][0]["copy"]["code"]')
saves "months ahead" off +100d "$P" -d s3 loan C3 "$B3" --term 14
syncs s3 +100d
syncs s4 -100d # a clock that is behind stands still at what the hub said last
saves "months behind, it gives that book back" off -100d "$P" -d s4 return "$B3"
syncs s4 -100d
is "months apart: the return comes after the loan" "$(due "$B3")" '[]'
saves "months behind, it lends the book on" off -100d "$P" -d s4 loan C4 "$B3" --term 14
syncs s4 -100d
is "months apart: who has it now, and until when" "$($H list out --json | json "[(i['card']['code'], i['due']) for i in d['items'] if i['copy']['code'] == '$B3']")" \
  "[('C4', '$(day '+14 days')')]"
syncs s3 +100d
saves "months ahead, back again" off +100d "$P" -d s3 return "$B3"
syncs s3 +100d
is "months apart: it is back" "$(due "$B3")" '[]'
is "months apart: the month has both loans" "$(($(total 14-0373 loans '-3 days' '+3 days') + $(total 14-0374 loans '-3 days' '+3 days')))" 2
is "months apart: other months have none" "$(($(total 14-0373 loans '+80 days' '+120 days') + $(total 14-0374 loans '-120 days' '-80 days')))" 0

# --- 6. notebook pages of last month, typed in today by a clock that is a month ahead ---
enrol 5 +0
page=$(day '-35 days')
saves "a page" off +40d "$P" -d s5 loan C5 B5 B6 --term 14 --when "$page"
saves "the next page" off +40d "$P" -d s5 return B5 --when "$(day '-30 days')"
saves "its visitors" off +40d "$P" -d s5 visit 11 --band elder --when "$page"
syncs s5 +40d
is "a page: what is out is due from the day on the page" "$(due B6)" "['$(day '-21 days')']"
is "a page: what came back is back" "$(due B5)" '[]'
is "a page: counted on its day" "$(total 14-0375 visits "$page" "$page") $(total 14-0375 loans "$page" "$page")" '11 2'
is "a page: and in no month since" "$(total 14-0375 visits '-20 days' '+60 days')" 0

# --- after all of it ---
for n in 1 2 3 4 5; do same "s$n"; done
before=$($H digest)
ok "made anew from the logs" $H rebuild
is "the books are the same" "$($H digest)" "$before"
ok "the hub is whole" $H verify
for n in 1 2 3 4 5; do ok "s$n is whole" "$P" -d "s$n" verify; done
done_testing

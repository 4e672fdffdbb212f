#!/bin/bash
# A clock that is wrong from one start of the machine to the next: one month of the hub's has one
# data budget, and once the clock is right the desk has today's date, whatever it was when the
# hub was heard last. Each start has a boot id of its own, in a mount namespace.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P="$BUILD/client/packhorse -d s"
H="$hubd -d hub"
starts_of_machines "clocks that are wrong over a start"

# net N OFFSET EXPRESSION: of the account, in that start
net() { at_start "$1" "$2" $P budget --json | json "(lambda n: ($3))(d['network'])"; }
spent='sum(n["spent"]["network"].values())'
# pays NAME EXIT N OFFSET: a visit, and a sync, in that start; what went is added to $total
total=0
pays() {
  local rc
  at_start "$3" "$4" $P visit 1 --band adult >/dev/null
  at_start "$3" "$4" $P sync --hub "$at" --json >sync.json 2>/dev/null
  rc=$?
  is "$1: sync ends with $2" "$rc" "$2"
  [ "$rc" = 75 ] || total=$((total + $(json 'd["bytes_up"] + d["bytes_down"]' <sync.json)))
}
# account NAME N OFFSET: all that went in this month of the hub's is in its account
account() {
  is "$1: the account has what went" "$(net "$2" "$3" "n['month'], $spent")" "('$month', $total)"
}

printf 'mot cau dai\n' >pass
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null
$H invite --site 14-0371 --role site --out i --passphrase-file pass 2>/dev/null
start serve $H serve --listen 127.0.0.1:0
at=127.0.0.1:$(listen_port serve)
month=$(TZ=UTC-7 date +%Y-%m)
at_start 1 +0 $P join i >/dev/null
at_start 1 +0 $P loan C1 B1 --term 14 >/dev/null
at_start 1 +0 $P budget set 20kB >/dev/null
pays "the clock is right" 0 1 +0
account "the clock is right" 1 +0
is "and the hub has told the month" "$(net 1 +0 'n["confirmed"]')" True

# --- a start in 1972, then one with the right clock ---
is "in 1972, before the hub is heard: the month that it told last" "$(net 2 -20000d 'n["month"], n["confirmed"]')" "('$month', False)"
pays "in 1972" 16 2 -20000d
account "in 1972" 2 -20000d
account "the clock is right again" 3 +0
is "nothing is overdue" "$(at_start 3 +0 $P list overdue --json | json 'len(d["items"])')" 0
is "and no word of the clock" "$(at_start 3 +0 $P status --json | json 'd["clock"]')" None
pays "the clock is right again" 0 3 +0
account "and after a sync" 3 +0

# --- ten years ahead, then right ---
account "ten years ahead, before the hub is heard" 4 +3650d
pays "ten years ahead" 16 4 +3650d
account "ten years ahead" 4 +3650d
is "by the hub's time nothing is overdue" "$(at_start 4 +3650d $P list overdue --json | json 'len(d["items"])')" 0
account "and right again" 5 +0
is "nothing is overdue then" "$(at_start 5 +0 $P list overdue --json | json 'len(d["items"])')" 0
is "and no word of the clock then" "$(at_start 5 +0 $P status --json | json 'd["clock"]')" None
is "behind what was heard it is told, to the day" "$(at_start 6 -20000d $P status --json | json 'round(d["clock"]["ahead_s"] / 86400)')" -20000

# --- until nothing is left: not one byte more, whatever the clock says ---
n=6
bound=$((total + 3500))
at_start 6 +0 $P budget set $bound >/dev/null
for off in -20000d +0 -1d +0 -20000d +0 -2d +0 -20000d +0 -3d +0; do
  n=$((n + 1))
  at_start $n $off $P visit 1 --band adult >/dev/null
  at_start $n $off $P sync --hub "$at" --json >sync.json 2>/dev/null
  rc=$?
  [ $rc = 75 ] && break
  total=$((total + $(json 'd["bytes_up"] + d["bytes_down"]' <sync.json)))
done
is "at last the month is used up" "$rc" 75
ok "of $bound bytes no more than those went ($total)" test "$total" -le $bound
account "at the end" $n +0

# --- spent, and in 1970 after each start: no month begins by that clock, which is told with what to do ---
status "spent, in 1972" 75 at_start 28 -20000d $P sync --hub "$at"
today=$(TZ=UTC-7 date +%F)
like "with what to do" "$(cat ok.out)" "behind $today, when the hub was heard last, no other month begins.* Set the clock, then sync.*--over-budget"
like "in Vietnamese too" "$(at_start 28 -20000d env LC_ALL=vi_VN.UTF-8 $P sync --hub "$at" 2>&1)" "chậm hơn ngày $today,.*Hãy chỉnh đồng hồ rồi đồng bộ lại"
like "by status" "$(at_start 28 -20000d $P status | tr -s ' ')" "New month none by this machine's clock, which is behind $today.*To do nothing is lost: set the clock, then sync; or by stick"
is "and for programs" "$(net 28 -20000d 'n["clock_behind"]') $(net 29 +0 'n["clock_behind"]')" 'True False'

# --- spent, and by the clock here a month has begun: the hub is asked, once ---
begun=$(TZ=UTC-7 date -d "+40 days" +%Y-%m)
is "a month ahead, there is room for a question" "$(net 30 +40d 'n["month"], n["left"]')" "('$begun', 2048)"
like "which people are told" "$(at_start 30 +40d $P budget)" 'clock alone'
like "in Vietnamese too" "$(at_start 30 +40d env LC_ALL=vi_VN.UTF-8 $P budget)" 'đồng hồ máy này'
before=$total
pays "a month ahead" 16 30 +40d
ok "it took no more than 2,048 bytes ($((total - before)))" test $((total - before)) -le 2048
account "it is of this month" 30 +40d
is "which has no more room" "$(net 30 +40d 'n["left"] < 2048')" True
is "nor after another start, while the clock is ahead by as much" "$(net 31 +40d 'n["month"], n["left"] < 2048')" "('$month', True)"
pays "so it does not ask again" 75 31 +40d
ok "store is whole" $P verify
done_testing

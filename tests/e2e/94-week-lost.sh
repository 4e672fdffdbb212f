#!/bin/bash
# The hub loses a week in which a device was cut off, a reader's erasure ordered, cases decided and
# things typed in at the hub. All devices come back to the very state of before: with a second medium,
# and without one by what devices keep for the hub of its desk log. Then a PC that joined in that week is stolen, and cut off before it calls.
# PACKHORSE_DEVICES: how many devices (6; 75 with ./test --full).
. "$(dirname "$0")/lib.sh"

hub_and_pcs
N=${PACKHORSE_DEVICES:-$([ "$FULL" = 1 ] && echo 75 || echo 6)}
member() { "$P" -d "$1" status --json | json "d['$2']"; }
digest() { "$@" digest --json | json 'd["digest"]'; }
sync() { "$P" -d "$1" sync --hub "$at"; }
served=0
serve() {
  served=$((served + 1)) # a file of its own: the line of an earlier one is not this one's
  start "serve.$served" $H serve --listen 127.0.0.1:0
  serving=$started_pid
  at=127.0.0.1:$(listen_port "serve.$served")
}
enrol() { # DIR SITE
  $H invite --site "$2" --role site --out "$1.invite" --passphrase-file pass 2>/dev/null
  "$P" -d "$1" join "$1.invite" >/dev/null 2>&1
}
confirm() { $H devices confirm "$(member "$1" device)" --fingerprint "$(member "$1" fingerprint)" >/dev/null 2>&1; }
honest() { seq -f 'd%g' 1 "$N" | grep -vx d4; } # the fourth is stolen
all_sync() { for d in $(honest) "$@"; do sync "$d" >/dev/null || diag "$d did not sync"; done; }
compare() { # those whose ledger is not what the hub says they have, or that have something to send
  local d
  for d in $(honest) "$@"; do
    [ "$(digest "$P" -d "$d")" = "$($H digest --device "$(member "$d" device)" --json | json 'd["digest"]')" ] || printf '%s ' "$d"
    [ "$(member "$d" pending)" = 0 ] || printf '%s(pending) ' "$d"
  done
}
state_of() { $H devices --json | json "[x['state'] for x in d['devices'] if x['device'] == '$1']"; }
standing() { # how the certificate of the only erasure lists a device
  $H erasures "$order" --json | json "[x['state'] for x in d['certificate']['devices'] if x['device'] == '$1']"
}
case_status() { $H case show "$1" --json | json 'd.get("status") or d["case"]["status"]'; }
own_words() { $H log --limit 10000 | grep -c "\"kind\":\"$1\""; }
faketime=$(echo /usr/lib/*/faketime/libfaketime.so.1)
seven_days_later() { # for all that is started from here on
  local then=$EPOCHSECONDS
  stop "$serving"
  export LD_PRELOAD=$faketime FAKETIME=+7d FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1
  is "seven days pass" "$((($(date +%s) - then) / 86400))" 7
  right_clock
  serve
}
right_clock() { $H clock accept >/dev/null; } # the machine's own has not gone on meanwhile, so it is doubted

mkdir far medium
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H recovery-key --out secret 2>/dev/null
printf '[backup]\nsecond-medium = %s\n' "$T/medium" >>hub/packhorsed.conf
for i in 1 2 3; do
  $H site add "14-037$i" --commune 03646 --kind commune --name "Điểm $i" 2>/dev/null
done
for i in $(seq "$N"); do enrol "d$i" "14-037$((i % 3 + 1))"; done
serve
reader=$("$P" -d d1 reader add --name 'Lò Văn Pánh' --band adult --json | json 'd["entries"][0]["ref"]')
title=$("$P" -d d1 title add --name 'Truyện Kiều' --json | json 'd["entries"][0]["ref"]')
copies=()
for i in 1 2; do copies+=("$("$P" -d d1 copy add --print-code --title "$title" --plain | tail -n 1 | cut -f3)"); done
for i in $(seq "$N"); do
  "$P" -d "d$i" visit "$i" --band adult >/dev/null
  sync "d$i" >/dev/null
done
for i in $(seq "$N"); do confirm "d$i"; done
for i in $(seq "$N"); do sync "d$i" >/dev/null; done
ok "a backup is made" $H backup far
week=$(digest $H)

# --- the week ---
seven_days_later
for copy in "${copies[@]}"; do # each lent in two places
  "$P" -d d1 loan K1 "$copy" --when 2026-03-02T08:00 >/dev/null 2>&1
  "$P" -d d2 loan K2 "$copy" --when 2026-03-02T09:00 >/dev/null 2>&1
done
for i in spare1 spare2; do $H invite --site 14-0371 --role site --out "$i.invite" --passphrase-file pass 2>/dev/null; done
lost=$($H invite list --json | json '[i["invite"] for i in d["invites"] if i["state"] == "open"]' | tr -d "[]',")
enrol new 14-0371
"$P" -d new visit 7 --band child >/dev/null
all_sync new
confirm new
thief=$(member d4 device)
ok "a device is stolen and cut off" $H cut "$thief" --reason stolen --passphrase-file pass
ok "a reader is to be erased" $H erase "$reader" --passphrase-file pass
is "the certificate knows of no lost days" "$($H erasures "$($H erasures --json | json 'd["erasures"][0]["erasure"]')" | grep -c 'lost days')" 0
$H policy set loan-term-days 21 >/dev/null 2>&1
read -r first second < <($H cases --kind two-places --json | json '" ".join(c["id"] for c in d["cases"])')
ok "a case is decided" $H case decide "$first" later
ok "another, otherwise" $H case decide "$second" seen
$H donation person --money 500000 --donor-name 'Bà Hà Thị Phúc' >/dev/null
$H report issue Q1 --from 2026-01-01 --to 2026-12-31 >/dev/null 2>&1
"$P" -d d4 visit 99 --band adult >/dev/null # the thief plays with it
sync d4 >/dev/null 2>&1
all_sync new
all_sync new
is "each device has what the hub says it has" "$(compare new)" ''
before=$(digest $H)
entries=$($H status --json | json 'd["entries"]')
is "the week left its mark" "$([ "$week" != "$before" ] && echo another)" another
ok "devices keep for the hub what it decided" test "$(member d1 kept | grep -c pieces)" = 1

# --- the disk is dead; there is a second medium ---
stop "$serving" KILL
mv hub dead
ok "the hub is restored from a week ago and the second medium" $H restore far --recovery-key secret --second-medium medium --json
right_clock
ok "what it had said itself is there at once" test "$(json 'd["second_medium"]' <ok.out)" -ge 6
is "the cut" "$(own_words device-cut)" 1
is "the erasure" "$(own_words reader-erase)" 1
is "both decisions" "$(own_words case-decide)" 2
serve
sync d4 >/dev/null 2>&1 # the thief calls first
is "the thief is known for one at once" "$(state_of "$thief")" "['cut']"
all_sync new
is "when all have called the state is the one of before" "$(digest $H)" "$before"
# an erasure that is carried out again may be confirmed again
ok "with every entry" test "$($H status --json | json 'd["entries"]')" -ge "$entries"
ok "the operator ends the collecting" $H restore end
all_sync new
all_sync new
is "each of $N devices and a new one has what the hub says it has" "$(compare new)" ''
is "and the state is still the one of before" "$(digest $H)" "$before"
status "the thief gets nothing" 11 sync d4
is "the cases are decided: one is gone with the loan that it took back" "$(case_status "$first") $(case_status "$second")" 'gone decided'
ok "all is whole" $H verify
stop "$serving"

# --- the same without a second medium ---
mv hub dead2
ok "the hub is restored from a week ago alone" $H restore "$(ls far/*.backup | head -n 1)" --recovery-key secret
right_clock
is "nothing of the week is there" "$(digest $H)" "$week"
serve
sync d4 >/dev/null 2>&1
all_sync new
is "the cut came back with the devices" "$(state_of "$thief")" "['cut']"
is "so did the erasure" "$(own_words reader-erase)" 1
is "and both decisions, which devices kept" "$(own_words case-decide)" 2
is "the state is the one of before, too" "$(digest $H)" "$before"
ok "with every entry of before" test "$($H status --json | json 'd["entries"]')" -ge "$entries"
ok "the operator ends the collecting" $H restore end
all_sync new
all_sync new
is "the cases are decided" "$(case_status "$first") $(case_status "$second")" 'gone decided'
is "each device has what the hub says it has, once more" "$(compare new)" ''
is "and the state is still the one of before, here as well" "$(digest $H)" "$before"
status "the thief gets nothing" 11 sync d4
ok "all is whole" $H verify
stop "$serving"

# --- once more: one device is back, another that joined in that week has been stolen ---
mv hub dead3
ok "the hub is restored from a week ago again" $H restore "$(ls far/*.backup | head -n 1)" --recovery-key secret
right_clock
joined=$(member new device)
status "nothing is known of who joined meanwhile" 1 $H devices held "$joined"
serve
sync d1 >/dev/null 2>&1
is "by another device it is known before it calls" "$(state_of "$joined")" "['confirmed']"
like "which is said" "$($H devices)" 'not heard since the hub was restored'
is "and its invite is listed, which was made in that week: used, and by it" \
  "$($H invite list --json | json "[(i['state'], i['site'], i['role'], i['made_here']) for i in d['invites'] if i.get('device') == '$joined']")" \
  "[('used', '14-0371', 'site', False)]"
ok "and whose data it had" $H devices held "${joined:0:8}"
order=$($H erasures --json | json 'd["erasures"][0]["erasure"]')
is "it was there when the reader was erased: the certificate asks for its word" "$(standing "$joined")" "['out']"
status "it cannot be confirmed: there is nothing to compare" 1 $H devices confirm "$joined" --fingerprint "$(member new fingerprint)"
like "which is said, too" "$(cat ok.out)" 'has not called since'
ok "it is cut off before it calls" $H cut "${joined:0:8}" --reason stolen --passphrase-file pass
is "and known for one" "$(state_of "$joined")" "['cut']"
is "of which nothing is to be hoped" "$(standing "$joined")" "['cut']"
ok "the operator ends the collecting" $H restore end --anyway
is "the certificate has the day of the restore" "$($H erasures "$order" --json | json 'd["certificate"]["restored"]')" \
  "$($H status --json | json 'd["restored"]')"
like "and says that others of the lost days may be missing" "$($H erasures "$order")" \
  'restored from a backup, 20[0-9-]+T[^ ]*:.  devices that joined in the lost days, and of which nobody has told since'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 $H erasures "$order")" 'được phục hồi từ bản sao lưu, 20[0-9-]+T[^ ]*:.  các máy vào trong những ngày bị mất'
like "nor does it know of each backup" "$($H erasures "$order")" 'may lie in folders that it does not know of'
sync new >/dev/null 2>&1
status "when it calls it gets nothing" 11 sync new
for i in spare1 spare2; do "$P" -d $i join $i.invite >/dev/null 2>&1; done
status "an invite of that week is not known by how it begins" 1 $H invite cancel "${lost:0:8}" --passphrase-file pass
ok "by its whole id it is cancelled" $H invite cancel "${lost%% *}" --passphrase-file pass
like "and it is said that the hub does not know it" "$(cat ok.out)" 'not one that this hub knows'
status "once" 1 $H invite cancel "${lost%% *}" --passphrase-file pass
is "and it is listed as that" "$($H invite list --json | json "[(i['state'], i['made_here']) for i in d['invites'] if i['invite'] == '${lost%% *}']")" "[('cancelled', False)]"
is "those of before the week as ever" "$($H invite list --json | json "sum(i['made_here'] for i in d['invites'] if i['state'] == 'used')")" "$N"
status "a file that is no invite" 2 $H invite cancel ./pass --passphrase-file pass
for i in spare1 spare2; do $H invite cancel $i.invite --passphrase-file pass >/dev/null 2>&1; echo $?; done | sort | xargs >cancelled
is "the other one by its file" "$(cat cancelled)" '0 1'
is "who comes with either is turned away" "$(for i in spare1 spare2; do sync $i >/dev/null 2>&1; echo $?; done | xargs)" '11 11'
ok "all is whole" $H verify
stop "$serving"
done_testing

#!/bin/bash
# What the hub itself says is appended to a second disk. The first one dies; the backup is a week
# old; of what was decided and typed in at the hub since then nothing is lost. Then a second
# medium that is away, full, torn, or somebody else's.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
digest() { "$@" digest --json | json 'd["digest"]'; }
serve() { start serve $H serve --listen 127.0.0.1:0; at=127.0.0.1:$(listen_port serve); serving=$started_pid; }
medium() { $H status --json | json 'd["second_medium"]'; }

mkdir far medium
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H recovery-key --out secret 2>/dev/null
printf '[backup]\nsecond-medium = medium\n' >>hub/packhorsed.conf
status "a folder is named by its whole path" 78 $H serve
sed -i "s|= medium|= $T/medium|" hub/packhorsed.conf
$H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null
$H invite --site 14-0371 --role site --out i1 --passphrase-file pass 2>/dev/null
"$P" -d s1 join i1 >/dev/null
serve
"$P" -d s1 sync --hub "$at" >/dev/null
like "the medium has a file" "$(ls medium)" '^packhorse-[0-9a-f]{8}.hublog$'
is "0600" "$(stat -c %a medium/*)" 600
is "status says so" "$(medium)" ok
ok "a backup is made" $H backup far

# --- the week: words to all, and what stands in the desk log alone ---
$H policy set loan-term-days 21 >/dev/null 2>&1
$H donation person --money 500000 --donor-name 'Bà Hà Thị Phúc' >/dev/null
$H report issue Q1 --from 2026-01-01 --to 2026-12-31 >/dev/null 2>&1
$H worker add --name 'Lò Thị Mai' --telephone 0912345678 --site 14-0371 >/dev/null
is "no name can be read on it" "$(grep -c 'Phúc\|Mai' medium/*)" 0
before=$(digest $H)
entries=$($H status --json | json '[d["control_entries"], d["desk_entries"]]')
like "the desk log is new in that week" "$entries" '^\[[0-9]+, [1-9][0-9]*\]$'

# --- the disk dies ---
stop "$serving" KILL
mv hub dead
ok "restored from both" $H restore far --recovery-key secret --second-medium medium --json
is "what it said came back" "$(json 'd["second_medium"] > 5' <ok.out)" True
is "all of it" "$($H status --json | json '[d["control_entries"], d["desk_entries"]]')" "$entries"
is "the ledger is what it was" "$(digest $H)" "$before"
ok "all is whole" $H verify
like "names and all" "$($H report show Q1 --json | json 'len(d["sites"]) > 0')" True
serve
"$P" -d s1 sync --hub "$at" >/dev/null
ok "the collecting is ended" $H restore end
$H donation enterprise --copies 12 >/dev/null
$H policy set loan-term-days 28 >/dev/null 2>&1
after=$(digest $H)
ok "and whole again" $H verify

# --- the same once more, by the same medium: two epochs are on it ---
stop "$serving" KILL
mv hub dead2
ok "restored from the old backup and the medium" $H restore far --recovery-key secret --second-medium medium
like "how much came from it is said" "$(cat ok.out)" '[1-9][0-9]* words of the hub came from the second medium'
is "nothing of either week is lost" "$(digest $H)" "$after"
ok "all is whole, again" $H verify

# --- away, and back ---
serve
stop "$serving"
mv medium away
serve
like "one that is away at the start is told of" "$(medium)" 'medium: no such file'
$H policy set loan-term-days 16 >/dev/null 2>&1
like "and is when something is said" "$(medium)" 'medium: no such file'
like "to people, too" "$($H status)" 'no such file'
mv away medium
stop "$serving"
serve
is "back, it goes on at the start" "$(medium)" ok
$H policy set loan-term-days 17 >/dev/null 2>&1
is "and with what is said" "$(medium)" ok
stop "$serving"
want=$(digest $H)
mv hub dead3
file=$(ls medium/*)
cp "$file" whole

# --- torn, damaged, somebody else's ---
printf '\0\0\1\0torn' >>"$file"
ok "a torn end is nothing" $H restore far --recovery-key secret --second-medium medium
is "what is before it counts" "$(digest $H)" "$want"
rm -r hub
"$PYTHON" - "$file" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[len(data) // 2] ^= 0x40
open(sys.argv[1], "wb").write(data)
PY
status "what is behind damage is not looked at: 14" 14 $H restore far --recovery-key secret --second-medium medium
like "which is said, with how much came" "$(cat ok.out)" 'words of the hub came.*damaged at byte [1-9][0-9]*: nothing from there on was read'
ok "what was restored is whole" $H verify
serve
stop "$serving"
like "a daemon cuts it off, and says so" "$(cat serve*)" 'hub.second [^ ]*hublog: it is damaged at byte [1-9]'
rm -r hub
printf 'this is no such file, whatever its name' >"$file"
status "a file that is something else: 14" 14 $H restore far --recovery-key secret --second-medium medium --json
is "from its beginning on" "$(head -n 1 ok.out | json '[d["second_medium"], d["second_medium_damaged_at"]]')" '[0, 0]'
like "in Vietnamese as well" "$(rm -r hub; LC_ALL=vi_VN.UTF-8 $H restore far --recovery-key secret --second-medium medium 2>&1)" '0 lời của máy chủ lấy từ ổ thứ hai.*bị hỏng ở byte 0'
rm -r hub
mkdir other
status "a medium without this hub's file" 1 $H restore far --recovery-key secret --second-medium other
$hubd -d hub2 init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
printf '[backup]\nsecond-medium = %s\n' "$T/other" >>hub2/packhorsed.conf
start serve2 $hubd -d hub2 serve --listen 127.0.0.1:0
listen_port serve2 >/dev/null
$hubd -d hub2 policy set loan-term-days 30 >/dev/null 2>&1
stop "$started_pid"
ok "another hub's words" $H restore far --recovery-key secret --second-medium "$(ls other/*)" --json
is "are left alone" "$(json 'd["second_medium"]' <ok.out)" 0
ok "the hub is whole" $H verify
done_testing

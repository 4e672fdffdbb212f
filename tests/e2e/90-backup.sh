#!/bin/bash
# Backups of the hub: made while it serves, read back, signed; what a device is told of them;
# wrong folders, a full disk, a kill at any moment; damage of every sort is found.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
member() { "$P" -d "$1" status --json | json "d['$2']"; }

# Another disk, as far as the system can tell.
away=$(mktemp -d /dev/shm/packhorse-e2e.XXXXXX 2>/dev/null)
if [ -z "$away" ] || [ "$(stat -c %d "$away")" = "$(stat -c %d .)" ]; then
  away=
fi
trap 'rm -rf ${away:+"$away"}; cleanup' EXIT
far=${away:-$T/far}
mkdir -p "$far" near

$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null
$H invite --site 14-0371 --role site --out i1 --passphrase-file pass 2>/dev/null
"$P" -d s1 join i1 >/dev/null
reader=$("$P" -d s1 reader add --name 'Lò Văn Pánh' --band adult --json 2>/dev/null | json 'd["entries"][0]["ref"]')
"$P" -d s1 copy add 000123 --title 'Dế mèn phiêu lưu ký' >/dev/null 2>&1

# --- the recovery key ---
status "without a recovery key there is no backup" 1 $H backup near
like "it says how to make one" "$($H backup near 2>&1)" 'recovery-key --out'
status "it wants to know where to" 2 $H recovery-key
ok "the key is made" $H recovery-key --out secret
is "for its owner alone" "$(stat -c %a secret hub/keys/recovery | xargs)" '600 600'
like "as one line of text" "$(cat secret)" '^PACKHORSE-RECOVERY1:[A-Za-z0-9_-]+$'
cp hub/keys/recovery public
status "another is not made by accident" 1 $H recovery-key --out secret2
is "nothing is written" "$(ls secret2 2>&1 | grep -c 'No such') $(cmp hub/keys/recovery public && echo same)" '1 same'
is "the hub cannot tell the secret" "$(grep -c PACKHORSE-RECOVERY -r hub | awk -F: '{n+=$2} END {print n}')" 0

# --- while it serves, and a device sends ---
start serve $H serve --listen 127.0.0.1:0
at=127.0.0.1:$(listen_port serve)
ok "a device syncs" "$P" -d s1 sync --hub "$at"
is "no backup holds it yet" "$(member s1 levels)" "{'here': 0, 'courier': 0, 'hub': $(member s1 entries), 'backup': 0}"
status "a disk that is not mounted" 1 $H backup nothing/here
like "is asked for" "$($H backup nothing/here 2>&1)" 'mounted'
made=$($H backup near --json 2>near.err)
is "a backup on the hub's own disk is made" "$? $(ls near | wc -l) $(json 'd["away"]' <<<"$made")" '0 1 False'
like "with a warning" "$(cat near.err)" 'same disk'
"$P" -d s1 sync --hub "$at" >/dev/null
is "and devices are not told of it" "$(member s1 levels | tr "'" '"' | json 'd["backup"]')" 0
held=$($H digest --plain | sed -n 's/^digest.//p')
made=$($H backup "$far" --json 2>/dev/null)
file=$(json 'd["file"]' <<<"$made")
is "its digest is the hub's" "$(json 'd["digest"]' <<<"$made")" "$held"
like "named after province and time" "$(ls "$far")" '^packhorse-[0-9a-f]{8}-[0-9]{8}T[0-9]{6}Z.backup$'
is "0600" "$(stat -c %a "$file")" 600
is "no name can be read in it" "$(grep -c 'Pánh\|Dế mèn' "$file")" 0
is "nothing is left in the hub's folder" "$(ls hub/backup)" lock
ok "it is as signed" $H backup check "$file"
ok "and opens with the recovery key" $H backup check "$file" --recovery-key secret
is "with the same ledger" "$($H backup check "$file" --recovery-key secret --json | json '[d["digest"], d["opened"]]')" "['$held', True]"
like "status tells when" "$($H status --json | json 'd["last_backup"]')" '^20[0-9-]+T'
if [ -n "$away" ]; then
  "$P" -d s1 sync --hub "$at" >/dev/null
  is "a device is told that a backup holds it" "$(member s1 levels)" "{'here': 0, 'courier': 0, 'hub': 0, 'backup': $(member s1 entries)}"
  "$P" -d s1 visit 3 --band child >/dev/null
  "$P" -d s1 sync --hub "$at" >/dev/null
  is "what came since is at the hub alone" "$(member s1 levels | grep -o "'hub': [0-9]*")" "'hub': 1"
else
  skip "a device is told that a backup holds it" "no second disk here"
  skip "what came since is at the hub alone" "no second disk here"
fi

# --- sessions go on meanwhile ---
for i in 1 2 3 4 5 6; do
  for k in $(seq 200); do printf '{"kind":"visit","count":%d,"band":"adult"}\n' $((k % 9 + 1)); done
done >lines
"$P" -d s1 record --batch 100 <lines >/dev/null 2>&1
$H backup "$far" --json >during 2>/dev/null &
pid=$!
ok "a device syncs while a backup is made" "$P" -d s1 sync --hub "$at"
wait "$pid"
is "which is whole" "$?" 0
ok "and opens" $H backup check "$(json 'd["file"]' <during)" --recovery-key secret

# --- retention ---
for i in 1 2 3; do $H backup "$far" --keep 2 >/dev/null 2>&1; done
is "two are kept" "$(ls "$far" | wc -l)" 2
folders() { # that the certificate of the only erasure says to have backups of before
  $H erasures "$order" --json | json '[x["folder"] for x in d["certificate"]["backups"]]'
}
ok "a reader is erased" $H erase "$reader" --passphrase-file pass
order=$($H erasures --json | json 'd["erasures"][0]["erasure"]')
both=$(printf '%s\n' "$(realpath "$far")" "$(realpath near)" | LC_ALL=C sort | sed "s/.*/'&'/" | paste -sd, | sed 's/,/, /')
is "both folders have backups with her" "$(folders)" "[$both]"
like "as the certificate says, and when they go" "$($H erasures "$order")" \
  "in these folders .*  $(realpath near)  20[^ ]*  20.*They go from a folder with the first backup that is made there after 20[0-9-]+T"
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 $H erasures "$order")" "  $(realpath near)  20[^ ]*  20.*không tự mất"
(cd near && $hubd -d ../hub backup . --keep 1 >/dev/null 2>&1)
is "one is made in one of them, and is the only one there" "$(folders)" "['$(realpath "$far")']"
$H backup "$far" --keep 3 >/dev/null 2>&1
is "in the other those of before are still there" "$(folders) $(ls "$far" | wc -l)" "['$(realpath "$far")'] 3"
touch "$far/thesis.odt" "$far/packhorse-00000000-20200101T000000Z.backup"
if command -v faketime >/dev/null; then
  stop "$started_pid"
  faketime -f '+36d' $H clock accept >/dev/null
  ok "36 days later" faketime -f '+36d' $H backup "$far"
  is "those of before are gone, and nobody else's" "$(ls "$far" | sort | xargs -n1 | grep -c 'thesis\|00000000') $(ls "$far" | wc -l)" '2 3'
  $H clock accept >/dev/null
  is "and with them she is" "$(folders)" '[]'
  like "which is said" "$($H erasures "$order")" 'No folder that this hub noted backups in has one from before it erased'
  start serve $H serve --listen 127.0.0.1:0
  at=127.0.0.1:$(listen_port serve)
else
  skip "36 days later" "no faketime"
  skip "those of before are gone, and nobody else's" "no faketime"
  skip "and with them she is" "no faketime"
  skip "which is said" "no faketime"
fi
rm -f "$far"/thesis.odt "$far"/packhorse-00000000-*
$H backup "$far" >/dev/null 2>&1
good=$(ls -t "$far"/*.backup | head -1)

# --- damage ---
cp "$good" whole
size=$(stat -c %s whole)
bad=0
for at_byte in 3 12 30 90 130 200 $((size / 2)) $((size - 500)) $((size - 40)) $((size - 3)); do
  cp whole bad
  printf '\x55' | dd of=bad bs=1 seek=$at_byte conv=notrunc 2>/dev/null
  cmp -s whole bad && printf '\xaa' | dd of=bad bs=1 seek=$at_byte conv=notrunc 2>/dev/null
  $H backup check bad >/dev/null 2>bad.err
  [ $? = 15 ] || { bad=$((bad + 1)); diag "byte $at_byte: $(cat bad.err)"; }
done
is "a byte altered anywhere is found" "$bad" 0
for cut in 0 5 100 121 200 $((size / 2)) $((size - 250)) $((size - 1)); do
  head -c "$cut" whole >bad
  $H backup check bad >/dev/null 2>bad.err
  [ $? = 15 ] || { bad=$((bad + 1)); diag "cut at $cut: $(cat bad.err)"; }
done
is "a cut anywhere is found" "$bad" 0
printf 'x' | cat whole - >bad
status "so is something behind it" 15 $H backup check bad
like "in words" "$($H backup check bad 2>&1)" 'not a whole backup'
$hubd -d hub2 init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
status "another province's is refused" 15 $hubd -d hub2 backup check whole
$hubd -d hub2 recovery-key --out secret2 2>/dev/null
status "another recovery key does not open it" 1 $H backup check whole --recovery-key secret2
like "and is told so" "$($H backup check whole --recovery-key secret2 2>&1)" 'another recovery key'
head -c 60 secret >half
status "half a key is no key" 15 $H backup check whole --recovery-key half
# A line of before there was a checksum in it, and the same with its last character miscopied.
"$PYTHON" - <<'PY'
import base64
prefix, text = open("secret").read().strip().split(":")
data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
def line(name, data):
    open(name, "w").write(prefix + ":" + base64.urlsafe_b64encode(data).decode().rstrip("=") + "\n")
old = b"\x93" + data[1:-6]
line("old", old)
line("old-bent", old[:-1] + bytes([old[-1] ^ 0x10]))
line("bent", data[:-7] + bytes([data[-7] ^ 0x10]) + data[-6:])
PY
ok "a key of before it had a checksum opens it" $H backup check whole --recovery-key old
status "one that was miscopied does not pass" 15 $H backup check whole --recovery-key bent
like "which is said" "$($H backup check whole --recovery-key bent 2>&1)" 'not copied exactly'
status "without a checksum neither" 15 $H backup check whole --recovery-key old-bent
like "and the backup is not blamed" "$($H backup check whole --recovery-key old-bent 2>&1)" 'the key was miscopied'
is "restore says the same" "$($hubd -d hub3 restore whole --recovery-key old-bent 2>&1)" "$($H backup check whole --recovery-key old-bent 2>&1)"
ok "a new key may be made" $H recovery-key --replace --out secret3
ok "old backups still open with the old one" $H backup check whole --recovery-key secret
status "not with the new one" 1 $H backup check whole --recovery-key secret3

# --- no room, no right ---
mkdir small
if mount -t tmpfs -o size=256k tmpfs small 2>/dev/null; then
  $H backup small >/dev/null 2>&1
  is "a full disk gets none, and nothing half" "$? $(ls small | wc -l)" '1 0'
  mount -o remount,ro small
  status "nor does one that is read-only" 1 $H backup small
  umount small
else
  skip "a full disk gets none, and nothing half" "no mount here"
  skip "nor does one that is read-only" "no mount here"
fi
ok "the hub is well" $H verify

# --- killed at any moment ---
before=$(ls "$far"/*.backup | wc -l)
half=0
for delay in 0.01 0.03 0.06 0.1 0.15 0.2 0.3; do
  $H backup "$far" >/dev/null 2>&1 &
  pid=$!
  sleep "$delay"
  kill -9 "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
done
for f in "$far"/*.backup; do
  $H backup check "$f" >/dev/null 2>&1 || half=$((half + 1))
done
is "what bears a backup's name is whole" "$half" 0
is "none of before is lost" "$(($(ls "$far"/*.backup | wc -l) >= before))" 1
ok "the next one is made" $H backup "$far"
is "and removes what they left" "$(ls "$far" | grep -c part) $(ls hub/backup)" '0 lock'
ok "the hub is whole" $H verify
stop "$started_pid"

# --- and without a daemon ---
ok "a hub that does not serve is backed up too" $H backup "$far"
ok "and one backup at a time" bash -c "exec 9>hub/backup/lock; flock 9; $H backup '$far' 2>locked.err; [ \$? = 17 ]"

# --- the hub's keys were stolen since ---
is "status has nothing against the last one" "$($H status --json | json 'd.get("last_backup_key_closed")') $($H status | grep -c 'present keys')" 'None 0'
old=$($H backup "$far" --json 2>/dev/null | json 'd["file"]')
sleep 1.1
ok "other keys are made" $H keys rotate --stolen --passphrase-file pass
status "the last backup is no more what the hub signs" 1 $H backup check "$old" --recovery-key secret3
like "which is said of its key alone, and what to do" "$($H backup check "$old" 2>&1)" 'whole, but signed by a key of this hub that was closed on 20[0-9T:+-]+.*`restore` takes it.*make a new one'
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 $H backup check "$old" 2>&1)" 'khoá của máy chủ này đã đóng lúc 20.*`restore` vẫn nhận'
cp "$old" forged
"$PYTHON" -c 'import os; f = open("forged", "r+b"); f.seek(-8, 2); f.write(bytes(8))'
status "an altered one is as bad as before" 15 $H backup check forged
like "status tells it" "$($H status)" 'Last backup .*, before the hub.s present keys: make a new one'
is "also a script" "$($H status --json | json 'd["last_backup_key_closed"]')" True
ok "restore takes it" $hubd -d hub4 restore "$old" --recovery-key secret3
new=$($H backup "$far" --json 2>/dev/null | json 'd["file"]')
ok "a new one is signed by the present keys" $H backup check "$new" --recovery-key secret3
is "and nothing is said any more" "$($H status --json | json 'd.get("last_backup_key_closed")') $($H status | grep -c 'present keys')" 'None 0'
done_testing

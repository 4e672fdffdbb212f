#!/bin/bash
# packhorse join with real invites: what it makes, what it refuses, and a join that is
# killed at any moment. No network.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
pack=$BUILD/client/packhorse
H="$hubd -d $T/hub"
seed=${PACKHORSE_SEED:-$RANDOM}
RANDOM=$seed
rounds=20
[ "$FULL" = 1 ] && rounds=150

printf 'mot cau dai\n' >"$T/pass"
ok "a hub" $H init --listen 127.0.0.1:7415 --kdf-memory-mib 8 --passphrase-file "$T/pass"
ok "a site" $H site add 14-0371 --commune 03646 --kind commune --name 'Thư viện xã Chiềng Khoa'
invite="$H invite --site 14-0371 --role site --hub 127.0.0.1:7415 --passphrase-file $T/pass"
for i in 1 2 3 4; do
  ok "invite $i" $invite --out "$T/i$i"
done

# --- not enrolled ---
for command in status log sync digest verify rebuild; do
  status "$command in a folder that is not there: exit 10" 10 "$pack" -d "$T/a" $command
done
status "no command is status" 10 "$pack" -d "$T/a"
like "it says what to do" "$(cat ok.out)" 'packhorse join'
ok "nothing was made" test ! -e "$T/a"

# --- invites that are none ---
: >"$T/empty"
printf 'hello\n' >"$T/text"
head -c 300 "$T/i1" >"$T/short"
# one character in the middle is another
sed -E 's/^(.{400})(.)/\1#\2/; s/#A/B/; s/#./A/' "$T/i1" >"$T/altered"
head -c 100000 /dev/zero | tr '\0' 'A' >"$T/long"
for bad in none empty text short altered long hub; do
  status "join refuses an invite that is $bad" 2 "$pack" -d "$T/a" join "$T/$bad"
  ok "and leaves nothing behind" test ! -e "$T/a"
done
status "join refuses an empty standard input" 2 bash -c "'$pack' -d '$T/a' join - </dev/null"
# what every process has there gives an I/O error when its beginning is read
status "an invite that the disk does not give: exit 1" 1 "$pack" -d "$T/a" join /proc/self/mem
like "it says whose fault it is" "$(cat ok.out)" 'the disk reported an error'
ok "and leaves nothing behind" test ! -e "$T/a"
status "join needs an invite" 2 "$pack" -d "$T/a" join
status "join takes one invite" 2 "$pack" -d "$T/a" join "$T/i1" "$T/i2"

# --- expiry ---
if command -v faketime >/dev/null; then
  status "an invite that has expired" 2 faketime -f '+400d' "$pack" -d "$T/a" join "$T/i1"
  like "it says so" "$(cat ok.out)" 'expired'
  ok "and leaves nothing behind" test ! -e "$T/a"
  ok "--even-if-expired takes it" faketime -f '+400d' "$pack" -d "$T/late" join --even-if-expired "$T/i4"
else
  skip "an invite that has expired" "no faketime"
fi

# --- join ---
ok "join" "$pack" -d "$T/a" join "$T/i1"
like "it says who this is" "$(cat ok.out)" 'Thư viện xã Chiềng Khoa'
like "and where" "$(cat ok.out)" "$T/a"
cp ok.out joined
words=$("$pack" -d "$T/a" status --json | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["fingerprint"])')
like "and the words by which it is confirmed" "$(cat joined)" "Fingerprint $words: read these words"
is "the folder is the owner's alone" "$(stat -c %a "$T/a")" 700
is "no file is readable by others" "$(find "$T/a" -type f -perm /077 | wc -l)" 0
status "join again: exit 1" 1 "$pack" -d "$T/a" join "$T/i2"
"$pack" -d "$T/a" status --json >s1
is "status: the site" "$(json s1 'j["code"]')" 14-0371
is "status: two entries of the log's own" "$(json s1 'j["entries"]')" 2
is "status: they wait" "$(json s1 'j["pending"]')" 2
is "status: no session yet" "$(json s1 'j["last_session"]')" null
ok "join from standard input, folded by a mail program" bash -c "fold -w 60 '$T/i2' | '$pack' -d '$T/b' join - --json >j2"
is "another device" "$(json j2 'j["device"] != "'"$(json s1 'j["device"]')"'"')" true
is "with its fingerprint" "$(json j2 'j["fingerprint"].count("-")')" 3
ok "join in the user's own folder" env XDG_DATA_HOME="$T/x/y" "$pack" join "$T/i3"
ok "which is XDG's" test -f "$T/x/y/packhorse/site.db"
ok "and is found without -d" env XDG_DATA_HOME="$T/x/y" "$pack" status

# --- a new site ---
ok "verify" "$pack" -d "$T/a" verify
"$pack" -d "$T/a" digest --json >d1
ok "rebuild" "$pack" -d "$T/a" rebuild
"$pack" -d "$T/a" digest --json >d2
like "digest" "$(json d1 'j["digest"]')" '^[0-9a-f]{64}$'
is "rebuild gives the same books" "$(json d2 'j["digest"]')" "$(json d1 'j["digest"]')"
like "log" "$("$pack" -d "$T/a" log --plain)" $'1\t.*\topen\t'
"$pack" -d "$T/a" log --json >l1
is "log --json" "$(json l1 '[e["entry"]["kind"] + " " + e["level"] for e in j["entries"]]')" \
  '["open here", "clock-mark here"]'
like "status for people" "$("$pack" -d "$T/a")" 'Saved on this machine'
like "and in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 "$pack" -d "$T/a")" 'Đã lưu trên máy này'
status "an option that is none" 2 "$pack" -d "$T/a" status --colour
status "a command that is none" 2 "$pack" -d "$T/a" dance
status "log --limit 0" 2 "$pack" -d "$T/a" log --limit 0

# --- folders that are somebody else's ---
mkdir "$T/full"
touch "$T/full/letter.odt"
status "join in a folder that holds something else" 1 "$pack" -d "$T/full" join "$T/i2"
is "it is untouched" "$(ls -A "$T/full")" letter.odt
status "join in the hub's folder" 1 "$pack" -d "$T/hub" join "$T/i2"

# --- in use, damaged ---
start holder flock -F "$T/b/lock" sleep 30
sleep 0.2
status "in use: exit 17" 17 "$pack" -d "$T/b" status
cp -r "$T/a" "$T/broken"
printf 'damaged' | dd of="$T/broken/site.db" bs=1 seek=40 conv=notrunc 2>/dev/null
dd if=/dev/zero of="$T/broken/site.db" bs=4096 seek=2 count=3 conv=notrunc 2>/dev/null
status "a damaged store: exit 15" 15 "$pack" -d "$T/broken" verify
vi() { LC_ALL=vi_VN.UTF-8 "$pack" -d "$@" 2>&1; }
cp -r "$T/a" "$T/parts"
mv "$T/parts/keys" "$T/parts.keys"
like "keys are missing, in Vietnamese" "$(vi "$T/parts" visit 1 --band adult)" "thiếu .*keys: .* hãy giữ nguyên thư mục này"
cp "$T/b/keys" "$T/parts/keys"
like "another device's keys, likewise" "$(vi "$T/parts" visit 1 --band adult)" 'khóa và chứng thư của máy này không khớp nhau'
printf x | dd of="$T/parts/keys" bs=1 seek=9 conv=notrunc 2>/dev/null
status "keys that are damaged" 15 "$pack" -d "$T/parts" visit 1 --band adult
like "of which nobody is sent to look for a copy" "$("$pack" -d "$T/parts" visit 1 --band adult 2>&1)" 'there is no copy of it.*another folder'
rm "$T/parts/site.db"
like "no store, likewise" "$(vi "$T/parts" status)" 'thiếu .*site.db hoặc tệp đó rỗng'
like "no site at all, likewise" "$(vi "$T/nowhere" status)" 'chưa thuộc điểm nào'
cp -r "$T/a" "$T/torn"
dd if=/dev/zero of="$T/torn/site.db" bs=1 seek=100 count=64 conv=notrunc 2>/dev/null
like "damage, likewise" "$(vi "$T/torn" status)" 'site.db bị hỏng .*; hãy giữ nguyên thư mục này và gọi cho thư viện tỉnh'
like "half an invite, likewise" "$(vi "$T/new" join "$T/short")" 'giấy mời này bị cụt hoặc hỏng: hãy chép lại toàn bộ'
like "text that is none, likewise" "$(vi "$T/new" join "$T/text")" 'đây không phải giấy mời của Packhorse'
like "no invite, likewise" "$(vi "$T/new" join "$T/none")" 'không đọc được giấy mời: .*không có tệp nào tên như vậy'
like "a folder that has joined, likewise" "$(vi "$T/a" join "$T/i2")" 'đã được nhận; .*là của điểm nào'
like "no address, likewise" "$(vi "$T/a" sync --hub nowhere)" 'không phải là địa chỉ: viết HOST:PORT'
cp -r "$T/a" "$T/nokeys"
printf 'x' >"$T/nokeys/keys"
status "damaged keys: exit 15" 15 "$pack" -d "$T/nokeys" status
cp "$T/x/y/packhorse/keys" "$T/nokeys/keys"
status "another device's keys: exit 15" 15 "$pack" -d "$T/nokeys" status

# --- killed at any moment ---
diag "seed $seed"
bad=0
killed=0
changed=0
for ((i = 0; i < rounds; i++)); do
  dir=$T/k$i
  keys=
  for ((k = 0; k < 4; k++)); do
    "$pack" -d "$dir" join "$T/i2" >/dev/null 2>&1 &
    pid=$!
    sleep "0.0$(printf %03d $((RANDOM % 250)))"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    [ $? = 137 ] && killed=$((killed + 1))
    if [ -n "$keys" ] && ! cmp -s "$keys" "$dir/keys"; then
      changed=$((changed + 1))
    fi
    if [ -f "$dir/keys" ]; then
      cp "$dir/keys" "$T/k.keys"
      keys=$T/k.keys
    fi
    "$pack" -d "$dir" status >/dev/null 2>&1
    rc=$?
    [ $rc = 0 ] || [ $rc = 10 ] || { bad=$((bad + 1)); diag "status: $rc"; }
  done
  "$pack" -d "$dir" join "$T/i2" >out 2>&1
  rc=$?
  [ $rc = 0 ] || [ $rc = 1 ] || { bad=$((bad + 1)); diag "join: $rc $(cat out)"; }
  "$pack" -d "$dir" verify >out 2>&1 || { bad=$((bad + 1)); diag "verify: $(cat out)"; }
  rm -rf "$dir"
done
diag "$killed joins killed"
ok "some were killed" test "$killed" -gt 0
is "a join that was killed can be given again" "$bad" 0
is "and keeps its keys" "$changed" 0

done_testing

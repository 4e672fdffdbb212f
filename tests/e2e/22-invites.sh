#!/bin/bash
# An invite as text, as a QR code on a screen and on paper, and as a file; joining from each.
# Used by two, used too late, taken back: a person is told, and decides. Until a device's
# fingerprint is confirmed nothing of a reader goes to it.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
here=$ROOT/tests/e2e
member() { "$P" -d "$1" status --json | json "d['$2']"; }
sync() { "$P" -d "$1" sync --hub "$at" --json; }
invite() { $H invite --site "$1" --role site --hub 127.0.0.1:7415 --passphrase-file pass "${@:2}"; }
cases() { $H cases --json | json "sorted(c['case'] for c in d['cases'])"; }
# typed FILE DIR: a scanner types the line at a terminal, and Enter; nothing ends the input
typed() {
  "$PYTHON" - "$P" "$1" "$2" <<'PY'
import os, pty, sys, time
program, line, folder = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.execv(program, [program, "-d", folder, "join", "-"])
with open(line, "rb") as file:
    text = file.read().strip()
for i in range(0, len(text), 64):
    os.write(fd, text[i:i + 64])
    time.sleep(0.005)
os.write(fd, b"\n")
said = b""
try:
    while True:
        piece = os.read(fd, 4096)
        if not piece:
            break
        said += piece
except OSError:
    pass
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(status))
PY
}

$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null

# --- three forms of one invite ---
ok "an invite as text and as a QR code" bash -c "$H invite --site 14-0371 --role site --hub 127.0.0.1:7415 \
  --passphrase-file pass --out one.invite --svg one.svg --qr >one.qr"
is "none of the files is for others" "$(stat -c %a one.invite one.svg | sort -u)" 600
ok "the image is a QR code" "$PYTHON" "$here/qr.py" svg one.svg one.read
cp ok.out one.modules
ok "and so is what the screen shows" "$PYTHON" "$here/qr.py" blocks one.qr
is "the same one" "$(cmp ok.out one.modules && echo same)" same
is "it fits a terminal of 120 columns" "$(($(head -1 one.modules | wc -c) <= 121))" 1
is "it says the line of text" "$(cat one.read)" "$(cat one.invite)"
"$PYTHON" -c '
lines = open("one.qr", encoding="utf-8").read().split("\n")
line = lines[20]
lines[20] = line[:45] + ("█" if line[45] != "█" else " ") + line[46:]
open("spoilt.qr", "w", encoding="utf-8").write("\n".join(lines))'
status "with modules of another color it is none" 1 "$PYTHON" "$here/qr.py" blocks spoilt.qr
status "standard output takes one form" 2 invite 14-0371 --qr --out -
status "some form has to be asked for" 2 invite 14-0371
status "an image is not written over" 1 invite 14-0371 --svg one.svg
is "and nothing else was" "$($H invite list --json | json 'len(d["invites"])')" 1

# --- joining from each ---
ok "a scanner types what it read; Enter ends it" typed one.read typed
like "it says who this is" "$(cat ok.out)" 'Chiềng Khoa'
invite 14-0371 --out two.invite 2>/dev/null
ok "joining from a file, as on a stick" "$P" -d file join two.invite
invite 14-0371 --out three.invite 2>/dev/null
ok "joining from text, as a mail program folds it" bash -c "fold -w 72 three.invite | '$P' -d text join -"
invite 14-0371 --out four.invite 2>/dev/null
sed 's/\(.\{100\}\)\(.\)/\1Đ/' four.invite >telex
status "what a Vietnamese keyboard made of it" 2 "$P" -d bad join telex
like "is told from damage" "$(cat ok.out)" 'keyboard'
ok "and nothing is made" test ! -e bad

# --- nothing of a reader before the fingerprint is confirmed ---
start serve $H serve --listen 127.0.0.1:0
at=127.0.0.1:$(listen_port serve)
"$P" -d typed reader add --name 'Lò Văn Pánh' --band adult >/dev/null 2>&1
"$P" -d typed visit 3 --band child >/dev/null
for d in typed file text; do sync $d >$d.sync; done
is "three devices are let in" "$($H devices --json | json 'sorted(x["state"] for x in d["devices"])')" "['unconfirmed', 'unconfirmed', 'unconfirmed']"
sync file >file.sync
is "the second has nothing that the first wrote" "$(json '[d["entries_of_site"], d["parts_received"], d["fed"]["facts"]]' <file.sync)" '[0, 0, 0]'
is "nor is the name anywhere in its folder" "$(grep -rlc 'Pánh' file | wc -l)" 0
status "other words confirm nobody" 1 $H devices confirm "$(member file device)" --fingerprint 'ba-ba-ba-ba'
ok "the words that it shows do" $H devices confirm "$(member file device)" --fingerprint "$(member file fingerprint)"
sync file >file.sync
is "now it has the reader, and the sealed part" "$(json '[d["entries_of_site"] > 0, d["parts_received"]]' <file.sync)" '[True, 1]'

# --- used by two: who was genuine? ---
invite 14-0371 --out shared.invite 2>/dev/null
"$P" -d genuine join shared.invite >/dev/null
"$P" -d thief join shared.invite >/dev/null
"$P" -d thief visit 99 --band adult >/dev/null
sync thief >/dev/null
is "one device alone is no case" "$(cases)" '[]'
"$P" -d genuine visit 7 --band child >/dev/null
sync genuine >genuine.sync
is "the second use is not locked out" "$(json 'd["complete"]' <genuine.sync)" True
is "but is a case" "$(cases)" "['invite-used-twice']"
id=$($H cases --json | json 'd["cases"][0]["id"]')
like "which names both devices" "$($H case show "$id" --json)" "$(member genuine device).*$(member thief device)|$(member thief device).*$(member genuine device)"
ok "the operator says which was not genuine" $H cut "$(member thief device)" --reason stolen --passphrase-file pass
ok "confirms the other" $H devices confirm "$(member genuine device)" --fingerprint "$(member genuine fingerprint)"
ok "and closes the case" $H case decide "$id" stolen
status "who was not is cut off" 11 sync thief
sync genuine >genuine.sync
is "who was goes on" "$(json 'd["complete"]' <genuine.sync)" True

# --- a machine that is gone, and its successor ---
invite 14-0371 --out desk.invite 2>/dev/null
"$P" -d desk join desk.invite >/dev/null
title=$("$P" -d desk title add --name 'Truyện Kiều' --json | json 'd["entries"][0]["ref"]')
"$P" -d desk copy add 100001 --title "$title" >/dev/null
sync desk >/dev/null
gone=$(member desk device)
mv desk desk.found # it turns up again in the end
$H site add 14-0372 --commune 03646 --kind commune --name 'Chiềng La' 2>/dev/null
status "it was not of another site" 2 invite 14-0372 --out x.invite --replaces "$gone"
ok "an invite for its successor" invite 14-0371 --out next.invite --replaces "$gone"
"$P" -d next join next.invite >/dev/null
"$P" -d next log --json >next.log
is "its log says from where it goes on, and why" \
  "$(json '[e["entry"]["why"] for e in d["entries"] if "continues" in e["entry"]]' <next.log)" "['replaced']"
like "it is told that" "$("$P" -d next status)" 'This folder  *goes on from the log of the PC that it replaces, since 20'
is "and of no copy" "$("$P" -d next status | grep -c 'copied\|older copy\|stop one')" 0
like "in Vietnamese, too" "$(LC_ALL=vi_VN.UTF-8 "$P" -d next status)" 'ghi tiếp nhật ký của máy mà nó thay, từ '
"$P" -d next visit 2 --band child >/dev/null
sync next >/dev/null
$H devices confirm "$(member next device)" --fingerprint "$(member next fingerprint)" >/dev/null 2>&1
ok "the old one is retired" $H devices retire "$gone" --reason replaced
sync next >/dev/null
like "it has what the old one wrote" "$("$P" -d next find Kiều 2>&1; "$P" -d next list here 2>&1)" 'Truyện Kiều'
"$P" -d desk.found visit 3 --band child >/dev/null
sync desk.found >/dev/null
is "that the old one turns up is no case" "$(cases)" '[]'

# --- too late, by the day of arrival; taken back ---
status "one that is over when it is made is not made" 2 invite 14-0371 --out late.invite --expires-days 0
like "which is said" "$(invite 14-0371 --out late.invite --expires-days 0 2>&1)" '1 .* 3650'
invite 14-0371 --out late.invite --expires-days 1 2>late.said
is "the shortest is of a day" "$(grep -c 'good for 1 day$' late.said)" 1
"$EXPIRED_INVITE" late.invite hub/keys/operator pass
sleep 3
status "an invite whose time is over" 2 "$P" -d late join late.invite
ok "with the library's word it joins" "$P" -d late join --even-if-expired late.invite
"$P" -d late visit 5 --band child >/dev/null
sync late >late.sync
is "it is heard" "$(json '[d["complete"], d["pending_entries"]]' <late.sync)" '[True, 0]'
like "as a case" "$(cases)" 'late-invite'
invite 14-0371 --out gone.invite 2>/dev/null
gone=$($H invite list --json | json '[i["invite"] for i in d["invites"] if i["state"] == "open"]' | tr -d "[]' " | tr , '\n')
"$P" -d gone join gone.invite >/dev/null
for i in $gone; do $H invite cancel "$i" --passphrase-file pass >/dev/null 2>&1; done
status "who comes with one that was taken back is turned away" 11 sync gone
like "and told that this may be why" "$("$P" -d gone sync --hub "$at" 2>&1)" 'has cut this device off, or taken back the invite'
like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 "$P" -d gone sync --hub "$at" 2>&1)" 'đã ngừng máy này, hoặc đã hủy giấy mời của nó'
like "status says so as well" "$("$P" -d gone status)" 'has cut this device off, or taken back its invite'
is "invite list tells what became of all" "$($H invite list --json | json '[sum(i["state"] == s for i in d["invites"]) for s in ("used", "cancelled", "open", "expired")]')" \
  "[7, $(wc -w <<<"$gone"), 0, 0]"
done_testing

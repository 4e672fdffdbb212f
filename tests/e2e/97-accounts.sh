#!/bin/bash
# Accounts at the hub: made and changed beside a running daemon and without one; passwords by
# standard input, file and terminal; what is in the hub's files and a backup of it, and what is not.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
H="$hubd -d hub"
said() { "$PYTHON" -c 'import json,sys; d=json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
list() { $H account list --json | said '" ".join("%s:%s:%d" % (a["name"], a["role"], len(a["tokens"])) for a in d["accounts"])'; }
serve() { start serve $H serve --listen 127.0.0.1:0; wait_for_port 127.0.0.1 "$(listen_port serve)"; serving=$started_pid; }
with() { # TEXT command...: TEXT is its standard input
  local text=$1
  shift
  printf '%s' "$text" | "$@"
}

printf 'mot cau dai\n' >pass
printf 'ngựa thồ sách lên bản\n' >secret
printf 'ngắn\n' >short
: >empty
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null

# --- without a daemon ---
ok "an account, its password by standard input" with $'ngựa thồ sách\n' $H account add lan --role admin
ok "another, its password in a file" $H account add hoa --role viewer --password-file secret
is "they are there" "$(list)" "hoa:viewer:0 lan:admin:0"
status "the same name again" 1 $H account add lan --role viewer --password-file secret
like "says what changes one" "$(cat ok.out)" 'account role and account password'
status "no role" 2 with $'ngựa thồ sách\n' $H account add minh
status "a role that is none" 2 $H account add minh --role boss --password-file secret
status "a name that is none" 2 $H account add 'Minh Anh' --role viewer --password-file secret
status "a password that is too short" 2 $H account add minh --role viewer --password-file short
status "an empty line" 2 with $'\n' $H account add minh --role viewer
status "nothing at all" 2 $H account add minh --role viewer </dev/null
status "an empty file" 2 $H account add minh --role viewer --password-file empty
status "a line of 1,025 letters" 2 with "$(printf 'x%.0s' {1..1025})" $H account add minh --role viewer
status "a file that is not there" 1 $H account add minh --role viewer --password-file none
status "a password among the arguments" 2 $H account add minh --role viewer 'ngựa thồ sách'
is "nobody was added by that" "$(list)" "hoa:viewer:0 lan:admin:0"
status "another role for nobody" 1 $H account role minh admin
status "another password for nobody" 1 $H account password minh --password-file secret

# --- tokens ---
token=$($H account token lan --for 'bảng giờ đêm' 2>told)
like "a token is shown once" "$token" '^pht_[A-Za-z0-9_-]{43}$'
like "and how to take it back" "$(cat told)" 'account revoke lan [0-9a-f]{8}'
id=$($H account list --json | said 'd["accounts"][1]["tokens"][0]["token"]')
is "it is known again by what it is for" "$($H account list --plain | cut -f1,5,6 | grep lan)" "$(printf 'lan\t%s\tbảng giờ đêm' "$id")"
status "a token that is not there" 1 $H account revoke lan 00000000
ok "revoked" $H account revoke lan "$id"
is "it is gone" "$(list)" "hoa:viewer:0 lan:admin:0"
token=$($H account token lan --for again 2>/dev/null)

# --- beside a running daemon ---
serve
is "it knows both" "$($H status --json | said 'd["logins"]["accounts"]')" 2
ok "one more" $H account add minh --role operator --password-file secret
is "it knows three" "$($H status --json | said 'd["logins"]["accounts"]')" 3
ok "another role" $H account role minh viewer
ok "another password" with $'một mật khẩu khác\n' $H account password minh
ok "removed" $H account remove hoa
is "it knows two" "$($H status --json | said 'd["logins"]["accounts"]')" 2
is "the list is as it should be" "$(list)" "lan:admin:1 minh:viewer:0"

# --- at a terminal ---
cat >typist.py <<'PY'
import os, pty, sys
# ANSWERS command...: each line of ANSWERS when it is asked for; prints what the terminal showed
answers, command = sys.argv[1].split("/"), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execv(command[0], command)
seen = b""
while True:
    try:
        got = os.read(fd, 1000)
    except OSError:
        break
    if not got:
        break
    seen += got
    if answers and seen.endswith(b": "):
        os.write(fd, b"\x03" if answers[0] == "^C" else answers[0].encode() + b"\n")
        answers.pop(0)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(seen.decode())
sys.exit(status)
PY
tty() { timeout 20 "$PYTHON" typist.py "$@"; }
status "typed twice" 0 tty 'ngựa thồ nước/ngựa thồ nước' $H account add thu --role viewer
is "and not shown" "$(grep -c 'ngựa' ok.out)" 0
status "typed otherwise the second time" 2 tty 'ngựa thồ nước/ngựa thồ gạo' $H account add vui --role viewer
status "Ctrl-C" 2 tty '^C' $H account add vui --role viewer
like "nothing was done" "$(cat ok.out)" 'nothing was given'
is "only the first was added" "$(list)" "lan:admin:1 minh:viewer:0 thu:viewer:0"

# --- what is in the files ---
mkdir far
$H recovery-key --out recovery 2>/dev/null
ok "a backup" $H backup far
ok "remove one, revoke a token, add one behind it" bash -c "$H account remove minh &&
  $H account revoke lan \$($H account list --json | '$PYTHON' -c 'import json,sys; print(json.load(sys.stdin)[\"accounts\"][0][\"tokens\"][0][\"token\"])') &&
  $H account add sau --role viewer --password-file secret"
stop "$serving"
is "the daemon's log names nobody" "$(grep -cE 'lan|minh|sau|ngựa' serve.err)" 0
found=0
for secret in 'ngựa thồ sách' 'một mật khẩu khác' 'ngựa thồ nước' "$token" "${token#pht_}"; do
  grep -rqaF -- "$secret" hub && found=$((found + 1))
done
is "no password and no token is in the hub's folder" "$found" 0
is "hashes are" "$(grep -acF '$argon2id$v=19$m=65536,t=3,p=1$' hub/hub.db | awk '{ print ($1 > 0) }')" 1
ok "verify" $H verify
H="$hubd -d again"
ok "the backup is restored" $H restore far --recovery-key recovery
is "with the accounts as they were then" "$(list)" "lan:admin:1 minh:viewer:0 thu:viewer:0"

done_testing

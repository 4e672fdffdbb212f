#!/bin/bash
# Rights on the machine: who may read a folder that was lived in, what a running program shows of
# its secrets, what it may still ask of the system, and how far its unit confines it.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P=$BUILD/client/packhorse
H="$hubd -d hub"
LOOK="$PYTHON $ROOT/tests/e2e/rights.py"
grep -aqE '__[atm]san_init' "$hubd" && wide=1 || wide=0
umask 022 # what most systems give
phrase='mot cau rat dai khong ai biet'
printf '%s\n' "$phrase" >pass

start argv.out $LOOK argv seen
looking=$started_pid

# --- folders that were lived in ---
mkdir far stick down
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
printf '[web]\nlisten = 127.0.0.1:0\n' >>hub/packhorsed.conf
chmod 600 hub/packhorsed.conf
$H keys rotate --passphrase-file pass 2>/dev/null # those of before are secrets, too, and still used
old=$(echo hub/keys/online.2*)
$H recovery-key --out secret 2>/dev/null
$H site add 14-0371 --commune 03646 --kind commune --name 'Chiềng Khoa' 2>/dev/null
$H site add 14-0900 --commune 03646 --kind van --name 'Xe' 2>/dev/null
$H invite --site 14-0371 --role site --out i1 --passphrase-file pass 2>/dev/null
$H invite --site 14-0900 --role courier --out i2 --passphrase-file pass 2>/dev/null
"$P" -d s1 join i1 >/dev/null
"$P" -d van join i2 >/dev/null
start serve $H serve --listen 127.0.0.1:0
hub=$started_pid
at=127.0.0.1:$(listen_port serve)
printf '[hub]\naddress = %s\n[desk]\nserve = 1\nidle-ms = 600000\n' "$at" >s1/agent.conf
chmod 600 s1/agent.conf
reader=$("$P" -d s1 reader add --name 'Lò Văn Pánh' --band adult --json | json 'd["entries"][0]["ref"]')
"$P" -d s1 sync --hub "$at" >/dev/null
$H devices confirm "$("$P" -d s1 status --json | json 'd["device"]')" --fingerprint "$("$P" -d s1 status --json | json 'd["fingerprint"]')" >/dev/null 2>&1
start agent "$P" -d s1 agent
agent=$started_pid
wait_until 10 test -S s1/socket
"$P" -d s1 visit 5 --band child >/dev/null
"$P" -d s1 pack-stick stick >/dev/null 2>&1
$H take-stick stick >/dev/null 2>&1
$H pack-stick down >/dev/null 2>&1
"$P" -d s1 take-stick down >/dev/null 2>&1
"$P" -d van sync --hub "$at" >/dev/null
start van.out "$P" -d van courier --listen 127.0.0.1:0
"$P" -d s1 sync --courier "127.0.0.1:$(listen_port van.out)" >/dev/null 2>&1
$H policy set loan-term-days 21 >/dev/null 2>&1
$H cut "$("$P" -d van status --json | json 'd["device"]')" --reason lost --passphrase-file pass >/dev/null 2>&1
$H backup far >/dev/null
$H backup check far/*.backup --recovery-key secret >/dev/null
$hubd -d hub2 restore far --recovery-key secret >/dev/null

open_to_others() { # FOLDER...: what has other rights than 0600, folders 0700
  find "$@" \( -type d ! -perm 700 -o ! -type d ! -perm 600 \) -printf '%P:%m '
}
is "the hub's folder is its owner's alone, while it serves" "$(open_to_others hub)" ''
is "a stick is everybody's: 0755 or more, 0644" "$(find stick/packhorse down/packhorse \( -type d ! -perm -755 -o -type f ! -perm 644 \) | wc -l) $(find stick/packhorse down/packhorse -type f | wc -l)" '0 4'
is "so is that of a site whose agent runs" "$(open_to_others s1)" ''
is "and a van's with what it carries" "$(open_to_others van)" ''
is "and a hub that was restored" "$(open_to_others hub2)" ''
is "the recovery key, invites and backups are, too" "$(stat -c %a secret i1 i2 far/*.backup | sort -u)" 600
ok "there is something in them" test "$(find hub s1 van -type f | wc -l)" -ge 15

# --- what a hand has widened ---
wide_in() { json '[[o["path"], o["mode"]] for o in d["open_to_others"]], d["open_to_others_more"]'; }
for verify in "$H verify" "$P -d s1 verify"; do
  is "$verify has nothing to say of rights" "$($verify 2>&1 >/dev/null) $($verify --json | wide_in)" ' ([], 0)'
done
chmod 644 s1/agent.conf # by hand under umask 022, say: but the folder is closed
chmod 755 hub/keys
chmod 644 hub/keys/online
for verify in "$H verify" "$P -d s1 verify"; do
  is "$verify tells nothing of what lies in a folder that lets nobody in" "$($verify 2>&1 >/dev/null) $($verify --json | wide_in)" ' ([], 0)'
done
chmod 744 s1 # who may read a folder and not pass sees names, and comes to nothing
is "nor in one of which others see the names alone" "$("$P" -d s1 verify --json | wide_in)" "([['.', '0744']], 0)"
chmod 755 hub
chmod 711 s1
is "once it does they are told" "$("$P" -d s1 verify --json | wide_in)" "([['.', '0711'], ['agent.conf', '0644']], 0)"
chmod 600 s1/agent.conf
chmod 660 s1/keys
ln -s /etc/passwd s1/link # which has all rights itself, and is none of ours
$H verify >hub.wide 2>hub.told
is "what others may read of a hub is told by verify, which is done (0)" "$? $(cat hub.told)" "0 hub: others on this machine may read it (mode 755)
hub/keys: others on this machine may read it (mode 755)
hub/keys/online: others on this machine may read it (mode 644)
nothing here needs these rights; take them away: chmod -R go= hub"
is "and what it says of the store is what it was" "$(grep -c '^all whole: ' hub.wide)" 1
is "programs are told as well" "$($H verify --json | wide_in)" "([['.', '0755'], ['keys', '0755'], ['keys/online', '0644']], 0)"
"$P" -d s1 verify >/dev/null 2>s1.told
is "of a site that others may change, too" "$? $(cat s1.told)" "0 s1: others on this machine may pass through it (mode 711)
s1/keys: others on this machine may change it (mode 660)
nothing here needs these rights; take them away: chmod -R go= s1"
is "and in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 $H verify 2>&1 >/dev/null | tail -n 2)" "hub/keys/online: người dùng khác trên máy này đọc được (quyền 644)
không gì ở đây cần các quyền đó; hãy bỏ đi: chmod -R go= hub"
mv hub2 "a b'c" # as one may name a folder
chmod 711 "a b'c"
$hubd -d "a b'c" verify >/dev/null 2>odd.told
eval "$(sed -n 's/.*: \(chmod .*\)/\1/p' odd.told)"
is "a folder whose name a shell takes apart is closed by what is said, too" "$(sed -n 's/.*: \(chmod .*\)/\1/p' odd.told) $(stat -c %a "a b'c")" "chmod -R go= 'a b'\\''c' 700"
mv "a b'c" hub2
like "status says that the folder is open, and where to look" "$($H status)" 'This folder .*is open to others on this machine, mode 755 .packhorsed verify'
like "at a site, too" "$("$P" -d s1 status)" 'This folder .*is open to others on this machine, mode 711 .packhorse verify'
like "in Vietnamese" "$(LC_ALL=vi_VN.UTF-8 "$P" -d s1 status) $(LC_ALL=vi_VN.UTF-8 $H status)" 'Thư mục này .*vào được, quyền 711 .*Thư mục này .*vào được, quyền 755'
for told in hub.told s1.told; do $(sed -n 's/.*: \(chmod .*\)/\1/p' $told); done
is "what it says to do closes them again" "$(open_to_others hub) $(rm s1/link; open_to_others s1) $($H verify 2>&1 >/dev/null)$("$P" -d s1 verify 2>&1 >/dev/null)" '  '
is "and status is content" "$( ($H status; "$P" -d s1 status) | grep -c 'open to others')" 0
mkdir s1/many
for i in $(seq 10 39); do : >"s1/many/$i"; done
chmod 711 s1
is "of many the first by name, and how many more" "$("$P" -d s1 verify --json | json '[len(d["open_to_others"]), d["open_to_others"][1]["path"], d["open_to_others"][15]["path"], d["open_to_others_more"]]')" "[16, 'many', 'many/23', 16]"
is "in words, too" "$("$P" -d s1 verify 2>&1 >/dev/null | tail -n 2 | head -n 1)" 'and 16 more'
chmod 700 s1
rm -r s1/many

# --- what running programs show ---
stop "$looking"
cat >find.py <<'PY'
import base64, re, sys
def keys(path):
    return re.findall(rb"\xc4\x20(.{32})", open(path, "rb").read(), re.S)
secrets = [open("pass", "rb").read().strip(), open("secret", "rb").read().split(b":")[1].strip()[8:40], open("i1", "rb").read()[40:80]]
for path in ("hub/keys/online", sys.argv[1], "s1/keys", "van/keys"):
    for key in (keys(path)[i] for i in (0, 2, 4)):
        secrets += [key, key.hex().encode(), base64.urlsafe_b64encode(key).rstrip(b"=")] if key.strip(b"\0") else []
seen = [bytes.fromhex(line) for line in open("seen")]
print(len(seen) >= 20, [s[:6] for s in secrets if any(s in shown for shown in seen)])
PY
is "no secret is in arguments or environment of any program" "$("$PYTHON" find.py "$old")" 'True []'
if [ "$(id -u)" != 0 ] || ! head -c1 "/proc/$hub/mem" 2>&1 | grep -qv 'Permission'; then
  skip "where secrets lie in memory" "not root, or looking into processes is forbidden"
elif [ "$wide" = 1 ]; then
  skip "where secrets lie in memory" "built with a sanitizer, which keeps what was freed"
else
  $LOOK memory "$hub" hub/keys/online "$phrase" >hub.memory
  $LOOK memory "$hub" "$old" >old.memory
  is "the hub has its keys in memory, and those of before" "$(json 'd["found"] >= 2' <hub.memory) $(json 'd["found"] >= 2' <old.memory)" 'True True'
  like "and shows them to what answers pages" "$(wait_for_line serve '^web http')" 127.0.0.1
  if [ "$(ulimit -l)" = 0 ]; then
    skip "all in locked pages" "no memory may be locked here"
  else
    is "all in locked pages" "$(json 'd["unlocked"]' <hub.memory) $(json 'd["unlocked"]' <old.memory)" '[] []'
  fi
  is "that no dump has" "$(json 'd["dumped"]' <hub.memory) $(json 'd["dumped"]' <old.memory)" '[] []'
  is "and no passphrase, though it took in what an operator signed" "$(json 'd["words"]' <hub.memory)" '[]'
  $LOOK memory "$agent" s1/keys >s1.memory
  is "an agent, too" "$(json '[d["found"] >= 3, d["unlocked"], d["dumped"]]' <s1.memory)" '[True, [], []]'
  is "and a device that calls, and waits for an answer" "$($LOOK calling s1/keys "$P" -d s1 sync --hub @ | json '[d["found"] >= 3, d["unlocked"], d["dumped"]]')" '[True, [], []]'
fi

# --- a secret that a person gives, while the program waits for the rest of it ---
half=ChuaHetCauNay
if [ "$(id -u)" != 0 ] || [ "$wide" = 1 ] || [ "$(ulimit -l)" = 0 ]; then
  skip "where what a person gives lies in memory" "not root, built with a sanitizer, or no memory may be locked"
else
  given() { # NAME WHERE COMMAND...: WHERE it reads, - or a file; the same word is all that comes
    local name=$1
    shift
    is "$name, as far as it has come, lies in locked pages alone, that no dump has" "$($LOOK given "$half" "$@" | json '[d["found"] >= 1, d["unlocked"], d["dumped"]]')" '[True, [], []]'
  }
  given "a passphrase" word1 $hubd -d new init --listen 127.0.0.1:0 --passphrase-file word1
  given "a password" - $H account add thu --role viewer
  given "a recovery key" word2 $H backup check far/*.backup --recovery-key word2
  given "an invite, from a file" word3 "$P" -d new join word3
  given "and from standard input" - "$P" -d new join -
  given "a PIN" - "$P" -d s1 desk pin --new-card card
  given "a card" - "$P" -d s1 desk unlock

  # --- a desk that is open ---
  cp s1/keys desk.keys # which has its secret, before it gets a PIN
  printf '271828\n' | "$P" -d s1 desk pin --new-card s1.card --memory 8 >/dev/null 2>&1
  desk() { "$P" -d s1 status --json | json 'd["desk"]'; }
  secret_in() { json '[d["found"] >= 3, d["unlocked"], d["dumped"], d["words"]]'; }
  "$P" -d s1 desk lock >/dev/null
  $LOOK memory "$agent" desk.keys >desk.locked
  printf '%s\n271828\n' "$(cat s1.card)" | "$P" -d s1 desk unlock >/dev/null 2>&1
  $LOOK memory "$agent" desk.keys >desk.open # before it reads anything else
  is "a desk is opened at a terminal" "$(json 'd["found"]' <desk.locked) $(desk)" '2 open'
  is "its secret is in locked pages of the agent alone" "$(secret_in <desk.open)" '[True, [], [], []]'
  is "and of who borrows its folder" "$($LOOK calling desk.keys "$P" -d s1 sync --hub @ | secret_in)" '[True, [], [], []]'
  is "also after it was lent" "$($LOOK memory "$agent" desk.keys | secret_in)" '[True, [], [], []]'
  "$P" -d s1 desk lock >/dev/null
  cat >unlock.py <<'PY'
import json, sys, urllib.request
base, token = sys.argv[1].split("/#")
def ask(path, body, bearer=None):
    headers = {"Content-Type": "application/json", **({"Authorization": "Bearer " + bearer} if bearer else {})}
    data = b" " * 3000 + json.dumps(body).encode() # behind where the answer is made
    return json.load(urllib.request.urlopen(urllib.request.Request(base + "/api/v1" + path, data, headers)))
bearer = ask("/session", {"token": token})["bearer"]
print(ask("/desk/unlock", {"card": open("s1.card").read().strip(), "pin": "271828"}, bearer)["desk"])
PY
  opened=$("$PYTHON" unlock.py "$("$P" -d s1 desk | grep -o 'http://[^ ]*')")
  $LOOK memory "$agent" desk.keys "$(cat s1.card)" >desk.open
  is "it is opened by its page" "$opened $(desk)" 'open open'
  is "nor is the card left in the agent, or the secret elsewhere" "$(secret_in <desk.open)" '[True, [], [], []]'
  "$P" -d s1 desk lock >/dev/null
fi

# --- a secret where the name of a file belongs ---
$H account add thu --role viewer <<<'mot mat khau dai' 2>/dev/null
token=$($H account token thu 2>/dev/null)
key=$(cat secret)
invite=$(cat i1)
for lang in en_US.UTF-8 vi_VN.UTF-8; do
  for wrong in "$P -d new join" "$P" "$P -d new desk" "$H invite cancel --passphrase-file pass" "$H backup check far/*.backup --recovery-key" "$hubd -d new restore far/*.backup --recovery-key"; do
    for word in "$invite" "$key"; do LC_ALL=$lang LANGUAGE=${lang%%_*} $wrong "$word"; done
  done
  LC_ALL=$lang LANGUAGE=${lang%%_*} $H invite --site 14-0371 --role site --out i9 --passphrase-file "$phrase"
  LC_ALL=$lang LANGUAGE=${lang%%_*} $H account password thu --password-file "$phrase"
  LC_ALL=$lang LANGUAGE=${lang%%_*} $H account revoke thu "$token"
done >told 2>&1
is "a secret that was given as an argument is in no error" "$(grep -c -e "${invite:20:30}" -e "${key:22:20}" -e "$phrase" -e "${token:8:20}" told) $((${#token} >= 20))" '0 1'
is "which says what is wrong with it" "$(grep -c "the secret itself (${#invite} characters)" told) $(grep -c "chính bí mật (${#invite} ký tự)" told) $(grep -c "has ${#phrase} characters, and is not repeated" told)" '4 4 2'

# --- what it may still ask of the system ---
if ! grep -q ' sandbox=\(on\|wide\)$' serve.err; then
  skip "the filter" "$(grep -m 1 serve.sandbox serve.err)"
  skip "what is forbidden" "no filter"
else
  is "a filter lies over every thread of the hub" "$(cat /proc/$hub/task/*/status | grep -c '^Seccomp:.2$')" "$(ls /proc/$hub/task | wc -l)"
  is "and it can gain no rights" "$(cat /proc/$hub/task/*/status | grep '^NoNewPrivs:' | sort -u | tr -d '\t')" NoNewPrivs:1
fi
stop "$hub"
if [ "$wide" = 1 ] || ! grep -q ' sandbox=on$' serve.err; then
  skip "what is forbidden to the hub" "no filter, or one that a sanitizer widened"
else
  start spoilt env LD_PRELOAD="$BUILD/tests/fault/forbidden.so" $hubd -d hub serve --listen 127.0.0.1:0
  hub=$started_pid
  at=127.0.0.1:$(listen_port spoilt)
  wait_for_line spoilt.err '^serve.start' >/dev/null
  kill -USR1 "$hub"
  wait_for_line spoilt.err 'a signal to another' >/dev/null
  is "what is forbidden to the hub is refused" "$(grep -c '^forbidden: .*: \(Function not implemented\|Operation not permitted\)$' spoilt.err)" 3
  ok "it goes on" "$P" -d s1 sync --hub "$at"
  stop "$hub" USR2
  is "another program ends it" "$?" $((128 + 31))
  ok "and did not run" test ! -e forbidden.done
  start again $H serve --listen 127.0.0.1:0
  hub=$started_pid
  listen_port again >/dev/null
  ok "it starts again and is whole" $H verify
  stop "$hub"
fi
mkfifo marc
start import "$P" -d van import --dry-run marc
exec 9>marc # more than what is read ahead to tell the form of the file
{ printf '<collection><record>'; head -c 300000 /dev/zero | tr '\0' ' '; } >&9 &
find_child() { # a bare Debian has no pgrep
  local child
  for child in $(cat "/proc/$started_pid/task/$started_pid/children"); do
    [ "$(cat "/proc/$child/comm")" = packhorse-marc ] && grep -q '^Seccomp:.2$' "/proc/$child/status" && return
  done
  return 1
}
if grep -q ' sandbox=\(on\|wide\)$' serve.err; then
  ok "who reads foreign records for an import is behind a filter" wait_until 20 find_child
else
  skip "who reads foreign records for an import is behind a filter" "no filter"
fi
exec 9>&-

# --- no core dumps ---
mkdir crash
$LOOK dumps crash $hubd -d "$T/hub" serve --listen 127.0.0.1:0 >crash.json
is "a hub that falls leaves no core" "$(json '[d["limit"], d["signal"] in (6, 11) or '"$wide"' == "1", d["dumped"], d["left"]]' <crash.json)" "[['0', '0'], True, False, []]"
ok "and is whole" $H verify

# --- the units ---
exposure() { # UNIT: a program that is there stands in for ours
  sed "s|^ExecStart=[^ ]*|ExecStart=/bin/true|" "$1" >"unit/$(basename "$1")"
  systemd-analyze security --offline=true "unit/$(basename "$1")" | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p'
}
mkdir -p unit/daemon unit/client
if command -v systemd-analyze >/dev/null && systemd-analyze security --offline=true --help >/dev/null 2>&1; then
  for unit in daemon/packhorsed client/packhorse-agent client/packhorse-courier; do
    [ -f "$BUILD/$unit.service" ] || { skip "$unit.service is exposed by at most 1.5" "built without units"; continue; }
    score=$(exposure "$BUILD/$unit.service")
    diag "$unit.service: exposure $score"
    ok "$unit.service is exposed by at most 1.5" "$PYTHON" -c "import sys; sys.exit(not 0 < float(sys.argv[1] or 'nan') <= 1.5)" "$score"
  done
else
  for unit in packhorsed packhorse-agent packhorse-courier; do skip "$unit.service" "no systemd-analyze, or one that knows no --offline"; done
fi
verified() { # UNIT NAME: as systemd reads it; a user's own units by a user's manager
  mkdir -p "unit/$1.d" run
  chmod 700 run
  sed "s|^ExecStart=[^ ]*|ExecStart=/bin/true|" "$BUILD/$1.service" >"unit/$1.d/$2.service"
  case $1 in *.user) set -- "$1" "$2" --user ;; esac
  XDG_RUNTIME_DIR=$T/run systemd-analyze verify --man=no --recursive-errors=no ${3:-} "unit/$1.d/$2.service" 2>&1
}
if command -v systemd-analyze >/dev/null && systemd-analyze verify --recursive-errors=no --help >/dev/null 2>&1; then
  for unit in daemon/packhorsed client/packhorse-agent client/packhorse-courier client/packhorse-agent.user client/packhorse-courier.user; do
    [ -f "$BUILD/$unit.service" ] || { skip "systemd has nothing to say of $unit.service" "built without units"; continue; }
    name=$(basename "${unit%.user}")
    is "systemd has nothing to say of $unit.service" "$(verified "$unit" "$name"; echo $?)" 0
  done
else
  for unit in packhorsed packhorse-agent packhorse-courier packhorse-agent.user packhorse-courier.user; do skip "systemd has nothing to say of $unit.service" "no systemd-analyze, or one that knows no --recursive-errors"; done
fi
for unit in daemon/packhorsed client/packhorse-agent client/packhorse-courier; do
  [ -f "$BUILD/$unit.service" ] || { skip "$unit.service runs as a user of its own" "built without units"; continue; }
  is "$unit.service runs as a user of its own" "$(grep -c '^User=packhorse$' "$BUILD/$unit.service")" 1
done

# --- the steps of OPERATIONS.md, "A site's agent": the folder of a unit, made for another user ---
is "the hub's unit and the text name the folder of its witness" "$(sed -n 's/^StateDirectory=//p' "$ROOT/daemon/packhorsed.service") $(grep -oh '/var/lib/packhorse-witness' "$ROOT/docs/OPERATIONS.md" | sort -u)" \
  'packhorse packhorse-witness /var/lib/packhorse-witness'
folders=$(grep -oh '/var/lib/packhorse-[a-z]*' "$ROOT/docs/OPERATIONS.md" "$ROOT"/client/*.service | grep -v witness | sort -u | xargs)
is "text and units name one folder" "$folders $(sed -n 's/^StateDirectory=//p' "$ROOT/client/packhorse-agent.service" "$ROOT/client/packhorse-courier.service" | sort -u | xargs)" '/var/lib/packhorse-site packhorse-site'
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  chmod 711 "$T" # as /var/lib is: others pass, and make nothing
  mkdir -m 755 lib
  mkdir -m 755 lib/bin
  cp "$P" lib/bin/packhorse # the build may lie where others do not come
  as() { setpriv --reuid 65534 --regid 65534 --clear-groups env -u HOME "$@"; }
  $H invite --site 14-0371 --role site --out i3 --passphrase-file pass 2>/dev/null
  chmod 600 i3
  as "$T/lib/bin/packhorse" -d "$T/lib/packhorse-site" join - <i3 >none.out 2>none.err
  is "without the folder join says what to do" "$? $(grep -c 'install -d -m 0700 -o USER -g USER .*lib/packhorse-site' none.err)" '1 1'
  install -d -m 0700 -o 65534 -g 65534 lib/packhorse-site
  ok "with it the unit's user joins, from an invite that is root's alone" as "$T/lib/bin/packhorse" -d "$T/lib/packhorse-site" join - <i3
  ok "and works in it" as "$T/lib/bin/packhorse" -d "$T/lib/packhorse-site" status
  cp "$hubd" lib/bin/packhorsed
  site=$T/lib/bin/packhorse
  hub=$T/lib/bin/packhorsed
  not_ours() { # NAME COMMAND...: what somebody is told who works in a folder that is not his
    local name=$1
    shift
    as "$@" >none.out 2>none.err
    is "$name: where, whose it is, and what to do" "$? $(sed 's/^[a-z]*: //' none.err)" "$rc $where: no permission. It belongs to the user root: give the command as that user (sudo -u root ...)"
  }
  rc=1 where=$T/s1
  not_ours "status in the folder of another user" "$site" -d "$T/s1" status
  not_ours "and its desk" "$site" -d "$T/s1" desk
  where=$T/hub
  not_ours "a hub that is another user's" "$hub" -d "$T/hub" status
  not_ours "and its keys" "$hub" -d "$T/hub" keys rotate --passphrase-file "$T/pass"
  rc=78 where=$T/hub/conf.d # what reads settings meets those first
  not_ours "its serving" "$hub" -d "$T/hub" serve --listen 127.0.0.1:0
  not_ours "its backups" "$hub" -d "$T/hub" backup "$T/lib"
  where=$T/s1/conf.d
  not_ours "and an agent" "$site" -d "$T/s1" agent
  like "in Vietnamese" "$(as env LC_ALL=vi_VN.UTF-8 "$hub" -d "$T/hub" status 2>&1)" 'hub: không có quyền. Thuộc về người dùng root: hãy ra lệnh .*sudo -u root'
  chmod 755 s1
  rc=1 where=$T/s1/lock
  not_ours "a folder that others may enter" "$site" -d "$T/s1" status
  mv lib/packhorse-site/lock lib/lock
  own=$(id -un 65534)
  install -m 600 -o root /dev/null lib/packhorse-site/lock # a command that root gave once
  as "$site" -d "$T/lib/packhorse-site" status >none.out 2>none.err
  is "a file of root's in the own folder is to be given back, not worked on as root" "$? $(sed 's/^[a-z]*: //' none.err)" "1 $T/lib/packhorse-site/lock: no permission. It belongs to the user root, though the folder is yours: have the file given to you (sudo chown $own $T/lib/packhorse-site/lock)"
  like "in Vietnamese, too" "$(as env LC_ALL=vi_VN.UTF-8 "$site" -d "$T/lib/packhorse-site" status 2>&1)" 'Thuộc về người dùng root, dù thư mục là của bạn: .*sudo chown '
  $(sed -n 's/.*(sudo \(chown .*\))/\1/p' none.err)
  ok "which helps" as "$site" -d "$T/lib/packhorse-site" status
  rm lib/packhorse-site/lock
  mv lib/lock lib/packhorse-site/lock
  chmod 500 lib/packhorse-site
  mv lib/packhorse-site/lock lib/lock
  as "$site" -d "$T/lib/packhorse-site" status >none.out 2>none.err
  is "who lacks rights in his own is not sent to himself" "$? $(sed 's/^[a-z]*: //' none.err)" "1 $T/lib/packhorse-site/lock: no permission"
else
  skip "with it the unit's user joins" "not root, or no setpriv"
fi
done_testing

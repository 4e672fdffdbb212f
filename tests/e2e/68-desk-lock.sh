#!/bin/bash
# A desk with a PIN and a card: what a stolen folder gives away before and after; that a locked
# desk lends, takes back, registers, receives and sends, and names nobody; tries that are counted
# through kill -9; a desk that locks itself; a card and a PIN that are changed, lost, forgotten.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
secret="--passphrase-file pass"
pick() { "$PYTHON" -c 'import json, sys; print(eval(sys.argv[1], {"d": json.load(sys.stdin)}))' "$1"; }
image() { "$PYTHON" "$ROOT/tests/e2e/images.py" "$@"; }
site() { local at=$1; shift; "$P" -d "$at" "$@"; }
sync() { site "$1" sync --hub "$at" --json >sync.out 2>sync.err; }
member() { site "$1" status --json | pick "d['$2']"; }
ref() { site "$@" --plain | tail -n 1 | cut -f2; }
code() { site "$@" --plain | tail -n 1 | cut -f3; }
at_hub() { $H privacy "$1" --json 2>/dev/null | pick '[f["entry"].get("name") for f in d["facts"] if f["kind"] == "reader-put"]'; }
agents=0
agent_start() { # SETTINGS
  printf '[hub]\naddress = %s\n[sync]\ninterval-ms = 600000\nquiet-ms = 300000\nlatest-ms = 300000\nspread-ms = 300000\n%s\n' "$at" "$1" >a/agent.conf
  agents=$((agents + 1))
  start "agent.$agents" "$P" -d a agent
  agent=$started_pid
  wait_until 20 grep -q '^agent.start' "agent.$agents.err"
}
desk() { member a desk; }
unlock() { printf '%s\n' "$1" | site a desk unlock --card "${2:-card}"; }

$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 $secret 2>/dev/null
$H site add 14-0001 --commune 03641 --kind commune-library --name 'Điểm một' 2>/dev/null
$H site add 14-0002 --commune 03641 --kind post-office --name 'Điểm hai' 2>/dev/null
start serve $H serve --listen 127.0.0.1:0
at=127.0.0.1:$(listen_port serve)
for x in 'a 14-0001' 'b 14-0002'; do
  set -- $x
  $H invite --site "$2" --role site --hub "$at" --out "$1.invite" $secret 2>/dev/null
  site "$1" join "$1.invite" >/dev/null
  sync "$1" || fail "$1 syncs"
  $H devices confirm "$(member "$1" device)" --fingerprint "$(member "$1" fingerprint)" >/dev/null 2>&1
done

# --- before ---
hoa=$(ref a reader add --name 'Lò Thị Tuyệt' --born 1987 --telephone 0912333444 --commune 03641)
card=$(code a card issue "$hoa" --print-card)
truyen=$(ref a title add --name 'Truyện Kiều')
book=$(code a copy add --print-code --title "$truyen")
next=$(code a card issue "$hoa" --print-card)
is "a desk without a PIN is as ever" "$(site a reader show "$hoa" --json | pick 'd["name"]')/$(desk)" 'Lò Thị Tuyệt/no-pin'
is "and who takes its folder has the desk's secret" "$(image secret a a)" 'a/keys'
ok "what lay in the folder before" cp -r a before
file=$(stat -c %i a/keys)
status "a desk without a PIN is not locked" 1 site a desk lock
like "and says what to do" "$(cat ok.out)" 'desk pin'

# --- a PIN ---
status "a PIN of five digits" 2 bash -c "printf '27182\n' | '$P' -d a desk pin --new-card c1 --memory 8"
status "one that is counted up" 2 bash -c "printf '123456\n' | '$P' -d a desk pin --new-card c2 --memory 8"
is "nothing was changed" "$(desk)/$(ls a | grep -c desk)" 'no-pin/0'
status "a card that is not read back" 2 bash -c "'$P' -d a desk pin --svg c3 --memory 8 </dev/null"
: >c4
status "a card into a file that is there" 1 bash -c "printf '271828\n' | '$P' -d a desk pin --new-card c5 --svg c4 --memory 8"
like "and says what to do" "$(cat ok.out)" 'another file'
is "no card is left that opens nothing" "$(ls c1 c2 c3 c5 2>/dev/null)/$(stat -c %s c4)" '/0'
ok "a PIN and a card" bash -c "printf '271828\n' | '$P' -d a desk pin --new-card card --svg card.svg --memory 8"
like "the card has forty digits" "$(cat card)" '^[0-9]{40}$'
like "and is an image to print" "$(head -c 300 card.svg)" '<svg'
is "for its owner alone" "$(stat -c %a card card.svg a/keys a/desk | sort -u)" 600
is "no card is written over" "$(printf '271828\n' | site a desk card --new-card card --memory 8 >/dev/null 2>&1; echo $?)" 1
is "the desk is locked, for no agent keeps it open" "$(desk)" locked
is "nothing in the folder is the desk's secret" "$(image secret a a)" ''
is "the file that had it is the same, overwritten" "$(stat -c %i a/keys)" "$file"
is "a search that finds nothing finds it before" "$(image secret a before)" 'before/keys'
is "no name in the clear" "$(image text 'Tuyệt' a)$(image text 0912333444 a)" ''
is "no file left behind" "$(ls a | grep -E 'new|part')" ''
is "the same log, the same row of codes" "$(code a copy add --print-code --title "$truyen" | cut -c1-8)" "$(cut -c1-8 <<<"$book")"
is "nor is the folder taken for a copy" "$(member a new_log)" None

# --- locked ---
is "a reader is a code" "$(site a reader show "$hoa" --json | pick '"name" in d, "name" in d["locked"]')" '(False, True)'
is "so is who has the card" "$(site a card show "$card" --json | grep -c Tuyệt)" 0
status "a name is not searched" 1 site a find tuyet
like "it says why, and what to do" "$(cat ok.out)" 'desk unlock'
is "titles are" "$(site a find kieu --json | pick 'len(d["titles"]), len(d["readers"]), d["desk"]')" "(1, 0, 'locked')"
ok "a loan by code" site a loan "$card" "$book"
is "and no name in what is said" "$(site a loan "$card" "$book" --json 2>&1 | grep -c Tuyệt)" 0
ok "renewed" site a renew "$book"
ok "taken back" site a return "$book"
ok "a visit" site a visit 3 --band adult
ok "lists" site a list overdue --json
is "privacy of a card says that it is locked" "$(site a privacy "$card" --json | grep -c Tuyệt)" 0
new=$(ref a reader add --name 'Quàng Văn Khóa' --born 1990 --telephone 0987654321 --commune 03641)
like "a reader is registered" "$new" '.'
is "and cannot be read here" "$(site a reader show "$new" --json | pick '"name" in d')" False
is "nor found in any file" "$(image text 'Quàng Văn Khóa' a)$(image text 0987654321 a)" ''
sync a
is "it sends" "$(member a pending)/$(member a parts_pending)" 0/0
is "also the details, of before and of since" "$(at_hub "$hoa") $(at_hub "$new")" "['Lò Thị Tuyệt'] ['Quàng Văn Khóa']"
site b reader add --name 'Lường Văn Sang' --born 1970 --commune 03641 >/dev/null
sync b
sync a
is "and receives" "$(member a fed | pick 'd["facts"] > 0' 2>/dev/null || site a status --json | pick 'd["fed"]["facts"] > 0')" True
is "nothing of whom it was sent can be read" "$(image text 'Lường Văn Sang' a)" ''
mkdir stick
stick=$(ref a reader add --name 'Cà Thị Gậy' --born 1991 --commune 03641)
ok "which is packed while it is locked" site a pack-stick stick
is "with no name on it" "$(image text 'Cà Thị Gậy' stick a)" ''
ok "and taken by the hub" $H take-stick stick
is "with its details" "$(at_hub "$stick")" "['Cà Thị Gậy']"

# --- unlocked, and locked by itself ---
status "without an agent nobody keeps it open" 1 unlock 271828
like "it says so" "$(cat ok.out)" agent
agent_start $'[desk]\nidle-ms = 600000'
is "a desk is locked when the agent starts" "$(desk)" locked
status "a wrong PIN" 1 unlock 271829
status "another desk's card" 1 bash -c "printf '%s\n271828\n' 1111111111111111111111111111111111111111 | '$P' -d a desk unlock"
like "told without a try" "$(cat ok.out)" 'not the card'
status "a card that was typed wrongly" 2 bash -c "printf '%s\n271828\n' 1111111111111111111111111111111111111116 | '$P' -d a desk unlock"
ok "card and PIN" unlock 271828
is "open" "$(desk)" open
is "a reader has a name again" "$(site a reader show "$hoa" --json | pick 'd["name"]')" 'Lò Thị Tuyệt'
is "who was registered while it was locked, too" "$(site a reader show "$new" --json | pick 'd["name"]')" 'Quàng Văn Khóa'
is "and who was received then" "$(site a find --stdin --json <<<'{"words":["luong van sang"]}' | pick '[r["name"] for r in d["readers"]]')" "['Lường Văn Sang']"
is "to a command that borrows the folder, as well" "$(site a privacy "$card" --json | pick '[f["entry"]["name"] for f in d["facts"] if f["kind"] == "reader-put"]')" "['Lò Thị Tuyệt']"
is "the secret is in no file while it is open" "$(image secret a a)" ''
ok "locked by hand" site a desk lock
is "no name" "$(desk)/$(site a reader show "$hoa" --json | grep -c Tuyệt)" locked/0
ok "open once more" unlock 271828
kill -9 "$agent"; wait "$agent" 2>/dev/null
is "nothing opens it after kill -9" "$(desk)/$(site a reader show "$hoa" --json | grep -c Tuyệt)" locked/0
agent_start $'[desk]\nidle-ms = 1000'
ok "open for a second" unlock 271828
ok "a desk that nobody works at locks itself" wait_until 10 bash -c "[ \"\$('$P' -d a status --json | '$PYTHON' -c 'import json, sys; print(json.load(sys.stdin)[\"desk\"])')\" = locked ]"
is "then no name" "$(site a reader show "$hoa" --json | grep -c Tuyệt)" 0
stop "$agent"

# --- by the desk's API, and a PIN that comes while the agent runs ---
agent_start $'[desk]\nserve = 1\nidle-ms = 600000'
is "a desk that is open" "$(unlock 271828 >/dev/null; desk)" open
cat >by_api.py <<'END'
import json, sys, urllib.request
base, token = sys.argv[1].split("/#")
def ask(path, body=None, bearer=None):
    headers = {"Content-Type": "application/json"} if body is not None else {}
    headers.update({"Authorization": "Bearer " + bearer} if bearer else {})
    data = json.dumps(body).encode() if body is not None else None
    return json.load(urllib.request.urlopen(urllib.request.Request(base + "/api/v1" + path, data, headers)))
bearer = ask("/session", {"token": token})["bearer"]
def name(): return ask("/readers/" + sys.argv[2], None, bearer).get("name")
print(name(), ask("/desk/lock", {}, bearer)["desk"], name(), ask("/status", None, bearer)["desk"])
held = {"card": open("card").read().strip(), "pin": "271828"}
print(ask("/desk/unlock", held, bearer)["desk"], name(), ask("/status", None, bearer)["desk"])
END
"$PYTHON" by_api.py "$(site a desk | grep -o 'http://[^ ]*')" "$hoa" >by_api.out 2>&1
is "names a reader, is locked by its page, and names none" "$(sed -n 1p by_api.out)" 'Lò Thị Tuyệt locked None locked'
is "and is unlocked by it, by card and PIN" "$(sed -n 2p by_api.out)" 'open Lò Thị Tuyệt open'
is "for commands as well" "$(desk)/$(site a reader show "$hoa" --json | pick 'd["name"]')" 'open/Lò Thị Tuyệt'
is "with its secret in no file" "$(image secret a a)" ''
stop "$agent"
printf '[hub]\naddress = %s\n' "$at" >b/agent.conf
start agent.b "$P" -d b agent
agent=$started_pid
wait_until 20 grep -q '^agent.start' agent.b.err
b=$(ref b reader add --name 'Lường Văn Sang' --born 1970 --commune 03641)
ok "a PIN while the agent runs" bash -c "printf '141421\n' | '$P' -d b desk pin --new-card cardb --memory 8"
is "leaves the desk open for now" "$(member b desk)/$(site b reader show "$b" --json | pick 'd["name"]')" 'open/Lường Văn Sang'
ok "until it is locked" site b desk lock
is "and it is" "$(member b desk)/$(site b reader show "$b" --json | grep -c Sang)/$(image secret b b)" locked/0/
stop "$agent"

# --- tries ---
agent_start $'[desk]\nidle-ms = 600000'
for i in 1 2 3; do unlock 314159 >/dev/null 2>&1; done
start tried bash -c "printf '314159\n' | '$P' -d a desk unlock --card card"
wait_until 10 bash -c "'$PYTHON' -c 'import sys; sys.exit(open(\"a/desk-tries\", \"rb\").read()[24] < 4)'"
kill -9 "$started_pid" 2>/dev/null
status "the fifth wrong PIN, of which one was killed" 1 unlock 314159
status "after five one waits" 75 unlock 271828
like "it says how long" "$(cat ok.out)" 'seconds'
stop "$agent"
agent_start $'[desk]\nidle-ms = 600000'
status "so does a new agent" 75 unlock 271828
rm a/desk-tries # who may write here may do so: 0033 says what that is worth
ok "the right PIN" unlock 271828
is "counts them no more" "$(ls a | grep -c tries)" 0

# --- changed ---
status "a wrong PIN changes no PIN" 1 bash -c "printf '839201\n161803\n' | '$P' -d a desk pin --card card --memory 8"
ok "another PIN" bash -c "printf '271828\n161803\n' | '$P' -d a desk pin --card card --memory 8"
site a desk lock >/dev/null
status "the old one opens nothing" 1 unlock 271828
ok "the new one does" unlock 161803
ok "a card is lost: another, while the desk is open" bash -c "printf '141421\n' | '$P' -d a desk card --new-card card2 --memory 8"
site a desk lock >/dev/null
status "the old card is no card of this desk" 1 unlock 161803 card
ok "the new one is" unlock 141421 card2
site a desk lock >/dev/null
status "no other card is made while it is locked" 1 bash -c "printf '141421\n' | '$P' -d a desk card --new-card card3 --memory 8"
like "it says where help is" "$(cat ok.out)" 'replaces this device'
is "and no card lies about" "$(ls card3 2>/dev/null)" ''

# --- erased while locked ---
stop "$agent"
image learn known before >/dev/null
is "her part lies here" "$(image find known --ref "$hoa" a | grep -c ciphertext)" 1
ok "the order to erase her" $H erase "$hoa" $secret
sync a; sync a; sync b; sync b
is "a locked desk carries it out" "$(desk) $(image find known --ref "$hoa" a)" 'locked '
is "and says so to the hub" "$($H erasures --json | pick '[d["erasures"][0][k] for k in ("confirmed", "out")]')" '[2, 0]'

# --- card and PIN lost: the device is replaced, and all readers come again ---
$H invite --site 14-0001 --role site --replaces "$(member a device)" --hub "$at" --out a3.invite $secret 2>invite.err || diag "$(cat invite.err)"
ok "a replacing invite is joined in another folder" site a3 join a3.invite
sync a3
$H devices confirm "$(member a3 device)" --fingerprint "$(member a3 fingerprint)" >/dev/null 2>&1
sync a3; sync a3
is "it reads whom the locked desk could not" "$(site a3 reader show "$new" --json | pick 'd["name"]')" 'Quàng Văn Khóa'
done_testing

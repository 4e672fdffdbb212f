#!/bin/bash
# What a person has the hub write: settings of places, targets, cuts and their release,
# cancelled invites, an order to erase; lines of JSON; what an operator must sign.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
printf 'another\n' >wrong
pass="--passphrase-file pass"
# the last entry of the control log
last() { $H log --limit 50 | "$PYTHON" -c 'import json,sys
own = [e for e in map(json.loads, sys.stdin) if e["log_site"] == 0]
print(json.dumps([e for e in own if e["log"] == own[0]["log"]][-1]))'; }
# the last entry of the desk log, which is the hub's other one
desk() { $H log --limit 50 | "$PYTHON" -c 'import json,sys
own = [e for e in map(json.loads, sys.stdin) if e["log_site"] == 0]
print(json.dumps([e for e in own if e["log"] != own[0]["log"]][-1]))'; }
visits() { $H query summary --json | json 'd["summary"][0]["visits"]'; }
serve() {
  "$hubd" -d hub serve >serve.out 2>>serve.log &
  server=$!
  started+=("$server")
  at=$(wait_for_line serve.out '^listening ' | cut -d' ' -f2)
}
halt() {
  stop "$server"
  rm -f serve.out
}
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 $pass 2>/dev/null
$H site add 14-0371 --commune 03646 --kind van --name 'Xe' 2>/dev/null
for commune in 03646 04048 03600; do $H commune add $commune --name 'Tô Hiệu' --type phuong 2>/dev/null; done

# --- places and targets ---
ok "site set" $H site set 14-0371 --route 03646,04048 --no-readers --schedule 'T2, T5' --status closed
is "what it wrote" "$(last | json 'd["kind"], d["route"], d["no_readers"], d["schedule"], d["status"]')" \
  "('site-put', ['03646', '04048'], 1, 'T2, T5', 'closed')"
ok "a site by its number" $H site set 140371 --readers --status open
is "what was set before was seen" "$(last | json 'sorted(d["seen"])')" "['no_readers', 'status']"
status "site set of a site that is not there" 2 $H site set nowhere --name x
status "site set of nothing" 2 $H site set 14-0371
status "a kind that could be two" 2 $H site set 14-0371 --kind library
status "a commune on the route that is none" 2 $H site set 14-0371 --route 3646
ok "commune set" $H commune set 03646 --from 2025-07-01 --predecessor 03600
status "a day that is none" 2 $H commune set 03646 --from 2025-02-30
ok "target set, in per cent" $H target set M1 2026 12.5%
is "its hundredths" "$(last | json 'd["value"]')" 1250
ok "a count, with its rule" $H target set M4 2030 110 --rule 'mean growth' --version 2
is "what it wrote" "$(last | json 'd["value"], d["rule"], d["version"]')" "(110, 'mean growth', 2)"
status "of no row of the plan" 0 $H target set m1 2026 1%
like "it is written, and remarked upon" "$(cat ok.out)" 'no report is called m1'
status "three digits behind the point" 2 $H target set M1 2026 1.234%
status "a year before any" 2 $H target set M1 1999 1%
status "no number" 2 $H target set M1 2026 many
is "--plain" "$($H target set M1 2027 1% --plain | cut -f1,3,4)" "$(printf 'target-put\tcontrol\tknown')"
is "--json has a schema" "$($H target set M1 2028 1% --json | json 'd["schema"], d["entries"][0]["ok"]')" '(1, True)'

# --- devices ---
for i in 1 2 3; do
  $H invite --site 14-0371 --role site --out i$i $pass 2>/dev/null
done
serve
ok "a device joins and syncs" bash -c "$P -d s1 join i1 && $P -d s1 visit 5 --band adult && $P -d s1 sync --hub $at"
id=$("$P" -d s1 status --json | json 'd["device"]')
ok "another" bash -c "$P -d s2 join i2 && $P -d s2 sync --hub $at"
other=$("$P" -d s2 status --json | json 'd["device"]')
log=$($H log --site 14-0371 | head -n 1 | json 'd["log"]')
n=$($H log --site 14-0371 | "$PYTHON" -c 'import json,sys
print(max(e["n"] for e in map(json.loads, sys.stdin) if e["log"] == sys.argv[1]))' "$log")

ok "devices retire, while the daemon runs" $H devices retire "${other:0:8}" --reason replaced
status "a second time" 1 $H devices retire "${other:0:8}"
status "a device that is not there" 1 $H devices retire 00000000
status "a name that is too short" 2 $H devices retire 0
status "a reason that is none" 2 $H devices retire "${id:0:8}" --reason tired

status "cut wants a reason" 2 $H cut "${id:0:8}" $pass
status "and the operator's passphrase" 2 $H cut "${id:0:8}" --reason lost
status "the right one" 1 $H cut "${id:0:8}" --reason lost --passphrase-file wrong
status "--at of an entry that is not here" 2 $H cut "${id:0:8}" --reason lost --at "$log:99" $pass
is "nothing of that was written" "$($H log --limit 100 | grep -c device-cut)" 0
ok "cut" $H cut "${id:0:8}" --reason lost $pass
like "what is signed is shown first" "$(cat ok.out)" 'signing: .*"kind":"device-cut"'
is "up to what is here" "$(last | json 'd["heads"][0]["n"], len(d["operator"])')" "($n, 192)"
cut=$(last | json 'd["ref"]')
status "cut again" 1 $H cut "${id:0:8}" --reason lost $pass
is "what it wrote before counts" "$(visits)" 5
"$P" -d s1 visit 7 --band adult >/dev/null
"$P" -d s1 sync --hub "$at" >/dev/null 2>&1
is "what comes later does not" "$(visits)" 5

status "adopt wants the operator too" 2 $H adopt "${log:0:12}"
status "adopt up to an entry that is not here" 2 $H adopt "${log:0:12}:999" $pass
status "a log that is not there" 1 $H adopt 000000000000 $pass
ok "adopt" $H adopt "${log:0:12}" $pass
is "makes what came later count" "$(visits)" 12
adopt=$(desk | json 'd["ref"]')
is "it stands in the desk log" "$(desk | json 'd["kind"]')" log-adopt
ok "a void of it takes it back" $H void "$adopt" $pass
is "so that it counts no more" "$(visits)" 5

# --- the programme ---
ok "model put" $H model put 03646 14-0371 --status building --decision 12/QD --date 2026-03-01
is "what it wrote" "$(desk | json 'd["commune"], d["sites"], d["status"]')" "('03646', [140371], 'building')"
ok "again" $H model put 03646 --status recognised
is "it has seen what stood there" "$(desk | json 'list(d["seen"])')" "['status']"
status "a status that is none" 2 $H model put 03646 --status perhaps
status "model put wants a status" 2 $H model put 03646
ok "tally put" $H tally put budget-state 250000000 --from 2026-01-01 --to 2026-03-31 --behalf 14-0371
is "what it wrote" "$(desk | json 'd["code"], d["value"], d["behalf"]')" "('budget-state', 250000000, 140371)"
status "a code that is none" 2 $H tally put cows 1 --from 2026-01-01 --to 2026-01-02
status "tally put without its last day" 2 $H tally put staff 1 --from 2026-01-01
worker=$($H worker add --name 'Lò Thị Xuân' --telephone 0912 --site 14-0371 --role librarian --json | json 'd["entries"][0]["ref"]')
ok "worker set" $H worker set "$worker" --role manager
is "of that worker" "$(desk | json 'd["worker"], d["role"]')" "('$worker', 'manager')"
ok "the name is in no file" bash -c "! grep -rqa 'Xuân' hub"
status "worker add wants a name" 2 $H worker add --site 14-0371
status "worker set of nothing" 2 $H worker set "$worker"
ok "training" $H training 'Phân loại' --workers 12 --women 9 --attendees "$worker" --when 2026-03-05
ok "donation" $H donation enterprise --money 5000000 --copies 40 --donor-name 'Công ty A' --foreign
is "what it wrote" "$(desk | json 'd["donor"], d["money"], d["foreign"]')" "('enterprise', 5000000, 1)"
status "a donation of nothing" 2 $H donation person
is "everything of it went into the desk log" "$($H log --limit 100 | "$PYTHON" -c 'import json,sys
print(sum(e["kind"] in ("tally", "training", "donation", "model-put", "worker-put")
  for e in map(json.loads, sys.stdin) if e["log"] == sys.argv[1]))' "$(desk | json 'd["log"]')")" 7

# --- invites ---
is "invites: two used, one open" "$($H invite list --plain | cut -f6 | sort | tr '\n' ' ')" 'open used used '
invite=$($H invite list --json | json '[i["invite"] for i in d["invites"] if i["state"] == "open"][0]')
gone=$($H invite list --json | json '[i["invite"] for i in d["invites"] if i["state"] == "used"][0]')
status "one that was used cannot be cancelled" 1 $H invite cancel "$gone" $pass
status "nor one that is not there" 1 $H invite cancel ffffffff $pass
ok "invite cancel" $H invite cancel "${invite:0:8}" $pass
like "is shown" "$($H invite list)" cancelled
"$P" -d s3 join i3 >/dev/null 2>&1
status "who comes with it is turned away" 11 "$P" -d s3 sync --hub "$at"
is "and is no device" "$($H devices --json | json 'len(d["devices"])')" 2
like "the log says why" "$(cat serve.log)" 'cut-off'

# --- record ---
cat >lines <<E
{"kind":"target-put","indicator":"A","year":2026,"value":1}
{"kind":"void","target":"@1"}

{"kind":"visit"}
{"kind":"site-put","site":"14-0371","name":"Xe thư viện"}
{"kind":"void","target":"@3"}
nonsense
E
cat >shared <<E
{"kind":"card-stop","card":{"ns":140371,"code":"C1"},"reason":"lost","behalf":"14-0371"}
{"kind":"note","about":"@1","text":"gọi điện rồi"}
{"kind":"void","target":"@2"}
{"kind":"withdrawn","copy":{"ns":140371,"code":"000123"},"decision":"7/QD"}
{"kind":"reader-merge","reader":"$worker","other":"$adopt"}
{"kind":"clock-judge","mark":"$worker","ahead":60}
E
status "record: wrong lines are passed over" 1 $H record lines
is "each line is answered" "$($H record lines | "$PYTHON" -c 'import json,sys
print([(a["line"], a["ok"]) for a in map(json.loads, sys.stdin)])')" \
  "[(1, True), (2, True), (4, False), (5, True), (6, False), (7, False)]"
is "@1 is the entry of line 1" "$($H log --limit 3 | "$PYTHON" -c 'import json,sys
e = [x for x in map(json.loads, sys.stdin) if x["log_site"] == 0]
e = [x for x in e if x["log"] == e[0]["log"]]
print(e[-2]["target"].split(".")[1] == str(e[-3]["n"]))')" True
before=$($H status --json | json 'd["control_entries"]')
status "--batch: all or none" 2 $H record --batch lines
head -n 5 lines >batch
status "also when a line is what the hub may not write" 1 $H record --batch batch
is "none was" "$($H status --json | json 'd["control_entries"]')" "$before"
grep -v visit batch >good
ok "a batch that is right" $H record --batch good
is "is written" "$($H status --json | json 'd["control_entries"]')" $((before + 3))
ok "what sites and the hub write both" $H record shared --behalf 14-0371
is "goes into the desk log" "$($H record shared | "$PYTHON" -c 'import json,sys
print({a["log"] for a in map(json.loads, sys.stdin)})')" "{'desk'}"
halt
ok "without a daemon it is the same" $H record good
is "too" "$($H status --json | json 'd["control_entries"]')" $((before + 6))
status "a file that is not there" 2 $H record none
printf '{"kind":"invite-cancel","invite":"%032d"}\n' 7 >signed
status "what an operator signs wants the passphrase" 1 $H record signed
ok "and is written with it" $H record signed $pass
status "standard output that is full" 1 bash -c "$H record good >/dev/full"
like "says what was saved" "$($H record good 2>&1 >/dev/full)" 'saved 1 lines'

# --- release: the cut is voided by an operator ---
status "void of a cut wants the operator" 2 $H void "$cut"
ok "void of a cut" $H void "$cut" --reason mistake $pass
is "releases it" "$(visits)" 12
status "a void of the void" 2 $H void "$(last | json 'd["ref"]')"
status "void of what is no reference" 2 $H void abc
ok "all is whole" $H verify
done_testing

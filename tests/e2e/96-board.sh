#!/bin/bash
# Who is late, each site by its own timetable: a daily site, a post that syncs on market day, a
# bookcase that a van passes, a site of two PCs of which one goes silent, one that never joined,
# one that is closed; by which road each was heard, what it has yet to bring, and why it is late.
# Days pass by faketime, which all programs of a step see.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
P=$BUILD/client/packhorse
faketime=$(echo /usr/lib/*/faketime/libfaketime.so.1)
[ -e "$faketime" ] || { skip "the board" "no faketime"; done_testing; }
export TZ=UTC DONT_FAKE_MONOTONIC=1
printf 'mot cau dai\n' >pass
now="2026-12-01 02:00:00" # 9 in the morning in Vietnam, a Tuesday
timed() { faketime -f "@$now" "$@"; }
H() { timed "$hubd" -d hub "$@"; }
P() { timed "$P" "$@"; }
serve() { # [option…]; not by the command faketime, which does not pass signals on
  start serve env "LD_PRELOAD=$faketime" "FAKETIME=@$now" "$hubd" -d hub serve --listen 127.0.0.1:0 "$@"
  at=127.0.0.1:$(listen_port serve)
  serving=$started_pid
}
sync() { P -d "$1" sync --hub "$at" --json >/dev/null 2>&1; }
member() { P -d "$1" status --json >member.json; json member.json "j['$2']"; }
# board EXPRESSION: over b, the sites by code
board() {
  H board --json >board.json
  "$PYTHON" -c 'import json, sys
j = json.load(open("board.json"))
b = {s["site"][-1]: s for s in j["sites"]}
print(eval(sys.argv[1]))' "$1"
}
states() { board '" ".join(k + ":" + b[k]["state"] for k in sorted(b))'; }
why() { board "[w['code'] for w in b['$1']['why']]"; }

H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
for i in 1 2 3 4 5 6; do H site add "14-000$i" --commune 03646 --kind commune --name "Điểm $i" 2>/dev/null; done

# --- timetables ---
ok "a timetable" H site set 14-0001 --schedule 'daily grace 12h'
H site set 14-0002 --schedule 'market 5d from 2026-12-01' >/dev/null
H site set 14-0003 --schedule 'van:thu grace 24h' >/dev/null
ok "words are kept, as before" H site set 14-0004 --schedule 'sáng thứ hai đến thứ sáu'
like "and told to be none" "$(H site set 14-0004 --schedule 'mon thuu' 2>&1)" 'no timetable'
is "a timetable is told nothing" "$(H site set 14-0001 --schedule 'daily grace 12h' 2>&1 >/dev/null)" ''
is "the province has one of ours" "$(board 'b["4"]["timetable"], b["4"]["is_own"]')" "('daily grace 48h', False)"
ok "or its own" H policy set schedule.default 'workdays grace 36h'
status "which must be one" 2 H policy set schedule.default 'mon thuu'
like "and says what would be" "$(H policy set schedule.default 'mon thuu' 2>&1)" 'schedule.default: "mon thuu" is not a timetable .*van:thu'
is "that counts for words" "$(board 'b["4"]["timetable"]')" 'workdays grace 36h'
is "what the site's own says" "$(board 'b["3"]["timetable"], b["3"]["is_own"], b["3"]["schedule"]')" \
  "('van:thu grace 24h', True, 'van:thu grace 24h')"
is "nobody was heard" "$(states)" '1:never 2:never 3:never 4:never 5:never 6:never'
is "since nobody has joined" "$(why 5)" "['no-device']"
H site set 14-0006 --status closed >/dev/null

# --- Tuesday: all are heard, each by its road ---
for i in 1:14-0001 2:14-0002 3:14-0003 4:14-0004 4b:14-0004; do
  H invite --site "${i#*:}" --role site --hub 127.0.0.1:1 --out "i${i%:*}" --passphrase-file pass 2>/dev/null
  P -d "s${i%:*}" join "i${i%:*}" >/dev/null 2>&1
done
serve
for s in s1 s2 s4 s4b; do ok "$s syncs" sync $s; done
stop "$serving"
mkdir stick
P -d s3 pack-stick stick >/dev/null 2>&1
ok "s3 comes by stick" H take-stick stick
is "all in time" "$(states)" '1:in-time 2:in-time 3:in-time 4:in-time 5:never 6:closed'
is "by which road" "$(board '[b[k]["road"] for k in "12345"]')" "['network', 'network', 'stick', 'network', None]"
is "last heard" "$(board 'b["1"]["heard"][:16], b["3"]["heard"][:16]')" "('2026-12-01T09:00', '2026-12-01T09:00')"
is "expected next: tomorrow, market day, Thursday" "$(board '[b[k]["expected"][:10] for k in "123"]')" "['2026-12-02', '2026-12-06', '2026-12-03']"
is "nothing is to come" "$(board '[b[k]["pending_up"] for k in "1234"]')" '[0, 0, 0, 0]'
is "in time, there is nothing to explain" "$(why 1)$(why 2)$(why 3)" '[][][]'
status "--late: the one that never came" 13 H board --late
is "only that one is listed" "$(H board --late --plain | cut -f1,3)" "$(printf '14-0005\tnever')"
status "of a site that is in time there is none" 0 H board --late --site 14-0001
is "a sheet has nothing where there is nothing to tell" "$(H board --csv --site 14-0005 | tail -n 1 | cut -d, -f4-6)" ',,'
status "a commune that no site has" 1 H board --commune 99999
like "it is told that it is the commune" "$(cat ok.out)" 'in that commune'

# --- Wednesday evening to Friday: edges ---
now="2026-12-02 01:00:00"
is "Wednesday: the daily site is due" "$(states)" '1:due 2:in-time 3:in-time 4:due 5:never 6:closed'
now="2026-12-03 04:59:59" # 11:59:59 on Thursday in Vietnam
is "a second before its grace ends" "$(board 'b["1"]["state"], b["1"]["overdue_s"] > 0')" "('due', False)"
now="2026-12-03 05:00:05"
is "a moment after" "$(board 'b["1"]["state"], 0 < b["1"]["overdue_s"] < 60, b["1"]["missed"]')" "('overdue', True, 1)"
is "nothing came" "$(why 1)" "['no-call']"
is "while the others have their time" "$(states)" '1:overdue 2:in-time 3:due 4:due 5:never 6:closed'
now="2026-12-05 02:00:00"
is "Saturday: the van did not come" "$(board 'b["3"]["state"]')" overdue
is "and that is why" "$(why 3)" "['no-van']"
is "the post is still in time after four days" "$(board 'b["2"]["state"]')" in-time
now="2026-12-07 17:00:05"
is "after its market day it is not" "$(board 'b["2"]["state"]')" overdue
is "the worst first" "$(H board --plain | cut -f1 | head -3 | xargs)" '14-0001 14-0004 14-0003'

# --- a site of which one PC goes silent ---
now="2026-12-08 02:00:00"
serve
H clock accept >/dev/null
ok "one of two calls" sync s4
is "the site is heard, the other PC is not" "$(board 'b["4"]["state"], b["4"]["overdue_s"]')" "('silent', 0)"
silent=$(member s4b device)
is "which one" "$(board '[d["device"] for d in b["4"]["devices"] if d["is_silent"]]')" "['$silent']"
like "it has a line of its own" "$(H board)" "  ${silent:0:8} .*silent"
is "and by --plain the site's alone" "$(H board --plain --site 14-0004 | cut -f1,3)" "$(printf '14-0004\tsilent')"

# --- why, as the daemon heard it ---
P -d s1 visit 3 --band child >/dev/null 2>&1
for i in $(seq 40); do echo "{\"kind\":\"visit\",\"count\":$i}"; done | P -d s1 record --batch - >/dev/null 2>&1
start relay "$RELAY" --listen 127.0.0.1:0 --to "$at" --cut-after 700
road=127.0.0.1:$(listen_port relay)
P -d s1 sync --hub "$road" --json >/dev/null 2>&1
ended() { H board --json >board.json; grep -q '"code":"session"' board.json; }
ok "a session that broke off is the reason" wait_until 10 ended
like "with how it ended" "$(board 'b["1"]["why"][0]')" "'detail': '(reset|hung-up)'"
like "in words" "$(H board)" 'its last session broke off \((reset|hung-up)\)'
ok "then it comes through" sync s1
is "and there is no reason left" "$(board 'b["1"]["state"], b["1"]["why"]')" "('in-time', [])"
stop "$serving"
H devices retire "${silent:0:8}" >/dev/null
is "a device that was retired is not waited for" "$(board 'b["4"]["state"], b["4"]["why"]')" "('in-time', [])"
H devices retire "$(member s2 device)" --reason broken >/dev/null
is "one that has no other says so" "$(board 'b["2"]["state"], b["2"]["why"][0]["code"]')" "('overdue', 'retired')"

# --- entries that are set aside ---
is "nothing is set aside" "$(board 'j["quarantined"], b["1"]["quarantined"]')" '(0, 0)'
log=$(H log --site 14-0001 --limit 1 | "$PYTHON" -c 'import json, sys; print(json.loads(sys.stdin.readline())["log"])')
held=$(H devices --json | "$PYTHON" -c 'import json, sys; print([d["entries"] for d in json.load(sys.stdin)["devices"] if d["site"] == "14-0001"][0])')
ok "what a PC wrote counts only up to entry 10" H cut "$(member s1 device)" --reason misuse --at "$log:10" --passphrase-file pass
is "what is above is set aside, every entry" "$(board 'j["quarantined"], b["1"]["quarantined"]')" "($((held - 10)), $((held - 10)))"
is "that is a case" "$(board 'b["1"]["cases"] > 0')" True
case=$(H cases --kind after-cut --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["cases"][0]["id"])')
ok "somebody has looked" H case decide "$case" stolen
is "and nothing waits for that any more" "$(board 'j["quarantined"], b["1"]["quarantined"]')" '(0, 0)'

# --- for people, and bad input ---
like "in Vietnamese" "$(timed env LC_ALL=vi_VN.UTF-8 "$hubd" -d hub board)" 'quá hạn .*từ đó xe chưa mang gì về'
like "summed up" "$(H board | tail -1)" '^2 overdue · 1 never heard · 2 in time · 1 closed$'
is "no colours where nobody looks" "$(H board | grep -c $'\033')" 0
is "one commune" "$(H board --commune 03646 --plain | wc -l)" 6
status "a commune that has none" 1 H board --commune 99999
status "a site that is not there" 1 H board --site 14-9999
status "a kind that is none" 2 H board --kind castle
status "a word too many" 2 H board now
is "--json has a schema" "$(board 'j["schema"], j["states"]["closed"]')" '(1, 1)'
done_testing

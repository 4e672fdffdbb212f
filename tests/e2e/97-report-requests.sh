#!/bin/bash
# Requests for reports that nobody should make: wrong types, periods and codes that are none,
# too much of anything. Each is refused with words, and the daemon answers the next one.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
H="$hubd -d hub"
printf 'mot cau dai\n' >pass
$H init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file pass 2>/dev/null
$H commune add 03646 --name 'Tô Hiệu' --type phuong 2>/dev/null
$H site add 14-0371 --commune 03646 --kind commune-library --name 'Điểm' 2>/dev/null
start serve "$hubd" -d hub serve
wait_for_line serve '^listening ' >/dev/null

cat >ask.py <<'PY'
"""ask.py: each line of standard input goes over the socket; prints exit, rows or error of the answer."""
import json
import socket
import sys

for line in sys.stdin:
    with socket.socket(socket.AF_UNIX) as to:
        to.connect("hub/socket")
        to.sendall(line.encode("utf-8", "surrogateescape"))
        got = b""
        while not got.endswith(b"\n"):
            part = to.recv(1 << 16)
            if not part:
                break
            got += part
    answer = json.loads(got) if got else {}
    print(answer.get("exit", "closed"), answer.get("error", "%d rows" % len(answer.get("rows", []))))
PY
ask() { "$PYTHON" ask.py; }
report() { # members of a request for a report, as JSON without braces
  printf '{"command":"report",%s}\n' "$1" | ask
}
refused() { # name, members, what the error says
  like "$1" "$(report "$2")" "^2 .*$3"
}
good='"report":"M1","period":"2026-Q3","by":"commune"'
is "a good one" "$(report "$good")" "0 1 rows"
is "by what it is by when nothing is said" "$(report '"report":"A1","period":"2026"')" "0 1 rows"

refused "nothing asked for" '"by":"commune"' '"report"'
refused "no period" '"report":"M1"' 'period'
refused "a number for a code" '"report":1,"period":"2026"' 'report'
refused "null for a code" '"report":null,"period":"2026"' 'report'
refused "a code that is none" '"report":"M5","period":"2026"' 'M4'
refused "an empty code" '"report":"","period":"2026"' 'M4'
refused "a code with a control character" '"report":"M1\u0007","period":"2026"' 'M4'
refused "a code of 5,000 bytes" "\"report\":\"$(printf 'M%.0s' {1..5000})\",\"period\":\"2026\"" 'M4'
refused "a small letter" '"report":"m1","period":"2026"' 'M1'
refused "a number for a period" '"report":"M1","period":2026' 'period'
refused "a list for a period" '"report":"M1","period":["2026"]' 'period'
for period in 2026-Q0 2026-Q5 2026-00 2026-13 2026-1 2026-001 26 02026 +2026 ' 2026' '2026 ' -2026 1999 3000 \
  2026-Q3-1 2026-09-01 2026-Q 2026- 2026Q3 20x6 ２０２６ ''; do
  refused "no period: '$period'" "\"report\":\"visits\",\"period\":\"$period\"" 'period'
done
refused "a period that has not begun" '"report":"visits","period":"2999-12"' 'not begun'
refused "a period of 5,000 digits" "\"report\":\"M1\",\"period\":\"$(printf '1%.0s' {1..5000})\"" 'period'
refused "by what it cannot be" '"report":"M1","period":"2026","by":"language"' 'commune'
refused "by nothing there is" '"report":"visits","period":"2026","by":"colour"' 'band'
refused "by an empty word" '"report":"visits","period":"2026","by":""' 'band'
refused "by a number" '"report":"visits","period":"2026","by":7' 'by'
like "a commune that is none is not found" "$(report '"report":"visits","period":"2026","commune":"99999"')" '^1 .*99999'
like "nor one of three digits" "$(report '"report":"visits","period":"2026","commune":"036"')" '^1 .*036'
refused "a number for a commune" '"report":"visits","period":"2026","commune":3646' 'commune'
refused "a list of communes" '"report":"visits","period":"2026","commune":["03646"]' 'commune'
like "two of one member" "$(report '"report":"M1","report":"M2","period":"2026"')" '^2 '
like "no JSON" "$(echo '{"command":"report","report":"M1"' | ask)" '^2 '
like "a megabyte of blanks" "$("$PYTHON" -c 'print("{\"command\":\"report\"," + " " * 1000000 + "\"report\":\"M1\"}")' | ask 2>&1 | tail -n 1)" '^(2 |closed|.*(BrokenPipe|ConnectionReset))'
is "ten thousand levels" "$("$PYTHON" -c 'print("{\"command\":\"report\",\"report\":" + "[" * 10000 + "]" * 10000 + "}")' | ask | cut -c1-2)" "2 "
is "and a good one again" "$(report "$good")" "0 1 rows"
is "the codes" "$(echo '{"command":"report-codes"}' | ask)" "0 0 rows"
stop "$started_pid" TERM
is "the daemon ends in order" "$?" 0
done_testing

#!/bin/bash
# The link relay itself: every later script trusts its counts and its faults.
. "$(dirname "$0")/lib.sh"

# peer.py echo: listens on port 0, echoes everything, half closes with its client.
# peer.py talk PORT MODE N: sends N patterned bytes and reads the echo; prints a JSON
# line {"got", "bits": differing bits, "at": of the first, "reset", "seconds"}.
#   MODE once: all at once; turns: 100 bytes at a time, each echoed before the next.
cat >peer.py <<'PY'
import json, socket, sys, threading, time

def pattern(n):
    return bytes((i * 7 + i // 251) & 255 for i in range(n))

def echo(conn):
    with conn:
        try:
            while data := conn.recv(65536):
                conn.sendall(data)
            conn.shutdown(socket.SHUT_WR)
        except OSError:
            pass

def serve():
    listener = socket.create_server(("127.0.0.1", 0))
    print("listening 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=echo, args=(conn,), daemon=True).start()

def send(conn, data):
    try:
        conn.sendall(data)
        conn.shutdown(socket.SHUT_WR)
    except OSError:
        pass

def talk(port, mode, n):
    data, got, reset = pattern(n), b"", False
    start = time.monotonic()
    conn = socket.create_connection(("127.0.0.1", port))
    try:
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if mode == "once":
            sender = threading.Thread(target=send, args=(conn, data), daemon=True)
            sender.start()
            while part := conn.recv(65536):
                got += part
            sender.join()
        else:
            for i in range(0, n, 100):
                conn.sendall(data[i:i + 100])
                want = len(got) + len(data[i:i + 100])
                while len(got) < want:
                    part = conn.recv(65536)
                    if not part:
                        raise ConnectionResetError
                    got += part
    except OSError:
        reset = True
    seconds = time.monotonic() - start
    conn.close()
    wrong = [(i, bin(a ^ b).count("1")) for i, (a, b) in enumerate(zip(data, got)) if a != b]
    print(json.dumps({"got": len(got), "reset": reset, "seconds": seconds,
                      "bits": sum(b for _, b in wrong), "at": wrong[0][0] if wrong else -1}))

serve() if sys.argv[1] == "echo" else talk(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
PY

start echo.out "$PYTHON" peer.py echo
echo_port=$(listen_port echo.out) || exit 1

# relay_up OPTIONS…: a relay in front of the echo; sets relay_pid and port.
relay_up() {
  : >relay.out
  start relay.out "$RELAY" --listen 127.0.0.1:0 --to "127.0.0.1:$echo_port" --json "$@"
  relay_pid=$started_pid
  port=$(listen_port relay.out) || exit 1
}

talk() {
  timeout 60 "$PYTHON" peer.py talk "$port" "$@" >talk.out
}

plain() {
  relay_up
  talk once 300007
  is "plain: everything comes back" "$(json talk.out '[j["got"], j["bits"], j["reset"]]')" \
    '[300007, 0, false]'
  talk turns 2000
  stop "$relay_pid"
  is "plain: stops with 0 on SIGTERM" $? 0
  is "plain: bytes are counted exactly" \
    "$(json relay.out '[j["bytes_up"], j["bytes_down"], j["delivered_up"], j["delivered_down"]]')" \
    '[302007, 302007, 302007, 302007]'
  is "plain: connections, no faults" \
    "$(json relay.out '[j["schema"], j["connections"], j["refused"], j["cuts"], j["stalls"], j["corruptions"]]')" \
    '[1, 2, 0, 0, 0, 0]'
  ok "plain: times are in order" \
    test "$(json relay.out '0 <= j["first_byte_ms"] <= j["last_byte_ms"]')" = true
}

turns() {
  relay_up
  talk turns 1000
  stop "$relay_pid"
  is "turns: ten questions and answers change direction 19 times" \
    "$(json relay.out 'j["turns"]')" 19
}

# 20,000 bytes at 80,000 bit/s: 2 s up; the echo overlaps it but for its last packet.
rate() {
  relay_up --rate 80k
  talk once 20000
  stop "$relay_pid"
  ok "rate: 20,000 bytes at 80 kbit/s take 2 s within 15 %" \
    test "$(json talk.out '1.7 < j["seconds"] < 2.3')" = true
  is "rate: nothing lost" "$(json talk.out '[j["got"], j["bits"]]')" '[20000, 0]'
  # as many bytes again, so that the queue limit stops reading on the way
  relay_up --rate 4M --queue 4096
  talk once 1000000
  stop "$relay_pid"
  ok "rate: 1,000,000 bytes at 4 Mbit/s through a short queue take 2 s within 15 %" \
    test "$(json talk.out '1.7 < j["seconds"] < 2.3')" = true
  is "rate: nothing lost through a short queue" "$(json talk.out '[j["got"], j["bits"]]')" \
    '[1000000, 0]'
}

# Two connections share the line: in turn or mixed, both together take 2 s.
shared_line() {
  relay_up --rate 160k
  timeout 60 "$PYTHON" peer.py talk "$port" once 20000 >talk2.out &
  local other=$!
  talk once 20000
  wait "$other"
  stop "$relay_pid"
  ok "rate: two connections share it" \
    test "$(cat talk.out talk2.out | "$PYTHON" -c 'import json, sys
print(max(json.loads(line)["seconds"] for line in sys.stdin) > 1.6)')" = True
}

delay() {
  relay_up --delay-ms 100
  talk turns 500
  stop "$relay_pid"
  ok "delay: five round trips of 2 x 100 ms take 1 s within 15 %" \
    test "$(json talk.out '1.0 <= j["seconds"] < 1.15')" = true
}

cut_exact() {
  relay_up --cut-after 5000 --cut-exact --cuts 2
  talk turns 20000
  is "cut: the first connection is reset at the byte" \
    "$(json talk.out '[j["got"], j["reset"]]')" '[2500, true]'
  talk turns 20000
  is "cut: so is the second" "$(json talk.out '[j["got"], j["reset"]]')" '[2500, true]'
  talk turns 20000
  is "cut: after --cuts there are no more" "$(json talk.out '[j["got"], j["reset"]]')" \
    '[20000, false]'
  stop "$relay_pid"
  is "cut: counted, and never a byte more than asked" \
    "$(json relay.out '[j["cuts"], j["delivered_up"] + j["delivered_down"]]')" \
    '[2, 50000]'
}

# In flight at a cut is lost: delivered stays at the mark, received may be more.
cut_in_flight() {
  relay_up --rate 400k --delay-ms 50 --cut-after 20001 --cut-exact --cuts 1
  talk once 200000
  stop "$relay_pid"
  is "cut in flight: delivered stops at the byte" \
    "$(json relay.out '[j["cuts"], j["delivered_up"] + j["delivered_down"]]')" '[1, 20001]'
  ok "cut in flight: what was under way is lost" \
    test "$(json relay.out 'j["bytes_up"] > j["delivered_up"]')" = true
}

# The same seed gives the same cuts, in [N/2, 3N/2], and they differ among connections.
cut_seeded() {
  local seed run list
  for run in 7 7 8; do # the first twice: it has to repeat
    relay_up --cut-after 4000 --seed "$run"
    list=
    for _ in 1 2 3 4 5 6; do
      talk turns 100000
      list="$list $(json talk.out 'j["got"]')"
    done
    stop "$relay_pid"
    ok "cut: seed $run stays in [N/2, 3N/2]" \
      test "$(json relay.out '6 * 2000 <= j["delivered_up"] + j["delivered_down"] <= 6 * 6000')" = true
    seed="${seed:-}$list;"
  done
  IFS=';' read -r a b c <<<"$seed"
  is "cut: one seed, one series" "$b" "$a"
  ok "cut: another seed, another series" test "$a" != "${c%;}"
  ok "cut: connections differ" test "$(tr ' ' '\n' <<<"$a" | sort -u | grep -c .)" -gt 2
}

corrupt() {
  relay_up --corrupt-after 1234 --corrupts 1
  talk once 1300
  is "corrupt: one bit of that byte" "$(json talk.out '[j["got"], j["bits"], j["at"]]')" \
    '[1300, 1, 1234]'
  talk once 1300
  is "corrupt: after --corrupts none" "$(json talk.out '[j["got"], j["bits"]]')" '[1300, 0]'
  stop "$relay_pid"
  is "corrupt: counted" "$(json relay.out 'j["corruptions"]')" 1
}

stall() {
  relay_up --stall-after 1000 --stall-ms 700
  talk turns 2000
  stop "$relay_pid"
  is "stall: nothing lost" "$(json talk.out '[j["got"], j["bits"], j["reset"]]')" \
    '[2000, 0, false]'
  ok "stall: lasts as long as asked" \
    test "$(json talk.out '0.7 <= j["seconds"] < 1.2')" = true
  is "stall: once a connection" "$(json relay.out 'j["stalls"]')" 1
}

# A peer that never reads: the relay stops reading, its memory stays small.
bounded() {
  start sink.out "$PYTHON" -c '
import socket, time
s = socket.create_server(("127.0.0.1", 0))
print("listening 127.0.0.1:%d" % s.getsockname()[1], flush=True)
c, _ = s.accept()
time.sleep(60)'
  local sink=$started_pid sink_port
  sink_port=$(listen_port sink.out) || exit 1
  start bounded.out "$RELAY" --listen 127.0.0.1:0 --to "127.0.0.1:$sink_port" --json
  port=$(listen_port bounded.out) || exit 1
  timeout 20 "$PYTHON" -c '
import socket, sys
c = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
c.settimeout(1)
n = 0
try:
    while n < 1 << 28:
        n += c.send(bytes(65536))
except OSError:
    pass
print(n)' "$port" >sent.out
  ok "bounded: the sender is held back" test "$(cat sent.out)" -lt $((1 << 28))
  local rss
  rss=$(awk '/^VmHWM/ { print $2 }' "/proc/$started_pid/status")
  ok "bounded: memory stays under 32 MiB ($rss KiB)" test "$rss" -lt 32768
  stop "$started_pid"
  stop "$sink"
}

ends() {
  start once.out "$RELAY" --listen 127.0.0.1:0 --to "127.0.0.1:$echo_port" --once --json
  port=$(listen_port once.out)
  talk once 10
  wait "$started_pid"
  is "once: ends by itself after the first connection" \
    "$? $(json once.out '[j["connections"], j["bytes_up"]]')" '0 [1, 10]'
  status "seconds: ends by itself" 0 timeout 10 "$RELAY" --listen 127.0.0.1:0 \
    --to "127.0.0.1:$echo_port" --seconds 1
  like "seconds: says what it saw" "$(tail -n 1 ok.out)" '^0 connections, 0 cut'
  start gone.out "$RELAY" --listen 127.0.0.1:0 --to 127.0.0.1:1 --json
  port=$(listen_port gone.out)
  talk turns 10
  is "no one there: the client is reset" "$(json talk.out '[j["got"], j["reset"]]')" '[0, true]'
  stop "$started_pid"
  is "no one there: counted" "$(json gone.out '[j["connections"], j["refused"]]')" '[1, 1]'
  status "bad option" 2 "$RELAY" --listen 127.0.0.1:0 --to 127.0.0.1:1 --rate fast
  status "no --to" 2 "$RELAY" --listen 127.0.0.1:0
  status "address without port" 2 "$RELAY" --listen 127.0.0.1 --to 127.0.0.1:1
  status "queue over its maximum" 2 "$RELAY" --listen 127.0.0.1:0 --to 127.0.0.1:1 --queue 262145
  status "window over its maximum" 2 "$RELAY" --listen 127.0.0.1:0 --to 127.0.0.1:1 --window 262145
  status "port in use" 1 "$RELAY" --listen "127.0.0.1:$echo_port" --to 127.0.0.1:1
}

plain
turns
rate
shared_line
delay
cut_exact
cut_in_flight
cut_seeded
corrupt
stall
bounded
ends
done_testing

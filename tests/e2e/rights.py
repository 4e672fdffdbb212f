"""tests/e2e/rights.py - what others on the machine could see of running programs.

  argv OUT                   until SIGTERM: what each program of ours shows in its arguments and environment
  memory PID KEYS [WORD...]  where the secrets of a key file lie in the memory of PID, as bytes or as hexadecimal digits,
                             and whether WORDs do
  calling KEYS COMMAND...    start it, with an address of ours for its word @: where the secrets of the key file lie while
                             it waits for an answer to its first message
  given WORD WHERE COMMAND... start it, give it WORD where it reads (a pipe, or - for its standard input) and nothing more:
                             where in its memory that lies while it waits
  dumps DIR COMMAND...       start it with core dumps allowed, end it by a fault, tell whether it dumped
"""
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time

SECRETS = [0, 2, 4]  # of the six keys in a file: signing seed, session secret, desk secret


def argv(out):
    """One line each time something new is seen: the bytes, in hex."""
    seen = set()
    with open(out, "w", encoding="ascii") as file:
        while True:
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    if not os.path.basename(os.readlink("/proc/%s/exe" % pid)).startswith("packhorse"):
                        continue
                    for name in ("cmdline", "environ"):
                        with open("/proc/%s/%s" % (pid, name), "rb") as shown:
                            seen_now = shown.read()
                        if seen_now not in seen:
                            seen.add(seen_now)
                            file.write(seen_now.hex() + "\n")
                            file.flush()
                except OSError:  # it has ended
                    pass
            time.sleep(0.002)


def secrets(path):
    with open(path, "rb") as file:
        keys = re.findall(rb"\xc4\x20(.{32})", file.read(), re.S)
    assert len(keys) == 6, path
    return [keys[i] for i in SECRETS if keys[i].strip(b"\0")]


def maps(pid):
    """(start, end, flags, name) of each mapping that can be read."""
    area = None
    with open("/proc/%s/smaps" % pid, encoding="utf-8", errors="replace") as file:
        for line in file:
            head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (r)?\S* \S+ \S+ \S+ *(.*)", line)
            if head:
                area = (int(head[1], 16), int(head[2], 16), head[3], head[4])
            elif line.startswith("VmFlags:") and area and area[2]:
                yield area[0], area[1], line.split()[1:], area[3]


def places(pid, needle):
    with open("/proc/%s/mem" % pid, "rb", 0) as memory:
        for start, end, flags, name in maps(pid):
            if name.startswith("[v"):
                continue
            try:
                memory.seek(start)
                found = needle in memory.read(end - start)
            except (OSError, OverflowError, ValueError):
                continue
            if found:
                yield flags, name or "anonymous"


def memory(pid, keys, words):
    found, unlocked, dumped = 0, [], []
    for secret in secrets(keys):
        for text in (secret, secret.hex().encode()):
            for flags, name in places(pid, text):
                found += 1
                if "lo" not in flags:
                    unlocked.append(name)
                if "dd" not in flags:
                    dumped.append(name)
    shown = [word for word in words if any(places(pid, word.encode()))]
    return {"found": found, "unlocked": unlocked, "dumped": dumped, "words": shown}


def calling(keys, command):
    quiet = subprocess.DEVNULL
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        command = [word.replace("@", "127.0.0.1:%d" % listener.getsockname()[1]) for word in command]
        with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as process:
            try:
                with listener.accept()[0] as called:
                    called.settimeout(20)
                    called.recv(1)
                    return memory(process.pid, keys, [])
            finally:
                process.kill()


def given(word, where, command):
    if where != "-":
        os.mkfifo(where)
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet) as process:
        with process.stdin if where == "-" else open(where, "wb", 0) as pipe:  # waits for who reads
            pipe.write(word.encode())
            pipe.flush()
            found = []
            until = time.monotonic() + 20
            while not found and process.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
                found = list(places(process.pid, word.encode()))
            process.kill()
    unlocked, dumped = ([name for flags, name in found if flag not in flags] for flag in ("lo", "dd"))
    return {"found": len(found), "unlocked": unlocked, "dumped": dumped}


def dumps(folder, command):
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()  # it listens
        with open("/proc/%d/limits" % process.pid, encoding="ascii") as file:
            limit = next(line.split()[4:6] for line in file if line.startswith("Max core"))
        os.kill(process.pid, signal.SIGSEGV)
        status = os.waitpid(process.pid, 0)[1]
        process.returncode = 0
    return {
        "limit": limit, "signal": os.WTERMSIG(status), "dumped": os.WCOREDUMP(status),
        "left": [name for name in os.listdir(folder) if "core" in name],
    }  # fmt: skip


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
if sys.argv[1] == "argv":
    argv(sys.argv[2])
elif sys.argv[1] == "memory":
    print(json.dumps(memory(sys.argv[2], sys.argv[3], sys.argv[4:])))
elif sys.argv[1] == "calling":
    print(json.dumps(calling(sys.argv[2], sys.argv[3:])))
elif sys.argv[1] == "given":
    print(json.dumps(given(sys.argv[2], sys.argv[3], sys.argv[4:])))
else:
    print(json.dumps(dumps(sys.argv[2], sys.argv[3:])))

#!/usr/bin/python3
"""A real Prometheus scrapes a hub that serves, over HTTP, with a viewer's token.

  scrape.py ADDRESS TOKEN-FILE RULES

ADDRESS is where the hub's web listens. Prints lines "what: True" for the script: what was
scraped without and with the token, and which rules Prometheus has and how they stand. 77: there is no Prometheus.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(url, token=None):
    request = urllib.request.Request(url)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:
            return reply.status, reply.headers.get("Content-Type"), reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, "", error.read().decode()


def main():
    address, token_file, rules = sys.argv[1:4]
    token = open(token_file, encoding="utf-8").read().strip()
    print("nobody reads metrics:", get("http://%s/metrics" % address)[0] == 401)
    status, kind, text = get("http://%s/metrics" % address, token)
    print("a viewer does:", status == 200 and kind.startswith("text/plain; version=0.0.4") and
          "packhorse_up 1\n" in text)
    open("metrics", "w", encoding="utf-8").write(text)
    status, _, text = get("http://%s/healthz" % address)
    print("anybody may ask whether it is well:", status == 200 and json.loads(text)["store"] == "answers")
    if not shutil.which("prometheus"):
        return 77
    with open("prometheus.yml", "w", encoding="utf-8") as file:
        json.dump({"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [os.path.abspath(rules)],
                   "scrape_configs": [{"job_name": "packhorse", "authorization": {"credentials_file": os.path.abspath(token_file)},
                                       "static_configs": [{"targets": [address]}]}]}, file)
    at = "127.0.0.1:%d" % free_port()
    prometheus = subprocess.Popen(
        ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb", "--web.listen-address=" + at],
        stdout=subprocess.DEVNULL, stderr=open("prometheus.log", "w"))
    try:
        up = None
        for _ in range(100):
            time.sleep(0.3)
            try:
                result = json.loads(get("http://%s/api/v1/query?query=packhorse_up" % at)[2])["data"]["result"]
            except (OSError, ValueError, KeyError):
                continue
            if result:
                up = result[0]["value"][1]
                break
        print("Prometheus has it:", up == "1")
        time.sleep(3)
        targets = json.loads(get("http://%s/api/v1/targets" % at)[2])["data"]["activeTargets"]
        print("and no error:", [(t["health"], t["lastError"]) for t in targets] == [("up", "")])
        groups = json.loads(get("http://%s/api/v1/rules" % at)[2])["data"]["groups"]
        states = {rule["name"]: (rule["health"], rule["state"]) for group in groups for rule in group["rules"]}
        # this hub was never heard for too long; it has a backup; a clock of a site is ahead
        print("its rules are evaluated:", len(states) == 6 and {s[0] for s in states.values()} == {"ok"}, states)
        print("only the clock is on its way to an alert:",
              sorted(n for n, s in states.items() if s[1] != "inactive") == ["PackhorseClockWrong"])
    finally:
        prometheus.terminate()
        prometheus.wait(30)
    return 0


sys.exit(main())

#!/usr/bin/python3
"""province.py - one hub and a folder for each site, all of them the real programs.

For the proofs beside it: sites join, record JSON lines, and sync with one packhorsed.
"""
import json
import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("PACKHORSE_BUILD", os.path.join(ROOT, "build"))
DATA = os.path.join(os.environ.get("PACKHORSE_TESTDATA", os.path.join(ROOT, "..", "shared")), "data")
PACK = os.path.join(BUILD, "client", "packhorse")
HUB = os.path.join(BUILD, "daemon", "packhorsed")


def run(*args, text=None, ok=(0,)):
    done = subprocess.run(args, input=text, text=True, capture_output=True, check=False)
    if done.returncode not in ok:
        sys.exit(f"{' '.join(args[:6])}: exit {done.returncode}: {done.stderr.strip()[-600:]}")
    return done.stdout


def check(what, got, want):
    if got != want:
        if isinstance(got, dict) and isinstance(want, dict):
            got, want = [{k: d[k] for k in d if got.get(k) != want.get(k)} for d in (got, want)]
        sys.exit(f"NOT OK {what}: got {str(got)[:2000]}, expected {str(want)[:2000]}")
    print(f"  ok {what}", flush=True)


class Province:
    """One hub and a folder for each site, all of them the real programs."""

    def __init__(self, numbers, folder, rng):
        """NUMBERS: name of a site -> its number, 140001 to 149999."""
        self.names, self.dir, self.rng = sorted(numbers), folder, rng
        self.hub = os.path.join(folder, "hub")
        self.code = {n: f"14-{numbers[n] - 140000:04d}" for n in self.names}
        passphrase = os.path.join(folder, "pass")
        with open(passphrase, "w", encoding="ascii") as file:
            file.write("transits of a year\n")
        run(HUB, "-d", self.hub, "init", "--listen", "127.0.0.1:0", "--kdf-memory-mib", "8",
            "--passphrase-file", passphrase)
        with open(os.path.join(self.hub, "packhorsed.conf"), "a", encoding="ascii") as file:
            file.write("\n[limits]\nhandshake-rate = 1000\nhandshake-burst = 1000\n")
        for name in self.names:
            run(HUB, "-d", self.hub, "site", "add", self.code[name], "--commune", "03646", "--kind",
                "commune-library", "--name", name)
            invite = os.path.join(folder, self.code[name] + ".invite")
            run(HUB, "-d", self.hub, "invite", "--site", self.code[name], "--role", "site", "--hub",
                "127.0.0.1:1", "--out", invite, "--passphrase-file", passphrase)
            run(PACK, "-d", self.site(name), "join", invite)
        self.server = None
        self.heard, self.new = set(), set()  # sites; those that are not confirmed yet

    def site(self, name):
        return os.path.join(self.dir, self.code[name])

    def serve(self):
        out = open(os.path.join(self.dir, "serve.out"), "w+", encoding="utf-8")
        err = open(os.path.join(self.dir, "serve.err"), "w", encoding="utf-8")
        self.server = subprocess.Popen([HUB, "-d", self.hub, "serve", "--listen", "127.0.0.1:0"],
                                       stdout=out, stderr=err)
        for _ in range(200):
            out.seek(0)
            for line in out.read().splitlines():
                if line.startswith("listening "):
                    self.address = line.split()[1]
                    return
            time.sleep(0.05)
        sys.exit("packhorsed does not listen")

    def stop(self):
        if self.server:
            self.server.terminate()
            self.server.wait(20)
            self.server = None

    def record(self, name, lines):
        if lines:
            text = "".join(json.dumps(line) + "\n" for line in lines)
            run(PACK, "-d", self.site(name), "record", "--batch", text=text)

    def sync(self, names):
        names = list(names)
        self.rng.shuffle(names)
        for name in names:
            run(PACK, "-d", self.site(name), "sync", "--hub", self.address, ok=(0, 13))
        self.new |= set(names) - self.heard
        self.heard |= set(names)

    def hub_json(self, *args):
        return json.loads(run(HUB, "-d", self.hub, *args, "--json", ok=(0, 13)))

    def confirm(self):
        """The operator compares fingerprints: from now on each device that was heard has its share."""
        new, self.new = self.new, set()
        for name in sorted(new):
            status = self.site_json(name, "status")
            run(HUB, "-d", self.hub, "devices", "confirm", status["device"], "--fingerprint", status["fingerprint"])

    def site_json(self, name, *args):
        return json.loads(run(PACK, "-d", self.site(name), *args, "--json", ok=(0, 13)))

    def listed(self, what, name=None):
        """All items of a list of the hub, or of the site NAME of its own, page by page."""
        after = None
        while True:
            args = ["list", what, "--limit", "1000", *(["--after", after] if after else [])]
            page = self.site_json(name, *args) if name else self.hub_json(*args)
            yield from page["items"]
            after = page.get("next")
            if not after:
                return

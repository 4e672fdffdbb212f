"""A province in a folder, played through the real programs.

Every command runs with the clock that the story wants (faketime), so a year passes in
seconds. Nothing is written behind the programs' backs: what a site says goes through
`packhorse record`, what the hub says through packhorsed, and all of it comes to the hub on
sticks or in sessions.
"""
import datetime
import json
import os
import shutil
import socket
import subprocess

TRIES = 20
PASS = "mot cau dai\n"
ZONE = datetime.timezone(datetime.timedelta(hours=7))


class Failed(Exception):
    """A program did not do what the story asked of it."""


def at_text(moment):
    """MOMENT as faketime takes it; it counts in UTC."""
    return moment.astimezone(datetime.timezone.utc).strftime("@%Y-%m-%d %H:%M:%S")


class Province:
    def __init__(self, folder, build):
        self.folder = os.path.abspath(folder)
        self.hub_program = os.path.join(os.path.abspath(build), "daemon", "packhorsed")
        self.site_program = os.path.join(os.path.abspath(build), "client", "packhorse")
        self.daemon = None
        self.commands = 0
        self.hub_moment = None  # what its clock said last
        os.makedirs(self.path("stick"), exist_ok=True)
        with open(self.path("pass"), "w", encoding="utf-8") as file:
            file.write(PASS)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run(self, program, args, moment=None, text=None, allow=(0,)):
        """What PROGRAM prints when the wall clock says MOMENT (None: the clock of this machine)."""
        command = [program, *args]
        env = dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8", DONT_FAKE_MONOTONIC="1")
        env["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
        if moment is not None:
            command = ["faketime", "-f", at_text(moment), *command]
        self.commands += 1
        for _ in range(TRIES):
            done = subprocess.run(
                command, input=text, text=True, capture_output=True, cwd=self.folder, env=env, check=False
            )
            if "sem_open: File exists" not in done.stderr:
                break  # else another faketime has that name, and nothing was run
        if done.returncode not in allow:
            words = " ".join(args[:6])
            raise Failed("%s: exit %d: %s" % (words, done.returncode, done.stderr.strip()))
        return done.stdout

    def hub(self, *args, moment=None, text=None, allow=(0,)):
        """As run(); a hub whose clock has jumped signs nothing until a person says that it is right."""
        if moment != self.hub_moment and args[0] != "init":
            self.run(self.hub_program, ["-d", self.path("hub"), "clock", "accept"], moment)
        self.hub_moment = moment
        return self.run(self.hub_program, ["-d", self.path("hub"), *args], moment, text, allow)

    def site(self, device, *args, moment=None, text=None, allow=(0,)):
        return self.run(self.site_program, ["-d", self.path(device), *args], moment, text, allow)

    def copy(self, device, name):
        """The folder of DEVICE is copied, and somebody goes on in the copy too."""
        shutil.copytree(self.path(device), self.path(name))

    # --- making it ---

    def make(self, moment):
        self.hub(
            "init", "--listen", "127.0.0.1:0", "--kdf-memory-mib", "8",
            "--passphrase-file", self.path("pass"), moment=moment,
        )  # fmt: skip

    def enrol(self, device, code, invited, moment):
        """A machine named DEVICE joins the site CODE, with an invite that was made before."""
        invite = self.path(device + ".invite")
        self.hub(
            "invite", "--site", code, "--role", "site", "--out", invite, "--expires-days", "3650",
            "--hub", "127.0.0.1:7415", "--passphrase-file", self.path("pass"), moment=invited,
        )  # fmt: skip
        self.site(device, "join", invite, moment=moment)

    # --- what is recorded ---

    @staticmethod
    def _answers(out, lines):
        answers = [json.loads(line) for line in out.splitlines()]
        bad = [(a, lines[a["line"] - 1]) for a in answers if not a.get("ok")]
        if bad or len(answers) != len(lines):
            raise Failed("%d answers to %d lines, first bad: %s" % (len(answers), len(lines), bad[:1]))
        return [a["ref"] for a in answers]

    def record(self, device, lines, moment):
        """The references of what LINES become at DEVICE, or at the hub."""
        if not lines:
            return []
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        speak = self.hub if device == "hub" else lambda *a, **k: self.site(device, *a, **k)
        return self._answers(speak("record", "--batch", moment=moment, text=text), lines)

    # --- the roads ---

    def send(self, devices, moment=None):
        """What DEVICES have goes onto one stick, each at its own moment, and to the hub."""
        for device, then in devices:
            self.site(device, "pack-stick", self.path("stick"), moment=then)
        self.hub("take-stick", self.path("stick"), moment=moment)
        shutil.rmtree(self.path("stick"))
        os.makedirs(self.path("stick"))

    def answer(self, devices, moment=None):
        """Receipts, control log and feeds for DEVICES, on a stick."""
        self.hub("pack-stick", self.path("stick"), moment=moment)
        for device, then in devices:
            self.site(device, "take-stick", self.path("stick"), moment=then, allow=(0, 1, 11))
        shutil.rmtree(self.path("stick"))
        os.makedirs(self.path("stick"))

    # --- asking ---

    def serve(self):
        """Start the daemon: it answers ask(), and sync_all() can call it."""
        self.daemon = subprocess.Popen(
            [self.hub_program, "-d", self.path("hub"), "serve", "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=self.folder,
        )  # fmt: skip
        words = self.daemon.stdout.readline().split()
        if words[:1] != ["listening"]:
            raise Failed("packhorsed serve did not begin to listen")
        return words[1]

    def stop(self):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait(30)
            self.daemon = None

    def sync(self, device, address, moment=None):
        self.site(device, "sync", "--hub", address, moment=moment, allow=(0, 13, 16))

    def ask(self, request):
        """The hub's answer to one request on its local socket."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(self.path("hub", "socket"))
            line.sendall((json.dumps(request) + "\n").encode())
            parts = []
            while not parts or not parts[-1].endswith(b"\n"):
                part = line.recv(1 << 16)
                if not part:
                    raise Failed("packhorsed went away at %s" % request)
                parts.append(part)
        return json.loads(b"".join(parts))

    def history(self):
        """All entries of all logs, as `packhorsed history` gives them away."""
        return self.hub("history")

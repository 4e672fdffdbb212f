"""tests/bench/peers/node.py - the peers from npm: Automerge, Hypercore, PouchDB.

Each is one program of node/ with the verbs of node/common.js. The packages are those of
node/package-lock.json, fetched by `npm ci` into the build folder when --install says so.
"""

import json
import os
import shutil
import subprocess
import urllib.request

from peer import HERE, Failure, Peer, Server, rows_of, to_json_lines

SOURCES = os.path.join(HERE, "node")


def installed(build):
    """Where node/ lives with its packages."""
    return os.path.join(build, "tests/bench/peers-node")


def install(build):
    """npm ci; the words of npm when it fails."""
    to = installed(build)
    os.makedirs(to, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(os.path.join(SOURCES, name), to)
    done = subprocess.run(["npm", "ci"], cwd=to, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Failure("npm ci: exit %d" % done.returncode)


class Node(Peer):
    package = ""

    def missing(self):
        if not shutil.which("node"):
            return "node is not there"
        if not os.path.exists(self.module("package.json")):
            return "%s is not installed (--install fetches it)" % self.package
        if self.locked() != self.version():
            return "%s %s is installed, not %s (--install mends it)" % (
                self.package, self.version(), self.locked())
        return None

    def module(self, *names):
        return os.path.join(installed(self.build), "node_modules", self.package, *names)

    def version(self):
        with open(self.module("package.json")) as text:
            return json.load(text)["version"]

    def locked(self):
        with open(os.path.join(SOURCES, "package.json")) as text:
            return json.load(text)["dependencies"][self.package]

    def command(self, *words):
        """The programs stand beside their packages, where node looks for these."""
        to = installed(self.build)
        for name in os.listdir(SOURCES):
            if name.endswith(".js"):
                shutil.copy(os.path.join(SOURCES, name), to)
        return [shutil.which("node"), os.path.join(to, self.program + ".js"), *words]

    @property
    def program(self):
        return self.name

    def ends(self, folder):
        return os.path.join(folder, "site"), os.path.join(folder, "hub")

    def make(self, folder, base, events):
        self.run(*self.command("base", *self.ends(folder)), stdin=to_json_lines(rows_of(base)))
        self.run(*self.command("record", self.ends(folder)[0]),
                 stdin=to_json_lines(rows_of(events)))

    def serve(self, folder):
        return Server(self.rig, self.command("serve", self.ends(folder)[1]))

    def client(self, folder, address):
        return self.command("carry", self.ends(folder)[0], address)

    def rows(self, folder):
        out = self.run(*self.command("dump", self.ends(folder)[1]))
        return [json.loads(line) for line in out.splitlines()]


class Automerge(Node):
    name = "automerge"
    package = "@automerge/automerge"
    what = ("one document with a list, a change for each event; Automerge's sync protocol in "
            "frames over TCP, document and sync state kept at both ends")
    does = "no signatures, no encryption, no identity; merges JSON, not facts"

    def progress(self, folder):
        with open(os.path.join(folder, "hub/books"), "rb") as file:
            return hash(file.read())


class AutomergeFresh(Automerge):
    name = "automerge-fresh"
    program = "automerge"
    registers = False
    what = "the same with nothing at the hub before, so that the document itself can be sent"

    def make(self, folder, base, events):
        self.run(*self.command("empty", *self.ends(folder)))
        self.run(*self.command("record", self.ends(folder)[0]),
                 stdin=to_json_lines(rows_of(events)))


class Hypercore(Node):
    name = "hypercore"
    package = "hypercore"
    what = "a signed log with a block of JSON for each event; its own replication over TCP"
    does = "signed and encrypted; one writer's log: merges nothing, seals no personal field"


class PouchDB(Node):
    name = "pouchdb"
    package = "pouchdb"
    what = "a document for each event; replicate.to() express-pouchdb over HTTP, LevelDB at both"
    does = ("no signatures, no encryption over http, no log-in here; keeps conflicting "
            "revisions, merges nothing")

    def serve(self, folder):
        self.server = super().serve(folder)
        return self.server

    def progress(self, folder):
        with urllib.request.urlopen("http://%s/books" % self.server.address) as answer:
            return json.load(answer)["doc_count"]

"""tests/bench/peers/files.py - peers that carry lines of text: xz over TCP, git, Fossil.

The registers are one file and one commit; then every event is a line appended to its
month's file and a commit of its own, as a librarian who keeps the notebook under version
control would do it. The commits come in by `git fast-import` and `fossil import`, which
write the objects that `git commit` and `fossil commit` write, in seconds and not in hours.
"""

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys

from peer import (Failure, NOT_YET, PATIENCE, Peer, Server, free_port, rows_of_csv, workload)

MARK = 1000000  # marks of commits begin above those of files
WHO = "Thu vien <thu-vien@localhost>"


# --- the bound ---

def take_exact(conn, size):
    data = b""
    while len(data) < size:
        more = conn.recv(size - len(data))
        if not more:
            raise ConnectionError("cut")
        data += more
    return data


def xz_serve(path):
    """Takes one file: told its size (8 bytes), it says how much it has, takes the rest, and
    says so with one byte once that is durable."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    listener = socket.create_server(("127.0.0.1", 0))
    print("listening 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        with conn, open(path, "ab") as out:
            try:
                size = struct.unpack(">Q", take_exact(conn, 8))[0]
                conn.sendall(struct.pack(">Q", out.tell()))
                while out.tell() < size:
                    more = conn.recv(65536)
                    if not more:
                        break
                    out.write(more)
                out.flush()
                os.fsync(out.fileno())
                if out.tell() == size:
                    conn.sendall(b"\x01")
                    conn.recv(1)
            except OSError:
                pass


def xz_send(path, address):
    host, port = address.rsplit(":", 1)
    with open(path, "rb") as file:
        data = file.read()
    try:
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as conn:
            conn.sendall(struct.pack(">Q", len(data)))
            at = struct.unpack(">Q", take_exact(conn, 8))[0]
            conn.sendall(data[at:])
            take_exact(conn, 1)
    except OSError:
        return NOT_YET[1]
    return 0


class Xz(Peer):
    name = "xz"
    what = "xz -9e of the plain CSV, sent over TCP and resumed at a byte; the bound"
    registers = False
    does = "a file: no identity, no signature, no encryption, nothing to look up or to merge"

    def missing(self):
        return None if shutil.which("xz") else "xz is not there (Debian: xz-utils)"

    def version(self):
        return self.run("xz", "--version").decode().split()[3]

    def make(self, folder, base, events):
        for side in ("site", "hub"):
            os.makedirs(os.path.join(folder, side))
        with open(os.path.join(folder, "site/day.csv.xz"), "wb") as out:
            out.write(self.run("xz", "-9e", "--format=xz", "-c",
                               stdin=workload.to_csv(events)))

    def command(self, *words):
        return [sys.executable, "-B", os.path.abspath(__file__), *words]

    def serve(self, folder):
        return Server(self.rig, self.command("serve", os.path.join(folder, "hub/day.csv.xz")))

    def client(self, folder, address):
        return self.command("send", os.path.join(folder, "site/day.csv.xz"), address)

    def progress(self, folder):
        path = os.path.join(folder, "hub/day.csv.xz")
        return os.path.getsize(path) if os.path.exists(path) else 0

    def rows(self, folder):
        return rows_of_csv(self.run("xz", "-dc", os.path.join(folder, "hub/day.csv.xz")))


# --- version control ---

def one_commit(branch, mark, at, text, path, data, parent):
    """A blob and a commit of it, in the words of git fast-import."""
    message = text.encode()
    return b"".join((
        b"blob\nmark :%d\ndata %d\n%s\n" % (mark, len(data), data),
        b"commit refs/heads/%s\nmark :%d\n" % (branch.encode(), mark + MARK),
        b"author %s %d +0700\ncommitter %s %d +0700\n" % (WHO.encode(), at, WHO.encode(), at),
        b"data %d\n%s\n" % (len(message), message),
        b"from %s\n" % parent.encode() if parent else b"",
        b"M 100644 :%d %s\n\n" % (mark, path.encode())))


def registers(branch, base):
    return one_commit(branch, 1, base[-1].at, "registers", "registers.csv",
                      workload.to_csv(base), None)


def months(events):
    """(name of the month's file, its lines as they are with this event, event)."""
    lines, name = b"", None
    for event in events:
        line = workload.to_csv([event])
        month = line[:7].decode() + ".csv"
        lines = lines + line if month == name else line
        name = month
        yield name, lines, event


def day_by_day(branch, events, parent):
    for i, (name, lines, event) in enumerate(months(events)):
        yield one_commit(branch, i + 2, event.at, event.kind, name, lines,
                         parent if i == 0 else ":%d" % (i + 1 + MARK))


class Versions(Peer):
    """What git and Fossil have in common: files by month, commits by event."""

    def feed(self, argv, stream):
        process = subprocess.Popen([str(arg) for arg in argv], stdin=subprocess.PIPE,
                                   env=self.env(), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        try:
            for part in stream:
                process.stdin.write(part)
            process.stdin.close()
        except BrokenPipeError:
            pass
        words = process.stderr.read()
        if process.wait() != 0:
            raise Failure("%s: exit %d: %s" % (argv[0], process.returncode,
                                               words.decode(errors="replace")[-400:]))

    def file_names(self, folder):
        raise NotImplementedError

    def commits(self, folder):
        raise NotImplementedError

    def file(self, folder, name):
        raise NotImplementedError

    def rows(self, folder):
        names = self.file_names(folder)
        text = b"".join(self.file(folder, name) for name in
                        ["registers.csv"] + sorted(set(names) - {"registers.csv"}))
        return rows_of_csv(text)

    def delivered(self, folder, base, events):
        super().delivered(folder, base, events)
        if self.commits(folder) != len(events) + 1:
            raise Failure("%d commits at the hub for %d events" % (self.commits(folder),
                                                                   len(events)))


class Git(Versions):
    name = "git"
    what = "a line in the month's file and a commit for each event; git push over git://"
    does = ("no signatures unless asked for, no encryption over git://; merges lines of text, "
            "not facts; keeps history by hash")

    def missing(self):
        if not shutil.which("git"):
            return "git is not there (Debian: git)"
        if not os.path.exists(os.path.join(self.exec_path(), "git-daemon")):
            return "git has no git-daemon"
        return None

    def exec_path(self):
        return self.run("git", "--exec-path").decode().strip()

    def version(self):
        return self.run("git", "--version").decode().split()[-1]

    def env(self):
        return {**os.environ, "HOME": self.rig.work, "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C", "TZ": "UTC"}

    def git(self, repository, *words):
        return ["git", "-C", repository, *words]

    def make(self, folder, base, events):
        site, hub = os.path.join(folder, "site"), os.path.join(folder, "hub/books.git")
        self.run("git", "init", "-q", "--bare", "-b", "main", hub)
        self.run("git", "init", "-q", "-b", "main", site)
        # loose objects, as git commit leaves them, until git gc --auto packs them
        add = self.git(site, "-c", "fastimport.unpackLimit=100000000", "fast-import", "--quiet")
        self.feed(add, [registers("main", base)])
        self.run(*self.git(site, "push", "-q", hub, "main"))
        self.feed(add, day_by_day("main", events, "refs/heads/main^0"))
        self.run(*self.git(site, "-c", "gc.autoDetach=false", "gc", "--auto", "--quiet"))
        # the files that the librarian has open
        self.run(*self.git(site, "reset", "-q", "--hard", "main"))

    def serve(self, folder):
        port = free_port()
        return Server(self.rig, [os.path.join(self.exec_path(), "git-daemon"),
                                 "--listen=127.0.0.1", "--port=%d" % port, "--export-all",
                                 "--enable=receive-pack", "--reuseaddr",
                                 "--base-path=" + os.path.join(folder, "hub")],
                      port=port, env=self.env())

    def client(self, folder, address):
        return [shutil.which("git"), "-C", os.path.join(folder, "site"), "push", "-q",
                "git://%s/books.git" % address, "main"]

    def at_hub(self, folder, *words):
        return self.run(*self.git(os.path.join(folder, "hub/books.git"), *words))

    def progress(self, folder):
        return self.at_hub(folder, "rev-parse", "main")

    def file_names(self, folder):
        return self.at_hub(folder, "ls-tree", "--name-only", "main").decode().split()

    def file(self, folder, name):
        return self.at_hub(folder, "show", "main:" + name)

    def commits(self, folder):
        self.at_hub(folder, "fsck", "--no-dangling")
        return int(self.at_hub(folder, "rev-list", "--count", "main"))


class Fossil(Versions):
    name = "fossil"
    what = "a line in the month's file and a check-in for each event; fossil push over HTTP"
    does = ("logs in by a shared password; no signatures unless asked for, no encryption "
            "over http; merges lines of text, not facts; has web pages and tickets besides")
    password = "benchmark"

    def missing(self):
        return None if shutil.which("fossil") else "fossil is not there (Debian: fossil)"

    def version(self):
        return self.run("fossil", "version").decode().split()[4]

    def env(self):
        return {**os.environ, "HOME": self.rig.work, "FOSSIL_HOME": self.rig.work,
                "FOSSIL_USER": "thu-vien", "USER": "thu-vien", "LC_ALL": "C", "TZ": "UTC"}

    def paths(self, folder):
        return (os.path.join(folder, "site/books.fossil"),
                os.path.join(folder, "hub/books.fossil"))

    def add(self, site, stream, *marks):
        self.feed(["fossil", "import", "--git", "--incremental", *marks, site], stream)

    def make(self, folder, base, events):
        site, hub = self.paths(folder)
        for path in (site, hub):
            os.makedirs(os.path.dirname(path))
        marks = os.path.join(folder, "marks")
        # an empty first check-in that is older than what follows
        self.run("fossil", "init", "--admin-user", "thu-vien", "--date-override",
                 "2020-01-01T00:00:00", hub)
        self.run("fossil", "user", "password", "thu-vien", self.password, "-R", hub)
        self.run("fossil", "clone", hub, site, "--admin-user", "thu-vien")
        self.run("fossil", "settings", "autosync", "off", "-R", site)
        self.add(site, [registers("trunk", base)], "--export-marks", marks)
        server = self.serve(folder)
        status = self.carry(folder, server.address)[0]
        server.stop()
        if status != 0:
            raise Failure("the registers did not get through: " + self.said[1])
        before = int(self.sql(site, "select max(rid) from blob"))
        self.add(site, day_by_day("trunk", events, ":%d" % (1 + MARK)), "--import-marks", marks)
        # fossil commit lists what it writes as not sent; fossil import does not
        self.sql(site, "insert or ignore into unsent select rid from blob where rid > %d"
                 % before)

    def sql(self, repository, statement):
        return self.run("fossil", "sql", "-R", repository, statement).decode().strip()

    def serve(self, folder):
        port = free_port()
        return Server(self.rig, [shutil.which("fossil"), "server", "--localhost", "--port",
                                 port, self.paths(folder)[1]], port=port, env=self.env())

    def client(self, folder, address):
        return [shutil.which("fossil"), "push", "http://thu-vien:%s@%s/" % (
            self.password, address), "--once", "-R", self.paths(folder)[0]]

    def held(self, repository):
        return int(self.sql(repository, "select count(*) from blob"))

    def carry(self, folder, address):
        """fossil push exits with 0, too, when the link has broken."""
        status, took, peak = super().carry(folder, address)
        site, hub = self.paths(folder)
        if status == 0 and self.held(site) != self.held(hub):
            status = NOT_YET[1]
        return status, took, peak

    def progress(self, folder):
        return self.held(self.paths(folder)[1])

    def file_names(self, folder):
        return self.run("fossil", "ls", "-R", self.paths(folder)[1], "-r",
                        "trunk").decode().split()

    def file(self, folder, name):
        return self.run("fossil", "cat", "-R", self.paths(folder)[1], "-r", "trunk", name)

    def commits(self, folder):
        """Check-ins but for the empty one that fossil init makes."""
        return int(self.sql(self.paths(folder)[1],
                            "select count(*) from event where type='ci'")) - 1


def main():
    if sys.argv[1] == "serve":
        return xz_serve(sys.argv[2])
    return xz_send(sys.argv[2], sys.argv[3])


if __name__ == "__main__":
    sys.exit(main())

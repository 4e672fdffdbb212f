"""Disks that are full, have no room for another file, or are read-only, and folders of
somebody else's: on real small file systems (tmpfs) and with another user's rights
(setpriv). Both need root; without it they are skipped aloud.
"""

import json
import os
import shutil
import subprocess

from rig import CASES, OTHER, World, check_all, folder_for, must
from script import make_worlds
from script_sync import MAIN

NOBODY = "65534"


def mount(path, *options):
    os.makedirs(path, exist_ok=True)
    return subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", path],
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def remount(path, how):
    subprocess.run(["mount", "-o", f"remount,{how}", path], check=True)


def fill(path):
    """To the last byte. The file that does it."""
    filler = os.path.join(path, "filler")
    with open(filler, "wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass
    return filler


def bytes_in(folder):
    return sum(os.path.getsize(os.path.join(where, name))
               for where, _, names in os.walk(folder) for name in names)


def move_in(before, path):
    shutil.copytree(before, path, dirs_exist_ok=True)
    world = World(path)
    with open(world.path("told.json"), encoding="utf-8") as file:
        world.told = json.load(file)
    return world


def refused(tap, name, got, words, codes=(OTHER,)):
    tap.ok(name, got.code in codes and words in got.err + got.out, got)


def full_disk(tap, before, path):
    """Of a hub that serves, and of the site that syncs with it."""
    if not mount(path, "-o", f"size={(bytes_in(before) >> 10) + 3000}k"):
        tap.skip("places: a full disk", "no small file system can be mounted here")
        return
    world = None
    try:
        world = move_in(before, path)
        must(world.serve(), "the hub does not start", world.hub_log())
        filler = fill(path)
        got = world.site("a", "visit", "--band", "adult", "--plain")
        refused(tap, "places: full: a visit is refused", got, "disk is full")
        got = world.hub("record", "-", stdin=b'{"kind":"target-put","indicator":"M2",'
                                             b'"year":2026,"value":5}\n')
        refused(tap, "places: full: the hub's own word is refused", got, "disk is full")
        for args in (("status",), ("log",), ("digest",), ("cases",)):
            got = world.site("a", *args)
            tap.ok(f"places: full: {args[0]} can be looked at", got.code in (0, CASES), got)
        got = world.sync("b")
        tap.ok("places: full: a session ends with a status of its own",
               got.code in (0, 1, 12, 14, 75), got)
        tap.ok("places: full: the hub serves on", world.alive(), world.hub_log())
        os.unlink(filler)
        tap.ok("places: full: with room again the hub goes on by itself",
               world.sync("a").code in (0, CASES) and world.alive(), world.hub_log())
        check_all(world)
        tap.ok("places: full: nothing is lost, all agrees", True)
    finally:
        if world:
            world.kill()
        subprocess.run(["umount", path], check=False)


def no_files(tap, before, path):
    """Room for bytes, but for no other file: SQLite cannot make its WAL."""
    count = sum(1 + len(names) for _, _, names in os.walk(before))
    if not mount(path, "-o", f"nr_inodes={count + 3}"):
        tap.skip("places: no room for a file", "no small file system can be mounted here")
        return
    try:
        world = move_in(before, path)
        made = []
        try:
            for i in range(20):
                with open(os.path.join(path, f"more{i}"), "wb"):
                    made.append(os.path.join(path, f"more{i}"))
        except OSError:
            pass
        got = world.site("a", "visit", "--band", "adult", "--plain")
        refused(tap, "places: no room for a file: a visit is refused", got, "disk is full")
        got = world.hub("site", "add", "14-0373", "--commune", "03646", "--kind",
                        "commune-library", "--name", "X")
        refused(tap, "places: no room for a file: the hub says so", got, "disk is full")
        for name in made:
            os.unlink(name)
        check_all(world)
        tap.ok("places: no room for a file: then it goes on", True)
    finally:
        subprocess.run(["umount", path], check=False)


def read_only(tap, before, path):
    if not mount(path, "-o", "size=64m"):
        tap.skip("places: a read-only disk", "no small file system can be mounted here")
        return
    world = None
    try:
        world = move_in(before, path)
        with open(os.path.join(path, "serve.err"), "wb"):
            pass
        remount(path, "ro")
        got = world.site("a", "visit", "--band", "adult", "--plain")
        refused(tap, "places: read-only: a visit is refused", got, "read-only")
        got = world.hub("record", "-", stdin=b'{"kind":"target-put","indicator":"M2",'
                                             b'"year":2026,"value":5}\n')
        refused(tap, "places: read-only: the hub says so", got, "read-only")
        got = world.run(world.daemon, "-d", world.path("hub"), "serve", "--listen",
                        "127.0.0.1:0")
        refused(tap, "places: read-only: it does not serve", got, "read-only")
        remount(path, "rw")
        check_all(world)
        tap.ok("places: read-only: then it goes on", True)
    finally:
        if world:
            world.kill()
        subprocess.run(["umount", path], check=False)


def of_others(tap, before, folder):
    """What another user may do: nothing."""
    world = World.copy(before, os.path.join(folder, "others"))
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    for above in (folder, world.folder):
        os.chmod(above, 0o755)
    must(world.serve(), "the hub does not start", world.hub_log())
    try:
        for name, program, args in (
                ("a site's folder", world.client, ["-d", world.path("a"), "status"]),
                ("a hub's folder", world.daemon, ["-d", world.path("hub"), "status"]),
                ("a running hub's socket", "/usr/bin/python3", [
                    "-c", "import socket; socket.socket(socket.AF_UNIX).connect("
                    f"'{world.path('hub', 'socket')}')"])):
            got = world.run(*drop, program, *args)
            tap.ok(f"places: {name} is closed to others", got.code == 1 and
                   "ermission" in got.err, got)
        os.chmod(world.path("a"), 0o755)  # by mistake: the files are closed all the same
        got = world.run(*drop, world.client, "-d", world.path("a"), "status")
        refused(tap, "places: so are its files", got, "no permission")
        os.chmod(world.path("a"), 0o700)
        loose = [path for where, folders, names in os.walk(world.folder)
                 for path in [os.path.join(where, n) for n in folders + names]
                 if os.path.relpath(path, world.folder).split("/")[0] in ("a", "b", "hub")
                 and os.stat(path).st_mode & 0o077 and not os.path.islink(path)
                 and os.path.relpath(path, world.folder) not in ("hub/packhorsed.conf",)]
        tap.ok("places: no file of a hub or a site is open to others", not loose, *loose)
    finally:
        world.kill()


def user_of_its_own(tap, before, folder):
    """The script, up to where a hub serves, with the rights of a user who is not root."""
    where = os.path.join(folder, "user")
    world = World.copy(before, where)
    subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", where], check=True)
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    run_as_root = world.run
    world.run = lambda *args, **more: run_as_root(*drop, *args, **more)
    for step in MAIN.steps:
        if step.serves:
            break
        got = step.do(world)
        must(got.code in (0, CASES), "without root:", got)
        if step.name == "title":
            world.told["vars"]["title"] = got.out.split("\t")[1]
    tap.ok("places: nothing needs root", True)


def run(tap, options):
    if os.geteuid() != 0:
        tap.skip("places: full and read-only disks, folders of others", "needs root")
        return
    folder = folder_for("places")
    try:
        before = make_worlds(folder, {}, MAIN)
        full_disk(tap, before[None], os.path.join(folder, "full"))
        no_files(tap, before[None], os.path.join(folder, "files"))
        read_only(tap, before[None], os.path.join(folder, "ro"))
        if shutil.which("setpriv"):
            of_others(tap, before[None], folder)
            user_of_its_own(tap, before["init"], folder)
        else:
            tap.skip("places: folders of others", "no setpriv")
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)

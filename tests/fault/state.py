"""Worlds that were saved, and what of a world is the same state as of another.

A saved world is copied thousands of times: what lies in it is kept in memory, by the
process that copies, with a hash of each file.
"""

import functools
import hashlib
import os
import shutil
import sqlite3
import stat

DATABASE = (".db", ".db.new")
BESIDE = tuple(name + suffix for name in DATABASE for suffix in ("-wal", "-shm", "-journal"))
NOT_COUNTED = ("serve.err", "agent.err", "told.json")


def hash_of(data):
    return hashlib.blake2b(data).hexdigest()


def read(path):
    with open(path, "rb") as file:
        return file.read()


class File:
    def __init__(self, path):
        info = os.lstat(path)
        self.data = read(path)
        self.mode = stat.S_IMODE(info.st_mode)
        self.times = info.st_atime_ns, info.st_mtime_ns
        self.hash = hash_of(self.data)


class Saved:
    """The world in FOLDER, as it was when it was first asked for."""

    def __init__(self, folder):
        self.folders, self.files = [], {}
        for where, folders, names in os.walk(folder):
            inside = os.path.relpath(where, folder)
            self.folders.append((inside, stat.S_IMODE(os.stat(where).st_mode)))
            for name in names:
                path = os.path.join(where, name)
                self.files[os.path.normpath(os.path.join(inside, name))] = File(path)

    def put(self, folder):
        for name, mode in self.folders:
            os.makedirs(os.path.join(folder, name), exist_ok=True)
            os.chmod(os.path.join(folder, name), mode)
        for name, saved in self.files.items():
            path = os.path.join(folder, name)
            with open(path, "wb", buffering=0) as file:
                file.write(saved.data)
                os.fchmod(file.fileno(), saved.mode)
            os.utime(path, ns=saved.times)

    def hash_file(self, path, inside):
        """Of PATH, which in here is called INSIDE; mostly it is as it was."""
        data = read(path)
        saved = self.files.get(inside)
        return saved.hash if saved and saved.data == data else hash_of(data)


saved_at = functools.cache(Saved)


def hash_database(path, scratch):
    """Of its pages as SQLite reads them, so a write that was not committed is none."""
    for name in os.listdir(scratch):
        os.unlink(os.path.join(scratch, name))
    copy = os.path.join(scratch, "db")
    for suffix in ("", "-wal", "-journal"):
        if os.path.exists(path + suffix):
            shutil.copyfile(path + suffix, copy + suffix)
    try:
        with sqlite3.connect(copy) as database:
            pages = database.serialize()
        database.close()
    except sqlite3.Error:
        # SQLite draws what a journal begins with, so of those only how long they are
        return f"none {hash_of(read(path))} " + " ".join(
            str(os.path.getsize(path + suffix)) for suffix in ("-wal", "-journal")
            if os.path.exists(path + suffix))
    return hash_of(pages)


def has_pages_beside(path):
    return any(os.path.exists(path + suffix) and os.path.getsize(path + suffix) > 0
               for suffix in ("-wal", "-journal"))


def state_of(world, scratch):
    """A hash of all that lies in the folders of hub and sites: which names there are, with
    their rights, and the bytes of all files; of databases their pages, and whether there
    are some beside it that it has yet to take in. Not counted are what holds a process's
    number (lock) and what SQLite makes anew (-shm)."""
    state = hashlib.blake2b()
    for folder, folders, names in os.walk(world.folder):
        folders.sort()
        for name in sorted(names) + folders:
            path = os.path.join(folder, name)
            inside = os.path.relpath(path, world.folder)
            mode = os.lstat(path).st_mode
            content = ""
            if inside in NOT_COUNTED or name.endswith(BESIDE):
                continue
            if name.endswith(DATABASE):
                beside = has_pages_beside(path)
                content = hash_database(path, scratch) if beside else (
                    world.saved.hash_file(path, inside))
                content = f"{beside} {content}"
            elif stat.S_ISREG(mode) and name != "lock":
                content = world.saved.hash_file(path, inside)
            state.update(f"{inside} {mode:o} {content}\n".encode())
    return state.hexdigest()

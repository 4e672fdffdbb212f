"""What lies on a disk: sealed parts and their seeds, learned from stores and looked for in every file.

  images.py learn OUT STORE...     of every part in these folders (a hub's or a device's): ciphertext, box, seed
  images.py find OUT [--ref R]... DIR...   which files have any of that (of these entries only)
  images.py secret STORE DIR...    which files have the secret that opens the seeds of STORE, a device's
  images.py text WORDS DIR...      which files have these words, as typed, in other forms, other letters

A store is read from a copy of its database and WAL, with the keys beside it; what is looked for is
looked for in the bytes of every file, whatever it is.
"""
import ctypes
import json
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import unicodedata

N_BITS = 40


class Sodium:
    def __init__(self):
        self.lib = ctypes.CDLL("libsodium.so.23")
        assert self.lib.sodium_init() >= 0

    def seal_open(self, box, key, secret):
        out = ctypes.create_string_buffer(len(box) - 48)
        return out.raw if self.lib.crypto_box_seal_open(out, box, ctypes.c_ulonglong(len(box)), key, secret) == 0 else None

    def hub_open(self, box, secret):
        context = b"packhorse seed box 1"
        key = ctypes.create_string_buffer(32)
        self.lib.crypto_generichash(key, ctypes.c_size_t(32), context, ctypes.c_ulonglong(len(context)), secret,
                                    ctypes.c_size_t(len(secret)))
        out = ctypes.create_string_buffer(len(box) - 40)
        code = self.lib.crypto_secretbox_open_easy(out, box[24:], ctypes.c_ulonglong(len(box) - 24), box[:24], key)
        return out.raw if code == 0 else None


def keys_of(folder):
    """Signing seed and key, Noise secret and key, desk secret and key."""
    path = os.path.join(folder, "keys")
    if os.path.isdir(path):
        path = os.path.join(path, "online")
    return re.findall(rb"\xc4\x20(.{32})", open(path, "rb").read(), re.S)


def open_copy(folder, scratch):
    name = "hub.db" if os.path.exists(os.path.join(folder, "hub.db")) else "site.db"
    for end in ("", "-wal"):
        if os.path.exists(os.path.join(folder, name + end)):
            shutil.copy(os.path.join(folder, name + end), os.path.join(scratch, name + end))
    return sqlite3.connect(os.path.join(scratch, name))


def parts_of(db):
    logs = {row: bytes(id) for row, id in db.execute("SELECT row, id FROM log")}
    for key, cipher, box in db.execute("SELECT id, cipher, seed FROM part WHERE length(cipher) > 0"):
        yield logs[key >> N_BITS], key & ((1 << N_BITS) - 1), bytes(cipher), bytes(box or b"")
    if db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'fed_entry'").fetchone():
        yield from ((bytes(i), n, bytes(c), bytes(b or b"")) for i, n, c, b in db.execute(
            "SELECT g.log_id, e.n, e.cipher, e.seed FROM fed_entry e JOIN fed_log g ON g.id = e.log"
            " WHERE length(e.cipher) > 0"))


def learn(out, folders):
    sodium = Sodium()
    known = []
    for folder in folders:
        with tempfile.TemporaryDirectory() as scratch:
            keys = keys_of(folder)
            with open_copy(folder, scratch) as db:
                for log, n, cipher, box in parts_of(db):
                    seed = None
                    if len(box) in (64, 128):  # behind it the same for the hub
                        box = box[:64]
                        seed = sodium.seal_open(box, keys[5], keys[4]) if len(keys) == 6 else None
                        seed = seed or sodium.seal_open(box, keys[3], keys[2])
                    elif len(box) == 56:
                        seed = sodium.hub_open(box, keys[2])
                    if box and not seed:
                        sys.exit(f"{folder}: the seed of {log.hex()}.{n} does not open")
                    known += [(log.hex(), n, what, data.hex()) for what, data in
                              (("ciphertext", cipher), ("box", box), ("seed", seed)) if data]
    json.dump(known, open(out, "w"))
    print(len(known))


def files(folders):
    for folder in folders:
        for base, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(base, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    yield path, open(path, "rb").read()


def tell(found):
    for line in sorted(found):
        print(line)


def find(out, refs, folders):
    wanted = {tuple(ref.split(".")[:2]) for ref in refs}
    known = [(what, bytes.fromhex(data)) for log, n, what, data in json.load(open(out))
             if not wanted or (log, str(n)) in wanted]
    if not known:
        sys.exit("nothing was learned of these")
    tell({f"{path} {what}" for path, data in files(folders) for what, part in known if part in data})


def secret(store, folders):
    """Every 32 bytes of every file that X25519 could take are tried."""
    public = keys_of(store)[-1]
    lib = Sodium().lib
    out = ctypes.create_string_buffer(32)

    def has(data):
        for i in range(len(data) - 31):
            if not data[i] & 7 and data[i + 31] & 0xc0 == 0x40:
                lib.crypto_scalarmult_base(out, data[i:i + 32])
                if out.raw == public:
                    return True
        return False

    tell({path for path, data in files(folders) if has(data)})


def text(words, folders):
    plain = "".join(c for c in unicodedata.normalize("NFD", words) if not unicodedata.combining(c))
    plain = plain.replace("đ", "d").replace("Đ", "D")
    forms = set()
    for one in (words, plain):
        for form in (one, one.lower(), one.upper()):
            for norm in ("NFC", "NFD"):
                t = unicodedata.normalize(norm, form)
                forms |= {t.encode(), t.encode("utf-16-le"), json.dumps(t)[1:-1].encode()}
    tell({path for path, data in files(folders) for form in forms if form in data})


def main():
    what, args = sys.argv[1], sys.argv[2:]
    if what == "learn":
        learn(args[0], args[1:])
    elif what == "find":
        refs = [args[i + 1] for i in range(len(args) - 1) if args[i] == "--ref"]
        rest = [a for i, a in enumerate(args[1:], 1) if a != "--ref" and args[i - 1] != "--ref"]
        find(args[0], refs, rest)
    elif what == "secret":
        secret(args[0], args[1:])
    else:
        text(args[0], args[1:])


main()

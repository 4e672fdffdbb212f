"""Seeds of the targets that read something small: settings, a scenario, printed codes, what a
courier signs, what a hub is restored from, pieces of its desk log. For tests/fuzz/seeds, which has run the programs."""
import json
import os
import re
import sqlite3
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def two(data):
    return len(data).to_bytes(2, "big") + data


def bin_head(data):
    """What stands inside of [body bin, ...]: the body, or nothing."""
    if len(data) < 4 or data[0] not in (0x92, 0x93):
        return b""
    if data[1] == 0xc4:
        return data[3:3 + data[2]]
    if data[1] == 0xc5:
        return data[4:4 + int.from_bytes(data[2:4], "big")]
    return b""


def backups(maker):
    """What a hub is restored from: of a real backup its front, its end and what is signed
    there; the keys; the second medium. And blocks as somebody else might seal them."""
    def records(data):
        at = 0
        while at + 4 <= len(data):
            end = at + 4 + int.from_bytes(data[at:at + 4], "big")
            yield data[at:end]
            at = end

    backup = maker.read("backups", os.listdir(maker.path("backups"))[0])
    at = 121  # behind its head
    while int.from_bytes(backup[at:at + 4], "big"):
        at += 4 + int.from_bytes(backup[at:at + 4], "big")
    manifest = backup[at + 8:]
    maker.seed("backup", "front", b"f" + backup[:400])
    maker.seed("backup", "end", b"f" + backup[:121] + backup[at:])
    maker.seed("backup", "manifest", b"m" + manifest)
    maker.seed("backup", "manifest-body", b"B" + bin_head(manifest))
    maker.seed("backup", "manifest-bent", b"B" + bin_head(manifest)[:-1] + b"\xc0")
    maker.seed("backup", "key", b"k" + maker.read("recovery"))
    maker.seed("backup", "key-spaced", b"k" + maker.read("recovery").replace(b"A", b"A \n"))
    maker.seed("backup", "key-cut", b"k" + maker.read("recovery")[:-9])
    maker.seed("backup", "key-none", b"kPACKHORSE-RECOVERY2:" + maker.read("recovery")[20:])
    maker.seed("backup", "public", b"p" + maker.read("hub", "keys", "recovery"))
    maker.seed("backup", "public-no-point", b"p" + maker.read("hub", "keys", "recovery")[:-32] + bytes(32))
    medium = list(records(maker.read("second", os.listdir(maker.path("second"))[0])))
    some = b"".join(medium[:6])
    maker.seed("backup", "second", b"s" + some)
    maker.seed("backup", "second-torn", b"s" + some[:-5])
    maker.seed("backup", "second-altered", b"s" + some[:60] + bytes([some[60] ^ 1]) + some[61:])
    maker.seed("backup", "second-long", b"s" + some + b"\xff\xff\xff\xff" + bytes(40))
    maker.seed("backup", "second-short", b"s" + some + b"\0\0\0\x10" + bytes(40))
    for number, record in enumerate(medium[:4]):
        maker.seed("backup", "record-%d" % number, b"S" + two(record[4:-16]))
    part = b"\x95\2\xc4\x10" + 16 * b"l" + b"\5\xc4\3abc\xc4\4seed"
    maker.seed("backup", "record-part", b"S" + two(part) + two(part.replace(b"abc", b"bcd")) + two(medium[0][4:-16]))
    for name, bent in (("type-0", part.replace(b"\x95\2", b"\x95\0")), ("no-cipher", part.replace(b"\xc4\3abc", b"\xc4\0")),
                       ("longer", part + b"\0"), ("map", b"\x81\0\0")):
        maker.seed("backup", "record-" + name, b"S" + two(bent))
    segment = medium[0][4:-16]
    maker.seed("backup", "record-segment-0", b"S" + two(b"\x96\0" + segment[2:]))
    maker.seed("backup", "many-logs", b"S" + b"".join(two(segment[:4] + bytes([at]) * 16 + segment[20:]) for at in range(66))[:4000])

    def file(name, size):
        return two(b"\1" + size.to_bytes(8, "big") + name)

    data, end = two(b"\2abc"), two(b"\3")
    for name, blocks in (
        ("good", file(b"keys/one", 3) + data + file(b"two", 0) + end), ("none", end), ("nothing", b""),
        ("up", file(b"../hub.db", 3) + data + end), ("root", file(b"/etc/x", 0) + end),
        ("deep", file(b"a/b/c", 0) + end), ("dot", file(b"keys/.x", 0) + end), ("no-name", file(b"", 0) + end),
        ("zero", file(b"a\0b", 0) + end), ("long", file(b"n" * 129, 0) + end), ("longest", file(b"n" * 128, 0) + end),
        ("twice", 2 * file(b"one", 0) + end), ("under-file", file(b"a", 0) + file(b"a/b", 0) + end),
        ("over-folder", file(b"a/b", 0) + file(b"a", 0) + end), ("short", file(b"one", 9) + data + end),
        ("longer", file(b"one", 2) + data + end), ("data", data + end), ("unknown", two(b"\7") + end),
        ("empty", two(b"") + end), ("behind", end + data), ("size", two(b"\1abc") + end),
        ("many", b"".join(file(b"%d" % at, 0) for at in range(258)) + end),
    ):
        maker.seed("backup", "blocks-" + name, b"b\0" + blocks)
    for odd in (1, 2, 4, 12, 16):
        maker.seed("backup", "odd-%d" % odd, bytes([98, odd]) + file(b"one", 3) + data + end)
    for at in (0, 9, 17, 100, 121, 124, 130, 210, 300):
        maker.seed("backup", "bent-%d" % at, b"x" + at.to_bytes(2, "big") + b"\x20")
        maker.seed("backup", "cut-%d" % at, b"l" + at.to_bytes(2, "big"))
    maker.seed("backup", "whole", b"x\0\0\0")
    maker.seed("backup", "magic", b"x\0\x08\3")


def pieces(maker, take):
    """Pieces that the PC keeps, with the key of their hub, and as they come; what the hub said, and steps of both."""
    keys = maker.read("hub/keys/online")
    seed = keys[27:59]  # behind the array's head, the title and a bin's head
    if b"packhorse device keys 1\xc4\x20" not in keys[:27]:
        sys.exit("keys/online is of another form")
    store = sqlite3.connect("file:%s?mode=ro&immutable=1" % maker.path("site/site.db"), uri=True)
    rows = store.execute("SELECT log_id, first, last, mark, cipher FROM kept ORDER BY row").fetchall()
    store.close()
    if not rows:
        sys.exit("the PC keeps nothing of the hub's desk log")
    comes = b""
    for number, (log, first, last, mark, cipher) in enumerate(rows):
        front = seed + log + first.to_bytes(8, "big") + last.to_bytes(8, "big") + mark
        maker.seed("keep", "piece-%d" % number, b"o" + front + cipher)
        maker.seed("keep", "bent-%d" % number, b"o" + front + cipher[:-1] + bytes([cipher[-1] ^ 1]))
        maker.seed("keep", "sealed-%d" % number, b"s" + front + 64 * b"s" + cipher[104:])
        comes += bytes([0, 0, first, last - first, last]) + (len(cipher) - 105).to_bytes(2, "big") + b"c"
    maker.seed("keep", "cut", b"o" + front + rows[-1][4][:104])
    maker.seed("keep", "numbers", b"s" + seed + rows[0][0] + 16 * b"\xff" + rows[0][3] + 66 * b"s")
    asked = b"\2\3\1\0\3\0\3\3\0\0\0"
    maker.seed("keep", "comes", b"d" + comes + asked + comes + asked)
    maker.seed("keep", "again", b"d" + comes + b"\4" + comes + asked)
    many = b"".join(bytes([0, at % 3, at, 0, at]) + b"\xff\xffm" for at in range(20))
    maker.seed("keep", "bound", b"d" + many + asked)
    for column in range(5):
        for name, value in (("less", b"\0" + 8 * b"\xff"), ("none", b"\0" + 8 * b"\0"), ("bytes", b"\x09abcd"), ("no-bytes", b"\1")):
            bad = b"\1" + bytes([column, len(rows) - 1]) + value
            maker.seed("keep", "bad-%d-%s" % (column, name), b"d" + comes + bad + b"\2" + comes + asked)
    whole = b"".join(bytes([0, at]) for at in range(5))
    for hub in (b"\0", b"\1"):
        name = "hub-%d-" % hub[0]
        maker.seed("keep", name + "whole", b"h" + hub + whole)
        maker.seed("keep", name + "back", b"h" + hub + bytes(b for at in range(4, -1, -1) for b in (0, at)) + whole)
        maker.seed("keep", name + "hello", b"h" + hub + b"".join(b"\4" + bytes([at]) + b"\0\4" for at in (0, 4, 64, 128, 192)))
        for at in (0, 24, 88, 104):
            maker.seed("keep", name + "bent-%d" % at, b"h" + hub + b"\1\2\0\1" + bytes([at]) + b"\0\1")
        maker.seed("keep", name + "any", b"h" + hub + b"\2\0\4\0\1" + two(66 * b"s") + whole)
        for number, entry in enumerate(said(maker, take)[:6]):
            maker.seed("keep", name + "more-%d" % number, b"h" + hub + b"\3" + bytes([3 + 2 * number]) + two(entry) + whole)


def said(maker, take):
    """What the hub said in its desk log."""
    store = sqlite3.connect("file:%s?mode=ro&immutable=1" % maker.path("hub/hub.db"), uri=True)
    desk = store.execute("SELECT value FROM meta WHERE name = 'desk_log'").fetchone()[0]
    bodies = store.execute("SELECT run.bytes FROM run JOIN log ON log.row = run.id >> 40 WHERE log.id = ?", (desk,)).fetchall()
    store.close()
    return [entry for (body,) in bodies for entry in take(bytes(body))]


def codes(maker):
    """Codes that a site printed, runs as it keeps them, references."""
    printed = re.findall(r'"code": *"(\d{13})"', maker.site("log", "--limit", "1000", "--json"))
    for number, code in enumerate(sorted(set(printed))[:4]):
        maker.seed("code", "printed-%d" % number, b"c" + code.encode())
    for name, text in (("wrong", "1403710700011"), ("short", "140371070001"), ("letter", "14037107000x0"),
                       ("low", "14037107000/0"), ("none", "0000000000000"), ("long", "14037107000100")):
        maker.seed("code", name, b"c" + text.encode())
    store = sqlite3.connect("file:%s?mode=ro&immutable=1" % maker.path("site/site.db"), uri=True)
    kept = [bytes(value) for (value,) in store.execute("SELECT value FROM meta WHERE length(value) = 64")]
    store.close()
    for number, run in enumerate(kept):
        maker.seed("code", "run-%d" % number, b"r" + run)
        maker.seed("code", "run-bent-%d" % number, b"r" + run[:-1] + bytes([run[-1] ^ 1]))
        maker.seed("code", "run-cut-%d" % number, b"r" + run[:-1])
    for name, numbers in (("first", (0, 0, 0)), ("last", (0, 0, 9998)), ("used", (0, 0, 9999)), ("next", (1, 499949, 0)),
                          ("around", (1, 499949, 499949)), ("next-used", (2, 5, 499950)), ("start", (1, 499950, 0)),
                          ("count", (1, 0, 499951)), ("block", (7, 9998, 0))):
        number, start, count = numbers
        maker.seed("code", "run-" + name, b"R" + 32 * b"p" + number.to_bytes(8, "big") +
                   start.to_bytes(4, "big") + count.to_bytes(4, "big"))
    ref = json.loads(maker.site("log", "--json"))["entries"][0]["ref"]
    log, _, sum_ = ref.split(".")
    for name, text in (("real", ref), ("upper", ref.upper()), ("largest", log + ".9223372036854775807." + sum_),
                       ("over", log + ".9223372036854775808." + sum_), ("nought", log + ".0." + sum_),
                       ("zeros", log + ".01." + sum_), ("sign", log + ".+1." + sum_), ("no-number", log + ".." + sum_),
                       ("long", log + "." + "1" * 20 + "." + sum_), ("no-hex", log[:-1] + "g.1." + sum_),
                       ("hash", log + ".1." + sum_[:-1] + "x"), ("short", log + ".1"), ("comma", ref.replace(".", ","))):
        maker.seed("code", "ref-" + name, b"t" + text.encode())


def scenarios(maker):
    """The scenario that is played without a file, the one of the tests, and what is wrong in one."""
    whole = subprocess.run([maker.rehearse, "--print"], capture_output=True, check=True).stdout
    maker.seed("scenario", "own", whole)
    with open(os.path.join(ROOT, "tests/sim/rehearse/quiet.scenario"), "rb") as file:
        quiet = file.read()
    maker.seed("scenario", "quiet", quiet)
    some = b"link 3g rate 100\nsites 2 kind van link 3g sync 16:00\n"
    maker.seed("scenario", "least", some)
    for name, line in (
        ("zero", b"\0"), ("latin", b"link \xe9 rate 100"), ("escape", b"days \x1b[2J"), ("days", b"days 93"),
        ("days-twice", b"days 3\ndays 3"), ("seed", b"seed -1"), ("seed-more", b"seed 1 2"), ("seed-large", b"seed 4294967296"),
        ("link-twice", b"link 3g rate 100"), ("link-none", b"link none rate 100"), ("link-long", b"link sixteen-letters-x rate 100"),
        ("link-slow", b"link a rate 99"), ("link-no-rate", b"link a up 3 cut 600"), ("link-word", b"link a rate 100 rat 1"),
        ("link-no-value", b"link a rate 100 up"), ("link-twice-up", b"link a rate 100 up 1 up 2"), ("link-all", b"link a rate 100 delay 0 up 0 cut 500"),
        ("sites-none", b"sites"), ("sites-many", b"sites 700 kind van link 3g sync 1:00"), ("sites-kind", b"sites 1 kind castle link 3g sync 1:00"),
        ("sites-link", b"sites 1 kind van link x sync 1:00"), ("sites-no-link", b"sites 1 kind van sync 1:00"), ("sites-no-sync", b"sites 1 kind van link 3g"),
        ("sites-sync", b"sites 1 kind van link 3g sync 24:00"), ("sites-syncs", b"sites 1 kind van link 3g sync 1:00,2:00,3:00,4:00,5:00,6:00,7:00"),
        ("sites-comma", b"sites 1 kind van link 3g sync ,"), ("sites-on", b"sites 1 kind van link 3g sync 1:00 on mon,xyz"), ("sites-on-none", b"sites 1 kind van link 3g sync 1:00 on ,"),
        ("sites-still", b"sites 1 kind van link none sync 1:00"), ("sites-alone", b"sites 1 kind van link none"), ("sites-devices", b"vans 1 link 3g devices 4 work 0 sync 23:59"),
        ("tour", b"sites 1 kind law-bookcase link none\ncourier a stops 3,1-2 on mon leaves 07:30 base 16:30\nlost a 3"),
        ("tour-stick", b"stick a stops 1 on sun\nlost a 1\nlost b 1\nlost a"), ("tour-twice", b"stick a stops 1 on mon\nstick a stops 1 on mon"), ("tour-few", b"courier a"),
        ("tour-back", b"courier a stops 1 on mon leaves 9:00 base 9:00"), ("tour-times", b"courier a stops 1 on mon leaves 9:00,10:00"), ("tour-stops", b"courier a stops 3 on mon"),
        ("tour-no-stops", b"courier a stops , on mon"), ("tour-no-on", b"courier a stops 1 leaves 9:00"), ("tour-wrong-way", b"courier a stops 2-1 on mon"), ("tour-name", b"courier sixteen-letters-x stops 1 on mon"),
        ("tour-sticks", b"".join(b"stick s%d stops 1 on mon\n" % at for at in range(4))), ("tour-many-stops", b"courier a stops " + b"1-2," * 33 + b"1 on mon"),
        ("disasters", b"pc 1 dies 9\nhub down 3 4\nsite 2 offline 5 19\npower 1 14\nclock 2 7 1970\nclock 2 7 -3600\nfull 2 10 12\nrestore 1 21 17"),
        ("clock", b"clock 1 1 x"), ("clock-far", b"clock 1 1 1000000001"), ("clock-few", b"clock 1 1"), ("span", b"full 1 12 10"), ("span-few", b"full 1 12"), ("once", b"power 1"),
        ("site-none", b"power 3 1"), ("day-none", b"power 1 0"), ("day-late", b"days 3\npower 1 4"), ("words", b"a " * 30), ("unknown", b"flood 1 2"),
    ):
        maker.seed("scenario", name, some + line + b"\n")
    maker.seed("scenario", "no-sites", b"power 1 1\n")
    maker.seed("scenario", "no-sites-tour", b"courier a stops 1 on mon\n")
    maker.seed("scenario", "one-site", some.replace(b"sites 2", b"sites 1"))
    maker.seed("scenario", "links", b"".join(b"link l%d rate 100\n" % at for at in range(17)))


def agent_settings(maker):
    """Settings of `packhorse agent`: each section, and what is wrong in it."""
    for name, section, lines in (
        ("hub", "hub", ("address = hub.example.vn:7415", "connect-ms = 5000")), ("hub-twice", "hub", ("address = a:1", "address = b:1")),
        ("hub-no-port", "hub", ("address = a",)), ("hub-long", "hub", ("address = " + "h" * 150 + ":1",)), ("hub-six", "hub", ("address = [::1]:7415",)),
        ("hub-port", "hub", ("address = a:65536",)), ("hub-none", "hub", ("address =",)), ("hub-brackets", "hub", ("address = [::1:5",)),
        ("courier", "courier", ("address = c.vn:7416", "find = 0", "listen = 0.0.0.0:7416")), ("lan", "lan", ("listen = 0.0.0.0:7417", "interval-ms = 1000")),
        ("siblings", "lan", tuple("sibling = s%d:7417" % at for at in range(8))), ("siblings-many", "lan", tuple("sibling = s%d:7417" % at for at in range(9))),
        ("sibling-none", "lan", ("sibling = ",)), ("sync", "sync", ("interval-ms = 1000", "quiet-ms = 0", "backoff-ms = 10", "settle-ms = 0", "latest-ms = 3600000")),
        ("sync-over", "sync", ("interval-ms = 604800001",)), ("desk", "desk", ("serve = 1", "port = 8080", "idle-ms = 43200000")), ("desk-serve", "desk", ("serve = 2",)),
        ("log", "log", ("prefix = yes",)), ("unknown", "desk", ("speed = 1",)), ("section", "web", ("listen = a:1",)),
    ):
        maker.seed("settings", name, ("[%s]\n" % section + "\n".join(lines) + "\n").encode())
    maker.seed("settings", "limits", b"# of the agent\n[limits]\ncommands = 7 ; more\n[log]\nprefix = auto\n")


def custodies(maker):
    """Bodies of what a courier signs, with places for its key."""
    def body(size=b"\xcd\x10\0", time=b"\xce\x6a\x30\0\0", version=b"\1", more=b""):
        return bytes([0x95 + len(more)]) + version + b"\xc4\x20" + 32 * b"h" + size + b"\xc4\x20" + \
            32 * b"c" + time + more

    for name, first, data in (
        ("whole", 0x21, body()), ("bent", 0x29, body()), ("other-key", 0x23, body()),
        ("unsigned", 0x20, body()), ("no-bytes", 0x21, body(size=b"\0")),
        ("too-large", 0x21, body(size=b"\xce\xff\xff\xff\xff")),
        ("late", 0x21, body(time=b"\xcf\x7f" + 7 * b"\xff")), ("version", 0x21, body(version=b"\2")),
        ("longer", 0x21, body(more=b"\0")), ("long-integer", 0x21, body(size=b"\xcd\0\5")),
    ):
        maker.seed("manifest", "custody-" + name, bytes([first]) + data)


def settings(maker):
    """Settings of the hub: each section, and what is wrong in it."""
    maker.seed("config", "all", b"[server]\nlisten = 0.0.0.0:7415\nlisten = [::]:7415\n"
               b"[limits]\nsessions = 100\nidle-ms = 5000\nframe-bytes = 1024\n"
               b"[log]\nprefix = no\n")
    for name, section, lines in (
        ("web", "web", ("listen = 127.0.0.1:7480", "host = thuvien.example.vn", "host = [::1]",
                        "connections = 64", "followers = 8")),
        ("web-six", "web", ("listen = [::1]:0", "requests-per-second = 5", "waiting = 1")),
        ("web-socket", "web", ("listen = /run/packhorse/web",)),
        ("web-none", "web", ("listen =",)),
        ("web-far", "web", ("listen = 0.0.0.0:7480",)),
        ("web-far-six", "web", ("listen = [2001:db8::1]:7480",)),
        ("web-twice", "web", ("listen = 127.0.0.1:1", "listen = 127.0.0.1:2")),
        ("web-long", "web", ("listen = /" + "w" * 130,)),
        ("web-no-port", "web", ("listen = 127.0.0.1",)),
        ("web-capital", "web", ("host = Thuvien.example.vn",)),
        ("web-port-in-name", "web", ("host = thuvien.example.vn:443",)),
        ("web-no-name", "web", ("host =",)),
        ("web-many", "web", tuple("host = h%d.vn" % at for at in range(20))),
        ("backup", "backup", ("second-medium = /srv/second", "keep = 7", "days = 40")),
        ("backup-twice", "backup", ("second-medium = /a", "second-medium = /b")),
        ("backup-not-whole", "backup", ("second-medium = srv/second",)),
        ("backup-none", "backup", ("keep = 0",)),
        ("listen-many", "server", tuple("listen = 127.0.0.1:%d" % at for at in range(20))),
        ("number-none", "limits", ("sessions = x",)), ("number-sign", "limits", ("sessions = +1",)),
        ("number-end", "limits", ("sessions = 1x",)), ("number-zero", "limits", ("sessions = 0",)),
        ("number-over", "limits", ("sessions = 65537",)), ("number-huge", "limits", ("sessions = " + "9" * 25,)),
        ("web-open", "web", ("host = [",)), ("web-open-six", "web", ("host = [::1",)), ("listen-none", "server", ("listen = x",)),
        ("unknown", "backup", ("second = /a",)), ("section", "desk", ("port = 1",)),
        ("prefix", "log", ("prefix = maybe",)), ("twice", "limits", ("sessions = 1",) * 2),
        ("line", "server", ("listen = " + "x" * 250,)), ("neither", "server", ("listen",)),
    ):
        maker.seed("config", name, ("[%s]\n" % section + "\n".join(lines) + "\n").encode())
    maker.seed("config", "no-section", b"sessions = 1\n")
    maker.seed("config", "zero", b"[log]\nprefix = no\0\n")

"""The script that is played when none is named: a province is set up, and two sites sync."""

import json

from script import (PASS, Keep, Know, Script, Step, all_confirmed, has_said, lines, no_reserve)

MAIN = Script("sync", [
    Step("init", "hub", ["init", "--listen", "127.0.0.1:7415", "--kdf-memory-mib", "8",
                         *PASS], again=True, then=no_reserve),
    Step("site-a", "hub", ["site", "add", "14-0371", "--commune", "03646", "--kind",
                           "commune-library", "--name", "Chiềng Khoa"], again=True),
    Step("site-b", "hub", ["site", "add", "14-0372", "--commune", "03647", "--kind",
                           "commune-library", "--name", "Mường Sang"], again=True),
    Step("invite-a", "hub", ["invite", "--site", "14-0371", "--role", "site", "--out",
                             "a.invite", "--hub", "127.0.0.1:1", *PASS], again=True),
    Step("invite-b", "hub", ["invite", "--site", "14-0372", "--role", "site", "--out",
                             "b.invite", "--hub", "127.0.0.1:1", *PASS], again=True),
    Step("join-a", "a", ["join", "a.invite"], again=True),
    Step("join-b", "b", ["join", "b.invite"], again=True),
    Step("title", "a", ["title", "add", "--name", "Dế Mèn phiêu lưu ký", "--author", "Tô Hoài",
                        "--plain"], then=Keep("title")),
    Step("copy", "a", ["copy", "add", "--print-code", "--title", "{title}", "--plain"]),
    Step("reader", "a", ["reader", "add", "--name", "Lò Thị Hoa", "--band", "adult", "--plain"]),
    Step("loan", "a", ["loan", "T001", "000001", "000002", "--plain"]),
    Step("record", "a", ["record", "-"], lines(4, "một")),
    Step("batch", "a", ["record", "--batch", "-"], lines(40, "hai")),
    Step("import", "a", ["import", "books.xml", "--print-codes"], again=True,
         helped=True),
    Step("sync-first", "a", ["sync"], serves=True, again=True, then=Know("a"), starts=True),
    Step("sync-b", "b", ["sync"], serves=True, again=True, then=Know("b")),
    Step("confirm-a", "hub", ["devices", "confirm", "{a}", "--fingerprint", "{words_a}"], again=True),
    Step("confirm-b", "hub", ["devices", "confirm", "{b}", "--fingerprint", "{words_b}"], again=True,
         then=all_confirmed),
    Step("elsewhere", "b", ["record", "-"], json.dumps(
        {"kind": "loan", "copy": {"ns": 140371, "code": "000001"},
         "card": {"ns": 140372, "code": "K1"}, "term": 14}).encode() + b"\n"),
    Step("desk", "hub", ["record", "-"],
         b'{"kind":"target-put","indicator":"M1","year":2026,"value":1500}\n'
         b'{"kind":"training","topic":"S\xc3\xa1ch","workers":7}\n',
         serves=True, then=has_said),
    Step("sync-b-2", "b", ["sync"], serves=True, again=True),
    Step("sync-feed", "a", ["sync"], serves=True, again=True),
    Step("return", "a", ["return", "000001", "--plain"]),
    Step("sync-last", "a", ["sync"], serves=True, again=True),
    Step("rebuild", "a", ["rebuild"], again=True),
])

#!/usr/bin/python3
"""evergreen.py [--seed S] [--keep DIR]: a library system's copies, loans and holds as history.

The test data of Evergreen (asset.copy, asset.call_number, action.circulation,
action.hold_request, actor.card, actor.org_unit) is written down by packhorse as what
happened, each library in a folder of its own: titles (the same record by several
libraries, joined by equal source), copies, which then stand at their library, sightings
of what is available, loans with their due days, check-ins, losses, holds, captures and
cancellations. After all have synced, out of order, the hub must say of every copy and
every hold what the data says.

Prints what it ran and what it found; exits 1 at the first difference.
"""
import argparse
import hashlib
import os
import random
import shutil
import tempfile
import time
from datetime import datetime, timedelta, timezone

from province import DATA, Province, check

VN = timezone(timedelta(hours=7))
AVAILABLE, ON_ORDER = "0", "9"


def table(name):
    path = os.path.join(DATA, "evergreen", name + ".sql")
    columns = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if line.startswith("COPY "):
                columns = [c.strip() for c in line[line.index("(") + 1:line.index(")")].split(",")]
            elif columns and line and not line.startswith(("\\.", "--", "SET ")):
                values = line.split("\t")
                if len(values) == len(columns):
                    yield {c: None if v == "\\N" else v for c, v in zip(columns, values)}


def moment(text):
    """A time as the data tells it, to the minute."""
    text = text if ":" in text[-3:] else text + ":00"
    return datetime.fromisoformat(text.split(".")[0] + text[-6:] if "." in text else text)


def minute(text):
    return moment(text).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%MZ")


def day(text):
    return moment(text).astimezone(VN).strftime("%Y-%m-%d")


class History:
    def __init__(self):
        self.units = {u["id"]: u for u in table("actor.org_unit")}
        self.number = {u["shortname"]: 140000 + int(i) for i, u in self.units.items()}
        self.volumes = {v["id"]: v for v in table("asset.call_number")}
        self.copies = {c["id"]: c for c in table("asset.copy")}
        self.cards = {c["usr"]: c["barcode"] for c in table("actor.card")}
        self.lines = {name: [] for name in self.number}
        self.titles = {}  # (library, record) -> "@line"
        self.out, self.here, self.waiting, self.ready = {}, {}, set(), set()
        for copy in self.copies.values():
            self.put_copy(copy)
        for loan in table("action.circulation"):
            self.lend(loan)
        for hold in table("action.hold_request"):
            self.hold(hold)

    def card(self, user):
        """The card of a user; some of the staff have none."""
        return self.cards.get(user, f"STAFF{user}")

    def site(self, unit):
        return self.units[unit]["shortname"]

    def write(self, name, line):
        """Write LINE at the library NAME; how lines behind it refer to its entry."""
        self.lines[name].append(line)
        return f"@{len(self.lines[name])}"

    def id(self, copy):
        return {"ns": 140000 + int(copy["circ_lib"]), "code": copy["barcode"]}

    def title(self, name, record):
        if (name, record) not in self.titles:
            source = hashlib.blake2b(f"record {record}".encode(), digest_size=16).hexdigest()
            self.titles[name, record] = self.write(
                name, {"kind": "title-put", "name": f"Record {record}", "source": source})
        return self.titles[name, record]

    def put_copy(self, copy):
        name = self.site(copy["circ_lib"])
        title = self.title(name, self.volumes[copy["call_number"]]["record"])
        line = {"kind": "copy-put", "copy": self.id(copy), "title": title,
                "price": int(float(copy["price"] or 0) * 1000), "when": minute(copy["create_date"])}
        if copy["status"] != ON_ORDER:  # what is on order is nobody's yet, and on no shelf
            line["owner"] = self.here[copy["barcode"]] = self.number[name]
        self.write(name, line)
        if copy["status"] == AVAILABLE:
            self.write(name, {"kind": "sighting", "copy": self.id(copy), "purpose": "stock-take",
                              "when": minute(copy["create_date"])})

    def lend(self, loan):
        copy, name = self.copies[loan["target_copy"]], self.site(loan["circ_lib"])
        card = {"ns": 140001, "code": self.card(loan["usr"])}
        ref = self.write(name, {"kind": "loan", "copy": self.id(copy), "card": card,
                                "due": day(loan["due_date"]), "when": minute(loan["xact_start"])})
        self.here.pop(copy["barcode"], None)
        if loan["checkin_time"]:
            back = self.site(loan["checkin_lib"] or loan["circ_lib"])
            self.write(back, {"kind": "return", "copy": self.id(copy), "when": minute(loan["checkin_time"])})
            self.here[copy["barcode"]] = self.number[back]
            return
        if loan["stop_fines"] == "LOST" and loan["stop_fines_time"]:
            self.write(name, {"kind": "reader-lost", "copy": self.id(copy), "loan": ref,
                              "when": minute(loan["stop_fines_time"])})
        self.out[copy["barcode"]] = (card["code"], day(loan["due_date"]))

    def hold(self, hold):
        name = self.site(hold["request_lib"])
        line = {"kind": "hold-place", "card": {"ns": 140001, "code": self.card(hold["usr"])},
                "pickup": 140000 + int(hold["pickup_lib"]), "when": minute(hold["request_time"]),
                "expires": day(hold["expire_time"]) if hold["expire_time"] else "2099-12-31"}
        if hold["hold_type"] == "T":
            line["title"] = self.title(name, hold["target"])
        elif hold["hold_type"] == "V":
            line["title"] = self.title(name, self.volumes[hold["target"]]["record"])
        elif hold["hold_type"] in "CFR" and hold["target"] in self.copies:
            line["copy"] = self.id(self.copies[hold["target"]])
        else:
            return
        ref = self.write(name, line)
        if hold["cancel_time"]:
            self.write(name, {"kind": "hold-cancel", "hold": ref, "when": minute(hold["cancel_time"])})
        elif hold["capture_time"] and hold["current_copy"] in self.copies:
            self.write(name, {"kind": "hold-ready", "hold": ref, "when": minute(hold["capture_time"]),
                              "copy": self.id(self.copies[hold["current_copy"]])})
            self.ready.add((name, ref))
        else:
            self.waiting.add((name, ref))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="folder to work in and to leave")
    args = parser.parse_args()
    if not os.path.exists(os.path.join(DATA, "evergreen", "asset.copy.sql")):
        print("SKIP the library system's data is not here (PACKHORSE_TESTDATA)")
        return
    history = History()
    lines = sum(len(x) for x in history.lines.values())
    print(f"{len(history.copies)} copies, {len(history.out)} on loan, {len(history.waiting)} holds waiting, "
          f"{len(history.ready)} ready, {lines} entries at {len(history.lines)} libraries")
    folder = args.keep or tempfile.mkdtemp(prefix="packhorse-evergreen.")
    os.makedirs(folder, exist_ok=True)
    began = time.monotonic()
    province = Province(history.number, folder, random.Random(args.seed))
    try:
        province.serve()
        for name in province.names:
            province.record(name, history.lines[name])
        province.sync(province.names)
        province.stop()
        judge(history, province)
    finally:
        province.stop()
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"passed in {time.monotonic() - began:.0f} s")


def shared_titles(history, province):
    """Of twenty records that several libraries hold: copies under the title, and in the data."""
    held = {}
    for copy in history.copies.values():
        held.setdefault(history.volumes[copy["call_number"]]["record"], []).append(copy)
    shared = [c for c in held.values() if len({x["circ_lib"] for x in c}) > 1][:20]
    got = []
    for copies in shared:
        one = history.id(copies[0])
        title = province.hub_json("query", "copy", one["code"], "--ns", str(one["ns"]))["copy"]["title"]
        got.append(len(province.hub_json("query", "title", title)["title"]["copies"]))
    return got, [len(copies) for copies in shared]


def judge(history, province):
    out = {i["copy"]["code"]: (i["card"]["code"], i["due"]) for i in province.listed("out")}
    check("every open loan, its card and its due day", out, history.out)
    here = {i["copy"]["code"]: i["site"] for i in province.listed("here")}
    check("every copy on a shelf", here, history.here)
    check("copies of one record at several libraries stand under one title",
          *shared_titles(history, province))
    states = [hold["state"] for hold in province.listed("holds")]
    check("holds that wait and that are ready", (states.count("waiting"), states.count("ready")),
          (len(history.waiting), len(history.ready)))


if __name__ == "__main__":
    main()

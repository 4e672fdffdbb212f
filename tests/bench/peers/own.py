"""tests/bench/peers/own.py - Packhorse itself: `packhorse sync` to `packhorsed serve`.

What the hub has is read from its store, after it has stopped, with `bench log`, which is
`packhorsed log` without its limit and with the names of readers opened: each row is put
together again out of the entries. An entry is stamped with when it happened, so the events
are written by `bench write`, which gives the site's own code a clock that follows them.
`packhorse record --batch` writes them all at this moment and carries each one's time as
told by a person, in whole minutes.
"""

import datetime
import json
import os

from peer import Failure, Peer, Server, rows_of, workload
from rig import Hub

NUMBER, CODE, COMMUNE = 140371, "14-0371", "03646"
UTC = datetime.timezone.utc
LOCAL = datetime.timezone(datetime.timedelta(seconds=workload.ZONE))


def row_of(entry):
    """The row that ENTRY makes; a title's and a reader's is filled by the one behind it."""
    kind = entry["kind"]
    told = datetime.datetime.fromisoformat(entry["when"]).replace(tzinfo=LOCAL) \
        if "when" in entry else datetime.datetime.fromisoformat(entry["time"])
    row = {"time": told.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "kind": kind}
    if kind == "loan":
        day = told.astimezone(LOCAL).date()
        row.update(card=entry["card"]["code"], copy=entry["copy"]["code"],
                   due=str(day + datetime.timedelta(entry["term"])))
    elif kind == "return":
        row["copy"] = entry["copy"]["code"]
    elif kind == "visit":
        row.update(count=entry.get("count", 1), band=entry["band"])
    elif kind == "reader-put":
        row.update(kind="reader", **{key: entry[key] for key in ("band", "name", "born")})
    elif kind == "title-put":
        row.update(kind="title", title=entry["name"],
                   **{key: entry[key] for key in ("author", "year", "isbn")})
    return row


class Packhorse(Peer):
    name = "packhorse"
    what = "packhorse sync to packhorsed serve; entries stamped with the time of each event"
    does = "signed, encrypted, receipted, merged; personal fields sealed; a stick or van will do"

    def version(self):
        return self.run(self.rig.packhorse, "--version").decode().split()[-1]

    def write(self, site, events):
        self.rig.write(site, workload.to_lines(events))

    def settle(self, base, hub, site):
        """The site's folder, before the days that are measured."""
        return self.rig.settle_before(base[0].at, hub, site, NUMBER, CODE,
                                      workload.to_lines(base))[1]

    def make(self, folder, base, events):
        os.mkdir(folder)
        # the rig's names are paths below its own folder
        name = os.path.relpath(folder, self.rig.work)
        site = self.settle(base, os.path.join(name, "hub"), os.path.join(name, "site"))
        self.write(site, events)

    def copied(self, folder):
        """As rig.copy_site()."""
        os.truncate(os.path.join(folder, "site", "witness"), 60)

    def serve(self, folder):
        return Server(self.rig, [self.rig.packhorsed, "-d", os.path.join(folder, "hub"),
                                 "serve", "--listen", "127.0.0.1:0"])

    def client(self, folder, address):
        return [self.rig.packhorse, "-d", os.path.join(folder, "site"), "sync", "--hub",
                address, "--json"]

    def rows(self, folder):
        rows, by_ref = [], {}
        for line in self.run(self.rig.bench, "log", os.path.join(folder, "hub")).splitlines():
            entry = json.loads(line)
            if entry["log_site"] != NUMBER:
                continue  # the hub's own control log
            if entry["kind"] == "copy-put":
                by_ref[entry["title"]]["copy"] = entry["copy"]["code"]
            elif entry["kind"] == "card-issue":
                by_ref[entry["reader"]]["card"] = entry["card"]["code"]
            elif entry["kind"] not in ("clock-mark", "open"):
                by_ref[entry["ref"]] = row_of(entry)
                rows.append(by_ref[entry["ref"]])
        return rows

    def delivered(self, folder, base, events):
        """The hub is whole besides, and the site has its receipts."""
        super().delivered(folder, base, events)
        self.run(self.rig.packhorsed, "-d", os.path.join(folder, "hub"), "verify")
        state = json.loads(self.run(self.rig.packhorse, "-d", os.path.join(folder, "site"),
                                    "status", "--json"))
        if state["pending"] or state["parts_pending"]:
            raise Failure("the site has no receipt for %d entries" % state["pending"])


class PackhorseRecord(Packhorse):
    name = "packhorse-record"
    what = "the same, written by packhorse record --batch with a told time, in minutes"

    def settle(self, base, hub, site):
        """Today: what is told was, but is written now."""
        hub = Hub(self.rig, hub)
        folder = self.rig.settle(hub, site, NUMBER, CODE, workload.to_lines(base))
        hub.stop()
        return folder

    def write(self, site, events):
        lines = []
        for event in events:
            when = datetime.datetime.fromtimestamp(event.at, LOCAL).strftime("%Y-%m-%dT%H:%M")
            for entry in event.entries:
                lines.append(json.dumps(
                    {"when": when, **{key: "@%d" % len(lines) if value == "@" else value
                                      for key, value in entry.items()}}, ensure_ascii=False))
        self.run(self.rig.packhorse, "-d", site, "record", "--batch", "--as-is",
                 stdin="\n".join(lines).encode() + b"\n")

    def wanted(self, events):
        return [{**row, "time": row["time"][:-3] + "00Z"} for row in rows_of(events)]

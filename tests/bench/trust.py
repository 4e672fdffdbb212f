"""tests/bench/trust.py - what an erasure and a restored hub cost, through the real programs.

For `run --only erase` and `--only restore`: a hub that many sites have fed, and a PC of one more, which
is confirmed and knows its readers. Each figure is a median of counts["erase"]["repeat"] (or of "restore").
"""

import os
import shutil
import statistics
import time

import workload
from rig import Failure, Hub, copy_site, dated_now

SITE, CODE = 140371, "14-0371"
SHARE = 2000    # events of a site
READERS = 400   # of a site: a fifth of its events, 20,000 of 100,000
COPIES = 200
AFTER = 100     # events that the PC records behind the backup


def site_of(bench, number):
    return bench.site(number, copies=COPIES, readers=READERS)


def fed_hub(bench, name, events):
    """A hub that EVENTS came to, serving, and the folder of a PC of SITE, which it has confirmed."""
    hub, got = bench.feed(name, events, max(1, events // SHARE),
                          sites=lambda number: site_of(bench, number))
    site = site_of(bench, SITE)
    folder = bench.rig.settle(hub, name + "-pc", SITE, CODE, workload.to_lines(site.base()))
    hub.settled()
    state = hub.status()
    return hub, folder, site, {"entries": state["entries"], "logs": state["logs"],
                               "sealed_parts": got["parts"]}


def took_ms(rig, *args):
    """What a program prints as JSON, and how long it took by the clock, milliseconds."""
    begun = time.perf_counter()
    answer = rig.call_json(*args, "--json")
    return answer, (time.perf_counter() - begun) * 1000


class Medians:
    def __init__(self):
        self.found = {}

    def add(self, **figures):
        for name, value in figures.items():
            self.found.setdefault(name, []).append(value)

    def add_sync(self, name, answer):
        self.add(**{name + "_ms": answer["elapsed_ms"],
                    name + "_bytes": answer["bytes_up"] + answer["bytes_down"]})

    def put(self, bench, prefix):
        for name, values in self.found.items():
            bench.extra["%s_%s" % (prefix, name)] = round(statistics.median(values), 1)
        bench.say("  ".join("%s %s" % (name, bench.extra["%s_%s" % (prefix, name)])
                            for name in self.found))


# --- a reader asks to be erased ---

def erase_one(bench, hub, folder, reader, medians):
    """The order, at the hub; the session that brings it to the PC; the one that brings its word."""
    rig = bench.rig
    order, took = took_ms(rig, rig.packhorsed, "-d", hub.dir, "erase", reader,
                          "--passphrase-file", rig.passphrase)
    medians.add(order_ms=took)
    medians.add_sync("sync", rig.sync_whole(folder, hub.address))
    medians.add_sync("word", rig.sync_whole(folder, hub.address))
    answer, took = took_ms(rig, rig.packhorsed, "-d", hub.dir, "erasures",
                           order["entries"][0]["ref"])
    held = answer["certificate"]
    if not held["at_hub"] or held["confirmed"] != 1:
        raise Failure("an erasure is not carried out: %s of %s have confirmed it"
                      % (held["confirmed"], held["confirmed"] + held["out"]))
    medians.add(certificate_ms=took)
    hub.settled()  # of what comes next nothing waits for this one
    medians.add_sync("idle", rig.sync_whole(folder, hub.address))


def erase(bench):
    events, repeat = bench.size["erase"], bench.size["repeat"]
    hub, folder, _, counts = fed_hub(bench, "erase", events)
    rig, medians = bench.rig, Medians()
    readers = rig.call_json(rig.packhorse, "-d", folder, "reader", "list", "--json")["readers"]
    for reader in readers[:repeat]:
        erase_one(bench, hub, folder, reader["reader"], medians)
    medians.put(bench, "erase")
    bench.counts["erase"] = dict(counts, readers_of_pc=len(readers), repeat=repeat)
    hub.stop()
    shutil.rmtree(hub.dir)


# --- the hub's disk is dead ---

def restore_once(bench, backup, folder, number, medians):
    """From the newest backup in BACKUP; a copy of FOLDER comes, which has more than that."""
    rig, name = bench.rig, "restored-%d" % number
    answer, took = took_ms(rig, rig.packhorsed, "-d", rig.path(name), "restore", backup,
                           "--recovery-key", rig.path("recovery"))
    medians.add(ms=took)
    hub, own = Hub(rig, name, make=False), rig.path(name + "-pc")
    copy_site(folder, own)
    begun = time.perf_counter()
    hub.start()
    medians.add(start_ms=(time.perf_counter() - begun) * 1000)
    first = rig.sync_whole(own, hub.address)
    medians.add_sync("first_sync", first)
    medians.add_sync("next_sync", rig.sync_whole(own, hub.address))
    if first["pending_entries"] != 0:
        raise Failure("the restored hub did not get back what the PC had recorded")
    hub.settled()
    _, took = took_ms(rig, rig.packhorsed, "-d", hub.dir, "restore", "end", "--anyway")
    medians.add(end_ms=took)
    medians.add_sync("served_sync", rig.sync_whole(own, hub.address))
    hub.stop()
    shutil.rmtree(hub.dir)
    shutil.rmtree(own)
    return answer["entries"]


def restore(bench):
    events, repeat = bench.size["restore"], min(5, bench.size["repeat"])
    hub, folder, site, counts = fed_hub(bench, "restore", events)
    rig, medians, backup = bench.rig, Medians(), bench.rig.path("backups")
    os.mkdir(backup)
    rig.call(rig.packhorsed, "-d", hub.dir, "recovery-key", "--out", rig.path("recovery"))
    for _ in range(repeat):
        made, took = took_ms(rig, rig.packhorsed, "-d", hub.dir, "backup", backup)
        medians.add(backup_ms=took, backup_bytes=made["bytes"])
    # the lost days: the hub gives a rule, and the PC hears it, and brings what it recorded
    rig.call(rig.packhorsed, "-d", hub.dir, "policy", "set", "loan-term-days", 21)
    rig.write(folder, dated_now(workload.to_lines(site.events(AFTER))))
    rig.sync_whole(folder, hub.address)
    hub.settled()
    lost = hub.status()["entries"]
    hub.stop()
    for number in range(repeat):
        held = restore_once(bench, backup, folder, number, medians)
        if held >= lost:
            raise Failure("the backup lacks nothing: %d of %d entries" % (held, lost))
    medians.put(bench, "restore")
    bench.counts["restore"] = dict(counts, lost=lost - made["entries"], repeat=repeat)
    shutil.rmtree(hub.dir)

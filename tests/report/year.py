#!/usr/bin/python3
"""year.py FOLDER --seed N [--build DIR] [--size LINES]: a random year of a small province.

A hub, six to ten sites of different kinds in several communes, one of them a van, machines
that stop early, one that nobody ever turned on, one that is cut off, one that is retired,
one whose clock is ahead, and what their people tell: late, twice, wrongly, and for each
other. Everything goes through packhorse and packhorsed. FOLDER is left with the hub in it.
"""
import argparse
import datetime
import json
import random
import sys

from province import Failed, Province, ZONE
import scenes
import spans

KINDS = [
    "commune-library", "learning-centre", "post-office", "law-bookcase", "school-library",
    "police-library", "border-post", "economic-defence", "private-library",
]  # fmt: skip
MONTHS = 15


class Story:
    def __init__(self, rng, province, now):
        self.rng = rng
        self.province = province
        self.now = now
        self.begins = now - datetime.timedelta(days=MONTHS * 30.5)
        self.communes, self.sites, self.devices = [], [], []
        self.titles, self.puts, self.cards, self.workers = [], [], [], []
        self.crates, self.under_way, self.stops, self.sources = [], [], [], []
        self.written = []  # (reference, site) of all that may be voided
        self.copies = {}  # number of a site: copies that it named
        self.counter = 0

    def today(self):
        """Days since 1970, in UTC+7."""
        return self.now.date().toordinal() - spans.EPOCH

    # --- names for scenes ---

    def source(self):
        """A source; some are used before, as when a file is imported twice."""
        if self.sources and self.rng.random() < 0.4:
            return self.rng.choice(self.sources)
        self.sources.append("%032x" % self.rng.getrandbits(128))
        return self.sources[-1]

    def _code(self, letter):
        self.counter += 1
        return "%s%04d" % (letter, self.counter)

    def new_copy(self, site):
        code = {"ns": site["number"], "code": self._code("B")}
        self.copies.setdefault(site["number"], []).append(code)
        return code

    def new_card(self, site):
        card = {"ns": site["number"], "code": self._code("T")}
        self.cards.append((card, site))
        return card

    def new_crate(self, site):
        return {"ns": site["number"], "code": self._code("R")}

    def copy_at(self, site):
        """A copy: of this site mostly, of another one, or one that nobody named."""
        own = self.copies.get(site["number"], [])
        roll = self.rng.random()
        if own and roll < 0.8:
            return self.rng.choice(own)
        others = [c for all_ in self.copies.values() for c in all_]
        if others and roll < 0.95:
            return self.rng.choice(others)
        return self.new_copy(site)

    def card_at(self, site):
        own = [card for card, at in self.cards if at is site]
        return self.rng.choice(own) if own and self.rng.random() < 0.9 else self.new_card(site)

    def some_site(self, batch):
        """Whom a line is about: the site that writes it, mostly."""
        near = self.rng.random() < 0.7 and batch.site in self.sites
        return batch.site if near else self.rng.choice(self.sites)

    # --- the province ---

    def make_communes(self):
        rng = self.rng
        for i in range(rng.randrange(5, 10)):
            one = {"code": "%05d" % (3600 + 7 * i), "name": "Mường %d" % i}
            one["type"] = "xa" if i == 0 or rng.random() < 0.7 else "phuong"
            self.communes.append(one)
            words = ["--name", one["name"], "--type", one["type"]]
            self.province.hub("commune", "add", one["code"], *words, moment=self.begins)

    def make_sites(self):
        rng = self.rng
        kinds = ["provincial-library", "van", "commune-library"]
        kinds += rng.choices(KINDS, k=rng.randrange(3, 8))
        for i, kind in enumerate(kinds):
            site = {"number": 140371 + i, "code": "14-%04d" % (371 + i), "kind": kind}
            site["commune"] = rng.choice(self.communes[:-1])["code"]
            site["no_readers"] = kind in ("police-library", "border-post")
            self.sites.append(site)
            words = ["--commune", site["commune"], "--kind", kind, "--name", "Điểm %d" % i]
            self.province.hub("site", "add", site["code"], *words, moment=self.begins)
            if site["no_readers"]:
                self.province.hub("site", "set", site["code"], "--no-readers", moment=self.begins)
        route = ",".join(c["code"] for c in self.communes[:3])
        self.province.hub("site", "set", self.sites[1]["code"], "--route", route, moment=self.begins)

    def make_devices(self):
        """The last site has none; one has two; each is used on some days, and some end early."""
        rng = self.rng
        owners = self.sites[:-1] + [rng.choice(self.sites[:-1])]
        for i, site in enumerate(owners):
            starts = self.begins + datetime.timedelta(days=rng.uniform(1, 60))
            ends = self.now - datetime.timedelta(hours=1)
            if rng.random() < 0.4:
                ends = starts + datetime.timedelta(days=rng.uniform(20, 380))
            times = sorted(starts + (ends - starts) * rng.random() for _ in range(rng.randrange(3, 8)))
            edge = self.end_of_month(times[-1])
            if rng.random() < 0.6 and edge < self.now:
                times[-1] = edge
            device = {"name": "m%d" % i, "site": site, "joins": starts, "times": times}
            device["ahead"] = datetime.timedelta(0)
            self.devices.append(device)
            self.province.enrol(device["name"], site["code"], self.begins, starts)
        fast, copied = rng.sample(self.devices, 2)
        fast["ahead"] = datetime.timedelta(days=700)
        fast["times"] = fast["times"][-2:]
        days = [t + datetime.timedelta(days=rng.uniform(0, 3)) for t in copied["times"][1:]]
        days = [t for t in days if t < ends]
        if days:
            self.devices.append(dict(copied, name="copy", times=days, copied=copied["name"]))

    def end_of_month(self, moment):
        """The last hours of the month of MOMENT, or the first ones of the next."""
        first = (moment.replace(day=28) + datetime.timedelta(days=4)).replace(day=1, hour=0, minute=5)
        return first - datetime.timedelta(hours=self.rng.choice([0, 10]))

    def make_rules(self):
        """Settings and targets that differ from the plan's, for some."""
        rng, hub = self.rng, self.province.hub
        for _ in range(rng.choice([0, 0, 1, 3])):
            hub("policy", "set", "report-xa-only", rng.choice(["yes", "no"]), *self.some_day(), moment=self.begins)
        for _ in range(rng.choice([0, 1, 1, 4])):
            least = str(rng.randrange(1, 5))
            hub("policy", "set", "report-m2-least", least, *self.some_day(), moment=self.begins)
        if rng.random() < 0.3:
            then = self.now - datetime.timedelta(days=rng.randrange(30, 300))
            hub("policy", "set", "cut-loans-before", scenes.day_text(then), moment=self.begins)
        for code in rng.sample(["M1", "M2", "M3", "M4", "A1", "visits"], 3):
            for _ in range(rng.choice([1, 1, 3])):
                year = rng.choice(["2026", "2030", "2050"])
                put = [code, year, str(rng.randrange(1, 9000)), *self.some_rule(), *self.some_day()]
                hub("target", "set", *put, moment=self.begins)
        heir, old = self.communes[-1], self.communes[-2]
        then = scenes.day_text(self.begins + datetime.timedelta(days=rng.randrange(10, 460)))
        hub("commune", "set", heir["code"], "--from", then, "--predecessor", old["code"], moment=self.begins)

    def some_day(self):
        """Since when a rule holds: from the beginning, or a day before or after it."""
        then = self.begins + datetime.timedelta(days=self.rng.randrange(-400, 500))
        return self.rng.choice([[], ["--when", scenes.day_text(then)]])

    def some_rule(self):
        version = ["--version", str(self.rng.randrange(1, 9))]
        return self.rng.choice([[], version, ["--rule", "hai phần ba"], ["--rule", "một nửa", *version]])

    def restate(self, rng, codes):
        """Rules and targets are others than when these reports were issued, or are put as they were."""
        hub = self.province.hub
        hub("policy", "set", "report-xa-only", rng.choice(["yes", "no"]))
        hub("policy", "set", "report-m2-least", str(rng.randrange(1, 5)))
        for code in rng.sample(codes, 3):
            value = str(rng.randrange(1, 9000))
            hub("target", "set", code, rng.choice(["2026", "2030", "2050"]), value, *self.some_rule())

    def stray_commune(self):
        """A code that nobody named, for one line in a while."""
        return "09999" if self.rng.random() < 0.05 else self.rng.choice(self.communes)["code"]

    # --- what is told ---

    def tell(self, device, site, moment, lines, choices):
        batch = scenes.Batch(site, moment)
        while len(batch.lines) < lines:
            start = len(batch.lines)
            self.rng.choice(choices)(self, batch)
            self.behalf(batch, start, device)
        refs = self.province.record(device["name"], batch.lines, moment + device["ahead"])
        batch.saved(refs)
        self.written += [
            (ref, site) for ref, line in zip(refs, batch.lines) if line["kind"] != "void"
        ]

    def behalf(self, batch, start, device):
        """Some of what is told is told for another site, and much of what the hub tells for any."""
        chance = 0.6 if device["name"] == "hub" else 0.03
        for line in batch.lines[start:]:
            if line["kind"] not in ("void", "model-put") and self.rng.random() < chance:
                other = self.rng.choice(self.sites)
                if not (other["no_readers"] and line["kind"] in ("reader-put", "card-issue")):
                    line["behalf"] = other["number"]

    def hub_speaks(self, moment, lines):
        hub = {"name": "hub", "ahead": datetime.timedelta(0)}
        self.tell(hub, {"number": 0, "no_readers": True}, moment, lines, scenes.HUB)

    def play(self, size):
        days = [(t, d["name"], d) for d in self.devices for t in d["times"]]
        days += [(self.begins + (self.now - self.begins) * self.rng.random(), "hub", None) for _ in range(4)]
        each = max(3, size // len(days))
        for moment, _, device in sorted(days, key=lambda d: d[:2]):
            lines = self.rng.randrange(each // 2 + 1, each * 2)
            if device is None:
                self.hub_speaks(moment, min(lines, 20))
            else:
                if "copied" in device:  # on its first day it is made
                    self.province.copy(device.pop("copied"), device["name"])
                van = device["site"]["kind"] == "van"
                self.tell(device, device["site"], moment, lines, scenes.VAN if van else scenes.DESK)

    def settle(self):
        """What the hub hears, and what becomes of devices and sites in the end."""
        rng = self.rng
        for copies in (False, True):  # two of one device do not go onto one stick
            some = [d for d in self.devices if (d["name"] == "copy") == copies]
            if some:
                self.province.send([(d["name"], d["times"][-1] + d["ahead"]) for d in some])
        for device in self.devices:
            told = json.loads(self.province.site(device["name"], "status", "--json", moment=self.now))
            device["id"] = told["device"]
            if rng.random() < 0.9:
                words = ["--fingerprint", told["fingerprint"]]
                self.province.hub("devices", "confirm", told["device"][:12], *words)
        retired, cut = rng.sample([d for d in self.devices if d["name"] != "copy"], 2)
        self.province.hub("devices", "retire", retired["id"][:12])
        self.cut(cut)
        self.heard = [d for d in self.devices if d["id"] != cut["id"]]  # whose word counts
        closed = rng.choice(self.sites)
        then = self.now - datetime.timedelta(days=rng.uniform(1, 300))
        self.province.hub("site", "set", closed["code"], "--status", "closed", "--when", scenes.day_text(then))
        moved = rng.choice(self.sites[2:])
        then = scenes.day_text(self.now - datetime.timedelta(days=rng.uniform(1, 300)))
        self.province.hub(
            "site", "set", moved["code"], "--commune", rng.choice(self.communes)["code"],
            "--kind", rng.choice(KINDS), "--when", then,
        )  # fmt: skip
        self.judge()

    def entries_of(self, device):
        """What DEVICE wrote, as it shows it."""
        told = self.province.site(device["name"], "log", "--limit", "10000", "--json", moment=self.now)
        return json.loads(told)["entries"]

    def cut(self, device):
        """It was stolen, and from some entry on somebody else wrote with it."""
        refs = [item["ref"].split(".") for item in self.entries_of(device)]
        log, number, _ = self.rng.choice(sorted(refs, key=lambda ref: int(ref[1]))[2:])
        self.province.hub(
            "cut", device["id"][:12], "--reason", "stolen", "--at", "%s:%s" % (log, number),
            "--passphrase-file", self.province.path("pass"),
        )  # fmt: skip

    def judge(self):
        """A person says of one machine that its clock was wrong."""
        items = self.entries_of(self.rng.choice(self.devices))
        marks = [item["ref"] for item in items if item["entry"].get("kind") == "clock-mark"]
        mark = self.rng.choice(sorted(marks, key=lambda ref: int(ref.split(".")[1])))
        line = {"kind": "clock-judge", "mark": mark}
        line[self.rng.choice(["ahead", "behind"])] = self.rng.randrange(10**6)
        self.province.record("hub", [line], None)


def make(folder, build, seed, size):
    """A province in FOLDER; the Province, and the Story of it."""
    rng = random.Random(seed)
    now = datetime.datetime.now(ZONE).replace(hour=1, minute=0, second=0, microsecond=0)
    province = Province(folder, build)
    story = Story(rng, province, now)
    province.make(story.begins)
    story.make_communes()
    story.make_sites()
    story.make_rules()
    story.make_devices()
    story.play(size)
    story.settle()
    return province, story


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=600, help="about so many lines")
    parser.add_argument("--build", default="build")
    asked = parser.parse_args()
    try:
        province, story = make(asked.folder, asked.build, asked.seed, asked.size)
    except Failed as error:
        sys.exit("year.py: %s" % error)
    print("%d sites, %d devices, %d commands" % (len(story.sites), len(story.devices), province.commands))


if __name__ == "__main__":
    main()

"""What happens at a desk, as lines for `record`: one function a scene.

Each takes the story (year.py), who tells it, and when, and gives lines. `told` puts a
`when` on a line, or nothing, so that the stamp counts; `"@K"` names the K-th line of the
same batch, which `Batch` knows.
"""
import datetime

from province import ZONE

BANDS = ["child", "youth", "adult", "elder"]
PURPOSES = ["reading", "borrowing", "study", "internet", "event", "other"]
OCCASIONS = ["reading-day", "book-festival", "school", "holiday", "contest", "exhibition", "talk", "other"]
FORMS = ["catalogue", "reading", "download", "video", "social", "lookup", "other"]
DONORS = ["person", "organisation", "enterprise", "state", "project", "other"]
TALLIES = [
    "budget-state", "budget-other", "premises", "commendations", "media", "inspections",
    "learning-families", "collaborators", "uncatalogued-stock", "user-turns", "computers", "staff",
]  # fmt: skip
LANGUAGES = ["vie"] * 6 + ["blt", "twh", "tyr", "hmn", "mtq", "ium", "kjg", "puo", "lao", "eng", "kjm", "lha"]
ACQUISITIONS = ["budget", "donation", "project", "exchange", "other", None]
LIVES = ["sighting", "copy-missing", "damaged", "repaired"] + ["withdrawn"] * 3 + ["reinstated"]
ROLES = ["librarian", "part-time", "collaborator", "volunteer", "manager"]


class Batch:
    """Lines of one `record`, with what becomes of their references when it is saved."""

    def __init__(self, site, moment):
        self.site = site
        self.moment = moment
        self.lines = []
        self.wanted = []  # (index of a line, what to call with its reference)

    def add(self, line, then=None):
        """The name by which later lines of this batch call LINE."""
        self.lines.append(line)
        if then:
            self.wanted.append((len(self.lines) - 1, then))
        return "@%d" % len(self.lines)

    def saved(self, refs):
        for at, then in self.wanted:
            then(refs[at])


def day_text(moment):
    return moment.astimezone(ZONE).strftime("%Y-%m-%d")


def minute_text(moment):
    return moment.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")


def told(story, batch, line, most_days=35):
    """LINE, perhaps with a time that a person tells; some are of long ago."""
    rng = story.rng
    roll = rng.random()
    if roll < 0.25:
        return line
    back = rng.uniform(0, most_days) if roll < 0.9 else rng.uniform(0, 400)
    then = batch.moment - datetime.timedelta(days=back)
    edge = rng.random()
    if edge < 0.15:  # the last and first minutes of a month
        first = then.astimezone(ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        then = first - datetime.timedelta(minutes=rng.choice([0, 1]))
    line["when"] = day_text(then) if rng.random() < 0.4 else minute_text(then)
    return line


def maybe(rng, line, name, value, chance=0.6):
    if value is not None and rng.random() < chance:
        line[name] = value


def people(rng):
    return rng.choice([1, 1, 2, 3, 4, 5, 6, 9, 17, 40, 120])


def visit(story, batch):
    rng = story.rng
    line = {"kind": "visit"}
    count = people(rng)
    maybe(rng, line, "count", count, 0.9)
    maybe(rng, line, "band", rng.choice(BANDS), 0.8)
    maybe(rng, line, "purpose", rng.choice(PURPOSES), 0.7)
    maybe(rng, line, "women", rng.randrange(0, line.get("count", 1) + 1), 0.5)
    batch.add(told(story, batch, line))


def title(story, batch):
    rng = story.rng
    line = {"kind": "title-put", "name": "Sách số %d" % rng.randrange(10**6)}
    maybe(rng, line, "language", rng.choice(LANGUAGES), 0.9)
    maybe(rng, line, "law", rng.randrange(2), 0.3)
    if rng.random() < 0.2:
        line["source"] = story.source()
    return batch.add(told(story, batch, line), story.titles.append)


def copy(story, batch):
    """A copy, of a title of its own or of one that anybody described."""
    rng = story.rng
    known = rng.choice(story.titles) if story.titles and rng.random() < 0.6 else None
    line = {"kind": "copy-put", "copy": story.new_copy(batch.site)}
    maybe(rng, line, "title", known or title(story, batch), 0.95)
    owner = batch.site["number"] if rng.random() < 0.9 else rng.choice(story.sites)["number"]
    maybe(rng, line, "owner", owner, 0.95)
    maybe(rng, line, "acquisition", rng.choice(ACQUISITIONS), 0.9)
    maybe(rng, line, "price", rng.randrange(1000, 200000), 0.5)
    if rng.random() < 0.2:
        line["source"] = story.source()
    ref = lambda value, c=line: story.puts.append((c, value))
    batch.add(told(story, batch, line), ref)


def change_copy(story, batch):
    rng = story.rng
    if not story.puts:
        return
    first, ref = rng.choice(story.puts)
    line = {"kind": "copy-put", "copy": first["copy"]}
    seen = {}
    choices = {
        "owner": rng.choice(story.sites)["number"],
        "acquisition": rng.choice(ACQUISITIONS[:5]),
        "title": rng.choice(story.titles) if story.titles else None,
    }
    for name, value in choices.items():
        if value is not None and rng.random() < 0.5:
            line[name] = value
            if name in first and rng.random() < 0.8:
                seen[name] = [ref]
    if seen:
        line["seen"] = seen
    if len(line) > 2:
        batch.add(told(story, batch, line))


def reader(story, batch):
    rng = story.rng
    line = {"kind": "reader-put"}
    maybe(rng, line, "commune", rng.choice(story.communes)["code"], 0.8)
    maybe(rng, line, "band", rng.choice(BANDS), 0.9)
    if rng.random() < 0.5:
        line["name"] = "Người %d" % rng.randrange(10**6)
    if rng.random() < 0.2:
        line["source"] = story.source()
    if batch.site["no_readers"]:
        return
    who = batch.add(told(story, batch, line))
    for _ in range(rng.choice([0, 1, 1, 1, 2])):
        card = story.new_card(batch.site)
        batch.add(told(story, batch, {"kind": "card-issue", "card": card, "reader": who}))
        if rng.random() < 0.1:
            batch.add(told(story, batch, {"kind": "card-stop", "card": card}))


def lend(story, batch):
    """Loans, renewals and returns of any copies, also out of order and at the wrong site."""
    rng = story.rng
    item = story.copy_at(batch.site)
    card = story.card_at(batch.site)
    roll = rng.random()
    if roll < 0.55:
        line = {"kind": "loan", "copy": item, "card": card}
        maybe(rng, line, "term", rng.choice([7, 14, 30]))
    elif roll < 0.7:
        line = {"kind": "renew", "copy": item, "card": card, "term": 14}
    else:
        line = {"kind": "return", "copy": item}
    batch.add(told(story, batch, line))


def use(story, batch):
    rng = story.rng
    item = story.copy_at(batch.site)
    line = {"kind": "in-house-use", "copy": item}
    maybe(rng, line, "count", people(rng))
    batch.add(told(story, batch, line))


def uncoded(story, batch):
    rng = story.rng
    line = {"kind": rng.choice(["uncoded-loan", "uncoded-return"]), "count": rng.randrange(1, 30)}
    maybe(rng, line, "card", story.card_at(batch.site), 0.5)
    if line["kind"] == "uncoded-loan" and story.titles:
        maybe(rng, line, "title", rng.choice(story.titles), 0.6)
    batch.add(told(story, batch, line))


def copy_life(story, batch):
    rng = story.rng
    item = story.copy_at(batch.site)
    kind = rng.choice(LIVES)
    line = {"kind": kind, "copy": item}
    if kind == "withdrawn":
        line["decision"] = "%d/QĐ" % rng.randrange(100)
        maybe(rng, line, "reason", rng.choice(["worn", "lost", "obsolete", "other"]))
    batch.add(told(story, batch, line))


def crate(story, batch):
    """A crate to another site; what it holds, and whether it is ever received, is chance."""
    rng = story.rng
    items = {}
    for _ in range(rng.randrange(1, 9)):
        item = story.copy_at(batch.site)
        items[(item["ns"], item["code"])] = item
    to = rng.choice([s for s in story.sites if s is not batch.site])
    start = batch.site["number"] if rng.random() < 0.9 else rng.choice(story.sites)["number"]
    name = story.new_crate(batch.site)
    if story.crates and rng.random() < 0.15:
        name = rng.choice(story.crates)
    story.crates.append(name)
    line = {"kind": "crate-dispatch", "crate": name, "from": start, "to": to["number"]}
    line["copies"] = list(items.values())
    batch.add(told(story, batch, line))
    story.under_way.append((name, to, line["copies"]))


def receive(story, batch):
    rng = story.rng
    coming = [way for way in story.under_way if way[1] is batch.site or rng.random() < 0.05]
    if not coming:
        return
    name, _, items = way = rng.choice(coming)
    if rng.random() < 0.7:
        story.under_way.remove(way)
    line = {"kind": "crate-receive", "crate": name}
    scanned = [i for i in items if rng.random() < 0.7]
    if scanned and rng.random() < 0.8:
        line["copies"] = scanned
    maybe(rng, line, "listed", rng.randrange(2))
    maybe(rng, line, "final", rng.randrange(2))
    batch.add(told(story, batch, line))


def stop(story, batch):
    """A van at a place: what happens meanwhile is the place's, what happens before and after is not."""
    rng = story.rng
    begins = batch.moment - datetime.timedelta(days=rng.uniform(0.5, 60))
    begins = begins.replace(second=0, microsecond=0)
    line = {"kind": "mobile-stop", "when": minute_text(begins)}
    maybe(rng, line, "commune", story.stray_commune(), 0.9)
    maybe(rng, line, "place", "Bản %d" % rng.randrange(100), 0.5)
    opened = batch.add(line, lambda ref: story.stops.append((ref, batch.site)))
    lasts = rng.choice([0, 30, 120, 300])
    for _ in range(rng.randrange(1, 6)):
        within = rng.randrange(0, lasts + 1)
        aside = rng.choice([-1, 0, 1, within, within, lasts, lasts + 1])
        then = minute_text(begins + datetime.timedelta(minutes=aside))
        start = len(batch.lines)
        rng.choice([visit, visit, lend, use, activity, digital, reader, uncoded])(story, batch)
        for inside in batch.lines[start:]:
            inside["when"] = then
    if rng.random() < 0.8:
        closes = begins + datetime.timedelta(minutes=lasts)
        batch.add({"kind": "mobile-stop", "stop": opened, "when": minute_text(closes)})


def activity(story, batch):
    rng = story.rng
    line = {"kind": "activity", "occasion": rng.choice(OCCASIONS)}
    maybe(rng, line, "attendance", people(rng) * 3, 0.8)
    maybe(rng, line, "women", rng.randrange(0, line.get("attendance", 0) + 1), 0.5)
    batch.add(told(story, batch, line))


def digital(story, batch):
    rng = story.rng
    line = {"kind": "digital-use", "form": rng.choice(FORMS)}
    maybe(rng, line, "count", people(rng), 0.8)
    maybe(rng, line, "women", rng.randrange(0, line.get("count", 1) + 1), 0.3)
    batch.add(told(story, batch, line))


def donation(story, batch):
    rng = story.rng
    line = {"kind": "donation", "donor": rng.choice(DONORS)}
    maybe(rng, line, "foreign", rng.randrange(2), 0.4)
    maybe(rng, line, "money", rng.randrange(0, 10**8), 0.5)
    maybe(rng, line, "copies", rng.randrange(0, 300))
    maybe(rng, line, "titles", rng.randrange(0, 100), 0.4)
    batch.add(told(story, batch, line))


def worker(story, batch):
    rng = story.rng
    line = {"kind": "worker-put", "role": rng.choice(ROLES)}
    maybe(rng, line, "site", story.some_site(batch)["number"], 0.9)
    since = batch.moment - datetime.timedelta(days=rng.uniform(0, 900))
    maybe(rng, line, "from", day_text(since), 0.8)
    maybe(rng, line, "to", day_text(since + datetime.timedelta(days=rng.uniform(0, 800))), 0.3)
    batch.add(told(story, batch, line), lambda ref, w=line: story.workers.append((ref, w)))


def change_worker(story, batch):
    rng = story.rng
    if not story.workers:
        return
    ref, first = rng.choice(story.workers)
    line = {"kind": "worker-put", "worker": ref}
    seen = {}
    site = story.some_site(batch)["number"]
    for name, value in {"role": rng.choice(ROLES), "to": day_text(batch.moment), "site": site}.items():
        if rng.random() < 0.4 and (name != "to" or value >= first.get("from", "")):
            line[name] = value
            if name in first:
                seen[name] = [ref]
    if seen:
        line["seen"] = seen
    if len(line) > 2:
        batch.add(told(story, batch, line))


def training(story, batch):
    rng = story.rng
    line = {"kind": "training", "topic": "Nghiệp vụ %d" % rng.randrange(100)}
    maybe(rng, line, "workers", people(rng), 0.7)
    maybe(rng, line, "collaborators", people(rng), 0.5)
    most = line.get("workers", 0) + line.get("collaborators", 0)
    maybe(rng, line, "women", rng.randrange(0, most + 1), 0.4)
    if story.workers and rng.random() < 0.8:
        some = rng.sample(story.workers, min(len(story.workers), rng.randrange(1, 6)))
        line["attendees"] = sorted({ref for ref, _ in some})
    batch.add(told(story, batch, line))


def model(story, batch):
    rng = story.rng
    line = {"kind": "model-put", "commune": rng.choice(story.communes)["code"]}
    status = rng.choice(["planned", "building", "recognised", "recognised", "recognised", "withdrawn"])
    maybe(rng, line, "status", status, 0.9)
    maybe(rng, line, "date", day_text(batch.moment - datetime.timedelta(days=rng.uniform(0, 300))), 0.6)
    maybe(rng, line, "decision", "%d/QĐ-UBND" % rng.randrange(999), 0.5)
    maybe(rng, line, "sites", sorted({story.some_site(batch)["number"]}), 0.4)
    if len(line) == 2:
        line["status"] = "planned"
    batch.add(told(story, batch, line))


def tally(story, batch):
    rng = story.rng
    start = (batch.moment - datetime.timedelta(days=rng.uniform(0, 500))).astimezone(ZONE)
    if rng.random() < 0.7:
        start = start.replace(day=1)
    if rng.random() < 0.4:
        start = start.replace(day=1, month=rng.choice([1, 1, 4, 7, 10]))
    lasts = rng.choice([27, 30, 89, 91, 364, 0, 3])
    end = start + datetime.timedelta(days=lasts)
    value = people(rng) * rng.choice([1, 1, 10, 10**6])
    line = {"kind": "tally", "code": rng.choice(TALLIES), "value": value}
    line["from"], line["to"] = day_text(start), day_text(end)
    commune = story.stray_commune() if batch.site["number"] else rng.choice(story.communes)["code"]
    maybe(rng, line, "commune", commune, 0.4)  # the hub is not let speak of one that nobody named
    batch.add(told(story, batch, line))


def day_open(story, batch):
    batch.add(told(story, batch, {"kind": "day-open"}))


def again(story, batch):
    """What a second import brings: something with a source that was used before."""
    if not story.sources:
        return
    line = {"kind": "visit", "count": people(story.rng), "source": story.rng.choice(story.sources)}
    batch.add(told(story, batch, line))


def void(story, batch):
    mine = [ref for ref, site in story.written if site is batch.site]
    if mine:
        batch.add({"kind": "void", "target": story.rng.choice(mine[-40:]), "reason": "mistake"})


def join_titles(story, batch):
    if len(story.titles) > 1:
        one, other = story.rng.sample(story.titles, 2)
        batch.add({"kind": "title-merge", "title": one, "other": other})


def alias(story, batch):
    one, other = story.copy_at(batch.site), story.copy_at(batch.site)
    if one != other:
        reason = story.rng.choice(["relabelled", "same"])
        batch.add({"kind": "copy-alias", "copy": one, "other": other, "reason": reason})


DESK = (
    [visit] * 8 + [lend] * 8 + [copy] * 6 + [use] * 3 + [digital] * 2 + [activity] * 2
    + [uncoded, reader, reader, copy_life, copy_life, crate, receive, receive, donation, worker]
    + [change_copy, change_worker, training, tally, tally, day_open, again, void, join_titles, alias, model]
)  # fmt: skip
VAN = DESK + [stop] * 14
HUB = [worker, training, donation] * 2 + [change_worker] + [model] * 4 + [tally] * 3

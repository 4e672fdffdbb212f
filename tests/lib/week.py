#!/usr/bin/python3
"""week.py RUN: play a week at three sites that have no link, through the packhorse program.

Each site registers readers, adds some books of its own, and records what happens at its
desk: loans, returns, renewals and visits, each with the minute at which it happened. Two
stories are woven in: a copy lent at one site and returned at another, and a copy lent in two
places at once. What should come out is written to RUN/week.json for the caller to check.
"""
import json
import random
import subprocess
import sys

RUN = sys.argv[1]
DAYS = ["2026-09-%02d" % d for d in range(21, 28)]
SURNAMES = "Lò Cà Quàng Hoàng Vì Lường Tòng Giàng Sùng Vàng Mùa Thào Nguyễn Đinh Hà Bạc Cầm".split()
MIDDLES = "Văn Thị A Minh Thu Đức Ngọc Xuân Hải Thanh".split()
GIVEN = "Pó Dợ Chía Hoa Lan Sơn Mai Dương Hùng Thảo Yến Tuấn Đức Nga Pánh Sua Kía Liên".split()
BOOKS = [
    ("Truyện kể dân gian Thái", "Cầm Cường", 2004, "vie"),
    ("Xống chụ xon xao", "Mạc Phi dịch", 1961, "vie"),
    ("Kỹ thuật trồng cây ăn quả trên đất dốc", "Viện Cây ăn quả", 2019, "vie"),
    ("Luật Đất đai 2024", "Quốc hội", 2024, "vie"),
    ("Dế Mèn phiêu lưu ký", "Tô Hoài", 1941, "vie"),
    ("Vợ chồng A Phủ", "Tô Hoài", 1953, "vie"),
    ("Tiếng Mông cho cán bộ", "Sở Giáo dục Sơn La", 2012, "hmn"),
    ("Chăn nuôi trâu bò vùng cao", "Nguyễn Văn Thiện", 2016, "vie"),
    ("Lý thuyết và bài tập Toán 9", "Vũ Hữu Bình", 2020, "vie"),
    ("Đường lên Tây Bắc", "Nhiều tác giả", 1998, "vie"),
]
rng = random.Random(20260921)
counts = {"loans": 0, "returns": 0, "renewals": 0, "visits": 0, "readers": 0}


def packhorse(site, *args, text=None):
    done = subprocess.run(["packhorse", "-d", f"{RUN}/{site}", *args], input=text, text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"packhorse {' '.join(args[:3])} at {site}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def record(site, lines):
    """Each line is durable by itself; every answer must say ok."""
    out = packhorse(site, "record", text="".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines))
    answers = [json.loads(x) for x in out.splitlines()]
    bad = [a for a in answers if not a.get("ok")]
    if bad or len(answers) != len(lines):
        sys.exit(f"record at {site}: {len(answers)} answers to {len(lines)} lines, first bad: {bad[:1]}")
    return answers


def minute(day, hour_from=7, hour_to=17):
    return f"{DAYS[day]}T{rng.randrange(hour_from, hour_to):02d}:{rng.randrange(60):02d}"


def shelf_of(site, own_books):
    """Codes of copies at a site: those the import printed, and a few put on the shelf now."""
    codes = []
    for item in json.loads(packhorse(site, "log", "--json", "--limit", "10000"))["entries"]:
        if item["entry"].get("kind") == "copy-put":
            codes.append(item["entry"]["copy"]["code"])
    for name, author, year, language in own_books:
        title = json.loads(packhorse(site, "title", "add", "--name", name, "--author", author, "--year", str(year),
                                     "--language", language, "--json"))["entries"][0]["ref"]
        for _ in range(2):
            made = json.loads(packhorse(site, "copy", "add", "--print-code", "--title", title, "--acquisition",
                                        rng.choice(["budget", "donation", "project"]), "--json"))
            codes.append(made["entries"][0]["copy"]["code"])
    return codes


def register(site, commune, n):
    cards = []
    for _ in range(n):
        name = f"{rng.choice(SURNAMES)} {rng.choice(MIDDLES)} {rng.choice(GIVEN)}"
        made = json.loads(packhorse(site, "reader", "add", "--name", name, "--born", str(rng.randrange(1948, 2018)),
                                    "--commune", commune, "--band", rng.choice(["child", "youth", "adult", "elder"]),
                                    "--print-card", "--json"))
        cards += [e["card"]["code"] for e in made["entries"] if e["kind"] == "card-issue"]
        counts["readers"] += 1
    return cards


def play(site, shelf, cards, per_day):
    """A week of desk work; a copy is lent again only after it came back."""
    lines = []
    out = {}
    for day in range(len(DAYS)):
        for when in sorted(minute(day) for _ in range(per_day)):
            roll = rng.random()
            if roll < 0.45:
                free = [c for c in shelf if c not in out]
                if not free:
                    continue
                copy = rng.choice(free)
                out[copy] = rng.choice(cards)
                lines.append({"kind": "loan", "copy": copy, "card": out[copy], "term": 14, "when": when})
                counts["loans"] += 1
            elif roll < 0.75 and out:
                copy = rng.choice(sorted(out))
                del out[copy]
                lines.append({"kind": "return", "copy": copy, "when": when})
                counts["returns"] += 1
            elif roll < 0.80 and out:
                copy = rng.choice(sorted(out))
                lines.append({"kind": "renew", "copy": copy, "card": out[copy], "term": 14, "when": when})
                counts["renewals"] += 1
            else:
                n = rng.randrange(1, 5)
                lines.append({"kind": "visit", "count": n, "band": rng.choice(["child", "youth", "adult", "elder"]),
                              "when": when})
                counts["visits"] += n
    record(site, lines)
    print(f"  {site}: {len(cards)} readers, {len(shelf)} copies, {len(lines)} desk transactions")
    return [c for c in shelf if c not in out]


sites = {"to-hieu": ("03646", BOOKS[:2], 24, 70), "van-ho": ("04048", BOOKS[2:6], 14, 40),
         "sop-cop": ("04231", BOOKS[6:], 10, 30)}
idle = {}
people = {}
for site, (commune, books, n_readers, per_day) in sites.items():
    shelf = shelf_of(site, books)
    people[site] = register(site, commune, n_readers)
    stories = shelf[:2] if site == "to-hieu" else []
    idle[site] = stories or shelf
    play(site, shelf[2:] if site == "to-hieu" else shelf, people[site], per_day)

# one copy lent at Tô Hiệu comes back at Vân Hồ
wanderer, torn = idle["to-hieu"]
packhorse("to-hieu", "loan", people["to-hieu"][0], wanderer, "--when", f"{DAYS[1]}T08:05")
packhorse("van-ho", "return", wanderer, "--when", f"{DAYS[4]}T15:40")
# one copy is lent at Tô Hiệu and, with nothing between, at Sốp Cộp
packhorse("to-hieu", "loan", people["to-hieu"][1], torn, "--when", f"{DAYS[2]}T09:10")
packhorse("sop-cop", "loan", people["sop-cop"][0], torn, "--when", f"{DAYS[5]}T10:20")
counts["loans"] += 3
counts["returns"] += 1
with open(f"{RUN}/week.json", "w", encoding="utf-8") as f:
    json.dump({"counts": counts, "wanderer": wanderer, "torn": torn}, f)

#!/usr/bin/python3
"""tests/bench/workload.py - the ordinary lean days of one site, from a seed.

    site = Site(number=140371, seed=1, start=1790000000)
    site.base()      what was there before: titles, copies, readers, some loans
    site.events(n)   the next n events

An event is one row of a notebook: a loan (45 %), a return (35 %), a visit (15 %), a
registration (4 %) or an acquisition (1 %); the mix is exact in every hundred. Readers
come in opening hours, more of them after school, and do a few things within a minute
or two; some books and some readers are far more active than others. A loan names the
card and a term of 14 days; returns and visits name no card.

Each event has the lines that `bench write` takes ({"at": seconds, "entry": {...}}; "@"
stands for the entry before) and its row of the plain CSV that the design compares with:

    time,kind,card,copy,due,count,band,name,born,title,author,year,isbn

with no header, and empty where a kind has none. The same seed gives the same events;
by hand:  workload.py csv|lines COUNT [SEED]
"""

import bisect
import csv
import datetime
import io
import itertools
import json
import random
import sys

DAY = 86400
ZONE = 7 * 3600
MIX = (("loan", 45), ("return", 35), ("visit", 15), ("reader", 4), ("title", 1))
TERM = 14

FAMILY = (
    "Lò Quàng Cà Tòng Lường Hoàng Vì Đèo Bạc Cầm Điêu Lèo Mè Vàng Giàng Sùng Mùa Thào Hờ "
    "Hạng Lầu Sồng Mùi Đinh Hà Bùi Nguyễn Trần Lê Phạm Phan Đặng Đỗ Triệu Bàn Đặng Tráng"
).split()
MIDDLE_WOMAN = "Thị Thị Thị Thị Thu Ngọc Minh Kim Thanh Bích Hồng".split()
MIDDLE_MAN = "Văn Văn Văn Văn Minh Đức Quang Xuân Hữu Công A A Bá Seo".split()
GIVEN_WOMAN = (
    "Hoa Lan Mai Hương Thảo Nga Yến Loan Xuân Thu Hạnh Phượng Dung Oanh Mẩy Dợ Mỷ Chi "
    "Diệp Trang Ngân Linh Hiền Thủy Tâm Bình Inh Un Ương Xiên Quyên Vân"
).split()
GIVEN_MAN = (
    "Hùng Dũng Sơn Hải Nam Long Tuấn Cường Thắng Phong Quân Kiên Bình Chính Páo Dơ Nủ Vừ "
    "Chua Lử Tủa Súa Khua Panh Ín Phát Đạt Khoa Tùng Việt Toản Hặc"
).split()

TITLES = (
    ("Kỹ thuật trồng {} trên đất dốc", ("cây cà phê", "cây chè", "mận hậu", "nhãn ghép",
     "xoài", "lúa nương", "ngô lai", "sắn", "chanh leo", "dâu tây", "na", "sa nhân")),
    ("Phòng trị bệnh cho {} ở hộ gia đình", ("lợn đen", "gà thả vườn", "trâu bò", "dê núi",
     "ong mật", "cá lồng", "vịt bản", "thỏ")),
    ("Truyện cổ dân tộc {}", ("Thái", "Mông", "Dao", "Mường", "Khơ Mú", "La Ha", "Kháng",
     "Xinh Mun", "Lào")),
    ("Hỏi đáp về Luật {}", ("Đất đai", "Hôn nhân và gia đình", "Lâm nghiệp", "Trẻ em",
     "Giao thông đường bộ", "Khiếu nại", "Bảo hiểm y tế", "Thư viện", "Cư trú")),
    ("Em học giỏi {} lớp {{n}}", ("Toán", "Tiếng Việt", "Ngữ văn", "Tiếng Anh", "Lịch sử",
     "Vật lí", "Hóa học", "Sinh học")),
    ("{{n}} câu chuyện kể về {}", ("Bác Hồ", "các vị anh hùng", "lòng nhân ái", "loài vật",
     "những dòng sông", "mẹ", "thầy cô", "biển đảo")),
    ("Mùa {} trên bản {{p}}", ("hoa ban", "lúa chín", "đào nở", "sương", "măng", "gió Lào")),
    ("Lịch sử Đảng bộ xã {{p}}, tập {}", ("một", "hai", "ba")),
    ("Nghề {} của đồng bào vùng cao", ("dệt thổ cẩm", "rèn", "đan lát", "nhuộm chàm",
     "làm giấy dó", "chạm bạc")),
)
PLACES = (
    "Chiềng Mung Chiềng Sinh Mường Bú Mường La Nà Ớt Tà Xùa Bắc Yên Phù Yên Sốp Cộp Mộc Hạ "
    "Lóng Luông Vân Hồ Ngọc Chiến Thuận Châu Co Mạ Yên Châu"
)
BANDS = ("child", "youth", "adult", "elder")
BAND_WEIGHT = (45, 25, 20, 10)
BAND_BORN = {"child": (6, 15), "youth": (16, 30), "adult": (31, 59), "elder": (60, 85)}


def pairs(words):
    """Two-syllable names out of a run of syllables."""
    words = words.split()
    return [" ".join(words[i:i + 2]) for i in range(0, len(words) - 1, 2)]


PLACE_NAMES = pairs(PLACES)


def printed(site, block, counter):
    """A code of our printed form: site number, block, counter and check digit (EAN-13)."""
    digits = "%06d%02d%04d" % (site, block, counter)
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits))
    return digits + str(-total % 10)


class Event:
    """One row of the notebook: its time, kind, log lines and CSV row."""

    __slots__ = ("at", "kind", "entries", "row")

    def __init__(self, at, kind, entries, **row):
        self.at, self.kind, self.entries, self.row = at, kind, entries, row

    def lines(self):
        return [json.dumps({"at": self.at, "entry": entry}, ensure_ascii=False)
                for entry in self.entries]


class Site:
    def __init__(self, number, seed, start, readers=400, copies=1500, per_day=70, owner=None,
                 commune=None, guests=(), guest_share=0.2):
        """START: midnight (UTC+7) of the first day, a Monday, in seconds since 1970.

        OWNER is on record as whose the copies are, COMMUNE as where readers live; of the loans GUEST_SHARE are of one of
        GUESTS, copies that somebody else has acquired."""
        self.rng = random.Random("%d/%d" % (seed, number))
        self.number, self.start, self.per_day = number, start, per_day
        self.first_readers, self.first_copies = readers, copies
        self.owner, self.commune = owner, commune
        self.guests, self.guest_share = list(guests), guest_share
        self.copies, self.cards = [], []
        self.copy_weight, self.card_weight = [], []
        self.counters = {}
        self.out = {}      # copy -> (card, time it left)
        self.out_list = [] # the same copies, and some that have come back
        self.deck = []
        self.waiting = []  # events of the day that is under way
        self.day = 0

    # --- what is there ---

    def code(self, block):
        """Blocks are used up at 9,999 codes; then the block ten further is begun."""
        n = self.counters[block] = self.counters.get(block, 0) + 1
        return printed(self.number, block + 10 * ((n - 1) // 9999), (n - 1) % 9999 + 1)

    def add(self, things, weights, block):
        """A new copy or card: its popularity falls with a random rank (Zipf, flattened)."""
        code = self.code(block)
        rank = self.rng.randrange(1, 1500)
        things.append(code)
        weights.append((weights[-1] if weights else 0) + 1 / (rank + 12) ** 0.8)
        return code

    def pick(self, things, weights):
        at = bisect.bisect(weights, self.rng.random() * weights[-1])
        return things[min(at, len(things) - 1)]

    def person(self):
        woman = self.rng.random() < 0.55
        return " ".join((self.rng.choice(FAMILY),
                         self.rng.choice(MIDDLE_WOMAN if woman else MIDDLE_MAN),
                         self.rng.choice(GIVEN_WOMAN if woman else GIVEN_MAN)))

    def title(self):
        form, words = self.rng.choice(TITLES)
        return form.format(self.rng.choice(words)).format(
            n=self.rng.randrange(1, 102), p=self.rng.choice(PLACE_NAMES))

    def isbn(self):
        digits = "978604" + "".join(self.rng.choice("0123456789") for _ in range(6))
        total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits))
        return digits + str(-total % 10)

    def band(self):
        return self.rng.choices(BANDS, BAND_WEIGHT)[0]

    # --- one event each ---

    @staticmethod
    def id(code):
        return {"ns": 0, "code": code}

    def loan(self, at, card):
        for _ in range(40):
            copy = (self.rng.choice(self.guests)
                    if self.guests and self.rng.random() < self.guest_share
                    else self.copies[-self.rng.randrange(1, 30)] if self.rng.random() < 0.05
                    else self.pick(self.copies, self.copy_weight))
            # a copy that is long overdue came back unrecorded, through the box at the door
            if copy not in self.out or at - self.out[copy][1] > 25 * DAY:
                break
        self.out[copy] = (card, at)
        self.out_list.append(copy)
        due = datetime.datetime.fromtimestamp(at + ZONE, datetime.timezone.utc).date()
        return Event(at, "loan", [{"kind": "loan", "copy": self.id(copy),
                                   "card": self.id(card), "term": TERM}],
                     card=card, copy=copy, due=due + datetime.timedelta(TERM))

    def some_out(self):
        """A copy that is out: of a few, the one that left first."""
        best = None
        while self.out:
            for _ in range(5):
                i = self.rng.randrange(len(self.out_list))
                copy = self.out_list[i]
                if copy not in self.out:
                    self.out_list[i] = self.out_list[-1]
                    self.out_list.pop()
                elif best is None or self.out[copy][1] < self.out[best][1]:
                    best = copy
            if best is not None:
                break
        return best

    def give_back(self, at, copy):
        self.out.pop(copy, None)
        return Event(at, "return", [{"kind": "return", "copy": self.id(copy)}], copy=copy)

    def visit(self, at):
        band = self.band()
        draw = self.rng.random()
        count = (1 if draw < 0.8 else self.rng.randrange(2, 6) if draw < 0.97
                 else self.rng.randrange(12, 36))
        entry = {"kind": "visit", "band": band}
        if count > 1:
            entry["count"] = count
        return Event(at, "visit", [entry], count=count, band=band)

    def registration(self, at):
        band = self.band()
        year = datetime.datetime.fromtimestamp(at, datetime.timezone.utc).year
        born = year - self.rng.randrange(*BAND_BORN[band])
        card, name = self.add(self.cards, self.card_weight, 2), self.person()
        put = {"kind": "reader-put", "band": band, "name": name, "born": born}
        if self.commune is not None:
            put["commune"] = self.commune
        return Event(at, "reader",
                     [put,
                      {"kind": "card-issue", "card": self.id(card), "reader": "@"}],
                     card=card, band=band, name=name, born=born)

    def acquisition(self, at):
        copy = self.add(self.copies, self.copy_weight, 1)
        row = {"title": self.title(), "author": self.person(),
               "year": self.rng.randrange(2004, 2027), "isbn": self.isbn()}
        put = {"kind": "title-put", "name": row["title"], "author": row["author"],
               "year": row["year"], "isbn": row["isbn"]}
        acquired = {"kind": "copy-put", "copy": self.id(copy), "title": "@"}
        if self.owner is not None:
            acquired["owner"] = self.owner
        return Event(at, "title", [put, acquired], copy=copy, **row)

    # --- days ---

    def next_kinds(self):
        """What one reader does at the desk: one to six things, in the order of the desk."""
        want = self.rng.choices((1, 2, 3, 4, 5, 6), (28, 26, 20, 14, 8, 4))[0]
        while len(self.deck) < want:
            fresh = [kind for kind, share in MIX for _ in range(share)]
            self.rng.shuffle(fresh)
            self.deck = fresh + self.deck
        kinds = [self.deck.pop() for _ in range(want)]
        return sorted(kinds, key=("visit", "reader", "return", "loan", "title").index)

    def visit_desk(self, at):
        kinds = self.next_kinds()
        events, card, back = [], None, None
        if "return" in kinds:
            back = self.some_out()
            card = self.out[back][0] if back else None
        if card is None or self.rng.random() < 0.1:
            card = self.pick(self.cards, self.card_weight)
        for kind in kinds:
            if kind == "visit":
                events.append(self.visit(at))
            elif kind == "reader":
                events.append(self.registration(at))
                card = events[-1].row["card"]
            elif kind == "return":
                events.append(self.give_back(at, back or self.pick(self.copies,
                                                                   self.copy_weight)))
                mine = [c for c in self.out_list[-60:]
                        if c in self.out and self.out[c][0] == card]
                back = mine[0] if mine else self.some_out()
            elif kind == "loan":
                events.append(self.loan(at, card))
            else:
                events.append(self.acquisition(at))
            # a scan is quick, writing somebody down is not
            at += (self.rng.randrange(60, 200) if kind in ("reader", "title")
                   else self.rng.randrange(3, 14))
        return events

    def arrivals(self, weekday, midnight):
        """When readers come: 7:30-11:30 and 13:30-17:00, Saturdays in the morning only."""
        n = max(4, round(self.rng.gauss(self.per_day, self.per_day / 5) / 2.6))
        times = []
        for _ in range(n // 2 if weekday == 5 else n):
            if weekday == 5 or self.rng.random() < 0.4:
                hour = self.rng.triangular(7.5, 11.5, 9.0)
            else:
                hour = self.rng.triangular(13.5, 17.0, 16.0)
            times.append(midnight + int(hour * 3600))
        return sorted(times)

    def fill_day(self):
        weekday, midnight = self.day % 7, self.start + self.day * DAY
        self.day += 1
        if weekday == 6:
            return
        free = 0
        for at in self.arrivals(weekday, midnight):
            found = self.visit_desk(max(at, free))
            free = found[-1].at + self.rng.randrange(10, 40)
            self.waiting.extend(found)

    def base(self):
        """What was there before the first day, written on the two days before it."""
        at = self.start - 2 * DAY + 8 * 3600
        for _ in range(self.first_copies):
            yield self.acquisition(at)
            at += 6
        for _ in range(self.first_readers):
            yield self.registration(at)
            at += 5
        for _ in range(max(1, self.first_readers // 3)):
            yield self.loan(at, self.pick(self.cards, self.card_weight))
            at += self.rng.randrange(20, 90)

    def events(self, count):
        """The next COUNT events."""
        for _ in range(count):
            while not self.waiting:
                self.fill_day()
                self.waiting.reverse()
            yield self.waiting.pop()


COLUMNS = ("card", "copy", "due", "count", "band", "name", "born", "title", "author",
           "year", "isbn")


def to_rows(events):
    """Rows of the plain CSV as lists; what a kind has not is the empty string."""
    for event in events:
        time = datetime.datetime.fromtimestamp(event.at, datetime.timezone.utc)
        yield ([time.strftime("%Y-%m-%dT%H:%M:%SZ"), event.kind]
               + [event.row.get(column, "") for column in COLUMNS])


def to_csv(events):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(to_rows(events))
    return text.getvalue().encode()


def from_csv(text):
    return list(csv.reader(io.StringIO(text.decode())))


def to_lines(events):
    return "".join(line + "\n" for event in events for line in event.lines()).encode()


def next_monday(now):
    """Midnight (UTC+7) of the first Monday at least four days after NOW."""
    day = (int(now) + ZONE) // DAY + 4
    return (day + (4 - day) % 7) * DAY - ZONE


def monday_before(now, count, per_day=70):
    """Midnight (UTC+7) of a Monday; COUNT events from then on are over by NOW."""
    weeks = count // (5 * per_day) + 2  # Saturdays are short, so a week has five days and a half
    day = (int(now) + ZONE) // DAY - 7 * weeks
    return (day - (day - 4) % 7) * DAY - ZONE


def main():
    count = int(sys.argv[2])
    site = Site(140371, int(sys.argv[3]) if len(sys.argv) > 3 else 1,
                next_monday(1790000000))
    base = list(site.base())
    events = list(site.events(count))
    if sys.argv[1] == "lines":
        sys.stdout.buffer.write(to_lines(itertools.chain(base, events)))
    else:
        sys.stdout.buffer.write(to_csv(events))


if __name__ == "__main__":
    main()

"""Periods: `2026`, `2026-Q3`, `2026-09`, in days since 1970 (UTC+7)."""
import datetime

EPOCH = datetime.date(1970, 1, 1).toordinal()
MONTHS = {"year": 12, "quarter": 3, "month": 1}


class Span:
    """The months from FIRST on, counted from year 0; N of them."""

    def __init__(self, name):
        year, _, rest = name.partition("-")
        self.name = name
        if not rest:
            self.length, start = "year", 0
        elif rest[0] == "Q":
            self.length, start = "quarter", 3 * (int(rest[1]) - 1)
        else:
            self.length, start = "month", int(rest) - 1
        self.start = int(year) * 12 + start
        self.n = MONTHS[self.length]
        self.year = int(year)
        self.first = self._first_of(self.start)
        self.last = self._first_of(self.start + self.n) - 1

    @staticmethod
    def _first_of(month):
        return Span.day_of(month // 12, month % 12 + 1, 1)

    @staticmethod
    def day_of(year, month, day):
        return datetime.date(year, month, day).toordinal() - EPOCH

    @staticmethod
    def text(day):
        return datetime.date.fromordinal(day + EPOCH).isoformat()

    @staticmethod
    def month_of(day):
        return Span.text(day)[:7]

    @staticmethod
    def _name(month, length):
        year, rest = divmod(month, 12)
        if length == "year":
            return "%04d" % year
        if length == "quarter":
            return "%04d-Q%d" % (year, rest // 3 + 1)
        return "%04d-%02d" % (year, rest + 1)

    @staticmethod
    def name_at(day, length):
        """The period of that length that has DAY in it."""
        date = datetime.date.fromordinal(day + EPOCH)
        return Span._name(date.year * 12 + date.month - 1, length)

    def moved(self, periods):
        """The period of the same length, so many later (or earlier); None before the year 2000."""
        start = self.start + periods * self.n
        return Span(self._name(start, self.length)) if start >= 2000 * 12 else None

    def in_year(self, year):
        return Span(self._name(self.start + (year - self.year) * 12, self.length))

    def months(self):
        return [self._name(self.start + i, "month") for i in range(self.n)]

    def has(self, day):
        return self.first <= day <= self.last

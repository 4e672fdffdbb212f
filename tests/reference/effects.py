"""Which entries count, and when: cuts, adoptions, voids, unmerges, clocks, sources.

Every rule is a question asked of one record and answered by looking at all others.
Questions end, since logs of the hub are never cut: a cut and an adoption can only be
voided by an entry of the same log of the hub, and a void cannot be voided.
"""
from history import BY_NAME

UNMERGE_OF = {
    "title-merge": ("title-unmerge", "merges"),
    "reader-merge": ("reader-unmerge", "merges"),
    "copy-alias": ("copy-unalias", "aliases"),
}
NEVER_VOIDED = {"open", "clock-mark", "void", "reader-erase"}
OPERATOR_ONLY = {"device-cut", "invite-cancel", "log-adopt", "reader-erase"}
DAY = 86400
ZONE = 25200
UNSURE_TOLD = {1: 60, 2: 43200}
UNSURE_BY = {None: 86400, 0: 86400, 1: 3600, 2: 300, 3: 10, 4: 10}
UNSURE_JUDGED = 10

assert set(UNMERGE_OF) | NEVER_VOIDED | OPERATOR_ONLY <= set(BY_NAME)


class Effects:
    def __init__(self, history):
        self.history = history
        self.may_speak = [r for r in history.records if self._has_form_and_writer(r)]
        self.by_kind = {name: [] for name in BY_NAME}
        for record in self.may_speak:
            self.by_kind[record.kind].append(record)
        self._cut = {}
        self._judge = {}
        self._time = {}
        self.cuts = [r for r in self.by_kind["device-cut"] if not self.voided(r)]
        self.adopts = [r for r in self.by_kind["log-adopt"] if not self.voided(r)]
        self.unmerges = {
            name: [r for r in self.by_kind[name] if self.effective(r)]
            for name, _ in UNMERGE_OF.values()
        }
        self.judges = [r for r in self.by_kind["clock-judge"] if self.effective(r)]
        self.facts = self._facts()

    # 1 the log, 2 the form, 3 the writer

    def _has_form_and_writer(self, record):
        return (
            record.entry.sound
            and record.branches[0].fits()
            and bool(record.entry.kind.writers & record.log.writer())
            and (record.kind != "open" or record.n == 1)
        )

    # 4 cuts

    def cut(self, record):
        if record not in self._cut:
            self._cut[record] = self._is_cut(record)
        return self._cut[record]

    def _is_cut(self, record):
        if record.log.site == 0:
            return False
        against = self.cuts_of(record.log.device)
        uncovered = [c for c in against if not self.covered(record, c["heads"] or [])]
        return bool(uncovered) and not any(
            self.covered(record, [adopt["head"]]) for adopt in self.adopts
        )

    def cuts_of(self, device):
        return [cut for cut in self.cuts if cut["device"] == device]

    def covered(self, record, heads):
        """Whether RECORD stands at or below one of HEADS, on its very chain."""
        return any(
            log == record.log.id
            and record.n <= n
            and any(branch.hash_at(n) == chain for branch in record.branches)
            for log, n, chain in heads
        )

    # 5 voids

    def voided(self, record):
        return record.kind not in NEVER_VOIDED and any(
            void["target"] == record.ref
            and self._may_void(void, record)
            and not self.cut(void)
            for void in self.by_kind["void"]
        )

    def _may_void(self, void, target):
        same_log = void.log is target.log
        if target.kind in OPERATOR_ONLY:
            return same_log and void.by_operator
        if target.log.site == 0:
            return same_log
        ours = {void.log.site, void.site}
        return void.log.site == 0 or bool(ours & {target.log.site, target.site})

    def effective(self, record):
        return not self.cut(record) and not self.voided(record)

    # 6 unmerges

    def cancelled(self, record):
        if record.kind not in UNMERGE_OF:
            return False
        name, field = UNMERGE_OF[record.kind]
        return any(record.ref in unmerge[field] for unmerge in self.unmerges[name])

    # Time

    def marks_before(self, record, itself=False):
        """The good clock-marks that stand before RECORD in its log, and perhaps itself."""
        before = record.branches[0].records[: record.n if itself else record.n - 1]
        return [r for r in before if r.kind == "clock-mark" and r.entry.sound]

    def governing(self, record):
        """The clock-mark under which RECORD was stamped, or None."""
        marks = self.marks_before(record, itself=True)
        return marks[-1] if marks else None

    def judge_of(self, mark):
        """The verdict on MARK: the last by stamps, as they are."""
        if mark not in self._judge:
            about = [j for j in self.judges if j["mark"] == mark.ref]
            about = about if mark.log.site != 0 else []
            key = lambda j: (j.entry.second, j.entry.tick, j.log.id, j.n, j.ref[2])
            self._judge[mark] = max(about, key=key, default=None)
        return self._judge[mark]

    def judged(self, record):
        """The stamp of RECORD, as the hub judged the clock that gave it."""
        second, tick = record.entry.second, record.entry.tick
        mark = self.governing(record)
        judge = self.judge_of(mark) if mark else None
        if not judge:
            return second, tick
        second = max(0, second - (judge["ahead"] or 0) + (judge["behind"] or 0))
        if judge["clamp"] is not None and second > judge["clamp"]:
            return judge["clamp"], 0
        return second, tick

    def time(self, record):
        if record not in self._time:
            self._time[record] = self._find_time(record)
        return self._time[record]

    def _find_time(self, record):
        if record.told:
            precision, value = record.told
            if precision == 1:
                return value * 60, 0
            return value * DAY - ZONE + 12 * 3600, 0
        marks = self.marks_before(record)
        return max([self.judged(record)] + [self.judged(mark) for mark in marks])

    def unsure(self, record):
        """By how many seconds the time of RECORD may be wrong."""
        if record.told:
            return UNSURE_TOLD[record.told[0]]
        mark = self.governing(record)
        if not mark:
            return UNSURE_BY[None]
        return UNSURE_JUDGED if self.judge_of(mark) else UNSURE_BY[mark["sure"]]

    def order(self, record):
        return self.time(record) + tuple(record.ref)

    # 7 sources

    def twin(self, record, others):
        """Whether one of OTHERS, of equal source, kind and site of the log, comes before RECORD."""
        return record.source is not None and any(
            other.source == record.source
            and other.kind == record.kind
            and other.log.site == record.log.site
            and other.creates() == record.creates()
            and self.order(other) < self.order(record)
            for other in others
        )

    def _facts(self):
        """All that folds, in the order, each reference once."""
        live = [r for r in self.may_speak if self.effective(r) and not self.cancelled(r)]
        live.sort(key=self.order)
        first = {}
        for record in live:
            first.setdefault(tuple(record.ref), record)
        live = list(first.values())
        sourced = [r for r in live if r.source is not None and r.kind != "device-cut"]
        return [
            Fact(self, record, twin)
            for record in live
            for twin in [record in sourced and self.twin(record, sourced)]
            if not twin or record.creates()
        ]


class Fact:
    """An effective entry as the fold of an entity sees it."""

    def __init__(self, effects, record, twin):
        self.record = record
        self.twin = twin
        self.kind = record.kind
        self.ref = record.ref
        self.site = record.site
        self.fields = record.entry.fields
        self.second, self.tick = effects.time(record)
        self.unsure = effects.unsure(record)
        self.puts = None  # for registers.py
        self.rank = 1 if self.kind == "crate-receive" else 0

    def __getitem__(self, name):
        return self.fields[name]

    def day(self):
        return (self.second + ZONE) // DAY

    def key(self):
        return (self.second, self.tick, self.rank) + tuple(self.ref)

    def lifted(self, second, tick):
        """The same, at another time."""
        copy = object.__new__(Fact)
        copy.__dict__.update(self.__dict__)
        copy.second, copy.tick = second, tick
        return copy

#!/usr/bin/python3
"""Which entries count, and when: logs, writers, cuts, voids, unmerges, clocks, sources."""
import random
import unittest

from cases import cases
from entry import blake
from fold import digest, encoded, fold
from history import History, device_id, ref_bytes
import mp
import naming
from random_history import World
from room import C1, C2, CRATE, DAY0, K1, K2, Room, T0, part, state
import tap

ABSENT = [bytes(16), 1, bytes(8)]


def visits(ledger, site=101, day=DAY0):
    """How many visits the tally of that day counts."""
    id_ = site.to_bytes(8, "big") + day.to_bytes(8, "big")
    return (part(ledger, naming.TALLY, id_, 0) or {}).get(1, 0)


class Case(unittest.TestCase):
    def setUp(self):
        self.room = Room()
        self.hub = self.room.hub()
        self.desk_log = self.room.hub(b"desk")
        self.a = self.room.desk(b"a", 101)
        self.b = self.room.desk(b"b", 102)

    def visits(self, **more):
        return visits(self.room.fold(), **more)


class Logs(Case):
    def test_open_of_another_site(self):
        bad = self.room.desk(b"c", 101, open_=False)
        opened = bad.open(site=102)
        bad.add("visit", 0)
        ledger = self.room.fold()
        self.assertEqual(visits(ledger), 0)
        self.assertIsNone(state(ledger, naming.LOG, bad.log))
        self.assertEqual(cases(ledger), [(16, bad.log, [opened])])

    def test_first_entry_is_no_open(self):
        self.room.desk(b"c", 101, open_=False).add("visit", 0)
        self.assertEqual(self.visits(), 0)

    def test_who_may_write(self):
        self.room.desk(b"c", 101, role=2).add("visit", 0)
        self.hub.add("visit", 0, behalf=101)
        self.a.add("site-put", 0, site=101, name="x")
        ledger = self.room.fold()
        self.assertEqual(visits(ledger), 0)
        self.assertIsNone(state(ledger, naming.SITE, (101).to_bytes(8, "big")))

    def test_on_behalf(self):
        self.a.add("visit", 0, behalf=105)
        self.assertEqual(self.visits(site=105), 1)

    def test_opaque(self):
        self.a.append(mp.encode([256, T0 << 16, None, 1]))
        self.assertEqual(cases(self.room.fold()), [])
        self.a.append(b"\xc1")
        bad = self.a.append(b"\xc2")
        self.a.add("visit", 0)
        ledger = self.room.fold()
        self.assertEqual(visits(ledger), 1)
        self.assertNotEqual(cases(ledger)[0][2], [bad])
        self.assertEqual(cases(ledger)[0][2][0][1], 3)

    def test_fork_counts_both_branches(self):
        self.a.add("visit", 0)
        other = self.a.fork(2)
        one = self.a.add("visit", 1, count=2)
        two = other.add("visit", 2, count=4)
        ledger = self.room.fold()
        self.assertEqual(visits(ledger), 7)
        self.assertEqual(cases(ledger), [(12, self.a.log, sorted([one, two]))])


class Cuts(Case):
    def setUp(self):
        super().setUp()
        self.a.add("visit", 0)
        self.head = self.a.head()
        self.late = self.a.add("visit", 1, count=4)
        self.device = device_id(self.a.key)

    def cut(self, heads, at=100):
        return self.hub.add("device-cut", at, operator=True, device=self.device, heads=heads)

    def test_above_the_head_is_cut(self):
        cut = self.cut([self.head])
        ledger = self.room.fold()
        self.assertEqual(visits(ledger), 1)
        self.assertEqual(cases(ledger), [(14, self.device, [cut, self.late])])

    def test_without_heads_all_is_cut(self):
        self.cut(None)
        self.assertEqual(self.visits(), 0)

    def test_the_lowest_counts(self):
        self.cut([self.a.head()])
        self.assertEqual(self.visits(), 5)
        self.cut([self.head])
        self.assertEqual(self.visits(), 1)

    def test_head_that_is_not_held_covers_nothing(self):
        self.cut([[self.head[0], self.head[1], bytes(32)]])
        self.assertEqual(self.visits(), 0)

    def test_other_branch_is_not_covered(self):
        other = self.a.fork(2)
        other.add("visit", 5, count=8)
        self.cut([self.a.head()])
        self.assertEqual(self.visits(), 5)

    def test_adoption_wins_until_it_is_voided(self):
        adopt = self.desk_log.add("log-adopt", 50, operator=True, head=self.a.head())
        self.cut([self.head])
        self.assertEqual(self.visits(), 5)
        self.desk_log.add("void", 60, target=adopt)
        self.hub.add("void", 60, operator=True, target=adopt)
        self.assertEqual(self.visits(), 5)
        self.desk_log.add("void", 60, operator=True, target=adopt)
        self.assertEqual(self.visits(), 1)

    def test_voided_cut(self):
        cut = self.cut([self.head])
        self.desk_log.add("void", 200, operator=True, target=cut)
        self.hub.add("void", 200, target=cut)
        self.assertEqual(self.visits(), 1)
        self.hub.add("void", 200, operator=True, target=cut)
        self.assertEqual(self.visits(), 5)

    def test_what_is_cut_acts_on_nothing(self):
        elsewhere = self.b.add("visit", 0, behalf=101, count=16)
        self.a.add("void", 2, target=elsewhere)
        self.assertEqual(self.visits(), 5)
        self.cut([self.head])
        self.assertEqual(self.visits(), 17)


class Voids(Case):
    def test_by_the_same_site_or_the_hub(self):
        target = self.a.add("visit", 0)
        self.b.add("void", 1, target=target)
        self.assertEqual(self.visits(), 1)
        self.b.add("void", 1, target=target, behalf=101)
        self.assertEqual(self.visits(), 0)

    def test_the_site_of_the_log_and_that_of_the_entry(self):
        """Target: log 101 for 105. Voids: log 103 for 101; log 101 for 104; log 103 for 104."""
        c = self.room.desk(b"c", 103)
        for desk, behalf, left in ((c, 101, 0), (self.a, 104, 0), (c, 104, 1), (c, 105, 0)):
            target = self.a.add("visit", 0, behalf=105)
            desk.add("void", 1, target=target, behalf=behalf)
            self.assertEqual(self.visits(site=105), left, (desk.site, behalf))
            self.hub.add("void", 2, target=target)

    def test_of_an_open_changes_nothing(self):
        opened = [self.a.log, 1, blake(32, self.a.raw[0])[:8]]
        self.hub.add("void", 1, target=opened)
        self.assertEqual(state(self.room.fold(), naming.LOG, self.a.log), [[101, T0 - 1000]])

    def test_by_the_hub(self):
        target = self.a.add("visit", 0)
        self.desk_log.add("void", 1, target=target)
        self.assertEqual(self.visits(), 0)

    def test_by_the_site_it_was_written_for(self):
        target = self.a.add("visit", 0, behalf=102)
        self.b.add("void", 1, target=target)
        self.assertEqual(self.visits(site=102), 0)

    def test_hub_only_in_the_same_log(self):
        target = self.hub.add("site-put", 0, site=101, name="x")
        id_ = (101).to_bytes(8, "big")
        self.desk_log.add("void", 1, target=target)
        self.assertEqual(state(self.room.fold(), naming.SITE, id_), [{2: [target, "x"]}])
        self.hub.add("void", 1, target=target)
        self.assertIsNone(state(self.room.fold(), naming.SITE, id_))

    def test_void_of_a_void(self):
        target = self.a.add("visit", 0)
        void = self.a.add("void", 1, target=target)
        self.a.add("void", 2, target=void)
        self.assertEqual(self.visits(), 0)

    def test_hash_must_be_equal(self):
        target = self.a.add("visit", 0)
        self.a.add("void", 1, target=[target[0], target[1], bytes(8)])
        self.assertEqual(self.visits(), 1)

    def test_an_erasure_is_never_voided(self):
        erase = self.hub.add("reader-erase", 0, operator=True, readers=[ABSENT])
        self.hub.add("void", 1, operator=True, target=erase)
        self.assertEqual(state(self.room.fold(), naming.ERASURE, erase), [T0])


class Unmerges(Case):
    def test_lists_each_merge_it_cancels(self):
        one, two = self.a.add("title-put", 0), self.a.add("title-put", 1)
        merge = self.a.add("title-merge", 2, title=one, other=two)
        again = self.b.add("title-merge", 3, title=two, other=one)
        undo = self.b.add("title-unmerge", -5, merges=[merge])
        self.assertEqual(part(self.room.fold(), naming.TITLE, one, 2), [[again, two]])
        self.b.add("void", 5, target=undo)
        found = part(self.room.fold(), naming.TITLE, one, 2)
        self.assertEqual(found, [[merge, two], [again, two]])

    def test_only_of_the_matching_kind(self):
        alias = self.a.add("copy-alias", 2, copy=C1, other=C2)
        self.b.add("title-unmerge", 5, merges=[alias])
        self.assertEqual(part(self.room.fold(), naming.COPY, C1, 6), [[alias, C2]])
        self.b.add("copy-unalias", 5, aliases=[alias])
        self.assertIsNone(state(self.room.fold(), naming.COPY, C1))

    def test_with_itself_names_nothing(self):
        self.a.add("copy-alias", 2, copy=C1, other=C1)
        self.a.add("title-merge", 2, title=ABSENT, other=ABSENT)
        self.a.add("reader-merge", 2, reader=ABSENT, other=ABSENT)
        types = {type_ for type_, _ in self.room.fold().states}
        self.assertEqual(types, {naming.LOG})


class Times(Case):
    def second(self):
        return part(self.room.fold(), naming.COPY, C1, 1)[1]

    def test_told(self):
        self.a.add("return", 0, copy=C1, when=[1, 25000000])
        self.assertEqual(self.second(), 1500000000)
        self.a.add("return", 0, copy=C1, when=[2, DAY0])  # 12:00 UTC+7; T0 is 08:00
        self.assertEqual(self.second(), T0 + 4 * 3600)

    def test_not_below_an_earlier_mark(self):
        self.a.mark(100)
        self.a.add("visit", 900, when=[1, 0])
        self.a.add("return", 50, copy=C1)
        self.assertEqual(self.second(), T0 + 100)

    def test_judged(self):
        mark = self.a.mark(3600)
        self.a.add("return", 3610, copy=C1)
        self.desk_log.add("clock-judge", 50, mark=mark, ahead=3600)
        self.assertEqual(self.second(), T0 + 10)
        self.desk_log.add("clock-judge", 60, mark=mark, ahead=0, behind=5)
        self.assertEqual(self.second(), T0 + 3615)

    def test_clamped(self):
        self.a.mark(0)
        mark = self.a.mark(86400)
        self.a.add("return", 86500, tick=7, copy=C1)
        judge = self.hub.add("clock-judge", 90, mark=mark, clamp=T0 + 100)
        ledger = self.room.fold()
        self.assertEqual(part(ledger, naming.COPY, C1, 1)[1], T0 + 100)
        self.assertEqual(cases(ledger), [(9, ref_bytes(mark), [mark, judge])])

    def test_a_clamp_of_the_same_second(self):
        mark = self.a.mark(0)
        last = self.a.add("return", 10, tick=7, copy=C1)
        self.b.add("return", 10, tick=5, copy=C1)
        self.desk_log.add("clock-judge", 90, mark=mark, clamp=T0 + 10)
        self.assertEqual(part(self.room.fold(), naming.COPY, C1, 1)[3], last)

    def test_a_clamp_sets_the_tick_to_0(self):
        mark = self.a.mark(0)
        self.a.add("return", 11, tick=7, copy=C1)
        last = self.b.add("return", 10, tick=5, copy=C1)
        self.desk_log.add("clock-judge", 90, mark=mark, clamp=T0 + 10)
        self.assertEqual(part(self.room.fold(), naming.COPY, C1, 1)[3], last)

    def test_judged_not_below_0(self):
        mark = self.a.mark(0)
        self.a.add("return", 11, copy=C1)
        self.desk_log.add("clock-judge", 90, mark=mark, ahead=1 << 40)
        self.assertEqual(self.second(), 0)

    def test_voided_judge(self):
        mark = self.a.mark(0)
        self.a.add("return", 11, copy=C1)
        judge = self.desk_log.add("clock-judge", 90, mark=mark, ahead=60)
        self.desk_log.add("void", 91, target=judge)
        self.assertEqual(self.second(), T0 + 11)

    def test_the_hub_is_not_judged(self):
        mark = self.hub.mark(0)
        put = self.hub.add("device-admit", 9, device=bytes(16), key=bytes(32), site=1, role=1)
        self.desk_log.add("clock-judge", 90, mark=mark, ahead=60, clamp=0)
        ledger = self.room.fold()
        found = part(ledger, naming.DEVICE, bytes(16), 0)
        self.assertEqual(found, [[bytes(32), 1, 1, None, put, T0 + 9]])
        self.assertEqual(cases(ledger), [])

    def test_day_begins_at_midnight_in_vietnam(self):
        self.a.add("visit", -8 * 3600 - 1)
        self.a.add("visit", -8 * 3600)
        self.assertEqual([self.visits(day=DAY0 - 1), self.visits()], [1, 1])

    def test_judged_not_below_an_earlier_mark(self):
        self.a.mark(500)
        mark = self.a.mark(600)
        self.a.add("return", 610, copy=C1)
        self.desk_log.add("clock-judge", 50, mark=mark, ahead=3600)
        self.assertEqual(self.second(), T0 + 500)

    def test_order(self):
        """The later second wins; then the tick; then the log id."""
        self.a.add("return", 1, tick=1, copy=C1)
        last = self.a.add("return", 1, tick=2, copy=C1)
        self.b.add("return", 1, tick=0, copy=C1)
        self.assertEqual(part(self.room.fold(), naming.COPY, C1, 1)[3], last)
        other = self.b.add("return", 1, tick=2, copy=C1)
        self.assertEqual(part(self.room.fold(), naming.COPY, C1, 1)[3], max(last, other))

    def test_receive_behind_all_of_its_second(self):
        got = self.a.add("crate-receive", 5, crate=CRATE, copies=[C1])
        self.a.add("return", 5, copy=C1)
        self.assertEqual(part(self.room.fold(), naming.COPY, C1, 1)[3], got)


class Sources(Case):
    def test_other_kind_or_site_is_no_twin(self):
        self.a.add("visit", 0, source=bytes(16))
        self.a.add("in-house-use", 1, copy=C1, source=bytes(16))
        self.a.add("visit", 1, source=bytes(16), behalf=102)
        self.b.add("visit", 2, source=bytes(16), count=9)
        ledger = self.room.fold()
        # the third is a twin of the first: the site of the log is what counts
        self.assertEqual((visits(ledger), visits(ledger, site=102)), (1, 9))
        self.assertIsNotNone(state(ledger, naming.COPY, C1))

    def test_count_once(self):
        source = bytes(16)
        self.a.add("loan", 5, copy=C1, card=K2, source=source)
        first = self.a.add("loan", 0, copy=C1, card=K1, source=source)
        self.b.add("loan", 7, copy=C2, card=K1, source=source)
        ledger = self.room.fold()
        self.assertEqual(part(ledger, naming.COPY, C1, 2), [[first, 101, K1, T0]])
        self.assertIsNotNone(state(ledger, naming.COPY, C2))
        self.a.add("void", 9, target=first)
        self.assertEqual(part(self.room.fold(), naming.COPY, C1, 2)[0][2], K2)

    def test_creations_still_make_their_entity(self):
        first = self.a.add("title-put", 0, name="a", source=bytes(16))
        second = self.a.add("title-put", 1, name="a", source=bytes(16))
        change = self.a.add("title-put", 2, title=first, name="b", source=bytes(16))
        ledger = self.room.fold()
        self.assertEqual(part(ledger, naming.TITLE, second, 1), [101, T0 + 1, bytes(16)])
        self.assertEqual(part(ledger, naming.TITLE, first, 0), {1: [change, "b", [first]]})
        id_ = (101).to_bytes(8, "big") + DAY0.to_bytes(8, "big")
        self.assertEqual(part(ledger, naming.TALLY, id_, 0), {10: 1})


class Arrival(unittest.TestCase):
    def test_order_and_repetition_of_lines(self):
        """The lines of a history in any order, and some twice, give the same digest."""
        for seed in range(30):
            lines = World(seed).tell()
            digests = set()
            for turn in range(3):
                history = History()
                again = random.Random(turn).choices(lines, k=3)
                for line in random.Random(turn).sample(lines + again, len(lines) + 3):
                    history.add(line)
                ledger = fold(history)
                digests.add((digest(encoded(ledger)), repr(cases(ledger))))
            self.assertEqual(len(digests), 1, "seed %d" % seed)

    def test_what_is_meant_to_be_sound_is(self):
        for seed in range(30):
            world = World(seed)
            world.spoiled = 0
            history = History()
            for line in world.tell():
                history.add(line)
            forms = {record.entry.form for record in history.records}
            self.assertEqual(forms, {"sound"}, "seed %d" % seed)

    def test_example_of_the_documents(self):
        history = History()
        history.add(
            {
                "log": "fcece1f3c29361b94b21f2c20399567a",
                "site": 101,
                "role": 1,
                "key": "01" * 32,
                "entries": [
                    "9601cf00006ab13b800000c0c420" + "01" * 32 + "c410" + "54" * 16 + "65",
                    "961ecf00006ab13bce0000c09200a263319200a26b310e",
                ],
            }
        )
        states = {type_: raw.hex() for type_, _, raw in encoded(fold(history))}
        self.assertEqual(states[naming.TALLY], "91810301")
        loan = "c410fcece1f3c29361b94b21f2c20399567a02c4084ff139f625aeff4f"
        self.assertIn("93%s659200a26b31ce6ab13bcecd50fb" % loan, states[naming.COPY])

    def test_empty_ledger(self):
        self.assertEqual(digest([]), blake(32).hex())
        self.assertTrue(digest([]).startswith("0e5751c0"))


if __name__ == "__main__":
    tap.main()

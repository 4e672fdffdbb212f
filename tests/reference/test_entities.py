#!/usr/bin/python3
"""States of the other entities, tallies, classes and cases, on histories made by hand."""
import unittest

from cases import cases
from history import ref_bytes
import naming
from room import C1, C2, C3, CRATE, DAY0, K1, Room, T0, part, state
import tap

LOANS, ALIASES, CASES = 2, 6, 7
DAY = 86400


def of_copy(ledger, index, copy=C1):
    return part(ledger, naming.COPY, copy, index)


class Others(unittest.TestCase):
    def setUp(self):
        self.room = Room()
        self.hub = self.room.hub()
        self.a = self.room.desk(b"a", 101)
        self.b = self.room.desk(b"b", 102)

    def test_hold_first_ready_before_cancel_and_expiry(self):
        hold = self.a.add("hold-place", 0, card=K1, expires=DAY0, pickup=101, copy=C1)
        late = self.b.add("hold-ready", 86400, hold=hold, copy=C1)
        won = self.b.add("hold-ready", 20, hold=hold, copy=C2)
        cancel = self.a.add("hold-cancel", 30, hold=hold)
        after = self.b.add("hold-ready", 40, hold=hold, copy=C3)
        loan = self.b.add("loan", 50, copy=C2, card=K1, hold=hold)
        self.assertEqual(
            state(self.room.fold(), naming.HOLD, hold),
            [
                [K1, DAY0, 101, None, C1, 101, T0],
                [cancel, 101, T0 + 30],
                [won, C2, 102, T0 + 20],
                [loan, C2, 102, T0 + 50],
                [after, late],
            ],
        )

    def test_hold_without_its_place(self):
        absent = [bytes(16), 1, bytes(8)]
        ready = self.a.add("hold-ready", 0, hold=absent, copy=C1)
        found = state(self.room.fold(), naming.HOLD, absent)
        self.assertEqual(found, [None, None, [ready, C1, 101, T0]])

    def test_nothing_is_ready_after_the_cancel(self):
        hold = self.a.add("hold-place", 0, card=K1, expires=DAY0, pickup=101, copy=C1)
        self.a.add("hold-cancel", 30, hold=hold)
        ready = self.b.add("hold-ready", 40, hold=hold, copy=C3)
        self.assertEqual(state(self.room.fold(), naming.HOLD, hold)[2:], [None, None, [ready]])

    def test_nothing_is_ready_after_the_day(self):
        hold = self.a.add("hold-place", 0, card=K1, expires=DAY0, pickup=101, copy=C1)
        ready = self.b.add("hold-ready", 16 * 3600, hold=hold, copy=C3)
        self.assertEqual(state(self.room.fold(), naming.HOLD, hold)[1:], [None, None, None, [ready]])

    def test_blocks_name_what_lifts_them(self):
        reader = self.a.add("reader-put", -5)
        block = self.a.add("reader-block", 10, reader=reader, reason=0)
        early = self.b.add("reader-unblock", 5, reader=reader, blocks=[block])
        other = self.b.add("reader-block", 20, reader=reader, until=DAY0)
        found = part(self.room.fold(), naming.READER, reader, 2)
        self.assertEqual(found, [[block, 0, None, early], [other, None, DAY0]])

    def test_card(self):
        reader = self.a.add("reader-put", -5)
        issue = self.a.add("card-issue", 0, card=K1, reader=reader)
        stop = self.b.add("card-stop", 10, card=K1, reason=0)
        erase = self.hub.add("reader-erase", 20, operator=True, readers=[reader], cards=[K1])
        done = self.a.add("erase-done", 30, erase=erase)
        ledger = self.room.fold()
        self.assertEqual(
            state(ledger, naming.CARD, K1), [[[reader, issue, 101, T0]], [[stop, 0, 102, T0 + 10]], erase]
        )
        self.assertEqual(part(ledger, naming.READER, reader, 5), erase)
        self.assertEqual(state(ledger, naming.ERASURE, erase), [T0 + 20, [[done[0], 101, T0 + 30]]])

    def test_loan_to_a_stopped_card(self):
        self.a.add("loan", 0, copy=C1, card=K1)
        stop = self.b.add("card-stop", 10, card=K1)
        self.assertEqual(cases(self.room.fold()), [])
        self.a.add("return", 15, copy=C1)
        loan = self.a.add("loan", 20, copy=C1, card=K1)
        self.assertEqual(cases(self.room.fold()), [(8, ref_bytes(loan), [loan, stop])])

    def test_loan_to_a_blocked_reader(self):
        reader = self.a.add("reader-put", -90)
        self.a.add("card-issue", -80, card=K1, reader=reader)
        block = self.b.add("reader-block", -70, reader=reader, until=DAY0)
        loan = self.a.add("loan", 0, copy=C1, card=K1)
        self.b.add("reader-block", 10, reader=reader)
        self.assertEqual(cases(self.room.fold()), [(8, ref_bytes(loan), [loan, block])])
        self.b.add("reader-unblock", 20, reader=reader, blocks=[block])
        self.assertEqual(cases(self.room.fold()), [])

    def test_loan_after_the_block_has_ended(self):
        reader = self.a.add("reader-put", -90)
        self.a.add("card-issue", -80, card=K1, reader=reader)
        self.b.add("reader-block", -70, reader=reader, until=DAY0 - 1)
        self.a.add("loan", 0, copy=C1, card=K1)
        self.assertEqual(cases(self.room.fold()), [])

    def test_loan_to_an_erased_reader(self):
        reader = self.a.add("reader-put", -90)
        self.a.add("card-issue", -80, card=K1, reader=reader)
        erase = self.hub.add("reader-erase", -70, operator=True, readers=[reader], cards=[K1])
        loan = self.a.add("loan", 0, copy=C1, card=K1)
        self.assertEqual(cases(self.room.fold()), [(8, ref_bytes(loan), [loan, erase])])

    def test_titles_that_look_the_same(self):
        one = self.a.add("title-put", 0, name="Đất Rừng")
        two = self.b.add("title-put", 1, name="dat rung")
        self.b.add("title-put", 2, name="dat rung", year=1957)
        pair = sorted([ref_bytes(one), ref_bytes(two)])
        refs = [one, two] if pair[0] == ref_bytes(one) else [two, one]
        self.assertEqual(cases(self.room.fold()), [(7, b"".join(pair), refs)])
        self.b.add("title-merge", 3, title=one, other=two)
        self.assertEqual(cases(self.room.fold()), [])

    def test_titles_of_one_isbn(self):
        self.a.add("title-put", 0, name="a", isbn="9786041000018")
        self.b.add("title-put", 1, name="b", isbn="978-604-1-00001-8")
        self.b.add("title-put", 2, name="c", isbn="9786041000019")
        self.b.add("title-put", 2, name="d", isbn="9786041000019")
        (found,) = cases(self.room.fold())
        self.assertEqual((found[0], len(found[2])), (7, 2))

    def test_goes_on_replaced(self):
        """Entries above the end are no clone if another device took over; two logs are."""
        at = self.a.head(1)
        self.a.add("visit", 1)
        self.room.desk(b"c", 101, continues=at, why=3)
        self.assertEqual(cases(self.room.fold()), [])
        self.room.desk(b"d", 101, continues=self.a.head(), why=0)
        self.assertEqual([case[0] for case in cases(self.room.fold())], [11])

    def test_admitted_again(self):
        for at in (0, 1):
            self.hub.add(
                "device-admit", at, device=bytes(16), key=bytes(32), site=1, role=1, invite=bytes(16)
            )
        self.assertEqual(cases(self.room.fold()), [])

    def test_account(self):
        charge = self.a.add("charge", 0, card=K1, amount=5000)
        paid = self.b.add("payment", 10, card=K1, amount=2000, charge=charge)
        self.b.add("uncoded-loan", 20, card=K1, count=3)
        self.b.add("uncoded-return", 30, count=2)
        self.assertEqual(
            state(self.room.fold(), naming.ACCOUNT, K1),
            [[[charge, 5000, None, 101, T0]], [[paid, 2000, charge, 102, T0 + 10]], 3],
        )

    def test_stop_and_event(self):
        opened = self.a.add("mobile-stop", 0, commune="03646")
        closed = self.b.add("mobile-stop", 60, stop=opened)
        self.a.add("mobile-stop", 70, stop=opened)
        gift = self.a.add("donation", 80, donor=1, money=7, sets=1, commit=bytes(32))
        ledger = self.room.fold()
        self.assertEqual(
            state(ledger, naming.STOP, opened),
            [[101, T0, "03646", None], [closed, 102, T0 + 60]],
        )
        self.assertEqual(state(ledger, naming.EVENT, gift), [76, 101, T0 + 80, {0: 1, 2: 7}])

    def test_lists_are_shown_as_their_bytes(self):
        put = self.hub.add("model-put", 0, commune="03646", sites=[101, 300])
        held = self.a.add("training", 0, topic="x", attendees=[[bytes(16), 1, bytes(8)]])
        ledger = self.room.fold()
        found = state(ledger, naming.MODEL, b"03646")
        self.assertEqual(found, [{4: [put, bytes.fromhex("9265cd012c")]}])
        refs = bytes.fromhex("9193c410" + "00" * 16 + "01c408" + "00" * 8)
        self.assertEqual(part(ledger, naming.EVENT, held, 3), {0: "x", 4: refs})

    def test_logs_that_go_on(self):
        self.a.add("visit", 0)
        at = self.a.head(2)
        above = self.a.add("visit", 1)
        new = self.room.desk(b"a", 101, nonce=b"2", at=5, continues=at, why=1)
        ledger = self.room.fold()
        self.assertEqual(state(ledger, naming.LOG, self.a.log), [[101, T0 - 1000], [[new.log, 2, at[2], 1, T0 + 5]]])
        self.assertEqual(state(ledger, naming.LOG, new.log), [[101, T0 + 5, at, 1]])
        opened = [new.log, 1, ledger.effects.history.logs[new.log].branches[0].records[0].ref[2]]
        self.assertEqual(
            cases(ledger), [(10, self.a.log, [opened]), (11, self.a.log, [opened, above])]
        )

    def test_device_and_invite(self):
        one, two, key, invite = bytes(16), b"2" * 16, bytes(32), b"i" * 16
        admit = self.hub.add("device-admit", 0, device=one, key=key, site=101, role=1, invite=invite)
        again = self.hub.add("device-admit", 1, device=two, key=key, site=101, role=1, invite=invite)
        cut = self.hub.add("device-cut", 2, device=one)
        retire = self.hub.add("device-retire", 3, device=one)
        ledger = self.room.fold()
        self.assertEqual(
            state(ledger, naming.DEVICE, one),
            [[[key, 101, 1, invite, admit, T0]], None, [[retire, None]], [cut]],
        )
        self.assertEqual(state(ledger, naming.INVITE, invite), [[[one, admit, T0], [two, again, T0 + 1]]])
        self.assertEqual(cases(ledger), [(13, invite, [admit, again])])

    def test_erased_and_merged(self):
        one, two = self.a.add("reader-put", 0), self.a.add("reader-put", 1)
        merge = self.b.add("reader-merge", 2, reader=two, other=one)
        erase = self.hub.add("reader-erase", 1, operator=True, readers=[one])
        anchor = b"".join(sorted([ref_bytes(one), ref_bytes(two)]))
        self.assertEqual(cases(self.room.fold()), [(18, anchor, [merge, erase])])

    def test_tally(self):
        self.a.add("visit", 0, count=5, women=2, band=1, purpose=3)
        self.a.add("activity", 0, occasion=2, attendance=30, women=11)
        self.a.add("digital-use", 0, form=6, count=4)
        self.a.add("donation", 0, donor=5, foreign=1, money=100, copies=2)
        self.a.add("crate-dispatch", 0, crate=CRATE, from_=101, to=102, copies=[C1, C2])
        self.a.add("crate-receive", 0, crate=CRATE, final=1)
        self.a.add("copy-put", 0, copy=C1)
        seen = {2: [[bytes(16), 1, bytes(8)]]}
        self.a.add("copy-put", 0, copy=C1, owner=101, seen=seen)
        day = (101).to_bytes(8, "big") + DAY0.to_bytes(8, "big")
        expected = {1: 5, 2: 2, 33: 5, 67: 5, 12: 1, 13: 30, 14: 11, 98: 1, 18: 4, 110: 4, 20: 1}
        expected.update({21: 100, 22: 2, 117: 1, 120: 1, 25: 1, 26: 2, 27: 1, 9: 1})
        self.assertEqual(state(self.room.fold(), naming.TALLY, day), [expected])


class Classes(unittest.TestCase):
    def test_return_under_the_new_label(self):
        room = Room()
        a = room.desk(b"a", 101)
        loan = a.add("loan", 0, copy=C2, card=K1)
        back = a.add("return", 60, copy=C1)
        alias = a.add("copy-alias", 70, copy=C2, other=C1)
        ledger = room.fold()
        self.assertEqual(of_copy(ledger, LOANS, C2), [[loan, 101, K1, T0]])
        self.assertEqual(of_copy(ledger, ALIASES, C1), [[alias, C2]])
        root = ledger.root(naming.COPY, b"\0" * 8 + b"c2")
        self.assertEqual(root, b"\0" * 8 + b"c1")
        self.assertEqual(ledger.class_copy(root)[LOANS][0][6], [1, back, 101, T0 + 60])

    def test_root_of_partial_members(self):
        """What has a first comes before what has none, whatever the bytes of the ids."""
        room = Room()
        absent = [bytes(16), 1, bytes(8)]
        title = room.desk(b"a", 101).add("title-put", 0, name="a")
        room.desk(b"b", 101).add("title-merge", 1, title=absent, other=title)
        ledger = room.fold()
        self.assertEqual(ledger.root(naming.TITLE, ref_bytes(absent)), ref_bytes(title))

    def test_titles_of_one_source_are_one(self):
        room = Room()
        a, b = room.desk(b"a", 101), room.desk(b"b", 102)
        late = a.add("title-put", 5, name="a", source=bytes(16))
        early = b.add("title-put", 1, name="a", source=bytes(16))
        reader = [a.add("reader-put", 5, source=bytes(16)), b.add("reader-put", 1, source=bytes(16))]
        ledger = room.fold()
        self.assertEqual(ledger.root(naming.TITLE, ref_bytes(late)), ref_bytes(early))
        self.assertEqual(ledger.root(naming.READER, ref_bytes(reader[0])), ref_bytes(reader[0]))


if __name__ == "__main__":
    tap.main()

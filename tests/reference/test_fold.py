#!/usr/bin/python3
"""The rules of the fold, one by one, on histories made by hand.

What is expected is derived from the words of docs/MERGE.md, never from what fold.py gave.
test_effects.py has the rules on which entries count and when.
"""
import unittest

from cases import cases
from history import ref_bytes
import naming
from room import C1, C2, C3, CRATE, DAY0, K1, K2, Room, T0, part, state
import tap

CUSTODY, LOANS, USES, CONDITION, CLAIMS, ALIASES, CASES, NOTICES = range(1, 9)


def of_copy(ledger, index, copy=C1):
    return part(ledger, naming.COPY, copy, index)


class Copies(unittest.TestCase):
    def setUp(self):
        self.room = Room()
        self.a = self.room.desk(b"a", 101)
        self.b = self.room.desk(b"b", 102)

    def test_loan_and_return(self):
        loan = self.a.add("loan", 0, copy=C1, card=K1, term=14)
        back = self.b.add("return", 60, copy=C1)
        ledger = self.room.fold()
        self.assertEqual(
            of_copy(ledger, LOANS),
            [[loan, 101, K1, T0, DAY0 + 14, None, [1, back, 102, T0 + 60]]],
        )
        self.assertEqual(of_copy(ledger, CUSTODY), [1, T0 + 60, 102, back])

    def test_open_loan_drops_trailing_nils(self):
        loan = self.a.add("loan", 0, copy=C1, card=K1)
        ledger = self.room.fold()
        self.assertEqual(state(ledger, naming.COPY, C1), [None, [2, T0, 101, loan, K1], [[loan, 101, K1, T0]]])

    def test_late_return_closes_the_loan_of_its_own_time(self):
        first = self.a.add("loan", 0, copy=C1, card=K1)
        second = self.a.add("loan", 200, copy=C1, card=K2)
        back = self.b.add("return", 900, copy=C1, when=[1, (T0 + 120) // 60])
        ledger = self.room.fold()
        self.assertEqual(
            of_copy(ledger, LOANS),
            [[first, 101, K1, T0, None, None, [1, back, 102, T0 + 120]], [second, 101, K2, T0 + 200]],
        )

    def test_loan_while_another_is_open(self):
        first = self.a.add("loan", 0, copy=C1, card=K1)
        second = self.b.add("loan", 60, copy=C1, card=K2)
        ledger = self.room.fold()
        self.assertEqual(of_copy(ledger, LOANS)[0][6], [2, second, 102, T0 + 60])
        self.assertEqual(of_copy(ledger, CASES), [[1, [first, second]]])
        self.assertEqual(cases(ledger), [(1, ref_bytes(second), [first, second])])

    def test_same_site_is_no_case(self):
        self.a.add("loan", 0, copy=C1, card=K1)
        self.a.add("loan", 60, copy=C1, card=K2)
        self.assertIsNone(of_copy(self.room.fold(), CASES))

    def test_loan_to_the_same_card_renews_anywhere(self):
        loan = self.a.add("loan", 0, copy=C1, card=K1, term=14)
        again = self.b.add("loan", 86400, copy=C1, card=K1, term=7)
        ledger = self.room.fold()
        self.assertEqual(of_copy(ledger, LOANS), [[loan, 101, K1, T0, DAY0 + 14, [again]]])
        self.assertEqual(of_copy(ledger, CUSTODY), [2, T0, 101, loan, K1])
        self.assertIsNone(of_copy(ledger, CASES))

    def test_renew(self):
        loan = self.a.add("loan", 0, copy=C1, card=K1, term=1)
        good = self.b.add("renew", 60, copy=C1, due=DAY0 + 9)
        again = self.a.add("loan", 70, copy=C1, card=K1)
        by_second = self.b.add("renew", 80, copy=C1, loan=again, card=K1)
        self.b.add("renew", 90, copy=C1, card=K2)
        self.b.add("renew", 95, copy=C1, loan=good)
        self.a.add("return", 100, copy=C1)
        self.b.add("renew", 110, copy=C1, term=300)
        (found,) = of_copy(self.room.fold(), LOANS)
        self.assertEqual(found[:6], [loan, 101, K1, T0, DAY0 + 9, [good, again, by_second]])

    def test_return_with_nothing_open_is_a_sighting(self):
        back = self.a.add("return", 0, copy=C1)
        ledger = self.room.fold()
        self.assertEqual(state(ledger, naming.COPY, C1), [None, [1, T0, 101, back]])

    def test_older_loan_heard_of_late_is_closed_at_once(self):
        back = self.a.add("return", 0, copy=C1)
        loan = self.b.add("loan", 50, copy=C1, card=K1, when=[1, T0 // 60 - 5])
        ledger = self.room.fold()
        self.assertEqual(of_copy(ledger, LOANS), [[loan, 102, K1, T0 - 300, None, None, [1, back, 101, T0]]])

    def test_sighting_and_dispatch_close_as_inferred(self):
        self.a.add("loan", 0, copy=C1, card=K1)
        seen = self.b.add("sighting", 60, copy=C1)
        self.a.add("loan", 100, copy=C1, card=K1)
        sent = self.b.add("crate-dispatch", 160, crate=CRATE, from_=102, to=103, copies=[C1])
        ledger = self.room.fold()
        self.assertEqual([loan[6][:2] for loan in of_copy(ledger, LOANS)], [[2, seen], [2, sent]])
        self.assertEqual(of_copy(ledger, CUSTODY), [3, T0 + 160, 102, sent, 103, CRATE])

    def test_lent_in_a_crate_to_elsewhere(self):
        sent = self.a.add("crate-dispatch", 0, crate=CRATE, from_=101, to=102, copies=[C1, C2])
        self.b.add("loan", 60, copy=C1, card=K1)
        self.a.add("loan", 60, copy=C2, card=K2)
        ledger = self.room.fold()
        loan = of_copy(ledger, CUSTODY, C2)[3]
        self.assertIsNone(of_copy(ledger, CASES))
        self.assertEqual(of_copy(ledger, CASES, C2), [[3, [sent, loan]]])

    def test_holding_outranks_declaring(self):
        self.a.add("sighting", 0, copy=C1)
        missing = self.a.add("copy-missing", 10, copy=C1)
        found = self.b.add("sighting", 20, copy=C1)
        loan = self.b.add("loan", 30, copy=C1, card=K1)
        lost = self.b.add("reader-lost", 40, copy=C1, loan=loan)
        back = self.b.add("return", 50, copy=C1)
        ledger = self.room.fold()
        self.assertIsNone(of_copy(ledger, CONDITION))
        self.assertEqual(of_copy(ledger, NOTICES), [[1, found, missing], [1, back, lost]])

    def test_missing_only_by_who_has_it(self):
        self.a.add("sighting", 0, copy=C1)
        self.b.add("copy-missing", 10, copy=C1)
        self.b.add("sighting", 0, copy=C2)
        missing = self.b.add("copy-missing", 10, copy=C2)
        ledger = self.room.fold()
        self.assertIsNone(of_copy(ledger, CONDITION))
        self.assertEqual(of_copy(ledger, CUSTODY)[:3], [1, T0, 101])
        self.assertEqual(of_copy(ledger, CONDITION, C2), {1: [missing, 102]})
        self.assertIsNone(of_copy(ledger, CUSTODY, C2))

    def test_acquired_stands_at_its_owner(self):
        put = self.a.add("copy-put", 0, copy=C1, owner=101)
        self.a.add("copy-put", 5, copy=C1, owner=101)
        self.b.add("copy-put", 6, copy=C1, owner=102)
        self.a.add("copy-put", 0, copy=C2, owner=102)
        self.a.add("copy-put", 0, copy=C3, price=1)
        ledger = self.room.fold()
        self.assertEqual(of_copy(ledger, CUSTODY), [1, T0, 101, put])
        self.assertIsNone(of_copy(ledger, CUSTODY, C2))
        self.assertIsNone(of_copy(ledger, CUSTODY, C3))

    def test_acquired_on_behalf_stands_there(self):
        put = self.a.add("copy-put", 0, copy=C1, owner=102, behalf=102)
        self.a.add("copy-put", 0, copy=C2, owner=101, behalf=102)
        ledger = self.room.fold()
        self.assertEqual(of_copy(ledger, CUSTODY), [1, T0, 102, put])
        self.assertIsNone(of_copy(ledger, CUSTODY, C2))

    def test_put_moves_nothing_that_was_somewhere(self):
        loan = self.a.add("loan", 0, copy=C1, card=K1)
        self.a.add("copy-put", 10, copy=C1, owner=101)
        self.a.add("copy-put", 0, copy=C2, owner=101)
        missing = self.a.add("copy-missing", 10, copy=C2)
        self.a.add("copy-put", 20, copy=C2, owner=101)
        ledger = self.room.fold()
        self.assertEqual(of_copy(ledger, CUSTODY), [2, T0, 101, loan, K1])
        self.assertIsNone(of_copy(ledger, CUSTODY, C2))
        self.assertEqual(of_copy(ledger, CONDITION, C2), {1: [missing, 101]})
        self.assertIsNone(of_copy(ledger, NOTICES, C2))

    def test_acquisition_ends_with_its_put(self):
        put = self.a.add("copy-put", 0, copy=C1, owner=101)
        again = self.a.add("copy-put", 10, copy=C1, owner=101)
        self.a.add("void", 20, target=put)
        self.assertEqual(of_copy(self.room.fold(), CUSTODY), [1, T0 + 10, 101, again])
        early = self.b.add("sighting", 30, copy=C1, when=[1, T0 // 60 - 5])
        self.assertEqual(of_copy(self.room.fold(), CUSTODY), [1, T0 - 300, 102, early])

    def test_reader_lost_keeps_the_loan_open(self):
        loan = self.a.add("loan", 0, copy=C1, card=K1)
        again = self.a.add("loan", 10, copy=C1, card=K1)
        lost = self.a.add("reader-lost", 20, copy=C1, loan=again)
        self.a.add("reader-lost", 30, copy=C1, loan=lost)
        ledger = self.room.fold()
        self.assertEqual(of_copy(ledger, CONDITION), {2: [lost, again]})
        self.assertEqual(of_copy(ledger, LOANS), [[loan, 101, K1, T0, None, [again]]])

    def test_withdrawn_until_reinstated(self):
        gone = self.a.add("withdrawn", 0, copy=C1, decision="12")
        loan = self.a.add("loan", 10, copy=C1, card=K1)
        ledger = self.room.fold()
        self.assertEqual(of_copy(ledger, CONDITION), {4: [gone, "12"]})
        self.assertEqual(of_copy(ledger, NOTICES), [[2, loan, gone]])
        self.a.add("reinstated", 20, copy=C1)
        self.assertIsNone(of_copy(self.room.fold(), CONDITION))

    def test_renewing_loan_holds_too(self):
        gone = self.a.add("withdrawn", -10, copy=C1, decision="12")
        loan = self.a.add("loan", 0, copy=C1, card=K1)
        lost = self.a.add("reader-lost", 10, copy=C1, loan=loan)
        again = self.b.add("loan", 20, copy=C1, card=K1)
        ledger = self.room.fold()
        self.assertEqual(of_copy(ledger, CONDITION), {4: [gone, "12"]})
        self.assertEqual(
            of_copy(ledger, NOTICES), [[2, loan, gone], [1, again, lost], [2, again, gone]]
        )

    def test_dispatch_undoes_nothing(self):
        loan = self.a.add("loan", 0, copy=C1, card=K1)
        lost = self.a.add("reader-lost", 10, copy=C1, loan=loan)
        self.send(20)
        self.assertEqual(of_copy(self.room.fold(), CONDITION), {2: [lost, loan]})

    def send(self, at, crate=CRATE, copies=(C1,)):
        return self.a.add(
            "crate-dispatch", at, crate=crate, from_=101, to=102, copies=list(copies)
        )

    def test_damaged_and_repaired(self):
        self.a.add("damaged", 0, copy=C1)
        last = self.a.add("damaged", 1, copy=C1, degree=2)
        self.assertEqual(of_copy(self.room.fold(), CONDITION), {3: [last, 2]})
        self.b.add("repaired", 2, copy=C1)
        self.assertIsNone(of_copy(self.room.fold(), CONDITION))

    def test_claims(self):
        hold = self.a.add("hold-place", 0, card=K1, expires=DAY0, pickup=101, copy=C1)
        ready = self.b.add("hold-ready", 10, hold=hold, copy=C1)
        self.b.add("hold-ready", 20, hold=hold, copy=C1)
        self.assertEqual(of_copy(self.room.fold(), CLAIMS), [[hold, ready, 102, T0 + 10]])
        self.b.add("loan", 30, copy=C1, card=K1)
        self.assertIsNone(of_copy(self.room.fold(), CLAIMS))

    def test_maybe_returned(self):
        self.a.mark(-100, sure=2)
        self.b.mark(-100, sure=3)
        back = self.a.add("return", 0, copy=C1)
        loan = self.b.add("loan", 309, copy=C1, card=K1)
        ledger = self.room.fold()
        self.assertEqual(of_copy(ledger, CASES), [[2, [back, loan]]])

    def test_not_maybe_returned_beyond_the_unsureness(self):
        self.a.mark(-100, sure=2)
        self.b.mark(-100, sure=3)
        self.a.add("return", 0, copy=C1)
        self.b.add("loan", 310, copy=C1, card=K1)
        self.assertIsNone(of_copy(self.room.fold(), CASES))

    def test_not_maybe_returned_under_one_clock(self):
        self.a.add("return", 0, copy=C1)
        self.a.add("loan", 1, copy=C1, card=K1)
        self.assertIsNone(of_copy(self.room.fold(), CASES))

    def test_maybe_returned_when_told(self):
        self.a.mark(-100)
        back = self.a.add("return", 0, copy=C1, when=[1, T0 // 60])
        loan = self.a.add("loan", 69, copy=C1, card=K1)
        self.assertEqual(of_copy(self.room.fold(), CASES), [[2, [back, loan]]])

    def test_maybe_returned_by_what_the_mark_says(self):
        """The sum of the two, for each kind of clock-mark against one of 10 s."""
        for sure, unsure in ((None, 86400), (0, 86400), (1, 3600), (2, 300), (3, 10), (4, 10)):
            for apart, kinds in ((unsure + 9, [2]), (unsure + 10, [])):
                self.setUp()
                self.a.mark(-100, sure=3)
                self.b.mark(-100, sure=sure)
                self.a.add("return", 0, copy=C1)
                self.b.add("loan", apart, copy=C1, card=K1)
                found = [kind for kind, _ in of_copy(self.room.fold(), CASES) or []]
                self.assertEqual(found, kinds, (sure, apart))

    def test_maybe_returned_on_a_told_day(self):
        """Noon of the day, unsure by half a day."""
        for apart, kinds in ((43209, [2]), (43210, [])):
            self.setUp()
            self.b.mark(-100)
            self.a.add("return", 0, copy=C1, when=[2, DAY0])
            self.b.add("loan", 4 * 3600 + apart, copy=C1, card=K1)
            found = [kind for kind, _ in of_copy(self.room.fold(), CASES) or []]
            self.assertEqual(found, kinds, apart)

    def test_maybe_returned_under_judged_marks(self):
        hub = self.room.hub()
        for desk in (self.a, self.b):
            hub.add("clock-judge", 0, mark=desk.mark(-100, sure=0), ahead=0)
        self.a.add("return", 0, copy=C1)
        self.b.add("loan", 20, copy=C1, card=K1)
        self.assertIsNone(of_copy(self.room.fold(), CASES))
        self.b.add("return", 30, copy=C1)
        self.a.add("return", 40, copy=C1)
        self.b.add("loan", 59, copy=C1, card=K1)
        self.assertEqual(of_copy(self.room.fold(), CASES)[0][0], 2)

    def test_not_maybe_returned_when_the_return_closed_a_loan(self):
        self.a.add("loan", -10, copy=C1, card=K1)
        self.a.add("return", 0, copy=C1)
        self.b.add("loan", 1, copy=C1, card=K1)
        self.assertIsNone(of_copy(self.room.fold(), CASES))

    def test_what_may_stand_between_return_and_loan(self):
        """A receive that says nothing of the copy, or a use, is not between; a sighting is."""
        self.send(-50)
        self.b.add("crate-receive", -20, crate=CRATE, copies=[C1])
        self.a.add("return", 0, copy=C1)
        self.b.add("crate-receive", 1, crate=CRATE, listed=1)
        self.b.add("in-house-use", 2, copy=C1)
        self.b.add("loan", 3, copy=C1, card=K1)
        self.assertEqual(of_copy(self.room.fold(), CASES)[0][0], 2)
        self.b.add("sighting", 2, copy=C1)
        self.assertIsNone(of_copy(self.room.fold(), CASES))

    def test_cases_sorted_by_kind(self):
        sent = self.send(0)
        one = self.b.add("title-put", 0, name="a")
        puts = [self.a.add("copy-put", 1, copy=C1, title=title) for title in (sent, one)]
        first = self.a.add("loan", 10, copy=C1, card=K1)
        second = self.b.add("loan", 20, copy=C1, card=K2)
        self.assertEqual(
            of_copy(self.room.fold(), CASES),
            [[1, [first, second]], [3, [sent, first]], [4, puts]],
        )

    def test_maybe_returned_is_gone_once_returned(self):
        self.a.add("return", 0, copy=C1)
        self.b.add("loan", 1, copy=C1, card=K1)
        self.a.add("return", 2, copy=C1)
        self.assertIsNone(of_copy(self.room.fold(), CASES))

    def test_late_fact_dissolves_a_case(self):
        self.a.add("loan", 0, copy=C1, card=K1)
        self.b.add("loan", 60, copy=C1, card=K2)
        self.assertIsNotNone(of_copy(self.room.fold(), CASES))
        self.room.desk(b"c", 103).add("sighting", 30, copy=C1)
        self.assertIsNone(of_copy(self.room.fold(), CASES))

    def test_one_code_for_two_titles(self):
        one = self.a.add("title-put", 0, name="a")
        two = self.b.add("title-put", 0, name="b")
        first = self.a.add("copy-put", 1, copy=C1, title=one)
        second = self.b.add("copy-put", 2, copy=C1, title=two)
        ledger = self.room.fold()
        self.assertEqual(of_copy(ledger, 0), {1: [second, two, [first]]})
        self.assertEqual(of_copy(ledger, CASES), [[4, [first, second]]])
        self.assertEqual([case[0] for case in cases(ledger)], [4])
        merge = self.a.add("title-merge", 3, title=two, other=one)
        ledger = self.room.fold()
        self.assertEqual(cases(ledger), [])
        self.assertEqual(part(ledger, naming.TITLE, one, 2), [[merge, two]])
        self.assertEqual(part(ledger, naming.TITLE, two, 2), [[merge, one]])

    def test_uses(self):
        self.a.add("in-house-use", 0, copy=C1)
        self.a.add("in-house-use", 1, copy=C1, count=3)
        self.assertEqual(of_copy(self.room.fold(), USES), 4)


class Crates(unittest.TestCase):
    def setUp(self):
        self.room = Room()
        self.a = self.room.desk(b"a", 101)
        self.b = self.room.desk(b"b", 102)

    def test_receive_orders_after_its_dispatch(self):
        """The receiving clock is an hour behind."""
        got = self.b.add("crate-receive", 0, crate=CRATE, copies=[C1])
        sent = self.a.add("crate-dispatch", 3600, crate=CRATE, from_=101, to=102, copies=[C1])
        ledger = self.room.fold()
        self.assertEqual(of_copy(ledger, CUSTODY), [1, T0 + 3600, 102, got])
        self.assertEqual(part(ledger, naming.CRATE, CRATE, 0), [[sent, 101, 102, T0 + 3600, None]])
        self.assertEqual(part(ledger, naming.CRATE, CRATE, 1), [[got, 102, T0 + 3600, 0, 0]])

    def test_listed(self):
        self.a.add("crate-dispatch", 0, crate=CRATE, from_=101, to=102, copies=[C1, C2, C3])
        loan = self.a.add("loan", 10, copy=C2, card=K1)
        got = self.b.add("crate-receive", 20, crate=CRATE, listed=1, final=1)
        ledger = self.room.fold()
        self.assertEqual(of_copy(ledger, CUSTODY), [1, T0 + 20, 102, got])
        self.assertEqual(of_copy(ledger, CUSTODY, C2), [2, T0 + 10, 101, loan, K1])
        self.assertEqual(len(state(ledger, naming.CRATE, CRATE)), 2)

    def test_not_after_the_dispatch_of_another_crate(self):
        self.b.add("crate-receive", 0, crate=CRATE, copies=[C1])
        last = self.a.add(
            "crate-dispatch", 9, crate=[0, "t2"], from_=101, to=102, copies=[C1]
        )
        self.assertEqual(of_copy(self.room.fold(), CUSTODY)[3], last)

    def test_only_the_crate_it_lies_in(self):
        """A list of another crate, or of this one a second time, moves nothing."""
        for crate in (CRATE, [0, "t2"]):
            self.a.add("crate-dispatch", 0, crate=crate, from_=101, to=102, copies=[C1])
        self.b.add("crate-receive", 10, crate=CRATE, listed=1)
        self.assertEqual(of_copy(self.room.fold(), CUSTODY)[0], 3)
        got = self.b.add("crate-receive", 20, crate=[0, "t2"], listed=1)
        self.a.add("crate-receive", 30, crate=[0, "t2"], listed=1)
        self.assertEqual(of_copy(self.room.fold(), CUSTODY), [1, T0 + 20, 102, got])

    def test_listed_is_not_holding(self):
        loan = self.a.add("loan", -9, copy=C1, card=K1)
        lost = self.a.add("reader-lost", -8, copy=C1, loan=loan)
        self.a.add("crate-dispatch", 0, crate=CRATE, from_=101, to=102, copies=[C1])
        self.b.add("crate-receive", 10, crate=CRATE, listed=1)
        ledger = self.room.fold()
        self.assertEqual(of_copy(ledger, CUSTODY)[:3], [1, T0 + 10, 102])
        self.assertEqual(of_copy(ledger, CONDITION), {2: [lost, loan]})

    def test_neither_listed_nor_scanned_names_no_copy(self):
        self.a.add("crate-dispatch", 0, crate=CRATE, from_=101, to=102, copies=[C1])
        self.b.add("crate-receive", 10, crate=CRATE, final=1)
        self.assertEqual(of_copy(self.room.fold(), CUSTODY)[0], 3)

    def test_short_and_over_after_final(self):
        self.a.add("crate-dispatch", 0, crate=CRATE, from_=101, to=102, copies=[C1, C2])
        self.b.add("crate-receive", 20, crate=CRATE, copies=[C2, C3])
        self.assertEqual(len(state(self.room.fold(), naming.CRATE, CRATE)), 2)
        self.b.add("crate-receive", 30, crate=CRATE, final=1)
        ledger = self.room.fold()
        self.assertEqual(state(ledger, naming.CRATE, CRATE)[2:], [[C1], [C3]])
        self.assertEqual([case[0] for case in cases(ledger)], [5])


class Registers(unittest.TestCase):
    def setUp(self):
        self.room = Room()
        self.a = self.room.desk(b"a", 101)
        self.b = self.room.desk(b"b", 102)

    def test_heads(self):
        first = self.a.add("title-put", 0, name="a", year=1)
        one = self.a.add("title-put", 1, title=first, name="b", seen={1: [first]})
        two = self.b.add("title-put", 2, title=first, name="c", seen={1: [first], 3: [first]})
        found = part(self.room.fold(), naming.TITLE, first, 0)
        self.assertEqual(found, {1: [two, "c", [one]], 3: [first, 1]})

    def test_seen_of_another_field_replaces_nothing(self):
        first = self.a.add("title-put", 0, name="a", author="b")
        second = self.a.add("title-put", 1, title=first, name="c", seen={2: [first]})
        found = part(self.room.fold(), naming.TITLE, first, 0)
        self.assertEqual(found, {1: [second, "c", [first]], 2: [first, "b"]})

    def test_voided_put_gives_its_heads_back(self):
        first = self.a.add("title-put", 0, name="a")
        second = self.a.add("title-put", 1, title=first, name="b", seen={1: [first]})
        self.a.add("void", 2, target=second)
        self.assertEqual(part(self.room.fold(), naming.TITLE, first, 0), {1: [first, "a"]})

    def test_sealed(self):
        commit = bytes(32)
        first = self.a.add("reader-put", 0, sets=3, commit=commit)
        second = self.b.add("reader-put", 1, reader=first, sets=2, commit=commit, seen={33: [first]})
        found = part(self.room.fold(), naming.READER, first, 0)
        self.assertEqual(found, {64: [first], 65: [second]})

    def test_partial(self):
        absent = [bytes(16), 1, bytes(8)]
        put = self.a.add("title-put", 0, title=absent, name="a")
        self.assertEqual(state(self.room.fold(), naming.TITLE, absent), [{1: [put, "a"]}])

    def test_first_and_source(self):
        made = self.a.add("reader-put", 0, commune="03646", source=bytes(16))
        self.assertEqual(part(self.room.fold(), naming.READER, made, 1), [101, T0, bytes(16)])


if __name__ == "__main__":
    tap.main()

/* tests/unit/test_fold_copy.c - a copy: loans, returns, renewals, uses, cases (docs/MERGE.md). */
#include "fold_world.h"

static void loan_opens_and_moves_custody(void **state)
{
	struct room *room = *state;
	struct ph_ref ref = loan(&room->a, "c1", "k1", 100);

	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");
	const struct ph_loan *open = ph_copy_open_loan(copy);

	assert_non_null(open);
	assert_ref(&open->ref, &ref);
	assert_int_equal(open->site, 101);
	assert_int_equal(open->second, T0 + 100);
	assert_true(open->has_due);
	assert_int_equal(open->due, ph_day_of(T0 + 100) + 14);
	assert_int_equal(copy->custody, PH_CUSTODY_READER);
	assert_int_equal(copy->at_site, 101);
	assert_true(ph_view_equal(copy->at_card.code, ph_view_str("k1")));
	assert_int_equal(copy->n_cases, 0);
}

static void return_closes_at_any_site(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);

	struct ph_ref back = give_back(&room->b, "c1", 200);

	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_int_equal(copy->n_loans, 1);
	assert_closed(&copy->loans[0], PH_CLOSED_RETURN, &back);
	assert_int_equal(copy->loans[0].closed_site, 202);
	assert_int_equal(copy->loans[0].closed_second, T0 + 200);
	assert_int_equal(copy->custody, PH_CUSTODY_SITE);
	assert_int_equal(copy->at_site, 202);
	assert_int_equal(copy->n_cases, 0);
}

static void late_return_closes_no_newer_loan(void **state)
{
	struct room *room = *state;
	struct ph_ref old = loan(&room->a, "c1", "k1", 100);
	struct ph_ref young = loan(&room->a, "c1", "k2", 300);

	world_take(&room->world, &room->a, UINT64_MAX);
	world_catch_up(&room->world);
	assert_closed(&get_copy(room, "c1")->loans[0], PH_CLOSED_INFERRED, &young);

	struct ph_ref back = give_back(&room->b, "c1", 200); /* heard of last */

	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_int_equal(copy->n_loans, 2);
	assert_ref(&copy->loans[0].ref, &old);
	assert_closed(&copy->loans[0], PH_CLOSED_RETURN, &back);
	assert_closed(&copy->loans[1], PH_CLOSED_OPEN, NULL);
	assert_int_equal(copy->custody, PH_CUSTODY_READER);
	assert_int_equal(copy->since, T0 + 300);
}

static void second_return_changes_no_closed_loan(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);

	struct ph_ref back = give_back(&room->a, "c1", 200);

	give_back(&room->b, "c1", 300);
	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_closed(&copy->loans[0], PH_CLOSED_RETURN, &back);
	assert_int_equal(copy->at_site, 202); /* but it was seen there */
	assert_int_equal(copy->since, T0 + 300);
}

static void return_without_loan_is_a_sighting(void **state)
{
	struct room *room = *state;

	give_back(&room->b, "c1", 200);
	world_take(&room->world, &room->b, UINT64_MAX);
	world_catch_up(&room->world);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_int_equal(copy->n_loans, 0);
	assert_int_equal(copy->custody, PH_CUSTODY_SITE);
	assert_int_equal(copy->at_site, 202);

	/* The older loan arrives and is closed at once. */
	loan(&room->a, "c1", "k1", 100);
	fold_all(room);
	copy = get_copy(room, "c1");
	assert_int_equal(copy->n_loans, 1);
	assert_int_equal(copy->loans[0].closed, PH_CLOSED_RETURN);
	assert_int_equal(copy->custody, PH_CUSTODY_SITE);
}

static void loan_to_another_card_closes_as_inferred(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);

	struct ph_ref second = loan(&room->a2, "c1", "k2", 200);

	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_closed(&copy->loans[0], PH_CLOSED_INFERRED, &second);
	assert_closed(&copy->loans[1], PH_CLOSED_OPEN, NULL);
	assert_int_equal(copy->n_cases, 0); /* one site */
	assert_int_equal(get_tally(room, 101, 200).count[PH_TALLY_RETURNS], 0);
}

static void loans_in_two_places_are_a_case(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);

	struct ph_ref second = loan(&room->b, "c1", "k2", 200);

	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_closed(&copy->loans[0], PH_CLOSED_INFERRED, &second);
	assert_int_equal(copy->n_cases, 1);
	assert_int_equal(copy->cases[0].kind, PH_CASE_TWO_PLACES);
	assert_int_equal(copy->cases[0].n_facts, 2);
	assert_ref(&copy->cases[0].facts[1], &second);

	/* A return between, heard of later, dissolves it. */
	give_back(&room->a2, "c1", 150);
	fold_all(room);
	copy = get_copy(room, "c1");
	assert_int_equal(copy->n_cases, 0);
	assert_int_equal(copy->loans[0].closed, PH_CLOSED_RETURN);
}

static void loan_to_the_same_card_renews(void **state)
{
	struct room *room = *state;
	struct ph_ref first = loan(&room->a, "c1", "k1", 100);
	struct ph_ref again = loan(&room->b, "c1", "k1", 100 + 10 * DAY);

	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_int_equal(copy->n_loans, 1);
	assert_ref(&copy->loans[0].ref, &first);
	assert_int_equal(copy->loans[0].n_renewals, 1);
	assert_ref(&copy->loans[0].renewals[0], &again);
	assert_int_equal(copy->loans[0].due, ph_day_of(T0 + 100) + 24);
	assert_int_equal(copy->n_cases, 0);
	assert_int_equal(copy->at_site, 101);

	/* A renewal may name the loan by either entry. */
	struct ph_entry renew = renewal("c1", NULL, &again, 30);

	at(&room->b, &renew, 100 + 11 * DAY);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->loans[0].n_renewals, 2);
}

static void same_code_in_another_namespace_is_another_card(void **state)
{
	struct room *room = *state;
	struct ph_entry other = entry_of(PH_KIND_LOAN);

	loan(&room->a, "c1", "k1", 100);
	set_id(&other, PH_LOAN_COPY, 0, "c1");
	set_id(&other, PH_LOAN_CARD, 101, "k1");
	at(&room->a, &other, 200);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->n_loans, 2);
	assert_false(get_copy(room, "c1")->loans[1].has_due);
}

static struct ph_ref put_in(struct room *room, uint64_t ns, const char *code)
{
	struct ph_entry put = entry_of(PH_KIND_COPY_PUT);

	set_id(&put, PH_COPY_COPY, ns, code);
	set_uint(&put, PH_COPY_OWNER, 101);
	return at(&room->a, &put, 10);
}

static void void_of_the_put_takes_the_acquisition_back(void **state)
{
	struct room *room = *state;
	struct ph_ref put = put_in(room, 0, "c1");
	struct ph_entry missing = entry_of(PH_KIND_COPY_MISSING);

	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->custody, PH_CUSTODY_SITE);
	assert_int_equal(get_copy(room, "c1")->at_site, 101);
	assert_int_equal(get_copy(room, "c1")->since, T0 + 10);
	assert_ref(&get_copy(room, "c1")->custody_by, &put);
	set_id(&missing, PH_MISSING_COPY, 0, "c1");
	at(&room->a, &missing, 20);
	fold_all(room);
	assert_true(get_copy(room, "c1")->condition[PH_CONDITION_MISSING].set);
	void_it(&room->a, &put, 30);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->custody, PH_CUSTODY_UNKNOWN);
	assert_false(get_copy(room, "c1")->condition[PH_CONDITION_MISSING].set);
}

/* The next put of its owner then is the one that counts. */
static void void_of_the_first_put_leaves_the_next(void **state)
{
	struct room *room = *state;
	struct ph_ref first = put_in(room, 0, "c1");
	struct ph_ref next = put_in(room, 0, "c1");

	fold_all(room);
	assert_ref(&get_copy(room, "c1")->custody_by, &first);
	void_it(&room->a, &first, 30);
	fold_all(room);
	assert_ref(&get_copy(room, "c1")->custody_by, &next);
}

/* A code is a name as it was scanned: nothing in it is made equal to anything. */
static void codes_are_names_as_they_are(void **state)
{
	static const char *const codes[] = { "000123", "123",      "ab",       "AB",
					     "ab ",    "\xc3\xa9", "e\xcc\x81" };
	struct room *room = *state;

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		put_in(room, 0, codes[i]);
	}
	/* every commune has one of these */
	put_in(room, 101, "000123");
	put_in(room, 202, "000123");
	fold_all(room);
	assert_int_equal(ph_ledger_count(room->world.ledger, PH_ENTITY_COPY), 9);
}

/* Typed in from the notebook: the term counts from the day that was told. */
static void term_counts_from_the_told_day(void **state)
{
	struct room *room = *state;
	struct ph_entry entry = entry_of(PH_KIND_LOAN);

	set_id(&entry, PH_LOAN_COPY, 0, "c1");
	set_id(&entry, PH_LOAN_CARD, 0, "k1");
	set_uint(&entry, PH_LOAN_TERM, 14);
	entry.extras.when = PH_WHEN_DAY;
	entry.extras.when_value = ph_day_of(T0) - 10;
	at(&room->a, &entry, 100);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->loans[0].due, ph_day_of(T0) + 4);
	/* noon in Vietnam */
	assert_int_equal(get_copy(room, "c1")->loans[0].second,
			 (ph_day_of(T0) - 10) * DAY + 5 * 3600);
}

static void renewal_takes_the_latest_promise(void **state)
{
	struct room *room = *state;
	struct ph_ref first = loan_term(&room->a, "c1", "k1", 100, 30);
	struct ph_entry shorter = renewal("c1", "k1", NULL, 7);
	struct ph_entry longer = renewal("c1", NULL, &first, 40);
	struct ph_entry chosen = entry_of(PH_KIND_RENEW);

	at(&room->a, &shorter, 200);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->loans[0].due, ph_day_of(T0 + 100) + 30);
	assert_int_equal(get_copy(room, "c1")->loans[0].n_renewals, 1);
	at(&room->a, &longer, 300);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->loans[0].due, ph_day_of(T0 + 300) + 40);
	set_id(&chosen, PH_RENEW_COPY, 0, "c1");
	chosen.field[PH_RENEW_DUE].set = true;
	chosen.field[PH_RENEW_DUE].as.day = ph_day_of(T0) + 100;
	at(&room->a, &chosen, 400);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->loans[0].due, ph_day_of(T0) + 100);
	assert_int_equal(get_copy(room, "c1")->loans[0].n_renewals, 3);
}

static void renewal_needs_its_loan_open(void **state)
{
	struct room *room = *state;
	struct ph_entry early = renewal("c1", NULL, NULL, 90);
	struct ph_entry wrong_card = renewal("c1", "k9", NULL, 90);
	struct ph_entry wrong_loan = renewal("c1", NULL, &(struct ph_ref){ .n = 7 }, 90);
	struct ph_entry late = renewal("c1", "k1", NULL, 90);

	at(&room->a, &early, 50);
	loan(&room->a, "c1", "k1", 100);
	at(&room->a, &wrong_card, 150);
	at(&room->a, &wrong_loan, 160);
	give_back(&room->a, "c1", 200);
	at(&room->a, &late, 250);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->loans[0].n_renewals, 0);
	assert_int_equal(get_copy(room, "c1")->loans[0].due, ph_day_of(T0 + 100) + 14);
	/* They were recorded, and count as acts. */
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_RENEWALS], 4);
}

static void in_house_uses_add_up(void **state)
{
	struct room *room = *state;
	struct ph_entry use = entry_of(PH_KIND_IN_HOUSE_USE);

	set_id(&use, PH_USE_COPY, 0, "c1");
	at(&room->a, &use, 10);
	set_uint(&use, PH_USE_COUNT, 4);
	at(&room->b, &use, 20);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->uses, 5);
	assert_int_equal(get_copy(room, "c1")->custody, PH_CUSTODY_UNKNOWN);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_USES], 1);
	assert_int_equal(get_tally(room, 202, 0).count[PH_TALLY_USES], 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLD_TEST(loan_opens_and_moves_custody),
		FOLD_TEST(return_closes_at_any_site),
		FOLD_TEST(late_return_closes_no_newer_loan),
		FOLD_TEST(second_return_changes_no_closed_loan),
		FOLD_TEST(return_without_loan_is_a_sighting),
		FOLD_TEST(loan_to_another_card_closes_as_inferred),
		FOLD_TEST(loans_in_two_places_are_a_case),
		FOLD_TEST(loan_to_the_same_card_renews),
		FOLD_TEST(same_code_in_another_namespace_is_another_card),
		FOLD_TEST(codes_are_names_as_they_are),
		FOLD_TEST(void_of_the_put_takes_the_acquisition_back),
		FOLD_TEST(void_of_the_first_put_leaves_the_next),
		FOLD_TEST(term_counts_from_the_told_day),
		FOLD_TEST(renewal_takes_the_latest_promise),
		FOLD_TEST(renewal_needs_its_loan_open),
		FOLD_TEST(in_house_uses_add_up),
	};

	return cmocka_run_group_tests_name("fold_copy", tests, NULL, NULL);
}

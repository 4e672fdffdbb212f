/* tests/unit/test_cases_copy.c - cases of copies and crates (docs/MERGE.md, "Cases"). */
#include "case_room.h"

#include "common/ledger/copy_class.h"

static void two_places(void **state)
{
	static const uint64_t sites[] = { 101, 202 };
	struct room *room = *state;
	struct ph_ref here = loan(&room->a, "c1", "k1", 100);
	struct ph_ref there = loan(&room->b, "c1", "k2", 200);
	struct ph_case_row row = THE_CASE(room, PH_CASE_TWO_PLACES, &here, &there);

	assert_int_equal(row.status, PH_CASE_OPEN);
	assert_int_equal(row.second, T0 + 100);
	assert_sites(room, PH_CASE_TWO_PLACES, sites, 2);
	/* A return between them, heard of late, dissolves it. */
	give_back(&room->a2, "c1", 150);
	assert_no_case(room, PH_CASE_TWO_PLACES);
}

static void a_decision_closes_and_new_facts_reopen(void **state)
{
	struct room *room = *state;
	struct ph_ref first = loan(&room->a, "c1", "k1", 100);
	struct ph_ref second = loan(&room->b, "c1", "k2", 200);
	struct ph_case_row row = THE_CASE(room, PH_CASE_TWO_PLACES, &first, &second);
	struct ph_ref decision = decide(room, &row, PH_CHOICE_LATER, 300);
	struct ph_ref other;

	assert_int_equal(ph_cases_count(room->world.ledger, 0), 1);
	row = THE_CASE(room, PH_CASE_TWO_PLACES, &first, &second);
	assert_int_equal(row.status, PH_CASE_DECIDED);
	assert_int_equal(ph_cases_count(room->world.ledger, 0), 0);
	assert_int_equal(ph_cases_count(room->world.ledger, 101), 0);
	/* Another loan stood between: the same anchor, other facts. */
	other = loan(&room->a, "c1", "k3", 150);
	row = THE_CASE(room, PH_CASE_TWO_PLACES, &other, &second);
	assert_int_equal(row.status, PH_CASE_REOPENED);
	assert_int_equal(ph_cases_count(room->world.ledger, 202), 1);
	/* That loan was a mistake: the decision fits again. */
	void_it(&room->a, &other, 400);
	row = THE_CASE(room, PH_CASE_TWO_PLACES, &first, &second);
	assert_int_equal(row.status, PH_CASE_DECIDED);
	void_it(&room->hub, &decision, 500);
	row = THE_CASE(room, PH_CASE_TWO_PLACES, &first, &second);
	assert_int_equal(row.status, PH_CASE_OPEN);
}

static void a_decision_that_comes_first_waits(void **state)
{
	struct room *room = *state;
	struct ph_ref first = loan(&room->a, "c1", "k1", 100);
	struct ph_ref second = loan(&room->b, "c1", "k2", 200);
	struct ph_case_row row;
	struct ph_ref refs[2] = { first, second };
	struct ph_entity_key anchor = ph_key_ref(PH_ENTITY_COPY, &second);

	ph_case_id(row.id, PH_CASE_TWO_PLACES, ph_key_view(&anchor));
	ph_case_facts(row.facts, refs, 2);
	decide(room, &row, PH_CHOICE_SEEN, 300);
	world_take(&room->world, &room->hub, UINT64_MAX);
	world_catch_up(&room->world);
	assert_int_equal(ph_cases_count(room->world.ledger, 0), 0);
	row = THE_CASE(room, PH_CASE_TWO_PLACES, &first, &second);
	assert_int_equal(row.status, PH_CASE_DECIDED);
}

static void maybe_returned(void **state)
{
	struct room *room = *state;
	struct ph_ref back = give_back(&room->b, "c1", 100);
	struct ph_ref out = loan(&room->a, "c1", "k1", 200);

	/* No clock-mark: nobody knows these times to a day. */
	THE_CASE(room, PH_CASE_MAYBE_RETURNED, &back, &out);
	give_back(&room->a, "c1", 300);
	assert_no_case(room, PH_CASE_MAYBE_RETURNED);
}

static void lent_in_crate(void **state)
{
	static const char *const copies[] = { "c1", "c2" };
	static const uint64_t sites[] = { 101, 202, 303 };
	struct room *room = *state;
	struct ph_ref sent = crate_entry(&room->a, PH_KIND_CRATE_DISPATCH, "b1", copies,
					 2, false, 100);
	struct ph_ref out = loan(&room->b, "c1", "k1", 200);

	THE_CASE(room, PH_CASE_LENT_IN_CRATE, &sent, &out);
	assert_sites(room, PH_CASE_LENT_IN_CRATE, sites, 3);
}

/* Whoever has to do with the copy now is concerned by what is open about it. */
static void a_case_goes_where_the_copy_goes(void **state)
{
	static const char *const copies[] = { "c1" };
	static const uint64_t before[] = { 101, 202 }, during[] = { 101, 202, 303 };
	struct room *room = *state;
	struct ph_ref here = loan(&room->a, "c1", "k1", 100);
	struct ph_ref there = loan(&room->b, "c1", "k2", 200);
	struct ph_ref sent;

	THE_CASE(room, PH_CASE_TWO_PLACES, &here, &there);
	assert_sites(room, PH_CASE_TWO_PLACES, before, 2);
	sent = crate_entry(&room->b, PH_KIND_CRATE_DISPATCH, "b1", copies, 1, false, 300);
	THE_CASE(room, PH_CASE_TWO_PLACES, &here, &there);
	assert_sites(room, PH_CASE_TWO_PLACES, during, 3);
	/* It never went: the site that it was to go to has nothing to do with it. */
	void_it(&room->b, &sent, 400);
	THE_CASE(room, PH_CASE_TWO_PLACES, &here, &there);
	assert_sites(room, PH_CASE_TWO_PLACES, before, 2);
}

static void two_titles(void **state)
{
	struct room *room = *state;
	struct ph_ref kieu = titled(&room->a, "Truyện Kiều", NULL, NULL, 10);
	struct ph_ref other = titled(&room->b, "Kim Vân Kiều", NULL, NULL, 20);
	struct ph_ref put = put_of_copy(&room->a, "c1", &kieu, 30);
	struct ph_ref twin = put_of_copy(&room->b, "c1", &other, 40);
	struct ph_ref merge;

	THE_CASE(room, PH_CASE_TWO_TITLES, &put, &twin);
	/* One class of titles: no case; two again: a case again. */
	merge = joined(&room->hub, PH_KIND_TITLE_MERGE, &kieu, &other, 50);
	assert_no_case(room, PH_CASE_TWO_TITLES);
	listing_ref(&room->hub, PH_KIND_TITLE_UNMERGE, PH_TITLE_UNMERGE_MERGES, &merge,
		    60);
	THE_CASE(room, PH_CASE_TWO_TITLES, &put, &twin);
	void_it(&room->b, &twin, 70);
	assert_no_case(room, PH_CASE_TWO_TITLES);
}

static void crate_count(void **state)
{
	static const char *const sent[] = { "c1", "c2" };
	static const char *const came[] = { "c1", "c3" };
	static const char *const rest[] = { "c2" };
	struct room *room = *state;
	struct ph_ref dispatch =
		crate_entry(&room->a, PH_KIND_CRATE_DISPATCH, "b1", sent, 2, false, 100);
	struct ph_ref receive =
		crate_entry(&room->b, PH_KIND_CRATE_RECEIVE, "b1", came, 2, false, 200);
	struct ph_ref more;

	assert_no_case(room, PH_CASE_CRATE_COUNT); /* more may come */
	more = crate_entry(&room->b, PH_KIND_CRATE_RECEIVE, "b1", NULL, 0, true, 300);
	THE_CASE(room, PH_CASE_CRATE_COUNT, &dispatch, &receive, &more);
	/* The missing one is found, the surplus one was a slip. */
	crate_entry(&room->b, PH_KIND_CRATE_RECEIVE, "b1", rest, 1, false, 400);
	void_it(&room->b, &receive, 500);
	crate_entry(&room->b, PH_KIND_CRATE_RECEIVE, "b1", sent, 1, false, 600);
	assert_no_case(room, PH_CASE_CRATE_COUNT);
}

/* --- blocked cards --- */

static void a_loan_to_a_stopped_card(void **state)
{
	struct room *room = *state;
	struct ph_ref reader = register_reader(&room->a, "03646", 1, 10);
	struct ph_ref stop, out;

	issue(&room->a, "k1", &reader, 20);
	stop = of_code(&room->a, PH_KIND_CARD_STOP, "k1", 100);
	out = loan(&room->b, "c1", "k1", 200);
	THE_CASE(room, PH_CASE_BLOCKED_CARD, &out, &stop);
	give_back(&room->b, "c1", 300);
	assert_no_case(room, PH_CASE_BLOCKED_CARD);
}

static void a_stop_after_the_loan_is_none(void **state)
{
	struct room *room = *state;

	loan(&room->b, "c1", "k1", 200);
	of_code(&room->a, PH_KIND_CARD_STOP, "k1", 201);
	assert_no_case(room, PH_CASE_BLOCKED_CARD);
	/* But heard of late, it bars what came after it. */
	of_code(&room->a2, PH_KIND_CARD_STOP, "k1", 199);
	fold_all(room);
	assert_int_equal(ph_cases_count(room->world.ledger, 202), 1);
}

static struct ph_ref block(struct actor *actor, const struct ph_ref *reader,
			   int64_t until, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_READER_BLOCK);

	set_ref(&entry, PH_BLOCK_READER, reader);
	if (until != 0) {
		entry.field[PH_BLOCK_UNTIL].set = true;
		entry.field[PH_BLOCK_UNTIL].as.day = until;
	}
	return at(actor, &entry, second);
}

static void a_loan_to_a_blocked_reader(void **state)
{
	struct room *room = *state;
	struct ph_ref reader = register_reader(&room->a, "03646", 1, 10);
	struct ph_ref same = register_reader(&room->b, "03647", 2, 15);
	struct ph_ref bar, out, merge;

	issue(&room->b, "k1", &same, 20);
	bar = block(&room->a, &reader, 0, 100);
	out = loan(&room->b, "c1", "k1", 200);
	assert_no_case(room, PH_CASE_BLOCKED_CARD);
	/* They are one person after all. */
	merge = joined(&room->hub, PH_KIND_READER_MERGE, &reader, &same, 300);
	THE_CASE(room, PH_CASE_BLOCKED_CARD, &out, &bar);
	listing_ref(&room->hub, PH_KIND_READER_UNMERGE, PH_READER_UNMERGE_MERGES, &merge,
		    400);
	assert_no_case(room, PH_CASE_BLOCKED_CARD);
	issue(&room->b, "k1", &reader, 500); /* it was hers all the time */
	THE_CASE(room, PH_CASE_BLOCKED_CARD, &out, &bar);
}

static struct ph_ref lift(struct actor *actor, const struct ph_ref *reader,
			  const struct ph_ref *bar, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_READER_UNBLOCK);
	struct ph_buf buf = { 0 };
	struct ph_ref ref;

	set_ref(&entry, PH_UNBLOCK_READER, reader);
	set_ref_list(&entry, PH_UNBLOCK_BLOCKS, bar, &buf);
	ref = at(actor, &entry, second);
	ph_buf_deinit(&buf);
	return ref;
}

static void a_block_that_is_over_or_lifted_bars_nothing(void **state)
{
	struct room *room = *state;
	int64_t day = ph_day_of(T0 + 200);
	struct ph_ref reader = register_reader(&room->a, "03646", 1, 10);
	struct ph_ref over, last, bar, out;

	issue(&room->a, "k1", &reader, 20);
	over = block(&room->a, &reader, day - 1, 100);
	out = loan(&room->b, "c1", "k1", 200);
	assert_no_case(room, PH_CASE_BLOCKED_CARD);
	last = block(&room->a2, &reader, day, 110);
	THE_CASE(room, PH_CASE_BLOCKED_CARD, &out, &last);
	bar = block(&room->a2, &reader, 0, 120);
	THE_CASE(room, PH_CASE_BLOCKED_CARD, &out, &last, &bar);
	lift(&room->a, &reader, &bar, 900);
	THE_CASE(room, PH_CASE_BLOCKED_CARD, &out, &last);
	lift(&room->a, &reader, &last, 910);
	assert_no_case(room, PH_CASE_BLOCKED_CARD);
	(void)over;
}

/* --- classes of copies --- */

static void a_return_under_the_new_label_closes_the_loan(void **state)
{
	struct room *room = *state;
	struct ph_id old = { .code = ph_view_str("c1") },
		     new = { .code = ph_view_str("c9") };
	struct ph_entry entry = entry_of(PH_KIND_COPY_ALIAS);
	struct ph_entity_key key;
	struct ph_copy_class shown;
	struct ph_ref alias;
	struct ph_stmt *stmt;

	loan(&room->a, "c1", "k1", 100);
	give_back(&room->b, "c9", 300);
	set_id(&entry, PH_ALIAS_COPY, 0, "c1");
	set_id(&entry, PH_ALIAS_OTHER, 0, "c9");
	alias = at(&room->a2, &entry, 200);
	fold_all(room);
	assert_true(ph_key_id(PH_ENTITY_COPY, &new, &key));
	assert_int_equal(ph_copy_class_load(room->world.ledger, &key, &shown), 0);
	assert_int_equal(shown.members.n, 2);
	assert_null(ph_copy_open_loan(&shown.copy));
	assert_int_equal(shown.copy.at_site, 202);
	ph_copy_class_deinit(&shown);
	/* The state of either is as before. */
	assert_non_null(ph_copy_open_loan(get_copy(room, "c1")));
	/* One row stands for both. */
	assert_int_equal(ph_db_prepare(room->world.db,
				       "SELECT count(*), min(id), (SELECT count(*) FROM"
				       " ledger_loan) FROM ledger_copy WHERE site = 202",
				       &stmt),
			 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	assert_int_equal(ph_stmt_col_int(stmt, 0), 1);
	assert_true(ph_key_id(PH_ENTITY_COPY, &old, &key));
	assert_true(ph_view_equal(ph_stmt_col_blob(stmt, 1), ph_key_view(&key)));
	assert_int_equal(ph_stmt_col_int(stmt, 2), 0);
	ph_stmt_reset(stmt);

	listing_ref(&room->hub, PH_KIND_COPY_UNALIAS, PH_UNALIAS_ALIASES, &alias, 400);
	fold_all(room);
	assert_int_equal(ph_copy_class_load(room->world.ledger, &key, &shown), 0);
	assert_int_equal(shown.members.n, 1);
	assert_non_null(ph_copy_open_loan(&shown.copy));
	ph_copy_class_deinit(&shown);
}

static void a_case_under_two_labels_is_one(void **state)
{
	struct room *room = *state;
	struct ph_entry entry = entry_of(PH_KIND_COPY_ALIAS);
	struct ph_ref here = loan(&room->a, "c1", "k1", 100);
	struct ph_ref there = loan(&room->b, "c9", "k2", 200);

	assert_no_case(room, PH_CASE_TWO_PLACES);
	set_id(&entry, PH_ALIAS_COPY, 0, "c9");
	set_id(&entry, PH_ALIAS_OTHER, 0, "c1");
	at(&room->hub, &entry, 300);
	THE_CASE(room, PH_CASE_TWO_PLACES, &here, &there);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE_TEST(two_places),
		CASE_TEST(a_decision_closes_and_new_facts_reopen),
		CASE_TEST(a_decision_that_comes_first_waits),
		CASE_TEST(maybe_returned),
		CASE_TEST(lent_in_crate),
		CASE_TEST(a_case_goes_where_the_copy_goes),
		CASE_TEST(two_titles),
		CASE_TEST(crate_count),
		CASE_TEST(a_loan_to_a_stopped_card),
		CASE_TEST(a_stop_after_the_loan_is_none),
		CASE_TEST(a_loan_to_a_blocked_reader),
		CASE_TEST(a_block_that_is_over_or_lifted_bars_nothing),
		CASE_TEST(a_return_under_the_new_label_closes_the_loan),
		CASE_TEST(a_case_under_two_labels_is_one),
	};

	return cmocka_run_group_tests_name("cases_copy", tests, NULL, NULL);
}

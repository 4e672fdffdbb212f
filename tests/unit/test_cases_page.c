/* tests/unit/test_cases_page.c - cases page by page, and by the beginning of their id. */
#include "case_room.h"

#include "common/ledger/cases_name.h"
#include "common/ledger/cases_page.h"

static void two_places(struct room *room, const char *copy, int64_t second)
{
	loan(&room->a, copy, "k1", second);
	loan(&room->b, copy, "k2", second + 1);
}

static const char *text_at(json_t *page, size_t i, const char *name)
{
	return json_string_value(json_object_get(json_array_get(page, i), name));
}

/* The copies of a page, joined, and where it ends. */
static void page(struct room *room, struct ph_cases_query *query, const char *copies,
		 char next[static PH_CASES_NEXT])
{
	char got[64] = "";
	json_t *list = NULL;

	fold_all(room);
	assert_int_equal(ph_cases_page(room->world.ledger, query, &list, next), 0);
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *copy = json_object_get(json_array_get(list, i), "copy");

		strcat(got, json_string_value(json_object_get(copy, "code")));
		strcat(got, " ");
	}
	assert_string_equal(got, copies);
	json_decref(list);
}

static void a_page_costs_what_it_shows(void **state)
{
	static const uint64_t both[] = { 101, 202 }, none[] = { 303 };
	struct room *room = *state;
	struct ph_cases_query query = { .limit = 2 };
	char next[PH_CASES_NEXT], last[PH_CASES_NEXT];

	two_places(room, "c3", 300);
	two_places(room, "c1", 100);
	two_places(room, "c2", 200);
	page(room, &query, "c1 c2 ", next);
	query.after = next;
	page(room, &query, "c3 ", last);
	assert_string_equal(last, "");
	/* Of several sites each case stands once, in the same order. */
	query.sites = both;
	query.n_sites = 2;
	page(room, &query, "c3 ", last);
	query.after = NULL;
	page(room, &query, "c1 c2 ", last);
	assert_string_equal(last, next);
	query.sites = none;
	query.n_sites = 1;
	page(room, &query, "", last);
	query.n_sites = 0;
	page(room, &query, "", last);
}

static void decided_ones_come_last(void **state)
{
	struct room *room = *state;
	struct ph_cases_query query = { .limit = 1, .all = true };
	char next[PH_CASES_NEXT], last[PH_CASES_NEXT];
	struct found found;

	two_places(room, "c1", 100);
	two_places(room, "c2", 200);
	found = find_cases(room, PH_CASE_TWO_PLACES);
	decide(room, &found.rows[0], PH_CHOICE_SEEN, 300);
	found_free(&found);
	page(room, &query, "c2 ", next);
	query.after = next;
	page(room, &query, "c1 ", last);
	assert_string_equal(last, "");
	query = (struct ph_cases_query){ .limit = 5, .kind = PH_CASE_TWO_PLACES };
	page(room, &query, "c2 ", last);
	query.kind = PH_CASE_TWO_TITLES;
	page(room, &query, "", last);
}

static void who_is_told_no_cards_has_no_loan_that_was_barred(void **state)
{
	struct room *room = *state;
	struct ph_cases_query query = { .limit = 1 };
	char next[PH_CASES_NEXT];

	of_code(&room->a, PH_KIND_CARD_STOP, "k3", 50);
	loan(&room->a, "c3", "k3", 60);
	two_places(room, "c1", 100);
	page(room, &query, "c3 ", next);
	assert_string_not_equal(next, "");
	query.no_cards = true;
	page(room, &query, "c1 ", next);
	assert_string_equal(next, "");
	query.kind = PH_CASE_BLOCKED_CARD;
	page(room, &query, "", next);
	assert_string_equal(next, "");
}

static void what_is_no_place_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "0", "2.1.00", "0.1", "0.x.00", "0.1.00112233445566778899aabbccddeef"
	};
	struct room *room = *state;
	struct ph_cases_query query = { .limit = 1 };
	char next[PH_CASES_NEXT];
	json_t *list;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		query.after = wrong[i];
		assert_int_equal(ph_cases_page(room->world.ledger, &query, &list, next),
				 PH_CASES_E_AFTER);
	}
}

static void a_case_is_called_by_the_beginning_of_its_id(void **state)
{
	struct room *room = *state;
	struct ph_ledger *ledger;
	uint8_t id[PH_CASE_ID_SIZE];
	char text[PH_CASE_TEXT], whole[PH_CASE_TEXT];
	struct found found;

	two_places(room, "c1", 100);
	two_places(room, "c2", 200);
	found = find_cases(room, PH_CASE_TWO_PLACES);
	ledger = room->world.ledger;
	ph_hex(whole, found.rows[1].id, PH_CASE_ID_SIZE);
	assert_int_equal(ph_case_short(ledger, found.rows[1].id, text), 0);
	assert_int_equal(strlen(text), PH_CASE_SHORT);
	assert_int_equal(ph_case_called(ledger, text, id), 0);
	assert_memory_equal(id, found.rows[1].id, sizeof id);
	assert_int_equal(ph_case_called(ledger, whole, id), 0);
	whole[31] = whole[31] == '0' ? '1' : '0';
	assert_int_equal(ph_case_called(ledger, whole, id), PH_LEDGER_E_NONE);
	assert_int_equal(ph_case_called(ledger, "abc", id), PH_CASE_E_FORM);
	assert_int_equal(ph_case_called(ledger, "xyz0", id), PH_CASE_E_FORM);
	found_free(&found);
}

/* Ids that begin alike, which hashes do not make by chance: two decisions of cases to come. */
static void ids_that_begin_alike_are_told_apart(void **state)
{
	struct room *room = *state;
	struct ph_case_row row = { .id = { 1, 2, 3, 4, 5, 6 } };
	uint8_t id[PH_CASE_ID_SIZE];
	char text[PH_CASE_TEXT];

	decide(room, &row, PH_CHOICE_SEEN, 300);
	row.id[5] = 7;
	decide(room, &row, PH_CHOICE_SEEN, 301);
	fold_all(room);
	assert_int_equal(ph_case_called(room->world.ledger, "01020304", id),
			 PH_CASE_E_MANY);
	assert_int_equal(ph_case_short(room->world.ledger, row.id, text), 0);
	assert_string_equal(text, "010203040507");
	assert_int_equal(ph_case_called(room->world.ledger, text, id), 0);
	assert_memory_equal(id, row.id, sizeof id);
}

static void each_is_shown_as_everywhere(void **state)
{
	struct room *room = *state;
	struct ph_cases_query query = { .limit = 1 };
	char next[PH_CASES_NEXT];
	json_t *list;

	two_places(room, "c1", 100);
	fold_all(room);
	assert_int_equal(ph_cases_page(room->world.ledger, &query, &list, next), 0);
	assert_string_equal(text_at(list, 0, "case"), "two-places");
	assert_string_equal(text_at(list, 0, "status"), "open");
	assert_memory_equal(text_at(list, 0, "id"), text_at(list, 0, "short"),
			    PH_CASE_SHORT);
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE_TEST(a_page_costs_what_it_shows),
		CASE_TEST(decided_ones_come_last),
		CASE_TEST(who_is_told_no_cards_has_no_loan_that_was_barred),
		CASE_TEST(what_is_no_place_is_refused),
		CASE_TEST(a_case_is_called_by_the_beginning_of_its_id),
		CASE_TEST(ids_that_begin_alike_are_told_apart),
		CASE_TEST(each_is_shown_as_everywhere),
	};

	return cmocka_run_group_tests_name("cases_page", tests, NULL, NULL);
}

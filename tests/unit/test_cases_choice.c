/* tests/unit/test_cases_choice.c - what can be decided of a case, and what that writes (docs/MERGE.md, "Decisions"). */
#include "case_room.h"

#include "common/ledger/cases_choice.h"
#include "common/log/json.h"

/* The only case of KIND; the caller deinits it. */
static struct ph_case_row only(struct room *room, unsigned kind)
{
	struct found found = find_cases(room, kind);

	assert_int_equal(found.n, 1);
	return found.rows[0];
}

static json_t *plan_with(struct room *room, unsigned kind, unsigned choice,
			 const struct ph_case_words *words)
{
	struct ph_case_row row = only(room, kind);
	const char *wants;
	json_t *plan = NULL;

	assert_int_equal(
		ph_case_plan(room->world.ledger, &row, choice, words, &plan, &wants), 0);
	assert_null(wants);
	ph_case_row_deinit(&row);
	return plan;
}

/* The plan asks for something; what. */
static const char *wants_of(struct room *room, unsigned kind, unsigned choice,
			    const struct ph_case_words *words)
{
	struct ph_case_row row = only(room, kind);
	const char *wants;
	json_t *plan = NULL;

	assert_int_equal(
		ph_case_plan(room->world.ledger, &row, choice, words, &plan, &wants),
		PH_LEDGER_E_NONE);
	assert_null(plan);
	ph_case_row_deinit(&row);
	return wants;
}

/* The hub writes every entry of PLAN as it stands. */
static void carry_out(struct room *room, json_t *plan, int64_t second)
{
	for (size_t i = 0; i < json_array_size(plan); i++) {
		struct ph_json_scope scope = { 0 };
		struct ph_buf arena = { 0 };
		struct ph_error err = { 0 };
		struct ph_entry entry;

		if (ph_entry_from_json(json_array_get(plan, i), &scope, &entry, &arena,
				       &err) != 0) {
			fail_msg("%s", err.text);
		}
		at(&room->hub, &entry, second);
		ph_buf_deinit(&arena);
	}
	json_decref(plan);
	fold_all(room);
}

static void assert_kinds(const json_t *plan, const char *kind, size_t n)
{
	assert_int_equal(json_array_size(plan), n);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(json_string_value(json_object_get(
					    json_array_get(plan, i), "kind")),
				    kind);
	}
}

/* --- what there is --- */

static void every_kind_has_choices(void **state)
{
	unsigned choices[PH_CASE_CHOICES_MAX];

	(void)state;
	for (unsigned kind = 1; kind < PH_CASE_KINDS; kind++) {
		size_t n = ph_case_choices(kind, choices);

		assert_true(n >= 2);
		for (size_t i = 0; i < n; i++) {
			const char *name = ph_case_choice_name(choices[i]);

			assert_non_null(name);
			assert_int_equal(ph_case_choice_named(name), choices[i]);
			assert_non_null(ph_case_choice_doc(kind, choices[i]));
		}
	}
	assert_int_equal(ph_case_choices(PH_CASE_KINDS, choices), 0);
	assert_int_equal(ph_case_choice_named("perhaps"), -1);
	assert_null(ph_case_choice_doc(PH_CASE_SAME_TITLE, PH_CHOICE_STOLEN));
}

static void what_makes_no_sense(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);
	loan(&room->b, "c1", "k2", 200);
	assert_null(wants_of(room, PH_CASE_TWO_PLACES, PH_CHOICE_STOLEN, NULL));
	assert_string_equal(wants_of(room, PH_CASE_TWO_PLACES, PH_CHOICE_RETURNED, NULL),
			    "--site SITE");
	assert_string_equal(wants_of(room, PH_CASE_TWO_PLACES, PH_CHOICE_OTHER, NULL),
			    "--void REF");
}

/* --- what it writes --- */

static void the_wrong_loan_is_voided(void **state)
{
	struct room *room = *state;
	struct ph_ref there;
	json_t *plan;

	loan(&room->a, "c1", "k1", 100);
	there = loan(&room->b, "c1", "k2", 200);
	plan = plan_with(room, PH_CASE_TWO_PLACES, PH_CHOICE_LATER, NULL);
	assert_kinds(plan, "void", 1);
	carry_out(room, plan, 300);
	assert_no_case(room, PH_CASE_TWO_PLACES);
	assert_ref(&get_copy(room, "c1")->custody_by, &there);
	assert_int_equal(get_copy(room, "c1")->n_loans, 1);
}

static void both_happened(void **state)
{
	struct room *room = *state;
	json_t *plan;

	loan(&room->a, "c1", "k1", 100);
	loan(&room->b, "c1", "k2", 200);
	plan = plan_with(room, PH_CASE_TWO_PLACES, PH_CHOICE_SEEN, NULL);
	assert_kinds(plan, "", 0);
	json_decref(plan);
}

static void it_came_back_to_where_it_was_returned(void **state)
{
	struct room *room = *state;
	json_t *plan;

	give_back(&room->b, "c1", 100);
	loan(&room->a, "c1", "k1", 200);
	plan = plan_with(room, PH_CASE_MAYBE_RETURNED, PH_CHOICE_RETURNED, NULL);
	assert_kinds(plan, "return", 1);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(plan, 0), "behalf")),
		202);
	carry_out(room, plan, 300);
	assert_no_case(room, PH_CASE_MAYBE_RETURNED);
	assert_int_equal(get_copy(room, "c1")->custody, PH_CUSTODY_SITE);
	assert_int_equal(get_copy(room, "c1")->at_site, 202);
}

static void what_a_person_names_is_voided_too(void **state)
{
	struct room *room = *state;
	struct ph_ref sent, other;
	struct ph_case_words words = { .voids = &other, .n_voids = 1 };
	static const char *const copies[] = { "c1" };
	json_t *plan;

	sent = crate_entry(&room->a, PH_KIND_CRATE_DISPATCH, "b1", copies, 1, false, 100);
	other = loan(&room->b, "c1", "k1", 200);
	(void)sent;
	plan = plan_with(room, PH_CASE_LENT_IN_CRATE, PH_CHOICE_OTHER, &words);
	assert_kinds(plan, "void", 1);
	carry_out(room, plan, 300);
	assert_no_case(room, PH_CASE_LENT_IN_CRATE);
}

static void titles_are_one(void **state)
{
	struct room *room = *state;
	struct ph_ref kieu = titled(&room->a, "Truyện Kiều", NULL, NULL, 10);
	struct ph_ref other = titled(&room->b, "Kim Vân Kiều", NULL, NULL, 20);
	json_t *plan;

	put_of_copy(&room->a, "c1", &kieu, 30);
	put_of_copy(&room->b, "c1", &other, 40);
	plan = plan_with(room, PH_CASE_TWO_TITLES, PH_CHOICE_SAME, NULL);
	assert_kinds(plan, "title-merge", 1);
	carry_out(room, plan, 50);
	assert_no_case(room, PH_CASE_TWO_TITLES);
}

static void duplicates_are_one(void **state)
{
	struct room *room = *state;
	json_t *plan;

	titled(&room->a, "Số đỏ", "Vũ Trọng Phụng", NULL, 10);
	titled(&room->b, "SỐ ĐỎ", "Vũ Trọng Phụng", NULL, 20);
	titled(&room->b, "số đỏ", "Vũ Trọng Phụng", NULL, 30);
	plan = plan_with(room, PH_CASE_SAME_TITLE, PH_CHOICE_SAME, NULL);
	assert_kinds(plan, "title-merge", 2);
	carry_out(room, plan, 40);
	assert_no_case(room, PH_CASE_SAME_TITLE);
	register_reader(&room->a, "03646", 1, 50);
	register_reader(&room->b, "03646", 1, 60);
	plan = plan_with(room, PH_CASE_SAME_READER, PH_CHOICE_SAME, NULL);
	assert_kinds(plan, "reader-merge", 1);
	carry_out(room, plan, 70);
	assert_no_case(room, PH_CASE_SAME_READER);
}

static void what_was_short_is_found(void **state)
{
	static const char *const sent[] = { "c1", "c2" };
	static const char *const came[] = { "c1" };
	struct ph_case_words words = { .site = 202 };
	struct room *room = *state;
	json_t *plan;

	crate_entry(&room->a, PH_KIND_CRATE_DISPATCH, "b1", sent, 2, false, 100);
	crate_entry(&room->b, PH_KIND_CRATE_RECEIVE, "b1", came, 1, true, 200);
	assert_string_equal(wants_of(room, PH_CASE_CRATE_COUNT, PH_CHOICE_FOUND, NULL),
			    "--site SITE");
	plan = plan_with(room, PH_CASE_CRATE_COUNT, PH_CHOICE_FOUND, &words);
	assert_kinds(plan, "sighting", 1);
	carry_out(room, plan, 300);
	assert_int_equal(get_copy(room, "c2")->custody, PH_CUSTODY_SITE);
	assert_int_equal(get_copy(room, "c2")->at_site, 202);
}

static void they_are_two_after_all(void **state)
{
	struct room *room = *state;
	struct ph_ref a = register_reader(&room->a, "03646", 1, 10);
	struct ph_ref b = register_reader(&room->b, "03647", 2, 20);
	json_t *plan;

	joined(&room->a, PH_KIND_READER_MERGE, &a, &b, 30);
	listing_ref(&room->hub, PH_KIND_READER_ERASE, PH_ERASE_READERS, &a, 40);
	plan = plan_with(room, PH_CASE_ERASED_MERGED, PH_CHOICE_DIFFERENT, NULL);
	assert_kinds(plan, "reader-unmerge", 1);
	carry_out(room, plan, 50);
	assert_no_case(room, PH_CASE_ERASED_MERGED);
}

/* --- the whole case --- */

static json_t *view(struct room *room, const struct ph_case_row *row)
{
	json_t *shown = NULL;

	fold_all(room);
	assert_int_equal(ph_view_case(room->world.ledger, row->id, &shown), 0);
	return shown;
}

static const char *text_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

static void all_there_is_to_see(void **state)
{
	struct room *room = *state;
	struct ph_ref here = loan(&room->a, "c1", "k1", 100);
	struct ph_ref there = loan(&room->b, "c1", "k2", 200);
	struct ph_case_row row = THE_CASE(room, PH_CASE_TWO_PLACES, &here, &there);
	json_t *shown = view(room, &row);
	const json_t *choice = json_array_get(json_object_get(shown, "choices"), 3);

	assert_string_equal(text_at(shown, "case"), "two-places");
	assert_string_equal(text_at(shown, "status"), "open");
	assert_int_equal(json_array_size(json_object_get(shown, "facts")), 2);
	assert_string_equal(
		text_at(json_array_get(json_object_get(shown, "facts"), 1), "kind"),
		"loan");
	assert_int_equal(json_array_size(json_object_get(shown, "decisions")), 0);
	assert_string_equal(text_at(choice, "choice"), "returned");
	assert_string_equal(text_at(choice, "needs"), "--site SITE");
	choice = json_array_get(json_object_get(shown, "choices"), 1);
	assert_int_equal(json_array_size(json_object_get(choice, "writes")), 1);
	json_decref(shown);
}

static void decided_reopened_and_gone(void **state)
{
	struct room *room = *state;
	struct ph_ref here = loan(&room->a, "c1", "k1", 100);
	struct ph_ref there = loan(&room->b, "c1", "k2", 200);
	struct ph_case_row row = THE_CASE(room, PH_CASE_TWO_PLACES, &here, &there);
	const json_t *decision;
	json_t *shown;

	decide(room, &row, PH_CHOICE_SEEN, 300);
	shown = view(room, &row);
	decision = json_array_get(json_object_get(shown, "decisions"), 0);
	assert_string_equal(text_at(shown, "status"), "decided");
	assert_string_equal(text_at(decision, "choice"), "seen");
	assert_true(json_is_true(json_object_get(decision, "fits")));
	assert_null(json_object_get(decision, "entries"));
	json_decref(shown);
	loan(&room->a, "c1", "k3", 150);
	shown = view(room, &row);
	decision = json_array_get(json_object_get(shown, "decisions"), 0);
	assert_string_equal(text_at(shown, "status"), "reopened");
	assert_true(json_is_false(json_object_get(decision, "fits")));
	json_decref(shown);
	give_back(&room->a, "c1", 160);
	shown = view(room, &row);
	assert_string_equal(text_at(shown, "status"), "gone");
	assert_null(json_object_get(shown, "facts"));
	assert_int_equal(json_array_size(json_object_get(shown, "decisions")), 1);
	json_decref(shown);
}

static void no_such_case(void **state)
{
	static const uint8_t id[PH_CASE_ID_SIZE] = { 1 };
	struct room *room = *state;
	json_t *shown = NULL;

	fold_all(room);
	assert_int_equal(ph_view_case(room->world.ledger, id, &shown), PH_LEDGER_E_NONE);
	assert_null(shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_choices),
		CASE_TEST(what_makes_no_sense),
		CASE_TEST(the_wrong_loan_is_voided),
		CASE_TEST(both_happened),
		CASE_TEST(it_came_back_to_where_it_was_returned),
		CASE_TEST(what_a_person_names_is_voided_too),
		CASE_TEST(titles_are_one),
		CASE_TEST(duplicates_are_one),
		CASE_TEST(what_was_short_is_found),
		CASE_TEST(they_are_two_after_all),
		CASE_TEST(all_there_is_to_see),
		CASE_TEST(decided_reopened_and_gone),
		CASE_TEST(no_such_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

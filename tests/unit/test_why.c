/* tests/unit/test_why.c - from a state to the entries behind it (docs/MERGE.md, "Why"). */
#include "act_world.h"
#include "case_room.h"

#include "common/ledger/story.h"
#include "common/ledger/why.h"

/* --- stories --- */

static json_t *story_of(struct room *room, const struct ph_ref *ref)
{
	json_t *story = NULL;

	fold_all(room);
	assert_int_equal(ph_story(room->world.ledger, ref, &story), 0);
	return story;
}

static const char *text_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

static int64_t number_at(const json_t *object, const char *name)
{
	assert_non_null(json_object_get(object, name));
	return json_integer_value(json_object_get(object, name));
}

static void assert_names(const json_t *object, const char *name, const struct ph_ref *ref)
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, ref);
	assert_string_equal(text_at(object, name), text);
}

static void assert_counts(const json_t *story, bool counts)
{
	assert_true(json_is_boolean(json_object_get(story, "counts")));
	assert_int_equal(json_is_true(json_object_get(story, "counts")), counts);
	assert_int_equal(json_object_get(story, "not_counted") == NULL, counts);
}

/* STORY does not count, for this reason; BY may be NULL. */
static void assert_off(json_t *story, const char *why, const struct ph_ref *by)
{
	const json_t *off = json_object_get(story, "not_counted");

	assert_counts(story, false);
	assert_string_equal(text_at(off, "why"), why);
	if (by != NULL) {
		assert_names(off, "by", by);
	}
	json_decref(story);
}

static void a_story_says_what_who_where_and_when(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);
	json_t *story = story_of(room, &out);
	uint8_t id[PH_DEVICE_ID_SIZE];
	char hex[2 * PH_DEVICE_ID_SIZE + 1];

	ph_device_id(id, room->a.key);
	ph_hex(hex, id, sizeof id);
	assert_names(story, "ref", &out);
	assert_string_equal(text_at(story, "kind"), "loan");
	assert_string_equal(text_at(story, "device"), hex);
	assert_int_equal(number_at(story, "log_site"), 101);
	assert_int_equal(number_at(story, "site"), 101);
	assert_int_equal(number_at(story, "unsure"), DAY);
	assert_string_equal(text_at(story, "time"), text_at(story, "stamped"));
	assert_int_equal(number_at(json_object_get(story, "entry"), "term"), 14);
	assert_counts(story, true);
	assert_null(json_object_get(story, "road"));
	assert_null(json_object_get(story, "receipt"));
	json_decref(story);
}

static void an_entry_that_is_not_here(void **state)
{
	struct room *room = *state;
	struct ph_ref nowhere = { .n = 7 };
	json_t *story = story_of(room, &nowhere);

	assert_true(json_is_false(json_object_get(story, "here")));
	assert_null(json_object_get(story, "kind"));
	json_decref(story);
}

static void voided_and_by_what(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);
	struct ph_ref slip = void_it(&room->a, &out, 200);
	json_t *story;

	assert_off(story_of(room, &out), "voided", &slip);
	story = story_of(room, &slip);
	assert_counts(story, true);
	json_decref(story);
}

static void cut_and_by_what(void **state)
{
	struct room *room = *state;
	struct ph_ref first = loan(&room->a, "c1", "k1", 100);
	struct ph_ref second = loan(&room->a, "c2", "k1", 200);
	struct ph_ref cut = cut_at(&room->hub, &room->a, 2, 300);

	json_decref(story_of(room, &first));
	assert_off(story_of(room, &second), "cut", &cut);
}

static void unmerged_and_by_what(void **state)
{
	struct room *room = *state;
	struct ph_ref a = titled(&room->a, "Số đỏ", NULL, NULL, 10);
	struct ph_ref b = titled(&room->b, "Số Đỏ", NULL, NULL, 20);
	struct ph_ref merge = joined(&room->hub, PH_KIND_TITLE_MERGE, &a, &b, 30);
	struct ph_ref undo = listing_ref(&room->hub, PH_KIND_TITLE_UNMERGE,
					 PH_TITLE_UNMERGE_MERGES, &merge, 40);

	assert_off(story_of(room, &merge), "unmerged", &undo);
}

static void a_twin_and_the_one_that_counts(void **state)
{
	struct room *room = *state;
	struct ph_entry entry = visit_of(5);
	struct ph_ref first, second;
	json_t *story;

	set_source(&entry, 9);
	first = at(&room->a, &entry, 100);
	second = at(&room->a2, &entry, 200);
	assert_off(story_of(room, &second), "twin", &first);
	story = story_of(room, &first);
	assert_counts(story, true);
	json_decref(story);
}

static void judged_and_by_what(void **state)
{
	struct room *room = *state;
	struct ph_ref at_mark = mark(&room->a, PH_SURE_RTC, 1000);
	struct ph_ref out = loan(&room->a, "c1", "k1", 2000);
	struct ph_entry entry = judgement(&at_mark, 600);
	struct ph_ref judge = at(&room->hub, &entry, 5000);
	json_t *story = story_of(room, &out);
	const json_t *judged = json_object_get(story, "judged");

	assert_names(judged, "by", &judge);
	assert_names(judged, "mark", &at_mark);
	assert_int_equal(number_at(judged, "ahead"), 600);
	assert_int_equal(number_at(story, "unsure"), 10);
	assert_string_not_equal(text_at(story, "time"), text_at(story, "stamped"));
	json_decref(story);
}

static void the_road_and_the_receipt(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);
	struct ph_stored stored = { .first = 1, .last = 2, .n = 2 };
	struct ph_receipt receipt = { .level = PH_LEVEL_BACKUP, .time = T0 + 950 };
	struct ph_log log;
	json_t *story;

	fold_all(room);
	assert_int_equal(ph_journal_log_find(room->world.journal, room->a.id, &log), 0);
	stored.row = log.row;
	receipt.head = head_at(&room->a, 2);
	assert_int_equal(ph_db_begin(room->world.db), 0);
	assert_int_equal(ph_journal_arrival_put(room->world.journal, &stored, T0 + 900,
						PH_ROAD_IMPORT, PH_LEVEL_HUB),
			 0);
	assert_int_equal(ph_journal_receipt_put(room->world.journal, log.row, &receipt,
						PH_VIEW("r", 1)),
			 0);
	assert_int_equal(ph_db_commit(room->world.db), 0);
	story = story_of(room, &out);
	assert_string_equal(text_at(json_object_get(story, "road"), "by"), "import");
	assert_string_equal(text_at(json_object_get(story, "road"), "level"), "hub");
	assert_string_equal(text_at(json_object_get(story, "receipt"), "level"),
			    "backup");
	assert_int_equal(number_at(json_object_get(story, "receipt"), "n"), 2);
	json_decref(story);
	/* What came later is not covered. */
	out = loan(&room->a, "c2", "k1", 200);
	story = story_of(room, &out);
	assert_null(json_object_get(story, "road"));
	assert_null(json_object_get(story, "receipt"));
	json_decref(story);
}

/* --- why --- */

/* What is told of REF, and what it says of the state; borrowed. */
static const json_t *fact_of(const json_t *why, const struct ph_ref *ref)
{
	const json_t *facts = json_object_get(why, "facts");
	char text[PH_REF_TEXT];

	ph_ref_text(text, ref);
	for (size_t i = 0; i < json_array_size(facts); i++) {
		const json_t *fact = json_array_get(facts, i);

		if (strcmp(text_at(fact, "ref"), text) == 0) {
			return fact;
		}
	}
	fail_msg("nothing is told of %s", text);
	return NULL;
}

static bool says(const json_t *why, const struct ph_ref *ref, const char *text)
{
	const json_t *said = json_object_get(fact_of(why, ref), "says");

	for (size_t i = 0; i < json_array_size(said); i++) {
		if (strcmp(json_string_value(json_array_get(said, i)), text) == 0) {
			return true;
		}
	}
	return false;
}

static json_t *why_copy(struct room *room, const char *code)
{
	struct ph_id id = { .code = ph_view_str(code) };
	struct ph_entity_key key;
	json_t *why = NULL;

	fold_all(room);
	assert_true(ph_key_id(PH_ENTITY_COPY, &id, &key));
	assert_int_equal(ph_why(room->world.ledger, &key, false, NULL, &why), 0);
	return why;
}

static void a_copy_by_all_its_entries(void **state)
{
	struct room *room = *state;
	struct ph_ref kieu = titled(&room->a, "Truyện Kiều", NULL, NULL, 10);
	struct ph_ref put = put_of_copy(&room->a, "c1", &kieu, 20);
	struct ph_ref past = loan(&room->a, "c1", "k1", 100);
	struct ph_ref back = give_back(&room->b, "c1", 200);
	struct ph_ref slip = loan(&room->a, "c1", "k2", 300);
	struct ph_ref out = loan(&room->b, "c1", "k3", 400);
	json_t *why;

	void_it(&room->a, &slip, 500);
	why = why_copy(room, "c1");
	assert_int_equal(json_array_size(json_object_get(why, "facts")), 5);
	assert_true(says(why, &put, "title"));
	assert_true(says(why, &past, "past loan"));
	assert_true(says(why, &back, "ends a loan"));
	assert_true(says(why, &out, "loan"));
	assert_true(says(why, &out, "custody"));
	assert_counts(fact_of(why, &slip), false);
	assert_null(json_object_get(fact_of(why, &slip), "says"));
	assert_non_null(json_object_get(json_object_get(why, "state"), "loans"));
	json_decref(why);
}

static void a_copy_under_two_labels(void **state)
{
	struct room *room = *state;
	struct ph_entry alias = entry_of(PH_KIND_COPY_ALIAS);
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);
	struct ph_ref same, back;
	json_t *why;

	set_id(&alias, PH_ALIAS_COPY, 0, "c1");
	set_id(&alias, PH_ALIAS_OTHER, 0, "c2");
	same = at(&room->a, &alias, 200);
	back = give_back(&room->a, "c2", 300);
	why = why_copy(room, "c2");
	assert_true(says(why, &out, "past loan"));
	assert_true(says(why, &same, "other code"));
	assert_true(says(why, &back, "ends a loan"));
	/* An entry that names both is told once. */
	assert_int_equal(json_array_size(json_object_get(why, "facts")), 3);
	json_decref(why);
}

static void of_many_facts_the_last_are_told(void **state)
{
	struct room *room = *state;
	struct ph_ref last = { 0 };
	json_t *why;

	for (int i = 0; i < PH_WHY_FACTS_MAX + 3; i++) {
		last = give_back(&room->a, "c1", i);
	}
	why = why_copy(room, "c1");
	assert_int_equal(json_array_size(json_object_get(why, "facts")),
			 PH_WHY_FACTS_MAX);
	assert_int_equal(number_at(why, "left_off"), 3);
	assert_true(says(why, &last, "custody"));
	json_decref(why);
}

static void a_title_by_its_fields(void **state)
{
	struct room *room = *state;
	struct ph_ref kieu = titled(&room->a, "Truyện Kiều", "Nguyễn Du", NULL, 10);
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, &kieu);
	json_t *why = NULL;

	fold_all(room);
	assert_int_equal(ph_why(room->world.ledger, &key, false, NULL, &why), 0);
	assert_true(says(why, &kieu, "name"));
	assert_true(says(why, &kieu, "author"));
	assert_false(says(why, &kieu, "isbn"));
	json_decref(why);
}

/* What a card owes and what is out on it is told but for who asks for the card alone. */
static void a_card_with_its_loans_and_without(void **state)
{
	struct room *room = *state;
	struct ph_entry charge = entry_of(PH_KIND_CHARGE);
	struct ph_id id = { .code = ph_view_str("k1") };
	struct ph_ref stopped, charged, out = loan(&room->a, "c1", "k1", 100);
	struct ph_entity_key key;
	json_t *whole = NULL, *bare = NULL;

	stopped = of_code(&room->a, PH_KIND_CARD_STOP, "k1", 200);
	set_id(&charge, PH_CHARGE_CARD, 0, "k1");
	set_id(&charge, PH_CHARGE_COPY, 0, "c1");
	set_uint(&charge, PH_CHARGE_AMOUNT, 500);
	charged = at(&room->a, &charge, 300);
	fold_all(room);
	assert_true(ph_key_id(PH_ENTITY_CARD, &id, &key));
	assert_int_equal(ph_why(room->world.ledger, &key, false, NULL, &whole), 0);
	assert_int_equal(json_array_size(json_object_get(whole, "facts")), 3);
	assert_non_null(fact_of(whole, &charged));
	assert_true(says(whole, &out, "loan"));
	assert_int_equal(ph_why(room->world.ledger, &key, true, NULL, &bare), 0);
	assert_int_equal(json_array_size(json_object_get(bare, "facts")), 1);
	assert_true(says(bare, &stopped, "stopped"));
	json_decref(whole);
	json_decref(bare);
}

static void what_nothing_is_known_of(void **state)
{
	struct room *room = *state;
	struct ph_id id = { .code = ph_view_str("c9") };
	struct ph_entity_key key;
	json_t *why = NULL;

	fold_all(room);
	assert_true(ph_key_id(PH_ENTITY_COPY, &id, &key));
	assert_int_equal(ph_why(room->world.ledger, &key, false, NULL, &why),
			 PH_LEDGER_E_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE_TEST(a_story_says_what_who_where_and_when),
		CASE_TEST(an_entry_that_is_not_here),
		CASE_TEST(voided_and_by_what),
		CASE_TEST(cut_and_by_what),
		CASE_TEST(unmerged_and_by_what),
		CASE_TEST(a_twin_and_the_one_that_counts),
		CASE_TEST(judged_and_by_what),
		CASE_TEST(the_road_and_the_receipt),
		CASE_TEST(a_copy_by_all_its_entries),
		CASE_TEST(a_copy_under_two_labels),
		CASE_TEST(of_many_facts_the_last_are_told),
		CASE_TEST(a_title_by_its_fields),
		CASE_TEST(a_card_with_its_loans_and_without),
		CASE_TEST(what_nothing_is_known_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

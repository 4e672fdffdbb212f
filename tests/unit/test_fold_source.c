/* tests/unit/test_fold_source.c - twins by their source (docs/MERGE.md). */
#include "fold_world.h"

#include "common/ledger/query.h"

static void same_source_counts_once(void **state)
{
	struct room *room = *state;
	struct ph_entry visit = visit_of(5);

	set_source(&visit, 7);

	struct ph_ref late = at(&room->a, &visit, 500);

	fold_all(room);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_VISITS], 5);

	/* An earlier twin of the same site takes its place, whatever its count. */
	visit.field[PH_VISIT_COUNT].as.uint = 9;

	struct ph_ref early = at(&room->a2, &visit, 100);

	fold_all(room);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_VISITS], 9);
	/* Voiding the one that counts lets the other one count again. */
	void_it(&room->a, &early, 600);
	fold_all(room);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_VISITS], 5);
	void_it(&room->a, &late, 700);
	fold_all(room);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_VISITS], 0);
}

static void same_source_elsewhere_or_of_another_kind_counts(void **state)
{
	struct room *room = *state;
	struct ph_entry visit = visit_of(5);
	struct ph_entry use = entry_of(PH_KIND_IN_HOUSE_USE);

	set_source(&visit, 7);
	set_source(&use, 7);
	set_id(&use, PH_USE_COPY, 0, "c1");
	at(&room->a, &visit, 10);
	at(&room->b, &visit, 20);
	at(&room->a, &use, 30);
	at(&room->a, &use, 40);
	fold_all(room);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_VISITS], 5);
	assert_int_equal(get_tally(room, 202, 0).count[PH_TALLY_VISITS], 5);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_USES], 1);
	assert_int_equal(get_copy(room, "c1")->uses, 1);
}

static void assert_root(struct room *room, enum ph_entity type, const struct ph_ref *of,
			const struct ph_ref *root)
{
	struct ph_ref got;

	assert_int_equal(ph_query_root(room->world.ledger, type, of, &got), 0);
	assert_ref(&got, root);
}

static void titles_of_one_source_are_the_same(void **state)
{
	struct room *room = *state;
	struct ph_entry put = title_of("Truyện Kiều");
	struct ph_record record;

	set_source(&put, 7);

	struct ph_ref late = at(&room->a, &put, 300);

	fold_all(room);
	assert_root(room, PH_ENTITY_TITLE, &late, &late);

	struct ph_ref other = at(&room->b, &put, 200);
	struct ph_ref first = at(&room->a2, &put, 100);

	fold_all(room);
	assert_root(room, PH_ENTITY_TITLE, &late, &first);
	assert_root(room, PH_ENTITY_TITLE, &other, &first);
	assert_root(room, PH_ENTITY_TITLE, &first, &first);
	/* Each has its own state, which says the source. */
	record = get_record(room, PH_ENTITY_TITLE, &late, PH_KIND_TITLE_PUT);
	assert_true(record.has_first);
	assert_true(record.has_source);
	assert_memory_equal(record.source, put.extras.source, sizeof record.source);
	ph_record_deinit(&record);
	/* Each site catalogued it once. */
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_TITLES], 1);
	assert_int_equal(get_tally(room, 202, 0).count[PH_TALLY_TITLES], 1);

	void_it(&room->hub, &first, 400);
	fold_all(room);
	assert_root(room, PH_ENTITY_TITLE, &late, &other);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_TITLES], 1);
}

static void readers_are_the_same_only_within_a_site(void **state)
{
	struct room *room = *state;
	struct ph_entry put = entry_of(PH_KIND_READER_PUT);

	set_uint(&put, PH_READER_BAND, PH_BAND_ADULT);
	set_source(&put, 7);

	struct ph_ref first = at(&room->a, &put, 100);
	struct ph_ref second = at(&room->a2, &put, 200);
	struct ph_ref other = at(&room->b, &put, 300);

	fold_all(room);
	assert_root(room, PH_ENTITY_READER, &second, &first);
	assert_root(room, PH_ENTITY_READER, &other, &other);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_READERS], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLD_TEST(same_source_counts_once),
		FOLD_TEST(same_source_elsewhere_or_of_another_kind_counts),
		FOLD_TEST(titles_of_one_source_are_the_same),
		FOLD_TEST(readers_are_the_same_only_within_a_site),
	};

	return cmocka_run_group_tests_name("fold_source", tests, NULL, NULL);
}

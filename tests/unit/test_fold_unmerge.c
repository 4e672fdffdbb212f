/* tests/unit/test_fold_unmerge.c - merges, and what takes them back (docs/MERGE.md). */
#include "act_world.h"

#include "common/ledger/query.h"
#include "common/ledger/title.h"

static size_t merges_of(struct room *room, const struct ph_ref *title)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, title);
	struct ph_title got;
	size_t n;

	assert_int_equal(get_state(room, PH_ENTITY_TITLE, &key), 0);
	assert_int_equal(ph_title_decode(ph_buf_view(&room->state), &got), 0);
	n = got.n_merges;
	ph_title_deinit(&got);
	return n;
}

static struct ph_ref merge(struct actor *actor, const struct ph_ref *title,
			   const struct ph_ref *other, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_TITLE_MERGE);

	set_ref(&entry, PH_TITLE_MERGE_TITLE, title);
	set_ref(&entry, PH_TITLE_MERGE_OTHER, other);
	return at(actor, &entry, second);
}

/* An unmerge of KIND, whose list is the field LIST, of REF. */
static struct ph_ref unmerge(struct actor *actor, uint32_t kind, unsigned list,
			     const struct ph_ref *ref, int64_t second)
{
	struct ph_entry entry = entry_of(kind);
	struct ph_buf bytes = { 0 };
	struct ph_ref by;

	assert_int_equal(ph_list_put_refs(&bytes, ref, 1, &entry.field[list]), 0);
	by = at(actor, &entry, second);
	ph_buf_deinit(&bytes);
	return by;
}

static void unmerge_takes_the_merge_away(void **state)
{
	struct room *room = *state;
	struct ph_entry put = title_of("Truyện Kiều");
	struct ph_ref one = at(&room->a, &put, 100);
	struct ph_ref other = at(&room->b, &put, 200);
	struct ph_ref edge = merge(&room->a, &one, &other, 300);
	struct ph_ref by;

	fold_all(room);
	assert_int_equal(merges_of(room, &one), 1);
	assert_int_equal(merges_of(room, &other), 1);
	by = unmerge(&room->b, PH_KIND_TITLE_UNMERGE, PH_TITLE_UNMERGE_MERGES, &edge,
		     400);
	fold_all(room);
	assert_int_equal(merges_of(room, &one), 0);
	assert_int_equal(merges_of(room, &other), 0);
	/* What takes it back may itself be taken back. */
	void_it(&room->b, &by, 500);
	fold_all(room);
	assert_int_equal(merges_of(room, &one), 1);
}

static void unmerge_waits_for_the_merge(void **state)
{
	struct room *room = *state;
	struct ph_entry put = title_of("Truyện Kiều");
	struct ph_ref one = at(&room->a, &put, 100);
	struct ph_ref other = at(&room->a, &put, 200);
	struct ph_ref edge = merge(&room->a, &one, &other, 300);

	unmerge(&room->b, PH_KIND_TITLE_UNMERGE, PH_TITLE_UNMERGE_MERGES, &edge, 400);
	hear(room, &room->b);
	fold_all(room);
	assert_int_equal(merges_of(room, &one), 0);
}

static void unmerge_of_another_family_takes_nothing(void **state)
{
	struct room *room = *state;
	struct ph_entry put = title_of("Truyện Kiều");
	struct ph_ref one = at(&room->a, &put, 100);
	struct ph_ref other = at(&room->a, &put, 200);
	struct ph_ref edge = merge(&room->a, &one, &other, 300);

	unmerge(&room->a, PH_KIND_READER_UNMERGE, PH_READER_UNMERGE_MERGES, &edge, 400);
	unmerge(&room->a, PH_KIND_COPY_UNALIAS, PH_UNALIAS_ALIASES, &edge, 400);
	/* Nor does it take away what is no merge. */
	unmerge(&room->a, PH_KIND_TITLE_UNMERGE, PH_TITLE_UNMERGE_MERGES, &one, 400);
	fold_all(room);
	assert_int_equal(merges_of(room, &one), 1);
}

static void unmerge_that_is_cut_takes_nothing(void **state)
{
	struct room *room = *state;
	struct ph_entry put = title_of("Truyện Kiều");
	struct ph_ref one = at(&room->a, &put, 100);
	struct ph_ref other = at(&room->a, &put, 200);
	struct ph_ref edge = merge(&room->a, &one, &other, 300);

	unmerge(&room->b, PH_KIND_TITLE_UNMERGE, PH_TITLE_UNMERGE_MERGES, &edge, 400);
	fold_all(room);
	assert_int_equal(merges_of(room, &one), 0);
	cut_at(&room->hub, &room->b, 1, 500);
	fold_all(room);
	assert_int_equal(merges_of(room, &one), 1);
}

static void twin_of_a_cancelled_merge_counts(void **state)
{
	struct room *room = *state;
	struct ph_entry put = title_of("Truyện Kiều");
	struct ph_ref one = at(&room->a, &put, 100);
	struct ph_ref other = at(&room->a, &put, 200);
	struct ph_entry entry = entry_of(PH_KIND_TITLE_MERGE);
	struct ph_ref first;

	set_ref(&entry, PH_TITLE_MERGE_TITLE, &one);
	set_ref(&entry, PH_TITLE_MERGE_OTHER, &other);
	set_source(&entry, 7);
	first = at(&room->a, &entry, 300);
	at(&room->a, &entry, 310);
	fold_all(room);
	assert_int_equal(merges_of(room, &one), 1);
	unmerge(&room->a, PH_KIND_TITLE_UNMERGE, PH_TITLE_UNMERGE_MERGES, &first, 400);
	fold_all(room);
	assert_int_equal(merges_of(room, &one), 1);
}

static void merge_with_itself_names_nothing(void **state)
{
	struct room *room = *state;
	struct ph_entry put = title_of("Truyện Kiều");
	struct ph_ref one = at(&room->a, &put, 100);

	merge(&room->a, &one, &one, 300);
	fold_all(room);
	assert_int_equal(merges_of(room, &one), 0);
}

static void aliases_are_taken_back_too(void **state)
{
	struct room *room = *state;
	struct ph_entry alias = entry_of(PH_KIND_COPY_ALIAS);
	struct ph_ref edge;

	set_id(&alias, PH_ALIAS_COPY, 0, "c1");
	set_id(&alias, PH_ALIAS_OTHER, 0, "c2");
	edge = at(&room->a, &alias, 100);
	fold_all(room);
	assert_int_equal(get_copy(room, "c2")->n_aliases, 1);
	unmerge(&room->a, PH_KIND_COPY_UNALIAS, PH_UNALIAS_ALIASES, &edge, 200);
	fold_all(room);
	assert_false(has_copy(room, "c1"));
	assert_false(has_copy(room, "c2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLD_TEST(unmerge_takes_the_merge_away),
		FOLD_TEST(unmerge_waits_for_the_merge),
		FOLD_TEST(unmerge_of_another_family_takes_nothing),
		FOLD_TEST(unmerge_that_is_cut_takes_nothing),
		FOLD_TEST(twin_of_a_cancelled_merge_counts),
		FOLD_TEST(merge_with_itself_names_nothing),
		FOLD_TEST(aliases_are_taken_back_too),
	};

	return cmocka_run_group_tests_name("fold_unmerge", tests, NULL, NULL);
}

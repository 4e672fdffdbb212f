/*
 * tests/unit/test_fold_members.c - what copies under several labels show together
 * (docs/MERGE.md, "Copy": a class).
 */
#include "copy_story.h"

static int compare_keys(const void *a, const void *b)
{
	return ph_key_compare(a, b);
}

/* What all that was said gives to the class of c1 and c2. */
static void class_of_two(struct bench *bench, struct ph_copy *copy)
{
	struct ph_entity_key keys[] = { key_of_id(PH_ENTITY_COPY, "c2"),
					key_of_id(PH_ENTITY_COPY, "c1") };
	struct ph_fact *facts = bench_sorted(bench, 0);

	qsort(keys, 2, sizeof *keys, compare_keys);
	bench->state.len = 0;
	assert_int_equal(ph_copy_fold_class(keys, 2, facts, bench->n, &bench->state), 0);
	free(facts);
	assert_int_equal(ph_copy_decode(ph_buf_view(&bench->state), copy), 0);
}

static void assert_class(struct bench *bench, const struct story *story, const char *end)
{
	struct told told = { .story = story };
	struct ph_copy copy;

	class_of_two(bench, &copy);
	tell_copy(&told, &copy);
	ph_copy_deinit(&copy);
	assert_string_equal(told.text, end);
}

static struct ph_ref return_of(struct story *story, const char *code, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_RETURN);

	set_id(&entry, PH_RETURN_COPY, 0, code);
	story->refs[++story->n] = say(story->bench, &story->bench->b, &entry, second);
	return story->refs[story->n];
}

static void return_under_the_new_label_closes_the_loan_under_the_old(void **state)
{
	struct story story;

	story_tell(&story, *state, "10 a loan k1; 15 a alias c1 c2");
	return_of(&story, "c2", 20);
	assert_class(*state, &story, "at b #3; loan k1 #1 returned #3; alias c2 #2");
}

static void put_of(struct story *story, const char *code, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_COPY_PUT);

	set_id(&entry, PH_COPY_COPY, 0, code);
	set_uint(&entry, PH_COPY_OWNER, 101);
	story->refs[++story->n] = say(story->bench, &story->bench->a, &entry, second);
}

/* A new label is no new book. */
static void put_of_a_new_label_moves_nothing(void **state)
{
	struct story story;

	story_tell(&story, *state, "5 a own a; 10 a loan k1; 15 a alias c2 c1");
	put_of(&story, "c2", 15);
	assert_class(*state, &story, "with k1 from a #2; loan k1 #2 open; alias c1 #3");
}

static void acquired_under_either_label_stands_here(void **state)
{
	struct story story;

	story_tell(&story, *state, "10 a damaged; 15 a alias c2 c1");
	put_of(&story, "c2", 20);
	assert_class(*state, &story, "at a #3; damaged #1; alias c1 #2");
}

static void scan_of_either_label_is_a_scan(void **state)
{
	struct story story;

	story_tell(&story, *state,
		   "5 a see; 6 a missing; 10 a send x b; 20 b receive x listed c2");
	assert_class(*state, &story, "at b #4; undone #2 by #4");
}

static void scan_of_neither_label_is_none(void **state)
{
	struct story story;

	story_tell(&story, *state,
		   "5 a see; 6 a missing; 10 a send x b; 20 b receive x listed c3");
	assert_class(*state, &story, "at b #4; missing #2 at a");
}

static void alias_out_of_the_class_names_what_is_outside(void **state)
{
	struct story story;

	story_tell(&story, *state, "10 a alias c3 c2; 20 a alias c1 c4");
	assert_class(*state, &story, "unknown; alias c3 #1; alias c4 #2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(return_under_the_new_label_closes_the_loan_under_the_old),
		BENCH_TEST(put_of_a_new_label_moves_nothing),
		BENCH_TEST(acquired_under_either_label_stands_here),
		BENCH_TEST(scan_of_either_label_is_a_scan),
		BENCH_TEST(scan_of_neither_label_is_none),
		BENCH_TEST(alias_out_of_the_class_names_what_is_outside),
	};

	return cmocka_run_group_tests_name("fold_members", tests, NULL, NULL);
}

/* tests/unit/test_find.c - search for titles and for readers. */
#include <errno.h>

#include "view_scene.h"

#include "common/ledger/find.h"

static void titles_are_found_without_marks(void **state)
{
	static const struct {
		const char *text;
		size_t hits;
	} cases[] = {
		{ "ly thuyet", 1 }, { "LÝ THUYẾT", 1 }, { "duong doi", 1 },
		{ "đường", 1 },     { "nguyen", 2 },    { "thuyet nguyen 1998", 1 },
		{ "thuy", 1 },      { "huyet", 0 },     { "ly kieu", 0 },
		{ "", 0 },          { " .,-\"*()", 0 }, { "\"ly\" OR kieu", 0 },
		{ "ꪼꪕ", 1 },        { "1820", 1 },      { "\xff\xfe ly", 1 },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(ph_ledger_find_titles(fresh(scene),
						       ph_view_str(cases[i].text), 0,
						       &scene->json),
				 0);
		if (json_array_size(scene->json) != cases[i].hits) {
			fail_msg("%s: %zu hits, not %zu", cases[i].text,
				 json_array_size(scene->json), cases[i].hits);
		}
	}
	assert_int_equal(ph_ledger_find_titles(fresh(scene), ph_view_str("nguyen"), 1,
					       &scene->json),
			 0);
	assert_size(scene->json, "", 1);
	assert_int_equal(ph_ledger_find_titles(fresh(scene), ph_view_str("duong doi"), 0,
					       &scene->json),
			 0);
	assert_names(scene->json, "0.title", &scene->title); /* the root, not its twin */
	assert_number(scene->json, "0.copies", 2);
}

static int64_t rows_of_words(struct scene *scene)
{
	struct ph_stmt *stmt;
	int64_t n;

	assert_int_equal(ph_db_prepare(scene->world.db,
				       "SELECT count(*) FROM ledger_words", &stmt),
			 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	n = ph_stmt_col_int(stmt, 0);
	ph_stmt_reset(stmt);
	return n;
}

/* The words are a table of another sort, which is made anew where the others are emptied. */
static void titles_are_found_after_a_rebuild(void **state)
{
	struct scene *scene = *state;
	int64_t rows = rows_of_words(scene);
	struct ph_error err = { 0 };

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(ph_ledger_rebuild(scene->world.ledger, &err), 0);
		titles_are_found_without_marks(state);
		assert_int_equal(rows_of_words(scene), rows);
	}
}

static void words_follow_the_title(void **state)
{
	struct scene *scene = *state;
	struct ph_entry put = entry_of(PH_KIND_VOID);

	set_ref(&put, PH_VOID_TARGET, &scene->tai);
	at(&scene->a, &put, 900);
	world_take(&scene->world, &scene->a, UINT64_MAX);
	world_catch_up(&scene->world);
	assert_int_equal(
		ph_ledger_find_titles(fresh(scene), ph_view_str("ꪼꪕ"), 0, &scene->json),
		0);
	assert_size(scene->json, "", 0);
}

static void readers_are_found_without_marks(void **state)
{
	struct scene *scene = *state;
	struct parts parts = { .name = "Lò Thị Đào", .ref = scene->reader };
	struct ph_opener opener = { .open = open_part, .data = &parts };
	static const struct {
		const char *text;
		uint64_t site;
		size_t hits;
	} cases[] = {
		{ "dao", 0, 1 },   { "lo thi", 101, 1 }, { "dao lo", 0, 1 },
		{ "thi", 202, 0 }, { "ao", 0, 0 },       { "", 0, 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(
			ph_ledger_find_readers(fresh(scene), ph_view_str(cases[i].text),
					       cases[i].site, 0, &opener, &scene->json),
			0);
		if (json_array_size(scene->json) != cases[i].hits) {
			fail_msg("%s: %zu hits", cases[i].text,
				 json_array_size(scene->json));
		}
	}
	assert_int_equal(ph_ledger_find_readers(fresh(scene), ph_view_str("dao"), 0, 0,
						&opener, &scene->json),
			 0);
	assert_text(scene->json, "0.name", "Lò Thị Đào");
	/* A locked desk finds nobody, and that is no error; a failure is one. */
	parts.rc = 1;
	assert_int_equal(ph_ledger_find_readers(fresh(scene), ph_view_str("dao"), 0, 0,
						&opener, &scene->json),
			 0);
	assert_size(scene->json, "", 0);
	assert_int_equal(ph_ledger_find_readers(fresh(scene), ph_view_str("dao"), 0, 0,
						NULL, &scene->json),
			 0);
	assert_size(scene->json, "", 0);
	parts.rc = -EIO;
	assert_int_equal(ph_ledger_find_readers(fresh(scene), ph_view_str("dao"), 0, 0,
						&opener, &scene->json),
			 -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(titles_are_found_without_marks),
		SCENE_TEST(titles_are_found_after_a_rebuild),
		SCENE_TEST(words_follow_the_title),
		SCENE_TEST(readers_are_found_without_marks),
	};

	return cmocka_run_group_tests_name("find", tests, NULL, NULL);
}

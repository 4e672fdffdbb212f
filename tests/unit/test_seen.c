/* Tests of common/ledger/seen.c: the digest of a site's figures, by hand; and what it owns. */
#include "view_scene.h"

#include "common/ledger/seen.h"

/* The wanted bytes are those of `printf 'packhorse figures 1\n…' | b2sum -l 128`. */
static void test_digest(void **state)
{
	static const struct {
		const char *name;
		uint64_t site;
		const char *from, *to;
		struct ph_tally tally;
		const char *want;
	} cases[] = {
		{ "docs/REPORTS.md",
		  140371,
		  "2026-07-01",
		  "2026-09-30",
		  { { [PH_TALLY_VISITS] = 16,
		      [PH_TALLY_WOMEN] = 4,
		      [PH_TALLY_LOANS] = 1,
		      [PH_TALLY_BAND + PH_BAND_CHILD] = 6,
		      [PH_TALLY_BAND + PH_BAND_ADULT] = 10 } },
		  "6771d3720c35eaa9d592f1d8ad36aaa8" },
		{ "nothing",
		  140371,
		  "2026-07-01",
		  "2026-09-30",
		  { { 0 } },
		  "5f9a829aee7b946b6acbe6892d97c4fa" },
		{ "the last counter, at its most, over all days",
		  1,
		  "1970-01-01",
		  "2999-12-31",
		  { { [PH_TALLY_KEYS - 1] = UINT64_MAX } },
		  "dc58aace73ff78e891334bb91107f530" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t digest[PH_SEEN_DIGEST];
		char hex[PH_SEEN_HEX];
		int64_t from, to;

		print_message("# %s\n", cases[i].name);
		assert_int_equal(ph_day_parse(cases[i].from, 10, &from), 0);
		assert_int_equal(ph_day_parse(cases[i].to, 10, &to), 0);
		assert_int_equal(
			ph_seen_digest(cases[i].site, from, to, &cases[i].tally, digest),
			0);
		ph_hex(hex, digest, sizeof(digest));
		assert_string_equal(hex, cases[i].want);
	}
}

/* Whatever is another makes another digest. */
static void test_differs(void **state)
{
	const struct ph_tally one = { { [PH_TALLY_LOANS] = 1 } };
	const struct ph_tally two = { { [PH_TALLY_LOANS] = 2 } };
	const struct ph_tally returns = { { [PH_TALLY_RETURNS] = 1 } };
	const struct {
		uint64_t site;
		int64_t from, to;
		const struct ph_tally *tally;
	} cases[] = {
		{ 7, 100, 200, &one }, { 8, 100, 200, &one }, { 7, 101, 200, &one },
		{ 7, 100, 201, &one }, { 7, 100, 200, &two }, { 7, 100, 200, &returns },
	};
	uint8_t digests[6][PH_SEEN_DIGEST];

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(ph_seen_digest(cases[i].site, cases[i].from, cases[i].to,
						cases[i].tally, digests[i]),
				 0);
		for (size_t k = 0; k < i; k++) {
			assert_memory_not_equal(digests[i], digests[k], PH_SEEN_DIGEST);
		}
	}
}

static void test_of(void **state)
{
	struct ph_figure_site sites[] = {
		{ .site = 3, .tally = { { [PH_TALLY_VISITS] = 5 } } },
		{ .site = 9, .tally = { { [PH_TALLY_VISITS] = 6 } } },
	};
	const struct ph_figures figures = { .sites = sites, .n_sites = 2 };
	static const struct ph_tally none;

	(void)state;
	assert_int_equal(ph_seen_of(&figures, 3)->count[PH_TALLY_VISITS], 5);
	assert_int_equal(ph_seen_of(&figures, 9)->count[PH_TALLY_VISITS], 6);
	assert_memory_equal(ph_seen_of(&figures, 4), &none, sizeof(none));
	assert_memory_equal(ph_seen_of(&(struct ph_figures){ 0 }, 3), &none,
			    sizeof(none));
}

static void expect_stock(struct scene *scene, uint64_t site, uint64_t copies,
			 uint64_t titles)
{
	struct ph_stock stock = { 9, 9 };

	world_take(&scene->world, &scene->a, UINT64_MAX);
	world_catch_up(&scene->world);
	assert_int_equal(ph_stock_now(scene->world.ledger, site, &stock), 0);
	assert_int_equal(stock.copies, copies);
	assert_int_equal(stock.titles, titles);
}

/* Titles that are the same count once; a copy that was withdrawn not at all. */
static void test_stock(void **state)
{
	struct scene *scene = *state;
	struct ph_entry out = entry_of(PH_KIND_WITHDRAWN);
	struct ph_entry bare = entry_of(PH_KIND_COPY_PUT);

	expect_stock(scene, 101, 1, 1);
	expect_stock(scene, 555, 0, 0);
	put_copy(&scene->a, "c3", &scene->twin, 101);
	expect_stock(scene, 101, 2, 1);
	put_copy(&scene->a, "c4", &scene->tai, 101);
	expect_stock(scene, 101, 3, 2);
	set_id(&bare, PH_COPY_COPY, 0, "c5");
	set_uint(&bare, PH_COPY_OWNER, 101);
	at(&scene->a, &bare, 500);
	expect_stock(scene, 101, 4, 2);
	set_id(&out, PH_WITHDRAWN_COPY, 0, "c4");
	set_text(&out, PH_WITHDRAWN_DECISION, "12/QĐ");
	at(&scene->a, &out, 600);
	expect_stock(scene, 101, 3, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_differs),
		cmocka_unit_test(test_of),
		SCENE_TEST(test_stock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of common/ledger/figures.c: figures into parts and back, how far logs were held, names. */
#include "tests/unit/journal_room.h"

#include "common/ledger/figures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* N heads and N sites, each with some counters. */
static struct ph_figures make(size_t n)
{
	struct ph_figures figures = { .part = 1, .parts = 1, .table = { 7 } };

	figures.heads = calloc(n + 1, sizeof(*figures.heads));
	figures.sites = calloc(n + 1, sizeof(*figures.sites));
	assert_non_null(figures.heads);
	assert_non_null(figures.sites);
	figures.n_heads = n;
	figures.n_sites = n;
	for (size_t i = 0; i < n; i++) {
		figures.heads[i].log_id[0] = (uint8_t)(i >> 8);
		figures.heads[i].log_id[1] = (uint8_t)i;
		figures.heads[i].n = i * 1000 + 1;
		figures.heads[i].h[7] = (uint8_t)i;
		figures.sites[i].site = 140000 + i;
		figures.sites[i].tally.count[PH_TALLY_VISITS] = i + 1;
		figures.sites[i].tally.count[127] = UINT64_MAX - i;
	}
	return figures;
}

struct parts {
	struct ph_figures got;
	uint64_t n;
	size_t longest;
	uint64_t stop; /* at this one */
};

static int take_part(void *data, struct ph_view bytes)
{
	struct parts *parts = data;

	parts->n++;
	parts->longest = bytes.len > parts->longest ? bytes.len : parts->longest;
	assert_int_equal(ph_figures_decode(bytes, &parts->got), 0);
	assert_int_equal(parts->got.part, parts->n);
	return parts->n == parts->stop ? -EIO : 0;
}

static void assert_same(const struct ph_figures *a, const struct ph_figures *b)
{
	assert_memory_equal(a->table, b->table, sizeof(a->table));
	assert_int_equal(a->n_heads, b->n_heads);
	assert_int_equal(a->n_sites, b->n_sites);
	for (size_t i = 0; i < a->n_heads; i++) {
		assert_memory_equal(a->heads[i].log_id, b->heads[i].log_id, 16);
		assert_memory_equal(a->heads[i].h, b->heads[i].h, 8);
		assert_int_equal(a->heads[i].n, b->heads[i].n);
	}
	for (size_t i = 0; i < a->n_sites; i++) {
		assert_int_equal(a->sites[i].site, b->sites[i].site);
		assert_memory_equal(&a->sites[i].tally, &b->sites[i].tally,
				    sizeof(a->sites[i].tally));
	}
}

static void test_parts(void **state)
{
	static const struct {
		size_t items, max;
		uint64_t parts;
	} cases[] = {
		{ 0, 256, 1 },    { 1, 256, 1 },         { 3, 256, 1 },     { 4, 256, 2 },
		{ 200, 300, 49 }, { 200, 24 * 1024, 1 }, { 500, 24576, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_figures figures = make(cases[i].items);
		struct parts parts = { 0 };

		assert_int_equal(
			ph_figures_encode(&figures, cases[i].max, take_part, &parts), 0);
		assert_int_equal(parts.n, parts.got.parts);
		assert_true(parts.longest <= cases[i].max);
		if (parts.n != cases[i].parts) {
			fail_msg("%zu items in %zu bytes: %d parts", cases[i].items,
				 cases[i].max, (int)parts.n);
		}
		assert_same(&figures, &parts.got);
		ph_figures_deinit(&figures);
		ph_figures_deinit(&parts.got);
	}
}

static void test_parts_stopped(void **state)
{
	struct ph_figures figures = make(100);
	struct parts parts = { .stop = 2 };

	(void)state;
	assert_int_equal(ph_figures_encode(&figures, 300, take_part, &parts), -EIO);
	assert_int_equal(parts.n, 2);
	ph_figures_deinit(&figures);
	ph_figures_deinit(&parts.got);
}

/* The example of docs/MERGE.md. */
static int take_example(void *data, struct ph_view bytes)
{
	static const char want[] = "96010101c4083333333333333333"
				   "9193c4101111111111111111111111111111111107"
				   "c4082222222222222222"
				   "9192ce0002245382010c2005";
	char hex[2 * 100 + 1];

	(void)data;
	assert_true(bytes.len <= 100);
	ph_hex(hex, bytes.data, bytes.len);
	assert_string_equal(hex, want);
	return 0;
}

static void test_example(void **state)
{
	struct ph_figures figures = make(1);

	(void)state;
	memset(figures.table, 0x33, sizeof(figures.table));
	memset(figures.heads[0].log_id, 0x11, 16);
	memset(figures.heads[0].h, 0x22, 8);
	figures.heads[0].n = 7;
	figures.sites[0].site = 140371;
	figures.sites[0].tally =
		(struct ph_tally){ .count = { [PH_TALLY_VISITS] = 12,
					      [PH_TALLY_BAND + PH_BAND_CHILD] = 5 } };
	assert_int_equal(ph_figures_encode(&figures, 1000, take_example, NULL), 0);
	ph_figures_deinit(&figures);
}

static void test_form(void **state)
{
	static const struct {
		const char *name;
		uint8_t bytes[40];
		size_t len;
	} cases[] = {
		{ "empty", { 0 }, 0 },
		{ "a number", { 1 }, 1 },
		{ "another form",
		  { 0x96, 2, 1, 1, 0xc4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x90, 0x90 },
		  16 },
		{ "part 0",
		  { 0x96, 1, 0, 1, 0xc4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x90, 0x90 },
		  16 },
		{ "part 2 of 1",
		  { 0x96, 1, 2, 1, 0xc4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x90, 0x90 },
		  16 },
		{ "a short hash",
		  { 0x96, 1, 1, 1, 0xc4, 7, 0, 0, 0, 0, 0, 0, 0, 0x90, 0x90 },
		  15 },
		{ "a member too many",
		  { 0x97, 1, 1, 1, 0xc4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x90, 0x90, 0 },
		  17 },
		{ "a head that is none",
		  { 0x96, 1, 1, 1, 0xc4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x91, 0, 0x90 },
		  17 },
		{ "a site with a key too high",
		  { 0x96, 1, 1, 1,    0xc4, 8,    0, 0,    0,    0,    0,
		    0,    0, 0, 0x90, 0x91, 0x92, 9, 0x81, 0xcc, 0x80, 1 },
		  22 },
		{ "bytes behind",
		  { 0x96, 1, 1, 1, 0xc4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x90, 0x90, 0 },
		  17 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_figures figures = { 0 };

		if (ph_figures_decode(PH_VIEW(cases[i].bytes, cases[i].len), &figures) !=
		    PH_FIGURES_E_FORM) {
			fail_msg("%s", cases[i].name);
		}
		ph_figures_deinit(&figures);
	}
}

/* A head counts for a branch only if it stands on it. */
static void test_reach(void **state)
{
	struct ph_figures figures = make(3);
	struct room room;
	struct ph_log log;
	uint8_t h[PH_HASH_SIZE];
	uint64_t n;

	(void)state;
	room_open(&room, ":memory:", 1);
	begin(&room);
	room_add_log(&room, &log);
	append_visits(&room, &log, 10);
	commit(&room);
	for (size_t i = 0; i < 3; i++) {
		memcpy(figures.heads[i].log_id, log.id, sizeof(log.id));
	}
	/* 4 is on it, 7 is of another branch, 11 is not here */
	figures.heads[0].n = 4;
	figures.heads[1].n = 7;
	figures.heads[2].n = 11;
	assert_int_equal(ph_journal_chain_at(room.journal, &log, 4, h), 0);
	memcpy(figures.heads[0].h, h, 8);
	assert_int_equal(ph_figures_reach(&figures, room.journal, &log, &n), 0);
	assert_int_equal(n, 4);
	assert_int_equal(ph_journal_chain_at(room.journal, &log, 7, h), 0);
	memcpy(figures.heads[1].h, h, 8);
	assert_int_equal(ph_figures_reach(&figures, room.journal, &log, &n), 0);
	assert_int_equal(n, 7);
	figures.heads[0].log_id[0] ^= 1;
	figures.heads[1].log_id[0] ^= 1;
	assert_int_equal(ph_figures_reach(&figures, room.journal, &log, &n), 0);
	assert_int_equal(n, 0);
	ph_figures_deinit(&figures);
	room_close(&room);
}

static void test_names(void **state)
{
	static const struct {
		unsigned key;
		const char *name;
	} cases[] = {
		{ PH_TALLY_VISITS, "visits" },
		{ PH_TALLY_FOREIGN, "foreign_donations" },
		{ PH_TALLY_BAND, "visits_by_band.child" },
		{ PH_TALLY_BAND + PH_BAND_ELDER, "visits_by_band.elder" },
		{ PH_TALLY_BAND + 31, "counter.63" },
		{ PH_TALLY_PURPOSE, "visits_by_purpose.reading" },
		{ PH_TALLY_OCCASION + PH_OCCASION_TALK, "activities_by_occasion.talk" },
		{ PH_TALLY_FORM + PH_FORM_VIDEO, "digital_uses_by_form.video" },
		{ PH_TALLY_DONOR, "donations_by_donor.person" },
		{ 0, "counter.0" },
		{ 127, "counter.127" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[PH_COUNTER_TEXT];

		ph_counter_name(name, cases[i].key);
		assert_string_equal(name, cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),   cmocka_unit_test(test_parts_stopped),
		cmocka_unit_test(test_example), cmocka_unit_test(test_form),
		cmocka_unit_test(test_reach),   cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Codes that desks print never meet: two devices, copies of a folder, one put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/file.h"
#include "common/log/chain.h"
#include "common/log/segment.h"
#include "site_world.h"

#define MANY     40
#define CODES_AT 500

struct codes {
	char code[CODES_AT][PH_PRINTED_SIZE + 1];
	unsigned repeated;
	bool may_repeat; /* the caller judges */
	size_t n;
};

static void shell(const char *command, const char *from, const char *to)
{
	char line[512];

	snprintf(line, sizeof(line), "%s '%s' '%s'", command, from, to);
	assert_int_equal(system(line), 0);
}

/* Another name beside the world's folder. */
static void beside(const struct world *world, const char *name, char out[static 160])
{
	snprintf(out, 160, "%s/%s", world->base, name);
}

/* COUNT codes of the folder DIR, each of a commit of its own; none of CODES is among them. */
static void print(struct world *world, const char *dir, unsigned count,
		  struct codes *codes)
{
	struct ph_site_config config = world->config;
	struct ph_site *site = NULL;

	config.dir = dir;
	assert_int_equal(ph_site_open(&site, &config, NULL), 0);
	for (unsigned i = 0; i < count; i++) {
		char *code = codes->code[codes->n];

		assert_true(codes->n < CODES_AT);
		assert_int_equal(ph_site_print_code(site, code, NULL), 0);
		for (size_t j = 0; j < codes->n; j++) {
			codes->repeated += strcmp(code, codes->code[j]) == 0;
		}
		assert_true(codes->may_repeat || codes->repeated == 0);
		codes->n++;
	}
	ph_site_close(site);
}

static void close_site(struct world *world)
{
	ph_site_close(world->site);
	world->site = NULL;
}

static bool in_block(const struct codes *codes, size_t i, const char *block)
{
	return memcmp(codes->code[i] + 6, block, 2) == 0;
}

static void test_in_order(void **state)
{
	struct world *world = *state;
	struct codes codes = { 0 };
	char moved[160];

	close_site(world);
	print(world, world->dir, 2, &codes);
	assert_string_equal(codes.code[0], "1403710700014");
	/* a folder that is only named otherwise goes on where it was */
	beside(world, "moved", moved);
	assert_int_equal(rename(world->dir, moved), 0);
	print(world, moved, 2, &codes);
	assert_memory_equal(codes.code[3], "140371070004", 12);
}

/* A batch takes its codes when it is committed, and several get different ones. */
static void test_batches(void **state)
{
	struct world *world = *state;
	char code[4][PH_PRINTED_SIZE + 1];

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(ph_site_begin(world->site, NULL), 0);
		assert_int_equal(ph_site_print_code(world->site, code[i * 2], NULL), 0);
		assert_int_equal(ph_site_print_code(world->site, code[i * 2 + 1], NULL),
				 0);
		if (i == 0) {
			ph_site_undo(world->site);
		} else {
			assert_int_equal(ph_site_commit(world->site, NULL), 0);
		}
	}
	assert_string_equal(code[0], code[2]);
	assert_string_equal(code[1], code[3]);
	assert_string_not_equal(code[2], code[3]);
	close_site(world);
	assert_int_equal(world_open(world, NULL), 0);
	assert_int_equal(ph_site_print_code(world->site, code[0], NULL), 0);
	assert_memory_equal(code[0], "140371070003", 12);
}

static void test_two_devices(void **state)
{
	struct world *world = *state;
	struct ph_site_config config = world->config;
	struct codes codes = { 0 };
	char second[160];

	close_site(world);
	print(world, world->dir, MANY, &codes);
	beside(world, "second", second);
	config.dir = second;
	world->province.invite.code_block = 8;
	world_invite(world);
	assert_int_equal(ph_site_join(&config, ph_buf_view(&world->invite), NULL), 0);
	print(world, second, MANY, &codes);
	assert_true(in_block(&codes, MANY, "08"));
	print(world, world->dir, MANY, &codes);
	assert_true(in_block(&codes, 2 * MANY, "07"));
}

static void test_copies(void **state)
{
	struct world *world = *state;
	struct codes codes = { 0 };
	char first[160], second[160];

	close_site(world);
	print(world, world->dir, 3, &codes);
	beside(world, "first", first);
	beside(world, "second", second);
	shell("cp -a", world->dir, first);
	shell("cp -r", world->dir, second);
	for (unsigned round = 0; round < 2; round++) {
		/* the same randomness each time, as machines started from one image have */
		ph_rng_seed(&world->seeded, 5, &world->config.rng);
		print(world, first, MANY, &codes);
		ph_rng_seed(&world->seeded, 5, &world->config.rng);
		print(world, second, MANY, &codes);
		print(world, world->dir, MANY, &codes);
	}
	/* the one that was there first stays in its block, the others left it */
	assert_true(in_block(&codes, codes.n - 1, "07"));
	assert_true(codes.code[3][6] >= '5');
	assert_true(codes.code[3 + MANY][6] >= '5');
}

static const struct {
	const char *name;
	const char *saved;    /* what of the folder the backup holds */
	const char *restored; /* how it comes back */
} put_back[] = {
	{ "all of it, in place", ".", "cp -a" },
	{ "all of it, in place, without times", ".", "cp -r" },
	{ "the store", "site.db", "cp -a" },
	{ "the store and its keys", "site.db keys", "cp -a" },
};

/* The codes of a folder that is put back three times. */
static void print_put_back(size_t i, struct codes *codes)
{
	struct world *world;
	char line[600], backup[160];

	world_setup_joined((void **)&world);
	close_site(world);
	print(world, world->dir, 5, codes);
	beside(world, "backup", backup);
	assert_int_equal(mkdir(backup, 0700), 0);
	snprintf(line, sizeof(line), "cd '%s' && cp -a %s '%s'", world->dir,
		 put_back[i].saved, backup);
	assert_int_equal(system(line), 0);
	for (unsigned round = 0; round < 3; round++) {
		print(world, world->dir, MANY, codes);
		snprintf(line, sizeof(line),
			 "rm -f '%s'/site.db-wal && cd '%s' && %s %s '%s'", world->dir,
			 backup, put_back[i].restored, put_back[i].saved, world->dir);
		assert_int_equal(system(line), 0);
	}
	print(world, world->dir, MANY, codes);
	world_teardown((void **)&world);
}

/*
 * Places are drawn among 499,950, so two of them meet once in some thousand runs of this
 * test (decision 0012): twice in one run is no chance.
 */
static void test_put_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(put_back) / sizeof(put_back[0]); i++) {
		struct codes codes = { .may_repeat = true };
		struct codes again = { 0 };

		print_message("# %s\n", put_back[i].name);
		print_put_back(i, &codes);
		if (codes.repeated > 0) {
			print_message("# two places met: once more\n");
			print_put_back(i, &again);
		}
	}
}

/* Without what stands outside of the store nobody knows how far codes have come. */
static void test_witness_lost(void **state)
{
	struct world *world = *state;
	struct codes codes = { 0 };
	char path[160];

	close_site(world);
	print(world, world->dir, 1, &codes);
	world_path(world, "codes", path);
	for (unsigned i = 0; i < 2; i++) {
		if (i == 0) {
			assert_int_equal(unlink(path), 0);
		} else {
			assert_int_equal(
				ph_file_write(path, ph_view_str("rubbish"), 0600, NULL),
				0);
		}
		print(world, world->dir, 2, &codes);
		assert_true(codes.code[codes.n - 1][6] >= '5');
	}
	/* and then all is well again: it goes on there */
	print(world, world->dir, 1, &codes);
	assert_memory_equal(codes.code[5], codes.code[4], 6);
	assert_int_equal(atol(codes.code[5] + 6) / 10, atol(codes.code[4] + 6) / 10 + 1);
}

/* When the block is used up, a further one. */
static void test_block_ends(void **state)
{
	struct world *world = *state;
	struct ph_journal *journal = ph_site_journal(world->site);
	struct codes codes = { 0 };
	struct ph_code_run run;
	struct ph_buf bytes = { 0 };
	uint8_t moved[PH_CODE_RUN_SIZE];

	assert_int_equal(ph_journal_meta_get(journal, "code.run", &bytes), 0);
	assert_int_equal(ph_code_run_decode(ph_buf_view(&bytes), &run), 0);
	ph_buf_deinit(&bytes);
	run.count = 9997;
	ph_code_run_encode(&run, moved);
	assert_int_equal(
		ph_journal_meta_put(journal, "code.run", PH_VIEW(moved, sizeof(moved))),
		0);
	close_site(world);
	print(world, world->dir, MANY, &codes);
	assert_memory_equal(codes.code[1], "140371079999", 12);
	assert_true(codes.code[2][6] >= '5');
	assert_memory_equal(codes.code[2], "140371", 6);
}

/* What was typed in before it was printed is passed over, be it a copy or a card. */
static void test_taken(void **state)
{
	struct world *world = *state;
	struct ph_entry card = { .kind = ph_kind_find(PH_KIND_CARD_ISSUE) };
	char code[PH_PRINTED_SIZE + 1];

	world_write(world, world_copy(0, "1403710700014"));
	card.field[PH_CARD_CARD].set = true;
	card.field[PH_CARD_CARD].as.id =
		(struct ph_id){ 0, ph_view_str("1403710700021") };
	card.field[PH_CARD_READER].set = true;
	card.field[PH_CARD_READER].as.ref.n = 1;
	world_write(world, card);
	assert_non_null(ph_site_ledger(world->site, NULL));
	assert_int_equal(ph_site_print_code(world->site, code, NULL), 0);
	assert_memory_equal(code, "140371070003", 12);
}

/* Write on in another log that continues ours, for the reason WHY; no reason if it is negative. */
static void go_on(struct world *world, int why)
{
	struct ph_journal *journal = ph_site_journal(world->site);
	struct ph_log old = *ph_site_log(world->site), log;
	struct ph_entry open = { .kind = ph_kind_find(PH_KIND_OPEN),
				 .number = PH_KIND_OPEN,
				 .stamp = ph_stamp(WORLD_NOW, 0) };
	struct ph_buf bytes = { 0 }, body = { 0 };
	uint8_t nonce[PH_NONCE_SIZE], id[PH_LOG_ID_SIZE];
	struct ph_value *field = open.field;

	world->config.rng.fill(world->config.rng.data, nonce, sizeof(nonce));
	ph_log_id(id, old.key, nonce);
	field[PH_OPEN_KEY].set = true;
	field[PH_OPEN_KEY].as.bytes = PH_VIEW(old.key, sizeof(old.key));
	field[PH_OPEN_NONCE].set = true;
	field[PH_OPEN_NONCE].as.bytes = PH_VIEW(nonce, sizeof(nonce));
	field[PH_OPEN_SITE].set = true;
	field[PH_OPEN_SITE].as.uint = old.site;
	field[PH_OPEN_CONTINUES].set = true;
	memcpy(field[PH_OPEN_CONTINUES].as.head.log_id, old.id, sizeof(old.id));
	field[PH_OPEN_CONTINUES].as.head.n = old.n;
	memcpy(field[PH_OPEN_CONTINUES].as.head.h, old.h, sizeof(old.h));
	field[PH_OPEN_WHY].set = why >= 0;
	field[PH_OPEN_WHY].as.uint = (uint64_t)why;
	assert_int_equal(ph_entry_encode(&open, &bytes, NULL), 0);
	assert_int_equal(ph_segment_add(&body, ph_buf_view(&bytes)), 0);
	assert_int_equal(
		ph_journal_log_add(journal, id, old.key, old.site, old.role, &log), 0);
	assert_int_equal(ph_journal_append(journal, &log, ph_buf_view(&body)), 0);
	assert_int_equal(ph_journal_meta_put(journal, "own_log", PH_VIEW(id, sizeof(id))),
			 0);
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&body);
	close_site(world);
	assert_int_equal(world_open(world, NULL), 0);
	assert_memory_equal(ph_site_log(world->site)->id, id, sizeof(id));
}

static const struct {
	const char *name;
	int why[3]; /* of the logs that follow; -2: no more */
	bool leaves;
} successions[] = {
	{ "a bad clock", { PH_WHY_CLOCK, -2 }, false },
	{ "no reason given, as older programs do", { -1, -2 }, false },
	{ "bad clocks, several times", { PH_WHY_CLOCK, -1, PH_WHY_CLOCK }, false },
	{ "put back", { PH_WHY_RESTORED, -2 }, true },
	{ "copied", { PH_WHY_CLONED, -2 }, true },
	{ "replaced", { PH_WHY_REPLACED, -2 }, true },
	{ "put back, and then a bad clock", { PH_WHY_RESTORED, PH_WHY_CLOCK, -2 }, true },
	{ "a bad clock, and then put back", { PH_WHY_CLOCK, PH_WHY_RESTORED, -2 }, true },
};

static void test_logs_that_go_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(successions) / sizeof(successions[0]); i++) {
		struct codes codes = { 0 };
		struct world *world;

		print_message("# %s\n", successions[i].name);
		world_setup_joined((void **)&world);
		close_site(world);
		print(world, world->dir, 2, &codes);
		assert_int_equal(world_open(world, NULL), 0);
		for (size_t j = 0; j < 3 && successions[i].why[j] != -2; j++) {
			go_on(world, successions[i].why[j]);
		}
		close_site(world);
		print(world, world->dir, 2, &codes);
		assert_int_equal(!in_block(&codes, 2, "07"), successions[i].leaves);
		/* and it goes on from there */
		print(world, world->dir, 1, &codes);
		assert_memory_equal(codes.code[4], codes.code[3], 6);
		world_teardown((void **)&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_in_order, world_setup_joined,
						world_teardown),
		cmocka_unit_test_setup_teardown(test_batches, world_setup_joined,
						world_teardown),
		cmocka_unit_test_setup_teardown(test_two_devices, world_setup_joined,
						world_teardown),
		cmocka_unit_test_setup_teardown(test_copies, world_setup_joined,
						world_teardown),
		cmocka_unit_test(test_put_back),
		cmocka_unit_test_setup_teardown(test_witness_lost, world_setup_joined,
						world_teardown),
		cmocka_unit_test_setup_teardown(test_block_ends, world_setup_joined,
						world_teardown),
		cmocka_unit_test(test_logs_that_go_on),
		cmocka_unit_test_setup_teardown(test_taken, world_setup_joined,
						world_teardown),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

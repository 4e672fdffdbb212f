/*
 * Tests of client/site_erase.c over real sessions: an order to erase that came in a session
 * which ended without bringing the ledger up to date, since the process or the power did.
 */
#include "tests/unit/put_room.h"
#include "tests/unit/stick_world.h"

struct site {
	struct hub_room room;
	struct pc pc;
	struct ph_ref reader;
};

static int set_up(void **state)
{
	struct site *site = calloc(1, sizeof(*site));

	assert_non_null(site);
	hub_open(&site->room);
	pc_join(&site->room, &site->pc, "14-0371", "pc", 1);
	site->reader = pc_reader(&site->pc, "Lò Văn Pánh");
	sync_pc(&site->room, &site->pc);
	pc_confirm(&site->room, &site->pc);
	*state = site;
	return 0;
}

static int tear_down(void **state)
{
	struct site *site = *state;

	pc_end(&site->pc);
	hub_close(&site->room);
	free(site);
	return 0;
}

static void erase(struct site *site)
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, &site->reader);
	json_decref(signs(&site->room, json_pack("{s:s, s:[s]}", "command",
						 "reader-erase", "readers", text)));
}

/* The process ends, and another one begins. */
static void start_again(struct pc *pc)
{
	pc_close(pc);
	pc_open(pc);
}

/* As `sync` does. */
static void sync_and_end(struct site *site)
{
	sync_pc(&site->room, &site->pc);
	assert_int_equal(ph_site_erase_heard(site->pc.site, NULL), 0);
}

static void test_carried_out_at_the_end(void **state)
{
	struct site *site = *state;

	erase(site);
	sync_and_end(site);
	assert_false(pc_reads(&site->pc, &site->reader, "Lò Văn Pánh"));
}

/* The next session brings nothing new, and nobody works at the desk: it is carried out all the same. */
static void test_broken_off(void **state)
{
	struct site *site = *state;
	uint64_t before;

	erase(site);
	sync_pc(&site->room, &site->pc);
	start_again(&site->pc);
	assert_true(pc_reads(&site->pc, &site->reader, "Lò Văn Pánh"));
	before = pc_state(&site->pc).entries;
	sync_and_end(site);
	assert_false(pc_reads(&site->pc, &site->reader, "Lò Văn Pánh"));
	/* and it is told, once */
	sync_and_end(site);
	sync_and_end(site);
	assert_int_equal(pc_state(&site->pc).entries, before + 1);
}

/* Whoever brings the ledger up to date carries it out; then nothing is left to be done. */
static void test_by_the_desk(void **state)
{
	struct site *site = *state;
	int64_t heard = 1;

	erase(site);
	sync_pc(&site->room, &site->pc);
	start_again(&site->pc);
	assert_non_null(ph_site_ledger(site->pc.site, NULL));
	assert_false(pc_reads(&site->pc, &site->reader, "Lò Văn Pánh"));
	assert_int_equal(ph_journal_meta_get_int(ph_site_journal(site->pc.site),
						 "erase_heard", &heard),
			 0);
	assert_int_equal(heard, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_carried_out_at_the_end, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_broken_off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_by_the_desk, set_up, tear_down),
	};

	return ph_crypto_start() == 0
		       ? cmocka_run_group_tests(tests, make_pattern, remove_pattern)
		       : 1;
}

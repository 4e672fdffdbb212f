/*
 * tests/unit/test_scope_put_back.c - a hub whose store is an older copy, and does not know it: a site
 * that was fed in the days that are lost has its share all the same when it has called.
 */
#include <sodium.h>

#include "scope_quiet.h"
#include "tests/lib/memory_db.h"

static void put_copy(struct actor *actor, const char *code, int64_t second)
{
	struct ph_entry put = entry_of(PH_KIND_COPY_PUT);

	set_id(&put, PH_COPY_COPY, 0, code);
	set_uint(&put, PH_COPY_OWNER, 101);
	at(actor, &put, second);
}

/* --- the hub --- */

static void copy_store(struct ph_db *from, struct ph_db *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to->raw, "main", from->raw, "main");

	assert_non_null(backup);
	assert_int_equal(sqlite3_backup_step(backup, -1), SQLITE_DONE);
	assert_int_equal(sqlite3_backup_finish(backup), SQLITE_OK);
}

static struct ph_db *lay_aside(struct province *province)
{
	struct ph_db *aside = open_memory(true);

	copy_store(province->hub.db, aside);
	return aside;
}

static void put_back(struct province *province, struct ph_db *aside)
{
	copy_store(aside, province->hub.db);
	ph_db_close(aside);
	province->skip = 70;
	open_hub(province);
}

static void step_all(struct province *province)
{
	bool more = true;

	catch_up(province->hub.ledger);
	while (more) {
		assert_int_equal(ph_feeder_step(province->feeder, 100, &more), 0);
	}
}

static void hub_takes(struct province *province, const struct actor *actor)
{
	assert_true(world_take(&province->hub, actor, UINT64_MAX) > 0);
	step_all(province);
}

/* --- sessions --- */

static void say_cursor(struct province *province, const struct share *share,
		       const struct ph_feeder_cursor *cursor)
{
	assert_int_equal(ph_db_begin(province->hub.db), 0);
	assert_int_equal(ph_feeder_confirm(province->feeder, share->device, cursor), 0);
	assert_int_equal(ph_db_commit(province->hub.db), 0);
	step_all(province);
}

static void call(struct province *province, struct share *share)
{
	const struct ph_feeder_cursor cursor = cursor_of(province, share);

	say_cursor(province, share, &cursor);
	while (give_page(province, share)) {
	}
	catch_up(share->world.ledger);
}

/* What waits is the rows of it, whatever numbers they have. */
static uint64_t waiting(struct province *province, const struct share *share)
{
	uint64_t n;

	assert_int_equal(ph_feeder_waiting(province->feeder, share->device, &n), 0);
	return n;
}

/* --- what is lost --- */

/*
 * In the lost days 101 was fed what 202 wrote. Before it calls again the hub has heard of 303 and
 * of 202, and has put down for it more than it had then: by how many it ends nothing is to be seen.
 */
static void it_ends_where_the_hub_has_come_again(void **state)
{
	struct history *history = history_quiet();
	struct actor *helper = &history->actors[HELPER], *far = &history->actors[TARGET];
	struct province province;
	struct ph_feeder_state fed;
	struct ph_db *aside;
	struct share *share;

	(void)state;
	put_copy(far, "c1", 1);
	open_province(&province, history, 1);
	settle(&province);
	share = share_of(&province, 101);
	call(&province, share);
	aside = lay_aside(&province);

	put_copy(helper, "c2", 2);
	hub_takes(&province, helper);
	assert_int_equal(waiting(&province, share), 1);
	call(&province, share);

	put_back(&province, aside);
	for (unsigned i = 0; i < 100; i++) {
		char code[8];

		snprintf(code, sizeof code, "d%u", i);
		put_copy(far, code, 10 + i);
	}
	hub_takes(&province, far);
	hub_takes(&province, helper);
	assert_int_equal(waiting(&province, share), 101);
	assert_int_equal(ph_feeder_state(province.feeder, share->device, &fed), 0);
	assert_true(fed.number > cursor_of(&province, share).number);
	call(&province, share);
	compare_all(&province, share, "when it has called");
	call(&province, share);
	assert_int_equal(waiting(&province, share), 0);
	close_province(&province);
}

/* In the lost days its feed began anew, and the hub had heard of none that it had before. */
static void its_feed_had_begun_anew(void **state)
{
	struct history *history = history_quiet();
	struct ph_feeder_cursor beyond;
	struct province province;
	struct ph_feeder_state fed;
	struct ph_db *aside;
	struct share *share;

	(void)state;
	put_copy(&history->actors[TARGET], "c1", 1);
	open_province(&province, history, 1);
	share = share_of(&province, 101);
	hub_takes(&province, &history->actors[CONTROL]);
	hub_takes(&province, &history->actors[TARGET]);
	world_take(&share->world, &history->actors[CONTROL], UINT64_MAX);
	aside = lay_aside(&province);

	assert_int_equal(ph_feeder_state(province.feeder, share->device, &fed), 0);
	assert_int_equal(fed.confirmed, 0);
	for (unsigned i = 1; i <= 3; i++) {
		beyond = (struct ph_feeder_cursor){ fed.scope, fed.number + 1 };
		say_cursor(&province, share, &beyond);
		assert_int_equal(ph_feeder_state(province.feeder, share->device, &fed),
				 0);
		assert_int_equal(fed.scope, 1 + i);
	}
	call(&province, share);
	assert_int_equal(cursor_of(&province, share).scope, 4);

	put_back(&province, aside);
	put_copy(&history->actors[HELPER], "c2", 2);
	hub_takes(&province, &history->actors[HELPER]);
	call(&province, share);
	assert_int_equal(cursor_of(&province, share).scope, 5);
	compare_all(&province, share, "when it has called");
	close_province(&province);
}

/*
 * At the backup 101 had been fed nothing. What it was fed in the lost days goes, though the
 * restored hub has nothing to tell it either.
 */
static void nothing_is_what_it_is_fed_again(void **state)
{
	struct history *history = history_quiet();
	struct province province;
	struct ph_feeder_state fed;
	struct ph_db *aside;
	struct share *share;

	(void)state;
	open_province(&province, history, 1);
	hub_takes(&province, &history->actors[CONTROL]);
	share = share_of(&province, 101);
	world_take(&share->world, &history->actors[CONTROL], UINT64_MAX);
	call(&province, share);
	assert_int_equal(ph_feeder_state(province.feeder, share->device, &fed), 0);
	assert_true(fed.fed && !fed.waking && fed.number == 0);
	aside = lay_aside(&province);

	put_copy(&history->actors[HELPER], "c2", 2);
	hub_takes(&province, &history->actors[HELPER]);
	call(&province, share);
	assert_true(cursor_of(&province, share).number > 0);

	province.epochs = 1;
	put_back(&province, aside);
	step_all(&province);
	call(&province, share);
	compare_all(&province, share, "when it has called");
	call(&province, share);
	assert_int_equal(waiting(&province, share), 0);
	close_province(&province);
}

/* A scope version that no hub gives out is not gone on from. */
static void nobody_says_how_far_versions_are(void **state)
{
	struct history *history = history_quiet();
	const struct ph_feeder_cursor wild = { UINT64_MAX >> 1, 1 };
	struct province province;
	struct ph_feeder_state fed;
	struct share *share;

	(void)state;
	put_copy(&history->actors[TARGET], "c1", 1);
	open_province(&province, history, 1);
	settle(&province);
	share = share_of(&province, 101);
	say_cursor(&province, share, &wild);
	assert_int_equal(ph_feeder_state(province.feeder, share->device, &fed), 0);
	assert_int_equal(fed.scope, 2);
	call(&province, share);
	compare_all(&province, share, "when it has called");
	close_province(&province);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_ends_where_the_hub_has_come_again),
		cmocka_unit_test(its_feed_had_begun_anew),
		cmocka_unit_test(nothing_is_what_it_is_fed_again),
		cmocka_unit_test(nobody_says_how_far_versions_are),
	};

	ph_device_keys_make(&keys, &ph_rng_system);
	return cmocka_run_group_tests_name("scope_put_back", tests, NULL, NULL);
}

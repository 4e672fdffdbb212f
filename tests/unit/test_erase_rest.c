/*
 * Tests of daemon/hub_erase.c and hub_command_backup.c (the sweep): what a process that was
 * killed leaves of readers who are erased goes all the same.
 */
#include "tests/unit/put_room.h"
#include "tests/unit/road_world.h"

#include "common/base/file.h"

struct town {
	struct hub_room room;
	struct pc pc;
	struct ph_ref reader;
};

static int set_up(void **state)
{
	struct town *town = calloc(1, sizeof(*town));

	assert_non_null(town);
	hub_open(&town->room);
	pc_join(&town->room, &town->pc, "14-0371", "desk", 1);
	town->reader = pc_reader(&town->pc, "Lò Văn Pánh");
	sync_pc(&town->room, &town->pc);
	pc_confirm(&town->room, &town->pc);
	sync_pc(&town->room, &town->pc);
	*state = town;
	return 0;
}

static int tear_down(void **state)
{
	struct town *town = *state;

	pc_end(&town->pc);
	hub_close(&town->room);
	free(town);
	return 0;
}

/* The operator's order; the daemon folds behind each command. */
static void erase(struct town *town)
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, &town->reader);
	json_decref(signs(&town->room, json_pack("{s:s, s:[s]}", "command",
						 "reader-erase", "readers", text)));
	assert_int_equal(ph_hub_fold(town->room.hub), 0);
}

/* --- the hub --- */

static void work_path(const struct town *town, const char *name, char out[static 128])
{
	snprintf(out, 128, "%s/backup/%s", town->room.dir, name);
}

/* A copy of the store, and one that was unpacked to be looked at. */
static void leave(const struct town *town)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "cd '%s' && mkdir -p backup/check/keys && cp hub.db backup/copy.db &&"
		 " cp hub.db backup/check/hub.db && cp keys/list backup/check/keys/list",
		 town->room.dir);
	assert_int_equal(system(command), 0);
}

static bool is_left(const struct town *town)
{
	char copy[128], check[128];

	work_path(town, "copy.db", copy);
	work_path(town, "check", check);
	assert_int_equal(ph_file_exists(copy), ph_file_exists(check));
	return ph_file_exists(copy);
}

static void test_a_start_sweeps(void **state)
{
	struct town *town = *state;

	leave(town);
	hub_restart(&town->room);
	assert_false(is_left(town));
}

static void test_an_erasure_sweeps(void **state)
{
	struct town *town = *state;

	leave(town);
	assert_int_equal(ph_hub_fold(town->room.hub), 0);
	assert_true(is_left(town));
	erase(town);
	assert_false(is_left(town));
}

/* Whoever makes or checks a backup holds the lock, and clears up by itself. */
static void test_not_under_way(void **state)
{
	struct town *town = *state;
	struct ph_lock lock = { .fd = -1 };
	char work[128];

	leave(town);
	work_path(town, "", work);
	work[strlen(work) - 1] = '\0';
	assert_int_equal(ph_lock_take(&lock, work, "a test", 0, NULL), 0);
	erase(town);
	hub_restart(&town->room);
	assert_true(is_left(town));
	ph_lock_release(&lock);
	hub_restart(&town->room);
	assert_false(is_left(town));
}

/* The command was killed, and the daemon runs on: what it had begun is over in ten minutes. */
static void test_given_up(void **state)
{
	struct town *town = *state;

	json_decref(ask(&town->room, json_pack("{s:s}", "command", "backup-begin")));
	leave(town);
	erase(town);
	assert_true(is_left(town));
	town->room.machine.now.mono_ms += 601000;
	town->room.machine.now.wall += 601;
	assert_int_equal(ph_hub_fold(town->room.hub), 0);
	assert_false(is_left(town));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_start_sweeps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_erasure_sweeps, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_not_under_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_given_up, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("erase_rest", tests, make_pattern,
					   remove_pattern);
}

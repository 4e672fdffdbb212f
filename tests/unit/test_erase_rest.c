/*
 * Tests of daemon/hub_erase.c, hub_command_backup.c (the sweep) and hub_command_erasure.c: what a
 * process that was killed leaves of readers who are erased goes all the same, and what lies there
 * for couriers (hub_courier_tour.c), and who is asked.
 */
#include "tests/unit/erase_town.h"

#include <unistd.h>

#include "common/base/file.h"
#include "common/base/lock.h"
#include "daemon/hub_bundle.h"
#include "proto/spool.h"
#include "tests/unit/capture.h"

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

/* Also of a daemon that serves pages, whose store is looked at beside. */
static void test_a_start_with_pages_sweeps(void **state)
{
	struct town *town = *state;
	struct ph_hub_config config = hub_config(&town->room);
	struct ph_error err;

	config.is_looked_at = true;
	leave(town);
	ph_hub_close(town->room.hub);
	assert_int_equal(ph_hub_open(&town->room.hub, &config, &err), 0);
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

/* What `status` says of what could not be removed, by NAME; "" for nothing. */
static void stays(struct town *town, const char *name, char out[static 64])
{
	json_t *answer = ask(&town->room, json_pack("{s:s}", "command", "status"));
	const char *why = json_string_value(json_object_get(answer, name));

	snprintf(out, 64, "%s", why ? why : "");
	json_decref(answer);
}

/* What cannot be removed is told, and goes with the next start. */
static void test_a_copy_stays(void **state)
{
	struct town *town = *state;
	struct capture told;
	char why[64], path[128];

	stays(town, "backup_stays", why);
	assert_string_equal(why, "");
	work_path(town, "", path);
	assert_int_equal(ph_dir_create(path, NULL), 0);
	work_path(town, "copy.db", path);
	assert_int_equal(ph_dir_create(path, NULL), 0);
	capture_start(&told, NULL);
	erase(town);
	capture_end(&told);
	assert_non_null(strstr(told.text[1], "hub.backup-stays "));
	stays(town, "backup_stays", why);
	assert_string_equal(why, "Is a directory");
	assert_int_equal(rmdir(path), 0);
	hub_restart(&town->room);
	stays(town, "backup_stays", why);
	assert_string_equal(why, "");
}

/* --- what lies there for couriers --- */

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void courier_path(const struct town *town, const char *name, char out[static 256])
{
	snprintf(out, 256, "%s/courier/%s", town->room.dir, name);
}

/* A bundle for a device, one of which a piece has come, and a file that is neither. */
static void leave_bundles(const struct town *town)
{
	char path[256], name[PH_SPOOL_NAME_SIZE];
	uint8_t hash[PH_BUNDLE_HASH_SIZE] = { 1 };

	courier_path(town, "", path);
	assert_int_equal(ph_dir_create(path, NULL), 0);
	ph_spool_name(hash, name);
	courier_path(town, name, path);
	assert_int_equal(ph_file_write(path, ph_view_str("sealed"), 0600, NULL), 0);
	courier_path(town, HASH ".piece", path);
	assert_int_equal(ph_file_write(path, ph_view_str("sea"), 0600, NULL), 0);
	courier_path(town, "README", path);
	assert_int_equal(ph_file_write(path, ph_view_str("mine"), 0600, NULL), 0);
}

static int count_names(void *data, const char *name)
{
	unsigned *n = data;

	(void)name;
	++*n;
	return 0;
}

static unsigned n_left(const struct town *town)
{
	unsigned n = 0;
	char path[256];

	courier_path(town, "", path);
	assert_int_equal(ph_dir_list(path, count_names, &n), 0);
	return n;
}

static void test_bundles_go(void **state)
{
	struct town *town = *state;

	leave_bundles(town);
	hub_restart(&town->room);
	assert_int_equal(n_left(town), 3);
	erase(town);
	assert_int_equal(n_left(town), 1);
	/* what is packed behind it stays */
	leave_bundles(town);
	assert_int_equal(ph_hub_fold(town->room.hub), 0);
	hub_restart(&town->room);
	assert_int_equal(n_left(town), 3);
}

/* What could not be removed is told, and goes with the next start. */
static void test_bundle_stays(void **state)
{
	struct town *town = *state;
	struct capture told;
	char path[256], why[64];

	leave_bundles(town);
	courier_path(town, HASH ".piece", path);
	assert_int_equal(ph_file_remove(path), 0);
	assert_int_equal(ph_dir_create(path, NULL), 0);
	capture_start(&told, NULL);
	erase(town);
	capture_end(&told);
	assert_non_null(strstr(told.text[1], "hub.courier-stays "));
	assert_non_null(strstr(told.text[1], "may write there"));
	assert_int_equal(n_left(town), 2);
	stays(town, "courier_stays", why);
	assert_string_equal(why, "Is a directory");
	/* nor is it forgotten with the next start */
	capture_start(&told, NULL);
	hub_restart(&town->room);
	capture_end(&told);
	stays(town, "courier_stays", why);
	assert_string_equal(why, "Is a directory");
	assert_int_equal(rmdir(path), 0);
	leave_bundles(town);
	hub_restart(&town->room);
	assert_int_equal(n_left(town), 1);
	stays(town, "courier_stays", why);
	assert_string_equal(why, "");
}

/* --- the certificate --- */

static int64_t counted(struct town *town, const char *name)
{
	json_t *answer = ask(&town->room, json_pack("{s:s}", "command", "erasures"));
	const json_t *item = json_array_get(json_object_get(answer, "erasures"), 0);
	int64_t n = json_integer_value(json_object_get(item, name));

	assert_non_null(item);
	json_decref(answer);
	return n;
}

static int64_t out(struct town *town)
{
	return counted(town, "out");
}

static int64_t confirmed(struct town *town)
{
	return counted(town, "confirmed");
}

/*
 * A hub is put back where the clock is days behind: by the stamps the PCs were let in after the order.
 * They are asked all the same, also one of a site that had nothing of the reader, and answer.
 */
static void test_a_clock_behind(void **state)
{
	struct town *town = *state;
	struct pc elsewhere;

	json_decref(ask(&town->room,
			json_pack("{s:s, s:s, s:s, s:s, s:s}", "command", "site-add",
				  "code", "14-0373", "commune", "03651", "kind",
				  "commune", "name", "Thư viện xã bên")));
	pc_join(&town->room, &elsewhere, "14-0373", "elsewhere", 5);
	sync_pc(&town->room, &elsewhere);
	town->room.machine.now.wall -= 5 * 86400;
	hub_restart(&town->room);
	json_decref(ask(&town->room, json_pack("{s:s}", "command", "epoch-begin")));
	json_decref(ask(&town->room,
			json_pack("{s:s, s:b}", "command", "collect-end", "anyway", 1)));
	erase(town);
	assert_int_equal(out(town), 2);
	sync_pc(&town->room, &town->pc);
	assert_int_equal(ph_site_erase_heard(town->pc.site, NULL), 0);
	assert_int_equal(out(town), 2);
	sync_pc(&town->room, &town->pc);
	assert_int_equal(ph_hub_fold(town->room.hub), 0);
	assert_int_equal(out(town), 1);
	sync_pc(&town->room, &elsewhere);
	assert_int_equal(ph_site_erase_heard(elsewhere.site, NULL), 0);
	sync_pc(&town->room, &elsewhere);
	assert_int_equal(ph_hub_fold(town->room.hub), 0);
	assert_int_equal(out(town), 0);
	pc_end(&elsewhere);
}

/* Who came afterwards was never given anything: when it has heard the order it is not asked, nor answers. */
static void test_came_later(void **state)
{
	struct town *town = *state;
	struct ph_site_state before, after;
	struct pc late;

	erase(town);
	pc_join(&town->room, &late, "14-0371", "late", 5);
	sync_pc(&town->room, &late);
	assert_int_equal(out(town), 2);
	pc_confirm(&town->room, &late);
	sync_pc(&town->room, &late);
	assert_int_equal(ph_site_erase_heard(late.site, NULL), 0);
	assert_int_equal(out(town), 1);
	assert_int_equal(ph_site_state(late.site, &before), 0);
	sync_pc(&town->room, &late);
	assert_int_equal(ph_site_state(late.site, &after), 0);
	assert_int_equal(after.entries, before.entries);
	pc_end(&late);
}

/*
 * A PC had not called yet, and wrote of her, whom it knew by another PC of its site: it holds her
 * part until it has heard the order, and then says that it went.
 */
static void test_wrote_before_it_called(void **state)
{
	struct town *town = *state;
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT),
				  .number = PH_KIND_READER_PUT };
	struct pc late;

	pc_join(&town->room, &late, "14-0371", "late", 5);
	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes = ph_view_str("Lò Văn Pánh");
	entry.field[PH_READER_READER].set = true;
	entry.field[PH_READER_READER].as.ref = town->reader;
	pc_write(&late, entry);
	erase(town);
	assert_int_equal(out(town), 1);
	sync_pc(&town->room, &late);
	assert_int_equal(ph_hub_fold(town->room.hub), 0);
	assert_int_equal(out(town), 2);
	assert_int_equal(ph_site_erase_heard(late.site, NULL), 0);
	sync_pc(&town->room, &late);
	assert_int_equal(ph_hub_fold(town->room.hub), 0);
	assert_int_equal(out(town), 1);
	assert_int_equal(confirmed(town), 1);
	pc_end(&late);
}

/*
 * A PC was let in in days that the hub has lost, and only another one heard of that. It hears the order
 * before that one has called, and takes it that it came later, whether the hub lets it in anew (AGAIN) or not:
 * when the word is back the hub asks it, and it answers.
 */
static void let_in_in_lost_days(struct town *town, bool again)
{
	char copy[80];
	struct pc late;

	pc_join(&town->room, &late, "14-0371", "late", 5);
	copy_hub(town, "", ".copy");
	/* of this session nothing came to the PC */
	pc_copy(&late, "", ".early");
	sync_pc(&town->room, &late);
	pc_copy(&late, ".early", "");
	sync_pc(&town->room, &town->pc);
	copy_hub(town, ".copy", "");
	json_decref(ask(&town->room, json_pack("{s:s}", "command", "epoch-begin")));
	erase(town);
	sync_pc(&town->room, &late);
	assert_int_equal(ph_site_erase_heard(late.site, NULL), 0);
	if (again) {
		json_decref(ask(&town->room, json_pack("{s:s, s:b}", "command",
						       "collect-end", "anyway", 1)));
	}
	sync_pc(&town->room, &late);
	sync_pc(&town->room, &town->pc);
	if (!again) {
		json_decref(ask(&town->room, json_pack("{s:s, s:b}", "command",
						       "collect-end", "anyway", 1)));
	}
	assert_int_equal(ph_site_erase_heard(town->pc.site, NULL), 0);
	sync_pc(&town->room, &town->pc);
	assert_int_equal(ph_hub_fold(town->room.hub), 0);
	assert_int_equal(confirmed(town), 1);
	assert_int_equal(out(town), 1);
	sync_pc(&town->room, &late);
	sync_pc(&town->room, &late);
	assert_int_equal(ph_hub_fold(town->room.hub), 0);
	assert_int_equal(confirmed(town), 2);
	assert_int_equal(out(town), 0);
	snprintf(copy, sizeof(copy), "%s.copy", town->room.dir);
	remove_dir(copy);
	pc_end(&late);
}

static void test_let_in_in_lost_days(void **state)
{
	let_in_in_lost_days(*state, false);
}

static void test_let_in_again(void **state)
{
	let_in_in_lost_days(*state, true);
}

/* Whether the certificate says that something of the reader was at PC. */
static bool held(struct town *town, struct pc *pc)
{
	json_t *list = ask(&town->room, json_pack("{s:s}", "command", "erasures"));
	const json_t *first = json_array_get(json_object_get(list, "erasures"), 0);
	json_t *answer =
		ask(&town->room, json_pack("{s:s, s:O}", "command", "erasures", "erasure",
					   json_object_get(first, "erasure")));
	const json_t *item;
	int held = -1;
	size_t i;

	json_array_foreach(
		json_object_get(json_object_get(answer, "certificate"), "devices"), i,
		item)
	{
		if (strcmp(json_string_value(json_object_get(item, "device")),
			   pc_id(pc)) == 0) {
			held = json_is_true(json_object_get(item, "held"));
		}
	}
	json_decref(answer);
	json_decref(list);
	assert_true(held >= 0);
	return held == 1;
}

/* A PC of another site was fed the reader, and is stolen: the hub forgets what it was fed. */
static void test_held_by_a_thief(void **state)
{
	struct town *town = *state;
	struct pc other;

	pc_join(&town->room, &other, "14-0372", "other", 7);
	sync_pc(&town->room, &other);
	pc_confirm(&town->room, &other);
	sync_pc(&town->room, &other);
	sync_pc(&town->room, &other);
	erase(town);
	assert_true(held(town, &other));
	json_decref(signs(&town->room,
			  json_pack("{s:s, s:s, s:s}", "command", "device-cut", "device",
				    pc_id(&other), "reason", "stolen")));
	assert_int_equal(ph_hub_fold(town->room.hub), 0);
	assert_true(held(town, &other));
	pc_end(&other);
}

static const uint8_t pc_of_another[PH_DEVICE_ID_SIZE] = { 7 };

/* Noted, of bundles FIRST to LAST of that PC. */
static uint64_t noted(struct town *town, uint64_t first, uint64_t last)
{
	uint64_t n = 0;

	assert_int_equal(
		ph_hub_bundles_came(town->room.hub, pc_of_another, first, last, &n), 0);
	return n;
}

static void comes(struct town *town, uint64_t number)
{
	assert_int_equal(
		ph_hub_bundle_came(town->room.hub, pc_of_another, number, number), 0);
}

/* What came stays known, whatever the hub's clock said then, or says for a day; else the certificate had it out. */
static void test_came_by_a_wrong_clock(void **state)
{
	struct town *town = *state;
	int64_t *wall = &town->room.machine.now.wall;
	int64_t right = *wall;

	comes(town, 1);
	*wall = 0;
	comes(town, 2);
	*wall = right + INT64_C(10) * 366 * 86400;
	comes(town, 3);
	*wall = right;
	comes(town, 4);
	assert_int_equal(noted(town, 1, 4), 4);
	comes(town, PH_HUB_BUNDLES_KEPT);
	assert_int_equal(noted(town, 1, 4), 4);
	comes(town, PH_HUB_BUNDLES_KEPT + 1);
	assert_int_equal(noted(town, 1, 4), 3);
	comes(town, INT64_MAX);
	assert_int_equal(noted(town, 0, INT64_MAX), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_start_sweeps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_start_with_pages_sweeps, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_an_erasure_sweeps, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_not_under_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_copy_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bundles_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bundle_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_clock_behind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_came_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrote_before_it_called, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_let_in_in_lost_days, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_let_in_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_held_by_a_thief, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_came_by_a_wrong_clock, set_up,
						tear_down),
	};

	return cmocka_run_group_tests_name("erase_rest", tests, make_pattern,
					   remove_pattern);
}

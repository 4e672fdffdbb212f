/* A site's folder: joining, opening, writing, scans, personal fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>

#include "common/base/file.h"
#include "site_world.h"

static unsigned mode_of(const struct world *world, const char *name)
{
	char path[160];
	struct stat info;

	world_path(world, name, path);
	assert_int_equal(stat(path, &info), 0);
	return info.st_mode & 0777;
}

static bool is_there(const struct world *world, const char *name)
{
	char path[160];

	world_path(world, name, path);
	return ph_file_exists(path);
}

/* --- join --- */

static void test_join(void **state)
{
	struct world *world = *state;
	struct ph_site_info info;
	struct ph_site_state now;

	assert_int_equal(world_join(world, NULL), 0);
	assert_int_equal(mode_of(world, "."), 0700);
	assert_int_equal(mode_of(world, "keys"), 0600);
	assert_int_equal(mode_of(world, "site.db"), 0600);
	assert_int_equal(world_open(world, NULL), 0);
	ph_site_info(world->site, &info);
	assert_int_equal(info.site, 140371);
	assert_true(ph_view_equal(info.site_code, ph_view_str("chieng-la")));
	assert_true(ph_view_equal(info.site_name, world->province.invite.site_name));
	assert_int_equal(info.code_block, 7);
	assert_memory_equal(ph_site_hub_box(world->site), world->province.hub.box.key,
			    PH_KEY_SIZE);
	/* the log is open: `open` and a clock-mark */
	assert_int_equal(ph_site_log(world->site)->n, 2);
	assert_int_equal(ph_site_log(world->site)->site, 140371);
	assert_int_equal(ph_site_state(world->site, &now), 0);
	assert_int_equal(now.entries, 2);
	assert_int_equal(now.receipted, 0);
	assert_int_equal(now.oldest_pending, WORLD_NOW);
	assert_int_equal(now.last_time, 0);
}

static void test_join_twice(void **state)
{
	struct world *world = *state;
	struct ph_error err = { 0 };

	assert_int_equal(world_join(world, NULL), 0);
	assert_int_equal(world_join(world, &err), -EEXIST);
	assert_int_equal(err.exit, PH_EXIT_OTHER);
}

/* The keys of a join that was interrupted are used again, and its leavings are no obstacle. */
static void test_join_interrupted(void **state)
{
	struct world *world = *state;
	struct ph_device_keys keys;
	uint8_t id[PH_DEVICE_ID_SIZE];
	struct ph_site_info info;
	struct ph_error err = { 0 };
	char path[160];

	assert_int_equal(ph_dir_create(world->dir, NULL), 0);
	ph_device_keys_make(&keys, &world->config.rng);
	world_path(world, "keys", path);
	assert_int_equal(ph_device_keys_save(&keys, path, NULL), 0);
	world_path(world, "site.db.new", path);
	assert_int_equal(ph_file_write(path, ph_view_str("half a store"), 0600, NULL), 0);
	world_path(world, "site.db.new-wal", path);
	assert_int_equal(ph_file_write(path, ph_view_str("half"), 0600, NULL), 0);

	/* until then it is not enrolled */
	assert_int_equal(world_open(world, &err), -ENOENT);
	assert_int_equal(err.exit, PH_EXIT_NOT_ENROLLED);

	assert_int_equal(world_join(world, NULL), 0);
	assert_int_equal(world_open(world, NULL), 0);
	ph_site_info(world->site, &info);
	ph_device_id(id, keys.sign.key);
	assert_memory_equal(info.device_id, id, sizeof(id));
	assert_false(is_there(world, "site.db.new"));
	ph_device_keys_wipe(&keys);
}

static void test_join_foreign_folder(void **state)
{
	struct world *world = *state;
	struct ph_error err = { 0 };
	char path[160];

	assert_int_equal(ph_dir_create(world->dir, NULL), 0);
	world_path(world, "hub.db", path);
	assert_int_equal(ph_file_write(path, ph_view_str("x"), 0600, NULL), 0);
	assert_int_equal(world_join(world, &err), -ENOTEMPTY);
	assert_int_equal(err.exit, PH_EXIT_OTHER);
	assert_non_null(strstr(err.text, "hub.db"));
	assert_false(is_there(world, "keys"));
}

static void test_join_expiry(void **state)
{
	struct world *world = *state;
	struct ph_error err = { 0 };

	world->now.wall = (int64_t)world->province.invite.expires + 1;
	assert_int_equal(world_join(world, &err), -EINVAL);
	assert_int_equal(err.exit, PH_EXIT_USAGE);
	assert_non_null(strstr(err.text, "expired"));
	assert_false(is_there(world, "."));

	world->config.even_if_expired = true;
	assert_int_equal(world_join(world, NULL), 0);
}

static void test_join_on_the_last_second(void **state)
{
	struct world *world = *state;

	world->now.wall = (int64_t)world->province.invite.expires;
	assert_int_equal(world_join(world, NULL), 0);
}

/* A machine without a clock battery joins; its stamps are not before the invite. */
static void test_join_in_1970(void **state)
{
	struct world *world = *state;
	struct ph_site_state now;

	world->now.wall = 100;
	assert_int_equal(world_join(world, NULL), 0);
	assert_int_equal(world_open(world, NULL), 0);
	assert_int_equal(ph_site_state(world->site, &now), 0);
	assert_int_equal(now.oldest_pending, world->province.invite.issued);
}

static void test_join_bad_text(void **state)
{
	struct world *world = *state;
	static const size_t cuts[] = { 0, 1, 10, 11, 12, 100, 400 };

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		struct ph_error err = { 0 };

		assert_int_equal(ph_site_join(&world->config,
					      PH_VIEW(world->invite.data, cuts[i]), &err),
				 -EINVAL);
		assert_int_equal(err.exit, PH_EXIT_USAGE);
		assert_false(is_there(world, "."));
	}
	world->invite.data[200] = world->invite.data[200] == 'A' ? 'B' : 'A';

	struct ph_error err = { 0 };

	assert_int_equal(world_join(world, &err), -EINVAL);
	assert_int_equal(err.exit, PH_EXIT_USAGE);
	assert_false(is_there(world, "."));
}

/* --- open --- */

static void test_open_nothing(void **state)
{
	struct world *world = *state;
	struct ph_error err = { 0 };

	assert_int_equal(world_open(world, &err), -ENOENT);
	assert_int_equal(err.exit, PH_EXIT_NOT_ENROLLED);
	assert_non_null(strstr(err.text, "packhorse join"));
}

static void test_open_in_use(void **state)
{
	struct world *world = *state;
	struct ph_site *second = NULL;
	struct ph_error err = { 0 };

	assert_int_equal(ph_site_open(&second, &world->config, &err), -EWOULDBLOCK);
	assert_int_equal(err.exit, PH_EXIT_IN_USE);
	assert_non_null(strstr(err.text, "test"));
	assert_null(second);
}

static void close_site(struct world *world)
{
	ph_site_close(world->site);
	world->site = NULL;
}

static void test_open_without_keys(void **state)
{
	struct world *world = *state;
	struct ph_error err = { 0 };
	char path[160];

	close_site(world);
	world_path(world, "keys", path);
	assert_int_equal(unlink(path), 0);
	assert_true(world_open(world, &err) < 0);
	assert_null(world->site);
}

static void test_open_other_keys(void **state)
{
	struct world *world = *state;
	struct ph_device_keys keys;
	struct ph_error err = { 0 };
	char path[160];

	close_site(world);
	ph_device_keys_make(&keys, &world->config.rng);
	world_path(world, "keys", path);
	assert_int_equal(ph_device_keys_save(&keys, path, NULL), 0);
	assert_int_equal(world_open(world, &err), -EUCLEAN);
	assert_int_equal(err.exit, PH_EXIT_DAMAGED);
	ph_device_keys_wipe(&keys);
}

static void test_open_damaged_store(void **state)
{
	struct world *world = *state;
	struct ph_error err = { 0 };
	char path[160];

	close_site(world);
	world_path(world, "site.db", path);

	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "not a database, no", 18, 0), 18);
	close(fd);
	assert_int_equal(world_open(world, &err), -EUCLEAN);
	assert_int_equal(err.exit, PH_EXIT_DAMAGED);
}

/* While a site is paused another command writes to it; then it goes on with that. */
static void test_pause(void **state)
{
	struct world *world = *state;
	struct ph_site *second = NULL;
	struct ph_entry entry = world_visit(3);
	struct ph_error err = { 0 };

	ph_site_pause(world->site);
	assert_int_equal(ph_site_open(&second, &world->config, NULL), 0);
	assert_int_equal(ph_site_write(second, &entry, 1, NULL, NULL), 0);
	assert_int_equal(ph_site_resume(world->site, &err), -EWOULDBLOCK);
	assert_int_equal(err.exit, PH_EXIT_IN_USE);
	ph_site_close(second);
	assert_int_equal(ph_site_resume(world->site, NULL), 0);
	assert_int_equal(ph_site_log(world->site)->n, 3);
	world_write(world, world_visit(4));
	assert_int_equal(ph_site_log(world->site)->n, 4);
}

/* --- writing --- */

static void test_write_is_kept(void **state)
{
	struct world *world = *state;
	struct ph_entry entries[2] = { world_visit(1), world_visit(2) };
	struct ph_ref refs[2];
	struct ph_buf bytes = { 0 };
	struct ph_log log;

	assert_int_equal(ph_site_write(world->site, entries, 2, refs, NULL), 0);
	assert_int_equal(refs[1].n, 4);
	close_site(world);
	assert_int_equal(world_open(world, NULL), 0);
	assert_int_equal(ph_site_log(world->site)->n, 4);
	assert_int_equal(
		ph_journal_resolve(ph_site_journal(world->site), &refs[0], &log, &bytes),
		0);
	ph_buf_deinit(&bytes);
}

static void test_write_kinds(void **state)
{
	struct world *world = *state;
	static const unsigned refused[] = { PH_KIND_OPEN, PH_KIND_CLOCK_MARK,
					    PH_KIND_SITE_PUT, PH_KIND_DEVICE_ADMIT,
					    PH_KIND_POLICY_PUT };

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct ph_entry entries[2] = { world_visit(1),
					       { .kind = ph_kind_find(refused[i]) } };
		struct ph_error err = { 0 };

		assert_int_equal(ph_site_write(world->site, entries, 2, NULL, &err),
				 -EINVAL);
		assert_int_equal(err.exit, PH_EXIT_USAGE);
		assert_int_equal(ph_site_log(world->site)->n, 2);
	}

	struct ph_entry unknown = { .number = 999 };
	struct ph_error err = { 0 };

	assert_int_equal(ph_site_write(world->site, &unknown, 1, NULL, &err), -EINVAL);
	assert_int_equal(err.exit, PH_EXIT_USAGE);
}

/* All of a write or nothing. */
static void test_write_invalid(void **state)
{
	struct world *world = *state;
	struct ph_entry entries[2] = { world_visit(1), world_visit(0) };
	struct ph_error err = { 0 };

	assert_int_equal(ph_site_write(world->site, entries, 2, NULL, &err), -EINVAL);
	assert_int_equal(err.exit, PH_EXIT_USAGE);
	assert_int_equal(ph_site_log(world->site)->n, 2);
	world_write(world, world_visit(5));
	assert_int_equal(ph_site_log(world->site)->n, 3);
}

static void test_batch(void **state)
{
	struct world *world = *state;
	struct ph_entry bad[2] = { world_visit(2), world_visit(0) };
	struct ph_error err = { 0 };

	assert_int_equal(ph_site_begin(world->site, NULL), 0);
	assert_true(ph_site_begin(world->site, NULL) < 0);
	world_write(world, world_visit(1));
	assert_int_equal(ph_site_write(world->site, bad, 2, NULL, &err), -EINVAL);
	world_write(world, world_visit(3));
	assert_int_equal(ph_site_commit(world->site, NULL), 0);
	/* what was refused has left nothing in it */
	assert_int_equal(ph_site_log(world->site)->n, 4);

	assert_int_equal(ph_site_begin(world->site, NULL), 0);
	world_write(world, world_visit(4));
	ph_site_undo(world->site);
	assert_int_equal(ph_site_log(world->site)->n, 4);
	close_site(world);
	assert_int_equal(world_open(world, NULL), 0);
	assert_int_equal(ph_site_log(world->site)->n, 4);
}

static void test_batch_not_committed(void **state)
{
	struct world *world = *state;

	assert_int_equal(ph_site_begin(world->site, NULL), 0);
	world_write(world, world_visit(1));
	close_site(world);
	assert_int_equal(world_open(world, NULL), 0);
	assert_int_equal(ph_site_log(world->site)->n, 2);
}

static void test_courier_writes_nothing(void **state)
{
	struct world *world = *state;
	struct ph_entry entry = world_visit(1);
	struct ph_error err = { 0 };

	world->province.invite.role = PH_ROLE_COURIER;
	world_invite(world);
	assert_int_equal(world_join(world, NULL), 0);
	assert_int_equal(world_open(world, NULL), 0);
	assert_int_equal(ph_site_write(world->site, &entry, 1, NULL, &err), -EINVAL);
	assert_int_equal(err.exit, PH_EXIT_USAGE);
}

/* --- codes and scans --- */

struct scan {
	const char *name;
	const char *code;
	uint64_t ns;
	bool known;
};

static void check_scans(struct world *world, const struct scan *scans, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct ph_id id = { .ns = 77 };
		bool known = !scans[i].known;

		print_message("# %s\n", scans[i].name);
		assert_int_equal(ph_site_resolve(world->site, PH_T_COPY_ID,
						 ph_view_str(scans[i].code), &id, &known,
						 NULL),
				 0);
		assert_int_equal(id.ns, scans[i].ns);
		assert_int_equal(known, scans[i].known);
		assert_true(ph_view_equal(id.code, ph_view_str(scans[i].code)));
	}
}

static void test_resolve(void **state)
{
	static const struct scan scans[] = {
		{ "ours, described", "1403710700014", 0, true },
		{ "ours, never seen", "1403710700021", 0, false },
		{ "ours but for the check digit", "1403710700015", 140371, false },
		{ "foreign code, known here", "000123", 140371, true },
		{ "the same with other zeros is another", "0000123", 140371, false },
		{ "never seen", "999", 140371, false },
		{ "lent, but never described", "LENT1", 140371, false },
		{ "Vietnamese letters", "Đ000451", 140371, true },
	};
	struct world *world = *state;
	struct ph_entry loan = { .kind = ph_kind_find(PH_KIND_LOAN) };

	world_write(world, world_copy(0, "1403710700014"));
	world_write(world, world_copy(140371, "000123"));
	world_write(world, world_copy(140371, "Đ000451"));
	loan.field[PH_LOAN_COPY].set = true;
	loan.field[PH_LOAN_COPY].as.id = (struct ph_id){ 140371, ph_view_str("LENT1") };
	loan.field[PH_LOAN_CARD].set = true;
	loan.field[PH_LOAN_CARD].as.id = (struct ph_id){ 140371, ph_view_str("C1") };
	world_write(world, loan);
	check_scans(world, scans, sizeof(scans) / sizeof(scans[0]));
}

static void test_resolve_limits(void **state)
{
	struct world *world = *state;
	char code[PH_CODE_MAX + 2];
	struct ph_id id;

	memset(code, '7', sizeof(code));
	for (size_t len = 0; len <= PH_CODE_MAX + 1;
	     len += len == 1 ? PH_CODE_MAX - 2 : 1) {
		struct ph_error err = { 0 };
		int rc = ph_site_resolve(world->site, PH_T_CARD_ID, PH_VIEW(code, len),
					 &id, NULL, &err);

		if (len >= 1 && len <= PH_CODE_MAX) {
			assert_int_equal(rc, 0);
		} else {
			assert_int_equal(rc, -EINVAL);
			assert_int_equal(err.exit, PH_EXIT_USAGE);
		}
	}
}

/* --- personal fields --- */

static void test_part(void **state)
{
	struct world *world = *state;
	struct ph_entry reader = world_reader("Lò Thị Ỏn");
	struct ph_entry visit = world_visit(1);
	struct ph_entry read;
	struct ph_buf plain = { 0 };
	struct ph_ref refs[2];

	assert_int_equal(ph_site_write(world->site, &reader, 1, &refs[0], NULL), 0);
	assert_int_equal(ph_site_write(world->site, &visit, 1, &refs[1], NULL), 0);
	assert_int_equal(ph_site_open_part(world->site, &refs[0], &read, &plain), 0);
	assert_int_equal(read.number, PH_KIND_READER_PUT);
	assert_true(read.sealed[PH_READER_S_NAME].set);
	assert_true(ph_view_equal(read.sealed[PH_READER_S_NAME].as.bytes,
				  ph_view_str("Lò Thị Ỏn")));
	/* an entry without a part, and one that is not here */
	assert_int_equal(ph_site_open_part(world->site, &refs[1], &read, &plain),
			 PH_JOURNAL_E_NONE);
	refs[0].hash[0] ^= 1;
	assert_int_equal(ph_site_open_part(world->site, &refs[0], &read, &plain),
			 PH_JOURNAL_E_NONE);
	ph_buf_wipe(&plain);
}

#define JOINED(test)                                                                     \
	cmocka_unit_test_setup_teardown(test, world_setup_joined, world_teardown)
#define FRESH(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(test_join),
		FRESH(test_join_twice),
		FRESH(test_join_interrupted),
		FRESH(test_join_foreign_folder),
		FRESH(test_join_expiry),
		FRESH(test_join_on_the_last_second),
		FRESH(test_join_in_1970),
		FRESH(test_join_bad_text),
		FRESH(test_open_nothing),
		JOINED(test_open_in_use),
		JOINED(test_open_without_keys),
		JOINED(test_open_other_keys),
		JOINED(test_open_damaged_store),
		JOINED(test_pause),
		JOINED(test_write_is_kept),
		JOINED(test_write_kinds),
		JOINED(test_write_invalid),
		JOINED(test_batch),
		JOINED(test_batch_not_committed),
		FRESH(test_courier_writes_nothing),
		JOINED(test_resolve),
		JOINED(test_resolve_limits),
		JOINED(test_part),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

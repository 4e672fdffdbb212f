/*
 * Tests of client/site_erase.c over real sessions: an order to erase that came in a session
 * which ended without bringing the ledger up to date, since the process or the power did, or by a
 * courier who left in the middle; and what was
 * packed for a stick before, as the certificate tells it; and of client/site_courier_pack.c: what
 * lies there for couriers goes, all of it and for good, or why it stays is said.
 */
#include "tests/unit/erase_site.h"
#include "tests/unit/stick_world.h"

#include <errno.h>

#include "common/base/file.h"
#include "proto/spool.h"

static void sync_and_end(struct site *site)
{
	sync_to_end(site, &site->pc);
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

/* It came by a courier who left before the bundle had ended: nobody waits for the next one. */
static void test_courier_leaves(void **state)
{
	struct site *site = *state;
	struct pocket pocket = { 0 };
	struct ph_site_taking *taking;
	struct ph_site_taken taken;
	struct ph_error err = { 0 };
	struct pc second;
	unsigned steps = 0;

	/* more than goes into one commit */
	pc_join(&site->room, &second, "14-0371", "second", 5);
	sync_pc(&site->room, &second);
	pc_confirm(&site->room, &second);
	pc_visits(&second, 4000);
	sync_pc(&site->room, &second);
	erase(site);
	pack_hub(&site->room, &site->pc, PH_BUNDLE_MAX, &pocket);
	assert_int_equal(pocket.n, 1);
	assert_true(pocket.entries > 4000);
	assert_int_equal(ph_site_taking_new(&taking, site->pc.site,
					    ph_buf_view(&pocket.bundle[0]),
					    PH_ROAD_COURIER),
			 0);
	while (pc_reads(&site->pc, &site->reader, "Lò Văn Pánh")) {
		int rc = ph_site_taking_step(taking, &taken, &err);

		if (rc != PH_SITE_TAKE_E_MORE) {
			fail_msg("step %u: %d, \"%s\"", steps, rc, err.text);
		}
		steps++;
	}
	assert_true(steps > 0);
	ph_site_taking_free(taking);
	pocket_empty(&pocket);
	pc_end(&second);
}

/* What the certificate of the one order has as NAME; the caller's. */
static json_t *told(struct site *site, const char *name)
{
	json_t *answer = ask(&site->room, json_pack("{s:s}", "command", "erasures"));
	json_t *order = json_incref(json_object_get(
		json_array_get(json_object_get(answer, "erasures"), 0), "erasure"));
	json_t *list;

	json_decref(answer);
	answer = ask(&site->room,
		     json_pack("{s:s, s:o}", "command", "erasures", "erasure", order));
	list = json_incref(json_object_get(json_object_get(answer, "certificate"), name));
	json_decref(answer);
	assert_true(json_is_array(list));
	return list;
}

static size_t n_away(struct site *site)
{
	json_t *list = told(site, "away");
	size_t n = json_array_size(list);

	json_decref(list);
	return n;
}

/* The first of those that the certificate tells. */
static struct ph_away_run run_away(struct site *site, uint64_t *out_out)
{
	json_t *list = told(site, "away");
	const json_t *item = json_array_get(list, 0);
	struct ph_away_run run = {
		.first = (uint64_t)json_integer_value(json_object_get(item, "first")),
		.last = (uint64_t)json_integer_value(json_object_get(item, "last")),
		.road = strcmp(text_in(item, "road"), "courier") == 0 ? PH_AWAY_COURIER
								      : PH_AWAY_STICK,
	};

	*out_out = (uint64_t)json_integer_value(json_object_get(item, "out"));
	json_decref(list);
	return run;
}

/* She lies on two sticks; then all goes by the network, and she is erased. */
static void pack_and_erase(struct site *site, struct pocket *pocket)
{
	struct pocket second = { 0 };

	site->reader = pc_reader(&site->pc, "Lò Thị Tuyệt");
	pack_pc(&site->pc, PH_BUNDLE_MAX, pocket);
	pack_pc(&site->pc, PH_BUNDLE_MAX, &second);
	assert_int_equal(pocket->n + second.n, 2);
	pocket->bundle[pocket->n++] = second.bundle[0];
	sync_and_end(site);
	erase(site);
	if (n_away(site) != 0) {
		fail_msg("it is told before the site has said it");
	}
	sync_and_end(site);
	sync_and_end(site);
	assert_false(pc_reads(&site->pc, &site->reader, "Lò Thị Tuyệt"));
}

static void test_stick_is_out(void **state)
{
	struct site *site = *state;
	struct pocket pocket = { 0 };
	struct pocket later = { 0 };
	struct ph_away_run run;
	uint64_t out;

	pack_and_erase(site, &pocket);
	run = run_away(site, &out);
	assert_int_equal(run.last - run.first + 1, pocket.n);
	assert_int_equal(out, pocket.n);
	assert_int_equal(run.road, PH_AWAY_STICK);
	/* what is packed now has nothing of her */
	pack_pc(&site->pc, PH_BUNDLE_MAX, &later);
	take_all_up(&site->room, &later);
	assert_int_equal(n_away(site), 1);
	/* one comes, and the rest */
	(void)take_up(&site->room, ph_buf_view(&pocket.bundle[0]));
	run = run_away(site, &out);
	assert_int_equal(out, pocket.n - 1);
	take_all_up(&site->room, &pocket);
	assert_int_equal(n_away(site), 0);
	pocket_empty(&pocket);
	pocket_empty(&later);
}

/* A bundle that is cut short has not come. */
static void test_half_has_not_come(void **state)
{
	struct site *site = *state;
	struct pocket pocket = { 0 };
	uint64_t out;

	pack_and_erase(site, &pocket);
	(void)take_up(&site->room,
		      PH_VIEW(pocket.bundle[0].data, pocket.bundle[0].len - 1));
	(void)run_away(site, &out);
	assert_int_equal(out, pocket.n);
	pocket_empty(&pocket);
}

/* Of what is destroyed a person says so; of another device's nothing is meant. */
static void test_destroyed(void **state)
{
	struct site *site = *state;
	struct pocket pocket = { 0 };
	struct ph_away_run run;
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	struct ph_site_info info;
	uint64_t out;

	ph_site_info(site->pc.site, &info);
	ph_hex(id, info.device_id, sizeof(info.device_id));
	pack_and_erase(site, &pocket);
	run = run_away(site, &out);
	json_decref(ask(&site->room,
			json_pack("{s:s, s:s, s:s, s:I, s:I}", "command", "bundle-gone",
				  "device", id, "direction", "down", "first",
				  (json_int_t)run.first, "last", (json_int_t)run.last)));
	assert_int_equal(n_away(site), 1);
	json_decref(ask(&site->room,
			json_pack("{s:s, s:s, s:s, s:I, s:I}", "command", "bundle-gone",
				  "device", id, "direction", "up", "first",
				  (json_int_t)run.first, "last", (json_int_t)run.last)));
	assert_int_equal(n_away(site), 0);
	refused(&site->room,
		json_pack("{s:s, s:s, s:s, s:i, s:i}", "command", "bundle-gone", "device",
			  id, "direction", "up", "first", 5, "last", 4),
		PH_EXIT_USAGE, "the first and the last");
	pocket_empty(&pocket);
}

/* A reader of the first site, who lives in the commune of both, or nowhere. */
static struct ph_ref reader_at(struct site *site, bool in_commune)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT),
				  .number = PH_KIND_READER_PUT };

	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes = ph_view_str("Lò Thị Tuyệt");
	entry.field[PH_READER_COMMUNE].set = in_commune;
	entry.field[PH_READER_COMMUNE].as.bytes = ph_view_str("03646");
	return pc_write(&site->pc, entry);
}

/*
 * A PC of another site packed a stick, and wrote nothing of her. What another one of its site
 * wrote of her may be on it, if she is in the scope of that site.
 */
static void pack_elsewhere(struct site *site, bool in_commune)
{
	struct pocket pocket = { 0 };
	struct pc other;

	site->reader = reader_at(site, in_commune);
	sync_and_end(site);
	pc_join(&site->room, &other, "14-0372", "other", 7);
	sync_to_end(site, &other);
	pc_confirm(&site->room, &other);
	sync_to_end(site, &other);
	pc_visits(&other, 1);
	pack_pc(&other, PH_BUNDLE_MAX, &pocket);
	assert_int_equal(pocket.n, 1);
	sync_to_end(site, &other);
	erase(site);
	sync_to_end(site, &other);
	sync_to_end(site, &other);
	assert_int_equal(n_away(site), in_commune ? 1 : 0);
	take_all_up(&site->room, &pocket);
	assert_int_equal(n_away(site), 0);
	pocket_empty(&pocket);
	pc_end(&other);
}

static void test_packed_in_her_scope(void **state)
{
	pack_elsewhere(*state, true);
}

static void test_packed_out_of_it(void **state)
{
	pack_elsewhere(*state, false);
}

/* As long as bundles last, and no longer. */
static void test_over(void **state)
{
	struct site *site = *state;
	struct pocket pocket = { 0 };

	pack_and_erase(site, &pocket);
	pass(&site->room.machine, PH_BUNDLE_DAYS * 86400);
	assert_int_equal(n_away(site), 1);
	pass(&site->room.machine, 2 * 86400);
	assert_int_equal(n_away(site), 0);
	pocket_empty(&pocket);
}

/*
 * The hub's clock is at 1970 when the device hears it, and right when it is asked. What was packed then
 * is told as what was packed on any day; where the device's own clock was at 1970, too, nobody knows the
 * day, and it is told until it has come.
 */
static void test_hub_at_1970(void **state)
{
	struct site *site = *state;
	int64_t *wall = &site->room.machine.now.wall;
	const int64_t right = *wall, wrong = INT64_C(3) * 86400;
	struct pocket pocket = { 0 }, undated = { 0 };
	struct ph_away away = { 0 };

	*wall = wrong;
	sync_and_end(site);
	*wall = right;
	site->reader = pc_reader(&site->pc, "Lò Thị Tuyệt");
	pack_pc(&site->pc, PH_BUNDLE_MAX, &pocket);
	*wall = wrong;
	pack_pc(&site->pc, PH_BUNDLE_MAX, &undated);
	sync_and_end(site);
	erase(site);
	sync_and_end(site);
	sync_and_end(site);
	*wall = right;
	assert_int_equal(n_away(site), 2);
	sync_and_end(site);
	assert_int_equal(ph_site_away(site->pc.site, &away), 0);
	assert_int_equal(away.n, 2);
	ph_away_deinit(&away);
	pass(&site->room.machine, (PH_BUNDLE_DAYS + 2) * 86400);
	assert_int_equal(n_away(site), 1);
	take_all_up(&site->room, &undated);
	assert_int_equal(n_away(site), 0);
	pocket_empty(&pocket);
	pocket_empty(&undated);
}

/* What the device knows to be removed from its stick is not told. */
static void test_swept(void **state)
{
	struct site *site = *state;
	struct pocket pocket = { 0 };
	struct ph_away away = { 0 };

	pack_pc(&site->pc, PH_BUNDLE_MAX, &pocket);
	assert_int_equal(ph_site_away(site->pc.site, &away), 0);
	assert_int_equal(away.n, 1);
	assert_int_equal(ph_site_away_gone(site->pc.site, &away.runs[0].first, 1, NULL),
			 0);
	ph_away_deinit(&away);
	assert_int_equal(ph_site_away(site->pc.site, &away), 0);
	assert_int_equal(away.n, 0);
	pocket_empty(&pocket);
}

/* --- what lies there for couriers --- */

static struct {
	unsigned unlinks; /* so many fail */
	unsigned sync;    /* and of syncs this one; 0: none */
} bad;

static int bad_unlink(const char *path)
{
	if (bad.unlinks > 0 && strstr(path, ".phb")) {
		bad.unlinks--;
		return -EIO;
	}
	return ph_file_ops_system.unlink(path);
}

static int bad_sync(int fd)
{
	if (bad.sync > 0 && --bad.sync == 0) {
		return -EIO;
	}
	return ph_file_ops_system.sync(fd);
}

static void begin_bad(unsigned unlinks, unsigned sync)
{
	static struct ph_file_ops ops;

	ops = ph_file_ops_system;
	ops.unlink = bad_unlink;
	ops.sync = bad_sync;
	bad.unlinks = unlinks;
	bad.sync = sync;
	ph_file_use(&ops);
}

/* N bundles of its own, each packed anew. */
static void leave_bundles(struct site *site, unsigned n)
{
	char name[PH_SPOOL_NAME_SIZE];
	struct pocket pocket = { 0 };
	struct ph_spool spool;
	char dir[160];

	snprintf(dir, sizeof(dir), "%s/courier", site->pc.dir);
	assert_int_equal(ph_dir_create(dir, NULL), 0);
	assert_int_equal(ph_spool_open(&spool, dir, true, NULL), 0);
	for (unsigned i = 0; i < n; i++) {
		pack_pc(&site->pc, PH_BUNDLE_MAX, &pocket);
		assert_int_equal(pocket.n, 1);
		assert_int_equal(
			ph_spool_put(&spool, ph_buf_view(&pocket.bundle[0]), name, NULL),
			0);
	}
	pocket_empty(&pocket);
}

static void leave_file(struct site *site, const char *name)
{
	char path[320];

	snprintf(path, sizeof(path), "%s/courier/packhorse/%s", site->pc.dir, name);
	assert_int_equal(ph_file_write(path, ph_view_str("sealed"), 0600, NULL), 0);
}

static int count_name(void *data, const char *name)
{
	unsigned *n = data;

	(void)name;
	++*n;
	return 0;
}

static unsigned n_left(struct site *site)
{
	char path[160];
	unsigned n = 0;

	snprintf(path, sizeof(path), "%s/courier/packhorse", site->pc.dir);
	assert_int_equal(ph_dir_list(path, count_name, &n), 0);
	return n;
}

/* Whatever fails at first: as long as 0 is not said it is tried again, and with 0 none is left. */
static void test_packed_goes(void **state)
{
	struct site *site = *state;

	assert_int_equal(ph_site_courier_drop(site->pc.site), 0);
	for (unsigned unlinks = 1; unlinks <= 3; unlinks++) {
		leave_bundles(site, 3);
		assert_int_equal(n_left(site), 3);
		begin_bad(unlinks, 0);
		assert_int_equal(ph_site_courier_drop(site->pc.site), -EIO);
		assert_int_equal(n_left(site), unlinks);
		assert_int_equal(ph_site_courier_drop(site->pc.site), 0);
		ph_file_use(NULL);
		assert_int_equal(n_left(site), 0);
	}
}

/* It goes by its name: of one the header is no header, and one was not put away yet. */
static void test_unread_goes(void **state)
{
	struct site *site = *state;
	uint8_t hash[PH_BUNDLE_HASH_SIZE] = { 1 };
	char name[PH_SPOOL_NAME_SIZE];

	leave_bundles(site, 1);
	ph_spool_name(hash, name);
	leave_file(site, name);
	leave_file(site, "0123456789abcdef0123456789abcdef.part");
	leave_file(site, "README");
	assert_int_equal(ph_site_courier_drop(site->pc.site), 0);
	assert_int_equal(n_left(site), 1);
}

/* Gone is what a power cut does not bring back, also if it was removed before. */
static void test_gone_for_good(void **state)
{
	struct site *site = *state;

	leave_bundles(site, 1);
	begin_bad(0, 1); /* of the folder of pieces */
	assert_int_equal(ph_site_courier_drop(site->pc.site), -EIO);
	assert_int_equal(n_left(site), 1);
	for (unsigned i = 0; i < 2; i++) {
		begin_bad(0, 2);
		assert_int_equal(ph_site_courier_drop(site->pc.site), -EIO);
		assert_int_equal(n_left(site), 0);
	}
	assert_int_equal(ph_site_courier_drop(site->pc.site), 0);
	ph_file_use(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_carried_out_at_the_end, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_broken_off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_by_the_desk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_courier_leaves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stick_is_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_half_has_not_come, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_destroyed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_packed_in_her_scope, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_packed_out_of_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hub_at_1970, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_swept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_packed_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unread_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone_for_good, set_up, tear_down),
	};

	return ph_crypto_start() == 0
		       ? cmocka_run_group_tests(tests, make_pattern, remove_pattern)
		       : 1;
}

/* A desk with a PIN: locked, open for a while, tries at it, and the steps in which it gets one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>

#include "client/desk_tries.h"
#include "client/site_internal.h"
#include "common/base/file.h"
#include "site_world.h"

#define PIN "271828"
#define MIB PH_LOCK_MIB_MIN

static char card[PH_DESK_CARD_SIZE + 1];

static void reopen(struct world *world)
{
	ph_site_close(world->site);
	world->site = NULL;
	province_must(world_open(world, NULL));
}

static int protect(struct world *world, const char *pin)
{
	return ph_site_desk_protect(world->site, card, ph_view_str(pin), MIB, NULL);
}

static int unlock(struct world *world, const char *pin)
{
	return ph_site_desk_unlock(world->site, card, ph_view_str(pin), NULL);
}

/* --- what is on the disk when a PIN is tried --- */

#define COUNT_AT 24 /* where DIR/desk-tries has the number of tries */

static const struct world *watched; /* or NULL */
static uint8_t counted;             /* by the file, when Argon2id was asked last */

/* In the place of libsodium's: it looks, and goes on. */
int crypto_pwhash(unsigned char *const out, unsigned long long out_len,
		  const char *const pin, unsigned long long pin_len,
		  const unsigned char *const salt, unsigned long long passes,
		  size_t memory, int alg)
{
	struct ph_buf bytes = { 0 };
	char path[160];

	if (watched) {
		world_path(watched, "desk-tries", path);
		counted =
			ph_file_read(path, 256, &bytes, NULL) == 0 && bytes.len > COUNT_AT
				? bytes.data[COUNT_AT]
				: 0;
		ph_buf_deinit(&bytes);
	}
	assert_int_equal(alg, crypto_pwhash_ALG_ARGON2ID13);
	return crypto_pwhash_argon2id(out, out_len, pin, pin_len, salt, passes, memory,
				      crypto_pwhash_argon2id_ALG_ARGON2ID13);
}

static int set_up(void **state)
{
	struct world *world;

	world_setup_joined(state);
	world = *state;
	ph_desk_card_make(card, &world->config.rng);
	watched = NULL;
	return 0;
}

static struct ph_ref last(struct world *world)
{
	const struct ph_log *log = ph_site_log(world->site);
	struct ph_buf bytes = { 0 };
	struct ph_ref ref = { .n = log->n };
	uint8_t hash[PH_HASH_SIZE];

	memcpy(ref.log_id, log->id, sizeof(ref.log_id));
	province_must(
		ph_journal_entry(ph_site_journal(world->site), log->row, log->n, &bytes));
	crypto_generichash(hash, sizeof(hash), bytes.data, bytes.len, NULL, 0);
	memcpy(ref.hash, hash, sizeof(ref.hash));
	ph_buf_deinit(&bytes);
	return ref;
}

/* Whether the part of REF opens here. */
static bool opens(struct world *world, const struct ph_ref *ref)
{
	struct ph_buf plain = { 0 };
	int rc = ph_site_part(world->site, ref, &plain);

	ph_buf_wipe(&plain);
	assert_true(rc == 0 || rc == PH_JOURNAL_E_NONE);
	return rc == 0;
}

/* Whether the desk's secret, in CLEAR, is in the file NAME. */
static bool has(const struct world *world, const char *name, const uint8_t *clear)
{
	struct ph_buf bytes = { 0 };
	char path[160];
	bool found;

	world_path(world, name, path);
	province_must(ph_file_read(path, 1024, &bytes, NULL));
	found = memmem(bytes.data, bytes.len, clear, PH_BOX_SECRET_SIZE) != NULL;
	ph_buf_deinit(&bytes);
	return found;
}

static void secret_of(const struct world *world, uint8_t out[static PH_BOX_SECRET_SIZE])
{
	struct ph_device_keys keys;
	char path[160];

	world_path(world, "keys", path);
	province_must(ph_device_keys_load(&keys, path, NULL));
	memcpy(out, keys.desk.secret, PH_BOX_SECRET_SIZE);
	ph_device_keys_wipe(&keys);
}

static void test_locked_and_open(void **state)
{
	struct world *world = *state;
	uint8_t secret[PH_BOX_SECRET_SIZE];
	struct ph_ref before, since;

	world_write(world, world_reader("Lò Thị Ón"));
	before = last(world);
	secret_of(world, secret);
	assert_int_equal(ph_site_desk(world->site), PH_DESK_NO_PIN);
	ph_site_desk_lock(world->site); /* there is nothing to lock with */
	assert_true(opens(world, &before));
	assert_true(has(world, "keys", secret));

	assert_int_equal(protect(world, PIN), 0);
	assert_int_equal(ph_site_desk(world->site), PH_DESK_OPEN);
	assert_true(opens(world, &before));
	assert_false(has(world, "keys", secret));
	assert_false(has(world, "desk", secret));

	reopen(world);
	assert_int_equal(ph_site_desk(world->site), PH_DESK_LOCKED);
	assert_null(ph_site_desk_secret(world->site));
	assert_false(opens(world, &before));
	world_write(world, world_reader("Vàng A Sử"));
	since = last(world);
	assert_false(opens(world, &since));

	assert_int_equal(unlock(world, PIN), 0);
	assert_memory_equal(ph_site_desk_secret(world->site), secret, sizeof(secret));
	assert_true(opens(world, &before) && opens(world, &since));
	ph_site_desk_lock(world->site);
	assert_false(opens(world, &before));
	secret[5] ^= 1;
	assert_int_equal(ph_site_desk_open(world->site, secret), -EACCES);
	assert_int_equal(ph_site_desk(world->site), PH_DESK_LOCKED);
	secret[5] ^= 1;
	assert_int_equal(ph_site_desk_open(world->site, secret), 0);
	assert_true(opens(world, &since));
}

static void test_its_time_is_over(void **state)
{
	struct world *world = *state;
	struct ph_ref ref;

	world_write(world, world_reader("Lò Thị Ón"));
	ref = last(world);
	assert_int_equal(protect(world, PIN), 0);
	ph_site_desk_touch(world->site, 60000);
	world->now.mono_ms += 59999;
	assert_true(opens(world, &ref));
	ph_site_desk_touch(world->site, 60000);
	world->now.mono_ms += 59999;
	assert_true(opens(world, &ref));
	world->now.mono_ms++;
	assert_false(opens(world, &ref));
	ph_site_desk_touch(world->site, 60000); /* opens nothing */
	assert_int_equal(ph_site_desk(world->site), PH_DESK_LOCKED);
}

/* As of a hub that takes parts from a locked desk. */
static unsigned boxed_parts(struct world *world)
{
	struct ph_job *job = world_job(PH_JOB_LOAD);
	unsigned n = 0;

	ph_job_free(world_greet(world, NULL));
	job->budget = 1 << 20;
	ph_site_job(world->site, job, NULL);
	province_must(job->result);
	for (const struct ph_item *item = job->items; item; item = item->next) {
		uint8_t seed[PH_SEED_SIZE];
		struct ph_buf plain = { 0 };

		if (item->type != PH_ITEM_PART) {
			continue;
		}
		assert_true(item->is_boxed);
		assert_int_equal(crypto_box_seal_open(seed, item->body.data,
						      PH_SEED_BOX_SIZE,
						      world->province.hub.box.key,
						      world->province.hub.box.secret),
				 0);
		assert_int_equal(ph_part_open(seed, item->log_id, item->first,
					      PH_VIEW(item->body.data + PH_SEED_BOX_SIZE,
						      item->body.len - PH_SEED_BOX_SIZE),
					      &plain),
				 0);
		ph_buf_wipe(&plain);
		n++;
	}
	ph_job_free(job);
	return n;
}

static void test_a_locked_desk_sends(void **state)
{
	struct world *world = *state;

	world_write(world, world_reader("Lò Thị Ón"));
	assert_int_equal(protect(world, PIN), 0);
	world_write(world, world_reader("Giàng Thị Mỷ")); /* in the same opening */
	reopen(world);
	world_write(world, world_reader("Vàng A Sử"));
	assert_int_equal(boxed_parts(world), 3);
}

/* What was missing and the hub gave back, while the desk was locked, can go there again. */
static void test_what_came_back_is_sent(void **state)
{
	struct world *world = *state;
	struct ph_item *item = ph_item_new(PH_ITEM_PART);
	struct ph_job *job = world_job(PH_JOB_STORE);
	struct ph_log own;

	world_write(world, world_reader("Lò Thị Ón"));
	own = *ph_site_log(world->site);
	province_must(
		ph_site_part_read(world->site, &own, own.n, item->seed, &item->body));
	memcpy(item->log_id, own.id, sizeof(item->log_id));
	item->first = item->last = own.n;
	assert_int_equal(protect(world, PIN), 0);
	province_must(ph_db_exec(world->site->db,
				 "UPDATE part SET cipher = NULL, seed = NULL"));
	reopen(world);
	assert_int_equal(boxed_parts(world), 0);
	job->items = item;
	ph_site_job(world->site, job, NULL);
	province_must(job->result);
	assert_false(job->bad);
	ph_job_free(job);
	assert_int_equal(boxed_parts(world), 1);
}

/* --- the steps --- */

static void copy(const struct world *world, const char *from, const char *to)
{
	struct ph_buf bytes = { 0 };
	char path[160];

	world_path(world, from, path);
	province_must(ph_file_read(path, 1024, &bytes, NULL));
	world_path(world, to, path);
	province_must(ph_file_write(path, ph_buf_view(&bytes), 0600, NULL));
	ph_buf_wipe(&bytes);
}

static void fill(const struct world *world, const char *name, const void *bytes,
		 size_t len)
{
	char path[160];

	world_path(world, name, path);
	province_must(ph_file_write(path, PH_VIEW(bytes, len), 0600, NULL));
}

static bool is_there(const struct world *world, const char *name)
{
	char path[160];

	world_path(world, name, path);
	return ph_file_exists(path);
}

/* The power goes after each step: before DIR/keys.new the desk is as it was, then it has its PIN. */
static void test_cut_between_steps(void **state)
{
	static const uint8_t zeros[229];
	static const struct {
		const char *name;
		size_t blank; /* of DIR/keys, bytes that are zeros by then */
		bool has_new, is_short;
	} cuts[] = {
		{ "DIR/desk alone", 0, false, false },
		{ "keys.new is there", 0, true, false },
		{ "keys half zeros", 100, true, false },
		{ "keys all zeros", 229, true, false },
		{ "keys written, keys.new not removed", 0, true, true },
	};
	struct world *world = *state;
	uint8_t secret[PH_BOX_SECRET_SIZE];
	struct ph_ref ref;

	world_write(world, world_reader("Lò Thị Ón"));
	ref = last(world);
	secret_of(world, secret);
	copy(world, "keys", "before");
	assert_int_equal(protect(world, PIN), 0);
	copy(world, "keys", "after");
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		struct ph_buf bytes = { 0 };
		char path[160];

		print_message("# %s\n", cuts[i].name);
		world_path(world, cuts[i].is_short ? "after" : "before", path);
		province_must(ph_file_read(path, 1024, &bytes, NULL));
		memcpy(bytes.data, zeros, cuts[i].blank);
		fill(world, "keys", bytes.data, bytes.len);
		ph_buf_wipe(&bytes);
		if (cuts[i].has_new) {
			copy(world, "after", "keys.new");
		}
		reopen(world);
		assert_false(is_there(world, "keys.new"));
		assert_int_equal(has(world, "keys", secret), !cuts[i].has_new);
		assert_int_equal(ph_site_desk(world->site),
				 cuts[i].has_new ? PH_DESK_LOCKED : PH_DESK_NO_PIN);
		if (!cuts[i].has_new) {
			assert_true(opens(world, &ref));
			assert_int_equal(protect(world, PIN), 0);
			reopen(world);
		}
		assert_int_equal(unlock(world, PIN), 0);
		assert_true(opens(world, &ref));
	}
}

/* While another had the folder, the desk was given a PIN: it is open, and known to have one. */
static void test_a_pin_from_elsewhere(void **state)
{
	struct world *world = *state;
	struct ph_site *other = NULL;
	struct ph_ref ref;

	world_write(world, world_reader("Lò Thị Ón"));
	ref = last(world);
	ph_site_pause(world->site);
	province_must(ph_site_open(&other, &world->config, NULL));
	assert_int_equal(ph_site_desk_protect(other, card, ph_view_str(PIN), MIB, NULL),
			 0);
	ph_site_close(other);
	assert_int_equal(ph_site_resume(world->site, NULL), 0);
	assert_int_equal(ph_site_desk(world->site), PH_DESK_OPEN);
	assert_true(opens(world, &ref));
	ph_site_desk_lock(world->site);
	assert_false(opens(world, &ref));
}

/* The row of printed codes and the log go on: the folder is where it was. */
static void test_nothing_else_changes(void **state)
{
	struct world *world = *state;
	char before[PH_PRINTED_SIZE + 1], after[PH_PRINTED_SIZE + 1];
	struct ph_site_went_on went_on;

	world_visits(world, 1);
	assert_int_equal(ph_site_print_code(world->site, before, NULL), 0);
	assert_int_equal(protect(world, PIN), 0);
	reopen(world);
	assert_int_equal(ph_site_print_code(world->site, after, NULL), 0);
	assert_memory_equal(after, before, PH_PRINTED_SIZE - 3);
	assert_int_equal(ph_site_went_on(world->site, &went_on), 0);
	assert_int_equal(went_on.doubt, 0);
}

/* --- another PIN, another card --- */

static void test_changed(void **state)
{
	struct world *world = *state;
	char old[PH_DESK_CARD_SIZE + 1];

	assert_int_equal(protect(world, PIN), 0);
	assert_int_equal(protect(world, "314159"), 0);
	assert_int_equal(unlock(world, PIN), -EACCES);
	assert_int_equal(unlock(world, "314159"), 0);
	strcpy(old, card);
	ph_desk_card_make(card, &world->config.rng);
	assert_int_equal(protect(world, "314159"), 0);
	assert_int_equal(unlock(world, "314159"), 0);
	assert_int_equal(
		ph_site_desk_unlock(world->site, old, ph_view_str("314159"), NULL),
		-EACCES);
	assert_int_equal(protect(world, "12345"), -EINVAL);
	assert_int_equal(unlock(world, "314159"), 0);
}

/* --- tries --- */

/* What the next try says: 0, it may be made; else the exit status. */
static int try_it(struct world *world)
{
	struct ph_error err = { 0 };

	return ph_desk_try_begin(world->dir, &world->now, &err) == 0 ? 0 : (int)err.exit;
}

/* The shortest wait after which a try is let through, to the second. */
static unsigned seconds_to_wait(struct world *world)
{
	unsigned n = 0;

	while (try_it(world) != 0) {
		world->now.mono_ms += 1000;
		assert_in_range(++n, 1, 100000);
	}
	return n;
}

static void test_tries_cost_time(void **state)
{
	static const unsigned waits[] = { 0,    0,    0,    0,    0,    30,   60,
					  120,  240,  480,  960,  1920, 3600, 3600,
					  3600, 3600, 3600, 3600, 3600, 3600 };
	struct world *world = *state;

	for (size_t i = 0; i < PH_DESK_TRIES_MAX; i++) {
		assert_int_equal(seconds_to_wait(world), waits[i]);
	}
	world->now.mono_ms += UINT64_C(365) * 86400000;
	assert_int_equal(try_it(world), PH_EXIT_OTHER); /* none any more */
	province_must(ph_desk_try_right(world->dir, NULL));
	assert_int_equal(try_it(world), 0);
}

/* A clock that is set changes nothing; a machine that is started anew waits from then. */
static void test_no_try_for_nothing(void **state)
{
	struct world *world = *state;

	for (unsigned i = 0; i < 6; i++) {
		(void)seconds_to_wait(world);
	}
	world->now.wall += INT64_C(10) * 365 * 86400;
	assert_int_equal(try_it(world), PH_EXIT_TRY_LATER);
	world->now.boot[0] ^= 1;
	world->now.mono_ms = 59000;
	assert_int_equal(try_it(world), PH_EXIT_TRY_LATER);
	world->now.mono_ms = 60000;
	assert_int_equal(try_it(world), 0);
}

static void test_tries_that_are_damaged(void **state)
{
	struct world *world = *state;
	char noise[300];

	memset(noise, 'x', sizeof(noise));
	for (size_t len = 0; len <= sizeof(noise); len += 100) {
		fill(world, "desk-tries", noise, len);
		world->now.mono_ms = 1000;
		assert_int_equal(seconds_to_wait(world), 959); /* as after ten */
	}
}

/* Whoever kills it while a PIN is tried has had that try, right or wrong. */
static void test_counted_before_it_is_made(void **state)
{
	struct world *world = *state;

	assert_int_equal(protect(world, PIN), 0);
	watched = world;
	for (uint8_t i = 1; i < PH_DESK_TRIES_FREE; i++) {
		assert_int_equal(unlock(world, "314159"), -EACCES);
		assert_int_equal(counted, i);
	}
	assert_int_equal(unlock(world, PIN), 0);
	assert_int_equal(counted, PH_DESK_TRIES_FREE);
}

/* None any more once it was right; the wrong card costs none. */
static void test_tries_of_the_desk(void **state)
{
	struct world *world = *state;
	char wrong[PH_DESK_CARD_SIZE + 1];
	struct ph_error err = { 0 };

	ph_desk_card_make(wrong, &world->config.rng);
	assert_int_equal(protect(world, PIN), 0);
	for (unsigned i = 0; i < PH_DESK_TRIES_FREE; i++) {
		assert_int_equal(
			ph_site_desk_unlock(world->site, wrong, ph_view_str(PIN), NULL),
			-EACCES);
		assert_false(is_there(world, "desk-tries"));
		assert_int_equal(unlock(world, ""), -EINVAL); /* no PIN is such */
		assert_int_equal(unlock(world, "1234567"), -EINVAL);
		assert_int_equal(unlock(world, "12 34 56"), -EINVAL);
		assert_false(is_there(world, "desk-tries"));
	}
	for (unsigned i = 0; i < PH_DESK_TRIES_FREE; i++) {
		assert_int_equal(unlock(world, "314159"), -EACCES);
		reopen(world);
	}
	assert_int_equal(ph_site_desk_unlock(world->site, card, ph_view_str(PIN), &err),
			 -EAGAIN);
	assert_int_equal(err.exit, PH_EXIT_TRY_LATER);
	world->now.mono_ms += 30000;
	assert_int_equal(unlock(world, PIN), 0);
	assert_false(is_there(world, "desk-tries"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_locked_and_open),        TEST(test_its_time_is_over),
		TEST(test_a_locked_desk_sends),    TEST(test_what_came_back_is_sent),
		TEST(test_cut_between_steps),      TEST(test_a_pin_from_elsewhere),
		TEST(test_nothing_else_changes),   TEST(test_changed),
		TEST(test_tries_cost_time),        TEST(test_no_try_for_nothing),
		TEST(test_tries_that_are_damaged), TEST(test_counted_before_it_is_made),
		TEST(test_tries_of_the_desk),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return ph_crypto_start() || cmocka_run_group_tests(tests, NULL, NULL);
}

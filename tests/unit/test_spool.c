/*
 * Tests of proto/spool.c: a stick that is pulled, full or faulty at every operation, on the
 * simulated disk.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "spool_maker.h"
#include "tests/sim/disk.h"
#include "tests/unit/ending.h"

enum {
	SEEDS = 6, /* fates of each power cut */
};

struct stick {
	struct sender sender;
	struct ph_buf old, new;
};

static int stick_setup(void **state)
{
	struct stick *stick = calloc(1, sizeof(*stick));

	assert_non_null(stick);
	sim_disk_begin(5);
	sim_disk_add("a");
	sender_init(&stick->sender);
	make(&stick->sender, 100, &stick->old);
	make(&stick->sender, 9000, &stick->new);
	*state = stick;
	return 0;
}

static int stick_teardown(void **state)
{
	struct stick *stick = *state;

	sim_disk_end();
	ph_buf_deinit(&stick->old);
	ph_buf_deinit(&stick->new);
	free(stick);
	return 0;
}

static void with_old(struct stick *stick)
{
	sim_disk_remove("a");
	sim_disk_add("a");
	assert_int_equal(pack(&stick->sender, "/m/a", ph_buf_view(&stick->old), NULL), 0);
	assert_int_equal(
		ph_file_write("/m/a/photo.jpg", ph_view_str("a photo"), 0600, NULL), 0);
	sim_disk_settle("a");
}

/* At least one of the two is whole; nothing has a name and is not whole; the photo is there. */
static void check_pulled(const struct stick *stick, const char *dir)
{
	bool old = holds(dir, ph_buf_view(&stick->old));
	bool new = holds(dir, ph_buf_view(&stick->new));
	struct ph_buf photo = { 0 };
	char path[64];

	assert_true(old || new);
	snprintf(path, sizeof(path), "%s/photo.jpg", dir);
	assert_int_equal(ph_file_read(path, 100, &photo, NULL), 0);
	assert_true(ph_view_equal(ph_buf_view(&photo), ph_view_str("a photo")));
	ph_buf_deinit(&photo);
}

struct pulls {
	struct stick *stick;
	unsigned n;
};

static void see_pull(void *data, const char *name, enum sim_disk_op op, const char *path)
{
	struct pulls *pulls = data;

	(void)op;
	(void)path;
	if (strcmp(name, "a") != 0) {
		return;
	}
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		sim_disk_image("a", "b", seed + SEEDS * pulls->n, NULL);
		check_pulled(pulls->stick, "/m/b");
	}
	pulls->n++;
}

/* Pulled behind each operation: old or new, whole; and the next try completes. */
static void test_pulled(void **state)
{
	struct stick *stick = *state;
	struct pulls pulls = { .stick = stick };
	unsigned done = 0;

	with_old(stick);
	sim_disk_watch(see_pull, &pulls);
	assert_int_equal(pack(&stick->sender, "/m/a", ph_buf_view(&stick->new), NULL), 0);
	sim_disk_watch(NULL, NULL);
	assert_true(pulls.n >= 9);
	print_message("# pulled behind each of %u operations\n", pulls.n);
	for (unsigned at = 1; at <= pulls.n; at++) {
		with_old(stick);
		sim_disk_fail("a", SIM_FAULT_IO, at, true);
		done += pack(&stick->sender, "/m/a", ph_buf_view(&stick->new), NULL) == 0;
		sim_disk_cut("a", at, NULL);
		sim_disk_fail("a", SIM_FAULT_NONE, 0, false);
		sim_disk_on("a");
		check_pulled(stick, "/m/a");
		assert_int_equal(
			pack(&stick->sender, "/m/a", ph_buf_view(&stick->new), NULL), 0);
		check_packed(&stick->sender, "/m/a", ph_buf_view(&stick->new));
	}
	/* only what comes behind the manifest may fail unsaid: taking old ones away */
	assert_true(done <= 2);
}

/* What is said to be on the stick is there whatever the power does. */
static void test_packed_stays(void **state)
{
	struct stick *stick = *state;
	char name[PH_SPOOL_NAME_SIZE];
	struct ph_spool spool;

	for (uint64_t seed = 0; seed < 50; seed++) {
		sim_disk_remove("a");
		sim_disk_add("a");
		assert_int_equal(ph_spool_open(&spool, "/m/a", true, NULL), 0);
		assert_int_equal(
			ph_spool_put(&spool, ph_buf_view(&stick->new), name, NULL), 0);
		sim_disk_image("a", "b", seed, NULL);
		assert_true(holds("/m/b", ph_buf_view(&stick->new)));
	}
}

static int open_and_put(const struct stick *stick)
{
	char name[PH_SPOOL_NAME_SIZE];
	struct ph_spool spool;
	int rc = ph_spool_open(&spool, "/m/a", true, NULL);

	return rc < 0 ? rc : ph_spool_put(&spool, ph_buf_view(&stick->new), name, NULL);
}

/*
 * Ended behind each operation, and done again: what is then said to be there is there
 * whatever the power does, also if the first had given it its name already.
 */
static void test_put_again_stays(void **state)
{
	struct stick *stick = *state;
	struct ending ending = { 0 };
	unsigned ends = 0;

	while (ending.in == 0) {
		ending.in = ++ends;
		sim_disk_remove("a");
		sim_disk_add("a");
		sim_disk_watch(end_process, &ending);
		(void)open_and_put(stick);
		sim_disk_watch(NULL, NULL);
		sim_disk_on("a");
		assert_int_equal(open_and_put(stick), 0);
		for (uint64_t seed = 0; seed < 20; seed++) {
			sim_disk_image("a", "b", seed, NULL);
			assert_true(holds("/m/b", ph_buf_view(&stick->new)));
		}
	}
	assert_true(ends > 6);
}

static void fail_each(struct stick *stick, enum sim_disk_fault fault, bool for_ever)
{
	unsigned hits = 0;

	for (unsigned at = 1;; at++) {
		struct ph_error err = { 0 };
		bool struck;
		int rc;

		with_old(stick);
		sim_disk_fail("a", fault, at, for_ever);
		rc = pack(&stick->sender, "/m/a", ph_buf_view(&stick->new), &err);
		struck = sim_disk_failed("a");
		sim_disk_fail("a", SIM_FAULT_NONE, 0, false);
		if (rc != 0) {
			assert_string_not_equal(err.text, "");
			check_pulled(stick, "/m/a");
			hits++;
		} else {
			assert_true(holds("/m/a", ph_buf_view(&stick->new)));
		}
		assert_int_equal(
			pack(&stick->sender, "/m/a", ph_buf_view(&stick->new), NULL), 0);
		check_packed(&stick->sender, "/m/a", ph_buf_view(&stick->new));
		if (!struck) {
			break;
		}
	}
	assert_true(hits >= (fault == SIM_FAULT_READ ? 1 : 3));
}

static void test_faults(void **state)
{
	fail_each(*state, SIM_FAULT_IO, false);
	fail_each(*state, SIM_FAULT_IO, true);
	fail_each(*state, SIM_FAULT_FULL, true);
	fail_each(*state, SIM_FAULT_READ, false);
}

/* A short write is gone on with; nothing fails. */
static void test_short_writes(void **state)
{
	struct stick *stick = *state;

	for (unsigned at = 1; at < 12; at++) {
		with_old(stick);
		sim_disk_fail("a", SIM_FAULT_SHORT, at, false);
		assert_int_equal(
			pack(&stick->sender, "/m/a", ph_buf_view(&stick->new), NULL), 0);
		check_packed(&stick->sender, "/m/a", ph_buf_view(&stick->new));
	}
}

static void test_full(void **state)
{
	struct stick *stick = *state;
	uint64_t used;

	with_old(stick);
	used = sim_disk_used("a");
	for (uint64_t room = 0; room < stick->new.len; room += 997) {
		struct ph_error err = { 0 };

		sim_disk_traits("a")->limit = used + room;
		assert_int_equal(
			pack(&stick->sender, "/m/a", ph_buf_view(&stick->new), &err),
			-ENOSPC);
		assert_int_equal(err.exit, PH_EXIT_OTHER);
		assert_non_null(strstr(err.text, "full"));
		check_pulled(stick, "/m/a");
		/* the .part is gone: nobody else lacks the room */
		assert_int_equal(sim_disk_used("a"), used);
	}
	sim_disk_traits("a")->limit = 0;
	assert_int_equal(pack(&stick->sender, "/m/a", ph_buf_view(&stick->new), NULL), 0);
	check_packed(&stick->sender, "/m/a", ph_buf_view(&stick->new));
}

/* What was swept does not come back, whatever the power does. */
static void test_swept_stays_away(void **state)
{
	struct stick *stick = *state;

	for (uint64_t seed = 0; seed < 50; seed++) {
		with_old(stick);
		assert_int_equal(
			pack(&stick->sender, "/m/a", ph_buf_view(&stick->new), NULL), 0);
		sim_disk_image("a", "b", seed, NULL);
		check_packed(&stick->sender, "/m/b", ph_buf_view(&stick->new));
	}
}

#define ON_STICK(test) cmocka_unit_test_setup_teardown(test, stick_setup, stick_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STICK(test_pulled),
		ON_STICK(test_packed_stays),
		ON_STICK(test_faults),
		ON_STICK(test_short_writes),
		ON_STICK(test_full),
		ON_STICK(test_put_again_stays),
		ON_STICK(test_swept_stays_away),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

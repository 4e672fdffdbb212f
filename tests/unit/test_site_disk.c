/*
 * A disk that fails. While a device joins: refused with words, and given again it is done;
 * never a store under its name that is not whole. While a record is written: it is not said
 * to be saved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/syscall.h>

#include "common/base/file.h"
#include "site_world.h"

/* The sync AT of this process fails, and those behind it if ON. 0: none. */
static struct {
	int at, seen;
	bool on;
} fault;

static int sync_by(long number, int fd)
{
	fault.seen++;
	if (fault.at > 0 &&
	    (fault.on ? fault.seen >= fault.at : fault.seen == fault.at)) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(number, fd);
}

/* In place of the C library's, for SQLite too. */
int fsync(int fd)
{
	return sync_by(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return sync_by(SYS_fdatasync, fd);
}

/* Join with the sync AT failing. False: there are not so many. */
static bool join_with_fault(int at, bool on)
{
	struct ph_error err = { 0 };
	struct world *world;
	void *state;
	bool was_hit;
	int rc;

	world_setup(&state);
	world = state;
	fault.at = at;
	fault.on = on;
	fault.seen = 0;
	rc = world_join(world, &err);
	was_hit = fault.seen >= at;
	fault.at = 0;
	if (rc < 0) {
		assert_string_not_equal(err.text, "");
		rc = world_join(world, NULL);
		/* it had its name already: only the sync of the folder failed */
		assert_true(rc == 0 || rc == -EEXIST);
	}
	assert_int_equal(world_open(world, NULL), 0);
	assert_int_equal(ph_site_log(world->site)->n, 2);
	world_teardown(&state);
	return was_hit;
}

static void test_once(void **state)
{
	int at = 1;

	(void)state;
	while (join_with_fault(at, false)) {
		at++;
	}
	assert_true(at > 5);
}

static void test_from_then_on(void **state)
{
	int at = 1;

	(void)state;
	while (join_with_fault(at, true)) {
		at++;
	}
	assert_true(at > 5);
}

/* A record whose commit fails is refused with words, and so is all behind it until a new start. */
static void test_record(void **state)
{
	struct ph_entry visit = world_visit(2);
	struct ph_error err = { 0 };
	struct world *world;
	uint64_t before, after;

	world_setup_joined(state);
	world = *state;
	before = ph_site_log(world->site)->n;
	fault.at = 1;
	fault.on = false;
	fault.seen = 0;
	assert_true(ph_site_write(world->site, &visit, 1, NULL, &err) < 0);
	assert_true(fault.seen > 0);
	fault.at = 0;
	assert_string_not_equal(err.text, "");
	assert_true(ph_site_write(world->site, &visit, 1, NULL, NULL) < 0);
	ph_site_close(world->site);
	assert_int_equal(world_open(world, NULL), 0);
	/* whether it came to the disk all the same nobody knew */
	after = ph_site_log(world->site)->n;
	assert_true(after >= before);
	world_write(world, visit);
	assert_true(ph_site_log(world->site)->n > after);
	world_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_from_then_on),
		cmocka_unit_test(test_record),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

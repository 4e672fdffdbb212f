/*
 * Tests of client/site_join.c on the simulated disk: a join that was killed behind each of its
 * operations, given again, and then a power cut.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/file.h"
#include "site_world.h"
#include "tests/sim/disk.h"
#include "tests/unit/ending.h"

#define DIR  "/m/a/share/packhorse"
#define CUTS 20 /* fates of each power cut */

static int join_in(struct world *world, const char *dir)
{
	struct ph_site_config config = world->config;

	config.dir = dir;
	return ph_site_join(&config, ph_buf_view(&world->invite), NULL);
}

/* Who is enrolled in DIR. 0 or a negative errno. */
static int device_in(struct world *world, const char *dir,
		     uint8_t id_out[PH_DEVICE_ID_SIZE])
{
	struct ph_site_config config = world->config;
	struct ph_site_info info;
	struct ph_site *site = NULL;
	int rc;

	config.dir = dir;
	rc = ph_site_open(&site, &config, NULL);
	if (rc == 0) {
		ph_site_info(site, &info);
		memcpy(id_out, info.device_id, PH_DEVICE_ID_SIZE);
	}
	ph_site_close(site);
	return rc;
}

static void check_cuts(struct world *world)
{
	uint8_t id[PH_DEVICE_ID_SIZE];
	uint8_t there[PH_DEVICE_ID_SIZE];

	for (uint64_t seed = 0; seed < CUTS; seed++) {
		sim_disk_image("a", "b", seed, NULL);
		assert_int_equal(device_in(world, "/m/b/share/packhorse", there), 0);
		if (seed > 0) {
			assert_memory_equal(there, id, sizeof(id));
		}
		memcpy(id, there, sizeof(id));
	}
}

/* What the second join says is there, is there whatever the power does. */
static void test_join_again_stays(void **state)
{
	struct world *world = *state;
	struct ending ending = { 0 };
	unsigned ends = 0, twice = 0;
	int rc;

	while (ending.in == 0) {
		ending.in = ++ends;
		sim_disk_remove("a");
		sim_disk_add("a");
		sim_disk_watch(end_process, &ending);
		(void)join_in(world, DIR);
		sim_disk_watch(NULL, NULL);
		sim_disk_on("a");
		rc = join_in(world, DIR);
		assert_true(rc == 0 || rc == -EEXIST);
		twice += rc == 0;
		check_cuts(world);
	}
	print_message("# killed behind each of %u operations, made anew after %u\n",
		      ends - 1, twice);
	assert_true(ends > 20 && twice > 20);
}

static int join_setup(void **state)
{
	world_setup(state);
	sim_disk_begin(7);
	sim_disk_add("a");
	return 0;
}

static int join_teardown(void **state)
{
	sim_disk_end();
	return world_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_join_again_stays, join_setup,
						join_teardown),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

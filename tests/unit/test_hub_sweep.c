/*
 * Tests of daemon/hub_command_backup.c (the sweep): what a backup that was killed has left
 * goes when the hub starts, and no power cut brings it back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/base/file.h"
#include "daemon/hub.h"
#include "tests/sim/disk.h"

#define DIR  "/m/h/store"
#define CUTS 40

static void read_clock(void *data, struct ph_now *now_out)
{
	*now_out = *(struct ph_now *)data;
}

/* As the disk is when the hub has started behind it. */
static void start_behind_a_killed_backup(void)
{
	struct ph_now now = { .wall = INT64_C(1790000000),
			      .mono_ms = 5000,
			      .boot = { 1 } };
	const struct ph_hub_config config = {
		.dir = DIR,
		.who = "test",
		.clock = { .read = read_clock, .data = &now },
		.rng = ph_rng_system,
	};
	const struct ph_hub_init init = { .listen = "127.0.0.1:7415",
					  .passphrase = ph_view_str("ngựa thồ"),
					  .memory_mib = PH_LOCK_MIB_MIN };
	struct ph_error err = { 0 };
	struct ph_hub *hub;

	assert_int_equal(ph_hub_init(&config, &init, &err), 0);
	assert_int_equal(ph_dir_create(DIR "/backup", &err), 0);
	assert_int_equal(
		ph_file_write(DIR "/backup/copy.db", ph_view_str("her name"), 0600, &err),
		0);
	assert_int_equal(ph_hub_open(&hub, &config, &err), 0);
	assert_false(ph_file_exists(DIR "/backup/copy.db"));
	ph_hub_close(hub);
}

static void what_was_swept_stays_away(void **state)
{
	(void)state;
	sim_disk_begin(1);
	sim_disk_add("h");
	start_behind_a_killed_backup();
	for (uint64_t seed = 1; seed <= CUTS; seed++) {
		sim_disk_image("h", "x", seed, NULL);
		assert_false(ph_file_exists("/m/x/store/backup/copy.db"));
	}
	sim_disk_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_swept_stays_away),
	};

	if (ph_crypto_start() != 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("hub_sweep", tests, NULL, NULL);
}

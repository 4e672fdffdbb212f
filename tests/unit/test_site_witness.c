/* The witness of a folder: what is a doubt and what is none, and that it never leads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/place.h"
#include "common/base/file.h"
#include "capture.h"
#include "site_world.h"

#define SIZE 120

static void shell(const char *format, const char *a, const char *b)
{
	char line[512];

	snprintf(line, sizeof(line), "%s '%s' '%s'", format, a, b);
	assert_int_equal(system(line), 0);
}

static void close_site(struct world *world)
{
	ph_site_close(world->site);
	world->site = NULL;
}

static void open_site(struct world *world)
{
	assert_int_equal(ph_site_open(&world->site, &world->config, NULL), 0);
}

static uint64_t doubt(struct world *world)
{
	struct ph_site_went_on went_on;

	assert_int_equal(ph_site_went_on(world->site, &went_on), 0);
	return went_on.doubt;
}

static void read_witness(const struct world *world, uint8_t out[static SIZE])
{
	struct ph_buf bytes = { 0 };
	char path[160];

	world_path(world, "witness", path);
	assert_int_equal(ph_file_read(path, SIZE, &bytes, NULL), 0);
	assert_int_equal(bytes.len, SIZE);
	memcpy(out, bytes.data, SIZE);
	ph_buf_deinit(&bytes);
}

/* It tells the head of the last commit, and nothing of a batch before that. */
static void test_never_leads(void **state)
{
	struct world *world = *state;
	uint8_t before[SIZE], after[SIZE];

	read_witness(world, before);
	assert_int_equal(ph_site_begin(world->site, NULL), 0);
	world_write(world, world_visit(3));
	read_witness(world, after);
	assert_memory_equal(before, after, SIZE);
	ph_site_undo(world->site);
	read_witness(world, after);
	assert_memory_equal(before, after, SIZE);
	world_visits(world, 1);
	read_witness(world, after);
	assert_int_equal(after[SIZE - 16 - PH_HASH_SIZE - 1],
			 ph_site_log(world->site)->n);
	assert_memory_equal(after + SIZE - 16 - PH_HASH_SIZE, ph_site_log(world->site)->h,
			    PH_HASH_SIZE);
	close_site(world);
	open_site(world);
	assert_int_equal(doubt(world), 0);
}

static void none(struct world *world)
{
	(void)world;
}
static void remove_it(struct world *world)
{
	char path[160];

	world_path(world, "witness", path);
	assert_int_equal(unlink(path), 0);
}
static void garble(struct world *world)
{
	uint8_t bytes[SIZE];
	char path[160];

	read_witness(world, bytes);
	bytes[100] ^= 1;
	world_path(world, "witness", path);
	assert_int_equal(ph_file_write(path, PH_VIEW(bytes, SIZE), 0600, NULL), 0);
}
static void empty_it(struct world *world)
{
	char path[160];

	world_path(world, "witness", path);
	assert_int_equal(ph_file_write(path, PH_VIEW(NULL, 0), 0600, NULL), 0);
}
/* The store of a visit ago; the witness stays. */
static void put_store_back(struct world *world)
{
	char old[160], path[160];

	world_path(world, "site.db", path);
	snprintf(old, sizeof(old), "%s/old", world->base);
	shell("cp", path, old);
	open_site(world);
	world_visits(world, 1);
	close_site(world);
	shell("cp", old, path);
}
/* All of a visit ago, by the same files: only the hub can tell. */
static void put_all_back(struct world *world)
{
	char old[160], path[160];

	world_path(world, "witness", path);
	snprintf(old, sizeof(old), "%s/wit", world->base);
	shell("cp", path, old);
	put_store_back(world);
	shell("cp", old, path);
}
static void copy_folder(struct world *world)
{
	char copy[160], old[160];

	snprintf(copy, sizeof(copy), "%s/copy", world->base);
	shell("cp -a", world->dir, copy);
	snprintf(old, sizeof(old), "%s/gone", world->base);
	assert_int_equal(rename(world->dir, old), 0);
	shell("mv", copy, world->dir);
}
static void touch_keys(struct world *world)
{
	char path[160];

	world_path(world, "keys", path);
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(chmod(path, 0600), 0);
}
static void move_folder(struct world *world)
{
	char moved[160];

	snprintf(moved, sizeof(moved), "%s/moved", world->base);
	assert_int_equal(rename(world->dir, moved), 0);
	assert_int_equal(rename(moved, world->dir), 0);
}
static void other_machine(struct world *world)
{
	static char root[160];
	char etc[200], id[220];

	snprintf(root, sizeof(root), "%s/root", world->base);
	snprintf(etc, sizeof(etc), "%s/etc", root);
	snprintf(id, sizeof(id), "%s/machine-id", etc);
	assert_int_equal(mkdir(root, 0700), 0);
	assert_int_equal(mkdir(etc, 0700), 0);
	assert_int_equal(ph_file_write(id, ph_view_str("another\n"), 0600, NULL), 0);
	ph_place_use(root);
}

static const struct {
	const char *name;
	void (*happens)(struct world *world);
	uint64_t why;
} cases[] = {
	{ "nothing", none, 0 },
	{ "the folder is renamed", move_folder, 0 },
	{ "somebody changes the mode of keys", touch_keys, 0 },
	{ "a power cut garbles the witness", garble, 0 },
	{ "a power cut empties it", empty_it, 0 },
	{ "the witness is gone", remove_it, PH_WHY_RESTORED },
	{ "the store alone is put back", put_store_back, PH_WHY_RESTORED },
	{ "all is put back in place", put_all_back, 0 },
	{ "the folder is a copy", copy_folder, PH_WHY_CLONED },
	{ "it is on another machine", other_machine, PH_WHY_CLONED },
};

static void test_doubts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t id[PH_LOG_ID_SIZE];
		struct world *world;
		void *own = NULL;

		print_message("# %s\n", cases[i].name);
		world_setup_joined(&own);
		world = own;
		world_visits(world, 2);
		close_site(world);
		cases[i].happens(world);
		open_site(world);
		memcpy(id, ph_site_log(world->site)->id, sizeof(id));
		assert_int_equal(doubt(world), cases[i].why);

		/* reading alone settles nothing */
		close_site(world);
		open_site(world);
		assert_int_equal(doubt(world), cases[i].why);

		/* an entry that is undone does not, either */
		assert_int_equal(ph_site_begin(world->site, NULL), 0);
		world_write(world, world_visit(1));
		ph_site_undo(world->site);
		assert_int_equal(doubt(world), cases[i].why);

		world_visits(world, 2);
		assert_int_equal(memcmp(id, ph_site_log(world->site)->id, sizeof(id)) !=
					 0,
				 cases[i].why != 0);
		assert_int_equal(doubt(world), 0);
		close_site(world);
		open_site(world);
		assert_int_equal(doubt(world), 0);
		ph_place_use(NULL);
		world_teardown(&own);
	}
}

static const char *told_at_start(struct world *world)
{
	static struct capture capture;

	close_site(world);
	capture_start(&capture, NULL);
	open_site(world);
	capture_end(&capture);
	return capture.text[1];
}

/* A folder in its place: each start says so, recording goes on, and nothing was put back. */
static void test_folder_in_its_place(void **state)
{
	struct world *world = *state;
	char path[160];

	world_path(world, "witness", path);
	assert_string_equal(told_at_start(world), "");
	remove_it(world);
	assert_int_equal(mkdir(path, 0700), 0);
	for (int i = 0; i < 2; i++) {
		assert_non_null(strstr(told_at_start(world), "witness cannot be read"));
		assert_int_equal(doubt(world), 0);
		world_visits(world, 1);
	}
	assert_int_equal(rmdir(path), 0);
	assert_string_equal(told_at_start(world), "");
	assert_int_equal(doubt(world), PH_WHY_RESTORED);
	world_visits(world, 1);
	assert_string_equal(told_at_start(world), "");
	assert_int_equal(doubt(world), 0);
}

/* The new log continues the old one, says why, and its stamps rise on. */
static void test_goes_on(void **state)
{
	struct world *world = *state;
	struct ph_site_went_on went_on;
	struct ph_log old;

	world_visits(world, 3);
	old = *ph_site_log(world->site);
	assert_int_equal(ph_site_put_back(world->site, NULL), 0);
	assert_int_equal(doubt(world), PH_WHY_RESTORED);
	close_site(world);
	open_site(world);
	assert_int_equal(doubt(world), PH_WHY_RESTORED); /* it is kept */
	world_visits(world, 1);
	assert_int_equal(ph_site_went_on(world->site, &went_on), 0);
	assert_int_equal(went_on.why, PH_WHY_RESTORED);
	assert_int_equal(went_on.from.n, old.n);
	assert_memory_equal(went_on.from.h, old.h, sizeof(old.h));
	assert_memory_equal(went_on.from.log_id, old.id, sizeof(old.id));
	assert_true(went_on.second >= WORLD_NOW);
	assert_int_equal(ph_site_log(world->site)->n, 3); /* open, clock-mark, visit */
}

#define JOINED(test)                                                                     \
	cmocka_unit_test_setup_teardown(test, world_setup_joined, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOINED(test_never_leads),
		cmocka_unit_test(test_doubts),
		JOINED(test_folder_in_its_place),
		JOINED(test_goes_on),
	};

	return ph_crypto_start() != 0
		       ? 1
		       : cmocka_run_group_tests_name("site_witness", tests, NULL, NULL);
}

/*
 * The simulated disk itself: what a power cut takes of plain files and what it must leave,
 * kills, copies, faults, limits and lies. Of SQLite: test_sim_store.c.
 */
#include "one_disk.h"

#include "common/base/lock.h"

/* --- plain files --- */

static void test_written_file_stays(void **state)
{
	(void)state;
	assert_int_equal(ph_dir_create("/m/a/dir", NULL), 0);
	put("/m/a/dir/x", "old");
	put("/m/a/dir/x", "new");
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		sim_disk_image("a", "b", seed, NULL);
		assert_string_equal(text_of("/m/b/dir/x"), "new");
		assert_false(ph_file_exists("/m/b/dir/x.part"));
	}
	assert_string_equal(text_of("/m/a/dir/x"), "new");
}

/* At every operation of the rewriting of a file: the old one or the new one. */
struct halves {
	unsigned old, new;
};

static void see_halves(void *data, const char *name, enum sim_disk_op op,
		       const char *path)
{
	struct halves *halves = data;

	(void)op;
	(void)path;
	for (uint64_t seed = 0; seed < 40; seed++) {
		const char *text;

		sim_disk_image(name, "b", seed, NULL);
		text = text_of("/m/b/x");
		halves->old += strcmp(text, "old") == 0;
		halves->new += strcmp(text, "new text") == 0;
		assert_true(strcmp(text, "old") == 0 || strcmp(text, "new text") == 0);
	}
}

static void test_old_or_new(void **state)
{
	struct halves halves = { 0 };

	(void)state;
	put("/m/a/x", "old");
	sim_disk_watch(see_halves, &halves);
	put("/m/a/x", "new text");
	sim_disk_watch(NULL, NULL);
	assert_int_equal(halves.old + halves.new, 5 * 40);
	assert_true(halves.old > 40 && halves.new > 40);
}

static void test_names_are_lost(void **state)
{
	unsigned kept = 0;

	(void)state;
	put("/m/a/x", "text");
	assert_int_equal(ph_file_remove("/m/a/x"), 0);
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct sim_disk_cut cut = { 0 };

		sim_disk_image("a", "b", seed, &cut);
		kept += cut.names_lost == 1;
		assert_int_equal(cut.names, 1);
		assert_string_equal(text_of("/m/b/x"), cut.names_lost ? "text" : "-");
	}
	assert_true(kept > SEEDS / 10 && kept < SEEDS - SEEDS / 10);
}

/* Two renames of one folder without a sync: any of the four outcomes. */
static void test_names_reordered(void **state)
{
	unsigned seen[4] = { 0 };

	(void)state;
	put("/m/a/x", "x");
	put("/m/a/y", "y");
	assert_int_equal(sim_file_ops.rename("/m/a/x", "/m/a/x2"), 0);
	assert_int_equal(sim_file_ops.rename("/m/a/y", "/m/a/y2"), 0);
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		sim_disk_image("a", "b", seed, NULL);

		bool first = ph_file_exists("/m/b/x2");
		bool second = ph_file_exists("/m/b/y2");

		assert_int_equal(ph_file_exists("/m/b/x"), !first);
		assert_int_equal(ph_file_exists("/m/b/y"), !second);
		seen[(first ? 1 : 0) + (second ? 2 : 0)]++;
	}
	for (unsigned i = 0; i < 4; i++) {
		assert_true(seen[i] > 0);
	}
}

static void test_folder_not_synced(void **state)
{
	unsigned gone = 0;

	(void)state;
	assert_int_equal(sim_file_ops.mkdir("/m/a/d", 0700), 0);
	put("/m/a/d/x", "text");
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		sim_disk_image("a", "b", seed, NULL);
		gone += !ph_file_exists("/m/b/d");
		assert_string_equal(text_of("/m/b/d/x"),
				    ph_file_exists("/m/b/d") ? "text" : "-");
	}
	assert_true(gone > 0 && gone < SEEDS);
}

/* Ten sectors over ten synced ones: each old, new, or torn once; none else. */
static void test_sectors(void **state)
{
	char old[5121];
	char new[5121];
	unsigned mixed = 0;
	struct sim_disk_cut cut = { 0 };

	(void)state;
	memset(old, 'o', sizeof(old) - 1);
	memset(new, 'n', sizeof(new) - 1);
	old[5120] = new[5120] = '\0';
	put("/m/a/x", old);
	scribble("/m/a/x", new);
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		unsigned sectors_new = 0;
		unsigned sectors_old = 0;

		sim_disk_image("a", "b", seed, &cut);

		const char *text = text_of("/m/b/x");

		assert_int_equal(strlen(text), 5120);
		for (unsigned i = 0; i < 10; i++) {
			size_t n = strspn(text + 512 * i, "n");

			n = n < 512 ? n : 512;
			assert_true(strspn(text + 512 * i + n, "o") >= 512 - n);
			sectors_new += n == 512;
			sectors_old += n == 0;
		}
		mixed += sectors_new > 0 && sectors_old > 0;
	}
	assert_true(mixed > SEEDS / 4);
	assert_true(cut.torn > 0);
	assert_int_equal(cut.garbled, 0);
	assert_int_equal(cut.writes, SEEDS);
	assert_true(cut.lost > 0 && cut.partly > 0 && cut.lost + cut.partly < SEEDS);
}

/* Without powersafe overwrite what lies beside a write can go, but not sectors away. */
static void test_garbage(void **state)
{
	char old[1537];
	unsigned spoiled = 0;

	(void)state;
	memset(old, 'o', sizeof(old) - 1);
	old[1536] = '\0';
	put("/m/a/x", old);
	scribble("/m/a/x", "nn");
	for (int powersafe = 0; powersafe < 2; powersafe++) {
		sim_disk_traits("a")->powersafe = powersafe == 1;
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			struct ph_buf bytes = { 0 };
			bool good;

			sim_disk_image("a", "b", seed, NULL);
			assert_int_equal(ph_file_read("/m/b/x", 4096, &bytes, NULL), 0);
			assert_int_equal(bytes.len, 1536);
			good = memcmp(bytes.data + 2, old + 2, 510) == 0;
			assert_memory_equal(bytes.data + 512, old + 512, 1024);
			assert_true(good || powersafe == 0);
			spoiled += !good;
			ph_buf_deinit(&bytes);
		}
	}
	assert_true(spoiled > 0);
}

static void test_lengths(void **state)
{
	unsigned seen[5] = { 0 };

	(void)state;
	put("/m/a/x", "");
	int fd = sim_file_ops.open("/m/a/x", O_RDWR, 0);

	assert_true(fd >= 0);
	assert_int_equal(sim_file_ops.write(fd, (const uint8_t *)"abcd", 4), 4);
	assert_int_equal(sim_file_ops.truncate(fd, 2), 0);
	assert_int_equal(sim_file_ops.close(fd), 0);
	assert_string_equal(text_of("/m/a/x"), "ab");
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct ph_file_info info;

		sim_disk_image("a", "b", seed, NULL);
		assert_int_equal(ph_file_info("/m/b/x", &info), 0);
		assert_true(info.size <= 4);
		seen[info.size]++;
	}
	assert_true(seen[0] > 0 && seen[2] > 0 && seen[4] > 0);
	assert_int_equal(seen[1] + seen[3], 0);
}

/* --- machines --- */

static void test_off(void **state)
{
	struct ph_lock lock;
	struct ph_lock second;
	struct sim_disk_cut cut = { 0 };

	(void)state;
	put("/m/a/x", "text");
	assert_int_equal(ph_lock_take(&lock, "/m/a", "a test", 0, NULL), 0);
	assert_int_equal(ph_lock_take(&second, "/m/a", "other", 0, NULL), -EWOULDBLOCK);
	sim_disk_cut("a", 1, &cut);
	assert_string_equal(text_of("/m/a/x"), "-");
	assert_int_equal(ph_file_write("/m/a/y", ph_view_str("y"), 0600, NULL), -EIO);
	ph_lock_release(&lock);
	sim_disk_on("a");
	assert_string_equal(text_of("/m/a/x"), "text");
	assert_int_equal(ph_lock_take(&lock, "/m/a", "again", 0, NULL), 0);
	ph_lock_release(&lock);
}

/* A kill loses nothing; the power, later, does. */
static void test_kill(void **state)
{
	unsigned lost = 0;
	int fd;

	(void)state;
	put("/m/a/x", "old");
	fd = sim_file_ops.open("/m/a/x", O_RDWR, 0);
	assert_int_equal(sim_file_ops.write(fd, (const uint8_t *)"new", 3), 3);
	sim_disk_kill("a");
	assert_int_equal(sim_file_ops.write(fd, (const uint8_t *)"bad", 3), -EIO);
	sim_disk_on("a");
	assert_int_equal(sim_file_ops.write(fd, (const uint8_t *)"bad", 3), -EIO);
	assert_int_equal(sim_file_ops.close(fd), 0);
	assert_string_equal(text_of("/m/a/x"), "new");
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		sim_disk_image("a", "b", seed, NULL);
		lost += strcmp(text_of("/m/b/x"), "old") == 0;
	}
	assert_true(lost > 0 && lost < SEEDS);
}

static void test_copies(void **state)
{
	struct ph_file_info first;
	struct ph_file_info copy;
	struct ph_file_info kept;

	(void)state;
	scribble("/m/a/x", "text");
	sim_disk_copy("a", "b", false);
	sim_disk_copy("a", "c", true);
	scribble("/m/a/x", "more");
	assert_string_equal(text_of("/m/b/x"), "text");
	assert_string_equal(text_of("/m/c/x"), "text");
	assert_string_equal(text_of("/m/a/x"), "more");
	sim_disk_cut("b", 3, NULL);
	sim_disk_on("b");
	assert_string_equal(text_of("/m/b/x"), "text");
	scribble("/m/a/y", "y");
	sim_disk_copy("c", "a", true);
	assert_false(ph_file_exists("/m/a/y"));
	assert_int_equal(ph_file_info("/m/a/x", &first), 0);
	assert_int_equal(ph_file_info("/m/b/x", &copy), 0);
	assert_int_equal(ph_file_info("/m/c/x", &kept), 0);
	assert_int_equal(first.inode, kept.inode);
	assert_int_equal(first.changed_s, kept.changed_s);
	assert_int_not_equal(first.inode, copy.inode);
	assert_int_not_equal(first.changed_s, copy.changed_s);
}

static int name_seen(void *data, const char *name)
{
	strcat(data, name);
	strcat(data, " ");
	return 0;
}

static void test_list(void **state)
{
	char names[64] = "";

	(void)state;
	assert_int_equal(ph_dir_create("/m/a/d", NULL), 0);
	put("/m/a/d/x", "x");
	put("/m/a/d/y", "y");
	put("/m/a/z", "z");
	assert_int_equal(ph_dir_list("/m/a/d", name_seen, names), 0);
	assert_string_equal(names, "x y ");
	names[0] = '\0';
	assert_int_equal(ph_dir_list("/m/a", name_seen, names), 0);
	assert_string_equal(names, "d z ");
	assert_int_equal(ph_dir_list("/m/a/none", name_seen, names), -ENOENT);
	assert_int_equal(ph_file_write("/m/a/none/x", ph_view_str("x"), 0600, NULL),
			 -ENOENT);
	assert_false(ph_file_exists("/etc/passwd"));
}

/* --- faults --- */

static void test_faults(void **state)
{
	/* unlink, create, write, sync, rename, sync of the folder; no unlink: it is absent */
	static const struct {
		enum sim_disk_fault fault;
		uint64_t at;
		int result;
		const char *then;
	} cases[] = {
		{ SIM_FAULT_IO, 1, -EIO, "old" },
		{ SIM_FAULT_IO, 2, -EIO, "old" },
		{ SIM_FAULT_IO, 3, -EIO, "old" },
		{ SIM_FAULT_IO, 4, -EIO, "old" },
		{ SIM_FAULT_IO, 5, -EIO, "new" },
		{ SIM_FAULT_IO, 6, 0, "new" },
		{ SIM_FAULT_FULL, 1, -ENOSPC, "old" },
		{ SIM_FAULT_FULL, 2, -ENOSPC, "old" },
		{ SIM_FAULT_FULL, 3, 0, "new" },
		{ SIM_FAULT_SHORT, 2, 0, "new" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put("/m/a/x", "old");
		sim_disk_fail("a", cases[i].fault, cases[i].at, false);
		assert_int_equal(ph_file_write("/m/a/x", ph_view_str("new"), 0600, NULL),
				 cases[i].result);
		assert_int_equal(sim_disk_failed("a"),
				 cases[i].result != 0 ||
					 cases[i].fault == SIM_FAULT_SHORT);
		sim_disk_fail("a", SIM_FAULT_NONE, 0, false);
		assert_string_equal(text_of("/m/a/x"), cases[i].then);
		assert_false(ph_file_exists("/m/a/x.part"));
	}
	sim_disk_fail("a", SIM_FAULT_READ, 1, true);
	assert_string_equal(text_of("/m/a/x"), "-");
	assert_string_equal(text_of("/m/a/x"), "-");
}

static void test_limit(void **state)
{
	uint64_t room = 0;

	(void)state;
	put("/m/a/x", "12345678");
	sim_disk_traits("a")->limit = 20;
	assert_int_equal(sim_disk_used("a"), 8);
	assert_int_equal(ph_dir_room("/m/a", &room), 0);
	assert_int_equal(room, 12);
	put("/m/a/y", "123456789012");
	assert_int_equal(ph_file_write("/m/a/z", ph_view_str("1"), 0600, NULL), -ENOSPC);
	assert_int_equal(ph_file_remove("/m/a/x"), 0);
	/* the removal is not synced, but the system has the room back */
	assert_int_equal(ph_file_write("/m/a/z", ph_view_str("1"), 0600, NULL), 0);
}

static void test_lies(void **state)
{
	unsigned lost = 0;

	(void)state;
	put("/m/a/x", "old");
	for (int folder = 0; folder < 2; folder++) {
		sim_disk_traits("a")->lies = folder ? SIM_LIE_FOLDER : SIM_LIE_FILE;
		put("/m/a/x", "new");
		lost = 0;
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			sim_disk_image("a", "b", seed, NULL);
			lost += strcmp(text_of("/m/b/x"), "new") != 0;
		}
		assert_true(lost > 0 && lost < SEEDS);
		sim_disk_settle("a");
		sim_disk_image("a", "b", 1, NULL);
		assert_string_equal(text_of("/m/b/x"), "new");
		put("/m/a/x", "old");
		sim_disk_settle("a");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(written_file_stays),
		T(old_or_new),
		T(names_are_lost),
		T(names_reordered),
		T(folder_not_synced),
		T(sectors),
		T(garbage),
		T(lengths),
		T(off),
		T(kill),
		T(copies),
		T(list),
		T(faults),
		T(limit),
		T(lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

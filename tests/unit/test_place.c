/* What a place is told by: the file, the machine, the disk; and what changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "client/place.h"
#include "common/base/file.h"
#include "common/log/keys.h"

struct room {
	char base[64];
	char dir[96];
	char file[128];
	char root[96];
};

static void shell(const char *format, const char *a, const char *b)
{
	char command[512];

	snprintf(command, sizeof(command), "%s '%s' '%s'", format, a, b);
	assert_int_equal(system(command), 0);
}

static void write_text(const char *dir, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(ph_file_write(path, ph_view_str(text), 0600, NULL), 0);
}

static int setup(void **state)
{
	struct room *room = calloc(1, sizeof(*room));

	assert_non_null(room);
	snprintf(room->base, sizeof(room->base), "/tmp/packhorse-unit.XXXXXX");
	assert_non_null(mkdtemp(room->base));
	snprintf(room->dir, sizeof(room->dir), "%s/site", room->base);
	snprintf(room->file, sizeof(room->file), "%s/keys", room->dir);
	snprintf(room->root, sizeof(room->root), "%s/root", room->base);
	assert_int_equal(mkdir(room->dir, 0700), 0);
	shell("mkdir -p", room->root, room->root);
	write_text(room->dir, "keys", "secret");
	*state = room;
	return 0;
}

static int teardown(void **state)
{
	struct room *room = *state;

	shell("rm -rf", room->base, room->base);
	free(room);
	return 0;
}

struct place {
	uint8_t id[PH_PLACE_SIZE];
};

static struct place place_of(const struct room *room, const char *file)
{
	struct place place;

	assert_int_equal(ph_place(room->root, file, place.id, NULL), 0);
	return place;
}

static void check(bool same, struct place a, struct place b)
{
	assert_int_equal(memcmp(a.id, b.id, sizeof(a.id)) == 0, same);
}

static void test_same(void **state)
{
	struct room *room = *state;
	struct place first = place_of(room, room->file);
	struct ph_buf text = { 0 };
	char moved[128];

	assert_int_equal(ph_file_read(room->file, 100, &text, NULL), 0);
	ph_buf_deinit(&text);
	check(true, first, place_of(room, room->file));
	/* another file of the folder, and the folder itself under another name */
	write_text(room->dir, "site.db", "x");
	snprintf(moved, sizeof(moved), "%s/moved", room->base);
	assert_int_equal(rename(room->dir, moved), 0);
	snprintf(moved, sizeof(moved), "%s/moved/keys", room->base);
	check(true, first, place_of(room, moved));
}

static void test_copied(void **state)
{
	struct room *room = *state;
	struct place first = place_of(room, room->file);
	char copy[128];

	snprintf(copy, sizeof(copy), "%s/copy", room->base);
	shell("cp -a", room->file, copy);
	check(false, first, place_of(room, copy));
	check(true, first, place_of(room, room->file));
	/* put back in its place: the same inode, but it was written */
	shell("cp -a", copy, room->file);
	check(false, first, place_of(room, room->file));
}

static void test_machine(void **state)
{
	struct room *room = *state;
	struct place bare = place_of(room, room->file);
	struct place named, other;
	char etc[128];

	snprintf(etc, sizeof(etc), "%s/etc", room->root);
	shell("mkdir -p", etc, etc);
	write_text(etc, "machine-id", "11111111111111111111111111111111\n");
	named = place_of(room, room->file);
	check(false, bare, named);
	write_text(etc, "machine-id", "22222222222222222222222222222222\n");
	other = place_of(room, room->file);
	check(false, named, other);
}

static void test_disk(void **state)
{
	struct room *room = *state;
	struct place bare = place_of(room, room->file);
	struct place first;
	struct stat info;
	char disk[160], part[200];

	/* a disk with one partition, as /sys shows it */
	assert_int_equal(stat(room->file, &info), 0);
	snprintf(disk, sizeof(disk), "%s/sys/dev/block/disk/device", room->root);
	shell("mkdir -p", disk, disk);
	snprintf(part, sizeof(part), "%s/sys/dev/block/disk/part", room->root);
	shell("mkdir -p", part, part);
	snprintf(part, sizeof(part), "%s/sys/dev/block/%u:%u", room->root,
		 major(info.st_dev), minor(info.st_dev));
	assert_int_equal(symlink("disk/part", part), 0);
	write_text(disk, "serial", "S1");
	first = place_of(room, room->file);
	check(false, bare, first);
	write_text(disk, "serial", "S2");
	check(false, first, place_of(room, room->file));
}

static void test_absent(void **state)
{
	struct room *room = *state;
	struct ph_error err = { 0 };
	struct place place;

	assert_int_equal(unlink(room->file), 0);
	assert_int_equal(ph_place("", room->file, place.id, &err), -ENOENT);
	assert_non_null(strstr(err.text, "keys"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copied, setup, teardown),
		cmocka_unit_test_setup_teardown(test_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(test_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_absent, setup, teardown),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

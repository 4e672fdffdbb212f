/*
 * Tests of proto/spool_read.c: a folder with more in it than is kept, junk or bundles.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "spool_maker.h"
#include "spool_room.h"

static void path_of(const char *name, char out[static 256])
{
	snprintf(out, 256, "%s/packhorse/%s", room, name);
}

static void write_many(unsigned first, unsigned n, struct ph_view bytes)
{
	char name[PH_SPOOL_NAME_SIZE];
	char path[256];

	for (unsigned i = first; i < first + n; i++) {
		snprintf(name, sizeof(name), "%064x.phb", i);
		path_of(name, path);
		int fd = open(path, O_WRONLY | O_CREAT, 0600);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, bytes.data, bytes.len), (ssize_t)bytes.len);
		close(fd);
	}
}

static char last_name[PH_SPOOL_NAME_SIZE];

struct put_last {
	ph_file_seen *seen;
	void *data;
	bool was_there;
};

static int see_others(void *data, const char *name)
{
	struct put_last *list = data;

	if (strcmp(name, last_name) == 0) {
		list->was_there = true;
		return 0;
	}
	return list->seen(list->data, name);
}

/* A folder lists in any order: here what matters comes last. */
static int list_last(const char *path, ph_file_seen *seen, void *data)
{
	struct put_last list = { .seen = seen, .data = data };
	int rc = ph_file_ops_system.list(path, see_others, &list);

	return rc == 0 && list.was_there ? seen(data, last_name) : rc;
}

/* A stick with BUNDLE and its manifest, which is listed last. */
static void begin_many(struct sender *sender, struct ph_spool *spool,
		       struct ph_buf *bundle)
{
	static struct ph_file_ops ops;
	uint8_t hash[PH_BUNDLE_HASH_SIZE];

	ops = ph_file_ops_system;
	ops.list = list_last;
	ph_file_use(&ops);
	sender_init(sender);
	make(sender, 100, bundle);
	ph_bundle_hash(ph_buf_view(bundle), hash);
	ph_spool_name(hash, last_name);
	assert_int_equal(pack(sender, room, ph_buf_view(bundle), NULL), 0);
	assert_int_equal(ph_spool_open(spool, room, false, NULL), 0);
}

/* N in the list and REFUSED beside it; GOOD: with the bundle that is listed last. */
static void check_many(struct ph_spool *spool, unsigned n, unsigned refused, bool is_more,
		       bool good)
{
	struct ph_spool_files files;
	bool found = false;

	assert_int_equal(ph_spool_list(spool, &files, NULL), 0);
	for (unsigned i = 0; i < files.n; i++) {
		bool is_it = strcmp(files.file[i].name, last_name) == 0;

		assert_false(is_it && (found || files.file[i].reason));
		found = found || is_it;
	}
	assert_int_equal(files.n, n);
	assert_int_equal(files.n_refused, refused);
	assert_int_equal(files.is_more, is_more);
	assert_int_equal(found, good);
	ph_spool_files_deinit(&files);
}

static bool is_there(const char *name)
{
	char path[256];

	path_of(name, path);
	return ph_file_exists(path);
}

/* Whatever is no bundle takes no bundle's place, however much there is. */
static void test_junk(void **state)
{
	struct ph_buf bundle = { 0 };
	struct sender sender;
	struct ph_spool spool;
	char old[PH_SPOOL_NAME_SIZE];

	(void)state;
	begin_many(&sender, &spool, &bundle);
	write_many(0, PH_SPOOL_REFUSED_MAX - 1, ph_view_str(""));
	check_many(&spool, PH_SPOOL_REFUSED_MAX, 0, false, true);
	write_many(PH_SPOOL_REFUSED_MAX, 1, ph_view_str("x"));
	check_many(&spool, PH_SPOOL_REFUSED_MAX + 1, 0, false, true);
	write_many(PH_SPOOL_REFUSED_MAX + 1, 1, ph_view_str("x"));
	check_many(&spool, PH_SPOOL_REFUSED_MAX + 1, 1, false, true);
	write_many(10000, PH_SPOOL_FILES_MAX, ph_view_str(""));
	check_many(&spool, PH_SPOOL_REFUSED_MAX + 1, 1 + PH_SPOOL_FILES_MAX, false, true);
	/* who packs again finds its old one, to remove it */
	memcpy(old, last_name, sizeof(old));
	make(&sender, 200, &bundle);
	assert_int_equal(pack(&sender, room, ph_buf_view(&bundle), NULL), 0);
	assert_false(is_there(old));
	ph_buf_deinit(&bundle);
}

/* As many as are kept have a header; one more, and those that a manifest names come first. */
static void test_many(void **state)
{
	struct ph_buf bundle = { 0 };
	struct ph_buf alien = { 0 };
	struct sender sender;
	struct ph_spool spool;
	char old[PH_SPOOL_NAME_SIZE];
	char name[2 * PH_DEVICE_ID_SIZE + 5];
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	char path[256];

	(void)state;
	begin_many(&sender, &spool, &bundle);
	assert_int_equal(ph_buf_put(&alien, bundle.data, PH_BUNDLE_HEADER_LEN), 0);
	alien.data[10] ^= 1; /* from somebody else */
	write_many(0, PH_SPOOL_FILES_MAX - 2, ph_buf_view(&alien));
	check_many(&spool, PH_SPOOL_FILES_MAX - 1, 0, false, true);
	write_many(20000, 1, ph_buf_view(&alien));
	check_many(&spool, PH_SPOOL_FILES_MAX, 0, false, true);
	write_many(20001, 1, ph_buf_view(&alien));
	write_many(30000, 1, ph_view_str(""));
	check_many(&spool, PH_SPOOL_FILES_MAX + 1, 0, true, true);
	/* who packs again counts its own alone */
	memcpy(old, last_name, sizeof(old));
	make(&sender, 200, &bundle);
	assert_int_equal(pack(&sender, room, ph_buf_view(&bundle), NULL), 0);
	assert_false(is_there(old));
	/* what nobody has signed for waits behind the others */
	ph_hex(name, sender.id, sizeof(sender.id));
	strcat(name, ".phm");
	path_of(name, path);
	assert_int_equal(unlink(path), 0);
	ph_bundle_hash(ph_buf_view(&bundle), hash);
	ph_spool_name(hash, last_name);
	check_many(&spool, PH_SPOOL_FILES_MAX + 1, 0, true, false);
	ph_buf_deinit(&bundle);
	ph_buf_deinit(&alien);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, room_setup, room_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_junk),
		IN_ROOM(test_many),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

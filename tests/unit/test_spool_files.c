/*
 * Tests of proto/spool*.c on the real disk: sticks that are not there, write-protected or give
 * back other bytes, and what else may lie on one.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "spool_maker.h"
#include "spool_room.h"

static void in_room(const char *name, char out[static 256])
{
	snprintf(out, 256, "%s/%s", room, name);
}

static void write_file(const char *name, const char *text)
{
	char path[256];

	in_room(name, path);
	assert_int_equal(ph_file_write(path, ph_view_str(text), 0600, NULL), 0);
}

static void test_no_stick(void **state)
{
	struct ph_error err = { 0 };
	struct ph_spool spool;
	char path[256];

	(void)state;
	in_room("nothing", path);
	assert_int_equal(ph_spool_open(&spool, path, true, &err), -ENOENT);
	assert_string_equal(spool.trouble, PH_SPOOL_T_NO_STICK);
	assert_true(err.text[0] != '\0');
	write_file("a-file", "x");
	in_room("a-file", path);
	assert_int_equal(ph_spool_open(&spool, path, true, NULL), -ENOENT);
	memset(&err, 0, sizeof(err));
	assert_int_equal(ph_spool_open(&spool, room, false, &err), -ENOENT);
	assert_string_equal(spool.trouble, PH_SPOOL_T_NOTHING);
	assert_true(err.text[0] != '\0');
	/* somebody else's file, or a link to somewhere else, in its place */
	write_file("packhorse", "x");
	assert_int_equal(ph_spool_open(&spool, room, true, NULL), -ENOTDIR);
	in_room("packhorse", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/tmp", path), 0);
	assert_int_equal(ph_spool_open(&spool, room, true, NULL), -ENOTDIR);
	assert_string_equal(spool.trouble, PH_SPOOL_T_NO_FOLDER);
}

static int open_read_only(const char *path, int flags, unsigned mode)
{
	return flags & (O_WRONLY | O_RDWR) ? -EROFS
					   : ph_file_ops_system.open(path, flags, mode);
}

static int refuse_unlink(const char *path)
{
	(void)path;
	return -EROFS;
}

static void test_read_only(void **state)
{
	struct ph_file_ops ops = ph_file_ops_system;
	struct sender sender;
	struct ph_buf bundle = { 0 };
	struct ph_error err = { 0 };

	(void)state;
	sender_init(&sender);
	make(&sender, 100, &bundle);
	assert_int_equal(pack(&sender, room, ph_buf_view(&bundle), NULL), 0);
	ops.open = open_read_only;
	ops.unlink = refuse_unlink;
	ph_file_use(&ops);
	/* what is there already needs no writing; the manifest does */
	assert_int_equal(pack(&sender, room, ph_buf_view(&bundle), &err), -EROFS);
	assert_non_null(strstr(err.text, "read-only"));
	assert_true(holds(room, ph_buf_view(&bundle)));
	ph_file_use(NULL);
	ph_buf_deinit(&bundle);
}

/* A stick that gives back other bytes than it was given. */
static int64_t read_other(int fd, uint8_t *out, size_t len)
{
	int64_t n = ph_file_ops_system.read(fd, out, len);

	if (n > 5000) {
		out[5000] ^= 1;
	}
	return n;
}

static void test_reads_other(void **state)
{
	struct ph_file_ops ops = ph_file_ops_system;
	struct sender sender;
	struct ph_buf bundle = { 0 };
	struct ph_error err = { 0 };

	(void)state;
	sender_init(&sender);
	make(&sender, 9000, &bundle);
	ops.read = read_other;
	ph_file_use(&ops);
	assert_int_equal(pack(&sender, room, ph_buf_view(&bundle), &err), -EBADMSG);
	assert_true(err.text[0] != '\0');
	ph_file_use(NULL);
	assert_int_equal(count(room), 0);
	ph_buf_deinit(&bundle);
}

static void hostile_name(unsigned n, char out[static 256])
{
	char name[PH_SPOOL_NAME_SIZE + 16];

	snprintf(name, sizeof(name), "packhorse/%064x.phb", n);
	in_room(name, out);
}

static void make_big(const char *path, off_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "PHBUNDLE\001", 9), 9);
	assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

/* Refused one by one: what is good beside them is read all the same. */
static void test_hostile(void **state)
{
	static const char *const others[] = {
		"packhorse/photo.jpg",
		"packhorse/..phb",
		"packhorse/README",
		"packhorse/"
		"0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF.phb",
		"packhorse/"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.PHB",
		"packhorse/"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.phb."
		"part",
	};
	static const char *const reasons[] = { "not-a-file", "not-a-file", "not-a-file",
					       "not-a-file", "too-big",    "cut-short",
					       "no-bundle",  "newer",      "malformed" };
	struct ph_spool_files files;
	struct ph_buf bundle = { 0 };
	struct ph_buf bytes = { 0 };
	struct sender sender;
	struct ph_spool spool;
	const char *reason;
	unsigned removed;
	char path[256];
	char target[256];

	(void)state;
	sender_init(&sender);
	make(&sender, 100, &bundle);
	assert_int_equal(pack(&sender, room, ph_buf_view(&bundle), NULL), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		write_file(others[i], "not ours");
	}
	hostile_name(0, path);
	in_room("packhorse/photo.jpg", target);
	assert_int_equal(symlink(target, path), 0);
	hostile_name(1, path);
	assert_int_equal(symlink("/dev/zero", path), 0);
	hostile_name(2, path);
	assert_int_equal(mkfifo(path, 0600), 0);
	hostile_name(3, path);
	assert_int_equal(mkdir(path, 0700), 0);
	hostile_name(4, path);
	make_big(path, PH_BUNDLE_MAX + 1);
	hostile_name(5, path);
	make_big(path, 63);
	hostile_name(6, path);
	write_file(path + strlen(room) + 1, "PK\003\004 and more");
	hostile_name(7, path);
	write_file(path + strlen(room) + 1, "PHBUNDLE\002");
	hostile_name(8, path);
	write_file(path + strlen(room) + 1,
		   "PHBUNDLE\001\003..............................................."
		   ".......................");
	/* at the limit it is no hostile size */
	hostile_name(9, path);
	make_big(path, PH_BUNDLE_MAX);

	assert_int_equal(ph_spool_open(&spool, room, false, NULL), 0);
	assert_int_equal(ph_spool_list(&spool, &files, NULL), 0);
	assert_int_equal(files.n, 11);
	assert_null(files.file[0].reason);
	assert_int_equal(ph_spool_read(&spool, files.file[0].name, &bytes, &reason), 0);
	assert_null(reason);
	assert_true(ph_view_equal(ph_buf_view(&bytes), ph_buf_view(&bundle)));
	for (unsigned i = 1; i < files.n; i++) {
		unsigned n = (unsigned)strtoul(files.file[i].name + 56, NULL, 16);

		assert_non_null(files.file[i].reason);
		if (n < 9) {
			assert_string_equal(files.file[i].reason, reasons[n]);
		}
		if (n < 5) {
			bytes.len = 0;
			assert_true(ph_spool_read(&spool, files.file[i].name, &bytes,
						  &reason) < 0);
			assert_int_equal(bytes.len, 0);
		}
	}
	assert_int_equal(ph_spool_read(&spool, "../a-file", &bytes, &reason), -EINVAL);
	ph_spool_files_deinit(&files);

	/* a good bundle under another name, and a sweep that touches nothing of others */
	hostile_name(10, path);
	assert_int_equal(ph_file_write(path, ph_buf_view(&bundle), 0600, NULL), 0);
	bytes.len = 0;
	assert_int_equal(ph_spool_read(&spool, path + strlen(room) + 11, &bytes, &reason),
			 0);
	assert_string_equal(reason, "hash");
	memset(sender.id, 9, sizeof(sender.id));
	assert_int_equal(ph_spool_sweep(&spool, sender.id, NULL, &removed, NULL), 0);
	assert_int_equal(removed, 0);
	assert_int_equal(count(room), 12);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		in_room(others[i], path);
		assert_true(ph_file_exists(path));
	}
	ph_buf_deinit(&bundle);
	ph_buf_deinit(&bytes);
}

/* ---- what was packed, and what is there of it ---- */

static bool is_to(void *data, const uint8_t to[static PH_DEVICE_ID_SIZE])
{
	return to[0] == *(const uint8_t *)data;
}

static void check_tally(struct ph_spool *spool, const struct sender *sender, uint8_t to,
			uint64_t now, unsigned packed, unsigned here)
{
	struct ph_spool_tally tally;

	assert_int_equal(ph_spool_tally(spool, sender->id,
					&(struct ph_spool_asker){ .is_for = is_to,
								  .data = &to,
								  .now = now },
					&tally),
			 0);
	assert_int_equal(tally.packed, packed);
	assert_int_equal(tally.here, here);
}

/* Three for 22.., one for 66..; NAMES has them. */
static void pack_four(struct sender *sender, struct ph_spool *spool,
		      char names[static 4][PH_SPOOL_NAME_SIZE])
{
	struct ph_manifest manifest = { .written = 1790000000 };
	struct ph_buf bundle = { 0 };
	struct ph_manifest_line line;

	memcpy(manifest.key, sender->pair.key, PH_KEY_SIZE);
	for (unsigned i = 0; i < 4; i++) {
		memset(sender->maker.config.header.to, i < 3 ? 0x22 : 0x66,
		       PH_DEVICE_ID_SIZE);
		sender->maker.config.header.number = 7 + i;
		make(sender, 1000, &bundle);
		assert_int_equal(
			ph_spool_put(spool, ph_buf_view(&bundle), names[i], NULL), 0);
		ph_spool_line(ph_buf_view(&bundle), &line);
		assert_int_equal(ph_manifest_add(&manifest, &line), 0);
	}
	assert_int_equal(ph_spool_put_manifest(spool, &manifest, &sender->pair, NULL), 0);
	ph_manifest_deinit(&manifest);
	ph_buf_deinit(&bundle);
}

static void manifest_path(const struct sender *sender, char out[static 256])
{
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	char name[80];

	ph_hex(id, sender->id, sizeof(sender->id));
	snprintf(name, sizeof(name), "packhorse/%s.phm", id);
	in_room(name, out);
}

static void test_missing(void **state)
{
	const uint64_t made = 1790000000;
	const uint64_t last = made + PH_BUNDLE_DAYS * UINT64_C(86400);
	char names[4][PH_SPOOL_NAME_SIZE];
	struct ph_spool spool;
	struct sender sender;
	char name[PH_SPOOL_NAME_SIZE + 16];
	char path[256];

	(void)state;
	sender_init(&sender);
	assert_int_equal(ph_spool_open(&spool, room, true, NULL), 0);
	check_tally(&spool, &sender, 0x22, made, 0, 0); /* no manifest: nothing is said */
	pack_four(&sender, &spool, names);
	check_tally(&spool, &sender, 0x22, made, 3, 3);
	check_tally(&spool, &sender, 0x66, made, 1, 1);
	check_tally(&spool, &sender, 0x33, made, 0, 0);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "packhorse/%.*s", PH_SPOOL_NAME_SIZE,
			 names[i]);
		in_room(name, path);
		assert_int_equal(unlink(path), 0);
		check_tally(&spool, &sender, 0x22, made, 3, 2 - i);
		check_tally(&spool, &sender, 0x66, made, 1, 1);
	}
	/* then whoever took them has removed them */
	check_tally(&spool, &sender, 0x22, last, 3, 0);
	check_tally(&spool, &sender, 0x22, last + 1, 0, 0);
}

/* A manifest that was bent, cut, is somebody else's, or no file: nothing is known of it. */
static void test_missing_unknown(void **state)
{
	char names[4][PH_SPOOL_NAME_SIZE];
	struct ph_buf bytes = { 0 };
	struct ph_spool_tally tally;
	struct ph_spool spool;
	struct sender sender;
	uint8_t to = 0x22;
	const struct ph_spool_asker asker = { .is_for = is_to, .data = &to };
	char path[256];

	(void)state;
	sender_init(&sender);
	assert_int_equal(ph_spool_open(&spool, room, true, NULL), 0);
	pack_four(&sender, &spool, names);
	manifest_path(&sender, path);
	assert_int_equal(ph_file_read_plain(path, 65536, &bytes), 0);
	bytes.data[bytes.len / 2] ^= 1;
	assert_int_equal(ph_file_write(path, ph_buf_view(&bytes), 0600, NULL), 0);
	assert_int_equal(ph_spool_tally(&spool, sender.id, &asker, &tally),
			 PH_SPOOL_E_UNKNOWN);
	bytes.data[bytes.len / 2] ^= 1;
	assert_int_equal(
		ph_file_write(path, PH_VIEW(bytes.data, bytes.len - 1), 0600, NULL), 0);
	assert_int_equal(ph_spool_tally(&spool, sender.id, &asker, &tally),
			 PH_SPOOL_E_UNKNOWN);
	assert_int_equal(ph_file_write(path, ph_buf_view(&bytes), 0600, NULL), 0);
	check_tally(&spool, &sender, 0x22, 0, 3, 3);
	sender.id[0] ^= 1; /* whole, and under the name of another */
	manifest_path(&sender, path);
	assert_int_equal(ph_file_write(path, ph_buf_view(&bytes), 0600, NULL), 0);
	assert_int_equal(ph_spool_tally(&spool, sender.id, &asker, &tally),
			 PH_SPOOL_E_UNKNOWN);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(ph_spool_tally(&spool, sender.id, &asker, &tally),
			 PH_SPOOL_E_UNKNOWN);
	ph_buf_deinit(&bytes);
}

static void test_senders(void **state)
{
	static const char *const odd[] = {
		"packhorse/0123456789abcdef0123456789abcde.phm",
		"packhorse/0123456789abcdef0123456789abcdef0.phm",
		"packhorse/0123456789ABCDEF0123456789abcdef.phm",
		"packhorse/0123456789abcdef0123456789abcdef.phb",
		"packhorse/0123456789abcdef0123456789abcdef.phm.part",
	};
	struct ph_spool_senders senders;
	struct ph_spool spool;
	char name[80];

	(void)state;
	assert_int_equal(ph_spool_open(&spool, room, true, NULL), 0);
	assert_int_equal(ph_spool_senders(&spool, &senders, NULL), 0);
	assert_int_equal(senders.n, 0);
	ph_spool_senders_deinit(&senders);
	for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		write_file(odd[i], "x");
	}
	for (unsigned i = 0; i < 70; i++) {
		snprintf(name, sizeof(name), "packhorse/%032x.phm", 69 - i);
		write_file(name, "x");
	}
	assert_int_equal(ph_spool_senders(&spool, &senders, NULL), 0);
	assert_int_equal(senders.n, 70);
	for (unsigned i = 0; i < senders.n; i++) {
		assert_int_equal(senders.id[i][PH_DEVICE_ID_SIZE - 1], i);
	}
	ph_spool_senders_deinit(&senders);
	for (unsigned i = 70; i < PH_SPOOL_SENDERS_MAX + 5; i++) {
		snprintf(name, sizeof(name), "packhorse/%032x.phm", i);
		write_file(name, "");
	}
	assert_int_equal(ph_spool_senders(&spool, &senders, NULL), 0);
	assert_int_equal(senders.n, PH_SPOOL_SENDERS_MAX);
	ph_spool_senders_deinit(&senders);
}

static int no_mkdir(const char *path, unsigned mode)
{
	(void)path;
	(void)mode;
	return -EROFS;
}

/* A stick that was never written and cannot be: what to do is said. */
static void test_new_and_protected(void **state)
{
	struct ph_file_ops ops = ph_file_ops_system;
	struct ph_error err = { 0 };
	struct ph_spool spool;

	(void)state;
	ops.mkdir = no_mkdir;
	ph_file_use(&ops);
	assert_int_equal(ph_spool_open(&spool, room, true, &err), -EROFS);
	ph_file_use(NULL);
	assert_string_equal(spool.trouble, PH_SPOOL_T_PROTECTED);
	assert_true(err.text[0] != '\0');
	/* what was is not told of what goes well */
	assert_int_equal(ph_spool_open(&spool, room, true, NULL), 0);
	assert_null(spool.trouble);
}

static int opens_with;

static int open_fails(const char *path, int flags, unsigned mode)
{
	return flags & (O_WRONLY | O_RDWR) ? opens_with
					   : ph_file_ops_system.open(path, flags, mode);
}

/* What a person can mend is told apart, of bundles and of manifests. */
static void test_troubles(void **state)
{
	static const struct {
		int rc;
		const char *trouble;
	} table[] = {
		{ -ENOSPC, PH_SPOOL_T_FULL },     { -EDQUOT, PH_SPOOL_T_FULL },
		{ -EROFS, PH_SPOOL_T_PROTECTED }, { -EACCES, PH_SPOOL_T_PROTECTED },
		{ -EPERM, PH_SPOOL_T_PROTECTED }, { -EBADMSG, PH_SPOOL_T_OTHER_BYTES },
		{ -EIO, PH_SPOOL_T_PULLED },      { -EMFILE, NULL },
	};
	struct ph_file_ops ops = ph_file_ops_system;
	struct ph_buf bundle = { 0 };
	char name[PH_SPOOL_NAME_SIZE];
	struct ph_spool spool;
	struct sender sender;

	(void)state;
	sender_init(&sender);
	make(&sender, 100, &bundle);
	ops.open = open_fails;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		bool is_full = table[i].trouble &&
			       strcmp(table[i].trouble, PH_SPOOL_T_FULL) == 0;

		for (unsigned twice = 0; twice < 2; twice++) {
			struct ph_error err = { 0 };
			int rc;

			assert_int_equal(ph_spool_open(&spool, room, true, NULL), 0);
			opens_with = table[i].rc;
			ph_file_use(&ops);
			rc = twice ? ph_spool_put_manifest_bytes(&spool, sender.id,
								 PH_VIEW("x", 1), &err)
				   : ph_spool_put(&spool, ph_buf_view(&bundle), name,
						  &err);
			ph_file_use(NULL);
			assert_int_equal(rc, table[i].rc);
			assert_int_equal(err.exit, PH_EXIT_OTHER);
			if (table[i].trouble) {
				assert_string_equal(spool.trouble, table[i].trouble);
			} else {
				assert_null(spool.trouble);
			}
			assert_true(!is_full || (spool.room > 0 &&
						 spool.need == (twice ? 1 : bundle.len)));
		}
	}
	ph_buf_deinit(&bundle);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, room_setup, room_teardown)

/* A folder that has the name of the bundle: refused, and nothing is left beside it. */
static void test_name_taken(void **state)
{
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	char name[PH_SPOOL_NAME_SIZE];
	struct ph_buf bundle = { 0 };
	struct ph_error err = { 0 };
	struct ph_spool spool;
	struct sender sender;
	char part[PH_SPOOL_PATH_MAX + 64];
	char path[PH_SPOOL_PATH_MAX + 128];

	(void)state;
	sender_init(&sender);
	make(&sender, 100, &bundle);
	ph_bundle_hash(ph_buf_view(&bundle), hash);
	ph_spool_name(hash, name);
	assert_int_equal(ph_spool_open(&spool, room, true, NULL), 0);
	snprintf(path, sizeof(path), "%s/%s", spool.path, name);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(ph_spool_put(&spool, ph_buf_view(&bundle), name, &err) < 0);
	assert_int_equal(err.exit, PH_EXIT_OTHER);
	assert_string_equal(spool.trouble, PH_SPOOL_T_IN_THE_WAY);
	assert_string_equal(spool.in_way, name);
	snprintf(part, sizeof(part), "%s/", spool.path);
	ph_hex(part + strlen(part), sender.id, sizeof(sender.id));
	strcat(part, ".part");
	assert_false(ph_file_exists(part));
	assert_int_equal(rmdir(path), 0);
	/* likewise where a .part or a manifest is to be */
	assert_int_equal(mkdir(part, 0700), 0);
	assert_int_equal(ph_spool_put(&spool, ph_buf_view(&bundle), name, NULL), -EISDIR);
	assert_string_equal(spool.in_way, strrchr(part, '/') + 1);
	assert_int_equal(rmdir(part), 0);
	strcpy(part + strlen(part) - strlen("part"), "phm");
	assert_int_equal(mkdir(part, 0700), 0);
	assert_int_equal(
		ph_spool_put_manifest_bytes(&spool, sender.id, PH_VIEW("x", 1), NULL),
		-EISDIR);
	assert_string_equal(spool.trouble, PH_SPOOL_T_IN_THE_WAY);
	assert_string_equal(spool.in_way, strrchr(part, '/') + 1);
	assert_int_equal(rmdir(part), 0);
	/* and when it is gone, it goes */
	assert_int_equal(ph_spool_put(&spool, ph_buf_view(&bundle), name, NULL), 0);
	ph_buf_deinit(&bundle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_troubles),          IN_ROOM(test_no_stick),
		IN_ROOM(test_new_and_protected), IN_ROOM(test_read_only),
		IN_ROOM(test_reads_other),       IN_ROOM(test_hostile),
		IN_ROOM(test_name_taken),        IN_ROOM(test_missing),
		IN_ROOM(test_missing_unknown),   IN_ROOM(test_senders),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Tests of daemon/backup_*.c: a backup file written and read, altered and cut at every byte,
 * made by somebody who lies about what is in it, on a disk that fails; its key; its names.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <sodium.h>

#include "common/base/mp.h"
#include "daemon/backup_folder.h"
#include "daemon/backup_format.h"
#include "daemon/backup_state.h"

#define CONTENT "bốn mươi chữ, và một dòng nữa ở phía sau\n"

static char room[64];
static struct ph_recovery_key key;
static struct ph_sign_pair hub;

static const char *in_room(const char *name)
{
	static char paths[4][256];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", room, name);
	return path;
}

static int setup(void **state)
{
	(void)state;
	snprintf(room, sizeof(room), "/tmp/packhorse-unit.XXXXXX");
	if (ph_crypto_start() != 0 || !mkdtemp(room)) {
		return -1;
	}
	ph_box_pair_make(&key.box, &ph_rng_system);
	ph_sign_pair_make(&hub, &ph_rng_system);
	memcpy(key.root, hub.key, sizeof(key.root));
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", room);
	return system(command);
}

static void put(const char *name, struct ph_view bytes)
{
	assert_int_equal(ph_file_write(in_room(name), bytes, 0600, NULL), 0);
}

static int read_it(const char *name, const struct ph_recovery_key *with,
		   struct ph_backup_found *found, struct ph_error *err)
{
	struct ph_backup_read how = { .recovery = with, .into = in_room("out") };

	assert_int_equal(ph_backup_remove_tree(how.into), 0);
	assert_int_equal(ph_dir_create(how.into, NULL), 0);
	return ph_backup_read(in_room(name), &how, found, err);
}

/* A backup of two files, signed, at NAME. */
static void make(const char *name, struct ph_buf *bytes)
{
	struct ph_backup_manifest manifest = {
		.made = 1790000000, .epoch = { .number = 3 }, .logs = 2, .entries = 7
	};
	struct ph_backup_read how = { .into = in_room("none"), .unsigned_yet = true };
	struct ph_backup_writer *writer;
	struct ph_backup_found found;
	struct ph_buf body = { 0 };
	struct ph_buf end = { 0 };
	uint8_t stream[PH_BACKUP_KEY_SIZE];

	put("one", ph_view_str(CONTENT));
	put("two", PH_VIEW(NULL, 0));
	assert_int_equal(
		ph_backup_writer_new(&writer, in_room(name), key.box.key, stream, NULL),
		0);
	assert_int_equal(ph_backup_writer_add(writer, "keys/one", in_room("one"), NULL),
			 0);
	assert_int_equal(ph_backup_writer_add(writer, "two", in_room("two"), NULL), 0);
	assert_int_equal(ph_backup_writer_add(writer, "../up", in_room("two"), NULL),
			 -EINVAL);
	assert_int_equal(ph_backup_writer_end(writer, NULL), 0);
	ph_backup_writer_free(writer);
	assert_int_equal(ph_backup_read(in_room(name), &how, &found, NULL), 0);
	memcpy(manifest.hash, found.hash, sizeof(manifest.hash));
	memcpy(manifest.recovery, found.recovery, sizeof(manifest.recovery));
	manifest.size = found.size;
	assert_int_equal(ph_backup_manifest_body(&manifest, &body), 0);
	assert_int_equal(ph_backup_manifest_sign(ph_buf_view(&body), hub.secret, &end),
			 0);
	assert_int_equal(ph_backup_finish(in_room(name), ph_buf_view(&end), NULL), 0);
	assert_int_equal(ph_file_read(in_room(name), 1 << 20, bytes, NULL), 0);
	ph_buf_deinit(&body);
	ph_buf_deinit(&end);
}

static void test_there_and_back(void **state)
{
	struct ph_backup_manifest manifest;
	struct ph_backup_found found;
	struct ph_buf bytes = { 0 };
	struct ph_buf text = { 0 };
	struct stat info;

	(void)state;
	make("good", &bytes);
	assert_int_equal(read_it("good", &key, &found, NULL), 0);
	assert_int_equal(ph_file_read(in_room("out/keys/one"), 1024, &text, NULL), 0);
	assert_true(ph_view_equal(ph_buf_view(&text), ph_view_str(CONTENT)));
	assert_int_equal(stat(in_room("out/two"), &info), 0);
	assert_int_equal(info.st_size, 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(ph_backup_manifest_decode(ph_buf_view(&found.manifest), hub.key,
						   &manifest),
			 0);
	assert_memory_equal(manifest.hash, found.hash, sizeof(found.hash));
	assert_int_equal(manifest.size, found.size);
	assert_int_equal(manifest.entries, 7);
	assert_int_equal(ph_backup_manifest_decode(ph_buf_view(&found.manifest),
						   key.box.key, &manifest),
			 -EUCLEAN);
	ph_backup_found_deinit(&found);
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&text);
}

/* Whether NAME reads as whole and signed by the hub, about what was read. */
static bool passes(const char *name)
{
	struct ph_backup_manifest manifest;
	struct ph_backup_found found = { 0 };
	bool ok = read_it(name, &key, &found, NULL) == 0 &&
		  ph_backup_manifest_decode(ph_buf_view(&found.manifest), hub.key,
					    &manifest) == 0 &&
		  memcmp(manifest.hash, found.hash, sizeof(found.hash)) == 0 &&
		  memcmp(manifest.recovery, found.recovery, sizeof(found.recovery)) == 0;

	ph_backup_found_deinit(&found);
	return ok;
}

static void test_every_byte(void **state)
{
	struct ph_buf bytes = { 0 };

	(void)state;
	make("good", &bytes);
	assert_true(passes("good"));
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.data[i] ^= 0x20;
		put("bad", ph_buf_view(&bytes));
		if (passes("bad")) {
			fail_msg("byte %zu altered, and nobody sees it", i);
		}
		bytes.data[i] ^= 0x20;
		put("bad", PH_VIEW(bytes.data, i));
		if (passes("bad")) {
			fail_msg("cut at %zu, and nobody sees it", i);
		}
	}
	assert_int_equal(ph_buf_put_u8(&bytes, 0), 0);
	put("bad", ph_buf_view(&bytes));
	assert_false(passes("bad"));
	ph_buf_deinit(&bytes);
}

/* Blocks by somebody who has the public half, and what its reader says. */
static void test_lies(void **state)
{
	static const struct {
		const char *what;
		uint64_t size;
		const char *name;
		const char *content;
		const char *words;
	} cases[] = {
		{ "out of the folder", 0, "../hub.db", "", "a name that no hub gives" },
		{ "from the root", 0, "/etc/passwd", "", "a name that no hub gives" },
		{ "three deep", 0, "a/b/c", "", "a name that no hub gives" },
		{ "a dot file", 0, "keys/.x", "", "a name that no hub gives" },
		{ "no name", 0, "", "", "a name that no hub gives" },
		{ "shorter than it says", 9, "one", "12345678", "ends too soon" },
		{ "longer than it says", 7, "one", "12345678", "longer than it says" },
		{ "of a size like no other", UINT64_MAX, "one", "1", "ends too soon" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		crypto_secretstream_xchacha20poly1305_state stream;
		struct ph_backup_head head = { .magic = { 0 } };
		uint8_t secret[PH_BACKUP_KEY_SIZE] = { 7 };
		uint8_t plain[3][256] = { { PH_BACKUP_FILE },
					  { PH_BACKUP_DATA },
					  { PH_BACKUP_END } };
		size_t len[3] = { 9 + strlen(cases[i].name), 1 + strlen(cases[i].content),
				  1 };
		struct ph_backup_found found;
		struct ph_error err = { 0 };
		struct ph_buf bytes = { 0 };

		memcpy(head.magic, PH_BACKUP_MAGIC, sizeof(head.magic));
		ph_recovery_name(key.box.key, head.recovery);
		crypto_box_seal(head.sealed, secret, sizeof(secret), key.box.key);
		crypto_secretstream_xchacha20poly1305_init_push(&stream, head.stream,
								secret);
		assert_int_equal(ph_buf_put(&bytes, &head, sizeof(head)), 0);
		ph_be64_put(plain[0] + 1, cases[i].size);
		memcpy(plain[0] + 9, cases[i].name, strlen(cases[i].name));
		memcpy(plain[1] + 1, cases[i].content, strlen(cases[i].content));
		for (unsigned k = 0; k < 3; k++) {
			uint8_t block[4 + 256 + PH_BACKUP_ABYTES];
			unsigned long long n;

			crypto_secretstream_xchacha20poly1305_push(
				&stream, block + 4, &n, plain[k], len[k], NULL, 0,
				k == 2 ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
				       : 0);
			ph_be32_put(block, (uint32_t)n);
			assert_int_equal(ph_buf_put(&bytes, block, 4 + (size_t)n), 0);
		}
		assert_int_equal(ph_buf_put(&bytes, "\0\0\0\0", 4), 0);
		put("lie", ph_buf_view(&bytes));
		assert_int_equal(read_it("lie", &key, &found, &err), -EUCLEAN);
		assert_int_equal(err.exit, PH_EXIT_DAMAGED);
		if (!strstr(err.text, cases[i].words)) {
			fail_msg("%s: \"%s\"", cases[i].what, err.text);
		}
		ph_buf_deinit(&bytes);
	}
}

/* --- a disk that fails --- */

static unsigned reads_left; /* before each fails */

static int64_t failing_read(int fd, uint8_t *out, size_t len)
{
	if (reads_left == 0) {
		return -EIO;
	}
	reads_left--;
	return ph_file_ops_system.read(fd, out, len);
}

/* What reading a backup comes to whose disk fails behind READS reads. */
static int read_failing(unsigned reads, struct ph_error *err)
{
	struct ph_backup_read how = { .recovery = &key, .into = in_room("out") };
	struct ph_file_ops ops = ph_file_ops_system;
	struct ph_backup_found found;
	int rc;

	assert_int_equal(ph_backup_remove_tree(how.into), 0);
	assert_int_equal(ph_dir_create(how.into, NULL), 0);
	memset(err, 0, sizeof(*err));
	ops.read = failing_read;
	reads_left = reads;
	ph_file_use(&ops);
	rc = ph_backup_read(in_room("good"), &how, &found, err);
	ph_file_use(NULL);
	if (rc == 0) {
		ph_backup_found_deinit(&found);
	}
	return rc;
}

/*
 * At each read in turn, also at the one that looks for what stands behind its end: it is the disk
 * that is told, and no backup is called damaged for it.
 */
static void test_failing_disk(void **state)
{
	struct ph_buf bytes = { 0 };
	struct ph_error err = { 0 };
	unsigned reads = 0;
	int rc;

	(void)state;
	make("good", &bytes);
	while ((rc = read_failing(reads, &err)) != 0) {
		if (rc != -EIO || err.exit != PH_EXIT_OTHER ||
		    !strstr(err.text, "/good: ")) {
			fail_msg("behind %u reads: %d, exit %d, \"%s\"", reads, rc,
				 err.exit, err.text);
		}
		reads++;
	}
	assert_true(reads > 0);
	assert_int_equal(reads_left, 0); /* also the last one has failed */
	ph_buf_deinit(&bytes);
}

static void test_other_key(void **state)
{
	struct ph_recovery_key other = { 0 };
	struct ph_backup_found found;
	struct ph_buf bytes = { 0 };
	struct ph_error err = { 0 };

	(void)state;
	make("good", &bytes);
	ph_box_pair_make(&other.box, &ph_rng_system);
	assert_int_equal(read_it("good", &other, &found, &err), -EACCES);
	assert_non_null(strstr(err.text, "another recovery key"));
	ph_buf_deinit(&bytes);
}

/* A line as it was written before it had a checksum, which may still lie in a safe. */
static void put_old_line(const char *name)
{
	struct ph_buf bytes = { 0 };
	struct ph_mpw writer;
	char text[512] = "PACKHORSE-RECOVERY1:";
	size_t skip = strlen(text);

	ph_mpw_init(&writer, &bytes);
	ph_mpw_array(&writer, 3);
	ph_mpw_str(&writer, ph_view_str("packhorse recovery key 1"));
	ph_mpw_bin(&writer, key.box.secret, sizeof(key.box.secret));
	ph_mpw_bin(&writer, key.root, sizeof(key.root));
	assert_int_equal(ph_mpw_end(&writer), 0);
	assert_non_null(sodium_bin2base64(text + skip, sizeof(text) - skip, bytes.data,
					  bytes.len,
					  sodium_base64_VARIANT_URLSAFE_NO_PADDING));
	put(name, ph_view_str(text));
	ph_buf_wipe(&bytes);
}

static void test_old_key_text(void **state)
{
	struct ph_recovery_key again;

	(void)state;
	put_old_line("secret");
	assert_int_equal(ph_recovery_key_load(&again, in_room("secret"), NULL), 0);
	assert_memory_equal(&again, &key, sizeof(key));
}

/* Each character of the line, another one of its alphabet in its place. */
static void test_key_miscopied(void **state)
{
	struct ph_recovery_key again;
	struct ph_buf text = { 0 };
	struct ph_error err = { 0 };

	(void)state;
	assert_int_equal(ph_recovery_key_text(&key, &text), 0);
	for (size_t i = 0; i + 1 < text.len; i++) {
		uint8_t right = text.data[i];

		text.data[i] = right == 'A' ? 'Q' : 'A'; /* Q: may end such a line */
		put("secret", ph_buf_view(&text));
		assert_int_equal(ph_recovery_key_load(&again, in_room("secret"), &err),
				 -EUCLEAN);
		text.data[i] = right;
	}
	assert_non_null(strstr(err.text, "not copied exactly"));
	ph_buf_wipe(&text);
}

static void test_key_text(void **state)
{
	struct ph_recovery_key again;
	struct ph_buf text = { 0 };
	struct ph_buf typed = { 0 };
	uint8_t public_half[PH_KEY_SIZE];

	(void)state;
	assert_int_equal(ph_recovery_key_text(&key, &text), 0);
	put("secret", ph_buf_view(&text));
	assert_int_equal(ph_recovery_key_load(&again, in_room("secret"), NULL), 0);
	assert_memory_equal(&again, &key, sizeof(key));
	/* as typed from paper */
	assert_int_equal(ph_buf_put(&typed, text.data, 40), 0);
	assert_int_equal(ph_buf_put(&typed, "\r\n \t", 4), 0);
	assert_int_equal(ph_buf_put(&typed, text.data + 40, text.len - 40), 0);
	put("secret", ph_buf_view(&typed));
	assert_int_equal(ph_recovery_key_load(&again, in_room("secret"), NULL), 0);
	for (size_t len = 0; len + 1 < text.len; len++) {
		put("secret", PH_VIEW(text.data, len));
		assert_int_equal(ph_recovery_key_load(&again, in_room("secret"), NULL),
				 -EUCLEAN);
	}
	assert_int_equal(ph_dir_create(in_room("keys"), NULL), 0);
	assert_int_equal(ph_recovery_public_load(room, public_half, NULL), -ENOENT);
	assert_int_equal(ph_recovery_public_save(room, key.box.key, NULL), 0);
	assert_int_equal(ph_recovery_public_load(room, public_half, NULL), 0);
	assert_memory_equal(public_half, key.box.key, sizeof(public_half));
	ph_buf_wipe(&text);
	ph_buf_wipe(&typed);
}

static unsigned count(const char *dir)
{
	char command[300];
	unsigned n = 0;
	FILE *pipe;

	snprintf(command, sizeof(command), "ls '%s' | wc -l", dir);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_int_equal(fscanf(pipe, "%u", &n), 1);
	pclose(pipe);
	return n;
}

static void test_folder(void **state)
{
	const int64_t day = 86400;
	const int64_t now = 1790000000;
	char name[PH_BACKUP_FILE_NAME];
	char newest[PH_BACKUP_FILE_NAME];
	char path[PH_BACKUP_FILE_NAME + 16];
	int64_t oldest = 0;

	(void)state;
	assert_int_equal(ph_dir_create(in_room("far"), NULL), 0);
	assert_int_equal(ph_backup_folder_check(in_room("none"), NULL), -ENOENT);
	assert_int_equal(ph_backup_folder_check(in_room("far"), NULL), 0);
	assert_int_equal(ph_backup_folder_newest(in_room("far"), NULL, newest, NULL),
			 -ENOENT);
	for (int64_t i = 0; i < 10; i++) { /* ten days, two of them in one second */
		assert_int_equal(ph_backup_folder_name(in_room("far"), hub.key,
						       now - i / 2 * 2 * day, name),
				 0);
		snprintf(path, sizeof(path), "far/%s", name);
		put(path, PH_VIEW(NULL, 0));
		snprintf(path, sizeof(path), "far/%s.part", name);
		put(path, PH_VIEW(NULL, 0));
	}
	put("far/packhorse-00000000-20260921T141319Z.backup", PH_VIEW(NULL, 0));
	put("far/thesis.backup.part", PH_VIEW(NULL, 0));
	assert_int_equal(count(in_room("far")), 22);
	ph_backup_folder_sweep(in_room("far"), hub.key);
	assert_int_equal(count(in_room("far")), 12);
	assert_int_equal(ph_backup_folder_newest(in_room("far"), hub.key, newest, NULL),
			 0);
	assert_int_equal(ph_backup_folder_oldest(in_room("far"), hub.key, name, &oldest),
			 0);
	assert_int_equal(oldest, now - 8 * day);
	/* two each 0, 2, 4, 6 and 8 days old */
	assert_int_equal(ph_backup_folder_expire(in_room("far"), hub.key, 100, 7, now),
			 2);
	assert_int_equal(ph_backup_folder_expire(in_room("far"), hub.key, 5, 7, now), 3);
	assert_int_equal(ph_backup_folder_expire(in_room("far"), hub.key, 1, 7, now), 4);
	assert_int_equal(
		ph_backup_folder_expire(in_room("far"), hub.key, 1, 1, now + 400 * day),
		0);
	assert_int_equal(count(in_room("far")), 3);
	assert_int_equal(ph_backup_folder_newest(in_room("far"), hub.key, name, NULL), 0);
	assert_string_equal(name, newest);
	/* the second of two that are of one second: its name is of the next one */
	assert_int_equal(ph_backup_folder_oldest(in_room("far"), hub.key, name, &oldest),
			 0);
	assert_int_equal(oldest, now + 1);
	assert_int_equal(
		ph_backup_folder_oldest(in_room("far"), key.box.key, name, &oldest),
		-ENOENT);
	assert_int_equal(ph_backup_folder_oldest(in_room("none"), hub.key, name, &oldest),
			 -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_failing_disk),
		cmocka_unit_test(test_other_key),
		cmocka_unit_test(test_key_text),
		cmocka_unit_test(test_old_key_text),
		cmocka_unit_test(test_key_miscopied),
		cmocka_unit_test(test_folder),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

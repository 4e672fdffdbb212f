/*
 * Tests of proto/spool*.c and proto/manifest.c: a stick that is pulled, full, faulty or
 * write-protected at every operation, on the simulated disk; sticks with other people's
 * and hostile files, on the real one; manifests at their limits.
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

#include "bundle_maker.h"
#include "common/base/mp.h"
#include "common/base/file.h"
#include "proto/spool.h"
#include "tests/sim/disk.h"

enum {
	SEEDS = 6, /* fates of each power cut */
};

/* A sender with bundles to write. */
struct sender {
	struct maker maker;
	struct ph_sign_pair pair;
	uint8_t id[PH_DEVICE_ID_SIZE];
};

static void sender_init(struct sender *sender)
{
	maker_init(&sender->maker, PH_BUNDLE_UP);
	ph_sign_pair_make(&sender->pair, &sender->maker.rng);
	ph_device_id(sender->id, sender->pair.key);
	memcpy(sender->maker.config.header.from, sender->id, sizeof(sender->id));
}

static void make(struct sender *sender, size_t size, struct ph_buf *out)
{
	out->len = 0;
	maker_bundle(&sender->maker, size, out);
}

/* What pack-stick does: bundles, the manifest of them, and the old ones away. */
static int pack(struct sender *sender, const char *dir, struct ph_view bundle,
		struct ph_error *err)
{
	struct ph_manifest manifest = { .written = 1790000000 };
	char name[PH_SPOOL_NAME_SIZE];
	struct ph_manifest_line line;
	struct ph_spool spool;
	unsigned removed;
	int rc = ph_spool_open(&spool, dir, true, err);

	memcpy(manifest.key, sender->pair.key, PH_KEY_SIZE);
	rc = rc == 0 ? ph_spool_put(&spool, bundle, name, err) : rc;
	if (rc == 0) {
		ph_spool_line(bundle, &line);
		rc = ph_manifest_add(&manifest, &line);
	}
	if (rc == 0) {
		rc = ph_spool_put_manifest(&spool, &manifest, &sender->pair, err);
	}
	if (rc == 0) {
		rc = ph_spool_sweep(&spool, sender->id, &manifest, &removed, err);
	}
	ph_manifest_deinit(&manifest);
	return rc;
}

/* Whether BUNDLE is in the spool in DIR; every file that has a bundle's name must be whole. */
static bool holds(const char *dir, struct ph_view bundle)
{
	struct ph_spool_files files = { 0 };
	struct ph_spool spool;
	bool found = false;

	if (ph_spool_open(&spool, dir, false, NULL) != 0) {
		return false;
	}
	assert_int_equal(ph_spool_list(&spool, &files, NULL), 0);
	for (unsigned i = 0; i < files.n; i++) {
		struct ph_buf bytes = { 0 };
		const char *reason;

		assert_null(files.file[i].reason);
		assert_int_equal(
			ph_spool_read(&spool, files.file[i].name, &bytes, &reason), 0);
		assert_null(reason);
		found = found || ph_view_equal(ph_buf_view(&bytes), bundle);
		ph_buf_deinit(&bytes);
	}
	ph_spool_files_deinit(&files);
	return found;
}

static unsigned count(const char *dir)
{
	struct ph_spool_files files = { 0 };
	struct ph_spool spool;
	unsigned n;

	assert_int_equal(ph_spool_open(&spool, dir, false, NULL), 0);
	assert_int_equal(ph_spool_list(&spool, &files, NULL), 0);
	n = files.n;
	ph_spool_files_deinit(&files);
	return n;
}

static void check_packed(struct sender *sender, const char *dir, struct ph_view bundle)
{
	struct ph_manifest manifest;
	struct ph_spool spool;
	struct ph_manifest_line line;

	assert_true(holds(dir, bundle));
	assert_int_equal(count(dir), 1);
	assert_int_equal(ph_spool_open(&spool, dir, false, NULL), 0);
	assert_int_equal(ph_spool_manifest(&spool, sender->id, &manifest), 0);
	ph_spool_line(bundle, &line);
	assert_int_equal(manifest.n, 1);
	assert_memory_equal(manifest.line[0].hash, line.hash, sizeof(line.hash));
	assert_int_equal(manifest.line[0].size, bundle.len);
	assert_int_equal(manifest.line[0].number, 7);
	ph_manifest_deinit(&manifest);
}

/* ---- on the simulated disk ---- */

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
		assert_int_equal(err.exit, PH_EXIT_PARTIAL);
		assert_non_null(strstr(err.text, "full"));
		check_pulled(stick, "/m/a");
		/* the .part is gone: nobody else lacks the room */
		assert_int_equal(sim_disk_used("a"), used);
	}
	sim_disk_traits("a")->limit = 0;
	assert_int_equal(pack(&stick->sender, "/m/a", ph_buf_view(&stick->new), NULL), 0);
	check_packed(&stick->sender, "/m/a", ph_buf_view(&stick->new));
}

/* ---- on the real disk ---- */

static char room[64];

static int room_setup(void **state)
{
	(void)state;
	snprintf(room, sizeof(room), "/tmp/packhorse-unit.XXXXXX");
	return mkdtemp(room) ? 0 : -1;
}

static int room_teardown(void **state)
{
	char command[128];

	(void)state;
	ph_file_use(NULL);
	snprintf(command, sizeof(command), "rm -rf '%s'", room);
	return system(command);
}

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
	assert_non_null(strstr(err.text, "plugged in"));
	write_file("a-file", "x");
	in_room("a-file", path);
	assert_int_equal(ph_spool_open(&spool, path, true, NULL), -ENOENT);
	memset(&err, 0, sizeof(err));
	assert_int_equal(ph_spool_open(&spool, room, false, &err), -ENOENT);
	assert_non_null(strstr(err.text, "nothing of Packhorse"));
	/* somebody else's file, or a link to somewhere else, in its place */
	write_file("packhorse", "x");
	assert_int_equal(ph_spool_open(&spool, room, true, NULL), -ENOTDIR);
	in_room("packhorse", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/tmp", path), 0);
	assert_int_equal(ph_spool_open(&spool, room, true, NULL), -ENOTDIR);
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
	assert_non_null(strstr(err.text, "write-protected"));
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
	assert_non_null(strstr(err.text, "other bytes"));
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

/* A folder with more names than are looked at. */
static void test_many(void **state)
{
	struct ph_spool_files files;
	struct ph_spool spool;
	char path[256];

	(void)state;
	assert_int_equal(ph_spool_open(&spool, room, true, NULL), 0);
	for (unsigned i = 0; i < PH_SPOOL_FILES_MAX - 1; i++) {
		hostile_name(i, path);
		int fd = open(path, O_WRONLY | O_CREAT, 0600);

		assert_true(fd >= 0);
		close(fd);
	}
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(ph_spool_list(&spool, &files, NULL), 0);
		assert_int_equal(files.n, PH_SPOOL_FILES_MAX - (i == 0 ? 1 : 0));
		assert_int_equal(files.is_more, i == 2);
		ph_spool_files_deinit(&files);
		hostile_name(PH_SPOOL_FILES_MAX + i, path);
		assert_int_equal(ph_file_write(path, ph_view_str("x"), 0600, NULL), 0);
	}
}

/* ---- manifests ---- */

static void fill_manifest(struct ph_manifest *manifest, const struct sender *sender,
			  unsigned n)
{
	memset(manifest, 0, sizeof(*manifest));
	memcpy(manifest->key, sender->pair.key, PH_KEY_SIZE);
	manifest->written = INT64_MAX;
	for (unsigned i = 0; i < n; i++) {
		struct ph_manifest_line line = { .size = PH_BUNDLE_MAX,
						 .number = INT64_MAX,
						 .made = INT64_MAX };

		memset(line.hash, (int)i, sizeof(line.hash));
		assert_int_equal(ph_manifest_add(manifest, &line),
				 i < PH_SPOOL_BUNDLES_MAX ? 0 : PH_MANIFEST_E_FULL);
	}
}

static void test_manifest(void **state)
{
	const unsigned sizes[] = { 0,
				   1,
				   2,
				   PH_SPOOL_BUNDLES_MAX - 1,
				   PH_SPOOL_BUNDLES_MAX,
				   PH_SPOOL_BUNDLES_MAX + 1 };
	struct sender sender;
	struct ph_buf bytes = { 0 };

	(void)state;
	sender_init(&sender);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct ph_manifest manifest;
		struct ph_manifest back;

		fill_manifest(&manifest, &sender, sizes[i]);
		bytes.len = 0;
		assert_int_equal(ph_manifest_encode(&manifest, &sender.pair, &bytes), 0);
		assert_int_equal(
			ph_manifest_decode(ph_buf_view(&bytes), sender.id, &back), 0);
		assert_int_equal(back.n, manifest.n);
		assert_int_equal(back.written, manifest.written);
		if (back.n > 0) {
			assert_memory_equal(back.line, manifest.line,
					    back.n * sizeof(*back.line));
		}
		ph_manifest_deinit(&manifest);
		ph_manifest_deinit(&back);
	}
	ph_buf_deinit(&bytes);
}

static void test_manifest_bent(void **state)
{
	uint8_t other[PH_DEVICE_ID_SIZE] = { 1 };
	struct ph_manifest manifest;
	struct ph_manifest back;
	struct sender sender;
	struct ph_buf bytes = { 0 };

	(void)state;
	sender_init(&sender);
	fill_manifest(&manifest, &sender, 3);
	assert_int_equal(ph_manifest_encode(&manifest, &sender.pair, &bytes), 0);
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(ph_manifest_decode(ph_buf_view(&bytes), sender.id, &back) >
			    0);
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = 0; len < bytes.len; len++) {
		assert_int_equal(
			ph_manifest_decode(PH_VIEW(bytes.data, len), sender.id, &back),
			PH_MANIFEST_E_FORM);
	}
	assert_int_equal(ph_manifest_decode(ph_buf_view(&bytes), other, &back),
			 PH_MANIFEST_E_SIGNATURE);
	ph_manifest_deinit(&manifest);
	/* signed well, of a version that is not ours */
	struct ph_buf body = { 0 };
	struct ph_mpw writer;
	uint8_t sig[PH_SIGNATURE_SIZE];

	ph_mpw_init(&writer, &body);
	ph_mpw_array(&writer, 4);
	ph_mpw_uint(&writer, 2);
	ph_mpw_bin(&writer, sender.pair.key, PH_KEY_SIZE);
	ph_mpw_uint(&writer, 5);
	ph_mpw_array(&writer, 0);
	assert_int_equal(ph_mpw_end(&writer), 0);
	ph_sign(sig, PH_MANIFEST_CONTEXT, ph_buf_view(&body), sender.pair.secret);
	bytes.len = 0;
	ph_mpw_init(&writer, &bytes);
	ph_mpw_array(&writer, 2);
	ph_mpw_bin(&writer, body.data, body.len);
	ph_mpw_bin(&writer, sig, sizeof(sig));
	assert_int_equal(ph_mpw_end(&writer), 0);
	assert_int_equal(ph_manifest_decode(ph_buf_view(&bytes), sender.id, &back),
			 PH_MANIFEST_E_FORM);
	ph_buf_deinit(&body);
	ph_buf_deinit(&bytes);
}

#define ON_STICK(test) cmocka_unit_test_setup_teardown(test, stick_setup, stick_teardown)
#define IN_ROOM(test)  cmocka_unit_test_setup_teardown(test, room_setup, room_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STICK(test_pulled),
		ON_STICK(test_packed_stays),
		ON_STICK(test_faults),
		ON_STICK(test_short_writes),
		ON_STICK(test_full),
		IN_ROOM(test_no_stick),
		IN_ROOM(test_read_only),
		IN_ROOM(test_reads_other),
		IN_ROOM(test_hostile),
		IN_ROOM(test_many),
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_manifest_bent),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

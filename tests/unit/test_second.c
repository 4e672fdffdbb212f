/*
 * Tests of daemon/second.c: the second medium written anew without what was erased, on a disk
 * that loses power behind each operation, and one on which each fails.
 */
#include "one_disk.h"

#include <sodium.h>

#include "daemon/second.h"

#define FOLDER "/m/a/medium"

enum {
	RECORDS = 50, /* segments, and as many parts */
	BODY = 7000,  /* of each: so all of it is written in more than one piece */
	CUTS = 20     /* fates of each cut */
};

static const uint8_t root[PH_KEY_SIZE] = { 0xab, 0xcd, 0xef, 0x01 };
static const uint8_t log_id[PH_LOG_ID_SIZE] = { 7 };

struct seen {
	unsigned segments, kept, gone;
};

static int see(void *data, const struct ph_second_record *record)
{
	struct seen *seen = data;

	if (!record->is_part) {
		seen->segments++;
		assert_int_equal(record->segment.first, seen->segments);
		assert_int_equal(record->segment.body.len, BODY);
	} else if (record->cipher.data[0] == 'g') {
		seen->gone++;
	} else {
		seen->kept++;
	}
	return 0;
}

static struct seen look(const char *folder)
{
	struct seen seen = { 0 };
	struct ph_file_info info;
	char path[256];
	uint64_t whole;

	assert_int_equal(ph_second_path(folder, root, path, sizeof(path), NULL), 0);
	assert_int_equal(ph_second_each(path, see, &seen, &whole), 0);
	assert_int_equal(ph_file_info(path, &info), 0);
	assert_int_equal(whole, info.size);
	return seen;
}

static void put_one(struct ph_second *second, unsigned n)
{
	static uint8_t body[BODY];
	struct ph_segment segment = { .first = n, .last = n };
	char cipher[64];

	memset(body, (int)n, sizeof(body));
	memcpy(segment.log_id, log_id, sizeof(log_id));
	segment.body = PH_VIEW(body, sizeof(body));
	snprintf(cipher, sizeof(cipher), "%s: what was sealed %u",
		 n % 2 ? "kept" : "gone", n);
	assert_int_equal(ph_second_put_segment(second, &segment), 0);
	assert_int_equal(ph_second_put_part(second, log_id, n, ph_view_str(cipher),
					    ph_view_str("box")),
			 0);
}

static struct ph_second *open_it(void)
{
	struct ph_second *second = NULL;

	assert_int_equal(ph_second_open(&second, FOLDER, root, NULL), 0);
	return second;
}

static struct ph_second *fill(void)
{
	struct ph_second *second;

	assert_int_equal(ph_dir_create(FOLDER, NULL), 0);
	second = open_it();
	for (unsigned n = 1; n <= RECORDS; n++) {
		put_one(second, n);
	}
	assert_int_equal(ph_second_sync(second), 0);
	return second;
}

static int begins_with_g(void *data, const struct ph_second_record *part)
{
	(void)data;
	return part->cipher.data[0] == 'g';
}

static int no_one(void *data, const struct ph_second_record *part)
{
	(void)data;
	(void)part;
	return 0;
}

static void test_drop(void **state)
{
	struct ph_second *second = fill();
	uint64_t before = sim_disk_hash("a");
	struct seen seen;

	(void)state;
	assert_int_equal(ph_second_drop(second, no_one, NULL), 0);
	assert_int_equal(sim_disk_hash("a"), before);
	assert_int_equal(look(FOLDER).gone, RECORDS / 2);
	assert_int_equal(ph_second_drop(second, begins_with_g, NULL), 0);
	seen = look(FOLDER);
	assert_int_equal(seen.segments, RECORDS);
	assert_int_equal(seen.kept, RECORDS / 2);
	assert_int_equal(seen.gone, 0);
	assert_null(sim_disk_find("a", "gone: what", 10));
	assert_non_null(sim_disk_find("a", "kept: what", 10));
	/* it goes on behind what is there, now and when it is opened again */
	assert_int_equal(ph_second_held(second, log_id), RECORDS);
	put_one(second, RECORDS + 1);
	assert_int_equal(ph_second_sync(second), 0);
	ph_second_close(second);
	second = open_it();
	assert_int_equal(ph_second_held(second, log_id), RECORDS + 1);
	ph_second_close(second);
	assert_int_equal(look(FOLDER).segments, RECORDS + 1);
}

/* Whatever a power cut leaves is the file as it was, or the new one. */
static void on_done(void *data, const char *name, enum sim_disk_op op, const char *path)
{
	unsigned *cuts = data;
	char to[16];

	(void)op;
	(void)path;
	for (uint64_t seed = 0; strcmp(name, "a") == 0 && seed < CUTS; seed++) {
		snprintf(to, sizeof(to), "cut%u", (*cuts)++);
		sim_disk_image("a", to, seed, NULL);
	}
}

static void test_power_cut(void **state)
{
	struct ph_second *second = fill();
	unsigned cuts = 0;
	unsigned new = 0;

	(void)state;
	sim_disk_settle("a");
	sim_disk_watch(on_done, &cuts);
	assert_int_equal(ph_second_drop(second, begins_with_g, NULL), 0);
	sim_disk_watch(NULL, NULL);
	for (unsigned i = 0; i < cuts; i++) {
		char folder[64];
		struct seen seen;

		snprintf(folder, sizeof(folder), "/m/cut%u/medium", i);
		seen = look(folder);
		assert_int_equal(seen.segments, RECORDS);
		assert_int_equal(seen.kept, RECORDS / 2);
		assert_true(seen.gone == RECORDS / 2 || seen.gone == 0);
		new += seen.gone == 0;
	}
	assert_true(cuts >= 5 * CUTS);
	assert_true(new >= CUTS &&new <= cuts - 3 * CUTS);
	/* behind the last operation it lasts */
	sim_disk_cut("a", 1, NULL);
	ph_second_close(second);
	sim_disk_on("a");
	assert_int_equal(look(FOLDER).gone, 0);
}

/* Each operation fails once: the file stays as it was, is gone on with, and the next try does it. */
static void fail_each(enum sim_disk_fault fault, int expected)
{
	bool failed = true;

	for (uint64_t at = 1; failed; at++) {
		struct ph_second *second;
		struct seen seen;
		int rc;

		sim_disk_add("a");
		second = fill();
		sim_disk_fail("a", fault, at, false);
		rc = ph_second_drop(second, begins_with_g, NULL);
		failed = sim_disk_failed("a");
		sim_disk_fail("a", SIM_FAULT_NONE, 0, false);
		assert_true(failed ? rc == expected || rc == 0 : rc == 0);
		seen = look(FOLDER);
		assert_int_equal(seen.segments, RECORDS);
		assert_true(rc < 0 || seen.gone == 0);
		put_one(second, RECORDS + 1);
		assert_int_equal(ph_second_sync(second), 0);
		assert_int_equal(look(FOLDER).segments, RECORDS + 1);
		assert_int_equal(ph_second_drop(second, begins_with_g, NULL), 0);
		assert_int_equal(look(FOLDER).gone, 0);
		assert_int_equal(look(FOLDER).segments, RECORDS + 1);
		ph_second_close(second);
	}
}

static void test_io_error(void **state)
{
	(void)state;
	fail_each(SIM_FAULT_IO, -EIO);
}

static void test_full(void **state)
{
	(void)state;
	fail_each(SIM_FAULT_FULL, -ENOSPC);
}

static void test_cannot_read(void **state)
{
	(void)state;
	fail_each(SIM_FAULT_READ, -EIO);
}

/* A bit that has turned since it was opened: what is behind it is not lost by this. */
static void test_damaged(void **state)
{
	struct ph_second *second = fill();
	char path[256];

	(void)state;
	assert_int_equal(ph_second_path(FOLDER, root, path, sizeof(path), NULL), 0);
	scribble(path, "xxxxxxxxxx");
	assert_int_equal(ph_second_drop(second, begins_with_g, NULL), -EUCLEAN);
	assert_non_null(sim_disk_find("a", "kept: what was sealed 49", 24));
	ph_second_close(second);
}

/* A record whose hash is right, but whose type there is not, is none: the file ends before it. */
static void test_unknown_type(void **state)
{
	static const uint8_t types[] = { 0, 3 };
	struct ph_buf bytes = { 0 };
	struct ph_second *second;
	char path[256];

	(void)state;
	assert_int_equal(ph_dir_create(FOLDER, NULL), 0);
	assert_int_equal(ph_second_path(FOLDER, root, path, sizeof(path), NULL), 0);
	second = open_it();
	put_one(second, 1);
	assert_int_equal(ph_second_sync(second), 0);
	ph_second_close(second);
	assert_int_equal(look(FOLDER).segments, 1);
	assert_int_equal(ph_file_read(path, 1 << 20, &bytes, NULL), 0);
	for (size_t i = 0; i < sizeof(types); i++) {
		uint8_t *record = bytes.data + 4;
		size_t len = ph_be32_get(bytes.data) - 16;
		struct seen seen = { 0 };
		uint64_t whole = 1;

		record[1] = types[i]; /* behind the head of the array */
		crypto_generichash(record + len, 16, record, len, NULL, 0);
		assert_int_equal(ph_file_write(path, PH_VIEW(bytes.data, 4 + len + 16),
					       0600, NULL),
				 0);
		assert_int_equal(ph_second_each(path, see, &seen, &whole), 0);
		assert_int_equal(seen.segments, 0);
		assert_int_equal(whole, 0);
	}
	ph_buf_deinit(&bytes);
}

static struct ph_second_left left_of(const char *path, struct ph_view bytes)
{
	struct ph_second_left left;
	struct seen seen = { 0 };
	uint64_t whole;

	assert_int_equal(ph_file_write(path, bytes, 0600, NULL), 0);
	assert_int_equal(ph_second_each(path, see, &seen, &whole), 0);
	assert_int_equal(ph_second_left(path, whole, &left), 0);
	assert_int_equal(left.at, whole);
	assert_int_equal(left.bytes, bytes.len - whole);
	return left;
}

/* An append that was cut is told from damage, wherever that is. */
static void test_left(void **state)
{
	struct ph_buf bytes = { 0 };
	struct ph_second_left left;
	char path[256];
	size_t first;

	(void)state;
	ph_second_close(fill());
	assert_int_equal(ph_second_path(FOLDER, root, path, sizeof(path), NULL), 0);
	assert_int_equal(ph_file_read(path, 1 << 20, &bytes, NULL), 0);
	first = 4 + ph_be32_get(bytes.data);
	assert_int_equal(left_of(path, ph_buf_view(&bytes)).bytes, 0);
	for (size_t cut = 1; cut < 200;
	     cut++) { /* of the last record, and into the one before */
		left = left_of(path, PH_VIEW(bytes.data, bytes.len - cut));
		assert_false(left.is_damaged);
	}
	for (size_t at = 0; at < first; at += 97) { /* the first also in its length */
		bytes.data[at] ^= 1;
		left = left_of(path, ph_buf_view(&bytes));
		assert_true(left.is_damaged);
		assert_int_equal(left.at, 0);
		bytes.data[at] ^= 1;
	}
	bytes.data[1] ^= 4; /* 256 KiB, which is less than is behind; 512 KiB is more */
	assert_true(left_of(path, ph_buf_view(&bytes)).is_damaged);
	bytes.data[1] ^= 4 ^ 8;
	assert_true(left_of(path, ph_buf_view(&bytes)).is_damaged);
	bytes.data[1] ^= 8;
	bytes.data[bytes.len - 1] ^= 1;
	left = left_of(path, ph_buf_view(&bytes));
	assert_true(left.is_damaged && left.at > 0);
	bytes.data[bytes.len - 1] ^= 1;
	memset(bytes.data + first, 0,
	       bytes.len - first); /* a file grew, and nothing came */
	left = left_of(path, ph_buf_view(&bytes));
	assert_int_equal(left.at, first);
	assert_false(left.is_damaged);
	memset(bytes.data, 'x', bytes.len);
	assert_true(left_of(path, ph_buf_view(&bytes)).is_damaged);
	assert_int_equal(ph_second_left("/m/a/none", 0, &left), 0);
	assert_int_equal(left.bytes, 0);
	ph_buf_deinit(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(drop),        T(power_cut), T(io_error),     T(full),
		T(cannot_read), T(damaged),   T(unknown_type), T(left),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

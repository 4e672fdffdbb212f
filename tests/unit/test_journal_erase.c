/* tests/unit/test_journal_erase.c - parts of readers who were erased, in a store and in its file. */
#include "tests/unit/journal_room.h"

#include <sys/stat.h>

#include "common/log/erased.h"

/* The entry N of ROOM's log by its reference. */
static struct ph_ref ref_of(struct room *room, uint64_t n)
{
	struct ph_ref ref = { .n = n };
	struct ph_buf bytes = { 0 };
	uint8_t e[PH_HASH_SIZE];

	assert_int_equal(ph_journal_entry(room->journal, 1, n, &bytes), 0);
	ph_entry_hash(ph_buf_view(&bytes), e);
	memcpy(ref.log_id, room->log_id, sizeof(ref.log_id));
	memcpy(ref.hash, e, sizeof(ref.hash));
	ph_buf_deinit(&bytes);
	return ref;
}

static void erase(struct room *room, const struct ph_ref *reader)
{
	uint8_t id[PH_ERASED_REF_SIZE];

	ph_erased_ref(id, reader);
	assert_int_equal(
		ph_erased_put(room->db, PH_ERASED_READER, PH_VIEW(id, sizeof(id))), 0);
}

static size_t missing(struct room *room)
{
	uint64_t n[8];
	size_t count = 0;

	assert_int_equal(ph_journal_parts_missing(room->journal, 1, n, 8, &count), 0);
	return count;
}

static bool has_part(struct room *room, uint64_t n)
{
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };
	int rc = ph_journal_part_get(room->journal, 1, n, &cipher, &box);

	assert_true(rc == 0 || rc == PH_JOURNAL_E_NONE);
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
	return rc == 0;
}

static void expect_counts(struct room *room, uint64_t parts, uint64_t erased)
{
	struct ph_journal_counts counts = { 0 };
	struct ph_error err = { 0 };

	if (ph_journal_verify(room->journal, room->keys.key, &counts, &err) != 0) {
		fail_msg("%s", err.text);
	}
	assert_int_equal(counts.parts, parts);
	assert_int_equal(counts.parts_erased, erased);
	assert_int_equal(counts.parts_missing, 0);
}

/* A log of two readers, entries 1 and 2. */
static void write_two(struct room *room, struct ph_log *log, struct ph_buf cipher[2])
{
	struct ph_buf body = { 0 };

	room_open(room, ":memory:", 41);
	room_add_log(room, log);
	add_reader(room, &body, 1, 1, &cipher[0]);
	add_reader(room, &body, 2, 2, &cipher[1]);
	assert_int_equal(ph_journal_append(room->journal, log, ph_buf_view(&body)), 0);
	ph_buf_deinit(&body);
}

/* The part was here before the erasure: it goes, and nothing waits for it. */
static void gone(void **state)
{
	struct ph_buf cipher[2] = { { 0 }, { 0 } };
	struct room room;
	struct ph_log log;
	bool held = false;

	(void)state;
	write_two(&room, &log, cipher);
	for (uint64_t n = 1; n <= 2; n++) {
		assert_int_equal(ph_journal_part_put(room.journal, 1, n,
						     ph_buf_view(&cipher[n - 1]),
						     ph_view_str("boxed")),
				 0);
	}
	assert_int_equal(ph_journal_part_erase(room.journal, 1, 1, &held), 0);
	assert_true(held);
	assert_int_equal(ph_journal_part_erase(room.journal, 1, 1, &held), 0);
	assert_false(held);
	assert_int_equal(ph_journal_part_erase(room.journal, 1, 3, &held), 0);
	assert_false(held);
	assert_false(has_part(&room, 1));
	assert_true(has_part(&room, 2));
	assert_int_equal(missing(&room), 0);
	expect_counts(&room, 1, 1);
	/* it comes once more */
	assert_int_equal(ph_journal_part_put(room.journal, 1, 1, ph_buf_view(&cipher[0]),
					     ph_view_str("boxed")),
			 0);
	assert_false(has_part(&room, 1));
	begin(&room);
	assert_int_equal(ph_journal_parts_rewrite(room.journal), 0);
	commit(&room);
	assert_true(has_part(&room, 2));
	expect_counts(&room, 1, 1);
	room_close_store(&room);
	ph_buf_deinit(&cipher[0]);
	ph_buf_deinit(&cipher[1]);
}

/* The erasure was here before entry and part: nothing is expected, and nothing kept. */
static void late(void **state)
{
	struct ph_buf cipher[2] = { { 0 }, { 0 } };
	struct ph_buf body = { 0 };
	struct ph_segment segment;
	struct ph_ref reader;
	struct room a;
	struct room b;
	struct ph_log in_a;
	struct ph_log in_b;

	(void)state;
	write_two(&a, &in_a, cipher);
	reader_open(&b, &a, &in_b);
	reader = ref_of(&a, 2);
	erase(&b, &reader);
	make_segment(&a, &in_a, 1, 2, &body, &segment);
	assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &segment, NULL), 0);
	assert_int_equal(missing(&b), 1);
	for (uint64_t n = 1; n <= 2; n++) {
		assert_int_equal(ph_journal_part_put(b.journal, 1, n,
						     ph_buf_view(&cipher[n - 1]),
						     ph_view_str("boxed")),
				 0);
	}
	assert_true(has_part(&b, 1));
	assert_false(has_part(&b, 2));
	assert_int_equal(missing(&b), 0);
	expect_counts(&b, 1, 1);
	room_close_store(&a);
	room_close_store(&b);
	ph_buf_deinit(&body);
	ph_buf_deinit(&cipher[0]);
	ph_buf_deinit(&cipher[1]);
}

/* --- the file --- */

#define PARTS     3000
#define PART_MOST 1500

struct made {
	uint8_t bytes[32]; /* how its ciphertext begins */
	bool erased;
};

static uint64_t below(struct room *room, uint64_t n)
{
	uint64_t value;

	room->rng.fill(room->rng.data, (uint8_t *)&value, sizeof(value));
	return value % n;
}

/* Rows of all lengths in the order of chance, some put anew: pages are split and put in order. */
static void fill_part(struct room *room, struct made *made, int64_t id)
{
	static const size_t lengths[] = { 40, 80, 200, 600, 1500 };
	uint8_t cipher[PART_MOST];
	struct ph_stmt *stmt;

	assert_int_equal(ph_db_prepare(room->db,
				       "INSERT OR REPLACE INTO part(id, commit_hash,"
				       " cipher, seed) VALUES(?1, ?2, ?3, ?2)",
				       &stmt),
			 0);
	room->rng.fill(room->rng.data, cipher, sizeof(cipher));
	memcpy(cipher, made->bytes, sizeof(made->bytes));
	ph_stmt_int(stmt, 1, id);
	ph_stmt_blob(stmt, 2, PH_VIEW(cipher + 8, 32));
	ph_stmt_blob(stmt, 3, PH_VIEW(cipher, lengths[below(room, 5)]));
	assert_int_equal(ph_stmt_run(stmt), 0);
}

static void fill(struct room *room, struct made *made)
{
	uint32_t order[PARTS];

	for (uint32_t i = 0; i < PARTS; i++) {
		order[i] = i;
		room->rng.fill(room->rng.data, made[i].bytes, sizeof(made[i].bytes));
		made[i].erased = below(room, 2) == 0;
	}
	for (uint32_t i = PARTS - 1; i > 0; i--) {
		uint32_t j = (uint32_t)below(room, i + 1);
		uint32_t other = order[i];

		order[i] = order[j];
		order[j] = other;
	}
	begin(room);
	for (uint32_t i = 0; i < PARTS; i++) {
		fill_part(room, &made[order[i]], order[i] + 1);
		if (i % 3 == 0) {
			uint32_t again = order[below(room, i + 1)];

			fill_part(room, &made[again], again + 1);
		}
	}
	commit(room);
}

static void erase_half(struct room *room, const struct made *made)
{
	begin(room);
	for (uint32_t i = 0; i < PARTS; i++) {
		struct ph_stmt *stmt;

		if (made[i].erased) {
			assert_int_equal(ph_db_prepare(room->db,
						       "UPDATE part SET cipher = x'',"
						       " seed = NULL WHERE id = ?1",
						       &stmt),
					 0);
			ph_stmt_int(stmt, 1, i + 1);
			assert_int_equal(ph_stmt_run(stmt), 0);
		}
	}
	commit(room);
}

/* How many of those that are erased, or are not, begin somewhere in the file PATH. */
static unsigned found_in(const char *path, const struct made *made, bool erased)
{
	struct stat info;
	FILE *file = fopen(path, "rb");
	uint8_t *bytes;
	unsigned found = 0;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &info), 0);
	bytes = malloc((size_t)info.st_size);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, (size_t)info.st_size, file), info.st_size);
	for (uint32_t i = 0; i < PARTS; i++) {
		found += made[i].erased == erased &&
			 memmem(bytes, (size_t)info.st_size, made[i].bytes,
				sizeof(made[i].bytes)) != NULL;
	}
	free(bytes);
	fclose(file);
	return found;
}

static void file(void **state)
{
	struct made *made = calloc(PARTS, sizeof(*made));
	unsigned kept;
	struct room room;
	struct stat wal;
	char dir[64];
	char path[96];
	char beside[112];

	(void)state;
	assert_non_null(made);
	temp_dir(dir);
	snprintf(path, sizeof(path), "%s/site.db", dir);
	snprintf(beside, sizeof(beside), "%s-wal", path);
	room_open(&room, path, 42);
	fill(&room, made);
	erase_half(&room, made);
	assert_int_equal(ph_db_checkpoint(room.db), 0);
	kept = found_in(path, made, false);
	print_message(
		"# %u parts, of those that were only deleted %u are still in the file\n",
		PARTS, found_in(path, made, true));
	begin(&room);
	assert_int_equal(ph_journal_parts_rewrite(room.journal), 0);
	commit(&room);
	assert_int_equal(ph_db_checkpoint(room.db), 0);
	assert_int_equal(found_in(path, made, true), 0);
	assert_int_equal(found_in(path, made, false), kept);
	assert_true(stat(beside, &wal) != 0 || wal.st_size == 0);
	room_close_store(&room);
	remove_dir(dir);
	free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gone),
		cmocka_unit_test(late),
		cmocka_unit_test(file),
	};

	return sodium_init() < 0
		       ? 1
		       : cmocka_run_group_tests_name("journal_erase", tests, NULL, NULL);
}

/* tests/unit/test_journal_part.c - sealed parts beside their entries. */
#include "tests/unit/journal_room.h"

static void parts(void **state)
{
	struct room a;
	struct room b;
	struct ph_log in_a;
	struct ph_log in_b;
	struct ph_buf body = { 0 };
	struct ph_buf cipher[3] = { { 0 }, { 0 }, { 0 } };
	struct ph_buf out = { 0 };
	struct ph_buf box = { 0 };
	struct ph_segment segment;
	uint64_t n[8];
	size_t count;

	(void)state;
	room_open(&a, ":memory:", 40);
	room_add_log(&a, &in_a);
	add_visit(&body, 1, 1);
	add_reader(&a, &body, 2, 2, &cipher[0]);
	add_visit(&body, 3, 3);
	add_reader(&a, &body, 4, 4, &cipher[1]);
	add_reader(&a, &body, 5, 5, &cipher[2]);
	assert_int_equal(ph_journal_append(a.journal, &in_a, ph_buf_view(&body)), 0);
	reader_open(&b, &a, &in_b);
	make_segment(&a, &in_a, 1, 5, &body, &segment);
	assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &segment, NULL), 0);

	assert_int_equal(ph_journal_parts_missing(b.journal, 1, n, 8, &count), 0);
	assert_int_equal(count, 3);
	assert_true(n[0] == 2 && n[1] == 4 && n[2] == 5);
	assert_int_equal(ph_journal_parts_missing(b.journal, 1, n, 2, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(ph_journal_parts_missing(b.journal, 2, n, 8, &count), 0);
	assert_int_equal(count, 0);

	struct ph_view first = ph_buf_view(&cipher[0]);
	struct ph_view seed = ph_view_str("boxed");

	assert_int_equal(ph_journal_part_get(b.journal, 1, 2, &out, &box),
			 PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_part_put(b.journal, 1, 1, first, seed),
			 PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_part_put(b.journal, 1, 6, first, seed),
			 PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_part_put(b.journal, 1, 0, first, seed),
			 PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_part_put(b.journal, 2, 2, first, seed),
			 PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_part_put(b.journal, 1, 4, first, seed),
			 PH_JOURNAL_E_SEAL);
	for (size_t bit = 0; bit < 8 * first.len; bit++) {
		cipher[0].data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(ph_journal_part_put(b.journal, 1, 2, first, seed),
				 PH_JOURNAL_E_SEAL);
		cipher[0].data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(ph_journal_parts_missing(b.journal, 1, n, 8, &count), 0);
	assert_int_equal(count, 3);

	assert_int_equal(ph_journal_part_put(b.journal, 1, 2, first, seed), 0);
	/* Once more, with another box: what is there stays. */
	assert_int_equal(
		ph_journal_part_put(b.journal, 1, 2, first, ph_view_str("other")), 0);
	assert_int_equal(ph_buf_put(&out, "<", 1), 0);
	assert_int_equal(ph_journal_part_get(b.journal, 1, 2, &out, &box), 0);
	assert_int_equal(out.len, 1 + first.len);
	assert_memory_equal(out.data + 1, first.data, first.len);
	assert_true(ph_view_equal(ph_buf_view(&box), seed));
	assert_int_equal(ph_journal_part_put(b.journal, 1, 5, ph_buf_view(&cipher[2]),
					     PH_VIEW(NULL, 0)),
			 0);
	assert_int_equal(ph_journal_parts_missing(b.journal, 1, n, 8, &count), 0);
	assert_true(count == 1 && n[0] == 4);
	assert_int_equal(ph_journal_parts_in(b.journal, 1, 0, 5, n, 8, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(ph_journal_parts_in(b.journal, 1, 2, 4, n, 8, &count), 0);
	assert_true(count == 1 && n[0] == 4);
	assert_int_equal(ph_journal_parts_in(b.journal, 1, 5, UINT64_MAX, n, 8, &count),
			 0);
	assert_int_equal(count, 0);

	struct ph_journal_counts counts;

	assert_int_equal(ph_journal_verify(b.journal, b.keys.key, &counts, NULL), 0);
	assert_int_equal(counts.parts, 2);
	assert_int_equal(counts.parts_missing, 1);
	assert_int_equal(counts.entries, 5);
	assert_int_equal(counts.seals, 1);
	for (int i = 0; i < 3; i++) {
		ph_buf_deinit(&cipher[i]);
	}
	ph_buf_deinit(&out);
	ph_buf_deinit(&box);
	ph_buf_deinit(&body);
	room_close(&b);
	room_close(&a);
}

/* [KIND, stamp, nil, nil, nil, nil, mask 1, commit of LEN bytes of 'p', nothing or one more]. */
static void add_raw_put(struct ph_buf *body, uint64_t kind, size_t len, bool further)
{
	struct ph_buf bytes = { 0 };
	struct ph_mpw writer;
	uint8_t cipher[PH_PART_MAX + 1];
	uint8_t hash[PH_HASH_SIZE];

	memset(cipher, 'p', sizeof(cipher));
	ph_part_commit(PH_VIEW(cipher, len), hash);
	ph_mpw_init(&writer, &bytes);
	ph_mpw_array(&writer, further ? 10 : 8);
	ph_mpw_uint(&writer, kind);
	ph_mpw_uint(&writer, 70000);
	for (int i = 0; i < 4; i++) {
		ph_mpw_nil(&writer);
	}
	ph_mpw_uint(&writer, 1);
	ph_mpw_bin(&writer, hash, sizeof(hash));
	if (further) {
		ph_mpw_nil(&writer); /* seen */
		ph_mpw_uint(&writer, 1);
	}
	assert_int_equal(ph_mpw_end(&writer), 0);
	assert_int_equal(ph_segment_add(body, ph_buf_view(&bytes)), 0);
	ph_buf_deinit(&bytes);
}

static void part_limits(void **state)
{
	static const size_t lens[] = { 15, 16, PH_PART_MAX, PH_PART_MAX + 1 };
	static uint8_t cipher[PH_PART_MAX + 1];
	struct room room;
	struct ph_log log;
	struct ph_buf body = { 0 };

	(void)state;
	room_open(&room, ":memory:", 41);
	room_add_log(&room, &log);
	memset(cipher, 'p', sizeof(cipher));
	for (size_t i = 0; i < 4; i++) {
		add_raw_put(&body, PH_KIND_READER_PUT, lens[i], false);
	}
	assert_int_equal(ph_journal_append(room.journal, &log, ph_buf_view(&body)), 0);
	for (size_t i = 0; i < 4; i++) {
		bool fits = lens[i] >= 16 && lens[i] <= PH_PART_MAX;

		assert_int_equal(ph_journal_part_put(room.journal, 1, i + 1,
						     PH_VIEW(cipher, lens[i]),
						     PH_VIEW(cipher, 257)),
				 PH_JOURNAL_E_FORM);
		assert_int_equal(ph_journal_part_put(room.journal, 1, i + 1,
						     PH_VIEW(cipher, lens[i]),
						     PH_VIEW(cipher, 256)),
				 fits ? 0 : PH_JOURNAL_E_FORM);
	}
	ph_buf_deinit(&body);
	room_close(&room);
}

/* Entries of a later table keep their bodies; malformed ones have none. */
static void later_tables(void **state)
{
	static uint8_t cipher[40];
	struct room room;
	struct ph_log log;
	struct ph_buf body = { 0 };
	struct ph_entry entry;
	struct ph_view rest;
	struct ph_view bytes;
	uint64_t n[8];
	size_t count;

	(void)state;
	room_open(&room, ":memory:", 42);
	room_add_log(&room, &log);
	memset(cipher, 'p', sizeof(cipher));
	add_raw_put(&body, PH_KIND_READER_PUT, 40, true); /* a further field */
	rest = ph_buf_view(&body);
	assert_int_equal(ph_segment_next(&rest, &bytes), 0);
	assert_int_equal(ph_entry_decode(bytes, &entry), PH_ENTRY_E_UNKNOWN);
	add_raw_put(&body, 60001, 40, false); /* a kind we do not have */
	add_raw_put(&body, PH_KIND_READER_PUT, 40, false);
	/* The last one malformed: a commit without its mask. */
	body.data[body.len - PH_HASH_SIZE - 3] = 0xc0;
	assert_int_equal(ph_journal_append(room.journal, &log, ph_buf_view(&body)), 0);
	assert_int_equal(ph_journal_parts_missing(room.journal, 1, n, 8, &count), 0);
	assert_true(count == 1 && n[0] == 1);

	struct ph_view good = PH_VIEW(cipher, 40);
	struct ph_view box = PH_VIEW(cipher, 10);

	assert_int_equal(ph_journal_part_put(room.journal, 1, 1, good, box), 0);
	assert_int_equal(
		ph_journal_part_put(room.journal, 1, 2, PH_VIEW(cipher, 39), box),
		PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_part_put(room.journal, 1, 2, good, box), 0);
	assert_int_equal(ph_journal_part_put(room.journal, 1, 3, good, box),
			 PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_parts_in(room.journal, 1, 0, 3, n, 8, &count), 0);
	assert_int_equal(count, 2);
	ph_buf_deinit(&body);
	room_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
		cmocka_unit_test(part_limits),
		cmocka_unit_test(later_tables),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("journal_part", tests, NULL, NULL);
}

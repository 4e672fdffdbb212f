/* tests/unit/test_journal_segment.c - segments taken and given, seals. */
#include "tests/unit/journal_room.h"

/* A writer's journal with COUNT entries in runs of random length, sealed at random places. */
static void author_open(struct room *room, uint64_t seed, size_t count,
			struct ph_log *log)
{
	room_open(room, ":memory:", seed);
	room_add_log(room, log);
	while (log->n < count) {
		struct ph_buf body = { 0 };
		struct ph_buf cipher = { 0 };
		size_t left = count - (size_t)log->n;
		size_t size = 1 + (size_t)ph_rng_below(&room->rng, 9);

		size = size < left ? size : left;
		for (size_t i = 0; i < size; i++) {
			uint64_t n = log->n + i + 1;
			uint64_t what = ph_rng_below(&room->rng, 10);

			if (what == 0) {
				add_opaque(room, &body,
					   1 + (size_t)ph_rng_below(&room->rng, 300));
			} else if (what == 1) {
				add_reader(room, &body, n << 16, n, &cipher);
			} else {
				add_visit(&body, n << 16, n);
			}
		}
		assert_int_equal(
			ph_journal_append(room->journal, log, ph_buf_view(&body)), 0);
		if (ph_rng_below(&room->rng, 4) == 0 || log->n == count) {
			assert_int_equal(ph_journal_seal(room->journal, log, log->n,
							 room->keys.secret),
					 0);
		}
		ph_buf_deinit(&body);
		ph_buf_deinit(&cipher);
	}
}

static void round_trips(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct room a;
		struct room b;
		struct ph_log in_a;
		struct ph_log in_b;
		struct ph_buf buf = { 0 };
		uint64_t missing_a[64];
		uint64_t missing_b[64];
		size_t n_a;
		size_t n_b;

		author_open(&a, seed, 150, &in_a);
		reader_open(&b, &a, &in_b);
		while (in_b.n < in_a.n) {
			struct ph_segment segment;
			uint64_t before = in_b.n;
			size_t max = (size_t)ph_rng_below(&a.rng, 2000);

			assert_int_equal(ph_journal_read_segment(a.journal, &in_a, in_b.n,
								 max, &segment, &buf),
					 0);
			assert_int_equal(segment.first, before + 1);
			assert_int_equal(
				ph_journal_put_segment(b.journal, &in_b, &segment, NULL),
				0);
			assert_int_equal(in_b.n, segment.last);
			assert_int_equal(in_b.sealed, segment.last);
		}
		/* Nothing is sealed above the head. */
		struct ph_segment none;

		assert_int_equal(ph_journal_read_segment(b.journal, &in_b, in_b.n, 1000,
							 &none, &buf),
				 PH_JOURNAL_E_NONE);
		assert_same_log(&a, &b);
		assert_int_equal(ph_journal_parts_missing(a.journal, in_a.row, missing_a,
							  64, &n_a),
				 0);
		assert_int_equal(ph_journal_parts_missing(b.journal, in_b.row, missing_b,
							  64, &n_b),
				 0);
		assert_true(n_a > 0);
		assert_int_equal(n_a, n_b);
		assert_memory_equal(missing_a, missing_b, n_a * sizeof(missing_a[0]));
		ph_buf_deinit(&buf);
		room_close(&b);
		room_close(&a);
	}
}

/* Any first and last, in any order, often: only gaps are refused, and all arrives. */
static void overlaps(void **state)
{
	(void)state;
	for (uint64_t seed = 20; seed < 28; seed++) {
		struct room a;
		struct room b;
		struct ph_log in_a;
		struct ph_log in_b;
		struct ph_buf body = { 0 };
		struct ph_segment segment;

		author_open(&a, seed, 60, &in_a);
		reader_open(&b, &a, &in_b);
		for (int i = 0; i < 120; i++) {
			uint64_t first = 1 + ph_rng_below(&a.rng, 60);
			uint64_t last = first + ph_rng_below(&a.rng, 61 - first);
			uint64_t before = in_b.n;
			int want = first > before + 1 ? PH_JOURNAL_E_GAP : 0;

			make_segment(&a, &in_a, first, last, &body, &segment);
			assert_int_equal(
				ph_journal_put_segment(b.journal, &in_b, &segment, NULL),
				want);
			assert_int_equal(in_b.n,
					 want == 0 && last > before ? last : before);
		}
		make_segment(&a, &in_a, 1, 60, &body, &segment);
		assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &segment, NULL),
				 0);
		assert_same_log(&a, &b);
		ph_buf_deinit(&body);
		room_close(&b);
		room_close(&a);
	}
}

static void rows_of_a_segment(void **state)
{
	struct room a;
	struct room b;
	struct ph_log in_a;
	struct ph_log in_b;
	struct ph_buf body = { 0 };
	struct ph_segment segment;
	struct ph_log stale;

	(void)state;
	room_open(&a, ":memory:", 30);
	room_add_log(&a, &in_a);
	append_visits(&a, &in_a, 1000);
	reader_open(&b, &a, &in_b);
	stale = in_b;
	make_segment(&a, &in_a, 1, 1000, &body, &segment);

	int64_t before = count_of(&b, "SELECT total_changes()");

	assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &segment, NULL), 0);
	assert_int_equal(count_of(&b, "SELECT total_changes()"), before + 2);
	/* The same again writes nothing, and brings an old copy of the log up to date. */
	assert_int_equal(ph_journal_put_segment(b.journal, &stale, &segment, NULL), 0);
	assert_int_equal(count_of(&b, "SELECT total_changes()"), before + 2);
	assert_int_equal(stale.n, 1000);
	/* A seal in the middle of what is held is new, and one row. */
	make_segment(&a, &in_a, 1, 500, &body, &segment);
	assert_int_equal(ph_journal_put_segment(b.journal, &stale, &segment, NULL), 0);
	assert_int_equal(count_of(&b, "SELECT total_changes()"), before + 3);
	assert_int_equal(stale.sealed, 1000);
	ph_buf_deinit(&body);
	room_close(&b);
	room_close(&a);
}

/* Each bit of a segment's seal, and some of its body, flipped: refused, nothing changed. */
static void forgeries(void **state)
{
	struct room a;
	struct room b;
	struct ph_log in_a;
	struct ph_log in_b;
	struct ph_buf body = { 0 };
	struct ph_segment good;

	(void)state;
	author_open(&a, 31, 12, &in_a);
	reader_open(&b, &a, &in_b);
	make_segment(&a, &in_a, 1, 4, &body, &good);
	assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &good, NULL), 0);
	/* New, overlapping, held: with the seal of each bit wrong. */
	const uint64_t range[][2] = { { 5, 12 }, { 3, 9 }, { 1, 4 }, { 2, 3 } };

	for (size_t r = 0; r < 4; r++) {
		make_segment(&a, &in_a, range[r][0], range[r][1], &body, &good);
		for (size_t bit = 0; bit < 8 * PH_SIGNATURE_SIZE; bit++) {
			struct ph_segment bad = good;

			bad.seal[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(
				ph_journal_put_segment(b.journal, &in_b, &bad, NULL),
				PH_JOURNAL_E_SEAL);
		}
		for (size_t bit = 0; bit < 8 * body.len; bit++) {
			body.data[bit / 8] ^= (uint8_t)(1 << bit % 8);

			int rc = ph_journal_put_segment(b.journal, &in_b, &good, NULL);

			assert_true(rc == PH_JOURNAL_E_SEAL || rc == PH_JOURNAL_E_FORM);
			body.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		assert_int_equal(in_b.n, 4);
		assert_int_equal(in_b.sealed, 4);
	}

	/* Cut short, one entry too many or few, numbers that cannot be, another log. */
	make_segment(&a, &in_a, 5, 12, &body, &good);

	struct ph_segment bad = good;

	for (size_t len = 0; len < good.body.len; len++) {
		bad.body.len = len;
		assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &bad, NULL),
				 PH_JOURNAL_E_FORM);
	}
	bad = good;
	bad.last = 11;
	assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &bad, NULL),
			 PH_JOURNAL_E_FORM);
	bad.last = 13;
	assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &bad, NULL),
			 PH_JOURNAL_E_FORM);
	bad.last = 4;
	assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &bad, NULL),
			 PH_JOURNAL_E_FORM);
	bad = good;
	bad.first = 0;
	assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &bad, NULL),
			 PH_JOURNAL_E_FORM);
	bad.first = UINT64_MAX;
	bad.last = UINT64_MAX;
	assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &bad, NULL),
			 PH_JOURNAL_E_FORM);
	bad = good;
	bad.first = 6;
	bad.last = 13;
	assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &bad, NULL),
			 PH_JOURNAL_E_GAP);
	bad = good;
	bad.log_id[3] ^= 1;
	assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &bad, NULL),
			 PH_JOURNAL_E_FORM);
	/* At other numbers than it was sealed for. */
	bad = good;
	bad.first = 4;
	bad.last = 11;
	assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &bad, NULL),
			 PH_JOURNAL_E_SEAL);
	assert_int_equal(count_of(&b, "SELECT count(*) FROM run"), 1);
	assert_int_equal(count_of(&b, "SELECT count(*) FROM seal"), 1);
	assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &good, NULL), 0);
	assert_same_log(&a, &b);
	ph_buf_deinit(&body);
	room_close(&b);
	room_close(&a);
}

static void body_limits(void **state)
{
	struct room a;
	struct room b;
	struct ph_log in_a;
	struct ph_log in_b;
	struct ph_buf body = { 0 };
	struct ph_segment segment;

	(void)state;
	room_open(&a, ":memory:", 34);
	room_add_log(&a, &in_a);
	while (body.len + PH_ENTRY_MAX + 3 < PH_SEGMENT_PLAIN_MAX) {
		add_opaque(&a, &body, PH_ENTRY_MAX);
	}
	/* 31 entries of 32 KiB and two that end at the limit. */
	add_opaque(&a, &body, (size_t)(PH_SEGMENT_PLAIN_MAX - 3 - 2) - body.len);
	add_opaque(&a, &body, 1);
	assert_int_equal(body.len, PH_SEGMENT_PLAIN_MAX);
	assert_int_equal(ph_journal_append(a.journal, &in_a, ph_buf_view(&body)), 0);
	append_visits(&a, &in_a, 1);
	for (uint64_t back = 2; back-- > 0;) {
		uint64_t last = in_a.n - 1 - back; /* limit - 2 bytes, limit */

		reader_open(&b, &a, &in_b);
		make_segment(&a, &in_a, 1, last, &body, &segment);
		assert_int_equal(segment.body.len, PH_SEGMENT_PLAIN_MAX - 2 * back);
		assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &segment, NULL),
				 0);
		room_close(&b);
	}
	reader_open(&b, &a, &in_b);
	make_segment(&a, &in_a, 1, in_a.n, &body, &segment);
	assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &segment, NULL),
			 PH_JOURNAL_E_FORM);
	/* The writer must seal nearer; then both halves pass. */
	struct ph_buf buf = { 0 };

	assert_int_equal(ph_journal_seal(a.journal, &in_a, in_a.n, a.keys.secret), 0);
	assert_int_equal(
		ph_journal_read_segment(a.journal, &in_a, 0, SIZE_MAX, &segment, &buf),
		PH_JOURNAL_E_FORM);
	assert_int_equal(ph_journal_seal(a.journal, &in_a, in_a.n - 1, a.keys.secret), 0);
	while (in_b.n < in_a.n) {
		assert_int_equal(ph_journal_read_segment(a.journal, &in_a, in_b.n,
							 SIZE_MAX, &segment, &buf),
				 0);
		assert_int_equal(ph_journal_put_segment(b.journal, &in_b, &segment, NULL),
				 0);
	}
	assert_same_log(&a, &b);
	ph_buf_deinit(&buf);
	ph_buf_deinit(&body);
	room_close(&b);
	room_close(&a);
}

/* Where read_segment cuts, and span ends, against a slow count. */
static void cuts(void **state)
{
	struct room a;
	struct ph_log log;
	struct ph_buf buf = { 0 };
	size_t size[41] = { 0 };
	bool part[41] = { false };
	bool sealed[41] = { false };

	(void)state;
	author_open(&a, 35, 40, &log);
	assert_int_equal(ph_journal_seal(a.journal, &log, 17, a.keys.secret), 0);
	for (uint64_t n = 1; n <= 40; n++) {
		uint64_t one;
		size_t count;
		struct ph_buf body = { 0 };
		struct ph_buf bytes = { 0 };

		assert_int_equal(ph_journal_entry(a.journal, 1, n, &bytes), 0);
		assert_int_equal(ph_segment_add(&body, ph_buf_view(&bytes)), 0);
		size[n] = body.len;
		assert_int_equal(
			ph_journal_parts_in(a.journal, 1, n - 1, n, &one, 1, &count), 0);
		part[n] = count == 1;

		struct ph_stmt *stmt;

		assert_int_equal(ph_db_prepare(a.db,
					       "SELECT count(*) FROM seal WHERE id = ?1",
					       &stmt),
				 0);
		ph_stmt_int(stmt, 1, INT64_C(1) << 40 | (int64_t)n);
		assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
		sealed[n] = ph_stmt_col_int(stmt, 0) == 1;
		ph_stmt_reset(stmt);
		ph_buf_deinit(&body);
		ph_buf_deinit(&bytes);
	}
	assert_true(sealed[17] && sealed[40]);
	for (uint64_t after = 0; after <= 40; after++) {
		size_t whole = 0; /* of what a cut may be asked for, to the byte */
		uint64_t upto = after;

		for (int step = 0; step < 120; step++) {
			if (step % 3 == 0 && upto < 40) {
				whole += size[++upto];
			}

			size_t max = whole + (size_t)(step % 3);

			max = max > 0 ? max - 1 : 0;
			uint64_t want = 0;
			uint64_t span = after;
			uint64_t free_span = after;
			size_t total = 0;
			uint64_t n;

			for (n = after + 1; n <= 40; n++) {
				total += size[n];
				if (sealed[n] && (want == 0 || total <= max)) {
					want = n;
				}
				if (total <= max || n == after + 1) {
					span = n;
					if (!part[n] && free_span == n - 1) {
						free_span = n;
					}
				}
			}

			struct ph_segment segment;
			uint64_t is = 999;

			assert_int_equal(ph_journal_read_segment(a.journal, &log, after,
								 max, &segment, &buf),
					 want == 0 ? PH_JOURNAL_E_NONE : 0);
			if (want != 0) {
				assert_int_equal(segment.last, want);
				assert_int_equal(segment.first, after + 1);
			}
			assert_int_equal(
				ph_journal_span(a.journal, &log, after, max, false, &is),
				0);
			assert_int_equal(is, span);
			assert_int_equal(
				ph_journal_span(a.journal, &log, after, max, true, &is),
				0);
			assert_int_equal(is, free_span);
		}
	}
	ph_buf_deinit(&buf);
	room_close(&a);
}

static void seals(void **state)
{
	struct room room;
	struct ph_log log;
	struct ph_sign_pair other;

	(void)state;
	room_open(&room, ":memory:", 36);
	room_add_log(&room, &log);
	assert_int_equal(ph_journal_seal(room.journal, &log, 0, room.keys.secret),
			 PH_JOURNAL_E_NONE);
	append_visits(&room, &log, 5);
	assert_int_equal(ph_journal_seal(room.journal, &log, 6, room.keys.secret),
			 PH_JOURNAL_E_NONE);
	ph_sign_pair_make(&other, &room.rng);
	assert_int_equal(ph_journal_seal(room.journal, &log, 5, other.secret), -EINVAL);
	assert_int_equal(ph_journal_seal(room.journal, &log, 3, room.keys.secret), 0);
	assert_int_equal(log.sealed, 3);
	assert_int_equal(ph_journal_seal(room.journal, &log, 2, room.keys.secret), 0);
	assert_int_equal(log.sealed, 3);
	assert_int_equal(ph_journal_seal(room.journal, &log, 3, room.keys.secret), 0);
	assert_int_equal(count_of(&room, "SELECT count(*) FROM seal"), 2);
	room_close(&room);
}

/* A segment may be asked for that ends at an earlier seal, though a later one fits. */
static void until(void **state)
{
	struct ph_buf buf = { 0 };
	struct ph_segment segment;
	struct ph_log log;
	struct room a;

	(void)state;
	author_open(&a, 7, 60, &log);
	for (uint64_t n = 1; n <= log.n; n++) {
		assert_int_equal(ph_journal_seal(a.journal, &log, n, a.keys.secret), 0);
	}
	for (uint64_t after = 0; after < 20; after++) {
		assert_int_equal(ph_journal_read_until(a.journal, &log, after, after,
						       SIZE_MAX, &segment, &buf),
				 PH_JOURNAL_E_NONE);
		for (uint64_t last = after + 1; last <= log.n; last++) {
			assert_int_equal(ph_journal_read_until(a.journal, &log, after,
							       last, SIZE_MAX, &segment,
							       &buf),
					 0);
			assert_int_equal(segment.first, after + 1);
			assert_int_equal(segment.last, last);
		}
	}
	ph_buf_deinit(&buf);
	room_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(overlaps),
		cmocka_unit_test(rows_of_a_segment),
		cmocka_unit_test(forgeries),
		cmocka_unit_test(body_limits),
		cmocka_unit_test(cuts),
		cmocka_unit_test(seals),
		cmocka_unit_test(until),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("journal_segment", tests, NULL, NULL);
}

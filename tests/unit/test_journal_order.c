/*
 * tests/unit/test_journal_order.c - all 720 orders of arrival of six segments of a forked
 * log: the same entries, the same heads, nothing twice.
 *
 * A segment that is refused because what it follows is not here yet is sent again when
 * something has come, as devices do.
 */
#include "tests/unit/fork_room.h"

enum {
	SEGMENTS = 6,
	AUTHORS = 4,
	REFS_MAX = 64
};

/* Authors: each but the first is a clone of an earlier one as it was at entry `at`. */
struct plan {
	const char *name;
	unsigned n_authors;
	struct {
		unsigned of;
		uint64_t at;
		size_t count;
	} author[AUTHORS];
	struct {
		unsigned author;
		uint64_t first, last;
	} segment[SEGMENTS];
};

static const struct plan plans[] = {
	{ "two branches, segments over the fork",
	  2,
	  { { 0, 0, 10 }, { 0, 6, 6 } },
	  { { 0, 1, 4 },
	    { 0, 5, 8 },
	    { 0, 9, 10 },
	    { 1, 5, 9 },
	    { 1, 10, 12 },
	    { 0, 3, 7 } } },
	{ "two branches, cut where they part",
	  2,
	  { { 0, 0, 9 }, { 0, 4, 5 } },
	  { { 0, 1, 4 },
	    { 0, 5, 7 },
	    { 0, 8, 9 },
	    { 1, 5, 6 },
	    { 1, 7, 9 },
	    { 1, 2, 5 } } },
	{ "three branches, the third from the second",
	  3,
	  { { 0, 0, 10 }, { 0, 4, 8 }, { 1, 7, 6 } },
	  { { 0, 1, 10 },
	    { 1, 3, 8 },
	    { 1, 9, 12 },
	    { 2, 6, 9 },
	    { 2, 10, 13 },
	    { 0, 2, 4 } } },
	{ "three branches from one entry",
	  3,
	  { { 0, 0, 6 }, { 0, 3, 3 }, { 0, 3, 3 } },
	  { { 0, 1, 3 },
	    { 0, 4, 6 },
	    { 1, 4, 5 },
	    { 1, 6, 6 },
	    { 2, 4, 4 },
	    { 2, 2, 6 } } },
	{ "one of them ends where another goes on",
	  3,
	  { { 0, 0, 8 }, { 0, 6, 2 }, { 0, 2, 3 } },
	  { { 0, 1, 2 },
	    { 0, 3, 6 },
	    { 0, 6, 8 },
	    { 1, 7, 8 },
	    { 2, 3, 5 },
	    { 1, 1, 7 } } },
	{ "different from the first entry on",
	  2,
	  { { 0, 0, 6 }, { 0, 0, 6 } },
	  { { 0, 1, 2 },
	    { 0, 3, 4 },
	    { 0, 5, 6 },
	    { 1, 1, 1 },
	    { 1, 2, 4 },
	    { 1, 4, 6 } } },
};

struct made {
	struct ph_segment segment;
	struct ph_buf body;
};

/* What a journal holds of the log, sorted. */
struct holdings {
	struct ph_ref refs[REFS_MAX];
	size_t n_refs;
	struct ph_head heads[PH_BRANCHES_MAX];
	size_t n_heads;
	struct room *room;
	const struct ph_log *log;
};

static int compare_refs(const void *a, const void *b)
{
	return ph_ref_compare(a, b);
}

static int compare_heads(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ph_head)); /* zeroed first; any order will do */
}

static int on_entry(void *data, uint64_t n, struct ph_view entry)
{
	struct holdings *holdings = data;
	struct ph_ref *ref = &holdings->refs[holdings->n_refs++];
	uint8_t e[PH_HASH_SIZE];

	assert_true(holdings->n_refs <= REFS_MAX);
	ph_entry_hash(entry, e);
	memcpy(ref->log_id, holdings->room->log_id, sizeof(ref->log_id));
	memcpy(ref->hash, e, sizeof(ref->hash));
	ref->n = n;
	return 0;
}

static int on_branch(void *data, const struct ph_log *log)
{
	struct holdings *holdings = data;
	struct ph_head *head = &holdings->heads[holdings->n_heads++];

	memcpy(head->log_id, log->id, sizeof(head->log_id));
	memcpy(head->h, log->h, sizeof(head->h));
	head->n = log->n;
	return ph_journal_entry_each(holdings->room->journal, log->row, log->base,
				     on_entry, holdings);
}

static void look(struct room *room, struct holdings *out)
{
	memset(out, 0, sizeof(*out));
	out->room = room;
	assert_int_equal(
		ph_journal_log_branch_each(room->journal, room->log_id, on_branch, out),
		0);
	qsort(out->refs, out->n_refs, sizeof(out->refs[0]), compare_refs);
	qsort(out->heads, out->n_heads, sizeof(out->heads[0]), compare_heads);
}

/* What the segments of PLAN hold, counted without a journal: each author's, once. */
static void expect(const struct plan *plan, struct author *authors, struct holdings *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < plan->n_authors; i++) {
		uint64_t reach = 0;

		for (unsigned s = 0; s < SEGMENTS; s++) {
			if (plan->segment[s].author == i &&
			    plan->segment[s].last > reach) {
				reach = plan->segment[s].last;
			}
		}
		assert_int_equal(reach, authors[i].log.n);
		out->room = &authors[i].room;
		/* a clone's entries up to where it left are its original's */
		assert_int_equal(ph_journal_entry_each(authors[i].room.journal, 1,
						       plan->author[i].at, on_entry, out),
				 0);
		memcpy(out->heads[i].log_id, authors[i].room.log_id, PH_LOG_ID_SIZE);
		memcpy(out->heads[i].h, authors[i].log.h, PH_HASH_SIZE);
		out->heads[i].n = authors[i].log.n;
	}
	out->n_heads = plan->n_authors;
	qsort(out->refs, out->n_refs, sizeof(out->refs[0]), compare_refs);
	qsort(out->heads, out->n_heads, sizeof(out->heads[0]), compare_heads);
}

static void assert_same(const struct holdings *is, const struct holdings *want)
{
	assert_int_equal(is->n_refs, want->n_refs);
	for (size_t i = 0; i < is->n_refs; i++) {
		assert_true(ph_ref_equal(&is->refs[i], &want->refs[i]));
		assert_true(i == 0 || !ph_ref_equal(&is->refs[i], &is->refs[i - 1]));
	}
	assert_int_equal(is->n_heads, want->n_heads);
	assert_memory_equal(is->heads, want->heads, is->n_heads * sizeof(is->heads[0]));
}

/* Send the segments in this order, those that are refused again after each that is taken. */
static void arrive(struct room *room, const struct made *made, const unsigned *order)
{
	bool done[SEGMENTS] = { false };
	unsigned left = SEGMENTS;
	struct ph_log log;

	room_add_log(room, &log);
	for (unsigned upto = 1; upto <= SEGMENTS; upto++) {
		bool moved = true;

		while (moved) {
			moved = false;
			for (unsigned i = 0; i < upto; i++) {
				int rc;

				if (done[i]) {
					continue;
				}
				assert_int_equal(ph_journal_log_find(room->journal,
								     room->log_id, &log),
						 0);
				rc = ph_journal_put_segment(room->journal, &log,
							    &made[order[i]].segment,
							    NULL);
				if (rc == 0) {
					done[i] = true;
					moved = true;
					left--;
					assert_true(log.n >= made[order[i]].segment.last);
				} else {
					assert_true(rc == PH_JOURNAL_E_GAP ||
						    rc == PH_JOURNAL_E_SEAL);
				}
			}
		}
	}
	assert_int_equal(left, 0);
}

static bool next_order(unsigned *order)
{
	int i = SEGMENTS - 2;
	int j = SEGMENTS - 1;

	while (i >= 0 && order[i] > order[i + 1]) {
		i--;
	}
	if (i < 0) {
		return false;
	}
	while (order[j] < order[i]) {
		j--;
	}

	unsigned swap = order[i];

	order[i] = order[j];
	order[j] = swap;
	for (int a = i + 1, b = SEGMENTS - 1; a < b; a++, b--) {
		swap = order[a];
		order[a] = order[b];
		order[b] = swap;
	}
	return true;
}

static void all_orders(const struct plan *plan)
{
	struct author authors[AUTHORS];
	struct made made[SEGMENTS] = { 0 };
	unsigned order[SEGMENTS];
	struct holdings want;
	struct room room;
	struct ph_log log;
	unsigned count = 0;

	author_open(&authors[0], 90, plan->author[0].count);
	for (unsigned i = 1; i < plan->n_authors; i++) {
		author_clone(&authors[i], &authors[plan->author[i].of],
			     plan->author[i].at, 90 + i, plan->author[i].count);
	}
	for (unsigned i = 0; i < SEGMENTS; i++) {
		struct author *author = &authors[plan->segment[i].author];

		make_segment(&author->room, &author->log, plan->segment[i].first,
			     plan->segment[i].last, &made[i].body, &made[i].segment);
		order[i] = i;
	}
	expect(plan, authors, &want);
	reader_open(&room, &authors[0].room, &log);
	begin(&room);
	assert_int_equal(ph_db_exec(room.db, "DELETE FROM log"), 0);
	commit(&room);
	do {
		struct holdings is;
		struct ph_error err = { 0 };

		ph_journal_reload(room.journal);
		begin(&room);
		arrive(&room, made, order);
		look(&room, &is);
		assert_same(&is, &want);
		/* every seventh is checked byte by byte: the rest differs in order only */
		if (count++ % 7 == 0 &&
		    ph_journal_verify(room.journal, NULL, NULL, &err) != 0) {
			fail_msg("%s", err.text);
		}
		ph_db_rollback(room.db);
	} while (next_order(order));
	assert_int_equal(count, 720);
	ph_journal_reload(room.journal);
	room_close(&room);
	for (unsigned i = 0; i < SEGMENTS; i++) {
		ph_buf_deinit(&made[i].body);
	}
	for (unsigned i = plan->n_authors; i-- > 0;) {
		author_close(&authors[i]);
	}
}

static void orders(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		print_message("# %s\n", plans[i].name);
		all_orders(&plans[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("journal_order", tests, NULL, NULL);
}

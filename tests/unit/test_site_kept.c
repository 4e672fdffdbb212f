/*
 * Tests of what a device keeps for the hub (client/site_kept.c): its bound, and what is kept where
 * something is already.
 */
#include "tests/unit/keep_world.h"

#include "client/site_internal.h"

static void put_piece(struct pc *pc, uint64_t first, uint64_t last, size_t len)
{
	struct ph_item *item = ph_item_new(PH_ITEM_KEEP);

	assert_non_null(item);
	item->first = first;
	item->last = last;
	memset(item->mark, (int)last, sizeof(item->mark));
	item->body.data = calloc(1, len);
	assert_non_null(item->body.data);
	item->body.len = item->body.cap = len;
	assert_int_equal(ph_db_begin(pc->site->db), 0);
	assert_int_equal(ph_site_kept_take(pc->site, item), 0);
	assert_int_equal(ph_db_commit(pc->site->db), 0);
	ph_items_free(item);
}

/* At the bound, and one to either side of it: the oldest goes. */
static void test_bound(void **state)
{
	enum {
		EACH = PH_KEPT_MAX / 16
	};
	struct world *world = *state;
	struct pc *pc = &world->a;
	uint64_t n = 0;

	assert_true(EACH - PH_KEPT_ROW < PH_KEEP_MAX);
	for (unsigned i = 0; i < 16; i++, n++) {
		put_piece(pc, n + 1, n + 1, EACH - PH_KEPT_ROW);
	}
	assert_int_equal(pieces_of(pc), 16); /* as much as there may be */
	put_piece(pc, n + 1, n + 1, 1);
	n++;
	assert_int_equal(pieces_of(pc), 16);
	put_piece(pc, n + 1, n + 1, EACH - 2 * PH_KEPT_ROW - 1);
	n++;
	assert_int_equal(pieces_of(pc), 17); /* as much as there may be, again */
	put_piece(pc, n + 1, n + 1, 1);
	n++;
	assert_int_equal(pieces_of(pc), 17);
	put_piece(pc, n + 1, n + 1, EACH - 2 * PH_KEPT_ROW);
	assert_int_equal(pieces_of(pc), 17); /* a byte more than there may be */
}

/* What is here stays, whatever is said in its place; a hole does not matter. */
static void test_ranges(void **state)
{
	struct world *world = *state;
	struct pc *pc = &world->a;
	struct ph_hello hello = { 0 };

	assert_int_equal(ph_site_kept_tell(pc->site, &hello), 0);
	assert_true(hello.keeps);
	assert_int_equal(hello.kept.n, 0);
	put_piece(pc, 3, 5, 200);
	put_piece(pc, 3, 5, 300);
	put_piece(pc, 1, 2, 200);
	put_piece(pc, 5, 9, 200);
	assert_int_equal(pieces_of(pc), 1);
	put_piece(pc, 8, 9, 200);
	assert_int_equal(pieces_of(pc), 2);
	assert_int_equal(ph_site_kept_tell(pc->site, &hello), 0);
	assert_int_equal(hello.kept.n, 9);
	assert_int_equal(hello.kept.h[7], 9);
	assert_int_equal(ph_db_exec(pc->site->db, "DELETE FROM kept;"), 0);
}

/*
 * A row whose page went bad is passed over: the hello tells what stands before it, and can be said;
 * the piece that comes again takes its place.
 */
static void test_gone_bad(void **state)
{
	static const char *const ways[] = {
		"UPDATE kept SET last = -1 WHERE first = 4;",
		"UPDATE kept SET last = 3 WHERE first = 4;",
		"UPDATE kept SET last = x'7f' WHERE first = 4;",
		"UPDATE kept SET mark = x'0505' WHERE first = 4;",
		"UPDATE kept SET mark = 5 WHERE first = 4;",
	};
	struct world *world = *state;
	struct pc *pc = &world->a;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct ph_hello hello = { 0 };

		put_piece(pc, 1, 3, 200);
		put_piece(pc, 4, 5, 200);
		assert_int_equal(ph_db_exec(pc->site->db, ways[i]), 0);
		assert_int_equal(ph_site_kept_tell(pc->site, &hello), 0);
		assert_int_equal(hello.kept.n, 3);
		assert_int_equal(hello.kept.h[7], 3);
		put_piece(pc, 4, 6, 200);
		assert_int_equal(pieces_of(pc), 2);
		assert_int_equal(ph_site_kept_tell(pc->site, &hello), 0);
		assert_int_equal(hello.kept.n, 6);
		assert_int_equal(ph_db_exec(pc->site->db, "DELETE FROM kept;"), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(test_bound),
		WORLD(test_ranges),
		WORLD(test_gone_bad),
	};

	return cmocka_run_group_tests_name("site_kept", tests, make_pattern,
					   remove_pattern);
}

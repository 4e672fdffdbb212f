/*
 * tests/unit/test_class.c - what is recognised as the same, as edges come and go.
 *
 * Rows of titles are put into the table by hand, and edges are told as states would
 * tell them; the roots that come of it are compared with those of a plain flood over
 * all edges.
 */
#include <stdio.h>
#include <time.h>

#include "ledger_world.h"

#include "common/ledger/class.h"
#include "common/ledger/store.h"

#define MANY 2000

struct node {
	struct ph_entity_key key;
	struct ph_keyset others; /* edges that its state tells */
	int64_t second;          /* below 0: partial */
	bool is_here;
};

struct web {
	struct world world;
	struct ph_ledger *ledger;
	struct node nodes[MANY];
	size_t n;
};

static int web_setup(void **state)
{
	struct web *web = calloc(1, sizeof *web);

	world_init(&web->world, false);
	web->ledger = web->world.ledger;
	*state = web;
	return 0;
}

static int web_teardown(void **state)
{
	struct web *web = *state;

	for (size_t i = 0; i < web->n; i++) {
		ph_keyset_deinit(&web->nodes[i].others);
	}
	world_deinit(&web->world);
	free(web);
	return 0;
}

static void put_row(struct web *web, const struct node *node)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(web->world.db,
			       "INSERT OR REPLACE INTO ledger_title(id, second)"
			       " VALUES(?1, ?2)",
			       &stmt);

	assert_int_equal(rc, 0);
	ph_stmt_blob(stmt, 1, ph_key_view(&node->key));
	if (node->second >= 0) {
		ph_stmt_int(stmt, 2, node->second);
	} else {
		ph_stmt_null(stmt, 2);
	}
	assert_int_equal(ph_stmt_run(stmt), 0);
}

/* A title first entered at SECOND. */
static struct node *add_node(struct web *web, int64_t second)
{
	struct node *node = &web->nodes[web->n++];
	struct ph_ref ref = { .n = web->n };

	*node = (struct node){ .key = ph_key_ref(PH_ENTITY_TITLE, &ref),
			       .second = second,
			       .is_here = true };
	put_row(web, node);
	return node;
}

static void tell(struct web *web, const struct node *node)
{
	assert_int_equal(ph_class_edges(web->ledger, &node->key, &node->others), 0);
}

static void join(struct web *web, struct node *a, const struct node *b)
{
	assert_int_equal(ph_keyset_add(&a->others, &b->key), 0);
	tell(web, a);
}

static void part(struct web *web, struct node *a)
{
	ph_keyset_clear(&a->others);
	tell(web, a);
}

static void settle(struct web *web)
{
	assert_int_equal(ph_class_settle(web->ledger), 0);
	ph_derived_clear(&web->ledger->batch.derived);
}

static void assert_root(struct web *web, const struct node *of, const struct node *root)
{
	struct ph_entity_key got;

	assert_int_equal(ph_class_root(web->ledger, &of->key, &got), 0);
	assert_int_equal(ph_key_compare(&got, &root->key), 0);
}

static size_t count_members(struct web *web, const struct node *of)
{
	struct ph_keyset members = { 0 };
	size_t n;

	assert_int_equal(ph_class_members(web->ledger, &of->key, &members), 0);
	n = members.n;
	ph_keyset_deinit(&members);
	return n;
}

static void the_first_is_the_root(void **state)
{
	struct web *web = *state;
	struct node *late = add_node(web, 300), *partial = add_node(web, -1);
	struct node *early = add_node(web, 100), *even = add_node(web, 100);

	join(web, partial, late);
	settle(web);
	assert_root(web, partial, late);
	join(web, late, even);
	settle(web);
	assert_root(web, partial, even);
	/* Of two of one second, the lower id. */
	join(web, even, early);
	settle(web);
	assert_root(web, late, early);
	assert_root(web, early, early);
	assert_int_equal(count_members(web, late), 4);
	part(web, even);
	settle(web);
	assert_root(web, late, even);
	assert_root(web, early, early);
	assert_int_equal(count_members(web, early), 1);
	part(web, late);
	part(web, partial);
	settle(web);
	assert_root(web, partial, partial);
	assert_root(web, even, even);
}

static void another_time_of_the_first_entry_moves_the_root(void **state)
{
	struct web *web = *state;
	struct node *a = add_node(web, 100), *b = add_node(web, 200);

	join(web, a, b);
	settle(web);
	assert_root(web, b, a);
	a->second = 300;
	put_row(web, a);
	assert_int_equal(ph_class_touch(web->ledger, &a->key), 0);
	settle(web);
	assert_root(web, a, b);
}

static void sources_join_without_a_thousand_edges(void **state)
{
	struct web *web = *state;
	struct ph_entity_key source =
		ph_class_source(PH_ENTITY_TITLE, PH_VIEW("0123456789abcdef", 16), 0);

	for (size_t i = 0; i < 1000; i++) {
		struct node *node = add_node(web, (int64_t)(1000 - i));

		assert_int_equal(ph_keyset_add(&node->others, &source), 0);
		tell(web, node);
	}
	settle(web);
	assert_root(web, &web->nodes[0], &web->nodes[999]);
	assert_int_equal(count_members(web, &web->nodes[500]), 1000);
	part(web, &web->nodes[999]);
	settle(web);
	assert_root(web, &web->nodes[0], &web->nodes[998]);
	assert_int_equal(count_members(web, &web->nodes[999]), 1);
}

static void a_ring_breaks_at_the_second_cut(void **state)
{
	struct web *web = *state;

	for (size_t i = 0; i < 5; i++) {
		add_node(web, (int64_t)i);
	}
	for (size_t i = 0; i < 5; i++) {
		join(web, &web->nodes[i], &web->nodes[(i + 1) % 5]);
	}
	/* Two edges between the same two are one. */
	join(web, &web->nodes[1], &web->nodes[0]);
	settle(web);
	assert_root(web, &web->nodes[3], &web->nodes[0]);
	part(web, &web->nodes[4]); /* 4 - 0 */
	settle(web);
	assert_root(web, &web->nodes[4], &web->nodes[0]);
	part(web, &web->nodes[1]); /* 1 - 2 and 1 - 0; 0 - 1 stays */
	settle(web);
	assert_root(web, &web->nodes[1], &web->nodes[0]);
	assert_root(web, &web->nodes[4], &web->nodes[2]);
	assert_int_equal(count_members(web, &web->nodes[3]), 3);
}

static double now(void)
{
	struct timespec spec;

	clock_gettime(CLOCK_MONOTONIC, &spec);
	return (double)spec.tv_sec + (double)spec.tv_nsec / 1e9;
}

/* A class of 2,000, in a chain, cut in the middle and mended; and strangers beside it. */
static void a_class_of_two_thousand(void **state)
{
	struct web *web = *state;
	struct node *middle = &web->nodes[MANY / 2];
	double start = now();

	assert_int_equal(ph_db_begin(web->world.db), 0);
	for (size_t i = 0; i < MANY; i++) {
		add_node(web, (int64_t)(MANY - i));
	}
	for (size_t i = 0; i + 1 < MANY; i++) {
		join(web, &web->nodes[i], &web->nodes[i + 1]);
	}
	settle(web);
	assert_root(web, &web->nodes[0], &web->nodes[MANY - 1]);
	assert_int_equal(count_members(web, middle), MANY);
	for (int i = 0; i < 20; i++) {
		part(web, middle);
		settle(web);
		assert_root(web, &web->nodes[0], middle);
		assert_root(web, middle + 1, &web->nodes[MANY - 1]);
		assert_int_equal(count_members(web, middle), MANY / 2 + 1);
		join(web, middle, middle + 1);
		settle(web);
		assert_root(web, middle, &web->nodes[MANY - 1]);
	}
	assert_int_equal(ph_db_commit(web->world.db), 0);
	printf("# a class of %d cut and mended 20 times: %.2f s\n", MANY, now() - start);
}

/* --- against a flood over all edges --- */

#define SOME 24

static bool has_edge(const struct web *web, size_t a, size_t b)
{
	return ph_keyset_has(&web->nodes[a].others, &web->nodes[b].key) ||
	       ph_keyset_has(&web->nodes[b].others, &web->nodes[a].key);
}

static void flood(const struct web *web, size_t from, bool reached[static SOME])
{
	bool grew = true;

	memset(reached, 0, SOME);
	reached[from] = true;
	while (grew) {
		grew = false;
		for (size_t a = 0; a < SOME; a++) {
			for (size_t b = 0; reached[a] && b < SOME; b++) {
				if (!reached[b] && has_edge(web, a, b)) {
					reached[b] = grew = true;
				}
			}
		}
	}
}

static bool stands_before(const struct node *a, const struct node *b)
{
	if ((a->second < 0) != (b->second < 0)) {
		return a->second >= 0;
	}
	if (a->second != b->second && a->second >= 0) {
		return a->second < b->second;
	}
	return ph_key_compare(&a->key, &b->key) < 0;
}

static void check(struct web *web)
{
	for (size_t i = 0; i < SOME; i++) {
		bool reached[SOME];
		const struct node *root = &web->nodes[i];

		flood(web, i, reached);
		for (size_t k = 0; k < SOME; k++) {
			if (reached[k] && stands_before(&web->nodes[k], root)) {
				root = &web->nodes[k];
			}
		}
		assert_root(web, &web->nodes[i], root);
	}
}

static void any_edges_in_any_order(void **state)
{
	struct web *web = *state;
	struct ph_rng_seeded seeded;
	struct ph_rng rng;

	ph_rng_seed(&seeded, 7, &rng);
	for (size_t i = 0; i < SOME; i++) {
		add_node(web, (int64_t)ph_rng_below(&rng, 8) - 1);
	}
	for (int step = 0; step < 400; step++) {
		struct node *a = &web->nodes[ph_rng_below(&rng, SOME)];
		uint64_t what = ph_rng_below(&rng, 10);

		if (what < 4) {
			join(web, a, &web->nodes[ph_rng_below(&rng, SOME)]);
		} else if (what < 8) {
			part(web, a);
		} else {
			a->second = (int64_t)ph_rng_below(&rng, 8) - 1;
			put_row(web, a);
			assert_int_equal(ph_class_touch(web->ledger, &a->key), 0);
		}
		if (ph_rng_below(&rng, 3) == 0) {
			settle(web);
			check(web);
		}
	}
	settle(web);
	check(web);
}

#define WEB_TEST(name) cmocka_unit_test_setup_teardown(name, web_setup, web_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WEB_TEST(the_first_is_the_root),
		WEB_TEST(another_time_of_the_first_entry_moves_the_root),
		WEB_TEST(sources_join_without_a_thousand_edges),
		WEB_TEST(a_ring_breaks_at_the_second_cut),
		WEB_TEST(a_class_of_two_thousand),
		WEB_TEST(any_edges_in_any_order),
	};

	return cmocka_run_group_tests_name("class", tests, NULL, NULL);
}

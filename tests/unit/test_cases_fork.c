/*
 * tests/unit/test_cases_fork.c - cases of a log that is forked (docs/MERGE.md, "Cases"):
 * they are the same whichever branch came first.
 */
#include <sodium.h>

#include "ledger_world.h"

#include "common/ledger/cases.h"
#include "common/log/keys.h"

/* One log with a trunk, and two who went on from it; and one that goes on elsewhere. */
struct fork {
	struct ph_sign_pair pair;
	struct actor a, b, hub, hub2, next, more[2];
};

static struct ph_ref visit(struct actor *actor, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_VISIT);

	return at(actor, &entry, second);
}

static struct ph_ref junk(struct actor *actor, uint8_t last)
{
	const uint8_t bytes[] = { 0x93, 0xcd, last };

	return actor_raw(actor, PH_VIEW(bytes, sizeof bytes));
}

/* A log that is sealed by PAIR; FROM, if not NULL: which goes on from entry N of it. */
static void open_log(struct actor *actor, const struct ph_sign_pair *pair, uint8_t nonce,
		     uint64_t says, const struct actor *from, uint64_t n)
{
	struct ph_entry open = entry_of(PH_KIND_OPEN);
	uint8_t bytes[PH_NONCE_SIZE] = { nonce };

	memset(actor, 0, sizeof *actor);
	actor->site = 101;
	actor->role = PH_ROLE_SITE;
	memcpy(actor->key, pair->key, PH_KEY_SIZE);
	ph_log_id(actor->id, actor->key, bytes);
	ph_chain_start(actor->h[0], actor->id, actor->key);
	set_bytes(&open, PH_OPEN_KEY, actor->key, PH_KEY_SIZE);
	set_bytes(&open, PH_OPEN_NONCE, bytes, sizeof bytes);
	set_uint(&open, PH_OPEN_SITE, says);
	if (from != NULL) {
		struct ph_head *head = &open.field[PH_OPEN_CONTINUES].as.head;

		open.field[PH_OPEN_CONTINUES].set = true;
		memcpy(head->log_id, from->id, sizeof head->log_id);
		memcpy(head->h, from->h[n], sizeof head->h);
		head->n = n;
	}
	open.stamp = ph_stamp(T0, nonce);
	actor_write(actor, &open);
}

static void clone(struct actor *to, const struct actor *from)
{
	*to = *from;
	to->bytes = (struct ph_buf){ 0 };
	assert_int_equal(ph_buf_put_view(&to->bytes, ph_buf_view(&from->bytes)), 0);
}

static int fork_setup(void **state)
{
	struct fork *fork = calloc(1, sizeof *fork);
	struct ph_rng_seeded seeded;
	struct ph_rng rng;

	ph_rng_seed(&seeded, 5, &rng);
	ph_sign_pair_make(&fork->pair, &rng);
	open_log(&fork->a, &fork->pair, 7, 101, NULL, 0);
	actor_init(&fork->hub, 9, 0, T0);
	*state = fork;
	return 0;
}

static int fork_teardown(void **state)
{
	struct fork *fork = *state;

	actor_deinit(&fork->a);
	actor_deinit(&fork->b);
	actor_deinit(&fork->hub);
	actor_deinit(&fork->hub2);
	actor_deinit(&fork->next);
	actor_deinit(&fork->more[0]);
	actor_deinit(&fork->more[1]);
	free(fork);
	return 0;
}

/* All of ACTOR, which the fork's device sealed, into WORLD. */
static void bring(struct world *world, const struct fork *fork, const struct actor *actor)
{
	struct ph_segment segment = { .first = 1, .last = actor->n };
	struct ph_head head = { .n = actor->n };
	struct ph_buf body = { 0 };
	struct ph_log log;

	if (actor->n == 0) {
		return;
	}
	for (uint64_t n = 1; n <= actor->n; n++) {
		assert_int_equal(ph_segment_add(&body, actor_entry(actor, n)), 0);
	}
	memcpy(head.log_id, actor->id, sizeof head.log_id);
	memcpy(head.h, actor->h[actor->n], sizeof head.h);
	memcpy(segment.log_id, actor->id, sizeof segment.log_id);
	ph_seal_sign(segment.seal, &head, fork->pair.secret);
	segment.body = ph_buf_view(&body);
	assert_int_equal(ph_db_begin(world->db), 0);
	world_log(world, actor, &log);
	assert_int_equal(ph_journal_put_segment(world->journal, &log, &segment, NULL), 0);
	assert_int_equal(ph_db_commit(world->db), 0);
	ph_buf_deinit(&body);
	world_catch_up(world);
}

struct wanted {
	const struct ph_ref *refs;
	size_t n;
	int64_t second; /* after T0; 0: whatever it is */
};

static int on_row(void *data, const struct ph_case_row *row)
{
	const struct wanted *wanted = data;

	if (row->n_refs != wanted->n) {
		fail_msg("%zu facts, not %zu", row->n_refs, wanted->n);
	}
	for (size_t i = 0; i < wanted->n; i++) {
		assert_true(ph_ref_equal(&row->refs[i], &wanted->refs[i]));
	}
	if (wanted->second != 0) {
		assert_int_equal(row->second, T0 + wanted->second);
	}
	return 1;
}

static int compare_refs(const void *a, const void *b)
{
	return ph_ref_compare(a, b);
}

/* As assert_case(); and it began SECOND after T0. */
static void assert_begun(struct fork *fork, unsigned kind, struct ph_ref *refs, size_t n,
			 size_t sorted, int64_t second)
{
	const struct ph_case_filter filter = { .kind = kind };
	struct wanted wanted = { .refs = refs, .n = n, .second = second };

	qsort(refs + sorted, n - sorted, sizeof *refs, compare_refs);
	for (int order = 0; order < 2; order++) {
		struct world world;

		world_init(&world, false);
		bring(&world, fork, &fork->next);
		bring(&world, fork, order == 0 ? &fork->a : &fork->b);
		bring(&world, fork, order == 0 ? &fork->b : &fork->a);
		bring(&world, fork, &fork->more[order]);
		bring(&world, fork, &fork->more[1 - order]);
		if (fork->hub2.n > 0) {
			world_take(&world, order == 0 ? &fork->hub2 : &fork->hub,
				   UINT64_MAX);
			world_catch_up(&world);
		}
		world_take(&world, &fork->hub, UINT64_MAX);
		if (fork->hub2.n > 0) {
			world_take(&world, &fork->hub2, UINT64_MAX);
		}
		world_catch_up(&world);
		assert_int_equal(ph_cases_each(world.ledger, &filter, on_row, &wanted),
				 1);
		world_deinit(&world);
	}
}

/* The case of KIND has the N REFS, those from the SORTED-th on by number and hash. */
static void assert_case(struct fork *fork, unsigned kind, struct ph_ref *refs, size_t n,
			size_t sorted)
{
	assert_begun(fork, kind, refs, n, sorted, 0);
}

/* B, too, goes on from what A has, unlike A. */
static void part(struct fork *fork, struct ph_ref own[2])
{
	clone(&fork->b, &fork->a);
	own[0] = visit(&fork->a, 30);
	own[1] = visit(&fork->b, 31);
}

static void cloned_names_what_every_branch_has_above(void **state)
{
	struct fork *fork = *state;
	struct ph_ref refs[3] = { { .n = 1 } };
	uint8_t hash[PH_HASH_SIZE];

	visit(&fork->a, 10);
	part(fork, refs + 1);
	open_log(&fork->next, &fork->pair, 8, 101, &fork->a, 2);
	ph_entry_hash(actor_entry(&fork->next, 1), hash);
	memcpy(refs[0].log_id, fork->next.id, sizeof refs[0].log_id);
	memcpy(refs[0].hash, hash, sizeof refs[0].hash);
	assert_case(fork, PH_CASE_CLONED, refs, 3, 1);
}

/* --- cuts --- */

static struct ph_ref cut(struct fork *fork)
{
	struct ph_entry entry = entry_of(PH_KIND_DEVICE_CUT);
	uint8_t device[PH_DEVICE_ID_SIZE];

	ph_device_id(device, fork->a.key);
	set_bytes(&entry, PH_CUT_DEVICE, device, sizeof device);
	return at(&fork->hub, &entry, 100);
}

static void adopt(struct fork *fork, const struct actor *actor, uint64_t n)
{
	struct ph_entry entry = entry_of(PH_KIND_LOG_ADOPT);
	struct ph_head *head = &entry.field[PH_ADOPT_HEAD].as.head;

	entry.field[PH_ADOPT_HEAD].set = true;
	memcpy(head->log_id, actor->id, sizeof head->log_id);
	memcpy(head->h, actor->h[n], sizeof head->h);
	head->n = n;
	at(&fork->hub, &entry, 110);
}

static const struct ph_ref *lower(const struct ph_ref refs[2])
{
	return ph_ref_compare(&refs[0], &refs[1]) < 0 ? &refs[0] : &refs[1];
}

static void cut_where_they_part(void **state)
{
	struct fork *fork = *state;
	struct ph_ref refs[2], own[2];

	visit(&fork->a, 10);
	part(fork, own);
	refs[0] = cut(fork);
	refs[1] = *lower(own);
	adopt(fork, &fork->a, 2);
	assert_case(fork, PH_CASE_AFTER_CUT, refs, 2, 1);
}

static void cut_before_they_part(void **state)
{
	struct fork *fork = *state;
	struct ph_ref refs[2], own[2];

	refs[1] = visit(&fork->a, 10);
	visit(&fork->a, 20);
	part(fork, own);
	refs[0] = cut(fork);
	adopt(fork, &fork->a, 1);
	assert_case(fork, PH_CASE_AFTER_CUT, refs, 2, 1);
}

/* --- entries that cannot be read --- */

static void opaque_where_they_part(void **state)
{
	struct fork *fork = *state;
	struct ph_ref refs[1], own[2];

	clone(&fork->b, &fork->a);
	own[0] = junk(&fork->a, 1);
	own[1] = junk(&fork->b, 2);
	junk(&fork->b, 3);
	refs[0] = *lower(own);
	assert_case(fork, PH_CASE_OPAQUE, refs, 1, 0);
}

static void opaque_before_they_part(void **state)
{
	struct fork *fork = *state;
	struct ph_ref refs[1];

	refs[0] = junk(&fork->a, 1);
	clone(&fork->b, &fork->a);
	junk(&fork->a, 2);
	junk(&fork->b, 3);
	assert_case(fork, PH_CASE_OPAQUE, refs, 1, 0);
}

static void foreign_from_the_first_entry_on(void **state)
{
	struct fork *fork = *state;
	struct ph_ref own[2] = { { .n = 1 }, { .n = 1 } }, refs[1];
	struct actor *actors[] = { &fork->a, &fork->b };

	actor_deinit(&fork->a);
	open_log(&fork->a, &fork->pair, 7, 102, NULL, 0);
	open_log(&fork->b, &fork->pair, 7, 103, NULL, 0);
	for (size_t i = 0; i < 2; i++) {
		uint8_t hash[PH_HASH_SIZE];

		ph_entry_hash(actor_entry(actors[i], 1), hash);
		memcpy(own[i].log_id, actors[i]->id, sizeof own[i].log_id);
		memcpy(own[i].hash, hash, sizeof own[i].hash);
	}
	refs[0] = *lower(own);
	assert_case(fork, PH_CASE_FOREIGN_LOG, refs, 1, 0);
}

/* --- one reference in two branches: it is listed once, as of the earlier --- */

static struct ph_ref mark(struct actor *actor, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CLOCK_MARK);
	static const uint8_t boot[8] = { 1 };

	set_bytes(&entry, PH_MARK_BOOT, boot, sizeof boot);
	set_uint(&entry, PH_MARK_MONO, 1);
	set_uint(&entry, PH_MARK_WALL, 1);
	return at(actor, &entry, second);
}

/* The clocks of A and B differ; what they write next is the same. */
static void part_by_clocks(struct fork *fork)
{
	clone(&fork->b, &fork->a);
	mark(&fork->a, -500);
	mark(&fork->b, -300);
}

static void opaque_in_two_branches(void **state)
{
	struct fork *fork = *state;
	struct ph_ref refs[1];

	part_by_clocks(fork);
	junk(&fork->a, 1);
	refs[0] = junk(&fork->b, 1);
	assert_begun(fork, PH_CASE_OPAQUE, refs, 1, 0, -500);
}

static void cut_in_two_branches(void **state)
{
	struct fork *fork = *state;
	struct ph_ref refs[2];

	part_by_clocks(fork);
	visit(&fork->a, -600);
	refs[1] = visit(&fork->b, -600);
	refs[0] = cut(fork);
	adopt(fork, &fork->a, 2);
	adopt(fork, &fork->b, 2);
	assert_begun(fork, PH_CASE_AFTER_CUT, refs, 2, 1, -500);
}

static void judged_in_two_branches(void **state)
{
	struct fork *fork = *state;
	struct ph_entry judge = entry_of(PH_KIND_CLOCK_JUDGE);
	struct ph_ref refs[2];

	part_by_clocks(fork);
	mark(&fork->a, -600);
	refs[0] = mark(&fork->b, -600);
	set_ref(&judge, PH_JUDGE_MARK, &refs[0]);
	set_uint(&judge, PH_JUDGE_CLAMP, T0);
	refs[1] = at(&fork->hub, &judge, 100);
	assert_begun(fork, PH_CASE_STAMP, refs, 2, 2, -500);
}

static void judged_by_two_branches_of_the_hub(void **state)
{
	struct fork *fork = *state;
	struct ph_entry judge = entry_of(PH_KIND_CLOCK_JUDGE);
	struct ph_ref refs[2];

	refs[0] = mark(&fork->a, 0);
	actor_fork(&fork->hub2, &fork->hub, 1);
	mark(&fork->hub, -300);
	mark(&fork->hub2, -500);
	set_ref(&judge, PH_JUDGE_MARK, &refs[0]);
	set_uint(&judge, PH_JUDGE_CLAMP, T0);
	at(&fork->hub, &judge, -600);
	refs[1] = at(&fork->hub2, &judge, -600);
	assert_begun(fork, PH_CASE_STAMP, refs, 2, 2, -500);
}

static void forked_twice_into_the_same(void **state)
{
	struct fork *fork = *state;
	struct actor *more = fork->more;
	struct ph_ref refs[5];

	/* open, then mark or mark; behind each a visit that is the same, or another one */
	clone(&fork->b, &fork->a);
	refs[0] = mark(&fork->a, -500);
	refs[1] = mark(&fork->b, -300);
	clone(&more[0], &fork->a);
	clone(&more[1], &fork->b);
	visit(&fork->a, -600);
	refs[2] = visit(&fork->b, -600);
	refs[3] = visit(&more[0], -700);
	refs[4] = visit(&more[1], -800);
	assert_begun(fork, PH_CASE_FORKED, refs, 5, 0, -500);
}

#define FORK_TEST(name) cmocka_unit_test_setup_teardown(name, fork_setup, fork_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FORK_TEST(cloned_names_what_every_branch_has_above),
		FORK_TEST(cut_where_they_part),
		FORK_TEST(cut_before_they_part),
		FORK_TEST(opaque_where_they_part),
		FORK_TEST(opaque_before_they_part),
		FORK_TEST(foreign_from_the_first_entry_on),
		FORK_TEST(opaque_in_two_branches),
		FORK_TEST(cut_in_two_branches),
		FORK_TEST(judged_in_two_branches),
		FORK_TEST(judged_by_two_branches_of_the_hub),
		FORK_TEST(forked_twice_into_the_same),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("cases_fork", tests, NULL, NULL);
}

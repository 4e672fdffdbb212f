/*
 * tests/unit/test_fed_fold.c - a site that has its own logs and is told the rest comes to
 * what follows from all of it.
 *
 * Of a random history (random_history.h) the site takes its own logs and the control log,
 * in random portions; of everybody else it gets pages (feed_slow.h), as the hub hears of
 * more. In between neither has what the other has; at the end the states must be equal.
 *
 *   test_fed_fold [--count N] [--seed S]
 */
#include <inttypes.h>
#include <stdio.h>

#include <sodium.h>

#include "act_world.h"
#include "feed_slow.h"
#include "feed_whole.h"
#include "history_count.h"
#include "random_history.h"
#include "run_twice.h"
#include "seed_args.h"

#include "common/ledger/cases.h"

#define SITE 101

static bool has_more(struct world *world, const struct history *history,
		     const uint64_t *upto)
{
	for (size_t i = 0; i < history->n_actors; i++) {
		const struct actor *actor = &history->actors[i];

		if (upto[i] < actor->n || (has_itself(SITE, history->actors, actor) &&
					   world_has(world, actor) < actor->n)) {
			return true;
		}
	}
	return false;
}

static void hear_whole(struct history *history, uint64_t seed)
{
	uint64_t upto[WORLD_LOGS] = { 0 };
	struct ph_error err = { 0 };
	struct slow_feed feed;
	struct world world;
	uint64_t unfolded;
	uint8_t digest[32];

	slow_feed_init(&feed, SITE, &history->rng);
	world_init(&world, chance(history, 50));
	assert_int_equal(ph_fed_tables_open(world.db), 0);
	world.fed = world.db;
	world.fed_batch = chance(history, 50) ? 0 : 1 + (unsigned)below(history, 6);
	world_reopen_ledger(&world);
	while (has_more(&world, history, upto)) {
		size_t i = below(history, history->n_actors);
		const struct actor *actor = &history->actors[i];
		uint64_t most = chance(history, 20) ? 100 : 1 + below(history, 8);

		if (chance(history, 50) && has_itself(SITE, history->actors, actor)) {
			world_take(&world, actor, most);
		} else if (upto[i] < actor->n) {
			upto[i] += most;
			if (upto[i] > actor->n) {
				upto[i] = actor->n;
			}
		}
		if (chance(history, 15)) {
			slow_feed_tell(&feed, world.db, history->actors,
				       history->n_actors, upto);
		}
		if (chance(history, 20)) {
			world_catch_up(&world);
		} else if (chance(history, 20)) {
			assert_int_equal(ph_ledger_step(world.ledger,
							1 + below(history, 5), &unfolded,
							&err),
					 0);
		}
		if (chance(history, 5)) {
			world_reopen_ledger(&world);
		}
	}
	slow_feed_tell(&feed, world.db, history->actors, history->n_actors, upto);
	check_whole(&world, history, SITE, seed);
	assert_int_equal(ph_ledger_rebuild(world.ledger, &err), 0);
	check_whole(&world, history, SITE, seed);
	world_digest(&world, digest);
	twice_note(digest);
	slow_feed_deinit(&feed);
	world_deinit(&world);
}

static void told_and_held_make_the_whole(void **state)
{
	static struct history_count count;

	(void)state;
	for (uint64_t i = 0; i < arg_count; i++) {
		do {
			struct history *history = malloc(sizeof *history);

			assert_non_null(history);
			twice_begin();
			history_make(history, arg_seed + i, true);
			if (!twice.is_again) {
				count_history(&count, history);
			}
			hear_whole(history, arg_seed + i);
			history_free(history);
		} while (twice_again(i, arg_seed + i));
	}
	count_print(&count);
	twice_print();
}

/* All that the three logs say so far. */
static void tell_all(struct room *room, struct slow_feed *feed,
		     const struct actor *actors)
{
	const uint64_t upto[] = { actors[0].n, actors[1].n, actors[2].n };

	slow_feed_tell(feed, room->world.db, actors, 3, upto);
	world_catch_up(&room->world);
}

/* What was fed may move what is cut of the site's own logs; that must outlast a restart. */
static void adoption_that_was_fed_lasts(void **state)
{
	struct actor *actors =
		calloc(3, sizeof *actors); /* control log, desk log, a site */
	struct actor *hub = &actors[0], *desk = &actors[1], *a = &actors[2];
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	struct slow_feed feed;
	struct room *room = *state;
	struct ph_ref adopted;

	assert_non_null(actors);
	ph_rng_seed(&seeded, 1, &rng);
	slow_feed_init(&feed, SITE, &rng);
	actor_init(hub, 4, 0, T0);
	actor_init(desk, 5, 0, T0);
	actor_init(a, 6, SITE, T0);
	assert_int_equal(ph_fed_tables_open(room->world.db), 0);
	room->world.fed = room->world.db;
	world_reopen_ledger(&room->world);
	loan(a, "c1", "k1", 100);
	cut_at(hub, a, 0, 200);
	hear(room, hub);
	hear(room, a);
	assert_false(has_copy(room, "c1"));
	adopted = adopt(desk, a, 2, 300);
	tell_all(room, &feed, actors);
	assert_true(has_copy(room, "c1"));
	world_reopen_ledger(&room->world);
	void_signed(desk, &adopted, 400);
	tell_all(room, &feed, actors);
	assert_false(has_copy(room, "c1"));
	slow_feed_deinit(&feed);
	for (int i = 0; i < 3; i++) {
		actor_deinit(&actors[i]);
	}
	free(actors);
}

static bool has_title(struct room *room, const struct ph_ref *ref)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, ref);

	return get_state(room, PH_ENTITY_TITLE, &key) == 0;
}

/* The site takes back what was fed as an act, until what took it back is cut itself. */
static void acts_that_were_fed_stand_and_fall(void **state)
{
	struct actor *actors =
		calloc(5, sizeof *actors); /* the hub's two, two of the site, another */
	struct actor *hub = &actors[0], *a = &actors[2], *a2 = &actors[3],
		     *b = &actors[4];
	struct ph_ref titles[2] = { { .n = 1 }, { .n = 2 } }, merge, unmerge;
	struct ph_entry entry = entry_of(PH_KIND_TITLE_MERGE);
	struct room *room = *state;
	struct ph_rng_seeded seeded;
	struct slow_feed feed;
	struct ph_buf list = { 0 };
	struct ph_rng rng;
	uint64_t upto[5];

	assert_non_null(actors);
	ph_rng_seed(&seeded, 1, &rng);
	slow_feed_init(&feed, SITE, &rng);
	actor_init(hub, 4, 0, T0);
	actor_init(&actors[1], 5, 0, T0);
	actor_init(a, 6, SITE, T0);
	actor_init(a2, 7, SITE, T0);
	actor_init(b, 8, 202, T0);
	assert_int_equal(ph_fed_tables_open(room->world.db), 0);
	room->world.fed = room->world.db;
	world_reopen_ledger(&room->world);
	set_ref(&entry, 0, &titles[0]);
	set_ref(&entry, 1, &titles[1]);
	merge = at(a, &entry, 100);
	entry = entry_of(PH_KIND_TITLE_UNMERGE);
	assert_int_equal(
		ph_list_put_refs(&list, &merge, 1, &entry.field[PH_TITLE_UNMERGE_MERGES]),
		0);
	entry.extras.behalf = SITE;
	unmerge = at(b, &entry, 200);
	for (size_t i = 0; i < 5; i++) {
		upto[i] = actors[i].n;
	}
	hear(room, a);
	hear(room, a2);
	assert_true(has_title(room, &titles[0]));
	slow_feed_tell(&feed, room->world.db, actors, 5, upto);
	world_catch_up(&room->world);
	assert_false(has_title(room, &titles[0]));
	void_it(a2, &unmerge, 300);
	hear(room, a2);
	assert_true(has_title(room, &titles[0]));
	cut_at(hub, a2, 0, 400);
	hear(room, hub);
	assert_false(has_title(room, &titles[0]));
	ph_buf_deinit(&list);
	slow_feed_deinit(&feed);
	for (int i = 0; i < 5; i++) {
		actor_deinit(&actors[i]);
	}
	free(actors);
}

/* What the site took back and the hub still tells stays taken back, whenever it is told anew. */
static void void_of_what_was_fed_lasts(void **state)
{
	struct actor *actors = calloc(4, sizeof *actors); /* the hub's two, two sites */
	struct actor *a = &actors[2], *b = &actors[3];
	struct ph_entry entry = entry_of(PH_KIND_LOAN);
	struct room *room = *state;
	struct ph_rng_seeded seeded;
	struct slow_feed feed;
	const struct ph_copy *copy;
	struct ph_ref lent;
	struct ph_rng rng;
	uint64_t upto[4];

	assert_non_null(actors);
	ph_rng_seed(&seeded, 1, &rng);
	slow_feed_init(&feed, SITE, &rng);
	actor_init(&actors[0], 4, 0, T0);
	actor_init(&actors[1], 5, 0, T0);
	actor_init(a, 6, SITE, T0);
	actor_init(b, 7, 202, T0);
	assert_int_equal(ph_fed_tables_open(room->world.db), 0);
	room->world.fed = room->world.db;
	world_reopen_ledger(&room->world);
	set_id(&entry, PH_LOAN_COPY, 0, "c1");
	set_id(&entry, PH_LOAN_CARD, 0, "k1");
	entry.extras.behalf = SITE;
	lent = at(b, &entry, 100);
	for (size_t i = 0; i < 4; i++) {
		upto[i] = actors[i].n;
	}
	hear(room, a);
	slow_feed_tell(&feed, room->world.db, actors, 4, upto);
	world_catch_up(&room->world);
	assert_true(has_copy(room, "c1"));
	void_it(a, &lent, 200); /* of which the hub has not heard */
	hear(room, a);
	assert_false(has_copy(room, "c1"));
	loan(b, "c1", "k2", 300);
	upto[3] = b->n;
	slow_feed_tell(&feed, room->world.db, actors, 4, upto);
	world_catch_up(&room->world);
	copy = get_copy(room, "c1");
	assert_int_equal(copy->n_loans, 1);
	assert_int_equal(copy->loans[0].second, T0 + 300);
	slow_feed_deinit(&feed);
	for (int i = 0; i < 4; i++) {
		actor_deinit(&actors[i]);
	}
	free(actors);
}

static struct ph_ref send_four(struct actor *actor, int64_t second)
{
	static const char *const codes[] = { "c1", "c2", "c3", "c4" };
	struct ph_entry entry = entry_of(PH_KIND_CRATE_DISPATCH);
	struct ph_id ids[4] = { 0 };
	struct ph_buf list = { 0 };
	struct ph_ref ref;

	for (int i = 0; i < 4; i++) {
		ids[i].code = ph_view_str(codes[i]);
	}
	set_id(&entry, PH_DISPATCH_CRATE, 0, "x1");
	set_uint(&entry, PH_DISPATCH_FROM, actor->site);
	set_uint(&entry, PH_DISPATCH_TO, 404);
	assert_int_equal(ph_list_put_ids(&list, ids, 4, &entry.field[PH_DISPATCH_COPIES]),
			 0);
	ref = at(actor, &entry, second);
	ph_buf_deinit(&list);
	return ref;
}

/*
 * Half of the news taken in: a card asks about a copy whose case names a dispatch that has
 * left the feed already, while the copy's own turn is still to come.
 */
static void half_taken_news_does_no_harm(void **state)
{
	struct actor *actors = calloc(4, sizeof *actors); /* the hub's two, two sites */
	struct ph_entry stop = entry_of(PH_KIND_CARD_STOP);
	struct room *room = *state;
	struct ph_rng_seeded seeded;
	struct slow_feed feed;
	struct ph_rng rng;
	struct actor *first = &actors[2], *second = &actors[3];
	struct ph_ref gone;
	uint64_t upto[4];

	assert_non_null(actors);
	ph_rng_seed(&seeded, 1, &rng);
	slow_feed_init(&feed, SITE, &rng);
	actor_init(&actors[0], 4, 0, T0);
	actor_init(&actors[1], 5, 0, T0);
	actor_init(first, 6, 202, T0);
	actor_init(second, 7, 303, T0);
	if (memcmp(first->id, second->id, PH_LOG_ID_SIZE) > 0) {
		first = &actors[3]; /* what it says is told first */
		second = &actors[2];
	}
	assert_int_equal(ph_fed_tables_open(room->world.db), 0);
	room->world.fed = room->world.db;
	room->world.fed_batch = 1;
	world_reopen_ledger(&room->world);
	gone = send_four(second, 100); /* of so many the fact has no bytes of its own */
	loan(first, "c1", "k2", 200);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 4; i++) {
			upto[i] = actors[i].n;
		}
		slow_feed_tell(&feed, room->world.db, actors, 4, upto);
		world_reopen_ledger(&room->world); /* it remembers no entry */
		world_catch_up_by(&room->world, 100);
		assert_int_equal(get_copy(room, "c1")->n_cases, round == 0);
		set_id(&stop, 0, 0, "k2");
		at(first, &stop, 300);
		void_it(second, &gone, 400);
	}
	slow_feed_deinit(&feed);
	for (int i = 0; i < 4; i++) {
		actor_deinit(&actors[i]);
	}
	free(actors);
}

static struct ph_ref judge_bounded(struct actor *hub, const struct ph_ref *mark_ref,
				   int64_t clamp, int64_t second)
{
	struct ph_entry entry = judgement(mark_ref, 0);

	set_uint(&entry, PH_JUDGE_CLAMP, (uint64_t)(T0 + clamp));
	return at(hub, &entry, second);
}

static int on_stamp(void *data, const struct ph_case_row *row)
{
	int64_t *seconds = data;

	*seconds += row->second - T0;
	return 0;
}

/* The seconds of the cases of stamps, summed up. */
static int64_t sum_of_stamps(struct room *room)
{
	const struct ph_case_filter filter = { .kind = PH_CASE_STAMP };
	int64_t seconds = 0;

	assert_int_equal(ph_cases_each(room->world.ledger, &filter, on_stamp, &seconds),
			 0);
	return seconds;
}

/*
 * Half of the news taken in: a log is looked at because one of its marks is judged, while
 * a judgement of another mark has left the feed already.
 */
static void half_taken_judgements_do_no_harm(void **state)
{
	struct actor *actors = calloc(5, sizeof *actors); /* the hub's three, two sites */
	struct actor *first = &actors[1], *last = &actors[2], *a = &actors[3],
		     *between = &actors[4];
	struct room *room = *state;
	struct ph_rng_seeded seeded;
	struct slow_feed feed;
	struct ph_rng rng;
	struct ph_ref marks[2], gone;
	uint64_t upto[5];

	assert_non_null(actors);
	ph_rng_seed(&seeded, 1, &rng);
	slow_feed_init(&feed, SITE, &rng);
	actor_init(&actors[0], 4, 0, T0);
	actor_init(first, 7, 0, T0);
	actor_init(between, 6, 202, T0);
	actor_init(last, 5, 0, T0);
	actor_init(a, 8, SITE, T0);
	assert_true(memcmp(first->id, between->id, PH_LOG_ID_SIZE) < 0); /* as they are */
	assert_true(memcmp(between->id, last->id, PH_LOG_ID_SIZE) < 0);  /* told */
	assert_int_equal(ph_fed_tables_open(room->world.db), 0);
	room->world.fed = room->world.db;
	room->world.fed_batch = 1;
	world_reopen_ledger(&room->world);
	marks[0] = mark(a, PH_SURE_PERSON, 5000);
	marks[1] = mark(a, PH_SURE_PERSON, 6000);
	hear(room, a);
	gone = judge_bounded(last, &marks[0], 100, 7000);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 5; i++) {
			upto[i] = actors[i].n;
		}
		slow_feed_tell(&feed, room->world.db, actors, 5, upto);
		world_catch_up(&room->world);
		assert_int_equal(sum_of_stamps(room), round == 0 ? 100 : 5000);
		judge_bounded(first, &marks[1], 200, 7100);
		loan(between, "c1", "k1", 7200); /* its copy ends a batch */
		void_it(last, &gone, 7300);
	}
	slow_feed_deinit(&feed);
	for (int i = 0; i < 5; i++) {
		actor_deinit(&actors[i]);
	}
	free(actors);
}

/* What was told last, told again under the entity TYPE, whose id has LEN bytes. */
static void tell_odd(struct slow_feed *feed, struct ph_db *db, uint8_t type, uint8_t len)
{
	struct told told = feed->told.items[feed->told.n - 1];

	told.key = (struct ph_entity_key){ .type = type, .len = len, .id = { 9 } };
	slow_feed_item(feed, db, &told, true);
	slow_feed_flush(feed, db);
}

/*
 * A newer hub tells of types of entities that this program has no fold for, one that is
 * wrong of ids of another form. Neither may keep a site from reading what it has.
 */
static void what_no_fold_has_is_left_alone(void **state)
{
	static const struct {
		uint8_t type, len;
	} odd[] = {
		{ 9, 8 },
		{ PH_ENTITY_ERASURE + 1, 32 },
		{ 200, 1 },
		{ PH_ENTITY_SITE, 7 },
		{ PH_ENTITY_DEVICE, 15 },
		{ PH_ENTITY_INVITE, 17 },
		{ PH_ENTITY_TARGET, 8 },
		{ PH_ENTITY_LOG, 8 },
		{ PH_ENTITY_TITLE, 31 },
		{ PH_ENTITY_READER, 33 },
		{ PH_ENTITY_READER, 32 }, /* of entry 0 */
		{ PH_ENTITY_CARD, 8 },
		{ PH_ENTITY_COPY, 1 },
		{ PH_ENTITY_CRATE, 8 },
		{ PH_ENTITY_ACCOUNT, 2 },
		{ PH_ENTITY_HOLD, 8 },
		{ PH_ENTITY_WORKER, 16 },
		{ PH_ENTITY_STOP, 1 },
		{ PH_ENTITY_EVENT, 72 },
		{ PH_ENTITY_TALLY, 8 },
		{ PH_ENTITY_CASE, 8 },
		{ PH_ENTITY_REPORT, 8 },
		{ PH_ENTITY_ERASURE, 8 },
	};
	struct actor *actors = calloc(3, sizeof *actors);
	struct room *room = *state;
	struct ph_rng_seeded seeded;
	struct slow_feed feed;
	struct ph_error err = { 0 };
	struct ph_rng rng;
	uint8_t before[32], after[32];

	assert_non_null(actors);
	ph_rng_seed(&seeded, 1, &rng);
	slow_feed_init(&feed, SITE, &rng);
	actor_init(&actors[0], 4, 0, T0);
	actor_init(&actors[1], 5, 0, T0);
	actor_init(&actors[2], 6, 202, T0);
	assert_int_equal(ph_fed_tables_open(room->world.db), 0);
	room->world.fed = room->world.db;
	world_reopen_ledger(&room->world);
	loan(&actors[2], "c1", "k1", 100);
	tell_all(room, &feed, actors);
	world_digest(&room->world, before);
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		tell_odd(&feed, room->world.db, odd[i].type, odd[i].len);
		world_digest(&room->world, after);
		assert_memory_equal(before, after, sizeof before);
	}
	assert_int_equal(ph_ledger_rebuild(room->world.ledger, &err), 0);
	world_digest(&room->world, after);
	assert_memory_equal(before, after, sizeof before);
	assert_true(has_copy(room, "c1"));
	slow_feed_deinit(&feed);
	for (int i = 0; i < 3; i++) {
		actor_deinit(&actors[i]);
	}
	free(actors);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_and_held_make_the_whole),
		FOLD_TEST(adoption_that_was_fed_lasts),
		FOLD_TEST(half_taken_news_does_no_harm),
		FOLD_TEST(half_taken_judgements_do_no_harm),
		FOLD_TEST(acts_that_were_fed_stand_and_fall),
		FOLD_TEST(void_of_what_was_fed_lasts),
		FOLD_TEST(what_no_fold_has_is_left_alone),
	};

	if (!read_args(argc, argv, 100, 1000)) {
		fprintf(stderr, "usage: test_fed_fold [--count N] [--seed S]\n");
		return 2;
	}
	printf("# seed %" PRIu64 ", %" PRIu64 " histories\n", arg_seed, arg_count);
	fflush(stdout);
	return cmocka_run_group_tests_name("fed_fold", tests, NULL, NULL);
}

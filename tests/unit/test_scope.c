/*
 * tests/unit/test_scope.c - each site its share: feeds from a hub to sites, over random histories.
 *
 * A random history of every kind (random_history.h) is written at three sites, by three
 * to eight devices, and in the hub's two logs. The hub hears of it in random portions,
 * folds, and feeds; sites take their own logs and the control log, and the pages of their
 * feeds, in time or late, some twice. On the way nothing may break; at the end of the feed
 * the ledger of every site over its scope must equal the hub's, byte for byte, and still
 * do so after a rebuild.
 *
 *   test_scope [--count N] [--seed S]
 *
 * History i of a run has the seed S + i; PACKHORSE_FULL=1 makes 1,000.
 */
#include <sodium.h>

#include "history_count.h"
#include "run_twice.h"
#include "scope_province.h"
#include "seed_args.h"

#include "common/ledger/query.h"

/* --- the history --- */

static bool is_for(const struct history *history, const struct actor *actor,
		   const struct ph_kind *kind)
{
	bool told = strcmp(kind->family, "hub") == 0 && !kind->desk;

	if (kind->number == PH_KIND_VOID) {
		return true;
	}
	return actor == &history->actors[CONTROL] ? told
	       : actor == &history->actors[DESK]  ? !told
						  : true;
}

/* As make_entry(), but that the hub's entries stand in the log where they belong. */
static void make_placed(struct history *history, struct actor *actor)
{
	struct ph_entry entry;
	struct ph_ref ref;
	uint64_t number;

	if (actor->site != 0) {
		make_entry(history, actor);
		return;
	}
	do {
		number = pick_kind(history, true);
	} while (!is_for(history, actor, ph_kind_find(number)) ||
		 (number == PH_KIND_DEVICE_CUT && chance(history, 80)));
	entry = make_of(history, number);
	make_extras(history, &entry);
	make_stamp(history, actor, &entry);
	ref = actor_write(actor, &entry);
	remember(history, number, &ref);
}

static struct history *history_placed(uint64_t seed)
{
	struct history *history = calloc(1, sizeof *history);
	bool forks;
	size_t entries;

	assert_non_null(history);
	ph_rng_seed(&history->seeded, seed, &history->rng);
	history->days = chance(history, 60) ? 30 : 180;
	history_logs(history, 3 + below(history, 6), false);
	for (size_t i = 2; i < history->n_actors; i++) {
		say_device(history, &history->actors[i], PH_KIND_DEVICE_ADMIT);
		say_device(history, &history->actors[i], PH_KIND_DEVICE_CONFIRM);
	}
	say_site(history, 101, "03646");
	say_site(history, 102, "03650");
	if (chance(history, 30)) {
		say_register(history, 101 + below(history, 3), false);
	}
	forks = chance(history, 30);
	entries = 20 + below(history, 180);
	while (entries-- > 0) {
		size_t i = chance(history, 12)
				   ? below(history, 2)
				   : 2 + below(history, history->n_actors - 2);

		make_placed(history, &history->actors[i]);
		if (chance(history, 1)) {
			say_register(history, 101 + below(history, 3),
				     chance(history, 50));
		}
		if (forks && chance(history, 2)) {
			size_t before = history->n_actors;

			make_fork(history);
			if (history->n_actors > before &&
			    history->actors[before].site == 0) {
				actor_deinit(&history->actors[before]);
				history->n_actors =
					before; /* the hub's logs do not fork */
			}
		}
	}
	return history;
}

/* --- the road --- */

static void feed_hub(struct province *province, unsigned steps)
{
	bool more = true;

	catch_up(province->hub.ledger);
	while (more && steps-- > 0) {
		assert_int_equal(
			ph_feeder_step(province->feeder,
				       1 + (unsigned)below(province->history, 40), &more),
			0);
	}
}

static unsigned judged, registerless, fed_items, cases_seen, listed, restarts;

/* Entries go on their way, at random. */
static void move(struct province *province)
{
	struct history *history = province->history;
	struct actor *actor = &history->actors[below(history, history->n_actors)];
	struct share *share = &province->shares[below(history, province->n_shares)];

	switch (below(history, 6)) {
	case 0:
	case 1:
		world_take(&province->hub, actor, 1 + below(history, 20));
		break;
	case 2:
		feed_hub(province, 1 + (unsigned)below(history, 4));
		break;
	case 3:
		give_page(province, share);
		break;
	case 4:
		if (is_of_site(actor, share) || actor == &history->actors[CONTROL]) {
			world_take(&share->world, actor, 1 + below(history, 20));
		}
		break;
	default:
		if (chance(history, 20)) {
			open_share(share);
			restarts++;
		}
		if (chance(history, 10)) {
			open_hub(province);
			restarts++;
		}
		catch_up(share->world.ledger);
	}
}

static int64_t count_rows(struct ph_db *db, const char *sql)
{
	struct ph_stmt *stmt;
	int64_t n;

	assert_int_equal(ph_db_prepare(db, sql, &stmt), 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	n = ph_stmt_col_int(stmt, 0);
	ph_stmt_reset(stmt);
	return n;
}

/* Where no register is kept nothing of a reader may be left of what was fed. */
static bool keeps_register(struct share *share)
{
	bool kept;

	assert_int_equal(ph_query_keeps_readers(share->world.ledger, share->site, &kept),
			 0);
	if (!kept) {
		assert_int_equal(count_rows(share->world.db,
					    "SELECT count(*) FROM fed_fact"
					    " WHERE type IN (11, 12)"),
				 0);
	}
	return kept;
}

static struct history_count counted;

static void play(uint64_t seed)
{
	struct ph_error err = { 0 };
	struct province province;
	uint8_t digest[32];

	open_province(&province, history_placed(seed), seed);
	if (!twice.is_again) {
		count_history(&counted, province.history);
	}
	for (uint64_t n = below(province.history, 60); n > 0; n--) {
		move(&province);
	}
	settle(&province);
	for (size_t i = 0; i < province.n_shares; i++) {
		struct share *share = &province.shares[i];
		struct ph_feeder_state state;

		if (!is_fed(&province, share)) {
			continue; /* its device was cut or retired */
		}
		compare_all(&province, share, "at the head of its feed");
		assert_int_equal(ph_ledger_rebuild(share->world.ledger, &err), 0);
		compare_all(&province, share, "after a rebuild");
		world_digest(&share->world, digest);
		twice_note(digest);
		assert_int_equal(ph_feeder_state(province.feeder, share->device, &state),
				 0);
		judged++;
		registerless += !keeps_register(share);
		fed_items += (unsigned)state.number;
	}
	world_digest(&province.hub, digest);
	twice_note(digest);
	cases_seen += province.cases_seen;
	listed += province.listed;
	close_province(&province);
}

static void feed_all(struct province *province, struct share *share)
{
	bool more = true;

	while (more) {
		assert_int_equal(ph_feeder_step(province->feeder, 100, &more), 0);
	}
	while (give_page(province, share)) {
	}
	catch_up(share->world.ledger);
}

/*
 * Between what is put down for a device and the page with it a case can go, and be back,
 * as it was, before its change is looked at: the page took it away, so it is told again.
 */
static unsigned lose_and_find(struct province *province, struct share *share)
{
	static const char told[] = "SELECT count(*) FROM fed_case";
	struct ph_feeder_cursor beyond;
	struct ph_feeder_state state;
	struct ph_error err = { 0 };
	int64_t cases = count_rows(share->world.db, told);
	bool more = true;

	if (!is_fed(province, share) || cases == 0) {
		return 0;
	}
	/* a cursor that does not fit: its feed begins anew */
	assert_int_equal(ph_feeder_state(province->feeder, share->device, &state), 0);
	beyond = (struct ph_feeder_cursor){ state.scope, state.number + 1 };
	assert_int_equal(ph_db_begin(province->hub.db), 0);
	assert_int_equal(ph_feeder_confirm(province->feeder, share->device, &beyond), 0);
	assert_int_equal(ph_db_commit(province->hub.db), 0);
	while (more) {
		assert_int_equal(ph_feeder_step(province->feeder, 100, &more), 0);
	}
	assert_int_equal(ph_db_exec(province->hub.db, "DELETE FROM ledger_case"), 0);
	while (give_page(province, share)) {
	}
	assert_int_equal(count_rows(share->world.db, told), 0);
	assert_int_equal(ph_ledger_rebuild(province->hub.ledger, &err), 0);
	feed_all(province, share);
	assert_int_equal(count_rows(share->world.db, told), cases);
	compare_all(province, share, "after cases were gone for a page");
	return 1;
}

static void a_case_that_a_page_took_away_is_told_again(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (uint64_t seed = 1; seen < 5; seed++) {
		struct province province;

		open_province(&province, history_placed(seed), seed);
		settle(&province);
		for (size_t i = 0; i < province.n_shares; i++) {
			seen += lose_and_find(&province, &province.shares[i]);
		}
		close_province(&province);
	}
}

/* What waits in the feed of SHARE at a hub of this epoch that holds the control log alone. */
static bool begin_feed(struct province *bare, const struct share *share, uint64_t epoch,
		       struct ph_buf *out)
{
	struct ph_feeder_cursor none = { 0 };
	bool more = true;
	int rc;

	ph_feeder_set_epoch(bare->feeder, &(struct ph_epoch){ .number = epoch });
	world_take(&bare->hub, &bare->history->actors[CONTROL], UINT64_MAX);
	catch_up(bare->hub.ledger);
	while (more) {
		assert_int_equal(ph_feeder_step(bare->feeder, 100, &more), 0);
	}
	rc = ph_feeder_page(bare->feeder, share->device, &none, 40000, out, &more);
	assert_true(rc == 0 || rc == PH_FEEDER_E_NONE);
	return rc == 0;
}

/*
 * A hub that was put back and has nothing for a site any more (all was cut off meanwhile)
 * takes away what it fed before. A first hub has nothing to take away, and says nothing.
 */
static unsigned feed_nothing(uint64_t seed, struct share *share)
{
	static const char fed[] = "SELECT count(*) FROM fed_fact";
	struct ph_fed_moved moved = { 0 };
	struct ph_buf bytes = { 0 };
	struct ph_feed_page page;
	struct province bare;

	if (count_rows(share->world.db, fed) == 0) {
		return 0;
	}
	open_province(&bare, history_placed(seed), seed);
	assert_false(begin_feed(&bare, share, 1, &bytes));
	close_province(&bare);
	open_province(&bare, history_placed(seed), seed);
	assert_true(begin_feed(&bare, share, 2, &bytes));
	assert_int_equal(ph_feed_decode(ph_buf_view(&bytes), keys.sign.key, &page), 0);
	assert_int_equal(ph_db_begin(share->world.db), 0);
	assert_int_equal(ph_fed_apply(share->world.db, share->id, &page, &moved), 0);
	assert_int_equal(ph_db_commit(share->world.db), 0);
	assert_int_equal(count_rows(share->world.db, fed), 0);
	ph_buf_deinit(&bytes);
	close_province(&bare);
	return 1;
}

static void a_feed_of_nothing_takes_away_what_was_fed(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (uint64_t seed = 1; seen < 5; seed++) {
		struct province province;

		open_province(&province, history_placed(seed), seed);
		settle(&province);
		for (size_t i = 0; i < province.n_shares; i++) {
			if (is_fed(&province, &province.shares[i])) {
				seen += feed_nothing(seed, &province.shares[i]);
			}
		}
		close_province(&province);
	}
}

static void every_site_has_its_share(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < arg_count; i++) {
		do {
			twice_begin();
			play(arg_seed + i);
		} while (twice_again(i, arg_seed + i));
	}
	count_print(&counted);
	twice_print();
	printf("# %u sites compared, %u of them without a register, %u items and %u "
	       "cases fed to them, %u in lists, "
	       "%u restarts\n",
	       judged, registerless, fed_items, cases_seen, listed, restarts);
	assert_true(judged > 0 || arg_count < 10);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_case_that_a_page_took_away_is_told_again),
		cmocka_unit_test(a_feed_of_nothing_takes_away_what_was_fed),
		cmocka_unit_test(every_site_has_its_share),
	};

	if (!read_args(argc, argv, 200, 1000)) {
		fprintf(stderr, "usage: test_scope [--count N] [--seed S]\n");
		return 2;
	}
	ph_device_keys_make(&keys, &ph_rng_system);
	printf("# seed %" PRIu64 ", %" PRIu64 " histories\n", arg_seed, arg_count);
	fflush(stdout);
	return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}

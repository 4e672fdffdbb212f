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
 * History i of a run has the seed S + i; PACKHORSE_FULL=1 makes 5,000.
 */
#include <inttypes.h>
#include <stdio.h>

#include <sodium.h>

#include "history_count.h"
#include "plain_hub.h"
#include "random_history.h"
#include "scope_cases.h"

#include "common/ledger/fed.h"
#include "common/ledger/scope.h"
#include "daemon/feeder.h"

static uint64_t arg_count, arg_seed;
static struct ph_device_keys keys;

struct share {
	uint64_t site;
	int64_t device; /* its row at the hub; the first device of the site */
	uint8_t id[PH_DEVICE_ID_SIZE];
	struct world world;
};

struct province {
	struct history *history;
	struct world hub;
	struct ph_feeder *feeder;
	struct share shares[3];
	size_t n_shares;
	uint64_t seed;
};

enum {
	CONTROL = 0, /* actors */
	DESK = 1,
};

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

static void say_device(struct history *history, struct actor *actor, uint64_t number)
{
	struct ph_entry entry = entry_of((uint32_t)number);
	uint8_t id[PH_DEVICE_ID_SIZE];
	struct ph_ref ref;

	ph_device_id(id, actor->key);
	set_bytes(&entry, 0, id, sizeof id);
	if (number == PH_KIND_DEVICE_ADMIT) {
		set_bytes(&entry, PH_ADMIT_KEY, actor->key, sizeof actor->key);
		set_uint(&entry, PH_ADMIT_SITE, actor->site);
		set_uint(&entry, PH_ADMIT_ROLE, 1);
	}
	ref = actor_write(&history->actors[CONTROL], &entry);
	remember(history, number, &ref);
}

static void say_site(struct history *history, uint64_t site, const char *commune)
{
	struct ph_entry entry = entry_of(PH_KIND_SITE_PUT);
	struct ph_ref ref;

	set_uint(&entry, PH_SITE_SITE, site);
	set_text(&entry, PH_SITE_COMMUNE, commune);
	ref = actor_write(&history->actors[CONTROL], &entry);
	remember(history, PH_KIND_SITE_PUT, &ref);
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
	forks = chance(history, 30);
	entries = 20 + below(history, 180);
	while (entries-- > 0) {
		size_t i = chance(history, 12)
				   ? below(history, 2)
				   : 2 + below(history, history->n_actors - 2);

		make_placed(history, &history->actors[i]);
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

/* --- hub and sites --- */

static void run_sql(struct ph_db *db, const char *sql, const struct actor *actor,
		    const uint8_t *id)
{
	struct ph_stmt *stmt;

	assert_int_equal(ph_db_prepare(db, sql, &stmt), 0);
	ph_stmt_blob(stmt, 1, PH_VIEW(id, PH_DEVICE_ID_SIZE));
	ph_stmt_blob(stmt, 2, PH_VIEW(actor->key, sizeof actor->key));
	ph_stmt_blob(stmt, 3, PH_VIEW(keys.box.key, sizeof keys.box.key));
	ph_stmt_int(stmt, 4, (int64_t)actor->site);
	assert_int_equal(ph_stmt_run(stmt), 0);
}

/* Begins, or ends and begins again: all but the store is gone. */
static void open_hub(struct province *province)
{
	struct ph_ledger_config config = { .keeps_changes = true, .hub = &plain_hub };
	struct ph_feeder_config feeds = { .keys = &keys, .epoch.number = 1 };
	struct ph_error err = { 0 };

	ph_feeder_free(province->feeder);
	ph_ledger_free(province->hub.ledger);
	ph_journal_free(province->hub.journal);
	if (province->hub.db == NULL) {
		province->hub.db = open_memory(true);
	}
	assert_int_equal(ph_journal_open(&province->hub.journal, province->hub.db), 0);
	config.journal = province->hub.journal;
	config.db = province->hub.db;
	assert_int_equal(ph_ledger_open(&province->hub.ledger, &config, &err), 0);
	feeds.db = province->hub.db;
	feeds.journal = province->hub.journal;
	feeds.ledger = province->hub.ledger;
	memcpy(feeds.control, province->history->actors[CONTROL].id, PH_LOG_ID_SIZE);
	assert_int_equal(ph_feeder_open(&province->feeder, &feeds, &err), 0);
}

static void open_share(struct share *share)
{
	struct ph_ledger_config config = { 0 };
	struct ph_error err = { 0 };

	ph_ledger_free(share->world.ledger);
	config.journal = share->world.journal;
	config.db = config.fed = share->world.db;
	config.fed_batch = share->site % 2 == 0 ? 0 : 3; /* so that most takes are many */
	assert_int_equal(ph_ledger_open(&share->world.ledger, &config, &err), 0);
}

static void add_share(struct province *province, const struct actor *actor)
{
	struct share *share;
	uint8_t id[PH_DEVICE_ID_SIZE];

	ph_device_id(id, actor->key);
	run_sql(province->hub.db,
		"INSERT OR IGNORE INTO device(id, key, box, desk, site, role, invite, "
		"cert)"
		" VALUES(?1, ?2, ?2, ?3, ?4, 1, zeroblob(16), zeroblob(1))",
		actor, id);
	for (size_t i = 0; i < province->n_shares; i++) {
		if (province->shares[i].site == actor->site) {
			return;
		}
	}
	share = &province->shares[province->n_shares++];
	memset(share, 0, sizeof *share);
	share->site = actor->site;
	share->device = ph_db_last_rowid(province->hub.db);
	memcpy(share->id, id, sizeof id);
	share->world.db = open_memory(true);
	assert_int_equal(ph_journal_open(&share->world.journal, share->world.db), 0);
	assert_int_equal(ph_fed_tables_open(share->world.db), 0);
	open_share(share);
}

static void open_province(struct province *province, uint64_t seed)
{
	memset(province, 0, sizeof *province);
	province->seed = seed;
	province->history = history_placed(seed);
	open_hub(province);
	for (size_t i = 2; i < province->history->n_actors; i++) {
		add_share(province, &province->history->actors[i]);
	}
}

static void close_province(struct province *province)
{
	for (size_t i = 0; i < province->n_shares; i++) {
		world_deinit(&province->shares[i].world);
	}
	ph_feeder_free(province->feeder);
	world_deinit(&province->hub);
	history_free(province->history);
}

/* --- the road --- */

static void catch_up(struct ph_ledger *ledger)
{
	struct ph_error err = { 0 };

	if (ph_ledger_catch_up(ledger, NULL, &err) != 0) {
		fail_msg("%s", err.text);
	}
}

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

/* One page to SHARE. False: nothing waits. */
static bool give_page(struct province *province, struct share *share)
{
	struct ph_fed_moved moved = { 0 };
	struct ph_fed_cursor fed;
	struct ph_feeder_cursor cursor;
	struct ph_feed_page page;
	struct ph_buf bytes = { 0 };
	bool more;
	size_t budget = chance(province->history, 50) ? 300 : 40000;
	int rc;

	assert_int_equal(ph_fed_cursor_get(share->world.db, &fed), 0);
	cursor = (struct ph_feeder_cursor){ fed.scope, fed.number };
	if (chance(province->history, 30)) {
		assert_int_equal(ph_db_begin(province->hub.db), 0);
		assert_int_equal(
			ph_feeder_confirm(province->feeder, share->device, &cursor), 0);
		assert_int_equal(ph_db_commit(province->hub.db), 0);
	}
	rc = ph_feeder_page(province->feeder, share->device, &cursor, budget, &bytes,
			    &more);
	if (rc == PH_FEEDER_E_NONE) {
		return false;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(ph_feed_decode(ph_buf_view(&bytes), keys.sign.key, &page), 0);
	for (int i = 0; i < 2; i++) { /* the second time it is old */
		assert_int_equal(ph_db_begin(share->world.db), 0);
		assert_int_equal(ph_fed_apply(share->world.db, share->id, &page, &moved),
				 i == 0 ? 0 : PH_FED_E_OLD);
		assert_int_equal(ph_db_commit(share->world.db), 0);
	}
	ph_buf_deinit(&bytes);
	return true;
}

static bool is_of_site(const struct actor *actor, const struct share *share)
{
	return actor->site == share->site;
}

static unsigned judged, fed_items, cases_seen, listed, restarts;

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

static void settle(struct province *province)
{
	struct history *history = province->history;
	bool more = true;

	for (size_t i = 0; i < history->n_actors; i++) {
		world_take(&province->hub, &history->actors[i], UINT64_MAX);
	}
	catch_up(province->hub.ledger);
	while (more) {
		assert_int_equal(ph_feeder_step(province->feeder, 100, &more), 0);
	}
	for (size_t s = 0; s < province->n_shares; s++) {
		struct share *share = &province->shares[s];

		for (size_t i = 0; i < history->n_actors; i++) {
			if (is_of_site(&history->actors[i], share) || i == CONTROL) {
				world_take(&share->world, &history->actors[i],
					   UINT64_MAX);
			}
		}
		while (give_page(province, share)) {
		}
		catch_up(share->world.ledger);
	}
}

/* --- judging --- */

struct dump {
	struct ph_ledger *ledger;
	struct ph_db *fed;
	uint64_t site;
	const char *who;
	unsigned type;
};

/* Every entity, those in scope with a star. */
static int show(void *data, struct ph_view id, struct ph_view state)
{
	struct dump *dump = data;
	struct ph_sites sites = { 0 };
	struct ph_entity_key key;
	bool outside = false;
	char *text = malloc(2 * (id.len + state.len) + 4);

	assert_true(ph_key_bytes((enum ph_entity)dump->type, id, &key));
	assert_int_equal(ph_scope_sites(dump->ledger, &key, &sites), 0);
	if (dump->fed != NULL) {
		assert_int_equal(ph_fed_is_outside(dump->fed, key.type, id, &outside), 0);
	}
	ph_hex(text, id.data, id.len);
	text[2 * id.len] = ' ';
	ph_hex(text + 2 * id.len + 1, state.data, state.len);
	fprintf(stderr, "%s %s%s %u %s\n", dump->who,
		ph_sites_has(&sites, dump->site) ? "*" : "-", outside ? "outside" : "",
		dump->type, text);
	ph_sites_deinit(&sites);
	free(text);
	return 0;
}

static void show_all(struct ph_ledger *ledger, struct ph_db *fed, uint64_t site,
		     const char *who)
{
	struct dump dump = { .ledger = ledger, .fed = fed, .site = site, .who = who };

	for (dump.type = 1; dump.type < 24; dump.type++) {
		ph_ledger_each(ledger, (enum ph_entity)dump.type, show, &dump);
	}
}

static void compare(struct province *province, struct share *share, const char *when)
{
	struct ph_ledger *hub = province->hub.ledger, *site = share->world.ledger;
	uint8_t wanted[32], got[32];
	uint64_t n_wanted, n_got;

	assert_int_equal(ph_scope_digest(&(struct ph_scope_digest){ .ledger = hub,
								    .common = hub,
								    .site = share->site },
					 wanted, &n_wanted),
			 0);
	assert_int_equal(
		ph_scope_digest(&(struct ph_scope_digest){ .ledger = site,
							   .common = site,
							   .site = share->site,
							   .fed = share->world.db },
				got, &n_got),
		0);
	if (memcmp(wanted, got, sizeof got) != 0) {
		if (getenv("PACKHORSE_SHOW") != NULL) {
			show_all(hub, NULL, share->site, "hub");
			show_all(site, share->world.db, share->site, "site");
		}
		fail_msg("site %" PRIu64 " %s: %" PRIu64 " entities, the hub has %" PRIu64
			 " for it; replay with --seed %" PRIu64 " --count 1",
			 share->site, when, n_got, n_wanted, province->seed);
	}
}

static bool is_fed(struct province *province, const struct share *share)
{
	struct ph_feeder_state state;

	assert_int_equal(ph_feeder_state(province->feeder, share->device, &state), 0);
	return state.fed;
}

static struct history_count counted;

static void compare_all(struct province *province, struct share *share, const char *when)
{
	struct ph_case_row row;
	const char *wrong;

	compare(province, share, when);
	wrong = compare_lists(province->hub.ledger, share->world.ledger, share->site,
			      &listed);
	if (wrong != NULL) {
		fail_msg("site %" PRIu64 " %s: its list \"%s\" is another one; replay "
			 "with --seed %" PRIu64 " --count 1",
			 share->site, when, wrong, province->seed);
	}
	wrong = compare_cases(province->hub.ledger, share->world.ledger, share->site,
			      &row, &cases_seen);
	if (wrong != NULL) {
		fail_msg("site %" PRIu64 " %s: a case %s %s; replay with --seed %" PRIu64
			 " --count 1",
			 share->site, when, ph_case_name(row.kind), wrong,
			 province->seed);
	}
}

static void play(uint64_t seed)
{
	struct ph_error err = { 0 };
	struct province province;

	open_province(&province, seed);
	count_history(&counted, province.history);
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
		assert_int_equal(ph_feeder_state(province.feeder, share->device, &state),
				 0);
		judged++;
		fed_items += (unsigned)state.number;
	}
	close_province(&province);
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

		open_province(&province, seed);
		settle(&province);
		for (size_t i = 0; i < province.n_shares; i++) {
			seen += lose_and_find(&province, &province.shares[i]);
		}
		close_province(&province);
	}
}

static void every_site_has_its_share(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < arg_count; i++) {
		play(arg_seed + i);
	}
	count_print(&counted);
	printf("# %u sites compared, %u items and %u cases fed to them, %u in lists, "
	       "%u restarts\n",
	       judged, fed_items, cases_seen, listed, restarts);
	assert_true(judged > 0 || arg_count < 10);
}

static bool read_args(int argc, char **argv)
{
	const char *full = getenv("PACKHORSE_FULL");

	arg_count = full != NULL && strcmp(full, "1") == 0 ? 5000 : 200;
	randombytes_buf(&arg_seed, sizeof arg_seed);
	arg_seed >>= 16;
	for (int i = 1; i + 1 < argc; i += 2) {
		uint64_t *to = strcmp(argv[i], "--count") == 0  ? &arg_count
			       : strcmp(argv[i], "--seed") == 0 ? &arg_seed
								: NULL;
		char *end;

		if (to == NULL) {
			return false;
		}
		*to = strtoull(argv[i + 1], &end, 10);
		if (*end != '\0') {
			return false;
		}
	}
	return argc % 2 == 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_case_that_a_page_took_away_is_told_again),
		cmocka_unit_test(every_site_has_its_share),
	};

	if (!read_args(argc, argv)) {
		fprintf(stderr, "usage: test_scope [--count N] [--seed S]\n");
		return 2;
	}
	ph_device_keys_make(&keys, &ph_rng_system);
	printf("# seed %" PRIu64 ", %" PRIu64 " histories\n", arg_seed, arg_count);
	fflush(stdout);
	return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}

/*
 * tests/unit/scope_province.h - a hub and the sites that it feeds, of one history.
 *
 * Nothing is sealed and nothing travels but by the calls here: sites take their own logs,
 * the control log, and the pages of their feeds. At the head of its feed the ledger of a
 * site over its scope must equal the hub's, byte for byte, and so must its lists and cases.
 */
#ifndef PH_TESTS_SCOPE_PROVINCE_H
#define PH_TESTS_SCOPE_PROVINCE_H

#include <inttypes.h>
#include <stdio.h>

#include "plain_hub.h"
#include "random_history.h"
#include "scope_cases.h"

#include "common/ledger/fed.h"
#include "common/ledger/scope.h"
#include "daemon/feeder.h"

static struct ph_device_keys keys; /* of the hub, and for parts those of every device */

struct share {
	uint64_t site;
	int64_t device; /* its row at the hub; the first device of the site */
	uint8_t id[PH_DEVICE_ID_SIZE];
	struct world world;
};

struct province {
	struct ph_control control;
	struct history *history;
	struct world hub;
	struct ph_feeder *feeder;
	struct share shares[3];
	size_t n_shares;
	uint64_t seed;
	uint64_t skip;               /* numbers of feeds that the next start leaves out */
	uint64_t epochs;             /* that the hub has begun since its first */
	unsigned cases_seen, listed; /* as they were compared */
};

enum {
	CONTROL = 0, /* actors */
	DESK = 1,
};

/* --- what the control log tells --- */

/* PH_KIND_DEVICE_ADMIT, _CONFIRM or another one of a device. */
static inline void say_device(struct history *history, struct actor *actor,
			      uint64_t number)
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

static inline void say_site(struct history *history, uint64_t site, const char *commune)
{
	struct ph_entry entry = entry_of(PH_KIND_SITE_PUT);
	struct ph_ref ref;

	set_uint(&entry, PH_SITE_SITE, site);
	set_text(&entry, PH_SITE_COMMUNE, commune);
	ref = actor_write(&history->actors[CONTROL], &entry);
	remember(history, PH_KIND_SITE_PUT, &ref);
}

/* SITE keeps a register of readers from now on, or none. */
static inline void say_register(struct history *history, uint64_t site, bool kept)
{
	struct ph_entry entry = entry_of(PH_KIND_SITE_PUT);
	struct ph_ref ref;

	set_uint(&entry, PH_SITE_SITE, site);
	set_uint(&entry, PH_SITE_NO_READERS, kept ? 0 : 1);
	ref = actor_write(&history->actors[CONTROL], &entry);
	remember(history, PH_KIND_SITE_PUT, &ref);
}

/* --- hub and sites --- */

static inline void run_sql(struct ph_db *db, const char *sql, const struct actor *actor,
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
static inline void open_hub(struct province *province)
{
	struct ph_ledger_config config = { .keeps_changes = true, .hub = &plain_hub };
	struct ph_feeder_config feeds = { .keys = &keys,
					  .epoch.number = 1 + province->epochs,
					  .skip = province->skip };
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
	province->control.n = 1;
	memcpy(province->control.log[0].id, province->history->actors[CONTROL].id,
	       PH_LOG_ID_SIZE);
	feeds.control = &province->control;
	assert_int_equal(ph_feeder_open(&province->feeder, &feeds, &err), 0);
}

static inline void open_share(struct share *share)
{
	struct ph_ledger_config config = { 0 };
	struct ph_error err = { 0 };

	ph_ledger_free(share->world.ledger);
	config.journal = share->world.journal;
	config.db = config.fed = share->world.db;
	config.fed_batch = share->site % 2 == 0 ? 0 : 3; /* so that most takes are many */
	assert_int_equal(ph_ledger_open(&share->world.ledger, &config, &err), 0);
}

static inline void add_share(struct province *province, const struct actor *actor)
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

/* PROVINCE of HISTORY, which becomes its own, with the sites that have a log. */
static inline void open_province(struct province *province, struct history *history,
				 uint64_t seed)
{
	memset(province, 0, sizeof *province);
	province->seed = seed;
	province->history = history;
	open_hub(province);
	for (size_t i = 2; i < history->n_actors; i++) {
		add_share(province, &history->actors[i]);
	}
}

static inline void close_province(struct province *province)
{
	for (size_t i = 0; i < province->n_shares; i++) {
		world_deinit(&province->shares[i].world);
	}
	ph_feeder_free(province->feeder);
	world_deinit(&province->hub);
	history_free(province->history);
}

/* --- the road --- */

static inline void catch_up(struct ph_ledger *ledger)
{
	struct ph_error err = { 0 };

	if (ph_ledger_catch_up(ledger, NULL, &err) != 0) {
		fail_msg("%s", err.text);
	}
}

/* How far SHARE is fed, as it tells the hub: of a feed of another epoch, nothing. */
static inline struct ph_feeder_cursor cursor_of(const struct province *province,
						const struct share *share)
{
	struct ph_fed_cursor fed;

	assert_int_equal(ph_fed_cursor_get(share->world.db, &fed), 0);
	if (fed.epoch.number != 1 + province->epochs) {
		return (struct ph_feeder_cursor){ 0 };
	}
	return (struct ph_feeder_cursor){ fed.scope, fed.number };
}

/* One page to SHARE. False: nothing waits. */
static inline bool give_page(struct province *province, struct share *share)
{
	struct ph_fed_moved moved = { 0 };
	struct ph_feeder_cursor cursor = cursor_of(province, share);
	struct ph_feed_page page;
	struct ph_buf bytes = { 0 };
	bool more;
	size_t budget = chance(province->history, 50) ? 300 : 40000;
	int rc;

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

static inline bool is_of_site(const struct actor *actor, const struct share *share)
{
	return actor->site == share->site;
}

static inline void settle(struct province *province)
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
static inline int show(void *data, struct ph_view id, struct ph_view state)
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

static inline void show_all(struct ph_ledger *ledger, struct ph_db *fed, uint64_t site,
			    const char *who)
{
	struct dump dump = { .ledger = ledger, .fed = fed, .site = site, .who = who };

	for (dump.type = 1; dump.type < 24; dump.type++) {
		ph_ledger_each(ledger, (enum ph_entity)dump.type, show, &dump);
	}
}

static inline void compare(struct province *province, struct share *share,
			   const char *when)
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

static inline bool is_fed(struct province *province, const struct share *share)
{
	struct ph_feeder_state state;

	assert_int_equal(ph_feeder_state(province->feeder, share->device, &state), 0);
	return state.fed;
}

static inline void compare_all(struct province *province, struct share *share,
			       const char *when)
{
	struct ph_case_row row;
	const char *wrong;

	compare(province, share, when);
	wrong = compare_lists(province->hub.ledger, share->world.ledger, share->site,
			      &province->listed);
	if (wrong != NULL) {
		if (getenv("PACKHORSE_SHOW") != NULL) {
			show_all(province->hub.ledger, NULL, share->site, "hub");
			show_all(share->world.ledger, share->world.db, share->site,
				 "site");
		}
		fail_msg("site %" PRIu64 " %s: its list \"%s\" is another one; replay "
			 "with --seed %" PRIu64 " --count 1",
			 share->site, when, wrong, province->seed);
	}
	wrong = compare_cases(province->hub.ledger, share->world.ledger, share->site,
			      &row, &province->cases_seen);
	if (wrong != NULL) {
		fail_msg("site %" PRIu64 " %s: a case %s %s; replay with --seed %" PRIu64
			 " --count 1",
			 share->site, when, ph_case_name(row.kind), wrong,
			 province->seed);
	}
}

#endif

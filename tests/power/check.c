/*
 * tests/power/check.c - the invariants after a power cut, each with a name.
 *
 * The folder is opened as the programs do it after a start; what was promised is looked
 * for; all that can be verified is; then the machine goes on: it writes, and meets the
 * others, for whom nothing may look as if an older state had been put back.
 */
#include "tests/power/check_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/hub_internal.h"
#include "tests/lib/memory_db.h"

const char *const invariant_name[INVARIANTS] = {
	[OPENS] = "opens",
	[ACKNOWLEDGED_STAYS] = "acknowledged-stays",
	[RECEIPTED_STAYS] = "receipted-stays",
	[WHOLE_OR_NOT] = "whole-or-not",
	[VERIFIES] = "verifies",
	[LEDGER_IS_A_REBUILD] = "ledger-is-a-rebuild",
	[TOLD_STAYS] = "told-stays",
	[CODES_ARE_NEW] = "codes-are-new",
	[GOES_ON] = "goes-on",
	[NO_FALSE_ALARM] = "no-false-alarm",
	[ACCOUNT_HOLDS] = "account-holds",
	[DESK_OPENS] = "desk-opens",
	[KEYS_ARE_WHOLE] = "keys-are-whole",
	[BACKUP_STAYS] = "backup-stays",
	[ERASED_STAYS_ERASED] = "erased-stays-erased",
	[CUSTODY_STAYS] = "custody-stays",
	[BUNDLES_ARE_WHOLE] = "bundles-are-whole",
	[SECOND_STAYS] = "second-stays",
	[KEPT_IS_WHOLE] = "kept-is-whole",
	[FRONT_IS_WHOLE] = "front-is-whole",
};

bool check_found(struct checking *checking, enum invariant invariant, int rc,
		 const char *what)
{
	struct ph_error *err = &checking->finding->what;
	char first[sizeof(err->text)];

	snprintf(first, sizeof(first), "%s", err->text);
	err->text[0] = '\0';
	ph_fail(err, PH_EXIT_OTHER, rc, "%s (%d)%s%s", what, rc, first[0] ? ": " : "",
		first);
	checking->finding->invariant = invariant;
	return false;
}

/* --- what was promised --- */

/* Whether the log goes through HEAD. */
static bool goes_through(struct ph_journal *journal, const struct ph_head *head,
			 uint64_t *n_out)
{
	uint8_t h[PH_HASH_SIZE];
	struct ph_log log;

	if (ph_journal_log_find(journal, head->log_id, &log) != 0 || log.n < head->n ||
	    ph_journal_chain_at(journal, &log, head->n, h) != 0) {
		return false;
	}
	*n_out = log.n;
	return memcmp(h, head->h, sizeof(h)) == 0;
}

static bool is_listed(const struct held *held, uint64_t n)
{
	for (size_t i = 0; i < held->n_missing; i++) {
		if (held->missing[i] == n) {
			return true;
		}
	}
	return false;
}

/* A receipt speaks for the sealed parts too, but for those that it names. */
static bool parts_stay(struct ph_journal *journal, const struct held *held)
{
	uint64_t missing[PH_RECEIPT_MISSING_MAX];
	struct ph_log log;
	size_t n = 0;

	if (ph_journal_log_find(journal, held->head.log_id, &log) != 0 ||
	    ph_journal_parts_missing(journal, log.row, missing, PH_RECEIPT_MISSING_MAX,
				     &n) != 0) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (missing[i] <= held->receipted && !is_listed(held, missing[i])) {
			return false;
		}
	}
	return true;
}

/*
 * Whether entry N of the log that goes through HEAD confirms an erasure: each does so in a commit of its
 * own, and one call may carry out several orders.
 */
static bool is_confirmation(struct ph_journal *journal, const struct ph_head *head,
			    uint64_t n)
{
	struct ph_buf bytes = { 0 };
	uint64_t kind = 0, stamp;
	struct ph_log log;
	bool is = ph_journal_log_find(journal, head->log_id, &log) == 0 &&
		  ph_journal_entry(journal, log.row, n, &bytes) == 0 &&
		  ph_entry_peek(ph_buf_view(&bytes), &kind, &stamp) &&
		  kind == PH_KIND_ERASE_DONE;

	ph_buf_deinit(&bytes);
	return is;
}

static bool logs_stay(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;

	for (unsigned i = 0; i < cut->before->n_logs; i++) {
		const struct held *held = &cut->before->log[i];
		const struct held *then =
			cut->after
				? held_of((struct holding *)cut->after, held->head.log_id)
				: NULL;
		uint64_t n = 0;

		if (!goes_through(checking->journal, &held->head, &n)) {
			return check_found(checking, ACKNOWLEDGED_STAYS, 0,
					   "entries are gone that were acknowledged");
		}
		if (cut->machine == HUB && n < held->receipted) {
			return check_found(
				checking, RECEIPTED_STAYS, 0,
				"the hub lacks entries that it gave a receipt for");
		}
		if (cut->machine == HUB && held->receipted > 0 &&
		    !parts_stay(checking->journal, held)) {
			return check_found(
				checking, RECEIPTED_STAYS, 0,
				"the hub lacks parts that it gave a receipt for");
		}
		if (cut->after && n != held->head.n && (!then || n != then->head.n) &&
		    !is_confirmation(checking->journal, &held->head, n)) {
			ph_fail(&checking->finding->what, PH_EXIT_OTHER, 0,
				"log %u: %u before, %u now, %u then", i,
				(unsigned)held->head.n, (unsigned)n,
				then ? (unsigned)then->head.n : 0);
			return check_found(checking, WHOLE_OR_NOT, 0,
					   "a log ends within what was one commit");
		}
	}
	return true;
}

static bool is_behind(const struct ph_fed_cursor *a, const struct ph_fed_cursor *b)
{
	if (a->epoch.number != b->epoch.number) {
		return a->epoch.number < b->epoch.number;
	}
	return a->scope != b->scope ? a->scope < b->scope : a->number < b->number;
}

static bool site_words_stay(struct checking *checking)
{
	const struct holding *before = checking->cut->before;
	struct holding now;
	int rc = site_holding(checking->site, &now);

	if (rc < 0) {
		return check_found(checking, VERIFIES, rc, "what the site holds");
	}
	if (!check_account(checking, &now.beside) || !check_backed(checking, &now) ||
	    !check_erased(checking, now.beside.erased) ||
	    !check_custody(checking, &now.beside) ||
	    !check_front(checking, &now.beside)) {
		return false;
	}
	if (is_behind(&now.fed, &before->fed)) {
		return check_found(checking, TOLD_STAYS, 0, "pages of the feed are gone");
	}
	for (unsigned i = 0; i < before->n_logs; i++) {
		const struct held *held = held_of(&now, before->log[i].head.log_id);

		if (!held || held->receipted < before->log[i].receipted) {
			ph_fail(&checking->finding->what, PH_EXIT_OTHER, 0,
				"log %u: %u before, %u now", i,
				(unsigned)before->log[i].receipted,
				held ? (unsigned)held->receipted : 0);
			return check_found(checking, RECEIPTED_STAYS, 0,
					   "the site has lost a receipt");
		}
		if (held->receipted > held->head.n) {
			return check_found(checking, RECEIPTED_STAYS, 0,
					   "a receipt for what is not here");
		}
	}
	return true;
}

static bool hub_words_stay(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;
	struct holding now;
	int rc = hub_holding(checking->hub, &now);

	if (rc < 0) {
		return check_found(checking, VERIFIES, rc, "what the hub holds");
	}
	if (!check_keys(checking, &now.beside) || !check_backup(checking, &now.beside) ||
	    !check_backed(checking, &now) || !check_erased(checking, now.beside.erased)) {
		return false;
	}
	for (unsigned i = SITE_A; i < MACHINES; i++) {
		const struct ph_fed_cursor *told = &cut->before->told[i];
		struct ph_feeder_state state;
		struct ph_device device;

		rc = ph_journal_device_by_id(checking->journal, cut->world->device[i],
					     &device);
		if (rc == 0) {
			rc = ph_feeder_state(checking->hub->feeder, device.row, &state);
		}
		if (rc != 0) {
			return check_found(checking, ACKNOWLEDGED_STAYS, rc,
					   "a device is not known any more");
		}
		if (told->scope > state.scope ||
		    (told->scope == state.scope && told->number > state.number)) {
			return check_found(checking, TOLD_STAYS, 0,
					   "a feed ends before what its site was told");
		}
	}
	return true;
}

/* --- what can be verified --- */

static int fresh_digest(struct ph_site *site, uint8_t digest[static 32],
			struct ph_error *err)
{
	struct ph_journal *journal = ph_site_journal(site);
	struct ph_ledger *ledger = NULL;
	struct ph_db *db =
		memory_db_open(&(struct ph_db_config){ .path = ":memory:",
						       .application = PH_STORE_SITE,
						       .steps = ph_journal_steps,
						       .n_steps = ph_journal_steps_count,
						       .create = true },
			       err);
	int rc = db ? 0 : -ENOMEM;

	if (rc == 0) {
		rc = ph_ledger_open(
			&ledger,
			&(struct ph_ledger_config){ .journal = journal,
						    .db = db,
						    .fed = ph_journal_db(journal) },
			err);
	}
	if (rc == 0) {
		rc = ph_ledger_digest(ledger, digest, err);
	}
	ph_ledger_free(ledger);
	ph_db_close(db);
	return rc;
}

static bool site_verifies(struct checking *checking)
{
	struct ph_error *err = &checking->finding->what;
	struct ph_ledger *ledger;
	uint8_t held[32];
	uint8_t fresh[32];
	int rc = ph_db_check(ph_journal_db(checking->journal), true, err);

	if (rc == 0) {
		rc = ph_journal_verify(checking->journal,
				       ph_site_sign(checking->site)->key, NULL, err);
	}
	if (rc != 0) {
		return check_found(checking, VERIFIES, rc, "the site's journal");
	}
	ledger = ph_site_ledger(checking->site, err);
	rc = ledger ? ph_ledger_digest(ledger, held, err) : -EUCLEAN;
	rc = rc == 0 ? fresh_digest(checking->site, fresh, err) : rc;
	if (rc != 0 || memcmp(held, fresh, sizeof(held)) != 0) {
		return check_found(checking, LEDGER_IS_A_REBUILD, rc,
				   "the site's ledger");
	}
	return true;
}

static bool hub_verifies(struct checking *checking)
{
	json_t *request = json_pack("{s:s}", "command", "verify");
	json_t *answer = ph_hub_command(checking->hub, request);
	const char *text = json_string_value(json_object_get(answer, "error"));
	bool ledger = text && strstr(text, "ledger") != NULL;
	bool good = json_integer_value(json_object_get(answer, "exit")) == 0;

	if (!good) {
		ph_fail(&checking->finding->what, PH_EXIT_OTHER, 0, "%s", text);
		check_found(checking, ledger ? LEDGER_IS_A_REBUILD : VERIFIES, 0,
			    "the hub");
	}
	json_decref(request);
	json_decref(answer);
	return good;
}

/*
 * What verifies is the database alone, so each that comes out of cuts is verified once:
 * when the WAL is brought into the file, its bytes say whether it is a known one. False
 * in doubt.
 */
static uint64_t verified[1 << 16];

static bool is_known(struct checking *checking, const char *file, uint64_t *hash_out)
{
	struct ph_db *db = ph_journal_db(checking->journal);
	struct ph_stmt *stmt;
	char path[96];
	int rc = ph_db_prepare(db, "PRAGMA wal_checkpoint(PASSIVE)", &stmt);

	*hash_out = 0;
	if (rc != 0 || ph_stmt_step(stmt) != PH_DB_ROW) {
		return false;
	}
	/* busy, pages in the WAL, pages that are in the file */
	bool whole = ph_stmt_col_int(stmt, 0) == 0 &&
		     ph_stmt_col_int(stmt, 1) == ph_stmt_col_int(stmt, 2);

	ph_stmt_reset(stmt);
	if (!whole) {
		return false;
	}
	snprintf(path, sizeof(path), "/m/%s/store/%s", checking->cut->disk, file);
	*hash_out = sim_disk_hash_file(path) ^ checking->cut->machine;
	return verified[*hash_out % (1 << 16)] == *hash_out;
}

static bool verifies(struct checking *checking)
{
	bool hub = checking->hub != NULL;
	uint64_t hash;

	if (is_known(checking, hub ? "hub.db" : "site.db", &hash)) {
		return true;
	}
	checking->finding->verified = true;
	if (!(hub ? hub_verifies(checking) : site_verifies(checking))) {
		return false;
	}
	if (hash != 0) {
		verified[hash % (1 << 16)] = hash;
	}
	return true;
}

/* --- going on --- */

static bool codes_are_new(struct checking *checking)
{
	const struct holding *before = checking->cut->before;
	char code[PH_PRINTED_SIZE + 1];
	int rc = ph_site_print_code(checking->site, code, &checking->finding->what);

	if (rc != 0) {
		return check_found(checking, GOES_ON, rc, "printing a code");
	}
	for (unsigned i = 0; i < before->n_codes; i++) {
		if (strcmp(before->code[i], code) == 0) {
			return check_found(checking, CODES_ARE_NEW, 0, code);
		}
	}
	return true;
}

static bool site_goes_on(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;
	const struct ph_log log = *ph_site_log(checking->site);
	int rc;

	if (memcmp(log.id, cut->world->own_log[cut->machine], sizeof(log.id)) != 0) {
		return check_found(checking, NO_FALSE_ALARM, 0,
				   "another log is begun, as if this were a copy");
	}
	rc = power_visit(checking->site, 7, &checking->finding->what);
	if (rc != 0) {
		return check_found(checking, GOES_ON, rc, "writing");
	}
	if (memcmp(ph_site_log(checking->site)->id, log.id, sizeof(log.id)) != 0 ||
	    ph_site_log(checking->site)->n <= log.n) {
		return check_found(checking, GOES_ON, 0, "the write is not in the log");
	}
	return true;
}

static bool meet(struct checking *checking, struct ph_hub *hub, struct ph_site *site,
		 unsigned index)
{
	const struct drive drive = { .hub = hub,
				     .site = site,
				     .index = index,
				     .hub_rng = checking->cut->clock->rng,
				     .site_rng = checking->cut->clock->rng,
				     .cut = -1 };
	struct holding at_hub;
	struct holding at_site;
	const struct held *here;
	const struct held *there;
	int rc = power_session(&drive, &checking->finding->what);

	if (rc != 0) {
		return check_found(checking, NO_FALSE_ALARM, rc, "the next session");
	}
	rc = power_front_none(site);
	if (rc != 0) {
		return check_found(checking, FRONT_IS_WHOLE, rc < 0 ? rc : 0,
				   "the front of an item outlives a whole session");
	}
	rc = hub_holding(hub, &at_hub);
	rc = rc < 0 ? rc : site_holding(site, &at_site);
	if (rc != 0) {
		return check_found(checking, NO_FALSE_ALARM, rc, "a log has branched");
	}
	here = held_of(&at_site, checking->cut->world->own_log[index]);
	there = held_of(&at_hub, checking->cut->world->own_log[index]);
	if (!here || !there || memcmp(&here->head, &there->head, sizeof(here->head)) ||
	    here->receipted != here->head.n) {
		return check_found(checking, GOES_ON, 0,
				   "after a session hub and site do not hold the same");
	}
	return true;
}

/*
 * The other machines as they are on their disks, in copies that are used up; to the hub come
 * half of the sites, by chance.
 */
static bool meets_others(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;
	bool good = true;

	for (unsigned i = 0; good && i < MACHINES; i++) {
		struct ph_error *err = &checking->finding->what;
		struct machine clock = cut->world->machine[i];
		struct ph_site *site = NULL;
		struct ph_hub *hub = NULL;
		int rc = 0;

		if ((cut->machine == HUB) == (i == HUB) ||
		    (cut->machine == HUB && cut->seed / 2 % 2 == i % 2)) {
			continue;
		}
		sim_disk_copy(power_name[i], "y", true);
		clock.rng = cut->clock->rng;
		if (i == HUB) {
			rc = world_open_hub(&clock, "y", &hub, err);
		} else {
			rc = world_open_site(&clock, "y", &site, err);
		}
		if (rc != 0) {
			good = check_found(checking, OPENS, rc,
					   "the copy of another machine");
		} else if (i == HUB) {
			good = meet(checking, hub, checking->site, cut->machine);
		} else {
			good = meet(checking, checking->hub, site, i);
		}
		sim_disk_kill("y");
		ph_hub_close(hub);
		ph_site_close(site);
	}
	return good && (cut->seed / 4 % 2 == 0 || check_meets_courier(checking)) &&
	       (cut->seed / 4 % 2 == 1 ||
		(cut->machine != SITE_A && cut->machine != SITE_C) ||
		check_meets_sibling(checking));
}

static bool check_site(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;
	int rc;

	if (!check_erased_files(checking) || !check_bundles(checking)) {
		return false;
	}
	rc = world_open_site(cut->clock, cut->disk, &checking->site,
			     &checking->finding->what);
	if (rc != 0) {
		return check_found(checking, OPENS, rc, "the site");
	}
	checking->journal = ph_site_journal(checking->site);
	if (!logs_stay(checking) || !site_words_stay(checking) || !verifies(checking)) {
		return false;
	}
	if (cut->machine == COURIER) { /* it writes nothing of its own */
		return check_vows(checking);
	}
	return check_desk(checking) && codes_are_new(checking) && site_goes_on(checking);
}

static bool check_hub(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;
	int rc;

	if (!check_erased_files(checking) || !check_bundles(checking) ||
	    !check_second(
		    checking)) { /* a hub that is opened writes there what is missing */
		return false;
	}
	rc = world_open_hub(cut->clock, cut->disk, &checking->hub,
			    &checking->finding->what);
	if (rc != 0) {
		return check_found(checking, OPENS, rc, "the hub");
	}
	checking->journal = ph_hub_journal(checking->hub);
	if (!logs_stay(checking) || !hub_words_stay(checking) || !verifies(checking)) {
		return false;
	}
	rc = power_policy(checking->hub, 7, &checking->finding->what);
	return rc == 0 ? check_second_follows(checking)
		       : check_found(checking, GOES_ON, rc, "the hub's next entry");
}

bool check_new_site(struct ph_site *site, const char *disk, struct machine *clock,
		    struct finding *finding_out)
{
	static struct world world; /* of it only the hub's clock is asked for */
	const struct after_cut cut = {
		.disk = disk, .machine = SITE_NEW, .clock = clock, .world = &world
	};
	struct checking checking = { .cut = &cut,
				     .site = site,
				     .journal = ph_site_journal(site),
				     .finding = finding_out };
	struct ph_hub *hub = NULL;
	bool good;
	int rc;

	memcpy(world.own_log[SITE_NEW], ph_site_log(site)->id, PH_LOG_ID_SIZE);
	world.machine[HUB] = *clock;
	if (!verifies(&checking) || !site_goes_on(&checking)) {
		return false;
	}
	sim_disk_copy(power_pristine_hub, "y", true);
	rc = world_open_hub(&world.machine[HUB], "y", &hub, &finding_out->what);
	good = rc == 0 ? meet(&checking, hub, site, SITE_NEW)
		       : check_found(&checking, OPENS, rc, "the hub");
	sim_disk_kill("y");
	ph_hub_close(hub);
	return good;
}

bool check_new_hub(struct ph_hub *hub, const char *disk, struct finding *finding_out)
{
	const struct after_cut cut = { .disk = disk, .machine = HUB };
	struct checking checking = { .cut = &cut,
				     .hub = hub,
				     .journal = ph_hub_journal(hub),
				     .finding = finding_out };
	int rc;

	if (!verifies(&checking)) {
		return false;
	}
	rc = power_policy(hub, 7, &finding_out->what);
	return rc == 0 || check_found(&checking, GOES_ON, rc, "the hub's next entry");
}

bool check_after_cut(const struct after_cut *cut, struct finding *finding_out)
{
	struct checking checking = { .cut = cut, .finding = finding_out };
	bool good;

	memset(finding_out, 0, sizeof(*finding_out));
	machine_boot(cut->clock);
	good = cut->machine == HUB ? check_hub(&checking) : check_site(&checking);
	if (good && cut->meets) {
		good = meets_others(&checking);
	}
	sim_disk_kill(cut->disk); /* no need to close in order */
	ph_hub_close(checking.hub);
	ph_site_close(checking.site);
	return good;
}

/*
 * common/ledger/scope.c - which sites an entity concerns.
 *
 * At the end of a batch: what each changed state says of links is compared with what is
 * remembered (scope_memo.c), which names the entities to look at again; then sites are
 * found anew, in the order in which one leads to the next, so that each is found once:
 *
 *   copies -> titles -> holds        copies -> readers -> cards -> accounts
 *
 * An entity whose sites change passes that on, and is added to the changed ones. Any
 * error leaves the batch to be rolled back.
 */
#include "common/ledger/scope_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/cases.h"
#include "common/ledger/class.h"
#include "common/ledger/event.h"
#include "common/ledger/log_state.h"
#include "common/ledger/stop.h"
#include "common/ledger/store.h"

const char ph_scope_make_sql[] =
	"CREATE TABLE scope_site(type INTEGER, id BLOB, site INTEGER,"
	" PRIMARY KEY(type, id, site)) WITHOUT ROWID;"
	"CREATE INDEX scope_site_site ON scope_site(site, type, id);"
	"CREATE TABLE scope_copy(id BLOB PRIMARY KEY, title BLOB, card BLOB) WITHOUT "
	"ROWID;"
	"CREATE INDEX scope_copy_title ON scope_copy(title) WHERE title IS NOT NULL;"
	"CREATE INDEX scope_copy_card ON scope_copy(card) WHERE card IS NOT NULL;"
	"CREATE TABLE scope_hold(id BLOB PRIMARY KEY, title BLOB, copy BLOB) WITHOUT "
	"ROWID;"
	"CREATE INDEX scope_hold_title ON scope_hold(title) WHERE title IS NOT NULL;"
	"CREATE INDEX scope_hold_copy ON scope_hold(copy) WHERE copy IS NOT NULL;"
	"CREATE TABLE scope_card(card BLOB, reader BLOB, PRIMARY KEY(card, reader))"
	" WITHOUT ROWID;"
	"CREATE INDEX scope_card_reader ON scope_card(reader);"
	"CREATE TABLE scope_reader(id BLOB PRIMARY KEY, commune BLOB NOT NULL) WITHOUT "
	"ROWID;"
	"CREATE INDEX scope_reader_commune ON scope_reader(commune);"
	"CREATE TABLE scope_commune(site INTEGER, commune BLOB, PRIMARY KEY(site, "
	"commune))"
	" WITHOUT ROWID;"
	"CREATE INDEX scope_commune_commune ON scope_commune(commune);"
	"CREATE TABLE scope_no_readers(site INTEGER PRIMARY KEY);";

const char ph_scope_drop_sql[] =
	"DROP TABLE IF EXISTS scope_site; DROP TABLE IF EXISTS scope_copy;"
	"DROP TABLE IF EXISTS scope_hold; DROP TABLE IF EXISTS scope_card;"
	"DROP TABLE IF EXISTS scope_reader; DROP TABLE IF EXISTS scope_commune;"
	"DROP TABLE IF EXISTS scope_no_readers;";

/* --- lists of sites --- */

void ph_sites_deinit(struct ph_sites *sites)
{
	free(sites->list);
	*sites = (struct ph_sites){ 0 };
}

static size_t find_place(const struct ph_sites *sites, uint64_t site)
{
	size_t low = 0, high = sites->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sites->list[middle] < site) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

bool ph_sites_has(const struct ph_sites *sites, uint64_t site)
{
	size_t at = find_place(sites, site);

	return at < sites->n && sites->list[at] == site;
}

int ph_sites_add(struct ph_sites *sites, uint64_t site)
{
	size_t at = find_place(sites, site);

	if (at < sites->n && sites->list[at] == site) {
		return 0;
	}

	int rc = ph_state_grow((void **)&sites->list, sites->n, &sites->cap,
			       sizeof *sites->list);

	if (rc == 0) {
		memmove(sites->list + at + 1, sites->list + at,
			(sites->n - at) * sizeof *sites->list);
		sites->list[at] = site;
		sites->n++;
	}
	return rc;
}

int ph_sites_read(struct ph_sites *sites, struct ph_stmt *stmt)
{
	int rc;

	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = ph_sites_add(sites, (uint64_t)ph_stmt_col_int(stmt, 0));
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* --- small parts --- */

int ph_scope_state(struct ph_scope_work *work, const struct ph_entity_key *key)
{
	work->state.len = 0;

	int rc = ph_ledger_get(work->ledger, (enum ph_entity)key->type, ph_key_view(key),
			       &work->state);

	return rc == PH_LEDGER_E_NONE ? 0 : rc;
}

int ph_scope_class(struct ph_scope_work *work, const struct ph_entity_key *key,
		   struct ph_keyset *set)
{
	if (ph_keyset_has(set, key)) {
		return 0;
	}

	int rc = ph_class_members(work->ledger, key, &work->members);

	for (size_t i = 0; rc == 0 && i < work->members.n; i++) {
		rc = ph_keyset_add(set, &work->members.keys[i]);
	}
	return rc;
}

int ph_scope_collect(struct ph_scope_work *work, const char *sql, struct ph_view id,
		     enum ph_entity type, struct ph_keyset *set)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(work->ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, id);
	return ph_keyset_read(set, type, stmt);
}

int ph_scope_load(struct ph_ledger *ledger, const struct ph_entity_key *key,
		  struct ph_sites *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT site FROM scope_site WHERE type = ?1 AND id = ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	return ph_sites_read(out, stmt);
}

static int put_site(struct ph_ledger *ledger, const char *sql,
		    const struct ph_entity_key *key, uint64_t site)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	ph_stmt_int(stmt, 3, (int64_t)site);
	return ph_stmt_run(stmt);
}

/* From now on KEY concerns SITES; *MOVED_OUT: it concerned others before. */
static int save_sites(struct ph_scope_work *work, const struct ph_entity_key *key,
		      const struct ph_sites *sites, bool *moved_out)
{
	struct ph_ledger *ledger = work->ledger;
	struct ph_sites old = { 0 };
	int rc = ph_scope_load(ledger, key, &old);

	*moved_out = false;
	for (size_t i = 0; rc == 0 && i < sites->n; i++) {
		if (!ph_sites_has(&old, sites->list[i])) {
			*moved_out = true;
			rc = put_site(ledger,
				      "INSERT INTO scope_site(type, id, site)"
				      " VALUES(?1, ?2, ?3)",
				      key, sites->list[i]);
		}
	}
	for (size_t i = 0; rc == 0 && i < old.n; i++) {
		if (!ph_sites_has(sites, old.list[i])) {
			*moved_out = true;
			rc = put_site(ledger,
				      "DELETE FROM scope_site WHERE type = ?1"
				      " AND id = ?2 AND site = ?3",
				      key, old.list[i]);
		}
	}
	if (rc == 0 && *moved_out) {
		rc = ph_keyset_add(work->changed, key);
	}
	ph_sites_deinit(&old);
	return rc;
}

/* --- settling --- */

/* Find the sites of each of KEYS anew; those that moved, onto MOVED (may be NULL). */
static int settle(struct ph_scope_work *work, const struct ph_keyset *keys,
		  struct ph_keyset *moved)
{
	struct ph_sites sites = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < keys->n; i++) {
		bool changed = false;

		rc = ph_scope_find(work, &keys->keys[i], &sites);
		rc = rc != 0 ? rc : save_sites(work, &keys->keys[i], &sites, &changed);
		if (rc == 0 && changed && moved != NULL) {
			rc = ph_keyset_add(moved, &keys->keys[i]);
		}
	}
	ph_sites_deinit(&sites);
	return rc;
}

/* Copies first: their links are noted once it is known whether their sites moved. */
static int settle_copies(struct ph_scope_work *work)
{
	struct ph_keyset moved = { 0 };
	int rc = settle(work, &work->copies, &moved);

	for (size_t i = 0; rc == 0 && i < work->copies.n; i++) {
		const struct ph_entity_key *key = &work->copies.keys[i];

		rc = ph_scope_note_copy(work, key, ph_keyset_has(&moved, key));
	}
	ph_keyset_deinit(&moved);
	return rc;
}

static int settle_titles(struct ph_scope_work *work)
{
	struct ph_keyset moved = { 0 };
	int rc = settle(work, &work->titles, &moved);

	for (size_t i = 0; rc == 0 && i < moved.n; i++) {
		rc = ph_scope_collect(work, ph_scope_holds_of_title,
				      ph_key_view(&moved.keys[i]), PH_ENTITY_HOLD,
				      &work->holds);
	}
	ph_keyset_deinit(&moved);
	return rc != 0 ? rc : settle(work, &work->holds, NULL);
}

/*
 * Those of READERS who are the same as somebody: by itself one may concern other sites than
 * before, or who says that they are the same has changed, though the class concerns whom it
 * did. What of them a site is given depends on that (kin.h).
 */
static int note_kin(struct ph_scope_work *work)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < work->readers.n; i++) {
		const struct ph_entity_key *key = &work->readers.keys[i];
		bool alone = true;

		rc = ph_class_is_alone(work->ledger, key, &alone);
		if (rc == 0 && !alone) {
			rc = ph_keyset_add(work->changed, key);
		}
	}
	return rc;
}

static int settle_readers(struct ph_scope_work *work)
{
	struct ph_keyset moved = { 0 };
	int rc = settle(work, &work->readers, &moved);

	for (size_t i = 0; rc == 0 && i < moved.n; i++) {
		rc = ph_scope_collect(work, ph_scope_cards_of_reader,
				      ph_key_view(&moved.keys[i]), PH_ENTITY_CARD,
				      &work->cards);
	}
	rc = rc != 0 ? rc : note_kin(work);
	ph_keyset_clear(&moved);
	rc = rc != 0 ? rc : settle(work, &work->cards, &moved);
	for (size_t i = 0; rc == 0 && i < moved.n; i++) {
		struct ph_entity_key account =
			ph_scope_with_type(&moved.keys[i], PH_ENTITY_ACCOUNT);

		rc = ph_keyset_add(&work->accounts, &account);
	}
	ph_keyset_deinit(&moved);
	return rc != 0 ? rc : settle(work, &work->accounts, NULL);
}

static int note(struct ph_scope_work *work, const struct ph_entity_key *key)
{
	int rc = 0;

	switch (key->type) {
	case PH_ENTITY_COPY:
		return ph_scope_class(work, key, &work->copies);
	case PH_ENTITY_TITLE:
		return ph_scope_class(work, key, &work->titles);
	case PH_ENTITY_ACCOUNT:
	case PH_ENTITY_CRATE:
	case PH_ENTITY_WORKER: /* nothing leads on from these */
		return ph_keyset_add(&work->accounts, key);
	case PH_ENTITY_SITE:
	case PH_ENTITY_HOLD:
	case PH_ENTITY_READER:
	case PH_ENTITY_CARD:
		rc = ph_scope_state(work, key);
		break;
	default:
		return 0;
	}
	if (rc != 0) {
		return rc;
	}
	switch (key->type) {
	case PH_ENTITY_SITE:
		return ph_scope_note_site(work, key);
	case PH_ENTITY_HOLD:
		return ph_scope_note_hold(work, key);
	case PH_ENTITY_READER:
		return ph_scope_note_reader(work, key);
	default:
		return ph_scope_note_card(work, key);
	}
}

int ph_scope_settle(struct ph_ledger *ledger, struct ph_keyset *changed)
{
	struct ph_scope_work work = { .ledger = ledger, .changed = changed };
	size_t n = changed->n; /* what is added on the way needs no second look */
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct ph_entity_key key = changed->keys[i];

		rc = note(&work, &key);
	}
	rc = rc != 0 ? rc : settle_copies(&work);
	rc = rc != 0 ? rc : settle_titles(&work);
	rc = rc != 0 ? rc : settle_readers(&work);
	ph_keyset_deinit(&work.copies);
	ph_keyset_deinit(&work.titles);
	ph_keyset_deinit(&work.holds);
	ph_keyset_deinit(&work.readers);
	ph_keyset_deinit(&work.cards);
	ph_keyset_deinit(&work.accounts);
	ph_keyset_deinit(&work.members);
	ph_keyset_deinit(&work.found);
	ph_keyset_deinit(&work.shown);
	ph_sites_deinit(&work.found_sites);
	ph_keyset_deinit(&work.queue);
	ph_buf_deinit(&work.state);
	return rc;
}

/* --- asking --- */

bool ph_scope_is_common(enum ph_entity type)
{
	return type <= PH_ENTITY_TARGET;
}

/* Of an entity that is one entry, or begins with one: the site of that. */
static int first_site(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      struct ph_sites *out)
{
	struct ph_buf state = { 0 };
	struct ph_log_state log;
	struct ph_event event;
	struct ph_stop stop;
	int rc = ph_ledger_get(ledger, (enum ph_entity)key->type, ph_key_view(key),
			       &state);

	if (rc == 0 && key->type == PH_ENTITY_EVENT) {
		rc = ph_event_decode(ph_buf_view(&state), &event);
		if (rc == 0) {
			rc = ph_sites_add(out, event.site);
			ph_event_deinit(&event);
		}
	} else if (rc == 0 && key->type == PH_ENTITY_STOP) {
		rc = ph_stop_decode(ph_buf_view(&state), &stop);
		if (rc == 0) {
			rc = stop.is_opened ? ph_sites_add(out, stop.site) : 0;
			ph_stop_deinit(&stop);
		}
	} else if (rc == 0) {
		rc = ph_log_state_decode(ph_buf_view(&state), &log);
		if (rc == 0) {
			rc = log.opened ? ph_sites_add(out, log.site) : 0;
			ph_log_state_deinit(&log);
		}
	}
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

/* Those that a case concerns, as long as it is one. */
static int case_sites(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      struct ph_sites *out)
{
	struct ph_case_row row;
	int rc = key->len == PH_CASE_ID_SIZE ? ph_case_get(ledger, key->id, &row)
					     : -EUCLEAN;

	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	for (size_t i = 0; rc == 0 && i < row.n_sites; i++) {
		rc = ph_sites_add(out, row.sites[i]);
	}
	ph_case_row_deinit(&row);
	return rc;
}

int ph_scope_sites(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   struct ph_sites *out)
{
	uint64_t site;
	int64_t day;

	out->n = 0;
	switch (key->type) {
	case PH_ENTITY_TALLY:
		return ph_key_get_tally(ph_key_view(key), &site, &day)
			       ? ph_sites_add(out, site)
			       : -EUCLEAN;
	case PH_ENTITY_EVENT:
	case PH_ENTITY_STOP:
	case PH_ENTITY_LOG:
		return first_site(ledger, key, out);
	case PH_ENTITY_CASE:
		return case_sites(ledger, key, out);
	default:
		return ph_scope_load(ledger, key, out);
	}
}

int ph_scope_lent(struct ph_ledger *ledger, const struct ph_entity_key *key,
		  struct ph_keyset *out)
{
	struct ph_scope_work work = { .ledger = ledger };

	return ph_scope_collect(&work, ph_scope_copies_of_card, ph_key_view(key),
				PH_ENTITY_COPY, out);
}

int ph_scope_each(struct ph_ledger *ledger, uint64_t site,
		  const struct ph_entity_key *after,
		  int (*cb)(void *data, const struct ph_entity_key *key), void *data)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT type, id FROM scope_site WHERE site = ?1"
			       " AND (type, id) > (?2, ?3) ORDER BY type, id",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)site);
	ph_stmt_int(stmt, 2, after != NULL ? after->type : 0);
	ph_stmt_blob(stmt, 3, after != NULL ? ph_key_view(after) : PH_VIEW("", 0));
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct ph_entity_key key;

		rc = ph_key_bytes((enum ph_entity)ph_stmt_col_int(stmt, 0),
				  ph_stmt_col_blob(stmt, 1), &key)
			     ? cb(data, &key)
			     : -EUCLEAN;
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

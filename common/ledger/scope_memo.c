/*
 * common/ledger/scope_memo.c - what leads where: the links along which scope travels.
 *
 * scope_copy holds the title and the open card that each copy shows, scope_hold the title or
 * copy of each hold that is still open, scope_card the readers a card was issued to,
 * scope_reader the commune of each reader, scope_commune the communes of each site;
 * scope_no_readers the sites that keep no register, to which nothing leads. A link that
 * went is as important as one that came: both ends are looked at again.
 */
#include "common/ledger/scope_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/ledger/card.h"
#include "common/ledger/copy_class.h"
#include "common/ledger/hold.h"
#include "common/ledger/reader.h"
#include "common/ledger/store.h"

const char ph_scope_copies_of_title[] = "SELECT id FROM scope_copy WHERE title = ?1";
const char ph_scope_copies_of_card[] = "SELECT id FROM scope_copy WHERE card = ?1";
const char ph_scope_holds_of_title[] = "SELECT id FROM scope_hold WHERE title = ?1";
const char ph_scope_cards_of_reader[] = "SELECT card FROM scope_card WHERE reader = ?1";
const char ph_scope_readers_of_card[] = "SELECT reader FROM scope_card WHERE card = ?1";
const char ph_scope_sites_of_commune[] =
	"SELECT site FROM scope_commune WHERE commune = ?1";

static const char holds_of_copy[] = "SELECT id FROM scope_hold WHERE copy = ?1";

static bool same(const struct ph_entity_key *a, const struct ph_entity_key *b)
{
	return ph_key_compare(a, b) == 0;
}

static int run_id(struct ph_ledger *ledger, const char *sql, struct ph_view id)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, id);
	return ph_stmt_run(stmt);
}

static void bind_key(struct ph_stmt *stmt, int index, const struct ph_entity_key *key)
{
	if (key->type == 0) {
		ph_stmt_null(stmt, index);
	} else {
		ph_stmt_blob(stmt, index, ph_key_view(key));
	}
}

/* The id in COLUMN as an entity of TYPE; all zero if it is null. 0 or -EUCLEAN. */
static int col_key(struct ph_stmt *stmt, int column, enum ph_entity type,
		   struct ph_entity_key *key)
{
	memset(key, 0, sizeof(*key));
	if (ph_stmt_col_is_null(stmt, column)) {
		return 0;
	}
	return ph_key_bytes(type, ph_stmt_col_blob(stmt, column), key) ? 0 : -EUCLEAN;
}

/* Two links of one entity, as they are remembered. */
struct links {
	bool known; /* the row is there */
	struct ph_entity_key a, b;
};

static int load_links(struct ph_ledger *ledger, const char *sql, struct ph_view id,
		      enum ph_entity type_a, enum ph_entity type_b, struct links *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	memset(out, 0, sizeof(*out));
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, id);
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc;
	}
	out->known = true;
	rc = col_key(stmt, 0, type_a, &out->a);
	rc = rc != 0 ? rc : col_key(stmt, 1, type_b, &out->b);
	ph_stmt_reset(stmt);
	return rc;
}

static int save_links(struct ph_ledger *ledger, const char *sql, struct ph_view id,
		      const struct links *links)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, id);
	bind_key(stmt, 2, &links->a);
	bind_key(stmt, 3, &links->b);
	return ph_stmt_run(stmt);
}

static int add_class(struct ph_scope_work *work, const struct ph_entity_key *key,
		     struct ph_keyset *set)
{
	return key->type == 0 ? 0 : ph_scope_class(work, key, set);
}

/* --- copies: title, and card of the open loan, that they show with their class --- */

/* What the class of KEY shows, if that is one of several copies, none of which is outside. */
static int read_shown(struct ph_scope_work *work, const struct ph_entity_key *key)
{
	struct ph_copy_class shown;
	bool outside = false;
	int rc;

	ph_keyset_clear(&work->shown);
	work->shown_gist.known = false;
	rc = ph_scope_class(work, key, &work->shown);
	for (size_t i = 0; rc == 0 && !outside && i < work->shown.n; i++) {
		rc = ph_derive_outside(work->ledger, &work->shown.keys[i], &outside);
	}
	if (rc != 0 || outside || work->shown.n < 2) {
		return rc;
	}
	rc = ph_copy_class_load(work->ledger, key, &shown);
	if (rc == 0) {
		rc = ph_copy_gist_of(&shown.copy, &work->shown_gist);
		ph_copy_class_deinit(&shown);
	}
	return rc == PH_LEDGER_E_NONE ? 0 : rc;
}

static int read_copy(struct ph_scope_work *work, const struct ph_entity_key *key,
		     struct links *links)
{
	struct ph_copy_gist gist;
	int rc = ph_copy_gist(work->ledger, key, &gist);

	if (rc == 0 && !ph_keyset_has(&work->shown, key)) {
		rc = read_shown(work, key);
	}
	if (rc == 0 && gist.known && work->shown_gist.known) {
		gist = work->shown_gist;
	}
	if (rc == 0) {
		*links = (struct links){ .known = gist.known,
					 .a = gist.title,
					 .b = gist.card };
	}
	return rc;
}

/* Readers who are, or were, on the other end of a card: they may owe what they did not. */
static int add_readers(struct ph_scope_work *work, const struct ph_entity_key *card)
{
	int rc;

	if (card->type == 0) {
		return 0;
	}
	ph_keyset_clear(&work->queue);
	rc = ph_scope_collect(work, ph_scope_readers_of_card, ph_key_view(card),
			      PH_ENTITY_READER, &work->queue);
	for (size_t i = 0; rc == 0 && i < work->queue.n; i++) {
		rc = ph_scope_class(work, &work->queue.keys[i], &work->readers);
	}
	return rc;
}

int ph_scope_note_copy(struct ph_scope_work *work, const struct ph_entity_key *key,
		       bool moved)
{
	struct ph_view id = ph_key_view(key);
	struct links old, new;
	bool title, card;
	int rc = load_links(work->ledger,
			    "SELECT title, card FROM scope_copy WHERE id = ?1", id,
			    PH_ENTITY_TITLE, PH_ENTITY_CARD, &old);

	rc = rc != 0 ? rc : read_copy(work, key, &new);
	if (rc != 0) {
		return rc;
	}
	title = !same(&old.a, &new.a);
	card = !same(&old.b, &new.b);
	if (old.known && !new.known) {
		rc = run_id(work->ledger, "DELETE FROM scope_copy WHERE id = ?1", id);
	} else if (!old.known || title || card) {
		rc = save_links(work->ledger,
				"INSERT OR REPLACE INTO scope_copy(id, title, card)"
				" VALUES(?1, ?2, ?3)",
				id, &new);
	}
	if (rc == 0 && (moved || title)) {
		rc = add_class(work, &old.a, &work->titles);
		rc = rc != 0 ? rc : add_class(work, &new.a, &work->titles);
	}
	if (rc == 0 && moved) {
		rc = ph_scope_collect(work, holds_of_copy, id, PH_ENTITY_HOLD,
				      &work->holds);
	}
	if (rc == 0 && (moved || card)) {
		rc = add_readers(work, &old.b);
		rc = rc != 0 ? rc : add_readers(work, &new.b);
	}
	return rc;
}

/* --- holds that are still open --- */

static int read_hold(struct ph_scope_work *work, struct links *links)
{
	struct ph_hold hold;
	int rc;

	memset(links, 0, sizeof(*links));
	if (work->state.len == 0) {
		return 0;
	}
	rc = ph_hold_decode(ph_buf_view(&work->state), &hold);
	if (rc != 0) {
		return rc;
	}
	links->known = hold.placed && !hold.is_cancelled && !hold.is_filled;
	if (links->known && hold.has_title) {
		links->a = ph_key_ref(PH_ENTITY_TITLE, &hold.title);
	}
	if (links->known && hold.has_copy &&
	    !ph_key_id(PH_ENTITY_COPY, &hold.copy, &links->b)) {
		rc = -EUCLEAN;
	}
	ph_hold_deinit(&hold);
	return rc;
}

int ph_scope_note_hold(struct ph_scope_work *work, const struct ph_entity_key *key)
{
	struct ph_view id = ph_key_view(key);
	struct links old, new;
	int rc = load_links(work->ledger,
			    "SELECT title, copy FROM scope_hold WHERE id = ?1", id,
			    PH_ENTITY_TITLE, PH_ENTITY_COPY, &old);

	rc = rc != 0 ? rc : read_hold(work, &new);
	if (rc != 0) {
		return rc;
	}
	if (old.known && !new.known) {
		rc = run_id(work->ledger, "DELETE FROM scope_hold WHERE id = ?1", id);
	} else if (new.known && !old.known) {
		rc = save_links(work->ledger,
				"INSERT INTO scope_hold(id, title, copy)"
				" VALUES(?1, ?2, ?3)",
				id, &new);
	}
	rc = rc != 0 ? rc : add_class(work, &old.a, &work->titles);
	rc = rc != 0 ? rc : add_class(work, &new.a, &work->titles);
	return rc != 0 ? rc : ph_keyset_add(&work->holds, key);
}

/* --- cards: to whom they were issued --- */

static int put_pair(struct ph_ledger *ledger, const char *sql, struct ph_view a,
		    struct ph_view b)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, a);
	ph_stmt_blob(stmt, 2, b);
	return ph_stmt_run(stmt);
}

static int save_issues(struct ph_scope_work *work, struct ph_view card)
{
	struct ph_card issued;
	int rc;

	if (work->state.len == 0) {
		return 0;
	}
	rc = ph_card_decode(ph_buf_view(&work->state), &issued);
	if (rc != 0) {
		return rc;
	}
	for (size_t i = 0; rc == 0 && i < issued.n_issues; i++) {
		struct ph_entity_key reader =
			ph_key_ref(PH_ENTITY_READER, &issued.issues[i].reader);

		rc = put_pair(work->ledger,
			      "INSERT OR IGNORE INTO scope_card(card, reader)"
			      " VALUES(?1, ?2)",
			      card, ph_key_view(&reader));
	}
	ph_card_deinit(&issued);
	return rc;
}

int ph_scope_note_card(struct ph_scope_work *work, const struct ph_entity_key *key)
{
	struct ph_view id = ph_key_view(key);
	int rc = add_readers(work, key);

	rc = rc != 0 ? rc
		     : run_id(work->ledger, "DELETE FROM scope_card WHERE card = ?1", id);
	rc = rc != 0 ? rc : save_issues(work, id);
	rc = rc != 0 ? rc : add_readers(work, key);
	return rc != 0 ? rc : ph_keyset_add(&work->cards, key);
}

/* --- readers and sites: communes --- */

int ph_scope_keeps_readers(struct ph_ledger *ledger, uint64_t site, bool *keeps_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT 1 FROM scope_no_readers WHERE site = ?1", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)site);
	rc = ph_stmt_step(stmt);
	*keeps_out = rc != PH_DB_ROW;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

static int read_commune(struct ph_scope_work *work, struct ph_view *out)
{
	struct ph_reader reader;
	const struct ph_register *commune;
	int rc;

	*out = PH_VIEW(NULL, 0);
	if (work->state.len == 0) {
		return 0;
	}
	rc = ph_reader_decode(ph_buf_view(&work->state), &reader);
	if (rc != 0) {
		return rc;
	}
	commune = ph_registers_get(&reader.record.registers, PH_READER_COMMUNE);
	if (commune != NULL) {
		*out = commune->value.as.bytes; /* of the state, which stays */
	}
	ph_reader_deinit(&reader);
	return 0;
}

int ph_scope_note_reader(struct ph_scope_work *work, const struct ph_entity_key *key)
{
	struct ph_view id = ph_key_view(key);
	struct ph_view commune;
	int rc = read_commune(work, &commune);

	if (rc == 0 && commune.len == 0) {
		rc = run_id(work->ledger, "DELETE FROM scope_reader WHERE id = ?1", id);
	} else if (rc == 0) {
		rc = put_pair(work->ledger,
			      "INSERT OR REPLACE INTO scope_reader(id, commune)"
			      " VALUES(?1, ?2)",
			      id, commune);
	}
	return rc != 0 ? rc : ph_scope_class(work, key, &work->readers);
}

static int put_commune(struct ph_ledger *ledger, uint64_t site, struct ph_view commune)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT OR IGNORE INTO scope_commune(site, commune)"
			       " VALUES(?1, ?2)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)site);
	ph_stmt_blob(stmt, 2, commune);
	return ph_stmt_run(stmt);
}

/* Column 0 of SQL, of which ?1 is SITE: readers, onto the queue. 0 or negative errno. */
static int queue_readers(struct ph_scope_work *work, const char *sql, uint64_t site)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(work->ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)site);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct ph_entity_key key;

		rc = col_key(stmt, 0, PH_ENTITY_READER, &key);
		rc = rc != 0 ? rc : ph_keyset_add(&work->queue, &key);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int run_site(struct ph_ledger *ledger, const char *sql, uint64_t site)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)site);
	return ph_stmt_run(stmt);
}

/*
 * Whether SITE keeps no register from now on (NONE). If that is new, whoever owes it a
 * copy is looked at again; copies that come or go in this batch bring their own.
 */
static int save_register(struct ph_scope_work *work, uint64_t site, bool none)
{
	bool keeps;
	int rc = ph_scope_keeps_readers(work->ledger, site, &keeps);

	if (rc != 0 || keeps != none) {
		return rc;
	}
	rc = run_site(work->ledger,
		      none ? "INSERT INTO scope_no_readers(site) VALUES(?1)"
			   : "DELETE FROM scope_no_readers WHERE site = ?1",
		      site);
	return rc != 0 ? rc
		       : queue_readers(work,
				       "SELECT DISTINCT k.reader FROM scope_site s"
				       " JOIN scope_copy c ON c.id = s.id"
				       " JOIN scope_card k ON k.card = c.card"
				       " WHERE s.site = ?1 AND s.type = 13", /* copies */
				       site);
}

static int save_site(struct ph_scope_work *work, uint64_t site)
{
	const struct ph_register *commune, *route, *none;
	struct ph_record record;
	struct ph_list_iter iter;
	struct ph_view text;
	int rc;

	if (work->state.len == 0) {
		return save_register(work, site, false);
	}
	rc = ph_record_decode(ph_buf_view(&work->state), ph_kind_find(PH_KIND_SITE_PUT),
			      &record);
	if (rc != 0) {
		return rc;
	}
	commune = ph_registers_get(&record.registers, PH_SITE_COMMUNE);
	route = ph_registers_get(&record.registers, PH_SITE_ROUTE);
	none = ph_registers_get(&record.registers, PH_SITE_NO_READERS);
	rc = save_register(work, site, none != NULL && none->value.as.uint != 0);
	if (rc == 0 && commune != NULL) {
		rc = put_commune(work->ledger, site, commune->value.as.bytes);
	}
	if (route != NULL) {
		iter = ph_list_begin(&route->value.as.list);
		while (rc == 0 && ph_list_next_text(&iter, &text) == 1) {
			rc = put_commune(work->ledger, site, text);
		}
	}
	ph_record_deinit(&record);
	return rc;
}

/* Readers of the communes of SITE. */
static int add_commune_readers(struct ph_scope_work *work, uint64_t site)
{
	return queue_readers(work,
			     "SELECT r.id FROM scope_commune c JOIN scope_reader r"
			     " ON r.commune = c.commune WHERE c.site = ?1",
			     site);
}

int ph_scope_note_site(struct ph_scope_work *work, const struct ph_entity_key *key)
{
	uint64_t site;
	int rc;

	if (!ph_key_get_number(ph_key_view(key), &site)) {
		return -EUCLEAN;
	}
	ph_keyset_clear(&work->queue);
	rc = add_commune_readers(work, site);
	rc = rc != 0 ? rc
		     : run_site(work->ledger, "DELETE FROM scope_commune WHERE site = ?1",
				site);
	rc = rc != 0 ? rc : save_site(work, site);
	rc = rc != 0 ? rc : add_commune_readers(work, site);
	for (size_t i = 0; rc == 0 && i < work->queue.n; i++) {
		rc = ph_scope_class(work, &work->queue.keys[i], &work->readers);
	}
	return rc;
}

/*
 * common/ledger/fed_intake.c - what the hub fed, into the projection.
 *
 * The hub has found already which entries count and when, so a fed fact is filed under
 * just the entities that it was told for, with its told time; only what this site itself
 * wrote (a void, an unmerge) can still take it away. News name an entity whose facts
 * changed: its fed facts are filed anew, whole. Acts of others on this site's own
 * entries go the way of its own acts.
 *
 * A site that was away for a year finds a year of news. They are taken in a few thousand
 * facts at a time, each such batch a transaction, so that memory and WAL stay small. In
 * between entities that are still to come may have facts on file whose entry has left
 * the feed already: such a fact is passed over (facts.c), and its entity comes.
 *
 * Each entry that was fed has a row of its own (ledger_fed), whose negative stands for a
 * row of a log in ledger_fact and ledger_act: two branches of a log can have entries of
 * one number. Rows are never used again before a rebuild.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/fed.h"
#include "common/ledger/hers.h"
#include "common/ledger/state.h"
#include "common/ledger/store.h"

const char ph_fed_intake_make_sql[] =
	"CREATE TABLE ledger_fed(row INTEGER PRIMARY KEY AUTOINCREMENT,"
	" log_id BLOB NOT NULL, n INTEGER NOT NULL, hash BLOB NOT NULL,"
	" site INTEGER NOT NULL, act INTEGER NOT NULL, UNIQUE(log_id, n, hash));"
	/* type, id: how far a new projection has taken everything in; null: to the end */
	"CREATE TABLE ledger_news(one INTEGER PRIMARY KEY CHECK(one = 1),"
	" seq INTEGER NOT NULL, type INTEGER, id BLOB);";
const char ph_fed_intake_drop_sql[] =
	"DROP TABLE IF EXISTS ledger_fed; DROP TABLE IF EXISTS ledger_news;";

#define BATCH_MAX 2000 /* facts filed, and entities, in one transaction */
#define LOOK      500  /* entities found in one go */

/* How far what was fed is taken in. */
struct place {
	bool begun;
	bool walks; /* everything in order, as it is: up to `at` */
	struct ph_entity_key at;
	uint64_t seq; /* of the last news; what the walk finds is no older */
};

struct intake {
	struct ph_ledger *ledger;
	int left; /* of this batch; one entity may take it below 0 */
	struct ph_held held;
	const struct ph_entity_key *key; /* whose facts are being filed */
};

/* --- rows --- */

int ph_fed_cursor(struct ph_ledger *ledger, int64_t row,
		  const struct ph_cursor **cursor_out)
{
	struct ph_cursor *cursor = &ledger->fed_cursor;
	struct ph_stmt *stmt;
	int rc;

	*cursor_out = cursor;
	if (ledger->fed_row == row) {
		return 0;
	}
	ledger->fed_row = 0;
	rc = ph_db_prepare(ledger->db,
			   "SELECT log_id, site FROM ledger_fed WHERE row = ?1", &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, -row);
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc < 0 ? rc : -EUCLEAN;
	}

	struct ph_view id = ph_stmt_col_blob(stmt, 0);

	if (id.len == sizeof cursor->id) {
		*cursor =
			(struct ph_cursor){ .begun = true,
					    .known = true,
					    .verdict = PH_VERDICT_FOLDS,
					    .limit = UINT64_MAX,
					    .site = (uint64_t)ph_stmt_col_int(stmt, 1) };
		memcpy(cursor->id, id.data, id.len);
		ledger->fed_row = row;
	}
	ph_stmt_reset(stmt);
	return ledger->fed_row == row ? 0 : -EUCLEAN;
}

static void bind_ref(struct ph_stmt *stmt, const struct ph_ref *ref)
{
	ph_stmt_blob(stmt, 1, PH_VIEW(ref->log_id, sizeof ref->log_id));
	ph_stmt_int(stmt, 2, (int64_t)ref->n);
	ph_stmt_blob(stmt, 3, PH_VIEW(ref->hash, sizeof ref->hash));
}

/* The row of REF, 0 if it has none; whether it is on record as an act. */
static int find_row(struct ph_ledger *ledger, const struct ph_ref *ref, int64_t *row_out,
		    bool *act_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT row, act FROM ledger_fed WHERE log_id = ?1"
			       " AND n = ?2 AND hash = ?3",
			       &stmt);

	*row_out = 0;
	*act_out = false;
	if (rc != 0) {
		return rc;
	}
	bind_ref(stmt, ref);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*row_out = ph_stmt_col_int(stmt, 0);
		*act_out = ph_stmt_col_int(stmt, 1) != 0;
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int need_row(struct ph_ledger *ledger, const struct ph_fed_entry *entry,
		    int64_t *row_out, bool *act_out)
{
	struct ph_stmt *stmt;
	int rc = find_row(ledger, &entry->ref, row_out, act_out);

	if (rc != 0 || *row_out != 0) {
		return rc;
	}
	rc = ph_db_prepare(ledger->db,
			   "INSERT INTO ledger_fed(log_id, n, hash, site, act)"
			   " VALUES(?1, ?2, ?3, ?4, 0)",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	bind_ref(stmt, &entry->ref);
	ph_stmt_int(stmt, 4, (int64_t)entry->log_site);
	rc = ph_stmt_run(stmt);
	*row_out = ph_db_last_rowid(ledger->db);
	return rc;
}

static int set_act(struct ph_ledger *ledger, int64_t row, bool act)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "UPDATE ledger_fed SET act = ?2 WHERE row = ?1", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	ph_stmt_int(stmt, 2, act);
	return ph_stmt_run(stmt);
}

/* ENTRY as one that is held, under the row -ROW. 0; 1: our table does not know its kind. */
static int hold(struct intake *intake, const struct ph_fed_entry *entry, int64_t row)
{
	struct ph_held *held = &intake->held;
	int rc = ph_entry_decode(entry->bytes, held->entry);

	if (rc != 0) {
		return rc < 0 ? rc : 1;
	}
	held->row = -row;
	held->fact = (struct ph_fact){
		.ref = entry->ref,
		.second = (int64_t)entry->second,
		.tick = (uint16_t)entry->tick,
		.unsure = (uint32_t)entry->unsure,
		.told = held->entry->extras.when != PH_WHEN_NONE,
		.log_site = entry->log_site,
		.site = held->entry->extras.behalf != 0 ? held->entry->extras.behalf
							: entry->log_site,
		.bytes = entry->bytes,
	};
	return 0;
}

/* --- facts of one entity --- */

/*
 * Whether the bytes are filed with the fact: an entry that names many is read from the
 * feed. Those of a tally must be at hand when the entry is gone from there.
 */
static bool is_whole(const struct ph_entity_key *key, const struct ph_entry *entry)
{
	return key->type == PH_ENTITY_TALLY || (entry->number != PH_KIND_CRATE_DISPATCH &&
						entry->number != PH_KIND_CRATE_RECEIVE &&
						entry->number != PH_KIND_READER_ERASE);
}

static int on_fact(void *data, const struct ph_fed_entry *entry)
{
	struct intake *intake = data;
	struct ph_ledger *ledger = intake->ledger;
	struct ph_held *held = &intake->held;
	int64_t row;
	bool act, dead;
	int rc = need_row(ledger, entry, &row, &act);

	intake->left--;
	rc = rc != 0 ? rc : hold(intake, entry, row);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_effect_dead(ledger, held, &dead);
	rc = rc != 0 ? rc
		     : ph_held_insert(ledger, held, intake->key, dead,
				      is_whole(intake->key, held->entry));
	rc = rc == 0 && intake->key->type == PH_ENTITY_COPY ? ph_hers_return(ledger, held)
							    : rc;
	if (rc == 0 && !dead && intake->key->type == PH_ENTITY_TALLY) {
		rc = ph_batch_count(&ledger->batch, held->fact.site, held->fact.second,
				    held->entry, 1);
	}
	return rc;
}

/* Take what was filed under a tally out of its sum. */
static int retract(struct intake *intake)
{
	struct ph_ledger *ledger = intake->ledger;
	struct ph_held *held = &intake->held;
	struct ph_facts facts = { 0 };
	int rc = ph_facts_load_rows(ledger, intake->key, &facts);

	for (size_t i = 0; rc == 0 && i < facts.n; i++) {
		if (facts.rows[i].log >= 0 || facts.rows[i].off) {
			continue;
		}
		rc = ph_fact_entry(&facts.items[i], held->entry);
		if (rc == 0) {
			rc = ph_batch_count(&ledger->batch, facts.items[i].site,
					    facts.items[i].second, held->entry, -1);
		}
	}
	ph_facts_deinit(&facts);
	return rc;
}

static int drop_filed(struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "DELETE FROM ledger_fact WHERE type = ?1 AND id = ?2"
			       " AND log < 0",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	return ph_stmt_run(stmt);
}

static int take_entity(struct intake *intake, uint64_t type, struct ph_view id)
{
	struct ph_ledger *ledger = intake->ledger;
	struct ph_entity_key key;
	int rc;

	if (!ph_key_bytes((enum ph_entity)type, id, &key) || !ph_key_is_entity(&key)) {
		return 0; /* of a newer hub, or of one that is wrong: nothing that we fold */
	}
	intake->key = &key;
	intake->left--;
	rc = key.type == PH_ENTITY_TALLY   ? retract(intake)
	     : key.type == PH_ENTITY_CRATE ? ph_keyset_add(&ledger->batch.crates, &key)
					   : 0;
	rc = rc != 0 ? rc : drop_filed(ledger, &key);
	rc = rc != 0 ? rc
		     : ph_fed_facts(ledger->config.fed, key.type, ph_key_view(&key),
				    on_fact, intake);
	if (rc == 0 && key.type != PH_ENTITY_TALLY) {
		rc = ph_keyset_add(&ledger->batch.dirty, &key);
	}
	return rc;
}

/* --- acts --- */

static int on_act(void *data, const struct ph_fed_entry *entry)
{
	struct intake *intake = data;
	struct ph_ledger *ledger = intake->ledger;
	struct ph_log log = { .site = entry->log_site, .role = entry->role };
	int64_t row;
	bool act, heeds;
	int rc = need_row(ledger, entry, &row, &act);

	if (rc != 0 || act) {
		return rc;
	}
	rc = hold(intake, entry, row);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_speakers_heed(ledger, intake->held.entry, entry->ref.log_id, entry->ref.n,
			      &heeds);
	if (rc < 0 || !heeds ||
	    !(ph_held_part(&log, entry->ref.n, intake->held.entry) & PH_PART_ACT)) {
		return rc;
	}
	rc = ph_act_add(ledger, &intake->held);
	return rc != 0 ? rc : set_act(ledger, row, true);
}

static int take_act(struct intake *intake, const struct ph_fed_news *news)
{
	struct ph_fed_entry entry;
	struct ph_buf bytes = { 0 };
	int rc = ph_fed_resolve(intake->ledger->config.fed, &news->ref, &entry, &bytes);

	rc = rc == 0 ? on_act(intake, &entry) : rc == PH_FED_E_NONE ? 0 : rc;
	ph_buf_deinit(&bytes);
	return rc;
}

static int take_unact(struct intake *intake, const struct ph_fed_news *news)
{
	struct ph_fed_entry entry = { .log_site = news->log_site,
				      .ref = news->ref,
				      .bytes = news->bytes };
	int64_t row;
	bool act;
	int rc = find_row(intake->ledger, &news->ref, &row, &act);

	if (rc != 0 || !act) {
		return rc;
	}
	rc = hold(intake, &entry, row);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_act_remove(intake->ledger, &intake->held);
	return rc != 0 ? rc : set_act(intake->ledger, row, false);
}

/* --- looking again --- */

/* The entities under which REF was fed. */
static int load_keys(struct ph_ledger *ledger, const struct ph_ref *ref,
		     struct ph_keyset *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->config.fed,
			       "SELECT f.type, f.id FROM fed_log g JOIN fed_fact f"
			       " ON f.log = g.id WHERE g.log_id = ?1 AND f.n = ?2"
			       " AND f.hash = ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_ref(stmt, ref);
	return ph_keyset_read_any(out, stmt);
}

/* An act that was fed: whether it still stands is for what the site wrote as well. */
static int settle_act(struct intake *intake, const struct ph_ref *ref, int64_t row)
{
	struct ph_fed_entry entry;
	struct ph_buf bytes = { 0 };
	int rc = ph_fed_resolve(intake->ledger->config.fed, ref, &entry, &bytes);

	rc = rc == 0 ? hold(intake, &entry, row) : rc;
	rc = rc == 0 ? ph_act_settle(intake->ledger, &intake->held, PH_PART_ACT) : rc;
	intake->held.fact.bytes = PH_VIEW(NULL, 0);
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

int ph_fed_intake_again(struct ph_ledger *ledger, const struct ph_ref *ref)
{
	struct intake intake = { .ledger = ledger };
	struct ph_keyset keys = { 0 };
	int64_t row;
	bool act;
	int rc;

	if (ledger->config.fed == NULL) {
		return 0;
	}
	rc = find_row(ledger, ref, &row, &act);
	if (rc != 0 || row == 0) {
		return rc;
	}
	rc = ph_held_init(&intake.held);
	rc = rc != 0 || !act ? rc : settle_act(&intake, ref, row);
	rc = rc != 0 ? rc : load_keys(ledger, ref, &keys);
	for (size_t i = 0; rc == 0 && i < keys.n; i++) {
		rc = take_entity(&intake, keys.keys[i].type, ph_key_view(&keys.keys[i]));
	}
	ph_keyset_deinit(&keys);
	ph_held_deinit(&intake.held);
	return rc;
}

/* --- news --- */

static int load_place(struct ph_ledger *ledger, struct place *place)
{
	struct ph_stmt *stmt;
	int rc =
		ph_db_prepare(ledger->db, "SELECT seq, type, id FROM ledger_news", &stmt);

	*place = (struct place){ 0 };
	if (rc != 0) {
		return rc;
	}
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		place->begun = true;
		place->seq = (uint64_t)ph_stmt_col_int(stmt, 0);
		place->walks = !ph_stmt_col_is_null(stmt, 1);
		rc = !place->walks || ph_key_bytes(
					      (enum ph_entity)ph_stmt_col_int(stmt, 1),
					      ph_stmt_col_blob(stmt, 2), &place->at)
			     ? 0
			     : -EUCLEAN;
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int save_place(struct ph_ledger *ledger, const struct place *place)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT OR REPLACE INTO ledger_news(one, seq, type, id)"
			       " VALUES(1, ?1, ?2, ?3)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)place->seq);
	if (place->walks) {
		ph_stmt_int(stmt, 2, place->at.type);
		ph_stmt_blob(stmt, 3, ph_key_view(&place->at));
	}
	return ph_stmt_run(stmt);
}

static int on_entity(void *data, uint64_t type, struct ph_view id)
{
	struct ph_keyset *keys = data;
	struct ph_entity_key key;

	return ph_key_bytes((enum ph_entity)type, id, &key) ? ph_keyset_add(keys, &key)
							    : 0;
}

/* A projection that is new: everything that was fed, the acts first. */
static int take_all(struct intake *intake, struct place *place)
{
	struct ph_db *fed = intake->ledger->config.fed;
	struct ph_keyset keys = { 0 };
	int rc = 0;

	if (!place->begun) {
		rc = ph_fed_news_last(fed, &place->seq);
		rc = rc != 0 ? rc : ph_fed_acts(fed, on_act, intake);
		place->begun = place->walks = rc == 0;
	}
	while (rc == 0 && place->walks && intake->left > 0) {
		ph_keyset_clear(&keys);
		rc = ph_fed_entities(fed, place->at.type, ph_key_view(&place->at), LOOK,
				     on_entity, &keys);
		place->walks = keys.n > 0;
		for (size_t i = 0; rc == 0 && i < keys.n && intake->left > 0; i++) {
			place->at = keys.keys[i];
			rc = take_entity(intake, place->at.type, ph_key_view(&place->at));
		}
	}
	ph_keyset_deinit(&keys);
	return rc;
}

static int take_news(struct intake *intake, struct place *place)
{
	struct ph_db *fed = intake->ledger->config.fed;
	struct ph_buf buf = { 0 };
	struct ph_fed_news news;
	int rc = ph_fed_news_next(fed, place->seq, &news, &buf);

	while (rc == 0) {
		rc = news.what == PH_FED_ENTITY ? take_entity(intake, news.type, news.id)
		     : news.what == PH_FED_ACT  ? take_act(intake, &news)
						: take_unact(intake, &news);
		place->seq = news.seq;
		if (rc != 0 || intake->left <= 0) {
			break;
		}
		rc = ph_fed_news_next(fed, place->seq, &news, &buf);
	}
	ph_buf_deinit(&buf);
	return rc == PH_FED_E_NONE ? 0 : rc;
}

static int take_in(struct ph_ledger *ledger, struct place *place)
{
	struct intake intake = { .ledger = ledger,
				 .left = ledger->config.fed_batch > 0
						 ? (int)ledger->config.fed_batch
						 : BATCH_MAX };
	int rc = ph_held_init(&intake.held);

	if (rc == 0) {
		rc = !place->begun || place->walks ? take_all(&intake, place)
						   : take_news(&intake, place);
	}
	intake.held.fact.bytes = PH_VIEW(NULL, 0);
	ph_held_deinit(&intake.held);
	return rc;
}

/* One batch, in a transaction of its own. */
static int take_batch(struct ph_ledger *ledger, struct place *place)
{
	int rc = ph_db_begin(ledger->db);

	if (rc != 0) {
		return rc;
	}
	ph_batch_clear(&ledger->batch);
	rc = take_in(ledger, place);
	rc = rc != 0 ? rc : ph_batch_finish(ledger);
	rc = rc != 0 ? rc : ph_ledger_save(ledger); /* acts may have moved what is cut */
	rc = rc != 0 ? rc : save_place(ledger, place);
	if (rc == 0 && ledger->db == ledger->config.fed) {
		rc = ph_fed_news_drop(ledger->config.fed, place->seq);
	}
	rc = rc != 0 ? rc : ph_db_commit(ledger->db);
	if (rc != 0) {
		ph_db_rollback(ledger->db);
	}
	return rc;
}

/* Whether what was fed up to the news LAST is not taken in yet. */
static bool is_behind(const struct place *place, uint64_t last)
{
	return !place->begun || place->walks || place->seq < last;
}

/* Of the entities that a new projection takes in, those that are still to come; and the news. */
static int count_left(struct ph_ledger *ledger, const struct place *place, uint64_t last,
		      uint64_t *left_out)
{
	uint64_t entities = 0;
	int rc = 0;

	*left_out = place->begun && last > place->seq ? last - place->seq : 0;
	if (!place->begun || place->walks) {
		rc = ph_fed_entities_after(ledger->config.fed, place->at.type,
					   ph_key_view(&place->at), &entities);
		*left_out += entities + 1; /* to find that there are no more */
	}
	return rc;
}

/* Where it stands, and how far the news go. */
static int look(struct ph_ledger *ledger, struct place *place, uint64_t *last_out)
{
	int rc = load_place(ledger, place);

	rc = rc != 0 ? rc : ph_fed_news_last(ledger->config.fed, last_out);
	ledger->is_fed_behind = rc != 0 || is_behind(place, *last_out);
	return rc;
}

int ph_fed_intake_step(struct ph_ledger *ledger, bool folds, bool *took_out,
		       uint64_t *left_out)
{
	struct place place;
	uint64_t last = 0;
	int rc;

	*left_out = 0;
	*took_out = false;
	if (ledger->config.fed == NULL) {
		return 0;
	}
	rc = look(ledger, &place, &last);
	if (rc == 0 && ledger->is_fed_behind && folds) {
		*took_out = true;
		rc = take_batch(ledger, &place);
		ledger->is_fed_behind = rc != 0 || is_behind(&place, last);
	}
	return rc == 0 && ledger->is_fed_behind
		       ? count_left(ledger, &place, last, left_out)
		       : rc;
}

int ph_fed_intake(struct ph_ledger *ledger)
{
	struct place place;
	uint64_t last = 0;
	int rc;

	if (ledger->config.fed == NULL) {
		return 0;
	}
	rc = look(ledger, &place, &last);
	while (rc == 0 && is_behind(&place, last)) {
		rc = take_batch(ledger, &place);
	}
	ledger->is_fed_behind = rc != 0;
	return rc;
}

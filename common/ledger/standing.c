/*
 * common/ledger/standing.c - whether entries fold and count, and what follows.
 *
 * An entry that comes in is filed under each entity that it names; one that only adds
 * to a tally is added to it and filed nowhere. How it stands is on record where it is
 * not as usual (ledger_off), so that what followed can be undone when a void, a cut, a
 * twin or another judgement changes it: its rows are marked, its counts taken away, and
 * the entities that it names are folded again at the end of the transaction.
 *
 * Entries of one group (group.c) change each other: the first of them counts. Whoever
 * changes looks who was first before and after, and those two are settled as well.
 */
#include <errno.h>

#include "common/base/clock.h"
#include "common/ledger/hers.h"
#include "common/ledger/store.h"

/* Entries that name more entities than this are kept once, in the journal. */
#define COPIES_MAX 3

/* --- on record --- */

int ph_held_read_off(struct ph_ledger *ledger, const struct ph_held *held, unsigned *off)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT why FROM ledger_off WHERE log = ?1 AND n = ?2",
			       &stmt);

	*off = 0;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, held->row);
	ph_stmt_int(stmt, 2, (int64_t)held->fact.ref.n);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*off = (unsigned)ph_stmt_col_int(stmt, 0);
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_held_off(struct ph_ledger *ledger, const struct ph_held *held,
		enum ph_part_in_fold part, unsigned *off)
{
	bool dead = false;
	int rc = 0;

	*off = 0;
	if (part & PH_PART_FACT) {
		rc = ph_held_read_off(ledger, held, off);
	} else if (part & PH_PART_ACT) {
		rc = ph_effect_dead(ledger, held, &dead);
		*off = dead ? PH_OFF_DEAD : 0;
	}
	if (ph_fact_creates(held->entry)) {
		*off &= ~(unsigned)PH_OFF_TWIN;
	}
	return rc;
}

static int write_off(struct ph_ledger *ledger, const struct ph_held *held, unsigned off)
{
	static const char put[] = "INSERT OR REPLACE INTO ledger_off(log, n, why)"
				  " VALUES(?1, ?2, ?3)";
	static const char drop[] = "DELETE FROM ledger_off WHERE log = ?1 AND n = ?2";
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, off != 0 ? put : drop, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, held->row);
	ph_stmt_int(stmt, 2, (int64_t)held->fact.ref.n);
	if (off != 0) {
		ph_stmt_int(stmt, 3, off);
	}
	return ph_stmt_run(stmt);
}

/* Whether ITEM, standing as OFF, is among the facts of an entity of TYPE. */
static bool stands(const struct ph_held *held, unsigned off, uint8_t type)
{
	if (off & (PH_OFF_DEAD | PH_OFF_REPEAT)) {
		return false;
	}
	return off == 0 || (type != PH_ENTITY_TALLY && ph_fact_creates(held->entry));
}

/* A tally is a sum; only what was written for another site is filed under it. */
static bool is_filed(const struct ph_held *held, const struct ph_entity_key *key)
{
	return key->type != PH_ENTITY_TALLY || held->fact.site != held->fact.log_site;
}

int ph_held_insert(struct ph_ledger *ledger, const struct ph_held *held,
		   const struct ph_entity_key *key, bool off, bool whole)
{
	const struct ph_fact *fact = &held->fact;
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT INTO ledger_fact(type, id, log, n, hash, second,"
			       " tick, unsure, flags, site, entry)"
			       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	ph_stmt_int(stmt, 3, held->row);
	ph_stmt_int(stmt, 4, (int64_t)fact->ref.n);
	ph_stmt_blob(stmt, 5, PH_VIEW(fact->ref.hash, sizeof fact->ref.hash));
	ph_stmt_int(stmt, 6, fact->second);
	ph_stmt_int(stmt, 7, fact->tick);
	ph_stmt_int(stmt, 8, fact->unsure);
	ph_stmt_int(stmt, 9, (fact->told ? PH_FLAG_TOLD : 0) | (off ? PH_FLAG_OFF : 0));
	ph_stmt_int(stmt, 10, (int64_t)fact->site);
	if (whole) {
		ph_stmt_blob(stmt, 11, fact->bytes);
	} else {
		ph_stmt_null(stmt, 11);
	}
	return ph_stmt_run(stmt);
}

static int update_fact(struct ph_ledger *ledger, const struct ph_held *held,
		       const struct ph_entity_key *key, bool off)
{
	const struct ph_fact *fact = &held->fact;
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "UPDATE ledger_fact SET second = ?5, tick = ?6,"
			       " unsure = ?7, flags = ?8 WHERE type = ?1 AND id = ?2"
			       " AND log = ?3 AND n = ?4",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	ph_stmt_int(stmt, 3, held->row);
	ph_stmt_int(stmt, 4, (int64_t)fact->ref.n);
	ph_stmt_int(stmt, 5, fact->second);
	ph_stmt_int(stmt, 6, fact->tick);
	ph_stmt_int(stmt, 7, fact->unsure);
	ph_stmt_int(stmt, 8, (fact->told ? PH_FLAG_TOLD : 0) | (off ? PH_FLAG_OFF : 0));
	return ph_stmt_run(stmt);
}

static int delete_fact(struct ph_ledger *ledger, const struct ph_held *held,
		       const struct ph_entity_key *key)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "DELETE FROM ledger_fact WHERE type = ?1 AND id = ?2"
			       " AND log = ?3 AND n = ?4",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	ph_stmt_int(stmt, 3, held->row);
	ph_stmt_int(stmt, 4, (int64_t)held->fact.ref.n);
	return ph_stmt_run(stmt);
}

static int count(struct ph_ledger *ledger, const struct ph_held *held, int sign)
{
	return ph_batch_count(&ledger->batch, held->fact.site, held->fact.second,
			      held->entry, sign);
}

/* What the listed receives of a crate name follows from its dispatches. */
int ph_held_note_crate(struct ph_ledger *ledger, const struct ph_held *held)
{
	const struct ph_value *field = held->entry->field;
	const struct ph_id *crate;
	struct ph_entity_key key;

	switch (held->entry->number) {
	case PH_KIND_CRATE_DISPATCH:
		crate = &field[PH_DISPATCH_CRATE].as.id;
		break;
	case PH_KIND_CRATE_RECEIVE:
		if (!field[PH_RECEIVE_LISTED].set ||
		    field[PH_RECEIVE_LISTED].as.uint == 0) {
			return 0;
		}
		crate = &field[PH_RECEIVE_CRATE].as.id;
		break;
	default:
		return 0;
	}
	return ph_key_id(PH_ENTITY_CRATE, crate, &key)
		       ? ph_keyset_add(&ledger->batch.crates, &key)
		       : 0;
}

/* --- changes --- */

static int file_under(struct ph_ledger *ledger, const struct ph_held *held,
		      const struct ph_entity_key *key, unsigned off, bool whole)
{
	bool on = stands(held, off, key->type);
	int rc = 0;

	if (is_filed(held, key)) {
		rc = ph_held_insert(ledger, held, key, !on, whole);
	}
	if (rc == 0 && on) {
		rc = key->type == PH_ENTITY_TALLY
			     ? count(ledger, held, 1)
			     : ph_keyset_add(&ledger->batch.dirty, key);
	}
	return rc;
}

/* ITEM stood as WAS, and stands as OFF from now on. */
static int change(struct ph_ledger *ledger, const struct ph_held *held, unsigned was,
		  unsigned off)
{
	struct ph_touched *touched = &ledger->touched;
	int rc = was == off ? 0 : write_off(ledger, held, off);

	if (rc != 0 || was == off) {
		return rc;
	}
	rc = ph_touch(&held->fact, held->entry, touched);
	for (size_t i = 0; rc == 0 && i < touched->n; i++) {
		const struct ph_entity_key *key = &touched->keys[i];
		bool on = stands(held, off, key->type);

		if (on == stands(held, was, key->type)) {
			continue;
		}
		if (is_filed(held, key)) {
			rc = update_fact(ledger, held, key, !on);
		}
		if (rc == 0) {
			rc = key->type == PH_ENTITY_TALLY
				     ? count(ledger, held, on ? 1 : -1)
				     : ph_keyset_add(&ledger->batch.dirty, key);
		}
	}
	return rc != 0 ? rc : ph_held_note_crate(ledger, held);
}

/* --- groups of which only the first counts --- */

/* Those that an entry is in, and who was first in them before it changed. */
struct groups {
	struct ph_group of[2];
	struct ph_twin before[2], after[2];
	size_t n;
};

static bool is_at(const struct ph_twin *at, const struct ph_held *held)
{
	return at->row == held->row && at->n == held->fact.ref.n;
}

static int find_groups(struct ph_ledger *ledger, const struct ph_held *held, bool new,
		       struct groups *groups)
{
	struct ph_group *repeat = &groups->of[0];
	bool repeated;
	int rc;

	groups->n = 0;
	*repeat = ph_group_of_ref(held);
	rc = new ? ph_group_repeats(ledger, held, repeat, &repeated)
		 : ph_group_is_repeated(ledger, held, repeat, &repeated);
	if (rc == 0 && repeated) {
		groups->n++;
	}
	if (held->entry->extras.has_source && held->entry->number != PH_KIND_DEVICE_CUT) {
		groups->of[groups->n++] = ph_group_of_source(held);
	}
	return rc;
}

/*
 * HELD, which counts at the time of TO from now on and is dead or not, takes its place in
 * its groups; NEW: it had none.
 */
static int place(struct ph_ledger *ledger, struct ph_held *held, const struct ph_fact *to,
		 bool dead, bool new, struct groups *groups)
{
	struct ph_fact from = held->fact;
	int rc = find_groups(ledger, held, new, groups);

	for (size_t i = 0; rc == 0 && i < groups->n; i++) {
		held->fact = from;
		rc = ph_group_first(ledger, &groups->of[i], &groups->before[i]);
		if (rc == 0 && !new) {
			rc = ph_group_drop(ledger, &groups->of[i], held);
		}
		held->fact = *to;
		rc = rc != 0 ? rc : ph_group_put(ledger, &groups->of[i], held, dead);
		rc = rc != 0 ? rc
			     : ph_group_first(ledger, &groups->of[i], &groups->after[i]);
	}
	held->fact = *to;
	return rc;
}

/* How HELD stands, in its place. */
static unsigned stand(const struct ph_held *held, bool dead, const struct groups *groups)
{
	unsigned off = 0;

	for (size_t i = 0; !dead && i < groups->n; i++) {
		off |= is_at(&groups->after[i], held) ? 0 : groups->of[i].bit;
	}
	return dead ? PH_OFF_DEAD : off;
}

/*
 * The entry AT is first of its group now, or no more. While marks are judged anew it may
 * not yet count at its new time: it is on record at the time that its group has.
 */
static int settle_twin(struct ph_ledger *ledger, const struct ph_twin *at, unsigned bit,
		       bool first)
{
	struct ph_held *twin = &ledger->twin;
	enum ph_part_in_fold part;
	unsigned was;
	int rc = ph_held_load(ledger, at->row, at->n, twin, &part);

	rc = rc != 0 ? rc : part & PH_PART_FACT ? 0 : -EUCLEAN;
	rc = rc != 0 ? rc : ph_held_read_off(ledger, twin, &was);
	if (rc != 0) {
		return rc;
	}
	twin->fact.second = at->second;
	twin->fact.tick = at->tick;
	return change(ledger, twin, was, first ? was & ~bit : was | bit);
}

/* Who was first, and who is, other than HELD itself. */
static int settle_groups(struct ph_ledger *ledger, const struct ph_held *held,
			 const struct groups *groups)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < groups->n; i++) {
		const struct ph_twin *before = &groups->before[i];
		const struct ph_twin *after = &groups->after[i];

		if (before->row == after->row && before->n == after->n) {
			continue;
		}
		if (before->row != 0 && !is_at(before, held)) {
			rc = settle_twin(ledger, before, groups->of[i].bit, false);
		}
		if (rc == 0 && after->row != 0 && !is_at(after, held)) {
			rc = settle_twin(ledger, after, groups->of[i].bit, true);
		}
	}
	return rc;
}

/* --- a new one, a changed one --- */

int ph_held_file(struct ph_ledger *ledger, struct ph_held *held)
{
	struct ph_touched *touched = &ledger->touched;
	struct ph_fact fact = held->fact;
	struct groups groups;
	bool dead;
	int rc = ph_effect_dead(ledger, held, &dead);

	rc = rc != 0 ? rc : place(ledger, held, &fact, dead, true, &groups);
	if (rc != 0) {
		return rc;
	}

	unsigned off = stand(held, dead, &groups);

	rc = off == 0 ? 0 : write_off(ledger, held, off);
	rc = rc != 0 ? rc : ph_touch(&held->fact, held->entry, touched);
	for (size_t i = 0; rc == 0 && i < touched->n; i++) {
		rc = file_under(ledger, held, &touched->keys[i], off,
				touched->n <= COPIES_MAX);
	}
	rc = rc != 0 ? rc : ph_held_note_crate(ledger, held);
	rc = rc != 0 ? rc : ph_hers_return(ledger, held);
	return rc != 0 ? rc : settle_groups(ledger, held, &groups);
}

int ph_held_settle(struct ph_ledger *ledger, struct ph_held *held)
{
	struct ph_fact fact = held->fact;
	struct groups groups;
	unsigned was;
	bool dead;
	int rc = ph_held_read_off(ledger, held, &was);

	rc = rc != 0 ? rc : ph_effect_dead(ledger, held, &dead);
	if (rc != 0 || dead == ((was & PH_OFF_DEAD) != 0)) {
		return rc;
	}
	rc = place(ledger, held, &fact, dead, false, &groups);
	rc = rc != 0 ? rc : change(ledger, held, was, stand(held, dead, &groups));
	return rc != 0 ? rc : settle_groups(ledger, held, &groups);
}

/* --- another time --- */

static int move_key(struct ph_ledger *ledger, struct ph_held *held,
		    const struct ph_fact *from, const struct ph_entity_key *key,
		    unsigned off, bool whole)
{
	bool on = stands(held, off, key->type);
	struct ph_entity_key before = ph_key_tally(from->site, ph_day_of(from->second));
	int rc = 0;

	if (key->type != PH_ENTITY_TALLY) {
		rc = update_fact(ledger, held, key, !on);
		return rc != 0 || !on ? rc : ph_keyset_add(&ledger->batch.dirty, key);
	}
	if (is_filed(held, key)) {
		rc = delete_fact(ledger, held, &before);
		rc = rc != 0 ? rc : ph_held_insert(ledger, held, key, !on, whole);
	}
	if (rc == 0 && on && ph_key_compare(&before, key) != 0) {
		rc = ph_batch_count(&ledger->batch, from->site, from->second, held->entry,
				    -1);
		rc = rc != 0 ? rc : count(ledger, held, 1);
	}
	return rc;
}

int ph_held_retime(struct ph_ledger *ledger, struct ph_held *held,
		   const struct ph_fact *to)
{
	struct ph_touched *touched = &ledger->touched;
	struct ph_fact from = held->fact;
	struct groups groups;
	unsigned was;
	int rc = ph_held_read_off(ledger, held, &was);
	bool dead = rc == 0 && was & PH_OFF_DEAD;

	rc = rc != 0 ? rc : place(ledger, held, to, dead, false, &groups);
	rc = rc != 0 ? rc : ph_touch(&held->fact, held->entry, touched);
	for (size_t i = 0; rc == 0 && i < touched->n; i++) {
		rc = move_key(ledger, held, &from, &touched->keys[i], was,
			      touched->n <= COPIES_MAX);
	}
	rc = rc != 0 ? rc : ph_held_note_crate(ledger, held);
	rc = rc != 0 ? rc : change(ledger, held, was, stand(held, dead, &groups));
	return rc != 0 ? rc : settle_groups(ledger, held, &groups);
}

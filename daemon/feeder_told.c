/*
 * daemon/feeder_told.c - one entity and one device: what it was told, what it should be.
 *
 * What a device should hold under an entity that is in its scope is every fact that
 * others wrote: not its own site's logs, which it has or gets whole, nor the control
 * log. The difference to what it was told becomes items. An entity out of scope is told
 * to be outside as soon as the device could think otherwise, and then only the loans of
 * readers that it may know are told under it.
 *
 * Everything is in the caller's transaction; on an error it rolls back, and
 * ph_feeder_reload() forgets the numbers that were given out.
 */
#include "daemon/feeder_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void ph_feeder_ref_put(uint8_t out[static PH_FEEDER_REF_SIZE], const struct ph_ref *ref)
{
	memcpy(out, ref->log_id, PH_LOG_ID_SIZE);
	ph_be64_put(out + 16, ref->n);
	memcpy(out + 24, ref->hash, sizeof(ref->hash));
}

bool ph_feeder_ref_get(struct ph_view bytes, struct ph_ref *ref)
{
	return ph_key_get_ref(bytes, ref);
}

void ph_feeder_bind_fact(struct ph_stmt *stmt, const struct ph_feeder_device *device,
			 const struct ph_entity_key *key, const struct ph_ref *ref,
			 uint8_t bytes[static PH_FEEDER_REF_SIZE])
{
	ph_feeder_ref_put(bytes, ref);
	ph_stmt_int(stmt, 1, device->row);
	ph_stmt_int(stmt, 2, key->type);
	ph_stmt_blob(stmt, 3, ph_key_view(key));
	ph_stmt_blob(stmt, 4, PH_VIEW(bytes, PH_FEEDER_REF_SIZE));
}

int ph_feeder_append(struct ph_feeder *feeder, struct ph_feeder_device *device,
		     const struct ph_feeder_item *item)
{
	uint8_t ref[PH_FEEDER_REF_SIZE];
	struct ph_stmt *stmt;
	int rc =
		ph_db_prepare(feeder->db,
			      "INSERT INTO feed_item(device, number, what, type, id, ref,"
			      " second, tick, unsure, bytes)"
			      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
			      &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, device->row);
	device->number =
		device->number + 1 > feeder->floor ? device->number + 1 : feeder->floor;
	ph_stmt_int(stmt, 2, (int64_t)device->number);
	device->moved = true;
	ph_stmt_int(stmt, 3, item->what);
	if (item->key) {
		ph_stmt_int(stmt, 4, item->key->type);
		ph_stmt_blob(stmt, 5, ph_key_view(item->key));
	} else {
		ph_stmt_null(stmt, 4);
		ph_stmt_null(stmt, 5);
	}
	if (item->ref) {
		ph_feeder_ref_put(ref, item->ref);
		ph_stmt_blob(stmt, 6, PH_VIEW(ref, sizeof(ref)));
	} else {
		ph_stmt_null(stmt, 6);
	}
	ph_stmt_int(stmt, 7, item->second);
	ph_stmt_int(stmt, 8, item->tick);
	ph_stmt_int(stmt, 9, item->unsure);
	ph_stmt_int(stmt, 10, item->bytes);
	return ph_stmt_run(stmt);
}

/* --- what was told --- */

int ph_feeder_told(struct ph_feeder *feeder, const struct ph_feeder_device *device,
		   const struct ph_entity_key *key, enum ph_feeder_told *told_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "SELECT state FROM feed_told WHERE type = ?1 AND id = ?2"
			       " AND device = ?3",
			       &stmt);

	*told_out = PH_TOLD_NOTHING;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	ph_stmt_int(stmt, 3, device->row);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*told_out = (enum ph_feeder_told)ph_stmt_col_int(stmt, 0);
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int set_told(struct ph_feeder *feeder, const struct ph_feeder_device *device,
		    const struct ph_entity_key *key, enum ph_feeder_told told)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "INSERT OR REPLACE INTO feed_told(type, id, device, state)"
			       " VALUES(?1, ?2, ?3, ?4)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	ph_stmt_int(stmt, 3, device->row);
	ph_stmt_int(stmt, 4, told);
	return ph_stmt_run(stmt);
}

/* One fact as it was told. */
struct told_fact {
	struct ph_ref ref;
	int64_t second;
	int64_t tick;
	int64_t unsure;
	bool kept; /* it still counts, as it was told */
};

struct told_facts {
	struct told_fact *list;
	size_t n, cap;
};

static int load_facts(struct ph_feeder *feeder, const struct ph_feeder_device *device,
		      const struct ph_entity_key *key, struct told_facts *told)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "SELECT ref, second, tick, unsure FROM feed_fact"
			       " WHERE device = ?1 AND type = ?2 AND id = ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, device->row);
	ph_stmt_int(stmt, 2, key->type);
	ph_stmt_blob(stmt, 3, ph_key_view(key));
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct told_fact *fact;

		rc = ph_state_grow((void **)&told->list, told->n, &told->cap,
				   sizeof(*told->list));
		if (rc != 0) {
			break;
		}
		fact = &told->list[told->n++];
		*fact = (struct told_fact){ .second = ph_stmt_col_int(stmt, 1),
					    .tick = ph_stmt_col_int(stmt, 2),
					    .unsure = ph_stmt_col_int(stmt, 3) };
		if (!ph_feeder_ref_get(ph_stmt_col_blob(stmt, 0), &fact->ref)) {
			rc = -EUCLEAN;
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* Whether DEVICE holds the entry REF from its feed, under whatever entity. */
static int has_entry(struct ph_feeder *feeder, const struct ph_feeder_device *device,
		     const struct ph_ref *ref, bool *has_out)
{
	uint8_t bytes[PH_FEEDER_REF_SIZE];
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "SELECT 1 FROM feed_fact WHERE device = ?1 AND ref = ?2"
			       " LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_feeder_ref_put(bytes, ref);
	ph_stmt_int(stmt, 1, device->row);
	ph_stmt_blob(stmt, 2, PH_VIEW(bytes, sizeof(bytes)));
	rc = ph_stmt_step(stmt);
	*has_out = rc == PH_DB_ROW;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

/* --- telling --- */

static int insert_fact(struct ph_feeder *feeder, const struct ph_feeder_device *device,
		       const struct ph_entity_key *key, const struct ph_fact *fact)
{
	uint8_t bytes[PH_FEEDER_REF_SIZE];
	struct ph_stmt *stmt;
	int rc =
		ph_db_prepare(feeder->db,
			      "INSERT INTO feed_fact(device, type, id, ref, second, tick,"
			      " unsure) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
			      &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_feeder_bind_fact(stmt, device, key, &fact->ref, bytes);
	ph_stmt_int(stmt, 5, fact->second);
	ph_stmt_int(stmt, 6, fact->tick);
	ph_stmt_int(stmt, 7, fact->unsure);
	return ph_stmt_run(stmt);
}

static int tell_fact(struct ph_feeder *feeder, struct ph_feeder_device *device,
		     const struct ph_entity_key *key, const struct ph_fact *fact)
{
	struct ph_feeder_item item = { .what = PH_FEED_FACT,
				       .key = key,
				       .ref = &fact->ref,
				       .second = fact->second,
				       .tick = fact->tick,
				       .unsure = fact->unsure };
	bool has = false;
	int rc = has_entry(feeder, device, &fact->ref, &has);

	item.bytes = !has;
	rc = rc != 0 ? rc : insert_fact(feeder, device, key, fact);
	return rc != 0 ? rc : ph_feeder_append(feeder, device, &item);
}

static int untell_fact(struct ph_feeder *feeder, struct ph_feeder_device *device,
		       const struct ph_entity_key *key, const struct ph_ref *ref)
{
	struct ph_feeder_item item = { .what = PH_FEED_UNFACT, .key = key, .ref = ref };
	uint8_t bytes[PH_FEEDER_REF_SIZE];
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "DELETE FROM feed_fact WHERE device = ?1 AND type = ?2"
			       " AND id = ?3 AND ref = ?4",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_feeder_bind_fact(stmt, device, key, ref, bytes);
	rc = ph_stmt_run(stmt);
	return rc != 0 ? rc : ph_feeder_append(feeder, device, &item);
}

static int compare_told(const void *a, const void *b)
{
	const struct told_fact *x = a, *y = b;

	return ph_ref_compare(&x->ref, &y->ref);
}

/* The fact among TOLD, which is sorted, if it was told as it counts now. */
static struct told_fact *find_told(const struct told_facts *told,
				   const struct ph_fact *fact)
{
	struct told_fact key = { .ref = fact->ref };
	struct told_fact *found = told->n == 0
					  ? NULL
					  : bsearch(&key, told->list, told->n,
						    sizeof(*told->list), compare_told);

	return found && found->second == fact->second && found->tick == fact->tick &&
			       found->unsure == fact->unsure
		       ? found
		       : NULL;
}

/*
 * From now on the facts of KEY that are WANTED, and no others. A fact whose time has
 * changed is taken back and told again. What goes is told before what comes.
 */
static int tell_facts(struct ph_feeder *feeder, struct ph_feeder_device *device,
		      const struct ph_entity_key *key,
		      const struct ph_feeder_facts *facts, const bool *wanted)
{
	struct told_facts told = { 0 };
	int rc = load_facts(feeder, device, key, &told);

	if (rc == 0 && told.n > 1) {
		qsort(told.list, told.n, sizeof(*told.list), compare_told);
	}
	for (size_t i = 0; rc == 0 && i < facts->n; i++) {
		struct told_fact *same =
			wanted[i] ? find_told(&told, &facts->list[i]) : NULL;

		if (same) {
			same->kept = true;
		}
	}
	for (size_t i = 0; rc == 0 && i < told.n; i++) {
		if (!told.list[i].kept) {
			rc = untell_fact(feeder, device, key, &told.list[i].ref);
		}
	}
	for (size_t i = 0; rc == 0 && i < facts->n; i++) {
		if (wanted[i] && !find_told(&told, &facts->list[i])) {
			rc = tell_fact(feeder, device, key, &facts->list[i]);
		}
	}
	free(told.list);
	return rc;
}

/* Facts under KEY are gone at the device with its LEAVE. */
static int forget_facts(struct ph_feeder *feeder, const struct ph_feeder_device *device,
			const struct ph_entity_key *key)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "DELETE FROM feed_fact WHERE device = ?1 AND type = ?2"
			       " AND id = ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, device->row);
	ph_stmt_int(stmt, 2, key->type);
	ph_stmt_blob(stmt, 3, ph_key_view(key));
	return ph_stmt_run(stmt);
}

/* --- which facts --- */

/* Whether the device has FACT without its feed: from its site's logs, or the control log. */
bool ph_feeder_holds(const struct ph_feeder *feeder,
		     const struct ph_feeder_device *device, const struct ph_fact *fact)
{
	if (fact->log_site != 0) {
		return fact->log_site == device->site;
	}
	return ph_control_has(feeder->config.control, fact->ref.log_id);
}

/* --- in and out --- */

/*
 * How DEVICE is to be told of KEY, which is in its scope: of a reader who concerns its site
 * only by what that site itself wrote, without what is sealed.
 */
static int find_manner(struct ph_feeder *feeder, const struct ph_feeder_device *device,
		       const struct ph_entity_key *key, enum ph_feeder_told *manner_out)
{
	bool concerns = true;
	int rc = 0;

	if (key->type == PH_ENTITY_READER) {
		rc = ph_kin_concerns(feeder->config.ledger, &feeder->kin, key,
				     device->site, &concerns);
	}
	*manner_out = concerns ? PH_TOLD_IN : PH_TOLD_BARE;
	return rc;
}

/* All under KEY goes and is to come again, in another manner. */
static int tell_anew(struct ph_feeder *feeder, struct ph_feeder_device *device,
		     const struct ph_entity_key *key)
{
	struct ph_feeder_item leave = { .what = PH_FEED_LEAVE, .key = key };
	struct ph_feeder_item enter = { .what = PH_FEED_ENTER, .key = key };
	int rc = ph_feeder_append(feeder, device, &leave);

	rc = rc != 0 ? rc : forget_facts(feeder, device, key);
	return rc != 0 ? rc : ph_feeder_append(feeder, device, &enter);
}

static int tell_in(struct ph_feeder *feeder, struct ph_feeder_device *device,
		   const struct ph_entity_key *key, const struct ph_feeder_facts *facts,
		   enum ph_feeder_told told, bool *wanted)
{
	struct ph_feeder_item item = { .what = PH_FEED_ENTER, .key = key };
	enum ph_feeder_told manner;
	bool any = false;
	int rc = find_manner(feeder, device, key, &manner);

	for (size_t i = 0; i < facts->n; i++) {
		wanted[i] = !ph_feeder_holds(feeder, device, &facts->list[i]);
		any = any || wanted[i];
	}
	if (rc != 0 || (told == PH_TOLD_NOTHING && !any)) {
		return rc;
	}
	if (told == PH_TOLD_OUT) {
		rc = ph_feeder_append(feeder, device, &item);
	} else if (told != PH_TOLD_NOTHING && told != manner) {
		rc = tell_anew(feeder, device, key);
	}
	if (rc == 0 && told != manner) {
		rc = set_told(feeder, device, key, manner);
	}
	return rc != 0 ? rc : tell_facts(feeder, device, key, facts, wanted);
}

static int tell_out(struct ph_feeder *feeder, struct ph_feeder_device *device,
		    const struct ph_entity_key *key, const struct ph_feeder_facts *facts,
		    enum ph_feeder_told told, bool *wanted)
{
	struct ph_feeder_item item = { .what = PH_FEED_LEAVE, .key = key };
	bool any = ph_sites_has(&facts->authors, device->site);
	int rc = key->type == PH_ENTITY_COPY
			 ? ph_feeder_want_loans(feeder, device, key, facts, wanted)
			 : 0;

	for (size_t i = 0; i < facts->n; i++) {
		any = any || wanted[i];
	}
	if (rc != 0 || (told == PH_TOLD_NOTHING && !any)) {
		return rc;
	}
	if (told != PH_TOLD_OUT) {
		rc = ph_feeder_append(feeder, device, &item);
		rc = rc != 0 ? rc : forget_facts(feeder, device, key);
		rc = rc != 0 ? rc : set_told(feeder, device, key, PH_TOLD_OUT);
	}
	return rc != 0 ? rc : tell_facts(feeder, device, key, facts, wanted);
}

int ph_feeder_tell(struct ph_feeder *feeder, struct ph_feeder_device *device,
		   const struct ph_entity_key *key, const struct ph_feeder_facts *facts,
		   bool in)
{
	bool *wanted = calloc(facts->n + 1, sizeof(*wanted));
	enum ph_feeder_told told;
	int rc = wanted ? ph_feeder_told(feeder, device, key, &told) : -ENOMEM;

	if (rc == 0) {
		rc = in ? tell_in(feeder, device, key, facts, told, wanted)
			: tell_out(feeder, device, key, facts, told, wanted);
	}
	free(wanted);
	return rc;
}

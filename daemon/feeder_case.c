/*
 * daemon/feeder_case.c - cases into the feeds of the sites concerned.
 *
 * A case is told whole, and again when its facts, its sites or what was decided change;
 * when it is gone, or concerns the site no more, it is taken back. What a device was told
 * is kept as a stamp over these, so that an equal case is not told twice. A page has the
 * case as it is when the page is made; if that is another, so is the stamp.
 */
#include "daemon/feeder_internal.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "common/ledger/cases.h"

#define SITES_SIZE 16
/* Facts, status, choice, a hash of the sites. */
#define STAMP_SIZE (PH_CASE_FACTS_SIZE + 9 + SITES_SIZE)

static int read_choice(struct ph_feeder *feeder, const struct ph_case_row *row,
		       uint64_t *choice_out)
{
	struct ph_buf state = { 0 };
	struct ph_case_state decided;
	int rc = ph_ledger_get(feeder->config.ledger, PH_ENTITY_CASE,
			       PH_VIEW(row->id, sizeof(row->id)), &state);

	*choice_out = 0;
	if (rc == 0 && (rc = ph_case_state_decode(ph_buf_view(&state), &decided)) == 0) {
		if (decided.n_decisions > 0) {
			*choice_out = decided.decisions[decided.n_decisions - 1].choice;
		}
		ph_case_state_deinit(&decided);
	}
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

/* A crate that is sent for ever could concern more than a page has room for. */
static size_t n_told_sites(const struct ph_case_row *row)
{
	return row->n_sites < PH_PAGE_SITES_MAX ? row->n_sites : PH_PAGE_SITES_MAX;
}

int ph_feeder_case_item(struct ph_feeder *feeder, const struct ph_case_row *row,
			struct ph_buf *refs, struct ph_buf *sites,
			struct ph_feed_item *item)
{
	int rc = 0;

	*item = (struct ph_feed_item){ .what = PH_FEED_CASE,
				       .case_kind = row->kind,
				       .anchor = PH_VIEW(row->anchor, row->anchor_len),
				       .n_refs = (unsigned)row->n_refs,
				       .n_sites = (unsigned)n_told_sites(row),
				       .second = row->second > 0 ? (uint64_t)row->second
								 : 0,
				       .is_decided = row->status == PH_CASE_DECIDED };
	memcpy(item->case_id, row->id, sizeof(item->case_id));
	refs->len = 0;
	for (size_t i = 0; rc == 0 && i < row->n_refs; i++) {
		rc = ph_feed_ref_put(refs, &row->refs[i]);
	}
	item->refs = ph_buf_view(refs);
	sites->len = 0;
	for (size_t i = 0; rc == 0 && i < item->n_sites; i++) {
		rc = ph_feed_site_put(sites, row->sites[i]);
	}
	item->sites = ph_buf_view(sites);
	return rc != 0 || !item->is_decided ? rc
					    : read_choice(feeder, row, &item->decided);
}

/* --- what was told --- */

static int get_stamp(struct ph_feeder *feeder, const struct ph_feeder_device *device,
		     const struct ph_entity_key *key, uint8_t out[static STAMP_SIZE],
		     bool *told_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "SELECT stamp FROM feed_case WHERE id = ?1"
			       " AND device = ?2",
			       &stmt);

	*told_out = false;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	ph_stmt_int(stmt, 2, device->row);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		struct ph_view stamp = ph_stmt_col_blob(stmt, 0);

		rc = 0;
		*told_out = true;
		memset(out, 0, STAMP_SIZE); /* of another version: no case has this one */
		if (stamp.len == STAMP_SIZE) {
			memcpy(out, stamp.data, STAMP_SIZE);
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int set_stamp(struct ph_feeder *feeder, const struct ph_feeder_device *device,
		     const struct ph_entity_key *key, const uint8_t *stamp)
{
	static const char put[] = "INSERT OR REPLACE INTO feed_case(id, device, stamp)"
				  " VALUES(?1, ?2, ?3)";
	static const char drop[] = "DELETE FROM feed_case WHERE id = ?1 AND device = ?2";
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db, stamp ? put : drop, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	ph_stmt_int(stmt, 2, device->row);
	if (stamp) {
		ph_stmt_blob(stmt, 3, PH_VIEW(stamp, STAMP_SIZE));
	}
	return ph_stmt_run(stmt);
}

/* STAMP: of the case as it is now; NULL: it does not concern DEVICE. */
static int tell(struct ph_feeder *feeder, struct ph_feeder_device *device,
		const struct ph_entity_key *key, const uint8_t *stamp)
{
	struct ph_feeder_item item = { .what = stamp ? PH_FEED_CASE : PH_FEED_UNCASE,
				       .key = key };
	uint8_t held[STAMP_SIZE];
	bool told;
	int rc = get_stamp(feeder, device, key, held, &told);

	if (rc != 0 || (!told && !stamp) ||
	    (told && stamp && memcmp(held, stamp, STAMP_SIZE) == 0)) {
		return rc;
	}
	rc = set_stamp(feeder, device, key, stamp);
	return rc != 0 ? rc : ph_feeder_append(feeder, device, &item);
}

static int load_told(struct ph_feeder *feeder, const struct ph_entity_key *key,
		     struct ph_sites *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "SELECT d.site FROM feed_case c JOIN device d"
			       " ON d.row = c.device WHERE c.id = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	return ph_sites_read(out, stmt);
}

static int tell_all(struct ph_feeder *feeder, const struct ph_entity_key *key,
		    const struct ph_sites *concerned, const uint8_t *stamp,
		    struct ph_feeder_device *only)
{
	struct ph_sites sites = { 0 };
	int rc = load_told(feeder, key, &sites);

	for (size_t i = 0; rc == 0 && i < concerned->n; i++) {
		rc = ph_sites_add(&sites, concerned->list[i]);
	}
	for (size_t i = 0; rc == 0 && i < sites.n; i++) {
		uint64_t site = sites.list[i];
		bool in = ph_sites_has(concerned, site);

		for (size_t k = ph_feeder_first_of(feeder, site);
		     rc == 0 && k < feeder->n_devices && feeder->devices[k].site == site;
		     k++) {
			if (!only || only == &feeder->devices[k]) {
				rc = tell(feeder, &feeder->devices[k], key,
					  in ? stamp : NULL);
			}
		}
	}
	ph_sites_deinit(&sites);
	return rc;
}

static int make_stamp(struct ph_feeder *feeder, const struct ph_case_row *row,
		      uint8_t out[static STAMP_SIZE])
{
	uint64_t choice = 0;
	int rc = row->status == PH_CASE_DECIDED ? read_choice(feeder, row, &choice) : 0;

	memcpy(out, row->facts, sizeof(row->facts));
	out[PH_CASE_FACTS_SIZE] = (uint8_t)row->status;
	ph_be64_put(out + PH_CASE_FACTS_SIZE + 1, choice);
	crypto_generichash(out + PH_CASE_FACTS_SIZE + 9, SITES_SIZE,
			   (const uint8_t *)row->sites,
			   n_told_sites(row) * sizeof(*row->sites), NULL, 0);
	return rc;
}

int ph_feeder_case_sent(struct ph_feeder *feeder, const struct ph_feeder_device *device,
			const struct ph_entity_key *key, const struct ph_case_row *row)
{
	uint8_t stamp[STAMP_SIZE] = { 0 }; /* no case has this one */
	uint8_t held[STAMP_SIZE];
	bool told;
	int rc = row ? make_stamp(feeder, row, stamp) : 0;

	rc = rc != 0 ? rc : get_stamp(feeder, device, key, held, &told);
	return rc != 0 || !told || memcmp(held, stamp, STAMP_SIZE) == 0
		       ? rc
		       : set_stamp(feeder, device, key, stamp);
}

int ph_feeder_case(struct ph_feeder *feeder, const struct ph_entity_key *key,
		   struct ph_feeder_device *only)
{
	uint8_t stamp[STAMP_SIZE];
	struct ph_sites concerned = { 0 };
	struct ph_case_row row;
	int rc = key->len == PH_CASE_ID_SIZE
			 ? ph_case_get(feeder->config.ledger, key->id, &row)
			 : PH_LEDGER_E_NONE;

	if (rc == 0) {
		for (size_t i = 0; rc == 0 && i < row.n_sites; i++) {
			rc = ph_sites_add(&concerned, row.sites[i]);
		}
		rc = rc != 0 ? rc : make_stamp(feeder, &row, stamp);
		ph_case_row_deinit(&row);
	}
	if (rc >= 0) {
		rc = tell_all(feeder, key, &concerned, stamp, only);
	}
	ph_sites_deinit(&concerned);
	return rc;
}

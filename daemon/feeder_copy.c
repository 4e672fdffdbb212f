/*
 * daemon/feeder_copy.c - copies that are one, and who hears of a loan elsewhere.
 *
 * A device is told of a copy that is not its site's for one reason: a reader of the site
 * has it. What counts is the life of the book, not of one of its codes: a loan under one
 * may have been closed, or be another, by what stands under the other. So the loans are
 * those of the class, and when one of its copies changes all are looked at.
 */
#include "daemon/feeder_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "common/ledger/copy.h"

/* --- the class --- */

void ph_feeder_joined_deinit(struct ph_feeder_joined *joined)
{
	ph_keyset_deinit(&joined->members);
	ph_keyset_deinit(&joined->told);
	ph_buf_deinit(&joined->state);
	joined->only = NULL;
}

/* The class of KEY, unless it is at hand. */
static int load_joined(struct ph_feeder *feeder, const struct ph_entity_key *key)
{
	struct ph_feeder_joined *joined = &feeder->joined;
	int rc;

	if (ph_keyset_has(&joined->members, key)) {
		return 0;
	}
	ph_keyset_clear(&joined->members);
	joined->state.len = 0;
	rc = ph_scope_joined(feeder->config.ledger, key, &joined->members,
			     &joined->state);
	return rc == PH_LEDGER_E_NONE ? ph_keyset_add(&joined->members, key) : rc;
}

/* What the copies that are one with KEY show. 0, PH_LEDGER_E_NONE or negative errno. */
static int decode_joined(struct ph_feeder *feeder, const struct ph_entity_key *key,
			 struct ph_copy *copy)
{
	int rc = load_joined(feeder, key);

	return rc != 0 ? rc
	       : feeder->joined.state.len == 0
		       ? PH_LEDGER_E_NONE
		       : ph_copy_decode(ph_buf_view(&feeder->joined.state), copy);
}

int ph_feeder_copy(struct ph_feeder *feeder, const struct ph_entity_key *key,
		   struct ph_feeder_device *only)
{
	struct ph_feeder_joined *joined = &feeder->joined;
	struct ph_keyset members = { 0 };
	int rc;

	if (joined->only != only) {
		joined->only = only;
		ph_keyset_clear(&joined->told);
	}
	if (ph_keyset_has(&joined->told, key)) {
		return 0;
	}
	rc = load_joined(feeder, key);
	if (rc == 0 && joined->members.n == 1) {
		return ph_feeder_entity(feeder, key, only);
	}
	for (size_t i = 0; rc == 0 && i < joined->members.n; i++) {
		rc = ph_keyset_add(&members, &joined->members.keys[i]);
		rc = rc != 0 ? rc : ph_keyset_add(&joined->told, &members.keys[i]);
	}
	for (size_t i = 0; rc == 0 && i < members.n; i++) {
		rc = ph_feeder_entity(feeder, &members.keys[i], only);
	}
	ph_keyset_deinit(&members);
	return rc;
}

/* --- who has it --- */

/* Whether a reader with CARD concerns SITE. */
static int is_known_reader(struct ph_feeder *feeder, const struct ph_id *card,
			   uint64_t site, bool *known_out)
{
	struct ph_sites sites = { 0 };
	struct ph_entity_key key;
	int rc = 0;

	*known_out = false;
	if (ph_key_id(PH_ENTITY_CARD, card, &key)) {
		rc = ph_scope_sites(feeder->config.ledger, &key, &sites);
		*known_out = rc == 0 && ph_sites_has(&sites, site);
	}
	ph_sites_deinit(&sites);
	return rc;
}

int ph_feeder_borrower(struct ph_feeder *feeder, const struct ph_entity_key *key,
		       struct ph_sites *out)
{
	struct ph_entity_key card = { 0 };
	struct ph_sites sites = { 0 };
	struct ph_copy copy;
	int rc = decode_joined(feeder, key, &copy);

	if (rc == 0) {
		const struct ph_loan *loan = ph_copy_open_loan(&copy);

		if (loan) {
			(void)ph_key_id(PH_ENTITY_CARD, &loan->card, &card);
		}
		ph_copy_deinit(&copy);
	}
	if (rc == 0 && card.type != 0) {
		rc = ph_scope_sites(feeder->config.ledger, &card, &sites);
	}
	for (size_t i = 0; rc == 0 && i < sites.n; i++) {
		rc = ph_sites_add(out, sites.list[i]);
	}
	ph_sites_deinit(&sites);
	return rc < 0 ? rc : 0;
}

/* --- its loans --- */

static bool is_named(const struct ph_fact *fact, const struct ph_ref *ref)
{
	return ph_ref_equal(&fact->ref, ref);
}

/* Whether FACT is of LOAN: it opened, prolonged or closed it. */
static bool is_of_loan(const struct ph_loan *loan, const struct ph_fact *fact)
{
	if (is_named(fact, &loan->ref)) {
		return true;
	}
	for (size_t i = 0; i < loan->n_renewals; i++) {
		if (is_named(fact, &loan->renewals[i])) {
			return true;
		}
	}
	return loan->closed != PH_CLOSED_OPEN && is_named(fact, &loan->closed_by);
}

static int was_told_under(struct ph_feeder *feeder, const struct ph_feeder_device *device,
			  const struct ph_entity_key *key, const struct ph_ref *ref,
			  bool *told_out)
{
	uint8_t bytes[PH_FEEDER_REF_SIZE];
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "SELECT 1 FROM feed_fact WHERE device = ?1 AND type = ?2"
			       " AND id = ?3 AND ref = ?4",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_feeder_bind_fact(stmt, device, key, ref, bytes);
	rc = ph_stmt_step(stmt);
	*told_out = rc == PH_DB_ROW;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

/* Whether DEVICE was told of REF, under whichever of the copies that are one with KEY. */
static int was_told(struct ph_feeder *feeder, const struct ph_feeder_device *device,
		    const struct ph_ref *ref, bool *told_out)
{
	const struct ph_keyset *members = &feeder->joined.members;
	int rc = 0;

	*told_out = false;
	for (size_t i = 0; rc == 0 && !*told_out && i < members->n; i++) {
		rc = was_told_under(feeder, device, &members->keys[i], ref, told_out);
	}
	return rc;
}

int ph_feeder_want_loans(struct ph_feeder *feeder, const struct ph_feeder_device *device,
			 const struct ph_entity_key *key,
			 const struct ph_feeder_facts *facts, bool *wanted)
{
	struct ph_copy copy;
	int rc = decode_joined(feeder, key, &copy);

	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	for (size_t i = 0; rc == 0 && i < copy.n_loans; i++) {
		const struct ph_loan *loan = &copy.loans[i];
		bool wants = false;

		/* from when it is open to what closed it */
		if (loan->closed == PH_CLOSED_OPEN) {
			rc = is_known_reader(feeder, &loan->card, device->site, &wants);
		} else {
			rc = was_told(feeder, device, &loan->ref, &wants);
		}
		for (size_t k = 0; rc == 0 && wants && k < facts->n; k++) {
			if (is_of_loan(loan, &facts->list[k]) &&
			    !ph_feeder_holds(feeder, device, &facts->list[k])) {
				wanted[k] = true;
			}
		}
	}
	ph_copy_deinit(&copy);
	return rc;
}

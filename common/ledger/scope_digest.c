/*
 * common/ledger/scope_digest.c - the digest of what concerns one site.
 *
 * All entities go by in the order of the digest; those that everybody has from the
 * control log count, and those that concern the site and do not stand outside. A hub
 * whose feed the site has applied to its end comes to the same bytes as the site.
 */
#include "common/ledger/scope.h"

#include <errno.h>

#include <sodium.h>

#include "common/ledger/fed.h"
#include "common/ledger/store.h"

struct digest {
	struct ph_ledger *ledger;
	struct ph_db *fed;
	uint64_t site;
	struct ph_sites sites;
	crypto_generichash_state hash;
	uint64_t entities;
};

static bool has_scope(enum ph_entity type)
{
	return type == PH_ENTITY_LOG ||
	       (type >= PH_ENTITY_TITLE && type <= PH_ENTITY_TALLY);
}

/* Whether KEY counts for the site. 0 or negative errno. */
static int counts(struct digest *digest, const struct ph_entity_key *key, bool *out)
{
	bool outside = false;
	int rc;

	*out = ph_scope_is_common((enum ph_entity)key->type);
	if (*out || !has_scope((enum ph_entity)key->type)) {
		return 0;
	}
	rc = ph_scope_sites(digest->ledger, key, &digest->sites);
	if (rc != 0 || !ph_sites_has(&digest->sites, digest->site)) {
		return rc;
	}
	if (digest->fed != NULL) {
		rc = ph_fed_is_outside(digest->fed, key->type, ph_key_view(key),
				       &outside);
	}
	*out = !outside;
	return rc;
}

static void hash_part(crypto_generichash_state *hash, struct ph_view bytes)
{
	uint8_t len[8];

	ph_be64_put(len, bytes.len);
	crypto_generichash_update(hash, len, sizeof len);
	crypto_generichash_update(hash, bytes.data, bytes.len);
}

static int add(struct digest *digest, struct ph_stmt *stmt)
{
	struct ph_entity_key key;
	bool is_in;
	int rc;

	if (!ph_key_bytes((enum ph_entity)ph_stmt_col_int(stmt, 0),
			  ph_stmt_col_blob(stmt, 1), &key)) {
		return -EUCLEAN;
	}
	rc = counts(digest, &key, &is_in);
	if (rc == 0 && is_in) {
		crypto_generichash_update(&digest->hash, &key.type, 1);
		hash_part(&digest->hash, ph_key_view(&key));
		hash_part(&digest->hash, ph_stmt_col_blob(stmt, 2));
		digest->entities++;
	}
	return rc;
}

int ph_scope_digest(struct ph_ledger *ledger, uint64_t site, struct ph_db *fed,
		    uint8_t out[static 32], uint64_t *entities_out)
{
	struct digest digest = { .ledger = ledger, .fed = fed, .site = site };
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT type, id, state FROM ledger_entity"
			       " ORDER BY type, id",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	crypto_generichash_init(&digest.hash, NULL, 0, 32);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = add(&digest, stmt);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	ph_sites_deinit(&digest.sites);
	if (rc == 0) {
		crypto_generichash_final(&digest.hash, out, 32);
		if (entities_out != NULL) {
			*entities_out = digest.entities;
		}
	}
	return rc;
}

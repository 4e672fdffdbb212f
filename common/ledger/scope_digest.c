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
	const struct ph_scope_digest *what;
	struct ph_sites sites;
	crypto_generichash_state hash;
	uint64_t entities;
};

static bool has_scope(enum ph_entity type)
{
	return type == PH_ENTITY_LOG ||
	       (type >= PH_ENTITY_TITLE && type <= PH_ENTITY_TALLY);
}

/* Whether KEY, which the control log does not tell, counts for the site. 0 or negative errno. */
static int counts(struct digest *digest, const struct ph_entity_key *key, bool *out)
{
	const struct ph_scope_digest *what = digest->what;
	bool outside = false;
	int rc;

	*out = false;
	if (!has_scope((enum ph_entity)key->type)) {
		return 0;
	}
	rc = ph_scope_sites(what->ledger, key, &digest->sites);
	if (rc != 0 || !ph_sites_has(&digest->sites, what->site)) {
		return rc;
	}
	if (what->fed != NULL) {
		rc = ph_fed_is_outside(what->fed, key->type, ph_key_view(key), &outside);
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

static void add(struct digest *digest, const struct ph_entity_key *key,
		struct ph_view state)
{
	crypto_generichash_update(&digest->hash, &key->type, 1);
	hash_part(&digest->hash, ph_key_view(key));
	hash_part(&digest->hash, state);
	digest->entities++;
}

static int take(struct digest *digest, struct ph_stmt *stmt, bool common)
{
	struct ph_entity_key key;
	bool is_in;
	int rc;

	if (!ph_key_bytes((enum ph_entity)ph_stmt_col_int(stmt, 0),
			  ph_stmt_col_blob(stmt, 1), &key)) {
		return -EUCLEAN;
	}
	is_in = ph_scope_is_common((enum ph_entity)key.type);
	rc = common ? 0 : counts(digest, &key, &is_in);
	if (rc == 0 && is_in) {
		add(digest, &key, ph_stmt_col_blob(stmt, 2));
	}
	return rc;
}

/* The entities of LEDGER: of the types that everybody has, or of all others. */
static int walk(struct digest *digest, struct ph_ledger *ledger, bool common)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT type, id, state FROM ledger_entity"
			       " WHERE (type <= ?1) = ?2 ORDER BY type, id",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, PH_ENTITY_TARGET);
	ph_stmt_int(stmt, 2, common);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = take(digest, stmt, common);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_scope_digest(const struct ph_scope_digest *what, uint8_t out[static 32],
		    uint64_t *entities_out)
{
	struct digest digest = { .what = what };
	int rc;

	crypto_generichash_init(&digest.hash, NULL, 0, 32);
	rc = walk(&digest, what->common, true);
	rc = rc != 0 ? rc : walk(&digest, what->ledger, false);
	ph_sites_deinit(&digest.sites);
	if (rc == 0) {
		crypto_generichash_final(&digest.hash, out, 32);
		if (entities_out != NULL) {
			*entities_out = digest.entities;
		}
	}
	return rc;
}

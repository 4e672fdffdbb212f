/*
 * common/ledger/class.c - what is recognised as the same.
 *
 * Edges stand in ledger_edge, under each entity whose state tells them. An edge to a
 * source (its bytes, of another length than an id) leads to everything that carries
 * it, so a thousand twins take a thousand edges, not a million.
 *
 * A batch notes both ends of each edge that came or went. At its end the component of
 * each of them is walked once: a class that was cut in two has an end in either half.
 * The members that are here get their root written beside them; the root itself and
 * what stands alone have none.
 */
#include "common/ledger/class.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/store.h"

#define REF_SIZE 32

static bool has_classes(uint8_t type)
{
	return type == PH_ENTITY_TITLE || type == PH_ENTITY_READER ||
	       type == PH_ENTITY_COPY;
}

/* A source is no entity. */
static bool is_source(const struct ph_entity_key *key)
{
	return key->type != PH_ENTITY_COPY && key->len != REF_SIZE;
}

struct ph_entity_key ph_class_source(enum ph_entity type, struct ph_view source,
				     uint64_t site)
{
	struct ph_entity_key key = { .type = (uint8_t)type };

	if (type == PH_ENTITY_READER) {
		ph_be64_put(key.id, site);
		key.len = 8;
	}
	memcpy(key.id + key.len, source.data, source.len);
	key.len = (uint8_t)(key.len + source.len);
	return key;
}

/* --- edges --- */

int ph_class_load(struct ph_ledger *ledger)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT type, count(*) FROM ledger_edge GROUP BY type",
			       &stmt);

	memset(ledger->n_edges, 0, sizeof ledger->n_edges);
	if (rc != 0) {
		return rc;
	}
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		int64_t type = ph_stmt_col_int(stmt, 0);

		if (type >= 0 && type <= PH_ENTITY_COPY) {
			ledger->n_edges[type] = (uint64_t)ph_stmt_col_int(stmt, 1);
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* Nothing of its type is joined to anything. */
static bool stands_alone(const struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	return !has_classes(key->type) || ledger->n_edges[key->type] == 0;
}

static int bind_key(struct ph_ledger *ledger, const char *sql,
		    const struct ph_entity_key *key, struct ph_stmt **stmt_out)
{
	int rc = ph_db_prepare(ledger->db, sql, stmt_out);

	if (rc == 0) {
		ph_stmt_int(*stmt_out, 1, key->type);
		ph_stmt_blob(*stmt_out, 2, ph_key_view(key));
	}
	return rc;
}

static int edges_from(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      struct ph_keyset *set)
{
	static const char sql[] = "SELECT other FROM ledger_edge"
				  " WHERE type = ?1 AND id = ?2";
	struct ph_stmt *stmt;
	int rc = bind_key(ledger, sql, key, &stmt);

	return rc != 0 ? rc : ph_keyset_read(set, (enum ph_entity)key->type, stmt);
}

static int edges_to(struct ph_ledger *ledger, const struct ph_entity_key *key,
		    struct ph_keyset *set)
{
	static const char sql[] = "SELECT id FROM ledger_edge"
				  " WHERE type = ?1 AND other = ?2";
	struct ph_stmt *stmt;
	int rc = bind_key(ledger, sql, key, &stmt);

	return rc != 0 ? rc : ph_keyset_read(set, (enum ph_entity)key->type, stmt);
}

static int change_edge(struct ph_ledger *ledger, const char *sql,
		       const struct ph_entity_key *key, const struct ph_entity_key *other)
{
	struct ph_stmt *stmt;
	int rc = bind_key(ledger, sql, key, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 3, ph_key_view(other));
	rc = ph_stmt_run(stmt);
	rc = rc != 0 ? rc : ph_class_touch(ledger, key);
	return rc != 0 ? rc : ph_class_touch(ledger, other);
}

int ph_class_edges(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   const struct ph_keyset *others)
{
	static const char insert[] = "INSERT INTO ledger_edge(type, id, other)"
				     " VALUES(?1, ?2, ?3)";
	static const char delete[] = "DELETE FROM ledger_edge"
				     " WHERE type = ?1 AND id = ?2 AND other = ?3";
	struct ph_keyset *held = &ledger->batch.derived.scratch;
	int rc;

	if (others->n == 0 && stands_alone(ledger, key)) {
		return 0;
	}
	ph_keyset_clear(held);
	rc = edges_from(ledger, key, held);
	for (size_t i = 0; rc == 0 && i < held->n; i++) {
		if (!ph_keyset_has(others, &held->keys[i])) {
			rc = change_edge(ledger, delete, key, &held->keys[i]);
			ledger->n_edges[key->type] -= rc == 0;
		}
	}
	for (size_t i = 0; rc == 0 && i < others->n; i++) {
		if (!ph_keyset_has(held, &others->keys[i])) {
			rc = change_edge(ledger, insert, key, &others->keys[i]);
			ledger->n_edges[key->type] += rc == 0;
		}
	}
	return rc;
}

int ph_class_touch(struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	return ph_keyset_add(&ledger->batch.derived.seeds, key);
}

/* --- components --- */

/* All that hangs together with SEED, sources included, onto NODES. */
static int walk(struct ph_ledger *ledger, const struct ph_entity_key *seed,
		struct ph_keyset *nodes)
{
	size_t at = nodes->n;
	int rc = ph_keyset_add(nodes, seed);

	for (; rc == 0 && at < nodes->n; at++) {
		struct ph_entity_key node = nodes->keys[at];

		rc = is_source(&node) ? 0 : edges_from(ledger, &node, nodes);
		rc = rc != 0 ? rc : edges_to(ledger, &node, nodes);
	}
	return rc;
}

/* A member's row, as far as the choice of the root asks for it. */
struct member {
	bool is_here;
	bool has_second;
	int64_t second;
	bool has_root;
	struct ph_entity_key root;
};

static int read_member(struct ph_ledger *ledger, const struct ph_entity_key *key,
		       struct member *member)
{
	static const char title[] = "SELECT root, second FROM ledger_title WHERE id = ?1";
	static const char reader[] =
		"SELECT root, second FROM ledger_reader WHERE id = ?1";
	static const char copy[] = "SELECT root, 0 FROM ledger_copy WHERE id = ?1";
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       key->type == PH_ENTITY_TITLE    ? title
			       : key->type == PH_ENTITY_READER ? reader
							       : copy,
			       &stmt);

	*member = (struct member){ 0 };
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		struct ph_view root = ph_stmt_col_blob(stmt, 0);

		rc = 0;
		member->is_here = true;
		member->has_second = !ph_stmt_col_is_null(stmt, 1);
		member->second = ph_stmt_col_int(stmt, 1);
		member->has_root = root.len > 0;
		if (root.len > 0 &&
		    !ph_key_bytes((enum ph_entity)key->type, root, &member->root)) {
			rc = -EUCLEAN;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int write_root(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      const struct ph_entity_key *root)
{
	static const char title[] = "UPDATE ledger_title SET root = ?2 WHERE id = ?1";
	static const char reader[] = "UPDATE ledger_reader SET root = ?2 WHERE id = ?1";
	static const char copy[] = "UPDATE ledger_copy SET root = ?2 WHERE id = ?1";
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       key->type == PH_ENTITY_TITLE    ? title
			       : key->type == PH_ENTITY_READER ? reader
							       : copy,
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	if (ph_key_compare(key, root) == 0) {
		ph_stmt_null(stmt, 2);
	} else {
		ph_stmt_blob(stmt, 2, ph_key_view(root));
	}
	return ph_stmt_run(stmt);
}

/* Whether KEY stands before the best so far: by second, those without one last, then by id. */
static bool is_before(const struct ph_entity_key *key, const struct member *member,
		      const struct ph_entity_key *best, const struct member *best_member)
{
	if (member->has_second != best_member->has_second) {
		return member->has_second;
	}
	if (member->has_second && member->second != best_member->second) {
		return member->second < best_member->second;
	}
	return ph_key_compare(key, best) < 0;
}

/* The root of NODES from FIRST on; NONE if nothing of them is here. */
static int choose_root(struct ph_ledger *ledger, const struct ph_keyset *nodes,
		       size_t first, struct ph_entity_key *root, bool *none)
{
	struct member best = { 0 };
	int rc = 0;

	*none = true;
	for (size_t i = first; rc == 0 && i < nodes->n; i++) {
		const struct ph_entity_key *key = &nodes->keys[i];
		struct member member;

		if (is_source(key)) {
			continue;
		}
		rc = read_member(ledger, key, &member);
		if (rc == 0 && member.is_here &&
		    (*none || is_before(key, &member, root, &best))) {
			*root = *key;
			best = member;
			*none = false;
		}
	}
	return rc;
}

static int settle_member(struct ph_ledger *ledger, const struct ph_entity_key *key,
			 const struct ph_entity_key *root)
{
	struct ph_derived *derived = &ledger->batch.derived;
	struct member member;
	int rc = read_member(ledger, key, &member);

	if (rc == 0 && member.is_here) {
		bool is_root = ph_key_compare(key, root) == 0;

		if (member.has_root == is_root ||
		    (!is_root && ph_key_compare(&member.root, root) != 0)) {
			rc = write_root(ledger, key, root);
		}
	}
	return rc != 0 ? rc : ph_keyset_add(&derived->changed, key);
}

static int settle_component(struct ph_ledger *ledger, const struct ph_keyset *nodes,
			    size_t first)
{
	struct ph_entity_key root;
	bool none;
	int rc = choose_root(ledger, nodes, first, &root, &none);

	for (size_t i = first; rc == 0 && !none && i < nodes->n; i++) {
		if (!is_source(&nodes->keys[i])) {
			rc = settle_member(ledger, &nodes->keys[i], &root);
		}
	}
	return rc;
}

/* The last edge of a type may just have gone: then it may still have a root. */
static int settle_alone(struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	return is_source(key) ? 0 : settle_member(ledger, key, key);
}

int ph_class_settle(struct ph_ledger *ledger)
{
	struct ph_keyset *seeds = &ledger->batch.derived.seeds;
	struct ph_keyset nodes = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < seeds->n; i++) {
		size_t first = nodes.n;

		if (ph_keyset_has(&nodes, &seeds->keys[i])) {
			continue;
		}
		if (stands_alone(ledger, &seeds->keys[i])) {
			rc = settle_alone(ledger, &seeds->keys[i]);
			continue;
		}
		rc = walk(ledger, &seeds->keys[i], &nodes);
		rc = rc != 0 ? rc : settle_component(ledger, &nodes, first);
	}
	ph_keyset_deinit(&nodes);
	return rc;
}

/* --- reading --- */

int ph_class_root(struct ph_ledger *ledger, const struct ph_entity_key *key,
		  struct ph_entity_key *root_out)
{
	struct member member = { 0 };
	int rc = stands_alone(ledger, key) ? 0 : read_member(ledger, key, &member);

	if (rc == 0) {
		*root_out = member.has_root ? member.root : *key;
	}
	return rc;
}

int ph_class_is_alone(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      bool *alone_out)
{
	struct ph_entity_key root;
	struct ph_stmt *stmt;
	int rc = ph_class_root(ledger, key, &root);

	*alone_out = rc == 0 && ph_key_compare(key, &root) == 0;
	if (rc != 0 || !*alone_out || stands_alone(ledger, key)) {
		return rc;
	}
	rc = ph_db_prepare(ledger->db,
			   "SELECT 1 FROM ledger_reader WHERE root = ?1 LIMIT 1", &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	rc = ph_stmt_step(stmt);
	*alone_out = rc != PH_DB_ROW;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

int ph_class_members(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     struct ph_keyset *members)
{
	static const char title[] = "SELECT id FROM ledger_title WHERE root = ?1";
	static const char reader[] = "SELECT id FROM ledger_reader WHERE root = ?1";
	static const char copy[] = "SELECT id FROM ledger_copy WHERE root = ?1";
	struct ph_entity_key root;
	struct ph_stmt *stmt;
	int rc = ph_class_root(ledger, key, &root);

	ph_keyset_clear(members);
	rc = rc != 0 ? rc : ph_keyset_add(members, &root);
	if (rc != 0 || stands_alone(ledger, key)) {
		return rc;
	}
	rc = ph_db_prepare(ledger->db,
			   key->type == PH_ENTITY_TITLE    ? title
			   : key->type == PH_ENTITY_READER ? reader
							   : copy,
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(&root));
	rc = ph_keyset_read(members, (enum ph_entity)key->type, stmt);
	ph_keyset_sort(members);
	return rc;
}

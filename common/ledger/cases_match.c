/*
 * common/ledger/cases_match.c - what may be catalogued or registered twice; and readers
 * of whom one was erased.
 *
 * Match keys stand in ledger_match, at the hub only: of a title a hash of its folded
 * name, first author, year and volume, and its ISBN; of a reader a keyed hash that the
 * hub's own key makes, so that no name is on the disk. What has one key is a group; each
 * class in it is represented by its smallest id there; if there are two or more classes,
 * the two smallest ids are a case, and it belongs to the smallest.
 */
#include "common/ledger/match.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/cases_find.h"
#include "common/ledger/class.h"
#include "common/ledger/reader.h"

/* Of a group so many are looked at, in order of id. */
#define GROUP_MAX 1000

/* --- keys --- */

static int change(struct ph_ledger *ledger, const char *sql,
		  const struct ph_entity_key *key, const struct ph_entity_key *group)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, group->type);
	ph_stmt_blob(stmt, 2, ph_key_view(group));
	ph_stmt_blob(stmt, 3, ph_key_view(key));
	rc = ph_stmt_run(stmt);
	return rc != 0 ? rc : ph_keyset_add(&ledger->batch.derived.groups, group);
}

/* The groups that KEY is in, onto SET: type: which kind of key, id: the key. */
static int groups_of(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     struct ph_keyset *set)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT kind, key FROM ledger_match"
			       " WHERE id = ?1 AND type = ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	ph_stmt_int(stmt, 2, key->type);
	return ph_keyset_read_any(set, stmt);
}

int ph_match_set(struct ph_ledger *ledger, const struct ph_entity_key *key,
		 const struct ph_keyset *groups)
{
	static const char insert_title[] =
		"INSERT INTO ledger_match(kind, key, id, type) VALUES(?1, ?2, ?3, 10)";
	static const char insert_reader[] =
		"INSERT INTO ledger_match(kind, key, id, type) VALUES(?1, ?2, ?3, 11)";
	static const char delete[] = "DELETE FROM ledger_match"
				     " WHERE kind = ?1 AND key = ?2 AND id = ?3";
	struct ph_keyset held = { 0 };
	int rc = groups_of(ledger, key, &held);

	for (size_t i = 0; rc == 0 && i < held.n; i++) {
		if (!ph_keyset_has(groups, &held.keys[i])) {
			rc = change(ledger, delete, key, &held.keys[i]);
		}
	}
	for (size_t i = 0; rc == 0 && i < groups->n; i++) {
		if (!ph_keyset_has(&held, &groups->keys[i])) {
			rc = change(ledger,
				    key->type == PH_ENTITY_TITLE ? insert_title
								 : insert_reader,
				    key, &groups->keys[i]);
		}
	}
	ph_keyset_deinit(&held);
	return rc;
}

/* --- groups --- */

static enum ph_entity type_of(const struct ph_entity_key *group)
{
	return group->type == PH_MATCH_READER ? PH_ENTITY_READER : PH_ENTITY_TITLE;
}

/* Members of GROUP in order of id. */
static int members_of(struct ph_ledger *ledger, const struct ph_entity_key *group,
		      struct ph_keyset *set)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT id FROM ledger_match WHERE kind = ?1 AND key = ?2"
			       " ORDER BY id LIMIT ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, group->type);
	ph_stmt_blob(stmt, 2, ph_key_view(group));
	ph_stmt_int(stmt, 3, GROUP_MAX);
	return ph_keyset_read(set, type_of(group), stmt);
}

/* The smallest id of each class in GROUP, in order of id. */
static int representatives(struct ph_ledger *ledger, const struct ph_entity_key *group,
			   struct ph_keyset *out)
{
	struct ph_keyset members = { 0 }, roots = { 0 };
	int rc = members_of(ledger, group, &members);

	for (size_t i = 0; rc == 0 && i < members.n; i++) {
		struct ph_entity_key root;
		size_t n = roots.n;

		rc = ph_class_root(ledger, &members.keys[i], &root);
		rc = rc != 0 ? rc : ph_keyset_add(&roots, &root);
		if (rc == 0 && roots.n > n) {
			rc = ph_keyset_add(out, &members.keys[i]);
		}
	}
	ph_keyset_deinit(&members);
	ph_keyset_deinit(&roots);
	return rc;
}

/* --- the cases of a subject --- */

static int first_of(struct ph_ledger *ledger, const struct ph_entity_key *key,
		    int64_t *second, uint64_t *site)
{
	static const char title[] =
		"SELECT coalesce(second, 0), coalesce(site, 0) FROM ledger_title"
		" WHERE id = ?1";
	static const char reader[] =
		"SELECT coalesce(second, 0), coalesce(site, 0) FROM ledger_reader"
		" WHERE id = ?1";
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, key->type == PH_ENTITY_TITLE ? title : reader,
			       &stmt);

	*second = 0;
	*site = 0;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*second = ph_stmt_col_int(stmt, 0);
		*site = (uint64_t)ph_stmt_col_int(stmt, 1);
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* The two smallest of SAME, a set in order of id, are a case. */
static int add_same(struct ph_ledger *ledger, const struct ph_keyset *same,
		    struct ph_case_list *list)
{
	uint8_t anchor[64];
	int rc;

	memcpy(anchor, same->keys[0].id, 32);
	memcpy(anchor + 32, same->keys[1].id, 32);
	rc = ph_case_list_add(list,
			      same->keys[0].type == PH_ENTITY_TITLE ? PH_CASE_SAME_TITLE
								    : PH_CASE_SAME_READER,
			      PH_VIEW(anchor, sizeof anchor));
	for (size_t i = 0; rc == 0 && i < same->n; i++) {
		struct ph_ref ref;
		int64_t second;
		uint64_t site;

		rc = first_of(ledger, &same->keys[i], &second, &site);
		rc = rc == 0 && !ph_key_get_ref(ph_key_view(&same->keys[i]), &ref)
			     ? -EUCLEAN
			     : rc;
		rc = rc != 0 ? rc : ph_case_list_ref(list, &ref, second);
		rc = rc != 0 ? rc : ph_case_list_site(list, site);
	}
	return rc;
}

/*
 * Of each group in which KEY is the smallest: its cases. Two groups with the same two
 * smallest are one case.
 */
static int find_same(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     struct ph_case_list *list)
{
	struct ph_keyset groups = { 0 }, held = { 0 }, same = { 0 };
	int rc = groups_of(ledger, key, &groups);

	ph_keyset_sort(&groups);
	for (size_t i = 0; rc == 0 && i < groups.n; i++) {
		ph_keyset_clear(&same);
		rc = representatives(ledger, &groups.keys[i], &same);
		if (rc != 0 || same.n < 2 || ph_key_compare(&same.keys[0], key) != 0) {
			continue;
		}
		if (held.n > 0 && ph_key_compare(&held.keys[1], &same.keys[1]) != 0) {
			rc = add_same(ledger, &held, list);
			ph_keyset_clear(&held);
		}
		for (size_t k = 0; rc == 0 && k < same.n; k++) {
			rc = ph_keyset_add(&held, &same.keys[k]);
		}
		ph_keyset_sort(&held);
	}
	if (rc == 0 && held.n > 1) {
		rc = add_same(ledger, &held, list);
	}
	ph_keyset_deinit(&groups);
	ph_keyset_deinit(&held);
	ph_keyset_deinit(&same);
	return rc;
}

/* --- erased, and merged with one who was not --- */

static int read_reader(struct ph_ledger *ledger, const struct ph_entity_key *key,
		       struct ph_buf *state, struct ph_reader *reader)
{
	int rc;

	state->len = 0;
	*reader = (struct ph_reader){ 0 };
	rc = ph_ledger_get(ledger, PH_ENTITY_READER, ph_key_view(key), state);
	rc = rc != 0 ? rc : ph_reader_decode(ph_buf_view(state), reader);
	return rc < 0 ? rc : 0;
}

/* The facts of KEY and OTHER that make the case: their merges, and the erasures. */
static int add_erased(struct ph_ledger *ledger, const struct ph_entity_key pair[2],
		      struct ph_case_list *list)
{
	struct ph_facts facts = { 0 };
	uint8_t anchor[64];
	int rc;

	memcpy(anchor, pair[0].id, 32);
	memcpy(anchor + 32, pair[1].id, 32);
	rc = ph_case_list_add(list, PH_CASE_ERASED_MERGED,
			      PH_VIEW(anchor, sizeof anchor));
	rc = rc != 0 ? rc : ph_facts_load(ledger, pair, 2, &facts);
	for (size_t pass = 0; pass < 2; pass++) {
		for (size_t i = 0; rc == 0 && i < facts.n; i++) {
			const struct ph_fact *fact = &facts.items[i];
			const struct ph_value *field = ledger->other->field;
			struct ph_entity_key a, b;
			bool counts = false;

			rc = ph_fact_entry(fact, ledger->other);
			if (rc == 0 && pass == 0 &&
			    ledger->other->number == PH_KIND_READER_MERGE) {
				a = ph_key_ref(PH_ENTITY_READER,
					       &field[PH_READER_MERGE_READER].as.ref);
				b = ph_key_ref(PH_ENTITY_READER,
					       &field[PH_READER_MERGE_OTHER].as.ref);
				counts = (ph_key_compare(&a, &pair[0]) == 0 &&
					  ph_key_compare(&b, &pair[1]) == 0) ||
					 (ph_key_compare(&a, &pair[1]) == 0 &&
					  ph_key_compare(&b, &pair[0]) == 0);
			} else if (rc == 0 && pass == 1) {
				counts = ledger->other->number == PH_KIND_READER_ERASE;
			}
			if (counts) {
				rc = ph_case_list_ref(list, &fact->ref, fact->second);
				rc = rc != 0 ? rc : ph_case_list_site(list, fact->site);
			}
		}
	}
	for (size_t i = 0; rc == 0 && i < 2; i++) {
		int64_t second;
		uint64_t site;

		rc = first_of(ledger, &pair[i], &second, &site);
		rc = rc != 0 ? rc : ph_case_list_site(list, site);
	}
	ph_facts_deinit(&facts);
	return rc;
}

/* Merges of KEY with one whose id is larger: each pair belongs to its smaller one. */
static int find_erased(struct ph_ledger *ledger, const struct ph_entity_key *key,
		       struct ph_case_list *list)
{
	struct ph_buf state = { 0 }, other_state = { 0 };
	struct ph_keyset done = { 0 };
	struct ph_reader reader;
	int rc = read_reader(ledger, key, &state, &reader);

	for (size_t i = 0; rc == 0 && i < reader.n_merges; i++) {
		struct ph_entity_key pair[2] = {
			*key, ph_key_ref(PH_ENTITY_READER, &reader.merges[i].other)
		};
		struct ph_reader other = { 0 };

		if (ph_key_compare(&pair[0], &pair[1]) >= 0 ||
		    ph_keyset_has(&done, &pair[1])) {
			continue;
		}
		rc = ph_keyset_add(&done, &pair[1]);
		rc = rc != 0 ? rc : read_reader(ledger, &pair[1], &other_state, &other);
		if (rc == 0 && reader.erased != other.erased) {
			rc = add_erased(ledger, pair, list);
		}
		ph_reader_deinit(&other);
	}
	ph_reader_deinit(&reader);
	ph_keyset_deinit(&done);
	ph_buf_deinit(&state);
	ph_buf_deinit(&other_state);
	return rc;
}

/* --- what is to be looked at --- */

static int subjects_of(struct ph_ledger *ledger, const struct ph_entity_key *group,
		       struct ph_keyset *subjects)
{
	struct ph_keyset members = { 0 };
	int rc = members_of(ledger, group, &members);

	for (size_t i = 0; rc == 0 && i < members.n; i++) {
		bool has = i == 0;

		rc = has ? 0 : ph_cases_has(ledger, &members.keys[i], &has);
		if (rc == 0 && has) {
			rc = ph_keyset_add(subjects, &members.keys[i]);
		}
	}
	ph_keyset_deinit(&members);
	return rc;
}

/* Readers to whom KEY is joined: a pair belongs to the smaller one. */
static int partners_of(struct ph_ledger *ledger, const struct ph_entity_key *key,
		       struct ph_keyset *subjects)
{
	struct ph_buf state = { 0 };
	struct ph_reader reader;
	int rc = read_reader(ledger, key, &state, &reader);

	for (size_t i = 0; rc == 0 && i < reader.n_merges; i++) {
		struct ph_entity_key other =
			ph_key_ref(PH_ENTITY_READER, &reader.merges[i].other);

		rc = ph_keyset_add(subjects, &other);
	}
	ph_reader_deinit(&reader);
	ph_buf_deinit(&state);
	return rc;
}

int ph_cases_match(struct ph_ledger *ledger)
{
	struct ph_derived *derived = &ledger->batch.derived;
	struct ph_keyset subjects = { 0 };
	struct ph_case_list list = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < derived->changed.n; i++) {
		const struct ph_entity_key *key = &derived->changed.keys[i];

		if (key->type == PH_ENTITY_COPY) {
			continue;
		}
		rc = ledger->config.hub == NULL && key->type == PH_ENTITY_TITLE
			     ? 0
			     : ph_keyset_add(&subjects, key);
		if (rc == 0 && ledger->config.hub != NULL) {
			rc = groups_of(ledger, key, &derived->groups);
		}
		if (rc == 0 && key->type == PH_ENTITY_READER) {
			rc = partners_of(ledger, key, &subjects);
		}
	}
	for (size_t i = 0; rc == 0 && i < derived->groups.n; i++) {
		rc = subjects_of(ledger, &derived->groups.keys[i], &subjects);
	}
	for (size_t i = 0; rc == 0 && i < subjects.n; i++) {
		const struct ph_entity_key *key = &subjects.keys[i];

		list.n = list.n_refs = list.n_sites = 0;
		rc = find_same(ledger, key, &list);
		if (rc == 0 && key->type == PH_ENTITY_READER) {
			rc = find_erased(ledger, key, &list);
		}
		rc = rc != 0 ? rc : ph_cases_replace(ledger, key, &list);
	}
	ph_case_list_deinit(&list);
	ph_keyset_deinit(&subjects);
	return rc;
}

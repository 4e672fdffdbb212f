/*
 * common/ledger/cases_copy.c - cases of a copy: two places, maybe returned, lent in a
 * crate, two titles, a blocked card.
 *
 * The first three stand in the state that the class shows, with their facts. Two titles
 * are a case until the titles are one class. A blocked card needs the states of the
 * card and of its reader as well (cases_barred.c). All concern the sites that have to do
 * with the copy now, too: who receives it must know what is open about it.
 */
#include <errno.h>

#include "common/ledger/cases_find.h"
#include "common/ledger/class.h"
#include "common/ledger/copy_gist.h"
#include "common/ledger/scope.h"

static int add_refs(const struct ph_copy_class *shown, const struct ph_copy_case *item,
		    struct ph_case_list *list)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < item->n_facts; i++) {
		const struct ph_fact *fact =
			ph_facts_find(&shown->facts, &item->facts[i]);

		if (fact == NULL) {
			return -EUCLEAN;
		}
		rc = ph_case_list_ref(list, &fact->ref, fact->second);
		rc = rc != 0 ? rc : ph_case_list_site(list, fact->site);
	}
	return rc;
}

/* A crate's case concerns also where it went. */
static int add_road(struct ph_ledger *ledger, const struct ph_copy_class *shown,
		    const struct ph_ref *dispatch, struct ph_case_list *list)
{
	const struct ph_fact *fact = ph_facts_find(&shown->facts, dispatch);
	int rc = fact == NULL ? -EUCLEAN : ph_fact_entry(fact, ledger->other);

	if (rc != 0 || ledger->other->number != PH_KIND_CRATE_DISPATCH) {
		return rc;
	}
	rc = ph_case_list_site(list, ledger->other->field[PH_DISPATCH_FROM].as.uint);
	return rc != 0 ? rc
		       : ph_case_list_site(list,
					   ledger->other->field[PH_DISPATCH_TO].as.uint);
}

/* Kinds 1 to 3: the loan is the last of the facts. */
static int add_loan_case(struct ph_ledger *ledger, const struct ph_copy_class *shown,
			 const struct ph_copy_case *item, struct ph_case_list *list)
{
	struct ph_entity_key anchor =
		ph_key_ref(PH_ENTITY_COPY, &item->facts[item->n_facts - 1]);
	int rc = ph_case_list_add(list, item->kind, ph_key_view(&anchor));

	rc = rc != 0 ? rc : add_refs(shown, item, list);
	if (rc == 0 && item->kind == PH_CASE_LENT_IN_CRATE) {
		rc = add_road(ledger, shown, &item->facts[0], list);
	}
	return rc;
}

/* --- two titles --- */

static int insert_two(struct ph_ledger *ledger, const struct ph_entity_key *copy,
		      const struct ph_entity_key *title)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT OR IGNORE INTO ledger_two_titles(copy, title)"
			       " VALUES(?1, ?2)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(copy));
	ph_stmt_blob(stmt, 2, ph_key_view(title));
	return ph_stmt_run(stmt);
}

/* The roots of the titles that the heads of ITEM name, onto ROOTS; who asks is noted. */
static int find_roots(struct ph_ledger *ledger, const struct ph_entity_key *root,
		      const struct ph_copy_class *shown, const struct ph_copy_case *item,
		      struct ph_keyset *roots)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < item->n_facts; i++) {
		const struct ph_fact *fact =
			ph_facts_find(&shown->facts, &item->facts[i]);
		struct ph_entity_key title, title_root;

		rc = fact == NULL ? -EUCLEAN : ph_fact_entry(fact, ledger->other);
		if (rc != 0) {
			break;
		}
		title = ph_key_ref(PH_ENTITY_TITLE,
				   &ledger->other->field[PH_COPY_TITLE].as.ref);
		rc = insert_two(ledger, root, &title);
		rc = rc != 0 ? rc : ph_class_root(ledger, &title, &title_root);
		rc = rc != 0 ? rc : ph_keyset_add(roots, &title_root);
	}
	return rc;
}

static int add_two_titles(struct ph_ledger *ledger, const struct ph_entity_key *root,
			  const struct ph_copy_class *shown,
			  const struct ph_copy_case *item, struct ph_case_list *list)
{
	struct ph_keyset roots = { 0 };
	int rc = find_roots(ledger, root, shown, item, &roots);

	if (rc == 0 && roots.n > 1) {
		rc = ph_case_list_add(list, item->kind, ph_key_view(root));
		rc = rc != 0 ? rc : add_refs(shown, item, list);
	}
	ph_keyset_deinit(&roots);
	return rc;
}

/* --- whom the copy concerns now --- */

static int add_gist(const struct ph_copy_gist *gist, struct ph_sites *sites)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < gist->n_sites; i++) {
		rc = ph_sites_add(sites, gist->sites[i]);
	}
	return rc;
}

/* As scope has it: of each member of the class, and of what all say together. */
static int find_sites(struct ph_ledger *ledger, const struct ph_entity_key *root,
		      const struct ph_copy *shown, struct ph_sites *sites)
{
	struct ph_keyset members = { 0 };
	struct ph_copy_gist gist;
	int rc = ph_copy_gist_of(shown, &gist);

	rc = rc != 0 ? rc : add_gist(&gist, sites);
	rc = rc != 0 ? rc : ph_class_members(ledger, root, &members);
	for (size_t i = 0; rc == 0 && members.n > 1 && i < members.n; i++) {
		rc = ph_copy_gist(ledger, &members.keys[i], &gist);
		rc = rc != 0 ? rc : add_gist(&gist, sites);
	}
	ph_keyset_deinit(&members);
	return rc;
}

/* --- all of a copy's --- */

static int add_barred(struct ph_ledger *ledger, struct ph_copy_class *shown,
		      struct ph_case_list *list)
{
	const struct ph_loan *loan = ph_copy_open_loan(&shown->copy);
	const struct ph_fact *fact;
	int rc;

	if (loan == NULL) {
		return 0;
	}
	rc = ph_cases_may_bar(ledger, &loan->card);
	if (rc <= 0) {
		return rc;
	}
	rc = ph_copy_class_facts(ledger, shown);
	fact = rc != 0 ? NULL : ph_facts_find(&shown->facts, &loan->ref);
	return rc != 0        ? rc
	       : fact == NULL ? -EUCLEAN
			      : ph_cases_barred(ledger, loan, fact, list);
}

static int find_one(struct ph_ledger *ledger, const struct ph_entity_key *root,
		    struct ph_copy_class *shown, const struct ph_copy_case *item,
		    struct ph_case_list *list)
{
	return item == NULL ? add_barred(ledger, shown, list)
	       : item->kind == PH_CASE_TWO_TITLES
		       ? add_two_titles(ledger, root, shown, item, list)
		       : add_loan_case(ledger, shown, item, list);
}

static int find(struct ph_ledger *ledger, const struct ph_entity_key *root,
		struct ph_copy_class *shown, struct ph_case_list *list)
{
	const struct ph_copy *copy = &shown->copy;
	struct ph_sites sites = { 0 };
	int rc = copy->n_cases == 0 ? 0 : ph_copy_class_facts(ledger, shown);

	for (size_t i = 0; rc == 0 && i <= copy->n_cases; i++) {
		size_t n = list->n;

		rc = find_one(ledger, root, shown,
			      i < copy->n_cases ? &copy->cases[i] : NULL, list);
		if (rc == 0 && n == 0 && list->n > 0) {
			rc = find_sites(ledger, root, copy, &sites);
		}
		for (size_t k = 0; rc == 0 && list->n > n && k < sites.n; k++) {
			rc = ph_case_list_site(list, sites.list[k]);
		}
	}
	ph_sites_deinit(&sites);
	return rc;
}

int ph_cases_of_copy(struct ph_ledger *ledger, const struct ph_entity_key *root,
		     struct ph_copy_class *shown)
{
	struct ph_case_list list = { 0 };
	int rc = ph_derive_run(ledger, "DELETE FROM ledger_two_titles WHERE copy = ?1",
			       root);

	if (rc == 0 && shown != NULL) {
		rc = find(ledger, root, shown, &list);
	}
	rc = rc != 0 ? rc : ph_cases_replace(ledger, root, &list);
	ph_case_list_deinit(&list);
	return rc;
}

/* --- who asks --- */

static int collect(struct ph_ledger *ledger, const char *sql,
		   const struct ph_entity_key *key, struct ph_keyset *set)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	return ph_keyset_read(set, PH_ENTITY_COPY, stmt);
}

static int collect_lent(struct ph_ledger *ledger, const struct ph_entity_key *reader,
			struct ph_keyset *set)
{
	struct ph_keyset members = { 0 };
	int rc = ph_class_members(ledger, reader, &members);

	for (size_t i = 0; rc == 0 && i < members.n; i++) {
		rc = collect(ledger,
			     "SELECT l.copy FROM ledger_card k JOIN ledger_loan l"
			     " ON l.card = k.id WHERE k.reader = ?1",
			     &members.keys[i], set);
	}
	ph_keyset_deinit(&members);
	return rc;
}

int ph_cases_asked_by(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      struct ph_keyset *set)
{
	switch (key->type) {
	case PH_ENTITY_TITLE:
		return collect(ledger,
			       "SELECT copy FROM ledger_two_titles WHERE title = ?1", key,
			       set);
	case PH_ENTITY_CARD:
		return collect(ledger, "SELECT copy FROM ledger_loan WHERE card = ?1",
			       key, set);
	case PH_ENTITY_READER:
		return collect_lent(ledger, key, set);
	default:
		return 0;
	}
}

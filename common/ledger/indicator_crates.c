/*
 * common/ledger/indicator_crates.c - what was sent from site to site.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/ledger/class.h"
#include "common/ledger/facts.h"
#include "common/ledger/indicator_internal.h"

struct walk {
	struct ph_reckoning *reckoning;
	ph_reckon_dispatch_fn *cb;
	struct ph_facts facts;
	struct ph_entry *entry;
};

static int on_crate(void *data, struct ph_view id, struct ph_view state)
{
	struct walk *walk = data;
	struct ph_entity_key key;
	int rc = ph_key_bytes(PH_ENTITY_CRATE, id, &key) ? 0 : -EUCLEAN;

	(void)state;
	rc = rc != 0 ? rc
		     : ph_facts_load_filed(walk->reckoning->ledger, &key, &walk->facts);
	for (size_t i = 0; rc == 0 && i < walk->facts.n; i++) {
		rc = ph_fact_entry(&walk->facts.items[i], walk->entry);
		if (rc == 0 && walk->entry->number == PH_KIND_CRATE_DISPATCH) {
			rc = walk->cb(walk->reckoning,
				      ph_day_of(walk->facts.items[i].second),
				      walk->entry);
		}
	}
	return rc;
}

int ph_reckon_dispatches(struct ph_reckoning *reckoning, ph_reckon_dispatch_fn *cb)
{
	struct walk walk = { .reckoning = reckoning, .cb = cb };
	int rc;

	walk.entry = malloc(sizeof *walk.entry);
	rc = walk.entry == NULL ? -ENOMEM
				: ph_ledger_each(reckoning->ledger, PH_ENTITY_CRATE,
						 on_crate, &walk);
	ph_facts_deinit(&walk.facts);
	free(walk.entry);
	return rc;
}

/* --- A2 --- */

enum {
	CRATES,
	COPIES,
	TITLES,
	SITES
};

static int add_titles(struct ph_reckoning *reckoning, const struct ph_atom *atom,
		      const struct ph_list *copies)
{
	struct ph_list_iter iter = ph_list_begin(copies);
	struct ph_id id;
	int rc = 0;

	while (rc == 0 && ph_list_next_id(&iter, &id) == 1) {
		struct ph_entity_key key, root;
		int64_t title = 0;

		if (!ph_key_id(PH_ENTITY_COPY, &id, &key)) {
			return -EUCLEAN;
		}
		rc = ph_class_root(reckoning->ledger, &key, &root);
		rc = rc != 0 ? rc
			     : ph_reckon_title_row(reckoning->ledger, ph_key_view(&root),
						   &title);
		if (rc == 0 && title != 0) {
			rc = ph_reckon_distinct(reckoning, atom, TITLES, title);
		}
	}
	return rc;
}

static int add_dispatch(struct ph_reckoning *reckoning, int64_t day,
			const struct ph_entry *entry)
{
	const struct ph_value *copies = &entry->field[PH_DISPATCH_COPIES];
	struct ph_atom atom = { .site = entry->field[PH_DISPATCH_TO].as.uint,
				.day = day,
				.split = -1 };
	int rc;

	atom.commune = ph_reckon_site_commune(reckoning, atom.site);
	rc = ph_reckon_add(reckoning, &atom, CRATES, 1);
	rc = rc != 0 ? rc
		     : ph_reckon_add(reckoning, &atom, COPIES,
				     (int64_t)copies->as.list.count);
	if (rc != 0 || ph_reckon_period(reckoning, day) != 0) {
		return rc;
	}
	rc = ph_reckon_distinct(reckoning, &atom, SITES, (int64_t)atom.site);
	return rc != 0 ? rc : add_titles(reckoning, &atom, &copies->as.list);
}

int ph_reckon_crates(struct ph_reckoning *reckoning)
{
	return ph_reckon_dispatches(reckoning, add_dispatch);
}

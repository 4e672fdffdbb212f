/*
 * common/ledger/scope_find.c - the sites of one entity, from states and from what leads to it.
 *
 * What a state says by itself comes first; then what is written down already for the
 * entities that lead here, which are settled before (scope.c). Nothing is written.
 */
#include "common/ledger/scope_internal.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/account.h"
#include "common/ledger/copy_class.h"
#include "common/ledger/crate.h"
#include "common/ledger/hold.h"
#include "common/ledger/record.h"
#include "common/ledger/store.h"

/* --- what a state says by itself --- */

static int add_gist(const struct ph_copy_gist *gist, struct ph_sites *out)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < gist->n_sites; i++) {
		rc = ph_sites_add(out, gist->sites[i]);
	}
	return rc;
}

/* The site that wrote ENTRY, be it on behalf of another; the hub is none. */
static int add_writer(struct ph_ledger *ledger, const struct ph_ref *entry,
		      struct ph_sites *out)
{
	struct ph_log log;
	int rc = ph_journal_log_find(ledger->journal, entry->log_id, &log);

	if (rc != 0) {
		return rc < 0 ? rc : 0; /* it was fed, so it is another's */
	}
	return log.site == 0 ? 0 : ph_sites_add(out, log.site);
}

/* Who took a crate in by its list needs the list, to know what it took in. */
static int crate_sites(struct ph_ledger *ledger, struct ph_view state,
		       struct ph_sites *out)
{
	struct ph_crate crate;
	int rc = ph_crate_decode(state, &crate);

	if (rc != 0) {
		return rc;
	}
	for (size_t i = 0; rc == 0 && i < crate.n_dispatches; i++) {
		rc = ph_sites_add(out, crate.dispatches[i].from);
		rc = rc != 0 ? rc : ph_sites_add(out, crate.dispatches[i].to);
	}
	for (size_t i = 0; rc == 0 && i < crate.n_receives; i++) {
		rc = ph_sites_add(out, crate.receives[i].site);
		if (rc == 0 && crate.receives[i].listed) {
			rc = add_writer(ledger, &crate.receives[i].entry, out);
		}
	}
	ph_crate_deinit(&crate);
	return rc;
}

static int account_sites(struct ph_scope_work *work, const struct ph_entity_key *key,
			 struct ph_sites *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(work->ledger->db,
			       "SELECT DISTINCT site FROM ledger_fact WHERE type = ?1"
			       " AND id = ?2 AND flags & 2 = 0", /* PH_FLAG_OFF */
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	return ph_sites_read(out, stmt);
}

static int worker_sites(struct ph_view state, struct ph_sites *out)
{
	const struct ph_register *site;
	struct ph_record worker;
	int rc = ph_record_decode(state, ph_kind_find(PH_KIND_WORKER_PUT), &worker);

	if (rc != 0) {
		return rc;
	}
	site = ph_registers_get(&worker.registers, PH_WORKER_SITE);
	if (worker.has_first && worker.site != 0) {
		rc = ph_sites_add(out, worker.site);
	}
	if (rc == 0 && site != NULL) {
		rc = ph_sites_add(out, site->value.as.uint);
	}
	ph_record_deinit(&worker);
	return rc;
}

/* --- what leads to an entity --- */

/* The sites of each of KEYS, as they are written down. */
static int add_sites_of(struct ph_scope_work *work, const struct ph_keyset *keys,
			struct ph_sites *out)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < keys->n; i++) {
		rc = ph_scope_load(work->ledger, &keys->keys[i], out);
	}
	return rc;
}

/* The sites that lend copies to the cards of READER. */
static int add_creditors(struct ph_scope_work *work, const struct ph_entity_key *reader,
			 struct ph_sites *out)
{
	struct ph_keyset cards = { 0 }, copies = { 0 };
	int rc = ph_scope_collect(work, ph_scope_cards_of_reader, ph_key_view(reader),
				  PH_ENTITY_CARD, &cards);

	for (size_t i = 0; rc == 0 && i < cards.n; i++) {
		rc = ph_scope_collect(work, ph_scope_copies_of_card,
				      ph_key_view(&cards.keys[i]), PH_ENTITY_COPY,
				      &copies);
	}
	rc = rc != 0 ? rc : add_sites_of(work, &copies, out);
	ph_keyset_deinit(&cards);
	ph_keyset_deinit(&copies);
	return rc;
}

/* The sites in whose commune READER lives. */
static int add_neighbours(struct ph_scope_work *work, const struct ph_entity_key *reader,
			  struct ph_sites *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(work->ledger->db,
			       "SELECT c.site FROM scope_reader r JOIN scope_commune c"
			       " ON c.commune = r.commune WHERE r.id = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(reader));
	return ph_sites_read(out, stmt);
}

/* OUT without the sites that keep no register of readers. */
static int drop_registerless(struct ph_ledger *ledger, struct ph_sites *out)
{
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < out->n; i++) {
		bool keeps = true;

		rc = ph_scope_keeps_readers(ledger, out->list[i], &keeps);
		if (keeps) {
			out->list[n++] = out->list[i];
		}
	}
	out->n = rc == 0 ? n : out->n;
	return rc;
}

/* What READER says by itself. */
static int find_reader(struct ph_scope_work *work, const struct ph_entity_key *reader,
		       struct ph_sites *out)
{
	int rc = add_neighbours(work, reader, out);

	return rc != 0 ? rc : add_creditors(work, reader, out);
}

int ph_scope_reader(struct ph_ledger *ledger, const struct ph_entity_key *key,
		    struct ph_sites *out)
{
	struct ph_scope_work work = { .ledger = ledger };
	int rc;

	out->n = 0;
	rc = find_reader(&work, key, out);
	return rc != 0 ? rc : drop_registerless(ledger, out);
}

/* The sites of each of CLASS, which are those of all of it. */
static int find_readers(struct ph_scope_work *work, const struct ph_keyset *class,
			struct ph_sites *out)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < class->n; i++) {
		rc = find_reader(work, &class->keys[i], out);
	}
	return rc != 0 ? rc : drop_registerless(work->ledger, out);
}

/* What all facts of a class say together no member may say alone. */
static int shown_sites(struct ph_ledger *ledger, const struct ph_entity_key *key,
		       struct ph_sites *out)
{
	struct ph_copy_class shown;
	struct ph_copy_gist gist;
	int rc = ph_copy_class_load(ledger, key, &shown);

	if (rc != 0) {
		return rc == PH_LEDGER_E_NONE ? 0 : rc;
	}
	rc = ph_copy_gist_of(&shown.copy, &gist);
	rc = rc != 0 ? rc : add_gist(&gist, out);
	ph_copy_class_deinit(&shown);
	return rc;
}

static int find_copies(struct ph_scope_work *work, const struct ph_keyset *class,
		       struct ph_sites *out)
{
	size_t inside = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < class->n; i++) {
		struct ph_copy_gist gist;
		bool outside;

		rc = ph_derive_outside(work->ledger, &class->keys[i], &outside);
		if (rc == 0 && !outside) {
			inside++;
			rc = ph_copy_gist(work->ledger, &class->keys[i], &gist);
			rc = rc != 0 ? rc : add_gist(&gist, out);
		}
	}
	if (rc == 0 && class->n > 1 && inside == class->n) {
		rc = shown_sites(work->ledger, &class->keys[0], out);
	}
	return rc;
}

/* The sites of the copies of TITLE's class. */
static int add_holders(struct ph_scope_work *work, const struct ph_keyset *class,
		       struct ph_sites *out)
{
	struct ph_keyset copies = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < class->n; i++) {
		rc = ph_scope_collect(work, ph_scope_copies_of_title,
				      ph_key_view(&class->keys[i]), PH_ENTITY_COPY,
				      &copies);
	}
	rc = rc != 0 ? rc : add_sites_of(work, &copies, out);
	ph_keyset_deinit(&copies);
	return rc;
}

/* Where a hold was placed and is to be picked up. */
static int hold_ends(struct ph_scope_work *work, const struct ph_entity_key *key,
		     struct ph_sites *out, struct ph_entity_key *title,
		     struct ph_entity_key *copy)
{
	struct ph_hold hold;
	int rc = ph_scope_state(work, key);

	memset(title, 0, sizeof(*title));
	memset(copy, 0, sizeof(*copy));
	if (rc != 0 || work->state.len == 0) {
		return rc;
	}
	rc = ph_hold_decode(ph_buf_view(&work->state), &hold);
	if (rc != 0) {
		return rc;
	}
	if (hold.placed) {
		rc = ph_sites_add(out, hold.pickup);
		rc = rc != 0 ? rc : ph_sites_add(out, hold.site);
	}
	if (hold.placed && !hold.is_cancelled && !hold.is_filled) {
		if (hold.has_title) {
			*title = ph_key_ref(PH_ENTITY_TITLE, &hold.title);
		}
		if (hold.has_copy) {
			(void)ph_key_id(PH_ENTITY_COPY, &hold.copy, copy);
		}
	}
	ph_hold_deinit(&hold);
	return rc;
}

static int find_titles(struct ph_scope_work *work, const struct ph_keyset *class,
		       struct ph_sites *out)
{
	struct ph_keyset holds = { 0 };
	struct ph_entity_key title, copy;
	int rc = add_holders(work, class, out);

	for (size_t i = 0; rc == 0 && i < class->n; i++) {
		rc = ph_scope_collect(work, ph_scope_holds_of_title,
				      ph_key_view(&class->keys[i]), PH_ENTITY_HOLD,
				      &holds);
	}
	for (size_t i = 0; rc == 0 && i < holds.n; i++) {
		rc = hold_ends(work, &holds.keys[i], out, &title, &copy);
	}
	ph_keyset_deinit(&holds);
	return rc;
}

/* All of a class concerns the same sites, which are found once for all that follow. */
static int find_class(struct ph_scope_work *work, const struct ph_entity_key *key,
		      struct ph_sites *out)
{
	struct ph_keyset *class = &work->found;
	struct ph_sites *sites = &work->found_sites;
	int rc = 0;

	if (!ph_keyset_has(class, key)) {
		ph_keyset_clear(class);
		sites->n = 0;
		rc = ph_scope_class(work, key, class);
		rc = rc != 0                        ? rc
		     : key->type == PH_ENTITY_COPY  ? find_copies(work, class, sites)
		     : key->type == PH_ENTITY_TITLE ? find_titles(work, class, sites)
						    : find_readers(work, class, sites);
	}
	for (size_t i = 0; rc == 0 && i < sites->n; i++) {
		rc = ph_sites_add(out, sites->list[i]);
	}
	return rc;
}

static int find_hold(struct ph_scope_work *work, const struct ph_entity_key *key,
		     struct ph_sites *out)
{
	struct ph_entity_key title, copy;
	int rc = hold_ends(work, key, out, &title, &copy);

	if (rc == 0 && title.type != 0) {
		rc = ph_scope_load(work->ledger, &title, out);
	}
	if (rc == 0 && copy.type != 0) {
		rc = ph_scope_load(work->ledger, &copy, out);
	}
	return rc;
}

static int find_card(struct ph_scope_work *work, const struct ph_entity_key *key,
		     struct ph_sites *out)
{
	struct ph_keyset readers = { 0 };
	int rc = ph_scope_collect(work, ph_scope_readers_of_card, ph_key_view(key),
				  PH_ENTITY_READER, &readers);

	rc = rc != 0 ? rc : add_sites_of(work, &readers, out);
	ph_keyset_deinit(&readers);
	return rc;
}

int ph_scope_find(struct ph_scope_work *work, const struct ph_entity_key *key,
		  struct ph_sites *out)
{
	struct ph_entity_key card;
	bool outside;
	int rc = ph_derive_outside(work->ledger, key, &outside);

	out->n = 0;
	if (rc != 0 || outside) {
		return rc;
	}
	if (key->type == PH_ENTITY_COPY) {
		return find_class(work, key, out);
	}
	rc = ph_scope_state(work, key);
	if (rc != 0 || work->state.len == 0) {
		return rc;
	}
	switch (key->type) {
	case PH_ENTITY_TITLE:
	case PH_ENTITY_READER:
		return find_class(work, key, out);
	case PH_ENTITY_HOLD:
		return find_hold(work, key, out);
	case PH_ENTITY_CARD:
		return find_card(work, key, out);
	case PH_ENTITY_CRATE:
		return crate_sites(work->ledger, ph_buf_view(&work->state), out);
	case PH_ENTITY_WORKER:
		return worker_sites(ph_buf_view(&work->state), out);
	case PH_ENTITY_ACCOUNT:
		card = ph_scope_with_type(key, PH_ENTITY_CARD);
		rc = account_sites(work, key, out);
		return rc != 0 ? rc : ph_scope_load(work->ledger, &card, out);
	default:
		return 0;
	}
}

int ph_scope_joined(struct ph_ledger *ledger, const struct ph_entity_key *key,
		    struct ph_keyset *members, struct ph_buf *state)
{
	struct ph_copy_class shown;
	int rc = ph_copy_class_load(ledger, key, &shown);

	if (rc != 0) {
		return rc;
	}
	rc = ph_buf_put_view(state, ph_buf_view(&shown.state));
	for (size_t i = 0; rc == 0 && i < shown.members.n; i++) {
		rc = ph_keyset_add(members, &shown.members.keys[i]);
	}
	ph_copy_class_deinit(&shown);
	return rc;
}

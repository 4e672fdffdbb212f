/*
 * common/ledger/derive.c - what is computed behind the states, in its order.
 *
 * While the states of a batch are written, each dirty entity rewrites its own rows and
 * says to what it is joined. Then the classes are found; what is not a root shows
 * nothing of its own; and each root that changed shows what its class says together.
 */
#include "common/ledger/derive.h"

#include <string.h>

#include "common/ledger/cases_find.h"
#include "common/ledger/class.h"
#include "common/ledger/fed.h"
#include "common/ledger/record.h"
#include "common/ledger/store.h"

void ph_derived_clear(struct ph_derived *derived)
{
	ph_keyset_clear(&derived->seeds);
	ph_keyset_clear(&derived->changed);
	ph_keyset_clear(&derived->roots);
	ph_keyset_clear(&derived->cases);
	ph_keyset_clear(&derived->acts);
	ph_keyset_clear(&derived->asking);
	ph_keyset_clear(&derived->subjects);
	ph_keyset_clear(&derived->groups);
}

void ph_derived_deinit(struct ph_derived *derived)
{
	ph_keyset_deinit(&derived->seeds);
	ph_keyset_deinit(&derived->changed);
	ph_keyset_deinit(&derived->roots);
	ph_keyset_deinit(&derived->cases);
	ph_keyset_deinit(&derived->acts);
	ph_keyset_deinit(&derived->asking);
	ph_keyset_deinit(&derived->subjects);
	ph_keyset_deinit(&derived->groups);
	ph_keyset_deinit(&derived->edges);
	ph_keyset_deinit(&derived->scratch);
}

int ph_derive_outside(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      bool *outside_out)
{
	struct ph_db *fed = ledger->config.fed;

	*outside_out = false;
	return fed == NULL
		       ? 0
		       : ph_fed_is_outside(fed, key->type, ph_key_view(key), outside_out);
}

int ph_derive_run(struct ph_ledger *ledger, const char *sql,
		  const struct ph_entity_key *key)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	return ph_stmt_run(stmt);
}

int ph_derive_first(struct ph_ledger *ledger, const char *sql,
		    const struct ph_entity_key *key, const struct ph_record *record)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	if (record->has_first) {
		ph_stmt_int(stmt, 2, (int64_t)record->site);
		ph_stmt_int(stmt, 3, record->second);
	} else {
		ph_stmt_null(stmt, 2);
		ph_stmt_null(stmt, 3);
	}
	rc = ph_stmt_run(stmt);
	return rc != 0 || ph_db_changes(ledger->db) == 0 ? rc
							 : ph_class_touch(ledger, key);
}

int ph_derive(struct ph_ledger *ledger, const struct ph_entity_key *key,
	      struct ph_view state)
{
	switch (key->type) {
	case PH_ENTITY_COPY:
		return ph_derive_copy(ledger, key, state);
	case PH_ENTITY_CARD:
		return ph_derive_card(ledger, key, state);
	case PH_ENTITY_READER:
		return ph_derive_reader(ledger, key, state);
	case PH_ENTITY_TITLE:
		return ph_derive_title(ledger, key, state);
	case PH_ENTITY_HOLD:
		return ph_derive_hold(ledger, key, state);
	case PH_ENTITY_CRATE:
		return ph_cases_of_crate(ledger, key, state);
	case PH_ENTITY_LOG:
	case PH_ENTITY_DEVICE:
	case PH_ENTITY_INVITE:
		return ph_keyset_add(&ledger->batch.derived.subjects, key);
	case PH_ENTITY_CASE:
		return ph_cases_decided(ledger, key);
	default:
		return 0;
	}
}

static int hide(struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	switch (key->type) {
	case PH_ENTITY_TITLE:
		return ph_derive_title_hide(ledger, key);
	case PH_ENTITY_COPY:
		return ph_derive_copy_hide(ledger, key);
	default:
		return 0;
	}
}

static int show(struct ph_ledger *ledger, const struct ph_entity_key *root)
{
	switch (root->type) {
	case PH_ENTITY_TITLE:
		return ph_derive_title_root(ledger, root);
	case PH_ENTITY_COPY:
		return ph_derive_copy_root(ledger, root);
	default:
		return 0;
	}
}

/*
 * Copies that did not change, but whose cases depend on what did. Those of a reader are
 * those of all its class: they are asked for once, by its root.
 */
static int show_asked(struct ph_ledger *ledger)
{
	struct ph_derived *derived = &ledger->batch.derived;
	size_t n = derived->roots.n;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < derived->changed.n; i++) {
		const struct ph_entity_key *key = &derived->changed.keys[i];

		rc = key->type == PH_ENTITY_READER
			     ? 0
			     : ph_cases_asked_by(ledger, key, &derived->roots);
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct ph_entity_key root = derived->roots.keys[i];

		rc = root.type != PH_ENTITY_READER
			     ? 0
			     : ph_cases_asked_by(ledger, &root, &derived->roots);
	}
	for (size_t i = 0; rc == 0 && i < derived->asking.n; i++) {
		rc = ph_cases_asked_by(ledger, &derived->asking.keys[i], &derived->roots);
	}
	for (size_t i = n; rc == 0 && i < derived->roots.n; i++) {
		rc = show(ledger, &derived->roots.keys[i]);
	}
	return rc;
}

static struct ph_entity_key key_of(enum ph_entity type, const uint8_t id[static 16])
{
	struct ph_entity_key key = { .type = (uint8_t)type, .len = 16 };

	memcpy(key.id, id, 16);
	return key;
}

/* The log LOG_ID is looked at again, and its device, if any was ever cut. */
static int note_log(struct ph_ledger *ledger, const uint8_t log_id[static 16])
{
	struct ph_keyset *subjects = &ledger->batch.derived.subjects;
	struct ph_entity_key key = key_of(PH_ENTITY_LOG, log_id);
	struct ph_log log;
	int rc = ph_keyset_add(subjects, &key);

	if (rc != 0 || ledger->n_cuts == 0) {
		return rc;
	}
	rc = ph_journal_log_find(ledger->journal, log_id, &log);
	if (rc != 0) {
		return rc < 0 ? rc : 0; /* looked at when it comes */
	}
	key = key_of(PH_ENTITY_DEVICE, log.device_id);
	return ph_keyset_add(subjects, &key);
}

/* Logs that have grown, were judged anew, or are cut elsewhere than before. */
static int note_logs(struct ph_ledger *ledger)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ledger->batch.n_marks; i++) {
		rc = note_log(ledger, ledger->batch.marks[i].log_id);
	}
	for (size_t i = 0; rc == 0 && i < ledger->n_moved; i++) {
		rc = note_log(ledger, ledger->cursors[ledger->moved[i]].id);
	}
	return rc;
}

static int find_cases(struct ph_ledger *ledger)
{
	struct ph_keyset *subjects = &ledger->batch.derived.subjects;
	int rc = note_logs(ledger);

	for (size_t i = 0; rc == 0 && i < subjects->n; i++) {
		const struct ph_entity_key *key = &subjects->keys[i];

		rc = key->type == PH_ENTITY_LOG      ? ph_cases_of_log(ledger, key)
		     : key->type == PH_ENTITY_DEVICE ? ph_cases_of_device(ledger, key)
						     : ph_cases_of_invite(ledger, key);
	}
	return rc != 0 ? rc : ph_cases_match(ledger);
}

int ph_derive_finish(struct ph_ledger *ledger)
{
	struct ph_derived *derived = &ledger->batch.derived;
	int rc = ph_class_settle(ledger);

	for (size_t i = 0; rc == 0 && i < derived->changed.n; i++) {
		const struct ph_entity_key *key = &derived->changed.keys[i];
		struct ph_entity_key root;

		rc = ph_class_root(ledger, key, &root);
		if (rc == 0 && ph_key_compare(&root, key) != 0) {
			rc = hide(ledger, key);
		}
		rc = rc != 0 ? rc : ph_keyset_add(&derived->roots, &root);
	}
	for (size_t i = 0; rc == 0 && i < derived->roots.n; i++) {
		rc = show(ledger, &derived->roots.keys[i]);
	}
	rc = rc != 0 ? rc : show_asked(ledger);
	return rc != 0 ? rc : find_cases(ledger);
}

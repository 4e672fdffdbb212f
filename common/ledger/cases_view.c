/* common/ledger/cases_view.c - cases as JSON. */
#include "common/ledger/cases_view.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/naming.h"
#include "common/ledger/store.h"

#define REF_SIZE 32

/* What an anchor of kind KIND is made of. */
static json_t *anchor_json(const struct ph_case_row *row)
{
	struct ph_view anchor = PH_VIEW(row->anchor, row->anchor_len);
	struct ph_show show = ph_show_begin();
	struct ph_ref ref, other;
	struct ph_id id;
	json_t *json;

	switch (row->kind) {
	case PH_CASE_TWO_TITLES:
	case PH_CASE_CRATE_COUNT:
		ph_show_set(&show, "anchor",
			    ph_key_get_id(anchor, &id) ? ph_show_id_json(&id) : NULL);
		break;
	case PH_CASE_SAME_READER:
	case PH_CASE_SAME_TITLE:
	case PH_CASE_ERASED_MERGED:
		ph_show_set(&show, "anchor",
			    anchor.len == (size_t)2 * REF_SIZE &&
					    ph_key_get_ref(PH_VIEW(anchor.data, REF_SIZE),
							   &ref) &&
					    ph_key_get_ref(PH_VIEW(anchor.data + REF_SIZE,
								   REF_SIZE),
							   &other)
				    ? json_pack("[o,o]", ph_show_ref_json(&ref),
						ph_show_ref_json(&other))
				    : NULL);
		break;
	default:
		if (ph_key_get_ref(anchor, &ref)) {
			ph_show_ref(&show, "anchor", &ref);
		} else {
			ph_show_hex(&show, "anchor", anchor);
		}
	}
	json = show.failed ? NULL : json_incref(json_object_get(show.object, "anchor"));
	json_decref(show.object);
	return json;
}

static int show_copy(struct ph_ledger *ledger, struct ph_show *show,
		     const struct ph_entity_key *key)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, "SELECT title FROM ledger_copy WHERE id = ?1",
			       &stmt);

	ph_name_id(show, "copy", ph_key_view(key));
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		rc = ph_name_title(ledger, show, ph_stmt_col_blob(stmt, 0));
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int show_subject(struct ph_ledger *ledger, struct ph_show *show,
			const struct ph_entity_key *subject)
{
	struct ph_view id = ph_key_view(subject);

	switch (subject->type) {
	case PH_ENTITY_COPY:
		return show_copy(ledger, show, subject);
	case PH_ENTITY_CRATE:
		ph_name_id(show, "crate", id);
		return 0;
	case PH_ENTITY_TITLE:
		ph_name_ref(show, "title", id);
		return ph_name_title(ledger, show, id);
	case PH_ENTITY_READER:
		ph_name_ref(show, "reader", id);
		return 0;
	case PH_ENTITY_LOG:
		ph_show_hex(show, "log", id);
		return 0;
	case PH_ENTITY_INVITE:
		ph_show_hex(show, "invite", id);
		return 0;
	case PH_ENTITY_DEVICE:
		ph_show_hex(show, "device", id);
		return 0;
	default:
		return 0;
	}
}

static int show_sites(struct ph_ledger *ledger, struct ph_show *show,
		      const struct ph_case_row *row)
{
	json_t *sites = json_array();
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < row->n_sites; i++) {
		struct ph_show one = ph_show_begin();

		ph_show_number(&one, "site", row->sites[i]);
		rc = ph_name_site(ledger, &one, "name", row->sites[i]);
		if (rc == 0) {
			rc = ph_show_append(sites, ph_show_end(&one));
		} else {
			json_decref(one.object);
		}
	}
	ph_show_set(show, "sites", sites);
	return rc;
}

static void show_refs(struct ph_show *show, const struct ph_case_row *row)
{
	json_t *refs = json_array();

	for (size_t i = 0; i < row->n_refs; i++) {
		if (ph_show_append(refs, ph_show_ref_json(&row->refs[i])) != 0) {
			show->failed = true;
		}
	}
	ph_show_set(show, "facts", refs);
}

int ph_case_show(struct ph_ledger *ledger, const struct ph_case_row *row, json_t **out)
{
	struct ph_show show = ph_show_begin();
	const char *name = ph_case_name(row->kind);
	char text[PH_CASE_TEXT];
	int rc = ph_case_short(ledger, row->id, text);

	if (rc != 0) {
		json_decref(show.object);
		return rc;
	}
	ph_show_set(&show, "case", json_string(name != NULL ? name : "unknown"));
	ph_show_hex(&show, "id", PH_VIEW(row->id, sizeof row->id));
	ph_show_set(&show, "short", json_string(text));
	ph_show_set(&show, "status", json_string(ph_case_status_name(row->status)));
	ph_show_set(&show, "anchor", anchor_json(row));
	ph_show_time(&show, "time", row->second);
	rc = show_subject(ledger, &show, &row->subject);
	rc = rc != 0 ? rc : show_sites(ledger, &show, row);
	show_refs(&show, row);
	ph_show_hex(&show, "digest", PH_VIEW(row->facts, sizeof row->facts));
	if (rc != 0) {
		json_decref(show.object);
		return rc;
	}
	return ph_show_done(&show, out);
}

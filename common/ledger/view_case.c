/*
 * common/ledger/view_case.c - all there is to see of a case.
 *
 * A case is in the tables here, or was fed by the hub; one that is gone is known by what
 * was decided about it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/cases_choice.h"
#include "common/ledger/cases_view.h"
#include "common/ledger/cases_site.h"
#include "common/ledger/show.h"
#include "common/ledger/store.h"
#include "common/ledger/story.h"

/* --- facts --- */

static int show_stories(struct ph_ledger *ledger, struct ph_show *show,
			const struct ph_case_row *row)
{
	json_t *list = json_array();
	int rc = list == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < row->n_refs; i++) {
		json_t *story = NULL;

		rc = ph_story(ledger, &row->refs[i], &story);
		rc = rc != 0 ? rc : ph_show_append(list, story);
	}
	if (rc != 0) {
		json_decref(list);
		return rc;
	}
	ph_show_set(show, "facts", list);
	return 0;
}

/* --- decisions --- */

/* What was written to carry DECISION out, if it says so. */
static int show_written(struct ph_ledger *ledger, struct ph_show *show,
			const struct ph_decision *decision)
{
	json_t *story = NULL, *written;
	int rc = ph_story(ledger, &decision->entry, &story);

	if (rc != 0) {
		return rc;
	}
	written = json_object_get(json_object_get(story, "entry"), "entries");
	if (written != NULL) {
		ph_show_set(show, "entries", json_incref(written));
	}
	json_decref(story);
	return 0;
}

/* CHOICE, and what it means if ROW says of what; NULL: that is gone. */
static void name_choice(struct ph_show *show, unsigned choice,
			const struct ph_case_row *row)
{
	const char *name = ph_case_choice_name(choice);
	const char *means = row != NULL ? ph_case_choice_doc(row->kind, choice) : NULL;

	ph_show_set(show, "choice", json_string(name != NULL ? name : "unknown"));
	if (means != NULL) {
		ph_show_set(show, "means", json_string(means));
	}
}

static int show_decision(struct ph_ledger *ledger, json_t *list,
			 const struct ph_decision *decision,
			 const struct ph_case_row *row)
{
	struct ph_show show = ph_show_begin();
	int rc;

	name_choice(&show, (unsigned)decision->choice, row);
	ph_show_ref(&show, "by", &decision->entry);
	ph_show_time(&show, "time", decision->second);
	ph_show_set(&show, "fits",
		    json_boolean(row != NULL && memcmp(decision->facts, row->facts,
						       PH_CASE_FACTS_SIZE) == 0));
	rc = show_written(ledger, &show, decision);
	if (rc != 0) {
		json_decref(show.object);
		return rc;
	}
	return ph_show_append(list, ph_show_end(&show));
}

/* What was decided, as far as the hub tells a site: its entry is not here. */
static int show_told(json_t *list, const struct ph_case_row *row)
{
	struct ph_show show = ph_show_begin();

	name_choice(&show, row->told, row);
	ph_show_set(&show, "fits", json_boolean(row->status == PH_CASE_DECIDED));
	ph_show_set(&show, "vouched", json_string("hub"));
	return ph_show_append(list, ph_show_end(&show));
}

/* *ANY_OUT: something was decided once. ROW NULL: the case is gone. */
static int show_decisions(struct ph_ledger *ledger, struct ph_show *show,
			  const uint8_t *id, const struct ph_case_row *row, bool *any_out)
{
	struct ph_case_state decided = { 0 };
	struct ph_buf state = { 0 };
	json_t *list = json_array();
	int rc = list == NULL ? -ENOMEM
			      : ph_ledger_get(ledger, PH_ENTITY_CASE,
					      PH_VIEW(id, PH_CASE_ID_SIZE), &state);

	rc = rc != 0 ? rc : ph_case_state_decode(ph_buf_view(&state), &decided);
	for (size_t i = 0; rc == 0 && i < decided.n_decisions; i++) {
		rc = show_decision(ledger, list, &decided.decisions[i], row);
	}
	if (rc >= 0 && row != NULL && row->is_told) {
		rc = show_told(list, row);
	}
	*any_out = decided.n_decisions > 0;
	ph_case_state_deinit(&decided);
	ph_buf_deinit(&state);
	ph_show_set(show, "decisions", list);
	return rc < 0 ? rc : 0;
}

/* --- choices --- */

static int show_choice(struct ph_ledger *ledger, json_t *list,
		       const struct ph_case_row *row, unsigned choice)
{
	struct ph_show show = ph_show_begin();
	const char *wants;
	json_t *writes = NULL;
	int rc = ph_case_plan(ledger, row, choice, NULL, &writes, &wants);

	ph_show_set(&show, "choice", json_string(ph_case_choice_name(choice)));
	ph_show_set(&show, "means", json_string(ph_case_choice_doc(row->kind, choice)));
	if (rc == 0) {
		ph_show_set(&show, "writes", writes);
	} else if (rc > 0 && wants != NULL) {
		ph_show_set(&show, "needs", json_string(wants));
	}
	if (rc < 0) {
		json_decref(show.object);
		return rc;
	}
	return ph_show_append(list, ph_show_end(&show));
}

static int show_choices(struct ph_ledger *ledger, struct ph_show *show,
			const struct ph_case_row *row)
{
	unsigned choices[PH_CASE_CHOICES_MAX];
	size_t n = ph_case_choices(row->kind, choices);
	json_t *list = json_array();
	int rc = list == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = show_choice(ledger, list, row, choices[i]);
	}
	if (rc != 0) {
		json_decref(list);
		return rc;
	}
	ph_show_set(show, "choices", list);
	return 0;
}

/* --- the whole --- */

static int view_row(struct ph_ledger *ledger, const struct ph_case_row *row, bool fed,
		    json_t **out)
{
	struct ph_show show = { 0 };
	bool any;
	int rc = ph_case_show(ledger, row, &show.object);

	rc = rc != 0 ? rc : show_stories(ledger, &show, row);
	rc = rc != 0 ? rc : show_decisions(ledger, &show, row->id, row, &any);
	if (rc == 0 && fed) {
		ph_show_set(&show, "vouched", json_string("hub"));
	} else if (rc == 0 && ledger->config.hub != NULL) {
		rc = show_choices(ledger, &show, row);
	}
	if (rc != 0) {
		json_decref(show.object);
		return rc;
	}
	return ph_show_done(&show, out);
}

static int view_gone(struct ph_ledger *ledger, const uint8_t *id, json_t **out)
{
	struct ph_show show = ph_show_begin();
	bool any;
	int rc = show_decisions(ledger, &show, id, NULL, &any);

	if (rc == 0 && !any) {
		rc = PH_LEDGER_E_NONE;
	}
	if (rc != 0) {
		json_decref(show.object);
		return rc;
	}
	ph_show_hex(&show, "id", PH_VIEW(id, PH_CASE_ID_SIZE));
	ph_show_set(&show, "status", json_string(ph_case_status_name(PH_CASE_GONE)));
	return ph_show_done(&show, out);
}

int ph_view_case(struct ph_ledger *ledger, const uint8_t id[static PH_CASE_ID_SIZE],
		 json_t **out)
{
	struct ph_case_row row;
	bool fed;
	int rc = ph_site_case_get(ledger, id, &row, &fed);

	if (rc == PH_LEDGER_E_NONE) {
		return view_gone(ledger, id, out);
	}
	if (rc != 0) {
		return rc;
	}
	rc = view_row(ledger, &row, fed, out);
	ph_case_row_deinit(&row);
	return rc;
}

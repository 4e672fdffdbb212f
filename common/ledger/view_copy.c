/*
 * common/ledger/view_copy.c - a copy as JSON: the class that it belongs to, as one copy.
 */
#include <errno.h>

#include "common/ledger/cases.h"
#include "common/ledger/class.h"
#include "common/ledger/copy_class.h"
#include "common/ledger/naming.h"
#include "common/ledger/view.h"

static void show_custody(struct ph_show *show, const struct ph_copy *copy)
{
	static const char *const names[] = { "unknown", "site", "reader", "crate" };
	struct ph_show custody = ph_show_begin();

	ph_show_set(&custody, "at", json_string(names[copy->custody]));
	if (copy->custody == PH_CUSTODY_CRATE) {
		ph_show_id(&custody, "crate", &copy->in_crate);
		ph_show_number(&custody, "from", copy->at_site);
		ph_show_number(&custody, "to", copy->to_site);
	} else if (copy->custody != PH_CUSTODY_UNKNOWN) {
		ph_show_number(&custody, "site", copy->at_site);
	}
	if (copy->custody != PH_CUSTODY_UNKNOWN) {
		ph_show_time(&custody, "since", copy->since);
		ph_show_ref(&custody, "by", &copy->custody_by);
	}
	if (copy->custody == PH_CUSTODY_READER) {
		ph_show_id(&custody, "card", &copy->at_card);
	}
	ph_show_set(show, "custody", ph_show_end(&custody));
}

/* Append what ONE became to LIST, or remember that there was no memory. */
static void add(struct ph_show *show, json_t *list, struct ph_show *one)
{
	if (ph_show_append(list, ph_show_end(one)) != 0) {
		show->failed = true;
	}
}

static void show_loans(struct ph_show *show, const struct ph_copy *copy)
{
	json_t *loans = json_array();

	for (size_t i = 0; i < copy->n_loans; i++) {
		if (ph_show_append(loans, ph_show_loan(&copy->loans[i])) != 0) {
			show->failed = true;
		}
	}
	ph_show_set(show, "loans", loans);
}

static void show_condition(struct ph_show *show, const struct ph_copy *copy)
{
	static const char *const names[] = { NULL, "missing", "lost", "damaged",
					     "withdrawn" };
	const struct ph_field *degree =
		&ph_kind_find(PH_KIND_DAMAGED)->fields[PH_DAMAGED_DEGREE];
	struct ph_show condition = ph_show_begin();

	for (unsigned key = PH_CONDITION_MISSING; key <= PH_CONDITION_WITHDRAWN; key++) {
		const struct ph_copy_condition *item = &copy->condition[key];
		struct ph_show one = ph_show_begin();

		ph_show_ref(&one, "by", &item->by);
		if (key == PH_CONDITION_MISSING) {
			ph_show_number(&one, "site", item->site);
		} else if (key == PH_CONDITION_LOST) {
			ph_show_ref(&one, "loan", &item->loan);
		} else if (key == PH_CONDITION_DAMAGED && item->degree.set &&
			   item->degree.value < degree->max) {
			ph_show_set(&one, "degree",
				    json_string(degree->names[item->degree.value]));
		} else if (key == PH_CONDITION_WITHDRAWN) {
			ph_show_text(&one, "decision", item->decision);
		}
		if (item->set) {
			ph_show_set(&condition, names[key], ph_show_end(&one));
		} else {
			json_decref(one.object);
		}
	}
	/* what could not be shown must not look like a copy with nothing wrong with it */
	if (condition.failed || json_object_size(condition.object) > 0) {
		ph_show_set(show, "condition", ph_show_end(&condition));
	} else {
		json_decref(condition.object);
	}
}

static void show_claims(struct ph_show *show, const struct ph_copy *copy)
{
	json_t *claims = copy->n_claims > 0 ? json_array() : NULL;

	for (size_t i = 0; i < copy->n_claims; i++) {
		struct ph_show one = ph_show_begin();

		ph_show_ref(&one, "hold", &copy->claims[i].hold);
		ph_show_ref(&one, "by", &copy->claims[i].by);
		ph_show_number(&one, "site", copy->claims[i].site);
		ph_show_time(&one, "time", copy->claims[i].second);
		add(show, claims, &one);
	}
	if (copy->n_claims > 0) {
		ph_show_set(show, "claims", claims);
	}
}

static void show_notices(struct ph_show *show, const struct ph_copy *copy)
{
	json_t *notices = copy->n_notices > 0 ? json_array() : NULL;

	for (size_t i = 0; i < copy->n_notices; i++) {
		const struct ph_copy_notice *notice = &copy->notices[i];
		struct ph_show one = ph_show_begin();

		ph_show_set(&one, "notice",
			    json_string(notice->kind == PH_NOTICE_HELD
						? "found-again"
						: "lent-though-withdrawn"));
		ph_show_ref(&one, "by", &notice->by);
		ph_show_ref(&one, "of", &notice->of);
		add(show, notices, &one);
	}
	if (copy->n_notices > 0) {
		ph_show_set(show, "notices", notices);
	}
}

/* --- cases --- */

struct cases {
	struct ph_show *show;
	json_t *array;
};

static int on_case(void *data, const struct ph_case_row *row)
{
	struct cases *cases = data;
	struct ph_show one = ph_show_begin();

	ph_show_set(&one, "case", json_string(ph_case_name(row->kind)));
	ph_show_hex(&one, "id", PH_VIEW(row->id, sizeof row->id));
	ph_show_set(&one, "status", json_string(ph_case_status_name(row->status)));
	ph_show_ref(&one, "anchor", &row->refs[row->n_refs - 1]);
	add(cases->show, cases->array, &one);
	return 0;
}

static int show_cases(struct ph_ledger *ledger, struct ph_show *show,
		      const struct ph_entity_key *root)
{
	struct cases cases = { .show = show, .array = json_array() };
	int rc = ph_cases_about(ledger, root, on_case, &cases);

	ph_show_set(show, "cases", cases.array);
	return rc;
}

/* --- the class --- */

/* Other codes of the same book, and which of them stands for it. */
static void show_class(struct ph_show *show, const struct ph_entity_key *key,
		       const struct ph_entity_key *root,
		       const struct ph_copy_class *shown)
{
	json_t *others = shown->members.n > 1 ? json_array() : NULL;

	if (ph_key_compare(key, root) != 0) {
		ph_name_id(show, "same_as", ph_key_view(root));
	}
	for (size_t i = 0; others != NULL && i < shown->members.n; i++) {
		struct ph_id id;

		if (ph_key_compare(&shown->members.keys[i], key) != 0 &&
		    (!ph_key_get_id(ph_key_view(&shown->members.keys[i]), &id) ||
		     ph_show_append(others, ph_show_id_json(&id)) != 0)) {
			show->failed = true;
		}
	}
	if (shown->members.n > 1) {
		ph_show_set(show, "same", others);
	}
}

int ph_view_copy(struct ph_ledger *ledger, const struct ph_id *id, json_t **out)
{
	struct ph_entity_key key, root, title_key;
	const struct ph_register *title;
	struct ph_copy_class shown;
	bool outside = false;
	int rc = ph_key_id(PH_ENTITY_COPY, id, &key)
			 ? ph_copy_class_load(ledger, &key, &shown)
			 : PH_LEDGER_E_NONE;

	if (rc != 0) {
		return rc;
	}

	struct ph_show show = ph_show_begin();

	rc = ph_class_root(ledger, &key, &root);
	title = ph_registers_get(&shown.copy.registers, PH_COPY_TITLE);
	ph_show_id(&show, "copy", id);
	if (rc == 0) {
		show_class(&show, &key, &root, &shown);
	}
	ph_show_set(&show, "known", json_boolean(shown.copy.registers.n > 0));
	ph_show_registers(&show, &shown.copy.registers, ph_kind_find(PH_KIND_COPY_PUT));
	if (rc == 0 && title != NULL) {
		title_key = ph_key_ref(PH_ENTITY_TITLE, &title->value.as.ref);
		rc = ph_name_title(ledger, &show, ph_key_view(&title_key));
	}
	show_custody(&show, &shown.copy);
	show_loans(&show, &shown.copy);
	ph_show_number(&show, "uses", shown.copy.uses);
	show_condition(&show, &shown.copy);
	show_claims(&show, &shown.copy);
	show_notices(&show, &shown.copy);
	rc = rc != 0 ? rc : show_cases(ledger, &show, &root);
	rc = rc != 0 ? rc : ph_derive_outside(ledger, &root, &outside);
	if (rc == 0 && outside) {
		ph_show_set(&show, "outside", json_true());
	}
	ph_copy_class_deinit(&shown);
	if (rc != 0) {
		json_decref(show.object);
		return rc;
	}
	return ph_show_done(&show, out);
}

/*
 * common/ledger/cases_choice.c - what can be decided of a case, and what carries it out.
 *
 * A decision only closes a case; what it means is written as ordinary entries beside it,
 * which count, and can be voided, like any others. Here they are drawn up; the hub writes
 * them.
 */
#include "common/ledger/cases_choice.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/class.h"
#include "common/ledger/copy_class.h"
#include "common/ledger/crate.h"
#include "common/ledger/show.h"
#include "common/ledger/store.h"

/* What a choice writes. */
enum deed {
	NOTHING,
	VOID_FIRST, /* the first of the facts */
	VOID_LAST,
	VOID_NAMED,   /* what the person names */
	RETURN_THERE, /* of the copy, at the site of the first fact */
	RETURN_AT,    /* of the copy, at the site that the person names */
	SIGHT_SHORT,  /* of what a crate is short, at such a site */
	MERGE,        /* all facts, which are first entries, with the first of them */
	MERGE_TITLES, /* the titles that the facts name */
	UNMERGE,      /* the merges among the facts */
};

struct choice {
	unsigned choice;
	enum deed deed;
	const char *doc;
};

#define TRUST                                                                            \
	{                                                                                \
		{ PH_CHOICE_GENUINE, NOTHING, "it is as it says; all of it counts" },    \
			{ PH_CHOICE_STOLEN, NOTHING,                                     \
			  "somebody else did it: cut the device with `packhorsed "       \
			  "cut`" },                                                      \
		{                                                                        \
			PH_CHOICE_SEEN, NOTHING, "noted; nothing follows"                \
		}                                                                        \
	}

static const struct choice choices[PH_CASE_KINDS][PH_CASE_CHOICES_MAX] = {
	[PH_CASE_TWO_PLACES] = { { PH_CHOICE_SEEN, NOTHING,
				   "both happened: the copy went from one place to the "
				   "other unrecorded" },
				 { PH_CHOICE_LATER, VOID_FIRST,
				   "the later loan is right; the earlier one was a "
				   "slip" },
				 { PH_CHOICE_EARLIER, VOID_LAST,
				   "the earlier loan is right; the later one was a "
				   "slip" },
				 { PH_CHOICE_RETURNED, RETURN_AT,
				   "the copy is back, at --site SITE" },
				 { PH_CHOICE_OTHER, VOID_NAMED,
				   "the entries named with --void are wrong" } },
	[PH_CASE_MAYBE_RETURNED] = { { PH_CHOICE_RETURNED, RETURN_THERE,
				       "the return came after the loan: the copy is "
				       "back" },
				     { PH_CHOICE_STILL_OUT, NOTHING,
				       "the loan came after the return: the reader has "
				       "the copy" },
				     { PH_CHOICE_OTHER, VOID_NAMED,
				       "the entries named with --void are wrong" } },
	[PH_CASE_LENT_IN_CRATE] = { { PH_CHOICE_LATER, NOTHING,
				      "the copy was lent, and not in the crate" },
				    { PH_CHOICE_EARLIER, VOID_LAST,
				      "the copy is in the crate; the loan was a slip" },
				    { PH_CHOICE_OTHER, VOID_NAMED,
				      "the entries named with --void are wrong" } },
	[PH_CASE_TWO_TITLES] = { { PH_CHOICE_SAME, MERGE_TITLES, "the titles are one" },
				 { PH_CHOICE_DIFFERENT, VOID_NAMED,
				   "the entry named with --void gave the copy a wrong "
				   "title" },
				 { PH_CHOICE_SEEN, NOTHING, "noted; nothing follows" } },
	[PH_CASE_CRATE_COUNT] = { { PH_CHOICE_FOUND, SIGHT_SHORT,
				    "what was short is found, at --site SITE" },
				  { PH_CHOICE_LOST, NOTHING,
				    "what was short is lost: it is on its way until it "
				    "is withdrawn" },
				  { PH_CHOICE_OTHER, VOID_NAMED,
				    "the entries named with --void are wrong" },
				  { PH_CHOICE_SEEN, NOTHING, "noted; nothing follows" } },
	[PH_CASE_SAME_READER] = { { PH_CHOICE_SAME, MERGE, "they are one reader" },
				  { PH_CHOICE_DIFFERENT, NOTHING,
				    "they are different readers" } },
	[PH_CASE_SAME_TITLE] = { { PH_CHOICE_SAME, MERGE, "they are one title" },
				 { PH_CHOICE_DIFFERENT, NOTHING,
				   "they are different titles" } },
	[PH_CASE_BLOCKED_CARD] = { { PH_CHOICE_SEEN, NOTHING, "the loan stands" },
				   { PH_CHOICE_RETURNED, RETURN_AT,
				     "the copy is back, at --site SITE" },
				   { PH_CHOICE_OTHER, VOID_NAMED,
				     "the entries named with --void are wrong" } },
	[PH_CASE_STAMP] = { { PH_CHOICE_SEEN, NOTHING, "the times count as judged" },
			    { PH_CHOICE_OTHER, NOTHING,
			      "it is judged anew, with a `clock-judge` of its own" } },
	[PH_CASE_RESTORED] = TRUST,
	[PH_CASE_CLONED] = TRUST,
	[PH_CASE_FORKED] = TRUST,
	[PH_CASE_INVITE_USED_TWICE] = TRUST,
	[PH_CASE_AFTER_CUT] = { { PH_CHOICE_STOLEN, NOTHING, "it stays cut" },
				{ PH_CHOICE_GENUINE, NOTHING,
				  "it is true: let it count with `packhorsed adopt`" },
				{ PH_CHOICE_SEEN, NOTHING, "noted; nothing follows" } },
	[PH_CASE_OPAQUE] = TRUST,
	[PH_CASE_FOREIGN_LOG] = TRUST,
	[PH_CASE_LATE_INVITE] = TRUST,
	[PH_CASE_ERASED_MERGED] = { { PH_CHOICE_SAME, NOTHING,
				      "they are one person: erase the other with "
				      "`packhorsed erase`" },
				    { PH_CHOICE_DIFFERENT, UNMERGE,
				      "they are two persons" },
				    { PH_CHOICE_SEEN, NOTHING,
				      "noted; nothing follows" } },
};

static const struct choice *find_choice(unsigned kind, unsigned choice)
{
	for (size_t i = 0; kind < PH_CASE_KINDS && i < PH_CASE_CHOICES_MAX; i++) {
		const struct choice *one = &choices[kind][i];

		if (one->doc != NULL && one->choice == choice) {
			return one;
		}
	}
	return NULL;
}

size_t ph_case_choices(unsigned kind, unsigned out[static PH_CASE_CHOICES_MAX])
{
	size_t n = 0;

	for (; kind < PH_CASE_KINDS && n < PH_CASE_CHOICES_MAX &&
	       choices[kind][n].doc != NULL;
	     n++) {
		out[n] = choices[kind][n].choice;
	}
	return n;
}

const char *ph_case_choice_doc(unsigned kind, unsigned choice)
{
	const struct choice *one = find_choice(kind, choice);

	return one == NULL ? NULL : one->doc;
}

static const struct ph_field *choice_field(void)
{
	return &ph_kind_find(PH_KIND_CASE_DECIDE)->fields[PH_DECIDE_CHOICE];
}

const char *ph_case_choice_name(unsigned choice)
{
	const struct ph_field *field = choice_field();

	return choice < field->max ? field->names[choice] : NULL;
}

int ph_case_choice_named(const char *name)
{
	return ph_field_enum(choice_field(), ph_view_str(name));
}

/* --- the entries --- */

static int add(json_t *list, json_t *entry)
{
	return entry == NULL || json_array_append_new(list, entry) != 0 ? -ENOMEM : 0;
}

static int add_void(json_t *list, const struct ph_ref *ref)
{
	return add(list, json_pack("{s:s,s:o,s:s}", "kind", "void", "target",
				   ph_show_ref_json(ref), "reason", "mistake"));
}

static int add_merge(json_t *list, bool titles, const struct ph_ref *a,
		     const struct ph_ref *b)
{
	return add(list, json_pack("{s:s,s:o,s:o}", "kind",
				   titles ? "title-merge" : "reader-merge",
				   titles ? "title" : "reader", ph_show_ref_json(a),
				   "other", ph_show_ref_json(b)));
}

static int add_at(json_t *list, const char *kind, struct ph_view copy, uint64_t site)
{
	struct ph_id id;

	if (!ph_key_get_id(copy, &id)) {
		return -EUCLEAN;
	}
	return add(list, json_pack("{s:s,s:o,s:I}", "kind", kind, "copy",
				   ph_show_id_json(&id), "behalf", (json_int_t)site));
}

/* --- what they follow from --- */

struct plan {
	struct ph_ledger *ledger;
	const struct ph_case_row *row;
	const struct ph_case_words *words;
	json_t *list;
};

static int return_there(struct plan *plan)
{
	const struct ph_case_row *row = plan->row;
	const struct ph_fact *fact;
	struct ph_copy_class shown;
	int rc = ph_copy_class_load(plan->ledger, &row->subject, &shown);

	if (rc != 0) {
		return rc;
	}
	rc = ph_copy_class_facts(plan->ledger, &shown);
	fact = rc != 0 ? NULL : ph_facts_find(&shown.facts, &row->refs[0]);
	if (rc == 0) {
		rc = fact == NULL ? -EUCLEAN
				  : add_at(plan->list, "return",
					   ph_key_view(&row->subject), fact->site);
	}
	ph_copy_class_deinit(&shown);
	return rc;
}

static int sight_short(struct plan *plan)
{
	struct ph_buf state = { 0 };
	struct ph_crate crate;
	int rc = ph_ledger_get(plan->ledger, PH_ENTITY_CRATE,
			       ph_key_view(&plan->row->subject), &state);

	rc = rc != 0 ? rc : ph_crate_decode(ph_buf_view(&state), &crate);
	if (rc == 0) {
		for (size_t i = 0; rc == 0 && i < crate.n_lacking; i++) {
			rc = add(plan->list,
				 json_pack("{s:s,s:o,s:s,s:I}", "kind", "sighting",
					   "copy", ph_show_id_json(&crate.lacking[i]),
					   "purpose", "found", "behalf",
					   (json_int_t)plan->words->site));
		}
		ph_crate_deinit(&crate);
	}
	ph_buf_deinit(&state);
	return rc;
}

static int merge_all(struct plan *plan)
{
	const struct ph_case_row *row = plan->row;
	int rc = 0;

	for (size_t i = 1; rc == 0 && i < row->n_refs; i++) {
		rc = add_merge(plan->list, row->kind == PH_CASE_SAME_TITLE, &row->refs[0],
			       &row->refs[i]);
	}
	return rc;
}

/* The title that the put REF of a copy names. */
static int title_of(struct ph_ledger *ledger, const struct ph_facts *facts,
		    const struct ph_ref *ref, struct ph_ref *title)
{
	const struct ph_fact *fact = ph_facts_find(facts, ref);
	int rc = fact == NULL ? -EUCLEAN : ph_fact_entry(fact, ledger->other);

	if (rc == 0) {
		*title = ledger->other->field[PH_COPY_TITLE].as.ref;
	}
	return rc;
}

static int merge_titles(struct plan *plan)
{
	const struct ph_case_row *row = plan->row;
	struct ph_keyset roots = { 0 };
	struct ph_copy_class shown;
	struct ph_ref first, title;
	int rc = ph_copy_class_load(plan->ledger, &row->subject, &shown);

	if (rc != 0) {
		return rc;
	}
	rc = ph_copy_class_facts(plan->ledger, &shown);
	for (size_t i = 0; rc == 0 && i < row->n_refs; i++) {
		struct ph_entity_key key, root;
		size_t n = roots.n;

		rc = title_of(plan->ledger, &shown.facts, &row->refs[i], &title);
		key = ph_key_ref(PH_ENTITY_TITLE, &title);
		rc = rc != 0 ? rc : ph_class_root(plan->ledger, &key, &root);
		rc = rc != 0 ? rc : ph_keyset_add(&roots, &root);
		if (rc == 0 && i == 0) {
			first = title;
		} else if (rc == 0 && roots.n > n) {
			rc = add_merge(plan->list, true, &first, &title);
		}
	}
	ph_keyset_deinit(&roots);
	ph_copy_class_deinit(&shown);
	return rc;
}

static int unmerge(struct plan *plan)
{
	struct ph_facts facts = { 0 };
	json_t *merges = json_array();
	int rc = merges == NULL
			 ? -ENOMEM
			 : ph_facts_load(plan->ledger, &plan->row->subject, 1, &facts);

	for (size_t i = 0; rc == 0 && i < plan->row->n_refs; i++) {
		const struct ph_fact *fact = ph_facts_find(&facts, &plan->row->refs[i]);

		rc = fact == NULL ? 0 : ph_fact_entry(fact, plan->ledger->other);
		if (rc == 0 && fact != NULL &&
		    plan->ledger->other->number == PH_KIND_READER_MERGE) {
			rc = ph_show_append(merges, ph_show_ref_json(&fact->ref));
		}
	}
	ph_facts_deinit(&facts);
	if (rc != 0) {
		json_decref(merges);
		return rc;
	}
	return add(plan->list,
		   json_pack("{s:s,s:o}", "kind", "reader-unmerge", "merges", merges));
}

static int carry_out(struct plan *plan, enum deed deed)
{
	const struct ph_case_row *row = plan->row;

	switch (deed) {
	case VOID_FIRST:
		return add_void(plan->list, &row->refs[0]);
	case VOID_LAST:
		return add_void(plan->list, &row->refs[row->n_refs - 1]);
	case RETURN_THERE:
		return return_there(plan);
	case RETURN_AT:
		return add_at(plan->list, "return", ph_key_view(&row->subject),
			      plan->words->site);
	case SIGHT_SHORT:
		return sight_short(plan);
	case MERGE:
		return merge_all(plan);
	case MERGE_TITLES:
		return merge_titles(plan);
	case UNMERGE:
		return unmerge(plan);
	case NOTHING:
	case VOID_NAMED:
		break;
	}
	return 0;
}

/* What DEED cannot do without; NULL: nothing. */
static const char *lacks(enum deed deed, const struct ph_case_words *words)
{
	if ((deed == RETURN_AT || deed == SIGHT_SHORT) && words->site == 0) {
		return "--site SITE";
	}
	return deed == VOID_NAMED && words->n_voids == 0 ? "--void REF" : NULL;
}

int ph_case_plan(struct ph_ledger *ledger, const struct ph_case_row *row, unsigned choice,
		 const struct ph_case_words *words, json_t **out, const char **wants)
{
	static const struct ph_case_words none = { 0 };
	const struct choice *one = find_choice(row->kind, choice);
	struct plan plan = { .ledger = ledger,
			     .row = row,
			     .words = words == NULL ? &none : words };
	int rc;

	*wants = one == NULL ? NULL : lacks(one->deed, plan.words);
	if (one == NULL || *wants != NULL || row->n_refs == 0) {
		return PH_LEDGER_E_NONE;
	}
	plan.list = json_array();
	rc = plan.list == NULL ? -ENOMEM : carry_out(&plan, one->deed);
	for (size_t i = 0; rc == 0 && i < plan.words->n_voids; i++) {
		rc = add_void(plan.list, &plan.words->voids[i]);
	}
	if (rc != 0) {
		json_decref(plan.list);
		return rc;
	}
	*out = plan.list;
	return 0;
}

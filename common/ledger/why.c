/*
 * common/ledger/why.c - from what a state shows to the signed entries behind it.
 *
 * Most of a state names the entry that gave it. Here these names are turned around: of
 * each entry it is said what of the state is its doing.
 */
#include "common/ledger/why.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/card.h"
#include "common/ledger/class.h"
#include "common/ledger/copy_class.h"
#include "common/ledger/copy_cut.h"
#include "common/ledger/record.h"
#include "common/ledger/show.h"
#include "common/ledger/store.h"
#include "common/ledger/story.h"

/* What of the state an entry gave. The texts are static. */
struct says {
	struct {
		struct ph_ref ref;
		const char *text;
	} * items;
	size_t n, cap;
};

static int say(struct says *says, const struct ph_ref *ref, const char *text)
{
	int rc = ph_state_grow((void **)&says->items, says->n, &says->cap,
			       sizeof *says->items);

	if (rc == 0) {
		says->items[says->n].ref = *ref;
		says->items[says->n++].text = text;
	}
	return rc;
}

static int say_registers(struct says *says, const struct ph_registers *registers,
			 const struct ph_kind *kind)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < registers->n; i++) {
		const struct ph_register *reg = &registers->items[i];
		bool sealed = reg->field >= PH_REGISTER_SEALED;
		unsigned at = sealed ? reg->field - PH_REGISTER_SEALED : reg->field;

		if (at < (sealed ? kind->n_sealed : kind->n_fields)) {
			rc = say(says, &reg->winner,
				 sealed ? kind->sealed[at].name : kind->fields[at].name);
		}
	}
	return rc;
}

static int say_loan(struct says *says, const struct ph_loan *loan)
{
	bool open = loan->closed == PH_CLOSED_OPEN;
	int rc = say(says, &loan->ref, open ? "loan" : "past loan");

	for (size_t i = 0; rc == 0 && i < loan->n_renewals; i++) {
		rc = say(says, &loan->renewals[i], "renewal");
	}
	return rc != 0 || open ? rc
			       : say(says, &loan->closed_by,
				     loan->closed == PH_CLOSED_RETURN
					     ? "ends a loan"
					     : "ends a loan, by inference");
}

static int say_copy(struct says *says, const struct ph_copy *copy)
{
	static const char *const conditions[] = { NULL, "missing", "lost", "damaged",
						  "withdrawn" };
	int rc = say_registers(says, &copy->registers, ph_kind_find(PH_KIND_COPY_PUT));

	if (rc == 0 && copy->custody != PH_CUSTODY_UNKNOWN) {
		rc = say(says, &copy->custody_by, "custody");
	}
	for (size_t i = 0; rc == 0 && i < copy->n_loans; i++) {
		rc = say_loan(says, &copy->loans[i]);
	}
	for (unsigned k = PH_CONDITION_MISSING; rc == 0 && k <= PH_CONDITION_WITHDRAWN;
	     k++) {
		rc = copy->condition[k].set
			     ? say(says, &copy->condition[k].by, conditions[k])
			     : 0;
	}
	for (size_t i = 0; rc == 0 && i < copy->n_claims; i++) {
		rc = say(says, &copy->claims[i].by, "claim");
	}
	for (size_t i = 0; rc == 0 && i < copy->n_aliases; i++) {
		rc = say(says, &copy->aliases[i].by, "other code");
	}
	return rc;
}

static int say_card(struct says *says, struct ph_view state)
{
	struct ph_card card;
	int rc = ph_card_decode(state, &card);

	if (rc != 0) {
		return rc;
	}
	if (card.n_issues > 0) {
		rc = say(says, &card.issues[card.n_issues - 1].entry, "reader");
	}
	for (size_t i = 0; rc == 0 && i < card.n_stops; i++) {
		rc = say(says, &card.stops[i].entry, "stopped");
	}
	if (rc == 0 && card.erased) {
		rc = say(says, &card.erased_by, "erased");
	}
	ph_card_deinit(&card);
	return rc;
}

static const struct ph_kind *put_of(uint8_t type)
{
	return ph_kind_find(type == PH_ENTITY_TITLE    ? PH_KIND_TITLE_PUT
			    : type == PH_ENTITY_READER ? PH_KIND_READER_PUT
			    : type == PH_ENTITY_SITE   ? PH_KIND_SITE_PUT
			    : type == PH_ENTITY_WORKER ? PH_KIND_WORKER_PUT
						       : 0);
}

/* What the state of KEY alone says of its entries. */
static int say_state(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     struct says *says)
{
	const struct ph_kind *kind = put_of(key->type);
	struct ph_buf state = { 0 };
	struct ph_record record;
	int rc = ph_ledger_get(ledger, (enum ph_entity)key->type, ph_key_view(key),
			       &state);

	if (rc == 0 && key->type == PH_ENTITY_CARD) {
		rc = say_card(says, ph_buf_view(&state));
	} else if (rc == 0 && kind != NULL) {
		rc = ph_record_decode(ph_buf_view(&state), kind, &record);
		if (rc == 0) {
			rc = say_registers(says, &record.registers, kind);
			ph_record_deinit(&record);
		}
	}
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

static int say_all(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   const struct ph_keyset *members, struct says *says)
{
	struct ph_copy_class shown;
	int rc = 0;

	if (key->type != PH_ENTITY_COPY) {
		for (size_t i = 0; rc == 0 && i < members->n; i++) {
			rc = say_state(ledger, &members->keys[i], says);
		}
		return rc;
	}
	rc = ph_copy_class_load(ledger, key, &shown);
	if (rc == 0) {
		rc = say_copy(says, &shown.copy);
		ph_copy_class_deinit(&shown);
	}
	return rc < 0 ? rc : 0;
}

/* --- facts --- */

static int compare(const void *a, const void *b)
{
	return ph_fact_compare(a, b);
}

/* Loans that a policy has cut are not told of, nor what of them does not count. */
static bool is_hidden(const struct ph_ledger *ledger, const struct ph_fact *fact,
		      const struct ph_facts *left)
{
	return ledger->cut_day != PH_CUT_DAY_NONE &&
	       ph_copy_cuts_off(fact, ledger->other, ledger->cut_day) &&
	       ph_facts_find(left, &fact->ref) == NULL;
}

/* All facts of MEMBERS in the order, by their own times, each once; only ref and time are of use. */
static int gather(struct ph_ledger *ledger, const struct ph_keyset *members,
		  struct ph_facts *out)
{
	struct ph_facts facts = { 0 };
	struct ph_facts left = { 0 };
	size_t kept = 0;
	int rc = 0;

	if (members->n > 0 && members->keys[0].type == PH_ENTITY_COPY) {
		rc = ph_facts_load(ledger, members->keys, members->n, &left);
	}
	for (size_t i = 0; rc == 0 && i < members->n; i++) {
		rc = ph_facts_load_rows(ledger, &members->keys[i], &facts);
		for (size_t k = 0; rc == 0 && k < facts.n; k++) {
			if (members->keys[i].type == PH_ENTITY_COPY &&
			    is_hidden(ledger, &facts.items[k], &left)) {
				continue;
			}
			rc = ph_state_grow((void **)&out->items, out->n, &out->cap,
					   sizeof *out->items);
			if (rc == 0) {
				out->items[out->n++] = facts.items[k];
			}
		}
	}
	ph_facts_deinit(&facts);
	ph_facts_deinit(&left);
	if (rc != 0 || out->n == 0) {
		return rc;
	}
	qsort(out->items, out->n, sizeof *out->items, compare);
	for (size_t i = 0; i < out->n; i++) {
		if (kept == 0 ||
		    !ph_ref_equal(&out->items[kept - 1].ref, &out->items[i].ref)) {
			out->items[kept++] = out->items[i];
		}
	}
	out->n = kept;
	return 0;
}

static int tell_one(struct ph_ledger *ledger, const struct ph_ref *ref,
		    const struct says *says, json_t *list)
{
	struct ph_show show;
	json_t *story = NULL, *said = json_array();
	int rc = said == NULL ? -ENOMEM : ph_story(ledger, ref, &story);

	for (size_t i = 0; rc == 0 && i < says->n; i++) {
		if (ph_ref_equal(&says->items[i].ref, ref)) {
			rc = ph_show_append(said, json_string(says->items[i].text));
		}
	}
	show = (struct ph_show){ .object = story };
	if (rc == 0 && json_array_size(said) > 0) {
		ph_show_set(&show, "says", json_incref(said));
	}
	json_decref(said);
	if (rc != 0 || show.failed) {
		json_decref(story);
		return rc != 0 ? rc : -ENOMEM;
	}
	return ph_show_append(list, story);
}

static int tell_ref(struct ph_ledger *ledger, const json_t *text, const char *says,
		    json_t *list)
{
	const char *name = json_string_value(text);
	json_t *story = NULL;
	struct ph_ref ref;
	int rc;

	if (name == NULL || ph_ref_parse(name, strlen(name), &ref) != 0) {
		return -EUCLEAN;
	}
	rc = ph_story(ledger, &ref, &story);
	if (rc == 0 && json_object_set_new(story, "says", json_pack("[s]", says)) != 0) {
		json_decref(story);
		return -ENOMEM;
	}
	return rc != 0 ? rc : ph_show_append(list, story);
}

/* A card shows what its account holds and what is out on it; copies have the loans. */
static int add_account(const struct ph_entity_key *card, struct ph_keyset *members)
{
	struct ph_entity_key account = *card;

	account.type = PH_ENTITY_ACCOUNT;
	return ph_keyset_add(members, &account);
}

static int tell_loans(struct ph_ledger *ledger, const json_t *state, json_t *list)
{
	json_t *loan;
	size_t i;
	int rc = 0;

	json_array_foreach(json_object_get(state, "loans"), i, loan)
	{
		rc = rc != 0 ? rc
			     : tell_ref(ledger, json_object_get(loan, "loan"), "loan",
					list);
	}
	return rc;
}

int ph_why(struct ph_ledger *ledger, const struct ph_entity_key *key, bool bare,
	   const struct ph_opener *opener, json_t **out)
{
	bool tells_loans = key->type == PH_ENTITY_CARD && !bare;
	struct ph_show show = ph_show_begin();
	struct ph_keyset members = { 0 };
	struct ph_facts facts = { 0 };
	struct says says = { 0 };
	json_t *state = NULL, *list = json_array();
	size_t from = 0;
	int rc = list == NULL ? -ENOMEM : ph_class_members(ledger, key, &members);

	rc = rc != 0 ? rc
		     : ph_view_entity(ledger, (enum ph_entity)key->type, ph_key_view(key),
				      opener, &state);
	rc = rc != 0 ? rc : say_all(ledger, key, &members, &says);
	if (rc == 0 && tells_loans) {
		rc = add_account(key, &members);
	}
	rc = rc != 0 ? rc : gather(ledger, &members, &facts);
	if (rc == 0 && facts.n > PH_WHY_FACTS_MAX) {
		from = facts.n - PH_WHY_FACTS_MAX;
		ph_show_number(&show, "left_off", from);
	}
	for (size_t i = from; rc == 0 && i < facts.n; i++) {
		rc = tell_one(ledger, &facts.items[i].ref, &says, list);
	}
	if (rc == 0 && tells_loans) {
		rc = tell_loans(ledger, state, list);
	}
	if (rc == 0) {
		ph_show_set(&show, "state", state);
		ph_show_set(&show, "facts", list);
	} else {
		json_decref(state);
		json_decref(list);
	}
	free(says.items);
	ph_facts_deinit(&facts);
	ph_keyset_deinit(&members);
	if (rc != 0) {
		json_decref(show.object);
		return rc;
	}
	return ph_show_done(&show, out);
}

/* --- of a case --- */

static int tell_decision(struct ph_ledger *ledger, const json_t *decision, json_t *list)
{
	json_t *ref;
	size_t i;
	int rc = 0;

	json_array_foreach(json_object_get(decision, "entries"), i, ref)
	{
		rc = rc != 0 ? rc : tell_ref(ledger, ref, "what was decided", list);
	}
	/* At a site the entry is not known. */
	ref = json_object_get(decision, "by");
	return rc != 0 || ref == NULL ? rc : tell_ref(ledger, ref, "decision", list);
}

int ph_why_case(struct ph_ledger *ledger, json_t *view, json_t **out)
{
	json_t *facts = json_object_get(view, "facts"), *decision;
	json_t *list = facts != NULL ? json_incref(facts) : json_array();
	size_t i;
	int rc = list == NULL ? -ENOMEM : 0;

	json_object_del(view, "facts");
	json_array_foreach(json_object_get(view, "decisions"), i, decision)
	{
		rc = rc != 0 ? rc : tell_decision(ledger, decision, list);
	}
	if (rc != 0) {
		json_decref(list);
		json_decref(view);
		return rc;
	}
	*out = json_pack("{s:o,s:o}", "state", view, "facts", list);
	return *out == NULL ? -ENOMEM : 0;
}

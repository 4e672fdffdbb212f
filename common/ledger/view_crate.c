/*
 * common/ledger/view_crate.c - a journey of a crate as JSON: what was sent, and what came.
 *
 * The state tells who sent and received, and what is short and over once that is final.
 * Which copies there are is read from the entries themselves.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/ledger/crate.h"
#include "common/ledger/facts.h"
#include "common/ledger/naming.h"
#include "common/ledger/view.h"

/* A copy that some entry of the journey lists. */
struct item {
	struct ph_id id; /* borrows the facts */
	bool sent, came;
};

struct items {
	struct item *items;
	size_t n;
};

static int add_copies(struct items *items, const struct ph_value *copies, bool sent)
{
	struct ph_list_iter iter;
	struct ph_id id;

	if (!copies->set) {
		return 0;
	}
	iter = ph_list_begin(&copies->as.list);
	while (ph_list_next_id(&iter, &id)) {
		struct item *item =
			ph_state_push((void **)&items->items, &items->n, sizeof *item);

		if (item == NULL) {
			return -ENOMEM;
		}
		*item = (struct item){ .id = id, .sent = sent, .came = !sent };
	}
	return 0;
}

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	bool sent = entry->number == PH_KIND_CRATE_DISPATCH;

	(void)fact;
	return add_copies(
		data, &entry->field[sent ? PH_DISPATCH_COPIES : PH_RECEIVE_COPIES], sent);
}

static int compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->id.ns != y->id.ns) {
		return x->id.ns < y->id.ns ? -1 : 1;
	}
	return ph_view_compare(x->id.code, y->id.code);
}

/* Each copy once, in order of its id. */
static void merge(struct items *items)
{
	size_t n = 0;

	if (items->n > 1) {
		qsort(items->items, items->n, sizeof items->items[0], compare);
	}
	for (size_t i = 0; i < items->n; i++) {
		struct item *last = n > 0 ? &items->items[n - 1] : NULL;

		if (last != NULL && compare(last, &items->items[i]) == 0) {
			last->sent |= items->items[i].sent;
			last->came |= items->items[i].came;
		} else {
			items->items[n++] = items->items[i];
		}
	}
	items->n = n;
}

/* The title of a copy, as it is described here. */
static int name_copy(struct ph_ledger *ledger, struct ph_show *show,
		     const struct ph_id *id)
{
	json_t *view = NULL, *name;
	int rc = ph_view_copy(ledger, id, &view);

	if (rc == 0) {
		name = json_object_get(view, "title_name");
		if (name != NULL) {
			ph_show_set(show, "title_name", json_incref(name));
		}
		json_decref(view);
	}
	return rc < 0 ? rc : 0;
}

static int show_copies(struct ph_ledger *ledger, struct ph_show *show,
		       const struct items *items)
{
	json_t *copies = json_array();
	int rc = 0;

	for (size_t i = 0; rc == 0 && copies != NULL && i < items->n; i++) {
		struct ph_show one = ph_show_begin();

		ph_show_id(&one, "copy", &items->items[i].id);
		rc = name_copy(ledger, &one, &items->items[i].id);
		ph_show_set(&one, "sent", json_boolean(items->items[i].sent));
		ph_show_set(&one, "came", json_boolean(items->items[i].came));
		if (ph_show_append(copies, ph_show_end(&one)) != 0) {
			show->failed = true;
		}
	}
	ph_show_set(show, "copies", copies);
	return rc;
}

static void show_dispatches(struct ph_show *show, const struct ph_crate *crate)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < crate->n_dispatches; i++) {
		const struct ph_dispatch *dispatch = &crate->dispatches[i];
		struct ph_show one = ph_show_begin();

		ph_show_ref(&one, "by", &dispatch->entry);
		ph_show_number(&one, "from", dispatch->from);
		ph_show_number(&one, "to", dispatch->to);
		ph_show_time(&one, "time", dispatch->second);
		if (dispatch->has_due) {
			ph_show_day(&one, "due_back", dispatch->due_back);
		}
		if (ph_show_append(list, ph_show_end(&one)) != 0) {
			show->failed = true;
		}
	}
	ph_show_set(show, "dispatches", list);
}

/* Whether one of them said that nothing more comes. */
static bool show_receives(struct ph_show *show, const struct ph_crate *crate)
{
	json_t *list = json_array();
	bool final = false;

	for (size_t i = 0; list != NULL && i < crate->n_receives; i++) {
		const struct ph_receive *receive = &crate->receives[i];
		struct ph_show one = ph_show_begin();

		ph_show_ref(&one, "by", &receive->entry);
		ph_show_number(&one, "site", receive->site);
		ph_show_time(&one, "time", receive->second);
		ph_show_set(&one, "listed", json_boolean(receive->listed));
		ph_show_set(&one, "final", json_boolean(receive->final));
		final |= receive->final;
		if (ph_show_append(list, ph_show_end(&one)) != 0) {
			show->failed = true;
		}
	}
	ph_show_set(show, "receives", list);
	return final;
}

static void show_ids(struct ph_show *show, const char *name, const struct ph_id *ids,
		     size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < n; i++) {
		if (ph_show_append(list, ph_show_id_json(&ids[i])) != 0) {
			show->failed = true;
		}
	}
	ph_show_set(show, name, list);
}

static int show_all(struct ph_ledger *ledger, const struct ph_id *id,
		    const struct ph_crate *crate, const struct items *items, json_t **out)
{
	struct ph_show show = ph_show_begin();
	bool final;
	int rc;

	ph_show_id(&show, "crate", id);
	ph_show_set(&show, "known", json_boolean(crate->n_dispatches > 0));
	show_dispatches(&show, crate);
	final = show_receives(&show, crate);
	ph_show_set(&show, "final", json_boolean(final));
	if (final) {
		show_ids(&show, "short", crate->lacking, crate->n_lacking);
		show_ids(&show, "over", crate->surplus, crate->n_surplus);
	}
	rc = show_copies(ledger, &show, items);
	if (rc != 0) {
		json_decref(show.object);
		return rc;
	}
	return ph_show_done(&show, out);
}

int ph_view_crate(struct ph_ledger *ledger, const struct ph_id *id, json_t **out)
{
	struct ph_facts facts = { 0 };
	struct ph_crate crate = { 0 };
	struct items items = { 0 };
	struct ph_buf state = { 0 };
	struct ph_entity_key key;
	int rc = ph_key_id(PH_ENTITY_CRATE, id, &key)
			 ? ph_ledger_get(ledger, PH_ENTITY_CRATE, ph_key_view(&key),
					 &state)
			 : PH_LEDGER_E_NONE;

	rc = rc != 0 ? rc : ph_crate_decode(ph_buf_view(&state), &crate);
	rc = rc != 0 ? rc : ph_facts_load(ledger, &key, 1, &facts);
	rc = rc != 0 ? rc : ph_state_each(facts.items, facts.n, on_fact, &items);
	if (rc == 0) {
		merge(&items);
		rc = show_all(ledger, id, &crate, &items, out);
	}
	free(items.items);
	ph_crate_deinit(&crate);
	ph_facts_deinit(&facts);
	ph_buf_deinit(&state);
	return rc;
}

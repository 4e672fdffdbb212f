/*
 * common/ledger/privacy.c - everything that is held about one reader, told in its order.
 */
#include "common/ledger/privacy.h"

#include <errno.h>
#include <stdlib.h>

#include "common/ledger/fed.h"
#include "common/ledger/store.h"
#include "common/ledger/story.h"
#include "common/ledger/theirs.h"
#include "common/log/json.h"
#include "common/log/part.h"

struct telling {
	struct ph_ledger *ledger;
	const struct ph_opener *opener;
	struct ph_entry *entry; /* scratch */
};

/* The sealed fields beside the plain ones, if they open. */
static int open_fields(struct telling *telling, const struct ph_ref *ref, json_t *story)
{
	struct ph_buf bytes = { 0 };
	struct ph_buf plain = { 0 };
	json_t *entry = NULL;
	struct ph_log log;
	struct ph_fed_entry fed;
	int rc = ph_journal_resolve(telling->ledger->journal, ref, &log, &bytes);

	if (rc == PH_JOURNAL_E_NONE && telling->ledger->config.fed != NULL) {
		rc = ph_fed_resolve(telling->ledger->config.fed, ref, &fed, &bytes);
	}
	rc = rc != 0 ? rc : ph_entry_decode(ph_buf_view(&bytes), telling->entry);
	if (rc == 0 && telling->entry->kind->n_sealed > 0 &&
	    telling->entry->field[telling->entry->kind->commit].set) {
		rc = telling->opener->open(telling->opener->data, ref, &plain);
		rc = rc != 0 ? rc : ph_part_decode(ph_buf_view(&plain), telling->entry);
		if (rc > 0) {
			rc = json_object_set_new(story, "locked", json_true()) ? -ENOMEM
									       : 0;
		} else if (rc == 0) {
			entry = ph_entry_to_json(telling->entry);
			rc = json_object_set_new(story, "entry", entry) ? -ENOMEM : 0;
		}
	}
	ph_buf_wipe(&plain);
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

static int tell_item(struct telling *telling, const struct ph_theirs_item *item,
		     json_t *story)
{
	int rc = open_fields(telling, &item->ref, story);

	if (rc == 0 && item->closed != NULL) {
		rc = json_object_set(story, "closed", item->closed) ? -ENOMEM : 0;
	}
	if (rc == 0 && item->is_forgotten) {
		rc = json_object_set_new(story, "forgotten", json_true()) ? -ENOMEM : 0;
	}
	return rc;
}

static int tell_items(struct telling *telling, const struct ph_theirs *theirs,
		      json_t *list)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < theirs->n; i++) {
		json_t *story = NULL;

		rc = ph_story(telling->ledger, &theirs->items[i].ref, &story);
		rc = rc != 0 ? rc : tell_item(telling, &theirs->items[i], story);
		if (rc != 0) {
			json_decref(story);
			break;
		}
		rc = json_array_append_new(list, story) ? -ENOMEM : 0;
	}
	return rc;
}

int ph_privacy(struct ph_ledger *ledger, const struct ph_ref *reader,
	       const struct ph_opener *opener, json_t **out)
{
	struct telling telling = { .ledger = ledger, .opener = opener };
	struct ph_theirs theirs = { 0 };
	json_t *view = NULL;
	json_t *list = json_array();
	int rc = ph_view_reader(ledger, reader, opener, &view);

	if (rc == 0) {
		telling.entry = malloc(sizeof(*telling.entry));
		rc = telling.entry == NULL || list == NULL ? -ENOMEM : 0;
	}
	rc = rc != 0 ? rc : ph_theirs_find(ledger, reader, &theirs);
	rc = rc != 0 ? rc : tell_items(&telling, &theirs, list);
	if (rc == 0) {
		*out = json_pack("{s:s, s:O, s:O}", "what", "privacy", "state", view,
				 "facts", list);
		rc = *out == NULL ? -ENOMEM : 0;
	}
	json_decref(view);
	json_decref(list);
	free(telling.entry);
	ph_theirs_deinit(&theirs);
	return rc;
}

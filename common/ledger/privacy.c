/*
 * common/ledger/privacy.c - everything that is held about one reader.
 *
 * What names the registrations and the cards is filed under them. A loan is filed under
 * its copy, a hold under itself: the states of all copies and holds are looked through for
 * the cards. A loan that a policy has cut from its card (copy_cut.h), or that somebody has
 * voided, is in no state; but it is in its log, as long as that is kept, and so it is told:
 * each entry of the logs that has the code of a card in it is looked at.
 */
#include "common/ledger/privacy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/facts.h"
#include "common/ledger/fed.h"
#include "common/ledger/hold.h"
#include "common/ledger/notes.h"
#include "common/ledger/query.h"
#include "common/ledger/state.h"
#include "common/ledger/store.h"
#include "common/ledger/story.h"
#include "common/log/json.h"
#include "common/log/part.h"

#define MEMBERS_MAX 64

struct item {
	struct ph_ref ref;
	int64_t second;
	uint16_t tick;
	bool from_log; /* found there alone */
};

struct privacy {
	struct ph_ledger *ledger;
	const struct ph_opener *opener;
	struct ph_keyset cards;
	struct ph_keyset found; /* copies and holds that a card stands in */
	struct ph_refset about;
	struct ph_facts facts;
	struct ph_entry *entry; /* scratch */
	struct item *items;
	size_t n_items, cap_items;
	struct ph_log log; /* that is looked through, and what was found so far */
	struct ph_ref *named;
	size_t n_named, cap_named;
};

/* --- which entries --- */

static int add_item(struct privacy *privacy, const struct ph_ref *ref, int64_t second,
		    uint16_t tick)
{
	int rc = ph_state_grow((void **)&privacy->items, privacy->n_items,
			       &privacy->cap_items, sizeof(*privacy->items));

	if (rc == 0) {
		privacy->items[privacy->n_items++] =
			(struct item){ .ref = *ref, .second = second, .tick = tick };
		rc = ph_refset_add(&privacy->about, ref);
	}
	return rc;
}

static bool has_card(const struct privacy *privacy, const struct ph_id *id)
{
	struct ph_entity_key key;

	return ph_key_id(PH_ENTITY_CARD, id, &key) &&
	       ph_keyset_has(&privacy->cards, &key);
}

/* Whether an entry of a copy says that a card of theirs has it. */
static bool is_lending(const struct privacy *privacy, const struct ph_entry *entry)
{
	const struct ph_value *card =
		entry->number == PH_KIND_LOAN    ? &entry->field[PH_LOAN_CARD]
		: entry->number == PH_KIND_RENEW ? &entry->field[PH_RENEW_CARD]
						 : NULL;

	return card != NULL && card->set && has_card(privacy, &card->as.id);
}

static int add_facts(struct privacy *privacy, const struct ph_entity_key *key)
{
	int rc = ph_facts_load_rows(privacy->ledger, key, &privacy->facts);

	for (size_t i = 0; rc == 0 && i < privacy->facts.n; i++) {
		const struct ph_fact *fact = &privacy->facts.items[i];

		if (key->type == PH_ENTITY_COPY) {
			rc = ph_fact_entry(fact, privacy->entry);
			if (rc != 0 || !is_lending(privacy, privacy->entry)) {
				continue;
			}
		}
		rc = rc != 0 ? rc
			     : add_item(privacy, &fact->ref, fact->second, fact->tick);
	}
	return rc;
}

static int on_copy(void *data, struct ph_view id, struct ph_view state)
{
	struct privacy *privacy = data;
	struct ph_entity_key key;
	struct ph_copy copy;
	bool found = false;
	int rc = ph_copy_decode(state, &copy);

	if (rc != 0) {
		return rc;
	}
	for (size_t i = 0; i < copy.n_loans && !found; i++) {
		found = has_card(privacy, &copy.loans[i].card);
	}
	ph_copy_deinit(&copy);
	return found && ph_key_bytes(PH_ENTITY_COPY, id, &key)
		       ? ph_keyset_add(&privacy->found, &key)
		       : 0;
}

static int on_hold(void *data, struct ph_view id, struct ph_view state)
{
	struct privacy *privacy = data;
	struct ph_entity_key key;
	struct ph_hold hold;
	bool found;
	int rc = ph_hold_decode(state, &hold);

	if (rc != 0) {
		return rc;
	}
	found = hold.placed && has_card(privacy, &hold.card);
	ph_hold_deinit(&hold);
	return found && ph_key_bytes(PH_ENTITY_HOLD, id, &key)
		       ? ph_keyset_add(&privacy->found, &key)
		       : 0;
}

static int add_by_story(struct privacy *privacy, const struct ph_ref *ref)
{
	json_t *story = NULL;
	int rc = ph_story(privacy->ledger, ref, &story);
	const char *text = json_string_value(json_object_get(story, "time"));
	int64_t second = 0;

	if (rc == 0 && text != NULL) {
		(void)ph_time_parse(text, strlen(text), &second);
	}
	json_decref(story);
	return rc < 0 ? rc : add_item(privacy, ref, second, UINT16_MAX);
}

static int on_note(void *data, int64_t row, const struct ph_ref *ref)
{
	(void)row;
	return add_by_story(data, ref);
}

/* --- whatever else is in the logs --- */

/* The code of a card behind its namespace, 8 bytes. */
static struct ph_view code_of(const struct ph_entity_key *key)
{
	struct ph_view id = ph_key_view(key);

	return PH_VIEW(id.data + 8, id.len - 8);
}

static bool has_code(const struct privacy *privacy, struct ph_view entry)
{
	for (size_t i = 0; i < privacy->cards.n; i++) {
		struct ph_view code = code_of(&privacy->cards.keys[i]);

		if (memmem(entry.data, entry.len, code.data, code.len)) {
			return true;
		}
	}
	return false;
}

static bool names_card(const struct privacy *privacy, const struct ph_entry *entry)
{
	for (size_t i = 0; i < entry->kind->n_fields; i++) {
		const struct ph_value *value = &entry->field[i];
		struct ph_list_iter iter;
		struct ph_id id;

		if (!value->set) {
			continue;
		}
		if (entry->kind->fields[i].type == PH_T_CARD_ID &&
		    has_card(privacy, &value->as.id)) {
			return true;
		}
		if (entry->kind->fields[i].type != PH_T_CARD_IDS) {
			continue;
		}
		iter = ph_list_begin(&value->as.list);
		while (ph_list_next_id(&iter, &id)) {
			if (has_card(privacy, &id)) {
				return true;
			}
		}
	}
	return false;
}

static bool is_told(const struct privacy *privacy, const struct ph_ref *ref)
{
	for (size_t i = 0; i < privacy->n_items; i++) {
		if (ph_ref_equal(&privacy->items[i].ref, ref)) {
			return true;
		}
	}
	return false;
}

static int on_entry(void *data, uint64_t n, struct ph_view bytes)
{
	struct privacy *privacy = data;
	struct ph_ref ref = { .n = n };
	uint8_t e[PH_HASH_SIZE];
	int rc;

	if (!has_code(privacy, bytes)) {
		return 0;
	}
	rc = ph_entry_decode(bytes, privacy->entry);
	if (rc != 0 || !names_card(privacy, privacy->entry)) {
		return rc < 0 ? rc : 0;
	}
	ph_entry_hash(bytes, e);
	memcpy(ref.log_id, privacy->log.id, sizeof(ref.log_id));
	memcpy(ref.hash, e, sizeof(ref.hash));
	rc = is_told(privacy, &ref)
		     ? 0
		     : ph_state_grow((void **)&privacy->named, privacy->n_named,
				     &privacy->cap_named, sizeof(*privacy->named));
	if (rc == 0 && !is_told(privacy, &ref)) {
		privacy->named[privacy->n_named++] = ref;
	}
	return rc;
}

static int on_log(void *data, const struct ph_log *log)
{
	struct privacy *privacy = data;

	privacy->log = *log;
	return ph_journal_entry_each(privacy->ledger->journal, log->row, log->base,
				     on_entry, privacy);
}

static int add_named(struct privacy *privacy)
{
	int rc = privacy->cards.n == 0
			 ? 0
			 : ph_journal_log_each(privacy->ledger->journal, on_log, privacy);

	for (size_t i = 0; rc == 0 && i < privacy->n_named; i++) {
		rc = add_by_story(privacy, &privacy->named[i]);
		if (rc == 0) {
			privacy->items[privacy->n_items - 1].from_log = true;
		}
	}
	return rc;
}

static int find_cards(struct privacy *privacy, const struct ph_ref *reader)
{
	json_t *list = NULL;
	json_t *card;
	size_t i;
	int rc = ph_query_cards(privacy->ledger, reader, &list);

	json_array_foreach(list, i, card)
	{
		const json_t *code = json_object_get(card, "code");
		struct ph_id id = {
			.ns = (uint64_t)json_integer_value(json_object_get(card, "ns")),
			.code = PH_VIEW(json_string_value(code), json_string_length(code))
		};
		struct ph_entity_key key;

		if (rc == 0 && ph_key_id(PH_ENTITY_CARD, &id, &key)) {
			rc = ph_keyset_add(&privacy->cards, &key);
		}
	}
	json_decref(list);
	return rc;
}

/* Card and account of each card; then copies and holds that it stands in. */
static int add_by_card(struct privacy *privacy)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < privacy->cards.n; i++) {
		struct ph_entity_key key = privacy->cards.keys[i];

		rc = add_facts(privacy, &key);
		key.type = PH_ENTITY_ACCOUNT;
		rc = rc != 0 ? rc : add_facts(privacy, &key);
	}
	if (rc == 0 && privacy->cards.n > 0) {
		rc = ph_ledger_each(privacy->ledger, PH_ENTITY_COPY, on_copy, privacy);
		rc = rc != 0 ? rc
			     : ph_ledger_each(privacy->ledger, PH_ENTITY_HOLD, on_hold,
					      privacy);
	}
	for (size_t i = 0; rc == 0 && i < privacy->found.n; i++) {
		rc = add_facts(privacy, &privacy->found.keys[i]);
	}
	return rc;
}

/* --- in their order, once each --- */

static int compare(const void *a, const void *b)
{
	const struct item *x = a;
	const struct item *y = b;

	if (x->second != y->second) {
		return x->second < y->second ? -1 : 1;
	}
	if (x->tick != y->tick) {
		return x->tick < y->tick ? -1 : 1;
	}
	return ph_ref_compare(&x->ref, &y->ref);
}

/* The sealed fields beside the plain ones, if they open. */
static int open_fields(struct privacy *privacy, const struct ph_ref *ref, json_t *story)
{
	struct ph_buf bytes = { 0 };
	struct ph_buf plain = { 0 };
	json_t *entry = NULL;
	struct ph_log log;
	struct ph_fed_entry fed;
	int rc = ph_journal_resolve(privacy->ledger->journal, ref, &log, &bytes);

	if (rc == PH_JOURNAL_E_NONE && privacy->ledger->config.fed != NULL) {
		rc = ph_fed_resolve(privacy->ledger->config.fed, ref, &fed, &bytes);
	}
	rc = rc != 0 ? rc : ph_entry_decode(ph_buf_view(&bytes), privacy->entry);
	if (rc == 0 && privacy->entry->kind->n_sealed > 0 &&
	    privacy->entry->field[privacy->entry->kind->commit].set) {
		rc = privacy->opener->open(privacy->opener->data, ref, &plain);
		rc = rc != 0 ? rc : ph_part_decode(ph_buf_view(&plain), privacy->entry);
		if (rc > 0) {
			rc = json_object_set_new(story, "locked", json_true()) ? -ENOMEM
									       : 0;
		} else if (rc == 0) {
			entry = ph_entry_to_json(privacy->entry);
			rc = json_object_set_new(story, "entry", entry) ? -ENOMEM : 0;
		}
	}
	ph_buf_wipe(&plain);
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

/* A loan that counts and is in no state: it was cut. */
static int tell_forgotten(const struct item *item, json_t *story)
{
	const char *kind = json_string_value(json_object_get(story, "kind"));
	bool lends = kind && (strcmp(kind, "loan") == 0 || strcmp(kind, "renew") == 0);

	return item->from_log && lends && !json_object_get(story, "not_counted") &&
			       json_object_set_new(story, "forgotten", json_true())
		       ? -ENOMEM
		       : 0;
}

static int tell_items(struct privacy *privacy, json_t *list)
{
	int rc = 0;

	if (privacy->n_items > 1) {
		qsort(privacy->items, privacy->n_items, sizeof(*privacy->items), compare);
	}
	for (size_t i = 0; rc == 0 && i < privacy->n_items; i++) {
		const struct ph_ref *ref = &privacy->items[i].ref;
		json_t *story = NULL;

		if (i > 0 && ph_ref_equal(ref, &privacy->items[i - 1].ref)) {
			continue;
		}
		rc = ph_story(privacy->ledger, ref, &story);
		rc = rc != 0 ? rc : open_fields(privacy, ref, story);
		rc = rc != 0 ? rc : tell_forgotten(&privacy->items[i], story);
		if (rc != 0) {
			json_decref(story);
			break;
		}
		rc = json_array_append_new(list, story) ? -ENOMEM : 0;
	}
	return rc;
}

static int gather(struct privacy *privacy, const struct ph_ref *reader)
{
	struct ph_ref members[MEMBERS_MAX];
	size_t n = 0;
	int rc = ph_query_members(privacy->ledger, PH_ENTITY_READER, reader, members,
				  MEMBERS_MAX, &n);

	for (size_t i = 0; rc == 0 && i < n && i < MEMBERS_MAX; i++) {
		struct ph_entity_key key = ph_key_ref(PH_ENTITY_READER, &members[i]);

		rc = add_facts(privacy, &key);
	}
	rc = rc != 0 ? rc : find_cards(privacy, reader);
	rc = rc != 0 ? rc : add_by_card(privacy);
	rc = rc != 0 ? rc : add_named(privacy);
	return rc != 0 ? rc
		       : ph_notes_about(privacy->ledger, &privacy->about, on_note,
					privacy);
}

int ph_privacy(struct ph_ledger *ledger, const struct ph_ref *reader,
	       const struct ph_opener *opener, json_t **out)
{
	struct privacy privacy = { .ledger = ledger, .opener = opener };
	json_t *view = NULL;
	json_t *list = json_array();
	int rc = ph_view_reader(ledger, reader, opener, &view);

	if (rc == 0) {
		privacy.entry = malloc(sizeof(*privacy.entry));
		rc = privacy.entry == NULL || list == NULL ? -ENOMEM : 0;
	}
	rc = rc != 0 ? rc : gather(&privacy, reader);
	rc = rc != 0 ? rc : tell_items(&privacy, list);
	if (rc == 0) {
		*out = json_pack("{s:s, s:O, s:O}", "what", "privacy", "state", view,
				 "facts", list);
		rc = *out == NULL ? -ENOMEM : 0;
	}
	json_decref(view);
	json_decref(list);
	free(privacy.entry);
	free(privacy.items);
	free(privacy.named);
	ph_keyset_deinit(&privacy.cards);
	ph_keyset_deinit(&privacy.found);
	ph_refset_deinit(&privacy.about);
	ph_facts_deinit(&privacy.facts);
	return rc;
}

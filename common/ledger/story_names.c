/*
 * common/ledger/story_names.c - names beside what stories name by ids.
 */
#include "common/ledger/story_names.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/naming.h"

static bool read_ref(const json_t *object, const char *member, struct ph_ref *out)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text != NULL && ph_ref_parse(text, strlen(text), out) == 0;
}

static int name_title(struct ph_ledger *ledger, struct ph_show *show, const json_t *entry)
{
	struct ph_entity_key key;
	struct ph_ref ref;

	if (!read_ref(entry, "title", &ref)) {
		return 0;
	}
	key = ph_key_ref(PH_ENTITY_TITLE, &ref);
	return ph_name_title(ledger, show, ph_key_view(&key));
}

/* Whoever has the card that ENTRY names. */
static int name_card(struct ph_ledger *ledger, struct ph_show *show, const json_t *entry,
		     const struct ph_opener *opener)
{
	const json_t *card = json_object_get(entry, "card");
	const char *code = json_string_value(json_object_get(card, "code"));
	struct ph_entity_key key;
	struct ph_id id;

	if (code == NULL) {
		return 0;
	}
	id.ns = (uint64_t)json_integer_value(json_object_get(card, "ns"));
	id.code = ph_view_str(code);
	return ph_key_id(PH_ENTITY_CARD, &id, &key)
		       ? ph_name_card(ledger, show, ph_key_view(&key), opener)
		       : 0;
}

static void copy_member(struct ph_show *show, const json_t *from, const char *name)
{
	json_t *value = json_object_get(from, name);

	if (value != NULL) {
		ph_show_set(show, name, json_incref(value));
	}
}

/* Whom a registration, or what else names a reader, is about. */
static int name_reader(struct ph_ledger *ledger, struct ph_show *show,
		       const json_t *entry, const struct ph_opener *opener)
{
	const char *kind = json_string_value(json_object_get(entry, "kind"));
	json_t *view = NULL;
	struct ph_ref ref;
	bool found = read_ref(entry, "reader", &ref);
	int rc;

	if (!found && kind != NULL && strcmp(kind, "reader-put") == 0) {
		found = read_ref(show->object, "ref", &ref);
	}
	if (!found) {
		return 0;
	}
	rc = ph_view_reader(ledger, &ref, opener, &view);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	ph_show_ref(show, "reader", &ref);
	copy_member(show, view, "name");
	copy_member(show, view, "born");
	if (json_object_get(view, "name") == NULL &&
	    json_object_get(view, "locked") != NULL) {
		ph_show_set(show, "locked", json_true());
	}
	json_decref(view);
	return 0;
}

static int name_one(struct ph_ledger *ledger, json_t *story,
		    const struct ph_opener *opener)
{
	const json_t *entry = json_object_get(story, "entry");
	struct ph_show show = { .object = story };
	int rc = name_title(ledger, &show, entry);

	if (rc == 0 && opener != NULL) {
		rc = name_card(ledger, &show, entry, opener);
		rc = rc != 0 ? rc : name_reader(ledger, &show, entry, opener);
	}
	return rc == 0 && show.failed ? -ENOMEM : rc;
}

int ph_stories_name(struct ph_ledger *ledger, json_t *list,
		    const struct ph_opener *opener)
{
	json_t *story;
	size_t i;
	int rc = 0;

	json_array_foreach(list, i, story)
	{
		rc = rc != 0 ? rc : name_one(ledger, story, opener);
	}
	return rc;
}

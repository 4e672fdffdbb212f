/*
 * daemon/hub_counted.c - what is not shown to who sees sheets alone.
 *
 * A sheet hides small figures (docs/REPORTS.md); one entry is the smallest figure that there
 * is. So of those that count persons, of signatures under counts and of orders to erase,
 * wherever an answer shows one, its kind alone is left.
 */
#include "daemon/hub_counted.h"

#include <string.h>

#include "common/log/kinds.h"

bool ph_hub_is_counted(const json_t *request)
{
	return !json_is_false(json_object_get(request, "counted"));
}

static bool is_closed(const char *kind)
{
	static const uint32_t kinds[] = { PH_KIND_VISIT, PH_KIND_ACTIVITY,
					  PH_KIND_TRAINING, PH_KIND_DIGITAL_USE,
					  PH_KIND_REPORT_ISSUE,
					  /* the digest of counts can be tried out */
					  PH_KIND_REPORT_SIGNOFF,
					  /* whom, which takes an operator to ask */
					  PH_KIND_READER_ERASE };

	for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct ph_kind *one = ph_kind_find(kinds[i]);

		if (one && strcmp(one->name, kind) == 0) {
			return true;
		}
	}
	return false;
}

static void close_entry(json_t *entry)
{
	json_t *kind = json_object_get(entry, "kind");

	if (is_closed(json_string_value(kind))) {
		json_incref(kind);
		json_object_clear(entry);
		json_object_set_new(entry, "kind", kind);
	}
}

void ph_hub_close_entries(json_t *answer)
{
	const char *name;
	json_t *value;
	size_t i;

	json_object_foreach(answer, name, value)
	{
		if (strcmp(name, "entry") == 0 && json_is_object(value)) {
			close_entry(value);
		}
		ph_hub_close_entries(value);
	}
	json_array_foreach(answer, i, value)
	{
		ph_hub_close_entries(value);
	}
}

/* Whether VALUE is a case of a loan to who was barred: it names the loan beside the reader or the card. */
static bool is_barred(const json_t *value)
{
	const char *kind = json_string_value(json_object_get(value, "case"));

	return kind && strcmp(kind, "blocked-card") == 0;
}

/*
 * Of such a CASE what says that there is one is left. Its references, its digest, which can be
 * tried out, and its time lead to the entry that barred the reader, as that entry itself does.
 */
static void close_case(json_t *one)
{
	static const char *const left[] = { "case", "id", "short", "status" };
	const char *member;
	json_t *value;
	void *next;

	json_object_foreach_safe(one, next, member, value)
	{
		bool stays = false;

		for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
			stays |= strcmp(member, left[i]) == 0;
		}
		if (!stays) {
			json_object_del(one, member);
		}
	}
}

/* What OBJECT, under NAME of what was asked for (DEPTH 1) or further in, tells of cards. */
static void drop_cards(json_t *object, const char *name, unsigned depth)
{
	bool is_asked = depth == 1 && strcmp(name, "card") == 0;

	if (is_barred(object)) {
		close_case(object);
	}

	if (!is_asked && json_is_object(json_object_get(object, "card"))) {
		json_object_del(object, "card");
	}
	if (json_is_array(json_object_get(object, "cards"))) {
		json_object_del(object, "cards");
	}
	if (json_is_array(json_object_get(object, "loans"))) {
		json_object_del(object, "loans");
	}
	/* charges name their entries, which a list tells with the copy */
	if (json_is_object(json_object_get(object, "account"))) {
		json_object_del(object, "account");
	}
}

static void close_cards(json_t *value, const char *name, unsigned depth)
{
	const char *member;
	json_t *inner;
	size_t i;

	if (depth > 0 && json_is_object(value)) {
		drop_cards(value, name, depth);
	}
	json_object_foreach(value, member, inner)
	{
		close_cards(inner, member, depth + 1);
	}
	json_array_foreach(value, i, inner)
	{
		close_cards(inner, name, depth);
	}
}

void ph_hub_close_cards(json_t *answer)
{
	if (is_barred(json_object_get(answer, "state"))) { /* why */
		json_array_clear(json_object_get(answer, "facts"));
	}
	close_cards(answer, "", 0);
}

/*
 * daemon/hub_command_erase.c - packhorsed erase: the order that a reader be erased.
 *
 * The ledger fills in what the person cannot know: which registrations are one reader's,
 * and which cards were issued to them. An operator signs it (hub_put.c).
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"
#include "daemon/hub_put.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/query.h"

#define ITEMS_MAX 64 /* of each list that is filled here, by the kind table */

struct erasing {
	struct ph_hub *hub;
	const json_t *request;
	struct ph_ref readers[ITEMS_MAX];
	size_t n_readers;
	struct ph_id cards[ITEMS_MAX];
	size_t n_cards;
	json_t *held[ITEMS_MAX]; /* what the cards' codes borrow */
	size_t n_held;
	struct ph_error *err;
};

static int too_many(const struct erasing *erasing, const char *what)
{
	return ph_fail(erasing->err, PH_EXIT_OTHER, -E2BIG,
		       ph_say("more than %d %s: erase fewer readers at once",
			      "hơn %d %s: mỗi lần hãy xóa ít bạn đọc hơn"),
		       ITEMS_MAX, what);
}

static int add_reader(struct erasing *erasing, const struct ph_ref *ref)
{
	for (size_t i = 0; i < erasing->n_readers; i++) {
		if (ph_ref_equal(&erasing->readers[i], ref)) {
			return 0;
		}
	}
	if (erasing->n_readers == ITEMS_MAX) {
		return too_many(erasing, "registrations");
	}
	erasing->readers[erasing->n_readers++] = *ref;
	return 0;
}

/* All cards that were issued to the reader or to one that is the same. */
static int add_cards(struct erasing *erasing, const struct ph_ref *ref)
{
	json_t *cards = NULL;
	json_t *card;
	size_t i;
	int rc = ph_query_cards(erasing->hub->ledger, ref, &cards);

	if (rc < 0) {
		return rc;
	}
	if (erasing->n_held == ITEMS_MAX) {
		json_decref(cards);
		return too_many(erasing, "readers");
	}
	erasing->held[erasing->n_held++] = cards;
	json_array_foreach(cards, i, card)
	{
		const json_t *code = json_object_get(card, "code");

		if (erasing->n_cards == ITEMS_MAX) {
			return too_many(erasing, "cards");
		}
		erasing->cards[erasing->n_cards++] = (struct ph_id){
			.ns = (uint64_t)json_integer_value(json_object_get(card, "ns")),
			.code = PH_VIEW(json_string_value(code),
					json_string_length(code)),
		};
	}
	return 0;
}

static int add_class(struct erasing *erasing, const char *text)
{
	struct ph_ref members[ITEMS_MAX];
	struct ph_ref ref;
	size_t n = 0;
	int rc;

	rc = ph_hub_reader_called(erasing->hub, erasing->request, text, &ref,
				  erasing->err);
	if (rc < 0) {
		return rc;
	}
	rc = ph_query_members(erasing->hub->ledger, PH_ENTITY_READER, &ref, members,
			      ITEMS_MAX, &n);
	if (rc < 0) {
		return ph_fail_errno(erasing->err, rc,
				     ph_say("looking up the reader", "tìm bạn đọc"));
	}
	if (n == 0) {
		return ph_fail(erasing->err, PH_EXIT_OTHER, -ENOENT,
			       ph_say("no reader %s is known here",
				      "ở đây không biết bạn đọc %s"),
			       text);
	}
	for (size_t i = 0; rc == 0 && i < n && i < ITEMS_MAX; i++) {
		rc = add_reader(erasing, &members[i]);
	}
	if (rc == 0 && n > ITEMS_MAX) {
		rc = too_many(erasing, "registrations");
	}
	return rc < 0 ? rc : add_cards(erasing, &ref);
}

int ph_hub_reader_erase(struct ph_hub *hub, const json_t *request, json_t *answer,
			struct ph_error *err)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_ERASE),
				  .number = PH_KIND_READER_ERASE };
	struct erasing *erasing = calloc(1, sizeof(*erasing));
	struct ph_buf readers = { 0 };
	struct ph_buf cards = { 0 };
	json_t *item;
	size_t i;
	int rc = erasing ? 0 : -ENOMEM;

	json_array_foreach(json_object_get(request, "readers"), i, item)
	{
		const char *text = json_string_value(item);

		if (rc == 0) {
			erasing->hub = hub;
			erasing->request = request;
			erasing->err = err;
			rc = add_class(erasing, text ? text : "");
		}
	}
	if (rc == 0 && erasing->n_readers == 0) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			     ph_say("the request names no reader",
				    "yêu cầu không nêu bạn đọc nào"));
	}
	rc = rc < 0 ? rc
		    : ph_list_put_refs(&readers, erasing->readers, erasing->n_readers,
				       &entry.field[PH_ERASE_READERS]);
	rc = rc < 0 ? rc
		    : ph_list_put_ids(&cards, erasing->cards, erasing->n_cards,
				      &entry.field[PH_ERASE_CARDS]);
	rc = rc < 0 ? rc : ph_hub_put_one(hub, &entry, false, answer, err);
	for (i = 0; erasing && i < erasing->n_held; i++) {
		json_decref(erasing->held[i]);
	}
	free(erasing);
	ph_buf_deinit(&readers);
	ph_buf_deinit(&cards);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("looking up the readers", "tìm các bạn đọc"))
		      : 0;
}

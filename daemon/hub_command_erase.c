/*
 * daemon/hub_command_erase.c - packhorsed erase: the order that a reader be erased.
 *
 * The ledger fills in what the person cannot know: which registrations are one reader's,
 * and which cards were issued to them. An operator signs it (hub_put.c).
 *
 * One order names 64 of each. A reader of whom there is more takes several: each names what no
 * order has named before, and the answer says what is left for the next.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"
#include "daemon/hub_put.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/card.h"
#include "common/ledger/key.h"
#include "common/ledger/query.h"
#include "common/ledger/reader.h"

#define ITEMS_MAX 64 /* of each list that is filled here, by the kind table */

struct erasing {
	struct ph_hub *hub;
	const json_t *request;
	struct ph_ref *readers;
	size_t n_readers;
	struct ph_id *cards;
	size_t n_cards;
	json_t *held; /* what the cards' codes borrow */
	struct ph_error *err;
};

static int too_many(const struct erasing *erasing, const char *what)
{
	return ph_fail(erasing->err, PH_EXIT_OTHER, -E2BIG,
		       ph_say("more than %d %s: erase fewer readers at once",
			      "hơn %d %s: mỗi lần hãy xóa ít bạn đọc hơn"),
		       ITEMS_MAX, what);
}

/* Room for MORE items of SIZE behind the N in *LIST. */
static int reserve(void **list, size_t n, size_t more, size_t size)
{
	void *grown = realloc(*list, (n + more + 1) * size);

	if (!grown) {
		return -ENOMEM;
	}
	*list = grown;
	return 0;
}

static bool has_reader(const struct erasing *erasing, const struct ph_ref *ref)
{
	for (size_t i = 0; i < erasing->n_readers; i++) {
		if (ph_ref_equal(&erasing->readers[i], ref)) {
			return true;
		}
	}
	return false;
}

/* All cards that were issued to the reader or to one that is the same. */
static int add_cards(struct erasing *erasing, const struct ph_ref *ref)
{
	json_t *cards = NULL;
	json_t *card;
	size_t i;
	int rc = ph_query_cards(erasing->hub->ledger, ref, &cards);

	rc = rc < 0 ? rc
		    : reserve((void **)&erasing->cards, erasing->n_cards,
			      json_array_size(cards), sizeof(*erasing->cards));
	if (rc == 0 && json_array_append(erasing->held, cards) != 0) {
		rc = -ENOMEM;
	}
	json_array_foreach(rc == 0 ? cards : NULL, i, card)
	{
		const json_t *code = json_object_get(card, "code");

		erasing->cards[erasing->n_cards++] = (struct ph_id){
			.ns = (uint64_t)json_integer_value(json_object_get(card, "ns")),
			.code = PH_VIEW(json_string_value(code),
					json_string_length(code)),
		};
	}
	json_decref(cards);
	return rc;
}

/* The N registrations that are one person with REF. */
static int add_members(struct erasing *erasing, const struct ph_ref *ref, size_t n)
{
	struct ph_ref *members = calloc(n, sizeof(*members));
	size_t again = 0;
	int rc = members ? reserve((void **)&erasing->readers, erasing->n_readers, n,
				   sizeof(*erasing->readers))
			 : -ENOMEM;

	rc = rc < 0 ? rc
		    : ph_query_members(erasing->hub->ledger, PH_ENTITY_READER, ref,
				       members, n, &again);
	for (size_t i = 0; rc == 0 && i < n && i < again; i++) {
		if (!has_reader(erasing, &members[i])) {
			erasing->readers[erasing->n_readers++] = members[i];
		}
	}
	free(members);
	return rc;
}

static int add_class(struct erasing *erasing, const char *text)
{
	struct ph_ref ref;
	size_t n = 0;
	int rc;

	rc = ph_hub_reader_called(erasing->hub, erasing->request, text, &ref,
				  erasing->err);
	if (rc < 0) {
		return rc;
	}
	rc = ph_query_members(erasing->hub->ledger, PH_ENTITY_READER, &ref, NULL, 0, &n);
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
	if (has_reader(erasing, &ref)) {
		return 0; /* another name of somebody who is named already */
	}
	rc = add_members(erasing, &ref, n);
	return rc < 0 ? rc : add_cards(erasing, &ref);
}

/* --- what one order has no room for --- */

/* Whether an order names the reader REF. 0 or negative errno. */
static int is_reader_named(struct ph_ledger *ledger, const struct ph_ref *ref, bool *out)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_READER, ref);
	struct ph_reader reader = { 0 };
	struct ph_buf state = { 0 };
	int rc = ph_ledger_get(ledger, PH_ENTITY_READER, ph_key_view(&key), &state);

	rc = rc != 0 ? rc : ph_reader_decode(ph_buf_view(&state), &reader);
	*out = rc == 0 && reader.erased;
	ph_reader_deinit(&reader);
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

static int is_card_named(struct ph_ledger *ledger, const struct ph_id *id, bool *out)
{
	struct ph_entity_key key;
	struct ph_card card = { 0 };
	struct ph_buf state = { 0 };
	int rc =
		ph_key_id(PH_ENTITY_CARD, id, &key)
			? ph_ledger_get(ledger, PH_ENTITY_CARD, ph_key_view(&key), &state)
			: PH_LEDGER_E_NONE;

	rc = rc != 0 ? rc : ph_card_decode(ph_buf_view(&state), &card);
	*out = rc == 0 && card.erased;
	ph_card_deinit(&card);
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

/* What no order names yet comes to the front of each list; how many these are. */
static int put_unnamed_first(struct erasing *erasing, size_t *readers_out,
			     size_t *cards_out)
{
	struct ph_ledger *ledger = erasing->hub->ledger;
	size_t readers = 0, cards = 0;
	bool named = false;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < erasing->n_readers; i++) {
		struct ph_ref ref = erasing->readers[i];

		rc = is_reader_named(ledger, &ref, &named);
		if (!named) {
			erasing->readers[i] = erasing->readers[readers];
			erasing->readers[readers++] = ref;
		}
	}
	for (size_t i = 0; rc == 0 && i < erasing->n_cards; i++) {
		struct ph_id id = erasing->cards[i];

		rc = is_card_named(ledger, &id, &named);
		if (!named) {
			erasing->cards[i] = erasing->cards[cards];
			erasing->cards[cards++] = id;
		}
	}
	*readers_out = readers;
	*cards_out = cards;
	return rc;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Of one reader who is too much for an order: what none has named yet, as far as there is room; with
 * cards alone one of the registrations again, since an order needs one. If nothing is new, the same as before.
 */
static int fit(struct erasing *erasing, json_t *answer)
{
	size_t readers = erasing->n_readers, cards = erasing->n_cards;
	bool is_much = readers > ITEMS_MAX || cards > ITEMS_MAX;
	int rc = 0;

	if (is_much &&
	    json_array_size(json_object_get(erasing->request, "readers")) > 1) {
		return too_many(erasing, readers > ITEMS_MAX ? "registrations" : "cards");
	}
	rc = is_much ? put_unnamed_first(erasing, &readers, &cards) : 0;
	if (rc < 0) {
		return rc;
	}
	if (readers + cards > 0) {
		erasing->n_readers = readers > 0 ? readers : 1;
		erasing->n_cards = cards;
	} else {
		readers = least(erasing->n_readers, ITEMS_MAX);
		cards = least(erasing->n_cards, ITEMS_MAX);
	}
	erasing->n_readers = least(erasing->n_readers, ITEMS_MAX);
	erasing->n_cards = least(erasing->n_cards, ITEMS_MAX);
	readers -= least(readers, ITEMS_MAX);
	cards -= least(cards, ITEMS_MAX);
	return json_object_set_new(answer, "readers_left",
				   json_integer((json_int_t)readers)) != 0 ||
			       json_object_set_new(answer, "cards_left",
						   json_integer((json_int_t)cards)) != 0
		       ? -ENOMEM
		       : 0;
}

static int add_all(struct erasing *erasing)
{
	json_t *item;
	size_t i;
	int rc = 0;

	json_array_foreach(json_object_get(erasing->request, "readers"), i, item)
	{
		const char *text = json_string_value(item);

		rc = rc == 0 ? add_class(erasing, text ? text : "") : rc;
	}
	if (rc == 0 && erasing->n_readers == 0) {
		rc = ph_fail(erasing->err, PH_EXIT_USAGE, -EINVAL,
			     ph_say("the request names no reader",
				    "yêu cầu không nêu bạn đọc nào"));
	}
	return rc;
}

int ph_hub_reader_erase(struct ph_hub *hub, const json_t *request, json_t *answer,
			struct ph_error *err)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_ERASE),
				  .number = PH_KIND_READER_ERASE };
	struct erasing erasing = {
		.hub = hub, .request = request, .held = json_array(), .err = err
	};
	struct ph_buf readers = { 0 };
	struct ph_buf cards = { 0 };
	int rc = erasing.held ? add_all(&erasing) : -ENOMEM;

	rc = rc < 0 ? rc : fit(&erasing, answer);
	rc = rc < 0 ? rc
		    : ph_list_put_refs(&readers, erasing.readers, erasing.n_readers,
				       &entry.field[PH_ERASE_READERS]);
	rc = rc < 0 ? rc
		    : ph_list_put_ids(&cards, erasing.cards, erasing.n_cards,
				      &entry.field[PH_ERASE_CARDS]);
	rc = rc < 0 ? rc : ph_hub_put_one(hub, &entry, false, answer, err);
	json_decref(erasing.held);
	free(erasing.readers);
	free(erasing.cards);
	ph_buf_deinit(&readers);
	ph_buf_deinit(&cards);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("looking up the readers", "tìm các bạn đọc"))
		      : 0;
}

/*
 * daemon/hub_command_erase.c - packhorsed erase: the order that a reader be erased.
 *
 * The ledger fills in what the person cannot know: which registrations are one reader's,
 * and which cards were issued to them. An operator signs it (hub_put.c). Where orders that every device
 * hears name all of these already, nothing is written: the person is told of the order. Others
 * do not count: what they alone name is named once more.
 *
 * One order names 64 of each. A reader of whom there is more takes several: each names what no
 * order has named before, and the answer says what is left for the next, and whose that is, by
 * each registration: the next request names those too, whatever a site takes apart in between.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"
#include "daemon/hub_put.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/erasure.h"
#include "common/ledger/key.h"
#include "common/ledger/keyset.h"
#include "common/ledger/query.h"
#include "daemon/hub_words.h"

#define ITEMS_MAX 64   /* of each list that is filled here, by the kind table */
#define ALSO_MAX  1024 /* registrations for the next request, which is one line */

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

/* All of the reader TEXT; IS_ALSO: it was one before, and one who is known no more is left out. */
static int add_class(struct erasing *erasing, const char *text, bool is_also)
{
	struct ph_ref ref;
	size_t n = 0;
	int rc;

	rc = ph_hub_reader_called(erasing->hub, erasing->request, text, &ref,
				  erasing->err);
	if (rc < 0) {
		return rc;
	}
	if (has_reader(erasing, &ref)) {
		return 0; /* another name of somebody who is named already */
	}
	rc = ph_query_members(erasing->hub->ledger, PH_ENTITY_READER, &ref, NULL, 0, &n);
	if (rc < 0) {
		return ph_fail_errno(erasing->err, rc,
				     ph_say("looking up the reader", "tìm bạn đọc"));
	}
	if (n == 0 && is_also) {
		return 0; /* its site took the registration back meanwhile */
	}
	if (n == 0) {
		return ph_fail(erasing->err, PH_EXIT_OTHER, -ENOENT,
			       ph_say("no reader %s is known here",
				      "ở đây không biết bạn đọc %s"),
			       text);
	}
	rc = add_members(erasing, &ref, n);
	return rc < 0 ? rc : add_cards(erasing, &ref);
}

/* --- who is erased already --- */

struct ordered {
	const struct erasing *erasing;
	struct ph_entry entry; /* of the order that is looked at; it borrows ... */
	struct ph_buf bytes;
	bool *readers, *cards; /* of ERASING: that an order names it */
	struct ph_ref ref; /* the first order of the first reader; n 0: there is none */
	int64_t second;
};

/* Whether every device hears the entry REF of the control log: not where a hub that was put back wrote on. */
static int is_heard(struct ph_hub *hub, const struct ph_ref *ref, bool *out)
{
	*out = true;
	for (unsigned i = 0; i < hub->control.n; i++) {
		if (memcmp(hub->control.log[i].id, ref->log_id, sizeof(ref->log_id)) ==
		    0) {
			uint64_t split = 0;
			int rc = ph_hub_words_split(hub, i, &split);

			*out = ref->n <= split;
			return rc;
		}
	}
	return 0;
}

/* Note whom the order names. Whether the first reader is one of them. */
static bool note_named(struct ordered *ordered)
{
	const struct erasing *erasing = ordered->erasing;
	const struct ph_value *cards = &ordered->entry.field[PH_ERASE_CARDS];
	struct ph_list_iter iter =
		ph_list_begin(&ordered->entry.field[PH_ERASE_READERS].as.list);
	bool is_first = false;
	struct ph_ref reader;
	struct ph_id card;

	while (ph_list_next_ref(&iter, &reader)) {
		for (size_t i = 0; i < erasing->n_readers; i++) {
			if (ph_ref_equal(&erasing->readers[i], &reader)) {
				ordered->readers[i] = true;
				is_first = is_first || i == 0;
			}
		}
	}
	iter = ph_list_begin(&cards->as.list);
	while (cards->set && ph_list_next_id(&iter, &card)) {
		for (size_t i = 0; i < erasing->n_cards; i++) {
			ordered->cards[i] |= ph_id_equal(&erasing->cards[i], &card);
		}
	}
	return is_first;
}

static int see_order(struct ordered *ordered, const struct ph_entity_key *key)
{
	struct ph_hub *hub = ordered->erasing->hub;
	struct ph_erasure erasure = { 0 };
	struct ph_buf state = { 0 };
	struct ph_log log;
	struct ph_ref ref;
	bool heard = false;
	int rc = ph_key_get_ref(ph_key_view(key), &ref) ? is_heard(hub, &ref, &heard)
							: -EUCLEAN;

	if (rc != 0 || !heard) {
		return rc;
	}
	ordered->bytes.len = 0;
	rc = ph_journal_resolve(hub->journal, &ref, &log, &ordered->bytes);
	rc = rc != 0 ? rc
		     : ph_entry_decode(ph_buf_view(&ordered->bytes), &ordered->entry);
	rc = rc != 0 ? rc
		     : ph_ledger_get(hub->ledger, PH_ENTITY_ERASURE, ph_key_view(key),
				     &state);
	rc = rc != 0 ? rc : ph_erasure_decode(ph_buf_view(&state), &erasure);
	if (rc == 0 && note_named(ordered) &&
	    (ordered->ref.n == 0 || erasure.second < ordered->second)) {
		ordered->ref = ref;
		ordered->second = erasure.second;
	}
	ph_erasure_deinit(&erasure);
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

static void ordered_deinit(struct ordered *ordered)
{
	ph_buf_deinit(&ordered->bytes);
	free(ordered->readers);
	free(ordered->cards);
}

/* Each order that was carried out here. */
static int see_orders(struct ordered *ordered, const struct erasing *erasing)
{
	struct ph_keyset keys = { 0 };
	struct ph_stmt *stmt;
	int rc;

	ordered->erasing = erasing;
	ordered->readers = calloc(erasing->n_readers + 1, sizeof(bool));
	ordered->cards = calloc(erasing->n_cards + 1, sizeof(bool));
	if (!ordered->readers || !ordered->cards) {
		return -ENOMEM;
	}
	rc = ph_db_prepare(erasing->hub->db, "SELECT id FROM erasure", &stmt);
	rc = rc != 0 ? rc : ph_keyset_read(&keys, PH_ENTITY_ERASURE, stmt);
	for (size_t i = 0; rc == 0 && i < keys.n; i++) {
		rc = see_order(ordered, &keys.keys[i]);
	}
	ph_keyset_deinit(&keys);
	return rc;
}

static bool are_all_named(const struct ordered *ordered)
{
	bool all = ordered->ref.n > 0;

	for (size_t i = 0; i < ordered->erasing->n_readers; i++) {
		all = all && ordered->readers[i];
	}
	for (size_t i = 0; i < ordered->erasing->n_cards; i++) {
		all = all && ordered->cards[i];
	}
	return all;
}

/* That there is anything to order. 0; -EEXIST or another negative errno. */
static int check_new(const struct ordered *ordered)
{
	char time[PH_TIME_TEXT], ref[PH_REF_TEXT];

	if (!are_all_named(ordered)) {
		return 0;
	}
	ph_time_text(time, ordered->second);
	ph_ref_text(ref, &ordered->ref);
	return ph_fail(ordered->erasing->err, PH_EXIT_OTHER, -EEXIST,
		       ph_say("erased already, by the order of %s: nothing was "
			      "written (packhorsed erasures %s)",
			      "đã xóa rồi, theo lệnh ngày %s: không ghi gì thêm "
			      "(packhorsed erasures %s)"),
		       time, ref);
}

/* --- what one order has no room for --- */

/*
 * What no order that ORDERED counts names yet comes to the front of each list; how many these are. (A flag is
 * asked before its item moves.)
 */
static void put_unnamed_first(struct erasing *erasing, const struct ordered *ordered,
			      size_t *readers_out, size_t *cards_out)
{
	size_t readers = 0, cards = 0;

	for (size_t i = 0; i < erasing->n_readers; i++) {
		struct ph_ref ref = erasing->readers[i];

		if (!ordered->readers[i]) {
			erasing->readers[i] = erasing->readers[readers];
			erasing->readers[readers++] = ref;
		}
	}
	for (size_t i = 0; i < erasing->n_cards; i++) {
		struct ph_id id = erasing->cards[i];

		if (!ordered->cards[i]) {
			erasing->cards[i] = erasing->cards[cards];
			erasing->cards[cards++] = id;
		}
	}
	*readers_out = readers;
	*cards_out = cards;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * For the next request, of the ALL registrations: the LEFT that no order names yet, which lie
 * behind those of this order, then the others, of which there may be cards.
 */
static int set_also(const struct erasing *erasing, size_t all, size_t left,
		    json_t *answer)
{
	json_t *also = json_array();
	size_t first = left > 0 ? erasing->n_readers : 0;
	int rc = also ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < least(all, ALSO_MAX); i++) {
		char text[PH_REF_TEXT];

		ph_ref_text(text, &erasing->readers[(first + i) % all]);
		rc = json_array_append_new(also, json_string(text)) ? -ENOMEM : 0;
	}
	if (rc < 0) {
		json_decref(also);
		return rc;
	}
	return json_object_set_new(answer, "also", also) ? -ENOMEM : 0;
}

/*
 * Of one reader who is too much for an order: what none has named yet, which is something (check_new),
 * as far as there is room; with cards alone one of the registrations again, since an order needs one.
 */
static int fit(struct erasing *erasing, const struct ordered *ordered, json_t *answer)
{
	size_t readers = erasing->n_readers, cards = erasing->n_cards;
	size_t all = readers;
	bool is_much = readers > ITEMS_MAX || cards > ITEMS_MAX;
	int rc = 0;

	if (is_much &&
	    json_array_size(json_object_get(erasing->request, "readers")) > 1) {
		return too_many(erasing, readers > ITEMS_MAX
						 ? ph_say("registrations", "lượt đăng ký")
						 : ph_say("cards", "thẻ"));
	}
	if (is_much) {
		put_unnamed_first(erasing, ordered, &readers, &cards);
	}
	erasing->n_readers = readers > 0 ? readers : 1;
	erasing->n_cards = cards;
	erasing->n_readers = least(erasing->n_readers, ITEMS_MAX);
	erasing->n_cards = least(erasing->n_cards, ITEMS_MAX);
	readers -= least(readers, ITEMS_MAX);
	cards -= least(cards, ITEMS_MAX);
	if (readers + cards > 0) {
		rc = set_also(erasing, all, readers, answer);
	}
	if (json_object_set_new(answer, "readers_left",
				json_integer((json_int_t)readers)) != 0 ||
	    json_object_set_new(answer, "cards_left", json_integer((json_int_t)cards)) !=
		    0) {
		rc = -ENOMEM;
	}
	return rc;
}

static int add_all(struct erasing *erasing)
{
	static const char *const lists[] = { "readers", "also" };
	json_t *item;
	size_t i;
	int rc = 0;

	for (size_t list = 0; list < 2; list++) {
		json_array_foreach(json_object_get(erasing->request, lists[list]), i,
				   item)
		{
			const char *text = json_string_value(item);

			rc = rc == 0 ? add_class(erasing, text ? text : "", list > 0)
				     : rc;
		}
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
	struct ordered ordered = { 0 };
	struct ph_buf readers = { 0 };
	struct ph_buf cards = { 0 };
	int rc = erasing.held ? add_all(&erasing) : -ENOMEM;

	rc = rc < 0 ? rc : see_orders(&ordered, &erasing);
	rc = rc < 0 ? rc : check_new(&ordered);
	rc = rc < 0 ? rc : fit(&erasing, &ordered, answer);
	rc = rc < 0 ? rc
		    : ph_list_put_refs(&readers, erasing.readers, erasing.n_readers,
				       &entry.field[PH_ERASE_READERS]);
	rc = rc < 0 ? rc
		    : ph_list_put_ids(&cards, erasing.cards, erasing.n_cards,
				      &entry.field[PH_ERASE_CARDS]);
	rc = rc < 0 ? rc : ph_hub_put_one(hub, &entry, false, answer, err);
	ordered_deinit(&ordered);
	json_decref(erasing.held);
	free(erasing.readers);
	free(erasing.cards);
	ph_buf_deinit(&readers);
	ph_buf_deinit(&cards);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("looking up the readers", "tìm các bạn đọc"))
		      : 0;
}

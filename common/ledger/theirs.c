/*
 * common/ledger/theirs.c - which entries are about one reader.
 *
 * Whatever names a card of theirs, or one of their registrations, or an entry that does so, by
 * whatever field of the kind table, is theirs. That is looked for in every entry here, of the logs
 * and of what was fed, again and again until nothing more is found: no index knows all of it, and a
 * loan that a policy has cut (copy_cut.h), or that somebody has voided, is in no state. A return
 * names the copy alone; that, and when each loan ended, follows from the life of each copy that was
 * lent to them, folded without the cut.
 *
 * What names another reader's card beside an entry of theirs is theirs, what in turn names that
 * is the other's. Of what ended a loan nothing is that is about another.
 */
#include "common/ledger/theirs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/cases.h"
#include "common/ledger/class.h"
#include "common/ledger/copy_class.h"
#include "common/ledger/copy_cut.h"
#include "common/ledger/fed.h"
#include "common/ledger/query.h"
#include "common/ledger/show.h"
#include "common/ledger/store.h"

struct search {
	struct ph_ledger *ledger;
	struct ph_keyset members; /* registrations */
	struct ph_keyset cards;
	struct ph_keyset logs; /* in which what is followed stands */
	struct ph_keyset cases;
	struct ph_keyset copies; /* that were lent to them */
	size_t n_lived;          /* of these: whose lives were looked at */
	struct ph_refset told;   /* the items */
	struct ph_refset followed;
	struct ph_entry *entry; /* scratch, as is the next */
	struct ph_held held;
	struct ph_log log; /* that is looked through */
	struct ph_theirs *theirs;
};

/* --- what was found --- */

static struct ph_theirs_item *find_item(const struct search *search,
					const struct ph_ref *ref)
{
	struct ph_theirs *theirs = search->theirs;

	for (size_t i = 0; ph_refset_may_have(&search->told, ref) && i < theirs->n; i++) {
		if (ph_ref_equal(&theirs->items[i].ref, ref)) {
			return &theirs->items[i];
		}
	}
	return NULL;
}

static int add_item(struct search *search, const struct ph_ref *ref, int64_t second,
		    uint16_t tick)
{
	struct ph_theirs *theirs = search->theirs;
	int rc = ph_state_grow((void **)&theirs->items, theirs->n, &theirs->cap,
			       sizeof(*theirs->items));

	if (rc == 0) {
		theirs->items[theirs->n++] = (struct ph_theirs_item){ .ref = *ref,
								      .second = second,
								      .tick = tick };
		rc = ph_refset_add(&search->told, ref);
	}
	return rc;
}

/* What names REF is theirs, too. */
static int follow(struct search *search, const struct ph_ref *ref)
{
	struct ph_entity_key log;
	int rc = ph_refset_add(&search->followed, ref);

	return rc == 0 && ph_key_bytes(PH_ENTITY_LOG,
				       PH_VIEW(ref->log_id, sizeof(ref->log_id)), &log)
		       ? ph_keyset_add(&search->logs, &log)
		       : rc;
}

static bool has_card(const struct search *search, const struct ph_id *id)
{
	struct ph_entity_key key;

	return ph_key_id(PH_ENTITY_CARD, id, &key) && ph_keyset_has(&search->cards, &key);
}

/* What was decided of the case of KIND that LOAN is the anchor of is theirs. */
static int add_case_of(struct search *search, unsigned kind, const struct ph_ref *loan)
{
	struct ph_entity_key anchor = ph_key_ref(PH_ENTITY_COPY, loan);
	uint8_t id[PH_CASE_ID_SIZE];
	struct ph_entity_key key;

	ph_case_id(id, kind, ph_key_view(&anchor));
	return ph_key_bytes(PH_ENTITY_CASE, PH_VIEW(id, sizeof(id)), &key)
		       ? ph_keyset_add(&search->cases, &key)
		       : 0;
}

/* Of ENTRY, which is theirs and has the reference REF: the copy that was lent, and its cases. */
static int note_lending(struct search *search, const struct ph_ref *ref,
			const struct ph_entry *entry)
{
	static const unsigned kinds[] = { PH_CASE_TWO_PLACES, PH_CASE_MAYBE_RETURNED,
					  PH_CASE_LENT_IN_CRATE, PH_CASE_BLOCKED_CARD };
	bool is_loan = entry->number == PH_KIND_LOAN;
	struct ph_entity_key copy;
	int rc = 0;

	if (!is_loan && entry->number != PH_KIND_RENEW) {
		return 0;
	}
	if (ph_key_id(PH_ENTITY_COPY,
		      &entry->field[is_loan ? PH_LOAN_COPY : PH_RENEW_COPY].as.id,
		      &copy)) {
		rc = ph_keyset_add(&search->copies, &copy);
	}
	for (size_t i = 0; rc == 0 && is_loan && i < sizeof(kinds) / sizeof(kinds[0]);
	     i++) {
		rc = add_case_of(search, kinds[i], ref);
	}
	return rc;
}

/* --- what an entry says --- */

/* Whether BYTES hold the id of one of KEYS, from its byte FROM on. */
static bool has_any(struct ph_view bytes, const struct ph_keyset *keys, size_t from)
{
	for (size_t i = 0; i < keys->n; i++) {
		struct ph_view id = ph_key_view(&keys->keys[i]);

		if (memmem(bytes.data, bytes.len, id.data + from, id.len - from)) {
			return true;
		}
	}
	return false;
}

/* False: the entry of these BYTES says nothing of them. Few others have to be decoded. */
static bool may_tell(const struct search *search, struct ph_view bytes)
{
	uint64_t kind, stamp;

	/* The code of a card stands behind its namespace, 8 bytes. */
	if (has_any(bytes, &search->cards, 8) || has_any(bytes, &search->logs, 0)) {
		return true;
	}
	/* What makes a registration has its name nowhere, and of a case a hash is told. */
	return ph_entry_peek(bytes, &kind, &stamp) &&
	       (kind == PH_KIND_READER_PUT || kind == PH_KIND_CASE_DECIDE);
}

struct said {
	bool is_theirs;  /* it names something of theirs ... */
	bool is_of_them; /* ... that is one of their registrations */
	bool is_shared;  /* it has another reader's card */
};

static void see_ref(const struct search *search, const struct ph_ref *ref,
		    struct said *said)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_READER, ref);

	said->is_of_them |= ph_keyset_has(&search->members, &key);
	said->is_theirs |= ph_refset_may_have(&search->followed, ref);
}

static void see_field(const struct search *search, enum ph_type type,
		      const struct ph_value *value, struct said *said)
{
	bool has = type == PH_T_CARD_ID && has_card(search, &value->as.id);
	struct ph_list_iter iter;
	struct ph_ref ref;
	struct ph_id id;

	said->is_theirs |= has;
	said->is_shared |= type == PH_T_CARD_ID && !has;
	if (type == PH_T_REF) {
		see_ref(search, &value->as.ref, said);
	} else if (type == PH_T_REFS) {
		iter = ph_list_begin(&value->as.list);
		while (ph_list_next_ref(&iter, &ref)) {
			see_ref(search, &ref, said);
		}
	} else if (type == PH_T_CARD_IDS) {
		iter = ph_list_begin(&value->as.list);
		while (ph_list_next_id(&iter, &id)) {
			said->is_theirs |= has_card(search, &id);
		}
	}
}

static struct said what_it_says(const struct search *search, const struct ph_entry *entry)
{
	struct said said = { 0 };
	struct ph_entity_key key;

	for (size_t i = 0; i < entry->kind->n_fields; i++) {
		if (entry->field[i].set) {
			see_field(search, entry->kind->fields[i].type, &entry->field[i],
				  &said);
		}
	}
	if (entry->number == PH_KIND_CASE_DECIDE &&
	    ph_key_bytes(PH_ENTITY_CASE, entry->field[PH_DECIDE_CASE].as.bytes, &key)) {
		said.is_theirs |= ph_keyset_has(&search->cases, &key);
	}
	return said;
}

/*
 * Whether BYTES are of an entry of theirs that is new; search->entry is that then. REF has its log and
 * its number, and gets its hash. 1, 0, negative errno.
 */
static int is_found(struct search *search, struct ph_view bytes, struct ph_ref *ref,
		    struct said *said)
{
	const struct ph_entry *entry = search->entry;
	struct ph_entity_key key;
	uint8_t e[PH_HASH_SIZE];
	int rc;

	if (!may_tell(search, bytes)) {
		return 0;
	}
	rc = ph_entry_decode(bytes, search->entry);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	*said = what_it_says(search, entry);
	if (!said->is_theirs && entry->number != PH_KIND_READER_PUT) {
		return 0;
	}
	ph_entry_hash(bytes, e);
	memcpy(ref->hash, e, sizeof(ref->hash));
	key = ph_key_ref(PH_ENTITY_READER, ref);
	said->is_theirs |= ph_keyset_has(&search->members, &key);
	return said->is_theirs && find_item(search, ref) == NULL;
}

/* search->entry, which is_found(), counts at SECOND and TICK. */
static int take(struct search *search, const struct ph_ref *ref, int64_t second,
		uint16_t tick, const struct said *said)
{
	int rc = add_item(search, ref, second, tick);

	if (rc != 0 || (said->is_shared && !said->is_of_them)) {
		return rc;
	}
	rc = follow(search, ref);
	return rc != 0 ? rc : note_lending(search, ref, search->entry);
}

/* --- all that is here --- */

static int on_entry(void *data, uint64_t n, struct ph_view bytes)
{
	struct search *search = data;
	const struct ph_fact *fact = &search->held.fact;
	enum ph_part_in_fold part;
	struct ph_ref ref = { .n = n };
	struct said said;
	int rc;

	memcpy(ref.log_id, search->log.id, sizeof(ref.log_id));
	rc = is_found(search, bytes, &ref, &said);
	if (rc <= 0) {
		return rc;
	}
	rc = ph_held_load(search->ledger, search->log.row, n, &search->held, &part);
	if (rc == 0 && part == PH_PART_NONE) {
		return take(search, &ref, 0, 0, &said); /* it never counts */
	}
	return rc != 0 ? rc : take(search, &ref, fact->second, fact->tick, &said);
}

static int on_log(void *data, const struct ph_log *log)
{
	struct search *search = data;

	search->log = *log;
	return ph_journal_entry_each(search->ledger->journal, log->row, log->base,
				     on_entry, search);
}

static int on_fed(void *data, const struct ph_fed_entry *fed)
{
	struct ph_ref ref = fed->ref;
	struct said said;
	int rc = is_found(data, fed->bytes, &ref, &said);

	return rc <= 0 ? rc
		       : take(data, &ref, (int64_t)fed->second, (uint16_t)fed->tick,
			      &said);
}

static int look_through(struct search *search)
{
	static const uint8_t hash[8] = { 0 };
	struct ph_db *fed = search->ledger->config.fed;
	int rc = ph_journal_log_each(search->ledger->journal, on_log, search);

	return rc != 0 || fed == NULL ? rc
				      : ph_fed_entries(fed, 0, 0, hash, on_fed, search);
}

/* --- the lives of copies --- */

static int add_fact(struct search *search, const struct ph_fact *fact)
{
	return find_item(search, &fact->ref) != NULL
		       ? 0
		       : add_item(search, &fact->ref, fact->second, fact->tick);
}

/* END is what ended a loan to them: a return was theirs, a loan that closed it is another's. */
static int add_end(struct search *search, const struct ph_fact *end)
{
	int rc = ph_fact_entry(end, search->entry);

	if (rc != 0) {
		return rc;
	}
	switch (search->entry->number) {
	case PH_KIND_RETURN:
		rc = add_fact(search, end);
		return rc != 0 ? rc : follow(search, &end->ref);
	case PH_KIND_SIGHTING:
	case PH_KIND_CRATE_DISPATCH:
	case PH_KIND_CRATE_RECEIVE:
		return add_fact(search, end); /* of the copy, as is what names it */
	case PH_KIND_LOAN:
		return add_case_of(search, PH_CASE_TWO_PLACES, &end->ref);
	default:
		return 0;
	}
}

/* LOAN, to a card of theirs, in the life that FACTS are: renewals, some of which name no card, and its end. */
static int take_loan(struct search *search, const struct ph_loan *loan,
		     const struct ph_facts *facts)
{
	struct ph_theirs_item *item = find_item(search, &loan->ref);
	const struct ph_fact *fact;
	int rc = 0;

	if (item != NULL && item->closed == NULL && loan->closed != PH_CLOSED_OPEN) {
		item->closed = ph_show_closed(loan);
		item->closed_by = loan->closed_by;
		rc = item->closed == NULL ? -ENOMEM : 0;
	}
	for (size_t i = 0; rc == 0 && i < loan->n_renewals; i++) {
		fact = ph_facts_find(facts, &loan->renewals[i]);
		rc = fact == NULL ? 0 : add_fact(search, fact);
		rc = rc != 0 ? rc : follow(search, &loan->renewals[i]);
	}
	if (rc != 0 || loan->closed == PH_CLOSED_OPEN) {
		return rc;
	}
	fact = ph_facts_find(facts, &loan->closed_by);
	return fact == NULL ? 0 : add_end(search, fact);
}

static int take_loans(struct search *search, const struct ph_keyset *members,
		      const struct ph_facts *facts)
{
	struct ph_buf state = { 0 };
	struct ph_copy copy = { 0 };
	int rc = ph_copy_fold_class(members->keys, members->n, facts->items, facts->n,
				    &state);

	rc = rc != 0 ? rc : ph_copy_decode(ph_buf_view(&state), &copy);
	for (size_t i = 0; rc == 0 && i < copy.n_loans; i++) {
		if (has_card(search, &copy.loans[i].card)) {
			rc = take_loan(search, &copy.loans[i], facts);
		}
	}
	ph_copy_deinit(&copy);
	ph_buf_deinit(&state);
	return rc;
}

/* Which of FACTS a policy has cut: nothing else shows them. */
static int note_forgotten(struct search *search, const struct ph_keyset *members,
			  const struct ph_facts *facts)
{
	struct ph_facts left = { 0 };
	int rc;

	if (search->ledger->cut_day == PH_CUT_DAY_NONE) {
		return 0;
	}
	rc = ph_facts_load(search->ledger, members->keys, members->n, &left);
	for (size_t i = 0; rc == 0 && i < facts->n; i++) {
		struct ph_theirs_item *item = find_item(search, &facts->items[i].ref);

		if (item != NULL && ph_facts_find(&left, &item->ref) == NULL) {
			item->is_forgotten = true;
		}
	}
	ph_facts_deinit(&left);
	return rc;
}

/* Under whichever label the copy came back. */
static int look_at_life(struct search *search, const struct ph_entity_key *copy)
{
	struct ph_keyset members = { 0 };
	struct ph_facts facts = { 0 };
	int rc = ph_class_members(search->ledger, copy, &members);

	rc = rc != 0 ? rc
		     : ph_facts_load_whole(search->ledger, members.keys, members.n,
					   &facts);
	if (rc == 0 && facts.n > 0) {
		rc = take_loans(search, &members, &facts);
		rc = rc != 0 ? rc : note_forgotten(search, &members, &facts);
	}
	ph_facts_deinit(&facts);
	ph_keyset_deinit(&members);
	return rc;
}

static int look_at_lives(struct search *search)
{
	int rc = 0;

	while (rc == 0 && search->n_lived < search->copies.n) {
		struct ph_entity_key copy = search->copies.keys[search->n_lived++];

		rc = look_at_life(search, &copy);
	}
	return rc;
}

/* --- who it is --- */

static int find_members(struct search *search, const struct ph_ref *reader)
{
	struct ph_ref *members;
	size_t n = 0, again = 0;
	int rc = ph_query_members(search->ledger, PH_ENTITY_READER, reader, NULL, 0, &n);

	if (rc != 0 || n == 0) {
		return rc;
	}
	members = calloc(n, sizeof(*members));
	rc = members == NULL ? -ENOMEM
			     : ph_query_members(search->ledger, PH_ENTITY_READER, reader,
						members, n, &again);
	for (size_t i = 0; rc == 0 && i < n && i < again; i++) {
		struct ph_entity_key key = ph_key_ref(PH_ENTITY_READER, &members[i]);

		rc = ph_keyset_add(&search->members, &key);
		rc = rc != 0 ? rc : follow(search, &members[i]);
	}
	free(members);
	return rc;
}

static int find_cards(struct search *search, const struct ph_ref *reader)
{
	json_t *list = NULL;
	json_t *card;
	size_t i;
	int rc = ph_query_cards(search->ledger, reader, &list);

	json_array_foreach(list, i, card)
	{
		const json_t *code = json_object_get(card, "code");
		struct ph_id id = {
			.ns = (uint64_t)json_integer_value(json_object_get(card, "ns")),
			.code = PH_VIEW(json_string_value(code), json_string_length(code))
		};
		struct ph_entity_key key;

		if (rc == 0 && ph_key_id(PH_ENTITY_CARD, &id, &key)) {
			rc = ph_keyset_add(&search->cards, &key);
		}
	}
	json_decref(list);
	return rc;
}

static int on_case(void *data, const struct ph_case_row *row)
{
	struct search *search = data;
	struct ph_entity_key key;

	for (size_t i = 0; i < row->n_refs; i++) {
		if (ph_refset_may_have(&search->followed, &row->refs[i]) &&
		    ph_key_bytes(PH_ENTITY_CASE, PH_VIEW(row->id, sizeof(row->id)),
				 &key)) {
			return ph_keyset_add(&search->cases, &key);
		}
	}
	return 0;
}

/* Cases of registrations, whose anchors name others as well. The hub alone has what was decided. */
static int find_cases(struct search *search)
{
	static const unsigned kinds[] = { PH_CASE_SAME_READER, PH_CASE_ERASED_MERGED };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct ph_case_filter filter = { .kind = kinds[i], .all = true };

		rc = ph_cases_each(search->ledger, &filter, on_case, search);
	}
	return rc;
}

static int gather(struct search *search, const struct ph_ref *reader)
{
	size_t known = 0;
	int rc = find_members(search, reader);

	rc = rc != 0 ? rc : find_cards(search, reader);
	while (rc == 0 && search->followed.n + search->cases.n > known) {
		rc = search->ledger->config.hub == NULL ? 0 : find_cases(search);
		known = search->followed.n + search->cases.n;
		rc = rc != 0 ? rc : look_through(search);
		rc = rc != 0 ? rc : look_at_lives(search);
	}
	return rc;
}

/* --- in the order --- */

static int compare(const void *a, const void *b)
{
	const struct ph_theirs_item *x = a;
	const struct ph_theirs_item *y = b;

	if (x->second != y->second) {
		return x->second < y->second ? -1 : 1;
	}
	if (x->tick != y->tick) {
		return x->tick < y->tick ? -1 : 1;
	}
	return ph_ref_compare(&x->ref, &y->ref);
}

static void finish(struct search *search)
{
	struct ph_theirs *theirs = search->theirs;

	for (size_t i = 0; i < theirs->n; i++) {
		struct ph_theirs_item *item = &theirs->items[i];

		if (item->closed != NULL && find_item(search, &item->closed_by) == NULL) {
			json_object_del(item->closed, "by");
		}
	}
	if (theirs->n > 1) {
		qsort(theirs->items, theirs->n, sizeof(*theirs->items), compare);
	}
}

int ph_theirs_find(struct ph_ledger *ledger, const struct ph_ref *reader,
		   struct ph_theirs *theirs)
{
	struct search search = { .ledger = ledger, .theirs = theirs };
	int rc = ph_held_init(&search.held);

	search.entry = malloc(sizeof(*search.entry));
	rc = rc == 0 && search.entry == NULL ? -ENOMEM : rc;
	rc = rc != 0 ? rc : gather(&search, reader);
	if (rc == 0) {
		finish(&search);
	}
	free(search.entry);
	ph_held_deinit(&search.held);
	ph_keyset_deinit(&search.members);
	ph_keyset_deinit(&search.cards);
	ph_keyset_deinit(&search.logs);
	ph_keyset_deinit(&search.cases);
	ph_keyset_deinit(&search.copies);
	ph_refset_deinit(&search.told);
	ph_refset_deinit(&search.followed);
	return rc;
}

void ph_theirs_deinit(struct ph_theirs *theirs)
{
	for (size_t i = 0; i < theirs->n; i++) {
		json_decref(theirs->items[i].closed);
	}
	free(theirs->items);
	*theirs = (struct ph_theirs){ 0 };
}

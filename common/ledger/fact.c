/*
 * common/ledger/fact.c - facts: their time, their order, and who may say what.
 *
 * A told time (`when`) counts as its second; else the stamp counts, as judged, but never
 * less than a clock-mark before it in the same log. Nothing here fails but for memory:
 * what is not a fact never gets this far.
 */
#include "common/ledger/fact.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/log/chain.h"

#define SECOND_MAX ((UINT64_C(1) << 47) - 1) /* of a stamp */

uint64_t ph_judged(uint64_t stamp, const struct ph_judgement *by)
{
	if (!by->judged) {
		return stamp;
	}

	uint64_t second = (stamp >> PH_STAMP_COUNTER_BITS) + by->behind;

	second = second > by->ahead ? second - by->ahead : 0;
	if (second > SECOND_MAX) {
		second = SECOND_MAX;
	}

	if (by->has_clamp && second > by->clamp) {
		return by->clamp << PH_STAMP_COUNTER_BITS;
	}
	return second << PH_STAMP_COUNTER_BITS | (uint16_t)stamp;
}

void ph_fact_init(struct ph_fact *fact, const struct ph_log *log, uint64_t n,
		  struct ph_view bytes, const struct ph_entry *entry)
{
	uint8_t hash[PH_HASH_SIZE];

	*fact = (struct ph_fact){ .log_site = log->site, .bytes = bytes };
	fact->site = entry->extras.behalf != 0 ? entry->extras.behalf : log->site;
	memcpy(fact->ref.log_id, log->id, sizeof fact->ref.log_id);
	fact->ref.n = n;
	ph_entry_hash(bytes, hash);
	memcpy(fact->ref.hash, hash, sizeof fact->ref.hash);
}

static uint32_t unsure_of(const struct ph_mark *mark)
{
	if (mark->n == 0) {
		return PH_UNSURE_NONE;
	}
	if (mark->by.judged) {
		return PH_UNSURE_HUB;
	}
	switch (mark->sure) {
	case PH_SURE_HUB:
	case PH_SURE_NETWORK:
		return PH_UNSURE_HUB;
	case PH_SURE_PERSON:
		return PH_UNSURE_PERSON;
	case PH_SURE_RTC:
		return PH_UNSURE_RTC;
	default:
		return PH_UNSURE_NONE;
	}
}

static void stamped_time(struct ph_fact *fact, uint64_t own, const struct ph_mark *mark)
{
	uint64_t stamp = ph_judged(own, &mark->by);

	if (stamp < mark->floor) {
		stamp = mark->floor;
	}
	fact->second = ph_stamp_seconds(stamp);
	fact->tick = (uint16_t)stamp;
	fact->told = false;
	fact->unsure = unsure_of(mark);
}

void ph_fact_time(struct ph_fact *fact, const struct ph_entry *entry,
		  const struct ph_mark *mark)
{
	if (entry->extras.when == PH_WHEN_NONE) {
		stamped_time(fact, entry->stamp, mark);
		return;
	}
	fact->second = ph_entry_effective(entry);
	fact->tick = 0;
	fact->told = true;
	fact->unsure =
		entry->extras.when == PH_WHEN_MINUTE ? PH_UNSURE_MINUTE : PH_UNSURE_DAY;
	if (fact->second > PH_FACT_SECOND_MAX) {
		fact->second = PH_FACT_SECOND_MAX;
	} else if (fact->second < -PH_FACT_SECOND_MAX) {
		fact->second = -PH_FACT_SECOND_MAX;
	}
}

int ph_fact_entry(const struct ph_fact *fact, struct ph_entry *entry)
{
	return ph_entry_read_again(fact->bytes, entry);
}

static int compare_times(const struct ph_fact *a, const struct ph_fact *b)
{
	if (a->second != b->second) {
		return a->second < b->second ? -1 : 1;
	}
	return a->tick < b->tick ? -1 : a->tick > b->tick;
}

int ph_fact_compare(const struct ph_fact *a, const struct ph_fact *b)
{
	int order = compare_times(a, b);

	if (order == 0 && a->rank != b->rank) {
		return a->rank < b->rank ? -1 : 1;
	}
	return order != 0 ? order : ph_ref_compare(&a->ref, &b->ref);
}

static int compare_items(const void *a, const void *b)
{
	return ph_fact_compare(a, b);
}

/* --- journeys of crates --- */

/* The number of the kind, as it stands in the bytes; 0 if it is not one byte. */
static uint8_t kind_of(const struct ph_fact *fact)
{
	return fact->bytes.len > 1 && fact->bytes.data[1] < 0x80 ? fact->bytes.data[1]
								 : 0;
}

/* A receive or dispatch among the facts. */
struct journey {
	struct ph_fact *fact;
	bool receive;
	struct ph_id crate; /* borrows from the fact's bytes */
};

static size_t count_journeys(const struct ph_fact *facts, size_t n, size_t *receives)
{
	size_t count = 0;

	*receives = 0;
	for (size_t i = 0; i < n; i++) {
		uint8_t kind = kind_of(&facts[i]);

		count += kind == PH_KIND_CRATE_DISPATCH || kind == PH_KIND_CRATE_RECEIVE;
		*receives += kind == PH_KIND_CRATE_RECEIVE;
	}
	return count;
}

static int read_journey(struct ph_fact *fact, bool receive, struct ph_entry *entry,
			struct journey *journey)
{
	int rc = ph_fact_entry(fact, entry);

	if (rc != 0) {
		return rc;
	}
	*journey = (struct journey){
		.fact = fact,
		.receive = receive,
		.crate =
			entry->field[receive ? PH_RECEIVE_CRATE : PH_DISPATCH_CRATE].as.id
	};
	return 0;
}

static int read_journeys(struct ph_fact *facts, size_t n, struct journey *journeys)
{
	struct ph_entry *entry = malloc(sizeof *entry);
	int rc = entry == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		uint8_t kind = kind_of(&facts[i]);

		if (kind == PH_KIND_CRATE_RECEIVE || kind == PH_KIND_CRATE_DISPATCH) {
			rc = read_journey(&facts[i], kind == PH_KIND_CRATE_RECEIVE, entry,
					  journeys++);
		}
	}
	free(entry);
	return rc;
}

static int compare_crates(const struct ph_id *a, const struct ph_id *b)
{
	if (a->ns != b->ns) {
		return a->ns < b->ns ? -1 : 1;
	}
	return ph_view_compare(a->code, b->code);
}

/* By crate; dispatches first, the latest of them first of all. */
static int compare_journeys(const void *a, const void *b)
{
	const struct journey *x = a, *y = b;
	int order = compare_crates(&x->crate, &y->crate);

	if (order != 0) {
		return order;
	}
	return x->receive != y->receive ? x->receive - y->receive
					: compare_times(y->fact, x->fact);
}

/* Receives count no earlier than a dispatch, and behind what counts at the same time. */
static void lift(const struct journey *journeys, size_t count)
{
	const struct journey *dispatch = NULL;

	for (size_t i = 0; i < count; i++) {
		struct ph_fact *fact = journeys[i].fact;

		if (i == 0 ||
		    compare_crates(&journeys[i - 1].crate, &journeys[i].crate) != 0) {
			dispatch = journeys[i].receive ? NULL : &journeys[i];
		}
		if (!journeys[i].receive) {
			continue;
		}
		fact->rank = 1;
		if (dispatch != NULL && compare_times(fact, dispatch->fact) < 0) {
			fact->second = dispatch->fact->second;
			fact->tick = dispatch->fact->tick;
		}
	}
}

static int lift_receives(struct ph_fact *facts, size_t n)
{
	size_t receives;
	size_t count = count_journeys(facts, n, &receives);

	if (receives == 0) {
		return 0;
	}

	struct journey *journeys = calloc(count, sizeof *journeys);
	int rc = journeys == NULL ? -ENOMEM : read_journeys(facts, n, journeys);

	if (rc == 0) {
		qsort(journeys, count, sizeof *journeys, compare_journeys);
		lift(journeys, count);
	}
	free(journeys);
	return rc;
}

int ph_facts_sort(struct ph_fact *facts, size_t n)
{
	int rc = lift_receives(facts, n);

	if (rc == 0 && n > 1) {
		qsort(facts, n, sizeof *facts, compare_items);
	}
	return rc;
}

bool ph_fact_creates(const struct ph_entry *entry)
{
	switch (entry->number) {
	case PH_KIND_TITLE_PUT:
		return !entry->field[PH_TITLE_TITLE].set;
	case PH_KIND_READER_PUT:
		return !entry->field[PH_READER_READER].set;
	default:
		return false;
	}
}

bool ph_fact_opens(const struct ph_entry *entry, const struct ph_log *log)
{
	uint8_t id[PH_LOG_ID_SIZE];

	if (entry->number != PH_KIND_OPEN ||
	    !(entry->kind->writers & ph_fact_role(log))) {
		return false;
	}

	struct ph_view key = entry->field[PH_OPEN_KEY].as.bytes;
	struct ph_view nonce = entry->field[PH_OPEN_NONCE].as.bytes;

	if (!entry->field[PH_OPEN_KEY].set || !entry->field[PH_OPEN_NONCE].set ||
	    nonce.len != PH_NONCE_SIZE ||
	    !ph_view_equal(key, PH_VIEW(log->key, sizeof log->key))) {
		return false;
	}
	ph_log_id(id, key.data, nonce.data);

	/* An unset site is the hub's. */
	uint64_t site =
		entry->field[PH_OPEN_SITE].set ? entry->field[PH_OPEN_SITE].as.uint : 0;

	return memcmp(id, log->id, sizeof id) == 0 && site == log->site;
}

unsigned ph_fact_role(const struct ph_log *log)
{
	return log->site == 0 ? PH_ROLE_HUB : (unsigned)log->role & PH_ROLE_BOTH;
}

bool ph_fact_void_counts(uint64_t target_log, uint64_t target_site, uint64_t void_log,
			 uint64_t void_site, bool same_log)
{
	if (target_log == 0) {
		return same_log;
	}
	if (void_log == 0) {
		return true;
	}
	return void_log == target_log || void_log == target_site ||
	       void_site == target_log || void_site == target_site;
}

/*
 * common/ledger/tally.c - one site's counts of one day.
 *
 * A table says what each kind adds to which counters. Counters that are 0 are not in
 * the state, and a state without counters is none: so adding an entry and taking it
 * away again leaves the bytes as they were.
 */
#include "common/ledger/tally.h"

#include <errno.h>
#include <stdlib.h>

#include "common/ledger/state.h"

/* How many an entry adds. */
enum how {
	ONE,   /* one */
	FIRST, /* one, if its first field, which names what it changes, is not set */
	NEW,   /* one, if it has seen nothing that it changes */
	SUM,   /* the number in the field; unset: none */
	COUNT, /* the number in the field; unset: one */
	ITEMS, /* the items of the list in the field */
};

struct rule {
	uint16_t kind;
	uint8_t counter;
	uint8_t how;   /* enum how */
	uint8_t field; /* of SUM, COUNT and ITEMS */
	/* Counters by a value: COUNTER + the enum in field BY, if that is below KEYS. */
	uint8_t keys;
	uint8_t by;
};

/* In order of kind. An enum of a later table may have more names than there are keys. */
static const struct rule rules[] = {
	{ PH_KIND_READER_PUT, PH_TALLY_READERS, FIRST, 0, 0, 0 },
	{ PH_KIND_CARD_ISSUE, PH_TALLY_CARDS, ONE, 0, 0, 0 },
	{ PH_KIND_CARD_STOP, PH_TALLY_CARD_STOPS, ONE, 0, 0, 0 },
	{ PH_KIND_TITLE_PUT, PH_TALLY_TITLES, FIRST, 0, 0, 0 },
	{ PH_KIND_COPY_PUT, PH_TALLY_COPIES, NEW, 0, 0, 0 },
	{ PH_KIND_LOAN, PH_TALLY_LOANS, ONE, 0, 0, 0 },
	{ PH_KIND_RENEW, PH_TALLY_RENEWALS, ONE, 0, 0, 0 },
	{ PH_KIND_RETURN, PH_TALLY_RETURNS, ONE, 0, 0, 0 },
	{ PH_KIND_IN_HOUSE_USE, PH_TALLY_USES, COUNT, PH_USE_COUNT, 0, 0 },
	{ PH_KIND_SIGHTING, PH_TALLY_SIGHTINGS, ONE, 0, 0, 0 },
	{ PH_KIND_UNCODED_LOAN, PH_TALLY_UNCODED_LOANS, SUM, PH_UNCODED_LOAN_COUNT, 0,
	  0 },
	{ PH_KIND_UNCODED_RETURN, PH_TALLY_UNCODED_RETURNS, SUM, PH_UNCODED_RETURN_COUNT,
	  0, 0 },
	{ PH_KIND_COPY_MISSING, PH_TALLY_MISSING, ONE, 0, 0, 0 },
	{ PH_KIND_READER_LOST, PH_TALLY_READER_LOST, ONE, 0, 0, 0 },
	{ PH_KIND_DAMAGED, PH_TALLY_DAMAGED, ONE, 0, 0, 0 },
	{ PH_KIND_WITHDRAWN, PH_TALLY_WITHDRAWN, ONE, 0, 0, 0 },
	{ PH_KIND_REINSTATED, PH_TALLY_REINSTATED, ONE, 0, 0, 0 },
	{ PH_KIND_CHARGE, PH_TALLY_CHARGED, SUM, PH_CHARGE_AMOUNT, 0, 0 },
	{ PH_KIND_PAYMENT, PH_TALLY_PAID, SUM, PH_PAYMENT_AMOUNT, 0, 0 },
	{ PH_KIND_HOLD_PLACE, PH_TALLY_HOLDS, ONE, 0, 0, 0 },
	{ PH_KIND_HOLD_READY, PH_TALLY_HOLDS_READY, ONE, 0, 0, 0 },
	{ PH_KIND_CRATE_DISPATCH, PH_TALLY_DISPATCHES, ONE, 0, 0, 0 },
	{ PH_KIND_CRATE_DISPATCH, PH_TALLY_DISPATCHED, ITEMS, PH_DISPATCH_COPIES, 0, 0 },
	{ PH_KIND_CRATE_RECEIVE, PH_TALLY_RECEIVES, SUM, PH_RECEIVE_FINAL, 0, 0 },
	{ PH_KIND_DAY_OPEN, PH_TALLY_DAYS_OPEN, ONE, 0, 0, 0 },
	{ PH_KIND_VISIT, PH_TALLY_VISITS, COUNT, PH_VISIT_COUNT, 0, 0 },
	{ PH_KIND_VISIT, PH_TALLY_WOMEN, SUM, PH_VISIT_WOMEN, 0, 0 },
	{ PH_KIND_VISIT, PH_TALLY_BAND, COUNT, PH_VISIT_COUNT, 32, PH_VISIT_BAND },
	{ PH_KIND_VISIT, PH_TALLY_PURPOSE, COUNT, PH_VISIT_COUNT, 16, PH_VISIT_PURPOSE },
	{ PH_KIND_MOBILE_STOP, PH_TALLY_STOPS, FIRST, 0, 0, 0 },
	{ PH_KIND_ACTIVITY, PH_TALLY_ACTIVITIES, ONE, 0, 0, 0 },
	{ PH_KIND_ACTIVITY, PH_TALLY_ATTENDANCE, SUM, PH_ACTIVITY_ATTENDANCE, 0, 0 },
	{ PH_KIND_ACTIVITY, PH_TALLY_ATTENDANCE_WOMEN, SUM, PH_ACTIVITY_WOMEN, 0, 0 },
	{ PH_KIND_ACTIVITY, PH_TALLY_OCCASION, ONE, 0, 8, PH_ACTIVITY_OCCASION },
	{ PH_KIND_TRAINING, PH_TALLY_TRAININGS, ONE, 0, 0, 0 },
	{ PH_KIND_TRAINING, PH_TALLY_TRAINED_WORKERS, SUM, PH_TRAINING_WORKERS, 0, 0 },
	{ PH_KIND_TRAINING, PH_TALLY_TRAINED_COLLABORATORS, SUM,
	  PH_TRAINING_COLLABORATORS, 0, 0 },
	{ PH_KIND_DIGITAL_USE, PH_TALLY_DIGITAL, COUNT, PH_DIGITAL_COUNT, 0, 0 },
	{ PH_KIND_DIGITAL_USE, PH_TALLY_DIGITAL_WOMEN, SUM, PH_DIGITAL_WOMEN, 0, 0 },
	{ PH_KIND_DIGITAL_USE, PH_TALLY_FORM, COUNT, PH_DIGITAL_COUNT, 8,
	  PH_DIGITAL_FORM },
	{ PH_KIND_DONATION, PH_TALLY_DONATIONS, ONE, 0, 0, 0 },
	{ PH_KIND_DONATION, PH_TALLY_DONATED_MONEY, SUM, PH_DONATION_MONEY, 0, 0 },
	{ PH_KIND_DONATION, PH_TALLY_DONATED_COPIES, SUM, PH_DONATION_COPIES, 0, 0 },
	{ PH_KIND_DONATION, PH_TALLY_DONOR, ONE, 0, 8, PH_DONATION_DONOR },
	{ PH_KIND_DONATION, PH_TALLY_FOREIGN, SUM, PH_DONATION_FOREIGN, 0, 0 },
};
#define N_RULES (sizeof rules / sizeof *rules)

const struct ph_counter ph_tally_counters[] = {
	{ PH_TALLY_VISITS, "visits" },
	{ PH_TALLY_WOMEN, "women" },
	{ PH_TALLY_LOANS, "loans" },
	{ PH_TALLY_RETURNS, "returns" },
	{ PH_TALLY_RENEWALS, "renewals" },
	{ PH_TALLY_USES, "uses" },
	{ PH_TALLY_READERS, "readers" },
	{ PH_TALLY_CARDS, "cards" },
	{ PH_TALLY_COPIES, "copies" },
	{ PH_TALLY_TITLES, "titles" },
	{ PH_TALLY_STOPS, "stops" },
	{ PH_TALLY_ACTIVITIES, "activities" },
	{ PH_TALLY_ATTENDANCE, "attendance" },
	{ PH_TALLY_ATTENDANCE_WOMEN, "attendance_women" },
	{ PH_TALLY_TRAININGS, "trainings" },
	{ PH_TALLY_TRAINED_WORKERS, "trained_workers" },
	{ PH_TALLY_TRAINED_COLLABORATORS, "trained_collaborators" },
	{ PH_TALLY_DIGITAL, "digital_uses" },
	{ PH_TALLY_DIGITAL_WOMEN, "digital_women" },
	{ PH_TALLY_DONATIONS, "donations" },
	{ PH_TALLY_DONATED_MONEY, "donated_money" },
	{ PH_TALLY_DONATED_COPIES, "donated_copies" },
	{ PH_TALLY_FOREIGN, "foreign_donations" },
	{ PH_TALLY_UNCODED_LOANS, "uncoded_loans" },
	{ PH_TALLY_UNCODED_RETURNS, "uncoded_returns" },
	{ PH_TALLY_DISPATCHES, "crates_sent" },
	{ PH_TALLY_DISPATCHED, "copies_sent" },
	{ PH_TALLY_RECEIVES, "crates_received" },
	{ PH_TALLY_WITHDRAWN, "withdrawn" },
	{ PH_TALLY_REINSTATED, "reinstated" },
	{ PH_TALLY_CHARGED, "charged" },
	{ PH_TALLY_PAID, "paid" },
	{ PH_TALLY_DAYS_OPEN, "days_open" },
	{ PH_TALLY_SIGHTINGS, "sightings" },
	{ PH_TALLY_HOLDS, "holds" },
	{ PH_TALLY_HOLDS_READY, "holds_ready" },
	{ PH_TALLY_CARD_STOPS, "card_stops" },
	{ PH_TALLY_MISSING, "missing" },
	{ PH_TALLY_READER_LOST, "lost" },
	{ PH_TALLY_DAMAGED, "damaged" },
};
const size_t ph_tally_counters_count =
	sizeof ph_tally_counters / sizeof *ph_tally_counters;

static uint64_t amount(const struct rule *rule, const struct ph_entry *entry)
{
	const struct ph_value *field = &entry->field[rule->field];

	switch ((enum how)rule->how) {
	case ONE:
		return 1;
	case FIRST:
		return !entry->field[0].set;
	case NEW:
		return entry->n_seen == 0;
	case SUM:
		return field->set ? field->as.uint : 0;
	case COUNT:
		return field->set ? field->as.uint : 1;
	case ITEMS:
		return field->set ? field->as.list.count : 0;
	}
	return 0;
}

/* The first rule of KIND or of one behind it. */
static size_t first_rule(uint64_t kind)
{
	size_t low = 0, high = N_RULES;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rules[middle].kind < kind) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

size_t ph_tally_of(const struct ph_entry *entry,
		   struct ph_count counts[static PH_COUNTS_MAX])
{
	size_t n = 0;

	for (size_t i = first_rule(entry->number);
	     i < N_RULES && rules[i].kind == entry->number; i++) {
		const struct ph_value *by = &entry->field[rules[i].by];
		unsigned key = rules[i].counter;
		uint64_t count = amount(&rules[i], entry);

		if (rules[i].keys > 0) {
			if (!by->set || by->as.uint >= rules[i].keys) {
				continue;
			}
			key += (unsigned)by->as.uint;
		}
		if (count > 0) {
			counts[n++] =
				(struct ph_count){ .key = (uint8_t)key, .count = count };
		}
	}
	return n;
}

bool ph_tally_counts(const struct ph_entry *entry)
{
	struct ph_count counts[PH_COUNTS_MAX];

	return ph_tally_of(entry, counts) > 0;
}

void ph_tally_add(struct ph_tally *tally, const struct ph_entry *entry, int sign)
{
	struct ph_count counts[PH_COUNTS_MAX];
	size_t n = ph_tally_of(entry, counts);

	for (size_t i = 0; i < n; i++) {
		tally->count[counts[i].key] +=
			sign < 0 ? 0 - counts[i].count : counts[i].count;
	}
}

int ph_tally_encode(const struct ph_tally *tally, struct ph_buf *state_out)
{
	struct ph_mpw writer;
	size_t pairs = 0;

	for (size_t key = 0; key < PH_TALLY_KEYS; key++) {
		pairs += tally->count[key] != 0;
	}
	if (pairs == 0) {
		return 0;
	}
	ph_mpw_init(&writer, state_out);
	ph_mpw_array(&writer, 1);
	ph_mpw_map(&writer, pairs);
	for (size_t key = 0; key < PH_TALLY_KEYS; key++) {
		if (tally->count[key] != 0) {
			ph_mpw_uint(&writer, key);
			ph_mpw_uint(&writer, tally->count[key]);
		}
	}
	return ph_mpw_end(&writer);
}

int ph_tally_decode(struct ph_view state, struct ph_tally *tally)
{
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}

	const msgpack_object_map *map = ph_mp_map(ph_mp_item(array, 0), PH_TALLY_KEYS);

	for (size_t i = 0; map != NULL && i < map->size; i++) {
		uint64_t key, count;

		if (!ph_mp_uint(&map->ptr[i].key, PH_TALLY_KEYS - 1, &key) ||
		    !ph_mp_uint(&map->ptr[i].val, UINT64_MAX, &count)) {
			rc = -EUCLEAN;
			break;
		}
		tally->count[key] += count;
	}
	ph_mp_deinit(&mp);
	return map == NULL ? -EUCLEAN : rc;
}

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	(void)fact;
	ph_tally_add(data, entry, 1);
	return 0;
}

int ph_tally_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		  struct ph_buf *state_out)
{
	struct ph_tally tally = { 0 };
	int rc = ph_state_each(facts, n, on_fact, &tally);

	(void)key; /* each fact counts for one site and day */
	return rc != 0 ? rc : ph_tally_encode(&tally, state_out);
}

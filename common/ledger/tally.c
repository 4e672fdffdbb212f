/*
 * common/ledger/tally.c - one site's counts of one day.
 *
 * Counters that are 0 are not in the state, and a state without counters is none:
 * so adding an entry and taking it away again leaves the bytes as they were.
 */
#include "common/ledger/tally.h"

#include <errno.h>
#include <stdlib.h>

#include "common/ledger/state.h"

bool ph_tally_counts(const struct ph_entry *entry)
{
	switch (entry->number) {
	case PH_KIND_READER_PUT:
	case PH_KIND_TITLE_PUT:
		return ph_fact_creates(entry);
	case PH_KIND_COPY_PUT:
		return entry->n_seen == 0;
	case PH_KIND_CARD_ISSUE:
	case PH_KIND_LOAN:
	case PH_KIND_RENEW:
	case PH_KIND_RETURN:
	case PH_KIND_IN_HOUSE_USE:
	case PH_KIND_VISIT:
		return true;
	default:
		return false;
	}
}

static int64_t count_of(const struct ph_value *value)
{
	return value->set ? (int64_t)value->as.uint : 1;
}

/* An enum of a later table may have more names than there are keys; its total still counts. */
static void add_at(struct ph_tally *tally, unsigned base, unsigned keys,
		   const struct ph_value *value, int64_t count)
{
	if (value->set && value->as.uint < keys) {
		tally->count[base + value->as.uint] += count;
	}
}

static void add_visit(struct ph_tally *tally, const struct ph_value *field, int sign)
{
	int64_t count = sign * count_of(&field[PH_VISIT_COUNT]);

	tally->count[PH_TALLY_VISITS] += count;
	if (field[PH_VISIT_WOMEN].set) {
		tally->count[PH_TALLY_WOMEN] +=
			sign * (int64_t)field[PH_VISIT_WOMEN].as.uint;
	}
	add_at(tally, PH_TALLY_BAND, PH_TALLY_PURPOSE - PH_TALLY_BAND,
	       &field[PH_VISIT_BAND], count);
	add_at(tally, PH_TALLY_PURPOSE, PH_TALLY_KEYS - PH_TALLY_PURPOSE,
	       &field[PH_VISIT_PURPOSE], count);
}

void ph_tally_add(struct ph_tally *tally, const struct ph_entry *entry, int sign)
{
	if (!ph_tally_counts(entry)) {
		return;
	}
	switch (entry->number) {
	case PH_KIND_READER_PUT:
		tally->count[PH_TALLY_READERS] += sign;
		break;
	case PH_KIND_CARD_ISSUE:
		tally->count[PH_TALLY_CARDS] += sign;
		break;
	case PH_KIND_TITLE_PUT:
		tally->count[PH_TALLY_TITLES] += sign;
		break;
	case PH_KIND_COPY_PUT:
		tally->count[PH_TALLY_COPIES] += sign;
		break;
	case PH_KIND_LOAN:
		tally->count[PH_TALLY_LOANS] += sign;
		break;
	case PH_KIND_RENEW:
		tally->count[PH_TALLY_RENEWALS] += sign;
		break;
	case PH_KIND_RETURN:
		tally->count[PH_TALLY_RETURNS] += sign;
		break;
	case PH_KIND_IN_HOUSE_USE:
		tally->count[PH_TALLY_USES] +=
			sign * count_of(&entry->field[PH_USE_COUNT]);
		break;
	default:
		add_visit(tally, entry->field, sign);
		break;
	}
}

int ph_tally_encode(const struct ph_tally *tally, struct ph_buf *state_out)
{
	size_t pairs = 0;

	for (size_t key = 0; key < PH_TALLY_KEYS; key++) {
		if (tally->count[key] < 0) {
			return -EUCLEAN;
		}
		pairs += tally->count[key] != 0;
	}
	if (pairs == 0) {
		return 0;
	}

	struct ph_mpw writer;

	ph_mpw_init(&writer, state_out);
	ph_mpw_array(&writer, 1);
	ph_mpw_map(&writer, pairs);
	for (size_t key = 0; key < PH_TALLY_KEYS; key++) {
		if (tally->count[key] != 0) {
			ph_mpw_uint(&writer, key);
			ph_mpw_uint(&writer, (uint64_t)tally->count[key]);
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
		    !ph_mp_uint(&map->ptr[i].val, INT64_MAX, &count)) {
			rc = -EUCLEAN;
			break;
		}
		tally->count[key] += (int64_t)count;
	}
	ph_mp_deinit(&mp);
	return map == NULL ? -EUCLEAN : rc;
}

int ph_tally_fold(const struct ph_fact *facts, size_t n, struct ph_buf *state_out)
{
	struct ph_tally tally = { 0 };
	struct ph_entry *entry = malloc(sizeof *entry);
	int rc = entry == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = ph_fact_entry(&facts[i], entry);
		if (rc == 0) {
			ph_tally_add(&tally, entry, 1);
		}
	}
	free(entry);
	return rc == 0 ? ph_tally_encode(&tally, state_out) : rc;
}

/*
 * common/ledger/record.c - states that are registers and little else: titles and
 * readers; sites, communes and policies.
 *
 * Every fact of such an entity is a put. One of them may be the entity's first
 * entry, which gives it its name; an entity whose first entry is not here yet, or
 * is voided, shows what its other puts say, and is partial.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/registers.h"

/* The creation among the facts, if it is there. */
struct first {
	const struct ph_fact *fact;
	bool has_source;
	uint8_t source[PH_SOURCE_SIZE];
};

static int gather(const struct ph_fact *facts, size_t n, struct ph_puts *puts,
		  struct first *first)
{
	struct ph_entry *entry = malloc(sizeof *entry);
	int rc = entry == NULL ? -ENOMEM : 0;

	first->fact = NULL;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = ph_fact_entry(&facts[i], entry);
		if (rc == 0) {
			rc = ph_puts_add(puts, i, entry);
		}
		if (rc == 0 && ph_fact_creates(entry)) {
			first->fact = &facts[i];
			first->has_source = entry->extras.has_source;
			memcpy(first->source, entry->extras.source, PH_SOURCE_SIZE);
		}
	}
	free(entry);
	return rc;
}

int ph_place_fold(const struct ph_fact *facts, size_t n, struct ph_buf *state_out)
{
	struct ph_puts puts = { 0 };
	struct first first;
	struct ph_mpw writer;
	int rc = n == 0 ? 0 : gather(facts, n, &puts, &first);

	if (n == 0 || rc != 0) {
		goto out;
	}
	ph_mpw_init(&writer, state_out);
	ph_mpw_array(&writer, puts.n_sets > 0 ? 1 : 0);
	if (puts.n_sets > 0) {
		rc = ph_puts_write(&puts, facts, &writer);
	}
	rc = rc != 0 ? rc : ph_mpw_end(&writer);
out:
	ph_puts_deinit(&puts);
	return rc;
}

int ph_record_fold(const struct ph_fact *facts, size_t n, struct ph_buf *state_out)
{
	struct ph_puts puts = { 0 };
	struct first first;
	struct ph_mpw writer;
	int rc = n == 0 ? 0 : gather(facts, n, &puts, &first);

	if (n == 0 || rc != 0) {
		goto out;
	}

	size_t items = puts.n_sets > 0 ? 1 : 0;

	if (first.fact != NULL) {
		items = 2;
	}
	ph_mpw_init(&writer, state_out);
	ph_mpw_array(&writer, items);
	if (items > 0) {
		rc = ph_puts_write(&puts, facts, &writer);
	}
	if (items > 1) {
		ph_mpw_array(&writer, first.has_source ? 3 : 2);
		ph_mpw_uint(&writer, first.fact->site);
		ph_state_int(&writer, first.fact->second);
		if (first.has_source) {
			ph_mpw_bin(&writer, first.source, sizeof first.source);
		}
	}
	rc = rc != 0 ? rc : ph_mpw_end(&writer);
out:
	ph_puts_deinit(&puts);
	return rc;
}

static bool decode_rest(const msgpack_object_array *array, struct ph_record *record)
{
	const msgpack_object *object = ph_mp_item(array, 1);

	if (ph_mp_is_nil(object)) {
		return true;
	}

	const msgpack_object_array *first = ph_mp_array(object, 2, 3);

	record->has_first = first != NULL &&
			    ph_mp_uint(&first->ptr[0], UINT64_MAX, &record->site) &&
			    ph_state_get_int(&first->ptr[1], &record->second);
	record->has_source = record->has_first && first->size > 2;
	return record->has_first &&
	       (!record->has_source ||
		ph_mp_bin_exact(&first->ptr[2], record->source, sizeof record->source));
}

int ph_record_decode(struct ph_view state, const struct ph_kind *kind,
		     struct ph_record *record)
{
	struct ph_record got = { 0 };
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	rc = ph_registers_decode(ph_mp_item(array, 0), kind, &got.registers);
	if (rc == 0 && !decode_rest(array, &got)) {
		ph_registers_deinit(&got.registers);
		rc = -EUCLEAN;
	}
	ph_mp_deinit(&mp);
	if (rc == 0) {
		*record = got;
	}
	return rc;
}

void ph_record_deinit(struct ph_record *record)
{
	ph_registers_deinit(&record->registers);
}

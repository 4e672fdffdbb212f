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

#include "common/ledger/registers.h"

/* FIRST_OUT: the creation among FACTS, or NULL. */
static int gather(const struct ph_fact *facts, size_t n, struct ph_puts *puts,
		  const struct ph_fact **first_out)
{
	struct ph_entry *entry = malloc(sizeof *entry);
	int rc = entry == NULL ? -ENOMEM : 0;

	*first_out = NULL;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = ph_fact_entry(&facts[i], entry);
		if (rc == 0) {
			rc = ph_puts_add(puts, i, entry);
		}
		if (rc == 0 && ph_fact_creates(entry)) {
			*first_out = &facts[i];
		}
	}
	free(entry);
	return rc;
}

int ph_place_fold(const struct ph_fact *facts, size_t n, struct ph_buf *state_out)
{
	struct ph_puts puts = { 0 };
	const struct ph_fact *first;
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
	const struct ph_fact *first;
	struct ph_mpw writer;
	int rc = n == 0 ? 0 : gather(facts, n, &puts, &first);

	if (n == 0 || rc != 0) {
		goto out;
	}

	size_t items = puts.n_sets > 0 ? 1 : 0;

	if (first != NULL) {
		items = first->has_root ? 3 : 2;
	}
	ph_mpw_init(&writer, state_out);
	ph_mpw_array(&writer, items);
	if (items > 0) {
		rc = ph_puts_write(&puts, facts, &writer);
	}
	if (items > 1) {
		ph_mpw_array(&writer, 2);
		ph_mpw_uint(&writer, first->site);
		ph_state_int(&writer, first->second);
	}
	if (items > 2) {
		ph_ref_write(&writer, &first->root);
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
		return ph_mp_is_nil(ph_mp_item(array, 2));
	}

	const msgpack_object_array *first = ph_mp_array(object, 2, 2);

	record->has_first = first != NULL &&
			    ph_mp_uint(&first->ptr[0], UINT64_MAX, &record->site) &&
			    ph_state_get_int(&first->ptr[1], &record->second);
	object = ph_mp_item(array, 2);
	record->has_root = !ph_mp_is_nil(object);
	return record->has_first &&
	       (!record->has_root || ph_ref_read(object, &record->root));
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

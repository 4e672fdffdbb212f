/*
 * common/ledger/record.c - states that are registers and little else: sites,
 * communes, policies, targets, models, workers; and the beginning of titles and
 * readers.
 *
 * The put that gives such an entity its name is its first entry. One whose first
 * entry is not here yet, or is voided, shows what its other puts say, and is partial.
 */
#include "common/ledger/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void ph_record_fold_deinit(struct ph_record_fold *fold)
{
	ph_puts_deinit(&fold->puts);
}

int ph_record_fold_put(struct ph_record_fold *fold, const struct ph_entity_key *key,
		       const struct ph_fact *facts, size_t fact,
		       const struct ph_entry *entry)
{
	if (ph_fact_is(&facts[fact], key)) {
		fold->first = &facts[fact];
		fold->has_source = entry->extras.has_source;
		memcpy(fold->source, entry->extras.source, sizeof fold->source);
	}
	return ph_puts_add(&fold->puts, fact, entry);
}

int ph_record_fold_write(struct ph_record_fold *fold, const struct ph_fact *facts,
			 struct ph_row *row)
{
	const struct ph_fact *first = fold->first;
	struct ph_mpw *writer = row->writer;

	if (ph_row_item(row, fold->puts.n_sets > 0)) {
		int rc = ph_puts_write(&fold->puts, facts, writer);

		if (rc != 0) {
			return rc;
		}
	}
	if (ph_row_item(row, first != NULL)) {
		ph_mpw_array(writer, fold->has_source ? 3 : 2);
		ph_mpw_uint(writer, first->site);
		ph_state_int(writer, first->second);
		if (fold->has_source) {
			ph_mpw_bin(writer, fold->source, sizeof fold->source);
		}
	}
	return 0;
}

struct gather {
	const struct ph_entity_key *key;
	const struct ph_fact *facts;
	struct ph_record_fold fold;
};

static int on_put(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	struct gather *gather = data;

	if (entry->kind != ph_register_kind((enum ph_entity)gather->key->type)) {
		return 0; /* a page of the feed may tell anything of it */
	}
	return ph_record_fold_put(&gather->fold, gather->key, gather->facts,
				  (size_t)(fact - gather->facts), entry);
}

int ph_record_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		   struct ph_buf *state_out)
{
	struct gather gather = { .key = key, .facts = facts };
	struct ph_mpw writer;
	struct ph_row row;
	int rc = ph_state_each(facts, n, on_put, &gather);

	if (rc == 0) {
		ph_mpw_init(&writer, state_out);
		ph_row_begin(&row, &writer);
		rc = ph_record_fold_write(&gather.fold, facts, &row);
		ph_row_end(&row);
		rc = rc != 0 ? rc : ph_mpw_end(&writer);
	}
	ph_record_fold_deinit(&gather.fold);
	return rc;
}

static bool read_first(const msgpack_object *object, struct ph_record *record)
{
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

int ph_record_read(const msgpack_object_array *array, const struct ph_kind *kind,
		   struct ph_record *record)
{
	struct ph_record got = { 0 };
	int rc = ph_registers_decode(ph_mp_item(array, 0), kind, &got.registers);

	if (rc == 0 && !read_first(ph_mp_item(array, 1), &got)) {
		ph_record_deinit(&got);
		rc = -EUCLEAN;
	}
	if (rc == 0) {
		*record = got;
	}
	return rc;
}

int ph_record_decode(struct ph_view state, const struct ph_kind *kind,
		     struct ph_record *record)
{
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	rc = ph_record_read(array, kind, record);
	ph_mp_deinit(&mp);
	return rc;
}

void ph_record_deinit(struct ph_record *record)
{
	ph_registers_deinit(&record->registers);
}

/*
 * common/ledger/event.c - an entry that stands for itself: an activity, a training, a note.
 *
 * The state is the entry without what is signed around it, and without what only
 * points to its sealed part: an erasure of that leaves the state as it was.
 */
#include "common/ledger/event.h"

#include <errno.h>
#include <string.h>

struct fold {
	const struct ph_entity_key *key;
	struct ph_buf *out;
};

/* Whether FIELD of KIND belongs to the state. */
static bool is_plain(const struct ph_kind *kind, unsigned field)
{
	return kind->n_sealed == 0 || (field != kind->sets && field != kind->commit);
}

static void write_fields(struct ph_mpw *writer, const struct ph_entry *entry, size_t n)
{
	const struct ph_kind *kind = entry->kind;

	ph_mpw_map(writer, n);
	for (unsigned i = 0; i < kind->n_fields; i++) {
		if (entry->field[i].set && is_plain(kind, i)) {
			ph_mpw_uint(writer, i);
			ph_state_write_value(writer, &kind->fields[i], &entry->field[i]);
		}
	}
}

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	struct fold *fold = data;
	struct ph_mpw writer;
	struct ph_row row;
	size_t n = 0;

	if (!ph_fact_is(fact, fold->key)) {
		return 0;
	}
	for (unsigned i = 0; i < entry->kind->n_fields; i++) {
		n += entry->field[i].set && is_plain(entry->kind, i);
	}
	ph_mpw_init(&writer, fold->out);
	ph_row_begin(&row, &writer);
	ph_row_item(&row, true);
	ph_mpw_uint(&writer, entry->number);
	ph_row_item(&row, true);
	ph_mpw_uint(&writer, fact->site);
	ph_row_item(&row, true);
	ph_state_int(&writer, fact->second);
	if (ph_row_item(&row, n > 0)) {
		write_fields(&writer, entry, n);
	}
	ph_row_end(&row);
	return ph_mpw_end(&writer);
}

int ph_event_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		  struct ph_buf *state_out)
{
	struct fold fold = { .key = key, .out = state_out };

	return ph_state_each(facts, n, on_fact, &fold);
}

static bool read_fields(const msgpack_object *object, struct ph_event *event)
{
	const msgpack_object_map *map = ph_mp_map(object, PH_FIELDS_MAX);

	if (map == NULL) {
		return ph_mp_is_nil(object);
	}
	for (size_t i = 0; i < map->size; i++) {
		uint64_t field;

		if (!ph_mp_uint(&map->ptr[i].key, PH_FIELDS_MAX - 1, &field) ||
		    field >= event->kind->n_fields ||
		    !ph_state_get_value(&map->ptr[i].val, &event->kind->fields[field],
					&event->field[field])) {
			return false;
		}
	}
	return true;
}

int ph_event_decode(struct ph_view state, struct ph_event *event)
{
	struct ph_event got = { 0 };
	const msgpack_object_array *array;
	struct ph_mp mp;
	uint64_t number;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	rc = -EUCLEAN;
	if (ph_mp_uint(ph_mp_item(array, 0), UINT32_MAX, &number)) {
		got.kind = ph_kind_find(number);
	}
	if (got.kind != NULL && ph_mp_uint(ph_mp_item(array, 1), UINT64_MAX, &got.site) &&
	    ph_state_get_int(ph_mp_item(array, 2), &got.second) &&
	    read_fields(ph_mp_item(array, 3), &got)) {
		*event = got;
		rc = 0;
	}
	ph_mp_deinit(&mp);
	return rc;
}

void ph_event_deinit(struct ph_event *event)
{
	*event = (struct ph_event){ 0 };
}

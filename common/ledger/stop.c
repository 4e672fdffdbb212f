/*
 * common/ledger/stop.c - a stop of a van: opened, and closed.
 *
 * One entry opens it and gives it its name; the first that names it closes it, on
 * whatever device of the van that was written.
 */
#include "common/ledger/stop.h"

#include <errno.h>

struct fold {
	const struct ph_entity_key *key;
	struct ph_stop stop;
};

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	const struct ph_value *field = entry->field;
	struct fold *fold = data;
	struct ph_stop *stop = &fold->stop;

	if (entry->number != PH_KIND_MOBILE_STOP) {
		return 0;
	}
	if (ph_fact_is(fact, fold->key)) {
		stop->is_opened = true;
		stop->site = fact->site;
		stop->second = fact->second;
		if (field[PH_MOBILE_STOP_COMMUNE].set) {
			stop->commune = field[PH_MOBILE_STOP_COMMUNE].as.bytes;
		}
		if (field[PH_MOBILE_STOP_PLACE].set) {
			stop->place = field[PH_MOBILE_STOP_PLACE].as.bytes;
		}
	} else if (!stop->is_closed) {
		stop->is_closed = true;
		stop->closed = ph_act_of(fact);
	}
	return 0;
}

static void write_text(struct ph_mpw *writer, struct ph_view text)
{
	if (text.len > 0) {
		ph_mpw_str(writer, text);
	} else {
		ph_mpw_nil(writer);
	}
}

int ph_stop_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		 struct ph_buf *state_out)
{
	struct fold fold = { .key = key };
	const struct ph_stop *stop = &fold.stop;
	struct ph_mpw writer;
	struct ph_row row;
	int rc = ph_state_each(facts, n, on_fact, &fold);

	if (rc != 0) {
		return rc;
	}
	ph_mpw_init(&writer, state_out);
	ph_row_begin(&row, &writer);
	if (ph_row_item(&row, stop->is_opened)) {
		ph_mpw_array(&writer, 4);
		ph_mpw_uint(&writer, stop->site);
		ph_state_int(&writer, stop->second);
		write_text(&writer, stop->commune);
		write_text(&writer, stop->place);
	}
	if (ph_row_item(&row, stop->is_closed)) {
		ph_state_write_act(&writer, &stop->closed);
	}
	ph_row_end(&row);
	return ph_mpw_end(&writer);
}

static bool read_text(const msgpack_object *object, struct ph_view *text)
{
	return ph_mp_is_nil(object) || ph_mp_str(object, 1, SIZE_MAX, text);
}

static bool read_opened(const msgpack_object *object, struct ph_stop *stop)
{
	const msgpack_object_array *array = ph_mp_array(object, 4, 4);

	if (ph_mp_is_nil(object)) {
		return true;
	}
	stop->is_opened = true;
	return array != NULL && ph_mp_uint(&array->ptr[0], UINT64_MAX, &stop->site) &&
	       ph_state_get_int(&array->ptr[1], &stop->second) &&
	       read_text(&array->ptr[2], &stop->commune) &&
	       read_text(&array->ptr[3], &stop->place);
}

int ph_stop_decode(struct ph_view state, struct ph_stop *stop)
{
	struct ph_stop got = { 0 };
	const msgpack_object_array *array;
	const msgpack_object *closed;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	closed = ph_mp_item(array, 1);
	got.is_closed = !ph_mp_is_nil(closed);
	if (!read_opened(ph_mp_item(array, 0), &got) ||
	    (got.is_closed && !ph_state_get_act(closed, &got.closed))) {
		rc = -EUCLEAN;
	}
	ph_mp_deinit(&mp);
	if (rc == 0) {
		*stop = got;
	}
	return rc;
}

void ph_stop_deinit(struct ph_stop *stop)
{
	*stop = (struct ph_stop){ 0 };
}

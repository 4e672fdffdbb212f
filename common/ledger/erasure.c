/* common/ledger/erasure.c - an erasure of readers, and which devices have done it. */
#include "common/ledger/erasure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int add_done(struct ph_erasure *erasure, const struct ph_fact *fact)
{
	struct ph_erase_done *item =
		ph_state_push((void **)&erasure->dones, &erasure->n_dones, sizeof *item);

	if (item == NULL) {
		return -ENOMEM;
	}
	memcpy(item->log_id, fact->ref.log_id, sizeof item->log_id);
	item->site = fact->site;
	item->second = fact->second;
	return 0;
}

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	struct ph_erasure *erasure = data;

	switch (entry->number) {
	case PH_KIND_READER_ERASE:
		erasure->is_ordered = true;
		erasure->second = fact->second;
		return 0;
	case PH_KIND_ERASE_DONE:
		return add_done(erasure, fact);
	default:
		return 0;
	}
}

static int write_state(const struct ph_erasure *erasure, struct ph_buf *state_out)
{
	struct ph_mpw writer;
	struct ph_row row;

	ph_mpw_init(&writer, state_out);
	ph_row_begin(&row, &writer);
	if (ph_row_item(&row, erasure->is_ordered)) {
		ph_state_int(&writer, erasure->second);
	}
	if (ph_row_item(&row, erasure->n_dones > 0)) {
		ph_mpw_array(&writer, erasure->n_dones);
	}
	for (size_t i = 0; i < erasure->n_dones; i++) {
		const struct ph_erase_done *item = &erasure->dones[i];

		ph_mpw_array(&writer, 3);
		ph_mpw_bin(&writer, item->log_id, sizeof item->log_id);
		ph_mpw_uint(&writer, item->site);
		ph_state_int(&writer, item->second);
	}
	ph_row_end(&row);
	return ph_mpw_end(&writer);
}

int ph_erasure_fold(const struct ph_entity_key *key, const struct ph_fact *facts,
		    size_t n, struct ph_buf *state_out)
{
	struct ph_erasure erasure = { 0 };
	int rc = ph_state_each(facts, n, on_fact, &erasure);

	(void)key; /* a reader-erase makes one erasure; what it erases are others */
	rc = rc != 0 ? rc : write_state(&erasure, state_out);
	ph_erasure_deinit(&erasure);
	return rc;
}

static bool read_done(const msgpack_object *object, void *out)
{
	const msgpack_object_array *array = ph_mp_array(object, 3, 3);
	struct ph_erase_done *item = out;

	return array != NULL &&
	       ph_mp_bin_exact(&array->ptr[0], item->log_id, sizeof item->log_id) &&
	       ph_mp_uint(&array->ptr[1], UINT64_MAX, &item->site) &&
	       ph_state_get_int(&array->ptr[2], &item->second);
}

int ph_erasure_decode(struct ph_view state, struct ph_erasure *erasure)
{
	struct ph_erasure got = { 0 };
	const msgpack_object_array *array;
	const msgpack_object *second;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	second = ph_mp_item(array, 0);
	got.is_ordered = !ph_mp_is_nil(second);
	if (got.is_ordered && !ph_state_get_int(second, &got.second)) {
		rc = -EUCLEAN;
	}
	rc = rc != 0 ? rc
		     : ph_state_get_list(ph_mp_item(array, 1), sizeof *got.dones,
					 read_done, (void **)&got.dones, &got.n_dones);
	ph_mp_deinit(&mp);
	if (rc == 0) {
		*erasure = got;
	}
	return rc;
}

void ph_erasure_deinit(struct ph_erasure *erasure)
{
	free(erasure->dones);
	*erasure = (struct ph_erasure){ 0 };
}

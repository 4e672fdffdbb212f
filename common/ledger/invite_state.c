/* common/ledger/invite_state.c - an invite: who used it, and whether it was taken back. */
#include "common/ledger/invite_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int add_use(struct ph_invite_state *invite, const struct ph_fact *fact,
		   const struct ph_value *field)
{
	struct ph_invite_use *use =
		ph_state_push((void **)&invite->uses, &invite->n_uses, sizeof *use);

	if (use == NULL) {
		return -ENOMEM;
	}
	memcpy(use->device, field[PH_ADMIT_DEVICE].as.bytes.data, sizeof use->device);
	use->entry = fact->ref;
	use->second = fact->second;
	return 0;
}

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	struct ph_invite_state *invite = data;

	switch (entry->number) {
	case PH_KIND_DEVICE_ADMIT:
		return add_use(invite, fact, entry->field);
	case PH_KIND_INVITE_CANCEL:
		return ph_state_add_ref(&invite->cancels, &invite->n_cancels, &fact->ref);
	default:
		return 0;
	}
}

static int write_state(const struct ph_invite_state *invite, struct ph_buf *state_out)
{
	struct ph_mpw writer;
	struct ph_row row;

	ph_mpw_init(&writer, state_out);
	ph_row_begin(&row, &writer);
	if (ph_row_item(&row, invite->n_uses > 0)) {
		ph_mpw_array(&writer, invite->n_uses);
	}
	for (size_t i = 0; i < invite->n_uses; i++) {
		const struct ph_invite_use *use = &invite->uses[i];

		ph_mpw_array(&writer, 3);
		ph_mpw_bin(&writer, use->device, sizeof use->device);
		ph_ref_write(&writer, &use->entry);
		ph_state_int(&writer, use->second);
	}
	if (ph_row_item(&row, invite->n_cancels > 0)) {
		ph_state_write_refs(&writer, invite->cancels, invite->n_cancels);
	}
	ph_row_end(&row);
	return ph_mpw_end(&writer);
}

int ph_invite_state_fold(const struct ph_entity_key *key, const struct ph_fact *facts,
			 size_t n, struct ph_buf *state_out)
{
	struct ph_invite_state invite = { 0 };
	int rc = ph_state_each(facts, n, on_fact, &invite);

	(void)key; /* each fact names one invite */
	rc = rc != 0 ? rc : write_state(&invite, state_out);
	ph_invite_state_deinit(&invite);
	return rc;
}

/* --- reading --- */

static bool read_use(const msgpack_object *object, void *item)
{
	const msgpack_object_array *array = ph_mp_array(object, 3, 3);
	struct ph_invite_use *use = item;

	return array != NULL &&
	       ph_mp_bin_exact(&array->ptr[0], use->device, sizeof use->device) &&
	       ph_ref_read(&array->ptr[1], &use->entry) &&
	       ph_state_get_int(&array->ptr[2], &use->second);
}

int ph_invite_state_decode(struct ph_view state, struct ph_invite_state *invite)
{
	struct ph_invite_state got = { 0 };
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	rc = ph_state_get_list(ph_mp_item(array, 0), sizeof *got.uses, read_use,
			       (void **)&got.uses, &got.n_uses);
	rc = rc != 0 ? rc
		     : ph_state_get_refs(ph_mp_item(array, 1), &got.cancels,
					 &got.n_cancels);
	ph_mp_deinit(&mp);
	if (rc != 0) {
		ph_invite_state_deinit(&got);
		return rc;
	}
	*invite = got;
	return 0;
}

void ph_invite_state_deinit(struct ph_invite_state *invite)
{
	free(invite->uses);
	free(invite->cancels);
	*invite = (struct ph_invite_state){ 0 };
}

/*
 * common/ledger/device.c - a device, as the hub took it in.
 *
 * Admissions are kept in order and the last one holds. They say where a device
 * belongs to people and reports; what its logs count for is said by its certificate.
 */
#include "common/ledger/device.h"

#include <errno.h>

#include "common/ledger/state.h"

static void write_admission(struct ph_mpw *writer, const struct ph_fact *fact,
			    const struct ph_value *field)
{
	struct ph_view key = field[PH_ADMIT_KEY].as.bytes;
	struct ph_view invite = field[PH_ADMIT_INVITE].as.bytes;

	ph_mpw_array(writer, 6);
	ph_mpw_bin(writer, key.data, key.len);
	ph_mpw_uint(writer, field[PH_ADMIT_SITE].as.uint);
	ph_mpw_uint(writer, field[PH_ADMIT_ROLE].as.uint);
	if (field[PH_ADMIT_INVITE].set) {
		ph_mpw_bin(writer, invite.data, invite.len);
	} else {
		ph_mpw_nil(writer);
	}
	ph_ref_write(writer, &fact->ref);
	ph_state_int(writer, fact->second);
}

int ph_device_fold(const struct ph_fact *facts, size_t n, struct ph_buf *state_out)
{
	return ph_state_list(facts, n, write_admission, state_out);
}

static bool decode_admission(const msgpack_object *object, struct ph_admission *got)
{
	const msgpack_object_array *array = ph_mp_array(object, 6, 6);

	if (array == NULL) {
		return false;
	}
	if (!ph_mp_is_nil(&array->ptr[3]) &&
	    !ph_mp_bin(&array->ptr[3], 1, SIZE_MAX, &got->invite)) {
		return false;
	}
	return ph_mp_bin_exact(&array->ptr[0], got->key, sizeof got->key) &&
	       ph_mp_uint(&array->ptr[1], UINT64_MAX, &got->site) &&
	       ph_mp_uint(&array->ptr[2], UINT64_MAX, &got->role) &&
	       ph_ref_read(&array->ptr[4], &got->entry) &&
	       ph_state_get_int(&array->ptr[5], &got->second);
}

int ph_device_decode(struct ph_view state, struct ph_admission *admission)
{
	struct ph_admission got = { 0 };
	const msgpack_object_array *all;
	struct ph_mp mp;
	int rc = ph_state_decode_list(state, &mp, &all);

	if (rc != 0) {
		return rc;
	}
	if (!decode_admission(&all->ptr[all->size - 1], &got)) {
		rc = -EUCLEAN;
	}
	ph_mp_deinit(&mp);
	if (rc == 0) {
		*admission = got;
	}
	return rc;
}

/*
 * common/ledger/device.c - a device, as the hub took it in and let it go.
 *
 * Admissions are kept in order and the last one holds. They say where a device
 * belongs to people and reports; what its logs count for is said by its certificate.
 * Which of its entries a cut takes away is no part of this state: that is decided
 * before anything is folded.
 */
#include "common/ledger/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int add_admission(struct ph_device_state *device, const struct ph_fact *fact,
			 const struct ph_value *field)
{
	struct ph_admission *admission = ph_state_push(
		(void **)&device->admissions, &device->n_admissions, sizeof *admission);

	if (admission == NULL) {
		return -ENOMEM;
	}
	memcpy(admission->key, field[PH_ADMIT_KEY].as.bytes.data, sizeof admission->key);
	admission->site = field[PH_ADMIT_SITE].as.uint;
	admission->role = field[PH_ADMIT_ROLE].as.uint;
	if (field[PH_ADMIT_INVITE].set) {
		admission->invite = field[PH_ADMIT_INVITE].as.bytes;
	}
	admission->entry = fact->ref;
	admission->second = fact->second;
	return 0;
}

static int add_retire(struct ph_device_state *device, const struct ph_fact *fact,
		      const struct ph_value *field)
{
	struct ph_retire *retire = ph_state_push((void **)&device->retires,
						 &device->n_retires, sizeof *retire);

	if (retire == NULL) {
		return -ENOMEM;
	}
	retire->entry = fact->ref;
	retire->reason = ph_opt_of(&field[PH_RETIRE_REASON]);
	return 0;
}

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	struct ph_device_state *device = data;

	switch (entry->number) {
	case PH_KIND_DEVICE_ADMIT:
		return add_admission(device, fact, entry->field);
	case PH_KIND_DEVICE_CONFIRM:
		return ph_state_add_ref(&device->confirms, &device->n_confirms,
					&fact->ref);
	case PH_KIND_DEVICE_RETIRE:
		return add_retire(device, fact, entry->field);
	case PH_KIND_DEVICE_CUT:
		return ph_state_add_ref(&device->cuts, &device->n_cuts, &fact->ref);
	default:
		return 0;
	}
}

static void write_admission(struct ph_mpw *writer, const struct ph_admission *admission)
{
	ph_mpw_array(writer, 6);
	ph_mpw_bin(writer, admission->key, sizeof admission->key);
	ph_mpw_uint(writer, admission->site);
	ph_mpw_uint(writer, admission->role);
	if (admission->invite.len > 0) {
		ph_mpw_bin(writer, admission->invite.data, admission->invite.len);
	} else {
		ph_mpw_nil(writer);
	}
	ph_ref_write(writer, &admission->entry);
	ph_state_int(writer, admission->second);
}

static int write_state(const struct ph_device_state *device, struct ph_buf *state_out)
{
	struct ph_mpw writer;
	struct ph_row row;

	ph_mpw_init(&writer, state_out);
	ph_row_begin(&row, &writer);
	if (ph_row_item(&row, device->n_admissions > 0)) {
		ph_mpw_array(&writer, device->n_admissions);
	}
	for (size_t i = 0; i < device->n_admissions; i++) {
		write_admission(&writer, &device->admissions[i]);
	}
	if (ph_row_item(&row, device->n_confirms > 0)) {
		ph_state_write_refs(&writer, device->confirms, device->n_confirms);
	}
	if (ph_row_item(&row, device->n_retires > 0)) {
		ph_mpw_array(&writer, device->n_retires);
	}
	for (size_t i = 0; i < device->n_retires; i++) {
		ph_mpw_array(&writer, 2);
		ph_ref_write(&writer, &device->retires[i].entry);
		ph_state_write_opt(&writer, &device->retires[i].reason);
	}
	if (ph_row_item(&row, device->n_cuts > 0)) {
		ph_state_write_refs(&writer, device->cuts, device->n_cuts);
	}
	ph_row_end(&row);
	return ph_mpw_end(&writer);
}

int ph_device_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		   struct ph_buf *state_out)
{
	struct ph_device_state device = { 0 };
	int rc = ph_state_each(facts, n, on_fact, &device);

	(void)key; /* each fact names one device */
	rc = rc != 0 ? rc : write_state(&device, state_out);
	ph_device_deinit(&device);
	return rc;
}

/* --- reading --- */

static bool read_admission(const msgpack_object *object, void *item)
{
	const msgpack_object_array *array = ph_mp_array(object, 6, 6);
	struct ph_admission *got = item;

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

static bool read_retire(const msgpack_object *object, void *item)
{
	const msgpack_object_array *array = ph_mp_array(object, 2, 2);
	struct ph_retire *retire = item;

	return array != NULL && ph_ref_read(&array->ptr[0], &retire->entry) &&
	       ph_state_get_opt(&array->ptr[1], &retire->reason);
}

int ph_device_decode(struct ph_view state, struct ph_device_state *device)
{
	struct ph_device_state got = { 0 };
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	rc = ph_state_get_list(ph_mp_item(array, 0), sizeof *got.admissions,
			       read_admission, (void **)&got.admissions,
			       &got.n_admissions);
	rc = rc != 0 ? rc
		     : ph_state_get_refs(ph_mp_item(array, 1), &got.confirms,
					 &got.n_confirms);
	rc = rc != 0 ? rc
		     : ph_state_get_list(ph_mp_item(array, 2), sizeof *got.retires,
					 read_retire, (void **)&got.retires,
					 &got.n_retires);
	rc = rc != 0 ? rc
		     : ph_state_get_refs(ph_mp_item(array, 3), &got.cuts, &got.n_cuts);
	ph_mp_deinit(&mp);
	if (rc != 0) {
		ph_device_deinit(&got);
		return rc;
	}
	*device = got;
	return 0;
}

int ph_device_load(struct ph_ledger *ledger, const uint8_t id[static PH_DEVICE_ID_SIZE],
		   struct ph_device_state *device)
{
	struct ph_buf bytes = { 0 };
	int rc = ph_ledger_get(ledger, PH_ENTITY_DEVICE, PH_VIEW(id, PH_DEVICE_ID_SIZE),
			       &bytes);

	rc = rc == 0 ? ph_device_decode(ph_buf_view(&bytes), device) : rc;
	if (rc == 0) {
		device->bytes = bytes;
	} else {
		ph_buf_deinit(&bytes);
	}
	return rc;
}

void ph_device_deinit(struct ph_device_state *device)
{
	ph_buf_deinit(&device->bytes);
	free(device->admissions);
	free(device->confirms);
	free(device->retires);
	free(device->cuts);
	*device = (struct ph_device_state){ 0 };
}

const struct ph_admission *ph_device_admitted(const struct ph_device_state *device)
{
	return device->n_admissions == 0 ? NULL
					 : &device->admissions[device->n_admissions - 1];
}

bool ph_device_trusted(const struct ph_device_state *device)
{
	return device->n_admissions > 0 && device->n_confirms > 0 &&
	       device->n_retires == 0 && device->n_cuts == 0;
}

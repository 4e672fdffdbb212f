/*
 * common/ledger/copy_decode.c - the canonical state of a copy, read back.
 *
 * Anything out of place is damage of our own bytes: -EUCLEAN.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/ledger/copy.h"

static bool decode_custody(const msgpack_object *object, struct ph_copy *copy)
{
	if (ph_mp_is_nil(object)) {
		return true;
	}

	const msgpack_object_array *array = ph_mp_array(object, 2, 3);

	if (array == NULL || !ph_state_get_int(&array->ptr[0], &copy->since) ||
	    !ph_mp_uint(&array->ptr[1], UINT64_MAX, &copy->at_site)) {
		return false;
	}
	copy->custody = array->size == 3 ? PH_CUSTODY_READER : PH_CUSTODY_SITE;
	return array->size == 2 || ph_id_read(&array->ptr[2], &copy->at_card);
}

static bool decode_closed(const msgpack_object *object, struct ph_loan *loan)
{
	if (ph_mp_is_nil(object)) {
		return true;
	}

	const msgpack_object_array *array = ph_mp_array(object, 4, 4);
	uint64_t how;

	if (array == NULL || !ph_mp_uint(&array->ptr[0], PH_CLOSED_INFERRED, &how)) {
		return false;
	}
	loan->closed = (enum ph_closed)how;
	return how != PH_CLOSED_OPEN && ph_ref_read(&array->ptr[1], &loan->closed_by) &&
	       ph_mp_uint(&array->ptr[2], UINT64_MAX, &loan->closed_site) &&
	       ph_state_get_int(&array->ptr[3], &loan->closed_second);
}

static bool decode_renewals(const msgpack_object *object, struct ph_loan *loan,
			    struct ph_ref **refs)
{
	if (ph_mp_is_nil(object)) {
		return true;
	}

	const msgpack_object_array *array = ph_mp_array(object, 1, SIZE_MAX);

	if (array == NULL) {
		return false;
	}
	loan->renewals = *refs;
	loan->n_renewals = array->size;
	for (size_t i = 0; i < array->size; i++) {
		if (!ph_ref_read(&array->ptr[i], (*refs)++)) {
			return false;
		}
	}
	return true;
}

static bool decode_loan(const msgpack_object *object, struct ph_loan *loan,
			struct ph_ref **refs)
{
	const msgpack_object_array *array = ph_mp_array(object, 4, 7);

	if (array == NULL || !ph_ref_read(&array->ptr[0], &loan->ref) ||
	    !ph_mp_uint(&array->ptr[1], UINT64_MAX, &loan->site) ||
	    !ph_id_read(&array->ptr[2], &loan->card) ||
	    !ph_state_get_int(&array->ptr[3], &loan->second)) {
		return false;
	}
	loan->has_due = !ph_mp_is_nil(ph_mp_item(array, 4));
	return (!loan->has_due || ph_state_get_int(&array->ptr[4], &loan->due)) &&
	       decode_renewals(ph_mp_item(array, 5), loan, refs) &&
	       decode_closed(ph_mp_item(array, 6), loan);
}

static size_t count_renewals(const msgpack_object_array *loans)
{
	size_t n = 0;

	for (size_t i = 0; i < loans->size; i++) {
		const msgpack_object_array *loan = ph_mp_array(&loans->ptr[i], 6, 7);
		const msgpack_object_array *renewals =
			loan == NULL ? NULL : ph_mp_array(&loan->ptr[5], 0, SIZE_MAX);

		n += renewals == NULL ? 0 : renewals->size;
	}
	return n;
}

static int decode_loans(const msgpack_object *object, struct ph_copy *copy)
{
	if (ph_mp_is_nil(object)) {
		return 0;
	}

	const msgpack_object_array *loans = ph_mp_array(object, 1, SIZE_MAX);

	if (loans == NULL) {
		return -EUCLEAN;
	}
	copy->loans = calloc(loans->size, sizeof *copy->loans);
	copy->refs = calloc(count_renewals(loans) + 1, sizeof *copy->refs);
	if (copy->loans == NULL || copy->refs == NULL) {
		return -ENOMEM;
	}

	struct ph_ref *refs = copy->refs;

	copy->n_loans = loans->size;
	for (size_t i = 0; i < loans->size; i++) {
		if (!decode_loan(&loans->ptr[i], &copy->loans[i], &refs)) {
			return -EUCLEAN;
		}
	}
	return 0;
}

static int decode_cases(const msgpack_object *object, struct ph_copy *copy)
{
	if (ph_mp_is_nil(object)) {
		return 0;
	}

	const msgpack_object_array *cases = ph_mp_array(object, 1, SIZE_MAX);

	if (cases == NULL) {
		return -EUCLEAN;
	}
	copy->cases = calloc(cases->size, sizeof *copy->cases);
	if (copy->cases == NULL) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < cases->size; i++) {
		const msgpack_object_array *pair = ph_mp_array(&cases->ptr[i], 2, 2);
		uint64_t kind;

		if (pair == NULL || !ph_mp_uint(&pair->ptr[0], UINT32_MAX, &kind) ||
		    !ph_ref_read(&pair->ptr[1], &copy->cases[i].anchor)) {
			return -EUCLEAN;
		}
		copy->cases[i].kind = (enum ph_case)kind;
		copy->n_cases++;
	}
	return 0;
}

int ph_copy_decode(struct ph_view state, struct ph_copy *copy)
{
	struct ph_copy got = { 0 };
	const msgpack_object_array *array;
	const msgpack_object *uses;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	rc = ph_registers_decode(ph_mp_item(array, 0), ph_kind_find(PH_KIND_COPY_PUT),
				 &got.registers);
	if (rc == 0 && !decode_custody(ph_mp_item(array, 1), &got)) {
		rc = -EUCLEAN;
	}
	if (rc == 0) {
		rc = decode_loans(ph_mp_item(array, 2), &got);
	}
	uses = ph_mp_item(array, 3);
	if (rc == 0 && !ph_mp_is_nil(uses) && !ph_mp_uint(uses, UINT64_MAX, &got.uses)) {
		rc = -EUCLEAN;
	}
	if (rc == 0) {
		rc = decode_cases(ph_mp_item(array, 4), &got);
	}
	ph_mp_deinit(&mp);
	if (rc != 0) {
		ph_copy_deinit(&got);
		return rc;
	}
	*copy = got;
	return 0;
}

void ph_copy_deinit(struct ph_copy *copy)
{
	ph_registers_deinit(&copy->registers);
	free(copy->loans);
	free(copy->cases);
	free(copy->refs);
	*copy = (struct ph_copy){ 0 };
}

const struct ph_loan *ph_copy_open_loan(const struct ph_copy *copy)
{
	if (copy->n_loans == 0 ||
	    copy->loans[copy->n_loans - 1].closed != PH_CLOSED_OPEN) {
		return NULL;
	}
	return &copy->loans[copy->n_loans - 1];
}

/*
 * common/ledger/copy_decode.c - the canonical state of a copy, read back.
 *
 * Anything out of place is damage of our own bytes: -EUCLEAN.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/ledger/copy.h"

#define ALIASES 6 /* where they stand in the state */

static bool decode_custody(const msgpack_object *object, struct ph_copy *copy)
{
	if (ph_mp_is_nil(object)) {
		return true;
	}

	const msgpack_object_array *array = ph_mp_array(object, 4, 6);
	uint64_t custody;

	if (array == NULL || !ph_mp_uint(&array->ptr[0], PH_CUSTODY_CRATE, &custody) ||
	    !ph_state_get_int(&array->ptr[1], &copy->since) ||
	    !ph_mp_uint(&array->ptr[2], UINT64_MAX, &copy->at_site) ||
	    !ph_ref_read(&array->ptr[3], &copy->custody_by)) {
		return false;
	}
	copy->custody = (enum ph_custody)custody;
	switch (copy->custody) {
	case PH_CUSTODY_SITE:
		return array->size == 4;
	case PH_CUSTODY_READER:
		return array->size == 5 && ph_id_read(&array->ptr[4], &copy->at_card);
	case PH_CUSTODY_CRATE:
		return array->size == 6 &&
		       ph_mp_uint(&array->ptr[4], UINT64_MAX, &copy->to_site) &&
		       ph_id_read(&array->ptr[5], &copy->in_crate);
	default:
		return false;
	}
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

static bool decode_condition(const msgpack_object_kv *pair, struct ph_copy *copy)
{
	const msgpack_object_array *array = ph_mp_array(&pair->val, 2, 2);
	struct ph_copy_condition *condition;
	uint64_t key;

	if (array == NULL || !ph_mp_uint(&pair->key, PH_CONDITION_WITHDRAWN, &key) ||
	    key < PH_CONDITION_MISSING) {
		return false;
	}
	condition = &copy->condition[key];
	condition->set = ph_ref_read(&array->ptr[0], &condition->by);
	switch ((enum ph_condition)key) {
	case PH_CONDITION_MISSING:
		return condition->set &&
		       ph_mp_uint(&array->ptr[1], UINT64_MAX, &condition->site);
	case PH_CONDITION_LOST:
		return condition->set && ph_ref_read(&array->ptr[1], &condition->loan);
	case PH_CONDITION_DAMAGED:
		return condition->set &&
		       ph_state_get_opt(&array->ptr[1], &condition->degree);
	case PH_CONDITION_WITHDRAWN:
		return condition->set &&
		       ph_mp_str(&array->ptr[1], 0, SIZE_MAX, &condition->decision);
	}
	return false;
}

static bool decode_conditions(const msgpack_object *object, struct ph_copy *copy)
{
	const msgpack_object_map *map = ph_mp_map(object, PH_CONDITION_WITHDRAWN);

	if (map == NULL) {
		return ph_mp_is_nil(object);
	}
	for (size_t i = 0; i < map->size; i++) {
		if (!decode_condition(&map->ptr[i], copy)) {
			return false;
		}
	}
	return true;
}

static bool read_claim(const msgpack_object *object, void *item)
{
	const msgpack_object_array *array = ph_mp_array(object, 4, 4);
	struct ph_claim *claim = item;

	return array != NULL && ph_ref_read(&array->ptr[0], &claim->hold) &&
	       ph_ref_read(&array->ptr[1], &claim->by) &&
	       ph_mp_uint(&array->ptr[2], UINT64_MAX, &claim->site) &&
	       ph_state_get_int(&array->ptr[3], &claim->second);
}

static bool read_alias(const msgpack_object *object, void *item)
{
	const msgpack_object_array *array = ph_mp_array(object, 2, 2);
	struct ph_alias *alias = item;

	return array != NULL && ph_ref_read(&array->ptr[0], &alias->by) &&
	       ph_id_read(&array->ptr[1], &alias->other);
}

static bool read_notice(const msgpack_object *object, void *item)
{
	const msgpack_object_array *array = ph_mp_array(object, 3, 3);
	struct ph_copy_notice *notice = item;
	uint64_t kind;

	if (array == NULL ||
	    !ph_mp_uint(&array->ptr[0], PH_NOTICE_LENT_WITHDRAWN, &kind)) {
		return false;
	}
	notice->kind = (enum ph_notice)kind;
	return kind >= PH_NOTICE_HELD && ph_ref_read(&array->ptr[1], &notice->by) &&
	       ph_ref_read(&array->ptr[2], &notice->of);
}

/* How many references all the cases hold. */
static size_t count_case_refs(const msgpack_object_array *cases)
{
	size_t n = 0;

	for (size_t i = 0; i < cases->size; i++) {
		const msgpack_object_array *pair = ph_mp_array(&cases->ptr[i], 2, 2);
		const msgpack_object_array *refs =
			pair == NULL ? NULL : ph_mp_array(&pair->ptr[1], 1, SIZE_MAX);

		n += refs == NULL ? 0 : refs->size;
	}
	return n;
}

static bool decode_case(const msgpack_object *object, struct ph_copy_case *item,
			struct ph_ref **refs)
{
	const msgpack_object_array *pair = ph_mp_array(object, 2, 2);
	const msgpack_object_array *facts =
		pair == NULL ? NULL : ph_mp_array(&pair->ptr[1], 1, SIZE_MAX);
	uint64_t kind;

	if (facts == NULL || !ph_mp_uint(&pair->ptr[0], UINT32_MAX, &kind)) {
		return false;
	}
	item->kind = (enum ph_case)kind;
	item->facts = *refs;
	item->n_facts = facts->size;
	for (size_t i = 0; i < facts->size; i++) {
		if (!ph_ref_read(&facts->ptr[i], (*refs)++)) {
			return false;
		}
	}
	return true;
}

static int decode_cases(const msgpack_object *object, struct ph_copy *copy)
{
	const msgpack_object_array *cases = ph_mp_array(object, 1, SIZE_MAX);

	if (cases == NULL) {
		return ph_mp_is_nil(object) ? 0 : -EUCLEAN;
	}
	copy->cases = calloc(cases->size, sizeof *copy->cases);
	copy->case_refs = calloc(count_case_refs(cases) + 1, sizeof *copy->case_refs);
	if (copy->cases == NULL || copy->case_refs == NULL) {
		return -ENOMEM;
	}

	struct ph_ref *refs = copy->case_refs;

	copy->n_cases = cases->size;
	for (size_t i = 0; i < cases->size; i++) {
		if (!decode_case(&cases->ptr[i], &copy->cases[i], &refs)) {
			return -EUCLEAN;
		}
	}
	return 0;
}

static int decode_lists(const msgpack_object_array *array, struct ph_copy *copy)
{
	int rc = decode_loans(ph_mp_item(array, 2), copy);

	rc = rc != 0 ? rc
		     : ph_state_get_list(ph_mp_item(array, 5), sizeof *copy->claims,
					 read_claim, (void **)&copy->claims,
					 &copy->n_claims);
	rc = rc != 0 ? rc
		     : ph_state_get_list(ph_mp_item(array, ALIASES),
					 sizeof *copy->aliases, read_alias,
					 (void **)&copy->aliases, &copy->n_aliases);
	rc = rc != 0 ? rc : decode_cases(ph_mp_item(array, 7), copy);
	return rc != 0 ? rc
		       : ph_state_get_list(ph_mp_item(array, 8), sizeof *copy->notices,
					   read_notice, (void **)&copy->notices,
					   &copy->n_notices);
}

/* The row ends with its last item that is set, and one byte before it says how many. */
bool ph_copy_may_have_aliases(struct ph_view state)
{
	return state.len > 0 && state.data[0] > (0x90 | ALIASES);
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
	uses = ph_mp_item(array, 3);
	if (rc == 0 &&
	    (!decode_custody(ph_mp_item(array, 1), &got) ||
	     (!ph_mp_is_nil(uses) && !ph_mp_uint(uses, UINT64_MAX, &got.uses)) ||
	     !decode_conditions(ph_mp_item(array, 4), &got))) {
		rc = -EUCLEAN;
	}
	rc = rc != 0 ? rc : decode_lists(array, &got);
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
	free(copy->claims);
	free(copy->aliases);
	free(copy->cases);
	free(copy->notices);
	free(copy->refs);
	free(copy->case_refs);
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

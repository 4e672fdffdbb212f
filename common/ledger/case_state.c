/*
 * common/ledger/case_state.c - what was decided about a case.
 *
 * The case itself is no entity: it is computed from the states it stands on. A
 * decision holds as long as it names the facts that are there now.
 */
#include "common/ledger/case_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	const struct ph_value *field = entry->field;
	struct ph_case_state *cases = data;

	if (entry->number != PH_KIND_CASE_DECIDE) {
		return 0;
	}

	struct ph_decision *item = ph_state_push((void **)&cases->decisions,
						 &cases->n_decisions, sizeof *item);

	if (item == NULL) {
		return -ENOMEM;
	}
	item->entry = fact->ref;
	item->choice = field[PH_DECIDE_CHOICE].as.uint;
	memcpy(item->facts, field[PH_DECIDE_FACTS].as.bytes.data, sizeof item->facts);
	item->second = fact->second;
	return 0;
}

static int write_state(const struct ph_case_state *cases, struct ph_buf *state_out)
{
	struct ph_mpw writer;
	struct ph_row row;

	ph_mpw_init(&writer, state_out);
	ph_row_begin(&row, &writer);
	if (ph_row_item(&row, cases->n_decisions > 0)) {
		ph_mpw_array(&writer, cases->n_decisions);
	}
	for (size_t i = 0; i < cases->n_decisions; i++) {
		const struct ph_decision *item = &cases->decisions[i];

		ph_mpw_array(&writer, 4);
		ph_ref_write(&writer, &item->entry);
		ph_mpw_uint(&writer, item->choice);
		ph_mpw_bin(&writer, item->facts, sizeof item->facts);
		ph_state_int(&writer, item->second);
	}
	ph_row_end(&row);
	return ph_mpw_end(&writer);
}

int ph_case_state_fold(const struct ph_entity_key *key, const struct ph_fact *facts,
		       size_t n, struct ph_buf *state_out)
{
	struct ph_case_state cases = { 0 };
	int rc = ph_state_each(facts, n, on_fact, &cases);

	(void)key; /* each fact names one case */
	rc = rc != 0 ? rc : write_state(&cases, state_out);
	ph_case_state_deinit(&cases);
	return rc;
}

static bool read_decision(const msgpack_object *object, void *out)
{
	const msgpack_object_array *array = ph_mp_array(object, 4, 4);
	struct ph_decision *item = out;

	return array != NULL && ph_ref_read(&array->ptr[0], &item->entry) &&
	       ph_mp_uint(&array->ptr[1], UINT64_MAX, &item->choice) &&
	       ph_mp_bin_exact(&array->ptr[2], item->facts, sizeof item->facts) &&
	       ph_state_get_int(&array->ptr[3], &item->second);
}

int ph_case_state_decode(struct ph_view state, struct ph_case_state *cases)
{
	struct ph_case_state got = { 0 };
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	rc = ph_state_get_list(ph_mp_item(array, 0), sizeof *got.decisions, read_decision,
			       (void **)&got.decisions, &got.n_decisions);
	ph_mp_deinit(&mp);
	if (rc == 0) {
		*cases = got;
	}
	return rc;
}

void ph_case_state_deinit(struct ph_case_state *cases)
{
	free(cases->decisions);
	*cases = (struct ph_case_state){ 0 };
}

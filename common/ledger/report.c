/*
 * common/ledger/report.c - a report as it was issued, and who signed it off.
 *
 * The figures stay in the entry: they are what was printed, and nothing is concluded
 * from them.
 */
#include "common/ledger/report.h"

#include <errno.h>
#include <stdlib.h>

static void take_issue(struct ph_report *report, const struct ph_fact *fact,
		       const struct ph_value *field)
{
	report->is_issued = true;
	report->name = field[PH_REPORT_REPORT].as.bytes;
	report->from = field[PH_REPORT_FROM].as.day;
	report->to = field[PH_REPORT_TO].as.day;
	report->second = fact->second;
}

static int add_signoff(struct ph_report *report, const struct ph_fact *fact,
		       const struct ph_value *field)
{
	struct ph_signoff *item = ph_state_push((void **)&report->signoffs,
						&report->n_signoffs, sizeof *item);

	if (item == NULL) {
		return -ENOMEM;
	}
	item->entry = fact->ref;
	item->site = fact->site;
	if (field[PH_SIGNOFF_COMMUNE].set) {
		item->commune = field[PH_SIGNOFF_COMMUNE].as.bytes;
	}
	item->agrees =
		field[PH_SIGNOFF_AGREES].set && field[PH_SIGNOFF_AGREES].as.uint == 1;
	return 0;
}

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	struct ph_report *report = data;

	switch (entry->number) {
	case PH_KIND_REPORT_ISSUE:
		take_issue(report, fact, entry->field);
		return 0;
	case PH_KIND_REPORT_SIGNOFF:
		return add_signoff(report, fact, entry->field);
	default:
		return 0;
	}
}

static void write_issued(struct ph_mpw *writer, const struct ph_report *report)
{
	ph_mpw_array(writer, 4);
	ph_mpw_str(writer, report->name);
	ph_state_int(writer, report->from);
	ph_state_int(writer, report->to);
	ph_state_int(writer, report->second);
}

static int write_state(const struct ph_report *report, struct ph_buf *state_out)
{
	struct ph_mpw writer;
	struct ph_row row;

	ph_mpw_init(&writer, state_out);
	ph_row_begin(&row, &writer);
	if (ph_row_item(&row, report->is_issued)) {
		write_issued(&writer, report);
	}
	if (ph_row_item(&row, report->n_signoffs > 0)) {
		ph_mpw_array(&writer, report->n_signoffs);
	}
	for (size_t i = 0; i < report->n_signoffs; i++) {
		const struct ph_signoff *item = &report->signoffs[i];

		ph_mpw_array(&writer, 4);
		ph_ref_write(&writer, &item->entry);
		ph_mpw_uint(&writer, item->site);
		if (item->commune.len > 0) {
			ph_mpw_str(&writer, item->commune);
		} else {
			ph_mpw_nil(&writer);
		}
		ph_mpw_uint(&writer, item->agrees);
	}
	ph_row_end(&row);
	return ph_mpw_end(&writer);
}

int ph_report_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		   struct ph_buf *state_out)
{
	struct ph_report report = { 0 };
	int rc = ph_state_each(facts, n, on_fact, &report);

	(void)key; /* each fact names one report */
	rc = rc != 0 ? rc : write_state(&report, state_out);
	ph_report_deinit(&report);
	return rc;
}

/* --- reading --- */

static bool read_issued(const msgpack_object *object, struct ph_report *report)
{
	const msgpack_object_array *array = ph_mp_array(object, 4, 4);

	if (ph_mp_is_nil(object)) {
		return true;
	}
	report->is_issued = true;
	return array != NULL && ph_mp_str(&array->ptr[0], 1, SIZE_MAX, &report->name) &&
	       ph_state_get_int(&array->ptr[1], &report->from) &&
	       ph_state_get_int(&array->ptr[2], &report->to) &&
	       ph_state_get_int(&array->ptr[3], &report->second);
}

static bool read_signoff(const msgpack_object *object, void *out)
{
	const msgpack_object_array *array = ph_mp_array(object, 4, 4);
	struct ph_signoff *item = out;
	uint64_t agrees;

	if (array == NULL || !ph_ref_read(&array->ptr[0], &item->entry) ||
	    !ph_mp_uint(&array->ptr[1], UINT64_MAX, &item->site) ||
	    (!ph_mp_is_nil(&array->ptr[2]) &&
	     !ph_mp_str(&array->ptr[2], 1, SIZE_MAX, &item->commune)) ||
	    !ph_mp_uint(&array->ptr[3], 1, &agrees)) {
		return false;
	}
	item->agrees = agrees == 1;
	return true;
}

int ph_report_decode(struct ph_view state, struct ph_report *report)
{
	struct ph_report got = { 0 };
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	rc = read_issued(ph_mp_item(array, 0), &got) ? 0 : -EUCLEAN;
	rc = rc != 0 ? rc
		     : ph_state_get_list(ph_mp_item(array, 1), sizeof *got.signoffs,
					 read_signoff, (void **)&got.signoffs,
					 &got.n_signoffs);
	ph_mp_deinit(&mp);
	if (rc == 0) {
		*report = got;
	}
	return rc;
}

void ph_report_deinit(struct ph_report *report)
{
	free(report->signoffs);
	*report = (struct ph_report){ 0 };
}

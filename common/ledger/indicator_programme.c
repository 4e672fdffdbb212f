/*
 * common/ledger/indicator_programme.c - rows of what holds at the end of a period: the
 * model, workers trained, sites.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/facts.h"
#include "common/ledger/indicator_internal.h"

static struct ph_atom at_commune(const char *code)
{
	return (struct ph_atom){ .commune = code, .split = -1 };
}

/* --- M1: the model --- */

enum {
	STATUS,
	DECISION,
	DATE,
	RECOGNISED
};

/* A decision is of its date, whenever it was typed in. */
static int64_t model_day(const struct ph_fact *fact, const struct ph_entry *entry)
{
	const struct ph_value *date = &entry->field[PH_MODEL_DATE];

	return date->set ? date->as.day : ph_day_of(fact->second);
}

/* TEXT in place of the number of COLUMN. */
static int put_word(struct ph_line *line, unsigned column, const char *text)
{
	line->words[column] = json_string(text);
	return line->words[column] == NULL ? -ENOMEM : 0;
}

static int show_model(struct ph_line *line, const struct ph_record *record)
{
	const struct ph_field *field =
		&ph_kind_find(PH_KIND_MODEL_PUT)->fields[PH_MODEL_STATUS];
	int64_t status = ph_reckon_number(record, PH_MODEL_STATUS, -1);
	char text[PH_TIME_TEXT > 64 ? PH_TIME_TEXT : 64];
	int64_t day;
	int rc = 0;

	if (status >= 0 && (uint64_t)status < field->max) {
		rc = put_word(line, STATUS, field->names[status]);
	}
	ph_reckon_text(record, PH_MODEL_DECISION, text, sizeof text);
	if (rc == 0 && text[0] != '\0') {
		rc = put_word(line, DECISION, text);
	}
	if (rc == 0 && ph_reckon_day(record, PH_MODEL_DATE, &day)) {
		ph_day_text(text, day);
		rc = put_word(line, DATE, text);
	}
	line->cell[RECOGNISED] = status == PH_MODEL_IS_RECOGNISED;
	return rc;
}

static int model_at(struct ph_reckoning *reckoning, const struct ph_entity_key *key,
		    const struct ph_facts *facts, size_t period, struct ph_line *line)
{
	struct ph_record record = { 0 };
	struct ph_buf state = { 0 };
	int rc = ph_reckon_as_of(key, facts, model_day, reckoning->periods[period].to,
				 &state, &record);

	if (rc == 0) {
		reckoning->total[period][RECOGNISED] +=
			ph_reckon_number(&record, PH_MODEL_STATUS, -1) ==
			PH_MODEL_IS_RECOGNISED;
		rc = period == 0 ? show_model(line, &record) : 0;
		ph_record_deinit(&record);
	}
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

static int add_unit(struct ph_reckoning *reckoning,
		    const struct ph_reckon_commune *commune, struct ph_facts *facts)
{
	struct ph_atom atom = at_commune(commune->code);
	struct ph_entity_key key;
	struct ph_line *line;
	int rc = ph_reckon_line(reckoning, &atom, &line);

	if (rc == 0 && !ph_key_bytes(PH_ENTITY_MODEL, ph_view_str(commune->code), &key)) {
		rc = -EUCLEAN;
	}
	rc = rc != 0 ? rc : ph_facts_load_filed(reckoning->ledger, &key, facts);
	for (size_t p = 0; rc == 0 && p < reckoning->n_periods; p++) {
		rc = model_at(reckoning, &key, facts, p, line);
	}
	return rc;
}

/* Of so many units. */
static void share_units(struct ph_reckoning *reckoning, unsigned column)
{
	for (size_t p = 0; p < reckoning->n_periods; p++) {
		reckoning->share[p][0] = reckoning->total[p][column];
		reckoning->share[p][1] = (int64_t)reckoning->n_units;
	}
}

int ph_reckon_model(struct ph_reckoning *reckoning)
{
	struct ph_facts facts = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < reckoning->n_communes; i++) {
		if (reckoning->communes[i].is_unit) {
			rc = add_unit(reckoning, &reckoning->communes[i], &facts);
		}
	}
	ph_facts_deinit(&facts);
	share_units(reckoning, RECOGNISED);
	return rc;
}

/* --- M3: workers --- */

enum {
	WORKERS,
	TRAINED
};

/* Somebody was trained on a day. */
struct trained {
	struct ph_ref worker;
	int64_t day;
};
struct staff {
	struct ph_reckoning *reckoning;
	struct trained *trained; /* by worker, then day */
	size_t n, cap;
};

static int add_attendees(struct staff *staff, const struct ph_list *list, int64_t day)
{
	struct ph_list_iter iter = ph_list_begin(list);
	struct ph_ref ref;
	int rc = 0;

	while (rc == 0 && ph_list_next_ref(&iter, &ref) == 1) {
		rc = ph_state_grow((void **)&staff->trained, staff->n, &staff->cap,
				   sizeof *staff->trained);
		if (rc == 0) {
			staff->trained[staff->n++] = (struct trained){ ref, day };
		}
	}
	return rc;
}

static int on_training(void *data, struct ph_view id, struct ph_view state)
{
	const struct ph_value *attendees;
	struct staff *staff = data;
	struct ph_event event;
	int rc = ph_event_decode(state, &event);

	(void)id;
	if (rc != 0 || event.kind->number != PH_KIND_TRAINING) {
		return rc;
	}
	attendees = &event.field[PH_TRAINING_ATTENDEES];
	return attendees->set ? add_attendees(staff, &attendees->as.list,
					      ph_day_of(event.second))
			      : 0;
}

static int compare_trained(const void *a, const void *b)
{
	const struct trained *x = a, *y = b;
	int order = ph_ref_compare(&x->worker, &y->worker);

	return order != 0 ? order : (x->day > y->day) - (x->day < y->day);
}

/* Whether WORKER was trained not after DAY. */
static bool is_trained(const struct staff *staff, const struct ph_ref *worker,
		       int64_t day)
{
	size_t low = 0, high = staff->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ph_ref_compare(&staff->trained[middle].worker, worker) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < staff->n &&
	       ph_ref_compare(&staff->trained[low].worker, worker) == 0 &&
	       staff->trained[low].day <= day;
}

/* Whether that is a worker of a grassroots site, and since when and until when. */
static bool is_worker(const struct ph_reckoning *reckoning,
		      const struct ph_record *record, uint64_t *site_out, int64_t *from,
		      int64_t *to)
{
	int64_t role = ph_reckon_number(record, PH_WORKER_ROLE, -1);

	*site_out =
		(uint64_t)ph_reckon_number(record, PH_WORKER_SITE, (int64_t)record->site);
	*from = ph_day_of(record->second);
	*to = INT64_MAX;
	(void)ph_reckon_day(record, PH_WORKER_FROM, from);
	(void)ph_reckon_day(record, PH_WORKER_TO, to);
	return record->has_first && role != PH_WORK_COLLABORATOR &&
	       role != PH_WORK_VOLUNTEER &&
	       ph_reckon_is_grassroots(reckoning, *site_out) &&
	       (!reckoning->xa_only ||
		ph_reckon_is_unit(reckoning,
				  ph_reckon_site_commune(reckoning, *site_out)));
}

static int on_worker(void *data, struct ph_view id, struct ph_view state)
{
	struct staff *staff = data;
	struct ph_reckoning *reckoning = staff->reckoning;
	struct ph_atom atom = { .split = -1 };
	struct ph_record record;
	struct ph_ref ref;
	int64_t from, to;
	int rc = ph_record_decode(state, ph_kind_find(PH_KIND_WORKER_PUT), &record);
	bool works = rc == 0 && ph_key_get_ref(id, &ref) &&
		     is_worker(reckoning, &record, &atom.site, &from, &to);

	atom.commune = ph_reckon_site_commune(reckoning, atom.site);
	for (size_t p = 0; rc == 0 && works && p < reckoning->n_periods; p++) {
		int64_t day = reckoning->periods[p].to;

		if (from > day || to < day) {
			continue;
		}
		rc = ph_reckon_level(reckoning, &atom, p, WORKERS, 1);
		rc = rc != 0 ? rc
			     : ph_reckon_level(reckoning, &atom, p, TRAINED,
					       is_trained(staff, &ref, day));
	}
	if (rc == 0) {
		ph_record_deinit(&record);
	}
	return rc;
}

int ph_reckon_workers(struct ph_reckoning *reckoning)
{
	struct staff staff = { .reckoning = reckoning };
	int rc = ph_ledger_each(reckoning->ledger, PH_ENTITY_EVENT, on_training, &staff);

	if (rc == 0 && staff.n > 0) {
		qsort(staff.trained, staff.n, sizeof *staff.trained, compare_trained);
	}
	rc = rc != 0 ? rc
		     : ph_ledger_each(reckoning->ledger, PH_ENTITY_WORKER, on_worker,
				      &staff);
	for (size_t p = 0; p < reckoning->n_periods; p++) {
		reckoning->share[p][0] = reckoning->total[p][TRAINED];
		reckoning->share[p][1] = reckoning->total[p][WORKERS];
	}
	free(staff.trained);
	return rc;
}

/* --- A1: sites --- */

int ph_reckon_open(const struct ph_entity_key *key, const struct ph_facts *facts,
		   int64_t day, bool *open_out)
{
	struct ph_record record = { 0 };
	struct ph_buf state = { 0 };
	int rc = ph_reckon_as_of(key, facts, ph_reckon_day_of, day, &state, &record);

	*open_out = false;
	if (rc == 0) {
		*open_out = ph_reckon_number(&record, PH_SITE_STATUS, PH_STATUS_OPEN) !=
			    PH_STATUS_CLOSED;
		ph_record_deinit(&record);
	}
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0; /* it was not named by then */
}

static int site_at(struct ph_reckoning *reckoning, const struct ph_entity_key *key,
		   const struct ph_facts *facts, size_t period, uint64_t number)
{
	struct ph_atom atom = { .site = number,
				.commune = ph_reckon_site_commune(reckoning, number),
				.split = -1 };
	bool open = false;
	int rc = ph_reckon_open(key, facts, reckoning->periods[period].to, &open);

	return rc == 0 && open ? ph_reckon_level(reckoning, &atom, period, 0, 1) : rc;
}

int ph_reckon_sites(struct ph_reckoning *reckoning)
{
	struct ph_facts facts = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < reckoning->n_sites; i++) {
		uint64_t number = reckoning->sites[i].number;
		struct ph_entity_key key = ph_key_number(PH_ENTITY_SITE, number);

		rc = ph_facts_load_filed(reckoning->ledger, &key, &facts);
		for (size_t p = 0; rc == 0 && p < reckoning->n_periods; p++) {
			rc = site_at(reckoning, &key, &facts, p, number);
		}
	}
	ph_facts_deinit(&facts);
	return rc;
}

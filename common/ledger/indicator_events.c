/*
 * common/ledger/indicator_events.c - rows that are sums of events: services, activities,
 * trainings, donations.
 */
#include <errno.h>

#include "common/base/clock.h"
#include "common/ledger/indicator_internal.h"

static int64_t amount(const struct ph_column *column, const struct ph_event *event)
{
	const struct ph_value *field = &event->field[column->of];

	switch (column->amount) {
	case PH_AMOUNT_SUM:
		return field->set ? (int64_t)field->as.uint : 0;
	case PH_AMOUNT_COUNT:
		return field->set ? (int64_t)field->as.uint : 1;
	case PH_AMOUNT_ONE:
		break;
	}
	return 1;
}

/* The value of the field by which lines are asked for. */
static int split_of(enum ph_by by, const struct ph_event *event)
{
	const struct ph_value *field =
		&event->field[by == PH_BY_FORM       ? PH_DIGITAL_FORM
			      : by == PH_BY_OCCASION ? PH_ACTIVITY_OCCASION
						     : PH_DONATION_DONOR];
	bool is_split = by == PH_BY_FORM || by == PH_BY_OCCASION || by == PH_BY_DONOR;

	return is_split && field->set ? (int)field->as.uint : -1;
}

static int add_event(struct ph_reckoning *reckoning, const struct ph_event *event)
{
	const struct ph_indicator *row = reckoning->query->row;
	const struct ph_reckon_stop *stop =
		row->kind == PH_KIND_ACTIVITY || row->kind == PH_KIND_DIGITAL_USE
			? ph_reckon_stop_at(reckoning, event->site, event->second)
			: NULL;
	struct ph_atom atom = { .site = event->site,
				.commune = stop != NULL ? stop->commune
							: ph_reckon_site_commune(
								  reckoning, event->site),
				.day = ph_day_of(event->second),
				.split = split_of(reckoning->query->by, event) };
	int rc = 0;

	for (unsigned c = 0; rc == 0 && c < row->n_columns; c++) {
		rc = ph_reckon_add(reckoning, &atom, c, amount(&row->columns[c], event));
	}
	return rc;
}

static int on_event(void *data, struct ph_view id, struct ph_view state)
{
	struct ph_reckoning *reckoning = data;
	struct ph_event event;
	int rc = ph_event_decode(state, &event);

	(void)id;
	if (rc == 0 && event.kind->number == reckoning->query->row->kind) {
		rc = add_event(reckoning, &event);
	}
	return rc;
}

int ph_reckon_events(struct ph_reckoning *reckoning)
{
	return ph_ledger_each(reckoning->ledger, PH_ENTITY_EVENT, on_event, reckoning);
}

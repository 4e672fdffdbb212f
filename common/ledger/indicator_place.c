/*
 * common/ledger/indicator_place.c - communes, sites, and the stops of vans, as they show
 * now: where what was written belongs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/indicator_internal.h"
#include "common/ledger/stop.h"

#define DAY_SECONDS 86400
#define ZONE        25200 /* UTC+7 */

/* --- communes --- */

static int on_commune(void *data, struct ph_view id, struct ph_view state)
{
	struct ph_reckoning *reckoning = data;
	struct ph_reckon_commune *commune;
	struct ph_record record;
	int rc = ph_record_decode(state, ph_kind_find(PH_KIND_COMMUNE_PUT), &record);

	if (rc != 0) {
		return rc;
	}
	commune = ph_state_push((void **)&reckoning->communes, &reckoning->n_communes,
				sizeof *commune);
	if (commune != NULL && id.len < sizeof commune->code) {
		memcpy(commune->code, id.data, id.len);
		ph_reckon_text(&record, PH_COMMUNE_NAME, commune->name,
			       sizeof commune->name);
		ph_reckon_text(&record, PH_COMMUNE_PREDECESSOR, commune->predecessor,
			       sizeof commune->predecessor);
		commune->is_xa = ph_reckon_number(&record, PH_COMMUNE_TYPE, 0) == 0;
		commune->has_from =
			ph_reckon_day(&record, PH_COMMUNE_FROM, &commune->from);
	}
	ph_record_deinit(&record);
	return commune == NULL ? -ENOMEM : 0;
}

/* Whether another commune has come in its place by DAY. */
static bool is_followed(const struct ph_reckoning *reckoning,
			const struct ph_reckon_commune *commune, int64_t day)
{
	for (size_t i = 0; i < reckoning->n_communes; i++) {
		const struct ph_reckon_commune *other = &reckoning->communes[i];

		if (other != commune && other->has_from && other->from <= day &&
		    strcmp(other->predecessor, commune->code) == 0) {
			return true;
		}
	}
	return false;
}

static void find_units(struct ph_reckoning *reckoning)
{
	const char *asked = reckoning->query->commune;
	int64_t day = reckoning->query->period.to;

	for (size_t i = 0; i < reckoning->n_communes; i++) {
		struct ph_reckon_commune *commune = &reckoning->communes[i];

		commune->is_unit = (asked == NULL || strcmp(asked, commune->code) == 0) &&
				   (!reckoning->xa_only || commune->is_xa) &&
				   (!commune->has_from || commune->from <= day) &&
				   !is_followed(reckoning, commune, day);
		reckoning->n_units += commune->is_unit;
	}
}

const struct ph_reckon_commune *ph_reckon_commune(const struct ph_reckoning *reckoning,
						  const char *code)
{
	size_t low = 0, high = reckoning->n_communes;

	while (code != NULL && low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(reckoning->communes[middle].code, code);

		if (order == 0) {
			return &reckoning->communes[middle];
		}
		low = order < 0 ? middle + 1 : low;
		high = order < 0 ? high : middle;
	}
	return NULL;
}

bool ph_reckon_is_unit(const struct ph_reckoning *reckoning, const char *code)
{
	const struct ph_reckon_commune *commune = ph_reckon_commune(reckoning, code);

	return commune != NULL && commune->is_unit;
}

/* --- sites --- */

static int on_site(void *data, struct ph_view id, struct ph_view state)
{
	struct ph_reckoning *reckoning = data;
	struct ph_reckon_site *site;
	struct ph_record record;
	uint64_t number;
	int rc = ph_record_decode(state, ph_kind_find(PH_KIND_SITE_PUT), &record);

	if (rc != 0) {
		return rc;
	}
	site = ph_state_push((void **)&reckoning->sites, &reckoning->n_sites,
			     sizeof *site);
	if (site != NULL && ph_key_get_number(id, &number)) {
		site->number = number;
		ph_reckon_text(&record, PH_SITE_CODE, site->code, sizeof site->code);
		ph_reckon_text(&record, PH_SITE_NAME, site->name, sizeof site->name);
		ph_reckon_text(&record, PH_SITE_COMMUNE, site->commune,
			       sizeof site->commune);
		site->kind = (int)ph_reckon_number(&record, PH_SITE_KIND, -1);
	}
	ph_record_deinit(&record);
	return site == NULL ? -ENOMEM : 0;
}

const struct ph_reckon_site *ph_reckon_site(const struct ph_reckoning *reckoning,
					    uint64_t number)
{
	size_t low = 0, high = reckoning->n_sites;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (reckoning->sites[middle].number == number) {
			return &reckoning->sites[middle];
		}
		if (reckoning->sites[middle].number < number) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return NULL;
}

const char *ph_reckon_site_commune(const struct ph_reckoning *reckoning, uint64_t number)
{
	const struct ph_reckon_site *site = ph_reckon_site(reckoning, number);

	return site == NULL || site->commune[0] == '\0' ? NULL : site->commune;
}

bool ph_reckon_is_van(const struct ph_reckoning *reckoning, uint64_t number)
{
	const struct ph_reckon_site *site = ph_reckon_site(reckoning, number);

	return site != NULL && site->kind == PH_SITE_IS_VAN;
}

bool ph_reckon_is_grassroots(const struct ph_reckoning *reckoning, uint64_t number)
{
	const struct ph_reckon_site *site = ph_reckon_site(reckoning, number);

	return site != NULL && site->kind != PH_SITE_IS_VAN &&
	       site->kind != PH_SITE_IS_PROVINCIAL;
}

int ph_reckon_places(struct ph_reckoning *reckoning)
{
	int rc = ph_ledger_each(reckoning->ledger, PH_ENTITY_COMMUNE, on_commune,
				reckoning);

	rc = rc != 0 ? rc
		     : ph_ledger_each(reckoning->ledger, PH_ENTITY_SITE, on_site,
				      reckoning);
	if (rc == 0) {
		find_units(reckoning);
		if (reckoning->query->commune != NULL &&
		    ph_reckon_commune(reckoning, reckoning->query->commune) == NULL) {
			return -ENOENT;
		}
	}
	return rc;
}

/* --- stops --- */

static int on_stop(void *data, struct ph_view id, struct ph_view state)
{
	struct ph_reckoning *reckoning = data;
	const char *own;
	struct ph_reckon_stop *item;
	struct ph_stop stop;
	int rc = ph_stop_decode(state, &stop);

	if (rc != 0 || !stop.is_opened) {
		return rc;
	}
	item = ph_state_push((void **)&reckoning->stops, &reckoning->n_stops,
			     sizeof *item);
	if (item == NULL || !ph_key_get_ref(id, &item->ref)) {
		return item == NULL ? -ENOMEM : -EUCLEAN;
	}
	item->site = stop.site;
	item->from = stop.second;
	item->to = stop.is_closed && stop.closed.second >= stop.second
			   ? stop.closed.second
			   : (ph_day_of(stop.second) + 1) * DAY_SECONDS - ZONE - 1;
	own = ph_reckon_site_commune(reckoning, stop.site);
	if (stop.commune.len > 0 && stop.commune.len < sizeof item->commune) {
		memcpy(item->commune, stop.commune.data, stop.commune.len);
	} else if (own != NULL) {
		strcpy(item->commune, own);
	}
	return 0;
}

static int compare_stops(const void *a, const void *b)
{
	const struct ph_reckon_stop *x = a, *y = b;

	if (x->site != y->site) {
		return x->site < y->site ? -1 : 1;
	}
	if (x->from != y->from) {
		return x->from < y->from ? -1 : 1;
	}
	return ph_ref_compare(&x->ref, &y->ref);
}

int ph_reckon_stops(struct ph_reckoning *reckoning)
{
	int rc = ph_ledger_each(reckoning->ledger, PH_ENTITY_STOP, on_stop, reckoning);

	if (rc != 0 || reckoning->n_stops == 0) {
		return rc;
	}
	qsort(reckoning->stops, reckoning->n_stops, sizeof *reckoning->stops,
	      compare_stops);
	for (size_t i = 0; i + 1 < reckoning->n_stops; i++) {
		struct ph_reckon_stop *stop = &reckoning->stops[i];

		if (stop[1].site == stop->site && stop->to >= stop[1].from) {
			stop->to = stop[1].from - 1;
		}
	}
	return 0;
}

const struct ph_reckon_stop *ph_reckon_stop_at(const struct ph_reckoning *reckoning,
					       uint64_t site, int64_t second)
{
	size_t low = 0, high = reckoning->n_stops;

	if (!ph_reckon_is_van(reckoning, site)) {
		return NULL;
	}
	/* the first one behind */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct ph_reckon_stop *stop = &reckoning->stops[middle];

		if (stop->site < site || (stop->site == site && stop->from <= second)) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low == 0 || reckoning->stops[low - 1].site != site ||
	    reckoning->stops[low - 1].to < second) {
		return NULL;
	}
	return &reckoning->stops[low - 1];
}

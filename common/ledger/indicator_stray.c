/*
 * common/ledger/indicator_stray.c - what names a commune that no commune-put does: it
 * stands in no line of a unit, and is told beside the figures.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/facts.h"
#include "common/ledger/indicator_internal.h"
#include "common/ledger/show.h"

struct stray {
	uint32_t kind;
	char commune[PH_COMMUNE_TEXT];
	uint64_t site;
	uint64_t n; /* entries */
};
struct strays {
	struct ph_reckoning *reckoning;
	struct stray *items;
	size_t n;
};

/* One more entry of KIND by SITE that names COMMUNE. */
static int note(struct strays *strays, uint32_t kind, const char *commune, uint64_t site)
{
	struct stray *item = NULL;

	if (ph_reckon_commune(strays->reckoning, commune) != NULL) {
		return 0;
	}
	for (size_t i = 0; item == NULL && i < strays->n; i++) {
		struct stray *at = &strays->items[i];

		if (at->kind == kind && at->site == site &&
		    strcmp(at->commune, commune) == 0) {
			item = at;
		}
	}
	if (item == NULL) {
		item = ph_state_push((void **)&strays->items, &strays->n, sizeof *item);
	}
	if (item == NULL) {
		return -ENOMEM;
	}
	item->kind = kind;
	item->site = site;
	item->n++;
	strcpy(item->commune, commune);
	return 0;
}

static int on_event(void *data, struct ph_view id, struct ph_view state)
{
	struct strays *strays = data;
	const struct ph_period *period = &strays->reckoning->query->period;
	char commune[PH_COMMUNE_TEXT] = "";
	const struct ph_value *field;
	struct ph_event event;
	int rc = ph_event_decode(state, &event);

	(void)id;
	if (rc != 0 || event.kind->number != PH_KIND_TALLY) {
		return rc;
	}
	field = event.field;
	if (!field[PH_TALLY_COMMUNE].set ||
	    field[PH_TALLY_COMMUNE].as.bytes.len >= sizeof commune ||
	    field[PH_TALLY_FROM].as.day > period->to ||
	    field[PH_TALLY_TO].as.day < period->from) {
		return 0;
	}
	memcpy(commune, field[PH_TALLY_COMMUNE].as.bytes.data,
	       field[PH_TALLY_COMMUNE].as.bytes.len);
	return note(strays, PH_KIND_TALLY, commune, event.site);
}

/* A stop that names none belongs to its site's: that is told of the site. */
static int note_stops(struct strays *strays)
{
	struct ph_reckoning *reckoning = strays->reckoning;
	const struct ph_period *period = &reckoning->query->period;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < reckoning->n_stops; i++) {
		const struct ph_reckon_stop *stop = &reckoning->stops[i];
		const char *own = ph_reckon_site_commune(reckoning, stop->site);
		int64_t day = ph_day_of(stop->from);

		if (stop->commune[0] != '\0' && day >= period->from &&
		    day <= period->to &&
		    (own == NULL || strcmp(own, stop->commune) != 0)) {
			rc = note(strays, PH_KIND_MOBILE_STOP, stop->commune, stop->site);
		}
	}
	return rc;
}

static int note_sites(struct strays *strays)
{
	const struct ph_reckoning *reckoning = strays->reckoning;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < reckoning->n_sites; i++) {
		const struct ph_reckon_site *site = &reckoning->sites[i];

		if (site->commune[0] != '\0') {
			rc = note(strays, PH_KIND_SITE_PUT, site->commune, site->number);
		}
	}
	return rc;
}

/* Each put of the model of a commune that there is not; the hub itself writes none. */
static int on_model(void *data, struct ph_view id, struct ph_view state)
{
	struct strays *strays = data;
	char commune[PH_COMMUNE_TEXT] = "";
	struct ph_facts facts = { 0 };
	struct ph_entity_key key;
	int rc;

	(void)state;
	if (id.len >= sizeof commune || !ph_key_bytes(PH_ENTITY_MODEL, id, &key)) {
		return 0;
	}
	memcpy(commune, id.data, id.len);
	if (ph_reckon_commune(strays->reckoning, commune) != NULL) {
		return 0;
	}
	rc = ph_facts_load_filed(strays->reckoning->ledger, &key, &facts);
	for (size_t i = 0; rc == 0 && i < facts.n; i++) {
		rc = note(strays, PH_KIND_MODEL_PUT, commune, facts.items[i].site);
	}
	ph_facts_deinit(&facts);
	return rc;
}

static int compare(const void *a, const void *b)
{
	const struct stray *x = a, *y = b;
	int order = strcmp(x->commune, y->commune);

	if (order == 0 && x->site != y->site) {
		order = x->site < y->site ? -1 : 1;
	}
	return order != 0 ? order : (x->kind > y->kind) - (x->kind < y->kind);
}

static int show(const struct strays *strays, json_t *list)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < strays->n; i++) {
		const struct stray *item = &strays->items[i];
		const struct ph_reckon_site *site =
			ph_reckon_site(strays->reckoning, item->site);
		struct ph_show show = ph_show_begin();

		ph_show_text(&show, "commune", ph_view_str(item->commune));
		ph_show_number(&show, "site", item->site);
		if (site != NULL && site->code[0] != '\0') {
			ph_show_text(&show, "code", ph_view_str(site->code));
		}
		ph_show_text(&show, "kind", ph_view_str(ph_kind_find(item->kind)->name));
		ph_show_number(&show, "entries", item->n);
		rc = ph_show_append(list, ph_show_end(&show));
	}
	return rc;
}

int ph_reckon_strays(struct ph_reckoning *reckoning, json_t *list)
{
	struct strays strays = { .reckoning = reckoning };
	int rc;

	if (reckoning->n_communes == 0 || reckoning->query->commune != NULL) {
		return 0;
	}
	rc = ph_ledger_each(reckoning->ledger, PH_ENTITY_EVENT, on_event, &strays);
	rc = rc != 0 ? rc : note_stops(&strays);
	rc = rc != 0 ? rc : note_sites(&strays);
	rc = rc != 0 ? rc
		     : ph_ledger_each(reckoning->ledger, PH_ENTITY_MODEL, on_model,
				      &strays);
	if (rc == 0 && strays.n > 0) {
		qsort(strays.items, strays.n, sizeof *strays.items, compare);
	}
	rc = rc != 0 ? rc : show(&strays, list);
	free(strays.items);
	return rc;
}

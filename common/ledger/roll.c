/*
 * common/ledger/roll.c - all titles, readers, workers, models, targets, figures: page by page.
 *
 * A page walks the entities of one type from where the last one ended, in order of id, and
 * shows those that are wanted: of what was registered twice and joined the one that stands
 * for all, no reader who was erased, of events the figures alone. So that a page is short
 * also where few are wanted it looks at so many and no more; it may then have fewer items
 * than there is room for, or none, and still another behind it.
 */
#include "common/ledger/roll.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/event.h"
#include "common/ledger/naming.h"
#include "common/ledger/query.h"
#include "common/ledger/reader_view.h"
#include "common/ledger/record.h"
#include "common/ledger/store.h"

#define LOOKS_MAX 20000 /* entities that a page looks at */

struct page {
	struct ph_ledger *ledger;
	const struct ph_listing_query *query;
	struct ph_buf place; /* the id of what it went past last */
	json_t *items;
	size_t looks;
	bool more;
};

/* The entity ID as a new object in *OUT; *OUT stays NULL if it is not wanted. 0 or negative errno. */
typedef int show_fn(const struct page *page, struct ph_view id, struct ph_view state,
		    json_t **out);

/* --- which are wanted --- */

static bool is_asked(const struct page *page, uint64_t site)
{
	const struct ph_listing_query *query = page->query;

	for (size_t i = 0; query->sites != NULL && i < query->n_sites; i++) {
		if (query->sites[i] == site) {
			return true;
		}
	}
	return query->sites == NULL;
}

/* Whether the numbers in LIST, or MEMBER of its objects, have a site that was asked for. */
static bool has_asked(const struct page *page, const json_t *list, const char *member)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const json_t *site = member ? json_object_get(item, member) : item;

		if (is_asked(page, (uint64_t)json_integer_value(site))) {
			return true;
		}
	}
	return page->query->sites == NULL;
}

static bool is_of_asked(const struct page *page, const json_t *item)
{
	return is_asked(page,
			(uint64_t)json_integer_value(json_object_get(item, "site")));
}

/* Whether REF stands for its class. 0 or negative errno. */
static int is_root(const struct page *page, enum ph_entity type, const struct ph_ref *ref,
		   bool *is_out)
{
	struct ph_ref root;
	int rc = ph_query_root(page->ledger, type, ref, &root);

	*is_out = rc == 0 && ph_ref_equal(ref, &root);
	return rc < 0 ? rc : 0;
}

/* ITEM, taken, into *OUT if it is WANTED. A view that is not there is none. */
static int give(int rc, json_t *item, bool wanted, json_t **out)
{
	if (rc != 0 || !wanted) {
		json_decref(item);
		return rc < 0 ? rc : 0;
	}
	*out = item;
	return 0;
}

/* --- what is added to a view --- */

static int count(json_t *item, const char *name, const char *of)
{
	size_t n = json_array_size(json_object_get(item, of));

	return json_object_set_new(item, name, json_integer((json_int_t)n)) ? -ENOMEM : 0;
}

/* "commune_name": the name of the commune of ITEM, if it is known. */
static int name_commune(const struct page *page, json_t *item)
{
	const char *code = json_string_value(json_object_get(item, "commune"));
	json_t *commune = NULL;
	json_t *name;
	int rc = code ? ph_view_commune(page->ledger, ph_view_str(code), &commune) : 0;

	name = json_object_get(commune, "name");
	if (rc == 0 && name && json_object_set(item, "commune_name", name) != 0) {
		rc = -ENOMEM;
	}
	json_decref(commune);
	return rc < 0 ? rc : 0;
}

/* "site_name", likewise. */
static int name_site(const struct page *page, json_t *item)
{
	struct ph_show show = { .object = item };
	uint64_t site = (uint64_t)json_integer_value(json_object_get(item, "site"));
	int rc = site != 0 ? ph_name_site(page->ledger, &show, "site_name", site) : 0;

	return rc == 0 && show.failed ? -ENOMEM : rc;
}

/* --- the lists --- */

/* What ID names, and whether it is listed: by itself, not under another that it is one with. */
static int get_root(const struct page *page, enum ph_entity type, struct ph_view id,
		    struct ph_ref *ref, bool *wanted)
{
	*wanted = false;
	return ph_key_get_ref(id, ref) ? is_root(page, type, ref, wanted) : 0;
}

static int show_title(const struct page *page, struct ph_view id, struct ph_view state,
		      json_t **out)
{
	json_t *item = NULL;
	struct ph_ref ref;
	bool wanted;
	int rc;

	(void)state;
	rc = get_root(page, PH_ENTITY_TITLE, id, &ref, &wanted);
	if (rc != 0 || !wanted) {
		return rc;
	}
	rc = ph_view_title(page->ledger, &ref, true, &item);
	rc = rc != 0 ? rc : count(item, "n_copies", "copies");
	return give(rc, item, has_asked(page, json_object_get(item, "copies"), "owner"),
		    out);
}

static int show_reader(const struct page *page, struct ph_view id, struct ph_view state,
		       json_t **out)
{
	json_t *item = NULL;
	struct ph_ref ref;
	bool wanted;
	int rc;

	(void)state;
	rc = get_root(page, PH_ENTITY_READER, id, &ref, &wanted);
	if (rc != 0 || !wanted) {
		return rc;
	}
	rc = ph_view_reader(page->ledger, &ref, page->query->opener, &item);
	rc = rc != 0 ? rc : count(item, "n_loans", "loans");
	if (rc == 0 && page->query->no_cards) {
		(void)json_object_del(item, "loans");
	}
	rc = rc != 0 ? rc : name_site(page, item);
	rc = rc != 0 ? rc : name_commune(page, item);
	return give(rc, item, !json_object_get(item, "erased") && is_of_asked(page, item),
		    out);
}

/* The registers of STATE and what is sealed, in *SHOW. Where a put is not known the site is its own. */
static int show_put(const struct page *page, struct ph_view state, uint64_t number,
		    struct ph_show *show)
{
	const struct ph_kind *kind = ph_kind_find(number);
	struct ph_record record = { 0 };
	int rc = ph_record_decode(state, kind, &record);

	if (rc != 0) {
		return rc;
	}
	ph_show_registers(show, &record.registers, kind);
	if (record.has_first && kind->n_sealed > 0) {
		ph_show_time(show, "time", record.second);
		if (!json_object_get(show->object, "site")) {
			ph_show_number(show, "site", record.site);
		}
	}
	rc = ph_show_sealed(show, kind, &record.registers, page->query->opener);
	ph_record_deinit(&record);
	return rc;
}

/* SHOW, ended, with the names of its places. */
static int named(const struct page *page, struct ph_show *show, int rc, json_t **out)
{
	json_t *item = NULL;

	if (rc != 0) {
		json_decref(show->object);
		return rc;
	}
	rc = ph_show_done(show, &item);
	rc = rc != 0 ? rc : name_site(page, item);
	rc = rc != 0 ? rc : name_commune(page, item);
	if (rc != 0) {
		json_decref(item);
		return rc;
	}
	*out = item;
	return 0;
}

static int show_worker(const struct page *page, struct ph_view id, struct ph_view state,
		       json_t **out)
{
	struct ph_show show = ph_show_begin();
	json_t *item = NULL;
	int rc;

	ph_name_ref(&show, "worker", id);
	rc = show_put(page, state, PH_KIND_WORKER_PUT, &show);
	rc = named(page, &show, rc, &item);
	return give(rc, item, is_of_asked(page, item), out);
}

static int show_model(const struct page *page, struct ph_view id, struct ph_view state,
		      json_t **out)
{
	struct ph_show show = ph_show_begin();
	json_t *item = NULL;
	int rc;

	ph_show_text(&show, "commune", id);
	rc = show_put(page, state, PH_KIND_MODEL_PUT, &show);
	rc = named(page, &show, rc, &item);
	return give(rc, item, has_asked(page, json_object_get(item, "sites"), NULL), out);
}

/* A target is the province's, whatever sites are asked for. */
static int show_target(const struct page *page, struct ph_view id, struct ph_view state,
		       json_t **out)
{
	struct ph_show show = ph_show_begin();

	if (id.len > 8) {
		ph_show_text(&show, "indicator", PH_VIEW(id.data + 8, id.len - 8));
		ph_show_number(&show, "year", ph_be64_get(id.data));
	}
	return named(page, &show, show_put(page, state, PH_KIND_TARGET_PUT, &show), out);
}

static int show_tally(const struct page *page, struct ph_view id, struct ph_view state,
		      json_t **out)
{
	struct ph_show show;
	struct ph_event event;
	json_t *item = NULL;
	int rc = ph_event_decode(state, &event);

	if (rc != 0) {
		return rc;
	}
	if (event.kind->number != PH_KIND_TALLY || !is_asked(page, event.site)) {
		ph_event_deinit(&event);
		return 0;
	}
	show = ph_show_begin();
	ph_name_ref(&show, "tally", id);
	ph_show_number(&show, "site", event.site);
	ph_show_time(&show, "time", event.second);
	for (uint32_t i = 0; i < event.kind->n_fields; i++) {
		if (event.field[i].set) {
			ph_show_set(
				&show, event.kind->fields[i].name,
				ph_show_value(&event.kind->fields[i], &event.field[i]));
		}
	}
	rc = named(page, &show, 0, &item);
	ph_event_deinit(&event);
	return give(rc, item, true, out);
}

static const struct {
	const char *name;
	enum ph_entity type;
	show_fn *show;
} rolls[] = {
	[PH_LISTING_TITLES] = { "titles", PH_ENTITY_TITLE, show_title },
	[PH_LISTING_READERS] = { "readers", PH_ENTITY_READER, show_reader },
	[PH_LISTING_WORKERS] = { "workers", PH_ENTITY_WORKER, show_worker },
	[PH_LISTING_MODELS] = { "models", PH_ENTITY_MODEL, show_model },
	[PH_LISTING_TARGETS] = { "targets", PH_ENTITY_TARGET, show_target },
	[PH_LISTING_TALLIES] = { "tallies", PH_ENTITY_EVENT, show_tally },
};

const char *ph_roll_name(enum ph_listing list)
{
	return (size_t)list < sizeof rolls / sizeof *rolls ? rolls[list].name : NULL;
}

/* --- pages --- */

static int put_place(const struct page *page, char next[static PH_LISTING_NEXT])
{
	uint8_t bytes[1 + PH_ENTITY_ID_MAX];

	if (page->place.len >= sizeof bytes) {
		return -EUCLEAN;
	}
	bytes[0] = (uint8_t)page->query->list;
	memcpy(bytes + 1, page->place.data, page->place.len);
	ph_hex(next, bytes, 1 + page->place.len);
	return 0;
}

static int get_place(struct page *page)
{
	uint8_t bytes[1 + PH_ENTITY_ID_MAX];
	const char *text = page->query->after;
	size_t len = text != NULL ? strlen(text) / 2 : 0;

	if (text == NULL) {
		return 0;
	}
	if (len < 2 || len > sizeof bytes ||
	    ph_unhex(bytes, len, text, strlen(text)) != 0 ||
	    bytes[0] != page->query->list) {
		return PH_LISTING_E_AFTER;
	}
	return ph_buf_put(&page->place, bytes + 1, len - 1);
}

static int take_row(struct page *page, struct ph_stmt *stmt)
{
	struct ph_view id = ph_stmt_col_blob(stmt, 0);
	json_t *item = NULL;
	int rc;

	if (page->looks++ == LOOKS_MAX) {
		page->more = true;
		return 0;
	}
	rc = rolls[page->query->list].show(page, id, ph_stmt_col_blob(stmt, 1), &item);
	if (rc == 0 && item && json_array_size(page->items) == page->query->limit) {
		json_decref(item);
		page->more = true;
		return 0;
	}
	page->place.len = 0;
	rc = rc != 0 ? rc : ph_buf_put_view(&page->place, id);
	if (rc != 0) {
		json_decref(item);
		return rc;
	}
	return item ? ph_show_append(page->items, item) : 0;
}

static int fill(struct page *page)
{
	struct ph_buf after = { 0 }; /* bound while the place moves */
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(page->ledger->db,
			       "SELECT id, state FROM ledger_entity WHERE type = ?1"
			       " AND id > ?2 ORDER BY id LIMIT ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	rc = ph_buf_put_view(&after, ph_buf_view(&page->place));
	ph_stmt_int(stmt, 1, rolls[page->query->list].type);
	ph_stmt_blob(stmt, 2, ph_buf_view(&after));
	ph_stmt_int(stmt, 3, LOOKS_MAX + 1);
	while (rc == 0 && !page->more && (rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = take_row(page, stmt);
	}
	ph_stmt_reset(stmt);
	ph_buf_deinit(&after);
	return rc;
}

int ph_roll(struct ph_ledger *ledger, const struct ph_listing_query *query, json_t **out,
	    char next[static PH_LISTING_NEXT])
{
	struct page page = { .ledger = ledger, .query = query, .items = json_array() };
	int rc = page.items == NULL ? -ENOMEM : get_place(&page);

	next[0] = '\0';
	rc = rc != 0 ? rc : fill(&page);
	rc = rc != 0 || !page.more ? rc : put_place(&page, next);
	ph_buf_deinit(&page.place);
	if (rc != 0) {
		json_decref(page.items);
		return rc;
	}
	*out = page.items;
	return 0;
}

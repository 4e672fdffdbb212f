/* common/cli/list_page.c - a page of a list, or of the entries of a kind. */
#include "common/cli/list_page.h"

#include <errno.h>
#include <string.h>

static uint64_t now_ms(const struct ph_clock *clock)
{
	struct ph_now now;

	clock->read(clock->data, &now);
	return now.mono_ms;
}

static int one_page(struct ph_ledger *ledger, const struct ph_list_query *query,
		    json_t **out, char next[static PH_LISTING_NEXT])
{
	return query->entries.kind ? ph_entries(ledger, &query->entries, out, next)
				   : ph_listing(ledger, &query->list, out, next);
}

int ph_list_page(struct ph_ledger *ledger, const struct ph_list_query *query,
		 const struct ph_clock *clock, unsigned ms, json_t **out,
		 char next[static PH_LISTING_NEXT])
{
	struct ph_list_query rest = *query;
	const uint64_t begun = now_ms(clock);
	char after[PH_LISTING_NEXT];
	json_t *items = NULL;
	int rc;

	for (;;) {
		rc = one_page(ledger, &rest, &items, next);
		if (rc != 0) {
			return rc;
		}
		if (json_array_size(items) > 0 || next[0] == '\0' ||
		    now_ms(clock) - begun >= ms) {
			*out = items;
			return 0;
		}
		json_decref(items);
		memcpy(after, next, sizeof(after));
		rest.entries.after = rest.list.after = after;
	}
}

int ph_list_all(struct ph_ledger *ledger, const struct ph_list_query *query, json_t **out)
{
	struct ph_list_query rest = *query;
	char after[PH_LISTING_NEXT], next[PH_LISTING_NEXT];
	json_t *all = json_array();
	int rc = all ? 0 : -ENOMEM;

	rest.entries.limit = rest.list.limit = INT32_MAX; /* most pages end earlier */
	do {
		json_t *page = NULL;

		rc = rc != 0 ? rc : one_page(ledger, &rest, &page, next);
		if (rc != 0) {
			break;
		}
		rc = json_array_extend(all, page) != 0 ? -ENOMEM : 0;
		json_decref(page);
		memcpy(after, next, sizeof(after));
		rest.entries.after = rest.list.after = after;
	} while (next[0] != '\0');
	if (rc != 0) {
		json_decref(all);
		return rc;
	}
	*out = all;
	return 0;
}

/*
 * common/ledger/fed_case.c - cases that only the hub can see, as it fed them to a site.
 *
 * What the site finds by itself from its own facts and the fed ones has the same id; then
 * its own row stands, and the fed one is passed over.
 */
#include "common/ledger/fed_case.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/fed.h"
#include "common/ledger/store.h"

static int fill(const struct ph_fed_case *fed, struct ph_case_row *row)
{
	struct ph_view refs = fed->refs;
	size_t cap = 0;
	int rc = 0;

	*row = (struct ph_case_row){ .kind = (unsigned)fed->kind,
				     .anchor_len = fed->anchor.len,
				     .second = (int64_t)fed->second,
				     .status = fed->is_decided ? PH_CASE_DECIDED
							       : PH_CASE_OPEN };
	if (fed->anchor.len > sizeof row->anchor || fed->kind >= PH_CASE_KINDS) {
		return -EUCLEAN;
	}
	memcpy(row->id, fed->id, sizeof row->id);
	memcpy(row->anchor, fed->anchor.data, fed->anchor.len);
	while (rc == 0 && refs.len > 0) {
		rc = ph_state_grow((void **)&row->refs, row->n_refs, &cap,
				   sizeof *row->refs);
		if (rc == 0 && ph_feed_ref_next(&refs, &row->refs[row->n_refs]) != 1) {
			rc = -EUCLEAN;
		}
		row->n_refs += rc == 0;
	}
	ph_case_facts(row->facts, row->refs, row->n_refs);
	if (rc != 0) {
		ph_case_row_deinit(row);
	}
	return rc;
}

struct walk {
	struct ph_ledger *ledger;
	const uint8_t *wanted; /* this one alone; NULL: all */
	struct ph_case_row *row;
	int (*cb)(void *data, const struct ph_case_row *row);
	void *data;
	uint64_t count;
};

static int is_own(struct walk *walk, const uint8_t *id, bool *own)
{
	struct ph_case_row row;
	int rc = ph_case_get(walk->ledger, id, &row);

	*own = rc == 0;
	if (rc == 0) {
		ph_case_row_deinit(&row);
	}
	return rc < 0 ? rc : 0;
}

static int on_case(void *data, const struct ph_fed_case *fed)
{
	struct walk *walk = data;
	struct ph_case_row row;
	bool own = false;
	int rc;

	if (walk->wanted != NULL) {
		return memcmp(fed->id, walk->wanted, sizeof fed->id) != 0 ? 0
		       : (rc = fill(fed, walk->row)) != 0                 ? rc
									  : 1;
	}
	rc = is_own(walk, fed->id, &own);
	if (rc != 0 || own) {
		return rc;
	}
	walk->count++;
	if (walk->cb == NULL) {
		return 0;
	}
	rc = fill(fed, &row);
	if (rc == 0) {
		rc = walk->cb(walk->data, &row);
		ph_case_row_deinit(&row);
	}
	return rc;
}

int ph_fed_case_get(struct ph_ledger *ledger, const uint8_t id[static PH_CASE_ID_SIZE],
		    struct ph_case_row *row)
{
	struct walk walk = { .ledger = ledger, .wanted = id, .row = row };
	int rc = ledger->config.fed == NULL
			 ? 0
			 : ph_fed_cases(ledger->config.fed, false, on_case, &walk);

	return rc < 0 ? rc : rc == 1 ? 0 : PH_LEDGER_E_NONE;
}

int ph_fed_cases_each(struct ph_ledger *ledger, bool all,
		      int (*cb)(void *data, const struct ph_case_row *row), void *data)
{
	struct walk walk = { .ledger = ledger, .cb = cb, .data = data };

	return ledger->config.fed == NULL
		       ? 0
		       : ph_fed_cases(ledger->config.fed, !all, on_case, &walk);
}

uint64_t ph_fed_cases_count(struct ph_ledger *ledger)
{
	struct walk walk = { .ledger = ledger };

	if (ledger->config.fed != NULL) {
		(void)ph_fed_cases(ledger->config.fed, true, on_case, &walk);
	}
	return walk.count;
}

/*
 * common/ledger/cases_site.c - the cases of a site: found by itself, and told by the hub.
 *
 * The hub tells of all that concerns the site, so most cases are known twice, under one
 * id. What is found here is newer, since facts reach the hub later; but what was decided
 * stands in a log of the hub that the site does not have.
 */
#include "common/ledger/cases_site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/fed.h"
#include "common/ledger/scope.h"
#include "common/ledger/store.h"

void ph_site_cases_deinit(struct ph_site_cases *cases)
{
	for (size_t i = 0; i < cases->n; i++) {
		ph_case_row_deinit(&cases->rows[i]);
	}
	free(cases->rows);
	*cases = (struct ph_site_cases){ 0 };
}

/* --- what was fed --- */

static struct ph_entity_key sixteen(enum ph_entity type, struct ph_view id)
{
	struct ph_entity_key key = { .type = (uint8_t)type, .len = (uint8_t)id.len };

	memcpy(key.id, id.data, id.len);
	return key;
}

/* The copy that the entry REF lent or took back, and to which card, as far as that is here. */
static int read_loan(struct ph_ledger *ledger, const struct ph_ref *ref,
		     struct ph_entity_key *copy, struct ph_entity_key *card)
{
	const struct ph_entry *entry = ledger->other;
	struct ph_buf bytes = { 0 };
	struct ph_fed_entry fed;
	struct ph_log log;
	int rc = ph_journal_resolve(ledger->journal, ref, &log, &bytes);

	if (rc == PH_JOURNAL_E_NONE) {
		bytes.len = 0;
		rc = ph_fed_resolve(ledger->config.fed, ref, &fed, &bytes);
	}
	rc = rc != 0 ? rc : ph_entry_decode(ph_buf_view(&bytes), ledger->other);
	if (rc == 0 && entry->number == PH_KIND_LOAN) {
		(void)ph_key_id(PH_ENTITY_COPY, &entry->field[PH_LOAN_COPY].as.id, copy);
		(void)ph_key_id(PH_ENTITY_CARD, &entry->field[PH_LOAN_CARD].as.id, card);
	} else if (rc == 0 && entry->number == PH_KIND_RETURN) {
		(void)ph_key_id(PH_ENTITY_COPY, &entry->field[PH_RETURN_COPY].as.id,
				copy);
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

/* The copy that ROW is about: of its facts at least one's own is here. */
static int find_copy(struct ph_ledger *ledger, struct ph_case_row *row)
{
	struct ph_entity_key card;
	int rc = 0;

	for (size_t i = row->n_refs; rc == 0 && row->subject.type == 0 && i > 0; i--) {
		rc = read_loan(ledger, &row->refs[i - 1], &row->subject, &card);
	}
	return rc;
}

/* What ROW is about, from its anchor; type 0 if that is not known here. */
static int find_subject(struct ph_ledger *ledger, struct ph_case_row *row)
{
	struct ph_view anchor = PH_VIEW(row->anchor, row->anchor_len);

	switch (row->kind) {
	case PH_CASE_TWO_PLACES:
	case PH_CASE_MAYBE_RETURNED:
	case PH_CASE_LENT_IN_CRATE:
	case PH_CASE_BLOCKED_CARD:
		return find_copy(ledger, row);
	case PH_CASE_TWO_TITLES:
		row->subject = sixteen(PH_ENTITY_COPY, anchor);
		return 0;
	case PH_CASE_CRATE_COUNT:
		row->subject = sixteen(PH_ENTITY_CRATE, anchor);
		return 0;
	case PH_CASE_SAME_READER:
	case PH_CASE_SAME_TITLE:
	case PH_CASE_ERASED_MERGED:
		row->subject = sixteen(row->kind == PH_CASE_SAME_TITLE ? PH_ENTITY_TITLE
								       : PH_ENTITY_READER,
				       PH_VIEW(anchor.data, anchor.len / 2));
		return 0;
	case PH_CASE_INVITE_USED_TWICE:
	case PH_CASE_LATE_INVITE:
		row->subject = sixteen(PH_ENTITY_INVITE, anchor);
		return 0;
	case PH_CASE_AFTER_CUT:
		row->subject = sixteen(PH_ENTITY_DEVICE, anchor);
		return 0;
	case PH_CASE_STAMP:
		row->subject =
			sixteen(PH_ENTITY_LOG, PH_VIEW(anchor.data, anchor.len / 2));
		return 0;
	default:
		row->subject = sixteen(PH_ENTITY_LOG, anchor);
		return 0;
	}
}

static int take_sites(struct ph_view sites, struct ph_case_row *row)
{
	size_t cap = 0;
	int rc = 0;

	while (rc == 0 && sites.len > 0) {
		rc = ph_state_grow((void **)&row->sites, row->n_sites, &cap,
				   sizeof *row->sites);
		if (rc == 0 &&
		    ph_feed_site_next(&sites, &row->sites[row->n_sites]) != 0) {
			rc = -EUCLEAN;
		}
		row->n_sites += rc == 0;
	}
	return rc;
}

static int fill(const struct ph_fed_case *fed, struct ph_case_row *row)
{
	struct ph_view refs = fed->refs;
	size_t cap = 0;
	int rc = 0;

	*row = (struct ph_case_row){ .kind = (unsigned)fed->kind,
				     .anchor_len = fed->anchor.len,
				     .second = (int64_t)fed->second,
				     .status = fed->is_decided ? PH_CASE_DECIDED
							       : PH_CASE_OPEN,
				     .is_told = fed->is_decided,
				     .told = (unsigned)fed->decided };
	if (fed->anchor.len == 0 || fed->anchor.len > sizeof row->anchor) {
		return -EUCLEAN;
	}
	memcpy(row->id, fed->id, sizeof row->id);
	memcpy(row->anchor, fed->anchor.data, fed->anchor.len);
	while (rc == 0 && refs.len > 0) {
		rc = ph_state_grow((void **)&row->refs, row->n_refs, &cap,
				   sizeof *row->refs);
		if (rc == 0 && ph_feed_ref_next(&refs, &row->refs[row->n_refs]) != 0) {
			rc = -EUCLEAN;
		}
		row->n_refs += rc == 0;
	}
	rc = rc != 0 ? rc : take_sites(fed->sites, row);
	if (rc != 0) {
		ph_case_row_deinit(row);
		return rc;
	}
	ph_case_facts(row->facts, row->refs, row->n_refs);
	return 0;
}

struct one {
	struct ph_case_row row;
	bool any;
};

static int on_one(void *data, const struct ph_fed_case *fed)
{
	struct one *one = data;
	int rc = fill(fed, &one->row);

	one->any = rc == 0;
	return rc;
}

/* --- the two together --- */

static int is_here(struct ph_ledger *ledger, const struct ph_ref *ref, bool *here_out)
{
	struct ph_buf bytes = { 0 };
	struct ph_fed_entry fed;
	struct ph_log log;
	int rc = ph_journal_resolve(ledger->journal, ref, &log, &bytes);

	if (rc == PH_JOURNAL_E_NONE) {
		rc = ph_fed_resolve(ledger->config.fed, ref, &fed, &bytes);
	}
	*here_out = rc == 0;
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

/* Whether the loan that anchors ROW is to a card that does not concern the site. */
static int is_strange(struct ph_ledger *ledger, const struct ph_case_row *row,
		      bool *strange_out)
{
	struct ph_entity_key copy, card = { 0 };
	struct ph_sites sites = { 0 };
	struct ph_ref loan;
	int rc = 0;

	if (ph_key_get_ref(PH_VIEW(row->anchor, row->anchor_len), &loan)) {
		rc = read_loan(ledger, &loan, &copy, &card);
	}
	if (rc == 0 && card.type != 0) {
		rc = ph_scope_sites(ledger, &card, &sites);
	}
	*strange_out = sites.n == 0;
	ph_sites_deinit(&sites);
	return rc;
}

/*
 * FED, other than ROW, which was found here, rests on what is not known here. That an
 * entry is here says little of a blocked card: one that was written on behalf of the site
 * is under its tally, whosever the card.
 */
static int knows_more(struct ph_ledger *ledger, const struct ph_case_row *fed,
		      const struct ph_case_row *row, bool *more_out)
{
	bool here = true, strange = false;
	int rc = 0;

	if (row->kind == PH_CASE_BLOCKED_CARD) {
		rc = is_strange(ledger, row, &strange);
	}
	for (size_t i = 0; rc == 0 && here && i < fed->n_refs; i++) {
		rc = is_here(ledger, &fed->refs[i], &here);
	}
	*more_out = strange || !here;
	return rc;
}

/*
 * ROW was found here; FED, of the same id, was fed. Where the hub knows more its word
 * stands; whom the same facts concern it knows best.
 */
static int settle(struct ph_ledger *ledger, struct ph_case_row *row,
		  struct ph_case_row *fed)
{
	bool same = memcmp(row->facts, fed->facts, sizeof row->facts) == 0, more = false;
	int rc = same ? 0 : knows_more(ledger, fed, row, &more);

	if (rc == 0 && (same || more)) {
		uint64_t *sites = row->sites;

		row->sites = fed->sites;
		row->n_sites = fed->n_sites;
		fed->sites = sites;
	}
	if (rc == 0 && more) {
		struct ph_ref *refs = row->refs;

		row->refs = fed->refs;
		row->n_refs = fed->n_refs;
		row->second = fed->second;
		row->status = fed->status;
		memcpy(row->facts, fed->facts, sizeof row->facts);
		fed->refs = refs;
		row->is_told = fed->is_told;
		row->told = fed->told;
	} else if (rc == 0 && row->status == PH_CASE_OPEN &&
		   fed->status == PH_CASE_DECIDED) {
		row->status = same ? PH_CASE_DECIDED : PH_CASE_REOPENED;
		row->is_told = true;
		row->told = fed->told;
	}
	ph_case_row_deinit(fed);
	return rc;
}

int ph_site_case_get(struct ph_ledger *ledger, const uint8_t id[static PH_CASE_ID_SIZE],
		     struct ph_case_row *row, bool *fed_out)
{
	struct one fed = { .any = false };
	int rc = ph_case_get(ledger, id, row);
	bool any = rc == 0;

	*fed_out = false;
	if (rc < 0 || ledger->config.fed == NULL) {
		return rc;
	}
	rc = ph_fed_case(ledger->config.fed, id, on_one, &fed);
	if (rc == 0 && !fed.any) {
		return any ? 0 : PH_LEDGER_E_NONE;
	}
	if (rc == 0 && any) {
		rc = settle(ledger, row, &fed.row);
	} else if (rc == 0) {
		*row = fed.row;
		*fed_out = any = true;
		rc = find_subject(ledger, row);
	}
	if (rc != 0 && any) {
		ph_case_row_deinit(row);
	}
	return rc;
}

static struct ph_case_row *add(struct ph_site_cases *cases)
{
	if (ph_state_grow((void **)&cases->rows, cases->n, &cases->cap,
			  sizeof *cases->rows) != 0) {
		return NULL;
	}
	return &cases->rows[cases->n];
}

struct collecting {
	struct ph_ledger *ledger;
	struct ph_site_cases *out;
	size_t own; /* so many were found here */
};

static int on_own(void *data, const struct ph_case_row *row)
{
	struct collecting *to = data;
	struct ph_case_row *copy = add(to->out);
	size_t refs = row->n_refs * sizeof *row->refs,
	       sites = row->n_sites * sizeof *row->sites;

	if (copy == NULL) {
		return -ENOMEM;
	}
	*copy = *row;
	copy->refs = malloc(refs + 1);
	copy->sites = malloc(sites + 1);
	if (copy->refs == NULL || copy->sites == NULL) {
		ph_case_row_deinit(copy);
		return -ENOMEM;
	}
	if (refs > 0) {
		memcpy(copy->refs, row->refs, refs);
	}
	if (sites > 0) {
		memcpy(copy->sites, row->sites, sites);
	}
	to->out->n++;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct ph_case_row *x = a, *y = b;

	return memcmp(x->id, y->id, sizeof x->id);
}

/* Own ones come first, in order of their ids. */
static int on_fed(void *data, const struct ph_fed_case *one)
{
	struct collecting *to = data;
	struct ph_case_row row, *own, *copy;
	int rc = fill(one, &row);

	if (rc != 0) {
		return rc;
	}
	own = to->own == 0 ? NULL
			   : bsearch(&row, to->out->rows, to->own, sizeof row, by_id);
	if (own != NULL) {
		return settle(to->ledger, own, &row);
	}
	copy = add(to->out);
	rc = copy == NULL ? -ENOMEM : find_subject(to->ledger, &row);
	if (rc != 0) {
		ph_case_row_deinit(&row);
		return rc;
	}
	*copy = row;
	to->out->n++;
	return 0;
}

static int by_order(const void *a, const void *b)
{
	const struct ph_case_row *x = a, *y = b;
	bool closed = x->status == PH_CASE_DECIDED;

	if (closed != (y->status == PH_CASE_DECIDED)) {
		return closed ? 1 : -1;
	}
	return x->second != y->second ? (x->second < y->second ? -1 : 1) : by_id(a, b);
}

int ph_site_cases(struct ph_ledger *ledger, uint64_t site, bool all,
		  struct ph_site_cases *out)
{
	struct ph_case_filter filter = { .site = site, .all = true };
	struct collecting to = { .ledger = ledger, .out = out };
	int rc = ph_cases_each(ledger, &filter, on_own, &to);

	to.own = out->n;
	if (rc == 0 && out->n > 0) {
		qsort(out->rows, out->n, sizeof *out->rows, by_id);
	}
	if (rc == 0 && ledger->config.fed != NULL) {
		rc = ph_fed_cases(ledger->config.fed, false, on_fed, &to);
	}
	if (rc == 0 && out->n > 0) {
		qsort(out->rows, out->n, sizeof *out->rows, by_order);
	}
	while (rc == 0 && !all && out->n > 0 &&
	       out->rows[out->n - 1].status == PH_CASE_DECIDED) {
		ph_case_row_deinit(&out->rows[--out->n]);
	}
	return rc;
}

/*
 * client/site_fold.c - a site's ledger, brought up to date a moment at a time.
 *
 * A moment is one transaction. How many entries fit into it differs by hundreds between a new ledger on
 * a fast machine and one whose copies have long histories on a slow one: so it is what took about a
 * moment before. Small batches cost more of the processor for the same entries, since what occurs in
 * several of them is folded several times (docs/BENCHMARKS.md, "What counting what was taken keeps waiting").
 */
#include <errno.h>

#include "client/site_internal.h"
#include "common/cli/out.h"

#define FIRST PH_SITE_FEW
#define LEAST 250   /* entries in a moment; the fewer, the more they cost */
#define MOST  20000 /* as in one go (common/ledger/ledger.c) */

static void learn(struct ph_site *site, uint64_t took)
{
	uint64_t max = site->fold_max;

	if (took > PH_SITE_MOMENT_MS) {
		max /= 2;
	} else if (took < PH_SITE_MOMENT_MS / 2) {
		max *= 2;
	}
	site->fold_max = max < LEAST ? LEAST : max > MOST ? MOST : max;
}

int ph_site_fold(struct ph_site *site, bool whole, uint64_t *left_out,
		 struct ph_error *err)
{
	uint64_t began = ph_site_ms(site);
	int rc = ph_site_ledger_open(site, site->db, err);

	*left_out = 0;
	site->fold_max = site->fold_max > 0 ? site->fold_max : FIRST;
	rc = rc < 0 ? rc
		    : ph_ledger_step(site->ledger, whole ? MOST : site->fold_max,
				     left_out, err);
	if (rc == 0 && *left_out > 0 && !whole) {
		learn(site, ph_site_ms(site) - began);
	}
	if (rc == 0 && *left_out == 0) {
		rc = ph_site_erase(site);
		rc = rc < 0 ? ph_fail_errno(err, rc,
					    ph_say("bringing the ledger up to date",
						   "cập nhật sổ"))
			    : 0;
	}
	return rc;
}

static bool is_few(uint64_t left)
{
	return left > 0 && left <= PH_SITE_FEW;
}

struct ph_ledger *ph_site_ledger_near(struct ph_site *site, uint64_t *left_out,
				      struct ph_error *err)
{
	*left_out = 0;
	if (!site->turn || site->batch || site->memory) {
		return ph_site_ledger(site, err);
	}
	if (ph_site_ledger_open(site, site->db, err) < 0) {
		return NULL;
	}
	/* what was fed and what is in logs are a step each */
	for (unsigned i = 0; i == 0 || (i < 2 && is_few(*left_out)); i++) {
		if (ph_ledger_step(site->ledger, PH_SITE_FEW, left_out, err) < 0) {
			return NULL;
		}
	}
	return *left_out > 0 ? site->ledger : ph_site_ledger(site, err);
}

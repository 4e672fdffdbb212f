/*
 * tests/fuzz/site_whole.h - whether a site is whole: its ledger folded anew is the one that
 * it has, and its journal verifies.
 */
#ifndef PH_FUZZ_SITE_WHOLE_H
#define PH_FUZZ_SITE_WHOLE_H

#include <string.h>

#include "client/site.h"
#include "common/ledger/ledger.h"
#include "common/log/journal.h"
#include "tests/fuzz/choices.h"

static inline void site_is_whole(struct ph_site *site)
{
	struct ph_ledger *ledger = ph_site_ledger(site, NULL);
	struct ph_journal_counts counts;
	struct ph_error err = { 0 };
	uint8_t before[32], after[32];

	must(ledger != NULL && ph_ledger_digest(ledger, before, &err) == 0);
	must(ph_ledger_rebuild(ledger, &err) == 0);
	must(ph_ledger_digest(ledger, after, &err) == 0);
	must(memcmp(before, after, sizeof(before)) == 0);
	must(ph_journal_verify(ph_site_journal(site), &counts, &err) == 0);
}

#endif

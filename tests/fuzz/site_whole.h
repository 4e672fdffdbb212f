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

/* A store as it was found whole. */
struct site_known {
	uint8_t digest[32];
	struct ph_journal_counts counts;
};

static inline void site_look(struct ph_site *site, struct site_known *out)
{
	struct ph_ledger *ledger = ph_site_ledger(site, NULL);
	struct ph_error err = { 0 };

	memset(out, 0, sizeof(*out));
	must(ledger != NULL && ph_ledger_digest(ledger, out->digest, &err) == 0);
	must(ph_journal_verify(ph_site_journal(site), ph_site_sign(site)->key,
			       &out->counts, &err) == 0);
}

static inline void site_is_whole(struct ph_site *site)
{
	struct ph_ledger *ledger = ph_site_ledger(site, NULL);
	struct site_known known;
	struct ph_error err = { 0 };
	uint8_t after[32];

	site_look(site, &known);
	must(ph_ledger_rebuild(ledger, &err) == 0);
	must(ph_ledger_digest(ledger, after, &err) == 0);
	must(memcmp(known.digest, after, sizeof(after)) == 0);
}

/*
 * The same, but a store that is as one that was found whole before, in its ledger and in how
 * much of everything its journal has, is not folded anew: to make the tables of a ledger costs
 * more than all else that is done with a site of some hundred entries. KNOWN is what was found last.
 */
static inline void site_is_whole_again(struct ph_site *site, struct site_known *known)
{
	struct site_known now;

	site_look(site, &now);
	if (memcmp(&now, known, sizeof(now)) != 0) {
		site_is_whole(site);
		*known = now;
	}
}

#endif

/*
 * client/allowed.c - what the province's settings let this site write, and what makes sense.
 *
 * Refused before it is written. What an older program wrote all the same stays, as any
 * entry.
 */
#include "client/allowed.h"

#include <errno.h>

#include "client/register.h"
#include "common/cli/out.h"
#include "common/ledger/rule.h"
#include "common/ledger/worker.h"

static int check_money(struct ph_site *site, struct ph_error *err)
{
	struct ph_ledger *ledger = ph_site_ledger(site, err);
	bool charges = true;
	int rc = ledger ? ph_rule_holds(ledger, PH_RULE_MONEY, &charges) : -EIO;

	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("looking up a rule", "tìm quy định"));
	}
	return charges ? 0
		       : ph_fail(err, PH_EXIT_USAGE, -EINVAL, "%s",
				 ph_say("readers are not charged, so the provincial "
					"library has set it (rule \"money\"): nothing "
					"was "
					"written",
					"không thu tiền của bạn đọc, theo quy định của "
					"thư "
					"viện tỉnh (\"money\"): chưa ghi gì cả"));
}

int ph_allowed(struct ph_site *site, uint64_t kind, uint64_t behalf, struct ph_error *err)
{
	int rc = ph_register_check(site, kind, behalf, err);

	return rc == 0 && kind == PH_KIND_CHARGE ? check_money(site, err) : rc;
}

int ph_allowed_entry(struct ph_site *site, const struct ph_entry *entry,
		     struct ph_error *err)
{
	struct ph_ledger *ledger;
	bool before = false;
	int rc = 0;

	if (entry->number != PH_KIND_WORKER_PUT) {
		return 0;
	}
	ledger = ph_site_ledger(site, err);
	rc = ledger ? ph_worker_ends_before(ledger, entry, &before) : -EIO;
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("looking up the worker", "tìm người làm"));
	}
	return before ? ph_fail(err, PH_EXIT_USAGE, -EINVAL, "%s",
				ph_say("to: the last day is before the first (from)",
				       "to: ngày cuối ở trước ngày đầu (from)"))
		      : 0;
}

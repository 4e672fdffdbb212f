/* client/own_figures.c - what this site counted in a period. */
#include "client/own_figures.h"

#include <errno.h>

#include "common/base/clock.h"
#include "common/cli/out.h"

int ph_own_period(const char *period, int64_t today, struct ph_own_figures *figures,
		  struct ph_error *err)
{
	struct ph_period parsed;
	char begins[PH_TIME_TEXT];

	if (ph_period_parse(period, &parsed) != 0) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("--period: \"%.40s\" is none; there are years, "
			       "quarters and months from 2000 on: 2026, 2026-Q3, "
			       "2026-09",
			       "--period: \"%.40s\" không phải một kỳ; có năm, quý "
			       "và tháng từ năm 2000: 2026, 2026-Q3, 2026-09"),
			period);
	}
	if (parsed.from > today) {
		ph_day_text(begins, parsed.from);
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("--period: %.40s has not begun; its first day is "
				      "%s",
				      "--period: %.40s chưa bắt đầu; ngày đầu là %s"),
			       period, begins);
	}
	figures->from = parsed.from;
	figures->to = parsed.to;
	ph_period_name(figures->period, &parsed);
	return 0;
}

int ph_own_figures_sum(struct ph_ledger *ledger, uint64_t site,
		       struct ph_own_figures *figures, struct ph_error *err)
{
	struct ph_figures all = { 0 };
	uint8_t digest[PH_SEEN_DIGEST];
	int rc = ph_figures_sum(ledger, figures->from, figures->to, &all);

	if (rc == 0) {
		figures->site = site;
		figures->tally = *ph_seen_of(&all, site);
		rc = ph_seen_digest(site, figures->from, figures->to, &figures->tally,
				    digest);
	}
	if (rc == 0) {
		ph_hex(figures->seen, digest, sizeof(digest));
	}
	ph_figures_deinit(&all);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("summing up", "cộng số liệu")) : 0;
}

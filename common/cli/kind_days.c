/* common/cli/kind_days.c - of which days entries are listed: a period, or from one day to another. */
#include "common/cli/kind_rows.h"

#include <errno.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/cli/out.h"
#include "common/ledger/indicator.h"

static int read_day(const char *option, const char *text, int64_t *day,
		    struct ph_error *err)
{
	if (!text || (ph_day_parse(text, strlen(text), day) == 0 && *day >= 0 &&
		      *day <= PH_DAY_MAX)) {
		return 0;
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("%s: \"%.40s\" is not a day from 1970 to 2999, as "
			      "2026-09-22",
			      "%s: \"%.40s\" không phải một ngày từ 1970 đến 2999, như "
			      "2026-09-22"),
		       option, text);
}

int ph_kind_days(const char *period, const char *from, const char *to,
		 struct ph_entries_query *query, struct ph_error *err)
{
	struct ph_period parsed;
	int64_t first = INT64_MIN, last = INT64_MAX;
	int rc = read_day("from", from, &first, err);

	rc = rc != 0 ? rc : read_day("to", to, &last, err);
	if (rc != 0) {
		return rc;
	}
	if (period && (from || to)) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL, "%s",
			       ph_say("period, or from and to: not both",
				      "period, hoặc from và to: không phải cả hai"));
	}
	if (period && ph_period_parse(period, &parsed) != 0) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("period: \"%.40s\" is none; there are years, quarters and "
			       "months from 2000 on: 2026, 2026-Q3, 2026-09",
			       "period: \"%.40s\" không phải một kỳ; có năm, quý và "
			       "tháng "
			       "từ năm 2000: 2026, 2026-Q3, 2026-09"),
			period);
	}
	if (first > last) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL, "%s",
			       ph_say("from is behind to: no day lies between",
				      "from sau to: không có ngày nào ở giữa"));
	}
	query->from = period ? parsed.from : first;
	query->to = period ? parsed.to : last;
	return 0;
}

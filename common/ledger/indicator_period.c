/*
 * common/ledger/indicator_period.c - years, quarters and months.
 */
#include "common/ledger/indicator.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"

#define YEAR_FIRST 2000
#define YEAR_LAST  2999

/* The first day of a month, counted from the year 0. */
static int64_t day_of_month(int64_t month)
{
	char text[PH_TIME_TEXT];
	int64_t day = PH_DAY_MAX + 1; /* of the year 3000 */

	snprintf(text, sizeof text, "%04d-%02d-01", (int)(month / 12),
		 (int)(month % 12 + 1));
	(void)ph_day_parse(text, strlen(text), &day);
	return day;
}

static void set_days(struct ph_period *period)
{
	int64_t first = period->index * period->months;

	period->from = day_of_month(first);
	period->to = day_of_month(first + period->months) - 1;
}

/* So many digits, and their number. */
static bool read_digits(const char **text, size_t n, int64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++, (*text)++) {
		if (**text < '0' || **text > '9') {
			return false;
		}
		*out = *out * 10 + (**text - '0');
	}
	return true;
}

int ph_period_parse(const char *text, struct ph_period *period_out)
{
	struct ph_period period = { .months = 12 };
	int64_t year, part = 1;

	if (!read_digits(&text, 4, &year) || year < YEAR_FIRST || year > YEAR_LAST) {
		return -EINVAL;
	}
	if (text[0] == '-' && (text[1] == 'Q' || text[1] == 'q')) {
		period.months = 3;
		text += 2;
	} else if (text[0] == '-') {
		period.months = 1;
		text++;
	}
	if (period.months < 12 &&
	    !read_digits(&text, period.months == 1 ? 2 : 1, &part)) {
		return -EINVAL;
	}
	if (*text != '\0' || part < 1 || part > 12 / period.months) {
		return -EINVAL;
	}
	period.index = year * 12 / period.months + part - 1;
	set_days(&period);
	*period_out = period;
	return 0;
}

bool ph_period_before(const struct ph_period *period, int64_t back,
		      struct ph_period *before_out)
{
	struct ph_period before = *period;

	before.index -= back;
	if (before.index * before.months < YEAR_FIRST * 12) {
		return false;
	}
	set_days(&before);
	*before_out = before;
	return true;
}

void ph_period_name(char out[static PH_PERIOD_TEXT], const struct ph_period *period)
{
	int64_t first = period->index * period->months;
	int year = (int)(first / 12), month = (int)(first % 12);

	if (period->months == 12) {
		snprintf(out, PH_PERIOD_TEXT, "%04d", year);
	} else if (period->months == 3) {
		snprintf(out, PH_PERIOD_TEXT, "%04d-Q%d", year, month / 3 + 1);
	} else {
		snprintf(out, PH_PERIOD_TEXT, "%04d-%02d", year, month + 1);
	}
}

/*
 * daemon/hub_policy.c - whether a rule of the province may have a value.
 *
 * Rules that no program heeds may have any, but for names that are a slip of the pen.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/rule.h"
#include "common/ledger/schedule.h"

#define SHOWN_MAX 80 /* bytes of a wrong value in an error */
#define NAME_MAX_LEN                                                                     \
	32 /* of a rule that programs heed, and of what may be meant for one */
#define SLIP                                                                             \
	2 /* letters in which a name may differ from such a one, and still be meant for it */

static bool is_days(const struct ph_rule *rule, struct ph_view value)
{
	char text[8] = "";
	unsigned long days;

	if (value.len >= sizeof(text)) {
		return false;
	}
	memcpy(text, value.data, value.len);
	days = strspn(text, "0123456789") == value.len ? strtoul(text, NULL, 10) : 0;
	return days >= 1 && days <= rule->days_max;
}

/* Whether VALUE will do; else WANTS_OUT is what would. */
static bool is_good(const struct ph_rule *rule, struct ph_view value, char *wants_out,
		    size_t size)
{
	struct ph_schedule schedule;
	int64_t day;

	if (rule->is_date) {
		snprintf(wants_out, size,
			 ph_say("not a date (2026-01-31)",
				"không phải là ngày (2026-01-31)"));
		return ph_day_parse((const char *)value.data, value.len, &day) == 0;
	}
	if (rule->is_schedule) {
		snprintf(wants_out, size,
			 ph_say("not a timetable (daily; mon thu; market 5d from "
				"2026-01-03; van:thu)",
				"không phải là lịch (daily; mon thu; market 5d from "
				"2026-01-03; van:thu)"));
		return ph_schedule_parse(value, &schedule) == 0;
	}
	if (rule->days_max == 0) {
		snprintf(wants_out, size,
			 ph_say("neither yes nor no", "không phải là yes hay no"));
		return ph_view_equal(value, PH_RULE_YES) ||
		       ph_view_equal(value, PH_RULE_NO);
	}
	snprintf(wants_out, size,
		 ph_say("not a number%s from 1 to %" PRIu64,
			"không phải là số%s từ 1 đến %" PRIu64),
		 rule->is_count ? "" : ph_say(" of days", " ngày"), rule->days_max);
	return is_days(rule, value);
}

/* How many letters of A must be changed, left out or put in to make B of it; SIZE_MAX: of too long ones. */
static size_t distance(struct ph_view a, struct ph_view b)
{
	size_t row[NAME_MAX_LEN + 1];

	if (a.len > NAME_MAX_LEN || b.len > NAME_MAX_LEN) {
		return SIZE_MAX;
	}
	for (size_t j = 0; j <= b.len; j++) {
		row[j] = j;
	}
	for (size_t i = 0; i < a.len; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < b.len; j++) {
			size_t above = row[j + 1];
			size_t best = corner + (a.data[i] != b.data[j]);

			best = above + 1 < best ? above + 1 : best;
			row[j + 1] = row[j] + 1 < best ? row[j] + 1 : best;
			corner = above;
		}
	}
	return row[b.len];
}

/* A rule that nobody heeds is kept, for programs to come; one that is a slip of the pen is none. */
static int check_unknown(struct ph_view name, struct ph_error *err)
{
	for (size_t i = 0; i < PH_RULES; i++) {
		if (distance(name, ph_view_str(ph_rules[i].name)) <= SLIP) {
			return ph_fail(
				err, PH_EXIT_USAGE, -EINVAL,
				ph_say("name: there is no rule \"%.*s\"; is it %s?",
				       "name: không có quy định “%.*s”; có phải là "
				       "%s không?"),
				(int)name.len, (const char *)name.data, ph_rules[i].name);
		}
	}
	return 0;
}

int ph_hub_page_refold(const json_t *request, struct ph_error *err)
{
	return !json_object_get(request, "page")
		       ? 0
		       : ph_fail(err, PH_EXIT_OTHER, -EPERM,
				 ph_say("%s makes the whole ledger anew, and devices "
					"would wait for that; give the command on the "
					"hub: packhorsed policy set %s DAY",
					"%s làm lại toàn bộ sổ, và các máy sẽ phải chờ; "
					"hãy ra lệnh trên máy chủ: packhorsed policy set "
					"%s NGÀY"),
				 ph_rules[PH_RULE_CUT_LOANS].name,
				 ph_rules[PH_RULE_CUT_LOANS].name);
}

int ph_hub_policy_check(struct ph_view name, struct ph_view value, struct ph_error *err)
{
	const struct ph_rule *rule = ph_rule_find(name);
	char wants[160];

	if (!rule) {
		return check_unknown(name, err);
	}
	if (is_good(rule, value, wants, sizeof(wants))) {
		return 0;
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("%s: \"%.*s\" is %s", "%s: “%.*s” %s"), rule->name,
		       value.len < SHOWN_MAX ? (int)value.len : SHOWN_MAX,
		       (const char *)value.data, wants);
}

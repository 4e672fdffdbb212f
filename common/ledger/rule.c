/*
 * common/ledger/rule.c - the table of the rules that programs heed.
 */
#include "common/ledger/rule.h"

#include "common/ledger/query.h"

const struct ph_rule ph_rules[PH_RULES] = {
	[PH_RULE_LOAN_DAYS] = { .name = "loan-term-days",
				.days_fallback = 14,
				.days_max = 3650 },
	[PH_RULE_HOLD_DAYS] = { .name = "hold-days",
				.days_fallback = 30,
				.days_max = 3650 },
	[PH_RULE_MONEY] = { .name = "money" },
	[PH_RULE_CUT_LOANS] = { .name = "cut-loans-before", .is_date = true },
	[PH_RULE_SCHEDULE] = { .name = "schedule.default", .is_schedule = true },
	[PH_RULE_XA_ONLY] = { .name = "report-xa-only", .is_dated = true },
	[PH_RULE_M2_LEAST] = { .name = "report-m2-least",
			       .days_fallback = 1,
			       .days_max = 4,
			       .is_count = true,
			       .is_dated = true },
};

const struct ph_rule *ph_rule_find(struct ph_view name)
{
	for (size_t i = 0; i < PH_RULES; i++) {
		if (ph_view_equal(name, ph_view_str(ph_rules[i].name))) {
			return &ph_rules[i];
		}
	}
	return NULL;
}

uint64_t ph_rule_number(enum ph_rule_index rule, struct ph_view text)
{
	uint64_t number = ph_rules[rule].days_fallback;

	(void)ph_query_number(text, &number);
	return number <= ph_rules[rule].days_max ? number : ph_rules[rule].days_max;
}

uint64_t ph_rule_days(struct ph_ledger *ledger, enum ph_rule_index rule)
{
	uint64_t days = ph_query_policy_number(ledger, ph_rules[rule].name,
					       ph_rules[rule].days_fallback);

	return days <= ph_rules[rule].days_max ? days : ph_rules[rule].days_max;
}

int ph_rule_holds(struct ph_ledger *ledger, enum ph_rule_index rule, bool *yes_out)
{
	struct ph_buf text = { 0 };
	int rc = ph_query_policy_text(ledger, ph_rules[rule].name, &text);

	*yes_out = !ph_view_equal(ph_buf_view(&text), PH_RULE_NO);
	ph_buf_deinit(&text);
	return rc;
}

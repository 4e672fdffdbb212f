/*
 * common/ledger/rule.c - the table of the rules that programs heed.
 */
#include "common/ledger/rule.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/ledger/facts.h"
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

/* --- put of a day --- */

struct put {
	const struct ph_fact *fact; /* NULL: none */
	uint64_t stamp;
	struct ph_view value;
};

/* Whether FACT, stamped STAMP, was written after LAST. */
static bool is_later(const struct ph_fact *fact, uint64_t stamp, const struct put *last)
{
	return last->fact == NULL || stamp > last->stamp ||
	       (stamp == last->stamp && ph_ref_compare(&fact->ref, &last->fact->ref) > 0);
}

/* Of what stands in FACTS that which was written last, and that of what holds by DAY. */
static int find_puts(const struct ph_facts *facts, int64_t day, struct put *last,
		     struct put *now)
{
	struct ph_entry *entry = malloc(sizeof(*entry));
	int rc = entry ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < facts->n; i++) {
		const struct ph_fact *fact = &facts->items[i];
		struct put put = { .fact = fact };

		rc = ph_fact_entry(fact, entry);
		if (rc != 0 || !entry->field[PH_POLICY_VALUE].set) {
			continue;
		}
		put.stamp = entry->stamp;
		put.value = entry->field[PH_POLICY_VALUE].as.bytes;
		if (is_later(fact, put.stamp, last)) {
			*last = put;
		}
		if (ph_day_of(fact->second) <= day && is_later(fact, put.stamp, now)) {
			*now = put;
		}
	}
	free(entry);
	return rc;
}

int ph_rule_waits(struct ph_ledger *ledger, enum ph_rule_index rule, int64_t day,
		  bool *waits_out, int64_t *from_out, bool *has_now_out,
		  struct ph_buf *now_out)
{
	struct put last = { 0 }, now = { 0 };
	struct ph_facts facts = { 0 };
	struct ph_entity_key key;
	int rc = ph_key_bytes(PH_ENTITY_POLICY, ph_view_str(ph_rules[rule].name), &key)
			 ? ph_facts_load_filed(ledger, &key, &facts)
			 : -EUCLEAN;

	rc = rc != 0 ? rc : find_puts(&facts, day, &last, &now);
	if (rc == 0 && now.fact) {
		rc = ph_buf_put_view(now_out, now.value);
	}
	if (rc == 0) {
		*waits_out = last.fact && ph_day_of(last.fact->second) > day;
		*from_out = last.fact ? ph_day_of(last.fact->second) : 0;
		*has_now_out = now.fact != NULL;
	}
	ph_facts_deinit(&facts);
	return rc;
}

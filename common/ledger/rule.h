/*
 * common/ledger/rule.h - the rules of the province that programs heed.
 *
 * Each is a policy whose value is a number of days, yes or no, a date, or a timetable. A policy of another name
 * is kept, and nobody looks at it.
 */
#ifndef PH_LEDGER_RULE_H
#define PH_LEDGER_RULE_H

#include <stdbool.h>

#include "common/base/bytes.h"

struct ph_ledger;

enum ph_rule_index {
	PH_RULE_LOAN_DAYS,
	PH_RULE_HOLD_DAYS,
	PH_RULE_MONEY,     /* whether readers are charged; yes where it is not set */
	PH_RULE_CUT_LOANS, /* a day: loans that ended before it are shown no more */
	PH_RULE_SCHEDULE, /* the timetable of sites that have none of their own (schedule.h) */
	PH_RULE_XA_ONLY, /* whether reports have xã alone as units; no where it is not set */
	PH_RULE_M2_LEAST, /* so many of four services make a library effective */
	PH_RULES
};

struct ph_rule {
	const char *name;       /* of the policy */
	uint64_t days_fallback; /* where it is not set */
	uint64_t days_max;      /* from 1; 0: not days, but yes or no, or */
	bool is_date;           /* a date, or ... */
	bool is_schedule;       /* ... a timetable */
	bool is_count;          /* a number, but of no days */
	bool is_dated; /* each period is reckoned by what it was at its end: it may be put of a day */
};
extern const struct ph_rule ph_rules[PH_RULES];

#define PH_RULE_YES ph_view_str("yes")
#define PH_RULE_NO  ph_view_str("no")

/* The rule of this name, or NULL: no program heeds it. */
const struct ph_rule *ph_rule_find(struct ph_view name);
/* What TEXT says, a value of it that is a number; never over days_max; days_fallback if it is none. */
uint64_t ph_rule_number(enum ph_rule_index rule, struct ph_view text);
/* What LEDGER says of it, in days; never over days_max. */
uint64_t ph_rule_days(struct ph_ledger *ledger, enum ph_rule_index rule);
/* What LEDGER says of one of yes or no: *YES_OUT, true where it is not set. 0 or negative errno. */
int ph_rule_holds(struct ph_ledger *ledger, enum ph_rule_index rule, bool *yes_out);
/*
 * Of a rule that is put of a day: whether what was put last holds only from a day behind DAY
 * on, *FROM_OUT, and what holds on DAY, appended to NOW; *HAS_NOW_OUT false: as where it is
 * not set. As reports reckon (docs/REPORTS.md, "Rules and their versions"). 0 or negative errno.
 */
int ph_rule_waits(struct ph_ledger *ledger, enum ph_rule_index rule, int64_t day,
		  bool *waits_out, int64_t *from_out, bool *has_now_out,
		  struct ph_buf *now);

#endif

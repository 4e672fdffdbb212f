/*
 * common/ledger/indicator_rule.c - by which rule a row is reckoned, and which version of it
 * that is: what policies and targets said by the last day of the period.
 *
 * Each day on which something was put is looked at in turn. Where the rule in force is
 * another than the day before there is a next version (docs/REPORTS.md, "Rules and their
 * versions").
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/facts.h"
#include "common/ledger/indicator_internal.h"
#include "common/ledger/rule.h"
#include "common/ledger/show.h"

/* What the rule of a row is made up of, on some day. */
struct rule {
	bool xa_only;
	uint64_t least;
	uint64_t told; /* version that a target names; 0: none does */
	char text[PH_RULE_TEXT];
};

/* A policy or target, what was put of it, and what that comes to on some day. */
struct source {
	struct ph_entity_key key;
	enum ph_rule_index policy; /* PH_RULES: it is a target */
	bool makes_rule;           /* the row's rule is another if it is */
	struct ph_facts facts;
	struct ph_view value; /* of a policy, or the words of a target; empty: none */
	uint64_t version;     /* that a target names; 0: none */
};
struct put {
	size_t source;
	int64_t day;    /* since when it holds */
	uint64_t stamp; /* when it was written */
	struct ph_ref ref;
	struct ph_view value;
	uint64_t version;
};
struct history {
	const struct ph_indicator *row;
	struct source *sources;
	size_t n, cap;
	struct put *puts; /* in the order in which they were written */
	size_t n_puts;
	int64_t *days; /* of those that make the rule, in order */
	size_t n_days;
};

static void history_deinit(struct history *history)
{
	for (size_t i = 0; i < history->n; i++) {
		ph_facts_deinit(&history->sources[i].facts);
	}
	free(history->sources);
	free(history->puts);
	free(history->days);
}

static int add_source(struct history *history, const struct ph_entity_key *key,
		      enum ph_rule_index policy, bool makes_rule)
{
	int rc = ph_state_grow((void **)&history->sources, history->n, &history->cap,
			       sizeof *history->sources);

	if (rc == 0) {
		history->sources[history->n++] = (struct source){
			.key = *key, .policy = policy, .makes_rule = makes_rule
		};
	}
	return rc;
}

static int add_policy(struct history *history, enum ph_rule_index policy, bool makes_rule)
{
	struct ph_entity_key key;

	return ph_key_bytes(PH_ENTITY_POLICY, ph_view_str(ph_rules[policy].name), &key)
		       ? add_source(history, &key, policy, makes_rule)
		       : -EUCLEAN;
}

static int on_target(void *data, struct ph_view id, struct ph_view state)
{
	struct history *history = data;
	struct ph_entity_key key;
	struct ph_view code = PH_VIEW(id.data + 8, id.len > 8 ? id.len - 8 : 0);

	(void)state;
	return id.len > 8 && ph_view_equal(code, ph_view_str(history->row->code)) &&
			       ph_key_bytes(PH_ENTITY_TARGET, id, &key)
		       ? add_source(history, &key, PH_RULES, true)
		       : 0;
}

/* --- what was put --- */

static int compare_puts(const void *a, const void *b)
{
	const struct put *x = a, *y = b;

	if (x->stamp != y->stamp) {
		return x->stamp < y->stamp ? -1 : 1;
	}
	return ph_ref_compare(&x->ref, &y->ref);
}

static int compare_days(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void take_put(struct history *history, size_t source, const struct ph_fact *fact,
		     const struct ph_entry *entry)
{
	bool is_target = history->sources[source].policy == PH_RULES;
	const struct ph_value *value =
		&entry->field[is_target ? PH_TARGET_RULE : PH_POLICY_VALUE];
	struct put *put = &history->puts[history->n_puts++];

	*put = (struct put){ .source = source,
			     .day = ph_day_of(fact->second),
			     .stamp = entry->stamp,
			     .ref = fact->ref };
	if (value->set) {
		put->value = value->as.bytes;
	}
	if (is_target && entry->field[PH_TARGET_VERSION].set) {
		put->version = entry->field[PH_TARGET_VERSION].as.uint;
	}
	if (history->sources[source].makes_rule) {
		history->days[history->n_days++] = put->day;
	}
}

static int collect_puts(struct history *history)
{
	struct ph_entry *entry = malloc(sizeof *entry);
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < history->n; i++) {
		n += history->sources[i].facts.n;
	}
	history->puts = calloc(n + 1, sizeof *history->puts);
	history->days = calloc(n + 1, sizeof *history->days);
	rc = entry == NULL || history->puts == NULL || history->days == NULL ? -ENOMEM
									     : 0;
	for (size_t i = 0; rc == 0 && i < history->n; i++) {
		const struct ph_facts *facts = &history->sources[i].facts;

		for (size_t k = 0; rc == 0 && k < facts->n; k++) {
			rc = ph_fact_entry(&facts->items[k], entry);
			if (rc == 0) {
				take_put(history, i, &facts->items[k], entry);
			}
		}
	}
	free(entry);
	if (rc == 0 && history->n_puts > 1) {
		qsort(history->puts, history->n_puts, sizeof *history->puts,
		      compare_puts);
	}
	if (rc == 0 && history->n_days > 1) {
		qsort(history->days, history->n_days, sizeof *history->days,
		      compare_days);
	}
	return rc;
}

static int load_history(struct ph_ledger *ledger, struct history *history)
{
	enum ph_row_source row = history->row->source;
	/* who counts as a unit makes the rule of the rows that have a share */
	int rc = add_policy(history, PH_RULE_XA_ONLY, history->row->targets[0] != 0);

	rc = rc != 0 ? rc
		     : add_policy(history, PH_RULE_M2_LEAST, row == PH_FROM_SERVICES);
	rc = rc != 0 ? rc : ph_ledger_each(ledger, PH_ENTITY_TARGET, on_target, history);
	for (size_t i = 0; rc == 0 && i < history->n; i++) {
		rc = ph_facts_load_filed(ledger, &history->sources[i].key,
					 &history->sources[i].facts);
	}
	return rc != 0 ? rc : collect_puts(history);
}

/* --- the rule on a day --- */

/* What each source comes to: of what holds by DAY that which was written last. */
static void look_on(struct history *history, int64_t day)
{
	for (size_t i = 0; i < history->n; i++) {
		history->sources[i].value = (struct ph_view){ 0 };
		history->sources[i].version = 0;
	}
	for (size_t i = 0; i < history->n_puts; i++) {
		const struct put *put = &history->puts[i];
		struct source *source = &history->sources[put->source];

		if (put->day <= day) {
			source->value = put->value.len > 0 ? put->value : source->value;
			source->version =
				put->version > 0 ? put->version : source->version;
		}
	}
}

/* Of several targets the one that names the highest version; of equals that of the first year. */
static void take_target(struct rule *rule, const struct source *source)
{
	size_t len = source->value.len < sizeof rule->text ? source->value.len
							   : sizeof rule->text - 1;

	if (source->version > rule->told ||
	    (source->version == rule->told && rule->text[0] == '\0')) {
		rule->told = source->version;
		if (len > 0) {
			memcpy(rule->text, source->value.data, len);
		}
		rule->text[len] = '\0';
	}
}

static struct rule rule_on(struct history *history, int64_t day)
{
	struct rule rule = { 0 };

	look_on(history, day);
	for (size_t i = 0; i < history->n; i++) {
		const struct source *source = &history->sources[i];

		if (source->policy == PH_RULE_XA_ONLY) {
			rule.xa_only = ph_view_equal(source->value, PH_RULE_YES);
		} else if (source->policy == PH_RULE_M2_LEAST) {
			rule.least = ph_rule_number(source->policy, source->value);
		} else {
			take_target(&rule, source);
		}
	}
	return rule;
}

/* --- its versions --- */

static bool differs(const struct history *history, const struct rule *a,
		    const struct rule *b)
{
	return (history->sources[0].makes_rule && a->xa_only != b->xa_only) ||
	       (history->sources[1].makes_rule && a->least != b->least) ||
	       a->told != b->told || strcmp(a->text, b->text) != 0;
}

/* That which was written last of those of DAY that make the rule. */
static struct ph_ref put_of(const struct history *history, int64_t day)
{
	struct ph_ref ref = { 0 };

	for (size_t i = 0; i < history->n_puts; i++) {
		const struct put *put = &history->puts[i];

		if (put->day == day && history->sources[put->source].makes_rule) {
			ref = put->ref;
		}
	}
	return ref;
}

/* The next version: the one that a target names anew, or one more. */
static void follow(struct history *history, int64_t last, struct ph_reckon_rule *out)
{
	struct rule before = rule_on(history, INT64_MIN);

	for (size_t i = 0; i < history->n_days && history->days[i] <= last; i++) {
		int64_t day = history->days[i];
		struct rule now = rule_on(history, day);
		bool named = now.told != 0 && now.told != before.told;

		if (differs(history, &before, &now)) {
			out->version = named ? now.told : out->version + 1;
			out->has_since = true;
			out->since = day;
			out->put = put_of(history, day);
		}
		before = now;
	}
}

int ph_reckon_rule(struct ph_reckoning *reckoning)
{
	struct history history = { .row = reckoning->query->row };
	int64_t last = reckoning->query->period.to;
	struct rule rule;
	int rc = load_history(reckoning->ledger, &history);

	reckoning->rule = (struct ph_reckon_rule){ .version = 1 };
	if (rc == 0) {
		follow(&history, last, &reckoning->rule);
		rule = rule_on(&history, last);
		/* it is of these rows: what only counts has every commune behind it */
		reckoning->xa_only = rule.xa_only && reckoning->query->row->targets[0];
		reckoning->least = rule.least;
		memcpy(reckoning->rule.text, rule.text, sizeof rule.text);
	}
	history_deinit(&history);
	return rc;
}

/* --- in the sheet --- */

/* TEXT with NUMBER in place of "%d". */
static void fill(char *out, size_t size, const char *text, uint64_t number)
{
	const char *at = strstr(text, "%d");

	if (at == NULL) {
		snprintf(out, size, "%s", text);
	} else {
		snprintf(out, size, "%.*s%llu%s", (int)(at - text), text,
			 (unsigned long long)number, at + 2);
	}
}

static void show_version(const struct ph_reckon_rule *rule, struct ph_show *shown)
{
	ph_show_number(shown, "version", rule->version);
	if (rule->has_since) {
		ph_show_day(shown, "since", rule->since);
		ph_show_ref(shown, "put", &rule->put);
	}
	if (rule->text[0] != '\0') {
		ph_show_set(shown, "told", json_string(rule->text));
	}
}

/* Name and words of a rule; "%d": how many services are enough. */
struct words {
	enum ph_row_source source;
	bool xa_only;
	const char *name, *en, *vi;
};

static const struct words *words_of(const struct ph_reckoning *reckoning)
{
	static const struct words rules[] = {
		{ PH_FROM_MODEL, false, "units", "communes recognised, of all communes",
		  "số xã, phường được công nhận trên tổng số xã, phường" },
		{ PH_FROM_MODEL, true, "xa",
		  "communes recognised, of all communes of type xã; phường left out",
		  "số xã được công nhận trên tổng số xã; không tính phường" },
		{ PH_FROM_SERVICES, false, "%d-of-4",
		  "communes with at least %d of rotation, mobile service, network and "
		  "reading promotion",
		  "xã, phường có ít nhất %d trong bốn: luân chuyển, lưu động, mạng, "
		  "khuyến đọc" },
		{ PH_FROM_SERVICES, true, "%d-of-4-xa",
		  "communes of type xã with at least %d of rotation, mobile service, "
		  "network and reading promotion; phường left out",
		  "xã có ít nhất %d trong bốn: luân chuyển, lưu động, mạng, khuyến đọc; "
		  "không tính phường" },
		{ PH_FROM_WORKERS, false, "ever-trained",
		  "workers trained by now, of those who work at the end",
		  "người đã được tập huấn trên số người đang làm cuối kỳ" },
		{ PH_FROM_WORKERS, true, "ever-trained-xa",
		  "workers trained by now, of those who work at the end; in communes of "
		  "type xã, phường left out",
		  "người đã được tập huấn trên số người đang làm cuối kỳ; ở các xã, "
		  "không tính phường" },
		{ PH_FROM_TURNS, false, "year-before",
		  "growth on the same period of the year before",
		  "tăng so với cùng kỳ năm trước" },
		{ PH_FROM_TURNS, true, "year-before-xa",
		  "growth on the same period of the year before; of communes of type xã, "
		  "phường left out",
		  "tăng so với cùng kỳ năm trước; ở các xã, không tính phường" },
	};
	static const struct words count = { .name = "count",
					    .en = "as counted",
					    .vi = "theo số ghi nhận" };

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		if (rules[i].source == reckoning->query->row->source &&
		    rules[i].xa_only == reckoning->xa_only) {
			return &rules[i];
		}
	}
	return &count;
}

void ph_reckon_show_rule(const struct ph_reckoning *reckoning, struct ph_show *sheet)
{
	const struct words *words = words_of(reckoning);
	struct ph_show shown = ph_show_begin();
	char texts[3][240];

	fill(texts[0], sizeof texts[0], words->name, reckoning->least);
	fill(texts[1], sizeof texts[1], words->en, reckoning->least);
	fill(texts[2], sizeof texts[2], words->vi, reckoning->least);
	ph_show_set(&shown, "name", json_string(texts[0]));
	show_version(&reckoning->rule, &shown);
	ph_show_set(&shown, "en", json_string(texts[1]));
	ph_show_set(&shown, "vi", json_string(texts[2]));
	ph_show_set(sheet, "rule", ph_show_end(&shown));
}

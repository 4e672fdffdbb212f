/*
 * common/ledger/cases_log.c - cases of a log: restored, cloned, forked, a stamp out of
 * bounds, entries that cannot be read, an `open` that does not fit; and what stands
 * behind a cut of its device.
 *
 * They need what no state has: how far a log goes, its branches, which entries were cut.
 * So a log is looked at whenever it has grown or what governs it has changed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/cases_find.h"
#include "common/ledger/device.h"
#include "common/ledger/fed.h"
#include "common/log/chain.h"

/* The branches of a log, and what was said of it. */
struct story {
	struct ph_ledger *ledger;
	const struct ph_entity_key *key;
	struct ph_log branches[PH_BRANCHES_MAX];
	size_t n;
	struct ph_facts opens; /* its own, and those of the logs that go on from it */
	struct ph_case_list *list;
};

static int on_branch(void *data, const struct ph_log *log)
{
	struct story *story = data;

	if (ph_ledger_cursor(story->ledger, log->row) == NULL) {
		return 0; /* looked at when it is taken in */
	}
	if (story->n == PH_BRANCHES_MAX) {
		return -EUCLEAN;
	}
	story->branches[story->n++] = *log;
	return 0;
}

/*
 * The reference of entry N of the log ROW, and its effective second; of one that cannot
 * be read, that of the clock-mark before it.
 */
static int find_entry(struct ph_ledger *ledger, const struct ph_log *log, uint64_t n,
		      struct ph_ref *ref, int64_t *second)
{
	struct ph_buf bytes = { 0 };
	struct ph_mark mark = { 0 };
	struct ph_fact fact;
	uint8_t hash[PH_HASH_SIZE];
	int rc = ph_journal_entry(ledger->journal, log->row, n, &bytes);

	rc = rc > 0 ? -EUCLEAN : rc;
	rc = rc != 0 ? rc : ph_judge_mark_at(ledger, log->row, n, &mark);
	if (rc != 0) {
		goto out;
	}
	ph_entry_hash(ph_buf_view(&bytes), hash);
	memcpy(ref->log_id, log->id, sizeof ref->log_id);
	memcpy(ref->hash, hash, sizeof ref->hash);
	ref->n = n;
	rc = ph_entry_decode(ph_buf_view(&bytes), ledger->other);
	if (rc == 0) {
		ph_fact_init(&fact, log, n, ph_buf_view(&bytes), ledger->other);
		ph_fact_time(&fact, ledger->other, &mark);
		*second = fact.second;
	} else if (rc > 0) {
		*second = ph_stamp_seconds(mark.floor);
		rc = 0;
	}
out:
	ph_buf_deinit(&bytes);
	return rc;
}

static int add_case(struct story *story, enum ph_case kind)
{
	int rc = ph_case_list_add(story->list, kind, ph_key_view(story->key));

	return rc != 0 || story->n == 0
		       ? rc
		       : ph_case_list_site(story->list, story->branches[0].site);
}

/* --- what goes on from it --- */

/* The `open` of a log that goes on from this one, decoded into ledger->other. */
static int read_open(struct story *story, const struct ph_fact *fact, bool *goes_on,
		     struct ph_head *head, struct ph_value *why)
{
	struct ph_entry *entry = story->ledger->other;
	int rc = ph_fact_entry(fact, entry);

	*goes_on = rc == 0 && entry->number == PH_KIND_OPEN &&
		   entry->field[PH_OPEN_CONTINUES].set &&
		   memcmp(entry->field[PH_OPEN_CONTINUES].as.head.log_id, story->key->id,
			  PH_LOG_ID_SIZE) == 0;
	if (*goes_on) {
		*head = entry->field[PH_OPEN_CONTINUES].as.head;
		*why = entry->field[PH_OPEN_WHY];
	}
	return rc;
}

static int find_restored(struct story *story)
{
	bool any = false;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < story->opens.n; i++) {
		const struct ph_fact *fact = &story->opens.items[i];
		struct ph_value why;
		struct ph_head head;
		bool goes_on;

		rc = read_open(story, fact, &goes_on, &head, &why);
		if (rc != 0 || !goes_on || !why.set || why.as.uint != PH_WHY_RESTORED) {
			continue;
		}
		rc = any ? 0 : add_case(story, PH_CASE_RESTORED);
		any = true;
		rc = rc != 0 ? rc
			     : ph_case_list_ref(story->list, &fact->ref, fact->second);
		rc = rc != 0 ? rc : ph_case_list_site(story->list, fact->site);
	}
	return rc;
}

static int compare_refs(const void *a, const void *b)
{
	return ph_ref_compare(a, b);
}

/* REFS, in their order and each once, onto the last case; SECOND is the earliest of theirs. */
static int add_sorted(struct story *story, struct ph_ref *refs, size_t n, int64_t second)
{
	int rc = 0;

	if (n > 1) {
		qsort(refs, n, sizeof *refs, compare_refs);
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (i == 0 || !ph_ref_equal(&refs[i - 1], &refs[i])) {
			rc = ph_case_list_ref(story->list, &refs[i], second);
		}
	}
	return rc;
}

/* The first entries above N, of every branch that has some, onto the last case. */
static int add_above(struct story *story, uint64_t n)
{
	struct ph_ref refs[PH_BRANCHES_MAX];
	int64_t second, earliest = INT64_MAX;
	size_t found = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < story->n; i++) {
		const struct ph_log *log = &story->branches[i];

		/* What a branch has in common with its parent is the parent's. */
		if (log->n <= n || (log->base > n && log->parent != 0)) {
			continue;
		}
		rc = find_entry(story->ledger, log, n + 1, &refs[found++], &second);
		earliest = rc == 0 && second < earliest ? second : earliest;
	}
	return rc != 0 ? rc : add_sorted(story, refs, found, earliest);
}

static bool has_above(const struct story *story, uint64_t n)
{
	for (size_t i = 0; i < story->n; i++) {
		if (story->branches[i].n > n) {
			return true;
		}
	}
	return false;
}

/* Two logs go on from it, or one does that it has outgrown. */
static int find_cloned(struct story *story)
{
	uint64_t from =
		UINT64_MAX; /* the lowest number at which one goes on that does not replace it */
	const struct ph_fact *first = NULL;
	bool several = false;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < story->opens.n; i++) {
		const struct ph_fact *fact = &story->opens.items[i];
		struct ph_value why;
		struct ph_head head;
		bool goes_on;

		rc = read_open(story, fact, &goes_on, &head, &why);
		if (rc != 0 || !goes_on) {
			continue;
		}
		several = several ||
			  (first != NULL && memcmp(first->ref.log_id, fact->ref.log_id,
						   PH_LOG_ID_SIZE) != 0);
		first = first == NULL ? fact : first;
		if ((!why.set || why.as.uint != PH_WHY_REPLACED) && head.n < from) {
			from = head.n;
		}
	}
	if (rc != 0 || first == NULL || (!several && !has_above(story, from))) {
		return rc;
	}
	rc = add_case(story, PH_CASE_CLONED);
	for (size_t i = 0; rc == 0 && i < story->opens.n; i++) {
		const struct ph_fact *fact = &story->opens.items[i];
		struct ph_value why;
		struct ph_head head;
		bool goes_on;

		rc = read_open(story, fact, &goes_on, &head, &why);
		if (rc == 0 && goes_on) {
			rc = ph_case_list_ref(story->list, &fact->ref, fact->second);
			rc = rc != 0 ? rc : ph_case_list_site(story->list, fact->site);
		}
	}
	return rc != 0 || from == UINT64_MAX ? rc : add_above(story, from);
}

/* --- branches --- */

/* The entry in which a branch begins to differ, and that of its parent. */
static int find_forked(struct story *story)
{
	struct ph_ref refs[2 * PH_BRANCHES_MAX];
	int64_t second[2 * PH_BRANCHES_MAX] = { 0 }, earliest = INT64_MAX;
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < story->n; i++) {
		const struct ph_log *log = &story->branches[i];

		if (log->parent == 0 || log->n <= log->base) {
			continue;
		}
		for (size_t k = 0; rc == 0 && k < story->n; k++) {
			const struct ph_log *from = &story->branches[k];

			if ((from->row == log->parent || k == i) && from->n > log->base) {
				rc = find_entry(story->ledger, from, log->base + 1,
						&refs[n], &second[n]);
				n++;
			}
		}
	}
	if (rc != 0 || n < 2) {
		return rc;
	}
	for (size_t i = 0; i < n; i++) {
		earliest = second[i] < earliest ? second[i] : earliest;
	}
	rc = add_case(story, PH_CASE_FORKED);
	return rc != 0 ? rc : add_sorted(story, refs, n, earliest);
}

/* --- entries --- */

/* The lowest so far; where several branches have it, as of the earliest. */
struct lowest {
	bool any;
	struct ph_ref ref;
	int64_t second;
};

static void take_lower(struct lowest *lowest, const struct ph_ref *ref, int64_t second)
{
	int order = lowest->any ? ph_ref_compare(ref, &lowest->ref) : -1;

	if (order < 0 || (order == 0 && second < lowest->second)) {
		*lowest = (struct lowest){ true, *ref, second };
	}
}

/* Of branches the lowest. */
static int find_opaque(struct story *story)
{
	struct lowest lowest = { 0 };
	struct ph_ref ref;
	int64_t second;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < story->n; i++) {
		const struct ph_log *log = &story->branches[i];
		uint64_t n;

		rc = ph_cases_opaque_at(story->ledger, log->row, &n);
		if (rc != 0 || n == 0 || n > log->sealed) {
			continue;
		}
		rc = find_entry(story->ledger, log, n, &ref, &second);
		if (rc == 0) {
			take_lower(&lowest, &ref, second);
		}
	}
	if (rc != 0 || !lowest.any) {
		return rc;
	}
	rc = add_case(story, PH_CASE_OPAQUE);
	return rc != 0 ? rc : ph_case_list_ref(story->list, &lowest.ref, lowest.second);
}

/* Of branches that part at the first entry the lowest. */
static int find_foreign(struct story *story)
{
	struct lowest lowest = { 0 };
	struct ph_ref ref;
	int64_t second;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < story->n; i++) {
		const struct ph_log *log = &story->branches[i];

		if (log->base > 0 || ph_ledger_cursor(story->ledger, log->row)->verdict !=
					     PH_VERDICT_NOTHING) {
			continue;
		}
		rc = find_entry(story->ledger, log, 1, &ref, &second);
		if (rc == 0) {
			take_lower(&lowest, &ref, second);
		}
	}
	if (rc != 0 || !lowest.any) {
		return rc;
	}
	rc = add_case(story, PH_CASE_FOREIGN_LOG);
	return rc != 0 ? rc : ph_case_list_ref(story->list, &lowest.ref, lowest.second);
}

struct judged {
	struct ph_ledger *ledger;
	struct ph_ref ref; /* of the judgement */
	int64_t second;    /* the earliest at which it stands on a branch */
};

static int on_judging(void *data, const struct ph_log *log)
{
	struct judged *judged = data;
	const struct ph_cursor *cursor = ph_ledger_cursor(judged->ledger, log->row);
	uint64_t n = judged->ref.n;
	struct ph_ref ref;
	int64_t second;
	int rc;

	if (cursor == NULL || cursor->n < n || (log->parent != 0 && n <= log->base)) {
		return 0;
	}
	rc = find_entry(judged->ledger, log, n, &ref, &second);
	if (rc == 0 && ph_ref_equal(&ref, &judged->ref) && second < judged->second) {
		judged->second = second;
	}
	return rc;
}

/*
 * When JUDGE counts: by its log, or as it was fed, where its log is not held. Positive if
 * it has left the feed: that it judges no more is news still to come, and the log is looked
 * at again then.
 */
static int judged_at(struct ph_ledger *ledger, const struct ph_judge_found *judge,
		     int64_t *second_out)
{
	struct judged judged = { ledger, judge->ref, INT64_MAX };
	struct ph_buf bytes = { 0 };
	struct ph_fed_entry fed;
	int rc;

	if (judge->row > 0) {
		rc = ph_ledger_branches(ledger, judge->ref.log_id, on_judging, &judged);
		*second_out = judged.second;
		return rc;
	}
	rc = ph_fed_resolve(ledger->config.fed, &judge->ref, &fed, &bytes);
	rc = rc > 0 && !ledger->is_fed_behind ? -EUCLEAN : rc;
	if (rc == 0) {
		*second_out = (int64_t)fed.second;
	}
	ph_buf_deinit(&bytes);
	return rc;
}

/* The case of ANCHOR, if it is listed already: of another branch that has the mark. */
static struct ph_case_item *find_item(struct ph_case_list *list, enum ph_case kind,
				      struct ph_view anchor)
{
	for (size_t i = 0; i < list->n; i++) {
		struct ph_case_item *item = &list->items[i];

		if (item->kind == (unsigned)kind &&
		    ph_view_equal(PH_VIEW(item->anchor, item->anchor_len), anchor)) {
			return item;
		}
	}
	return NULL;
}

static int add_stamp(struct story *story, const struct ph_log *log,
		     const struct ph_mark *mark)
{
	struct ph_case_item *listed;
	struct ph_judge_found judge;
	struct ph_entity_key anchor;
	struct ph_ref ref;
	int64_t second, judged;
	int rc = find_entry(story->ledger, log, mark->n, &ref, &second);

	rc = rc != 0 ? rc : ph_judge_of(story->ledger, &ref, &judge);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	anchor = ph_key_ref(PH_ENTITY_EVENT, &ref);
	listed = story->n < 2
			 ? NULL
			 : find_item(story->list, PH_CASE_STAMP, ph_key_view(&anchor));
	if (listed != NULL) {
		listed->second = second < listed->second ? second : listed->second;
		return 0;
	}
	rc = judged_at(story->ledger, &judge, &judged);
	if (rc > 0) {
		return 0;
	}
	rc = rc != 0 ? rc
		     : ph_case_list_add(story->list, PH_CASE_STAMP, ph_key_view(&anchor));
	rc = rc != 0 ? rc : ph_case_list_site(story->list, log->site);
	rc = rc != 0 ? rc : ph_case_list_ref(story->list, &ref, second);
	return rc != 0 ? rc : ph_case_list_ref(story->list, &judge.ref, judged);
}

static int find_stamps(struct story *story)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < story->n; i++) {
		struct ph_mark mark;
		uint64_t after = 0;

		while ((rc = ph_judge_clamped(story->ledger, story->branches[i].row,
					      after, &mark)) == 0 &&
		       mark.n > 0) {
			rc = add_stamp(story, &story->branches[i], &mark);
			if (rc != 0) {
				break;
			}
			after = mark.n;
		}
	}
	return rc;
}

int ph_cases_of_log(struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	struct ph_case_list list = { 0 };
	struct story story = { .ledger = ledger, .key = key, .list = &list };
	int rc = key->len != PH_LOG_ID_SIZE
			 ? -EUCLEAN
			 : ph_ledger_branches(ledger, key->id, on_branch, &story);

	rc = rc != 0 ? rc : ph_facts_load(ledger, key, 1, &story.opens);
	rc = rc != 0 ? rc : find_stamps(&story);
	rc = rc != 0 ? rc : find_restored(&story);
	rc = rc != 0 ? rc : find_cloned(&story);
	rc = rc != 0 ? rc : find_forked(&story);
	rc = rc != 0 ? rc : find_opaque(&story);
	rc = rc != 0 ? rc : find_foreign(&story);
	rc = rc != 0 ? rc : ph_cases_replace(ledger, key, &list);
	ph_facts_deinit(&story.opens);
	ph_case_list_deinit(&list);
	return rc;
}

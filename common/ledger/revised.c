/*
 * common/ledger/revised.c - a report against what the ledger has now.
 *
 * Sites whose sums are as they were printed need no more. Of the others the logs that can
 * matter are folded once more, in memory, as far as they were held when the report was
 * issued: their own ones, those that wrote for them, those whose clock-marks were judged
 * since, and the hub's, which act on all. Then each entry of these logs that counts is
 * compared, as it counted then and as it counts now. So whatever the reason is, a late
 * page or a void, a cut, a judgement, the entry is found, and the reason is asked for only
 * after.
 *
 * This costs what those sites' logs hold, not what the hub holds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/say.h"
#include "common/ledger/revised_internal.h"
#include "common/ledger/show.h"
#include "common/ledger/state.h"

/* --- sums --- */

static const struct ph_tally *sums_of(const struct ph_figures *figures, uint64_t site)
{
	static const struct ph_tally none;

	for (size_t i = 0; i < figures->n_sites; i++) {
		if (figures->sites[i].site == site) {
			return &figures->sites[i].tally;
		}
	}
	return &none;
}

static int show_change(json_t *list, uint64_t site, unsigned key, uint64_t printed,
		       uint64_t now)
{
	char name[PH_COUNTER_TEXT];

	ph_counter_name(name, key);
	return ph_show_append(list,
			      json_pack("{s:I, s:s, s:I, s:I}", "site", (json_int_t)site,
					"counter", name, "printed", (json_int_t)printed,
					"now", (json_int_t)now));
}

static int compare_site(struct ph_revision *revision, uint64_t site)
{
	const struct ph_tally *printed = sums_of(revision->figures, site);
	const struct ph_tally *now = sums_of(&revision->now, site);
	uint64_t *item;
	int rc = 0;

	if (memcmp(printed, now, sizeof *now) == 0) {
		return 0;
	}
	item = ph_state_push((void **)&revision->sites, &revision->n_sites, sizeof *item);
	if (item == NULL) {
		return -ENOMEM;
	}
	*item = site;
	for (unsigned key = 0; rc == 0 && key < PH_TALLY_KEYS; key++) {
		if (printed->count[key] != now->count[key]) {
			rc = show_change(revision->changed, site, key,
					 printed->count[key], now->count[key]);
		}
	}
	return rc;
}

/* Both lists of sites rise; each site once. */
static int compare_sites(struct ph_revision *revision)
{
	const struct ph_figures *a = revision->figures, *b = &revision->now;
	size_t i = 0, k = 0;
	int rc = 0;

	while (rc == 0 && (i < a->n_sites || k < b->n_sites)) {
		uint64_t x = i < a->n_sites ? a->sites[i].site : UINT64_MAX;
		uint64_t y = k < b->n_sites ? b->sites[k].site : UINT64_MAX;

		rc = compare_site(revision, x < y ? x : y);
		i += x <= y;
		k += y <= x;
	}
	return rc;
}

/* --- one entry --- */

static bool counts_in(const struct ph_revision *revision, const struct ph_counted *item)
{
	int64_t day;

	if (item == NULL || item->off != 0) {
		return false;
	}
	day = ph_day_of(item->second);
	return day >= revision->from && day <= revision->to &&
	       ph_revision_index(revision, item->site) < revision->n_sites;
}

/* The last of the acts of KIND on the entry REF that are not off; false: there is none. */
static int find_act(struct ph_ledger *ledger, const struct ph_ref *ref, uint64_t kind,
		    struct ph_ref *by, bool *found)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, ref);
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT log, n, hash FROM ledger_act WHERE target = ?1"
			       " AND kind = ?2 AND off = 0 ORDER BY stamp DESC LIMIT 1",
			       &stmt);

	*found = false;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	ph_stmt_int(stmt, 2, (int64_t)kind);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		const struct ph_cursor *log;
		struct ph_view hash = ph_stmt_col_blob(stmt, 2);

		rc = ph_ledger_cursor_of(ledger, ph_stmt_col_int(stmt, 0), &log);
		if (rc == 0 && hash.len == sizeof by->hash) {
			memcpy(by->log_id, log->id, sizeof by->log_id);
			memcpy(by->hash, hash.data, sizeof by->hash);
			by->n = (uint64_t)ph_stmt_col_int(stmt, 1);
			*found = true;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

static void name_entry(const struct ph_log *log, const struct ph_counted *item,
		       struct ph_ref *ref)
{
	memcpy(ref->log_id, log->id, sizeof ref->log_id);
	memcpy(ref->hash, item->hash, sizeof ref->hash);
	ref->n = item->n;
}

/* Why ITEM, which counted then, does not now; BY: the entry that did it, if FOUND. */
static int why_gone(struct ph_ledger *ledger, const struct ph_log *log,
		    const struct ph_counted *now, const char **why, struct ph_ref *by,
		    bool *found)
{
	struct ph_mark mark;
	struct ph_ref ref;
	int rc;

	*found = false;
	name_entry(log, now, &ref);
	if (now->off & PH_OFF_DEAD) {
		*why = ph_effect_cut(ledger, now->row, now->n) ? "cut" : "voided";
		return (*why)[0] == 'c' ? 0
					: find_act(ledger, &ref, PH_KIND_VOID, by, found);
	}
	if (now->off != 0) {
		*why = "repeated";
		return 0;
	}
	*why = "judged";
	rc = ph_judge_mark_at(ledger, now->row, now->n, &mark);
	if (rc == 0 && mark.n > 0) {
		ref.n = mark.n;
		memcpy(ref.hash, mark.hash, sizeof ref.hash);
		rc = find_act(ledger, &ref, PH_KIND_CLOCK_JUDGE, by, found);
	}
	return rc;
}

/* Why NOW, which did not count then (BEFORE; NULL: it was not held), does. */
static int why_new(struct ph_ledger *ledger, const struct ph_log *log,
		   const struct ph_counted *before, const struct ph_counted *now,
		   const char **why, struct ph_ref *by, bool *found)
{
	*found = false;
	if (before == NULL) {
		*why = "late";
		return 0;
	}
	if (before->off != 0) {
		*why = "released";
		return 0;
	}
	return why_gone(ledger, log, now, why, by, found);
}

static int show_counts(struct ph_show *show, struct ph_revision *revision,
		       const struct ph_counted *item, int sign)
{
	struct ph_tally *sum =
		&revision->explained[ph_revision_index(revision, item->site)];
	json_t *counts = json_object();
	int rc = counts == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < item->n_counts; i++) {
		json_int_t count = (json_int_t)item->counts[i].count;
		char name[PH_COUNTER_TEXT];

		ph_counter_name(name, item->counts[i].key);
		sum->count[item->counts[i].key] +=
			sign < 0 ? 0 - item->counts[i].count : item->counts[i].count;
		if (json_object_set_new(counts, name, json_integer(sign * count)) != 0) {
			rc = -ENOMEM;
		}
	}
	ph_show_set(show, "counts", counts);
	return rc;
}

/* ITEM, of LOG, adds SIGN times what it counts. */
static int show_entry(struct ph_revision *revision, const struct ph_log *log,
		      const struct ph_counted *item, int sign, const char *why,
		      const struct ph_ref *by)
{
	const struct ph_kind *kind = ph_kind_find(item->kind);
	struct ph_show show = ph_show_begin();
	struct ph_arrival arrival;
	struct ph_ref ref;
	json_t *object;
	int rc;

	name_entry(log, item, &ref);
	ph_show_ref(&show, "ref", &ref);
	ph_show_text(&show, "kind", ph_view_str(kind == NULL ? "" : kind->name));
	ph_show_number(&show, "site", item->site);
	ph_show_number(&show, "log_site", log->site);
	if (log->site != 0) {
		ph_show_hex(&show, "device",
			    PH_VIEW(log->device_id, sizeof log->device_id));
	}
	ph_show_time(&show, "time", item->second);
	rc = ph_journal_arrival(revision->ledger->journal, item->row, item->n, &arrival);
	if (rc == 0) {
		ph_show_time(&show, "arrived", arrival.second);
	}
	ph_show_text(&show, "why", ph_view_str(why));
	if (by != NULL) {
		ph_show_ref(&show, "by", by);
	}
	rc = rc < 0 ? rc : show_counts(&show, revision, item, sign);
	object = ph_show_end(&show);
	if (rc < 0) {
		json_decref(object);
		return rc;
	}
	return ph_show_append(revision->entries, object);
}

/* BEFORE and NOW are of one entry; either may be missing. */
static int compare_entry(struct ph_revision *revision, const struct ph_counted *before,
			 const struct ph_counted *now)
{
	bool counted = counts_in(revision, before);
	bool counts = counts_in(revision, now);
	const char *why = "late";
	struct ph_log log;
	struct ph_ref by;
	bool found = false;
	int rc;

	if (counted == counts || now == NULL) {
		return 0; /* what was held then is held now */
	}
	rc = ph_journal_log_at(revision->ledger->journal, now->row, &log);
	if (rc != 0) {
		return rc > 0 ? -EUCLEAN : rc;
	}
	rc = counts ? why_new(revision->ledger, &log, before, now, &why, &by, &found)
		    : why_gone(revision->ledger, &log, now, &why, &by, &found);
	return rc != 0 ? rc
		       : show_entry(revision, &log, counts ? now : before,
				    counts ? 1 : -1, why, found ? &by : NULL);
}

static int order(const struct ph_counted *a, const struct ph_counted *b)
{
	if (a->row != b->row) {
		return a->row < b->row ? -1 : 1;
	}
	return a->n < b->n ? -1 : a->n > b->n;
}

/* Both lists are in order of log and number. */
static int compare_entries(struct ph_revision *revision)
{
	const struct ph_counted_list *a = &revision->before, *b = &revision->after;
	size_t i = 0, k = 0;
	int rc = 0;

	while (rc == 0 && (i < a->n || k < b->n)) {
		const struct ph_counted *x = i < a->n ? &a->items[i] : NULL;
		const struct ph_counted *y = k < b->n ? &b->items[k] : NULL;
		int which = x == NULL ? 1 : y == NULL ? -1 : order(x, y);

		rc = compare_entry(revision, which <= 0 ? x : NULL,
				   which >= 0 ? y : NULL);
		i += which <= 0;
		k += which >= 0;
	}
	return rc;
}

/* What is left when all entries are accounted for. */
static int explain(struct ph_revision *revision)
{
	int rc = 0;

	for (size_t i = 0; i < revision->n_sites; i++) {
		uint64_t site = revision->sites[i];
		const struct ph_tally *printed = sums_of(revision->figures, site);
		const struct ph_tally *now = sums_of(&revision->now, site);

		for (unsigned key = 0; rc == 0 && key < PH_TALLY_KEYS; key++) {
			uint64_t rest = now->count[key] - printed->count[key] -
					revision->explained[i].count[key];
			char name[PH_COUNTER_TEXT];

			if (rest == 0) {
				continue;
			}
			ph_counter_name(name, key);
			rc = ph_show_append(revision->unexplained,
					    json_pack("{s:I, s:s, s:I}", "site",
						      (json_int_t)site, "counter", name,
						      "difference", (json_int_t)rest));
		}
	}
	return rc;
}

static int find_entries(struct ph_revision *revision, struct ph_error *err)
{
	int rc;

	revision->explained = calloc(revision->n_sites, sizeof *revision->explained);
	rc = revision->explained == NULL ? -ENOMEM : ph_revision_find_logs(revision);
	rc = rc != 0 ? rc : ph_revision_gather_before(revision, err);
	rc = rc != 0 ? rc
		     : ph_revision_gather(revision, revision->ledger, &revision->after);
	rc = rc != 0 ? rc : compare_entries(revision);
	return rc != 0 ? rc : explain(revision);
}

int ph_report_revised(struct ph_ledger *ledger, const struct ph_figures *figures,
		      int64_t from, int64_t to, json_t **out, struct ph_error *err)
{
	struct ph_revision revision = { .ledger = ledger,
					.figures = figures,
					.from = from,
					.to = to,
					.changed = json_array(),
					.entries = json_array(),
					.unexplained = json_array() };
	int rc = ph_figures_sum(ledger, from, to, &revision.now);

	rc = rc != 0 ? rc : compare_sites(&revision);
	if (rc == 0 && revision.n_sites > 0) {
		rc = find_entries(&revision, err);
	}
	if (rc == 0) {
		*out = json_pack("{s:O, s:O, s:O}", "changed", revision.changed,
				 "entries", revision.entries, "unexplained",
				 revision.unexplained);
		rc = *out == NULL ? -ENOMEM : 0;
	}
	json_decref(revision.changed);
	json_decref(revision.entries);
	json_decref(revision.unexplained);
	ph_figures_deinit(&revision.now);
	free(revision.sites);
	free(revision.reach);
	free(revision.matters);
	free(revision.before.items);
	free(revision.after.items);
	free(revision.explained);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("comparing the report", "so sánh báo cáo"))
		      : 0;
}

/*
 * common/ledger/story.c - one entry, as a person must see it to judge.
 *
 * An entry lies in the journal, or was fed by the hub; of one that was fed only the hub
 * vouches for the device, since its seal was not fed. Whether it counts is on record;
 * why not is looked up again.
 */
#include "common/ledger/story.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/fed.h"
#include "common/ledger/naming.h"
#include "common/ledger/store.h"
#include "common/log/chain.h"
#include "common/log/json.h"

struct telling {
	struct ph_ledger *ledger;
	struct ph_show show;
	struct ph_held held;
};

static void show_device(struct ph_show *show, const uint8_t key[static PH_KEY_SIZE],
			uint64_t log_site)
{
	uint8_t id[PH_DEVICE_ID_SIZE];

	ph_device_id(id, key);
	ph_show_hex(show, "device", PH_VIEW(id, sizeof id));
	ph_show_number(show, "log_site", log_site);
}

/* What it says, and the time that stands in it. */
static void show_entry(struct ph_show *show, const struct ph_entry *entry)
{
	json_t *json = ph_entry_to_json(entry);

	ph_show_set(show, "kind", json_string(entry->kind->name));
	if (json == NULL) {
		show->failed = true;
		return;
	}
	ph_show_set(show, "entry", json);
	ph_show_time(show, "stamped", ph_stamp_seconds(entry->stamp));
	if (entry->extras.when != PH_WHEN_NONE) {
		ph_show_set(show, "told",
			    json_string(entry->extras.when == PH_WHEN_DAY ? "day"
									  : "minute"));
	}
}

static int show_site(struct telling *telling, uint64_t site)
{
	ph_show_number(&telling->show, "site", site);
	return ph_name_site(telling->ledger, &telling->show, "site_name", site);
}

/* --- in the journal --- */

static int show_judged(struct telling *telling, const struct ph_log *log, uint64_t n)
{
	struct ph_show judged;
	struct ph_mark mark;
	struct ph_judge_found judge;
	struct ph_ref ref;
	int rc = ph_judge_mark_at(telling->ledger, log->row, n, &mark);

	if (rc != 0 || mark.n == 0 || !mark.by.judged) {
		return rc;
	}
	memcpy(ref.log_id, log->id, sizeof ref.log_id);
	memcpy(ref.hash, mark.hash, sizeof ref.hash);
	ref.n = mark.n;
	rc = ph_judge_of(telling->ledger, &ref, &judge);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	judged = ph_show_begin();
	ph_show_ref(&judged, "by", &judge.ref);
	ph_show_ref(&judged, "mark", &ref);
	ph_show_number(&judged, "ahead", mark.by.ahead);
	ph_show_number(&judged, "behind", mark.by.behind);
	if (mark.by.has_clamp) {
		ph_show_time(&judged, "clamp", (int64_t)mark.by.clamp);
	}
	ph_show_set(&telling->show, "judged", ph_show_end(&judged));
	return 0;
}

/* How it came, and how far it is known to be safe. */
static int show_road(struct telling *telling, const struct ph_log *log, uint64_t n)
{
	static const char *const roads[] = { "unknown", "session", "import",
					     "stick",   "lan",     "courier" };
	static const char *const levels[] = { "here", "courier", "hub", "backup" };
	struct ph_journal *journal = telling->ledger->journal;
	struct ph_show part = ph_show_begin();
	struct ph_arrival arrival;
	int64_t time;
	uint64_t upto;
	int rc = ph_journal_arrival(journal, log->row, n, &arrival);

	if (rc == 0) {
		ph_show_set(&part, "by",
			    json_string(arrival.road <= PH_ROAD_COURIER
						? roads[arrival.road]
						: roads[0]));
		ph_show_time(&part, "time", arrival.second);
		ph_show_set(&part, "level", json_string(levels[arrival.level & 3]));
		ph_show_set(&telling->show, "road", ph_show_end(&part));
	} else {
		json_decref(part.object);
	}
	for (int level = PH_LEVEL_BACKUP; rc >= 0 && level > PH_LEVEL_HERE; level--) {
		rc = ph_journal_receipt_get(journal, log->row, (enum ph_level)level,
					    &upto, &time, NULL);
		if (rc < 0 || upto < n) {
			continue;
		}
		part = ph_show_begin();
		ph_show_set(&part, "level", json_string(levels[level]));
		ph_show_number(&part, "n", upto);
		ph_show_time(&part, "time", time);
		ph_show_set(&telling->show, "receipt", ph_show_end(&part));
		break;
	}
	return rc < 0 ? rc : 0;
}

/* The cuts of the device that wrote it, the last one on record. */
static int show_cut(struct telling *telling, struct ph_show *why,
		    const struct ph_log *log)
{
	struct ph_ref ref = { 0 };
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(telling->ledger->db,
			       "SELECT log, n, hash FROM ledger_act WHERE target = ?1"
			       " AND kind = ?2 AND off = 0 ORDER BY stamp DESC, log, n"
			       " LIMIT 1",
			       &stmt);

	ph_show_set(why, "why", json_string("cut"));
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(log->device_id, sizeof log->device_id));
	ph_stmt_int(stmt, 2, PH_KIND_DEVICE_CUT);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		const struct ph_cursor *cursor;
		struct ph_view hash = ph_stmt_col_blob(stmt, 2);

		rc = ph_ledger_cursor_of(telling->ledger, ph_stmt_col_int(stmt, 0),
					 &cursor);
		rc = rc == 0 && hash.len != sizeof ref.hash ? -EUCLEAN : rc;
		if (rc == 0) {
			memcpy(ref.log_id, cursor->id, sizeof ref.log_id);
			memcpy(ref.hash, hash.data, sizeof ref.hash);
			ref.n = (uint64_t)ph_stmt_col_int(stmt, 1);
			ph_show_ref(why, "by", &ref);
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* The entry that counts in its place. */
static int show_twin(struct telling *telling, struct ph_show *why,
		     const struct ph_group *group)
{
	struct ph_twin first;
	struct ph_held held = { 0 };
	enum ph_part_in_fold part;
	int rc = ph_group_first(telling->ledger, group, &first);

	if (rc != 0 || first.row == 0) {
		return rc;
	}
	rc = ph_held_init(&held);
	rc = rc != 0 ? rc
		     : ph_held_load(telling->ledger, first.row, first.n, &held, &part);
	if (rc == 0 && part != PH_PART_NONE) {
		ph_show_ref(why, "by", &held.fact.ref);
	}
	ph_held_deinit(&held);
	return rc;
}

/* LOG is NULL of an entry that was fed. */
static int show_why_not(struct telling *telling, const struct ph_log *log, unsigned off)
{
	struct ph_ledger *ledger = telling->ledger;
	struct ph_held *held = &telling->held;
	struct ph_show why = ph_show_begin();
	struct ph_ref by;
	uint64_t kind;
	int rc = 0;

	if (off & PH_OFF_DEAD && log != NULL &&
	    ph_effect_cut(ledger, log->row, held->fact.ref.n)) {
		rc = show_cut(telling, &why, log);
	} else if (off & PH_OFF_DEAD) {
		rc = ph_effect_by(ledger, held, &by, &kind);
		if (rc == 0) {
			ph_show_set(&why, "why",
				    json_string(kind == PH_KIND_VOID ? "voided"
								     : "unmerged"));
			ph_show_ref(&why, "by", &by);
		}
	} else if (off & PH_OFF_TWIN) {
		struct ph_group group = ph_group_of_source(held);

		ph_show_set(&why, "why", json_string("twin"));
		rc = show_twin(telling, &why, &group);
	} else {
		ph_show_set(&why, "why", json_string("on-another-branch"));
	}
	if (rc < 0) {
		json_decref(why.object);
		return rc;
	}
	ph_show_set(&telling->show, "not_counted", ph_show_end(&why));
	return 0;
}

/* What the fold makes of it: its time, and whether it counts. */
static int show_fold(struct telling *telling, const struct ph_log *log,
		     const struct ph_ref *ref)
{
	struct ph_ledger *ledger = telling->ledger;
	struct ph_held *held = &telling->held;
	enum ph_part_in_fold part;
	unsigned off = 0;
	int rc = ph_held_load(ledger, log->row, ref->n, held, &part);

	if (rc != 0) {
		return rc;
	}
	if (part == PH_PART_NONE) {
		ph_show_set(&telling->show, "counts", json_false());
		return show_site(telling, log->site);
	}
	rc = show_site(telling, held->fact.site);
	ph_show_time(&telling->show, "time", held->fact.second);
	if (part == PH_PART_MARK) {
		return rc;
	}
	ph_show_number(&telling->show, "unsure", held->fact.unsure);
	rc = rc != 0 ? rc : ph_held_off(ledger, held, part, &off);
	ph_show_set(&telling->show, "counts", json_boolean(off == 0));
	return rc != 0 || off == 0 ? rc : show_why_not(telling, log, off);
}

static int tell_held(struct telling *telling, const struct ph_log *log,
		     const struct ph_ref *ref, struct ph_view bytes)
{
	struct ph_entry *entry = malloc(sizeof *entry);
	int rc = entry == NULL ? -ENOMEM : ph_entry_decode(bytes, entry);

	if (rc == 0) {
		show_entry(&telling->show, entry);
	} else if (rc > 0) {
		ph_show_set(&telling->show, "unreadable", json_true());
		rc = 0;
	}
	free(entry);
	show_device(&telling->show, log->key, log->site);
	rc = rc != 0 ? rc : show_fold(telling, log, ref);
	rc = rc != 0 || log->site == 0 ? rc : show_judged(telling, log, ref->n);
	return rc != 0 ? rc : show_road(telling, log, ref->n);
}

/* --- fed by the hub --- */

/* What was written here may still take it away. */
static int show_fed_fold(struct telling *telling, const struct ph_fed_entry *fed)
{
	struct ph_held *held = &telling->held;
	bool dead;
	int rc;

	ph_held_fed(held, fed);
	rc = show_site(telling, held->fact.site);
	rc = rc != 0 ? rc : ph_effect_dead(telling->ledger, held, &dead);
	if (rc == 0) {
		ph_show_set(&telling->show, "counts", json_boolean(!dead));
		rc = dead ? show_why_not(telling, NULL, PH_OFF_DEAD) : 0;
	}
	return rc;
}

static int tell_fed(struct telling *telling, const struct ph_fed_entry *fed)
{
	int rc = ph_entry_decode(fed->bytes, telling->held.entry);

	ph_show_set(&telling->show, "vouched", json_string("hub"));
	show_device(&telling->show, fed->key, fed->log_site);
	ph_show_time(&telling->show, "time", (int64_t)fed->second);
	ph_show_number(&telling->show, "unsure", fed->unsure);
	if (rc > 0) {
		ph_show_set(&telling->show, "unreadable", json_true());
		return 0;
	}
	if (rc == 0) {
		show_entry(&telling->show, telling->held.entry);
		rc = show_fed_fold(telling, fed);
	}
	return rc;
}

/* --- not here --- */

/* Who wrote it, by the log in which it stands: one that is here, or that the hub told of. */
static int tell_log(struct telling *telling, const struct ph_ref *ref)
{
	struct ph_ledger *ledger = telling->ledger;
	struct ph_feed_log fed;
	struct ph_log log;
	int rc = ph_journal_log_find(ledger->journal, ref->log_id, &log);

	ph_show_set(&telling->show, "here", json_false());
	if (rc == 0) {
		show_device(&telling->show, log.key, log.site);
		return ph_name_site(ledger, &telling->show, "log_site_name", log.site);
	}
	if (rc < 0 || ledger->config.fed == NULL) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_fed_log(ledger->config.fed, ref->log_id, &fed);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	ph_show_set(&telling->show, "vouched", json_string("hub"));
	show_device(&telling->show, fed.key, fed.site);
	return ph_name_site(ledger, &telling->show, "log_site_name", fed.site);
}

static int find_and_tell(struct telling *telling, const struct ph_ref *ref)
{
	struct ph_ledger *ledger = telling->ledger;
	struct ph_buf bytes = { 0 };
	struct ph_fed_entry fed;
	struct ph_log log;
	int rc = ph_journal_resolve(ledger->journal, ref, &log, &bytes);

	if (rc == 0) {
		rc = tell_held(telling, &log, ref, ph_buf_view(&bytes));
	} else if (rc == PH_JOURNAL_E_NONE && ledger->config.fed != NULL) {
		bytes.len = 0;
		rc = ph_fed_resolve(ledger->config.fed, ref, &fed, &bytes);
		rc = rc == 0 ? tell_fed(telling, &fed) : rc;
	}
	if (rc > 0) {
		rc = tell_log(telling, ref);
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

int ph_story(struct ph_ledger *ledger, const struct ph_ref *ref, json_t **out)
{
	struct telling telling = { .ledger = ledger };
	int rc = ph_held_init(&telling.held);

	if (rc != 0) {
		return rc;
	}
	telling.show = ph_show_begin();
	ph_show_ref(&telling.show, "ref", ref);
	rc = find_and_tell(&telling, ref);
	ph_held_deinit(&telling.held);
	if (rc != 0) {
		json_decref(telling.show.object);
		return rc;
	}
	return ph_show_done(&telling.show, out);
}

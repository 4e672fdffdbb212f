/*
 * daemon/hub_command_log.c - the last entries of each log, as they were written.
 *
 * {"command":"log","site"?,"limit"?}. The limit is of each log, and all together are bounded:
 * whoever asks for more is given less of each, and told how much; "more" tells that some log
 * has earlier entries than those that are given. Else one question could
 * make the store read everything that it holds.
 */
#include "common/base/say.h"
#include "common/log/json.h"
#include "daemon/hub_command.h"

#include <errno.h>
#include <string.h>

#define LIMIT_DEFAULT 20
#define LIMIT_MAX     10000 /* and of all logs together */

struct log_walk {
	json_t *out;
	const struct ph_log *log;
	uint64_t site; /* only of this site; UINT64_MAX: of all */
	uint64_t limit;
	uint64_t count;
	bool more; /* some log has entries before those that are shown */
	struct ph_journal *journal;
};

/* The number behind which the last entries of LOG begin. */
static uint64_t begin_of(const struct log_walk *walk, const struct ph_log *log)
{
	uint64_t after = log->n > walk->limit ? log->n - walk->limit : 0;

	/* what a branch has in common with its parent is shown with that */
	return after > log->base ? after : log->base;
}

static bool is_wanted(const struct log_walk *walk, const struct ph_log *log)
{
	return walk->site == UINT64_MAX || log->site == walk->site;
}

static int show_entry(void *data, uint64_t n, struct ph_view bytes)
{
	struct log_walk *walk = data;
	struct ph_entry entry;
	uint8_t hash[PH_HASH_SIZE];
	char id[2 * PH_LOG_ID_SIZE + 1];
	char text[PH_REF_TEXT];
	struct ph_ref ref;
	int rc = ph_entry_decode(bytes, &entry);
	json_t *item;

	if (rc < 0) {
		return rc;
	}
	item = rc == PH_ENTRY_E_MALFORMED ? json_pack("{s:b}", "malformed", 1)
					  : ph_entry_to_json(&entry);
	if (!item) {
		return -ENOMEM;
	}
	ph_entry_hash(bytes, hash);
	memcpy(ref.log_id, walk->log->id, sizeof(ref.log_id));
	memcpy(ref.hash, hash, sizeof(ref.hash));
	ref.n = n;
	ph_ref_text(text, &ref);
	ph_hex(id, walk->log->id, sizeof(walk->log->id));
	json_object_set_new(item, "log", json_string(id));
	json_object_set_new(item, "n", json_integer((json_int_t)n));
	json_object_set_new(item, "ref", json_string(text));
	json_object_set_new(item, "log_site", json_integer((json_int_t)walk->log->site));
	return json_array_append_new(walk->out, item) ? -ENOMEM : 0;
}

static int show_log(void *data, const struct ph_log *log)
{
	struct log_walk *walk = data;

	walk->log = log;
	walk->more =
		walk->more || (is_wanted(walk, log) && begin_of(walk, log) > log->base);
	return is_wanted(walk, log)
		       ? ph_journal_entry_each(walk->journal, log->row,
					       begin_of(walk, log), show_entry, walk)
		       : 0;
}

static int count_log(void *data, const struct ph_log *log)
{
	struct log_walk *walk = data;

	walk->count += is_wanted(walk, log) ? log->n - begin_of(walk, log) : 0;
	return 0;
}

static int count_all(struct log_walk *walk)
{
	walk->count = 0;
	return ph_journal_log_each(walk->journal, count_log, walk);
}

/* Lower the limit to the largest with which all that is shown is not too much; 1 at least. */
static int fit_limit(struct log_walk *walk)
{
	uint64_t low = 1, high = walk->limit;
	int rc = count_all(walk);

	if (walk->count <= LIMIT_MAX) {
		return rc;
	}
	while (rc == 0 && low < high) {
		walk->limit = high - (high - low) / 2;
		rc = count_all(walk);
		if (walk->count <= LIMIT_MAX) {
			low = walk->limit;
		} else {
			high = walk->limit - 1;
		}
	}
	walk->limit = low;
	return rc;
}

int ph_hub_log(struct ph_hub *hub, const json_t *request, json_t *answer,
	       struct ph_error *err)
{
	const char *code = ph_request_text(request, "site");
	json_t *member = json_object_get(request, "limit");
	json_int_t limit = member ? json_integer_value(member) : LIMIT_DEFAULT;
	struct log_walk walk = { .out = json_array(),
				 .site = UINT64_MAX,
				 .limit = (uint64_t)limit,
				 .journal = hub->journal };
	struct ph_hub_site site;
	int rc = 0;

	json_object_set_new(answer, "entries", walk.out);
	if (limit < 1 || limit > LIMIT_MAX) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("limit: a number from 1 to %d",
				      "limit: là số từ 1 đến %d"),
			       LIMIT_MAX);
	}
	if (code) {
		rc = ph_hub_site_need(hub, code, &site, err);
		walk.site = site.number;
	}
	rc = rc != 0 ? rc : fit_limit(&walk);
	rc = rc != 0 ? rc : ph_journal_log_each(hub->journal, show_log, &walk);
	json_object_set_new(answer, "limit", json_integer((json_int_t)walk.limit));
	json_object_set_new(answer, "more", json_boolean(walk.more));
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading the logs", "đọc các nhật ký"))
		      : 0;
}

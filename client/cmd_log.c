/*
 * client/cmd_log.c - packhorse log: the last entries, and how far each has come.
 *
 * Entries of this device's logs, oldest first, each with its level: here, or at the hub
 * with the hub's time of the receipt that covers it. Entries of a kind that this
 * version does not know are listed by number. Personal fields are not shown.
 *
 * In an agent it is done in moments, between which people's orders have the site. What is recorded
 * meanwhile is not listed: how many there are was seen before, and entries do not change.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/host.h"
#include "common/base/json_memory.h"
#include "common/cli/entry_words.h"
#include "common/cli/export.h"
#include "common/cli/out.h"
#include "common/cli/sheet.h"

#define LIMIT_DEFAULT 20
#define LIMIT_MAX     1000000
#define LIMIT_HOST    10000 /* in the agent, whose memory it takes */

/* Apart from PH_JOURNAL_E_*, which come from the same calls. */
enum {
	REST = 100, /* a moment is over */
	ENDED,      /* all that there was is listed */
};

/* Entries of a log, from behind AFTER to LAST. */
struct stretch {
	int64_t row;
	uint64_t after, last;
};

struct walk {
	struct ph_site *site;
	const struct ph_cli *cli;
	struct stretch *stretches;
	size_t n_stretches;
	uint64_t total;
	uint64_t began; /* of the moment that runs */
	struct ph_buf
		*text; /* --json: the entries, each with a comma before it; else NULL */
	struct ph_table *table;
	/* of the log being walked */
	struct stretch *at;
	struct ph_log log;
	uint64_t at_hub, at_backup;
	int64_t hub_time, backup_time;
};

/* --- what an entry says, in one line --- */

static void put_value(struct ph_buf *out, const json_t *value)
{
	if (json_is_string(value)) {
		(void)ph_buf_printf(out, "%s", json_string_value(value));
	} else if (json_is_integer(value)) {
		(void)ph_buf_printf(out, "%" JSON_INTEGER_FORMAT,
				    json_integer_value(value));
	} else if (json_is_object(value) && json_object_get(value, "code")) {
		put_value(out, json_object_get(value, "code"));
	} else {
		(void)ph_buf_printf(out, "...");
	}
}

static bool is_shown(const char *name)
{
	static const char *const hidden[] = {
		"kind",     "stamp",  "time", "n",          "seen",
		"sets",     "commit", "rest", "device_key", "nonce",
		"software", "table",  "boot", "mono",       "source",
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (strcmp(name, hidden[i]) == 0) {
			return false;
		}
	}
	return true;
}

static void put_words(struct ph_buf *out, json_t *object, bool plain)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		if (is_shown(name)) {
			(void)ph_buf_printf(out, "%s%s ", out->len ? ", " : "",
					    plain ? name : ph_label_say(name));
			put_value(out, value);
		}
	}
	(void)ph_buf_put_u8(out, '\0');
}

/* --- one entry --- */

static const char *level_of(const struct walk *walk, uint64_t n, int64_t *time_out)
{
	*time_out = 0;
	if (n <= walk->at_backup) {
		*time_out = walk->backup_time;
		return "backup";
	}
	if (n <= walk->at_hub) {
		*time_out = walk->hub_time;
		return "hub";
	}
	return "here";
}

static int add_json(struct walk *walk, uint64_t n, int64_t second, const char *ref,
		    json_t *entry)
{
	char log[2 * PH_LOG_ID_SIZE + 1];
	char time[PH_TIME_TEXT];
	char receipted[PH_TIME_TEXT];
	int64_t level_time;
	const char *level = level_of(walk, n, &level_time);
	json_t *item;
	int rc;

	ph_hex(log, walk->log.id, sizeof(walk->log.id));
	ph_time_text(time, second);
	ph_time_text(receipted, level_time);
	item = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s?, s:O}", "log", log, "n",
			 (json_int_t)n, "ref", ref, "time", time, "level", level,
			 "receipted", level_time > 0 ? receipted : NULL, "entry", entry);
	rc = item ? ph_buf_put_u8(walk->text, ',') : -ENOMEM;
	rc = rc == 0 ? ph_json_write(item, walk->text) : rc;
	json_decref(item);
	return rc;
}

static const char *level_words(const char *level)
{
	if (strcmp(level, "here") == 0) {
		return ph_say("here", "trên máy này");
	}
	return strcmp(level, "hub") == 0 ? ph_say("at the hub", "ở thư viện tỉnh")
					 : ph_say("backed up", "đã sao lưu");
}

static void add_row(struct walk *walk, uint64_t n, int64_t second, const char *ref,
		    json_t *entry)
{
	struct ph_buf words = { 0 };
	char time[PH_TIME_TEXT];
	char receipted[PH_TIME_TEXT];
	int64_t level_time;
	const char *level = level_of(walk, n, &level_time);
	const char *kind = json_string_value(json_object_get(entry, "kind"));

	ph_time_text(time, second);
	ph_time_text(receipted, level_time);
	put_words(&words, entry, walk->cli->plain);
	ph_table_cellf(walk->table, "%" PRIu64, n);
	ph_table_cell(walk->table, time);
	ph_table_cellf(walk->table, "%s%s%s", level_words(level),
		       level_time > 0 ? " " : "", level_time > 0 ? receipted : "");
	ph_table_cell(walk->table, !kind              ? "?"
				   : walk->cli->plain ? kind
						      : ph_kind_say_of(entry));
	ph_table_cell(walk->table, words.data ? (const char *)words.data : "");
	ph_table_cell(walk->table, ref);
	ph_buf_deinit(&words);
}

/* Whether others may have the site now; by itself a command has it to its end. */
static bool is_moment_over(const struct walk *walk)
{
	const struct ph_host *host = walk->cli->host;

	return host && host->between &&
	       ph_site_ms(walk->site) - walk->began >= PH_SITE_MOMENT_MS;
}

/* The reference by which `void` and `record` name an entry. */
static void name_entry(const struct ph_log *log, uint64_t n, struct ph_view bytes,
		       char out[static PH_REF_TEXT])
{
	struct ph_ref ref = { .n = n };
	uint8_t hash[PH_HASH_SIZE];

	memcpy(ref.log_id, log->id, sizeof(ref.log_id));
	ph_entry_hash(bytes, hash);
	memcpy(ref.hash, hash, sizeof(ref.hash));
	ph_ref_text(out, &ref);
}

static int on_entry(void *data, uint64_t n, struct ph_view bytes)
{
	struct walk *walk = data;
	struct ph_entry entry = { 0 };
	char ref[PH_REF_TEXT];
	json_t *object;
	int rc;

	if (n > walk->at->last) {
		return ENDED;
	}
	rc = ph_entry_decode(bytes, &entry);
	if (rc < 0) {
		return rc;
	}
	object = rc == PH_ENTRY_E_MALFORMED ? json_pack("{s:s}", "kind", "malformed")
					    : ph_entry_to_json(&entry);
	if (!object) {
		return -ENOMEM;
	}
	name_entry(&walk->log, n, bytes, ref);
	rc = 0;
	if (walk->text) {
		rc = add_json(walk, n, ph_stamp_seconds(entry.stamp), ref, object);
	} else {
		add_row(walk, n, ph_stamp_seconds(entry.stamp), ref, object);
	}
	json_decref(object);
	walk->at->after = n;
	return rc == 0 && is_moment_over(walk) ? REST : rc;
}

/* --- the logs --- */

static int on_log(void *data, const struct ph_log *log)
{
	struct walk *walk = data;
	struct stretch *more =
		realloc(walk->stretches, (walk->n_stretches + 1) * sizeof(*more));

	if (!more) {
		return -ENOMEM;
	}
	walk->stretches = more;
	more[walk->n_stretches++] =
		(struct stretch){ .row = log->row, .after = log->base, .last = log->n };
	walk->total += log->n - log->base;
	return 0;
}

/* What is more than LIMIT is passed over, the oldest first. */
static void skip(struct walk *walk, uint64_t limit)
{
	uint64_t left = walk->total > limit ? walk->total - limit : 0;

	for (size_t i = 0; i < walk->n_stretches; i++) {
		struct stretch *at = &walk->stretches[i];
		uint64_t own = at->last - at->after;
		uint64_t skipped = left < own ? left : own;

		at->after += skipped;
		left -= skipped;
	}
}

static int let_others(struct walk *walk, struct ph_error *err)
{
	const struct ph_host *host = walk->cli->host;
	int rc;

	ph_site_pause(walk->site);
	host->between(host->data);
	rc = ph_site_resume(walk->site, err);
	walk->began = rc < 0 ? 0 : ph_site_ms(walk->site);
	return rc;
}

static int read_log(struct walk *walk)
{
	struct ph_journal *journal = ph_site_journal(walk->site);
	int64_t row = walk->at->row;
	int rc = ph_journal_log_at(journal, row, &walk->log);

	rc = rc != 0 ? rc
		     : ph_journal_receipt_get(journal, row, PH_LEVEL_HUB, &walk->at_hub,
					      &walk->hub_time, NULL);
	rc = rc != 0 ? rc
		     : ph_journal_receipt_get(journal, row, PH_LEVEL_BACKUP,
					      &walk->at_backup, &walk->backup_time, NULL);
	rc = rc != 0 ? rc
		     : ph_journal_entry_each(journal, row, walk->at->after, on_entry,
					     walk);
	return rc == ENDED ? 0 : rc;
}

static int fail(int rc, struct ph_error *err)
{
	return ph_fail_errno(err, rc < 0 ? rc : -EUCLEAN,
			     ph_say("reading the log", "đọc nhật ký"));
}

static int walk_all(struct walk *walk, uint64_t limit, struct ph_error *err)
{
	struct ph_site_info info;
	int rc;

	ph_site_info(walk->site, &info);
	walk->began = ph_site_ms(walk->site);
	rc = ph_journal_logs_of_device(ph_site_journal(walk->site), info.device_id,
				       on_log, walk);
	skip(walk, limit);
	for (size_t i = 0; rc == 0 && i < walk->n_stretches; i++) {
		walk->at = &walk->stretches[i];
		while (rc == 0 && walk->at->after < walk->at->last) {
			rc = read_log(walk);
			if (rc != REST) {
				break;
			}
			rc = let_others(walk, err);
			if (rc < 0) {
				return rc;
			}
		}
	}
	return rc == 0 ? 0 : fail(rc, err);
}

/* The first entry has a comma before it, too, which is not written. */
static int print_json(const struct walk *walk, uint64_t limit)
{
	const char *entries =
		walk->text->len > 0 ? (const char *)walk->text->data + 1 : "";
	size_t len = walk->text->len > 0 ? walk->text->len - 1 : 0;
	bool more = walk->total > limit;

	return fputs("{\"schema\":1,\"entries\":[", stdout) == EOF ||
			       fwrite(entries, 1, len, stdout) != len ||
			       printf("],\"more\":%s}\n", more ? "true" : "false") < 0
		       ? PH_OUT_LOST
		       : 0;
}

/* A sheet does not show that there is more than it has. */
static void tell_more(const struct walk *walk, uint64_t limit)
{
	char given[PH_NUMBER_TEXT];
	char all[PH_NUMBER_TEXT];

	if (ph_sheet_is_wanted() && walk->total > limit) {
		fprintf(stderr,
			ph_say("only the last %s of %s entries: --limit N for more\n",
			       "chỉ %s giao dịch cuối trên %s: --limit N để xem thêm\n"),
			ph_number(given, limit), ph_number(all, walk->total));
	}
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	const char *const headings[] = {
		ph_say("n", "số"),          ph_say("time", "lúc"),
		ph_say("where", "tới đâu"), ph_say("kind", "loại"),
		ph_say("what", "nội dung"), ph_say("reference", "tham chiếu"),
	};
	struct walk walk = { .cli = cli };
	struct ph_buf text = { 0 };
	uint64_t limit = LIMIT_DEFAULT;
	int rc = ph_cli_get_uint(cli, "limit", 1, cli->host ? LIMIT_HOST : LIMIT_MAX,
				 &limit, err);

	if (rc == 0) {
		rc = ph_command_open(cli, &walk.site, err);
	}
	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		walk.text = &text;
	} else {
		walk.table = ph_table_new(headings, 6, cli->plain);
	}
	rc = walk.text || walk.table ? walk_all(&walk, limit, err) : -ENOMEM;
	if (rc == 0) {
		rc = walk.text ? print_json(&walk, limit)
			       : ph_table_print(walk.table, stdout);
	}
	if (rc == 0) {
		tell_more(&walk, limit);
	}
	ph_buf_wipe(&text);
	free(walk.stretches);
	ph_table_free(walk.table);
	ph_site_close(walk.site);
	return rc;
}

static const struct ph_cli_option options[] = {
	{ "limit", "N", "so many of the last entries; 20 if not given" },
	PH_EXPORT_OPTIONS,
	{ NULL, NULL, NULL },
};

const struct ph_cli_command ph_cmd_log = {
	.name = "log",
	.group = "This site",
	.args = "",
	.doc = "the last entries, and how far each has come",
	.options = options,
	.run = run,
};

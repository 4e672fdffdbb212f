/*
 * tests/bench/dump.c - every entry that a hub holds, as `packhorsed log` shows it, however
 * many there are (`log` answers with at most 10,000 of each log), and with the personal
 * fields of readers opened.
 *
 * An entry that cannot be read, or whose sealed part is not here or does not open, ends it.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/log/entry.h"
#include "common/log/journal.h"
#include "common/log/json.h"
#include "daemon/hub.h"
#include "daemon/hub_part.h"
#include "tests/bench/bench.h"

struct walk {
	struct ph_journal *journal;
	const struct ph_log *log;
	struct ph_opener opener;
};

static int print_json(json_t *item)
{
	int rc = !item ? -ENOMEM : json_dumpf(item, stdout, JSON_COMPACT) != 0 ? -EIO : 0;

	json_decref(item);
	return rc != 0 || putchar('\n') != EOF ? rc : -EIO;
}

static int print_entry(void *data, uint64_t n, struct ph_view bytes)
{
	const struct walk *walk = data;
	struct ph_ref ref = { .n = n };
	struct ph_buf plain = { 0 };
	uint8_t hash[PH_HASH_SIZE];
	char text[PH_REF_TEXT];
	struct ph_entry entry;
	int rc = ph_entry_decode(bytes, &entry);

	if (rc != 0) {
		return rc < 0 ? rc : -EBADMSG;
	}
	ph_entry_hash(bytes, hash);
	memcpy(ref.log_id, walk->log->id, sizeof(ref.log_id));
	memcpy(ref.hash, hash, sizeof(ref.hash));
	ph_ref_text(text, &ref);
	if (entry.kind->n_sealed > 0 && entry.field[entry.kind->commit].set) {
		rc = walk->opener.open(walk->opener.data, &ref, &plain);
		rc = rc == 0 ? ph_part_decode(PH_VIEW(plain.data, plain.len), &entry)
			     : rc;
	}
	if (rc == 0) {
		json_t *item = ph_entry_to_json(&entry);

		json_object_set_new(item, "ref", json_string(text));
		json_object_set_new(item, "log_site",
				    json_integer((json_int_t)walk->log->site));
		rc = print_json(item);
	}
	ph_buf_wipe(&plain);
	return rc > 0 ? -EBADMSG : rc;
}

static int print_log(void *data, const struct ph_log *log)
{
	struct walk *walk = data;

	walk->log = log;
	return ph_journal_entry_each(walk->journal, log->row, log->base, print_entry,
				     walk);
}

int bench_log(const struct bench_args *args, struct ph_error *err)
{
	struct ph_hub *hub = NULL;
	struct walk walk = { 0 };
	int rc = bench_open_hub(&hub, args->word[0], err);

	if (rc == 0) {
		walk.journal = ph_hub_journal(hub);
		walk.opener = ph_hub_opener(hub);
		rc = ph_journal_log_each(walk.journal, print_log, &walk);
	}
	ph_hub_close(hub);
	return bench_fail(err, rc, "reading the logs");
}

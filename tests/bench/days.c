/*
 * tests/bench/days.c - days of a site, written by the real writer into memory.
 *
 * The clock follows the lines; the machine is started once a day (UTC+7), under a boot
 * id that is as random as a real one, for the first entry of each day.
 */
#include "tests/bench/days.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/log/json.h"

enum {
	MARKS_MAX = 64,
};

struct days {
	struct ph_db *db;
	struct ph_journal *journal;
	struct ph_writer *writer;
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	struct ph_sign_pair keys;
	struct ph_box_pair box;
	int64_t at; /* seconds since 1970 */
	struct ph_ref last;
	struct ph_log log;
	uint64_t mark[MARKS_MAX];
	size_t n_marks;
};

static void read_clock(void *data, struct ph_now *now_out)
{
	const struct days *days = data;
	int64_t day = ph_day_of(days->at);
	uint8_t name[8], hash[32];

	memset(now_out, 0, sizeof(*now_out));
	now_out->wall = days->at;
	/* the machine is started a quarter of an hour before the first entry at 7:30 */
	now_out->mono_ms = (uint64_t)(days->at - (ph_day_noon(day) - 17100)) * 1000;
	ph_be64_put(name, (uint64_t)day);
	crypto_generichash(hash, sizeof(hash), name, sizeof(name), NULL, 0);
	memcpy(now_out->boot, hash, sizeof(now_out->boot));
}

static int open_store(struct days *days, struct ph_error *err)
{
	struct ph_db_config config = { .path = ":memory:",
				       .application = PH_STORE_SITE,
				       .steps = ph_journal_steps,
				       .n_steps = ph_journal_steps_count,
				       .create = true };
	int rc = ph_db_open(&days->db, &config, err);

	rc = rc ? rc : ph_journal_open(&days->journal, days->db);
	return rc ? rc : ph_db_begin(days->db);
}

static int start(struct days *days, struct ph_error *err)
{
	struct ph_writer_config config = {
		.journal = days->journal,
		.keys = &days->keys,
		.desk_key = days->box.key,
		.site = 140371,
		.role = PH_ROLE_SITE,
		.clock = { .read = read_clock, .data = days },
		.rng = days->rng,
		.floor = days->at,
	};

	return ph_writer_new(&days->writer, &config, err);
}

/* Put the name of the entry before in the place of each "@". */
static void name_last(json_t *entry, const struct ph_ref *last)
{
	char text[PH_REF_TEXT];
	const char *key;
	json_t *value;

	ph_ref_text(text, last);
	json_object_foreach(entry, key, value)
	{
		const char *string = json_string_value(value);

		if (string != NULL && strcmp(string, "@") == 0) {
			json_object_set_new(entry, key, json_string(text));
		}
	}
}

static int take_entry(struct days *days, json_t *view, struct ph_error *err)
{
	struct ph_buf arena = { 0 };
	struct ph_entry *entry = calloc(1, sizeof(*entry));
	int rc = entry == NULL ? -ENOMEM : 0;

	if (rc == 0 && days->writer == NULL) {
		rc = start(days, err);
	}
	name_last(view, &days->last);
	rc = rc ? rc : ph_entry_from_json(view, NULL, entry, &arena, err);
	rc = rc ? rc : ph_writer_add(days->writer, entry, &days->last, err);
	free(entry);
	ph_buf_deinit(&arena);
	return rc;
}

static int take_line(struct days *days, struct ph_view line, struct ph_error *err)
{
	json_t *object = NULL;
	int rc = ph_json_parse(line, &object, err);

	if (rc != 0) {
		return rc;
	}

	json_t *view = json_object_get(object, "entry");

	if (view != NULL) {
		days->at = json_integer_value(json_object_get(object, "at"));
		rc = take_entry(days, view, err);
	} else if (days->n_marks < MARKS_MAX) {
		days->mark[days->n_marks++] = ph_writer_log(days->writer)->n;
	}
	json_decref(object);
	return rc;
}

int days_read(struct days **days_out, FILE *in, struct ph_error *err)
{
	struct days *days = calloc(1, sizeof(*days));
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int rc = days == NULL ? -ENOMEM : 0;

	if (rc == 0) {
		ph_rng_seed(&days->seeded, 1, &days->rng);
		ph_sign_pair_make(&days->keys, &days->rng);
		ph_box_pair_make(&days->box, &days->rng);
		rc = open_store(days, err);
	}
	while (rc == 0 && (len = getline(&line, &size, in)) > 0) {
		rc = take_line(days, PH_VIEW(line, (size_t)len), err);
	}
	free(line);
	if (rc == 0 && days->writer == NULL) {
		rc = -ENODATA;
	}
	if (rc != 0) {
		days_free(days);
		return rc;
	}
	days->log = *ph_writer_log(days->writer);
	*days_out = days;
	return 0;
}

void days_free(struct days *days)
{
	if (days == NULL) {
		return;
	}
	ph_writer_free(days->writer);
	ph_journal_free(days->journal);
	ph_db_close(days->db);
	sodium_memzero(days, sizeof(*days));
	free(days);
}

const struct ph_log *days_log(const struct days *days)
{
	return &days->log;
}

uint64_t days_mark(const struct days *days, size_t i)
{
	return i < days->n_marks ? days->mark[i] : 0;
}

/* ---- segments ---- */

struct reading {
	struct ph_buf *body;
	uint64_t last;
	int rc;
};

static int on_entry(void *data, uint64_t n, struct ph_view entry)
{
	struct reading *reading = data;

	if (n > reading->last) {
		return 1;
	}
	reading->rc = ph_segment_add(reading->body, entry);
	return reading->rc;
}

static int read_part(struct days *days, uint64_t n, struct ph_pack_part *part,
		     struct ph_buf *plain)
{
	struct ph_buf cipher = { 0 }, box = { 0 };
	int rc = ph_journal_part_get(days->journal, days->log.row, n, &cipher, &box);

	if (rc == 0 && crypto_box_seal_open(part->seed, box.data, box.len, days->box.key,
					    days->box.secret) != 0) {
		rc = -EBADMSG;
	}
	part->n = n;
	part->plain.len = plain->len;
	rc = rc ? rc
		: ph_part_open(part->seed, days->log.id, n, ph_buf_view(&cipher), plain);
	part->plain.len = plain->len - part->plain.len;
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
	return rc;
}

int days_segment(struct days *days, uint64_t first, uint64_t last,
		 struct ph_pack_where *where, struct ph_buf *body,
		 struct ph_pack_part **parts_out, size_t *n_parts_out,
		 struct ph_buf *plain)
{
	size_t count = (size_t)(last - first + 1), n_parts = 0, at = plain->len;
	struct reading reading = { .body = body, .last = last };
	uint64_t *numbers = calloc(count, sizeof(*numbers));
	struct ph_pack_part *parts = calloc(count, sizeof(*parts));
	int rc = numbers == NULL || parts == NULL ? -ENOMEM : 0;

	if (rc == 0) {
		ph_journal_entry_each(days->journal, days->log.row, first - 1, on_entry,
				      &reading);
		rc = reading.rc;
	}
	rc = rc ? rc
		: ph_journal_parts_in(days->journal, days->log.row, first - 1, last,
				      numbers, count, &n_parts);
	for (size_t i = 0; i < n_parts && rc == 0; i++) {
		rc = read_part(days, numbers[i], &parts[i], plain);
	}
	for (size_t i = 0; i < n_parts && rc == 0; i++) {
		parts[i].plain.data = plain->data + at;
		at += parts[i].plain.len;
	}
	free(numbers);
	if (rc != 0) {
		free(parts);
		return rc;
	}
	*where = (struct ph_pack_where){ .first = first, .last = last };
	memcpy(where->log_id, days->log.id, PH_LOG_ID_SIZE);
	*parts_out = parts;
	*n_parts_out = n_parts;
	return 0;
}

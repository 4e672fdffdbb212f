/*
 * tests/bench/write.c - entries into an enrolled site, at the times they would have.
 *
 * Stamps cost bytes on the wire, so a week that is written in a second must not carry
 * one second's stamps. The site is opened with a clock that follows the lines:
 *
 *   {"at": seconds since 1970, "entry": {the JSON view of an entry}}
 *
 * The machine is started once a day (UTC+7), as a library's PC is: another boot, and so
 * a clock-mark, for the first entry of each day. "@" as a value stands for the entry
 * written before. All lines go into one commit; it is the sync that is measured.
 *
 * A line that is no such object, or an entry that the log refuses, ends it: nothing is
 * written then.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/site.h"
#include "tests/bench/bench.h"

struct follow {
	int64_t at;
};

static void read_clock(void *data, struct ph_now *now_out)
{
	const struct follow *follow = data;
	int64_t day = ph_day_of(follow->at);

	memset(now_out, 0, sizeof(*now_out));
	now_out->wall = follow->at;
	/* noon less half a day is midnight, when nobody works */
	now_out->mono_ms = (uint64_t)(follow->at - (ph_day_noon(day) - 43200)) * 1000;
	ph_be64_put(now_out->boot, (uint64_t)day);
}

/* Put the name of the entry before in the place of each "@". */
static int name_last(json_t *entry, const struct ph_ref *last)
{
	char text[PH_REF_TEXT];
	const char *key;
	json_t *value;

	ph_ref_text(text, last);
	json_object_foreach(entry, key, value)
	{
		const char *string = json_string_value(value);

		if (string && strcmp(string, "@") == 0 &&
		    json_object_set_new(entry, key, json_string(text)) != 0) {
			return -ENOMEM;
		}
	}
	return 0;
}

static int write_line(struct ph_site *site, json_t *object, struct ph_ref *last,
		      struct ph_error *err)
{
	json_t *view = json_object_get(object, "entry");
	struct ph_buf arena = { 0 };
	struct ph_entry *entry = calloc(1, sizeof(*entry));
	int rc = !json_is_object(view) ? -EINVAL : entry ? 0 : -ENOMEM;

	if (rc == 0) {
		rc = name_last(view, last);
	}
	if (rc == 0) {
		rc = ph_entry_from_json(view, NULL, entry, &arena, err);
	}
	if (rc == 0) {
		rc = ph_site_write(site, entry, 1, last, err);
	}
	free(entry);
	ph_buf_wipe(&arena);
	return bench_fail(err, rc, "writing an entry");
}

static int open_at(struct ph_site **site_out, const char *dir, struct follow *follow,
		   struct ph_error *err)
{
	int rc = ph_site_open(site_out,
			      &(struct ph_site_config){ .dir = dir,
							.who = "bench",
							.wait_ms = 5000,
							.clock = { read_clock, follow },
							.rng = ph_rng_system },
			      err);

	return rc < 0 ? rc : ph_site_begin(*site_out, err);
}

int bench_write(const struct bench_args *args, struct ph_error *err)
{
	struct follow follow = { 0 };
	struct ph_site *site = NULL;
	struct ph_ref last = { 0 };
	char *line = NULL;
	size_t size = 0;
	uint64_t count = 0;
	ssize_t len;
	int rc = 0;

	while (rc == 0 && (len = getline(&line, &size, stdin)) > 0) {
		json_t *object = NULL;

		rc = ph_json_parse(PH_VIEW(line, (size_t)len), &object, err);
		if (rc < 0) {
			break;
		}
		follow.at = json_integer_value(json_object_get(object, "at"));
		if (!site) {
			rc = open_at(&site, args->word[0], &follow, err);
		}
		if (rc == 0) {
			rc = write_line(site, object, &last, err);
		}
		json_decref(object);
		count++;
	}
	free(line);
	if (rc == 0 && site) {
		rc = ph_site_commit(site, err);
	}
	if (rc == 0 && site) {
		printf("{\"lines\":%llu,\"log_entries\":%llu}\n",
		       (unsigned long long)count,
		       (unsigned long long)ph_site_log(site)->n);
	}
	ph_site_close(site);
	return rc;
}

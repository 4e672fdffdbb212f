/*
 * daemon/hub_command_history.c - history: the logs as they were signed, a page at a time.
 *
 * A page is of one branch of one log, and says where the next one begins. Branches are
 * walked by their rows, which never change, and of each up to the head that its first page
 * told, so what comes meanwhile disturbs nothing.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"

#include <errno.h>

#include "common/base/text.h"

#define PAGE_MAX (256u << 10) /* bytes of entries, a little over */

struct page {
	json_t *entries;
	struct ph_buf hex;
	size_t bytes;
	uint64_t last; /* number of the last entry in it */
};

static int set_hex(json_t *out, const char *name, const uint8_t *data, size_t len)
{
	char text[2 * PH_KEY_SIZE + 1];

	ph_hex(text, data, len);
	return json_object_set_new(out, name, json_string(text)) ? -ENOMEM : 0;
}

static int add_entry(void *data, uint64_t n, struct ph_view entry)
{
	struct page *page = data;
	json_t *text;
	int rc;

	if (page->bytes >= PAGE_MAX) {
		return 1;
	}
	rc = ph_buf_reserve(&page->hex, 2 * entry.len + 1);
	if (rc < 0) {
		return rc;
	}
	ph_hex((char *)page->hex.data, entry.data, entry.len);
	text = json_stringn((const char *)page->hex.data, 2 * entry.len);
	page->bytes += entry.len;
	page->last = n;
	return json_array_append_new(page->entries, text) ? -ENOMEM : 0;
}

/* The branch at ROW or, if --site asks for others, the next one of that site. */
static int find_branch(struct ph_hub *hub, const json_t *request, int64_t row,
		       struct ph_log *log, struct ph_error *err)
{
	const char *code = ph_request_text(request, "site");
	struct ph_hub_site site = { 0 };
	int rc = code ? ph_hub_site_need(hub, code, &site, err) : 0;

	if (rc < 0) {
		return rc;
	}
	for (;; row++) {
		rc = ph_journal_log_at(hub->journal, row, log);
		if (rc != 0 || !code || log->site == site.number) {
			return rc;
		}
	}
}

static int show_page(struct ph_hub *hub, const struct ph_log *log, uint64_t after,
		     json_t *answer)
{
	struct page page = { .entries = json_array(), .last = after };
	int rc = ph_journal_entry_each(hub->journal, log->row, after, add_entry, &page);

	ph_buf_deinit(&page.hex);
	if (json_object_set_new(answer, "entries", page.entries) != 0) {
		return -ENOMEM;
	}
	if (rc < 0) {
		return rc;
	}
	rc = set_hex(answer, "log", log->id, sizeof(log->id));
	rc = rc < 0 ? rc : set_hex(answer, "key", log->key, sizeof(log->key));
	if (rc < 0) {
		return rc;
	}
	return json_object_set_new(answer, "row", json_integer((json_int_t)log->row)) ||
			       json_object_set_new(answer, "branch",
						   json_integer(log->branch)) ||
			       json_object_set_new(answer, "site",
						   json_integer((json_int_t)log->site)) ||
			       json_object_set_new(answer, "role",
						   json_integer((json_int_t)log->role)) ||
			       json_object_set_new(answer, "n",
						   json_integer((json_int_t)log->n)) ||
			       json_object_set_new(answer, "last",
						   json_integer((json_int_t)page.last))
		       ? -ENOMEM
		       : 0;
}

int ph_hub_history(struct ph_hub *hub, const json_t *request, json_t *answer,
		   struct ph_error *err)
{
	json_int_t row = json_integer_value(json_object_get(request, "row"));
	json_int_t after = json_integer_value(json_object_get(request, "after"));
	struct ph_log log;
	int rc;

	if (row < 0 || after < 0) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("row, after: numbers from 0 on",
				      "row, after: là số từ 0 trở lên"));
	}
	rc = find_branch(hub, request, row > 0 ? row : 1, &log, err);
	if (rc == PH_JOURNAL_E_NONE) {
		return 0; /* no "row": there is no more */
	}
	rc = rc < 0 ? rc : show_page(hub, &log, (uint64_t)after, answer);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading the logs", "đọc các nhật ký"))
		      : 0;
}

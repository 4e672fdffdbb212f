/*
 * client/cmd_register_list.c - packhorse title list, reader list: all that this site knows.
 *
 * One line a class: what was registered twice and joined stands once. In the order in which
 * people look for them: titles by their words, readers by given name. A reader whose name
 * does not open here is shown by card, one that was erased not at all.
 */
#include <errno.h>
#include <stdlib.h>

#include "client/page.h"
#include "common/base/text.h"
#include "common/cli/list_page.h"
#include "common/cli/listing_rows.h"
#include "common/cli/out.h"

static const struct kind {
	const char *name;
	enum ph_listing list;
	int (*key)(struct ph_view name, struct ph_buf *out);
} titles = { "titles", PH_LISTING_TITLES, ph_text_fold },
  readers = { "readers", PH_LISTING_READERS, ph_text_name_key };

struct line {
	json_t *view; /* borrowed from the list */
	struct ph_buf key;
};

static int compare(const void *a, const void *b)
{
	return ph_view_compare(ph_buf_view(&((const struct line *)a)->key),
			       ph_buf_view(&((const struct line *)b)->key));
}

/* LIST, in order, in *OUT. */
static int sort(const struct kind *kind, const json_t *list, json_t **out)
{
	size_t n = json_array_size(list);
	struct line *lines = calloc(n > 0 ? n : 1, sizeof(*lines));
	json_t *sorted = json_array();
	int rc = lines && sorted ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		const char *name;

		lines[i].view = json_array_get(list, i);
		name = json_string_value(json_object_get(lines[i].view, "name"));
		rc = kind->key(ph_view_str(name ? name : ""), &lines[i].key);
	}
	if (rc == 0) {
		qsort(lines, n, sizeof(lines[0]), compare);
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = json_array_append(sorted, lines[i].view) ? -ENOMEM : 0;
	}
	for (size_t i = 0; lines && i < n; i++) {
		ph_buf_wipe(&lines[i].key);
	}
	free(lines);
	if (rc != 0) {
		json_decref(sorted);
		return rc;
	}
	*out = sorted;
	return 0;
}

static int print(const struct ph_cli *cli, const struct kind *kind, json_t *list)
{
	int rc;

	if (cli->json) {
		return ph_out_json(
			json_pack("{s:i, s:o}", "schema", 1, kind->name, list));
	}
	rc = ph_listing_rows(cli, kind->name, list);
	json_decref(list);
	return rc;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	const struct kind *kind = cli->command->data;
	struct ph_list_query query = { .list = { .list = kind->list } };
	struct ph_ledger *ledger;
	struct ph_opener opener;
	struct ph_site *site = NULL;
	json_t *list = NULL, *sorted = NULL;
	int rc = ph_command_open(cli, &site, err);

	if (rc < 0) {
		return rc;
	}
	opener = ph_page_opener(site);
	query.list.opener = &opener;
	ledger = ph_site_ledger(site, err);
	rc = ledger ? ph_list_all(ledger, &query, &list) : -EIO;
	rc = rc != 0 ? rc : sort(kind, list, &sorted);
	rc = rc != 0 ? rc : print(cli, kind, sorted);
	json_decref(list);
	ph_site_close(site);
	return rc < 0 && rc != PH_OUT_LOST
		       ? ph_fail_errno(err, rc, ph_say("listing", "lập danh sách"))
		       : rc;
}

static const struct ph_cli_option options[] = { PH_EXPORT_OPTIONS, { 0 } };

const struct ph_cli_command ph_cmd_title_list = {
	.name = "title list",
	.group = "The catalogue",
	.args = "",
	.doc = "all titles that are known here, with the number of their copies",
	.options = options,
	.run = run,
	.data = &titles,
};

const struct ph_cli_command ph_cmd_reader_list = {
	.name = "reader list",
	.group = "Readers",
	.args = "",
	.doc = "all readers that are known here, by given name",
	.options = options,
	.run = run,
	.data = &readers,
};

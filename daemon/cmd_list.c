/* daemon/cmd_list.c - packhorsed list: a page of a list, as a table. */
#include "daemon/cmd.h"

#include "common/cli/export.h"
#include "common/cli/kind_rows.h"
#include "common/cli/listing_rows.h"
#include "common/cli/out.h"
#include "daemon/ask.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     10000

static int make_request(struct ph_cli *cli, json_t *request, struct ph_error *err)
{
	static const char *const texts[] = { "site",   "commune", "kind", "after",
					     "period", "from",    "to" };
	uint64_t limit = ph_export_is_asked(cli) ? LIMIT_MAX : LIMIT_DEFAULT;
	int rc = ph_cli_get_uint(cli, "limit", 1, LIMIT_MAX, &limit, err);

	rc = rc != 0 ? rc : ph_request_set(request, "what", cli->args[0], err);
	for (size_t i = 0; rc == 0 && i < sizeof(texts) / sizeof(texts[0]); i++) {
		rc = ph_request_set(request, texts[i], ph_cli_get(cli, texts[i]), err);
	}
	if (rc < 0) {
		return rc;
	}
	return json_object_set_new(request, "limit", json_integer((json_int_t)limit)) ||
			       json_object_set_new(request, "names",
						   json_boolean(ph_cli_has(cli, "names")))
		       ? -ENOMEM
		       : 0;
}

int ph_cmd_list(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = ph_request("list");
	json_t *answer;
	json_t *items;
	const char *next;
	int rc = make_request(cli, request, err);

	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	rc = ph_ask_pages(cli, request, "items", &answer, err);
	if (rc < 0) {
		return rc;
	}
	items = json_incref(json_object_get(answer, "items"));
	next = json_string_value(json_object_get(answer, "next"));
	rc = ph_listing_print(cli, cli->args[0], items, next ? next : "",
			      ph_listing_named(cli->args[0]) < 0 ? ph_kind_rows
								 : ph_listing_rows);
	json_decref(answer);
	return rc;
}

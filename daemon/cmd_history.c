/*
 * daemon/cmd_history.c - packhorsed history: every entry of every log, as it was signed.
 *
 * One line for each branch of a log, in the form of docs/OPERATIONS.md, "History". It is
 * written as its pages come, so no log is ever held whole; as a sheet, a row for each entry,
 * all is.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/base/text.h"
#include "common/cli/export.h"
#include "common/cli/out.h"
#include "common/cli/sheet.h"
#include "common/cli/table.h"
#include "daemon/ask.h"

struct place {
	json_int_t row;         /* of the branch to go on with; 0: from the first on */
	json_int_t after;       /* its entries up to here are printed */
	json_int_t end;         /* its last entry, as its first page told */
	struct ph_table *table; /* of a sheet; NULL: lines are printed */
};

static json_int_t number_of(const json_t *page, const char *name)
{
	return json_integer_value(json_object_get(page, name));
}

static int ask(const struct ph_cli *cli, const struct place *place, json_t **page_out,
	       struct ph_error *err)
{
	json_t *request = ph_request("history");
	int rc = ph_request_set(request, "site", ph_cli_get(cli, "site"), err);

	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	ph_request_put(&request, "row", json_integer(place->row));
	ph_request_put(&request, "after", json_integer(place->after));
	return ph_ask(cli, request, page_out, err);
}

/* What a line begins with: whose log it is. */
static void begin_line(const json_t *page)
{
	printf("{\"log\":\"%s\",\"branch\":%" JSON_INTEGER_FORMAT
	       ",\"site\":%" JSON_INTEGER_FORMAT ",\"role\":%" JSON_INTEGER_FORMAT
	       ",\"key\":\"%s\",\"entries\":[",
	       json_string_value(json_object_get(page, "log")), number_of(page, "branch"),
	       number_of(page, "site"), number_of(page, "role"),
	       json_string_value(json_object_get(page, "key")));
}

/* The same and an entry, as a row. */
static void add_row(struct ph_table *table, const json_t *page, json_int_t n,
		    const json_t *entry)
{
	ph_table_cell(table, json_string_value(json_object_get(page, "log")));
	ph_table_number(table, number_of(page, "branch"));
	ph_table_number(table, number_of(page, "site"));
	ph_table_number(table, number_of(page, "role"));
	ph_table_cell(table, json_string_value(json_object_get(page, "key")));
	ph_table_number(table, n);
	ph_table_cell(table, json_string_value(entry));
}

/* The entries of PAGE up to the end of the line; PLACE moves behind them. */
static int print_page(const json_t *page, struct place *place)
{
	const json_t *entry;
	size_t i;

	if (place->after == 0) {
		place->row = number_of(page, "row");
		place->end = number_of(page, "n");
		if (!place->table) {
			begin_line(page);
		}
	}
	json_array_foreach(json_object_get(page, "entries"), i, entry)
	{
		if (place->after == place->end) {
			break;
		}
		if (place->table) {
			add_row(place->table, page, ++place->after, entry);
			continue;
		}
		printf("%s\"%s\"", place->after++ > 0 ? "," : "",
		       json_string_value(entry));
	}
	if (i == 0 && place->after < place->end) {
		return -EBADMSG;
	}
	if (place->after == place->end) {
		if (!place->table) {
			puts("]}");
		}
		*place = (struct place){ .row = place->row + 1, .table = place->table };
	}
	return 0;
}

static int print_all(const struct ph_cli *cli, struct ph_table *table,
		     struct ph_error *err)
{
	struct place place = { .table = table };
	json_t *page;
	bool more;
	int rc;

	do {
		rc = ask(cli, &place, &page, err);
		if (rc < 0) {
			return rc;
		}
		more = json_object_get(page, "row") != NULL;
		rc = more ? print_page(page, &place) : 0;
		json_decref(page);
		if (rc < 0) {
			return ph_fail_errno(
				err, rc, ph_say("reading the logs", "đọc các nhật ký"));
		}
	} while (more && !ferror(stdout));
	return table ? ph_table_print(table, stdout) : ph_out_flush("", err);
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	static const char *const columns[] = { "log", "branch", "site", "role",
					       "key", "n",      "entry" };
	struct ph_table *table =
		ph_sheet_is_wanted() ? ph_table_new(columns, 7, true) : NULL;
	int rc = !table && ph_sheet_is_wanted() ? -ENOMEM : print_all(cli, table, err);

	ph_table_free(table);
	return rc;
}

static const struct ph_cli_option options[] = {
	{ "site", "CODE", "only logs of this site" },
	PH_EXPORT_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmds_history[] = {
	{ "history", "Looking", "", 0, 0,
	  "every entry of every log, as it was signed, one line a log\n"
	  "For whoever wants to reckon what the ledger says for himself; sealed parts "
	  "are "
	  "not in it.",
	  options, run, NULL },
	{ 0 },
};

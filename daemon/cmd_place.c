/*
 * daemon/cmd_place.c - packhorsed site, commune, policy: what the control log says.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/json_memory.h"
#include "common/cli/out.h"
#include "common/cli/value_words.h"
#include "daemon/ask.h"

#define COMMUNES_FILE_MAX (16u << 20)
#define COMMUNES_AT_ONCE  200 /* with the longest names well below PH_LINE_MAX */

/* VALUE of the column NAME as people say it. */
static const char *place_word(const char *name, const char *value)
{
	return ph_value_say(strcmp(name, "status") == 0 ? "site-status" : name, value);
}

/* VALUE of the column NAME as a cell; of a list, its texts with blanks between them. NULL: of no name. */
static int place_cell(struct ph_table *table, const char *name, const json_t *value)
{
	struct ph_buf words = { 0 };
	const json_t *one;
	size_t i;
	int rc = 0;

	if (json_is_integer(value)) {
		ph_table_number(table, json_integer_value(value));
		return 0;
	}
	if (!json_is_array(value)) {
		const char *text = value ? json_string_value(value) : "";

		ph_table_cell(table, name ? place_word(name, text) : text);
		return 0;
	}
	json_array_foreach(value, i, one)
	{
		rc = rc != 0 ? rc
			     : ph_buf_printf(&words, "%s%s", i > 0 ? " " : "",
					     json_string_value(one));
	}
	rc = rc != 0 ? rc : ph_buf_put_u8(&words, '\0');
	if (rc == 0) {
		ph_table_cell(table, (const char *)words.data);
	}
	ph_buf_deinit(&words);
	return rc;
}

/* Print the answer's list MEMBER as JSON or as a table of COLUMNS, whose names are the members. */
static int print_list(const struct ph_cli *cli, json_t *answer, const char *member,
		      const char *const *columns, unsigned n_columns)
{
	struct ph_table *table;
	json_t *item;
	size_t i;
	int rc = 0;

	if (cli->json) {
		return ph_out_json(answer);
	}
	table = ph_table_new(columns, n_columns, cli->plain);
	if (!table) {
		json_decref(answer);
		return -ENOMEM;
	}
	json_array_foreach(json_object_get(answer, member), i, item)
	{
		for (unsigned c = 0; rc == 0 && c < n_columns; c++) {
			rc = place_cell(table, cli->plain ? NULL : columns[c],
					json_object_get(item, columns[c]));
		}
	}
	rc = rc != 0 ? rc : ph_table_print(table, stdout);
	ph_table_free(table);
	json_decref(answer);
	return rc;
}

static int list(struct ph_cli *cli, const char *command, const char *member,
		const char *const *columns, unsigned n_columns, struct ph_error *err)
{
	json_t *answer;
	int rc = ph_ask(cli, ph_request(command), &answer, err);

	return rc < 0 ? rc : print_list(cli, answer, member, columns, n_columns);
}

/* Ask, then say what was done in a line, or in JSON. */
static int act(struct ph_cli *cli, json_t *request, const char *done,
	       struct ph_error *err)
{
	json_t *answer;
	const char *warning;
	int rc = ph_ask(cli, request, &answer, err);

	if (rc < 0) {
		return rc;
	}
	warning = json_string_value(json_object_get(answer, "warning"));
	if (warning) {
		fprintf(stderr, "%s: %s\n", cli->program->name, warning);
	}
	if (cli->json) {
		return ph_out_json(answer);
	}
	fprintf(stderr, "%s\n", done);
	json_decref(answer);
	return 0;
}

int ph_cmd_site_add(struct ph_cli *cli, struct ph_error *err)
{
	static const char *const options[] = { "commune", "kind", "name", "status" };
	json_t *request = ph_request("site-add");
	bool update = ph_cli_has(cli, "update");
	char done[128];
	int rc = ph_request_set(request, "code", cli->args[0], err);

	for (size_t i = 0; rc == 0 && i < sizeof(options) / sizeof(options[0]); i++) {
		if (!update && i < 3 && !ph_cli_has(cli, options[i])) {
			rc = ph_cli_usage(
				cli, err,
				ph_say("--commune, --kind and --name are needed",
				       "cần có --commune, --kind và --name"));
		}
		if (rc == 0) {
			rc = ph_request_set(request, options[i],
					    ph_cli_get(cli, options[i]), err);
		}
	}
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	ph_request_put(&request, "update", json_boolean(update));
	snprintf(done, sizeof(done),
		 update ? ph_say("changed the site %s", "đã sửa điểm %s")
			: ph_say("added the site %s", "đã thêm điểm %s"),
		 cli->args[0]);
	return act(cli, request, done, err);
}

int ph_cmd_site_list(struct ph_cli *cli, struct ph_error *err)
{
	static const char *const columns[] = { "code", "number", "kind",     "commune",
					       "name", "status", "schedule", "route" };

	return list(cli, "site-list", "sites", columns, 8, err);
}

static int add_commune(json_t *communes, const char *code, const char *name,
		       const char *type, struct ph_error *err)
{
	json_t *item = json_object();
	int rc = ph_request_set(item, "code", code, err);

	if (rc == 0) {
		rc = ph_request_set(item, "name", name, err);
	}
	if (rc == 0) {
		rc = ph_request_set(item, "type", type, err);
	}
	if (rc < 0) {
		json_decref(item);
		return rc;
	}
	return json_array_append_new(communes, item) ? -ENOMEM : 0;
}

/* Ask for COMMUNES from *AT on, as many as go into one request; *AT moves behind them. */
static int send_some(const struct ph_cli *cli, const json_t *communes, size_t *at,
		     json_int_t sums[static 2], struct ph_error *err)
{
	json_t *request = ph_request("commune-add");
	json_t *some = json_array();
	json_t *answer;
	int rc;

	for (unsigned i = 0; i < COMMUNES_AT_ONCE && *at < json_array_size(communes);
	     i++) {
		if (json_array_append(some, json_array_get(communes, (*at)++)) != 0) {
			json_decref(some);
			some = NULL; /* and so is the request */
		}
	}
	ph_request_put(&request, "communes", some);
	rc = ph_ask(cli, request, &answer, err);
	if (rc < 0) {
		return rc;
	}
	sums[0] += json_integer_value(json_object_get(answer, "added"));
	sums[1] += json_integer_value(json_object_get(answer, "unchanged"));
	json_decref(answer);
	return 0;
}

/* Takes COMMUNES. What was asked for before a request that fails is done. */
static int send_communes(const struct ph_cli *cli, json_t *communes, struct ph_error *err)
{
	json_int_t sums[2] = { 0, 0 };
	size_t at = 0;
	int rc;

	do {
		rc = send_some(cli, communes, &at, sums, err);
	} while (rc == 0 && at < json_array_size(communes));
	json_decref(communes);
	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		return ph_out_json(json_pack("{s:i, s:I, s:I}", "schema", 1, "added",
					     sums[0], "unchanged", sums[1]));
	}
	fprintf(stderr,
		ph_say_n((uint64_t)sums[0],
			 "%lld commune added or changed, %lld as they were\n",
			 "%lld communes added or changed, %lld as they were\n",
			 "đã thêm hoặc sửa %lld xã, phường; %lld giữ nguyên\n"),
		(long long)sums[0], (long long)sums[1]);
	return 0;
}

int ph_cmd_commune_add(struct ph_cli *cli, struct ph_error *err)
{
	json_t *communes;
	int rc;

	if (!ph_cli_has(cli, "name")) {
		return ph_cli_usage(cli, err,
				    ph_say("--name is needed", "cần có --name"));
	}
	communes = json_array();
	rc = add_commune(communes, cli->args[0], ph_cli_get(cli, "name"),
			 ph_cli_get(cli, "type"), err);
	if (rc < 0) {
		json_decref(communes);
		return rc;
	}
	return send_communes(cli, communes, err);
}

/* "Phường Tô Hiệu" says its type in its first word. */
static const char *type_of(const char *full_name)
{
	return full_name && strncmp(full_name, "Phường", strlen("Phường")) == 0 ? "phuong"
										: "xa";
}

/* [{"Wards":[{"Code","Name","FullName"} ...]} ...]: provinces with their communes. */
static int read_provinces(const json_t *file, json_t *communes, struct ph_error *err)
{
	const json_t *province;
	const json_t *ward;
	size_t i;
	size_t k;

	json_array_foreach(file, i, province)
	{
		json_array_foreach(json_object_get(province, "Wards"), k, ward)
		{
			const char *code =
				json_string_value(json_object_get(ward, "Code"));
			const char *name =
				json_string_value(json_object_get(ward, "Name"));
			int rc;

			if (!code || !name) {
				return ph_fail(
					err, PH_EXIT_OTHER, -EINVAL,
					ph_say("item %zu of Wards lacks Code or Name",
					       "mục %zu của Wards thiếu Code hoặc Name"),
					k + 1);
			}
			rc = add_commune(communes, code, name,
					 type_of(json_string_value(
						 json_object_get(ward, "FullName"))),
					 err);
			if (rc < 0) {
				return rc;
			}
		}
	}
	return json_array_size(communes) > 0
		       ? 0
		       : ph_fail(err, PH_EXIT_OTHER, -EINVAL,
				 ph_say("no Wards with communes in it",
					"không có Wards chứa các xã"));
}

int ph_cmd_commune_import(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_buf bytes = { 0 };
	json_error_t where;
	json_t *file = NULL;
	json_t *communes = json_array();
	uint64_t shortages = ph_json_shortages();
	int rc = ph_file_read(cli->args[0], COMMUNES_FILE_MAX, &bytes, err);

	if (rc == 0) {
		file = ph_json_loadb((const char *)bytes.data, bytes.len,
				     JSON_REJECT_DUPLICATES, &where);
		rc = ph_json_shortages() != shortages
			     ? ph_fail_errno(err, -ENOMEM, cli->args[0])
		     : file ? read_provinces(file, communes, err)
			    : ph_fail(err, PH_EXIT_OTHER, -EINVAL, "%s: line %d: %s",
				      cli->args[0], where.line, where.text);
	}
	if (rc == 0) {
		rc = send_communes(cli, json_incref(communes), err);
	}
	json_decref(communes);
	json_decref(file);
	ph_buf_deinit(&bytes);
	return rc;
}

int ph_cmd_commune_list(struct ph_cli *cli, struct ph_error *err)
{
	static const char *const columns[] = { "code", "name", "type", "from",
					       "predecessor" };

	return list(cli, "commune-list", "communes", columns, 5, err);
}

int ph_cmd_policy_set(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = ph_request("policy-set");
	int rc = ph_request_set(request, "name", cli->args[0], err);

	if (rc == 0) {
		rc = ph_request_set(request, "value", cli->args[1], err);
	}
	if (rc == 0 && ph_cli_get(cli, "when")) {
		rc = ph_request_set(request, "when", ph_cli_get(cli, "when"), err);
	}
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	return act(cli, request,
		   ph_say("set; it reaches each device with its next sync",
			  "đã đặt; mỗi máy sẽ biết ở lần đồng bộ sau"),
		   err);
}

int ph_cmd_policy_list(struct ph_cli *cli, struct ph_error *err)
{
	static const char *const columns[] = { "name", "value", "from", "now" };

	return list(cli, "policy-list", "policies", columns, 4, err);
}

/*
 * client/cmd_courier.c - packhorse courier: carry other sites' bundles, and show what is carried.
 *
 * It listens on the LAN until it is told to stop. What it carries is sealed for the hub or
 * for one device; the list says for whom, since when, and how much, which is all that a
 * courier can see. At base `packhorse sync` hands all over and takes the next tour's along.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/agent_settings.h"
#include "client/commands.h"
#include "client/courier_serve.h"
#include "common/base/lock.h"
#include "common/cli/out.h"
#include "common/cli/refusal_words.h"
#include "common/cli/export.h"
#include "common/cli/sheet.h"

/* ---- the list ---- */

struct list {
	struct ph_van *van;
	json_t *rows;
	struct ph_table *table;
	uint64_t bytes, n;
};

static int add_json(struct list *list, const struct ph_van_item *item)
{
	const struct ph_bundle_header *header = &item->file.header;
	bool is_up = header->direction == PH_BUNDLE_UP;
	char device[2 * PH_DEVICE_ID_SIZE + 1];
	char made[PH_TIME_TEXT];
	char since[PH_TIME_TEXT];

	ph_hex(device, is_up ? header->from : header->to, PH_DEVICE_ID_SIZE);
	ph_time_text(made, (int64_t)header->made);
	ph_time_text(since, item->since);
	return json_array_append_new(
		list->rows,
		json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:I, s:I, s:s, s:s?}", "file",
			  item->file.name, "direction", is_up ? "up" : "down", "device",
			  device, "site", item->site[0] ? item->site : NULL, "name",
			  item->name[0] ? item->name : NULL, "size",
			  (json_int_t)item->file.size, "number",
			  (json_int_t)header->number, "made", made, "since",
			  item->since ? since : NULL));
}

static void add_row(struct list *list, const struct ph_van_item *item)
{
	const struct ph_bundle_header *header = &item->file.header;
	bool is_up = header->direction == PH_BUNDLE_UP;
	char device[2 * PH_DEVICE_ID_SIZE + 1];
	char made[PH_TIME_TEXT];
	char since[PH_TIME_TEXT];
	char number[PH_NUMBER_TEXT];

	ph_hex(device, is_up ? header->from : header->to, PH_DEVICE_ID_SIZE);
	ph_time_text(made, (int64_t)header->made);
	ph_time_text(since, item->since);
	ph_table_cell(list->table, is_up ? ph_say("to the hub", "về tỉnh")
					 : ph_say("to the site", "tới điểm"));
	ph_table_cell(list->table, item->site);
	ph_table_cell(list->table, item->name);
	ph_table_cellf(list->table, "%.8s", device);
	if (ph_sheet_is_wanted()) {
		ph_table_number(list->table, (long long)item->file.size);
	} else {
		ph_table_cell(list->table, ph_number(number, item->file.size));
	}
	ph_table_cellf(list->table, "%.16s", made);
	ph_table_cellf(list->table, "%.16s", item->since ? since : "");
}

static int on_item(void *data, const struct ph_van_item *item)
{
	struct list *list = data;

	if (item->file.reason) {
		fprintf(stderr,
			ph_say("%s is not carried: %s.\n", "%s không được mang: %s.\n"),
			item->file.name, ph_refusal_words(item->file.reason));
		return 0;
	}
	list->n++;
	list->bytes += item->file.size;
	if (list->table) {
		add_row(list, item);
	}
	return add_json(list, item) < 0 ? -ENOMEM : 0;
}

static bool is_for_people(const struct ph_cli *cli)
{
	return !cli->plain && !ph_sheet_is_wanted();
}

static int print_list(struct ph_cli *cli, struct ph_van *van, struct ph_error *err)
{
	const char *const headings[] = { ph_say("way", "chiều"),
					 ph_say("site", "điểm"),
					 ph_say("name", "tên"),
					 ph_say("device", "máy"),
					 ph_say("bytes", "byte"),
					 ph_say("made", "đóng lúc"),
					 ph_say("carried since", "nhận lúc") };
	struct list list = { .van = van, .rows = json_array() };
	char bytes[PH_NUMBER_TEXT];
	int rc;

	if (!cli->json) {
		list.table = ph_table_new(headings, 7, cli->plain);
	}
	rc = list.rows && (cli->json || list.table) ? 0 : -ENOMEM;
	rc = rc == 0 ? ph_van_each(van, on_item, &list, err) : rc;
	if (rc < 0) {
		rc = ph_fail_errno(
			err, rc,
			ph_say("listing what is carried", "liệt kê những gì đang mang"));
	} else if (cli->json) {
		rc = ph_out_json(json_pack("{s:i, s:O, s:I}", "schema", 1, "bundles",
					   list.rows, "bytes", (json_int_t)list.bytes));
	} else if (list.n == 0 && is_for_people(cli)) {
		printf("%s\n", ph_say("Nothing is carried.", "Không mang gói nào."));
	} else {
		rc = ph_table_print(list.table, stdout);
		if (is_for_people(cli)) {
			printf(ph_say_n(list.n, "%" PRIu64 " bundle, %s bytes.\n",
					"%" PRIu64 " bundles, %s bytes.\n",
					"%" PRIu64 " gói, %s byte.\n"),
			       list.n, ph_number(bytes, list.bytes));
		}
	}
	ph_table_free(list.table);
	json_decref(list.rows);
	return rc;
}

/* ---- carrying ---- */

/* "Thư viện lưu động 14-0900 3f09a1c2": what a person sees who looks for couriers. */
static void make_name(const struct ph_site_info *info, char *out, size_t size)
{
	char id[9];

	ph_hex(id, info->device_id, 4);
	snprintf(out, size, "Packhorse %.*s %s", (int)info->site_code.len,
		 (const char *)info->site_code.data, id);
}

static int serve(struct ph_cli *cli, struct ph_van *van, const struct ph_site_info *info,
		 struct ph_error *err)
{
	struct ph_agent_settings settings;
	struct ph_courier_serve config = { .van = van };
	char name[PH_SITE_CODE_MAX + 32];
	int rc = ph_agent_settings_load(&settings, cli->dir, err);

	if (rc < 0) {
		return rc;
	}
	config.listen = ph_cli_get(cli, "listen");
	if (!config.listen && settings.courier_listen[0]) {
		config.listen = settings.courier_listen;
	}
	make_name(info, name, sizeof(name));
	config.name = ph_cli_has(cli, "quiet") ? NULL : name;
	return ph_courier_serve(&config, err);
}

/* Two of one folder would be met under one name, and each would tell of the other's bundles. */
static int serve_alone(struct ph_cli *cli, struct ph_van *van,
		       const struct ph_site_info *info, struct ph_error *err)
{
	struct ph_lock lock;
	int rc = ph_lock_take_named(&lock, cli->dir, "courier.lock", "courier",
				    PH_COMMAND_WAIT_MS, err);

	if (rc == 0) {
		rc = serve(cli, van, info, err);
		ph_lock_release(&lock);
	}
	return rc;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	struct ph_site_info info;
	struct ph_van van;
	int rc = ph_export_is_asked(cli) && !ph_cli_has(cli, "list")
			 ? ph_cli_usage(cli, err,
					ph_say("--csv and --xlsx go with --list",
					       "--csv và --xlsx chỉ đi cùng --list"))
			 : ph_command_open(cli, &site, err);

	if (rc < 0) {
		return rc;
	}
	ph_site_info(site, &info);
	rc = ph_van_open(&van, site, cli->dir, ph_clock_system, err);
	if (rc == 0) {
		ph_site_pause(site); /* whoever syncs meanwhile needs it */
		rc = ph_cli_has(cli, "list") ? print_list(cli, &van, err)
					     : serve_alone(cli, &van, &info, err);
		ph_van_close(&van);
	}
	ph_site_close(site);
	return rc;
}

static const struct ph_cli_option options[] = {
	{ "list", NULL, "what is carried, for whom, since when; and end" },
	{ "listen", "ADDR:PORT",
	  "listen there; if not given, on every address, port 7416" },
	{ "quiet", NULL, "do not announce it on the network" },
	PH_EXPORT_OPTIONS,
	{ NULL, NULL, NULL },
};

const struct ph_cli_command ph_cmd_courier = {
	.name = "courier",
	.group = "The road",
	.args = "",
	.doc = "carry sealed bundles between sites and the hub, in a van\n"
	       "\n"
	       "For a device that was enrolled as a courier. Sites that meet it hand "
	       "over "
	       "what\n"
	       "waits for the hub and take what the hub sent them; nobody who carries it "
	       "can\n"
	       "read it. At base, `packhorse sync` hands all over and takes the next "
	       "along.\n"
	       "Runs until it is told to stop.",
	.options = options,
	.run = run,
};

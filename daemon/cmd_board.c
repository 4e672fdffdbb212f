/*
 * daemon/cmd_board.c - packhorsed board: one line a site, the worst first.
 *
 * The line of a site that is silent is followed by one for each device that is.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/cli/export.h"
#include "common/cli/out.h"
#include "common/cli/sheet.h"
#include "daemon/ask.h"

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static long long number_of(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* ---- words ---- */

struct word {
	const char *code, *english, *vietnamese;
	const char *colour; /* of a state, on a terminal */
};

static const struct word states[] = {
	{ "overdue", "overdue", "quá hạn", "\033[31m" },
	{ "never", "never heard", "chưa từng gửi", "\033[31m" },
	{ "silent", "a device is silent", "có máy im lặng", "\033[33m" },
	{ "due", "due", "đến hạn", "\033[33m" },
	{ "in-time", "in time", "đúng hẹn", "\033[32m" },
	{ "closed", "closed", "đã đóng", "" },
};
static const struct word roads[] = {
	{ "network", "network", "mạng", "" },
	{ "stick", "stick", "USB", "" },
	{ "courier", "courier", "xe thư viện", "" },
	{ "sibling", "another PC of the site", "máy khác cùng điểm", "" },
};
static const struct word whys[] = {
	{ "no-device", "no device of it has joined yet", "chưa có máy nào tham gia", "" },
	{ "cut-off", "its device was cut off", "máy ở đó đã bị cắt", "" },
	{ "retired", "its device was retired", "máy ở đó đã ngừng dùng", "" },
	{ "clock", "a clock there was wrong", "đồng hồ ở đó bị sai", "" },
	{ "session", "its last session broke off", "phiên gửi gần nhất bị đứt", "" },
	{ "budget", "its budget of data is used up", "đã dùng hết hạn mức dữ liệu", "" },
	{ "allowance", "it brings more than a device may at once",
	  "gửi quá mức cho phép của một máy", "" },
	{ "hub-disk", "the hub's disk is nearly full", "ổ đĩa ở tỉnh gần đầy", "" },
	{ "no-bundle", "no stick or courier has come since",
	  "từ đó chưa có USB hay xe mang về", "" },
	{ "no-van", "the van has brought nothing since", "từ đó xe chưa mang gì về", "" },
	{ "no-call", "nothing has come since", "từ đó chưa thấy gửi gì", "" },
};

#define COUNT(words) (sizeof(words) / sizeof((words)[0]))

static const char *say(const struct word *words, size_t n, const char *code)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(words[i].code, code) == 0) {
			return ph_say(words[i].english, words[i].vietnamese);
		}
	}
	return code;
}

/* ---- cells ---- */

/* The reasons in a few words. */
static void why_text(const json_t *why, bool plain, char *out, size_t size)
{
	const json_t *one;
	size_t len = 0;
	size_t i;

	out[0] = '\0';
	json_array_foreach(why, i, one)
	{
		const char *code = text_of(one, "code");
		const char *detail = text_of(one, "detail");

		if (len < size) {
			len += (size_t)snprintf(out + len, size - len, "%s%s%s%s%s",
						i ? plain ? "," : "; " : "",
						plain ? code
						      : say(whys, COUNT(whys), code),
						detail[0] ? plain ? ":" : " (" : "",
						detail, detail[0] && !plain ? ")" : "");
		}
	}
}

/* The day and minute of a time, without its seconds and zone. */
static void minute_of(const char *time, char out[static PH_TIME_TEXT])
{
	snprintf(out, PH_TIME_TEXT, "%.10s%s%.5s", time, time[0] ? " " : "",
		 strlen(time) > 11 ? time + 11 : "");
}

struct columns {
	struct ph_table *table;
	bool plain;
};

/* What stands where there is nothing to tell; a sheet has nothing there. */
static const char *nothing(void)
{
	return ph_sheet_is_wanted() ? "" : "-";
}

static void time_cell(const struct columns *to, const json_t *item, const char *name)
{
	char minute[PH_TIME_TEXT];

	minute_of(text_of(item, name), minute);
	ph_table_cell(to->table, to->plain           ? text_of(item, name)
				 : minute[0] != '\0' ? minute
						     : nothing());
}

/* Which of its times is the one to wait for. */
static const char *next_name(const json_t *item)
{
	const char *until = text_of(item, "until");

	if (number_of(item, "overdue_s") > 0 || until[0] == '\0') {
		return "next";
	}
	return strcmp(text_of(item, "state"), "due") == 0 ? "until" : "expected";
}

/* What a site, or a device of one, has in common. */
static void common_cells(const struct columns *to, const json_t *item)
{
	char span[PH_NUMBER_TEXT];
	char text[400];
	const char *road = text_of(item, "road");
	long long overdue = number_of(item, "overdue_s");

	time_cell(to, item, "heard");
	ph_table_cell(to->table, to->plain ? road : say(roads, COUNT(roads), road));
	if (to->plain) {
		ph_table_number(to->table, overdue);
	} else {
		ph_table_cell(to->table,
			      overdue > 0 ? ph_span(span, overdue) : nothing());
	}
	time_cell(to, item, next_name(item));
	ph_table_number(to->table, number_of(item, "pending_up"));
	ph_table_number(to->table, number_of(item, "pending_down"));
	ph_table_number(to->table, number_of(item, "cases"));
	ph_table_number(to->table, number_of(item, "quarantined"));
	why_text(json_object_get(item, "why"), to->plain, text, sizeof(text));
	ph_table_cell(to->table, text);
}

static void device_rows(const struct columns *to, const json_t *item)
{
	const json_t *device;
	size_t i;

	json_array_foreach(json_object_get(item, "devices"), i, device)
	{
		if (json_is_true(json_object_get(device, "is_silent"))) {
			ph_table_cellf(to->table, "  %.8s", text_of(device, "device"));
			ph_table_cell(to->table, "");
			ph_table_cell(to->table, ph_say("silent", "im lặng"));
			common_cells(to, device);
		}
	}
}

static int print_board(const struct ph_cli *cli, const json_t *answer)
{
	const char *const columns[] = { ph_say("site", "điểm"),
					ph_say("name", "tên"),
					ph_say("state", "tình trạng"),
					ph_say("last heard", "nhận gần nhất"),
					ph_say("by", "bằng"),
					ph_say("overdue for", "quá hạn"),
					ph_say("next due", "hẹn tới"),
					ph_say("to come", "chờ gửi"),
					ph_say("to fetch", "chờ nhận"),
					ph_say("cases", "việc cần xem"),
					ph_say("set aside", "để riêng"),
					ph_say("why", "vì sao") };
	struct columns to = { .table = ph_table_new(columns, COUNT(columns), cli->plain),
			      .plain = cli->plain };
	const json_t *item;
	size_t i;
	int rc;

	json_array_foreach(json_object_get(answer, "sites"), i, item)
	{
		const char *state = text_of(item, "state");

		ph_table_cell(to.table, text_of(item, "site"));
		ph_table_cell(to.table, text_of(item, "name"));
		ph_table_cell(to.table,
			      cli->plain ? state : say(states, COUNT(states), state));
		common_cells(&to, item);
		if (!cli->plain && strcmp(state, "silent") == 0) {
			device_rows(&to, item);
		}
	}
	rc = ph_table_print(to.table, stdout);
	ph_table_free(to.table);
	return rc;
}

/* One line that sums it up, for people. */
static void print_states(const json_t *answer)
{
	const json_t *counts = json_object_get(answer, "states");
	const char *between = "";
	bool colour = ph_is_terminal(stdout);

	for (size_t i = 0; i < COUNT(states); i++) {
		long long n = number_of(counts, states[i].code);

		if (n > 0) {
			printf("%s%s%lld %s%s", between, colour ? states[i].colour : "",
			       n, ph_say(states[i].english, states[i].vietnamese),
			       colour ? "\033[0m" : "");
			between = " · ";
		}
	}
	printf("%s\n", between[0] ? "" : ph_say("no sites yet", "chưa có điểm nào"));
}

static int set_request(const struct ph_cli *cli, json_t **request, struct ph_error *err)
{
	static const char *const texts[] = { "site", "commune", "kind" };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < COUNT(texts); i++) {
		rc = ph_request_set(*request, texts[i], ph_cli_get(cli, texts[i]), err);
	}
	ph_request_put(request, "late", json_boolean(ph_cli_has(cli, "late")));
	return rc;
}

static int run_board(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = ph_request("board");
	json_t *answer;
	bool some;
	int rc = set_request(cli, &request, err);

	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	rc = ph_ask(cli, request, &answer, err);
	if (rc < 0) {
		return rc;
	}
	some = json_array_size(json_object_get(answer, "sites")) > 0;
	if (cli->json) {
		rc = ph_out_json(json_incref(answer));
	} else {
		bool is_for_people = !cli->plain && !ph_export_is_asked(cli);

		rc = some || !is_for_people ? print_board(cli, answer) : 0;
		if (is_for_people) {
			print_states(answer);
		}
	}
	json_decref(answer);
	return rc == 0 && some && ph_cli_has(cli, "late") ? PH_EXIT_CASES : rc;
}

static const struct ph_cli_option board_options[] = {
	{ "late", NULL,
	  "only sites that are overdue, were never heard, or have a silent "
	  "device" },
	{ "site", "CODE", "only this site" },
	{ "commune", "CODE", "only sites of this commune" },
	{ "kind", "K", "only sites of this kind" },
	PH_EXPORT_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmds_board[] = {
	{ "board", "Looking", "", 0, 0,
	  "each site by its own timetable: when it was heard, how late it is, why\n"
	  "The worst first. With --late it exits with 13 if there are some.",
	  board_options, run_board, NULL },
	{ 0 },
};

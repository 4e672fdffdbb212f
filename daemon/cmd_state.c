/*
 * daemon/cmd_state.c - packhorsed status, devices, log, query, digest, rebuild, verify.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/json_memory.h"
#include "common/cli/entry_words.h"
#include "common/cli/out.h"
#include "common/cli/rights.h"
#include "common/cli/sheet.h"
#include "common/cli/story_sheet.h"
#include "common/cli/value_words.h"
#include "common/log/control.h"
#include "daemon/ask.h"
#include "daemon/hub_keys.h"

static uint64_t number_of(const json_t *object, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(object, name));
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static int finish(const struct ph_cli *cli, json_t *answer,
		  int (*print)(const json_t *answer))
{
	int rc;

	if (cli->json || cli->plain) {
		return ph_out_script(cli->json, answer);
	}
	rc = print(answer);
	json_decref(answer);
	return rc;
}

/* --- status --- */

static void status_line(const char *label, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void status_line(const char *label, const char *format, ...)
{
	va_list args;

	fputs(label, stdout);
	for (unsigned width = ph_text_width(label); width < 26; width++) {
		putchar(' ');
	}
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void print_put_back(const char *by)
{
	const char *who = strcmp(by, "witness") == 0
				  ? ph_say("its witness tells of more",
					   "tệp chứng của kho biết nhiều hơn")
			  : strcmp(by, "second-medium") == 0
				  ? ph_say("the second medium has what this hub said "
					   "since",
					   "ổ thứ hai có những gì máy chủ đã nói sau đó")
				  : ph_say("devices have what this hub said since",
					   "các máy có những gì máy chủ đã nói sau đó");

	status_line(ph_say("This folder was put back", "Thư mục bị chép lại"),
		    ph_say("hub.db is an older copy: %s (DRILLS, \"A hub's folder was "
			   "copied back\")",
			   "hub.db là bản cũ: %s (DRILLS, \"A hub's folder was copied "
			   "back\")"),
		    who);
}

/* What should have gone with an erasure and is still there: why, or "". */
static void print_stays(const char *courier, const char *backup)
{
	const char *label = ph_say("Cannot be removed", "Không gỡ được");

	if (courier[0]) {
		status_line(
			label,
			ph_say("bundles in courier/ from before a reader was erased: "
			       "%s (OPERATIONS, hub.courier-stays)",
			       "các gói trong courier/ đóng trước khi xóa bạn đọc: %s "
			       "(OPERATIONS, hub.courier-stays)"),
			courier);
	}
	if (backup[0]) {
		status_line(
			label,
			ph_say("a copy of the store that a killed backup left in "
			       "backup/: %s (OPERATIONS, hub.backup-stays)",
			       "bản sao kho dữ liệu mà một lần sao lưu dở dang để lại "
			       "trong backup/: %s (OPERATIONS, hub.backup-stays)"),
			backup);
	}
}

/* What is counted in the life of a hub, once planned rotations have used up their share of it. */
static void print_used(uint64_t logs, uint64_t sets)
{
	if (logs + PH_HUB_ROOM_KEPT < PH_CONTROL_LOGS_MAX &&
	    sets + PH_HUB_ROOM_KEPT < PH_HUB_RING_MAX) {
		return;
	}
	status_line(ph_say("Control logs, key sets", "Nhật ký, bộ khóa đã dùng"),
		    ph_say("%llu of %d, %llu of %d: what is left is for restores and "
			   "stolen keys (DRILLS, \"Sixteen control logs\")",
			   "%llu/%d, %llu/%d: phần còn lại để dành khi phục hồi và khi "
			   "khóa bị lộ (DRILLS, \"Sixteen control logs\")"),
		    (unsigned long long)logs, PH_CONTROL_LOGS_MAX,
		    (unsigned long long)sets, PH_HUB_RING_MAX);
}

static void print_service(const json_t *answer)
{
	const json_t *listen = json_object_get(answer, "listen");
	char a[PH_NUMBER_TEXT];

	if (json_is_false(json_object_get(answer, "running"))) {
		status_line(ph_say("Service", "Dịch vụ"), "%s",
			    ph_say("not running: devices cannot sync (packhorsed serve)",
				   "không chạy: các máy không đồng bộ được (packhorsed "
				   "serve)"));
	} else {
		status_line(ph_say("Service", "Dịch vụ"), "%s %s",
			    ph_say("listening at", "đang nghe ở"),
			    json_array_size(listen)
				    ? json_string_value(json_array_get(listen, 0))
				    : text_of(answer, "listen"));
		status_line(ph_say("Sessions now", "Phiên đang mở"), "%s",
			    ph_number(a, number_of(answer, "sessions")));
	}
}

static void print_counts(const json_t *answer)
{
	const char *heard = text_of(answer, "last_heard");
	char a[PH_NUMBER_TEXT];
	char b[PH_NUMBER_TEXT];

	status_line(ph_say("Sites, devices", "Điểm, máy"), "%s, %s",
		    ph_number(a, number_of(answer, "sites")),
		    ph_number(b, number_of(answer, "devices")));
	status_line(ph_say("Entries held", "Giao dịch đang giữ"), "%s",
		    ph_number(a, number_of(answer, "entries")));
	status_line(ph_say("Titles, copies", "Nhan đề, bản sách"), "%s, %s",
		    ph_number(a, number_of(answer, "titles")),
		    ph_number(b, number_of(answer, "copies")));
	status_line(ph_say("Readers, cards", "Bạn đọc, thẻ"), "%s, %s",
		    ph_number(a, number_of(answer, "readers")),
		    ph_number(b, number_of(answer, "cards")));
	status_line(ph_say("Cases to look at", "Việc cần xem"), "%s%s",
		    ph_number(a, number_of(answer, "cases")),
		    number_of(answer, "cases") > 0 ? " (packhorsed cases)" : "");
	status_line(ph_say("Last device heard", "Lần nhận gần nhất"), "%s",
		    heard[0] ? heard : ph_say("never", "chưa có"));
}

/* What is to be looked at where this hub keeps things, or what it keeps of itself. */
static void print_doubts(const json_t *answer)
{
	char a[PH_NUMBER_TEXT];

	if (text_of(answer, "second_medium")[0]) {
		status_line(ph_say("Second medium", "Ổ thứ hai"), "%s",
			    text_of(answer, "second_medium"));
	}
	if (text_of(answer, "witness")[0] && strcmp(text_of(answer, "witness"), "ok")) {
		status_line(ph_say("Witness", "Tệp chứng"), "%s",
			    text_of(answer, "witness"));
	}
	if (number_of(answer, "branches_waiting") > 0) {
		status_line(
			ph_say("A 17th copy of a folder", "Bản chép thứ 17"),
			ph_say("is not taken; devices: %s (packhorsed devices; DRILLS, "
			       "\"A PC is restored\")",
			       "không được nhận; số máy: %s (packhorsed devices; "
			       "DRILLS, \"A PC is restored\")"),
			ph_number(a, number_of(answer, "branches_waiting")));
	}
	print_stays(text_of(answer, "courier_stays"), text_of(answer, "backup_stays"));
	print_used(number_of(answer, "control_logs"), number_of(answer, "key_sets"));
	if (number_of(answer, "words_unheard") > 0) {
		status_line(ph_say("Words not heard by all", "Lời chưa tới mọi máy"),
			    ph_say_n((uint64_t)number_of(answer, "words_unheard"),
				     "%s of the control log goes down to only some of "
				     "the devices (packhorsed restore words)",
				     "%s of the control log go down to only some of the "
				     "devices (packhorsed restore words)",
				     "%s lời của nhật ký điều hành chỉ tới một số máy "
				     "(packhorsed restore words)"),
			    ph_number(a, number_of(answer, "words_unheard")));
	}
}

/* Behind a restore. */
static void print_collecting(const json_t *answer)
{
	char a[PH_NUMBER_TEXT];
	char b[PH_NUMBER_TEXT];

	if (!json_is_true(json_object_get(answer, "collecting"))) {
		return;
	}
	if (text_of(answer, "put_back")[0]) {
		print_put_back(text_of(answer, "put_back_by"));
	}
	status_line(ph_say("Collecting what was lost", "Đang gom sau phục hồi"),
		    ph_say("%s of %s devices have called; nobody gets what others "
			   "wrote until `packhorsed restore end`",
			   "%s trên %s máy đã gọi về; chưa máy nào nhận dữ liệu "
			   "của máy khác trước lệnh `packhorsed restore end`"),
		    ph_number(a, number_of(answer, "devices_back")),
		    ph_number(b, number_of(answer, "devices_awaited")));
}

static void print_backup(const json_t *answer)
{
	const char *backup = text_of(answer, "last_backup");

	status_line(
		ph_say("Last backup", "Bản sao gần nhất"), "%s%s%s",
		backup[0] ? backup
			  : ph_say("never (packhorsed backup)",
				   "chưa có (packhorsed backup)"),
		backup[0] && json_is_false(json_object_get(answer, "last_backup_away"))
			? ph_say(", on the hub's own disk", ", trên chính ổ đĩa này")
			: "",
		json_is_true(json_object_get(answer, "last_backup_key_closed"))
			? ph_say(", before the hub's present keys: make a new one",
				 ", trước bộ khóa hiện nay: hãy làm bản mới")
			: "");
}

static void print_disk(const json_t *answer)
{
	char a[PH_NUMBER_TEXT];
	char b[PH_NUMBER_TEXT];

	status_line(ph_say("Store, free disk", "Kho, đĩa còn trống"), "%s MiB, %s MiB",
		    ph_number(a, number_of(answer, "store_bytes") >> 20),
		    ph_number(b, number_of(answer, "disk_free_bytes") >> 20));
	if (json_is_true(json_object_get(answer, "disk_low"))) {
		status_line(ph_say("The disk is nearly full", "Đĩa gần đầy"), "%s",
			    ph_say("devices wait with what they have to send; free some "
				   "space",
				   "các máy phải chờ, chưa gửi lên được; hãy giải phóng "
				   "chỗ trên đĩa"));
	}
}

static int print_status(const json_t *answer)
{
	print_service(answer);
	print_counts(answer);
	print_doubts(answer);
	print_collecting(answer);
	print_backup(answer);
	if (json_is_true(json_object_get(json_object_get(answer, "clock"), "wrong"))) {
		status_line(ph_say("The clock is doubted", "Đồng hồ có vẻ sai"), "%s",
			    ph_say("nothing is signed, devices wait (packhorsed clock)",
				   "không ký gì, các máy phải chờ (packhorsed clock)"));
	}
	print_disk(answer);
	return 0;
}

/* That others on the machine may enter the folder: of what is in it `verify` tells. */
static void print_open(const char *dir)
{
	unsigned mode = ph_rights_of_folder(dir);

	if (mode != 0) {
		status_line(ph_say("This folder", "Thư mục này"),
			    ph_say("is open to others on this machine, mode %03o "
				   "(packhorsed verify)",
				   "người dùng khác trên máy này vào được, quyền %03o "
				   "(packhorsed verify)"),
			    mode);
	}
}

int ph_cmd_status(struct ph_cli *cli, struct ph_error *err)
{
	json_t *answer;
	int rc = ph_ask(cli, ph_request("status"), &answer, err);

	if (rc < 0) {
		return rc;
	}
	rc = finish(cli, answer, print_status);
	if (rc == 0 && !cli->json && !cli->plain) {
		print_open(cli->dir);
	}
	return rc;
}

/* --- devices --- */

/* What a person should look at, in a few words. */
static const char *device_note(const json_t *item)
{
	bool late = json_is_true(json_object_get(item, "invite_late"));

	if (json_is_null(json_object_get(item, "fingerprint"))) {
		return ph_say("not heard since the hub was restored",
			      "chưa gọi về từ khi máy chủ được phục hồi");
	}
	if (json_object_get(item, "branch_waits")) {
		return ph_say("a 17th copy of its folder is not taken (DRILLS)",
			      "bản chép thư mục thứ 17 không được nhận (DRILLS)");
	}
	if (json_is_true(json_object_get(item, "forked"))) {
		return ph_say("two copies of its folder record",
			      "hai bản chép thư mục cùng ghi");
	}
	if (json_is_true(json_object_get(item, "invite_reused"))) {
		return late ? ph_say("invite used before, and late",
				     "giấy mời đã dùng trước, và quá hạn")
			    : ph_say("invite used before", "giấy mời đã dùng trước");
	}
	return late ? ph_say("invite was late", "giấy mời quá hạn") : "";
}

/* Whether it gets what others wrote; the words to compare, while it does not. */
static void device_state(struct ph_table *table, const json_t *item)
{
	const char *state = text_of(item, "state");

	if (strcmp(state, "unconfirmed") == 0) {
		ph_table_cellf(table, "? %s", text_of(item, "fingerprint"));
	} else {
		ph_table_cell(table, ph_value_say("device-state", state));
	}
}

int ph_cmd_devices(struct ph_cli *cli, struct ph_error *err)
{
	static const char *const columns[] = { "device",     "site",      "role",
					       "entries",    "missing",   "heard",
					       "silent for", "confirmed", "note" };
	char span[PH_NUMBER_TEXT];
	struct ph_table *table;
	json_t *answer;
	json_t *item;
	size_t i;
	int rc = ph_ask(cli, ph_request("devices"), &answer, err);

	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		return ph_out_json(answer);
	}
	if (cli->plain) {
		(void)ph_speak(PH_SPEAK_ENGLISH); /* which is for programs */
	}
	table = ph_table_new(columns, 9, cli->plain);
	json_array_foreach(json_object_get(answer, "devices"), i, item)
	{
		const char *heard = text_of(item, "heard");

		ph_table_cellf(table, "%.8s", text_of(item, "device"));
		ph_table_cell(table, text_of(item, "site"));
		ph_table_cell(table, ph_value_say("role", text_of(item, "role")));
		ph_table_number(table, (long long)number_of(item, "entries"));
		ph_table_number(table, (long long)number_of(item, "parts_missing"));
		ph_table_cell(table, heard[0] ? heard : "-");
		ph_table_cell(table, heard[0] ? ph_span(span, (int64_t)number_of(
								      item, "silent_s"))
					      : "-");
		device_state(table, item);
		ph_table_cell(table, device_note(item));
	}
	(void)ph_speak(PH_SPEAK_OWN);
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	json_decref(answer);
	return rc;
}

/* --- log, query: JSON lines and trees --- */

/* What the entry ITEM says, without what its row has in other cells. */
static void log_what(struct ph_table *table, const json_t *item)
{
	json_t *entry = json_copy((json_t *)(uintptr_t)item);

	json_object_del(entry, "log");
	json_object_del(entry, "log_site");
	json_object_del(entry, "ref");
	ph_entry_cell(table, entry);
	json_decref(entry);
}

static int log_sheet(const json_t *entries)
{
	static const char *const columns[] = { "site", "log",  "n",      "time", "when",
					       "kind", "what", "source", "ref" };
	struct ph_table *table = ph_table_new(columns, 9, true);
	json_t *item;
	size_t i;
	int rc;

	json_array_foreach(entries, i, item)
	{
		ph_table_number(table, (long long)number_of(item, "log_site"));
		ph_table_cell(table, text_of(item, "log"));
		ph_table_number(table, (long long)number_of(item, "n"));
		ph_table_cell(table, text_of(item, "time"));
		ph_table_cell(table, text_of(item, "when"));
		ph_table_cell(table, text_of(item, "kind"));
		log_what(table, item);
		ph_table_cell(table, text_of(item, "source"));
		ph_table_cell(table, text_of(item, "ref"));
	}
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

/* That the logs have more than was given: where fewer were given than asked for, or in a sheet, which shows no end. */
static void tell_more(const json_t *answer, uint64_t asked)
{
	if (number_of(answer, "limit") < asked) {
		fprintf(stderr,
			ph_say("only the last %lld of each log: there would be too "
			       "many; --site, or `history` for all\n",
			       "chỉ %lld giao dịch cuối của mỗi nhật ký vì quá nhiều; "
			       "dùng --site, hoặc `history` để xem hết\n"),
			(long long)number_of(answer, "limit"));
	} else if (ph_sheet_is_wanted() &&
		   json_is_true(json_object_get(answer, "more"))) {
		fprintf(stderr,
			ph_say("only the last %lld of each log: --limit N for more, "
			       "`history` for all\n",
			       "chỉ %lld giao dịch cuối của mỗi nhật ký: --limit N để "
			       "xem thêm, `history` để xem hết\n"),
			(long long)number_of(answer, "limit"));
	}
}

int ph_cmd_log(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = ph_request("log");
	uint64_t limit = 20;
	json_t *answer;
	json_t *item;
	size_t i;
	int rc = ph_cli_get_uint(cli, "limit", 1, 10000, &limit, err);

	if (rc == 0) {
		rc = ph_request_set(request, "site", ph_cli_get(cli, "site"), err);
	}
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	ph_request_put(&request, "limit", json_integer((json_int_t)limit));
	rc = ph_ask(cli, request, &answer, err);
	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		return ph_out_json(answer);
	}
	if (ph_sheet_is_wanted()) {
		rc = log_sheet(json_object_get(answer, "entries"));
	} else {
		json_array_foreach(json_object_get(answer, "entries"), i, item)
		{
			rc = rc == 0 ? ph_out_json(json_incref(item)) : rc;
		}
	}
	tell_more(answer, limit);
	json_decref(answer);
	return rc;
}

/* What the rows of a question have; a row that lacks one has an empty cell. */
static const struct {
	const char *what;
	const char *columns[16];
} questions[] = {
	{ "summary",
	  { "site", "titles", "copies", "readers", "loans_open", "overdue", "loans",
	    "returns", "renewals", "visits", "women", "uses", "cards", "code", "name" } },
	{ "titles", { "title", "name", "author", "year", "copies" } },
	{ "readers",
	  { "reader", "name", "born", "telephone", "commune", "band", "cards", "site",
	    "time" } },
	{ "loans",
	  { "copy", "card", "site", "time", "due", "title", "title_name", "loan" } },
	{ "cases",
	  { "case", "short", "status", "time", "anchor", "sites", "facts", "id" } },
};

static int print_rows(const struct ph_cli *cli, const json_t *rows)
{
	const char *const *columns = questions[0].columns;
	const char *headings[16];
	unsigned n = 0;
	json_t *row;
	size_t i;
	struct ph_table *table;
	int rc;

	for (i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		if (strcmp(questions[i].what, cli->args[0]) == 0) {
			columns = questions[i].columns;
		}
	}
	while (columns[n]) {
		n++;
	}
	if (json_array_size(rows) == 0) {
		fprintf(stderr, "%s\n", ph_say("none", "không có"));
		if (!ph_sheet_is_wanted()) {
			return 0;
		}
	}
	for (unsigned c = 0; c < n; c++) { /* `title` is a reference here */
		headings[c] = ph_label_say(columns[c]);
	}
	table = ph_table_new(headings, n, cli->plain);
	json_array_foreach(rows, i, row)
	{
		for (unsigned c = 0; c < n; c++) {
			ph_value_cell(table, json_object_get(row, columns[c]));
		}
	}
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

static int print_tree(const json_t *object)
{
	const char *name;
	json_t *value;

	if (ph_sheet_is_wanted()) {
		return ph_members_sheet(object);
	}
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		char *made =
			json_is_string(value)
				? NULL
				: ph_json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		const char *text = made ? made : text_of(object, name);
		size_t len = strlen(text);
		char *safe = malloc(len + 1);

		if (safe) {
			ph_text_safe(safe, len + 1, text, len);
			printf("%-16s %s\n", name, safe);
		}
		free(safe);
		free(made);
		if (!safe) {
			return -ENOMEM;
		}
	}
	return 0;
}

int ph_cmd_query(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = ph_request("query");
	const char *what = cli->args[0];
	uint64_t ns = 0;
	json_t *answer;
	json_t *out;
	int rc = ph_request_set(request, "what", what, err);

	if (rc == 0) {
		rc = ph_request_set(request, "id", cli->n_args > 1 ? cli->args[1] : NULL,
				    err);
	}
	if (rc == 0) {
		rc = ph_request_set(request, "site", ph_cli_get(cli, "site"), err);
	}
	if (rc == 0) {
		rc = ph_cli_get_uint(cli, "ns", 0, 999999, &ns, err);
	}
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	if (ph_cli_has(cli, "ns")) {
		ph_request_put(&request, "ns", json_integer((json_int_t)ns));
	}
	ph_request_put(&request, "overdue", json_boolean(ph_cli_has(cli, "overdue")));
	ph_request_put(&request, "names", json_boolean(ph_cli_has(cli, "names")));
	rc = ph_ask(cli, request, &answer, err);
	if (rc < 0) {
		return rc;
	}
	out = json_object_get(answer, what);
	if (cli->json) {
		rc = ph_out_json(json_incref(answer));
	} else {
		rc = json_is_array(out) ? print_rows(cli, out) : print_tree(out);
	}
	rc = rc == 0 && strcmp(what, "cases") == 0 && json_array_size(out) > 0
		     ? PH_EXIT_CASES
		     : rc;
	json_decref(answer);
	return rc;
}

/* --- digest, rebuild, verify --- */

static int print_digest(const json_t *answer)
{
	printf("%s\n%s\n", text_of(answer, "digest"), text_of(answer, "words"));
	return 0;
}

static int print_verify(const json_t *answer)
{
	printf(ph_say("%s: %llu logs, %llu entries, %llu seals, %llu sealed parts (%llu "
		      "missing)\n",
		      "%s: %llu nhật ký, %llu giao dịch, %llu dấu niêm, %llu phần riêng "
		      "(thiếu %llu)\n"),
	       ph_say("all whole", "tất cả nguyên vẹn"),
	       (unsigned long long)number_of(answer, "logs"),
	       (unsigned long long)number_of(answer, "entries"),
	       (unsigned long long)number_of(answer, "seals"),
	       (unsigned long long)number_of(answer, "parts"),
	       (unsigned long long)number_of(answer, "parts_missing"));
	return print_digest(answer);
}

int ph_cmd_digest(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = ph_request("digest");
	json_t *answer;
	int rc = ph_request_set(request, "site", ph_cli_get(cli, "site"), err);

	if (rc == 0) {
		rc = ph_request_set(request, "device", ph_cli_get(cli, "device"), err);
	}
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	rc = ph_ask(cli, request, &answer, err);
	return rc < 0 ? rc : finish(cli, answer, print_digest);
}

int ph_cmd_rebuild(struct ph_cli *cli, struct ph_error *err)
{
	json_t *answer;
	int rc = ph_ask(cli, ph_request("rebuild"), &answer, err);

	return rc < 0 ? rc : finish(cli, answer, print_digest);
}

int ph_cmd_verify(struct ph_cli *cli, struct ph_error *err)
{
	json_t *answer;
	int rc = ph_ask(cli, ph_request("verify"), &answer, err);

	if (rc == 0 && !cli->json && !cli->plain) {
		ph_rights_tell(cli->dir, answer);
	}
	return rc < 0 ? rc : finish(cli, answer, print_verify);
}

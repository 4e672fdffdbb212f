/*
 * daemon/cmd_erase.c - packhorsed erase, erasures: a reader is to be forgotten, and was.
 *
 * The order is signed by an operator. Its certificate says who has carried it out, by the
 * word of entries in their own logs, who has not, and what cannot be reached: bundles on
 * sticks that only one device can open, those that sites have packed for the hub and that have not come, and
 * backups until others are made in their place. Of bundles a person can say that they are destroyed.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cli/export.h"
#include "common/cli/out.h"
#include "common/cli/story_rows.h"
#include "common/base/clock.h"
#include "daemon/act.h"
#include "daemon/config.h"

#define ORDERS_MAX 256 /* of one command */

/* Of a reader for whom not all orders could be written: what is left, and what to do. */
static int tell_left(const struct ph_cli *cli, json_int_t readers, json_int_t cards,
		     struct ph_error *err)
{
	if (readers + cards == 0) {
		return 0;
	}
	return ph_fail(err, PH_EXIT_PARTIAL, -E2BIG,
		       ph_say("what is written does not name all of the reader, as "
			      "one order names 64 registrations and 64 cards (left: "
			      "registrations %lld, cards %lld). Say it again now, "
			      "until nothing is left: `packhorsed erase %s`",
			      "những gì đã ghi chưa nêu hết về bạn đọc, vì mỗi lệnh nêu "
			      "được 64 lượt đăng ký và 64 thẻ (còn lại: đăng ký %lld, "
			      "thẻ %lld). Hãy ra lệnh lại ngay, cho đến khi không còn "
			      "gì: `packhorsed erase %s`"),
		       (long long)readers, (long long)cards, cli->args[0]);
}

/* The first request: for whom the person named. */
static json_t *first_request(const struct ph_cli *cli)
{
	json_t *request = ph_request("reader-erase");
	json_t *list = json_array();

	for (int i = 0; i < cli->n_args; i++) {
		if (json_array_append_new(list, json_string(cli->args[i])) != 0) {
			json_decref(list);
			list = NULL; /* nobody is left out unsaid */
		}
	}
	ph_request_put(&request, "readers", list);
	return request;
}

/* The request after ANSWER: for each registration by itself, since a card may lead to nobody now. */
static json_t *next_request(const json_t *answer)
{
	json_t *request = ph_request("reader-erase");

	ph_request_put(&request, "also", json_incref(json_object_get(answer, "also")));
	return request;
}

static json_int_t left_of(const json_t *answer, const char *name)
{
	return json_integer_value(json_object_get(answer, name));
}

static json_int_t all_left(const json_t *answer)
{
	return left_of(answer, "readers_left") + left_of(answer, "cards_left");
}

/* What the order after it wrote and left, NEXT (taken), in ANSWER too. */
static int join_answers(json_t *answer, json_t *next)
{
	static const char *const left[] = { "readers_left", "cards_left" };
	json_t *also = json_object_get(next, "also");
	int rc = json_array_extend(json_object_get(answer, "entries"),
				   json_object_get(next, "entries"));

	for (size_t i = 0; i < 2; i++) {
		rc |= json_object_set_new(answer, left[i],
					  json_integer(left_of(next, left[i])));
	}
	if (also) {
		rc |= json_object_set(answer, "also", also);
	}
	json_decref(next);
	return rc ? -ENOMEM : 0;
}

/*
 * The orders for what the first, of which ANSWER is, had no room for, at once: between two that are days
 * apart a site could take a registration away from the others, and nobody would name it.
 */
static int erase_rest(const struct ph_cli *cli, struct ph_act_key *key, json_t *answer,
		      struct ph_error *err)
{
	json_int_t left = all_left(answer);
	json_int_t before = left + 1;
	int rc = 0;

	/* an order after which no less is left would be followed by others like it */
	for (int i = 1; rc == 0 && i < ORDERS_MAX && json_object_get(answer, "also") &&
			left > 0 && left < before;
	     i++) {
		json_t *next = NULL;

		rc = ph_act_ask_by(cli, key, next_request(answer), "reader-erase", &next,
				   err);
		rc = rc < 0 ? rc : join_answers(answer, next);
		before = left;
		left = all_left(answer);
	}
	return rc;
}

static int run_erase(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_error wrong = { .exit = PH_EXIT_DONE };
	struct ph_act_key key = { 0 };
	json_t *answer;
	json_int_t readers, cards;
	int rc = ph_act_ask_by(cli, &key, first_request(cli), "reader-erase", &answer,
			       err);

	if (rc == 0 && erase_rest(cli, &key, answer, &wrong) < 0 &&
	    wrong.exit != PH_EXIT_DONE) {
		fprintf(stderr, "%s: %s\n", cli->program->name, wrong.text);
	}
	ph_sign_pair_wipe(&key.pair);
	if (rc < 0) {
		return rc;
	}
	json_object_del(answer, "also");
	readers = left_of(answer, "readers_left");
	cards = left_of(answer, "cards_left");
	rc = ph_act_print(cli, answer, err);
	return rc < 0 ? rc : tell_left(cli, readers, cards, err);
}

/* --- what became of it --- */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static long long number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static int print_list(const struct ph_cli *cli, const json_t *answer)
{
	static const char *const columns[] = { "erasure",   "time", "at_hub",
					       "confirmed", "out",  "gone" };
	struct ph_table *table = ph_table_new(columns, 6, cli->plain);
	const json_t *item;
	size_t i;
	int rc;

	json_array_foreach(json_object_get(answer, "erasures"), i, item)
	{
		ph_table_cell(table, text_of(item, "erasure"));
		ph_table_cell(table, text_of(item, "time"));
		ph_table_cell(table, json_is_true(json_object_get(item, "at_hub"))
					     ? "yes"
					     : "no");
		for (size_t c = 3; c < 6; c++) {
			ph_table_number(table, number_of(item, columns[c]));
		}
	}
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

static const char *state_words(const char *state)
{
	static const struct {
		const char *state, *english, *vietnamese;
	} words[] = {
		{ "confirmed", "erased", "đã xóa" },
		{ "out", "still out", "chưa xác nhận" },
		{ "cut", "cut off: what it had read cannot be called back",
		  "đã bị cắt: những gì máy đã đọc không thu lại được" },
		{ "retired", "retired: see that its folder is destroyed",
		  "đã thôi dùng: cần hủy thư mục của máy" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].state, state) == 0) {
			return ph_say(words[i].english, words[i].vietnamese);
		}
	}
	return state;
}

static void print_devices(const json_t *certificate)
{
	const json_t *device;
	size_t i;

	json_array_foreach(json_object_get(certificate, "devices"), i, device)
	{
		const char *time = text_of(device, "time");

		printf("  %.8s  %-10s %s%s%s", text_of(device, "device"),
		       text_of(device, "site"), state_words(text_of(device, "state")),
		       time[0] ? " " : "", time);
		if (!time[0] && text_of(device, "heard")[0]) {
			printf(ph_say("; last heard %s", "; liên lạc gần nhất %s"),
			       text_of(device, "heard"));
		}
		if (json_is_true(json_object_get(device, "held"))) {
			fputs(ph_say("; it had something of the reader",
				     "; máy có dữ liệu của bạn đọc"),
			      stdout);
		}
		putchar('\n');
	}
}

/* The devices of a certificate as the rows of a sheet; what stands around them is for people. */
static int device_rows(const json_t *certificate)
{
	static const char *const columns[] = { "device", "site",  "state",
					       "time",   "heard", "held" };
	struct ph_table *table = ph_table_new(columns, 6, false);
	const json_t *device;
	size_t i;
	int rc;

	json_array_foreach(json_object_get(certificate, "devices"), i, device)
	{
		for (size_t c = 0; c < 5; c++) {
			const char *text = text_of(device, columns[c]);

			ph_table_cell(table, c == 2 ? state_words(text) : text);
		}
		ph_table_cell(table, json_is_true(json_object_get(device, "held"))
					     ? ph_say("yes", "có")
					     : ph_say("no", "không"));
	}
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

static void print_sticks(const json_t *certificate)
{
	const json_t *sticks = json_object_get(certificate, "sticks");
	const json_t *item;
	size_t i;

	if (json_array_size(sticks) == 0) {
		puts(ph_say("No stick or van was given a bundle for a device that had "
			    "something of the reader.",
			    "Không có thẻ nhớ hay xe nào mang gói cho máy có dữ liệu của "
			    "bạn đọc."));
		return;
	}
	puts(ph_say(
		"Bundles that may still lie on sticks, each to be opened by its device "
		"alone; erase the sticks or use them again:",
		"Các gói có thể còn trên thẻ nhớ, mỗi gói chỉ máy đó mở được; hãy xóa "
		"hoặc dùng lại thẻ:"));
	json_array_foreach(sticks, i, item)
	{
		printf("  %.8s  %lld  %s\n", text_of(item, "device"),
		       number_of(item, "number"), text_of(item, "time"));
	}
}

static void print_run(const json_t *item)
{
	long long first = number_of(item, "first");
	long long last = number_of(item, "last");

	printf("  %.8s  up  ", text_of(item, "device"));
	if (json_is_true(json_object_get(item, "unknown"))) {
		puts(ph_say("in a form of a later program: upgrade this hub",
			    "ở dạng của phần mềm mới hơn: hãy nâng cấp máy chủ này"));
		return;
	}
	printf(first == last ? "%lld" : "%lld-%lld", first, last);
	printf("  %s  %s", text_of(item, "day"),
	       strcmp(text_of(item, "road"), "courier") == 0
		       ? ph_say("for a courier", "cho máy chuyển tin")
		       : ph_say("for a stick", "cho thẻ nhớ"));
	if (number_of(item, "out") <= last - first) {
		printf(ph_say("; %lld of them", "; %lld gói trong số đó"),
		       number_of(item, "out"));
	}
	putchar('\n');
}

static void print_away(const json_t *certificate)
{
	const json_t *away = json_object_get(certificate, "away");
	const json_t *item;
	size_t i;

	if (json_array_size(away) == 0) {
		puts(ph_say(
			"Of the bundles that sites say to have packed for the hub before "
			"they erased, none that may have something of the reader is "
			"still out.",
			"Trong các gói mà các điểm báo đã ghi cho máy chủ trước khi "
			"xóa, không còn gói nào có thể chứa dữ liệu của bạn đọc chưa "
			"về."));
		return;
	}
	puts(ph_say(
		"Still out: bundles that sites packed for the hub before they erased, "
		"each to be opened by the hub alone. Take the sticks, let the vans "
		"call; of what is destroyed say so (packhorsed bundle gone):",
		"Chưa về: các gói mà điểm đã ghi cho máy chủ trước khi xóa, chỉ máy "
		"chủ mở được. Hãy nhận thẻ, cho xe gọi về; gói nào đã hủy thì báo "
		"(packhorsed bundle gone):"));
	json_array_foreach(away, i, item)
	{
		print_run(item);
	}
}

static void print_second(const char *state)
{
	if (state[0]) {
		puts(strcmp(state, "erased") == 0
			     ? ph_say("On the second medium: erased",
				      "Trên ổ đĩa thứ hai: đã xóa")
			     : ph_say("On the second medium: still out; it goes from "
				      "there "
				      "when that disk is there again and has room "
				      "(packhorsed status)",
				      "Trên ổ đĩa thứ hai: chưa xóa; sẽ xóa khi ổ đó có "
				      "lại "
				      "và còn chỗ (packhorsed status)"));
	}
}

/* That days were lost: of whom nobody has told since is in no list. */
static void print_restored(const json_t *certificate)
{
	const char *when = text_of(certificate, "restored");

	if (!when[0]) {
		return;
	}
	printf(text_of(certificate, "put_back")[0]
		       ? ph_say("This hub's folder was put back from an older copy, "
				"found %s:\n",
				"Thư mục của máy chủ này là bản cũ được chép lại, phát "
				"hiện %s:\n")
		       : ph_say("This hub was restored from a backup, %s:\n",
				"Máy chủ này được phục hồi từ bản sao lưu, %s:\n"),
	       when);
	puts(ph_say("  devices that joined in the lost days, and of which nobody has "
		    "told since, are not in this list.",
		    "  các máy vào trong những ngày bị mất mà từ đó chưa ai báo lại thì "
		    "không có trong danh sách này."));
}

static void print_folders(const json_t *certificate)
{
	const json_t *backups = json_object_get(certificate, "backups");
	const char *due = text_of(certificate, "backups_due");
	const json_t *item;
	size_t i;

	if (json_array_size(backups) == 0) {
		puts(ph_say("No folder that this hub noted backups in has one from "
			    "before it erased.",
			    "Không thư mục sao lưu nào mà máy chủ này đã ghi nhận còn "
			    "bản từ trước khi xóa."));
		return;
	}
	puts(ph_say("Backups of the hub from before it erased, with the keys that open "
		    "them, lie in these folders (the oldest, the newest there):",
		    "Bản sao lưu của máy chủ từ trước khi xóa, cùng khóa mở được, còn "
		    "trong các thư mục này (bản cũ nhất, bản mới nhất ở đó):"));
	json_array_foreach(backups, i, item)
	{
		printf("  %s  %s  %s\n", text_of(item, "folder"), text_of(item, "oldest"),
		       text_of(item, "newest"));
	}
	printf(due[0] ? ph_say("They go from a folder with the first backup that is made "
			       "there after %s, none by itself. A disk that gets no more "
			       "must be destroyed; then say so (packhorsed backup "
			       "gone).\n",
			       "Chúng chỉ mất khỏi một thư mục khi làm bản sao lưu đầu "
			       "tiên ở đó sau %s, không tự mất. Ổ đĩa nào không còn dùng "
			       "để sao lưu thì phải hủy, rồi báo (packhorsed backup "
			       "gone).\n")
		      : ph_say("They begin to go when the hub has erased%s.\n",
			       "Chúng bắt đầu mất đi khi máy chủ đã xóa%s.\n"),
	       due);
}

static void print_backups(const json_t *certificate)
{
	print_folders(certificate);
	if (text_of(certificate, "restored")[0]) {
		puts(ph_say("Backups of the lost days, and the one that this hub was "
			    "restored from, may lie in folders that it does not know of.",
			    "Bản sao lưu của những ngày bị mất, và bản đã dùng để phục "
			    "hồi, có thể nằm ở thư mục mà máy chủ này không biết."));
	}
}

static int print_certificate(const json_t *certificate)
{
	const json_t *cards = json_object_get(certificate, "cards");
	size_t readers = json_array_size(json_object_get(certificate, "readers"));

	printf(ph_say("Erasure %s\nordered %s, signed by the operator %.8s: %zu "
		      "%s, %zu %s\n",
		      "Lệnh xóa %s\nra ngày %s, người điều hành ký %.8s: %zu %s, "
		      "%zu %s\n"),
	       text_of(certificate, "erasure"), text_of(certificate, "time"),
	       text_of(certificate, "operator"), readers,
	       ph_say_n(readers, "registration", "registrations", "lần đăng ký"),
	       json_array_size(cards),
	       ph_say_n(json_array_size(cards), "card", "cards", "thẻ"));
	if (text_of(certificate, "again")[0]) {
		printf(ph_say("Said again, and devices answer to that: packhorsed "
			      "erasures %s\n",
			      "Đã nói lại, và các máy trả lời lệnh đó: packhorsed "
			      "erasures "
			      "%s\n"),
		       text_of(certificate, "again"));
	}
	printf(json_is_true(json_object_get(certificate, "at_hub"))
		       ? ph_say("At the hub: erased %s\n", "Tại máy chủ: đã xóa %s\n")
		       : ph_say("At the hub: not yet %s\n", "Tại máy chủ: chưa %s\n"),
	       text_of(certificate, "at_hub_time"));
	print_second(text_of(certificate, "second_medium"));
	printf(ph_say("Devices: %lld erased, %lld still out, %lld beyond reach\n",
		      "Các máy: %lld đã xóa, %lld chưa, %lld ngoài tầm với\n"),
	       number_of(certificate, "confirmed"), number_of(certificate, "out"),
	       number_of(certificate, "gone"));
	print_devices(certificate);
	print_restored(certificate);
	print_sticks(certificate);
	print_away(certificate);
	print_backups(certificate);
	return 0;
}

/* A backup that is made later than that drops, in its folder, what was made before the hub had erased. */
static int set_backups(const struct ph_cli *cli, json_t *certificate,
		       struct ph_error *err)
{
	struct ph_settings settings;
	const char *time = text_of(certificate, "at_hub_time");
	char text[PH_TIME_TEXT];
	int64_t second = 0;
	int rc = ph_settings_load(&settings, cli->dir, err);

	if (rc < 0 || !json_is_true(json_object_get(certificate, "at_hub"))) {
		return rc;
	}
	if (ph_time_parse(time, strlen(time), &second) != 0) {
		return -EINVAL;
	}
	ph_time_text(text, second + (int64_t)settings.backup_days * 86400);
	return json_object_set_new(certificate, "backups_due", json_string(text))
		       ? -ENOMEM
		       : 0;
}

static int run_erasures(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = ph_request("erasures");
	json_t *answer;
	json_t *certificate;
	int rc = cli->n_args > 0 ? ph_request_set(request, "erasure", cli->args[0], err)
				 : 0;

	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	rc = ph_ask(cli, request, &answer, err);
	if (rc < 0) {
		return rc;
	}
	certificate = json_object_get(answer, "certificate");
	rc = certificate ? set_backups(cli, certificate, err) : 0;
	if (rc == 0 && cli->json) {
		return ph_out_json(answer);
	}
	if (rc == 0) {
		rc = !certificate              ? print_list(cli, answer)
		     : ph_export_is_asked(cli) ? device_rows(certificate)
					       : print_certificate(certificate);
	}
	json_decref(answer);
	return rc;
}

/* --- what is destroyed --- */

static int take_number(const struct ph_cli *cli, const char *text, json_int_t *out,
		       struct ph_error *err)
{
	uint64_t number = 0;
	size_t len = strlen(text);

	if (len < 1 || len > 18 || strspn(text, "0123456789") != len) {
		return ph_cli_usage(cli, err,
				    ph_say("bundles are named by numbers, as the "
					   "certificate shows them",
					   "gói được gọi bằng số, như giấy chứng nhận "
					   "ghi"));
	}
	for (size_t i = 0; i < len; i++) {
		number = 10 * number + (uint64_t)(text[i] - '0');
	}
	*out = (json_int_t)number;
	return 0;
}

static int run_gone(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = NULL;
	json_t *answer;
	json_int_t first = 0;
	json_int_t last = 0;
	int rc = take_number(cli, cli->args[2], &first, err);

	rc = rc < 0 ? rc : take_number(cli, cli->args[cli->n_args - 1], &last, err);
	if (rc < 0) {
		return rc;
	}
	request = ph_request("bundle-gone");
	rc = ph_request_set(request, "device", cli->args[0], err);
	rc = rc < 0 ? rc : ph_request_set(request, "direction", cli->args[1], err);
	ph_request_put(&request, "first", json_integer(first));
	ph_request_put(&request, "last", json_integer(last));
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	rc = ph_ask(cli, request, &answer, err);
	if (rc < 0) {
		return rc;
	}
	if (cli->json || cli->plain) {
		return ph_out_script(cli->json, answer);
	}
	json_decref(answer);
	fprintf(stderr, "%s\n",
		ph_say("noted: nobody waits for these bundles any more",
		       "đã ghi: không ai chờ các gói này nữa"));
	return ph_out_flush("", err);
}

/* --- what is held about a reader --- */

static int run_privacy(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = ph_request("privacy");
	json_t *answer;
	int rc = ph_request_set(request, "reader", cli->args[0], err);

	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	rc = ph_ask(cli, request, &answer, err);
	return rc < 0 ? rc : ph_why_print(cli, answer);
}

/* --- the commands --- */

static const struct ph_cli_option erase_options[] = {
	PH_ACT_OPERATOR,
	{ 0 },
};

static const struct ph_cli_option look_options[] = { PH_EXPORT_OPTIONS, { 0 } };

const struct ph_cli_command ph_cmds_erase[] = {
	{ "erase", "Setting up", "READER...", 1, -1,
	  "destroy readers' personal fields, here and at all devices\n"
	  "READER is a reference, or a card. It names all registrations that are the "
	  "same\n"
	  "person, and their cards. An operator signs it; it cannot be taken back. "
	  "Devices\n"
	  "do it when they next hear of it, and say so: `erasures`. Exit status 14: not "
	  "all\n"
	  "could be written; say it again at once, until it ends with 0.",
	  erase_options, run_erase, NULL },
	{ "erasures", "Looking", "[ERASURE]", 0, 1,
	  "orders to erase, and who has carried them out\n"
	  "With the beginning of a reference: the certificate of that one.",
	  look_options, run_erasures, NULL },
	{ "bundle gone", "Running", "DEVICE up|down NUMBER [LAST]", 3, 4,
	  "bundles that were on a stick or in a van are destroyed\n"
	  "As the certificate of an erasure shows them: those that DEVICE packed (up), "
	  "or "
	  "that\n"
	  "were packed for it (down). They are listed there no more. Nothing else "
	  "changes.",
	  NULL, run_gone, NULL },
	{ "privacy", "Looking", "READER", 1, 1,
	  "everything that the hub holds about one reader, names and all\n"
	  "READER is a reference, or a card: all registrations that are the same person, "
	  "with\n"
	  "consents, cards, loans and how each ended, holds, money, what was taken back "
	  "or\n"
	  "decided of any of these, and notes about them.",
	  look_options, run_privacy, NULL },
	{ 0 },
};

/*
 * daemon/cmd_device.c - packhorsed devices confirm, devices held.
 *
 * `devices held` lists the readers whose data was on a device. `devices confirm`
 * shows the fingerprint that the hub has of the device. Somebody compares it with what
 * the site reads from its own screen, over the telephone: either what was heard is given
 * (--fingerprint) and compared here, or the person at this terminal says that it is the same.
 * Nothing is confirmed by a program that has nobody to ask.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/out.h"
#include "daemon/ask.h"

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static json_t *request_for(struct ph_cli *cli, const char *command, struct ph_error *err)
{
	json_t *request = ph_request(command);

	if (ph_request_set(request, "device", cli->args[0], err) < 0) {
		json_decref(request);
		return NULL;
	}
	return request;
}

static void show(const json_t *device)
{
	fprintf(stderr, "%s %.8s, %s %s, %s: %s\n", ph_say("device", "máy"),
		text_of(device, "device"), text_of(device, "site"),
		text_of(device, "site_name"), ph_say("fingerprint", "vân tay"),
		text_of(device, "fingerprint"));
}

static bool says_yes(void)
{
	char line[64];

	fprintf(stderr, "%s ",
		ph_say("Does the site read the same words from its screen "
		       "(packhorse status)? yes/no:",
		       "Điểm có đọc đúng các tiếng này trên màn hình của mình (packhorse "
		       "status) không? có/không:"));
	if (!fgets(line, sizeof(line), stdin)) {
		return false;
	}
	line[strcspn(line, "\r\n")] = '\0';
	return strcmp(line, "yes") == 0 || strcmp(line, "có") == 0 ||
	       strcmp(line, "co") == 0;
}

/* The words to be compared: as given, or those of the hub if a person says they are the same. */
static int heard_words(struct ph_cli *cli, const json_t *device, const char **words_out,
		       struct ph_error *err)
{
	const char *given = ph_cli_get(cli, "fingerprint");

	show(device);
	if (given || text_of(device, "fingerprint")[0] == '\0') {
		*words_out = given ? given : ""; /* the hub has none: it says why */
		return 0;
	}
	if (!isatty(STDIN_FILENO)) {
		return ph_cli_usage(
			cli, err,
			ph_say("nobody is here to compare: give --fingerprint with the "
			       "words that the site reads",
			       "không có ai ở đây để so: hãy cho --fingerprint với các "
			       "từ mà điểm thư viện đọc"));
	}
	if (!says_yes()) {
		return ph_fail(
			err, PH_EXIT_OTHER, -EACCES,
			ph_say("the device was not confirmed", "máy chưa được xác nhận"));
	}
	*words_out = text_of(device, "fingerprint");
	return 0;
}

/* What has come of it, in words for people. */
static const char *outcome(const json_t *answer)
{
	if (strcmp(text_of(answer, "was"), "confirmed") == 0) {
		return ph_say("it was confirmed before",
			      "máy này đã được xác nhận trước đó");
	}
	if (strcmp(text_of(answer, "role"), "courier") == 0) {
		return ph_say("confirmed, as a courier: it still gets nothing that "
			      "others wrote, which it may carry but not read",
			      "đã xác nhận là máy chuyển tin: máy vẫn không nhận dữ liệu "
			      "của máy khác, chỉ được mang đi chứ không được đọc");
	}
	return ph_say("confirmed: it gets what others of its site wrote with its next "
		      "sync",
		      "đã xác nhận: máy sẽ nhận dữ liệu của điểm mình ở lần đồng bộ sau");
}

static int confirm(struct ph_cli *cli, const char *words, struct ph_error *err)
{
	json_t *request = request_for(cli, "device-confirm", err);
	json_t *answer;
	int rc = request ? ph_request_set(request, "fingerprint", words, err) : -EINVAL;

	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	rc = ph_ask(cli, request, &answer, err);
	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		return ph_out_json(answer);
	}
	fprintf(stderr, "%s\n", outcome(answer));
	json_decref(answer);
	return 0;
}

int ph_cmd_devices_confirm(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = request_for(cli, "device-show", err);
	json_t *device;
	const char *words = NULL;
	int rc = request ? ph_ask(cli, request, &device, err) : -EINVAL;

	if (rc < 0) {
		return rc;
	}
	rc = heard_words(cli, device, &words, err);
	if (rc == 0) {
		rc = confirm(cli, words, err);
	}
	json_decref(device);
	return rc;
}

/* --- whose data was on it --- */

static void held_row(struct ph_table *table, const json_t *reader)
{
	char cards[256] = "";
	size_t used = 0;
	json_t *card;
	size_t i;

	json_array_foreach(json_object_get(reader, "cards"), i, card)
	{
		int n = snprintf(cards + used, sizeof(cards) - used, "%s%s",
				 used > 0 ? " " : "", text_of(card, "code"));

		used += n > 0 && used + (size_t)n < sizeof(cards) ? (size_t)n : 0;
	}
	ph_table_cell(table, text_of(reader, "reader"));
	ph_table_cell(table, text_of(reader, "name"));
	ph_table_cell(table, cards);
}

static int print_held(const struct ph_cli *cli, const json_t *answer)
{
	const char *columns[] = { "reader", "name", "cards" };
	const json_t *readers = json_object_get(answer, "readers");
	struct ph_table *table = ph_table_new(columns, 3, cli->plain);
	json_t *reader;
	size_t i;
	int rc = table ? 0 : -ENOMEM;

	json_array_foreach(readers, i, reader)
	{
		if (table) {
			held_row(table, reader);
		}
	}
	rc = rc == 0 ? ph_table_print(table, stdout) : rc;
	ph_table_free(table);
	if (rc == 0 && !cli->plain) {
		fprintf(stderr, "%s\n",
			json_is_true(json_object_get(answer, "all"))
				? ph_say("these readers were on it, as far as it had "
					 "called; "
					 "what it had read cannot be called back. Names "
					 "are "
					 "sealed there to its desk",
					 "máy đó có dữ liệu của những bạn đọc này, tính "
					 "đến lần "
					 "liên lạc cuối; không thể thu hồi những gì máy "
					 "đã đọc. "
					 "Họ tên trên máy được niêm phong")
				: ph_say("it was never confirmed, or only carries: it "
					 "had no "
					 "more than what it recorded itself",
					 "máy đó chưa từng được xác nhận, hoặc chỉ "
					 "chuyển tin: "
					 "chỉ có những gì chính nó đã ghi"));
	}
	return rc;
}

int ph_cmd_devices_held(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = request_for(cli, "device-held", err);
	json_t *answer;
	int rc = request ? 0 : -EINVAL;

	if (rc == 0 && json_object_set_new(request, "names",
					   json_boolean(ph_cli_has(cli, "names"))) != 0) {
		json_decref(request);
		rc = -ENOMEM;
	}
	rc = rc == 0 ? ph_ask(cli, request, &answer, err) : rc;
	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		return ph_out_json(answer);
	}
	rc = print_held(cli, answer);
	json_decref(answer);
	return rc;
}

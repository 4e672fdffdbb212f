/*
 * common/cli/story_rows.c - stories of entries, in lines for people and for scripts.
 */
#include "common/cli/story_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/case_rows.h"
#include "common/cli/entry_words.h"
#include "common/cli/out.h"
#include "common/cli/sheet.h"
#include "common/cli/story_sheet.h"
#include "common/cli/value_words.h"

#define TEXT_MAX 400

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

static const char *say_time(const struct ph_cli *cli, char out[PH_CASE_TIME_TEXT],
			    const json_t *object, const char *member)
{
	ph_case_time(cli, out, text_of(object, member));
	return out;
}

/* What a stranger wrote may hold anything; a sheet keeps it as it is. */
static void put_safe(FILE *out, const char *text)
{
	char safe[TEXT_MAX];

	if (ph_sheet_is_wanted()) {
		fputs(text, out);
		return;
	}
	ph_text_safe(safe, sizeof(safe), text, strlen(text));
	fputs(safe, out);
}

static void print_safe(const char *text)
{
	put_safe(stdout, text);
}

/* --- values --- */

static void put_value(FILE *out, const json_t *value, unsigned depth);

/* The VALUE of the member NAME: enums and names of members have words. */
static void put_named(FILE *out, const char *name, const json_t *value, unsigned depth)
{
	const char *between = "";
	json_t *item;
	size_t i;

	if (json_is_string(value)) {
		put_safe(out, ph_field_value_say(name, json_string_value(value)));
	} else if (json_is_array(value) && strcmp(name, "locked") == 0) {
		json_array_foreach(value, i, item)
		{
			fputs(between, out);
			put_safe(out, ph_label_say(json_string_value(item)));
			between = " ";
		}
	} else {
		put_value(out, value, depth);
	}
}

static void put_members(FILE *out, const json_t *object, unsigned depth)
{
	const char *name, *between = "";
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		fprintf(out, "%s%s ", between, ph_label_say(name));
		put_named(out, name, value, depth + 1);
		between = ", ";
	}
}

static void put_items(FILE *out, const json_t *array, unsigned depth)
{
	size_t n = json_array_size(array);

	if (n > 0 && json_is_object(json_array_get(array, 0)) &&
	    !json_object_get(json_array_get(array, 0), "code")) {
		fprintf(out, "%zu", n); /* what they are the entries tell */
		return;
	}
	for (size_t i = 0; i < n; i++) {
		fputs(i > 0 ? " " : "", out);
		put_value(out, json_array_get(array, i), depth + 1);
	}
}

static void put_value(FILE *out, const json_t *value, unsigned depth)
{
	if (json_is_string(value)) {
		put_safe(out, json_string_value(value));
	} else if (json_is_integer(value)) {
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else if (json_is_boolean(value)) {
		fputs(json_is_true(value) ? ph_say("yes", "có") : ph_say("no", "không"),
		      out);
	} else if (json_object_get(value, "code")) {
		put_value(out, json_object_get(value, "code"), depth + 1);
	} else if (json_is_object(value) && depth < 3) {
		put_members(out, value, depth);
	} else if (json_is_array(value)) {
		put_items(out, value, depth);
	} else {
		fputs("...", out);
	}
}

/* --- an entry --- */

static bool is_shown(const char *name)
{
	static const char *const hidden[] = {
		"kind",   "stamp", "time", "n",          "seen",  "sets",
		"commit", "rest",  "boot", "device_key", "nonce", "software",
		"table",  "mono",  "when", "source",
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (strcmp(name, hidden[i]) == 0) {
			return false;
		}
	}
	return true;
}

void ph_entry_words_put(FILE *out, const json_t *entry)
{
	const char *name, *between = "";
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)entry, name, value)
	{
		if (is_shown(name)) {
			fprintf(out, "%s%s ", between, ph_label_say(name));
			put_named(out, name, value, 1);
			between = ", ";
		}
	}
}

void ph_entry_words_print(const json_t *entry)
{
	ph_entry_words_put(stdout, entry);
}

/* --- a story, for people --- */

static void print_head(const struct ph_cli *cli, const json_t *story, size_t number)
{
	const char *kind = text_of(story, "kind");
	const char *name = text_of(story, "site_name");
	json_int_t site = json_integer_value(json_object_get(story, "site"));
	char time[PH_CASE_TIME_TEXT];

	printf("%zu. %s  %s  ", number,
	       kind[0] ? ph_kind_say_of(json_object_get(story, "entry"))
		       : ph_say("cannot be read", "không đọc được"),
	       say_time(cli, time, story, "time"));
	if (name[0]) {
		print_safe(name);
	} else if (site != 0) {
		printf("%" JSON_INTEGER_FORMAT, site);
	} else {
		fputs(ph_say("the hub", "thư viện tỉnh"), stdout);
	}
	putchar('\n');
}

static void print_what(const json_t *story)
{
	const char *title = text_of(story, "title_name");
	const char *name = text_of(story, "name");
	const json_t *born = json_object_get(story, "born");

	fputs("   ", stdout);
	ph_entry_words_print(json_object_get(story, "entry"));
	if (title[0]) {
		fputs(" = ", stdout);
		print_safe(title);
	}
	if (name[0]) {
		fputs(" = ", stdout);
		print_safe(name);
	} else if (json_is_true(json_object_get(story, "locked"))) {
		printf(" (%s)", ph_say("name locked", "tên bị khóa"));
	}
	if (born) {
		printf(", %s %" JSON_INTEGER_FORMAT, ph_say("born", "sinh"),
		       json_integer_value(born));
	}
	putchar('\n');
}

static void print_time(const struct ph_cli *cli, const json_t *story)
{
	const json_t *judged = json_object_get(story, "judged");
	const char *told = text_of(story, "told");
	char time[PH_CASE_TIME_TEXT];

	printf("   %s %.8s", ph_say("device", "máy"), text_of(story, "device"));
	if (strcmp(text_of(story, "time"), text_of(story, "stamped")) != 0) {
		printf("; %s %s", ph_say("stamped", "dấu giờ"),
		       say_time(cli, time, story, "stamped"));
	}
	if (told[0]) {
		printf("; %s", strcmp(told, "day") == 0
				       ? ph_say("the day was told", "ngày do người ghi")
				       : ph_say("the time was told", "giờ do người ghi"));
	}
	if (judged) {
		printf("; %s %s", ph_say("judged by", "giờ được xét bởi"),
		       text_of(judged, "by"));
	}
	putchar('\n');
}

static void print_road(const struct ph_cli *cli, const json_t *story)
{
	const json_t *road = json_object_get(story, "road");
	const json_t *receipt = json_object_get(story, "receipt");
	char time[PH_CASE_TIME_TEXT];

	if (strcmp(text_of(story, "vouched"), "hub") == 0) {
		printf("   %s\n",
		       ph_say("fed by the hub, which alone vouches for it: its seal is "
			      "not here",
			      "thư viện tỉnh gửi và chỉ thư viện tỉnh bảo đảm: dấu "
			      "niêm không có ở đây"));
		return;
	}
	if (road) {
		printf("   %s %s %s", ph_say("came by", "tới bằng"), text_of(road, "by"),
		       say_time(cli, time, road, "time"));
	} else {
		printf("   %s", ph_say("written here", "ghi tại đây"));
	}
	if (receipt) {
		printf("; %s: %s %s", ph_say("receipt", "biên nhận"),
		       text_of(receipt, "level"), say_time(cli, time, receipt, "time"));
	} else if (road && strcmp(text_of(road, "level"), "here") != 0) {
		printf("; %s: %s", ph_say("receipt", "biên nhận"),
		       text_of(road, "level"));
	} else if (json_integer_value(json_object_get(story, "log_site")) != 0) {
		printf("; %s", ph_say("no receipt", "chưa có biên nhận"));
	}
	putchar('\n');
}

static void print_effect(const json_t *story)
{
	const json_t *why = json_object_get(story, "not_counted");
	const json_t *says = json_object_get(story, "says");
	const char *between = "";
	json_t *one;
	size_t i;

	if (why) {
		printf("   %s: %s %s\n", ph_say("does not count", "không tính"),
		       text_of(why, "why"), text_of(why, "by"));
	}
	if (json_is_true(json_object_get(story, "forgotten"))) {
		printf("   %s\n",
		       ph_say("shown nowhere else any more; the log still has it",
			      "không còn hiện ở nơi khác; nhật ký vẫn còn"));
	}
	if (json_array_size(says) == 0) {
		return;
	}
	printf("   %s: ", ph_say("gives", "cho biết"));
	json_array_foreach(says, i, one)
	{
		printf("%s%s", between, json_string_value(one));
		between = ", ";
	}
	putchar('\n');
}

/* How a loan ended, where that is told with it: as `privacy` does. */
static void print_end(const struct ph_cli *cli, const json_t *story)
{
	const json_t *closed = json_object_get(story, "closed");
	char time[PH_CASE_TIME_TEXT];

	if (!closed) {
		return;
	}
	say_time(cli, time, closed, "time");
	if (strcmp(text_of(closed, "how"), "return") == 0) {
		printf("   %s %s\n", ph_say("came back", "đã trả"), time);
	} else {
		printf("   %s %s: %s\n", ph_say("ended", "kết thúc"), time,
		       ph_say("the copy was elsewhere then, and nobody recorded a return",
			      "lúc đó bản sách đã ở nơi khác, không ai ghi trả"));
	}
}

/* Of an entry that is not here: who wrote it, if that is known. */
static void print_not_here(const json_t *story, size_t number)
{
	const json_t *site = json_object_get(story, "log_site");
	const char *name = text_of(story, "log_site_name");

	printf("%zu. %s", number, ph_say("not here", "không có ở đây"));
	if (site) {
		printf("  %s ", ph_say("written at", "ghi tại"));
	}
	if (site && name[0]) {
		print_safe(name);
	} else if (site && json_integer_value(site) == 0) {
		fputs(ph_say("the hub", "thư viện tỉnh"), stdout);
	} else if (site) {
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(site));
	}
	putchar('\n');
	if (site) {
		printf("   %s %.8s\n", ph_say("device", "máy"), text_of(story, "device"));
	}
	printf("   %s\n", text_of(story, "ref"));
}

static void print_story(const struct ph_cli *cli, const json_t *story, size_t number)
{
	if (json_is_false(json_object_get(story, "here"))) {
		print_not_here(story, number);
		return;
	}
	print_head(cli, story, number);
	print_what(story);
	print_time(cli, story);
	print_road(cli, story);
	print_end(cli, story);
	print_effect(story);
	printf("   %s\n", text_of(story, "ref"));
}

/* --- a story, for scripts --- */

static void print_line(const json_t *story)
{
	const json_t *road = json_object_get(story, "road");
	const json_t *receipt = json_object_get(story, "receipt");
	const json_t *why = json_object_get(story, "not_counted");
	const json_t *counts = json_object_get(story, "counts");

	printf("%s\t%s\t%s\t%s\t", text_of(story, "ref"), text_of(story, "kind"),
	       text_of(story, "time"), text_of(story, "stamped"));
	printf("%" JSON_INTEGER_FORMAT "\t%s\t",
	       json_integer_value(json_object_get(story, "site")),
	       text_of(story, "device"));
	printf("%s\t%s\t%s\t%s\t", text_of(road, "by"), text_of(road, "time"),
	       text_of(receipt, "level"), text_of(receipt, "time"));
	printf("%s\t%s\t%s\t%s\n", counts ? json_is_true(counts) ? "yes" : "no" : "",
	       text_of(why, "why"), text_of(why, "by"), text_of(story, "vouched"));
}

void ph_stories_print(const struct ph_cli *cli, const json_t *list)
{
	const json_t *story;
	size_t i;

	json_array_foreach(list, i, story)
	{
		if (cli->plain) {
			print_line(story);
		} else {
			print_story(cli, story, i + 1);
		}
	}
}

/* --- why --- */

/* TEXT and blanks up to WIDTH columns: printf() would count bytes. */
static void print_padded(const char *text, unsigned width)
{
	unsigned used = ph_text_width(text);

	printf("%s%*s  ", text, used < width ? (int)(width - used) : 0, "");
}

static void print_state(const json_t *state)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)state, name, value)
	{
		print_padded(ph_label_say(name), 12);
		put_named(stdout, name, value, 1);
		putchar('\n');
	}
}

int ph_why_print(const struct ph_cli *cli, json_t *answer)
{
	json_int_t left_off = json_integer_value(json_object_get(answer, "left_off"));
	const json_t *state = json_object_get(answer, "state");
	const json_t *facts = json_object_get(answer, "facts");
	int rc = 0;

	if (cli->json) {
		return ph_out_json(answer);
	}
	if (ph_sheet_is_wanted()) {
		rc = ph_members_sheet(state);
		rc = rc != 0 ? rc : ph_stories_sheet(facts);
	} else {
		if (!cli->plain) {
			print_state(state);
			printf("\n%s\n", ph_say("because", "vì"));
		}
		ph_stories_print(cli, facts);
	}
	if (left_off > 0) {
		fprintf(stderr,
			ph_say_n((uint64_t)left_off, "%lld earlier entry is not told\n",
				 "%lld earlier entries are not told\n",
				 "%lld giao dịch trước đó không kể ở đây\n"),
			(long long)left_off);
	}
	json_decref(answer);
	return rc != 0 ? rc : ph_out_flush("", NULL);
}

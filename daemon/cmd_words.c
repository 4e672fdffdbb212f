/*
 * daemon/cmd_words.c - packhorsed restore words: what this hub said that not every device hears, since it
 * was put back and said something else in the place; and saying it again.
 *
 * What an operator signed is signed anew here, for the place where it will stand, with a key that
 * the daemon never has; what the hub says alone it repeats. All of it is written, or nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json_memory.h"
#include "common/cli/export.h"
#include "common/cli/out.h"
#include "daemon/act.h"
#include "daemon/cmd.h"

#define TRIES 3 /* while others write */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static const json_t *words_of(const json_t *answer)
{
	return json_object_get(answer, "words");
}

/* --- showing them --- */

static bool stays(const json_t *word)
{
	return strcmp(text_of(word, "by"), "nobody") == 0;
}

static const char *note_of(const char *by)
{
	return strcmp(by, "operator") == 0
		       ? ph_say("  (an operator signs it)", "  (người vận hành ký)")
	       : strcmp(by, "nobody") == 0
		       ? ph_say("  (cannot be said again)", "  (không nói lại được)")
		       : "";
}

static int print_word(const struct ph_cli *cli, const json_t *word)
{
	char *shows = ph_json_dumps(json_object_get(word, "shows"), JSON_COMPACT);

	if (!shows) {
		return -ENOMEM;
	}
	if (cli->plain) {
		printf("%s\t%s\t%s\t%s\n", text_of(word, "kind"), text_of(word, "by"),
		       text_of(word, "time"), text_of(word, "ref"));
	} else {
		printf("%s  %s%s\n    %s\n", text_of(word, "time"), shows,
		       note_of(text_of(word, "by")), text_of(word, "ref"));
	}
	free(shows);
	return 0;
}

static int print_words(const struct ph_cli *cli, const json_t *answer)
{
	const json_t *word;
	size_t i;
	int rc = 0;

	json_array_foreach(words_of(answer), i, word)
	{
		rc = rc < 0 ? rc : print_word(cli, word);
	}
	return rc;
}

static int word_rows(const json_t *answer)
{
	static const char *const columns[] = { "time", "kind", "what", "by", "ref" };
	struct ph_table *table = ph_table_new(columns, 5, false);
	const json_t *word;
	size_t i;
	int rc = 0;

	json_array_foreach(words_of(answer), i, word)
	{
		char *shows = ph_json_dumps(json_object_get(word, "shows"), JSON_COMPACT);

		rc = shows ? rc : -ENOMEM;
		ph_table_cell(table, text_of(word, "time"));
		ph_table_cell(table, text_of(word, "kind"));
		ph_table_cell(table, shows ? shows : "");
		ph_table_cell(table, text_of(word, "by"));
		ph_table_cell(table, text_of(word, "ref"));
		free(shows);
	}
	rc = rc < 0 ? rc : ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

static const char *nothing_left(void)
{
	return ph_say("nothing is left to be said again",
		      "không còn lời nào cần nói lại");
}

static int show(struct ph_cli *cli, struct ph_error *err)
{
	json_t *answer;
	const json_t *word;
	size_t n = 0;
	size_t i;
	int rc = ph_ask(cli, ph_request("words"), &answer, err);

	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		return ph_out_json(answer);
	}
	json_array_foreach(words_of(answer), i, word)
	{
		n += !stays(word);
	}
	rc = ph_export_is_asked(cli) ? word_rows(answer) : print_words(cli, answer);
	json_decref(answer);
	if (cli->plain || rc < 0 || ph_export_is_asked(cli)) {
		return rc;
	}
	if (n == 0) {
		puts(nothing_left());
		return 0;
	}
	printf(ph_say_n(n,
			"%zu word of the control log counts here, and goes down to only "
			"some of the devices.\n"
			"Say it again: packhorsed restore words --say\n",
			"%zu words of the control log count here, and go down to only "
			"some of the devices.\n"
			"Say them again: packhorsed restore words --say\n",
			"%zu lời của nhật ký điều hành có hiệu lực ở đây, nhưng chỉ tới "
			"một số máy.\n"
			"Hãy nói lại: packhorsed restore words --say\n"),
	       n);
	return 0;
}

/* --- saying them --- */

/* Kinds that an operator signs here; anything else is no word of a control log. */
static bool is_operators(const char *kind)
{
	static const char *const kinds[] = { "device-cut", "invite-cancel",
					     "reader-erase", "void" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kind, kinds[i]) == 0) {
			return true;
		}
	}
	return false;
}

static int check_kinds(const json_t *answer, bool *signs_out, struct ph_error *err)
{
	const json_t *word;
	size_t i;

	*signs_out = false;
	json_array_foreach(words_of(answer), i, word)
	{
		if (!json_object_get(word, "sign")) {
			continue;
		}
		if (!is_operators(text_of(word, "kind"))) {
			return ph_fail(
				err, PH_EXIT_OTHER, -EBADMSG,
				ph_say("the hub gave a %s to sign, which is nothing that "
				       "an operator says again; nothing was signed",
				       "máy chủ đưa ký %s, không phải là lời mà người "
				       "vận hành nói lại; chưa ký gì"),
				text_of(word, "kind"));
		}
		*signs_out = true;
	}
	return 0;
}

/* One for each word of ANSWER; null for what the hub says alone. */
static int sign_all(const struct ph_cli *cli, const json_t *answer, bool shows,
		    const struct ph_sign_pair *pair, json_t *signatures,
		    struct ph_error *err)
{
	const json_t *word;
	size_t i;

	json_array_foreach(words_of(answer), i, word)
	{
		const json_t *sign = json_object_get(word, "sign");
		char hex[2 * PH_OPERATOR_SIZE + 1];
		int rc = 0;

		if (sign && shows) {
			rc = ph_act_show(cli, sign, text_of(word, "kind"), err);
		} else if (sign) {
			rc = ph_act_sign(sign, text_of(word, "kind"), pair, hex, err);
		}
		if (rc == 0 && signatures && !stays(word)) {
			rc = json_array_append_new(signatures,
						   sign ? json_string(hex) : json_null())
				     ? -ENOMEM
				     : 0;
		}
		if (rc < 0) {
			return rc;
		}
	}
	return 0;
}

/* What ANSWER lists, signed by PAIR, which is opened first if it is not. */
static int sign_and_say(const struct ph_cli *cli, json_t *answer,
			struct ph_sign_pair *pair, bool *opened, json_t **written_out,
			struct ph_error *err)
{
	json_t *signatures = json_array();
	json_t *request;
	bool signs = false;
	int rc = signatures ? check_kinds(answer, &signs, err) : -ENOMEM;

	/* shown each time: what is listed on a second try may be more */
	rc = rc == 0 && signs ? sign_all(cli, answer, true, NULL, NULL, err) : rc;
	if (rc == 0 && signs && !*opened) {
		rc = ph_act_unlock(cli, pair, err);
		*opened = rc == 0;
	}
	rc = rc < 0 ? rc : sign_all(cli, answer, false, pair, signatures, err);
	if (rc < 0) {
		json_decref(signatures);
		return rc;
	}
	request = json_pack("{s:s, s:O, s:O, s:o}", "command", "words-put", "log",
			    json_object_get(answer, "log"), "n",
			    json_object_get(answer, "n"), "signatures", signatures);
	return request ? ph_ask(cli, request, written_out, err) : -ENOMEM;
}

/* What was written. */
static int say_words(struct ph_cli *cli, json_t **written_out, struct ph_error *err)
{
	struct ph_sign_pair pair = { 0 };
	struct ph_error wrong = { .exit = PH_EXIT_DONE };
	bool opened = false;
	int rc = -EAGAIN;

	for (int i = 0; i < TRIES && rc < 0; i++) {
		json_t *answer = NULL;

		wrong = (struct ph_error){ .exit = PH_EXIT_DONE };
		rc = ph_ask(cli, ph_request("words-ask"), &answer, &wrong);
		rc = rc < 0 ? rc
			    : sign_and_say(cli, answer, &pair, &opened, written_out,
					   &wrong);
		json_decref(answer);
		if (rc < 0 && wrong.exit != PH_EXIT_TRY_LATER) {
			break;
		}
	}
	ph_sign_pair_wipe(&pair);
	if (rc < 0 && wrong.exit != PH_EXIT_DONE) {
		return ph_fail(err, wrong.exit, rc, "%s", wrong.text);
	}
	return rc < 0 ? ph_fail_errno(err, rc, "restore words") : 0;
}

static int say(struct ph_cli *cli, struct ph_error *err)
{
	json_t *written = NULL;
	const json_t *item;
	size_t i;
	int rc = say_words(cli, &written, err);

	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		rc = ph_out_json(written);
	} else {
		if (json_array_size(json_object_get(written, "entries")) == 0) {
			puts(nothing_left());
		}
		json_array_foreach(json_object_get(written, "entries"), i, item)
		{
			ph_act_tell(cli, item);
		}
		json_decref(written);
	}
	return rc < 0 && rc != PH_OUT_LOST
		       ? rc
		       : ph_out_flush(ph_say("saved, do not enter it again; ",
					     "đã lưu, đừng nhập lại; "),
				      err);
}

static int run_words(struct ph_cli *cli, struct ph_error *err)
{
	if (ph_cli_has(cli, "say") && ph_export_is_asked(cli)) {
		return ph_cli_usage(
			cli, err,
			ph_say("--say writes no table", "--say không ghi ra bảng"));
	}
	return ph_cli_has(cli, "say") ? say(cli, err) : show(cli, err);
}

static const struct ph_cli_option words_options[] = {
	{ "say", NULL, "say them again, all of them" },
	PH_ACT_OPERATOR,
	PH_EXPORT_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmds_words[] = {
	{ "restore words", "Setting up", "", 0, 0,
	  "what the hub said, and not every device hears\n"
	  "Of a hub that was put back and said something else in the place of what it "
	  "had "
	  "lost.\n"
	  "With --say all of it is said again, or nothing, so that it goes down to "
	  "everybody: an\n"
	  "operator signs anew what is an operator's.",
	  words_options, run_words, NULL },
	{ 0 },
};

/*
 * common/cli/given.c - options and words of a command from standard input.
 *
 *   {"name":"...","born":1987,"print-card":true,"words":["..."]}
 *
 * Members are the command's options by their long names: text, a whole number, or true for
 * one that takes no value; "words" are the arguments. Read byte by byte, past the buffers of
 * stdio, so that a command that takes lines of its own finds them untouched. An error says
 * which member it means by its place, since even a name that is none may be somebody's.
 */
#include "common/cli/given.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/json_memory.h"
#include "common/base/say.h"
#include "common/cli/secret_line.h"

#define WORDS "words"

static int no_line(struct ph_error *err)
{
	return ph_fail(
		err, PH_EXIT_USAGE, -EINVAL,
		ph_say("--stdin: standard input has no line of JSON, like "
		       "{\"name\":\"...\",\"words\":[\"...\"]}, of at most %d bytes",
		       "--stdin: dữ liệu nhập vào không có dòng JSON dạng "
		       "{\"name\":\"...\",\"words\":[\"...\"]}, nhiều nhất %d byte"),
		PH_GIVEN_MAX);
}

static int read_line(struct ph_buf *line, struct ph_error *err)
{
	int rc = ph_stdin_line(line, PH_GIVEN_MAX);

	if (rc == -ECANCELED || rc == -EMSGSIZE) {
		return no_line(err);
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("standard input", "dữ liệu nhập vào"))
		      : 0;
}

static const struct ph_cli_option *find(const struct ph_cli *cli, const char *name)
{
	const struct ph_cli_option *option = cli->command->options;

	while (option && option->name && strcmp(option->name, name) != 0) {
		option++;
	}
	return option && option->name ? option : NULL;
}

static int refuse(const struct ph_cli *cli, unsigned place, const char *why,
		  struct ph_error *err)
{
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("--stdin: member %u %s; see `%s help %s`",
			      "--stdin: thành phần %u %s; xem `%s help %s`"),
		       place, why, cli->program->name, cli->command->name);
}

/* The text of VALUE, which is NAME's; a number becomes one. NULL: it is neither. */
static const char *text_of(json_t *object, const char *name, json_t *value)
{
	char digits[32];

	if (json_is_integer(value)) {
		snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		value = json_string(digits);
		if (json_object_set_new(object, name, value) < 0) {
			return NULL;
		}
	}
	return json_string_value(value);
}

static int take_option(struct ph_cli *cli, json_t *object, const char *name,
		       json_t *value, unsigned place, struct ph_error *err)
{
	const struct ph_cli_option *option = find(cli, name);
	const char *text;

	if (!option) {
		return refuse(cli, place,
			      ph_say("is no option of this command",
				     "không phải là tùy chọn của lệnh này"),
			      err);
	}
	if (json_is_null(value) || json_is_false(value)) {
		return 0;
	}
	text = option->arg           ? text_of(object, name, value)
	       : json_is_true(value) ? ""
				     : NULL;
	if (!text) {
		return refuse(cli, place,
			      option->arg
				      ? ph_say("is neither text nor a whole number",
					       "không phải là chữ, cũng không phải là số "
					       "nguyên")
				      : ph_say("takes no value: true or false",
					       "không nhận giá trị: chỉ true hoặc false"),
			      err);
	}
	if (cli->n_set == sizeof(cli->set) / sizeof(cli->set[0])) {
		return refuse(cli, place,
			      ph_say("is one option too many", "là tùy chọn thừa"), err);
	}
	cli->set[cli->n_set].name = option->name;
	cli->set[cli->n_set++].value = text;
	return 0;
}

static int take_words(struct ph_given *given, struct ph_cli *cli, json_t *words,
		      unsigned place, struct ph_error *err)
{
	json_t *word;
	size_t i;

	if (!json_is_array(words)) {
		return refuse(cli, place,
			      ph_say("is no list of words", "không phải là danh sách từ"),
			      err);
	}
	given->args = calloc((size_t)cli->n_args + json_array_size(words) + 1,
			     sizeof(given->args[0]));
	if (!given->args) {
		return ph_fail_errno(err, -ENOMEM,
				     ph_say("standard input", "dữ liệu nhập vào"));
	}
	if (cli->n_args > 0) {
		memcpy(given->args, cli->args,
		       (size_t)cli->n_args * sizeof(given->args[0]));
	}
	cli->args = given->args;
	json_array_foreach(words, i, word)
	{
		if (!json_is_string(word)) {
			return refuse(cli, place,
				      ph_say("has a word that is no text",
					     "có từ không phải là chữ"),
				      err);
		}
		cli->args[cli->n_args++] = (char *)json_string_value(word);
	}
	return 0;
}

static int take_members(struct ph_given *given, struct ph_cli *cli, struct ph_error *err)
{
	unsigned place = 0;
	const char *name;
	json_t *value;

	json_object_foreach(given->object, name, value)
	{
		int rc = strcmp(name, WORDS) == 0
				 ? take_words(given, cli, value, ++place, err)
				 : take_option(cli, given->object, name, value, ++place,
					       err);

		if (rc < 0) {
			return rc;
		}
	}
	return 0;
}

int ph_given_read(struct ph_given *given, struct ph_cli *cli, struct ph_error *err)
{
	struct ph_buf line = { 0 };
	int rc = read_line(&line, err);

	if (rc == 0) {
		given->object = ph_json_loadb((const char *)line.data, line.len,
					      JSON_REJECT_DUPLICATES, NULL);
		rc = json_is_object(given->object) ? take_members(given, cli, err)
						   : no_line(err);
	}
	ph_buf_wipe(&line);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("standard input", "dữ liệu nhập vào"))
		      : 0;
}

void ph_given_end(struct ph_given *given)
{
	json_decref(given->object);
	free(given->args);
	*given = (struct ph_given){ 0 };
}

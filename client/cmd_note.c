/*
 * client/cmd_note.c - packhorse note: a few words that no other kind says.
 *
 * The words are sealed, since they may be about a person. They stand on the command line,
 * or in a line of standard input.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/form.h"
#include "common/cli/out.h"

#define LINE_ROOM 4096

static const struct ph_slip_field words[] = { PH_SLIP_NAMED("text"), { 0 } };

static const struct ph_slip_field fields[] = {
	{ .option = "about", .member = "about", .how = PH_SLIP_ENTRY },
	{ 0 },
};

static int add_text(struct ph_desk *desk, json_t *slip, struct ph_error *err)
{
	char line[LINE_ROOM];

	if (json_object_get(slip, "text")) {
		return 0;
	}
	if (!fgets(line, sizeof(line), stdin)) {
		return ph_cli_usage(
			desk->cli, err,
			ph_say("say what is to be noted", "hãy cho biết cần ghi chú gì"));
	}
	line[strcspn(line, "\r\n")] = '\0';
	return ph_slip_text(slip, "text", line, err);
}

static const struct ph_form form = {
	.kind = "note",
	.words = words,
	.fields = fields,
	.more = add_text,
};

static const struct ph_cli_option options[] = {
	{ "about", "REF", "the entry it is about" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_note = {
	.name = "note",
	.group = "The desk",
	.args = "[TEXT]",
	.max_args = 1,
	.doc = "a few words, about an entry or about nothing else\n\n"
	       "Without TEXT, a line of standard input. The words are sealed.",
	.options = options,
	.run = ph_form_run,
	.data = &form,
};

/*
 * client/form.c - commands that fill in entries of one kind.
 *
 * Words, then options, then what the form adds by itself; what the kind needs and is not
 * there then is asked for by the name of its option. All entries are one commit.
 */
#include "client/form.h"
#include "common/cli/out.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Every word on its own in one member that is a list. */
static int set_list(struct ph_desk *desk, json_t *slip, const struct ph_slip_field *field,
		    char **args, int n_args, struct ph_error *err)
{
	json_t *list = json_array();
	int rc = list ? 0 : -ENOMEM;

	for (int i = 0; rc == 0 && i < n_args; i++) {
		rc = ph_desk_set(desk, slip, field, field->option, args[i], err);
		if (rc == 0 &&
		    json_array_append(list, json_object_get(slip, field->member)) != 0) {
			rc = -ENOMEM;
		}
	}
	if (rc != 0 || n_args == 0) {
		json_decref(list);
		return rc;
	}
	return json_object_set_new(slip, field->member, list) == 0 ? 0 : -ENOMEM;
}

static int fill(struct ph_desk *desk, const struct ph_form *form, json_t *slip,
		char **args, int n_args, const char *each, struct ph_error *err)
{
	const struct ph_slip_field *word = form->words;
	int rc = 0;
	int i = 0;

	for (; rc == 0 && word && word->option && i < n_args; word++, i++) {
		rc = ph_desk_set(desk, slip, word, word->option, args[i], err);
	}
	if (rc == 0 && form->list) {
		rc = set_list(desk, slip, form->list, args + i, n_args - i, err);
	}
	if (rc == 0 && each) {
		rc = ph_desk_set(desk, slip, form->each, form->each->option, each, err);
	}
	if (rc == 0 && form->fields) {
		rc = ph_desk_fields(desk, form->fields, slip, NULL, err);
	}
	return rc == 0 && form->more ? form->more(desk, slip, err) : rc;
}

/* What the kind cannot be without, and an option would have given. */
static int check_needs(const struct ph_desk *desk, const struct ph_form *form,
		       json_t *slip, struct ph_error *err)
{
	const struct ph_kind *kind = ph_kind_named(ph_view_str(form->kind));
	const struct ph_slip_field *field = form->fields;
	char why[128];

	for (; field && field->option; field++) {
		int plain = ph_kind_field(kind, field->member);
		int sealed = ph_kind_sealed_field(kind, field->member);
		const struct ph_field *wanted =
			plain >= 0 ? &kind->fields[plain] : &kind->sealed[sealed];
		bool needed = (wanted->flags & PH_F_REQUIRED) ||
			      (form->need && strcmp(form->need, field->option) == 0);

		if (needed && !json_object_get(slip, field->member)) {
			snprintf(why, sizeof(why),
				 ph_say("say --%s: %s", "cần có --%s: %s"), field->option,
				 wanted->doc);
			return ph_cli_usage(desk->cli, err, why);
		}
	}
	return 0;
}

int ph_form_put(struct ph_desk *desk, const struct ph_form *form, char **args, int n_args,
		const char *each, struct ph_error *err)
{
	json_t *slip = ph_desk_slip(desk, form->kind, err);
	int rc = slip ? fill(desk, form, slip, args, n_args, each, err) : -EINVAL;

	rc = rc != 0 ? rc : check_needs(desk, form, slip, err);
	if (rc != 0) {
		json_decref(slip);
		return ph_fail_errno(err, rc, form->kind);
	}
	return ph_desk_put(desk, &slip, NULL, err);
}

static int put_all(struct ph_desk *desk, const struct ph_form *form, struct ph_error *err)
{
	char **args = desk->cli->args;
	int n_args = desk->cli->n_args;
	int n_words = 0;
	int rc = 0;

	if (!form->each) {
		return ph_form_put(desk, form, args, n_args, NULL, err);
	}
	while (form->words && form->words[n_words].option) {
		n_words++;
	}
	for (int i = n_words; rc == 0 && i < n_args; i++) {
		rc = ph_form_put(desk, form, args, n_words, args[i], err);
	}
	return rc;
}

int ph_form_run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc = ph_desk_open(&desk, cli, err);

	if (rc < 0) {
		return rc;
	}
	rc = put_all(&desk, cli->command->data, err);
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

/*
 * daemon/form.c - commands of packhorsed that fill in one entry, as a table tells.
 *
 * Numbers and names of enums are looked at here, so that an error names the option and
 * its limits; the hub turns sites' codes into numbers and checks all else.
 */
#include "daemon/form.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/cli/out.h"

static const struct ph_field *field_of(const struct ph_kind *kind, const char *member)
{
	int plain = ph_kind_field(kind, member);
	int sealed = ph_kind_sealed_field(kind, member);

	return plain >= 0    ? &kind->fields[plain]
	       : sealed >= 0 ? &kind->sealed[sealed]
			     : NULL; /* an extra: when, staff, behalf */
}

static bool is_site(const struct ph_field *field)
{
	return field->type == PH_T_UINT && field->max == PH_SITE_MAX;
}

static int set_new(json_t *object, const char *member, json_t *value)
{
	return json_object_set_new(object, member, value) == 0 ? 0 : -ENOMEM;
}

/* TEXT in NFC, as ph_request_set(); the error names the option. */
static int set_text(json_t *object, const char *member, const char *what,
		    const char *text, struct ph_error *err)
{
	struct ph_error wrong = { .exit = PH_EXIT_DONE };
	int rc = ph_request_set(object, member, text, &wrong);
	const char *colon = strchr(wrong.text, ':');

	return rc < 0 && colon ? ph_fail(err, wrong.exit, rc, "%s%s", what, colon) : rc;
}

static int set_enum(json_t *object, const struct ph_field *field, const char *what,
		    const char *text, struct ph_error *err)
{
	char names[PH_ERROR_TEXT_MAX] = "";
	const char *part = NULL;
	unsigned found = 0;
	size_t len = 0;
	char shown[64];

	for (uint64_t i = 0; i < field->max; i++) {
		const char *name = field->names[i];

		if (strcmp(name, text) == 0) {
			return set_new(object, field->name, json_string(name));
		}
		if (text[0] != '\0' && strstr(name, text)) {
			part = name;
			found++;
		}
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
					i ? ", " : "", name);
		len = len < sizeof(names) ? len : sizeof(names) - 1;
	}
	if (found == 1) {
		return set_new(object, field->name, json_string(part));
	}
	ph_text_safe(shown, sizeof(shown), text, strlen(text));
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("%s: \"%s\" is not one of %s", "%s: “%s” không thuộc %s"),
		       what, shown, names);
}

static int append_text(json_t *list, const char *text, size_t len)
{
	struct ph_view view = { .data = (const uint8_t *)text, .len = len };

	if (json_array_append_new(list, json_stringn(text, len)) == 0) {
		return 0;
	}
	return ph_text_check(view) == PH_TEXT_E_UTF8 ? -EINVAL : -ENOMEM;
}

/* "A,B": items that the hub reads as codes of sites, communes or references. */
static int set_list(json_t *object, const char *member, const char *text)
{
	json_t *list = json_object_get(object, member);
	int rc = 0;

	if (!list) {
		list = json_array();
		rc = set_new(object, member, list);
	}
	while (rc == 0 && *text) {
		size_t len = strcspn(text, ",");

		rc = append_text(list, text, len);
		text += len + (text[len] == ',');
	}
	return rc;
}

int ph_form_set(json_t *object, const struct ph_kind *kind, const char *member,
		const char *what, const char *text, struct ph_error *err)
{
	const struct ph_field *field = field_of(kind, member);
	uint64_t number;
	int rc;

	if (!field) {
		return set_text(object, member, what, text, err);
	}
	if (ph_type_is_list(field->type)) {
		rc = set_list(object, member, text);
		return rc == -EINVAL ? ph_fail(err, PH_EXIT_USAGE, rc,
					       ph_say("%s: is not UTF-8 text",
						      "%s: không phải là chữ UTF-8"),
					       what)
				     : rc;
	}
	if (field->type == PH_T_ENUM) {
		return set_enum(object, field, what, text, err);
	}
	if (field->type != PH_T_UINT || is_site(field)) {
		return set_text(object, member, what, text, err);
	}
	rc = (ph_kind_field(kind, member) < 0 ? ph_cli_uint_of_person : ph_cli_uint)(
		text, what, field->min, field->max, &number, err);
	return rc < 0 ? rc : set_new(object, member, json_integer((json_int_t)number));
}

static int set_words(const struct ph_cli *cli, const struct ph_form *form,
		     const struct ph_kind *kind, json_t *object, struct ph_error *err)
{
	const char *const *word = form->words;
	int rc = 0;

	for (int i = 0; rc == 0 && i < cli->n_args; i++) {
		const char *member = word && *word ? *word++ : form->list;

		rc = ph_form_set(object, kind, member, member, cli->args[i], err);
	}
	return rc;
}

static int set_options(const struct ph_cli *cli, const struct ph_form *form,
		       const struct ph_kind *kind, json_t *object, unsigned *count,
		       struct ph_error *err)
{
	static const struct ph_form_option extras[] = {
		{ .option = "when" }, { .option = "staff" }, { .option = "behalf" }, { 0 }
	};
	int rc = 0;

	for (int pass = 0; pass < 2; pass++) {
		const struct ph_form_option *o = pass ? extras : form->options;

		for (; rc == 0 && o && o->option; o++) {
			const char *text = ph_cli_get(cli, o->option);
			char what[64];

			if (!text) {
				continue;
			}
			snprintf(what, sizeof(what), "--%s", o->option);
			*count += pass == 0;
			rc = ph_form_set(object, kind, o->member ? o->member : o->option,
					 what, o->value ? o->value : text, err);
		}
	}
	return rc;
}

int ph_form_run(struct ph_cli *cli, struct ph_error *err)
{
	const struct ph_form *form = cli->command->data;
	const struct ph_kind *kind = ph_kind_named(ph_view_str(form->kind));
	json_t *object = json_pack("{s:s}", "kind", form->kind);
	json_t *request = ph_request("record");
	char why[64];
	unsigned count = 0;
	int rc = object && request && kind ? set_words(cli, form, kind, object, err)
					   : -ENOMEM;

	rc = rc != 0 ? rc : set_options(cli, form, kind, object, &count, err);
	if (rc == 0 && form->need && !ph_cli_has(cli, form->need)) {
		snprintf(why, sizeof(why), ph_say("--%s is needed", "cần có --%s"),
			 form->need);
		rc = ph_cli_usage(cli, err, why);
	} else if (rc == 0 && !form->need && !form->enough && count == 0) {
		rc = ph_cli_usage(
			cli, err,
			ph_say("say what is to be written", "hãy cho biết cần ghi gì"));
	}
	if (rc < 0) {
		json_decref(object);
		json_decref(request);
		return ph_fail_errno(err, rc, form->kind);
	}
	ph_request_put(&request, "entries", json_pack("[o]", object));
	return ph_act(cli, request, form->kind, err);
}

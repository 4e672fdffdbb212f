/*
 * client/page.c - one thing that the ledger knows, for people.
 *
 * The JSON of a view is walked: a member is a line, an object among them is written in
 * one line, an array takes a line for each of its items. Whatever views come to say
 * later is shown without a change here.
 */
#include "client/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/entry_words.h"
#include "common/cli/out.h"

void ph_page_site(char out[static PH_PAGE_SITE_MAX], struct ph_ledger *ledger,
		  uint64_t site)
{
	json_t *view = NULL;
	const char *name = NULL;

	if (ph_view_site(ledger, site, &view) == 0) {
		name = json_string_value(json_object_get(view, "name"));
	}
	snprintf(out, PH_PAGE_SITE_MAX, "%06llu%s%s", (unsigned long long)site,
		 name ? " " : "", name ? name : "");
	json_decref(view);
}

static bool names_site(const char *member)
{
	static const char *const members[] = { "site", "owner", "from", "to", "pickup" };

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (strcmp(member, members[i]) == 0) {
			return true;
		}
	}
	return false;
}

static void write_value(struct ph_buf *out, struct ph_ledger *ledger, const char *member,
			json_t *value);

static void write_object(struct ph_buf *out, struct ph_ledger *ledger, json_t *object)
{
	json_t *code = json_object_get(object, "code");
	const char *member;
	json_t *value;
	bool first = true;

	if (json_is_string(code) && json_object_get(object, "ns")) {
		(void)ph_buf_printf(out, "%s", json_string_value(code));
		return;
	}
	json_object_foreach(object, member, value)
	{
		(void)ph_buf_printf(out, "%s%s ", first ? "" : ", ",
				    ph_label_say(member));
		write_value(out, ledger, member, value);
		first = false;
	}
}

static void write_array(struct ph_buf *out, struct ph_ledger *ledger, const char *member,
			json_t *array)
{
	json_t *value;
	size_t i;

	json_array_foreach(array, i, value)
	{
		(void)ph_buf_printf(out, "%s", i ? ", " : "");
		write_value(out, ledger, member, value);
	}
}

static void write_value(struct ph_buf *out, struct ph_ledger *ledger, const char *member,
			json_t *value)
{
	char site[PH_PAGE_SITE_MAX];

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		write_object(out, ledger, value);
		break;
	case JSON_ARRAY:
		write_array(out, ledger, member, value);
		break;
	case JSON_STRING:
		(void)ph_buf_printf(out, "%s", json_string_value(value));
		break;
	case JSON_INTEGER:
		if (names_site(member)) {
			ph_page_site(site, ledger, (uint64_t)json_integer_value(value));
			(void)ph_buf_printf(out, "%s", site);
		} else {
			(void)ph_buf_printf(out, "%" JSON_INTEGER_FORMAT,
					    json_integer_value(value));
		}
		break;
	case JSON_TRUE:
		(void)ph_buf_printf(out, "%s", ph_say("yes", "có"));
		break;
	case JSON_FALSE:
		(void)ph_buf_printf(out, "%s", ph_say("no", "không"));
		break;
	case JSON_REAL:
	case JSON_NULL:
		break;
	}
}

static void add_row(struct ph_table *table, struct ph_ledger *ledger, const char *member,
		    json_t *value)
{
	struct ph_buf text = { 0 };

	write_value(&text, ledger, member, value);
	ph_table_cell(table, ph_label_say(member));
	if (ph_buf_put_u8(&text, '\0') == 0) {
		ph_table_cell(table, (const char *)text.data);
	} else {
		ph_table_cell(table, "");
	}
	ph_buf_wipe(&text); /* it may be a name */
}

static void add_member(struct ph_table *table, struct ph_ledger *ledger,
		       const char *member, json_t *value)
{
	json_t *item;
	size_t i;

	if (strcmp(member, "rest") == 0) {
		return; /* a whole MARC record, in hexadecimal digits */
	}
	if (!json_is_array(value)) {
		add_row(table, ledger, member, value);
		return;
	}
	json_array_foreach(value, i, item)
	{
		add_row(table, ledger, member, item);
	}
}

int ph_page_print(const struct ph_cli *cli, struct ph_ledger *ledger, json_t *view)
{
	const char *const headings[] = { ph_say("MEMBER", "MỤC"),
					 ph_say("VALUE", "GIÁ TRỊ") };
	struct ph_table *table;
	const char *member;
	json_t *value;
	int rc;

	if (cli->json || cli->plain) {
		if (json_object_set_new(view, "schema", json_integer(1)) != 0) {
			json_decref(view);
			return -ENOMEM;
		}
		return ph_out_script(cli->json, view);
	}
	table = ph_table_new(headings, 2, true);
	if (!table) {
		json_decref(view);
		return -ENOMEM;
	}
	json_object_foreach(view, member, value)
	{
		add_member(table, ledger, member, value);
	}
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	json_decref(view);
	return rc;
}

static int on_open(void *data, const struct ph_ref *ref, struct ph_buf *plain)
{
	return ph_site_part(data, ref, plain);
}

struct ph_opener ph_page_opener(struct ph_site *site)
{
	return (struct ph_opener){ .open = on_open, .data = site };
}

int ph_page_unknown(const struct ph_cli *cli, const char *what)
{
	char shown[256];

	if (strpbrk(what, "0123456789")) {
		ph_text_safe(shown, sizeof(shown), what, strlen(what));
	} else { /* no card and no reference: it may be a name */
		snprintf(shown, sizeof(shown), "%s", cli->command->name);
	}
	fprintf(stderr, "%s: %s: %s\n", cli->program->name, shown,
		ph_say("not known here", "chưa có ở đây"));
	return PH_EXIT_OTHER;
}

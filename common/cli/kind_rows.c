/*
 * common/cli/kind_rows.c - lists of the entries of one kind, as tables.
 *
 * The columns follow from the table of kinds. What belongs to every entry has its heading in
 * capital letters, a field the name that docs/KINDS.md gives it, for people in their
 * language. Masks and hashes that the log makes are left out.
 */
#include "common/cli/kind_rows.h"

#include <errno.h>
#include <string.h>

#include "common/cli/entry_words.h"
#include "common/cli/out.h"
#include "common/cli/rows.h"
#include "common/cli/sheet.h"
#include "common/cli/table.h"
#include "common/cli/value_words.h"

struct column {
	const struct ph_field *field; /* NULL: of every entry */
	const char *member;           /* of the item, then */
};

#define COLUMNS_MAX  (2 * PH_FIELDS_MAX + 8)
#define NAME_OF_SITE "site_name|site"

struct columns {
	struct column column[COLUMNS_MAX];
	const char *headings[COLUMNS_MAX];
	unsigned n;
};

static void add_column(struct columns *columns, const char *heading,
		       const struct ph_field *field, const char *member)
{
	columns->headings[columns->n] = heading;
	columns->column[columns->n++] =
		(struct column){ .field = field, .member = member };
}

/* Bytes are for files; a terminal has no room for them. */
static bool is_shown(const struct ph_cli *cli, const struct ph_kind *kind, uint32_t i)
{
	enum ph_type type = kind->fields[i].type;
	bool is_made = kind->n_sealed > 0 && (i == kind->sets || i == kind->commit);

	return !is_made && type != PH_T_SEEN &&
	       (cli->plain || ph_sheet_is_wanted() ||
		(type != PH_T_BYTES && type != PH_T_FIXED));
}

static void choose_columns(const struct ph_cli *cli, const struct ph_kind *kind,
			   struct columns *columns)
{
	columns->n = 0;
	add_column(columns, ph_say("SITE", "ĐIỂM"), NULL, NAME_OF_SITE);
	add_column(columns, ph_say("TIME", "LÚC"), NULL, "time");
	for (uint32_t i = 0; i < kind->n_fields; i++) {
		if (is_shown(cli, kind, i)) {
			add_column(columns, ph_label_say(kind->fields[i].name),
				   &kind->fields[i], NULL);
		}
	}
	for (uint32_t i = 0; i < kind->n_sealed; i++) {
		add_column(columns, ph_label_say(kind->sealed[i].name), &kind->sealed[i],
			   NULL);
	}
	add_column(columns, ph_say("STAFF", "NGƯỜI GHI"), NULL, "entry.staff");
	add_column(columns, ph_say("DEVICE", "MÁY"), NULL, "device");
	add_column(columns, ph_say("COUNTS", "ĐƯỢC TÍNH"), NULL, "why|counts");
	add_column(columns, ph_say("REFERENCE", "THAM CHIẾU"), NULL, "ref");
	if (ph_sheet_is_wanted()) { /* two may be called alike */
		add_column(columns, ph_say("SITE NUMBER", "SỐ ĐIỂM"), NULL, "site");
	}
}

/* Why an entry does not count, for people. */
static const char *say_why(const char *why)
{
	static const struct {
		const char *why, *vietnamese;
	} words[] = {
		{ "cut", "máy bị ngừng" },
		{ "voided", "đã hủy" },
		{ "unmerged", "đã tách" },
		{ "twin", "trùng" },
		{ "on-another-branch", "có ở nhánh khác" },
		{ "not-folded", "không được tính" },
		{ "unreadable", "không đọc được" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].why, why) == 0) {
			return ph_say(why, words[i].vietnamese);
		}
	}
	return why;
}

static int add_cell(const struct ph_cli *cli, struct ph_table *table,
		    const struct column *column, const json_t *item)
{
	const json_t *entry = json_object_get(item, "entry");
	bool is_site = column->member && strcmp(column->member, NAME_OF_SITE) == 0;
	const json_t *value = column->field ? json_object_get(entry, column->field->name)
					    : ph_rows_find(item, column->member);
	const char *text = json_string_value(value);
	bool is_role = column->field && strcmp(column->field->name, "role") == 0;
	const char *role = is_role ? ph_device_role_say(json_integer_value(value)) : NULL;

	if (text && !cli->plain && column->field && column->field->type == PH_T_ENUM) {
		ph_table_cell(table, ph_field_value_say(column->field->name, text));
		return 0;
	}
	if (role && !cli->plain) {
		ph_table_cell(table, role);
		return 0;
	}
	if (text && !cli->plain && json_object_get(item, "why") == value) {
		ph_table_cell(table, say_why(text));
		return 0;
	}
	if (cli->plain && json_is_true(value)) {
		ph_table_cell(table, "yes");
		return 0;
	}
	return is_site ? ph_rows_site(table, item, cli->plain)
		       : ph_rows_cell_of(table, item, value);
}

int ph_kind_rows(const struct ph_cli *cli, const char *name, const json_t *items)
{
	const struct ph_kind *kind = ph_kind_named(ph_view_str(name));
	struct columns columns;
	struct ph_table *table;
	const json_t *item;
	size_t i;
	int rc = 0;

	if (!kind) {
		return -EINVAL;
	}
	choose_columns(cli, kind, &columns);
	table = ph_table_new(columns.headings, columns.n, cli->plain);
	json_array_foreach(items, i, item)
	{
		for (unsigned c = 0; rc == 0 && c < columns.n; c++) {
			rc = add_cell(cli, table, &columns.column[c], item);
		}
	}
	rc = rc != 0 ? rc : ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

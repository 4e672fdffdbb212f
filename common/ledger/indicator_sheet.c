/*
 * common/ledger/indicator_sheet.c - lines and totals become a sheet.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/indicator_internal.h"
#include "common/ledger/show.h"
#include "common/ledger/small.h"

static const int target_years[PH_TARGETS] = { 2026, 2030, 2045 };

/* --- columns --- */

/* What stands in front of the figures. */
struct heading {
	const char *name, *en, *vi;
	bool is_number;
};
static size_t headings_of(enum ph_by by, struct heading headings[static 3])
{
	static const struct heading places[] = {
		{ "commune", "commune", "mã xã", false },
		{ "name", "name", "tên", false },
		{ "site", "site", "điểm", true },
		{ "code", "code", "mã", false },
	};
	static const struct heading one[PH_BYS] = {
		[PH_BY_KIND] = { "kind", "kind of site", "loại điểm", false },
		[PH_BY_MONTH] = { "month", "month", "tháng", false },
		[PH_BY_LANGUAGE] = { "language", "language", "ngôn ngữ", false },
		[PH_BY_BAND] = { "band", "age", "lứa tuổi", false },
		[PH_BY_PURPOSE] = { "purpose", "purpose", "mục đích", false },
		[PH_BY_FORM] = { "form", "form", "hình thức", false },
		[PH_BY_OCCASION] = { "occasion", "occasion", "dịp", false },
		[PH_BY_DONOR] = { "donor", "donor", "bên tặng", false },
		[PH_BY_ACQUISITION] = { "acquisition", "source", "nguồn", false },
	};

	if (by == PH_BY_COMMUNE) {
		headings[0] = places[0];
		headings[1] = places[1];
		return 2;
	}
	if (by == PH_BY_SITE) {
		headings[0] = places[2];
		headings[1] = places[3];
		headings[2] = places[1];
		return 3;
	}
	headings[0] = one[by];
	return 1;
}

/* Which columns there are: where lines split one figure, that alone. */
static bool is_shown(const struct ph_reckoning *reckoning, size_t column)
{
	const struct ph_indicator *row = reckoning->query->row;
	enum ph_by by = reckoning->query->by;
	bool splits = row->source == PH_FROM_COUNTERS &&
		      (by == PH_BY_BAND || by == PH_BY_PURPOSE || by == PH_BY_LANGUAGE);

	return column < row->n_columns && (!splits || row->columns[column].is_main);
}

/* Whether COLUMN counts persons of a part of those who came. */
static bool is_of_part(const struct ph_reckoning *reckoning, size_t column)
{
	enum ph_by by = reckoning->query->by;

	return is_shown(reckoning, column) &&
	       (reckoning->query->row->columns[column].is_part || by == PH_BY_BAND ||
		by == PH_BY_PURPOSE);
}

static int show_columns(const struct ph_reckoning *reckoning, struct ph_show *sheet)
{
	static const char *const types[] = {
		[PH_CELL_TEXT] = "text",       [PH_CELL_COUNT] = "count",
		[PH_CELL_PERCENT] = "percent", [PH_CELL_MONEY] = "money",
		[PH_CELL_DAY] = "day",
	};
	const struct ph_indicator *row = reckoning->query->row;
	json_t *list = json_array();
	struct heading headings[3];
	size_t n = headings_of(reckoning->query->by, headings);
	int rc = json_object_set_new(sheet->object, "columns", list) ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = ph_show_append(list,
				    json_pack("{s:s, s:s, s:s, s:s}", "name",
					      headings[i].name, "en", headings[i].en,
					      "vi", headings[i].vi, "type",
					      headings[i].is_number ? "count" : "text"));
	}
	for (size_t c = 0; rc == 0 && c < row->n_columns; c++) {
		const struct ph_column *column = &row->columns[c];

		if (is_shown(reckoning, c)) {
			rc = ph_show_append(list, json_pack("{s:s, s:s, s:s, s:s}",
							    "name", column->name, "en",
							    column->en, "vi", column->vi,
							    "type", types[column->type]));
		}
	}
	return rc;
}

/* --- lines --- */

static json_t *text_or_null(const char *text)
{
	return text == NULL || text[0] == '\0' ? json_null() : json_string(text);
}

/* The word of a value of the field by which lines are split. */
static json_t *word_of(enum ph_by by, int64_t value)
{
	static const struct {
		uint32_t kind;
		uint8_t field;
	} fields[PH_BYS] = {
		[PH_BY_KIND] = { PH_KIND_SITE_PUT, PH_SITE_KIND },
		[PH_BY_BAND] = { PH_KIND_VISIT, PH_VISIT_BAND },
		[PH_BY_PURPOSE] = { PH_KIND_VISIT, PH_VISIT_PURPOSE },
		[PH_BY_FORM] = { PH_KIND_DIGITAL_USE, PH_DIGITAL_FORM },
		[PH_BY_OCCASION] = { PH_KIND_ACTIVITY, PH_ACTIVITY_OCCASION },
		[PH_BY_DONOR] = { PH_KIND_DONATION, PH_DONATION_DONOR },
		[PH_BY_ACQUISITION] = { PH_KIND_COPY_PUT, PH_COPY_ACQUISITION },
	};
	const struct ph_kind *kind = ph_kind_find(fields[by].kind);
	const struct ph_field *field =
		kind != NULL ? &kind->fields[fields[by].field] : NULL;

	return field != NULL && value >= 0 && (uint64_t)value < field->max
		       ? json_string(field->names[value])
		       : json_null();
}

static int put_site(const struct ph_reckoning *reckoning, json_t *cells, int64_t number)
{
	const struct ph_reckon_site *site = ph_reckon_site(reckoning, (uint64_t)number);
	int rc = ph_show_append(cells, json_integer((json_int_t)number));

	rc = rc != 0 ? rc : ph_show_append(cells, text_or_null(site ? site->code : NULL));
	return rc != 0 ? rc
		       : ph_show_append(cells, text_or_null(site ? site->name : NULL));
}

/* What the line is about. */
static int put_key(const struct ph_reckoning *reckoning, json_t *cells,
		   const struct ph_line_key *key)
{
	const struct ph_reckon_commune *commune;
	struct ph_period month = { .months = 1 };
	char text[PH_PERIOD_TEXT];
	int rc;

	switch (reckoning->query->by) {
	case PH_BY_SITE:
		return put_site(reckoning, cells, key->number);
	case PH_BY_COMMUNE:
		commune = ph_reckon_commune(reckoning, key->text);
		rc = ph_show_append(cells, text_or_null(key->text));
		return rc != 0 ? rc
			       : ph_show_append(
					 cells,
					 text_or_null(commune ? commune->name : NULL));
	case PH_BY_LANGUAGE:
		return ph_show_append(cells, text_or_null(key->text));
	case PH_BY_MONTH:
		month.index =
			reckoning->query->period.index * reckoning->query->period.months +
			key->number;
		ph_period_name(text, &month);
		return ph_show_append(cells, json_string(text));
	default:
		return ph_show_append(
			cells, key->is_null ? json_null()
					    : word_of(reckoning->query->by, key->number));
	}
}

/* N of D as the column of per cent has it. */
static json_t *share_cell(const struct ph_reckoning *reckoning, const int64_t *cell)
{
	bool grows = reckoning->query->row->source == PH_FROM_TURNS;
	int64_t n = grows ? cell[0] - cell[1] : cell[1];
	int64_t d = grows ? cell[1] : cell[0];
	int64_t value;

	return ph_reckon_percent(n, d, &value) ? json_integer((json_int_t)value)
					       : json_null();
}

/* The figure of COLUMN among CELL, or the words in its place; not those that are small. */
static json_t *figure(const struct ph_reckoning *reckoning, size_t column,
		      const int64_t *cell, json_t *words)
{
	const struct ph_column *what = &reckoning->query->row->columns[column];

	if (what->type == PH_CELL_PERCENT) {
		return share_cell(reckoning, cell);
	}
	if (what->type == PH_CELL_TEXT || what->type == PH_CELL_DAY) {
		return words != NULL ? json_incref(words) : json_null();
	}
	if (reckoning->query->by == PH_BY_LANGUAGE &&
	    strcmp(what->name, "uncatalogued") == 0) {
		return json_null();
	}
	return json_integer((json_int_t)cell[column]);
}

/* Units, months, bands and purposes stand there in any case, others if they have a figure. */
static bool has_figures(const struct ph_reckoning *reckoning, const struct ph_line *line)
{
	enum ph_row_source source = reckoning->query->row->source;
	enum ph_by by = reckoning->query->by;
	bool any = source == PH_FROM_MODEL || source == PH_FROM_SERVICES ||
		   source == PH_FROM_TURNS || by == PH_BY_MONTH ||
		   ((by == PH_BY_BAND || by == PH_BY_PURPOSE) && !line->key.is_null);

	for (size_t c = 0; c < PH_COLUMNS_MAX; c++) {
		any = any || line->cell[c] != 0;
	}
	return any;
}

/* The lines that are shown, and which figures of persons among them are not told. */
struct table {
	const struct ph_line **lines;
	size_t n;
	unsigned part[PH_COLUMNS_MAX]; /* the columns of parts */
	struct ph_small small;
	int64_t *cells;
	int64_t *came;
	enum ph_told *told; /* of CELLS; behind them the totals */
};

static void table_deinit(struct table *table)
{
	free(table->lines);
	free(table->cells);
	free(table->came);
	free(table->told);
}

static void fill_cells(const struct ph_reckoning *reckoning, struct table *table)
{
	size_t columns = table->small.n_columns;

	for (size_t i = 0; i <= table->n; i++) {
		const int64_t *from =
			i < table->n ? table->lines[i]->cell : reckoning->total[0];

		for (size_t c = 0; c < PH_COLUMNS_MAX; c++) {
			table->came[i] +=
				reckoning->query->row->came & 1 << c ? from[c] : 0;
		}
		for (size_t k = 0; k < columns; k++) {
			int64_t cell = from[table->part[k]];

			table->cells[i * columns + k] = cell;
			/* more women may have been told than came in all */
			table->came[i] = table->came[i] > cell ? table->came[i] : cell;
		}
	}
}

static int hide_small(const struct ph_reckoning *reckoning, struct table *table)
{
	enum ph_by by = reckoning->query->by;
	bool splits = by == PH_BY_BAND || by == PH_BY_PURPOSE;
	struct ph_small *small = &table->small;

	for (unsigned c = 0; c < PH_COLUMNS_MAX; c++) {
		if (is_of_part(reckoning, c)) {
			table->part[small->n_columns++] = c;
		}
	}
	small->n_rows = table->n;
	small->split = small->n_columns > 2 ? 1 : small->n_columns; /* behind women */
	small->all_came = splits;
	small->last_open =
		splits && table->n > 0 && table->lines[table->n - 1]->key.is_null;
	table->cells = calloc((table->n + 1) * PH_COLUMNS_MAX, sizeof *table->cells);
	table->came = calloc(table->n + 1, sizeof *table->came);
	table->told = calloc((table->n + 1) * PH_COLUMNS_MAX, sizeof *table->told);
	if (table->cells == NULL || table->came == NULL || table->told == NULL) {
		return -ENOMEM;
	}
	fill_cells(reckoning, table);
	small->cells = table->cells;
	small->came = splits ? NULL : table->came;
	small->told = table->told;
	return small->n_columns > 0 ? ph_small_hide(small) : 0;
}

static int make_table(const struct ph_reckoning *reckoning, struct table *table)
{
	table->lines = calloc(reckoning->n_lines + 1, sizeof(*table->lines));
	if (table->lines == NULL) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < reckoning->n_lines; i++) {
		const struct ph_line *line = &reckoning->lines[reckoning->order[i]];

		if (has_figures(reckoning, line)) {
			table->lines[table->n++] = line;
		}
	}
	return hide_small(reckoning, table);
}

/* How the figure in COLUMN of line LINE (behind the last: the totals) is told. */
static enum ph_told told_at(const struct table *table, size_t line, size_t column)
{
	for (size_t k = 0; k < table->small.n_columns; k++) {
		if (table->part[k] == column) {
			return table->told[line * table->small.n_columns + k];
		}
	}
	return PH_TOLD;
}

static json_t *cell_of(const struct ph_reckoning *reckoning, const struct table *table,
		       size_t line, size_t column)
{
	static json_t *const no_words[PH_COLUMNS_MAX];
	bool is_total = line == table->n;
	json_t *const *words = is_total ? no_words : table->lines[line]->words;

	switch (told_at(table, line, column)) {
	case PH_TOLD:
		return figure(reckoning, column,
			      is_total ? reckoning->total[0] : table->lines[line]->cell,
			      words[column]);
	case PH_BELOW:
		return json_pack("{s:i}", "below", PH_SMALL_BELOW);
	case PH_NOT_TOLD:
	case PH_BLANK:
		break;
	}
	return json_null();
}

static int put_cells(const struct ph_reckoning *reckoning, const struct table *table,
		     size_t line, json_t *cells)
{
	int rc = 0;

	for (size_t c = 0; rc == 0 && c < reckoning->query->row->n_columns; c++) {
		if (is_shown(reckoning, c)) {
			rc = ph_show_append(cells, cell_of(reckoning, table, line, c));
		}
	}
	return rc;
}

static int put_total(const struct ph_reckoning *reckoning, const struct table *table,
		     struct ph_show *sheet)
{
	json_t *cells = json_array();
	struct heading headings[3];
	size_t n = headings_of(reckoning->query->by, headings);
	int rc = json_object_set_new(sheet->object, "total", cells) ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = ph_show_append(cells, json_null());
	}
	return rc != 0 ? rc : put_cells(reckoning, table, table->n, cells);
}

static int show_lines(const struct ph_reckoning *reckoning, struct ph_show *sheet)
{
	struct table table = { 0 };
	json_t *rows = json_array();
	int rc = json_object_set_new(sheet->object, "rows", rows) ? -ENOMEM : 0;

	rc = rc != 0 ? rc : make_table(reckoning, &table);
	for (size_t i = 0; rc == 0 && i < table.n; i++) {
		json_t *cells = json_array();

		rc = ph_show_append(rows, cells);
		rc = rc != 0 ? rc : put_key(reckoning, cells, &table.lines[i]->key);
		rc = rc != 0 ? rc : put_cells(reckoning, &table, i, cells);
	}
	rc = rc != 0 ? rc : put_total(reckoning, &table, sheet);
	ph_show_number(sheet, "suppressed",
		       table.small.n_columns == 0 ? 0 : ph_small_hidden(&table.small));
	table_deinit(&table);
	return rc;
}

/* --- what stands around them --- */

static bool has_share(const struct ph_reckoning *reckoning)
{
	return reckoning->query->row->targets[0] != 0;
}

/* The main figure of a period, of which the trend is. */
static json_t *main_figure(const struct ph_reckoning *reckoning, size_t period)
{
	const struct ph_indicator *row = reckoning->query->row;
	size_t c = 0;
	int64_t value;

	if (has_share(reckoning)) {
		return ph_reckon_percent(reckoning->share[period][0],
					 reckoning->share[period][1], &value)
			       ? json_integer((json_int_t)value)
			       : json_null();
	}
	while (c + 1 < row->n_columns && !is_shown(reckoning, c)) {
		c++;
	}
	return json_integer((json_int_t)reckoning->total[period][c]);
}

static void show_share(const struct ph_reckoning *reckoning, struct ph_show *sheet)
{
	int64_t mean;

	if (!has_share(reckoning)) {
		return;
	}
	ph_show_set(sheet, "numerator", json_integer((json_int_t)reckoning->share[0][0]));
	ph_show_set(sheet, "denominator",
		    json_integer((json_int_t)reckoning->share[0][1]));
	ph_show_set(sheet, "value", main_figure(reckoning, 0));
	if (reckoning->query->row->source == PH_FROM_TURNS) {
		ph_show_set(sheet, "mean",
			    ph_reckon_mean(reckoning, &mean)
				    ? json_integer((json_int_t)mean)
				    : json_null());
	}
}

static int show_trend(const struct ph_reckoning *reckoning, struct ph_show *sheet)
{
	json_t *list = json_array();
	int rc = json_object_set_new(sheet->object, "trend", list) ? -ENOMEM : 0;

	for (size_t p = reckoning->n_trend; rc == 0 && p > 0; p--) {
		char name[PH_PERIOD_TEXT];

		ph_period_name(name, &reckoning->periods[p]);
		rc = ph_show_append(list, json_pack("{s:s, s:o}", "period", name, "value",
						    main_figure(reckoning, p)));
	}
	return rc;
}

struct targets {
	const char *code;
	json_t *out;
};

static int on_target(void *data, struct ph_view id, struct ph_view state)
{
	const struct targets *targets = data;
	struct ph_record record;
	struct ph_view code = PH_VIEW(id.data + 8, id.len > 8 ? id.len - 8 : 0);
	uint64_t year;
	char text[24];
	int64_t value;
	int rc;

	if (id.len <= 8 || !ph_view_equal(code, ph_view_str(targets->code)) ||
	    !ph_key_get_number(PH_VIEW(id.data, 8), &year)) {
		return 0;
	}
	rc = ph_record_decode(state, ph_kind_find(PH_KIND_TARGET_PUT), &record);
	if (rc != 0) {
		return rc;
	}
	value = ph_reckon_number(&record, PH_TARGET_VALUE, -1);
	ph_record_deinit(&record);
	snprintf(text, sizeof text, "%llu", (unsigned long long)year);
	return value < 0 ? 0
	       : json_object_set_new(targets->out, text, json_integer((json_int_t)value))
		       ? -ENOMEM
		       : 0;
}

static int show_targets(const struct ph_reckoning *reckoning, struct ph_show *sheet)
{
	struct targets targets = { reckoning->query->row->code, json_object() };
	int rc = json_object_set_new(sheet->object, "targets", targets.out) ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && has_share(reckoning) && i < PH_TARGETS; i++) {
		char text[24];

		snprintf(text, sizeof text, "%d", target_years[i]);
		rc = json_object_set_new(
			     targets.out, text,
			     json_integer((json_int_t)reckoning->query->row->targets[i]))
			     ? -ENOMEM
			     : 0;
	}
	return rc != 0 ? rc
		       : ph_ledger_each(reckoning->ledger, PH_ENTITY_TARGET, on_target,
					&targets);
}

static void show_head(const struct ph_reckoning *reckoning, struct ph_show *sheet)
{
	const struct ph_indicator_query *query = reckoning->query;
	char name[PH_PERIOD_TEXT], from[PH_TIME_TEXT], to[PH_TIME_TEXT];

	ph_period_name(name, &query->period);
	ph_day_text(from, query->period.from);
	ph_day_text(to, query->period.to);
	ph_show_set(sheet, "report", json_string(query->row->code));
	ph_show_set(sheet, "title",
		    json_pack("{s:s, s:s}", "en", query->row->en, "vi", query->row->vi));
	ph_show_set(sheet, "period",
		    json_pack("{s:s, s:s, s:s}", "name", name, "from", from, "to", to));
	ph_show_set(sheet, "by", json_string(ph_by_name(query->by)));
	if (query->commune != NULL) {
		ph_show_set(sheet, "commune", json_string(query->commune));
	}
	ph_reckon_show_rule(reckoning, sheet);
}

int ph_reckon_show(struct ph_reckoning *reckoning, json_t *out)
{
	struct ph_show sheet = { .object = out };
	int rc;

	show_head(reckoning, &sheet);
	rc = show_columns(reckoning, &sheet);
	rc = rc != 0 ? rc : show_lines(reckoning, &sheet);
	show_share(reckoning, &sheet);
	rc = rc != 0 ? rc : show_targets(reckoning, &sheet);
	rc = rc != 0 ? rc : show_trend(reckoning, &sheet);
	return rc == 0 && sheet.failed ? -ENOMEM : rc;
}

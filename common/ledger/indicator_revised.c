/*
 * common/ledger/indicator_revised.c - a sheet against what was printed of it.
 *
 * Lines are the same if what they are about is, which is their first cell; columns by
 * their names, so that a later program's sheet can still be compared. Of what the printed
 * sheet has no member nothing is said: the program that made it did not have that yet.
 *
 * Who has both subtracts, so of figures of which some are hidden in either it is said only
 * that they are not the same; and what is told of them now must not tell what was hidden.
 */
#include <errno.h>
#include <string.h>

#include "common/ledger/indicator.h"
#include "common/ledger/show.h"

/* Cells in front of the figures: those of which no column can be revised. */
static size_t keys_of(const json_t *sheet)
{
	const char *by = json_string_value(json_object_get(sheet, "by"));

	return by == NULL                   ? 0
	       : strcmp(by, "commune") == 0 ? 2
	       : strcmp(by, "site") == 0    ? 3
					    : 1;
}

static const char *column_name(const json_t *sheet, size_t i)
{
	return json_string_value(json_object_get(
		json_array_get(json_object_get(sheet, "columns"), i), "name"));
}

/* The cell of CELLS, a line of SHEET, in the column NAME; NULL if there is none. */
static json_t *cell_named(const json_t *sheet, const json_t *cells, const char *name)
{
	size_t n = json_array_size(json_object_get(sheet, "columns"));

	for (size_t i = keys_of(sheet); i < n; i++) {
		const char *column = column_name(sheet, i);

		if (column != NULL && strcmp(column, name) == 0) {
			return json_array_get(cells, i);
		}
	}
	return NULL;
}

static json_t *line_of(const json_t *sheet, const json_t *key)
{
	json_t *cells;
	size_t i;

	json_array_foreach(json_object_get(sheet, "rows"), i, cells)
	{
		if (json_equal(json_array_get(cells, 0), key)) {
			return cells;
		}
	}
	return NULL;
}

static json_t *key_cells(const json_t *sheet, const json_t *cells)
{
	json_t *list = json_array();
	int rc = list == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < keys_of(sheet); i++) {
		rc = ph_show_append(list, json_incref(json_array_get(cells, i)));
	}
	if (rc != 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

static json_t *or_null(json_t *cell)
{
	return cell != NULL ? json_incref(cell) : json_null();
}

/* A line that is not there had nothing. */
static bool is_same(const json_t *a, const json_t *b)
{
	const json_t *other = a == NULL ? b : a;

	if (a != NULL && b != NULL) {
		return json_equal(a, b);
	}
	return other == NULL || json_is_null(other) ||
	       (json_is_integer(other) && json_integer_value(other) == 0);
}

/* --- parts of the persons who came --- */

/* Whether the lines are a split of all who came, one figure each. */
static bool is_split(const json_t *sheet)
{
	const char *by = json_string_value(json_object_get(sheet, "by"));

	return by != NULL && (strcmp(by, "band") == 0 || strcmp(by, "purpose") == 0);
}

/* Whether column I of SHEET counts persons of a part of those who came. */
static bool is_part(const json_t *sheet, size_t i)
{
	const char *code = json_string_value(json_object_get(sheet, "report"));
	const char *name = column_name(sheet, i);
	const struct ph_indicator *row = code != NULL ? ph_indicator_find(code) : NULL;

	if (i < keys_of(sheet) || row == NULL || name == NULL) {
		return false;
	}
	for (size_t c = 0; c < row->n_columns; c++) {
		if (strcmp(row->columns[c].name, name) == 0) {
			return row->columns[c].is_part || is_split(sheet);
		}
	}
	return false;
}

/* How many parts of CELLS, a line of SHEET or NULL, do not stand as their number. */
static size_t hidden_in(const json_t *sheet, const json_t *cells)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(cells); i++) {
		n += is_part(sheet, i) && !json_is_integer(json_array_get(cells, i));
	}
	return n;
}

static size_t hidden_in_lines(const json_t *sheet)
{
	const json_t *cells;
	size_t n = 0, i;

	json_array_foreach(json_object_get(sheet, "rows"), i, cells)
	{
		n += hidden_in(sheet, cells);
	}
	return n;
}

/* What binds all lines hides something: the totals, or of a split any of its lines. */
static bool hides_for_all(const json_t *sheet)
{
	return is_split(sheet) ? hidden_in_lines(sheet) > 0
			       : hidden_in(sheet, json_object_get(sheet, "total")) > 0;
}

/* Two sheets, and what is found out of them. */
struct pair {
	const json_t *printed, *now;
	bool hides; /* in either, for all lines */
	json_t *list;
};

/* One line as it was and as it is, either may be NULL: whether a figure of it is another. */
static bool differs(const struct pair *pair, const json_t *was, const json_t *is)
{
	const json_t *model = is != NULL ? pair->now : pair->printed;
	size_t n = json_array_size(json_object_get(model, "columns"));

	for (size_t i = keys_of(model); i < n; i++) {
		const char *name = column_name(model, i);

		if (name != NULL && !is_same(cell_named(pair->printed, was, name),
					     cell_named(pair->now, is, name))) {
			return true;
		}
	}
	return false;
}

static bool hides(const struct pair *pair, const json_t *was, const json_t *is)
{
	return hidden_in(pair->printed, was) > 0 || hidden_in(pair->now, is) > 0;
}

/* Of no part of CELLS, a line of SHEET, anything is told. */
static void blank(const json_t *sheet, json_t *cells)
{
	for (size_t i = 0; i < json_array_size(cells); i++) {
		if (is_part(sheet, i)) {
			json_array_set_new(cells, i, json_null());
		}
	}
}

/* The lines that are another and hide something in either; whether there was one. */
static bool blank_lines(const struct pair *pair)
{
	bool any = false;
	json_t *cells;
	size_t i;

	json_array_foreach(json_object_get(pair->now, "rows"), i, cells)
	{
		const json_t *was = line_of(pair->printed, json_array_get(cells, 0));

		if (hides(pair, was, cells) && differs(pair, was, cells)) {
			blank(pair->now, cells);
			any = true;
		}
	}
	json_array_foreach(json_object_get(pair->printed, "rows"), i, cells)
	{
		any = any || (hidden_in(pair->printed, cells) > 0 &&
			      line_of(pair->now, json_array_get(cells, 0)) == NULL);
	}
	return any;
}

/* Whether any line or total of the two is another. */
static bool any_differs(const struct pair *pair)
{
	const json_t *cells;
	size_t i;

	json_array_foreach(json_object_get(pair->now, "rows"), i, cells)
	{
		if (differs(pair, line_of(pair->printed, json_array_get(cells, 0)),
			    cells)) {
			return true;
		}
	}
	return differs(pair, json_object_get(pair->printed, "total"),
		       json_object_get(pair->now, "total"));
}

int ph_indicator_withhold(const json_t *printed, json_t *now)
{
	struct pair pair = { .printed = printed, .now = now };
	const json_t *was = json_object_get(printed, "total");
	json_t *total = json_object_get(now, "total");
	json_t *cells;
	size_t i;

	if (is_split(now)) {
		if (any_differs(&pair) &&
		    (hides_for_all(printed) || hides_for_all(now))) {
			json_array_foreach(json_object_get(now, "rows"), i, cells)
			{
				blank(now, cells);
			}
		}
	} else {
		bool any = blank_lines(&pair);

		if (any || (hides(&pair, was, total) && differs(&pair, was, total))) {
			blank(now, total);
		}
	}
	return json_object_set_new(now, "suppressed",
				   json_integer((json_int_t)hidden_in_lines(now)))
		       ? -ENOMEM
		       : 0;
}

/* --- cells --- */

static int list_cell(const struct pair *pair, json_t *row, const char *name, json_t *a,
		     json_t *b)
{
	return ph_show_append(pair->list,
			      json_pack("{s:O, s:s, s:o, s:o}", "row", row, "column",
					name, "printed", or_null(a), "now", or_null(b)));
}

static int list_parts(const struct pair *pair, json_t *row)
{
	return ph_show_append(pair->list,
			      json_pack("{s:O, s:b}", "row", row, "parts", 1));
}

/*
 * One line, as it was and as it is; either may be NULL. ROW: what it is about. Whether a part
 * is another of which nothing is listed: *PARTS.
 */
static int compare(const struct pair *pair, const json_t *was, const json_t *is,
		   json_t *row, bool *parts)
{
	const json_t *model = is != NULL ? pair->now : pair->printed;
	size_t n = json_array_size(json_object_get(model, "columns"));
	bool all_came = json_is_null(row) && is_split(model); /* always told */
	bool quiet = !all_came && (pair->hides || hides(pair, was, is));
	int rc = 0;

	for (size_t i = keys_of(model); rc == 0 && i < n; i++) {
		const char *name = column_name(model, i);
		json_t *a = name ? cell_named(pair->printed, was, name) : NULL;
		json_t *b = name ? cell_named(pair->now, is, name) : NULL;

		if (name == NULL || is_same(a, b)) {
			continue;
		}
		if (quiet && is_part(model, i)) {
			*parts = true;
		} else {
			rc = list_cell(pair, row, name, a, b);
		}
	}
	return rc;
}

/* *PARTS is of all lines where they are a split. */
static int compare_line(const struct pair *pair, const json_t *was, const json_t *is,
			bool *parts)
{
	json_t *row =
		key_cells(is != NULL ? pair->now : pair->printed, is != NULL ? is : was);
	bool own = false;
	int rc = row == NULL ? -ENOMEM : compare(pair, was, is, row, &own);

	if (is_split(pair->now)) {
		*parts = *parts || own;
	} else if (rc == 0 && own) {
		rc = list_parts(pair, row);
	}
	json_decref(row);
	return rc;
}

static int compare_lines(const struct pair *pair, bool *parts)
{
	json_t *cells;
	size_t i;
	int rc = 0;

	json_array_foreach(json_object_get(pair->now, "rows"), i, cells)
	{
		const json_t *was = line_of(pair->printed, json_array_get(cells, 0));

		rc = rc != 0 ? rc : compare_line(pair, was, cells, parts);
	}
	json_array_foreach(json_object_get(pair->printed, "rows"), i, cells)
	{
		if (line_of(pair->now, json_array_get(cells, 0)) == NULL) {
			rc = rc != 0 ? rc : compare_line(pair, cells, NULL, parts);
		}
	}
	return rc;
}

/* --- the rule, and what it is reckoned from and held against --- */

/* Name and version: its words may be put better without another rule. */
static json_t *rule_of(const json_t *sheet)
{
	const json_t *rule = json_object_get(sheet, "rule");

	return rule == NULL
		       ? NULL
		       : json_pack("{s:O?, s:O?}", "name", json_object_get(rule, "name"),
				   "version", json_object_get(rule, "version"));
}

static int restate(const char *what, json_t *was, json_t *is, json_t *list)
{
	return was == NULL || is == NULL || json_equal(was, is)
		       ? 0
		       : ph_show_append(list, json_pack("{s:s, s:O, s:O}", "what", what,
							"printed", was, "now", is));
}

static int compare_rules(const json_t *printed, const json_t *now, json_t *list)
{
	json_t *was = rule_of(printed), *is = rule_of(now);
	bool short_of = (was == NULL && json_object_get(printed, "rule") != NULL) ||
			(is == NULL && json_object_get(now, "rule") != NULL);
	int rc = short_of ? -ENOMEM : restate("rule", was, is, list);

	json_decref(was);
	json_decref(is);
	return rc;
}

/* A year that only one of them has is null in the other. */
static int compare_target(const char *year, const json_t *was, const json_t *is,
			  json_t *list)
{
	json_t *a = json_object_get(was, year), *b = json_object_get(is, year);

	return a != NULL && b != NULL && json_equal(a, b)
		       ? 0
		       : ph_show_append(list, json_pack("{s:s, s:s, s:o, s:o}", "what",
							"target", "year", year, "printed",
							or_null(a), "now", or_null(b)));
}

static int compare_targets(const json_t *printed, const json_t *now, json_t *list)
{
	const json_t *was = json_object_get(printed, "targets");
	const json_t *is = json_object_get(now, "targets");
	json_t *years = json_object(); /* of both */
	const char *year;
	json_t *ignored;
	int rc = years == NULL ? -ENOMEM : 0;

	if (rc == 0 && was != NULL && is != NULL) {
		rc = json_object_update(years, (json_t *)was) ||
				     json_object_update_missing(years, (json_t *)is)
			     ? -ENOMEM
			     : 0;
	}
	json_object_foreach(years, year, ignored)
	{
		rc = rc != 0 ? rc : compare_target(year, was, is, list);
	}
	json_decref(years);
	return rc;
}

static int compare_heads(const json_t *printed, const json_t *now, json_t *list)
{
	static const char *const names[] = { "numerator", "denominator", "mean" };
	int rc = compare_rules(printed, now, list);

	for (size_t i = 0; rc == 0 && i < sizeof names / sizeof *names; i++) {
		rc = restate(names[i], json_object_get(printed, names[i]),
			     json_object_get(now, names[i]), list);
	}
	return rc != 0 ? rc : compare_targets(printed, now, list);
}

json_t *ph_indicator_revised(const json_t *printed, const json_t *now)
{
	struct pair pair = { .printed = printed,
			     .now = now,
			     .hides = hides_for_all(printed) || hides_for_all(now),
			     .list = json_array() };
	json_t *none = json_null();
	bool parts = false;
	int rc = pair.list == NULL ? -ENOMEM : compare_heads(printed, now, pair.list);

	rc = rc != 0 ? rc : compare_lines(&pair, &parts);
	rc = rc != 0 ? rc
		     : compare(&pair, json_object_get(printed, "total"),
			       json_object_get(now, "total"), none, &parts);
	rc = rc != 0 || !parts ? rc : list_parts(&pair, none);
	if (rc != 0) {
		json_decref(pair.list);
		return NULL;
	}
	return pair.list;
}

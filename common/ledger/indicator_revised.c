/*
 * common/ledger/indicator_revised.c - a sheet against what was printed of it.
 *
 * Lines are the same if what they are about is, which is their first cell; columns by
 * their names, so that a later program's sheet can still be compared. Of what the printed
 * sheet has no member nothing is said: the program that made it did not have that yet.
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

/* One line, as it was and as it is; either may be NULL. ROW: what it is about. */
static int compare(const json_t *printed, const json_t *was, const json_t *now,
		   const json_t *is, json_t *row, json_t *list)
{
	const json_t *model = is != NULL ? now : printed;
	size_t n = json_array_size(json_object_get(model, "columns"));
	int rc = 0;

	for (size_t i = keys_of(model); rc == 0 && i < n; i++) {
		const char *name = column_name(model, i);
		json_t *a = name ? cell_named(printed, was, name) : NULL;
		json_t *b = name ? cell_named(now, is, name) : NULL;

		if (name == NULL || is_same(a, b)) {
			continue;
		}
		rc = ph_show_append(list, json_pack("{s:O, s:s, s:o, s:o}", "row", row,
						    "column", name, "printed", or_null(a),
						    "now", or_null(b)));
	}
	return rc;
}

static int compare_line(const json_t *printed, const json_t *was, const json_t *now,
			const json_t *is, json_t *list)
{
	json_t *row = key_cells(is != NULL ? now : printed, is != NULL ? is : was);
	int rc = row == NULL ? -ENOMEM : compare(printed, was, now, is, row, list);

	json_decref(row);
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
	json_t *list = json_array();
	json_t *cells;
	json_t *none = json_null();
	size_t i;
	int rc = list == NULL ? -ENOMEM : compare_heads(printed, now, list);

	json_array_foreach(json_object_get(now, "rows"), i, cells)
	{
		json_t *was = line_of(printed, json_array_get(cells, 0));

		rc = rc != 0 ? rc : compare_line(printed, was, now, cells, list);
	}
	json_array_foreach(json_object_get(printed, "rows"), i, cells)
	{
		if (line_of(now, json_array_get(cells, 0)) == NULL) {
			rc = rc != 0 ? rc : compare_line(printed, cells, now, NULL, list);
		}
	}
	rc = rc != 0 ? rc
		     : compare(printed, json_object_get(printed, "total"), now,
			       json_object_get(now, "total"), none, list);
	if (rc != 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

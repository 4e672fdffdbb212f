/*
 * client/marc/map.c - which MARC field becomes which field of a title or copy.
 *
 * Each step looks for its fields, sets a member of the title, and marks as used the
 * subfields whose whole sense went into it; a field with anything left over stays in
 * the rest, whole, so that the record can be made again. What is longer than a title's
 * field may be is never cut in silence: a name is shortened with a note and stays in
 * the rest; other values are left out of the title, with a note, and stay there too.
 *
 * A record without a title, or of another type (authorities, holdings), is refused.
 */
#include "client/marc/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/marc/mapping.h"
#include "common/base/say.h"
#include "common/log/kinds.h"

#define REST_MAX 24576

void ph_mapping_set(struct ph_mapping *to, json_t *object, const char *name,
		    json_t *value)
{
	if (json_object_set_new(object, name, value) != 0) {
		to->failed = true;
	}
}

static size_t title_max(const char *name)
{
	const struct ph_kind *kind = ph_kind_find(PH_KIND_TITLE_PUT);

	return kind->fields[ph_kind_field(kind, name)].max;
}

/* Set NAME of the title if it fits; true if it stands there now. */
static bool set_text(struct ph_mapping *to, const char *name, const char *tag,
		     struct ph_view text)
{
	if (text.len == 0) {
		return false;
	}
	if (text.len > title_max(name)) {
		ph_marc_note(to->record, "%s: too long for %s; kept in the rest", tag,
			     name);
		return false;
	}
	ph_mapping_set(to, to->title, name, ph_mapping_text(text));
	return true;
}

/* --- 245 --- */

static struct ph_view shorten(struct ph_view text, size_t max)
{
	size_t len = max;

	while (len > 0 && (text.data[len] & 0xc0) == 0x80) {
		len--;
	}
	return ph_marc_trim(PH_VIEW(text.data, len));
}

static int map_name(struct ph_mapping *to)
{
	static const char ellipsis[] = "…";
	struct ph_marc_record *record = to->record;
	size_t at = 0;
	struct ph_marc_field *field = ph_marc_field(record, "245", &at);
	struct ph_buf name = { 0 };
	struct ph_view whole;
	int rc = 0;

	for (size_t i = 0; rc == 0 && field && i < field->n; i++) {
		struct ph_marc_subfield *part = &record->subfields[field->first + i];
		struct ph_view text = ph_marc_text(record, part);

		if (strchr("abnp", part->code)) {
			rc = ph_buf_printf(&name, "%s%.*s", name.len ? " " : "",
					   (int)text.len, (const char *)text.data);
			part->used = true;
		}
		if (part->code == 'n') {
			set_text(to, "volume", "245", ph_marc_trim(text));
		}
	}
	whole = ph_marc_trim(ph_buf_view(&name));
	if (rc == 0 && whole.len == 0) {
		rc = ph_fail(to->err, PH_EXIT_OTHER, PH_MARC_E_BAD,
			     ph_say("it has no title (field 245, $a)",
				    "không có nhan đề (trường 245, $a)"));
	}
	if (rc == 0 && whole.len > title_max("name")) {
		whole = shorten(whole, title_max("name") - strlen(ellipsis));
		name.len = (size_t)(whole.data - name.data) + whole.len;
		rc = ph_buf_put(&name, ellipsis, strlen(ellipsis));
		whole.len += strlen(ellipsis);
		whole.data = name.data + name.len - whole.len;
		record->subfields[field->first].used = false;
		ph_marc_note(record, "245: the title was shortened; whole in the rest");
	}
	if (rc == 0) {
		ph_mapping_set(to, to->title, "name", ph_mapping_text(whole));
	}
	ph_buf_deinit(&name);
	return rc;
}

/* --- the others --- */

static void map_author(struct ph_mapping *to)
{
	static const char *const tags[] = { "100", "110", "700" };

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		size_t at = 0;
		struct ph_marc_field *field = ph_marc_field(to->record, tags[i], &at);
		struct ph_marc_subfield *name =
			field ? ph_marc_subfield(to->record, field, 'a') : NULL;

		if (name && set_text(to, "author", tags[i],
				     ph_marc_trim(ph_marc_text(to->record, name)))) {
			/* a single author of 700 is an added entry: which one it was is kept */
			name->used = strcmp(tags[i], "700") != 0;
			return;
		}
	}
}

/* A publisher of several names stays in the rest: only the first shows. */
static void map_imprint(struct ph_mapping *to)
{
	static const char *const tags[] = { "260", "264" };
	static const struct {
		char code;
		const char *name;
	} parts[] = { { 'a', "place" }, { 'b', "publisher" } };
	struct ph_marc_field *field = NULL;
	const char *tag = NULL;
	struct ph_marc_subfield *date;

	for (size_t i = 0; !field && i < sizeof(tags) / sizeof(tags[0]); i++) {
		size_t at = 0;

		tag = tags[i];
		field = ph_marc_field(to->record, tag, &at);
	}
	if (!field) {
		return;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct ph_marc_subfield *part =
			ph_marc_subfield(to->record, field, parts[i].code);

		if (part) {
			part->used =
				set_text(to, parts[i].name, tag,
					 ph_marc_trim(ph_marc_text(to->record, part)));
		}
	}
	date = ph_marc_subfield(to->record, field, 'c');
	if (date) {
		bool pure;
		unsigned year = ph_marc_year(ph_marc_text(to->record, date), &pure);

		if (year) {
			ph_mapping_set(to, to->title, "year",
				       json_integer((json_int_t)year));
			date->used = pure;
		}
	}
}

static struct ph_view control(struct ph_mapping *to, const char *tag)
{
	size_t at = 0;
	struct ph_marc_field *field = ph_marc_field(to->record, tag, &at);

	return field ? ph_marc_text(to->record, &to->record->subfields[field->first])
		     : (struct ph_view){ 0 };
}

static void map_fixed(struct ph_mapping *to)
{
	struct ph_view fixed = control(to, "008");
	char language[4];
	bool pure;

	if (fixed.len >= 11 && !json_object_get(to->title, "year")) {
		unsigned year = ph_marc_year(PH_VIEW(fixed.data + 7, 4), &pure);

		if (year) {
			ph_mapping_set(to, to->title, "year",
				       json_integer((json_int_t)year));
		}
	}
	if (fixed.len >= 38 && !json_object_get(to->title, "language") &&
	    ph_marc_language(PH_VIEW(fixed.data + 35, 3), language)) {
		ph_mapping_set(to, to->title, "language", json_string(language));
	}
}

static void map_language(struct ph_mapping *to)
{
	size_t at = 0;
	struct ph_marc_field *field = ph_marc_field(to->record, "041", &at);
	struct ph_marc_subfield *code =
		field ? ph_marc_subfield(to->record, field, 'a') : NULL;
	char language[4];

	if (code && ph_marc_language(ph_marc_text(to->record, code), language)) {
		ph_mapping_set(to, to->title, "language", json_string(language));
		code->used = code->len == 3;
	}
}

/* The first valid number; without one, the first that at least has the right length. */
static void map_isbn(struct ph_mapping *to)
{
	struct ph_marc_field *field;
	struct ph_marc_subfield *best = NULL;
	char isbn[14], best_isbn[14];
	int best_worth = 2;
	bool best_pure = false;
	size_t at = 0;

	while (best_worth > 0 && (field = ph_marc_field(to->record, "020", &at))) {
		struct ph_marc_subfield *number =
			ph_marc_subfield(to->record, field, 'a');
		bool pure = false;
		int worth = number ? ph_marc_isbn(ph_marc_text(to->record, number), isbn,
						  &pure)
				   : 2;

		if (worth < best_worth) {
			best = number;
			best_worth = worth;
			best_pure = pure;
			memcpy(best_isbn, isbn, sizeof(isbn));
		}
	}
	if (best) {
		ph_mapping_set(to, to->title, "isbn", json_string(best_isbn));
		best->used = best_pure;
		if (best_worth > 0) {
			ph_marc_note(to->record, "020: %s is not a valid ISBN",
				     best_isbn);
		}
	}
}

static int map_class(struct ph_mapping *to)
{
	static const char *const tags[] = { "082", "080", "050" };
	struct ph_buf number = { 0 };
	int rc = 0;

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		size_t at = 0;
		struct ph_marc_field *field = ph_marc_field(to->record, tags[i], &at);
		struct ph_marc_subfield *a =
			field ? ph_marc_subfield(to->record, field, 'a') : NULL;
		struct ph_marc_subfield *b =
			a && strcmp(tags[i], "050") == 0
				? ph_marc_subfield(to->record, field, 'b')
				: NULL;

		if (!a) {
			continue;
		}
		rc = ph_buf_put_view(&number, ph_marc_trim(ph_marc_text(to->record, a)));
		if (rc == 0 && b) {
			struct ph_view text = ph_marc_trim(ph_marc_text(to->record, b));

			rc = ph_buf_printf(&number, " %.*s", (int)text.len,
					   (const char *)text.data);
		}
		if (rc == 0 && set_text(to, "class", tags[i], ph_buf_view(&number))) {
			a->used = true;
			if (b) {
				b->used = true;
			}
		}
		break;
	}
	ph_buf_deinit(&number);
	return rc;
}

/* --- all of it --- */

static int map_rest(struct ph_mapping *to)
{
	struct ph_buf rest = { 0 };
	char *hex = NULL;
	int rc = ph_marc_rest(to->record, NULL, &rest);

	if ((rc == PH_MARC_E_BAD || rest.len > REST_MAX) && to->item_tag) {
		rest.len = 0;
		rc = ph_marc_rest(to->record, to->item_tag, &rest);
		ph_marc_note(to->record,
			     "what %s says besides is too much to be kept in the rest",
			     to->item_tag);
	}
	if (rc == PH_MARC_E_BAD || rest.len > REST_MAX) {
		ph_marc_note(to->record,
			     "what stands in no field of a title is over %d bytes: "
			     "not kept",
			     REST_MAX);
		rest.len = 0;
	}
	if (rc >= 0) {
		rc = 0;
	}
	if (rc == 0 && rest.len > 0) {
		hex = malloc(2 * rest.len + 1);
		if (!hex) {
			rc = -ENOMEM;
		} else {
			ph_hex(hex, rest.data, rest.len);
			ph_mapping_set(to, to->title, "rest", json_string(hex));
		}
	}
	free(hex);
	ph_buf_deinit(&rest);
	return rc;
}

static json_t *notes_json(const struct ph_marc_record *record)
{
	json_t *notes = json_array();
	struct ph_view left = ph_buf_view(&record->notes);

	while (left.len > 0) {
		const uint8_t *end = memchr(left.data, '\n', left.len);
		size_t len = (size_t)(end - left.data);

		json_array_append_new(notes, json_stringn((const char *)left.data, len));
		left.data += len + 1;
		left.len -= len + 1;
	}
	return notes;
}

static int check_type(const struct ph_marc_record *record, struct ph_error *err)
{
	static const struct {
		char type;
		const char *what;
	} others[] = { { 'z', "an authority" },  { 'u', "holdings" },
		       { 'v', "holdings" },      { 'x', "holdings" },
		       { 'y', "holdings" },      { 'w', "a classification" },
		       { 'q', "an institution" } };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (record->leader[6] == others[i].type) {
			return ph_fail(err, PH_EXIT_OTHER, PH_MARC_E_BAD,
				       "it describes %s, not a title", others[i].what);
		}
	}
	return 0;
}

int ph_marc_map(struct ph_marc_record *record,
		const uint8_t source[static PH_SOURCE_SIZE], enum ph_marc_items items,
		json_t **out, struct ph_error *err)
{
	struct ph_mapping to = { .record = record,
				 .title = json_object(),
				 .items = json_array(),
				 .source = source,
				 .err = err };
	char hex[2 * PH_SOURCE_SIZE + 1];
	int rc = check_type(record, err);

	rc = rc != 0 ? rc : map_name(&to);
	if (rc == 0) {
		map_author(&to);
		map_imprint(&to);
		map_language(&to);
		map_fixed(&to);
		map_isbn(&to);
		rc = map_class(&to);
	}
	rc = rc != 0 ? rc : ph_map_items(&to, items);
	rc = rc != 0 ? rc : map_rest(&to);
	if (rc == 0) {
		ph_hex(hex, source, PH_SOURCE_SIZE);
		ph_mapping_set(&to, to.title, "source", json_string(hex));
		*out = to.failed ? NULL
				 : json_pack("{s:O,s:O,s:o}", "title", to.title, "items",
					     to.items, "notes", notes_json(record));
		rc = *out ? 0 : -ENOMEM;
	}
	json_decref(to.title);
	json_decref(to.items);
	return rc;
}

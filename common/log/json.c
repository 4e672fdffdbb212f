/*
 * common/log/json.c - from JSON to an entry.
 *
 * `record` hands over one object a line: parse it (strictly), find the kind, turn
 * each member into the value its field wants, and let ph_entry_check() look at the
 * limits, so that JSON and signed bytes obey the same ones.
 *
 * Every refusal is -EINVAL and names the member, what is wrong and what would be
 * right. Strings that are not NFC are composed into the arena, whose room is
 * reserved before the first view into it is made.
 */
#include "common/base/say.h"
#include "common/log/json_value.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json_memory.h"

int ph_json_when(const json_t *json, struct ph_extras *extras, struct ph_error *err)
{
	const char *want = ph_say("a day or minute from 1970 to 2999, as YYYY-MM-DD or "
				  "YYYY-MM-DDTHH:MM (seconds are not kept)",
				  "ngày hoặc phút từ 1970 đến 2999, dạng YYYY-MM-DD hoặc "
				  "YYYY-MM-DDTHH:MM (không giữ giây)");
	const char *text = json_string_value(json); /* NULL if it is no string */
	size_t len = text ? json_string_length(json) : 0;
	int64_t seconds;

	if (text && ph_day_parse(text, len, &extras->when_value) == 0) {
		extras->when = PH_WHEN_DAY;
		return 0;
	}
	if (!text || ph_time_parse(text, len, &seconds) || seconds % 60 != 0) {
		return ph_json_not_a("when", json, want, err);
	}
	extras->when = PH_WHEN_MINUTE;
	extras->when_value = seconds / 60;
	return 0;
}

static int read_behalf(struct ph_json_reader *in, const json_t *json)
{
	uint64_t site;
	int rc = ph_json_number("behalf", json, &site, in->err);

	if (rc == 0 && site == 0) {
		return ph_fail(in->err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("behalf: 0 is not a site number (1 to %d)",
				      "behalf: 0 không phải là số điểm (1 đến %d)"),
			       PH_SITE_MAX);
	}
	if (rc == 0) {
		in->entry->extras.behalf = site;
	}
	return rc;
}

/* A member that every kind may have. Positive: NAME is none of them. */
static int read_extra(struct ph_json_reader *in, const char *name, const json_t *json)
{
	struct ph_extras *extras = &in->entry->extras;

	if (strcmp(name, "when") == 0) {
		return ph_json_when(json, extras, in->err);
	}
	if (strcmp(name, "source") == 0) {
		extras->has_source = true;
		return ph_json_fixed(name, json, extras->source, PH_SOURCE_SIZE, in->err);
	}
	if (strcmp(name, "staff") == 0) {
		return ph_json_text(in, name, json, &extras->staff);
	}
	if (strcmp(name, "behalf") == 0) {
		return read_behalf(in, json);
	}
	if (strcmp(name, "operator") == 0) {
		return ph_fail(in->err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("operator: is made by an operator's ceremony; "
				      "leave it out",
				      "operator: do người vận hành ký mà có; hãy bỏ đi"));
	}
	return 1;
}

static bool made_by_log(const struct ph_kind *kind, const char *name)
{
	return strcmp(name, "stamp") == 0 || strcmp(name, "time") == 0 ||
	       (kind->n_sealed > 0 &&
		(strcmp(name, kind->fields[kind->sets].name) == 0 ||
		 strcmp(name, kind->fields[kind->commit].name) == 0));
}

static int unknown_member(const struct ph_kind *kind, const char *name,
			  struct ph_error *err)
{
	char has[400] = "";

	for (uint32_t i = 0; i < kind->n_fields + kind->n_sealed; i++) {
		const char *field = i < kind->n_fields
					    ? kind->fields[i].name
					    : kind->sealed[i - kind->n_fields].name;
		size_t len = strlen(has);

		if (!made_by_log(kind, field)) {
			snprintf(has + len, sizeof(has) - len, "%s, ", field);
		}
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("%.80s: is not a member of %s, which has %swhen, source, "
			      "staff, behalf",
			      "%.80s: không phải là thành phần của %s; loại này có "
			      "%swhen, source, staff, behalf"),
		       name, kind->name, has);
}

/* What is personal is repeated in no error, which may end in a log. */
static int read_sealed(struct ph_json_reader *in, const struct ph_field *field,
		       const json_t *json, struct ph_value *value)
{
	if (field->type == PH_T_UINT && json_is_string(json)) {
		return ph_fail(in->err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("%s: must be a whole number from %" PRIu64
				      " to %" PRIu64 ", not a string",
				      "%s: phải là số nguyên từ %" PRIu64 " đến %" PRIu64
				      ", không phải là chữ"),
			       field->name, field->min, field->max);
	}
	return ph_json_value(in, field, json, value);
}

static int read_member(struct ph_json_reader *in, const char *name, const json_t *json)
{
	const struct ph_kind *kind = in->entry->kind;
	int field = ph_kind_field(kind, name);
	int sealed = ph_kind_sealed_field(kind, name);

	if (made_by_log(kind, name)) {
		return ph_fail(in->err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("%s: is made by the log; leave it out",
				      "%s: nhật ký tự ghi; hãy bỏ đi"),
			       name);
	}
	if (field >= 0) {
		return ph_json_value(in, &kind->fields[field], json,
				     &in->entry->field[field]);
	}
	if (sealed >= 0) {
		return read_sealed(in, &kind->sealed[sealed], json,
				   &in->entry->sealed[sealed]);
	}

	int rc = read_extra(in, name, json);

	return rc > 0 ? unknown_member(kind, name, in->err) : rc;
}

static int read_kind(const json_t *object, struct ph_entry *entry, struct ph_error *err)
{
	const json_t *json = json_object_get(object, "kind");
	const char *want = ph_say(
		"a kind of entry, of which KINDS.md has the list (loan, return, visit "
		"and so on)",
		"một loại giao dịch, danh sách ở KINDS.md (loan, return, visit, v.v.)");

	if (json_is_string(json)) {
		entry->kind = ph_kind_named(ph_json_view(json));
	}
	if (entry->kind) {
		entry->number = entry->kind->number;
		return 0;
	}
	if (json == NULL) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("kind: is missing; it must be %s",
				      "kind: thiếu; phải là %s"),
			       want);
	}
	return ph_json_not_a("kind", json, want, err);
}

/* The most bytes that an item of a list takes besides its text: a head. */
#define ITEM_BYTES 64

/*
 * Composing makes UTF-8 at most three times as long; hex shrinks. In a list a text is
 * written once more, and a scan is a name of no more bytes.
 */
static size_t arena_need(const json_t *json)
{
	size_t need = ITEM_BYTES + 6 * json_string_length(json);
	const char *name;
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)json, i, item)
	{
		need += arena_need(item);
	}
	json_object_foreach((json_t *)json, name, item)
	{
		need += arena_need(item);
	}
	return need;
}

int ph_entry_from_json(const json_t *object, const struct ph_json_scope *scope,
		       struct ph_entry *entry, struct ph_buf *arena, struct ph_error *err)
{
	struct ph_entry out = { 0 };
	struct ph_json_reader in = {
		.scope = scope, .entry = &out, .arena = arena, .err = err
	};
	const char *name;
	json_t *json;

	if (!json_is_object(object)) {
		return ph_json_not_a("entry", object, ph_say("an object", "đối tượng"),
				     err);
	}

	int rc = read_kind(object, &out, err);

	if (rc == 0) {
		rc = ph_buf_reserve(arena, arena_need(object));
	}
	if (rc) {
		return rc;
	}
	json_object_foreach((json_t *)object, name, json)
	{
		rc = strcmp(name, "kind") == 0 ? 0 : read_member(&in, name, json);
		if (rc) {
			return rc;
		}
	}
	rc = ph_entry_check(&out, err);
	if (rc == 0) {
		*entry = out;
	}
	return rc;
}

/* Jansson itself nests much deeper than any entry does. Column from 1, in bytes; 0: all is well. */
static size_t too_deep_at(struct ph_view line)
{
	unsigned depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < line.len; i++) {
		uint8_t c = line.data[i];

		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			if (++depth > PH_ENTRY_DEPTH_MAX) {
				return i + 1;
			}
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return 0;
}

/* How much of the library's words is told: what stood in the line may be somebody's name. */
static int told_of(const json_error_t *error)
{
	const char *near = strstr(error->text, " near ");

	return near ? (int)(near - error->text) : PH_ERROR_TEXT_MAX;
}

int ph_json_parse(struct ph_view line, json_t **object_out, struct ph_error *err)
{
	json_error_t error;
	size_t deep;

	if (line.len > PH_LINE_MAX) {
		return ph_fail(err, PH_EXIT_USAGE, -EMSGSIZE,
			       ph_say("the line has %zu bytes; at most %d are read",
				      "dòng có %zu byte; chỉ đọc nhiều nhất %d"),
			       line.len, PH_LINE_MAX);
	}
	deep = too_deep_at(line);
	if (deep > 0) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("line 1, column %zu: nested deeper than %d",
				      "dòng 1, cột %zu: lồng sâu hơn %d"),
			       deep, PH_ENTRY_DEPTH_MAX);
	}

	uint64_t shortages = ph_json_shortages();
	json_t *object = ph_json_loadb((const char *)line.data, line.len,
				       JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	if (object == NULL) {
		/* of most of its own lack of memory the library says nothing */
		if (ph_json_shortages() != shortages ||
		    json_error_code(&error) == json_error_out_of_memory) {
			return -ENOMEM;
		}
		/* of this one the library speaks of its own flags */
		bool is_zero = json_error_code(&error) == json_error_null_character;

		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("line %d, column %d: %.*s", "dòng %d, cột %d: %.*s"),
			error.line, error.column,
			is_zero ? PH_ERROR_TEXT_MAX : told_of(&error),
			is_zero ? ph_say("a text holds \\u0000, and none can; leave it "
					 "out",
					 "có \\u0000 trong chữ, không được phép; hãy bỏ "
					 "đi")
				: error.text);
	}
	if (!json_is_object(object)) {
		int rc = ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("line 1, column 1: must be an object, {...}, not %s",
			       "dòng 1, cột 1: phải là đối tượng, {...}, không phải %s"),
			ph_json_type(object));

		json_decref(object);
		return rc;
	}
	*object_out = object;
	return 0;
}

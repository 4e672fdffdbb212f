/*
 * common/log/json_value.c - single values from JSON, by the type of their field.
 *
 * Each reader either sets its value or says which member is wrong, what it is and
 * what would be right. Limits are left to ph_entry_check(), which every entry meets.
 */
#include "common/log/json_value.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/say.h"
#include "common/base/text.h"
#include "common/log/list.h"

#define SHOWN 80 /* bytes of a wrong value that an error text repeats */

struct ph_view ph_json_view(const json_t *json)
{
	return PH_VIEW(json_string_value(json), json_string_length(json));
}

const char *ph_json_type(const json_t *json)
{
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return ph_say("an object", "đối tượng");
	case JSON_ARRAY:
		return json_array_size(json)
			       ? ph_say("an array", "danh sách")
			       : ph_say("an empty array", "danh sách trống");
	case JSON_STRING:
		return ph_say("a string", "chữ");
	case JSON_INTEGER:
		return json_integer_value(json) < 0 ? ph_say("a negative number", "số âm")
						    : ph_say("a number", "số");
	case JSON_REAL:
		return ph_say("a number with a fraction", "số lẻ");
	case JSON_TRUE:
	case JSON_FALSE:
		return ph_say("true or false", "true hoặc false");
	case JSON_NULL:
		return ph_say("null (leave out what is not known)",
			      "null (không biết thì bỏ đi)");
	}
	return ph_say("something else", "thứ khác");
}

int ph_json_not_a(const char *name, const json_t *json, const char *want,
		  struct ph_error *err)
{
	if (json_is_string(json)) {
		struct ph_view text = ph_json_view(json);

		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("%s: \"%.*s\" is not %s", "%s: “%.*s” không phải là %s"),
			name, (int)(text.len < SHOWN ? text.len : SHOWN),
			(const char *)text.data, want);
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("%s: must be %s, not %s", "%s: phải là %s, không phải %s"),
		       name, want, ph_json_type(json));
}

int ph_json_number(const char *name, const json_t *json, uint64_t *out,
		   struct ph_error *err)
{
	if (!json_is_integer(json) || json_integer_value(json) < 0) {
		return ph_json_not_a(
			name, json,
			ph_say("a whole number, 0 or above", "số nguyên từ 0 trở lên"),
			err);
	}
	*out = (uint64_t)json_integer_value(json);
	return 0;
}

/* Bytes that the arena has room for: ph_entry_from_json() reserved it. */
static struct ph_view keep(struct ph_json_reader *in, struct ph_view bytes)
{
	const uint8_t *at = in->arena->data + in->arena->len;

	assert(in->arena->cap - in->arena->len >= bytes.len);
	ph_buf_put_view(in->arena, bytes);
	return PH_VIEW(at, bytes.len);
}

int ph_json_text(struct ph_json_reader *in, const char *name, const json_t *json,
		 struct ph_view *out)
{
	struct ph_buf composed = { 0 };

	if (!json_is_string(json)) {
		return ph_json_not_a(name, json, ph_say("a string", "chữ"), in->err);
	}
	if (json_string_length(json) == 0) {
		return ph_fail(in->err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("%s: is empty; leave it out if it is not known",
				      "%s: để trống; nếu không biết thì bỏ đi"),
			       name);
	}

	struct ph_view text = ph_json_view(json);
	int rc = ph_text_check(text);

	if (rc == PH_TEXT_E_NFC) {
		rc = ph_text_nfc(text, &composed);
		if (rc == 0) {
			text = keep(in, ph_buf_view(&composed));
		}
		ph_buf_wipe(&composed); /* it may be a name */
	}
	if (rc < 0) {
		return rc;
	}
	*out = text; /* what else is wrong with it, ph_entry_check() says */
	return 0;
}

int ph_json_hex(struct ph_json_reader *in, const char *name, const json_t *json,
		struct ph_view *out)
{
	struct ph_view hex = { 0 };

	if (json_is_string(json)) {
		hex = ph_json_view(json);
	}

	size_t len = hex.len / 2;
	uint8_t *at = in->arena->data + in->arena->len;

	if (hex.len == 0 || hex.len % 2 != 0 || len > in->arena->cap - in->arena->len ||
	    ph_unhex(at, len, (const char *)hex.data, hex.len)) {
		return ph_json_not_a(name, json, "bytes in hexadecimal digits", in->err);
	}
	in->arena->len += len;
	*out = PH_VIEW(at, len);
	return 0;
}

int ph_json_fixed(const char *name, const json_t *json, uint8_t *out, size_t len,
		  struct ph_error *err)
{
	char want[48];

	if (json_is_string(json) &&
	    ph_unhex(out, len, json_string_value(json), json_string_length(json)) == 0) {
		return 0;
	}
	snprintf(want, sizeof(want),
		 ph_say("%zu hexadecimal digits", "%zu chữ số hệ mười sáu"), 2 * len);
	return ph_json_not_a(name, json, want, err);
}

static int read_ref(const char *name, const json_t *json, struct ph_ref *out,
		    struct ph_error *err)
{
	if (json_is_string(json) &&
	    ph_ref_parse(json_string_value(json), json_string_length(json), out) == 0) {
		return 0;
	}
	return ph_json_not_a(
		name, json,
		ph_say("a reference: log id, number and hash, parted by dots",
		       "tham chiếu: mã nhật ký, số và mã băm, cách nhau bằng dấu chấm"),
		err);
}

static int read_enum(const struct ph_field *field, const json_t *json, uint64_t *out,
		     struct ph_error *err)
{
	int number = json_is_string(json) ? ph_field_enum(field, ph_json_view(json)) : -1;
	char want[400];

	if (number >= 0) {
		*out = (uint64_t)number;
		return 0;
	}
	snprintf(want, sizeof(want), "%s", ph_say("one of ", "một trong "));
	for (uint64_t i = 0; i < field->max; i++) {
		size_t len = strlen(want);

		snprintf(want + len, sizeof(want) - len, "%s%s", i ? ", " : "",
			 field->names[i]);
	}
	return ph_json_not_a(field->name, json, want, err);
}

static int read_day(const struct ph_field *field, const json_t *json, int64_t *out,
		    struct ph_error *err)
{
	if (json_is_string(json) &&
	    ph_day_parse(json_string_value(json), json_string_length(json), out) == 0) {
		return 0;
	}
	return ph_json_not_a(field->name, json,
			     ph_say("a day from 1970-01-01 to 2999-12-31, as YYYY-MM-DD",
				    "ngày từ 1970-01-01 đến 2999-12-31, dạng YYYY-MM-DD"),
			     err);
}

/* The members of OBJECT must be those of NAMES (ended by NULL), every one. */
static int check_members(const char *name, const json_t *object, const char *const *names,
			 const char *want, struct ph_error *err)
{
	size_t n = 0;

	if (!json_is_object(object)) {
		return ph_json_not_a(name, object, want, err);
	}
	for (; names[n] != NULL; n++) {
		if (json_object_get(object, names[n]) == NULL) {
			return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				       ph_say("%s: has no member %s; it must be %s",
					      "%s: không có thành phần %s; phải là %s"),
				       name, names[n], want);
		}
	}
	if (json_object_size(object) != n) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("%s: has a member too many; it must be %s",
				      "%s: thừa một thành phần; phải là %s"),
			       name, want);
	}
	return 0;
}

/* Room for the name of a field, of an item in it, and of a member of that. */
#define NAME_MAX_BYTES 64

/* NAME is that of the field, or of the item in its list. */
static int read_id(struct ph_json_reader *in, const char *name, enum ph_type type,
		   const json_t *json, struct ph_id *out)
{
	static const char *const members[] = { "ns", "code", NULL };
	const char *want = "{\"ns\":NUMBER,\"code\":\"...\"}";
	char member[NAME_MAX_BYTES];
	int rc;

	if (json_is_string(json) && in->scope != NULL) {
		rc = in->scope->resolve(in->scope->data, type, ph_json_view(json), out);
		return rc ? ph_fail_errno(in->err, rc, name) : 0;
	}
	rc = check_members(name, json, members, want, in->err);
	if (rc) {
		return rc;
	}
	snprintf(member, sizeof(member), "%s.ns", name);
	rc = ph_json_number(member, json_object_get(json, "ns"), &out->ns, in->err);
	if (rc) {
		return rc;
	}
	snprintf(member, sizeof(member), "%s.code", name);
	json = json_object_get(json, "code");
	if (!json_is_string(json)) {
		return ph_json_not_a(member, json, ph_say("a string", "chữ"), in->err);
	}
	out->code = ph_json_view(json);
	return 0;
}

static int read_head(const char *name, const json_t *json, struct ph_head *out,
		     struct ph_error *err)
{
	static const char *const members[] = { "log", "n", "h", NULL };
	const char *want = "{\"log\":\"...\",\"n\":NUMBER,\"h\":\"...\"}";
	char member[NAME_MAX_BYTES];
	int rc = check_members(name, json, members, want, err);

	if (rc == 0) {
		snprintf(member, sizeof(member), "%s.log", name);
		rc = ph_json_fixed(member, json_object_get(json, "log"), out->log_id,
				   PH_LOG_ID_SIZE, err);
	}
	if (rc == 0) {
		snprintf(member, sizeof(member), "%s.n", name);
		rc = ph_json_number(member, json_object_get(json, "n"), &out->n, err);
	}
	if (rc == 0) {
		snprintf(member, sizeof(member), "%s.h", name);
		rc = ph_json_fixed(member, json_object_get(json, "h"), out->h,
				   PH_HASH_SIZE, err);
	}
	return rc;
}

/* Item INDEX of a list, and its limits, while its place in JSON is known. */
static int read_item(struct ph_json_reader *in, const struct ph_field *field,
		     size_t index, const json_t *json, union ph_item *out)
{
	char name[NAME_MAX_BYTES];
	int rc;

	snprintf(name, sizeof(name), "%s[%zu]", field->name, index);
	switch (field->type) {
	case PH_T_REFS:
		rc = read_ref(name, json, &out->ref, in->err);
		break;
	case PH_T_HEADS:
		rc = read_head(name, json, &out->head, in->err);
		break;
	case PH_T_UINTS:
		rc = ph_json_number(name, json, &out->uint, in->err);
		break;
	case PH_T_TEXTS:
		rc = ph_json_text(in, name, json, &out->text);
		break;
	default:
		rc = read_id(in, name,
			     field->type == PH_T_COPY_IDS ? PH_T_COPY_ID : PH_T_CARD_ID,
			     json, &out->id);
		break;
	}
	return rc ? rc : ph_item_check(field, index, out, in->err);
}

static int read_list(struct ph_json_reader *in, const struct ph_field *field,
		     const json_t *json, struct ph_value *value)
{
	size_t n = json_array_size(json);
	union ph_item *items;
	int rc = 0;

	if (!json_is_array(json) || n == 0) {
		return ph_json_not_a(field->name, json,
				     ph_say("an array of one or more items",
					    "danh sách có ít nhất một mục"),
				     in->err);
	}
	items = calloc(n, sizeof(*items));
	if (items == NULL) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = read_item(in, field, i, json_array_get(json, i), &items[i]);
	}
	if (rc == 0) {
		const uint8_t *arena = in->arena->data;

		rc = ph_list_put(in->arena, field->type, items, n, value);
		assert(in->arena->data == arena); /* nor may it move now */
	}
	free(items);
	return rc;
}

static int read_heads(const char *name, const json_t *heads, int field,
		      struct ph_json_reader *in)
{
	struct ph_entry *entry = in->entry;
	size_t i;
	json_t *head;

	if (!json_is_array(heads) || json_array_size(heads) == 0) {
		return ph_json_not_a(name, heads,
				     ph_say("an array of one or more references",
					    "danh sách có ít nhất một tham chiếu"),
				     in->err);
	}
	json_array_foreach(heads, i, head)
	{
		struct ph_seen *seen = &entry->seen[entry->n_seen];

		if (entry->n_seen == PH_SEEN_MAX) {
			return ph_fail(in->err, PH_EXIT_USAGE, -EINVAL,
				       ph_say("seen: over %d references in all",
					      "seen: tất cả hơn %d tham chiếu"),
				       PH_SEEN_MAX);
		}

		int rc = read_ref(name, head, &seen->head, in->err);

		if (rc) {
			return rc;
		}
		seen->field = (uint8_t)field;
		entry->n_seen++;
	}
	return 0;
}

static int compare_seen(const void *left, const void *right)
{
	const struct ph_seen *a = left;
	const struct ph_seen *b = right;

	return a->field != b->field ? (int)a->field - (int)b->field
				    : ph_ref_compare(&a->head, &b->head);
}

static int read_seen(struct ph_json_reader *in, const json_t *json)
{
	struct ph_entry *entry = in->entry;
	const char *name;
	json_t *heads;

	if (!json_is_object(json) || json_object_size(json) == 0) {
		return ph_json_not_a("seen", json,
				     ph_say("an object from field names to references",
					    "đối tượng từ tên mục đến tham chiếu"),
				     in->err);
	}
	json_object_foreach((json_t *)json, name, heads)
	{
		int field = ph_kind_field(entry->kind, name);
		int sealed = ph_kind_sealed_field(entry->kind, name);

		if (field < 0 && sealed < 0) {
			return ph_fail(in->err, PH_EXIT_USAGE, -EINVAL,
				       ph_say("seen: %.80s is not a field of %s",
					      "seen: %.80s không phải là mục của %s"),
				       name, entry->kind->name);
		}
		if (field < 0) {
			field = (int)entry->kind->n_fields + sealed;
		}

		int rc = read_heads(name, heads, field, in);

		if (rc) {
			return rc;
		}
	}
	qsort(entry->seen, entry->n_seen, sizeof(entry->seen[0]), compare_seen);
	return 0;
}

/* The limits are told at once: whoever wrote -1 or "many" will ask for them next. */
static int read_uint(const struct ph_field *field, const json_t *json, uint64_t *out,
		     struct ph_error *err)
{
	char want[80];

	if (json_is_integer(json) && json_integer_value(json) >= 0) {
		*out = (uint64_t)json_integer_value(json);
		return 0;
	}
	snprintf(want, sizeof(want),
		 ph_say("a whole number from %" PRIu64 " to %" PRIu64,
			"số nguyên từ %" PRIu64 " đến %" PRIu64),
		 field->min, field->max);
	return ph_json_not_a(field->name, json, want, err);
}

int ph_json_value(struct ph_json_reader *in, const struct ph_field *field,
		  const json_t *json, struct ph_value *value)
{
	value->set = true;
	switch (field->type) {
	case PH_T_UINT:
		return read_uint(field, json, &value->as.uint, in->err);
	case PH_T_ENUM:
		return read_enum(field, json, &value->as.uint, in->err);
	case PH_T_DAY:
		return read_day(field, json, &value->as.day, in->err);
	case PH_T_TEXT:
		return ph_json_text(in, field->name, json, &value->as.bytes);
	case PH_T_BYTES:
	case PH_T_FIXED:
		return ph_json_hex(in, field->name, json, &value->as.bytes);
	case PH_T_REF:
		return read_ref(field->name, json, &value->as.ref, in->err);
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		return read_id(in, field->name, field->type, json, &value->as.id);
	case PH_T_HEAD:
		return read_head(field->name, json, &value->as.head, in->err);
	case PH_T_REFS:
	case PH_T_COPY_IDS:
	case PH_T_CARD_IDS:
	case PH_T_HEADS:
	case PH_T_UINTS:
	case PH_T_TEXTS:
		return read_list(in, field, json, value);
	case PH_T_SEEN:
		return read_seen(in, json);
	}
	return 0;
}

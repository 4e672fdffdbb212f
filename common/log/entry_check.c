/*
 * common/log/entry_check.c - what the kind table says about values.
 *
 * One place for all limits: the encoder, the decoder and the JSON view all end
 * here, so that they cannot disagree. A value that is not right gives -EINVAL and a
 * text that names the field, what is wrong and what would be right; the decoder
 * passes no ph_error and only wants to know.
 */
#include "common/base/say.h"
#include "common/log/list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/text.h"

#define WHEN_MINUTE_MAX ((INT64_C(1) + PH_DAY_MAX) * 1440 - 7 * 60 - 1)

__attribute__((format(printf, 2, 3))) static int wrong(struct ph_error *err,
						       const char *format, ...)
{
	char text[PH_ERROR_TEXT_MAX];
	va_list args;

	if (err == NULL) {
		return -EINVAL;
	}
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL, "%s", text);
}

static int check_len(const char *name, struct ph_view bytes, uint64_t min, uint64_t max,
		     struct ph_error *err)
{
	if (bytes.len >= min && bytes.len <= max) {
		return 0;
	}
	if (min == max) {
		return wrong(err,
			     ph_say("%s: %zu bytes; it must be exactly %" PRIu64,
				    "%s: %zu byte; phải đúng %" PRIu64),
			     name, bytes.len, max);
	}
	if (bytes.len < min) {
		return wrong(err,
			     ph_say("%s: is empty; leave it out, or give 1 to %" PRIu64
				    " bytes",
				    "%s: để trống; hãy bỏ đi, hoặc ghi 1 đến %" PRIu64
				    " byte"),
			     name, max);
	}
	return wrong(err,
		     ph_say("%s: %zu bytes; at most %" PRIu64 " are kept",
			    "%s: %zu byte; chỉ giữ nhiều nhất %" PRIu64),
		     name, bytes.len, max);
}

/* CODE is what ph_text_check() said. */
static int text_wrong(const char *name, int code, struct ph_error *err)
{
	switch (code) {
	case PH_TEXT_E_UTF8:
		return wrong(
			err,
			ph_say("%s: is not UTF-8 text", "%s: không phải là chữ UTF-8"),
			name);
	case PH_TEXT_E_CONTROL:
		return wrong(err,
			     ph_say("%s: holds a control character (a tab or newline, "
				    "for instance); leave it out",
				    "%s: có ký tự điều khiển (như tab hoặc xuống dòng); "
				    "hãy bỏ đi"),
			     name);
	case PH_TEXT_E_NFC:
		return wrong(err,
			     ph_say("%s: is not in Unicode form NFC",
				    "%s: không ở dạng Unicode NFC"),
			     name);
	default:
		return wrong(err,
			     ph_say("%s: has a longer row of combining marks than any "
				    "language",
				    "%s: có chuỗi dấu dài hơn mọi ngôn ngữ"),
			     name);
	}
}

static int check_rule(const struct ph_field *field, struct ph_view text,
		      struct ph_error *err)
{
	uint8_t low = field->rule == PH_TEXT_DIGITS ? '0' : 'a';
	uint8_t high = field->rule == PH_TEXT_DIGITS ? '9' : 'z';

	for (size_t i = 0; field->rule != PH_TEXT_ANY && i < text.len; i++) {
		if (text.data[i] < low || text.data[i] > high) {
			return wrong(err,
				     ph_say("%s: \"%.*s\" is not %" PRIu64 " %s",
					    "%s: “%.*s” không phải là %" PRIu64 " %s"),
				     field->name, (int)text.len, (const char *)text.data,
				     field->max,
				     low == '0' ? ph_say("digits", "chữ số")
						: ph_say("letters from a to z",
							 "chữ từ a đến z"));
		}
	}
	return 0;
}

static int check_text(const struct ph_field *field, struct ph_view text,
		      struct ph_error *err)
{
	int rc = check_len(field->name, text, field->min, field->max, err);

	if (rc == 0) {
		rc = ph_text_check(text);
		rc = rc > 0 ? text_wrong(field->name, rc, err) : rc;
	}
	return rc ? rc : check_rule(field, text, err);
}

/* Codes are what the scanner gave: any text, composed or not, but no control characters. */
static int check_id(const struct ph_field *field, const struct ph_id *id,
		    struct ph_error *err)
{
	if (id->ns > PH_SITE_MAX) {
		return wrong(err,
			     ph_say("%s.ns: %" PRIu64 " is not a site number (0 to %d)",
				    "%s.ns: %" PRIu64
				    " không phải là số điểm (0 đến %d)"),
			     field->name, id->ns, PH_SITE_MAX);
	}

	char name[64];

	snprintf(name, sizeof(name), "%s.code", field->name);
	int rc = check_len(name, id->code, field->min, field->max, err);

	if (rc) {
		return rc;
	}
	rc = ph_text_check(id->code);
	if (rc == PH_TEXT_E_NFC) { /* the check stopped there; look at the rest too */
		struct ph_buf composed = { 0 };

		rc = ph_text_nfc(id->code, &composed);
		ph_buf_deinit(&composed);
	}
	return rc > 0 ? text_wrong(name, rc, err) : rc;
}

static int check_n(const char *name, uint64_t n, struct ph_error *err)
{
	if (n >= 1 && n <= PH_N_MAX) {
		return 0;
	}
	return wrong(err,
		     ph_say("%s: names entry %" PRIu64 "; entries count from 1",
			    "%s: nêu giao dịch %" PRIu64 "; giao dịch đếm từ 1"),
		     name, n);
}

static int check_number(const struct ph_field *field, uint64_t number,
			struct ph_error *err)
{
	if (number >= field->min && number <= field->max) {
		return 0;
	}
	return wrong(err,
		     ph_say("%s: %" PRIu64 " is not in %" PRIu64 " to %" PRIu64,
			    "%s: %" PRIu64 " không nằm trong %" PRIu64 " đến %" PRIu64),
		     field->name, number, field->min, field->max);
}

int ph_item_check(const struct ph_field *field, size_t index, const union ph_item *item,
		  struct ph_error *err)
{
	char name[64];
	struct ph_field one = { .name = name, .rule = field->rule };

	snprintf(name, sizeof(name), "%s[%zu]", field->name, index);
	switch (field->type) {
	case PH_T_REFS:
		return check_n(name, item->ref.n, err);
	case PH_T_HEADS:
		return check_n(name, item->head.n, err);
	case PH_T_UINTS:
		one.max = PH_SITE_MAX;
		return check_number(&one, item->uint, err);
	case PH_T_TEXTS:
		one.min = one.max = PH_TEXTS_SIZE;
		return check_text(&one, item->text, err);
	default:
		one.min = 1;
		one.max = PH_CODE_MAX;
		return check_id(&one, &item->id, err);
	}
}

static int check_items(const struct ph_field *field, const struct ph_list *list,
		       struct ph_error *err)
{
	struct ph_list_iter iter = ph_list_begin(list);
	union ph_item last;
	union ph_item item;

	for (size_t i = 0; ph_list_next(&iter, field->type, &item); i++) {
		int rc = ph_item_check(field, i, &item, err);

		if (rc) {
			return rc;
		}
		if (i > 0 && ph_item_compare(field->type, &last, &item) >= 0) {
			return wrong(
				err,
				ph_say("%s[%zu]: is not in order, or stands there twice",
				       "%s[%zu]: không đúng thứ tự, hoặc có hai lần"),
				field->name, i);
		}
		last = item;
	}
	return 0;
}

static int check_list(const struct ph_field *field, const struct ph_list *list,
		      struct ph_error *err)
{
	struct ph_list found;

	if (!ph_list_open(list->bytes, field->type, &found) ||
	    found.count != list->count) {
		return wrong(err,
			     ph_say("%s: is not a list of its type",
				    "%s: không phải là danh sách đúng kiểu"),
			     field->name);
	}
	if (list->count < field->min) {
		return wrong(err,
			     ph_say("%s: is an empty list; leave it out",
				    "%s: là danh sách trống; hãy bỏ đi"),
			     field->name);
	}
	if (list->count > field->max) {
		return wrong(err,
			     ph_say("%s: %" PRIu32 " items; at most %" PRIu64 " are kept",
				    "%s: %" PRIu32 " mục; chỉ giữ nhiều nhất %" PRIu64),
			     field->name, list->count, field->max);
	}
	return check_items(field, list, err);
}

static int check_set(const struct ph_field *field, const struct ph_value *value,
		     struct ph_error *err)
{
	switch (field->type) {
	case PH_T_UINT:
		return check_number(field, value->as.uint, err);
	case PH_T_ENUM:
		if (value->as.uint < field->max) {
			return 0;
		}
		return wrong(err,
			     ph_say("%s: %" PRIu64 " is none of its %" PRIu64 " values",
				    "%s: %" PRIu64 " không thuộc %" PRIu64
				    " giá trị của nó"),
			     field->name, value->as.uint, field->max);
	case PH_T_DAY:
		if (value->as.day >= 0 && (uint64_t)value->as.day <= field->max) {
			return 0;
		}
		return wrong(
			err,
			ph_say("%s: is not a day from 1970-01-01 to 2999-12-31",
			       "%s: không phải là ngày từ 1970-01-01 đến 2999-12-31"),
			field->name);
	case PH_T_TEXT:
		return check_text(field, value->as.bytes, err);
	case PH_T_BYTES:
	case PH_T_FIXED:
		return check_len(field->name, value->as.bytes, field->min, field->max,
				 err);
	case PH_T_REF:
		return check_n(field->name, value->as.ref.n, err);
	case PH_T_HEAD:
		return check_n(field->name, value->as.head.n, err);
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		return check_id(field, &value->as.id, err);
	case PH_T_REFS:
	case PH_T_COPY_IDS:
	case PH_T_CARD_IDS:
	case PH_T_HEADS:
	case PH_T_UINTS:
	case PH_T_TEXTS:
		return check_list(field, &value->as.list, err);
	case PH_T_SEEN:
		break;
	}
	return 0;
}

int ph_value_check(const struct ph_field *field, const struct ph_value *value,
		   struct ph_error *err)
{
	if (value->set) {
		return check_set(field, value, err);
	}
	if (field->flags & PH_F_REQUIRED) {
		return wrong(err,
			     ph_say("%s: is missing; this kind cannot be without it",
				    "%s: thiếu; loại này phải có"),
			     field->name);
	}
	return 0;
}

static int check_fields(const struct ph_field *fields, uint32_t n,
			const struct ph_value *values, struct ph_error *err)
{
	for (uint32_t i = 0; i < n; i++) {
		int rc = ph_value_check(&fields[i], &values[i], err);

		if (rc) {
			return rc;
		}
	}
	return 0;
}

static int check_when(const struct ph_extras *extras, struct ph_error *err)
{
	int64_t max = extras->when == PH_WHEN_DAY ? PH_DAY_MAX : WHEN_MINUTE_MAX;

	switch (extras->when) {
	case PH_WHEN_NONE:
		return 0;
	case PH_WHEN_MINUTE:
	case PH_WHEN_DAY:
		if (extras->when_value >= 0 && extras->when_value <= max) {
			return 0;
		}
		return wrong(err, ph_say("when: is not from 1970 to 2999",
					 "when: không nằm trong 1970 đến 2999"));
	}
	return wrong(
		err,
		ph_say("when: %d is no precision", "when: %d không phải là độ chính xác"),
		(int)extras->when);
}

static int check_extras(const struct ph_extras *extras, struct ph_error *err)
{
	static const struct ph_field staff = {
		.name = "staff", .type = PH_T_TEXT, .min = 1, .max = 32
	};
	int rc = check_when(extras, err);

	if (rc == 0 && extras->staff.len > 0) {
		rc = check_text(&staff, extras->staff, err);
	}
	if (rc == 0 && extras->behalf > PH_SITE_MAX) {
		rc = wrong(err,
			   ph_say("behalf: %" PRIu64 " is not a site number (1 to %d)",
				  "behalf: %" PRIu64 " không phải là số điểm (1 đến %d)"),
			   extras->behalf, PH_SITE_MAX);
	}
	if (rc == 0 && extras->operator_sig.len > 0 &&
	    extras->operator_sig.len != PH_OPERATOR_SIZE) {
		rc = wrong(err,
			   ph_say("operator: %zu bytes; it must be exactly %d",
				  "operator: %zu byte; phải đúng %d"),
			   extras->operator_sig.len, PH_OPERATOR_SIZE);
	}
	return rc;
}

static const struct ph_field *seen_field(const struct ph_kind *kind, unsigned index)
{
	if (index < kind->n_fields) {
		return &kind->fields[index];
	}
	index -= kind->n_fields;
	return index < kind->n_sealed ? &kind->sealed[index] : NULL;
}

static int check_seen(const struct ph_entry *entry, struct ph_error *err)
{
	if (entry->n_seen == 0) {
		return 0;
	}
	if (ph_kind_seen(entry->kind) < 0) {
		return wrong(
			err,
			ph_say("seen: %s has no registers", "seen: %s không có mục nào"),
			entry->kind->name);
	}
	if (entry->n_seen > PH_SEEN_MAX) {
		return wrong(err,
			     ph_say("seen: %u references; at most %d are kept",
				    "seen: %u tham chiếu; chỉ giữ nhiều nhất %d"),
			     entry->n_seen, PH_SEEN_MAX);
	}
	for (unsigned i = 0; i < entry->n_seen; i++) {
		const struct ph_seen *seen = &entry->seen[i];
		const struct ph_field *field = seen_field(entry->kind, seen->field);

		if (field == NULL || !(field->flags & PH_F_REGISTER)) {
			return wrong(
				err,
				ph_say("seen: names %s, which is not a register of %s",
				       "seen: nêu %s, không phải là mục của %s"),
				field ? field->name : "a field", entry->kind->name);
		}
		if (check_n("seen", seen->head.n, err)) {
			return -EINVAL;
		}
		if (i > 0 && (seen[-1].field > seen->field ||
			      (seen[-1].field == seen->field &&
			       ph_ref_compare(&seen[-1].head, &seen->head) >= 0))) {
			return wrong(err,
				     ph_say("seen: %s: references are not in order, or "
					    "one stands there twice",
					    "seen: %s: các tham chiếu không đúng thứ tự, "
					    "hoặc có hai lần"),
				     field->name);
		}
	}
	return 0;
}

/* A number, or a day, that is above another one. */
static int not_above_wrong(const struct ph_field *a, uint64_t is,
			   const struct ph_field *b, uint64_t top, struct ph_error *err)
{
	char day[2][PH_TIME_TEXT];

	if (a->type != PH_T_DAY) {
		return wrong(err,
			     ph_say("%s: %" PRIu64 " is more than %s, which is %" PRIu64,
				    "%s: %" PRIu64 " lớn hơn %s là %" PRIu64),
			     a->name, is, b->name, top);
	}
	ph_day_text(day[0], (int64_t)is);
	ph_day_text(day[1], (int64_t)top);
	return wrong(err,
		     ph_say("%s: %s is after %s, which is %s", "%s: %s sau %s là %s"),
		     a->name, day[0], b->name, day[1]);
}

/* What a number or a day holds, which was checked to be none below 0. */
static uint64_t amount_of(const struct ph_field *field, const struct ph_value *value)
{
	return field->type == PH_T_DAY ? (uint64_t)value->as.day : value->as.uint;
}

static int check_pair(const struct ph_entry *entry, struct ph_error *err)
{
	const struct ph_pair *pair = &entry->kind->pair;
	const struct ph_value *a = &entry->field[pair->a];
	const struct ph_value *b = &entry->field[pair->b];
	const struct ph_field *fields = entry->kind->fields;

	if (pair->rule == PH_PAIR_NOT_BOTH && a->set && b->set) {
		return wrong(err,
			     ph_say("%s: stands beside %s; give one of them",
				    "%s: đi cùng %s; chỉ ghi một trong hai"),
			     fields[pair->a].name, fields[pair->b].name);
	}
	if (pair->rule == PH_PAIR_NOT_ABOVE && a->set) {
		uint64_t is = amount_of(&fields[pair->a], a);
		uint64_t top =
			b->set ? amount_of(&fields[pair->b], b) : fields[pair->b].min;

		if (is > top) {
			return not_above_wrong(&fields[pair->a], is, &fields[pair->b],
					       top, err);
		}
	}
	if (pair->rule == PH_PAIR_ONE_OF && a->set == b->set) {
		return wrong(
			err,
			a->set ? ph_say("%s: stands beside %s; give one of them",
					"%s: đi cùng %s; chỉ ghi một trong hai")
			       : ph_say("%s: is missing, and so is %s; give one of them",
					"%s: thiếu, %s cũng thiếu; hãy ghi một trong "
					"hai"),
			fields[pair->a].name, fields[pair->b].name);
	}
	return 0;
}

int ph_entry_check(const struct ph_entry *entry, struct ph_error *err)
{
	const struct ph_kind *kind = entry->kind;

	if (kind == NULL) {
		return wrong(err,
			     ph_say("kind: %" PRIu64 " is not a kind of this program",
				    "kind: %" PRIu64
				    " không phải là loại của chương trình này"),
			     entry->number);
	}

	int rc = check_extras(&entry->extras, err);

	if (rc == 0) {
		rc = check_fields(kind->fields, kind->n_fields, entry->field, err);
	}
	if (rc == 0) {
		rc = check_fields(kind->sealed, kind->n_sealed, entry->sealed, err);
	}
	if (rc == 0) {
		rc = check_seen(entry, err);
	}
	return rc ? rc : check_pair(entry, err);
}

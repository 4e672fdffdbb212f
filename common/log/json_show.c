/*
 * common/log/json_show.c - from an entry to JSON.
 *
 * Members in the order: kind, fields, sealed fields, extras, stamp, time. Each
 * setter takes what the one before made; a NULL anywhere (no memory) is remembered
 * by the object and ends in NULL for the caller.
 */
#include "common/log/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/log/list.h"

/* An object that is being made; `failed` sticks. */
struct shown {
	json_t *object;
	bool failed;
};

static void set(struct shown *to, const char *name, json_t *value)
{
	if (json_object_set_new(to->object, name, value)) { /* also if VALUE is NULL */
		to->failed = true;
	}
}

static json_t *end(struct shown *to)
{
	if (to->failed) {
		json_decref(to->object);
		return NULL;
	}
	return to->object;
}

static json_t *show_text(struct ph_view text)
{
	return json_stringn((const char *)text.data, text.len);
}

static json_t *show_hex(const uint8_t *data, size_t len)
{
	char *hex = malloc(2 * len + 1);

	if (hex == NULL) {
		return NULL;
	}
	ph_hex(hex, data, len);

	json_t *json = json_stringn(hex, 2 * len);

	free(hex);
	return json;
}

static json_t *show_ref(const struct ph_ref *ref)
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, ref);
	return json_string(text);
}

static json_t *show_day(int64_t day)
{
	char text[PH_TIME_TEXT];

	ph_day_text(text, day);
	return json_string(text);
}

static json_t *show_id(const struct ph_id *id)
{
	struct shown to = { .object = json_object() };

	set(&to, "ns", json_integer((json_int_t)id->ns));
	set(&to, "code", show_text(id->code));
	return end(&to);
}

static json_t *show_head(const struct ph_head *head)
{
	struct shown to = { .object = json_object() };

	set(&to, "log", show_hex(head->log_id, PH_LOG_ID_SIZE));
	set(&to, "n", json_integer((json_int_t)head->n));
	set(&to, "h", show_hex(head->h, PH_HASH_SIZE));
	return end(&to);
}

static const char *field_name(const struct ph_kind *kind, unsigned index)
{
	return index < kind->n_fields ? kind->fields[index].name
				      : kind->sealed[index - kind->n_fields].name;
}

static json_t *show_seen(const struct ph_entry *entry)
{
	struct shown to = { .object = json_object() };

	for (unsigned i = 0; i < entry->n_seen; i++) {
		const char *name = field_name(entry->kind, entry->seen[i].field);

		if (i == 0 || entry->seen[i].field != entry->seen[i - 1].field) {
			set(&to, name, json_array());
		}
		if (json_array_append_new(json_object_get(to.object, name),
					  show_ref(&entry->seen[i].head))) {
			to.failed = true;
		}
	}
	return end(&to);
}

static json_t *show_item(enum ph_type type, const union ph_item *item)
{
	switch (type) {
	case PH_T_REFS:
		return show_ref(&item->ref);
	case PH_T_HEADS:
		return show_head(&item->head);
	case PH_T_UINTS:
		return json_integer((json_int_t)item->uint);
	case PH_T_TEXTS:
		return show_text(item->text);
	default:
		return show_id(&item->id);
	}
}

json_t *ph_list_to_json(enum ph_type type, const struct ph_list *list)
{
	struct ph_list_iter iter = ph_list_begin(list);
	json_t *array = json_array();
	union ph_item item;

	while (array != NULL && ph_list_next(&iter, type, &item)) {
		if (json_array_append_new(array, show_item(type, &item))) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static json_t *show_value(const struct ph_field *field, const struct ph_value *value)
{
	switch (field->type) {
	case PH_T_UINT:
		return json_integer((json_int_t)value->as.uint);
	case PH_T_ENUM:
		return json_string(field->names[value->as.uint]);
	case PH_T_DAY:
		return show_day(value->as.day);
	case PH_T_TEXT:
		return show_text(value->as.bytes);
	case PH_T_BYTES:
	case PH_T_FIXED:
		return show_hex(value->as.bytes.data, value->as.bytes.len);
	case PH_T_REF:
		return show_ref(&value->as.ref);
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		return show_id(&value->as.id);
	case PH_T_REFS:
	case PH_T_COPY_IDS:
	case PH_T_CARD_IDS:
	case PH_T_HEADS:
	case PH_T_UINTS:
	case PH_T_TEXTS:
		return ph_list_to_json(field->type, &value->as.list);
	case PH_T_HEAD:
		return show_head(&value->as.head);
	case PH_T_SEEN:
		break;
	}
	return NULL;
}

static void set_fields(struct shown *to, const struct ph_entry *entry)
{
	const struct ph_kind *kind = entry->kind;

	for (uint32_t i = 0; i < kind->n_fields; i++) {
		const struct ph_field *field = &kind->fields[i];

		if (field->type == PH_T_SEEN) {
			if (entry->n_seen > 0) {
				set(to, field->name, show_seen(entry));
			}
		} else if (entry->field[i].set) {
			set(to, field->name, show_value(field, &entry->field[i]));
		}
	}
	for (uint32_t i = 0; i < kind->n_sealed; i++) {
		if (entry->sealed[i].set) {
			set(to, kind->sealed[i].name,
			    show_value(&kind->sealed[i], &entry->sealed[i]));
		}
	}
}

static json_t *show_when(const struct ph_extras *extras)
{
	char text[PH_TIME_TEXT];

	if (extras->when == PH_WHEN_DAY) {
		return show_day(extras->when_value);
	}
	ph_time_text(text, extras->when_value * 60);
	text[strlen("2026-09-22T08:01")] =
		'\0'; /* no seconds; without a zone it is UTC+7 */
	return json_string(text);
}

static void set_extras(struct shown *to, const struct ph_extras *extras)
{
	if (extras->when != PH_WHEN_NONE) {
		set(to, "when", show_when(extras));
	}
	if (extras->has_source) {
		set(to, "source", show_hex(extras->source, PH_SOURCE_SIZE));
	}
	if (extras->staff.len > 0) {
		set(to, "staff", show_text(extras->staff));
	}
	if (extras->behalf > 0) {
		set(to, "behalf", json_integer((json_int_t)extras->behalf));
	}
	if (extras->operator_sig.len > 0) {
		set(to, "operator",
		    show_hex(extras->operator_sig.data, extras->operator_sig.len));
	}
}

json_t *ph_entry_to_json(const struct ph_entry *entry)
{
	struct shown to = { .object = json_object() };
	char time[PH_TIME_TEXT];

	if (entry->kind) {
		set(&to, "kind", json_string(entry->kind->name));
		set_fields(&to, entry);
		set_extras(&to, &entry->extras);
	} else {
		set(&to, "kind", json_integer((json_int_t)entry->number));
	}
	ph_time_text(time, ph_stamp_seconds(entry->stamp));
	set(&to, "stamp", json_integer((json_int_t)entry->stamp));
	set(&to, "time", json_string(time));
	return end(&to);
}

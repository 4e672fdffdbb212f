/*
 * common/log/entry_again.c - entries that were decoded before, read once more.
 *
 * A fold reads the entries of an entity again whenever one of them comes, so this is
 * the most frequent thing that the ledger does. What ph_entry_decode() has found sound
 * needs no second check: the fields are taken as they come, in one pass, without memory.
 * Bytes that are not as they were are damage, -EUCLEAN; nothing is read outside them.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "common/base/mpr.h"
#include "common/log/list.h"

static void read_ref(struct ph_mpr *reader, struct ph_ref *ref)
{
	if (ph_mpr_array(reader) != 3) {
		reader->failed = true;
	}
	ph_mpr_fixed(reader, ref->log_id, sizeof(ref->log_id));
	ref->n = ph_mpr_uint(reader);
	ph_mpr_fixed(reader, ref->hash, sizeof(ref->hash));
}

static void read_id(struct ph_mpr *reader, struct ph_id *id)
{
	if (ph_mpr_array(reader) != 2) {
		reader->failed = true;
	}
	id->ns = ph_mpr_uint(reader);
	id->code = ph_mpr_str(reader);
	if (id->ns > PH_SITE_MAX || id->code.len == 0 || id->code.len > PH_CODE_MAX) {
		reader->failed = true;
	}
}

static void read_head(struct ph_mpr *reader, struct ph_head *head)
{
	if (ph_mpr_array(reader) != 3) {
		reader->failed = true;
	}
	ph_mpr_fixed(reader, head->log_id, sizeof(head->log_id));
	head->n = ph_mpr_uint(reader);
	ph_mpr_fixed(reader, head->h, sizeof(head->h));
}

static void read_list(struct ph_mpr *reader, struct ph_list *list)
{
	struct ph_mpr items = *reader;

	list->count = ph_mpr_array(&items);
	list->bytes = ph_mpr_raw(reader);
	reader->failed = reader->failed || items.failed;
}

static void read_value(struct ph_mpr *reader, const struct ph_field *field,
		       struct ph_value *value)
{
	bool good = true;

	value->set = true;
	switch (field->type) {
	case PH_T_UINT:
		value->as.uint = ph_mpr_uint(reader);
		break;
	case PH_T_ENUM:
		value->as.uint = ph_mpr_uint(reader);
		good = value->as.uint < field->max;
		break;
	case PH_T_DAY:
		value->as.uint = ph_mpr_uint(reader);
		good = value->as.uint <= field->max;
		value->as.day = (int64_t)value->as.uint;
		break;
	case PH_T_TEXT:
		value->as.bytes = ph_mpr_str(reader);
		break;
	case PH_T_BYTES:
		value->as.bytes = ph_mpr_bin(reader);
		break;
	case PH_T_FIXED:
		value->as.bytes = ph_mpr_bin(reader);
		good = value->as.bytes.len == field->max;
		break;
	case PH_T_REF:
		read_ref(reader, &value->as.ref);
		break;
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		read_id(reader, &value->as.id);
		break;
	case PH_T_HEAD:
		read_head(reader, &value->as.head);
		break;
	default:
		read_list(reader, &value->as.list);
		break;
	}
	reader->failed = reader->failed || !good;
}

static void read_seen(struct ph_mpr *reader, struct ph_entry *entry)
{
	uint32_t fields = ph_mpr_map(reader);

	for (uint32_t i = 0; i < fields && !reader->failed; i++) {
		uint64_t key = ph_mpr_uint(reader);
		uint32_t heads = ph_mpr_array(reader);

		if (key >= PH_SEEN_SEALED) {
			key = key - PH_SEEN_SEALED + entry->kind->n_fields;
		}
		for (; heads > 0 && !reader->failed; heads--) {
			if (entry->n_seen == PH_SEEN_MAX ||
			    key >= entry->kind->n_fields + entry->kind->n_sealed) {
				reader->failed = true;
				return;
			}
			entry->seen[entry->n_seen].field = (uint8_t)key;
			read_ref(reader, &entry->seen[entry->n_seen++].head);
		}
	}
}

static void read_when(struct ph_mpr *reader, struct ph_extras *extras)
{
	uint64_t precision, value;

	if (ph_mpr_array(reader) != 2) {
		reader->failed = true;
	}
	precision = ph_mpr_uint(reader);
	value = ph_mpr_uint(reader);
	if (precision == PH_WHEN_NONE || precision > PH_WHEN_DAY || value > INT64_MAX) {
		reader->failed = true;
		return;
	}
	extras->when = (enum ph_when)precision;
	extras->when_value = (int64_t)value;
}

static void read_extras(struct ph_mpr *reader, struct ph_extras *extras)
{
	uint32_t pairs = ph_mpr_nil(reader) ? 0 : ph_mpr_map(reader);

	for (; pairs > 0 && !reader->failed; pairs--) {
		switch (ph_mpr_uint(reader)) {
		case PH_EXTRA_WHEN:
			read_when(reader, extras);
			break;
		case PH_EXTRA_SOURCE:
			ph_mpr_fixed(reader, extras->source, PH_SOURCE_SIZE);
			extras->has_source = true;
			break;
		case PH_EXTRA_STAFF:
			extras->staff = ph_mpr_str(reader);
			break;
		case PH_EXTRA_BEHALF:
			extras->behalf = ph_mpr_uint(reader);
			break;
		case PH_EXTRA_OPERATOR:
			extras->operator_sig = ph_mpr_bin(reader);
			break;
		default:
			reader->failed = true;
			break;
		}
	}
}

int ph_entry_read_again(struct ph_view bytes, struct ph_entry *entry)
{
	struct ph_mpr reader = ph_mpr_begin(bytes);
	uint32_t items = ph_mpr_array(&reader);

	memset(entry, 0, offsetof(struct ph_entry, seen));
	entry->n_seen = 0;
	entry->number = ph_mpr_uint(&reader);
	entry->stamp = ph_mpr_uint(&reader);
	read_extras(&reader, &entry->extras);
	entry->kind = ph_kind_find(entry->number);
	if (entry->kind == NULL || items > 3 + entry->kind->n_fields) {
		return -EUCLEAN;
	}
	for (uint32_t i = 0; i + 3 < items && !reader.failed; i++) {
		const struct ph_field *field = &entry->kind->fields[i];

		if (ph_mpr_nil(&reader)) {
			continue;
		}
		if (field->type == PH_T_SEEN) {
			entry->field[i].set = true;
			read_seen(&reader, entry);
		} else {
			read_value(&reader, field, &entry->field[i]);
		}
	}
	return ph_mpr_end(&reader) ? 0 : -EUCLEAN;
}

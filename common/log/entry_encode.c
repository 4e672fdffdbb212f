/*
 * common/log/entry_encode.c - from struct to the bytes that are signed.
 *
 * Check everything, write the array with its trailing nils left away, look at the
 * size. Canonical form falls out of the writer: shortest forms always, map keys in
 * the order in which they are written here, which is rising.
 *
 * On any error what was written is taken back off the buffer.
 */
#include "common/base/say.h"
#include "common/log/entry.h"

#include <errno.h>

#include "common/log/part.h"

void ph_ref_write(struct ph_mpw *writer, const struct ph_ref *ref)
{
	ph_mpw_array(writer, 3);
	ph_mpw_bin(writer, ref->log_id, PH_LOG_ID_SIZE);
	ph_mpw_uint(writer, ref->n);
	ph_mpw_bin(writer, ref->hash, sizeof(ref->hash));
}

void ph_id_write(struct ph_mpw *writer, const struct ph_id *id)
{
	ph_mpw_array(writer, 2);
	ph_mpw_uint(writer, id->ns);
	ph_mpw_str(writer, id->code);
}

void ph_head_write(struct ph_mpw *writer, const struct ph_head *head)
{
	ph_mpw_array(writer, 3);
	ph_mpw_bin(writer, head->log_id, PH_LOG_ID_SIZE);
	ph_mpw_uint(writer, head->n);
	ph_mpw_bin(writer, head->h, PH_HASH_SIZE);
}

void ph_value_write(struct ph_mpw *writer, const struct ph_field *field,
		    const struct ph_value *value)
{
	switch (field->type) {
	case PH_T_UINT:
	case PH_T_ENUM:
		ph_mpw_uint(writer, value->as.uint);
		break;
	case PH_T_DAY:
		ph_mpw_uint(writer, (uint64_t)value->as.day);
		break;
	case PH_T_TEXT:
		ph_mpw_str(writer, value->as.bytes);
		break;
	case PH_T_BYTES:
	case PH_T_FIXED:
		ph_mpw_bin(writer, value->as.bytes.data, value->as.bytes.len);
		break;
	case PH_T_REF:
		ph_ref_write(writer, &value->as.ref);
		break;
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		ph_id_write(writer, &value->as.id);
		break;
	case PH_T_HEAD:
		ph_head_write(writer, &value->as.head);
		break;
	case PH_T_REFS:
	case PH_T_COPY_IDS:
	case PH_T_CARD_IDS:
	case PH_T_HEADS:
	case PH_T_UINTS:
	case PH_T_TEXTS:
		ph_mpw_raw(writer, value->as.list.bytes);
		break;
	case PH_T_SEEN:
		break;
	}
}

static void write_extras(struct ph_mpw *writer, const struct ph_extras *extras)
{
	size_t pairs = (size_t)(extras->when != PH_WHEN_NONE) + extras->has_source +
		       (extras->staff.len > 0) + (extras->behalf > 0) +
		       (extras->operator_sig.len > 0);

	if (pairs == 0) {
		ph_mpw_nil(writer);
		return;
	}
	ph_mpw_map(writer, pairs);
	if (extras->when != PH_WHEN_NONE) {
		ph_mpw_uint(writer, PH_EXTRA_WHEN);
		ph_mpw_array(writer, 2);
		ph_mpw_uint(writer, extras->when);
		ph_mpw_uint(writer, (uint64_t)extras->when_value);
	}
	if (extras->has_source) {
		ph_mpw_uint(writer, PH_EXTRA_SOURCE);
		ph_mpw_bin(writer, extras->source, PH_SOURCE_SIZE);
	}
	if (extras->staff.len > 0) {
		ph_mpw_uint(writer, PH_EXTRA_STAFF);
		ph_mpw_str(writer, extras->staff);
	}
	if (extras->behalf > 0) {
		ph_mpw_uint(writer, PH_EXTRA_BEHALF);
		ph_mpw_uint(writer, extras->behalf);
	}
	if (extras->operator_sig.len > 0) {
		ph_mpw_uint(writer, PH_EXTRA_OPERATOR);
		ph_mpw_bin(writer, extras->operator_sig.data, extras->operator_sig.len);
	}
}

static bool extras_empty(const struct ph_extras *extras)
{
	return extras->when == PH_WHEN_NONE && !extras->has_source &&
	       extras->staff.len == 0 && extras->behalf == 0 &&
	       extras->operator_sig.len == 0;
}

/* How many references from index I on belong to the same field. */
static unsigned same_field(const struct ph_entry *entry, unsigned i)
{
	unsigned end = i;

	while (end < entry->n_seen && entry->seen[end].field == entry->seen[i].field) {
		end++;
	}
	return end - i;
}

static void write_seen(struct ph_mpw *writer, const struct ph_entry *entry)
{
	uint32_t n_fields = entry->kind->n_fields;
	size_t pairs = 0;

	for (unsigned i = 0; i < entry->n_seen; i += same_field(entry, i)) {
		pairs++;
	}
	ph_mpw_map(writer, pairs);
	for (unsigned i = 0; i < entry->n_seen;) {
		unsigned end = i + same_field(entry, i);
		uint32_t index = entry->seen[i].field;

		ph_mpw_uint(writer,
			    index < n_fields ? index : PH_SEEN_SEALED + index - n_fields);
		ph_mpw_array(writer, end - i);
		for (; i < end; i++) {
			ph_ref_write(writer, &entry->seen[i].head);
		}
	}
}

static bool is_set(const struct ph_entry *entry, uint32_t i)
{
	return entry->kind->fields[i].type == PH_T_SEEN ? entry->n_seen > 0
							: entry->field[i].set;
}

static void write_entry(struct ph_mpw *writer, const struct ph_entry *entry)
{
	uint32_t n = entry->kind->n_fields;

	while (n > 0 && !is_set(entry, n - 1)) {
		n--;
	}

	bool bare = n == 0 && extras_empty(&entry->extras);

	ph_mpw_array(writer, bare ? 2 : 3 + n);
	ph_mpw_uint(writer, entry->kind->number);
	ph_mpw_uint(writer, entry->stamp);
	if (!bare) {
		write_extras(writer, &entry->extras);
	}
	for (uint32_t i = 0; i < n; i++) {
		if (!is_set(entry, i)) {
			ph_mpw_nil(writer);
		} else if (entry->kind->fields[i].type == PH_T_SEEN) {
			write_seen(writer, entry);
		} else {
			ph_value_write(writer, &entry->kind->fields[i], &entry->field[i]);
		}
	}
}

int ph_entry_write(const struct ph_entry *entry, struct ph_buf *out)
{
	size_t start = out->len;
	struct ph_mpw writer;

	ph_mpw_init(&writer, out);
	write_entry(&writer, entry);
	if (ph_mpw_end(&writer) != 0) {
		out->len = start;
		return -ENOMEM;
	}
	return 0;
}

int ph_entry_check_commit(const struct ph_entry *entry, struct ph_error *err)
{
	const struct ph_kind *kind = entry->kind;

	if (kind->n_sealed == 0) {
		return 0;
	}

	const struct ph_value *sets = &entry->field[kind->sets];
	uint64_t mask = ph_part_mask(entry);

	if (sets->set != entry->field[kind->commit].set) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("commit: stands with sets, or neither does",
				      "commit: đi cùng sets, hoặc không có cả hai"));
	}
	if (mask != 0 && (!sets->set || sets->as.uint != mask)) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("sets: does not stand for the sealed fields that are set",
			       "sets: không khớp các mục riêng tư đã ghi"));
	}
	return 0;
}

int ph_entry_encode(const struct ph_entry *entry, struct ph_buf *out,
		    struct ph_error *err)
{
	size_t start = out->len;
	struct ph_mpw writer;
	int rc = ph_entry_check(entry, err);

	if (rc == 0) {
		rc = ph_entry_check_commit(entry, err);
	}
	if (rc == 0 && entry->stamp > PH_STAMP_MAX) {
		rc = ph_fail(
			err, PH_EXIT_CLOCK, -EINVAL,
			ph_say("stamp: is beyond any date", "stamp: vượt quá mọi ngày"));
	}
	if (rc) {
		return rc;
	}
	ph_mpw_init(&writer, out);
	write_entry(&writer, entry);
	rc = ph_mpw_end(&writer);
	if (rc == 0 && out->len - start > PH_ENTRY_MAX) {
		rc = ph_fail(
			err, PH_EXIT_USAGE, -EMSGSIZE,
			ph_say("%s: %zu bytes in all; one entry takes at most %d",
			       "%s: tất cả %zu byte; một giao dịch nhận nhiều nhất %d"),
			entry->kind->name, out->len - start, PH_ENTRY_MAX);
	}
	if (rc) {
		out->len = start;
	}
	return rc;
}

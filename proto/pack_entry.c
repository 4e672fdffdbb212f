/*
 * proto/pack_entry.c - one entry of a compact segment, by the kind table.
 *
 * Stamp, extras, then for each field of its kind whether it is set, and its value under
 * what its type and its hint say. Of a sealed part that travels inside, the plain fields
 * and the seed stand in the place of the commitment, which the receiver makes again.
 */
#include "proto/pack_internal.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "common/base/clock.h"

/* Flags of a column. */
enum {
	FLAG_SET,
	FLAG_INSIDE,
};

/* ---- stamps ---- */

static void code_stamp(struct ph_pack *pack)
{
	struct ph_entry *entry = &pack->entry;
	struct ph_coder *coder = &pack->coder;
	uint32_t kind = (uint32_t)entry->kind->number;
	struct ph_model_set *flags = ph_coder_set(coder, PH_MODEL_TIME, kind, 0);
	struct ph_model_set *set =
		ph_coder_set(coder, PH_MODEL_TIME, pack->kind, 1 + kind);
	uint64_t second = entry->stamp >> PH_STAMP_COUNTER_BITS;
	uint64_t tick = entry->stamp & 0xffff;
	uint64_t last = pack->stamp >> PH_STAMP_COUNTER_BITS;
	uint64_t last_tick = pack->stamp & 0xffff;
	bool back = ph_coder_bit(coder, &flags->model[0], second < last);
	uint64_t gap = ph_coder_number(coder, set, back ? last - second : second - last);

	second = back ? last - gap : last + gap;

	uint64_t expected = gap == 0 ? last_tick + 1 : 0;

	if (ph_coder_bit(coder, &flags->model[1 + (gap == 0)], tick == expected)) {
		tick = expected;
	} else {
		tick = ph_coder_number(coder, ph_coder_set(coder, PH_MODEL_TIME, 0, 0),
				       tick);
	}
	if (second > PH_STAMP_MAX >> PH_STAMP_COUNTER_BITS || tick > 0xffff) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		second = tick = 0;
	}
	entry->stamp = second << PH_STAMP_COUNTER_BITS | tick;
	pack->stamp = entry->stamp;
	for (pack->soon = 0; pack->soon < 7 && gap != 0; gap >>= 1) {
		pack->soon++;
	}
}

static int64_t now_second(const struct ph_pack *pack)
{
	return (int64_t)(pack->entry.stamp >> PH_STAMP_COUNTER_BITS);
}

/* A number near another; wraps around as numbers of 64 bits do. */
static uint64_t code_near(struct ph_pack *pack, const struct pack_column *column,
			  uint64_t value, int64_t near)
{
	return (uint64_t)near +
	       (uint64_t)ph_coder_signed(&pack->coder,
					 ph_pack_set(pack, column, WHICH_VALUE),
					 (int64_t)(value - (uint64_t)near));
}

/* ---- lists ---- */

static void code_item(struct ph_pack *pack, const struct pack_column *column,
		      union ph_item *item)
{
	switch (column->field->type) {
	case PH_T_REFS:
		ph_pack_ref(pack, column, &item->ref);
		break;
	case PH_T_COPY_IDS:
		ph_pack_id(pack, column, PH_T_COPY_ID, &item->id);
		break;
	case PH_T_CARD_IDS:
		ph_pack_id(pack, column, PH_T_CARD_ID, &item->id);
		break;
	case PH_T_HEADS:
		ph_pack_head(pack, column, &item->head);
		break;
	case PH_T_UINTS:
		item->uint = ph_coder_number(
			&pack->coder, ph_pack_set(pack, column, WHICH_VALUE), item->uint);
		break;
	default:
		item->text = ph_pack_text(pack, column, item->text, PH_TEXTS_SIZE);
		break;
	}
}

static bool is_failed(const struct ph_pack *pack)
{
	return pack->rc != 0 || pack->coder.failed;
}

static void code_list(struct ph_pack *pack, const struct pack_column *column,
		      struct ph_list *list)
{
	bool packing = pack->coder.packing;
	struct ph_buf *buf = &pack->lists[column->at];
	struct ph_list_iter iter = ph_list_begin(list);
	uint64_t count = ph_coder_number(
		&pack->coder, ph_pack_set(pack, column, WHICH_COUNT), list->count);
	struct ph_mpw writer;

	if (count > column->field->max) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return;
	}
	buf->len = 0;
	ph_mpw_init(&writer, buf);
	if (!packing) {
		ph_mpw_array(&writer, (size_t)count);
	}
	for (uint64_t i = 0; i < count && !is_failed(pack); i++) {
		union ph_item item;

		memset(&item, 0, sizeof(item));
		if (packing) {
			ph_list_next(&iter, column->field->type, &item);
		}
		code_item(pack, column, &item);
		if (!packing) {
			ph_item_write(&writer, column->field->type, &item);
		}
	}
	if (!packing) {
		if (ph_mpw_end(&writer)) {
			ph_pack_fail(pack, -ENOMEM);
		}
		list->bytes = ph_buf_view(buf);
		list->count = (uint32_t)count;
	}
}

static void code_seen(struct ph_pack *pack, const struct pack_column *column)
{
	struct ph_entry *entry = &pack->entry;
	uint64_t count = ph_coder_number(
		&pack->coder, ph_pack_set(pack, column, WHICH_COUNT), entry->n_seen);
	struct ph_model_set *which = ph_pack_set(pack, column, WHICH_MORE);

	if (count > PH_SEEN_MAX) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return;
	}
	entry->n_seen = (unsigned)count;
	for (unsigned i = 0; i < count && !is_failed(pack); i++) {
		struct ph_seen *seen = &entry->seen[i];

		seen->field = (uint8_t)ph_coder_symbol(&pack->coder, which, seen->field);
		ph_pack_ref(pack, column, &seen->head);
	}
}

/* ---- fields ---- */

static void code_uint(struct ph_pack *pack, const struct pack_column *column,
		      uint64_t *value)
{
	if (column->field->pack == PH_PACK_CLOCK) {
		*value = code_near(pack, column, *value, now_second(pack));
	} else {
		*value = ph_coder_number(&pack->coder,
					 ph_pack_set(pack, column, WHICH_VALUE), *value);
	}
}

static void code_value(struct ph_pack *pack, const struct pack_column *column,
		       struct ph_value *value)
{
	const struct ph_field *field = column->field;

	switch (field->type) {
	case PH_T_UINT:
	case PH_T_ENUM:
		code_uint(pack, column, &value->as.uint);
		break;
	case PH_T_DAY:
		value->as.day = (int64_t)code_near(pack, column, (uint64_t)value->as.day,
						   ph_day_of(now_second(pack)));
		break;
	case PH_T_TEXT:
		value->as.bytes = ph_pack_text(pack, column, value->as.bytes, field->max);
		break;
	case PH_T_BYTES:
		value->as.bytes =
			ph_pack_blob(pack, ph_pack_set(pack, column, WHICH_LENGTH),
				     value->as.bytes, field->max);
		break;
	case PH_T_FIXED:
		ph_pack_fixed(pack, column, &value->as.bytes, field->max);
		break;
	case PH_T_REF:
		ph_pack_ref(pack, column, &value->as.ref);
		break;
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		ph_pack_desk_id(pack, column, &value->as.id);
		break;
	case PH_T_HEAD:
		ph_pack_head(pack, column, &value->as.head);
		break;
	default:
		code_list(pack, column, &value->as.list);
		break;
	}
}

/* ---- extras ---- */

static const struct ph_field extra_field[] = {
	[PH_EXTRA_WHEN] = { .name = "when", .type = PH_T_UINT },
	[PH_EXTRA_SOURCE] = { .name = "source",
			      .type = PH_T_FIXED,
			      .max = PH_SOURCE_SIZE },
	[PH_EXTRA_STAFF] = { .name = "staff", .type = PH_T_TEXT, .max = 32 },
	[PH_EXTRA_BEHALF] = { .name = "behalf", .type = PH_T_UINT },
	[PH_EXTRA_OPERATOR] = { .name = "operator",
				.type = PH_T_FIXED,
				.max = PH_OPERATOR_SIZE },
};

static struct pack_column extra_column(unsigned at)
{
	return (struct pack_column){ PACK_EXTRAS, at, &extra_field[at] };
}

static void code_when(struct ph_pack *pack)
{
	struct ph_extras *extras = &pack->entry.extras;
	struct pack_column column = extra_column(PH_EXTRA_WHEN);
	int64_t near = now_second(pack);

	extras->when = ph_coder_symbol(
		&pack->coder, ph_pack_set(pack, &column, WHICH_MORE), extras->when);
	if (extras->when == PH_WHEN_DAY) {
		column.at = PH_EXTRA_OPERATOR + 1; /* other numbers than minutes */
		near = ph_day_of(near);
	} else {
		near /= 60;
	}
	extras->when_value =
		(int64_t)code_near(pack, &column, (uint64_t)extras->when_value, near);
	if (extras->when == PH_WHEN_NONE || extras->when > PH_WHEN_DAY) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		extras->when = PH_WHEN_NONE;
	}
}

static bool has_extra(struct ph_pack *pack, unsigned at, bool has)
{
	struct pack_column column = extra_column(at);

	return ph_pack_flag(pack, &column, FLAG_SET, has);
}

static void code_extras(struct ph_pack *pack)
{
	struct ph_extras *extras = &pack->entry.extras;
	struct pack_column kind = { (uint32_t)pack->entry.kind->number, 0, NULL };
	struct pack_column column;
	bool any = extras->when != PH_WHEN_NONE || extras->has_source ||
		   extras->staff.len > 0 || extras->behalf > 0 ||
		   extras->operator_sig.len > 0;

	if (!ph_pack_flag(pack, &kind, 7, any)) {
		return;
	}
	if (has_extra(pack, PH_EXTRA_WHEN, extras->when != PH_WHEN_NONE)) {
		code_when(pack);
	}
	extras->has_source = has_extra(pack, PH_EXTRA_SOURCE, extras->has_source);
	if (extras->has_source) {
		ph_pack_raw(pack, extras->source, PH_SOURCE_SIZE);
	}
	if (has_extra(pack, PH_EXTRA_STAFF, extras->staff.len > 0)) {
		column = extra_column(PH_EXTRA_STAFF);
		extras->staff = ph_pack_text(pack, &column, extras->staff, 32);
	}
	if (has_extra(pack, PH_EXTRA_BEHALF, extras->behalf > 0)) {
		column = extra_column(PH_EXTRA_BEHALF);
		code_uint(pack, &column, &extras->behalf);
	}
	if (has_extra(pack, PH_EXTRA_OPERATOR, extras->operator_sig.len > 0)) {
		column = extra_column(PH_EXTRA_OPERATOR);
		ph_pack_fixed(pack, &column, &extras->operator_sig, PH_OPERATOR_SIZE);
	}
}

/* ---- parts ---- */

static uint64_t entry_number(const struct ph_pack *pack)
{
	return pack->where->first + pack->at;
}

/* Whether SEED and PLAIN make the commitment of this entry. */
static bool makes_commit(struct ph_pack *pack, const uint8_t seed[static PH_SEED_SIZE],
			 struct ph_view plain, uint8_t commit[static PH_HASH_SIZE])
{
	pack->cipher.len = 0;
	if (ph_part_seal(seed, pack->where->log_id, entry_number(pack), plain,
			 &pack->cipher)) {
		return false;
	}
	ph_part_commit(ph_buf_view(&pack->cipher), commit);
	return true;
}

/* The part of this entry that may travel inside; its fields are then in the entry. */
static const struct ph_pack_part *find_part(struct ph_pack *pack)
{
	const struct ph_pack_part *part;
	struct ph_entry *entry = &pack->entry;
	struct ph_view commit = entry->field[entry->kind->commit].as.bytes;
	uint8_t made[PH_HASH_SIZE];

	while (pack->next_part < pack->n_in_parts &&
	       pack->in_parts[pack->next_part].n < entry_number(pack)) {
		pack->next_part++;
	}
	if (pack->next_part == pack->n_in_parts || pack->n_parts == PH_PACK_PARTS_MAX) {
		return NULL;
	}
	part = &pack->in_parts[pack->next_part];
	if (part->n != entry_number(pack) || ph_part_decode(part->plain, entry) != 0 ||
	    !makes_commit(pack, part->seed, part->plain, made) ||
	    memcmp(made, commit.data, sizeof(made)) != 0) {
		return NULL;
	}
	pack->taken[pack->next_part] = true;
	pack->n_parts++;
	return part;
}

static void code_sealed(struct ph_pack *pack)
{
	struct ph_entry *entry = &pack->entry;
	const struct ph_kind *kind = entry->kind;
	uint64_t sets = entry->field[kind->sets].as.uint;

	if (sets >> kind->n_sealed != 0) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
	}
	for (unsigned i = 0; i < kind->n_sealed && !is_failed(pack); i++) {
		struct pack_column column = { (uint32_t)kind->number, PACK_SEALED + i,
					      &kind->sealed[i] };

		entry->sealed[i].set = (sets >> i & 1) != 0;
		if (entry->sealed[i].set) {
			code_value(pack, &column, &entry->sealed[i]);
		}
	}
}

/* Unpacking: the plain form of the sealed fields, and the commitment to it. */
static void keep_part(struct ph_pack *pack, const uint8_t seed[static PH_SEED_SIZE])
{
	struct ph_entry *entry = &pack->entry;
	struct ph_pack_part *part;
	size_t start = pack->plain.len;
	uint8_t commit[PH_HASH_SIZE];

	if (is_failed(pack)) {
		return;
	}
	if (ph_part_write(entry, &pack->plain)) {
		ph_pack_fail(pack, -ENOMEM);
		return;
	}
	if (pack->n_parts == PH_PACK_PARTS_MAX) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return;
	}
	part = &pack->parts[pack->n_parts];
	part->n = entry_number(pack);
	memcpy(part->seed, seed, PH_SEED_SIZE);
	part->plain = PH_VIEW(pack->plain.data + start, pack->plain.len - start);
	if (!makes_commit(pack, seed, part->plain, commit)) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return;
	}
	pack->n_parts++;
	entry->field[entry->kind->commit].set = true;
	entry->field[entry->kind->commit].as.bytes =
		ph_pack_keep(pack, commit, sizeof(commit));
}

static void code_commit(struct ph_pack *pack, const struct pack_column *column)
{
	const struct ph_pack_part *part = pack->coder.packing ? find_part(pack) : NULL;
	uint8_t seed[PH_SEED_SIZE];

	if (!ph_pack_flag(pack, column, FLAG_INSIDE, part != NULL)) {
		ph_pack_fixed(pack, column, &pack->entry.field[column->at].as.bytes,
			      PH_HASH_SIZE);
		return;
	}
	code_sealed(pack);
	if (part != NULL) {
		memcpy(seed, part->seed, PH_SEED_SIZE);
	}
	ph_pack_raw(pack, seed, PH_SEED_SIZE);
	if (!pack->coder.packing) {
		keep_part(pack, seed);
	}
	sodium_memzero(seed, sizeof(seed));
}

/* ---- the whole ---- */

static void note(struct ph_pack *pack, unsigned column)
{
	if (pack->account != NULL) {
		pack->account(pack, (uint32_t)pack->entry.kind->number, column);
	}
}

void ph_pack_entry(struct ph_pack *pack)
{
	struct ph_entry *entry = &pack->entry;
	const struct ph_kind *kind = entry->kind;

	code_stamp(pack);
	note(pack, PACK_NOTE_STAMP);
	code_extras(pack);
	for (unsigned i = 0; i < kind->n_fields && !is_failed(pack); i++) {
		struct pack_column column = { (uint32_t)kind->number, i,
					      &kind->fields[i] };
		struct ph_value *value = &entry->field[i];
		bool seen = column.field->type == PH_T_SEEN;
		bool commit = kind->n_sealed > 0 && i == kind->commit;

		if (commit) {
			value->set = entry->field[kind->sets].set;
		} else if ((column.field->flags & PH_F_REQUIRED) == 0) {
			value->set = ph_pack_flag(pack, &column, FLAG_SET,
						  seen ? entry->n_seen > 0 : value->set);
		} else {
			value->set = true;
		}
		if (value->set && seen) {
			code_seen(pack, &column);
		} else if (value->set && commit) {
			code_commit(pack, &column);
		} else if (value->set) {
			code_value(pack, &column, value);
		}
		note(pack, i);
	}
	ph_pack_desk_end(pack);
}

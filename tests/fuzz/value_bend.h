/*
 * tests/fuzz/value_bend.h - one value of an entry made another, most of them such as the
 * table of kinds does not allow: what a program would write that has it wrong.
 */
#ifndef PH_FUZZ_VALUE_BEND_H
#define PH_FUZZ_VALUE_BEND_H

#include "common/log/list.h"
#include "tests/fuzz/choices.h"

static inline bool is_list(enum ph_type type)
{
	return type == PH_T_REFS || type == PH_T_COPY_IDS || type == PH_T_CARD_IDS ||
	       type == PH_T_HEADS || type == PH_T_UINTS || type == PH_T_TEXTS;
}

/* Texts that are wrong one way or another, and one that is right. */
static inline struct ph_view bend_text(const struct ph_field *field, unsigned how)
{
	static char long_one[2048];
	static const char *const texts[] = {
		"",
		"\xff",
		"a\tb",
		"e\xcc\x81",
		"a\xc2\x85",
		"A9-z",
		"a\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc"
		"\x80\xcc\x80"
		"\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80"
		"\xcc\x80"
		"\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80"
		"\xcc\x80"
		"\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80",
	};
	size_t n = sizeof(texts) / sizeof(texts[0]);

	if (how % (n + 1) < n) {
		return ph_view_str(texts[how % (n + 1)]);
	}
	memset(long_one, '7', sizeof(long_one));
	return PH_VIEW(long_one, field->max < sizeof(long_one) ? field->max + how / 16 % 2
							       : sizeof(long_one));
}

static inline uint64_t bend_number(uint64_t min, uint64_t max, unsigned how)
{
	const uint64_t numbers[] = { min - 1, max + 1, 0, UINT64_MAX, min, max };

	return numbers[how % 6];
}

static inline void bend_list(const struct ph_field *field, struct ph_list *list,
			     unsigned how)
{
	static const uint8_t bad[] = { 0x91, 0xc1 };

	if (how % 3 == 0) {
		list->bytes = PH_VIEW(bad, sizeof(bad));
	} else if (how % 3 == 1) {
		list->count++;
	} else {
		list->count = (uint32_t)field->max + 1;
	}
}

static inline void bend_value(const struct ph_field *field, struct ph_value *value,
			      unsigned how)
{
	if (how % 8 == 7) {
		value->set = false;
		return;
	}
	how /= 8;
	if (!value->set) {
		memset(value, 0, sizeof(*value));
		value->set = true;
	}
	switch (field->type) {
	case PH_T_REF:
	case PH_T_HEAD:
		value->as.ref.n = bend_number(1, PH_N_MAX, how);
		break;
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		value->as.id.ns =
			how % 2 ? value->as.id.ns : bend_number(0, PH_SITE_MAX, how);
		value->as.id.code = bend_text(field, how / 2);
		break;
	case PH_T_TEXT:
	case PH_T_BYTES:
	case PH_T_FIXED:
		value->as.bytes = bend_text(field, how);
		break;
	case PH_T_UINT:
	case PH_T_ENUM:
	case PH_T_DAY:
		value->as.uint = bend_number(field->min, field->max, how);
		break;
	case PH_T_SEEN: /* stands in the entry itself */
		break;
	default:
		bend_list(field, &value->as.list, how);
		break;
	}
}

static inline void bend_extras(struct ph_extras *extras, unsigned how)
{
	static const struct ph_field staff = { .max = 32 };
	static const uint8_t signature[97];

	switch (how % 5) {
	case 0:
		extras->when = how / 5 % 4;
		extras->when_value = (int64_t)bend_number(0, PH_DAY_MAX, how / 20);
		break;
	case 1:
		extras->behalf = bend_number(0, PH_SITE_MAX, how / 5);
		break;
	case 2:
		extras->staff = bend_text(&staff, how / 5);
		break;
	case 3:
		extras->has_source = !extras->has_source;
		break;
	default:
		extras->operator_sig = PH_VIEW(signature, 95 + how / 5 % 3);
		break;
	}
}

static inline void bend_seen(struct ph_entry *entry, unsigned how)
{
	struct ph_seen *seen = &entry->seen[0];

	switch (how % 4) {
	case 0:
		entry->n_seen = PH_SEEN_MAX + 1;
		break;
	case 1:
		entry->n_seen = entry->n_seen < 2 ? 2 : entry->n_seen;
		entry->seen[1] = *seen;
		break;
	case 2:
		entry->n_seen = entry->n_seen < 1 ? 1 : entry->n_seen;
		seen->field = (uint8_t)(how / 4);
		break;
	default:
		entry->n_seen = entry->n_seen < 1 ? 1 : entry->n_seen;
		seen->head.n = bend_number(1, PH_N_MAX, how / 4);
		break;
	}
}

static inline void value_bend(struct ph_entry *entry, unsigned how)
{
	const struct ph_kind *kind = entry->kind;
	unsigned at = how % (kind->n_fields + kind->n_sealed + 3);

	how /= 5;
	if (at < kind->n_fields) {
		bend_value(&kind->fields[at], &entry->field[at], how);
	} else if (at < kind->n_fields + kind->n_sealed) {
		at -= kind->n_fields;
		bend_value(&kind->sealed[at], &entry->sealed[at], how);
	} else if (at == kind->n_fields + kind->n_sealed) {
		bend_seen(entry, how);
	} else {
		bend_extras(&entry->extras, how);
	}
}

#endif

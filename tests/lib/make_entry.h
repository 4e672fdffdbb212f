/*
 * tests/lib/make_entry.h - random entries that are valid, of any kind, from the table.
 *
 * Values sit at their limits as often as between them. An entry borrows its texts
 * from the maker, which must therefore outlive it.
 */
#ifndef PH_TESTS_MAKE_ENTRY_H
#define PH_TESTS_MAKE_ENTRY_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/rng.h"
#include "common/log/list.h"

struct maker {
	struct ph_rng_seeded state;
	struct ph_rng rng;
	uint8_t pool[160 * 1024];
	size_t used;
};

static inline void maker_init(struct maker *maker, uint64_t seed)
{
	ph_rng_seed(&maker->state, seed, &maker->rng);
	maker->used = 0;
}

static inline uint64_t make_below(struct maker *maker, uint64_t bound)
{
	return ph_rng_below(&maker->rng, bound);
}

/* LOW, HIGH, or anything between. */
static inline uint64_t make_between(struct maker *maker, uint64_t low, uint64_t high)
{
	switch (make_below(maker, 4)) {
	case 0:
		return low;
	case 1:
		return high;
	default:
		return low + make_below(maker, high - low + 1);
	}
}

static inline struct ph_view make_bytes(struct maker *maker, size_t len)
{
	uint8_t *at = maker->pool + maker->used;

	assert(sizeof(maker->pool) - maker->used >= len);
	maker->rng.fill(maker->rng.data, at, len);
	maker->used += len;
	return PH_VIEW(at, len);
}

/* LEN bytes of NFC text; RULE as in the table. */
static inline struct ph_view make_text(struct maker *maker, size_t len,
				       enum ph_text_rule rule)
{
	static const char *const letters[] = {
		"ệ", "đ", "Ữ", "ꪀ", "ạ", "𠮷", "\"", "\\"
	};
	struct ph_view bytes = make_bytes(maker, len);
	uint8_t *at = (uint8_t *)bytes.data;
	size_t done = 0;

	while (done < len) {
		const char *letter = letters[make_below(maker, 8)];
		size_t size = strlen(letter);

		if (rule != PH_TEXT_ANY) {
			at[done++] = (uint8_t)((rule == PH_TEXT_DIGITS ? '0' : 'a') +
					       make_below(maker, 10));
		} else if (size <= len - done && make_below(maker, 2)) {
			memcpy(at + done, letter, size);
			done += size;
		} else {
			at[done++] = (uint8_t)('a' + make_below(maker, 26));
		}
	}
	return bytes;
}

static inline struct ph_ref make_ref(struct maker *maker)
{
	struct ph_ref ref = { .n = make_between(maker, 1, PH_N_MAX) };

	memcpy(ref.log_id, make_bytes(maker, PH_LOG_ID_SIZE).data, PH_LOG_ID_SIZE);
	memcpy(ref.hash, make_bytes(maker, sizeof(ref.hash)).data, sizeof(ref.hash));
	return ref;
}

static inline union ph_item make_item(struct maker *maker, enum ph_type type)
{
	union ph_item item = { 0 };

	switch (type) {
	case PH_T_REFS:
		item.ref = make_ref(maker);
		break;
	case PH_T_HEADS:
		item.head.n = make_between(maker, 1, PH_N_MAX);
		memcpy(item.head.log_id, make_bytes(maker, 16).data, 16);
		memcpy(item.head.h, make_bytes(maker, 32).data, 32);
		break;
	case PH_T_UINTS:
		item.uint = make_between(maker, 0, PH_SITE_MAX);
		break;
	case PH_T_TEXTS:
		item.text = make_text(maker, PH_TEXTS_SIZE, PH_TEXT_DIGITS);
		break;
	default:
		item.id.ns = make_between(maker, 0, PH_SITE_MAX);
		item.id.code = make_text(maker, make_between(maker, 1, PH_CODE_MAX),
					 PH_TEXT_ANY);
		break;
	}
	return item;
}

/* A list of N different items; their bytes are the maker's too. */
static inline struct ph_value make_list(struct maker *maker, const struct ph_field *field,
					size_t n)
{
	union ph_item *items = malloc(n * sizeof(*items));
	struct ph_buf bytes = { 0 };
	struct ph_value value = { 0 };
	size_t made = 0;

	assert(items != NULL);
	while (made < n) {
		size_t used = maker->used;
		bool twin = false;

		items[made] = make_item(maker, field->type);
		for (size_t i = 0; i < made && !twin; i++) {
			twin = ph_item_compare(field->type, &items[i], &items[made]) == 0;
		}
		made += !twin;
		maker->used = twin ? used : maker->used;
	}
	if (ph_list_put(&bytes, field->type, items, n, &value) != 0) {
		abort();
	}
	assert(sizeof(maker->pool) - maker->used >= bytes.len);
	if (n > 0) {
		value.as.list.bytes.data =
			memcpy(maker->pool + maker->used, bytes.data, bytes.len);
		maker->used += bytes.len;
	}
	ph_buf_deinit(&bytes);
	free(items);
	return value;
}

static inline struct ph_value make_value(struct maker *maker,
					 const struct ph_field *field)
{
	struct ph_value value = { .set = true };
	size_t len = 0;

	switch (field->type) {
	case PH_T_UINT:
		value.as.uint = make_between(maker, field->min, field->max);
		break;
	case PH_T_ENUM:
		value.as.uint = make_below(maker, field->max);
		break;
	case PH_T_DAY:
		value.as.day = (int64_t)make_between(maker, 0, field->max);
		break;
	case PH_T_TEXT:
		len = make_between(maker, field->min, field->max);
		value.as.bytes = make_text(maker, len, field->rule);
		break;
	case PH_T_BYTES:
	case PH_T_FIXED:
		len = make_between(maker, field->min, field->max);
		value.as.bytes = make_bytes(maker, len);
		break;
	case PH_T_REF:
		value.as.ref = make_ref(maker);
		break;
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		value.as.id.ns = make_between(maker, 0, PH_SITE_MAX);
		len = make_between(maker, field->min, field->max);
		value.as.id.code = make_text(maker, len, PH_TEXT_ANY);
		break;
	case PH_T_HEAD:
		value.as.head.n = make_between(maker, 1, PH_N_MAX);
		memcpy(value.as.head.log_id, make_bytes(maker, 16).data, 16);
		memcpy(value.as.head.h, make_bytes(maker, 32).data, 32);
		break;
	case PH_T_REFS:
	case PH_T_COPY_IDS:
	case PH_T_CARD_IDS:
	case PH_T_HEADS:
	case PH_T_UINTS:
	case PH_T_TEXTS:
		return make_list(maker, field,
				 make_between(maker, field->min, field->max));
	case PH_T_SEEN:
		break;
	}
	return value;
}

static inline void make_extras(struct maker *maker, struct ph_extras *extras)
{
	extras->when = (enum ph_when)make_below(maker, 3);
	if (extras->when == PH_WHEN_MINUTE) {
		extras->when_value =
			(int64_t)make_between(maker, 0, (PH_DAY_MAX + 1) * 1440 - 421);
	} else if (extras->when == PH_WHEN_DAY) {
		extras->when_value = (int64_t)make_between(maker, 0, PH_DAY_MAX);
	}
	extras->has_source = make_below(maker, 2);
	if (extras->has_source) {
		memcpy(extras->source, make_bytes(maker, 16).data, 16);
	}
	if (make_below(maker, 2)) {
		extras->staff = make_text(maker, make_between(maker, 1, 32), PH_TEXT_ANY);
	}
	if (make_below(maker, 2)) {
		extras->behalf = make_between(maker, 1, PH_SITE_MAX);
	}
	if (make_below(maker, 2)) {
		extras->operator_sig = make_bytes(maker, PH_OPERATOR_SIZE);
	}
}

static inline void make_seen(struct maker *maker, struct ph_entry *entry)
{
	const struct ph_kind *kind = entry->kind;
	unsigned left = (unsigned)make_between(maker, 0, PH_SEEN_MAX);

	for (uint32_t i = 0; i < kind->n_fields + kind->n_sealed && left > 0; i++) {
		const struct ph_field *field =
			i < kind->n_fields ? &kind->fields[i]
					   : &kind->sealed[i - kind->n_fields];
		unsigned n = (unsigned)make_below(maker, left + 1);
		struct ph_ref ref = make_ref(maker);

		if (!(field->flags & PH_F_REGISTER)) {
			continue;
		}
		ref.n = 1;
		for (unsigned k = 0; k < n; k++) {
			entry->seen[entry->n_seen++] =
				(struct ph_seen){ .field = (uint8_t)i, .head = ref };
			ref.n += 1 + make_below(maker, 1000);
		}
		left -= n;
	}
}

/* Make what holds between two fields true. */
static inline void make_pair_hold(struct maker *maker, struct ph_entry *entry)
{
	const struct ph_pair *pair = &entry->kind->pair;
	struct ph_value *a = &entry->field[pair->a];
	struct ph_value *b = &entry->field[pair->b];

	if (pair->rule == PH_PAIR_NOT_BOTH && a->set) {
		b->set = false;
	} else if (pair->rule == PH_PAIR_NOT_ABOVE && a->set) {
		uint64_t top = b->set ? b->as.uint : entry->kind->fields[pair->b].min;

		a->as.uint = a->as.uint > top ? top : a->as.uint;
	} else if (pair->rule == PH_PAIR_ONE_OF && a->set == b->set) {
		struct ph_value *value = make_below(maker, 2) ? a : b;

		a->set = b->set = false;
		*value = make_value(maker,
				    &entry->kind->fields[value == a ? pair->a : pair->b]);
	}
}

/*
 * A valid entry of KIND. With sealed fields set, `sets` and `commit` stand for them;
 * without RECORD (as it comes from JSON) neither these nor a stamp are set.
 */
static inline void make_entry(struct maker *maker, const struct ph_kind *kind,
			      bool record, struct ph_entry *entry)
{
	uint64_t mask = 0;

	maker->used = 0;
	memset(entry, 0, sizeof(*entry));
	entry->kind = kind;
	entry->number = kind->number;
	make_extras(maker, &entry->extras);
	for (uint32_t i = 0; i < kind->n_fields; i++) {
		if (kind->fields[i].type == PH_T_SEEN) {
			make_seen(maker, entry);
		} else if ((kind->fields[i].flags & PH_F_REQUIRED) ||
			   make_below(maker, 2)) {
			entry->field[i] = make_value(maker, &kind->fields[i]);
		}
	}
	for (uint32_t i = 0; i < kind->n_sealed; i++) {
		if (make_below(maker, 2)) {
			entry->sealed[i] = make_value(maker, &kind->sealed[i]);
			mask |= UINT64_C(1) << i;
		}
	}
	make_pair_hold(maker, entry);
	if (record) {
		entry->stamp = make_between(maker, 0, PH_STAMP_MAX);
	}
	if (kind->n_sealed > 0) {
		struct ph_value *sets = &entry->field[kind->sets];
		struct ph_value *commit = &entry->field[kind->commit];

		sets->set = commit->set = record && mask != 0;
		sets->as.uint = mask;
		commit->as.bytes = make_bytes(maker, PH_HASH_SIZE);
	}
}

static inline bool same_value(const struct ph_field *field, const struct ph_value *a,
			      const struct ph_value *b)
{
	if (a->set != b->set || !a->set) {
		return a->set == b->set;
	}
	switch (field->type) {
	case PH_T_UINT:
	case PH_T_ENUM:
		return a->as.uint == b->as.uint;
	case PH_T_DAY:
		return a->as.day == b->as.day;
	case PH_T_TEXT:
	case PH_T_BYTES:
	case PH_T_FIXED:
		return ph_view_equal(a->as.bytes, b->as.bytes);
	case PH_T_REF:
		return ph_ref_equal(&a->as.ref, &b->as.ref);
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		return a->as.id.ns == b->as.id.ns &&
		       ph_view_equal(a->as.id.code, b->as.id.code);
	case PH_T_HEAD:
		return memcmp(a->as.head.log_id, b->as.head.log_id, 16) == 0 &&
		       a->as.head.n == b->as.head.n &&
		       memcmp(a->as.head.h, b->as.head.h, 32) == 0;
	case PH_T_REFS:
	case PH_T_COPY_IDS:
	case PH_T_CARD_IDS:
	case PH_T_HEADS:
	case PH_T_UINTS:
	case PH_T_TEXTS:
		return a->as.list.count == b->as.list.count &&
		       ph_view_equal(a->as.list.bytes, b->as.list.bytes);
	case PH_T_SEEN:
		break; /* told by n_seen and seen */
	}
	return true;
}

static inline bool same_values(const struct ph_field *fields, uint32_t n,
			       const struct ph_value *a, const struct ph_value *b)
{
	for (uint32_t i = 0; i < n; i++) {
		if (fields[i].type != PH_T_SEEN &&
		    !same_value(&fields[i], &a[i], &b[i])) {
			return false;
		}
	}
	return true;
}

static inline bool same_extras(const struct ph_extras *a, const struct ph_extras *b)
{
	return a->when == b->when && a->when_value == b->when_value &&
	       a->has_source == b->has_source && memcmp(a->source, b->source, 16) == 0 &&
	       ph_view_equal(a->staff, b->staff) && a->behalf == b->behalf &&
	       ph_view_equal(a->operator_sig, b->operator_sig);
}

/* All but sealed fields, which do not travel in an entry. */
static inline bool same_entry(const struct ph_entry *a, const struct ph_entry *b)
{
	if (a->kind != b->kind || a->number != b->number || a->stamp != b->stamp ||
	    !same_extras(&a->extras, &b->extras) || a->n_seen != b->n_seen ||
	    !same_values(a->kind->fields, a->kind->n_fields, a->field, b->field)) {
		return false;
	}
	for (unsigned i = 0; i < a->n_seen; i++) {
		if (a->seen[i].field != b->seen[i].field ||
		    !ph_ref_equal(&a->seen[i].head, &b->seen[i].head)) {
			return false;
		}
	}
	return true;
}

static inline bool same_sealed(const struct ph_entry *a, const struct ph_entry *b)
{
	return same_values(a->kind->sealed, a->kind->n_sealed, a->sealed, b->sealed);
}

#endif

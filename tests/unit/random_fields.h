/*
 * tests/unit/random_fields.h - what stands in entries of random histories (random_history.h).
 *
 * Each field of a kind gets a value of its type from a small pool, so that things meet often:
 * names of what was written before, on whatever branch, of copies, cards and crates, numbers,
 * texts, lists, and what a register had seen.
 */
#ifndef PH_TESTS_RANDOM_FIELDS_H
#define PH_TESTS_RANDOM_FIELDS_H

#include "ledger_world.h"

#include "common/ledger/fact.h"

#define POOL 512

struct history {
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	struct actor actors[WORLD_LOGS];
	size_t n_actors;
	struct ph_ref all[POOL];
	uint64_t kinds[POOL]; /* of these */
	size_t n_all;
	uint64_t days; /* that a clock jumps, at most */
	bool tidy;     /* the hub writes each kind only into the log where it belongs */
	struct ph_buf lists[PH_FIELDS_MAX]; /* of the entry that is being made */
};

static inline uint64_t below(struct history *history, uint64_t bound)
{
	return ph_rng_below(&history->rng, bound);
}

static inline bool chance(struct history *history, unsigned percent)
{
	return below(history, 100) < percent;
}

/* --- names --- */

/* An entry of KIND (0: of any), or none; at times of a branch that nobody has. */
static inline struct ph_ref any_ref(struct history *history, uint64_t kind)
{
	struct ph_ref ref = { .n = 1 };
	size_t start = history->n_all == 0 ? 0 : below(history, history->n_all);

	for (size_t i = 0; i < history->n_all; i++) {
		size_t at = (start + i) % history->n_all;

		if (kind == 0 || history->kinds[at] == kind) {
			ref = history->all[at];
			break;
		}
	}
	if (chance(history, 3)) {
		ref.hash[0] ^= 1;
	}
	return ref;
}

/* Which kind a field by this name names; 0: any. */
static inline uint64_t kind_named_by(const char *name, uint64_t kind)
{
	static const struct {
		const char *name;
		uint64_t kind;
	} table[] = {
		{ "reader", PH_KIND_READER_PUT },  { "title", PH_KIND_TITLE_PUT },
		{ "loan", PH_KIND_LOAN },          { "hold", PH_KIND_HOLD_PLACE },
		{ "mark", PH_KIND_CLOCK_MARK },    { "blocks", PH_KIND_READER_BLOCK },
		{ "stop", PH_KIND_MOBILE_STOP },   { "worker", PH_KIND_WORKER_PUT },
		{ "charge", PH_KIND_CHARGE },      { "report", PH_KIND_REPORT_ISSUE },
		{ "erase", PH_KIND_READER_ERASE }, { "readers", PH_KIND_READER_PUT },
		{ "aliases", PH_KIND_COPY_ALIAS }, { "attendees", PH_KIND_WORKER_PUT },
	};

	if (strcmp(name, "merges") == 0) {
		return kind == PH_KIND_TITLE_UNMERGE ? PH_KIND_TITLE_MERGE
						     : PH_KIND_READER_MERGE;
	}
	if (strcmp(name, "other") == 0) {
		return kind == PH_KIND_TITLE_MERGE ? PH_KIND_TITLE_PUT
						   : PH_KIND_READER_PUT;
	}
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (strcmp(table[i].name, name) == 0) {
			return table[i].kind;
		}
	}
	return 0;
}

static inline struct ph_id any_id(struct history *history, enum ph_type type)
{
	static const char *const copies[] = { "c1", "c2", "c3", "c4" };
	static const char *const cards[] = { "k1", "k2", "k3" };
	static const char *const crates[] = { "x1", "x2" };
	struct ph_id id = { 0 };

	switch (type) {
	case PH_T_CARD_ID:
	case PH_T_CARD_IDS:
		id.code = ph_view_str(cards[below(history, 3)]);
		break;
	case PH_T_CRATE_ID:
		id.code = ph_view_str(crates[below(history, 2)]);
		break;
	default:
		id.ns = 101 * below(history, 2);
		id.code = ph_view_str(copies[below(history, 4)]);
		break;
	}
	return id;
}

static inline struct ph_head any_head(struct history *history)
{
	const struct actor *actor = &history->actors[below(history, history->n_actors)];
	struct ph_head head = { .n = below(history, actor->n + 1) };

	memcpy(head.log_id, actor->id, sizeof head.log_id);
	memcpy(head.h, actor->h[head.n], sizeof head.h);
	if (chance(history, 5)) {
		head.h[0] ^= 1;
	}
	return head;
}

/* --- values --- */

static inline struct ph_view any_text(struct history *history,
				      const struct ph_field *field)
{
	static const char *const words[] = { "Số đỏ", "Tắt đèn", "Chí Phèo", "Lão Hạc" };
	struct ph_view text;

	switch (field->rule) {
	case PH_TEXT_DIGITS:
		text = ph_view_str(chance(history, 50) ? "9786040000001"
						       : "0364603650037");
		break;
	case PH_TEXT_LETTERS:
		text = ph_view_str(chance(history, 50) ? "viethmntyr" : "tyrviehmn");
		break;
	default:
		text = ph_view_str(words[below(history, 4)]);
		break;
	}
	if (text.len > field->max) {
		text.len = field->max;
	}
	return text;
}

static inline struct ph_view any_bytes(struct history *history,
				       const struct ph_field *field)
{
	static const uint8_t fixed[3][32] = { { 1, 2 }, { 3, 4 }, { 5, 6 } };
	static uint8_t device[PH_DEVICE_ID_SIZE];
	size_t len = field->type == PH_T_FIXED || field->max < 32 ? field->max : 32;

	if (strcmp(field->name, "device") == 0 && chance(history, 80)) {
		ph_device_id(device,
			     history->actors[below(history, history->n_actors)].key);
		return PH_VIEW(device, sizeof device);
	}
	return PH_VIEW(fixed[below(history, 3)], len);
}

static inline uint64_t any_uint(struct history *history, const struct ph_kind *kind,
				const struct ph_field *field)
{
	uint64_t span = field->max - field->min;

	if (field->max == PH_SITE_MAX) {
		return 101 + below(history, 3);
	}
	if (kind->number == PH_KIND_CLOCK_JUDGE) {
		return strcmp(field->name, "clamp") == 0
			       ? T0 + below(history, 20 * DAY)
			       : below(history, chance(history, 80)   ? 20 * DAY
						: chance(history, 50) ? 3700 * DAY
								      : (1ull << 40));
	}
	return field->min + below(history, span < 5 ? span + 1 : 5);
}

static inline int any_list(struct history *history, const struct ph_kind *kind,
			   const struct ph_field *field, struct ph_buf *out,
			   struct ph_value *value)
{
	size_t n = 1 + below(history, field->max < 3 ? field->max : 3);
	struct ph_ref refs[3];
	struct ph_id ids[3];
	struct ph_head heads[3];
	uint64_t uints[3];
	struct ph_view texts[3];

	out->len = 0;
	for (size_t i = 0; i < n; i++) {
		refs[i] = any_ref(history, kind_named_by(field->name, kind->number));
		ids[i] = any_id(history, field->type);
		heads[i] = any_head(history);
		uints[i] = 101 + below(history, 3);
		texts[i] = ph_view_str(chance(history, 50) ? "03646" : "03650");
	}
	switch (field->type) {
	case PH_T_REFS:
		return ph_list_put_refs(out, refs, n, value);
	case PH_T_COPY_IDS:
	case PH_T_CARD_IDS:
		return ph_list_put_ids(out, ids, n, value);
	case PH_T_HEADS:
		return ph_list_put_heads(out, heads, n, value);
	case PH_T_UINTS:
		return ph_list_put_uints(out, uints, n, value);
	default:
		return ph_list_put_texts(out, texts, n, value);
	}
}

static inline void any_value(struct history *history, const struct ph_kind *kind,
			     unsigned at, struct ph_value *value)
{
	const struct ph_field *field = &kind->fields[at];

	value->set = true;
	switch (field->type) {
	case PH_T_UINT:
		value->as.uint = any_uint(history, kind, field);
		break;
	case PH_T_ENUM:
		value->as.uint = below(history, field->max);
		break;
	case PH_T_DAY:
		value->as.day = ph_day_of(T0) + (int64_t)below(history, 30);
		break;
	case PH_T_TEXT:
		value->as.bytes = any_text(history, field);
		break;
	case PH_T_BYTES:
	case PH_T_FIXED:
		value->as.bytes = any_bytes(history, field);
		break;
	case PH_T_REF:
		value->as.ref =
			any_ref(history, kind_named_by(field->name, kind->number));
		break;
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		value->as.id = any_id(history, field->type);
		break;
	case PH_T_HEAD:
		value->as.head = any_head(history);
		break;
	case PH_T_SEEN:
		value->set = false;
		break;
	default:
		assert_int_equal(
			any_list(history, kind, field, &history->lists[at], value), 0);
		break;
	}
}

/* --- registers --- */

static inline int compare_refs(const void *a, const void *b)
{
	return ph_ref_compare(a, b);
}

/* For FIELD, up to three distinct references in their order. */
static inline void pick_seen(struct history *history, struct ph_entry *entry,
			     unsigned field)
{
	struct ph_ref refs[3];
	size_t n = below(history, 4);

	for (size_t i = 0; i < n; i++) {
		refs[i] = any_ref(history, entry->number);
	}
	qsort(refs, n, sizeof *refs, compare_refs);
	for (size_t i = 0; i < n; i++) {
		if ((i == 0 || !ph_ref_equal(&refs[i - 1], &refs[i])) &&
		    entry->n_seen < PH_SEEN_MAX) {
			see(entry, field, &refs[i]);
		}
	}
}

static inline void pick_all_seen(struct history *history, struct ph_entry *entry)
{
	const struct ph_kind *kind = entry->kind;

	if (ph_kind_seen(kind) < 0) {
		return;
	}
	for (unsigned i = 0; i < kind->n_fields; i++) {
		if (kind->fields[i].flags & PH_F_REGISTER) {
			pick_seen(history, entry, i);
		}
	}
	for (unsigned i = 0; i < kind->n_sealed; i++) {
		if (kind->sealed[i].flags & PH_F_REGISTER) {
			pick_seen(history, entry, kind->n_fields + i);
		}
	}
}

#endif

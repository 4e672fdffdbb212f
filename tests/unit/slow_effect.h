/*
 * tests/unit/slow_effect.h - which entries count and when, by the definition, in one go.
 *
 * All entries of all logs are held at once, and each rule is asked of one entry by
 * looking at all others. Branches of a forked log are actors of the same id; what they
 * have in common is one item, of the first of them.
 */
#ifndef PH_TESTS_SLOW_EFFECT_H
#define PH_TESTS_SLOW_EFFECT_H

#include "ledger_world.h"

#include "common/ledger/fact.h"

struct slow_item {
	const struct actor *actor;
	uint64_t n;
	struct ph_fact fact;
	struct ph_entry entry;
	bool effective, twin;
};

struct slow {
	const struct actor *actors;
	size_t n_actors;
	const uint64_t *upto;
	struct slow_item *items;
	size_t n;
};

/* --- the log, the form, the writer --- */

static inline struct ph_log slow_log(const struct actor *actor)
{
	struct ph_log log = { .site = actor->site, .role = actor->role };

	memcpy(log.id, actor->id, sizeof log.id);
	memcpy(log.key, actor->key, sizeof log.key);
	return log;
}

/* Whether the chains of A and B are the same up to entry N, and both have it. */
static inline bool slow_shares(const struct actor *a, const struct actor *b, uint64_t n)
{
	return memcmp(a->id, b->id, sizeof a->id) == 0 && n <= a->n && n <= b->n &&
	       memcmp(a->h[n], b->h[n], PH_HASH_SIZE) == 0;
}

static inline bool slow_is_known(const struct slow *slow, size_t actor, uint64_t n)
{
	for (size_t i = 0; i < actor; i++) {
		if (n <= slow->upto[i] &&
		    slow_shares(&slow->actors[i], &slow->actors[actor], n)) {
			return true;
		}
	}
	return false;
}

static inline void slow_gather(struct slow *slow, size_t index)
{
	const struct actor *actor = &slow->actors[index];
	struct ph_log log = slow_log(actor);
	unsigned role = actor->site == 0 ? PH_ROLE_HUB : (unsigned)actor->role & 3;

	for (uint64_t n = 1; n <= slow->upto[index]; n++) {
		struct slow_item *item = &slow->items[slow->n];
		struct ph_view bytes = actor_entry(actor, n);
		int rc = ph_entry_decode(bytes, &item->entry);

		if (n == 1 && (rc != 0 || !ph_fact_opens(&item->entry, &log))) {
			return;
		}
		if (rc != 0 || !(item->entry.kind->writers & role) ||
		    (n > 1 && item->entry.number == PH_KIND_OPEN) ||
		    slow_is_known(slow, index, n)) {
			continue;
		}
		ph_fact_init(&item->fact, &log, n, bytes, &item->entry);
		item->actor = actor;
		item->n = n;
		slow->n++;
	}
}

/* --- cuts --- */

static inline bool slow_cut(const struct slow *slow, const struct slow_item *item);
static inline bool slow_voided(const struct slow *slow, const struct slow_item *item);

static inline bool slow_covers(const struct slow *slow, const struct slow_item *item,
			       const struct ph_head *head)
{
	for (size_t i = 0; i < slow->n_actors; i++) {
		const struct actor *actor = &slow->actors[i];

		if (memcmp(head->log_id, actor->id, sizeof actor->id) == 0 &&
		    head->n <= slow->upto[i] && item->n <= head->n &&
		    memcmp(head->h, actor->h[head->n], PH_HASH_SIZE) == 0 &&
		    slow_shares(actor, item->actor, item->n)) {
			return true;
		}
	}
	return false;
}

static inline bool slow_is_adopted(const struct slow *slow, const struct slow_item *item)
{
	for (size_t i = 0; i < slow->n; i++) {
		const struct slow_item *adopt = &slow->items[i];

		if (adopt->entry.number == PH_KIND_LOG_ADOPT &&
		    slow_covers(slow, item, &adopt->entry.field[PH_ADOPT_HEAD].as.head) &&
		    !slow_voided(slow, adopt)) {
			return true;
		}
	}
	return false;
}

static inline bool slow_is_left(const struct slow *slow, const struct slow_item *item,
				const struct slow_item *cut)
{
	const struct ph_value *heads = &cut->entry.field[PH_CUT_HEADS];
	struct ph_list_iter iter;
	struct ph_head head;

	if (!heads->set) {
		return false;
	}
	iter = ph_list_begin(&heads->as.list);
	while (ph_list_next_head(&iter, &head)) {
		if (slow_covers(slow, item, &head)) {
			return true;
		}
	}
	return false;
}

static inline bool slow_cut(const struct slow *slow, const struct slow_item *item)
{
	uint8_t device[PH_DEVICE_ID_SIZE];

	if (item->actor->site == 0) {
		return false;
	}
	ph_device_id(device, item->actor->key);
	for (size_t i = 0; i < slow->n; i++) {
		const struct slow_item *cut = &slow->items[i];

		if (cut->entry.number == PH_KIND_DEVICE_CUT &&
		    memcmp(cut->entry.field[PH_CUT_DEVICE].as.bytes.data, device,
			   sizeof device) == 0 &&
		    !slow_is_left(slow, item, cut) && !slow_voided(slow, cut)) {
			return !slow_is_adopted(slow, item);
		}
	}
	return false;
}

/* --- voids and unmerges --- */

static inline bool slow_may_void(const struct slow_item *by,
				 const struct slow_item *target)
{
	bool same_log = memcmp(by->actor->id, target->actor->id, 16) == 0;
	const uint64_t left[] = { by->fact.log_site, by->fact.site };
	const uint64_t right[] = { target->fact.log_site, target->fact.site };

	switch (target->entry.number) {
	case PH_KIND_OPEN:
	case PH_KIND_CLOCK_MARK:
	case PH_KIND_VOID:
	case PH_KIND_READER_ERASE:
		return false;
	case PH_KIND_DEVICE_CUT:
	case PH_KIND_INVITE_CANCEL:
	case PH_KIND_LOG_ADOPT:
		return same_log && by->entry.extras.operator_sig.len > 0;
	}
	if (target->fact.log_site == 0) {
		return same_log;
	}
	for (int i = 0; i < 4; i++) {
		if (by->fact.log_site == 0 || left[i / 2] == right[i % 2]) {
			return true;
		}
	}
	return false;
}

static inline bool slow_voided(const struct slow *slow, const struct slow_item *item)
{
	for (size_t i = 0; i < slow->n; i++) {
		const struct slow_item *by = &slow->items[i];

		if (by->entry.number == PH_KIND_VOID &&
		    ph_ref_equal(&by->entry.field[PH_VOID_TARGET].as.ref,
				 &item->fact.ref) &&
		    slow_may_void(by, item) && !slow_cut(slow, by)) {
			return true;
		}
	}
	return false;
}

static inline bool slow_lists(const struct ph_value *list, const struct ph_ref *ref)
{
	struct ph_list_iter iter = ph_list_begin(&list->as.list);
	struct ph_ref one;

	while (ph_list_next_ref(&iter, &one)) {
		if (ph_ref_equal(&one, ref)) {
			return true;
		}
	}
	return false;
}

static inline bool slow_cancelled(const struct slow *slow, const struct slow_item *item)
{
	static const struct {
		uint64_t merge, unmerge;
		unsigned list;
	} pairs[] = {
		{ PH_KIND_READER_MERGE, PH_KIND_READER_UNMERGE,
		  PH_READER_UNMERGE_MERGES },
		{ PH_KIND_TITLE_MERGE, PH_KIND_TITLE_UNMERGE, PH_TITLE_UNMERGE_MERGES },
		{ PH_KIND_COPY_ALIAS, PH_KIND_COPY_UNALIAS, PH_UNALIAS_ALIASES },
	};

	for (size_t p = 0; p < 3; p++) {
		for (size_t i = 0; pairs[p].merge == item->entry.number && i < slow->n;
		     i++) {
			const struct slow_item *by = &slow->items[i];

			if (by->entry.number == pairs[p].unmerge &&
			    slow_lists(&by->entry.field[pairs[p].list],
				       &item->fact.ref) &&
			    !slow_cut(slow, by) && !slow_voided(slow, by)) {
				return true;
			}
		}
	}
	return false;
}

/* --- time --- */

static inline const struct slow_item *slow_judge(const struct slow *slow,
						 const struct ph_ref *mark)
{
	const struct slow_item *last = NULL;

	for (size_t i = 0; i < slow->n; i++) {
		const struct slow_item *one = &slow->items[i];

		if (one->entry.number != PH_KIND_CLOCK_JUDGE ||
		    !ph_ref_equal(&one->entry.field[PH_JUDGE_MARK].as.ref, mark) ||
		    slow_voided(slow, one)) {
			continue;
		}
		if (last == NULL || one->entry.stamp > last->entry.stamp ||
		    (one->entry.stamp == last->entry.stamp &&
		     ph_ref_compare(&one->fact.ref, &last->fact.ref) > 0)) {
			last = one;
		}
	}
	return last;
}

/* STAMP as SECOND and TICK, as it was judged by JUDGE, if that is not NULL. */
static inline void slow_judged(uint64_t stamp, const struct slow_item *judge,
			       int64_t *second, int64_t *tick)
{
	const struct ph_value *field = judge == NULL ? NULL : judge->entry.field;

	*second = ph_stamp_seconds(stamp);
	*tick = (int64_t)(stamp & 0xffff);
	if (judge == NULL) {
		return;
	}
	if (field[PH_JUDGE_AHEAD].set) {
		*second -= (int64_t)field[PH_JUDGE_AHEAD].as.uint;
	}
	if (field[PH_JUDGE_BEHIND].set) {
		*second += (int64_t)field[PH_JUDGE_BEHIND].as.uint;
	}
	if (*second < 0) {
		*second = 0;
	}
	if (*second > ((int64_t)1 << 47) - 1) {
		*second = ((int64_t)1 << 47) - 1;
	}
	if (field[PH_JUDGE_CLAMP].set &&
	    *second > (int64_t)field[PH_JUDGE_CLAMP].as.uint) {
		*second = (int64_t)field[PH_JUDGE_CLAMP].as.uint;
		*tick = 0;
	}
}

/* SURE of the mark that governs, or NULL. */
static inline uint32_t slow_unsure(const struct ph_value *sure, bool judged)
{
	static const uint32_t by[] = { 86400, 3600, 300, 10, 10 };

	if (sure == NULL) {
		return 86400;
	}
	return judged ? 10 : sure->set ? by[sure->as.uint] : 86400;
}

static inline void slow_time(const struct slow *slow, struct slow_item *item)
{
	const struct slow_item *judge = NULL, *last = NULL;
	struct ph_fact *fact = &item->fact;
	int64_t second, tick, floor = 0, floor_tick = 0;

	for (size_t i = 0; i < slow->n; i++) {
		const struct slow_item *mark = &slow->items[i];
		const struct slow_item *by;

		if (mark->entry.number != PH_KIND_CLOCK_MARK || mark->n >= item->n ||
		    !slow_shares(mark->actor, item->actor, mark->n)) {
			continue;
		}
		by = item->actor->site == 0 ? NULL : slow_judge(slow, &mark->fact.ref);
		slow_judged(mark->entry.stamp, by, &second, &tick);
		if (second > floor || (second == floor && tick > floor_tick)) {
			floor = second;
			floor_tick = tick;
		}
		if (last == NULL || mark->n > last->n) {
			last = mark;
			judge = by;
		}
	}
	fact->told = item->entry.extras.when != PH_WHEN_NONE;
	if (fact->told) {
		fact->second = ph_entry_effective(&item->entry);
		fact->unsure = item->entry.extras.when == PH_WHEN_MINUTE ? 60 : 43200;
		return;
	}
	slow_judged(item->entry.stamp, judge, &second, &tick);
	if (floor > second || (floor == second && floor_tick > tick)) {
		second = floor;
		tick = floor_tick;
	}
	fact->second = second;
	fact->tick = (uint16_t)tick;
	fact->unsure = slow_unsure(last == NULL ? NULL : &last->entry.field[PH_MARK_SURE],
				   judge != NULL);
}

/* --- sources --- */

static inline bool slow_creates(const struct slow_item *item)
{
	const struct ph_value *field = item->entry.field;

	return (item->entry.number == PH_KIND_TITLE_PUT && !field[PH_TITLE_TITLE].set) ||
	       (item->entry.number == PH_KIND_READER_PUT && !field[PH_READER_READER].set);
}

static inline bool slow_is_twin(const struct slow_item *a, const struct slow_item *b)
{
	return b->effective && a->entry.extras.has_source && b->entry.extras.has_source &&
	       a->entry.number != PH_KIND_DEVICE_CUT &&
	       a->entry.number == b->entry.number && slow_creates(a) == slow_creates(b) &&
	       memcmp(a->entry.extras.source, b->entry.extras.source, 16) == 0 &&
	       a->fact.log_site == b->fact.log_site;
}

/* An entry of equal bytes and number on two branches counts on that where it is earlier. */
static inline void slow_drop_repeated(struct slow *slow)
{
	for (size_t i = 0; i < slow->n; i++) {
		struct slow_item *a = &slow->items[i];

		for (size_t k = 0; a->effective && k < slow->n; k++) {
			struct slow_item *b = &slow->items[k];
			int order = ph_fact_compare(&a->fact, &b->fact);

			if (k != i && b->effective &&
			    ph_ref_equal(&a->fact.ref, &b->fact.ref) &&
			    (order > 0 || (order == 0 && k < i))) {
				a->effective = false;
			}
		}
	}
}

static inline void slow_source(struct slow *slow)
{
	for (size_t i = 0; i < slow->n; i++) {
		struct slow_item *item = &slow->items[i];

		for (size_t k = 0; k < slow->n; k++) {
			const struct slow_item *other = &slow->items[k];

			if (slow_is_twin(item, other) &&
			    ph_fact_compare(&other->fact, &item->fact) < 0) {
				item->twin = true;
			}
		}
	}
}

/* All entries of the first UPTO[i] of each of the N_ACTORS logs, and how they stand. */
static inline void slow_init(struct slow *slow, const struct actor *actors,
			     size_t n_actors, const uint64_t *upto)
{
	size_t most = 1;

	*slow = (struct slow){ .actors = actors, .n_actors = n_actors, .upto = upto };
	for (size_t i = 0; i < n_actors; i++) {
		most += upto[i];
	}
	slow->items = calloc(most, sizeof *slow->items);
	assert_non_null(slow->items);
	for (size_t i = 0; i < n_actors; i++) {
		slow_gather(slow, i);
	}
	for (size_t i = 0; i < slow->n; i++) {
		struct slow_item *item = &slow->items[i];

		slow_time(slow, item);
		item->effective = !slow_cut(slow, item) && !slow_voided(slow, item) &&
				  !slow_cancelled(slow, item);
	}
	slow_drop_repeated(slow);
	slow_source(slow);
}

#endif

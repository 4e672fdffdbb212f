/*
 * tests/unit/case_tale.h - a random history of what makes cases and takes them away.
 *
 * Loans in two places, crates, labels, titles and readers that are merged and unmerged,
 * stops, blocks, erasures, judged clocks, cuts, a log that goes on from another one,
 * invites, junk, decisions, voids; all from one seed.
 */
#ifndef PH_TESTS_CASE_TALE_H
#define PH_TESTS_CASE_TALE_H

#include "case_room.h"

#define LOGS    6 /* the last one goes on from the second */
#define ENTRIES 160
#define POOL    (ENTRIES + 16)

struct pool {
	struct ph_ref refs[POOL];
	size_t n;
};

struct tale {
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	struct actor *logs[LOGS]; /* the first is the hub's */
	size_t n_logs;
	struct pool titles, readers, merges, aliases, blocks, marks, all, loans, holds;
	struct ph_case_row cases[64]; /* found on the way, to be decided */
	size_t n_cases;
	struct world own; /* hears everything at once */
};

static inline uint64_t below(struct tale *tale, uint64_t bound)
{
	return ph_rng_below(&tale->rng, bound);
}

static inline void keep(struct pool *pool, const struct ph_ref *ref)
{
	if (pool->n < POOL) {
		pool->refs[pool->n++] = *ref;
	}
}

static inline bool pick(struct tale *tale, const struct pool *pool, struct ph_ref *ref)
{
	if (pool->n == 0) {
		return false;
	}
	*ref = pool->refs[below(tale, pool->n)];
	return true;
}

static const char *pick_copy(struct tale *tale)
{
	static const char *const codes[] = { "c1", "c2", "c3", "c4" };

	return codes[below(tale, 4)];
}

static const char *pick_card(struct tale *tale)
{
	static const char *const codes[] = { "k1", "k2", "k3" };

	return codes[below(tale, 3)];
}

/* --- one entry --- */

static inline void circulate(struct tale *tale, struct actor *actor, int64_t second)
{
	static const char *const crates[] = { "b1", "b2" };
	const char *copies[2] = { "c1", "c2" };
	struct ph_ref ref;

	switch (below(tale, 6)) {
	case 0:
	case 1:
		ref = loan(actor, pick_copy(tale), pick_card(tale), second);
		keep(&tale->loans, &ref);
		break;
	case 2:
		ref = give_back(actor, pick_copy(tale), second);
		break;
	case 3:
		ref = crate_entry(actor, PH_KIND_CRATE_DISPATCH, crates[below(tale, 2)],
				  copies, 1 + below(tale, 2), false, second);
		break;
	case 4:
		ref = crate_entry(actor, PH_KIND_CRATE_RECEIVE, crates[below(tale, 2)],
				  copies, below(tale, 3), below(tale, 2) == 0, second);
		break;
	default:
		ref = of_code(actor, PH_KIND_COPY_MISSING, pick_copy(tale), second);
		break;
	}
	keep(&tale->all, &ref);
}

static inline void catalogue(struct tale *tale, struct actor *actor, int64_t second)
{
	static const char *const names[] = { "Số đỏ", "Tắt đèn" };
	struct ph_entry alias = entry_of(PH_KIND_COPY_ALIAS);
	struct ph_ref a, b, ref;

	switch (below(tale, 5)) {
	case 0:
		ref = titled(actor, names[below(tale, 2)], NULL,
			     below(tale, 2) ? "9786042123457" : NULL, second);
		keep(&tale->titles, &ref);
		break;
	case 1:
		if (!pick(tale, &tale->titles, &a)) {
			return;
		}
		ref = put_of_copy(actor, pick_copy(tale), &a, second);
		break;
	case 2:
		if (!pick(tale, &tale->titles, &a) || !pick(tale, &tale->titles, &b)) {
			return;
		}
		ref = joined(actor, PH_KIND_TITLE_MERGE, &a, &b, second);
		keep(&tale->merges, &ref);
		break;
	case 3:
		if (!pick(tale, &tale->merges, &a)) {
			return;
		}
		ref = listing_ref(actor, PH_KIND_TITLE_UNMERGE, PH_TITLE_UNMERGE_MERGES,
				  &a, second);
		break;
	default:
		set_id(&alias, PH_ALIAS_COPY, 0, pick_copy(tale));
		set_id(&alias, PH_ALIAS_OTHER, 0, pick_copy(tale));
		ref = at(actor, &alias, second);
		keep(&tale->aliases, &ref);
		break;
	}
	keep(&tale->all, &ref);
}

static inline void know_people(struct tale *tale, struct actor *actor, int64_t second)
{
	static const char *const communes[] = { "03646", "03647" };
	struct ph_entry bar = entry_of(PH_KIND_READER_BLOCK);
	struct ph_ref a, b, ref;

	switch (below(tale, 7)) {
	case 0:
	case 1:
		ref = register_reader(actor, communes[below(tale, 2)], below(tale, 2),
				      second);
		keep(&tale->readers, &ref);
		break;
	case 2:
		if (!pick(tale, &tale->readers, &a)) {
			return;
		}
		ref = issue(actor, pick_card(tale), &a, second);
		break;
	case 3:
		ref = of_code(actor, PH_KIND_CARD_STOP, pick_card(tale), second);
		break;
	case 4:
		if (!pick(tale, &tale->readers, &a)) {
			return;
		}
		set_ref(&bar, PH_BLOCK_READER, &a);
		ref = at(actor, &bar, second);
		keep(&tale->blocks, &ref);
		break;
	case 5:
		if (!pick(tale, &tale->readers, &a) || !pick(tale, &tale->readers, &b)) {
			return;
		}
		ref = joined(actor, PH_KIND_READER_MERGE, &a, &b, second);
		keep(&tale->merges, &ref);
		break;
	default:
		if (!pick(tale, &tale->merges, &a)) {
			return;
		}
		ref = listing_ref(actor, PH_KIND_READER_UNMERGE, PH_READER_UNMERGE_MERGES,
				  &a, second);
		break;
	}
	keep(&tale->all, &ref);
}

static inline void hold(struct tale *tale, struct actor *actor, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_HOLD_PLACE);
	struct ph_ref ref, held;

	switch (below(tale, 3)) {
	case 0:
		set_id(&entry, PH_HOLD_CARD, 0, pick_card(tale));
		entry.field[PH_HOLD_EXPIRES].set = true;
		entry.field[PH_HOLD_EXPIRES].as.day = ph_day_of(T0) + 30;
		set_uint(&entry, PH_HOLD_PICKUP, 101);
		set_id(&entry, PH_HOLD_COPY, 0, pick_copy(tale));
		ref = at(actor, &entry, second);
		keep(&tale->holds, &ref);
		break;
	case 1:
		if (!pick(tale, &tale->holds, &held)) {
			return;
		}
		entry = entry_of(PH_KIND_HOLD_READY);
		set_ref(&entry, PH_HOLD_READY_HOLD, &held);
		set_id(&entry, PH_HOLD_READY_COPY, 0, pick_copy(tale));
		ref = at(actor, &entry, second);
		break;
	default:
		if (!pick(tale, &tale->holds, &held)) {
			return;
		}
		ref = about(actor, PH_KIND_HOLD_CANCEL, &held, second);
		break;
	}
	keep(&tale->all, &ref);
}

static inline void mark_clock(struct tale *tale, struct actor *actor, int64_t second)
{
	static const uint8_t boot[8] = { 1 };
	struct ph_entry entry = entry_of(PH_KIND_CLOCK_MARK);
	struct ph_ref ref;

	set_bytes(&entry, PH_MARK_BOOT, boot, sizeof boot);
	set_uint(&entry, PH_MARK_MONO, 1);
	set_uint(&entry, PH_MARK_WALL, (uint64_t)(T0 + second));
	set_uint(&entry, PH_MARK_SURE, below(tale, 5));
	ref = at(actor, &entry, second);
	keep(&tale->marks, &ref);
}

/* The device of any log but the hub's, as the journal names it. */
static inline void cut_device(struct tale *tale, int64_t second)
{
	struct actor *actor = tale->logs[1 + below(tale, tale->n_logs - 1)];
	uint64_t n = 1 + below(tale, actor->n);
	struct ph_entry entry = entry_of(PH_KIND_DEVICE_CUT);
	struct ph_head head = { .n = n };
	uint8_t device[PH_DEVICE_ID_SIZE];
	struct ph_buf buf = { 0 };
	struct ph_ref ref;

	ph_device_id(device, actor->key);
	memcpy(head.log_id, actor->id, sizeof head.log_id);
	memcpy(head.h, actor->h[n], sizeof head.h);
	if (below(tale, 2)) {
		entry = entry_of(PH_KIND_LOG_ADOPT);
		entry.field[PH_ADOPT_HEAD].set = true;
		entry.field[PH_ADOPT_HEAD].as.head = head;
	} else {
		set_bytes(&entry, PH_CUT_DEVICE, device, sizeof device);
		assert_int_equal(
			ph_list_put_heads(&buf, &head, 1, &entry.field[PH_CUT_HEADS]), 0);
		entry.field[PH_CUT_HEADS].set = true;
	}
	ref = at(tale->logs[0], &entry, second);
	keep(&tale->all, &ref);
	ph_buf_deinit(&buf);
}

static inline uint64_t take(struct world *world, const struct actor *actor,
			    uint64_t count)
{
	uint64_t taken = world_take(world, actor, count);

	say_sealed(world, actor);
	return taken;
}

static inline void hear_all(struct tale *tale)
{
	for (size_t i = 0; i < tale->n_logs; i++) {
		take(&tale->own, tale->logs[i], UINT64_MAX);
	}
	world_catch_up(&tale->own);
}

static inline int on_open_case(void *data, const struct ph_case_row *row)
{
	struct tale *tale = data;

	if (tale->n_cases < sizeof tale->cases / sizeof *tale->cases) {
		tale->cases[tale->n_cases] = *row;
		tale->cases[tale->n_cases].refs = NULL;
		tale->cases[tale->n_cases++].sites = NULL;
	}
	return 0;
}

static inline void decide_one(struct tale *tale, int64_t second)
{
	struct ph_case_filter filter = { 0 };
	struct ph_entry entry = entry_of(PH_KIND_CASE_DECIDE);
	struct ph_ref ref;

	tale->n_cases = 0;
	hear_all(tale);
	assert_int_equal(ph_cases_each(tale->own.ledger, &filter, on_open_case, tale), 0);
	if (tale->n_cases == 0) {
		return;
	}

	const struct ph_case_row *row = &tale->cases[below(tale, tale->n_cases)];

	set_bytes(&entry, PH_DECIDE_CASE, row->id, sizeof row->id);
	set_uint(&entry, PH_DECIDE_CHOICE, PH_CHOICE_SEEN);
	set_bytes(&entry, PH_DECIDE_FACTS, row->facts, sizeof row->facts);
	ref = at(tale->logs[0], &entry, second);
	keep(&tale->all, &ref);
}

static inline void rule(struct tale *tale, int64_t second)
{
	struct actor *hub = tale->logs[0];
	struct ph_entry entry;
	struct ph_ref ref, other;

	switch (below(tale, 7)) {
	case 6:
		ref = admit(hub, (uint8_t)below(tale, 3),
			    second + (int64_t)below(tale, 9) * DAY);
		break;
	case 0:
		if (!pick(tale, &tale->marks, &other)) {
			return;
		}
		entry = entry_of(PH_KIND_CLOCK_JUDGE);
		set_ref(&entry, PH_JUDGE_MARK, &other);
		if (below(tale, 2)) {
			set_uint(&entry, PH_JUDGE_CLAMP,
				 (uint64_t)(T0 + (int64_t)below(tale, 100000)));
		} else {
			set_uint(&entry, PH_JUDGE_AHEAD, below(tale, 100000));
		}
		ref = at(hub, &entry, second);
		break;
	case 1:
		cut_device(tale, second);
		return;
	case 2:
		if (!pick(tale, &tale->readers, &other)) {
			return;
		}
		ref = listing_ref(hub, PH_KIND_READER_ERASE, PH_ERASE_READERS, &other,
				  second);
		break;
	case 3:
		if (!pick(tale, &tale->aliases, &other)) {
			return;
		}
		ref = listing_ref(hub, PH_KIND_COPY_UNALIAS, PH_UNALIAS_ALIASES, &other,
				  second);
		break;
	case 4:
		if (!pick(tale, &tale->blocks, &other)) {
			return;
		}
		ref = void_it(hub, &other, second);
		break;
	default:
		decide_one(tale, second);
		return;
	}
	keep(&tale->all, &ref);
}

static inline void write_one(struct tale *tale)
{
	static const uint8_t junk[] = { 0x93, 0xcd, 0x7f };
	struct actor *actor = tale->logs[1 + below(tale, tale->n_logs - 1)];
	int64_t last = ph_stamp_seconds(actor->stamp) - T0;
	int64_t second = (last > 0 ? last : 0) + (int64_t)below(tale, 3000);
	struct ph_ref ref;

	if (below(tale, 100) == 0) {
		actor_raw(actor, PH_VIEW(junk, sizeof junk));
		return;
	}
	switch (below(tale, 12)) {
	case 0:
	case 1:
	case 2:
	case 3:
		circulate(tale, actor, second);
		break;
	case 4:
	case 5:
		catalogue(tale, actor, second);
		break;
	case 6:
	case 7:
		know_people(tale, actor, second);
		break;
	case 8:
		hold(tale, actor, second);
		break;
	case 9:
		mark_clock(tale, actor, second);
		break;
	case 10:
		last = ph_stamp_seconds(tale->logs[0]->stamp) - T0;
		rule(tale, (last > 0 ? last : 0) + (int64_t)below(tale, 3000));
		break;
	default:
		if (pick(tale, &tale->all, &ref)) {
			ref = void_it(actor, &ref, second);
			keep(&tale->all, &ref);
		}
		break;
	}
}

/* --- the whole of it --- */

static inline struct tale *tale_make(uint64_t seed)
{
	static const uint64_t sites[LOGS - 1] = { 0, 101, 101, 202, 303 };
	struct tale *tale = calloc(1, sizeof *tale);

	ph_rng_seed(&tale->seeded, seed, &tale->rng);
	for (size_t i = 0; i < LOGS; i++) {
		tale->logs[i] = calloc(1, sizeof *tale->logs[i]);
	}
	for (size_t i = 0; i < LOGS - 1; i++) {
		actor_init(tale->logs[i], (uint8_t)(1 + i + 8 * below(tale, 16)),
			   sites[i], T0);
	}
	tale->n_logs = LOGS - 1;
	world_init(&tale->own, false);
	tale->own.hub = &plain_hub;
	world_reopen_ledger(&tale->own);
	for (size_t i = 0; i < ENTRIES; i++) {
		if (i == ENTRIES / 2) {
			go_on(tale->logs[LOGS - 1], (uint8_t)(7 + 8 * below(tale, 16)),
			      101, 50000, tale->logs[1],
			      tale->logs[1]->n - below(tale, 2), (int)below(tale, 5) - 1);
			tale->n_logs = LOGS;
		}
		write_one(tale);
	}
	return tale;
}

static inline void tale_free(struct tale *tale)
{
	for (size_t i = 0; i < LOGS; i++) {
		actor_deinit(tale->logs[i]);
		free(tale->logs[i]);
	}
	world_deinit(&tale->own);
	free(tale);
}

#endif

/* tests/unit/act_world.h - acts of the hub and of sites on other entries (docs/MERGE.md). */
#ifndef PH_TESTS_ACT_WORLD_H
#define PH_TESTS_ACT_WORLD_H

#include "fold_world.h"

static const uint8_t operator_signature[PH_OPERATOR_SIZE] = { 1 };

static inline void sign_as_operator(struct ph_entry *entry)
{
	entry->extras.operator_sig =
		PH_VIEW(operator_signature, sizeof operator_signature);
}

static inline struct ph_head head_at(const struct actor *actor, uint64_t n)
{
	struct ph_head head = { .n = n };

	memcpy(head.log_id, actor->id, sizeof head.log_id);
	memcpy(head.h, actor->h[n], sizeof head.h);
	return head;
}

/* A cut of the device of ACTOR that leaves what N heads cover. */
static inline struct ph_ref cut_heads(struct actor *hub, const struct actor *actor,
				      const struct ph_head *heads, size_t n,
				      int64_t second)
{
	struct ph_entry cut = entry_of(PH_KIND_DEVICE_CUT);
	uint8_t device[PH_DEVICE_ID_SIZE];
	struct ph_buf list = { 0 };
	struct ph_ref ref;

	ph_device_id(device, actor->key);
	set_bytes(&cut, PH_CUT_DEVICE, device, sizeof device);
	if (n > 0) {
		assert_int_equal(
			ph_list_put_heads(&list, heads, n, &cut.field[PH_CUT_HEADS]), 0);
	}
	sign_as_operator(&cut);
	ref = at(hub, &cut, second);
	ph_buf_deinit(&list);
	return ref;
}

/* The same, of the first LEFT entries of ACTOR. */
static inline struct ph_ref cut_at(struct actor *hub, const struct actor *actor,
				   uint64_t left, int64_t second)
{
	struct ph_head head = head_at(actor, left);

	return cut_heads(hub, actor, &head, left > 0 ? 1 : 0, second);
}

static inline struct ph_ref adopt(struct actor *hub, const struct actor *actor,
				  uint64_t n, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_LOG_ADOPT);

	entry.field[PH_ADOPT_HEAD].set = true;
	entry.field[PH_ADOPT_HEAD].as.head = head_at(actor, n);
	sign_as_operator(&entry);
	return at(hub, &entry, second);
}

static inline struct ph_ref void_signed(struct actor *actor, const struct ph_ref *target,
					int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_VOID);

	set_ref(&entry, PH_VOID_TARGET, target);
	sign_as_operator(&entry);
	return at(actor, &entry, second);
}

static inline struct ph_ref mark(struct actor *actor, uint64_t sure, int64_t second)
{
	static const uint8_t boot[8] = { 1 };
	struct ph_entry entry = entry_of(PH_KIND_CLOCK_MARK);

	set_bytes(&entry, PH_MARK_BOOT, boot, sizeof boot);
	set_uint(&entry, PH_MARK_MONO, 1);
	set_uint(&entry, PH_MARK_WALL, (uint64_t)(T0 + second));
	set_uint(&entry, PH_MARK_SURE, sure);
	return at(actor, &entry, second);
}

/* The clock of the mark MARK_REF was AHEAD seconds ahead (below 0: behind). */
static inline struct ph_entry judgement(const struct ph_ref *mark_ref, int64_t ahead)
{
	struct ph_entry entry = entry_of(PH_KIND_CLOCK_JUDGE);

	set_ref(&entry, PH_JUDGE_MARK, mark_ref);
	if (ahead > 0) {
		set_uint(&entry, PH_JUDGE_AHEAD, (uint64_t)ahead);
	} else if (ahead < 0) {
		set_uint(&entry, PH_JUDGE_BEHIND, (uint64_t)-ahead);
	}
	return entry;
}

static inline struct ph_ref visit_at(struct actor *actor, uint64_t count, int64_t second)
{
	struct ph_entry entry = visit_of(count);

	return at(actor, &entry, second);
}

static inline int64_t visits(struct room *room, uint64_t site, int64_t second)
{
	return get_tally(room, site, second).count[PH_TALLY_VISITS];
}

static inline void hear(struct room *room, const struct actor *actor)
{
	world_take(&room->world, actor, UINT64_MAX);
	world_catch_up(&room->world);
}

#endif

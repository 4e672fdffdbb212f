/*
 * tests/unit/history_count.h - what random histories had in them, for people: a harness
 * that says "none differed" must also say of what.
 */
#ifndef PH_TESTS_HISTORY_COUNT_H
#define PH_TESTS_HISTORY_COUNT_H

#include <inttypes.h>
#include <stdio.h>

#include "random_history.h"
#include "slow_effect.h"

enum had {
	HAD_TOLD,
	HAD_CLOCK,
	HAD_JUDGED,
	HAD_MONTHS,
	HAD_SOURCE,
	HAD_TWIN,
	HAD_BEHALF,
	HAD_VOIDED,
	HAD_MERGED,
	HAD_UNMERGED,
	HAD_CUT,
	HAD_ADOPTED,
	HAD_FORK,
	HAD_SEVERAL,
	HAD_UNSOUND,
	HAD_FOREIGN,
	HADS,
};

static const char *const had_names[HADS] = {
	[HAD_TOLD] = "times told",
	[HAD_CLOCK] = "clocks that were wrong or stepped back",
	[HAD_JUDGED] = "clocks judged",
	[HAD_MONTHS] = "two months or more",
	[HAD_SOURCE] = "sources",
	[HAD_TWIN] = "twins",
	[HAD_BEHALF] = "entries on behalf",
	[HAD_VOIDED] = "voids with effect",
	[HAD_MERGED] = "merges",
	[HAD_UNMERGED] = "unmerges with effect",
	[HAD_CUT] = "entries cut",
	[HAD_ADOPTED] = "entries adopted",
	[HAD_FORK] = "forks",
	[HAD_SEVERAL] = "devices with several logs",
	[HAD_UNSOUND] = "entries that cannot be read",
	[HAD_FOREIGN] = "logs with a wrong open",
};

struct history_count {
	uint64_t histories, entries;
	uint64_t devices[WORLD_LOGS + 1];
	uint64_t had[HADS];
	uint64_t kinds[256];
};

static inline bool is_sane(int64_t second)
{
	return second > T0 - 400 * DAY && second < T0 + 1000 * DAY;
}

/* Further devices of sites count once; of one log and key there may be several branches. */
static inline unsigned count_devices(const struct history *history, bool had[static HADS])
{
	unsigned n = 0;

	for (size_t i = 0; i < history->n_actors; i++) {
		const struct actor *actor = &history->actors[i];
		bool is_new = actor->site != 0;

		for (size_t k = 0; k < i; k++) {
			const struct actor *other = &history->actors[k];

			if (memcmp(actor->id, other->id, sizeof actor->id) == 0) {
				had[HAD_FORK] = true;
				is_new = false;
			} else if (memcmp(actor->key, other->key, sizeof actor->key) ==
				   0) {
				had[HAD_SEVERAL] |= actor->site != 0;
				is_new = false;
			}
		}
		n += is_new;
	}
	return n;
}

static inline void count_entry(struct history_count *count, const struct actor *actor,
			       uint64_t n, bool had[static HADS])
{
	struct ph_entry entry, before;
	int64_t second;

	count->entries++;
	if (ph_entry_decode(actor_entry(actor, n), &entry) != 0) {
		had[HAD_UNSOUND] = true;
		return;
	}
	if (entry.number < sizeof count->kinds / sizeof *count->kinds) {
		count->kinds[entry.number]++;
	}
	second = ph_stamp_seconds(entry.stamp);
	had[HAD_CLOCK] |= second < T0 - DAY || second > T0 + 1000 * DAY;
	had[HAD_CLOCK] |= n > 1 &&
			  ph_entry_decode(actor_entry(actor, n - 1), &before) == 0 &&
			  before.stamp > entry.stamp;
}

static inline void count_items(const struct slow *slow, bool had[static HADS])
{
	int64_t least = INT64_MAX, most = INT64_MIN;

	for (size_t i = 0; i < slow->n; i++) {
		const struct slow_item *item = &slow->items[i];
		bool cut = slow_cut(slow, item);

		had[HAD_TOLD] |= item->fact.told;
		had[HAD_JUDGED] |= item->entry.number == PH_KIND_CLOCK_MARK &&
				   item->actor->site != 0 &&
				   slow_judge(slow, &item->fact.ref) != NULL;
		had[HAD_SOURCE] |= item->entry.extras.has_source;
		had[HAD_TWIN] |= item->twin;
		had[HAD_BEHALF] |= item->entry.extras.behalf != 0;
		had[HAD_VOIDED] |= slow_voided(slow, item);
		had[HAD_UNMERGED] |= slow_cancelled(slow, item);
		had[HAD_MERGED] |=
			item->effective && (item->entry.number == PH_KIND_TITLE_MERGE ||
					    item->entry.number == PH_KIND_READER_MERGE ||
					    item->entry.number == PH_KIND_COPY_ALIAS);
		had[HAD_CUT] |= cut;
		had[HAD_ADOPTED] |= slow_is_adopted(slow, item);
		if (is_sane(item->fact.second)) {
			least = least < item->fact.second ? least : item->fact.second;
			most = most > item->fact.second ? most : item->fact.second;
		}
	}
	had[HAD_MONTHS] = most - 60 * DAY >= least;
}

static inline void count_history(struct history_count *count,
				 const struct history *history)
{
	uint64_t upto[WORLD_LOGS];
	bool had[HADS] = { false };
	struct slow slow;

	for (size_t i = 0; i < history->n_actors; i++) {
		upto[i] = history->actors[i].n;
	}
	slow_init(&slow, history->actors, history->n_actors, upto);
	count->histories++;
	count->devices[count_devices(history, had)]++;
	for (size_t i = 0; i < history->n_actors; i++) {
		const struct actor *actor = &history->actors[i];
		struct ph_log log = slow_log(actor);
		struct ph_entry open;

		for (uint64_t n = 1; n <= actor->n; n++) {
			if (!slow_is_known(&slow, i, n)) {
				count_entry(count, actor, n, had);
			}
		}
		had[HAD_FOREIGN] |= ph_entry_decode(actor_entry(actor, 1), &open) != 0 ||
				    !ph_fact_opens(&open, &log);
	}
	count_items(&slow, had);
	for (int i = 0; i < HADS; i++) {
		count->had[i] += had[i];
	}
	free(slow.items);
}

/* Whether each kind of the table occurred. */
static inline bool count_has_all(const struct history_count *count)
{
	for (size_t i = 0; i < ph_kinds_count(); i++) {
		if (count->kinds[ph_kind_at(i)->number] == 0) {
			return false;
		}
	}
	return true;
}

static inline void count_print(const struct history_count *count)
{
	const char *least = NULL;
	uint64_t n = UINT64_MAX;

	printf("# %" PRIu64 " histories, %" PRIu64 " entries; devices of sites:",
	       count->histories, count->entries);
	for (int i = 0; i <= WORLD_LOGS; i++) {
		if (count->devices[i] > 0) {
			printf(" %d in %" PRIu64, i, count->devices[i]);
		}
	}
	printf("\n# histories with");
	for (int i = 0; i < HADS; i++) {
		printf("%s %s %" PRIu64, i > 0 ? "," : "", had_names[i], count->had[i]);
	}
	for (size_t i = 0; i < ph_kinds_count(); i++) {
		const struct ph_kind *kind = ph_kind_at(i);

		if (count->kinds[kind->number] < n) {
			n = count->kinds[kind->number];
			least = kind->name;
		}
	}
	printf("\n# entries of %zu kinds, least of %s: %" PRIu64 "\n", ph_kinds_count(),
	       least, n);
}

#endif

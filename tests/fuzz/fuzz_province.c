/*
 * tests/fuzz/fuzz_province.c - any row of things that happen at a hub and at its sites.
 *
 * Each byte is a choice (choices.h): entries of every kind at three sites and in the hub's
 * two logs; forks; what the hub and the sites hear of; steps of feeding, pages, some of
 * them twice, feeds begun anew, cuts; restarts and rebuilds in between. At the end all that
 * is under way arrives. Then each site that is fed must have, over its scope, the ledger,
 * lists and cases of the hub, and all rebuilt ledgers must be what they were.
 */
#include "tests/unit/scope_province.h"

#include "tests/fuzz/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	ENTRIES_MAX = 60,
	STEPS_MAX = 300,
};

static struct choices choices;
static struct province province;
static size_t written;

/* --- writing --- */

static bool is_for(const struct history *history, const struct actor *actor,
		   const struct ph_kind *kind)
{
	bool told = strcmp(kind->family, "hub") == 0 && !kind->desk;

	return actor->site != 0 || kind->number == PH_KIND_VOID ||
	       (actor == &history->actors[CONTROL]) == told;
}

static void write_hub(struct history *history, struct actor *actor)
{
	struct ph_entry entry;
	struct ph_ref ref;
	uint64_t number;

	do {
		number = pick_kind(history, true);
	} while (!is_for(history, actor, ph_kind_find((uint32_t)number)));
	entry = make_of(history, number);
	make_extras(history, &entry);
	make_stamp(history, actor, &entry);
	ref = actor_write(actor, &entry);
	remember(history, number, &ref);
}

static void write_one(struct history *history)
{
	struct actor *actor = &history->actors[below(history, history->n_actors)];

	if (written++ >= ENTRIES_MAX) {
		return;
	}
	if (actor->site == 0) {
		write_hub(history, actor);
	} else {
		make_entry(history, actor);
	}
}

static void fork_one(struct history *history)
{
	size_t before = history->n_actors;

	make_fork(history);
	if (history->n_actors > before && history->actors[before].site == 0) {
		actor_deinit(&history->actors[before]);
		history->n_actors = before; /* the hub's logs do not fork */
	}
}

/* --- moving --- */

static void feed_some(struct history *history)
{
	bool more = true;

	catch_up(province.hub.ledger);
	for (uint64_t n = 1 + below(history, 4); more && n > 0; n--) {
		must(ph_feeder_step(province.feeder, 1 + (unsigned)below(history, 40),
				    &more) == 0);
	}
}

static void take_own(struct history *history, struct share *share)
{
	struct actor *actor = &history->actors[below(history, history->n_actors)];

	if (is_of_site(actor, share) || actor == &history->actors[CONTROL]) {
		world_take(&share->world, actor, 1 + below(history, 20));
	}
}

/* The site has lost count of its feed: the cursor it tells fits nothing, so it begins anew. */
static void begin_anew(struct share *share)
{
	struct ph_feeder_cursor beyond;
	struct ph_feeder_state state;

	must(ph_feeder_state(province.feeder, share->device, &state) == 0);
	beyond = (struct ph_feeder_cursor){ state.scope, state.number + 1 };
	must(ph_db_begin(province.hub.db) == 0);
	must(ph_feeder_confirm(province.feeder, share->device, &beyond) == 0);
	must(ph_db_commit(province.hub.db) == 0);
}

static void rebuild(struct ph_ledger *ledger)
{
	struct ph_error err = { 0 };
	uint8_t before[32], after[32];

	must(ph_ledger_digest(ledger, before, &err) == 0);
	must(ph_ledger_rebuild(ledger, &err) == 0);
	must(ph_ledger_digest(ledger, after, &err) == 0);
	must(memcmp(before, after, sizeof(before)) == 0);
}

static void step(struct history *history)
{
	struct share *share = &province.shares[below(history, province.n_shares)];

	switch (below(history, 20)) {
	case 0:
		fork_one(history);
		break;
	case 1:
	case 2:
	case 3:
		world_take(&province.hub,
			   &history->actors[below(history, history->n_actors)],
			   1 + below(history, 20));
		break;
	case 4:
	case 5:
		feed_some(history);
		break;
	case 6:
	case 7:
		give_page(&province, share);
		break;
	case 8:
	case 9:
		take_own(history, share);
		break;
	case 10:
		catch_up(share->world.ledger);
		break;
	case 11:
		open_share(share);
		break;
	case 12:
		open_hub(&province);
		break;
	case 13:
		rebuild(chance(history, 50) ? province.hub.ledger : share->world.ledger);
		break;
	case 14:
		begin_anew(share);
		break;
	case 15:
		say_register(history, 101 + below(history, 3), chance(history, 50));
		break;
	default:
		write_one(history);
		break;
	}
}

static void judge(void)
{
	struct ph_error err = { 0 };

	settle(&province);
	for (size_t i = 0; i < province.n_shares; i++) {
		struct share *share = &province.shares[i];

		if (is_fed(&province, share)) {
			compare_all(&province, share, "at the head of its feed");
			must(ph_ledger_rebuild(share->world.ledger, &err) == 0);
			compare_all(&province, share, "after a rebuild");
		}
	}
	rebuild(province.hub.ledger);
}

static struct history *begin(void)
{
	struct history *history = calloc(1, sizeof(*history));

	must(history != NULL);
	history->rng = choices_rng(&choices);
	history->days = chance(history, 60) ? 30 : 180;
	history_logs(history, 3 + below(history, 3), false);
	for (size_t i = 2; i < history->n_actors; i++) {
		say_device(history, &history->actors[i], PH_KIND_DEVICE_ADMIT);
		say_device(history, &history->actors[i], PH_KIND_DEVICE_CONFIRM);
	}
	say_site(history, 101, "03646");
	say_site(history, 102, "03650");
	return history;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned steps = 0;
	struct history *history;

	must(ph_crypto_start() == 0);
	if (keys.sign.key[0] == 0) {
		struct ph_rng_seeded seeded;
		struct ph_rng rng;

		ph_rng_seed(&seeded, 1, &rng);
		ph_device_keys_make(&keys, &rng);
	}
	choices = (struct choices){ .in = PH_VIEW(data, size) };
	written = 0;
	history = begin();
	open_province(&province, history, 0);
	while (choices.in.len > 0 && steps++ < STEPS_MAX) {
		step(history);
	}
	judge();
	close_province(&province);
	return 0;
}

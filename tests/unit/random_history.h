/*
 * tests/unit/random_history.h - random histories of a few logs, of every kind in the table.
 *
 * Entries are made from the kind table, their fields from a small pool (random_fields.h).
 * Clocks are bad, times are told, logs fork and devices have several; the hub cuts, adopts,
 * judges; voids and unmerges name what was written before, on whatever branch; some entries
 * are junk or by a writer who may not.
 * Some histories take two weeks, some half a year. The keys of devices are those of
 * tests/reference/keys.py, so that logs can be sealed, and folded there as well.
 */
#ifndef PH_TESTS_RANDOM_HISTORY_H
#define PH_TESTS_RANDOM_HISTORY_H

#include "random_fields.h"

#include <sodium.h>

#define DEVICES 32 /* whose keys there are */

/* --- entries --- */

static inline struct ph_entry try_entry(struct history *history,
					const struct ph_kind *kind)
{
	struct ph_entry entry = entry_of(kind->number);
	bool sealed = kind->n_sealed > 0 && chance(history, 50);

	for (unsigned i = 0; i < kind->n_fields; i++) {
		const struct ph_field *field = &kind->fields[i];
		bool part = kind->n_sealed > 0 && (i == kind->sets || i == kind->commit);

		if (part ? sealed || field->flags & PH_F_REQUIRED
			 : field->flags & PH_F_REQUIRED || chance(history, 50)) {
			any_value(history, kind, i, &entry.field[i]);
		}
	}
	if (kind->n_sealed > 0 && entry.field[kind->sets].set) {
		entry.field[kind->sets].as.uint =
			1 + below(history, (1u << kind->n_sealed) - 1);
		any_value(history, kind, kind->commit, &entry.field[kind->commit]);
	}
	pick_all_seen(history, &entry);
	return entry;
}

static inline struct ph_entry make_of(struct history *history, uint64_t number)
{
	struct ph_error err = { 0 };
	struct ph_entry entry;
	int tries = 0;

	do {
		entry = try_entry(history, ph_kind_find(number));
		assert_true(tries++ < 1000);
	} while (ph_entry_check(&entry, &err) != 0 ||
		 ph_entry_check_commit(&entry, &err) != 0);
	return entry;
}

static inline uint64_t pick_kind(struct history *history, bool hub)
{
	static const uint64_t often[] = {
		PH_KIND_LOAN,           PH_KIND_LOAN,           PH_KIND_LOAN,
		PH_KIND_RETURN,         PH_KIND_RETURN,         PH_KIND_RENEW,
		PH_KIND_SIGHTING,       PH_KIND_COPY_PUT,       PH_KIND_TITLE_PUT,
		PH_KIND_READER_PUT,     PH_KIND_VISIT,          PH_KIND_CLOCK_MARK,
		PH_KIND_CRATE_DISPATCH, PH_KIND_CRATE_RECEIVE,  PH_KIND_CRATE_RECEIVE,
		PH_KIND_VOID,           PH_KIND_VOID,           PH_KIND_TITLE_MERGE,
		PH_KIND_COPY_ALIAS,     PH_KIND_READER_MERGE,   PH_KIND_TITLE_UNMERGE,
		PH_KIND_COPY_UNALIAS,   PH_KIND_READER_UNMERGE,
	};
	static const uint64_t hub_often[] = {
		PH_KIND_DEVICE_CUT,  PH_KIND_DEVICE_CUT,  PH_KIND_LOG_ADOPT,
		PH_KIND_CLOCK_JUDGE, PH_KIND_CLOCK_JUDGE, PH_KIND_CLOCK_JUDGE,
		PH_KIND_VOID,        PH_KIND_VOID,        PH_KIND_SITE_PUT,
	};
	unsigned role = hub ? PH_ROLE_HUB : PH_ROLE_SITE;
	const struct ph_kind *kind;

	if (chance(history, 60)) {
		return hub ? hub_often[below(history, sizeof hub_often / 8)]
			   : often[below(history, sizeof often / 8)];
	}
	do {
		kind = ph_kind_at(below(history, ph_kinds_count()));
	} while (!(kind->writers & role) && !chance(history, 5));
	return kind->number;
}

static inline void make_extras(struct history *history, struct ph_entry *entry)
{
	static const uint8_t signature[PH_OPERATOR_SIZE] = { 1 };
	struct ph_extras *extras = &entry->extras;

	if (chance(history, 15)) {
		extras->when = PH_WHEN_MINUTE;
		extras->when_value = (T0 + (int64_t)below(history, 20 * DAY) -
				      (int64_t)below(history, history->days * DAY)) /
				     60;
	} else if (chance(history, 10)) {
		extras->when = PH_WHEN_DAY;
		extras->when_value = ph_day_of(T0) + (int64_t)below(history, 20);
	}
	if (chance(history, 25)) {
		set_source(entry, (uint8_t)below(history, 4));
	}
	if (chance(history, 8)) {
		extras->behalf = 101 + below(history, 4);
	}
	if (chance(history, 30)) {
		extras->operator_sig = PH_VIEW(signature, sizeof signature);
	}
}

static inline void make_stamp(struct history *history, struct actor *actor,
			      struct ph_entry *entry)
{
	uint64_t jump = below(history, 100);
	int64_t second = ph_stamp_seconds(actor->stamp);

	if (jump < 5) {
		second += (int64_t)below(history, history->days * DAY);
	} else if (jump < 8) {
		/* never written by us */
		second -= (int64_t)below(history, history->days * DAY);
	} else if (jump < 60) {
		second += (int64_t)below(history, DAY);
	}
	entry->stamp = ph_stamp_next(jump >= 5 && jump < 8 ? 1 : actor->stamp, second);
}

/* The hub takes back what it said of logs and clocks, more often than chance would have it. */
static inline void aim_void(struct history *history, const struct actor *actor,
			    struct ph_entry *entry)
{
	static const uint64_t kinds[] = { PH_KIND_DEVICE_CUT, PH_KIND_LOG_ADOPT,
					  PH_KIND_CLOCK_JUDGE };
	struct ph_ref ref = any_ref(history, kinds[below(history, 3)]);

	if (actor->site == 0 && chance(history, 70) &&
	    memcmp(ref.log_id, actor->id, sizeof actor->id) == 0) {
		entry->field[PH_VOID_TARGET].as.ref = ref;
	}
}

/* Of the hub's logs the first is the control log; the desk log has what sites may write too. */
static inline bool belongs(const struct history *history, const struct actor *actor,
			   uint64_t number)
{
	const struct ph_kind *kind = ph_kind_find(number);
	bool control = memcmp(actor->id, history->actors[0].id, sizeof actor->id) == 0;

	return actor->site != 0 || number == PH_KIND_VOID ||
	       number == PH_KIND_CLOCK_MARK ||
	       control == (kind->writers == PH_ROLE_HUB && !kind->desk);
}

static inline void remember(struct history *history, uint64_t kind,
			    const struct ph_ref *ref)
{
	history->kinds[history->n_all] = kind;
	history->all[history->n_all++] = *ref;
}

static inline void make_entry(struct history *history, struct actor *actor)
{
	static const uint8_t junk[] = { 0x93, 0xcd, 0x7f, 0xff, 1, 0xc0 };
	struct ph_entry entry;
	struct ph_ref ref;
	uint64_t which = below(history, 100);
	uint64_t number;

	if (which < 2) {
		ref = actor_raw(actor, PH_VIEW(junk, 2 + which * 2));
		remember(history, 0, &ref);
		return;
	}
	do {
		number = pick_kind(history, actor->site == 0);
	} while (history->tidy && !belongs(history, actor, number));
	entry = make_of(history, number);
	if (number == PH_KIND_VOID) {
		aim_void(history, actor, &entry);
	}
	make_extras(history, &entry);
	make_stamp(history, actor, &entry);
	ref = actor_write(actor, &entry);
	remember(history, number, &ref);
}

/* Another actor goes on from some entry of ACTOR, which goes on as well. */
static inline void make_fork(struct history *history)
{
	const struct actor *from = &history->actors[below(history, history->n_actors)];

	struct actor *to = &history->actors[history->n_actors];
	uint64_t base;

	if (history->n_actors == WORLD_LOGS || from->n == 0) {
		return;
	}
	base = chance(history, 10) ? 0 : 1 + below(history, from->n);
	actor_fork(to, from, base);
	history->n_actors++;
	if (base == 0) {
		actor_open(to, "another", T0);
	}
	if (chance(history, 30)) {
		/* then the same bytes again, behind other ones */
		make_entry(history, to);
		while (to->n < from->n && chance(history, 80)) {
			to->stamp = from->stamp;
			actor_raw(to, actor_entry(from, to->n + 1));
		}
	}
}

/* --- logs --- */

/* The key of device NUMBER: Ed25519 of the seed BLAKE2b("packhorse reference key" | NUMBER). */
static inline void history_key(unsigned number, uint8_t key[static PH_KEY_SIZE],
			       uint8_t secret[static PH_SECRET_SIZE])
{
	static struct {
		bool made;
		uint8_t key[PH_KEY_SIZE], secret[PH_SECRET_SIZE];
	} keys[DEVICES];
	uint8_t name[24] = "packhorse reference key", seed[32];

	assert_true(number < DEVICES);
	if (!keys[number].made) {
		name[23] = (uint8_t)number;
		crypto_generichash(seed, sizeof seed, name, sizeof name, NULL, 0);
		crypto_sign_seed_keypair(keys[number].key, keys[number].secret, seed);
		keys[number].made = true;
	}
	memcpy(key, keys[number].key, PH_KEY_SIZE);
	memcpy(secret, keys[number].secret, PH_SECRET_SIZE);
}

/* What the clock says when a log begins: of some it is that of 1970, or years ahead. */
static inline int64_t first_second(struct history *history)
{
	int64_t second = T0 + (int64_t)below(history, 10 * DAY);

	return chance(history, 6)   ? second - T0
	       : chance(history, 6) ? second + (int64_t)3650 * DAY
				    : second;
}

/* Log number AT, of SITE and device KEY. */
static inline void history_log(struct history *history, size_t at, unsigned key,
			       uint64_t site)
{
	struct actor *actor = &history->actors[at];

	memset(actor, 0, sizeof *actor);
	actor->site = site;
	actor->role = site == 0 ? PH_ROLE_HUB : PH_ROLE_SITE;
	history_key(key, actor->key, actor->secret);
	memset(actor->nonce, (int)(at + WORLD_LOGS * below(history, 16)),
	       sizeof actor->nonce);
	ph_log_id(actor->id, actor->key, actor->nonce);
	actor_open(actor, NULL, site == 0 ? T0 : first_second(history));
}

/*
 * Control and desk log of the hub, and N_LOGS of the sites 101, 102 and 103: of 3 to 8
 * devices, if SHARED of which some have several.
 */
static inline void history_logs(struct history *history, size_t n_logs, bool shared)
{
	static const uint64_t sites[] = { 101, 102, 101, 103, 102, 101, 103, 102 };
	unsigned start = (unsigned)below(history, DEVICES), keys[WORLD_LOGS];

	history->n_actors = 2 + n_logs;
	for (size_t i = 0; i < 2; i++) {
		history_log(history, i, start, 0);
	}
	for (size_t i = 0; i < n_logs; i++) {
		keys[i] = shared && i > 2 && chance(history, 25)
				  ? keys[below(history, i)]
				  : (start + 1 + (unsigned)i) % DEVICES;
		history_log(history, 2 + i, keys[i], sites[i % 8]);
	}
}

static inline void history_make(struct history *history, uint64_t seed, bool tidy)
{
	bool forks;
	size_t entries;

	memset(history, 0, sizeof *history);
	history->tidy = tidy;
	ph_rng_seed(&history->seeded, seed, &history->rng);
	history->days = chance(history, 60) ? 30 : 180;
	history_logs(history, 3 + below(history, 6), true);
	if (chance(history, 10)) {
		history->actors[history->n_actors - 1].site = 104; /* its open is wrong */
	}
	forks = chance(history, 40);
	entries = 20 + below(history, 150);
	while (entries-- > 0) {
		make_entry(history, &history->actors[below(history, history->n_actors)]);
		if (forks && chance(history, 3)) {
			make_fork(history);
		}
	}
}

/* What it holds, but not itself. */
static inline void history_clear(struct history *history)
{
	for (size_t i = 0; i < history->n_actors; i++) {
		actor_deinit(&history->actors[i]);
	}
	for (size_t i = 0; i < PH_FIELDS_MAX; i++) {
		ph_buf_deinit(&history->lists[i]);
	}
}

static inline void history_free(struct history *history)
{
	history_clear(history);
	free(history);
}

#endif

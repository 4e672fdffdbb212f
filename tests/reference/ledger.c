/*
 * tests/reference/ledger.c - histories into the ledger; prints what fold.py prints.
 *
 *   ledger [--seed S] [--at-once] [--states] [--cases] [--classes] [FILE]
 *
 * Every chain is sealed by its device and goes into a journal in memory, segment by
 * segment: chains in random order, in random portions, some twice, some only when all
 * others are here; the ledger folds now and then, is closed and opened again, and at the
 * end perhaps rebuilt. The order follows from S and the name of the history; --at-once
 * folds each history in one go.
 *
 * Devices are those of random_history.py, whose keys follow from their numbers: an
 * Ed25519 key of the seed BLAKE2b-256("packhorse reference key" | number).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/base/rng.h"
#include "tests/reference/shown.h"
#include "tests/reference/told.h"

#define DEVICES 32
#define SEGMENT 100 /* entries at once, at most */

struct world {
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	struct told *told;
	struct chain *late; /* held back until all others were told; NULL: none */
	struct ph_db *db, *other;
	struct ph_journal *journal;
	struct ph_ledger *ledger;
};

static struct {
	uint64_t seed;
	bool at_once;
	struct shown shown;
} asked;

static uint8_t secrets[DEVICES][PH_SECRET_SIZE];

static _Noreturn void give_up(const char *what, int rc)
{
	fprintf(stderr, "%s: %s\n", what, rc < 0 ? strerror(-rc) : "refused");
	exit(1);
}

static void must(const char *what, int rc)
{
	if (rc != 0) {
		give_up(what, rc);
	}
}

static uint64_t below(struct world *world, uint64_t bound)
{
	return ph_rng_below(&world->rng, bound);
}

static bool chance(struct world *world, unsigned percent)
{
	return below(world, 100) < percent;
}

/* --- devices --- */

static void make_secrets(void)
{
	for (unsigned i = 0; i < DEVICES; i++) {
		char name[40] = "packhorse reference key";
		size_t len = strlen(name);
		uint8_t seed[32], key[PH_KEY_SIZE];

		name[len] = (char)i;
		crypto_generichash(seed, sizeof seed, (const uint8_t *)name, len + 1,
				   NULL, 0);
		crypto_sign_seed_keypair(key, secrets[i], seed);
	}
}

static const uint8_t *secret_of(const struct chain *chain)
{
	for (unsigned i = 0; i < DEVICES; i++) {
		if (memcmp(secrets[i] + 32, chain->key, PH_KEY_SIZE) == 0) {
			return secrets[i];
		}
	}
	fprintf(stderr, "a log is sealed by a key that is not one of the reference's\n");
	exit(1);
}

/* --- the machine --- */

static struct ph_db *open_memory(bool journal)
{
	struct ph_db_config config = { .path = ":memory:",
				       .application = PH_STORE_SITE,
				       .steps = journal ? ph_journal_steps : NULL,
				       .n_steps = journal ? ph_journal_steps_count : 0,
				       .create = true };
	struct ph_error err = { 0 };
	struct ph_db *db;

	must(err.text, ph_db_open(&db, &config, &err));
	return db;
}

/* A hub, which proposes titles; names and certificates it has none of. */
static int match_nobody(void *data, const struct ph_registers *registers, uint8_t out[16])
{
	(void)data;
	(void)registers;
	(void)out;
	return 1;
}

static int expires_unknown(void *data, const uint8_t device[PH_DEVICE_ID_SIZE],
			   int64_t *out)
{
	(void)data;
	(void)device;
	(void)out;
	return 1;
}

static const struct ph_ledger_hub nobody = { .match = match_nobody,
					     .expires = expires_unknown };

static void open_ledger(struct world *world)
{
	struct ph_ledger_config config = { .journal = world->journal,
					   .db = world->other ? world->other : world->db,
					   .hub = &nobody };
	struct ph_error err = { 0 };

	ph_ledger_free(world->ledger);
	must(err.text, ph_ledger_open(&world->ledger, &config, &err));
}

static void catch_up(struct world *world)
{
	struct ph_error err = { 0 };

	must(err.text, ph_ledger_catch_up(world->ledger, NULL, &err));
}

static void world_init(struct world *world, struct told *told)
{
	uint64_t name = told->name == NULL ? 0 : strtoull(told->name, NULL, 10);

	*world = (struct world){ .told = told };
	ph_rng_seed(&world->seeded, asked.seed + name, &world->rng);
	world->db = open_memory(true);
	world->other = chance(world, 30) ? open_memory(false) : NULL;
	must("the journal", ph_journal_open(&world->journal, world->db));
	open_ledger(world);
}

static void world_deinit(struct world *world)
{
	ph_ledger_free(world->ledger);
	ph_journal_free(world->journal);
	ph_db_close(world->other);
	ph_db_close(world->db);
}

/* --- telling it --- */

/* Entries FIRST to LAST of CHAIN, sealed, into the journal. */
static void tell(struct world *world, struct chain *chain, uint64_t first, uint64_t last)
{
	struct ph_segment segment = { .first = first, .last = last };
	struct ph_head head = { .n = last };
	struct ph_buf body = { 0 };
	struct ph_log log;
	int rc;

	for (uint64_t n = first; n <= last; n++) {
		must("a segment", ph_segment_add(&body, chain_entry(chain, n)));
	}
	memcpy(head.log_id, chain->id, sizeof head.log_id);
	memcpy(head.h, chain->h[last], sizeof head.h);
	memcpy(segment.log_id, chain->id, sizeof segment.log_id);
	ph_seal_sign(segment.seal, &head, secret_of(chain));
	segment.body = ph_buf_view(&body);
	must("begin", ph_db_begin(world->db));
	rc = ph_journal_log_find(world->journal, chain->id, &log);
	if (rc == PH_JOURNAL_E_NONE) {
		rc = ph_journal_log_add(world->journal, chain->id, chain->key,
					chain->site, chain->role, &log);
	}
	rc = rc != 0 ? rc : ph_journal_put_segment(world->journal, &log, &segment, NULL);
	must("a segment", rc);
	must("commit", ph_db_commit(world->db));
	ph_buf_deinit(&body);
}

/* The next portion of CHAIN, now and then with some of what was told before. */
static void tell_more(struct world *world, struct chain *chain)
{
	uint64_t most = chance(world, 20) ? SEGMENT : 1 + below(world, 8);
	uint64_t first = chain->told + 1, last = chain->told + most;

	if (chance(world, 15)) {
		first -= below(world, first);
	}
	last = last < chain->n ? last : chain->n;
	last = last < first + SEGMENT ? last : first + SEGMENT - 1;
	tell(world, chain, first, last);
	chain->told = last > chain->told ? last : chain->told;
}

/* A chain that is not told to its end; NULL: there is none. */
static struct chain *pick(struct world *world)
{
	struct told *told = world->told;
	struct chain *found = NULL;
	uint64_t n = 0;

	for (size_t i = 0; i < told->n; i++) {
		struct chain *chain = &told->chains[i];

		if (chain->told < chain->n && chain != world->late) {
			n++;
			found = below(world, n) == 0 ? chain : found;
		}
	}
	if (found == NULL && world->late != NULL) {
		world->late = NULL;
		return pick(world);
	}
	return found;
}

static void hear(struct world *world)
{
	struct ph_error err = { 0 };
	struct chain *chain;

	if (world->told->n > 0 && chance(world, 30)) {
		world->late = &world->told->chains[below(world, world->told->n)];
	}
	while ((chain = pick(world)) != NULL) {
		tell_more(world, chain);
		if (!asked.at_once && chance(world, 40)) {
			catch_up(world);
		}
		if (chance(world, 5)) {
			open_ledger(world);
		}
	}
	catch_up(world);
	if (!asked.at_once && chance(world, 10)) {
		must(err.text, ph_ledger_rebuild(world->ledger, &err));
	}
}

/* --- the program --- */

static void fold(struct told *told)
{
	struct world world;

	world_init(&world, told);
	hear(&world);
	must("what the ledger shows", show(world.ledger, &asked.shown, told->name));
	fflush(stdout); /* so that it is seen which history a crash is of */
	world_deinit(&world);
}

static bool read_args(int argc, char **argv, FILE **file)
{
	const char *path = NULL;

	for (int i = 1; i < argc; i++) {
		bool *flag = strcmp(argv[i], "--states") == 0    ? &asked.shown.states
			     : strcmp(argv[i], "--cases") == 0   ? &asked.shown.cases
			     : strcmp(argv[i], "--classes") == 0 ? &asked.shown.classes
			     : strcmp(argv[i], "--at-once") == 0 ? &asked.at_once
								 : NULL;

		if (flag != NULL) {
			*flag = true;
		} else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
			asked.seed = strtoull(argv[++i], NULL, 10);
		} else if (argv[i][0] != '-' && path == NULL) {
			path = argv[i];
		} else {
			return false;
		}
	}
	*file = path == NULL ? stdin : fopen(path, "r");
	if (*file == NULL) {
		fprintf(stderr, "cannot read %s: %s\n", path, strerror(errno));
		exit(1);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct told told;
	size_t line = 0;
	FILE *file;

	if (!read_args(argc, argv, &file)) {
		fprintf(stderr,
			"usage: ledger [--seed S] [--at-once] [--states] [--cases]"
			" [--classes] [FILE]\n");
		return 2;
	}
	if (sodium_init() < 0) {
		give_up("libsodium", -EIO);
	}
	make_secrets();
	while (told_read(&told, file, &line)) {
		fold(&told);
		told_deinit(&told);
	}
	return fclose(file) == 0 ? 0 : 1;
}

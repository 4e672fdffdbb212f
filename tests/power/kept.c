/*
 * tests/power/kept.c - power cuts while a device stores pieces of the hub's desk log, and while a hub
 * that was restored takes them back.
 *
 * A hub says things in its desk log, and a PC calls in between. Then the hub is restored to before all of
 * that, and the PC calls again. Images are taken behind operations of the one that stores, in each
 * session, and looked at when the session is over. What the PC has is, piece by piece and byte for byte, the
 * beginning of what it got; what the restored hub has of its desk log is what it said, and ends where a
 * piece does. Either goes on: in the next session the hub gets all that the PC has.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "client/site_kept.h"
#include "daemon/hub_internal.h"
#include "tests/power/check.h"

#define HUB_DISK  "kh"
#define SITE_DISK "ks"

enum {
	SHOTS = 24, /* of a session */
	CALLS = 3,  /* of the PC, in which it is given pieces */
	PIECES_MAX = 16,
	WORDS_MAX = 64,
};

/* What a device keeps. */
struct rows {
	struct {
		uint64_t last;
		uint8_t hash[32]; /* of all that stands there */
	} row[PIECES_MAX];
	unsigned n;
};

static struct {
	struct tally *tally;
	uint64_t script, draws;
	unsigned odds;
	const char *watched;
	struct {
		char disk[8];
		uint64_t seed, op;
		enum sim_disk_op what;
	} shot[SHOTS];
	unsigned n_shots;
	uint64_t seen; /* operations of the session that could have given one */
	uint64_t ops;
	struct machine clock[2]; /* of the hub, of the PC */
	struct ph_hub *hub;
	struct ph_site *site;
	struct rows before, after; /* a session, at the PC */
	/* the desk log as it was said */
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint8_t h[WORDS_MAX + 1][PH_HASH_SIZE];
	uint64_t n_words;
	bool failed;
} keeping;

static uint64_t draw(void)
{
	return power_draw(&keeping.draws);
}

static bool fails(struct finding *finding, enum invariant invariant, const char *words)
{
	if (finding->what.text[0] == '\0') {
		ph_fail(&finding->what, PH_EXIT_OTHER, 0, "%s", words);
	}
	finding->invariant = invariant;
	return false;
}

/* --- images --- */

/* In the place I: the next, or that of an earlier one. */
static void take_shot(const char *name, unsigned i, enum sim_disk_op what)
{
	if (i == keeping.n_shots) {
		keeping.n_shots++;
		tally_image(keeping.tally, strcmp(name, HUB_DISK) == 0 ? HUB : SITE_A,
			    what);
	} else {
		tally_image_replaced(keeping.tally, keeping.shot[i].what, what);
	}
	snprintf(keeping.shot[i].disk, sizeof(keeping.shot[i].disk), "x%u", i);
	keeping.shot[i].seed = draw();
	keeping.shot[i].op = keeping.ops;
	keeping.shot[i].what = what;
	sim_disk_image(name, keeping.shot[i].disk, keeping.shot[i].seed,
		       &keeping.tally->lost);
}

static void on_op(void *data, const char *name, enum sim_disk_op what, const char *path)
{
	unsigned at;

	(void)data;
	(void)path;
	if (strcmp(name, keeping.watched) != 0) {
		return;
	}
	keeping.ops++;
	if (keeping.tally->budget == 0 || draw() % keeping.odds != 0) {
		return;
	}
	at = tally_place(&keeping.draws, SHOTS, &keeping.seen);
	if (at < SHOTS) {
		take_shot(name, at, what);
	}
}

static void look_at_all(bool (*check)(const char *disk, struct finding *finding),
			const char *when)
{
	for (unsigned i = 0; i < keeping.n_shots; i++) {
		struct finding finding;
		char where[128];

		memset(&finding, 0, sizeof(finding));
		if (!check(keeping.shot[i].disk, &finding)) {
			snprintf(where, sizeof(where),
				 "script %llu, %s, behind operation %llu",
				 (unsigned long long)keeping.script, when,
				 (unsigned long long)keeping.shot[i].op);
			tally_finding(keeping.tally, &finding, where,
				      keeping.shot[i].seed);
			keeping.failed = true;
		}
	}
	keeping.n_shots = 0;
	keeping.seen = 0;
}

/* --- the two --- */

static int session(struct ph_hub *hub, struct ph_site *site, struct ph_error *err)
{
	return power_session(&(struct drive){ .hub = hub,
					      .site = site,
					      .index = SITE_A,
					      .hub_rng = keeping.clock[0].rng,
					      .site_rng = keeping.clock[1].rng,
					      .cut = -1 },
			     err);
}

static json_t *ask(struct ph_hub *hub, json_t *request)
{
	json_t *answer = ph_hub_command(hub, request);

	json_decref(request);
	if (json_integer_value(json_object_get(answer, "exit")) != 0) {
		power_die("%s", json_string_value(json_object_get(answer, "error")));
	}
	return answer;
}

static void must(int rc, const struct ph_error *err)
{
	if (rc != 0) {
		power_die("what devices keep: %d %s", rc, err ? err->text : "");
	}
}

/* As it was before it said anything, on the disk NAME, and restored; it collects. */
static struct ph_hub *open_restored(const char *name)
{
	struct ph_error err = { 0 };
	struct ph_hub *hub = NULL;

	sim_disk_copy(power_pristine_hub, name, true);
	must(world_open_hub(&keeping.clock[0], name, &hub, &err), &err);
	json_decref(ask(hub, json_pack("{s:s}", "command", "epoch-begin")));
	return hub;
}

static int read_row(struct ph_stmt *stmt, struct rows *out)
{
	crypto_generichash_state state;
	struct ph_view column;

	crypto_generichash_init(&state, NULL, 0, sizeof(out->row[0].hash));
	for (int i = 0; i < 5; i++) {
		column = ph_stmt_col_blob(stmt, i);
		crypto_generichash_update(&state, column.data, column.len);
	}
	crypto_generichash_final(&state, out->row[out->n].hash, sizeof(out->row[0].hash));
	out->row[out->n++].last = (uint64_t)ph_stmt_col_int(stmt, 5);
	return out->n == PIECES_MAX ? -EOVERFLOW : 0;
}

static int read_rows(struct ph_site *site, struct rows *out)
{
	struct ph_stmt *stmt;
	uint64_t n, bytes;
	int rc = ph_site_kept_size(site, &n, &bytes);

	out->n = 0;
	if (rc != 0 || n == 0) {
		return rc;
	}
	rc = ph_db_prepare(ph_journal_db(ph_site_journal(site)),
			   "SELECT log_id, CAST(first AS TEXT), CAST(last AS TEXT), mark,"
			   " cipher, last FROM kept ORDER BY row",
			   &stmt);
	while (rc == 0 && (rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = read_row(stmt, out);
	}
	if (rc < 0 && out->n == PIECES_MAX) {
		ph_stmt_reset(stmt);
	}
	return rc;
}

/* How much HUB has of the desk log. 0; -EUCLEAN: not as it was said; another negative errno. */
static int read_desk(struct ph_hub *hub, uint64_t *n_out)
{
	struct ph_journal *journal = ph_hub_journal(hub);
	uint8_t h[PH_HASH_SIZE];
	struct ph_log log;
	int rc = ph_journal_log_find(journal, keeping.log_id, &log);

	*n_out = 0;
	if (rc == PH_JOURNAL_E_NONE) {
		return 0;
	}
	rc = rc == 0 ? ph_journal_chain_at(journal, &log, log.n, h) : rc;
	if (rc == 0 && log.n <= keeping.n_words && log.branch == 0 &&
	    memcmp(h, keeping.h[log.n], sizeof(h)) == 0) {
		*n_out = log.n;
		return 0;
	}
	return rc < 0 ? rc : -EUCLEAN;
}

/* In a session with SITE the restored HUB gets all up to N. */
static bool gets_back(struct ph_hub *hub, struct ph_site *site, uint64_t n,
		      struct finding *finding)
{
	uint64_t there;

	if (session(hub, site, &finding->what) != 0) {
		return fails(finding, NO_FALSE_ALARM, "the next session");
	}
	if (read_desk(hub, &there) != 0 || there != n) {
		ph_fail(&finding->what, PH_EXIT_OTHER, 0, "%u of %u words",
			(unsigned)there, (unsigned)n);
		return fails(finding, GOES_ON, "");
	}
	return true;
}

/* --- after a cut --- */

static bool verifies(struct ph_journal *journal, const uint8_t *own,
		     struct finding *finding)
{
	return (ph_db_check(ph_journal_db(journal), true, &finding->what) == 0 &&
		ph_journal_verify(journal, own, NULL, &finding->what) == 0) ||
	       fails(finding, VERIFIES, "the journal");
}

static bool check_rows(struct ph_site *site, struct rows *rows, struct finding *finding)
{
	if (read_rows(site, rows) != 0) {
		return fails(finding, KEPT_IS_WHOLE, "what is kept cannot be read");
	}
	if (rows->n < keeping.before.n) {
		return fails(finding, KEPT_IS_WHOLE, "pieces are gone that were kept");
	}
	if (rows->n > keeping.after.n ||
	    memcmp(rows->row, keeping.after.row, rows->n * sizeof(rows->row[0])) != 0) {
		return fails(finding, KEPT_IS_WHOLE,
			     "a piece is kept that is not as it came");
	}
	return true;
}

static bool check_site(const char *disk, struct finding *finding)
{
	struct machine clock = keeping.clock[1];
	struct ph_site *site = NULL;
	struct ph_hub *hub = NULL;
	struct rows rows = { .n = 0 };
	bool good;

	machine_boot(&clock);
	good = world_open_site(&clock, disk, &site, &finding->what) == 0 ||
	       fails(finding, OPENS, "the site");
	good = good && check_rows(site, &rows, finding) &&
	       verifies(ph_site_journal(site), ph_site_sign(site)->key, finding);
	if (good) {
		hub = open_restored("y");
		good = gets_back(hub, site, rows.n > 0 ? rows.row[rows.n - 1].last : 0,
				 finding);
		sim_disk_kill("y");
		ph_hub_close(hub);
	}
	sim_disk_kill(disk);
	ph_site_close(site);
	return good;
}

static bool ends_with_a_piece(uint64_t n)
{
	bool ends = n == 0;

	for (unsigned i = 0; i < keeping.after.n; i++) {
		ends = ends || keeping.after.row[i].last == n;
	}
	return ends;
}

static bool check_hub(const char *disk, struct finding *finding)
{
	struct machine clock = keeping.clock[0], other = keeping.clock[1];
	struct ph_site *site = NULL;
	struct ph_hub *hub = NULL;
	uint64_t n = 0;
	bool good;

	machine_boot(&clock);
	good = world_open_hub(&clock, disk, &hub, &finding->what) == 0 ||
	       fails(finding, OPENS, "the hub");
	if (good && (read_desk(hub, &n) != 0 || !ends_with_a_piece(n))) {
		good = fails(finding, KEPT_IS_WHOLE,
			     "a part of what came back of the desk log counts as whole");
	}
	if (good && !hub->collecting) {
		good = fails(finding, ACKNOWLEDGED_STAYS,
			     "it does not know any more that it was restored");
	}
	good = good && verifies(ph_hub_journal(hub), NULL, finding);
	if (good) {
		sim_disk_copy(SITE_DISK, "y", true);
		must(world_open_site(&other, "y", &site, &finding->what), &finding->what);
		good = gets_back(hub, site, keeping.n_words, finding);
		sim_disk_kill("y");
		ph_site_close(site);
	}
	good = good && check_new_hub(hub, disk, finding);
	sim_disk_kill(disk);
	ph_hub_close(hub);
	return good;
}

/* --- the play --- */

static void say_words(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		json_decref(ask(keeping.hub,
				json_pack("{s:s, s:[{s:s, s:s, s:i}]}", "command",
					  "record", "entries", "kind", "training",
					  "topic", "Sao lưu", "workers", (int)i + 1)));
	}
}

static void note_words(void)
{
	const struct ph_log *log = ph_writer_log(keeping.hub->desk);

	memcpy(keeping.log_id, log->id, sizeof(keeping.log_id));
	keeping.n_words = log->n;
	if (log->n > WORDS_MAX) {
		power_die("the hub has said too much");
	}
	for (uint64_t n = 0; n <= log->n; n++) {
		must(ph_journal_chain_at(ph_hub_journal(keeping.hub), log, n,
					 keeping.h[n]),
		     NULL);
	}
}

/* The PC calls, and DISK, which stores something then, is watched. */
static void call(const char *disk,
		 bool (*check)(const char *disk, struct finding *finding),
		 const char *when)
{
	struct ph_error err = { 0 };

	for (unsigned i = 0; i < 2; i++) {
		keeping.clock[i].now.wall += 20;
		keeping.clock[i].now.mono_ms += 20000;
	}
	must(read_rows(keeping.site, &keeping.before), NULL);
	keeping.watched = disk;
	keeping.ops = 0;
	sim_disk_watch(on_op, NULL);
	must(session(keeping.hub, keeping.site, &err), &err);
	sim_disk_watch(NULL, NULL);
	must(read_rows(keeping.site, &keeping.after), NULL);
	look_at_all(check, when);
}

static void begin(uint64_t seed, unsigned lies)
{
	struct ph_error err = { 0 };
	bool powersafe = draw() % 2 == 0;
	unsigned sector = draw() % 2 ? 512 : 4096;

	sim_disk_seed(seed);
	for (unsigned i = 0; i < 2; i++) {
		const char *disk = i == 0 ? HUB_DISK : SITE_DISK;
		struct machine *clock = &keeping.clock[i];
		struct sim_disk_traits *traits;

		*clock = (struct machine){ .now = { .wall = INT64_C(1790007200),
						    .mono_ms = 5000,
						    .boot = { 1, (uint8_t)(20 + i) } },
					   .is_without = true };
		ph_rng_seed(&clock->seeded, draw(), &clock->rng);
		sim_disk_add(disk);
		traits = sim_disk_traits(disk);
		traits->powersafe = powersafe;
		traits->sector = sector;
		traits->lies = lies;
	}
	sim_disk_copy("p-a", SITE_DISK, true);
	sim_disk_copy(power_pristine_hub, HUB_DISK, true);
	must(world_open_site(&keeping.clock[1], SITE_DISK, &keeping.site, &err), &err);
	must(world_open_hub(&keeping.clock[0], HUB_DISK, &keeping.hub, &err), &err);
}

void found_kept(struct tally *tally, uint64_t script, uint64_t seed, unsigned lies,
		unsigned odds)
{
	memset(&keeping, 0, sizeof(keeping));
	keeping.tally = tally;
	keeping.script = script;
	keeping.draws = seed;
	keeping.odds = odds;
	begin(seed, lies);
	for (unsigned i = 0; i < CALLS; i++) {
		say_words(1 + draw() % 4);
		note_words();
		call(SITE_DISK, check_site, "a device stores a piece of the desk log");
	}
	if (keeping.after.n != CALLS) {
		power_die("a device was given %u pieces", keeping.after.n);
	}
	ph_hub_close(keeping.hub);
	keeping.hub = open_restored(HUB_DISK);
	if (!keeping.failed) {
		uint64_t n = 0;

		call(HUB_DISK, check_hub, "a hub takes back pieces of its desk log");
		must(read_desk(keeping.hub, &n), NULL);
		if (n != keeping.n_words) {
			power_die("%u of %u words came back", (unsigned)n,
				  (unsigned)keeping.n_words);
		}
	}
	ph_hub_close(keeping.hub);
	ph_site_close(keeping.site);
}

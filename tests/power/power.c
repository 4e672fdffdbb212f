/*
 * tests/power/power.c - power cuts over the real stores of hub, sites and a courier.
 *
 *	power [--count N] [--seed S] [--seconds T | --script K | --plant LIE|all]
 *
 * Random scripts of what hub and sites do (script.c) run over the simulated disk. At
 * operations on a disk (each write, sync, truncate, new name, rename, removal) its state
 * after a cut at that moment is taken as an image, while the script goes on; when the call
 * is over the image is opened and looked at (check.c). One operation in two is drawn for that,
 * in every eighth script each; of a call with more than SHOTS of these so many images are kept,
 * each as likely as another. Now and then the power really goes, or the process is killed: the
 * machine is started again from what is left, and goes on from there.
 *
 * With --seconds no script is begun after so many, and without --count it is they alone that
 * end the run.
 *
 * One script of a hundred is run twice more, and the same must happen.
 *
 * Odd scripts run on disks that may spoil the sector around a torn write and say so to
 * SQLite, even ones on such as SQLite's unix VFS believes in.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "common/base/error.h"
#include "tests/power/check.h"
#include "tests/unit/seed_args.h"

enum {
	SHOTS = 48,  /* images of one call */
	STEPS = 40,  /* of a script */
	KINDS = 20,  /* of steps */
	TWICE = 100, /* one script of so many is run twice */
	NEAR = 60,   /* operations until the power goes; ... */
	FAR = 600,   /* ... one time of three, as many as the longest calls have */
	SEEN = 8000, /* cuts; of so many some are late in a call */
};

#define ENDLESS 1000000000000u /* cuts, of those that only the time ends */

static const struct {
	const char *name;
	unsigned lies;
} plants[] = {
	{ "nosync", SIM_LIE_STORE | SIM_LIE_WAL | SIM_LIE_FILE | SIM_LIE_FOLDER },
	{ "nosync-wal", SIM_LIE_WAL },
	{ "nosync-database", SIM_LIE_STORE },
	{ "nosync-folder", SIM_LIE_FOLDER },
	{ "nosync-file", SIM_LIE_FILE },
	{ "not-powersafe", SIM_LIE_POWERSAFE },
};

/* A disk as a cut would leave it. */
struct shot {
	char disk[8];
	uint64_t op, seed;
	uint64_t at; /* operation of its call; 0: of none */
	enum sim_disk_op what;
	char path[64];
	struct machine clock;
};

static struct run {
	struct world world;
	uint64_t script, step;
	unsigned machine; /* whose call it is; MACHINES: none */
	struct holding before;
	struct shot shot[SHOTS];
	unsigned n_shots;
	uint64_t seen;   /* operations of the call that could have given one */
	unsigned odds;   /* one operation of so many gives an image */
	uint64_t draws;  /* for the images, apart from the script's */
	uint64_t cut_in; /* operations until the power really goes; 0: it stays */
	unsigned gone;   /* the machine whose power went; MACHINES: none */
	uint64_t ops;    /* of the script */
	uint64_t call_from, call; /* where one began; the longest of this step */
	unsigned plant_lies;
	/* what happened */
	struct tally tally;
	uint64_t scripts, steps, real, kills, between, founded, kept, twice;
	uint64_t late; /* images behind the operation 2 * SHOTS of a call */
	struct {
		const char *doing;
		uint64_t n, call, step; /* operations of the longest */
	} kind[KINDS];
} run;

static uint64_t draw(void)
{
	return power_draw(&run.draws);
}

static void report(const struct finding *finding, const struct shot *shot)
{
	char where[256];

	snprintf(where, sizeof(where),
		 "script %llu, step %llu (%s) of %s, behind operation %llu (%s of %s)",
		 (unsigned long long)run.script, (unsigned long long)run.step,
		 run.world.doing, power_name[run.machine], (unsigned long long)shot->op,
		 power_op_name[shot->what], shot->path);
	tally_finding(&run.tally, finding, where, shot->seed);
}

static void look_at(struct shot *shot, const struct holding *after)
{
	static const uint8_t none[sizeof(after->beside.front)];
	struct finding finding;
	bool has_front = memcmp(run.before.beside.front, none, sizeof(none)) != 0 ||
			 (after && memcmp(after->beside.front, none, sizeof(none)) != 0);
	struct after_cut cut = { .disk = shot->disk,
				 .seed = shot->seed,
				 .machine = run.machine,
				 .clock = &shot->clock,
				 .before = &run.before,
				 .after = after,
				 .meets = draw() % (has_front ? 8 : 16) == 0,
				 .world = &run.world };

	ph_rng_seed(&shot->clock.seeded, shot->seed, &shot->clock.rng);
	run.late += shot->at > 2 * SHOTS;
	run.tally.sessions += cut.meets;
	run.tally.fronts += has_front;
	run.tally.fronts_met += has_front && cut.meets;
	if (!check_after_cut(&cut, &finding)) {
		report(&finding, shot);
	}
	run.tally.verified += finding.verified;
}

/* In the place AT: the next, or that of an earlier one. */
static void take_shot(unsigned at, enum sim_disk_op what, const char *path)
{
	struct shot *shot = &run.shot[at];

	if (at == run.n_shots) {
		run.n_shots++;
		tally_image(&run.tally, run.machine, what);
	} else {
		tally_image_replaced(&run.tally, shot->what, what);
	}
	snprintf(shot->disk, sizeof(shot->disk), "x%u", at);
	snprintf(shot->path, sizeof(shot->path), "%s", path);
	shot->op = run.ops;
	shot->at = 0;
	shot->what = what;
	shot->seed = draw();
	shot->clock = run.world.machine[run.machine];
	sim_disk_image(power_name[run.machine], shot->disk, shot->seed, &run.tally.lost);
}

static void on_op(void *data, const char *name, enum sim_disk_op what, const char *path)
{
	(void)data;
	if (run.machine == MACHINES || strcmp(name, power_name[run.machine]) != 0) {
		return;
	}
	run.ops++;
	if (run.cut_in > 0 && --run.cut_in == 0) {
		run.gone = run.machine;
		if (draw() % 3 == 0) {
			sim_disk_kill(name);
			run.kills++;
			return;
		}
		sim_disk_cut(name, draw(), &run.tally.lost);
		run.real++;
		run.tally.cuts++;
		run.tally.budget -= run.tally.budget > 0;
		run.tally.at[what]++;
		run.tally.of[run.machine]++;
		return;
	}
	if (run.tally.budget > 0 && draw() % run.odds == 0) {
		unsigned at = tally_place(&run.draws, SHOTS, &run.seen);

		if (at < SHOTS) {
			take_shot(at, what, path);
			run.shot[at].at = run.ops - run.call_from;
		}
	}
}

/* Look at the images of the call that is over. */
static void look_at_all(const struct holding *after)
{
	for (unsigned i = 0; i < run.n_shots; i++) {
		look_at(&run.shot[i], after);
	}
	run.n_shots = 0;
	run.seen = 0;
}

static void on_call(void *data, unsigned machine, bool ended)
{
	(void)data;
	if (!ended) {
		run.machine = machine;
		run.call_from = run.ops;
		run.before = run.world.promised[machine];
		return;
	}
	run.call =
		run.ops - run.call_from > run.call ? run.ops - run.call_from : run.call;
	/* how far a call would have come whose power went nobody knows */
	look_at_all(run.gone == MACHINES ? &run.world.promised[machine] : NULL);
	/* between this call and the next: what it acknowledged is there */
	run.before = run.world.promised[machine];
	if (run.gone == MACHINES && run.tally.budget > 0 && draw() % 8 == 0) {
		take_shot(0, SIM_OP_SYNC, "nothing: between two calls");
		run.between++;
		look_at_all(&run.before);
	}
	run.machine = MACHINES;
}

/*
 * The power of a machine went in this step, or its process was killed: start it again. An
 * image is looked at for what was promised; what is seen after the start is promised too.
 */
static void start_again(void)
{
	struct world *world = &run.world;
	unsigned i = run.gone;
	struct machine *machine = &world->machine[i];
	struct shot shot = { .disk = "z", .op = run.ops, .what = SIM_OP_WRITE };
	struct ph_error err = { 0 };
	struct holding now;
	int rc;

	snprintf(shot.path, sizeof(shot.path), "the last: it died");
	if (i == HUB) {
		ph_hub_close(world->hub);
		world->hub = NULL;
	} else {
		ph_site_close(world->site[i]);
		world->site[i] = NULL;
	}
	run.gone = MACHINES;
	sim_disk_on(power_name[i]);

	shot.seed = draw();
	sim_disk_image(power_name[i], shot.disk, shot.seed, &run.tally.lost);
	run.tally.cuts++;
	run.tally.budget -= run.tally.budget > 0;
	run.tally.of[i]++;
	run.between++;
	shot.clock = *machine;
	run.machine = i;
	run.before = world->promised[i];
	look_at(&shot, NULL);
	run.machine = MACHINES;

	machine_boot(machine);
	rc = i == HUB ? world_open_hub(machine, power_name[i], &world->hub, &err)
		      : world_open_site(machine, power_name[i], &world->site[i], &err);
	if (rc == 0) {
		rc = i == HUB ? hub_holding(world->hub, &now)
			      : site_holding(world->site[i], &now);
	}
	if (rc != 0) {
		run.tally.failures++;
		printf("# script %llu cannot go on: %s\n", (unsigned long long)run.script,
		       err.text);
		return;
	}
	power_keep_words(&world->promised[i], &now);
	power_month_turns(world, &world->promised[i], &now);
	if (i != HUB) {
		(void)power_front_gone(world->site[i], &world->promised[i], &now);
	}
	world->promised[i] = now;
	if (i != HUB && power_desk_settle(world, i) != 0) {
		run.tally.failures++;
		printf("# script %llu: neither PIN of %s opens its desk\n",
		       (unsigned long long)run.script, power_name[i]);
		return;
	}
	now = world->promised[i];

	/* before anything more is synced */
	run.machine = i;
	run.before = now;
	for (unsigned n = 0; n < 3 && run.tally.budget > 0; n++) {
		take_shot(n, SIM_OP_SYNC, "nothing: just started");
		run.between++;
	}
	look_at_all(&now);
	run.machine = MACHINES;
}

static void count_step(const char *doing, uint64_t ops)
{
	unsigned i = 0;

	while (run.kind[i].doing && strcmp(run.kind[i].doing, doing) != 0) {
		if (++i == KINDS) {
			power_die("too many kinds of steps");
		}
	}
	run.kind[i].doing = doing;
	run.kind[i].n++;
	run.kind[i].call = run.call > run.kind[i].call ? run.call : run.kind[i].call;
	run.kind[i].step = ops > run.kind[i].step ? ops : run.kind[i].step;
}

static void run_script(uint64_t seed, uint64_t script)
{
	struct world *world = &run.world;
	uint64_t failures = run.tally.failures;

	run.script = script;
	run.draws = seed ^ (script * 0xd1342543de82ef95u);
	run.odds = script % 8 == 7 ? 1 : 2;
	run.ops = 0;
	run.machine = MACHINES;
	run.gone = MACHINES;
	run.cut_in = 0;
	/* before anything is open: SQLite asks once */
	for (unsigned i = 0; i < MACHINES; i++) {
		struct sim_disk_traits *traits;

		sim_disk_add(power_name[i]);
		traits = sim_disk_traits(power_name[i]);
		traits->powersafe = script % 2 == 0;
		traits->sector = script % 4 < 2 ? 512 : 4096;
		traits->lies = run.plant_lies;
	}
	world_begin(world, draw() >> 8);
	sim_disk_watch(on_op, NULL);
	world->call = on_call;
	for (run.step = 0; run.step < STEPS && run.tally.budget > 0; run.step++) {
		uint64_t ops = run.ops;
		bool good;

		run.call = 0;
		if (run.cut_in == 0 && draw() % 4 == 0) {
			run.cut_in = 1 + draw() % (draw() % 3 == 0 ? FAR : NEAR);
		}
		good = world_step(world);
		run.steps++;
		count_step(world->doing, run.ops - ops);
		if (run.gone < MACHINES) {
			start_again();
		} else if (!good) {
			run.tally.failures++;
			printf("# script %llu, step %llu: %s fails: %s\n",
			       (unsigned long long)script, (unsigned long long)run.step,
			       world->doing, world->err.text);
		}
		if (run.tally.failures > failures) {
			break;
		}
	}
	run.scripts++;
	world_end(world);
	sim_disk_watch(NULL, NULL);
}

/*
 * Run SCRIPT twice, for so many CUTS: all that is drawn and counted must be the same, but for
 * how many databases were new.
 */
static bool agrees(uint64_t seed, uint64_t script, uint64_t cuts)
{
	static struct run kept, first;
	bool same;

	memcpy(&kept, &run, sizeof(run));
	for (int i = 0; i < 2; i++) {
		memcpy(&first, &run, sizeof(run));
		memset(&run, 0, sizeof(run));
		run.tally.budget = cuts;
		run.tally.quiet = true;
		run_script(seed, script);
		run.tally.verified = 0;
	}
	same = memcmp(&first.tally, &run.tally, sizeof(run.tally)) == 0 &&
	       first.draws == run.draws && first.world.draws == run.world.draws &&
	       first.steps == run.steps && first.ops == run.ops &&
	       first.kills == run.kills && run.tally.cuts > 0;
	memcpy(&run, &kept, sizeof(run));
	run.twice++;
	return same;
}

static void run_twice(uint64_t seed, uint64_t script)
{
	if (script % TWICE == 0 && !agrees(seed, script, 1 + arg_count / TWICE)) {
		run.tally.failures++;
		printf("# script %llu: another time, another outcome\n",
		       (unsigned long long)script);
	}
}

/* Sites join, and now and then a hub is made, which costs two slow key derivations a cut. */
static void found(uint64_t seed, uint64_t script)
{
	uint64_t own = seed ^ ((script + 1) * 0x9fb21c651e98df25u);

	if (run.tally.budget > 0 && script % 8 == 0) {
		found_site(&run.tally, script, own, run.plant_lies, 4);
		run.founded++;
	}
	if (run.tally.budget > 0 && script % 32 == 1) {
		found_hub(&run.tally, script, own, run.plant_lies, 4);
		run.founded++;
	}
	if (run.tally.budget > 0 && script % 8 == 1) {
		found_kept(&run.tally, script, own + 1, run.plant_lies, 4);
		run.kept++;
	}
}

static void print_counts(double seconds)
{
	printf("# %llu cuts (%llu of them for good, %llu between two calls) and %llu "
	       "kills in %llu "
	       "scripts of %llu steps in all, %llu folders being made and %llu times "
	       "pieces of a desk log on their ways; hub %llu, "
	       "sites "
	       "%llu, courier %llu, folders %llu; %.1f s\n",
	       (unsigned long long)run.tally.cuts, (unsigned long long)run.real,
	       (unsigned long long)run.between, (unsigned long long)run.kills,
	       (unsigned long long)run.scripts, (unsigned long long)run.steps,
	       (unsigned long long)run.founded, (unsigned long long)run.kept,
	       (unsigned long long)run.tally.of[HUB],
	       (unsigned long long)(run.tally.of[SITE_A] + run.tally.of[SITE_B] +
				    run.tally.of[SITE_C]),
	       (unsigned long long)run.tally.of[COURIER],
	       (unsigned long long)run.tally.of[SITE_NEW], seconds);
	printf("# steps");
	for (unsigned i = 0; i < KINDS && run.kind[i].doing; i++) {
		printf("%s %s %llu", i ? "," : "", run.kind[i].doing,
		       (unsigned long long)run.kind[i].n);
	}
	printf("\n# operations of the longest call, and step:");
	for (unsigned i = 0; i < KINDS && run.kind[i].doing; i++) {
		printf("%s %s %llu %llu", i ? "," : "", run.kind[i].doing,
		       (unsigned long long)run.kind[i].call,
		       (unsigned long long)run.kind[i].step);
	}
	printf("; %llu images were taken behind the %uth of a call\n",
	       (unsigned long long)run.late, 2 * SHOTS);
	tally_print(&run.tally);
	printf("# %llu different databases verified and folded anew; %llu machines went "
	       "on to "
	       "a session; %llu scripts run twice\n",
	       (unsigned long long)run.tally.verified,
	       (unsigned long long)run.tally.sessions, (unsigned long long)run.twice);
}

static int verdict(void)
{
	bool is_blind = run.tally.cuts >= SEEN && run.late == 0;
	bool good = run.tally.failures == 0 && run.tally.cuts > 0 && !is_blind;

	if (is_blind) {
		printf("# of so many cuts none was late in a call: the run shows "
		       "nothing\n");
	}
	printf("1..1\n%s 1 - %llu power cuts, seed %llu\n", good ? "ok" : "not ok",
	       (unsigned long long)run.tally.cuts, (unsigned long long)arg_seed);
	return good ? 0 : 1;
}

/* Take NAME VALUE out of the arguments; NULL if it is not there. */
static const char *take_option(int *argc, char **argv, const char *name)
{
	for (int i = 1; i + 1 < *argc; i++) {
		if (strcmp(argv[i], name) == 0) {
			const char *value = argv[i + 1];

			memmove(&argv[i], &argv[i + 2],
				(size_t)(*argc - i - 2) * sizeof(argv[0]));
			*argc -= 2;
			return value;
		}
	}
	return NULL;
}

static double clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Until the cuts are made, the time END of clock_now() has come, or enough is broken. */
static void run_all(uint64_t seed, bool planted, double end)
{
	for (uint64_t script = 0;
	     run.tally.budget > 0 && run.tally.failures < 20 && clock_now() < end;
	     script++) {
		run_script(seed, script);
		found(seed, script);
		if (!planted) {
			run_twice(seed, script);
		}
		if (planted && run.tally.failures > 0) {
			break;
		}
	}
}

/* Each disk that lies, or the one that is named: all must be caught. */
static int run_plants(const char *name)
{
	size_t count = sizeof(plants) / sizeof(plants[0]);
	unsigned n = 0;
	int result = 0;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, "all") != 0 && strcmp(name, plants[i].name) != 0) {
			continue;
		}
		memset(&run, 0, sizeof(run));
		run.tally.budget = arg_count;
		run.tally.quiet = true;
		run.plant_lies = plants[i].lies;
		run_all(arg_seed, true, INFINITY);
		if (run.tally.failures > 0) {
			printf("ok %u - planted %s: caught, at cut %llu\n", ++n,
			       plants[i].name, (unsigned long long)run.tally.first_at);
		} else {
			printf("not ok %u - planted %s: not caught in %llu cuts\n", ++n,
			       plants[i].name, (unsigned long long)run.tally.cuts);
			result = 1;
		}
	}
	printf("1..%u\n", n);
	return n > 0 ? result : 2;
}

static int usage(void)
{
	fputs("usage: power [--count N] [--seed S] [--seconds T | --script K | --plant "
	      "all",
	      stderr);
	for (size_t i = 0; i < sizeof(plants) / sizeof(plants[0]); i++) {
		fprintf(stderr, " | %s", plants[i].name);
	}
	fputs("]\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *plant = take_option(&argc, argv, "--plant");
	const char *only = take_option(&argc, argv, "--script");
	const char *time = take_option(&argc, argv, "--seconds");
	double begun = clock_now();
	struct timespec begin;
	struct timespec end;
	uint64_t script = 0, seconds = 0;
	int result = 0;

	if (ph_crypto_start() != 0 || (plant && only) || (time && (plant || only)) ||
	    (only && !given_number("--script", only, 0, &script)) ||
	    (time && !given_number("--seconds", time, 1, &seconds)) ||
	    !read_args(argc, argv, time ? ENDLESS : 2000, time ? ENDLESS : 100000)) {
		return usage();
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("# seed %llu\n", (unsigned long long)arg_seed);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	run.tally.budget = arg_count;
	sim_disk_begin(1);
	world_make();
	if (plant) {
		result = run_plants(plant);
	} else if (only) {
		run_script(arg_seed, script);
		found(arg_seed, script);
	} else {
		run_all(arg_seed, false,
			seconds > 0 ? begun + (double)seconds : INFINITY);
	}
	sim_disk_end();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	if (plant) {
		return result == 2 ? usage() : result;
	}
	print_counts((double)(end.tv_sec - begin.tv_sec) +
		     (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
	return verdict();
}

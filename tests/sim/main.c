/*
 * tests/sim/main.c - provinces by number: sim [--seeds A-B | --count N [--seed S] | --seed N
 * | --script FILE] [--seconds T] [--jobs J] …: args.c
 *
 * Processes of their own play the seeds, each some of them; one that dies is started again
 * behind the seed at which it died, which counts as broken, and so does one that hangs, which
 * is ended (limit.h). One seed in a hundred is
 * played twice, and so is one that is played alone; another one in a hundred is looked at
 * closely (step.c). Of several the first that broke is
 * shrunk for a while, unless it hangs, when each try would take its limit. The exit status is 1 when anything broke.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "tests/sim/args.h"
#include "tests/sim/limit.h"
#include "tests/sim/sim.h"

#define SHRINK_MANY_SECONDS 90  /* for the first that broke of many */
#define COMPARED_OF         100 /* provinces; of so many some ledger is compared */
#define TIME_UP             3   /* a worker's exit status when --seconds are over */

static struct sim_args args;

/* What a worker writes for each seed. */
struct word {
	uint64_t seed;
	struct sim_result result;
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- one --- */

/* AGAIN is the same province once more: it must have come to the same. */
static void compare_runs(struct sim_result *result, const struct sim_result *again)
{
	if (result->broken == SIM_OK &&
	    memcmp(again->digest, result->digest, sizeof again->digest) != 0) {
		result->broken = SIM_TWICE;
		snprintf(result->what, sizeof result->what,
			 "two runs of this seed differ");
	}
}

static void plan(struct sim_script *script, uint64_t seed)
{
	sim_plan(script, seed);
	script->closely |= args.closely;
}

static void play_seed(uint64_t seed, struct sim_result *result)
{
	static struct sim_script script;
	struct sim_result again;

	plan(&script, seed);
	sim_run(&script, NULL, result);
	if (seed % 100 == 0 && result->broken == SIM_OK) {
		sim_run(&script, NULL, &again);
		compare_runs(result, &again);
	}
}

static void tell_broken(uint64_t seed, const struct sim_result *result)
{
	printf("# seed %" PRIu64 " at %.3f d: %s (%s): %s\n", seed,
	       (double)result->second / 86400.0, sim_invariants[result->broken].name,
	       sim_invariants[result->broken].doc, result->what);
	fflush(stdout);
}

/* What the programs tell their people of full disks is nobody's here. */
static void be_quiet(bool traced)
{
	if (!traced && freopen("/dev/null", "w", stderr) == NULL) {
		_exit(1);
	}
}

/* What --fall says of SCRIPT: two events are needed to break it so, and one breaks it otherwise. */
static void fall(const struct sim_script *script, struct sim_result *result)
{
	unsigned n = 0;

	for (size_t i = 0; i < script->n_events; i++) {
		n += script->events[i].op == SIM_DO_POWER;
	}
	*result = (struct sim_result){ .broken = n > 1    ? SIM_HEALTHY
						 : n == 1 ? SIM_LIVE
							  : SIM_OK };
	snprintf(result->what, sizeof result->what, "power fails %u times", n);
}

/* SCRIPT in a process of its own, since it may die. */
static void run_apart(const struct sim_script *script, FILE *trace,
		      struct sim_result *result)
{
	int ends[2], status = 0;
	ssize_t n;
	pid_t child;

	if (args.one_falls && script->seed == args.falls) {
		fall(script, result);
		return;
	}
	if (pipe(ends) != 0) {
		perror("pipe");
		exit(1);
	}
	fflush(NULL);
	child = fork();
	if (child == 0) {
		be_quiet(trace != NULL);
		limit_begin(&args, script->seed);
		sim_run(script, trace, result);
		n = write(ends[1], result, sizeof *result);
		fflush(NULL);
		_exit(n == (ssize_t)sizeof *result ? 0 : 1);
	}
	close(ends[1]);
	n = child < 0 ? -1 : read(ends[0], result, sizeof *result);
	close(ends[0]);
	if (child > 0) {
		waitpid(child, &status, 0);
	}
	if (n != (ssize_t)sizeof *result) {
		*result = (struct sim_result){ .broken = SIM_DIED };
		limit_tell(&args, status, result->what, sizeof result->what);
	}
}

/* The same, and once more if it held. */
static void run_twice(const struct sim_script *script, FILE *trace,
		      struct sim_result *result)
{
	struct sim_result again;

	run_apart(script, trace, result);
	if (result->broken == SIM_OK) {
		run_apart(script, NULL, &again);
		compare_runs(result, &again);
	}
}

/* --- shrinking --- */

/* Whether SCRIPT without events FROM to TO breaks the same. */
static bool breaks_without(const struct sim_script *script, size_t from, size_t to,
			   enum sim_invariant wanted, struct sim_script *out)
{
	struct sim_result result;

	*out = *script;
	/* time passes all the same: what stays happens when it did */
	for (size_t i = from; i < to && to < script->n_events; i++) {
		out->events[to].after += script->events[i].after;
	}
	memmove(&out->events[from], &out->events[to],
		(script->n_events - to) * sizeof out->events[0]);
	out->n_events -= to - from;
	run_twice(out, NULL, &result);
	return result.broken == wanted;
}

/* Until UNTIL, by seconds(), at most; what has been left out by then stays out. */
static void shrink(struct sim_script *script, enum sim_invariant wanted, double until)
{
	static struct sim_script less;
	struct sim_result result;
	bool any = true;

	for (size_t step = (script->n_events + 1) / 2; step > 0;
	     step = any ? step : step / 2) {
		any = false;
		for (size_t from = script->n_events; from > 0 && seconds() < until;) {
			size_t to = from;

			from = from > step ? from - step : 0;
			if (breaks_without(script, from, to, wanted, &less)) {
				*script = less;
				any = true;
			}
		}
		any = any && step > 1;
	}
	while (script->n_devices > 1 && seconds() < until) {
		less = *script;
		less.n_devices--;
		run_twice(&less, NULL, &result);
		if (result.broken != wanted) {
			break;
		}
		*script = less;
	}
	/* plain sessions, if they do */
	for (size_t i = 0; i < script->n_events && seconds() < until; i++) {
		less = *script;
		less.events[i].op = SIM_DO_SYNC;
		if (script->events[i].op >= SIM_DO_CUT &&
		    script->events[i].op <= SIM_DO_LINGER) {
			run_twice(&less, NULL, &result);
			if (result.broken == wanted) {
				*script = less;
			}
		}
	}
}

/* SCRIPT, which breaks by WANTED, as short as it gets, printed. */
static void tell_shrunk(struct sim_script *script, enum sim_invariant wanted,
			double until)
{
	struct sim_result result;

	shrink(script, wanted, until);
	run_twice(script, NULL, &result);
	printf("# seed %" PRIu64 " shrunk to %zu events; replay with --script FILE\n",
	       script->seed, script->n_events);
	printf("# %s: %s\n", sim_invariants[result.broken].name, result.what);
	sim_script_print(script, stdout);
	fflush(stdout);
}

static void tell_tap(bool ok, uint64_t n)
{
	if (args.tap) {
		printf("%s 1 - %" PRIu64 " provinces\n1..1\n", ok ? "ok" : "not ok", n);
	}
}

static int play_one(struct sim_script *script)
{
	struct sim_result result;

	run_twice(script, args.trace ? stdout : NULL, &result);
	tell_tap(result.broken == SIM_OK, 1);
	if (result.broken == SIM_OK) {
		printf("# seed %" PRIu64 ": all invariants held; %" PRIu64
		       " entries, %" PRIu64 " sessions, %" PRIu64 " cases, %" PRIu64
		       " looks at a whole store\n",
		       script->seed, result.tally.entries, result.tally.sessions,
		       result.tally.cases, result.tally.looks);
		return 0;
	}
	tell_broken(script->seed, &result);
	if (args.shrink) {
		tell_shrunk(script, result.broken, INFINITY);
	}
	return 1;
}

/* --- many --- */

struct worker {
	pid_t pid;
	int from;
	uint64_t next, last, step; /* seeds it plays */
};

static double began;

static bool time_is_up(void)
{
	return args.seconds > 0 && seconds() - began >= (double)args.seconds;
}

static void work(const struct worker *worker, int to)
{
	be_quiet(false);
	for (uint64_t seed = worker->next; seed <= worker->last; seed += worker->step) {
		static struct word word;

		if (time_is_up()) {
			_exit(TIME_UP);
		}
		word.seed = seed;
		limit_begin(&args, seed);
		play_seed(seed, &word.result);
		if (write(to, &word, sizeof word) != (ssize_t)sizeof word) {
			_exit(1);
		}
	}
	_exit(0);
}

static void start(struct worker *worker)
{
	int ends[2];

	if (pipe(ends) != 0) {
		perror("pipe");
		exit(1);
	}
	fflush(NULL);
	worker->pid = fork();
	if (worker->pid == 0) {
		close(ends[0]);
		work(worker, ends[1]);
	}
	close(ends[1]);
	worker->from = ends[0];
}

static struct sim_tally sums;
static uint64_t played, last_played, broken[SIM_INVARIANTS], n_broken;
static struct {
	uint64_t seed;
	enum sim_invariant how;
} first_broken; /* by any worker, of those that do not hang */

static void add_up(uint64_t seed, const struct sim_result *result, bool hangs)
{
	const uint64_t *from = (const uint64_t *)&result->tally;
	uint64_t *to = (uint64_t *)&sums;

	played++;
	last_played = seed > last_played ? seed : last_played;
	for (size_t i = 0; i < sizeof sums / sizeof *to; i++) {
		to[i] += from[i];
	}
	broken[result->broken]++;
	n_broken += result->broken != SIM_OK;
	if (result->broken != SIM_OK && first_broken.how == SIM_OK && !hangs) {
		first_broken.seed = seed;
		first_broken.how = result->broken;
	}
}

static bool read_word(int from, struct word *word)
{
	size_t got = 0;

	while (got < sizeof *word) {
		ssize_t n = read(from, (char *)word + got, sizeof *word - got);

		if (n <= 0) {
			return false;
		}
		got += (size_t)n;
	}
	return true;
}

/* WORKER ended: if not with its last seed or the time, it died at the next, which is broken then. */
static void bury(struct worker *worker)
{
	static struct sim_result died;
	int status = 0;
	bool hangs;

	close(worker->from);
	waitpid(worker->pid, &status, 0);
	worker->from = -1;
	if (worker->next > worker->last ||
	    (WIFEXITED(status) && WEXITSTATUS(status) == TIME_UP && time_is_up())) {
		return;
	}
	died = (struct sim_result){ .broken = SIM_DIED };
	hangs = limit_tell(&args, status, died.what, sizeof died.what);
	add_up(worker->next, &died, hangs);
	tell_broken(worker->next, &died);
	worker->next += worker->step;
	if (worker->next <= worker->last) {
		start(worker);
	}
}

/* WORKER has something to say, or has ended. */
static void listen_to(struct worker *worker)
{
	static struct word word;

	if (!read_word(worker->from, &word)) {
		bury(worker);
		return;
	}
	add_up(word.seed, &word.result, false);
	if (word.result.broken != SIM_OK) {
		tell_broken(word.seed, &word.result);
	}
	worker->next = word.seed + worker->step;
}

/* To whoever speaks, so that none waits until another has done. */
static void listen_to_all(struct worker *workers, unsigned n)
{
	struct pollfd ends[ARGS_JOBS_MAX];
	bool any = true;

	while (any) {
		any = false;
		for (unsigned i = 0; i < n; i++) {
			ends[i] = (struct pollfd){ .fd = workers[i].from,
						   .events = POLLIN };
			any |= workers[i].from >= 0;
		}
		if (any && poll(ends, n, -1) < 0 && errno != EINTR) {
			perror("poll");
			exit(1);
		}
		for (unsigned i = 0; any && i < n; i++) {
			if (ends[i].revents != 0) {
				listen_to(&workers[i]);
			}
		}
	}
}

static void tell_all(double took)
{
	printf("# %" PRIu64 " provinces (seeds %" PRIu64 " to %" PRIu64 "%s) in %.1f s: "
	       "%" PRIu64 " devices, %" PRIu64 " entries, %" PRIu64 " sessions, %" PRIu64
	       " of them whole, %" PRIu64 " receipts, %" PRIu64 " acts of the operator, "
	       "%" PRIu64 " cases; %.2f rounds to converge\n",
	       played, args.first, last_played,
	       played > 0 && played == last_played - args.first + 1 ? "" : ", not each",
	       took, sums.devices, sums.entries, sums.sessions, sums.whole, sums.receipts,
	       sums.acts, sums.cases,
	       played > 0 ? (double)sums.rounds / (double)played : 0.0);
	printf("# events:");
	for (unsigned i = 0; i < SIM_OPS; i++) {
		printf(" %s %" PRIu64, sim_ops[i].name, sums.events[i]);
	}
	printf("\n# inside sessions: %" PRIu64 " cut, %" PRIu64
	       " processes ended; %" PRIu64
	       " entries died with a folder put back; %" PRIu64
	       " programs were older, for which %" PRIu64 " calls began anew; %" PRIu64
	       " copies are where the books have them\n",
	       sums.cuts_in, sums.kills_in, sums.dead, sums.older, sums.anew, sums.plain);
	printf("# same-ledger: %" PRIu64 " ledgers compared, %" PRIu64
	       " excused\n# judged: %" PRIu64 " entries of clocks that were behind\n",
	       sums.compared, sums.excused, sums.shifted);
	printf("# sticks: %" PRIu64 " packings, %" PRIu64 " bundles taken; hubs: %" PRIu64
	       " put back, %" PRIu64 " by an older copy, %" PRIu64
	       " torn snapshots, %" PRIu64
	       " words of desk logs back from devices; %" PRIu64
	       " times something was put off\n",
	       sums.packed, sums.carried, sums.lost, sums.back, sums.torn, sums.kept,
	       sums.put_off);
	printf("# couriers: %" PRIu64 " exchanges, %" PRIu64
	       " bundles signed for, %" PRIu64 " taken where they go; %" PRIu64
	       " bundles of hubs opened for the times in them\n",
	       sums.met, sums.vows, sums.brought, sums.told);
	printf("# between machines of a site: %" PRIu64 " exchanges, %" PRIu64
	       " entries came by them\n",
	       sums.lan, sums.by_lan);
	printf("# budgets: %" PRIu64 " sessions kept to one, %" PRIu64
	       " did not begin for want of it\n",
	       sums.bounded, sums.poor);
	printf("# readers: %" PRIu64 " orders to erase, %" PRIu64
	       " changes by who had not heard of them, %" PRIu64 " notes, %" PRIu64
	       " times a bundle with a part of theirs was found, %" PRIu64
	       " times what a cut had left went with them, %" PRIu64
	       " times such was read behind that\n",
	       sums.erased, sums.late_puts, sums.notes, sums.away, sums.fronts_gone,
	       sums.fronts_read);
	printf("# looks at a whole store on the way: %" PRIu64 "\n", sums.looks);
	for (unsigned i = 1; i < SIM_INVARIANTS; i++) {
		if (broken[i] > 0) {
			printf("# broken %" PRIu64 " times: %s\n", broken[i],
			       sim_invariants[i].name);
		}
	}
}

/* Whether so many were played that some ledger should have been compared, and none was. */
static bool is_blind(void)
{
	return played >= COMPARED_OF && sums.compared == 0;
}

static int play_many(void)
{
	static struct worker workers[ARGS_JOBS_MAX];
	static struct sim_script script;
	bool good;

	began = seconds();
	printf("# seeds %" PRIu64 " to %" PRIu64, args.first, args.last);
	if (args.seconds > 0) {
		printf("; none is begun after %" PRIu64 " s", args.seconds);
	}
	printf("\n");
	for (unsigned i = 0; i < args.jobs; i++) {
		workers[i] = (struct worker){ .next = args.first + i,
					      .last = args.last,
					      .step = args.jobs };
		start(&workers[i]);
	}
	listen_to_all(workers, args.jobs);
	tell_all(seconds() - began);
	good = n_broken == 0 && played > 0 && !is_blind();
	if (played == 0) {
		printf("# the time was up before a province was played\n");
	}
	if (is_blind()) {
		printf("# of so many provinces no ledger was compared: the run shows "
		       "nothing\n");
	}
	tell_tap(good, played);
	if (first_broken.how != SIM_OK) {
		plan(&script, first_broken.seed);
		tell_shrunk(&script, first_broken.how, seconds() + SHRINK_MANY_SECONDS);
	}
	return good ? 0 : 1;
}

static int print_script(const struct sim_script *script)
{
	sim_script_print(script, stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}

static int play_file(struct sim_script *script)
{
	FILE *file = strcmp(args.script, "-") == 0 ? stdin : fopen(args.script, "r");
	int rc;

	if (file == NULL) {
		perror(args.script);
		return 1;
	}
	rc = sim_script_read(script, file, args.script);
	if (file != stdin) {
		fclose(file);
	}
	script->closely |= args.closely;
	return rc != 0 ? 2 : play_one(script);
}

int main(int argc, char **argv)
{
	static struct sim_script script;
	int rc;

	if (args_ask_help(argc, argv)) {
		fputs(args_usage, stdout);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (sodium_init() < 0 || !args_read(&args, argc, argv)) {
		fputs(args_usage, stderr);
		return 2;
	}
	sim_start(sim_six_sites, 6);
	if (args.script != NULL) {
		rc = play_file(&script);
	} else if (args.first == args.last) {
		plan(&script, args.first);
		rc = args.print ? print_script(&script) : play_one(&script);
	} else {
		rc = play_many();
	}
	sim_end();
	return rc;
}

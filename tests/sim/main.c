/*
 * tests/sim/main.c - provinces by number: sim [--seeds A-B | --count N [--seed S] | --seed N
 * | --script FILE] [--jobs J] [--trace] [--shrink] [--print] [--tap] [--fixed S]
 *
 * Processes of their own play the seeds, each some of them; one that dies is started again
 * behind the seed at which it died, which counts as broken. One seed in a hundred is
 * played twice, and so is one that is played alone. Of several the first that broke is
 * shrunk for a while. The exit status is 1 when anything broke.
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

#include "tests/lib/first_seed.h"
#include "tests/sim/sim.h"

#define JOBS_MAX            64
#define SHRINK_MANY_SECONDS 90 /* for the first that broke of many */

static struct {
	uint64_t first, last;
	unsigned jobs;
	bool trace, shrink, tap, print;
	const char *script;
} args = { .jobs = 1 };

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

static void play_seed(uint64_t seed, struct sim_result *result)
{
	static struct sim_script script;
	struct sim_result again;

	sim_plan(&script, seed);
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

/* SCRIPT in a process of its own, since it may die. */
static void run_apart(const struct sim_script *script, FILE *trace,
		      struct sim_result *result)
{
	int ends[2], status = 0;
	ssize_t n;
	pid_t child;

	if (pipe(ends) != 0) {
		perror("pipe");
		exit(1);
	}
	fflush(NULL);
	child = fork();
	if (child == 0) {
		be_quiet(trace != NULL);
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
		snprintf(result->what, sizeof result->what, "signal %d",
			 WIFSIGNALED(status) ? WTERMSIG(status) : 0);
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
	if (from > 0) { /* time passes all the same */
		for (size_t i = from; i < to; i++) {
			out->events[from - 1].after += script->events[i].after;
		}
	}
	memmove(&out->events[from], &script->events[to],
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
		       " entries, %" PRIu64 " sessions, %" PRIu64 " cases\n",
		       script->seed, result.tally.entries, result.tally.sessions,
		       result.tally.cases);
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

static void work(const struct worker *worker, int to)
{
	be_quiet(false);
	for (uint64_t seed = worker->next; seed <= worker->last; seed += worker->step) {
		static struct word word;

		word.seed = seed;
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
static uint64_t played, broken[SIM_INVARIANTS], n_broken;
static struct {
	uint64_t seed;
	enum sim_invariant how;
} first_broken; /* by any worker */

static void add_up(uint64_t seed, const struct sim_result *result)
{
	const uint64_t *from = (const uint64_t *)&result->tally;
	uint64_t *to = (uint64_t *)&sums;

	played++;
	for (size_t i = 0; i < sizeof sums / sizeof *to; i++) {
		to[i] += from[i];
	}
	broken[result->broken]++;
	if (result->broken != SIM_OK && n_broken++ == 0) {
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

/* WORKER ended: if not with its last seed, it died at the next, which is broken then. */
static void bury(struct worker *worker)
{
	static struct sim_result died;
	int status = 0;

	close(worker->from);
	waitpid(worker->pid, &status, 0);
	worker->from = -1;
	if (worker->next > worker->last) {
		return;
	}
	died = (struct sim_result){ .broken = SIM_DIED };
	snprintf(died.what, sizeof died.what, "signal %d",
		 WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	add_up(worker->next, &died);
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
	add_up(word.seed, &word.result);
	if (word.result.broken != SIM_OK) {
		tell_broken(word.seed, &word.result);
	}
	worker->next = word.seed + worker->step;
}

/* To whoever speaks, so that none waits until another has done. */
static void listen_to_all(struct worker *workers, unsigned n)
{
	struct pollfd ends[JOBS_MAX];
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
	printf("# %" PRIu64 " provinces (seeds %" PRIu64 " to %" PRIu64 ") in %.1f s: "
	       "%" PRIu64 " devices, %" PRIu64 " entries, %" PRIu64 " sessions, %" PRIu64
	       " of them whole, %" PRIu64 " receipts, %" PRIu64 " acts of the operator, "
	       "%" PRIu64 " cases; %.2f rounds to converge\n",
	       played, args.first, args.last, took, sums.devices, sums.entries,
	       sums.sessions, sums.whole, sums.receipts, sums.acts, sums.cases,
	       played > 0 ? (double)sums.rounds / (double)played : 0.0);
	printf("# events:");
	for (unsigned i = 0; i < SIM_OPS; i++) {
		printf(" %s %" PRIu64, sim_ops[i].name, sums.events[i]);
	}
	printf("\n# inside sessions: %" PRIu64 " cut, %" PRIu64
	       " processes ended; %" PRIu64
	       " entries died with a folder put back; %" PRIu64
	       " programs were older; %" PRIu64 " copies are where the books have them\n",
	       sums.cuts_in, sums.kills_in, sums.dead, sums.older, sums.plain);
	printf("# sticks: %" PRIu64 " packings, %" PRIu64 " bundles taken; hubs: %" PRIu64
	       " put back; %" PRIu64 " times something was put off\n",
	       sums.packed, sums.carried, sums.lost, sums.put_off);
	printf("# couriers: %" PRIu64 " exchanges, %" PRIu64
	       " bundles signed for, %" PRIu64 " taken where they go\n",
	       sums.met, sums.vows, sums.brought);
	printf("# between machines of a site: %" PRIu64 " exchanges, %" PRIu64
	       " entries came by them\n",
	       sums.lan, sums.by_lan);
	printf("# budgets: %" PRIu64 " sessions kept to one, %" PRIu64
	       " did not begin for want of it\n",
	       sums.bounded, sums.poor);
	for (unsigned i = 1; i < SIM_INVARIANTS; i++) {
		if (broken[i] > 0) {
			printf("# broken %" PRIu64 " times: %s\n", broken[i],
			       sim_invariants[i].name);
		}
	}
}

static int play_many(void)
{
	static struct worker workers[JOBS_MAX];
	static struct sim_script script;
	double began = seconds();

	printf("# seeds %" PRIu64 " to %" PRIu64 "\n", args.first, args.last);
	for (unsigned i = 0; i < args.jobs; i++) {
		workers[i] = (struct worker){ .next = args.first + i,
					      .last = args.last,
					      .step = args.jobs };
		start(&workers[i]);
	}
	listen_to_all(workers, args.jobs);
	tell_all(seconds() - began);
	tell_tap(n_broken == 0, played);
	if (n_broken > 0) {
		sim_plan(&script, first_broken.seed);
		tell_shrunk(&script, first_broken.how, seconds() + SHRINK_MANY_SECONDS);
	}
	return n_broken > 0;
}

/* --- arguments --- */

static const char usage[] =
	"usage: run [--seeds A-B] [--count N] [--seed S] [--jobs J] [--trace] "
	"[--shrink]\n"
	"           [--print] [--script FILE]\n"
	"  --seeds A-B, or --count N from --seed S: play these provinces\n"
	"  --seed N without --count: that one; without either 100 from $PACKHORSE_SEED,\n"
	"  else from a drawn one\n"
	"  --trace: one, with all that happens; --shrink: one that breaks, shrunk\n"
	"  (of several the first that breaks is shrunk without being asked)\n"
	"  --print: the script of one is printed, not played\n"
	"  --script FILE: a script that --shrink or --print printed\n"
	"  --fixed S: the seed in place of a drawn one, unless PACKHORSE_FULL is 1\n"
	"  --tap: one TAP point\n";

static bool number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0';
}

static bool range(const char *text)
{
	const char *dash = strchr(text, '-');
	char first[32];

	if (dash == NULL || dash - text >= (ptrdiff_t)sizeof first) {
		return false;
	}
	memcpy(first, text, (size_t)(dash - text));
	first[dash - text] = '\0';
	return number(first, &args.first) && number(dash + 1, &args.last) &&
	       args.first <= args.last;
}

static bool asks_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			return true;
		}
	}
	return false;
}

static bool read_args(int argc, char **argv)
{
	const char *env = getenv("PACKHORSE_FULL");
	bool full = env != NULL && strcmp(env, "1") == 0;
	uint64_t count = full ? 5000 : 100;
	uint64_t jobs = 1, seed = first_seed(), fixed;
	bool has_count = false, has_seeds = false, has_seed = false;

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--trace") == 0) {
			args.trace = true;
			continue;
		}
		if (strcmp(argv[i], "--shrink") == 0) {
			args.shrink = true;
			continue;
		}
		if (strcmp(argv[i], "--print") == 0) {
			args.print = true;
			continue;
		}
		if (strcmp(argv[i], "--tap") == 0) {
			args.tap = true;
			continue;
		}
		if (strcmp(argv[i], "--seeds") == 0 && range(value)) {
			has_seeds = true;
		} else if (strcmp(argv[i], "--script") == 0) {
			args.script = value;
		} else if (strcmp(argv[i], "--count") == 0 && number(value, &count)) {
			has_count = true;
		} else if (strcmp(argv[i], "--fixed") == 0 && number(value, &fixed)) {
			seed = full ? seed : fixed;
		} else if (strcmp(argv[i], "--seed") == 0 && number(value, &seed)) {
			has_seed = true;
		} else if (!(strcmp(argv[i], "--jobs") == 0 && number(value, &jobs))) {
			return false;
		}
		i++;
	}
	bool alone = args.trace || args.shrink || args.print;

	if (!has_seeds) {
		args.first = seed;
		count = (has_seed || alone) && !has_count ? 1 : count;
		args.last = seed + (count > 0 ? count - 1 : 0);
	}
	args.jobs = (unsigned)(jobs < 1 ? 1 : jobs > JOBS_MAX ? JOBS_MAX : jobs);
	return count > 0 && (args.script != NULL || args.first == args.last || !alone);
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
	return rc != 0 ? 2 : play_one(script);
}

int main(int argc, char **argv)
{
	static struct sim_script script;
	int rc;

	if (asks_help(argc, argv)) {
		fputs(usage, stdout);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (sodium_init() < 0 || !read_args(argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	sim_start(sim_six_sites, 6);
	if (args.script != NULL) {
		rc = play_file(&script);
	} else if (args.first == args.last) {
		sim_plan(&script, args.first);
		rc = args.print ? print_script(&script) : play_one(&script);
	} else {
		rc = play_many();
	}
	sim_end();
	return rc;
}

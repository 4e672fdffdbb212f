/*
 * tests/sim/args.c - the words behind tests/sim/sim.
 */
#include "tests/sim/args.h"

#include <stddef.h>
#include <string.h>

#include "tests/lib/first_seed.h"
#include "tests/lib/full_run.h"
#include "tests/lib/given_number.h"

#define ENDLESS 1000000000000u /* provinces, of those that only the time ends */

const char args_usage[] =
	"usage: run [--seeds A-B] [--count N] [--seed S] [--seconds T] [--jobs J]\n"
	"           [--closely] [--trace] [--shrink] [--print] [--script FILE]\n"
	"  --seeds A-B, or --count N from --seed S: play these provinces\n"
	"  --seed N without --count: that one; without either 100 from $PACKHORSE_SEED,\n"
	"  else from a drawn one\n"
	"  --seconds T: begin none after so many; without --seeds and --count it is the\n"
	"  time alone that ends it; none played is a failure\n"
	"  --closely: every invariant behind each event, as in one seed of a hundred\n"
	"  --trace: one, with all that happens; --shrink: one that breaks, shrunk\n"
	"  (of several the first that breaks is shrunk without being asked)\n"
	"  --print: the script of one is printed, not played\n"
	"  --script FILE: a script that --shrink or --print printed\n"
	"  --fixed S: the seed in place of a drawn one, unless PACKHORSE_FULL is 1\n"
	"  --limit C: a province that takes more seconds of the processor, or ten times "
	"as\n"
	"  many by the clock, is ended and counts as died (120)\n"
	"  --hang N, --sleep N: province N has no end, which shows what the limit does\n"
	"  --fall N: province N is not played: it breaks \"healthy\" if power fails "
	"twice "
	"in it,\n"
	"  \"live\" if once, which shows what shrinking does\n"
	"  --tap: one TAP point\n";

/* What was given, of what matters whether it was. */
struct given {
	uint64_t count, jobs, seed, fixed;
	bool has_count, has_seeds, has_seed;
};

static bool range(struct sim_args *args, const char *text)
{
	const char *dash = strchr(text, '-');
	char first[32];

	if (dash == NULL || dash - text >= (ptrdiff_t)sizeof first) {
		return false;
	}
	memcpy(first, text, (size_t)(dash - text));
	first[dash - text] = '\0';
	return given_number("--seeds", first, 0, &args->first) &&
	       given_number("--seeds", dash + 1, 0, &args->last) &&
	       args->first <= args->last;
}

bool args_ask_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			return true;
		}
	}
	return false;
}

/* Whether WORD is one that has no value; it is said in *ARGS then. */
static bool read_flag(struct sim_args *args, const char *word)
{
	bool *flag = strcmp(word, "--trace") == 0     ? &args->trace
		     : strcmp(word, "--closely") == 0 ? &args->closely
		     : strcmp(word, "--shrink") == 0  ? &args->shrink
		     : strcmp(word, "--print") == 0   ? &args->print
		     : strcmp(word, "--tap") == 0     ? &args->tap
						      : NULL;

	if (flag != NULL) {
		*flag = true;
	}
	return flag != NULL;
}

static bool read_value(struct sim_args *args, struct given *given, const char *word,
		       const char *value)
{
	const struct {
		const char *name;
		uint64_t least, *to;
		bool *has;
	} numbers[] = {
		{ "--count", 1, &given->count, &given->has_count },
		{ "--seed", 0, &given->seed, &given->has_seed },
		{ "--fixed", 0, &given->fixed, NULL },
		{ "--jobs", 1, &given->jobs, NULL },
		{ "--seconds", 1, &args->seconds, NULL },
		{ "--limit", 1, &args->limit, NULL },
		{ "--hang", 0, &args->hangs, &args->one_hangs },
		{ "--sleep", 0, &args->sleeps, &args->one_sleeps },
		{ "--fall", 0, &args->falls, &args->one_falls },
	};

	if (strcmp(word, "--seeds") == 0) {
		given->has_seeds = range(args, value);
		return given->has_seeds;
	}
	if (strcmp(word, "--script") == 0) {
		args->script = value;
		return true;
	}
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		if (strcmp(word, numbers[i].name) == 0) {
			if (numbers[i].has != NULL) {
				*numbers[i].has = true;
			}
			return given_number(word, value, numbers[i].least, numbers[i].to);
		}
	}
	return false;
}

bool args_read(struct sim_args *args, int argc, char **argv)
{
	struct given given = { .count = full_run() ? 5000 : 100, .jobs = 1 };
	bool alone;

	*args = (struct sim_args){ .limit = ARGS_LIMIT };
	given.seed = first_seed();
	given.fixed = given.seed;
	for (int i = 1; i < argc; i++) {
		if (read_flag(args, argv[i])) {
			continue;
		}
		if (i + 1 == argc || !read_value(args, &given, argv[i], argv[i + 1])) {
			return false;
		}
		i++;
	}
	alone = args->trace || args->shrink || args->print;
	if (!given.has_seeds) {
		args->first = given.has_seed || full_run() ? given.seed : given.fixed;
		if (!given.has_count && args->seconds > 0) {
			given.count = ENDLESS;
		} else if (!given.has_count && (given.has_seed || alone)) {
			given.count = 1;
		}
		args->last = args->first + given.count - 1;
	}
	args->jobs = given.jobs > ARGS_JOBS_MAX ? ARGS_JOBS_MAX : (unsigned)given.jobs;
	return args->script != NULL || args->first == args->last || !alone;
}

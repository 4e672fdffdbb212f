/*
 * tests/bench/bench.c - the command line of the measurements made inside one process.
 *
 * A measurement that fails says why on standard error and exits with 1; it never prints
 * a figure then.
 */
#include "tests/bench/bench.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/log/keys.h"

double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int bench_fail(struct ph_error *err, int rc, const char *what)
{
	if (rc == 0) {
		return 0;
	}
	return ph_fail(err, PH_EXIT_OTHER, rc < 0 ? rc : -EPROTO, "%s: %s (%d)", what,
		       rc < 0 ? strerror(-rc) : "refused", rc);
}

static const struct {
	const char *name;
	const char *usage;
	int min_words;
	int (*run)(const struct bench_args *args, struct ph_error *err);
} commands[] = {
	{ "write", "DIR <LINES", 1, bench_write },
	{ "append", "DIR BARE --count N --seconds N", 2, bench_append },
	{ "ingest", "HUB BARE SITE...", 3, bench_ingest },
	{ "fold", "HUB", 1, bench_fold },
	{ "cases", "HUB --count N", 1, bench_cases },
	{ "log", "HUB", 1, bench_log },
	{ "refold", "HUB SITE --count N", 2, bench_refold },
	{ "pack", "--count BYTES <LINES", 0, bench_pack },
	{ "handover", "DIR", 1, bench_handover },
	{ "takeover", "DIR CARRIED", 2, bench_takeover },
	{ "train", "TEXTS <LINES", 1, bench_train },
	{ "sessions",
	  "HUB ADDR:PORT SITE-NUMBER --count N --mode idle|busy --passphrase-file F", 3,
	  bench_sessions },
};
#define COUNT (sizeof(commands) / sizeof(commands[0]))

static int usage(void)
{
	for (size_t i = 0; i < COUNT; i++) {
		fprintf(stderr, "usage: bench %s %s\n", commands[i].name,
			commands[i].usage);
	}
	fprintf(stderr, "usage: bench peak PROGRAM ARG...\n");
	return PH_EXIT_USAGE;
}

static bool take_options(struct bench_args *args, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strncmp(argv[i], "--", 2) != 0) {
			args->word[args->n++] = argv[i];
			continue;
		}
		if (strcmp(argv[i], "--count") == 0) {
			args->count = strtoull(value, NULL, 10);
		} else if (strcmp(argv[i], "--seconds") == 0) {
			args->seconds = strtoull(value, NULL, 10);
		} else if (strcmp(argv[i], "--mode") == 0) {
			args->mode = value;
		} else if (strcmp(argv[i], "--passphrase-file") == 0) {
			args->passphrase_file = value;
		} else {
			return false;
		}
		i++;
	}
	return true;
}

static pid_t peak_child;

static void pass_on(int number)
{
	kill(peak_child, number);
}

/*
 * Run ARGV and say on standard error how much memory it, or the largest program that it
 * started and waited for, had resident at its highest. We are small: what a child has of
 * its parent before it is another program counts too. SIGTERM ends it, not us.
 */
static int peak(char **argv)
{
	struct sigaction action = { .sa_handler = pass_on, .sa_flags = SA_RESTART };
	struct rusage used = { 0 };
	sigset_t term;
	int status = 0;

	/* held back until there is somebody to pass it on to */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	pid_t pid = fork();

	if (pid == 0) {
		/* nobody is left to end it when we are killed */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sigprocmask(SIG_UNBLOCK, &term, NULL);
		execv(argv[0], argv);
		_exit(127);
	}
	peak_child = pid;
	if (pid > 0) {
		sigaction(SIGTERM, &action, NULL);
		sigprocmask(SIG_UNBLOCK, &term, NULL);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid) {
		perror("bench peak");
		return PH_EXIT_OTHER;
	}
	fprintf(stderr, "\npeak_kib %ld\n", used.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : PH_EXIT_OTHER;
}

int main(int argc, char **argv)
{
	struct bench_args args = { .count = 1000, .seconds = 20, .mode = "idle" };
	struct ph_error err = { 0 };
	int rc;

	if (argc > 2 && strcmp(argv[1], "peak") == 0) {
		return peak(argv + 2);
	}
	if (argc < 2 || ph_crypto_start() != 0) {
		return usage();
	}
	args.word = argv + 2;
	if (!take_options(&args, argc - 2, argv + 2)) {
		return usage();
	}
	for (size_t i = 0; i < COUNT; i++) {
		if (strcmp(argv[1], commands[i].name) != 0 ||
		    args.n < commands[i].min_words) {
			continue;
		}
		rc = commands[i].run(&args, &err);
		if (rc < 0) {
			fprintf(stderr, "bench %s: %s\n", argv[1],
				err.text[0] ? err.text : strerror(-rc));
		}
		return rc < 0 ? PH_EXIT_OTHER : PH_EXIT_DONE;
	}
	return usage();
}

/*
 * tests/sim/limit.c - two timers, whose signals nobody catches.
 */
#include "tests/sim/limit.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define BY_CLOCK 10 /* times what the processor may take */

static void arm(int which, uint64_t seconds)
{
	struct itimerval timer = { .it_value.tv_sec = (time_t)seconds };

	if (setitimer(which, &timer, NULL) != 0) {
		perror("setitimer");
		_exit(1);
	}
}

/* What a fault of the province would do. */
static void hang(bool sleeps)
{
	static volatile uint64_t turns;

	for (;;) {
		if (sleeps) {
			pause();
		}
		turns++;
	}
}

void limit_begin(const struct sim_args *args, uint64_t seed)
{
	arm(ITIMER_PROF, args->limit);
	arm(ITIMER_REAL, args->limit * BY_CLOCK);
	if (args->one_hangs && seed == args->hangs) {
		hang(false);
	}
	if (args->one_sleeps && seed == args->sleeps) {
		hang(true);
	}
}

bool limit_tell(const struct sim_args *args, int status, char *text, size_t size)
{
	int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (signal == SIGPROF) {
		snprintf(text, size, "it hangs: no end in %" PRIu64 " s of the processor",
			 args->limit);
	} else if (signal == SIGALRM) {
		snprintf(text, size, "it hangs: no end in %" PRIu64 " s by the clock",
			 args->limit * BY_CLOCK);
	} else {
		snprintf(text, size, "signal %d", signal);
		return false;
	}
	return true;
}

/*
 * common/cli/child.h - programs of ours that run apart: where they are, their start and end.
 *
 * What reads or writes a foreign format stands in a program of its own, so that its library
 * is linked into nothing that holds keys or starts often.
 */
#ifndef PH_CLI_CHILD_H
#define PH_CLI_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/error.h"

struct ph_child_config {
	const char *name;     /* "packhorse-marc" */
	const char *variable; /* of the environment, that names another */
	const char *
		built; /* its folder as seen from our own program's, where we were built */
	char *const *argv; /* ends with NULL */
	int in;            /* its standard input; -1: ours */
};

#define PH_CHILD_PATH 4096
/*
 * What the environment's VARIABLE names, or NAME beside our own program or in BUILT, or where
 * it was installed; whether it can be run there.
 */
bool ph_child_find(char out[static PH_CHILD_PATH], const char *name, const char *variable,
		   const char *built);

struct ph_child {
	pid_t pid; /* 0: none */
	int out; /* reads what it writes on standard output; whoever starts it closes this */
};

/*
 * Start it where ph_child_find() finds it. It gets its arguments and standard streams; all our descriptors close on exec.
 * 0, or negative errno with ERR, which names the path.
 */
int ph_child_start(struct ph_child *child, const struct ph_child_config *config,
		   struct ph_error *err);
/* Wait for its end (ending it first if STOP); its exit status, or -1 if a signal ended it. */
int ph_child_end(struct ph_child *child, bool stop);

#endif

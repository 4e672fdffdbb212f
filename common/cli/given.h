/*
 * common/cli/given.h - options and words of a command from standard input: --stdin.
 *
 * The arguments of a process can be seen by every user of its machine while it runs. So
 * what is somebody's, a name or a telephone, can come in a line of JSON instead
 * (docs/COMMANDS.md, "Options from standard input").
 */
#ifndef PH_CLI_GIVEN_H
#define PH_CLI_GIVEN_H

#include <jansson.h>

#include "common/cli/cli.h"

#define PH_GIVEN_MAX 65536 /* bytes of the line */

/* What a struct ph_cli borrows from after that. All zero: nothing. */
struct ph_given {
	json_t *object;
	char **args;
};

/*
 * Read one line, and nothing behind it, and add what it has to CLI, behind what the
 * command line gave. 0; -EINVAL with PH_EXIT_USAGE, and ERR repeats nothing of it; or
 * another negative errno. GIVEN is to be ended in any case, when CLI is done with.
 */
int ph_given_read(struct ph_given *given, struct ph_cli *cli, struct ph_error *err);
void ph_given_end(struct ph_given *given);

#endif

/* common/cli/help.h - what `help` and a wrong command line tell; for cli.c. */
#ifndef PH_CLI_HELP_H
#define PH_CLI_HELP_H

#include <stdio.h>

#include "common/cli/cli.h"

/* The line of COMMAND's arguments on OUT. */
void ph_help_usage(FILE *out, const struct ph_cli_program *program,
		   const struct ph_cli_command *command);
/* All that is known of COMMAND. */
void ph_help_command(const struct ph_cli_program *program,
		     const struct ph_cli_command *command);
/* All commands, families on one line each unless ALL. */
void ph_help_print(const struct ph_cli_program *program, bool all);

/* How many commands are of two words whose first is the LEN bytes of WORD. */
unsigned ph_help_family_size(const struct ph_cli_program *program, const char *word,
			     size_t len);
/* A line for each command whose first word is WORD. */
void ph_help_family(const struct ph_cli_program *program, const char *word);

#endif

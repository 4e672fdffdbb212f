/*
 * common/cli/cli.h - the command line that both programs share.
 *
 * One table names every subcommand with its arguments, options and help; usage,
 * `help`, and what getopt_long() accepts all come from it. `-d DIR`, `--json`,
 * `--plain`, `--stdin`, `--help` and `--version` are known to all of them and may stand
 * anywhere. docs/COMMANDS.md, "Habits".
 */
#ifndef PH_CLI_CLI_H
#define PH_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"

struct ph_cli;

struct ph_cli_option {
	const char *name; /* long name, without dashes */
	const char *arg;  /* what stands for its value in help; NULL: a flag */
	const char *doc;
};

struct ph_cli_command {
	const char *name;  /* one word, or two ("site add") */
	const char *group; /* heading in `help` */
	const char *args;  /* positional arguments, for usage: "CARD COPY..." */
	int min_args;      /* positional arguments: at least */
	int max_args;      /* at most; -1: any number */
	const char *doc;   /* one line; more lines after it for `help COMMAND` */
	const struct ph_cli_option *options; /* ends with a NULL name; NULL: none */
	/* Returns a negative errno with ERR filled, or the exit status, PH_EXIT_*. */
	int (*run)(struct ph_cli *cli, struct ph_error *err);
	const void *data; /* for `run`, where several commands share one */
};

struct ph_cli_program {
	const char *name;
	const char *summary;
	const char *(*default_dir)(
		void); /* when there is no -d; static storage; NULL: cannot tell */
	const struct ph_cli_command
		*commands; /* ends with a NULL name; one is "status" */
	/*
	 * Asked before a command runs: true if another process has carried it out, with
	 * its exit status. NULL: nobody does.
	 */
	bool (*hands)(const struct ph_cli *cli, int *status_out);
};

struct ph_cli {
	const struct ph_cli_program *program;
	const struct ph_cli_command *command;
	const char *dir;
	bool json;
	bool plain;
	bool is_given_more; /* by --stdin: common/cli/given.h */
	int n_args;
	char **args; /* positional, after the subcommand */
	struct {
		const char *name;
		const char *value;
	} set[64];
	unsigned n_set;
	void *host; /* what the process that runs it for others gives it; else NULL */
};

/*
 * Make sure that descriptors 0, 1 and 2 are open, so that no file of ours becomes
 * standard output by accident; a closed one is put where reading or writing it fails.
 * No core dumps (common/base/secret.h). And watch jansson's memory (common/base/json_memory.h). First thing in main().
 */
void ph_cli_start(void);
/*
 * Parse and run. Prints help, version, usage errors (PH_EXIT_USAGE) and, when a
 * command fails, "PROGRAM: text" on stderr. Returns the exit status for main().
 */
int ph_cli_main(const struct ph_cli_program *program, int argc, char **argv);
/*
 * Run CLI's command, which may have been parsed elsewhere: its number of words is looked
 * at, and what fails is said as above. Returns the exit status.
 */
int ph_cli_run(struct ph_cli *cli);
/* The command called NAME ("site add"), or NULL. */
const struct ph_cli_command *ph_cli_find(const struct ph_cli_program *program,
					 const char *name);
const char *ph_cli_version(void);

/* Value of an option, the last one given; NULL if it was not. A flag's value is "". */
const char *ph_cli_get(const struct ph_cli *cli, const char *name);
bool ph_cli_has(const struct ph_cli *cli, const char *name);
/* A whole number from MIN to MAX; *OUT unchanged if the option is absent. 0, or -EINVAL with words. */
int ph_cli_get_uint(const struct ph_cli *cli, const char *name, uint64_t min,
		    uint64_t max, uint64_t *out, struct ph_error *err);
/* The same for any text; WHAT names it in the error. */
int ph_cli_uint(const char *text, const char *what, uint64_t min, uint64_t max,
		uint64_t *out, struct ph_error *err);
/* The same for what may be somebody's: the error does not repeat it, since it may end in a log. */
int ph_cli_uint_of_person(const char *text, const char *what, uint64_t min, uint64_t max,
			  uint64_t *out, struct ph_error *err);
/* A command refuses its arguments: -EINVAL with PH_EXIT_USAGE and the usage line. */
int ph_cli_usage(const struct ph_cli *cli, struct ph_error *err, const char *why);

#endif

/*
 * common/cli/help.c - what `help` and a wrong command line tell, from the table of commands.
 */
#include "common/cli/help.h"

#include <string.h>

#include "common/cli/out.h"

static int doc_line(const char *doc)
{
	return (int)strcspn(doc, "\n");
}

void ph_help_usage(FILE *out, const struct ph_cli_program *program,
		   const struct ph_cli_command *command)
{
	fprintf(out, "%s %s [-d DIR] %s%s%s%s\n", ph_say("usage:", "cách dùng:"),
		program->name, command->name, command->args[0] ? " " : "", command->args,
		command->options ? " [options]" : "");
}

void ph_help_command(const struct ph_cli_program *program,
		     const struct ph_cli_command *command)
{
	ph_help_usage(stdout, program, command);
	printf("\n%s\n", command->doc);
	if (command->options) {
		printf("\noptions:\n");
		for (const struct ph_cli_option *o = command->options; o->name; o++) {
			char left[64];

			snprintf(left, sizeof(left), "--%s%s%s", o->name,
				 o->arg ? " " : "", o->arg ? o->arg : "");
			printf("  %-28s %s\n", left, o->doc);
		}
	}
	printf("\ncommon options: -d DIR, --json, --plain, --stdin, --help, --version\n");
}

/* --- families: commands of two words whose first word is the same --- */

#define FOLDED_FROM 3 /* so many of a family stand on one line of `help` */

/* The length of the first word of a name of two; 0 if it has one. */
static size_t family_len(const char *name)
{
	const char *blank = strchr(name, ' ');

	return blank ? (size_t)(blank - name) : 0;
}

static bool in_family(const char *name, const char *word, size_t len)
{
	return len > 0 && family_len(name) == len && strncmp(name, word, len) == 0;
}

unsigned ph_help_family_size(const struct ph_cli_program *program, const char *word,
			     size_t len)
{
	unsigned n = 0;

	for (const struct ph_cli_command *c = program->commands; c->name; c++) {
		n += in_family(c->name, word, len);
	}
	return n;
}

static void print_line(const struct ph_cli_command *command)
{
	printf("  %-17s %.*s\n", command->name, doc_line(command->doc), command->doc);
}

/* "  card              issue, show", at the first of them; nothing at the others. */
static void print_folded(const struct ph_cli_program *program,
			 const struct ph_cli_command *command)
{
	size_t len = family_len(command->name);
	bool first = true;

	for (const struct ph_cli_command *c = program->commands; c < command; c++) {
		if (in_family(c->name, command->name, len)) {
			return;
		}
	}
	printf("  %-17.*s ", (int)len, command->name);
	for (const struct ph_cli_command *c = command; c->name; c++) {
		if (in_family(c->name, command->name, len)) {
			printf("%s%s", first ? "" : ", ", c->name + len + 1);
			first = false;
		}
	}
	printf("\n");
}

/* All commands, families on one line each unless ALL. */
void ph_help_print(const struct ph_cli_program *program, bool all)
{
	const char *group = "";
	bool folded = false;

	printf("%s: %s\n\nusage: %s [-d DIR] COMMAND [arguments]\n", program->name,
	       program->summary, program->name);
	for (const struct ph_cli_command *c = program->commands; c->name; c++) {
		size_t len = family_len(c->name);

		if (strcmp(group, c->group) != 0) {
			group = c->group;
			printf("\n%s:\n", group);
		}
		if (!all && ph_help_family_size(program, c->name, len) >= FOLDED_FROM) {
			print_folded(program, c);
			folded = true;
		} else {
			print_line(c);
		}
	}
	printf("\n`%s help COMMAND` says more of one%s. Without a command: status.\n",
	       program->name, folded ? ", `help all` a line of each" : "");
}

/* A line for each command whose first word is WORD. */
void ph_help_family(const struct ph_cli_program *program, const char *word)
{
	for (const struct ph_cli_command *c = program->commands; c->name; c++) {
		if (in_family(c->name, word, strlen(word))) {
			print_line(c);
		}
	}
	printf("\n`%s help %s ...` says more of one.\n", program->name, word);
}

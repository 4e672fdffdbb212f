/*
 * client/form.h - commands that fill in entries of one kind, as a table tells.
 *
 * Most facts are told by a few words and options, and need no looking up. Their commands
 * are data: `run` is ph_form_run(), and `data` the form.
 */
#ifndef PH_CLIENT_FORM_H
#define PH_CLIENT_FORM_H

#include "client/slip.h"

struct ph_form {
	const char *kind;
	const struct ph_slip_field
		*words; /* in their order; ends with a NULL option; or NULL */
	/* Words after those: each for an entry of its own, or all in one list. */
	const struct ph_slip_field *each;
	const struct ph_slip_field *list;
	const struct ph_slip_field
		*fields; /* options; ends with a NULL option; or NULL */
	const char *
		need; /* an option that the command wants and the kind could do without */
	/* What else the entry needs, when words and options are in it; or NULL. */
	int (*more)(struct ph_desk *desk, json_t *slip, struct ph_error *err);
};

/*
 * Fill in the entries that the command line tells of, save them, and say so. What is
 * needed and was not given is refused with its option's name. 0, or a negative errno with ERR;
 * all of them are saved or none, and with PH_OUT_LOST they are, only the printing failed.
 */
int ph_form_run(struct ph_cli *cli, struct ph_error *err);
/*
 * One entry of FORM in DESK, of the words ARGS; EACH is the word that is its own, or NULL.
 * For commands that put down several kinds.
 */
int ph_form_put(struct ph_desk *desk, const struct ph_form *form, char **args, int n_args,
		const char *each, struct ph_error *err);

#endif

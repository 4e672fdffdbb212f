/*
 * daemon/form.h - commands of packhorsed that fill in one entry, as a table tells.
 *
 * Words and options become members of the entry's JSON view; what each holds follows from
 * the kind table. `run` is ph_form_run(), and `data` the form.
 */
#ifndef PH_DAEMON_FORM_H
#define PH_DAEMON_FORM_H

#include "daemon/act.h"

/* What every entry may say besides. */
#define PH_FORM_WHEN                                                                     \
	{ "when", "T", "when it was: 2026-09-22 or 2026-09-22T08:01 (default: now)" },   \
	{                                                                                \
		"staff", "S", "who did it: a staff code"                                 \
	}
#define PH_FORM_BEHALF                                                                   \
	{                                                                                \
		"behalf", "SITE", "for a site: its code or number"                       \
	}

/* An option, and the member it sets; VALUE: what the option by itself stands for. */
struct ph_form_option {
	const char *option;
	const char *member; /* NULL: as the option */
	const char *value;  /* of a flag */
};

struct ph_form {
	const char *kind;
	const char *const *words; /* members, in order; ends with NULL */
	const char *list;         /* the member of all words after those, or NULL */
	const struct ph_form_option *options; /* ends with a NULL option */
	const char *need; /* an option without which there is nothing to say, or NULL */
	bool enough;      /* the words alone say enough */
};

/*
 * Fill in the entry that the command line tells of, have the hub write it, and say so. What is
 * wrong or lacking in it is -EINVAL with ERR, and the hub is not asked; else as ph_act().
 */
int ph_form_run(struct ph_cli *cli, struct ph_error *err);
/*
 * Set MEMBER of OBJECT, an entry of KIND, from TEXT, which WHAT names in errors ("--year"):
 * a number within its limits, one of an enum's names or any part that only one has, a list
 * parted by commas, else text. 0, -EINVAL with ERR, -ENOMEM.
 */
int ph_form_set(json_t *object, const struct ph_kind *kind, const char *member,
		const char *what, const char *text, struct ph_error *err);

#endif

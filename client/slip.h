/*
 * client/slip.h - entries that a command makes: filled, written in one commit, told.
 *
 * A command opens a desk, fills one JSON object (common/log/json.h) for each entry,
 * puts them down, and saves: only then is anything durable, and only then printed.
 * A failure before that writes nothing at all.
 */
#ifndef PH_CLIENT_SLIP_H
#define PH_CLIENT_SLIP_H

#include "client/commands.h"
#include "client/scan.h"
#include "common/ledger/key.h"

/* Options that every command that writes has. */
#define PH_SLIP_OPTIONS                                                                  \
	{ "when", "T", "when it was: 2026-09-22 or 2026-09-22T08:01 (default: now)" },   \
		{ "staff", "S", "who did it: a staff code" },                            \
		{ "behalf", "SITE", "written for another site: its code or number" },    \
	{                                                                                \
		"as-is", NULL, "take codes as they stand: no keyboard check"             \
	}

struct ph_slip {
	json_t *object; /* ENTRY borrows it, and ARENA */
	struct ph_buf arena;
	struct ph_entry entry;
	struct ph_ref ref;
	/* not known here */
	bool copy_unknown, card_unknown, crate_unknown, ref_unknown;
	json_t *unknown_copies; /* which; or NULL */
	bool has_due;           /* a loan or renewal: the last day, in UTC+7 */
	int64_t due;
};

struct ph_desk {
	const struct ph_cli *cli;
	struct ph_site *site;
	struct ph_ledger *ledger;
	struct ph_site_info info;
	struct ph_scanner scanner;
	uint64_t behalf;  /* 0: none */
	bool ref_unknown; /* what the entry in hand refers to is not here */
	struct ph_slip **slips;
	size_t n, cap;
	bool open; /* a batch is open */
};

/*
 * Open the site and a batch; for ph_desk_close(). 0; or a negative errno with ERR: as of
 * ph_site_open(), or --behalf names no site. On failure nothing is open.
 */
int ph_desk_open(struct ph_desk *desk, const struct ph_cli *cli, struct ph_error *err);
/* Undoes what was not saved. */
void ph_desk_close(struct ph_desk *desk);
/* A new object of this kind, with what the common options say. NULL with ERR. */
json_t *ph_desk_slip(struct ph_desk *desk, const char *kind, struct ph_error *err);
/*
 * Turn *OBJECT (taken, also on failure) into an entry and put it into the batch. A put is
 * told which heads stand now. *SLIP_OUT (may be NULL) is the desk's. 0, or a negative errno with
 * ERR; then the entry is not in the batch.
 */
int ph_desk_put(struct ph_desk *desk, json_t **object, const struct ph_slip **slip_out,
		struct ph_error *err);
/* Commit, then print a line, or one JSON object, for all that was put. 0 or negative errno. */
int ph_desk_save(struct ph_desk *desk, struct ph_error *err);

/* Why jansson took no TEXT: -EINVAL, and ERR says that WHAT is not UTF-8; or -ENOMEM. */
int ph_slip_no_text(const char *text, size_t len, const char *what, struct ph_error *err);
/* Set MEMBER. 0, -EINVAL for text that is not UTF-8, or -ENOMEM. */
int ph_slip_text(json_t *object, const char *member, const char *text,
		 struct ph_error *err);
int ph_slip_number(json_t *object, const char *member, uint64_t number);
int ph_slip_ref(json_t *object, const char *member, const struct ph_ref *ref);
int ph_slip_id(json_t *object, const char *member, const struct ph_id *id,
	       struct ph_error *err);

/* --- members from words and options (slip_set.c) --- */

/* What the text of a word or an option stands for. */
enum ph_slip_how {
	PH_SLIP_PLAIN, /* what the kind's field holds: a number within its limits, else text */
	PH_SLIP_FLAG,   /* 1: the option was given */
	PH_SLIP_SITE,   /* a site by its code or number */
	PH_SLIP_CLOCK,  /* HH:MM, as minutes of the day */
	PH_SLIP_READER, /* a reader by reference, or by a card */
	PH_SLIP_ENTITY, /* the reference of what `entity` says */
	PH_SLIP_ENTRY,  /* the reference of an entry of `kind`, or of any */
};
struct ph_slip_field {
	const char *option; /* or the name of a word in the usage */
	const char *member;
	enum ph_slip_how how;
	enum ph_entity entity;
	unsigned kind; /* PH_KIND_*; 0: any */
};
/* An option that is named as its member, and plain. */
#define PH_SLIP_NAMED(name)                                                              \
	{                                                                                \
		.option = name, .member = name                                           \
	}
/*
 * Set FIELD's member of OBJECT from TEXT, which WHAT names in errors ("--price"). What a
 * reference names and is not here sets DESK->ref_unknown. 0; -EINVAL, -ENOENT with
 * PH_EXIT_USAGE; or another negative errno.
 */
int ph_desk_set(struct ph_desk *desk, json_t *object, const struct ph_slip_field *field,
		const char *what, const char *text, struct ph_error *err);
/*
 * Set the members whose options were given, by a table that ends with a NULL option. *COUNT_OUT (may
 * be NULL): how many. Errors as of ph_desk_set(), of the first that is wrong.
 */
int ph_desk_fields(struct ph_desk *desk, const struct ph_slip_field *fields,
		   json_t *object, unsigned *count_out, struct ph_error *err);
/* Set --term or --due, else the province's or our own usual term. Errors as of ph_desk_set(). */
int ph_desk_term(struct ph_desk *desk, json_t *object, struct ph_error *err);
/* The day on which what is told counts: that of --when, else today. */
int64_t ph_desk_day(struct ph_desk *desk);
/* Say WHAT (a code as it was typed) and WHY on standard error, for people. */
void ph_desk_say(const struct ph_desk *desk, const char *what, const char *why);
/*
 * REF is to name a thing of TYPE, or an entry of KIND (0: any). What is not here sets
 * DESK->ref_unknown. 0; -EINVAL with PH_EXIT_USAGE if the entry is here and of another
 * kind; another negative errno.
 */
int ph_desk_look(struct ph_desk *desk, enum ph_entity type, const struct ph_ref *ref,
		 struct ph_error *err);
int ph_desk_look_entry(struct ph_desk *desk, unsigned kind, const struct ph_ref *ref,
		       struct ph_error *err);

#endif

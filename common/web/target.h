/*
 * common/web/target.h - an address of HTTP taken apart, and the words with which a request is
 * refused.
 */
#ifndef PH_WEB_TARGET_H
#define PH_WEB_TARGET_H

#include <jansson.h>

#include "common/base/error.h"

#define PH_WEB_TARGET_MAX 4096 /* bytes of path and query */
#define PH_WEB_PARTS_MAX  10   /* segments of a path */

/* Why a request is refused: the words of its answer. */
struct ph_web_no {
	unsigned status;
	const char *error; /* a word for programs */
	char what[PH_ERROR_TEXT_MAX];
	char where[80];    /* of what: a member, a header; or empty */
	const char *act;   /* what to do, a sentence */
	const char *allow; /* 405: the method that is taken */
};
/* Fill NO; always -EINVAL. ACT may be NULL. */
int ph_web_refuse(struct ph_web_no *no, unsigned status, const char *error,
		  const char *where, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* A target taken apart; all zero is an empty one. */
struct ph_web_target {
	char *part[PH_WEB_PARTS_MAX]; /* decoded segments; in `text` */
	unsigned n_parts;
	json_t *query; /* object of texts */
	char *text;
};
void ph_web_target_deinit(struct ph_web_target *target);
/*
 * Take TARGET ("/a/b%20c?d=e") apart. 0; -EINVAL with NO: too long, not in origin form, a
 * percent sign without two hex digits, not well-formed NFC text, control characters, one
 * name twice; -ENOMEM.
 */
int ph_web_target_parse(struct ph_web_target *target_out, const char *target,
			struct ph_web_no *no);

#endif

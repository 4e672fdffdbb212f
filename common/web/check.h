/*
 * common/web/check.h - the headers of a request: who it claims to be for, from whom, of what.
 *
 * A page of another place, opened in the same browser, must not reach us: not by a name that
 * was made to point here (Host is one of ours), and not by its own form (a change with an
 * Origin comes from that same Host, and its body says that it is JSON).
 */
#ifndef PH_WEB_CHECK_H
#define PH_WEB_CHECK_H

#include <stdint.h>

#include "common/base/say.h"
#include "common/web/route.h"

/* The headers that we look at; NULL: not there. They borrow. */
struct ph_web_head {
	const char *host, *origin, *site; /* site: Sec-Fetch-Site */
	const char *type, *length, *coding;
	const char *bearer; /* Authorization */
	const char *last_id;
	const char *person;   /* Packhorse-Person */
	const char *language; /* Accept-Language; of several the first */
	const char *twice;    /* the name of one that stands twice */
	bool is_odd;          /* there is one whose name is none */
};
/* Note the header NAME if it is one of them. */
void ph_web_head_put(struct ph_web_head *head, const char *name, const char *value);

struct ph_web_rules {
	const char *const *hosts; /* names without port, lower case */
	size_t n_hosts;
	const char *host_act; /* what to do about another name; NULL: nothing */
	uint64_t body_max;
};

/*
 * The headers of a request with METHOD. 0 with the length of its body; -EINVAL with NO (400,
 * 403, 411, 413, 415).
 */
int ph_web_head_check(const struct ph_web_head *head, const char *method,
		      const struct ph_web_rules *rules, uint64_t *length_out,
		      struct ph_web_no *no);

/*
 * Which of our languages an Accept-Language (RFC 9110, 12.5.4; NULL: none) likes best, of two liked
 * alike the one named first. PH_SPEAK_OWN: neither, or it is none.
 */
enum ph_speak ph_web_language(const char *accepted);

/* The token of "Bearer TOKEN"; empty if there is none. */
struct ph_view ph_web_bearer(const struct ph_web_head *head);

#endif

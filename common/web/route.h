/*
 * common/web/route.h - from a request of HTTP to a request of ours, by a table of routes.
 *
 * A route says which method and path it is, who may take it, which command it becomes and
 * what it takes; checks, the refusal of what is not taken, and the tables in docs/API.md all
 * follow from that. No socket here: texts come in, JSON goes out.
 *
 * The members of the command come from the pattern ("/api/v1/sites/{site}"), and from
 * `takes`: names parted by blanks, each NAME, NAME:TYPE, with '!' behind it if it must be
 * there, or NAME=TEXT, which is always that, or NAME@, which is true if who asks is an
 * operator, else false; NAME>MEMBER is called MEMBER in the request. Those of a GET stand in its query, those of a
 * POST are members of its body, a JSON object. Types: text (when none is said), int, flag,
 * list (of at most PH_WEB_ITEMS_MAX), object, and `names`: a flag for which one must be an operator,
 * since it opens readers' names.
 */
#ifndef PH_WEB_ROUTE_H
#define PH_WEB_ROUTE_H

#include <jansson.h>
#include <stdbool.h>

#include "common/base/bytes.h"
#include "common/web/target.h"

/* Each may what the one before may, and more. */
enum ph_web_need {
	PH_WEB_ANYBODY,
	PH_WEB_VIEWER,
	PH_WEB_OPERATOR,
	PH_WEB_ADMIN,
};
const char *ph_web_need_name(unsigned need);

struct ph_web_route {
	const char *method; /* "GET" or "POST" */
	const char *path;
	enum ph_web_need need;
	const char *command; /* NULL: `action` says what it is */
	int action;          /* of whoever made the table */
	const char *takes;   /* may be NULL */
	const char *doc;     /* a line */
};

#define PH_WEB_DEPTH_MAX 16  /* nesting in a body */
#define PH_WEB_ITEMS_MAX 400 /* items of a list in it: as many copies as a crate holds */

/* The route of the N in ROUTES for METHOD and TARGET. 0, or -EINVAL with NO (404, 405). */
int ph_web_route_find(const struct ph_web_route *routes, size_t n, const char *method,
		      const struct ph_web_target *target,
		      const struct ph_web_route **route_out, struct ph_web_no *no);

/*
 * The members that ROUTE makes of TARGET and BODY (text; only a POST has one), for somebody
 * of ROLE; with "command" if it has one. 0 with an object of the caller's; -EINVAL with NO:
 * something is missing, not taken, or of another type, the body is not one JSON object or
 * has a name twice; -ENOMEM.
 */
int ph_web_route_request(const struct ph_web_route *route,
			 const struct ph_web_target *target, struct ph_view body,
			 unsigned role, json_t **request_out, struct ph_web_no *no);

/* The table as docs/API.md shows it, appended to OUT. 0 or -ENOMEM. */
int ph_web_routes_print(const struct ph_web_route *routes, size_t n, struct ph_buf *out);

#endif

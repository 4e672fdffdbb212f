/* client/link_internal.h - shared by link.c and link_outcome.c only. */
#ifndef PH_CLIENT_LINK_INTERNAL_H
#define PH_CLIENT_LINK_INTERNAL_H

#include "client/link.h"

#define PH_HOST_MAX 255
#define PH_PORT_MAX 5

/* HOST:PORT or [V6]:PORT into its two halves. 0, or -EINVAL with a text. */
int ph_link_split(const char *address, char host[static PH_HOST_MAX + 1],
		  char port[static PH_PORT_MAX + 1], struct ph_error *err);
/*
 * Say in ERR what RESULT means for a person, and its exit status; nothing if it is
 * complete. STRANGER: the peer hung up in order before it had proved to
 * hold the key. Returns the
 * word for RESULT->reason.
 */
const char *ph_link_explain(const struct ph_link_result *result, const char *address,
			    bool stranger, struct ph_error *err);

#endif

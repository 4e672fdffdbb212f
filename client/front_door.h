/*
 * client/front_door.h - who may use the API of a site: whoever may read the site's folder.
 *
 * `packhorse desk` gets a token over the agent's socket in the folder, good once and for a minute; a
 * page gives it for a session. All of it is in memory, and ends with the agent. Times are
 * milliseconds, rising.
 */
#ifndef PH_CLIENT_FRONT_DOOR_H
#define PH_CLIENT_FRONT_DOOR_H

#include "common/base/bytes.h"
#include "common/base/rng.h"

#define PH_DOOR_SECRET   32
#define PH_DOOR_TEXT     (2 * PH_DOOR_SECRET + 1)
#define PH_DOOR_TOKENS   4               /* that were not used yet */
#define PH_DOOR_TOKEN_MS 60000           /* each is good for */
#define PH_DOOR_SESSIONS 8               /* the one used longest ago makes room */
#define PH_DOOR_IDLE_MS  (12 * 3600000u) /* a session that is not used ends */

struct ph_door_entry {
	uint8_t hash[32];
	uint64_t at; /* made, or used */
	bool is_there;
	bool is_vietnamese;
};

struct ph_door {
	struct ph_rng rng;
	struct ph_door_entry token[PH_DOOR_TOKENS];
	struct ph_door_entry session[PH_DOOR_SESSIONS];
};

void ph_door_init(struct ph_door *door, const struct ph_rng *rng);
/* A token, good for one ph_door_enter(). */
void ph_door_token(struct ph_door *door, uint64_t now, char out[static PH_DOOR_TEXT]);
/* TOKEN for a session, BEARER_OUT. 0, or -EACCES: it is none, was used, or is too old. */
int ph_door_enter(struct ph_door *door, uint64_t now, struct ph_view token,
		  bool is_vietnamese, char bearer_out[static PH_DOOR_TEXT]);
/* The session BEARER, which is used by that; NULL: there is none. */
const struct ph_door_entry *ph_door_session(struct ph_door *door, uint64_t now,
					    struct ph_view bearer);
void ph_door_leave(struct ph_door *door, struct ph_view bearer);

#endif

/*
 * daemon/trail.h - how the last session of each device ended, since the daemon started.
 *
 * What was received is in the store; that a session was tried and broke is nowhere but
 * here, and may be forgotten. Only devices whose certificate is known have a place. For the loop.
 */
#ifndef PH_DAEMON_TRAIL_H
#define PH_DAEMON_TRAIL_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "common/log/cert.h"

#define PH_TRAIL_MAX 4096 /* devices; the one that ended longest ago is forgotten */

struct ph_trail_end;
/* All zero is a valid empty one. */
struct ph_trail {
	struct ph_trail_end *ends;
	size_t n, cap;
};
void ph_trail_deinit(struct ph_trail *trail);
/*
 * A session of the device ID ended in SECOND (since 1970) with RESULT for REASON, which
 * both stay. Lack of memory loses it.
 */
void ph_trail_note(struct ph_trail *trail, const uint8_t id[static PH_DEVICE_ID_SIZE],
		   int64_t second, const char *result, const char *reason);
/* The RESULT of the last session of the device ID; NULL if nothing is known of it. */
const char *ph_trail_result(const struct ph_trail *trail,
			    const uint8_t id[static PH_DEVICE_ID_SIZE]);
/* {ID: {"second","at","result","reason"}, ...}; NULL on lack of memory. */
json_t *ph_trail_json(const struct ph_trail *trail);

#endif

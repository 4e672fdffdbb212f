/*
 * daemon/quota.h - how many entries a device may bring now: pure, without store or clock.
 *
 * Each device has an allowance. It grows by so many entries a day, also while nothing is
 * heard, up to what may be saved up; what the device brings is taken from it. What is
 * too much for now is put off, never refused: docs/decisions/0022. An entry counts one
 * for each 256 bytes begun, so does a sealed part.
 */
#ifndef PH_DAEMON_QUOTA_H
#define PH_DAEMON_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"

struct ph_quota_limits {
	uint64_t a_day; /* entries; 0: no bound */
	uint64_t saved; /* the most that is saved up, at least 1 */
};

#define PH_QUOTA_SIZE 24 /* bytes of one, kept */
/* What the first entry of a log costs, of any log of a device but its first. */
#define PH_QUOTA_LOG  256

struct ph_quota {
	int64_t left;   /* below 0: of what was taken when the allowance was whole */
	int64_t at;     /* seconds: LEFT is of then */
	uint64_t wants; /* what was put off last and did not come since; 0: nothing was */
};

/* The whole of it, as a device has it that was never heard. */
void ph_quota_init(struct ph_quota *quota, const struct ph_quota_limits *limits,
		   int64_t now);
/* What has grown until NOW. A clock that was put back takes nothing away. */
void ph_quota_grow(struct ph_quota *quota, const struct ph_quota_limits *limits,
		   int64_t now);
/*
 * May COST come in now? It may if so much is left; and, so that nothing waits for ever,
 * when the allowance is whole.
 */
bool ph_quota_has(const struct ph_quota *quota, const struct ph_quota_limits *limits,
		  uint64_t cost);
void ph_quota_take(struct ph_quota *quota, uint64_t cost);
/* What LEN bytes of one entry or part count. */
uint64_t ph_quota_cost(size_t len);

void ph_quota_encode(const struct ph_quota *quota, uint8_t out[static PH_QUOTA_SIZE]);
/* false: BYTES are none. */
bool ph_quota_decode(struct ph_view bytes, struct ph_quota *out);

#endif

/*
 * common/base/clock.h - time as an argument, stamps, and days in Vietnam.
 *
 * A stamp is whole seconds since 1970 (UTC) times 65,536 plus a counter; stamps
 * of one log rise strictly. Days are counted from 1970-01-01 in UTC+7.
 */
#ifndef PH_BASE_CLOCK_H
#define PH_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct ph_now {
	int64_t wall;     /* seconds since 1970 UTC, as the machine claims */
	uint64_t mono_ms; /* monotonic since boot, suspended time included */
	uint8_t boot[8];  /* which boot: first bytes of a hash of the boot id */
};

struct ph_clock {
	void (*read)(void *data, struct ph_now *now_out);
	void *data;
};

extern const struct ph_clock ph_clock_system;

#define PH_STAMP_COUNTER_BITS 16

uint64_t ph_stamp(int64_t seconds, uint16_t counter);
int64_t ph_stamp_seconds(uint64_t stamp);
/* The smallest stamp above LAST that is not below SECONDS. */
uint64_t ph_stamp_next(uint64_t last, int64_t seconds);

/* The day (UTC+7) of SECONDS, and the second at which a `when` of that day counts: 12:00 UTC+7. */
int64_t ph_day_of(int64_t seconds);
int64_t ph_day_noon(int64_t day);

#define PH_TIME_TEXT 32
/* "2026-09-22" and "2026-09-22T08:00:47+07:00". */
void ph_day_text(char out[static PH_TIME_TEXT], int64_t day);
void ph_time_text(char out[static PH_TIME_TEXT], int64_t seconds);
/*
 * "YYYY-MM-DD", years 1900 to 2999, real days only. 0, or -EINVAL.
 */
int ph_day_parse(const char *text, size_t len, int64_t *day_out);
/*
 * "YYYY-MM-DDTHH:MM[:SS](Z|+HH:MM|-HH:MM)"; no zone means UTC+7. A blank may
 * stand for the T. 0, or -EINVAL.
 */
int ph_time_parse(const char *text, size_t len, int64_t *seconds_out);

#endif

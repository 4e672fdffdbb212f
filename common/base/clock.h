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

/* The machine's own clock. BOOT is read once; zeros where the system has no boot id. */
extern const struct ph_clock ph_clock_system;

/*
 * OUT is the first 8 bytes of BLAKE2b-256 of the boot id in the file PATH, less its
 * newline; zeros when there is none.
 */
void ph_clock_boot(uint8_t out[static 8], const char *path);

#define PH_STAMP_COUNTER_BITS 16

/* SECONDS before 1970 count as 0, those over 48 bits as the largest of 48 bits. */
uint64_t ph_stamp(int64_t seconds, uint16_t counter);
int64_t ph_stamp_seconds(uint64_t stamp);
/*
 * The smallest stamp above LAST that is not below SECONDS. (Above the last stamp of
 * all: LAST.)
 */
uint64_t ph_stamp_next(uint64_t last, int64_t seconds);

/*
 * The day (UTC+7) of SECONDS, and the second at which a `when` of that day counts:
 * 12:00 UTC+7. Any number is fine; a noon that 64 bits cannot hold is their end.
 */
int64_t ph_day_of(int64_t seconds);
int64_t ph_day_noon(int64_t day);

#define PH_TIME_TEXT 32
/*
 * "2026-09-22" and "2026-09-22T08:00:47+07:00"; outside the years 0 to 9999, "@"
 * and the plain number.
 */
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

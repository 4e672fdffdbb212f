/*
 * common/base/clock.c - time as an argument, stamps, and days in Vietnam.
 *
 * Vietnam has been at UTC+7 without summer time since 1975, so a day is arithmetic
 * and needs no zone files, which differ from machine to machine.
 *
 * Calendar: days since 1970-01-01 to year, month, day and back, counting years from
 * 1 March so that the leap day ends them. Times come from peers and may be any
 * 64-bit number: all arithmetic here either cannot overflow or stops at the ends.
 * Outside the years 0 to 9999 a text is "@" and the plain number.
 */
#include "common/base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#define DAY_SECONDS  INT64_C(86400)
#define ZONE_SECONDS INT64_C(25200)
#define STAMP_MAX    ((INT64_C(1) << 48) - 1)

enum {
	FIRST_DAY = -719528, /* 0000-01-01 */
	LAST_DAY = 2932896,  /* 9999-12-31 */
};

void ph_clock_boot(uint8_t out[static 8], const char *path)
{
	char id[64];
	uint8_t hash[crypto_generichash_BYTES];
	ssize_t len = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	memset(out, 0, 8);
	if (fd >= 0) {
		len = read(fd, id, sizeof(id));
		close(fd);
	}
	while (len > 0 && (id[len - 1] == '\n' || id[len - 1] == ' ')) {
		len--;
	}
	if (len <= 0) {
		return;
	}
	crypto_generichash(hash, sizeof(hash), (const uint8_t *)id,
			   (unsigned long long)len, NULL, 0);
	memcpy(out, hash, 8);
}

static uint8_t system_boot[8];
static pthread_once_t boot_once = PTHREAD_ONCE_INIT;

static void read_boot(void)
{
	ph_clock_boot(system_boot, "/proc/sys/kernel/random/boot_id");
}

static void system_read(void *data, struct ph_now *now_out)
{
	struct timespec wall = { 0 };
	struct timespec mono = { 0 };

	(void)data;
	pthread_once(&boot_once, read_boot);
	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &mono);
	now_out->wall = wall.tv_sec;
	now_out->mono_ms =
		(uint64_t)mono.tv_sec * 1000 + (uint64_t)mono.tv_nsec / 1000000;
	memcpy(now_out->boot, system_boot, sizeof(system_boot));
}

const struct ph_clock ph_clock_system = { .read = system_read };

uint64_t ph_stamp(int64_t seconds, uint16_t counter)
{
	if (seconds < 0) {
		seconds = 0;
	}
	if (seconds > STAMP_MAX) {
		seconds = STAMP_MAX;
	}
	return (uint64_t)seconds << PH_STAMP_COUNTER_BITS | counter;
}

int64_t ph_stamp_seconds(uint64_t stamp)
{
	return (int64_t)(stamp >> PH_STAMP_COUNTER_BITS);
}

uint64_t ph_stamp_next(uint64_t last, int64_t seconds)
{
	uint64_t first = ph_stamp(seconds, 0);
	uint64_t next = last == UINT64_MAX ? last : last + 1;

	return first > next ? first : next;
}

/* Division that rounds down, also below zero. */
static int64_t floor_div(int64_t a, int64_t b)
{
	int64_t quotient = a / b;

	return a % b < 0 ? quotient - 1 : quotient;
}

/* The day and the second in it (0 to 86399), shifted east by the zone. */
static int64_t split_day(int64_t seconds, int64_t *rest_out)
{
	int64_t day = floor_div(seconds, DAY_SECONDS);
	int64_t rest = (seconds % DAY_SECONDS + DAY_SECONDS) % DAY_SECONDS + ZONE_SECONDS;

	if (rest >= DAY_SECONDS) {
		rest -= DAY_SECONDS;
		day++;
	}
	*rest_out = rest;
	return day;
}

int64_t ph_day_of(int64_t seconds)
{
	int64_t rest;

	return split_day(seconds, &rest);
}

int64_t ph_day_noon(int64_t day)
{
	int64_t noon;

	if (__builtin_mul_overflow(day, DAY_SECONDS, &noon) ||
	    __builtin_add_overflow(noon, DAY_SECONDS / 2 - ZONE_SECONDS, &noon)) {
		return day < 0 ? INT64_MIN : INT64_MAX;
	}
	return noon;
}

struct date {
	int year;
	int month;
	int day;
};

/* DAY must be within FIRST_DAY to LAST_DAY. */
static struct date date_of(int64_t day)
{
	int64_t shifted = day + 719468; /* days since 0000-03-01 */
	int64_t era = floor_div(shifted, 146097);
	int64_t in_era = shifted - era * 146097;
	int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * in_year + 2) / 153; /* from March */

	return (struct date){
		.year = (int)(year + era * 400 + (month >= 10)),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)(in_year - (153 * month + 2) / 5 + 1),
	};
}

/* The date must be real, its year positive. */
static int64_t day_from(struct date date)
{
	int64_t year = date.month <= 2 ? date.year - 1 : date.year;
	int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
	int64_t in_year = (153 * month + 2) / 5 + date.day - 1;

	return 365 * year + year / 4 - year / 100 + year / 400 + in_year - 719468;
}

void ph_day_text(char out[static PH_TIME_TEXT], int64_t day)
{
	if (day < FIRST_DAY || day > LAST_DAY) {
		snprintf(out, PH_TIME_TEXT, "@%" PRId64, day);
		return;
	}

	struct date date = date_of(day);

	snprintf(out, PH_TIME_TEXT, "%04d-%02d-%02d", date.year, date.month, date.day);
}

void ph_time_text(char out[static PH_TIME_TEXT], int64_t seconds)
{
	int64_t rest;
	int64_t day = split_day(seconds, &rest);

	if (day < FIRST_DAY || day > LAST_DAY) {
		snprintf(out, PH_TIME_TEXT, "@%" PRId64, seconds);
		return;
	}

	struct date date = date_of(day);
	int second = (int)rest;

	snprintf(out, PH_TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d+07:00", date.year,
		 date.month, date.day, second / 3600, second / 60 % 60, second % 60);
}

/* What is left of a text while it is read from the front. */
struct reader {
	const char *at;
	const char *end;
};

/* N digits, giving a number from MIN to MAX. */
static bool take_number(struct reader *in, int n, int min, int max, int *out)
{
	int value = 0;

	if (in->end - in->at < n) {
		return false;
	}
	for (int i = 0; i < n; i++) {
		char c = in->at[i];

		if (c < '0' || c > '9') {
			return false;
		}
		value = 10 * value + (c - '0');
	}
	if (value < min || value > max) {
		return false;
	}
	in->at += n;
	*out = value;
	return true;
}

static bool take_char(struct reader *in, char c)
{
	if (in->at == in->end || *in->at != c) {
		return false;
	}
	in->at++;
	return true;
}

static int month_length(int year, int month)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return lengths[month - 1] + (month == 2 && leap);
}

static bool take_date(struct reader *in, int64_t *day_out)
{
	struct date date;

	if (!take_number(in, 4, 1900, 2999, &date.year) || !take_char(in, '-') ||
	    !take_number(in, 2, 1, 12, &date.month) || !take_char(in, '-') ||
	    !take_number(in, 2, 1, month_length(date.year, date.month), &date.day)) {
		return false;
	}
	*day_out = day_from(date);
	return true;
}

int ph_day_parse(const char *text, size_t len, int64_t *day_out)
{
	struct reader in = { text, text + len };
	int64_t day;

	if (!take_date(&in, &day) || in.at != in.end) {
		return -EINVAL;
	}
	*day_out = day;
	return 0;
}

/* "Z", "+HH:MM", "-HH:MM" or nothing (UTC+7), in seconds east. */
static bool take_zone(struct reader *in, int64_t *east_out)
{
	if (in->at == in->end) {
		*east_out = ZONE_SECONDS;
		return true;
	}
	if (take_char(in, 'Z')) {
		*east_out = 0;
		return true;
	}

	int sign = take_char(in, '+') ? 1 : take_char(in, '-') ? -1 : 0;
	int hours;
	int minutes;

	if (sign == 0 || !take_number(in, 2, 0, 23, &hours) || !take_char(in, ':') ||
	    !take_number(in, 2, 0, 59, &minutes)) {
		return false;
	}
	*east_out = sign * (hours * INT64_C(3600) + minutes * INT64_C(60));
	return true;
}

int ph_time_parse(const char *text, size_t len, int64_t *seconds_out)
{
	struct reader in = { text, text + len };
	int64_t day;
	int64_t east;
	int hour;
	int minute;
	int second = 0;

	if (!take_date(&in, &day) || !(take_char(&in, 'T') || take_char(&in, ' ')) ||
	    !take_number(&in, 2, 0, 23, &hour) || !take_char(&in, ':') ||
	    !take_number(&in, 2, 0, 59, &minute)) {
		return -EINVAL;
	}
	if (take_char(&in, ':') && !take_number(&in, 2, 0, 59, &second)) {
		return -EINVAL;
	}
	if (!take_zone(&in, &east) || in.at != in.end) {
		return -EINVAL;
	}
	*seconds_out = day * DAY_SECONDS + hour * 3600 + minute * 60 + second - east;
	return 0;
}

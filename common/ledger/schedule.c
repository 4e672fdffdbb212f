/*
 * common/ledger/schedule.c - when a site can be heard, and how late it is by that.
 *
 *   mon thu            t2,t5            mon-fri grace 12h          daily closed 2027-02-04..2027-02-12
 *   market 5d from 2026-01-03           van:thu                    never
 *
 * Words are parted by blanks, commas, semicolons and the colon behind "van"; the case of
 * ASCII letters does not matter. Whatever does not parse to its end is words for people: of
 * a timetable with a typing error nothing is guessed.
 */
#include "common/ledger/schedule.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"

#define WORD_MAX      32
#define DAY_SECONDS   86400
#define HALF_DAY      (DAY_SECONDS / 2)
#define AHEAD_DAYS    1000
#define MISSED_MAX    1000
#define GRACE_DEFAULT 24
#define GRACE_VAN     72
#define ALL_DAYS      0x7fu
#define WORK_DAYS     0x1fu

static const struct {
	const char *name, *full, *vietnamese;
} week[7] = {
	{ "mon", "monday", "t2" },    { "tue", "tuesday", "t3" },
	{ "wed", "wednesday", "t4" }, { "thu", "thursday", "t5" },
	{ "fri", "friday", "t6" },    { "sat", "saturday", "t7" },
	{ "sun", "sunday", "cn" },
};

/* ---- words ---- */

struct words {
	struct ph_view left;
	char word[WORD_MAX + 1]; /* "": none is left */
	bool is_bad;             /* one was too long */
};

static bool parts(uint8_t c)
{
	return c == ' ' || c == ',' || c == ';' || c == ':';
}

static void next_word(struct words *words)
{
	size_t len = 0;

	while (words->left.len > 0 && parts(*words->left.data)) {
		words->left = PH_VIEW(words->left.data + 1, words->left.len - 1);
	}
	while (len < words->left.len && !parts(words->left.data[len])) {
		uint8_t c = words->left.data[len];

		if (len == WORD_MAX || c == '\0') {
			words->is_bad = true;
			len = 0;
			break;
		}
		words->word[len++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	words->word[len] = '\0';
	if (len > 0) { /* of nothing there may be no address */
		words->left = PH_VIEW(words->left.data + len, words->left.len - len);
	}
}

static bool is_word(const struct words *words, const char *word)
{
	return strcmp(words->word, word) == 0;
}

/* Digits and then UNIT, from MIN to MAX. */
static bool take_count(struct words *words, char unit, unsigned min, unsigned max,
		       unsigned *out)
{
	size_t digits = strspn(words->word, "0123456789");
	unsigned value = 0;

	if (digits < 1 || digits > 4 || words->word[digits] != unit ||
	    words->word[digits + 1] != '\0') {
		return false;
	}
	for (size_t i = 0; i < digits; i++) {
		value = value * 10 + (unsigned)(words->word[i] - '0');
	}
	if (value < min || value > max) {
		return false;
	}
	*out = value;
	next_word(words);
	return true;
}

/* ---- days ---- */

static int day_named(const char *text, size_t len)
{
	for (int i = 0; i < 7; i++) {
		const char *const names[] = { week[i].name, week[i].full,
					      week[i].vietnamese };

		for (size_t n = 0; n < 3; n++) {
			if (strlen(names[n]) == len && memcmp(names[n], text, len) == 0) {
				return i;
			}
		}
	}
	return -1;
}

/* "mon" or "mon-fri", also over the end of the week. */
static bool take_day(struct words *words, unsigned *days)
{
	const char *dash = strchr(words->word, '-');
	size_t len = dash ? (size_t)(dash - words->word) : strlen(words->word);
	int first = day_named(words->word, len);
	int last = dash ? day_named(dash + 1, strlen(dash + 1)) : first;

	if (first < 0 || last < 0) {
		return false;
	}
	for (int day = first;; day = (day + 1) % 7) {
		*days |= 1u << day;
		if (day == last) {
			break;
		}
	}
	next_word(words);
	return true;
}

static bool take_week(struct words *words, struct ph_schedule *out)
{
	out->form = PH_SCHEDULE_WEEK;
	if (is_word(words, "daily") || is_word(words, "workdays")) {
		out->days = is_word(words, "daily") ? ALL_DAYS : WORK_DAYS;
		next_word(words);
		return true;
	}
	while (take_day(words, &out->days)) {
	}
	return out->days != 0;
}

static bool take_cycle(struct words *words, struct ph_schedule *out)
{
	out->form = PH_SCHEDULE_CYCLE;
	next_word(words);
	if (!take_count(words, 'd', 2, PH_SCHEDULE_EVERY_MAX, &out->every) ||
	    !is_word(words, "from")) {
		return false;
	}
	next_word(words);
	if (ph_day_parse(words->word, strlen(words->word), &out->from) != 0) {
		return false;
	}
	next_word(words);
	return true;
}

static bool take_when(struct words *words, struct ph_schedule *out)
{
	if (is_word(words, "never")) {
		out->form = PH_SCHEDULE_NEVER;
		next_word(words);
		return !out->by_van;
	}
	if (is_word(words, "market") || is_word(words, "every")) {
		return take_cycle(words, out);
	}
	return take_week(words, out);
}

/* ---- what may follow ---- */

static bool take_grace(struct words *words, struct ph_schedule *out)
{
	unsigned days = 0;

	next_word(words);
	if (take_count(words, 'h', 0, PH_SCHEDULE_GRACE_MAX, &out->grace)) {
		return true;
	}
	if (!take_count(words, 'd', 0, PH_SCHEDULE_GRACE_MAX / 24, &days)) {
		return false;
	}
	out->grace = days * 24;
	return true;
}

/* "2027-02-04" or "2027-02-04..2027-02-12". */
static bool take_closed(struct words *words, struct ph_schedule *out)
{
	const char *dots;
	const char *last;
	size_t len;
	unsigned n = out->n_closed;

	next_word(words);
	dots = strstr(words->word, "..");
	len = dots ? (size_t)(dots - words->word) : strlen(words->word);
	last = dots ? dots + 2 : words->word;
	if (n == PH_SCHEDULE_CLOSED_MAX ||
	    ph_day_parse(words->word, len, &out->closed[n].from) != 0 ||
	    ph_day_parse(last, strlen(last), &out->closed[n].to) != 0 ||
	    out->closed[n].from > out->closed[n].to) {
		return false;
	}
	out->n_closed++;
	next_word(words);
	return true;
}

static bool take_options(struct words *words, struct ph_schedule *out)
{
	bool has_grace = false;
	bool good = true;

	out->grace = out->by_van ? GRACE_VAN : GRACE_DEFAULT;
	while (good && words->word[0] != '\0') {
		if (is_word(words, "grace") && !has_grace) {
			has_grace = true;
			good = take_grace(words, out);
		} else {
			good = is_word(words, "closed") && take_closed(words, out);
		}
	}
	return good;
}

int ph_schedule_parse(struct ph_view text, struct ph_schedule *out)
{
	struct words words = { .left = text };
	struct ph_schedule schedule;

	memset(&schedule, 0, sizeof(schedule)); /* equal ones are equal bytes */
	next_word(&words);
	if (is_word(&words, "van")) {
		schedule.by_van = true;
		next_word(&words);
	}
	if (!take_when(&words, &schedule) || !take_options(&words, &schedule) ||
	    words.is_bad) {
		return PH_SCHEDULE_E_FREE;
	}
	*out = schedule;
	return 0;
}

/* ---- the text ---- */

static void put_when(const struct ph_schedule *schedule, char *out, size_t size)
{
	char day[PH_TIME_TEXT];
	size_t len = 0;

	if (schedule->form == PH_SCHEDULE_NEVER) {
		snprintf(out, size, "never");
	} else if (schedule->form == PH_SCHEDULE_CYCLE) {
		ph_day_text(day, schedule->from);
		snprintf(out, size, "market %ud from %s", schedule->every, day);
	} else if (schedule->days == ALL_DAYS || schedule->days == WORK_DAYS) {
		snprintf(out, size, "%s",
			 schedule->days == ALL_DAYS ? "daily" : "workdays");
	} else {
		for (unsigned i = 0; i < 7; i++) {
			if (schedule->days & 1u << i) {
				len += (size_t)snprintf(out + len, size - len, "%s%s",
							len ? " " : "", week[i].name);
			}
		}
	}
}

void ph_schedule_text(const struct ph_schedule *schedule,
		      char out[static PH_SCHEDULE_TEXT])
{
	char when[64] = "";
	char from[PH_TIME_TEXT];
	char to[PH_TIME_TEXT];
	size_t len;

	put_when(schedule, when, sizeof(when));
	len = (size_t)snprintf(out, PH_SCHEDULE_TEXT, "%s%s grace %uh",
			       schedule->by_van ? "van:" : "", when, schedule->grace);
	for (unsigned i = 0; i < schedule->n_closed; i++) {
		ph_day_text(from, schedule->closed[i].from);
		ph_day_text(to, schedule->closed[i].to);
		len += (size_t)snprintf(out + len, PH_SCHEDULE_TEXT - len,
					" closed %s..%s", from, to);
	}
}

/* ---- occasions ---- */

static int64_t floor_mod(int64_t a, int64_t b)
{
	int64_t rest = a % b;

	return rest < 0 ? rest + b : rest;
}

static bool is_on(const struct ph_schedule *schedule, int64_t day)
{
	switch (schedule->form) {
	case PH_SCHEDULE_WEEK: /* 1970-01-01 was a Thursday */
		return schedule->days & 1u << floor_mod(day + 3, 7);
	case PH_SCHEDULE_CYCLE:
		return day >= schedule->from &&
		       floor_mod(day - schedule->from, schedule->every) == 0;
	case PH_SCHEDULE_NEVER:
		break;
	}
	return false;
}

static bool is_closed(const struct ph_schedule *schedule, int64_t day)
{
	for (unsigned i = 0; i < schedule->n_closed; i++) {
		if (day >= schedule->closed[i].from && day <= schedule->closed[i].to) {
			return true;
		}
	}
	return false;
}

bool ph_schedule_next(const struct ph_schedule *schedule, int64_t day, int64_t *day_out)
{
	if (schedule->form == PH_SCHEDULE_CYCLE && day < schedule->from) {
		day = schedule->from;
	}
	for (int64_t end = day + AHEAD_DAYS; day < end; day++) {
		if (is_on(schedule, day) && !is_closed(schedule, day)) {
			*day_out = day;
			return true;
		}
	}
	return false;
}

static int64_t start_of(int64_t day)
{
	return ph_day_noon(day) - HALF_DAY;
}

static int64_t time_is_over(const struct ph_schedule *schedule, int64_t day)
{
	return start_of(day + 1) + (int64_t)schedule->grace * 3600;
}

/* From the occasion DAY on: how many have passed, up to a thousand. */
static unsigned count_missed(const struct ph_schedule *schedule, int64_t day, int64_t now)
{
	unsigned n = 0;

	do {
		n += time_is_over(schedule, day) < now;
	} while (n < MISSED_MAX && time_is_over(schedule, day) < now &&
		 ph_schedule_next(schedule, day + 1, &day));
	return n;
}

void ph_schedule_judge(const struct ph_schedule *schedule, int64_t heard, int64_t now,
		       struct ph_due *out)
{
	int64_t day;

	*out = (struct ph_due){ .state = PH_LATE_IN_TIME };
	if (ph_schedule_next(schedule, ph_day_of(now), &day)) {
		out->next = start_of(day);
	}
	if (!ph_schedule_next(schedule, ph_day_of(heard) + 1, &day)) {
		return;
	}
	out->since = start_of(day);
	out->until = time_is_over(schedule, day);
	if (now > out->until) {
		out->state = PH_LATE_OVERDUE;
		out->overdue = now - out->until;
		out->missed = count_missed(schedule, day, now);
	} else if (now >= out->since) {
		out->state = PH_LATE_DUE;
	}
}

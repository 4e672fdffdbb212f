/*
 * tests/sim/rehearse/disasters.c - the words of a scenario that say what befalls whom, and when.
 *
 *   hub down FROM TO             site SITE offline FROM TO     pc SITE dies DAY
 *   power SITE DAY               full SITE FROM TO             clock SITE DAY SECONDS
 *   restore SITE DAY OF-DAY      lost NAME DAY (tours.c)
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/rehearse/reading.h"

int rehearse_add_disaster(struct reading *reading, enum rehearse_kind kind, unsigned site,
			  uint64_t from, uint64_t to, int64_t seconds)
{
	struct rehearse_scenario *scenario = reading->scenario;

	if (to < from) {
		return rehearse_wrong(reading, "day %" PRIu64 " is before day %" PRIu64,
				      to, from);
	}
	if (scenario->n_disasters == REHEARSE_WORDS_MAX) {
		return rehearse_wrong(reading, "more than %d disasters",
				      REHEARSE_WORDS_MAX);
	}
	scenario->disasters[scenario->n_disasters++] =
		(struct rehearse_disaster){ kind, site, (unsigned)from, (unsigned)to,
					    seconds };
	return 0;
}

static int day_at(const struct reading *reading, unsigned at, uint64_t *out)
{
	return rehearse_number(reading, reading->words[at], "a day", 1, REHEARSE_DAYS_MAX,
			       out);
}

static int site_at(const struct reading *reading, unsigned at, uint64_t *out)
{
	if (reading->scenario->n_sites == 0) {
		return rehearse_wrong(reading, "there are no sites above this line");
	}
	return rehearse_number(reading, reading->words[at], "number of a site", 1,
			       reading->scenario->n_sites, out);
}

static int read_clock(struct reading *reading)
{
	uint64_t site, day;
	int64_t seconds = INT64_MIN;
	char *end = NULL;

	if (reading->n != 4) {
		return rehearse_wrong(reading,
				      "a clock is: clock SITE DAY SECONDS, or 1970");
	}
	if (strcmp(reading->words[3], "1970") != 0) {
		seconds = strtoll(reading->words[3], &end, 10);
		if (end == reading->words[3] || *end != '\0' ||
		    seconds < -INT64_C(1000000000) || seconds > INT64_C(1000000000)) {
			return rehearse_wrong(
				reading,
				"clock: \"%.30s\" is no number of seconds, such as "
				"-3600, nor 1970",
				reading->words[3]);
		}
	}
	return site_at(reading, 1, &site) != 0 || day_at(reading, 2, &day) != 0
		       ? -1
		       : rehearse_add_disaster(reading, REHEARSE_CLOCK, (unsigned)site,
					       day, day, seconds);
}

/* SITE FROM TO */
static int read_span(struct reading *reading, enum rehearse_kind kind, unsigned site_word,
		     unsigned day_word, const char *form)
{
	uint64_t site = 0, from, to;

	if (reading->n != day_word + 2) {
		return rehearse_wrong(reading, "%s", form);
	}
	if ((site_word > 0 && site_at(reading, site_word, &site) != 0) ||
	    day_at(reading, day_word, &from) != 0 ||
	    day_at(reading, day_word + 1, &to) != 0) {
		return -1;
	}
	return kind == REHEARSE_RESTORE
		       ? rehearse_add_disaster(reading, kind, (unsigned)site, to, from, 0)
		       : rehearse_add_disaster(reading, kind, (unsigned)site, from, to,
					       0);
}

static int read_once(struct reading *reading, enum rehearse_kind kind, unsigned day_word,
		     const char *form)
{
	uint64_t site, day;

	if (reading->n != day_word + 1) {
		return rehearse_wrong(reading, "%s", form);
	}
	return site_at(reading, 1, &site) != 0 || day_at(reading, day_word, &day) != 0
		       ? -1
		       : rehearse_add_disaster(reading, kind, (unsigned)site, day, day,
					       0);
}

static bool has(const struct reading *reading, unsigned at, const char *word)
{
	return at < reading->n && strcmp(reading->words[at], word) == 0;
}

int rehearse_read_disaster(struct reading *reading)
{
	if (has(reading, 0, "clock")) {
		return read_clock(reading);
	}
	if (has(reading, 0, "hub") && has(reading, 1, "down")) {
		return read_span(reading, REHEARSE_HUB_DOWN, 0, 2,
				 "the hub is: hub down FROM TO, in days");
	}
	if (has(reading, 0, "site") && has(reading, 2, "offline")) {
		return read_span(reading, REHEARSE_OFFLINE, 1, 3,
				 "that is: site SITE offline FROM TO, in days");
	}
	if (has(reading, 0, "pc") && has(reading, 2, "dies")) {
		return read_once(reading, REHEARSE_DIES, 3, "that is: pc SITE dies DAY");
	}
	if (has(reading, 0, "power")) {
		return read_once(reading, REHEARSE_POWER, 2, "that is: power SITE DAY");
	}
	if (has(reading, 0, "full")) {
		return read_span(reading, REHEARSE_FULL, 1, 2,
				 "that is: full SITE FROM TO, in days");
	}
	if (has(reading, 0, "lost")) {
		return rehearse_read_lost(reading);
	}
	if (has(reading, 0, "restore")) {
		return read_span(reading, REHEARSE_RESTORE, 1, 2,
				 "that is: restore SITE DAY OF-DAY: on DAY its folder is "
				 "put back as it was on the morning of OF-DAY");
	}
	return rehearse_wrong(
		reading,
		"\"%.30s\" is not understood here; a line is one of: days, seed, "
		"link, sites, vans, courier, stick, hub down, site N offline, pc N dies, "
		"power, full, clock, restore, lost",
		reading->words[0]);
}

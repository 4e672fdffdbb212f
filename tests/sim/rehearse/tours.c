/*
 * tests/sim/rehearse/tours.c - the words of a scenario that say who carries what.
 *
 *   courier NAME stops SITES on DAYS [leaves HH:MM] [base HH:MM]
 *   stick NAME stops SITES on DAYS [leaves HH:MM] [base HH:MM]
 *   lost NAME DAY
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/rehearse/reading.h"

static int find_tour(const struct rehearse_scenario *scenario, const char *name)
{
	for (unsigned i = 0; i < scenario->n_tours; i++) {
		if (strcmp(scenario->tours[i].name, name) == 0) {
			return (int)i;
		}
	}
	return -1;
}

static int add_stops(const struct reading *reading, struct rehearse_tour *tour,
		     uint64_t from, uint64_t to)
{
	for (uint64_t site = from; site <= to; site++) {
		if (tour->n_stops == REHEARSE_STOPS_MAX) {
			return rehearse_wrong(reading, "stops: more than %d",
					      REHEARSE_STOPS_MAX);
		}
		tour->stops[tour->n_stops++] = (unsigned)site - 1;
	}
	return 0;
}

/* 3,7-9: numbers of sites, in the order of the way. */
static int read_stops(const struct reading *reading, const char *text,
		      struct rehearse_tour *tour)
{
	char copy[400], *save = NULL;

	if (reading->scenario->n_sites == 0) {
		return rehearse_wrong(reading, "there are no sites above this line");
	}
	if (rehearse_copy_list(reading, "stops", text, copy, sizeof copy) != 0) {
		return -1;
	}
	for (char *word = strtok_r(copy, ",", &save); word != NULL;
	     word = strtok_r(NULL, ",", &save)) {
		char *dash = strchr(word, '-');
		uint64_t from, to;

		if (dash != NULL) {
			*dash = '\0';
		}
		if (rehearse_number(reading, word, "stops", 1, reading->scenario->n_sites,
				    &from) != 0 ||
		    rehearse_number(reading, dash != NULL ? dash + 1 : word, "stops",
				    from, reading->scenario->n_sites, &to) != 0 ||
		    add_stops(reading, tour, from, to) != 0) {
			return -1;
		}
	}
	return tour->n_stops > 0 ? 0
				 : rehearse_wrong(reading, "stops: which sites? 3,7-9");
}

static int read_minute(const struct reading *reading, const char *name, unsigned *out)
{
	const char *value = rehearse_value_of(reading, 2, name);
	struct rehearse_site times = { 0 };

	if (value == NULL) {
		return 0;
	}
	if (rehearse_read_times(reading, value, &times) != 0) {
		return -1;
	}
	if (times.n_times != 1) {
		return rehearse_wrong(reading, "%s: one time of the day", name);
	}
	*out = times.minutes[0];
	return 0;
}

static int count(const struct rehearse_scenario *scenario, bool stick)
{
	int n = 0;

	for (unsigned i = 0; i < scenario->n_tours; i++) {
		n += scenario->tours[i].by_stick == stick;
	}
	return n;
}

int rehearse_read_tour(struct reading *reading, bool stick)
{
	struct rehearse_scenario *scenario = reading->scenario;
	struct rehearse_tour tour = { .by_stick = stick, .leaves = 450, .base = 990 };
	int most = stick ? REHEARSE_STICKS_MAX : REHEARSE_COURIERS_MAX;
	const char *stops, *days;

	if (reading->n < 4) {
		return rehearse_wrong(
			reading,
			"that is: %s NAME stops SITES on DAYS [leaves HH:MM] "
			"[base HH:MM]",
			reading->words[0]);
	}
	stops = rehearse_value_of(reading, 2, "stops");
	days = rehearse_value_of(reading, 2, "on");
	if (rehearse_check_names(reading, 2, " stops on leaves base ") != 0) {
		return -1;
	}
	if (strlen(reading->words[1]) >= sizeof tour.name ||
	    find_tour(scenario, reading->words[1]) >= 0) {
		return rehearse_wrong(
			reading, "\"%.30s\": a name of its own, of at most 15 letters",
			reading->words[1]);
	}
	if (count(scenario, stick) == most) {
		return rehearse_wrong(reading, "more than %d %ss", most,
				      reading->words[0]);
	}
	if (stops == NULL || days == NULL) {
		return rehearse_wrong(reading, "%s is missing: stops 3,7-9 on mon,thu",
				      stops == NULL ? "stops" : "on");
	}
	if (read_stops(reading, stops, &tour) != 0 ||
	    rehearse_read_days(reading, days, &tour.days) != 0 ||
	    read_minute(reading, "leaves", &tour.leaves) != 0 ||
	    read_minute(reading, "base", &tour.base) != 0) {
		return -1;
	}
	if (tour.base <= tour.leaves) {
		return rehearse_wrong(reading, "it is back at its base before it leaves");
	}
	snprintf(tour.name, sizeof tour.name, "%s", reading->words[1]);
	tour.number = (unsigned)count(scenario, stick);
	scenario->tours[scenario->n_tours++] = tour;
	return 0;
}

int rehearse_read_lost(struct reading *reading)
{
	uint64_t day;
	int tour;

	if (reading->n != 3) {
		return rehearse_wrong(reading,
				      "that is: lost NAME DAY, of a courier or a "
				      "stick");
	}
	tour = find_tour(reading->scenario, reading->words[1]);
	if (tour < 0) {
		return rehearse_wrong(reading,
				      "there is no courier or stick \"%.30s\" above this "
				      "line",
				      reading->words[1]);
	}
	return rehearse_number(reading, reading->words[2], "a day", 1, REHEARSE_DAYS_MAX,
			       &day) != 0
		       ? -1
		       : rehearse_add_disaster(reading, REHEARSE_LOST, (unsigned)tour,
					       day, day, 0);
}

static bool is_stop(const struct rehearse_scenario *scenario, unsigned site)
{
	for (unsigned i = 0; i < scenario->n_tours; i++) {
		for (unsigned s = 0; s < scenario->tours[i].n_stops; s++) {
			if (scenario->tours[i].stops[s] == site) {
				return true;
			}
		}
	}
	return false;
}

int rehearse_check_tours(struct reading *reading)
{
	const struct rehearse_scenario *scenario = reading->scenario;

	for (unsigned i = 0; i < scenario->n_sites; i++) {
		if (scenario->plans[i].link == REHEARSE_NO_LINK &&
		    !is_stop(scenario, i)) {
			return rehearse_wrong(
				reading,
				"site %u has no link, and nobody stops there: "
				"courier NAME stops %u on mon",
				i + 1, i + 1);
		}
	}
	return 0;
}

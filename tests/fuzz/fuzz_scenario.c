/*
 * tests/fuzz/fuzz_scenario.c - any bytes as a scenario of `packhorse rehearse`.
 *
 * A refusal has words that name the text and a line. What is taken lies within the limits of
 * scenario.h: each site has a link that there is, or somebody stops there, each tour stops at
 * sites, and each disaster befalls a site or a tour of the scenario on one of its days. The
 * same text gives the same scenario again.
 */
#include <string.h>

#include "tests/sim/rehearse/scenario.h"

#include "tests/fuzz/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rehearse_scenario scenario, first;

static bool stops_at(unsigned site)
{
	for (unsigned i = 0; i < scenario.n_tours; i++) {
		for (unsigned s = 0; s < scenario.tours[i].n_stops; s++) {
			if (scenario.tours[i].stops[s] == site) {
				return true;
			}
		}
	}
	return false;
}

static void check_links(void)
{
	must(scenario.n_links <= REHEARSE_LINKS_MAX);
	for (unsigned i = 0; i < scenario.n_links; i++) {
		const struct rehearse_link *link = &scenario.links[i];

		must(link->name[0] != '\0' && strlen(link->name) < sizeof(link->name));
		must(link->rate >= 100 && link->up <= 100 && link->delay_ms <= 60000);
		must(link->cut == 0 || link->cut >= 500);
		for (unsigned other = 0; other < i; other++) {
			must(strcmp(link->name, scenario.links[other].name) != 0);
		}
	}
}

static void check_site(unsigned i)
{
	const struct rehearse_site *plan = &scenario.plans[i];
	const struct sim_site *site = &scenario.sites[i];

	must(plan->link < scenario.n_links || plan->link == REHEARSE_NO_LINK);
	if (plan->link == REHEARSE_NO_LINK) {
		must(plan->n_times == 0 && stops_at(i));
	} else {
		must(plan->n_times >= 1 && plan->n_times <= REHEARSE_TIMES_MAX);
	}
	for (unsigned t = 0; t < plan->n_times; t++) {
		must(plan->minutes[t] < 24 * 60);
	}
	must(plan->devices >= 1 && plan->devices <= 4 && plan->work <= 400);
	must(plan->days >= 1 && plan->days <= 127);
	must(site->code == scenario.codes[i] && site->kind == scenario.kinds[i]);
	must(site->code[0] != '\0' && site->kind[0] != '\0');
}

static void check_tour(const struct rehearse_tour *tour)
{
	must(tour->name[0] != '\0' && strlen(tour->name) < sizeof(tour->name));
	must(tour->n_stops >= 1 && tour->n_stops <= REHEARSE_STOPS_MAX);
	for (unsigned i = 0; i < tour->n_stops; i++) {
		must(tour->stops[i] < scenario.n_sites);
	}
	must(tour->days >= 1 && tour->days <= 127);
	must(tour->leaves < tour->base && tour->base < 24 * 60);
	must(tour->number <
	     (unsigned)(tour->by_stick ? REHEARSE_STICKS_MAX : REHEARSE_COURIERS_MAX));
}

static void check_disaster(const struct rehearse_disaster *disaster)
{
	must(disaster->from >= 1 && disaster->from <= disaster->to);
	must(disaster->to <= scenario.days);
	must(disaster->kind == REHEARSE_LOST ? disaster->site < scenario.n_tours
					     : disaster->site <= scenario.n_sites);
	must(disaster->site > 0 || disaster->kind == REHEARSE_HUB_DOWN ||
	     disaster->kind == REHEARSE_LOST);
}

static void check(void)
{
	must(scenario.days >= 1 && scenario.days <= REHEARSE_DAYS_MAX);
	must(scenario.n_sites >= 2 && scenario.n_sites <= 700);
	must(scenario.n_tours <= REHEARSE_COURIERS_MAX + REHEARSE_STICKS_MAX);
	must(scenario.n_disasters <= REHEARSE_WORDS_MAX);
	check_links();
	for (unsigned i = 0; i < scenario.n_sites; i++) {
		check_site(i);
	}
	for (unsigned i = 0; i < scenario.n_tours; i++) {
		check_tour(&scenario.tours[i]);
	}
	for (unsigned i = 0; i < scenario.n_disasters; i++) {
		check_disaster(&scenario.disasters[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_error err = { 0 };
	int rc = rehearse_read(&scenario, PH_VIEW(data, size), "text", &err);

	must((rc == 0) == (err.text[0] == '\0'));
	if (rc != 0) {
		must(rc == -1 && err.exit == PH_EXIT_CONFIG);
		must(strncmp(err.text, "text:", 5) == 0 && err.text[5] >= '1' &&
		     err.text[5] <= '9');
		return 0;
	}
	check();
	/* its sites point into it, so the same one is read again */
	memcpy(&first, &scenario, sizeof(first));
	must(rehearse_read(&scenario, PH_VIEW(data, size), "text", &err) == 0);
	must(memcmp(&first, &scenario, sizeof(first)) == 0);
	return 0;
}

/*
 * tests/sim/rehearse/main.c - packhorse-rehearse: a month of the province, played before it
 * comes.
 *
 *   packhorse-rehearse [--json] [--seed N] [--trace] [FILE]     --print: the scenario that
 *                                                               is played without a FILE
 *
 * What goes wrong is told by way of struct ph_error, since files may have any bytes in
 * their names.
 *
 * Exit status: 0 played; 1 Packhorse itself failed in it; 2 usage; 78 a bad scenario.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/cli/out.h"
#include "tests/sim/rehearse/month.h"

#define TEXT_MAX (1 << 20)

static struct rehearse_scenario scenario;

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- what is said --- */

static int complain(const struct ph_error *err)
{
	fprintf(stderr, "packhorse-rehearse: %s\n", err->text);
	return (int)err->exit;
}

/* RC, if all that was to be printed is written. */
static int written(int rc)
{
	struct ph_error err = { 0 };

	return ph_out_flush("", &err) == 0 ? rc : complain(&err);
}

/* --- staleness --- */

static int compare_hours(const void *a, const void *b)
{
	unsigned one = *(const unsigned *)a, other = *(const unsigned *)b;

	return one < other ? -1 : one > other;
}

static unsigned worst(const struct rehearse_outcome *site)
{
	return site->n_hours > 0 ? site->hours[site->n_hours - 1] : 0;
}

static unsigned median(const struct rehearse_outcome *site)
{
	return site->n_hours > 0 ? site->hours[site->n_hours / 2] : 0;
}

static void sort_hours(struct rehearse_report *report)
{
	for (unsigned i = 0; i < scenario.n_sites; i++) {
		qsort(report->sites[i].hours, report->sites[i].n_hours, sizeof(unsigned),
		      compare_hours);
	}
}

/* --- as JSON --- */

static const char *link_of(unsigned site)
{
	unsigned link = scenario.plans[site].link;

	return link == REHEARSE_NO_LINK ? "none" : scenario.links[link].name;
}

static json_t *site_json(const struct rehearse_report *report, unsigned i)
{
	const struct rehearse_outcome *site = &report->sites[i];
	const struct rehearse_site *plan = &scenario.plans[i];

	return json_pack("{s:i, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:i, s:i, s:I, s:I, "
			 "s:I}",
			 "site", (int)i + 1, "kind", scenario.sites[i].kind, "link",
			 link_of(i), "devices", (int)plan->devices, "entries",
			 (json_int_t)site->entries, "at_hub", (json_int_t)site->at_hub,
			 "waiting", (json_int_t)site->waiting, "lost",
			 (json_int_t)site->lost, "stale_median_hours", (int)median(site),
			 "stale_worst_hours", (int)worst(site), "sessions",
			 (json_int_t)site->whole, "cut", (json_int_t)site->cut,
			 "unreachable", (json_int_t)site->unreachable);
}

/* All that went by the network, by couriers, by sticks. */
struct roads {
	struct rehearse_carried network, courier, stick;
};

static struct roads roads_of(const struct rehearse_report *report)
{
	struct roads roads = { 0 };

	for (unsigned i = 0; i < scenario.n_links; i++) {
		roads.network.up += report->roads[i].up;
		roads.network.down += report->roads[i].down;
	}
	for (unsigned i = 0; i < scenario.n_tours; i++) {
		struct rehearse_carried *sum =
			scenario.tours[i].by_stick ? &roads.stick : &roads.courier;

		sum->up += report->carried[i].up;
		sum->down += report->carried[i].down;
	}
	return roads;
}

static json_t *road_json(const struct rehearse_carried *road)
{
	return json_pack("{s:I, s:I}", "bytes_up", (json_int_t)road->up, "bytes_down",
			 (json_int_t)road->down);
}

static json_t *tours_json(const struct rehearse_report *report)
{
	json_t *tours = json_array();

	for (unsigned i = 0; i < scenario.n_tours; i++) {
		const struct rehearse_tour *tour = &scenario.tours[i];
		const struct rehearse_carried *carried = &report->carried[i];

		json_array_append_new(
			tours, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}",
					 "tour", tour->name, "road",
					 tour->by_stick ? "stick" : "courier", "rounds",
					 (json_int_t)carried->rounds, "missed",
					 (json_int_t)carried->missed, "bytes_up",
					 (json_int_t)carried->up, "bytes_down",
					 (json_int_t)carried->down, "bundles_up",
					 (json_int_t)carried->bundles_up, "bundles_down",
					 (json_int_t)carried->bundles_down));
	}
	return tours;
}

static int print_json(const struct rehearse_report *report, double took)
{
	json_t *sites = json_array(), *links = json_array(), *cases = json_object();
	struct roads roads = roads_of(report);
	struct ph_error err = { 0 };
	json_t *all;
	int rc;

	for (unsigned i = 0; i < scenario.n_sites; i++) {
		json_array_append_new(sites, site_json(report, i));
	}
	for (unsigned i = 0; i < scenario.n_links; i++) {
		const struct rehearse_road *road = &report->roads[i];

		json_array_append_new(links,
				      json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "link",
						scenario.links[i].name, "bytes_up",
						(json_int_t)road->up, "bytes_down",
						(json_int_t)road->down, "sessions",
						(json_int_t)road->whole, "cut",
						(json_int_t)road->cut, "unreachable",
						(json_int_t)road->unreachable));
	}
	for (unsigned kind = 1; kind < PH_CASE_KINDS; kind++) {
		if (report->cases[kind] > 0) {
			json_object_set_new(
				cases, ph_case_name(kind),
				json_integer((json_int_t)report->cases[kind]));
		}
	}
	all = json_pack("{s:i, s:i, s:I, s:f, s:I, s:I, s:I, s:I, s:{s:o, s:o, s:o}, "
			"s:o, s:o, s:o, s:o}",
			"schema", 1, "days", (int)scenario.days, "seed",
			(json_int_t)scenario.seed, "seconds", took, "entries",
			(json_int_t)report->entries, "at_hub", (json_int_t)report->at_hub,
			"waiting", (json_int_t)report->waiting, "lost",
			(json_int_t)report->lost, "roads", "network",
			road_json(&roads.network), "courier", road_json(&roads.courier),
			"stick", road_json(&roads.stick), "links", links, "tours",
			tours_json(report), "cases", cases, "sites", sites);
	rc = all != NULL ? json_dumpf(all, stdout, JSON_INDENT(1)) : -1;
	putchar('\n');
	json_decref(all);
	if (rc == 0 || ferror(stdout)) {
		return PH_EXIT_DONE; /* written() tells what stdout did not take */
	}
	ph_fail_errno(&err, -ENOMEM, "the report");
	return complain(&err);
}

/* --- for people --- */

static void print_sites(const struct rehearse_report *report)
{
	printf("%5s  %-18s %-8s %8s %8s %6s  %s\n", "site", "kind", "link", "entries",
	       "waiting", "lost",
	       "hours since its last whole sync, median and worst; tried, cut");
	for (unsigned i = 0; i < scenario.n_sites; i++) {
		const struct rehearse_outcome *site = &report->sites[i];

		printf("%5u  %-18s %-8s %8" PRIu64 " %8" PRIu64 " %6" PRIu64
		       "  %4u %4u  %" PRIu64 "+%" PRIu64 " %" PRIu64 "\n",
		       i + 1, scenario.sites[i].kind, link_of(i), site->entries,
		       site->waiting, site->lost, median(site), worst(site), site->whole,
		       site->unreachable, site->cut);
	}
}

static void print_tours(const struct rehearse_report *report)
{
	struct roads roads = roads_of(report);

	if (scenario.n_tours == 0) {
		return;
	}
	printf("\n%-10s %-8s %14s %14s %12s %9s %6s\n", "tour", "road", "bytes up",
	       "bytes down", "bundles", "rounds", "missed");
	for (unsigned i = 0; i < scenario.n_tours; i++) {
		const struct rehearse_tour *tour = &scenario.tours[i];
		const struct rehearse_carried *carried = &report->carried[i];

		printf("%-10s %-8s %14" PRIu64 " %14" PRIu64 " %5" PRIu64 "+%-6" PRIu64
		       " %9" PRIu64 " %6" PRIu64 "\n",
		       tour->name, tour->by_stick ? "stick" : "courier", carried->up,
		       carried->down, carried->bundles_up, carried->bundles_down,
		       carried->rounds, carried->missed);
	}
	printf("\nby road, up and down: network %" PRIu64 " %" PRIu64 ", courier %" PRIu64
	       " %" PRIu64 ", stick %" PRIu64 " %" PRIu64 " bytes\n",
	       roads.network.up, roads.network.down, roads.courier.up, roads.courier.down,
	       roads.stick.up, roads.stick.down);
}

static void print_report(const struct rehearse_report *report, double took)
{
	print_sites(report);
	printf("\n%-10s %14s %14s %9s %6s %12s\n", "link", "bytes up", "bytes down",
	       "sessions", "cut", "unreachable");
	for (unsigned i = 0; i < scenario.n_links; i++) {
		const struct rehearse_road *road = &report->roads[i];

		printf("%-10s %14" PRIu64 " %14" PRIu64 " %9" PRIu64 " %6" PRIu64
		       " %12" PRIu64 "\n",
		       scenario.links[i].name, road->up, road->down, road->whole,
		       road->cut, road->unreachable);
	}
	print_tours(report);
	printf("\n%u sites, %u days: %" PRIu64 " entries; %" PRIu64 " are at the hub, "
	       "%" PRIu64 " wait at their sites for a road; ",
	       scenario.n_sites, scenario.days, report->entries, report->at_hub,
	       report->waiting);
	if (report->lost == 0) {
		printf("nothing was lost\n");
	} else {
		printf("%" PRIu64 " %s lost: with a disk that died, or a folder that "
		       "was put back, before %s sent\n",
		       report->lost, report->lost == 1 ? "was" : "were",
		       report->lost == 1 ? "it was" : "they were");
	}
	printf("cases:");
	for (unsigned kind = 1; kind < PH_CASE_KINDS; kind++) {
		if (report->cases[kind] > 0) {
			printf(" %s %" PRIu64, ph_case_name(kind), report->cases[kind]);
		}
	}
	printf("\n(%.1f s)\n", took);
}

/* --- arguments --- */

static const char usage[] =
	"usage: packhorse-rehearse [--json] [--seed N] [--trace] [FILE]\n"
	"  plays a scenario, by default one of its own, and reports what came of it\n"
	"  --json     as one JSON object        --seed N   another throw of the dice\n"
	"  --print    the scenario of its own   --trace    all that happens, on stderr\n"
	"The form of a scenario: docs/REHEARSE.md\n";

/* NULL: the scenario of its own; "-": standard input. */
static int read_scenario(const char *name)
{
	const char *path = name != NULL && strcmp(name, "-") == 0 ? "/dev/stdin" : name;
	struct ph_error err = { 0 };
	struct ph_buf text = { 0 };
	int rc = path != NULL ? ph_file_read(path, TEXT_MAX, &text, &err)
			      : ph_buf_put_view(&text, ph_view_str(rehearse_default));

	if (rc == 0) {
		rc = rehearse_read(&scenario, ph_buf_view(&text),
				   name != NULL ? name : "built in", &err);
	}
	ph_buf_deinit(&text);
	if (rc == 0) {
		return 0;
	}
	ph_fail_errno(&err, rc, "the scenario"); /* unless it is said already */
	complain(&err);
	return PH_EXIT_CONFIG;
}

/* What the programs say to the people of their sites is not said here. */
static void hush(bool quiet)
{
	static int kept = -1;
	int null = quiet ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;

	fflush(stderr);
	if (null >= 0) {
		kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		dup2(null, STDERR_FILENO);
		close(null);
	} else if (kept >= 0) {
		dup2(kept, STDERR_FILENO);
		close(kept);
		kept = -1;
	}
}

static int rehearse(bool json, bool trace)
{
	struct rehearse_report report;
	double began = seconds();
	int rc = PH_EXIT_DONE;

	sim_start(scenario.sites, scenario.n_sites);
	if (!trace) {
		hush(true);
	}
	rehearse_play(&scenario, trace ? stderr : NULL, &report);
	if (!trace) {
		hush(false);
	}
	sort_hours(&report);
	if (report.result.broken != SIM_OK) {
		fprintf(stderr,
			"packhorse-rehearse: Packhorse itself failed (%s): %s. Please "
			"report this, with the scenario and its seed %" PRIu64 "\n",
			sim_invariants[report.result.broken].name, report.result.what,
			scenario.seed);
		rc = PH_EXIT_OTHER;
	} else if (json) {
		rc = print_json(&report, seconds() - began);
	} else {
		print_report(&report, seconds() - began);
	}
	rehearse_report_free(&report);
	sim_end();
	return written(rc);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "seed", required_argument, NULL, 's' },
		{ "print", no_argument, NULL, 'p' },
		{ "trace", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *seed = NULL;
	bool json = false, trace = false;
	char *end;
	int c, rc;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 's':
			seed = optarg;
			break;
		case 't':
			trace = true;
			break;
		case 'p':
			fputs(rehearse_default, stdout);
			return written(PH_EXIT_DONE);
		case 'h':
			fputs(usage, stdout);
			return written(PH_EXIT_DONE);
		default:
			fputs(usage, stderr);
			return PH_EXIT_USAGE;
		}
	}
	if (argc - optind > 1) {
		fputs(usage, stderr);
		return PH_EXIT_USAGE;
	}
	rc = read_scenario(optind < argc ? argv[optind] : NULL);
	if (rc == 0 && seed != NULL) {
		errno = 0;
		scenario.seed = strtoull(seed, &end, 10);
		if (*seed < '0' || *seed > '9' || *end != '\0' || errno != 0) {
			fputs(usage, stderr);
			return PH_EXIT_USAGE;
		}
	}
	return rc != 0 ? rc : rehearse(json, trace);
}

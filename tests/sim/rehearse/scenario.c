/*
 * tests/sim/rehearse/scenario.c - words of a scenario, line by line.
 *
 * A line is a keyword and words behind it, mostly in pairs of a name and a value. What is
 * not understood is an error: a scenario with a slip of the pen would rehearse something
 * else than was meant.
 */
#include "tests/sim/rehearse/reading.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/out.h"

const char rehearse_default[] =
	"# A month of a province: 75 sites and two vans.\n"
	"days 30\n"
	"link town  rate 60000 delay 150 up 97 cut 4000000\n"
	"link 3g    rate 24000 delay 300 up 80 cut 300000\n"
	"link weak  rate 6000  delay 900 up 45 cut 40000\n"
	"link base  rate 1000000 delay 2 up 100\n"
	"sites 15 kind commune-library link town work 16 sync 11:00,16:30\n"
	"sites 25 kind commune-library link 3g   work 10 sync 16:00\n"
	"sites 15 kind post-office     link weak work 6  sync 10:00,15:00\n"
	"sites 10 kind school-library  link 3g   work 12 sync 15:30 on "
	"mon,tue,wed,thu,fri\n"
	"sites 10 kind border-post     link weak work 3  sync 09:00 on mon,thu\n"
	"vans 2 link base work 24 sync 17:30 on mon,thu\n"
	"pc 12 dies 9\n"
	"hub down 3 4\n"
	"site 45 offline 5 19\n"
	"power 30 14\n"
	"clock 50 7 1970\n"
	"full 20 10 12\n"
	"restore 33 21 17\n"
	"# Five bookcases where there has never been a network.\n"
	"sites 5 kind law-bookcase link none work 4\n"
	"courier xe1 stops 78-81 on mon,thu leaves 07:30 base 16:30\n"
	"stick usb1 stops 82 on fri leaves 08:00 base 15:00\n"
	"lost xe1 11\n";

int rehearse_wrong(const struct reading *reading, const char *format, ...)
{
	char words[400];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	return ph_fail(reading->err, PH_EXIT_CONFIG, -1, "%.200s:%u: %s", reading->name,
		       reading->line, words);
}

int rehearse_number(const struct reading *reading, const char *word, const char *what,
		    uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t value;
	char *end;

	errno = 0;
	value = strtoull(word, &end, 10);
	if (errno != 0 || *word < '0' || *word > '9' || *end != '\0' || value < min ||
	    value > max) {
		return rehearse_wrong(reading,
				      "%s: \"%.40s\" is not a whole number from %" PRIu64
				      " to %" PRIu64,
				      what, word, min, max);
	}
	*out = value;
	return 0;
}

char *rehearse_value_of(const struct reading *reading, unsigned from, const char *name)
{
	for (unsigned i = from; i + 1 < reading->n; i += 2) {
		if (strcmp(reading->words[i], name) == 0) {
			return reading->words[i + 1];
		}
	}
	return NULL;
}

int rehearse_check_names(const struct reading *reading, unsigned from, const char *known)
{
	for (unsigned i = from; i < reading->n; i += 2) {
		char word[40];

		snprintf(word, sizeof word, " %.30s ", reading->words[i]);
		if (strstr(known, word) == NULL) {
			return rehearse_wrong(reading, "\"%.30s\" is not one of%s",
					      reading->words[i], known);
		}
		if (i + 1 == reading->n) {
			return rehearse_wrong(reading,
					      "behind \"%.30s\" its value is missing",
					      reading->words[i]);
		}
		for (unsigned before = from; before < i; before += 2) {
			if (strcmp(reading->words[before], reading->words[i]) == 0) {
				return rehearse_wrong(reading, "\"%s\" stands twice",
						      reading->words[i]);
			}
		}
	}
	return 0;
}

int rehearse_copy_list(const struct reading *reading, const char *what, const char *text,
		       char *out, size_t size)
{
	if ((size_t)snprintf(out, size, "%s", text) >= size) {
		return rehearse_wrong(reading, "%s: more than %zu bytes", what, size - 1);
	}
	return 0;
}

static int optional(const struct reading *reading, unsigned from, const char *name,
		    uint64_t min, uint64_t max, uint64_t *out)
{
	const char *value = rehearse_value_of(reading, from, name);

	return value != NULL ? rehearse_number(reading, value, name, min, max, out) : 0;
}

/* --- links --- */

/* REHEARSE_NO_LINK: there is none of this name. */
static unsigned link_named(const struct rehearse_scenario *scenario, const char *name)
{
	for (unsigned i = 0; i < scenario->n_links; i++) {
		if (strcmp(scenario->links[i].name, name) == 0) {
			return i;
		}
	}
	return REHEARSE_NO_LINK;
}

static int check_link_name(const struct reading *reading, const char *name)
{
	if (strlen(name) >= sizeof reading->scenario->links->name) {
		return rehearse_wrong(reading,
				      "the name of a link has at most 15 letters");
	}
	if (strcmp(name, "none") == 0) {
		return rehearse_wrong(reading, "no link is called none: that is the word "
					       "for sites without one");
	}
	return link_named(reading->scenario, name) != REHEARSE_NO_LINK
		       ? rehearse_wrong(reading, "there is a link \"%s\" above this line",
					name)
		       : 0;
}

static int read_link(struct reading *reading)
{
	struct rehearse_scenario *scenario = reading->scenario;
	struct rehearse_link *link;
	uint64_t rate = 0, delay = 100, up = 100, cut = 0;

	if (reading->n < 4 || rehearse_value_of(reading, 2, "rate") == NULL) {
		return rehearse_wrong(reading,
				      "a link is: link NAME rate BYTES [delay MS] [up "
				      "PERCENT] [cut BYTES]");
	}
	if (scenario->n_links == REHEARSE_LINKS_MAX) {
		return rehearse_wrong(reading, "more than %d links", REHEARSE_LINKS_MAX);
	}
	if (check_link_name(reading, reading->words[1]) != 0 ||
	    rehearse_check_names(reading, 2, " rate delay up cut ") != 0 ||
	    optional(reading, 2, "rate", 100, 1000000000, &rate) != 0 ||
	    optional(reading, 2, "delay", 0, 60000, &delay) != 0 ||
	    optional(reading, 2, "up", 0, 100, &up) != 0 ||
	    optional(reading, 2, "cut", 500, 1000000000, &cut) != 0) {
		return -1;
	}
	link = &scenario->links[scenario->n_links++];
	snprintf(link->name, sizeof link->name, "%s", reading->words[1]);
	link->rate = (unsigned)rate;
	link->delay_ms = (unsigned)delay;
	link->up = (unsigned)up;
	link->cut = cut;
	return 0;
}

static int find_link(const struct reading *reading, unsigned from, unsigned *out)
{
	const char *name = rehearse_value_of(reading, from, "link");

	if (name != NULL && strcmp(name, "none") == 0) {
		*out = REHEARSE_NO_LINK;
		return 0;
	}
	*out = name != NULL ? link_named(reading->scenario, name) : REHEARSE_NO_LINK;
	if (*out != REHEARSE_NO_LINK) {
		return 0;
	}
	return name == NULL ? rehearse_wrong(reading, "which link? Add: link NAME")
			    : rehearse_wrong(
				      reading,
				      "there is no link \"%.30s\" above this line; links "
				      "come first: link %.15s rate 20000",
				      name, name);
}

/* --- sites --- */

int rehearse_read_times(const struct reading *reading, const char *text,
			struct rehearse_site *plan)
{
	char copy[120], *save = NULL;

	if (rehearse_copy_list(reading, "sync", text, copy, sizeof copy) != 0) {
		return -1;
	}
	for (char *word = strtok_r(copy, ",", &save); word != NULL;
	     word = strtok_r(NULL, ",", &save)) {
		unsigned hour, minute;
		char rest;

		if (sscanf(word, "%2u:%2u%c", &hour, &minute, &rest) != 2 || hour > 23 ||
		    minute > 59) {
			return rehearse_wrong(
				reading,
				"sync: \"%.30s\" is no time of the day, such as "
				"08:30 or 08:30,16:00",
				word);
		}
		if (plan->n_times == REHEARSE_TIMES_MAX) {
			return rehearse_wrong(reading, "sync: more than %d times a day",
					      REHEARSE_TIMES_MAX);
		}
		plan->minutes[plan->n_times++] = hour * 60 + minute;
	}
	return plan->n_times > 0
		       ? 0
		       : rehearse_wrong(reading, "which time of the day? 08:30,16:00");
}

int rehearse_read_days(const struct reading *reading, const char *text,
		       unsigned *days_out)
{
	static const char *const names[] = { "mon", "tue", "wed", "thu",
					     "fri", "sat", "sun" };
	char copy[60], *save = NULL;

	*days_out = 0;
	if (rehearse_copy_list(reading, "on", text, copy, sizeof copy) != 0) {
		return -1;
	}
	for (char *word = strtok_r(copy, ",", &save); word != NULL;
	     word = strtok_r(NULL, ",", &save)) {
		unsigned day = 0;

		while (day < 7 && strcmp(word, names[day]) != 0) {
			day++;
		}
		if (day == 7) {
			return rehearse_wrong(
				reading,
				"on: \"%.30s\" is no day; they are mon, tue, wed, "
				"thu, fri, sat, sun",
				word);
		}
		*days_out |= 1u << day;
	}
	return *days_out != 0 ? 0 : rehearse_wrong(reading, "on: which days? on mon,thu");
}

static int is_kind(const char *kind)
{
	static const char *const kinds[] = { "provincial-library",
					     "commune-library",
					     "learning-centre",
					     "post-office",
					     "law-bookcase",
					     "school-library",
					     "police-library",
					     "border-post",
					     "economic-defence",
					     "private-library",
					     "van" };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i], kind) == 0) {
			return 1;
		}
	}
	return 0;
}

/* Some sites share a commune, as post offices do with its library. */
static void add_site(struct rehearse_scenario *scenario, const char *kind,
		     const struct rehearse_site *plan)
{
	unsigned i = scenario->n_sites++;
	struct sim_site *site = &scenario->sites[i];

	snprintf(scenario->codes[i], sizeof scenario->codes[i], "%s-%03u",
		 plan->is_van ? "xe" : "14", i + 1);
	snprintf(scenario->names[i], sizeof scenario->names[i], "Điểm %u", i + 1);
	snprintf(scenario->communes[i], sizeof scenario->communes[i], "%05u",
		 3600 + i % 50);
	snprintf(scenario->kinds[i], sizeof scenario->kinds[i], "%s",
		 plan->is_van ? "van" : kind);
	*site = (struct sim_site){ .code = scenario->codes[i],
				   .commune = scenario->communes[i],
				   .name = scenario->names[i],
				   .kind = scenario->kinds[i] };
	site->no_readers = strcmp(site->kind, "border-post") == 0 ||
			   strcmp(site->kind, "police-library") == 0;
	scenario->plans[i] = *plan;
}

static int read_sites(struct reading *reading, bool vans)
{
	struct rehearse_site plan = { .days = 127,
				      .is_van = vans,
				      .line = reading->line };
	const char *kind, *times, *days;
	uint64_t count, devices = 1, work = 12;

	if (reading->n < 2 ||
	    rehearse_number(reading, reading->words[1], vans ? "vans" : "sites", 1, 700,
			    &count) != 0) {
		return reading->n < 2
			       ? rehearse_wrong(reading, "how many? sites 5 kind "
							 "commune-library link 3g sync "
							 "16:00")
			       : -1;
	}
	kind = rehearse_value_of(reading, 2, "kind");
	times = rehearse_value_of(reading, 2, "sync");
	days = rehearse_value_of(reading, 2, "on");
	if (rehearse_check_names(reading, 2, " kind link devices work sync on ") != 0 ||
	    find_link(reading, 2, &plan.link) != 0 ||
	    optional(reading, 2, "devices", 1, 4, &devices) != 0 ||
	    optional(reading, 2, "work", 0, 400, &work) != 0) {
		return -1;
	}
	if (!vans && (kind == NULL || !is_kind(kind))) {
		return rehearse_wrong(reading,
				      "kind: one of provincial-library, commune-library, "
				      "learning-centre, post-office, law-bookcase, "
				      "school-library, police-library, border-post, "
				      "economic-defence, private-library");
	}
	if (plan.link == REHEARSE_NO_LINK) {
		if (times != NULL || days != NULL) {
			return rehearse_wrong(
				reading, "a site without a link does not sync: a courier "
					 "or a stick stops there; leave sync and on out");
		}
	} else if (times == NULL || rehearse_read_times(reading, times, &plan) != 0) {
		return times == NULL
			       ? rehearse_wrong(reading, "when do they sync? Add: sync "
							 "16:00")
			       : -1;
	}
	if (days != NULL && rehearse_read_days(reading, days, &plan.days) != 0) {
		return -1;
	}
	plan.devices = (unsigned)devices;
	plan.work = (unsigned)work;
	if (reading->scenario->n_sites + count > 700) {
		return rehearse_wrong(reading, "more than 700 sites");
	}
	for (uint64_t i = 0; i < count; i++) {
		add_site(reading->scenario, kind, &plan);
	}
	return 0;
}

/* --- all --- */

static int read_words(struct reading *reading)
{
	struct rehearse_scenario *scenario = reading->scenario;
	const char *word = reading->words[0];
	uint64_t value = 0;

	if (strcmp(word, "days") == 0 || strcmp(word, "seed") == 0) {
		bool days = word[0] == 'd';
		bool *has = days ? &reading->has_days : &reading->has_seed;

		if (reading->n != 2) {
			return rehearse_wrong(reading, "that is: %s NUMBER", word);
		}
		if (*has) {
			return rehearse_wrong(reading, "%s stands above this line, too",
					      word);
		}
		*has = true;
		if (rehearse_number(reading, reading->words[1], word, days ? 1 : 0,
				    days ? REHEARSE_DAYS_MAX : UINT32_MAX, &value) != 0) {
			return -1;
		}
		scenario->days = days ? (unsigned)value : scenario->days;
		scenario->seed = days ? scenario->seed : value;
		return 0;
	}
	if (strcmp(word, "link") == 0) {
		return read_link(reading);
	}
	if (strcmp(word, "sites") == 0 || strcmp(word, "vans") == 0) {
		return read_sites(reading, word[0] == 'v');
	}
	if (strcmp(word, "courier") == 0 || strcmp(word, "stick") == 0) {
		return rehearse_read_tour(reading, word[0] == 's');
	}
	return rehearse_read_disaster(reading);
}

/* Whether WORD, which is reported and quoted, may go to a terminal and into JSON. */
static bool is_plain(const char *word)
{
	size_t size = strlen(word) + 1;
	char *safe = malloc(size);
	bool same;

	assert(safe != NULL);
	ph_text_safe(safe, size, word, size - 1);
	same = strcmp(safe, word) == 0;
	free(safe);
	return same;
}

static int read_line(struct reading *reading, char *line)
{
	char *save = NULL, *comment = strchr(line, '#');

	if (comment != NULL) {
		*comment = '\0';
	}
	reading->n = 0;
	for (char *word = strtok_r(line, " \t\r", &save); word != NULL;
	     word = strtok_r(NULL, " \t\r", &save)) {
		if (reading->n == READING_WORDS_MAX) {
			return rehearse_wrong(reading, "more than %d words",
					      READING_WORDS_MAX);
		}
		reading->words[reading->n++] = word;
		if (!is_plain(word)) {
			return rehearse_wrong(
				reading,
				"word %u is no plain text: it holds bytes that are not "
				"UTF-8, or a character that steers a terminal",
				reading->n);
		}
	}
	return reading->n > 0 ? read_words(reading) : 0;
}

/* What a line could not know: how long it all takes. */
static int check_days(struct reading *reading)
{
	const struct rehearse_scenario *scenario = reading->scenario;

	for (unsigned i = 0; i < scenario->n_disasters; i++) {
		if (scenario->disasters[i].to > scenario->days) {
			return rehearse_wrong(
				reading,
				"something happens on day %u, but there are %u days: "
				"say days %u",
				scenario->disasters[i].to, scenario->days,
				scenario->disasters[i].to);
		}
	}
	return scenario->n_sites < 2
		       ? rehearse_wrong(reading, "a province has two sites at least: "
						 "sites 5 kind commune-library link "
						 "3g sync 16:00")
		       : 0;
}

/* A zero byte would be the end of what is read: the line of the first is named. */
static int check_bytes(struct reading *reading, struct ph_view text)
{
	const uint8_t *zero = text.len > 0 ? memchr(text.data, '\0', text.len) : NULL;

	if (zero == NULL) {
		return 0;
	}
	reading->line = 1;
	for (const uint8_t *at = text.data; at < zero; at++) {
		reading->line += *at == '\n';
	}
	return rehearse_wrong(reading, "a byte of zero: a scenario is text, in UTF-8");
}

/* What a text says as a string of its own, to free(); NULL without memory. */
static char *string_of(struct ph_view text)
{
	char *string = malloc(text.len + 1);

	if (string != NULL) {
		if (text.len != 0) {
			memcpy(string, text.data, text.len);
		}
		string[text.len] = '\0';
	}
	return string;
}

int rehearse_read(struct rehearse_scenario *scenario, struct ph_view text,
		  const char *name, struct ph_error *err)
{
	struct reading reading = { .scenario = scenario, .name = name, .err = err };
	char *copy = string_of(text), *rest = copy;
	int rc = copy != NULL ? check_bytes(&reading, text)
			      : ph_fail_errno(err, -ENOMEM, name);

	*scenario = (struct rehearse_scenario){ .seed = 1, .days = 30 };
	while (rc == 0 && rest != NULL) {
		char *line = strsep(&rest, "\n");

		reading.line++;
		rc = read_line(&reading, line);
	}
	rc = rc != 0 ? rc : check_days(&reading);
	rc = rc != 0 ? rc : rehearse_check_tours(&reading);
	free(copy);
	return rc;
}

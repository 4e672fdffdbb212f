/* tests/sim/rehearse/reading.h - how a scenario is read: shared by scenario.c, disasters.c and tours.c only. */
#ifndef PH_TESTS_SIM_REHEARSE_READING_H
#define PH_TESTS_SIM_REHEARSE_READING_H

#include "tests/sim/rehearse/scenario.h"

#define READING_WORDS_MAX 24

struct reading {
	struct rehearse_scenario *scenario;
	const char *name;
	unsigned line;
	struct ph_error *err;
	bool has_days, has_seed;
	char *words[READING_WORDS_MAX];
	unsigned n;
};

/* --- scenario.c: 0, or -1 having said what is wrong --- */
int rehearse_wrong(const struct reading *reading, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int rehearse_number(const struct reading *reading, const char *word, const char *what,
		    uint64_t min, uint64_t max, uint64_t *out);
/* The value behind the word NAME, from word FROM on; NULL: it is not there. */
char *rehearse_value_of(const struct reading *reading, unsigned from, const char *name);
/* The words from FROM on are pairs, of names in the list KNOWN alone. */
int rehearse_check_names(const struct reading *reading, unsigned from, const char *known);
/* The list TEXT, of words parted by commas, into OUT, whole: what is cut off would not be read. */
int rehearse_copy_list(const struct reading *reading, const char *what, const char *text,
		       char *out, size_t size);
int rehearse_read_times(const struct reading *reading, const char *text,
			struct rehearse_site *plan);
int rehearse_read_days(const struct reading *reading, const char *text,
		       unsigned *days_out);

/* --- disasters.c --- */
int rehearse_add_disaster(struct reading *reading, enum rehearse_kind kind, unsigned site,
			  uint64_t from, uint64_t to, int64_t seconds);
/* Whatever is none of the other lines. */
int rehearse_read_disaster(struct reading *reading);

/* --- tours.c --- */
/* courier NAME, or stick NAME. */
int rehearse_read_tour(struct reading *reading, bool stick);
/* lost NAME DAY */
int rehearse_read_lost(struct reading *reading);
/* Whoever has no link is on a tour. */
int rehearse_check_tours(struct reading *reading);

#endif

/* common/cli/counter_words.h - what a site counts (docs/MERGE.md, "Tally"), for people. */
#ifndef PH_CLI_COUNTER_WORDS_H
#define PH_CLI_COUNTER_WORDS_H

#define PH_COUNTER_WORDS 96

/*
 * The counter that is called NAME in JSON ("visits", "visits_by_band.child") in the language
 * of people, into OUT, which is returned; one that is not known here stands as it is.
 */
const char *ph_counter_say(char out[static PH_COUNTER_WORDS], const char *name);

#endif

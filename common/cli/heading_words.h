/* common/cli/heading_words.h - the headings of tables that are named as members are, for people. */
#ifndef PH_CLI_HEADING_WORDS_H
#define PH_CLI_HEADING_WORDS_H

/* HEADING in Vietnamese, where that is spoken and there is a word; else itself. */
const char *ph_heading_say(const char *heading);

#endif

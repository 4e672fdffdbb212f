/* common/cli/case_words.h - words about cases, in the language of people. */
#ifndef PH_CLI_CASE_WORDS_H
#define PH_CLI_CASE_WORDS_H

/* A kind of cases by its name, in Vietnamese by another, short enough for a column. */
const char *ph_case_name_say(const char *kind);
/* What a kind of cases is, in a few words; "" for one that is not known here. */
const char *ph_case_kind_say(const char *kind);
/* What a choice means; MEANS is the English (common/ledger/cases_choice.h), and the answer if there is no other. */
const char *ph_case_means_say(const char *means);

#endif

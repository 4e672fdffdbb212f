/*
 * common/cli/refusal_words.h - why a bundle on a stick, or with a courier, was not taken, and
 * what to do: one table for both programs, in two languages. The reasons are words for
 * scripts (docs/BUNDLE.md) and stay for ever.
 */
#ifndef PH_CLI_REFUSAL_WORDS_H
#define PH_CLI_REFUSAL_WORDS_H

#include <stdbool.h>

/* "is cut short: ..."; of a reason that is in no table: itself. */
const char *ph_refusal_words(const char *reason);
/* On stderr: "FILE was refused: it ...". */
void ph_refusal_tell(const char *file, const char *reason);
/*
 * What else was on the stick, on stderr: N_REFUSED files more that were refused and not named,
 * and, IS_MORE, bundles that were not looked at. Nothing if there is neither.
 */
void ph_refusal_tell_rest(unsigned n_refused, bool is_more);

#endif

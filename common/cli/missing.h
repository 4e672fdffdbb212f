/*
 * common/cli/missing.h - bundles that a sender says are on a stick, and that are not there:
 * as JSON, and in words for both programs.
 */
#ifndef PH_CLI_MISSING_H
#define PH_CLI_MISSING_H

#include <jansson.h>

/* Add to LIST that of PACKED bundles of DEVICE only HERE are there. 0 or -ENOMEM. */
int ph_missing_add(json_t *list, const char *device, unsigned packed, unsigned here);
/* Its list cannot be read: how many are missing is not known. */
int ph_missing_add_unknown(json_t *list, const char *device);
/* A line for each of LIST, on stderr. */
void ph_missing_tell(const json_t *list);

#endif

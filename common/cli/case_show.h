/* common/cli/case_show.h - one case (docs/MERGE.md, "Views"), for both programs. */
#ifndef PH_CLI_CASE_SHOW_H
#define PH_CLI_CASE_SHOW_H

#include <jansson.h>

#include "common/cli/cli.h"

/* Print ANSWER (taken), with the view of a case as its "case". 0 or negative errno. */
int ph_case_print(const struct ph_cli *cli, json_t *answer);

#endif

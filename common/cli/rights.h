/*
 * common/cli/rights.h - what in a folder of ours other users of the machine have rights to.
 *
 * Whatever is made there is 0600, folders 0700 (docs/SECURITY.md): what is wider was widened by hand, came
 * with a copy, or lies on a file system that has no such rights.
 */
#ifndef PH_CLI_RIGHTS_H
#define PH_CLI_RIGHTS_H

#include <jansson.h>

#define PH_RIGHTS_TOLD 16

/*
 * Put into ANSWER what in the folder DIR, and it itself, others have rights to: `open_to_others`, up to
 * PH_RIGHTS_TOLD of { path, mode } by path, within DIR ("." is DIR), and `open_to_others_more`, how many are left out. What
 * lies in a folder that others cannot pass is not told, whatever rights it has itself; of the folders above DIR nothing is
 * known here. No link is followed. What cannot be looked at is not told. 0 or -ENOMEM.
 */
int ph_rights_look(const char *dir, json_t *answer);
/* The same for people, on standard error, and what to do; DIR as they know it. Nothing where there is nothing. */
void ph_rights_tell(const char *dir, const json_t *answer);
/* The rights of the folder DIR itself, as in 0755, if others have any; else 0: also where it cannot be looked at. */
unsigned ph_rights_of_folder(const char *dir);

#endif

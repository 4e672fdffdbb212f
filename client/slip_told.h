/* client/slip_told.h - what was written, told to a person or a script. */
#ifndef PH_CLIENT_SLIP_TOLD_H
#define PH_CLIENT_SLIP_TOLD_H

#include "client/slip.h"

/*
 * Print COUNT entries that are safe: a line each, or with --json one object,
 * {"schema":1,"entries":[...]}. 0, -ENOMEM or -EIO.
 */
int ph_slips_tell(const struct ph_cli *cli, struct ph_slip *const *slips, size_t count);

/* A new object that names the entry: {"ref","n","kind"}; NULL: no memory. */
json_t *ph_slip_name(const struct ph_entry *entry, const struct ph_ref *ref);

#endif

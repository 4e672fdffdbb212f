/* common/ledger/look.h - a ledger that another one folds. */
#ifndef PH_LEDGER_LOOK_H
#define PH_LEDGER_LOOK_H

#include "common/ledger/ledger.h"

/*
 * LEDGER's database is a look at another's (common/base/dblook.h), which has folded more: what is
 * kept in memory of it is read anew. Such a one is only read. 0 or negative errno.
 */
int ph_ledger_look(struct ph_ledger *ledger);

#endif

/* common/ledger/worker.h - what is not written of a worker. */
#ifndef PH_LEDGER_WORKER_H
#define PH_LEDGER_WORKER_H

#include "common/ledger/ledger.h"
#include "common/log/entry.h"

/*
 * Whether by ENTRY, a worker-put, with what stands of that worker where it says nothing, the
 * last day would lie before the first. False of any other kind. 0 or negative errno.
 */
int ph_worker_ends_before(struct ph_ledger *ledger, const struct ph_entry *entry,
			  bool *before_out);

#endif

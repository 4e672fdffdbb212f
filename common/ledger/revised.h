/*
 * common/ledger/revised.h - a report against what the ledger has now: what is different,
 * and which entries did it.
 */
#ifndef PH_LEDGER_REVISED_H
#define PH_LEDGER_REVISED_H

#include <jansson.h>

#include "common/ledger/figures.h"

/*
 * FIGURES, all parts of them, of the days FROM to TO, against the ledger as it is folded:
 *
 *   {"changed":[{"site","counter","printed","now"} ...], by site, then counter
 *    "entries":[{"ref","kind","site","log_site","device" (of a device's log),"time",
 *                "arrived" (if noted),"why","by" (a reference, if an entry did it),
 *                "counts":{counter: difference}} ...], by site, time
 *    "unexplained":[{"site","counter","difference"} ...]}
 *
 * why: "late" (it was not held then); "voided", "cut", "repeated" (it counts no more);
 * "judged" (its clock was judged since, so it counts on another day); "released" (it was
 * voided, cut or repeated then). What no entry explains is the program's: it counts
 * otherwise than the one that printed. 0 and a new reference in *OUT, or a negative errno
 * with ERR.
 */
int ph_report_revised(struct ph_ledger *ledger, const struct ph_figures *figures,
		      int64_t from, int64_t to, json_t **out, struct ph_error *err);

#endif

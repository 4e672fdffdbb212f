/* common/ledger/reader_view.h - what stands beside a reader, and sealed fields; for this folder and the hub's match keys. */
#ifndef PH_LEDGER_READER_VIEW_H
#define PH_LEDGER_READER_VIEW_H

#include "common/ledger/show.h"
#include "common/ledger/view.h"

/* Open loans of CARDS, an array of {"ns","code"}, as one array. 0 or negative errno. */
int ph_reader_loans(struct ph_ledger *ledger, json_t *cards, json_t **out);
/*
 * Show the sealed fields of KIND that win in REGISTERS, as far as OPENER (may be NULL) opens
 * their parts; "locked" lists the names of those it does not. 0 or negative errno.
 */
int ph_show_sealed(struct ph_show *show, const struct ph_kind *kind,
		   const struct ph_registers *registers, const struct ph_opener *opener);
/*
 * The winning value of sealed FIELD of a reader: copied to OUT. 0; a positive number
 * if there is none, or if its part does not open; or a negative errno.
 */
int ph_reader_open_text(const struct ph_registers *registers, unsigned field,
			const struct ph_opener *opener, struct ph_buf *out);
/* The same of a sealed field that is a number. */
int ph_reader_open_number(const struct ph_registers *registers, unsigned field,
			  const struct ph_opener *opener, uint64_t *out);

#endif

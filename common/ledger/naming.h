/* common/ledger/naming.h - names for what is shown by its id; for the files of this folder. */
#ifndef PH_LEDGER_NAMING_H
#define PH_LEDGER_NAMING_H

#include "common/ledger/show.h"
#include "common/ledger/view.h"

/* "title_name": the name of the title whose id is TITLE, if it is known; an empty TITLE has none. 0 or negative errno. */
int ph_name_title(struct ph_ledger *ledger, struct ph_show *show, struct ph_view title);
/*
 * "reader": whose card CARD (the bytes of its id) is, if that is known, and "name" if
 * OPENER (may be NULL) opens it; else "locked": true where there is one. 0 or negative
 * errno.
 */
int ph_name_card(struct ph_ledger *ledger, struct ph_show *show, struct ph_view card,
		 const struct ph_opener *opener);
/* NAME: the name of the site NUMBER, if it is known here. 0 or negative errno. */
int ph_name_site(struct ph_ledger *ledger, struct ph_show *show, const char *name,
		 uint64_t number);
/* NAME: the id in BYTES of a copy, card or crate. BYTES that are none fail the object. */
void ph_name_id(struct ph_show *show, const char *name, struct ph_view bytes);
/* NAME: the reference in BYTES; nothing if they are empty. */
void ph_name_ref(struct ph_show *show, const char *name, struct ph_view bytes);

#endif

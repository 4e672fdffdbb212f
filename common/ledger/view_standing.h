/* common/ledger/view_standing.h - whether a reader and a card may borrow, and what is owed; for view.c. */
#ifndef PH_LEDGER_VIEW_STANDING_H
#define PH_LEDGER_VIEW_STANDING_H

#include "common/ledger/card.h"
#include "common/ledger/show.h"

/* "blocks", "consents", "erased" of a reader, from its state; what is empty is left out. 0 or negative errno. */
int ph_show_reader_standing(struct ph_show *show, struct ph_view state);
/* "stops" and "erased" of a card. */
void ph_show_card_standing(struct ph_show *show, const struct ph_card *card);
/* "account": what the card ID owes, has paid and has borrowed uncoded, if anything. 0 or negative errno. */
int ph_show_account(struct ph_ledger *ledger, struct ph_show *show,
		    const struct ph_id *id);

#endif

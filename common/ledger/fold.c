/* common/ledger/fold.c - which fold is whose. A type that is not ours is damage: -EUCLEAN. */
#include "common/ledger/fold.h"

#include <errno.h>

#include "common/ledger/card.h"
#include "common/ledger/copy.h"
#include "common/ledger/device.h"
#include "common/ledger/record.h"
#include "common/ledger/tally.h"

int ph_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
	    struct ph_buf *state_out)
{
	switch ((enum ph_entity)key->type) {
	case PH_ENTITY_SITE:
	case PH_ENTITY_COMMUNE:
	case PH_ENTITY_POLICY:
	case PH_ENTITY_TITLE:
	case PH_ENTITY_READER:
		return ph_record_fold(key, facts, n, state_out);
	case PH_ENTITY_DEVICE:
		return ph_device_fold(key, facts, n, state_out);
	case PH_ENTITY_CARD:
		return ph_card_fold(key, facts, n, state_out);
	case PH_ENTITY_COPY:
		return ph_copy_fold(key, facts, n, state_out);
	case PH_ENTITY_TALLY:
		return ph_tally_fold(facts, n, state_out);
	default:
		return -EUCLEAN;
	}
}

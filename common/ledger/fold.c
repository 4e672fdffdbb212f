/* common/ledger/fold.c - which fold is whose. A type that is not ours is damage: -EUCLEAN. */
#include "common/ledger/fold.h"

#include <errno.h>

#include "common/ledger/account.h"
#include "common/ledger/card.h"
#include "common/ledger/case_state.h"
#include "common/ledger/copy.h"
#include "common/ledger/crate.h"
#include "common/ledger/device.h"
#include "common/ledger/erasure.h"
#include "common/ledger/event.h"
#include "common/ledger/hold.h"
#include "common/ledger/invite_state.h"
#include "common/ledger/log_state.h"
#include "common/ledger/reader.h"
#include "common/ledger/record.h"
#include "common/ledger/report.h"
#include "common/ledger/stop.h"
#include "common/ledger/tally.h"
#include "common/ledger/title.h"

typedef int fold_fn(const struct ph_entity_key *key, const struct ph_fact *facts,
		    size_t n, struct ph_buf *state_out);

static fold_fn *const folds[] = {
	[PH_ENTITY_SITE] = ph_record_fold,         [PH_ENTITY_COMMUNE] = ph_record_fold,
	[PH_ENTITY_POLICY] = ph_record_fold,       [PH_ENTITY_DEVICE] = ph_device_fold,
	[PH_ENTITY_INVITE] = ph_invite_state_fold, [PH_ENTITY_TARGET] = ph_record_fold,
	[PH_ENTITY_LOG] = ph_log_state_fold,       [PH_ENTITY_MODEL] = ph_record_fold,
	[PH_ENTITY_TITLE] = ph_title_fold,         [PH_ENTITY_READER] = ph_reader_fold,
	[PH_ENTITY_CARD] = ph_card_fold,           [PH_ENTITY_COPY] = ph_copy_fold,
	[PH_ENTITY_CRATE] = ph_crate_fold,         [PH_ENTITY_HOLD] = ph_hold_fold,
	[PH_ENTITY_ACCOUNT] = ph_account_fold,     [PH_ENTITY_WORKER] = ph_record_fold,
	[PH_ENTITY_STOP] = ph_stop_fold,           [PH_ENTITY_EVENT] = ph_event_fold,
	[PH_ENTITY_TALLY] = ph_tally_fold,         [PH_ENTITY_CASE] = ph_case_state_fold,
	[PH_ENTITY_REPORT] = ph_report_fold,       [PH_ENTITY_ERASURE] = ph_erasure_fold,
};

int ph_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
	    struct ph_buf *state_out)
{
	if (key->type >= sizeof folds / sizeof *folds || folds[key->type] == NULL) {
		return -EUCLEAN;
	}
	return n == 0 ? 0 : folds[key->type](key, facts, n, state_out);
}

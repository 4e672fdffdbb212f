/*
 * daemon/hub_erase.c - erasures at the hub: what it holds goes with the first fold.
 *
 * The hub took the order itself, and its control log is its own: whose operator signed it
 * was looked at then (hub_put.c), and an operator who has left since has still ordered it.
 */
#include "daemon/hub_erase.h"

#include <errno.h>

#include "common/ledger/erasing.h"

int ph_hub_erase(struct ph_hub *hub)
{
	struct ph_erasing erasing = { .ledger = hub->ledger,
				      .speakers = &ph_hub_speakers,
				      .now = ph_hub_now(hub) };
	struct ph_erasing_done done;

	return ph_erasing_run(&erasing, &done);
}

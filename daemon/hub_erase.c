/*
 * daemon/hub_erase.c - erasures at the hub: what it holds goes with the first fold, on the second
 * medium as well, in what a backup that was killed has left, and in what lies here for couriers.
 *
 * The hub took the order itself, and its control log is its own: whose operator signed it
 * was looked at then (hub_put.c), and an operator who has left since has still ordered it.
 */
#include "daemon/hub_erase.h"

#include <errno.h>

#include "common/base/say.h"
#include "common/ledger/erasing.h"
#include "common/log/erased.h"
#include "daemon/hub_backup.h"
#include "daemon/hub_courier.h"
#include "daemon/hub_second.h"

int ph_hub_erase(struct ph_hub *hub)
{
	struct ph_erasing erasing = { .ledger = hub->ledger,
				      .speakers = &ph_hub_speakers,
				      .now = ph_hub_now(hub) };
	struct ph_erasing_done done;

	int rc = ph_erasing_run(&erasing, &done);

	/* also where the rest failed, on a full disk say: what is done next then is only the rest */
	if (done.orders > 0 || done.readers > 0 || done.notes > 0) {
		ph_hub_second_erased(hub);
		ph_hub_backup_sweep(hub);
		ph_hub_tour_erased(hub);
	}
	return rc;
}

int ph_hub_erase_check(struct ph_hub *hub, const struct ph_entry *entry,
		       struct ph_error *err)
{
	bool erased = false;
	int rc = 0;

	if (entry->number == PH_KIND_NOTE && entry->sealed[PH_NOTE_S_TEXT].set) {
		rc = ph_erased_names(hub->db, entry, NULL, &erased);
	}
	if (rc == 0 && erased) {
		return ph_fail(err, PH_EXIT_USAGE, -EPERM,
			       ph_say("about: is of a reader who was erased, of whom "
				      "nothing personal is kept any more",
				      "about: là của bạn đọc đã được xóa, không giữ dữ "
				      "liệu cá nhân nữa"));
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading the logs", "đọc các nhật ký"))
		      : 0;
}

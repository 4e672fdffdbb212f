/*
 * tests/sim/lan_hold.c - what a device must have of another one of its site, with which it
 * has exchanged to the end: its log, and each sealed part that the other has of it.
 */
#include "tests/sim/lan.h"

#include <inttypes.h>
#include <string.h>

#include "common/log/erased.h"
#include "tests/sim/check.h"
#include "tests/sim/work.h"

/* Whether DEVICE has the part of entry N of LOG, which is CIPHER, or has destroyed it. */
static bool has_part(struct sim *sim, struct sim_device *device, const struct ph_log *log,
		     uint64_t n, struct ph_view cipher)
{
	struct ph_buf held = { 0 };
	struct ph_buf box = { 0 };
	bool gone = false;
	int rc;

	do {
		struct ph_journal *journal = ph_site_journal(device->site_open);

		held.len = box.len = 0;
		rc = ph_journal_part_get(journal, log->row, n, &held, &box);
		rc = rc == PH_JOURNAL_E_NONE
			     ? ph_journal_part_gone(journal, log->id, n, cipher, &gone)
			     : rc;
	} while (sim_device_again(sim, device, rc, "a part"));
	ph_buf_deinit(&box);
	gone = gone || ph_view_equal(ph_buf_view(&held), cipher);
	ph_buf_deinit(&held);
	return gone;
}

/* The part of entry N of OWN, which OTHER writes, into CIPHER; none if it is not with it. */
static void read_part(struct sim *sim, struct sim_device *other, const struct ph_log *own,
		      uint64_t n, struct ph_buf *cipher)
{
	struct ph_buf box = { 0 };
	int rc;

	do {
		cipher->len = box.len = 0;
		rc = ph_journal_part_get(ph_site_journal(other->site_open), own->row, n,
					 cipher, &box);
	} while (sim_device_again(sim, other, rc, "a part"));
	ph_buf_deinit(&box);
}

/* The next entry of OWN behind N that has a part; 0: none. */
static uint64_t part_after(struct sim *sim, struct sim_device *other,
			   const struct ph_log *own, uint64_t n)
{
	uint64_t next = 0;
	size_t count;
	int rc;

	do {
		count = 0;
		rc = ph_journal_parts_in(ph_site_journal(other->site_open), own->row, n,
					 own->n, &next, 1, &count);
	} while (sim_device_again(sim, other, rc, "parts"));
	return count > 0 ? next : 0;
}

/*
 * What OTHER has of its own log's parts. One of a reader who was erased it may have destroyed,
 * while DEVICE, which has heard the order as well, has not folded it yet: that one cannot come
 * any more, and is not lacked.
 */
static void must_hold_parts(struct sim *sim, struct sim_device *device,
			    struct sim_device *other, const struct ph_log *own,
			    const struct ph_log *log)
{
	struct ph_buf cipher = { 0 };
	uint64_t n = 0;

	while ((n = part_after(sim, other, own, n)) > 0) {
		read_part(sim, other, own, n, &cipher);
		if (cipher.len > 0 &&
		    !has_part(sim, device, log, n, ph_buf_view(&cipher))) {
			sim_broken(
				sim, SIM_SIBLING,
				"%s exchanged with %s to the end, and lacks the sealed "
				"part of its entry %" PRIu64,
				device->machine.name, other->machine.name, n);
		}
	}
	ph_buf_deinit(&cipher);
}

void sim_lan_must_hold(struct sim *sim, struct sim_device *device,
		       struct sim_device *other)
{
	const struct ph_log own =
		*ph_site_log(other->site_open); /* it may be started again */
	struct ph_log log;

	if (own.n == 0 || sim_was_copied(other)) {
		return;
	}
	if (ph_journal_log_with(ph_site_journal(device->site_open), own.id, own.n, own.h,
				&log) != 0) {
		sim_broken(sim, SIM_SIBLING,
			   "%s exchanged with %s to the end, and lacks some of its "
			   "%" PRIu64 " entries",
			   device->machine.name, other->machine.name, own.n);
	}
	must_hold_parts(sim, device, other, &own, &log);
}

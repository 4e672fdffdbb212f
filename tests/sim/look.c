/*
 * tests/sim/look.c - the simulator reads the journals of its machines.
 *
 * A read that fails has looked at nothing, so it never counts as one that found nothing
 * wrong. If the disk of the machine is about to fail, by plan, the read may be what it
 * strikes: the program ends for it, as after any error of its disk, is started again, and
 * is read once more. Otherwise, or if that fails, too, the province is broken.
 */
#include <errno.h>
#include <string.h>

#include "tests/sim/check.h"

bool sim_hub_again(struct sim *sim, int rc, const char *what)
{
	if (rc >= 0) {
		return false;
	}
	if (!sim_hub_is_ill(sim)) {
		sim_broken(sim, SIM_HEALTHY, "the hub cannot read %s: %s", what,
			   strerror(-rc));
	}
	sim_note(sim, "the hub cannot read %s, and is started again", what);
	sim_hub_fall(sim, false);
	return true;
}

bool sim_device_again(struct sim *sim, struct sim_device *device, int rc,
		      const char *what)
{
	if (rc >= 0) {
		return false;
	}
	if (!sim_is_ill(sim, device)) {
		sim_broken(sim, SIM_HEALTHY, "%s cannot read %s: %s",
			   device->machine.name, what, strerror(-rc));
	}
	sim_note(sim, "%s cannot read %s, and is started again", device->machine.name,
		 what);
	sim_device_fall(sim, device, false);
	return true;
}

bool sim_is_known(struct sim *sim, const struct sim_device *device)
{
	struct ph_device row;
	int rc;

	do {
		rc = ph_journal_device_by_id(ph_hub_journal(sim->hub), device->id, &row);
	} while (sim_hub_again(sim, rc, "a device"));
	return rc == 0;
}

static int resolve(struct ph_journal *journal, const struct ph_ref *ref)
{
	struct ph_buf bytes = { 0 };
	struct ph_log log;
	int rc = ph_journal_resolve(journal, ref, &log, &bytes);

	ph_buf_deinit(&bytes);
	return rc;
}

bool sim_hub_holds(struct sim *sim, const struct ph_ref *ref)
{
	int rc;

	do {
		rc = resolve(ph_hub_journal(sim->hub), ref);
	} while (sim_hub_again(sim, rc, "an entry"));
	return rc == 0;
}

bool sim_device_holds(struct sim *sim, struct sim_device *device,
		      const struct ph_ref *ref)
{
	int rc;

	do {
		rc = resolve(ph_site_journal(device->site_open), ref);
	} while (sim_device_again(sim, device, rc, "an entry"));
	return rc == 0;
}

/*
 * tests/sim/held.c - logs that devices hold, against those of the hub and of who wrote them.
 *
 * On the way not all is at the hub. But what a device holds of any log is what the hub holds, as
 * far as both have it; what it has beyond that it wrote itself, or another device of its site did,
 * which has it still. Of a folder that was put back or copied there may be several histories.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "daemon/hub_internal.h"
#include "tests/sim/check.h"
#include "tests/sim/safe.h"

struct holding {
	struct sim *sim;
	struct sim_device *device;
	const struct ph_log *log; /* of the device, in hand */
};

static struct ph_journal *journal_of(const struct sim_device *device)
{
	return ph_site_journal(device->site_open);
}

_Noreturn static void broken(const struct holding *holding, const struct ph_log *log,
			     const char *why)
{
	char id[2 * PH_LOG_ID_SIZE + 1];

	ph_hex(id, log->id, sizeof log->id);
	sim_broken(holding->sim, SIM_SAME_ENTRIES,
		   "%s, log %.8s of site %" PRIu64 " up to %" PRIu64 ": %s",
		   holding->device->machine.name, id, log->site, log->n, why);
}

/* Whether JOURNAL holds LOG, of another, as far as that one does. */
static bool has(const struct holding *holding, struct ph_journal *journal,
		const struct ph_log *log)
{
	struct ph_log held;
	int rc = ph_journal_log_with(journal, log->id, log->n, log->h, &held);

	if (rc < 0) {
		sim_broken(holding->sim, SIM_HEALTHY, "a log cannot be read: %s",
			   strerror(-rc));
	}
	return rc == 0;
}

/* --- what a device has beyond the hub --- */

static bool is_of(const struct ph_log *log, const struct sim_device *device)
{
	return memcmp(log->device_id, device->id, sizeof device->id) == 0;
}

/* Whether who wrote LOG has it still; also if that cannot be told now. */
static bool is_with_its_writer(const struct holding *holding, const struct ph_log *log)
{
	for (unsigned i = 0; i < holding->sim->n_devices; i++) {
		struct sim_device *writer = &holding->sim->devices[i];

		if (is_of(log, writer) &&
		    (writer->machine.ill || sim_was_copied(writer) ||
		     has(holding, journal_of(writer), log))) {
			return true;
		}
	}
	return false;
}

/* A branch of the hub's is as far as it goes what the device has. */
static int see_at_hub(void *data, const struct ph_log *at_hub)
{
	const struct holding *holding = data;

	return has(holding, journal_of(holding->device), at_hub) ? 1 : 0;
}

/* Whether the hub's branches of LOG, if it has any, end on what the device holds. */
static bool goes_on(struct holding *holding, const struct ph_log *log)
{
	int rc = ph_journal_log_branch_each(ph_hub_journal(holding->sim->hub), log->id,
					    see_at_hub, holding);

	if (rc < 0) {
		sim_broken(holding->sim, SIM_HEALTHY, "a log cannot be read: %s",
			   strerror(-rc));
	}
	return rc == 1; /* also PH_JOURNAL_E_NONE: it has none */
}

static int see_held(void *data, const struct ph_log *log)
{
	struct holding *holding = data;
	struct sim *sim = holding->sim;

	if (log->n == 0 || has(holding, ph_hub_journal(sim->hub), log)) {
		return 0;
	}
	if (log->role == PH_ROLE_HUB) { /* one that was put back lost some of it */
		if (!sim_is_put_back(sim)) {
			broken(holding, log, "it is not at the hub, which wrote it");
		}
		return 0;
	}
	if (log->role == PH_ROLE_SITE && !is_with_its_writer(holding, log)) {
		broken(holding, log, "who wrote it does not have it");
	}
	if (!sim_was_copied(holding->device) && is_of(log, holding->device) &&
	    !goes_on(holding, log)) {
		broken(holding, log, "the hub has other entries");
	}
	return 0;
}

/* --- what the hub has of it --- */

/* What a device that nobody copied wrote it has itself, whatever became of its power. */
static int see_given(void *data, const struct ph_log *at_hub)
{
	const struct holding *holding = data;

	if (at_hub->n > 0 && !has(holding, journal_of(holding->device), at_hub)) {
		broken(holding, at_hub, "the hub has it, and who wrote it does not");
	}
	return 0;
}

void sim_check_held(struct sim *sim, struct sim_device *device)
{
	struct holding holding = { .sim = sim, .device = device };
	int rc = ph_journal_log_each(journal_of(device), see_held, &holding);

	if (rc == 0 && !sim_was_copied(device)) {
		rc = ph_journal_logs_of_device(ph_hub_journal(sim->hub), device->id,
					       see_given, &holding);
	}
	if (rc < 0) {
		sim_broken(sim, SIM_HEALTHY, "logs of %s cannot be read: %s",
			   device->machine.name, strerror(-rc));
	}
}

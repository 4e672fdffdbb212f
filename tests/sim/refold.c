/*
 * tests/sim/refold.c - a ledger against one that is folded anew, as `packhorse verify` does it.
 */
#include <errno.h>
#include <string.h>

#include "tests/lib/memory_db.h"
#include "tests/sim/check.h"
#include "tests/sim/version.h"

/* The digest of LEDGER, and of another over the same journal; 0 or negative errno. */
static int digests(const struct ph_ledger_config *config, struct ph_ledger *ledger,
		   uint8_t got[static 32], uint8_t wanted[static 32],
		   struct ph_error *err)
{
	struct ph_ledger_config other = *config;
	struct ph_ledger *fresh = NULL;
	struct ph_db *db = memory_db_open(
		&(struct ph_db_config){ .path = ":memory:", .create = true }, err);
	int rc = db ? 0 : -ENOMEM;

	other.db = db;
	rc = rc != 0 ? rc : ph_ledger_open(&fresh, &other, err);
	rc = rc != 0 ? rc : ph_ledger_digest(fresh, wanted, err);
	rc = rc != 0 ? rc : ph_ledger_digest(ledger, got, err);
	ph_ledger_free(fresh);
	ph_db_close(db);
	return rc;
}

static void compare(struct sim *sim, struct sim_machine *machine,
		    const struct ph_ledger_config *config, struct ph_ledger *ledger)
{
	struct ph_error err = { 0 };
	uint8_t wanted[32], got[32];
	int rc;

	sim_enter(machine);
	rc = digests(config, ledger, got, wanted, &err);
	sim_leave();
	if (rc != 0) {
		sim_broken(sim, SIM_HEALTHY, "%s: no digest: %s", machine->name,
			   err.text);
	}
	if (memcmp(wanted, got, sizeof got) != 0) {
		sim_broken(sim, SIM_REBUILD,
			   "the ledger of %s is not what a fold made afresh gives",
			   machine->name);
	}
	crypto_generichash_update(&sim->heard, got, sizeof got);
}

void sim_check_hub_ledger(struct sim *sim)
{
	compare(sim, &sim->hub_machine,
		&(struct ph_ledger_config){ .journal = ph_hub_journal(sim->hub) },
		ph_hub_ledger(sim->hub));
}

void sim_check_site_ledger(struct sim *sim, struct sim_device *device)
{
	struct ph_journal *journal = ph_site_journal(device->site_open);
	struct ph_error err = { 0 };
	struct ph_ledger *ledger;

	sim_enter(&device->machine);
	ledger = ph_site_ledger(device->site_open, &err);
	sim_leave();
	if (ledger == NULL) {
		sim_broken(sim, SIM_HEALTHY, "%s does not fold: %s", device->machine.name,
			   err.text);
	}
	compare(sim, &device->machine,
		&(struct ph_ledger_config){ .journal = journal,
					    .fed = ph_journal_db(journal),
					    .speakers =
						    ph_site_speakers(device->site_open) },
		ledger);
}

/*
 * tests/sim/theft.c - thieves, and what they must not come to.
 */
#include "tests/sim/theft.h"

#include <inttypes.h>
#include <string.h>

#include "common/ledger/cases.h"
#include "common/ledger/fed.h"
#include "daemon/hub_internal.h"
#include "tests/sim/line.h"
#include "tests/sim/safe.h"
#include "tests/sim/work.h"

/* --- a copied invite --- */

/* Work before the first session, as all who join without a network. */
static void work_and_call(struct sim *sim, struct sim_device *device,
			  const struct ph_rng *dice)
{
	for (uint64_t n = 1 + ph_rng_below(dice, 4); n > 0; n--) {
		sim_work(sim, device, dice);
		sim->now += 1000 * (int64_t)(20 + ph_rng_below(dice, 100));
	}
	if (ph_rng_below(dice, 4) > 0) {
		(void)sim_line(sim, device, (struct sim_line_how){ 0 });
	}
}

void sim_do_copied_invite(struct sim *sim, struct sim_device *device,
			  const struct ph_rng *dice)
{
	struct sim_device *pair[2];
	unsigned first = (unsigned)ph_rng_below(dice, 2);

	if (sim->n_devices + 2 > SIM_DEVICES_MAX || sim_hub_is_ill(sim) ||
	    sim_hub_failed(sim)) {
		return;
	}
	sim_join_copied(sim, device->site, pair);
	sim_note(sim, "%s is a thief's, with the invite of %s; the %s calls first",
		 pair[1]->machine.name, pair[0]->machine.name,
		 first == 1 ? "thief" : "library");
	work_and_call(sim, pair[first], dice);
	work_and_call(sim, pair[1 - first], dice);
}

void sim_deny(struct sim *sim, struct sim_device *thief)
{
	struct ph_site_info info;
	json_t *answer;
	int exit;

	ph_site_info(sim->devices[thief->mate].site_open, &info);
	answer = sim_ask(sim,
			 json_pack("{s:s, s:s, s:s}", "command", "device-confirm",
				   "device", thief->hex, "fingerprint", info.fingerprint),
			 &exit);
	if (answer != NULL) {
		sim_broken(sim, SIM_STOLEN,
			   "%s, a thief's, is confirmed with the fingerprint of %s",
			   thief->machine.name, sim->devices[thief->mate].machine.name);
	}
}

static int see_log(void *data, const struct ph_log *log)
{
	const struct sim_device *thief = data;
	const struct ph_writer *desk = thief->machine.sim->hub->desk;
	bool is_desk = memcmp(ph_writer_log(desk)->id, log->id, sizeof log->id) == 0;
	bool is_own = memcmp(log->device_id, thief->id, sizeof thief->id) == 0;

	return log->n > 0 && !is_own && (log->role != PH_ROLE_HUB || is_desk);
}

void sim_check_thief(struct sim *sim, struct sim_device *thief)
{
	struct ph_journal *journal = ph_site_journal(thief->site_open);
	struct ph_fed_cursor fed = { .scope = 0 };
	int rc = ph_fed_cursor_get(ph_journal_db(journal), &fed);

	rc = rc != 0 ? rc : ph_journal_log_each(journal, see_log, thief);
	if (rc < 0) {
		sim_broken(sim, SIM_HEALTHY, "%s cannot be read: %s", thief->machine.name,
			   strerror(-rc));
	}
	if (rc > 0 || fed.scope != 0 || fed.number != 0) {
		sim_broken(sim, SIM_STOLEN,
			   "%s, a thief's, is served %s, and nobody confirmed it",
			   thief->machine.name,
			   rc > 0 ? "what another device wrote" : "a feed");
	}
}

/* --- the case --- */

static bool is_invite_of(struct sim *sim, const struct sim_device *device,
			 const uint8_t *invite)
{
	struct ph_device row;

	return ph_journal_device_by_id(ph_hub_journal(sim->hub), device->id, &row) == 0 &&
	       memcmp(row.invite, invite, sizeof row.invite) == 0;
}

bool sim_was_invite_copied(struct sim *sim, const uint8_t *invite)
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		const struct sim_device *device = &sim->devices[i];

		/* a hub that was put back may know of its invite before it has called */
		if (device->is_thief &&
		    (is_invite_of(sim, device, invite) ||
		     (sim_is_put_back(sim) && !sim_is_known(sim, device)))) {
			return true;
		}
	}
	return false;
}

struct looking {
	struct sim *sim;
	const struct sim_device *thief;
};

static int see_case(void *data, const struct ph_case_row *row)
{
	const struct looking *looking = data;

	return is_invite_of(looking->sim, looking->thief, row->anchor);
}

void sim_check_thieves(struct sim *sim)
{
	const struct ph_case_filter filter = { .kind = PH_CASE_INVITE_USED_TWICE,
					       .all = true };

	for (unsigned i = 0; i < sim->n_devices; i++) {
		struct sim_device *thief = &sim->devices[i];
		struct looking looking = { sim, thief };

		if (!thief->is_thief) {
			continue;
		}
		sim_check_thief(sim, thief);
		if (ph_cases_each(ph_hub_ledger(sim->hub), &filter, see_case, &looking) !=
		    1) {
			sim_broken(sim, SIM_STOLEN,
				   "%s and %s used one invite, and there is no case of "
				   "it",
				   sim->devices[thief->mate].machine.name,
				   thief->machine.name);
		}
	}
}

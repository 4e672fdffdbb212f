/*
 * tests/sim/van_check.c - what couriers signed for.
 *
 * A vow begins when the courier's signature is with the one who gave it a bundle. It ends
 * when the bundle was taken where it goes, when who gave it offers other bundles, not this
 * one, and the courier has them, or after 90 days. Until then it is in the courier's spool, whole, whatever becomes of its
 * process and its power. When all that a device handed over was taken by the hub, the hub has
 * what the device had then.
 */
#include <inttypes.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/safe.h"
#include "tests/sim/van.h"
#include "tests/sim/work_internal.h"

#define OLD (85 * SIM_DAY) /* some days before it may be let go of */

/* --- vows --- */

static size_t find(const struct sim_vans *vans, const struct sim_van *van,
		   const char *name)
{
	size_t i = 0;

	while (i < vans->n_vows && (vans->vows[i].van != van->number ||
				    strcmp(vans->vows[i].name, name) != 0)) {
		i++;
	}
	return i;
}

static void drop(struct sim_vans *vans, size_t at)
{
	vans->vows[at] = vans->vows[--vans->n_vows];
}

void sim_vow(struct sim *sim, const struct sim_van *van,
	     const struct ph_courier_line *line)
{
	struct ph_bundle_header header;
	char name[PH_SPOOL_NAME_SIZE];
	struct sim_vow *vow;

	ph_spool_name(line->hash, name);
	if (find(sim->vans, van, name) < sim->vans->n_vows ||
	    ph_bundle_header_decode(PH_VIEW(line->header, sizeof line->header),
				    &header) != 0) {
		return;
	}
	vow = ADD(sim->vans, vows);
	*vow = (struct sim_vow){ .van = van->number,
				 .is_up = header.direction == PH_BUNDLE_UP,
				 .at = sim_truth(sim),
				 .made = (int64_t)header.made };
	memcpy(vow->from, header.from, sizeof vow->from);
	memcpy(vow->to, header.to, sizeof vow->to);
	memcpy(vow->name, name, sizeof vow->name);
	sim->result->tally.vows++;
}

void sim_vow_listed(struct sim *sim, const struct sim_van *van,
		    const uint8_t giver[static PH_DEVICE_ID_SIZE], const uint8_t *offered,
		    size_t n)
{
	struct sim_vans *vans = sim->vans;
	char name[PH_SPOOL_NAME_SIZE];

	for (size_t i = vans->n_vows; i > 0; i--) {
		const struct sim_vow *vow = &vans->vows[i - 1];
		bool is_offered = vow->van != van->number ||
				  memcmp(vow->from, giver, sizeof vow->from) != 0;

		for (size_t o = 0; !is_offered && o < n; o++) {
			ph_spool_name(offered + o * PH_BUNDLE_HASH_SIZE, name);
			is_offered = strcmp(name, vow->name) == 0;
		}
		if (!is_offered) {
			drop(vans, i - 1);
		}
	}
}

void sim_vow_forget(struct sim *sim, const struct sim_van *van)
{
	struct sim_vans *vans = sim->vans;

	for (size_t i = vans->n_vows; i > 0; i--) {
		if (vans->vows[i - 1].van == van->number) {
			drop(vans, i - 1);
		}
	}
	for (size_t i = vans->n_handed; i > 0; i--) {
		if (vans->handed[i - 1].van == van->number) {
			vans->handed[i - 1] = vans->handed[--vans->n_handed];
		}
	}
}

static bool is_old(const struct sim *sim, const struct sim_vow *vow)
{
	int64_t truth = sim_truth(sim);

	return vow->at + OLD < truth || vow->made + OLD < truth;
}

void sim_check_vows(struct sim *sim, struct sim_van *van)
{
	struct sim_vans *vans = sim->vans;
	struct ph_buf bundle = { 0 };

	for (size_t i = vans->n_vows; !van->device.machine.ill && i > 0; i--) {
		const struct sim_vow *vow = &vans->vows[i - 1];
		const char *reason = NULL;
		int rc;

		if (vow->van != van->number) {
			continue;
		}
		bundle.len = 0;
		rc = ph_spool_read(&van->van.spool, vow->name, &bundle, &reason);
		if (rc == 0 && reason == NULL) {
			continue;
		}
		if (vow->at + OLD < sim_truth(sim)) {
			drop(vans, i - 1);
			continue;
		}
		sim_broken(sim, SIM_CUSTODY, "%s signed for %.12s and has it no more: %s",
			   van->device.machine.name, vow->name,
			   reason != NULL ? reason : strerror(-rc));
	}
	ph_buf_deinit(&bundle);
}

void sim_check_given(struct sim *sim, const struct sim_van *van, const uint8_t *to)
{
	for (size_t i = 0; i < sim->vans->n_vows; i++) {
		const struct sim_vow *vow = &sim->vans->vows[i];

		if (vow->van == van->number && !is_old(sim, vow) &&
		    !(vow->is_up && sim_hub_puts_off(sim)) &&
		    memcmp(vow->to, to, sizeof vow->to) == 0) {
			sim_broken(sim, SIM_CUSTODY,
				   "%s was there, and did not hand over %.12s",
				   van->device.machine.name, vow->name);
		}
	}
}

/* --- from end to end --- */

void sim_hand_over(struct sim *sim, const struct sim_van *van, struct sim_device *device,
		   uint64_t bundles)
{
	const struct ph_log *own = ph_site_log(device->site_open);
	struct sim_vans *vans = sim->vans;
	struct sim_handed *handed = NULL;

	for (size_t i = 0; i < vans->n_handed; i++) {
		if (vans->handed[i].van == van->number &&
		    vans->handed[i].device == device->number) {
			handed = &vans->handed[i];
		}
	}
	handed = handed != NULL ? handed : ADD(vans, handed);
	*handed = (struct sim_handed){
		.van = van->number, .device = device->number, .n = own->n, .left = bundles
	};
	memcpy(handed->log_id, own->id, sizeof handed->log_id);
	memcpy(handed->h, own->h, sizeof handed->h);
}

static void check_arrived(struct sim *sim, const struct sim_handed *handed)
{
	const struct sim_device *device = &sim->devices[handed->device];
	struct ph_log log;
	int rc = 0;

	/*
	 * To a hub that was put back it may go on from what is not there any more. What was
	 * packed for an older program of the hub, and comes to the newer one, is left: the
	 * device hears the new form, and sends it again.
	 */
	if (handed->n == 0 || device->cut || sim_was_copied(device) ||
	    sim_is_put_back(sim) || sim->hub_machine.updated) {
		return;
	}
	do {
		rc = ph_journal_log_with(ph_hub_journal(sim->hub), handed->log_id,
					 handed->n, handed->h, &log);
	} while (sim_hub_again(sim, rc, "a log"));
	if (rc != 0) {
		sim_broken(sim, SIM_CUSTODY,
			   "the hub took all that %s handed to a courier, and lacks some "
			   "of its %" PRIu64 " entries of then",
			   device->machine.name, handed->n);
	}
}

void sim_vow_done(struct sim *sim, const struct sim_van *van, const char *name,
		  bool refused)
{
	struct sim_vans *vans = sim->vans;
	size_t at = find(vans, van, name);
	struct sim_vow vow;

	if (at == vans->n_vows) {
		return;
	}
	vow = vans->vows[at];
	drop(vans, at);
	for (size_t i = 0; vow.is_up && i < vans->n_handed; i++) {
		struct sim_handed *handed = &vans->handed[i];

		if (handed->van != van->number ||
		    memcmp(sim->devices[handed->device].id, vow.from, sizeof vow.from) !=
			    0) {
			continue;
		}
		handed->left = refused ? 0 : handed->left - (handed->left > 0);
		if (handed->left == 0 && !refused) {
			check_arrived(sim, handed);
		}
	}
}

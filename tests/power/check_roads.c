/*
 * tests/power/check_roads.c - after a power cut: what lies in files beside the databases. The
 * courier has what it signed for, a bundle with a name is whole, the second medium has what
 * the hub says is on it, and each exchange can be made, to its end.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/site_courier.h"
#include "common/base/file.h"
#include "daemon/hub_internal.h"
#include "daemon/hub_second.h"
#include "proto/spool.h"
#include "tests/power/check_internal.h"

/* --- bundles --- */

static int look_at_bundle(void *data, const char *name)
{
	char path[192], whole[PH_SPOOL_NAME_SIZE];
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	struct ph_buf bundle = { 0 };
	int rc;

	if (!ph_spool_is_name(name)) {
		return 0;
	}
	snprintf(path, sizeof(path), "%s/%s", (const char *)data, name);
	rc = ph_file_read_plain(path, PH_BUNDLE_MAX, &bundle);
	ph_bundle_hash(ph_buf_view(&bundle), hash);
	ph_spool_name(hash, whole);
	ph_buf_deinit(&bundle);
	return rc < 0 ? rc : strcmp(whole, name) != 0 ? -EUCLEAN : 0;
}

bool check_bundles(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;
	const char *below = cut->machine == HUB       ? "courier"
			    : cut->machine == COURIER ? "carried/packhorse"
						      : "courier/packhorse";
	char dir[96];
	int rc;

	snprintf(dir, sizeof(dir), "/m/%s/store/%s", cut->disk, below);
	rc = ph_file_exists(dir) ? ph_dir_list(dir, look_at_bundle, dir) : 0;
	return rc == 0 || check_found(checking, BUNDLES_ARE_WHOLE, rc, dir);
}

/* --- custody --- */

bool check_vows(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;
	char dir[64], path[192], name[PH_SPOOL_NAME_SIZE];

	power_carried(cut->disk, dir);
	for (unsigned i = 0; i < cut->before->n_vows; i++) {
		ph_spool_name(cut->before->vow[i].hash, name);
		snprintf(path, sizeof(path), "%s/packhorse/%s", dir, name);
		if (!ph_file_exists(path)) {
			return check_found(checking, CUSTODY_STAYS, 0,
					   "the courier has not what it signed for");
		}
	}
	return true;
}

static bool is_custody(const struct beside *now, const struct holding *then)
{
	return now->with_courier == then->beside.with_courier &&
	       now->signed_for == then->beside.signed_for;
}

bool check_custody(struct checking *checking, const struct beside *now)
{
	const struct after_cut *cut = checking->cut;

	if (is_custody(now, cut->before) || (cut->after && is_custody(now, cut->after)) ||
	    (!cut->after && now->signed_for >= cut->before->beside.signed_for)) {
		return true;
	}
	return check_found(checking, CUSTODY_STAYS, 0,
			   "what the site says is with a courier is not what it was");
}

/* --- the second medium --- */

static bool is_plugged_in(const struct after_cut *cut)
{
	return cut->machine == HUB && cut->clock->second[0] && !cut->clock->is_without;
}

/*
 * A disk that spoils the sector around a torn write may take the end of a file that is only
 * appended to; the hub has it, and appends it anew (check_second_follows()).
 */
bool check_second(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;
	bool is_powersafe = sim_disk_traits(power_name[HUB])->powersafe;
	struct holding now = *cut->before;
	char folder[64];
	int rc;

	snprintf(folder, sizeof(folder), "/m/%s/second", cut->disk);
	rc = power_second(folder, &now, NULL);
	if (rc < 0 &&
	    rc != -EUCLEAN) { /* what was not synced may be torn: what stands before it counts */
		return check_found(checking, SECOND_STAYS, rc, "the second medium");
	}
	for (unsigned i = 0; is_powersafe && i < cut->before->n_logs; i++) {
		const struct held *before = &cut->before->log[i];
		const struct held *held = held_of(&now, before->head.log_id);

		if (before->second > 0 && (!held || held->second < before->second)) {
			ph_fail(&checking->finding->what, PH_EXIT_OTHER, 0,
				"%u entries of %u", held ? (unsigned)held->second : 0,
				(unsigned)before->second);
			return check_found(checking, SECOND_STAYS, 0,
					   "the second medium lacks what was on it");
		}
	}
	return true;
}

struct behind {
	const struct holding *medium;
	bool is_behind;
};

static int see_own(void *data, const struct ph_log *log)
{
	struct behind *behind = data;
	const struct held *held = held_of((struct holding *)behind->medium, log->id);

	behind->is_behind |=
		log->role == PH_ROLE_HUB && (!held || held->second != log->sealed);
	return 0;
}

bool check_second_follows(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;
	struct holding medium;
	struct behind behind = { .medium = &medium };
	bool whole = false;
	int rc;

	if (!is_plugged_in(cut)) {
		return true;
	}
	rc = hub_holding(checking->hub, &medium);
	rc = rc < 0 ? rc : power_second(cut->clock->second, &medium, &whole);
	rc = rc < 0 ? rc : ph_journal_log_each(checking->journal, see_own, &behind);
	return (rc == 0 && whole && !behind.is_behind) ||
	       check_found(checking, GOES_ON, rc,
			   "the second medium does not follow, or is not whole");
}

/* --- exchanges --- */

static int with_lan(struct checking *checking, struct ph_site *other)
{
	const struct after_cut *cut = checking->cut;
	const struct ph_rng *rng = &cut->clock->rng;

	return power_lan(&(struct power_lan){ .site = { checking->site, other },
					      .rng = { *rng, *rng },
					      .cut = -1 },
			 &checking->finding->what);
}

bool check_meets_sibling(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;
	unsigned index = SITE_A + SITE_C - cut->machine;
	struct machine clock = cut->world->machine[index];
	struct ph_site *other = NULL;
	int rc;

	sim_disk_copy(power_name[index], "y", true);
	clock.rng = cut->clock->rng;
	rc = world_open_site(&clock, "y", &other, &checking->finding->what);
	rc = rc < 0 ? rc : with_lan(checking, other);
	sim_disk_kill("y");
	ph_site_close(other);
	return rc == 0 || check_found(checking, GOES_ON, rc,
				      "the exchange with the other PC of the site");
}

/* Nothing that is for the hub is with the courier any more, once it was there. */
static bool is_handed_over(struct checking *checking, const char *disk)
{
	const struct after_cut *cut = checking->cut;
	const struct holding *promised = &cut->world->promised[COURIER];
	char dir[64], path[192], name[PH_SPOOL_NAME_SIZE];

	power_carried(disk, dir);
	for (unsigned i = 0; i < promised->n_vows; i++) {
		ph_spool_name(promised->vow[i].hash, name);
		snprintf(path, sizeof(path), "%s/packhorse/%s", dir, name);
		if (promised->vow[i].is_up && ph_file_exists(path)) {
			return check_found(checking, GOES_ON, 0,
					   "the courier was at the hub, and has still "
					   "what is for it");
		}
	}
	return true;
}

static bool comes(struct checking *checking, const struct power_errand *errand)
{
	int rc = 0;

	if (errand->hub) {
		rc = power_session(&(struct drive){ .hub = errand->hub,
						    .site = errand->courier,
						    .index = COURIER,
						    .hub_rng = errand->rng,
						    .site_rng = errand->rng,
						    .cut = -1 },
				   &checking->finding->what);
	}
	rc = rc == 0 ? power_errand(errand, &checking->finding->what) : rc;
	if (rc != 0) {
		return check_found(checking, GOES_ON, rc, "the exchange by courier");
	}
	return !errand->hub || is_handed_over(checking, errand->courier_disk);
}

/* The courier as it is on its disk, or was cut, comes to who was cut, or to the hub as it is on its. */
bool check_meets_courier(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;
	bool is_courier = cut->machine == COURIER;
	unsigned index = is_courier ? HUB : COURIER;
	struct machine clock = cut->world->machine[index];
	struct ph_site *courier = is_courier ? checking->site : NULL;
	struct ph_hub *hub = checking->hub;
	bool good;
	int rc;

	sim_disk_copy(power_name[index], "y", true);
	clock.rng = cut->clock->rng;
	rc = is_courier
		     ? world_open_hub(&clock, "y", &hub, &checking->finding->what)
		     : world_open_site(&clock, "y", &courier, &checking->finding->what);
	good = rc == 0 ? comes(checking,
			       &(struct power_errand){
				       .courier = courier,
				       .courier_disk = is_courier ? cut->disk : "y",
				       .clock = is_courier ? cut->clock : &clock,
				       .site = hub ? NULL : checking->site,
				       .site_disk = cut->disk,
				       .hub = hub,
				       .rng = cut->clock->rng,
				       .cut = -1 })
		       : check_found(checking, OPENS, rc, "the copy of another machine");
	sim_disk_kill("y");
	if (is_courier) {
		ph_hub_close(hub);
	} else {
		ph_site_close(courier);
	}
	return good;
}

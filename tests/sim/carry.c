/*
 * tests/sim/carry.c - who carries sticks, and what becomes of them on the way.
 *
 * A van's round: sites pack, hours pass, the hub takes and packs, days may pass, sites take.
 * Sticks are pulled while they are written, lost, found in a drawer with what was on them
 * weeks ago, damaged, cut short, and shown to whom they are not for.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/base/file.h"
#include "tests/sim/act.h"
#include "tests/sim/check.h"
#include "tests/sim/disk.h"
#include "tests/sim/stick_internal.h"
#include "tests/sim/van.h"

static unsigned draw(const struct ph_rng *dice, unsigned bound)
{
	return (unsigned)ph_rng_below(dice, bound);
}

static struct sim_device *other(struct sim *sim, const struct ph_rng *dice)
{
	return &sim->devices[draw(dice, sim->n_devices)];
}

int sim_round_trip(struct sim *sim, struct sim_device *device)
{
	(void)sim_pack(sim, device, 0);
	sim->now += 3600 * 1000;
	(void)sim_hub_take(sim, 0, false);
	if (sim_is_known(sim, device)) { /* else its disk was full, and nothing came */
		sim_confirm(sim, device);
		(void)sim_hub_pack(sim, device, 0);
	}
	sim->now += 3600 * 1000;
	return sim_take(sim, device, 0, false);
}

/* --- ordinary roads --- */

void sim_do_pack(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	unsigned stick = draw(dice, SIM_STICKS);

	if (sim_pack(sim, device, stick)) {
		sim_check_stick(sim, stick);
	}
}

/* Mostly there is nothing on it for this device. */
void sim_do_take(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	(void)sim_take(sim, device, draw(dice, SIM_STICKS), false);
}

void sim_do_hub_stick(struct sim *sim, struct sim_device *device,
		      const struct ph_rng *dice)
{
	unsigned stick = draw(dice, SIM_STICKS);
	bool named = draw(dice, 2) == 0 && sim_is_known(sim, device);

	(void)sim_hub_take(sim, stick, false);
	if (sim_hub_pack(sim, named ? device : NULL, stick)) {
		sim_check_stick(sim, stick);
	}
}

void sim_do_van(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	struct sim_device *stops[3] = { device, other(sim, dice), other(sim, dice) };
	unsigned stick = draw(dice, SIM_STICKS), n = 1 + draw(dice, 3);

	for (unsigned i = 0; i < n; i++) {
		(void)sim_pack(sim, stops[i], stick);
	}
	sim->now += 1000 * (int64_t)(600 + draw(dice, 20000));
	if (draw(dice, 12) == 0) {
		sim_note(sim, "the van breaks down on its way to the hub");
		return;
	}
	(void)sim_hub_take(sim, stick, false);
	(void)sim_hub_pack(sim, NULL, stick);
	sim->now += 1000 * (int64_t)(600 + draw(dice, 3 * (unsigned)SIM_DAY));
	for (unsigned i = 0; i < n; i++) {
		(void)sim_take(sim, stops[i], stick, false);
	}
}

/* --- what goes wrong --- */

/* In the middle of a packing, or just when it says that it is done. */
void sim_do_pull(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	unsigned stick = draw(dice, SIM_STICKS);
	const char *name = sim_stick_name(stick, false);
	bool hub = draw(dice, 3) == 0;

	if (!sim_disk_exists(name)) {
		sim_disk_add(name);
	}
	if (draw(dice, 2) == 0) {
		sim_disk_fail(name, draw(dice, 2) == 0 ? SIM_FAULT_IO : SIM_FAULT_SHORT,
			      1 + draw(dice, 14), true);
	}
	(void)(hub ? sim_hub_pack(sim, NULL, stick) : sim_pack(sim, device, stick));
	sim_note(sim, "%s is pulled %s", name,
		 sim_disk_failed(name) ? "as it is written" : "when it is done");
	sim_disk_fail(name, SIM_FAULT_NONE, 0, false);
	if (draw(dice, 2) == 0) { /* all before that had come to it, though nobody knew */
		sim_disk_settle(name);
	}
	sim_disk_cut(name, ph_rng_below(dice, UINT64_MAX), NULL);
	sim_disk_on(name);
	sim_check_stick(sim, stick);
}

/* There is little room on it, or none; then somebody makes some, and it is packed again. */
void sim_do_stick_full(struct sim *sim, struct sim_device *device,
		       const struct ph_rng *dice)
{
	unsigned stick = draw(dice, SIM_STICKS);
	const char *name = sim_stick_name(stick, false);
	bool hub = draw(dice, 3) == 0, done;

	if (!sim_disk_exists(name)) {
		sim_disk_add(name);
	}
	sim->sticks->is_full[stick] = true;
	sim_disk_traits(name)->limit = sim_disk_used(name) + 1 + draw(dice, 8000);
	done = hub ? sim_hub_pack(sim, NULL, stick) : sim_pack(sim, device, stick);
	sim_note(sim, "%s is nearly full: %s", name, done ? "it had room" : "not packed");
	sim_check_stick(sim, stick);
	sim_disk_traits(name)->limit = 0;
	sim->sticks->is_full[stick] = false;
	if (hub ? sim_hub_pack(sim, NULL, stick) : sim_pack(sim, device, stick)) {
		sim_check_stick(sim, stick);
	}
}

void sim_do_lose(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	unsigned stick = draw(dice, SIM_STICKS);

	(void)device;
	if (sim_disk_exists(sim_stick_name(stick, false))) {
		sim_check_unread(sim, sim_stick_name(stick, false));
	}
	sim_disk_add(sim_stick_name(stick, false));
	sim_forget_stick(sim, stick);
	sim_note(sim, "%s is lost, and another one is bought",
		 sim_stick_name(stick, false));
}

/* A copy is laid into a drawer; or what lies there is shown again. */
void sim_do_old(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	unsigned stick = draw(dice, SIM_STICKS);
	const char *name = sim_stick_name(stick, false);

	if (sim->sticks->has_old[stick]) {
		sim_note(sim, "%s, found in a drawer, is shown again", name);
		(void)sim_hub_take(sim, stick, true);
		(void)sim_take(sim, device, stick, true);
	}
	if (sim_disk_exists(name) && (!sim->sticks->has_old[stick] || draw(dice, 2))) {
		sim_disk_copy(name, sim_stick_name(stick, true), true);
		sim->sticks->has_old[stick] = true;
	}
}

/* Where one of the frames of a bundle ends, but the last. */
static size_t frame_end(struct ph_view bundle, const struct ph_rng *dice)
{
	size_t ends[16] = { 0 }, at = PH_BUNDLE_HEADER_LEN;
	unsigned n = 0;

	while (n < 16 && at + 2 <= bundle.len) {
		ends[n++] = at;
		at += 2 + (size_t)(bundle.data[at] << 8 | bundle.data[at + 1]);
	}
	return n > 0 ? ends[draw(dice, n)] : 0;
}

/* The file at PATH with a bit of it turned, or without its end. */
static void damage(const char *path, const struct ph_rng *dice)
{
	struct ph_buf bytes = { 0 };

	if (ph_file_read_plain(path, PH_BUNDLE_MAX, &bytes) == 0 && bytes.len > 0) {
		size_t at = (size_t)ph_rng_below(dice, bytes.len);

		if (draw(dice, 2) == 0) {
			bytes.len = draw(dice, 3) > 0
					    ? frame_end(ph_buf_view(&bytes), dice)
					    : at;
		} else {
			bytes.data[at] ^= (uint8_t)(1u << draw(dice, 8));
		}
		(void)ph_file_write(path, ph_buf_view(&bytes), 0644, NULL);
	}
	ph_buf_deinit(&bytes);
}

/* Bundles on a copy of a stick are damaged; it is shown to the hub and to DEVICE. */
void sim_do_damage(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	unsigned stick = draw(dice, SIM_STICKS);
	const char *old = sim_stick_name(stick, true);
	struct ph_spool_files files = { 0 };
	char path[PH_SPOOL_PATH_MAX + PH_SPOOL_NAME_SIZE + 8];
	struct ph_spool spool;

	(void)sim_pack(sim, device, stick);
	(void)sim_hub_pack(sim, sim_is_known(sim, device) ? device : NULL, stick);
	sim_disk_copy(sim_stick_name(stick, false), old, true);
	if (!sim_open_spool(sim, &spool, stick, true, false) ||
	    ph_spool_list(&spool, &files, NULL) != 0) {
		files.n = 0;
	}
	for (unsigned i = 0; i < files.n; i++) {
		if (draw(dice, 3) > 0) {
			(void)ph_path_join(path, sizeof path, spool.path,
					   files.file[i].name, NULL);
			damage(path, dice);
			sim_note(sim, "%.12s on a copy of %s is damaged",
				 files.file[i].name, sim_stick_name(stick, false));
		}
	}
	(void)sim_hub_take(sim, stick, true);
	(void)sim_take(sim, device, stick, true);
	ph_spool_files_deinit(&files);
	sim_disk_add(old);
	sim->sticks->has_old[stick] = false;
}

/* tests/sim/van.c - couriers: enrolled, started, killed, lost. */
#include "tests/sim/van.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/act.h"
#include "tests/sim/check.h"
#include "tests/sim/disk.h"

struct sim_vans *sim_vans_new(void)
{
	struct sim_vans *vans = calloc(1, sizeof *vans);

	assert(vans != NULL);
	return vans;
}

static void leave(struct sim_van *van)
{
	if (van->is_there) {
		ph_van_close(&van->van);
		sim_device_close(&van->device);
		sim_disk_remove(van->device.machine.name);
		for (unsigned i = 0; i < van->device.n_tapes; i++) {
			ph_buf_deinit(&van->device.tapes[i].bytes);
		}
	}
	van->is_there = false;
}

void sim_vans_free(struct sim_vans *vans)
{
	for (unsigned i = 0; vans != NULL && i < SIM_VANS; i++) {
		leave(&vans->van[i]);
	}
	if (vans != NULL) {
		free(vans->vows);
		free(vans->handed);
		free(vans->words);
		free(vans);
	}
}

static void open_van(struct sim *sim, struct sim_van *van)
{
	struct sim_device *device = &van->device;
	struct ph_error err = { 0 };

	if (ph_van_open(&van->van, device->site_open, device->machine.dir,
			device->machine.clock, &err) != 0) {
		sim_broken(sim, SIM_HEALTHY, "%s does not start to carry: %s",
			   device->machine.name, err.text);
	}
}

struct sim_van *sim_van(struct sim *sim, unsigned number)
{
	struct sim_van *van = &sim->vans->van[number];
	struct sim_device *device = &van->device;
	unsigned life = sim->vans->lives;
	char name[12];

	if (van->is_there) {
		return van;
	}
	if (life == SIM_VAN_LIVES || sim_hub_is_ill(sim) || sim_hub_failed(sim)) {
		return NULL;
	}
	sim->vans->lives++;
	*van = (struct sim_van){ .number = number };
	*device = (struct sim_device){ .number = 100000 + life,
				       .site = (3 + number) % sim_n_sites,
				       .twin = -1,
				       .mate = -1,
				       .synced = -1,
				       .arrived = -1 };
	snprintf(name, sizeof name, "v%u", number);
	sim_machine_init(sim, &device->machine, name,
			 (sim->script->seed ^ UINT64_C(0x636f757269657200)) * 64 + life);
	sim_disk_add(name);
	sim_enrol(sim, device, PH_ROLE_COURIER);
	van->is_there = true;
	open_van(sim, van);
	return van;
}

void sim_van_falls(struct sim *sim, struct sim_van *van, bool power)
{
	sim_note(sim, "%s %s", van->device.machine.name,
		 power ? "loses power" : "is killed");
	sim_device_fall(sim, &van->device, power);
	ph_van_close(&van->van);
	open_van(sim, van);
	sim_check_vows(sim, van);
}

void sim_van_cutoff(struct sim *sim, struct sim_van *van)
{
	struct sim_vans *vans = sim->vans;

	sim_cutoff(sim, &van->device);
	if (van->device.cut && !sim_van_was_cut(sim, van->device.id)) {
		memcpy(vans->cut[vans->n_cut++], van->device.id, PH_DEVICE_ID_SIZE);
	}
}

bool sim_van_was_cut(const struct sim *sim, const uint8_t id[static PH_DEVICE_ID_SIZE])
{
	for (unsigned i = 0; i < sim->vans->n_cut; i++) {
		if (memcmp(sim->vans->cut[i], id, PH_DEVICE_ID_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

void sim_van_lost(struct sim *sim, struct sim_van *van)
{
	sim_note(sim, "%s is lost with all that it carries", van->device.machine.name);
	sim_check_unread(sim, van->device.machine.name);
	sim_vow_forget(sim, van);
	leave(van);
}

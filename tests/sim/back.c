/*
 * tests/sim/back.c - the hub's folder was put back, by a snapshot or by hand, not by `restore`.
 *
 * Its witness went back with it. A second medium tells it as soon as it starts, and has all that it had
 * said; else what devices hold is all that could tell: what stands in the control log, and what was kept
 * of the desk log, comes back from who comes by a network, before it is found out nothing else does. From the first session of one who knows more on the hub
 * collects, serves nobody what others wrote until the operator says so, and keeps out who was cut off; and
 * it has another epoch, of which those hear who live by sticks and couriers, and give back what they have.
 */
#include "tests/sim/back.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "daemon/hub_internal.h"
#include "tests/sim/act.h"
#include "tests/sim/check.h"
#include "tests/sim/disk.h"
#include "tests/sim/erase.h"
#include "tests/sim/safe_internal.h"
#include "tests/sim/stick.h"

#define ASIDE "aside" /* the disk that the copy is on */

bool sim_is_copied_back(const struct sim *sim)
{
	return sim->safe != NULL && sim->safe->n_back > 0;
}

static void say_something(struct sim *sim, const char *code, const char *name)
{
	int exit;

	json_decref(sim_ask(sim,
			    json_pack("{s:s, s:[{s:s, s:s, s:s, s:s}]}", "command",
				      "record", "entries", "kind", "commune-put", "code",
				      code, "name", name, "type", "phuong"),
			    &exit));
}

/* --- the copy --- */

/* A snapshot that is taken behind the operation in so many on the hub's disk. */
struct snapshot {
	const char *disk;
	unsigned in; /* 0: it was taken */
	uint64_t seed;
};

static void on_operation(void *data, const char *name, enum sim_disk_op op,
			 const char *path)
{
	struct snapshot *snapshot = data;

	(void)op;
	(void)path;
	if (strcmp(name, snapshot->disk) == 0 && snapshot->in > 0 &&
	    --snapshot->in == 0) {
		sim_disk_image(snapshot->disk, ASIDE, snapshot->seed, NULL);
	}
}

/*
 * A snapshot of the disk while the hub writes, not of one moment: what was not synced is lost,
 * torn or reordered, as by a power cut.
 */
static void tear(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	struct snapshot snapshot = { .disk = sim->hub_machine.name,
				     .in = 1 + (unsigned)ph_rng_below(dice, 40),
				     .seed = ph_rng_below(dice, 1u << 30) };

	sim_disk_watch(on_operation, &snapshot);
	if (!device->no_network && device->site_open != NULL && !device->machine.ill) {
		(void)sim_line(sim, device, (struct sim_line_how){ 0 });
	}
	say_something(sim, "03648", "Chiềng An");
	sim_disk_watch(NULL, NULL);
	if (snapshot.in > 0) {
		sim_disk_image(snapshot.disk, ASIDE, snapshot.seed, NULL);
	}
	sim->result->tally.torn++;
}

void sim_do_hub_aside(struct sim *sim, struct sim_device *device,
		      const struct ph_rng *dice)
{
	bool runs = ph_rng_below(dice, 2) == 0;
	bool is_torn = runs && ph_rng_below(dice, 2) == 0;

	if (sim_hub_is_ill(sim) || sim_hub_failed(sim)) {
		return;
	}
	sim_note_safe(sim, sim->safe->aside);
	if (is_torn) {
		tear(sim, device, dice);
	} else if (runs) {
		sim_disk_copy(sim->hub_machine.name, ASIDE, false);
	} else {
		sim_linger_free(sim);
		sim_hub_close(sim);
		sim_disk_copy(sim->hub_machine.name, ASIDE, false);
		sim_hub_open(sim);
	}
	sim->safe->has_aside = true;
	sim_note(sim, "the folder of the hub is laid aside, %s",
		 is_torn ? "as a snapshot that is torn"
		 : runs  ? "as a snapshot"
			 : "as a copy");
}

/* --- what is said in the days that get lost, and behind them --- */

/* In its desk log, of which devices keep pieces. */
static void decide_something(struct sim *sim)
{
	int exit;

	json_decref(sim_ask(sim,
			    json_pack("{s:s, s:[{s:s, s:s, s:i}]}", "command", "record",
				      "entries", "kind", "training", "topic", "Sao lưu",
				      "workers", 7),
			    &exit));
}

/*
 * At times somebody is cut off, or the hub says another thing; in half of the provinces it says something
 * in its desk log; and DEVICE hears of it.
 */
static void live_on(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	struct sim_device *other = &sim->devices[(device->number + 1) % sim->n_devices];
	bool decides = sim->script->seed % 2 == 1;

	switch (ph_rng_below(dice, 3)) {
	case 0:
		if (!decides) {
			return;
		}
		break;
	case 1:
		say_something(sim, "03646", "Tô Hiệu");
		break;
	default:
		sim_cutoff(sim, other);
		break;
	}
	if (decides) {
		decide_something(sim);
	}
	if (!device->no_network) {
		(void)sim_line(sim, device, (struct sim_line_how){ 0 });
	}
}

/* --- put back --- */

/* Where a folder of a device was put back the hub alone has some entries; see lost.c. */
static bool may_go_back(const struct sim *sim)
{
	bool may = sim->safe->has_aside && !sim_is_put_back(sim) &&
		   !sim_hub_is_ill(sim) && !sim_hub_failed(sim);

	for (unsigned i = 0; i < sim->n_devices; i++) {
		may = may && !sim->devices[i].was_restored &&
		      !sim->devices[i].machine.ill;
	}
	return may;
}

static void go_back(struct sim *sim)
{
	sim_leave_desk(sim);
	sim_linger_free(sim);
	sim_hub_close(sim);
	sim_disk_copy(ASIDE, sim->hub_machine.name, true);
	sim_boot(&sim->hub_machine);
	sim->safe->n_back++;
	sim->safe->is_restoring = true; /* what is there was stamped long ago */
	sim_hub_open(sim);
	sim->safe->is_restoring = false;
	sim->result->tally.back++;
	sim_reckon_lost(sim, sim->safe->aside);
	sim_reckon_behind(sim, true);
}

void sim_do_hub_back(struct sim *sim, struct sim_device *device,
		     const struct ph_rng *dice)
{
	if (!may_go_back(sim)) {
		return;
	}
	live_on(sim, device, dice);
	if (sim_hub_failed(sim)) {
		return;
	}
	sim_note(sim, "the folder of the hub is an older copy, and nothing says so");
	go_back(sim);
	if (ph_rng_below(dice, 3) == 0) {
		say_something(sim, "03647", "Chiềng Lề");
		sim_note(sim, "the hub speaks before anybody has called");
	}
}

/* --- two histories --- */

struct words {
	struct ph_journal *journal; /* of a device */
	bool lacks;
};

static int see_branch(void *data, const struct ph_log *log)
{
	struct words *words = data;
	struct ph_log held;
	int rc = log->n == 0 ? 0
			     : ph_journal_log_with(words->journal, log->id, log->n,
						   log->h, &held);

	words->lacks = words->lacks || rc > 0;
	return rc < 0 ? rc : 0;
}

bool sim_has_all_words(struct sim *sim, const struct sim_device *device)
{
	const struct ph_control *control = &sim->hub->control;
	struct words words = { ph_site_journal(device->site_open), false };

	for (unsigned i = 0; i < control->n; i++) {
		int rc = ph_journal_log_branch_each(
			ph_hub_journal(sim->hub), control->log[i].id, see_branch, &words);

		if (rc < 0) {
			sim_broken(sim, SIM_HEALTHY, "a control log cannot be read: %s",
				   strerror(-rc));
		}
	}
	return !words.lacks;
}

/* --- sessions --- */

struct counting {
	const struct sim_device *device;
	uint64_t n;
};

static int count_log(void *data, const struct ph_log *log)
{
	struct counting *counting = data;
	bool own =
		memcmp(log->device_id, counting->device->id, sizeof log->device_id) == 0;

	counting->n += log->role != PH_ROLE_HUB && !own ? log->n : 0;
	return 0;
}

/* What DEVICE has of others. False: it cannot be read now. */
static bool count_others(struct sim_device *device, uint64_t *others_out,
			 uint64_t *fed_out)
{
	struct ph_journal *journal = ph_site_journal(device->site_open);
	struct counting counting = { device, 0 };
	struct ph_fed_cursor fed = { .scope = 0 };
	int rc = ph_journal_log_each(journal, count_log, &counting);

	rc = rc != 0 ? rc : ph_fed_cursor_get(ph_journal_db(journal), &fed);
	*others_out = counting.n;
	*fed_out = fed.number;
	return rc == 0;
}

/* Whether DEVICE has the log that the hub goes on writing further than it, or otherwise. */
static bool knows_more(struct sim *sim, struct sim_device *device)
{
	struct ph_log held, at_hub;
	int rc = ph_journal_log_find(ph_site_journal(device->site_open),
				     ph_writer_log(sim->hub->writer)->id, &held);

	return rc == 0 && ph_journal_log_with(ph_hub_journal(sim->hub), held.id, held.n,
					      held.h, &at_hub) > 0;
}

bool sim_is_shown(struct sim *sim)
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		if (!sim->devices[i].no_network && knows_more(sim, &sim->devices[i])) {
			return true;
		}
	}
	return false;
}

void sim_look_begin(struct sim *sim, struct sim_device *device, struct sim_look *look)
{
	*look = (struct sim_look){ .is_on = sim_is_put_back(sim) &&
					    device->site_open != NULL &&
					    !device->machine.ill &&
					    !sim_hub_is_ill(sim) &&
					    !sim_hub_failed(sim) };
	if (!look->is_on) {
		return;
	}
	look->collecting = sim->hub->collecting;
	look->put_back = sim->hub->put_back;
	look->is_cut = device->cut &&
		       sim_place_held(ph_hub_journal(sim->hub), &device->cut_at) == 0;
	look->knows_more = sim_is_copied_back(sim) && sim->safe->n_lost == 0 &&
			   knows_more(sim, device);
	look->is_on = count_others(device, &look->others, &look->fed);
}

static void check_served(struct sim *sim, struct sim_device *device,
			 const struct sim_look *look)
{
	bool stays_out = look->is_cut || (look->collecting && sim->hub->collecting);
	uint64_t others, fed;

	if (stays_out && count_others(device, &others, &fed) &&
	    (others > look->others || fed > look->fed)) {
		sim_broken(sim, SIM_COLLECTS,
			   "%s is served %s by a hub that was put back, %s",
			   device->machine.name,
			   others > look->others ? "what others wrote" : "its feed",
			   look->is_cut ? "and was cut off" : "and collects still");
	}
}

static void check_found(struct sim *sim, const struct sim_look *look)
{
	if (look->put_back == 0 && sim->hub->put_back > 0 && !sim->hub->collecting) {
		sim_broken(sim, SIM_COLLECTS,
			   "the hub has found out that it was put back, and does not "
			   "collect");
	}
}

void sim_look_end(struct sim *sim, struct sim_device *device, const struct sim_look *look,
		  const struct sim_line_end *end)
{
	if (!look->is_on || device->site_open == NULL || device->machine.ill ||
	    sim_hub_is_ill(sim) || sim_hub_failed(sim)) {
		return;
	}
	check_served(sim, device, look);
	check_found(sim, look);
	if (look->knows_more && !look->collecting && end->complete &&
	    sim->hub->put_back == 0) {
		sim_broken(sim, SIM_COLLECTS,
			   "%s knows what the hub said in days that it lost, had a whole "
			   "session with it, and the hub has not found out",
			   device->machine.name);
	}
}

void sim_check_cut(struct sim *sim)
{
	if (sim->hub->put_back > 0 && !sim_is_copied_back(sim)) {
		sim_broken(sim, SIM_COLLECTS,
			   "the hub says that it was put back, and it never was");
	}
	for (unsigned i = 0; i < sim->n_devices; i++) {
		const struct sim_device *device = &sim->devices[i];
		enum ph_hub_trust trust = PH_HUB_CUT;
		int rc = ph_hub_device_trust(sim->hub, device->id, &trust);

		if (rc < 0) {
			sim_broken(sim, SIM_HEALTHY, "whom the hub trusts: %s",
				   strerror(-rc));
		}
		if (device->cut && trust != PH_HUB_CUT) {
			sim_broken(sim, SIM_COLLECTS,
				   "%s was cut off, somebody knows it, and the hub "
				   "serves it",
				   device->machine.name);
		}
		if (device->confirmed && trust == PH_HUB_UNCONFIRMED) {
			sim_broken(sim, SIM_COLLECTS,
				   "%s was confirmed, somebody knows it, and the hub "
				   "does not",
				   device->machine.name);
		}
	}
}

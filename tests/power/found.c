/*
 * tests/power/found.c - power cuts while a site joins, and while a hub is made.
 *
 * What was cut there is either whole, and opens, or nobody has been told that it is done:
 * then the same command, given again, makes it whole. A device has one name from its first
 * try on: when its keys outlived the cut they are the ones that it joins with. Then it
 * verifies and goes on as check.c has it.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "tests/power/check.h"

#define DISK "n"

enum {
	SHOTS = 64 /* images, of which one is of when it is done */
};

static struct founding {
	struct tally *tally;
	uint64_t script, draws;
	unsigned odds;
	bool hub;
	struct {
		char disk[8];
		uint64_t seed, op;
		enum sim_disk_op what;
	} shot[SHOTS];
	unsigned n_shots;
	uint64_t seen; /* operations that could have given one */
	uint64_t ops;
	struct machine clock; /* at the beginning */
	uint8_t device[PH_DEVICE_ID_SIZE];
} founding;

static uint64_t draw(void)
{
	return power_draw(&founding.draws);
}

/* In the place I: the next, or that of an earlier one. */
static void take_shot(unsigned i, enum sim_disk_op what)
{
	if (i == founding.n_shots) {
		founding.n_shots++;
		tally_image(founding.tally, SITE_NEW, what);
	} else {
		tally_image_replaced(founding.tally, founding.shot[i].what, what);
	}
	snprintf(founding.shot[i].disk, sizeof(founding.shot[i].disk), "x%u", i);
	founding.shot[i].seed = draw();
	founding.shot[i].op = founding.ops;
	founding.shot[i].what = what;
	sim_disk_image(DISK, founding.shot[i].disk, founding.shot[i].seed,
		       &founding.tally->lost);
}

static void on_op(void *data, const char *name, enum sim_disk_op what, const char *path)
{
	(void)data;
	(void)path;
	if (strcmp(name, DISK) != 0) {
		return;
	}
	founding.ops++;
	if (founding.tally->budget > 1 && draw() % founding.odds == 0) {
		unsigned at = tally_place(&founding.draws, SHOTS - 1, &founding.seen);

		if (at < SHOTS - 1) {
			take_shot(at, what);
		}
	}
}

/* Make it in DIR, by the command that makes it. */
static int make(struct machine *clock, const char *dir, struct ph_error *err)
{
	if (founding.hub) {
		const struct ph_hub_config config = power_hub_config(clock, dir);
		const struct ph_hub_init init = { .listen = "127.0.0.1:7415",
						  .passphrase = ph_view_str("ngựa thồ"),
						  .memory_mib = PH_LOCK_MIB_MIN };

		return ph_hub_init(&config, &init, err);
	}

	const struct ph_site_config config = power_site_config(clock, dir);

	return ph_site_join(&config, ph_buf_view(&power_invite), err);
}

struct opened {
	struct ph_hub *hub;
	struct ph_site *site;
};

static int open_it(struct machine *clock, const char *disk, struct opened *out,
		   struct ph_error *err)
{
	return founding.hub ? world_open_hub(clock, disk, &out->hub, err)
			    : world_open_site(clock, disk, &out->site, err);
}

static bool fails(struct finding *finding, enum invariant invariant)
{
	finding->invariant = invariant;
	return false;
}

/* The name of the device that is open in OUT. */
static bool is_the_device(const struct opened *opened)
{
	struct ph_site_info info;

	ph_site_info(opened->site, &info);
	return memcmp(info.device_id, founding.device, sizeof(info.device_id)) == 0;
}

static bool check(const char *disk, uint64_t seed, bool done, struct finding *finding)
{
	struct machine clock = founding.clock;
	struct opened opened = { 0 };
	char dir[64], keys[80];
	bool has_keys;
	bool good;
	int rc;

	memset(finding, 0, sizeof(*finding));
	power_folder(disk, dir);
	snprintf(keys, sizeof(keys), "%s/keys", dir);
	has_keys = ph_file_exists(keys);
	ph_rng_seed(&clock.seeded, seed, &clock.rng);
	machine_boot(&clock);
	rc = open_it(&clock, disk, &opened, &finding->what);
	if (rc != 0 && done) {
		return fails(finding, OPENS);
	}
	if (rc != 0) {
		finding->what.text[0] = '\0';
		rc = make(&clock, dir, &finding->what);
		rc = rc != 0 ? rc : open_it(&clock, disk, &opened, &finding->what);
	}
	if (rc != 0) {
		return fails(finding, GOES_ON);
	}
	good = founding.hub ? check_new_hub(opened.hub, disk, finding)
			    : check_new_site(opened.site, disk, &clock, finding);
	if (good && !founding.hub && has_keys && !is_the_device(&opened)) {
		ph_fail(&finding->what, PH_EXIT_OTHER, 0, "a device of another name");
		good = fails(finding, ACKNOWLEDGED_STAYS);
	}
	sim_disk_kill(disk);
	ph_hub_close(opened.hub);
	ph_site_close(opened.site);
	return good;
}

static void found(void)
{
	struct machine clock = {
		.now = { .wall = INT64_C(1790000600), .mono_ms = 5000, .boot = { 1, 9 } }
	};
	struct opened opened = { 0 };
	struct ph_error err = { 0 };
	struct ph_site_info info;
	struct finding finding;
	char where[128], dir[64];
	unsigned undone;

	founding.clock = clock;
	founding.n_shots = 0;
	founding.seen = 0;
	founding.ops = 0;
	ph_rng_seed(&clock.seeded, draw(), &clock.rng);
	power_folder(DISK, dir);
	sim_disk_watch(on_op, NULL);
	if (make(&clock, dir, &err) != 0) {
		power_die("making a %s: %s", founding.hub ? "hub" : "site", err.text);
	}
	sim_disk_watch(NULL, NULL);
	undone = founding.n_shots;
	take_shot(undone, SIM_OP_SYNC); /* when it is done */
	if (!founding.hub) {
		if (open_it(&clock, DISK, &opened, &err) != 0) {
			power_die("opening a new site: %s", err.text);
		}
		ph_site_info(opened.site, &info);
		memcpy(founding.device, info.device_id, sizeof(founding.device));
		ph_site_close(opened.site);
	}
	for (unsigned i = 0; i < founding.n_shots; i++) {
		if (check(founding.shot[i].disk, founding.shot[i].seed, i >= undone,
			  &finding)) {
			continue;
		}
		snprintf(where, sizeof(where),
			 "script %llu, making a %s, behind operation %llu%s",
			 (unsigned long long)founding.script,
			 founding.hub ? "hub" : "site",
			 (unsigned long long)founding.shot[i].op,
			 i >= undone ? ", when it was done" : "");
		tally_finding(founding.tally, &finding, where, founding.shot[i].seed);
	}
}

static void begin(struct tally *tally, uint64_t script, uint64_t seed, unsigned lies,
		  unsigned odds)
{
	struct sim_disk_traits *traits;

	founding.tally = tally;
	founding.script = script;
	founding.draws = seed;
	founding.odds = odds;
	sim_disk_seed(seed);
	sim_disk_add(DISK);
	traits = sim_disk_traits(DISK);
	traits->powersafe = draw() % 2 == 0;
	traits->sector = draw() % 2 ? 512 : 4096;
	traits->lies = lies;
}

void found_site(struct tally *tally, uint64_t script, uint64_t seed, unsigned lies,
		unsigned odds)
{
	begin(tally, script, seed, lies, odds);
	founding.hub = false;
	found();
}

void found_hub(struct tally *tally, uint64_t script, uint64_t seed, unsigned lies,
	       unsigned odds)
{
	begin(tally, script, seed, lies, odds);
	founding.hub = true;
	found();
}

/*
 * tests/sim/plan.c - what is to happen, from a seed; and scripts as text.
 *
 * Each seed has a climate: of the faults there are, some never come. So two that need each
 * other meet more often than if all came at once. Schedules are short and dense.
 *
 *   province SEED DEVICES [closely]
 *   AFTER NAME WHO SEED        one event a line; '#' begins a comment
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/rng.h"
#include "tests/sim/sim.h"

const struct sim_op_doc sim_ops[SIM_OPS] = {
	[SIM_DO_WORK] = { "work", 290, false },
	[SIM_DO_ODD] = { "odd", 70, true },
	[SIM_DO_SYNC] = { "sync", 90, false },
	[SIM_DO_PAIR] = { "together", 20, false },
	[SIM_DO_CONFIRM] = { "confirm", 30, false },
	[SIM_DO_DECIDE] = { "decide", 15, true },
	[SIM_DO_HUBWORK] = { "hubwork", 12, true },
	[SIM_DO_CUTOFF] = { "cutoff", 20, true },
	[SIM_DO_ADOPT] = { "adopt", 25, true },
	[SIM_DO_CUT] = { "cut", 50, true },
	[SIM_DO_CORRUPT] = { "corrupt", 20, true },
	[SIM_DO_STALL] = { "stall", 12, true },
	[SIM_DO_LINGER] = { "linger", 20, true },
	[SIM_DO_REPLAY] = { "replay", 20, true },
	[SIM_DO_AWAY] = { "away", 6, true },
	[SIM_DO_PACK] = { "pack", 15, false },
	[SIM_DO_TAKE] = { "take", 8, false },
	[SIM_DO_HUB_STICK] = { "hub-stick", 15, false },
	[SIM_DO_VAN] = { "van", 20, false },
	[SIM_DO_PULL] = { "pull", 30, true },
	[SIM_DO_STICK_FULL] = { "stick-full", 15, true },
	[SIM_DO_LOSE] = { "lose", 10, true },
	[SIM_DO_OLD] = { "old", 30, true },
	[SIM_DO_DAMAGE] = { "damage", 20, true },
	[SIM_DO_MEET] = { "meet", 12, false },
	[SIM_DO_BASE] = { "base", 12, false },
	[SIM_DO_TOUR] = { "tour", 20, false },
	[SIM_DO_MEET_CUT] = { "meet-cut", 30, true },
	[SIM_DO_VAN_FALL] = { "van-fall", 20, true },
	[SIM_DO_VAN_LOST] = { "van-lost", 8, true },
	[SIM_DO_LAN] = { "lan", 25, false },
	[SIM_DO_LAN_CUT] = { "lan-cut", 25, true },
	[SIM_DO_BUDGET] = { "budget", 40, true },
	[SIM_DO_KILL] = { "kill", 12, true },
	[SIM_DO_POWER] = { "power", 20, true },
	[SIM_DO_KILL_IN] = { "kill-in", 15, true },
	[SIM_DO_POWER_IN] = { "power-in", 25, true },
	[SIM_DO_HUB_KILL] = { "hub-kill", 8, true },
	[SIM_DO_HUB_POWER] = { "hub-power", 12, true },
	[SIM_DO_HUB_KILL_IN] = { "hub-kill-in", 12, true },
	[SIM_DO_HUB_POWER_IN] = { "hub-power-in", 20, true },
	[SIM_DO_HUB_CLOCK] = { "hub-clock", 10, true },
	[SIM_DO_HUB_BACKUP] = { "hub-backup", 14, false },
	[SIM_DO_HUB_LOST] = { "hub-lost", 12, true },
	[SIM_DO_COLLECTED] = { "collected", 8, true },
	[SIM_DO_CLOCK] = { "clock", 40, true },
	[SIM_DO_REBOOT] = { "reboot", 15, true },
	[SIM_DO_FULL] = { "full", 15, true },
	[SIM_DO_IO] = { "io", 15, true },
	[SIM_DO_HUB_FULL] = { "hub-full", 12, true },
	[SIM_DO_HUB_IO] = { "hub-io", 12, true },
	[SIM_DO_IMAGE] = { "image", 15, true },
	[SIM_DO_RESTORE] = { "restore", 12, true },
	[SIM_DO_CLONE] = { "clone", 6, true },
	[SIM_DO_COPIED_INVITE] = { "copied-invite", 0, true },
	[SIM_DO_KEYS_STOLEN] = { "keys-stolen", 0, true },
	[SIM_DO_ERASE] = { "erase", 0, false },
	[SIM_DO_HUB_ASIDE] = { "hub-aside", 0, true },
	[SIM_DO_HUB_BACK] = { "hub-back", 0, true },
	[SIM_DO_HUB_EARLIER] = { "hub-earlier", 0, false },
	[SIM_DO_HUB_NEWER] = { "hub-newer", 0, false },
};

static enum sim_op pick(const struct ph_rng *rng, const unsigned *weights)
{
	uint64_t sum = 0, at;
	unsigned op = 0;

	for (unsigned i = 0; i < SIM_OPS; i++) {
		sum += weights[i];
	}
	at = ph_rng_below(rng, sum);
	while (at >= weights[op]) {
		at -= weights[op++];
	}
	return (enum sim_op)op;
}

/* Seconds until the next event: mostly minutes, at times a day. */
static uint32_t gap(const struct ph_rng *rng)
{
	uint64_t which = ph_rng_below(rng, 10);

	return 5 + (uint32_t)(which < 5   ? ph_rng_below(rng, 300)
			      : which < 9 ? ph_rng_below(rng, 7200)
					  : ph_rng_below(rng, 86400));
}

/* OP happens as well, somewhere behind the first days. */
static void insert(struct sim_script *script, enum sim_op op, const struct ph_rng *rng)
{
	size_t at = 6 + (size_t)ph_rng_below(rng, script->n_events - 6);

	memmove(&script->events[at + 1], &script->events[at],
		(script->n_events - at) * sizeof *script->events);
	script->n_events++;
	script->events[at] =
		(struct sim_event){ .after = gap(rng),
				    .op = op,
				    .who = (unsigned)ph_rng_below(rng, SIM_DEVICES_MAX),
				    .seed = 1 + ph_rng_below(rng, 1u << 30) };
}

/* What follows is drawn apart, so that the rest, and all other seeds, stay what they are. */
static void steal(struct sim_script *script, enum sim_op op)
{
	struct ph_rng_seeded state;
	struct ph_rng rng;

	ph_rng_seed(&state, script->seed ^ UINT64_C(0x7468656674), &rng);
	insert(script, op, &rng);
}

/* In one province of three readers ask to be erased. */
static void erase(struct sim_script *script)
{
	struct ph_rng_seeded state;
	struct ph_rng rng;
	uint64_t n;

	ph_rng_seed(&state, script->seed ^ UINT64_C(0x6572617365), &rng);
	n = ph_rng_below(&rng, 3) == 0 ? 1 + ph_rng_below(&rng, 3) : 0;
	while (n-- > 0) {
		insert(script, SIM_DO_ERASE, &rng);
	}
}

/* In one province of eight a copy of the hub's folder is laid aside, and put back later. */
static void put_back(struct sim_script *script)
{
	struct ph_rng_seeded state;
	struct ph_rng rng;
	bool is_aside = false;

	ph_rng_seed(&state, script->seed ^ UINT64_C(0x6f6c646572), &rng);
	if (ph_rng_below(&rng, 8) != 0) {
		return;
	}
	insert(script, SIM_DO_HUB_BACK, &rng);
	insert(script, SIM_DO_HUB_BACK, &rng);
	for (size_t i = 0; !is_aside; i++) {
		is_aside = script->events[i].op == SIM_DO_HUB_BACK;
		script->events[i].op = is_aside ? SIM_DO_HUB_ASIDE : script->events[i].op;
	}
	if (ph_rng_below(&rng, 2) == 0) { /* and its disk dies */
		insert(script, SIM_DO_HUB_BACKUP, &rng);
		insert(script, SIM_DO_HUB_LOST, &rng);
	}
}

/* In one province of ten the hub has an earlier program at first; of these one in four has it to the end. */
static void begin_earlier(struct sim_script *script)
{
	struct ph_rng_seeded state;
	struct ph_rng rng;

	ph_rng_seed(&state, script->seed ^ UINT64_C(0x6561726c696572), &rng);
	if (ph_rng_below(&rng, 10) != 0) {
		return;
	}
	if (ph_rng_below(&rng, 4) != 0) {
		insert(script, SIM_DO_HUB_NEWER, &rng);
	}
	memmove(&script->events[1], &script->events[0],
		script->n_events * sizeof *script->events);
	script->n_events++;
	script->events[0] = (struct sim_event){ .op = SIM_DO_HUB_EARLIER, .seed = 1 };
}

void sim_plan(struct sim_script *script, uint64_t seed)
{
	struct ph_rng_seeded state;
	struct ph_rng rng;
	unsigned weights[SIM_OPS];
	unsigned stormy;

	ph_rng_seed(&state, seed ^ UINT64_C(0x706c616e), &rng);
	*script = (struct sim_script){ .seed = seed };
	script->n_devices = 4 + (unsigned)ph_rng_below(&rng, 5);
	if (ph_rng_below(&rng, 8) == 0) {
		script->n_devices += (unsigned)ph_rng_below(&rng, 5);
	}
	/* of four faults so many come; at times none */
	stormy = ph_rng_below(&rng, 8) == 0 ? 0 : 1 + (unsigned)ph_rng_below(&rng, 3);
	for (unsigned i = 0; i < SIM_OPS; i++) {
		bool comes = sim_ops[i].weight > 0 &&
			     (!sim_ops[i].fault || ph_rng_below(&rng, 4) < stormy);

		weights[i] = comes ? sim_ops[i].weight : 0;
	}
	script->n_events = 30 + ph_rng_below(&rng, 50);
	for (size_t i = 0; i < script->n_events; i++) {
		script->events[i] = (struct sim_event){
			.after = gap(&rng),
			.op = i < 6 ? SIM_DO_WORK : pick(&rng, weights),
			.who = (unsigned)ph_rng_below(&rng, SIM_DEVICES_MAX),
			.seed = 1 + ph_rng_below(&rng, 1u << 30),
		};
	}
	if (seed % 4 == 3) {
		steal(script, SIM_DO_COPIED_INVITE);
	} else if (seed % 8 == 5) {
		steal(script, SIM_DO_KEYS_STOLEN);
	}
	erase(script);
	put_back(script);
	begin_earlier(script);
	script->closely = seed % 100 == 50;
}

/* --- text --- */

void sim_script_print(const struct sim_script *script, FILE *to)
{
	fprintf(to, "province %" PRIu64 " %u%s\n", script->seed, script->n_devices,
		script->closely ? " closely" : "");
	for (size_t i = 0; i < script->n_events; i++) {
		const struct sim_event *event = &script->events[i];

		fprintf(to, "%" PRIu32 " %s %u %" PRIu64 "\n", event->after,
			sim_ops[event->op].name, event->who, event->seed);
	}
}

static int op_named(const char *name)
{
	for (int i = 0; i < SIM_OPS; i++) {
		if (strcmp(sim_ops[i].name, name) == 0) {
			return i;
		}
	}
	return -1;
}

static const char *read_first_line(struct sim_script *script, const char *line)
{
	char how[16] = "", rest;
	int n = sscanf(line, "province %" SCNu64 " %u %15s %c", &script->seed,
		       &script->n_devices, how, &rest);

	script->closely = n == 3;
	if (n < 2 || n > 3 || (n == 3 && strcmp(how, "closely") != 0) ||
	    script->n_devices < 1 || script->n_devices > SIM_DEVICES_MAX) {
		return "the first line is: province SEED DEVICES [closely], 1 to 16 of "
		       "them";
	}
	return NULL;
}

static const char *read_line(struct sim_script *script, const char *line, bool *begun)
{
	struct sim_event event = { 0 };
	char name[32], rest;
	int op;

	if (!*begun) {
		*begun = true;
		return read_first_line(script, line);
	}
	if (sscanf(line, "%" SCNu32 " %31s %u %" SCNu64 " %c", &event.after, name,
		   &event.who, &event.seed, &rest) != 4) {
		return "an event is: AFTER NAME WHO SEED";
	}
	if (event.who >= SIM_DEVICES_MAX) {
		return "WHO is 0 to 15, and is taken modulo the devices that there are";
	}
	op = op_named(name);
	if (op < 0) {
		return "there is no event of this name";
	}
	if (script->n_events == SIM_EVENTS_MAX) {
		return "more than 512 events";
	}
	event.op = (enum sim_op)op;
	script->events[script->n_events++] = event;
	return NULL;
}

int sim_script_read(struct sim_script *script, FILE *from, const char *name)
{
	char line[1024]; /* a comment of --shrink quotes what broke */
	unsigned number = 0;
	bool begun = false;

	*script = (struct sim_script){ 0 };
	while (fgets(line, sizeof line, from) != NULL) {
		const char *wrong;

		number++;
		if (line[strspn(line, " \t\r\n")] == '\0' || line[0] == '#') {
			continue;
		}
		wrong = read_line(script, line, &begun);
		if (wrong != NULL) {
			fprintf(stderr, "%s:%u: %s\n", name, number, wrong);
			return -1;
		}
	}
	if (!begun) {
		fprintf(stderr, "%s: no script\n", name);
		return -1;
	}
	return 0;
}

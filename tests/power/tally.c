/*
 * tests/power/tally.c - what a run comes to: which images are kept, what was found, and how it is told.
 */
#include <stdio.h>

#include "tests/power/check.h"

const char *const power_op_name[SIM_OP_COUNT] = {
	[SIM_OP_CREATE] = "create",
	[SIM_OP_WRITE] = "write",
	[SIM_OP_TRUNCATE] = "truncate",
	[SIM_OP_SYNC] = "sync",
	[SIM_OP_SYNC_FOLDER] = "sync of the folder",
	[SIM_OP_RENAME] = "rename",
	[SIM_OP_UNLINK] = "removal",
	[SIM_OP_MKDIR] = "mkdir",
};

unsigned tally_place(uint64_t *draws, unsigned most, uint64_t *seen)
{
	uint64_t at = (*seen)++;

	if (at < most) {
		return (unsigned)at;
	}
	at = power_draw(draws) % *seen;
	return at < most ? (unsigned)at : most;
}

void tally_image(struct tally *tally, unsigned place, enum sim_disk_op what)
{
	tally->cuts++;
	tally->budget--;
	tally->at[what]++;
	tally->of[place]++;
}

void tally_image_replaced(struct tally *tally, enum sim_disk_op was,
			  enum sim_disk_op what)
{
	tally->at[was]--;
	tally->at[what]++;
	tally->replaced++;
}

void tally_finding(struct tally *tally, const struct finding *finding, const char *where,
		   uint64_t seed)
{
	tally->found[finding->invariant]++;
	if (tally->failures++ == 0) {
		tally->first_at = tally->cuts;
	} else if (tally->quiet) {
		return;
	}
	printf("# %s: %s, cut %llu: %s\n", invariant_name[finding->invariant], where,
	       (unsigned long long)seed, finding->what.text);
}

void tally_print(const struct tally *tally)
{
	printf("# behind");
	for (unsigned i = 0; i < SIM_OP_COUNT; i++) {
		printf("%s %s %llu", i ? "," : "", power_op_name[i],
		       (unsigned long long)tally->at[i]);
	}
	printf("; of calls with more operations %llu images gave way to later ones\n",
	       (unsigned long long)tally->replaced);
	printf("# of %llu writes not synced %llu lost whole, %llu in part; %llu "
	       "sectors "
	       "torn, %llu of them garbage; of %llu changes of names not synced %llu "
	       "lost, "
	       "%llu of them renames\n",
	       (unsigned long long)tally->lost.writes,
	       (unsigned long long)tally->lost.lost,
	       (unsigned long long)tally->lost.partly,
	       (unsigned long long)tally->lost.torn,
	       (unsigned long long)tally->lost.garbled,
	       (unsigned long long)tally->lost.names,
	       (unsigned long long)tally->lost.names_lost,
	       (unsigned long long)tally->lost.renames_lost);
	printf("# %llu cuts with the front of an item at the machine, %llu of these went "
	       "on to "
	       "a session\n",
	       (unsigned long long)tally->fronts, (unsigned long long)tally->fronts_met);
	for (unsigned i = 0; i < INVARIANTS; i++) {
		if (tally->found[i] > 0) {
			printf("# %s broken %llu times\n", invariant_name[i],
			       (unsigned long long)tally->found[i]);
		}
	}
}

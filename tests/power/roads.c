/*
 * tests/power/roads.c - a step by another road than the network to the hub: by stick, by
 * courier, or to the other PC of the site.
 */
#include "tests/power/world.h"

/* In one of four the link breaks. */
static int64_t draw_cut(struct world *world, uint64_t within)
{
	return power_below(world, 4) == 0 ? (int64_t)power_below(world, within) : -1;
}

static int lan(struct world *world)
{
	unsigned first = power_below(world, 2) == 0 ? SITE_A : SITE_C;
	struct power_lan how = { .world = world,
				 .index = { first, SITE_A + SITE_C - first } };
	int rc;

	for (unsigned i = 0; i < 2; i++) {
		how.site[i] = world->site[how.index[i]];
		how.rng[i] = world->machine[how.index[i]].rng;
	}
	how.cut = draw_cut(world, 4000);
	rc = power_lan(&how, &world->err);
	return rc < 0 ? rc : 0;
}

/* The courier comes to INDEX: a site, or the hub. */
static int visit(struct world *world, unsigned index)
{
	int rc = power_errand(
		&(struct power_errand){ .world = world,
					.courier = world->site[COURIER],
					.courier_disk = power_name[COURIER],
					.clock = &world->machine[COURIER],
					.site = index == HUB ? NULL : world->site[index],
					.site_disk = power_name[index],
					.index = index,
					.hub = index == HUB ? world->hub : NULL,
					.rng = world->machine[index].rng,
					.cut = draw_cut(world, 9000) },
		&world->err);

	return rc < 0 ? rc : 0;
}

/* Before it comes to the hub the courier syncs, as it does at base. */
static int sync(struct world *world)
{
	return power_session(&(struct drive){ .world = world,
					      .hub = world->hub,
					      .site = world->site[COURIER],
					      .index = COURIER,
					      .hub_rng = world->machine[HUB].rng,
					      .site_rng = world->machine[COURIER].rng,
					      .cut = -1 },
			     &world->err);
}

/* One or more stops of a tour: what is with the courier stays there until another step. */
static int courier(struct world *world, unsigned index)
{
	uint64_t stops = 1 + power_below(world, 3);
	bool is_base = power_below(world, 2) == 0;
	int rc = 0;

	for (uint64_t i = 0; rc == 0 && i < stops; i++, is_base = !is_base) {
		rc = is_base ? sync(world) : 0;
		rc = rc < 0 ? rc : visit(world, is_base ? HUB : index);
	}
	return rc;
}

int power_roads(struct world *world, unsigned index)
{
	switch (power_below(world, 4)) {
	case 0:
		world->doing = "stick";
		return power_carry(world, index);
	case 1:
		world->doing = "site's PCs";
		return lan(world);
	default:
		world->doing = "courier";
		return courier(world, index);
	}
}

/*
 * tests/power/trust.c - the data budget and the PIN of a site, the keys and the backups of the
 * hub: what was said of them, each call by itself.
 */
#include "tests/power/world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/site_courier.h"
#include "client/site_internal.h"
#include "daemon/hub_backup.h"
#include "daemon/hub_internal.h"
#include "daemon/hub_rotate.h"

enum {
	ROTATIONS = 2, /* of a script */
	WRONG = 3,     /* tries in a row: with more one has to wait */
};

/* --- what stands there --- */

static int account_of(struct ph_site *site, uint64_t *out, uint64_t *budget_out)
{
	struct ph_budget budget;
	int rc = ph_site_budget(site, &budget);

	if (rc == 0) {
		const struct ph_spent *paid = &budget.spent[PH_SPEND_NETWORK];

		*out = paid->up + paid->down + paid->unsure;
		*budget_out = budget.bytes;
	}
	return rc;
}

int power_beside_site(struct ph_site *site, struct beside *out)
{
	struct ph_clock clock = site->config.clock;
	struct machine started = *(const struct machine *)clock.data;
	struct ph_site_custody custody;
	int rc = account_of(site, &out->account, &out->budget);

	machine_boot(&started);
	site->config.clock.data = &started;
	rc = rc < 0 ? rc : account_of(site, &out->started, &out->budget);
	site->config.clock = clock;
	if (rc == 0) {
		rc = ph_site_custody(site, &custody); /* all zero if there is none */
		out->with_courier = custody.entries;
		out->signed_for = custody.time;
	}
	rc = rc < 0 ? rc : power_beside_front(site, out);
	return rc < 0 ? rc : power_erased(ph_site_journal(site), &out->erased);
}

int power_beside_hub(struct ph_hub *hub, struct beside *out)
{
	int rc = ph_journal_meta_get_int(ph_hub_journal(hub), PH_HUB_META_BACKUP,
					 &out->backup);

	memcpy(out->key, ph_hub_keys(hub)->sign.key, sizeof(out->key));
	return rc < 0 ? rc : power_erased(ph_hub_journal(hub), &out->erased);
}

/* --- the budget --- */

static int set_budget(struct world *world, unsigned index)
{
	uint64_t bytes = power_below(world, 4) == 0
				 ? PH_BUDGET_NONE
				 : PH_BUDGET_LEAST + power_below(world, 400000);
	int rc;

	power_call(world, index);
	rc = ph_site_budget_set(world->site[index], bytes, &world->err);
	power_called(world, index, rc);
	return rc;
}

static int note(struct world *world, unsigned index, uint64_t up, uint64_t down, bool end)
{
	int rc;

	power_call(world, index);
	rc = ph_site_spend_note(world->site[index], up, down, end, &world->err);
	power_called(world, index, rc);
	return rc;
}

/* What went in a session that nothing bounds is known to the account alone. */
static int spend(struct world *world, unsigned index)
{
	struct ph_share share = { 0 };
	uint64_t up, down;
	int rc;

	power_call(world, index);
	rc = ph_site_spend_begin(world->site[index], PH_SPEND_NETWORK, false,
				 power_below(world, 9000), &share, &world->err);
	power_called(world, index, rc);
	if (rc != 0) {
		return rc < 0 ? rc : 0; /* nothing is left of it */
	}
	up = power_below(world, (share.up > 0 ? share.up : 5000) + 1);
	down = power_below(world, (share.up > 0 ? share.down : 5000) + 1);
	world->promised[index].beside.gone += share.up > 0 ? up + down : 0;
	if (power_below(world, 4) == 0) {
		return 0; /* the command was killed: it is never told */
	}
	rc = power_below(world, 2) == 0 ? note(world, index, up / 2, down / 3, false) : 0;
	return rc < 0 ? rc : note(world, index, up, down, true);
}

void power_month_turns(const struct world *world, const struct holding *old,
		       struct holding *new)
{
	if (world->months > 0 && new->beside.account < old->beside.account) {
		new->beside.gone = 0;
	}
}

int power_budget(struct world *world, unsigned index)
{
	return power_below(world, 3) == 0 ? set_budget(world, index)
					  : spend(world, index);
}

/* --- the desk --- */

void power_pin_text(unsigned number, char out[static PH_PIN_MAX + 1])
{
	snprintf(out, PH_PIN_MAX + 1, "%u", 480213 + 37 * number);
}

/* It must be open, or have none. */
static int set_pin(struct world *world, unsigned index)
{
	struct ph_site *site = world->site[index];
	struct power_pin *pin = &world->promised[index].beside.pin;
	struct power_pin *next = &world->pin_next[index];
	char text[PH_PIN_MAX + 1];
	int rc;

	*next = *pin;
	next->number++;
	if (pin->number == 0 || power_below(world, 2) == 0) {
		ph_desk_card_make(next->card, &world->machine[index].rng);
	}
	power_pin_text(next->number, text);
	power_call(world, index);
	rc = ph_site_desk_protect(site, next->card, ph_view_str(text), PH_LOCK_MIB_MIN,
				  &world->err);
	if (rc == 0) {
		*pin = *next;
		world->promised[index].beside.tries = 0;
		if (ph_site_desk_secret(site) != NULL) {
			memcpy(world->desk_secret[index], ph_site_desk_secret(site),
			       PH_BOX_SECRET_SIZE);
		}
	}
	power_called(world, index, rc);
	return rc;
}

static int unlock(struct world *world, unsigned index, bool right)
{
	struct beside *beside = &world->promised[index].beside;
	char text[PH_PIN_MAX + 1];
	int rc;

	power_pin_text(beside->pin.number + !right, text);
	power_call(world, index);
	rc = ph_site_desk_unlock(world->site[index], beside->pin.card, ph_view_str(text),
				 &world->err);
	if (!right && rc == -EACCES) {
		beside->tries++;
		rc = 0;
	} else if (right && rc == 0) {
		beside->tries = 0;
	}
	power_called(world, index, rc);
	return rc;
}

static bool opens(struct world *world, unsigned index, const struct power_pin *pin)
{
	char text[PH_PIN_MAX + 1];

	power_pin_text(pin->number, text);
	return pin->number > 0 && ph_site_desk_unlock(world->site[index], pin->card,
						      ph_view_str(text), NULL) == 0;
}

int power_desk_settle(struct world *world, unsigned index)
{
	struct ph_site *site = world->site[index];
	struct beside *beside = &world->promised[index].beside;
	struct power_pin *next = &world->pin_next[index];
	bool is_set = ph_site_desk(site) != PH_DESK_NO_PIN;

	if (next->number <= beside->pin.number || (!is_set && beside->pin.number == 0)) {
		*next = beside->pin;
		return is_set == (beside->pin.number > 0) ? 0 : -EACCES;
	}
	if (opens(world, index, next)) {
		beside->pin = *next;
	} else if (!opens(world, index, &beside->pin)) {
		return -EACCES;
	}
	*next = beside->pin;
	beside->tries = 0;
	memcpy(world->desk_secret[index], ph_site_desk_secret(site), PH_BOX_SECRET_SIZE);
	return 0;
}

int power_desk(struct world *world, unsigned index)
{
	const struct beside *beside = &world->promised[index].beside;
	bool is_locked = ph_site_desk(world->site[index]) == PH_DESK_LOCKED;
	uint64_t what = power_below(world, 3);

	if (beside->pin.number > 0 && what == 0 && beside->tries < WRONG) {
		return unlock(world, index, false);
	}
	if (beside->pin.number > 0 && (what == 1 || is_locked)) {
		return unlock(world, index, true);
	}
	return set_pin(world, index);
}

/* --- the hub --- */

int power_rotate(struct world *world)
{
	uint64_t generation;
	int rc;

	if (world->rotations == ROTATIONS) {
		return 0;
	}
	world->rotations++;
	power_call(world, HUB);
	rc = ph_hub_rotate(world->hub, &power_root, false, &generation, &world->err);
	if (rc == 0) { /* as the command: it ends, and the next begins */
		ph_hub_close(world->hub);
		world->hub = NULL;
		rc = world_open_hub(&world->machine[HUB], power_name[HUB], &world->hub,
				    &world->err);
	}
	power_called(world, HUB, rc);
	return rc;
}

json_t *power_ask(struct world *world, json_t *request)
{
	json_t *answer;
	bool good;

	power_call(world, HUB);
	answer = ph_hub_command(world->hub, request);
	good = json_integer_value(json_object_get(answer, "exit")) == 0;
	if (!good) {
		ph_fail(&world->err, PH_EXIT_OTHER, 0, "%s",
			json_string_value(json_object_get(answer, "error")));
		json_decref(answer);
		answer = NULL;
	}
	json_decref(request);
	power_called(world, HUB, good ? 0 : -EIO);
	return answer;
}

/* The copy, and that it was kept; what is made of the copy is test_backup_*.c. */
int power_backup(struct world *world)
{
	json_t *answer = power_ask(world, json_pack("{s:s}", "command", "backup-begin"));
	char token[64] = "";
	bool whole = false;
	int64_t made = 0;

	snprintf(token, sizeof(token), "%s",
		 answer ? json_string_value(json_object_get(answer, "token")) : "");
	while (answer && !whole) {
		json_decref(answer);
		answer = power_ask(world, json_pack("{s:s, s:s}", "command",
						    "backup-step", "token", token));
		whole = json_is_true(json_object_get(answer, "whole"));
		made = json_integer_value(json_object_get(answer, "made"));
	}
	json_decref(answer);
	answer = answer ? power_ask(world,
				    json_pack("{s:s, s:s, s:b}", "command", "backup-kept",
					      "token", token, "away", 1))
			: NULL;
	if (answer && world->promised[HUB].beside.backup != made) {
		json_decref(answer);
		return ph_fail(&world->err, PH_EXIT_OTHER, -EIO,
			       "a backup was kept, and is not noted");
	}
	json_decref(answer);
	return answer ? 0 : -EIO;
}

/* --- one of these --- */

int power_seldom(struct world *world, unsigned index)
{
	switch (power_below(world, 4)) {
	case 0:
		world->doing = "rotate";
		return power_rotate(world);
	case 1:
		world->doing = "back up";
		return power_backup(world);
	case 2:
		world->doing = "desk";
		return power_desk(world, index);
	default:
		world->doing = "erase";
		return power_erase(world);
	}
}

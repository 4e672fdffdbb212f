/*
 * client/work_order.c - of which sort an order is: what it stands on, and what goes before it; and the
 * orders that open the desk.
 */
#include "client/work_order.h"

#include <errno.h>
#include <string.h>

#include "client/carry.h"
#include "client/unlock.h"
#include "common/base/say.h"
#include "common/base/secret.h"

void ph_order_deinit(struct ph_order *order)
{
	if (order->is_unlock) {
		ph_unlock_wipe(order->request);
	}
	json_decref(order->request);
	order->request = NULL;
	ph_buf_wipe(&order->answer);
	ph_order_drop_desk(order);
}

void ph_order_drop_desk(struct ph_order *order)
{
	ph_secret_free(order->desk);
	order->desk = NULL;
}

/* Which command ORDER is of; NULL: it does not say. */
const char *ph_order_name(const struct ph_order *order)
{
	return json_string_value(
		json_object_get(order->request, order->is_loan ? "who" : "name"));
}

/* Whether somebody is at the desk: what shows how things stand, or sends, comes by itself too. */
bool ph_order_is_work(const struct ph_order *order)
{
	const char *name = ph_order_name(order);

	return order->rank != PH_ORDER_PAGE &&
	       (!name || (strcmp(name, "status") != 0 && strcmp(name, "sync") != 0));
}

static bool is_of(const struct ph_order *order, const char *command)
{
	const char *name = order->is_loan ? NULL : ph_order_name(order);

	return name && strcmp(name, command) == 0;
}

/* Whether ORDER is of a command that lets go of the site in between, and takes long. */
bool ph_order_takes_long(const struct ph_order *order)
{
	return is_of(order, "plan");
}

/* Whether what ORDER does stands on all that has come. The others ask no ledger, or say what it does not count. */
bool ph_order_needs_all(const struct ph_order *order)
{
	static const char *const others[] = { "status", "plan",       "budget",
					      "log",    "budget set", "sync",
					      "agent",  "pack-stick", "take-stick" };
	const char *name = ph_order_name(order);

	for (size_t i = 0; name && i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(name, others[i]) == 0) {
			return false;
		}
	}
	return !order->is_key && !order->is_unlock;
}

bool ph_order_is_short(const struct ph_order *order)
{
	return !ph_order_takes_long(order);
}

/*
 * Whether ORDER is carried out in between of one that is long only to look at (`log`): people's are, and what
 * pages read by themselves waits for its end, as it does for any other.
 */
bool ph_order_is_urgent(const struct ph_order *order)
{
	return order->rank != PH_ORDER_PAGE && !ph_order_takes_long(order) &&
	       !is_of(order, "log");
}

/* Whether ORDER is carried out at once, whatever is not folded. */
bool ph_order_is_quick(const struct ph_order *order)
{
	return !ph_order_takes_long(order) && !ph_order_needs_all(order);
}

/* --- the desk --- */

/* The desk is opened with the secret that ORDER has, or locked. */
int ph_order_turn_desk(struct ph_site *site, struct ph_order *order, struct ph_error *why)
{
	int rc = ph_site_resume(site, why);

	if (rc < 0) {
		return rc;
	}
	if (!order->desk) {
		ph_site_desk_lock(site);
		rc = 0;
	} else {
		rc = ph_site_desk_open(site, order->desk);
		ph_site_desk_touch(site, order->state.desk_ms);
	}
	ph_order_drop_desk(order);
	(void)ph_carry_refuse(&order->answer, rc < 0 ? PH_EXIT_OTHER : PH_EXIT_DONE,
			      false,
			      rc < 0 ? ph_say("that is not the key of this desk",
					      "đó không phải là khóa của quầy này")
				     : "");
	ph_site_pause(site);
	return 0;
}

/* The desk is opened by card and PIN. It is here that the PIN takes its memory. */
int ph_order_unlock_desk(struct ph_site *site, struct ph_order *order,
			 struct ph_error *why)
{
	int rc = ph_site_resume(site, why);

	if (rc < 0) {
		ph_unlock_wipe(order->request);
		return rc;
	}
	ph_unlock(site, order->request, &order->answer);
	ph_site_desk_touch(site, order->state.desk_ms);
	ph_site_pause(site);
	return 0;
}

/* Whoever borrows the folder has the desk's secret as long as the desk is open here; for lack of memory it is locked there. */
void ph_order_take_desk(struct ph_site *site, struct ph_order *order)
{
	const uint8_t *secret;

	if (ph_order_is_work(order)) {
		ph_site_desk_touch(site, order->state.desk_ms);
	}
	secret = ph_site_desk_secret(site);
	order->desk = secret ? ph_secret_new(PH_BOX_SECRET_SIZE) : NULL;
	if (order->desk) {
		memcpy(order->desk, secret, PH_BOX_SECRET_SIZE);
	}
}

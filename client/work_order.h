/* client/work_order.h - of which sort an order of the agent's thread is; for client/work.c. */
#ifndef PH_CLIENT_WORK_ORDER_H
#define PH_CLIENT_WORK_ORDER_H

#include "client/work.h"

/* Which command ORDER is of, as long as ORDER is; NULL: it does not say. */
const char *ph_order_name(const struct ph_order *order);
/* Whether somebody is at the desk: what shows how things stand, or sends, comes by itself too. */
bool ph_order_is_work(const struct ph_order *order);
/* Whether ORDER is of a command that lets go of the site in between, and takes long. */
bool ph_order_takes_long(const struct ph_order *order);
/* Whether what ORDER does stands on all that has come. */
bool ph_order_needs_all(const struct ph_order *order);
/* Whether ORDER is carried out in between of one that takes long. */
bool ph_order_is_short(const struct ph_order *order);
/* Whether it is in between of one that is long only to look at. */
bool ph_order_is_urgent(const struct ph_order *order);
/* Whether it is at once, whatever is not folded. */
bool ph_order_is_quick(const struct ph_order *order);

/* The desk is opened with the secret that ORDER has, or locked. 0; negative with WHY: SITE cannot be opened. */
int ph_order_turn_desk(struct ph_site *site, struct ph_order *order,
		       struct ph_error *why);
/* The same by card and PIN. It is here that the PIN takes its memory. */
int ph_order_unlock_desk(struct ph_site *site, struct ph_order *order,
			 struct ph_error *why);
/* Whoever borrows the folder has the desk's secret as long as the desk is open here; SITE is. */
void ph_order_take_desk(struct ph_site *site, struct ph_order *order);

#endif

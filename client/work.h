/*
 * client/work.h - the thread of the agent that does what commands ask for, one by one.
 *
 * An order is carried out here (client/carry.h), or the store is closed and the folder lent
 * to whoever asked until it is given back. Orders wait in a row; they share the folder with
 * the session by ph_turn.
 */
#ifndef PH_CLIENT_WORK_H
#define PH_CLIENT_WORK_H

#include <jansson.h>
#include <uv.h>

#include "client/host.h"
#include "client/turn.h"
#include "common/cli/cli.h"

/* Of the orders that wait the lowest is next, of equals the first. */
enum ph_order_rank {
	PH_ORDER_WORK,   /* a command in a terminal, a change by a page */
	PH_ORDER_PERSON, /* what a person at a page wants to see */
	PH_ORDER_PAGE,   /* what a page reads by itself */
};

/* The owner's memory, from push to the callback the worker's. */
struct ph_order {
	json_t *request;
	struct ph_host_state state; /* as `status` tells it */
	bool is_loan;
	bool is_key;    /* the desk is opened or locked */
	bool is_unlock; /* the desk is opened, by "card" and "pin" (client/unlock.h) */
	enum ph_order_rank rank; /* of PH_ORDER_PAGE nobody is known to be at the desk */
	/* The desk's secret, PH_BOX_SECRET_SIZE bytes by ph_secret_new(): of a loan where the desk is
	 * open, and of what opens it; NULL: none. */
	uint8_t *desk;
	bool has_moved;       /* there are entries that were not there before */
	struct ph_buf answer; /* to send; empty when memory lacked. Not of a loan */
	struct ph_order *next;
	void *owner;
	/* NULL, or called on the thread behind ANSWER, when others have the folder again */
	void (*on_carried)(struct ph_order *order);
	/* whose it is, if not the local socket's: called when it is done */
	void (*on_done)(struct ph_order *order);
};
/* Drop what ORDER holds, wiping it; not ORDER. */
void ph_order_deinit(struct ph_order *order);
/* The desk's secret has been used. */
void ph_order_drop_desk(struct ph_order *order);

struct ph_work_config {
	uv_loop_t *loop;
	const struct ph_cli_program *program;
	struct ph_site *site; /* kept, by TURN */
	struct ph_turn *turn;
	/* All on the loop. A loan begins: the store is closed. */
	void (*on_lent)(void *data, struct ph_order *order);
	/* An order, or a loan that was given back, is over. */
	void (*on_done)(void *data, struct ph_order *order);
	/* The store could not be opened, or showed an error. */
	void (*on_trouble)(void *data, const struct ph_error *why);
	void (*on_ended)(void *data); /* after ph_work_stop(), the last of all */
	void *data;
};

struct ph_work;
/* 0 or a negative errno. */
int ph_work_start(struct ph_work **work_out, const struct ph_work_config *config);
/* Queue ORDER by its rank. Not after ph_work_stop(). */
void ph_work_push(struct ph_work *work, struct ph_order *order);
/* Take ORDER out of the row again: true, and it will not come back; false: it has begun. */
bool ph_work_take_back(struct ph_work *work, struct ph_order *order);
/* What was lent is given back. */
void ph_work_give_back(struct ph_work *work);
/*
 * Something came, or may have: it is folded in moments of one commit each (ph_site_fold()) while no
 * order waits, until all is. Not after ph_work_stop().
 */
void ph_work_fold(struct ph_work *work);
/* Who is at work or has the folder; "" if nobody. OUT_SIZE at least 1. */
void ph_work_current(struct ph_work *work, char *out, size_t out_size);
/* Whether the folder is in the hands of whoever borrowed it. */
bool ph_work_is_lent(struct ph_work *work);
/*
 * End when what has begun is done and a loan is given back, at once; the row must be
 * empty. WORK frees itself when on_ended has returned.
 */
void ph_work_stop(struct ph_work *work);

#endif

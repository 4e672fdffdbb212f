/*
 * daemon/storeworker.h - the thread that owns the hub's store while the daemon runs.
 *
 * Sessions' jobs and local commands go in by queues and come back, each exactly once,
 * by callbacks on the loop. All jobs that wait at one moment are carried out as one
 * group (ph_hub_jobs), so they share one fsync; commands run one at a time between the
 * groups; when little happens, what was stored is folded into the ledger. So nobody waits
 * for more than the group at work and the own one (docs/decisions/0036).
 *
 * The queues need no bound of their own: a session has at most one job of each type
 * out, a local connection one command, and both are bounded in number.
 */
#ifndef PH_DAEMON_STOREWORKER_H
#define PH_DAEMON_STOREWORKER_H

#include <uv.h>

#include "daemon/hub.h"

/* What is done with the store; in tests, by others than the hub. */
struct ph_storeworker_ops {
	void (*jobs)(void *hub, struct ph_job *jobs);
	json_t *(*command)(void *hub, const json_t *request);
	int (*fold)(void *hub);
};
/* ph_hub_jobs(), ph_hub_command(), ph_hub_fold(). */
extern const struct ph_storeworker_ops ph_storeworker_hub;

/* One local command. The owner's memory, from push to the callback the worker's. */
struct ph_order {
	/* If set, this is done with the hub instead, and request and answer are left alone. */
	void (*call)(void *hub, struct ph_order *order);
	json_t *request;
	json_t *extra;        /* members added to an answer without error; may be NULL */
	struct ph_buf answer; /* JSON text; empty when memory lacked */
	int exit;             /* its "exit" */
	uint64_t took_ns;     /* with the store */
	bool looks;           /* a `call` that can leave nothing to fold */
	struct ph_order *next;
	/* If set, it comes back here, and not to on_order of the worker. */
	void (*returned)(struct ph_order *order);
	void *owner;
};
/* ANSWER, taken, becomes ORDER's, with what it has extra. NULL: memory lacked. From any thread. */
void ph_order_answer(struct ph_order *order, json_t *answer);
/* Drop what ORDER holds; not ORDER. */
void ph_order_deinit(struct ph_order *order);

struct ph_storeworker_config {
	uv_loop_t *loop;
	void *hub; /* of nobody else until on_ended */
	const struct ph_storeworker_ops *ops;
	/* All on the loop. A list of finished jobs, in the order of their coming. */
	void (*on_jobs)(void *data, struct ph_job *jobs);
	void (*on_order)(void *data, struct ph_order *order);
	/*
	 * -EIO: the store must not be used any more, the process should end; told once.
	 * Another errno: folding failed and is tried again later.
	 */
	void (*on_trouble)(void *data, int rc);
	void (*on_ended)(void *data); /* after ph_storeworker_stop(), the last of all */
	void *data;
	/* Fold when nothing came for so long, but at the latest so long after the first. */
	unsigned quiet_ms, latest_ms; /* 0: 200 and 5,000 */
};

struct ph_storeworker_counts {
	uint64_t groups, jobs, orders, folds;
	uint64_t longest_group; /* jobs */
};

struct ph_storeworker;
/* 0 or a negative errno. */
int ph_storeworker_start(struct ph_storeworker **worker_out,
			 const struct ph_storeworker_config *config);
/* Queue a job; it comes back by on_jobs. Not after ph_storeworker_stop(). */
void ph_storeworker_push(struct ph_storeworker *worker, struct ph_job **job);
/* The same for a command. */
void ph_storeworker_order(struct ph_storeworker *worker, struct ph_order *order);
/*
 * Do what is queued, give it back, then end the thread and call on_ended. Once; WORKER
 * frees itself when on_ended has returned.
 */
void ph_storeworker_stop(struct ph_storeworker *worker);
void ph_storeworker_counts(struct ph_storeworker *worker,
			   struct ph_storeworker_counts *counts_out);
/*
 * For how many milliseconds it has been at the piece of work that it is at, a group of
 * jobs, a fold, or (IS_COMMAND_OUT) a command, without its store having done anything
 * (ph_db_pulse), as far as was looked. 0: it waits for some work. On the loop.
 */
uint64_t ph_storeworker_busy(struct ph_storeworker *worker, bool *is_command_out);

#endif

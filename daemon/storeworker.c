/*
 * daemon/storeworker.c - two queues in, two lists out, one thread between.
 *
 * The loop pushes under the mutex and signals; the thread takes all jobs and at most
 * one command, works with the mutex free, puts the results on the lists out and wakes
 * the loop (uv_async), which detaches the lists before it calls anybody back: a
 * callback may push again.
 *
 * A job that comes back with -EIO means that the store saw an I/O error and takes
 * nothing more; so does a fold. The loop is told once and ends the process, since only
 * a new start may look at the store again. A fold that fails otherwise (a full disk)
 * loses nothing, the entries are in the journal: it is told, and tried again later.
 */
#include "daemon/storeworker.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "common/base/json_memory.h"

#define QUIET_MS  200
#define LATEST_MS 5000
#define AGAIN_MS  10000 /* after a fold that failed */
#define MS        UINT64_C(1000000)

struct list_of_jobs {
	struct ph_job *first;
	struct ph_job **last;
};

struct list_of_orders {
	struct ph_order *first;
	struct ph_order **last;
};

struct ph_storeworker {
	struct ph_storeworker_config config;
	uv_thread_t thread;
	uv_async_t wake;

	uv_mutex_t mutex; /* guards what follows */
	uv_cond_t work;
	struct list_of_jobs jobs_in, jobs_out;
	struct list_of_orders orders_in, orders_out;
	bool is_stopping, has_ended;
	int trouble; /* to be told */
	struct ph_storeworker_counts counts;

	_Atomic uint64_t busy_since; /* nanoseconds, as uv_hrtime(); 0: it waits */
	_Atomic bool is_at_command;
	uint64_t pulse,
		moved_at; /* the loop's: the store's, and when it was seen to move */

	/* the thread's own */
	bool is_dirty;        /* something was stored since the last fold */
	uint64_t dirty_since; /* nanoseconds, as uv_hrtime() */
	uint64_t dirty_last;  /* the newest of it */
	uint64_t fold_not_before;
	bool is_dead; /* -EIO was told */
};

static void hub_jobs(void *hub, struct ph_job *jobs)
{
	ph_hub_jobs(hub, jobs);
}

static json_t *hub_command(void *hub, const json_t *request)
{
	return ph_hub_command(hub, request);
}

static int hub_fold(void *hub)
{
	int rc = ph_hub_fold(hub);

	if (rc == 0) {
		ph_hub_rest(hub);
	}
	return rc;
}

const struct ph_storeworker_ops ph_storeworker_hub = { hub_jobs, hub_command, hub_fold };

void ph_order_deinit(struct ph_order *order)
{
	json_decref(order->request);
	json_decref(order->extra);
	order->request = NULL;
	order->extra = NULL;
	ph_buf_wipe(&order->answer);
}

void ph_order_answer(struct ph_order *order, json_t *answer)
{
	json_t *exit = json_object_get(answer, "exit");
	bool is_whole = answer != NULL;
	uint64_t shortages = ph_json_shortages();

	if (order->extra && json_integer_value(exit) == 0) {
		/* which says 0 where there was no memory for a member */
		is_whole = json_object_update_missing(answer, order->extra) == 0 &&
			   ph_json_shortages() == shortages;
	}
	order->exit = (int)json_integer_value(exit);
	if (!is_whole || ph_json_write(answer, &order->answer) != 0) {
		ph_buf_wipe(&order->answer);
	}
	json_decref(answer);
}

/* ---- lists ---- */

static void put_jobs(struct list_of_jobs *list, struct ph_job *jobs)
{
	*list->last = jobs;
	while (*list->last) {
		list->last = &(*list->last)->next;
	}
}

static struct ph_job *take_jobs(struct list_of_jobs *list)
{
	struct ph_job *first = list->first;

	list->first = NULL;
	list->last = &list->first;
	return first;
}

static void put_order(struct list_of_orders *list, struct ph_order *order)
{
	order->next = NULL;
	*list->last = order;
	list->last = &order->next;
}

static struct ph_order *take_order(struct list_of_orders *list)
{
	struct ph_order *order = list->first;

	if (order) {
		list->first = order->next;
		if (!list->first) {
			list->last = &list->first;
		}
		order->next = NULL;
	}
	return order;
}

/* ---- in the thread ---- */

static void trouble(struct ph_storeworker *worker, int rc)
{
	if (worker->is_dead) {
		return;
	}
	worker->is_dead = rc == -EIO;
	uv_mutex_lock(&worker->mutex);
	worker->trouble = rc;
	uv_mutex_unlock(&worker->mutex);
	uv_async_send(&worker->wake);
}

static void note_dirty(struct ph_storeworker *worker)
{
	worker->dirty_last = uv_hrtime();
	if (!worker->is_dirty) {
		worker->is_dirty = true;
		worker->dirty_since = worker->dirty_last;
	}
}

static bool stores(const struct ph_job *job)
{
	return job->type == PH_JOB_STORE || job->type == PH_JOB_HELLO;
}

static void begin(struct ph_storeworker *worker, bool is_command)
{
	worker->is_at_command = is_command;
	worker->busy_since = uv_hrtime();
}

static void end(struct ph_storeworker *worker)
{
	worker->busy_since = 0;
}

static void run_jobs(struct ph_storeworker *worker, struct ph_job *jobs)
{
	uint64_t count = 0;
	int rc = 0;

	begin(worker, false);
	worker->config.ops->jobs(worker->config.hub, jobs);
	end(worker);
	for (const struct ph_job *job = jobs; job; job = job->next) {
		count++;
		rc = job->result == -EIO ? -EIO : rc;
		if (stores(job)) {
			note_dirty(worker);
		}
	}
	uv_mutex_lock(&worker->mutex);
	put_jobs(&worker->jobs_out, jobs);
	worker->counts.groups++;
	worker->counts.jobs += count;
	if (count > worker->counts.longest_group) {
		worker->counts.longest_group = count;
	}
	uv_mutex_unlock(&worker->mutex);
	uv_async_send(&worker->wake);
	if (rc < 0) {
		trouble(worker, rc);
	}
}

static void run_order(struct ph_storeworker *worker, struct ph_order *order)
{
	uint64_t began = uv_hrtime();

	begin(worker, true);
	if (order->call) {
		order->call(worker->config.hub, order);
	} else {
		ph_order_answer(order, worker->config.ops->command(worker->config.hub,
								   order->request));
	}
	end(worker);
	order->took_ns = uv_hrtime() - began;
	/*
	 * Also one that is done may have met an I/O error, or a full disk, as what it wrote
	 * was folded: only the next fold shows it, or makes up for it.
	 */
	if (!order->looks) {
		note_dirty(worker);
	}
	uv_mutex_lock(&worker->mutex);
	put_order(&worker->orders_out, order);
	worker->counts.orders++;
	uv_mutex_unlock(&worker->mutex);
	uv_async_send(&worker->wake);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When to fold, as uv_hrtime(); UINT64_MAX: there is nothing to. */
static uint64_t fold_at(const struct ph_storeworker *worker)
{
	uint64_t at;

	if (!worker->is_dirty || worker->is_dead) {
		return UINT64_MAX;
	}
	at = smaller(worker->dirty_last + worker->config.quiet_ms * MS,
		     worker->dirty_since + worker->config.latest_ms * MS);
	return at > worker->fold_not_before ? at : worker->fold_not_before;
}

static void fold_if_due(struct ph_storeworker *worker)
{
	int rc;

	if (uv_hrtime() < fold_at(worker)) {
		return;
	}
	begin(worker, false);
	rc = worker->config.ops->fold(worker->config.hub);
	end(worker);
	if (rc < 0) {
		worker->fold_not_before = uv_hrtime() + AGAIN_MS * MS;
		trouble(worker, rc);
	}
	worker->is_dirty = rc != 0; /* 1: there is more, at once unless jobs wait */
	uv_mutex_lock(&worker->mutex);
	worker->counts.folds++;
	uv_mutex_unlock(&worker->mutex);
}

/* With the mutex held: until there is something to do. */
static void wait_for_work(struct ph_storeworker *worker)
{
	while (!worker->jobs_in.first && !worker->orders_in.first &&
	       !worker->is_stopping) {
		uint64_t at = fold_at(worker);
		uint64_t now = uv_hrtime();

		if (at <= now) {
			return;
		}
		if (at == UINT64_MAX) {
			uv_cond_wait(&worker->work, &worker->mutex);
		} else {
			(void)uv_cond_timedwait(&worker->work, &worker->mutex, at - now);
		}
	}
}

static void run(void *data)
{
	struct ph_storeworker *worker = data;
	bool is_over = false;

	while (!is_over) {
		struct ph_job *jobs;
		struct ph_order *order;

		uv_mutex_lock(&worker->mutex);
		wait_for_work(worker);
		jobs = take_jobs(&worker->jobs_in);
		order = take_order(&worker->orders_in);
		is_over = !jobs && !order && worker->is_stopping;
		uv_mutex_unlock(&worker->mutex);
		if (jobs) {
			run_jobs(worker, jobs);
		}
		if (order) {
			run_order(worker, order);
		}
		if (!is_over) {
			fold_if_due(worker);
		}
	}
	uv_mutex_lock(&worker->mutex);
	worker->has_ended = true;
	uv_mutex_unlock(&worker->mutex);
	uv_async_send(&worker->wake);
}

/* ---- on the loop ---- */

static void free_worker(struct ph_storeworker *worker)
{
	uv_cond_destroy(&worker->work);
	uv_mutex_destroy(&worker->mutex);
	free(worker);
}

static void on_closed(uv_handle_t *handle)
{
	struct ph_storeworker *worker = handle->data;

	worker->config.on_ended(worker->config.data);
	free_worker(worker);
}

/* The thread never began; nobody waits for an end. */
static void on_undone(uv_handle_t *handle)
{
	free_worker(handle->data);
}

static void on_wake(uv_async_t *wake)
{
	struct ph_storeworker *worker = wake->data;
	const struct ph_storeworker_config *config = &worker->config;
	struct list_of_orders orders = { .last = &orders.first };
	struct ph_order *order;
	struct ph_job *jobs;
	bool has_ended;
	int rc;

	uv_mutex_lock(&worker->mutex);
	jobs = take_jobs(&worker->jobs_out);
	while ((order = take_order(&worker->orders_out))) {
		put_order(&orders, order);
	}
	rc = worker->trouble;
	worker->trouble = 0;
	has_ended = worker->has_ended;
	uv_mutex_unlock(&worker->mutex);

	if (jobs) {
		config->on_jobs(config->data, jobs);
	}
	while ((order = take_order(&orders))) {
		if (order->returned) {
			order->returned(order);
		} else {
			config->on_order(config->data, order);
		}
	}
	if (rc < 0) {
		config->on_trouble(config->data, rc);
	}
	if (has_ended) {
		uv_thread_join(&worker->thread);
		uv_close((uv_handle_t *)wake, on_closed);
	}
}

int ph_storeworker_start(struct ph_storeworker **worker_out,
			 const struct ph_storeworker_config *config)
{
	struct ph_storeworker *worker = calloc(1, sizeof(*worker));
	int rc;

	if (!worker) {
		return -ENOMEM;
	}
	worker->config = *config;
	worker->config.quiet_ms = config->quiet_ms ? config->quiet_ms : QUIET_MS;
	worker->config.latest_ms = config->latest_ms ? config->latest_ms : LATEST_MS;
	worker->jobs_in.last = &worker->jobs_in.first;
	worker->jobs_out.last = &worker->jobs_out.first;
	worker->orders_in.last = &worker->orders_in.first;
	worker->orders_out.last = &worker->orders_out.first;
	worker->wake.data = worker;
	worker->pulse = ph_db_pulse();
	note_dirty(worker); /* what an earlier process stored and did not fold */
	rc = uv_mutex_init(&worker->mutex);
	if (rc < 0) {
		free(worker);
		return rc;
	}
	rc = uv_cond_init(&worker->work);
	if (rc < 0) {
		uv_mutex_destroy(&worker->mutex);
		free(worker);
		return rc;
	}
	rc = uv_async_init(config->loop, &worker->wake, on_wake);
	if (rc < 0) {
		free_worker(worker);
		return rc;
	}
	rc = uv_thread_create(&worker->thread, run, worker);
	if (rc < 0) {
		uv_close((uv_handle_t *)&worker->wake, on_undone);
		/* so the C library says that there was no memory for its stack */
		return rc == UV_EAGAIN ? -ENOMEM : rc;
	}
	*worker_out = worker;
	return 0;
}

void ph_storeworker_push(struct ph_storeworker *worker, struct ph_job **job)
{
	(*job)->next = NULL;
	uv_mutex_lock(&worker->mutex);
	assert(!worker->is_stopping);
	put_jobs(&worker->jobs_in, *job);
	uv_cond_signal(&worker->work);
	uv_mutex_unlock(&worker->mutex);
	*job = NULL;
}

void ph_storeworker_order(struct ph_storeworker *worker, struct ph_order *order)
{
	uv_mutex_lock(&worker->mutex);
	assert(!worker->is_stopping);
	put_order(&worker->orders_in, order);
	uv_cond_signal(&worker->work);
	uv_mutex_unlock(&worker->mutex);
}

void ph_storeworker_stop(struct ph_storeworker *worker)
{
	uv_mutex_lock(&worker->mutex);
	assert(!worker->is_stopping);
	worker->is_stopping = true;
	uv_cond_signal(&worker->work);
	uv_mutex_unlock(&worker->mutex);
}

void ph_storeworker_counts(struct ph_storeworker *worker,
			   struct ph_storeworker_counts *counts_out)
{
	uv_mutex_lock(&worker->mutex);
	*counts_out = worker->counts;
	uv_mutex_unlock(&worker->mutex);
}

uint64_t ph_storeworker_busy(struct ph_storeworker *worker, bool *is_command_out)
{
	uint64_t since = worker->busy_since;
	uint64_t pulse = ph_db_pulse();
	uint64_t now = uv_hrtime();

	*is_command_out = worker->is_at_command;
	if (pulse != worker->pulse) {
		worker->pulse = pulse;
		worker->moved_at = now;
	}
	if (since > 0 && worker->moved_at > since) {
		since = worker->moved_at;
	}
	return since > 0 && now > since ? (now - since) / MS : 0;
}

/*
 * client/work.c - orders in a row, one thread that does them.
 *
 *   push --> row --> turn --> carried out ------------------> done
 *                        \--> store closed, lent --> given back --> done
 *
 * What pages read waits behind the rest: a command waits for one of them at most, that which
 * has begun. What must wait too long its owner takes back.
 *
 * A command that takes long has the others carried out when it lets go of the site for a moment, on
 * this thread, before it goes on: all but another of its own sort, which would not do so. One that is
 * long only to look at lets people's orders go before.
 *
 * What sessions and couriers bring is folded here when there is no order, a moment at a time. A command that
 * stands on all of it (any but those named in ph_order_needs_all()) has the rest folded first, in large batches;
 * between two of them those that do not are carried out; so it is if it is itself carried out between
 * two moments of another. Nothing is folded before a loan: whoever borrows
 * waits a few seconds only (client/borrow.c), and folds what it needs. What it brought is folded after it.
 *
 * After each order it is seen whether the own log has grown, since that is what the next
 * session is for. A command that failed may have left the store in any state; so the store
 * is put away and opened anew for the next one. Whatever comes back to the loop comes by
 * one list and one async handle.
 */
#include "client/work.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "client/carry.h"
#include "client/work_order.h"

#define WHO_MAX  32
#define MORE_MAX 3 /* a session brings more in between; all is to be folded anew */

struct ph_work {
	struct ph_work_config config;
	uv_thread_t thread;
	uv_async_t wakes; /* the loop */
	uv_mutex_t lock;
	uv_cond_t moved;
	/* under the lock */
	struct ph_order *first, **last; /* the row */
	struct ph_order *lent;          /* to be told of */
	struct ph_order *done, **done_last;
	struct ph_error trouble; /* to be told of; no text: none */
	char who[WHO_MAX];
	bool is_lent, is_returned, is_stopping, has_ended;
	bool is_behind; /* there may be something to fold */
	/* the thread's own */
	bool is_between; /* one that takes long waits for this one */
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n;
};

/* --- the thread --- */

static void tell_trouble(struct ph_work *work, const struct ph_error *why)
{
	uv_mutex_lock(&work->lock);
	work->trouble = *why;
	uv_mutex_unlock(&work->lock);
	(void)uv_async_send(&work->wakes);
}

/*
 * Whether the own log is another than when it was last looked at. What a command put away, as
 * after one that found the disk full, is looked at the next time.
 */
static bool has_grown(struct ph_work *work)
{
	struct ph_site *site = work->config.site;
	const struct ph_log *log = ph_site_is_open(site) ? ph_site_log(site) : NULL;
	bool has = log && (log->n != work->n ||
			   memcmp(log->id, work->log_id, sizeof(work->log_id)) != 0);

	if (has) {
		work->n = log->n;
		memcpy(work->log_id, log->id, sizeof(work->log_id));
	}
	return has;
}

/* The site cannot be opened: what was asked is answered with WHY. */
static void fail(struct ph_work *work, struct ph_order *order, const struct ph_error *why)
{
	(void)ph_carry_refuse(&order->answer, why->exit, false, why->text);
	tell_trouble(work, why);
}

static void serve(struct ph_work *work, bool (*wanted)(const struct ph_order *order));
static void serve_others(void *data);
static void serve_urgent(void *data);

/*
 * All that has come is folded for ORDER, if it needs that; the site is open. What cannot be folded the
 * command finds itself, and says so. 0; negative errno with WHY: the site is not open any more.
 */
static int fold_for(struct ph_work *work, const struct ph_order *order,
		    struct ph_error *why)
{
	struct ph_site *site = work->config.site;
	uint64_t before = UINT64_MAX;
	uint64_t left = 0;
	unsigned more = 0; /* steps in a row after which no fewer were left */
	int rc;

	if (!ph_order_needs_all(order)) {
		return 0;
	}
	while (ph_site_fold(site, true, &left, NULL) == 0 && left > 0) {
		more = left < before ? 0 : more + 1;
		if (more > MORE_MAX) {
			break;
		}
		before = left;
		if (left <= PH_SITE_FEW) {
			continue;
		}
		ph_site_pause(site);
		serve(work, ph_order_is_quick);
		rc = ph_site_resume(site, why);
		if (rc < 0) {
			return rc;
		}
	}
	return 0;
}

static void carry(struct ph_work *work, struct ph_order *order)
{
	struct ph_site *site = work->config.site;
	struct ph_error why = { .exit = PH_EXIT_OTHER };
	struct ph_host host = { .site = site,
				.state = order->state,
				.between = work->is_between             ? NULL
					   : ph_order_takes_long(order) ? serve_others
									: serve_urgent,
				.data = work };
	int status = -1;

	if (ph_site_resume(site, &why) < 0 || fold_for(work, order, &why) < 0) {
		fail(work, order, &why);
		return;
	}
	if (ph_order_is_work(order)) {
		ph_site_desk_touch(site, order->state.desk_ms);
	}
	if (ph_carry(work->config.program, order->request, &host, &order->answer,
		     &status) < 0) {
		order->answer.len = 0;
	}
	if (!ph_turn_has(work->config.turn)) {
		return; /* it let others have the site, and then could not open it; it said so */
	}
	order->has_moved = has_grown(work);
	if (status > 0) {
		ph_site_put_away(site);
	}
	ph_site_pause(site);
}

static void wait_for_return(struct ph_work *work)
{
	uv_mutex_lock(&work->lock);
	work->is_lent = true;
	while (!work->is_returned) {
		uv_cond_wait(&work->moved, &work->lock);
	}
	work->is_returned = false;
	work->is_lent = false;
	uv_mutex_unlock(&work->lock);
}

static void lend(struct ph_work *work, struct ph_order *order)
{
	struct ph_site *site = work->config.site;
	struct ph_error why = { .exit = PH_EXIT_OTHER };

	ph_turn_take(work->config.turn);
	ph_order_take_desk(site, order);
	ph_site_put_away(site);
	uv_mutex_lock(&work->lock);
	work->lent = order;
	uv_mutex_unlock(&work->lock);
	(void)uv_async_send(&work->wakes);
	wait_for_return(work);
	ph_turn_give(work->config.turn);
	if (ph_site_resume(site, &why) < 0) {
		tell_trouble(work, &why);
		return;
	}
	order->has_moved = has_grown(work);
	ph_work_fold(work);
	if (ph_order_is_work(
		    order)) { /* also a desk that has its PIN since, and is open */
		ph_site_desk_touch(site, order->state.desk_ms);
	}
	ph_site_pause(site);
}

/* Who asks, for those who wait. Under the lock. */
static void name_it(struct ph_work *work, const struct ph_order *order)
{
	const char *who =
		order->is_key || order->is_unlock ? "desk" : ph_order_name(order);

	snprintf(work->who, sizeof(work->who), "%s", who ? who : "a command");
}

/* *AT, of the row, is begun. Under the lock. */
static struct ph_order *begin(struct ph_work *work, struct ph_order **at)
{
	struct ph_order *order = *at;

	*at = order->next;
	if (!*at) {
		work->last = at;
	}
	order->next = NULL;
	name_it(work, order);
	work->is_returned = false;
	return order;
}

/* The next order of the row; NULL: there is none, and *FOLDS, or it is over. */
static struct ph_order *next(struct ph_work *work, bool *folds)
{
	struct ph_order *order = NULL;

	uv_mutex_lock(&work->lock);
	while (!work->first && !work->is_stopping && !work->is_behind) {
		uv_cond_wait(&work->moved, &work->lock);
	}
	*folds = !work->first && !work->is_stopping;
	if (work->first) {
		order = begin(work, &work->first);
	} else {
		work->is_behind = false;
	}
	uv_mutex_unlock(&work->lock);
	return order;
}

/* The next order of the row that is WANTED; NULL: there is none now. */
static struct ph_order *next_wanted(struct ph_work *work,
				    bool (*wanted)(const struct ph_order *order))
{
	struct ph_order **at = &work->first;
	struct ph_order *order;

	uv_mutex_lock(&work->lock);
	while (*at && !wanted(*at)) {
		at = &(*at)->next;
	}
	order = *at ? begin(work, at) : NULL;
	uv_mutex_unlock(&work->lock);
	return order;
}

static unsigned count_row(struct ph_work *work)
{
	unsigned n = 0;

	uv_mutex_lock(&work->lock);
	for (const struct ph_order *order = work->first; order; order = order->next) {
		n++;
	}
	uv_mutex_unlock(&work->lock);
	return n;
}

static void give(struct ph_work *work, struct ph_order *order)
{
	uv_mutex_lock(&work->lock);
	work->who[0] = '\0';
	*work->done_last = order;
	work->done_last = &order->next;
	uv_mutex_unlock(&work->lock);
	(void)uv_async_send(&work->wakes);
}

static void carry_out(struct ph_work *work, struct ph_order *order)
{
	struct ph_site *site = work->config.site;
	struct ph_error why = { .exit = PH_EXIT_OTHER };

	if (order->is_unlock) {
		if (ph_order_unlock_desk(site, order, &why) < 0) {
			fail(work, order, &why);
		}
	} else if (order->is_key) {
		if (ph_order_turn_desk(site, order, &why) < 0) {
			fail(work, order, &why);
		}
	} else if (order->is_loan) {
		lend(work, order);
	} else {
		carry(work, order);
	}
	if (order->on_carried) {
		order->on_carried(order);
	}
	give(work, order);
}

/*
 * Those that are WANTED, between two moments of one that takes long. Who comes while these are served waits
 * for its next moment, so that it comes to an end.
 */
static void serve(struct ph_work *work, bool (*wanted)(const struct ph_order *order))
{
	struct ph_order *order;
	char who[WHO_MAX];
	/* one that is carried out in between itself has all folded (fold_for()) */
	bool was_between = work->is_between;

	ph_work_current(work, who, sizeof(who));
	work->is_between = true;
	for (unsigned n = count_row(work); n > 0; n--) {
		order = next_wanted(work, wanted);
		if (!order) {
			break;
		}
		carry_out(work, order);
	}
	work->is_between = was_between;
	uv_mutex_lock(&work->lock);
	snprintf(work->who, sizeof(work->who), "%s", who);
	uv_mutex_unlock(&work->lock);
}

/* `between` of a command that takes long. */
static void serve_others(void *data)
{
	serve(data, ph_order_is_short);
}

/* The same of any other. */
static void serve_urgent(void *data)
{
	serve(data, ph_order_is_urgent);
}

/* A moment of folding. What fails is tried again when something comes; then it is said. */
static void fold_moment(struct ph_work *work)
{
	struct ph_site *site = work->config.site;
	struct ph_error why = { .exit = PH_EXIT_OTHER };
	uint64_t left = 0;

	if (ph_site_resume(site, &why) < 0) {
		tell_trouble(work, &why);
		return;
	}
	if (ph_site_fold(site, false, &left, &why) < 0) {
		tell_trouble(work, &why);
	}
	if (left == 0) { /* as after a session: it is not needed for a while */
		ph_site_put_away(site);
	}
	ph_site_pause(site);
	if (left > 0) {
		ph_work_fold(work);
	} else {
		(void)malloc_trim(0);
	}
}

static void run(void *data)
{
	struct ph_work *work = data;
	struct ph_error why = { .exit = PH_EXIT_OTHER };
	struct ph_order *order;
	bool folds;

	if (ph_site_resume(work->config.site, &why) == 0) {
		(void)has_grown(work);
		ph_site_pause(work->config.site);
	}
	while ((order = next(work, &folds)) != NULL || folds) {
		if (order) {
			carry_out(work, order);
		} else {
			fold_moment(work);
		}
	}
	uv_mutex_lock(&work->lock);
	work->has_ended = true;
	uv_mutex_unlock(&work->lock);
	(void)uv_async_send(&work->wakes);
}

/* --- the loop --- */

static void on_closed(uv_handle_t *handle)
{
	struct ph_work *work = handle->data;

	if (work->config.on_ended) {
		work->config.on_ended(work->config.data);
	}
	uv_cond_destroy(&work->moved);
	uv_mutex_destroy(&work->lock);
	free(work);
}

static void on_wake(uv_async_t *wakes)
{
	struct ph_work *work = wakes->data;
	struct ph_order *lent, *done;
	struct ph_error trouble;
	bool has_ended;

	uv_mutex_lock(&work->lock);
	lent = work->lent;
	done = work->done;
	trouble = work->trouble;
	has_ended = work->has_ended;
	work->lent = NULL;
	work->done = NULL;
	work->done_last = &work->done;
	work->trouble.text[0] = '\0';
	uv_mutex_unlock(&work->lock);
	if (trouble.text[0] != '\0') {
		work->config.on_trouble(work->config.data, &trouble);
	}
	if (lent) {
		work->config.on_lent(work->config.data, lent);
	}
	while (done) {
		struct ph_order *order = done;

		done = order->next;
		order->next = NULL;
		work->config.on_done(work->config.data, order);
	}
	if (has_ended) {
		(void)uv_thread_join(&work->thread);
		uv_close((uv_handle_t *)&work->wakes, on_closed);
	}
}

int ph_work_start(struct ph_work **work_out, const struct ph_work_config *config)
{
	struct ph_work *work = calloc(1, sizeof(*work));
	int rc = work ? 0 : -ENOMEM;

	if (rc < 0) {
		return rc;
	}
	work->config = *config;
	work->last = &work->first;
	work->done_last = &work->done;
	rc = uv_mutex_init(&work->lock);
	if (rc < 0) {
		free(work);
		return rc;
	}
	rc = uv_cond_init(&work->moved);
	if (rc < 0) {
		uv_mutex_destroy(&work->lock);
		free(work);
		return rc;
	}
	work->wakes.data = work;
	rc = uv_async_init(config->loop, &work->wakes, on_wake);
	if (rc == 0) {
		rc = uv_thread_create(&work->thread, run, work);
		if (rc < 0) {
			work->config.on_ended = NULL;
			uv_close((uv_handle_t *)&work->wakes, on_closed);
		}
		*work_out = rc == 0 ? work : NULL;
		/* so the C library says that there was no memory for its stack */
		return rc == UV_EAGAIN ? -ENOMEM : rc;
	}
	uv_cond_destroy(&work->moved);
	uv_mutex_destroy(&work->lock);
	free(work);
	return rc;
}

void ph_work_push(struct ph_work *work, struct ph_order *order)
{
	struct ph_order **at = &work->first;

	uv_mutex_lock(&work->lock);
	while (*at && (*at)->rank <= order->rank) {
		at = &(*at)->next;
	}
	order->next = *at;
	*at = order;
	if (!order->next) {
		work->last = &order->next;
	}
	uv_cond_signal(&work->moved);
	uv_mutex_unlock(&work->lock);
}

bool ph_work_take_back(struct ph_work *work, struct ph_order *order)
{
	bool found = false;

	uv_mutex_lock(&work->lock);
	for (struct ph_order **at = &work->first; *at; at = &(*at)->next) {
		if (*at == order) {
			*at = order->next;
			if (!*at) {
				work->last = at;
			}
			order->next = NULL; /* of one that is done others may follow */
			found = true;
			break;
		}
	}
	uv_mutex_unlock(&work->lock);
	return found;
}

void ph_work_give_back(struct ph_work *work)
{
	uv_mutex_lock(&work->lock);
	work->is_returned = true;
	uv_cond_signal(&work->moved);
	uv_mutex_unlock(&work->lock);
}

void ph_work_fold(struct ph_work *work)
{
	uv_mutex_lock(&work->lock);
	work->is_behind = true;
	uv_cond_signal(&work->moved);
	uv_mutex_unlock(&work->lock);
}

void ph_work_current(struct ph_work *work, char *out, size_t out_size)
{
	uv_mutex_lock(&work->lock);
	snprintf(out, out_size, "%s", work->who);
	uv_mutex_unlock(&work->lock);
}

bool ph_work_is_lent(struct ph_work *work)
{
	bool is_lent;

	uv_mutex_lock(&work->lock);
	is_lent = work->is_lent;
	uv_mutex_unlock(&work->lock);
	return is_lent;
}

void ph_work_stop(struct ph_work *work)
{
	uv_mutex_lock(&work->lock);
	assert(!work->first);
	work->is_stopping = true;
	uv_cond_signal(&work->moved);
	uv_mutex_unlock(&work->lock);
}

/*
 * client/agent_lan.c - a listener, a pace, and a thread for each session.
 *
 * Whoever connects costs a thread and ten seconds until it has proved to be of this site; so
 * only few at once are answered, and of one address fewer. One who has not proved it yet gives
 * way to a newcomer: at once if from there nobody proved it the last time either, and the
 * newcomer's address has no such mark; else not before it had the time that a machine of the
 * site needs. So those who only connect, also from several addresses and again and again, keep
 * nobody out who comes to exchange. The machines that are called
 * are called one after another; if one does not answer, those that do have been served.
 */
#include "client/agent_lan.h"

#include <errno.h>
#include <malloc.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/budget.h"
#include "client/link_internal.h"
#include "client/sync.h"
#include "common/base/say.h"

#define BACKLOG    16
#define QUIET_MS   300 /* after an entry: the LAN costs nothing */
#define LATEST_MS  2000
#define SPREAD_MS  1000
#define BACKOFF_MS 2000
#define CONNECT_MS 5000
#define GRACE_MS   250  /* to prove who one is, where the last from there did not; ... */
#define PROVE_MS   2000 /* ... else */
#define MARK_MS    (60 * 1000) /* that this is remembered of an address; ... */
#define MARKS      16          /* ... of so many of them */

struct visit {
	struct ph_agent_lan *lan;
	uv_async_t wakes;
	uv_thread_t thread;
	struct ph_link_stop *stop;
	bool answers;
	bool is_asked; /* to end: it gives way to another */
	uint64_t began;
	struct visit *next, **link;
	/* the thread's, while it runs */
	char address[PH_HUB_ADDRESS_MAX + 1];
	int fd;
	struct ph_link_result result;
	struct ph_error why;
	atomic_bool is_known; /* it is of the site */
};

/* From there somebody came and did not prove to be of this site. */
struct mark {
	char address[PH_HUB_ADDRESS_MAX + 1];
	uint64_t until; /* as the loop counts */
};

struct ph_agent_lan {
	struct ph_agent_lan_config config;
	struct ph_agent_settings settings;
	uv_timer_t due;
	uv_tcp_t *listener;
	struct ph_pace pace;
	struct visit *visits;
	struct mark marks[MARKS];
	unsigned n_answered; /* also those that were asked to end */
	unsigned next;       /* of those to be called in this round */
	bool is_served;      /* some machine was, in this round */
	bool is_stopping;
};

static void call_next(struct ph_agent_lan *lan);

static uint64_t chance(void)
{
	uint64_t number;

	ph_rng_system.fill(ph_rng_system.data, (uint8_t *)&number, sizeof(number));
	return number;
}

/* ---- who proved nothing ---- */

/* ADDRESS is marked; NULL: it is not. */
static struct mark *find_mark(struct ph_agent_lan *lan, const char *address)
{
	uint64_t now = uv_now(lan->config.loop);

	for (unsigned i = 0; i < MARKS; i++) {
		struct mark *mark = &lan->marks[i];

		if (mark->until > now && strcmp(mark->address, address) == 0) {
			return mark;
		}
	}
	return NULL;
}

/* Whether it proved who it is counts for the next from there. */
static void note_end(struct ph_agent_lan *lan, const struct visit *visit)
{
	struct mark *mark = find_mark(lan, visit->address);

	if (atomic_load(&visit->is_known)) {
		if (mark) {
			mark->until = 0;
		}
		return;
	}
	for (unsigned i = 0; !mark && i < MARKS; i++) {
		if (lan->marks[i].until <= uv_now(lan->config.loop)) {
			mark = &lan->marks[i];
		}
	}
	mark = mark ? mark : &lan->marks[visit->began % MARKS];
	snprintf(mark->address, sizeof(mark->address), "%s", visit->address);
	mark->until = uv_now(lan->config.loop) + MARK_MS;
}

/* ---- one session ---- */

static void run(void *data)
{
	struct visit *visit = data;
	struct ph_site *site = visit->lan->config.site;
	const struct ph_link_config link = { .address = visit->address,
					     .connect_ms = CONNECT_MS,
					     .stop = visit->stop,
					     .is_sibling = true,
					     .answers = visit->answers,
					     .is_known = &visit->is_known,
					     .fd = visit->fd };

	if (visit->answers || ph_site_resume(site, &visit->why) == 0) {
		(void)ph_link_run(site, &link, &visit->result, &visit->why);
	}
	/* a stranger who only knocks makes no work for the disk */
	if (visit->answers && visit->result.used_site) {
		(void)ph_site_resume(site, &visit->why);
	}
	if (ph_site_is_open(site)) {
		(void)ph_site_spend(site, PH_SPEND_LAN, visit->result.counts.bytes_out,
				    visit->result.counts.bytes_in, &visit->why);
		ph_site_put_away(site);
		ph_site_pause(site);
	}
	(void)malloc_trim(0);
	(void)uv_async_send(&visit->wakes);
}

static void log_end(const struct visit *visit)
{
	const struct ph_link_result *result = &visit->result;
	char text[512] = "";

	if (!result->complete) {
		snprintf(text, sizeof(text), " why=\"%.480s\"", visit->why.text);
	}
	ph_event(visit->lan->config.log,
		 result->complete ? PH_EVENT_INFO : PH_EVENT_WARNING, "lan.end",
		 "peer=%s side=%s result=%s in=%llu out=%llu entries=%llu parts=%llu "
		 "received=%llu ms=%llu%s",
		 visit->address, visit->answers ? "answers" : "calls",
		 result->complete ? "closed" : result->reason,
		 (unsigned long long)result->counts.bytes_in,
		 (unsigned long long)result->counts.bytes_out,
		 (unsigned long long)result->moved.entries_sent,
		 (unsigned long long)result->moved.parts_sent,
		 (unsigned long long)result->moved.entries_of_site,
		 (unsigned long long)result->elapsed_ms, text);
}

static void on_visit_closed(uv_handle_t *handle)
{
	struct visit *visit = handle->data;

	ph_link_stop_free(visit->stop);
	free(visit);
}

static void end_round(struct ph_agent_lan *lan, enum ph_pace_outcome outcome);

static void on_wake(uv_async_t *wakes)
{
	struct visit *visit = wakes->data;
	struct ph_agent_lan *lan = visit->lan;

	(void)uv_thread_join(&visit->thread);
	*visit->link = visit->next;
	if (visit->next) {
		visit->next->link = visit->link;
	}
	log_end(visit);
	if (visit->answers) {
		lan->n_answered--;
		note_end(lan, visit);
	} else {
		lan->is_served = lan->is_served || visit->result.complete;
		call_next(lan);
	}
	uv_close((uv_handle_t *)wakes, on_visit_closed);
	if (ph_agent_lan_is_idle(lan)) {
		lan->config.on_idle(lan->config.data);
	}
}

/* 0 or a negative errno; then FD is still the caller's. */
static int begin_visit(struct ph_agent_lan *lan, const char *address, bool answers,
		       int fd)
{
	struct visit *visit = calloc(1, sizeof(*visit));
	int rc;

	if (!visit) {
		return -ENOMEM;
	}
	visit->lan = lan;
	visit->answers = answers;
	visit->fd = fd;
	visit->began = uv_now(lan->config.loop);
	visit->result.reason = "store";
	visit->why.exit = PH_EXIT_OTHER;
	snprintf(visit->address, sizeof(visit->address), "%s", address);
	visit->stop = ph_link_stop_new();
	rc = visit->stop ? uv_async_init(lan->config.loop, &visit->wakes, on_wake)
			 : -ENOMEM;
	if (rc < 0) {
		ph_link_stop_free(visit->stop);
		free(visit);
		return rc;
	}
	visit->wakes.data = visit;
	rc = uv_thread_create(&visit->thread, run, visit);
	if (rc < 0) {
		uv_close((uv_handle_t *)&visit->wakes, on_visit_closed);
		return rc;
	}
	visit->next = lan->visits;
	visit->link = &lan->visits;
	if (visit->next) {
		visit->next->link = &visit->next;
	}
	lan->visits = visit;
	return 0;
}

/* ---- calling ---- */

static void on_due(uv_timer_t *timer);

static void set_alarm(struct ph_agent_lan *lan)
{
	uint64_t due = ph_pace_due(&lan->pace, NULL);
	uint64_t now = uv_now(lan->config.loop);

	if (lan->is_stopping || lan->settings.n_siblings == 0 || due == UINT64_MAX) {
		(void)uv_timer_stop(&lan->due);
	} else {
		(void)uv_timer_start(&lan->due, on_due, due > now ? due - now : 0, 0);
	}
}

static void end_round(struct ph_agent_lan *lan, enum ph_pace_outcome outcome)
{
	uv_update_time(lan->config.loop);
	ph_pace_end(&lan->pace, outcome, uv_now(lan->config.loop), chance());
	set_alarm(lan);
}

static void call_next(struct ph_agent_lan *lan)
{
	while (!lan->is_stopping && lan->next < lan->settings.n_siblings) {
		if (begin_visit(lan, lan->settings.sibling[lan->next++], false, -1) ==
		    0) {
			return;
		}
	}
	end_round(lan, lan->is_served ? PH_PACE_DONE : PH_PACE_FAILED);
}

static void on_due(uv_timer_t *timer)
{
	struct ph_agent_lan *lan = timer->data;

	if (ph_pace_due(&lan->pace, NULL) > uv_now(lan->config.loop)) {
		set_alarm(lan);
		return;
	}
	ph_pace_begin(&lan->pace);
	lan->next = 0;
	lan->is_served = false;
	call_next(lan);
}

void ph_agent_lan_entry(struct ph_agent_lan *lan)
{
	ph_pace_entry(&lan->pace, uv_now(lan->config.loop));
	set_alarm(lan);
}

/* ---- listening ---- */

static void on_tcp_closed(uv_handle_t *handle)
{
	free(handle);
}

static void name_of(const uv_tcp_t *tcp, char out[static PH_HUB_ADDRESS_MAX + 1])
{
	struct sockaddr_storage from = { 0 };
	int len = sizeof(from);

	snprintf(out, PH_HUB_ADDRESS_MAX + 1, "-");
	if (uv_tcp_getpeername(tcp, (struct sockaddr *)&from, &len) == 0) {
		(void)getnameinfo((const struct sockaddr *)&from, (socklen_t)len, out,
				  PH_HUB_ADDRESS_MAX + 1, NULL, 0, NI_NUMERICHOST);
	}
}

/* Who may have to give way. */
struct wanted {
	const char *address; /* NULL: from any */
	bool is_marked;      /* only from one that is marked */
	uint64_t age;        /* ms at least */
};

/* The oldest such visit of those that have not proved who they are; NULL: there is none. */
static struct visit *oldest(struct ph_agent_lan *lan, struct wanted wanted)
{
	uint64_t now = uv_now(lan->config.loop);
	struct visit *found = NULL;

	for (struct visit *visit = lan->visits; visit; visit = visit->next) {
		if (visit->answers && !visit->is_asked &&
		    !atomic_load(&visit->is_known) && now - visit->began >= wanted.age &&
		    (!wanted.address || strcmp(visit->address, wanted.address) == 0) &&
		    (!wanted.is_marked || find_mark(lan, visit->address))) {
			found = visit; /* the newest stands first */
		}
	}
	return found;
}

/* How many are answered, of ADDRESS (not NULL) those that are not known. */
static unsigned count(const struct ph_agent_lan *lan, const char *address)
{
	unsigned n = 0;

	for (const struct visit *visit = lan->visits; visit; visit = visit->next) {
		n += visit->answers && !visit->is_asked &&
		     (!address || (!atomic_load(&visit->is_known) &&
				   strcmp(visit->address, address) == 0));
	}
	return n;
}

/* Who has to end for one more from ADDRESS; NULL: nobody can. */
static struct visit *who_gives_way(struct ph_agent_lan *lan, const char *address)
{
	bool is_marked = find_mark(lan, address) != NULL;
	struct visit *visit;

	if (count(lan, address) >= PH_LAN_HOST_MAX) {
		return oldest(lan, (struct wanted){ address, false, GRACE_MS });
	}
	visit = oldest(lan, (struct wanted){ NULL, true, is_marked ? GRACE_MS : 0 });
	return visit || is_marked ? visit
				  : oldest(lan, (struct wanted){ NULL, false, PROVE_MS });
}

/* Room for one more from ADDRESS, if need be by ending another. */
static bool make_room(struct ph_agent_lan *lan, const char *address)
{
	struct visit *visit;

	if (lan->n_answered >= 2 * PH_LAN_VISITS_MAX) {
		return false; /* so many threads still end */
	}
	if (count(lan, NULL) < PH_LAN_VISITS_MAX &&
	    count(lan, address) < PH_LAN_HOST_MAX) {
		return true;
	}
	visit = who_gives_way(lan, address);
	if (visit) {
		visit->is_asked = true;
		ph_link_stop_ask(visit->stop);
	}
	return visit != NULL;
}

/* The stream goes to a thread with a loop of its own. */
static int answer(struct ph_agent_lan *lan, uv_tcp_t *tcp,
		  const char address[static PH_HUB_ADDRESS_MAX + 1])
{
	uv_os_fd_t fd;
	int own;
	int rc = uv_fileno((const uv_handle_t *)tcp, &fd);

	if (rc < 0) {
		return rc;
	}
	own = dup(fd);
	if (own < 0) {
		return -errno;
	}
	rc = begin_visit(lan, address, true, own);
	if (rc < 0) {
		close(own);
		return rc;
	}
	lan->n_answered++;
	return 0;
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct ph_agent_lan *lan = stream->data;
	uv_tcp_t *tcp = status < 0 ? NULL : calloc(1, sizeof(*tcp));
	char address[PH_HUB_ADDRESS_MAX + 1];

	if (!tcp) {
		return; /* libuv comes again */
	}
	(void)uv_tcp_init(lan->config.loop, tcp);
	if (uv_accept(stream, (uv_stream_t *)tcp) == 0) {
		name_of(tcp, address);
		if (make_room(lan, address)) {
			(void)answer(lan, tcp, address);
		} else {
			ph_event(lan->config.log, PH_EVENT_WARNING, "limit.hit",
				 "name=lan peer=%s count=%u", address, lan->n_answered);
		}
	}
	uv_close((uv_handle_t *)tcp, on_tcp_closed);
}

static void stop_listening(struct ph_agent_lan *lan)
{
	if (lan->listener) {
		uv_close((uv_handle_t *)lan->listener, on_tcp_closed);
		lan->listener = NULL;
	}
}

static int look_up(const char *address, struct sockaddr_storage *out,
		   struct ph_error *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	char host[PH_HOST_MAX + 1];
	char port[PH_PORT_MAX + 1];
	int rc = ph_link_split(address, host, port, err);

	if (rc == 0 && getaddrinfo(host, port, &hints, &found) != 0) {
		rc = ph_fail(err, PH_EXIT_CONFIG, -EADDRNOTAVAIL,
			     ph_say("[lan] listen = %s: give the address in numbers, as "
				    "0.0.0.0:7417 or [::]:7417",
				    "[lan] listen = %s: hãy ghi địa chỉ bằng số, như "
				    "0.0.0.0:7417 hoặc [::]:7417"),
			     address);
	}
	if (rc == 0) {
		memcpy(out, found->ai_addr, found->ai_addrlen);
		freeaddrinfo(found);
	}
	return rc;
}

static int listen_at(struct ph_agent_lan *lan, const char *address, struct ph_error *err)
{
	struct sockaddr_storage where = { 0 };
	int rc = look_up(address, &where, err);

	if (rc < 0) {
		return rc;
	}
	lan->listener = calloc(1, sizeof(*lan->listener));
	if (!lan->listener) {
		return ph_fail_errno(err, -ENOMEM, address);
	}
	(void)uv_tcp_init(lan->config.loop, lan->listener);
	lan->listener->data = lan;
	rc = uv_tcp_bind(lan->listener, (const struct sockaddr *)&where, 0);
	rc = rc < 0 ? rc
		    : uv_listen((uv_stream_t *)lan->listener, BACKLOG, on_connection);
	if (rc < 0) {
		stop_listening(lan);
		return ph_fail(err, PH_EXIT_CONFIG, rc, "[lan] listen = %s: %s", address,
			       uv_strerror(rc));
	}
	ph_event(lan->config.log, PH_EVENT_INFO, "lan.listen", "address=%s", address);
	return 0;
}

/* ---- life ---- */

int ph_agent_lan_new(struct ph_agent_lan **lan_out,
		     const struct ph_agent_lan_config *config)
{
	struct ph_agent_lan *lan = calloc(1, sizeof(*lan));

	if (!lan) {
		return -ENOMEM;
	}
	lan->config = *config;
	(void)uv_timer_init(config->loop, &lan->due);
	lan->due.data = lan;
	*lan_out = lan;
	return 0;
}

int ph_agent_lan_apply(struct ph_agent_lan *lan, const struct ph_agent_settings *settings,
		       struct ph_error *err)
{
	const struct ph_pace_limits limits = { .interval = settings->lan_interval_ms,
					       .spread = SPREAD_MS,
					       .quiet = QUIET_MS,
					       .latest = LATEST_MS,
					       .backoff = BACKOFF_MS,
					       .backoff_max = settings->lan_interval_ms,
					       .settle = SPREAD_MS };
	bool is_other = strcmp(lan->settings.lan_listen, settings->lan_listen) != 0;
	uint64_t now = uv_now(lan->config.loop);

	if (lan->pace.limits.interval == 0) {
		ph_pace_init(&lan->pace, &limits, now, chance());
	} else {
		ph_pace_limit(&lan->pace, &limits, now, chance());
	}
	lan->settings = *settings;
	set_alarm(lan);
	if (!is_other) {
		return 0;
	}
	stop_listening(lan);
	return settings->lan_listen[0] ? listen_at(lan, settings->lan_listen, err) : 0;
}

void ph_agent_lan_stop(struct ph_agent_lan *lan)
{
	if (!lan || lan->is_stopping) {
		return;
	}
	lan->is_stopping = true;
	stop_listening(lan);
	set_alarm(lan);
	for (struct visit *visit = lan->visits; visit; visit = visit->next) {
		ph_link_stop_ask(visit->stop);
	}
}

bool ph_agent_lan_is_idle(const struct ph_agent_lan *lan)
{
	return !lan || !lan->visits;
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void ph_agent_lan_free(struct ph_agent_lan *lan)
{
	if (lan) {
		stop_listening(lan);
		uv_close((uv_handle_t *)&lan->due, on_timer_closed);
	}
}

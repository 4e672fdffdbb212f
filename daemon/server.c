/*
 * daemon/server.c - counters of the running daemon, and how often the log hears of them.
 *
 * Whoever floods us must not fill the disk with log lines: a limit that is met again
 * and again is told once in ten seconds with its count, and of peers that never proved
 * who they are a few lines a second are written, the rest counted.
 */
#include "daemon/server.h"

#include "daemon/api.h"
#include "daemon/listener.h"
#include "daemon/peer.h"

#include <string.h>

#define HIT_PAUSE_MS     10000
#define STRANGER_LINES   20
#define STRANGER_SPAN_MS 1000

static const char *const results[PH_RESULTS] = {
	[PH_RESULT_CLOSED] = "closed",
	[PH_RESULT_CUT] = "cut",
	[PH_RESULT_REFUSED] = "refused",
	[PH_RESULT_TIMEOUT] = "timeout",
};

const char *ph_result_name(enum ph_session_result result)
{
	return results[result];
}

static const char *hit_name(unsigned limit)
{
	static const char *const others[] = {
		[PH_HIT_WRITE_QUEUE] = "write-queue-bytes",
		[PH_HIT_COMMANDS] = "commands",
		[PH_HIT_ALLOWANCE] = "entries-a-day",
		[PH_HIT_RESERVE] = "disk-reserve-mib",
	};

	return limit < PH_GATE_LIMITS ? ph_gate_limit_name((enum ph_gate_limit)limit)
				      : others[limit];
}

void ph_server_hit(struct ph_server *server, unsigned limit)
{
	struct ph_hit *hit = &server->hit[limit];
	uint64_t now = uv_now(&server->loop);

	hit->count++;
	if (now < hit->not_before) {
		return;
	}
	ph_event(&server->log, PH_EVENT_WARNING, "limit.hit", "name=%s count=%llu",
		 hit_name(limit), (unsigned long long)(hit->count - hit->told));
	hit->told = hit->count;
	hit->not_before = now + HIT_PAUSE_MS;
}

bool ph_server_may_tell_stranger(struct ph_server *server)
{
	uint64_t now = uv_now(&server->loop);

	if (now - server->stranger_since >= STRANGER_SPAN_MS) {
		if (server->strangers_untold > 0) {
			ph_event(&server->log, PH_EVENT_WARNING, "session.untold",
				 "count=%llu",
				 (unsigned long long)server->strangers_untold);
		}
		server->stranger_since = now;
		server->stranger_lines = STRANGER_LINES;
		server->strangers_untold = 0;
	}
	if (server->stranger_lines == 0) {
		server->strangers_untold++;
		return false;
	}
	server->stranger_lines--;
	return true;
}

/* ---- status ---- */

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *addresses(const struct ph_server *server)
{
	json_t *list = json_array();

	for (const struct ph_listener *listener = server->listeners; listener;
	     listener = listener->next) {
		json_array_append_new(list, json_string(listener->bound));
	}
	return list;
}

static json_t *hits(const struct ph_server *server)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < PH_HITS; i++) {
		json_object_set_new(object, hit_name(i), number(server->hit[i].count));
	}
	return object;
}

static json_t *totals(const struct ph_server *server)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < PH_RESULTS; i++) {
		json_object_set_new(object, results[i], number(server->total[i]));
	}
	return object;
}

static json_t *store(const struct ph_server *server)
{
	struct ph_storeworker_counts counts;

	ph_storeworker_counts(server->worker, &counts);
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "groups", (json_int_t)counts.groups,
			 "jobs", (json_int_t)counts.jobs, "longest_group",
			 (json_int_t)counts.longest_group, "commands",
			 (json_int_t)counts.orders, "folds", (json_int_t)counts.folds);
}

static json_t *accounts(const struct ph_server *server)
{
	struct ph_accounts_counts counts;

	ph_accounts_counts(server->accounts, &counts);
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "accounts",
			 (json_int_t)counts.accounts, "sessions",
			 (json_int_t)counts.sessions, "logins", (json_int_t)counts.logins,
			 "failed", (json_int_t)counts.failed, "delayed",
			 (json_int_t)counts.delayed);
}

static json_t *status(struct ph_server *server)
{
	json_t *object = json_object();
	size_t rss = 0;

	(void)uv_resident_set_memory(&rss);
	json_object_set_new(object, "running", json_true());
	json_object_set_new(object, "listen", addresses(server));
	json_object_set_new(object, "uptime_s",
			    number((uv_now(&server->loop) - server->started) / 1000));
	json_object_set_new(object, "sessions", number(server->gate.sessions));
	json_object_set_new(object, "handshakes", number(server->gate.handshakes));
	json_object_set_new(object, "session_bytes", number(ph_peers_memory(server)));
	json_object_set_new(object, "rss_bytes", number(rss));
	json_object_set_new(object, "sessions_total", totals(server));
	json_object_set_new(object, "bytes_in", number(server->bytes_in));
	json_object_set_new(object, "bytes_out", number(server->bytes_out));
	json_object_set_new(object, "entries_received", number(server->entries));
	json_object_set_new(object, "limits_hit", hits(server));
	json_object_set_new(object, "partials", number(server->partials.count));
	json_object_set_new(object, "partial_bytes", number(server->partials.bytes));
	json_object_set_new(object, "store", store(server));
	json_object_set_new(object, "logins", accounts(server));
	if (server->api) {
		json_object_set_new(object, "web", ph_api_status(server));
	}
	return object;
}

enum ph_store_state ph_server_store(const struct ph_server *server)
{
	bool is_command = false;
	uint64_t ms = server->worker && !server->is_stopping
			      ? ph_storeworker_busy(server->worker, &is_command)
			      : 0;

	if (!server->worker || server->is_stopping) {
		return PH_STORE_STOPPING;
	}
	return ms > (is_command ? PH_COMMAND_HANG_MS : server->hang_ms)
		       ? PH_STORE_HANGS
		       : PH_STORE_ANSWERS;
}

/* What a monitor asks of the running daemon. */
static json_t *counters(const struct ph_server *server)
{
	json_t *object = ph_counters_json(&server->counters);

	json_object_set_new(object, "open_sessions", number(server->gate.sessions));
	json_object_set_new(object, "wire_in", number(server->bytes_in));
	json_object_set_new(object, "wire_out", number(server->bytes_out));
	json_object_set_new(object, "limits", hits(server));
	json_object_set_new(object, "version", json_string(PH_VERSION));
	return object;
}

json_t *ph_server_prepare(struct ph_server *server, const char *command, json_t *request)
{
	if (strcmp(command, "board") == 0) {
		json_object_set_new(request, "ends", ph_trail_json(&server->trail));
	}
	if (strcmp(command, "metrics") == 0) {
		json_object_set_new(request, "served", json_true());
		return json_pack("{s:b, s:o}", "running", 1, "server", counters(server));
	}
	return strcmp(command, "status") == 0 ? status(server) : NULL;
}

void ph_server_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer_out)
{
	struct ph_server *server = handle->loop->data;

	(void)suggested;
	*buffer_out = uv_buf_init(server->read_buffer, sizeof(server->read_buffer));
}

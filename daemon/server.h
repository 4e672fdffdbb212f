/*
 * daemon/server.h - what the parts of the running daemon share, all of it on the loop
 * thread. For serve.c, listener.c, peer.c, talk.c and server.c only.
 *
 *   serve.c     start, signals, reload, stop      peer.c    one session over TCP
 *   listener.c  addresses, who may come in        talk.c    local commands
 *   server.c    counters, what status adds          api.c     pages and the API over HTTP
 */
#ifndef PH_DAEMON_SERVER_H
#define PH_DAEMON_SERVER_H

#include <uv.h>

#include "daemon/config.h"
#include "daemon/counters.h"
#include "common/cli/eventlog.h"
#include "daemon/gate.h"
#include "daemon/partials.h"
#include "daemon/storeworker.h"
#include "daemon/trail.h"

#define PH_READ_BUFFER (64 * 1024)
#define PH_HANG_MS     60000 /* where no service manager says otherwise */
#define PH_COMMAND_HANG_MS                                                               \
	3600000 /* to check the pages of a large store is one step, and takes its time */

enum ph_session_result {
	PH_RESULT_CLOSED,
	PH_RESULT_CUT,
	PH_RESULT_REFUSED,
	PH_RESULT_TIMEOUT,
};
#define PH_RESULTS 4

/* The limits of the gate, then those of others. */
enum {
	PH_HIT_WRITE_QUEUE = PH_GATE_LIMITS,
	PH_HIT_COMMANDS,
	PH_HIT_ALLOWANCE,
	PH_HIT_RESERVE,
	PH_HITS,
};

struct ph_hit {
	uint64_t count;
	uint64_t told;       /* of them, when it was last in the log */
	uint64_t not_before; /* loop time of the next line */
};

struct ph_peer;
struct ph_listener;
struct ph_talk;
struct ph_api;
struct ph_hub_look;

struct ph_server {
	uv_loop_t loop;
	struct ph_settings settings;
	struct ph_eventlog log;
	const struct ph_box_pair
		*keys; /* the hub's Noise statics; the store thread only reads them too */
	unsigned n_keys;
	struct ph_gate gate;
	struct ph_partials partials;
	struct ph_storeworker *worker;
	struct ph_hub_look *look; /* NULL: there is none, the worker answers all */
	struct ph_accounts *accounts;
	struct ph_listener *listeners;
	struct ph_talk *talk;
	struct ph_api *api;    /* NULL: no pages are served */
	struct ph_peer *peers; /* all, those that are closing too */
	unsigned n_peers;
	bool is_stopping;
	/* Called whenever a peer or a local connection is gone while is_stopping. */
	void (*on_gone)(struct ph_server *server);

	uint64_t started; /* loop time */
	uint64_t
		hang_ms; /* so long the store may do nothing while its worker is at work */
	uint64_t total[PH_RESULTS];
	uint64_t bytes_in, bytes_out; /* of sessions that ended */
	uint64_t entries, parts, receipts;
	struct ph_hit hit[PH_HITS];
	struct ph_trail trail;
	struct ph_counters counters;
	/* lines about strangers: so many more may be written now */
	unsigned stranger_lines;
	uint64_t stranger_since, strangers_untold;
	/* libuv reads at once when it has asked for a buffer, so one serves all */
	char read_buffer[PH_READ_BUFFER];
};

const char *ph_result_name(enum ph_session_result result);
/* Count that LIMIT (enum ph_gate_limit or PH_HIT_*) was met; the log is told now and then. */
void ph_server_hit(struct ph_server *server, unsigned limit);
/*
 * May a line be written about a peer that never proved who it is? They are few a
 * second, so that nobody fills the disk with them.
 */
bool ph_server_may_tell_stranger(struct ph_server *server);
/* As the store worker looks from the loop. */
enum ph_store_state {
	PH_STORE_ANSWERS,
	PH_STORE_HANGS, /* it is at work, and has done nothing for too long */
	PH_STORE_STOPPING,
};
enum ph_store_state ph_server_store(const struct ph_server *server);
/*
 * A local command on its way to the store, from whatever door: add to REQUEST what the
 * running daemon knows and the store does not. Returns what it adds to the answer, the
 * caller's, or NULL for nothing. Lack of memory: ph_json_shortages() tells.
 */
json_t *ph_server_prepare(struct ph_server *server, const char *command, json_t *request);
/* As "read_buffer": for uv_read_start(). The handle's loop has the server as its data. */
void ph_server_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer_out);

#endif

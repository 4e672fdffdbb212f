/*
 * daemon/peer_end.c - why a session ended, in one word and in one line of the log.
 *
 * A peer dies when its handles are closed and its jobs are back. Only then can the
 * rest of an unfinished segment be taken from its session, and are its numbers final.
 */
#include "daemon/peer_internal.h"

#include "daemon/api.h"

#include <stdlib.h>

static enum ph_session_result result_of(const struct ph_peer *peer)
{
	if (peer->reason) {
		return peer->visitor.is_in ? PH_RESULT_CUT : PH_RESULT_REFUSED;
	}
	switch (ph_peer_failure(peer)) {
	case PH_FAIL_NONE:
		return PH_RESULT_CLOSED;
	case PH_FAIL_CUT:
		return PH_RESULT_CUT;
	case PH_FAIL_TIMEOUT:
		return PH_RESULT_TIMEOUT;
	default:
		return PH_RESULT_REFUSED;
	}
}

/* The session does not tell which of its times ran out; what has passed does. */
static const char *timeout_name(const struct ph_peer *peer)
{
	const struct ph_settings *settings = &peer->server->settings;
	uint64_t now = ph_peer_now(peer);

	if (peer->counts.bytes_in == 0) {
		return "first-byte";
	}
	if (!peer->is_proved && now - peer->began >= settings->handshake_ms / 2) {
		return "handshake";
	}
	return now - peer->read_at >= settings->idle_ms / 2 ? "idle" : "drip";
}

static const char *status_name(enum ph_status status)
{
	static const char *const names[] = {
		[PH_STATUS_OK] = "none",         [PH_STATUS_CERT] = "certificate",
		[PH_STATUS_UNKNOWN] = "unknown", [PH_STATUS_CUT] = "cut-off",
		[PH_STATUS_LATER] = "later",     [PH_STATUS_PROTOCOL] = "protocol",
		[PH_STATUS_VERSION] = "version",
	};

	return status < sizeof(names) / sizeof(names[0]) ? names[status] : "other";
}

static const char *reason_of(const struct ph_peer *peer)
{
	if (peer->reason) {
		return peer->reason;
	}
	switch (ph_peer_failure(peer)) {
	case PH_FAIL_NONE:
		return "done";
	case PH_FAIL_HANDSHAKE:
		return "handshake";
	case PH_FAIL_PROTOCOL:
		return "protocol";
	case PH_FAIL_REFUSED:
		return status_name(ph_peer_status(peer));
	case PH_FAIL_TIMEOUT:
		return timeout_name(peer);
	case PH_FAIL_CUT:
		return peer->is_broken ? "reset" : "hung-up";
	case PH_FAIL_STORE:
		return "store";
	case PH_FAIL_MEMORY:
		return "memory";
	case PH_FAIL_BUDGET:
		return "budget";
	}
	return "other";
}

static int64_t wall_of(const struct ph_peer *peer)
{
	struct ph_now now;

	peer->server->log.clock.read(peer->server->log.clock.data, &now);
	return now.wall;
}

/* Those who follow hear of devices that are ours. */
static void tell_followers(struct ph_peer *peer, const char *id,
			   enum ph_session_result result)
{
	const struct ph_hub_peer *hub = &peer->hub;

	if (!hub->known || !ph_api_is_followed(peer->server)) {
		return;
	}
	ph_api_event(
		peer->server, "session",
		json_pack("{s:s, s:I, s:s, s:s, s:I, s:I}", "device", id, "site_number",
			  (json_int_t)hub->device.site, "result", ph_result_name(result),
			  "reason", reason_of(peer), "entries", (json_int_t)hub->entries,
			  "bytes",
			  (json_int_t)(peer->counts.bytes_in + peer->counts.bytes_out)));
}

static void tell_end(struct ph_peer *peer, enum ph_session_result result)
{
	const struct ph_session_counts *counts = &peer->counts;
	const struct ph_hub_peer *hub = &peer->hub;
	char id[9] = "-";

	if (!hub->known && !ph_server_may_tell_stranger(peer->server)) {
		return;
	}
	if (hub->known) {
		ph_hex(id, hub->device.id, 4);
		ph_trail_note(&peer->server->trail, hub->device.id, wall_of(peer),
			      ph_result_name(result), reason_of(peer));
	}
	if (hub->admitted) {
		ph_event(&peer->server->log,
			 hub->late || hub->reused ? PH_EVENT_WARNING : PH_EVENT_INFO,
			 "device.admit", "peer=%s site=%llu late=%d reused=%d", id,
			 (unsigned long long)hub->device.site, hub->late, hub->reused);
	}
	if (hub->forked) {
		ph_event(&peer->server->log, PH_EVENT_WARNING, "log.fork",
			 "peer=%s site=%llu", id, (unsigned long long)hub->device.site);
	}
	ph_event(&peer->server->log, PH_EVENT_INFO, "session.end",
		 "peer=%s site=%llu result=%s reason=%s in=%llu out=%llu entries=%llu "
		 "parts=%llu receipts=%llu clamped=%llu shifted=%llu ms=%llu%s%s%s",
		 id, (unsigned long long)(hub->known ? hub->device.site : 0),
		 ph_result_name(result), reason_of(peer),
		 (unsigned long long)counts->bytes_in,
		 (unsigned long long)counts->bytes_out, (unsigned long long)hub->entries,
		 (unsigned long long)hub->parts, (unsigned long long)hub->receipts,
		 (unsigned long long)hub->clamped, (unsigned long long)hub->shifted,
		 (unsigned long long)(ph_peer_now(peer) - peer->began),
		 hub->refusal[0] ? " why=\"" : "", hub->refusal,
		 hub->refusal[0] ? "\"" : "");
	tell_followers(peer, id, result);
}

/* The same of an exchange with a courier. */
static void tell_exchange(struct ph_peer *peer, enum ph_session_result result)
{
	const struct ph_session_counts *counts = &peer->counts;
	const struct ph_courier_told *told = &peer->courier->hub.told;
	const char *refusal = peer->courier->hub.refusal;
	char id[9] = "-";

	if (!peer->hub.known && !ph_server_may_tell_stranger(peer->server)) {
		return;
	}
	if (peer->hub.known) {
		ph_hex(id, peer->hub.device.id, 4);
	}
	ph_event(&peer->server->log, PH_EVENT_INFO, "courier.end",
		 "peer=%s result=%s reason=%s in=%llu out=%llu taken=%llu refused=%llu "
		 "given=%llu entries=%llu parts=%llu admitted=%llu ms=%llu%s%s%s",
		 id, ph_result_name(result), reason_of(peer),
		 (unsigned long long)counts->bytes_in,
		 (unsigned long long)counts->bytes_out, (unsigned long long)told->taken,
		 (unsigned long long)told->refused, (unsigned long long)told->given,
		 (unsigned long long)told->entries, (unsigned long long)told->parts,
		 (unsigned long long)told->admitted,
		 (unsigned long long)(ph_peer_now(peer) - peer->began),
		 refusal ? " why=\"" : "", refusal ? refusal : "", refusal ? "\"" : "");
	peer->hub.entries = told->entries;
	peer->hub.parts = told->parts;
}

static void keep_partial(struct ph_peer *peer)
{
	const uint8_t *key = ph_session_peer(peer->session);
	struct ph_unfinished segment;

	if (key && peer->hub.known && ph_session_take_partial(peer->session, &segment)) {
		ph_partials_put(&peer->server->partials, key, &segment);
	}
}

static void tell_delay(struct ph_peer *peer)
{
	switch (peer->hub.delay) {
	case PH_HUB_DELAY_NONE:
		break;
	case PH_HUB_DELAY_ALLOWANCE:
		ph_server_hit(peer->server, PH_HIT_ALLOWANCE);
		break;
	case PH_HUB_DELAY_DISK:
		ph_server_hit(peer->server, PH_HIT_RESERVE);
		break;
	}
}

/* Its handles are closed and its jobs are back. */
static void peer_free(struct ph_peer *peer)
{
	struct ph_server *server = peer->server;

	if (peer->session) {
		enum ph_session_result result = result_of(peer);

		ph_peer_counts(peer, &peer->counts);
		if (peer->courier) {
			tell_exchange(peer, result);
		} else {
			keep_partial(peer);
			tell_end(peer, result);
			tell_delay(peer);
		}
		server->total[result]++;
		ph_counters_session(&server->counters, ph_result_name(result),
				    reason_of(peer), ph_peer_now(peer) - peer->began);
		server->counters.plain_in += peer->hub.plain;
		server->counters.resumed +=
			peer->counts.resumed_in > 0 || peer->counts.resumed_out > 0;
		server->bytes_in += peer->counts.bytes_in;
		server->bytes_out += peer->counts.bytes_out;
		server->entries += peer->hub.entries;
		server->parts += peer->hub.parts;
		server->receipts += peer->hub.receipts;
	}
	ph_gate_leave(&server->gate, &peer->visitor);
	*peer->link = peer->next;
	if (peer->next) {
		peer->next->link = peer->link;
	}
	server->n_peers--;
	ph_peer_courier_free(peer);
	ph_session_free(peer->session);
	ph_buf_deinit(&peer->writing);
	free(peer);
	if (server->is_stopping) {
		server->on_gone(server);
	}
}

void ph_peer_free_if_gone(struct ph_peer *peer)
{
	if (peer->n_handles == 0 && peer->n_jobs == 0) {
		peer_free(peer);
	}
}

static void on_closed(uv_handle_t *handle)
{
	struct ph_peer *peer = handle->data;

	peer->n_handles--;
	ph_peer_free_if_gone(peer);
}

/*
 * Nothing was said, and not because the greeting was wrong. A device that sees the
 * stream end in order before any answer must take us for somebody without the hub's
 * key; a reset tells it that the road was cut, so it comes again.
 */
static bool is_unanswered(const struct ph_peer *peer)
{
	struct ph_session_counts counts;

	if (!peer->session) {
		return true;
	}
	ph_peer_counts(peer, &counts);
	return counts.bytes_out == 0 && ph_peer_failure(peer) != PH_FAIL_HANDSHAKE;
}

void ph_peer_close(struct ph_peer *peer)
{
	if (peer->is_closing) {
		return;
	}
	if (peer->session && !ph_peer_is_over(peer)) {
		ph_peer_eof(peer);
		ph_peer_take_jobs(peer); /* a last one: what had come whole */
	}
	peer->is_closing = true;
	if (!is_unanswered(peer) || uv_tcp_close_reset(&peer->tcp, on_closed) < 0) {
		uv_close((uv_handle_t *)&peer->tcp, on_closed);
	}
	uv_close((uv_handle_t *)&peer->timer, on_closed);
}

/* End it for a reason of ours; what was not sent is lost. */
void ph_peer_end(struct ph_peer *peer, const char *reason)
{
	if (!peer->is_closing && peer->session && !ph_peer_is_over(peer)) {
		peer->reason = reason;
	}
	ph_peer_close(peer);
}

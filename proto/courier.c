/*
 * proto/courier.c - states, life, ends and times of an exchange with a courier.
 *
 *   START --> HELLO --> TRANSFER --> CLOSING --> CLOSED
 *     |         |          |            |
 *     +---------+----------+------------+------> FAILED
 *
 * START: the caller has said nothing yet, or still asks who listens; who answers waits for
 * message 1. HELLO: message 2 is awaited, or the certificate is being judged. As in a
 * session a stranger is told nothing, and a stream that was altered is a cut.
 *
 * While a job is out nobody is waited for, and little is read: what has come of a bundle
 * is bounded by what one read brings.
 */
#include "proto/courier_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/meet.h"

/* ---- states ---- */

void ph_courier_move(struct ph_courier *courier, enum ph_session_state next)
{
	assert(ph_session_state_leads_to(courier->state, next));
	courier->state = next;
}

bool ph_courier_is_over(const struct ph_courier *courier)
{
	return ph_session_state_is_last(courier->state);
}

static void refuse(struct ph_courier *courier, enum ph_status status)
{
	const struct ph_courier_message message = { .type = PH_COURIER_REFUSE,
						    .status = status };

	ph_courier_say(courier, &message);
}

void ph_courier_fail(struct ph_courier *courier, enum ph_session_failure failure)
{
	if (ph_courier_is_over(courier)) {
		return;
	}
	courier->failure = failure;
	ph_courier_move(courier, PH_SESSION_FAILED);
	if (courier->has_transport && failure == PH_FAIL_PROTOCOL) {
		refuse(courier, PH_STATUS_PROTOCOL);
	} else if (courier->has_transport && failure == PH_FAIL_STORE) {
		refuse(courier, PH_STATUS_LATER);
	}
}

void ph_courier_fail_rc(struct ph_courier *courier, int rc)
{
	if (rc != 0) {
		ph_courier_fail(courier, PH_FAIL_MEMORY);
	}
}

uint64_t ph_courier_left(const struct ph_courier *courier)
{
	const struct ph_session_counts *counts = &courier->counts;
	uint64_t spent = counts->bytes_in + counts->bytes_out + courier->out.len;

	if (courier->budget == UINT64_MAX) {
		return UINT64_MAX;
	}
	return spent < courier->budget ? courier->budget - spent : 0;
}

/* All but the output and the counts. */
static void drop_all(struct ph_courier *courier)
{
	ph_noise_deinit(courier->noise);
	free(courier->noise);
	courier->noise = NULL;
	ph_cipher_deinit(&courier->send);
	ph_cipher_deinit(&courier->receive);
	courier->has_transport = false;
	ph_courier_job_free(courier->job);
	courier->job = NULL;
	ph_buf_deinit(&courier->in);
	ph_buf_deinit(&courier->pending);
	ph_buf_deinit(&courier->cert);
}

/* After each event: what follows from it. */
static void settle(struct ph_courier *courier)
{
	if (!ph_courier_is_over(courier)) {
		ph_courier_go_on(courier);
	}
	if (courier->state == PH_SESSION_CLOSING && !courier->owe_close &&
	    !courier->job && !courier->job_is_out &&
	    (!courier->calls || courier->out.len == 0)) {
		ph_courier_move(courier, PH_SESSION_CLOSED);
	}
	if (ph_courier_is_over(courier)) {
		drop_all(courier);
	}
}

/* ---- life ---- */

void ph_courier_job_free(struct ph_courier_job *job)
{
	if (job) {
		ph_buf_deinit(&job->cert);
		ph_buf_deinit(&job->bytes);
		ph_buf_deinit(&job->custody);
		free(job);
	}
}

static bool config_ok(const struct ph_courier_config *config)
{
	bool must_show = config->calls || config->is_courier;

	return config->keys && config->rng.fill && config->cert.len <= PH_CERT_MAX &&
	       (!must_show || config->cert.len > 0);
}

static unsigned or_default(unsigned value, unsigned fallback)
{
	return value != 0 ? value : fallback;
}

static void start_call(struct ph_courier *courier, const uint8_t *peer_key)
{
	if (peer_key) {
		memcpy(courier->peer, peer_key, sizeof(courier->peer));
		ph_courier_greet(courier);
	} else {
		courier->asks = true;
		ph_courier_fail_rc(courier, ph_meet_ask(&courier->out));
	}
	if (ph_courier_left(courier) < COURIER_LEAST) { /* nothing was said yet */
		ph_buf_deinit(&courier->out);
		ph_courier_fail(courier, PH_FAIL_BUDGET);
	}
}

int ph_courier_new(struct ph_courier **courier_out,
		   const struct ph_courier_config *config, uint64_t now_ms)
{
	struct ph_courier *courier;
	int rc;

	if (!config_ok(config)) {
		return -EINVAL;
	}
	courier = calloc(1, sizeof(*courier));
	if (!courier) {
		return -ENOMEM;
	}
	courier->calls = config->calls;
	courier->is_courier = config->is_courier;
	courier->rng = config->rng;
	courier->keys = config->keys;
	courier->first_byte_ms = or_default(config->first_byte_ms, PH_FIRST_BYTE_MS);
	courier->handshake_ms = or_default(config->handshake_ms, PH_HANDSHAKE_MS);
	courier->idle_ms = or_default(config->idle_ms, PH_IDLE_MS);
	courier->budget = config->budget != 0 ? config->budget : UINT64_MAX;
	courier->now = courier->started = courier->heard = courier->sent_at = now_ms;
	courier->given = courier->pinged = now_ms;
	rc = ph_buf_put_view(&courier->cert, config->cert);
	if (rc == 0 && config->calls) {
		start_call(courier, config->peer_key);
		bool is_made = courier->failure == PH_FAIL_NONE ||
			       courier->failure == PH_FAIL_BUDGET;

		rc = is_made ? 0 : courier->failure == PH_FAIL_MEMORY ? -ENOMEM : -EINVAL;
	}
	if (rc != 0) {
		ph_courier_free(courier);
		return rc;
	}
	*courier_out = courier;
	return 0;
}

void ph_courier_free(struct ph_courier *courier)
{
	if (courier) {
		drop_all(courier);
		ph_buf_deinit(&courier->out);
		sodium_memzero(courier, sizeof(*courier));
		free(courier);
	}
}

/* ---- in and out ---- */

void ph_courier_receive(struct ph_courier *courier, struct ph_view bytes, uint64_t now_ms)
{
	courier->now = now_ms;
	if (bytes.len == 0 || ph_courier_is_over(courier) ||
	    courier->state == PH_SESSION_CLOSING) {
		return;
	}
	courier->heard = now_ms;
	courier->counts.bytes_in += bytes.len;
	ph_courier_take_bytes(courier, bytes);
	if (ph_courier_left(courier) == 0) { /* it sends more than it has to */
		ph_courier_fail(courier, PH_FAIL_BUDGET);
	}
	settle(courier);
}

void ph_courier_eof(struct ph_courier *courier)
{
	/* who answers has all that it was promised once CLOSE came */
	if (courier->calls || courier->state != PH_SESSION_CLOSING) {
		ph_courier_fail(courier, PH_FAIL_CUT);
	}
	settle(courier);
}

struct ph_view ph_courier_output(struct ph_courier *courier)
{
	return ph_buf_view(&courier->out);
}

void ph_courier_sent(struct ph_courier *courier, size_t len, uint64_t now_ms)
{
	len = len < courier->out.len ? len : courier->out.len;
	courier->now = courier->sent_at = now_ms;
	courier->counts.bytes_out += len;
	ph_buf_drop(&courier->out, len);
	if (courier->out.len == 0) {
		ph_buf_deinit(&courier->out); /* an idle one holds no buffers */
	}
	settle(courier);
}

/* ---- time ---- */

/* When the peer has had its time; UINT64_MAX: it is not waited for. */
static uint64_t timeout_at(const struct ph_courier *courier)
{
	uint64_t at = UINT64_MAX;

	if (courier->job || courier->job_is_out) {
		return UINT64_MAX;
	}
	if (!courier->has_transport && courier->calls) {
		at = courier->sent_at + courier->handshake_ms;
	} else if (!courier->has_transport) {
		at = courier->started + (courier->counts.bytes_in == 0
						 ? courier->first_byte_ms
						 : courier->handshake_ms);
	} else {
		at = courier->heard > courier->given ? courier->heard : courier->given;
		at += courier->idle_ms;
	}
	if (courier->in.len > 0 && courier->drip_since + PH_DRIP_MS < at) {
		at = courier->drip_since + PH_DRIP_MS;
	}
	return at;
}

static uint64_t ping_at(const struct ph_courier *courier)
{
	uint64_t last =
		courier->heard > courier->pinged ? courier->heard : courier->pinged;

	return courier->state == PH_SESSION_TRANSFER ? last + PH_KEEPALIVE_MS
						     : UINT64_MAX;
}

uint64_t ph_courier_deadline(const struct ph_courier *courier)
{
	uint64_t timeout = timeout_at(courier);
	uint64_t ping = ping_at(courier);

	if (ph_courier_is_over(courier)) {
		return UINT64_MAX;
	}
	return timeout < ping ? timeout : ping;
}

void ph_courier_tick(struct ph_courier *courier, uint64_t now_ms)
{
	courier->now = now_ms;
	if (!ph_courier_is_over(courier) && now_ms >= timeout_at(courier)) {
		ph_courier_fail(courier, PH_FAIL_TIMEOUT);
	} else if (!ph_courier_is_over(courier) && now_ms >= ping_at(courier) &&
		   ph_courier_left(courier) < COURIER_LEAST) {
		ph_courier_fail(courier, PH_FAIL_BUDGET);
	} else if (!ph_courier_is_over(courier) && now_ms >= ping_at(courier)) {
		courier->owe_ping = true;
		courier->pinged = now_ms;
	}
	settle(courier);
}

/* ---- jobs ---- */

struct ph_courier_job *ph_courier_take_job(struct ph_courier *courier)
{
	struct ph_courier_job *job = courier->job;

	courier->job = NULL;
	courier->job_is_out = courier->job_is_out || job != NULL;
	return job;
}

void ph_courier_give_job(struct ph_courier *courier, struct ph_courier_job *job,
			 uint64_t now_ms)
{
	courier->now = courier->given = now_ms;
	courier->job_is_out = false;
	if (!ph_courier_is_over(courier)) {
		if (job->result < 0) {
			ph_courier_fail(courier, PH_FAIL_STORE);
		} else {
			ph_courier_on_job(courier, job);
		}
	}
	ph_courier_job_free(job);
	settle(courier);
}

/* ---- questions ---- */

bool ph_courier_wants_input(const struct ph_courier *courier)
{
	return !ph_courier_is_over(courier) && courier->state != PH_SESSION_CLOSING &&
	       courier->pending.len < COURIER_PENDING_MAX &&
	       courier->in.len < COURIER_FRAME_MAX;
}

enum ph_session_state ph_courier_state(const struct ph_courier *courier)
{
	return courier->state;
}

enum ph_session_failure ph_courier_failure(const struct ph_courier *courier)
{
	return courier->failure;
}

enum ph_status ph_courier_status(const struct ph_courier *courier)
{
	return courier->status;
}

void ph_courier_counts(const struct ph_courier *courier,
		       struct ph_session_counts *counts_out)
{
	*counts_out = courier->counts;
	counts_out->memory = sizeof(*courier) + courier->in.cap + courier->out.cap +
			     courier->pending.cap + courier->cert.cap;
	if (courier->noise) {
		counts_out->memory += sizeof(*courier->noise);
	}
	if (courier->job) {
		counts_out->memory += sizeof(*courier->job) + courier->job->bytes.cap +
				      courier->job->cert.cap;
	}
}

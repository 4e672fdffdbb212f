/*
 * proto/session.c - states, life and ends of a session.
 *
 * A device is born with preamble and message 1 ready to be sent; a hub waits for
 * them. From message 2 on both sides are alike: what comes in becomes STORE jobs
 * (session_receive.c, session_job.c), what LOAD jobs bring goes out
 * (session_send.c), until each has said DONE, the device CLOSE.
 *
 *   START --> HELLO --> TRANSFER --> CLOSING --> CLOSED
 *     |         |          |            |
 *     +---------+----------+------------+------> FAILED
 *
 * Whatever goes wrong ends in FAILED, once, and frees all but the output and the bytes of
 * an unfinished segment or page. The peer is told (REFUSE) when it broke the
 * protocol or our store failed. It is told nothing before the handshake is done, so
 * that a stranger learns nothing, and nothing after a frame that does not
 * authenticate: the stream was altered under way, the peer is not to blame, and shall
 * see a cut and come again.
 */
#include "proto/session_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/frame.h"

enum {
	FRAME_MIN = 256,
	FRAME_DEFAULT = 4096,
	FRAME_POOR = 1024, /* at most, to a device whose link breaks */
	/* An item that is shorter takes the place of no other as the one to go on with. */
	FRONT_LEAST = 1024,
};

/* ---- states ---- */

#define TO(state) (1u << PH_SESSION_##state)
static const struct {
	const char *name;
	unsigned next;
} states[] = {
	[PH_SESSION_START] = { "start", TO(HELLO) | TO(FAILED) },
	[PH_SESSION_HELLO] = { "hello", TO(TRANSFER) | TO(FAILED) },
	[PH_SESSION_TRANSFER] = { "transfer", TO(CLOSING) | TO(FAILED) },
	[PH_SESSION_CLOSING] = { "closing", TO(CLOSED) | TO(FAILED) },
	[PH_SESSION_CLOSED] = { "closed", 0 },
	[PH_SESSION_FAILED] = { "failed", 0 },
};

bool ph_session_state_leads_to(enum ph_session_state state, enum ph_session_state next)
{
	return states[state].next & (1u << next);
}

bool ph_session_state_is_last(enum ph_session_state state)
{
	return states[state].next == 0;
}

void ph_session_move(struct ph_session *session, enum ph_session_state next)
{
	assert(ph_session_state_leads_to(session->state, next));
	session->state = next;
}

bool ph_session_is_over(const struct ph_session *session)
{
	return ph_session_state_is_last(session->state);
}

void ph_session_fail(struct ph_session *session, enum ph_session_failure failure)
{
	if (ph_session_is_over(session)) {
		return;
	}
	session->failure = failure;
	ph_session_move(session, PH_SESSION_FAILED);
	if (session->has_transport && failure == PH_FAIL_PROTOCOL) {
		ph_session_send_refuse(session, PH_STATUS_PROTOCOL);
	} else if (session->has_transport && failure == PH_FAIL_STORE &&
		   session->side == PH_SIDE_HUB) {
		ph_session_send_refuse(session, PH_STATUS_LATER);
	}
}

void ph_session_fail_rc(struct ph_session *session, int rc)
{
	if (rc != 0) {
		ph_session_fail(session, PH_FAIL_MEMORY);
	}
}

void ph_session_end_noise(struct ph_session *session)
{
	ph_noise_deinit(session->noise);
	free(session->noise);
	session->noise = NULL;
}

/*
 * An unfinished item is worth keeping unless the peer proved to be wrong about it; in place
 * of another one, unless it is so short that it comes whole the next time.
 */
static void keep_partial(struct ph_session *session)
{
	bool is_trusted = session->failure != PH_FAIL_PROTOCOL && !session->is_sibling;

	/* of one that memory ran out for at its beginning there is nothing */
	if (session->open != NULL && ph_item_resumes(session->open->type) && is_trusted &&
	    session->open->body.len > 0 &&
	    (session->partial.item == NULL || session->open_total >= FRONT_LEAST)) {
		ph_unfinished_deinit(&session->partial);
		session->partial.item = session->open;
		session->partial.total = session->open_total;
		memcpy(session->partial.hash, session->open_hash,
		       sizeof(session->partial.hash));
		session->open = NULL;
	} else if (!is_trusted) {
		ph_unfinished_deinit(&session->partial);
	}
}

/*
 * What came whole is stored also when the link then broke, or nothing more may be said.
 * Not when the peer proved to be wrong, or our store to be in trouble, or when it was
 * never told that we serve it.
 */
static bool is_stored_yet(const struct ph_session *session)
{
	switch (session->failure) {
	case PH_FAIL_CUT:
	case PH_FAIL_TIMEOUT:
	case PH_FAIL_HANDSHAKE: /* a frame that was altered under way */
	case PH_FAIL_BUDGET:
		return session->ready;
	default:
		return false;
	}
}

/* All but what can still be asked for: output, a last STORE, partial, counts. */
static void drop_all(struct ph_session *session)
{
	ph_session_end_noise(session);
	ph_cipher_deinit(&session->send);
	ph_cipher_deinit(&session->receive);
	session->has_transport = false;
	ph_items_free(session->open);
	session->open = NULL;
	if (!is_stored_yet(session)) {
		ph_items_free(ph_session_items_take(&session->store));
	}
	ph_items_free(ph_session_items_take(&session->queue));
	session->queue_bytes = 0;
	ph_job_free(session->greeting);
	session->greeting = NULL;
	ph_buf_deinit(&session->in);
	ph_buf_wipe(&session->cert);
	ph_buf_wipe(&session->hello);
	ph_buf_wipe(&session->welcome);
	free(session->receipts.list);
	session->receipts = (struct session_receipts){ 0 };
}

/* Has the device nothing left to send, store or wait for? */
static bool may_close(const struct ph_session *session)
{
	return session->side == PH_SIDE_DEVICE && session->state == PH_SESSION_TRANSFER &&
	       session->ready && session->done_told && session->peer_done &&
	       session->peer_done_items == session->counts.items_out && !session->more &&
	       session->queue.first == NULL && session->open == NULL &&
	       !ph_session_has_jobs(session);
}

static bool may_end(const struct ph_session *session)
{
	if (session->state != PH_SESSION_CLOSING) {
		return false;
	}
	return session->side == PH_SIDE_DEVICE
		       ? !session->owe_close && session->out.len == 0
		       : !ph_session_has_jobs(session);
}

void ph_session_settle(struct ph_session *session)
{
	ph_session_check_budget(session);
	if (may_close(session)) {
		session->owe_close = true;
		ph_session_move(session, PH_SESSION_CLOSING);
	}
	if (!ph_session_is_over(session)) {
		ph_session_pump(session);
	}
	if (may_end(session)) {
		ph_session_move(session, PH_SESSION_CLOSED);
	}
	if (ph_session_is_over(session)) {
		keep_partial(session);
		drop_all(session);
	}
}

/* ---- life ---- */

static unsigned or_default(unsigned value, unsigned fallback)
{
	return value != 0 ? value : fallback;
}

int ph_session_call(struct ph_session *session, struct ph_view hello)
{
	const struct ph_noise_config noise = {
		.pattern = PH_NOISE_IK,
		.role = PH_NOISE_INITIATOR,
		.prologue = PH_VIEW(session->preamble, sizeof(session->preamble)),
		.static_secret = session->keys->secret,
		.remote_static = session->peer,
	};
	int rc;

	ph_preamble_encode_as(session->preamble, ph_session_kind(session), session->peer);
	rc = ph_buf_put(&session->out, session->preamble, sizeof(session->preamble));
	session->made += rc == 0 ? sizeof(session->preamble) : 0;
	if (rc != 0) {
		return rc;
	}
	session->noise = calloc(1, sizeof(*session->noise));
	rc = session->noise == NULL ? -ENOMEM : ph_noise_init(session->noise, &noise);
	if (rc == 0 && !ph_session_send_handshake(session, hello)) {
		rc = session->failure == PH_FAIL_MEMORY   ? -ENOMEM
		     : session->failure == PH_FAIL_BUDGET ? -EDQUOT
							  : -EINVAL;
	}
	return rc;
}

static int start_device(struct ph_session *session,
			const struct ph_session_config *config)
{
	struct ph_buf hello = { 0 };
	int rc = ph_hello_encode(config->hello, &hello);

	if (rc != 0) {
		goto out;
	}
	session->n_heads = config->hello->n_heads;
	session->n_receipted = session->n_heads + config->hello->n_siblings;
	session->counts.items_out = config->hello->n_segments;
	session->done_told = config->hello->done;
	session->keeps = config->hello->keeps;
	if (config->hello->cert.len == 0) {
		rc = ph_buf_put_view(&session->cert, config->cert);
	}
	if (config->may_send > 0) {
		session->may_send = config->may_send;
	}
	if (config->hello->budget > 0) {
		session->may_receive = config->hello->budget;
	}
	if (rc == 0) {
		rc = session->is_sibling ? ph_session_ask(session, ph_buf_view(&hello))
					 : ph_session_call(session, ph_buf_view(&hello));
	}
out:
	ph_buf_wipe(&hello);
	return rc;
}

static bool has_front(const struct ph_session_config *config)
{
	return config->partial != NULL && config->partial->item != NULL;
}

static bool config_ok(const struct ph_session_config *config)
{
	if (config->keys == NULL || config->rng.fill == NULL ||
	    (config->frame_max != 0 &&
	     (config->frame_max < FRAME_MIN || config->frame_max > PH_FRAME_MAX))) {
		return false;
	}
	if (config->is_sibling) {
		return ph_session_may_meet(config);
	}
	return config->side == PH_SIDE_HUB ||
	       (config->hello != NULL && config->cert.len <= PH_CERT_MAX &&
		config->hello->has_partial == has_front(config));
}

/*
 * Short frames are for links that break. One that breaks after the same number of bytes
 * each time would cut a frame at the same place each time, perhaps just before its end;
 * so the first is of any length.
 */
static void draw_first_frame(struct ph_session *session)
{
	session->frame_first =
		FRAME_MIN +
		(size_t)ph_rng_below(&session->rng, session->frame_max - FRAME_MIN + 1);
}

static void set_frames(struct ph_session *session, const struct ph_session_config *config)
{
	session->frame_max = config->frame_max != 0 ? config->frame_max : FRAME_DEFAULT;
	session->frame_first = session->frame_max;
	if (session->side == PH_SIDE_DEVICE && session->frame_max < FRAME_DEFAULT) {
		draw_first_frame(session);
	}
}

void ph_session_shorten_frames(struct ph_session *session)
{
	if (session->frame_max > FRAME_POOR) {
		session->frame_max = FRAME_POOR;
	}
	if (session->frame_first != 0) {
		draw_first_frame(session);
	}
}

int ph_session_new(struct ph_session **session_out,
		   const struct ph_session_config *config, uint64_t now_ms)
{
	if (!config_ok(config)) {
		return -EINVAL;
	}

	struct ph_session *session = calloc(1, sizeof(*session));

	if (session == NULL) {
		return -ENOMEM;
	}
	session->side = config->side;
	session->is_sibling = config->is_sibling;
	session->rng = config->rng;
	session->keys = config->keys;
	session->n_keys = config->n_keys > 0 ? config->n_keys : 1;
	set_frames(session, config);
	session->first_byte_ms = or_default(config->first_byte_ms, PH_FIRST_BYTE_MS);
	session->handshake_ms = or_default(config->handshake_ms, PH_HANDSHAKE_MS);
	session->idle_ms = or_default(config->idle_ms, PH_IDLE_MS);
	session->may_send = session->may_receive = UINT64_MAX;
	session->credit = PH_WINDOW;
	session->peer_credit = PH_WINDOW;
	session->now = session->started = session->heard = session->sent = now_ms;
	session->given = session->pinged = session->asked = now_ms;

	int rc = 0;

	if (config->side == PH_SIDE_DEVICE) {
		memcpy(session->peer, config->hub_key, sizeof(session->peer));
		rc = start_device(session, config);
	} else {
		rc = session->is_sibling ? ph_buf_put_view(&session->cert, config->cert)
					 : 0;
	}
	if (rc != 0) {
		ph_session_free(session);
		return rc;
	}
	if (has_front(config)) {
		session->partial = *config->partial;
		*config->partial = (struct ph_unfinished){ 0 };
	}
	*session_out = session;
	return 0;
}

void ph_session_free(struct ph_session *session)
{
	if (session == NULL) {
		return;
	}
	drop_all(session);
	ph_items_free(ph_session_items_take(&session->store));
	ph_items_free(ph_session_items_take(&session->unsent));
	ph_unfinished_deinit(&session->partial);
	ph_buf_deinit(&session->out);
	sodium_memzero(session, sizeof(*session));
	free(session);
}

void ph_session_eof(struct ph_session *session)
{
	/* The hub has all it was promised once CLOSE came. */
	if (session->side == PH_SIDE_HUB && session->state == PH_SESSION_CLOSING) {
		return;
	}
	ph_session_fail(session, PH_FAIL_CUT);
	ph_session_settle(session);
}

/* ---- output ---- */

struct ph_view ph_session_output(struct ph_session *session)
{
	return ph_buf_view(&session->out);
}

void ph_session_sent(struct ph_session *session, size_t len, uint64_t now_ms)
{
	if (len > session->out.len) {
		len = session->out.len;
	}
	session->now = session->sent = now_ms;
	session->counts.bytes_out += len;
	if (session->state == PH_SESSION_START && session->side == PH_SIDE_DEVICE) {
		ph_session_move(session, PH_SESSION_HELLO);
	}
	ph_buf_drop(&session->out, len);
	if (session->out.len == 0) {
		ph_buf_deinit(&session->out); /* an idle session holds no buffers */
	}
	ph_session_settle(session);
}

/* ---- questions ---- */

bool ph_session_wants_input(const struct ph_session *session)
{
	if (ph_session_is_over(session) || session->state == PH_SESSION_CLOSING) {
		return false;
	}
	return session->side == PH_SIDE_DEVICE || session->state != PH_SESSION_HELLO ||
	       session->has_transport;
}

enum ph_session_state ph_session_state(const struct ph_session *session)
{
	return session->state;
}

enum ph_session_failure ph_session_failure(const struct ph_session *session)
{
	return session->failure;
}

enum ph_status ph_session_status(const struct ph_session *session)
{
	return session->status;
}

enum ph_why ph_session_why(const struct ph_session *session)
{
	return session->why;
}

bool ph_session_is_short(const struct ph_session *session)
{
	return session->is_spent || session->peer_spent;
}

void ph_session_short_sides(const struct ph_session *session, bool *ours_out,
			    bool *peers_out)
{
	*ours_out = session->is_spent;
	*peers_out = session->peer_spent;
}

const struct ph_item *ph_session_unsent(const struct ph_session *session)
{
	return session->unsent.first;
}

const uint8_t *ph_session_peer(const struct ph_session *session)
{
	return session->has_peer ? session->peer : NULL;
}

bool ph_session_take_partial(struct ph_session *session,
			     struct ph_unfinished *partial_out)
{
	bool is_whole =
		session->state == PH_SESSION_CLOSED && !ph_session_is_short(session);

	if (!ph_session_is_over(session) || is_whole || session->partial.item == NULL) {
		return false;
	}
	*partial_out = session->partial;
	session->partial = (struct ph_unfinished){ 0 };
	return true;
}

int ph_session_copy_partial(const struct ph_session *session,
			    struct ph_unfinished *partial_out)
{
	const struct ph_item *open = session->open;
	struct ph_item *item;

	*partial_out = (struct ph_unfinished){ 0 };
	if (open == NULL || !ph_item_resumes(open->type) ||
	    open->body.len > PH_PACK_MAX) {
		return 0;
	}
	item = ph_item_new(open->type);
	if (item == NULL || ph_buf_put_view(&item->body, ph_buf_view(&open->body)) != 0) {
		ph_items_free(item);
		return -ENOMEM;
	}
	memcpy(item->log_id, open->log_id, sizeof(item->log_id));
	memcpy(item->seal, open->seal, sizeof(item->seal));
	item->first = open->first;
	item->last = open->last;
	partial_out->item = item;
	partial_out->total = session->open_total;
	memcpy(partial_out->hash, session->open_hash, sizeof(partial_out->hash));
	return 0;
}

void ph_session_counts(const struct ph_session *session,
		       struct ph_session_counts *counts_out)
{
	size_t memory = sizeof(*session) + session->in.cap + session->out.cap +
			session->cert.cap + session->hello.cap + session->welcome.cap +
			ph_session_items_memory(session->partial.item) +
			ph_session_items_memory(session->open) +
			ph_session_items_memory(session->store.first) +
			ph_session_items_memory(session->queue.first) +
			ph_session_items_memory(session->unsent.first) +
			session->receipts.cap * sizeof(*session->receipts.list);

	if (session->noise != NULL) {
		memory += sizeof(*session->noise);
	}
	if (session->greeting != NULL) {
		memory += ph_session_job_memory(session->greeting);
	}
	for (size_t i = 0; i < SESSION_JOBS; i++) {
		memory += session->job_memory[i];
	}
	*counts_out = session->counts;
	counts_out->memory = memory;
}

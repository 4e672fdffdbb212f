/*
 * proto/courier.h - bundles handed to a courier and back, sans I/O.
 *
 *   site device (calls)                       courier (answers)
 *     -> ask                                  <- certificate
 *     -> preamble, message 1: certificate     <- message 2: status
 *     -> PING                                 <- OFFER, DATA ... DONE
 *     -> OFFER, DATA ... DONE, CLOSE
 *
 *   courier (calls)                           hub (answers)
 *     -> preamble, message 1: certificate     <- message 2: status
 *     -> OFFER, DATA ... DONE                 <- OFFER, DATA ... DONE
 *     -> CLOSE
 *
 * The courier offers first, so that receipts are taken before anything is packed, and what
 * came up is receipted in what goes out. A bundle is offered, then wanted from some byte
 * on, then sent, then taken: one at a time, so that a cut costs what was in flight. A
 * courier is given bundles only: nothing else can be said here.
 *
 * As proto/session.h, whose states, failures and counts these are: bytes and time go in,
 * bytes and jobs come out; no socket, no clock, no file. Bytes: docs/WIRE.md, "Couriers".
 */
#ifndef PH_PROTO_COURIER_H
#define PH_PROTO_COURIER_H

#include "proto/courier_message.h"
#include "proto/session.h" /* states, failures, counts */

/* At most one job is out at a time. */
enum ph_courier_job_type {
	/*
	 * In: cert; if has_key, the static key that its holder proved. Out: status, and key:
	 * the static in the certificate. Other than OK ends it.
	 */
	PH_COURIER_JUDGE,
	/*
	 * In: room. Out: line, if has_line: the next bundle to offer, of no more bytes than
	 * that. None: there is nothing more.
	 */
	PH_COURIER_NEXT,
	/* In: line, offset, budget. Out: bytes from there, 1 to budget of them. */
	PH_COURIER_READ,
	/*
	 * In: line, answer, custody: what the peer says, in the end, of what it was offered. That
	 * a beginning of it was damaged is not told: it is offered, looked at and read once more.
	 */
	PH_COURIER_TOLD,
	/*
	 * In: line, which the peer offers, and room. Out: wants and offset: send it from
	 * there, if no more bytes are left of it; or answer, and custody.
	 */
	PH_COURIER_LOOK,
	/*
	 * In: line, offset, bytes. If they are the last of it (offset and bytes make its
	 * size), out: answer, and custody.
	 */
	PH_COURIER_WRITE,
	/* The peer has offered all that it has. */
	PH_COURIER_LISTED,
};
#define PH_COURIER_JOBS 7

struct ph_courier_job {
	enum ph_courier_job_type type;
	int result; /* 0, or a negative errno that ends it: PH_FAIL_STORE */
	struct ph_buf cert;
	bool has_key;
	uint8_t key[PH_KEY_SIZE];
	enum ph_status status;
	bool has_line;
	struct ph_courier_line line;
	uint64_t
		room; /* bytes of a bundle that the budget has room for; UINT64_MAX: all */
	bool wants;
	uint64_t offset;
	size_t budget;
	struct ph_buf bytes;
	enum ph_courier_answer answer;
	struct ph_buf custody;
	void *owner; /* the owner's */
};
/* NULL is fine. */
void ph_courier_job_free(struct ph_courier_job *job);

struct ph_courier_config {
	bool calls;      /* it connected, and speaks first */
	bool is_courier; /* exactly one of the two is */
	struct ph_rng rng;
	const struct ph_box_pair *keys; /* own static; borrowed while it lives */
	/*
	 * Own certificate: the caller tells it in message 1, whoever answers shows it when
	 * asked; empty (a hub): the question is refused. Copied.
	 */
	struct ph_view cert;
	/* The caller: the other's static, 32 bytes, copied; NULL: ask who listens. */
	const uint8_t *peer_key;
	/*
	 * Bytes that may go, both ways, 0: no bound. A bundle is begun only if all that is
	 * to come of it fits; when not even the next answer does: PH_FAIL_BUDGET.
	 */
	uint64_t budget;
	/* milliseconds; 0: the default of limits.h */
	unsigned first_byte_ms, handshake_ms, idle_ms;
};

struct ph_courier;

/* 0, -EINVAL, -ENOMEM. */
int ph_courier_new(struct ph_courier **courier_out,
		   const struct ph_courier_config *config, uint64_t now_ms);
/* NULL is fine. A job that was taken and not given back stays the owner's. */
void ph_courier_free(struct ph_courier *courier);

/* These are as those of a session. */
void ph_courier_receive(struct ph_courier *courier, struct ph_view bytes,
			uint64_t now_ms);
void ph_courier_eof(struct ph_courier *courier);
struct ph_view ph_courier_output(struct ph_courier *courier);
void ph_courier_sent(struct ph_courier *courier, size_t len, uint64_t now_ms);
struct ph_courier_job *ph_courier_take_job(struct ph_courier *courier);
void ph_courier_give_job(struct ph_courier *courier, struct ph_courier_job *job,
			 uint64_t now_ms);
void ph_courier_tick(struct ph_courier *courier, uint64_t now_ms);
uint64_t ph_courier_deadline(const struct ph_courier *courier);
bool ph_courier_wants_input(const struct ph_courier *courier);
/* START, HELLO (greeting), TRANSFER, CLOSING, CLOSED, FAILED. */
enum ph_session_state ph_courier_state(const struct ph_courier *courier);
enum ph_session_failure ph_courier_failure(const struct ph_courier *courier);
enum ph_status ph_courier_status(const struct ph_courier *courier);
/* Items are bundles, receipts custody receipts. */
void ph_courier_counts(const struct ph_courier *courier,
		       struct ph_session_counts *counts_out);

#endif

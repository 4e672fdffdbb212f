/*
 * proto/courier_internal.h - inside of an exchange with a courier, for courier*.c only.
 *
 * courier.c       states, life, output, time   courier_receive.c  bytes and messages in
 * courier_work.c  jobs, messages out
 */
#ifndef PH_PROTO_COURIER_INTERNAL_H
#define PH_PROTO_COURIER_INTERNAL_H

#include "proto/courier.h"
#include "proto/frame.h"
#include "proto/noise.h"

enum {
	/* The longest frame either side makes in the handshake, and behind it. */
	COURIER_GREETING_MAX = PH_CERT_MAX + 128,
	COURIER_FRAME_MAX = PH_COURIER_CHUNK_MAX + 64,
	/* A bundle is read on while less than this waits to be sent ... */
	COURIER_OUT_LOW = 32 * 1024,
	/* ... so much at a time, and told in pieces so large, ... */
	COURIER_READ = 64 * 1024,
	COURIER_CHUNK = 8 * 1024,
	/* ... and written when so much of it has come, or its end: a cut costs no more. */
	COURIER_WRITE = 8 * 1024,
	/* More is not read while it waits to be written. */
	COURIER_PENDING_MAX = 64 * 1024,
	/* Of a budget: what is said around a bundle, what is kept for the rest, and for the next. */
	COURIER_AROUND = 512,
	COURIER_ENDS = 1024,
	COURIER_LEAST = 384,
	/* A frame in so many bytes of a bundle is no larger than one of them. */
	COURIER_FRAMED = 256,
};

enum courier_phase {
	COURIER_GREET, /* until both are known, and the caller has proved to be live */
	COURIER_OFFERS,
	COURIER_TAKES,
	COURIER_OVER, /* all was offered, both ways */
};

struct ph_courier {
	bool calls, is_courier;
	enum ph_session_state state;
	enum ph_session_failure failure;
	enum ph_status status;
	struct ph_rng rng;
	const struct ph_box_pair *keys; /* borrowed */
	struct ph_buf cert;
	unsigned first_byte_ms, handshake_ms, idle_ms;
	uint64_t budget;                   /* UINT64_MAX: no bound */
	uint8_t preamble[PH_PREAMBLE_LEN]; /* the prologue */
	uint8_t peer[PH_KEY_SIZE];
	bool asks;      /* caller: the certificate is awaited */
	bool was_asked; /* it was shown, once */
	bool has_preamble, has_transport;
	struct ph_noise *noise; /* until the ciphers are there */
	struct ph_cipher send, receive;

	uint64_t now, started, heard, sent_at, given, pinged, drip_since;
	size_t drip_bytes;

	struct ph_buf in, out;
	enum courier_phase phase;
	struct ph_courier_job *job; /* to be taken */
	bool job_is_out;
	bool owe_ping, owe_pong, owe_close;

	/* what we offer */
	struct ph_courier_line offer;
	bool is_offered, is_wanted;
	bool is_resumed;     /* the peer had a beginning of it */
	bool is_again;       /* it is offered for the second time, and the last */
	uint64_t offer_sent; /* bytes of it, those that the peer had included */

	/* what the peer offers */
	struct ph_courier_line take;
	bool is_taking;
	bool peer_done; /* it has no more */
	uint64_t take_written;
	struct ph_buf pending; /* bytes of it that came and are not written */

	struct ph_session_counts counts;
};

/* courier.c */
void ph_courier_move(struct ph_courier *courier, enum ph_session_state next);
bool ph_courier_is_over(const struct ph_courier *courier);
/* End it, once; the peer is told why where that helps it. */
void ph_courier_fail(struct ph_courier *courier, enum ph_session_failure failure);
/* For something that can only lack memory. */
void ph_courier_fail_rc(struct ph_courier *courier, int rc);
/* What is left of the budget; UINT64_MAX: all. */
uint64_t ph_courier_left(const struct ph_courier *courier);

/* courier_receive.c */
void ph_courier_take_bytes(struct ph_courier *courier, struct ph_view bytes);

/* courier_work.c */
/* Make the job TYPE to be taken; NULL: no memory, and it has failed. */
struct ph_courier_job *ph_courier_ask(struct ph_courier *courier,
				      enum ph_courier_job_type type);
/* So many bytes of a bundle may still go, if KEPT are kept for something else. */
uint64_t ph_courier_room(const struct ph_courier *courier, uint64_t kept);
/*
 * So many bytes of what we have may still go: a quarter of the budget is kept for what the
 * peer has, since receipts come before all else.
 */
uint64_t ph_courier_room_to_give(const struct ph_courier *courier);
/* JOB came back without an error. */
void ph_courier_on_job(struct ph_courier *courier, struct ph_courier_job *job);
/* Seal and frame MESSAGE. */
void ph_courier_say(struct ph_courier *courier, const struct ph_courier_message *message);
void ph_courier_say_plain(struct ph_courier *courier, enum ph_courier_message_type type);
/* Caller: preamble and message 1. */
void ph_courier_greet(struct ph_courier *courier);
/* Offer what courier->offer says. */
void ph_courier_say_offer(struct ph_courier *courier);
/* What comes next, if nothing is out. */
void ph_courier_go_on(struct ph_courier *courier);

#endif

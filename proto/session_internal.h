/*
 * proto/session_internal.h - inside of a session, for session*.c only.
 *
 * session.c        states, life, output      session_receive.c  bytes and frames in
 * session_time.c   deadlines                 session_message.c  messages in
 * session_job.c    jobs and their results    session_send.c     messages and frames out
 * session_greet.c  hello and welcome         session_item.c     items, receipts, jobs
 * session_budget.c what it may cost         session_meet.c     two devices of one site
 *
 * Every public function ends in ph_session_settle(), which draws the conclusions:
 * what may be closed, what can be sent now, what has to be freed.
 */
#ifndef PH_PROTO_SESSION_INTERNAL_H
#define PH_PROTO_SESSION_INTERNAL_H

#include "common/base/limits.h"
#include "proto/frame.h"
#include "proto/noise.h"
#include "proto/session.h"

enum {
	SESSION_JOBS = PH_JOB_JUDGE + 1,
	/* Frames are made while less than this waits to be sent, so that memory stays small. */
	SESSION_OUT_LOW = 8 * 1024,
	/* Body bytes that LOAD brings at once. */
	SESSION_LOAD = 32 * 1024,
};

struct session_items {
	struct ph_item *first;
	struct ph_item **last;
};

/* Receipts on their way: the newest for each head and level. */
struct session_receipts {
	struct ph_short_receipt *list;
	unsigned n, cap;
};

struct ph_session {
	enum ph_side side;
	bool is_sibling; /* both are devices of one site */
	bool asks;       /* device: the sibling's certificate is awaited */
	bool was_asked;  /* hub: it was shown, once */
	enum ph_session_state state;
	enum ph_session_failure failure;
	enum ph_status status;
	enum ph_why why; /* hub: to tell with a refusal; device: as told */
	struct ph_rng rng;
	/* borrowed; once the preamble is read, the one that it named */
	const struct ph_box_pair *keys;
	unsigned n_keys; /* until then */
	size_t frame_max;
	size_t frame_first; /* the same for our first one in transport; 0: it was made */
	unsigned first_byte_ms, handshake_ms, idle_ms;
	uint8_t preamble[7]; /* the prologue */
	bool has_preamble;   /* hub: it came */
	bool has_transport;  /* both ciphers are keyed */
	bool has_peer;
	uint8_t peer[PH_KEY_SIZE]; /* static key of the other side */
	struct ph_noise *noise;    /* until the ciphers are there */
	struct ph_cipher send, receive;

	/* time */
	uint64_t now, started;
	uint64_t heard;  /* last byte from the peer */
	uint64_t sent;   /* last byte towards it */
	uint64_t given;  /* last job that came back */
	uint64_t pinged; /* last PING */
	uint64_t asked;  /* hub: when the certificate was asked for */
	uint64_t drip_since;
	size_t drip_bytes;

	struct ph_buf in;  /* the front of a frame that is not whole yet */
	struct ph_buf out; /* sealed frames */

	/* greeting */
	unsigned n_heads;
	unsigned n_receipted; /* heads and siblings of the hello, which receipts name */
	bool ready;           /* WELCOME came back, or HELLO did with PH_STATUS_OK */
	bool later;           /* device: the hub takes no item now */
	bool keeps;           /* the hello told it: KEEP may be said, both ways */
	bool cert_asked;      /* the hub asked, in this session */
	struct ph_buf cert; /* device: to be sent when asked for; sibling: to be shown */
	struct ph_buf
		hello; /* hub, or calling a sibling: kept while a certificate is awaited */
	struct ph_buf welcome;   /* hub: to be told in transport */
	struct ph_job *greeting; /* HELLO or WELCOME, to be taken */

	/* jobs */
	unsigned jobs_out;               /* bit for each type */
	uint8_t n_out[SESSION_JOBS];     /* how many, at most 1; of STORE 2 in a hurry */
	size_t job_memory[SESSION_JOBS]; /* until all of the type are back */
	bool more;                       /* LOAD may give something */
	bool more_again;                 /* also after the LOAD that is out */
	bool live;                       /* hub: a transport frame came */
	bool heard_taken;

	/* what comes in */
	struct ph_item *open; /* not whole yet */
	uint8_t open_hash[16];
	size_t open_total, open_charge;
	bool open_resumed; /* an earlier session brought the front of it */
	/* from an earlier session, until resumed; or left by this one */
	struct ph_unfinished partial;
	struct session_items store; /* whole, for the next STORE */
	size_t store_charge;        /* credit that they hold */
	uint64_t store_count;
	size_t out_charge; /* the same of what is out in STORE */
	uint64_t out_count;
	bool is_hurried;    /* another STORE may go beside it */
	size_t peer_credit; /* what the peer may still send */
	size_t owed;        /* credit to be returned */
	uint64_t dealt;     /* items stored */
	bool peer_done;
	uint64_t peer_done_items;

	/* what goes out */
	struct session_items queue;
	size_t queue_bytes;
	struct session_items unsent; /* device: loaded, and then the budget had no room */
	size_t credit;
	bool front_ready;    /* offset and hash of the first of the queue are known */
	bool front_begun;    /* something of it was sent */
	bool front_resumes;  /* the other side told of it */
	size_t front_offset; /* bytes of it that need not be sent any more */
	uint8_t front_hash[16];
	bool has_resume;
	uint8_t resume_hash[16];
	uint64_t resume_offset;
	struct session_receipts receipts; /* hub: to tell; device: to keep */
	bool done_told;                   /* and not taken back */
	bool owe_cert, owe_ping, owe_pong, owe_close;
	bool in_flight; /* device: something was sent that wants an answer */

	/* session_budget.c */
	uint64_t may_send, may_receive; /* UINT64_MAX: no bound */
	uint64_t made;                  /* bytes that were put out, sent or not */
	bool is_spent;                  /* an item did not fit: no other is sent */
	bool spent_told, peer_spent;    /* SPENT went out; came */

	struct ph_session_counts counts;
};

/* session.c */
void ph_session_move(struct ph_session *session, enum ph_session_state next);
bool ph_session_is_over(const struct ph_session *session);
/*
 * End SESSION, once. The peer is told why where that helps it: never before transport
 * is up, and not after a frame that was altered under way.
 */
void ph_session_fail(struct ph_session *session, enum ph_session_failure failure);
/* Device: preamble and message 1 with HELLO in it, to the holder of `peer`. 0; -EDQUOT, -ENOMEM, -EINVAL. */
int ph_session_call(struct ph_session *session, struct ph_view hello);
/* The same for the return code of something that can only lack memory. */
void ph_session_fail_rc(struct ph_session *session, int rc);
void ph_session_settle(struct ph_session *session);
void ph_session_end_noise(struct ph_session *session);

/* session_item.c */
/*
 * Room for EXTRA more bytes in BODY, which will be TOTAL long: at most doubled, and
 * never more than TOTAL. 0 or -ENOMEM.
 */
int ph_session_grow(struct ph_buf *body, size_t extra, size_t total);
/* Add a list of items. */
void ph_session_items_put(struct session_items *items, struct ph_item *item);
struct ph_item *ph_session_items_take(struct session_items *items);
/* Bytes of a list of items. */
size_t ph_session_items_memory(const struct ph_item *item);
/* Keep RECEIPT, in place of an older one for the same head and level. 0 or -ENOMEM. */
int ph_session_receipt_put(struct session_receipts *receipts,
			   const struct ph_short_receipt *receipt);
/* A new job; ROOM: receipts it can hold. NULL: no memory. */
struct ph_job *ph_session_job_new(enum ph_job_type type, unsigned room);
size_t ph_session_job_memory(const struct ph_job *job);

/* session_greet.c */
/*
 * Hub: make the HELLO job of BYTES, the hello, and CERT behind it (may be empty);
 * takes BYTES. Fails SESSION if there is something wrong with them.
 */
void ph_session_greet(struct ph_session *session, struct ph_buf *bytes,
		      struct ph_view cert);
/* Device: the same for the welcome. */
void ph_session_welcomed(struct ph_session *session, struct ph_buf *bytes);
void ph_session_give_hello(struct ph_session *session, struct ph_job *job);
/* Take over the partial segment that a HELLO job brought. */
/* The link of this device breaks: frames of 1 KiB at most, the first of any length. Before transport; then for those that are to come. */
void ph_session_shorten_frames(struct ph_session *session);
void ph_session_keep_partial(struct ph_session *session, struct ph_job *job);

/* session_job.c */
/* Is something out, or waiting to be taken (LOAD aside)? */
bool ph_session_has_jobs(const struct ph_session *session);

/* session_meet.c */
/* Whether CONFIG is whole, as far as it is to meet a sibling. */
bool ph_session_may_meet(const struct ph_session_config *config);
enum ph_preamble_kind ph_session_kind(const struct ph_session *session);
/* Calling a sibling: ask who listens, with HELLO to be told later. 0 or -ENOMEM. */
int ph_session_ask(struct ph_session *session, struct ph_view hello);
/* Take its answer off IN; false if it is not whole, or none. */
bool ph_session_take_shown(struct ph_session *session, struct ph_view *in);
/* The JUDGE job came back. */
void ph_session_judged(struct ph_session *session, const struct ph_job *job);
/* Answering: whether IN begins with the question; take it off, and show who we are; false: not whole, or none. */
bool ph_session_is_asked(const struct ph_session *session, struct ph_view in);
bool ph_session_take_question(struct ph_session *session, struct ph_view *in);
/* What a sibling may tell, and what it may send, beside what a hub or its device may. */
bool ph_session_hello_suits(const struct ph_session *session,
			    const struct ph_hello *hello);
bool ph_session_welcome_suits(const struct ph_session *session,
			      const struct ph_welcome *welcome);
bool ph_session_message_suits(const struct ph_session *session,
			      enum ph_message_type type);

/* session_message.c */
void ph_session_on_message(struct ph_session *session, const struct ph_message *message);

/* session_budget.c */
bool ph_session_is_bounded(const struct ph_session *session);
/* Bytes that may still be put out; UINT64_MAX: any. */
uint64_t ph_session_left(const struct ph_session *session);
/* The longest plaintext of a frame that they allow. */
size_t ph_session_frame_limit(const struct ph_session *session);
/* The longest body of an item that they allow, beside what must follow it. */
size_t ph_session_fit(const struct ph_session *session);
/* Send no more items; the same where there is room for none, of whatever size. */
void ph_session_spend_out(struct ph_session *session);
void ph_session_check_budget(struct ph_session *session);
/*
 * Whether the first item of the queue, of which it is known where it begins, may begin, behind
 * PLAIN bytes in its frame; what the other side holds of it is not counted. If not: spent out.
 */
bool ph_session_affords_front(struct ph_session *session, size_t plain);
/* Hub: receipts wait until all is stored, so that the last ones still fit. */
bool ph_session_holds_receipts(const struct ph_session *session);
bool ph_session_affords_receipt(const struct ph_session *session, size_t plain,
				const struct ph_short_receipt *receipt);
/* Hub: from now on BUDGET holds (0: none), and WELCOME is without what does not fit. */
void ph_session_bound_welcome(struct ph_session *session, uint64_t budget,
			      struct ph_welcome *welcome);

/* session_send.c */
/* Make frames of what is due, while little waits to be sent. */
void ph_session_pump(struct ph_session *session);
/* Seal and frame PLAIN. false: SESSION failed. */
bool ph_session_seal(struct ph_session *session, struct ph_view plain);
/* With session->why behind it. */
void ph_session_send_refuse(struct ph_session *session, enum ph_status status);
/* The next handshake message, with PAYLOAD in it. false: SESSION failed. */
bool ph_session_send_handshake(struct ph_session *session, struct ph_view payload);
/* Both sides, after the second handshake message. */
void ph_session_start_transport(struct ph_session *session);

#endif

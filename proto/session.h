/*
 * proto/session.h - one session between a device and its hub, sans I/O.
 *
 *   device                                        hub
 *     -> preamble, message 1: hello, first segments
 *     <- message 2: welcome: heads, receipts
 *     -> segments, parts, DONE     <- segments, parts, pages, receipts, DONE
 *     -> CLOSE
 *
 * Bytes go in by ph_session_receive() and come out by ph_session_output(). What
 * needs storage comes out as a job (ph_session_take_job()); its owner carries it out,
 * at once or on another thread, and hands it back (ph_session_give_job()). Time is an
 * argument. Nothing here knows a socket, a clock or a database, so the same code runs
 * under libuv, in a simulator and under a fuzzer.
 *
 * Two devices of one site speak the same, where `is_sibling` is set: who calls asks first who
 * listens, and goes on only with the holder of a certificate that its store approves; each
 * tells by hello and welcome how far it holds the logs of the site, and sends what the other
 * lacks. No epoch, no time, no receipt, no page: none of that is a sibling's to give
 * (session_meet.c).
 *
 * Effects: uploads of message 1 are stored (they are idempotent); everything else
 * that a session changes waits for the first authenticated transport frame, since
 * message 1 can be replayed by anybody who recorded it.
 */
#ifndef PH_PROTO_SESSION_H
#define PH_PROTO_SESSION_H

#include "common/base/limits.h"
#include "common/base/rng.h"
#include "proto/message.h"

enum ph_side {
	PH_SIDE_DEVICE, /* it calls */
	PH_SIDE_HUB     /* it answers; also a device of the same site */
};

enum ph_session_state {
	PH_SESSION_START, /* device: nothing sent; hub: waiting for preamble and message 1 */
	PH_SESSION_HELLO, /* device: waiting for message 2; hub: hello is with the store */
	PH_SESSION_TRANSFER, /* both directions open */
	PH_SESSION_CLOSING, /* device: CLOSE is queued; hub: CLOSE came, last job is out */
	PH_SESSION_CLOSED,  /* orderly end: everything told was dealt with */
	PH_SESSION_FAILED,  /* see ph_session_failure() */
};

/* The one table of them, of sessions and of exchanges with couriers (courier.h). */
bool ph_session_state_leads_to(enum ph_session_state state, enum ph_session_state next);
bool ph_session_state_is_last(enum ph_session_state state);

enum ph_session_failure {
	PH_FAIL_NONE = 0,
	PH_FAIL_HANDSHAKE, /* not our peer, wrong key, altered */
	PH_FAIL_PROTOCOL,  /* authenticated, but breaks the protocol or a limit */
	PH_FAIL_REFUSED,   /* the peer said why: ph_session_status() */
	PH_FAIL_TIMEOUT,   /* first byte, handshake, drip or idle time */
	PH_FAIL_CUT,       /* the stream ended before CLOSE */
	PH_FAIL_STORE,     /* our own store failed: nothing more may be acknowledged */
	PH_FAIL_MEMORY,
	PH_FAIL_BUDGET, /* not one more byte may be sent, or the hub sent more than it may */
};

/* The longest body of a segment that fits the window of a session. */
#define PH_SEGMENT_TRAVEL_MAX                                                            \
	(PH_WINDOW - PH_ITEM_CREDIT < PH_SEGMENT_PLAIN_MAX ? PH_WINDOW - PH_ITEM_CREDIT  \
							   : PH_SEGMENT_PLAIN_MAX)

/*
 * What travels: a segment, the sealed part of one entry, or (down only) a page of the
 * feed; or a packed segment, with parts of its entries in it (proto/pack_item.h); or what the hub
 * has devices keep for it (common/log/keep.h), down, and up when it asks for what it lost.
 */
enum ph_item_type {
	PH_ITEM_SEGMENT,
	PH_ITEM_PART,
	PH_ITEM_PAGE,
	PH_ITEM_PACKED,
	PH_ITEM_KEEP
};
struct ph_item {
	enum ph_item_type type;
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t first, last; /* PART: first = last = n */
	uint8_t seal[PH_SIGNATURE_SIZE];
	uint8_t seed[PH_SEED_SIZE];
	uint8_t mark[PH_KEEP_MARK_SIZE]; /* KEEP */
	/* of a part: no seed is in it, and the body is the seed sealed to the hub
	 * (PH_SEED_BOX_SIZE bytes) and the ciphertext */
	bool is_boxed;
	/* segment body, plain fields of the part, the page, the packed segment, or the cipher */
	struct ph_buf body;
	size_t n_parts; /* PACKED, where it was packed: parts that are in it */
	struct ph_item *next;
};
struct ph_item *ph_item_new(enum ph_item_type type); /* NULL: no memory */
/* The most bytes that the body of an item may have to travel. */
size_t ph_item_max(enum ph_item_type type);
/* Frees the whole list from ITEM on; bodies are wiped. NULL is fine. */
void ph_items_free(struct ph_item *item);
/*
 * The front of a segment, or of a page, whose rest a cut kept away, as hub and device keep
 * it for the next session.
 */
struct ph_unfinished {
	struct ph_item
		*item; /* its body is what came, at least one byte; NULL: there is none */
	size_t total;  /* of the body, once it is whole */
	uint8_t hash[16]; /* what it says it will be */
};
void ph_unfinished_deinit(struct ph_unfinished *unfinished);
/* Whether what came of such an item may be gone on with in another session. */
bool ph_item_resumes(enum ph_item_type type);
/* The segment an item holds; its body, as it travels, borrows the item's. */
void ph_item_segment(const struct ph_item *item, struct ph_segment *segment_out);
/* The name of a segment or page, as the message that begins it has it; zeros of the others, which have none. */
void ph_item_hash(const struct ph_item *item, uint8_t hash_out[static 16]);

enum ph_job_type {
	/*
	 * Hub, or sibling. In: peer_key, hello (borrowing bytes; with the certificate once the device
	 * was asked for it), items: the segments of message 1 (log ids filled in from the
	 * heads). Do: find or admit the device, store the items, commit. Out: welcome (all
	 * but partial and done), partial (what an earlier session left, if any; ownership
	 * passes), more: whether LOAD would give something; bad as in STORE.
	 */
	PH_JOB_HELLO,
	/*
	 * Device. In: welcome (receipts included; borrowing bytes). Do: check heads
	 * against the own chain, keep receipts and time. Out: more.
	 */
	PH_JOB_WELCOME,
	/*
	 * Both. In: items. Do: verify, store, commit. Out: receipts to tell (hub), more.
	 * An item that does not fit (gap, forged) sets bad: the session is refused with
	 * PH_STATUS_PROTOCOL, what fitted stays. One that the hub cannot take now sets
	 * later: likewise, with PH_STATUS_LATER.
	 */
	PH_JOB_STORE,
	/*
	 * Both. In: budget in body bytes. Out: items, at most so much of them (the first
	 * may be larger), and more. No items means no more, whatever more says.
	 */
	PH_JOB_LOAD,
	/* Device. In: receipts. Do: make bodies, verify, keep. Out: more (missing parts). */
	PH_JOB_RECEIPT,
	/*
	 * Hub. The peer proved to be live (first transport frame): now last-heard, counter
	 * and cursor may be written.
	 */
	PH_JOB_HEARD,
	/*
	 * Calling a sibling. In: bytes: the certificate that was shown. Out: welcome.status,
	 * and peer_key: the static in it. Other than PH_STATUS_OK ends the session, and
	 * nothing was told.
	 */
	PH_JOB_JUDGE,
};

/*
 * `result` is 0, or a negative errno which ends the session (PH_FAIL_STORE). `more`
 * says that LOAD would now give something; the session then asks for it.
 */
struct ph_job {
	enum ph_job_type type;
	int result;
	bool bad;
	bool later;
	enum ph_why why; /* hub, STORE out, with later: to be told */
	bool more;
	uint8_t peer_key[PH_KEY_SIZE]; /* hub: static key of the device, authenticated */
	struct ph_buf bytes;           /* what hello or welcome borrow from */
	struct ph_hello hello;
	struct ph_welcome welcome; /* welcome.receipt is RECEIPT */
	struct ph_item *items;     /* owned; in: to store; out: loaded */
	size_t budget;
	/*
	 * LOAD, where every byte is paid for: no item is larger than this, the first included;
	 * of one that cannot be made so small nothing is given, and more is set. 0: no bound.
	 */
	size_t fit;
	struct ph_unfinished partial; /* HELLO out */
	/*
	 * Hub, HELLO out: the last session of this device broke off, so frames are short. The
	 * owner may know, need not; a hello that tells of a front says so by itself.
	 */
	bool breaks;
	/*
	 * RECEIPT: in. STORE at the hub: out. Owned, with room for one for each head of
	 * the hello; NULL in jobs that carry none.
	 */
	struct ph_short_receipt *receipt;
	unsigned n_receipts;
	unsigned room;       /* receipts that RECEIPT has memory for */
	struct ph_job *next; /* the owner's, for its queue */
	void *owner;         /* the owner's */
};
/* Free JOB and all it owns; secrets are wiped. NULL is fine. */
void ph_job_free(struct ph_job *job);

struct ph_session_config {
	enum ph_side side;
	struct ph_rng rng;
	const struct ph_box_pair
		*keys;   /* own Noise static; borrowed while the session lives */
	unsigned n_keys; /* a hub's that was in use before: so many in all; 0: 1 */
	bool is_sibling; /* the other is, or has to be, a device of the same site */
	/*
	 * Bytes of a transport frame's body that we make at most, 256 to PH_FRAME_MAX; 0: 4096.
	 * A hub makes none above 1,024 to a device whose link breaks (struct ph_job, breaks).
	 */
	size_t frame_max;
	/* device only; unused to call a sibling */
	uint8_t hub_key[PH_KEY_SIZE];
	/*
	 * Borrowed until ph_session_new() returns; its segments are the first flight. It
	 * is lost whole when the link is cut in it: keep it small on bad links.
	 */
	const struct ph_hello *hello;
	/*
	 * If the hello tells of it: the front that an earlier session left; else NULL or empty.
	 * Taken over, and empty then, when ph_session_new() gives 0.
	 */
	struct ph_unfinished *partial;
	/* Bytes that we may put on the stream at most; 0: no bound. What the hub may, the hello tells. */
	uint64_t may_send;
	/*
	 * For a hub that asks for it, and may be empty. Of a sibling that answers: shown to
	 * whoever asks who listens; who calls has its own in the hello. Borrowed until
	 * ph_session_new() returns.
	 */
	struct ph_view cert;
	/* milliseconds; 0: the default of limits.h */
	unsigned first_byte_ms, handshake_ms, idle_ms;
};

struct ph_session;

/*
 * NOW_MS: any monotonic milliseconds, the same everywhere. 0; -EINVAL; -ENOMEM; -EDQUOT:
 * message 1 alone is more than we may send.
 */
int ph_session_new(struct ph_session **session_out,
		   const struct ph_session_config *config, uint64_t now_ms);
/* NULL is fine. Jobs taken and not given back stay the owner's: free them with ph_job_free(). */
void ph_session_free(struct ph_session *session);

/* Bytes from the peer, any amount. After a failure the session is FAILED and output may hold a REFUSE. */
void ph_session_receive(struct ph_session *session, struct ph_view bytes,
			uint64_t now_ms);
/* The peer's stream has ended. */
void ph_session_eof(struct ph_session *session);
/* The bytes to send, borrowed; ph_session_sent() drops LEN of them. */
struct ph_view ph_session_output(struct ph_session *session);
void ph_session_sent(struct ph_session *session, size_t len, uint64_t now_ms);
/*
 * The next job to carry out, now the caller's; NULL if none. At most one of each type is
 * out at a time, but when a link broke, or may have (ph_session_hurry()): then a STORE of
 * what had come whole may follow one that is out. It has to be carried out behind that, and before the HELLO of the
 * device's next session, which would be told less than is held.
 */
struct ph_job *ph_session_take_job(struct ph_session *session);
/* Hand a finished job back; the session frees it. */
void ph_session_give_job(struct ph_session *session, struct ph_job *job, uint64_t now_ms);
/* Let time pass: time-outs, keep-alive. */
void ph_session_tick(struct ph_session *session, uint64_t now_ms);
/* When ph_session_tick() is next needed, in the same milliseconds. */
uint64_t ph_session_deadline(const struct ph_session *session);
/*
 * false while nothing can sensibly come from the peer: the hello is with the store, or
 * the session is over. Credit bounds what a peer can send, so nothing else has to.
 */
bool ph_session_wants_input(const struct ph_session *session);

enum ph_session_state ph_session_state(const struct ph_session *session);
enum ph_session_failure ph_session_failure(const struct ph_session *session);
/* Why it was refused; PH_STATUS_LATER also when the hub took nothing of this device, but served it. */
enum ph_status ph_session_status(const struct ph_session *session);
/* What was told beside that status; PH_WHY_NONE: nothing that is known here. */
enum ph_why ph_session_why(const struct ph_session *session);
/* Something was left for another session, by us or by the hub, since the budget had no room for it. */
bool ph_session_is_short(const struct ph_session *session);
/* The same, and whose share it was: ours, the peer's. */
void ph_session_short_sides(const struct ph_session *session, bool *ours_out,
			    bool *peers_out);
/*
 * Device: what LOAD jobs gave and then the budget had no room for, of which not a byte was sent;
 * a list that SESSION owns, until it is freed. NULL: nothing.
 */
const struct ph_item *ph_session_unsent(const struct ph_session *session);
/* Hub: static key of the peer; NULL before the handshake. */
const uint8_t *ph_session_peer(const struct ph_session *session);
/*
 * After a cut, or when a budget kept something back (ph_session_is_short()), and when no job is
 * out: what came of an unfinished segment, or (device) page; ownership passes. That of an earlier
 * session is given back if nothing took its place. false if there is none.
 */
bool ph_session_take_partial(struct ph_session *session,
			     struct ph_unfinished *partial_out);

/*
 * Hub: the device of SESSION has begun another one, so its link may have broken unnoticed.
 * The next job is then a STORE of what came whole, if something waits.
 */
void ph_session_hurry(struct ph_session *session);
/*
 * The same: a copy of what came of a segment that is not whole, to go on with in the other
 * session; nothing if it is longer than a packed segment can be. SESSION goes on, since
 * the other device has not proved to be live yet. 0 or -ENOMEM.
 */
int ph_session_copy_partial(const struct ph_session *session,
			    struct ph_unfinished *partial_out);

struct ph_session_counts {
	uint64_t bytes_in, bytes_out; /* of the stream */
	uint64_t items_in, items_out, receipts;
	uint64_t round_trips; /* device: flights it had to wait for */
	uint64_t resumed_in,
		resumed_out; /* bytes that were there of items gone on with */
	size_t memory;       /* bytes held now, those of jobs that are out included */
};
void ph_session_counts(const struct ph_session *session,
		       struct ph_session_counts *counts_out);

#endif

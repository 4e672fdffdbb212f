/*
 * proto/session_message.c - what each message does when it comes in.
 *
 * The table at the end says which message may come to whom in which state. Items grow
 * as their bytes come, paid from the credit that we gave, and wait for STORE when they
 * are whole.
 *
 * Whatever is wrong though authenticated (a state, a limit, more than our credit, a
 * count that cannot be, a segment whose hash is another) ends in PH_FAIL_PROTOCOL and
 * a REFUSE.
 */
#include "proto/session_internal.h"

#include <string.h>

static void fail_protocol(struct ph_session *session)
{
	ph_session_fail(session, PH_FAIL_PROTOCOL);
}

/* ---- items ---- */

/* Charge LEN bytes to what we allowed the peer. */
static bool charge(struct ph_session *session, size_t len)
{
	if (len > session->peer_credit) {
		fail_protocol(session);
		return false;
	}
	session->peer_credit -= len;
	session->open_charge += len;
	return true;
}

static bool is_hash_right(const struct ph_session *session)
{
	uint8_t hash[16];

	if (!ph_item_resumes(session->open->type)) {
		return true; /* it has its own: the commitment of its entry, or a tag */
	}
	ph_item_hash(session->open, hash);
	return memcmp(hash, session->open_hash, sizeof(hash)) == 0;
}

/*
 * A front that we kept may have gone bad here. A hub that says so has the device send it
 * whole; a device, which nobody asks, hangs up and comes again without it.
 */
static void item_wrong(struct ph_session *session)
{
	if (session->side == PH_SIDE_HUB || !session->open_resumed) {
		fail_protocol(session);
		return;
	}
	ph_items_free(session->open);
	session->open = NULL;
	ph_session_fail(session, PH_FAIL_CUT);
}

static void item_whole(struct ph_session *session)
{
	if (!is_hash_right(session)) {
		item_wrong(session);
		return;
	}
	ph_session_items_put(&session->store, session->open);
	session->open = NULL;
	session->store_charge += session->open_charge;
	session->store_count++;
	session->counts.items_in++;
}

static void put_chunk(struct ph_session *session, struct ph_view chunk)
{
	struct ph_item *item = session->open;

	if (chunk.len > session->open_total - item->body.len) {
		fail_protocol(session);
		return;
	}
	if (!charge(session, chunk.len)) {
		return;
	}

	int rc = ph_session_grow(&item->body, chunk.len, session->open_total);

	if (rc == 0) {
		rc = ph_buf_put_view(&item->body, chunk);
	}
	if (rc != 0) {
		ph_session_fail_rc(session, rc);
	} else if (item->body.len == session->open_total) {
		item_whole(session);
	}
}

/* Another item may begin, and is paid for; else SESSION failed. */
static bool begin_item(struct ph_session *session)
{
	session->open_charge = 0;
	session->peer_done = false;
	if (session->side == PH_SIDE_HUB) {
		session->done_told = false; /* it counted fewer items */
	}
	return charge(session, PH_ITEM_CREDIT);
}

/* ITEM, which will be TOTAL bytes long and have HASH, is open. */
static void open_item(struct ph_session *session, struct ph_item *item, size_t total,
		      const uint8_t hash[static 16])
{
	session->open = item;
	session->open_total = total;
	session->open_resumed = item->body.len > 0;
	memcpy(session->open_hash, hash, sizeof(session->open_hash));
}

static enum ph_item_type type_of(enum ph_message_type type)
{
	return type == PH_MSG_SEGMENT  ? PH_ITEM_SEGMENT
	       : type == PH_MSG_PART   ? PH_ITEM_PART
	       : type == PH_MSG_PACKED ? PH_ITEM_PACKED
	       : type == PH_MSG_KEEP   ? PH_ITEM_KEEP
				       : PH_ITEM_PAGE;
}

static void on_item(struct ph_session *session, const struct ph_message *message)
{
	enum ph_item_type type = type_of(message->type);

	if (session->open != NULL || message->total > ph_item_max(type)) {
		fail_protocol(session);
		return;
	}
	if (!begin_item(session)) {
		return;
	}

	struct ph_item *item = ph_item_new(type);

	if (item == NULL) {
		ph_session_fail(session, PH_FAIL_MEMORY);
		return;
	}
	memcpy(item->log_id, message->log_id, sizeof(item->log_id));
	item->first = message->first;
	item->last = message->last;
	if (type == PH_ITEM_SEGMENT || type == PH_ITEM_PACKED) {
		memcpy(item->seal, message->seal, sizeof(item->seal));
		if (session->side ==
		    PH_SIDE_HUB) { /* the device goes on with another one */
			ph_unfinished_deinit(&session->partial);
		}
	} else if (type == PH_ITEM_PART) {
		memcpy(item->seed, message->seed, sizeof(item->seed));
		item->is_boxed = message->form == PH_PART_FORM_BOX;
	} else if (type == PH_ITEM_KEEP) {
		memcpy(item->mark, message->mark, sizeof(item->mark));
	}
	open_item(session, item, (size_t)message->total, message->hash);
	put_chunk(session, message->chunk);
}

/* The rest of what an earlier session began. */
static void on_resume(struct ph_session *session, const struct ph_message *message)
{
	struct ph_unfinished *partial = &session->partial;

	if (session->open != NULL || partial->item == NULL) {
		fail_protocol(session);
		return;
	}
	if (!begin_item(session)) {
		return;
	}
	session->counts.resumed_in += partial->item->body.len;
	open_item(session, partial->item, partial->total, partial->hash);
	partial->item = NULL;
	put_chunk(session, message->chunk);
}

static void on_more(struct ph_session *session, const struct ph_message *message)
{
	if (session->open == NULL) {
		fail_protocol(session);
		return;
	}
	put_chunk(session, message->chunk);
}

/* ---- other messages ---- */

static void on_receipt(struct ph_session *session, const struct ph_message *message)
{
	if (message->receipt.index >= session->n_receipted) {
		fail_protocol(session);
		return;
	}
	session->counts.receipts++;
	ph_session_fail_rc(session,
			   ph_session_receipt_put(&session->receipts, &message->receipt));
}

static void on_done(struct ph_session *session, const struct ph_message *message)
{
	if (session->open != NULL || message->count > session->counts.items_out) {
		fail_protocol(session);
		return;
	}
	session->peer_done = true;
	session->peer_done_items = message->count;
}

static void on_credit(struct ph_session *session, const struct ph_message *message)
{
	if (message->count > PH_WINDOW - session->credit) {
		fail_protocol(session);
		return;
	}
	session->credit += (size_t)message->count;
}

static void on_cert(struct ph_session *session, const struct ph_message *message)
{
	if (!session->cert_asked || session->hello.len == 0) {
		fail_protocol(session);
		return;
	}

	struct ph_buf hello = session->hello;

	session->hello = (struct ph_buf){ 0 };
	ph_session_greet(session, &hello, message->chunk);
}

static void on_welcome(struct ph_session *session, const struct ph_message *message)
{
	struct ph_buf bytes = { 0 };
	int rc = ph_buf_put_view(&bytes, message->chunk);

	if (!session->cert_asked || session->owe_cert) {
		fail_protocol(session);
	} else if (rc != 0) {
		ph_session_fail_rc(session, rc);
	} else {
		ph_session_welcomed(session, &bytes);
	}
	ph_buf_wipe(&bytes);
}

static void on_refuse(struct ph_session *session, const struct ph_message *message)
{
	session->status = (enum ph_status)message->count;
	ph_session_fail(session, PH_FAIL_REFUSED);
}

static void on_ping(struct ph_session *session, const struct ph_message *message)
{
	(void)message;
	session->owe_pong = true;
}

static void on_pong(struct ph_session *session, const struct ph_message *message)
{
	(void)session;
	(void)message;
}

static void on_spent(struct ph_session *session, const struct ph_message *message)
{
	(void)message;
	if (session->may_receive == UINT64_MAX) {
		fail_protocol(session); /* we told no budget */
		return;
	}
	session->peer_spent = true;
}

static void on_close(struct ph_session *session, const struct ph_message *message)
{
	(void)message;
	/* It says that the device holds all we sent: not before we said that this was all. */
	if (session->open != NULL || !session->done_told) {
		fail_protocol(session);
		return;
	}
	ph_session_move(session, PH_SESSION_CLOSING);
}

#define AT(state) (1u << PH_SESSION_##state)
#define TO(side)  (1u << PH_SIDE_##side)
#define TO_BOTH   (TO(DEVICE) | TO(HUB))
static const struct {
	unsigned states, sides;
	void (*on)(struct ph_session *session, const struct ph_message *message);
} rules[] = {
	[PH_MSG_SEGMENT] = { AT(TRANSFER), TO_BOTH, on_item },
	[PH_MSG_PART] = { AT(TRANSFER), TO_BOTH, on_item },
	[PH_MSG_MORE] = { AT(TRANSFER), TO_BOTH, on_more },
	[PH_MSG_RECEIPT] = { AT(TRANSFER), TO(DEVICE), on_receipt },
	[PH_MSG_DONE] = { AT(TRANSFER), TO_BOTH, on_done },
	[PH_MSG_CREDIT] = { AT(TRANSFER), TO_BOTH, on_credit },
	[PH_MSG_CERT] = { AT(HELLO), TO(HUB), on_cert },
	[PH_MSG_WELCOME] = { AT(HELLO), TO(DEVICE), on_welcome },
	[PH_MSG_REFUSE] = { AT(HELLO) | AT(TRANSFER), TO_BOTH, on_refuse },
	[PH_MSG_PING] = { AT(HELLO) | AT(TRANSFER), TO_BOTH, on_ping },
	[PH_MSG_PONG] = { AT(HELLO) | AT(TRANSFER), TO_BOTH, on_pong },
	[PH_MSG_CLOSE] = { AT(TRANSFER), TO(HUB), on_close },
	[PH_MSG_PAGE] = { AT(TRANSFER), TO(DEVICE), on_item },
	[PH_MSG_PACKED] = { AT(TRANSFER), TO_BOTH, on_item },
	[PH_MSG_SPENT] = { AT(TRANSFER), TO(DEVICE), on_spent },
	[PH_MSG_RESUME] = { AT(TRANSFER), TO_BOTH, on_resume },
	[PH_MSG_WHY] = { 0, 0, NULL }, /* is read with the REFUSE before it */
	[PH_MSG_KEEP] = { AT(TRANSFER), TO_BOTH, on_item },
};

void ph_session_on_message(struct ph_session *session, const struct ph_message *message)
{
	unsigned state = 1u << session->state;
	unsigned side = 1u << session->side;

	if ((rules[message->type].states & state) == 0 ||
	    (rules[message->type].sides & side) == 0 ||
	    !ph_session_message_suits(session, message->type)) {
		fail_protocol(session);
		return;
	}
	rules[message->type].on(session, message);
}

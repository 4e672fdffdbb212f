/*
 * proto/session_budget.c - what a session may cost, where every byte is paid for.
 *
 * Each side has its own share, so that neither has to know what the other has on the way:
 * the device's is in its configuration, the hub's is the budget that the hello tells. All
 * that is put on the stream counts, message 1 and 2 included, and no frame is made that
 * goes over. An item is begun only if all of it fits that the other side does not hold from an
 * earlier session, with what must follow it: DONE and CLOSE, and at the hub the receipts. The first that does not fit ends what this side
 * sends; DONE then says so as if there were no more, the hub after SPENT.
 *
 * Nothing at all fits any more (a peer that asks and asks): PH_FAIL_BUDGET. So does a hub
 * end that sends more than it was told.
 */
#include "proto/session_internal.h"

enum {
	FRAME_AROUND = 2 + PH_NOISE_TAG_LEN,
	ITEM_AROUND = 144, /* of the message that begins an item, at most */
	MORE_AROUND = 8,
	FRAME_WASTE = 64, /* at most, of a frame's room that a chunk leaves empty */
	ENDS = 128,       /* SPENT, DONE, CLOSE, PONG, in frames of their own */
	RECEIPT = 128,    /* in a frame of its own, but for what it lists as missing */
	WELCOME_LEAST = 64,
};

static bool is_bounded(const struct ph_session *session)
{
	return session->may_send != UINT64_MAX;
}

bool ph_session_is_bounded(const struct ph_session *session)
{
	return is_bounded(session);
}

uint64_t ph_session_left(const struct ph_session *session)
{
	if (!is_bounded(session)) {
		return UINT64_MAX;
	}
	return session->may_send > session->made ? session->may_send - session->made : 0;
}

size_t ph_session_frame_limit(const struct ph_session *session)
{
	uint64_t left = ph_session_left(session);

	left = left > FRAME_AROUND ? left - FRAME_AROUND : 0;
	return left < PH_FRAME_MAX ? (size_t)left : PH_FRAME_MAX;
}

/* What must still be sent, whatever is sent before it. */
static uint64_t reserve(const struct ph_session *session)
{
	return ENDS +
	       (session->side == PH_SIDE_HUB ? session->n_heads * (uint64_t)RECEIPT : 0);
}

static size_t chunk_least(const struct ph_session *session)
{
	return session->frame_max - PH_NOISE_TAG_LEN - MORE_AROUND - FRAME_WASTE;
}

/* A first frame that is shorter makes for one more. */
static uint64_t short_first(const struct ph_session *session)
{
	bool is_short =
		session->frame_first != 0 && session->frame_first < session->frame_max;

	return is_short ? FRAME_AROUND + MORE_AROUND : 0;
}

size_t ph_session_fit(const struct ph_session *session)
{
	uint64_t left = ph_session_left(session);
	uint64_t fixed = reserve(session) + ITEM_AROUND + short_first(session) +
			 3 * (FRAME_AROUND + MORE_AROUND);
	uint64_t chunk = chunk_least(session);

	if (!is_bounded(session)) {
		return SIZE_MAX;
	}
	return left <= fixed ? 0
			     : (size_t)((left - fixed) * chunk /
					(chunk + FRAME_AROUND + MORE_AROUND));
}

void ph_session_spend_out(struct ph_session *session)
{
	struct ph_item *left = ph_session_items_take(&session->queue);

	if (session->side == PH_SIDE_DEVICE && left != NULL) {
		ph_session_items_put(&session->unsent, left);
	} else {
		ph_items_free(left);
	}
	session->queue_bytes = 0;
	session->front_ready = false;
	session->more = session->more_again = false;
	session->is_spent = true;
}

void ph_session_check_budget(struct ph_session *session)
{
	if (session->ready && session->more && session->queue.first == NULL &&
	    ph_session_fit(session) == 0) {
		ph_session_spend_out(session);
	}
}

bool ph_session_affords_front(struct ph_session *session, size_t plain)
{
	const struct ph_item *item = session->queue.first;
	size_t room = ph_session_fit(session);

	if (!is_bounded(session) || session->front_begun) {
		return true;
	}
	/* what the other side holds of it need not go again */
	if (item->body.len - session->front_offset + plain <= room) {
		return true;
	}
	ph_session_spend_out(session);
	return false;
}

bool ph_session_holds_receipts(const struct ph_session *session)
{
	bool is_last = session->peer_done && session->open == NULL &&
		       session->store.first == NULL &&
		       (session->jobs_out & (1u << PH_JOB_STORE)) == 0;

	return is_bounded(session) && !is_last &&
	       ph_session_left(session) < 2 * reserve(session);
}

static uint64_t receipt_size(const struct ph_short_receipt *receipt)
{
	return RECEIPT + 9 * (uint64_t)receipt->n_missing;
}

bool ph_session_affords_receipt(const struct ph_session *session, size_t plain,
				const struct ph_short_receipt *receipt)
{
	return !is_bounded(session) ||
	       plain + receipt_size(receipt) + ENDS <= ph_session_left(session);
}

void ph_session_bound_welcome(struct ph_session *session, uint64_t budget,
			      struct ph_welcome *welcome)
{
	uint64_t left;
	uint64_t need;

	if (budget == 0) {
		return;
	}
	session->may_send = budget > session->made ? budget : session->made;
	left = ph_session_left(session);
	/* message 2 with heads and the rest; then what can be told later */
	need = ENDS + 2 * WELCOME_LEAST + 48 * (uint64_t)welcome->n_heads;
	if (need + welcome->keylist.len > left) {
		welcome->keylist = PH_VIEW(NULL, 0);
	}
	need += welcome->keylist.len;
	for (unsigned i = 0; i < welcome->n_receipts; i++) {
		need += receipt_size(&welcome->receipt[i]);
		if (need > left) {
			welcome->n_receipts = i;
			break;
		}
	}
}

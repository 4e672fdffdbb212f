/*
 * client/site_unfinished.c - the front of an item that a cut kept the rest of.
 *
 * A link that dies before a whole item has come would never bring it. So its front is kept in
 * the store when a session with the hub was cut, the next hello tells of it, and the hub goes
 * on behind it. One at most; the newest. What is told is checked by its hash when it is whole.
 *
 * A packed segment may have readers' details in it, with the seeds to them, which the store
 * has only sealed to the desk key. The front is therefore sealed to that key, as long as it
 * lies in DIR/keys: what is left of it on the disk opens no more than they do once the desk
 * has a PIN. Where it has one, no front of a packed segment is kept, and others are sealed to
 * the device's own static key: after a cut in a packed one that is long the next hellos tell
 * no form, until a session was whole; then segments come plain, and parts one by one.
 *
 * It goes when the item is whole, a session is whole without it, a reader is erased (also if
 * that was carried out in the session that leaves it), the desk gets a PIN, or, with the next
 * session, when it is old. A session that a budget ended leaves it as it is. A hub of an
 * earlier version does not take the hello (WELCOME status VERSION): the next one is as
 * before, and for a day no front is told or kept.
 */
#include "client/site_unfinished.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "client/site_internal.h"
#include "common/ledger/erasing.h"

#define FORM         1
#define SECONDS_DAY  86400
#define SECONDS_HOUR 3600

/* In the clear, for `status`: bytes held, bytes in all. Behind them, sealed: all that is known, and the body. */
enum {
	OPEN_SIZE = 2 * 8,
	HEAD_SIZE = 1 + 1 + 8 + PH_LOG_ID_SIZE + 2 * 8 + PH_SIGNATURE_SIZE + 16 + 8,
	/* A packed segment that is shorter comes whole over nearly every link. */
	PACKED_SHORT = 4096,
};

/* ---- bytes ---- */

static int put_head(struct ph_buf *out, const struct ph_unfinished *front, int64_t now)
{
	const struct ph_item *item = front->item;
	const uint8_t begin[2] = { FORM, (uint8_t)item->type };
	int rc = ph_buf_put(out, begin, sizeof(begin));

	rc = rc != 0 ? rc : ph_buf_put_be64(out, (uint64_t)now);
	rc = rc != 0 ? rc : ph_buf_put(out, item->log_id, sizeof(item->log_id));
	rc = rc != 0 ? rc : ph_buf_put_be64(out, item->first);
	rc = rc != 0 ? rc : ph_buf_put_be64(out, item->last);
	rc = rc != 0 ? rc : ph_buf_put(out, item->seal, sizeof(item->seal));
	rc = rc != 0 ? rc : ph_buf_put(out, front->hash, sizeof(front->hash));
	return rc != 0 ? rc : ph_buf_put_be64(out, front->total);
}

/* Who opens it: whoever opens the readers' details that lie here, as long as that is this folder. */
static const struct ph_box_pair *pair_of(const struct ph_site *site)
{
	return site->keys.desk_is_apart ? &site->keys.box : &site->keys.desk;
}

static int seal(const struct ph_site *site, const struct ph_unfinished *front,
		struct ph_buf *out)
{
	struct ph_buf plain = { 0 };
	int rc = put_head(&plain, front, ph_site_now(site));

	rc = rc != 0 ? rc : ph_buf_put_view(&plain, ph_buf_view(&front->item->body));
	rc = rc != 0 ? rc : ph_buf_put_be64(out, front->item->body.len);
	rc = rc != 0 ? rc : ph_buf_put_be64(out, front->total);
	rc = rc != 0 ? rc : ph_buf_reserve(out, plain.len + crypto_box_SEALBYTES);
	if (rc == 0 && crypto_box_seal(out->data + out->len, plain.data, plain.len,
				       pair_of(site)->key) != 0) {
		rc = -EINVAL;
	}
	if (rc == 0) {
		out->len += plain.len + crypto_box_SEALBYTES;
	}
	ph_buf_wipe(&plain);
	return rc;
}

/* PLAIN, of at least HEAD_SIZE bytes, into FRONT. 0; -EBADMSG: it makes none; -ENOMEM. */
static int read_front(struct ph_view plain, struct ph_unfinished *front,
		      int64_t *time_out)
{
	const uint8_t *at = plain.data;
	struct ph_item *item;

	if (at[0] != FORM || at[1] > PH_ITEM_PACKED || at[1] == PH_ITEM_PART) {
		return -EBADMSG;
	}
	item = ph_item_new((enum ph_item_type)at[1]);
	if (!item) {
		return -ENOMEM;
	}
	at += 2;
	*time_out = (int64_t)ph_be64_get(at);
	at += 8;
	memcpy(item->log_id, at, sizeof(item->log_id));
	at += sizeof(item->log_id);
	item->first = ph_be64_get(at);
	item->last = ph_be64_get(at + 8);
	at += 16;
	memcpy(item->seal, at, sizeof(item->seal));
	at += sizeof(item->seal);
	memcpy(front->hash, at, sizeof(front->hash));
	front->item = item;
	front->total = (size_t)ph_be64_get(at + sizeof(front->hash));
	return ph_buf_put(&item->body, plain.data + HEAD_SIZE, plain.len - HEAD_SIZE);
}

static bool is_whole(const struct ph_unfinished *front)
{
	return front->item->body.len > 0 && front->item->body.len < front->total &&
	       front->total <= ph_item_max(front->item->type);
}

/* 0; -EBADMSG: it is no front, or none of this device; another negative errno. */
static int unseal(const struct ph_site *site, struct ph_view sealed,
		  struct ph_unfinished *front, int64_t *time_out)
{
	struct ph_buf plain = { 0 };
	size_t len;
	int rc;

	if (sealed.len < OPEN_SIZE + crypto_box_SEALBYTES + HEAD_SIZE) {
		return -EBADMSG;
	}
	len = sealed.len - OPEN_SIZE - crypto_box_SEALBYTES;
	rc = ph_buf_reserve(&plain, len);
	if (rc == 0 && crypto_box_seal_open(plain.data, sealed.data + OPEN_SIZE,
					    sealed.len - OPEN_SIZE, pair_of(site)->key,
					    pair_of(site)->secret) != 0) {
		rc = -EBADMSG;
	}
	plain.len = rc == 0 ? len : 0;
	rc = rc != 0 ? rc : read_front(ph_buf_view(&plain), front, time_out);
	if (rc == 0 && !is_whole(front)) {
		rc = -EBADMSG;
	}
	if (rc != 0) {
		ph_unfinished_deinit(front);
	}
	ph_buf_wipe(&plain);
	return rc;
}

/* ---- the store ---- */

int ph_site_unfinished_drop(struct ph_site *site)
{
	return ph_journal_meta_drop(site->journal, PH_META_UNFINISHED);
}

int ph_site_unfinished_size(struct ph_site *site, uint64_t *held_out, uint64_t *total_out)
{
	struct ph_view open;
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(
		site->db, "SELECT substr(value, 1, 16) FROM meta WHERE name = ?1", &stmt);

	*held_out = *total_out = 0;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_text(stmt, 1, ph_view_str(PH_META_UNFINISHED));
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc;
	}
	open = ph_stmt_col_blob(stmt, 0);
	if (open.len == OPEN_SIZE) {
		*held_out = ph_be64_get(open.data);
		*total_out = ph_be64_get(open.data + 8);
	}
	ph_stmt_reset(stmt);
	return 0;
}

int ph_site_unfinished_load(struct ph_site *site, struct ph_unfinished *front,
			    int64_t *time_out)
{
	struct ph_buf sealed = { 0 };
	int rc = ph_journal_meta_get(site->journal, PH_META_UNFINISHED, &sealed);

	rc = rc != 0 ? rc : unseal(site, ph_buf_view(&sealed), front, time_out);
	ph_buf_wipe(&sealed);
	return rc;
}

static bool is_old(const struct ph_site *site, int64_t time, int64_t seconds)
{
	int64_t now = ph_site_now(site);

	/* one that seems to be of the future was kept by a clock that was wrong */
	return time > now + seconds || now - time > seconds;
}

static bool is_of_late(const struct ph_site *site, int64_t time)
{
	return time != 0 && !is_old(site, time, PH_UNFINISHED_NOT_HOURS * SECONDS_HOUR);
}

int ph_site_more_not_taken(struct ph_site *site, bool *not_out)
{
	int64_t time = 0;
	int rc = ph_journal_meta_get_int(site->journal, PH_META_FRONT_NOT, &time);

	/* a full disk may have kept it from being noted */
	*not_out =
		is_of_late(site, site->front_not) || (rc == 0 && is_of_late(site, time));
	return rc < 0 ? rc : 0;
}

/* Whether something was erased here since the hello. 0 or negative errno. */
static int has_erased(struct ph_site *site, bool *erased_out)
{
	int64_t mark;
	int rc = ph_erasing_mark(site->db, &mark);

	*erased_out = rc == 0 && mark != site->told_mark;
	return rc;
}

int ph_site_unfinished_tell(struct ph_site *site, struct ph_hello *hello,
			    struct ph_unfinished *front)
{
	int64_t plain = 0;
	int64_t time = 0;
	bool is_not = false;
	int rc = ph_site_plain(site, &plain);

	site->told_front = 0;
	hello->packs = hello->packs && (plain & PH_PLAIN_DOWN) == 0;
	rc = rc < 0 ? rc : ph_erasing_mark(site->db, &site->told_mark);
	rc = rc < 0 ? rc : ph_site_more_not_taken(site, &is_not);
	if (rc < 0 || is_not) {
		return rc;
	}
	rc = ph_site_unfinished_load(site, front, &time);
	if (rc != 0) { /* what does not open is removed when the session is over */
		return rc == -EBADMSG || rc > 0 ? 0 : rc;
	}
	if (is_old(site, time, PH_UNFINISHED_DAYS * SECONDS_DAY) ||
	    (front->item->type == PH_ITEM_PACKED && site->keys.desk_is_apart)) {
		ph_unfinished_deinit(front);
		return 0;
	}
	hello->has_partial = true;
	hello->partial_offset = front->item->body.len;
	memcpy(hello->partial_hash, front->hash, sizeof(hello->partial_hash));
	site->told_front = front->item->body.len;
	memcpy(site->told_hash, front->hash, sizeof(site->told_hash));
	return 0;
}

static bool is_as_told(const struct ph_site *site, const struct ph_unfinished *front)
{
	return site->told_front == front->item->body.len &&
	       memcmp(site->told_hash, front->hash, sizeof(site->told_hash)) == 0;
}

/* Whether FRONT is more than what was told, if that was of the same item; or nothing was. */
static bool is_more(const struct ph_site *site, const struct ph_unfinished *front)
{
	return site->told_front == 0 ||
	       (front->item->body.len > site->told_front &&
		memcmp(site->told_hash, front->hash, sizeof(site->told_hash)) == 0);
}

static int put(struct ph_site *site, const struct ph_unfinished *front, bool *grew_out)
{
	struct ph_buf sealed = { 0 };
	int rc;

	if (front->item->type == PH_ITEM_PACKED && site->keys.desk_is_apart) {
		rc = ph_site_unfinished_drop(site);
		return rc != 0 || front->total <= PACKED_SHORT
			       ? rc
			       : ph_site_plain_add(site, PH_PLAIN_DOWN);
	}
	rc = seal(site, front, &sealed);
	rc = rc != 0 ? rc
		     : ph_journal_meta_put(site->journal, PH_META_UNFINISHED,
					   ph_buf_view(&sealed));
	*grew_out = rc == 0 && is_more(site, front);
	ph_buf_wipe(&sealed);
	return rc;
}

/* A session is whole: what comes next may come packed. */
static int end_plain(struct ph_site *site)
{
	int64_t plain = 0;
	int rc = ph_site_plain(site, &plain);

	return rc != 0 || plain == 0
		       ? rc
		       : ph_journal_meta_put_int(site->journal, PH_META_PLAIN, 0);
}

static int keep(struct ph_site *site, const struct ph_unfinished *front, bool complete,
		bool is_refused, bool *grew_out)
{
	bool is_not = false;
	bool erased = false;
	int rc = complete ? end_plain(site) : 0;

	if (rc == 0 && is_refused) {
		rc = ph_journal_meta_put_int(site->journal, PH_META_FRONT_NOT,
					     ph_site_now(site));
	}
	rc = rc < 0 ? rc : ph_site_more_not_taken(site, &is_not);
	rc = rc < 0 ? rc : has_erased(site, &erased);
	if (rc < 0 || !front->item || is_not || erased) {
		return rc < 0 ? rc : ph_site_unfinished_drop(site);
	}
	return is_as_told(site, front) ? 0 : put(site, front, grew_out);
}

int ph_site_unfinished_keep(struct ph_site *site, const struct ph_unfinished *front,
			    bool complete, enum ph_status status,
			    struct ph_unfinished_kept *kept_out)
{
	bool is_refused =
		(site->told_front > 0 || site->told_keeps) && status == PH_STATUS_VERSION;
	bool grew = false;
	int rc = ph_db_begin(site->db);

	site->front_not = is_refused ? ph_site_now(site) : site->front_not;
	rc = rc != 0 ? rc : keep(site, front, complete, is_refused, &grew);
	rc = rc != 0 ? rc : ph_db_commit(site->db);
	if (rc != 0) {
		ph_site_roll_back(site);
	}
	*kept_out = (struct ph_unfinished_kept){ .grew = rc == 0 && grew,
						 .without_front = is_refused };
	return rc > 0 ? -EUCLEAN : rc;
}

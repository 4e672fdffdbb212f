/*
 * daemon/hub_rotate.c - other online keys for the hub.
 *
 * First all that can be refused, then the store (its logs are left with the next entry),
 * then the files, of which the key list is the one that counts (hub_keys.c). A rotation
 * that was broken off before it leaves a hub with its old keys, whose next entry opens
 * other logs all the same; that is harmless.
 */
#include "daemon/hub_rotate.h"

#include <errno.h>
#include <string.h>

#include "common/base/say.h"
#include "daemon/hub_collect.h"
#include "daemon/hub_witness.h"

/* --- what is closed --- */

/* Desk logs are not: no device can read one, and under a key that is named nowhere nobody takes any. */
struct closing {
	const struct ph_control *control;
	struct ph_keylist *list;
	bool is_full;
};

/* LOG, if it is of the control log, and of a key of ours that the list names no more. */
static int see_log(void *data, const struct ph_log *log)
{
	struct closing *closing = data;
	struct ph_keylist *list = closing->list;
	struct ph_head *closed;

	if (log->role != PH_ROLE_HUB || log->n == 0 || log->branch != 0 ||
	    !ph_control_has(closing->control, log->id) ||
	    ph_keylist_has_hub(list, log->key) || ph_keylist_closed(list, log->id)) {
		return 0;
	}
	if (list->n_closed == PH_KEYLIST_CLOSED_MAX) {
		closing->is_full = true;
		return 0;
	}
	closed = &list->closed[list->n_closed++];
	memcpy(closed->log_id, log->id, sizeof(closed->log_id));
	memcpy(closed->h, log->h, sizeof(closed->h));
	closed->n = log->n;
	return 0;
}

/* Older lists close desk logs as well: they take up no room here. 0 or negative errno. */
static int drop_desk_logs(struct ph_hub *hub, struct ph_keylist *list)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < list->n_closed; i++) {
		struct ph_log log;
		int rc = ph_journal_log_find(hub->journal, list->closed[i].log_id, &log);

		if (rc < 0) {
			return rc;
		}
		if (rc > 0 || ph_control_has(&hub->control, log.id)) {
			list->closed[kept++] = list->closed[i];
		}
	}
	list->n_closed = kept;
	return 0;
}

/* --- room --- */

/* N of MAX are used. */
static int check_one(unsigned n, unsigned max, const char *what, bool stolen,
		     struct ph_error *err)
{
	if (n + (stolen ? 0 : PH_HUB_ROOM_KEPT) < max) {
		return 0;
	}
	return stolen ? ph_fail(err, PH_EXIT_OTHER, -ENOSPC,
				ph_say("this hub has used all of its %u %s: its keys "
				       "cannot be replaced any more. If they are "
				       "stolen, leave it stopped, and begin a new "
				       "province (DRILLS, \"Sixteen control logs\")",
				       "máy chủ này đã dùng hết %u %s: không thay khóa "
				       "được nữa. Nếu khóa bị lộ, hãy để máy chủ dừng "
				       "và lập tỉnh mới (DRILLS, \"Sixteen control "
				       "logs\")"),
				max, what)
		      : ph_fail(err, PH_EXIT_OTHER, -ENOSPC,
				ph_say("this hub has used %u of its %u %s, and keeps "
				       "the rest for stolen keys and restores. The "
				       "keys in use stay. If somebody else may have "
				       "them, say `packhorsed keys rotate --stolen`",
				       "máy chủ này đã dùng %u trong %u %s, phần còn "
				       "lại để dành khi khóa bị lộ và khi phục hồi. "
				       "Khóa đang dùng vẫn dùng tiếp. Nếu người khác "
				       "có thể đã có khóa, hãy ra lệnh `packhorsed "
				       "keys rotate --stolen`"),
				n, max, what);
}

/* Room for one more of all that is bounded; some of it is kept for keys that were STOLEN. */
static int check_room(const struct ph_hub *hub, bool stolen, struct ph_error *err)
{
	int rc = check_one(hub->ring.n, PH_HUB_RING_MAX,
			   ph_say("sets of keys", "bộ khóa"), stolen, err);

	return rc < 0 ? rc
		      : check_one(hub->control.n, PH_CONTROL_LOGS_MAX,
				  ph_say("logs of the control log",
					 "nhật ký trong nhật ký điều hành"),
				  stolen, err);
}

/* --- the list --- */

static int make_list(struct ph_hub *hub, const struct ph_device_keys *next, bool stolen,
		     struct ph_keylist *list, struct ph_error *err)
{
	struct closing closing = { .control = &hub->control, .list = list };
	unsigned kept = stolen ? 0
			: hub->keylist.n_hubs < PH_KEYLIST_HUBS_MAX
				? hub->keylist.n_hubs
				: PH_KEYLIST_HUBS_MAX - 1;
	int rc;

	*list = hub->keylist;
	list->issued = (uint64_t)ph_hub_now(hub);
	memcpy(list->hub[0].sign, next->sign.key, PH_KEY_SIZE);
	memcpy(list->hub[0].box, next->box.key, PH_KEY_SIZE);
	memcpy(&list->hub[1], hub->keylist.hub, kept * sizeof(list->hub[0]));
	list->n_hubs = 1 + kept;
	rc = ph_hub_keylist_next(hub, &list->generation);
	rc = rc < 0 ? rc : drop_desk_logs(hub, list);
	rc = rc < 0 ? rc : ph_journal_log_each(hub->journal, see_log, &closing);
	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("reading the hub's store", "đọc kho dữ liệu của máy chủ"));
	}
	return closing.is_full ? ph_fail(err, PH_EXIT_OTHER, -ENOSPC,
					 ph_say("the key list has no room for the logs "
						"of so many keys (%d)",
						"danh sách khóa không đủ chỗ cho nhật ký "
						"của ngần ấy khóa (%d)"),
					 PH_KEYLIST_CLOSED_MAX)
			       : 0;
}

static int leave_logs(struct ph_hub *hub, bool new_epoch, struct ph_error *err)
{
	int rc = ph_db_begin(hub->db);

	rc = rc < 0 ? rc : ph_hub_leave(hub, new_epoch);
	rc = rc < 0 ? rc : ph_db_commit(hub->db);
	if (rc < 0) {
		ph_db_rollback(hub->db);
		return ph_fail_errno(
			err, rc,
			ph_say("writing the hub's store", "ghi kho dữ liệu của máy chủ"));
	}
	return 0;
}

int ph_hub_rotate(struct ph_hub *hub, const struct ph_sign_pair *root, bool stolen,
		  uint64_t *generation_out, struct ph_error *err)
{
	struct ph_device_keys next = { 0 };
	struct ph_buf bytes = { 0 };
	struct ph_keylist list;
	int rc = ph_hub_check_clock(hub, err);

	rc = rc < 0 ? rc : check_room(hub, stolen, err);
	if (rc < 0) {
		return rc;
	}
	ph_device_keys_make(&next, &hub->config.rng);
	rc = make_list(hub, &next, stolen, &list, err);
	if (rc == 0) {
		rc = ph_keylist_encode(&list, root, &bytes);
		rc = rc < 0 ? ph_fail_errno(
				      err, rc,
				      ph_say("making the key list", "lập danh sách khóa"))
			    : 0;
	}
	/* what was signed by a key that is named no more does not count: receipts are given anew */
	rc = rc < 0 ? rc : leave_logs(hub, list.n_hubs <= hub->keylist.n_hubs, err);
	rc = rc < 0 ? rc
		    : ph_hub_keys_replace(hub->dir, &hub->keys, &next,
					  ph_buf_view(&bytes), ph_hub_now(hub), err);
	if (rc == 0) {
		hub->keylist = list; /* which the witness tells of */
		ph_hub_witness_write(hub);
		*generation_out = list.generation;
	}
	ph_device_keys_wipe(&next);
	ph_buf_deinit(&bytes);
	return rc;
}

/*
 * daemon/hub_collect.c - a hub that was restored.
 *
 * It has a higher epoch, so that receipts of before count no further than what it tells now,
 * and its next word opens new logs that continue the old ones: how far these had come, nobody
 * can say for certain. Devices hold the control log; each is asked for what lies behind what
 * we have of it. That is sealed by our own key, so who brings it does not matter. Until the
 * operator ends the collecting nobody gets what others wrote: a device that was cut off in
 * the lost days may be the first to call. One that comes later with more is asked all the
 * same, as its position in the control log is none of ours.
 *
 * A store that was put back by other means (an older copy of the folder, a snapshot) does not
 * know it. The first device whose position in the control log is none of ours is asked for that
 * log whole. If it brings what our own key has sealed and we have not, or have otherwise, then
 * this store is an older one, and it goes on as one that was restored. Nobody else can bring
 * that about: a log of another key, and one that the key list closes, prove nothing. So does what a
 * device kept of our desk log (hub_keep.c). A witness beside the folder, or the second medium, shows
 * it at the start (hub_witness.c).
 *
 * A device that has heard of a higher epoch than ours, or of ours before we can have told it
 * (the same backup was restored twice), makes us go above it. How far is bounded, so that a
 * stolen device cannot use the numbers up.
 */
#include "daemon/hub_collect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cli/out.h"
#include "daemon/hub_backup.h"
#include "daemon/hub_feed.h"
#include "daemon/hub_keep.h"
#include "daemon/hub_witness.h"

/* An epoch that is so far above ours is no restore's. */
#define EPOCH_JUMP_MAX 1000

/* --- the store's word --- */

static int load_epoch(struct ph_hub *hub, struct ph_epoch *out)
{
	struct ph_buf random = { 0 };
	int64_t number = 0;
	int rc = ph_journal_meta_get_int(hub->journal, "epoch_number", &number);

	if (rc == 0) {
		rc = ph_journal_meta_get(hub->journal, "epoch_random", &random);
	}
	if (rc == 0 && random.len != sizeof(out->random)) {
		rc = PH_JOURNAL_E_NONE;
	}
	if (rc == 0) {
		out->number = (uint64_t)number;
		memcpy(out->random, random.data, sizeof(out->random));
	}
	ph_buf_deinit(&random);
	return rc;
}

static int load_control(struct ph_hub *hub, struct ph_control *out)
{
	struct ph_buf ids = { 0 };
	int rc = ph_journal_meta_get(hub->journal, PH_HUB_META_CONTROL, &ids);

	if (rc == PH_JOURNAL_E_NONE) { /* never restored: there is one */
		rc = ph_journal_meta_get(hub->journal, "own_log", &ids);
	}
	rc = rc < 0 ? rc : ph_control_load(hub->journal, ph_buf_view(&ids), out);
	ph_buf_deinit(&ids);
	return rc;
}

static int load_flag(struct ph_hub *hub, const char *name, int64_t *out)
{
	int rc;

	*out = 0;
	rc = ph_journal_meta_get_int(hub->journal, name, out);
	return rc < 0 ? rc : 0;
}

/* Into memory all of it or nothing: a hub that cannot read whether it collects goes on as it was. */
int ph_hub_collect_load(struct ph_hub *hub, struct ph_error *err)
{
	struct ph_epoch epoch = { 0 };
	struct ph_control control = { 0 };
	int64_t backed_up = 0, restored = 0, collecting = 0;
	int64_t put_back = 0, put_back_by = 0, account_changes = 0, late = 0, gap = 0;
	int rc = load_epoch(hub, &epoch);

	if (rc > 0) {
		return ph_fail(
			err, PH_EXIT_DAMAGED, -EUCLEAN,
			ph_say("%s/hub.db lacks its epoch: it is not a whole hub store; "
			       "restore it from a backup",
			       "%s/hub.db thiếu kỷ nguyên: không phải là kho dữ liệu máy "
			       "chủ trọn vẹn; hãy phục hồi từ bản sao lưu"),
			hub->dir);
	}
	rc = rc < 0 ? rc : load_control(hub, &control);
	rc = rc < 0 ? rc : load_flag(hub, PH_HUB_META_BACKUP, &backed_up);
	rc = rc < 0 ? rc : load_flag(hub, PH_HUB_META_RESTORED, &restored);
	rc = rc < 0 ? rc : load_flag(hub, PH_HUB_META_COLLECTING, &collecting);
	rc = rc < 0 ? rc : load_flag(hub, PH_HUB_META_PUT_BACK, &put_back);
	rc = rc < 0 ? rc : load_flag(hub, PH_HUB_META_PUT_BACK_BY, &put_back_by);
	rc = rc < 0 ? rc : load_flag(hub, PH_HUB_META_ACCOUNTS, &account_changes);
	rc = rc < 0 ? rc : load_flag(hub, PH_HUB_META_DESK_LATE, &late);
	rc = rc < 0 ? rc : load_flag(hub, PH_HUB_META_DESK_GAP, &gap);
	if (rc < 0) { /* what could not be read need not be missing */
		return ph_fail_errno(
			err, rc,
			ph_say("reading the hub's store", "đọc kho dữ liệu của máy chủ"));
	}
	hub->epoch = epoch;
	hub->control = control;
	hub->backed_up = backed_up;
	hub->restored = restored;
	hub->collecting = collecting != 0;
	hub->put_back = put_back;
	hub->put_back_by = put_back_by;
	hub->account_changes = account_changes;
	hub->keepers.late = late;
	hub->keepers.gap = gap != 0;
	return 0;
}

/* --- the control log --- */

static int add_control(struct ph_hub *hub, const uint8_t id[static PH_LOG_ID_SIZE])
{
	struct ph_buf ids = { 0 };
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < hub->control.n; i++) {
		rc = ph_buf_put(&ids, hub->control.log[i].id, PH_LOG_ID_SIZE);
	}
	rc = rc < 0 ? rc : ph_buf_put(&ids, id, PH_LOG_ID_SIZE);
	rc = rc < 0 ? rc
		    : ph_journal_meta_put(hub->journal, PH_HUB_META_CONTROL,
					  ph_buf_view(&ids));
	ph_buf_deinit(&ids);
	return rc < 0 ? rc : load_control(hub, &hub->control);
}

int ph_hub_control_note(struct ph_hub *hub, struct ph_error *err)
{
	const struct ph_log *log = ph_writer_log(hub->writer);

	if (ph_control_has(&hub->control, log->id)) {
		return 0;
	}
	if (hub->control.n == PH_CONTROL_LOGS_MAX) {
		return ph_fail(
			err, PH_EXIT_OTHER, -ENOSPC,
			ph_say("the control log consists of %d logs, and may not become "
			       "more: nothing was written (DRILLS, \"Sixteen control "
			       "logs\")",
			       "nhật ký điều hành đã gồm %d nhật ký, không thể thêm: "
			       "chưa ghi gì (DRILLS, \"Sixteen control logs\")"),
			PH_CONTROL_LOGS_MAX);
	}
	return hub->control.n == 0 ? load_control(hub, &hub->control)
				   : add_control(hub, log->id);
}

/* --- a new epoch --- */

static int put_epoch(struct ph_hub *hub, uint64_t number)
{
	struct ph_epoch epoch = { .number = number };
	int rc;

	hub->config.rng.fill(hub->config.rng.data, epoch.random, sizeof(epoch.random));
	rc = ph_journal_meta_put_int(hub->journal, "epoch_number", (int64_t)number);
	rc = rc < 0 ? rc
		    : ph_journal_meta_put(hub->journal, "epoch_random",
					  PH_VIEW(epoch.random, sizeof(epoch.random)));
	if (rc == 0) {
		hub->epoch = epoch;
		ph_feeder_set_epoch(hub->feeder, &hub->epoch);
	}
	return rc;
}

/* The next entry of the log that NAME's writer has opens another. */
static int leave(struct ph_hub *hub, const char *log_name, const char *leave_name)
{
	struct ph_buf id = { 0 };
	int rc = ph_journal_meta_get(hub->journal, log_name, &id);

	if (rc == 0) {
		rc = ph_journal_meta_put(hub->journal, leave_name, ph_buf_view(&id));
	}
	ph_buf_deinit(&id);
	return rc < 0 ? rc : 0;
}

int ph_hub_leave(struct ph_hub *hub, bool new_epoch)
{
	int rc = new_epoch ? put_epoch(hub, hub->epoch.number + 1) : 0;

	/* of what nobody would take there is none: it goes on in the last one */
	rc = rc < 0 || hub->control.n == PH_CONTROL_LOGS_MAX
		     ? rc
		     : leave(hub, "own_log", "leave");
	return rc < 0 ? rc : leave(hub, "desk_log", "desk_leave");
}

/* The control log has all the logs that it may have, so that it was not left. */
static void tell_full(const struct ph_hub *hub)
{
	if (hub->control.n < PH_CONTROL_LOGS_MAX) {
		return;
	}
	fprintf(stderr,
		ph_say("hub.control-full %s/hub.db: the control log has %d logs, as many "
		       "as it may, and this hub goes on in the last of them. Say nothing "
		       "at it (no cut, no rule, no device) before all devices have "
		       "called, or one that holds more has to join anew. What to do: "
		       "DRILLS, \"Sixteen control logs\"\n",
		       "hub.control-full %s/hub.db: nhật ký điều hành đã đủ %d nhật ký, "
		       "máy chủ này ghi tiếp vào nhật ký cuối. Đừng ra lệnh nào ở đây "
		       "(ngừng máy, quy định, nhận máy) trước khi mọi máy đã gọi về, nếu "
		       "không máy nào giữ nhiều hơn sẽ phải vào lại từ đầu. Cách xử lý: "
		       "DRILLS, \"Sixteen control logs\"\n"),
		hub->dir, PH_CONTROL_LOGS_MAX);
}

/* When a device was heard last, of those that can have been heard by then. */
struct heard {
	int64_t end, latest;
};

static int see_heard(void *data, const struct ph_device *device)
{
	struct heard *heard = data;

	if (device->heard < heard->end && device->heard > heard->latest) {
		heard->latest = device->heard;
	}
	return 0;
}

/*
 * A time behind that at which any device was heard. One that is far ahead of our clock was noted by a
 * clock that was wrong: it is put before that time, or all that compares times would stand still until then.
 */
static int put_behind_heard(struct ph_hub *hub, int64_t *when_out)
{
	int64_t now = ph_hub_now(hub);
	struct heard heard = { .end = now + PH_CLOCK_AHEAD_MAX };
	int rc = ph_journal_device_each(hub->journal, see_heard, &heard);

	*when_out = now > heard.latest ? now : heard.latest + 1;
	return rc < 0 ? rc : ph_journal_devices_heard_before(hub->journal, *when_out);
}

/*
 * A new epoch, other logs, collecting, since now; BY has shown it, or `restore`. In a transaction. It collects
 * from here on in memory, too, where what is read again behind it cannot be.
 */
static int begin_collecting(struct ph_hub *hub, enum ph_hub_shown by)
{
	int64_t when;
	/* no device has called since, in whatever second it was heard, and whatever the clock says */
	int rc = put_behind_heard(hub, &when);

	rc = rc < 0 ? rc : ph_hub_leave(hub, true);
	rc = rc < 0 ? rc
		    : ph_journal_meta_put_int(hub->journal, PH_HUB_META_RESTORED, when);
	rc = rc < 0 ? rc
		    : ph_journal_meta_put_int(hub->journal, PH_HUB_META_COLLECTING, 1);
	rc = rc < 0 ? rc
		    : ph_journal_meta_put_int(hub->journal, PH_HUB_META_COLLECTED, 0);
	rc = rc < 0 ? rc : ph_journal_meta_put_int(hub->journal, PH_HUB_META_DESK_GAP, 0);
	rc = rc < 0 ? rc
		    : ph_journal_meta_put_int(hub->journal, PH_HUB_META_PUT_BACK,
					      by == PH_HUB_SHOWN_NOT ? 0 : when);
	rc = rc < 0 ? rc
		    : ph_journal_meta_put_int(hub->journal, PH_HUB_META_PUT_BACK_BY, by);
	hub->collecting = hub->collecting || rc == 0;
	return rc;
}

int ph_hub_restored(struct ph_hub *hub, struct ph_error *err)
{
	int rc = ph_db_begin(hub->db);

	rc = rc < 0 ? rc : begin_collecting(hub, PH_HUB_SHOWN_NOT);
	rc = rc < 0 ? rc : ph_hub_witness_over(hub);
	rc = rc < 0 ? rc : ph_db_commit(hub->db);
	if (rc < 0) {
		ph_db_rollback(hub->db);
		ph_hub_forget(hub);
		return ph_fail_errno(err, rc,
				     ph_say("beginning a new epoch", "mở kỷ nguyên mới"));
	}
	ph_hub_forget(hub);
	tell_full(hub);
	return 0;
}

int ph_hub_epoch_heard(struct ph_hub *hub, const struct ph_hub_peer *peer,
		       uint64_t number)
{
	/* we told it, or may have, if it was heard since we are what we are */
	bool told = !hub->collecting || peer->device.heard >= hub->restored;
	enum ph_hub_trust trust;
	int rc;

	if (number < hub->epoch.number || (number == hub->epoch.number && told) ||
	    number > hub->epoch.number + EPOCH_JUMP_MAX) {
		return 0;
	}
	rc = ph_hub_device_trust(hub, peer->device.id, &trust);
	return rc < 0 || trust == PH_HUB_CUT ? rc : put_epoch(hub, number + 1);
}

/* --- what was lost --- */

/* Whether the next entry of WRITER, which leaves the log that LEAVE_NAME names, goes on log ID. */
static int writes_on(struct ph_hub *hub, const struct ph_writer *writer,
		     const char *leave_name, const uint8_t id[static PH_LOG_ID_SIZE],
		     bool *out)
{
	struct ph_buf left = { 0 };
	int rc = ph_journal_meta_get(hub->journal, leave_name, &left);

	*out = memcmp(ph_writer_log(writer)->id, id, PH_LOG_ID_SIZE) == 0 &&
	       !(rc == 0 && left.len == PH_LOG_ID_SIZE &&
		 memcmp(left.data, id, PH_LOG_ID_SIZE) == 0);
	ph_buf_deinit(&left);
	return rc < 0 ? rc : 0;
}

/* Whether our next word to all goes on log ID. 0 or negative errno. */
static int is_current(struct ph_hub *hub, const uint8_t id[static PH_LOG_ID_SIZE],
		      bool *out)
{
	return writes_on(hub, hub->writer, "leave", id, out);
}

int ph_hub_goes_on(struct ph_hub *hub, const uint8_t id[static PH_LOG_ID_SIZE], bool *out)
{
	int rc = is_current(hub, id, out);

	return rc < 0 || *out ? rc : writes_on(hub, hub->desk, "desk_leave", id, out);
}

/* Whether LOG is under the key that we sign with, and may still grow. */
static bool is_ours_now(const struct ph_hub *hub, const struct ph_log *log)
{
	return !ph_keylist_closed(&hub->keylist, log->id) &&
	       memcmp(log->key, hub->keys.sign.key, PH_KEY_SIZE) == 0;
}

/*
 * Whether what differs from ours in LOG is kept as a branch beside it. We have spoken in the place of
 * what was lost: both are our word. A store that was restored need not know that: its backup may be
 * one of a store that was put back and had not found it out.
 */
static bool goes_beside(const struct ph_hub *hub, const struct ph_log *log)
{
	return hub->restored > 0 && is_ours_now(hub, log);
}

int ph_hub_collect_ask(struct ph_hub *hub, struct ph_hub_peer *peer,
		       struct ph_welcome *welcome)
{
	welcome->n_wants = 0;
	if (!hub->collecting && !peer->strays && !ph_hub_keep_asks(hub, peer)) {
		return 0;
	}
	for (unsigned i = 0; i < hub->control.n; i++) {
		struct ph_want *want = &welcome->want[welcome->n_wants];
		struct ph_log log;
		bool current = false;
		int rc = ph_journal_log_at(hub->journal, hub->control.log[i].row, &log);

		rc = rc == 0 && !hub->collecting && peer->strays
			     ? is_current(hub, log.id, &current)
			     : rc;
		if (rc != 0) {
			return rc < 0 ? rc : -EUCLEAN;
		}
		memcpy(want->log_id, log.id, sizeof(want->log_id));
		/* we may have gone on from an older state: where the two part is not known */
		want->n = current || (peer->strays && goes_beside(hub, &log)) ? 1 : log.n;
		welcome->n_wants++;
	}
	return ph_hub_keep_ask(hub, peer, welcome);
}

/* Whether the control log may have one more log beside the one that our next word opens. 0 or negative errno. */
static int has_room(struct ph_hub *hub, bool *out)
{
	bool goes_on;
	int rc = is_current(hub, ph_writer_log(hub->writer)->id, &goes_on);

	*out = hub->control.n + !goes_on < PH_CONTROL_LOGS_MAX;
	return rc;
}

/*
 * A log that we wrote in an epoch of which nothing is left here: of the control log, or of
 * EITHER when it is from the second medium, or was kept for us.
 */
static int begin_log(struct ph_hub *hub, const struct ph_segment *segment, bool either,
		     struct ph_log *log, bool *control_out)
{
	uint8_t key[PH_KEY_SIZE];
	struct ph_head from;
	bool room = false;
	int rc = ph_control_check_open(segment, &hub->keylist, key, &from);

	rc = rc == 0 ? has_room(hub, &room) : rc;
	if (rc != 0) {
		return rc < 0 ? rc : PH_HUB_COLLECT_E_NOT;
	}
	*control_out = from.n > 0 && ph_control_has(&hub->control, from.log_id);
	if (*control_out ? !room : !either) {
		return PH_HUB_COLLECT_E_NOT;
	}
	return ph_journal_log_add(hub->journal, segment->log_id, key, 0, PH_ROLE_HUB,
				  log);
}

/*
 * Whether what LOG has and we have not proves that this store is an older one: we go on writing
 * it, or it goes on from what we write and no restore explains it.
 */
static int is_proof(struct ph_hub *hub, const struct ph_log *log, bool is_new, bool *out)
{
	*out = !hub->collecting && is_ours_now(hub, log);
	if (!*out || is_new) {
		*out = *out && hub->restored == 0;
		return 0;
	}
	return ph_hub_goes_on(hub, log->id, out);
}

static void tell_put_back(const struct ph_hub *hub, enum ph_hub_shown by)
{
	const char *who = by == PH_HUB_SHOWN_WITNESS
				  ? ph_say("its witness tells of more",
					   "tệp chứng của kho biết nhiều hơn")
			  : by == PH_HUB_SHOWN_SECOND
				  ? ph_say("the second medium has what this hub said "
					   "since",
					   "ổ thứ hai có những gì máy chủ đã nói sau đó")
				  : ph_say("a device has what this hub said since",
					   "một máy có những gì máy chủ đã nói sau đó");

	fprintf(stderr,
		ph_say("hub.put-back epoch=%llu: %s/hub.db is an older copy: %s. Nobody "
		       "gets what others wrote, and no name is shown, until `packhorsed "
		       "restore end`. What to do: DRILLS, \"A hub's folder was copied "
		       "back\"\n",
		       "hub.put-back epoch=%llu: %s/hub.db là bản cũ: %s. Chưa máy nào "
		       "nhận dữ liệu của máy khác, chưa hiện tên bạn đọc nào, trước lệnh "
		       "`packhorsed restore end`. Cách xử lý: DRILLS, \"A hub's folder "
		       "was copied back\"\n"),
		(unsigned long long)hub->epoch.number, hub->dir, who);
	tell_full(hub);
}

/* A device has shown that this store was put back; in the transaction of its job. */
static int begin_put_back(struct ph_hub *hub)
{
	int rc = begin_collecting(hub, PH_HUB_SHOWN_DEVICE);

	if (rc == 0) {
		ph_hub_forget(hub);
		tell_put_back(hub, PH_HUB_SHOWN_DEVICE);
		hub->control_moves++; /* who is being served waits for its next hello */
	}
	return rc;
}

int ph_hub_put_back(struct ph_hub *hub, enum ph_hub_shown by, uint64_t epoch,
		    struct ph_error *err)
{
	int rc = ph_db_begin(hub->db);

	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("beginning a new epoch", "mở kỷ nguyên mới"));
	}
	if (epoch > hub->epoch.number && epoch <= hub->epoch.number + EPOCH_JUMP_MAX) {
		hub->epoch.number = epoch;
	}
	rc = begin_collecting(hub, by);
	rc = rc < 0 ? rc : ph_db_commit(hub->db);
	if (rc < 0) {
		ph_db_rollback(hub->db);
	}
	ph_hub_forget(hub);
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("beginning a new epoch", "mở kỷ nguyên mới"));
	}
	hub->behind = true;
	tell_put_back(hub, by);
	return 0;
}

static int note_taken(struct ph_hub *hub, const struct ph_stored *stored)
{
	int64_t count = 0;
	int rc = load_flag(hub, PH_HUB_META_COLLECTED, &count);

	hub->control_moves++;
	return rc < 0 ? rc
		      : ph_journal_meta_put_int(hub->journal, PH_HUB_META_COLLECTED,
						count + (int64_t)stored->n);
}

static int take(struct ph_hub *hub, const struct ph_segment *segment, bool either,
		uint64_t *stored_out)
{
	struct ph_stored stored = { 0 };
	struct ph_log log;
	bool is_new_control = false;
	bool is_behind, is_gap;
	int rc = ph_journal_log_find(hub->journal, segment->log_id, &log);
	bool is_new = rc == PH_JOURNAL_E_NONE;

	if (is_new) {
		rc = begin_log(hub, segment, either, &log, &is_new_control);
	} else if (rc == 0) {
		rc = log.role == PH_ROLE_HUB
			     ? ph_control_check(hub->journal, &hub->keylist, segment,
						&log)
			     : PH_HUB_COLLECT_E_NOT;
		rc = rc > 0 ? PH_HUB_COLLECT_E_NOT : rc;
	}
	if (rc != 0) {
		return rc;
	}
	rc = is_proof(hub, &log, is_new, &is_behind);
	if (rc < 0) {
		return rc;
	}
	rc = is_behind || goes_beside(hub, &log)
		     ? ph_journal_put_segment(hub->journal, &log, segment, &stored)
		     : ph_journal_extend(hub->journal, &log, segment, &stored);
	is_behind = is_behind && rc == 0 && stored.n > 0;
	if (is_behind) {
		int begun = begin_put_back(hub);

		rc = begun < 0 ? begun : rc;
	}
	if (rc == 0 && is_new_control) {
		rc = add_control(hub, log.id);
	}
	if (rc == 0 && stored.n > 0) {
		rc = note_taken(hub, &stored);
	}
	*stored_out = stored.n;
	is_gap = rc == PH_JOURNAL_E_GAP || rc == PH_JOURNAL_E_SEAL;
	return rc < 0 ? rc : is_gap ? PH_HUB_COLLECT_E_GAP : 0;
}

int ph_hub_collect_take(struct ph_hub *hub, const struct ph_segment *segment)
{
	uint64_t stored;
	int rc = take(hub, segment, false, &stored);

	return rc == PH_HUB_COLLECT_E_GAP ? 0 : rc;
}

int ph_hub_collect_own(struct ph_hub *hub, const struct ph_segment *segment,
		       uint64_t *stored_out)
{
	*stored_out = 0;
	return take(hub, segment, true, stored_out);
}

int ph_hub_collect_awaits(struct ph_hub *hub, const struct ph_device *device, bool *out)
{
	enum ph_hub_trust trust;
	int rc = ph_hub_device_trust(hub, device->id, &trust);

	*out = rc == 0 && trust != PH_HUB_CUT && trust != PH_HUB_RETIRED;
	return rc;
}

struct desk_search {
	struct ph_hub *hub;
	struct ph_log log; /* the one that was added last; row 0: none */
};

static int see_desk(void *data, const struct ph_log *log)
{
	struct desk_search *search = data;

	if (log->role == PH_ROLE_HUB && !ph_control_has(&search->hub->control, log->id)) {
		search->log = *log;
	}
	return 0;
}

int ph_hub_collect_leave(struct ph_hub *hub)
{
	struct desk_search search = { .hub = hub };
	struct ph_buf id = { 0 };
	int rc = ph_journal_meta_get(hub->journal, "desk_log", &id);

	ph_buf_deinit(&id);
	if (rc != PH_JOURNAL_E_NONE) {
		return rc;
	}
	rc = ph_journal_log_each(hub->journal, see_desk, &search);
	if (rc == 0 && search.log.row > 0) {
		rc = ph_journal_meta_put(hub->journal, "desk_log",
					 PH_VIEW(search.log.id, PH_LOG_ID_SIZE));
	}
	return rc < 0 ? rc : leave(hub, "desk_log", "desk_leave");
}

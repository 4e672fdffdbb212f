/*
 * daemon/hub_second.c - what the hub said, to and from the second medium.
 *
 * At the start, and after each commit, the heads of the two logs are looked at; only if one has moved is
 * anything read or written. What was recorded while the medium was away, or by a command
 * while no daemon ran, follows when it is there again.
 *
 * What was erased goes from it as well: when that happens, and each time the file is opened,
 * since it may have been away. Up to which erasure nothing is left is noted in the store,
 * so that a certificate can say so.
 */
#include "daemon/hub_second.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/say.h"
#include "common/ledger/erasing.h"
#include "common/log/erased.h"
#include "daemon/hub_collect.h"
#include "daemon/hub_command.h"
#include "daemon/second.h"

#define AGAIN_MS    60000
#define META_ERASED "second_erased" /* ph_erasing_mark() when it was looked through */

/* How far the hub has written: a new log may end where the one before it did. */
struct written {
	int64_t row; /* of the log; 0: not begun */
	uint64_t n;
};

struct ph_hub_second {
	struct ph_second *file;       /* NULL: not open */
	struct written control, desk; /* when it was written last */
	unsigned moves;               /* of control logs by then */
	uint64_t not_before_ms;
	int why;                     /* the errno of the last try, or 0, and ... */
	char where[PH_HUB_PATH_MAX]; /* ... of what */
	bool due; /* it may have what was erased, and is looked through ... */
	uint64_t due_ms;
	int why_due; /* ... again then, because of this errno; 0: it was not tried */
};

enum {
	NOT_WRITTEN = 1,
	NOT_ERASED,
	NOT_TRIED,
};

static uint64_t now_ms(const struct ph_hub *hub)
{
	struct ph_now now;

	hub->config.clock.read(hub->config.clock.data, &now);
	return now.mono_ms;
}

/* --- to it --- */

static int put_parts(struct ph_hub *hub, const struct ph_log *log,
		     const struct ph_segment *segment)
{
	struct ph_second *file = hub->second->file;
	uint64_t after = segment->first - 1;
	size_t count = 1;
	int rc = 0;

	while (rc == 0 && count > 0 && after < segment->last) {
		struct ph_buf cipher = { 0 };
		struct ph_buf box = { 0 };
		uint64_t n = 0;

		rc = ph_journal_parts_in(hub->journal, log->row, after, segment->last, &n,
					 1, &count);
		if (rc == 0 && count > 0) {
			rc = ph_journal_part_get(hub->journal, log->row, n, &cipher,
						 &box);
			rc = rc == 0 ? ph_second_put_part(file, log->id, n,
							  ph_buf_view(&cipher),
							  ph_buf_view(&box))
				     : rc;
			after = n;
		}
		rc = rc > 0 ? 0 : rc; /* it is missing here, too */
		ph_buf_deinit(&cipher);
		ph_buf_deinit(&box);
	}
	return rc;
}

static int put_log(void *data, const struct ph_log *log)
{
	struct ph_hub *hub = data;
	struct ph_second *file = hub->second->file;
	struct ph_buf body = { 0 };
	int rc = 0;

	if (log->role != PH_ROLE_HUB) {
		return 0;
	}
	while (rc == 0 && ph_second_held(file, log->id) < log->sealed) {
		struct ph_segment segment;

		rc = ph_journal_read_segment(hub->journal, log,
					     ph_second_held(file, log->id),
					     PH_SEGMENT_MAX, &segment, &body);
		rc = rc == 0 ? ph_second_put_segment(file, &segment) : rc;
		rc = rc == 0 ? put_parts(hub, log, &segment) : rc;
	}
	ph_buf_deinit(&body);
	return rc > 0 ? -EUCLEAN : rc;
}

/* --- what was erased, from it --- */

static int is_gone(void *data, const struct ph_second_record *part)
{
	struct ph_hub *hub = data;
	bool gone = false;
	int rc = ph_journal_part_gone(hub->journal, part->segment.log_id,
				      part->segment.first, part->cipher, &gone);

	return rc < 0 ? rc : gone;
}

static int note_erased(struct ph_hub *hub, int64_t mark)
{
	int64_t noted = -1;
	int rc = ph_journal_meta_get_int(hub->journal, META_ERASED, &noted);

	if (rc < 0 || (rc == 0 && noted == mark)) {
		return rc;
	}
	rc = ph_db_begin(hub->db);
	if (rc < 0) {
		return rc;
	}
	rc = ph_journal_meta_put_int(hub->journal, META_ERASED, mark);
	rc = rc < 0 ? rc : ph_db_commit(hub->db);
	if (rc < 0) {
		ph_db_rollback(hub->db);
		hub->stopped = hub->stopped || rc == -EIO;
	}
	return rc;
}

/* It failed: the file is as it was, and what the hub says goes on to be appended. */
static int drop_erased(struct ph_hub *hub)
{
	struct ph_hub_second *second = hub->second;
	int64_t mark = 0;
	int rc = ph_erasing_mark(hub->db, &mark);

	rc = rc < 0 ? rc : ph_second_drop(second->file, is_gone, hub);
	rc = rc < 0 ? rc : note_erased(hub, mark);
	second->due = rc < 0;
	second->why_due = rc < 0 ? rc : 0;
	if (rc < 0) {
		second->due_ms = now_ms(hub) + AGAIN_MS;
	}
	return rc == -EUCLEAN ? rc : 0;
}

static bool is_due(const struct ph_hub *hub)
{
	return hub->second->due && now_ms(hub) >= hub->second->due_ms;
}

/* --- all of it --- */

static int write_all(struct ph_hub *hub)
{
	struct ph_hub_second *second = hub->second;
	int rc = 0;

	if (!second->file) {
		rc = ph_second_open(&second->file, hub->config.second, hub->keylist.root,
				    NULL);
		second->due = true;
		second->due_ms = 0;
	}
	rc = rc < 0 ? rc : ph_journal_log_each(hub->journal, put_log, hub);
	rc = rc < 0 ? rc : ph_second_sync(second->file);
	return rc == 0 && is_due(hub) ? drop_erased(hub) : rc;
}

/* Of what is told that it failed: its file, if it could not be opened and its folder is there. */
static void name_it(struct ph_hub *hub)
{
	struct ph_hub_second *second = hub->second;

	if (second->file ||
	    ph_second_path(hub->config.second, hub->keylist.root, second->where,
			   sizeof(second->where), NULL) < 0) {
		snprintf(second->where, sizeof(second->where), "%s", hub->config.second);
	}
}

static struct written written_by(const struct ph_writer *writer)
{
	const struct ph_log *log = writer ? ph_writer_log(writer) : NULL;

	return log ? (struct written){ .row = log->row, .n = log->n }
		   : (struct written){ 0 };
}

static bool is_there(struct written a, struct written b)
{
	return a.row == b.row && a.n == b.n;
}

void ph_hub_second_write(struct ph_hub *hub)
{
	struct ph_hub_second *second = hub->second;
	struct written control, desk;
	int rc;

	if (!hub->config.second || hub->stopped || ph_hub_is_ahead(hub)) {
		return;
	}
	control = written_by(hub->writer);
	desk = written_by(hub->desk);
	if (!second) {
		second = hub->second = calloc(1, sizeof(*second));
	}
	if (!second || now_ms(hub) < second->not_before_ms ||
	    (second->file && is_there(control, second->control) &&
	     is_there(desk, second->desk) && second->moves == hub->control_moves &&
	     !is_due(hub))) {
		return;
	}
	rc = write_all(hub);
	second->why = rc < 0 ? rc : 0;
	if (rc < 0) {
		name_it(hub);
		ph_second_close(second->file);
		second->file = NULL;
		second->not_before_ms = now_ms(hub) + AGAIN_MS;
		return;
	}
	second->control = control;
	second->desk = desk;
	second->moves = hub->control_moves;
}

void ph_hub_second_erased(struct ph_hub *hub)
{
	if (hub->second) {
		hub->second->due = true;
		hub->second->due_ms = 0;
	}
	ph_hub_second_write(hub);
}

int ph_hub_second_has_erased(struct ph_hub *hub, bool *erased_out)
{
	int64_t noted = -1;
	int64_t mark = 0;
	int rc = ph_journal_meta_get_int(hub->journal, META_ERASED, &noted);
	struct ph_hub_health health;
	bool none;

	ph_hub_second_health(hub, &health);
	none = rc > 0 && !health.is_there;
	rc = rc < 0 ? rc : ph_erasing_mark(hub->db, &mark);
	*erased_out = noted == mark;
	return rc < 0 ? rc : none;
}

void ph_hub_second_free(struct ph_hub *hub)
{
	if (hub->second) {
		ph_second_close(hub->second->file);
		free(hub->second);
		hub->second = NULL;
	}
}

void ph_hub_second_health(const struct ph_hub *hub, struct ph_hub_health *out)
{
	const struct ph_hub_second *second = hub->second;

	if (hub->is_look) {
		*out = hub->told.second;
		return;
	}
	memset(out, 0, sizeof(*out));
	out->is_there = hub->config.second != NULL;
	if (!out->is_there) {
		return;
	}
	if (!second) {
		out->what = NOT_TRIED;
		snprintf(out->where, sizeof(out->where), "%s", hub->config.second);
		return;
	}
	out->what = second->why ? NOT_WRITTEN : second->why_due ? NOT_ERASED : 0;
	out->why = second->why ? second->why : second->why_due;
	snprintf(out->where, sizeof(out->where), "%s", second->where);
}

const char *ph_hub_second_state(const struct ph_hub *hub, struct ph_error *words)
{
	struct ph_hub_health health;

	ph_hub_second_health(hub, &health);
	memset(words, 0, sizeof(*words));
	if (!health.is_there || health.what == 0) {
		return health.is_there ? "ok" : NULL;
	}
	if (health.what == NOT_TRIED) {
		(void)ph_fail(words, PH_EXIT_OTHER, -EAGAIN,
			      ph_say("%s: nothing was written there yet",
				     "%s: chưa ghi gì vào đó"),
			      health.where);
		return words->text;
	}
	(void)ph_fail_errno(
		words, health.why,
		health.what == NOT_ERASED
			? ph_say("erasing on the second medium", "xóa trên ổ thứ hai")
			: health.where);
	return words->text;
}

/* --- from it --- */

struct taking {
	struct ph_hub *hub;
	uint64_t entries, parts;
	struct ph_second_left left; /* behind what was read */
};

static int take_record(void *data, const struct ph_second_record *record)
{
	struct taking *taking = data;
	struct ph_hub *hub = taking->hub;
	uint64_t stored = 0;
	int rc;

	if (!record->is_part) {
		rc = ph_hub_collect_own(hub, &record->segment, &stored);
		taking->entries += stored;
		return rc < 0 ? rc : 0;
	}
	rc = ph_journal_part_put_any(hub->journal, record->segment.log_id,
				     record->segment.first, record->cipher,
				     record->seed_box);
	taking->parts += rc == 0;
	return rc < 0 ? rc : 0;
}

/* What the file at PATH has and the store has not. 0 or negative errno with ERR. */
static int take_all(struct taking *taking, const char *path, struct ph_error *err)
{
	struct ph_hub *hub = taking->hub;
	uint64_t whole;
	int rc = ph_db_begin(hub->db);

	if (rc < 0) {
		return ph_fail_errno(err, rc, path);
	}
	rc = ph_second_each(path, take_record, taking, &whole);
	rc = rc < 0 ? rc : ph_second_left(path, whole, &taking->left);
	rc = rc < 0 ? rc : ph_hub_collect_leave(hub);
	rc = rc < 0 ? rc : ph_db_commit(hub->db);
	if (rc < 0) {
		ph_db_rollback(hub->db);
	}
	ph_hub_forget(hub);
	return rc < 0 ? ph_fail_errno(err, rc, path) : 0;
}

int ph_hub_second_take(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	const char *given = ph_request_need(request, "path", err);
	struct taking taking = { .hub = hub };
	char path[PH_HUB_PATH_MAX];
	int rc = given ? ph_second_path(given, hub->keylist.root, path, sizeof(path), err)
		       : -EINVAL;

	if (rc == 0 && !ph_file_exists(path)) {
		rc = ph_fail(err, PH_EXIT_OTHER, -ENOENT,
			     ph_say("%s is not there: the second medium holds nothing of "
				    "this hub",
				    "không có %s: ổ thứ hai không có gì của máy chủ này"),
			     path);
	}
	rc = rc < 0 ? rc : take_all(&taking, path, err);
	json_object_set_new(answer, "entries", json_integer((json_int_t)taking.entries));
	json_object_set_new(answer, "parts", json_integer((json_int_t)taking.parts));
	if (rc == 0 && taking.left.is_damaged) {
		json_object_set_new(answer, "damaged_at",
				    json_integer((json_int_t)taking.left.at));
	}
	return rc;
}

/* --- what it shows --- */

/* Its file, if there is one. 0; 1: there is none; never worse: that is told when it is written. */
static int find_own(struct ph_hub *hub, char path[static PH_HUB_PATH_MAX])
{
	struct ph_error unsaid = { 0 };

	return !hub->config.second ||
	       ph_second_path(hub->config.second, hub->keylist.root, path,
			      PH_HUB_PATH_MAX, &unsaid) < 0 ||
	       !ph_file_exists(path);
}

struct asking {
	struct ph_hub *hub;
	bool more;
	int rc;
};

static int see_more(void *data, const struct ph_second_record *record)
{
	struct asking *asking = data;
	const struct ph_segment *segment = &record->segment;
	struct ph_log log;

	if (record->is_part || asking->more) {
		return 0;
	}
	asking->rc = ph_journal_log_find(asking->hub->journal, segment->log_id, &log);
	if (asking->rc == 0 && segment->last > log.n) {
		asking->rc = ph_hub_goes_on(asking->hub, segment->log_id, &asking->more);
	}
	return asking->rc < 0 ? asking->rc : 0;
}

int ph_hub_second_ask(struct ph_hub *hub, bool *more_out)
{
	struct asking asking = { .hub = hub };
	char path[PH_HUB_PATH_MAX];
	uint64_t whole;

	*more_out = false;
	if (find_own(hub, path) != 0) {
		return 0;
	}
	(void)ph_second_each(path, see_more, &asking, &whole);
	*more_out = asking.more;
	return asking.rc < 0 ? asking.rc : 0;
}

int ph_hub_second_bring(struct ph_hub *hub, struct ph_error *err)
{
	struct taking taking = { .hub = hub };
	char path[PH_HUB_PATH_MAX];

	return find_own(hub, path) != 0 ? 0 : take_all(&taking, path, err);
}

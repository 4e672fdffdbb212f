/*
 * daemon/hub_backup_in.c - which folders have backups, and how many erasures each of these knows.
 *
 * A note is when the oldest and the newest were made, the time of the oldest of which nothing is
 * noted, and then, for each of the others, the second in its name and how many orders to erase
 * were done when it was begun. That is what is true of the disk that was at that path last. A
 * hub that was restored, or put back, has the notes of then: what was made in the lost days is
 * not in them, and is told by its name alone.
 */
#include "daemon/hub_backup_in.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/say.h"
#include "daemon/backup_folder.h"
#include "daemon/hub_command.h"

enum {
	OLD_SIZE = 16, /* of a note by an earlier program: no more than the two times */
	HEAD_SIZE = 24,
	ITEM_SIZE = 16,
};

static bool is_note(struct ph_view value)
{
	return value.len == OLD_SIZE || (value.len >= HEAD_SIZE + ITEM_SIZE &&
					 (value.len - HEAD_SIZE) % ITEM_SIZE == 0);
}

int ph_hub_backup_in_read(struct ph_view value, struct ph_hub_backup_in *out)
{
	if (!is_note(value)) {
		return -EUCLEAN;
	}
	*out = (struct ph_hub_backup_in){ .oldest = (int64_t)ph_be64_get(value.data),
					  .newest = (int64_t)ph_be64_get(value.data + 8),
					  .counts = value.len > OLD_SIZE,
					  .least = UINT64_MAX,
					  .untold = INT64_MAX };
	if (out->counts) {
		out->untold = (int64_t)ph_be64_get(value.data + 16);
	}
	for (size_t at = HEAD_SIZE; at < value.len; at += ITEM_SIZE) {
		uint64_t erased = ph_be64_get(value.data + at + 8);

		out->least = erased < out->least ? erased : out->least;
	}
	return 0;
}

/* A time in a name may be later than the backup is. */
static bool is_before(int64_t in_name, int64_t second)
{
	return in_name != INT64_MAX && in_name - PH_BACKUP_NAME_LATE <= second;
}

bool ph_hub_backup_in_may_have(const struct ph_hub_backup_in *in,
			       const struct ph_erasing_order *order)
{
	if (in->counts && order->place > 0) {
		return order->place > in->least || is_before(in->untold, order->second);
	}
	return in->oldest < in->newest ? is_before(in->oldest, order->second)
				       : in->oldest <= order->second;
}

/* --- noting --- */

struct note {
	const json_t *others; /* NULL: not told */
	int64_t last; /* of those that are listed, if not all are; else INT64_MAX */
	struct ph_view old;
};

static bool is_other(const struct note *note, int64_t second)
{
	const json_t *item;
	size_t i;

	json_array_foreach(note->others, i, item)
	{
		if (json_integer_value(item) == second) {
			return true;
		}
	}
	return second > note->last;
}

static bool is_noted(const struct note *note, int64_t second)
{
	for (size_t at = HEAD_SIZE; at < note->old.len; at += ITEM_SIZE) {
		if ((int64_t)ph_be64_get(note->old.data + at) == second) {
			return true;
		}
	}
	return false;
}

/* The oldest of the others of which nothing is noted. */
static int64_t find_untold(const struct note *note, int64_t oldest, int64_t made)
{
	int64_t untold = INT64_MAX;
	const json_t *item;
	size_t i;

	if (!note->others) {
		return oldest < made ? oldest : INT64_MAX;
	}
	json_array_foreach(note->others, i, item)
	{
		int64_t second = json_integer_value(item);

		if (second < untold && !is_noted(note, second)) {
			untold = second;
		}
	}
	return untold;
}

static int put_number(struct ph_buf *out, uint64_t number)
{
	uint8_t bytes[8];

	ph_be64_put(bytes, number);
	return ph_buf_put(out, bytes, sizeof(bytes));
}

static int put_item(struct ph_buf *out, int64_t name, uint64_t erased)
{
	int rc = put_number(out, (uint64_t)name);

	return rc < 0 ? rc : put_number(out, erased);
}

/* Of those that are still there, but for the one of the second NAME, which is put anew. */
static int put_others(const struct note *note, int64_t name, struct ph_buf *out)
{
	int rc = 0;

	for (size_t at = HEAD_SIZE; rc == 0 && at < note->old.len; at += ITEM_SIZE) {
		int64_t second = (int64_t)ph_be64_get(note->old.data + at);

		if (second != name && is_other(note, second)) {
			rc = put_item(out, second, ph_be64_get(note->old.data + at + 8));
		}
	}
	return rc;
}

static int put_note(const struct note *note, const json_t *request, int64_t made,
		    uint64_t erased, struct ph_buf *out)
{
	const json_t *named = json_object_get(request, "name");
	int64_t name = named ? json_integer_value(named) : made;
	int64_t oldest = json_integer_value(json_object_get(request, "oldest"));
	int rc;

	oldest = oldest < 0 ? 0 : oldest < made ? oldest : made;
	rc = put_number(out, (uint64_t)oldest);
	rc = rc < 0 ? rc : put_number(out, (uint64_t)made);
	rc = rc < 0 ? rc : put_number(out, (uint64_t)find_untold(note, oldest, made));
	rc = rc < 0 ? rc : put_others(note, name, out);
	return rc < 0 ? rc : put_item(out, name, erased);
}

int ph_hub_backup_in_note(struct ph_hub *hub, const json_t *request, int64_t made,
			  uint64_t erased)
{
	const char *folder = ph_request_text(request, "folder");
	struct note note = { .others = json_object_get(request, "others"),
			     .last = INT64_MAX };
	size_t n = json_array_size(note.others);
	char name[sizeof(PH_HUB_META_BACKUP_IN) + PH_HUB_PATH_MAX];
	struct ph_buf old = { 0 };
	struct ph_buf new = { 0 };
	int rc;

	if (!folder) {
		return 0;
	}
	if (strlen(folder) >= PH_HUB_PATH_MAX) {
		return -ENAMETOOLONG;
	}
	if (n == PH_BACKUP_OTHERS_MAX) {
		note.last = json_integer_value(json_array_get(note.others, n - 1));
	}
	snprintf(name, sizeof(name), PH_HUB_META_BACKUP_IN "%s", folder);
	rc = ph_journal_meta_get(hub->journal, name, &old);
	if (rc == 0 && is_note(ph_buf_view(&old))) {
		note.old = ph_buf_view(&old);
	}
	rc = rc < 0 ? rc : put_note(&note, request, made, erased, &new);
	rc = rc < 0 ? rc : ph_journal_meta_put(hub->journal, name, ph_buf_view(&new));
	ph_buf_deinit(&old);
	ph_buf_deinit(&new);
	return rc;
}

/* --- backup-gone --- */

static int forget(struct ph_hub *hub, const char *name)
{
	int rc = ph_hub_begin(hub);

	if (rc < 0) {
		return rc;
	}
	return ph_hub_end(hub, ph_journal_meta_drop(hub->journal, name));
}

int ph_hub_backup_gone(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	const char *folder = ph_request_need(request, "folder", err);
	char name[sizeof(PH_HUB_META_BACKUP_IN) + PH_HUB_PATH_MAX];
	struct ph_buf note = { 0 };
	int rc = PH_JOURNAL_E_NONE;

	if (!folder) {
		return -EINVAL;
	}
	if (strlen(folder) < PH_HUB_PATH_MAX) {
		snprintf(name, sizeof(name), PH_HUB_META_BACKUP_IN "%s", folder);
		rc = ph_journal_meta_get(hub->journal, name, &note);
	}
	ph_buf_deinit(&note);
	if (rc > 0) {
		return ph_fail(err, PH_EXIT_USAGE, -ENOENT,
			       ph_say("this hub has noted no backups in %s: name the "
				      "folder as the certificate of an erasure shows it "
				      "(packhorsed erasures ERASURE)",
				      "máy chủ này không ghi nhận bản sao lưu nào ở %s: "
				      "hãy ghi đường dẫn đúng như giấy chứng nhận xóa "
				      "(packhorsed erasures ERASURE)"),
			       folder);
	}
	rc = rc < 0 ? rc : forget(hub, name);
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("noting that the backups are destroyed",
					    "ghi nhận bản sao lưu đã hủy"));
	}
	json_object_set_new(answer, "folder", json_string(folder));
	return 0;
}

/*
 * daemon/hub_erasure_beyond.c - what the certificate of an erasure says of what is beyond the
 * devices that it lists.
 *
 * A hub that was restored, or whose folder was put back, has forgotten days. Devices that were let
 * in then are asked as soon as anybody tells of them (hub_command_erasure.c); until then nobody
 * knows that they are missing from the list. So the certificate says that there were such days.
 *
 * Old backups go when another one is made in the same folder, and not by themselves: where none is made
 * any more, the last one stays. So it is told by folder what is known to lie there, by what was seen there
 * when a backup was made last (cmd_backup_make.c), or was about to get its name. A folder is known by its path.
 */
#include "daemon/hub_erasure_beyond.h"

#include "daemon/hub_backup_in.h"
#include "daemon/hub_second.h"

#include <errno.h>
#include <string.h>

static int set_time(json_t *object, const char *name, int64_t second)
{
	char text[PH_TIME_TEXT];

	ph_time_text(text, second);
	return json_object_set_new(object, name, json_string(text)) ? -ENOMEM : 0;
}

/* Of the second medium: whether what was erased is gone from it, too. */
static int tell_second(struct ph_hub *hub, json_t *out)
{
	bool erased = false;
	int rc = ph_hub_second_has_erased(hub, &erased);

	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	return json_object_set_new(out, "second_medium",
				   json_string(erased ? "erased" : "out"))
		       ? -ENOMEM
		       : 0;
}

static int tell_restored(const struct ph_hub *hub, json_t *out)
{
	int rc = hub->restored > 0 ? set_time(out, "restored", hub->restored) : 0;

	return rc == 0 && hub->put_back > 0 ? set_time(out, "put_back", hub->put_back)
					    : rc;
}

struct folders {
	const struct ph_erasing_order *order; /* NULL: it is not done */
	json_t *list;
};

static int on_folder(void *data, const char *name, struct ph_view value)
{
	struct folders *folders = data;
	const char *path = name + strlen(PH_HUB_META_BACKUP_IN);
	struct ph_hub_backup_in in;
	json_t *item;
	int rc = ph_hub_backup_in_read(value, &in);

	if (rc < 0 ||
	    (folders->order && !ph_hub_backup_in_may_have(&in, folders->order))) {
		return rc;
	}
	item = json_pack("{s:s}", "folder", path);
	rc = item ? set_time(item, "oldest", in.oldest) : -ENOMEM;
	rc = rc < 0 ? rc : set_time(item, "newest", in.newest);
	if (rc < 0) {
		json_decref(item);
		return rc;
	}
	return json_array_append_new(folders->list, item) ? -ENOMEM : 0;
}

static int tell_backups(struct ph_hub *hub, const struct ph_erasing_order *order,
			json_t *out)
{
	struct folders folders = { .order = order, .list = json_array() };
	int rc = folders.list ? ph_journal_meta_each(hub->journal, PH_HUB_META_BACKUP_IN,
						     on_folder, &folders)
			      : -ENOMEM;

	if (rc == 0 && json_object_set(out, "backups", folders.list)) {
		rc = -ENOMEM;
	}
	json_decref(folders.list);
	return rc;
}

int ph_hub_beyond_tell(struct ph_hub *hub, const struct ph_erasing_order *order,
		       json_t *certificate)
{
	int rc = tell_second(hub, certificate);

	rc = rc < 0 ? rc : tell_restored(hub, certificate);
	return rc < 0 ? rc : tell_backups(hub, order, certificate);
}

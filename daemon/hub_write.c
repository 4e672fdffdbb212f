/*
 * daemon/hub_write.c - what the hub says: entries in the control log or the desk log.
 *
 * The control log is small and goes whole to every device, so it is sealed at its head.
 * The desk log (decisions, judgements, adoptions, reports) goes to the sites that an
 * entry concerns, so each of its entries has a seal of its own. Both are logs of the
 * ordinary form, under the hub's signing key, with site 0; the desk log is opened by its
 * first entry.
 *
 * A kind that only a hub writes belongs to one of them, as the kind table says, and is
 * refused in the other; what sites write too (a void, a merge) may stand in either. After
 * a failure everything of the call is undone, and both writers read the store again.
 */
#include "common/base/say.h"
#include "daemon/hub_collect.h"

#include <errno.h>

void ph_hub_forget(struct ph_hub *hub)
{
	int rc;

	ph_journal_reload(hub->journal);
	/* a store that cannot even be read says so again at the next write */
	rc = ph_writer_reload(hub->writer, NULL);
	if (rc == 0 && hub->desk) {
		rc = ph_writer_reload(hub->desk, NULL);
	}
	hub->is_ahead = ph_hub_collect_load(hub, NULL) != 0 || rc != 0;
	ph_feeder_reload(hub->feeder);
	ph_feeder_set_epoch(hub->feeder, &hub->epoch);
}

int ph_hub_begin(struct ph_hub *hub)
{
	return hub->stopped ? -EIO : ph_db_begin(hub->db);
}

int ph_hub_end(struct ph_hub *hub, int rc)
{
	rc = rc == 0 ? ph_db_commit(hub->db) : rc;
	if (rc < 0) {
		ph_db_rollback(hub->db);
		ph_hub_forget(hub);
		hub->stopped = hub->stopped || rc == -EIO;
	}
	return rc;
}

bool ph_hub_is_ahead(struct ph_hub *hub)
{
	if (hub->is_ahead) {
		ph_hub_forget(hub);
	}
	return hub->is_ahead;
}

static int check_kind(const struct ph_entry *entry, bool desk, struct ph_error *err)
{
	if (entry->kind && entry->kind->writers == PH_ROLE_HUB &&
	    entry->kind->desk != desk) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("%s belongs to the %s log", "%s thuộc nhật ký %s"),
			       entry->kind->name,
			       desk ? ph_say("control", "điều hành")
				    : ph_say("desk", "quầy"));
	}
	return 0;
}

/*
 * Append ENTRY by WRITER, not before anything that others stamped and that is here. As
 * ph_writer_add().
 */
static int append(struct ph_hub *hub, struct ph_writer *writer, struct ph_entry *entry,
		  struct ph_ref *ref_out, struct ph_error *err)
{
	int64_t now = ph_hub_now(hub), time = ph_hub_time(hub, 0);
	int rc;

	hub->behind = true;
	if (time > now) {
		ph_writer_not_before(writer, time);
	}
	rc = ph_writer_add(writer, entry, ref_out, err);
	if (rc == 0 && writer == hub->writer) {
		rc = ph_hub_control_note(hub, err);
	}
	if (rc == 0) {
		ph_hub_latest_saw(&hub->latest, 0, ph_stamp_seconds(entry->stamp),
				  ph_hub_now(hub));
	}
	return rc;
}

int ph_hub_control_put(struct ph_hub *hub, struct ph_entry *entry, struct ph_ref *ref_out,
		       struct ph_error *err)
{
	int rc = check_kind(entry, false, err);

	if (rc == 0) {
		rc = append(hub, hub->writer, entry, ref_out, err);
	}
	return rc == 0 ? ph_writer_seal(hub->writer) : rc;
}

int ph_hub_desk_put(struct ph_hub *hub, struct ph_entry *entry, struct ph_ref *ref_out,
		    struct ph_error *err)
{
	int rc = check_kind(entry, true, err);

	if (rc == 0) {
		rc = append(hub, hub->desk, entry, ref_out, err);
	}
	return rc == 0 ? ph_writer_seal_each(hub->desk) : rc;
}

/* In a transaction of its own; RC is that of what was put. */
static int end(struct ph_hub *hub, int rc, const char *what, struct ph_error *err)
{
	if (rc == 0) {
		rc = ph_db_commit(hub->db);
	}
	if (rc < 0) {
		ph_db_rollback(hub->db);
		ph_hub_forget(hub);
		return ph_fail_errno(err, rc, what);
	}
	return 0;
}

int ph_hub_control_make(struct ph_hub *hub, size_t count, ph_hub_make_fn *make,
			void *data, struct ph_error *err)
{
	int rc = ph_db_begin(hub->db);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct ph_entry *entry = NULL;

		rc = make(data, i, &entry, err);
		rc = rc != 0 || !entry ? rc : check_kind(entry, false, err);
		if (rc == 0 && entry) {
			rc = append(hub, hub->writer, entry, NULL, err);
		}
	}
	if (rc == 0) {
		rc = ph_writer_seal(hub->writer);
	}
	return end(hub, rc, ph_say("writing the control log", "ghi nhật ký điều hành"),
		   err);
}

static int take_given(void *data, size_t i, struct ph_entry **entry_out,
		      struct ph_error *err)
{
	(void)err;
	*entry_out = (struct ph_entry *)data + i;
	return 0;
}

int ph_hub_control_add(struct ph_hub *hub, struct ph_entry *entries, size_t count,
		       struct ph_error *err)
{
	return ph_hub_control_make(hub, count, take_given, entries, err);
}

int ph_hub_desk_add(struct ph_hub *hub, struct ph_entry *entries, size_t count,
		    struct ph_ref *refs_out, struct ph_error *err)
{
	int rc = ph_db_begin(hub->db);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = ph_hub_desk_put(hub, &entries[i], refs_out ? &refs_out[i] : NULL,
				     err);
	}
	return end(hub, rc, ph_say("writing the desk log", "ghi nhật ký quầy"), err);
}

/*
 * client/site_write.c - writing to the own log.
 *
 * A write outside of a batch is one transaction: begin, add each entry, commit; when
 * it returns 0 the entries are on the disk. Inside a batch it is a savepoint, so that
 * a write that is refused leaves the batch as it was.
 *
 * An entry that is not valid, or of a kind that a site does not write, is refused with
 * words before or while it is added; then, and on any failure of the store, nothing
 * of the write is kept and the writer is as before it.
 */
#include <errno.h>

#include "client/site_internal.h"
#include "common/cli/out.h"

void ph_site_roll_back(struct ph_site *site)
{
	ph_db_rollback(site->db);
	ph_journal_reload(site->journal);
	/* a store that cannot even be read says so again at the next write */
	(void)ph_writer_reload(site->writer, NULL);
	ph_site_codes_forget(site);
	site->batch = false;
}

int ph_site_begin(struct ph_site *site, struct ph_error *err)
{
	int rc = site->batch ? -EBUSY : ph_db_begin(site->db);

	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("writing to this site's store",
					    "ghi vào kho dữ liệu của điểm"));
	}
	site->batch = true;
	return 0;
}

int ph_site_commit(struct ph_site *site, struct ph_error *err)
{
	int rc = ph_site_codes_keep(site, err);

	rc = rc != 0 ? rc : ph_site_witness_ready(site, err);
	rc = rc != 0 ? rc : ph_db_commit(site->db);
	if (rc < 0) {
		ph_site_roll_back(site);
		return ph_fail_errno(err, rc,
				     ph_say("writing to this site's store",
					    "ghi vào kho dữ liệu của điểm"));
	}
	site->batch = false;
	ph_site_witness_note(site);
	return 0;
}

void ph_site_undo(struct ph_site *site)
{
	ph_site_roll_back(site);
}

static int check_kind(const struct ph_site *site, const struct ph_entry *entry,
		      struct ph_error *err)
{
	unsigned role = (unsigned)site->cert.invite.role;

	if (!entry->kind) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("this kind is not known", "không biết loại này"));
	}
	if (entry->kind->number == PH_KIND_OPEN ||
	    entry->kind->number == PH_KIND_CLOCK_MARK) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("%s: the log writes these by itself",
				      "%s: nhật ký tự ghi loại này"),
			       entry->kind->name);
	}
	if ((entry->kind->writers & role) == 0) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL, "%s: %s", entry->kind->name,
			entry->kind->writers == PH_ROLE_HUB
				? ph_say("only the provincial library writes these",
					 "chỉ thư viện tỉnh ghi loại này")
				: ph_say("this device is a courier's; only a site's "
					 "writes these",
					 "máy này là máy chuyển tin; chỉ máy của điểm "
					 "mới ghi được"));
	}
	return 0;
}

static int add_all(struct ph_site *site, struct ph_entry *entries, size_t count,
		   struct ph_ref *refs_out, struct ph_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = ph_writer_add(site->writer, &entries[i],
				   refs_out ? &refs_out[i] : NULL, err);
	}
	return rc;
}

/* In the open batch: what fails leaves no trace in it. */
static int write_nested(struct ph_site *site, struct ph_entry *entries, size_t count,
			struct ph_ref *refs_out, struct ph_error *err)
{
	int rc = ph_db_savepoint(site->db);

	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("writing to this site's store",
					    "ghi vào kho dữ liệu của điểm"));
	}
	rc = add_all(site, entries, count, refs_out, err);
	if (rc < 0) {
		ph_db_savepoint_undo(site->db);
		ph_journal_reload(site->journal);
		(void)ph_writer_reload(site->writer, NULL);
		return rc;
	}
	rc = ph_db_savepoint_release(site->db);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("writing to this site's store",
					     "ghi vào kho dữ liệu của điểm"))
		      : 0;
}

int ph_site_write(struct ph_site *site, struct ph_entry *entries, size_t count,
		  struct ph_ref *refs_out, struct ph_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = check_kind(site, &entries[i], err);
		rc = rc != 0 ? rc : ph_site_erase_check(site, &entries[i], err);
	}
	if (rc < 0) {
		return rc;
	}
	if (site->batch) {
		return write_nested(site, entries, count, refs_out, err);
	}
	rc = ph_db_begin(site->db);
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("writing to this site's store",
					    "ghi vào kho dữ liệu của điểm"));
	}
	rc = add_all(site, entries, count, refs_out, err);
	rc = rc == 0 ? ph_site_witness_ready(site, err) : rc;
	if (rc == 0) {
		rc = ph_db_commit(site->db);
	}
	if (rc < 0) {
		ph_site_roll_back(site);
		return ph_fail_errno(err, rc,
				     ph_say("writing to this site's store",
					    "ghi vào kho dữ liệu của điểm"));
	}
	ph_site_witness_note(site);
	return 0;
}

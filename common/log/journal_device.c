/*
 * common/log/journal_device.c - devices: whose certificates were verified.
 *
 * One device key stands in one certificate: a second certificate for a device that
 * is known changes nothing, and gives the device as it is. A Noise key leads to one
 * device, so a certificate that claims somebody else's is refused as
 * PH_JOURNAL_E_FORK: whoever came first keeps it. Two devices may claim one invite;
 * which of them is genuine is for a person, so both are kept and the first is found.
 */
#include "common/log/journal_internal.h"

#define DEVICE_COLUMNS                                                                   \
	"row, id, key, box, desk, site, role, invite, admitted, heard, counter, control"

/* 0, PH_JOURNAL_E_NONE when STMT has no row, or negative errno. */
static int take_device(struct ph_stmt *stmt, struct ph_device *device_out)
{
	int rc = ph_stmt_step(stmt);

	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_JOURNAL_E_NONE : rc;
	}

	struct ph_device device = {
		.row = ph_stmt_col_int(stmt, 0),
		.site = (uint64_t)ph_stmt_col_int(stmt, 5),
		.role = (uint64_t)ph_stmt_col_int(stmt, 6),
		.admitted = ph_stmt_col_int(stmt, 8),
		.heard = ph_stmt_col_int(stmt, 9),
		.counter = (uint64_t)ph_stmt_col_int(stmt, 10),
		.control = (uint64_t)ph_stmt_col_int(stmt, 11),
	};
	const struct {
		int column;
		uint8_t *out;
		size_t len;
	} fixed[] = {
		{ 1, device.id, sizeof(device.id) },
		{ 2, device.key, sizeof(device.key) },
		{ 3, device.box, sizeof(device.box) },
		{ 4, device.desk, sizeof(device.desk) },
		{ 7, device.invite, sizeof(device.invite) },
	};

	rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		rc = ph_journal_col_fixed(stmt, fixed[i].column, fixed[i].out,
					  fixed[i].len);
	}
	ph_stmt_reset(stmt);
	if (rc == 0) {
		*device_out = device;
	}
	return rc;
}

int ph_journal_device_by_id(struct ph_journal *journal,
			    const uint8_t id[static PH_DEVICE_ID_SIZE],
			    struct ph_device *device_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "SELECT " DEVICE_COLUMNS " FROM device WHERE id = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(id, PH_DEVICE_ID_SIZE));
	return take_device(stmt, device_out);
}

int ph_journal_device_by_box(struct ph_journal *journal,
			     const uint8_t box[static PH_KEY_SIZE],
			     struct ph_device *device_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "SELECT " DEVICE_COLUMNS " FROM device WHERE box = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(box, PH_KEY_SIZE));
	return take_device(stmt, device_out);
}

int ph_journal_device_by_invite(struct ph_journal *journal,
				const uint8_t invite[static PH_INVITE_ID_SIZE],
				struct ph_device *device_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "SELECT " DEVICE_COLUMNS " FROM device WHERE invite = ?1"
			       " ORDER BY row LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(invite, PH_INVITE_ID_SIZE));
	return take_device(stmt, device_out);
}

int ph_journal_device_put(struct ph_journal *journal, struct ph_view cert_bytes,
			  const struct ph_cert *cert, struct ph_device *device_out)
{
	struct ph_stmt *stmt;
	struct ph_device other;
	int rc = ph_journal_device_by_id(journal, cert->device_id, device_out);

	if (rc != PH_JOURNAL_E_NONE) {
		return rc;
	}
	rc = ph_journal_device_by_box(journal, cert->box_key, &other);
	if (rc != PH_JOURNAL_E_NONE) {
		return rc == 0 ? PH_JOURNAL_E_FORK : rc;
	}
	rc = ph_db_prepare(journal->db,
			   "INSERT INTO device(id, key, box, desk, site, role, invite,"
			   " cert) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(cert->device_id, PH_DEVICE_ID_SIZE));
	ph_stmt_blob(stmt, 2, PH_VIEW(cert->device_key, PH_KEY_SIZE));
	ph_stmt_blob(stmt, 3, PH_VIEW(cert->box_key, PH_KEY_SIZE));
	ph_stmt_blob(stmt, 4, PH_VIEW(cert->desk_key, PH_KEY_SIZE));
	ph_stmt_int(stmt, 5, (int64_t)cert->invite.site);
	ph_stmt_int(stmt, 6, (int64_t)cert->invite.role);
	ph_stmt_blob(stmt, 7, PH_VIEW(cert->invite.id, PH_INVITE_ID_SIZE));
	ph_stmt_blob(stmt, 8, cert_bytes);
	rc = ph_stmt_run(stmt);
	return rc != 0 ? rc
		       : ph_journal_device_by_id(journal, cert->device_id, device_out);
}

int ph_journal_device_cert(struct ph_journal *journal, int64_t row, struct ph_buf *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db, "SELECT cert FROM device WHERE row = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_JOURNAL_E_NONE : rc;
	}
	rc = ph_buf_put_view(out, ph_stmt_col_blob(stmt, 0));
	ph_stmt_reset(stmt);
	return rc;
}

int ph_journal_device_update(struct ph_journal *journal, const struct ph_device *device)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "UPDATE device SET admitted = ?2, heard = ?3,"
			       " counter = MAX(counter, ?4), control = ?5 WHERE row = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, device->row);
	ph_stmt_int(stmt, 2, device->admitted);
	ph_stmt_int(stmt, 3, device->heard);
	ph_stmt_int(stmt, 4, (int64_t)device->counter);
	ph_stmt_int(stmt, 5, (int64_t)device->control);
	rc = ph_stmt_run(stmt);
	if (rc == 0 && ph_db_changes(journal->db) == 0) {
		rc = PH_JOURNAL_E_NONE;
	}
	return rc;
}

int ph_journal_devices_heard_before(struct ph_journal *journal, int64_t time)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(
		journal->db, "UPDATE device SET heard = ?1 - 1 WHERE heard >= ?1", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, time);
	return ph_stmt_run(stmt);
}

int ph_journal_device_each(struct ph_journal *journal,
			   int (*cb)(void *data, const struct ph_device *device),
			   void *data)
{
	struct ph_device device = { 0 };

	for (;;) {
		struct ph_stmt *stmt;
		int rc = ph_db_prepare(journal->db,
				       "SELECT " DEVICE_COLUMNS " FROM device"
				       " WHERE row > ?1 ORDER BY row LIMIT 1",
				       &stmt);

		if (rc != 0) {
			return rc;
		}
		ph_stmt_int(stmt, 1, device.row);
		rc = take_device(stmt, &device);
		if (rc != 0) {
			return rc == PH_JOURNAL_E_NONE ? 0 : rc;
		}
		rc = cb(data, &device);
		if (rc != 0) {
			return rc;
		}
	}
}

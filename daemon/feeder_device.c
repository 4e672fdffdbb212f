/*
 * daemon/feeder_device.c - who is fed.
 *
 * A device is fed while the control log confirms it and neither retires nor cuts it.
 * One that is new is *waking* (feeder_wake.c). A device that holds less than it once
 * confirmed (its folder was restored) begins anew: what it was told is forgotten, and it
 * wakes again under the next version of its scope.
 */
#include "daemon/feeder_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/device.h"

#define SCOPE_TOLD_MAX UINT32_MAX /* what no hub ever gave out is not heeded */

struct ph_feeder_device *ph_feeder_device_at(struct ph_feeder *feeder, int64_t row)
{
	for (size_t i = 0; i < feeder->n_devices; i++) {
		if (feeder->devices[i].row == row) {
			return &feeder->devices[i];
		}
	}
	return NULL;
}

static int add_device(struct ph_feeder *feeder, const struct ph_feeder_device *device)
{
	int rc = ph_state_grow((void **)&feeder->devices, feeder->n_devices,
			       &feeder->cap_devices, sizeof(*feeder->devices));

	if (rc == 0) {
		feeder->devices[feeder->n_devices++] = *device;
	}
	return rc;
}

static int load_row(struct ph_feeder *feeder, struct ph_stmt *stmt)
{
	struct ph_feeder_device device = {
		.row = ph_stmt_col_int(stmt, 0),
		.scope = (uint64_t)ph_stmt_col_int(stmt, 1),
		.number = (uint64_t)ph_stmt_col_int(stmt, 2),
		.confirmed = (uint64_t)ph_stmt_col_int(stmt, 3),
		.trims = true,
		.waking = ph_stmt_col_int(stmt, 4) != 0,
		.site = (uint64_t)ph_stmt_col_int(stmt, 5),
	};
	struct ph_view id = ph_stmt_col_blob(stmt, 6);
	struct ph_view desk = ph_stmt_col_blob(stmt, 7);

	if (id.len != sizeof(device.id) || desk.len != sizeof(device.desk)) {
		return -EUCLEAN;
	}
	memcpy(device.id, id.data, id.len);
	memcpy(device.desk, desk.data, desk.len);
	return add_device(feeder, &device);
}

int ph_feeder_load(struct ph_feeder *feeder)
{
	struct ph_stmt *stmt;
	int rc;

	if (feeder->loaded) {
		return 0;
	}
	feeder->n_devices = 0;
	rc = ph_db_prepare(feeder->db,
			   "SELECT f.device, f.scope, f.number, f.confirmed, f.waking,"
			   " d.site, d.id, d.desk FROM feed_device f JOIN device d"
			   " ON d.row = f.device WHERE f.fed ORDER BY d.site, f.device",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = load_row(feeder, stmt);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	feeder->loaded = rc == 0;
	return rc;
}

static int save_device(struct ph_feeder *feeder, struct ph_feeder_device *device)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "UPDATE feed_device SET scope = ?2, number = ?3,"
			       " confirmed = ?4, waking = ?5 WHERE device = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, device->row);
	ph_stmt_int(stmt, 2, (int64_t)device->scope);
	ph_stmt_int(stmt, 3, (int64_t)device->number);
	ph_stmt_int(stmt, 4, (int64_t)device->confirmed);
	ph_stmt_int(stmt, 5, device->waking);
	rc = ph_stmt_run(stmt);
	device->moved = rc != 0;
	return rc;
}

int ph_feeder_save(struct ph_feeder *feeder)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < feeder->n_devices; i++) {
		if (feeder->devices[i].moved) {
			rc = save_device(feeder, &feeder->devices[i]);
		}
	}
	return rc;
}

/* --- what was confirmed --- */

/* The number of the first item of DEVICE that is there. 0, PH_FEEDER_E_NONE or negative errno. */
static int first_item(struct ph_feeder *feeder, int64_t device, uint64_t *number_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "SELECT number FROM feed_item WHERE device = ?1"
			       " ORDER BY number LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, device);
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_FEEDER_E_NONE : rc;
	}
	*number_out = (uint64_t)ph_stmt_col_int(stmt, 0);
	ph_stmt_reset(stmt);
	return 0;
}

int ph_feeder_trim(struct ph_feeder *feeder, struct ph_feeder_device *device,
		   unsigned *budget)
{
	uint64_t first = 0, last;
	struct ph_stmt *stmt;
	int rc = first_item(feeder, device->row, &first);

	if (rc < 0) {
		return rc;
	}
	if (rc == PH_FEEDER_E_NONE || first > device->confirmed) {
		device->trims = false;
		return 0;
	}
	last = device->confirmed - first < *budget ? device->confirmed
						   : first + *budget - 1;
	rc = ph_db_prepare(feeder->db,
			   "DELETE FROM feed_item WHERE device = ?1 AND number <= ?2",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, device->row);
	ph_stmt_int(stmt, 2, (int64_t)last);
	rc = ph_stmt_run(stmt);
	device->trims = last < device->confirmed;
	*budget = device->trims ? 0 : *budget - (unsigned)(last - first + 1);
	return rc;
}

/* --- beginning and ending --- */

static int run_device(struct ph_feeder *feeder, const char *sql, int64_t device)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, device);
	return ph_stmt_run(stmt);
}

/* Nothing that DEVICE was told stands any more. */
static int forget(struct ph_feeder *feeder, int64_t device)
{
	static const char *const sql[] = {
		"DELETE FROM feed_told WHERE device = ?1",
		"DELETE FROM feed_fact WHERE device = ?1",
		"DELETE FROM feed_act WHERE device = ?1",
		"DELETE FROM feed_case WHERE device = ?1",
		"DELETE FROM feed_item WHERE device = ?1",
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(sql) / sizeof(sql[0]); i++) {
		rc = run_device(feeder, sql[i], device);
	}
	return rc;
}

int ph_feeder_renew(struct ph_feeder *feeder, struct ph_feeder_device *device,
		    uint64_t told)
{
	int rc = forget(feeder, device->row);

	if (rc != 0) {
		return rc;
	}
	device->scope =
		1 +
		(told > device->scope && told <= SCOPE_TOLD_MAX ? told : device->scope);
	device->number = 0;
	device->confirmed = 0;
	device->waking = true;
	rc = run_device(feeder,
			"UPDATE feed_device SET wake_type = NULL, wake_id = NULL"
			" WHERE device = ?1",
			device->row);
	return rc != 0 ? rc : save_device(feeder, device);
}

struct roster {
	struct ph_feeder *feeder;
	struct ph_buf state;
};

/* Whether the control log confirms DEVICE now. */
static int look_up(struct roster *roster, const struct ph_device *device, bool *fed_out)
{
	struct ph_device_state state;
	int rc;

	roster->state.len = 0;
	*fed_out = false;
	rc = ph_ledger_get(roster->feeder->config.ledger, PH_ENTITY_DEVICE,
			   PH_VIEW(device->id, sizeof(device->id)), &roster->state);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_device_decode(ph_buf_view(&roster->state), &state);
	if (rc == 0) {
		*fed_out =
			ph_device_trusted(&state) && (device->role & PH_ROLE_SITE) != 0;
		ph_device_deinit(&state);
	}
	return rc;
}

static int begin(struct ph_feeder *feeder, int64_t device)
{
	return run_device(feeder,
			  "INSERT INTO feed_device(device, fed, scope, number, confirmed,"
			  " waking) VALUES(?1, 1, 1, 0, 0, 1) ON CONFLICT(device) DO"
			  " UPDATE SET fed = 1, scope = scope + 1, number = 0,"
			  " confirmed = 0, waking = 1, wake_type = NULL, wake_id = NULL",
			  device);
}

static int end(struct ph_feeder *feeder, int64_t device)
{
	int rc = forget(feeder, device);

	return rc != 0 ? rc
		       : run_device(feeder,
				    "UPDATE feed_device SET fed = 0 WHERE device = ?1",
				    device);
}

static int on_device(void *data, const struct ph_device *device)
{
	struct roster *roster = data;
	struct ph_feeder *feeder = roster->feeder;
	bool was = ph_feeder_device_at(feeder, device->row) != NULL;
	bool is;
	int rc = look_up(roster, device, &is);

	if (rc != 0 || is == was) {
		return rc;
	}
	return is ? begin(feeder, device->row) : end(feeder, device->row);
}

int ph_feeder_roster(struct ph_feeder *feeder)
{
	struct roster roster = { .feeder = feeder };
	int rc = ph_feeder_save(feeder);

	rc = rc != 0 ? rc
		     : ph_journal_device_each(feeder->config.journal, on_device, &roster);
	ph_buf_deinit(&roster.state);
	feeder->loaded = false;
	return rc != 0 ? rc : ph_feeder_load(feeder);
}

/* daemon/hub_internal.h - shared by hub.c, hub_init.c, hub_jobs.c and hub_command*.c only. */
#ifndef PH_DAEMON_HUB_INTERNAL_H
#define PH_DAEMON_HUB_INTERNAL_H

#include "common/base/file.h"
#include "daemon/hub.h"

#define PH_HUB_PATH_MAX 4096

struct ph_hub {
	char dir[PH_HUB_PATH_MAX];
	struct ph_hub_config config; /* dir points to the copy above */
	struct ph_lock lock;
	struct ph_db *db;
	struct ph_journal *journal;
	struct ph_ledger *ledger;
	struct ph_writer *writer; /* of the control log */
	struct ph_device_keys keys;
	struct ph_keylist keylist;
	struct ph_buf keylist_bytes;
	struct ph_epoch epoch;
	unsigned province;
	bool stopped; /* an I/O error was seen: nothing more is acknowledged */
};

int64_t ph_hub_now(const struct ph_hub *hub);
/* Append ENTRIES to the control log and seal it, in a transaction of its own. */
int ph_hub_control_add(struct ph_hub *hub, struct ph_entry *entries, size_t count,
		       struct ph_error *err);

#endif

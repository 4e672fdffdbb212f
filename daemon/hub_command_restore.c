/*
 * daemon/hub_command_restore.c - epoch-begin and collect-end.
 *
 * epoch-begin makes the store of a backup a restored hub's; `restore` asks it of a folder
 * that nobody else can see yet. collect-end is the operator's word that enough devices have
 * called: those that came in meanwhile are admitted, unless what was collected did so, and
 * what others wrote is served again.
 */
#include "daemon/hub_collect.h"

#include <errno.h>
#include <stdlib.h>

#include "common/ledger/state.h"
#include "daemon/hub_command.h"

int ph_hub_epoch_begin(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	int rc = ph_hub_restored(hub, err);

	(void)request;
	json_object_set_new(answer, "epoch", json_integer((json_int_t)hub->epoch.number));
	return rc;
}

struct waiting {
	struct ph_hub *hub;
	struct ph_device *device;
	size_t n, cap;
};

static int see_device(void *data, const struct ph_device *device)
{
	struct waiting *waiting = data;
	int rc = 0;

	if (device->admitted == 0) {
		rc = ph_state_grow((void **)&waiting->device, waiting->n, &waiting->cap,
				   sizeof(*waiting->device));
	}
	if (rc == 0 && device->admitted == 0) {
		waiting->device[waiting->n++] = *device;
	}
	return rc;
}

/* Admit DEVICE, unless an entry that came back has done so. */
static int admit(struct ph_hub *hub, struct ph_device *device, unsigned *admitted)
{
	bool wrote;
	int rc = ph_hub_admit_once(hub, device, &wrote);

	*admitted += rc == 0 && wrote;
	device->admitted = ph_hub_now(hub);
	return rc < 0 ? rc : ph_journal_device_update(hub->journal, device);
}

static int end_collecting(struct ph_hub *hub, struct waiting *waiting, unsigned *admitted)
{
	int rc = ph_db_begin(hub->db);

	for (size_t i = 0; rc == 0 && i < waiting->n; i++) {
		rc = admit(hub, &waiting->device[i], admitted);
	}
	rc = rc < 0 ? rc
		    : ph_journal_meta_put_int(hub->journal, PH_HUB_META_COLLECTING, 0);
	rc = rc < 0 ? rc : ph_db_commit(hub->db);
	if (rc < 0) {
		ph_db_rollback(hub->db);
		ph_hub_forget(hub);
		return rc;
	}
	hub->collecting = false;
	return 0;
}

int ph_hub_collect_end(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	struct waiting waiting = { .hub = hub };
	unsigned admitted = 0;
	int64_t collected = 0;
	int rc;

	(void)request;
	if (!hub->collecting) {
		return ph_fail(err, PH_EXIT_OTHER, -EALREADY,
			       "this hub collects nothing: it was not restored, or that "
			       "was ended already");
	}
	rc = ph_journal_device_each(hub->journal, see_device, &waiting);
	rc = rc < 0 ? rc : end_collecting(hub, &waiting, &admitted);
	rc = rc < 0 ? rc
		    : ph_journal_meta_get_int(hub->journal, PH_HUB_META_COLLECTED,
					      &collected);
	free(waiting.device);
	if (rc < 0) {
		return ph_fail_errno(err, rc, "ending the collecting");
	}
	json_object_set_new(answer, "collected", json_integer(collected));
	json_object_set_new(answer, "admitted", json_integer(admitted));
	return 0;
}

/*
 * daemon/hub_command_restore.c - epoch-begin, collect-unheard and collect-end.
 *
 * epoch-begin makes the store of a backup a restored hub's; `restore` asks it of a folder
 * that nobody else can see yet. collect-end is the operator's word that enough devices have
 * called: those that came in meanwhile are admitted, unless what was collected did so, and
 * what others wrote is served again. While a device that may know of a cut or an erasure has
 * not called, or has come by stick or courier and not brought that yet, collect-end refuses, unless it is
 * told "anyway".
 */
#include "common/base/say.h"
#include "daemon/hub_back.h"
#include "daemon/hub_collect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/state.h"
#include "daemon/hub_command.h"
#include "daemon/hub_words.h"

int ph_hub_epoch_begin(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	int rc = ph_hub_restored(hub, err);

	(void)request;
	json_object_set_new(answer, "epoch", json_integer((json_int_t)hub->epoch.number));
	return rc;
}

/* --- who has not called --- */

struct unheard {
	struct ph_hub *hub;
	json_t *sites; /* their codes */
	json_int_t devices, all;
	json_int_t out; /* came by bundles, and hold more than is here */
};

/* Add the code of the site NUMBER; it is there once. */
static int add_site(struct unheard *unheard, uint64_t number)
{
	struct ph_hub_site site;
	char digits[24];
	const char *code = site.code;
	const json_t *known;
	size_t i;
	int rc = ph_hub_site_at(unheard->hub, number, &site);

	if (rc < 0) {
		return rc;
	}
	if (rc > 0) {
		snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
		code = digits;
	}
	json_array_foreach(unheard->sites, i, known)
	{
		if (strcmp(json_string_value(known), code) == 0) {
			return 0;
		}
	}
	return json_array_append_new(unheard->sites, json_string(code)) ? -ENOMEM : 0;
}

static int see_unheard(void *data, const struct ph_device *device)
{
	struct unheard *unheard = data;
	bool is_awaited, is_back, is_heard;
	int rc = ph_hub_collect_awaits(unheard->hub, device, &is_awaited);

	if (rc < 0 || !is_awaited) {
		return rc;
	}
	unheard->all++;
	rc = ph_hub_is_back(unheard->hub, device, &is_back, &is_heard);
	if (rc < 0 || is_back) {
		return rc;
	}
	unheard->devices++;
	unheard->out += is_heard;
	return add_site(unheard, device->site);
}

static int find_unheard(struct unheard *unheard)
{
	unheard->sites = json_array();
	return unheard->sites ? ph_hub_device_each(unheard->hub, see_unheard, unheard)
			      : -ENOMEM;
}

int ph_hub_collect_unheard(struct ph_hub *hub, const json_t *request, json_t *answer,
			   struct ph_error *err)
{
	struct unheard unheard = { .hub = hub };
	int rc = find_unheard(&unheard);

	(void)request;
	if (rc < 0) {
		json_decref(unheard.sites);
		return ph_fail_errno(err, rc,
				     ph_say("reading the devices", "đọc danh sách máy"));
	}
	json_object_set_new(answer, "collecting", json_boolean(hub->collecting));
	json_object_set_new(answer, "unheard", json_integer(unheard.devices));
	json_object_set_new(answer, "words_out", json_integer(unheard.out));
	json_object_set_new(answer, "devices", json_integer(unheard.all));
	json_object_set_new(answer, "sites", unheard.sites);
	return 0;
}

/* 0 if all have called. */
static int check_heard(struct ph_hub *hub, struct ph_error *err)
{
	struct unheard unheard = { .hub = hub };
	int rc = find_unheard(&unheard);

	if (rc < 0) {
		rc = ph_fail_errno(err, rc,
				   ph_say("reading the devices", "đọc danh sách máy"));
	} else if (unheard.devices > 0) {
		rc = ph_fail(
			err, PH_EXIT_TRY_LATER, -EAGAIN,
			ph_say("%lld of %lld devices have not called since the restore, "
			       "or not brought what they had heard, "
			       "at %zu sites; what they know of cuts and erasures of the "
			       "lost days is not here. Wait for them, or say --anyway",
			       "%lld trên %lld máy chưa gọi về từ khi phục hồi, hoặc "
			       "chưa mang về những gì đã nghe, ở %zu "
			       "điểm; lệnh ngừng máy và lệnh xóa của những ngày bị mất "
			       "mà các máy đó biết chưa có ở đây. Hãy chờ, hoặc thêm "
			       "--anyway"),
			(long long)unheard.devices, (long long)unheard.all,
			json_array_size(unheard.sites));
	}
	json_decref(unheard.sites);
	return rc;
}

/* --- the end --- */

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
	size_t lost = 0;
	int64_t collected = 0;
	int rc;

	if (!hub->collecting) {
		return ph_fail(err, PH_EXIT_OTHER, -EALREADY,
			       ph_say("this hub collects nothing: it was not restored, "
				      "or that was ended already",
				      "máy chủ này không thu thập gì: chưa được phục "
				      "hồi, hoặc việc đó đã kết thúc"));
	}
	rc = json_is_true(json_object_get(request, "anyway")) ? 0 : check_heard(hub, err);
	rc = rc < 0 ? rc : ph_journal_device_each(hub->journal, see_device, &waiting);
	rc = rc < 0 ? rc : ph_hub_words_count(hub, &lost);
	rc = rc < 0 ? rc : end_collecting(hub, &waiting, &admitted);
	rc = rc < 0 ? rc
		    : ph_journal_meta_get_int(hub->journal, PH_HUB_META_COLLECTED,
					      &collected);
	free(waiting.device);
	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("ending the collecting", "kết thúc việc thu thập"));
	}
	json_object_set_new(answer, "collected", json_integer(collected));
	json_object_set_new(answer, "admitted", json_integer(admitted));
	json_object_set_new(answer, "words_unheard", json_integer((json_int_t)lost));
	return 0;
}

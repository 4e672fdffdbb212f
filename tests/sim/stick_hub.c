/*
 * tests/sim/stick_hub.c - the hub's side of a stick: by its commands, over its own spool.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "daemon/hub_bundle.h"
#include "tests/sim/check.h"
#include "tests/sim/disk.h"
#include "tests/sim/line.h"
#include "tests/sim/stick_internal.h"

struct desk_stick {
	struct sim_freight *freight; /* of the stick */
	struct ph_spool spool, own;
	uint8_t hub[PH_DEVICE_ID_SIZE];
	json_t *devices;
	bool is_there; /* its manifest is on the stick, in the place of what was */
};

/* The hub refuses only if its disk is why. */
static json_t *ask(struct sim *sim, json_t *request)
{
	int exit;
	json_t *answer = sim_ask(sim, request, &exit);

	if (answer == NULL && !sim_hub_is_ill(sim) && !sim_hub_failed(sim)) {
		sim_broken(sim, SIM_HEALTHY, "the hub does nothing with a stick: %d",
			   exit);
	}
	return answer;
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

static bool begin(struct sim *sim, const struct sim_device *device,
		  struct desk_stick *desk)
{
	json_t *request = json_pack("{s:s}", "command", "stick-begin");
	json_t *answer;
	const char *id;

	if (device != NULL) {
		json_object_set_new(request, "device", json_string(device->hex));
	}
	answer = ask(sim, request);
	if (answer == NULL) {
		return false;
	}
	id = text_of(answer, "hub");
	snprintf(desk->own.path, sizeof desk->own.path, "%s", text_of(answer, "spool"));
	desk->devices = json_incref(json_object_get(answer, "devices"));
	(void)ph_unhex(desk->hub, sizeof desk->hub, id, strlen(id));
	json_decref(answer);
	return true;
}

static void drop(const struct desk_stick *desk, const char *name)
{
	char path[PH_SPOOL_PATH_MAX + PH_SPOOL_NAME_SIZE + 8];

	if (ph_path_join(path, sizeof path, desk->own.path, name, NULL) == 0) {
		(void)ph_file_remove(path);
	}
}

/* --- taking --- */

/* The copy of BUNDLE in the hub's spool; its name is what the bytes make. */
static int put_own(const struct desk_stick *desk, struct ph_view bundle,
		   char name[static PH_SPOOL_NAME_SIZE], struct ph_error *err)
{
	char path[PH_SPOOL_PATH_MAX + PH_SPOOL_NAME_SIZE + 8];
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	int rc;

	ph_bundle_hash(bundle, hash);
	ph_spool_name(hash, name);
	rc = ph_path_join(path, sizeof path, desk->own.path, name, err);
	return rc != 0 ? rc : ph_file_write(path, bundle, 0644, err);
}

static struct sim_device *sender_of(struct sim *sim, const struct ph_spool_file *file)
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		if (memcmp(sim->devices[i].id, file->header.from, PH_DEVICE_ID_SIZE) ==
		    0) {
			return &sim->devices[i];
		}
	}
	return NULL;
}

static void look_at(struct sim *sim, const struct desk_stick *desk,
		    const struct ph_spool_file *file, const json_t *answer,
		    bool is_damaged)
{
	bool complete = json_is_true(json_object_get(answer, "complete"));
	json_int_t entries = json_integer_value(json_object_get(answer, "entries"));
	bool live = json_is_true(json_object_get(answer, "live"));
	bool again = sim_was_taken(sim->sticks, SIM_HUB, file->name);
	struct sim_device *sender = sender_of(sim, file);

	sim_note(sim, "the hub takes %.12s: %s entries=%d live=%d", file->name,
		 complete ? "whole" : text_of(answer, "reason"), (int)entries, live);
	if (complete && is_damaged) {
		sim_broken(sim, SIM_REFUSED, "the hub takes a damaged bundle %.12s",
			   file->name);
	}
	if (again && (entries > 0 || live)) {
		sim_broken(sim, SIM_AGAIN,
			   "the hub takes the bundle %.12s once more, and %s", file->name,
			   live ? "has heard of its device" : "gets entries of it again");
	}
	if (!complete && sim_hub_puts_off(sim) &&
	    strcmp(text_of(answer, "reason"), "later") == 0) {
		sim->result->tally.put_off++;
	} else if (!complete && !is_damaged && sender != NULL && !sender->cut &&
		   !sim_hub_is_ill(sim) && !sim_hub_failed(sim)) {
		sim_broken(sim, SIM_REFUSED, "the hub refuses a sound bundle: %s, %s",
			   text_of(answer, "reason"), text_of(answer, "words"));
	}
	if (complete) {
		sim_say_taken(sim->sticks, SIM_HUB, file->name);
		sim_say_came(sim->sticks, &file->header);
		sim->result->tally.carried += !again;
	}
	if (complete && !again && sender != NULL) {
		sender->arrived = sim->now;
		desk->freight->up += file->size;
		desk->freight->bundles_up++;
	}
}

/* False: the hub's disk was in the way. */
static bool take_one(struct sim *sim, struct desk_stick *desk,
		     const struct ph_spool_file *file)
{
	char name[PH_SPOOL_NAME_SIZE];
	struct ph_buf bundle = { 0 };
	const char *reason = NULL;
	struct ph_error err = { 0 };
	json_t *answer = NULL;
	int rc = ph_spool_read(&desk->spool, file->name, &bundle, &reason);

	rc = rc == 0 ? put_own(desk, ph_buf_view(&bundle), name, &err) : rc;
	ph_buf_deinit(&bundle);
	if (rc != 0 && !sim_hub_is_ill(sim)) {
		sim_broken(sim, SIM_HEALTHY, "the hub copies no bundle: %s", err.text);
	}
	if (rc == 0) {
		answer = ask(sim, json_pack("{s:s, s:s}", "command", "bundle-take",
					    "bundle", name));
		drop(desk, name);
	}
	if (answer != NULL) {
		look_at(sim, desk, file, answer, reason != NULL);
	}
	json_decref(answer);
	return answer != NULL;
}

bool sim_hub_take(struct sim *sim, unsigned stick, bool old)
{
	struct desk_stick desk = { .freight = &sim->sticks->freight[stick] };
	struct ph_spool_files files = { 0 };
	bool done = sim_open_spool(sim, &desk.spool, stick, old, false) &&
		    begin(sim, NULL, &desk) &&
		    ph_spool_list(&desk.spool, &files, NULL) == 0;

	for (unsigned i = 0; done && i < files.n; i++) {
		const struct ph_spool_file *file = &files.file[i];

		if (file->reason == NULL &&
		    memcmp(file->header.to, desk.hub, PH_DEVICE_ID_SIZE) == 0) {
			done = take_one(sim, &desk, file);
		}
	}
	ph_spool_files_deinit(&files);
	json_decref(desk.devices);
	sim_hub_settle(sim);
	return done;
}

/* --- packing --- */

static int put_on(struct desk_stick *desk, const char *own, struct ph_manifest *manifest,
		  struct ph_error *err)
{
	struct ph_buf bundle = { 0 };
	char name[PH_SPOOL_NAME_SIZE];
	struct ph_manifest_line line;
	const char *reason = NULL;
	int rc = ph_spool_read(&desk->own, own, &bundle, &reason);

	rc = rc == 0 && reason != NULL ? -EUCLEAN : rc;
	rc = rc == 0 ? ph_spool_put(&desk->spool, ph_buf_view(&bundle), name, err) : rc;
	if (rc == 0) {
		ph_spool_line(ph_buf_view(&bundle), &line);
		rc = ph_manifest_add(manifest, &line);
	}
	ph_buf_deinit(&bundle);
	return rc;
}

/* -EAGAIN: the hub's disk was in the way. */
static int pack_device(struct sim *sim, struct desk_stick *desk, const json_t *device,
		       struct ph_manifest *manifest, struct ph_error *err)
{
	uint64_t last = sim_last_packed(sim);
	json_t *answer = ask(sim, json_pack("{s:s, s:s, s:I}", "command", "bundle-pack",
					    "device", text_of(device, "device"), "max",
					    (json_int_t)PH_BUNDLE_MAX));
	json_t *name;
	size_t i;
	int rc = answer == NULL ? -EAGAIN : 0;

	sim_check_packed(sim, last);
	json_array_foreach(json_object_get(answer, "bundles"), i, name)
	{
		rc = rc != 0 ? rc : put_on(desk, json_string_value(name), manifest, err);
		drop(desk, json_string_value(name));
	}
	json_decref(answer);
	return rc;
}

/* Those of the hub for others stay, and are listed with the new ones. */
static int keep_others(struct desk_stick *desk, struct ph_manifest *manifest,
		       struct ph_error *err)
{
	struct ph_spool_files files = { 0 };
	unsigned n_new = manifest->n;
	int rc = ph_spool_list(&desk->spool, &files, err);

	for (unsigned i = 0; rc == 0 && i < files.n; i++) {
		const struct ph_spool_file *file = &files.file[i];
		struct ph_manifest_line line = { .size = file->size,
						 .number = file->header.number,
						 .made = file->header.made };
		bool replaced = false;

		for (unsigned j = 0; j < n_new; j++) {
			replaced |= memcmp(manifest->line[j].to, file->header.to,
					   PH_DEVICE_ID_SIZE) == 0;
		}
		if (file->reason != NULL || replaced ||
		    memcmp(file->header.from, desk->hub, PH_DEVICE_ID_SIZE) != 0) {
			continue;
		}
		memcpy(line.to, file->header.to, sizeof line.to);
		(void)ph_unhex(line.hash, sizeof line.hash, file->name,
			       2 * PH_BUNDLE_HASH_SIZE);
		rc = ph_manifest_add(manifest, &line);
	}
	ph_spool_files_deinit(&files);
	return rc;
}

static json_t *lines_of(const struct ph_manifest *manifest)
{
	json_t *lines = json_array();

	for (unsigned i = 0; i < manifest->n; i++) {
		const struct ph_manifest_line *line = &manifest->line[i];
		char hash[2 * PH_BUNDLE_HASH_SIZE + 1], to[2 * PH_DEVICE_ID_SIZE + 1];

		ph_hex(hash, line->hash, sizeof line->hash);
		ph_hex(to, line->to, sizeof line->to);
		json_array_append_new(lines,
				      json_pack("{s:s, s:I, s:s, s:I, s:I}", "hash", hash,
						"size", (json_int_t)line->size, "to", to,
						"number", (json_int_t)line->number,
						"made", (json_int_t)line->made));
	}
	return lines;
}

static int end_pack(struct sim *sim, struct desk_stick *desk,
		    struct ph_manifest *manifest, struct ph_error *err)
{
	struct ph_buf bytes = { 0 };
	json_t *answer;
	const char *hex;
	unsigned removed;
	int rc = keep_others(desk, manifest, err);

	if (rc != 0) {
		return rc;
	}
	answer = ask(sim, json_pack("{s:s, s:o}", "command", "stick-manifest", "bundles",
				    lines_of(manifest)));
	if (answer == NULL) {
		return -EAGAIN;
	}
	hex = text_of(answer, "manifest");
	rc = ph_buf_reserve(&bytes, strlen(hex) / 2 + 1);
	bytes.len = strlen(hex) / 2;
	rc = rc == 0 ? ph_unhex(bytes.data, bytes.len, hex, strlen(hex)) : rc;
	rc = rc == 0 ? ph_spool_put_manifest_bytes(&desk->spool, desk->hub,
						   ph_buf_view(&bytes), err)
		     : rc;
	desk->is_there = rc == 0;
	rc = rc == 0 ? ph_spool_sweep(&desk->spool, desk->hub, manifest, &removed, err)
		     : rc;
	ph_buf_deinit(&bytes);
	json_decref(answer);
	return rc;
}

bool sim_hub_pack(struct sim *sim, const struct sim_device *device, unsigned stick)
{
	struct desk_stick desk = { 0 };
	struct ph_manifest manifest = { .written = 0 };
	struct ph_error err = { 0 };
	json_t *item;
	bool done;
	size_t i;
	int rc = 0;

	if (!sim_open_spool(sim, &desk.spool, stick, false, true) ||
	    !begin(sim, device, &desk)) {
		return false;
	}
	json_array_foreach(desk.devices, i, item)
	{
		rc = rc != 0 ? rc : pack_device(sim, &desk, item, &manifest, &err);
	}
	for (unsigned j = 0; rc == 0 && j < manifest.n; j++) {
		sim->sticks->freight[stick].down += manifest.line[j].size;
		sim->sticks->freight[stick].bundles_down++;
	}
	if (rc == 0 && manifest.n > 0) {
		rc = end_pack(sim, &desk, &manifest, &err);
	}
	done = sim_went_well(sim, &sim->hub_machine, stick, "packs", rc, &err);
	if (desk.is_there) {
		sim_say_carried(sim, stick, SIM_HUB, &manifest);
	}
	if (done && manifest.n > 0) {
		sim_note(sim, "the hub packs %u bundles onto %s", manifest.n,
			 sim_stick_name(stick, false));
		sim->result->tally.packed++;
	}
	ph_manifest_deinit(&manifest);
	json_decref(desk.devices);
	return done;
}

/*
 * daemon/cmd_stick_pack.c - packhorsed pack-stick.
 *
 * For one device after the other the hub makes bundles in its spool, and they are put on the
 * stick. Bundles of the hub that are there already go when newer ones for the same devices
 * are there; those for others stay, and are listed in the manifest with the new ones.
 */
#include "daemon/stick.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/cli/out.h"
#include "daemon/ask.h"

/* What a stick keeps free: its folder, the manifest, and what the system wants. */
#define ROOM_LEFT (128 * 1024)

struct pack {
	struct ph_stick stick;
	struct ph_manifest manifest;
	json_t *devices; /* what each got */
	json_t *lines;
	json_int_t entries, pages, receipts, bytes;
	unsigned removed;
	bool full;
};

static uint64_t room_for(const struct pack *pack)
{
	uint64_t room = 0;

	if (ph_dir_room(pack->stick.spool.path, &room) < 0) {
		return UINT32_MAX;
	}
	return room > ROOM_LEFT ? room - ROOM_LEFT : 0;
}

/* 0; PH_MANIFEST_E_FULL; -ENOMEM. */
static int add_line(struct pack *pack, const struct ph_manifest_line *line)
{
	char hash[2 * PH_BUNDLE_HASH_SIZE + 1];
	char to[2 * PH_DEVICE_ID_SIZE + 1];
	int rc = ph_manifest_add(&pack->manifest, line);

	ph_hex(hash, line->hash, sizeof(line->hash));
	ph_hex(to, line->to, sizeof(line->to));
	return rc != 0 ? rc
	       : json_array_append_new(
			 pack->lines, json_pack("{s:s, s:I, s:s, s:I, s:I}", "hash", hash,
						"size", (json_int_t)line->size, "to", to,
						"number", (json_int_t)line->number,
						"made", (json_int_t)line->made)) != 0
		       ? -ENOMEM
		       : 0;
}

/* From the hub's spool onto the stick. */
static int put_bundle(struct pack *pack, const char *own, struct ph_error *err)
{
	struct ph_manifest_line line;
	struct ph_buf bundle = { 0 };
	char name[PH_SPOOL_NAME_SIZE];
	const char *reason = NULL;
	int rc = ph_spool_read(&pack->stick.own, own, &bundle, &reason);

	rc = rc == 0 && reason ? -EUCLEAN : rc;
	if (rc < 0) {
		rc = ph_fail_errno(err, rc,
				   ph_say("the hub's spool", "kho gói của máy chủ"));
	}
	if (rc == 0) {
		rc = ph_spool_put(&pack->stick.spool, ph_buf_view(&bundle), name, NULL);
		rc = rc < 0 ? ph_stick_in_words(&pack->stick, pack->stick.spool.path, rc,
						err)
			    : rc;
	}
	if (rc == 0) {
		ph_spool_line(ph_buf_view(&bundle), &line);
		rc = add_line(pack, &line);
	}
	ph_buf_deinit(&bundle);
	return rc;
}

static int put_bundles(struct pack *pack, const json_t *names, struct ph_error *err)
{
	int rc = 0;
	size_t i;
	json_t *name;

	json_array_foreach(names, i, name)
	{
		rc = rc != 0 ? rc : put_bundle(pack, json_string_value(name), err);
		ph_stick_drop(&pack->stick, json_string_value(name));
	}
	return rc;
}

static int pack_device(struct pack *pack, json_t *device, struct ph_error *err)
{
	json_t *request = ph_request("bundle-pack");
	json_t *answer = NULL;
	int rc = ph_request_set(request, "device", ph_stick_text(device, "device"), err);

	if (rc < 0 ||
	    json_object_set_new(request, "max",
				json_integer((json_int_t)room_for(pack))) != 0) {
		json_decref(request);
		return rc < 0 ? rc : -ENOMEM;
	}
	rc = ph_ask(pack->stick.cli, request, &answer, err);
	if (rc < 0) {
		return rc;
	}
	pack->full = pack->full || json_is_true(json_object_get(answer, "full"));
	rc = put_bundles(pack, json_object_get(answer, "bundles"), err);
	if (rc == 0) {
		pack->entries += ph_stick_number(answer, "entries");
		pack->pages += ph_stick_number(answer, "pages");
		pack->receipts += ph_stick_number(answer, "receipts");
		pack->bytes += ph_stick_number(answer, "bytes");
		json_object_del(answer, "schema");
		json_object_del(answer, "running");
		json_object_update(device, answer);
		rc = json_array_append(pack->devices, device) != 0 ? -ENOMEM : 0;
	}
	json_decref(answer);
	return rc;
}

static int pack_each(struct pack *pack, struct ph_error *err)
{
	json_t *devices = json_object_get(pack->stick.begin, "devices");
	int rc = 0;
	size_t i;
	json_t *device;

	json_array_foreach(devices, i, device)
	{
		if (rc == 0 && pack->manifest.n >= PH_SPOOL_BUNDLES_MAX) {
			pack->full = true;
		}
		if (rc == 0 && !pack->full) {
			rc = pack_device(pack, device, err);
		}
	}
	/* what is on it is good, and is to be listed; more than a manifest holds is not */
	if ((rc == -ENOSPC || rc == PH_MANIFEST_E_FULL) && pack->manifest.n > 0) {
		pack->full = true;
		rc = 0;
	}
	return rc;
}

/* Whether the stick now has something newer for the recipient of FILE. */
static bool is_replaced(const struct pack *pack, const struct ph_spool_file *file)
{
	bool replaced = false;

	for (unsigned i = 0; i < pack->manifest.n; i++) {
		const struct ph_manifest_line *line = &pack->manifest.line[i];
		char name[PH_SPOOL_NAME_SIZE];

		ph_spool_name(line->hash, name);
		if (strcmp(name, file->name) == 0) {
			return false;
		}
		replaced = replaced ||
			   memcmp(line->to, file->header.to, PH_DEVICE_ID_SIZE) == 0;
	}
	return replaced;
}

static bool is_from_hub(void *data, const uint8_t from[static PH_DEVICE_ID_SIZE])
{
	return ph_stick_is_hub(data, from);
}

/* Whether MANIFEST has a line for FILE. */
static bool is_listed(const struct ph_manifest *manifest,
		      const struct ph_spool_file *file)
{
	char name[PH_SPOOL_NAME_SIZE];
	bool listed = false;

	for (unsigned i = 0; i < manifest->n && !listed; i++) {
		ph_spool_name(manifest->line[i].hash, name);
		listed = strcmp(name, file->name) == 0;
	}
	return listed;
}

/* Those of FILES that stay, and are in the manifest of before (or are not), go into OLD. 0 or -ENOMEM. */
static int keep(const struct pack *pack, const struct ph_spool_files *files,
		const struct ph_manifest *before, bool in_it, struct ph_manifest *old)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < files->n; i++) {
		const struct ph_spool_file *file = &files->file[i];
		struct ph_manifest_line line = { .size = file->size,
						 .number = file->header.number,
						 .made = file->header.made };

		if (is_listed(before, file) != in_it ||
		    is_listed(&pack->manifest, file) || is_replaced(pack, file) ||
		    file->header.made + PH_BUNDLE_DAYS * UINT64_C(86400) <
			    (uint64_t)time(NULL)) {
			continue;
		}
		memcpy(line.to, file->header.to, sizeof(line.to));
		(void)ph_unhex(line.hash, sizeof(line.hash), file->name,
			       2 * PH_BUNDLE_HASH_SIZE);
		rc = ph_manifest_add(old, &line);
	}
	return rc < 0 ? rc : 0; /* what an older one has no room for goes */
}

/*
 * The hub's own bundles that stay are listed as well, up to what a manifest holds; others go. First
 * those that the hub has listed before: whoever has had the stick can write its name into any
 * header, but signs nothing for it.
 */
static int keep_or_drop(struct pack *pack, struct ph_error *err)
{
	struct ph_spool_files files;
	struct ph_manifest before = { 0 };
	struct ph_manifest old = { 0 };
	int rc = ph_spool_list_from(&pack->stick.spool, is_from_hub, &pack->stick, &files,
				    err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_spool_manifest(&pack->stick.spool, pack->stick.hub, &before);
	rc = rc == -ENOMEM ? rc : keep(pack, &files, &before, true, &old);
	rc = rc < 0 ? rc : keep(pack, &files, &before, false, &old);
	for (unsigned i = 0; rc == 0 && i < old.n; i++) {
		rc = add_line(pack, &old.line[i]);
	}
	ph_manifest_deinit(&before);
	ph_manifest_deinit(&old);
	ph_spool_files_deinit(&files);
	return rc > 0 ? 0 : rc;
}

static int write_manifest(struct pack *pack, struct ph_error *err)
{
	json_t *request = ph_request("stick-manifest");
	struct ph_buf bytes = { 0 };
	json_t *answer = NULL;
	const char *hex;
	int rc;

	json_object_set(request, "bundles", pack->lines);
	rc = ph_ask(pack->stick.cli, request, &answer, err);
	if (rc < 0) {
		return rc;
	}
	hex = ph_stick_text(answer, "manifest");
	rc = ph_buf_reserve(&bytes, strlen(hex) / 2 + 1);
	if (rc == 0) {
		bytes.len = strlen(hex) / 2;
		rc = ph_unhex(bytes.data, bytes.len, hex, strlen(hex));
	}
	if (rc == 0) {
		rc = ph_spool_put_manifest_bytes(&pack->stick.spool, pack->stick.hub,
						 ph_buf_view(&bytes), NULL);
		rc = rc < 0 ? ph_stick_in_words(&pack->stick, pack->stick.spool.path, rc,
						err)
			    : rc;
	}
	ph_buf_deinit(&bytes);
	json_decref(answer);
	return rc;
}

static int end_pack(struct pack *pack, struct ph_error *err)
{
	int rc = keep_or_drop(pack, err);

	rc = rc < 0 ? rc : write_manifest(pack, err);
	return rc < 0 ? rc
		      : ph_spool_sweep(&pack->stick.spool, pack->stick.hub,
				       &pack->manifest, &pack->removed, err);
}

static int print_pack(const struct pack *pack)
{
	static const char *const headings[] = { "site",     "device",  "bundles",
						"receipts", "entries", "pages",
						"bytes" };
	const struct ph_cli *cli = pack->stick.cli;
	struct ph_table *table;
	size_t i;
	json_t *item;
	int rc;

	if (cli->json) {
		return ph_out_json(json_pack("{s:i, s:b, s:O, s:I, s:I, s:I, s:I, s:I}",
					     "schema", 1, "complete", (int)!pack->full,
					     "devices", pack->devices, "receipts",
					     pack->receipts, "entries", pack->entries,
					     "pages", pack->pages, "bytes", pack->bytes,
					     "removed", (json_int_t)pack->removed));
	}
	if (json_array_size(pack->devices) == 0 && !cli->plain) {
		printf("%s\n",
		       ph_say("No device has come by stick so far: name one with --site "
			      "or "
			      "--device.",
			      "Chưa có máy nào gửi bằng thẻ: hãy chọn bằng --site hoặc "
			      "--device."));
		return 0;
	}
	table = ph_table_new(headings, 7, cli->plain);
	json_array_foreach(pack->devices, i, item)
	{
		ph_table_cell(table, ph_stick_text(item, "site"));
		ph_table_cellf(table, "%.8s", ph_stick_text(item, "device"));
		ph_table_cellf(table, "%zu",
			       json_array_size(json_object_get(item, "bundles")));
		ph_table_cellf(table, "%lld",
			       (long long)ph_stick_number(item, "receipts"));
		ph_table_cellf(table, "%lld",
			       (long long)ph_stick_number(item, "entries"));
		ph_table_cellf(table, "%lld", (long long)ph_stick_number(item, "pages"));
		ph_table_cellf(table, "%lld", (long long)ph_stick_number(item, "bytes"));
	}
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

int ph_stick_run_pack(struct ph_cli *cli, struct ph_error *err)
{
	struct pack pack = { .stick.lock.fd = -1,
			     .devices = json_array(),
			     .lines = json_array() };
	int rc = pack.devices && pack.lines ? ph_stick_begin(cli, true, &pack.stick, err)
					    : -ENOMEM;

	rc = rc < 0 ? rc : pack_each(&pack, err);
	if (rc == 0 && pack.manifest.n > 0) {
		rc = end_pack(&pack, err);
	}
	rc = rc < 0 ? rc : print_pack(&pack);
	if (rc == 0 && pack.full) {
		rc = ph_fail(
			err, PH_EXIT_PARTIAL, -ENOSPC, "%s",
			ph_say("the stick is full: not everything is on it. Pack the "
			       "rest onto another one, or name fewer with --site",
			       "thẻ USB đã đầy: chưa ghi hết. Hãy ghi phần còn lại "
			       "vào thẻ khác, hoặc chọn ít hơn bằng --site"));
	}
	ph_manifest_deinit(&pack.manifest);
	ph_stick_end(&pack.stick);
	json_decref(pack.devices);
	json_decref(pack.lines);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("packing the stick", "ghi thẻ USB"))
		      : rc;
}

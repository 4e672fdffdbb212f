/*
 * daemon/cmd_stick.c - packhorsed pack-stick and take-stick.
 *
 * The stick is read and written here, in the process of the command; the store, by the
 * running daemon or by this process, sees only copies in DIR/spool, one at a time. Each
 * bundle on a stick is looked at by itself. Bundles of the hub that are on it already
 * are taken away when newer ones for the same devices are there.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/base/file.h"
#include "common/cli/out.h"
#include "daemon/ask.h"
#include "proto/spool.h"

/* What a stick keeps free: its folder, the manifest, and what the system wants. */
#define ROOM_LEFT    (128 * 1024)
#define LOCK_WAIT_MS 5000

struct stick {
	struct ph_cli *cli;
	struct ph_spool spool;
	struct ph_spool own; /* DIR/spool: a spool without the folder of one */
	uint8_t hub[PH_DEVICE_ID_SIZE];
	json_t *begin;       /* the hub's answer */
	struct ph_lock lock; /* on DIR/spool: one such command at a time */
};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static json_int_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static int begin(struct ph_cli *cli, bool create, struct stick *stick,
		 struct ph_error *err)
{
	json_t *request = ph_request("stick-begin");
	char path[PH_SPOOL_PATH_MAX];
	mode_t mask = umask(0); /* a stick is everybody's */
	int rc = ph_spool_open(&stick->spool, cli->args[0], create, err);

	(void)umask(mask);
	stick->cli = cli;
	stick->lock.fd = -1;
	/* before it is swept: another such command may be at work */
	rc = rc < 0 ? rc : ph_path_join(path, sizeof(path), cli->dir, "spool", err);
	rc = rc < 0 || !ph_file_exists(path)
		     ? rc
		     : ph_lock_take(&stick->lock, path, cli->command->name, LOCK_WAIT_MS,
				    err);
	rc = rc < 0 ? rc : ph_request_set(request, "site", ph_cli_get(cli, "site"), err);
	rc = rc < 0 ? rc
		    : ph_request_set(request, "device", ph_cli_get(cli, "device"), err);
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	rc = ph_ask(cli, request, &stick->begin, err);
	if (rc == 0) {
		const char *id = text_of(stick->begin, "hub");

		snprintf(stick->own.path, sizeof(stick->own.path), "%s",
			 text_of(stick->begin, "spool"));
		rc = ph_unhex(stick->hub, sizeof(stick->hub), id, strlen(id));
	}
	return rc;
}

static void end(struct stick *stick)
{
	ph_lock_release(&stick->lock);
	json_decref(stick->begin);
}

static void drop_own(const struct stick *stick, const char *name)
{
	char path[PH_SPOOL_PATH_MAX + PH_SPOOL_NAME_SIZE + 8];

	if (ph_path_join(path, sizeof(path), stick->own.path, name, NULL) == 0) {
		(void)ph_file_remove(path);
	}
}

/* ---- take-stick ---- */

struct take {
	struct stick stick;
	json_t *bundles, *refusals;
	json_int_t entries, parts, left, admitted;
	unsigned others, removed;
	bool later;
};

static void refuse(struct take *take, const char *name, const char *reason,
		   const char *words)
{
	json_array_append_new(take->refusals,
			      json_pack("{s:s, s:s}", "file", name, "reason", reason));
	fprintf(stderr, ph_say("%s was refused: %s\n", "%s bị từ chối: %s\n"), name,
		words);
}

static void expire(struct take *take, const struct ph_spool_file *file)
{
	char path[PH_SPOOL_PATH_MAX + PH_SPOOL_NAME_SIZE + 8];
	uint64_t now = (uint64_t)time(NULL);

	if (file->header.made + PH_BUNDLE_DAYS * UINT64_C(86400) < now &&
	    ph_path_join(path, sizeof(path), take->stick.spool.path, file->name, NULL) ==
		    0 &&
	    ph_file_remove(path) == 0) {
		take->removed++;
	}
}

static void note_taken(struct take *take, const struct ph_spool_file *file,
		       json_t *answer)
{
	take->entries += number_of(answer, "entries");
	take->parts += number_of(answer, "parts");
	take->left += number_of(answer, "left");
	take->admitted += json_is_true(json_object_get(answer, "admitted"));
	if (!json_is_true(json_object_get(answer, "complete"))) {
		take->later =
			take->later || strcmp(text_of(answer, "reason"), "later") == 0;
		refuse(take, file->name, text_of(answer, "reason"),
		       text_of(answer, "words"));
	} else {
		expire(take, file);
	}
	json_object_del(answer, "schema");
	json_object_del(answer, "running");
	json_object_set_new(answer, "file", json_string(file->name));
	json_array_append(take->bundles, answer);
}

/* Copy BUNDLE into the hub's spool, under the name that its bytes make. */
static int put_own(struct take *take, struct ph_view bundle,
		   char name[static PH_SPOOL_NAME_SIZE], struct ph_error *err)
{
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	char path[PH_SPOOL_PATH_MAX + PH_SPOOL_NAME_SIZE + 8];
	int rc;

	ph_bundle_hash(bundle, hash);
	ph_spool_name(hash, name);
	rc = ph_path_join(path, sizeof(path), take->stick.own.path, name, err);
	return rc < 0 ? rc : ph_file_write(path, bundle, 0644, err);
}

static int take_file(struct take *take, const struct ph_spool_file *file,
		     struct ph_buf *bundle, struct ph_error *err)
{
	char name[PH_SPOOL_NAME_SIZE];
	json_t *answer = NULL;
	json_t *request;
	const char *reason;
	int rc;

	bundle->len = 0;
	rc = ph_spool_read(&take->stick.spool, file->name, bundle, &reason);
	if (rc < 0) {
		refuse(take, file->name, "unreadable", strerror(-rc));
		return 0;
	}
	rc = put_own(take, ph_buf_view(bundle), name, err);
	if (rc < 0) {
		return rc;
	}
	request = ph_request("bundle-take");
	rc = ph_request_set(request, "bundle", name, err);
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	rc = ph_ask(take->stick.cli, request, &answer, err);
	drop_own(&take->stick, name);
	if (rc == 0) {
		note_taken(take, file, answer);
	}
	json_decref(answer);
	return rc;
}

static void tell_more(const struct ph_spool_files *files)
{
	if (files->is_more) {
		fprintf(stderr,
			ph_say("there are more than %d bundles on the stick; the others "
			       "were not looked at\n",
			       "trên thẻ có hơn %d gói; các gói còn lại chưa được xem\n"),
			PH_SPOOL_FILES_MAX);
	}
}

static int take_each(struct take *take, struct ph_error *err)
{
	struct ph_spool_files files;
	struct ph_buf bundle = { 0 };
	int rc = ph_spool_list(&take->stick.spool, &files, err);

	if (rc < 0) {
		return rc;
	}
	tell_more(&files);
	for (unsigned i = 0; rc == 0 && i < files.n; i++) {
		const struct ph_spool_file *file = &files.file[i];

		if (file->reason) {
			refuse(take, file->name, file->reason, file->reason);
		} else if (memcmp(file->header.to, take->stick.hub, PH_DEVICE_ID_SIZE) !=
			   0) {
			take->others++;
		} else {
			rc = take_file(take, file, &bundle, err);
		}
	}
	ph_buf_deinit(&bundle);
	ph_spool_files_deinit(&files);
	return rc;
}

static int print_table(const struct take *take)
{
	static const char *const headings[] = { "site",    "device", "made",
						"entries", "parts",  "state" };
	struct ph_table *table = ph_table_new(headings, 6, take->stick.cli->plain);
	size_t i;
	json_t *item;
	int rc;

	json_array_foreach(take->bundles, i, item)
	{
		const char *reason = text_of(item, "reason");
		time_t made = (time_t)number_of(item, "made") + 7 * 3600;
		struct tm day;
		char text[16] = "";

		if (gmtime_r(&made, &day)) {
			(void)strftime(text, sizeof(text), "%Y-%m-%d", &day);
		}
		ph_table_cell(table, text_of(item, "site"));
		ph_table_cellf(table, "%.8s", text_of(item, "device"));
		ph_table_cell(table, text);
		ph_table_cellf(table, "%lld", (long long)number_of(item, "entries"));
		ph_table_cellf(table, "%lld", (long long)number_of(item, "parts"));
		ph_table_cell(table, reason[0] ? reason
				     : json_is_true(json_object_get(item, "admitted"))
					     ? ph_say("admitted", "mới")
					     : "");
	}
	rc = json_array_size(take->bundles) > 0 ? ph_table_print(table, stdout) : 0;
	ph_table_free(table);
	return rc;
}

static int print_take(const struct take *take)
{
	const struct ph_cli *cli = take->stick.cli;

	if (cli->json) {
		return ph_out_json(json_pack(
			"{s:i, s:O, s:I, s:I, s:I, s:I, s:I, s:I, s:O}", "schema", 1,
			"bundles", take->bundles, "entries", take->entries, "parts",
			take->parts, "left", take->left, "admitted", take->admitted,
			"others", (json_int_t)take->others, "removed",
			(json_int_t)take->removed, "refused", take->refusals));
	}
	if (json_array_size(take->bundles) == 0 && !cli->plain) {
		printf("%s\n", ph_say("Nothing on this stick is for the hub.",
				      "Trên thẻ này không có gì cho thư viện tỉnh."));
		return 0;
	}
	return print_table(take);
}

static int run_take(struct ph_cli *cli, struct ph_error *err)
{
	struct take take = { .bundles = json_array(), .refusals = json_array() };
	size_t refused;
	int rc = take.bundles && take.refusals ? begin(cli, false, &take.stick, err)
					       : -ENOMEM;

	rc = rc < 0 ? rc : take_each(&take, err);
	rc = rc < 0 ? rc : print_take(&take);
	refused = json_array_size(take.refusals);
	if (rc == 0 && refused > 0) {
		rc = ph_fail(err, take.later ? PH_EXIT_TRY_LATER : PH_EXIT_PARTIAL,
			     -EBADMSG,
			     ph_say("%zu files on the stick were refused; what was good "
				    "was taken",
				    "%zu tệp trên thẻ bị từ chối; phần tốt đã được nhận"),
			     refused);
	}
	end(&take.stick);
	json_decref(take.bundles);
	json_decref(take.refusals);
	return rc < 0 ? ph_fail_errno(err, rc, "taking the stick") : rc;
}

/* ---- pack-stick ---- */

struct pack {
	struct stick stick;
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

static int add_line(struct pack *pack, const struct ph_manifest_line *line)
{
	char hash[2 * PH_BUNDLE_HASH_SIZE + 1];
	char to[2 * PH_DEVICE_ID_SIZE + 1];
	int rc = ph_manifest_add(&pack->manifest, line);

	ph_hex(hash, line->hash, sizeof(line->hash));
	ph_hex(to, line->to, sizeof(line->to));
	return rc < 0 ? rc
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
		rc = ph_fail_errno(err, rc, "the hub's spool");
	}
	rc = rc < 0 ? rc
		    : ph_spool_put(&pack->stick.spool, ph_buf_view(&bundle), name, err);
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
		rc = rc < 0 ? rc : put_bundle(pack, json_string_value(name), err);
		drop_own(&pack->stick, json_string_value(name));
	}
	return rc;
}

static int pack_device(struct pack *pack, json_t *device, struct ph_error *err)
{
	json_t *request = ph_request("bundle-pack");
	json_t *answer = NULL;
	int rc = ph_request_set(request, "device", text_of(device, "device"), err);

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
		pack->entries += number_of(answer, "entries");
		pack->pages += number_of(answer, "pages");
		pack->receipts += number_of(answer, "receipts");
		pack->bytes += number_of(answer, "bytes");
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
	/* what is on it is good, and is to be listed */
	if (rc == -ENOSPC && pack->manifest.n > 0) {
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

/* The hub's own bundles that stay are listed as well, up to what a manifest holds; others go. */
static int keep_or_drop(struct pack *pack, struct ph_error *err)
{
	struct ph_spool_files files;
	unsigned n_new = pack->manifest.n;
	struct ph_manifest old = { 0 };
	int rc = ph_spool_list(&pack->stick.spool, &files, err);

	if (rc < 0) {
		return rc;
	}
	for (unsigned i = 0; rc == 0 && i < files.n; i++) {
		const struct ph_spool_file *file = &files.file[i];
		struct ph_manifest_line line = { .size = file->size,
						 .number = file->header.number,
						 .made = file->header.made };
		bool is_new = false;
		char name[PH_SPOOL_NAME_SIZE];

		for (unsigned j = 0; j < n_new && !is_new; j++) {
			ph_spool_name(pack->manifest.line[j].hash, name);
			is_new = strcmp(name, file->name) == 0;
		}
		if (file->reason || is_new || is_replaced(pack, file) ||
		    memcmp(file->header.from, pack->stick.hub, PH_DEVICE_ID_SIZE) != 0 ||
		    file->header.made + PH_BUNDLE_DAYS * UINT64_C(86400) <
			    (uint64_t)time(NULL)) {
			continue;
		}
		memcpy(line.to, file->header.to, sizeof(line.to));
		(void)ph_unhex(line.hash, sizeof(line.hash), file->name,
			       2 * PH_BUNDLE_HASH_SIZE);
		rc = ph_manifest_add(&old, &line);
	}
	for (unsigned i = 0; rc == 0 && i < old.n; i++) {
		rc = add_line(pack, &old.line[i]);
	}
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
	hex = text_of(answer, "manifest");
	rc = ph_buf_reserve(&bytes, strlen(hex) / 2 + 1);
	if (rc == 0) {
		bytes.len = strlen(hex) / 2;
		rc = ph_unhex(bytes.data, bytes.len, hex, strlen(hex));
	}
	rc = rc == 0 ? ph_spool_put_manifest_bytes(&pack->stick.spool, pack->stick.hub,
						   ph_buf_view(&bytes), err)
		     : rc;
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
		ph_table_cell(table, text_of(item, "site"));
		ph_table_cellf(table, "%.8s", text_of(item, "device"));
		ph_table_cellf(table, "%zu",
			       json_array_size(json_object_get(item, "bundles")));
		ph_table_cellf(table, "%lld", (long long)number_of(item, "receipts"));
		ph_table_cellf(table, "%lld", (long long)number_of(item, "entries"));
		ph_table_cellf(table, "%lld", (long long)number_of(item, "pages"));
		ph_table_cellf(table, "%lld", (long long)number_of(item, "bytes"));
	}
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

static int run_pack(struct ph_cli *cli, struct ph_error *err)
{
	struct pack pack = { .devices = json_array(), .lines = json_array() };
	int rc =
		pack.devices && pack.lines ? begin(cli, true, &pack.stick, err) : -ENOMEM;

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
	end(&pack.stick);
	json_decref(pack.devices);
	json_decref(pack.lines);
	return rc < 0 ? ph_fail_errno(err, rc, "packing the stick") : rc;
}

static const struct ph_cli_option pack_options[] = {
	{ "site", "CODE", "for all devices of this site, also those that never came" },
	{ "device", "ID", "for this one alone; ID is how its id begins" },
	{ 0 },
};

const struct ph_cli_command ph_cmds_stick[] = {
	{ "take-stick", "Running", "DIR", 1, 1,
	  "take what devices have sent on a stick\n"
	  "DIR is where it is plugged in. New devices are admitted by what they bring. "
	  "What is\n"
	  "damaged is refused file by file (exit status 14).",
	  NULL, run_take, NULL },
	{ "pack-stick", "Running", "DIR", 1, 1,
	  "put receipts, control log and feeds for devices onto a stick\n"
	  "Without an option: for all whose entries have come by stick. Each bundle can "
	  "be\n"
	  "read by its device alone. Exit status 14: the stick is full.",
	  pack_options, run_pack, NULL },
	{ 0 },
};

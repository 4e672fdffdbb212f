/*
 * daemon/hub_command_bundle.c - bundles from and to the hub's own spool, by command.
 *
 * Sticks are slow and pulled, and a service may not even see them; so the command line
 * copies between the stick and DIR/spool, and the store is asked about one bundle there
 * at a time. A file in DIR/spool is gone when the command that needed it has ended; what is
 * left by one that was killed is removed by the next.
 */
#include "common/base/say.h"
#include "daemon/hub_bundle.h"
#include "daemon/hub_copy.h"
#include "daemon/hub_name.h"

#include <errno.h>
#include <string.h>

#include "proto/spool.h"

#define SPOOL_MODE                                                                       \
	0644 /* the folder above it is 0700; who runs the command may be root */

static int spool_path(const struct ph_hub *hub, const char *name,
		      char out[static PH_HUB_PATH_MAX], struct ph_error *err)
{
	char dir[PH_HUB_PATH_MAX];
	int rc = ph_path_join(dir, sizeof(dir), hub->dir, "spool", err);

	return rc < 0 ? rc : ph_path_join(out, PH_HUB_PATH_MAX, dir, name, err);
}

/* ---- stick-begin ---- */

struct choice {
	struct ph_hub *hub;
	json_t *devices;
	json_t *ended; /* cut off or retired */
	uint64_t site; /* 0: those that came by stick */
};

/* DEVICE into LIST. */
static int add_device(const struct choice *choice, const struct ph_device *device,
		      json_t *list)
{
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	struct ph_hub_site site = { 0 };
	int rc = ph_hub_site_at(choice->hub, device->site, &site);

	ph_hex(id, device->id, sizeof(device->id));
	return rc < 0 ? rc
	       : json_array_append_new(list, json_pack("{s:s, s:s}", "device", id, "site",
						       site.code)) != 0
		       ? -ENOMEM
		       : 0;
}

static int choose(void *data, const struct ph_device *device)
{
	struct choice *choice = data;
	enum ph_hub_trust trust;
	bool came = true;
	int rc = ph_hub_device_trust(choice->hub, device->id, &trust);

	if (rc == 0 && choice->site == 0) {
		rc = ph_hub_copies_by_file(choice->hub, device, &came);
	}
	if (rc < 0 || !came || (choice->site != 0 && device->site != choice->site)) {
		return rc < 0 ? rc : 0;
	}
	return add_device(choice, device,
			  trust == PH_HUB_CUT || trust == PH_HUB_RETIRED
				  ? choice->ended
				  : choice->devices);
}

/* Whether DEVICE, by its id, has yet to hear of what was said of it, or to get receipts. */
static int waits(struct ph_hub *hub, const char *id, bool *waits_out)
{
	uint8_t bytes[PH_DEVICE_ID_SIZE];
	struct ph_hub_packing *packing = NULL;
	struct ph_device device;
	int rc = ph_unhex(bytes, sizeof(bytes), id, strlen(id));

	rc = rc < 0 ? rc : ph_journal_device_by_id(hub->journal, bytes, &device);
	rc = rc != 0 ? rc : ph_hub_pack_new(&packing, hub, &device);
	rc = rc != 0 ? rc : ph_hub_pack_waits(packing, waits_out);
	ph_hub_pack_free(packing);
	return rc;
}

/*
 * What was cut off or retired gets what couriers have for it (hub_courier_tour.c), and is behind
 * all others here, too.
 */
static int choose_ended(const struct choice *choice)
{
	int rc = 0;
	size_t i;
	json_t *device;

	json_array_foreach(choice->ended, i, device)
	{
		bool does = false;

		rc = rc != 0 ? rc
			     : waits(choice->hub, ph_request_text(device, "device"),
				     &does);
		if (rc == 0 && does) {
			rc = json_array_append(choice->devices, device) != 0 ? -ENOMEM
									     : 0;
		}
	}
	return rc;
}

static int choose_devices(struct ph_hub *hub, const json_t *request, json_t *devices,
			  struct ph_error *err)
{
	struct choice choice = { .hub = hub, .devices = devices };
	const char *code = ph_request_text(request, "site");
	const char *prefix = ph_request_text(request, "device");
	struct ph_device device;
	struct ph_hub_site site;
	int rc = 0;

	if (prefix) {
		rc = ph_hub_device_here(hub, prefix, &device, err);
		return rc < 0 ? rc : add_device(&choice, &device, devices);
	}
	if (code) {
		rc = ph_hub_site_need(hub, code, &site, err);
		choice.site = rc < 0 ? 0 : site.number;
	}
	if (rc == 0) {
		choice.ended = json_array();
		rc = choice.ended ? ph_journal_device_each(hub->journal, choose, &choice)
				  : -ENOMEM;
	}
	rc = rc < 0 ? rc : choose_ended(&choice);
	json_decref(choice.ended);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading the devices", "đọc danh sách máy"))
		      : 0;
}

static int sweep_name(void *data, const char *name)
{
	const struct ph_hub *hub = data;
	char path[PH_HUB_PATH_MAX];

	if (ph_spool_is_name(name) && spool_path(hub, name, path, NULL) == 0) {
		(void)ph_file_remove(path);
	}
	return 0;
}

/* What this hub was called when it had other keys. */
static json_t *ids_of_before(const struct ph_hub *hub)
{
	json_t *ids = json_array();

	for (unsigned i = 1; i < hub->ring.n; i++) {
		char id[2 * PH_DEVICE_ID_SIZE + 1];

		ph_hex(id, hub->ring.id[i], PH_DEVICE_ID_SIZE);
		json_array_append_new(ids, json_string(id));
	}
	return ids;
}

int ph_hub_stick_begin(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	uint8_t hub_id[PH_DEVICE_ID_SIZE];
	json_t *devices = json_array();
	char path[PH_HUB_PATH_MAX];
	int rc = devices ? ph_path_join(path, sizeof(path), hub->dir, "spool", err)
			 : -ENOMEM;

	rc = rc < 0 ? rc : ph_dir_create(path, err);
	if (rc == 0) {
		(void)ph_dir_list(path, sweep_name, hub);
		rc = choose_devices(hub, request, devices, err);
	}
	ph_hub_id(hub, hub_id);
	ph_hex(id, hub_id, sizeof(hub_id));
	json_object_set_new(answer, "hub", json_string(id));
	json_object_set_new(answer, "was", ids_of_before(hub));
	json_object_set_new(answer, "spool", json_string(path));
	json_object_set_new(answer, "devices", devices);
	return rc;
}

/* ---- bundle-take ---- */

static int tell_taken(struct ph_hub *hub, const struct ph_hub_bundle_taken *taken,
		      json_t *answer)
{
	const struct ph_hub_peer *peer = &taken->peer;
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	struct ph_hub_site site = { 0 };
	int rc = 0;

	ph_hex(id, taken->header.from, sizeof(taken->header.from));
	if (taken->known) {
		rc = ph_hub_site_at(hub, peer->device.site, &site);
	}
	if (rc < 0) {
		return rc;
	}
	return json_object_update_new(
		       answer,
		       json_pack(
			       "{s:b, s:s?, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:b, "
			       "s:b, s:b, s:b}",
			       "complete", (int)(taken->reason == NULL), "reason",
			       taken->reason, "words", taken->words, "device", id, "site",
			       site.code, "made", (json_int_t)taken->header.made,
			       "entries", (json_int_t)peer->entries, "parts",
			       (json_int_t)peer->parts, "left", (json_int_t)peer->left,
			       "admitted", (int)peer->admitted, "late", (int)peer->late,
			       "reused", (int)peer->reused, "forked", (int)peer->forked,
			       "live", (int)taken->live)) != 0
		       ? -ENOMEM
		       : 0;
}

int ph_hub_bundle_take_command(struct ph_hub *hub, const json_t *request, json_t *answer,
			       struct ph_error *err)
{
	const char *name = ph_request_need(request, "bundle", err);
	struct ph_hub_bundle_taken taken;
	struct ph_buf bundle = { 0 };
	char path[PH_HUB_PATH_MAX];
	int rc = !name ? -EINVAL : ph_spool_is_name(name) ? 0 : -EINVAL;

	rc = rc < 0 ? rc : spool_path(hub, name, path, err);
	rc = rc < 0 ? rc : ph_file_read_plain(path, PH_BUNDLE_MAX, &bundle);
	if (rc == 0) {
		rc = ph_hub_bundle_take(hub, ph_buf_view(&bundle), PH_ROAD_STICK, &taken);
		hub->behind = true;
	}
	rc = rc == 0 ? tell_taken(hub, &taken, answer) : rc;
	ph_buf_deinit(&bundle);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("taking a bundle", "nhận gói")) : 0;
}

/* ---- bundle-pack ---- */

struct packed {
	json_t *names;
	uint64_t entries, parts, pages, receipts, bytes;
	bool full;
};

static int keep_bundle(struct ph_hub *hub, struct ph_view bundle, struct packed *packed,
		       struct ph_error *err)
{
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	char name[PH_SPOOL_NAME_SIZE];
	char path[PH_HUB_PATH_MAX];
	int rc;

	ph_bundle_hash(bundle, hash);
	ph_spool_name(hash, name);
	rc = spool_path(hub, name, path, err);
	rc = rc < 0 ? rc : ph_file_write(path, bundle, SPOOL_MODE, err);
	packed->bytes += bundle.len;
	return rc < 0                                                         ? rc
	       : json_array_append_new(packed->names, json_string(name)) != 0 ? -ENOMEM
									      : 0;
}

static int pack_all(struct ph_hub *hub, struct ph_hub_packing *packing, uint64_t max,
		    struct packed *packed, struct ph_error *err)
{
	struct ph_hub_packed one = { .more = true };
	struct ph_buf bundle = { 0 };
	int rc = 0;

	while (rc == 0 && one.more && !packed->full) {
		uint64_t left = max > packed->bytes ? max - packed->bytes : 0;

		bundle.len = 0;
		rc = ph_hub_pack_next(packing, left, &bundle, &one);
		if (rc == PH_HUB_PACK_E_FULL) {
			packed->full = true;
			rc = 0;
			break;
		}
		rc = rc == 0 ? keep_bundle(hub, ph_buf_view(&bundle), packed, err) : rc;
		packed->entries += one.entries;
		packed->parts += one.parts;
		packed->pages += one.pages;
		packed->receipts += one.receipts;
	}
	ph_buf_deinit(&bundle);
	return rc;
}

int ph_hub_bundle_pack_command(struct ph_hub *hub, const json_t *request, json_t *answer,
			       struct ph_error *err)
{
	const char *prefix = ph_request_need(request, "device", err);
	json_int_t max = json_integer_value(json_object_get(request, "max"));
	struct packed packed = { .names = json_array() };
	struct ph_hub_packing *packing = NULL;
	struct ph_device device;
	int rc = prefix && packed.names ? 0 : -EINVAL;

	rc = rc < 0 ? rc : ph_hub_device_here(hub, prefix, &device, err);
	/* so that it has all that was stored before */
	rc = rc < 0 ? rc : ph_hub_fold(hub);
	rc = rc < 0 ? rc : ph_hub_pack_new(&packing, hub, &device);
	if (rc == 0) {
		rc = pack_all(hub, packing, max > 0 ? (uint64_t)max : 0, &packed, err);
	}
	ph_hub_pack_free(packing);
	if (rc < 0) {
		json_decref(packed.names);
		return ph_fail_errno(err, rc, ph_say("packing a bundle", "làm gói"));
	}
	return json_object_update_new(
		       answer, json_pack("{s:o, s:b, s:I, s:I, s:I, s:I, s:I}", "bundles",
					 packed.names, "full", (int)packed.full,
					 "entries", (json_int_t)packed.entries, "parts",
					 (json_int_t)packed.parts, "pages",
					 (json_int_t)packed.pages, "receipts",
					 (json_int_t)packed.receipts, "bytes",
					 (json_int_t)packed.bytes)) != 0
		       ? -ENOMEM
		       : 0;
}

/* ---- stick-manifest ---- */

static int add_line(struct ph_manifest *manifest, const json_t *object)
{
	const char *hash = json_string_value(json_object_get(object, "hash"));
	const char *to = json_string_value(json_object_get(object, "to"));
	struct ph_manifest_line line = {
		.size = (uint64_t)json_integer_value(json_object_get(object, "size")),
		.number = (uint64_t)json_integer_value(json_object_get(object, "number")),
		.made = (uint64_t)json_integer_value(json_object_get(object, "made")),
	};

	if (!hash || !to ||
	    ph_unhex(line.hash, sizeof(line.hash), hash, strlen(hash)) != 0 ||
	    ph_unhex(line.to, sizeof(line.to), to, strlen(to)) != 0) {
		return -EINVAL;
	}
	return ph_manifest_add(manifest, &line);
}

int ph_hub_stick_manifest(struct ph_hub *hub, const json_t *request, json_t *answer,
			  struct ph_error *err)
{
	const json_t *lines = json_object_get(request, "bundles");
	struct ph_manifest manifest = { .written = (uint64_t)ph_hub_now(hub) };
	struct ph_buf bytes = { 0 };
	struct ph_buf hex = { 0 };
	int rc = 0;

	memcpy(manifest.key, hub->keys.sign.key, PH_KEY_SIZE);
	for (size_t i = 0; rc == 0 && i < json_array_size(lines); i++) {
		rc = add_line(&manifest, json_array_get(lines, i));
	}
	rc = rc > 0 ? -E2BIG : rc;
	rc = rc == 0 ? ph_manifest_encode(&manifest, &hub->keys.sign, &bytes) : rc;
	rc = rc == 0 ? ph_buf_reserve(&hex, 2 * bytes.len + 1) : rc;
	if (rc == 0) {
		ph_hex((char *)hex.data, bytes.data, bytes.len);
		json_object_set_new(answer, "manifest",
				    json_string((const char *)hex.data));
	}
	ph_manifest_deinit(&manifest);
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&hex);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("signing the manifest", "ký danh sách gói"))
		      : 0;
}

/* ---- bundle-gone ---- */

static int drop_down(struct ph_hub *hub, const uint8_t *device, uint64_t first,
		     uint64_t last)
{
	int rc = ph_hub_begin(hub);

	if (rc < 0) {
		return rc;
	}
	for (uint64_t number = first; rc == 0 && number <= last; number++) {
		rc = ph_hub_bundle_gone(hub, device, number);
	}
	return ph_hub_end(hub, rc);
}

int ph_hub_bundle_gone_command(struct ph_hub *hub, const json_t *request, json_t *answer,
			       struct ph_error *err)
{
	const char *prefix = ph_request_need(request, "device", err);
	const char *way = prefix ? ph_request_need(request, "direction", err) : NULL;
	json_int_t first = json_integer_value(json_object_get(request, "first"));
	json_int_t last = json_integer_value(json_object_get(request, "last"));
	bool is_up = way && strcmp(way, "up") == 0;
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	struct ph_device device;
	int rc = way ? 0 : -EINVAL;

	if (rc == 0 && ((!is_up && strcmp(way, "down") != 0) || first < 1 ||
			last < first || last - first >= PH_HUB_BUNDLES_MAX)) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("bundles are named by up or down, and by their number, or "
			       "the first and the last of at most %d, as the certificate "
			       "shows them",
			       "gói được gọi bằng up hoặc down, và số của nó, hoặc số "
			       "đầu và số cuối của nhiều nhất %d gói, như giấy chứng "
			       "nhận ghi"),
			PH_HUB_BUNDLES_MAX);
	}
	rc = rc < 0 ? rc : ph_hub_device_called(hub, prefix, &device, err);
	if (rc < 0) {
		return rc;
	}
	rc = is_up ? ph_hub_bundle_came(hub, device.id, (uint64_t)first, (uint64_t)last)
		   : drop_down(hub, device.id, (uint64_t)first, (uint64_t)last);
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("noting that bundles are destroyed",
					    "ghi rằng gói đã hủy"));
	}
	ph_hex(id, device.id, sizeof(device.id));
	return json_object_update_new(answer, json_pack("{s:s, s:s, s:I, s:I}", "device",
							id, "direction", way, "first",
							first, "last", last)) != 0
		       ? -ENOMEM
		       : 0;
}

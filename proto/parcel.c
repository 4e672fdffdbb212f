/*
 * proto/parcel.c - pieces of a bundle in a file until it is whole.
 *
 * Pieces are not synced: after a power cut some of them may be lost, or be other bytes, and
 * then the hash is wrong, they are removed, and the bundle is sent from its start, in the
 * same exchange (proto/courier_work.c). An offset that is not where the file ends, or a file that grew too long, likewise.
 */
#include "proto/parcel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "proto/spool.h" /* ph_bundle_hash() */

#define SUFFIX    ".piece"
#define NAME_SIZE (2 * PH_BUNDLE_HASH_SIZE + sizeof(SUFFIX))

void ph_courier_line_of(struct ph_view bundle, struct ph_courier_line *line_out)
{
	memset(line_out, 0, sizeof(*line_out));
	ph_bundle_hash(bundle, line_out->hash);
	line_out->size = bundle.len;
	memcpy(line_out->header, bundle.data,
	       bundle.len < PH_BUNDLE_HEADER_LEN ? bundle.len : PH_BUNDLE_HEADER_LEN);
}

void ph_parcel_init(struct ph_parcel *parcel)
{
	memset(parcel, 0, sizeof(*parcel));
	parcel->file.fd = -1;
}

void ph_parcel_deinit(struct ph_parcel *parcel)
{
	ph_file_grow_close(&parcel->file);
}

static bool is_piece(const char *name)
{
	return strlen(name) == NAME_SIZE - 1 &&
	       strspn(name, "0123456789abcdef") == 2 * PH_BUNDLE_HASH_SIZE &&
	       strcmp(name + 2 * PH_BUNDLE_HASH_SIZE, SUFFIX) == 0;
}

static int count_piece(void *data, const char *name)
{
	unsigned *n = data;

	*n += is_piece(name);
	return 0;
}

struct dropping {
	const char *dir;
	int rc; /* of the first that stays */
};

static int drop_piece(void *data, const char *name)
{
	struct dropping *dropping = data;
	char path[4096];
	int rc = is_piece(name)
			 ? ph_path_join(path, sizeof(path), dropping->dir, name, NULL)
			 : -ENOENT;

	rc = rc < 0 ? rc : ph_file_remove(path);
	dropping->rc = dropping->rc == 0 && rc != -ENOENT ? rc : dropping->rc;
	return 0;
}

int ph_parcels_drop(const char *dir)
{
	struct dropping dropping = { .dir = dir };
	int rc = ph_dir_list(dir, drop_piece, &dropping);

	return rc == -ENOENT ? 0 : rc < 0 ? rc : dropping.rc;
}

/* Nobody fills a disk with beginnings. One that is open elsewhere is begun anew there. */
static void bound(const char *dir)
{
	unsigned n = 0;

	(void)ph_dir_list(dir, count_piece, &n);
	if (n >= PH_PARCELS_MAX) {
		(void)ph_parcels_drop(dir);
	}
}

int ph_parcel_begin(struct ph_parcel *parcel, const char *dir,
		    const struct ph_courier_line *line, uint64_t *offset_out)
{
	char name[NAME_SIZE];
	int rc;

	ph_parcel_deinit(parcel);
	ph_hex(name, line->hash, sizeof(line->hash));
	memcpy(name + 2 * PH_BUNDLE_HASH_SIZE, SUFFIX, sizeof(SUFFIX));
	rc = ph_path_join(parcel->path, sizeof(parcel->path), dir, name, NULL);
	if (rc == 0 && !ph_file_exists(parcel->path)) {
		bound(dir);
	}
	rc = rc == 0 ? ph_file_grow_open(&parcel->file, parcel->path, line->size) : rc;
	if (rc == 0 && parcel->file.size == line->size) {
		/* it was not ended: its last byte is asked for again */
		rc = ph_file_grow_cut(&parcel->file, parcel->path, line->size - 1);
	}
	if (rc == -EFBIG) {
		rc = ph_file_remove(parcel->path);
		rc = rc == 0 ? ph_file_grow_open(&parcel->file, parcel->path, 0) : rc;
	}
	if (rc == 0) {
		parcel->line = *line;
		*offset_out = parcel->file.size;
	}
	return rc;
}

int ph_parcel_put(struct ph_parcel *parcel, uint64_t offset, struct ph_view bytes)
{
	if (parcel->file.fd < 0 || offset != parcel->file.size ||
	    bytes.len > parcel->line.size - offset) {
		return -EINVAL;
	}
	return ph_file_grow(&parcel->file, bytes);
}

int ph_parcel_read(struct ph_parcel *parcel, struct ph_buf *out)
{
	struct ph_courier_line line;
	size_t before = out->len;
	struct ph_view bundle;
	int rc;

	ph_parcel_deinit(parcel);
	rc = ph_file_read_plain(parcel->path, PH_BUNDLE_MAX, out);
	if (rc == 0) {
		bundle = PH_VIEW(out->data + before, out->len - before);
		ph_courier_line_of(bundle, &line);
		rc = memcmp(&line, &parcel->line, sizeof(line)) == 0
			     ? 0
			     : PH_PARCEL_E_DAMAGED;
	}
	if (rc != 0) {
		out->len = before;
	}
	return rc;
}

void ph_parcel_remove(const struct ph_parcel *parcel)
{
	(void)ph_file_remove(parcel->path);
}

int ph_parcel_end(struct ph_parcel *parcel, struct ph_buf *out)
{
	int rc = ph_parcel_read(parcel, out);

	ph_parcel_remove(parcel);
	return rc;
}

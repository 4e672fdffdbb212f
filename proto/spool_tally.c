/*
 * proto/spool_tally.c - what a sender says that it has put into a spool, and what is there.
 *
 * The manifest is signed by the sender; its lines for somebody are held against the names
 * of the bundles. What is past its 90 days was removed by whoever took it, and counts as
 * neither. Whether a bundle that is there is whole, its reader finds out: here it is there.
 */
#include "proto/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"

enum {
	ID_DIGITS = 2 * PH_DEVICE_ID_SIZE,
	DAY = 86400,
};

#define PATH_SIZE (PH_SPOOL_PATH_MAX + PH_SPOOL_NAME_SIZE + 8)

static int see_name(void *data, const char *name)
{
	struct ph_spool_senders *senders = data;
	uint8_t(*more)[PH_DEVICE_ID_SIZE];

	if (strlen(name) != ID_DIGITS + 4 ||
	    strspn(name, "0123456789abcdef") != ID_DIGITS ||
	    strcmp(name + ID_DIGITS, ".phm") != 0 || senders->n == PH_SPOOL_SENDERS_MAX) {
		return 0;
	}
	if (senders->n % 64 == 0) {
		more = realloc(senders->id, (senders->n + 64) * sizeof(*more));
		if (more == NULL) {
			return -ENOMEM;
		}
		senders->id = more;
	}
	return ph_unhex(senders->id[senders->n++], PH_DEVICE_ID_SIZE, name, ID_DIGITS);
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, PH_DEVICE_ID_SIZE);
}

int ph_spool_senders(struct ph_spool *spool, struct ph_spool_senders *senders_out,
		     struct ph_error *err)
{
	struct ph_spool_senders senders = { 0 };
	int rc = ph_dir_list(spool->path, see_name, &senders);

	if (rc < 0) {
		ph_spool_senders_deinit(&senders);
		return ph_fail_errno(err, rc, spool->path);
	}
	if (senders.n > 0) {
		qsort(senders.id, senders.n, sizeof(*senders.id), by_id);
	}
	*senders_out = senders;
	return 0;
}

void ph_spool_senders_deinit(struct ph_spool_senders *senders)
{
	free(senders->id);
	memset(senders, 0, sizeof(*senders));
}

static bool is_there(const struct ph_spool *spool, const struct ph_manifest_line *line)
{
	char name[PH_SPOOL_NAME_SIZE];
	char path[PATH_SIZE];
	struct ph_file_info info;

	ph_spool_name(line->hash, name);
	return ph_path_join(path, sizeof(path), spool->path, name, NULL) == 0 &&
	       ph_file_look(path, &info) == 0;
}

int ph_spool_tally(struct ph_spool *spool, const uint8_t from[static PH_DEVICE_ID_SIZE],
		   const struct ph_spool_asker *asker, struct ph_spool_tally *tally_out)
{
	struct ph_spool_tally tally = { 0 };
	struct ph_manifest manifest;
	int rc = ph_spool_manifest(spool, from, &manifest);

	if (rc == -ENOENT) {
		*tally_out = tally;
		return 0;
	}
	if (rc != 0) {
		return rc == -ENOMEM ? rc : PH_SPOOL_E_UNKNOWN;
	}
	for (unsigned i = 0; i < manifest.n; i++) {
		const struct ph_manifest_line *line = &manifest.line[i];

		if (asker->is_for(asker->data, line->to) &&
		    line->made + (uint64_t)PH_BUNDLE_DAYS * DAY >= asker->now) {
			tally.packed++;
			tally.here += is_there(spool, line);
		}
	}
	ph_manifest_deinit(&manifest);
	*tally_out = tally;
	return 0;
}

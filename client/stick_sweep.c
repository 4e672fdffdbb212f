/*
 * client/stick_sweep.c - what this device has put on a stick goes from it, and is told no more.
 *
 * What the sweep could not remove stays, and so does the note of it: so the stick is looked at
 * before and after. By its name, which is the hash of it, and the number in a list that this device has signed:
 * a file whose header bears the number of a bundle on another stick takes that from no note.
 */
#include "client/stick_sweep.h"

#include <errno.h>
#include <string.h>

#include "client/site_bundle.h"

static bool is_own(void *data, const uint8_t from[static PH_DEVICE_ID_SIZE])
{
	const struct ph_site_info *info = data;

	return memcmp(from, info->device_id, PH_DEVICE_ID_SIZE) == 0;
}

int ph_stick_listed(struct ph_site *site, struct ph_spool *spool,
		    struct ph_manifest *listed_out)
{
	struct ph_site_info info;
	int rc;

	memset(listed_out, 0, sizeof(*listed_out));
	ph_site_info(site, &info);
	rc = ph_spool_manifest(spool, info.device_id, listed_out);
	return rc == -ENOMEM ? rc : 0;
}

/* The line of FILE; NULL: there is none. */
static const struct ph_manifest_line *line_of(const struct ph_manifest *listed,
					      const struct ph_spool_file *file)
{
	char name[PH_SPOOL_NAME_SIZE];

	for (unsigned i = 0; i < listed->n; i++) {
		ph_spool_name(listed->line[i].hash, name);
		if (strcmp(name, file->name) == 0) {
			return &listed->line[i];
		}
	}
	return NULL;
}

/* The numbers of those of BEFORE that are listed, and not in AFTER. 0 or -ENOMEM. */
static int find_gone(const struct ph_spool_files *before,
		     const struct ph_spool_files *after, const struct ph_manifest *listed,
		     struct ph_buf *out)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < before->n; i++) {
		const struct ph_spool_file *file = &before->file[i];
		const struct ph_manifest_line *line = line_of(listed, file);
		bool stays = line == NULL;

		for (unsigned j = 0; j < after->n && !stays; j++) {
			stays = strcmp(after->file[j].name, file->name) == 0;
		}
		rc = stays ? 0 : ph_buf_put(out, &line->number, sizeof(uint64_t));
	}
	return rc;
}

int ph_stick_sweep(struct ph_site *site, struct ph_spool *spool,
		   const struct ph_manifest *listed, const struct ph_manifest *keep,
		   unsigned *removed_out, struct ph_error *err)
{
	struct ph_spool_files before = { 0 };
	struct ph_spool_files after = { 0 };
	struct ph_buf gone = { 0 };
	struct ph_site_info info;
	int rc;

	ph_site_info(site, &info);
	rc = ph_spool_list_from(spool, is_own, &info, &before, err);
	rc = rc < 0 ? rc : ph_spool_sweep(spool, info.device_id, keep, removed_out, err);
	rc = rc < 0 ? rc : ph_spool_list_from(spool, is_own, &info, &after, err);
	rc = rc < 0 ? rc : find_gone(&before, &after, listed, &gone);
	rc = rc < 0 ? rc
		    : ph_site_away_gone(site, (const uint64_t *)(const void *)gone.data,
					gone.len / sizeof(uint64_t), err);
	ph_spool_files_deinit(&before);
	ph_spool_files_deinit(&after);
	ph_buf_deinit(&gone);
	return rc;
}

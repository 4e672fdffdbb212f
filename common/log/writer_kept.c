/*
 * common/log/writer_kept.c - what a writer keeps of time, in meta (docs/STORE.md).
 *
 * Values of another length than ours are -EUCLEAN. Times out of range count as the nearest that a
 * clock-mark can hold.
 */
#include "common/log/writer_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define META_MARK    "mark"
#define META_KNOWN   "mark_known"
#define META_CLAIM   "floor_claim"
#define META_LEAVE   "leave" /* id of the log that stamps from the future are in */

#define NAME_MAX_OWN 16 /* bytes of a writer's own name */
#define META_NAME    32

/* The whole name of a value; of a store's only writer, its log is "own_log". */
static const char *whole_name(const struct ph_writer *writer, const char *name,
			      char out[static META_NAME])
{
	const char *own = writer->config.name;

	if (own == NULL) {
		return strcmp(name, "log") == 0 ? "own_log" : name;
	}
	assert(strlen(own) <= NAME_MAX_OWN);
	snprintf(out, META_NAME, "%s_%s", own, name);
	return out;
}

int ph_writer_meta_get_int(struct ph_writer *writer, const char *name, int64_t *out)
{
	char whole[META_NAME];

	return ph_journal_meta_get_int(writer->config.journal,
				       whole_name(writer, name, whole), out);
}

int ph_writer_meta_put(struct ph_writer *writer, const char *name, const void *data,
		       size_t len)
{
	char whole[META_NAME];

	return ph_journal_meta_put(writer->config.journal,
				   whole_name(writer, name, whole), PH_VIEW(data, len));
}

int ph_writer_meta_put_int(struct ph_writer *writer, const char *name, int64_t value)
{
	char whole[META_NAME];

	return ph_journal_meta_put_int(writer->config.journal,
				       whole_name(writer, name, whole), value);
}

int ph_writer_meta_get(struct ph_writer *writer, const char *name, uint8_t *out,
		       size_t len)
{
	char whole[META_NAME];
	struct ph_buf value = { 0 };
	int rc = ph_journal_meta_get(writer->config.journal,
				     whole_name(writer, name, whole), &value);

	if (rc == 0 && value.len != len) {
		rc = -EUCLEAN;
	}
	if (rc == 0) {
		memcpy(out, value.data, len);
	}
	ph_buf_deinit(&value);
	return rc;
}

static int get_mark(struct ph_writer *writer)
{
	uint8_t bytes[24];
	int rc = ph_writer_meta_get(writer, META_MARK, bytes, sizeof(bytes));

	writer->has_mark = rc == 0;
	if (rc == 0) {
		memcpy(writer->mark.boot, bytes, 8);
		writer->mark.mono_ms = ph_be64_get(bytes + 8);
		writer->mark.wall = ph_writer_clamp((int64_t)ph_be64_get(bytes + 16));
	}
	return rc == PH_JOURNAL_E_NONE ? 0 : rc;
}

#define KNOWN_SIZE 9

/* A store of an older program has none: nothing bears out what its mark says. */
static int get_known(struct ph_writer *writer)
{
	uint8_t bytes[KNOWN_SIZE];
	int rc = ph_writer_meta_get(writer, META_KNOWN, bytes, sizeof(bytes));

	writer->known = (struct ph_known){ .borne = false };
	if (rc == 0) {
		writer->known.borne = bytes[0] != 0;
		memcpy(writer->known.late, bytes + 1, sizeof(writer->known.late));
	}
	return rc == PH_JOURNAL_E_NONE ? 0 : rc;
}

int ph_writer_known_put(struct ph_writer *writer, const struct ph_known *known)
{
	uint8_t bytes[KNOWN_SIZE] = { known->borne };

	memcpy(bytes + 1, known->late, sizeof(known->late));
	return ph_writer_meta_put(writer, META_KNOWN, bytes, sizeof(bytes));
}

int ph_writer_mark_put(struct ph_writer *writer, const struct ph_mark *mark,
		       const struct ph_known *known)
{
	uint8_t bytes[24];
	int rc;

	memcpy(bytes, mark->boot, 8);
	ph_be64_put(bytes + 8, mark->mono_ms);
	ph_be64_put(bytes + 16, (uint64_t)mark->wall);
	rc = ph_writer_meta_put(writer, META_MARK, bytes, sizeof(bytes));
	return rc == 0 ? ph_writer_known_put(writer, known) : rc;
}

static int get_floor(struct ph_writer *writer)
{
	uint8_t bytes[24];
	int64_t floor = 0;
	int rc = ph_writer_meta_get_int(writer, PH_WRITER_META_FLOOR, &floor);

	if (rc < 0) {
		return rc;
	}
	floor = floor > writer->config.floor ? floor : writer->config.floor;
	writer->floor = ph_writer_clamp(floor);
	rc = ph_writer_meta_get(writer, META_CLAIM, bytes, sizeof(bytes));
	writer->has_claim = rc == 0;
	if (rc == 0) {
		writer->claim.base = ph_writer_clamp((int64_t)ph_be64_get(bytes));
		writer->claim.time = ph_writer_clamp((int64_t)ph_be64_get(bytes + 8));
		writer->claim.at = ph_writer_clamp((int64_t)ph_be64_get(bytes + 16));
	}
	return rc == PH_JOURNAL_E_NONE ? 0 : rc;
}

int ph_writer_claim_put(struct ph_writer *writer, const struct ph_claim *claim)
{
	uint8_t bytes[24];

	ph_be64_put(bytes, (uint64_t)claim->base);
	ph_be64_put(bytes + 8, (uint64_t)claim->time);
	ph_be64_put(bytes + 16, (uint64_t)claim->at);
	return ph_writer_meta_put(writer, META_CLAIM, bytes, sizeof(bytes));
}

int ph_writer_heard_get(struct ph_journal *journal, const char *name,
			struct ph_heard *heard)
{
	struct ph_buf value = { 0 };
	int rc = ph_journal_meta_get(journal, name, &value);

	if (rc == 0 && value.len != 32) {
		rc = -EUCLEAN;
	}
	if (rc == 0) {
		memcpy(heard->boot, value.data, 8);
		heard->mono_ms = ph_be64_get(value.data + 8);
		heard->time = ph_writer_clamp((int64_t)ph_be64_get(value.data + 16));
		heard->wall = ph_writer_clamp((int64_t)ph_be64_get(value.data + 24));
	}
	ph_buf_deinit(&value);
	return rc;
}

int ph_writer_heard_put(struct ph_writer *writer, const char *name,
			const struct ph_heard *heard)
{
	uint8_t bytes[32];

	memcpy(bytes, heard->boot, 8);
	ph_be64_put(bytes + 8, heard->mono_ms);
	ph_be64_put(bytes + 16, (uint64_t)heard->time);
	ph_be64_put(bytes + 24, (uint64_t)heard->wall);
	return ph_writer_meta_put(writer, name, bytes, sizeof(bytes));
}

/* A store of an older program has what a session said last, which was read as well. */
static int get_read(struct ph_writer *writer)
{
	char whole[META_NAME];
	int64_t is_void = 0;
	int rc = ph_writer_meta_get_int(writer, PH_WRITER_META_VOID, &is_void);

	if (rc < 0) {
		return rc;
	}
	writer->is_void = is_void != 0;
	rc = ph_writer_heard_get(writer->config.journal,
				 whole_name(writer, PH_WRITER_META_READ, whole),
				 &writer->read);

	writer->has_read = rc == 0;
	if (rc == PH_JOURNAL_E_NONE && writer->has_heard) {
		writer->read = writer->heard;
		writer->has_read = true;
	}
	return rc == PH_JOURNAL_E_NONE ? 0 : rc;
}

static int get_told(struct ph_writer *writer)
{
	char whole[META_NAME];
	int rc;

	writer->told = (struct ph_heard){ .time = 0 };
	rc = ph_writer_heard_get(writer->config.journal,
				 whole_name(writer, PH_WRITER_META_TOLD, whole),
				 &writer->told);
	return rc == PH_JOURNAL_E_NONE ? 0 : rc;
}

static int get_heard(struct ph_writer *writer)
{
	uint8_t leave[PH_LOG_ID_SIZE];
	char whole[META_NAME];
	int rc = ph_writer_heard_get(writer->config.journal,
				     whole_name(writer, PH_WRITER_META_HEARD, whole),
				     &writer->heard);

	writer->has_heard = rc == 0;
	if (rc >=
	    0) { /* a restored hub has heard of no other clock, and leaves all the same */
		rc = ph_writer_meta_get(writer, META_LEAVE, leave, sizeof(leave));
	}
	writer->leaves = rc == 0 && writer->log.row != 0 &&
			 memcmp(leave, writer->log.id, sizeof(leave)) == 0;
	return rc == PH_JOURNAL_E_NONE ? 0 : rc;
}

/* The log that is to be left is named, so that it is left once. */
int ph_writer_leaves_put(struct ph_writer *writer, bool leaves)
{
	static const uint8_t none[PH_LOG_ID_SIZE];

	return ph_writer_meta_put(writer, META_LEAVE, leaves ? writer->log.id : none,
				  PH_LOG_ID_SIZE);
}

int ph_writer_time_load(struct ph_writer *writer)
{
	int rc = get_mark(writer);

	rc = rc != 0 ? rc : get_known(writer);
	rc = rc != 0 ? rc : get_floor(writer);
	rc = rc != 0 ? rc : get_heard(writer);
	rc = rc != 0 ? rc : get_told(writer);
	return rc != 0 ? rc : get_read(writer);
}

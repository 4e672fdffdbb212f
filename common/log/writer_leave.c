/*
 * common/log/writer_leave.c - a log that is to be left, because its folder was put back or
 * copied.
 *
 * Another may have written on in the same log, or in a copy of it, so nothing more is appended
 * there: what is added next opens another log that continues it (writer.c). What is found
 * out at the start is a doubt, kept in memory and found again at the next start; what the hub
 * told is kept in meta. Either names the log, so that it is left once.
 */
#include "common/log/writer_internal.h"

#include <string.h>

#define META_QUIT "quit" /* id of the log, and why: PH_WHY_* */

int ph_writer_quit_load(struct ph_writer *writer)
{
	uint8_t bytes[PH_LOG_ID_SIZE + 1];
	int rc = ph_writer_meta_get(writer, META_QUIT, bytes, sizeof(bytes));

	memset(&writer->quit, 0, sizeof(writer->quit));
	if (rc == 0) {
		memcpy(writer->quit.log_id, bytes, PH_LOG_ID_SIZE);
		writer->quit.why = bytes[PH_LOG_ID_SIZE];
	}
	return rc == PH_JOURNAL_E_NONE ? 0 : rc;
}

uint64_t ph_writer_leaves(const struct ph_writer *writer)
{
	const struct ph_quit *both[] = { &writer->doubt, &writer->quit };

	for (size_t i = 0; writer->log.row != 0 && i < 2; i++) {
		if (both[i]->why != 0 &&
		    memcmp(both[i]->log_id, writer->log.id, PH_LOG_ID_SIZE) == 0) {
			return both[i]->why;
		}
	}
	return 0;
}

void ph_writer_doubt(struct ph_writer *writer, uint64_t why)
{
	writer->doubt.why = why;
	memcpy(writer->doubt.log_id, writer->log.id, PH_LOG_ID_SIZE);
}

int ph_writer_leave(struct ph_writer *writer, uint64_t why)
{
	uint8_t bytes[PH_LOG_ID_SIZE + 1];
	int rc;

	if (writer->log.row == 0 || ph_writer_leaves(writer) != 0) {
		return 0;
	}
	memcpy(bytes, writer->log.id, PH_LOG_ID_SIZE);
	bytes[PH_LOG_ID_SIZE] = (uint8_t)why;
	rc = ph_writer_meta_put(writer, META_QUIT, bytes, sizeof(bytes));
	if (rc == 0) {
		writer->quit.why = why;
		memcpy(writer->quit.log_id, writer->log.id, PH_LOG_ID_SIZE);
	}
	return rc;
}

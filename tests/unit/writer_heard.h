/*
 * tests/unit/writer_heard.h - a desk that hears and reads what time it is. Each test
 * program includes it once.
 */
#ifndef PH_TESTS_WRITER_HEARD_H
#define PH_TESTS_WRITER_HEARD_H

#include "tests/unit/writer_desk.h"

#define DAY  INT64_C(86400)
#define YEAR (365 * DAY)

/* A session says that it is TIME. */
static inline void hear(struct desk *desk, int64_t time)
{
	begin(&desk->room);
	assert_int_equal(ph_writer_heard_time(desk->writer, time), 0);
	commit(&desk->room);
}

/* A stick says that it was TIME at least. */
static inline void take(struct desk *desk, int64_t time)
{
	begin(&desk->room);
	assert_int_equal(ph_writer_heard_before(desk->writer, time), 0);
	commit(&desk->room);
}

/* Of an entry that is written now. */
static inline int64_t second(struct desk *desk)
{
	return ph_stamp_seconds(record(desk));
}

/* How sure the last clock-mark of the own log is; *WALL_OUT (may be NULL): what it says. */
static inline uint64_t sure(struct desk *desk, uint64_t *wall_out)
{
	struct ph_buf buf = { 0 };
	struct ph_entry entry = { 0 };
	uint64_t found;

	for (uint64_t n = own_n(desk); entry.number != PH_KIND_CLOCK_MARK; n--) {
		read_own(desk, n, &buf, &entry);
	}
	found = entry.field[PH_MARK_SURE].as.uint;
	if (wall_out) {
		*wall_out = entry.field[PH_MARK_WALL].as.uint;
	}
	ph_buf_deinit(&buf);
	return found;
}

/* From here on under other keys: what the old ones said counts no more. */
static inline void hear_anew(struct desk *desk)
{
	begin(&desk->room);
	assert_int_equal(ph_writer_hear_anew(desk->writer), 0);
	commit(&desk->room);
	assert_int_equal(ph_writer_reload(desk->writer, NULL), 0);
}

#endif

/*
 * tests/unit/writer_desk.h - a desk to test the writer at: a journal, keys, and clocks
 * that are moved by hand. Each test program includes it once.
 */
#ifndef PH_TESTS_WRITER_DESK_H
#define PH_TESTS_WRITER_DESK_H

#include "tests/unit/journal_room.h"

#include "common/log/writer.h"

#define T0 INT64_C(1700000000)

/* A machine's clocks, moved by hand. */
struct machine {
	struct ph_now now;
};

static inline void read_machine(void *data, struct ph_now *now_out)
{
	struct machine *machine = data;

	*now_out = machine->now;
}

static inline void pass(struct machine *machine, uint64_t seconds)
{
	machine->now.mono_ms += seconds * 1000;
	machine->now.wall += (int64_t)seconds;
}

static inline void boot(struct machine *machine, uint8_t number, int64_t wall)
{
	*machine = (struct machine){
		.now = { .wall = wall, .mono_ms = 5000, .boot = { number } }
	};
}

struct desk {
	struct room room;
	struct machine machine;
	struct ph_box_pair box;
	struct ph_writer_config config;
	struct ph_writer *writer;
};

static inline void desk_start(struct desk *desk)
{
	struct ph_error err = { 0 };

	desk->config.journal = desk->room.journal;
	if (ph_writer_new(&desk->writer, &desk->config, &err) != 0) {
		fail_msg("%s", err.text);
	}
}

static inline void desk_open(struct desk *desk, const char *path, uint64_t seed)
{
	room_open(&desk->room, path, seed);
	boot(&desk->machine, 1, T0);
	ph_box_pair_make(&desk->box, &desk->room.rng);
	desk->config = (struct ph_writer_config){
		.keys = &desk->room.keys,
		.desk_key = desk->box.key,
		.site = 140371,
		.role = PH_ROLE_SITE,
		.clock = { .read = read_machine, .data = &desk->machine },
		.rng = desk->room.rng,
		.floor = T0 - 1000,
	};
	desk_start(desk);
}

/* The process ends and starts again. */
static inline void desk_restart(struct desk *desk)
{
	ph_writer_free(desk->writer);
	room_close_store(&desk->room);
	room_open_store(&desk->room);
	desk_start(desk);
}

static inline void desk_close(struct desk *desk)
{
	ph_writer_free(desk->writer);
	room_close(&desk->room);
}

static inline struct ph_entry visit(uint64_t count)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_VISIT) };

	entry.field[PH_VISIT_COUNT].set = true;
	entry.field[PH_VISIT_COUNT].as.uint = count;
	return entry;
}

/* Add a visit in a transaction of its own; its stamp. */
static inline uint64_t record(struct desk *desk)
{
	struct ph_error err = { 0 };
	struct ph_entry entry = visit(1);

	begin(&desk->room);
	if (ph_writer_add(desk->writer, &entry, NULL, &err) != 0) {
		fail_msg("%s", err.text);
	}
	commit(&desk->room);
	return entry.stamp;
}

/* Entry N of the own log, decoded; it borrows BUF. */
static inline void read_own(struct desk *desk, uint64_t n, struct ph_buf *buf,
			    struct ph_entry *entry)
{
	buf->len = 0;
	assert_int_equal(ph_journal_entry(desk->room.journal,
					  ph_writer_log(desk->writer)->row, n, buf),
			 0);
	assert_int_equal(ph_entry_decode(ph_buf_view(buf), entry), 0);
}

static inline void assert_mark(struct desk *desk, uint64_t n)
{
	struct ph_buf buf = { 0 };
	struct ph_entry entry;

	read_own(desk, n, &buf, &entry);
	assert_int_equal(entry.number, PH_KIND_CLOCK_MARK);
	assert_int_equal(entry.field[PH_MARK_WALL].as.uint,
			 desk->machine.now.wall < 0 ? 0 : desk->machine.now.wall);
	assert_int_equal(entry.field[PH_MARK_MONO].as.uint,
			 desk->machine.now.mono_ms / 1000);
	assert_memory_equal(entry.field[PH_MARK_BOOT].as.bytes.data,
			    desk->machine.now.boot, 8);
	/* below the program's own floor it is known to be wrong */
	assert_int_equal(entry.field[PH_MARK_SURE].as.uint,
			 desk->machine.now.wall < desk->config.floor - PH_CLOCK_AHEAD_MAX
				 ? PH_SURE_NONE
				 : PH_SURE_RTC);
	ph_buf_deinit(&buf);
}

static inline uint64_t own_n(const struct desk *desk)
{
	return ph_writer_log(desk->writer)->n;
}

/* That the stamps of the whole log rise strictly. */
static inline void assert_rising(struct desk *desk)
{
	struct ph_buf buf = { 0 };
	uint64_t last = 0;

	for (uint64_t n = 1; n <= own_n(desk); n++) {
		struct ph_entry entry;

		read_own(desk, n, &buf, &entry);
		assert_true(entry.stamp > last);
		last = entry.stamp;
	}
	ph_buf_deinit(&buf);
}

/* The floor shows where the clock is far behind. */
static inline int64_t floor_of(struct desk *desk)
{
	int64_t floor = -1;

	if (ph_journal_meta_get_int(desk->room.journal, "floor", &floor) != 0) {
		floor = desk->config.floor;
	}
	return floor;
}

#endif

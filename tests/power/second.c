/*
 * tests/power/second.c - what the second medium of the hub has (daemon/second.h).
 *
 * It is read by the product's own reader, as whoever restores reads it: of each log the
 * segments from the first entry on, one behind the other.
 */
#include "tests/power/world.h"

#include <errno.h>

#include "common/base/file.h"
#include "daemon/second.h"

static int see(void *data, const struct ph_second_record *record)
{
	const struct ph_segment *segment = &record->segment;
	struct held *held;

	if (record->is_part) {
		return 0;
	}
	held = held_of(data, segment->log_id);
	if (!held || segment->first != held->second + 1) {
		return -EUCLEAN;
	}
	held->second = segment->last;
	return 0;
}

int power_second(const char *folder, struct holding *out, bool *whole_out)
{
	struct ph_file_info info = { 0 };
	struct ph_error err = { 0 };
	uint64_t whole = 0;
	char path[128];
	int rc = ph_second_path(folder, power_root.key, path, sizeof(path), &err);

	for (unsigned i = 0; i < out->n_logs; i++) {
		out->log[i].second = 0;
	}
	rc = rc < 0 ? rc : ph_second_each(path, see, out, &whole);
	if (rc == 0 && whole_out) {
		(void)ph_file_info(path, &info); /* there may be none yet */
		*whole_out = whole == info.size;
	}
	return rc;
}

/*
 * common/log/away.c - bundles that a site has packed for the hub and that may lie somewhere still.
 *
 *   [1, [[first, last, day, road], ...]]     first above the last of the run before
 */
#include "common/log/away.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/mp.h"
#include "common/log/kinds.h"

enum {
	FORM = 1,
	MEMBERS = 4,
};

void ph_away_deinit(struct ph_away *away)
{
	free(away->runs);
	*away = (struct ph_away){ 0 };
}

static int push(struct ph_away *away, const struct ph_away_run *run)
{
	if (away->n == away->cap) {
		size_t cap = away->cap ? 2 * away->cap : 16;
		struct ph_away_run *more = realloc(away->runs, cap * sizeof(*more));

		if (!more) {
			return -ENOMEM;
		}
		away->runs = more;
		away->cap = cap;
	}
	away->runs[away->n++] = *run;
	return 0;
}

int ph_away_add(struct ph_away *away, uint64_t number, uint64_t day,
		enum ph_away_road road)
{
	struct ph_away_run *last = away->n ? &away->runs[away->n - 1] : NULL;

	if (last &&
	    ((last->last + 1 == number && last->day == day && last->road == road) ||
	     away->n == PH_AWAY_RUNS_MAX)) {
		last->last = number;
		last->day = day > last->day ? day : last->day;
		return 0;
	}
	return push(away,
		    &(struct ph_away_run){
			    .first = number, .last = number, .day = day, .road = road });
}

int ph_away_encode(const struct ph_away *away, struct ph_buf *out)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, 2);
	ph_mpw_uint(&writer, FORM);
	ph_mpw_array(&writer, away->n);
	for (size_t i = 0; i < away->n; i++) {
		const struct ph_away_run *run = &away->runs[i];

		ph_mpw_array(&writer, MEMBERS);
		ph_mpw_uint(&writer, run->first);
		ph_mpw_uint(&writer, run->last);
		ph_mpw_uint(&writer, run->day);
		ph_mpw_uint(&writer, run->road);
	}
	return ph_mpw_end(&writer);
}

/* The run in ITEM, behind all of AWAY. 0, -EUCLEAN, -ENOMEM. */
static int take_run(const msgpack_object *item, struct ph_away *away)
{
	const msgpack_object_array *array = ph_mp_array(item, MEMBERS, MEMBERS);
	struct ph_away_run run = { .first = 0 };
	uint64_t road;

	if (!array || !ph_mp_uint(&array->ptr[0], INT64_MAX, &run.first) ||
	    !ph_mp_uint(&array->ptr[1], INT64_MAX, &run.last) ||
	    !ph_mp_uint(&array->ptr[2], PH_DAY_MAX, &run.day) ||
	    !ph_mp_uint(&array->ptr[3], PH_AWAY_ROADS - 1, &road) ||
	    run.last < run.first ||
	    (away->n > 0 && run.first <= away->runs[away->n - 1].last)) {
		return -EUCLEAN;
	}
	run.road = (enum ph_away_road)road;
	return push(away, &run);
}

int ph_away_decode(struct ph_view bytes, struct ph_away *away)
{
	static const struct ph_walk_limits limits = { .depth = 3,
						      .items = PH_AWAY_RUNS_MAX };
	struct ph_away got = { 0 };
	const msgpack_object_array *array;
	const msgpack_object_array *runs;
	struct ph_mp mp;
	uint64_t form;
	int rc = ph_mp_decode_ours(&mp, bytes, &limits);

	if (rc < 0) {
		return rc;
	}
	array = ph_mp_array(mp.root, 2, 2);
	runs = array && ph_mp_uint(ph_mp_item(array, 0), FORM, &form) && form == FORM
		       ? ph_mp_array(ph_mp_item(array, 1), 0, PH_AWAY_RUNS_MAX)
		       : NULL;
	rc = runs ? 0 : -EUCLEAN;
	for (size_t i = 0; rc == 0 && i < runs->size; i++) {
		rc = take_run(&runs->ptr[i], &got);
	}
	ph_mp_deinit(&mp);
	if (rc != 0) {
		ph_away_deinit(&got);
		return rc;
	}
	*away = got;
	return 0;
}

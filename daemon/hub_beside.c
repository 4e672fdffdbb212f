/*
 * daemon/hub_beside.c - where a device stands in the control log that holds another branch of it.
 *
 * A hub whose folder was put back, and that spoke before it knew, reads what it said then; what it
 * had lost stands beside it as a branch. The devices that had heard the lost words go on reading
 * those: each log behind comes after them. So such a device tells a position that is a hash over one
 * branch of each log, some of them shorter than here: it may have heard the first of the lost
 * words alone.
 *
 * All ways to hold each log are listed, what is read first, and tried in order, the first log outermost.
 * Most hubs have one way. The tries are bounded, since a device can tell what it wants: past that
 * its position is none of ours, as it was before, which costs more and loses nothing.
 */
#include "daemon/hub_beside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

enum {
	WAYS_MAX = 96,  /* of one log */
	SHORT_MAX = 64, /* last entries of a branch that a device may lack */
	TRIES_MAX =
		4096 /* a try is one hash, and the last of each way an entry's chain besides */
};

/* How a device may hold one log: the first N entries of the branch ROW. */
struct way {
	int64_t row;
	uint64_t n;
	uint64_t common; /* so many of them the branch has that is read; of that, all */
	bool is_read;
	bool is_short;
	uint8_t h[PH_HASH_SIZE]; /* h(n), if n > 0 */
};

struct search {
	struct ph_hub *hub;
	const struct ph_cursor *told;
	struct ph_hub_place *place;
	bool found;
	unsigned tries;
	unsigned at; /* the log whose ways are being listed */
	struct {
		struct way way[WAYS_MAX];
		unsigned n;
	} log[PH_CONTROL_LOGS_MAX];
	unsigned path[PH_CONTROL_LOGS_MAX]; /* which way of each */
};

/* --- the ways --- */

static int add_way(struct search *search, const struct ph_log *log, struct way way)
{
	int rc = 0;

	if (search->log[search->at].n == WAYS_MAX) {
		return 0;
	}
	way.row = log->row;
	if (way.n > 0) {
		rc = ph_journal_chain_at(search->hub->journal, log, way.n, way.h);
	}
	if (rc == 0) {
		search->log[search->at].way[search->log[search->at].n++] = way;
	}
	return rc > 0 ? -EUCLEAN : rc;
}

static int add_beside(void *data, const struct ph_log *log)
{
	struct search *search = data;
	const struct way *read = &search->log[search->at].way[0];
	uint64_t limit = search->hub->control.log[search->at].limit;
	struct way way = { .n = log->n < limit ? log->n : limit };
	int rc;

	if (log->row == read->row) {
		return 0;
	}
	rc = ph_journal_log_common(search->hub->journal, log->row, read->row,
				   &way.common);
	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	return way.n > way.common ? add_way(search, log, way) : 0;
}

/* What a device may hold of the branches that were listed, and lacks their last entries. */
static int add_shorter(struct search *search)
{
	unsigned n = search->log[search->at].n;
	int rc = 0;

	for (unsigned i = 1; rc == 0 && i < n; i++) {
		struct way way = search->log[search->at].way[i];
		struct ph_log log;

		rc = ph_journal_log_at(search->hub->journal, way.row, &log);
		way.is_short = true;
		for (unsigned k = 0; rc == 0 && k < SHORT_MAX && way.n > way.common + 1;
		     k++) {
			way.n--;
			rc = add_way(search, &log, way);
		}
	}
	return rc > 0 ? -EUCLEAN : rc;
}

static int list_ways(struct search *search, unsigned index)
{
	const struct ph_control *control = &search->hub->control;
	struct way read = { .is_read = true };
	struct ph_log log;
	int rc = ph_journal_log_at(search->hub->journal, control->log[index].row, &log);

	search->at = index;
	if (rc == 0) {
		read.n = log.n < control->log[index].limit ? log.n
							   : control->log[index].limit;
		read.common = read.n;
		rc = add_way(search, &log, read);
	}
	rc = rc != 0 ? rc
		     : ph_journal_log_branch_each(search->hub->journal, log.id,
						  add_beside, search);
	rc = rc != 0 ? rc : add_shorter(search);
	return rc > 0 ? -EUCLEAN : rc;
}

/* --- the search --- */

/* How many entries are read before log INDEX. */
static uint64_t read_before(const struct search *search, unsigned index)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < index; i++) {
		total += search->log[i].way[0].n;
	}
	return total;
}

/* The position is in log INDEX, after its entry N, whose chain is H. */
static void found(struct search *search, unsigned index, uint64_t n,
		  const uint8_t h[static PH_HASH_SIZE])
{
	const struct way *way = &search->log[index].way[search->path[index]];
	struct ph_hub_place *place = search->place;

	memset(place, 0, sizeof(*place));
	place->at.row = way->row;
	memcpy(place->at.known.log_id, search->hub->control.log[index].id,
	       PH_LOG_ID_SIZE);
	memcpy(place->at.known.h, h, PH_HASH_SIZE);
	place->at.known.n = n;
	for (unsigned i = 0; i <= index && !place->beside; i++) {
		const struct way *held = &search->log[i].way[search->path[i]];
		uint64_t read = search->log[i].way[0].n;

		place->beside = !held->is_read;
		place->parted = read_before(search, i) +
				(held->common < read ? held->common : read);
	}
	place->control = way->is_read ? read_before(search, index) + n : place->parted;
	search->found = true;
}

/* The position ends in WAY of log INDEX, after its entry N; USED logs before it are in STATE. */
static int look(struct search *search, unsigned index, const struct way *way, uint64_t n,
		const crypto_generichash_state *state, unsigned used)
{
	crypto_generichash_state last = *state;
	uint8_t h[PH_HASH_SIZE];
	uint8_t sum[PH_HASH_SIZE];
	struct ph_log log;
	int rc = ph_journal_log_at(search->hub->journal, way->row, &log);

	rc = rc != 0 ? rc : ph_journal_chain_at(search->hub->journal, &log, n, h);
	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	memcpy(sum, h, sizeof(sum));
	if (used > 0) {
		crypto_generichash_update(&last, h, sizeof(h));
		crypto_generichash_final(&last, sum, sizeof(sum));
	}
	if (memcmp(sum, search->told->h, sizeof(search->told->h)) == 0) {
		found(search, index, n, h);
	}
	return 0;
}

/* Whether LEFT entries from log INDEX on make the position, behind USED logs that are in STATE. */
static int try(struct search *search, unsigned index, uint64_t left,
	       const crypto_generichash_state *state, unsigned used)
{
	int rc = 0;

	for (unsigned i = 0; index < search->hub->control.n && rc == 0 &&
			     !search->found && i < search->log[index].n;
	     i++) {
		const struct way *way = &search->log[index].way[i];
		crypto_generichash_state next = *state;

		if (search->tries == TRIES_MAX) {
			return 0;
		}
		search->tries++;
		search->path[index] = i;
		if (left > way->n) {
			if (way->n > 0) {
				crypto_generichash_update(&next, way->h, sizeof(way->h));
			}
			rc = try(search, index + 1, left - way->n, &next,
				 used + (way->n > 0));
		} else if (!way->is_short) { /* the whole branch gives the same */
			rc = look(search, index, way, left, state, used);
		}
	}
	return rc;
}

int ph_hub_beside_find(struct ph_hub *hub, const struct ph_cursor *told,
		       struct ph_hub_place *place_out, bool *is_out)
{
	struct search *search = calloc(1, sizeof(*search));
	crypto_generichash_state state;
	int rc = search ? 0 : -ENOMEM;

	*is_out = false;
	if (search) {
		search->hub = hub;
		search->told = told;
		search->place = place_out;
	}
	for (unsigned i = 0; rc == 0 && i < hub->control.n; i++) {
		rc = list_ways(search, i);
	}
	if (rc == 0) {
		crypto_generichash_init(&state, NULL, 0, PH_HASH_SIZE);
		rc = try(search, 0, told->n, &state, 0);
		*is_out = rc == 0 && search->found;
	}
	free(search);
	return rc;
}

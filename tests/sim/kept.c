/*
 * tests/sim/kept.c - what the hub said in its desk log, and devices keep for it.
 *
 * Each word is remembered here, outside all machines, by its number and h, and by the h before it: a
 * hub that was put back and spoke has two histories of one log. What a piece at a device holds is
 * known by what it tells in the clear, its log, numbers and mark; no code of the programs opens it
 * for us. Where the hub has what stands before a piece, or that begins its log, and has not the piece,
 * it lacks it. What a device keeps of no word that was noted (its hub's disk failed just then) is let pass.
 */
#include "tests/sim/kept.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/log/keep.h"
#include "daemon/hub_internal.h"
#include "tests/sim/safe.h"

struct word {
	struct sim_place place;
	uint8_t before[PH_HASH_SIZE];
	bool is_lost; /* with the hub's disk, or by an older copy in its place */
	bool is_back; /* and came back */
};

struct sim_words {
	struct word *list;
	size_t n, cap;
};

void sim_words_free(struct sim *sim)
{
	if (sim->words != NULL) {
		free(sim->words->list);
	}
	free(sim->words);
	sim->words = NULL;
}

/* --- what was said --- */

/* Word N of a log, of which the first LEN bytes of h are H; NULL: nobody heard it. */
static struct word *find_word(const struct sim *sim, const uint8_t *log_id, uint64_t n,
			      const uint8_t *h, size_t len)
{
	for (size_t i = 0; sim->words != NULL && i < sim->words->n; i++) {
		struct sim_place *place = &sim->words->list[i].place;

		if (place->n == n && memcmp(place->h, h, len) == 0 &&
		    memcmp(place->log_id, log_id, sizeof place->log_id) == 0) {
			return &sim->words->list[i];
		}
	}
	return NULL;
}

static void add_word(struct sim *sim, const struct word *word)
{
	struct sim_words *words = sim->words;

	if (words == NULL) {
		words = sim->words = calloc(1, sizeof *words);
		assert(words != NULL);
	}
	if (words->n == words->cap) {
		words->cap = words->cap > 0 ? 2 * words->cap : 32;
		words->list = realloc(words->list, words->cap * sizeof *words->list);
		assert(words->list != NULL);
	}
	words->list[words->n++] = *word;
}

void sim_note_desk(struct sim *sim)
{
	const struct ph_log *log;

	if (sim->safe == NULL || sim->hub == NULL || sim->is_false ||
	    sim_hub_is_ill(sim) || sim_hub_failed(sim)) {
		return;
	}
	log = ph_writer_log(sim->hub->desk);
	for (uint64_t n = log->n; n > 0; n--) {
		struct ph_journal *journal = ph_hub_journal(sim->hub);
		struct word word = { .place.n = n };

		if (ph_journal_chain_at(journal, log, n, word.place.h) != 0 ||
		    ph_journal_chain_at(journal, log, n - 1, word.before) != 0) {
			sim_broken(sim, SIM_HEALTHY, "the hub cannot read its desk log");
		}
		if (find_word(sim, log->id, n, word.place.h, PH_HASH_SIZE) != NULL) {
			break;
		}
		memcpy(word.place.log_id, log->id, sizeof word.place.log_id);
		add_word(sim, &word);
	}
}

/* Whether the hub has word N of a log with H. */
static bool has_word(struct sim *sim, const uint8_t *log_id, uint64_t n, const uint8_t *h)
{
	struct sim_place place = { .n = n };
	int rc;

	memcpy(place.log_id, log_id, sizeof place.log_id);
	memcpy(place.h, h, sizeof place.h);
	rc = sim_place_held(ph_hub_journal(sim->hub), &place);
	if (rc < 0) {
		sim_broken(sim, SIM_HEALTHY, "a desk log of the hub cannot be read");
	}
	return rc == 0;
}

void sim_lose_desk(struct sim *sim)
{
	for (size_t i = 0; sim->words != NULL && i < sim->words->n; i++) {
		struct word *word = &sim->words->list[i];
		const struct sim_place *place = &word->place;

		word->is_lost = !has_word(sim, place->log_id, place->n, place->h);
		word->is_back = false;
	}
}

/* --- what is kept --- */

struct piece {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t first;
	struct word *last; /* NULL: of no word that was noted */
};

/* Of PIECE the word before WORD; NULL: it is the first of it, or was not noted. */
static struct word *word_before(const struct sim *sim, const struct piece *piece,
				const struct word *word)
{
	return word->place.n > piece->first
		       ? find_word(sim, piece->log_id, word->place.n - 1, word->before,
				   PH_HASH_SIZE)
		       : NULL;
}

/* Whether the hub has what stands before PIECE, so that it goes on from there. */
static bool goes_on(struct sim *sim, const struct piece *piece)
{
	const struct word *word = piece->last;

	for (const struct word *at = word; at != NULL; at = word_before(sim, piece, at)) {
		word = at;
	}
	return word != NULL && word->place.n == piece->first &&
	       (piece->first == 1 ||
		has_word(sim, piece->log_id, piece->first - 1, word->before));
}

static bool is_lacking(struct sim *sim, const struct piece *piece)
{
	const struct sim_place *last = &piece->last->place;

	return goes_on(sim, piece) && !has_word(sim, last->log_id, last->n, last->h);
}

static void count_back(struct sim *sim, const struct piece *piece)
{
	for (struct word *word = piece->last; word != NULL;
	     word = word_before(sim, piece, word)) {
		const struct sim_place *place = &word->place;

		if (word->is_lost && !word->is_back &&
		    has_word(sim, place->log_id, place->n, place->h)) {
			word->is_back = true;
			sim->result->tally.kept++;
		}
	}
}

static int find_pieces(struct ph_db *db, struct ph_stmt **stmt_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "SELECT 1 FROM sqlite_master WHERE type = 'table'"
			       " AND name = 'kept'",
			       &stmt);

	rc = rc != 0 ? rc : ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		ph_stmt_reset(stmt);
		return ph_db_prepare(
			db, "SELECT log_id, first, last, mark FROM kept ORDER BY row",
			stmt_out);
	}
	return rc < 0 ? rc : 1;
}

static struct piece read_piece(const struct sim *sim, struct ph_stmt *stmt)
{
	struct ph_view log_id = ph_stmt_col_blob(stmt, 0);
	struct ph_view mark = ph_stmt_col_blob(stmt, 3);
	struct piece piece = { .first = (uint64_t)ph_stmt_col_int(stmt, 1) };

	if (log_id.len == sizeof piece.log_id && mark.len == PH_KEEP_MARK_SIZE) {
		memcpy(piece.log_id, log_id.data, sizeof piece.log_id);
		piece.last =
			find_word(sim, piece.log_id, (uint64_t)ph_stmt_col_int(stmt, 2),
				  mark.data, mark.len);
	}
	return piece;
}

/* Each piece of DEVICE of a word that was noted, until CB says true: whether it did. */
static bool each_piece(struct sim *sim, struct sim_device *device,
		       bool (*cb)(struct sim *sim, struct sim_device *device,
				  const struct piece *piece))
{
	struct ph_stmt *stmt = NULL;
	bool did = false;
	int rc = find_pieces(ph_journal_db(ph_site_journal(device->site_open)), &stmt);

	while (rc == 0 && !did && (rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct piece piece = read_piece(sim, stmt);

		did = piece.last != NULL && cb(sim, device, &piece);
		rc = 0;
	}
	if (stmt != NULL) {
		ph_stmt_reset(stmt);
	}
	if (rc < 0) {
		sim_broken(sim, SIM_HEALTHY, "%s cannot read what it keeps: %s",
			   device->machine.name, strerror(-rc));
	}
	return did;
}

static bool each_kept(struct sim *sim,
		      bool (*cb)(struct sim *sim, struct sim_device *device,
				 const struct piece *piece))
{
	bool did = false;

	for (unsigned i = 0; sim_is_put_back(sim) && !did && i < sim->n_devices; i++) {
		did = !sim->devices[i].no_network &&
		      each_piece(sim, &sim->devices[i], cb);
	}
	return did;
}

static bool see_lacking(struct sim *sim, struct sim_device *device,
			const struct piece *piece)
{
	(void)device;
	return is_lacking(sim, piece);
}

bool sim_lacks_kept(struct sim *sim)
{
	return each_kept(sim, see_lacking);
}

static bool check_piece(struct sim *sim, struct sim_device *device,
			const struct piece *piece)
{
	if (is_lacking(sim, piece)) {
		char id[2 * PH_LOG_ID_SIZE + 1];

		ph_hex(id, piece->log_id, sizeof piece->log_id);
		sim_broken(sim, SIM_KEPT,
			   "%s keeps %" PRIu64 " to %" PRIu64
			   " of the hub's desk log %.8s, which go on from what the hub "
			   "has, and are not there",
			   device->machine.name, piece->first, piece->last->place.n, id);
	}
	count_back(sim, piece);
	return false;
}

void sim_check_kept(struct sim *sim)
{
	(void)each_kept(sim, check_piece);
}

/*
 * common/log/control.c - the hub's control log, which may be several logs after a restore.
 *
 * Few and short, so nothing is kept but rows and ids; how far each has come is
 * asked of the journal. A log that grows late (a device brings back what a restored hub had
 * lost) moves the positions behind it: a position that was told before then has another hash,
 * and whoever told it is sent the whole again, which changes nothing that it holds.
 */
#include "common/log/control.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

/* What orders a log: its first stamp, and which one it goes on from. */
struct place {
	int64_t row;
	uint64_t opened;
	uint8_t id[PH_LOG_ID_SIZE];
	bool continues;
	uint8_t from[PH_LOG_ID_SIZE];
};

struct places {
	struct place place[PH_CONTROL_LOGS_MAX];
	unsigned n;
};

static int read_open(struct ph_journal *journal, struct place *place)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	int rc = ph_journal_entry(journal, place->row, 1, &bytes);

	rc = rc == 0 ? ph_entry_decode(ph_buf_view(&bytes), &entry) : rc;
	if (rc == 0 || rc == PH_ENTRY_E_UNKNOWN) {
		place->opened = entry.stamp;
	}
	if (rc == 0 && entry.number == PH_KIND_OPEN &&
	    entry.field[PH_OPEN_CONTINUES].set) {
		place->continues = true;
		memcpy(place->from, entry.field[PH_OPEN_CONTINUES].as.head.log_id,
		       sizeof(place->from));
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

static bool is_in(const struct places *places, const uint8_t *id)
{
	for (unsigned i = 0; i < places->n; i++) {
		if (memcmp(places->place[i].id, id, PH_LOG_ID_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

static int read_places(struct ph_journal *journal, struct ph_view ids,
		       struct places *places)
{
	places->n = 0;
	for (size_t at = 0; at < ids.len; at += PH_LOG_ID_SIZE) {
		struct place place = { 0 };
		struct ph_log log;
		int rc = ph_journal_log_find(journal, ids.data + at, &log);

		if (rc == PH_JOURNAL_E_NONE ||
		    (rc == 0 && (log.n == 0 || is_in(places, log.id)))) {
			continue;
		}
		place.row = log.row;
		memcpy(place.id, log.id, sizeof(place.id));
		rc = rc == 0 ? read_open(journal, &place) : rc;
		if (rc < 0) {
			return rc;
		}
		places->place[places->n++] = place;
	}
	return 0;
}

static bool stands_before(const struct place *one, const struct place *other)
{
	return one->opened != other->opened
		       ? one->opened < other->opened
		       : memcmp(one->id, other->id, PH_LOG_ID_SIZE) < 0;
}

/*
 * The next in the order: of those whose predecessor is placed, or not held, the one of the
 * first stamp. The chains make a cycle impossible; were there one, its logs would be left.
 */
static struct place *next_place(struct places *left)
{
	struct place *next = NULL;

	for (unsigned i = 0; i < left->n; i++) {
		struct place *place = &left->place[i];
		bool waits = place->continues && is_in(left, place->from);

		if (!waits && (!next || stands_before(place, next))) {
			next = place;
		}
	}
	return next;
}

int ph_control_load(struct ph_journal *journal, struct ph_view ids,
		    struct ph_control *control_out)
{
	struct ph_control control = { 0 };
	struct places left;
	struct place *next;
	int rc;

	if (ids.len % PH_LOG_ID_SIZE != 0 ||
	    ids.len > PH_CONTROL_LOGS_MAX * PH_LOG_ID_SIZE) {
		return -EUCLEAN;
	}
	rc = read_places(journal, ids, &left);
	while (rc == 0 && (next = next_place(&left)) != NULL) {
		control.log[control.n].row = next->row;
		control.log[control.n].limit = UINT64_MAX;
		memcpy(control.log[control.n].id, next->id, PH_LOG_ID_SIZE);
		control.n++;
		*next = left.place[--left.n];
	}
	if (rc == 0) {
		*control_out = control;
	}
	return rc;
}

/* Which log of CONTROL it is; control->n: none. */
static unsigned index_of(const struct ph_control *control,
			 const uint8_t id[static PH_LOG_ID_SIZE])
{
	unsigned i = 0;

	while (i < control->n && memcmp(control->log[i].id, id, PH_LOG_ID_SIZE) != 0) {
		i++;
	}
	return i;
}

bool ph_control_has(const struct ph_control *control,
		    const uint8_t id[static PH_LOG_ID_SIZE])
{
	return index_of(control, id) < control->n;
}

bool ph_control_is_before(const struct ph_control *control, const struct ph_ref *first,
			  const struct ph_ref *then)
{
	unsigned a = index_of(control, first->log_id);
	unsigned b = index_of(control, then->log_id);

	if (a == control->n || b == control->n) {
		return false;
	}
	return a != b ? a < b : first->n < then->n;
}

/* As far as it counts; of the rest of LOG only what does not change may be read then. */
static int log_at(struct ph_journal *journal, const struct ph_control *control,
		  unsigned index, struct ph_log *log)
{
	int rc = ph_journal_log_at(journal, control->log[index].row, log);

	if (rc == 0 && log->n > control->log[index].limit) {
		log->n = control->log[index].limit;
	}
	return rc > 0 ? -EUCLEAN : rc;
}

int ph_control_before(struct ph_journal *journal, const struct ph_control *control,
		      unsigned index, uint64_t *total_out)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < index && i < control->n; i++) {
		struct ph_log log;
		int rc = log_at(journal, control, i, &log);

		if (rc < 0) {
			return rc;
		}
		total += log.n;
	}
	*total_out = total;
	return 0;
}

int ph_control_total(struct ph_journal *journal, const struct ph_control *control,
		     uint64_t *total_out)
{
	return ph_control_before(journal, control, control->n, total_out);
}

int ph_control_at(struct ph_journal *journal, const struct ph_control *control,
		  uint64_t total, unsigned *index_out, uint64_t *n_out)
{
	unsigned i;

	for (i = 0; i < control->n; i++) {
		struct ph_log log;
		int rc = log_at(journal, control, i, &log);

		if (rc < 0) {
			return rc;
		}
		if (total < log.n) {
			break;
		}
		total -= log.n;
	}
	*index_out = i;
	*n_out = i < control->n ? total : 0;
	return 0;
}

int ph_control_hash(struct ph_journal *journal, const struct ph_control *control,
		    uint64_t total, uint8_t out[static PH_CONTROL_HASH_SIZE])
{
	crypto_generichash_state state;
	uint8_t h[PH_HASH_SIZE] = { 0 };
	unsigned used = 0;

	crypto_generichash_init(&state, NULL, 0, sizeof(h));
	for (unsigned i = 0; i < control->n && total > 0; i++) {
		struct ph_log log;
		uint64_t n;
		int rc = log_at(journal, control, i, &log);

		if (rc == 0 && log.n == 0) {
			continue; /* nothing of it counts */
		}
		n = rc == 0 && total < log.n ? total : log.n;
		rc = rc < 0 ? rc : ph_journal_chain_at(journal, &log, n, h);
		if (rc != 0) {
			return rc < 0 ? rc : -EUCLEAN;
		}
		crypto_generichash_update(&state, h, sizeof(h));
		total -= n;
		used++;
	}
	if (used > 1) {
		crypto_generichash_final(&state, h, sizeof(h));
	}
	memcpy(out, h, PH_CONTROL_HASH_SIZE);
	return 0;
}

bool ph_control_may_speak(const struct ph_keylist *list, const struct ph_segment *segment,
			  const uint8_t key[static PH_KEY_SIZE])
{
	const struct ph_head *closed = ph_keylist_closed(list, segment->log_id);

	return closed ? segment->last <= closed->n : ph_keylist_has_hub(list, key);
}

/* Whether a log that LIST closes has come there by another way, as a thief would write it. */
static bool is_other(const struct ph_keylist *list, const uint8_t *log_id, uint64_t n,
		     const uint8_t h[static PH_HASH_SIZE])
{
	const struct ph_head *closed = ph_keylist_closed(list, log_id);

	return closed && closed->n == n && memcmp(closed->h, h, PH_HASH_SIZE) != 0;
}

int ph_control_check(struct ph_journal *journal, const struct ph_keylist *list,
		     const struct ph_segment *segment, const struct ph_log *log)
{
	const struct ph_head *closed = ph_keylist_closed(list, segment->log_id);
	uint8_t h[PH_HASH_SIZE];
	int rc;

	if (!ph_control_may_speak(list, segment, log->key)) {
		return PH_JOURNAL_E_SEAL;
	}
	if (!closed || segment->last != closed->n || segment->first > log->n + 1) {
		return 0;
	}
	rc = ph_journal_chain_at(journal, log, segment->first - 1, h);
	rc = rc != 0 ? rc : ph_segment_verify(segment, log->key, h, h);
	if (rc == 0 && is_other(list, segment->log_id, segment->last, h)) {
		return PH_JOURNAL_E_SEAL;
	}
	return rc < 0 ? rc
		      : 0; /* what else is wrong with it is for who takes it to say */
}

/* The branch of a log that LIST closes which goes through the entry that it names. */
static int find_named(struct ph_journal *journal, const struct ph_head *closed,
		      struct ph_log *named)
{
	return ph_journal_log_with(journal, closed->log_id, closed->n, closed->h, named);
}

int ph_control_limit(struct ph_journal *journal, const struct ph_keylist *list,
		     const struct ph_log *log, uint64_t *limit_out)
{
	const struct ph_head *closed = ph_keylist_closed(list, log->id);
	struct ph_log named;
	uint64_t common;
	int rc;

	if (!closed) {
		*limit_out = ph_keylist_has_hub(list, log->key) ? UINT64_MAX : 0;
		return 0;
	}
	rc = find_named(journal, closed, &named);
	if (rc == PH_JOURNAL_E_NONE) {
		*limit_out = log->n < closed->n ? UINT64_MAX : 0;
		return 0;
	}
	rc = rc != 0 ? rc : ph_journal_log_common(journal, log->row, named.row, &common);
	if (rc == 0) {
		*limit_out = common < closed->n ? common : closed->n;
	}
	return rc > 0 ? -EUCLEAN : rc;
}

/* The log at INDEX, by LIST; *COUNTS_OUT: not at all. */
static int heed_one(struct ph_journal *journal, const struct ph_keylist *list,
		    struct ph_control *control, unsigned index, bool *counts_out)
{
	const struct ph_head *closed = ph_keylist_closed(list, control->log[index].id);
	struct ph_log log;
	int rc = closed ? find_named(journal, closed, &log) : PH_JOURNAL_E_NONE;

	if (rc == PH_JOURNAL_E_NONE) {
		rc = ph_journal_log_at(journal, control->log[index].row, &log);
	}
	if (rc == 0) {
		control->log[index].row = log.row;
		rc = ph_control_limit(journal, list, &log, &control->log[index].limit);
	}
	*counts_out = rc == 0 && (closed || control->log[index].limit > 0);
	return rc > 0 ? -EUCLEAN : rc;
}

int ph_control_heed(struct ph_journal *journal, const struct ph_keylist *list,
		    struct ph_control *control)
{
	struct ph_control heeded = { 0 };

	for (unsigned i = 0; i < control->n; i++) {
		bool counts;
		int rc = heed_one(journal, list, control, i, &counts);

		if (rc < 0) {
			return rc;
		}
		if (counts) {
			heeded.log[heeded.n++] = control->log[i];
		}
	}
	*control = heeded;
	return 0;
}

int ph_control_check_open(const struct ph_segment *segment, const struct ph_keylist *list,
			  uint8_t key_out[static PH_KEY_SIZE], struct ph_head *from_out)
{
	struct ph_view body = segment->body;
	struct ph_view first;
	struct ph_entry entry;
	uint8_t id[PH_LOG_ID_SIZE];
	uint8_t h[PH_HASH_SIZE];
	const uint8_t *key;
	int rc;

	if (segment->first != 1 || ph_segment_next(&body, &first) != 0) {
		return PH_JOURNAL_E_GAP;
	}
	rc = ph_entry_decode(first, &entry);
	if (rc != 0 || entry.number != PH_KIND_OPEN ||
	    entry.field[PH_OPEN_SITE].as.uint != 0) {
		return rc < 0 ? rc : PH_JOURNAL_E_FORM;
	}
	key = entry.field[PH_OPEN_KEY].as.bytes.data;
	ph_log_id(id, key, entry.field[PH_OPEN_NONCE].as.bytes.data);
	if (!ph_control_may_speak(list, segment, key) ||
	    memcmp(id, segment->log_id, sizeof(id)) != 0) {
		return PH_JOURNAL_E_SEAL;
	}
	ph_chain_start(h, id, key);
	rc = ph_segment_verify(segment, key, h, h);
	if (rc != 0) {
		return rc == PH_SEGMENT_E_FORM ? PH_JOURNAL_E_FORM
		       : rc > 0                ? PH_JOURNAL_E_SEAL
					       : rc;
	}
	if (is_other(list, segment->log_id, segment->last, h)) {
		return PH_JOURNAL_E_SEAL;
	}
	memcpy(key_out, key, PH_KEY_SIZE);
	memset(from_out, 0, sizeof(*from_out));
	if (entry.field[PH_OPEN_CONTINUES].set) {
		*from_out = entry.field[PH_OPEN_CONTINUES].as.head;
	}
	return 0;
}

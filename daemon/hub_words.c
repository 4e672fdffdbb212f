/*
 * daemon/hub_words.c - words of the control log that not every device hears.
 *
 * A hub that was put back and said something before anybody called has two branches of its control
 * log. Both are its word and count here, but a device takes one branch of each log, the one of which it
 * hears first: what stands in the other goes down to it never. What stands in either, behind where they part,
 * and still holds is found here, to be said once more in the log that is written now, which all
 * take. Whether it holds is what the ledger says: nothing has taken it back, its operator's signature is
 * good, no other put shows in its place. What all have word for word was said again already.
 *
 * The order: who is cut off, whose invite is cancelled and who is retired; then what is put, who is
 * admitted, who is erased; last who is confirmed. So nobody who gets only the beginning is told of more
 * trust than is due. A void counts only in the log of what it takes away (docs/MERGE.md, "Voids"), which is
 * not written any more: it is shown, behind all else, and stays.
 */
#include "daemon/hub_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/say.h"
#include "common/ledger/query.h"
#include "common/ledger/state.h"
#include "common/log/operator.h"
#include "daemon/hub_put.h"

enum rank {
	RANK_CUT,
	RANK_RETIRE,
	RANK_PUT,
	RANK_ADMIT,
	RANK_ERASE,
	RANK_CONFIRM,
	RANK_VOID,
	RANK_NONE, /* the log makes it, or it is none of the control log's */
};

/* What all have, whichever branch they heard: the hash of what it says, and where. */
struct said {
	uint8_t hash[PH_HASH_SIZE];
	struct ph_ref ref;
};

struct search {
	struct ph_hub *hub;
	struct ph_hub_words *words;
	struct said *said;
	size_t n_said, cap_said;
	uint64_t split; /* up to where all have the log that is being walked */
};

void ph_hub_words_deinit(struct ph_hub_words *words)
{
	for (size_t i = 0; i < words->n; i++) {
		ph_buf_deinit(&words->items[i].bytes);
	}
	free(words->items);
	*words = (struct ph_hub_words){ 0 };
}

/* Whether ENTRY is of a kind that the control log has, as its own or to take back. */
static bool is_controls(const struct ph_entry *entry)
{
	return entry->number == PH_KIND_VOID ||
	       (strcmp(entry->kind->family, "hub") == 0 && !entry->kind->desk);
}

static bool is_put(const struct ph_entry *entry)
{
	struct ph_entity_key key;

	return ph_hub_put_entity(entry, &key);
}

/* ENTRY without what depends on where it stands, onto OUT. 0 or negative errno. */
static int bare(const struct ph_entry *entry, struct ph_buf *out)
{
	struct ph_entry copy = *entry;

	copy.stamp = 0;
	copy.n_seen = 0;
	copy.extras.operator_sig = (struct ph_view){ 0 };
	return ph_entry_encode(&copy, out, NULL);
}

static void ref_of(const struct ph_log *log, uint64_t n, struct ph_view bytes,
		   struct ph_ref *out)
{
	uint8_t hash[PH_HASH_SIZE];

	ph_entry_hash(bytes, hash);
	memcpy(out->log_id, log->id, sizeof(out->log_id));
	memcpy(out->hash, hash, sizeof(out->hash));
	out->n = n;
}

/* --- what is read --- */

/* Entry N of LOG is one that all have. */
static int add_said(struct search *search, const struct ph_log *log, uint64_t n,
		    struct ph_view bytes)
{
	struct ph_buf plain = { 0 };
	struct ph_entry entry;
	int rc = ph_entry_decode(bytes, &entry);

	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_state_grow((void **)&search->said, search->n_said, &search->cap_said,
			   sizeof(*search->said));
	rc = rc < 0 ? rc : bare(&entry, &plain);
	if (rc == 0) {
		struct said *said = &search->said[search->n_said++];

		ph_entry_hash(ph_buf_view(&plain), said->hash);
		ref_of(log, n, bytes, &said->ref);
	}
	ph_buf_deinit(&plain);
	return rc;
}

static const struct said *find_said(const struct search *search, struct ph_view plain)
{
	uint8_t hash[PH_HASH_SIZE];

	ph_entry_hash(plain, hash);
	for (size_t i = 0; i < search->n_said; i++) {
		if (memcmp(search->said[i].hash, hash, sizeof(hash)) == 0) {
			return &search->said[i];
		}
	}
	return NULL;
}

/* Of the control log's log INDEX, what all have. */
static int read_log(struct search *search, unsigned index)
{
	struct ph_journal *journal = search->hub->journal;
	struct ph_buf bytes = { 0 };
	struct ph_log log;
	uint64_t split = 0;
	int rc = ph_journal_log_at(journal, search->hub->control.log[index].row, &log);

	rc = rc == 0 ? ph_hub_words_split(search->hub, index, &split) : rc;
	for (uint64_t n = 1; rc == 0 && n <= log.n && n <= split; n++) {
		bytes.len = 0;
		rc = ph_journal_entry(journal, log.row, n, &bytes);
		rc = rc == 0 ? add_said(search, &log, n, ph_buf_view(&bytes)) : rc;
	}
	ph_buf_deinit(&bytes);
	return rc > 0 ? -EUCLEAN : rc;
}

static int read_said(struct search *search)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < search->hub->control.n; i++) {
		rc = read_log(search, i);
	}
	return rc;
}

/* --- whether a word holds --- */

/*
 * Of a void: what it takes away is of a branch that is read. What is not, nobody has heard who has not
 * heard of the void as well.
 */
static int void_holds(struct search *search, const struct ph_entry *entry,
		      struct ph_hub_word *word, bool *out)
{
	struct ph_buf bytes = { 0 };
	struct ph_buf plain = { 0 };
	struct ph_entry of;
	struct ph_log log;
	int rc = ph_journal_resolve(search->hub->journal,
				    &entry->field[PH_VOID_TARGET].as.ref, &log, &bytes);

	*out = false;
	rc = rc == 0 ? ph_entry_decode(ph_buf_view(&bytes), &of) : rc;
	rc = rc == 0 ? bare(&of, &plain) : rc;
	if (rc == 0) {
		*out = find_said(search, ph_buf_view(&plain)) != NULL;
		word->stays = true;
	}
	if (rc == 0 && of.kind->operator_only) {
		rc = ph_operator_heed(&ph_hub_speakers, entry, word->ref.log_id,
				      word->ref.n);
		*out = *out && rc == 0;
	}
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&plain);
	return rc < 0 ? rc : 0;
}

static unsigned rank_of(uint64_t kind)
{
	switch (kind) {
	case PH_KIND_DEVICE_CUT:
	case PH_KIND_INVITE_CANCEL:
		return RANK_CUT;
	case PH_KIND_DEVICE_RETIRE:
		return RANK_RETIRE;
	case PH_KIND_DEVICE_ADMIT:
		return RANK_ADMIT;
	case PH_KIND_READER_ERASE:
		return RANK_ERASE;
	case PH_KIND_VOID:
		return RANK_VOID;
	case PH_KIND_DEVICE_CONFIRM:
		return RANK_CONFIRM;
	default:
		return RANK_NONE;
	}
}

static int holds(struct search *search, struct ph_entry *entry, struct ph_hub_word *word,
		 bool *out)
{
	word->rank = !is_controls(entry) ? RANK_NONE
		     : is_put(entry)     ? RANK_PUT
					 : rank_of(entry->number);
	word->by_operator = entry->kind->operator_only;
	if (word->rank == RANK_VOID) {
		return void_holds(search, entry, word, out);
	}
	*out = false;
	return word->rank == RANK_NONE
		       ? 0
		       : ph_hub_word_stands(search->hub, entry, &word->ref, out);
}

/* --- the words --- */

/* Whether all have what ENTRY, PLAIN, says, by a word that still stands. 0 or negative errno. */
static int is_said(struct search *search, struct ph_entry *entry, struct ph_view plain,
		   bool *out)
{
	uint8_t hash[PH_HASH_SIZE];
	int rc = 0;

	*out = false;
	ph_entry_hash(plain, hash);
	for (size_t i = 0; rc == 0 && !*out && i < search->n_said; i++) {
		if (memcmp(search->said[i].hash, hash, sizeof(hash)) == 0) {
			rc = ph_hub_word_stands(search->hub, entry, &search->said[i].ref,
						out);
		}
	}
	return rc;
}

/* ENTRY is entry WORD->ref; onto the list, unless it does not hold or is said. Takes WORD's bytes. */
static int add_word(struct search *search, struct ph_entry *entry,
		    struct ph_hub_word *word)
{
	struct ph_hub_words *words = search->words;
	bool does;
	bool said = false;
	int rc = holds(search, entry, word, &does);

	if (rc < 0 || !does) {
		return rc;
	}
	rc = bare(entry, &word->bytes);
	if (rc == 0 && word->rank != RANK_PUT && word->rank != RANK_VOID) {
		rc = is_said(search, entry, ph_buf_view(&word->bytes), &said);
	}
	if (rc < 0 || said) {
		return rc;
	}
	rc = rc < 0 ? rc
		    : ph_state_grow((void **)&words->items, words->n, &words->cap,
				    sizeof(*words->items));
	if (rc == 0) {
		words->items[words->n++] = *word;
		word->bytes = (struct ph_buf){ 0 };
	}
	return rc;
}

static int on_word(struct search *search, const struct ph_log *log, uint64_t n)
{
	struct ph_hub_word word = { 0 };
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	int rc = ph_journal_entry(search->hub->journal, log->row, n, &bytes);

	rc = rc == 0 ? ph_entry_decode(ph_buf_view(&bytes), &entry)
		     : (rc < 0 ? rc : -EUCLEAN);
	if (rc == PH_ENTRY_E_UNKNOWN) {
		search->words->later++;
		rc = 0;
	} else if (rc == 0) {
		ref_of(log, n, ph_buf_view(&bytes), &word.ref);
		word.stamp = entry.stamp;
		rc = add_word(search, &entry, &word);
	}
	ph_buf_deinit(&word.bytes);
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

struct branches {
	struct ph_log log[PH_BRANCHES_MAX];
	unsigned n;
};

static int add_branch(void *data, const struct ph_log *log)
{
	struct branches *branches = data;

	branches->log[branches->n++] = *log;
	return 0;
}

/* How much of LOG counts, and how much of that the branch of row READ has as well. */
static int measure(struct ph_hub *hub, const struct ph_log *log, int64_t read,
		   uint64_t *common_out, uint64_t *limit_out)
{
	int rc = ph_journal_log_common(hub->journal, log->row, read, common_out);

	rc = rc == 0 ? ph_control_limit(hub->journal, &hub->keylist, log, limit_out) : rc;
	*limit_out = rc == 0 && *limit_out < log->n ? *limit_out : log->n;
	return rc > 0 ? -EUCLEAN : rc;
}

static int load_branches(struct ph_hub *hub, unsigned index, struct branches *branches)
{
	branches->n = 0;
	return ph_journal_log_branch_each(hub->journal, hub->control.log[index].id,
					  add_branch, branches);
}

int ph_hub_words_split(struct ph_hub *hub, unsigned index, uint64_t *out)
{
	int64_t read = hub->control.log[index].row;
	struct branches branches;
	int rc = load_branches(hub, index, &branches);

	*out = UINT64_MAX;
	for (unsigned i = 0; rc == 0 && i < branches.n; i++) {
		uint64_t common = 0;
		uint64_t limit = 0;

		if (branches.log[i].row == read) {
			continue;
		}
		rc = measure(hub, &branches.log[i], read, &common, &limit);
		if (rc == 0 && limit > common && common < *out) {
			*out = common;
		}
	}
	return rc > 0 ? -EUCLEAN : rc;
}

/* What LOG, a branch of the control log's log INDEX, has and not all have. */
static int walk(struct search *search, const struct ph_log *log, unsigned index)
{
	int64_t read = search->hub->control.log[index].row;
	uint64_t from = search->split;
	uint64_t limit = log->n;
	int rc = 0;

	if (log->row != read) {
		rc = measure(search->hub, log, read, &from, &limit);
		from = from > log->base ? from : log->base; /* the rest is its parent's */
	}
	for (uint64_t n = from; rc == 0 && n < limit; n++) {
		rc = on_word(search, log, n + 1);
	}
	return rc;
}

static int walk_branches(struct search *search, unsigned index)
{
	struct branches branches;
	int rc = ph_hub_words_split(search->hub, index, &search->split);

	if (rc < 0 || search->split == UINT64_MAX) {
		return rc;
	}
	rc = load_branches(search->hub, index, &branches);
	for (unsigned i = 0; rc == 0 && i < branches.n; i++) {
		rc = walk(search, &branches.log[i], index);
	}
	return rc;
}

static int compare(const void *a, const void *b)
{
	const struct ph_hub_word *one = a;
	const struct ph_hub_word *other = b;

	if (one->rank != other->rank) {
		return one->rank < other->rank ? -1 : 1;
	}
	if (one->stamp != other->stamp) {
		return one->stamp < other->stamp ? -1 : 1;
	}
	return ph_ref_compare(&one->ref, &other->ref);
}

/* Two branches may have the same word; it is said once. */
static void sort(struct ph_hub_words *words)
{
	size_t kept = 0;

	if (words->n > 0) {
		qsort(words->items, words->n, sizeof(*words->items), compare);
	}
	for (size_t i = 0; i < words->n; i++) {
		struct ph_view bytes = ph_buf_view(&words->items[i].bytes);
		bool twice = false;

		for (size_t k = 0; k < kept && !twice; k++) {
			twice = ph_view_equal(ph_buf_view(&words->items[k].bytes), bytes);
		}
		if (twice) {
			ph_buf_deinit(&words->items[i].bytes);
		} else {
			words->items[kept++] = words->items[i];
		}
	}
	words->n = kept;
	for (size_t i = 0; i < kept; i++) {
		words->stay += words->items[i].stays;
	}
}

int ph_hub_words_beside(struct ph_hub *hub, bool *out)
{
	int rc = 0;

	*out = false;
	for (unsigned i = 0; rc == 0 && !*out && i < hub->control.n; i++) {
		uint64_t split;

		rc = ph_hub_words_split(hub, i, &split);
		*out = split != UINT64_MAX;
	}
	return rc;
}

int ph_hub_words_find(struct ph_hub *hub, struct ph_hub_words *words,
		      struct ph_error *err)
{
	struct search search = { .hub = hub, .words = words };
	bool forked;
	int rc = ph_hub_words_beside(hub, &forked);

	*words = (struct ph_hub_words){ 0 };
	if (rc == 0 && forked) {
		rc = read_said(&search);
		for (unsigned i = 0; rc == 0 && i < hub->control.n; i++) {
			rc = walk_branches(&search, i);
		}
		sort(words);
	}
	free(search.said);
	if (rc != 0) {
		ph_hub_words_deinit(words);
		return ph_fail_errno(
			err, rc < 0 ? rc : -EUCLEAN,
			ph_say("reading the control log", "đọc nhật ký điều hành"));
	}
	return 0;
}

int ph_hub_words_count(struct ph_hub *hub, size_t *out)
{
	struct ph_hub_words words;
	int rc = ph_hub_words_find(hub, &words, NULL);

	*out = rc == 0 ? words.n - words.stay + words.later : 0;
	ph_hub_words_deinit(&words);
	return rc;
}

/* What REF says, as all have it; N 0: nowhere, or REF is what all have. */
static int find_again(struct search *search, const struct ph_ref *ref,
		      struct ph_ref *again_out)
{
	const struct said *said = NULL;
	struct ph_buf bytes = { 0 };
	struct ph_buf plain = { 0 };
	struct ph_entry entry;
	struct ph_log log;
	int rc = ph_journal_resolve(search->hub->journal, ref, &log, &bytes);

	rc = rc == 0 ? ph_entry_decode(ph_buf_view(&bytes), &entry) : rc;
	rc = rc == 0 ? bare(&entry, &plain) : rc;
	said = rc == 0 ? find_said(search, ph_buf_view(&plain)) : NULL;
	for (size_t i = 0; said && i < search->n_said; i++) {
		said = ph_ref_equal(&search->said[i].ref, ref) ? NULL : said;
	}
	if (said) {
		*again_out = said->ref;
	}
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&plain);
	return rc;
}

struct ph_hub_again {
	struct search search;
	bool beside; /* else nothing was read: there is nothing to say again */
};

int ph_hub_again_new(struct ph_hub_again **again_out, struct ph_hub *hub)
{
	struct ph_hub_again *again = calloc(1, sizeof(*again));
	int rc = again ? 0 : -ENOMEM;

	if (rc == 0) {
		again->search.hub = hub;
		rc = ph_hub_words_beside(hub, &again->beside);
	}
	rc = rc == 0 && again->beside ? read_said(&again->search) : rc;
	if (rc != 0) {
		ph_hub_again_free(again);
		return rc < 0 ? rc : -EUCLEAN;
	}
	*again_out = again;
	return 0;
}

void ph_hub_again_free(struct ph_hub_again *again)
{
	if (again) {
		free(again->search.said);
		free(again);
	}
}

int ph_hub_again_find(struct ph_hub_again *again, const struct ph_ref *ref,
		      struct ph_ref *ref_out)
{
	int rc;

	ref_out->n = 0;
	rc = again->beside ? find_again(&again->search, ref, ref_out) : 0;
	return rc < 0 ? rc : 0;
}

int ph_hub_word_entry(struct ph_hub *hub, const struct ph_hub_word *word,
		      struct ph_entry *entry_out)
{
	struct ph_entity_key key;
	int rc = ph_entry_decode(ph_buf_view(&word->bytes), entry_out);

	if (rc == 0 && ph_hub_put_entity(entry_out, &key)) {
		rc = ph_query_fill_seen(hub->ledger, (enum ph_entity)key.type,
					ph_key_view(&key), entry_out);
	}
	return rc > 0 ? -EUCLEAN : rc;
}

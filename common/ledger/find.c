/*
 * common/ledger/find.c - search blind to Vietnamese marks and case.
 *
 * The text searched for is folded as the index was (ph_text_fold), so "ly thuyet"
 * finds "lý thuyết". Titles are looked up in an FTS5 table; names of readers are in
 * no table at all, so their parts are opened one after another, compared, and wiped;
 * those found stand by their given names (ph_text_name_key).
 */
#include "common/ledger/find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "common/ledger/class.h"
#include "common/ledger/query.h"
#include "common/ledger/reader_view.h"
#include "common/ledger/record.h"
#include "common/ledger/store.h"

#define LIMIT_DEFAULT 50

/* FOLDED is words parted by single blanks; as an FTS5 query, each is the beginning of a word. */
static int make_match(struct ph_view folded, struct ph_buf *match)
{
	int rc = 0;
	size_t at = 0;

	while (rc == 0 && at < folded.len) {
		const uint8_t *blank = memchr(folded.data + at, ' ', folded.len - at);
		size_t len = blank == NULL ? folded.len - at
					   : (size_t)(blank - folded.data) - at;

		rc = ph_buf_printf(match, "%s\"%.*s\"*", match->len > 0 ? " " : "",
				   (int)len, (const char *)folded.data + at);
		at += len + 1;
	}
	return rc;
}

/* --- titles --- */

struct hit {
	struct ph_entity_key key;
};

static int search_titles(struct ph_ledger *ledger, struct ph_view match, size_t limit,
			 struct hit *hits, size_t *n)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT t.id FROM ledger_words w JOIN ledger_title t"
			       " ON t.row = w.rowid WHERE ledger_words MATCH ?1"
			       " ORDER BY w.rank, t.id LIMIT ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_text(stmt, 1, match);
	ph_stmt_int(stmt, 2, (int64_t)limit);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW && *n < limit) {
		if (!ph_key_bytes(PH_ENTITY_TITLE, ph_stmt_col_blob(stmt, 0),
				  &hits[*n].key)) {
			rc = -EUCLEAN;
			break;
		}
		++*n;
	}
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

static int show_hit(struct ph_ledger *ledger, const struct hit *hit, json_t *array)
{
	struct ph_ref ref;
	json_t *title = NULL;
	json_t *copies;
	int rc = ph_key_get_ref(ph_key_view(&hit->key), &ref)
			 ? ph_view_title(ledger, &ref, true, &title)
			 : -EUCLEAN;

	if (rc != 0) {
		return rc;
	}
	copies = json_integer(
		(json_int_t)json_array_size(json_object_get(title, "copies")));
	if (copies == NULL || json_object_set_new(title, "copies", copies) != 0) {
		json_decref(title);
		return -ENOMEM;
	}
	return ph_show_append(array, title);
}

int ph_ledger_find_titles(struct ph_ledger *ledger, struct ph_view text, size_t limit,
			  json_t **out)
{
	size_t max = limit == 0 ? LIMIT_DEFAULT : limit;
	struct ph_buf folded = { 0 }, match = { 0 };
	struct hit *hits = calloc(max, sizeof *hits);
	json_t *array = json_array();
	size_t n = 0;
	int rc = hits == NULL || array == NULL ? -ENOMEM : ph_text_fold(text, &folded);

	rc = rc != 0 ? rc : make_match(ph_buf_view(&folded), &match);
	if (rc == 0 && match.len > 0) {
		rc = search_titles(ledger, ph_buf_view(&match), max, hits, &n);
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = show_hit(ledger, &hits[i], array);
	}
	free(hits);
	ph_buf_deinit(&folded);
	ph_buf_deinit(&match);
	if (rc != 0) {
		json_decref(array);
		return rc;
	}
	*out = array;
	return 0;
}

/* --- readers --- */

static bool has_word(struct ph_view words, struct ph_view start)
{
	for (size_t at = 0; at + start.len <= words.len; at++) {
		if ((at == 0 || words.data[at - 1] == ' ') &&
		    memcmp(words.data + at, start.data, start.len) == 0) {
			return true;
		}
	}
	return false;
}

/* Whether WORDS, folded, have a word beginning with each of WANTED's. */
static bool matches(struct ph_view words, struct ph_view wanted)
{
	size_t at = 0;

	while (at < wanted.len) {
		const uint8_t *blank = memchr(wanted.data + at, ' ', wanted.len - at);
		size_t len = blank == NULL ? wanted.len - at
					   : (size_t)(blank - wanted.data) - at;

		if (!has_word(words, PH_VIEW(wanted.data + at, len))) {
			return false;
		}
		at += len + 1;
	}
	return true;
}

/* A reader that was found, and by what it sorts. */
struct named {
	struct ph_entity_key key;
	struct ph_buf order; /* to be wiped: it can be read */
};

struct search {
	struct ph_ledger *ledger;
	struct ph_view wanted; /* folded */
	uint64_t site;
	size_t limit;
	const struct ph_opener *opener;
	struct ph_buf name, words; /* wiped after each reader */
	struct named *hits;        /* in the order of names */
	size_t n;
};

static int name_matches(struct search *search, const struct ph_registers *registers,
			bool *yes)
{
	int rc;

	search->name.len = 0;
	search->words.len = 0;
	*yes = false;
	rc = ph_reader_open_text(registers, PH_READER_S_NAME, search->opener,
				 &search->name);
	if (rc == 0) {
		rc = ph_text_fold(ph_buf_view(&search->name), &search->words);
		*yes = rc == 0 && matches(ph_buf_view(&search->words), search->wanted);
	}
	ph_buf_wipe(&search->words);
	return rc < 0 ? rc : 0;
}

/* Names first, then references, so that the order is one. */
static int compare_named(const struct named *a, const struct named *b)
{
	size_t len = a->order.len < b->order.len ? a->order.len : b->order.len;
	int order = len > 0 ? memcmp(a->order.data, b->order.data, len) : 0;

	if (order == 0 && a->order.len != b->order.len) {
		order = a->order.len < b->order.len ? -1 : 1;
	}
	return order != 0 ? order : ph_key_compare(&a->key, &b->key);
}

/* ONE, taken, goes to its place; of more than the limit the last goes. */
static void keep(struct search *search, struct named *one)
{
	size_t at = search->n;

	if (search->n == search->limit) {
		if (compare_named(one, &search->hits[--at]) >= 0) {
			ph_buf_wipe(&one->order);
			return;
		}
		ph_buf_wipe(&search->hits[at].order);
	} else {
		search->n++;
	}
	for (; at > 0 && compare_named(one, &search->hits[at - 1]) < 0; at--) {
		search->hits[at] = search->hits[at - 1];
	}
	search->hits[at] = *one;
}

static int keep_reader(struct search *search, struct ph_view id)
{
	struct named one = { 0 };
	int rc = ph_key_bytes(PH_ENTITY_READER, id, &one.key)
			 ? ph_text_name_key(ph_buf_view(&search->name), &one.order)
			 : -EUCLEAN;

	if (rc == 0) {
		keep(search, &one);
	} else {
		ph_buf_wipe(&one.order);
	}
	return rc;
}

static int is_root(struct search *search, struct ph_view id, bool *yes)
{
	struct ph_entity_key key, root;
	int rc = ph_key_bytes(PH_ENTITY_READER, id, &key)
			 ? ph_class_root(search->ledger, &key, &root)
			 : -EUCLEAN;

	*yes = rc == 0 && ph_key_compare(&key, &root) == 0;
	return rc;
}

static int on_reader(void *data, struct ph_view id, struct ph_view state)
{
	struct search *search = data;
	struct ph_record reader;
	bool yes = false;
	int rc = ph_record_decode(state, ph_kind_find(PH_KIND_READER_PUT), &reader);

	if (rc != 0) {
		return rc;
	}
	if (search->site == 0 || reader.site == search->site) {
		rc = is_root(search, id, &yes);
	}
	if (rc == 0 && yes) {
		rc = name_matches(search, &reader.registers, &yes);
	}
	ph_record_deinit(&reader);
	rc = rc == 0 && yes ? keep_reader(search, id) : rc;
	ph_buf_wipe(&search->name);
	return rc;
}

static int show_readers(struct ph_ledger *ledger, const struct search *search,
			json_t *array)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < search->n; i++) {
		struct ph_ref ref;
		json_t *reader = NULL;

		rc = ph_key_get_ref(ph_key_view(&search->hits[i].key), &ref)
			     ? ph_view_reader(ledger, &ref, search->opener, &reader)
			     : -EUCLEAN;
		if (rc == 0) {
			json_object_del(reader, "loans");
			rc = ph_show_append(array, reader);
		}
	}
	return rc;
}

int ph_ledger_find_readers(struct ph_ledger *ledger, struct ph_view text, uint64_t site,
			   size_t limit, const struct ph_opener *opener, json_t **out)
{
	struct search search = { .ledger = ledger,
				 .site = site,
				 .limit = limit == 0 ? LIMIT_DEFAULT : limit,
				 .opener = opener };
	struct ph_buf folded = { 0 };
	json_t *array = json_array();
	int rc = array == NULL ? -ENOMEM : ph_text_fold(text, &folded);

	search.hits = calloc(search.limit, sizeof *search.hits);
	rc = rc != 0 ? rc : search.hits == NULL ? -ENOMEM : 0;
	search.wanted = ph_buf_view(&folded);
	if (rc == 0 && folded.len > 0 && opener != NULL) {
		rc = ph_ledger_each(ledger, PH_ENTITY_READER, on_reader, &search);
	}
	if (rc >= 0) {
		rc = show_readers(ledger, &search, array);
	}
	for (size_t i = 0; i < search.n; i++) {
		ph_buf_wipe(&search.hits[i].order);
	}
	free(search.hits);
	ph_buf_wipe(&search.name);
	ph_buf_wipe(&search.words);
	ph_buf_wipe(&folded);
	if (rc != 0) {
		json_decref(array);
		return rc;
	}
	*out = array;
	return 0;
}

/*
 * daemon/hub_command_words.c - words, words-ask and words-put: what of the control log goes down to
 * nobody, shown and said again (hub_words.h).
 *
 * All of them are said in one transaction and under one seal, or none is: a half that lets devices
 * in without the half that keeps them out is worse than nothing. words-ask settles the number of the
 * first, so that an operator can sign each of theirs for the place that it will have; words-put finds
 * the same words again, or nothing is written.
 */
#include "daemon/hub_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/say.h"
#include "common/log/json.h"
#include "common/log/operator.h"
#include "daemon/hub_put.h"

static int no_memory(struct ph_error *err)
{
	return ph_fail_errno(err, -ENOMEM,
			     ph_say("reading the control log", "đọc nhật ký điều hành"));
}

/* All that can be said; none if one cannot, as half is worse than none. */
static int find_words(struct ph_hub *hub, struct ph_hub_words *words,
		      struct ph_error *err)
{
	int rc = ph_hub_words_find(hub, words, err);

	return rc == 0 && words->later > 0
		       ? ph_fail(err, PH_EXIT_OTHER, -EUCLEAN,
				 ph_say("%zu words of the control log that not all hear "
					"are of "
					"a later version of Packhorse, which alone can "
					"say "
					"them again: run that one",
					"%zu lời của nhật ký điều hành chưa tới mọi máy "
					"là "
					"của phiên bản Packhorse mới hơn, chỉ phiên bản "
					"đó "
					"nói lại được: hãy chạy phiên bản đó"),
				 words->later)
		       : rc;
}

/* ENTRY, which is WORD, as a thing to be written; not written yet. */
static struct ph_hub_put put_of(struct ph_hub *hub, const struct ph_hub_word *word,
				struct ph_entry *entry)
{
	return (struct ph_hub_put){ .entry = entry,
				    .writer = hub->writer,
				    .by_operator = word->by_operator,
				    .known = true };
}

/* WORD, for people and programs. NULL: no memory. */
static json_t *show(const struct ph_hub_word *word, const struct ph_entry *entry)
{
	json_t *shows = ph_entry_to_json(entry);
	char ref[PH_REF_TEXT];
	char time[PH_TIME_TEXT];

	ph_ref_text(ref, &word->ref);
	ph_time_text(time, ph_stamp_seconds(word->stamp));
	json_object_del(shows, "stamp"); /* there is none before it is written */
	json_object_del(shows, "time");
	json_object_del(shows, "seen");
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "ref", ref, "time", time, "kind",
			 entry->kind->name, "by",
			 word->stays         ? "nobody"
			 : word->by_operator ? "operator"
					     : "hub",
			 "shows", shows);
}

/* Onto LIST; with N what an operator signs has its place and its bytes. */
static int add_shown(struct ph_hub *hub, const struct ph_hub_word *word, uint64_t n,
		     json_t *list, struct ph_error *err)
{
	struct ph_entry entry;
	json_t *order = NULL;
	json_t *item;
	int rc = ph_hub_word_entry(hub, word, &entry);

	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("reading the control log", "đọc nhật ký điều hành"));
	}
	item = show(word, &entry);
	if (n > 0 && word->by_operator) {
		struct ph_hub_put put = put_of(hub, word, &entry);

		rc = ph_hub_put_order(hub, &put, n, &order, err);
		if (rc == 0 &&
		    json_object_set(item, "sign", json_object_get(order, "sign")) != 0) {
			rc = no_memory(err);
		}
	}
	json_decref(order);
	if (rc < 0) {
		json_decref(item);
		return rc;
	}
	return json_array_append_new(list, item) ? no_memory(err) : 0;
}

/* All of WORDS; FIRST: the number that the first will have, 0: they are looked at alone. */
static int answer_words(struct ph_hub *hub, const struct ph_hub_words *words,
			uint64_t first, json_t *answer, struct ph_error *err)
{
	json_t *list = json_array();
	int rc = list ? 0 : no_memory(err);

	for (size_t i = 0; rc == 0 && i < words->n; i++) {
		rc = add_shown(hub, &words->items[i], first ? first + i : 0, list, err);
	}
	if (rc < 0) {
		json_decref(list);
		return rc;
	}
	return json_object_set_new(answer, "words", list) ? no_memory(err) : 0;
}

int ph_hub_again_tell(struct ph_hub_again *all, const struct ph_ref *ref, json_t *item)
{
	struct ph_ref again;
	char text[PH_REF_TEXT];
	int rc = ph_hub_again_find(all, ref, &again);

	if (rc < 0 || again.n == 0) {
		return rc;
	}
	ph_ref_text(text, &again);
	return json_object_set_new(item, "again", json_string(text)) ? -ENOMEM : 0;
}

int ph_hub_words_command(struct ph_hub *hub, const json_t *request, json_t *answer,
			 struct ph_error *err)
{
	struct ph_hub_words words;
	int rc = find_words(hub, &words, err);

	(void)request;
	rc = rc != 0 ? rc : answer_words(hub, &words, 0, answer, err);
	ph_hub_words_deinit(&words);
	return rc;
}

int ph_hub_words_ask(struct ph_hub *hub, const json_t *request, json_t *answer,
		     struct ph_error *err)
{
	struct ph_hub_words words;
	int rc = find_words(hub, &words, err);

	(void)request;
	if (rc == 0 && words.n > words.stay) {
		rc = ph_hub_put_settle(hub, hub->writer, err);
	}
	if (rc == 0) {
		const struct ph_log *log = ph_writer_log(hub->writer);
		char id[2 * PH_LOG_ID_SIZE + 1];

		ph_hex(id, log->id, sizeof(log->id));
		json_object_set_new(answer, "log", json_string(id));
		json_object_set_new(answer, "n", json_integer((json_int_t)(log->n + 1)));
		rc = answer_words(hub, &words, log->n + 1, answer, err);
	}
	ph_hub_words_deinit(&words);
	return rc;
}

/* --- saying them --- */

struct saying {
	struct ph_hub *hub;
	const json_t *signatures; /* one for each word; null where none is needed */
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n; /* the number that the next is to have */
	json_t *written;
	struct ph_error *err;
};

static int moved_on(struct ph_error *err)
{
	return ph_fail(err, PH_EXIT_TRY_LATER, -EAGAIN,
		       ph_say("something else was written meanwhile; nothing was done, "
			      "give the command again",
			      "trong lúc đó đã ghi thứ khác; chưa làm gì, hãy ra lại "
			      "lệnh"));
}

static int read_saying(const json_t *request, struct saying *saying)
{
	const char *log = ph_request_text(request, "log");
	json_int_t n = json_integer_value(json_object_get(request, "n"));

	saying->signatures = json_object_get(request, "signatures");
	saying->n = (uint64_t)n;
	if (n < 1 || !json_is_array(saying->signatures) || !log ||
	    ph_unhex(saying->log_id, sizeof(saying->log_id), log, strlen(log)) != 0) {
		return ph_fail(saying->err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("the request lacks the log, the number or the "
				      "signatures",
				      "yêu cầu thiếu nhật ký, số thứ tự hoặc chữ ký"));
	}
	return 0;
}

/* The signature for word INDEX into ENTRY, which borrows SIG. */
static int take_signature(struct saying *saying, size_t index, struct ph_entry *entry,
			  uint8_t sig[static PH_OPERATOR_SIZE])
{
	const char *text = json_string_value(json_array_get(saying->signatures, index));
	int rc;

	if (!text || ph_unhex(sig, PH_OPERATOR_SIZE, text, strlen(text)) != 0) {
		return moved_on(saying->err); /* it was another list that was signed */
	}
	entry->extras.operator_sig = PH_VIEW(sig, PH_OPERATOR_SIZE);
	rc = ph_operator_check(entry, saying->log_id, saying->n);
	if (rc > 0) {
		return moved_on(saying->err);
	}
	if (rc == 0 && !ph_keylist_has_operator(&saying->hub->keylist, sig)) {
		return ph_fail(saying->err, PH_EXIT_OTHER, -EACCES,
			       ph_say("that key is no operator's by the key list of this "
				      "hub; nothing was written",
				      "theo danh sách khóa của máy chủ này, khóa đó "
				      "không phải của người vận hành; chưa ghi gì"));
	}
	return rc;
}

static int say_word(struct saying *saying, const struct ph_hub_word *word, size_t index)
{
	uint8_t sig[PH_OPERATOR_SIZE];
	struct ph_entry entry;
	struct ph_hub_put put;
	int rc = ph_hub_word_entry(saying->hub, word, &entry);

	if (rc == 0 && word->by_operator) {
		rc = take_signature(saying, index, &entry, sig);
	}
	put = put_of(saying->hub, word, &entry);
	rc = rc != 0 ? rc : ph_hub_put_add(saying->hub, &put, saying->err);
	if (rc == 0 && (put.ref.n != saying->n || memcmp(put.ref.log_id, saying->log_id,
							 sizeof(saying->log_id)) != 0)) {
		rc = moved_on(saying->err);
	}
	saying->n++;
	if (rc == 0 && json_array_append_new(saying->written,
					     ph_hub_put_tell(saying->hub, &put)) != 0) {
		rc = -ENOMEM;
	}
	return rc;
}

static int say_all(struct saying *saying, const struct ph_hub_words *words)
{
	int rc = ph_hub_put_begin(saying->hub, saying->err);

	if (rc < 0) {
		return rc;
	}
	for (size_t i = 0; rc == 0 && i < words->n - words->stay; i++) {
		rc = say_word(saying, &words->items[i], i);
	}
	if (rc < 0) {
		ph_hub_put_undo(saying->hub);
		return ph_fail_errno(
			saying->err, rc,
			ph_say("writing the hub's logs", "ghi nhật ký của máy chủ"));
	}
	return ph_hub_put_end(saying->hub, saying->err);
}

int ph_hub_words_put(struct ph_hub *hub, const json_t *request, json_t *answer,
		     struct ph_error *err)
{
	struct saying saying = { .hub = hub, .err = err, .written = json_array() };
	struct ph_hub_words words = { 0 };
	int rc = saying.written ? read_saying(request, &saying) : no_memory(err);

	rc = rc != 0 ? rc : find_words(hub, &words, err);
	if (rc == 0 && words.n - words.stay != json_array_size(saying.signatures)) {
		rc = moved_on(err);
	}
	if (rc == 0 && words.n > words.stay) {
		rc = say_all(&saying, &words);
	}
	ph_hub_words_deinit(&words);
	if (rc < 0) {
		json_decref(saying.written);
		return rc;
	}
	return json_object_set_new(answer, "entries", saying.written) ? no_memory(err)
								      : 0;
}

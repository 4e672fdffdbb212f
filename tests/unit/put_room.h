/* tests/unit/put_room.h - asking the hub to write, and signing as an operator does; for tests of that. */
#ifndef PH_TESTS_PUT_ROOM_H
#define PH_TESTS_PUT_ROOM_H

#include "tests/unit/hub_room.h"

#include "common/log/json.h"
#include "common/log/operator.h"

static inline int64_t int_in(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

/* REQUEST (taken) is refused with EXIT, in words that have WORDS in them. */
static inline void refused(struct hub_room *room, json_t *request, enum ph_exit exit,
			   const char *words)
{
	assert_non_null(request);

	json_t *answer = ph_hub_command(room->hub, request);
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (json_integer_value(json_object_get(answer, "exit")) != (json_int_t)exit ||
	    !error || !strstr(error, words)) {
		fail_msg("exit %d, \"%s\"; wanted %d, \"%s\"",
			 (int)json_integer_value(json_object_get(answer, "exit")),
			 error ? error : "", (int)exit, words);
	}
	json_decref(answer);
	json_decref(request);
}

/* A request to record the entry, in JSON, that TEXT is. */
static inline json_t *record_of(const char *text)
{
	json_t *entry = json_loads(text, 0, NULL);

	assert_non_null(entry);
	return json_pack("{s:s, s:[o]}", "command", "record", "entries", entry);
}

/* Item I of the answer to REQUEST (taken); the caller's. */
static inline json_t *item_of(struct hub_room *room, json_t *request, size_t i)
{
	json_t *answer = ask(room, request);
	json_t *item = json_array_get(json_object_get(answer, "entries"), i);

	assert_non_null(item);
	json_incref(item);
	json_decref(answer);
	return item;
}

/* The entry that the hub wrote last into the control log, or holds at REF; the caller's. */
static inline json_t *entry_at(struct hub_room *room, const char *ref)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	struct ph_ref at;
	struct ph_log log;
	json_t *out;

	assert_int_equal(ph_ref_parse(ref, strlen(ref), &at), 0);
	assert_int_equal(ph_journal_resolve(ph_hub_journal(room->hub), &at, &log, &bytes),
			 0);
	assert_int_equal(ph_entry_decode(ph_buf_view(&bytes), &entry), 0);
	out = ph_entry_to_json(&entry);
	ph_buf_deinit(&bytes);
	assert_non_null(out);
	return out;
}

/* Writes; the JSON of what was written is the caller's. */
static inline json_t *wrote(struct hub_room *room, json_t *request)
{
	json_t *item = item_of(room, request, 0);
	json_t *entry;

	assert_true(json_is_true(json_object_get(item, "ok")));
	entry = entry_at(room, text_in(item, "ref"));
	json_object_set(entry, "ref", json_object_get(item, "ref"));
	json_object_set(entry, "known", json_object_get(item, "known"));
	json_object_set(entry, "log", json_object_get(item, "log"));
	json_decref(item);
	return entry;
}

/* What the hub gave to be signed, as ITEM, signed by PAIR: a request; the caller's. */
static inline json_t *signed_by(const json_t *item, const struct ph_sign_pair *pair)
{
	const json_t *sign = json_object_get(item, "sign");
	uint8_t sig[PH_OPERATOR_SIZE];
	char hex[2 * PH_OPERATOR_SIZE + 1];
	uint8_t log_id[PH_LOG_ID_SIZE];
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	const char *text;

	assert_non_null(sign);
	assert_true(json_is_false(json_object_get(item, "ok")));
	text = text_in(sign, "entry");
	assert_int_equal(ph_buf_reserve(&bytes, strlen(text) / 2), 0);
	bytes.len = strlen(text) / 2;
	assert_int_equal(ph_unhex(bytes.data, bytes.len, text, strlen(text)), 0);
	assert_int_equal(ph_entry_decode(ph_buf_view(&bytes), &entry), 0);
	text = text_in(sign, "log");
	assert_int_equal(ph_unhex(log_id, sizeof(log_id), text, strlen(text)), 0);
	assert_int_equal(
		ph_operator_sign(&entry, log_id,
				 (uint64_t)json_integer_value(json_object_get(sign, "n")),
				 pair, sig, NULL),
		0);
	ph_hex(hex, sig, sizeof(sig));
	ph_buf_deinit(&bytes);
	return json_pack("{s:s, s:O, s:O, s:O, s:s}", "command", "operator-put", "log",
			 json_object_get(sign, "log"), "n", json_object_get(sign, "n"),
			 "entry", json_object_get(sign, "entry"), "operator", hex);
}

/* REQUEST is given back to be signed, and written when it is. What was written; the caller's. */
static inline json_t *signs(struct hub_room *room, json_t *request)
{
	json_t *item = item_of(room, request, 0);
	json_t *entry = wrote(room, signed_by(item, &room->operator_pair));

	json_decref(item);
	return entry;
}

/* The reference of entry N of MEMBER's log. */
static inline void ref_of(const struct member *member, uint64_t n,
			  char out[static PH_REF_TEXT])
{
	struct ph_ref ref = { .n = n };
	struct ph_buf bytes = { 0 };
	uint8_t e[PH_HASH_SIZE];

	assert_int_equal(ph_journal_entry(member->desk.room.journal, own_log(member)->row,
					  n, &bytes),
			 0);
	ph_entry_hash(ph_buf_view(&bytes), e);
	memcpy(ref.log_id, own_log(member)->id, PH_LOG_ID_SIZE);
	memcpy(ref.hash, e, sizeof(ref.hash));
	ph_ref_text(out, &ref);
	ph_buf_deinit(&bytes);
}

static inline json_t *request_erase(const char *ref)
{
	return json_pack("{s:s, s:[s]}", "command", "reader-erase", "readers", ref);
}

#endif

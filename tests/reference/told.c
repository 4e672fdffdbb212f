/*
 * tests/reference/told.c - from lines of JSON to chains.
 */
#include "tests/reference/told.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static _Noreturn void refuse(size_t line, const char *what)
{
	fprintf(stderr, "line %zu of the history: %s\n", line, what);
	exit(1);
}

static void *grown(void *items, uint64_t cap, size_t size)
{
	void *more = realloc(items, cap * size);

	if (more == NULL) {
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	return more;
}

struct ph_view chain_entry(const struct chain *chain, uint64_t n)
{
	return PH_VIEW(chain->bytes.data + chain->end[n - 1],
		       chain->end[n] - chain->end[n - 1]);
}

static void add_entry(struct chain *chain, const char *hex, size_t line)
{
	size_t digits = strlen(hex), start = chain->bytes.len;
	uint8_t hash[PH_HASH_SIZE];

	if (chain->n + 2 > chain->cap) {
		chain->cap = 2 * chain->cap + 64;
		chain->end = grown(chain->end, chain->cap, sizeof *chain->end);
		chain->h = grown(chain->h, chain->cap, sizeof *chain->h);
	}
	if (chain->n == 0) {
		chain->end[0] = 0;
		ph_chain_start(chain->h[0], chain->id, chain->key);
	}
	if (ph_buf_reserve(&chain->bytes, digits / 2 + 1) != 0 ||
	    ph_unhex(chain->bytes.data + start, digits / 2, hex, digits) != 0) {
		refuse(line, "an entry is not in hex");
	}
	chain->bytes.len += digits / 2;
	chain->n++;
	chain->end[chain->n] = chain->bytes.len;
	ph_entry_hash(chain_entry(chain, chain->n), hash);
	memcpy(chain->h[chain->n], chain->h[chain->n - 1], PH_HASH_SIZE);
	ph_chain_step(chain->h[chain->n], hash);
}

static void read_hex(uint8_t *out, size_t len, const json_t *object, const char *member,
		     size_t line)
{
	const char *text = json_string_value(json_object_get(object, member));

	if (text == NULL || ph_unhex(out, len, text, strlen(text)) != 0) {
		refuse(line, member);
	}
}

static uint64_t read_number(const json_t *object, const char *member, size_t line)
{
	const json_t *value = json_object_get(object, member);

	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		refuse(line, member);
	}
	return (uint64_t)json_integer_value(value);
}

static void add_chain(struct told *told, const json_t *object, size_t line)
{
	const json_t *entries = json_object_get(object, "entries");
	struct chain *chain;

	if (told->n == told->cap) {
		told->cap = 2 * told->cap + 8;
		told->chains = grown(told->chains, told->cap, sizeof *told->chains);
	}
	chain = &told->chains[told->n++];
	*chain = (struct chain){ 0 };
	read_hex(chain->id, sizeof chain->id, object, "log", line);
	read_hex(chain->key, sizeof chain->key, object, "key", line);
	chain->site = read_number(object, "site", line);
	chain->role = read_number(object, "role", line);
	if (!json_is_array(entries)) {
		refuse(line, "entries");
	}
	for (size_t i = 0; i < json_array_size(entries); i++) {
		const char *hex = json_string_value(json_array_get(entries, i));

		if (hex == NULL) {
			refuse(line, "an entry is not in hex");
		}
		add_entry(chain, hex, line);
	}
}

static char *name_of(const json_t *end)
{
	char *text = json_dumps(end, JSON_ENCODE_ANY | JSON_COMPACT);

	if (json_is_string(end)) {
		free(text);
		text = strdup(json_string_value(end));
	}
	return text;
}

int told_read(struct told *told, FILE *file, size_t *line)
{
	char *text = NULL;
	size_t room = 0;
	ssize_t len;

	*told = (struct told){ 0 };
	while (told->name == NULL && (len = getline(&text, &room, file)) >= 0) {
		json_error_t error;
		json_t *object;

		++*line;
		if (strspn(text, " \t\r\n") == (size_t)len) {
			continue;
		}
		object = json_loadb(text, (size_t)len, 0, &error);
		if (!json_is_object(object)) {
			refuse(*line, object == NULL ? error.text : "not an object");
		}
		if (json_object_get(object, "end") != NULL) {
			told->name = name_of(json_object_get(object, "end"));
		} else {
			add_chain(told, object, *line);
		}
		json_decref(object);
	}
	free(text);
	return told->name != NULL || told->n > 0;
}

void told_deinit(struct told *told)
{
	for (size_t i = 0; i < told->n; i++) {
		ph_buf_deinit(&told->chains[i].bytes);
		free(told->chains[i].end);
		free(told->chains[i].h);
	}
	free(told->chains);
	free(told->name);
}

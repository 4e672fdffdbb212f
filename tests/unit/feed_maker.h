/*
 * tests/unit/feed_maker.h - pages of a feed, for tests: a body out of a notation that
 * shows its form, signed by whatever key; and items to be put together.
 *
 *   [1 3 x0102 x*16 nil "text"]   arrays, numbers, bytes (x*N: N bytes aa), nil, text
 */
#ifndef TESTS_UNIT_FEED_MAKER_H
#define TESTS_UNIT_FEED_MAKER_H

#include <ctype.h>
#include <string.h>

#include "common/log/feed.h"
#include "tests/unit/province.h"

#define PAGE_CONTEXT "packhorse page 1"

/* How many objects there are up to the bracket that closes. */
static inline size_t feed_count(const char *text)
{
	size_t n = 0;

	for (int depth = 0; *text && !(depth == 0 && *text == ']'); text++) {
		bool starts = !isspace((unsigned char)*text) && *text != ']' &&
			      (isspace((unsigned char)text[-1]) || text[-1] == '[');

		n += depth == 0 && starts;
		depth += (*text == '[') - (*text == ']');
	}
	return n;
}

static inline void feed_put_bytes(struct ph_mpw *writer, const char **text)
{
	static uint8_t bytes[PH_PAGE_MAX + 1];
	const char *start = *text;
	size_t len;

	if (*start == '*') {
		len = strtoul(start + 1, (char **)text, 10);
		memset(bytes, 0xaa, len);
	} else {
		while (isxdigit((unsigned char)**text)) {
			(*text)++;
		}
		len = (size_t)(*text - start) / 2;
		province_must(ph_unhex(bytes, len, start, 2 * len));
	}
	ph_mpw_bin(writer, bytes, len);
}

/* Append the MessagePack of TEXT. */
static inline void feed_notation(struct ph_buf *out, const char *text)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, out);
	while (*text) {
		if (*text == '[') {
			ph_mpw_array(&writer, feed_count(++text));
		} else if (*text == 'x') {
			text++;
			feed_put_bytes(&writer, &text);
		} else if (*text == '"') {
			size_t len = strcspn(text + 1, "\"");

			ph_mpw_str(&writer, PH_VIEW(text + 1, len));
			text += len + 2;
		} else if (strncmp(text, "nil", 3) == 0) {
			ph_mpw_nil(&writer);
			text += 3;
		} else if (isdigit((unsigned char)*text)) {
			ph_mpw_uint(&writer, strtoull(text, (char **)&text, 10));
		} else {
			text++; /* space, or a bracket that closes */
		}
	}
	province_must(ph_mpw_end(&writer));
}

static inline void feed_forge(struct ph_buf *out, struct ph_view body,
			      const struct ph_sign_pair *pair)
{
	forge(out, body, PAGE_CONTEXT, pair, NULL, NULL);
}

/* A reference to ENTRY as number N of LOG. */
static inline struct ph_ref feed_ref(const struct ph_feed_log *log, uint64_t n,
				     struct ph_view entry)
{
	uint8_t hash[PH_HASH_SIZE];
	struct ph_ref ref = { .n = n };

	ph_entry_hash(entry, hash);
	memcpy(ref.log_id, log->id, sizeof(ref.log_id));
	memcpy(ref.hash, hash, sizeof(ref.hash));
	return ref;
}

#endif

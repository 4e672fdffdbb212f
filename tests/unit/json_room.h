/* tests/unit/json_room.h - lines of JSON read as entries, for the tests of common/log/json*.c. */
#ifndef PH_TESTS_JSON_ROOM_H
#define PH_TESTS_JSON_ROOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/log/json.h"

/* 96 bytes, the size that an operator's signature has */
#define HEX_16       "00112233445566778899aabbccddeeff"
#define HEX_96       HEX_16 HEX_16 HEX_16 HEX_16 HEX_16 HEX_16

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Codes of 13 digits are ours, all others of site 371; "gone" cannot be resolved. */
static inline int resolve(void *data, enum ph_type type, struct ph_view code,
			  struct ph_id *id)
{
	enum ph_type *last = data;

	*last = type;
	if (ph_view_equal(code, ph_view_str("gone"))) {
		return -EIO;
	}
	*id = (struct ph_id){ .ns = code.len == 13 ? 0 : 371, .code = code };
	return 0;
}

struct parsed {
	json_t *object;
	struct ph_entry entry;
	struct ph_buf arena;
	struct ph_error err;
	enum ph_type resolved;
};

static inline int parse(struct parsed *parsed, const char *line)
{
	const struct ph_json_scope scope = { resolve, &parsed->resolved };

	memset(parsed, 0, sizeof(*parsed));

	int rc = ph_json_parse(ph_view_str(line), &parsed->object, &parsed->err);

	if (rc) {
		return rc;
	}
	return ph_entry_from_json(parsed->object, &scope, &parsed->entry, &parsed->arena,
				  &parsed->err);
}

static inline void parsed_deinit(struct parsed *parsed)
{
	json_decref(parsed->object);
	ph_buf_deinit(&parsed->arena);
}

static inline void assert_shown(const struct ph_entry *entry, const char *want)
{
	json_t *object = ph_entry_to_json(entry);
	char *text = json_dumps(object, JSON_COMPACT);

	assert_non_null(text);
	assert_string_equal(text, want);
	free(text);
	json_decref(object);
}

#endif

/*
 * tests/unit/msgpack_suite.h - the published MessagePack test suite, case by case.
 *
 * The suite gives for each value all its encodings. It is test data outside of the
 * project, found by PACKHORSE_TESTDATA (else beside the project); without it a test
 * is skipped, and says so.
 */
#ifndef PH_TEST_MSGPACK_SUITE_H
#define PH_TEST_MSGPACK_SUITE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/bytes.h"

struct suite_case {
	const char *group; /* "20.number-positive.yaml" */
	json_t *value;     /* the object with the value and its encodings */
	struct ph_buf *encodings;
	size_t n_encodings;
};

typedef void (*suite_visit)(const struct suite_case *one);

static inline json_t *suite_load(void)
{
	const char *data = getenv("PACKHORSE_TESTDATA");
	const char *source = getenv("PACKHORSE_SOURCE");
	char path[4096];

	if (data != NULL) {
		snprintf(path, sizeof(path), "%s/vectors/msgpack-test-suite.json", data);
	} else {
		snprintf(path, sizeof(path),
			 "%s/../shared/vectors/msgpack-test-suite.json",
			 source != NULL ? source : ".");
	}
	return json_load_file(path, 0, NULL);
}

/* "cd-01-00" to bytes. */
static inline bool suite_bytes(const char *text, struct ph_buf *out)
{
	uint8_t byte;

	for (; *text != '\0'; text += text[2] == '-' ? 3 : 2) {
		if (ph_unhex(&byte, 1, text, 2) != 0 || ph_buf_put_u8(out, byte) != 0) {
			return false;
		}
	}
	return true;
}

static inline bool suite_visit_one(const char *group, json_t *value, suite_visit visit)
{
	json_t *texts = json_object_get(value, "msgpack");
	size_t n = json_array_size(texts);
	struct ph_buf *encodings = calloc(n, sizeof(*encodings));
	bool good = encodings != NULL;

	for (size_t i = 0; good && i < n; i++) {
		good = suite_bytes(json_string_value(json_array_get(texts, i)),
				   &encodings[i]);
	}
	if (good) {
		visit(&(struct suite_case){ group, value, encodings, n });
	}
	for (size_t i = 0; encodings != NULL && i < n; i++) {
		ph_buf_deinit(&encodings[i]);
	}
	free(encodings);
	return good;
}

/* The number of cases visited; 0 when the suite is not there, -1 when it is broken. */
static inline int suite_each(suite_visit visit)
{
	json_t *suite = suite_load();
	const char *group;
	json_t *values;
	json_t *value;
	size_t i;
	int n = 0;

	if (suite == NULL) {
		printf("# skipped: no msgpack-test-suite.json; set PACKHORSE_TESTDATA\n");
		return 0;
	}
	json_object_foreach(suite, group, values)
	{
		json_array_foreach(values, i, value)
		{
			if (!suite_visit_one(group, value, visit)) {
				json_decref(suite);
				return -1;
			}
			n++;
		}
	}
	json_decref(suite);
	return n;
}

/* Whether the types of GROUP are ones that Packhorse never takes. */
static inline bool suite_is_refused(const char *group)
{
	return strcmp(group, "22.number-float.yaml") == 0 ||
	       strcmp(group, "50.timestamp.yaml") == 0 ||
	       strcmp(group, "60.ext.yaml") == 0;
}

static inline bool suite_is_float(const struct ph_buf *encoding)
{
	return encoding->data[0] == 0xca || encoding->data[0] == 0xcb;
}

/* Of two equally short ones the unsigned is meant, whose first byte is the smaller. */
static inline bool suite_is_better(const struct ph_buf *a, const struct ph_buf *b)
{
	return a->len < b->len || (a->len == b->len && a->data[0] < b->data[0]);
}

static inline size_t suite_shortest(const struct suite_case *one)
{
	size_t best = one->n_encodings;

	for (size_t i = 0; i < one->n_encodings; i++) {
		const struct ph_buf *encoding = &one->encodings[i];

		if (!suite_is_float(encoding) &&
		    (best == one->n_encodings ||
		     suite_is_better(encoding, &one->encodings[best]))) {
			best = i;
		}
	}
	return best;
}

/* Maps of the suite have text keys, which no canonical form has. */
static inline bool suite_has_text_keys(json_t *value)
{
	json_t *child;
	size_t i;

	if (json_is_object(value) && json_object_size(value) > 0) {
		return true;
	}
	json_array_foreach(value, i, child)
	{
		if (suite_has_text_keys(child)) {
			return true;
		}
	}
	return false;
}

#endif

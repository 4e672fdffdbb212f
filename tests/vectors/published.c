/* tests/vectors/published.c - find, load, and read hex. */
#include "tests/vectors/published.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void path_of(char *out, size_t size, const char *name)
{
	const char *data = getenv("PACKHORSE_TESTDATA");
	const char *source = getenv("PACKHORSE_SOURCE");

	if (data != NULL && data[0] != '\0') {
		snprintf(out, size, "%s/vectors/%s", data, name);
	} else {
		snprintf(out, size, "%s/../shared/vectors/%s",
			 source != NULL ? source : ".", name);
	}
}

json_t *published_load(const char *name)
{
	char path[4096];
	path_of(path, sizeof(path), name);
	if (access(path, R_OK) != 0) {
		printf("1..0 # SKIP %s is not there; set PACKHORSE_TESTDATA\n", name);
		return NULL;
	}

	json_error_t error;
	json_t *root = json_load_file(path, 0, &error);
	if (root == NULL) {
		printf("Bail out! %s, line %d: %s\n", path, error.line, error.text);
		exit(1);
	}
	return root;
}

const char *published_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

void published_bytes(const json_t *object, const char *name, struct ph_buf *out)
{
	const char *hex = published_text(object, name);
	size_t digits = hex != NULL ? strlen(hex) : 0;

	/* One byte more, so that an empty value has an address too. */
	if (ph_buf_reserve(out, digits / 2 + 1) != 0 || digits % 2 != 0 ||
	    ph_unhex(out->data + out->len, digits / 2, hex != NULL ? hex : "", digits) !=
		    0) {
		printf("Bail out! member %s is no hex\n", name);
		exit(1);
	}
	out->len += digits / 2;
}

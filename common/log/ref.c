/*
 * common/log/ref.c - references: order, and their text for people and JSON.
 *
 * The text is "<log id>.<n>.<hash>": 32 hex digits, a decimal number from 1 without
 * leading noughts, 16 hex digits. Anything else is -EINVAL.
 */
#include "common/log/entry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int ph_ref_compare(const struct ph_ref *a, const struct ph_ref *b)
{
	int order = memcmp(a->log_id, b->log_id, PH_LOG_ID_SIZE);

	if (order == 0) {
		order = (a->n > b->n) - (a->n < b->n);
	}
	return order ? order : memcmp(a->hash, b->hash, sizeof(a->hash));
}

bool ph_ref_equal(const struct ph_ref *a, const struct ph_ref *b)
{
	return ph_ref_compare(a, b) == 0;
}

bool ph_id_equal(const struct ph_id *a, const struct ph_id *b)
{
	return a->ns == b->ns && ph_view_equal(a->code, b->code);
}

void ph_ref_text(char out[static PH_REF_TEXT], const struct ph_ref *ref)
{
	char log_id[2 * PH_LOG_ID_SIZE + 1];
	char hash[2 * sizeof(ref->hash) + 1];

	ph_hex(log_id, ref->log_id, PH_LOG_ID_SIZE);
	ph_hex(hash, ref->hash, sizeof(ref->hash));
	snprintf(out, PH_REF_TEXT, "%s.%" PRIu64 ".%s", log_id, ref->n, hash);
}

/* A number from 1 to PH_N_MAX, of all LEN characters. */
static bool parse_n(const char *text, size_t len, uint64_t *n_out)
{
	uint64_t n = 0;

	if (len == 0 || len > 19 || text[0] == '0') { /* 19 digits fit 64 bits */
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9') {
			return false;
		}
		n = 10 * n + (uint64_t)(text[i] - '0');
	}
	*n_out = n;
	return n <= PH_N_MAX;
}

int ph_ref_parse(const char *text, size_t len, struct ph_ref *ref_out)
{
	const size_t id_len = 2 * PH_LOG_ID_SIZE;
	const size_t hash_len = 2 * sizeof(ref_out->hash);
	struct ph_ref ref;

	if (len < id_len + 1 + 1 + 1 + hash_len || text[id_len] != '.' ||
	    text[len - hash_len - 1] != '.') {
		return -EINVAL;
	}
	if (ph_unhex(ref.log_id, PH_LOG_ID_SIZE, text, id_len) ||
	    ph_unhex(ref.hash, sizeof(ref.hash), text + len - hash_len, hash_len) ||
	    !parse_n(text + id_len + 1, len - id_len - hash_len - 2, &ref.n)) {
		return -EINVAL;
	}
	*ref_out = ref;
	return 0;
}

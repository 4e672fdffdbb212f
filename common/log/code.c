/*
 * common/log/code.c - the codes we print.
 *
 * A counter for each block lies in meta, "code.BB", and tells the last one given out.
 * It is written in the caller's transaction, so a code whose entry was not committed
 * is given out again. A counter out of range in meta is -EUCLEAN; a block that is used
 * up is an error that says so: a further block comes from the province.
 */
#include "common/log/code.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* EAN-13: digits at even places (from 1) count three times. */
static char check_digit(const char digits[static PH_PRINTED_SIZE - 1])
{
	unsigned sum = 0;

	for (unsigned i = 0; i < PH_PRINTED_SIZE - 1; i++) {
		sum += (unsigned)(digits[i] - '0') * (i % 2 == 0 ? 1 : 3);
	}
	return (char)('0' + (10 - sum % 10) % 10);
}

int ph_code_make(char out[static PH_PRINTED_SIZE + 1], uint64_t site, uint64_t block,
		 uint64_t counter)
{
	char text[64];

	if (site > PH_SITE_MAX || block > PH_CODE_BLOCK_MAX ||
	    counter > PH_PRINTED_COUNTER_MAX) {
		return -EINVAL;
	}
	snprintf(text, sizeof(text), "%06u%02u%04u", (unsigned)site, (unsigned)block,
		 (unsigned)counter);
	memcpy(out, text, PH_PRINTED_SIZE - 1);
	out[PH_PRINTED_SIZE - 1] = check_digit(text);
	out[PH_PRINTED_SIZE] = '\0';
	return 0;
}

static bool all_digits(struct ph_view code)
{
	for (size_t i = 0; i < code.len; i++) {
		if (code.data[i] < '0' || code.data[i] > '9') {
			return false;
		}
	}
	return code.len == PH_PRINTED_SIZE;
}

bool ph_code_check(struct ph_view code)
{
	return all_digits(code) && check_digit((const char *)code.data) ==
					   (char)code.data[PH_PRINTED_SIZE - 1];
}

bool ph_code_looks_printed(struct ph_view code, uint64_t province)
{
	return all_digits(code) &&
	       (uint64_t)(code.data[0] - '0') * 10 + (uint64_t)(code.data[1] - '0') ==
		       province;
}

bool ph_code_is_printed(struct ph_view code, uint64_t province)
{
	return ph_code_looks_printed(code, province) && ph_code_check(code);
}

int ph_code_next(struct ph_journal *journal, uint64_t site, uint64_t block,
		 char out[static PH_PRINTED_SIZE + 1], struct ph_error *err)
{
	char code[PH_PRINTED_SIZE + 1];
	char name[32];
	int64_t last = 0;
	int rc;

	snprintf(name, sizeof(name), "code.%02u", (unsigned)(block % 100));
	rc = ph_journal_meta_get_int(journal, name, &last);
	if (rc < 0 || last < 0 || last > PH_PRINTED_COUNTER_MAX) {
		return ph_fail_errno(err, rc < 0 ? rc : -EUCLEAN,
				     "reading the counter of printed codes");
	}
	if (last == PH_PRINTED_COUNTER_MAX) {
		return ph_fail(
			err, PH_EXIT_OTHER, -ENOSPC,
			"all %d codes of block %02u are used up; ask the provincial "
			"library for an invite with a further block",
			PH_PRINTED_COUNTER_MAX, (unsigned)block);
	}
	rc = ph_code_make(code, site, block, (uint64_t)last + 1);
	if (rc == 0) {
		rc = ph_journal_meta_put_int(journal, name, last + 1);
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc, "making a code");
	}
	memcpy(out, code, sizeof(code));
	return 0;
}

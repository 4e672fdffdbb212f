/* client/marc/input.h - the bytes of a file with some read ahead, and where we are in it. */
#ifndef PH_MARC_INPUT_H
#define PH_MARC_INPUT_H

#include <stdio.h>

#include "common/base/bytes.h"
#include "common/base/error.h"

struct ph_marc_input {
	FILE *file; /* borrowed */
	struct ph_buf ahead;
	size_t at;       /* in AHEAD */
	uint64_t offset; /* in the file, of what comes next */
	bool ended;
	int error; /* errno of a read that failed */
};

void ph_marc_input_init(struct ph_marc_input *input, FILE *file);
void ph_marc_input_deinit(struct ph_marc_input *input);
/*
 * Have at least WANT bytes ahead, or all there are; *OUT borrows INPUT until the next
 * call. 0 or negative errno.
 */
int ph_marc_input_peek(struct ph_marc_input *input, size_t want, struct ph_view *out);
/* Go past LEN bytes that were peeked. */
void ph_marc_input_skip(struct ph_marc_input *input, size_t len);

#endif

/*
 * client/marc/input.c - reading ahead.
 *
 * What was gone past is dropped when more is read, so that memory holds one record
 * and a block, however long the file is. An error of the system sticks.
 */
#include "client/marc/input.h"

#include <assert.h>
#include <errno.h>

#define BLOCK (64 * 1024)

void ph_marc_input_init(struct ph_marc_input *input, FILE *file)
{
	*input = (struct ph_marc_input){ .file = file };
}

void ph_marc_input_deinit(struct ph_marc_input *input)
{
	ph_buf_deinit(&input->ahead);
}

static int fill(struct ph_marc_input *input)
{
	size_t got;

	if (input->at >= BLOCK) {
		ph_buf_drop(&input->ahead, input->at);
		input->at = 0;
	}
	if (ph_buf_reserve(&input->ahead, BLOCK) != 0) {
		return -ENOMEM;
	}
	errno = 0;
	got = fread(input->ahead.data + input->ahead.len, 1, BLOCK, input->file);
	input->ahead.len += got;
	if (got < BLOCK) {
		input->ended = true;
		if (ferror(input->file)) {
			input->error = errno ? -errno : -EIO;
		}
	}
	return input->error;
}

int ph_marc_input_peek(struct ph_marc_input *input, size_t want, struct ph_view *out)
{
	int rc = input->error;

	while (rc == 0 && !input->ended && input->ahead.len - input->at < want) {
		rc = fill(input);
	}
	if (rc == 0) {
		*out = PH_VIEW(input->ahead.data + input->at,
			       input->ahead.len - input->at);
	}
	return rc;
}

void ph_marc_input_skip(struct ph_marc_input *input, size_t len)
{
	assert(len <= input->ahead.len - input->at);
	input->at += len;
	input->offset += len;
}

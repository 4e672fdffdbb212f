/*
 * common/ledger/figures_sheet.c - a sheet as it was printed, as bytes of report-issues.
 */
#include <errno.h>

#include "common/ledger/figures.h"
#include "common/ledger/state.h"

#define FORM      2
#define MEMBERS   4
#define PART_BASE 32 /* bytes of a part besides its text, at most */
#define PARTS_MAX 1000

int ph_printed_encode(struct ph_view text, size_t max,
		      int (*cb)(void *data, struct ph_view bytes), void *data)
{
	size_t piece = max - PART_BASE;
	uint64_t parts = text.len == 0 ? 1 : (text.len + piece - 1) / piece;
	struct ph_buf out = { 0 };
	int rc = parts > PARTS_MAX ? -EFBIG : 0;

	for (uint64_t part = 1; rc == 0 && part <= parts; part++) {
		struct ph_mpw writer;
		size_t at = (part - 1) * piece;

		out.len = 0;
		ph_mpw_init(&writer, &out);
		ph_mpw_array(&writer, MEMBERS);
		ph_mpw_uint(&writer, FORM);
		ph_mpw_uint(&writer, part);
		ph_mpw_uint(&writer, parts);
		ph_mpw_bin(&writer, text.data + at,
			   text.len - at < piece ? text.len - at : piece);
		rc = ph_mpw_end(&writer);
		rc = rc != 0 ? rc : cb(data, ph_buf_view(&out));
	}
	ph_buf_deinit(&out);
	return rc;
}

int ph_printed_decode(struct ph_view bytes, struct ph_printed_part *part_out)
{
	const struct ph_walk_limits limits = { PH_ENTRY_DEPTH_MAX, PH_ENTRY_MAX };
	const msgpack_object_array *array;
	struct ph_printed_part part;
	uint64_t form;
	struct ph_mp mp;
	int rc = ph_mp_decode(&mp, bytes, &limits, PH_WALK_CANONICAL);

	if (rc != 0) {
		return rc < 0 ? rc : PH_FIGURES_E_FORM;
	}
	array = ph_mp_array(mp.root, MEMBERS, MEMBERS);
	if (array == NULL || !ph_mp_uint(&array->ptr[0], FORM, &form) || form != FORM ||
	    !ph_mp_uint(&array->ptr[1], PARTS_MAX, &part.part) ||
	    !ph_mp_uint(&array->ptr[2], PARTS_MAX, &part.parts) || part.part == 0 ||
	    part.part > part.parts ||
	    !ph_mp_bin(&array->ptr[3], 0, SIZE_MAX, &part.text)) {
		rc = PH_FIGURES_E_FORM;
	} else {
		*part_out = part;
	}
	ph_mp_deinit(&mp);
	return rc;
}

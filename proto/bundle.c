/*
 * proto/bundle.c - header, size classes and messages of a bundle.
 *
 * The header is judged byte by byte as far as it is there, so that another file is
 * refused at once. Sizes are those of Padmé (PURBs, 2019): the larger a bundle, the
 * coarser its class, at most a sixteenth over, so that a size tells little of what is inside.
 *
 * A message whose type is not known is of a later version: whatever comes then cannot
 * be judged, and the bundle is refused there.
 */
#include "proto/bundle_internal.h"

#include <errno.h>
#include <string.h>

#include "proto/message_internal.h"

static const uint8_t magic[8] = { 'P', 'H', 'B', 'U', 'N', 'D', 'L', 'E' };

enum {
	AT_VERSION = 8,
	AT_DIRECTION = 9,
	AT_FROM = 10,
	AT_TO = 26,
	AT_NUMBER = 42,
	AT_MADE = 50,
	AT_HINT = 58,
	AT_REST = 62, /* two bytes, zero */
};

/* ---- words ---- */

static const struct {
	const char *reason, *words;
} errors[] = {
	[PH_BUNDLE_E_MORE] = { "more", "is not read to its end" },
	[PH_BUNDLE_E_OVER] = { "over", "is read to its end" },
	[PH_BUNDLE_E_FULL] = { "full", "would be larger than it may be" },
	[PH_BUNDLE_E_CUT] = { "cut-short", "is cut short" },
	[PH_BUNDLE_E_MAGIC] = { "no-bundle", "is no bundle" },
	[PH_BUNDLE_E_VERSION] = { "newer", "was made by a newer program than this one" },
	[PH_BUNDLE_E_RECIPIENT] = { "recipient", "is for somebody else" },
	[PH_BUNDLE_E_SEAL] = { "damaged", "is damaged, or was altered" },
	[PH_BUNDLE_E_FORM] = { "malformed", "breaks the rules of its form" },
	[PH_BUNDLE_E_TRAILING] = { "trailing", "has something behind its end" },
	[PH_BUNDLE_E_BIG] = { "too-big", "is larger than a bundle may be" },
	[PH_BUNDLE_E_SENDER] = { "not-accepted",
				 "is by nobody whom this province knows" },
};

static size_t error_index(int code)
{
	bool known = code > 0 && (size_t)code < sizeof(errors) / sizeof(errors[0]);

	return known ? (size_t)code : PH_BUNDLE_E_FORM;
}

const char *ph_bundle_error(int code)
{
	return errors[error_index(code)].words;
}

const char *ph_bundle_reason(int code)
{
	return errors[error_index(code)].reason;
}

/* ---- header ---- */

void bundle_header_encode(const struct ph_bundle_header *header,
			  uint8_t out[static PH_BUNDLE_HEADER_LEN])
{
	memset(out, 0, PH_BUNDLE_HEADER_LEN);
	memcpy(out, magic, sizeof(magic));
	out[AT_VERSION] = PH_BUNDLE_VERSION;
	out[AT_DIRECTION] = (uint8_t)header->direction;
	memcpy(out + AT_FROM, header->from, sizeof(header->from));
	memcpy(out + AT_TO, header->to, sizeof(header->to));
	ph_be64_put(out + AT_NUMBER, header->number);
	ph_be64_put(out + AT_MADE, header->made);
	memcpy(out + AT_HINT, header->hint, sizeof(header->hint));
}

int ph_bundle_header_decode(struct ph_view in, struct ph_bundle_header *header)
{
	for (size_t i = 0; i < sizeof(magic) && i < in.len; i++) {
		if (in.data[i] != magic[i]) {
			return PH_BUNDLE_E_MAGIC;
		}
	}
	if (in.len > AT_VERSION && in.data[AT_VERSION] != PH_BUNDLE_VERSION) {
		return PH_BUNDLE_E_VERSION;
	}
	if (in.len < PH_BUNDLE_HEADER_LEN) {
		return PH_BUNDLE_E_MORE;
	}

	uint8_t direction = in.data[AT_DIRECTION];
	uint64_t number = ph_be64_get(in.data + AT_NUMBER);
	uint64_t made = ph_be64_get(in.data + AT_MADE);

	if ((direction != PH_BUNDLE_UP && direction != PH_BUNDLE_DOWN) ||
	    number > PH_MESSAGE_UINT_MAX || made > PH_MESSAGE_UINT_MAX ||
	    in.data[AT_REST] != 0 || in.data[AT_REST + 1] != 0) {
		return PH_BUNDLE_E_FORM;
	}
	header->direction = (enum ph_bundle_direction)direction;
	memcpy(header->from, in.data + AT_FROM, sizeof(header->from));
	memcpy(header->to, in.data + AT_TO, sizeof(header->to));
	header->number = number;
	header->made = made;
	memcpy(header->hint, in.data + AT_HINT, sizeof(header->hint));
	return 0;
}

/* ---- size classes ---- */

static unsigned log2_of(uint64_t value)
{
	unsigned bits = 0;

	while (value > 1) {
		value >>= 1;
		bits++;
	}
	return bits;
}

uint64_t ph_bundle_padded(uint64_t len)
{
	if (len <= PH_BUNDLE_LEAST) {
		return PH_BUNDLE_LEAST;
	}

	unsigned exponent = log2_of(len);
	unsigned kept = log2_of(exponent) + 1; /* bits behind the first that may be set */
	uint64_t step = (uint64_t)1 << (exponent - kept);

	return (len + step - 1) / step * step;
}

/* ---- messages ---- */

int bundle_said_encode(const struct bundle_said *said, struct ph_buf *out)
{
	struct ph_mpw writer;

	if (said->type < BUNDLE_MSG_HELLO) {
		return ph_message_encode(&said->message, out);
	}

	size_t before = out->len;

	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, said->type != BUNDLE_MSG_WELCOME ? 2
			      : said->bytes.len > 0            ? 5
							       : 4);
	ph_mpw_uint(&writer, said->type);
	if (said->type == BUNDLE_MSG_WELCOME) {
		ph_mpw_uint(&writer, said->epoch.number);
		ph_mpw_bin(&writer, said->epoch.random, sizeof(said->epoch.random));
	}
	if (said->type == BUNDLE_MSG_WELCOME || said->type == BUNDLE_MSG_END) {
		ph_mpw_uint(&writer, said->number);
	}
	if (said->bytes.len > 0) {
		ph_mpw_bin(&writer, said->bytes.data, said->bytes.len);
	}

	int rc = ph_mpw_end(&writer);

	if (rc != 0) {
		out->len = before;
	}
	return rc;
}

static bool read_said(const msgpack_object_array *array, struct bundle_said *said)
{
	switch (said->type) {
	case BUNDLE_MSG_HELLO:
		return array->size == 2 &&
		       ph_mp_bin(&array->ptr[1], 1, PH_FRAME_MAX, &said->bytes);
	case BUNDLE_MSG_WELCOME:
		return (array->size == 4 ||
			(array->size == 5 &&
			 ph_mp_bin(&array->ptr[4], PH_PACK_FORM_SIZE, PH_PACK_FORM_SIZE,
				   &said->bytes))) &&
		       ph_mp_uint(&array->ptr[1], PH_MESSAGE_UINT_MAX,
				  &said->epoch.number) &&
		       said->epoch.number >= 1 &&
		       ph_mp_bin_exact(&array->ptr[2], said->epoch.random,
				       sizeof(said->epoch.random)) &&
		       ph_mp_uint(&array->ptr[3], PH_MESSAGE_UINT_MAX, &said->number);
	case BUNDLE_MSG_RECEIPT:
		return array->size == 2 &&
		       ph_mp_bin(&array->ptr[1], 1, PH_CERT_MAX, &said->bytes);
	case BUNDLE_MSG_END:
		return array->size == 2 &&
		       ph_mp_uint(&array->ptr[1], PH_MESSAGE_UINT_MAX, &said->number);
	default:
		return false;
	}
}

/* The object at the front of IN, which is *USED_OUT bytes long. */
static int read_own(struct ph_view object, struct bundle_said *said)
{
	struct ph_mp mp;
	int rc = ph_message_unpack(&mp, object);

	if (rc != 0) {
		return rc < 0 ? rc : PH_BUNDLE_E_FORM;
	}

	const msgpack_object_array *array = ph_mp_array(mp.root, 1, PH_MESSAGE_ITEMS_MAX);

	if (array == NULL ||
	    !ph_mp_uint(&array->ptr[0], PH_MESSAGE_UINT_MAX, &said->type)) {
		rc = PH_BUNDLE_E_FORM;
	} else if (said->type > BUNDLE_MSG_END) {
		rc = PH_BUNDLE_E_VERSION;
	} else if (said->type >= BUNDLE_MSG_HELLO) {
		rc = read_said(array, said) ? 0 : PH_BUNDLE_E_FORM;
	}
	ph_mp_deinit(&mp);
	return rc;
}

int bundle_said_decode(struct ph_view *in, struct bundle_said *said)
{
	const struct ph_walk_limits limits = { .depth = PH_MESSAGE_DEPTH_MAX,
					       .items = PH_MESSAGE_ITEMS_MAX };
	size_t used;

	memset(said, 0, sizeof(*said));
	if (ph_walk(*in, &limits, PH_WALK_CANONICAL, &used) != 0) {
		return PH_BUNDLE_E_FORM;
	}

	int rc = read_own(PH_VIEW(in->data, used), said);

	if (rc == 0 && said->type < BUNDLE_MSG_HELLO) {
		rc = ph_message_decode(in, &said->message);
		return rc > 0 ? PH_BUNDLE_E_FORM : rc;
	}
	if (rc == 0) {
		in->data += used;
		in->len -= used;
	}
	return rc;
}

/* proto/courier_message.c - encode and decode, by one table of forms. */
#include "proto/courier_message.h"

#include <errno.h>
#include <string.h>

#include "proto/message_internal.h"

enum {
	ITEMS_MAX = 4,
};

static const struct ph_walk_limits limits = { 2, ITEMS_MAX };

/* ---- members ---- */

static bool line_ok(const struct ph_courier_line *line)
{
	struct ph_bundle_header header;

	return line->size >= PH_BUNDLE_LEAST && line->size <= PH_BUNDLE_MAX &&
	       ph_bundle_header_decode(PH_VIEW(line->header, sizeof(line->header)),
				       &header) == 0;
}

static bool message_ok(const struct ph_courier_message *message)
{
	switch (message->type) {
	case PH_COURIER_OFFER:
		return line_ok(&message->line);
	case PH_COURIER_WANT:
		return message->offset < PH_BUNDLE_MAX;
	case PH_COURIER_DATA:
		return message->bytes.len >= 1 &&
		       message->bytes.len <= PH_COURIER_CHUNK_MAX;
	case PH_COURIER_TAKEN:
		return message->answer < PH_COURIER_ANSWERS &&
		       message->bytes.len <= PH_COURIER_CUSTODY_MAX &&
		       (message->bytes.len == 0 || message->answer == PH_COURIER_KEPT);
	case PH_COURIER_REFUSE:
		return message->status > PH_STATUS_OK &&
		       message->status <= PH_STATUS_VERSION;
	default:
		return true;
	}
}

static size_t items_of(const struct ph_courier_message *message)
{
	switch (message->type) {
	case PH_COURIER_OFFER:
		return 4;
	case PH_COURIER_WANT:
	case PH_COURIER_DATA:
	case PH_COURIER_REFUSE:
		return 2;
	case PH_COURIER_TAKEN:
		return message->bytes.len > 0 ? 3 : 2;
	default:
		return 1;
	}
}

static void put_members(struct ph_mpw *writer, const struct ph_courier_message *message)
{
	switch (message->type) {
	case PH_COURIER_OFFER:
		ph_mpw_bin(writer, message->line.hash, sizeof(message->line.hash));
		ph_mpw_uint(writer, message->line.size);
		ph_mpw_bin(writer, message->line.header, sizeof(message->line.header));
		break;
	case PH_COURIER_WANT:
		ph_mpw_uint(writer, message->offset);
		break;
	case PH_COURIER_DATA:
		ph_mpw_bin(writer, message->bytes.data, message->bytes.len);
		break;
	case PH_COURIER_TAKEN:
		ph_mpw_uint(writer, message->answer);
		if (message->bytes.len > 0) {
			ph_mpw_bin(writer, message->bytes.data, message->bytes.len);
		}
		break;
	case PH_COURIER_REFUSE:
		ph_mpw_uint(writer, message->status);
		break;
	default:
		break;
	}
}

static bool get_small(const msgpack_object *object, uint64_t max, unsigned *out)
{
	uint64_t value;

	if (!ph_mp_uint(object, max, &value)) {
		return false;
	}
	*out = (unsigned)value;
	return true;
}

static bool get_taken(const msgpack_object_array *array,
		      struct ph_courier_message *message)
{
	unsigned answer = 0;

	if (array->size < 2 || array->size > 3 ||
	    !get_small(&array->ptr[1], PH_COURIER_ANSWERS - 1, &answer)) {
		return false;
	}
	message->answer = (enum ph_courier_answer)answer;
	return array->size == 2 ||
	       ph_mp_bin(&array->ptr[2], 1, PH_COURIER_CUSTODY_MAX, &message->bytes);
}

static bool get_members(const msgpack_object_array *array,
			struct ph_courier_message *message)
{
	unsigned status = 0;

	switch (message->type) {
	case PH_COURIER_OFFER:
		return array->size == 4 &&
		       ph_mp_bin_exact(&array->ptr[1], message->line.hash,
				       sizeof(message->line.hash)) &&
		       ph_mp_uint(&array->ptr[2], PH_BUNDLE_MAX, &message->line.size) &&
		       ph_mp_bin_exact(&array->ptr[3], message->line.header,
				       sizeof(message->line.header));
	case PH_COURIER_WANT:
		return array->size == 2 &&
		       ph_mp_uint(&array->ptr[1], PH_BUNDLE_MAX, &message->offset);
	case PH_COURIER_DATA:
		return array->size == 2 &&
		       ph_mp_bin(&array->ptr[1], 1, PH_COURIER_CHUNK_MAX,
				 &message->bytes);
	case PH_COURIER_TAKEN:
		return get_taken(array, message);
	case PH_COURIER_REFUSE:
		if (array->size != 2 ||
		    !get_small(&array->ptr[1], PH_STATUS_VERSION, &status)) {
			return false;
		}
		message->status = (enum ph_status)status;
		return true;
	default:
		return array->size == 1;
	}
}

/* ---- messages ---- */

int ph_courier_message_encode(const struct ph_courier_message *message,
			      struct ph_buf *out)
{
	size_t before = out->len;
	struct ph_mpw writer;
	int rc;

	if (message->type < PH_COURIER_OFFER || message->type > PH_COURIER_REFUSE ||
	    !message_ok(message)) {
		return -EINVAL;
	}
	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, items_of(message));
	ph_mpw_uint(&writer, message->type);
	put_members(&writer, message);
	rc = ph_mpw_end(&writer);
	if (rc != 0) {
		out->len = before;
	}
	return rc;
}

static bool read_message(const msgpack_object *root, struct ph_courier_message *message)
{
	const msgpack_object_array *array = ph_mp_array(root, 1, ITEMS_MAX);
	uint64_t type;

	if (array == NULL || !ph_mp_uint(&array->ptr[0], PH_COURIER_REFUSE, &type) ||
	    type < PH_COURIER_OFFER) {
		return false;
	}
	message->type = (enum ph_courier_message_type)type;
	return get_members(array, message) && message_ok(message);
}

int ph_courier_message_decode(struct ph_view *in, struct ph_courier_message *message)
{
	struct ph_mp mp;
	size_t used;
	int rc;

	memset(message, 0, sizeof(*message));
	if (ph_walk(*in, &limits, PH_WALK_CANONICAL, &used) != 0) {
		return PH_MESSAGE_E_FORM;
	}
	rc = ph_mp_decode(&mp, PH_VIEW(in->data, used), &limits, PH_WALK_CANONICAL);
	if (rc != 0) {
		return rc < 0 ? rc : PH_MESSAGE_E_FORM;
	}
	rc = read_message(mp.root, message) ? 0 : PH_MESSAGE_E_FORM;
	ph_mp_deinit(&mp);
	if (rc == 0) {
		in->data += used;
		in->len -= used;
	}
	return rc;
}

/* ---- greeting ---- */

int ph_courier_hello_encode(struct ph_view cert, struct ph_buf *out)
{
	size_t before = out->len;
	struct ph_mpw writer;
	int rc;

	if (cert.len == 0 || cert.len > PH_CERT_MAX) {
		return -EINVAL;
	}
	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, 2);
	ph_mpw_uint(&writer, PH_COURIER_VERSION);
	ph_mpw_bin(&writer, cert.data, cert.len);
	rc = ph_mpw_end(&writer);
	if (rc != 0) {
		out->len = before;
	}
	return rc;
}

/* Unpack exactly BYTES, an array of at least one unsigned number. */
static int greeting(struct ph_mp *mp, struct ph_view bytes,
		    const msgpack_object_array **array_out, uint64_t *first_out)
{
	const msgpack_object_array *array;
	int rc = ph_mp_decode(mp, bytes, &limits, PH_WALK_CANONICAL);

	if (rc != 0) {
		return rc < 0 ? rc : PH_MESSAGE_E_FORM;
	}
	array = ph_mp_array(mp->root, 1, ITEMS_MAX);
	if (array == NULL ||
	    !ph_mp_uint(&array->ptr[0], PH_MESSAGE_UINT_MAX, first_out)) {
		ph_mp_deinit(mp);
		return PH_MESSAGE_E_FORM;
	}
	*array_out = array;
	return 0;
}

int ph_courier_hello_decode(struct ph_view bytes, struct ph_view *cert_out)
{
	const msgpack_object_array *array;
	uint64_t version;
	struct ph_mp mp;
	int rc = greeting(&mp, bytes, &array, &version);

	if (rc != 0) {
		return rc;
	}
	if (version != PH_COURIER_VERSION) {
		rc = PH_MESSAGE_E_VERSION;
	} else if (array->size != 2 ||
		   !ph_mp_bin(&array->ptr[1], 1, PH_CERT_MAX, cert_out)) {
		rc = PH_MESSAGE_E_FORM;
	}
	ph_mp_deinit(&mp);
	return rc;
}

int ph_courier_welcome_encode(enum ph_status status, struct ph_buf *out)
{
	size_t before = out->len;
	struct ph_mpw writer;
	int rc;

	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, 1);
	ph_mpw_uint(&writer, status);
	rc = ph_mpw_end(&writer);
	if (rc != 0) {
		out->len = before;
	}
	return rc;
}

int ph_courier_welcome_decode(struct ph_view bytes, enum ph_status *status_out)
{
	const msgpack_object_array *array;
	uint64_t status;
	struct ph_mp mp;
	int rc = greeting(&mp, bytes, &array, &status);

	if (rc != 0) {
		return rc;
	}
	if (status > PH_STATUS_VERSION || status == PH_STATUS_CERT || array->size != 1) {
		rc = PH_MESSAGE_E_FORM;
	} else {
		*status_out = (enum ph_status)status;
	}
	ph_mp_deinit(&mp);
	return rc;
}

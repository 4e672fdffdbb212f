/*
 * proto/manifest.c - [body bin, signature bin64], the body a list of bundles.
 *
 * The signature is looked at before anything in the body is, and covers its exact bytes.
 */
#include "proto/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mp.h"

enum {
	BODY_ITEMS = 4,
	LINE_ITEMS = 5,
	/* array, bin 32, 4-byte size, bin 16, two numbers of 9 */
	LINE_LEN_MAX = 1 + 34 + 5 + 18 + 9 + 9,
	BODY_LEN_MAX = PH_SPOOL_BUNDLES_MAX * LINE_LEN_MAX + 64,
};

_Static_assert((int)BODY_LEN_MAX <= (int)PH_SIGN_BODY_MAX,
	       "a full manifest can be signed");

static const struct ph_walk_limits limits = { .depth = 4, .items = PH_SPOOL_BUNDLES_MAX };

void ph_manifest_deinit(struct ph_manifest *manifest)
{
	free(manifest->line);
	memset(manifest, 0, sizeof(*manifest));
}

int ph_manifest_add(struct ph_manifest *manifest, const struct ph_manifest_line *line)
{
	struct ph_manifest_line *lines;

	if (manifest->n == PH_SPOOL_BUNDLES_MAX) {
		return PH_MANIFEST_E_FULL;
	}
	lines = realloc(manifest->line, (manifest->n + 1) * sizeof(*lines));
	if (lines == NULL) {
		return -ENOMEM;
	}
	manifest->line = lines;
	manifest->line[manifest->n++] = *line;
	return 0;
}

static void put_line(struct ph_mpw *writer, const struct ph_manifest_line *line)
{
	ph_mpw_array(writer, LINE_ITEMS);
	ph_mpw_bin(writer, line->hash, sizeof(line->hash));
	ph_mpw_uint(writer, line->size);
	ph_mpw_bin(writer, line->to, sizeof(line->to));
	ph_mpw_uint(writer, line->number);
	ph_mpw_uint(writer, line->made);
}

static int put_body(const struct ph_manifest *manifest, struct ph_buf *body)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, body);
	ph_mpw_array(&writer, BODY_ITEMS);
	ph_mpw_uint(&writer, 1);
	ph_mpw_bin(&writer, manifest->key, sizeof(manifest->key));
	ph_mpw_uint(&writer, manifest->written);
	ph_mpw_array(&writer, manifest->n);
	for (unsigned i = 0; i < manifest->n; i++) {
		put_line(&writer, &manifest->line[i]);
	}
	return ph_mpw_end(&writer);
}

int ph_manifest_encode(const struct ph_manifest *manifest,
		       const struct ph_sign_pair *pair, struct ph_buf *out)
{
	uint8_t sig[PH_SIGNATURE_SIZE];
	struct ph_buf body = { 0 };
	size_t before = out->len;
	struct ph_mpw writer;
	int rc = manifest->n <= PH_SPOOL_BUNDLES_MAX &&
				 memcmp(pair->key, manifest->key, PH_KEY_SIZE) == 0
			 ? put_body(manifest, &body)
			 : -EINVAL;

	if (rc == 0) {
		ph_sign(sig, PH_MANIFEST_CONTEXT, ph_buf_view(&body), pair->secret);
		ph_mpw_init(&writer, out);
		ph_mpw_array(&writer, 2);
		ph_mpw_bin(&writer, body.data, body.len);
		ph_mpw_bin(&writer, sig, sizeof(sig));
		rc = ph_mpw_end(&writer);
	}
	if (rc != 0) {
		out->len = before;
	}
	ph_buf_deinit(&body);
	return rc;
}

/* ---- reading ---- */

static bool get_line(const msgpack_object *object, struct ph_manifest_line *line)
{
	const msgpack_object_array *array = ph_mp_array(object, LINE_ITEMS, LINE_ITEMS);

	return array != NULL &&
	       ph_mp_bin_exact(&array->ptr[0], line->hash, sizeof(line->hash)) &&
	       ph_mp_uint(&array->ptr[1], PH_BUNDLE_MAX, &line->size) &&
	       ph_mp_bin_exact(&array->ptr[2], line->to, sizeof(line->to)) &&
	       ph_mp_uint(&array->ptr[3], INT64_MAX, &line->number) &&
	       ph_mp_uint(&array->ptr[4], INT64_MAX, &line->made);
}

static int get_body(const msgpack_object *root, struct ph_manifest *manifest)
{
	const msgpack_object_array *array = ph_mp_array(root, BODY_ITEMS, BODY_ITEMS);
	const msgpack_object_array *lines;
	uint64_t version;

	if (array == NULL || !ph_mp_uint(&array->ptr[0], 1, &version) || version != 1 ||
	    !ph_mp_bin_exact(&array->ptr[1], manifest->key, PH_KEY_SIZE) ||
	    !ph_mp_uint(&array->ptr[2], INT64_MAX, &manifest->written)) {
		return PH_MANIFEST_E_FORM;
	}
	lines = ph_mp_array(&array->ptr[3], 0, PH_SPOOL_BUNDLES_MAX);
	if (lines == NULL) {
		return PH_MANIFEST_E_FORM;
	}
	for (uint32_t i = 0; i < lines->size; i++) {
		struct ph_manifest_line line;
		int rc = get_line(&lines->ptr[i], &line)
				 ? ph_manifest_add(manifest, &line)
				 : PH_MANIFEST_E_FORM;

		if (rc != 0) {
			return rc;
		}
	}
	return 0;
}

/* The signer's key, which the body names, read before the signature can be looked at. */
static bool signed_by(struct ph_view body, const uint8_t sig[static PH_SIGNATURE_SIZE],
		      const msgpack_object *root,
		      const uint8_t device[static PH_DEVICE_ID_SIZE])
{
	const msgpack_object_array *array = ph_mp_array(root, BODY_ITEMS, BODY_ITEMS);
	uint8_t id[PH_DEVICE_ID_SIZE];
	uint8_t key[PH_KEY_SIZE];

	if (array == NULL || !ph_mp_bin_exact(&array->ptr[1], key, sizeof(key))) {
		return false;
	}
	ph_device_id(id, key);
	return memcmp(id, device, sizeof(id)) == 0 && ph_sign_key_ok(key) &&
	       ph_sign_verify(sig, PH_MANIFEST_CONTEXT, body, key);
}

static int decode_body(struct ph_view body, const uint8_t sig[static PH_SIGNATURE_SIZE],
		       const uint8_t device[static PH_DEVICE_ID_SIZE],
		       struct ph_manifest *manifest)
{
	struct ph_manifest result = { 0 };
	struct ph_mp mp;
	int rc = ph_mp_decode(&mp, body, &limits, PH_WALK_CANONICAL);

	if (rc != 0) {
		return rc < 0 ? rc : PH_MANIFEST_E_FORM;
	}
	rc = signed_by(body, sig, mp.root, device) ? get_body(mp.root, &result)
						   : PH_MANIFEST_E_SIGNATURE;
	ph_mp_deinit(&mp);
	if (rc != 0) {
		ph_manifest_deinit(&result);
	} else {
		*manifest = result;
	}
	return rc;
}

int ph_manifest_decode(struct ph_view bytes,
		       const uint8_t device[static PH_DEVICE_ID_SIZE],
		       struct ph_manifest *manifest)
{
	uint8_t sig[PH_SIGNATURE_SIZE];
	struct ph_view body;
	struct ph_mp mp;
	int rc = ph_mp_decode(&mp, bytes, &limits, PH_WALK_CANONICAL);

	if (rc != 0) {
		return rc < 0 ? rc : PH_MANIFEST_E_FORM;
	}

	const msgpack_object_array *array = ph_mp_array(mp.root, 2, 2);

	if (array == NULL || !ph_mp_bin(&array->ptr[0], 1, BODY_LEN_MAX, &body) ||
	    !ph_mp_bin_exact(&array->ptr[1], sig, sizeof(sig))) {
		rc = PH_MANIFEST_E_FORM;
	} else {
		rc = decode_body(body, sig, device, manifest);
	}
	ph_mp_deinit(&mp);
	return rc;
}

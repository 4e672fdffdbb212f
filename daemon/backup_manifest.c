/*
 * daemon/backup_manifest.c - what the hub signs of a backup, and which names may be in it.
 *
 * An envelope as other small signed things have it (common/log/envelope.h), with the
 * context "packhorse backup 1".
 */
#include <errno.h>
#include <string.h>

#include "common/log/envelope.h"
#include "daemon/backup_format.h"

#define CONTEXT        "packhorse backup 1"
#define MEMBERS        11
/* more than any file of a hub */
#define SIZE_MAX_BYTES ((uint64_t)1 << 50)

int ph_backup_manifest_body(const struct ph_backup_manifest *manifest, struct ph_buf *out)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, MEMBERS);
	ph_mpw_uint(&writer, 1);
	ph_mpw_uint(&writer, manifest->made);
	ph_mpw_uint(&writer, manifest->epoch.number);
	ph_mpw_bin(&writer, manifest->epoch.random, sizeof(manifest->epoch.random));
	ph_mpw_bin(&writer, manifest->root, sizeof(manifest->root));
	ph_mpw_bin(&writer, manifest->recovery, sizeof(manifest->recovery));
	ph_mpw_bin(&writer, manifest->hash, sizeof(manifest->hash));
	ph_mpw_uint(&writer, manifest->size);
	ph_mpw_bin(&writer, manifest->digest, sizeof(manifest->digest));
	ph_mpw_uint(&writer, manifest->logs);
	ph_mpw_uint(&writer, manifest->entries);
	return ph_mpw_end(&writer);
}

int ph_backup_manifest_sign(struct ph_view body,
			    const uint8_t secret[static PH_SECRET_SIZE],
			    struct ph_buf *out)
{
	return ph_envelope_sign(CONTEXT, body, secret, out);
}

static bool read_body(const msgpack_object_array *array, struct ph_backup_manifest *out)
{
	return ph_envelope_uint(ph_mp_item(array, 1), 0, PH_ENVELOPE_TIME_MAX,
				&out->made) &&
	       ph_envelope_uint(ph_mp_item(array, 2), 1, PH_ENVELOPE_UINT_MAX,
				&out->epoch.number) &&
	       ph_mp_bin_exact(ph_mp_item(array, 3), out->epoch.random,
			       sizeof(out->epoch.random)) &&
	       ph_mp_bin_exact(ph_mp_item(array, 4), out->root, sizeof(out->root)) &&
	       ph_mp_bin_exact(ph_mp_item(array, 5), out->recovery,
			       sizeof(out->recovery)) &&
	       ph_mp_bin_exact(ph_mp_item(array, 6), out->hash, sizeof(out->hash)) &&
	       ph_envelope_uint(ph_mp_item(array, 7), 1, SIZE_MAX_BYTES, &out->size) &&
	       ph_mp_bin_exact(ph_mp_item(array, 8), out->digest, sizeof(out->digest)) &&
	       ph_envelope_uint(ph_mp_item(array, 9), 0, PH_ENVELOPE_UINT_MAX,
				&out->logs) &&
	       ph_envelope_uint(ph_mp_item(array, 10), 0, PH_ENVELOPE_UINT_MAX,
				&out->entries);
}

int ph_backup_manifest_decode(struct ph_view bytes, const uint8_t key[static PH_KEY_SIZE],
			      struct ph_backup_manifest *out)
{
	const msgpack_object_array *array;
	struct ph_backup_manifest result = { .bytes = bytes };
	struct ph_envelope envelope;
	struct ph_mp mp;
	bool ok;
	int rc = ph_envelope_decode(bytes, 1, &envelope);

	rc = rc != 0 ? rc
		     : ph_envelope_body(&mp, envelope.body, MEMBERS, MEMBERS, &array);
	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	ok = read_body(array, &result);
	ph_mp_deinit(&mp);
	if (!ok || !ph_sign_verify(envelope.sig[0], CONTEXT, envelope.body, key)) {
		return -EUCLEAN;
	}
	*out = result;
	return 0;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool ph_backup_name_ok(const char *name)
{
	size_t slashes = 0;
	size_t len = strlen(name);

	if (len == 0 || len > PH_BACKUP_NAME_MAX) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		bool begins = i == 0 || name[i - 1] == '/';

		slashes += name[i] == '/';
		if ((name[i] != '/' && !is_plain(name[i])) ||
		    (begins && (name[i] == '.' || name[i] == '/'))) {
			return false;
		}
	}
	return slashes <= 1 && name[len - 1] != '/';
}

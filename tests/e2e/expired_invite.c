/*
 * tests/e2e/expired_invite.c - makes an invite one that was over when it was made, as `packhorsed invite` makes
 * none: a test cannot wait for a day.
 *
 *   expired_invite INVITE KEY PASSPHRASE-FILE
 *
 * INVITE is signed anew with its operator's KEY, and written over.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "common/base/file.h"
#include "common/log/cert.h"
#include "common/log/keys.h"

#define PASSPHRASE_MAX 1024

static int load_pair(struct ph_sign_pair *pair, const char *key, const char *passphrase,
		     struct ph_error *err)
{
	struct ph_buf line = { 0 };
	int rc = ph_file_read(passphrase, PASSPHRASE_MAX, &line, err);
	const uint8_t *end = rc == 0 ? memchr(line.data, '\n', line.len) : NULL;

	if (end) {
		line.len = (size_t)(end - line.data);
	}
	rc = rc < 0 ? rc : ph_locked_key_load(pair, key, ph_buf_view(&line), err);
	ph_buf_wipe(&line);
	return rc;
}

static int expire(struct ph_view text, const struct ph_sign_pair *pair,
		  struct ph_buf *out, struct ph_error *err)
{
	struct ph_invite_bundle bundle = { 0 };
	struct ph_buf bytes = { 0 };
	int rc = ph_invite_parse(text, &bundle, err);

	if (rc == 0) {
		bundle.invite.expires = bundle.invite.issued;
		rc = ph_invite_encode(&bundle.invite, pair, &bytes);
	}
	rc = rc < 0 ? rc
		    : ph_invite_text(ph_buf_view(&bytes), bundle.keylist_bytes,
				     bundle.seed, out);
	ph_buf_wipe(&bytes);
	ph_invite_bundle_deinit(&bundle);
	return rc;
}

int main(int argc, char **argv)
{
	struct ph_sign_pair pair = { 0 };
	struct ph_error err = { 0 };
	struct ph_buf text = { 0 };
	struct ph_buf out = { 0 };
	int rc;

	if (argc != 4 || sodium_init() < 0) {
		fprintf(stderr, "usage: expired_invite INVITE KEY PASSPHRASE-FILE\n");
		return 2;
	}
	rc = ph_file_read(argv[1], PH_INVITE_MAX, &text, &err);
	rc = rc < 0 ? rc : load_pair(&pair, argv[2], argv[3], &err);
	rc = rc < 0 ? rc : expire(ph_buf_view(&text), &pair, &out, &err);
	rc = rc < 0 ? rc : ph_file_write(argv[1], ph_buf_view(&out), 0600, &err);
	if (rc != 0) {
		fprintf(stderr, "%s: %s (%d)\n", argv[1], err.text, rc);
	}
	ph_sign_pair_wipe(&pair);
	ph_buf_wipe(&text);
	ph_buf_wipe(&out);
	return rc != 0;
}

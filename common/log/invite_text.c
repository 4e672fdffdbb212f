/*
 * common/log/invite_text.c - an invite as the line of text a person is handed.
 *
 * Parsing: strip white space, prefix, base64url, [invite, key list, seed]; then
 * the key list under its own root, the invite under that list, the seed against
 * the invite's key.
 *
 * Failures: -EINVAL, with a text that tells a librarian whether to copy the line
 * again (damaged) or to ask for a new one (forged, foreign). The seed is a bearer
 * secret: every buffer of bytes it passes through is in locked memory, and all are wiped.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "common/base/say.h"
#include "common/base/secret.h"
#include "common/log/cert.h"
#include "common/log/envelope.h"

#define PREFIX_LEN (sizeof(PH_INVITE_PREFIX) - 1)
#define VARIANT    sodium_base64_VARIANT_URLSAFE_NO_PADDING

static int refused(struct ph_error *err, const char *text)
{
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL, "%s", text);
}

static int damaged(struct ph_error *err)
{
	return refused(err,
		       ph_say("this invite is cut short or damaged: copy the whole of it "
			      "again, from " PH_INVITE_PREFIX " to its end",
			      "giấy mời này bị cụt hoặc hỏng: hãy chép lại toàn bộ, "
			      "từ " PH_INVITE_PREFIX " đến hết"));
}

/* Letters that are none of ours came in on the way: a Vietnamese keyboard makes them of ours. */
static bool is_typed_over(struct ph_view line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.data[i] > 127) {
			return true;
		}
	}
	return false;
}

static int typed_over(struct ph_error *err)
{
	return refused(err, ph_say("this invite is not as it was printed: a letter in it "
				   "has become a Vietnamese one. Switch the Vietnamese "
				   "keyboard off and scan it again",
				   "giấy mời này khác với bản in: có chữ đã thành chữ "
				   "tiếng Việt. Hãy tắt bộ gõ tiếng Việt rồi quét lại"));
}

int ph_invite_text(struct ph_view invite, struct ph_view keylist,
		   const uint8_t seed[static PH_SEED_KEY_SIZE], struct ph_buf *out)
{
	struct ph_buf bytes = { 0 };
	struct ph_mpw writer;

	if (invite.len > PH_CERT_MAX || keylist.len > PH_CERT_MAX) {
		return -EMSGSIZE;
	}

	int rc = ph_buf_secret(&bytes, PH_INVITE_MAX);

	if (rc) {
		return rc;
	}
	ph_mpw_init(&writer, &bytes);
	ph_mpw_array(&writer, 3);
	ph_mpw_bin(&writer, invite.data, invite.len);
	ph_mpw_bin(&writer, keylist.data, keylist.len);
	ph_mpw_bin(&writer, seed, PH_SEED_KEY_SIZE);

	rc = ph_mpw_end(&writer);
	if (rc) {
		goto out;
	}

	size_t len = sodium_base64_encoded_len(bytes.len, VARIANT); /* with its NUL */

	if (PREFIX_LEN + len - 1 > PH_INVITE_MAX) {
		rc = -EMSGSIZE;
		goto out;
	}
	rc = out->data ? ph_buf_reserve(out, PREFIX_LEN + len)
		       : ph_buf_secret(out, PREFIX_LEN + len + 1);
	if (rc) {
		goto out;
	}
	memcpy(out->data + out->len, PH_INVITE_PREFIX, PREFIX_LEN);
	sodium_bin2base64((char *)out->data + out->len + PREFIX_LEN, len, bytes.data,
			  bytes.len, VARIANT);
	out->len += PREFIX_LEN + len - 1;
out:
	ph_buf_wipe(&bytes);
	return rc;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* TEXT without its white space, into LINE; at most PH_INVITE_MAX of it. */
static int strip(struct ph_view text, struct ph_buf *line, struct ph_error *err)
{
	for (size_t i = 0; i < text.len; i++) {
		if (is_space(text.data[i])) {
			continue;
		}
		if (line->len == PH_INVITE_MAX) {
			return ph_fail(
				err, PH_EXIT_USAGE, -EINVAL,
				ph_say("this is too long for a Packhorse invite, which "
				       "has at most %d characters",
				       "quá dài, không phải giấy mời của Packhorse: giấy "
				       "mời có nhiều nhất %d ký tự"),
				PH_INVITE_MAX);
		}

		int rc = ph_buf_put_u8(line, text.data[i]);

		if (rc) {
			return ph_fail_errno(err, rc, ph_say("the invite", "giấy mời"));
		}
	}
	if (line->len < PREFIX_LEN ||
	    memcmp(line->data, PH_INVITE_PREFIX, PREFIX_LEN) != 0) {
		if (line->len >= 4 && memcmp(line->data, PH_INVITE_PREFIX, 4) == 0 &&
		    is_typed_over(ph_buf_view(line))) {
			return typed_over(err);
		}
		return refused(err,
			       ph_say("this is not a Packhorse invite: an invite begins "
				      "with " PH_INVITE_PREFIX,
				      "đây không phải giấy mời của Packhorse: giấy mời "
				      "bắt đầu bằng " PH_INVITE_PREFIX));
	}
	return 0;
}

static int base64_decode(struct ph_view line, struct ph_buf *bytes, struct ph_error *err)
{
	/* libsodium 1.0.18 takes some bytes above 127 for the letter they end in */
	if (is_typed_over(line)) {
		return typed_over(err);
	}

	int rc = ph_buf_secret(bytes, line.len);

	if (rc) {
		return ph_fail_errno(err, rc, ph_say("the invite", "giấy mời"));
	}
	if (line.len == PREFIX_LEN ||
	    sodium_base642bin(bytes->data, line.len, (const char *)line.data + PREFIX_LEN,
			      line.len - PREFIX_LEN, NULL, &bytes->len, NULL,
			      VARIANT) != 0) {
		return damaged(err);
	}
	return 0;
}

static int members_read(struct ph_invite_bundle *bundle, struct ph_error *err)
{
	static const struct ph_walk_limits limits = { .depth = 1, .items = 3 };
	struct ph_mp mp;
	int rc = ph_mp_decode(&mp, ph_buf_view(&bundle->bytes), &limits,
			      PH_WALK_CANONICAL);

	if (rc) {
		return rc < 0 ? ph_fail_errno(err, rc, ph_say("the invite", "giấy mời"))
			      : damaged(err);
	}

	const msgpack_object_array *array = ph_mp_array(mp.root, 3, 3);
	bool ok =
		array &&
		ph_mp_bin(ph_mp_item(array, 0), 1, PH_CERT_MAX, &bundle->invite_bytes) &&
		ph_mp_bin(ph_mp_item(array, 1), 1, PH_CERT_MAX, &bundle->keylist_bytes) &&
		ph_mp_bin_exact(ph_mp_item(array, 2), bundle->seed, PH_SEED_KEY_SIZE);

	ph_mp_deinit(&mp);
	return ok ? 0 : damaged(err);
}

/* What a failed decode means here; SIGNED_TEXT if a signer is at fault. */
static int judged(int rc, const char *signed_text, struct ph_error *err)
{
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("the invite", "giấy mời"));
	}
	return rc == PH_CERT_E_FORM ? damaged(err) : refused(err, signed_text);
}

static int verify(struct ph_invite_bundle *bundle, struct ph_error *err)
{
	int rc = ph_keylist_decode(bundle->keylist_bytes, &bundle->keylist);

	if (rc) {
		return judged(
			rc,
			ph_say("the key list in this invite is not signed by the "
			       "province's root key: the invite is forged or damaged, "
			       "ask for a new one",
			       "danh sách khóa trong giấy mời này không do khóa gốc của "
			       "tỉnh ký: giấy mời bị giả hoặc hỏng, hãy xin giấy mới"),
			err);
	}
	rc = ph_invite_decode(bundle->invite_bytes, &bundle->keylist, &bundle->invite);
	if (rc) {
		return judged(
			rc,
			ph_say("this invite is not signed by an operator of this "
			       "province: it is forged or damaged, ask for a new one",
			       "giấy mời này không do người vận hành của tỉnh ký: giấy "
			       "bị giả hoặc hỏng, hãy xin giấy mới"),
			err);
	}

	struct ph_sign_pair pair;

	ph_secret_lock(&pair, sizeof(pair));
	ph_sign_pair_from_seed(&pair, bundle->seed);
	if (sodium_memcmp(pair.key, bundle->invite.key, PH_KEY_SIZE) != 0) {
		rc = refused(err,
			     ph_say("the one-time secret does not fit this invite's key: "
				    "it is forged or damaged, ask for a new one",
				    "bí mật dùng một lần không khớp khóa của giấy mời: "
				    "giấy bị giả hoặc hỏng, hãy xin giấy mới"));
	}
	ph_sign_pair_wipe(&pair);
	return rc;
}

int ph_invite_parse(struct ph_view text, struct ph_invite_bundle *bundle,
		    struct ph_error *err)
{
	struct ph_buf line = { 0 };
	struct ph_invite_bundle result = { 0 };
	int rc = ph_buf_secret(&line, PH_INVITE_MAX);

	ph_secret_lock(result.seed, sizeof(result.seed));
	rc = rc ? ph_fail_errno(err, rc, ph_say("the invite", "giấy mời"))
		: strip(text, &line, err);
	if (rc) {
		goto out;
	}
	rc = base64_decode(ph_buf_view(&line), &result.bytes, err);
	if (rc) {
		goto out;
	}
	rc = members_read(&result, err);
	if (rc) {
		goto out;
	}
	rc = verify(&result, err);
	if (rc) {
		goto out;
	}
	ph_secret_lock(bundle->seed, sizeof(bundle->seed));
	*bundle = result;
	result.bytes = (struct ph_buf){ 0 };
out:
	ph_invite_bundle_deinit(&result);
	ph_buf_wipe(&line);
	return rc;
}

void ph_invite_bundle_deinit(struct ph_invite_bundle *bundle)
{
	if (!bundle) {
		return;
	}
	ph_buf_wipe(&bundle->bytes);
	ph_secret_wipe(bundle->seed, sizeof(bundle->seed));
	sodium_memzero(bundle, sizeof(*bundle));
}

/*
 * Tests of common/log/invite.c and invite_text.c: limits of each member, forgeries,
 * every bit of an invite and of its text, and what a person is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <sodium.h>

#include "tests/unit/locked.h"
#include "tests/unit/province.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct province p;
static struct province stranger;

static int set_up(void **state)
{
	(void)state;
	if (ph_crypto_start() != 0) {
		return -1;
	}
	province_make(&p, 1);
	province_make(&stranger, 2);
	return 0;
}

static void assert_refused(struct ph_view bytes, const struct ph_keylist *list,
			   int expected)
{
	struct ph_invite invite, before;

	memset(&invite, 0x5a, sizeof(invite));
	before = invite;
	assert_int_equal(ph_invite_decode(bytes, list, &invite), expected);
	assert_memory_equal(&invite, &before, sizeof(invite));
}

static struct ph_buf invite_encoded(const struct province *from)
{
	struct ph_buf bytes = { 0 };

	assert_int_equal(ph_invite_encode(&from->invite, &from->operator_pair, &bytes),
			 0);
	return bytes;
}

static struct ph_buf keylist_encoded(const struct province *from)
{
	struct ph_buf bytes = { 0 };

	assert_int_equal(ph_keylist_encode(&from->list, &from->root, &bytes), 0);
	return bytes;
}

static void assert_same(const struct ph_invite *a, const struct ph_invite *b)
{
	assert_memory_equal(a->id, b->id, sizeof(a->id));
	assert_memory_equal(a->key, b->key, sizeof(a->key));
	assert_true(a->site == b->site && a->site_kind == b->site_kind &&
		    a->role == b->role && a->code_block == b->code_block &&
		    a->issued == b->issued && a->expires == b->expires);
	assert_true(ph_view_equal(a->site_code, b->site_code));
	assert_true(ph_view_equal(a->site_name, b->site_name));
	assert_true(ph_view_equal(a->commune, b->commune));
	assert_true(ph_view_equal(a->hub_address, b->hub_address));
	assert_memory_equal(a->root, b->root, sizeof(a->root));
	assert_memory_equal(a->operator_key, b->operator_key, sizeof(a->operator_key));
}

enum member {
	SITE,
	KIND,
	ROLE,
	BLOCK,
	ISSUED,
	EXPIRES,
	CODE,
	NAME,
	COMMUNE,
	ADDRESS,
};

static void member_set(struct ph_invite *invite, enum member member, uint64_t value,
		       const char *text)
{
	static char filler[300];
	struct ph_view view;

	memset(filler, 'a', sizeof(filler));
	view = text ? ph_view_str(text) : PH_VIEW(filler, value);
	switch (member) {
	case SITE:
		invite->site = value;
		break;
	case KIND:
		invite->site_kind = value;
		break;
	case ROLE:
		invite->role = value;
		break;
	case BLOCK:
		invite->code_block = value;
		break;
	case ISSUED:
		invite->issued = value;
		break;
	case EXPIRES:
		invite->expires = value;
		break;
	case CODE:
		invite->site_code = view;
		break;
	case NAME:
		invite->site_name = view;
		break;
	case COMMUNE:
		invite->commune = view;
		break;
	case ADDRESS:
		invite->hub_address = view;
		break;
	}
}

/* Encoding refuses, and so does decoding what another program signed all the same. */
static void test_members(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum member member;
		uint64_t value; /* or the length of a text of a's */
		const char *text;
		bool good;
	} cases[] = {
		{ "site 0", SITE, 0, NULL, false },
		{ "site 1", SITE, 1, NULL, true },
		{ "last site", SITE, PH_SITE_MAX, NULL, true },
		{ "over the last site", SITE, PH_SITE_MAX + 1, NULL, false },
		{ "kind 0", KIND, 0, NULL, true },
		{ "kind 255", KIND, 255, NULL, true },
		{ "kind 256", KIND, 256, NULL, false },
		{ "role none", ROLE, 0, NULL, false },
		{ "role site", ROLE, PH_ROLE_SITE, NULL, true },
		{ "role courier", ROLE, PH_ROLE_COURIER, NULL, true },
		{ "role both", ROLE, PH_ROLE_BOTH, NULL, true },
		{ "role hub", ROLE, PH_ROLE_HUB, NULL, false },
		{ "block 0", BLOCK, 0, NULL, true },
		{ "block 99", BLOCK, 99, NULL, true },
		{ "block 100", BLOCK, 100, NULL, false },
		{ "issued last", ISSUED, (UINT64_C(1) << 40) - 1, NULL, true },
		{ "issued beyond", ISSUED, UINT64_C(1) << 40, NULL, false },
		{ "expires last", EXPIRES, (UINT64_C(1) << 40) - 1, NULL, true },
		{ "expires beyond", EXPIRES, UINT64_C(1) << 40, NULL, false },
		{ "no code", CODE, 0, NULL, false },
		{ "code of 1", CODE, 1, NULL, true },
		{ "code of 31", CODE, 31, NULL, true },
		{ "code of 32", CODE, 32, NULL, true },
		{ "code of 33", CODE, 33, NULL, false },
		{ "code with a newline", CODE, 0, "a\nb", false },
		{ "code that is not UTF-8", CODE, 0, "a\xff", false },
		{ "no name", NAME, 0, NULL, false },
		{ "name of 199", NAME, 199, NULL, true },
		{ "name of 200", NAME, 200, NULL, true },
		{ "name of 201", NAME, 201, NULL, false },
		{ "name not NFC", NAME, 0, "Chie\xcc\x82ng", false },
		{ "name with an escape", NAME, 0, "a\x1b[2J", false },
		{ "commune of 4", COMMUNE, 0, "0364", false },
		{ "commune of 5", COMMUNE, 0, "99999", true },
		{ "commune of 6", COMMUNE, 0, "036460", false },
		{ "commune with a letter", COMMUNE, 0, "0364a", false },
		{ "commune with a slash", COMMUNE, 0, "/3646", false },
		{ "commune with a colon", COMMUNE, 0, "0364:", false },
		{ "no address", ADDRESS, 0, NULL, true },
		{ "address of 254", ADDRESS, 254, NULL, true },
		{ "address of 255", ADDRESS, 255, NULL, true },
		{ "address of 256", ADDRESS, 256, NULL, false },
		{ "address with a newline", ADDRESS, 0, "a:1\n", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %s\n", cases[i].name);
		struct ph_invite invite = p.invite, again;
		struct ph_buf bytes = { 0 }, body = { 0 }, forged = { 0 };

		member_set(&invite, cases[i].member, cases[i].value, cases[i].text);
		invite_body(&body, &invite, 1);
		forge(&forged, ph_buf_view(&body), INVITE_CONTEXT, &p.operator_pair, NULL,
		      NULL);
		assert_int_equal(ph_invite_encode(&invite, &p.operator_pair, &bytes),
				 cases[i].good ? 0 : -EINVAL);
		if (cases[i].good) {
			assert_int_equal(
				ph_invite_decode(ph_buf_view(&bytes), &p.list, &again),
				0);
			assert_same(&again, &invite);
			assert_true(
				ph_view_equal(ph_buf_view(&bytes), ph_buf_view(&forged)));
		} else {
			assert_int_equal(bytes.len, 0);
			assert_refused(ph_buf_view(&forged), &p.list, PH_CERT_E_FORM);
		}
		ph_buf_deinit(&bytes);
		ph_buf_deinit(&body);
		ph_buf_deinit(&forged);
	}
}

static void test_every_bit(void **state)
{
	(void)state;
	struct ph_buf bytes = invite_encoded(&p);
	struct ph_invite invite;

	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (ph_invite_decode(ph_buf_view(&bytes), &p.list, &invite) <= 0) {
			fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
		}
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < bytes.len; len++) {
		assert_refused(PH_VIEW(bytes.data, len), &p.list, PH_CERT_E_FORM);
	}
	assert_int_equal(ph_buf_put_u8(&bytes, 0), 0);
	assert_refused(ph_buf_view(&bytes), &p.list, PH_CERT_E_FORM);
	ph_buf_deinit(&bytes);
}

/* A device that it replaces stands behind the rest, and is signed with it. */
static void test_replaces(void **state)
{
	(void)state;
	struct ph_invite invite = p.invite, again;
	struct ph_buf bytes = { 0 };

	invite.replaces = true;
	memset(invite.replaced, 0x31, sizeof(invite.replaced));
	memset(invite.from.log_id, 0x32, sizeof(invite.from.log_id));
	memset(invite.from.h, 0x33, sizeof(invite.from.h));
	invite.from.n = 0;
	assert_int_equal(ph_invite_encode(&invite, &p.operator_pair, &bytes), -EINVAL);
	invite.from.n = (uint64_t)INT64_MAX + 1;
	assert_int_equal(ph_invite_encode(&invite, &p.operator_pair, &bytes), -EINVAL);
	invite.from.n = INT64_MAX;
	assert_int_equal(ph_invite_encode(&invite, &p.operator_pair, &bytes), 0);
	assert_int_equal(ph_invite_decode(ph_buf_view(&bytes), &p.list, &again), 0);
	assert_true(again.replaces);
	assert_memory_equal(again.replaced, invite.replaced, sizeof(invite.replaced));
	assert_memory_equal(&again.from, &invite.from, sizeof(invite.from));
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(ph_invite_decode(ph_buf_view(&bytes), &p.list, &again) > 0);
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ph_buf_deinit(&bytes);

	bytes = invite_encoded(&p);
	assert_int_equal(ph_invite_decode(ph_buf_view(&bytes), &p.list, &again), 0);
	assert_false(again.replaces);
	ph_buf_deinit(&bytes);
}

static void assert_forged(const struct ph_invite *invite, uint64_t version,
			  const char *context, const struct ph_sign_pair *pair,
			  const struct ph_keylist *list, int expected)
{
	struct ph_buf body = { 0 }, bytes = { 0 };

	invite_body(&body, invite, version);
	forge(&bytes, ph_buf_view(&body), context, pair, NULL, NULL);
	assert_refused(ph_buf_view(&bytes), list, expected);
	ph_buf_deinit(&body);
	ph_buf_deinit(&bytes);
}

static void test_forged(void **state)
{
	(void)state;
	struct ph_invite invite = p.invite;
	struct ph_buf bytes = { 0 };

	assert_forged(&invite, 2, INVITE_CONTEXT, &p.operator_pair, &p.list,
		      PH_CERT_E_FORM);
	assert_forged(&invite, 1, KEYS_CONTEXT, &p.operator_pair, &p.list,
		      PH_CERT_E_SIGNATURE);
	assert_forged(&invite, 1, INVITE_CONTEXT, &stranger.operator_pair, &p.list,
		      PH_CERT_E_SIGNATURE);
	assert_forged(&invite, 1, INVITE_CONTEXT, &p.root, &p.list, PH_CERT_E_SIGNATURE);

	/* well signed, by somebody the list does not name */
	memcpy(invite.operator_key, stranger.operator_pair.key, PH_KEY_SIZE);
	assert_forged(&invite, 1, INVITE_CONTEXT, &stranger.operator_pair, &p.list,
		      PH_CERT_E_OPERATOR);
	/* not even the root may, nor the hub */
	memcpy(invite.operator_key, p.root.key, PH_KEY_SIZE);
	assert_forged(&invite, 1, INVITE_CONTEXT, &p.root, &p.list, PH_CERT_E_OPERATOR);
	memcpy(invite.operator_key, p.hub.sign.key, PH_KEY_SIZE);
	assert_forged(&invite, 1, INVITE_CONTEXT, &p.hub.sign, &p.list,
		      PH_CERT_E_OPERATOR);
	/* another province, all in order there */
	assert_forged(&stranger.invite, 1, INVITE_CONTEXT, &stranger.operator_pair,
		      &p.list, PH_CERT_E_ROOT);
	/* our operator in another province's name */
	invite = p.invite;
	memcpy(invite.root, stranger.root.key, PH_KEY_SIZE);
	assert_forged(&invite, 1, INVITE_CONTEXT, &p.operator_pair, &p.list,
		      PH_CERT_E_ROOT);
	/* a one-time key that is no key */
	invite = p.invite;
	memset(invite.key, 0, PH_KEY_SIZE);
	assert_forged(&invite, 1, INVITE_CONTEXT, &p.operator_pair, &p.list,
		      PH_CERT_E_FORM);
	assert_int_equal(ph_invite_encode(&invite, &p.operator_pair, &bytes), -EINVAL);

	assert_int_equal(ph_invite_encode(&p.invite, &stranger.operator_pair, &bytes),
			 -EINVAL);
	assert_int_equal(bytes.len, 0);
}

/* The text of an invite from parts that need not belong together. */
static struct ph_buf text_made(const struct province *invite, const struct province *list,
			       const uint8_t *seed)
{
	struct ph_buf a = invite_encoded(invite), b = keylist_encoded(list), out = { 0 };

	assert_int_equal(ph_invite_text(ph_buf_view(&a), ph_buf_view(&b), seed, &out), 0);
	ph_buf_deinit(&a);
	ph_buf_deinit(&b);
	return out;
}

static void assert_text_refused(struct ph_view text, const char *words)
{
	struct ph_invite_bundle bundle, before;
	struct ph_error err = { 0 };

	memset(&bundle, 0x5a, sizeof(bundle));
	before = bundle;
	assert_int_equal(ph_invite_parse(text, &bundle, &err), -EINVAL);
	assert_memory_equal(&bundle, &before, sizeof(bundle));
	assert_int_equal(err.exit, PH_EXIT_USAGE);
	if (!strstr(err.text, words)) {
		fail_msg("\"%s\" is not in: %s", words, err.text);
	}
}

static void assert_text_good(struct ph_view text)
{
	struct ph_invite_bundle bundle = { 0 };
	struct ph_error err = { 0 };
	struct ph_buf a = invite_encoded(&p), b = keylist_encoded(&p);

	assert_int_equal(ph_invite_parse(text, &bundle, &err), 0);
	assert_string_equal(err.text, "");
	assert_same(&bundle.invite, &p.invite);
	assert_memory_equal(bundle.keylist.root, p.root.key, PH_KEY_SIZE);
	assert_memory_equal(bundle.seed, p.seed, sizeof(p.seed));
	if (locked_can_be((size_t)256 * 1024)) {
		assert_true(locked_is(bundle.seed, sizeof(bundle.seed)));
	}
	assert_true(ph_view_equal(bundle.invite_bytes, ph_buf_view(&a)));
	assert_true(ph_view_equal(bundle.keylist_bytes, ph_buf_view(&b)));
	ph_invite_bundle_deinit(&bundle);
	assert_null(bundle.bytes.data);
	ph_invite_bundle_deinit(&bundle);
	ph_invite_bundle_deinit(NULL);
	ph_buf_deinit(&a);
	ph_buf_deinit(&b);
}

static void test_text_round_trip(void **state)
{
	(void)state;
	struct ph_buf text = text_made(&p, &p, p.seed), folded = { 0 };
	static const char *const blanks[] = { " ", "\n", "\r\n", "\t", "\v\f  \n" };

	assert_text_good(ph_buf_view(&text));
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		assert_true(isalnum(c) || c == '-' || c == '_' ||
			    (c == ':' && i == strlen(PH_INVITE_PREFIX) - 1));
	}
	for (size_t every = 1; every < 100; every += 7) {
		folded.len = 0;
		for (size_t i = 0; i < text.len; i++) {
			if (i % every == 0) {
				const char *blank = blanks[i / every % COUNT(blanks)];
				assert_int_equal(ph_buf_printf(&folded, "%s", blank), 0);
			}
			assert_int_equal(ph_buf_put_u8(&folded, text.data[i]), 0);
		}
		assert_int_equal(ph_buf_printf(&folded, "\n\n"), 0);
		assert_text_good(ph_buf_view(&folded));
	}
	ph_buf_deinit(&text);
	ph_buf_deinit(&folded);
}

static void test_text_every_bit(void **state)
{
	(void)state;
	struct ph_buf text = text_made(&p, &p, p.seed);
	struct ph_invite_bundle bundle = { 0 };

	for (size_t bit = 0; bit < 8 * text.len; bit++) {
		text.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (ph_invite_parse(ph_buf_view(&text), &bundle, NULL) != -EINVAL) {
			fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
		}
		text.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < text.len; len++) {
		assert_text_refused(PH_VIEW(text.data, len),
				    len < strlen(PH_INVITE_PREFIX) ? "not a Packhorse"
								   : "cut short");
	}
	assert_int_equal(ph_buf_put_u8(&text, 'A'), 0);
	assert_text_refused(ph_buf_view(&text), "cut short or damaged");
	ph_buf_deinit(&text);
}

static void test_text_told_apart(void **state)
{
	(void)state;
	static const struct {
		const char *name, *text, *words;
	} cases[] = {
		{ "nothing", "", "not a Packhorse invite" },
		{ "blanks", " \n ", "not a Packhorse invite" },
		{ "another thing", "https://example.org/", "not a Packhorse invite" },
		{ "lower case", "packhorse1:AAAA", "not a Packhorse invite" },
		{ "another version", "PACKHORSE2:AAAA", "not a Packhorse invite" },
		{ "behind other text", "> PACKHORSE1:AAAA", "not a Packhorse invite" },
		{ "prefix only", "PACKHORSE1:", "cut short or damaged" },
		{ "padded", "PACKHORSE1:k8QBAA==", "cut short or damaged" },
		{ "other base64", "PACKHORSE1:k8Q+/A", "cut short or damaged" },
		{ "one letter", "PACKHORSE1:k", "cut short or damaged" },
		{ "bits left over", "PACKHORSE1:kB", "cut short or damaged" },
		{ "no array", "PACKHORSE1:wA", "cut short or damaged" },
		{ "empty array", "PACKHORSE1:kA", "cut short or damaged" },
		{ "typed by Telex", "PACKHỎSE1:k8Q", "Vietnamese keyboard" },
		{ "only behind the prefix", "PACKHORSE1:k8QĐA", "Vietnamese keyboard" },
		{ "another text", "Chiềng Khoa", "not a Packhorse invite" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %s\n", cases[i].name);
		assert_text_refused(ph_view_str(cases[i].text), cases[i].words);
	}
	assert_text_refused(PH_VIEW("PACKHORSE1:\0AAA", 15), "cut short or damaged");
}

static void test_text_forged(void **state)
{
	(void)state;
	struct province forged;
	struct ph_buf text;

	text = text_made(&stranger, &p, stranger.seed);
	assert_text_refused(ph_buf_view(&text), "not signed by an operator");
	ph_buf_deinit(&text);
	text = text_made(&p, &stranger, p.seed);
	assert_text_refused(ph_buf_view(&text), "not signed by an operator");
	ph_buf_deinit(&text);
	text = text_made(&p, &p, stranger.seed);
	assert_text_refused(ph_buf_view(&text), "one-time secret does not fit");
	ph_buf_deinit(&text);

	/* in the right root's name, by an operator who is none */
	forged = p;
	forged.operator_pair = stranger.operator_pair;
	memcpy(forged.invite.operator_key, stranger.operator_pair.key, PH_KEY_SIZE);
	text = text_made(&forged, &p, p.seed);
	assert_text_refused(ph_buf_view(&text), "not signed by an operator");
	ph_buf_deinit(&text);

	/* a list in the right root's name, signed by another */
	struct ph_buf invite = invite_encoded(&p), body = { 0 }, list = { 0 };

	keylist_body(&body, &p.list, 1, 1, 1);
	forge(&list, ph_buf_view(&body), KEYS_CONTEXT, &stranger.root, NULL, NULL);
	text = (struct ph_buf){ 0 };
	assert_int_equal(
		ph_invite_text(ph_buf_view(&invite), ph_buf_view(&list), p.seed, &text),
		0);
	assert_text_refused(ph_buf_view(&text), "key list in this invite is not signed");
	ph_buf_deinit(&text);

	/* parts in each other's place */
	assert_int_equal(
		ph_invite_text(ph_buf_view(&list), ph_buf_view(&invite), p.seed, &text),
		0);
	assert_text_refused(ph_buf_view(&text), "cut short or damaged");
	ph_buf_deinit(&text);
	ph_buf_deinit(&invite);
	ph_buf_deinit(&body);
	ph_buf_deinit(&list);
}

static void test_text_limits(void **state)
{
	(void)state;
	static uint8_t big[PH_CERT_MAX + 1];
	static char line[2 * PH_INVITE_MAX + 2];
	struct ph_buf out = { 0 };

	/* the largest invite with the largest list goes through */
	struct province full = p;

	member_set(&full.invite, SITE, PH_SITE_MAX, NULL);
	member_set(&full.invite, CODE, PH_SITE_CODE_MAX, NULL);
	member_set(&full.invite, NAME, PH_SITE_NAME_MAX, NULL);
	member_set(&full.invite, ADDRESS, PH_HUB_ADDRESS_MAX, NULL);
	full.list.n_hubs = PH_KEYLIST_HUBS_MAX;
	full.list.n_operators = PH_KEYLIST_OPERATORS_MAX;
	for (unsigned i = 1; i < PH_KEYLIST_OPERATORS_MAX; i++) {
		memcpy(full.list.operator_key[i], p.operator_pair.key, PH_KEY_SIZE);
		full.list.hub[i % PH_KEYLIST_HUBS_MAX] = p.list.hub[0];
	}
	out = text_made(&full, &full, p.seed);

	struct ph_invite_bundle bundle;

	assert_int_equal(ph_invite_parse(ph_buf_view(&out), &bundle, NULL), 0);
	ph_invite_bundle_deinit(&bundle);
	ph_buf_deinit(&out);

	/* 6,135 bytes are 8,180 characters, and the prefix makes 8,191; the next is 8,193 */
	for (size_t extra = 0; extra <= 1; extra++) {
		size_t len = 6135 - 1 - 3 - 3 - 34 - 2048 + extra;

		assert_int_equal(ph_invite_text(PH_VIEW(big, len), PH_VIEW(big, 2048),
						p.seed, &out),
				 extra ? -EMSGSIZE : 0);
		assert_int_equal(out.len, extra ? 0 : 8191);
		ph_buf_deinit(&out);
	}
	assert_int_equal(
		ph_invite_text(PH_VIEW(big, sizeof(big)), PH_VIEW(big, 1), p.seed, &out),
		-EMSGSIZE);
	assert_int_equal(
		ph_invite_text(PH_VIEW(big, 1), PH_VIEW(big, sizeof(big)), p.seed, &out),
		-EMSGSIZE);
	assert_int_equal(out.len, 0);

	/* characters count, white space does not */
	memset(line, ' ', sizeof(line));
	memcpy(line + PH_INVITE_MAX, PH_INVITE_PREFIX, 11);
	memset(line + PH_INVITE_MAX + 11, 'A', PH_INVITE_MAX - 11 + 1);
	assert_text_refused(PH_VIEW(line, 2 * PH_INVITE_MAX - 1), "damaged");
	assert_text_refused(PH_VIEW(line, 2 * PH_INVITE_MAX), "damaged");
	assert_text_refused(PH_VIEW(line, 2 * PH_INVITE_MAX + 1), "too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_replaces),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_text_round_trip),
		cmocka_unit_test(test_text_every_bit),
		cmocka_unit_test(test_text_told_apart),
		cmocka_unit_test(test_text_forged),
		cmocka_unit_test(test_text_limits),
	};

	return cmocka_run_group_tests_name("invite", tests, set_up, NULL);
}

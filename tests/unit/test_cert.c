/*
 * Tests of common/log/cert.c: the path root, operator, invite, device, broken at
 * each of its links, and every bit of a certificate.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "tests/unit/province.h"

static struct province p;
static struct province stranger;
static struct ph_buf invite; /* p's, encoded */

static int set_up(void **state)
{
	(void)state;
	if (ph_crypto_start() != 0) {
		return -1;
	}
	province_make(&p, 1);
	province_make(&stranger, 2);
	return ph_invite_encode(&p.invite, &p.operator_pair, &invite);
}

static int tear_down(void **state)
{
	(void)state;
	ph_buf_deinit(&invite);
	return 0;
}

static void assert_refused(struct ph_view bytes, const struct ph_keylist *list,
			   int expected)
{
	struct ph_cert cert, before;

	memset(&cert, 0x5a, sizeof(cert));
	before = cert;
	assert_int_equal(ph_cert_decode(bytes, list, &cert), expected);
	assert_memory_equal(&cert, &before, sizeof(cert));
}

static void test_round_trip(void **state)
{
	(void)state;
	struct ph_buf bytes = { 0 }, body = { 0 }, forged = { 0 };
	struct ph_cert cert;
	uint8_t id[PH_DEVICE_ID_SIZE];

	assert_int_equal(ph_cert_encode(ph_buf_view(&invite), p.seed, &p.device,
					1790000200, &bytes),
			 0);
	assert_int_equal(ph_cert_decode(ph_buf_view(&bytes), &p.list, &cert), 0);
	assert_memory_equal(cert.device_key, p.device.sign.key, PH_KEY_SIZE);
	assert_memory_equal(cert.box_key, p.device.box.key, PH_KEY_SIZE);
	assert_memory_equal(cert.desk_key, p.device.desk.key, PH_KEY_SIZE);
	assert_int_equal(cert.issued, 1790000200);
	assert_int_equal(cert.invite.site, 140371);
	assert_true(ph_view_equal(cert.invite.site_name, p.invite.site_name));
	assert_true(ph_view_equal(cert.invite_bytes, ph_buf_view(&invite)));
	ph_device_id(id, p.device.sign.key);
	assert_memory_equal(cert.device_id, id, sizeof(id));

	/* the bytes are those of the document */
	cert_body(&body, ph_buf_view(&invite), &p.device, 1790000200, 1);
	forge(&forged, ph_buf_view(&body), CERT_CONTEXT, &p.once, CO_CONTEXT,
	      &p.device.sign);
	assert_true(ph_view_equal(ph_buf_view(&bytes), ph_buf_view(&forged)));
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&body);
	ph_buf_deinit(&forged);
}

static void test_every_bit(void **state)
{
	(void)state;
	struct ph_buf bytes = { 0 };
	struct ph_cert cert;

	assert_int_equal(ph_cert_encode(ph_buf_view(&invite), p.seed, &p.device,
					1790000200, &bytes),
			 0);
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (ph_cert_decode(ph_buf_view(&bytes), &p.list, &cert) <= 0) {
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

struct forgery {
	struct ph_view invite;
	struct ph_device_keys keys;
	uint64_t issued, version;
	const char *context, *co_context;
	const struct ph_sign_pair *once, *co;
	const struct ph_keylist *list;
};

static struct forgery honest(void)
{
	return (struct forgery){ .invite = ph_buf_view(&invite),
				 .keys = p.device,
				 .issued = 1790000200,
				 .version = 1,
				 .context = CERT_CONTEXT,
				 .co_context = CO_CONTEXT,
				 .once = &p.once,
				 .co = &p.device.sign,
				 .list = &p.list };
}

static int judged(const struct forgery *forgery)
{
	struct ph_buf body = { 0 }, bytes = { 0 };
	struct ph_cert cert;

	cert_body(&body, forgery->invite, &forgery->keys, forgery->issued,
		  forgery->version);
	forge(&bytes, ph_buf_view(&body), forgery->context, forgery->once,
	      forgery->co_context, forgery->co);

	int rc = ph_cert_decode(ph_buf_view(&bytes), forgery->list, &cert);

	if (rc) {
		assert_refused(ph_buf_view(&bytes), forgery->list, rc);
	}
	ph_buf_deinit(&body);
	ph_buf_deinit(&bytes);
	return rc;
}

static void test_links_broken(void **state)
{
	(void)state;
	struct forgery f = honest();

	assert_int_equal(judged(&f), 0);

	f.once = &stranger.once; /* not the invite's secret */
	assert_int_equal(judged(&f), PH_CERT_E_SIGNATURE);
	f = honest();
	f.once = &p.operator_pair; /* an operator is no invite */
	assert_int_equal(judged(&f), PH_CERT_E_SIGNATURE);
	f = honest();
	f.co = &stranger.device.sign; /* somebody else's device key */
	assert_int_equal(judged(&f), PH_CERT_E_SIGNATURE);
	f = honest();
	f.context = CO_CONTEXT; /* one signature in the other's place */
	assert_int_equal(judged(&f), PH_CERT_E_SIGNATURE);
	f = honest();
	f.co_context = CERT_CONTEXT;
	assert_int_equal(judged(&f), PH_CERT_E_SIGNATURE);
	f = honest();
	f.list = &stranger.list;
	assert_int_equal(judged(&f), PH_CERT_E_ROOT);
	f = honest();
	f.version = 2;
	assert_int_equal(judged(&f), PH_CERT_E_FORM);
	f = honest();
	f.issued = (UINT64_C(1) << 40) - 1;
	assert_int_equal(judged(&f), 0);
	f.issued = UINT64_C(1) << 40;
	assert_int_equal(judged(&f), PH_CERT_E_FORM);
}

static void test_operator_gone(void **state)
{
	(void)state;
	struct ph_keylist list = p.list;
	struct forgery f = honest();

	memcpy(list.operator_key[0], stranger.operator_pair.key, PH_KEY_SIZE);
	f.list = &list;
	assert_int_equal(judged(&f), PH_CERT_E_OPERATOR);
	/* a list is never all that is lacking when a signature is bad */
	f.once = &stranger.once;
	assert_int_equal(judged(&f), PH_CERT_E_SIGNATURE);
	f = honest();
	f.list = &stranger.list;
	f.co = &stranger.device.sign;
	assert_int_equal(judged(&f), PH_CERT_E_SIGNATURE);
}

static void test_keys_that_are_none(void **state)
{
	(void)state;
	struct forgery f = honest();
	struct ph_buf out = { 0 };

	memset(f.keys.box.key, 0, PH_KEY_SIZE);
	assert_int_equal(judged(&f), PH_CERT_E_FORM);
	assert_int_equal(ph_cert_encode(f.invite, p.seed, &f.keys, 1, &out), -EINVAL);
	f = honest();
	memset(f.keys.desk.key, 0, PH_KEY_SIZE);
	assert_int_equal(judged(&f), PH_CERT_E_FORM);
	assert_int_equal(ph_cert_encode(f.invite, p.seed, &f.keys, 1, &out), -EINVAL);
	f = honest();
	memset(f.keys.sign.key, 0, PH_KEY_SIZE); /* of small order: verifies nothing */
	assert_int_equal(judged(&f), PH_CERT_E_SIGNATURE);
	assert_int_equal(ph_cert_encode(f.invite, p.seed, &f.keys, 1, &out), -EINVAL);
	assert_int_equal(out.len, 0);
}

static void test_invite_inside(void **state)
{
	(void)state;
	struct ph_buf bad = { 0 }, out = { 0 };
	struct forgery f = honest();

	assert_int_equal(ph_buf_put_view(&bad, ph_buf_view(&invite)), 0);
	bad.data[bad.len - 1] ^= 1;
	f.invite = ph_buf_view(&bad);
	assert_int_equal(judged(&f), PH_CERT_E_SIGNATURE);
	assert_int_equal(ph_cert_encode(f.invite, p.seed, &p.device, 1, &out), -EINVAL);
	f.invite = PH_VIEW(invite.data, invite.len - 1);
	assert_int_equal(judged(&f), PH_CERT_E_FORM);
	f.invite = PH_VIEW(NULL, 0);
	assert_int_equal(judged(&f), PH_CERT_E_FORM);
	assert_int_equal(ph_cert_encode(f.invite, p.seed, &p.device, 1, &out), -EINVAL);
	ph_buf_deinit(&bad);

	/* encoding with another invite's seed, or a time beyond */
	f = honest();
	assert_int_equal(ph_cert_encode(f.invite, stranger.seed, &p.device, 1, &out),
			 -EINVAL);
	assert_int_equal(
		ph_cert_encode(f.invite, p.seed, &p.device, UINT64_C(1) << 40, &out),
		-EINVAL);
	assert_int_equal(out.len, 0);

	/* an encoded list is no certificate, nor is an invite */
	assert_int_equal(ph_keylist_encode(&p.list, &p.root, &out), 0);
	assert_refused(ph_buf_view(&out), &p.list, PH_CERT_E_FORM);
	assert_refused(ph_buf_view(&invite), &p.list, PH_CERT_E_FORM);
	ph_buf_deinit(&out);
}

static void test_error_words(void **state)
{
	(void)state;
	const char *words[6];

	for (int i = 0; i < 6; i++) {
		words[i] = ph_cert_error(i);
		assert_non_null(words[i]);
		assert_true(strlen(words[i]) > 5);
	}
	for (int i = PH_CERT_E_FORM; i <= PH_CERT_E_ROOT; i++) {
		for (int j = 0; j < i; j++) {
			assert_string_not_equal(words[i], words[j]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_links_broken),
		cmocka_unit_test(test_operator_gone),
		cmocka_unit_test(test_keys_that_are_none),
		cmocka_unit_test(test_invite_inside),
		cmocka_unit_test(test_error_words),
	};

	return cmocka_run_group_tests_name("cert", tests, set_up, tear_down);
}

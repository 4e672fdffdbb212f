/*
 * tests/fuzz/fuzz_cert.c - any bytes as a certificate, or behind its signatures.
 *
 * The first byte says what the rest is: c a certificate; b its body, which this
 * target signs with the invite's secret and the device key. What decodes must name
 * its device rightly; what is refused must leave its output alone.
 */
#include "tests/unit/province.h"

#include "tests/fuzz/mp_mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct province p;

static void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

static void try_cert(struct ph_view bytes)
{
	struct ph_cert cert, before;

	memset(&cert, 0x5a, sizeof(cert));
	before = cert;

	int rc = ph_cert_decode(bytes, &p.list, &cert);

	must(ph_cert_error(rc)[0] != '\0');
	if (rc) {
		must(memcmp(&cert, &before, sizeof(cert)) == 0);
		return;
	}

	uint8_t id[PH_DEVICE_ID_SIZE];
	struct ph_invite invite;

	ph_device_id(id, cert.device_key);
	must(memcmp(id, cert.device_id, sizeof(id)) == 0);
	must(ph_invite_decode(cert.invite_bytes, &p.list, &invite) == 0);
	must(memcmp(cert.invite.id, invite.id, sizeof(invite.id)) == 0);
	must(ph_sign_key_ok(cert.device_key) && ph_box_key_ok(cert.box_key) &&
	     ph_box_key_ok(cert.desk_key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (p.list.n_hubs == 0) {
		must(ph_crypto_start() == 0);
		province_make(&p, 1);
	}
	if (size == 0 || size > PH_SIGN_BODY_MAX) {
		return 0;
	}

	struct ph_view rest = PH_VIEW(data + 1, size - 1);
	struct ph_buf bytes = { 0 };

	switch (data[0]) {
	case 'c':
		try_cert(rest);
		break;
	case 'b':
		forge(&bytes, rest, CERT_CONTEXT, &p.once, CO_CONTEXT, &p.device.sign);
		try_cert(ph_buf_view(&bytes));
		break;
	default:
		break;
	}
	ph_buf_deinit(&bytes);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mp_mutate(data, size, max, seed, 1);
}

/*
 * daemon/hub_match.c - what only the hub sees of readers and invites.
 *
 * A reader is recognised by name, year of birth and commune. These are opened in memory,
 * hashed with a key that follows from the hub's own secret, and wiped; the hash alone
 * reaches the disk, and says nothing to anybody without that secret.
 */
#include "daemon/hub_match.h"

#include <sodium.h>
#include <string.h>

#include "common/base/text.h"
#include "common/ledger/reader_view.h"
#include "daemon/hub_internal.h"
#include "daemon/hub_part.h"

static void match_key(const struct ph_hub *hub, uint8_t out[static 32])
{
	static const char context[] = "packhorse same reader 1";
	/* the oldest, which does not change when the hub gets new keys */
	const uint8_t *first = hub->ring.box[hub->ring.n - 1].secret;

	crypto_generichash(out, 32, (const uint8_t *)context, sizeof(context) - 1, first,
			   sizeof(hub->keys.box.secret));
}

/* A part that was opened, for as long as one reader is looked at: several fields win by it. */
struct opened {
	struct ph_opener hub;
	bool any;
	struct ph_ref ref;
	struct ph_buf plain;
};

static int open_once(void *data, const struct ph_ref *ref, struct ph_buf *plain)
{
	struct opened *opened = data;
	int rc = 0;

	if (!opened->any || !ph_ref_equal(&opened->ref, ref)) {
		ph_buf_wipe(&opened->plain);
		opened->any = false;
		rc = opened->hub.open(opened->hub.data, ref, &opened->plain);
		opened->any = rc == 0;
		opened->ref = *ref;
	}
	return rc != 0 ? rc : ph_buf_put_view(plain, ph_buf_view(&opened->plain));
}

/* What is hashed: folded name, 0, year of birth, commune. */
static int gather(const struct ph_registers *registers, const struct ph_opener *opener,
		  struct ph_buf *out)
{
	const struct ph_register *commune =
		ph_registers_get(registers, PH_READER_COMMUNE);
	struct ph_buf name = { 0 };
	uint64_t born;
	int rc = ph_reader_open_text(registers, PH_READER_S_NAME, opener, &name);

	rc = rc != 0 ? rc
		     : ph_reader_open_number(registers, PH_READER_S_BORN, opener, &born);
	rc = rc != 0 ? rc : ph_text_fold(ph_buf_view(&name), out);
	rc = rc != 0 ? rc : out->len == 0 ? 1 : ph_buf_put_u8(out, 0);
	rc = rc != 0 ? rc : ph_buf_put_be64(out, born);
	if (rc == 0 && commune) {
		rc = ph_buf_put_view(out, commune->value.as.bytes);
	}
	ph_buf_wipe(&name);
	return rc;
}

static int match(void *data, const struct ph_registers *registers, uint8_t out[static 16])
{
	struct ph_hub *hub = data;
	struct opened opened = { .hub = ph_hub_opener_own(hub) };
	const struct ph_opener opener = { .open = open_once, .data = &opened };
	struct ph_buf text = { 0 };
	uint8_t key[32];
	int rc = gather(registers, &opener, &text);

	if (rc == 0) {
		match_key(hub, key);
		crypto_generichash(out, 16, text.data, text.len, key, sizeof(key));
		sodium_memzero(key, sizeof(key));
	}
	ph_buf_wipe(&text);
	ph_buf_wipe(&opened.plain);
	return rc < 0 ? rc : rc > 0;
}

static int expires(void *data, const uint8_t id[static PH_DEVICE_ID_SIZE], int64_t *out)
{
	struct ph_hub *hub = data;
	struct ph_buf bytes = { 0 };
	struct ph_device device;
	struct ph_cert cert;
	int rc = ph_journal_device_by_id(hub->journal, id, &device);

	rc = rc != 0 ? rc : ph_journal_device_cert(hub->journal, device.row, &bytes);
	rc = rc != 0 ? rc : ph_cert_open(ph_buf_view(&bytes), &cert);
	if (rc == 0) {
		*out = (int64_t)cert.invite.expires;
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : rc > 0;
}

void ph_hub_match_init(struct ph_ledger_hub *out, struct ph_hub *hub)
{
	*out = (struct ph_ledger_hub){ .match = match, .expires = expires, .data = hub };
}

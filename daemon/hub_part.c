/*
 * daemon/hub_part.c - sealed parts, opened at the hub.
 *
 * The seed of a part lies beside it, boxed for the hub alone. What does not open is
 * locked, and no error.
 */
#include "daemon/hub_part.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub_internal.h"

_Static_assert(PH_HUB_BOX_SIZE == crypto_secretbox_NONCEBYTES +
					  crypto_secretbox_MACBYTES + PH_SEED_SIZE,
	       "docs/STORE.md says how large a box of the hub is");

/* --- seeds --- */

static void box_key(const struct ph_box_pair *own,
		    uint8_t out[static crypto_secretbox_KEYBYTES])
{
	static const char context[] = "packhorse seed box 1";

	crypto_generichash(out, crypto_secretbox_KEYBYTES, (const uint8_t *)context,
			   sizeof(context) - 1, own->secret, sizeof(own->secret));
}

void ph_hub_seed_box(const struct ph_box_pair *own, const struct ph_rng *rng,
		     const uint8_t seed[static PH_SEED_SIZE],
		     uint8_t box_out[static PH_HUB_BOX_SIZE])
{
	uint8_t key[crypto_secretbox_KEYBYTES];

	box_key(own, key);
	rng->fill(rng->data, box_out, crypto_secretbox_NONCEBYTES);
	crypto_secretbox_easy(box_out + crypto_secretbox_NONCEBYTES, seed, PH_SEED_SIZE,
			      box_out, key);
	sodium_memzero(key, sizeof(key));
}

/* The nonce that crypto_box_seal() uses, and crypto_box_seal_open() expects. */
static void seal_nonce(const uint8_t from[static crypto_box_PUBLICKEYBYTES],
		       const uint8_t to[static crypto_box_PUBLICKEYBYTES],
		       uint8_t out[static crypto_box_NONCEBYTES])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, crypto_box_NONCEBYTES);
	crypto_generichash_update(&state, from, crypto_box_PUBLICKEYBYTES);
	crypto_generichash_update(&state, to, crypto_box_PUBLICKEYBYTES);
	crypto_generichash_final(&state, out, crypto_box_NONCEBYTES);
}

int ph_hub_seed_seal(const struct ph_box_pair *own,
		     const uint8_t seed[static PH_SEED_SIZE],
		     const uint8_t desk[static PH_KEY_SIZE],
		     uint8_t box_out[static PH_SEED_BOX_SIZE])
{
	static const char context[] = "packhorse page box 1";
	uint8_t secret[crypto_box_SECRETKEYBYTES];
	uint8_t nonce[crypto_box_NONCEBYTES];
	crypto_generichash_state state;
	int code;

	crypto_generichash_init(&state, own->secret, sizeof(own->secret), sizeof(secret));
	crypto_generichash_update(&state, (const uint8_t *)context, sizeof(context) - 1);
	crypto_generichash_update(&state, desk, PH_KEY_SIZE);
	crypto_generichash_update(&state, seed, PH_SEED_SIZE);
	crypto_generichash_final(&state, secret, sizeof(secret));
	code = crypto_scalarmult_base(box_out, secret);
	if (code == 0) {
		seal_nonce(box_out, desk, nonce);
		code = crypto_box_easy(box_out + crypto_box_PUBLICKEYBYTES, seed,
				       PH_SEED_SIZE, nonce, desk, secret);
	}
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(&state, sizeof(state));
	return code == 0 ? 0 : -EBADMSG;
}

static bool open_own(const struct ph_box_pair *own, struct ph_view box,
		     uint8_t seed_out[static PH_SEED_SIZE])
{
	uint8_t key[crypto_secretbox_KEYBYTES];
	int code;

	box_key(own, key);
	code = crypto_secretbox_open_easy(
		seed_out, box.data + crypto_secretbox_NONCEBYTES,
		box.len - crypto_secretbox_NONCEBYTES, box.data, key);
	sodium_memzero(key, sizeof(key));
	return code == 0;
}

int ph_hub_seed_open(const struct ph_box_pair *own, struct ph_view box,
		     uint8_t seed_out[static PH_SEED_SIZE])
{
	bool opens = false;

	if (box.len == PH_HUB_BOX_SIZE) {
		opens = open_own(own, box, seed_out);
	} else if (box.len == PH_SEED_BOX_SIZE) {
		opens = crypto_box_seal_open(seed_out, box.data, box.len, own->key,
					     own->secret) == 0;
	}
	return opens ? 0 : PH_JOURNAL_E_NONE;
}

int ph_hub_part_unbox(struct ph_hub *hub, const struct ph_item *item,
		      struct ph_item **open_out)
{
	struct ph_view box = { item->body.data, item->body.len };
	struct ph_item *open;
	int rc;

	if (box.len <= PH_SEED_BOX_SIZE) {
		return PH_JOURNAL_E_NONE;
	}
	box.len = PH_SEED_BOX_SIZE;
	open = ph_item_new(PH_ITEM_PART);
	if (!open) {
		return -ENOMEM;
	}
	memcpy(open->log_id, item->log_id, sizeof(open->log_id));
	open->first = item->first;
	open->last = item->last;
	rc = ph_hub_ring_open(&hub->ring, box, open->seed);
	rc = rc != 0 ? rc
		     : ph_part_open(open->seed, item->log_id, item->first,
				    PH_VIEW(item->body.data + PH_SEED_BOX_SIZE,
					    item->body.len - PH_SEED_BOX_SIZE),
				    &open->body);
	if (rc != 0) {
		ph_items_free(open);
		return rc == -EBADMSG ? PH_JOURNAL_E_NONE : rc;
	}
	*open_out = open;
	return 0;
}

/* --- opening --- */

static int on_branch(void *data, const struct ph_log *log)
{
	unsigned *n = data;

	(void)log;
	return ++*n > 1;
}

/* The branch that has REF. Where there is but one, the entry need not be looked at. */
static int find_branch(struct ph_hub *hub, const struct ph_ref *ref,
		       struct ph_log *log_out)
{
	struct ph_buf entry = { 0 };
	unsigned n = 0;
	int rc = ph_journal_log_branch_each(hub->journal, ref->log_id, on_branch, &n);

	if (rc < 0) {
		return rc;
	}
	rc = n > 1 ? ph_journal_resolve(hub->journal, ref, log_out, &entry)
		   : ph_journal_log_find(hub->journal, ref->log_id, log_out);
	ph_buf_deinit(&entry);
	return rc;
}

static int open_part(void *data, const struct ph_ref *ref, struct ph_buf *plain)
{
	struct ph_hub *hub = data;
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };
	uint8_t seed[PH_SEED_SIZE];
	struct ph_log log;
	int rc = find_branch(hub, ref, &log);

	if (rc == 0) {
		rc = ph_journal_part_get(hub->journal, log.row, ref->n, &cipher, &box);
	}
	rc = rc != 0 ? rc : ph_hub_ring_open(&hub->ring, ph_buf_view(&box), seed);
	if (rc == 0) {
		rc = ph_part_open(seed, log.id, ref->n, ph_buf_view(&cipher), plain);
		rc = rc == -EBADMSG ? PH_JOURNAL_E_NONE : rc;
	}
	sodium_memzero(seed, sizeof(seed));
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
	return rc;
}

struct ph_opener ph_hub_opener_own(struct ph_hub *hub)
{
	return (struct ph_opener){ .open = open_part, .data = hub };
}

/* For people: locked while an erasure of the lost days may still come. */
static int show_part(void *data, const struct ph_ref *ref, struct ph_buf *plain)
{
	struct ph_hub *hub = data;

	if (hub->collecting) {
		hub->withholds = true;
		return PH_JOURNAL_E_NONE;
	}
	return open_part(hub, ref, plain);
}

struct ph_opener ph_hub_opener(struct ph_hub *hub)
{
	return (struct ph_opener){ .open = show_part, .data = hub };
}

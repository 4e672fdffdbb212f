/*
 * tests/unit/province.h - a small province of made keys, the same at each run, for
 * the tests of key lists, invites and certificates; and tools to forge with.
 */
#ifndef TESTS_UNIT_PROVINCE_H
#define TESTS_UNIT_PROVINCE_H

#include <stdlib.h>
#include <string.h>

#include "common/base/mp.h"
#include "common/log/cert.h"

#define KEYS_CONTEXT   "packhorse keys 1"
#define INVITE_CONTEXT "packhorse invite 1"
#define CERT_CONTEXT   "packhorse cert 1"
#define CO_CONTEXT     "packhorse cert co 1"

struct province {
	struct ph_sign_pair root;
	struct ph_sign_pair operator_pair;
	struct ph_device_keys hub;
	struct ph_device_keys device;
	uint8_t seed[PH_SEED_KEY_SIZE]; /* of the invite */
	struct ph_sign_pair once;       /* what the seed gives */
	struct ph_keylist list;
	struct ph_invite invite;
};

static inline void province_make(struct province *p, uint64_t number)
{
	struct ph_rng_seeded state;
	struct ph_rng rng;

	memset(p, 0, sizeof(*p));
	ph_rng_seed(&state, number, &rng);
	ph_sign_pair_make(&p->root, &rng);
	ph_sign_pair_make(&p->operator_pair, &rng);
	ph_device_keys_make(&p->hub, &rng);
	ph_device_keys_make(&p->device, &rng);
	rng.fill(rng.data, p->seed, sizeof(p->seed));
	ph_sign_pair_from_seed(&p->once, p->seed);

	p->list.generation = 1;
	p->list.issued = 1790000000;
	memcpy(p->list.root, p->root.key, PH_KEY_SIZE);
	memcpy(p->list.hub[0].sign, p->hub.sign.key, PH_KEY_SIZE);
	memcpy(p->list.hub[0].box, p->hub.box.key, PH_KEY_SIZE);
	p->list.n_hubs = 1;
	memcpy(p->list.operator_key[0], p->operator_pair.key, PH_KEY_SIZE);
	p->list.n_operators = 1;

	rng.fill(rng.data, p->invite.id, sizeof(p->invite.id));
	memcpy(p->invite.key, p->once.key, PH_KEY_SIZE);
	p->invite.site = 140371;
	p->invite.site_code = ph_view_str("chieng-la");
	p->invite.site_name = ph_view_str("Thư viện xã Chiềng La");
	p->invite.site_kind = 1;
	p->invite.commune = ph_view_str("03646");
	p->invite.role = PH_ROLE_BOTH;
	p->invite.code_block = 7;
	p->invite.issued = 1790000100;
	p->invite.expires = 1792592100;
	p->invite.hub_address = ph_view_str("192.0.2.1:7333");
	memcpy(p->invite.root, p->root.key, PH_KEY_SIZE);
	memcpy(p->invite.operator_key, p->operator_pair.key, PH_KEY_SIZE);
}

static inline void province_must(int rc)
{
	if (rc != 0) {
		abort();
	}
}

/* [body, signature ...] with whatever signatures the caller says. */
static inline void forge(struct ph_buf *out, struct ph_view body, const char *context,
			 const struct ph_sign_pair *pair, const char *context2,
			 const struct ph_sign_pair *pair2)
{
	uint8_t sig[PH_SIGNATURE_SIZE];
	struct ph_mpw writer;

	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, pair2 ? 3 : 2);
	ph_mpw_bin(&writer, body.data, body.len);
	ph_sign(sig, context, body, pair->secret);
	ph_mpw_bin(&writer, sig, sizeof(sig));
	if (pair2) {
		ph_sign(sig, context2, body, pair2->secret);
		ph_mpw_bin(&writer, sig, sizeof(sig));
	}
	province_must(ph_mpw_end(&writer));
}

/* The bodies as docs/LOG.md gives them, without a look at any limit; VERSION is 1. */
static inline void keylist_body(struct ph_buf *out, const struct ph_keylist *list,
				uint64_t version, size_t n_hubs, size_t n_operators)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, 6);
	ph_mpw_uint(&writer, version);
	ph_mpw_uint(&writer, list->generation);
	ph_mpw_uint(&writer, list->issued);
	ph_mpw_bin(&writer, list->root, PH_KEY_SIZE);
	ph_mpw_array(&writer, n_hubs);
	for (size_t i = 0; i < n_hubs; i++) {
		ph_mpw_array(&writer, 2);
		ph_mpw_bin(&writer, list->hub[0].sign, PH_KEY_SIZE);
		ph_mpw_bin(&writer, list->hub[0].box, PH_KEY_SIZE);
	}
	ph_mpw_array(&writer, n_operators);
	for (size_t i = 0; i < n_operators; i++) {
		ph_mpw_bin(&writer, list->operator_key[0], PH_KEY_SIZE);
	}
	province_must(ph_mpw_end(&writer));
}

static inline void invite_body(struct ph_buf *out, const struct ph_invite *invite,
			       uint64_t version)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, 15);
	ph_mpw_uint(&writer, version);
	ph_mpw_bin(&writer, invite->id, PH_INVITE_ID_SIZE);
	ph_mpw_bin(&writer, invite->key, PH_KEY_SIZE);
	ph_mpw_uint(&writer, invite->site);
	ph_mpw_str(&writer, invite->site_code);
	ph_mpw_str(&writer, invite->site_name);
	ph_mpw_uint(&writer, invite->site_kind);
	ph_mpw_str(&writer, invite->commune);
	ph_mpw_uint(&writer, invite->role);
	ph_mpw_uint(&writer, invite->code_block);
	ph_mpw_uint(&writer, invite->issued);
	ph_mpw_uint(&writer, invite->expires);
	ph_mpw_str(&writer, invite->hub_address);
	ph_mpw_bin(&writer, invite->root, PH_KEY_SIZE);
	ph_mpw_bin(&writer, invite->operator_key, PH_KEY_SIZE);
	province_must(ph_mpw_end(&writer));
}

static inline void cert_body(struct ph_buf *out, struct ph_view invite,
			     const struct ph_device_keys *keys, uint64_t issued,
			     uint64_t version)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, 6);
	ph_mpw_uint(&writer, version);
	ph_mpw_bin(&writer, invite.data, invite.len);
	ph_mpw_bin(&writer, keys->sign.key, PH_KEY_SIZE);
	ph_mpw_bin(&writer, keys->box.key, PH_KEY_SIZE);
	ph_mpw_bin(&writer, keys->desk.key, PH_KEY_SIZE);
	ph_mpw_uint(&writer, issued);
	province_must(ph_mpw_end(&writer));
}

#endif

/*
 * common/log/cert.h - who may speak: key list, invite, certificate.
 *
 *   root --signs--> key list (hub keys, operator keys; rising generation)
 *   operator --signs--> invite (site, role, one-time key)
 *   invite secret and device key --sign--> certificate (the device's public keys)
 *
 * Each is MessagePack [body bin, signature bin64 ...]; a signature covers a context
 * string and the exact bytes of the body (docs/LOG.md, "Certificates"). Views in the
 * decoded structs borrow from the decoded bytes.
 */
#ifndef PH_LOG_CERT_H
#define PH_LOG_CERT_H

#include "common/log/keys.h"

#define PH_KEYLIST_HUBS_MAX      4
#define PH_KEYLIST_OPERATORS_MAX 16
#define PH_INVITE_ID_SIZE        16

enum {
	PH_CERT_E_FORM = 1,  /* not an object of this form, or over a limit */
	PH_CERT_E_SIGNATURE, /* a signature does not verify */
	PH_CERT_E_OPERATOR, /* signed by an operator key that the key list does not name */
	PH_CERT_E_ROOT,     /* another province's root */
};

/* body: [1, generation, issued, root key, [[hub signing key, hub Noise static] ...], [operator key ...]];
 * context "packhorse keys 1". The first hub is the one in use. */
struct ph_keylist {
	uint64_t generation;
	uint64_t issued; /* seconds since 1970 */
	uint8_t root[PH_KEY_SIZE];
	struct {
		uint8_t sign[PH_KEY_SIZE];
		uint8_t box[PH_KEY_SIZE];
	} hub[PH_KEYLIST_HUBS_MAX];
	unsigned n_hubs;
	uint8_t operator_key[PH_KEYLIST_OPERATORS_MAX][PH_KEY_SIZE];
	unsigned n_operators;
};
int ph_keylist_encode(const struct ph_keylist *list, const struct ph_sign_pair *root,
		      struct ph_buf *out);
/* Decode and verify under the root key the list itself names; a caller that knows its root compares. 0, PH_CERT_E_*, -ENOMEM. */
int ph_keylist_decode(struct ph_view bytes, struct ph_keylist *list);
bool ph_keylist_has_hub(const struct ph_keylist *list,
			const uint8_t sign[static PH_KEY_SIZE]);
bool ph_keylist_has_operator(const struct ph_keylist *list,
			     const uint8_t key[static PH_KEY_SIZE]);

/* body: [1, invite id, one-time key, site, site code, site name, site kind, commune, role, code block,
 * issued, expires, hub address, root key, operator key]; context "packhorse invite 1". */
struct ph_invite {
	uint8_t id[PH_INVITE_ID_SIZE];
	uint8_t key[PH_KEY_SIZE]; /* public half of the one-time secret */
	uint64_t site;
	struct ph_view site_code; /* text, <= 32 bytes */
	struct ph_view site_name; /* text, <= 200 bytes */
	uint64_t site_kind;
	struct ph_view commune; /* 5 digits */
	uint64_t role;          /* PH_ROLE_SITE, _COURIER or _BOTH */
	uint64_t code_block;    /* 0 to 99 */
	uint64_t issued;
	uint64_t expires;
	struct ph_view hub_address; /* ADDR:PORT, <= 255 bytes; empty: none */
	uint8_t root[PH_KEY_SIZE];
	uint8_t operator_key[PH_KEY_SIZE];
};
int ph_invite_encode(const struct ph_invite *invite,
		     const struct ph_sign_pair *operator_pair, struct ph_buf *out);
/* Verify the signature, and that LIST (of the same root) names the operator. */
int ph_invite_decode(struct ph_view bytes, const struct ph_keylist *list,
		     struct ph_invite *invite);

/*
 * What is handed to a person: "PACKHORSE1:" and base64url (no padding) of
 * [invite bin, key list bin, one-time seed bin32], one line. Parsing strips white
 * space anywhere (mail programs fold lines) and verifies everything;
 * failures are -EINVAL with a text (not an invite, cut short, damaged, forged).
 * Expiry is the caller's: it is judged at arrival.
 */
int ph_invite_text(struct ph_view invite, struct ph_view keylist,
		   const uint8_t seed[static 32], struct ph_buf *out);
struct ph_invite_bundle {
	struct ph_buf
		bytes; /* owns what the rest borrows; wipe with ph_invite_bundle_deinit() */
	struct ph_view invite_bytes;
	struct ph_view keylist_bytes;
	struct ph_invite invite;
	struct ph_keylist keylist;
	uint8_t seed[32];
};
int ph_invite_parse(struct ph_view text, struct ph_invite_bundle *bundle,
		    struct ph_error *err);
void ph_invite_bundle_deinit(struct ph_invite_bundle *bundle);

/* [body, signature by the invite's key ("packhorse cert 1"), signature by the device key ("packhorse cert co 1")];
 * body: [1, invite bytes bin, device key, Noise static, desk key, issued]. */
struct ph_cert {
	struct ph_invite invite;
	uint8_t device_key[PH_KEY_SIZE];
	uint8_t box_key[PH_KEY_SIZE];
	uint8_t desk_key[PH_KEY_SIZE];
	uint64_t issued;
	uint8_t device_id[PH_DEVICE_ID_SIZE]; /* computed */
};
int ph_cert_encode(struct ph_view invite, const uint8_t seed[static 32],
		   const struct ph_device_keys *keys, uint64_t issued,
		   struct ph_buf *out);
/* Verify the whole path root -> operator -> invite -> device against LIST. 0, PH_CERT_E_*, -ENOMEM. */
int ph_cert_decode(struct ph_view bytes, const struct ph_keylist *list,
		   struct ph_cert *cert);
const char *ph_cert_error(int code);

#endif

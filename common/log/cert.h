/*
 * common/log/cert.h - who may speak: key list, invite, certificate.
 *
 *   root --signs--> key list (hub keys, operator keys; rising generation)
 *   operator --signs--> invite (site, role, one-time key)
 *   invite secret and device key --sign--> certificate (the device's public keys)
 *
 * Each is MessagePack [body bin, signature bin64 ...]; a signature covers a context
 * string and the exact bytes of the body (docs/LOG.md, "Signed objects"). Views in the
 * decoded structs borrow from the decoded bytes.
 *
 * Encoding gives 0; -EINVAL for a value that decoding would refuse, or a signer
 * that does not fit; or -ENOMEM. OUT is unchanged on error.
 */
#ifndef PH_LOG_CERT_H
#define PH_LOG_CERT_H

#include "common/log/keys.h"

#define PH_KEYLIST_HUBS_MAX      4
#define PH_KEYLIST_OPERATORS_MAX 16
#define PH_KEYLIST_CLOSED_MAX    16
#define PH_KEYLIST_FORMER_MAX    32
#define PH_INVITE_ID_SIZE        16
#define PH_SITE_CODE_MAX         32  /* bytes */
#define PH_SITE_NAME_MAX         200 /* bytes */
#define PH_SITE_KIND_MAX         255
#define PH_COMMUNE_SIZE          5 /* digits */
#define PH_CODE_BLOCK_MAX        99
#define PH_HUB_ADDRESS_MAX       255 /* bytes */

enum {
	PH_CERT_E_FORM = 1,  /* not an object of this form, or over a limit */
	PH_CERT_E_SIGNATURE, /* a signature does not verify */
	PH_CERT_E_OPERATOR, /* well signed, by an operator key that the key list does not name */
	PH_CERT_E_ROOT, /* well signed, under another province's root */
};

/* body: [1, generation, issued, root key, [[hub signing key, hub Noise static] ...], [operator key ...],
 * [[log id, n, h(n)] ...], [former operator key ...]], the last two left out if there are none; context
 * "packhorse keys 1". The first hub is the one in use. A closed log is of a hub key that is named no more: up to
 * there it counts. A former operator signs nothing new; what stands in a hub's log with their signature counts. */
struct ph_keylist {
	uint64_t generation; /* from 1 */
	uint64_t issued;     /* seconds since 1970 */
	uint8_t root[PH_KEY_SIZE];
	struct {
		uint8_t sign[PH_KEY_SIZE];
		uint8_t box[PH_KEY_SIZE];
	} hub[PH_KEYLIST_HUBS_MAX];
	unsigned n_hubs; /* from 1 */
	uint8_t operator_key[PH_KEYLIST_OPERATORS_MAX][PH_KEY_SIZE];
	unsigned n_operators; /* from 1 */
	struct ph_head closed[PH_KEYLIST_CLOSED_MAX];
	unsigned n_closed;
	uint8_t former[PH_KEYLIST_FORMER_MAX][PH_KEY_SIZE];
	unsigned n_former;
};
/* ROOT must be the pair of list->root. */
int ph_keylist_encode(const struct ph_keylist *list, const struct ph_sign_pair *root,
		      struct ph_buf *out);
/* Decode and verify under the root key the list itself names; a caller that knows its root compares. 0, PH_CERT_E_*, -ENOMEM. */
int ph_keylist_decode(struct ph_view bytes, struct ph_keylist *list);
bool ph_keylist_has_hub(const struct ph_keylist *list,
			const uint8_t sign[static PH_KEY_SIZE]);
bool ph_keylist_has_operator(const struct ph_keylist *list,
			     const uint8_t key[static PH_KEY_SIZE]);
/* The same of those that were operators: of what they signed then. */
bool ph_keylist_had_operator(const struct ph_keylist *list,
			     const uint8_t key[static PH_KEY_SIZE]);

/* How far a log of a hub key that is named no more counts; NULL: it is not among them. */
const struct ph_head *ph_keylist_closed(const struct ph_keylist *list,
					const uint8_t log_id[static PH_LOG_ID_SIZE]);

/* body: [1, invite id, one-time key, site, site code, site name, site kind, commune, role, code block,
 * issued, expires, hub address, root key, operator key, [device id, log id, n, h(n)]], the last left out if
 * it replaces no device; context "packhorse invite 1". */
struct ph_invite {
	uint8_t id[PH_INVITE_ID_SIZE];
	uint8_t key[PH_KEY_SIZE]; /* public half of the one-time secret */
	uint64_t site;            /* 1 to PH_SITE_MAX */
	struct ph_view site_code; /* text, 1 to PH_SITE_CODE_MAX bytes */
	struct ph_view site_name; /* text, 1 to PH_SITE_NAME_MAX bytes */
	uint64_t site_kind;       /* at most PH_SITE_KIND_MAX */
	struct ph_view commune;   /* 5 digits */
	uint64_t role;            /* PH_ROLE_SITE, _COURIER or _BOTH */
	uint64_t code_block;      /* 0 to 99 */
	uint64_t issued;
	uint64_t expires;
	struct ph_view hub_address; /* ADDR:PORT, <= 255 bytes; empty: none */
	uint8_t root[PH_KEY_SIZE];
	uint8_t operator_key[PH_KEY_SIZE];
	bool replaces;                       /* a device that is gone: ... */
	uint8_t replaced[PH_DEVICE_ID_SIZE]; /* ... this one, ... */
	struct ph_head from; /* ... whose log is gone on with, as the hub had it */
};
/* OPERATOR_PAIR must be the pair of invite->operator_key. Texts must be NFC and free of control characters. */
int ph_invite_encode(const struct ph_invite *invite,
		     const struct ph_sign_pair *operator_pair, struct ph_buf *out);
/* Verify the signature, and that LIST (of the same root) names the operator. 0, PH_CERT_E_*, -ENOMEM. */
int ph_invite_decode(struct ph_view bytes, const struct ph_keylist *list,
		     struct ph_invite *invite);
/*
 * The two halves of that. _open: form, and the signature of the operator key that
 * the invite itself names, which proves nothing yet. _admit: what LIST says of
 * an opened invite: 0, PH_CERT_E_ROOT or PH_CERT_E_OPERATOR.
 */
int ph_invite_open(struct ph_view bytes, struct ph_invite *invite);
int ph_keylist_admit(const struct ph_keylist *list, const struct ph_invite *invite);

/*
 * What is handed to a person: "PACKHORSE1:" and base64url (no padding) of
 * [invite bin, key list bin, one-time seed bin32], one line, at most PH_INVITE_MAX
 * characters. Parsing strips white space anywhere (mail programs fold lines) and
 * verifies everything, the key list under the root that it names; failures are
 * -EINVAL with PH_EXIT_USAGE and a text (not an invite, too long, cut short or
 * damaged, forged), or -ENOMEM. BUNDLE is written only on success. Expiry is the
 * caller's: it is judged at arrival.
 */
#define PH_INVITE_PREFIX "PACKHORSE1:"
/* Append the line, without a newline. 0, -EMSGSIZE over PH_INVITE_MAX, or -ENOMEM. OUT holds a secret: wipe it. */
int ph_invite_text(struct ph_view invite, struct ph_view keylist,
		   const uint8_t seed[static PH_SEED_KEY_SIZE], struct ph_buf *out);
struct ph_invite_bundle {
	struct ph_buf
		bytes; /* owns what the rest borrows; wipe with ph_invite_bundle_deinit() */
	struct ph_view invite_bytes;
	struct ph_view keylist_bytes;
	struct ph_invite invite;
	struct ph_keylist keylist;
	uint8_t seed[PH_SEED_KEY_SIZE]; /* in locked memory until then */
};
int ph_invite_parse(struct ph_view text, struct ph_invite_bundle *bundle,
		    struct ph_error *err);
void ph_invite_bundle_deinit(struct ph_invite_bundle *bundle);

/* [body, signature by the invite's key ("packhorse cert 1"), signature by the device key ("packhorse cert co 1")];
 * body: [1, invite bytes bin, device key, Noise static, desk key, issued]. */
struct ph_cert {
	struct ph_invite invite;
	struct ph_view invite_bytes; /* as the operator signed it */
	uint8_t device_key[PH_KEY_SIZE];
	uint8_t box_key[PH_KEY_SIZE];
	uint8_t desk_key[PH_KEY_SIZE];
	uint64_t issued;
	uint8_t device_id[PH_DEVICE_ID_SIZE]; /* computed */
};
/* INVITE is the signed bytes of an invite, SEED its one-time secret. */
int ph_cert_encode(struct ph_view invite, const uint8_t seed[static PH_SEED_KEY_SIZE],
		   const struct ph_device_keys *keys, uint64_t issued,
		   struct ph_buf *out);
/*
 * Verify the whole path root -> operator -> invite -> device against LIST. Every
 * signature is looked at before the list is asked, so PH_CERT_E_OPERATOR means
 * that nothing else is wrong. 0, PH_CERT_E_*, -ENOMEM.
 */
int ph_cert_decode(struct ph_view bytes, const struct ph_keylist *list,
		   struct ph_cert *cert);
/*
 * All but what a list says: whether it is of that province and its operator still signs. Of a
 * device that was admitted it does not matter who had invited it.
 */
int ph_cert_open(struct ph_view bytes, struct ph_cert *cert);
/* What a PH_CERT_E_* means, in words that go on from "the certificate ". */
const char *ph_cert_error(int code);

#endif

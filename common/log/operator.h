/*
 * common/log/operator.h - what an operator signs with a key of their own
 * (docs/LOG.md, "Operator signature").
 *
 * Cuts, adoptions, erasures, cancelled invites, and the voids of those, do harm in bulk.
 * The hub's daemon writes them, but cannot make them: each carries the signature of an
 * operator's key, which no daemon ever loads.
 */
#ifndef PH_LOG_OPERATOR_H
#define PH_LOG_OPERATOR_H

#include "common/log/cert.h"

enum {
	PH_OPERATOR_E_NONE = 1,  /* it carries none */
	PH_OPERATOR_E_SIGNATURE, /* it is of something else, or its key is none */
	PH_OPERATOR_E_STRANGER,  /* it is of a key that no list names as an operator's */
};

/*
 * Sign ENTRY, without regard to its stamp and to a signature it has, as the one with
 * number N of the log LOG_ID. OUT is for ENTRY's extras: key and signature. 0; or what
 * ph_entry_encode() gives.
 */
int ph_operator_sign(const struct ph_entry *entry,
		     const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n,
		     const struct ph_sign_pair *pair,
		     uint8_t out[static PH_OPERATOR_SIZE], struct ph_error *err);
/*
 * Whether the signature that ENTRY carries is of it, as entry N of that log, by the key
 * that stands before it; whose key that is, is for the caller: ph_keylist_has_operator().
 * 0, PH_OPERATOR_E_*, or a negative errno.
 */
int ph_operator_check(const struct ph_entry *entry,
		      const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n);

/*
 * Key lists by which entries of a hub's logs are heeded: the newest, and the one that a device
 * joined with. None: whoever asks wrote them, or had their segments proved to be its own.
 */
struct ph_speakers {
	const struct ph_keylist *list[2]; /* borrowed; may be NULL */
};
/*
 * Whether ENTRY, number N of that log of a hub, has all that it needs to be heeded: the
 * signature of an operator of now or then, if its kind is theirs to sign. 0; PH_OPERATOR_E_*: it
 * is to be as if it were not there; or a negative errno.
 */
int ph_operator_heed(const struct ph_speakers *speakers, const struct ph_entry *entry,
		     const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n);
/* The same of the signature itself, whatever the kind: whether it makes ENTRY an operator's. */
int ph_operator_of(const struct ph_speakers *speakers, const struct ph_entry *entry,
		   const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n);

#endif

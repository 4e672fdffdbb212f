/*
 * common/log/desk_key.h - the secret of a desk, locked by a PIN and a card (docs/LOG.md, "Key files").
 *
 * Readers' seeds are sealed to the desk's public key, so whoever has only that writes and
 * cannot read. The card has 129 bits of chance: without it no number of tries opens the
 * file. The PIN is for whoever has the card, and each try at it costs what Argon2id costs.
 */
#ifndef PH_LOG_DESK_KEY_H
#define PH_LOG_DESK_KEY_H

#include "common/log/keys.h"

#define PH_DESK_CARD_SIZE   40 /* digits, the last of them a check digit */
#define PH_PIN_MIN          6  /* digits */
#define PH_PIN_MAX          16

/* Argon2id for a PIN: less than for a passphrase, since it is given several times a day, on old machines. */
#define PH_DESK_MIB_DEFAULT 128
#define PH_DESK_PASSES      4

enum {
	PH_DESK_E_CARD = 1, /* a card, but not of this desk; no PIN was tried */
	PH_DESK_E_PIN, /* the card is right, the PIN is not; or the file was altered */
};

/* A new card, with a terminator; to be wiped. */
void ph_desk_card_make(char out[static PH_DESK_CARD_SIZE + 1], const struct ph_rng *rng);
/* TEXT as it was scanned or typed, with blanks and hyphens. 0, or -EINVAL with ERR. */
int ph_desk_card_read(struct ph_view text, char out[static PH_DESK_CARD_SIZE + 1],
		      struct ph_error *err);
/* The same in groups of four, for people; with a terminator. */
#define PH_DESK_CARD_TEXT (PH_DESK_CARD_SIZE / 4 * 5)
void ph_desk_card_text(const char card[static PH_DESK_CARD_SIZE + 1],
		       char out[static PH_DESK_CARD_TEXT]);
/* PH_PIN_MIN to PH_PIN_MAX digits, not all the same and not counted up or down. 0, or -EINVAL with ERR. */
int ph_pin_check(struct ph_view pin, struct ph_error *err);

/*
 * Write DESK's secret to PATH (ph_file_write(), mode 0600) under CARD and PIN. MEMORY_MIB
 * from PH_LOCK_MIB_MIN to PH_LOCK_MIB_MAX. 0; -EINVAL with PH_EXIT_USAGE; -ENOMEM when the
 * machine cannot spare that memory; or what ph_file_write() gives.
 */
int ph_desk_key_save(const struct ph_box_pair *desk, const char *path,
		     const char card[static PH_DESK_CARD_SIZE + 1], struct ph_view pin,
		     unsigned memory_mib, const struct ph_rng *rng, struct ph_error *err);
/* Whether CARD is the one of PATH, at no cost: 0, PH_DESK_E_CARD, or a negative errno with ERR. */
int ph_desk_key_look(const char *path, const char card[static PH_DESK_CARD_SIZE + 1],
		     struct ph_error *err);
/* What a try at the PIN of PATH takes of memory, MiB. 0 or a negative errno with ERR. */
int ph_desk_key_memory(const char *path, unsigned *mib_out, struct ph_error *err);
/*
 * DESK is in locked memory until it is wiped. 0, PH_DESK_E_*; -EUCLEAN with
 * PH_EXIT_DAMAGED; -ENOMEM; another negative errno.
 */
int ph_desk_key_load(struct ph_box_pair *desk, const char *path,
		     const char card[static PH_DESK_CARD_SIZE + 1], struct ph_view pin,
		     struct ph_error *err);

#endif

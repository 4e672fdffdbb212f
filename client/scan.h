/*
 * client/scan.h - what was scanned or typed in: checked, and turned into a name.
 *
 * A scanner is a keyboard, and a Vietnamese keyboard driver changes its letters: DD
 * becomes Đ, OO becomes Ô. So a code with letters beyond ASCII, or one of our printed
 * form with a wrong check digit, is refused with words about the keyboard, unless it is
 * known here just so or is to be taken as it is (docs/COMMANDS.md, "Scans").
 */
#ifndef PH_CLIENT_SCAN_H
#define PH_CLIENT_SCAN_H

#include "client/site.h"

struct ph_scanner {
	struct ph_site *site;
	bool as_is; /* no checks */
	bool naming; /* the entry names a copy or card of this site: no other site's is meant */
	struct ph_error *err; /* borrowed: where ph_scan_scope() says what was wrong */
	/* Set by every scan that is not known here; the caller clears them. */
	bool copy_unknown;
	bool card_unknown;
};

/*
 * Name CODE; TYPE is PH_T_COPY_ID, PH_T_CARD_ID or PH_T_CRATE_ID (no crate is known; its
 * code is printed, or of this site). ID borrows CODE. 0; -EINVAL with PH_EXIT_USAGE; or
 * another negative errno.
 */
int ph_scan(struct ph_scanner *scanner, enum ph_type type, struct ph_view code,
	    struct ph_id *id_out, struct ph_error *err);
/* The same for codes in the JSON view of an entry; borrows SCANNER. */
struct ph_json_scope ph_scan_scope(struct ph_scanner *scanner);

/*
 * A reader by reference, or by a card issued to them. 0; -ENOENT for a card that was
 * issued to nobody known here, -EINVAL, with ERR (PH_EXIT_USAGE); or a negative errno.
 */
int ph_scan_reader(struct ph_scanner *scanner, const char *text, struct ph_ref *ref_out,
		   struct ph_error *err);
/* A reference typed in. 0, or -EINVAL with ERR (PH_EXIT_USAGE). */
int ph_scan_ref(const char *text, const char *what, struct ph_ref *ref_out,
		struct ph_error *err);
/* A site by code, or by number even if it is not known here. 0, or -EINVAL with ERR (PH_EXIT_USAGE). */
int ph_scan_site(struct ph_site *site, const char *text, uint64_t *site_out,
		 struct ph_error *err);

#endif

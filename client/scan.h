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
	/*
	 * PH_T_COPY_ID, _CARD_ID, _CRATE_ID: the entry names one of this site's own, perhaps
	 * a new one, and no other site's is meant. Another type: none.
	 */
	enum ph_type naming;
	struct ph_error *err; /* borrowed: where ph_scan_scope() says what was wrong */
	/* Since ph_scanner_begin(). What is named is not looked at there. */
	bool copy_unknown, card_unknown, crate_unknown; /* not known here */
	json_t *unknown_copies; /* [{"ns","code"} ...], or NULL; owned */
	bool named_known;       /* what is named, is known here */
};

/* A new entry: nothing is scanned yet. */
void ph_scanner_begin(struct ph_scanner *scanner);
void ph_scanner_deinit(struct ph_scanner *scanner);

/*
 * Name CODE; TYPE is PH_T_COPY_ID, _CARD_ID or _CRATE_ID. ID borrows CODE. 0; -EINVAL
 * with PH_EXIT_USAGE; or another negative errno.
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
/*
 * A reference typed in, of WHAT ("a title", in the user's language), as SHOWN_BY says where it is
 * to be found; NULL: by `find` and `log`. 0, or -EINVAL with ERR (PH_EXIT_USAGE).
 */
int ph_scan_ref(const char *text, const char *what, const char *shown_by,
		struct ph_ref *ref_out, struct ph_error *err);
/* A site by code, or by number even if it is not known here. 0, or -EINVAL with ERR (PH_EXIT_USAGE). */
int ph_scan_site(struct ph_site *site, const char *text, uint64_t *site_out,
		 struct ph_error *err);

#endif

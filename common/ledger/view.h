/*
 * common/ledger/view.h - the state of one entity as JSON, for both programs.
 *
 * A reference is "<log id>.<n>.<hash>" (ph_ref_text), a copy or card is
 * {"ns":0,"code":"..."}, a time "2026-09-22T08:00:47+07:00", a day "2026-09-22".
 * A member that has no value is left out. Registers stand by the names of their
 * fields (docs/KINDS.md); where several heads stand, "offered" maps the name of the
 * field to the references of the others. Members of each view: docs/MERGE.md, "Views".
 *
 * All return 0 and a new reference in *OUT; PH_LEDGER_E_NONE if there is no such
 * entity; or a negative errno. They read what is folded: catch up first.
 */
#ifndef PH_LEDGER_VIEW_H
#define PH_LEDGER_VIEW_H

#include <jansson.h>

#include "common/ledger/key.h"

/*
 * How the plain form of a reader's sealed part (common/log/part.h) is come by.
 * `open` appends it to PLAIN and returns 0; a positive number if that part is
 * missing or locked, so that its fields are not shown; or a negative errno.
 */
struct ph_opener {
	int (*open)(void *data, const struct ph_ref *ref, struct ph_buf *plain);
	void *data;
};

int ph_view_copy(struct ph_ledger *ledger, const struct ph_id *copy, json_t **out);
/* With its copies if COPIES: those of all titles that are the same. */
int ph_view_title(struct ph_ledger *ledger, const struct ph_ref *title, bool copies,
		  json_t **out);
/* With cards and open loans. OPENER: NULL shows no personal field. */
int ph_view_reader(struct ph_ledger *ledger, const struct ph_ref *reader,
		   const struct ph_opener *opener, json_t **out);
/* With the open loans of the card; also of one that was never issued but is lent to. */
int ph_view_card(struct ph_ledger *ledger, const struct ph_id *card,
		 const struct ph_opener *opener, json_t **out);
/* With every copy that an entry of the journey lists. */
int ph_view_crate(struct ph_ledger *ledger, const struct ph_id *crate, json_t **out);
int ph_view_site(struct ph_ledger *ledger, uint64_t site, json_t **out);
int ph_view_commune(struct ph_ledger *ledger, struct ph_view code, json_t **out);
int ph_view_policy(struct ph_ledger *ledger, struct ph_view name, json_t **out);
int ph_view_device(struct ph_ledger *ledger, const uint8_t id[static PH_DEVICE_ID_SIZE],
		   json_t **out);
int ph_view_tally(struct ph_ledger *ledger, uint64_t site, int64_t day, json_t **out);
/* Any of the above by type and the bytes of its id; partners as with all switches on. */
int ph_view_entity(struct ph_ledger *ledger, enum ph_entity type, struct ph_view id,
		   const struct ph_opener *opener, json_t **out);

#endif

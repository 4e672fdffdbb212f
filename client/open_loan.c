/*
 * client/open_loan.c - the loan of a copy that is open.
 */
#include "client/open_loan.h"

#include <errno.h>

#include "common/base/say.h"
#include "common/ledger/view.h"

int ph_open_loan(struct ph_desk *desk, const char *copy, json_t *slip, bool *found_out,
		 struct ph_error *err)
{
	json_t *view = NULL, *loan;
	struct ph_id id;
	size_t i;
	int rc = ph_scan(&desk->scanner, PH_T_COPY_ID, ph_view_str(copy), &id, err);

	*found_out = false;
	rc = rc != 0 ? rc : ph_view_copy(desk->ledger, &id, &view);
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("looking up a loan", "tìm lượt mượn"));
	}
	json_array_foreach(json_object_get(view, "loans"), i, loan)
	{
		json_t *ref = json_object_get(loan, "loan");

		if (ref && !json_object_get(loan, "closed")) {
			*found_out = true;
			if (json_object_set(slip, "loan", ref) != 0) {
				rc = -ENOMEM;
			}
		}
	}
	json_decref(view);
	return rc < 0 ? rc : 0;
}

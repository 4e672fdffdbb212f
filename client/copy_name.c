/*
 * client/copy_name.c - the code of a new copy.
 */
#include "client/copy_name.h"

#include <errno.h>

#include "common/base/say.h"

int ph_copy_name(struct ph_desk *desk, const char *code, json_t *slip,
		 struct ph_error *err)
{
	char printed[PH_PRINTED_SIZE + 1];
	struct ph_id id = { 0 };
	int rc;

	desk->scanner.naming = PH_T_COPY_ID;
	if (!code) {
		rc = ph_site_print_code(desk->site, printed, err);
		id.code = ph_view_str(printed);
	} else {
		rc = ph_scan(&desk->scanner, PH_T_COPY_ID, ph_view_str(code), &id, err);
		if (rc == 0 && desk->scanner.named_known) {
			rc = ph_fail(err, PH_EXIT_USAGE, -EEXIST,
				     ph_say("this code names a copy already; `copy show` "
					    "tells which, `copy set` changes it",
					    "mã này đã là của một bản sách; `copy show` "
					    "cho biết bản nào, `copy set` để sửa"));
		}
	}
	desk->scanner.naming = PH_T_UINT;
	return rc != 0 ? rc : ph_slip_id(slip, "copy", &id, err);
}

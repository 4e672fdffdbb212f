/* client/case_name.c - a case that a person names by the beginning of its id. */
#include "client/case_name.h"

#include <errno.h>
#include <string.h>

#include "common/cli/out.h"

int ph_case_name_find(struct ph_ledger *ledger, const char *text,
		      uint8_t id_out[static PH_CASE_ID_SIZE], struct ph_error *err)
{
	int rc = ph_case_called(ledger, text, id_out);
	char shown[80];

	ph_text_safe(shown, sizeof(shown), text, strlen(text));
	switch (rc) {
	case PH_CASE_E_FORM:
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("\"%s\" does not begin the id of a case: %d or "
				      "more digits from 0 to 9 and a to f",
				      "“%s” không phải là phần đầu mã của một việc: %d "
				      "chữ số trở lên, từ 0 đến 9 và a đến f"),
			       shown, PH_CASE_PREFIX_MIN);
	case PH_CASE_E_MANY:
		return ph_fail(err, PH_EXIT_OTHER, -ENOENT,
			       ph_say("more than one case's id begins with \"%s\"",
				      "có nhiều hơn một việc có mã bắt đầu bằng “%s”"),
			       shown);
	default:
		return rc;
	}
}

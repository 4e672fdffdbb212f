/*
 * common/log/kinds_main.c - kinds-page: print docs/KINDS.md.
 *
 * Exit 1 if there is no memory or standard output takes no bytes.
 */
#include <stdio.h>

#include "common/log/kinds.h"

int main(void)
{
	struct ph_buf page = { 0 };
	int rc = ph_kinds_page(&page);

	if (rc == 0 &&
	    (fwrite(page.data, 1, page.len, stdout) != page.len || fflush(stdout) != 0)) {
		rc = 1;
	}
	ph_buf_deinit(&page);
	return rc ? 1 : 0;
}

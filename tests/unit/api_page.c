/* tests/unit/api_page.c - prints the table of docs/API.md, as the routes have it. */
#include <stdio.h>

#include "daemon/api.h"

int main(void)
{
	struct ph_buf out = { 0 };

	if (ph_web_routes_print(ph_api_routes, ph_api_n_routes, &out) < 0) {
		return 1;
	}
	(void)fwrite(out.data, 1, out.len, stdout);
	ph_buf_deinit(&out);
	return 0;
}

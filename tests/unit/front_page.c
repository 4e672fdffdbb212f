/* tests/unit/front_page.c - prints the table of docs/API-SITE.md, as the routes have it. */
#include <stdio.h>

#include "client/front_order.h"

int main(void)
{
	struct ph_buf out = { 0 };

	if (ph_web_routes_print(ph_front_routes, ph_front_n_routes, &out) < 0) {
		return 1;
	}
	(void)fwrite(out.data, 1, out.len, stdout);
	ph_buf_deinit(&out);
	return 0;
}

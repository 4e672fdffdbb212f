/* client/courier_serve.h - a courier that listens on the LAN, until it is told to stop. */
#ifndef PH_CLIENT_COURIER_SERVE_H
#define PH_CLIENT_COURIER_SERVE_H

#include "client/van.h"

#define PH_COURIER_VISITS_MAX 16 /* at once */
#define PH_COURIER_HOST_MAX   4  /* of them from one address */

struct ph_courier_serve {
	struct ph_van *van;
	const char *listen; /* ADDR:PORT; NULL: the fixed port, on all addresses */
	const char *name;   /* by which it announces itself; NULL: it does not */
};
/* Listen, say "listening ADDR:PORT" on standard output, and carry. 0, or a negative errno with ERR. */
int ph_courier_serve(const struct ph_courier_serve *config, struct ph_error *err);

#endif

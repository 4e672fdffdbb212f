/*
 * tests/sim/hello.c - hellos as programs of several versions take them.
 *
 * What a program of before version 2 makes of such a hello is said in one place, where it is
 * decoded: the session itself answers it. `sim` is linked with --wrap for it.
 */
#include "proto/message.h"
#include "tests/sim/version.h"

int __real_ph_hello_decode(struct ph_view bytes, struct ph_hello *hello);
int __wrap_ph_hello_decode(struct ph_view bytes, struct ph_hello *hello);

int __wrap_ph_hello_decode(struct ph_view bytes, struct ph_hello *hello)
{
	int rc = __real_ph_hello_decode(bytes, hello);
	bool is_newer = rc == 0 && (hello->has_partial || hello->keeps);

	return is_newer && sim_hello_is_old ? PH_MESSAGE_E_VERSION : rc;
}
